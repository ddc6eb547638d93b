/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dep.c - data execution prevention (nt-reference 6.4).  The calls are of XP SP3 and Vista; programs look them up. */
#define _WIN32_WINNT 0x0600 /* declares them */
#include "k32.h"

enum {
    EXECUTE_DISABLE = 0x1, /* of data: DEP is on */
    EXECUTE_ENABLE = 0x2,
    EXECUTE_DISABLE_THUNK_EMULATION = 0x4,
    EXECUTE_PERMANENT = 0x8,
};

DEP_SYSTEM_POLICY_TYPE WINAPI GetSystemDEPPolicy(void)
{
    return (DEP_SYSTEM_POLICY_TYPE)SharedUserData->NXSupportPolicy;
}

#ifdef _WIN64

/* 64-bit processes always have it. */
BOOL WINAPI GetProcessDEPPolicy(HANDLE process, DWORD *flags, BOOL *permanent)
{
    (void)process;
    (void)flags;
    (void)permanent;
    return k32_fail_with(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI SetProcessDEPPolicy(DWORD flags)
{
    (void)flags;
    return k32_fail_with(ERROR_NOT_SUPPORTED);
}

#else

BOOL WINAPI GetProcessDEPPolicy(HANDLE process, DWORD *flags, BOOL *permanent)
{
    ULONG options;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessExecuteFlags, &options, sizeof options, NULL);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *flags = 0;
    if (options & EXECUTE_DISABLE)
        *flags |= PROCESS_DEP_ENABLE;
    if (options & EXECUTE_DISABLE_THUNK_EMULATION)
        *flags |= PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION;
    *permanent = (options & EXECUTE_PERMANENT) != 0;
    return TRUE;
}

/* => once on, it stays on; STATUS_ACCESS_DENIED where the system, or an earlier call, has decided for good. */
BOOL WINAPI SetProcessDEPPolicy(DWORD flags)
{
    ULONG options = EXECUTE_ENABLE;

    if ((flags & ~(DWORD)(PROCESS_DEP_ENABLE | PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION)) != 0 ||
        flags == PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & PROCESS_DEP_ENABLE)
        options = EXECUTE_DISABLE | EXECUTE_PERMANENT;
    if (flags & PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION)
        options |= EXECUTE_DISABLE_THUNK_EMULATION;
    NTSTATUS status = NtSetInformationProcess(NtCurrentProcess(), ProcessExecuteFlags, &options, sizeof options);
    return k32_done(status);
}

#endif
