/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched.c - see sched.h. */
#include "emu/sched.h"

#include <assert.h>

#include "emu/daemon.h"
#include "emu/machine_internal.h"
#include "emu/paging.h"

#define STARVATION 4000000000ull

#define TO(state) (1u << THREAD_##state)
static const unsigned moves[THREAD_STATE_COUNT] = {
    [THREAD_INITIALIZED] = TO(DEFERRED_READY) | TO(WAITING) | TO(TRANSITION) | TO(TERMINATED),
    [THREAD_READY] = TO(STANDBY) | TO(WAITING) | TO(TERMINATED),
    [THREAD_STANDBY] = TO(RUNNING) | TO(READY),
    [THREAD_RUNNING] = TO(READY) | TO(WAITING) | TO(TERMINATED),
    [THREAD_WAITING] = TO(DEFERRED_READY) | TO(TRANSITION) | TO(TERMINATED),
    [THREAD_TRANSITION] = TO(DEFERRED_READY) | TO(TERMINATED),
    [THREAD_DEFERRED_READY] = TO(READY),
};
#undef TO

const char *thread_state_name(enum thread_state state)
{
    static const char *const names[THREAD_STATE_COUNT] = {
        [THREAD_INITIALIZED] = "Initialized", [THREAD_READY] = "Ready",
        [THREAD_RUNNING] = "Running",         [THREAD_STANDBY] = "Standby",
        [THREAD_WAITING] = "Waiting",         [THREAD_TERMINATED] = "Terminated",
        [THREAD_TRANSITION] = "Transition",   [THREAD_DEFERRED_READY] = "DeferredReady"};
    return names[state];
}

void sched_set_state(struct machine *machine, struct thread *thread, enum thread_state state)
{
    assert(moves[thread->sched.state] >> state & 1);
    thread->sched.state = state;
    if (state == THREAD_READY || state == THREAD_WAITING)
        thread->sched.since = machine->clock.now;
    event_state(machine, thread);
}

/* --- Ready queues -------------------------------------------------------------------------------------------- */

enum queue_end { QUEUE_FRONT, QUEUE_BACK };

static void enqueue(struct sched *sched, struct thread *thread, enum queue_end end)
{
    int level = thread->sched.priority;
    struct thread *other = end == QUEUE_FRONT ? sched->first[level] : sched->last[level];
    thread->sched.next = end == QUEUE_FRONT ? other : NULL;
    thread->sched.previous = end == QUEUE_FRONT ? NULL : other;
    if (!other)
        sched->first[level] = sched->last[level] = thread;
    else if (end == QUEUE_FRONT)
        sched->first[level] = other->sched.previous = thread;
    else
        sched->last[level] = other->sched.next = thread;
    sched->summary |= 1u << level;
}

static void dequeue(struct sched *sched, struct thread *thread)
{
    int level = thread->sched.priority;
    struct thread *next = thread->sched.next, *previous = thread->sched.previous;
    *(previous ? &previous->sched.next : &sched->first[level]) = next;
    *(next ? &next->sched.previous : &sched->last[level]) = previous;
    thread->sched.next = thread->sched.previous = NULL;
    if (!sched->first[level])
        sched->summary &= ~(1u << level);
}

static struct thread *highest(const struct sched *sched)
{
    return sched->summary ? sched->first[31 - __builtin_clz(sched->summary)] : NULL;
}

static bool is_running(const struct thread *thread)
{
    return thread && thread->sched.state == THREAD_RUNNING;
}

static void want_switch_for(struct machine *machine, const struct thread *thread)
{
    const struct thread *running = machine->thread;
    if (!is_running(running) || thread->sched.priority > running->sched.priority)
        machine->sched.switch_wanted = true;
}

void sched_ready(struct machine *machine, struct thread *thread)
{
    if (thread_is_held(thread)) {
        thread_stop(machine, thread);
        return;
    }
    thread->wait.kind = WAIT_NONE;
    if (swapper_must_bring(thread))
        swapper_want(machine, thread);
    else
        sched_brought_in(machine, thread);
}

void sched_brought_in(struct machine *machine, struct thread *thread)
{
    sched_set_state(machine, thread, THREAD_DEFERRED_READY);
    sched_set_state(machine, thread, THREAD_READY);
    enqueue(&machine->sched, thread, QUEUE_BACK);
    want_switch_for(machine, thread);
}

void sched_remove(struct machine *machine, struct thread *thread)
{
    assert(thread->sched.state == THREAD_READY);
    dequeue(&machine->sched, thread);
}

void sched_set_priority(struct machine *machine, struct thread *thread, int priority)
{
    bool queued = thread->sched.state == THREAD_READY;
    if (thread->sched.priority == priority)
        return;
    if (queued)
        dequeue(&machine->sched, thread);
    thread->sched.priority = (int8_t)priority;
    thread->sched.quantum = QUANTUM_UNITS;
    if (queued) {
        enqueue(&machine->sched, thread, QUEUE_BACK);
        want_switch_for(machine, thread);
    }
    if (is_running(thread))
        machine->sched.switch_wanted = true;
}

void sched_boost(struct thread *thread, int increment)
{
    struct scheduling *s = &thread->sched;
    if (s->base < PRIORITY_REALTIME && increment > 0 && !s->boost_disabled && !s->starved) {
        int boosted = s->base + increment < PRIORITY_DYNAMIC_MAX ? s->base + increment : PRIORITY_DYNAMIC_MAX;
        if (boosted > s->priority)
            s->priority = (int8_t)boosted;
    }
    s->quantum -= QUANTUM_UNITS_OF_WAIT;
    if (s->quantum <= 0)
        s->quantum = QUANTUM_UNITS;
}

