/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timer.c - timer services. */
#include "emu/machine_internal.h"
#include "emu/nt/access.h"

#define STATUS_TIMER_RESUME_IGNORED 0x40000025u

static void init_timer(struct object *object, const void *synchronization)
{
    object->timer.synchronization = *(const bool *)synchronization;
}

/* Arguments: 0 *handle 1 access 2 attributes 3 type. */
static ntstatus_t create_timer(struct nt_call *call)
{
    static const struct nt_kind kind = {OBJECT_TIMER, init_timer};
    struct nt_new_object new;
    uint32_t type = nt_ulong(call, 3);
    bool synchronization = type == TIMER_SYNCHRONIZATION;
    if (type > TIMER_SYNCHRONIZATION)
        return STATUS_INVALID_PARAMETER_4;
    ntstatus_t status = nt_plan_new(call, &new);
    return status == STATUS_SUCCESS ? nt_create(call, &new, &kind, &synchronization) : status;
}

/* Arguments: 0 handle 1 *due 2 APC routine 3 its context 4 resume 5 period (ms) 6 *previous state. */
static ntstatus_t set_timer(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const uint64_t *a = call->arguments;
    uint32_t period = nt_ulong(call, 5);
    int64_t due;
    struct object *timer;
    unsigned output = 0;
    ntstatus_t status;
    if (period > INT32_MAX)
        return STATUS_INVALID_PARAMETER_6;
    if ((status = guest_read(machine, a[1], &due, sizeof due)) != STATUS_SUCCESS ||
        (a[6] && (status = nt_output(call, a[6], 1, &output)) != STATUS_SUCCESS) ||
        (status = nt_object(call, 0, (struct object_want){OBJECT_TIMER, TIMER_MODIFY_STATE}, &timer)) != STATUS_SUCCESS)
        return status;
    uint8_t previous = timer->wait.signal > 0;
    if (a[6])
        nt_put(call, output, 0, &previous, 1);
    timer_set(machine, timer,
              &(struct timer_request){
                  .when = nt_time_of(machine, due), .period = period * 1000000ull, .routine = a[2], .context = a[3]});
    cpu_start_counting(machine->cpu); /* so that its time comes in a program that only computes */
    return a[4] & 0xFF ? STATUS_TIMER_RESUME_IGNORED : STATUS_SUCCESS;
}

/* Arguments: 0 handle 1 *state. */
static ntstatus_t cancel_timer(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct object *timer;
    unsigned output = 0;
    ntstatus_t status;
    if ((a[1] && (status = nt_output(call, a[1], 1, &output)) != STATUS_SUCCESS) ||
        (status = nt_object(call, 0, (struct object_want){OBJECT_TIMER, TIMER_MODIFY_STATE}, &timer)) != STATUS_SUCCESS)
        return status;
    uint8_t state = timer->wait.signal > 0;
    if (a[1])
        nt_put(call, output, 0, &state, 1);
    timer_cancel(call->machine, timer);
    return STATUS_SUCCESS;
}

static ntstatus_t query_timer(struct nt_call *call)
{
    const struct machine *machine = call->machine;
    const uint64_t *a = call->arguments;
    struct object *timer;
    if (nt_ulong(call, 1) != 0)
        return STATUS_INVALID_INFO_CLASS;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_TIMER, TIMER_QUERY_STATE}, &timer);
    if (status != STATUS_SUCCESS)
        return status;
    const struct due *due = &timer->timer.due;
    uint64_t left = due->queued && due->when > machine->clock.now ? (due->when - machine->clock.now) / 100 : 0;
    struct guest_record record = record_begin(machine->layout); /* TIMER_BASIC_INFORMATION */
    record_u64(&record, left);
    record_u8(&record, timer->wait.signal > 0);
    record_u32(&record, 0); /* to the end of the structure */
    return nt_answer_record_exact(call, &record,
                                  (struct nt_information){.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]});
}

const struct nt_service nt_services_timer[] = {
    {"NtCreateTimer", 4, create_timer},
    {"NtSetTimer", 7, set_timer},
    {"NtCancelTimer", 2, cancel_timer},
    {"NtQueryTimer", 5, query_timer},
    {0},
};
