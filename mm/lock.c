/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.c - NtLockVirtualMemory and NtUnlockVirtualMemory (nt-reference 5.7).
 *
 * A lock is a bit of the page's working-set entry, LockedInWs or LockedInMemory; there is no count.  A locked page
 * stays in the working set, through copy-on-write too.  The lock ends with mi_unlock(), and with the entry: where the
 * page is decommitted, freed, unmapped or made inaccessible, and with the process.
 *
 * Locking plans first: checks, quota, then every page is touched (which may fault, wait, or consume a guard page);
 * only then are the bits set, which cannot fail.  What one touch brought no other takes away: until the call is over
 * the pages of the range are not replaced, as if they were locked already (mm->locking). */
#include "mm/mi.h"

/* Whole pages of a range; last is the last byte. */
struct span {
    va_t first, last;
};

static unsigned bits_of(unsigned map)
{
    return (map & MM_LOCK_PROCESS ? MI_WSLE_LOCKED : 0u) | (map & MM_LOCK_SYSTEM ? MI_WSLE_LOCKED_MEMORY : 0u);
}

static ntstatus_t check_arguments(const struct mm *mm, const struct mmprocess *process, const struct mm_range *range,
                                  unsigned map, struct span *ret_span)
{
    va_t highest = mm->config.highest_user_address;

    if (map == 0 || (map & ~(unsigned)(MM_LOCK_PROCESS | MM_LOCK_SYSTEM)))
        return STATUS_INVALID_PARAMETER;
    if (range->base > highest || highest - range->base < range->size || range->size == 0)
        return STATUS_INVALID_PARAMETER;
    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    *ret_span = (struct span){range->base & ~(va_t)MMU_PAGE_MASK, (range->base + range->size - 1) | MMU_PAGE_MASK};
    return STATUS_SUCCESS;
}

/* Are there VADs over the whole span?  It may hold several. */
static bool is_covered(const struct mm *mm, const struct mmprocess *process, struct span span)
{
    uint64_t vpn = mi_vpn(span.first), last = mi_vpn(span.last);
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, vpn);

    for (; vad && vad->start_vpn <= vpn; vad = vad_next(mm->arena, vad)) {
        if (vad->end_vpn >= last)
            return true;
        vpn = vad->end_vpn + 1;
    }
    return false;
}

/* The locks of the current page, and whether it is in the working set at all. */
static bool in_working_set(const struct mi_pages *at, unsigned *ret_flags)
{
    mmpte_t pte = mi_page_word(at);

    *ret_flags = 0;
    if (!pte_is_valid(pte) || !mi_frame_knows(at->mm, at->va, pte))
        return false;
    *ret_flags = mi_ws_flags(at->mm, at->process, at->va, pte_pfn(pte));
    return true;
}

static uint64_t pages_of(struct span span)
{
    return mi_vpn(span.last) - mi_vpn(span.first) + 1;
}

/* Pages of the span in the working set. */
static uint64_t count_resident(struct mm *mm, struct mmprocess *process, struct span span)
{
    uint64_t count = 0;
    for (struct mi_pages at = mi_first_page(mm, process, span.first, span.last, MI_RESIDENT); at.held;
         mi_next_page(&at)) {
        unsigned flags;
        count += in_working_set(&at, &flags);
    }
    return count;
}

/* Pages of the span with all of these locks, or with any (bits 0). */
static uint64_t count_locked(struct mm *mm, struct mmprocess *process, struct span span, unsigned bits)
{
    uint64_t count = 0;
    for (struct mi_pages at = mi_first_page(mm, process, span.first, span.last, MI_RESIDENT); at.held;
         mi_next_page(&at)) {
        unsigned flags;
        if (in_working_set(&at, &flags))
            count += bits ? (flags & bits) == bits : (flags & MI_WSLE_LOCKS) != 0;
    }
    return count;
}

/* May so many pages be locked in all?  (the minimum working set, but for a few that stay replaceable; and where the
 * pages that the process needs beside them can be promised) */
