/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench.h - interleaved rounds, the figure that other load on the host has disturbed least, and what is said of it. */
#ifndef SOFTFAULT_TESTS_EMU_BENCH_H
#define SOFTFAULT_TESTS_EMU_BENCH_H

#include <stdbool.h>
#include <stdio.h>
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
static inline double bench_quartile(double *times, unsigned count)
{
    qsort(times, count, sizeof *times, bench_compare);
    return times[count / 4];
}

static inline double bench_figure(double *times) /* of BENCH_ROUNDS */
{
    return bench_quartile(times, BENCH_ROUNDS);
}

static inline double bench_median(double *times, unsigned count)
{
    qsort(times, count, sizeof *times, bench_compare);
    return times[count / 2];
}

/* What is measured went otherwise than it must: no figure means anything. */
static inline void bench_must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "Bail out! %s\n", what);
    exit(EXIT_FAILURE);
}

/* A line: of whom, what, how much; target 0: there is none.  => met. */
static inline bool bench_report(const char *whose, const char *what, double figure, double target, const char *unit)
{
    bool met = target == 0 || figure <= target;
    printf("%s: %-52s %7.2f %s", whose, what, figure, unit);
    if (target > 0)
        printf(" (target %g%s)", target, met ? "" : ": MISSED");
    printf("\n");
    return met;
}

#endif
