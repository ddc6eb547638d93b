/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual.c - NtAllocateVirtualMemory: reserve, commit and reset (nt-reference 5.3).
 *
 * Checks come in NT's order and change nothing; then the plan is applied and cannot fail. */
#include <assert.h>

#include "mm/mi.h"

enum { GRANULARITY = 64 << 10 };

struct mmvad *mi_new_vad(struct mm *mm, uint64_t start_vpn, uint64_t end_vpn, enum vad_kind kind, unsigned protection)
{
    arena_ref ref = arena_alloc(mm->arena, sizeof(struct mmvad));
    struct mmvad *vad = vad_at(mm->arena, ref);
    if (vad) {
        vad->start_vpn = start_vpn;
        vad->end_vpn = end_vpn;
        vad->kind = (uint8_t)kind;
        vad->protection = (uint8_t)protection;
    }
    return vad;
}

void mi_insert_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad)
{
    vad_insert(mm->arena, &process->vads, vad);
    mi_charge_virtual(process, vad->end_vpn - vad->start_vpn + 1);
}

/* Zero bits that must be known: a count of high bits of a 32-bit address; x64: from 32 on, a mask whose highest bit is
 * the highest that may be set (documented for NtAllocateVirtualMemory).  => false: out of range. */
bool mi_highest_by_zero_bits(uint64_t zero_bits, va_t *ret_highest)
{
    if (PTE_FORMAT == 2 && zero_bits >= 32) {
        unsigned top = 63 - (unsigned)__builtin_clzll(zero_bits);
        *ret_highest = UINT64_MAX >> (63 - top);
        return top >= 10; /* 53 zero bits at most */
    }
    if (zero_bits > 21)
        return false;
    *ret_highest = zero_bits ? UINT32_MAX >> zero_bits : UINT64_MAX;
    return true;
}

static ntstatus_t check_type(uint32_t type)
{
    const uint32_t known =
        MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES;

    if ((type & ~known) || !(type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)))
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_RESET) && type != MEM_RESET)
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_LARGE_PAGES) && (!(type & MEM_COMMIT) || (type & (MEM_PHYSICAL | MEM_RESET | MEM_WRITE_WATCH))))
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_WRITE_WATCH) && !(type & MEM_RESERVE))
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_PHYSICAL) && (!(type & MEM_RESERVE) || (type & ~(MEM_RESERVE | MEM_TOP_DOWN | MEM_PHYSICAL)) != 0))
        return STATUS_INVALID_PARAMETER_5;
    return STATUS_SUCCESS;
}

static ntstatus_t check_arguments(const struct mmprocess *process, const struct mm_allocation *request,
                                  unsigned *ret_protection)
{
    va_t highest = (process->highest_vad_vpn << MMU_PAGE_SHIFT) | MMU_PAGE_MASK, unused;

    if (!mi_highest_by_zero_bits(request->zero_bits, &unused))
        return STATUS_INVALID_PARAMETER_3;
    ntstatus_t status = check_type(request->type);
    if (status != STATUS_SUCCESS)
        return status;
    if ((request->type & MEM_PHYSICAL) && request->protect != PAGE_READWRITE)
        return STATUS_INVALID_PARAMETER_6;
    if (!mm_protection_from_page(request->protect, ret_protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (request->base > highest)
        return STATUS_INVALID_PARAMETER_2;
    if (highest - request->base < request->size || request->size == 0)
        return STATUS_INVALID_PARAMETER_4;
    if (request->type & MEM_LARGE_PAGES)
        return STATUS_PRIVILEGE_NOT_HELD; /* no token has SeLockMemoryPrivilege yet */
    return STATUS_SUCCESS;
}

/* Where a reservation goes: first and last page. */
static ntstatus_t place(struct mm *mm, struct mmprocess *process, const struct mm_allocation *request,
                        uint64_t *ret_start, uint64_t *ret_end)
{
    uint64_t limit = process->highest_vad_vpn, low = GRANULARITY >> MMU_PAGE_SHIFT;
    va_t highest = 0;

    mi_highest_by_zero_bits(request->zero_bits, &highest);
    limit = mi_vpn(highest) < limit ? mi_vpn(highest) : limit;
    if (request->base) {
        *ret_start = mi_vpn(request->base & ~(va_t)(GRANULARITY - 1));
        *ret_end = mi_vpn(request->base + request->size - 1);
        if (*ret_start < low)
            return STATUS_INVALID_PARAMETER_2; /* rounded to 0 */
        if (*ret_end > limit)
            return STATUS_INVALID_PARAMETER_3;
        if (process->deleted)
            return STATUS_PROCESS_IS_TERMINATING;
        const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, *ret_start);
        return next && next->start_vpn <= *ret_end ? STATUS_CONFLICTING_ADDRESSES : STATUS_SUCCESS;
    }
    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    uint64_t pages = mi_vpn(request->size + MMU_PAGE_MASK);
    enum vad_direction direction = request->type & MEM_TOP_DOWN ? VAD_TOP_DOWN : VAD_BOTTOM_UP;
    if (!vad_find_free(mm->arena, &process->vads, low, limit, pages, direction, ret_start))
        return STATUS_NO_MEMORY;
    *ret_end = *ret_start + pages - 1;
    return STATUS_SUCCESS;
}

/* A VAD that is in no tree yet goes. */
static void discard_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad)
{
    mi_unwatch(mm, process, vad);
    arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
}

