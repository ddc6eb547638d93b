/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.h - job objects: processes that are limited and ended together.
 *
 * A process is in one job at most, keeps it while the process lives, and its children are in it, too, unless the job
 * lets them go.  A job with JOB_LIMIT_KILL_ON_JOB_CLOSE takes its processes along when its last handle is closed. */
#ifndef SOFTFAULT_EMU_JOB_H
#define SOFTFAULT_EMU_JOB_H

#include "emu/object.h"

struct machine;

#define JOB_LIMIT_ACTIVE_PROCESS 0x0008u
#define JOB_LIMIT_DIE_ON_UNHANDLED_EXCEPTION 0x0400u /* as all processes do here */
#define JOB_LIMIT_BREAKAWAY_OK 0x0800u
#define JOB_LIMIT_SILENT_BREAKAWAY_OK 0x1000u
#define JOB_LIMIT_KILL_ON_JOB_CLOSE 0x2000u

enum job_breakaway { JOB_STAY, JOB_BREAKAWAY };

/* May the parent have another child?  => *ret_job: the job that it will be in, borrowed; NULL: none.
 * => STATUS_QUOTA_EXCEEDED: the job is full; STATUS_ACCESS_DENIED: it lets nobody go. */
ntstatus_t job_of_child(const struct machine *machine, const struct process *parent, enum job_breakaway breakaway,
                        struct object **ret_job);
void job_enter(struct object *job, struct process *process);
/* The process has ended: what it used is counted; it stays in the job's reach no longer. */
void job_note_end(struct machine *machine, struct process *process);
/* The process's object goes. */
void job_leave(struct machine *machine, struct process *process);
uint32_t job_active(const struct machine *machine, const struct object *job);
void job_terminate(struct machine *machine, struct object *job, ntstatus_t status);
/* Jobs whose last handle has been closed take their processes along. */
void job_kill_closed(struct machine *machine);

#endif
