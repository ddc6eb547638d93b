/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache_ahead.c - reading ahead: what the last three reads of an open say of the next one.
 *
 *   FILE_SEQUENTIAL_ONLY                               192 KB behind the read, from the first one on
 *   each begins where the one before ended             64 KB behind the read
 *   each begins as far from the one before, any way    what the next one will read, up to 64 KB
 *   FILE_RANDOM_ACCESS                                 nothing
 *
 * Behind a read, between one and two such pieces are kept in memory: the next is queued when the reader enters the
 * last. The read-ahead thread faults the pages into a view of the cache, as a reader would, and it is the thread that
 * waits. An open whose pieces are found in memory already is left alone until a read of it has to wait again. */
#include "emu/cache.h"
#include "emu/machine_internal.h"
#include "emu/nt/file.h"

const char *cache_guess_name(enum cache_guess guess)
{
    switch (guess) {
    case CACHE_SEQUENTIAL_SCAN: return "sequential-scan";
    case CACHE_SEQUENTIAL: return "sequential";
    case CACHE_STRIDED: return "strided";
    }
    return NULL;
}

/* --- The queue ---------------------------------------------------------------------------------------------------- */

static void append(struct machine *machine, struct cache_reader *reader)
{
    struct cache *cache = &machine->cache;
    reader->ahead.queued = true;
    reader->ahead.begun = reader->ahead.read = false;
    reader->ahead.next = NULL;
    *(cache->ahead_last ? &cache->ahead_last->ahead.next : &cache->ahead_first) = reader;
    cache->ahead_last = reader;
    daemon_wake(machine, DAEMON_READ_AHEAD);
}

void cache_forget_ahead(struct machine *machine, struct cache_reader *reader)
{
    struct cache *cache = &machine->cache;
    struct cache_reader **at = &cache->ahead_first, *before = NULL;
    if (!reader->ahead.queued)
        return;
    for (; *at != reader; at = &(*at)->ahead.next)
        before = *at;
    *at = reader->ahead.next;
    if (cache->ahead_last == reader)
        cache->ahead_last = before;
    reader->ahead.queued = false;
}

/* --- What comes next ---------------------------------------------------------------------------------------------- */

/* => false: nobody knows. */
static bool guess_next(const struct cache_reader *reader, const struct object *file, uint64_t offset,
                       enum cache_guess *ret_guess)
{
    if (file->file.options & FILE_SEQUENTIAL_ONLY)
        *ret_guess = CACHE_SEQUENTIAL_SCAN;
    else if (reader->reads < 2)
        return false;
    else if (offset == reader->recent[0].end && reader->recent[0].offset == reader->recent[1].end)
        *ret_guess = CACHE_SEQUENTIAL;
    else if (offset != reader->recent[0].offset &&
             offset - reader->recent[0].offset == reader->recent[0].offset - reader->recent[1].offset)
        *ret_guess = CACHE_STRIDED;
    else
        return false;
    return true;
}

/* The piece behind end that is to be read next, where it is time for it. */
static void plan_behind(struct cache_reader *reader, uint64_t end, uint64_t size)
{
    uint64_t from = reader->ahead_end;
    if (from < end || from > end + 2 * size) /* it was elsewhere */
        from = (end + MMU_PAGE_MASK) & ~(uint64_t)MMU_PAGE_MASK;
    else if (from - end >= size)
        return;
    reader->ahead.offset = from;
    reader->ahead.end = from + size;
}

static void plan_stride(struct cache_reader *reader, uint64_t offset, uint64_t length)
{
    uint64_t next = offset + (offset - reader->recent[0].offset), from = next & ~(uint64_t)MMU_PAGE_MASK;
    if (next > INT64_MAX) /* before the file's beginning */
        return;
    length = length < CACHE_AHEAD ? length : CACHE_AHEAD;
    reader->ahead.offset = from;
    reader->ahead.end = (next + length + MMU_PAGE_MASK) & ~(uint64_t)MMU_PAGE_MASK;
}

static void queue_next(struct machine *machine, struct cache_reader *reader, enum cache_guess guess, uint64_t offset,
                       uint64_t length)
{
    reader->ahead.offset = reader->ahead.end = 0;
    reader->ahead.guess = guess;
    if (guess == CACHE_STRIDED)
        plan_stride(reader, offset, length);
    else
        plan_behind(reader, offset + length, guess == CACHE_SEQUENTIAL ? CACHE_AHEAD : CACHE_AHEAD_SEQUENTIAL);
    if (reader->ahead.end > reader->map->size)
        reader->ahead.end = reader->map->size;
    if (reader->ahead.offset >= reader->ahead.end)
        return;
    if (guess != CACHE_STRIDED)
        reader->ahead_end = reader->ahead.end;
    append(machine, reader);
}

