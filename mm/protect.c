/* SPDX-License-Identifier: GPL-2.0-or-later */
/* protect.c - NtProtectVirtualMemory: the protection of committed pages (nt-reference 5.5).
 *
 * A page that stays valid gets new hardware bits.  One that may be valid no more (guard, no access) leaves the working
 * set: its PTE becomes transition with the new protection, and the next access finds it there. */
#include <assert.h>

#include "mm/mi.h"

static bool may_be_valid(unsigned protection)
{
    return (protection & MM_PROTECT_ACCESS_MASK) != MM_ZERO_ACCESS && !mi_is_guard_protection(protection);
}

/* New rights for a page that stays where it is; what is dirty stays dirty. */
static void reprotect_valid(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va, unsigned protection)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    mmpte_t changed = pte_make_valid(pte_pfn(pte), protection, PTE_USER, process->nx);
    struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));

    if (pte_is_dirty(pte))
        pfn->flags |= PFN_MODIFIED_BIT;
    if (pte_is_dirty(pte) && pte_is_write(changed))
        changed = pte_set_dirty(changed);
    else
        mi_watch_dirty(mm, process, va, pte_is_dirty(pte));
    pfn->original_pte = pte_set_protection(pfn->original_pte, protection);
    mi_write_pte(mm, slot, pte_set_ws_index(changed, pte_ws_index(pte)));
    mm->flush_wanted = true;
}

/* A shared page keeps its frame where it is locked; else it is simplest met again. */
static void reprotect_shared(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad,
                             va_t va, unsigned protection)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    pfn_t frame = pte_pfn(pte);

    if (!mi_ws_locks(mm, process, va, frame)) {
        mi_trim_page(mm, process, slot, va, protection);
        return;
    }
    bool own = protection != mi_segment_protection(mm, vad, mi_vpn(va));
    mmpte_t changed = pte_make_valid(frame, protection, PTE_USER, process->nx);
    mi_write_pte(mm, slot, pte_set_ws_index(changed, pte_ws_index(pte)));
    mi_ws_set_protection(mm, process, va, frame, own ? protection : 0);
    mm->flush_wanted = true;
}

void mi_protect_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad, va_t va,
                     unsigned protection)
{
    mmpte_t pte = mi_read_pte(mm, slot);

    switch (pte_kind(pte, PTE_OF_PROCESS)) {
    case PTE_KIND_VALID:
        if (!(mi_pfn(mm, pte_pfn(pte))->flags & PFN_PROTOTYPE_BIT))
            protection = mi_private_protection(protection);
        if (!may_be_valid(protection))
            mi_trim_page(mm, process, slot, va, protection);
        else if (mi_pfn(mm, pte_pfn(pte))->flags & PFN_PROTOTYPE_BIT)
            reprotect_shared(mm, process, slot, vad, va, protection);
        else
            reprotect_valid(mm, process, slot, va, protection);
        return;
    case PTE_KIND_EMPTY:
        mi_write_pte(mm, slot,
                     vad->kind == VAD_PRIVATE ? pte_make_demand_zero(protection) : pte_make_lookup(protection));
        return;
    case PTE_KIND_PROTOTYPE:
    case PTE_KIND_LOOKUP: mi_write_pte(mm, slot, pte_make_lookup(protection)); return;
    case PTE_KIND_TRANSITION:
    case PTE_KIND_PAGED_OUT:
    case PTE_KIND_DEMAND_ZERO:
        mi_write_pte(mm, slot, pte_set_protection(pte, mi_private_protection(protection)));
        return;
    case PTE_KIND_DECOMMITTED:
    case PTE_KIND_SUBSECTION:
    case PTE_KIND_COUNT: break;
    }
    assert(!"mi_protect() checked that the page is committed");
}

