/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transfer.c - NtReadFile and NtWriteFile: bytes between a file or the console and guest memory.
 *
 * A transfer goes in chunks of one hold.  Its progress is kept in the thread: when a chunk's pages have to be read, the
 * service is called again and goes on where it stopped. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "emu/growth.h"
#include "emu/machine_internal.h"
#include "emu/nt/access.h"

#define OFFSET_AT_POSITION 0xFFFFFFFFFFFFFFFEull /* FILE_USE_FILE_POINTER_POSITION */
#define OFFSET_AT_END 0xFFFFFFFFFFFFFFFFull      /* FILE_WRITE_TO_END_OF_FILE */

enum { CHUNK_MAX = MM_HOLD_PAGES * MMU_PAGE_SIZE, POLL_MS = 100 };

enum direction { TRANSFER_READ, TRANSFER_WRITE };

/* Arguments of both: 0 file 1 event 2 apc 3 apc context 4 iosb 5 buffer 6 length 7 offset 8 key. */
struct request {
    struct nt_call *call;
    enum direction direction;
    struct object *object;
    uint32_t access; /* of the handle */
    uint64_t offset; /* in the file, of the first byte */
    unsigned io_output;
};

/* One chunk's answer. */
struct chunk {
    uint32_t done;
    ntstatus_t status; /* STATUS_SUCCESS; STATUS_END_OF_FILE; a failure */
};

/* Wait for the host's descriptor to be ready.  => false: --wall-limit came first. */
static bool console_wait(struct machine *machine, int fd, short events)
{
    struct pollfd poller = {.fd = fd, .events = events};
    while (!atomic_load(&machine->wall_limit_reached))
        if (poll(&poller, 1, POLL_MS) != 0)
            return true; /* also on an error: the transfer itself will tell */
    return false;
}

static struct chunk console_transfer(struct machine *machine, const struct request *request, uint8_t *buffer,
                                     uint32_t length)
{
    bool reads = request->direction == TRANSFER_READ;
    int fd = request->object->console.fd;
    bool must_wait = machine->options.wall_limit_seconds; /* else the host's call may block */
    for (;; must_wait = true) {
        if (must_wait && !console_wait(machine, fd, reads ? POLLIN : POLLOUT))
            return (struct chunk){0, STATUS_MM_WAIT};
        ssize_t done = reads ? read(fd, buffer, length) : write(fd, buffer, length);
        if (done > 0)
            return (struct chunk){(uint32_t)done, STATUS_SUCCESS};
        if (done == 0)
            return (struct chunk){0, reads ? STATUS_END_OF_FILE : STATUS_IO_DEVICE_ERROR};
        if (errno != EINTR && errno != EAGAIN)
            return (struct chunk){0, host_status(errno)};
    }
}

/* A file's: through the cache; around it where the open wants that, or there is no room for a view. */
static struct chunk file_transfer(const struct request *request, uint64_t done, const struct mm_hold *hold,
                                  uint32_t length)
{
    struct machine *machine = request->call->machine;
    struct repetition *repetition = &machine->thread->repetition;
    struct cache_piece piece = {.file = request->object,
                                .offset = request->offset + done,
                                .length = length,
                                .buffer = hold,
                                .end = request->offset + nt_ulong(request->call, 6),
                                .growth = &repetition->growth};
    struct file_node *node = request->object->file.node;
    bool reads = request->direction == TRANSFER_READ, had_grown = repetition->growth.to;
    repetition->grown = request->object;
    struct chunk chunk = {0, STATUS_NO_MEMORY};
    if (node && !(request->object->file.options & FILE_NO_INTERMEDIATE_BUFFERING))
        chunk.status = reads ? cache_read(machine, &piece, &chunk.done) : cache_write(machine, &piece, &chunk.done);
    if (chunk.status == STATUS_NO_MEMORY || chunk.status == STATUS_INSUFFICIENT_RESOURCES)
        chunk.status =
            reads ? cache_read_around(machine, &piece, &chunk.done) : cache_write_around(machine, &piece, &chunk.done);
    if (!had_grown && repetition->growth.to && node) {
        node->growths++;
        repetition->others_end = 0;
    }
    if (!reads && node && chunk.done)
        file_note_extent(machine, node, piece.offset + chunk.done);
    return chunk;
}

