/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lists.c - how much memory there is, who must be told when it changes, and the dereference segment thread.
 *
 *   available = zeroed + free + standby
 *
 *   below tuning.minimum      the two page writers, the dereference segment thread and the working-set manager are
 *                             signalled, in this order of use
 *   modified list too long    the page writers are
 *   8 pages on the free list  the zero page thread is
 *   a thread waits for a frame and there is one: MM_SIGNAL_FREE_PAGE
 *
 * Where no threads do this work (MM_DAEMONS_INLINE), mm.c does it when a call finds no frame. */
#include "mm/mi.h"

enum {
    SWAP_TICKS = 4,       /* seconds between two looks for stacks that may go (nt-reference 7.5) */
    FREE_FOR_ZEROING = 8, /* MmZeroingPageEvent (nt-reference 3.4) */
    FAILED_WRITES = 16,   /* one after the other: page files cannot be written for now */
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void mi_tune(struct mm *mm)
{
    static const struct {
        uint32_t megabytes, modified;
    } lengths[] = {{12, 100}, {19, 150}, {33, 300}, {UINT32_MAX, 400}};
    uint32_t frames = mm->pfn.frame_count, megabytes = frames >> 8, i = 0;

    while (megabytes >= lengths[i].megabytes)
        i++;
    mm->tuning = (struct mi_tuning){
        .minimum = smaller(26, frames / 32),
        .goal = smaller(100, frames / 12),
        .plenty = smaller(400, frames / 4),
        .modified_maximum = smaller(lengths[i].modified, frames / 4),
        .modified_goal = smaller(lengths[i].modified, frames / 4) / 2,
        .code_cluster = megabytes <= 19 ? 3 : 8, /* nt-reference 7.7 */
        .data_cluster = megabytes <= 19 ? 2 : 4,
        .cluster = megabytes <= 19 ? 5 : 8,
    };
    if (mm->config.read_ahead == MM_READ_ALONE)
        mm->tuning.code_cluster = mm->tuning.data_cluster = mm->tuning.cluster = 1;
}

uint32_t mi_first_io(const struct mm *mm)
{
    return mm->ios ? ((struct mi_io *)arena_at(mm->arena, mm->ios))->io.id : 0;
}

bool mi_can_write(const struct mm *mm)
{
    if (mm->failed_writes >= FAILED_WRITES)
        return false;
    return pagefile_space(mm) > 0 || (pagefile_can_extend(mm) && !mm->cannot_extend);
}

bool mi_can_write_mapped(const struct mm *mm)
{
    for (arena_ref ref = mm->control_areas; ref && mm->mapped_modified; ref = mi_area(mm, ref)->next) {
        const struct control_area *area = mi_area(mm, ref);
        if (area->modified && !area->no_modified_writes && area->failed_writes < MI_MAPPED_FAILURES)
            return true;
    }
    return false;
}

bool mi_can_relieve(const struct mm *mm)
{
    if (mm->exhausted || mm->fail_frames_after != UINT32_MAX) /* the latter: a test wants it so */
        return false;
    return true;
}

static void signal_writers(struct mm *mm)
{
    if (mi_modified_private(mm))
        mm->signals |= MM_SIGNAL(MM_MODIFIED_WRITER);
    if (mm->mapped_modified)
        mm->signals |= MM_SIGNAL(MM_MAPPED_WRITER);
}

void mi_signal(struct mm *mm)
{
    const uint32_t *in = mm->pfn.in_state;
    uint32_t available = mi_available(mm);

    if (available >= mm->tuning.goal)
        mm->manager_rested_at = UINT32_MAX;
    bool starving = mm->frames_awaited && available <= mm->frames_short;
    if (starving || (available < mm->tuning.minimum && (available < mm->manager_rested_at || mm->frames_awaited))) {
        mm->signals |= MM_SIGNAL(MM_WORKING_SET_MANAGER);
        if (mm->area_clock) /* there may be some that are kept for their pages alone */
            mm->signals |= MM_SIGNAL(MM_DEREFERENCE_SEGMENT);
        signal_writers(mm);
    }
    if (in[PFN_MODIFIED] > mm->tuning.modified_maximum && !mm->writing) {
        mm->writing = true;
        signal_writers(mm);
    }
    if (in[PFN_FREE] >= FREE_FOR_ZEROING)
        mm->signals |= MM_SIGNAL(MM_ZERO_PAGE);
    if (available > mm->frames_short)
        mm->exhausted = false;
    if (mm->frames_awaited && available > mm->frames_short) {
        mm->frames_awaited = false;
        mm->signals |= MM_SIGNAL_FREE_PAGE;
    }
}

/* S1: "if paging activity high or memory needed": too little for working sets to grow, or not much more while pages are
 * replaced and trimmed.  Where nothing can be written it would not help. */
void mi_swap_tick(struct mm *mm)
{
    uint64_t trims = mm->trims[MI_TRIM_REPLACED] + mm->trims[MI_TRIM_MANAGER];
    bool busy = trims != mm->swap_trims && mi_available(mm) <= 2 * mm->tuning.plenty;

    if (++mm->swap_ticks < SWAP_TICKS)
        return;
    mm->swap_ticks = 0;
    mm->swap_trims = trims;
    if ((busy || !mi_is_plentiful(mm)) && mi_can_write(mm))
        mm->signals |= MM_SIGNAL(MM_SWAPPER);
}

enum mm_step mi_dereference_step(struct mm *mm)
{
    if (mm->extension_wanted == 0)
        return mm->ops->reclaim_areas(mm);
    mm->cannot_extend = pagefile_extend(mm, mm->extension_wanted) == 0;
    mm->extension_wanted = 0;
    mm->signals |= MM_SIGNAL_FREE_PAGE; /* for those who wait for commit; the others look again too */
    if (mi_modified_private(mm) && !mm->cannot_extend)
        mm->signals |= MM_SIGNAL(MM_MODIFIED_WRITER);
    return MM_STEP_MORE;
}
