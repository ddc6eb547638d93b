/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_node.c - files that are open or remembered: identity, attributes, times, sharing.  See file.h. */
#define _GNU_SOURCE /* dup3() */
#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "emu/nt/file.h"

bool file_table_open(struct file_table *table)
{
    return pool_open(&table->nodes, sizeof(struct file_node), FILE_NODES_MAX) &&
           pool_open(&table->places, sizeof(struct file_place), FILE_PLACES_MAX) &&
           pool_open(&table->locks, sizeof(struct file_lock), FILE_LOCKS_MAX) &&
           pool_open(&table->searches, sizeof(struct file_search), FILE_PLACES_MAX);
}

void file_table_close(struct file_table *table)
{
    pool_close(&table->nodes);
    pool_close(&table->places);
    pool_close(&table->locks);
    pool_close(&table->searches);
}

/* --- Identity -------------------------------------------------------------------------------------------------- */

struct file_key file_key(const struct host_place *place, const struct host_info *info)
{
    struct file_key key = {info->device, info->inode};
    if (place->root)
        return key;
    key = (struct file_key){UINT64_MAX, 0xCBF29CE484222325u}; /* a folder above the roots: FNV-1a of its name */
    for (const char *at = place->path; *at; at++)
        key.inode = (key.inode ^ (uint64_t)(*at & ~0x20)) * 0x100000001B3u;
    return key;
}

static struct file_node **bucket(const struct machine *machine, struct file_key key)
{
    uint64_t hash = (key.device ^ key.inode * 0x9E3779B97F4A7C15u) >> 20;
    return (struct file_node **)&machine->file_table.buckets[hash % FILE_BUCKETS];
}

struct file_node *file_node_find(const struct machine *machine, struct file_key key)
{
    struct file_node *node = *bucket(machine, key);
    while (node && (node->device != key.device || node->inode != key.inode))
        node = node->next;
    return node;
}

struct file_node *file_node_get(struct machine *machine, struct file_key key)
{
    struct file_node *node = file_node_find(machine, key);
    if (node || !(node = pool_take(&machine->file_table.nodes)))
        return node;
    node->device = key.device;
    node->inode = key.inode;
    node->next = *bucket(machine, key);
    *bucket(machine, key) = node;
    return node;
}

void file_node_forget(struct machine *machine, struct file_node *node)
{
    struct file_node **at = bucket(machine, (struct file_key){node->device, node->inode});
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    if (node->cache)
        cache_drop(machine, node->cache);
    if (node->mapped)
        mapped_lose_node(machine, node->mapped);
    pool_give(&machine->file_table.nodes, node);
}

void file_node_let_go(struct machine *machine, struct file_node *node)
{
    bool has_times = node->times[TIME_CREATION] | node->times[TIME_ACCESS] | node->times[TIME_WRITE];
    if (!node->opens && !node->mapped && !node->number && !node->has_attributes && !has_times)
        file_node_forget(machine, node);
}

/* Opens keep their descriptors' numbers, so that whoever else holds one of them needs not know. */
void file_node_move(struct machine *machine, struct file_key from, struct file_key to, int fd)
{
    struct file_node *node = from.device == to.device && from.inode == to.inode ? NULL : file_node_find(machine, from);
    if (!node)
        return;
    struct file_node **at = bucket(machine, from);
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    node->device = to.device;
    node->inode = to.inode;
    node->next = *bucket(machine, to);
    *bucket(machine, to) = node;
    for (struct object *open = node->opens; open; open = open->file.next_open)
        if (open->file.fd >= 0)
            dup3(fd, open->file.fd, O_CLOEXEC);
    if (node->mapped)
        mapped_move(machine, node->mapped, fd);
}

uint64_t file_number(struct machine *machine, struct file_node *node)
{
    if (!node->number)
        node->number = ++machine->file_table.last_number;
    return node->number;
}

/* --- Attributes and times ---------------------------------------------------------------------------------------- */

