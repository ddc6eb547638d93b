/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched.h - who runs on the one virtual CPU.
 *
 * Priorities 0 to 31, a queue of READY threads for each; the highest runs, first come first served.
 *
 *     INITIALIZED -> DEFERRED_READY -> READY -> STANDBY -> RUNNING -> WAITING -> DEFERRED_READY ...
 *                                                             \-> READY (made way)         any -> TERMINATED
 *
 * DEFERRED_READY is a moment: ready, but in no processor's queue yet.  A thread whose kernel stack or process is out of
 * memory goes from WAITING to TRANSITION instead, and on from there when the swapper has brought it (swapper.h).
 *
 * Quantum: two timer interrupts (6 units, 3 for each interrupt, 1 for a wait that is over), the short fixed quantum of
 * a system that is tuned for programs.  At its end the thread goes behind the others of its priority, and a boost loses
 * one step. A thread that becomes READY above the running one takes the CPU at once; the other goes to the front of its
 * queue.
 *
 * Boosts, of priorities 1 to 15 only and never above 15: 1 for a wait on an event, mutant or semaphore that another
 * thread satisfied, and for a page that was read; 15 for two quanta for a thread that has been READY for four seconds
 * (looked for once a second).
 * Sources: nt-reference 13; the rest as the books on Windows internals describe 5.2. */
#ifndef SOFTFAULT_EMU_SCHED_H
#define SOFTFAULT_EMU_SCHED_H

#include "emu/due.h"

struct machine;
struct thread;

/* KTHREAD_STATE. */
enum thread_state {
    THREAD_INITIALIZED,
    THREAD_READY,
    THREAD_RUNNING,
    THREAD_STANDBY,
    THREAD_TERMINATED,
    THREAD_WAITING,
    THREAD_TRANSITION, /* READY but for its kernel stack, which is paged out */
    THREAD_DEFERRED_READY,
    THREAD_STATE_COUNT
};

enum {
    PRIORITY_LEVELS = 32,
    PRIORITY_REALTIME = 16, /* from here up: no boosts, no decay */
    PRIORITY_DYNAMIC_MAX = 15,
    PRIORITY_NORMAL = 8,
    QUANTUM_UNITS = 6,
    QUANTUM_UNITS_OF_TICK = 3,
    QUANTUM_UNITS_OF_WAIT = 1,
};

/* A thread's share of it. */
struct scheduling {
    enum thread_state state;
    int8_t priority, base;
    int8_t increment;  /* of base over the process's */
    int8_t saturation; /* base is at an end of its class: -1, 1 */
    int8_t quantum;    /* units left */
    bool starved;      /* boosted by the balance set manager */
    bool boost_disabled;
    struct thread *next, *previous; /* of the queue: READY only */
    uint64_t since;                 /* ns: READY or WAITING since then */
    uint64_t switches;
};

/* ns: the balance set manager's timer, the first time so long after the machine's start */
#define SCHED_SCAN_INTERVAL 1000000000ull

struct sched {
    struct thread *first[PRIORITY_LEVELS], *last[PRIORITY_LEVELS];
    uint32_t summary; /* queues that are not empty */
    struct due_queue due;
    bool switch_wanted;    /* the running thread may not be the right one any more */
    bool turn_over;        /* it goes behind the others of its priority */
    bool yields;           /* even to a lower one, until the next timer interrupt */
    uint64_t next_scan;    /* for threads that starve, and the balance set manager's timer; at a timer interrupt */
    unsigned idle_seconds; /* of the manager, since a thread of a program ran */
    uint64_t switches;
};

/* The only place where a thread's state changes; the move must be a legal one. */
void sched_set_state(struct machine *machine, struct thread *thread, enum thread_state state);

/* INITIALIZED or WAITING -> READY, or WAITING where it is suspended, or TRANSITION. */
void sched_ready(struct machine *machine, struct thread *thread);

/* TRANSITION -> READY; suspended meanwhile, it stops on its way to user mode. */
void sched_brought_in(struct machine *machine, struct thread *thread);

/* A READY thread leaves its queue (its state is the caller's to change). */
void sched_remove(struct machine *machine, struct thread *thread);

/* The running thread lets another run, once its service is done.  => false: nobody is ready. */
bool sched_yield_running(struct machine *machine);

/* The thread to run now, its state in the CPU; NULL: none can. */
struct thread *sched_pick(struct machine *machine);

/* The timer interrupt came so often. */
void sched_tick(struct machine *machine, uint64_t ticks);

/* Everything that is due by now happens. */
void sched_run_due(struct machine *machine);

/* Another priority, READY or not. */
void sched_set_priority(struct machine *machine, struct thread *thread, int priority);

/* A wait is over: the boost, and the charge for it. */
void sched_boost(struct thread *thread, int increment);

/* The state of the thread that is in the CPU goes into thread->saved. */
void sched_save_loaded(struct machine *machine);

const char *thread_state_name(enum thread_state state); /* "Ready" */

#endif
