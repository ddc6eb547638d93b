/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sync.c - mutants and semaphores. */
#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- Mutants ------------------------------------------------------------------------------------------------- */

static void init_mutant(struct object *object, const void *owner)
{
    object->wait.signal = 1;
    if (owner)
        mutant_acquire(object, (struct thread *)(uintptr_t)owner);
}

/* Arguments: 0 *handle 1 access 2 attributes 3 initial owner. */
static ntstatus_t create_mutant(struct nt_call *call)
{
    static const struct nt_kind kind = {OBJECT_MUTANT, init_mutant};
    struct nt_new_object new;
    ntstatus_t status = nt_plan_new(call, &new);
    const struct thread *owner = call->arguments[3] & 0xFF ? call->machine->thread : NULL;
    return status == STATUS_SUCCESS ? nt_create(call, &new, &kind, owner) : status;
}

/* Arguments: 0 handle 1 *previous count. */
static ntstatus_t release_mutant(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct object *mutant;
    int32_t previous;
    unsigned output = 0;
    ntstatus_t status;
    if ((a[1] && (status = nt_output(call, a[1], 4, &output)) != STATUS_SUCCESS) ||
        (status = nt_object(call, 0, (struct object_want){OBJECT_MUTANT, 0}, &mutant)) != STATUS_SUCCESS ||
        (status = mutant_release(call->machine, mutant, call->machine->thread, &previous)) != STATUS_SUCCESS)
        return status;
    if (a[1])
        nt_put32(call, output, (uint32_t)previous);
    return STATUS_SUCCESS;
}

static ntstatus_t query_mutant(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct object *mutant;
    if (nt_ulong(call, 1) != 0)
        return STATUS_INVALID_INFO_CLASS;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_MUTANT, MUTANT_QUERY_STATE}, &mutant);
    if (status != STATUS_SUCCESS)
        return status;
    struct guest_record record = record_begin(call->machine->layout); /* MUTANT_BASIC_INFORMATION */
    record_u32(&record, (uint32_t)mutant->wait.signal);
    record_u8(&record, mutant->mutant.owner == call->machine->thread);
    record_u8(&record, mutant->mutant.abandoned);
    record_u16(&record, 0);
    return nt_answer_record_exact(call, &record,
                                  (struct nt_information){.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]});
}

/* --- Semaphores ---------------------------------------------------------------------------------------------- */

struct new_semaphore {
    int32_t count, limit;
};

static void init_semaphore(struct object *object, const void *how)
{
    const struct new_semaphore *new = how;
    object->wait.signal = new->count;
    object->semaphore.limit = new->limit;
}

/* Arguments: 0 *handle 1 access 2 attributes 3 initial count 4 maximum. */
static ntstatus_t create_semaphore(struct nt_call *call)
{
    static const struct nt_kind kind = {OBJECT_SEMAPHORE, init_semaphore};
    struct new_semaphore how = {(int32_t)nt_ulong(call, 3), (int32_t)nt_ulong(call, 4)};
    struct nt_new_object new;
    ntstatus_t status = nt_plan_new(call, &new);
    if (status != STATUS_SUCCESS)
        return status;
    if (how.limit <= 0 || how.count < 0 || how.count > how.limit)
        return STATUS_INVALID_PARAMETER;
    return nt_create(call, &new, &kind, &how);
}

/* Arguments: 0 handle 1 count 2 *previous count. */
static ntstatus_t release_semaphore(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    int32_t count = (int32_t)nt_ulong(call, 1);
    struct object *semaphore;
    unsigned output = 0;
    ntstatus_t status;
    if (a[2] && (status = nt_output(call, a[2], 4, &output)) != STATUS_SUCCESS)
        return status;
    if (count <= 0)
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_object(call, 0, (struct object_want){OBJECT_SEMAPHORE, SEMAPHORE_MODIFY_STATE}, &semaphore)) !=
        STATUS_SUCCESS)
        return status;
    int32_t previous = semaphore->wait.signal;
    if (count > semaphore->semaphore.limit - previous)
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    if (a[2])
        nt_put32(call, output, (uint32_t)previous);
    semaphore->wait.signal += count;
    wait_signal(call->machine, semaphore, 1);
    return STATUS_SUCCESS;
}

static ntstatus_t query_semaphore(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct object *semaphore;
    if (nt_ulong(call, 1) != 0)
        return STATUS_INVALID_INFO_CLASS;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_SEMAPHORE, SEMAPHORE_QUERY_STATE}, &semaphore);
    if (status != STATUS_SUCCESS)
        return status;
    struct guest_record record = record_begin(call->machine->layout); /* SEMAPHORE_BASIC_INFORMATION */
    record_u32(&record, (uint32_t)semaphore->wait.signal);
    record_u32(&record, (uint32_t)semaphore->semaphore.limit);
    return nt_answer_record_exact(call, &record,
                                  (struct nt_information){.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]});
}

const struct nt_service nt_services_sync[] = {
    {"NtCreateMutant", 4, create_mutant},
    {"NtReleaseMutant", 2, release_mutant},
    {"NtQueryMutant", 5, query_mutant},
    {"NtCreateSemaphore", 5, create_semaphore},
    {"NtReleaseSemaphore", 3, release_semaphore},
    {"NtQuerySemaphore", 5, query_semaphore},
    {0},
};
