/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutex.c - mutexes, and semaphores. */
#include "k32.h"

static HANDLE create_mutex(struct k32_object *object, BOOL owned)
{
    HANDLE mutex = NULL;
    NTSTATUS status = NtCreateMutant(&mutex, MUTANT_ALL_ACCESS, &object->attributes, owned != 0);

    return k32_created(status, mutex);
}

HANDLE WINAPI CreateMutexW(SECURITY_ATTRIBUTES *security, BOOL owned, const WCHAR *name)
{
    struct k32_object object;

    return k32_object(security, name, OBJ_OPENIF, &object) ? create_mutex(&object, owned) : NULL;
}

HANDLE WINAPI CreateMutexA(SECURITY_ATTRIBUTES *security, BOOL owned, const char *name)
{
    struct k32_object object;

    return k32_object_narrow(security, name, OBJ_OPENIF, &object) ? create_mutex(&object, owned) : NULL;
}

static HANDLE open_mutex(DWORD access, struct k32_object *object)
{
    HANDLE mutex = NULL;
    NTSTATUS status = NtOpenMutant(&mutex, access, &object->attributes);

    return k32_opened(status, mutex);
}

HANDLE WINAPI OpenMutexW(DWORD access, BOOL inherit, const WCHAR *name)
{
    struct k32_object object;

    return k32_object_to_open(name, inherit, &object) ? open_mutex(access, &object) : NULL;
}

HANDLE WINAPI OpenMutexA(DWORD access, BOOL inherit, const char *name)
{
    struct k32_object object;

    return k32_object_to_open_narrow(name, inherit, &object) ? open_mutex(access, &object) : NULL;
}

BOOL WINAPI ReleaseMutex(HANDLE mutex)
{
    NTSTATUS status = NtReleaseMutant(mutex, NULL);
    return k32_done(status);
}

/* ---- semaphores ---- */

static HANDLE create_semaphore(struct k32_object *object, LONG initial, LONG maximum)
{
    HANDLE semaphore = NULL;
    NTSTATUS status = NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, &object->attributes, initial, maximum);

    return k32_created(status, semaphore);
}

HANDLE WINAPI CreateSemaphoreW(SECURITY_ATTRIBUTES *security, LONG initial, LONG maximum, const WCHAR *name)
{
    struct k32_object object;

    return k32_object(security, name, OBJ_OPENIF, &object) ? create_semaphore(&object, initial, maximum) : NULL;
}

HANDLE WINAPI CreateSemaphoreA(SECURITY_ATTRIBUTES *security, LONG initial, LONG maximum, const char *name)
{
    struct k32_object object;

    return k32_object_narrow(security, name, OBJ_OPENIF, &object) ? create_semaphore(&object, initial, maximum) : NULL;
}

static HANDLE open_semaphore(DWORD access, struct k32_object *object)
{
    HANDLE semaphore = NULL;
    NTSTATUS status = NtOpenSemaphore(&semaphore, access, &object->attributes);

    return k32_opened(status, semaphore);
}

HANDLE WINAPI OpenSemaphoreW(DWORD access, BOOL inherit, const WCHAR *name)
{
    struct k32_object object;

    return k32_object_to_open(name, inherit, &object) ? open_semaphore(access, &object) : NULL;
}

HANDLE WINAPI OpenSemaphoreA(DWORD access, BOOL inherit, const char *name)
{
    struct k32_object object;

    return k32_object_to_open_narrow(name, inherit, &object) ? open_semaphore(access, &object) : NULL;
}

BOOL WINAPI ReleaseSemaphore(HANDLE semaphore, LONG count, LONG *previous)
{
    NTSTATUS status = NtReleaseSemaphore(semaphore, count, previous);
    return k32_done(status);
}