/* Who of the two goes on?  => true: the other, which is ready. */
static bool is_overtaken(const struct sched *sched, const struct thread *running, const struct thread *next)
{
    if (!next)
        return false;
    if (sched->yields)
        return true;
    int lead = next->sched.priority - running->sched.priority;
    return lead > 0 || (lead == 0 && sched->turn_over);
}

/* --- Time ---------------------------------------------------------------------------------------------------- */

/* A new quantum, and one step of a boost less. */
static void end_quantum(struct thread *thread)
{
    struct scheduling *s = &thread->sched;
    s->quantum = QUANTUM_UNITS;
    if (s->starved)
        s->priority = s->base;
    else if (s->base < PRIORITY_REALTIME && s->priority > s->base)
        s->priority--;
    s->starved = false;
}

static void boost_starving(struct machine *machine)
{
    struct sched *sched = &machine->sched;
    for (int level = 1; level < PRIORITY_DYNAMIC_MAX; level++) {
        for (struct thread *thread = sched->first[level], *next; thread; thread = next) {
            next = thread->sched.next;
            if (machine->clock.now - thread->sched.since < STARVATION || thread->sched.boost_disabled)
                continue;
            sched_set_priority(machine, thread, PRIORITY_DYNAMIC_MAX);
            thread->sched.starved = true;
            thread->sched.quantum = 2 * QUANTUM_UNITS;
        }
    }
}

void sched_tick(struct machine *machine, uint64_t ticks)
{
    struct sched *sched = &machine->sched;
    struct thread *thread = machine->thread;
    if (machine->clock.now >= sched->next_scan) {
        sched->next_scan = machine->clock.now - machine->clock.now % CLOCK_TICK_NS + SCHED_SCAN_INTERVAL;
        if (sched->summary)
            boost_starving(machine);
        daemon_second(machine);
    }
    if (!is_running(thread))
        return;
    int left = thread->sched.quantum - (ticks < QUANTUM_UNITS ? (int)ticks : QUANTUM_UNITS) * QUANTUM_UNITS_OF_TICK;
    thread->sched.quantum = (int8_t)(left > 0 ? left : 0);
    if (left <= 0) {
        end_quantum(thread);
        sched->turn_over = true;
    }
    if (is_overtaken(sched, thread, highest(sched)))
        sched->switch_wanted = true;
}

void sched_run_due(struct machine *machine)
{
    struct due *due;
    while ((due = machine->sched.due.first) && due->when <= machine->clock.now) {
        due_remove(&machine->sched.due, due);
        switch (due->kind) {
        case DUE_WAIT: {
            struct thread *thread = (struct thread *)(void *)((char *)due - offsetof(struct thread, wait.due));
            wait_finish(machine, thread, thread->wait.kind == WAIT_DELAY ? STATUS_SUCCESS : STATUS_TIMEOUT, 0);
            break;
        }
        case DUE_TIMER:
            timer_expire(machine, (struct timer *)(void *)((char *)due - offsetof(struct timer, due)));
            break;
        case DUE_PAGE_IO: paging_complete(machine, due); break;
        }
    }
}

/* --- Switching ----------------------------------------------------------------------------------------------- */

void sched_save_loaded(struct machine *machine)
{
    struct thread *thread = machine->loaded;
    if (!thread)
        return;
    cpu_get_registers(machine->cpu, &thread->saved.registers);
    cpu_get_float_state(machine->cpu, &thread->saved.floats);
    machine->loaded = NULL;
}

static void load(struct machine *machine, struct thread *thread)
{
    sched_save_loaded(machine);
    cpu_attach(machine->cpu, thread->process->space, thread->id);
    if (!cpu_switch(machine->cpu, thread->teb, &thread->saved.registers, &thread->saved.floats)) {
        machine_say(machine, "the CPU emulator failed: no way to user mode");
        machine_end(machine, MACHINE_EXIT_CANNOT);
    }
    machine->loaded = thread;
    machine->sched.switches++;
    thread->sched.switches++;
}

/* The running thread makes room; one that waits or has ended has done so. */
static void put_back(struct machine *machine, struct thread *thread, enum queue_end end)
{
    if (!is_running(thread))
        return;
    if (thread_is_held(thread)) {
        thread_stop(machine, thread);
        return;
    }
    sched_set_state(machine, thread, THREAD_READY);
    enqueue(&machine->sched, thread, end);
}

static struct thread *dispatch(struct machine *machine, struct thread *thread)
{
    if (thread) {
        dequeue(&machine->sched, thread);
        sched_set_state(machine, thread, THREAD_STANDBY);
        sched_set_state(machine, thread, THREAD_RUNNING);
    }
    machine_set_thread(machine, thread);
    if (thread && !thread->daemon && machine->loaded != thread)
        load(machine, thread);
    return thread;
}

struct thread *sched_pick(struct machine *machine)
{
    struct sched *sched = &machine->sched;
    struct thread *running = machine->thread, *next = highest(sched);
    if (is_running(running)) {
        bool overtaken = sched->switch_wanted && is_overtaken(sched, running, next);
        if (overtaken)
            put_back(machine, running, sched->turn_over || sched->yields ? QUEUE_BACK : QUEUE_FRONT);
        sched->switch_wanted = sched->turn_over = sched->yields = false;
        return overtaken ? dispatch(machine, next) : running;
    }
    sched->switch_wanted = sched->turn_over = sched->yields = false;
    return dispatch(machine, next);
}

bool sched_yield_running(struct machine *machine)
{
    struct sched *sched = &machine->sched;
    if (!sched->summary)
        return false;
    end_quantum(machine->thread);
    sched->yields = sched->switch_wanted = true;
    return true;
}
