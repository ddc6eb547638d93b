/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_lock.c - ranges of bytes that are locked: NtLockFile, NtUnlockFile, and what they forbid.
 *
 * The rules are LockFileEx's and UnlockFileEx's: a lock belongs to the open, the process and the key that made it.  An
 * exclusive one overlaps no other; a shared one may overlap shared ones, and its owner's exclusive one.  Nobody writes
 * where a shared lock is, nobody but the owner reads or writes where an exclusive one is.
 *
 * A lock that must be waited for is queued at its file, and the thread waits (WAIT_LOCK) within NtLockFile.  Who gives
 * locks back grants those that are waited for, in their order; the thread's service is then called again and finds
 * its lock granted.  All I/O here is done when its service returns: asynchronous opens wait, too. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

struct range {
    uint64_t first, last; /* last < first: no bytes */
    const struct object *owner;
    uint32_t process, key;
};

static bool overlaps(const struct file_lock *lock, const struct range *range)
{
    return lock->first <= lock->last && range->first <= range->last && lock->first <= range->last &&
           range->first <= lock->last;
}

static bool owns(const struct file_lock *lock, const struct range *range)
{
    return lock->owner == range->owner && lock->process == range->process && lock->key == range->key;
}

/* => false: the bytes are more than there can be. */
static bool make_range(const struct machine *machine, const struct object *object, uint64_t offset, uint64_t length,
                       uint32_t key, struct range *ret_range)
{
    *ret_range = (struct range){offset, offset + length - 1, object, machine->thread->process->id, key};
    if (length == 0) {
        ret_range->first = 1;
        ret_range->last = 0;
        return true;
    }
    return length - 1 <= UINT64_MAX - offset;
}

ntstatus_t file_check_locks(const struct machine *machine, const struct object *object, enum file_transfer transfer,
                            uint64_t offset, uint64_t length, uint32_t key)
{
    struct range range;
    if (!object->file.node || !object->file.node->locks || !length)
        return STATUS_SUCCESS;
    make_range(machine, object, offset, length, key, &range);
    for (const struct file_lock *lock = object->file.node->locks; lock; lock = lock->next) {
        if (!overlaps(lock, &range))
            continue;
        if (lock->exclusive ? !owns(lock, &range) : transfer == FILE_TRANSFER_WRITE)
            return STATUS_FILE_LOCK_CONFLICT;
    }
    return STATUS_SUCCESS;
}

/* --- Waiting ------------------------------------------------------------------------------------------------------ */

static bool is_free(const struct file_node *node, const struct range *range, bool exclusive)
{
    for (const struct file_lock *lock = node->locks; lock; lock = lock->next)
        if (overlaps(lock, range) && (exclusive || (lock->exclusive && !owns(lock, range))))
            return false;
    return true;
}

static struct range range_of(const struct file_lock *lock)
{
    return (struct range){lock->first, lock->last, lock->owner, lock->process, lock->key};
}

static bool is_grantable(const struct file_node *node, const struct file_lock *lock)
{
    const struct range range = range_of(lock);
    return is_free(node, &range, lock->exclusive);
}

/* The thread's service is called again, and hands the answer on. */
static void answer(struct machine *machine, struct file_lock *lock, enum lock_answer how)
{
    struct thread *thread = lock->waiter;
    lock->waiter = NULL;
    thread->lock = NULL;
    thread->lock_answer = how;
    if (thread->wait.kind != WAIT_LOCK || machine->next == MACHINE_OVER)
        return; /* it has not come so far, or never will */
    wait_cancel(machine, thread);
    sched_boost(thread, 1);
    sched_ready(machine, thread);
}

/* Locks have gone: who waits for them gets them, in the order of asking. */
static void grant_waiting(struct machine *machine, struct file_node *node)
{
    for (struct file_lock **at = &node->waiting; *at;) {
        struct file_lock *lock = *at;
        if (!is_grantable(node, lock)) {
            at = &lock->next;
            continue;
        }
        *at = lock->next;
        lock->next = node->locks;
        node->locks = lock;
        answer(machine, lock, LOCK_GRANTED);
    }
}

/* Those of a list that are the open's and the process's (0: any). */
static void drop_from(struct machine *machine, struct file_lock **at, const struct object *object, uint32_t process)
{
    while (*at) {
        struct file_lock *lock = *at;
        if (lock->owner != object || (process && lock->process != process)) {
            at = &lock->next;
            continue;
        }
        *at = lock->next;
        if (lock->waiter)
            answer(machine, lock, LOCK_CLOSED);
        pool_give(&machine->file_table.locks, lock);
    }
}

