/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench.h - interleaved rounds, and the figure that other load on the host has disturbed least. */
#ifndef SOFTFAULT_TESTS_EMU_BENCH_H
#define SOFTFAULT_TESTS_EMU_BENCH_H

#include <stdlib.h>
#include <time.h>

enum { BENCH_ROUNDS = 61 };

static inline double bench_now(void) /* nanoseconds of this thread: other load on the host does not count */
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline int bench_compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The lower quartile: neighbours on the host only ever add (they share its caches), so the low figures are ours. */
static inline double bench_figure(double *times)
{
    qsort(times, BENCH_ROUNDS, sizeof *times, bench_compare);
    return times[BENCH_ROUNDS / 4];
}

#endif
