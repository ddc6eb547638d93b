/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.c - the exact address of a fault that is raised to the guest (unicorn.md fact 1).
 *
 * The TLB-fill hook learns the page only.  So the instruction runs once more, with that page leading to physical
 * addresses that no RAM has: there Unicorn calls hooks that are told the address.  The instruction cannot complete, as
 * it could not the first time; the trap flag makes it a block of its own, so that nothing is fetched ahead and nothing
 * runs after it even if it should complete. */
#include "emu/cpu_internal.h"

static bool on_unmapped(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *context)
{
    struct cpu *cpu = context;
    if (!cpu->probe_hit) {
        cpu->probe_hit = true;
        cpu->probe_address = cpu->probe_page | (address & MMU_PAGE_MASK);
    }
    return false;
}

bool cpu_probe_address(struct cpu *cpu, va_t page, va_t *ret_va)
{
    struct cpu_registers before;
    uc_hook hook;

    if (cpu->poisoned)
        cpu_cleanse(cpu);
    cpu_read_registers(cpu, &before);
    if (uc_hook_add(cpu->uc, &hook, UC_HOOK_MEM_READ_UNMAPPED | UC_HOOK_MEM_WRITE_UNMAPPED,
                    cpu_hook_pointer((cpu_hook_fn *)on_unmapped), cpu, 1, 0) != UC_ERR_OK)
        return false;
    cpu->phase = CPU_PROBING;
    cpu->probe_page = page;
    cpu->probe_hit = false;
    cpu_flush_tlb(cpu);
    cpu_settle(cpu);
    cpu_write_flags(cpu, before.flags | EFLAGS_TF);
    uc_emu_start(cpu->uc, before.ip, 0, 0, 0);
    uc_hook_del(cpu->uc, hook);
    cpu_flush_tlb(cpu);
    cpu->phase = CPU_IDLE;
    cpu_write_registers(cpu, &before);
    if (cpu->probe_hit)
        *ret_va = cpu->probe_address;
    return cpu->probe_hit;
}