/* Page tables that committed pages will need.  The pages alone may be more than can be: then nobody asks further. */
static uint64_t count_tables(const struct mm *mm, const struct mmprocess *process, uint64_t start, uint64_t end)
{
    if (end - start >= pagefile_commit_limit(mm))
        return 0;
    return mi_count_missing_tables(mm, process, start << MMU_PAGE_SHIFT, end << MMU_PAGE_SHIFT);
}

static ntstatus_t reserve(struct mm *mm, struct mmprocess *process, struct mm_allocation *request, unsigned protection)
{
    uint64_t start, end;
    bool commit = request->type & MEM_COMMIT;

    if (mi_is_copy_protection(protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    ntstatus_t status = place(mm, process, request, &start, &end);
    if (status != STATUS_SUCCESS)
        return status;
    if (request->type & MEM_PHYSICAL)
        return STATUS_MM_NOT_MODELLED; /* a window for physical pages: it needs no privilege, its pages do */
    uint64_t pages = end - start + 1;
    struct mmvad *vad = mi_new_vad(mm, start, end, VAD_PRIVATE, protection);
    if (!vad)
        return STATUS_INSUFFICIENT_RESOURCES;
    if ((request->type & MEM_WRITE_WATCH) && !mi_watch(mm, process, vad)) {
        discard_vad(mm, process, vad);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    uint64_t tables = commit ? count_tables(mm, process, start, end) : 0;
    if (commit && !mi_charge_commit(mm, process, pages + tables, MI_MAY_FAIL)) {
        discard_vad(mm, process, vad);
        return STATUS_COMMITMENT_LIMIT;
    }
    vad->mem_commit = commit;
    vad->commit_charge = commit ? pages : 0;
    vad->table_charge = tables;
    process->table_charge += tables;
    mi_insert_vad(mm, process, vad);
    request->base = start << MMU_PAGE_SHIFT;
    request->size = pages << MMU_PAGE_SHIFT;
    return STATUS_SUCCESS;
}

/* => where there is no page table, the pages are as wanted already. */
static void commit_pages(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last,
                         unsigned protection)
{
    for (struct mi_pages at = mi_first_page(mm, process, first, last, MI_CHANGE); at.held; mi_next_page(&at)) {
        mmpte_t pte = mi_page_word(&at);
        if (pte.raw == 0 || !mi_page_state(mm, process, vad, at.va, pte).committed)
            mi_write_pte(mm, at.slot, pte_make_demand_zero(protection));
        else
            mi_protect_page(mm, process, at.slot, vad, at.va, protection);
    }
}

/* The VAD around all pages of the request, which is rounded to them; NULL: none. */
static struct mmvad *round_to_pages(const struct mm *mm, const struct mmprocess *process, struct mm_allocation *request,
                                    va_t *ret_last)
{
    va_t first = request->base & ~(va_t)MMU_PAGE_MASK;
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(first));

    *ret_last = (request->base + request->size - 1) | MMU_PAGE_MASK;
    request->base = first;
    request->size = *ret_last - first + 1;
    return vad && mi_vpn(*ret_last) <= vad->end_vpn ? vad : NULL;
}

static ntstatus_t commit(struct mm *mm, struct mmprocess *process, struct mm_allocation *request, unsigned protection)
{
    va_t last;

    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    struct mmvad *vad = round_to_pages(mm, process, request, &last);
    if (!vad)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->kind == VAD_IMAGE)
        return STATUS_ALREADY_COMMITTED;
    if (vad->kind == VAD_MAPPED)
        return mi_commit_view(mm, process, vad, request->base, last, protection);
    if (mi_is_copy_protection(protection) || vad->no_change)
        return STATUS_INVALID_PAGE_PROTECTION;
    assert(vad->kind == VAD_PRIVATE); /* a VAD_SHARED is no_change */
    uint64_t pages = mi_vpn(request->size) - mi_count_committed(mm, process, vad, request->base, last);
    bool holes_are_right = vad->mem_commit && protection == vad->protection;
    uint64_t tables = pages == 0 ? 0 : count_tables(mm, process, mi_vpn(request->base), mi_vpn(last));
    if (!mi_charge_commit(mm, process, pages + tables, MI_MAY_FAIL))
        return STATUS_COMMITMENT_LIMIT;
    mi_return_commit(mm, process, tables); /* each is charged as it is made */
    ntstatus_t status = holes_are_right ? STATUS_SUCCESS : mi_make_page_tables(mm, process, request->base, last);
    if (status != STATUS_SUCCESS) {
        mi_return_commit(mm, process, pages);
        return status;
    }
    vad->commit_charge += pages;
    commit_pages(mm, process, vad, request->base, last, protection);
    return STATUS_SUCCESS;
}

/* The contents of one page are wanted no more: what is in RAM stays until the frame is needed for something else;
 * from then on the page is zero. */
static void reset_page(struct mm *mm, struct mmprocess *process, const struct mi_pages *at)
{
    mmpte_t pte = mi_page_word(at);
    enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);

    if (kind == PTE_KIND_PAGED_OUT) {
        pagefile_give(mm, pte_pagefile_number(pte), pte_pagefile_offset(pte));
        mi_write_pte(mm, at->slot, pte_make_demand_zero(pte_protection(pte)));
        return;
    }
    if ((kind != PTE_KIND_VALID && kind != PTE_KIND_TRANSITION) || !mi_frame_knows(mm, at->va, pte))
        return;
    struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    if (pfn->flags & (PFN_READ_BIT | PFN_WRITE_BIT)) /* on its way: as if it had been reset just before */
        return;
    pfn->flags &= (uint8_t)~PFN_MODIFIED_BIT;
    mi_free_backing(mm, pfn);
    if (kind == PTE_KIND_VALID && pte_is_dirty(pte)) {
        mi_note_written(mm, process, at->va);
        mi_write_pte(mm, at->slot, pte_clear_dirty(pte));
        mm->flush_wanted = true;
    }
    if (pfn->state == PFN_MODIFIED)
        pfn_move(&mm->pfn, pte_pfn(pte), PFN_STANDBY);
    if (pfn->state == PFN_STANDBY && (pfn->flags & PFN_REMOVAL_BIT))
        mi_mark_bad(mm, pte_pfn(pte));
}

