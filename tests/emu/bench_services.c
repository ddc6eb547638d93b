/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_services.c - what the memory services cost a program, in both widths: host time around loops of the guest, with
 * kernel32, the system calls and the services in it.
 *
 * Targets: VirtualAlloc + VirtualFree at most 3 us; VirtualQuery at most 1 us; HeapAlloc + HeapFree of small blocks
 * of mixed sizes at most 300 ns on the process heap; with 30,000 reservations in 32 bits and
 * 100,000 in 64 the median further one at most 4 times the median of the first hundred. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/emu/bench.h"
#include "tests/emu/bench_guest.h"

enum { WIDTHS = 2, WARM_UP = 16, LOOPS = 20000, EDGE = 100, MARKS_MAX = WARM_UP + 4 * EDGE + 8, ROUNDS = 15 };

static const struct {
    const char *name, *program; /* program: variable with its path */
    const char *reservations;
} widths[WIDTHS] = {{"32 bits", "SOFTFAULT_SERVICES", "30000"}, {"64 bits", "SOFTFAULT_SERVICES64", "100000"}};

/* Of the run before. */
static double marks[MARKS_MAX];

static void run(const char *program, int argc, char **argv)
{
    struct machine_options options = bench_options(program, argc, argv);
    struct bench_marks taken = {.times = marks, .room = MARKS_MAX};
    machine_destroy(bench_run(&options, &taken));
}

/* A loop between the last of the first marks and the next.  => nanoseconds for each turn, of the quickest rounds. */
static double time_loop(const char *program, const char *what)
{
    double times[ROUNDS];
    char *argv[] = {(char *)(uintptr_t)what};
    for (unsigned round = 0; round < ROUNDS; round++) {
        run(program, 1, argv);
        times[round] = (marks[WARM_UP] - marks[WARM_UP - 1]) / LOOPS;
    }
    return bench_quartile(times, ROUNDS);
}

/* A pair on the process heap, with and without serialization, less the loop around it. */
static bool bench_heap(FILE *out, unsigned width)
{
    const char *program = getenv(widths[width].program);
    double loop = time_loop(program, "e");
    double pair = time_loop(program, "h") - loop, alone = time_loop(program, "n") - loop;
    fprintf(out, "%s: HeapAlloc + HeapFree %6.0f ns, not serialized %.0f ns (target 300; the loop itself %.0f)\n",
            widths[width].name, pair, alone, loop);
    return pair <= 300;
}

static bool bench_loop(FILE *out, unsigned width, const char *what, const char *name, double target)
{
    double each = time_loop(getenv(widths[width].program), what);
    fprintf(out, "%s: %-36s %6.2f us (target %.0f)\n", widths[width].name, name, each / 1000, target / 1000);
    return each <= target;
}

/* Pairs of marks around each reservation, less what a mark costs. */
static double median_reservation(unsigned first)
{
    double times[EDGE], empty[WARM_UP - 1];
    for (unsigned i = 0; i + 1 < WARM_UP; i++)
        empty[i] = marks[i + 1] - marks[i];
    for (unsigned i = 0; i < EDGE; i++)
        times[i] = marks[WARM_UP + 2 * (first + i) + 1] - marks[WARM_UP + 2 * (first + i)];
    return bench_median(times, EDGE) - bench_median(empty, WARM_UP - 1);
}

static bool bench_growth(FILE *out, unsigned width)
{
    double early[ROUNDS], late[ROUNDS];
    char *argv[] = {(char *)(uintptr_t) "r", (char *)(uintptr_t)widths[width].reservations};
    for (unsigned round = 0; round < ROUNDS; round++) {
        run(getenv(widths[width].program), 2, argv);
        early[round] = median_reservation(0);
        late[round] = median_reservation(EDGE);
    }
    double first = bench_median(early, ROUNDS), further = bench_median(late, ROUNDS);
    fprintf(out, "%s: with %6s reservations a further one %6.2f us, at first %.2f us: %.2f times (target 4)\n",
            widths[width].name, widths[width].reservations, further / 1000, first / 1000, further / first);
    return further <= 4 * first;
}

int main(void)
{
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO); /* the programs' */
    FILE *results = fdopen(out, "w");
    bool ok = results != NULL;
    for (unsigned width = 0; results && width < WIDTHS; width++) {
        ok = bench_loop(results, width, "p", "VirtualAlloc + VirtualFree", 3000) && ok;
        ok = bench_loop(results, width, "q", "VirtualQuery", 1000) && ok;
        ok = bench_heap(results, width) && ok;
        ok = bench_growth(results, width) && ok;
    }
    if (!results)
        return EXIT_FAILURE;
    fprintf(results, "%s\n", ok ? "targets met" : "TARGETS MISSED");
    fclose(results);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
