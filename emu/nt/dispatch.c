/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dispatch.c - from a service number to its handler.
 *
 * Numbers belong to the ntdll that is loaded: at every export that begins with "Nt" the thunk starts with
 * B8 imm32 (mov eax, number), after mov r10, rcx in 64-bit code.  A name without a handler is a service that is not
 * modelled: it is said once. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "emu/job.h"
#include "emu/machine_internal.h"
#include "emu/nt/access.h"

static const struct nt_service *const families[] = {
    nt_services_vm,    nt_services_section,     nt_services_file,     nt_services_process, nt_services_thread,
    nt_services_event, nt_services_info,        nt_services_context,  nt_services_wait,    nt_services_sync,
    nt_services_timer, nt_services_object,      nt_services_creation, nt_services_name,    nt_services_token,
    nt_services_job,   nt_services_paging_file,
};

static const struct nt_service *find_service(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        for (const struct nt_service *service = families[i]; service->name; service++)
            if (strcmp(service->name, name) == 0)
                return service;
    return NULL;
}

static void note_export(void *context, const char *name, uint32_t rva)
{
    struct machine *machine = context;
    const struct guest_layout *layout = machine->layout;
    uint8_t code[sizeof layout->thunk + 5];
    const uint8_t *mov = code + layout->thunk_length;
    uint32_t number, length = layout->thunk_length + 5u;
    if (name[0] != 'N' || name[1] != 't' || strlen(name) >= SERVICE_NAME_MAX)
        return;
    if (image_read(machine->images[machine->ntdll - 1].image, rva, code, length) != length ||
        memcmp(code, layout->thunk, layout->thunk_length) != 0 || mov[0] != 0xB8)
        return;
    memcpy(&number, mov + 1, sizeof number);
    if (number >= SERVICE_NUMBERS_MAX)
        return;
    strcpy(machine->services[number].name, name);
    machine->services[number].service = find_service(name);
}

void nt_read_numbers(struct machine *machine)
{
    image_each_export(machine->images[machine->ntdll - 1].image, note_export, machine);
}

ntstatus_t nt_output(struct nt_call *call, va_t va, uint32_t length, unsigned *ret_output)
{
    assert(call->output_count < NT_OUTPUTS_MAX);
    struct mm_hold *hold = &call->outputs[call->output_count];
    ntstatus_t status = guest_hold(call->machine, va, length, MMU_WRITE, hold);
    if (status == STATUS_SUCCESS)
        *ret_output = call->output_count++;
    return status;
}

void nt_put(struct nt_call *call, unsigned output, uint32_t offset, const void *bytes, uint32_t length)
{
    if (length)
        mm_hold_write(call->machine->mm, &call->outputs[output], offset, bytes, length);
}

void nt_put32(struct nt_call *call, unsigned output, uint32_t value)
{
    nt_put(call, output, 0, &value, sizeof value);
}

ntstatus_t nt_output_pointer(struct nt_call *call, va_t va, unsigned *ret_output)
{
    return nt_output(call, va, call->machine->layout->pointer, ret_output);
}

void nt_put_pointer(struct nt_call *call, unsigned output, uint64_t value)
{
    nt_put(call, output, 0, &value, call->machine->layout->pointer);
}

uint64_t nt_get_pointer(struct nt_call *call, unsigned output)
{
    uint64_t value = 0;
    mm_hold_read(call->machine->mm, &call->outputs[output], 0, &value, call->machine->layout->pointer);
    return value;
}

ntstatus_t nt_output_io(struct nt_call *call, va_t va, unsigned *ret_output)
{
    return nt_output(call, va, 2 * call->machine->layout->pointer, ret_output);
}

void nt_put_io(struct nt_call *call, unsigned output, ntstatus_t status, uint64_t information)
{
    nt_put32(call, output, status);
    nt_put(call, output, call->machine->layout->pointer, &information, call->machine->layout->pointer);
}

uint32_t nt_ulong(const struct nt_call *call, unsigned index)
{
    return (uint32_t)call->arguments[index];
}

uint32_t nt_handle(const struct nt_call *call, unsigned index)
{
    uint64_t value = call->arguments[index];
    uint64_t extended = call->machine->layout->pointer == 8 ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
    return value == extended ? (uint32_t)value : 0;
}

void nt_release_outputs(struct nt_call *call)
{
    for (unsigned i = 0; i < call->output_count; i++)
        if (call->outputs[i].ref)
            mm_release(call->machine->mm, &call->outputs[i]);
    call->output_count = 0;
}