static bool is_within_quota(struct mm *mm, struct mmprocess *process, struct span span)
{
    uint64_t pages = pages_of(span), minimum = process->ws_limits.minimum;

    if (pages + MI_WS_FLUID > minimum) /* however many of them are locked already */
        return false;
    uint64_t locked = process->locked_pages + pages - count_locked(mm, process, span, 0);
    if (locked + MI_WS_FLUID > minimum)
        return false;
    uint64_t promise = mi_promised_pages(process, locked), before = mi_promised_pages(process, process->locked_pages);
    return promise <= before || promise - before <= mi_resident_available(mm);
}

static void set_locks(struct mm *mm, struct mmprocess *process, struct span span, unsigned mask, unsigned bits)
{
    for (struct mi_pages at = mi_first_page(mm, process, span.first, span.last, MI_RESIDENT); at.held;
         mi_next_page(&at)) {
        mmpte_t pte = mi_page_word(&at);
        if (pte_is_valid(pte) && mi_frame_knows(mm, at.va, pte))
            mi_ws_set_flags(mm, process, at.va, pte_pfn(pte), mask, bits);
    }
}

ntstatus_t mi_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context)
{
    struct mmprocess *process = mi_process(mm, template->process);
    unsigned bits = bits_of(map);
    struct span span;
    ntstatus_t status = check_arguments(mm, process, range, map, &span);

    if (status != STATUS_SUCCESS)
        return status;
    if (!is_covered(mm, process, span))
        return STATUS_ACCESS_VIOLATION;
    if (!is_within_quota(mm, process, span))
        return STATUS_WORKING_SET_QUOTA;
    mm->locking = (struct mi_locking){template->process, span.first, span.last};
    template->access = MMU_READ;
    for (va_t va = span.first; va <= span.last; va += MMU_PAGE_SIZE) {
        pfn_t frame;
        template->va = va < range->base ? range->base : va;
        status = mi_ready_page(mm, template, observe, context, &frame);
        if (status != STATUS_SUCCESS)
            return status;
    }
    if (count_resident(mm, process, span) != pages_of(span))
        return STATUS_ACCESS_VIOLATION; /* a PTE that nobody here wrote */
    uint64_t before = 0;
    for (unsigned bit = MI_WSLE_LOCKED; bit <= MI_WSLE_LOCKED_MEMORY; bit <<= 1)
        before += bits & bit ? count_locked(mm, process, span, bit) : 0;
    set_locks(mm, process, span, 0, bits);
    *range = (struct mm_range){span.first, span.last - span.first + 1};
    return before ? STATUS_WAS_LOCKED : STATUS_SUCCESS;
}

/* Unlocking what is not locked: such pages leave the working set (documented for VirtualUnlock). */
static void evict_unlocked(struct mm *mm, struct mmprocess *process, struct span span)
{
    const struct mmvad *vad = NULL;

    for (struct mi_pages at = mi_first_page(mm, process, span.first, span.last, MI_RESIDENT); at.held;
         mi_next_page(&at)) {
        if (!vad || mi_vpn(at.va) > vad->end_vpn)
            vad = vad_find(mm->arena, &process->vads, mi_vpn(at.va));
        if (vad)
            mi_evict_page(mm, process, at.slot, vad, at.va, MI_TRIM_EMPTIED);
    }
}

ntstatus_t mi_unlock(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map)
{
    unsigned bits = bits_of(map);
    struct span span;
    ntstatus_t status = check_arguments(mm, process, range, map, &span);

    if (status != STATUS_SUCCESS)
        return status;
    if (!is_covered(mm, process, span))
        return STATUS_ACCESS_VIOLATION;
    if (count_locked(mm, process, span, bits) != pages_of(span)) {
        evict_unlocked(mm, process, span);
        return STATUS_NOT_LOCKED;
    }
    set_locks(mm, process, span, bits, 0);
    *range = (struct mm_range){span.first, span.last - span.first + 1};
    return STATUS_SUCCESS;
}
