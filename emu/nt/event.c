/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.c - events, and waiting for an object.  With one thread a wait is satisfied at once, times out, or never ends.
 */
#include "emu/machine_internal.h"

#define STATUS_TIMEOUT 0x102u

/* Arguments: 0 *handle 1 access 2 attributes 3 type 4 initial state. */
static ntstatus_t create_event(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct object_table *table = &call->machine->objects;
    const struct guest_layout *layout = call->machine->layout;
    uint8_t attributes[0x30] = {0};
    uint32_t type = nt_ulong(call, 3);
    unsigned output;
    ntstatus_t status;
    if (type > EVENT_SYNCHRONIZATION)
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_output_pointer(call, a[0], &output)) != STATUS_SUCCESS)
        return status;
    if (a[2] &&
        (status = guest_read(call->machine, a[2], attributes, layout->object_attributes.size)) != STATUS_SUCCESS)
        return status;
    if (get_pointer(layout, attributes, layout->object_attributes.ObjectName))
        return nt_not_modelled(call, "a named event");
    struct object *event = object_create(table, OBJECT_EVENT);
    if (!event)
        return STATUS_INSUFFICIENT_RESOURCES;
    event->event.type = (enum event_type)type;
    event->event.signalled = a[4] & 0xFF;
    uint32_t handle = object_insert(table, event);
    object_release(table, event);
    if (!handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    nt_put_pointer(call, output, handle);
    return STATUS_SUCCESS;
}

static ntstatus_t change_event(struct nt_call *call, bool signalled)
{
    const uint64_t *a = call->arguments;
    struct object *event;
    unsigned previous = 0;
    ntstatus_t status;
    if (a[1] && (status = nt_output(call, a[1], 4, &previous)) != STATUS_SUCCESS)
        return status;
    if ((status = object_reference(&call->machine->objects, nt_handle(call, 0), OBJECT_EVENT, &event)) !=
        STATUS_SUCCESS)
        return status;
    if (a[1])
        nt_put32(call, previous, event->event.signalled);
    event->event.signalled = signalled;
    return STATUS_SUCCESS;
}

static ntstatus_t set_event(struct nt_call *call)
{
    return change_event(call, true);
}

static ntstatus_t reset_event(struct nt_call *call)
{
    return change_event(call, false);
}

static ntstatus_t clear_event(struct nt_call *call)
{
    struct object *event;
    ntstatus_t status = object_reference(&call->machine->objects, nt_handle(call, 0), OBJECT_EVENT, &event);
    if (status == STATUS_SUCCESS)
        event->event.signalled = false;
    return status;
}

/* Would a wait on the handle end at once?  Takes the signal of a synchronization event. */
static ntstatus_t try_wait(struct machine *machine, uint32_t handle, bool *ret_signalled)
{
    *ret_signalled = false;
    if (handle == (uint32_t)-1 || handle == (uint32_t)-2)
        return STATUS_SUCCESS; /* the running process and thread: signalled when they are over */
    struct object *object = object_of_handle(&machine->objects, handle);
    if (!object)
        return STATUS_INVALID_HANDLE;
    switch (object->type) {
    case OBJECT_EVENT:
        *ret_signalled = object->event.signalled;
        if (object->event.type == EVENT_SYNCHRONIZATION)
            object->event.signalled = false;
        return STATUS_SUCCESS;
    case OBJECT_FILE:
    case OBJECT_CONSOLE:
    case OBJECT_NUL: *ret_signalled = true; return STATUS_SUCCESS;
    case OBJECT_SECTION:
    case OBJECT_NONE: break;
    }
    return STATUS_OBJECT_TYPE_MISMATCH;
}

/* Arguments: 0 handle 1 alertable 2 *timeout. */
static ntstatus_t wait_for_object(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    int64_t timeout = INT64_MIN;
    bool signalled;
    ntstatus_t status = a[2] ? guest_read(call->machine, a[2], &timeout, sizeof timeout) : STATUS_SUCCESS;
    if (status != STATUS_SUCCESS ||
        (status = try_wait(call->machine, nt_handle(call, 0), &signalled)) != STATUS_SUCCESS)
        return status;
    if (signalled)
        return STATUS_SUCCESS;
    if (!nt_wait_until(call->machine, timeout))
        nt_wait_forever(call);
    return STATUS_TIMEOUT;
}

const struct nt_service nt_services_event[] = {
    {"NtCreateEvent", 5, create_event},
    {"NtSetEvent", 2, set_event},
    {"NtResetEvent", 2, reset_event},
    {"NtClearEvent", 1, clear_event},
    {"NtWaitForSingleObject", 3, wait_for_object},
    {0},
};