static struct chunk move_console(const struct request *request, const struct mm_hold *hold, uint32_t length)
{
    struct machine *machine = request->call->machine;
    bool reads = request->direction == TRANSFER_READ;
    uint8_t buffer[CHUNK_MAX];
    if (reads)
        cache_write_all(machine); /* nobody knows when there will be something to read */
    else
        mm_hold_read(machine->mm, hold, 0, buffer, length);
    struct chunk chunk = console_transfer(machine, request, buffer, length);
    if (reads && chunk.done)
        mm_hold_write(machine->mm, hold, 0, buffer, chunk.done);
    return chunk;
}

static struct chunk move_chunk(const struct request *request, uint64_t done, const struct mm_hold *hold,
                               uint32_t length)
{
    switch (request->object->type) {
    case OBJECT_CONSOLE: return move_console(request, hold, length);
    case OBJECT_FILE: return file_transfer(request, done, hold, length);
    case OBJECT_NUL:
        if (request->direction == TRANSFER_WRITE)
            return (struct chunk){length, STATUS_SUCCESS};
        return (struct chunk){0, STATUS_END_OF_FILE};
    default: break; /* check_object() */
    }
    return (struct chunk){0, STATUS_OBJECT_TYPE_MISMATCH};
}

/* Hold one piece of the guest's buffer and move it. */
static struct chunk next_chunk(const struct request *request, uint64_t done)
{
    struct machine *machine = request->call->machine;
    const uint64_t *a = request->call->arguments;
    bool reads = request->direction == TRANSFER_READ;
    struct mm_hold hold;
    ntstatus_t status =
        guest_hold(machine, a[5] + done, nt_ulong(request->call, 6) - done, reads ? MMU_WRITE : MMU_READ, &hold);
    if (status != STATUS_SUCCESS)
        return (struct chunk){0, status};
    struct chunk chunk = move_chunk(request, done, &hold, hold.length < CHUNK_MAX ? hold.length : CHUNK_MAX);
    mm_release(machine->mm, &hold);
    return chunk;
}

/* A console gives what there is; a file gives all. */
static bool wants_more(const struct request *request, const struct chunk *chunk, uint64_t done)
{
    if (chunk->status != STATUS_SUCCESS || done >= nt_ulong(request->call, 6))
        return false;
    return request->direction == TRANSFER_WRITE || request->object->type != OBJECT_CONSOLE;
}

void file_signal_event(struct nt_call *call)
{
    struct object *event;
    if (call->arguments[1] &&
        nt_object(call, 1, (struct object_want){OBJECT_EVENT, EVENT_MODIFY_STATE}, &event) == STATUS_SUCCESS) {
        event->wait.signal = 1;
        wait_signal(call->machine, event, 1);
    }
}

/* Arguments 2 and 3: what the caller wants to be called with when the transfer is done.  => false: no room. */
static bool queue_apc(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct apc apc = {.routine = a[2], .arguments = {a[3], a[4], 0}};
    return !a[2] || apc_queue(call->machine, call->machine->thread, &apc);
}

/* Its bytes are others: it is newer, and no image that was made of it is the file's. */
static void note_write(struct machine *machine, const struct object *object)
{
    const struct file_node *node = object->file.node;
    if (!object->file.keeps_times)
        file_touch(machine, object->file.node);
    if (!node)
        return;
    struct host_info info = {.device = node->device, .inode = node->inode};
    if (!file_is_mapped_image(machine, &info))
        file_forget_image(machine, &info);
    machine->cache.counts.writes++;
}

