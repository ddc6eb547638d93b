/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the DLL's entry point, and the memory functions that the compiler may call. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(module);
    return TRUE;
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
