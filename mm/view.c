/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.c - views of sections: NtMapViewOfSection and NtUnmapViewOfSection (nt-reference 5.8).
 *
 * Mapping a data section makes a VAD and touches nothing: page tables and prototype PTEs come with the first fault. */
#include "mm/mi.h"

enum { GRANULARITY = 64 << 10 };

/* --- Checks, in NT's order ------------------------------------------------------------------------------------ */

static ntstatus_t check_arguments(const struct mm *mm, const struct mmprocess *process,
                                  const struct mm_map_request *request, unsigned *ret_protection)
{
    const uint32_t known = MEM_TOP_DOWN | MEM_LARGE_PAGES | MEM_DOS_LIM | SEC_NO_CHANGE | MEM_RESERVE | MEM_COMMIT;
    va_t highest = (process->highest_vad_vpn << MMU_PAGE_SHIFT) | MMU_PAGE_MASK, allowed = 0;

    if (request->inherit != MM_VIEW_SHARE && request->inherit != MM_VIEW_UNMAP)
        return STATUS_INVALID_PARAMETER_8;
    if (request->allocation_type & ~known)
        return STATUS_INVALID_PARAMETER_9;
    if (!mm_protection_from_page(request->protect, ret_protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (request->base > highest || highest - request->base < request->view_size)
        return STATUS_INVALID_PARAMETER_3;
    if (!mi_highest_by_zero_bits(request->zero_bits, &allowed) ||
        (request->base && request->zero_bits && request->base + request->view_size > allowed))
        return STATUS_INVALID_PARAMETER_4;
    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    va_t mask = request->allocation_type & MEM_DOS_LIM ? MMU_PAGE_MASK : GRANULARITY - 1;
    if ((request->base & mask) || (request->offset & mask))
        return STATUS_MAPPED_ALIGNMENT;
    return STATUS_SUCCESS;
}

/* A view of data that passed check_arguments(). => *ret_size: bytes. */
static ntstatus_t check_extent(const struct section *section, const struct control_area *area,
                               const struct mm_map_request *request, unsigned protection, uint64_t *ret_size)
{
    bool reserve = request->allocation_type & MEM_RESERVE;
    uint64_t left = request->offset < section->size ? section->size - request->offset : 0;
    uint64_t size = request->view_size ? request->view_size : left;

    if (request->commit_size > size)
        return STATUS_INVALID_PARAMETER_5;
    if (size == 0 || (size > left && !(reserve && area->kind == AREA_FILE)))
        return STATUS_INVALID_VIEW_SIZE;
    if (!mi_is_compatible(section->protection, protection))
        return STATUS_SECTION_PROTECTION;
    if (reserve && area->kind == AREA_PAGEFILE)
        return STATUS_INVALID_PARAMETER_9;
    if (reserve && !mi_is_writable_protection(section->protection))
        return STATUS_SECTION_PROTECTION;
    *ret_size = (size + MMU_PAGE_MASK) & ~(uint64_t)MMU_PAGE_MASK;
    return STATUS_SUCCESS;
}

static ntstatus_t place(struct mm *mm, struct mmprocess *process, const struct section *section,
                        const struct mm_map_request *request, uint64_t pages, uint64_t *ret_start)
{
    va_t base = section->based_address ? section->based_address + request->offset : request->base, highest = 0;
    uint64_t limit = process->highest_vad_vpn, low = GRANULARITY >> MMU_PAGE_SHIFT;

    mi_highest_by_zero_bits(request->zero_bits, &highest);
    limit = mi_vpn(highest) < limit ? mi_vpn(highest) : limit;
    if (base) {
        uint64_t start = mi_vpn(base);
        const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, start);
        if (start < low || pages > limit + 1 || start > limit + 1 - pages ||
            (next && next->start_vpn <= start + pages - 1))
            return STATUS_CONFLICTING_ADDRESSES;
        *ret_start = start;
        return STATUS_SUCCESS;
    }
    enum vad_direction direction = request->allocation_type & MEM_TOP_DOWN ? VAD_TOP_DOWN : VAD_BOTTOM_UP;
    if (!vad_find_free(mm->arena, &process->vads, low, limit, pages, direction, ret_start))
        return STATUS_NO_MEMORY;
    return STATUS_SUCCESS;
}

/* --- Mapping -------------------------------------------------------------------------------------------------- */

/* SEC_RESERVE: the first pages are committed with the view. */
static ntstatus_t commit_first(struct mm *mm, struct control_area *area, uint64_t first, uint64_t bytes)
{
    if (bytes == 0 || !area->reserved)
        return STATUS_SUCCESS;
    uint64_t last = first + mi_vpn(bytes + MMU_PAGE_MASK) - 1;
    uint64_t pages = mi_count_uncommitted(mm, area, first, last);
    if (!mi_charge_commit(mm, NULL, pages, MI_MAY_FAIL)) /* before anything is made for them */
        return STATUS_COMMITMENT_LIMIT;
    ntstatus_t status = mi_make_chunks(mm, area, first, last);
    if (status != STATUS_SUCCESS) {
        mi_return_commit(mm, NULL, pages);
        return status;
    }
    area->commit += pages;
    mi_commit_prototypes(mm, area, first, last);
    return STATUS_SUCCESS;
}

static ntstatus_t make_view(struct mm *mm, struct mmprocess *process, const struct section *section,
                            const struct mm_map_request *request, uint64_t start, uint64_t pages, unsigned protection)
{
    struct control_area *area = mi_area(mm, section->area);
    uint64_t charge = mi_is_copy_protection(protection) ? pages : 0;
    struct mmvad *vad = mi_new_vad(mm, start, start + pages - 1, VAD_MAPPED, protection);

    if (!vad)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = STATUS_SUCCESS;
    if (!mi_charge_commit(mm, process, charge, MI_MAY_FAIL))
        status = STATUS_COMMITMENT_LIMIT;
    else if ((status = commit_first(mm, area, mi_vpn(request->offset), request->commit_size)) != STATUS_SUCCESS)
        mi_return_commit(mm, process, charge);
    if (status != STATUS_SUCCESS) {
        arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
        return status;
    }
    vad->commit_charge = charge;
    vad->control_area = section->area;
    vad->first_page = mi_vpn(request->offset);
    vad->inherit = (uint8_t)request->inherit;
    vad->no_change = (section->attributes | request->allocation_type) & SEC_NO_CHANGE;
    mi_reference_view(mm, area, MM_OWNER_USER);
    mi_insert_vad(mm, process, vad);
    return STATUS_SUCCESS;
}

static ntstatus_t map_data(struct mm *mm, struct mmprocess *process, const struct section *section,
                           struct mm_map_request *request, unsigned protection)
{
    uint64_t size = 0, start = 0;
    ntstatus_t status = check_extent(section, mi_area(mm, section->area), request, protection, &size);

    if (status == STATUS_SUCCESS && (request->allocation_type & MEM_LARGE_PAGES))
        status = STATUS_INVALID_PARAMETER_9; /* the section has none */
    if (status == STATUS_SUCCESS)
        status = place(mm, process, section, request, mi_vpn(size), &start);
    if (status != STATUS_SUCCESS)
        return status;
    if ((section->attributes & SEC_NOCACHE) && (protection & MM_PROTECT_ACCESS_MASK) &&
        !(protection & MM_PROTECT_MODIFIER_MASK))
        protection |= MM_NOCACHE;
    status = make_view(mm, process, section, request, start, mi_vpn(size), protection);
    if (status == STATUS_SUCCESS) {
        request->base = start << MMU_PAGE_SHIFT;
        request->view_size = size;
    }
    return status;
}

ntstatus_t mi_map_view(struct mm *mm, struct mmprocess *process, struct section *section,
                       struct mm_map_request *request)
{
    unsigned protection = 0;
    ntstatus_t status = check_arguments(mm, process, request, &protection);

    if (status != STATUS_SUCCESS)
        return status;
    if (mi_area(mm, section->area)->kind != AREA_IMAGE)
        return map_data(mm, process, section, request, protection);
    struct mm_view view = {.base = request->base};
    status = mi_map_image(mm, process, mi_area(mm, section->area), &view);
    if (nt_success(status)) {
        request->base = view.base;
        request->view_size = view.size;
    }
    return status;
}

ntstatus_t mi_unmap_view(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mmvad *vad = NULL;
    if (va <= mm->config.highest_user_address)
        vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad || !mi_is_view(vad))
        return STATUS_NOT_MAPPED_VIEW;
    ntstatus_t status = mi_bring_edges(mm, process, vad->start_vpn << MMU_PAGE_SHIFT, vad->end_vpn << MMU_PAGE_SHIFT);
    if (status == STATUS_SUCCESS)
        mi_delete_vad(mm, process, vad);
    return status;
}

