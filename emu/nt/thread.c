/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread.c - thread services: end, contexts and exceptions, delays.  One thread in this delivery. */
#include <string.h>

#include "emu/machine_internal.h"

#define STATUS_CANT_TERMINATE_SELF 0xC00000DBu
#define STATUS_NO_YIELD_PERFORMED 0x40000024u

/* With its only thread the process ends too. */
static ntstatus_t terminate_thread(struct nt_call *call)
{
    struct machine *machine = call->machine;
    if (call->arguments[0] == 0)
        return STATUS_CANT_TERMINATE_SELF;
    ntstatus_t status = nt_check_thread(call, 0);
    if (status != STATUS_SUCCESS)
        return status;
    machine->exit_code = nt_ulong(call, 1);
    machine_end(machine, machine->exit_code & 0xFF);
    call->keeps_registers = true;
    return STATUS_SUCCESS;
}

/* --- Contexts and exceptions ------------------------------------------------------------------------------- */

/* A CONTEXT in guest memory, of which only the parts named need to be there. */
static ntstatus_t read_context(struct machine *machine, va_t va, uint8_t record[CONTEXT_RECORD_MAX])
{
    const struct context_format *format = machine->layout->context;
    memset(record, 0, CONTEXT_RECORD_MAX);
    ntstatus_t status = guest_read(machine, va, record, format->short_size);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t size = context_size(format, get32(record, format->flags_offset));
    return guest_read(machine, va + format->short_size, record + format->short_size, size - format->short_size);
}

/* The thread goes on as the record says; what it does not name stays. */
static void apply_context(struct machine *machine, const uint8_t record[CONTEXT_RECORD_MAX])
{
    struct thread_context context;
    context_capture(machine, &context);
    machine->layout->context->decode(record, &context);
    context_load(machine, &context);
}

static ntstatus_t continue_thread(struct nt_call *call)
{
    uint8_t record[CONTEXT_RECORD_MAX];
    ntstatus_t status = read_context(call->machine, call->arguments[0], record);
    if (status != STATUS_SUCCESS)
        return status;
    apply_context(call->machine, record);
    call->keeps_registers = true;
    return STATUS_SUCCESS;
}

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

/* Arguments: 0 record 1 context 2 first chance. */
static ntstatus_t raise_exception(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct raise raise = {0};
    uint8_t record[CONTEXT_RECORD_MAX];
    struct thread_context context;
    ntstatus_t status;
    if ((status = read_context(machine, call->arguments[1], record)) != STATUS_SUCCESS ||
        (status = read_record(machine, call->arguments[0], &raise.record)) != STATUS_SUCCESS)
        return status;
    call->keeps_registers = true;
    if (call->arguments[2] & 0xFF) {
        apply_context(machine, record);
        machine->raise = raise;
        machine->next = MACHINE_RAISE;
        return STATUS_SUCCESS;
    }
    context_capture(machine, &context);
    machine->layout->context->decode(record, &context);
    report_exception(machine, &raise, &context, REPORT_UNHANDLED);
    machine->exit_code = raise.record.code;
    machine_end(machine, MACHINE_EXIT_EXCEPTION);
    return STATUS_SUCCESS;
}

static ntstatus_t get_context(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const struct context_format *format = machine->layout->context;
    uint8_t wanted[CONTEXT_RECORD_MAX], now[CONTEXT_RECORD_MAX];
    struct thread_context context;
    uint32_t flags;
    unsigned output;
    ntstatus_t status;
    if ((status = nt_check_thread(call, 0)) != STATUS_SUCCESS ||
        (status = guest_read(machine, call->arguments[1] + format->flags_offset, &flags, sizeof flags)) !=
            STATUS_SUCCESS)
        return status;
    uint32_t length = context_size(format, flags);
    if ((status = nt_output(call, call->arguments[1], length, &output)) != STATUS_SUCCESS)
        return status;
    mm_hold_read(machine->mm, &call->outputs[output], 0, wanted, length);
    context_capture(machine, &context);
    format->encode(&context, now);
    context_merge(format, wanted, now, flags);
    nt_put(call, output, 0, wanted, length);
    return STATUS_SUCCESS;
}

