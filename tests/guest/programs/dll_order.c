// SPDX-License-Identifier: GPL-2.0-or-later
/* dll_order.c - DllMain in its order: what a DLL uses comes before it, and goes after it. */
#include <stdio.h>
#include <windows.h>

__declspec(dllimport) int order_a_value(void);

int main(void)
{
    printf("main: a gives %d\n", order_a_value());
    printf("loading c, which uses b\n");
    HMODULE c = LoadLibraryA("order_c" SUFFIX);
    int (*value)(void) = (int (*)(void))(void *)GetProcAddress(c, "order_c_value");
    printf("c gives %d\n", value != NULL ? value() : -1);
    printf("freeing c\n");
    BOOL freed = FreeLibrary(c);
    printf("freed: %d\n", freed);
    LoadLibraryA("order_c" SUFFIX);
    printf("leaving with c loaded\n");
    return 0;
}
