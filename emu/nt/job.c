/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.c - services for job objects (public headers: JOBOBJECT_*_INFORMATION).  Limits that the machine has nothing for
 * (times, working sets, affinity, memory) are refused. */
#include "emu/job.h"

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

enum {
    JOB_BASIC_ACCOUNTING = 1,
    JOB_BASIC_LIMIT = 2,
    JOB_PROCESS_IDS = 3,
    JOB_EXTENDED_LIMIT = 9,
    BASIC_FLAGS = 0xFF,      /* that JOBOBJECT_BASIC_LIMIT_INFORMATION may have */
    EXTENDED_FLAGS = 0x7FFF, /* and the extended one */
    MODELLED = JOB_LIMIT_ACTIVE_PROCESS | JOB_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | JOB_LIMIT_BREAKAWAY_OK |
               JOB_LIMIT_SILENT_BREAKAWAY_OK | JOB_LIMIT_KILL_ON_JOB_CLOSE,
    LIMIT_MAX = 144,
    FLAGS_AT = 16,
};

static void init_job(struct object *object, const void *how)
{
    (void)how;
    object->wait.signal = 0; /* signalled only when a time limit ends it: there is none */
}

/* Arguments: 0 *handle 1 access 2 attributes. */
static ntstatus_t create_job(struct nt_call *call)
{
    static const struct nt_kind kind = {OBJECT_JOB, init_job};
    struct nt_new_object new;
    ntstatus_t status = nt_plan_new(call, &new);
    return status == STATUS_SUCCESS ? nt_create(call, &new, &kind, NULL) : status;
}

/* The caller's own end is among what the call did. */
static ntstatus_t finish(struct nt_call *call, ntstatus_t status)
{
    call->keeps_registers = machine_process(call->machine)->life == PROCESS_OVER;
    return status;
}

/* Arguments: 0 job 1 process. */
static ntstatus_t assign_process(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct object *job;
    struct process *process;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_JOB, JOB_OBJECT_ASSIGN_PROCESS}, &job);
    if (status != STATUS_SUCCESS ||
        (status = nt_process(call, 1, PROCESS_SET_QUOTA | PROCESS_TERMINATE, &process)) != STATUS_SUCCESS)
        return status;
    if (process->life == PROCESS_OVER)
        return STATUS_PROCESS_IS_TERMINATING;
    if (process->job)
        return STATUS_ACCESS_DENIED;
    if ((job->job.limits & JOB_LIMIT_ACTIVE_PROCESS) && job_active(machine, job) >= job->job.active_limit) {
        nt_release_outputs(call);
        job->job.terminated++;
        process_terminate(machine, process, STATUS_QUOTA_EXCEEDED); /* documented: it ends, and is not in the job */
        return finish(call, STATUS_QUOTA_EXCEEDED);
    }
    job_enter(job, process);
    return STATUS_SUCCESS;
}

/* Arguments: 0 job 1 status. */
static ntstatus_t terminate_job(struct nt_call *call)
{
    struct object *job;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_JOB, JOB_OBJECT_TERMINATE}, &job);
    if (status != STATUS_SUCCESS)
        return status;
    object_keep(job);
    job_terminate(call->machine, job, nt_ulong(call, 1));
    object_release(&call->machine->objects, job);
    return finish(call, STATUS_SUCCESS);
}

/* Arguments: 0 process 1 job, or none: any. */
static ntstatus_t is_process_in_job(struct nt_call *call)
{
    struct process *process;
    struct object *job = NULL;
    ntstatus_t status = nt_process(call, 0, PROCESS_QUERY_INFORMATION, &process);
    if (status == STATUS_SUCCESS && call->arguments[1])
        status = nt_object(call, 1, (struct object_want){OBJECT_JOB, JOB_OBJECT_QUERY}, &job);
    if (status != STATUS_SUCCESS)
        return status;
    bool inside = process->job && (!job || process->job == job);
    return inside ? STATUS_PROCESS_IN_JOB : STATUS_PROCESS_NOT_IN_JOB;
}

/* --- Limits ---------------------------------------------------------------------------------------------------- */

struct limit_layout {
    uint32_t basic, extended, active; /* two sizes, an offset */
};

static struct limit_layout limit_layout(const struct nt_call *call)
{
    return call->machine->layout->pointer == 8 ? (struct limit_layout){64, 144, 40}
                                               : (struct limit_layout){48, 112, 28};
}

/* Arguments: 0 job 1 class 2 information 3 length. */
static ntstatus_t set_information(struct nt_call *call)
{
    const struct limit_layout layout = limit_layout(call);
    uint32_t info_class = nt_ulong(call, 1), length = nt_ulong(call, 3);
    bool extended = info_class == JOB_EXTENDED_LIMIT;
    uint8_t bytes[LIMIT_MAX];
    struct object *job;
    if (!extended && info_class != JOB_BASIC_LIMIT)
        return nt_not_modelled(call, "this information class");
    if (length != (extended ? layout.extended : layout.basic))
        return STATUS_INFO_LENGTH_MISMATCH;
    ntstatus_t status = guest_read(call->machine, call->arguments[2], bytes, length);
    if (status != STATUS_SUCCESS ||
        (status = nt_object(call, 0, (struct object_want){OBJECT_JOB, JOB_OBJECT_SET_ATTRIBUTES}, &job)) !=
            STATUS_SUCCESS)
        return status;
    uint32_t flags = get32(bytes, FLAGS_AT), active = get32(bytes, layout.active);
    if (flags & ~(uint32_t)(extended ? EXTENDED_FLAGS : BASIC_FLAGS))
        return STATUS_INVALID_PARAMETER;
    if (flags & ~(uint32_t)MODELLED)
        return nt_not_modelled(call, "a limit of time, working set, affinity, priority or memory");
    if ((flags & JOB_LIMIT_ACTIVE_PROCESS) && active == 0)
        return STATUS_INVALID_PARAMETER;
    job->job.limits = extended ? flags : flags | (job->job.limits & ~(uint32_t)BASIC_FLAGS);
    job->job.active_limit = active;
    return STATUS_SUCCESS;
}

