/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/plugin_world.h"

#include <stdlib.h>

static void note(void *context, const struct sf_fault *fault)
{
    struct world *world = context;
    if (world->fault_count < WORLD_FAULTS)
        world->faults[world->fault_count] = *fault;
    world->fault_count++;
}

struct world *world_new(int format)
{
    char error[SF_ERROR_SIZE] = "";
    struct world *world = calloc(1, sizeof *world);
    ck_assert_ptr_nonnull(world);
    world->wide = format == 2;
    world->paging = (enum sf_paging)(SF_PAGING_X86 + format);
    struct sf_claim claim = {.size = sizeof claim,
                             .ram_base = WORLD_RAM,
                             .ram_bytes = WORLD_RAM_SIZE,
                             .va_begin = WORLD_CLAIM,
                             .va_end = WORLD_CLAIM_END,
                             .paging = world->paging};
    ck_assert_int_eq(uc_open(UC_ARCH_X86, world->wide ? UC_MODE_64 : UC_MODE_32, &world->uc), UC_ERR_OK);
    ck_assert_int_eq(uc_mem_map(world->uc, WORLD_OWN, WORLD_OWN_END - WORLD_OWN, UC_PROT_ALL), UC_ERR_OK);
    world->plugin = sf_attach(world->uc, &claim, error);
    ck_assert_msg(world->plugin != NULL, "%s", error);
    sf_on_fault(world->plugin, note, world);
    SET(world, SP, WORLD_OWN + 0x8000);
    return world;
}

void world_free(struct world *world)
{
    const char *broken = sf_check(world->plugin);
    ck_assert_msg(!broken, "%s", broken);
    sf_detach(world->plugin);
    uc_close(world->uc);
    free(world);
}

uint64_t world_get(struct world *world, int reg_32, int reg_64)
{
    uint64_t value = 0;
    uc_reg_read(world->uc, world->wide ? reg_64 : reg_32, &value);
    return value;
}

void world_set(struct world *world, int reg_32, int reg_64, uint64_t value)
{
    uc_reg_write(world->uc, world->wide ? reg_64 : reg_32, &value);
}

void world_alloc(struct world *world, uint64_t va, uint64_t bytes, uint32_t protect)
{
    uint64_t wanted = va;
    ck_assert_uint_eq(sf_alloc(world->plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, protect), 0);
    ck_assert_uint_eq(va, wanted);
}

void world_free_pages(struct world *world, uint64_t va, uint64_t bytes)
{
    ck_assert_uint_eq(sf_free(world->plugin, &va, &bytes, SF_MEM_DECOMMIT), 0);
}

void world_put(struct world *world, uint64_t va, const void *bytes, size_t length)
{
    ck_assert_uint_eq(sf_write(world->plugin, va, bytes, length), 0);
}

bool world_resident(struct world *world, uint64_t va)
{
    uint8_t byte;
    return sf_peek(world->plugin, va, &byte, 1) == 1;
}

enum sf_stop world_run(struct world *world, uint64_t begin, uint64_t until)
{
    world->fault_count = 0;
    return sf_run(world->plugin, begin, until, 0, 0, &world->refused);
}
