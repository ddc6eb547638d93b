/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_world.h - an engine of a caller, with 64 KB of its own memory, and the plugin attached to it. */
#ifndef SOFTFAULT_TESTS_LIB_PLUGIN_WORLD_H
#define SOFTFAULT_TESTS_LIB_PLUGIN_WORLD_H

#include <check.h>
#include <unicorn/unicorn.h>

#include "emu/plugin.h"

#define WORLD_OWN 0x0FFF0000u /* the caller's memory: ends where the claim begins */
#define WORLD_OWN_END 0x10000000u
#define WORLD_CLAIM 0x10000000u
#define WORLD_CLAIM_END 0x18000000u
#define WORLD_RAM 0x40000000u /* physical */
#define WORLD_RAM_SIZE (16u << 20)

enum { WORLD_FORMATS = 3, WORLD_FAULTS = 512 };

struct world {
    uc_engine *uc;
    struct sf_plugin *plugin;
    bool wide; /* 64 bits */
    enum sf_paging paging;
    struct sf_fault faults[WORLD_FAULTS]; /* as observed */
    unsigned fault_count;
    struct sf_fault refused; /* by world_run() */
};

/* format: 0 x86, 1 PAE, 2 x64. */
struct world *world_new(int format);
/* Checks the model, too. */
void world_free(struct world *world);

uint64_t world_get(struct world *world, int reg_32, int reg_64);
void world_set(struct world *world, int reg_32, int reg_64, uint64_t value);
#define GET(world, r) world_get(world, UC_X86_REG_E##r, UC_X86_REG_R##r)
#define SET(world, r, value) world_set(world, UC_X86_REG_E##r, UC_X86_REG_R##r, value)

/* Must succeed. */
void world_alloc(struct world *world, uint64_t va, uint64_t bytes, uint32_t protect);
void world_free_pages(struct world *world, uint64_t va, uint64_t bytes);
/* Code or data, wherever it is. */
void world_put(struct world *world, uint64_t va, const void *bytes, size_t length);
bool world_resident(struct world *world, uint64_t va);

/* sf_run() without limits; forgets what was observed before. */
enum sf_stop world_run(struct world *world, uint64_t begin, uint64_t until);

#endif
