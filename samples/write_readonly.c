// SPDX-License-Identifier: GPL-2.0-or-later
/* write_readonly.c - a write to constant data.
 *
 * In the trace: the read brings the page in (HardFault); the write is an AccessViolation on a page that is present and
 * read-only, not a missing one.  The report on stderr says "write"; softfault ends with status 126. */
#include <stdio.h>

static const char text[4096] __attribute__((section(".rdata"), aligned(4096))) = "constant";

int main(void)
{
    volatile char *p = (volatile char *)text;
    printf("reading: '%c'\n", p[0]);
    fflush(stdout);
    p[0] = 'C';
    printf("it was written\n");
    return 0;
}
