/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.c - see wait.h. */
#include "emu/wait.h"

#include <assert.h>

#include "emu/machine_internal.h"

/* --- Queues of objects --------------------------------------------------------------------------------------- */

static void link_block(struct thread *thread, struct wait_block *block, struct object *object)
{
    struct dispatcher *head = &object->wait;
    *block = (struct wait_block){.head = head, .object = object_keep(object), .thread = thread, .previous = head->last};
    *(head->last ? &head->last->next : &head->first) = block;
    head->last = block;
}

static void unlink_block(struct machine *machine, struct wait_block *block)
{
    struct object *object = block->object;
    struct dispatcher *head = block->head;
    if (head) { /* a parked wait is in no queue, but keeps its objects */
        *(block->previous ? &block->previous->next : &head->first) = block->next;
        *(block->next ? &block->next->previous : &head->last) = block->previous;
    }
    block->head = NULL;
    block->object = NULL;
    if (object)
        object_release(&machine->objects, object);
}

static void leave_queues(struct machine *machine, struct thread *thread)
{
    struct thread_wait *wait = &thread->wait;
    due_remove(&machine->sched.due, &wait->due);
    for (unsigned i = 0; i < wait->count; i++)
        unlink_block(machine, &wait->blocks[i]);
    wait->count = 0;
}

/* --- What a wait takes --------------------------------------------------------------------------------------- */

bool wait_is_possible(const struct object *object)
{
    switch (object->type) {
    case OBJECT_CONSOLE:
    case OBJECT_NUL:
    case OBJECT_FILE:
    case OBJECT_EVENT:
    case OBJECT_MUTANT:
    case OBJECT_SEMAPHORE:
    case OBJECT_TIMER:
    case OBJECT_PROCESS:
    case OBJECT_THREAD:
    case OBJECT_JOB: return true;
    case OBJECT_NONE:
    case OBJECT_SECTION:
    case OBJECT_KEYED_EVENT:
    case OBJECT_TOKEN:
    case OBJECT_DIRECTORY:
    case OBJECT_LINK:
    case OBJECT_TYPE_COUNT: break;
    }
    return false;
}

bool wait_is_signalled(const struct object *object, const struct thread *thread)
{
    switch (object->type) {
    case OBJECT_CONSOLE:
    case OBJECT_NUL:
    case OBJECT_FILE: return true; /* all I/O is done when its service returns */
    case OBJECT_MUTANT: return object->wait.signal > 0 || object->mutant.owner == thread;
    case OBJECT_EVENT:
    case OBJECT_SEMAPHORE:
    case OBJECT_TIMER:
    case OBJECT_PROCESS:
    case OBJECT_THREAD:
    case OBJECT_JOB: return object->wait.signal > 0;
    case OBJECT_NONE:
    case OBJECT_SECTION:
    case OBJECT_KEYED_EVENT:
    case OBJECT_TOKEN:
    case OBJECT_DIRECTORY:
    case OBJECT_LINK:
    case OBJECT_TYPE_COUNT: break;
    }
    return false;
}

/* => STATUS_SUCCESS, STATUS_ABANDONED_WAIT_0. */
static ntstatus_t take(struct object *object, struct thread *thread)
{
    switch (object->type) {
    case OBJECT_EVENT:
        if (object->event.type == EVENT_SYNCHRONIZATION)
            object->wait.signal = 0;
        return STATUS_SUCCESS;
    case OBJECT_TIMER:
        if (object->timer.synchronization)
            object->wait.signal = 0;
        return STATUS_SUCCESS;
    case OBJECT_SEMAPHORE: object->wait.signal--; return STATUS_SUCCESS;
    case OBJECT_MUTANT: {
        bool abandoned = object->mutant.abandoned;
        mutant_acquire(object, thread);
        return abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
    }
    case OBJECT_CONSOLE:
    case OBJECT_NUL:
    case OBJECT_FILE:
    case OBJECT_PROCESS:
    case OBJECT_THREAD:
    case OBJECT_NONE:
    case OBJECT_SECTION:
    case OBJECT_KEYED_EVENT:
    case OBJECT_TOKEN:
    case OBJECT_JOB:
    case OBJECT_DIRECTORY:
    case OBJECT_LINK:
    case OBJECT_TYPE_COUNT: break;
    }
    return STATUS_SUCCESS;
}

