/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache_copy.c - CcCopyRead and CcCopyWrite, and transfers that go around the cache.
 *
 * A copy goes from frame to frame: both sides are held, nothing lies between.  A page that is stored into as a whole is
 * not read first; such pages are held one at a time, so that none is left half made when the next one has to wait. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "emu/cache.h"
#include "emu/growth.h"
#include "emu/machine_internal.h"
#include "emu/nt/file.h"

enum { HOLD_BYTES = MM_IO_PAGES * MMU_PAGE_SIZE };

/* Bytes that are left of the view from offset on. */
static uint32_t left_in_view(uint64_t offset)
{
    return CACHE_VIEW_SIZE - (uint32_t)(offset & (CACHE_VIEW_SIZE - 1));
}

static uint32_t pages_of(uint64_t offset, uint64_t length)
{
    return (uint32_t)(((offset & MMU_PAGE_MASK) + length + MMU_PAGE_MASK) / MMU_PAGE_SIZE);
}

/* The view around offset: most often the one that the reader copied from last. */
static ntstatus_t view_at(struct machine *machine, struct cache_reader *reader, uint64_t offset)
{
    struct cache_view *view = reader->last;
    uint64_t begin = offset & ~(uint64_t)(CACHE_VIEW_SIZE - 1);
    if (__builtin_expect(!view || view->map != reader->map || view->offset != begin, 0)) {
        ntstatus_t status = cache_view_get(machine, reader->map, offset, &view);
        if (status != STATUS_SUCCESS)
            return status;
        reader->last = view;
    }
    view->used = true;
    return STATUS_SUCCESS;
}

