/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread.c - thread services: end, suspension, alerts and APCs, information. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- End ----------------------------------------------------------------------------------------------------- */

/* Arguments: 0 thread 1 status.  No handle: the caller's own, but not a process's last. */
static ntstatus_t terminate_thread(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct thread *thread = machine->thread;
    if (call->arguments[0] == 0) {
        if (thread->process->thread_count == 1)
            return STATUS_CANT_TERMINATE_SELF;
    } else {
        ntstatus_t status = nt_thread(call, 0, THREAD_TERMINATE, &thread);
        if (status != STATUS_SUCCESS)
            return status;
    }
    call->keeps_registers = thread == machine->thread;
    thread_terminate(machine, thread, nt_ulong(call, 1));
    return STATUS_SUCCESS;
}

/* --- Suspension ---------------------------------------------------------------------------------------------- */

/* Arguments of those: 0 thread 1 *previous count. */
static ntstatus_t plan_count(struct nt_call *call, uint32_t access, struct thread **ret_thread, unsigned *ret_output)
{
    ntstatus_t status = STATUS_SUCCESS;
    if (call->arguments[1] && (status = nt_output(call, call->arguments[1], 4, ret_output)) != STATUS_SUCCESS)
        return status;
    return nt_thread(call, 0, access, ret_thread);
}

static ntstatus_t suspend_thread(struct nt_call *call)
{
    struct thread *thread;
    unsigned output = 0;
    ntstatus_t status = plan_count(call, THREAD_SUSPEND_RESUME, &thread, &output);
    if (status != STATUS_SUCCESS)
        return status;
    if (thread->sched.state == THREAD_TERMINATED)
        return STATUS_THREAD_IS_TERMINATING;
    uint32_t previous = thread->suspend_count;
    status = thread_suspend(call->machine, thread);
    if (status == STATUS_SUCCESS && call->arguments[1])
        nt_put32(call, output, previous);
    return status;
}

static ntstatus_t resume_thread(struct nt_call *call)
{
    struct thread *thread;
    unsigned output = 0;
    ntstatus_t status = plan_count(call, THREAD_SUSPEND_RESUME, &thread, &output);
    if (status != STATUS_SUCCESS)
        return status;
    if (call->arguments[1])
        nt_put32(call, output, thread->suspend_count);
    thread_resume(call->machine, thread);
    return STATUS_SUCCESS;
}

/* --- Alerts and APCs ----------------------------------------------------------------------------------------- */

static void alert(struct machine *machine, struct thread *thread)
{
    thread->alerted = thread->sched.state != THREAD_TERMINATED;
    wait_interrupt(machine, thread);
}

static ntstatus_t alert_thread(struct nt_call *call)
{
    struct thread *thread;
    ntstatus_t status = nt_thread(call, 0, THREAD_ALERT, &thread);
    if (status == STATUS_SUCCESS)
        alert(call->machine, thread);
    return status;
}

static ntstatus_t alert_resume_thread(struct nt_call *call)
{
    struct thread *thread;
    unsigned output = 0;
    ntstatus_t status = plan_count(call, THREAD_SUSPEND_RESUME, &thread, &output);
    if (status != STATUS_SUCCESS)
        return status;
    if (call->arguments[1])
        nt_put32(call, output, thread->suspend_count);
    alert(call->machine, thread);
    thread_resume(call->machine, thread);
    return STATUS_SUCCESS;
}

