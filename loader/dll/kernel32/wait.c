/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.c - waiting for objects, and the locks that make no kernel object of their own. */
#define _WIN32_WINNT 0x0600 /* slim locks and the like are Vista's */
#include "k32.h"

/* => WAIT_OBJECT_0 + n, WAIT_ABANDONED_0 + n, WAIT_IO_COMPLETION, WAIT_TIMEOUT are the statuses themselves. */
static DWORD waited(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return (DWORD)status;
    k32_fail(status);
    return WAIT_FAILED;
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER storage, *timeout = k32_timeout(milliseconds, &storage);
    NTSTATUS status;

    handle = k32_handle(handle);
    do {
        status = NtWaitForSingleObject(handle, alertable != 0, timeout);
    } while (alertable && status == STATUS_ALERTED);
    return waited(status);
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds)
{
    return WaitForSingleObjectEx(handle, milliseconds, FALSE);
}

enum { WAIT_FOR_ALL, WAIT_FOR_ANY };

DWORD WINAPI WaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, BOOL all, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER storage, *timeout = k32_timeout(milliseconds, &storage);
    HANDLE own[MAXIMUM_WAIT_OBJECTS];
    NTSTATUS status;

    if (count > MAXIMUM_WAIT_OBJECTS)
        return waited(STATUS_INVALID_PARAMETER_1);
    for (DWORD i = 0; i < count; i++)
        own[i] = k32_handle(handles[i]);
    do {
        status = NtWaitForMultipleObjects(count, own, all ? WAIT_FOR_ALL : WAIT_FOR_ANY, alertable != 0, timeout);
    } while (alertable && status == STATUS_ALERTED);
    return waited(status);
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all, DWORD milliseconds)
{
    return WaitForMultipleObjectsEx(count, handles, all, milliseconds, FALSE);
}

DWORD WINAPI SignalObjectAndWait(HANDLE signal, HANDLE handle, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER storage, *timeout = k32_timeout(milliseconds, &storage);
    NTSTATUS status;

    handle = k32_handle(handle);
    status = NtSignalAndWaitForSingleObject(signal, handle, alertable != 0, timeout);
    while (alertable && status == STATUS_ALERTED)
        status = NtWaitForSingleObject(handle, alertable != 0, timeout);
    return waited(status);
}

/* ---- critical sections ---- */

BOOL WINAPI InitializeCriticalSectionAndSpinCount(CRITICAL_SECTION *section, DWORD spin)
{
    NTSTATUS status = RtlInitializeCriticalSectionAndSpinCount(section, spin);
    return k32_done(status);
}

BOOL WINAPI InitializeCriticalSectionEx(CRITICAL_SECTION *section, DWORD spin, DWORD flags)
{
    if (flags & ~(DWORD)CRITICAL_SECTION_NO_DEBUG_INFO)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return InitializeCriticalSectionAndSpinCount(section, spin);
}

void WINAPI InitializeCriticalSection(CRITICAL_SECTION *section)
{
    NTSTATUS status = RtlInitializeCriticalSection(section);

    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
}

/* ---- condition variables; one-time initialisation (the rest is forwarded to ntdll) ---- */

static BOOL slept(NTSTATUS status)
{
    if (status == STATUS_TIMEOUT)
        return k32_fail_with(ERROR_TIMEOUT);
    return k32_done(status);
}

BOOL WINAPI SleepConditionVariableCS(CONDITION_VARIABLE *variable, CRITICAL_SECTION *section, DWORD milliseconds)
{
    LARGE_INTEGER storage;

    return slept(RtlSleepConditionVariableCS(variable, section, k32_timeout(milliseconds, &storage)));
}

BOOL WINAPI SleepConditionVariableSRW(CONDITION_VARIABLE *variable, SRWLOCK *lock, DWORD milliseconds, ULONG flags)
{
    LARGE_INTEGER storage;

    return slept(RtlSleepConditionVariableSRW(variable, lock, k32_timeout(milliseconds, &storage), flags));
}

BOOL WINAPI InitOnceBeginInitialize(INIT_ONCE *once, DWORD flags, BOOL *ret_pending, void **ret_context)
{
    NTSTATUS status = RtlRunOnceBeginInitialize(once, flags, ret_context);

    if (status == STATUS_UNSUCCESSFUL)
        *ret_pending = TRUE;
    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *ret_pending = status == STATUS_PENDING;
    return TRUE;
}

BOOL WINAPI InitOnceComplete(INIT_ONCE *once, DWORD flags, void *context)
{
    NTSTATUS status = RtlRunOnceComplete(once, flags, context);
    return k32_done(status);
}

/* => a callback that returns FALSE has set the last error itself. */
BOOL WINAPI InitOnceExecuteOnce(INIT_ONCE *once, PINIT_ONCE_FN function, void *parameter, void **ret_context)
{
    NTSTATUS status = RtlRunOnceExecuteOnce(once, (PRTL_RUN_ONCE_INIT_FN)(void *)function, parameter, ret_context);

    if (status == STATUS_UNSUCCESSFUL)
        return FALSE;
    return k32_done(status);
}
