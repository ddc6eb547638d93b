/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.c - the run loop: who runs, until the CPU stops, why it stopped, and who runs then.
 *
 * With nobody ready, virtual time moves to the moment when something is due: a timeout, a timer, a page that is read.
 * With nothing due either the run is over (exit status 124), since nothing can happen any more.  The run goes on until
 * all processes have ended; its exit status is that of the first one. */
#include <inttypes.h>

#include "emu/daemon.h"
#include "emu/machine_internal.h"
#include "emu/nt/file.h"
#include "emu/paging.h"

enum { IDLE_SECONDS = 60 };

void machine_end(struct machine *machine, int exit_status)
{
    machine->exit_status = exit_status;
    machine->next = MACHINE_OVER;
}

/* A limit was reached: say so and end. */
static bool check_limits(struct machine *machine)
{
    if (machine->next == MACHINE_OVER)
        return false;
    if (atomic_load(&machine->wall_limit_reached))
        machine_say(machine, "%s stopped after %u seconds (--wall-limit)", machine->program_name,
                    machine->options.wall_limit_seconds);
    else if (clock_limit_reached(&machine->clock))
        machine_say(machine, "%s stopped after %.9g virtual seconds (--time-limit)", machine->program_name,
                    (double)machine->clock.limit / 1e9);
    else
        return false;
    machine_end(machine, MACHINE_EXIT_LIMIT);
    return true;
}

static void set_ip(struct machine *machine, va_t ip)
{
    struct cpu_registers registers;
    cpu_get_registers(machine->cpu, &registers);
    registers.ip = ip;
    cpu_set_registers(machine->cpu, &registers);
}

static void act_on_stop(struct machine *machine, const struct cpu_stop *stop)
{
    switch (stop->reason) {
    case CPU_STOP_REQUESTED: repetition_look(machine, machine->thread); break;
    case CPU_STOP_WAIT:
        if (!file_wait_for_turn(machine, machine->thread) && !file_wait_for_lock(machine, machine->thread))
            paging_wait(machine, machine->thread);
        break;
    case CPU_STOP_EXCEPTION: {
        struct raise raise;
        exception_from_stop(stop, &raise);
        set_ip(machine, stop->address);           /* of a breakpoint: at the int3, not behind it */
        repetition_end(machine, machine->thread); /* the instruction that calls its service has changed */
        if (!repetition_take_context(machine, stop->status))
            exception_raise(machine->thread, &raise);
        break;
    }
    case CPU_STOP_BUGCHECK:
        event_bugcheck(machine, &stop->fault);
        report_bugcheck(machine, &stop->fault);
        machine_end(machine, MACHINE_EXIT_BUGCHECK);
        break;
    case CPU_STOP_BROKEN:
        machine_say(machine, "the CPU emulator failed: %s", stop->text ? stop->text : "unknown");
        machine_end(machine, MACHINE_EXIT_CANNOT);
        break;
    }
}

/* Of threads that all wait, the one to be told of: who waits for a lock, or else the first one. */
static const struct thread *stuck_thread(const struct machine *machine)
{
    const struct thread *first = NULL;
    for (const struct process *process = machine->first_process; process; process = process->next)
        for (const struct thread *thread = process->first; thread; thread = thread->next) {
            if (thread->wait.kind == WAIT_LOCK)
                return thread;
            first = first ? first : thread;
        }
    return first;
}

/* Nothing will ever be ready again. */
static void end_stuck(struct machine *machine)
{
    char lock[LOCK_TEXT_MAX];
    const struct thread *thread = stuck_thread(machine);
    const char *name = process_name(machine, thread ? thread->process : NULL);
    const char *service = thread && thread->wait.service ? thread->wait.service : "suspended";
    if (thread && thread->wait.kind == WAIT_LOCK) {
        file_describe_wait(machine, thread, lock);
        service = lock;
    }
    bool main_over = machine->main_process->life == PROCESS_OVER;
    if (machine->live_threads == 1 && !main_over)
        machine_say(machine, "%s waits for ever (%s): nothing can wake its only thread", name, service);
    else
        machine_say(machine, "%s waits for ever (%s), and so do all threads there are (%u)%s", name, service,
                    machine->live_threads, main_over ? "; the program itself has ended" : "");
    machine_end(machine, main_over ? machine->exit_status : MACHINE_EXIT_LIMIT);
}

/* Nobody is ready: on to the moment when something is due, or to the balance set manager's next second.  In a long
 * sleep it finds nothing new after a while, and its seconds are passed over. */
static void idle(struct machine *machine)
{
    const struct due *due = machine->sched.due.first;
    uint64_t now = machine->clock.now, limit = machine->clock.limit;
    bool another_second =
        machine->sched.next_scan > now && (cache_has_work(machine) || machine->sched.idle_seconds < IDLE_SECONDS);
    if (!due && !(another_second && (paging_has_waiters(machine) || swapper_has_work(machine)))) {
        end_stuck(machine);
        return;
    }
    uint64_t until = due ? due->when : machine->sched.next_scan;
    until = limit && limit < until ? limit : until;
    if (another_second && machine->sched.next_scan <= until) {
        until = machine->sched.next_scan;
        machine->sched.idle_seconds++;
    }
    machine_advance(machine, until > now ? until - now : 0);
}

bool machine_schedule(struct machine *machine)
{
    struct thread *thread = sched_pick(machine);
    if (!thread)
        idle(machine);
    else if (!thread->daemon)
        machine->sched.idle_seconds = 0;
    if (thread && thread->daemon) {
        daemon_step(machine, thread);
        return false;
    }
    return thread && machine->next != MACHINE_OVER && thread_prepare(machine, thread);
}

/* Who is still there ends with the run. */
static void tell_ends(struct machine *machine)
{
    for (unsigned i = 0; i < DAEMON_COUNT; i++)
        if (machine->daemons.thread[i])
            event_thread(machine, machine->daemons.thread[i], "exit", machine->exit_code);
    for (const struct process *process = machine->first_process; process; process = process->next) {
        for (const struct thread *thread = process->first; thread; thread = thread->next)
            event_thread(machine, thread, "exit", machine->exit_code);
        if (process->life == PROCESS_ALIVE)
            event_process(machine, process, "exit", machine->exit_code);
    }
}

/* What processes stored into mapped files and nobody has written yet. */
static void write_files(struct machine *machine)
{
    uint64_t lost = mm_file_flush_all(machine->mm);
    if (lost)
        machine_say(machine, "%" PRIu64 " pages of mapped files could not be written", lost);
}

int machine_run(struct machine *machine)
{
    struct watch *watch = watch_start(machine, machine->options.wall_limit_seconds);
    struct sigpipe_guard guard;
    sigpipe_block(&guard);
    while (machine->next != MACHINE_OVER && !check_limits(machine)) {
        struct cpu_stop stop;
        if (!machine_schedule(machine))
            continue;
        cpu_run(machine->cpu, &stop);
        if (machine->next != MACHINE_OVER)
            act_on_stop(machine, &stop);
    }
    watch_stop(watch);
    tell_ends(machine);
    write_files(machine);
    sigpipe_unblock(&guard);
    return machine->exit_status;
}
