/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exception.c - exceptions on their way to the thread: KiUserExceptionDispatcher's frame (nt-reference 14.6).
 *
 *     32 bits                                       64 bits
 *     old ESP & ~3 -> ---------------------------   old RSP -> ------------------------- some bytes of alignment
 *                     CONTEXT, 2CC bytes                       MACHINE_FRAME, 28 bytes
 *                     EXCEPTION_RECORD, 14 + 4 n bytes         8 bytes
 *                     address of the CONTEXT                   EXCEPTION_RECORD, 98 bytes
 *     new ESP ->      address of the EXCEPTION_RECORD          CONTEXT, 4D0 bytes <- new RSP, 16-aligned
 *
 * A frame that does not fit turns the exception into STATUS_STACK_OVERFLOW at the same address; if that does not fit
 * either the program ends. */
#include "emu/exception.h"

#include <string.h>

#include "emu/machine_internal.h"
#include "emu/x64_layout.h"

void exception_encode(const struct guest_layout *layout, const struct exception_record *record, uint8_t *bytes)
{
    memset(bytes, 0, layout->exception_record.size);
    put32(bytes, layout->exception_record.ExceptionCode, record->code);
    put32(bytes, layout->exception_record.ExceptionFlags, record->flags);
    put_pointer(layout, bytes, layout->exception_record.ExceptionRecord, record->record);
    put_pointer(layout, bytes, layout->exception_record.ExceptionAddress, record->address);
    put32(bytes, layout->exception_record.NumberParameters, record->parameter_count);
    for (unsigned i = 0; i < EXCEPTION_MAXIMUM_PARAMETERS; i++)
        put_pointer(layout, bytes, layout->exception_record.ExceptionInformation + i * layout->pointer,
                    record->information[i]);
}

void exception_decode(const struct guest_layout *layout, const uint8_t *bytes, struct exception_record *ret_record)
{
    *ret_record = (struct exception_record){
        .code = get32(bytes, layout->exception_record.ExceptionCode),
        .flags = get32(bytes, layout->exception_record.ExceptionFlags),
        .record = get_pointer(layout, bytes, layout->exception_record.ExceptionRecord),
        .address = get_pointer(layout, bytes, layout->exception_record.ExceptionAddress),
        .parameter_count = get32(bytes, layout->exception_record.NumberParameters),
    };
    for (unsigned i = 0; i < ret_record->parameter_count && i < EXCEPTION_MAXIMUM_PARAMETERS; i++)
        ret_record->information[i] =
            get_pointer(layout, bytes, layout->exception_record.ExceptionInformation + i * layout->pointer);
}

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
    struct exception_record *record = &ret_raise->record;
    record->code = stop->status;
    record->address = stop->address;
    record->parameter_count = stop->parameter_count < 3 ? stop->parameter_count : 3;
    for (unsigned i = 0; i < record->parameter_count; i++)
        record->information[i] = stop->information[i];
}

/* --- Frames ------------------------------------------------------------------------------------------------ */

/* What the dispatcher starts with. */
struct dispatch {
    va_t sp, record, context;
};

static ntstatus_t write_frame_x86(struct machine *machine, const struct exception_record *record,
                                  const struct thread_context *context, struct dispatch *ret_dispatch)
{
    const struct guest_layout *layout = machine->layout;
    uint8_t frame[8 + EXCEPTION_RECORD_MAX + CONTEXT_RECORD_MAX];
    uint32_t record_size = layout->exception_record.ExceptionInformation + 4 * record->parameter_count;
    uint32_t size = 8 + record_size + layout->context->size;
    uint32_t top = (uint32_t)context->registers.general[CPU_RSP] & ~3u;
    if (top < size)
        return STATUS_ACCESS_VIOLATION;
    struct dispatch dispatch = {.sp = top - size};
    dispatch.record = dispatch.sp + 8;
    dispatch.context = dispatch.record + record_size;
    put32(frame, 0, (uint32_t)dispatch.record);
    put32(frame, 4, (uint32_t)dispatch.context);
    exception_encode(layout, record, frame + 8);
    layout->context->encode(context, frame + 8 + record_size); /* over parameters that are not used */
    *ret_dispatch = dispatch;
    return guest_put_frame(machine, dispatch.sp, frame, size);
}

