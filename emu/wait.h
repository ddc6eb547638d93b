/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.h - threads that wait: for objects, for time, for pages.
 *
 * Whoever signals an object satisfies the waits in their order of arrival and takes from the object what a wait takes
 * (the signal of a synchronization event, one of a semaphore, a mutant), so that a thread that is woken has what it
 * waited for.  A service that must wait answers STATUS_KERNEL_WAITS; the wait's status comes into EAX when it is over.
 */
#ifndef SOFTFAULT_EMU_WAIT_H
#define SOFTFAULT_EMU_WAIT_H

#include "emu/object.h"
#include "emu/status.h"

struct machine;

/* Not NT's, never seen by a guest: the thread waits, its result comes later. */
#define STATUS_KERNEL_WAITS 0xE0530003u

enum { MAXIMUM_WAIT_OBJECTS = 64 };

enum wait_kind {
    WAIT_NONE,
    WAIT_ANY,
    WAIT_ALL,
    WAIT_DELAY,
    WAIT_KEY,         /* NtWaitForKeyedEvent */
    WAIT_KEY_RELEASE, /* NtReleaseKeyedEvent */
    WAIT_PAGE,        /* a transfer, or a free frame */
    WAIT_LOCK,        /* NtLockFile, which is called again: nt/file_lock.c */
    WAIT_DAEMON,      /* a system thread without work */
    WAIT_TURN,        /* file_turn.c */
    WAIT_SUSPENDED,   /* it would be READY else */
};

/* How the last wait of NtLockFile ended: what its service says when it is called again. */
enum lock_answer { LOCK_UNANSWERED, LOCK_GRANTED, LOCK_CLOSED };

/* KWAIT_REASON, as far as it occurs (nt-reference 13). */
enum wait_reason {
    REASON_EXECUTIVE = 0,
    REASON_DELAY_EXECUTION = 4,
    REASON_SUSPENDED = 5,
    REASON_USER_REQUEST = 6,
    REASON_FREE_PAGE = 8, /* WrFreePage */
    REASON_PAGE_IN = 9,   /* WrPageIn */
    REASON_KEYED_EVENT = 21,
};

/* One object that a thread waits for, in the object's queue. */
struct wait_block {
    struct dispatcher *head; /* NULL: not queued */
    struct object *object;   /* with a reference; NULL: a page */
    struct thread *thread;
    struct wait_block *next, *previous;
};

struct thread_wait {
    enum wait_kind kind;
    enum wait_reason reason;
    bool alertable, timed;
    bool parked;       /* suspended meanwhile: in no queue; tried again when it is resumed */
    ntstatus_t status; /* of the last one */
    unsigned count;
    uint64_t key;
    struct due due;      /* timed: .when is the end also while parked */
    const char *service; /* that waits, for messages */
    struct wait_block blocks[MAXIMUM_WAIT_OBJECTS];
};

struct wait_request {
    enum wait_kind kind; /* ANY, ALL, DELAY, KEY, KEY_RELEASE */
    bool alertable, timed;
    uint64_t when; /* timed: virtual ns */
    uint64_t key;
    unsigned count;
    struct object *const *objects;
    const char *service;
};

/* The running thread waits.  => the wait's status where it is over at once; STATUS_KERNEL_WAITS.
 * A request whose objects are never all different is the caller's to refuse. */
ntstatus_t wait_begin(struct machine *machine, const struct wait_request *request);

/* Take what a wait takes where the object is signalled for the thread.  => false: it is not. */
bool wait_is_signalled(const struct object *object, const struct thread *thread);

/* It is a type that can be waited for. */
bool wait_is_possible(const struct object *object);

/* The object's signal was raised: satisfy waits.  increment: the boost of those woken. */
void wait_signal(struct machine *machine, struct object *object, int increment);

/* The wait ends with status and the thread becomes ready. */
void wait_finish(struct machine *machine, struct thread *thread, ntstatus_t status, int increment);

/* The wait is left, with no result: its thread ends. */
void wait_cancel(struct machine *machine, struct thread *thread);

/* A suspended thread leaves its queues; a resumed one tries again. */
void wait_park(struct machine *machine, struct thread *thread);
void wait_unpark(struct machine *machine, struct thread *thread);

/* An APC was queued, or an alert came: does it end the wait? */
void wait_interrupt(struct machine *machine, struct thread *thread);

/* --- Mutants --- */

/* => STATUS_MUTANT_NOT_OWNED. */
ntstatus_t mutant_release(struct machine *machine, struct object *mutant, struct thread *thread, int32_t *ret_previous);
void mutant_acquire(struct object *mutant, struct thread *thread);
void mutant_abandon_all(struct machine *machine, struct thread *thread);
/* The object goes. */
void mutant_forget(struct object *mutant);

/* --- Timers --- */

enum timer_type { TIMER_NOTIFICATION, TIMER_SYNCHRONIZATION };

struct timer_request {
    uint64_t when; /* virtual ns; UINT64_MAX: never */
    uint64_t period;
    va_t routine; /* of the APC; 0: none */
    uint64_t context;
};
void timer_set(struct machine *machine, struct object *timer, const struct timer_request *request);
/* => it was set. */
bool timer_cancel(struct machine *machine, struct object *timer);
void timer_expire(struct machine *machine, struct timer *timer);
/* Its thread ends: timers with an APC for it are cancelled. */
void timer_cancel_all_of(struct machine *machine, struct thread *thread);

#endif
