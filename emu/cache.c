/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache.c - which files are cached, and for how long.  See cache.h. */
#include "emu/cache.h"

#include "emu/machine_internal.h"

enum {
    SPACE_OF_RAM = 8, /* cache space is so many times RAM */
    VIEWS_MIN = 16,
    READERS_MAX = OBJECTS_MAX,
};

/* CcDirtyPageThreshold: an eighth of a small RAM, a quarter of a medium one, three eighths of a large one. */
static uint64_t dirty_threshold(uint64_t ram)
{
    uint64_t pages = ram / MMU_PAGE_SIZE;
    return ram < 20ull << 20 ? pages / 8 : ram < 64ull << 20 ? pages / 4 : pages / 4 + pages / 8;
}

bool cache_open(struct machine *machine)
{
    struct cache *cache = &machine->cache;
    uint64_t ram = machine->regions.ram_size, views = ram * SPACE_OF_RAM / CACHE_VIEW_SIZE;
    views = views < VIEWS_MIN ? VIEWS_MIN : views;
    cache->view_bound = views < CACHE_VIEWS_MAX ? (uint32_t)views : CACHE_VIEWS_MAX;
    cache->dirty_threshold = dirty_threshold(ram);
    return pool_open(&cache->views, sizeof(struct cache_view), CACHE_VIEWS_MAX) &&
           pool_open(&cache->maps, sizeof(struct cache_map), MAPPED_FILES_MAX) &&
           pool_open(&cache->readers, sizeof(struct cache_reader), READERS_MAX);
}

void cache_close(struct machine *machine)
{
    pool_close(&machine->cache.views);
    pool_close(&machine->cache.maps);
    pool_close(&machine->cache.readers);
}

/* --- Maps -------------------------------------------------------------------------------------------------------- */

static void insert(struct cache *cache, struct cache_map *map)
{
    map->next = NULL;
    map->previous = cache->last;
    *(cache->last ? &cache->last->next : &cache->first) = map;
    cache->last = map;
}

static void take_out(struct cache *cache, struct cache_map *map)
{
    *(map->previous ? &map->previous->next : &cache->first) = map->next;
    *(map->next ? &map->next->previous : &cache->last) = map->previous;
}

void cache_drop(struct machine *machine, struct cache_map *map)
{
    struct cache *cache = &machine->cache;
    if (map->node)
        map->node->cache = NULL;
    if (cache->lazy.map == map)
        cache->lazy.map = NULL;
    mm_section section = map->section;
    cache_view_unmap_all(machine, map);
    take_out(cache, map);
    pool_give(&cache->maps, map);
    mm_section_close(machine->mm, section); /* mapped_forgotten() may follow */
}

/* mm knew the file, and somebody on the host has made it shorter.  => its size */
static uint64_t settle_size(struct machine *machine, uint32_t file, uint64_t size)
{
    struct mm_file_info info;
    if (!mm_file_query(machine->mm, file, &info) || info.size <= size)
        return size;
    if (!mm_file_can_truncate(machine->mm, file, size))
        return info.size;
    mm_file_size_changed(machine->mm, file, size);
    return size;
}

/* The data section behind it.  The file may be empty: it will be written to. */
static ntstatus_t make_section(struct machine *machine, const struct object *file, enum cache_purpose purpose,
                               struct cache_map *map)
{
    struct host_info info;
    ntstatus_t status = host_look_at(file->file.fd, &info);
    if (status == STATUS_SUCCESS)
        status = mapped_take(machine, file, purpose == CACHE_WRITES ? MAPPED_WRITES : MAPPED_READS, &map->file);
    if (status != STATUS_SUCCESS)
        return status;
    struct mm_section_request request = {.file = map->file,
                                         .file_size = info.size,
                                         .size = info.size,
                                         .protection = MM_READWRITE,
                                         .attributes = SEC_COMMIT,
                                         .owner = MM_OWNER_CACHE};
    status = mm_section_create(machine->mm, &request, &map->section);
    if (status != STATUS_SUCCESS)
        mapped_drop(machine, map->file);
    else
        map->size = settle_size(machine, map->file, info.size);
    return status;
}

static ntstatus_t make_map(struct machine *machine, const struct object *file, enum cache_purpose purpose)
{
    struct cache *cache = &machine->cache;
    struct cache_map *map = pool_take(&cache->maps);
    if (!map)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = make_section(machine, file, purpose, map);
    if (status != STATUS_SUCCESS) {
        pool_give(&cache->maps, map);
        return status;
    }
    map->node = file->file.node;
    map->node->cache = map;
    insert(cache, map);
    return STATUS_SUCCESS;
}

