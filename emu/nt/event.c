/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.c - events. */
#include "emu/machine_internal.h"
#include "emu/nt/access.h"

struct new_event {
    enum event_type type;
    bool signalled;
};

static void init_event(struct object *object, const void *how)
{
    const struct new_event *new = how;
    object->event.type = new->type;
    object->wait.signal = new->signalled;
}

/* Arguments: 0 *handle 1 access 2 attributes 3 type 4 initial state. */
static ntstatus_t create_event(struct nt_call *call)
{
    static const struct nt_kind kind = {OBJECT_EVENT, init_event};
    struct nt_new_object new;
    uint32_t type = nt_ulong(call, 3);
    struct new_event how = {(enum event_type)type, call->arguments[4] & 0xFF};
    if (type > EVENT_SYNCHRONIZATION)
        return STATUS_INVALID_PARAMETER;
    ntstatus_t status = nt_plan_new(call, &new);
    return status == STATUS_SUCCESS ? nt_create(call, &new, &kind, &how) : status;
}

enum change { EVENT_SET, EVENT_RESET, EVENT_PULSE };

/* Arguments: 0 handle 1 *previous state. */
static ntstatus_t change_event(struct nt_call *call, enum change change)
{
    const uint64_t *a = call->arguments;
    struct object *event;
    unsigned previous = 0;
    ntstatus_t status;
    if (a[1] && (status = nt_output(call, a[1], 4, &previous)) != STATUS_SUCCESS)
        return status;
    if ((status = nt_object(call, 0, (struct object_want){OBJECT_EVENT, EVENT_MODIFY_STATE}, &event)) != STATUS_SUCCESS)
        return status;
    if (a[1])
        nt_put32(call, previous, (uint32_t)event->wait.signal);
    event->wait.signal = change != EVENT_RESET;
    if (change != EVENT_RESET)
        wait_signal(call->machine, event, 1);
    if (change == EVENT_PULSE)
        event->wait.signal = 0;
    return STATUS_SUCCESS;
}

static ntstatus_t set_event(struct nt_call *call)
{
    return change_event(call, EVENT_SET);
}

static ntstatus_t reset_event(struct nt_call *call)
{
    return change_event(call, EVENT_RESET);
}

static ntstatus_t pulse_event(struct nt_call *call)
{
    return change_event(call, EVENT_PULSE);
}

static ntstatus_t clear_event(struct nt_call *call)
{
    struct object *event;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_EVENT, EVENT_MODIFY_STATE}, &event);
    if (status == STATUS_SUCCESS)
        event->wait.signal = 0;
    return status;
}

/* Arguments of the queries: 0 handle 1 class 2 buffer 3 length 4 *returned length. */
static ntstatus_t query_event(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct object *event;
    if (nt_ulong(call, 1) != 0)
        return STATUS_INVALID_INFO_CLASS;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_EVENT, EVENT_QUERY_STATE}, &event);
    if (status != STATUS_SUCCESS)
        return status;
    struct guest_record record = record_begin(call->machine->layout); /* EVENT_BASIC_INFORMATION */
    record_u32(&record, event->event.type);
    record_u32(&record, (uint32_t)event->wait.signal);
    return nt_answer_record_exact(call, &record,
                                  (struct nt_information){.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]});
}

const struct nt_service nt_services_event[] = {
    {"NtCreateEvent", 5, create_event},
    {"NtSetEvent", 2, set_event},
    {"NtResetEvent", 2, reset_event},
    {"NtPulseEvent", 2, pulse_event},
    {"NtClearEvent", 1, clear_event},
    {"NtQueryEvent", 5, query_event},
    {0},
};
