// SPDX-License-Identifier: GPL-2.0-or-later
/* order_dll.c - a DLL that says when its DllMain is called.  It is built as order_a (which uses order_b), order_b and
 * order_c (which uses order_b): LETTER names it, USES says whether it uses order_b. */
#include <stdio.h>
#include <windows.h>

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define TEXT_(x) #x
#define TEXT_OF(x) TEXT_(x)

#if USES
__declspec(dllimport) int order_b_value(void);
#define BASE order_b_value()
#else
#define BASE 2
#endif

__declspec(dllexport) int JOIN(order_, LETTER, _value)(void);
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved);

int JOIN(order_, LETTER, _value)(void)
{
    return BASE * 10;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    (void)self;
    const char *text = reason == DLL_PROCESS_ATTACH   ? "process attach"
                       : reason == DLL_PROCESS_DETACH ? "process detach"
                                                      : "thread";
    const char *why = reason == DLL_PROCESS_ATTACH ? (reserved != NULL ? "the program imports it" : "LoadLibrary")
                                                   : (reserved != NULL ? "the process ends" : "FreeLibrary");
    printf("  " TEXT_OF(LETTER) ": %s (%s)\n", text, why);
    return TRUE;
}
