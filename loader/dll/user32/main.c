/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the DLL's entry point, the memory functions that the compiler may call, and what needs windows. */
#include "user.h"

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

void user_refuse(const char *what)
{
    char line[160];

    lstrcpynA(line, "softfault: user32: ", sizeof line);
    lstrcpynA(line + lstrlenA(line), what, (int)sizeof line - lstrlenA(line));
    lstrcpynA(line + lstrlenA(line), ": there are no windows\n", (int)sizeof line - lstrlenA(line));
    OutputDebugStringA(line);
}

/* ---- what needs windows ---- */

int WINAPI MessageBoxW(HWND owner, const WCHAR *text, const WCHAR *caption, UINT type)
{
    (void)owner, (void)text, (void)caption, (void)type;
    user_refuse("MessageBox");
    SetLastError(ERROR_NOT_SUPPORTED);
    return 0;
}

int WINAPI MessageBoxA(HWND owner, const char *text, const char *caption, UINT type)
{
    (void)owner, (void)text, (void)caption, (void)type;
    user_refuse("MessageBox");
    SetLastError(ERROR_NOT_SUPPORTED);
    return 0;
}

/* No class was ever registered. */
BOOL WINAPI UnregisterClassW(const WCHAR *class, HINSTANCE instance)
{
    (void)class, (void)instance;
    SetLastError(ERROR_CLASS_DOES_NOT_EXIST);
    return FALSE;
}

BOOL WINAPI UnregisterClassA(const char *class, HINSTANCE instance)
{
    (void)class, (void)instance;
    SetLastError(ERROR_CLASS_DOES_NOT_EXIST);
    return FALSE;
}

HWND WINAPI GetActiveWindow(void)
{
    return NULL;
}

HWND WINAPI GetForegroundWindow(void)
{
    return NULL;
}
