/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_paging.c - the life of a page, timed: a guest loop on the CPU over the memory manager, and the whole machine's
 * page files (a real file of the host, in its cache).  Transfers take no virtual time here.
 *
 * Targets: a page that was trimmed and is still on the standby list comes back in at most 0.7 times a demand-zero
 * fault; trimming, in a batch, at most 400 ns a page; a modified page written to the page file and read back later, at
 * most 6 us for the two. */
#include "emu/machine_internal.h"
#include "emu/paging.h"
#include "mm/mi.h"
#include "tests/emu/bench.h"
#include "tests/emu/bench_loop.h"

enum {
    PAGES = 2048, /* of an area */
    AREAS = 3,
    AREA = 0x02000000, /* the first one */
    AREA_SIZE = PAGES * MMU_PAGE_SIZE,
    ROOMY = 2 * PAGES + 512, /* frames: for one area and what was trimmed of it */
    TIGHT = PAGES + 1024,    /* when the third area has been touched, the first is not in memory any more */
};

/* A CPU's world with the page files of a machine that is never started. */
struct rig {
    struct world *world;
    struct machine *machine;
    struct mm_env outer; /* the world's own */
};

static void on_flush(void *context)
{
    struct rig *rig = context;
    rig->outer.flush_tlb(rig->outer.context);
}
static void on_drop(void *context, pfn_t frame)
{
    struct rig *rig = context;
    rig->outer.drop_code(rig->outer.context, frame);
}
static bool on_user_stack(void *context, mm_process process, struct mm_user_stack *ret_stack)
{
    return false;
}
static ntstatus_t on_read(void *context, uint32_t file, uint64_t offset, uint8_t *page)
{
    struct rig *rig = context;
    return paging_read(rig->machine, file, offset, page);
}
static ntstatus_t on_write(void *context, uint32_t file, uint64_t offset, const uint8_t *page)
{
    struct rig *rig = context;
    return paging_write(rig->machine, file, offset, page);
}
static ntstatus_t on_resize(void *context, uint32_t file, uint64_t pages)
{
    struct rig *rig = context;
    return paging_resize(rig->machine, file, pages);
}

static va_t area(unsigned i)
{
    return AREA + (va_t)i * AREA_SIZE;
}

static void allocate(struct world *world, va_t base, uint32_t type)
{
    struct mm_allocation request = {.base = base, .size = AREA_SIZE, .type = type, .protect = PAGE_READWRITE};
    bench_must(mm_allocate(world->mm, world->process, &request) == STATUS_SUCCESS, "mm_allocate");
}

static void rig_open(struct rig *rig, enum paging_format format, uint32_t frames)
{
    uint32_t number;
    rig->machine = calloc(1, sizeof *rig->machine);
    bench_must(rig->machine && paging_open(rig->machine), "paging_open");
    rig->world = world_new(&(struct world_options){.format = format, .lazy_address = true, .frames = frames});
    rig->outer = rig->world->mm_env;
    rig->world->mm_env = (struct mm_env){.context = rig,
                                         .flush_tlb = on_flush,
                                         .drop_code = on_drop,
                                         .page_in = rig->outer.page_in,
                                         .pagefile_read = on_read,
                                         .pagefile_write = on_write,
                                         .pagefile_resize = on_resize,
                                         .user_stack = on_user_stack,
                                         .set_stack_limit = rig->outer.set_stack_limit};
    bench_must(mm_pagefile_create(rig->world->mm, 8 * PAGES, 8 * PAGES, &number) == STATUS_SUCCESS,
               "mm_pagefile_create");
    rig->world->mm->tuning.modified_goal = 0; /* the writer leaves none */
    for (unsigned i = 0; i < AREAS; i++)
        allocate(rig->world, area(i), MEM_RESERVE);
    bench_load_loops(rig->world);
}

static void rig_close(struct rig *rig)
{
    world_free(rig->world);
    paging_close(rig->machine);
    free(rig->machine);
}

/* Each page of an area once. */
static double run_touch(struct rig *rig, va_t base)
{
    return bench_run_loop(rig->world, BENCH_TOUCH, base, PAGES);
}
static double run_look(struct rig *rig, va_t base)
{
    return bench_run_loop(rig->world, BENCH_LOOK, base, PAGES);
}

static struct mm_counters counters(const struct rig *rig)
{
    struct mm_counters c;
    mm_query_counters(rig->world->mm, &c);
    return c;
}

/* All modified pages to the page file, however much memory there is. => ns */
static double run_writer(struct rig *rig)
{
    struct mm *mm = rig->world->mm;
    double start = bench_now();
    while (counters(rig).modified > 0 && mm_daemon_step(mm, MM_MODIFIED_WRITER, MM_WAKE_SIGNAL) == MM_STEP_MORE)
        ;
    return bench_now() - start;
}

static double run_empty(struct rig *rig)
{
    double start = bench_now();
    mm_ws_empty(rig->world->mm, rig->world->process);
    return bench_now() - start;
}

enum figure { ZERO, SOFT, SOFT_READ, EMPTIED, EMPTIED_CLEAN, MANAGED, WRITTEN, READ_BACK, PAIR, FIGURES };
static double times[FIGURES][BENCH_ROUNDS];

