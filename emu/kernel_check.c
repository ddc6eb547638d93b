/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_check.c - the laws of processes, threads, queues and handles, re-derived from the structures themselves.
 *
 *   - a thread is in the queue of its priority exactly while it is READY; the summary says which queues have any;
 *   - at most one thread is RUNNING, and it is machine.thread;
 *   - a thread that waits is in the queue of each object that it waits for, unless it is suspended meanwhile; and
 * nothing that it waits for is there to be taken;
 *   - what is due is in order;
 *   - a mutant has an owner exactly while its signal is below 1, and is in that owner's list;
 *   - a file's node and mm's name for its data say so of each other;
 *   - a thread in TRANSITION is in the swapper's queue, and needs it; no other one is there;
 *   - objects that a thread's service holds while it waits are there, and of a file it has the turn that it believes
 * to have;
 *   - counts are what they count: threads of a process, live threads, handles of a table and of an object. */
#include "emu/machine_internal.h"
#include "emu/nt/file.h"

enum { FEW_HANDLES = 512 }; /* so many are compared each with each */

static const char *check_queues(const struct machine *machine)
{
    const struct sched *sched = &machine->sched;
    for (int level = 0; level < PRIORITY_LEVELS; level++) {
        const struct thread *before = NULL;
        if ((sched->first[level] != NULL) != (sched->summary >> level & 1))
            return "the summary of the ready queues is wrong";
        for (const struct thread *thread = sched->first[level]; thread; thread = thread->sched.next) {
            if (thread->sched.state != THREAD_READY || thread->sched.priority != level)
                return "a ready queue holds a thread that is not ready, or of another priority";
            if (thread->sched.previous != before)
                return "a ready queue is not linked both ways";
            before = thread;
        }
        if (sched->last[level] != before)
            return "a ready queue does not know its end";
    }
    return NULL;
}

static bool is_queued(const struct sched *sched, const struct thread *wanted)
{
    const struct thread *thread = sched->first[wanted->sched.priority];
    while (thread && thread != wanted)
        thread = thread->sched.next;
    return thread;
}

static const char *check_due(const struct machine *machine)
{
    const struct due *before = NULL;
    for (const struct due *due = machine->sched.due.first; due; before = due, due = due->next)
        if (!due->queued || due->previous != before || (before && before->when > due->when))
            return "what is due is out of order";
    return machine->sched.due.last == before ? NULL : "the queue of what is due does not know its end";
}

/* --- Waits --------------------------------------------------------------------------------------------------- */

static const char *check_block(const struct wait_block *block, const struct thread *thread)
{
    const struct wait_block *other;
    if (block->thread != thread || !block->head)
        return "a wait block is another thread's, or in no queue";
    for (other = block->head->first; other && other != block; other = other->next)
        if (other->next && other->next->previous != other)
            return "an object's queue is not linked both ways";
    return other ? NULL : "a wait block is not in the queue of its object";
}

/* Would the wait be over if it began now? */
static bool is_satisfied(const struct thread *thread)
{
    const struct thread_wait *wait = &thread->wait;
    unsigned ready = 0;
    for (unsigned i = 0; i < wait->count; i++)
        ready += wait_is_signalled(wait->blocks[i].object, thread);
    return wait->kind == WAIT_ANY ? ready > 0 : ready == wait->count;
}

static const char *check_wait(const struct thread *thread)
{
    const struct thread_wait *wait = &thread->wait;
    if (wait->kind == WAIT_NONE)
        return "a thread waits for nothing";
    if (wait->parked)
        return thread->suspend_count > 0 && !wait->due.queued ? NULL : "a parked wait of a thread that may run";
    bool of_kernel = wait->kind == WAIT_PAGE || wait->kind == WAIT_TURN || wait->kind == WAIT_LOCK;
    if (thread->suspend_count > 0 && wait->kind != WAIT_SUSPENDED && !of_kernel)
        return "a suspended thread waits as if it were not";
    if (wait->kind == WAIT_SUSPENDED)
        return thread->suspend_count > 0 ? NULL : "a thread stays suspended for no reason";
    for (unsigned i = 0; i < wait->count; i++) {
        const char *broken = check_block(&wait->blocks[i], thread);
        if (broken)
            return broken;
    }
    if (wait->kind == WAIT_TURN)
        return NULL; /* check_repetition() */
    if (wait->kind == WAIT_LOCK)
        return file_check_waiter(thread);
    if (wait->kind != WAIT_PAGE && wait->timed != wait->due.queued)
        return "a timeout is not in its queue";
    bool objects = wait->kind == WAIT_ANY || wait->kind == WAIT_ALL;
    return objects && is_satisfied(thread) ? "a thread waits for what is there" : NULL;
}

