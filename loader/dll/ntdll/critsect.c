// SPDX-License-Identifier: GPL-2.0-or-later
/* critsect.c - RTL_CRITICAL_SECTION.
 *
 * LockCount is -1 when free, otherwise the number of claims minus one: the owner's own, nested ones and those of
 * waiting threads.  A thread that finds it taken waits for the auto-reset event LockSemaphore, which is made at the
 * first contention; who leaves with claims still pending sets it.  Where no event can be made, LockSemaphore becomes
 * USES_KEYED_EVENT, and both sides meet at the process's keyed event.
 *
 * While a process ends, its other threads are gone and may have held anything: the last thread waits for nobody. */
#include "ntdll.h"

#define NO_DEBUG_INFO ((PRTL_CRITICAL_SECTION_DEBUG)-1)
#define USES_KEYED_EVENT ((HANDLE)(LONG_PTR)-1)

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

static void wait_for_owner(PRTL_CRITICAL_SECTION section)
{
    if (ldr_is_shutting_down())
        return;
    HANDLE event = contention_event(section);
    LARGE_INTEGER time = NtCurrentPeb()->CriticalSectionTimeout, *timeout = time.QuadPart < 0 ? &time : NULL;
    NTSTATUS status = event == USES_KEYED_EVENT ? NtWaitForKeyedEvent(keyed_event(), section, FALSE, timeout)
                                                : NtWaitForSingleObject(event, FALSE, timeout);
    if (status == STATUS_TIMEOUT)
        status = STATUS_POSSIBLE_DEADLOCK;
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
}

NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION section)
{
    HANDLE me = this_thread();
    if (InterlockedIncrement(&section->LockCount) != 0) {
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
    if (InterlockedCompareExchange(&section->LockCount, 0, -1) == -1) {
        section->OwningThread = me;
        section->RecursionCount = 1;
        return TRUE;
    }
    if (section->OwningThread != me)
        return FALSE;
    InterlockedIncrement(&section->LockCount);
    section->RecursionCount++;
    return TRUE;
}

NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION section)
{
    if (--section->RecursionCount > 0) {
        InterlockedDecrement(&section->LockCount);
        return STATUS_SUCCESS;
    }
    section->OwningThread = NULL;
    if (InterlockedDecrement(&section->LockCount) < 0 || ldr_is_shutting_down())
        return STATUS_SUCCESS;
    HANDLE event = contention_event(section);
    NTSTATUS status =
        event == USES_KEYED_EVENT ? NtReleaseKeyedEvent(keyed_event(), section, FALSE, NULL) : NtSetEvent(event, NULL);
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
    return STATUS_SUCCESS;
}