/* Arguments: 0 thread 1 routine 2 to 4 its arguments. */
static ntstatus_t queue_apc(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct thread *thread;
    ntstatus_t status = nt_thread(call, 0, THREAD_SET_CONTEXT, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    if (thread->sched.state == THREAD_TERMINATED)
        return STATUS_UNSUCCESSFUL;
    struct apc apc = {.routine = a[1], .arguments = {a[2], a[3], a[4]}};
    return apc_queue(call->machine, thread, &apc) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* --- Information --------------------------------------------------------------------------------------------- */

enum thread_class {
    THREAD_BASIC = 0,
    THREAD_TIMES = 1,
    THREAD_PRIORITY = 2,
    THREAD_BASE_PRIORITY = 3,
    THREAD_AFFINITY_MASK = 4,
    THREAD_WIN32_START = 9,
    THREAD_AM_I_LAST = 12,
    THREAD_IDEAL_PROCESSOR = 13,
    THREAD_PRIORITY_BOOST = 14,
    THREAD_IS_IO_PENDING = 16,
    THREAD_HIDE_FROM_DEBUGGER = 17,
};

enum { SATURATES = 16 }; /* KeQueryBasePriorityThread: at an end of its class, whatever that is */

static void put_basic(const struct thread *thread, struct guest_record *record)
{
    record_u32(record, thread->exit_status);
    record_pointer(record, thread->teb);
    record_pointer(record, thread->process->id);
    record_pointer(record, thread->id);
    record_pointer(record, 1); /* AffinityMask */
    record_u32(record, (uint32_t)thread->sched.priority);
    int increment = thread->sched.saturation ? thread->sched.saturation * SATURATES
                                             : thread->sched.base - thread->process->base_priority;
    record_u32(record, (uint32_t)increment);
}

static void put_times(const struct thread *thread, struct guest_record *record)
{
    record_u64(record, thread->create_time);
    record_u64(record, thread->exit_time);
    record_u64(record, thread->kernel_time / 100);
    record_u64(record, thread->user_time / 100);
}

/* Arguments: 0 thread 1 class 2 buffer 3 length 4 *returned length. */
static ntstatus_t query_thread(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct nt_information answer = {.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]};
    struct guest_record record = record_begin(call->machine->layout);
    struct thread *thread;
    ntstatus_t status = nt_thread(call, 0, THREAD_QUERY_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    switch (nt_ulong(call, 1)) {
    case THREAD_BASIC: put_basic(thread, &record); break;
    case THREAD_TIMES: put_times(thread, &record); break;
    case THREAD_WIN32_START: record_pointer(&record, thread->win32_start); break;
    case THREAD_AM_I_LAST: record_u32(&record, call->machine->thread->process->thread_count == 1); break;
    case THREAD_PRIORITY_BOOST: record_u32(&record, thread->sched.boost_disabled); break;
    case THREAD_IS_IO_PENDING: record_u32(&record, 0); break; /* all I/O is done when its service returns */
    default: return nt_not_modelled(call, "this information class");
    }
    return nt_answer_fields(call, &record, answer);
}

/* Relative to the process; 16 and more: the end of the class. */
static ntstatus_t set_base_priority(struct machine *machine, struct thread *thread, int32_t increment)
{
    enum { NORMAL_MOST = 2, REALTIME_MOST = 15 };
    int base = thread->process->base_priority;
    bool realtime = base >= PRIORITY_REALTIME;
    int least = realtime ? PRIORITY_REALTIME : 1, most = realtime ? PRIORITY_LEVELS - 1 : PRIORITY_DYNAMIC_MAX;
    bool saturates = increment >= SATURATES || increment <= -SATURATES;
    int allowed = realtime ? REALTIME_MOST : NORMAL_MOST;
    if (!saturates && (increment > allowed || increment < -allowed))
        return STATUS_INVALID_PARAMETER;
    thread->sched.saturation = saturates ? (increment > 0 ? 1 : -1) : 0;
    thread->sched.increment = saturates ? 0 : (int8_t)increment;
    int wanted = saturates ? (increment > 0 ? most : least) : base + increment;
    thread_set_base_priority(machine, thread, wanted < least ? least : wanted > most ? most : wanted);
    return STATUS_SUCCESS;
}

static ntstatus_t set_value(struct nt_call *call, struct thread *thread, uint32_t class, uint64_t value)
{
    struct machine *machine = call->machine;
    switch (class) {
    case THREAD_PRIORITY:
        if (value == 0 || value >= PRIORITY_LEVELS)
            return STATUS_INVALID_PARAMETER;
        if (value >= PRIORITY_REALTIME && !token_has(machine_process(machine), SE_INC_BASE_PRIORITY_PRIVILEGE))
            return STATUS_PRIVILEGE_NOT_HELD;
        sched_set_priority(machine, thread, (int)value);
        return STATUS_SUCCESS;
    case THREAD_BASE_PRIORITY: return set_base_priority(machine, thread, (int32_t)value);
    case THREAD_AFFINITY_MASK: return value == 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case THREAD_IDEAL_PROCESSOR: return value < 32 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case THREAD_PRIORITY_BOOST: thread->sched.boost_disabled = value != 0; return STATUS_SUCCESS;
    case THREAD_WIN32_START: thread->win32_start = value; return STATUS_SUCCESS;
    default: return nt_not_modelled(call, "this information class");
    }
}

/* Arguments: 0 thread 1 class 2 buffer 3 length. */
static ntstatus_t set_thread(struct nt_call *call)
{
    uint32_t class = nt_ulong(call, 1), pointer = call->machine->layout->pointer;
    uint32_t size = class == THREAD_AFFINITY_MASK || class == THREAD_WIN32_START ? pointer : 4;
    struct thread *thread;
    uint64_t value = 0;
    ntstatus_t status;
    if (class == THREAD_HIDE_FROM_DEBUGGER)
        return nt_ulong(call, 3) == 0 ? nt_thread(call, 0, THREAD_SET_INFORMATION, &thread)
                                      : STATUS_INFO_LENGTH_MISMATCH;
    if (nt_ulong(call, 3) != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = guest_read(call->machine, call->arguments[2], &value, size)) != STATUS_SUCCESS ||
        (status = nt_thread(call, 0, THREAD_SET_INFORMATION, &thread)) != STATUS_SUCCESS)
        return status;
    if (thread->sched.state == THREAD_TERMINATED)
        return STATUS_THREAD_IS_TERMINATING;
    return set_value(call, thread, class, value);
}

const struct nt_service nt_services_thread[] = {
    {"NtTerminateThread", 2, terminate_thread},
    {"NtSuspendThread", 2, suspend_thread},
    {"NtResumeThread", 2, resume_thread},
    {"NtAlertThread", 1, alert_thread},
    {"NtAlertResumeThread", 2, alert_resume_thread},
    {"NtQueueApcThread", 5, queue_apc},
    {"NtQueryInformationThread", 5, query_thread},
    {"NtSetInformationThread", 4, set_thread},
    {0},
};
