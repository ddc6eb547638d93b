// SPDX-License-Identifier: GPL-2.0-or-later
/* demand_zero.c - memory costs nothing until it is touched.
 *
 * In the trace: 16 MB are committed with one call and no fault.  Then one byte in every 64 KB is written, and exactly
 * 256 DemandZero faults follow, 0x10000 apart; the second round over the same pages faults not once. */
#include <stdio.h>
#include <windows.h>

#define SIZE 0x1000000
#define STEP 0x10000

int main(void)
{
    volatile unsigned char *memory = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    unsigned pages = 0, nonzero = 0, sum = 0;
    if (memory == NULL) {
        printf("VirtualAlloc failed: %lu\n", GetLastError());
        return 1;
    }
    printf("committed %u KB\n", SIZE / 1024);
    for (unsigned at = 0; at < SIZE; at += STEP) {
        memory[at] = 1;
        nonzero += memory[at + 1] != 0; /* its neighbour shows what the page was */
        pages++;
    }
    printf("touched %u pages, %u of them not zero\n", pages, nonzero);
    for (unsigned at = 0; at < SIZE; at += STEP)
        sum += memory[at];
    printf("second round: sum %u\n", sum);
    printf("released: %s\n", VirtualFree((void *)memory, 0, MEM_RELEASE) ? "yes" : "no");
    return 0;
}
