/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wslimits.c - working-set quota limits of processes and of the system (nt-reference 7.2). */
#include "mm/mi.h"

enum {
    MINIMUM_LEAST = 20,   /* a smaller minimum is raised to it */
    MAXIMUM_LEAST = 13,   /* a smaller maximum is refused */
    MAXIMUM_MARGIN = 512, /* pages of RAM that no working set can have */
    SMALL_MB = 19,        /* MmSystemSize (nt-reference 7.8) */
    MEDIUM_MB = 64,
    LOCK_OVERHEAD = 32, /* pages that a process with locked ones needs beside them: tables, its list, code, a stack */
    SYSTEM_SHARE = 16   /* the system's minimum is no larger part of RAM */
};

/* The reference has no numbers: 288 to 350 pages on a small system, more on a larger one, are from memory. */
struct mm_ws_limits mi_system_limits(const struct mm *mm)
{
    uint32_t frames = mm->pfn.frame_count, megabytes = frames >> 8;
    struct mm_ws_limits limits = {.minimum = 288, .maximum = 350};

    if (megabytes > SMALL_MB)
        limits = megabytes < MEDIUM_MB ? (struct mm_ws_limits){.minimum = 388, .maximum = 500}
                                       : (struct mm_ws_limits){.minimum = 688, .maximum = 1150};
    if (limits.minimum > frames / SYSTEM_SHARE) {
        limits.minimum = frames / SYSTEM_SHARE;
        limits.maximum = 2 * limits.minimum;
    }
    return limits;
}

mm_process mm_system_process(const struct mm *mm)
{
    return mm->system;
}

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

uint64_t mi_pool_pages(const struct mm *mm)
{
    uint64_t pages = 0;
    for (unsigned i = 0; i < MI_POOL_PAGES / 64; i++)
        pages += (uint64_t)__builtin_popcountll(mm->pool_map[i]);
    return pages;
}

/* System pages that are not in the system's working set and not pageable otherwise. */
static uint64_t fixed_pages(const struct mm *mm)
{
    uint64_t pages = mm->system_commit - mm->stack_pages_out - mi_pool_pages(mm);

    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next)
        pages -= mi_area(mm, ref)->commit;
    return pages - 1 - mi_process(mm, mm->system)->ws_page_count; /* the list itself */
}

uint64_t mi_promised_pages(const struct mmprocess *process, uint64_t locked)
{
    uint64_t needed = locked ? locked + LOCK_OVERHEAD : 0;
    return needed > process->ws_limits.minimum ? needed : process->ws_limits.minimum;
}

uint64_t mi_resident_available(const struct mm *mm)
{
    uint64_t promised = MI_FLUID + fixed_pages(mm);
    for (const struct mmprocess *process = NULL; (process = mi_next_working_set(mm, process));)
        promised += mi_promised_pages(process, process->locked_pages);
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
