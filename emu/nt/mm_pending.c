/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm_pending.c - refusals for what mm.h declares and mm does not define yet; mm's own definitions replace them.
 *
 * This file goes when mm has them all. */
#include "mm/mm.h"

#define WEAK __attribute__((weak))

WEAK ntstatus_t mm_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                        void (*observe)(void *context, const struct mm_fault *fault), void *context)
{
    return STATUS_NOT_SUPPORTED;
}

WEAK ntstatus_t mm_unlock(struct mm *mm, mm_process process, struct mm_range *range, unsigned map)
{
    return STATUS_NOT_SUPPORTED;
}

WEAK ntstatus_t mm_get_write_watch(struct mm *mm, mm_process process, struct mm_range range, enum mm_watch_mode mode,
                                   va_t *addresses, size_t room, size_t *ret_count)
{
    return STATUS_NOT_SUPPORTED;
}

WEAK ntstatus_t mm_reset_write_watch(struct mm *mm, mm_process process, struct mm_range range)
{
    return STATUS_NOT_SUPPORTED;
}

WEAK ntstatus_t mm_flush(struct mm *mm, mm_process process, struct mm_range *range)
{
    return STATUS_NOT_SUPPORTED;
}

WEAK size_t mm_ws_list(struct mm *mm, mm_process process, struct mm_ws_page *pages, size_t room)
{
    return 0;
}

WEAK bool mm_ws_page_at(struct mm *mm, mm_process process, va_t va, struct mm_ws_page *ret_page)
{
    return false;
}

WEAK void mm_ws_get_limits(const struct mm *mm, mm_process process, struct mm_ws_limits *ret_limits)
{
    *ret_limits = (struct mm_ws_limits){50, 345, 0};
}

WEAK ntstatus_t mm_ws_set_limits(struct mm *mm, mm_process process, const struct mm_ws_limits *limits)
{
    return STATUS_NOT_SUPPORTED;
}

WEAK void mm_ws_empty(struct mm *mm, mm_process process)
{
}

WEAK void mm_process_set_nx(struct mm *mm, mm_process process, enum pte_nx_policy nx)
{
}