static ntstatus_t write_frame_x64(struct machine *machine, const struct exception_record *record,
                                  const struct thread_context *context, struct dispatch *ret_dispatch)
{
    const struct guest_layout *layout = machine->layout;
    struct x64_exception_frame frame = {0};
    va_t rsp = context->registers.general[CPU_RSP];
    if (rsp < sizeof frame + 16)
        return STATUS_ACCESS_VIOLATION;
    struct dispatch dispatch = {.sp = (rsp - sizeof frame) & ~(va_t)15};
    dispatch.context = dispatch.sp + offsetof(struct x64_exception_frame, Context);
    dispatch.record = dispatch.sp + offsetof(struct x64_exception_frame, ExceptionRecord);
    layout->context->encode(context, (uint8_t *)&frame.Context);
    exception_encode(layout, record, frame.ExceptionRecord);
    frame.MachineFrame.Rip = context->registers.ip;
    frame.MachineFrame.Cs = X64_SELECTOR_CODE;
    frame.MachineFrame.EFlags = context->registers.flags;
    frame.MachineFrame.Rsp = rsp;
    frame.MachineFrame.Ss = X64_SELECTOR_DATA;
    *ret_dispatch = dispatch;
    return guest_put_frame(machine, dispatch.sp, &frame, sizeof frame);
}

/* Write the frame below the context's stack pointer. */
static ntstatus_t write_frame(struct machine *machine, const struct exception_record *record,
                              const struct thread_context *context, struct dispatch *ret_dispatch)
{
    return machine->layout->pointer == 8 ? write_frame_x64(machine, record, context, ret_dispatch)
                                         : write_frame_x86(machine, record, context, ret_dispatch);
}

static void enter_dispatcher(struct machine *machine, const struct thread_context *context,
                             const struct dispatch *dispatch)
{
    struct cpu_registers registers = context->registers;
    registers.general[CPU_RSP] = dispatch->sp;
    if (machine->layout->pointer == 8) {
        registers.general[CPU_RCX] = dispatch->record;
        registers.general[CPU_RDX] = dispatch->context;
    }
    registers.ip = process_entry(machine, machine_process(machine), NTDLL_EXCEPTION);
    registers.flags = context_flags(registers.flags) & ~(uint64_t)CONTEXT_TRAP_FLAG;
    cpu_set_registers(machine->cpu, &registers);
}

/* Nobody can be told: the process ends. */
static void die(struct machine *machine, struct thread *thread, const struct thread_context *context)
{
    ntstatus_t code = thread->raise.record.code;
    report_exception(machine, &thread->raise, context, REPORT_NO_STACK);
    thread->process->verdict = MACHINE_EXIT_EXCEPTION;
    process_terminate(machine, thread->process, code);
}

/* The exception is in the trace once, however often its pages have to be waited for. */
static void announce(struct machine *machine, struct thread *thread, const struct exception_record *record)
{
    if (thread->raise_announced)
        return;
    thread->raise_announced = true;
    machine->exceptions++;
    machine_advance(machine, CLOCK_COST_EXCEPTION);
    event_exception(machine, record);
}

void exception_deliver(struct machine *machine, struct thread *thread)
{
    struct thread_context context;
    struct raise now = thread->raise;
    struct dispatch dispatch;
    announce(machine, thread, &now.record);
    context_capture(machine, thread, &context);
    ntstatus_t status = write_frame(machine, &now.record, &context, &dispatch);
    if (status != STATUS_SUCCESS && status != STATUS_MM_WAIT) {
        now.record.code = STATUS_STACK_OVERFLOW;
        now.record.parameter_count = 0;
        status = write_frame(machine, &now.record, &context, &dispatch);
        if (status == STATUS_SUCCESS)
            event_exception(machine, &now.record);
    }
    if (status == STATUS_MM_WAIT) {
        paging_wait(machine, thread);
        return;
    }
    thread->raise_due = thread->raise_announced = false;
    if (status != STATUS_SUCCESS) {
        die(machine, thread, &context);
        return;
    }
    thread->last_raise = now;
    enter_dispatcher(machine, &context, &dispatch);
}

void exception_raise(struct thread *thread, const struct raise *raise)
{
    thread->raise = *raise;
    thread->raise_due = true;
    thread->raise_announced = false;
}
