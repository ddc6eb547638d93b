/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error.c - the last error. GetLastError and SetLastError themselves are forwards to ntdll. */
#include "k32.h"

static UINT error_mode;

BOOL k32_fail(NTSTATUS status)
{
    RtlSetLastWin32Error(RtlNtStatusToDosError(status));
    return FALSE;
}

BOOL k32_fail_with(DWORD error)
{
    RtlSetLastWin32Error(error);
    return FALSE;
}

UINT WINAPI SetErrorMode(UINT mode)
{
    UINT old = error_mode;

    error_mode = mode;
    return old;
}

UINT WINAPI GetErrorMode(void)
{
    return error_mode;
}
