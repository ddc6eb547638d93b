/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache_write.c - what was stored into the file cache goes to its files.
 *
 * The lazy writer begins a pass each second of virtual time.  A pass writes an eighth of the pages that are dirty then
 * (all, where they are few), and what is beyond three quarters of the threshold, file by file, in runs of up to 64 KB;
 * the next pass begins with the files that this one did not reach.  Files that nobody has open any more are written
 * whole, and their maps go.  Temporary files wait until they are closed.
 *
 * Who would take the cache beyond the threshold writes first; where that fails, goes around the cache. */
#include "emu/cache.h"
#include "emu/machine_internal.h"
#include "emu/nt/file.h"

enum {
    LAZY_FEW = 8, /* pages: all are written; of more, the eighth part */
    LAZY_PART = 8,
    RUN_MAX = MM_IO_PAGES,
};

/* --- Dirty pages -------------------------------------------------------------------------------------------------- */

void cache_mark_dirty(struct machine *machine, struct cache_view *view, unsigned first, unsigned count)
{
    uint64_t pages = (count < CACHE_VIEW_PAGES ? (UINT64_C(1) << count) - 1 : UINT64_MAX) << first;
    uint64_t more = (unsigned)__builtin_popcountll(pages & ~view->dirty);
    view->dirty |= pages;
    view->map->dirty += more;
    machine->cache.dirty += more;
}

void cache_mark_clean(struct machine *machine, struct cache_view *view, uint64_t pages)
{
    uint64_t less = (unsigned)__builtin_popcountll(pages & view->dirty);
    view->dirty &= ~pages;
    view->map->dirty -= less;
    machine->cache.dirty -= less;
}

/* The pages of a view that [offset, offset+length) has a byte of; length 0: all. */
static uint64_t pages_within(const struct cache_view *view, uint64_t offset, uint64_t length)
{
    uint64_t end = length && offset + length > offset ? offset + length : UINT64_MAX;
    if (end <= view->offset || offset >= view->offset + CACHE_VIEW_SIZE)
        return 0;
    uint64_t first = offset > view->offset ? (offset - view->offset) / MMU_PAGE_SIZE : 0;
    uint64_t last =
        end - 1 - view->offset < CACHE_VIEW_SIZE ? (end - 1 - view->offset) / MMU_PAGE_SIZE : CACHE_VIEW_PAGES - 1;
    return UINT64_MAX << first & UINT64_MAX >> (CACHE_VIEW_PAGES - 1 - last);
}

/* --- On demand ---------------------------------------------------------------------------------------------------- */

ntstatus_t cache_flush(struct machine *machine, const struct object *file, uint64_t offset, uint64_t length)
{
    const struct file_node *node = file->type == OBJECT_FILE ? file->file.node : NULL;
    ntstatus_t io = STATUS_SUCCESS;
    if (!node || !node->mapped)
        return STATUS_SUCCESS;
    ntstatus_t status = mm_file_flush(machine->mm, node->mapped, machine->thread->id, offset, length, &io);
    if (status == STATUS_SUCCESS && node->cache)
        for (struct cache_view *view = node->cache->views; view && node->cache->dirty; view = view->next)
            cache_mark_clean(machine, view, pages_within(view, offset, length));
    return status;
}

ntstatus_t cache_flush_view(struct machine *machine, struct cache_view *view)
{
    ntstatus_t io,
        status = mm_file_flush(machine->mm, view->map->file, machine->thread->id, view->offset, CACHE_VIEW_SIZE, &io);
    if (status == STATUS_SUCCESS)
        cache_mark_clean(machine, view, UINT64_MAX);
    return status;
}

bool cache_is_written(const struct machine *machine, const struct cache_view *view)
{
    return machine->cache.lazy.map == view->map && machine->cache.lazy.offset == view->offset;
}

/* A view of the file that is dirty, and can be written as far as is known. */
static struct cache_view *dirty_view(const struct cache_map *map)
{
    struct cache_view *view = map->write_failed ? NULL : map->views;
    while (view && !view->dirty)
        view = view->next;
    return view;
}

/* Pages of [offset, offset+length) that are not dirty yet. */
static uint64_t clean_pages(const struct machine *machine, const struct cache_map *map, uint64_t offset,
                            uint64_t length)
{
    uint64_t first = offset & ~(uint64_t)MMU_PAGE_MASK, end = offset + length, clean = 0;
    clean = (end - first + MMU_PAGE_MASK) / MMU_PAGE_SIZE;
    for (uint64_t at = offset & ~(uint64_t)(CACHE_VIEW_SIZE - 1); at < end; at += CACHE_VIEW_SIZE) {
        const struct cache_view *view = cache_view_find(machine, map, at);
        clean -= view ? (unsigned)__builtin_popcountll(view->dirty & pages_within(view, offset, length)) : 0;
    }
    return clean;
}

