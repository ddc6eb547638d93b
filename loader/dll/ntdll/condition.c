// SPDX-License-Identifier: GPL-2.0-or-later
/* condition.c - condition variables: one word, not NULL while threads may be waiting. */
#include "park.h"

#define NOBODY NULL
#define SOMEBODY ((PVOID)1)

VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE variable)
{
    variable->Ptr = NULL;
}

/* Join the queue: from here on a wake-up is not missed, so that the lock may be released. */
static void join(PRTL_CONDITION_VARIABLE variable, struct park_waiter *waiter)
{
    park_enter();
    *(park_word *)&variable->Ptr = SOMEBODY;
    park_add(waiter, &variable->Ptr, 0);
    park_leave();
}

NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE variable, PRTL_CRITICAL_SECTION section,
                                           PLARGE_INTEGER timeout)
{
    struct park_waiter waiter;
    join(variable, &waiter);
    RtlLeaveCriticalSection(section);
    NTSTATUS status = park_wait(&waiter, timeout);
    RtlEnterCriticalSection(section);
    return status;
}

NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE variable, PRTL_SRWLOCK lock, PLARGE_INTEGER timeout,
                                            ULONG flags)
{
    struct park_waiter waiter;
    bool shared = flags & RTL_CONDITION_VARIABLE_LOCKMODE_SHARED;
    if (flags & ~(ULONG)RTL_CONDITION_VARIABLE_LOCKMODE_SHARED)
        return STATUS_INVALID_PARAMETER_2;
    join(variable, &waiter);
    if (shared)
        RtlReleaseSRWLockShared(lock);
    else
        RtlReleaseSRWLockExclusive(lock);
    NTSTATUS status = park_wait(&waiter, timeout);
    if (shared)
        RtlAcquireSRWLockShared(lock);
    else
        RtlAcquireSRWLockExclusive(lock);
    return status;
}

/* => false: nobody waits. */
static bool wake_first(PRTL_CONDITION_VARIABLE variable)
{
    park_enter();
    struct park_waiter *waiter = park_first(&variable->Ptr);
    if (waiter != NULL)
        park_take(waiter);
    else
        *(park_word *)&variable->Ptr = NOBODY;
    park_leave();
    if (waiter != NULL)
        park_wake(waiter);
    return waiter != NULL;
}

VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE variable)
{
    if (*(park_word *)&variable->Ptr != NOBODY)
        wake_first(variable);
}

/* => those who wait now; one that is woken and waits again at once stays, however quick it is. */
VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE variable)
{
    LIST_ENTRY woken;
    struct park_waiter *waiter;
    if (*(park_word *)&variable->Ptr == NOBODY)
        return;
    list_init(&woken);
    park_enter();
    while ((waiter = park_first(&variable->Ptr)) != NULL) {
        park_take(waiter);
        list_insert_tail(&woken, &waiter->link);
    }
    *(park_word *)&variable->Ptr = NOBODY;
    park_leave();
    while (!list_is_empty(&woken)) {
        waiter = CONTAINING_RECORD(woken.Flink, struct park_waiter, link);
        list_remove(&waiter->link);
        park_wake(waiter);
    }
}
