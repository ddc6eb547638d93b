/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread.c - threads: made with a TEB, prepared for user mode, suspended, ended.  See kernel.h.
 *
 * TEBs stand below the PEB, one after another: the first free place is taken, so that the same program finds them at
 * the same addresses.  Sources: nt-reference 14.1, 14.6, 14.7. */
#include <assert.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/file.h"

/* --- TEB ----------------------------------------------------------------------------------------------------- */

static va_t teb_address(const struct machine *machine, unsigned place)
{
    return machine->layout->teb_address - (va_t)place * machine->layout->teb_region;
}

/* The first place that neither a TEB nor the program's own memory has taken. */
ntstatus_t thread_allocate_teb(struct machine *machine, struct thread *thread)
{
    struct process *process = thread->process;
    ntstatus_t status = STATUS_NO_MEMORY;
    for (unsigned place = 0; place < THREADS_MAX; place++) {
        if (process->tebs[place / 64] >> place % 64 & 1)
            continue;
        va_t va = teb_address(machine, place);
        status = mm_allocate_secured(machine->mm, process->space, va, machine->layout->teb_region);
        if (status == STATUS_CONFLICTING_ADDRESSES)
            continue;
        if (status == STATUS_SUCCESS) {
            process->tebs[place / 64] |= 1ull << place % 64;
            thread->teb = va;
            thread->teb_place = place;
        }
        return status;
    }
    return status;
}

static void free_teb(struct machine *machine, struct thread *thread)
{
    struct process *process = thread->process;
    if (!thread->teb)
        return;
    mm_free_secured(machine->mm, process->space, thread->teb);
    process->tebs[thread->teb_place / 64] &= ~(1ull << thread->teb_place % 64);
    thread->teb = 0;
}

ntstatus_t thread_write_teb(struct machine *machine, const struct thread *thread, const struct stack *stack)
{
    const struct guest_layout *layout = machine->layout;
    uint8_t teb[GUEST_TEB_MAX] = {0};
    put_pointer(layout, teb, layout->teb.ExceptionList, UINT64_MAX);
    put_pointer(layout, teb, layout->teb.StackBase, stack->base);
    put_pointer(layout, teb, layout->teb.StackLimit, stack->limit);
    put32(teb, layout->teb.Version, 0x1E00);
    put_pointer(layout, teb, layout->teb.Self, thread->teb);
    put_pointer(layout, teb, layout->teb.ProcessEnvironmentBlock, thread->process->peb);
    put32(teb, layout->teb.CurrentLocale, 0x409);
    for (unsigned i = 0; i < 2; i++) {
        const unsigned at[] = {layout->teb.ClientId, layout->teb.RealClientId};
        put_pointer(layout, teb, at[i], thread->process->id);
        put_pointer(layout, teb, at[i] + layout->pointer, thread->id);
    }
    put16(teb, layout->teb.StaticUnicodeString + layout->unicode_string.MaximumLength, 261 * 2);
    put_pointer(layout, teb, layout->teb.StaticUnicodeString + layout->unicode_string.Buffer,
                thread->teb + layout->teb.StaticUnicodeBuffer);
    put_pointer(layout, teb, layout->teb.DeallocationStack, stack->deallocation);
    return guest_write_to(machine, thread->process, thread->teb, teb, layout->teb.size);
}

/* --- Creation ------------------------------------------------------------------------------------------------ */

void thread_initial_context(struct thread_context *ret_context)
{
    *ret_context = (struct thread_context){.registers.flags = CONTEXT_INTERRUPT_FLAG | 2};
    put16(ret_context->floats.fxsave, FX_FCW, 0x27F);
    put32(ret_context->floats.fxsave, FX_MXCSR, 0x1F80);
    put32(ret_context->floats.fxsave, FX_MXCSR + 4, MXCSR_VALID);
}

static struct thread *new_thread(struct machine *machine, struct process *process)
{
    struct object *object = object_create(&machine->objects, OBJECT_THREAD);
    struct thread *thread = object ? pool_take(&machine->threads) : NULL;
    if (!thread) {
        if (object)
            object_release(&machine->objects, object);
        return NULL;
    }
    object->thread = thread;
    thread->object = object;
    thread->process = process;
    object_keep(process->object);
    thread->exit_status = STATUS_PENDING;
    thread->create_time = clock_system_time(&machine->clock);
    return thread;
}

