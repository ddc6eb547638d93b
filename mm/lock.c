/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.c - NtLockVirtualMemory and NtUnlockVirtualMemory (nt-reference 5.7). */
#include "mm/mi.h"

ntstatus_t mi_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context)
{
    (void)mm, (void)template, (void)range, (void)map, (void)observe, (void)context;
    return STATUS_NOT_IMPLEMENTED;
}

ntstatus_t mi_unlock(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map)
{
    (void)mm, (void)process, (void)range, (void)map;
    return STATUS_NOT_IMPLEMENTED;
}
