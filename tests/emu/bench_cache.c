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

enum { WIDTHS = 2, ROUNDS = 15, BLOCK = 4096, BLOCKS = 4096, PASSES = 3 };

static const struct {
    const char *name, *program; /* variable with its path */
} widths[WIDTHS] = {{"32 bits", "SOFTFAULT_CACHE"}, {"64 bits", "SOFTFAULT_CACHE64"}};

/* Behind NtDisplayString: the times at which the guest called it. */
static double marks[PASSES + 1];
static unsigned mark_count;

static ntstatus_t note_mark(struct nt_call *call)
{
    (void)call;
    if (mark_count <= PASSES)
        marks[mark_count++] = bench_now();
    return STATUS_SUCCESS;
}

static const struct nt_service mark_service = {"NtDisplayString", 1, note_mark};

static void fail(const char *what)
{
    fprintf(stderr, "# %s\n", what);
    exit(EXIT_FAILURE);
}

/* => nanoseconds for each block of the second pass */
static double guest_pass(const char *program, const char *folder)
{
    char error[MACHINE_ERROR_SIZE] = "", passes[] = "3";
    char *argv[] = {passes};
    struct machine_dir dir = {.guest = "D:", .host = folder};
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = program,
                                      .paging_auto = true,
                                      .pagefiles = {{128ull << 20, 128ull << 20}},
                                      .pagefile_count = 1,
                                      .dirs = &dir,
                                      .dir_count = 1,
                                      .argc = 1,
                                      .argv = argv};
    struct machine *machine = machine_create(&options, error);
    bool loaded = machine && machine_load(machine, error);
    mark_count = 0;
    for (unsigned i = 0; loaded && i < SERVICE_NUMBERS_MAX; i++)
        if (strcmp(machine->services[i].name, mark_service.name) == 0)
            machine->services[i].service = &mark_service;
    int status = loaded ? machine_run(machine) : -1;
    if (status == 0 && machine->cache.counts.reads != (uint64_t)PASSES * BLOCKS)
        fail("the program read something else");
    machine_destroy(machine);
    if (status != 0 || mark_count != PASSES + 1)
        fail(error[0] ? error : "the program failed");
    return (marks[2] - marks[1]) / BLOCKS;
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
    qsort(guest, ROUNDS, sizeof *guest, bench_compare);
    qsort(native, ROUNDS, sizeof *native, bench_compare);
    double mine = guest[ROUNDS / 4], host = native[ROUNDS / 4];
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
    if (!results || !mkdtemp(folder))
        fail("no folder");
    snprintf(path, sizeof path, "%s/data", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    memset(block, 'x', sizeof block);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (write(fd, block, BLOCK) != BLOCK)
            fail("no room for 16 MB in /tmp");
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
