/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - write watch: which pages of an allocation were written (nt-reference 12.3). */
#include "mm/mi.h"

ntstatus_t mi_get_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range, enum mm_watch_mode mode,
                              va_t *addresses, size_t room, size_t *ret_count)
{
    (void)mm, (void)process, (void)range, (void)mode, (void)addresses, (void)room, (void)ret_count;
    return STATUS_NOT_IMPLEMENTED;
}

ntstatus_t mi_reset_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range)
{
    (void)mm, (void)process, (void)range;
    return STATUS_NOT_IMPLEMENTED;
}