static ntstatus_t finish(struct request *request, ntstatus_t status, uint64_t done)
{
    struct nt_call *call = request->call;
    struct object *object = request->object;
    struct repetition *repetition = &call->machine->thread->repetition;
    if (object->type == OBJECT_FILE && request->direction == TRANSFER_WRITE && done)
        note_write(call->machine, object);
    if (!nt_success(status) && repetition->growth.to)
        done = 0; /* all that the file has grown by is cut off again */
    repetition->done = done;
    if (object->type == OBJECT_FILE && nt_success(status))
        object->file.position = request->offset + done;
    if (object->type == OBJECT_FILE && request->direction == TRANSFER_READ && done)
        cache_note_read(call->machine, object, request->offset, done);
    nt_put_io(call, request->io_output, status, done);
    file_signal_event(call);
    if (nt_success(status) && !queue_apc(call))
        machine_say(call->machine, "%s: too many APCs are waiting: one is lost", call->service->name);
    machine_advance(call->machine, CLOCK_COST_FILE_IO + done / 1024 * CLOCK_COST_IO_KB);
    return status;
}

void file_note_extent(const struct machine *machine, const struct file_node *node, uint64_t end)
{
    if (node->growths == 0)
        return;
    for (const struct process *process = machine->first_process; process; process = process->next)
        for (struct thread *thread = process->first; thread; thread = thread->next) {
            struct repetition *other = &thread->repetition;
            bool grows = thread != machine->thread && other->growth.to && other->grown->file.node == node;
            if (grows && end > other->others_end)
                other->others_end = end;
        }
}

void file_cut_unwritten(struct machine *machine, struct repetition *repetition)
{
    const struct host_growth growth = repetition->growth;
    struct host_info info;
    if (!growth.to)
        return;
    int fd = repetition->grown->file.fd;
    struct file_node *node = repetition->grown->file.node; /* NULL: nobody else knows the file */
    uint64_t end = repetition->done ? repetition->offset + repetition->done : 0;
    uint64_t size = end > growth.from ? end : growth.from;
    if (node) {
        size = size > repetition->others_end ? size : repetition->others_end;
        node->growths--;
    }
    repetition->growth = (struct host_growth){0};
    if (size >= growth.to || host_look_at(fd, &info) != STATUS_SUCCESS || info.size != growth.to ||
        mapped_check_size(machine, node, size) != STATUS_SUCCESS)
        return;
    growth_undo(machine, fd, &growth, size);
    mapped_set_size(machine, node, size);
}

enum { SYNCHRONOUS = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT };

/* What locks and unbuffered access forbid. */
static ntstatus_t check_range(const struct request *request)
{
    struct nt_call *call = request->call;
    uint32_t length = nt_ulong(call, 6), key = 0;
    ntstatus_t status =
        call->arguments[8] ? guest_read(call->machine, call->arguments[8], &key, sizeof key) : STATUS_SUCCESS;
    if (status != STATUS_SUCCESS)
        return status;
    if ((request->object->file.options & FILE_NO_INTERMEDIATE_BUFFERING) && (request->offset | length) % FILE_SECTOR)
        return STATUS_INVALID_PARAMETER;
    return file_check_locks(call->machine, request->object,
                            request->direction == TRANSFER_READ ? FILE_TRANSFER_READ : FILE_TRANSFER_WRITE,
                            request->offset, length, key);
}

static uint64_t end_of(const struct object *object)
{
    off_t end = lseek(object->file.fd, 0, SEEK_END);
    return end < 0 ? 0 : (uint64_t)end;
}

/* Where the transfer begins: ByteOffset, or the file's position, or its end. */
static ntstatus_t choose_offset(struct request *request, struct repetition *repetition)
{
    uint64_t offset = OFFSET_AT_POSITION;
    struct object *object = request->object;
    va_t at = request->call->arguments[7];
    ntstatus_t status = at ? guest_read(request->call->machine, at, &offset, sizeof offset) : STATUS_SUCCESS;
    if (status != STATUS_SUCCESS || object->type != OBJECT_FILE)
        return status;
    if (!at && object->file.node && !(object->file.options & SYNCHRONOUS))
        return STATUS_INVALID_PARAMETER; /* no position is kept */
    if (request->direction == TRANSFER_WRITE && !(request->access & FILE_WRITE_DATA))
        offset = OFFSET_AT_END; /* FILE_APPEND_DATA alone */
    repetition->at_end = offset == OFFSET_AT_END && request->direction == TRANSFER_WRITE;
    if (offset == OFFSET_AT_POSITION)
        offset = object->file.position;
    else if (repetition->at_end)
        offset = end_of(object);
    if (offset > INT64_MAX - UINT32_MAX)
        return STATUS_INVALID_PARAMETER;
    repetition->offset = offset;
    return STATUS_SUCCESS;
}

