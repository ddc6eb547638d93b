/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.c - the services that wait: for one object, for several, for time. */
#include "emu/wait.h"

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

uint64_t nt_time_of(const struct machine *machine, int64_t timeout)
{
    const uint64_t never = CLOCK_END / 100;
    uint64_t length; /* 100 ns */
    if (timeout <= 0) {
        length = 0 - (uint64_t)timeout;
    } else {
        uint64_t now = clock_system_time(&machine->clock);
        length = (uint64_t)timeout > now ? (uint64_t)timeout - now : 0;
    }
    uint64_t when = length < never ? machine->clock.now + length * 100 : CLOCK_END;
    return when < CLOCK_END ? when : UINT64_MAX;
}

ntstatus_t nt_timeout(struct nt_call *call, va_t va, uint64_t *ret_when)
{
    int64_t timeout;
    *ret_when = UINT64_MAX;
    if (!va)
        return STATUS_SUCCESS;
    ntstatus_t status = guest_read(call->machine, va, &timeout, sizeof timeout);
    if (status == STATUS_SUCCESS)
        *ret_when = nt_time_of(call->machine, timeout);
    return status;
}

static ntstatus_t wait_for(struct nt_call *call, struct wait_request *request, uint64_t when)
{
    request->timed = when != UINT64_MAX;
    request->when = when;
    request->service = call->service->name;
    return wait_begin(call->machine, request);
}

/* A handle that may be waited on. */
static ntstatus_t waitable(struct nt_call *call, unsigned index, struct object **ret_object)
{
    struct handle_entry entry;
    ntstatus_t status = nt_any_object(call, index, &entry);
    if (status != STATUS_SUCCESS)
        return status;
    if (!wait_is_possible(entry.object))
        return STATUS_OBJECT_TYPE_MISMATCH;
    *ret_object = entry.object;
    return entry.access & SYNCHRONIZE ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* Arguments: 0 handle 1 alertable 2 *timeout. */
static ntstatus_t wait_for_object(struct nt_call *call)
{
    struct object *object;
    uint64_t when;
    ntstatus_t status;
    if ((status = nt_timeout(call, call->arguments[2], &when)) != STATUS_SUCCESS ||
        (status = waitable(call, 0, &object)) != STATUS_SUCCESS)
        return status;
    struct wait_request request = {
        .kind = WAIT_ANY, .alertable = call->arguments[1] & 0xFF, .count = 1, .objects = &object};
    return wait_for(call, &request, when);
}

static bool are_different(struct object *const *objects, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = i + 1; j < count; j++)
            if (objects[i] == objects[j])
                return false;
    return true;
}

/* The objects behind an array of handles. */
static ntstatus_t capture_objects(struct nt_call *call, unsigned count, struct object **objects)
{
    const struct guest_layout *layout = call->machine->layout;
    uint8_t bytes[MAXIMUM_WAIT_OBJECTS * 8];
    struct nt_call one = *call; /* each handle as if it were the argument */
    ntstatus_t status = guest_read(call->machine, call->arguments[1], bytes, count * layout->pointer);
    for (unsigned i = 0; i < count && status == STATUS_SUCCESS; i++) {
        one.arguments[0] = get_pointer(layout, bytes, i * layout->pointer);
        status = waitable(&one, 0, &objects[i]);
    }
    return status;
}

/* Arguments: 0 count 1 *handles 2 type (0 all, 1 any) 3 alertable 4 *timeout. */
static ntstatus_t wait_for_objects(struct nt_call *call)
{
    enum { WAIT_FOR_ALL, WAIT_FOR_ANY };
    const uint64_t *a = call->arguments;
    uint32_t count = nt_ulong(call, 0), type = nt_ulong(call, 2);
    struct object *objects[MAXIMUM_WAIT_OBJECTS];
    uint64_t when;
    ntstatus_t status;
    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (type > WAIT_FOR_ANY)
        return STATUS_INVALID_PARAMETER_3;
    if ((status = nt_timeout(call, a[4], &when)) != STATUS_SUCCESS ||
        (status = capture_objects(call, count, objects)) != STATUS_SUCCESS)
        return status;
    if (type == WAIT_FOR_ALL && !are_different(objects, count))
        return STATUS_INVALID_PARAMETER_MIX;
    struct wait_request request = {.kind = type == WAIT_FOR_ALL ? WAIT_ALL : WAIT_ANY,
                                   .alertable = a[3] & 0xFF,
                                   .count = count,
                                   .objects = objects};
    return wait_for(call, &request, when);
}