/* Hold [offset, offset+length) of the reader's view.  template: what the caller wants of the fault handler. */
static ntstatus_t hold(struct machine *machine, struct cache_reader *reader, uint64_t offset, uint32_t length,
                       struct mm_fault *template, struct mm_hold *ret_hold)
{
    va_t va = reader->last->base + (offset - reader->last->offset);
    ntstatus_t status = mm_hold(machine->mm, template, va, length, template->access, guest_observe, machine, ret_hold);
    if (__builtin_expect(status == STATUS_SUCCESS, 1))
        return status;
    machine_after_fault(machine);
    reader->missed |= status == STATUS_MM_WAIT;
    return status == STATUS_IN_PAGE_ERROR && template->parameter_count > 2 ? (ntstatus_t) template->information[2]
                                                                           : status;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static ntstatus_t read_some(struct machine *machine, struct cache_reader *reader, const struct cache_piece *piece,
                            uint32_t done, uint32_t length)
{
    struct mm_hold pages;
    uint64_t offset = piece->offset + done;
    struct mm_fault template = guest_fault(machine, machine_process(machine));
    template.access = MMU_READ;
    template.read_pages = pages_of(offset, length);
    ntstatus_t status = view_at(machine, reader, offset);
    if (status == STATUS_SUCCESS)
        status = hold(machine, reader, offset, length, &template, &pages);
    if (status != STATUS_SUCCESS)
        return status;
    reader->last->active++;
    mm_hold_copy(machine->mm, piece->buffer, done, &pages, 0, length);
    reader->last->active--;
    mm_release(machine->mm, &pages);
    return STATUS_SUCCESS;
}

/* How much of the piece is in the file.  Others on the host may have made it longer: at its end, it is looked at. */
static uint32_t clip(struct machine *machine, const struct cache_piece *piece, struct cache_map *map)
{
    struct host_info info;
    if (piece->offset + piece->length > map->size && host_look_at(piece->file->file.fd, &info) == STATUS_SUCCESS &&
        info.size > map->size)
        mapped_note_size(machine, piece->file->file.node, info.size);
    uint64_t left = piece->offset < map->size ? map->size - piece->offset : 0;
    return piece->length < left ? piece->length : (uint32_t)left;
}

ntstatus_t cache_read(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done)
{
    struct cache_reader *reader;
    *ret_done = 0;
    ntstatus_t status = cache_attach(machine, piece->file, CACHE_READS, &reader);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t length = clip(machine, piece, reader->map), done = 0;
    if (length == 0)
        return STATUS_END_OF_FILE;
    while (done < length) {
        uint32_t left = left_in_view(piece->offset + done), run = length - done < left ? length - done : left;
        uint32_t most = HOLD_BYTES - (uint32_t)((piece->offset + done) & MMU_PAGE_MASK);
        run = run < most ? run : most;
        if ((status = read_some(machine, reader, piece, done, run)) != STATUS_SUCCESS)
            break;
        done += run;
    }
    *ret_done = done;
    return done ? STATUS_SUCCESS : status;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

/* Bytes of one page. */
static ntstatus_t write_some(struct machine *machine, struct cache_reader *reader, const struct cache_piece *piece,
                             uint32_t done, uint32_t length)
{
    struct mm_hold page;
    uint64_t offset = piece->offset + done;
    struct mm_fault template = guest_fault(machine, machine_process(machine));
    template.access = MMU_WRITE;
    template.replaces = length == MMU_PAGE_SIZE;
    template.read_pages = 1;
    ntstatus_t status = view_at(machine, reader, offset);
    if (status == STATUS_SUCCESS)
        status = hold(machine, reader, offset, length, &template, &page);
    if (status != STATUS_SUCCESS)
        return status;
    reader->last->active++;
    mm_hold_copy(machine->mm, &page, 0, piece->buffer, done, length);
    reader->last->active--;
    mm_release(machine->mm, &page);
    cache_mark_dirty(machine, reader->last, (unsigned)((offset - reader->last->offset) / MMU_PAGE_SIZE), 1);
    return STATUS_SUCCESS;
}

/* A file of that size is as long as the whole call needs it, and the host has room for that: who appends meanwhile
 * does so behind it. */
static ntstatus_t grow_from(struct machine *machine, const struct cache_piece *piece, uint64_t size)
{
    const struct host_growth growth = {
        .from = size, .to = piece->end, .data = piece->offset > size ? piece->offset : size};
    ntstatus_t status = growth_make(machine, piece->file->file.fd, &growth);
    if (status == STATUS_SUCCESS && piece->growth->to == 0)
        *piece->growth = growth;
    return status;
}

static ntstatus_t grow(struct machine *machine, const struct cache_piece *piece, struct cache_map *map)
{
    if (piece->end <= map->size)
        return STATUS_SUCCESS;
    ntstatus_t status = grow_from(machine, piece, map->size);
    if (status != STATUS_SUCCESS)
        return status;
    cache_size_changed(machine, map, piece->end);
    mm_section_zeroes_added(machine->mm, map->section, piece->end);
    return STATUS_SUCCESS;
}

/* => there is room for what becomes dirty. */
static ntstatus_t write_cached(struct machine *machine, struct cache_reader *reader, const struct cache_piece *piece,
                               uint32_t *ret_done)
{
    uint32_t done = 0;
    ntstatus_t status = grow(machine, piece, reader->map);
    while (status == STATUS_SUCCESS && done < piece->length) {
        uint32_t left = MMU_PAGE_SIZE - (uint32_t)((piece->offset + done) & MMU_PAGE_MASK);
        uint32_t run = piece->length - done < left ? piece->length - done : left;
        if ((status = write_some(machine, reader, piece, done, run)) == STATUS_SUCCESS)
            done += run;
    }
    *ret_done = done;
    return done ? STATUS_SUCCESS : status;
}

ntstatus_t cache_write(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done)
{
    struct cache_reader *reader;
    *ret_done = 0;
    ntstatus_t status = cache_attach(machine, piece->file, CACHE_WRITES, &reader);
    if (status == STATUS_SUCCESS)
        status = cache_throttle(machine, reader->map, piece->offset, piece->length);
    return status == STATUS_SUCCESS ? write_cached(machine, reader, piece, ret_done) : status;
}

/* --- Around the cache --------------------------------------------------------------------------------------------- */

/* What is in memory of the piece is written first. */
static ntstatus_t clean(struct machine *machine, const struct cache_piece *piece)
{
    return cache_flush(machine, piece->file, piece->offset, piece->length);
}

/* The same, and nothing of it is in memory.  => false: some of it is, in use. */
static bool purge(struct machine *machine, const struct cache_piece *piece)
{
    const struct file_node *node = piece->file->file.node;
    uint64_t first = piece->offset & ~(uint64_t)MMU_PAGE_MASK;
    if (!node || !node->mapped)
        return true;
    return mm_file_purge(machine->mm, node->mapped, first, piece->offset + piece->length - first);
}

/* Into the pages: the service writes them when it is done, where it is one around the cache; else the lazy writer. */
static ntstatus_t write_in_use(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done)
{
    struct cache_reader *reader;
    ntstatus_t status = cache_attach(machine, piece->file, CACHE_WRITES, &reader);
    return status == STATUS_SUCCESS ? write_cached(machine, reader, piece, ret_done) : status;
}

static ntstatus_t transfer(const struct cache_piece *piece, uint8_t *bytes, enum cache_purpose purpose,
                           uint32_t *ret_done)
{
    int fd = piece->file->file.fd;
    for (;;) {
        ssize_t done = purpose == CACHE_READS ? pread(fd, bytes, piece->length, (off_t)piece->offset)
                                              : pwrite(fd, bytes, piece->length, (off_t)piece->offset);
        if (done > 0) {
            *ret_done = (uint32_t)done;
            return STATUS_SUCCESS;
        }
        if (done == 0)
            return purpose == CACHE_READS ? STATUS_END_OF_FILE : STATUS_DISK_FULL;
        if (errno != EINTR)
            return host_status(errno);
    }
}

ntstatus_t cache_read_around(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done)
{
    uint8_t bytes[MM_HOLD_PAGES * MMU_PAGE_SIZE];
    *ret_done = 0;
    ntstatus_t status = clean(machine, piece);
    if (status == STATUS_SUCCESS)
        status = transfer(piece, bytes, CACHE_READS, ret_done);
    if (*ret_done)
        mm_hold_write(machine->mm, piece->buffer, 0, bytes, *ret_done);
    machine->cache.counts.unbuffered++;
    return status;
}

/* Bytes to the host's file, which grows first where it must. */
static ntstatus_t write_to_host(struct machine *machine, const struct cache_piece *piece, uint8_t *bytes,
                                uint32_t *ret_done)
{
    int fd = piece->file->file.fd;
    struct host_info info;
    ntstatus_t status = inject_write(machine);
    if (status == STATUS_SUCCESS)
        status = host_look_at(fd, &info);
    if (status != STATUS_SUCCESS)
        return status;
    if (piece->end > info.size && (status = grow_from(machine, piece, info.size)) != STATUS_SUCCESS)
        return status;
    return transfer(piece, bytes, CACHE_WRITES, ret_done);
}

ntstatus_t cache_write_around(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done)
{
    uint8_t bytes[MM_HOLD_PAGES * MMU_PAGE_SIZE];
    struct file_node *node = piece->file->file.node;
    *ret_done = 0;
    ntstatus_t status = clean(machine, piece);
    if (status != STATUS_SUCCESS)
        return status;
    if (!purge(machine, piece))
        return write_in_use(machine, piece, ret_done);
    mm_hold_read(machine->mm, piece->buffer, 0, bytes, piece->length);
    status = write_to_host(machine, piece, bytes, ret_done);
    struct host_info info;
    if (*ret_done && node && node->mapped && host_look_at(piece->file->file.fd, &info) == STATUS_SUCCESS) {
        mapped_note_size(machine, node, info.size);
        mm_file_written(machine->mm, node->mapped, piece->offset + *ret_done);
    }
    machine->cache.counts.unbuffered++;
    return status;
}
