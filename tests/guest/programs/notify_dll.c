/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify_dll.c - a DLL that says which threads come and go.  It is built as notify_a and as notify_b, which uses
 * notify_a; with QUIET it does not want to know. */
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

/* Without the C library, which one of them has not got. */
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    static const char *const texts[] = {
        "  " TEXT_OF(LETTER) ": process detach\r\n",
        "  " TEXT_OF(LETTER) ": process attach\r\n",
        "  " TEXT_OF(LETTER) ": thread attach\r\n",
        "  " TEXT_OF(LETTER) ": thread detach\r\n",
    };
    DWORD done;

    (void)reserved;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), texts[reason], (DWORD)lstrlenA(texts[reason]), &done, NULL);
    if (reason == DLL_PROCESS_ATTACH && QUIET)
        DisableThreadLibraryCalls(self);
    return TRUE;
}