uint32_t file_attributes(const struct file_node *node, const struct host_info *info)
{
    uint32_t attributes = info->directory ? 0 : FILE_ATTRIBUTE_ARCHIVE;
    if (node && node->has_attributes)
        attributes = node->attributes;
    if (info->directory)
        attributes |= FILE_ATTRIBUTE_DIRECTORY;
    if (info->read_only)
        attributes |= FILE_ATTRIBUTE_READONLY;
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

void file_times(const struct file_node *node, const struct host_info *info, uint64_t times[FILE_TIMES])
{
    for (unsigned i = 0; i < FILE_TIMES; i++) {
        times[i] = info->when ? info->when : CLOCK_BOOT_SYSTEM_TIME;
        if (node && node->times[i])
            times[i] = node->times[i];
    }
}

uint64_t file_allocation(uint64_t size)
{
    return (size + FILE_CLUSTER - 1) & ~(uint64_t)(FILE_CLUSTER - 1);
}

void file_freeze_times(struct file_node *node, const struct host_info *info)
{
    uint64_t times[FILE_TIMES];
    file_times(node, info, times);
    memcpy(node->times, times, sizeof times);
}

void file_touch(struct machine *machine, struct file_node *node)
{
    if (node)
        node->times[TIME_WRITE] = node->times[TIME_CHANGE] = node->times[TIME_ACCESS] =
            clock_system_time(&machine->clock);
}

struct file_node *file_folder_node(struct machine *machine, const struct host_place *place)
{
    struct host_place folder = *place;
    struct host_info info;
    char *slash = strrchr(folder.path, '/');
    folder.path[slash ? slash - folder.path : 0] = 0;
    struct file_node *node =
        host_look(&folder, &info) == STATUS_SUCCESS ? file_node_get(machine, file_key(&folder, &info)) : NULL;
    if (node)
        file_freeze_times(node, &info);
    return node;
}

/* --- Sharing -------------------------------------------------------------------------------------------------- */

enum { READ_ACCESS = FILE_READ_DATA | FILE_EXECUTE, WRITE_ACCESS = FILE_WRITE_DATA | FILE_APPEND_DATA };

ntstatus_t file_check_share(const struct file_node *node, uint32_t access, uint32_t share)
{
    if (!(access & (READ_ACCESS | WRITE_ACCESS | FILE_DELETE)))
        return STATUS_SUCCESS;
    bool refused = ((access & READ_ACCESS) && node->shared_read < node->open_count) ||
                   ((access & WRITE_ACCESS) && node->shared_write < node->open_count) ||
                   ((access & FILE_DELETE) && node->shared_delete < node->open_count) ||
                   (node->readers && !(share & FILE_SHARE_READ)) || (node->writers && !(share & FILE_SHARE_WRITE)) ||
                   (node->deleters && !(share & FILE_SHARE_DELETE));
    return refused ? STATUS_SHARING_VIOLATION : STATUS_SUCCESS;
}

/* by: 1 or -1. */
static void count_share(struct file_node *node, const struct object *object, uint32_t by)
{
    uint32_t access = object->file.access, share = object->file.share;
    if (!(access & (READ_ACCESS | WRITE_ACCESS | FILE_DELETE)))
        return;
    node->open_count += by;
    node->readers += access & READ_ACCESS ? by : 0;
    node->writers += access & WRITE_ACCESS ? by : 0;
    node->deleters += access & FILE_DELETE ? by : 0;
    node->shared_read += share & FILE_SHARE_READ ? by : 0;
    node->shared_write += share & FILE_SHARE_WRITE ? by : 0;
    node->shared_delete += share & FILE_SHARE_DELETE ? by : 0;
}

bool file_attach(struct machine *machine, struct object *object, struct file_node *node, const struct host_place *place)
{
    object->file.place = pool_take(&machine->file_table.places);
    if (!object->file.place)
        return false;
    object->file.place->references = 1;
    object->file.place->host = *place;
    object->file.node = node;
    object->file.next_open = node->opens;
    node->opens = object;
    count_share(node, object, 1);
    return true;
}

static void release_place(struct machine *machine, struct file_place *place)
{
    if (place && --place->references == 0)
        pool_give(&machine->file_table.places, place);
}

void file_doom(struct file_node *node, struct file_place *place)
{
    if (node->doomed)
        return;
    node->doomed = place;
    place->references++;
}

void file_spare(struct machine *machine, struct file_node *node)
{
    release_place(machine, node->doomed);
    node->doomed = NULL;
}

/* --- Closing -------------------------------------------------------------------------------------------------- */

/* The last open is over and the file was to go. */
static void remove_doomed(struct machine *machine, struct file_node *node)
{
    struct host_info info;
    struct file_place *place = node->doomed;
    node->doomed = NULL;
    ntstatus_t status = host_look(&place->host, &info);
    if (status == STATUS_SUCCESS && (info.device != node->device || info.inode != node->inode))
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    struct file_node *folder = file_folder_node(machine, &place->host);
    if (status == STATUS_SUCCESS)
        status = host_remove(&place->host, &info);
    if (status == STATUS_SUCCESS) {
        if (info.links <= 1)
            mapped_discard(machine, node);
        file_touch(machine, folder);
        node->number = 0;
        node->has_attributes = false;
        memset(node->times, 0, sizeof node->times);
    } else if (status != STATUS_DIRECTORY_NOT_EMPTY) { /* such a folder stays, and nobody is told */
        machine_say(machine, "%s\\%s could not be deleted when it was closed: status %08x", place->host.root->guest,
                    place->host.path, status);
    }
    release_place(machine, place);
}

void file_destroy(struct machine *machine, struct object *object)
{
    struct file_node *node = object->file.node;
    if (node) {
        struct object **at = &node->opens;
        while (*at != object)
            at = &(*at)->file.next_open;
        *at = object->file.next_open;
        count_share(node, object, (uint32_t)-1);
        file_drop_locks(machine, object, 0);
        if (object->file.options & FILE_DELETE_ON_CLOSE)
            file_doom(node, object->file.place);
        cache_detach(machine, object);
    }
    if (object->file.fd >= 0)
        close(object->file.fd);
    if (node && !node->opens) {
        if (node->doomed)
            remove_doomed(machine, node);
        file_node_let_go(machine, node);
    }
    release_place(machine, object->file.place);
    if (object->file.search)
        pool_give(&machine->file_table.searches, object->file.search);
}

/* --- Images
 * ------------------------------------------------------------------------------------------------------------ */

static bool is_mapped(const struct machine *machine, uint32_t file)
{
    for (const struct process *process = machine->first_process; process; process = process->next)
        for (unsigned i = 0; i < process->module_count; i++)
            if (process->modules[i].file == file)
                return true;
    return false;
}

bool file_is_mapped_image(const struct machine *machine, const struct host_info *info)
{
    for (uint32_t i = 0; i < machine->image_count; i++)
        if (machine->images[i].device == info->device && machine->images[i].inode == info->inode)
            return is_mapped(machine, i + 1) || !mm_file_can_delete(machine->mm, i + 1);
    return false;
}

void file_forget_image(struct machine *machine, const struct host_info *info)
{
    for (uint32_t i = 0; i < machine->image_count; i++)
        if (machine->images[i].device == info->device && machine->images[i].inode == info->inode)
            machine->images[i].device = machine->images[i].inode = 0;
}
