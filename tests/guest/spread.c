/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spread.c COUNT STEP_MB - pages so far apart that each needs a page table of its own: written, and read back
 * backwards, twice.  With little RAM page tables leave and return all the time. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[1]) : 1, wrong = 0;
    size_t step = argc > 2 ? (size_t)atoi(argv[2]) << 20 : 0;
    volatile int **page = malloc((size_t)count * sizeof *page);

    for (int i = 0; i < count; i++) {
        page[i] = VirtualAlloc((char *)0x10000000 + i * step, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!page[i])
            return 1;
    }
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < count; i++)
            *page[i] = i * round;
        for (int i = count - 1; i >= 0; i--)
            wrong += *page[i] != i * round;
    }
    printf("wrong %d\n", wrong);
    return wrong != 0;
}
