/* SPDX-License-Identifier: GPL-2.0-or-later */
/* priority.c - priorities, boosts and processor affinity, of processes and of threads. */
#include "k32.h"

/* ---- threads ---- */

/* The native call wants the two ends of the scale beyond what a thread could be set to in steps. */
enum { LOWEST_NATIVE = THREAD_BASE_PRIORITY_IDLE - 1, HIGHEST_NATIVE = THREAD_BASE_PRIORITY_LOWRT + 1 };

BOOL WINAPI SetThreadPriority(HANDLE thread, int priority)
{
    LONG increment = priority;

    if (increment == THREAD_PRIORITY_TIME_CRITICAL)
        increment = HIGHEST_NATIVE;
    else if (increment == THREAD_PRIORITY_IDLE)
        increment = LOWEST_NATIVE;
    NTSTATUS status = NtSetInformationThread(thread, ThreadBasePriority, &increment, sizeof increment);
    return k32_done(status);
}

int WINAPI GetThreadPriority(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof info, NULL);

    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return THREAD_PRIORITY_ERROR_RETURN;
    }
    if (info.BasePriority == HIGHEST_NATIVE)
        return THREAD_PRIORITY_TIME_CRITICAL;
    return info.BasePriority == LOWEST_NATIVE ? THREAD_PRIORITY_IDLE : (int)info.BasePriority;
}

BOOL WINAPI SetThreadPriorityBoost(HANDLE thread, BOOL disable)
{
    ULONG disabled = disable != 0;
    NTSTATUS status = NtSetInformationThread(thread, ThreadPriorityBoost, &disabled, sizeof disabled);
    return k32_done(status);
}

BOOL WINAPI GetThreadPriorityBoost(HANDLE thread, BOOL *ret_disabled)
{
    ULONG disabled;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadPriorityBoost, &disabled, sizeof disabled, NULL);

    if (NT_SUCCESS(status))
        *ret_disabled = disabled != 0;
    return k32_done(status);
}

/* => the mask before, or 0. */
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE thread, DWORD_PTR mask)
{
    THREAD_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof info, NULL);

    if (NT_SUCCESS(status))
        status = NtSetInformationThread(thread, ThreadAffinityMask, &mask, sizeof mask);
    if (NT_SUCCESS(status))
        return info.AffinityMask;
    k32_fail(status);
    return 0;
}

/* => the processor before; one that does not exist is refused, and MAXIMUM_PROCESSORS only asks. */
DWORD WINAPI SetThreadIdealProcessor(HANDLE thread, DWORD processor)
{
    enum { FAILED = ~0u };
    THREAD_BASIC_INFORMATION info; /* the handle must be good */
    NTSTATUS status = NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof info, NULL);

    if (NT_SUCCESS(status) && processor != MAXIMUM_PROCESSORS && processor >= NtCurrentPeb()->NumberOfProcessors)
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        return 0; /* one virtual CPU */
    k32_fail(status);
    return FAILED;
}

/* ---- processes ---- */

enum { HIGH = 3, REALTIME = 4 }; /* PROCESS_PRIORITY_CLASS_* */

static const struct {
    DWORD flag;
    UCHAR class;
} classes[] = {
    {IDLE_PRIORITY_CLASS, 1},         {BELOW_NORMAL_PRIORITY_CLASS, 5}, {NORMAL_PRIORITY_CLASS, 2},
    {ABOVE_NORMAL_PRIORITY_CLASS, 6}, {HIGH_PRIORITY_CLASS, HIGH},      {REALTIME_PRIORITY_CLASS, REALTIME},
};
enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

UCHAR k32_priority_class(DWORD flags)
{
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        if (flags & classes[i].flag)
            return classes[i].class;
    }
    return 0;
}

/* The real-time class needs a privilege: it is switched on for the call. */
static NTSTATUS set_realtime(HANDLE process)
{
    enum { INCREASE_BASE_PRIORITY = 14 };
    TOKEN_PRIVILEGES wanted = {1, {{{INCREASE_BASE_PRIORITY, 0}, SE_PRIVILEGE_ENABLED}}}, before = {0};
    PROCESS_PRIORITY_CLASS info = {FALSE, REALTIME};
    HANDLE token;
    ULONG length;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);

    if (!NT_SUCCESS(status))
        return status;
    status = NtAdjustPrivilegesToken(token, FALSE, &wanted, sizeof before, &before, &length);
    if (NT_SUCCESS(status))
        status = NtSetInformationProcess(process, ProcessPriorityClass, &info, sizeof info);
    if (before.PrivilegeCount > 0)
        NtAdjustPrivilegesToken(token, FALSE, &before, 0, NULL, NULL);
    NtClose(token);
    return status;
}

/* Who may not have the real-time class gets the high one, and is not told. */
NTSTATUS k32_set_priority_class(HANDLE process, UCHAR class)
{
    PROCESS_PRIORITY_CLASS info = {FALSE, class};

    if (class == REALTIME) {
        NTSTATUS status = set_realtime(process);
        if (status != STATUS_PRIVILEGE_NOT_HELD)
            return status;
        info.PriorityClass = HIGH;
    }
    return NtSetInformationProcess(process, ProcessPriorityClass, &info, sizeof info);
}

BOOL WINAPI SetPriorityClass(HANDLE process, DWORD flag)
{
    UCHAR class = 0;

    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        if (flag == classes[i].flag)
            class = classes[i].class;
    }
    if (class == 0)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    NTSTATUS status = k32_set_priority_class(process, class);
    return k32_done(status);
}

DWORD WINAPI GetPriorityClass(HANDLE process)
{
    PROCESS_PRIORITY_CLASS info;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessPriorityClass, &info, sizeof info, NULL);

    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return 0;
    }
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        if (info.PriorityClass == classes[i].class)
            return classes[i].flag;
    }
    return NORMAL_PRIORITY_CLASS;
}

BOOL WINAPI SetProcessPriorityBoost(HANDLE process, BOOL disable)
{
    ULONG disabled = disable != 0;
    NTSTATUS status = NtSetInformationProcess(process, ProcessPriorityBoost, &disabled, sizeof disabled);
    return k32_done(status);
}

BOOL WINAPI GetProcessPriorityBoost(HANDLE process, BOOL *ret_disabled)
{
    ULONG disabled;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessPriorityBoost, &disabled, sizeof disabled, NULL);

    if (NT_SUCCESS(status))
        *ret_disabled = disabled != 0;
    return k32_done(status);
}

BOOL WINAPI GetProcessAffinityMask(HANDLE process, DWORD_PTR *ret_process, DWORD_PTR *ret_system)
{
    PROCESS_BASIC_INFORMATION info;
    SYSTEM_BASIC_INFORMATION basic;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL);

    if (NT_SUCCESS(status))
        status = NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof basic, NULL);
    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *ret_process = info.AffinityMask;
    *ret_system = basic.ActiveProcessorsAffinityMask;
    return TRUE;
}

BOOL WINAPI SetProcessAffinityMask(HANDLE process, DWORD_PTR mask)
{
    NTSTATUS status = NtSetInformationProcess(process, ProcessAffinityMask, &mask, sizeof mask);
    return k32_done(status);
}
