/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache_view.c - views of the file cache: found, mapped, and given another place in a file.
 *
 * As many views as cache space has room for; then the one that was used longest ago makes way, a clean one if there is
 * any.  Views that were used since they were last passed over get another turn.  One that cannot be written stays. */
#include "emu/cache.h"
#include "emu/machine_internal.h"

static struct cache_view **bucket_of(const struct cache *cache, const struct cache_map *map, uint64_t offset)
{
    uint64_t hash = (offset / CACHE_VIEW_SIZE + map->file * UINT64_C(0x9E3779B9)) * UINT64_C(0x9E3779B97F4A7C15);
    return (struct cache_view **)&cache->bucket[hash >> 54]; /* CACHE_BUCKETS */
}

struct cache_view *cache_view_find(const struct machine *machine, const struct cache_map *map, uint64_t offset)
{
    struct cache_view *view = *bucket_of(&machine->cache, map, offset);
    while (view && (view->map != map || view->offset != offset))
        view = view->collision;
    return view;
}

/* --- By use ------------------------------------------------------------------------------------------------------ */

static void append(struct cache *cache, struct cache_view *view)
{
    view->newer = NULL;
    view->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = view;
    cache->newest = view;
}

static void take_out(struct cache *cache, struct cache_view *view)
{
    *(view->older ? &view->older->newer : &cache->oldest) = view->newer;
    *(view->newer ? &view->newer->older : &cache->newest) = view->older;
}

static void touch(struct cache *cache, struct cache_view *view)
{
    if (cache->newest == view)
        return;
    take_out(cache, view);
    append(cache, view);
}

/* --- Mapping ----------------------------------------------------------------------------------------------------- */

void cache_view_unmap(struct machine *machine, struct cache_view *view)
{
    struct cache *cache = &machine->cache;
    struct cache_map *map = view->map;
    struct cache_view **at = bucket_of(cache, map, view->offset);
    cache_mark_clean(machine, view, UINT64_MAX);
    while (*at != view)
        at = &(*at)->collision;
    *at = view->collision;
    for (at = &map->views; *at != view; at = &(*at)->next)
        ;
    *at = view->next;
    map->view_count--;
    take_out(cache, view);
    va_t base = view->base;
    pool_give(&cache->views, view);
    mm_unmap_system_view(machine->mm, base);
}

void cache_view_unmap_all(struct machine *machine, struct cache_map *map)
{
    while (map->views)
        cache_view_unmap(machine, map->views);
}

/* It could make way, once it is written. */
static bool may_go(const struct machine *machine, const struct cache_view *view)
{
    return !view->active && !cache_is_written(machine, view) && (!view->dirty || !view->map->write_failed);
}

/* The view that is to make way; NULL: all are in use, or cannot be written. */
static struct cache_view *choose(struct machine *machine)
{
    struct cache *cache = &machine->cache;
    struct cache_view *dirty = NULL;
    for (struct cache_view *view = cache->oldest, *next, *end = cache->newest; view; view = view == end ? NULL : next) {
        next = view->newer;
        if (!may_go(machine, view))
            continue;
        if (view->used) {
            view->used = false;
            touch(cache, view);
        } else if (!view->dirty) {
            return view;
        } else if (!dirty) {
            dirty = view;
        }
    }
    for (struct cache_view *view = cache->oldest; view && !dirty; view = view->newer)
        if (may_go(machine, view))
            dirty = view; /* all were used */
    return dirty;
}

/* One view less.  => STATUS_MM_WAIT; STATUS_NO_MEMORY: there is none to be had. */
static ntstatus_t make_way(struct machine *machine)
{
    for (struct cache_view *view; (view = choose(machine));) {
        ntstatus_t status = view->dirty ? cache_flush_view(machine, view) : STATUS_SUCCESS;
        if (status == STATUS_MM_WAIT)
            return status;
        if (status == STATUS_SUCCESS) {
            machine->cache.counts.views_reused++;
            cache_view_unmap(machine, view);
            return STATUS_SUCCESS;
        }
        view->map->write_failed = true; /* its pages stay, and are known to be dirty */
    }
    return STATUS_NO_MEMORY;
}

/* As many others go as mm needs for one. */
static ntstatus_t map_somewhere(struct machine *machine, const struct cache_map *map, uint64_t offset, va_t *ret_base)
{
    struct cache *cache = &machine->cache;
    ntstatus_t status = STATUS_SUCCESS;
    while (cache->views.in_use >= cache->view_bound && status == STATUS_SUCCESS)
        status = make_way(machine);
    while (status == STATUS_SUCCESS) {
        status = mm_map_system_view(machine->mm, map->section, offset, CACHE_VIEW_SIZE, ret_base);
        if (status != STATUS_NO_MEMORY && status != STATUS_INSUFFICIENT_RESOURCES)
            break;
        ntstatus_t less = cache->views.in_use ? make_way(machine) : status;
        if (less != STATUS_SUCCESS)
            return less;
        status = STATUS_SUCCESS;
    }
    return status;
}

static ntstatus_t map_view(struct machine *machine, struct cache_map *map, uint64_t offset,
                           struct cache_view **ret_view)
{
    struct cache *cache = &machine->cache;
    va_t base;
    ntstatus_t status = map_somewhere(machine, map, offset, &base);
    struct cache_view *view = status == STATUS_SUCCESS ? pool_take(&cache->views) : NULL;
    if (status != STATUS_SUCCESS)
        return status;
    struct cache_view **bucket = bucket_of(cache, map, offset);
    *view = (struct cache_view){
        .map = map, .next = map->views, .collision = *bucket, .base = base, .offset = offset, .used = true};
    *bucket = view;
    map->views = view;
    map->view_count++;
    append(cache, view);
    cache->counts.views_mapped++;
    *ret_view = view;
    return STATUS_SUCCESS;
}

ntstatus_t cache_view_get(struct machine *machine, struct cache_map *map, uint64_t offset, struct cache_view **ret_view)
{
    offset &= ~(uint64_t)(CACHE_VIEW_SIZE - 1);
    struct cache_view *view = cache_view_find(machine, map, offset);
    if (!view)
        return map_view(machine, map, offset, ret_view);
    touch(&machine->cache, view);
    *ret_view = view;
    return STATUS_SUCCESS;
}
