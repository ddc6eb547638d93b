/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_guest.h - a guest program on a machine of its own, from its start to its end, timed from outside or by marks
 * that it sets itself.  Its output goes where the benchmark's goes. */
#ifndef SOFTFAULT_TESTS_EMU_BENCH_GUEST_H
#define SOFTFAULT_TESTS_EMU_BENCH_GUEST_H

#include "emu/machine.h"

/* The machine that programs get by default, with the DLLs that were built. */
struct machine_options bench_options(const char *program, int argc, char **argv);

/* When the program called NtDisplayString, which does nothing else here. */
struct bench_marks {
    double *times;  /* ns, bench_now() */
    unsigned room;  /* of times; later marks are not kept */
    unsigned count; /* out */
};

/* The machine after a run of the program to its end; marks may be NULL.  Where it does not end well, the benchmark is
 * over.  => for machine_destroy() */
struct machine *bench_run(const struct machine_options *options, struct bench_marks *marks);

/* One whole life of a machine.  => ns */
double bench_life(const struct machine_options *options);

#endif