ntstatus_t thread_make(struct machine *machine, struct process *process, struct thread **ret_thread)
{
    struct thread *thread = new_thread(machine, process);
    if (!thread)
        return STATUS_INSUFFICIENT_RESOURCES;
    thread->id = machine_next_id(machine);
    ntstatus_t status = mm_stack_create(machine->mm, thread->id, &thread->kernel_stack.stack);
    if (status != STATUS_SUCCESS) {
        object_release(&machine->objects, thread->object);
        return status;
    }
    thread->sched.base = thread->sched.priority = process->base_priority;
    thread->sched.quantum = QUANTUM_UNITS;
    thread->sched.boost_disabled = process->boost_disabled;
    thread->starts = true;
    thread_initial_context(&thread->saved);
    *ret_thread = thread;
    return STATUS_SUCCESS;
}

/* It belongs to its process from now on, and to itself: that reference goes when it ends. */
void thread_join(struct machine *machine, struct thread *thread)
{
    struct process *process = thread->process;
    object_keep(thread->object);
    thread->previous = process->last;
    *(process->last ? &process->last->next : &process->first) = thread;
    process->last = thread;
    process->thread_count++;
    process->life = PROCESS_ALIVE;
    if (++machine->live_threads == 2)
        cpu_start_counting(machine->cpu);
}