/* --- Objects by handle --------------------------------------------------------------------------------------- */

enum { THIS_PROCESS = -1, THIS_THREAD = -2 };

/* What cannot be done to a process that has ended. */
#define NEEDS_LIFE                                                                                                     \
    (PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_CREATE_PROCESS)

ntstatus_t nt_object(struct nt_call *call, unsigned index, struct object_want want, struct object **ret_object)
{
    const struct handle_table *handles = &machine_process(call->machine)->handles;
    const struct handle_entry *entry = repetition_find(call->machine, handles, nt_handle(call, index));
    return object_of_entry(entry, want, ret_object);
}

ntstatus_t nt_any_object(struct nt_call *call, unsigned index, struct handle_entry *ret_entry)
{
    struct machine *machine = call->machine;
    uint32_t handle = nt_handle(call, index);
    const struct handle_entry *entry = repetition_find(machine, &machine->thread->process->handles, handle);
    if (handle == (uint32_t)THIS_PROCESS)
        *ret_entry = (struct handle_entry){machine->thread->process->object, PROCESS_ALL_ACCESS, 0};
    else if (handle == (uint32_t)THIS_THREAD)
        *ret_entry = (struct handle_entry){machine->thread->object, THREAD_ALL_ACCESS, 0};
    else if (entry)
        *ret_entry = *entry;
    else
        return STATUS_INVALID_HANDLE;
    return STATUS_SUCCESS;
}

static ntstatus_t any_of_type(struct nt_call *call, unsigned index, struct object_want want, struct object **ret_object)
{
    struct handle_entry entry;
    ntstatus_t status = nt_any_object(call, index, &entry);
    if (status != STATUS_SUCCESS)
        return status;
    if (entry.object->type != want.type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    *ret_object = entry.object;
    return want.access & ~entry.access ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

ntstatus_t nt_process(struct nt_call *call, unsigned index, uint32_t access, struct process **ret_process)
{
    struct object *object;
    ntstatus_t status = any_of_type(call, index, (struct object_want){OBJECT_PROCESS, access}, &object);
    if (status != STATUS_SUCCESS)
        return status;
    *ret_process = object->process;
    return object->process->life == PROCESS_OVER && (access & NEEDS_LIFE) ? STATUS_PROCESS_IS_TERMINATING
                                                                          : STATUS_SUCCESS;
}

ntstatus_t nt_thread(struct nt_call *call, unsigned index, uint32_t access, struct thread **ret_thread)
{
    struct object *object;
    ntstatus_t status = any_of_type(call, index, (struct object_want){OBJECT_THREAD, access}, &object);
    if (status == STATUS_SUCCESS)
        *ret_thread = object->thread;
    return status;
}

ntstatus_t nt_not_modelled(struct nt_call *call, const char *what)
{
    /* Once for each service, whatever the part: a program may ask in a loop. */
    for (unsigned i = 0; i < SERVICE_NUMBERS_MAX; i++) {
        if (call->machine->services[i].service != call->service)
            continue;
        if (!call->machine->services[i].reported)
            machine_say(call->machine, "%s: %s is not modelled yet", call->service->name, what);
        call->machine->services[i].reported = true;
    }
    return STATUS_NOT_IMPLEMENTED;
}

uint64_t nt_resume(const struct nt_call *call)
{
    return call->machine->thread->repetition.done;
}

ntstatus_t nt_suspend(struct nt_call *call, uint64_t done)
{
    call->machine->thread->repetition.done = done;
    return STATUS_MM_WAIT;
}

ntstatus_t nt_answer(struct nt_call *call, const struct nt_information *information)
{
    unsigned buffer, returned = 0, returned_size = information->returned_size ? information->returned_size : 4;
    uint64_t length = information->length;
    ntstatus_t status;
    if (information->room < information->length)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = nt_output(call, information->buffer, information->length, &buffer)) != STATUS_SUCCESS)
        return status;
    if (information->returned &&
        (status = nt_output(call, information->returned, returned_size, &returned)) != STATUS_SUCCESS)
        return status;
    nt_put(call, buffer, 0, information->bytes, information->length);
    if (information->returned)
        nt_put(call, returned, 0, &length, returned_size);
    return STATUS_SUCCESS;
}

ntstatus_t nt_answer_record(struct nt_call *call, struct guest_record *record, struct nt_information information)
{
    record_end(record);
    information.bytes = record->bytes;
    information.length = record->length;
    return nt_answer(call, &information);
}

