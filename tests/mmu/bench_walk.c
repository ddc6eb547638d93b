/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_walk.c - nanoseconds for a walk of one paging format: one page, the pages of one table, and pages at random
 * over more tables than the first-level cache holds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mmu/pte_format.h"
#include "mmu/walk.h"

enum { FRAMES = 8192, WALKS = 20000000, ADDRESSES = 4096 };

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Map va to a frame, making tables on the way. */
static void map_page(struct mmu_ram *ram, pfn_t root, va_t va, uint32_t *next_frame)
{
    pfn_t table = root;
    for (unsigned level = PTE_LEVELS; level > 1; level--) {
        uint8_t *slot = ram->base + (size_t)table.index * MMU_PAGE_SIZE + pte_index(va, level) * PTE_SIZE;
        if (!pte_is_valid(pte_load(slot)))
            pte_store(slot, pte_make_table((pfn_t){(*next_frame)++}, PTE_USER));
        table = pte_pfn(pte_load(slot));
    }
    uint8_t *slot = ram->base + (size_t)table.index * MMU_PAGE_SIZE + pte_index(va, 1) * PTE_SIZE;
    pte_store(slot, pte_set_dirty(pte_make_valid((pfn_t){1}, MM_READWRITE, PTE_USER, PTE_NX_ON)));
}

static void measure(const char *name, const struct mmu_ram *ram, const va_t *va, unsigned count)
{
    uint64_t frames = 0;
    double start = seconds_now();
    for (unsigned n = 0; n < WALKS; n++)
        frames += PTE_NAME(mmu_walk)(ram, (pfn_t){0}, va[n & (count - 1)], n & 1 ? MMU_WRITE : MMU_READ, MMU_USER)
                      .frame.index;
    double elapsed = seconds_now() - start;
    printf("%-28s %6.2f ns/walk%s\n", name, elapsed / WALKS * 1e9, frames == WALKS ? "" : " (wrong frames)");
}

int main(void)
{
    static va_t near[64], far[ADDRESSES];
    struct mmu_ram ram = {.base = calloc(FRAMES, MMU_PAGE_SIZE), .frame_count = FRAMES, .epoch = 1};
    uint32_t next_frame = 2, random = 1;
    ram.stamp = calloc(FRAMES, sizeof *ram.stamp);
    if (ram.base == NULL || ram.stamp == NULL)
        return EXIT_FAILURE;

    for (unsigned i = 0; i < sizeof near / sizeof *near; i++) {
        near[i] = 0x00400000 + (va_t)i * MMU_PAGE_SIZE;
        map_page(&ram, (pfn_t){0}, near[i], &next_frame);
    }
    for (unsigned i = 0; i < ADDRESSES; i++) {
        random = random * 1664525 + 1013904223;
        far[i] = random & 0x7FFFF000;
        map_page(&ram, (pfn_t){0}, far[i], &next_frame);
    }
    measure("one page", &ram, near, 1);
    measure("64 pages of one table", &ram, near, sizeof near / sizeof *near);
    measure("4096 pages at random, 2 GB", &ram, far, ADDRESSES);
    free(ram.base);
    free(ram.stamp);
    return EXIT_SUCCESS;
}
