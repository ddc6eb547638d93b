/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mapped.c - files behind data sections.  See mapped.h. */
#define _GNU_SOURCE /* dup3() */
#include "emu/mapped.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "emu/nt/file.h"

enum {
    FIRST_NAME = IMAGE_FILES_MAX + 1,
    KEPT_MAX = 256, /* names of which no process needs pages: from there on some are let go */
};

bool mapped_open(struct machine *machine)
{
    return pool_open(&machine->mapped.pool, sizeof(struct mapped_file), MAPPED_FILES_MAX);
}

static struct mapped_file *at_index(const struct machine *machine, uint32_t index)
{
    return (struct mapped_file *)(machine->mapped.pool.items + (size_t)index * sizeof(struct mapped_file));
}

void mapped_close(struct machine *machine)
{
    for (uint32_t i = 0; i < machine->mapped.pool.top; i++)
        if (at_index(machine, i)->in_use)
            close(at_index(machine, i)->fd);
    pool_close(&machine->mapped.pool);
}

/* --- Names -------------------------------------------------------------------------------------------------------- */

static struct mapped_file *find(const struct machine *machine, uint32_t file)
{
    uint32_t index = file - FIRST_NAME;
    if (file < FIRST_NAME || index >= machine->mapped.pool.top)
        return NULL;
    struct mapped_file *mapped = at_index(machine, index);
    return mapped->in_use ? mapped : NULL;
}

const struct mapped_file *mapped_of(const struct machine *machine, uint32_t file)
{
    return find(machine, file);
}

void mapped_forgotten(void *context, uint32_t file)
{
    struct machine *machine = context;
    struct mapped_file *mapped = find(machine, file);
    struct file_node *node = mapped ? mapped->node : NULL;
    if (!mapped)
        return;
    close(mapped->fd);
    mapped->in_use = false;
    pool_give(&machine->mapped.pool, mapped);
    if (node) {
        node->mapped = 0;
        file_node_let_go(machine, node);
    }
}

void mapped_drop(struct machine *machine, uint32_t file)
{
    struct mm_file_info info;
    if (find(machine, file) && !mm_file_query(machine->mm, file, &info))
        mapped_forgotten(machine, file);
}

void mapped_lose_node(struct machine *machine, uint32_t file)
{
    struct mapped_file *mapped = find(machine, file);
    if (mapped)
        mapped->node = NULL;
}

void mapped_move(struct machine *machine, uint32_t file, int fd)
{
    struct mapped_file *mapped = find(machine, file);
    struct host_info info;
    if (!mapped || dup3(fd, mapped->fd, O_CLOEXEC) < 0 || host_look_at(mapped->fd, &info) != STATUS_SUCCESS)
        return;
    mapped->writable = true;
    mapped->device = info.device;
    mapped->inode = info.inode;
}

/* Files whose pages are merely kept hold descriptors of the host: too many of them are let go. */
static void let_some_go(struct machine *machine)
{
    struct mm_file_info info;
    ntstatus_t io;
    if (machine->mapped.pool.in_use < KEPT_MAX)
        return;
    cache_let_go(machine);
    for (uint32_t i = 0; i < machine->mapped.pool.top; i++) {
        uint32_t file = FIRST_NAME + i;
        if (!find(machine, file) || !mm_file_query(machine->mm, file, &info) || info.user_references || info.views)
            continue;
        if (mm_file_flush(machine->mm, file, 0, 0, 0, &io) == STATUS_SUCCESS)
            mm_file_purge(machine->mm, file, 0, 0); /* mapped_forgotten() follows where all went */
    }
}

