/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapper.c - processes that leave memory (nt-reference 7.5, 13.1).
 *
 * Who leaves, and when, is the swapper's business (emu/): a process none of whose threads has a resident kernel stack.
 * Here its working-set limit is lowered, step by step, to zero, and pages above it go as in any trim: dirty ones to the
 * modified list.  What stays: pages that are locked, those that no page file has room for, and what the system half of
 * its tables needs (top tables, hyperspace, the working-set list).  Coming back is no more than having a limit again:
 * pages come with the faults of its threads. */
#include "mm/mi.h"

enum {
    STEP = 64, /* pages */
};

enum mm_step mi_process_outswap(struct mm *mm, struct mmprocess *process)
{
    uint32_t limit = process->swap_limit < process->ws_size ? process->swap_limit : process->ws_size;

    process->swap_limit = limit = limit > STEP ? limit - STEP : 0;
    mi_ws_trim(mm, process, process->ws_size - limit, 0, MI_TRIM_OUTSWAP);
    if (limit > 0)
        return MM_STEP_MORE;
    mm->processes_out++;
    return MM_STEP_IDLE;
}
