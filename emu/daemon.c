/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon.c - see daemon.h. */
#include "emu/daemon.h"

#include "emu/machine_internal.h"
#include "emu/paging.h"

static const struct {
    int priority;
    uint64_t cost; /* ns of a step */
} daemons[DAEMON_COUNT] = {
    [MM_WORKING_SET_MANAGER] = {16, 20000}, [MM_SWAPPER] = {23, 10000},
    [MM_MODIFIED_WRITER] = {17, 5000},      [MM_MAPPED_WRITER] = {17, 5000},
    [MM_DEREFERENCE_SEGMENT] = {18, 5000},  [MM_ZERO_PAGE] = {0, 8000},
    [DAEMON_LAZY_WRITER] = {13, 5000},      [DAEMON_READ_AHEAD] = {13, 2000},
};

static void wait_for_work(struct machine *machine, struct thread *thread, const char *what)
{
    thread->wait.kind = WAIT_DAEMON;
    thread->wait.reason = REASON_EXECUTIVE;
    thread->wait.count = 0;
    thread->wait.service = what;
    sched_set_state(machine, thread, THREAD_WAITING);
}

const char *daemon_name(unsigned which)
{
    if (which < MM_DAEMON_COUNT)
        return mm_daemon_name((enum mm_daemon)which);
    return which == DAEMON_LAZY_WRITER ? "LazyWriter" : "ReadAhead";
}

bool daemon_start(struct machine *machine)
{
    struct daemons *d = &machine->daemons;
    if (process_make_system(machine, &d->system) != STATUS_SUCCESS)
        return false;
    for (unsigned i = 0; i < DAEMON_COUNT; i++) {
        struct thread *thread;
        if (thread_make(machine, d->system, &thread) != STATUS_SUCCESS)
            return false;
        thread->daemon = i + 1;
        thread->starts = false;
        thread->sched.base = thread->sched.priority = (int8_t)daemons[i].priority;
        thread->sched.boost_disabled = true;
        d->thread[i] = thread;
        event_thread(machine, thread, "start", 0);
        event_state(machine, thread);
        wait_for_work(machine, thread, daemon_name(i));
    }
    return true;
}

static void wake(struct machine *machine, unsigned which, const char *why)
{
    struct thread *thread = machine->daemons.thread[which];
    if (!thread || thread->sched.state != THREAD_WAITING || machine->daemons.io[which])
        return;
    thread->woken_by = why;
    sched_ready(machine, thread);
}

void daemon_wake(struct machine *machine, unsigned which)
{
    wake(machine, which, which < MM_DAEMON_COUNT ? mm_daemon_reason(machine->mm, (enum mm_daemon)which) : "queued");
}

/* Page tables that a service needed at once, and those that it could not have. */
static void attend(struct machine *machine)
{
    struct mm_fault fault = {.va = 0};

    machine_advance(machine, mm_take_synchronous(machine->mm) * (uint64_t)CLOCK_COST_PAGE_READ);
    if (!mm_take_bugcheck(machine->mm, &fault.bugcheck))
        return;
    fault.va = fault.bugcheck.parameter[3];
    event_bugcheck(machine, &fault);
    report_bugcheck(machine, &fault);
    machine_end(machine, MACHINE_EXIT_BUGCHECK);
}

void daemon_poll(struct machine *machine)
{
    unsigned signals = mm_take_signals(machine->mm);
    if (__builtin_expect(signals == 0, 1))
        return;
    if (signals & MM_SIGNAL(MM_SWAPPER))
        swapper_look(machine);
    if (signals & MM_SIGNAL_ATTENTION)
        attend(machine);
    for (unsigned i = 0; i < MM_DAEMON_COUNT; i++)
        if (signals & MM_SIGNAL(i))
            daemon_wake(machine, i);
    if (signals & MM_SIGNAL_FREE_PAGE) {
        daemon_io_done(machine, MM_WAIT_FREE_PAGE);
        paging_wake(machine);
    }
}

void daemon_second(struct machine *machine)
{
    machine->daemons.by_timer = true;
    wake(machine, MM_WORKING_SET_MANAGER, "timer");
    if (swapper_has_work(machine))
        wake(machine, MM_SWAPPER, "stacks to send");
    cache_second(machine);
    if (cache_has_work(machine))
        wake(machine, DAEMON_LAZY_WRITER, "timer");
}

static enum mm_wake why(struct machine *machine, unsigned which)
{
    bool timer = which == MM_WORKING_SET_MANAGER && machine->daemons.by_timer;
    if (timer)
        machine->daemons.by_timer = false;
    return timer ? MM_WAKE_TIMER : MM_WAKE_SIGNAL;
}

static enum mm_step step(struct machine *machine, unsigned which)
{
    switch (which) {
    case MM_SWAPPER: return swapper_step(machine);
    case DAEMON_LAZY_WRITER: return cache_lazy_step(machine);
    case DAEMON_READ_AHEAD: return cache_ahead_step(machine);
    default: return mm_daemon_step(machine->mm, (enum mm_daemon)which, why(machine, which));
    }
}

void daemon_step(struct machine *machine, struct thread *thread)
{
    unsigned which = thread->daemon - 1;
    enum mm_step result = step(machine, which);
    machine->daemons.runs[which] += result != MM_STEP_MORE;
    stats_note(machine);
    machine_check_laws(machine);
    if (result == MM_STEP_WAIT)
        machine->daemons.io[which] = mm_wait_key(machine->mm);
    if (result != MM_STEP_MORE)
        wait_for_work(machine, thread, daemon_name(which));
    daemon_poll(machine); /* not before: it may be signalled itself */
    machine_advance(machine, daemons[which].cost);
}

void daemon_io_done(struct machine *machine, uint32_t id)
{
    for (unsigned i = 0; i < DAEMON_COUNT; i++)
        if (machine->daemons.io[i] == id && id) {
            machine->daemons.io[i] = 0;
            wake(machine, i, "transfer over");
        }
}

void daemon_run_all(struct machine *machine)
{
    static const enum mm_daemon order[] = {MM_DEREFERENCE_SEGMENT, MM_MODIFIED_WRITER, MM_MAPPED_WRITER,
                                           MM_WORKING_SET_MANAGER, MM_MODIFIED_WRITER, MM_MAPPED_WRITER};
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++)
        while (mm_daemon_step(machine->mm, order[i], MM_WAKE_SIGNAL) == MM_STEP_MORE)
            ;
    const struct due *due = machine->sched.due.first;
    if (due && due->kind == DUE_PAGE_IO && due->when > machine->clock.now)
        machine_advance(machine, due->when - machine->clock.now);
    daemon_poll(machine);
}
