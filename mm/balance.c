/* SPDX-License-Identifier: GPL-2.0-or-later */
/* balance.c - the working-set manager: ages pages each second, and trims when memory is short (nt-reference 7.3, 7.4).
 *
 * The system's working set (wset.c) takes part as if it were a process's.
 *
 * Order of relief: first the modified page writer, where what it can write would be enough; then trimming, starting
 * with the process of the lowest fault rate, oldest pages first, no process below its minimum; at last, where threads
 * wait for a frame and nothing else is left, below the minimum too (but not where it is hard).  Pages that no page file
 * has room for are left where they are: trimming them makes nothing available.
 *
 * Where processes replaced their own pages in the last second, because they are at their maximum and memory is not
 * plenty, others that fault less give what they have not accessed for a second, so that those can grow (S1: "trims if
 * paging activity high or memory needed"). */
#include "mm/mi.h"

enum {
    TRIM_BATCH = 64, /* pages of one step */
};

/* What is available, or will be as soon as it is written. */
static uint64_t prospects(const struct mm *mm)
{
    uint64_t modified = mi_modified_private(mm), space = pagefile_space(mm);
    uint64_t mapped = mi_can_write_mapped(mm) ? mm->mapped_modified : 0;
    return mi_available(mm) + mm->pages_in_flight + (modified < space ? modified : space) + mapped;
}

static uint64_t lowest_size(const struct mmprocess *process, bool desperate)
{
    if (desperate && !(process->ws_limits.hard & MM_WS_HARD_MIN))
        return 0;
    return process->ws_limits.minimum;
}

/* Faults in the last whole second, or since then where that is more already: who is young or has just begun to work is
 * not idle. */
static uint64_t rate_of(const struct mmprocess *process)
{
    uint64_t since = process->page_faults - process->faults_before;
    return since > process->fault_rate ? since : process->fault_rate;
}

/* The working set of the lowest fault rate that has pages to give and was not asked in this round; of equals, the one
 * that has more of them. */
static struct mmprocess *choose_process(const struct mm *mm, bool desperate)
{
    struct mmprocess *chosen = NULL;
    uint64_t most = 0, least = 0;

    for (struct mmprocess *process = NULL; (process = mi_next_working_set(mm, process));) {
        uint64_t lowest = lowest_size(process, desperate), above = process->ws_size - lowest, rate = rate_of(process);
        if (process->trim_tried || process->ws_size <= lowest)
            continue;
        if (chosen && (rate > least || (rate == least && above <= most)))
            continue;
        chosen = process;
        least = rate;
        most = above;
    }
    return chosen;
}

static void start_round(struct mm *mm)
{
    for (struct mmprocess *process = NULL; (process = mi_next_working_set(mm, process));)
        process->trim_tried = false;
}

/* => pages that went. */
static uint32_t trim_batch(struct mm *mm, struct mmprocess *process, bool desperate)
{
    uint64_t lowest = lowest_size(process, desperate), above = process->ws_size - lowest;
    uint32_t count = above < TRIM_BATCH ? (uint32_t)above : TRIM_BATCH;
    uint32_t done = mi_ws_trim(mm, process, count, process->trim_age, MI_TRIM_MANAGER);

    while (done < count && process->trim_age > 0)
        done += mi_ws_trim(mm, process, count - done, --process->trim_age, MI_TRIM_MANAGER);
    return done;
}

static enum mm_step trim(struct mm *mm)
{
    bool desperate = false;
    struct mmprocess *process = choose_process(mm, false);

    if (!process && mm->frames_awaited && mi_available(mm) <= mm->frames_short) {
        desperate = true;
        start_round(mm);
        process = choose_process(mm, true);
    }
    for (; process; process = choose_process(mm, desperate)) {
        if (trim_batch(mm, process, desperate) > 0)
            return MM_STEP_MORE;
        process->trim_tried = true;
    }
    start_round(mm);
    return MM_STEP_IDLE;
}

static uint64_t busiest_rate(const struct mm *mm)
{
    uint64_t rate = 0;
    for (const struct mmprocess *process = NULL; (process = mi_next_working_set(mm, process));)
        if (process->replaced && rate_of(process) > rate)
            rate = rate_of(process);
    return rate;
}

static void end_making_room(struct mm *mm)
{
    mm->make_room = 0;
    for (struct mmprocess *process = NULL; (process = mi_next_working_set(mm, process));)
        process->replaced = false;
    start_round(mm);
}

