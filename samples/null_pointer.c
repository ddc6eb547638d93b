// SPDX-License-Identifier: GPL-2.0-or-later
/* null_pointer.c - the classic mistake, with nobody to catch it.
 *
 * In the trace: an AccessViolation at address 0, where no VAD is.  The report on stderr names the instruction, the kind
 * of access (read) and the page; softfault ends with status 126. */
#include <stdio.h>

static int *volatile pointer;

int main(void)
{
    printf("about to read address 0\n");
    fflush(stdout);
    printf("the value is %d\n", *pointer);
    return 0;
}
