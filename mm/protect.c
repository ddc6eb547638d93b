/* SPDX-License-Identifier: GPL-2.0-or-later */
/* protect.c - NtProtectVirtualMemory: the protection of committed pages (nt-reference 5.5).
 *
 * A page that stays valid gets new hardware bits.  One that may be valid no more (guard, no access) leaves the working
 * set: its PTE becomes transition (a view's page: a word that finds the prototype PTE again) with the new protection,
 * and the next access finds it there.  Such a page loses its locks, and the call says so: STATUS_WAS_UNLOCKED, which
 * is a success (its public description names "no access"; a guard page is as little accessible).
 *
 * In a view of an image, write access means a private copy at the first write.  A page that is to be copied so is
 * charged when it gets that protection, and the charge is returned when it loses it uncopied (nt-reference section 8:
 * write-copy is charged when it is mapped). */
#include <assert.h>

#include "mm/mi.h"

static bool may_be_valid(unsigned protection)
{
    return (protection & MM_PROTECT_ACCESS_MASK) != MM_ZERO_ACCESS && !mi_is_guard_protection(protection);
}

/* New rights for a page that stays where it is; what is dirty stays dirty. */
static void reprotect_valid(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad,
                            va_t va, unsigned protection)
{
    mmpte_t pte = mi_read_pte(mm, slot), changed = pte_make_valid(pte_pfn(pte), protection, PTE_USER, process->nx);
    struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));

    if (pte_is_dirty(pte)) {
        mi_mark_modified(mm, pfn);
        if (pte_is_write(changed))
            changed = pte_set_dirty(changed);
        else
            mi_note_written(mm, process, va);
    }
    if (!(pfn->flags & PFN_PROTOTYPE_BIT)) {
        pfn->original_pte = pte_set_protection(pfn->original_pte, protection);
    } else if (mi_is_view(vad)) {
        unsigned own = protection == mi_segment_protection(mm, vad, mi_vpn(va)) ? 0 : protection;
        mi_ws_set_flags(mm, process, va, pte_pfn(pte), MI_WSLE_PROTECTION, own << MI_WSLE_PROTECTION_SHIFT);
    }
    mi_write_pte(mm, slot, pte_set_ws_index(changed, pte_ws_index(pte)));
    mm->flush_wanted = true;
}

/* => true: it was locked. */
static bool protect_valid(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad,
                          va_t va, unsigned protection)
{
    pfn_t frame = pte_pfn(mi_read_pte(mm, slot));

    if (may_be_valid(protection)) {
        reprotect_valid(mm, process, slot, vad, va, protection);
        return false;
    }
    bool locked = mi_ws_flags(mm, process, va, frame) & MI_WSLE_LOCKS;
    mi_trim_page(mm, process, slot, va, protection, MI_TRIM_EMPTIED);
    return locked;
}

bool mi_protect_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad, va_t va,
                     unsigned protection)
{
    mmpte_t pte = mi_read_pte(mm, slot);

    switch (pte_kind(pte, PTE_OF_PROCESS)) {
    case PTE_KIND_VALID:
        if (!(mi_pfn(mm, pte_pfn(pte))->flags & PFN_PROTOTYPE_BIT))
            protection = mi_private_protection(protection);
        return protect_valid(mm, process, slot, vad, va, protection);
    case PTE_KIND_EMPTY:
        mi_write_pte(mm, slot,
                     vad->kind == VAD_PRIVATE ? pte_make_demand_zero(protection) : pte_make_lookup(protection));
        return false;
    case PTE_KIND_PROTOTYPE:
    case PTE_KIND_LOOKUP: mi_write_pte(mm, slot, pte_make_lookup(protection)); return false;
    case PTE_KIND_TRANSITION:
    case PTE_KIND_PAGED_OUT:
    case PTE_KIND_DEMAND_ZERO: mi_protect_invalid(mm, slot, mi_private_protection(protection)); return false;
    case PTE_KIND_DECOMMITTED:
    case PTE_KIND_SUBSECTION:
    case PTE_KIND_COUNT: break;
    }
    assert(!"mi_protect() checked that the page is committed");
    return false;
}