/* Is every page committed?  *ret_first: the first one's protection. */
static bool check_committed(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last,
                            unsigned *ret_first)
{
    for (va_t va = first, end; va <= last; va = end) {
        struct mi_slot slot;
        mmpte_t pte = {0};
        enum mi_hold_result held = mi_hold_page_table(mm, process, va, &slot, &end);
        if (held == MI_HELD) {
            pte = mi_read_pte(mm, slot);
            mi_release_page_table(mm, slot);
        }
        if (held == MI_HELD || vad->kind == VAD_IMAGE)
            end = va + MMU_PAGE_SIZE;
        struct mi_page page = mi_page_state(mm, process, vad, va, pte);
        if (!page.committed)
            return false;
        if (va == first)
            *ret_first = page.protection;
    }
    return true;
}

static bool has_cache_modifier(unsigned protection)
{
    unsigned modifier = protection & MM_PROTECT_MODIFIER_MASK;
    return (protection & MM_PROTECT_ACCESS_MASK) != MM_ZERO_ACCESS &&
           (modifier == MM_NOCACHE || modifier == MM_WRITECOMBINE);
}

/* In a view, READWRITE means write-copy until the page is private (nt-reference 5.5). */
static unsigned view_protection(struct mm *mm, const struct mmvad *vad, va_t va, unsigned protection)
{
    unsigned modifier = protection & MM_PROTECT_MODIFIER_MASK;

    if (vad->kind != VAD_IMAGE || mi_is_writable_protection(mi_segment_protection(mm, vad, mi_vpn(va))))
        return protection;
    switch (protection & MM_PROTECT_ACCESS_MASK) {
    case MM_READWRITE: return modifier | MM_WRITECOPY;
    case MM_EXECUTE_READWRITE: return modifier | MM_EXECUTE_WRITECOPY;
    default: return protection;
    }
}

static bool make_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    va_t span = (va_t)PTES_PER_TABLE << MMU_PAGE_SHIFT;
    for (va_t va = first; va <= last; va = (va | (span - 1)) + 1)
        if (mi_make_page_table(mm, process, va) != STATUS_SUCCESS) {
            mi_delete_empty_tables(mm, process, first, last);
            return false;
        }
    return true;
}

static ntstatus_t check_range(struct mm *mm, struct mmprocess *process, va_t base, uint64_t size,
                              const struct mmvad **ret_vad)
{
    va_t highest = mm->config.highest_user_address;

    if (base > highest)
        return STATUS_INVALID_PARAMETER_2;
    if (size == 0 || highest - base < size)
        return STATUS_INVALID_PARAMETER_3;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(base));
    if (!vad || mi_vpn(base + size - 1) > vad->end_vpn)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->no_change || vad->kind == VAD_SHARED)
        return STATUS_INVALID_PAGE_PROTECTION;
    *ret_vad = vad;
    return STATUS_SUCCESS;
}

ntstatus_t mi_protect(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t protect,
                      uint32_t *ret_old)
{
    const struct mmvad *vad;
    unsigned protection, old = 0;

    if (!mm_protection_from_page(protect, &protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    ntstatus_t status = check_range(mm, process, *base, *size, &vad);
    if (status != STATUS_SUCCESS)
        return status;
    va_t first = *base & ~(va_t)MMU_PAGE_MASK, last = (*base + *size - 1) | MMU_PAGE_MASK;
    if (vad->kind == VAD_PRIVATE && mi_is_copy_protection(protection))
        return STATUS_INVALID_PARAMETER_4;
    if (vad->kind == VAD_IMAGE && has_cache_modifier(protection))
        return STATUS_INVALID_PARAMETER_4;
    if (!check_committed(mm, process, vad, first, last, &old))
        return STATUS_NOT_COMMITTED;
    if (!make_tables(mm, process, first, last))
        return STATUS_NO_MEMORY;
    uint64_t locked = process->locked_pages; /* no access, or a guard, unlocks */
    for (va_t va = first; va <= last; va += MMU_PAGE_SIZE) {
        struct mi_slot slot;
        va_t end;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
            continue;
        mi_protect_page(mm, process, slot, vad, va, view_protection(mm, vad, va, protection));
        mi_release_page_table(mm, slot);
    }
    *base = first;
    *size = last - first + 1;
    *ret_old = mm_page_from_protection(old);
    return process->locked_pages < locked ? STATUS_WAS_UNLOCKED : STATUS_SUCCESS;
}
