/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.c - job objects. */
#include "k32.h"

static HANDLE create(const struct k32_object *o)
{
    HANDLE job = NULL;
    NTSTATUS status = NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, (OBJECT_ATTRIBUTES *)&o->attributes);

    return k32_created(status, job);
}

HANDLE WINAPI CreateJobObjectW(SECURITY_ATTRIBUTES *security, const WCHAR *name)
{
    struct k32_object o;

    return k32_object(security, name, OBJ_OPENIF, &o) ? create(&o) : NULL;
}

HANDLE WINAPI CreateJobObjectA(SECURITY_ATTRIBUTES *security, const char *name)
{
    struct k32_object o;

    return k32_object_narrow(security, name, OBJ_OPENIF, &o) ? create(&o) : NULL;
}

BOOL WINAPI AssignProcessToJobObject(HANDLE job, HANDLE process)
{
    NTSTATUS status = NtAssignProcessToJobObject(job, process);
    return k32_done(status);
}

BOOL WINAPI TerminateJobObject(HANDLE job, UINT code)
{
    NTSTATUS status = NtTerminateJobObject(job, (NTSTATUS)code);
    return k32_done(status);
}

BOOL WINAPI IsProcessInJob(HANDLE process, HANDLE job, BOOL *ret_result)
{
    NTSTATUS status = NtIsProcessInJob(process, job);

    if (NT_SUCCESS(status))
        *ret_result = status == STATUS_PROCESS_IN_JOB;
    return k32_done(status);
}

BOOL WINAPI SetInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS info_class, void *buffer, DWORD size)
{
    NTSTATUS status = NtSetInformationJobObject(job, info_class, buffer, size);
    return k32_done(status);
}

BOOL WINAPI QueryInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS info_class, void *buffer, DWORD size,
                                      DWORD *ret_size)
{
    NTSTATUS status = NtQueryInformationJobObject(job, info_class, buffer, size, ret_size);
    return k32_done(status);
}
