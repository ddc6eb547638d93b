/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_processes.c - CreateProcess of hello.exe to its exit, in both widths: the first child, whose image must be
 * read, and each further one.  Target: 40 ms each, on a host with nothing else to do. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/emu/bench.h"
#include "tests/emu/bench_guest.h"

enum { WIDTHS = 2, ROUNDS = 9, CHILDREN = 20, TARGET_MS = 40 };

/* A machine in which so many children run; its output goes nowhere.  => nanoseconds. */
static double run(const char *program, const char *samples, unsigned children)
{
    char count[12], *arguments[] = {count};
    struct machine_dir dir = {.guest = "D:", .host = samples};
    struct machine_options options = bench_options(program, 1, arguments);
    options.dirs = &dir;
    options.dir_count = 1;
    snprintf(count, sizeof count, "%u", children);
    return bench_life(&options);
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* => both within the target. */
static bool bench(const char *name, const char *program, const char *samples)
{
    double none = 1e18, one = 1e18, many = 1e18;
    for (unsigned i = 0; i < ROUNDS; i++) {
        none = least(none, run(program, samples, 0));
        one = least(one, run(program, samples, 1));
        many = least(many, run(program, samples, CHILDREN));
    }
    double first = (one - none) / 1e6, further = (many - one) / (CHILDREN - 1) / 1e6;
    fprintf(stderr,
            "CreateProcess of hello.exe to its exit, %s: the first %.2f ms, each further one %.2f ms (target %d)\n",
            name, first, further, TARGET_MS);
    return first <= TARGET_MS && further <= TARGET_MS;
}

int main(void)
{
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    bool narrow = bench("32 bits", getenv("SOFTFAULT_LAUNCH"), getenv("SOFTFAULT_SAMPLES"));
    bool wide = bench("64 bits", getenv("SOFTFAULT_LAUNCH64"), getenv("SOFTFAULT_SAMPLES64"));
    return narrow && wide ? EXIT_SUCCESS : EXIT_FAILURE;
}
