/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual.c - NtAllocateVirtualMemory: reserve and commit (nt-reference 5.3).
 *
 * Checks come in NT's order and change nothing; then the plan is applied and cannot fail. */
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

static ntstatus_t check_arguments(const struct mmprocess *process, const struct mm_allocation *request,
                                  unsigned *ret_protection)
{
    const uint32_t known =
        MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES;
    uint32_t type = request->type;
    va_t highest = (process->highest_vad_vpn << MMU_PAGE_SHIFT) | MMU_PAGE_MASK;

    if (request->zero_bits > (PTE_FORMAT == 2 ? 53 : 21))
        return STATUS_INVALID_PARAMETER_3;
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
    if ((type & MEM_PHYSICAL) && request->protect != PAGE_READWRITE)
        return STATUS_INVALID_PARAMETER_6;
    if (!mm_protection_from_page(request->protect, ret_protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (request->base > highest)
        return STATUS_INVALID_PARAMETER_2;
    if (highest - request->base < request->size || request->size == 0)
        return STATUS_INVALID_PARAMETER_4;
    if (type & MEM_LARGE_PAGES)
        return STATUS_PRIVILEGE_NOT_HELD; /* no token has SeLockMemoryPrivilege yet */
    if (type & MEM_PHYSICAL)
        return STATUS_MM_NOT_MODELLED;
    return STATUS_SUCCESS;
}

/* The highest page that zero_bits allows: that many high bits are zero, up to 21 of 32 bits, above of 64. */
static uint64_t zero_bits_limit(const struct mmprocess *process, unsigned zero_bits)
{
    uint64_t highest = process->highest_vad_vpn, allowed;
    if (zero_bits == 0)
        return highest;
    allowed = zero_bits <= 21 ? mi_vpn(UINT32_MAX >> zero_bits) : mi_vpn(UINT64_MAX >> zero_bits);
    return allowed < highest ? allowed : highest;
}

static ntstatus_t place(struct mm *mm, struct mmprocess *process, const struct mm_allocation *request,
                        uint64_t *ret_start, uint64_t *ret_end)
{
    uint64_t limit = zero_bits_limit(process, request->zero_bits);
    uint64_t low = GRANULARITY >> MMU_PAGE_SHIFT;

    if (request->base) {
        va_t start = request->base & ~(va_t)(GRANULARITY - 1);
        *ret_start = mi_vpn(start);
        *ret_end = mi_vpn(request->base + request->size - 1);
        if (*ret_start < low)
            return STATUS_INVALID_PARAMETER_2; /* rounded to 0 */
        if (*ret_end > limit)
            return STATUS_INVALID_PARAMETER_3;
        const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, *ret_start);
        return next && next->start_vpn <= *ret_end ? STATUS_CONFLICTING_ADDRESSES : STATUS_SUCCESS;
    }
    uint64_t pages = mi_vpn(request->size + MMU_PAGE_MASK);
    enum vad_direction direction = request->type & MEM_TOP_DOWN ? VAD_TOP_DOWN : VAD_BOTTOM_UP;
    if (!vad_find_free(mm->arena, &process->vads, low, limit, pages, direction, ret_start))
        return STATUS_NO_MEMORY;
    *ret_end = *ret_start + pages - 1;
    return STATUS_SUCCESS;
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
    uint64_t pages = end - start + 1;
    struct mmvad *vad = mi_new_vad(mm, start, end, VAD_PRIVATE, protection);
    if (!vad)
        return STATUS_INSUFFICIENT_RESOURCES;
    if ((request->type & MEM_WRITE_WATCH) && !(vad->watch = mi_watch_create(mm, start, pages))) {
        arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (commit && !mi_charge_commit(mm, process, pages, MI_MAY_FAIL)) {
        mi_watch_destroy(mm, vad->watch);
        arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
        return STATUS_COMMITMENT_LIMIT;
    }
    process->watched += vad->watch != 0;
    vad->mem_commit = commit;
    vad->commit_charge = commit ? pages : 0;
    mi_insert_vad(mm, process, vad);
    request->base = start << MMU_PAGE_SHIFT;
    request->size = pages << MMU_PAGE_SHIFT;
    return STATUS_SUCCESS;
}

/* Pages of [first, last] that are not committed yet. */
static uint64_t count_uncommitted(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first,
                                  va_t last)
{
    uint64_t count = 0;
    for (va_t va = first; va <= last;) {
        struct mi_slot slot;
        va_t end;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD) {
            va_t stop = end - 1 < last ? end - 1 : last;
            if (!vad->mem_commit)
                count += mi_vpn(stop) - mi_vpn(va) + 1;
            va = end;
            continue;
        }
        count += !mi_page_state(mm, process, vad, va, mi_read_pte(mm, slot)).committed;
        mi_release_page_table(mm, slot);
        va += MMU_PAGE_SIZE;
    }
    return count;
}

/* Page tables for a range, all or (RAM full) as many as there are: an empty one does no harm. */
static ntstatus_t make_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    va_t span = (va_t)PTES_PER_TABLE << MMU_PAGE_SHIFT;
    for (va_t va = first; va <= last; va = (va | (span - 1)) + 1)
        if (mi_make_page_table(mm, process, va) != STATUS_SUCCESS) {
            mi_delete_empty_tables(mm, process, first, last);
            return STATUS_NO_MEMORY;
        }
    return STATUS_SUCCESS;
}

