/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exception.c - exceptions on their way to the thread: KiUserExceptionDispatcher's frame (nt-reference 14.6).
 *
 *     old ESP & ~3   ------------------------
 *                    CONTEXT, 2CC bytes
 *                    EXCEPTION_RECORD, 14 + 4 * parameters bytes
 *                    address of the CONTEXT
 *     new ESP ->     address of the EXCEPTION_RECORD
 *
 * A frame that does not fit turns the exception into STATUS_STACK_OVERFLOW at the same address; if that does not fit
 * either the program ends. */
#include <string.h>

#include "emu/machine_internal.h"

enum { RECORD_FIXED = 0x14 };

const char *exception_name(ntstatus_t code)
{
    static const struct {
        ntstatus_t code;
        const char *name;
    } names[] = {
        {STATUS_GUARD_PAGE_VIOLATION, "guard page violation"},
        {STATUS_DATATYPE_MISALIGNMENT, "datatype misalignment"},
        {STATUS_BREAKPOINT, "breakpoint"},
        {STATUS_SINGLE_STEP, "single step"},
        {STATUS_ACCESS_VIOLATION, "access violation"},
        {STATUS_IN_PAGE_ERROR, "in-page error"},
        {STATUS_NO_MEMORY, "no memory"},
        {STATUS_ILLEGAL_INSTRUCTION, "illegal instruction"},
        {STATUS_INVALID_LOCK_SEQUENCE, "invalid lock sequence"},
        {STATUS_NONCONTINUABLE_EXCEPTION, "noncontinuable exception"},
        {STATUS_INVALID_DISPOSITION, "invalid disposition"},
        {STATUS_ARRAY_BOUNDS_EXCEEDED, "array bounds exceeded"},
        {STATUS_INTEGER_DIVIDE_BY_ZERO, "integer division by zero"},
        {STATUS_INTEGER_OVERFLOW, "integer overflow"},
        {STATUS_PRIVILEGED_INSTRUCTION, "privileged instruction"},
        {STATUS_STACK_OVERFLOW, "stack overflow"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == code)
            return names[i].name;
    return NULL;
}

void exception_from_stop(const struct cpu_stop *stop, struct raise *ret_raise)
{
    *ret_raise = (struct raise){.fault = stop->fault};
    struct x86_exception_record *record = &ret_raise->record;
    record->ExceptionCode = stop->status;
    record->ExceptionAddress = (uint32_t)stop->address;
    record->NumberParameters = stop->parameter_count < 3 ? stop->parameter_count : 3;
    for (unsigned i = 0; i < record->NumberParameters; i++)
        record->ExceptionInformation[i] = (uint32_t)stop->information[i];
}

/* Write the frame below the context's stack pointer.  => *ret_esp: where it begins. */
static ntstatus_t write_frame(struct machine *machine, const struct x86_exception_record *record,
                              const struct x86_context *context, uint32_t *ret_esp)
{
    uint8_t frame[8 + sizeof *record + sizeof *context];
    uint32_t record_size = RECORD_FIXED + 4 * record->NumberParameters;
    uint32_t size = 8 + record_size + (uint32_t)sizeof *context;
    uint32_t top = context->Esp & ~3u;
    if (top < size)
        return STATUS_ACCESS_VIOLATION;
    uint32_t esp = top - size;
    put32(frame, 0, esp + 8);
    put32(frame, 4, esp + 8 + record_size);
    memcpy(frame + 8, record, record_size);
    memcpy(frame + 8 + record_size, context, sizeof *context);
    *ret_esp = esp;
    return guest_write_now(machine, esp, frame, size);
}

static void enter_dispatcher(struct machine *machine, uint32_t esp)
{
    struct cpu_registers registers;
    uint32_t rva = image_export(machine->images[machine->ntdll - 1].image, "KiUserExceptionDispatcher");
    cpu_get_registers(machine->cpu, &registers);
    registers.general[CPU_RSP] = esp;
    registers.ip = (uint32_t)machine->ntdll_base + rva;
    registers.flags = (registers.flags & EFLAGS_USER & ~(uint64_t)EFLAGS_TF) | EFLAGS_IF | 2;
    cpu_set_registers(machine->cpu, &registers);
}

void exception_deliver(struct machine *machine, const struct raise *raise)
{
    struct x86_context context;
    struct raise now = *raise;
    uint32_t esp;
    machine->exceptions++;
    machine_advance(machine, CLOCK_COST_EXCEPTION);
    context_capture(machine, &context);
    event_exception(machine, &now.record);
    if (write_frame(machine, &now.record, &context, &esp) != STATUS_SUCCESS) {
        now.record.ExceptionCode = STATUS_STACK_OVERFLOW;
        now.record.NumberParameters = 0;
        if (write_frame(machine, &now.record, &context, &esp) != STATUS_SUCCESS) {
            report_exception(machine, raise, &context, REPORT_NO_STACK);
            machine->exit_code = raise->record.ExceptionCode;
            machine_end(machine, MACHINE_EXIT_EXCEPTION);
            return;
        }
        event_exception(machine, &now.record);
    }
    machine->last_raise = now;
    enter_dispatcher(machine, esp);
}
