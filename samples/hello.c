// SPDX-License-Identifier: GPL-2.0-or-later
/* hello.c - the smallest useful program.
 *
 * In the trace: everything that happens before main().  The first faults are the loader's (ntdll), then pages of
 * kernel32, msvcrt and this image come in one by one; the stack and the heap are demand-zero. */
#include <stdio.h>

int main(void)
{
    printf("hello, world\n");
    return 0;
}
