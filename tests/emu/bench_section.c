/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_section.c - a soft fault on a page of a section that another process has in memory (its prototype PTE is
 * valid), against a demand-zero fault, in one run: the same guest loop on the CPU, over fresh views and fresh
 * allocations of the same size.  And a view of 1 GB of a file, mapped and unmapped.
 *
 * The machine has the RAM that softfault gives one that is not told otherwise: a page to be cleared was used long ago.
 * Where RAM is so small that all of it stays in the host's caches, to clear a page costs little beside the CPU's share
 * of a fault: that, the worst case, is measured beside it.
 *
 * Targets: the shared page at most 0.8 times a demand-zero fault; the view at most 20 us; to trim a shared page, 400
 * ns. */
#include "mm/mi.h"
#include "tests/emu/bench.h"
#include "tests/emu/bench_loop.h"

enum {
    PAGES = 2048,
    AREA = 0x02000000, /* where things come and go */
    AREA_SIZE = PAGES * MMU_PAGE_SIZE,
    DEFAULT_FRAMES = (64 << 20) / MMU_PAGE_SIZE, /* --ram's default */
    FEW_FRAMES = 2 * PAGES + 1024,
    FILE_NAME = 100,
    MAPS = 100, /* of the large view, in a round */
};
#define GIGABYTE (UINT64_C(1) << 30)

struct rig {
    struct world *world;
    mm_process other;         /* that has the section's pages */
    mm_section shared, large; /* the page file's, a file's */
};

enum figure {
    ZERO,
    ZEROED,
    SHARED,
    SHARED_READ,
    AGAIN,
    ZERO_ALONE,
    ZEROED_ALONE,
    SHARED_ALONE,
    EMPTIED,
    UNMAPPED,
    MAPPING,
    FIGURES
};
static double times[FIGURES][BENCH_ROUNDS];

static void map(struct rig *rig, mm_process process)
{
    struct mm_map_request request = {.base = AREA, .inherit = MM_VIEW_UNMAP, .protect = PAGE_READWRITE};
    bench_must(mm_map_view(rig->world->mm, process, rig->shared, &request) == STATUS_SUCCESS, "mm_map_view");
}

/* => ns for each page */
static double unmap(struct rig *rig)
{
    double start = bench_now();
    bench_must(mm_unmap_view(rig->world->mm, rig->world->process, AREA) == STATUS_SUCCESS, "mm_unmap_view");
    return (bench_now() - start) / PAGES;
}

static double empty(struct rig *rig)
{
    double start = bench_now();
    mm_ws_empty(rig->world->mm, rig->world->process);
    return (bench_now() - start) / PAGES;
}

static void allocate(struct rig *rig)
{
    struct mm_allocation request = {
        .base = AREA, .size = AREA_SIZE, .type = MEM_RESERVE | MEM_COMMIT, .protect = PAGE_READWRITE};
    bench_must(mm_allocate(rig->world->mm, rig->world->process, &request) == STATUS_SUCCESS, "mm_allocate");
}

static void release(struct rig *rig)
{
    va_t base = AREA;
    uint64_t size = 0;
    bench_must(mm_free(rig->world->mm, rig->world->process, &base, &size, MEM_RELEASE) == STATUS_SUCCESS, "mm_free");
}

static uint64_t faults_of(const struct rig *rig, enum mm_fault_type type)
{
    struct mm_counters c;
    mm_query_counters(rig->world->mm, &c);
    return c.faults[type];
}

/* Each page once, on the CPU; all of them faults of that type. => ns for each */
static double run(struct rig *rig, enum bench_loop loop, enum mm_fault_type type)
{
    uint64_t before = faults_of(rig, type);
    double elapsed = bench_run_loop(rig->world, loop, AREA, PAGES);
    bench_must(faults_of(rig, type) - before >= PAGES, mm_fault_type_name(type));
    return elapsed / PAGES;
}