ntstatus_t cache_throttle(struct machine *machine, struct cache_map *map, uint64_t offset, uint64_t length)
{
    struct cache *cache = &machine->cache;
    for (;;) {
        uint64_t pages = clean_pages(machine, map, offset, length);
        if (!cache->dirty || !pages || cache->dirty + pages <= cache->dirty_threshold)
            return STATUS_SUCCESS;
        struct cache_view *view = dirty_view(map);
        for (const struct cache_map *other = cache->first; other && !view; other = other->next)
            view = dirty_view(other);
        ntstatus_t status = view ? cache_flush_view(machine, view) : STATUS_NO_MEMORY;
        cache->counts.throttled += status == STATUS_MM_WAIT;
        if (status == STATUS_MM_WAIT || !view)
            return status;
        view->map->write_failed |= status != STATUS_SUCCESS;
    }
}

void cache_write_all(struct machine *machine)
{
    for (struct cache_map *map = machine->cache.first; map && machine->cache.dirty; map = map->next) {
        ntstatus_t io, status = STATUS_SUCCESS;
        while (map->dirty && (status = mm_file_flush(machine->mm, map->file, 0, 0, 0, &io)) == STATUS_MM_WAIT)
            machine_wait(machine);
        for (struct cache_view *view = map->views; view && status == STATUS_SUCCESS; view = view->next)
            cache_mark_clean(machine, view, UINT64_MAX);
    }
}

/* --- The lazy writer ---------------------------------------------------------------------------------------------- */

/* Is it the lazy writer's business? */
static bool may_write(const struct cache_map *map)
{
    bool temporary = map->node && map->node->has_attributes && (map->node->attributes & FILE_ATTRIBUTE_TEMPORARY);
    return map->dirty && (map->opens == 0 || !temporary);
}

static bool is_due(const struct cache_map *map)
{
    return may_write(map) && !map->write_failed;
}

bool cache_has_work(const struct machine *machine)
{
    for (const struct cache_map *map = machine->cache.first; map; map = map->next)
        if (map->opens == 0 || may_write(map))
            return true;
    return machine->cache.lazy.pass;
}

void cache_second(struct machine *machine)
{
    machine->cache.lazy.second = true;
}

static void begin_pass(struct cache *cache)
{
    uint64_t due = 0, excess = cache->dirty_threshold / 4 * 3;
    for (struct cache_map *map = cache->first; map; map = map->next) {
        map->write_failed = false;
        due += is_due(map) ? map->dirty : 0;
    }
    cache->lazy.left = due <= LAZY_FEW ? due : (due + LAZY_PART - 1) / LAZY_PART;
    if (cache->dirty > excess && cache->lazy.left < cache->dirty - excess)
        cache->lazy.left = cache->dirty - excess;
    cache->lazy.pass = true;
    cache->lazy.second = false;
}

/* The file that is to be written next.  => NULL: none in this pass. */
static struct cache_map *next_map(const struct cache *cache)
{
    for (struct cache_map *map = cache->first; map; map = map->next)
        if (is_due(map) && (cache->lazy.left || map->opens == 0))
            return map;
    return NULL;
}

/* The first run of dirty pages, by offset. */
static struct cache_view *first_run(const struct cache_map *map, uint64_t *ret_pages)
{
    struct cache_view *first = NULL;
    for (struct cache_view *view = map->views; view; view = view->next)
        if (view->dirty && (!first || view->offset < first->offset))
            first = view;
    unsigned from = (unsigned)__builtin_ctzll(first->dirty), count = 1;
    while (count < RUN_MAX && from + count < CACHE_VIEW_PAGES && first->dirty >> (from + count) & 1)
        count++;
    *ret_pages = ((UINT64_C(1) << count) - 1) << from;
    return first;
}