/* The same once for the call, or where it goes on: others may have appended before it could. */
static ntstatus_t find_offset(struct request *request, uint64_t done)
{
    struct repetition *repetition = &request->call->machine->thread->repetition;
    ntstatus_t status = STATUS_SUCCESS;
    if (repetition->offset == UINT64_MAX)
        status = choose_offset(request, repetition);
    else if (repetition->at_end && !done && !repetition->growth.to)
        repetition->offset = end_of(request->object);
    request->offset = repetition->offset;
    bool checks = status == STATUS_SUCCESS && request->object->type == OBJECT_FILE && !done;
    return checks ? check_range(request) : status;
}

static ntstatus_t check_object(struct request *request)
{
    ntstatus_t status = file_of_handle(request->call, 0, &request->object, &request->access);
    if (status != STATUS_SUCCESS || request->object->type != OBJECT_FILE)
        return status;
    const uint32_t access = request->direction == TRANSFER_READ ? FILE_READ_DATA : FILE_WRITE_DATA | FILE_APPEND_DATA;
    if (!(request->access & access))
        return STATUS_ACCESS_DENIED;
    return request->object->file.directory ? STATUS_INVALID_DEVICE_REQUEST
                                           : file_take_turn(request->call, request->object);
}

/* The event, where one is given, is found before anything is done. */
static ntstatus_t check_event(struct nt_call *call)
{
    struct object *event;
    return call->arguments[1] ? nt_object(call, 1, (struct object_want){OBJECT_EVENT, EVENT_MODIFY_STATE}, &event)
                              : STATUS_SUCCESS;
}

/* What was written through to the disk is there; and what went around the cache, in the host's file.
 * => STATUS_MM_WAIT: repeat. */
static ntstatus_t write_through(const struct request *request, uint64_t done)
{
    const struct object *object = request->object;
    struct machine *machine = request->call->machine;
    if (object->type != OBJECT_FILE || request->direction == TRANSFER_READ || !done ||
        !(object->file.options & (FILE_WRITE_THROUGH | FILE_NO_INTERMEDIATE_BUFFERING)))
        return STATUS_SUCCESS;
    ntstatus_t status = cache_flush(machine, object, request->offset, done);
    if (status != STATUS_SUCCESS || !(object->file.options & FILE_WRITE_THROUGH))
        return status;
    return file_flush(machine, object);
}

static ntstatus_t transfer(struct nt_call *call, enum direction direction)
{
    struct request request = {.call = call, .direction = direction};
    ntstatus_t status;
    if ((status = check_object(&request)) != STATUS_SUCCESS || (status = check_event(call)) != STATUS_SUCCESS ||
        (status = nt_output_io(call, call->arguments[4], &request.io_output)) != STATUS_SUCCESS)
        return status;
    uint64_t done = nt_resume(call);
    if ((status = find_offset(&request, done)) != STATUS_SUCCESS)
        return status;
    struct chunk chunk = {0, STATUS_SUCCESS};
    if (done < nt_ulong(call, 6)) {
        do {
            chunk = next_chunk(&request, done);
            done += chunk.done;
        } while (wants_more(&request, &chunk, done));
    }
    if (chunk.status == STATUS_SUCCESS)
        chunk.status = write_through(&request, done);
    if (chunk.status == STATUS_MM_WAIT)
        return nt_suspend(call, done);
    if (chunk.status == STATUS_END_OF_FILE && done)
        chunk.status = STATUS_SUCCESS; /* the next read finds the end */
    return finish(&request, chunk.status, done);
}

ntstatus_t nt_read_file(struct nt_call *call)
{
    return transfer(call, TRANSFER_READ);
}

ntstatus_t nt_write_file(struct nt_call *call)
{
    return transfer(call, TRANSFER_WRITE);
}