/* --- SEC_RESERVE: committing through a view --------------------------------------------------------------------- */

/* Everything that can fail. */
static ntstatus_t prepare_commit(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last,
                                 unsigned protection)
{
    struct control_area *area = mi_area(mm, vad->control_area);
    uint64_t from = mi_page_in_view(vad, first), to = mi_page_in_view(vad, last);
    uint64_t pages = mi_count_uncommitted(mm, area, from, to);

    if (!mi_charge_commit(mm, NULL, pages, MI_MAY_FAIL)) /* before anything is made for them */
        return STATUS_COMMITMENT_LIMIT;
    ntstatus_t status = mi_make_chunks(mm, area, from, to);
    if (status == STATUS_SUCCESS && protection != vad->protection)
        status = mi_has_table_commit(mm, process, vad, first, last, 0) ? mi_make_page_tables(mm, process, first, last)
                                                                       : STATUS_COMMITMENT_LIMIT;
    if (status != STATUS_SUCCESS) {
        mi_return_commit(mm, NULL, pages);
        return status;
    }
    area->commit += pages;
    return STATUS_SUCCESS;
}

ntstatus_t mi_commit_view(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last,
                          unsigned protection)
{
    struct control_area *area = mi_area(mm, vad->control_area);

    if (!area->reserved)
        return STATUS_ALREADY_COMMITTED;
    if (vad->no_change || mi_is_copy_protection(protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!mi_is_compatible(vad->protection, protection))
        return STATUS_SECTION_PROTECTION;
    if (mi_is_copy_protection(vad->protection)) /* writing means a private copy there */
        protection = vad->protection;
    ntstatus_t status = prepare_commit(mm, process, vad, first, last, protection);
    if (status != STATUS_SUCCESS)
        return status;
    mi_commit_prototypes(mm, area, mi_page_in_view(vad, first), mi_page_in_view(vad, last));
    if (protection == vad->protection)
        return STATUS_SUCCESS;
    vad->reprotected = true;
    for (struct mi_pages at = mi_first_page(mm, process, first, last, MI_CHANGE); at.held; mi_next_page(&at))
        mi_protect_page(mm, process, at.slot, vad, at.va, protection);
    return STATUS_SUCCESS;
}