static void begin_run(struct machine *machine, struct cache_map *map)
{
    struct cache *cache = &machine->cache;
    struct cache_view *view = first_run(map, &cache->lazy.pages);
    unsigned count = (unsigned)__builtin_popcountll(cache->lazy.pages);
    if (map->opens && count > cache->lazy.left) { /* so many are left, the lowest */
        unsigned from = (unsigned)__builtin_ctzll(cache->lazy.pages);
        count = (unsigned)cache->lazy.left;
        cache->lazy.pages = ((UINT64_C(1) << count) - 1) << from;
    }
    cache->lazy.map = map;
    cache->lazy.offset = view->offset;
    cache->lazy.left -= count < cache->lazy.left ? count : cache->lazy.left;
    cache_mark_clean(machine, view, cache->lazy.pages); /* as it is now; a store makes it dirty again */
    cache->counts.lazy_writes++;
    cache->counts.lazy_pages += count;
    event_cache(machine, &(struct event_cache){.kind = TRACE_LAZYWRITE,
                                               .file = map->file,
                                               .offset = view->offset +
                                                         (uint64_t)__builtin_ctzll(cache->lazy.pages) * MMU_PAGE_SIZE,
                                               .length = (uint64_t)count * MMU_PAGE_SIZE,
                                               .why = map->opens ? "second" : "closed"});
}

/* The lost delayed write, said once until one goes well.  The pages stay dirty: nothing is lost as long as we run. */
static void tell_lost(struct machine *machine, struct cache_map *map, ntstatus_t status)
{
    const struct cache *cache = &machine->cache;
    uint64_t offset = cache->lazy.offset + (uint64_t)__builtin_ctzll(cache->lazy.pages) * MMU_PAGE_SIZE;
    struct mm_event event = {.kind = MM_EVENT_LOST_WRITE, .status = status};
    event.io = (struct mm_io){.kind = MM_IO_FILE_WRITE,
                              .file = map->file,
                              .offset = offset,
                              .pages = (uint32_t)__builtin_popcountll(cache->lazy.pages)};
    if (!map->lost_told)
        event_memory(machine, &event);
    map->lost_told = true;
}

/* Goes on with the run.  => WAIT, or MORE: it is over. */
static enum mm_step go_on(struct machine *machine)
{
    struct cache *cache = &machine->cache;
    struct cache_map *map = cache->lazy.map;
    unsigned first = (unsigned)__builtin_ctzll(cache->lazy.pages);
    uint64_t length = (uint64_t)(unsigned)__builtin_popcountll(cache->lazy.pages) * MMU_PAGE_SIZE;
    ntstatus_t io, status = mm_file_flush(machine->mm, map->file, machine->thread->id,
                                          cache->lazy.offset + (uint64_t)first * MMU_PAGE_SIZE, length, &io);
    if (status == STATUS_MM_WAIT)
        return MM_STEP_WAIT;
    if (status != STATUS_SUCCESS) {
        struct cache_view *view = cache_view_find(machine, map, cache->lazy.offset);
        for (unsigned i = 0; view && i < CACHE_VIEW_PAGES; i++)
            if (cache->lazy.pages >> i & 1 && view->offset + (uint64_t)i * MMU_PAGE_SIZE < map->size)
                cache_mark_dirty(machine, view, i, 1);
        map->write_failed = true;
        tell_lost(machine, map, status);
    } else {
        map->lost_told = false;
    }
    cache->lazy.map = NULL;
    return MM_STEP_MORE;
}

/* Maps that are not needed any more. */
static void end_pass(struct machine *machine)
{
    struct cache *cache = &machine->cache;
    for (struct cache_map *map = cache->first, *next; map; map = next) {
        next = map->next;
        if (map->opens == 0 && map->dirty == 0)
            cache_drop(machine, map);
    }
    cache->lazy.pass = false;
}

/* A file that a pass has written from comes after the others in the next one. */
static void rotate(struct cache *cache, struct cache_map *map)
{
    if (cache->last == map)
        return;
    *(map->previous ? &map->previous->next : &cache->first) = map->next;
    map->next->previous = map->previous;
    map->previous = cache->last;
    map->next = NULL;
    cache->last->next = map;
    cache->last = map;
}

enum mm_step cache_lazy_step(struct machine *machine)
{
    struct cache *cache = &machine->cache;
    if (cache->lazy.map)
        return go_on(machine);
    mm_thread_moved(machine->mm, machine->thread->id);
    if (!cache->lazy.pass && !cache->lazy.second)
        return MM_STEP_IDLE;
    if (!cache->lazy.pass)
        begin_pass(cache);
    struct cache_map *map = next_map(cache);
    if (!map) {
        end_pass(machine);
        return MM_STEP_IDLE;
    }
    begin_run(machine, map);
    if (map->dirty == 0 || cache->lazy.left == 0)
        rotate(cache, map);
    return MM_STEP_MORE;
}
