/* SPDX-License-Identifier: GPL-2.0-or-later */
/* working_set.c - a process's working set: limits, contents, and the faults that bring pages in. */
#define PSAPI_VERSION 2
#include "k32.h"
#include <psapi.h>

BOOL WINAPI GetProcessWorkingSetSizeEx(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags)
{
    QUOTA_LIMITS_EX limits;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessQuotaLimits, &limits, sizeof limits, NULL);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *minimum = limits.MinimumWorkingSetSize;
    *maximum = limits.MaximumWorkingSetSize;
    *flags = limits.Flags;
    return TRUE;
}

BOOL WINAPI GetProcessWorkingSetSize(HANDLE process, SIZE_T *minimum, SIZE_T *maximum)
{
    DWORD flags;

    return GetProcessWorkingSetSizeEx(process, minimum, maximum, &flags);
}

/* => both sizes (SIZE_T)-1: the working set is emptied. */
BOOL WINAPI SetProcessWorkingSetSizeEx(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
    QUOTA_LIMITS_EX limits = {.MinimumWorkingSetSize = minimum, .MaximumWorkingSetSize = maximum, .Flags = flags};

    if (minimum == 0 || maximum == 0)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    NTSTATUS status = NtSetInformationProcess(process, ProcessQuotaLimits, &limits, sizeof limits);
    return k32_done(status);
}

BOOL WINAPI SetProcessWorkingSetSize(HANDLE process, SIZE_T minimum, SIZE_T maximum)
{
    return SetProcessWorkingSetSizeEx(process, minimum, maximum, 0);
}

/* Like the call above with -1, but the process must let itself be asked as well. */
BOOL WINAPI K32EmptyWorkingSet(HANDLE process)
{
    SIZE_T minimum, maximum;

    return GetProcessWorkingSetSize(process, &minimum, &maximum) &&
           SetProcessWorkingSetSize(process, (SIZE_T)-1, (SIZE_T)-1);
}

BOOL WINAPI K32QueryWorkingSet(HANDLE process, void *buffer, DWORD size)
{
    NTSTATUS status = NtQueryVirtualMemory(process, NULL, MemoryWorkingSetInformation, buffer, size, NULL);
    return k32_done(status);
}

BOOL WINAPI K32QueryWorkingSetEx(HANDLE process, void *buffer, DWORD size)
{
    NTSTATUS status = NtQueryVirtualMemory(process, NULL, MemoryWorkingSetExInformation, buffer, size, NULL);
    return k32_done(status);
}

BOOL WINAPI K32InitializeProcessForWsWatch(HANDLE process)
{
    NTSTATUS status = NtSetInformationProcess(process, ProcessWorkingSetWatch, NULL, 0);
    return k32_done(status);
}

BOOL WINAPI K32GetWsChanges(HANDLE process, PSAPI_WS_WATCH_INFORMATION *changes, DWORD size)
{
    NTSTATUS status = NtQueryInformationProcess(process, ProcessWorkingSetWatch, changes, size, NULL);
    return k32_done(status);
}

/* The class is Vista's: on NT 5.2 it is an invalid parameter. */
BOOL WINAPI K32GetWsChangesEx(HANDLE process, PSAPI_WS_WATCH_INFORMATION_EX *changes, DWORD size)
{
    NTSTATUS status = NtQueryInformationProcess(process, ProcessWorkingSetWatchEx, changes, size, NULL);
    return k32_done(status);
}
