/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mapped_writer.c - the mapped page writer: modified pages of data files go to their files (nt-reference 7.4, 7.6).
 *
 * A page keeps its SUBSECTION word, which says where it belongs; its frame waits on the modified list like those that
 * go to a page file.  The writer takes it, with up to 15 neighbours, when
 *
 *   memory is short, or the modified list too long (then in the list's order);
 *   nobody has a section or a view of the file any more;
 *   pages of the file have waited for 300 seconds.
 *
 * A page whose write fails stays modified and is tried again, after the next second where several in a row fail.  The
 * first failure is told: MM_EVENT_LOST_WRITE, once until a write of that file goes well. */
#include <assert.h>

#include "mm/mi.h"

enum {
    WRITES = 2,        /* at a time */
    LIFE_SECONDS = 300 /* MmModifiedPageLifeInSeconds */
};

static bool may_write(const struct control_area *area)
{
    return !area->no_modified_writes && area->failed_writes < MI_MAPPED_FAILURES;
}

/* The first frame of the modified list that is to be written now; PFN_NONE: none. */
static uint32_t choose(const struct mm *mm)
{
    bool any = mm->writing || mi_available(mm) < mm->tuning.goal;

    for (uint32_t i = pfn_first(&mm->pfn, PFN_MODIFIED); i != PFN_NONE; i = mi_pfn(mm, (pfn_t){i})->flink) {
        const struct control_area *area = mi_file_of_frame(mm, mi_pfn(mm, (pfn_t){i}));
        if (area && (any || area->write_soon) && may_write(area))
            return i;
    }
    return PFN_NONE;
}

static uint32_t oldest_write(const struct mm *mm)
{
    for (arena_ref ref = mm->ios; ref;) { /* the oldest is first */
        const struct mi_io *io = arena_at(mm->arena, ref);
        if (io->io.kind == MM_IO_FILE_WRITE && !io->flush)
            return io->io.id;
        ref = io->next;
    }
    return 0;
}

/* Pages that wait for too long. */
static void look_at_ages(struct mm *mm)
{
    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next) {
        struct control_area *area = mi_area(mm, ref);
        if (area->modified && mm->seconds - area->modified_since >= LIFE_SECONDS)
            area->write_soon = true;
    }
}

enum mm_step mi_mapped_writer(struct mm *mm)
{
    if (mm->mapped_modified == 0)
        return MM_STEP_IDLE;
    look_at_ages(mm);
    if (mm->pfn.in_state[PFN_MODIFIED] <= mm->tuning.modified_goal)
        mm->writing = false;
    if (!mm->synchronous && mm->mapped_in_flight >= WRITES) {
        mm->wait_key = oldest_write(mm);
        return MM_STEP_WAIT;
    }
    pfn_t head = {choose(mm)}, frame[MM_IO_PAGES];
    if (head.index == PFN_NONE)
        return MM_STEP_IDLE;
    uint32_t count = mi_find_cluster(mm, mi_slot_of(mi_pfn(mm, head)), frame);
    if (count == 0) { /* somebody wrote over its prototype PTE: it goes alone */
        frame[0] = head;
        count = 1;
    }
    const struct mmpfn *first = mi_pfn(mm, frame[0]);
    uint64_t offset = mi_page_of_frame(mm, first) << MMU_PAGE_SHIFT;
    return mi_begin_file_write(mm, mi_file_of_frame(mm, first), frame, count, offset, 0) ? MM_STEP_MORE : MM_STEP_IDLE;
}

static void tell_lost(struct mm *mm, struct control_area *area, const struct mi_io *io, ntstatus_t status)
{
    const struct mm_env *env = mm->config.env;

    if (area->lost_told)
        return;
    area->lost_told = true;
    if (!env->event)
        return;
    struct mm_event event = {.kind = MM_EVENT_LOST_WRITE, .frame = io->frame[0], .io = io->io, .status = status};
    env->event(env->context, &event);
}

void mi_file_write_done(struct mm *mm, const struct mi_io *io, ntstatus_t status)
{
    struct control_area *area = mi_area(mm, io->area);

    assert(area->in_flight > 0);
    area->in_flight--;
    if (io->flush) {
        struct mi_flush *flush = arena_at(mm->arena, io->flush);
        flush->in_flight--;
        if (flush->status == STATUS_SUCCESS)
            flush->status = status;
    } else {
        mm->mapped_in_flight--;
    }
    if (status == STATUS_SUCCESS) {
        area->failed_writes = 0;
        area->lost_told = false;
    } else {
        area->failed_writes++;
        mm->unwritten += mm->no_waiting ? io->io.pages : 0;
        if (!io->flush || mm->no_waiting)
            tell_lost(mm, area, io, status);
    }
    if (area->modified == 0)
        area->write_soon = false;
    if (area->section_references == 0 && area->views == 0) {
        mm->area_emptied = true;
        mm->signals |= MM_SIGNAL(MM_DEREFERENCE_SEGMENT);
        if (area->modified)
            mm->signals |= MM_SIGNAL(MM_MAPPED_WRITER);
    }
}
