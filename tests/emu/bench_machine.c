/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_machine.c - what the whole machine costs, in both widths.
 *
 * Targets: an exception, handled by a vectored handler and resumed, at most 25 us; handled by a frame with unwind, at
 * most 60 us; hello.exe in 64 bits at most 1.3 times the time of the one in 32 bits. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/emu/bench.h"
#include "tests/emu/bench_guest.h"

enum { WIDTHS = 2, EXCEPTIONS = 1000 };

static const char *const width_names[WIDTHS] = {"32 bits", "64 bits"};

static const struct {
    const char *name, *how; /* how: guest_exceptions.c's argument */
    double target;          /* ns */
} kinds[] = {
    {"access violation, vectored handler, resumed", "v", 25000},
    {"RaiseException, vectored handler, resumed", "r", 25000},
    {"access violation, frame handler, unwind", "f", 60000},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static double run_exceptions(const char *program, const char *how, const char *count)
{
    char *argv[] = {(char *)(uintptr_t)how, (char *)(uintptr_t)count};
    struct machine_options options = bench_options(program, 2, argv);
    return bench_life(&options);
}

/* The time of many exceptions less that of none. */
static bool bench_exceptions(FILE *out)
{
    static double times[WIDTHS][KINDS][BENCH_ROUNDS], none[WIDTHS][BENCH_ROUNDS];
    const char *programs[WIDTHS] = {getenv("SOFTFAULT_EXCEPTIONS"), getenv("SOFTFAULT_EXCEPTIONS64")};
    char count[16];
    bool ok = true;
    snprintf(count, sizeof count, "%d", EXCEPTIONS);
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        for (unsigned width = 0; width < WIDTHS; width++) {
            none[width][round] = run_exceptions(programs[width], "v", "0");
            for (unsigned kind = 0; kind < KINDS; kind++)
                times[width][kind][round] = run_exceptions(programs[width], kinds[kind].how, count);
        }
    }
    for (unsigned width = 0; width < WIDTHS; width++) {
        double base = bench_figure(none[width]);
        for (unsigned kind = 0; kind < KINDS; kind++) {
            double each = (bench_figure(times[width][kind]) - base) / EXCEPTIONS;
            fprintf(out, "%s: %-44s %6.1f us (target %.0f)\n", width_names[width], kinds[kind].name, each / 1000,
                    kinds[kind].target / 1000);
            ok = ok && each <= kinds[kind].target;
        }
    }
    return ok;
}

static bool bench_hello(FILE *out)
{
    static double times[WIDTHS][BENCH_ROUNDS];
    const struct machine_options programs[WIDTHS] = {bench_options(getenv("SOFTFAULT_HELLO"), 0, NULL),
                                                     bench_options(getenv("SOFTFAULT_HELLO64"), 0, NULL)};
    for (unsigned round = 0; round < BENCH_ROUNDS; round++)
        for (unsigned width = 0; width < WIDTHS; width++)
            times[width][round] = bench_life(&programs[width]);
    double narrow = bench_figure(times[0]), wide = bench_figure(times[1]);
    fprintf(out, "hello.exe: 32 bits %.2f ms, 64 bits %.2f ms: %.2f times (target 1.3)\n", narrow / 1e6, wide / 1e6,
            wide / narrow);
    return wide / narrow <= 1.3;
}

int main(void)
{
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO); /* the programs' */
    FILE *results = fdopen(out, "w");
    if (!results)
        return EXIT_FAILURE;
    bool ok = bench_hello(results);
    ok = bench_exceptions(results) && ok;
    fprintf(results, "%s\n", ok ? "targets met" : "TARGETS MISSED");
    fclose(results);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
