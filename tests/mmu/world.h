/* SPDX-License-Identifier: GPL-2.0-or-later */
/* world.h - a small guest RAM with page tables that map one address, for tests of the walk.
 *
 * The tables are at frames that do not follow each other, self-mapped for the kernel; every entry of the address
 * allows a user to do everything, and has neither Accessed nor Dirty. */
#ifndef SOFTFAULT_TESTS_MMU_WORLD_H
#define SOFTFAULT_TESTS_MMU_WORLD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mmu/pte_format.h"
#include "mmu/walk.h"
#include "tests/mmu/suite.h"

enum {
    WORLD_TABLE = 10,   /* table[level] is frame WORLD_TABLE + 3 * level */
    WORLD_PD = 40,      /* PAE: the four page directories are from here */
    WORLD_PAGE = 50,    /* the page mapped */
    WORLD_FRAMES = 64,  /* RAM without large pages */
    WORLD_EPOCH = 7,    /* now */
    WORLD_OLD_EPOCH = 1 /* of every frame at the start */
};

struct world {
    struct mmu_ram ram;
    pfn_t root;
    pfn_t table[PTE_LEVELS + 1]; /* the table of each level on the way to va */
    va_t va;
    uint8_t *ram_before; /* copies made by world_remember */
    uint32_t *stamp_before;
};

/* The place in a copy of RAM of va's entry at that level. */
static inline uint8_t *world_slot_in(const struct world *world, uint8_t *ram, unsigned level)
{
    return ram + (size_t)world->table[level].index * MMU_PAGE_SIZE + pte_index(world->va, level) * PTE_SIZE;
}

static inline mmpte_t world_entry(const struct world *world, unsigned level)
{
    return pte_load(world_slot_in(world, world->ram.base, level));
}

static inline void world_set_entry(const struct world *world, unsigned level, uint64_t raw)
{
    pte_store(world_slot_in(world, world->ram.base, level), (mmpte_t){raw});
}

static inline void world_set_index(const struct world *world, pfn_t table, unsigned index, mmpte_t pte)
{
    pte_store(world->ram.base + (size_t)table.index * MMU_PAGE_SIZE + index * PTE_SIZE, pte);
}

/* The page directories map themselves where NT has them. */
static inline void world_map_self(const struct world *world)
{
#if PTE_FORMAT == 1
    for (uint32_t i = 0; i < PTE_PDPT_ENTRIES; i++) {
        world_set_index(world, world->root, i, (mmpte_t){(uint64_t)(WORLD_PD + i) << MMU_PAGE_SHIFT | 1});
        world_set_index(world, (pfn_t){WORLD_PD + 3}, i,
                        pte_clear_accessed(pte_make_table((pfn_t){WORLD_PD + i}, PTE_SUPERVISOR)));
    }
#else
    unsigned self = pte_index(PTE_BASE, PTE_LEVELS);
    world_set_index(world, world->root, self, pte_clear_accessed(pte_make_table(world->root, PTE_SUPERVISOR)));
#endif
}

/* => frame_count is at least WORLD_FRAMES. */
static inline struct world world_create(uint32_t frame_count)
{
    struct world world = {.va = PTE_VA_BITS == 48 ? UINT64_C(0x0000712345678ABC) : 0x7654321C};
    world.ram.base = calloc(frame_count, MMU_PAGE_SIZE);
    world.ram.stamp = calloc(frame_count, sizeof *world.ram.stamp);
    ck_assert(world.ram.base != NULL && world.ram.stamp != NULL);
    world.ram.frame_count = frame_count;
    world.ram.epoch = WORLD_EPOCH;
    for (uint32_t i = 0; i < frame_count; i++)
        world.ram.stamp[i] = WORLD_OLD_EPOCH;
    memset(world.ram.base + (size_t)WORLD_PAGE * MMU_PAGE_SIZE, 0xA5, MMU_PAGE_SIZE);

    for (unsigned level = 1; level <= PTE_LEVELS; level++)
        world.table[level].index = WORLD_TABLE + 3 * level;
    if (PTE_FORMAT_ID == PAGING_PAE)
        world.table[2].index = WORLD_PD + pte_index(world.va, PTE_LEVELS);
    world.root = world.table[PTE_LEVELS];
    world_map_self(&world);
    for (unsigned level = 1; level <= PTE_RIGHTS_LEVELS; level++) {
        uint32_t frame = level == 1 ? WORLD_PAGE : world.table[level - 1].index;
        world_set_entry(&world, level, (uint64_t)frame << MMU_PAGE_SHIFT | 0x807);
    }
    return world;
}

/* Keep RAM and stamps for world_is_unchanged. */
static inline void world_remember(struct world *world)
{
    size_t ram_size = (size_t)world->ram.frame_count * MMU_PAGE_SIZE;
    size_t stamp_size = world->ram.frame_count * sizeof *world->ram.stamp;
    free(world->ram_before);
    free(world->stamp_before);
    world->ram_before = malloc(ram_size);
    world->stamp_before = malloc(stamp_size);
    ck_assert(world->ram_before != NULL && world->stamp_before != NULL);
    memcpy(world->ram_before, world->ram.base, ram_size);
    memcpy(world->stamp_before, world->ram.stamp, stamp_size);
}

/* Is every byte of RAM, and every stamp, as it was remembered (or as the copies have been changed since)? */
static inline bool world_is_unchanged(const struct world *world)
{
    size_t ram_size = (size_t)world->ram.frame_count * MMU_PAGE_SIZE;
    size_t stamp_size = world->ram.frame_count * sizeof *world->ram.stamp;
    return memcmp(world->ram_before, world->ram.base, ram_size) == 0 &&
           memcmp(world->stamp_before, world->ram.stamp, stamp_size) == 0;
}

static inline void world_destroy(struct world *world)
{
    free(world->ram.base);
    free(world->ram.stamp);
    free(world->ram_before);
    free(world->stamp_before);
}

static inline struct mmu_result world_walk(const struct world *world, va_t va, enum mmu_access access,
                                           enum mmu_mode mode)
{
    return PTE_NAME(mmu_walk)(&world->ram, world->root, va, access, mode);
}

#endif
