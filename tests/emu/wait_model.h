/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait_model.h - a plain model of scheduler and waits, for comparison: arrays that are searched, numbers for threads
 * and objects, and nothing of the kernel's sources.  Rules as emu/sched.h and emu/wait.h say them. */
#ifndef WAIT_MODEL_H
#define WAIT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum { THREADS = 12, OBJECTS = 14, WAIT_MAX = 5, QUEUE = 64 };

enum object_kind { KIND_NOTIFICATION, KIND_SYNCHRONIZATION, KIND_MUTANT, KIND_SEMAPHORE };
enum model_state { MODEL_READY, MODEL_RUNNING, MODEL_WAITING, MODEL_SUSPENDED, MODEL_DEAD };
enum model_wait { MODEL_ANY, MODEL_ALL, MODEL_DELAY };

#define MODEL_PENDING 0xFFFFFFFFu /* the thread waits */

struct list {
    int count, item[QUEUE];
};

struct model_thread {
    enum model_state state;
    int priority, quantum, suspended;
    bool alerted;
    uint32_t status; /* of its last wait */
    enum model_wait kind;
    bool timed, alertable, parked;
    uint64_t when, since; /* since: order of timeouts of one moment */
    int count, object[WAIT_MAX];
    struct list mutants; /* owned, last taken first */
};

struct model_object {
    enum object_kind kind;
    int signal, limit, owner; /* owner: -1 none */
    bool abandoned;
    struct list waiters; /* in order of arrival; one entry for each time that a wait names it */
};

struct model {
    uint64_t now, order;
    int running; /* -1: none */
    bool wanted, turn_over, yields;
    struct model_thread thread[THREADS];
    struct model_object object[OBJECTS];
    struct list ready[32];
};

void model_ready(struct model *model, int t);
/* => the status where the wait is over at once, MODEL_PENDING. */
uint32_t model_wait(struct model *model, const struct model_thread *request);
/* A wait ends from outside. */
void model_finish(struct model *model, int t, uint32_t status);
void model_set(struct model *model, int o);
void model_reset(struct model *model, int o);
void model_pulse(struct model *model, int o);
bool model_release(struct model *model, int o, int count); /* false: refused */
void model_suspend(struct model *model, int t);
void model_resume(struct model *model, int t);
void model_alert(struct model *model, int t);
void model_set_priority(struct model *model, int t, int priority);
void model_kill(struct model *model, int t);
bool model_yield(struct model *model);
void model_advance(struct model *model, uint64_t ns);
/* Who runs now; time moves on where nobody is ready.  => -1: nobody ever. */
int model_pick(struct model *model);

#endif
