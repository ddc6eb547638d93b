/* SPDX-License-Identifier: GPL-2.0-or-later */
/* missing_import.c - calls a function that kernel32 does not have. */
#include <stdio.h>

__declspec(dllimport) int __stdcall NoSuchFunctionAnywhere(void);

int main(void)
{
    printf("before the call\n");
    fflush(stdout);
    NoSuchFunctionAnywhere();
    printf("after the call\n");
    return 0;
}