/* Pages of those who fault less, for those who replace. */
static enum mm_step make_room(struct mm *mm)
{
    unsigned idle_age = mm->config.replacement == MM_REPLACE_AGED ? 1 : 0;
    uint64_t rate = busiest_rate(mm);

    for (struct mmprocess *process; (process = choose_process(mm, false)) != NULL; process->trim_tried = true) {
        uint64_t above = process->ws_size - process->ws_limits.minimum;
        uint64_t count = above < mm->make_room ? above : mm->make_room;
        if (rate_of(process) >= rate)
            break;
        if (process->replaced)
            continue;
        uint32_t done =
            mi_ws_trim(mm, process, count < TRIM_BATCH ? (uint32_t)count : TRIM_BATCH, idle_age, MI_TRIM_MANAGER);
        mm->make_room -= done;
        if (done > 0 && mm->make_room > 0)
            return MM_STEP_MORE;
        if (mm->make_room == 0)
            break;
    }
    end_making_room(mm);
    return MM_STEP_IDLE;
}

/* Ages, and fault rates, of one process after the other. => false: all have been. */
static bool age_next(struct mm *mm)
{
    uint32_t place = 0;
    for (struct mmprocess *process = NULL; (process = mi_next_working_set(mm, process)); place++) {
        if (place != mm->age_next)
            continue;
        process->fault_rate = process->page_faults - process->faults_before;
        process->faults_before = process->page_faults;
        mm->failed_writes = 0; /* try again */
        process->trim_age = MI_AGES - 1;
        if (mm->config.replacement == MM_REPLACE_AGED)
            mi_ws_age(mm, process);
        mm->age_next++;
        return true;
    }
    mm->age_next = UINT32_MAX;
    return false;
}

/* Nothing is left to do, and threads still wait for a frame. */
static void give_up(struct mm *mm)
{
    bool can_write = (mi_modified_private(mm) > 0 && mi_can_write(mm)) || mi_can_write_mapped(mm);
    if (mi_available(mm) > mm->frames_short || !mm->frames_awaited || can_write || mi_has_io(mm))
        return;
    if (mi_forget_kept(
            mm)) /* pages that were read for threads, which may wait themselves: they find them, or read again */
        return;
    mm->exhausted = true;
    mm->frames_awaited = false;
    mm->signals |= MM_SIGNAL_FREE_PAGE;
}

static bool has_enough(const struct mm *mm)
{
    uint32_t available = mi_available(mm);
    return available >= mm->tuning.goal && (!mm->frames_awaited || available > mm->frames_short);
}

static enum mm_step manage(struct mm *mm)
{
    if (mm->age_next != UINT32_MAX && age_next(mm))
        return MM_STEP_MORE;
    if (has_enough(mm))
        return mm->make_room ? make_room(mm) : MM_STEP_IDLE;
    if (mi_modified_private(mm) && mi_can_write(mm))
        mm->signals |= MM_SIGNAL(MM_MODIFIED_WRITER);
    if (mi_can_write_mapped(mm))
        mm->signals |= MM_SIGNAL(MM_MAPPED_WRITER);
    if ((prospects(mm) < mm->tuning.goal || prospects(mm) <= mm->frames_short * (uint64_t)mm->frames_awaited) &&
        trim(mm) == MM_STEP_MORE)
        return MM_STEP_MORE;
    give_up(mm);
    return MM_STEP_IDLE;
}

enum mm_step mi_working_set_manager(struct mm *mm, enum mm_wake wake)
{
    if (wake == MM_WAKE_TIMER) {
        mm->age_next = 0;
        mi_swap_tick(mm);
        mm->make_room = mm->replaced < mm->tuning.plenty ? mm->replaced : mm->tuning.plenty;
        mm->replaced = 0;
        mm->seconds++;
        if (mm->mapped_modified)
            mm->signals |= MM_SIGNAL(MM_MAPPED_WRITER);
        for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next)
            mi_area(mm, ref)->failed_writes = 0; /* try again */
    }
    enum mm_step result = manage(mm);
    if (result == MM_STEP_IDLE) {
        mm->manager_rested_at = mi_available(mm) / 4 * 3;
        mm->signals &= ~MM_SIGNAL(MM_WORKING_SET_MANAGER); /* what it did itself is no news to it */
    }
    return result;
}