/* --- Threads and processes ----------------------------------------------------------------------------------- */

static const char *check_mutants(const struct thread *thread)
{
    const struct object *before = NULL;
    for (const struct object *mutant = thread->mutants; mutant; mutant = mutant->mutant.next) {
        if (mutant->mutant.owner != thread || mutant->wait.signal > 0 || mutant->mutant.previous != before)
            return "a thread's list of mutants is wrong";
        before = mutant;
    }
    return NULL;
}

/* Its service that had to wait. */
static const char *check_repetition(const struct thread *thread)
{
    const struct repetition *repetition = &thread->repetition;
    if (repetition->kept_count > (repetition->service ? repetition->found_count : 0))
        return "a thread holds objects for no service";
    for (unsigned i = 0; i < repetition->kept_count; i++)
        if (repetition->found[i].entry.object->references == 0)
            return "a thread's service holds an object that has gone";
    return file_check_turn(thread);
}

static bool awaits_swapper(const struct machine *machine, const struct thread *wanted)
{
    const struct thread *thread = machine->swapper.first;
    while (thread && thread != wanted)
        thread = thread->kernel_stack.next;
    return thread;
}

static const char *check_stack(const struct machine *machine, const struct thread *thread)
{
    bool transition = thread->sched.state == THREAD_TRANSITION;
    if (transition != awaits_swapper(machine, thread))
        return "a thread in transition is not in the swapper's queue, or another one is";
    if (!thread->kernel_stack.stack)
        return "a thread has no kernel stack";
    if (swapper_must_bring(thread) && !transition && thread->sched.state != THREAD_WAITING &&
        thread->sched.state != THREAD_INITIALIZED)
        return "a thread runs, or may, and its kernel stack or its process is out of memory";
    return NULL;
}

static const char *check_thread(const struct machine *machine, const struct thread *thread)
{
    const char *broken = check_mutants(thread);
    if (broken || (broken = check_stack(machine, thread)) || (broken = check_repetition(thread)))
        return broken;
    if ((thread->sched.state == THREAD_READY) != is_queued(&machine->sched, thread))
        return "a ready thread is in no queue, or another one is";
    switch (thread->sched.state) {
    case THREAD_WAITING: return check_wait(thread);
    case THREAD_RUNNING: return machine->thread == thread ? NULL : "two threads run";
    case THREAD_READY: return thread_is_held(thread) ? "a suspended thread is ready" : NULL;
    case THREAD_INITIALIZED:
    case THREAD_TRANSITION: return NULL;
    case THREAD_DEFERRED_READY:
    case THREAD_STANDBY:
    case THREAD_TERMINATED:
    case THREAD_STATE_COUNT: break;
    }
    return "a thread of a process has ended, or stays on its way to the CPU";
}

/* Handles to the object, of all processes. */
static uint32_t count_handles(const struct machine *machine, const struct object *object)
{
    uint32_t count = 0;
    for (const struct process *process = machine->first_process; process; process = process->next)
        for (uint32_t i = 0; i < process->handles.room; i++)
            count += process->handles.entries[i].object == object;
    return count;
}

static const char *check_handles(const struct machine *machine)
{
    uint32_t all = 0;
    for (const struct process *process = machine->first_process; process; process = process->next) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < process->handles.room; i++) {
            const struct object *object = process->handles.entries[i].object;
            count += object != NULL;
            if (object && i < process->handles.first_free && object->references < object->handles)
                return "an object has fewer references than handles";
            if (!object && i < process->handles.first_free)
                return "a handle table has a free entry where it knows of none";
            if (object && machine->objects.handle_count <= FEW_HANDLES &&
                count_handles(machine, object) != object->handles)
                return "an object has another number of handles than it knows";
        }
        if (count != process->handles.count)
            return "a handle table has another number of handles than it knows";
        all += count;
    }
    return all == machine->objects.handle_count ? NULL : "the tables have another number of handles than is known";
}

const char *kernel_check(const struct machine *machine)
{
    const char *broken;
    uint32_t all = 0;
    if ((broken = check_queues(machine)) || (broken = check_due(machine)) || (broken = check_handles(machine)) ||
        (broken = mapped_check(machine)) || (broken = cache_check(machine)))
        return broken;
    for (const struct process *process = machine->first_process; process; process = process->next) {
        uint32_t count = 0;
        for (const struct thread *thread = process->first; thread; thread = thread->next, count++)
            if (thread->process != process || (broken = check_thread(machine, thread)))
                return broken ? broken : "a process lists another's thread";
        if (count != process->thread_count || (count > 0) != (process->life == PROCESS_ALIVE))
            return "a process has another number of threads than it knows";
        all += count;
    }
    return all == machine->live_threads ? NULL : "the processes have another number of threads than is known";
}
