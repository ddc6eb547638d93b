/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waitable_timer.c - waitable timers. */
#include "k32.h"

static HANDLE create_timer(struct k32_object *object, BOOL manual)
{
    HANDLE timer = NULL;
    NTSTATUS status =
        NtCreateTimer(&timer, TIMER_ALL_ACCESS, &object->attributes, manual ? NotificationEvent : SynchronizationEvent);

    return k32_created(status, timer);
}

HANDLE WINAPI CreateWaitableTimerW(SECURITY_ATTRIBUTES *security, BOOL manual, const WCHAR *name)
{
    struct k32_object object;

    return k32_object(security, name, OBJ_OPENIF, &object) ? create_timer(&object, manual) : NULL;
}

HANDLE WINAPI CreateWaitableTimerA(SECURITY_ATTRIBUTES *security, BOOL manual, const char *name)
{
    struct k32_object object;

    return k32_object_narrow(security, name, OBJ_OPENIF, &object) ? create_timer(&object, manual) : NULL;
}

static HANDLE open_timer(DWORD access, struct k32_object *object)
{
    HANDLE timer = NULL;
    NTSTATUS status = NtOpenTimer(&timer, access, &object->attributes);

    return k32_opened(status, timer);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD access, BOOL inherit, const WCHAR *name)
{
    struct k32_object object;

    return k32_object_to_open(name, inherit, &object) ? open_timer(access, &object) : NULL;
}

HANDLE WINAPI OpenWaitableTimerA(DWORD access, BOOL inherit, const char *name)
{
    struct k32_object object;

    return k32_object_to_open_narrow(name, inherit, &object) ? open_timer(access, &object) : NULL;
}

/* => TRUE with ERROR_NOT_SUPPORTED where the timer is to wake a sleeping machine: it is set all the same. */
BOOL WINAPI SetWaitableTimer(HANDLE timer, const LARGE_INTEGER *due, LONG period, PTIMERAPCROUTINE routine,
                             void *argument, BOOL resume)
{
    LARGE_INTEGER time = *due;
    NTSTATUS status = NtSetTimer(timer, &time, routine, argument, resume != 0, period, NULL);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    RtlSetLastWin32Error(status == STATUS_TIMER_RESUME_IGNORED ? ERROR_NOT_SUPPORTED : NO_ERROR);
    return TRUE;
}

BOOL WINAPI CancelWaitableTimer(HANDLE timer)
{
    NTSTATUS status = NtCancelTimer(timer, NULL);
    return k32_done(status);
}
