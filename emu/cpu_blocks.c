/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_blocks.c - counting the blocks that run, so that virtual time passes in a program that only computes.
 *
 * Counting halves the speed of a tight loop, so it begins when somebody needs it, and then stays: from the start
 * (cpu_config.count_blocks), or when the program reads the time-stamp counter or a field of the shared user page that
 * the clock moves.
 *
 * Until then that page is filled, for reads, with a physical page of callbacks: they give what the page holds, and are
 * told which field is read.  So a program that asks for the version first and polls the tick count later is noticed
 * although no translation misses, and one that never asks for the time pays nothing. */
#include <string.h>

#include "emu/cpu_internal.h"

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *context)
{
    struct cpu *cpu = context;
    if (cpu->phase != CPU_RUNNING)
        return;
    cpu->blocks++;
    if (cpu->block_budget && --cpu->block_budget == 0 && cpu->config.env->time_passes) {
        cpu->in_callback = true;
        cpu->config.env->time_passes(cpu->config.env->context);
        cpu->in_callback = false;
    }
}

void cpu_begin_counting(struct cpu *cpu)
{
    uc_hook hook;
    cpu->count_wanted = false;
    if (cpu->counting ||
        uc_hook_add(cpu->uc, &hook, UC_HOOK_BLOCK, cpu_hook_pointer((cpu_hook_fn *)on_block), cpu, 1, 0) != UC_ERR_OK)
        return;
    cpu->counting = true;
    uc_ctl_flush_tb(cpu->uc); /* blocks translated before do not call the hook: unicorn.md fact 11 */
    cpu_flush_tlb(cpu);
    if (cpu->config.env->time_passes)
        cpu->config.env->time_passes(cpu->config.env->context); /* for the first budget */
}

void cpu_start_counting(struct cpu *cpu)
{
    cpu->count_wanted = !cpu->counting;
}

bool cpu_counts_blocks(const struct cpu *cpu)
{
    return cpu->counting;
}

uint64_t cpu_take_blocks(struct cpu *cpu)
{
    uint64_t blocks = cpu->blocks;
    cpu->blocks = 0;
    return blocks;
}

void cpu_set_block_budget(struct cpu *cpu, uint64_t blocks)
{
    cpu->block_budget = blocks;
}

/* --- The clock's page ---------------------------------------------------------------------------------------- */

bool cpu_watches_clock(const struct cpu *cpu, va_t page)
{
    return cpu->config.clock.page && page == cpu->config.clock.page && !cpu->counting;
}

static bool moves_with_clock(const struct cpu *cpu, uint64_t offset, unsigned size)
{
    for (const struct cpu_clock_field *field = cpu->config.clock.fields; field->begin != field->end; field++)
        if (offset < field->end && offset + size > field->begin)
            return true;
    return false;
}

static uint64_t on_clock_read(uc_engine *uc, uint64_t offset, unsigned size, void *context)
{
    struct cpu *cpu = context;
    uint64_t value = 0;
    struct mmu_result page = cpu->walk(&cpu->config.ram, cpu->root, cpu->config.clock.page, MMU_READ, MMU_USER);

    if (page.outcome == MMU_OK && offset + size <= MMU_PAGE_SIZE && size <= sizeof value)
        memcpy(&value, mm_frame_read(cpu->config.mm, page.frame) + offset, size);
    if (cpu->phase == CPU_RUNNING && cpu->next == CPU_GO_ON && moves_with_clock(cpu, offset, size)) {
        cpu->count_wanted = true;
        cpu->next = CPU_AGAIN;
        uc_emu_stop(uc);
    }
    return value;
}

static void on_clock_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *context)
{
}

uc_err cpu_install_clock(struct cpu *cpu)
{
    if (cpu->config.count_blocks)
        cpu->count_wanted = true;
    return uc_mmio_map(cpu->uc, CPU_CLOCK, MMU_PAGE_SIZE, on_clock_read, cpu, on_clock_write, cpu);
}
