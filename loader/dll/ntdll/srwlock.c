// SPDX-License-Identifier: GPL-2.0-or-later
/* srwlock.c - slim reader/writer locks: one word.
 *
 *     bit 0   held for writing
 *     bit 1   threads wait: they get the lock in the order of their coming, handed over by who releases it last
 *     bit 2.. readers that hold it
 *
 * Bit 1 is set and cleared inside park_enter() only; while it is set nobody takes the lock but by being handed it. */
#include "park.h"

enum { WRITER = 1, WAITERS = 2, READER = 4 };
enum { WANTS_TO_READ, WANTS_TO_WRITE };

/* Take the lock if it can be had now. */
static bool try_to_take(park_word *word, ULONG kind)
{
    for (;;) {
        LONG_PTR now = park_read(word);
        if (now & (WRITER | WAITERS) || (kind == WANTS_TO_WRITE && now != 0))
            return false;
        if (park_replace(word, now, kind == WANTS_TO_WRITE ? WRITER : now + READER))
            return true;
    }
}

static void take(park_word *word, ULONG kind)
{
    struct park_waiter waiter;
    if (try_to_take(word, kind))
        return;
    park_enter();
    for (;;) {
        LONG_PTR now = park_read(word);
        if (try_to_take(word, kind)) {
            park_leave();
            return;
        }
        if (now != 0 && park_replace(word, now, now | WAITERS))
            break;
    }
    park_add(&waiter, word, kind);
    park_leave();
    park_wait(&waiter, NULL);
}

/* The lock is free but for the waiters: it goes to the first, if that reads to all that read right behind it. */
static void hand_over(park_word *word)
{
    LIST_ENTRY woken;
    struct park_waiter *next;
    LONG_PTR value = 0;
    list_init(&woken);
    park_enter();
    while ((next = park_first(word)) != NULL) {
        if (value != 0 && (next->kind == WANTS_TO_WRITE || value == WRITER))
            break;
        value += next->kind == WANTS_TO_WRITE ? WRITER : READER;
        park_take(next);
        list_insert_tail(&woken, &next->link);
    }
    *word = (PVOID)(value | (next != NULL ? WAITERS : 0));
    park_leave();
    while (!list_is_empty(&woken)) {
        next = CONTAINING_RECORD(woken.Flink, struct park_waiter, link);
        list_remove(&next->link);
        park_wake(next); /* its stack, and so the entry, is gone after this */
    }
}

VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK lock)
{
    lock->Ptr = NULL;
}

VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK lock)
{
    take(&lock->Ptr, WANTS_TO_WRITE);
}

VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK lock)
{
    take(&lock->Ptr, WANTS_TO_READ);
}

BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK lock)
{
    return try_to_take(&lock->Ptr, WANTS_TO_WRITE);
}

BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK lock)
{
    return try_to_take(&lock->Ptr, WANTS_TO_READ);
}

/* => raises STATUS_RESOURCE_NOT_OWNED for a lock that is not held so. */
VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK lock)
{
    park_word *word = &lock->Ptr;
    if (!(park_read(word) & WRITER))
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    if (!park_replace(word, WRITER, 0))
        hand_over(word);
}

VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK lock)
{
    park_word *word = &lock->Ptr;
    for (;;) {
        LONG_PTR now = park_read(word);
        if (now < READER || (now & WRITER))
            RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
        if (now == (READER | WAITERS)) {
            hand_over(word);
            return;
        }
        if (park_replace(word, now, now - READER))
            return;
    }
}
