/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_turn.c - services on a synchronous open are done one after another.
 *
 * NT locks the file object of an open with FILE_SYNCHRONOUS_IO_* for each service on it, so that the file position is
 * one transfer's at a time.  Here nothing else runs within one attempt of a service: the open has to be locked only
 * while a service that has begun waits.  Its turn then passes on, in the order of asking, when the service is over or
 * given up.  A service has one turn at most, and a thread with one is not stopped by a suspension, so that each ends.
 */
#include "emu/machine_internal.h"

enum { SYNCHRONOUS = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT };

ntstatus_t file_take_turn(struct nt_call *call, struct object *file)
{
    struct thread *thread = call->machine->thread;
    if (file->type != OBJECT_FILE || !(file->file.options & SYNCHRONOUS))
        return STATUS_SUCCESS;
    if (file->file.turn && file->file.turn != thread) {
        thread->repetition.wants_turn = file;
        return STATUS_MM_WAIT;
    }
    thread->repetition.takes_turn = file;
    return STATUS_SUCCESS;
}

bool file_wait_for_turn(struct machine *machine, struct thread *thread)
{
    struct object *file = thread->repetition.wants_turn;
    struct wait_block *block = &thread->wait.blocks[0];
    thread->repetition.wants_turn = NULL;
    if (!file)
        return false;
    struct dispatcher *head = &file->file.waiting;
    *block = (struct wait_block){.head = head, .object = object_keep(file), .thread = thread, .previous = head->last};
    *(head->last ? &head->last->next : &head->first) = block;
    head->last = block;
    thread->wait.kind = WAIT_TURN;
    thread->wait.reason = REASON_EXECUTIVE;
    thread->wait.count = 1;
    thread->wait.service = "another thread's service on the same file handle";
    sched_set_state(machine, thread, THREAD_WAITING);
    return true;
}

void file_pass_turn(struct machine *machine, struct object *file)
{
    struct thread *next = file->file.waiting.first ? file->file.waiting.first->thread : NULL;
    file->file.turn = next;
    if (!next)
        return;
    next->repetition.turn = object_keep(file);
    wait_cancel(machine, next);
    sched_boost(next, 0);
    sched_ready(machine, next);
}

const char *file_check_turn(const struct thread *thread)
{
    const struct object *file = thread->repetition.turn;
    if (file && file->file.turn != thread)
        return "a thread believes to have the turn at a file that another one has, or nobody";
    if (file && !thread->repetition.service)
        return "a thread has the turn at a file, and is in no service";
    if (thread->sched.state != THREAD_WAITING || thread->wait.kind != WAIT_TURN)
        return NULL;
    const struct thread *holder = thread->wait.blocks[0].object->file.turn;
    return holder && holder != thread && holder->repetition.turn == thread->wait.blocks[0].object
               ? NULL
               : "a thread waits for its turn at a file that nobody has";
}