static ntstatus_t make(struct machine *machine, const struct object *file, uint32_t *ret_file)
{
    struct host_info info;
    let_some_go(machine);
    int fd = fcntl(file->file.fd, F_DUPFD_CLOEXEC, 0);
    struct mapped_file *mapped = fd < 0 ? NULL : pool_take(&machine->mapped.pool);
    if (!mapped || host_look_at(fd, &info) != STATUS_SUCCESS) {
        if (mapped)
            pool_give(&machine->mapped.pool, mapped);
        if (fd >= 0)
            close(fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *mapped = (struct mapped_file){
        .device = info.device, .inode = info.inode, .node = file->file.node, .fd = fd, .in_use = true};
    size_t length = strnlen(file->name, sizeof mapped->name - 1);
    memcpy(mapped->name, file->name, length);
    host_files_device_path(&machine->files, fd, file->name, mapped->path, sizeof mapped->path);
    *ret_file = FIRST_NAME + pool_index(&machine->mapped.pool, mapped);
    file->file.node->mapped = *ret_file;
    return STATUS_SUCCESS;
}

static bool can_write(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

ntstatus_t mapped_take(struct machine *machine, const struct object *file, enum mapped_access access,
                       uint32_t *ret_file)
{
    if (access == MAPPED_WRITES && !can_write(file->file.fd))
        return STATUS_ACCESS_DENIED; /* whatever a handle says */
    *ret_file = file->file.node->mapped;
    ntstatus_t status = *ret_file ? STATUS_SUCCESS : make(machine, file, ret_file);
    struct mapped_file *mapped = status == STATUS_SUCCESS ? find(machine, *ret_file) : NULL;
    if (!mapped || access == MAPPED_READS || mapped->writable)
        return status;
    if (dup3(file->file.fd, mapped->fd, O_CLOEXEC) < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    mapped->writable = true;
    return STATUS_SUCCESS;
}

const char *mapped_check(const struct machine *machine)
{
    struct mm_file_info info;
    for (uint32_t i = 0; i < machine->mapped.pool.top; i++) {
        const struct mapped_file *mapped = find(machine, FIRST_NAME + i);
        if (!mapped)
            continue;
        if (mapped->node && mapped->node->mapped != FIRST_NAME + i)
            return "a file has another name for its data than it is known by";
        if (!mm_file_query(machine->mm, FIRST_NAME + i, &info))
            return "mm knows nothing of a file that has a name";
    }
    return NULL;
}

/* --- mm's transfers ----------------------------------------------------------------------------------------------- */

ntstatus_t mapped_read(void *context, uint32_t file, uint64_t offset, uint8_t *bytes, uint32_t length)
{
    const struct mapped_file *mapped = find(context, file);
    if (!mapped)
        return STATUS_INVALID_DEVICE_REQUEST;
    for (uint32_t done = 0; done < length;) {
        ssize_t more = pread(mapped->fd, bytes + done, length - done, (off_t)(offset + done));
        if (more < 0 && errno != EINTR)
            return host_status(errno);
        if (more == 0)
            break; /* somebody on the host has cut it */
        done += more > 0 ? (uint32_t)more : 0;
    }
    return STATUS_SUCCESS;
}

/* The file's bytes are others now: no image that was made of it is its own.  It is newer, too, where a process may have
 * stored them; file calls have said so when they did.  mm is not asked: it is mm that writes. */
static void note_write(struct machine *machine, const struct mapped_file *mapped)
{
    if (mapped->sectioned)
        file_touch(machine, mapped->node);
    for (uint32_t i = 0; i < machine->image_count; i++)
        if (machine->images[i].device == mapped->device && machine->images[i].inode == mapped->inode)
            machine->images[i].stale = true;
}

ntstatus_t mapped_write(void *context, uint32_t file, uint64_t offset, const uint8_t *bytes, uint32_t length)
{
    struct machine *machine = context;
    const struct mapped_file *mapped = find(machine, file);
    if (!mapped)
        return STATUS_INVALID_DEVICE_REQUEST;
    for (uint32_t done = 0; done < length;) {
        ssize_t more = pwrite(mapped->fd, bytes + done, length - done, (off_t)(offset + done));
        if (more == 0)
            return STATUS_DISK_FULL;
        if (more < 0 && errno != EINTR)
            return host_status(errno);
        done += more > 0 ? (uint32_t)more : 0;
    }
    note_write(machine, mapped);
    return STATUS_SUCCESS;
}

/* --- Sizes -------------------------------------------------------------------------------------------------------- */

ntstatus_t mapped_check_size(struct machine *machine, const struct file_node *node, uint64_t size)
{
    bool may = !node || !node->mapped || mm_file_can_truncate(machine->mm, node->mapped, size);
    return may ? STATUS_SUCCESS : STATUS_USER_MAPPED_FILE;
}

void mapped_note_size(struct machine *machine, const struct file_node *node, uint64_t size)
{
    if (node && node->cache)
        cache_size_changed(machine, node->cache, size);
    if (node && node->mapped)
        mm_file_size_changed(machine->mm, node->mapped, size);
}

void mapped_set_size(struct machine *machine, const struct file_node *node, uint64_t size)
{
    if (node && node->cache)
        mm_section_zeroes_added(machine->mm, node->cache->section, size);
    mapped_note_size(machine, node, size);
}

void mapped_discard(struct machine *machine, const struct file_node *node)
{
    if (node->cache)
        cache_drop(machine, node->cache);
    if (node->mapped && !mapped_is_used(machine, node))
        mm_file_size_changed(machine->mm, node->mapped, 0); /* mapped_forgotten() follows */
}

void mapped_note_section(struct machine *machine, uint32_t file)
{
    struct mapped_file *mapped = find(machine, file);
    if (mapped)
        mapped->sectioned = true;
}

bool mapped_is_used(const struct machine *machine, const struct file_node *node)
{
    struct mm_file_info info;
    return node && node->mapped && mm_file_query(machine->mm, node->mapped, &info) && info.user_references;
}
