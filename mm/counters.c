/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters.c - what the memory manager has counted. */
#include <string.h>

#include "mm/mi.h"

void mm_query_counters(const struct mm *mm, struct mm_counters *ret_counters)
{
    const uint32_t *in = mm->pfn.in_state;
    *ret_counters = (struct mm_counters){
        .page_reads = mm->page_reads,
        .pages_read = mm->pages_read,
        .page_writes = mm->page_writes,
        .pages_written = mm->pages_written,
        .trims_replaced = mm->trims[MI_TRIM_REPLACED],
        .trims_manager = mm->trims[MI_TRIM_MANAGER],
        .trims_emptied = mm->trims[MI_TRIM_EMPTIED],
        .trims_injected = mm->trims[MI_TRIM_INJECTED],
        .trims_outswapped = mm->trims[MI_TRIM_OUTSWAP],
        .trims_system = mm->system_trims,
        .stacks_out = mm->stacks_out,
        .stacks_in = mm->stacks_in,
        .processes_out = mm->processes_out,
        .moves = mm->pfn.moves,
        .frames_zeroed = mm->frames_zeroed,
        .frames = mm->pfn.frame_count,
        .zeroed = in[PFN_ZEROED],
        .free = in[PFN_FREE],
        .standby = in[PFN_STANDBY],
        .modified = in[PFN_MODIFIED],
        .modified_no_write = in[PFN_MODIFIED_NO_WRITE],
        .bad = in[PFN_BAD],
        .active = in[PFN_ACTIVE],
        .transition = in[PFN_TRANSITION],
        .committed = mm->committed,
        .commit_limit = pagefile_commit_limit(mm),
        .peak_commit = mm->peak_commit,
    };
    memcpy(ret_counters->faults, mm->fault_count, sizeof mm->fault_count);
}