/* MEM_RESET.  Pages that are not committed, or in no frame, have nothing to lose; nor have those that are only partly
 * in the range: their other bytes are still of interest.  A view of a file is refused. */
static ntstatus_t reset(struct mm *mm, struct mmprocess *process, struct mm_allocation *request)
{
    va_t last, first_inside = (request->base + MMU_PAGE_MASK) & ~(va_t)MMU_PAGE_MASK;
    va_t end_inside = (request->base + request->size) & ~(va_t)MMU_PAGE_MASK;

    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    struct mmvad *vad = round_to_pages(mm, process, request, &last);
    if (!vad || vad->kind == VAD_SHARED)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->kind == VAD_IMAGE || (vad->kind == VAD_MAPPED && mi_area(mm, vad->control_area)->kind == AREA_FILE))
        return STATUS_USER_MAPPED_FILE;
    if (vad->kind == VAD_MAPPED) /* what others may still want is kept: the caller only says that it does not */
        return STATUS_SUCCESS;
    if (first_inside >= end_inside)
        return STATUS_SUCCESS;
    if (mi_bring_tables(mm, process, first_inside, end_inside - 1) != STATUS_SUCCESS)
        return STATUS_NO_MEMORY;
    for (struct mi_pages at = mi_first_page(mm, process, first_inside, end_inside - 1, MI_CHANGE); at.held;
         mi_next_page(&at))
        reset_page(mm, process, &at);
    return STATUS_SUCCESS;
}

ntstatus_t mi_allocate(struct mm *mm, struct mmprocess *process, struct mm_allocation *request)
{
    unsigned protection;
    ntstatus_t status = check_arguments(process, request, &protection);

    if (status != STATUS_SUCCESS)
        return status;
    if (request->type & MEM_RESET)
        return reset(mm, process, request);
    if (request->base == 0 || (request->type & MEM_RESERVE))
        return reserve(mm, process, request, protection);
    return commit(mm, process, request, protection);
}

ntstatus_t mi_allocate_secured(struct mm *mm, struct mmprocess *process, va_t base, uint64_t size)
{
    uint64_t start = mi_vpn(base), end = mi_vpn(base + size - 1);
    const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, start);

    if (size == 0 || (base & MMU_PAGE_MASK) || end > mi_vpn(mm->config.highest_user_address))
        return STATUS_INVALID_PARAMETER;
    if (next && next->start_vpn <= end)
        return STATUS_CONFLICTING_ADDRESSES;
    struct mmvad *vad = mi_new_vad(mm, start, end, VAD_PRIVATE, MM_READWRITE);
    if (!vad)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!mi_charge_commit(mm, process, end - start + 1, MI_MAY_FAIL)) {
        discard_vad(mm, process, vad);
        return STATUS_COMMITMENT_LIMIT;
    }
    vad->mem_commit = true;
    vad->no_change = true;
    vad->commit_charge = end - start + 1;
    mi_insert_vad(mm, process, vad);
    return STATUS_SUCCESS;
}