/* demand zero -> trimmed, written -> soft, written to -> trimmed, written -> soft, read -> trimmed, standby at once */
static void soft_round(struct rig *rig, unsigned round)
{
    allocate(rig->world, AREA, MEM_COMMIT);
    times[ZERO][round] = run_touch(rig, AREA) / PAGES;
    times[EMPTIED][round] = run_empty(rig) / PAGES;
    run_writer(rig);
    bench_must(counters(rig).standby >= PAGES, "pages on the standby list");
    uint64_t soft = counters(rig).faults[MM_FAULT_TYPE_TRANSITION];
    times[SOFT][round] = run_touch(rig, AREA) / PAGES;
    bench_must(counters(rig).faults[MM_FAULT_TYPE_TRANSITION] - soft >= PAGES, "soft faults");
    run_empty(rig);
    run_writer(rig);
    times[SOFT_READ][round] = run_look(rig, AREA) / PAGES;
    times[EMPTIED_CLEAN][round] = run_empty(rig) / PAGES;
    world_decommit(rig->world, AREA, AREA_SIZE);
}

/* The working-set manager, told that there is never enough memory. */
static void managed_round(struct rig *rig, unsigned round)
{
    struct mm *mm = rig->world->mm;
    uint32_t goal = mm->tuning.goal;
    allocate(rig->world, AREA, MEM_COMMIT);
    run_touch(rig, AREA);
    uint64_t trims = counters(rig).trims_manager;
    mm->tuning.goal = UINT32_MAX;
    double start = bench_now();
    while (mm_daemon_step(mm, MM_WORKING_SET_MANAGER, MM_WAKE_SIGNAL) == MM_STEP_MORE)
        ;
    double elapsed = bench_now() - start;
    mm->tuning.goal = goal;
    trims = counters(rig).trims_manager - trims;
    bench_must(trims >= PAGES - 100, "the working-set manager trims");
    times[MANAGED][round] = elapsed / (double)trims;
    world_decommit(rig->world, AREA, AREA_SIZE);
}

/* Each area in turn: what is in memory is trimmed and written, then its pages come from the page file. */
static void hard_round(struct rig *rig, unsigned round)
{
    double writing = 0, reading = 0;
    struct mm_counters before = counters(rig);
    for (unsigned i = 0; i < AREAS; i++) {
        run_empty(rig);
        writing += run_writer(rig);
        reading += run_touch(rig, area(i));
    }
    struct mm_counters after = counters(rig);
    uint64_t written = after.pages_written - before.pages_written, read = after.pages_read - before.pages_read;
    bench_must(written >= (AREAS - 1) * PAGES && read >= AREAS * PAGES, "every page is written and read");
    times[WRITTEN][round] = writing / (double)written;
    times[READ_BACK][round] = reading / (double)read;
    times[PAIR][round] = times[WRITTEN][round] + times[READ_BACK][round];
}

static void run_rounds(const struct bench_width *width)
{
    struct rig roomy, tight;
    rig_open(&roomy, width->format, ROOMY);
    rig_open(&tight, width->format, TIGHT);
    for (unsigned i = 0; i < AREAS; i++) {
        allocate(tight.world, area(i), MEM_COMMIT);
        run_touch(&tight, area(i));
        run_empty(&tight);
        run_writer(&tight);
    }
    for (unsigned i = 0; i < 4; i++) { /* every frame was used: host memory is warm, no frame zeroed beforehand */
        soft_round(&roomy, 0);
        hard_round(&tight, 0);
    }
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        soft_round(&roomy, round);
        managed_round(&roomy, round);
        hard_round(&tight, round);
    }
    const char *broken = mm_check(roomy.world->mm);
    bench_must(!broken, broken ? broken : "");
    broken = mm_check(tight.world->mm);
    bench_must(!broken, broken ? broken : "");
    rig_close(&roomy);
    rig_close(&tight);
}

static bool bench(const struct bench_width *width)
{
    double ns[FIGURES];
    bool ok = true;
    run_rounds(width);
    for (unsigned i = 0; i < FIGURES; i++)
        ns[i] = bench_figure(times[i]);
    bench_report(width->name, "demand-zero fault", ns[ZERO], 0, "ns");
    bench_report(width->name, "soft fault from standby, written to", ns[SOFT], 0, "ns");
    ok = bench_report(width->name, "  of a demand-zero fault", ns[SOFT] / ns[ZERO], 0.7, "") && ok;
    bench_report(width->name, "soft fault from standby, read", ns[SOFT_READ], 0, "ns");
    ok = bench_report(width->name, "working set emptied, dirty pages, for each", ns[EMPTIED], 400, "ns") && ok;
    ok = bench_report(width->name, "working set emptied, clean pages, for each", ns[EMPTIED_CLEAN], 400, "ns") && ok;
    ok = bench_report(width->name, "working-set manager, for each page it trims", ns[MANAGED], 400, "ns") && ok;
    bench_report(width->name, "modified page to the page file", ns[WRITTEN] / 1000, 0, "us");
    bench_report(width->name, "page back from the page file (the whole fault)", ns[READ_BACK] / 1000, 0, "us");
    ok = bench_report(width->name, "  the two", ns[PAIR] / 1000, 6, "us") && ok;
    return ok;
}

int main(void)
{
    bool ok = true;
    for (unsigned w = 0; w < BENCH_WIDTHS; w++)
        ok = bench(&bench_widths[w]) && ok;
    printf("%s\n", ok ? "targets met" : "TARGETS MISSED");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