/* Its own thread: as NtContinue. */
static ntstatus_t set_context(struct nt_call *call)
{
    uint8_t record[CONTEXT_RECORD_MAX];
    ntstatus_t status;
    if ((status = nt_check_thread(call, 0)) != STATUS_SUCCESS ||
        (status = read_context(call->machine, call->arguments[1], record)) != STATUS_SUCCESS)
        return status;
    apply_context(call->machine, record);
    call->keeps_registers =
        context_has(call->machine->layout->context, record, call->machine->layout->context->control);
    return STATUS_SUCCESS;
}

/* --- Time and information ---------------------------------------------------------------------------------- */

static ntstatus_t test_alert(struct nt_call *call)
{
    return STATUS_SUCCESS; /* no APC is ever queued */
}

static ntstatus_t yield_execution(struct nt_call *call)
{
    return STATUS_NO_YIELD_PERFORMED;
}

bool nt_wait_until(struct machine *machine, int64_t timeout)
{
    const uint64_t never = CLOCK_END / 100;
    uint64_t length; /* 100 ns */
    if (timeout <= 0) {
        length = 0 - (uint64_t)timeout;
    } else {
        uint64_t now = clock_system_time(&machine->clock);
        length = (uint64_t)timeout > now ? (uint64_t)timeout - now : 0;
    }
    if (length >= never)
        return false;
    machine_advance(machine, length * 100);
    return true;
}

void nt_wait_forever(struct nt_call *call)
{
    struct machine *machine = call->machine;
    machine_say(machine, "%s waits for ever (%s): nothing can wake its only thread", machine->program_name,
                call->service->name);
    machine_end(machine, MACHINE_EXIT_LIMIT);
    call->keeps_registers = true;
}

static ntstatus_t delay_execution(struct nt_call *call)
{
    int64_t interval;
    ntstatus_t status = guest_read(call->machine, call->arguments[1], &interval, sizeof interval);
    if (status == STATUS_SUCCESS && !nt_wait_until(call->machine, interval))
        nt_wait_forever(call);
    return status;
}

static ntstatus_t query_thread(struct nt_call *call)
{
    enum { THREAD_BASIC = 0, BASE_PRIORITY_NORMAL = 8 };
    const uint64_t *a = call->arguments;
    const struct machine *machine = call->machine;
    ntstatus_t status = nt_check_thread(call, 0);
    if (status != STATUS_SUCCESS)
        return status;
    if (nt_ulong(call, 1) != THREAD_BASIC)
        return nt_not_modelled(call, "this information class");
    struct guest_record record = record_begin(machine->layout); /* THREAD_BASIC_INFORMATION */
    record_u32(&record, STATUS_PENDING);
    record_pointer(&record, machine->thread.teb);
    record_pointer(&record, machine->process.id);
    record_pointer(&record, machine->thread.id);
    record_pointer(&record, 1); /* AffinityMask */
    record_u32(&record, BASE_PRIORITY_NORMAL);
    record_u32(&record, 0);
    return nt_answer_record_exact(call, &record,
                                  (struct nt_information){.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]});
}

const struct nt_service nt_services_thread[] = {
    {"NtTerminateThread", 2, terminate_thread},    {"NtContinue", 2, continue_thread},
    {"NtRaiseException", 3, raise_exception},      {"NtGetContextThread", 2, get_context},
    {"NtSetContextThread", 2, set_context},        {"NtTestAlert", 0, test_alert},
    {"NtYieldExecution", 0, yield_execution},      {"NtDelayExecution", 2, delay_execution},
    {"NtQueryInformationThread", 5, query_thread}, {0},
};
