// SPDX-License-Identifier: GPL-2.0-or-later
/* critsect.c - RTL_CRITICAL_SECTION, with LockCount as of Windows Server 2003 SP1.
 *
 *     bit 0    0: owned
 *     bit 1    0: a waiting thread was woken and has not looked yet; nobody else is woken meanwhile
 *     bit 2..  ones' complement of the number of waiting threads
 *
 * so that -1 is free and -2 owned without waiters.  Who leaves wakes one waiting thread but does not hand the section
 * over: whoever runs first gets it.  Waiting threads wait for the auto-reset event LockSemaphore, which is made at the
 * first contention; where no event can be made it becomes USES_KEYED_EVENT, and both sides meet at the process's keyed
 * event.
 *
 * While a process ends, its other threads are gone and may have held anything: the last thread waits for nobody. */
#include "critsect.h"

#define NO_DEBUG_INFO ((PRTL_CRITICAL_SECTION_DEBUG)-1)
#define USES_KEYED_EVENT ((HANDLE)(LONG_PTR)-1)

enum { FREE = 1, NOBODY_WOKEN = 2, WAITER = 4, OWNED_ALONE = -2 };

HANDLE keyed_event(void)
{
    static HANDLE volatile shared;
    HANDLE event;
    if (shared != NULL)
        return shared;
    NTSTATUS status = NtCreateKeyedEvent(&event, EVENT_ALL_ACCESS, NULL, 0);
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
    if (InterlockedCompareExchangePointer((PVOID volatile *)&shared, event, NULL) != NULL)
        NtClose(event);
    return shared;
}

static HANDLE this_thread(void)
{
    return NtCurrentTeb()->ClientId.UniqueThread;
}

NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin)
{
    section->DebugInfo = NO_DEBUG_INFO;
    section->LockCount = -1;
    section->RecursionCount = 0;
    section->OwningThread = NULL;
    section->LockSemaphore = NULL;
    section->SpinCount = NtCurrentPeb()->NumberOfProcessors > 1 ? spin & 0x00FFFFFF : 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION section)
{
    return RtlInitializeCriticalSectionAndSpinCount(section, 0);
}

ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin)
{
    ULONG old = (ULONG)section->SpinCount;
    section->SpinCount = NtCurrentPeb()->NumberOfProcessors > 1 ? spin : 0;
    return old;
}

NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION section)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (section->LockSemaphore != NULL && section->LockSemaphore != USES_KEYED_EVENT)
        status = NtClose(section->LockSemaphore);
    memset(section, 0, sizeof(*section));
    return status;
}

static HANDLE contention_event(PRTL_CRITICAL_SECTION section)
{
    HANDLE event;
    if (section->LockSemaphore != NULL)
        return section->LockSemaphore;
    if (!NT_SUCCESS(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE)))
        event = USES_KEYED_EVENT;
    HANDLE other = InterlockedCompareExchangePointer(&section->LockSemaphore, event, NULL);
    if (other == NULL)
        return event;
    if (event != USES_KEYED_EVENT)
        NtClose(event);
    return other;
}

static bool replace(PRTL_CRITICAL_SECTION section, LONG from, LONG to)
{
    return InterlockedCompareExchange(&section->LockCount, to, from) == from;
}

/* => false: it is owned. */
static bool try_to_take(PRTL_CRITICAL_SECTION section)
{
    for (;;) {
        LONG now = *(volatile LONG *)&section->LockCount;
        if (!(now & FREE))
            return false;
        if (replace(section, now, now & ~FREE))
            return true;
    }
}

/* Become one of those who wait. => false: it became free, and is the caller's. */
static bool join_waiters(PRTL_CRITICAL_SECTION section)
{
    for (;;) {
        if (try_to_take(section))
            return false;
        LONG now = *(volatile LONG *)&section->LockCount;
        if (!(now & FREE) && replace(section, now, now - WAITER))
            return true;
    }
}

/* Woken: take it and be no waiter any more, or go on waiting. */
static bool take_as_woken(PRTL_CRITICAL_SECTION section)
{
    for (;;) {
        LONG now = *(volatile LONG *)&section->LockCount;
        if (!(now & FREE)) {
            if (replace(section, now, now | NOBODY_WOKEN))
                return false;
        } else if (replace(section, now, ((now & ~FREE) | NOBODY_WOKEN) + WAITER)) {
            return true;
        }
    }
}

static NTSTATUS wait_once(PRTL_CRITICAL_SECTION section)
{
    HANDLE event = contention_event(section);
    LARGE_INTEGER time = NtCurrentPeb()->CriticalSectionTimeout, *timeout = time.QuadPart < 0 ? &time : NULL;
    return event == USES_KEYED_EVENT ? NtWaitForKeyedEvent(keyed_event(), section, FALSE, timeout)
                                     : NtWaitForSingleObject(event, FALSE, timeout);
}

static void wait_for_owner(PRTL_CRITICAL_SECTION section)
{
    if (ldr_is_shutting_down()) {
        InterlockedAnd((volatile LONG *)&section->LockCount, ~FREE);
        return;
    }
    if (!join_waiters(section))
        return;
    do {
        NTSTATUS status = wait_once(section);
        if (status == STATUS_TIMEOUT)
            status = STATUS_POSSIBLE_DEADLOCK;
        if (!NT_SUCCESS(status)) {
            InterlockedExchangeAdd(&section->LockCount, WAITER);
            RtlRaiseStatus(status);
        }
    } while (!take_as_woken(section));
}

NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION section)
{
    HANDLE me = this_thread();
    if (!try_to_take(section)) {
        if (section->OwningThread == me) {
            section->RecursionCount++;
            return STATUS_SUCCESS;
        }
        wait_for_owner(section);
    }
    section->OwningThread = me;
    section->RecursionCount = 1;
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION section)
{
    HANDLE me = this_thread();
    if (try_to_take(section)) {
        section->OwningThread = me;
        section->RecursionCount = 1;
        return TRUE;
    }
    if (section->OwningThread != me)
        return FALSE;
    section->RecursionCount++;
    return TRUE;
}

/* => whether a waiting thread must be woken. */
static bool let_go(PRTL_CRITICAL_SECTION section)
{
    for (;;) {
        LONG now = *(volatile LONG *)&section->LockCount;
        bool wakes = (now & NOBODY_WOKEN) && now < OWNED_ALONE;
        if (replace(section, now, wakes ? (now | FREE) & ~NOBODY_WOKEN : now | FREE))
            return wakes;
    }
}

NTSTATUS critsect_let_go(PRTL_CRITICAL_SECTION section)
{
    if (!let_go(section) || ldr_is_shutting_down())
        return STATUS_SUCCESS;
    HANDLE event = contention_event(section);
    NTSTATUS status =
        event == USES_KEYED_EVENT ? NtReleaseKeyedEvent(keyed_event(), section, FALSE, NULL) : NtSetEvent(event, NULL);
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION section)
{
    critsect_leave(section);
    return STATUS_SUCCESS;
}
