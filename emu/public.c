/* SPDX-License-Identifier: GPL-2.0-or-later */
/* public.c - see public.h. */
#include "emu/public.h"

#include <string.h>

static size_t size_of(const void *theirs)
{
    size_t size;
    memcpy(&size, theirs, sizeof size);
    return size;
}

bool public_take(void *ours, size_t our_size, const void *theirs)
{
    size_t size = size_of(theirs);
    if (size < sizeof size)
        return false;
    memset(ours, 0, our_size);
    memcpy(ours, theirs, size < our_size ? size : our_size);
    return true;
}

bool public_give(void *theirs, const void *ours, size_t our_size)
{
    size_t size = size_of(theirs);
    if (size < sizeof size)
        return false;
    memset(theirs, 0, size);
    memcpy(theirs, ours, size < our_size ? size : our_size);
    memcpy(theirs, &size, sizeof size);
    return true;
}

void public_fault(const struct mm_fault *fault, va_t pc, struct sf_fault *ret_fault)
{
    static const char *const access[] = {[MMU_READ] = "read", [MMU_WRITE] = "write", [MMU_EXECUTE] = "execute"};
    *ret_fault = (struct sf_fault){
        .va = fault->va,
        .pc = pc,
        .type = mm_fault_type_name(fault->type),
        .access = access[fault->access],
        .vad = fault->vad,
        .pte_before = fault->pte_before.raw,
        .pte_after = fault->pte_after.raw,
        .frame = (uint32_t)fault->frame.index,
        .status = fault->status,
        .information_count = fault->parameter_count,
    };
    for (unsigned i = 0; i < fault->parameter_count && i < 3; i++)
        ret_fault->information[i] = fault->information[i];
}

bool public_region(const struct mm_region *region, struct sf_region *ret_region)
{
    struct sf_region out = {
        .base = region->base,
        .allocation_base = region->allocation_base,
        .bytes = region->size,
        .allocation_protect = region->allocation_protect,
        .state = region->state,
        .protect = region->protect,
        .type = region->type,
    };
    return public_give(ret_region, &out, sizeof out);
}

bool public_counters(const struct mm *mm, mm_process process, uint64_t time, struct sf_counters *ret_counters)
{
    struct mm_counters counters;
    struct mm_process_counters space;
    mm_query_counters(mm, &counters);
    mm_process_query(mm, process, &space);
    struct sf_counters out = {
        .time = time,
        .demand_zero = counters.faults[MM_FAULT_TYPE_DEMAND_ZERO],
        .copy_on_write = counters.faults[MM_FAULT_TYPE_COPY_ON_WRITE],
        .prototype = counters.faults[MM_FAULT_TYPE_PROTOTYPE],
        .hard = counters.faults[MM_FAULT_TYPE_HARD_FAULT],
        .access_violations = counters.faults[MM_FAULT_TYPE_ACCESS_VIOLATION],
        .pages_read = counters.pages_read,
        .working_set_pages = space.working_set,
        .private_pages = space.private_pages,
        .committed_pages = counters.committed,
    };
    for (unsigned i = 0; i < MM_FAULT_TYPE_COUNT; i++)
        out.faults += counters.faults[i];
    return public_give(ret_counters, &out, sizeof out);
}