/* The memory manager's share: the same faults without a CPU. */
static double run_alone(struct rig *rig, mm_process process)
{
    double start = bench_now();
    for (unsigned i = 0; i < PAGES; i++) {
        struct mm_fault fault = {
            .va = AREA + (va_t)i * MMU_PAGE_SIZE, .access = MMU_WRITE, .mode = MMU_USER, .process = process};
        bench_must(mm_access_fault(rig->world->mm, &fault) == MM_FAULT_RESOLVED, "mm_access_fault");
    }
    return (bench_now() - start) / PAGES;
}

/* The zero page thread is ahead of the next area's demand-zero faults. */
static void zero_frames(struct rig *rig)
{
    struct mm *mm = rig->world->mm;
    while (mm->pfn.in_state[PFN_ZEROED] < PAGES && mm_daemon_step(mm, MM_ZERO_PAGE, MM_WAKE_SIGNAL) == MM_STEP_MORE)
        ;
}

/* => nearly all of what is free must be cleared when it is wanted. */
static bool is_uncleared(const struct rig *rig)
{
    return rig->world->mm->pfn.in_state[PFN_ZEROED] < PAGES / 16;
}

static void fault_round(struct rig *rig, unsigned round)
{
    bench_must(round == 0 || is_uncleared(rig), "pages were cleared beforehand");
    allocate(rig);
    times[ZERO][round] = run(rig, BENCH_TOUCH, MM_FAULT_TYPE_DEMAND_ZERO);
    release(rig);
    zero_frames(rig);
    allocate(rig);
    times[ZEROED][round] = run(rig, BENCH_TOUCH, MM_FAULT_TYPE_DEMAND_ZERO);
    release(rig);
    map(rig, rig->world->process);
    times[SHARED][round] = run(rig, BENCH_TOUCH, MM_FAULT_TYPE_PROTOTYPE);
    times[EMPTIED][round] = empty(rig);
    times[AGAIN][round] = run(rig, BENCH_TOUCH, MM_FAULT_TYPE_PROTOTYPE);
    unmap(rig);
    map(rig, rig->world->process);
    times[SHARED_READ][round] = run(rig, BENCH_LOOK, MM_FAULT_TYPE_PROTOTYPE);
    unmap(rig);
    allocate(rig);
    times[ZERO_ALONE][round] = run_alone(rig, rig->world->process);
    release(rig);
    zero_frames(rig);
    allocate(rig);
    times[ZEROED_ALONE][round] = run_alone(rig, rig->world->process);
    release(rig);
    map(rig, rig->world->process);
    times[SHARED_ALONE][round] = run_alone(rig, rig->world->process);
    times[UNMAPPED][round] = unmap(rig);
}

static void map_round(struct rig *rig, unsigned round)
{
    double start = bench_now();
    for (unsigned i = 0; i < MAPS; i++) {
        struct mm_map_request request = {.inherit = MM_VIEW_UNMAP, .protect = PAGE_READWRITE};
        bench_must(mm_map_view(rig->world->mm, rig->world->process, rig->large, &request) == STATUS_SUCCESS &&
                       request.view_size == GIGABYTE,
                   "mm_map_view");
        bench_must(mm_unmap_view(rig->world->mm, rig->world->process, request.base) == STATUS_SUCCESS, "mm_unmap_view");
    }
    times[MAPPING][round] = (bench_now() - start) / MAPS;
}

static void rig_open(struct rig *rig, enum paging_format format, uint32_t frames)
{
    uint32_t pagefile;
    rig->world = world_new(&(struct world_options){.format = format, .lazy_address = true, .frames = frames});
    bench_must(rig->world != NULL, "world_new");
    struct mm *mm = rig->world->mm;
    bench_must(mm_pagefile_create(mm, 4 * PAGES, 4 * PAGES, &pagefile) == STATUS_SUCCESS, "mm_pagefile_create");
    struct mm_section_request request = {.size = AREA_SIZE, .protection = MM_READWRITE, .attributes = SEC_COMMIT};
    bench_must(mm_section_create(mm, &request, &rig->shared) == STATUS_SUCCESS, "mm_section_create");
    request = (struct mm_section_request){
        .file = FILE_NAME, .file_size = GIGABYTE, .protection = MM_READWRITE, .attributes = SEC_COMMIT};
    bench_must(mm_section_create(mm, &request, &rig->large) == STATUS_SUCCESS, "mm_section_create, of a file");
    bench_must(mm_process_create(mm, PTE_NX_ON, &rig->other) == STATUS_SUCCESS, "mm_process_create");
    map(rig, rig->other);
    run_alone(rig, rig->other);
    bench_load_loops(rig->world);
}

