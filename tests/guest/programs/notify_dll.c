/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify_dll.c - a DLL that says which threads come and go.  It is built as notify_a and as notify_b, which uses
 * notify_a; with QUIET it does not want to know. */
#include <stdio.h>
#include <windows.h>

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define TEXT_(x) #x
#define TEXT_OF(x) TEXT_(x)

#if USES
__declspec(dllimport) int notify_a_value(void);
#define BASE notify_a_value()
#else
#define BASE 1
#endif

__declspec(dllexport) int JOIN(notify_, LETTER, _value)(void);
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved);

int JOIN(notify_, LETTER, _value)(void)
{
    return BASE + 1;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    static const char *const texts[] = {"process detach", "process attach", "thread attach", "thread detach"};

    (void)reserved;
    printf("  " TEXT_OF(LETTER) ": %s\n", texts[reason]);
    if (reason == DLL_PROCESS_ATTACH && QUIET)
        DisableThreadLibraryCalls(self);
    return TRUE;
}