void cache_note_read(struct machine *machine, struct object *file, uint64_t offset, uint64_t length)
{
    struct cache_reader *reader = file->file.reader;
    enum cache_guess guess;
    if (!reader || (file->file.options & FILE_NO_INTERMEDIATE_BUFFERING))
        return;
    machine->cache.counts.reads++;
    machine->cache.counts.read_misses += reader->missed;
    reader->ahead_enabled |= reader->missed;
    reader->missed = false;
    if (reader->ahead_enabled && !reader->ahead.queued && !(file->file.options & FILE_RANDOM_ACCESS) &&
        guess_next(reader, file, offset, &guess))
        queue_next(machine, reader, guess, offset, length);
    reader->recent[1] = reader->recent[0];
    reader->recent[0].offset = offset;
    reader->recent[0].end = offset + length;
    reader->reads += reader->reads < 2;
}

/* --- The thread --------------------------------------------------------------------------------------------------- */

static void observe(void *context, const struct mm_fault *fault)
{
    machine_note_fault(context, fault, 0);
}

/* The next pages of the piece.  => STATUS_SUCCESS: ahead.offset has moved on; STATUS_MM_WAIT; a failure. */
static ntstatus_t read_some(struct machine *machine, struct cache_reader *reader)
{
    struct cache_view *view;
    struct mm_hold hold;
    uint64_t at = reader->ahead.offset,
             end = reader->ahead.end < reader->map->size ? reader->ahead.end : reader->map->size;
    if (at >= end)
        return STATUS_END_OF_FILE;
    ntstatus_t status = cache_view_get(machine, reader->map, at, &view);
    if (status != STATUS_SUCCESS)
        return status;
    uint64_t left = view->offset + CACHE_VIEW_SIZE - at, length = end - at < left ? end - at : left;
    length = length < CACHE_AHEAD ? length : CACHE_AHEAD;
    struct mm_fault template = {.mode = MMU_KERNEL,
                                .process = mm_system_process(machine->mm),
                                .thread = machine->thread->id,
                                .read_pages = (uint32_t)((length + MMU_PAGE_MASK) / MMU_PAGE_SIZE)};
    status =
        mm_hold(machine->mm, &template, view->base + (at - view->offset), length, MMU_READ, observe, machine, &hold);
    machine_after_fault(machine);
    if (status != STATUS_SUCCESS)
        return status;
    mm_release(machine->mm, &hold);
    reader->ahead.offset = at + length;
    return STATUS_SUCCESS;
}

static void begin(struct machine *machine, struct cache_reader *reader)
{
    reader->ahead.begun = true;
    machine->cache.counts.aheads++;
    machine->cache.counts.ahead_bytes += reader->ahead.end - reader->ahead.offset;
    event_cache(machine, &(struct event_cache){.kind = TRACE_READAHEAD,
                                               .file = reader->map->file,
                                               .offset = reader->ahead.offset,
                                               .length = reader->ahead.end - reader->ahead.offset,
                                               .why = cache_guess_name(reader->ahead.guess)});
}

enum mm_step cache_ahead_step(struct machine *machine)
{
    struct cache_reader *reader = machine->cache.ahead_first;
    if (!reader) {
        mm_thread_moved(machine->mm, machine->thread->id);
        return MM_STEP_IDLE;
    }
    if (!reader->ahead.begun)
        begin(machine, reader);
    ntstatus_t status = read_some(machine, reader);
    if (status == STATUS_MM_WAIT && mm_wait_key(machine->mm) != MM_WAIT_FREE_PAGE) {
        reader->ahead.read = true;
        return MM_STEP_WAIT;
    }
    if (status == STATUS_SUCCESS && reader->ahead.offset < reader->ahead.end)
        return MM_STEP_MORE;
    if (status == STATUS_SUCCESS && !reader->ahead.read) { /* all was there */
        reader->ahead_enabled = false;
        machine->cache.counts.aheads_found++;
    }
    cache_forget_ahead(machine, reader); /* whatever went wrong, a reader will find out */
    mm_thread_moved(machine->mm, machine->thread->id);
    return MM_STEP_MORE;
}
