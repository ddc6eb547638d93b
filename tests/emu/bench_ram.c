/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_ram.c - what the size of RAM costs: nothing that the guest does not touch.
 *
 * Targets: 1,000 pages touched (500, given back, 500 more) in a new machine of 16 GB at most 1.3 times the time of one
 * of 4 MB; host memory of the model, all its arrays and objects counted, at most 48 bytes for each guest page in use; a
 * machine of 64 GB is ready to run in under 100 ms, in at most 1 MB more of the host's memory than one of 64 MB. */
#define _DEFAULT_SOURCE /* mincore */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/cpu_internal.h"
#include "tests/emu/bench.h"
#include "tests/emu/bench_guest.h"
#include "tests/emu/bench_loop.h"

enum {
    AREA = 0x02000000,
    HALF = 500, /* pages */
    LITTLE = 1024,
    MUCH = 4 << 20, /* frames */
    USED = 65536,   /* pages: 256 MB */
};

static const struct width {
    const char *name, *program;
    enum paging_format format;
} widths[] = {{"32 bits", "SOFTFAULT_HELLO", PAGING_PAE}, {"64 bits", "SOFTFAULT_HELLO64", PAGING_X64}};
enum { WIDTHS = sizeof widths / sizeof *widths };

static struct world *new_world(enum paging_format format, uint32_t frames, uint32_t pages)
{
    struct world *world = world_new(&(struct world_options){.format = format, .lazy_address = true, .frames = frames});
    struct mm_allocation request = {
        .base = AREA, .size = (uint64_t)pages * MMU_PAGE_SIZE, .type = MEM_RESERVE, .protect = PAGE_READWRITE};
    bench_must(mm_allocate(world->mm, world->process, &request) == STATUS_SUCCESS, "mm_allocate");
    bench_load_loops(world);
    return world;
}

static void touch_pages(struct world *world, uint32_t pages)
{
    struct mm_allocation request = {
        .base = AREA, .size = (uint64_t)pages * MMU_PAGE_SIZE, .type = MEM_COMMIT, .protect = PAGE_READWRITE};
    bench_must(mm_allocate(world->mm, world->process, &request) == STATUS_SUCCESS, "mm_allocate");
    bench_run_loop(world, BENCH_TOUCH, AREA, pages);
}

/* --- The same pages in little and in much RAM ---------------------------------------------------------------- */

static double time_touches(enum paging_format format, uint32_t frames)
{
    struct world *world = new_world(format, frames, HALF);
    double start = bench_now();
    touch_pages(world, HALF);
    world_decommit(world, AREA, (uint64_t)HALF * MMU_PAGE_SIZE);
    touch_pages(world, HALF);
    double elapsed = bench_now() - start;
    world_free(world);
    return elapsed / (2 * HALF);
}

static bool bench_touches(FILE *out, const struct width *width)
{
    static double little[BENCH_ROUNDS], much[BENCH_ROUNDS];
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        little[round] = time_touches(width->format, LITTLE);
        much[round] = time_touches(width->format, MUCH);
    }
    double few = bench_figure(little), many = bench_figure(much), ratio = many / few;
    fprintf(out, "%s: a page touched, 4 MB of RAM %5.0f ns, 16 GB %5.0f ns: %.2f times (target 1.3%s)\n", width->name,
            few, many, ratio, ratio <= 1.3 ? "" : ": MISSED");
    return ratio <= 1.3;
}

/* --- Host memory ------------------------------------------------------------------------------------------------ */

/* Bytes of a region that the host has memory for. */
static size_t resident(const void *region, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 0;
    uintptr_t first = (uintptr_t)region / page * page, end = ((uintptr_t)region + size + page - 1) / page * page;
    size_t count = (end - first) / page;
    unsigned char *there = malloc(count);
    bench_must(there && mincore((void *)first, end - first, there) == 0, "mincore");
    for (size_t i = 0; i < count; i++)
        pages += there[i] & 1;
    free(there);
    return pages * page;
}

/* After mm_check(), which keeps a word for each frame. */
static bool measure_model(FILE *out, const struct width *width)
{
    struct world *world = new_world(width->format, MUCH, USED);
    touch_pages(world, USED);
    bench_must(!mm_check(world->mm), "mm_check");
    struct mm_counters c;
    mm_query_counters(world->mm, &c);
    size_t state = resident(world->state, world->state_size),
           stamps = resident(world->ram.stamp, world->ram.frame_count * sizeof *world->ram.stamp),
           coherence = resident(world->cpu->frames, world->ram.frame_count * sizeof *world->cpu->frames);
    double each = (double)(state + stamps + coherence) / (double)c.active;
    fprintf(out,
            "%s: host memory of the model for each of %u guest pages in use: records and objects %.1f, stamps %.1f, "
            "CPU %.1f: %.1f bytes (target 48%s)\n",
            width->name, (unsigned)c.active, (double)state / (double)c.active, (double)stamps / (double)c.active,
            (double)coherence / (double)c.active, each, each <= 48 ? "" : ": MISSED");
    world_free(world);
    return each <= 48;
}

/* --- A machine of 64 GB ------------------------------------------------------------------------------------------ */

static size_t resident_of_all(void)
{
    char line[128] = "";
    unsigned long size, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    bench_must(file && fgets(line, sizeof line, file) && sscanf(line, "%lu %lu", &size, &pages) == 2,
               "/proc/self/statm");
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

struct start {
    double ns;
    size_t bytes; /* of host memory, more than before */
};

/* From nothing to a program about to run. */
static struct start start_machine(const struct width *width, uint64_t ram_bytes)
{
    char error[MACHINE_ERROR_SIZE] = "";
    struct machine_options options = bench_options(getenv(width->program), 0, NULL);
    options.ram_bytes = ram_bytes;
    size_t before = resident_of_all();
    double start = bench_now();
    struct machine *machine = machine_create(&options, error);
    bench_must(machine && machine_load(machine, error), error);
    struct start result = {bench_now() - start, resident_of_all() - before};
    bench_must(machine_run(machine) == 0, "hello.exe");
    machine_destroy(machine);
    return result;
}

static bool bench_start(FILE *out, const struct width *width)
{
    static double small[BENCH_ROUNDS], large[BENCH_ROUNDS], more[BENCH_ROUNDS];
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        struct start little = start_machine(width, 64ull << 20), much = start_machine(width, 64ull << 30);
        small[round] = little.ns;
        large[round] = much.ns;
        more[round] = (double)much.bytes - (double)little.bytes;
    }
    double ms = bench_figure(large) / 1e6, kb = bench_figure(more) / 1024;
    bool ok = ms < 100 && kb <= 1024;
    fprintf(out,
            "%s: a machine is ready to run: 64 MB of RAM %.2f ms, 64 GB %.2f ms (target 100), in %.0f KB more of host "
            "memory (target 1024)%s\n",
            width->name, bench_figure(small) / 1e6, ms, kb, ok ? "" : " MISSED");
    return ok;
}

int main(void)
{
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR);
    bool ok = true;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO); /* the programs' */
    FILE *results = fdopen(out, "w");
    bench_must(results != NULL, "stdout");
    for (unsigned w = 0; w < WIDTHS; w++) {
        ok = bench_touches(results, &widths[w]) && ok;
        ok = measure_model(results, &widths[w]) && ok;
        ok = bench_start(results, &widths[w]) && ok;
    }
    fprintf(results, "%s\n", ok ? "targets met" : "TARGETS MISSED");
    fclose(results);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
