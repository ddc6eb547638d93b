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
    ntstatus_t status = nt_check_thread(call, call->arguments[0]);
    if (status != STATUS_SUCCESS)
        return status;
    machine->exit_code = call->arguments[1];
    machine_end(machine, machine->exit_code & 0xFF);
    call->keeps_registers = true;
    return STATUS_SUCCESS;
}

/* --- Contexts and exceptions ------------------------------------------------------------------------------- */

/* A CONTEXT in guest memory, of which only the parts named need to be there. */
static ntstatus_t read_context(struct machine *machine, va_t va, struct x86_context *ret_context)
{
    enum { SHORT = offsetof(struct x86_context, ExtendedRegisters) };
    memset(ret_context, 0, sizeof *ret_context);
    ntstatus_t status = guest_read(machine, va, ret_context, SHORT);
    if (status != STATUS_SUCCESS)
        return status;
    if ((ret_context->ContextFlags & CONTEXT_EXTENDED_REGISTERS) != CONTEXT_EXTENDED_REGISTERS)
        return STATUS_SUCCESS;
    return guest_read(machine, va + SHORT, ret_context->ExtendedRegisters, sizeof ret_context->ExtendedRegisters);
}

static ntstatus_t continue_thread(struct nt_call *call)
{
    struct x86_context context;
    ntstatus_t status = read_context(call->machine, call->arguments[0], &context);
    if (status != STATUS_SUCCESS)
        return status;
    context_apply(call->machine, &context);
    call->keeps_registers = true;
    return STATUS_SUCCESS;
}

static ntstatus_t read_record(struct machine *machine, va_t va, struct x86_exception_record *ret_record)
{
    enum { FIXED = offsetof(struct x86_exception_record, ExceptionInformation) };
    memset(ret_record, 0, sizeof *ret_record);
    ntstatus_t status = guest_read(machine, va, ret_record, FIXED);
    if (status != STATUS_SUCCESS)
        return status;
    if (ret_record->NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS)
        return STATUS_INVALID_PARAMETER;
    return guest_read(machine, va + FIXED, ret_record->ExceptionInformation, 4 * ret_record->NumberParameters);
}

/* Arguments: 0 record 1 context 2 first chance. */
static ntstatus_t raise_exception(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct raise raise = {0};
    struct x86_context context;
    ntstatus_t status;
    if ((status = read_context(machine, call->arguments[1], &context)) != STATUS_SUCCESS ||
        (status = read_record(machine, call->arguments[0], &raise.record)) != STATUS_SUCCESS)
        return status;
    call->keeps_registers = true;
    if (call->arguments[2] & 0xFF) {
        context_apply(machine, &context);
        machine->raise = raise;
        machine->next = MACHINE_RAISE;
        return STATUS_SUCCESS;
    }
    report_exception(machine, &raise, &context, REPORT_UNHANDLED);
    machine->exit_code = raise.record.ExceptionCode;
    machine_end(machine, MACHINE_EXIT_EXCEPTION);
    return STATUS_SUCCESS;
}

/* Copy the parts of from that flags names into to. */
static void merge_context(struct x86_context *to, const struct x86_context *from, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        size_t begin, end;
    } parts[] = {
        {CONTEXT_CONTROL, offsetof(struct x86_context, Ebp), offsetof(struct x86_context, ExtendedRegisters)},
        {CONTEXT_INTEGER, offsetof(struct x86_context, Edi), offsetof(struct x86_context, Ebp)},
        {CONTEXT_SEGMENTS, offsetof(struct x86_context, SegGs), offsetof(struct x86_context, Edi)},
        {CONTEXT_FLOATING_POINT, offsetof(struct x86_context, FloatSave), offsetof(struct x86_context, SegGs)},
        {CONTEXT_DEBUG_REGISTERS, offsetof(struct x86_context, Dr), offsetof(struct x86_context, FloatSave)},
        {CONTEXT_EXTENDED_REGISTERS, offsetof(struct x86_context, ExtendedRegisters), sizeof *to},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if ((flags & parts[i].flag) == parts[i].flag)
            memcpy((uint8_t *)to + parts[i].begin, (const uint8_t *)from + parts[i].begin,
                   parts[i].end - parts[i].begin);
}

static ntstatus_t get_context(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct x86_context wanted, now;
    uint32_t flags;
    unsigned output;
    ntstatus_t status;
    if ((status = nt_check_thread(call, call->arguments[0])) != STATUS_SUCCESS ||
        (status = guest_read(machine, call->arguments[1], &flags, sizeof flags)) != STATUS_SUCCESS)
        return status;
    bool extended = (flags & CONTEXT_EXTENDED_REGISTERS) == CONTEXT_EXTENDED_REGISTERS;
    uint32_t length = extended ? sizeof wanted : offsetof(struct x86_context, ExtendedRegisters);
    if ((status = nt_output(call, call->arguments[1], length, &output)) != STATUS_SUCCESS)
        return status;
    mm_hold_read(machine->mm, &call->outputs[output], 0, &wanted, length);
    context_capture(machine, &now);
    merge_context(&wanted, &now, flags);
    nt_put(call, output, 0, &wanted, length);
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
    const uint32_t *a = call->arguments;
    const struct machine *machine = call->machine;
    ntstatus_t status = nt_check_thread(call, a[0]);
    if (status != STATUS_SUCCESS)
        return status;
    if (a[1] != THREAD_BASIC)
        return nt_not_modelled(call, "this information class");
    uint32_t basic[7] = {STATUS_PENDING,
                         (uint32_t)machine->thread.teb,
                         machine->process.id,
                         machine->thread.id,
                         1,
                         BASE_PRIORITY_NORMAL,
                         0};
    return nt_answer_exact(call, &(struct nt_information){basic, sizeof basic, a[2], a[3], a[4]});
}

const struct nt_service nt_services_thread[] = {
    {"NtTerminateThread", 2, terminate_thread},
    {"NtContinue", 2, continue_thread},
    {"NtRaiseException", 3, raise_exception},
    {"NtGetContextThread", 2, get_context},
    {"NtTestAlert", 0, test_alert},
    {"NtYieldExecution", 0, yield_execution},
    {"NtDelayExecution", 2, delay_execution},
    {"NtQueryInformationThread", 5, query_thread},
    {0},
};
