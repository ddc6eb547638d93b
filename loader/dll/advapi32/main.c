/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the DLL's entry point, errors, and the memory functions that the compiler may call. */
#include "advapi.h"

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        LdrDisableThreadCalloutsForDll(module);
    return TRUE;
}

BOOL advapi_fail(NTSTATUS status)
{
    RtlSetLastWin32Error(RtlNtStatusToDosError(status));
    return FALSE;
}

BOOL advapi_fail_with(DWORD error)
{
    RtlSetLastWin32Error(error);
    return FALSE;
}

void *memcpy(void *to, const void *from, size_t size)
{
    volatile char *t = to;
    const char *f = from;

    while (size-- != 0)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    volatile char *p = to;

    while (size-- != 0)
        *p++ = (char)byte;
    return to;
}