/* A mutant that its owner has taken too often. */
static bool is_exhausted(const struct object *object, const struct thread *thread)
{
    return object->type == OBJECT_MUTANT && object->mutant.owner == thread && object->wait.signal == INT32_MIN;
}

/* Take what the wait is for, if it is all there.  => false: not yet. */
static bool try_objects(struct thread *thread, enum wait_kind kind, struct object *const *objects, unsigned count,
                        ntstatus_t *ret_status)
{
    unsigned ready = 0, at = 0;
    for (unsigned i = count; i-- > 0;) {
        if (!wait_is_signalled(objects[i], thread))
            continue;
        ready++;
        at = i;
        if (is_exhausted(objects[i], thread)) {
            *ret_status = STATUS_MUTANT_LIMIT_EXCEEDED;
            return true;
        }
    }
    if (kind == WAIT_ANY) {
        if (ready > 0)
            *ret_status = take(objects[at], thread) + at;
        return ready > 0;
    }
    if (ready < count)
        return false;
    *ret_status = STATUS_SUCCESS;
    for (unsigned i = 0; i < count; i++)
        if (take(objects[i], thread) == STATUS_ABANDONED_WAIT_0)
            *ret_status = STATUS_ABANDONED_WAIT_0;
    return true;
}

/* --- Keyed events -------------------------------------------------------------------------------------------- */

static struct thread *find_partner(const struct object *event, enum wait_kind kind, uint64_t key,
                                   const struct process *process)
{
    enum wait_kind wanted = kind == WAIT_KEY ? WAIT_KEY_RELEASE : WAIT_KEY;
    for (const struct wait_block *block = event->wait.first; block; block = block->next) {
        struct thread *thread = block->thread;
        if (thread->wait.kind == wanted && thread->wait.key == key && thread->process == process)
            return thread;
    }
    return NULL;
}

/* --- Waiting ------------------------------------------------------------------------------------------------- */

/* Is it over, with the thread as it stands? */
static bool try_wait(struct machine *machine, struct thread *thread, const struct wait_request *request,
                     ntstatus_t *ret_status)
{
    switch (request->kind) {
    case WAIT_ANY:
    case WAIT_ALL:
        if (try_objects(thread, request->kind, request->objects, request->count, ret_status))
            return true;
        break;
    case WAIT_KEY:
    case WAIT_KEY_RELEASE: {
        struct thread *partner = find_partner(request->objects[0], request->kind, request->key, thread->process);
        if (!partner)
            break;
        wait_finish(machine, partner, STATUS_SUCCESS, 1);
        *ret_status = STATUS_SUCCESS;
        return true;
    }
    case WAIT_NONE:
    case WAIT_DELAY:
    case WAIT_PAGE:
    case WAIT_TURN:
    case WAIT_LOCK:
    case WAIT_DAEMON:
    case WAIT_SUSPENDED: break;
    }
    if (request->alertable && thread->alerted) {
        thread->alerted = false;
        *ret_status = STATUS_ALERTED;
        return true;
    }
    if (request->alertable && thread->apcs) {
        thread->apc_pending = true;
        *ret_status = STATUS_USER_APC;
        return true;
    }
    if (request->timed && request->when <= machine->clock.now) {
        *ret_status = request->kind == WAIT_DELAY ? STATUS_SUCCESS : STATUS_TIMEOUT;
        return true;
    }
    return false;
}

static enum wait_reason reason_of(enum wait_kind kind)
{
    switch (kind) {
    case WAIT_DELAY: return REASON_DELAY_EXECUTION;
    case WAIT_KEY:
    case WAIT_KEY_RELEASE: return REASON_KEYED_EVENT;
    case WAIT_PAGE: return REASON_PAGE_IN;
    case WAIT_TURN:
    case WAIT_LOCK:
    case WAIT_DAEMON: return REASON_EXECUTIVE;
    case WAIT_SUSPENDED: return REASON_SUSPENDED;
    case WAIT_NONE:
    case WAIT_ANY:
    case WAIT_ALL: break;
    }
    return REASON_USER_REQUEST;
}

static void join_queues(struct machine *machine, struct thread *thread, const struct wait_request *request)
{
    struct thread_wait *wait = &thread->wait;
    wait->kind = request->kind;
    wait->reason = reason_of(request->kind);
    wait->alertable = request->alertable;
    wait->timed = request->timed;
    wait->parked = false;
    wait->key = request->key;
    wait->service = request->service;
    wait->count = request->count;
    for (unsigned i = 0; i < request->count; i++)
        link_block(thread, &wait->blocks[i], request->objects[i]);
    wait->due.kind = DUE_WAIT;
    wait->due.when = request->when;
    if (request->timed)
        due_insert(&machine->sched.due, &wait->due, request->when);
}