static void rig_close(struct rig *rig)
{
    const char *broken = mm_check(rig->world->mm);
    bench_must(!broken, broken ? broken : "");
    mm_process_clean(rig->world->mm, rig->other);
    mm_process_delete(rig->world->mm, rig->other);
    world_free(rig->world);
}

static void measure(const struct bench_width *width, uint32_t frames)
{
    struct rig rig;

    rig_open(&rig, width->format, frames);
    for (unsigned i = 0; i < 8; i++) { /* host memory is warm, no frame zeroed beforehand */
        fault_round(&rig, 0);
        map_round(&rig, 0);
    }
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        fault_round(&rig, round);
        map_round(&rig, round);
    }
    rig_close(&rig);
}

static void bench_few(const struct bench_width *width)
{
    measure(width, FEW_FRAMES);
    double zero = bench_figure(times[ZERO]);
    bench_report(width->name, "RAM in the host's caches: demand-zero fault", zero, 0, "ns");
    bench_report(width->name, "  soft fault on a shared page, of it", bench_figure(times[SHARED]) / zero, 0, "");
    bench_report(width->name, "  the same, read, of it", bench_figure(times[SHARED_READ]) / zero, 0, "");
}

static bool bench(const struct bench_width *width)
{
    double ns[FIGURES];
    bool ok = true;

    measure(width, DEFAULT_FRAMES);
    for (unsigned i = 0; i < FIGURES; i++)
        ns[i] = bench_figure(times[i]);
    bench_report(width->name, "demand-zero fault", ns[ZERO], 0, "ns");
    bench_report(width->name, "demand-zero fault, page zeroed beforehand", ns[ZEROED], 0, "ns");
    bench_report(width->name, "soft fault on a shared page, first in the view", ns[SHARED], 0, "ns");
    ok = bench_report(width->name, "  of a demand-zero fault", ns[SHARED] / ns[ZERO], 0.8, "") && ok;
    bench_report(width->name, "the same after its trim", ns[AGAIN], 0, "ns");
    ok = bench_report(width->name, "  of a demand-zero fault", ns[AGAIN] / ns[ZERO], 0.8, "") && ok;
    bench_report(width->name, "soft fault on a shared page, read", ns[SHARED_READ], 0, "ns");
    bench_report(width->name, "mm_access_fault() alone, demand-zero", ns[ZERO_ALONE], 0, "ns");
    bench_report(width->name, "mm_access_fault() alone, page zeroed beforehand", ns[ZEROED_ALONE], 0, "ns");
    bench_report(width->name, "mm_access_fault() alone, shared page", ns[SHARED_ALONE], 0, "ns");
    ok = bench_report(width->name, "shared pages trimmed, for each", ns[EMPTIED], 400, "ns") && ok;
    bench_report(width->name, "shared pages unmapped, for each", ns[UNMAPPED], 0, "ns");
    ok = bench_report(width->name, "view of 1 GB of a file, mapped and unmapped", ns[MAPPING] / 1000, 20, "us") && ok;
    return ok;
}

int main(void)
{
    bool ok = true;
    for (unsigned w = 0; w < BENCH_WIDTHS; w++) {
        ok = bench(&bench_widths[w]) && ok;
        bench_few(&bench_widths[w]);
    }
    printf("%s\n", ok ? "targets met" : "TARGETS MISSED");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