ntstatus_t nt_answer_record_exact(struct nt_call *call, struct guest_record *record, struct nt_information information)
{
    record_end(record);
    return information.room == record->length ? nt_answer_record(call, record, information)
                                              : STATUS_INFO_LENGTH_MISMATCH;
}

ntstatus_t nt_answer_fields(struct nt_call *call, const struct guest_record *record, struct nt_information information)
{
    struct guest_record padded = *record;
    if (record->length > sizeof(uint32_t))
        return nt_answer_record_exact(call, &padded, information);
    information.bytes = record->bytes;
    information.length = record->length;
    return nt_answer_exact(call, &information);
}

ntstatus_t nt_answer_exact(struct nt_call *call, const struct nt_information *information)
{
    return information->room == information->length ? nt_answer(call, information) : STATUS_INFO_LENGTH_MISMATCH;
}

/* The answer for a number that has no handler. */
static ntstatus_t refuse(struct machine *machine, uint32_t number)
{
    if (number >= SERVICE_NUMBERS_MAX || !machine->services[number].name[0])
        return STATUS_INVALID_SYSTEM_SERVICE;
    if (!machine->services[number].reported)
        machine_say(machine, "%s called %s, which is not modelled yet", process_name(machine, machine_process(machine)),
                    machine->services[number].name);
    machine->services[number].reported = true;
    return STATUS_NOT_IMPLEMENTED;
}

/* Registers first, then the stack. */
static ntstatus_t capture_arguments(struct nt_call *call, const struct cpu_system_call *request)
{
    const struct guest_layout *layout = call->machine->layout;
    uint8_t stack[NT_ARGUMENTS_MAX * 8];
    unsigned count = call->service->argument_count, in_registers = request->register_count;
    for (unsigned i = 0; i < count && i < in_registers; i++)
        call->arguments[i] = request->register_arguments[i];
    if (count <= in_registers)
        return STATUS_SUCCESS;
    ntstatus_t status =
        guest_read(call->machine, request->stack_arguments, stack, layout->pointer * (count - in_registers));
    for (unsigned i = in_registers; i < count && status == STATUS_SUCCESS; i++)
        call->arguments[i] = get_pointer(layout, stack, (i - in_registers) * layout->pointer);
    return status;
}

static ntstatus_t serve(struct nt_call *call, const struct cpu_system_call *request)
{
    ntstatus_t status = capture_arguments(call, request);
    if (status == STATUS_MM_WAIT)
        return status; /* the same call or not: nobody knows yet */
    if (status == STATUS_SUCCESS) {
        repetition_begin(call);
        status = call->service->handler(call);
        nt_release_outputs(call);
    }
    if (status == STATUS_MM_WAIT)
        repetition_suspend(call);
    else
        repetition_end(call->machine, call->machine->thread);
    return status;
}

/* Is something else to be done than to run on behind the system call? */
static bool must_leave(const struct machine *machine, const struct nt_call *call)
{
    const struct thread *thread = machine->thread;
    return call->keeps_registers || machine->sched.switch_wanted || thread->sched.state != THREAD_RUNNING ||
           thread->apc_pending || thread_is_held(thread) || machine->next != MACHINE_RUN ||
           clock_limit_reached(&machine->clock);
}

enum cpu_action nt_dispatch(void *context, const struct cpu_system_call *request)
{
    struct machine *machine = context;
    struct nt_call call = {.machine = machine};
    uint32_t number = request->number;
    ntstatus_t status;
    machine->service_count++;
    machine_advance(machine, CLOCK_COST_SERVICE);
    call.service = number < SERVICE_NUMBERS_MAX ? machine->services[number].service : NULL;
    if (!call.service) {
        cpu_set_result(machine->cpu, refuse(machine, number));
        return CPU_CONTINUE;
    }
    machine->in_service = true;
    status = serve(&call, request);
    job_kill_closed(machine);
    call.keeps_registers |= machine_process(machine)->life == PROCESS_OVER; /* a job took it along */
    machine->in_service = false;
    stats_note(machine);
    machine_check_laws(machine);
    daemon_poll(machine);
    if (status == STATUS_MM_WAIT)
        return CPU_REWIND;
    mm_thread_moved(machine->mm, machine->thread->id);
    call.keeps_registers |= repetition_take_context(machine, status);
    if (!call.keeps_registers && status != STATUS_KERNEL_WAITS)
        cpu_set_result(machine->cpu, status);
    return must_leave(machine, &call) ? CPU_STOP : CPU_CONTINUE;
}