/* The signal of NtSignalAndWaitForSingleObject, which is checked first. */
static ntstatus_t check_signal(struct nt_call *call, struct handle_entry *ret_entry)
{
    ntstatus_t status = nt_any_object(call, 0, ret_entry);
    if (status != STATUS_SUCCESS)
        return status;
    const struct object *object = ret_entry->object;
    uint32_t needed = 0;
    if (object->type == OBJECT_EVENT)
        needed = EVENT_MODIFY_STATE;
    else if (object->type == OBJECT_SEMAPHORE)
        needed = SEMAPHORE_MODIFY_STATE;
    else if (object->type == OBJECT_MUTANT)
        needed = SYNCHRONIZE;
    else
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (needed & ~ret_entry->access)
        return STATUS_ACCESS_DENIED;
    if (object->type == OBJECT_MUTANT && object->mutant.owner != call->machine->thread)
        return STATUS_MUTANT_NOT_OWNED;
    if (object->type == OBJECT_SEMAPHORE && object->wait.signal == object->semaphore.limit)
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    return STATUS_SUCCESS;
}

static void raise_signal(struct machine *machine, struct object *object)
{
    int32_t previous;
    if (object->type == OBJECT_MUTANT) {
        mutant_release(machine, object, machine->thread, &previous);
        return;
    }
    object->wait.signal = object->type == OBJECT_EVENT ? 1 : object->wait.signal + 1;
    wait_signal(machine, object, 1);
}

/* Arguments: 0 handle to signal 1 handle to wait for 2 alertable 3 *timeout. */
static ntstatus_t signal_and_wait(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct handle_entry signal;
    struct object *object;
    uint64_t when;
    ntstatus_t status;
    if ((status = nt_timeout(call, call->arguments[3], &when)) != STATUS_SUCCESS ||
        (status = waitable(call, 1, &object)) != STATUS_SUCCESS ||
        (status = check_signal(call, &signal)) != STATUS_SUCCESS)
        return status;
    struct wait_request request = {
        .kind = WAIT_ANY, .alertable = call->arguments[2] & 0xFF, .count = 1, .objects = &object};
    raise_signal(machine, signal.object);
    return wait_for(call, &request, when);
}

/* Arguments: 0 alertable 1 *interval. */
static ntstatus_t delay_execution(struct nt_call *call)
{
    struct machine *machine = call->machine;
    int64_t interval;
    ntstatus_t status = guest_read(machine, call->arguments[1], &interval, sizeof interval);
    if (status != STATUS_SUCCESS)
        return status;
    struct wait_request request = {.kind = WAIT_DELAY, .alertable = call->arguments[0] & 0xFF};
    status = wait_for(call, &request, nt_time_of(machine, interval));
    if (status == STATUS_SUCCESS)
        sched_yield_running(machine); /* no time at all: others first */
    return status;
}

static ntstatus_t yield_execution(struct nt_call *call)
{
    return sched_yield_running(call->machine) ? STATUS_SUCCESS : STATUS_NO_YIELD_PERFORMED;
}

/* --- Keyed events -------------------------------------------------------------------------------------------- */

static ntstatus_t create_keyed_event(struct nt_call *call)
{
    struct nt_new_object new;
    ntstatus_t status = nt_plan_new(call, &new);
    if (status != STATUS_SUCCESS)
        return status;
    if (call->arguments[3])
        return STATUS_INVALID_PARAMETER_4;
    return nt_create(call, &new, &(struct nt_kind){OBJECT_KEYED_EVENT, NULL}, NULL);
}

/* Arguments of both: 0 handle 1 key 2 alertable 3 *timeout. */
static ntstatus_t meet(struct nt_call *call, enum wait_kind kind, uint32_t access)
{
    struct object *object;
    uint64_t when;
    ntstatus_t status;
    if (call->arguments[1] & 1)
        return STATUS_INVALID_PARAMETER_1;
    if ((status = nt_timeout(call, call->arguments[3], &when)) != STATUS_SUCCESS ||
        (status = nt_object(call, 0, (struct object_want){OBJECT_KEYED_EVENT, access}, &object)) != STATUS_SUCCESS)
        return status;
    struct wait_request request = {.kind = kind,
                                   .alertable = call->arguments[2] & 0xFF,
                                   .key = call->arguments[1],
                                   .count = 1,
                                   .objects = &object};
    return wait_for(call, &request, when);
}

static ntstatus_t wait_for_keyed_event(struct nt_call *call)
{
    return meet(call, WAIT_KEY, KEYEDEVENT_WAIT);
}

static ntstatus_t release_keyed_event(struct nt_call *call)
{
    return meet(call, WAIT_KEY_RELEASE, KEYEDEVENT_WAKE);
}

const struct nt_service nt_services_wait[] = {
    {"NtWaitForSingleObject", 3, wait_for_object},
    {"NtWaitForMultipleObjects", 5, wait_for_objects},
    {"NtSignalAndWaitForSingleObject", 4, signal_and_wait},
    {"NtDelayExecution", 2, delay_execution},
    {"NtYieldExecution", 0, yield_execution},
    {"NtCreateKeyedEvent", 4, create_keyed_event},
    {"NtWaitForKeyedEvent", 4, wait_for_keyed_event},
    {"NtReleaseKeyedEvent", 4, release_keyed_event},
    {0},
};
