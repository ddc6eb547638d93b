/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fls.c - fibre-local storage. */
#include "k32.h"

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback)
{
    ULONG slot;
    NTSTATUS status = RtlFlsAlloc(callback, &slot);

    if (NT_SUCCESS(status))
        return slot;
    k32_fail(status);
    return FLS_OUT_OF_INDEXES;
}

BOOL WINAPI FlsFree(DWORD slot)
{
    NTSTATUS status = RtlFlsFree(slot);
    return k32_done(status);
}

void *WINAPI FlsGetValue(DWORD slot)
{
    void *value = NULL;
    NTSTATUS status = RtlFlsGetValue(slot, &value);

    if (NT_SUCCESS(status))
        RtlSetLastWin32Error(NO_ERROR); /* NULL is a valid value: the caller looks here */
    else
        k32_fail(status);
    return value;
}

BOOL WINAPI FlsSetValue(DWORD slot, void *value)
{
    NTSTATUS status = RtlFlsSetValue(slot, value);
    return k32_done(status);
}
