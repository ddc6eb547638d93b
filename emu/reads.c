/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reads.c - pages on their way from files into memory.
 *
 * The first fault on a page starts a read and waits; another thread's fault on the same page finds that read and waits
 * too.  When the read is done the threads run their instruction or service again, and whoever asks first for the page
 * takes it.  A read that nobody waits for any more is forgotten when it is done; of those whose threads have never come
 * back the oldest goes when there is no room.
 *
 * Until the program runs (machine.started) reads are done at once. */
#include <string.h>

#include "emu/machine_internal.h"

enum {
    READS_MAX = THREADS_MAX + 256,
    DISK_INCREMENT = 1, /* the boost for a read that is done: IO_DISK_INCREMENT */
};

enum read_state { READ_PENDING, READ_COMPLETE };

struct page_read {
    struct due due;
    struct page_read *next, *previous; /* all of them, oldest first */
    struct dispatcher done;            /* threads that wait */
    enum read_state state;
    bool wanted;  /* by somebody who is not in done */
    uint32_t key; /* mm's */
    struct mm_page_in request;
};

bool reads_open(struct machine *machine)
{
    return pool_open(&machine->reads.pool, sizeof(struct page_read), READS_MAX);
}

void reads_close(struct machine *machine)
{
    pool_close(&machine->reads.pool);
}

static bool same_request(const struct mm_page_in *a, const struct mm_page_in *b)
{
    return a->file == b->file && a->subsection == b->subsection && a->file_offset == b->file_offset &&
           a->image_page == b->image_page && a->image_base == b->image_base;
}

static void forget(struct machine *machine, struct page_read *read)
{
    struct reads *reads = &machine->reads;
    *(read->previous ? &read->previous->next : &reads->first) = read->next;
    *(read->next ? &read->next->previous : &reads->last) = read->previous;
    pool_give(&reads->pool, read);
}

/* => NULL: all places are taken by reads in flight. */
static struct page_read *new_read(struct machine *machine)
{
    struct reads *reads = &machine->reads;
    struct page_read *read = pool_take(&reads->pool);
    for (struct page_read *old = reads->first; !read && old; old = old->next) {
        if (old->state != READ_COMPLETE)
            continue;
        forget(machine, old);
        read = pool_take(&reads->pool);
        break;
    }
    if (!read)
        return NULL;
    read->previous = reads->last;
    *(reads->last ? &reads->last->next : &reads->first) = read;
    reads->last = read;
    return read;
}

static ntstatus_t begin(struct machine *machine, const struct mm_page_in *request)
{
    struct page_read *read = new_read(machine);
    if (!read)
        return STATUS_INSUFFICIENT_RESOURCES;
    read->request = *request;
    read->state = READ_PENDING;
    read->due.kind = DUE_PAGE_READ;
    due_insert(&machine->sched.due, &read->due, machine->clock.now + CLOCK_COST_PAGE_READ);
    machine->thread->wait.read = read;
    return STATUS_PENDING;
}

ntstatus_t reads_page_in(void *context, const struct mm_page_in *request, uint8_t *page)
{
    struct machine *machine = context;
    struct page_read *read = machine->reads.first;
    while (read && !same_request(&read->request, request))
        read = read->next;
    if (machine->started && !read)
        return begin(machine, request);
    if (read && read->state == READ_PENDING) {
        machine->thread->wait.read = read;
        return STATUS_PENDING;
    }
    if (read)
        forget(machine, read);
    if (request->file == 0 || request->file > machine->image_count)
        return STATUS_INVALID_DEVICE_REQUEST;
    return image_page_in(machine->images[request->file - 1].image, request, page);
}

/* The read that the thread asked for last, if it is still in flight. */
static struct page_read *asked_for(struct machine *machine, struct thread *thread)
{
    struct page_read *read = machine->reads.first;
    while (read && read != thread->wait.read)
        read = read->next;
    thread->wait.read = NULL;
    return read && read->state == READ_PENDING ? read : NULL;
}

void machine_wait(struct machine *machine)
{
    struct page_read *read = asked_for(machine, machine->thread);
    if (!read)
        return;
    read->wanted = true;
    read->key = mm_wait_key(machine->mm);
    if (read->due.when > machine->clock.now)
        machine_advance(machine, read->due.when - machine->clock.now);
}

bool reads_wait(struct machine *machine, struct thread *thread)
{
    struct page_read *read = asked_for(machine, thread);
    struct wait_block *block = &thread->wait.blocks[0];
    if (!read)
        return false;
    read->key = mm_wait_key(machine->mm);
    *block = (struct wait_block){.head = &read->done, .thread = thread, .previous = read->done.last};
    *(read->done.last ? &read->done.last->next : &read->done.first) = block;
    read->done.last = block;
    thread->wait.kind = WAIT_PAGE_READ;
    thread->wait.reason = REASON_PAGE_IN;
    thread->wait.count = 1;
    thread->wait.service = "a page read";
    sched_set_state(machine, thread, THREAD_WAITING);
    return true;
}

void reads_complete(struct machine *machine, struct due *due)
{
    struct page_read *read = (struct page_read *)due; /* its first member */
    struct wait_block *block = read->done.first;
    read->state = READ_COMPLETE;
    if (read->key)
        mm_page_in_done(machine->mm, read->key);
    if (!block && !read->wanted)
        forget(machine, read);
    for (struct wait_block *next; block; block = next) {
        next = block->next;
        struct thread *thread = block->thread;
        wait_cancel(machine, thread);
        sched_boost(thread, DISK_INCREMENT);
        sched_ready(machine, thread);
    }
}
