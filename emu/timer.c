/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timer.c - timer objects: signalled when their time has come, again and again where they have a period, with an APC
 * for the thread that set them where it wants one. */
#include "emu/machine_internal.h"

static struct object *object_of(struct timer *timer)
{
    return (struct object *)(void *)((char *)timer - offsetof(struct object, timer));
}

static void leave_thread(struct machine *machine, struct timer *timer)
{
    struct thread *thread = timer->thread;
    if (!thread)
        return;
    *(timer->previous ? &timer->previous->next : &thread->timers) = timer->next;
    if (timer->next)
        timer->next->previous = timer->previous;
    timer->next = timer->previous = NULL;
    timer->thread = NULL;
    apc_drop_of_timer(machine, thread, timer);
}

static void join_thread(struct timer *timer, struct thread *thread)
{
    timer->thread = thread;
    timer->previous = NULL;
    timer->next = thread->timers;
    if (timer->next)
        timer->next->previous = timer;
    thread->timers = timer;
}

bool timer_cancel(struct machine *machine, struct object *object)
{
    struct timer *timer = &object->timer;
    bool was_set = timer->due.queued;
    due_remove(&machine->sched.due, &timer->due);
    leave_thread(machine, timer);
    return was_set;
}

static void arm(struct machine *machine, struct timer *timer, uint64_t when)
{
    timer->due.kind = DUE_TIMER;
    if (when < CLOCK_END)
        due_insert(&machine->sched.due, &timer->due, when);
}

void timer_set(struct machine *machine, struct object *object, const struct timer_request *request)
{
    struct timer *timer = &object->timer;
    timer_cancel(machine, object);
    object->wait.signal = 0;
    timer->period = request->period;
    timer->routine = request->routine;
    timer->context = request->context;
    if (request->routine)
        join_thread(timer, machine->thread);
    if (request->when <= machine->clock.now) {
        timer->due.when = request->when;
        timer_expire(machine, timer);
    } else {
        arm(machine, timer, request->when);
    }
}

/* One APC at a time: while it is queued another is not. */
static void queue_apc(struct machine *machine, struct timer *timer)
{
    uint64_t time = clock_system_time(&machine->clock);
    struct apc apc = {
        .routine = timer->routine, .arguments = {timer->context, (uint32_t)time, time >> 32}, .timer = timer};
    for (const struct apc *queued = timer->thread->apcs; queued; queued = queued->next)
        if (queued->timer == timer)
            return;
    apc_queue(machine, timer->thread, &apc);
}

void timer_expire(struct machine *machine, struct timer *timer)
{
    struct object *object = object_keep(object_of(timer));
    if (timer->thread)
        queue_apc(machine, timer);
    object->wait.signal = 1;
    if (timer->period) {
        uint64_t next = timer->due.when + timer->period;
        arm(machine, timer, next > machine->clock.now ? next : machine->clock.now + timer->period);
    }
    wait_signal(machine, object, 0);
    object_release(&machine->objects, object);
}

void timer_cancel_all_of(struct machine *machine, struct thread *thread)
{
    while (thread->timers)
        timer_cancel(machine, object_of(thread->timers));
}
