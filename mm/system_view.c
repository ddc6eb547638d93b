/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system_view.c - views of data sections in system cache space, for the file cache (nt-reference 4.3, 4.4, 9.2).
 *
 * A view is a VAD in the system process's tree.  Its pages are faulted in like those of any view, and are in the
 * system's working set; their page tables are made when the view is, and stay. */
#include "mm/mi.h"

ntstatus_t mi_map_system_view(struct mm *mm, struct control_area *area, uint64_t offset, uint32_t size, va_t *ret_va)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    uint64_t start, pages = mi_vpn((uint64_t)size + MMU_PAGE_MASK);

    if (area->kind == AREA_IMAGE)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (pages == 0 || (offset & MMU_PAGE_MASK))
        return STATUS_INVALID_PARAMETER;
    if (!vad_find_free(mm->arena, &system->vads, mi_vpn(MI_CACHE_BASE), mi_vpn(MI_CACHE_BASE + MI_CACHE_SIZE - 1),
                       pages, VAD_BOTTOM_UP, &start))
        return STATUS_NO_MEMORY;
    va_t base = start << MMU_PAGE_SHIFT, span = (va_t)PTES_PER_TABLE << MMU_PAGE_SHIFT;
    for (va_t va = base; va < base + (pages << MMU_PAGE_SHIFT); va = (va | (span - 1)) + 1)
        if (mi_make_page_table(mm, system, va) != STATUS_SUCCESS)
            return STATUS_NO_MEMORY;
    struct mmvad *vad = mi_new_vad(mm, mi_vpn(base), mi_vpn(base) + pages - 1, VAD_MAPPED, MM_READWRITE);
    if (!vad)
        return STATUS_INSUFFICIENT_RESOURCES;
    vad->control_area = arena_ref_of(mm->arena, area);
    vad->first_page = mi_vpn(offset);
    mi_reference_view(mm, area, MM_OWNER_CACHE);
    vad_insert(mm->arena, &system->vads, vad);
    *ret_va = base;
    return STATUS_SUCCESS;
}

void mi_unmap_system_view(struct mm *mm, va_t va)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    struct mmvad *vad = vad_find(mm->arena, &system->vads, mi_vpn(va));
    arena_ref area;

    if (!vad)
        return;
    area = vad->control_area;
    va_t first = vad->start_vpn << MMU_PAGE_SHIFT, last = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK;
    for (struct mi_pages at = mi_first_page(mm, system, first, last, MI_CHANGE); at.held; mi_next_page(&at))
        if (mi_page_word(&at).raw != 0)
            mi_remove_page(mm, system, at.slot, at.va, (mmpte_t){0});
    vad_remove(mm->arena, &system->vads, vad);
    arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
    mi_release_view(mm, area, MM_OWNER_CACHE);
}
