/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.c - job objects.  See job.h. */
#include "emu/job.h"

#include "emu/machine_internal.h"

static bool is_member(const struct process *process, const struct object *job)
{
    return process->job == job && process->life != PROCESS_OVER;
}

uint32_t job_active(const struct machine *machine, const struct object *job)
{
    uint32_t count = 0;
    for (const struct process *process = machine->first_process; process; process = process->next)
        count += is_member(process, job);
    return count;
}

ntstatus_t job_of_child(const struct machine *machine, const struct process *parent, enum job_breakaway breakaway,
                        struct object **ret_job)
{
    struct object *job = parent ? parent->job : NULL;
    *ret_job = NULL;
    if (!job || (job->job.limits & JOB_LIMIT_SILENT_BREAKAWAY_OK))
        return STATUS_SUCCESS;
    if (breakaway == JOB_BREAKAWAY)
        return job->job.limits & JOB_LIMIT_BREAKAWAY_OK ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    if ((job->job.limits & JOB_LIMIT_ACTIVE_PROCESS) && job_active(machine, job) >= job->job.active_limit)
        return STATUS_QUOTA_EXCEEDED;
    *ret_job = job;
    return STATUS_SUCCESS;
}

void job_enter(struct object *job, struct process *process)
{
    process->job = object_keep(job);
    job->job.total++;
}

void job_note_end(struct machine *machine, struct process *process)
{
    struct mm_process_counters counters = process->last_counters;
    if (!process->job)
        return;
    if (!process->cleaned && process->space)
        mm_process_query(machine->mm, process->space, &counters);
    process->job->job.kernel_time += process->kernel_time;
    process->job->job.user_time += process->user_time;
    process->job->job.page_faults += counters.page_faults;
}

void job_leave(struct machine *machine, struct process *process)
{
    struct object *job = process->job;
    process->job = NULL;
    if (job)
        object_release(&machine->objects, job);
}

void job_terminate(struct machine *machine, struct object *job, ntstatus_t status)
{
    /* From the start again after each: the end of one may take others along. */
    for (struct process *process = machine->first_process; process;) {
        if (!is_member(process, job)) {
            process = process->next;
            continue;
        }
        process_terminate(machine, process, status);
        process = machine->first_process;
    }
}

void job_kill_closed(struct machine *machine)
{
    while (machine->objects.job_closed) {
        struct object *job = NULL;
        machine->objects.job_closed = false;
        for (struct process *process = machine->first_process; process && !job; process = process->next) {
            struct object *its = process->life != PROCESS_OVER ? process->job : NULL;
            if (its && its->handles == 0 && (its->job.limits & JOB_LIMIT_KILL_ON_JOB_CLOSE))
                job = object_keep(its);
        }
        if (!job)
            return;
        machine->objects.job_closed = true; /* there may be another */
        job_terminate(machine, job, STATUS_SUCCESS);
        object_release(&machine->objects, job);
    }
}
