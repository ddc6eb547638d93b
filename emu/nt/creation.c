/* SPDX-License-Identifier: GPL-2.0-or-later */
/* creation.c - services that make and open processes and threads (nt-reference 13.1, 14.7). */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- Processes ----------------------------------------------------------------------------------------------- */

enum { PS_BREAKAWAY = 1, PS_INHERIT_HANDLES = 4, PS_KNOWN_FLAGS = 0xF };

/* Is it an image that can be a program here? */
static ntstatus_t check_image(struct nt_call *call, const struct object *section)
{
    struct machine *machine = call->machine;
    if (!section->section.image)
        return STATUS_SECTION_NOT_IMAGE;
    const struct image_info *info = image_info(machine->images[section->section.image - 1].image);
    return info->is_dll || info->machine != machine->layout->machine ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
}

/* Arguments: 0 *handle 1 access 2 attributes 3 parent 4 flags or inherit 5 section 6 debug port 7 exception port. */
static ntstatus_t make_process(struct nt_call *call, uint32_t flags)
{
    struct machine *machine = call->machine;
    const uint64_t *a = call->arguments;
    struct nt_new_object new;
    struct process_request request = {.inherit_handles = flags & PS_INHERIT_HANDLES,
                                      .leaves_job = flags & PS_BREAKAWAY};
    struct process *process;
    struct object *section;
    ntstatus_t status;
    if ((status = nt_plan_new(call, &new)) != STATUS_SUCCESS)
        return status;
    if (!a[3])
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_process(call, 3, PROCESS_CREATE_PROCESS, &request.parent)) != STATUS_SUCCESS)
        return status;
    if (!a[5])
        return nt_not_modelled(call, "a process without a section (the parent's clone)");
    if (a[6] || a[7])
        return nt_not_modelled(call, "a debug or exception port");
    if ((status = nt_object(call, 5, (struct object_want){OBJECT_SECTION, SECTION_MAP_EXECUTE}, &section)) !=
            STATUS_SUCCESS ||
        (status = check_image(call, section)) != STATUS_SUCCESS)
        return status;
    request.section = section->section.section;
    request.image = section->section.image;
    status = process_create(machine, &request, &process);
    return status == STATUS_SUCCESS ? nt_give_handle(call, process->object, &new) : status;
}

static ntstatus_t create_process(struct nt_call *call)
{
    return make_process(call, call->arguments[4] & 0xFF ? PS_INHERIT_HANDLES : 0);
}

static ntstatus_t create_process_ex(struct nt_call *call)
{
    uint32_t flags = nt_ulong(call, 4);
    return flags & ~PS_KNOWN_FLAGS ? STATUS_INVALID_PARAMETER : make_process(call, flags);
}

/* --- Threads ------------------------------------------------------------------------------------------------- */

/* INITIAL_TEB. */
static ntstatus_t capture_stack(struct nt_call *call, va_t va, struct stack *ret_stack)
{
    enum { OLD_BASE, OLD_LIMIT, BASE, LIMIT, ALLOCATION, FIELDS };
    const struct guest_layout *layout = call->machine->layout;
    uint8_t bytes[FIELDS * 8];
    va_t field[FIELDS];
    ntstatus_t status = guest_read(call->machine, va, bytes, FIELDS * layout->pointer);
    if (status != STATUS_SUCCESS)
        return status;
    for (unsigned i = 0; i < FIELDS; i++)
        field[i] = get_pointer(layout, bytes, i * layout->pointer);
    bool old = field[OLD_BASE] || field[OLD_LIMIT];
    *ret_stack = (struct stack){.base = field[old ? OLD_BASE : BASE],
                                .limit = field[old ? OLD_LIMIT : LIMIT],
                                .deallocation = field[ALLOCATION]};
    return STATUS_SUCCESS;
}

/* Where it begins, and what it will call from there. */
static void note_start(const struct machine *machine, struct thread *thread)
{
    bool wide = machine->layout->pointer == 8;
    thread->start_address = thread->saved.registers.ip;
    thread->win32_start = thread->saved.registers.general[wide ? CPU_RCX : CPU_RAX];
}