ntstatus_t wait_begin(struct machine *machine, const struct wait_request *request)
{
    struct thread *thread = machine->thread;
    ntstatus_t status;
    if (try_wait(machine, thread, request, &status))
        return status;
    join_queues(machine, thread, request);
    sched_set_state(machine, thread, THREAD_WAITING);
    return STATUS_KERNEL_WAITS;
}

void wait_finish(struct machine *machine, struct thread *thread, ntstatus_t status, int increment)
{
    leave_queues(machine, thread);
    thread->wait.status = status;
    thread->result_due = true;
    sched_boost(thread, increment);
    sched_ready(machine, thread);
}

void wait_cancel(struct machine *machine, struct thread *thread)
{
    leave_queues(machine, thread);
    thread->wait.kind = WAIT_NONE;
    thread->wait.parked = false;
}

void wait_signal(struct machine *machine, struct object *object, int increment)
{
    object_keep(object); /* the last waiter's reference may be the last one */
    for (struct wait_block *block = object->wait.first; block;) {
        struct thread *thread = block->thread;
        struct thread_wait *wait = &thread->wait;
        struct object *objects[MAXIMUM_WAIT_OBJECTS];
        ntstatus_t status;
        if (!wait_is_signalled(object, thread))
            break;
        for (unsigned i = 0; i < wait->count; i++)
            objects[i] = wait->blocks[i].object;
        if (try_objects(thread, wait->kind, objects, wait->count, &status)) {
            wait_finish(machine, thread, status, increment);
            block = object->wait.first; /* others of its blocks may have been in this queue */
        } else {
            block = block->next;
        }
    }
    object_release(&machine->objects, object);
}

void wait_interrupt(struct machine *machine, struct thread *thread)
{
    struct thread_wait *wait = &thread->wait;
    if (thread->sched.state != THREAD_WAITING || !wait->alertable || wait->parked || wait->kind == WAIT_NONE ||
        wait->kind == WAIT_PAGE || wait->kind == WAIT_TURN || wait->kind == WAIT_LOCK || wait->kind == WAIT_SUSPENDED)
        return;
    if (thread->alerted) {
        thread->alerted = false;
        wait_finish(machine, thread, STATUS_ALERTED, 0);
    } else if (thread->apcs) {
        thread->apc_pending = true;
        wait_finish(machine, thread, STATUS_USER_APC, 0);
    }
}

/* --- Suspended meanwhile ------------------------------------------------------------------------------------- */

void wait_park(struct machine *machine, struct thread *thread)
{
    struct thread_wait *wait = &thread->wait;
    if (wait->parked || wait->kind == WAIT_PAGE || wait->kind == WAIT_TURN || wait->kind == WAIT_LOCK ||
        wait->kind == WAIT_SUSPENDED)
        return; /* a page, a turn or a lock comes whatever happens; then the thread stops */
    struct object *objects[MAXIMUM_WAIT_OBJECTS];
    unsigned count = wait->count;
    for (unsigned i = 0; i < count; i++)
        objects[i] = object_keep(wait->blocks[i].object);
    leave_queues(machine, thread);
    for (unsigned i = 0; i < count; i++) /* the references stay, for the time when it is resumed */
        wait->blocks[i].object = objects[i];
    wait->count = count;
    wait->parked = true;
}

void wait_unpark(struct machine *machine, struct thread *thread)
{
    struct thread_wait *wait = &thread->wait;
    struct object *objects[MAXIMUM_WAIT_OBJECTS];
    unsigned count = wait->count;
    ntstatus_t status;
    for (unsigned i = 0; i < count; i++)
        objects[i] = wait->blocks[i].object;
    struct wait_request request = {.kind = wait->kind,
                                   .alertable = wait->alertable,
                                   .timed = wait->timed,
                                   .when = wait->due.when,
                                   .key = wait->key,
                                   .count = count,
                                   .objects = objects,
                                   .service = wait->service};
    wait->parked = false;
    wait->count = 0;
    bool over = try_wait(machine, thread, &request, &status);
    if (!over)
        join_queues(machine, thread, &request);
    for (unsigned i = 0; i < count; i++)
        object_release(&machine->objects, objects[i]);
    if (over)
        wait_finish(machine, thread, status, 0);
}
