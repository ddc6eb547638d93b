/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the DLL's entry point; everything that it exports is forwarded. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved);

BOOL WINAPI DllMainCRTStartup(HINSTANCE module, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(module);
    return TRUE;
}
