/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_cache.c - the second sequential pass of a program over a cached file, in blocks of 4 KB, against a read() loop
 * of this machine's own over the same file, in turns in one run.
 *
 * Target: at least half as fast as the read() loop. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "tests/emu/bench.h"
#include "tests/emu/bench_guest.h"

enum { WIDTHS = 2, ROUNDS = 15, BLOCK = 4096, BLOCKS = 4096, PASSES = 3 };

static const struct {
    const char *name, *program; /* variable with its path */
} widths[WIDTHS] = {{"32 bits", "SOFTFAULT_CACHE"}, {"64 bits", "SOFTFAULT_CACHE64"}};

/* => nanoseconds for each block of the second pass */
static double guest_pass(const char *program, const char *folder)
{
    char passes[] = "3", *argv[] = {passes};
    double times[PASSES + 1];
    struct machine_dir dir = {.guest = "D:", .host = folder};
    struct machine_options options = bench_options(program, 1, argv);
    struct bench_marks marks = {.times = times, .room = PASSES + 1};
    options.dirs = &dir;
    options.dir_count = 1;
    struct machine *machine = bench_run(&options, &marks);
    bench_must(machine->cache.counts.reads == (uint64_t)PASSES * BLOCKS && marks.count == PASSES + 1,
               "the program read something else");
    machine_destroy(machine);
    return (times[2] - times[1]) / BLOCKS;
}

/* => the same for read() */
static double native_pass(const char *path)
{
    static uint8_t block[BLOCK] __attribute__((aligned(4096)));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    double begin = 0;
    for (unsigned pass = 0; pass < 2 && fd >= 0; pass++) {
        lseek(fd, 0, SEEK_SET);
        begin = bench_now();
        while (read(fd, block, BLOCK) == BLOCK)
            ;
    }
    double end = bench_now();
    close(fd);
    return (end - begin) / BLOCKS;
}

static bool bench_width(FILE *out, unsigned width, const char *folder, const char *path)
{
    double guest[ROUNDS], native[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        guest[i] = guest_pass(getenv(widths[width].program), folder);
        native[i] = native_pass(path);
    }
    double mine = bench_quartile(guest, ROUNDS), host = bench_quartile(native, ROUNDS);
    fprintf(out, "%s: ReadFile of 4 KB from the cache %6.0f ns, read() %6.0f ns: %.2f of its speed (target 0.50)\n",
            widths[width].name, mine, host, host / mine);
    return host >= 0.5 * mine;
}

int main(void)
{
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO); /* the programs' */
    FILE *results = fdopen(out, "w");
    char folder[] = "/tmp/bench_cache.XXXXXX", path[64];
    static uint8_t block[BLOCK];
    bench_must(results && mkdtemp(folder), "no folder");
    snprintf(path, sizeof path, "%s/data", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    memset(block, 'x', sizeof block);
    for (unsigned i = 0; i < BLOCKS; i++)
        bench_must(write(fd, block, BLOCK) == BLOCK, "no room for 16 MB in /tmp");
    close(fd);
    bool ok = true;
    for (unsigned width = 0; width < WIDTHS; width++)
        ok = bench_width(results, width, folder, path) && ok;
    unlink(path);
    rmdir(folder);
    fprintf(results, "%s\n", ok ? "target met" : "TARGET MISSED");
    fclose(results);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
