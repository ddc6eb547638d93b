/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sync.c - events and waiting.  Only nameless objects: the kernel has no object directory yet. */
#include "k32.h"

DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER storage, *timeout = k32_timeout(milliseconds, &storage);
    NTSTATUS status;

    handle = k32_handle(handle);
    do {
        status = NtWaitForSingleObject(handle, alertable != 0, timeout);
    } while (alertable && status == STATUS_ALERTED);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return WAIT_FAILED;
    }
    return (DWORD)status; /* WAIT_OBJECT_0, WAIT_ABANDONED, WAIT_IO_COMPLETION, WAIT_TIMEOUT */
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds)
{
    return WaitForSingleObjectEx(handle, milliseconds, FALSE);
}

HANDLE WINAPI CreateEventW(SECURITY_ATTRIBUTES *security, BOOL manual, BOOL signalled, const WCHAR *name)
{
    OBJECT_ATTRIBUTES oa;
    HANDLE event;

    if (name != NULL && *name != L'\0') {
        k32_fail_with(ERROR_CALL_NOT_IMPLEMENTED);
        return NULL;
    }
    InitializeObjectAttributes(&oa, NULL, security != NULL && security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               security != NULL ? security->lpSecurityDescriptor : NULL);
    NTSTATUS status =
        NtCreateEvent(&event, EVENT_ALL_ACCESS, &oa, manual ? NotificationEvent : SynchronizationEvent, signalled != 0);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    RtlSetLastWin32Error(NO_ERROR);
    return event;
}

HANDLE WINAPI CreateEventA(SECURITY_ATTRIBUTES *security, BOOL manual, BOOL signalled, const char *name)
{
    return CreateEventW(security, manual, signalled, name != NULL && *name != '\0' ? L"?" : NULL);
}

BOOL WINAPI SetEvent(HANDLE event)
{
    NTSTATUS status = NtSetEvent(event, NULL);
    return k32_done(status);
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    NTSTATUS status = NtResetEvent(event, NULL);
    return k32_done(status);
}

BOOL WINAPI PulseEvent(HANDLE event)
{
    NTSTATUS status = NtPulseEvent(event, NULL);
    return k32_done(status);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(CRITICAL_SECTION *section, DWORD spin)
{
    NTSTATUS status = RtlInitializeCriticalSectionAndSpinCount(section, spin);
    return k32_done(status);
}

void WINAPI InitializeCriticalSection(CRITICAL_SECTION *section)
{
    NTSTATUS status = RtlInitializeCriticalSection(section);

    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
}
