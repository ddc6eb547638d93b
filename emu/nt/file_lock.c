/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_lock.c - ranges of bytes that are locked: NtLockFile, NtUnlockFile, and what they forbid.
 *
 * The rules are LockFileEx's and UnlockFileEx's: a lock belongs to the open, the process and the key that made it.  An
 * exclusive one overlaps no other; a shared one may overlap shared ones, and its owner's exclusive one.  Nobody writes
 * where a shared lock is, nobody but the owner reads or writes where an exclusive one is. */
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

void file_drop_locks(struct machine *machine, struct object *object)
{
    struct file_lock **at = &object->file.node->locks;
    while (*at) {
        struct file_lock *lock = *at;
        if (lock->owner == object) {
            *at = lock->next;
            pool_give(&machine->file_table.locks, lock);
        } else {
            at = &lock->next;
        }
    }
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

static bool is_free(const struct file_node *node, const struct range *range, bool exclusive)
{
    for (const struct file_lock *lock = node->locks; lock; lock = lock->next)
        if (overlaps(lock, range) && (exclusive || (lock->exclusive && !owns(lock, range))))
            return false;
    return true;
}

/* Arguments: 0 file 1 event 2 apc 3 its context 4 iosb 5 *offset 6 *length 7 key 8 fail at once 9 exclusive. */
ntstatus_t nt_lock_file(struct nt_call *call)
{
    struct object *object;
    struct range range;
    unsigned io_output;
    bool exclusive = call->arguments[9] & 0xFF;
    ntstatus_t status;
    if ((status = lockable(call, &object)) != STATUS_SUCCESS ||
        (status = nt_output_io(call, call->arguments[4], &io_output)) != STATUS_SUCCESS ||
        (status = capture_range(call, 5, object, nt_ulong(call, 7), &range)) != STATUS_SUCCESS)
        return status;
    struct file_node *node = object->file.node;
    if (!is_free(node, &range, exclusive))
        return call->arguments[8] & 0xFF ? STATUS_LOCK_NOT_GRANTED : nt_not_modelled(call, "waiting for a lock");
    struct file_lock *lock = pool_take(&call->machine->file_table.locks);
    if (!lock)
        return STATUS_INSUFFICIENT_RESOURCES;
    *lock = (struct file_lock){node->locks, range.first, range.last, object, range.process, range.key, exclusive};
    node->locks = lock;
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
    return file_answer_nothing(call, io_output);
}
