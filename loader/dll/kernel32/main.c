/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the DLL's entry point, and the memory functions that the compiler may call. */
#include "k32.h"

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        LdrDisableThreadCalloutsForDll(module);
        RtlSetUnhandledExceptionFilter(UnhandledExceptionFilter);
    }
    return TRUE;
}

void *memcpy(void *to, const void *from, size_t size)
{
    k32_memcpy(to, from, size);
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    volatile char *p = to;

    while (size-- != 0)
        *p++ = (char)byte;
    return to;
}

void k32_memcpy(void *to, const void *from, SIZE_T size)
{
    volatile char *t = to;
    const char *f = from;

    while (size-- != 0)
        *t++ = *f++;
}