/* Others on the host may have made the file longer. */
static void look_again(struct machine *machine, const struct object *file, const struct cache_map *map)
{
    struct host_info info;
    if (host_look_at(file->file.fd, &info) == STATUS_SUCCESS && info.size > map->size)
        mapped_note_size(machine, file->file.node, info.size);
}

static ntstatus_t make_reader(struct machine *machine, struct object *file, enum cache_purpose purpose)
{
    struct cache *cache = &machine->cache;
    struct cache_reader *reader = pool_take(&cache->readers);
    if (!reader)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (file->file.node->cache) {
        look_again(machine, file, file->file.node->cache);
    } else {
        ntstatus_t status = make_map(machine, file, purpose);
        if (status != STATUS_SUCCESS) {
            pool_give(&cache->readers, reader);
            return status;
        }
    }
    reader->map = file->file.node->cache;
    reader->map->opens++;
    file->file.reader = reader;
    return STATUS_SUCCESS;
}

ntstatus_t cache_attach(struct machine *machine, struct object *file, enum cache_purpose purpose,
                        struct cache_reader **ret_reader)
{
    uint32_t name;
    ntstatus_t status = file->file.reader ? STATUS_SUCCESS : make_reader(machine, file, purpose);
    struct cache_reader *reader = file->file.reader;
    *ret_reader = reader;
    if (status != STATUS_SUCCESS || purpose == CACHE_READS || reader->writes)
        return status;
    status = mapped_take(machine, file, MAPPED_WRITES, &name);
    reader->writes = status == STATUS_SUCCESS;
    return status;
}

void cache_detach(struct machine *machine, struct object *file)
{
    struct cache_reader *reader = file->file.reader;
    if (!reader)
        return;
    struct cache_map *map = reader->map;
    file->file.reader = NULL;
    cache_forget_ahead(machine, reader);
    pool_give(&machine->cache.readers, reader);
    if (--map->opens == 0 && map->dirty == 0 && machine->cache.lazy.map != map)
        cache_drop(machine, map);
}

void cache_let_go(struct machine *machine)
{
    ntstatus_t io;
    for (struct cache_map *map = machine->cache.first, *next; map; map = next) {
        next = map->next;
        if (map->opens == 0 && mm_file_flush(machine->mm, map->file, 0, 0, 0, &io) == STATUS_SUCCESS)
            cache_drop(machine, map);
    }
}

void cache_size_changed(struct machine *machine, struct cache_map *map, uint64_t size)
{
    uint64_t pages = (size + MMU_PAGE_MASK) / MMU_PAGE_SIZE;
    map->size = size;
    for (struct cache_view *view = map->views; view; view = view->next) {
        uint64_t first = view->offset / MMU_PAGE_SIZE;
        if (pages <= first)
            cache_mark_clean(machine, view, UINT64_MAX);
        else if (pages < first + CACHE_VIEW_PAGES)
            cache_mark_clean(machine, view, UINT64_MAX << (pages - first));
    }
}

/* --- Laws -------------------------------------------------------------------------------------------------------- */

static const char *check_map(const struct machine *machine, const struct cache_map *map, uint64_t *dirty)
{
    uint64_t pages = 0;
    uint32_t views = 0;
    for (const struct cache_view *view = map->views; view; view = view->next, views++) {
        pages += (unsigned)__builtin_popcountll(view->dirty);
        if (view->map != map || cache_view_find(machine, map, view->offset) != view)
            return "a view of the file cache is not found by its file and offset";
        if (view->active)
            return "a view of the file cache is in use while nobody copies";
    }
    *dirty += pages;
    if (pages != map->dirty || views != map->view_count)
        return "a cached file's dirty pages, or views, are counted wrong";
    if (map->node && (map->node->cache != map || map->node->mapped != map->file))
        return "a file has another cache map than it is known by";
    return NULL;
}

const char *cache_check(const struct machine *machine)
{
    const struct cache *cache = &machine->cache;
    uint64_t dirty = 0;
    uint32_t views = 0, listed = 0;
    for (const struct cache_map *map = cache->first; map; map = map->next) {
        struct mm_file_info info;
        const char *broken = check_map(machine, map, &dirty);
        if (broken)
            return broken;
        if (!mm_file_query(machine->mm, map->file, &info) || info.size != map->size)
            return "a cached file has another size than mm knows";
        views += map->view_count;
    }
    for (const struct cache_view *view = cache->oldest; view; view = view->newer)
        listed++;
    if (listed != views || views > cache->view_bound || dirty != cache->dirty)
        return "the file cache's views, or dirty pages, are counted wrong";
    return NULL;
}