void file_drop_locks(struct machine *machine, struct object *object, uint32_t process)
{
    struct file_node *node = object->file.node;
    if (!node->locks && !node->waiting)
        return;
    drop_from(machine, &node->waiting, object, process);
    drop_from(machine, &node->locks, object, process);
    grant_waiting(machine, node);
}

void file_handle_closed(void *context, const struct handle_table *handles, struct object *object)
{
    const struct file_node *node = object->type == OBJECT_FILE ? object->file.node : NULL;
    if (!node || (!node->locks && !node->waiting))
        return;
    for (uint32_t i = 0; i < handles->room; i++)
        if (handles->entries[i].object == object)
            return;
    const struct process *process = (const struct process *)((const char *)handles - offsetof(struct process, handles));
    file_drop_locks(context, object, process->id);
}

bool file_wait_for_lock(struct machine *machine, struct thread *thread)
{
    if (!thread->lock_asked)
        return false;
    thread->lock_asked = false;
    if (!thread->lock)
        return true; /* it was answered on the way here */
    thread->wait.kind = WAIT_LOCK;
    thread->wait.reason = REASON_EXECUTIVE;
    thread->wait.alertable = thread->wait.timed = thread->wait.parked = false;
    thread->wait.count = 0;
    thread->wait.service = "NtLockFile";
    sched_set_state(machine, thread, THREAD_WAITING);
    return true;
}

void file_leave_lock(struct machine *machine, struct thread *thread)
{
    struct file_lock *lock = thread->lock;
    thread->lock = NULL;
    if (!lock)
        return;
    struct file_lock **at = &lock->owner->file.node->waiting;
    while (*at != lock)
        at = &(*at)->next;
    *at = lock->next;
    pool_give(&machine->file_table.locks, lock);
}

void file_describe_wait(const struct machine *machine, const struct thread *thread, char text[LOCK_TEXT_MAX])
{
    const struct file_lock *wanted = thread->lock, *holder = wanted->owner->file.node->locks;
    const struct range range = range_of(wanted);
    while (holder &&
           (!overlaps(holder, &range) || (!wanted->exclusive && (!holder->exclusive || owns(holder, &range)))))
        holder = holder->next;
    const struct process *process = holder ? process_of_id(machine, holder->process) : NULL;
    snprintf(text, LOCK_TEXT_MAX,
             "NtLockFile: bytes %" PRIu64 " to %" PRIu64 " of %.80s are locked, by %.80s through %s handle",
             wanted->first, wanted->last, wanted->owner->name, process_name(machine, process),
             holder && holder->owner == wanted->owner ? "the same" : "another");
}

const char *file_check_waiter(const struct thread *thread)
{
    const struct file_lock *lock = thread->lock;
    if (!lock || lock->waiter != thread)
        return "a thread waits for a lock that it has not asked for";
    return is_grantable(lock->owner->file.node, lock) ? "a thread waits for a lock that nothing forbids" : NULL;
}

/* --- Services
 * ------------------------------------------------------------------------------------------------------------ */

static ntstatus_t lockable(struct nt_call *call, struct object **ret_object)
{
    uint32_t access;
    ntstatus_t status = file_of_handle(call, 0, ret_object, &access);
    if (status != STATUS_SUCCESS)
        return status;
    if ((*ret_object)->type != OBJECT_FILE || !(*ret_object)->file.node)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!(access & (FILE_READ_DATA | FILE_WRITE_DATA)))
        return STATUS_ACCESS_DENIED;
    return (*ret_object)->file.directory ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* The range that two LARGE_INTEGERs say. */
static ntstatus_t capture_range(struct nt_call *call, unsigned index, const struct object *object, uint32_t key,
                                struct range *ret_range)
{
    uint64_t offset, length;
    ntstatus_t status;
    if ((status = guest_read(call->machine, call->arguments[index], &offset, 8)) != STATUS_SUCCESS ||
        (status = guest_read(call->machine, call->arguments[index + 1], &length, 8)) != STATUS_SUCCESS)
        return status;
    return make_range(call->machine, object, offset, length, key, ret_range) ? STATUS_SUCCESS
                                                                             : STATUS_INVALID_LOCK_RANGE;
}

