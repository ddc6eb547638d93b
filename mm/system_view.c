/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system_view.c - views of data sections in system cache space, for the file cache (nt-reference 4.3, 4.4, 9.2).
 *
 * A view is a VAD in the system process's tree.  Its pages are faulted in and go like those of any view, but through
 * the system's page tables, which are made when the view is and stay. */
#include "mm/mi.h"

#if PTE_FORMAT == 2
#define CACHE_BASE UINT64_C(0xFFFFF98000000000)
#define CACHE_SIZE (UINT64_C(1) << 40)
#else
#define CACHE_BASE UINT64_C(0xC1000000)
#define CACHE_SIZE (UINT64_C(0xE1000000) - CACHE_BASE)
#endif

bool mi_is_cache_address(va_t va)
{
    return va >= CACHE_BASE && va - CACHE_BASE < CACHE_SIZE;
}

ntstatus_t mi_map_system_view(struct mm *mm, struct control_area *area, uint64_t offset, uint32_t size, va_t *ret_va)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    uint64_t start, pages = mi_vpn((uint64_t)size + MMU_PAGE_MASK);

    if (area->kind == AREA_IMAGE)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (pages == 0 || (offset & MMU_PAGE_MASK))
        return STATUS_INVALID_PARAMETER;
    if (!vad_find_free(mm->arena, &system->vads, mi_vpn(CACHE_BASE), mi_vpn(CACHE_BASE + CACHE_SIZE - 1), pages,
                       VAD_BOTTOM_UP, &start))
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

/* One page of a view. => it went. */
static bool trim_page(struct mm *mm, struct mi_slot slot, va_t va, bool spare_accessed)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    mmpte_t pte = mi_read_pte(mm, slot);

    if (!pte_is_valid(pte) || !mi_frame_knows(mm, va, pte))
        return false;
    if (spare_accessed && pte_is_accessed(pte)) {
        mi_write_pte(mm, slot, pte_clear_accessed(pte));
        mm->flush_wanted = true;
        return false;
    }
    mi_remove_page(mm, system, slot, va, (mmpte_t){0});
    mi_note_trim(mm, system, va, pte_pfn(pte), MI_TRIM_MANAGER);
    return true;
}

/* => pages that went, from the hand on, up to the end of cache space. */
static uint32_t sweep(struct mm *mm, uint32_t count, bool spare_accessed)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    uint32_t done = 0;

    for (const struct mmvad *vad = vad_lower_bound(mm->arena, &system->vads, mi_vpn(mm->cache_hand)); vad;
         vad = vad_next(mm->arena, vad)) {
        va_t first = vad->start_vpn << MMU_PAGE_SHIFT, last = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK;
        first = first > mm->cache_hand ? first : mm->cache_hand;
        for (struct mi_pages at = mi_first_page(mm, system, first, last, MI_CHANGE); at.held; mi_next_page(&at)) {
            done += trim_page(mm, at.slot, at.va, spare_accessed);
            mm->cache_hand = at.va + MMU_PAGE_SIZE;
            if (done == count) {
                mi_leave_pages(&at);
                return done;
            }
        }
    }
    mm->cache_hand = CACHE_BASE;
    return done;
}

uint32_t mi_trim_cache(struct mm *mm, uint32_t count)
{
    uint32_t done = 0;

    for (unsigned turn = 0; turn < 4 && done < count && mi_process(mm, mm->system)->ws_size > 0; turn++)
        done += sweep(mm, count - done, turn < 2);
    return done;
}
