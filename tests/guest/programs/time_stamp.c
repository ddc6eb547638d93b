// SPDX-License-Identifier: GPL-2.0-or-later
/* time_stamp.c - the processor's time-stamp counter: it goes up, and with the computing that lies between two readings.
 * -DRAW: print the readings themselves, for two runs to be compared. */
#include <windows.h>

#include <stdio.h>

enum { READINGS = 200, FEW = 1000, MANY = 50 * FEW };

static ULONGLONG now(void)
{
    ULONG low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (ULONGLONG)high << 32 | low;
}

static ULONGLONG time_of_loop(int rounds)
{
    ULONGLONG begin = now();
    for (volatile int i = 0; i < rounds; i++)
        ;
    return now() - begin;
}

static int rising(ULONGLONG *ret_last)
{
    int good = 1;
    for (int i = 0; i < READINGS; i++) {
        ULONGLONG next = now();
        good = good && next > *ret_last;
        *ret_last = next;
    }
    return good;
}

int main(void)
{
    LARGE_INTEGER before, after;
    ULONGLONG first = now(), last = first, quick, slow;
    int good = rising(&last);
    quick = time_of_loop(FEW);
    QueryPerformanceCounter(&before);
    slow = time_of_loop(MANY);
    QueryPerformanceCounter(&after);
#ifdef RAW
    const ULONGLONG readings[] = {first, last, quick, slow, (ULONGLONG)(after.QuadPart - before.QuadPart)};
    for (unsigned i = 0; i < sizeof readings / sizeof *readings; i++)
        printf("%08lx%08lx\n", (ULONG)(readings[i] >> 32), (ULONG)readings[i]);
#endif
    printf("each reading is above the one before: %s\n", good ? "yes" : "no");
    printf("a loop takes time: %s\n", quick > 0 ? "yes" : "no");
    printf("fifty times the rounds take more than ten times the time: %s\n", slow / 10 > quick ? "yes" : "no");
    printf("the performance counter went on meanwhile: %s\n", after.QuadPart > before.QuadPart ? "yes" : "no");
    return 0;
}
