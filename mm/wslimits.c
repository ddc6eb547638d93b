/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wslimits.c - working-set quota limits of processes (nt-reference 7.2). */
#include "mm/mi.h"

enum {
    MINIMUM_LEAST = 20,  /* a smaller minimum is raised to it */
    MAXIMUM_LEAST = 13,  /* a smaller maximum is refused */
    MAXIMUM_MARGIN = 512 /* pages of RAM that no working set can have */
};

void mm_ws_get_limits(const struct mm *mm, mm_process process, struct mm_ws_limits *ret_limits)
{
    *ret_limits = mi_process(mm, process)->ws_limits;
}

/* No working set can be larger: RAM without a margin. */
static uint64_t largest(const struct mm *mm)
{
    uint64_t frames = mm->pfn.frame_count;
    return frames > 2 * MAXIMUM_MARGIN ? frames - MAXIMUM_MARGIN : frames / 2;
}

uint64_t mi_resident_available(const struct mm *mm)
{
    uint64_t promised = MI_FLUID + mm->system_commit - mm->stack_pages_out;
    for (arena_ref p = mm->processes; p; p = mi_process(mm, p)->next)
        promised += mi_process(mm, p)->ws_limits.minimum;
    return promised < mm->pfn.frame_count ? mm->pfn.frame_count - promised : 0;
}

ntstatus_t mm_ws_set_limits(struct mm *mm, mm_process process, const struct mm_ws_limits *limits)
{
    struct mmprocess *p = mi_process(mm, process);
    struct mm_ws_limits wanted = *limits;

    if (wanted.hard & ~(unsigned)(MM_WS_HARD_MIN | MM_WS_HARD_MAX))
        return STATUS_INVALID_PARAMETER;
    if (wanted.minimum > wanted.maximum || wanted.maximum < MAXIMUM_LEAST || wanted.maximum > largest(mm))
        return STATUS_BAD_WORKING_SET_LIMIT;
    if (wanted.minimum < MINIMUM_LEAST)
        wanted.minimum = MINIMUM_LEAST;
    if (wanted.minimum < p->locked_pages + MI_WS_FLUID)
        return STATUS_BAD_WORKING_SET_LIMIT;
    if (wanted.maximum < wanted.minimum)
        wanted.maximum = wanted.minimum;
    if (wanted.minimum > p->ws_limits.minimum && wanted.minimum - p->ws_limits.minimum > mi_resident_available(mm))
        return STATUS_INSUFFICIENT_RESOURCES;
    p->ws_limits = wanted;
    mm->ops->ws_shrink(mm, p);
    mi_settle(mm);
    return STATUS_SUCCESS;
}