static bool has_cache_modifier(unsigned protection)
{
    unsigned modifier = protection & MM_PROTECT_MODIFIER_MASK;
    return (protection & MM_PROTECT_ACCESS_MASK) != MM_ZERO_ACCESS &&
           (modifier == MM_NOCACHE || modifier == MM_WRITECOMBINE);
}

/* In a view, READWRITE means write-copy until the page is private (nt-reference 5.5). */
static unsigned view_protection(const struct mm *mm, const struct mmvad *vad, va_t va, unsigned protection)
{
    unsigned modifier = protection & MM_PROTECT_MODIFIER_MASK;

    if (vad->kind == VAD_MAPPED
            ? !mi_is_copy_protection(vad->protection)
            : vad->kind != VAD_IMAGE || mi_is_writable_protection(mi_segment_protection(mm, vad, mi_vpn(va))))
        return protection;
    switch (protection & MM_PROTECT_ACCESS_MASK) {
    case MM_READWRITE: return modifier | MM_WRITECOPY;
    case MM_EXECUTE_READWRITE: return modifier | MM_EXECUTE_WRITECOPY;
    default: return protection;
    }
}

/* One call, planned. */
struct change {
    struct mm *mm;
    struct mmprocess *process;
    struct mmvad *vad;
    va_t first, last;            /* last: the last byte */
    unsigned protection, old;    /* old: of the first page */
    uint64_t charged, to_charge; /* pages of an image view, before and after */
};

/* A private range: is every page committed? */
static bool plan_private(struct change *c)
{
    uint64_t pages = mi_vpn(c->last) - mi_vpn(c->first) + 1;
    mmpte_t pte = {0};

    if (mi_count_committed(c->mm, c->process, c->vad, c->first, c->last) != pages)
        return false;
    mi_look_at_pte(c->mm, c->process, c->first, &pte);
    c->old = mi_page_state(c->mm, c->process, c->vad, c->first, pte).protection;
    return true;
}

/* A view of an image: what is charged for its pages, and what will be. */
static bool plan_view(struct change *c)
{
    for (va_t va = c->first; va <= c->last; va += MMU_PAGE_SIZE) {
        mmpte_t pte = {0};
        mi_look_at_pte(c->mm, c->process, va, &pte);
        struct mi_page page = mi_page_state(c->mm, c->process, c->vad, va, pte);
        if (!page.committed) /* only where somebody wrote over the PTE */
            return false;
        if (va == c->first)
            c->old = page.protection;
        c->charged += mi_is_charged_page(c->mm, pte, page.protection);
        c->to_charge += mi_is_charged_page(c->mm, pte, view_protection(c->mm, c->vad, va, c->protection));
    }
    return true;
}

/* A view of data, of any size: what has no page table is as the view. */
static bool plan_mapped(struct change *c)
{
    const struct control_area *area = mi_area(c->mm, c->vad->control_area);
    uint64_t from = mi_page_in_view(c->vad, c->first), to = mi_page_in_view(c->vad, c->last), seen = 0;
    unsigned wanted = view_protection(c->mm, c->vad, c->first, c->protection);
    mmpte_t pte = {0};

    if (to >= area->page_count || mi_count_uncommitted(c->mm, area, from, to) > 0)
        return false;
    mi_look_at_pte(c->mm, c->process, c->first, &pte);
    c->old = mi_page_state(c->mm, c->process, c->vad, c->first, pte).protection;
    for (struct mi_pages at = mi_first_page(c->mm, c->process, c->first, c->last, MI_LOOK); at.held;
         mi_next_page(&at), seen++) {
        pte = mi_page_word(&at);
        struct mi_page page = mi_page_state(c->mm, c->process, c->vad, at.va, pte);
        if (!page.committed) { /* somebody wrote over the PTE */
            mi_leave_pages(&at);
            return false;
        }
        c->charged += mi_is_charged_page(c->mm, pte, page.protection);
        c->to_charge += mi_is_charged_page(c->mm, pte, wanted);
    }
    uint64_t rest = to - from + 1 - seen;
    c->charged += mi_is_copy_protection(c->vad->protection) ? rest : 0;
    c->to_charge += mi_is_copy_protection(wanted) ? rest : 0;
    return true;
}