struct lock_request {
    struct object *object;
    struct range range;
    bool exclusive, fail_at_once;
};

static ntstatus_t plan_lock(struct nt_call *call, struct lock_request *request, unsigned *ret_io_output)
{
    ntstatus_t status;
    request->fail_at_once = call->arguments[8] & 0xFF;
    request->exclusive = call->arguments[9] & 0xFF;
    if ((status = lockable(call, &request->object)) != STATUS_SUCCESS ||
        (status = nt_output_io(call, call->arguments[4], ret_io_output)) != STATUS_SUCCESS)
        return status;
    return capture_range(call, 5, request->object, nt_ulong(call, 7), &request->range);
}

/* => STATUS_LOCK_NOT_GRANTED; STATUS_MM_WAIT: the thread is queued for it. */
static ntstatus_t ask_for_lock(struct nt_call *call, const struct lock_request *request)
{
    struct thread *thread = call->machine->thread;
    struct file_node *node = request->object->file.node;
    const struct range *range = &request->range;
    bool is_now = is_free(node, range, request->exclusive);
    if (!is_now && request->fail_at_once)
        return STATUS_LOCK_NOT_GRANTED;
    struct file_lock *lock = pool_take(&call->machine->file_table.locks);
    if (!lock)
        return STATUS_INSUFFICIENT_RESOURCES;
    *lock = (struct file_lock){.first = range->first,
                               .last = range->last,
                               .owner = request->object,
                               .process = range->process,
                               .key = range->key,
                               .exclusive = request->exclusive};
    if (is_now) {
        lock->next = node->locks;
        node->locks = lock;
        return STATUS_SUCCESS;
    }
    struct file_lock **end = &node->waiting;
    while (*end)
        end = &(*end)->next;
    *end = lock;
    lock->waiter = thread;
    thread->lock = lock;
    thread->lock_asked = true;
    thread->lock_answer = LOCK_UNANSWERED;
    return nt_suspend(call, 1);
}

/* Arguments: 0 file 1 event 2 apc 3 its context 4 iosb 5 *offset 6 *length 7 key 8 fail at once 9 exclusive. */
ntstatus_t nt_lock_file(struct nt_call *call)
{
    struct thread *thread = call->machine->thread;
    bool waited = nt_resume(call);
    unsigned io_output;
    struct lock_request request;
    if (waited && thread->lock_answer == LOCK_CLOSED)
        return STATUS_INVALID_HANDLE; /* while it waited */
    if (waited && thread->lock) {
        thread->lock_asked = true; /* woken for nothing */
        return nt_suspend(call, 1);
    }
    ntstatus_t status = plan_lock(call, &request, &io_output);
    if (status == STATUS_MM_WAIT)
        return waited ? nt_suspend(call, 1) : status;
    if (status == STATUS_SUCCESS && !waited)
        status = ask_for_lock(call, &request);
    if (status != STATUS_SUCCESS)
        return status; /* a lock that was waited for stays, as on NT */
    nt_put_io(call, io_output, STATUS_SUCCESS, 0);
    file_signal_event(call);
    return STATUS_SUCCESS;
}

/* The exclusive one first, where there are both. */
static struct file_lock **find_lock(struct file_node *node, const struct range *range)
{
    struct file_lock **found = NULL;
    for (struct file_lock **at = &node->locks; *at; at = &(*at)->next)
        if ((*at)->first == range->first && (*at)->last == range->last && owns(*at, range) &&
            (!found || (*at)->exclusive))
            found = at;
    return found;
}

/* Arguments: 0 file 1 iosb 2 *offset 3 *length 4 key. */
ntstatus_t nt_unlock_file(struct nt_call *call)
{
    struct object *object;
    struct range range;
    unsigned io_output;
    ntstatus_t status;
    if ((status = lockable(call, &object)) != STATUS_SUCCESS ||
        (status = nt_output_io(call, call->arguments[1], &io_output)) != STATUS_SUCCESS ||
        (status = capture_range(call, 2, object, nt_ulong(call, 4), &range)) != STATUS_SUCCESS)
        return status;
    struct file_lock **at = find_lock(object->file.node, &range), *lock = at ? *at : NULL;
    if (!lock)
        return STATUS_RANGE_NOT_LOCKED;
    *at = lock->next;
    pool_give(&call->machine->file_table.locks, lock);
    grant_waiting(call->machine, object->file.node);
    return file_answer_nothing(call, io_output);
}
