/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.c - NtLockVirtualMemory and NtUnlockVirtualMemory (nt-reference 5.7).
 *
 * A lock is a bit of the page's working-set entry: LockedInWs (MAP_PROCESS) or LockedInMemory (MAP_SYSTEM).  There is
 * no count: one unlock undoes any number of locks.  It goes with the entry: decommit, free, unmap, a protection that
 * lets nobody in. */
#include "mm/mi.h"

enum { FLUID_PAGES = 8 }; /* of the minimum, never locked (MM_FLUID_WORKING_SET) */

static unsigned lock_bits(unsigned map)
{
    return (map & MM_LOCK_PROCESS ? MI_WSLE_LOCKED : 0u) | (map & MM_LOCK_SYSTEM ? MI_WSLE_LOCKED_MEMORY : 0u);
}

/* Rounds the range to pages. => it lies in VADs without a hole. */
static ntstatus_t check_range(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map)
{
    va_t highest = mm->config.highest_user_address;

    if (map == 0 || (map & ~(unsigned)(MM_LOCK_PROCESS | MM_LOCK_SYSTEM)))
        return STATUS_INVALID_PARAMETER;
    if (range->size == 0 || range->base > highest || highest - range->base < range->size - 1)
        return STATUS_INVALID_PARAMETER;
    va_t first = range->base & ~(va_t)MMU_PAGE_MASK, last = (range->base + range->size - 1) | MMU_PAGE_MASK;
    for (uint64_t vpn = mi_vpn(first); vpn <= mi_vpn(last);) {
        const struct mmvad *vad = vad_find(mm->arena, &process->vads, vpn);
        if (!vad)
            return STATUS_ACCESS_VIOLATION;
        vpn = vad->end_vpn + 1;
    }
    *range = (struct mm_range){first, last - first + 1};
    return STATUS_SUCCESS;
}

/* The locks of a resident page. false: it is not valid. */
static bool locks_of(struct mm *mm, struct mmprocess *process, va_t va, unsigned *ret_locks, pfn_t *ret_frame)
{
    mmpte_t pte;
    if (!mi_peek_pte(mm, process, va, &pte) || !pte_is_valid(pte) || !mi_frame_knows(mm, va, pte))
        return false;
    *ret_frame = pte_pfn(pte);
    *ret_locks = mi_ws_locks(mm, process, va, *ret_frame);
    return true;
}

/* Would the locks leave the process its fluid pages? */
static bool has_quota(struct mm *mm, struct mmprocess *process, const struct mm_range *range)
{
    uint64_t room = process->ws_minimum > FLUID_PAGES + process->locked_pages
                        ? process->ws_minimum - FLUID_PAGES - process->locked_pages
                        : 0;
    uint64_t pages = range->size >> MMU_PAGE_SHIFT;

    if (pages <= room)
        return true;
    if (pages > room + process->locked_pages)
        return false;
    for (va_t va = range->base; va - range->base < range->size; va += MMU_PAGE_SIZE) {
        unsigned locks;
        pfn_t frame;
        if (locks_of(mm, process, va, &locks, &frame) && locks)
            pages--;
    }
    return pages <= room;
}

/* Every page of the range becomes resident, as a read of the thread would make it. */
static ntstatus_t touch(struct mm *mm, struct mm_fault *template, const struct mm_range *range,
                        void (*observe)(void *context, const struct mm_fault *fault), void *context)
{
    for (uint64_t done = 0; done < range->size;) {
        struct mm_hold hold;
        ntstatus_t status =
            mi_hold(mm, template, range->base + done, range->size - done, MMU_READ, observe, context, &hold);
        if (status != STATUS_SUCCESS)
            return status;
        done += hold.length;
        mi_release(mm, &hold);
    }
    return STATUS_SUCCESS;
}

ntstatus_t mi_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context)
{
    struct mmprocess *process = mi_process(mm, template->process);
    struct mm_range pages = *range;
    ntstatus_t status = check_range(mm, process, &pages, map);

    if (status != STATUS_SUCCESS)
        return status;
    if (!has_quota(mm, process, &pages))
        return STATUS_WORKING_SET_QUOTA;
    if ((status = touch(mm, template, &pages, observe, context)) != STATUS_SUCCESS)
        return status;
    for (va_t va = pages.base; va - pages.base < pages.size; va += MMU_PAGE_SIZE) {
        unsigned locks;
        pfn_t frame;
        if (!locks_of(mm, process, va, &locks, &frame))
            continue; /* touch() made it valid: only where somebody writes over PTEs */
        if (locks & lock_bits(map))
            status = STATUS_WAS_LOCKED;
        mi_ws_set_locks(mm, process, va, frame, locks | lock_bits(map));
    }
    *range = pages;
    return status;
}

ntstatus_t mi_unlock(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map)
{
    struct mm_range pages = *range;
    ntstatus_t status = check_range(mm, process, &pages, map);
    unsigned locks, bits = lock_bits(map);
    pfn_t frame;

    if (status != STATUS_SUCCESS)
        return status;
    for (va_t va = pages.base; va - pages.base < pages.size; va += MMU_PAGE_SIZE) {
        if (locks_of(mm, process, va, &locks, &frame) && (locks & bits) == bits)
            continue;
        status = STATUS_NOT_LOCKED;
        mi_trim(mm, process, va);
    }
    if (status != STATUS_SUCCESS)
        return status;
    for (va_t va = pages.base; va - pages.base < pages.size; va += MMU_PAGE_SIZE)
        if (locks_of(mm, process, va, &locks, &frame))
            mi_ws_set_locks(mm, process, va, frame, locks & ~bits);
    *range = pages;
    return STATUS_SUCCESS;
}
