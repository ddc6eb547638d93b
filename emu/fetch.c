/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fetch.c - exact instruction fetches (unicorn.md fact 3).
 *
 * Unicorn translates a whole block before it runs any of it, so it asks for the page after EIP's before the program has
 * got there, if it ever will.  Such a fill is answered only if the page is valid as it stands.  Otherwise it fails, and
 * the block is run again with the trap flag set, an instruction at a time; then a block is one instruction, and a fetch
 * that asks for another page than EIP's is of the instruction at EIP itself, which straddles: exact.
 *
 * Stepping ends when EIP has left the block: its page, or the straight line.  It is invisible to the guest: while
 * cpu->stepping, TF in EFLAGS is ours and the guest's own is clear; a stepped pushf has the bit taken out of what it
 * pushed, and a popf or iret that sets TF makes it the guest's. */
#include "emu/cpu_internal.h"

bool cpu_fetch(struct cpu *cpu, va_t page, struct mmu_result *ret_result)
{
    va_t ip = cpu_ip(cpu);

    *ret_result = cpu->walk(&cpu->config.ram, cpu->root, page, MMU_EXECUTE, cpu->mode);
    if (ret_result->outcome == MMU_OK)
        return true;
    if (ret_result->outcome == MMU_NON_CANONICAL && page == cpu_page(ip)) {
        cpu_raise_general_protection(cpu, ip);
        return false;
    }
    if (cpu->phase == CPU_RUNNING && page != cpu_page(ip) && !(cpu_flags(cpu) & EFLAGS_TF)) {
        cpu->next = CPU_STEP;
        return false;
    }
    va_t va = page == cpu_page(ip) ? ip : page;
    return cpu_make_valid(cpu, va, MMU_EXECUTE, cpu->mode, ret_result);
}

static void note_instruction(struct cpu *cpu, va_t ip)
{
    const struct instruction *instruction = cpu_instruction_at(cpu, ip);
    cpu->step_ip = ip;
    cpu->step_flags = instruction ? instruction->flags : 0;
}

void cpu_begin_stepping(struct cpu *cpu)
{
    cpu->stepping = true;
    cpu_write_flags(cpu, cpu_flags(cpu) | EFLAGS_TF);
    note_instruction(cpu, cpu_ip(cpu));
}

void cpu_end_stepping(struct cpu *cpu)
{
    if (!cpu->stepping)
        return;
    cpu->stepping = false;
    cpu_write_flags(cpu, cpu_flags(cpu) & ~EFLAGS_TF);
}

/* The flags that the last instruction has pushed show our TF: take it out. */
static void hide_in_pushed_flags(struct cpu *cpu)
{
    struct cpu_registers registers;
    cpu_read_registers(cpu, &registers);
    va_t va = registers.general[CPU_RSP] + 1; /* TF is bit 8 */
    if (!cpu_is_64(cpu))
        va &= UINT32_MAX;
    struct mmu_result result = cpu->walk(&cpu->config.ram, cpu->root, va, MMU_WRITE, MMU_USER);
    if (result.outcome == MMU_OK)
        mm_frame_write(cpu->config.mm, result.frame)[va & MMU_PAGE_MASK] &= (uint8_t) ~(EFLAGS_TF >> 8);
}

void cpu_stepped(struct cpu *cpu)
{
    va_t ip = cpu_ip(cpu);

    if (cpu->step_flags & INSTRUCTION_PUSHES_FLAGS)
        hide_in_pushed_flags(cpu);
    if (cpu->step_flags & INSTRUCTION_LOADS_FLAGS) {
        if (cpu_flags(cpu) & EFLAGS_TF) {
            cpu->stepping = false; /* it is the guest's now, and traps after the next instruction */
            return;
        }
        cpu_write_flags(cpu, cpu_flags(cpu) | EFLAGS_TF);
    }
    bool on_the_line = ip >= cpu->step_ip && ip - cpu->step_ip <= INSTRUCTION_MAX;
    if (!on_the_line || cpu_page(ip) != cpu_page(cpu->step_ip))
        cpu_end_stepping(cpu);
    else
        note_instruction(cpu, ip);
}
