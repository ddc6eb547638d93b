/* SPDX-License-Identifier: GPL-2.0-or-later */
/* park.h - threads that wait for a word of memory: what slim locks, condition variables and one-time initialisation
 * have in common.
 *
 * One critical section guards all queues, and is held for a few instructions at a time.  A waiter's entry lies on its
 * own stack; who takes it off the queue wakes it through the keyed event, with the entry's address for a key. */
#ifndef SOFTFAULT_GUEST_PARK_H
#define SOFTFAULT_GUEST_PARK_H

#include "ntdll.h"

/* The word of a lock, whatever its type calls it. */
typedef PVOID volatile park_word;

struct park_waiter {
    LIST_ENTRY link;
    const park_word *word; /* what it waits for; NULL: it is off the queue */
    ULONG kind;            /* for who wakes it */
};

static inline LONG_PTR park_read(const park_word *word)
{
    return (LONG_PTR)*word;
}

/* => false: the word was not from. */
static inline bool park_replace(park_word *word, LONG_PTR from, LONG_PTR to)
{
    return InterlockedCompareExchangePointer(word, (PVOID)to, (PVOID)from) == (PVOID)from;
}

void park_init(void);

void park_enter(void);
void park_leave(void);

/* Inside park_enter(): join the queue's end; the first waiter of a word, NULL for none, and taking one off. */
void park_add(struct park_waiter *waiter, const park_word *word, ULONG kind);
struct park_waiter *park_first(const park_word *word);
void park_take(struct park_waiter *waiter);

/* Outside of it: wait until woken.  timeout NULL: for ever.
 * => STATUS_TIMEOUT: the waiter is off the queue, and nobody took it. */
NTSTATUS park_wait(struct park_waiter *waiter, PLARGE_INTEGER timeout);

/* Outside of it: wake who was taken; it waits, or will very soon. */
void park_wake(struct park_waiter *waiter);

#endif
