/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_fault.c - a demand-zero fault: the whole path (fill, walk, memory manager with recycled frames, page cleared)
 * against a bare fill hook that only clears and maps, in the same binary, with the same guest loop; in 32 bits (PAE)
 * and in 64; both clear the same frames of host memory, so that the host's caches favour neither. Target: at most 1.5
 * times.  Beside it, for orientation: with exact addresses, host RAM that is touched for the first time, and the first
 * touch of a page of a native Linux program. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

#include "mm/mi.h"
#include "tests/emu/bench.h"
#include "tests/emu/bench_loop.h"

enum { PAGES = 2048, AREA = 0x02000000, FRAMES = PAGES + 512, BARE_CODE = 0x00400000 };
#define BARE_CODE_PHYSICAL (1ull << 41)

struct width {
    const char *name;
    uc_mode mode;
    enum paging_format format;
    int registers[3]; /* Unicorn's names for edi, ecx, eax */
};
static const struct width widths[] = {
    {"32 bits", UC_MODE_32, PAGING_PAE, {UC_X86_REG_EDI, UC_X86_REG_ECX, UC_X86_REG_EAX}},
    {"64 bits", UC_MODE_64, PAGING_X64, {UC_X86_REG_RDI, UC_X86_REG_RCX, UC_X86_REG_RAX}},
};

static void *map_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        exit(EXIT_FAILURE);
    return memory;
}

/* Clears frames that the memory manager of a world has on its free list, where contents are nobody's. */
struct bare {
    const struct width *width;
    uc_engine *uc;
    uint8_t *ram, *code;
    uint32_t frame[FRAMES], frames, next;
};

static bool bare_fill(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *context)
{
    struct bare *bare = context;
    if (type == UC_MEM_FETCH) {
        entry->paddr = BARE_CODE_PHYSICAL;
        entry->perms = UC_PROT_READ | UC_PROT_EXEC;
        return (va & ~0xFFFull) == BARE_CODE;
    }
    uint32_t frame = bare->frame[bare->next++ % bare->frames];
    memset(bare->ram + (size_t)frame * MMU_PAGE_SIZE, 0, MMU_PAGE_SIZE);
    entry->paddr = (uint64_t)frame * MMU_PAGE_SIZE;
    entry->perms = UC_PROT_READ | UC_PROT_WRITE;
    return true;
}

typedef void hook_fn(void);

/* => the frames that are free in the world stay the same ones between runs of its loop. */
static void bare_open(struct bare *bare, const struct world *world)
{
    uc_hook hook;
    hook_fn *function = (hook_fn *)bare_fill;
    void *pointer;
    memcpy(&pointer, &function, sizeof pointer);
    const struct pfn_db *pfn = &world->mm->pfn;
    for (uint32_t i = pfn_first(pfn, PFN_FREE); i != PFN_NONE; i = pfn->record[i].flink)
        bare->frame[bare->frames++] = i;
    bare->ram = world->ram.base;
    bare->code = map_memory(MMU_PAGE_SIZE);
    memcpy(bare->code, bench_touch_code, sizeof bench_touch_code);
    if (uc_open(UC_ARCH_X86, bare->width->mode, &bare->uc) != UC_ERR_OK)
        exit(EXIT_FAILURE);
    uc_ctl_tlb_mode(bare->uc, UC_TLB_VIRTUAL);
    uc_mem_map_ptr(bare->uc, 0, (uint64_t)FRAMES * MMU_PAGE_SIZE, UC_PROT_ALL, bare->ram);
    uc_mem_map_ptr(bare->uc, BARE_CODE_PHYSICAL, MMU_PAGE_SIZE, UC_PROT_ALL, bare->code);
    uc_hook_add(bare->uc, &hook, UC_HOOK_TLB_FILL, pointer, bare, 1, 0);
}

static double run_bare(struct bare *bare)
{
    const uint64_t values[] = {AREA, PAGES, 1};
    for (unsigned i = 0; i < 3; i++)
        uc_reg_write(bare->uc, bare->width->registers[i], &values[i]);
    uc_ctl_flush_tlb(bare->uc);
    double start = bench_now();
    uc_emu_start(bare->uc, BARE_CODE, BARE_CODE + sizeof bench_touch_code, 0, 0);
    return bench_now() - start;
}

/* The pages are committed and untouched; their frames go back afterwards. */
static double run_world(struct world *world)
{
    struct mm_allocation request = {
        .base = AREA, .size = (uint64_t)PAGES * MMU_PAGE_SIZE, .type = MEM_COMMIT, .protect = PAGE_READWRITE};
    if (mm_allocate(world->mm, world->process, &request) != STATUS_SUCCESS)
        exit(EXIT_FAILURE);
    double elapsed = bench_run_loop(world, BENCH_TOUCH, AREA, PAGES);
    world_decommit(world, AREA, (uint64_t)PAGES * MMU_PAGE_SIZE);
    return elapsed;
}

