/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context.c - services on a thread's registers: continue, raise, get, set; and the APCs that they let in. */
#include "emu/context.h"

#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

ntstatus_t nt_read_context(struct machine *machine, va_t va, uint8_t *record)
{
    const struct context_format *format = machine->layout->context;
    unsigned alignment = machine->layout->pointer == 8 ? 16 : 4;
    if (va & (alignment - 1))
        return STATUS_DATATYPE_MISALIGNMENT;
    memset(record, 0, CONTEXT_RECORD_MAX);
    ntstatus_t status = guest_read(machine, va, record, format->short_size);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t size = context_size(format, get32(record, format->flags_offset));
    return guest_read(machine, va + format->short_size, record + format->short_size, size - format->short_size);
}

/* The thread goes on as the record says; what it does not name stays. */
static void apply_context(struct machine *machine, struct thread *thread, const uint8_t record[CONTEXT_RECORD_MAX])
{
    struct thread_context context;
    context_capture(machine, thread, &context);
    machine->layout->context->decode(record, &context);
    context_load(machine, thread, &context);
}

/* What the thread runs on with in user mode: behind its service, where one is under way. */
static void user_context(struct machine *machine, const struct thread *thread, struct thread_context *ret_context)
{
    if (thread->has_after) {
        *ret_context = thread->after;
        return;
    }
    context_capture(machine, thread, ret_context);
    if (thread != machine->thread && repetition_is_under_way(machine, thread))
        ret_context->registers.ip += SYSTEM_CALL_LENGTH;
}

/* KeTestAlertThread.  => true: it had been alerted. */
static bool test_alert(struct thread *thread)
{
    bool alerted = thread->alerted;
    thread->alerted = false;
    if (!alerted && thread->apcs)
        thread->apc_pending = true;
    return alerted;
}

/* Arguments: 0 *context 1 test alert. */
static ntstatus_t continue_thread(struct nt_call *call)
{
    struct machine *machine = call->machine;
    uint8_t record[CONTEXT_RECORD_MAX];
    ntstatus_t status = nt_read_context(machine, call->arguments[0], record);
    if (status != STATUS_SUCCESS)
        return status;
    apply_context(machine, machine->thread, record);
    if (call->arguments[1] & 0xFF) {
        test_alert(machine->thread);
        inject_begin(machine, machine_process(machine)); /* from APCs: the first is the loader's */
    }
    call->keeps_registers = true;
    return STATUS_SUCCESS;
}

static ntstatus_t nt_test_alert(struct nt_call *call)
{
    return test_alert(call->machine->thread) ? STATUS_ALERTED : STATUS_SUCCESS;
}

/* --- Exceptions ---------------------------------------------------------------------------------------------- */

static ntstatus_t read_record(struct machine *machine, va_t va, struct exception_record *ret_record)
{
    const struct guest_layout *layout = machine->layout;
    uint8_t bytes[EXCEPTION_RECORD_MAX] = {0};
    uint32_t fixed = layout->exception_record.ExceptionInformation;
    ntstatus_t status = guest_read(machine, va, bytes, fixed);
    uint32_t count = get32(bytes, layout->exception_record.NumberParameters);
    if (status == STATUS_SUCCESS && count > EXCEPTION_MAXIMUM_PARAMETERS)
        status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS)
        status = guest_read(machine, va + fixed, bytes + fixed, layout->pointer * count);
    if (status == STATUS_SUCCESS)
        exception_decode(layout, bytes, ret_record);
    return status;
}

/* Second chance: nobody wanted it. */
static void die(struct machine *machine, struct thread *thread, const struct raise *raise, const uint8_t *record)
{
    struct thread_context context;
    context_capture(machine, thread, &context);
    machine->layout->context->decode(record, &context);
    report_exception(machine, raise, &context, REPORT_UNHANDLED);
    thread->process->verdict = MACHINE_EXIT_EXCEPTION;
    process_terminate(machine, thread->process, raise->record.code);
}

/* Arguments: 0 record 1 context 2 first chance. */
static ntstatus_t raise_exception(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct raise raise = {0};
    uint8_t record[CONTEXT_RECORD_MAX];
    ntstatus_t status;
    if ((status = nt_read_context(machine, call->arguments[1], record)) != STATUS_SUCCESS ||
        (status = read_record(machine, call->arguments[0], &raise.record)) != STATUS_SUCCESS)
        return status;
    call->keeps_registers = true;
    if (call->arguments[2] & 0xFF) {
        apply_context(machine, machine->thread, record);
        exception_raise(machine->thread, &raise);
    } else {
        die(machine, machine->thread, &raise, record);
    }
    return STATUS_SUCCESS;
}

/* --- Get and set --------------------------------------------------------------------------------------------- */

/* Arguments of both: 0 thread 1 *context. */
static ntstatus_t get_context(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const struct context_format *format = machine->layout->context;
    uint8_t wanted[CONTEXT_RECORD_MAX], now[CONTEXT_RECORD_MAX];
    struct thread_context context;
    struct thread *thread;
    uint32_t flags;
    unsigned output;
    ntstatus_t status;
    if ((status = nt_thread(call, 0, THREAD_GET_CONTEXT, &thread)) != STATUS_SUCCESS ||
        (status = guest_read(machine, call->arguments[1] + format->flags_offset, &flags, sizeof flags)) !=
            STATUS_SUCCESS)
        return status;
    if (thread->sched.state == THREAD_TERMINATED)
        return STATUS_UNSUCCESSFUL;
    uint32_t length = context_size(format, flags);
    if ((status = nt_output(call, call->arguments[1], length, &output)) != STATUS_SUCCESS)
        return status;
    mm_hold_read(machine->mm, &call->outputs[output], 0, wanted, length);
    user_context(machine, thread, &context);
    format->encode(&context, now);
    context_merge(format, wanted, now, flags);
    nt_put(call, output, 0, wanted, length);
    return STATUS_SUCCESS;
}

/* The caller's own thread: as NtContinue.  Another one ends the service that it is in first. */
static ntstatus_t set_context(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const struct context_format *format = machine->layout->context;
    uint8_t record[CONTEXT_RECORD_MAX];
    struct thread *thread;
    ntstatus_t status;
    if ((status = nt_thread(call, 0, THREAD_SET_CONTEXT, &thread)) != STATUS_SUCCESS ||
        (status = nt_read_context(machine, call->arguments[1], record)) != STATUS_SUCCESS)
        return status;
    if (thread->sched.state == THREAD_TERMINATED)
        return STATUS_UNSUCCESSFUL;
    if (thread != machine->thread && repetition_is_under_way(machine, thread)) {
        user_context(machine, thread, &thread->after);
        format->decode(record, &thread->after);
        thread->has_after = true;
    } else {
        apply_context(machine, thread, record);
    }
    call->keeps_registers = thread == machine->thread && context_has(format, record, format->control);
    return STATUS_SUCCESS;
}

const struct nt_service nt_services_context[] = {
    {"NtContinue", 2, continue_thread},     {"NtRaiseException", 3, raise_exception},
    {"NtGetContextThread", 2, get_context}, {"NtSetContextThread", 2, set_context},
    {"NtTestAlert", 0, nt_test_alert},      {0},
};