static bool plan(struct change *c)
{
    switch ((enum vad_kind)c->vad->kind) {
    case VAD_IMAGE: return plan_view(c);
    case VAD_MAPPED: return plan_mapped(c);
    case VAD_PRIVATE:
    case VAD_SHARED:
    case VAD_KIND_COUNT: break;
    }
    return plan_private(c);
}

/* Everything that can fail. */
static ntstatus_t prepare(struct change *c)
{
    uint64_t more = c->to_charge > c->charged ? c->to_charge - c->charged : 0;

    if (!mi_charge_commit(c->mm, c->process, more, MI_MAY_FAIL))
        return STATUS_COMMITMENT_LIMIT;
    ntstatus_t status = STATUS_COMMITMENT_LIMIT;
    if (mi_has_table_commit(c->mm, c->process, c->vad, c->first, c->last, 0))
        status = mi_make_page_tables(c->mm, c->process, c->first, c->last);
    if (status != STATUS_SUCCESS)
        mi_return_commit(c->mm, c->process, more);
    else
        c->vad->commit_charge += more;
    return status;
}

static ntstatus_t apply(const struct change *c)
{
    bool unlocked = false;
    uint64_t less = c->charged > c->to_charge ? c->charged - c->to_charge : 0;

    c->vad->reprotected |= mi_is_view(c->vad);
    for (struct mi_pages at = mi_first_page(c->mm, c->process, c->first, c->last, MI_CHANGE); at.held;
         mi_next_page(&at))
        unlocked |= mi_protect_page(c->mm, c->process, at.slot, c->vad, at.va,
                                    view_protection(c->mm, c->vad, at.va, c->protection));
    less = less < c->vad->commit_charge ? less : c->vad->commit_charge;
    c->vad->commit_charge -= less;
    mi_return_commit(c->mm, c->process, less);
    return unlocked ? STATUS_WAS_UNLOCKED : STATUS_SUCCESS;
}

static ntstatus_t check_arguments(struct mm *mm, struct mmprocess *process, va_t base, uint64_t size,
                                  unsigned protection, struct mmvad **ret_vad)
{
    va_t highest = mm->config.highest_user_address;

    if (base > highest)
        return STATUS_INVALID_PARAMETER_2;
    if (size == 0 || highest - base < size)
        return STATUS_INVALID_PARAMETER_3;
    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(base));
    if (!vad || mi_vpn(base + size - 1) > vad->end_vpn)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->no_change || vad->kind == VAD_SHARED)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (vad->kind == VAD_PRIVATE ? mi_is_copy_protection(protection) : has_cache_modifier(protection))
        return STATUS_INVALID_PARAMETER_4;
    if (vad->kind == VAD_MAPPED && !mi_is_compatible(vad->protection, view_protection(mm, vad, base, protection)))
        return STATUS_SECTION_PROTECTION;
    *ret_vad = vad;
    return STATUS_SUCCESS;
}

ntstatus_t mi_protect(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t protect,
                      uint32_t *ret_old)
{
    struct change c = {.mm = mm, .process = process};

    if (!mm_protection_from_page(protect, &c.protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    ntstatus_t status = check_arguments(mm, process, *base, *size, c.protection, &c.vad);
    if (status != STATUS_SUCCESS)
        return status;
    c.first = *base & ~(va_t)MMU_PAGE_MASK;
    c.last = (*base + *size - 1) | MMU_PAGE_MASK;
    if (!plan(&c))
        return STATUS_NOT_COMMITTED;
    status = mi_bring_tables(mm, process, c.first, c.last);
    if (status == STATUS_SUCCESS)
        status = prepare(&c);
    if (status != STATUS_SUCCESS)
        return status;
    status = apply(&c);
    *base = c.first;
    *size = c.last - c.first + 1;
    *ret_old = mm_page_from_protection(c.old);
    return status;
}