static ntstatus_t finish_thread(struct nt_call *call, struct thread *thread, const struct nt_new_object *new,
                                unsigned client_id)
{
    struct machine *machine = call->machine;
    unsigned pointer = machine->layout->pointer;
    uint64_t process_id = thread->process->id, thread_id = thread->id;
    uint32_t handle = nt_new_handle(call, thread->object, new->desired, new->attributes.flags);
    if (!handle) {
        thread_terminate(machine, thread, STATUS_INSUFFICIENT_RESOURCES);
        object_release(&machine->objects, thread->object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    nt_put_pointer(call, new->output, handle);
    if (call->arguments[4]) {
        nt_put(call, client_id, 0, &process_id, pointer);
        nt_put(call, client_id, pointer, &thread_id, pointer);
    }
    note_start(machine, thread);
    sched_ready(machine, thread);
    object_release(&machine->objects, thread->object);
    return STATUS_SUCCESS;
}

/* Arguments: 0 *handle 1 access 2 attributes 3 process 4 *client id 5 *context 6 *initial TEB 7 suspended. */
static ntstatus_t create_thread(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const uint64_t *a = call->arguments;
    uint8_t record[CONTEXT_RECORD_MAX];
    struct nt_new_object new;
    struct thread_context context;
    struct thread_request request = {.context = &context, .suspended = a[7] & 0xFF};
    struct thread *thread;
    unsigned client_id = 0;
    ntstatus_t status;
    if ((status = nt_plan_new(call, &new)) != STATUS_SUCCESS ||
        (a[4] && (status = nt_output(call, a[4], 2 * machine->layout->pointer, &client_id)) != STATUS_SUCCESS))
        return status;
    if (!a[5])
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_read_context(machine, a[5], record)) != STATUS_SUCCESS ||
        (status = capture_stack(call, a[6], &request.stack)) != STATUS_SUCCESS ||
        (status = nt_process(call, 3, PROCESS_CREATE_THREAD, &request.process)) != STATUS_SUCCESS)
        return status;
    thread_initial_context(&context);
    machine->layout->context->decode(record, &context);
    status = thread_create(machine, &request, &thread);
    return status == STATUS_SUCCESS ? finish_thread(call, thread, &new, client_id) : status;
}

/* --- Opening by client id ------------------------------------------------------------------------------------ */

struct client_id {
    uint64_t process, thread;
};

static ntstatus_t capture_client_id(struct nt_call *call, va_t va, struct client_id *ret_id)
{
    const struct guest_layout *layout = call->machine->layout;
    uint8_t bytes[16];
    ntstatus_t status = guest_read(call->machine, va, bytes, 2 * layout->pointer);
    if (status != STATUS_SUCCESS)
        return status;
    ret_id->process = get_pointer(layout, bytes, 0);
    ret_id->thread = get_pointer(layout, bytes, layout->pointer);
    return STATUS_SUCCESS;
}

/* NT ignores the low two bits of an id, as of a handle. */
static uint32_t id_of(uint64_t value)
{
    return value > UINT32_MAX ? 0 : (uint32_t)value & ~3u;
}

/* Arguments of both: 0 *handle 1 access 2 attributes 3 *client id. */
static ntstatus_t plan_open(struct nt_call *call, struct nt_new_object *new, struct client_id *id)
{
    ntstatus_t status = nt_plan_new(call, new);
    if (status != STATUS_SUCCESS)
        return status;
    if (new->place.directory)
        return call->arguments[3] ? STATUS_INVALID_PARAMETER_MIX : STATUS_OBJECT_NAME_NOT_FOUND;
    return call->arguments[3] ? capture_client_id(call, call->arguments[3], id) : STATUS_INVALID_PARAMETER_MIX;
}

static ntstatus_t open_process(struct nt_call *call)
{
    const struct machine *machine = call->machine;
    struct nt_new_object new;
    struct client_id id;
    ntstatus_t status = plan_open(call, &new, &id);
    if (status != STATUS_SUCCESS)
        return status;
    const struct thread *thread = id.thread ? thread_of_id(machine, id_of(id.thread)) : NULL;
    struct process *process = id.thread ? (thread ? thread->process : NULL) : process_of_id(machine, id_of(id.process));
    bool fits = process && (!id.thread || process->id == id_of(id.process));
    if (!fits)
        return id.thread ? STATUS_INVALID_CID : STATUS_INVALID_PARAMETER;
    return nt_open_object(call, process->object, &new);
}

static ntstatus_t open_thread(struct nt_call *call)
{
    const struct machine *machine = call->machine;
    struct nt_new_object new;
    struct client_id id;
    ntstatus_t status = plan_open(call, &new, &id);
    if (status != STATUS_SUCCESS)
        return status;
    struct thread *thread = thread_of_id(machine, id_of(id.thread));
    if (!thread || (id.process && thread->process->id != id_of(id.process)))
        return id.process ? STATUS_INVALID_CID : STATUS_INVALID_PARAMETER;
    return nt_open_object(call, thread->object, &new);
}

const struct nt_service nt_services_creation[] = {
    {"NtCreateProcess", 8, create_process}, {"NtCreateProcessEx", 9, create_process_ex},
    {"NtCreateThread", 8, create_thread},   {"NtOpenProcess", 4, open_process},
    {"NtOpenThread", 4, open_thread},       {0},
};
