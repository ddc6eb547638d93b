/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.c - events. */
#include "k32.h"

static HANDLE create_event(struct k32_object *object, BOOL manual, BOOL signalled)
{
    HANDLE event = NULL;
    NTSTATUS status = NtCreateEvent(&event, EVENT_ALL_ACCESS, &object->attributes,
                                    manual ? NotificationEvent : SynchronizationEvent, signalled != 0);

    return k32_created(status, event);
}

HANDLE WINAPI CreateEventW(SECURITY_ATTRIBUTES *security, BOOL manual, BOOL signalled, const WCHAR *name)
{
    struct k32_object object;

    return k32_object(security, name, OBJ_OPENIF, &object) ? create_event(&object, manual, signalled) : NULL;
}

HANDLE WINAPI CreateEventA(SECURITY_ATTRIBUTES *security, BOOL manual, BOOL signalled, const char *name)
{
    struct k32_object object;

    return k32_object_narrow(security, name, OBJ_OPENIF, &object) ? create_event(&object, manual, signalled) : NULL;
}

static HANDLE open_event(DWORD access, struct k32_object *object)
{
    HANDLE event = NULL;
    NTSTATUS status = NtOpenEvent(&event, access, &object->attributes);

    return k32_opened(status, event);
}

HANDLE WINAPI OpenEventW(DWORD access, BOOL inherit, const WCHAR *name)
{
    struct k32_object object;

    return k32_object_to_open(name, inherit, &object) ? open_event(access, &object) : NULL;
}

HANDLE WINAPI OpenEventA(DWORD access, BOOL inherit, const char *name)
{
    struct k32_object object;

    return k32_object_to_open_narrow(name, inherit, &object) ? open_event(access, &object) : NULL;
}

BOOL WINAPI SetEvent(HANDLE event)
{
    NTSTATUS status = NtSetEvent(event, NULL);
    return k32_done(status);
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    NTSTATUS status = NtClearEvent(event);
    return k32_done(status);
}

BOOL WINAPI PulseEvent(HANDLE event)
{
    NTSTATUS status = NtPulseEvent(event, NULL);
    return k32_done(status);
}