static ntstatus_t query_limits(struct nt_call *call, const struct object *job, struct nt_information answer,
                               bool extended)
{
    const struct limit_layout layout = limit_layout(call);
    uint8_t bytes[LIMIT_MAX] = {0};
    put32(bytes, FLAGS_AT, extended ? job->job.limits : job->job.limits & BASIC_FLAGS);
    put32(bytes, layout.active, job->job.limits & JOB_LIMIT_ACTIVE_PROCESS ? job->job.active_limit : 0);
    answer.bytes = bytes;
    answer.length = extended ? layout.extended : layout.basic;
    return nt_answer_exact(call, &answer);
}

static ntstatus_t query_accounting(struct nt_call *call, const struct object *job, struct nt_information answer)
{
    uint64_t kernel = job->job.kernel_time, user = job->job.user_time, faults = job->job.page_faults;
    for (const struct process *process = call->machine->first_process; process; process = process->next) {
        struct mm_process_counters counters = {0};
        if (process->job != job || process->life == PROCESS_OVER)
            continue;
        if (process->space)
            mm_process_query(call->machine->mm, process->space, &counters);
        faults += counters.page_faults;
        kernel += process->kernel_time;
        user += process->user_time;
        for (const struct thread *thread = process->first; thread; thread = thread->next) {
            kernel += thread->kernel_time;
            user += thread->user_time;
        }
    }
    struct guest_record record = record_begin(call->machine->layout);
    record_u64(&record, user / 100);
    record_u64(&record, kernel / 100);
    record_u64(&record, user / 100); /* of this period: there is no other */
    record_u64(&record, kernel / 100);
    record_u32(&record, (uint32_t)faults);
    record_u32(&record, job->job.total);
    record_u32(&record, job_active(call->machine, job));
    record_u32(&record, job->job.terminated);
    return nt_answer_record_exact(call, &record, answer);
}

/* JOBOBJECT_BASIC_PROCESS_ID_LIST: as many as there is room for, and how many there are. */
static ntstatus_t query_ids(struct nt_call *call, const struct object *job, struct nt_information answer)
{
    const unsigned pointer = call->machine->layout->pointer;
    uint8_t bytes[8 + PROCESSES_MAX * 8];
    uint32_t room = answer.room > 8 ? (uint32_t)((answer.room - 8) / pointer) : 0, all = 0, given = 0;
    if (answer.room < 8 + pointer)
        return STATUS_INFO_LENGTH_MISMATCH;
    for (const struct process *process = call->machine->first_process; process; process = process->next) {
        if (process->job != job || process->life == PROCESS_OVER)
            continue;
        all++;
        if (given < room && given < PROCESSES_MAX)
            put_pointer(call->machine->layout, bytes, 8 + given++ * pointer, process->id);
    }
    put32(bytes, 0, all);
    put32(bytes, 4, given);
    answer.bytes = bytes;
    answer.length = 8 + given * pointer;
    ntstatus_t status = nt_answer(call, &answer);
    return status == STATUS_SUCCESS && given < all ? STATUS_BUFFER_OVERFLOW : status;
}

/* Arguments: 0 job, or none: the caller's 1 class 2 buffer 3 length 4 *returned length. */
static ntstatus_t query_information(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct nt_information answer = {.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]};
    struct object *job = machine_process(call->machine)->job;
    ntstatus_t status = STATUS_SUCCESS;
    if (a[0])
        status = nt_object(call, 0, (struct object_want){OBJECT_JOB, JOB_OBJECT_QUERY}, &job);
    if (status != STATUS_SUCCESS)
        return status;
    if (!job)
        return STATUS_ACCESS_DENIED;
    switch (nt_ulong(call, 1)) {
    case JOB_BASIC_ACCOUNTING: return query_accounting(call, job, answer);
    case JOB_BASIC_LIMIT: return query_limits(call, job, answer, false);
    case JOB_PROCESS_IDS: return query_ids(call, job, answer);
    case JOB_EXTENDED_LIMIT: return query_limits(call, job, answer, true);
    default: return nt_not_modelled(call, "this information class");
    }
}

const struct nt_service nt_services_job[] = {
    {"NtCreateJobObject", 3, create_job},
    {"NtAssignProcessToJobObject", 2, assign_process},
    {"NtTerminateJobObject", 2, terminate_job},
    {"NtIsProcessInJob", 2, is_process_in_job},
    {"NtSetInformationJobObject", 4, set_information},
    {"NtQueryInformationJobObject", 5, query_information},
    {0},
};
