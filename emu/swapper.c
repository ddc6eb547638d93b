/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapper.c - see swapper.h. */
#include "emu/swapper.h"

#include "emu/machine_internal.h"

#define SWAP_WAIT 15000000000ull      /* ns */
#define SWAP_WAIT_SMALL 3000000000ull /* of RAM below 12 MB */
#define SECOND 1000000000ull
#define PATIENCE (5 * SECOND)
enum { SMALL_RAM = 12 << 20 };

/* --- Threads in TRANSITION ----------------------------------------------------------------------------------- */

bool swapper_must_bring(const struct thread *thread)
{
    return thread->kernel_stack.out || thread->process->residence != PROCESS_IN_MEMORY;
}

void swapper_want(struct machine *machine, struct thread *thread)
{
    struct swapper *s = &machine->swapper;
    sched_set_state(machine, thread, THREAD_TRANSITION);
    thread->kernel_stack.next = NULL;
    *(s->last ? &s->last->kernel_stack.next : &s->first) = thread;
    s->last = thread;
    daemon_wake(machine, MM_SWAPPER);
}

static void leave_queue(struct swapper *s, struct thread *thread)
{
    struct thread *before = NULL, *at = s->first;
    for (; at && at != thread; at = at->kernel_stack.next)
        before = at;
    if (!at)
        return;
    *(before ? &before->kernel_stack.next : &s->first) = thread->kernel_stack.next;
    if (s->last == thread)
        s->last = before;
    thread->kernel_stack.next = NULL;
}

void swapper_forget(struct machine *machine, struct thread *thread)
{
    struct kernel_stack *stack = &thread->kernel_stack;
    leave_queue(&machine->swapper, thread);
    if (machine->swapper.coming == thread)
        machine->swapper.coming = NULL;
    if (stack->stack)
        mm_stack_delete(machine->mm, stack->stack);
    stack->stack = 0;
    stack->out = false;
    if (machine->swapper.first) /* there may be room now */
        daemon_wake(machine, MM_SWAPPER);
}

void swapper_look(struct machine *machine)
{
    machine->swapper.looks = true;
}

bool swapper_has_work(const struct machine *machine)
{
    return machine->swapper.first;
}

/* --- In ------------------------------------------------------------------------------------------------------ */

static void stop_machine(struct machine *machine, const struct mm_fault *fault)
{
    event_bugcheck(machine, fault);
    report_bugcheck(machine, fault);
    machine_end(machine, MACHINE_EXIT_BUGCHECK);
}

/* The first in the queue has to wait for room. */
static bool hold_back(struct machine *machine, const struct thread *thread)
{
    struct swapper *s = &machine->swapper;
    uint64_t now = machine->clock.now;

    if (!thread->kernel_stack.out || s->coming == thread || mm_stack_has_room(machine->mm, thread->kernel_stack.stack))
        return false;
    if (s->held_since == 0)
        s->held_since = now;
    if (now - s->held_since < PATIENCE)
        return true;
    s->held_since = now - PATIENCE + SECOND;
    return false;
}

static enum mm_step bring_in(struct machine *machine, struct thread *thread)
{
    struct kernel_stack *stack = &thread->kernel_stack;
    struct process *process = thread->process;
    struct mm_stack_info info;
    struct mm_fault fault = {0};
    enum mm_fault_result result = MM_FAULT_RESOLVED;

    if (process->residence != PROCESS_IN_MEMORY) {
        mm_process_inswap(machine->mm, process->space);
        process->residence = PROCESS_IN_MEMORY;
    }
    if (machine->swapper.coming != thread)
        mm_thread_moved(machine->mm, 0); /* what was read for one that has ended */
    machine->swapper.coming = thread;
    if (stack->out) {
        mm_stack_query(machine->mm, stack->stack, &info);
        fault = (struct mm_fault){.va = info.signature, .process = process->space, .thread = thread->id};
        result = mm_stack_inswap(machine->mm, stack->stack, &fault);
    }
    switch (result) {
    case MM_FAULT_RESOLVED: break;
    case MM_FAULT_WAIT: return MM_STEP_WAIT;
    case MM_FAULT_BUGCHECK: stop_machine(machine, &fault); return MM_STEP_IDLE;
    case MM_FAULT_RETRY:
    case MM_FAULT_RAISE: return MM_STEP_IDLE; /* no frame: the next second may bring one */
    }
    stack->out = false;
    leave_queue(&machine->swapper, thread);
    machine->swapper.coming = NULL;
    if (mm_stack_has_room(machine->mm, stack->stack))
        machine->swapper.held_since = 0;
    sched_brought_in(machine, thread);
    return MM_STEP_MORE;
}

/* --- Out ----------------------------------------------------------------------------------------------------- */

static bool waits_in_user_mode(const struct thread *thread)
{
    if (thread->sched.state != THREAD_WAITING || thread->suspend_count > 0)
        return false;
    switch (thread->wait.kind) {
    case WAIT_ANY:
    case WAIT_ALL:
    case WAIT_DELAY:
    case WAIT_KEY:
    case WAIT_KEY_RELEASE:
    case WAIT_LOCK: return true;
    case WAIT_NONE:
    case WAIT_PAGE:
    case WAIT_TURN:
    case WAIT_DAEMON:
    case WAIT_SUSPENDED: break;
    }
    return false;
}

static bool may_leave(const struct machine *machine, const struct thread *thread)
{
    uint64_t enough = machine->options.ram_bytes < SMALL_RAM ? SWAP_WAIT_SMALL : SWAP_WAIT;
    return thread->kernel_stack.stack && !thread->kernel_stack.out && waits_in_user_mode(thread) &&
           machine->clock.now - thread->sched.since > enough;
}

/* => false: nobody's may go. */
static bool send_stack(struct machine *machine)
{
    for (struct process *process = machine->first_process; process; process = process->next)
        for (struct thread *thread = process->first; thread; thread = thread->next)
            if (may_leave(machine, thread)) {
                mm_stack_outswap(machine->mm, thread->kernel_stack.stack);
                thread->kernel_stack.out = true;
                return true;
            }
    return false;
}

static bool has_resident_stack(const struct process *process)
{
    for (const struct thread *thread = process->first; thread; thread = thread->next)
        if (!thread->kernel_stack.out)
            return true;
    return false;
}

/* => false: no process leaves. */
static bool send_process(struct machine *machine)
{
    for (struct process *process = machine->first_process; process; process = process->next) {
        if (process->residence == PROCESS_OUT_OF_MEMORY || process->life != PROCESS_ALIVE ||
            has_resident_stack(process))
            continue;
        process->residence = PROCESS_LEAVES;
        if (mm_process_outswap(machine->mm, process->space) == MM_STEP_IDLE)
            process->residence = PROCESS_OUT_OF_MEMORY;
        return true;
    }
    return false;
}

enum mm_step swapper_step(struct machine *machine)
{
    struct swapper *s = &machine->swapper;
    bool held = s->first && hold_back(machine, s->first);
    if (s->first && !held)
        return bring_in(machine, s->first);
    mm_thread_moved(machine->mm, 0);
    if (held && send_stack(machine))
        return MM_STEP_MORE;
    if (s->looks && (send_stack(machine) || send_process(machine)))
        return MM_STEP_MORE;
    s->looks = false;
    return MM_STEP_IDLE;
}