ntstatus_t thread_create(struct machine *machine, const struct thread_request *request, struct thread **ret_thread)
{
    struct thread *thread;
    ntstatus_t status = thread_make(machine, request->process, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    status = thread_allocate_teb(machine, thread);
    if (status == STATUS_SUCCESS)
        status = thread_write_teb(machine, thread, &request->stack);
    if (status != STATUS_SUCCESS) {
        free_teb(machine, thread);
        object_release(&machine->objects, thread->object);
        return status;
    }
    thread->saved = *request->context;
    thread->suspend_count = request->suspended;
    thread_join(machine, thread);
    event_thread(machine, thread, "start", 0);
    event_state(machine, thread);
    *ret_thread = thread;
    return STATUS_SUCCESS;
}

/* --- End ----------------------------------------------------------------------------------------------------- */

static void leave_process(struct machine *machine, struct thread *thread)
{
    struct process *process = thread->process;
    *(thread->previous ? &thread->previous->next : &process->first) = thread->next;
    *(thread->next ? &thread->next->previous : &process->last) = thread->previous;
    process->thread_count--;
    process->kernel_time += thread->kernel_time;
    process->user_time += thread->user_time;
    machine->live_threads--;
}

void thread_terminate(struct machine *machine, struct thread *thread, ntstatus_t status)
{
    struct process *process = thread->process;
    if (thread->sched.state == THREAD_TERMINATED)
        return;
    if (thread->sched.state == THREAD_READY)
        sched_remove(machine, thread);
    file_leave_lock(machine, thread);
    wait_cancel(machine, thread);
    thread->exit_status = status;
    thread->exit_time = clock_system_time(&machine->clock);
    sched_set_state(machine, thread, THREAD_TERMINATED);
    event_thread(machine, thread, "exit", status);
    if (machine->loaded == thread)
        machine->loaded = NULL;
    mm_thread_moved(machine->mm, thread->id);
    swapper_forget(machine, thread);
    timer_cancel_all_of(machine, thread);
    apc_drop_all(machine, thread);
    mutant_abandon_all(machine, thread);
    repetition_end(machine, thread);
    free_teb(machine, thread);
    leave_process(machine, thread);
    thread->object->wait.signal = 1;
    wait_signal(machine, thread->object, 0);
    object_keep(process->object);
    object_release(&machine->objects, thread->object);
    if (process->thread_count == 0)
        process_end(machine, process, status);
    object_release(&machine->objects, process->object);
}

void thread_destroy(struct machine *machine, struct thread *thread)
{
    struct process *process = thread->process;
    assert(thread->sched.state == THREAD_TERMINATED || thread->sched.state == THREAD_INITIALIZED);
    swapper_forget(machine, thread); /* one that never ran */
    pool_give(&machine->threads, thread);
    object_release(&machine->objects, process->object);
}

struct thread *thread_of_id(const struct machine *machine, uint32_t id)
{
    for (struct process *process = machine->first_process; process; process = process->next)
        for (struct thread *thread = process->first; thread; thread = thread->next)
            if (thread->id == id)
                return thread;
    return NULL;
}

/* --- Suspension ---------------------------------------------------------------------------------------------- */

void thread_stop(struct machine *machine, struct thread *thread)
{
    thread->wait.kind = WAIT_SUSPENDED;
    thread->wait.reason = REASON_SUSPENDED;
    thread->wait.service = "suspended";
    if (thread->sched.state != THREAD_WAITING)
        sched_set_state(machine, thread, THREAD_WAITING);
}

ntstatus_t thread_suspend(struct machine *machine, struct thread *thread)
{
    if (thread->suspend_count == SUSPEND_COUNT_MAX)
        return STATUS_SUSPEND_COUNT_EXCEEDED;
    if (thread->suspend_count++ > 0)
        return STATUS_SUCCESS;
    switch (thread->sched.state) {
    case THREAD_READY:
        if (!thread_is_held(thread))
            break; /* its service comes first */
        sched_remove(machine, thread);
        thread_stop(machine, thread);
        break;
    case THREAD_WAITING: wait_park(machine, thread); break;
    case THREAD_RUNNING: machine->sched.switch_wanted = true; break; /* thread_prepare() stops it */
    case THREAD_INITIALIZED:
    case THREAD_STANDBY:
    case THREAD_TRANSITION:
    case THREAD_DEFERRED_READY:
    case THREAD_TERMINATED:
    case THREAD_STATE_COUNT: break;
    }
    return STATUS_SUCCESS;
}

void thread_resume(struct machine *machine, struct thread *thread)
{
    if (thread->suspend_count == 0 || --thread->suspend_count > 0 || thread->sched.state != THREAD_WAITING)
        return;
    if (thread->wait.kind == WAIT_SUSPENDED)
        sched_ready(machine, thread);
    else if (thread->wait.parked)
        wait_unpark(machine, thread);
}

void thread_set_base_priority(struct machine *machine, struct thread *thread, int base)
{
    thread->sched.base = (int8_t)base;
    thread->sched.starved = false;
    sched_set_priority(machine, thread, base);
}

/* --- On the way to user mode --------------------------------------------------------------------------------- */

/* A frame could not be written: the process ends, as a thread without a stack ends it on NT. */
static void end_without_stack(struct machine *machine, struct thread *thread, ntstatus_t status)
{
    machine_say(machine, "%s: thread %u has no stack to start on or to run an APC on (status 0x%08X)",
                process_name(machine, thread->process), thread->id, status);
    thread->process->verdict = MACHINE_EXIT_EXCEPTION;
    process_terminate(machine, thread->process, status);
}

static void deliver_apc(struct machine *machine, struct thread *thread)
{
    bool starts = thread->starts;
    ntstatus_t status = starts ? apc_deliver_start(machine, thread) : apc_deliver(machine, thread, thread->apcs);
    if (status == STATUS_MM_WAIT) {
        paging_wait(machine, thread);
        return;
    }
    if (status != STATUS_SUCCESS) {
        end_without_stack(machine, thread, status);
        return;
    }
    if (starts) {
        thread->starts = false;
    } else {
        thread->apc_pending = false;
        apc_drop_first(machine, thread);
    }
}

bool thread_prepare(struct machine *machine, struct thread *thread)
{
    if (thread_is_held(thread)) {
        thread_stop(machine, thread);
        return false;
    }
    if (thread->result_due) {
        thread->result_due = false;
        cpu_set_result(machine->cpu, thread->wait.status);
    }
    if (thread->raise_due)
        exception_deliver(machine, thread);
    else if (thread->starts || (thread->apc_pending && thread->apcs))
        deliver_apc(machine, thread);
    else
        return true;
    return false; /* look again at everything: who runs, and whether more is to be done */
}