/* => where there is no page table, the pages are as wanted already. */
static void commit_pages(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last,
                         unsigned protection)
{
    for (va_t va = first, end; va <= last; va = end) {
        struct mi_slot slot;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
            continue;
        end = va + MMU_PAGE_SIZE;
        mmpte_t pte = mi_read_pte(mm, slot);
        if (pte.raw == 0 || !mi_page_state(mm, process, vad, va, pte).committed)
            mi_write_pte(mm, slot, pte_make_demand_zero(protection));
        else
            mi_protect_page(mm, process, slot, vad, va, protection);
        mi_release_page_table(mm, slot);
    }
}

static ntstatus_t commit(struct mm *mm, struct mmprocess *process, struct mm_allocation *request, unsigned protection)
{
    va_t first = request->base & ~(va_t)MMU_PAGE_MASK;
    va_t last = (request->base + request->size - 1) | MMU_PAGE_MASK;
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(first));

    if (!vad || mi_vpn(last) > vad->end_vpn)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->kind != VAD_PRIVATE)
        return STATUS_ALREADY_COMMITTED;
    if (mi_is_copy_protection(protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (vad->no_change)
        return STATUS_INVALID_PAGE_PROTECTION;
    request->base = first;
    request->size = last - first + 1;
    uint64_t pages = count_uncommitted(mm, process, vad, first, last);
    if (!mi_charge_commit(mm, process, pages, MI_MAY_FAIL))
        return STATUS_COMMITMENT_LIMIT;
    bool holes_are_right = vad->mem_commit && protection == vad->protection;
    ntstatus_t status = holes_are_right ? STATUS_SUCCESS : make_tables(mm, process, first, last);
    if (status != STATUS_SUCCESS) {
        mi_return_commit(mm, process, pages);
        return status;
    }
    vad->commit_charge += pages;
    commit_pages(mm, process, vad, first, last, protection);
    return STATUS_SUCCESS;
}

/* A page that nobody wants the contents of: clean, so that its frame may be given to others without being written. */
static void reset_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);

    if ((kind != PTE_KIND_VALID && kind != PTE_KIND_TRANSITION) || !mi_frame_knows(mm, va, pte))
        return;
    struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    pfn->flags &= (uint8_t)~PFN_MODIFIED_BIT;
    if (kind == PTE_KIND_VALID && pte_is_dirty(pte)) {
        mi_watch_dirty(mm, process, va, true);
        mi_write_pte(mm, slot, pte_clear_dirty(pte));
        mm->flush_wanted = true;
    } else if (pfn->state == PFN_MODIFIED) {
        pfn_move(&mm->pfn, pte_pfn(pte), PFN_STANDBY);
    }
}

/* MEM_RESET: the contents stay readable until their frames are needed; from then on they are zero. */
static ntstatus_t reset(struct mm *mm, struct mmprocess *process, struct mm_allocation *request)
{
    va_t first = request->base & ~(va_t)MMU_PAGE_MASK;
    va_t last = (request->base + request->size - 1) | MMU_PAGE_MASK;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(first));

    if (!vad || mi_vpn(last) > vad->end_vpn || vad->kind != VAD_PRIVATE)
        return STATUS_CONFLICTING_ADDRESSES;
    for (va_t va = first, end; va <= last; va = end) {
        struct mi_slot slot;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
            continue;
        end = va + MMU_PAGE_SIZE;
        reset_page(mm, process, slot, va);
        mi_release_page_table(mm, slot);
    }
    request->base = first;
    request->size = last - first + 1;
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
        arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
        return STATUS_COMMITMENT_LIMIT;
    }
    vad->mem_commit = true;
    vad->no_change = true;
    vad->commit_charge = end - start + 1;
    mi_insert_vad(mm, process, vad);
    return STATUS_SUCCESS;
}