/* The memory manager's share: the same faults without a CPU. */
static double run_alone(struct world *world)
{
    struct mm_allocation request = {
        .base = AREA, .size = (uint64_t)PAGES * MMU_PAGE_SIZE, .type = MEM_COMMIT, .protect = PAGE_READWRITE};
    if (mm_allocate(world->mm, world->process, &request) != STATUS_SUCCESS)
        exit(EXIT_FAILURE);
    double start = bench_now();
    for (unsigned i = 0; i < PAGES; i++) {
        struct mm_fault fault = {
            .va = AREA + (va_t)i * MMU_PAGE_SIZE, .access = MMU_WRITE, .mode = MMU_USER, .process = world->process};
        if (mm_access_fault(world->mm, &fault) != MM_FAULT_RESOLVED)
            printf("# mm_access_fault failed\n");
    }
    double elapsed = bench_now() - start;
    world_decommit(world, AREA, (uint64_t)PAGES * MMU_PAGE_SIZE);
    return elapsed;
}

static struct world *new_world(enum paging_format format, bool lazy)
{
    struct world *world = world_new(&(struct world_options){.format = format, .lazy_address = lazy, .frames = FRAMES});
    struct mm_allocation request = {
        .base = AREA, .size = (uint64_t)PAGES * MMU_PAGE_SIZE, .type = MEM_RESERVE, .protect = PAGE_READWRITE};
    if (mm_allocate(world->mm, world->process, &request) != STATUS_SUCCESS)
        exit(EXIT_FAILURE);
    bench_load_loops(world);
    return world;
}

static double run_native(uint8_t *memory)
{
    madvise(memory, (size_t)PAGES * MMU_PAGE_SIZE, MADV_DONTNEED);
    double start = bench_now();
    for (unsigned i = 0; i < PAGES; i++)
        ((volatile uint8_t *)memory)[(size_t)i * MMU_PAGE_SIZE] = 1;
    return bench_now() - start;
}

/* The two that are compared take turns; the others, which would cool the host's caches, come after them. */
static bool bench(const struct width *width, uint8_t *memory)
{
    static double bare_times[BENCH_ROUNDS], lazy_times[BENCH_ROUNDS], exact_times[BENCH_ROUNDS],
        cold_times[BENCH_ROUNDS], native_times[BENCH_ROUNDS], alone_times[BENCH_ROUNDS];
    static struct bare bare;
    struct world *lazy = new_world(width->format, true), *exact = new_world(width->format, false);

    for (unsigned i = 0; i < 5; i++) { /* all frames used once: host RAM warm, no frame zeroed beforehand */
        run_world(exact);
        run_world(lazy);
    }
    bare = (struct bare){.width = width};
    bare_open(&bare, lazy);
    for (unsigned i = 0; i < 5; i++)
        run_bare(&bare);
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        bare_times[round] = run_bare(&bare);
        lazy_times[round] = run_world(lazy);
    }
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        alone_times[round] = run_alone(lazy);
        exact_times[round] = run_world(exact);
        struct world *cold = new_world(width->format, true);
        cold_times[round] = run_world(cold);
        world_free(cold);
        native_times[round] = run_native(memory);
    }
    double base = bench_figure(bare_times) / PAGES, full = bench_figure(lazy_times) / PAGES;
    printf("%s: bare fill hook, page cleared   %7.0f ns\n", width->name, base);
    printf("%s: demand-zero fault              %7.0f ns: %.2f of bare (target 1.5)\n", width->name, full, full / base);
    printf("%s:   of it mm_access_fault()      %7.0f ns\n", width->name, bench_figure(alone_times) / PAGES);
    printf("%s:   with exact addresses         %7.0f ns\n", width->name, bench_figure(exact_times) / PAGES);
    printf("%s:   host RAM cold                %7.0f ns\n", width->name, bench_figure(cold_times) / PAGES);
    printf("%s: native Linux first touch       %7.0f ns\n", width->name, bench_figure(native_times) / PAGES);
    const char *broken = mm_check(lazy->mm);
    if (broken)
        printf("# %s\n", broken);
    uc_close(bare.uc);
    munmap(bare.code, MMU_PAGE_SIZE);
    world_free(lazy);
    world_free(exact);
    return !broken && full / base <= 1.5;
}

int main(void)
{
    uint8_t *memory = map_memory((size_t)PAGES * MMU_PAGE_SIZE);
    bool ok = true;

    madvise(memory, (size_t)PAGES * MMU_PAGE_SIZE, MADV_NOHUGEPAGE);
    for (unsigned w = 0; w < sizeof widths / sizeof *widths; w++)
        ok = bench(&widths[w], memory) && ok;
    printf("%s\n", ok ? "target met" : "TARGET MISSED");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
