/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_threads.c - what a switch between two threads costs the host: 100,000 rounds of two threads that wake each
 * other, less what starting the program and its services cost. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "tests/emu/bench.h"
#include "tests/emu/bench_guest.h"

enum { ROUNDS = 9, TARGET_NS = 5000 };

/* => nanoseconds; *ret_switches. */
static double run(const char *program, const char *letter, uint64_t *ret_switches)
{
    char *arguments[] = {(char *)(uintptr_t)letter};
    struct machine_options options = bench_options(program, 1, arguments);
    double begin = bench_now();
    struct machine *machine = bench_run(&options, NULL);
    *ret_switches = machine->sched.switches;
    machine_destroy(machine);
    return bench_now() - begin;
}

static double switch_ns(const char *program)
{
    double best = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t many, few;
        double loop = run(program, "B", &many), start = run(program, "b", &few);
        double each = (loop - start) / (double)(many - few);
        if (i == 0 || each < best)
            best = each;
    }
    return best;
}

int main(void)
{
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    double narrow = switch_ns(getenv("SOFTFAULT_THREADS")), wide = switch_ns(getenv("SOFTFAULT_THREADS64"));
    fprintf(stderr, "a switch with its services: 32 bits %.0f ns, 64 bits %.0f ns (target %d)\n", narrow, wide,
            TARGET_NS);
    return narrow <= TARGET_NS && wide <= TARGET_NS ? EXIT_SUCCESS : EXIT_FAILURE;
}
