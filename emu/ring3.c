/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ring3.c - the way to ring 3: a GDT and a stub in system space, an iret, and the state after it as the template that
 * every later run starts from (unicorn.md facts 8 and 9).
 *
 * The Accessed bits of the descriptors are set from the start, so that a segment load never asks to write the GDT.
 * There is no TSS, no LDT and no call gate: ring 3 has no way out but the interrupts and traps that cpu_trap.c sees. */
#include <string.h>

#include "emu/cpu_internal.h"

enum {
    GDT_ENTRIES = 8,
    STUB_LANDING = 0x80, /* where the iret goes: never executed */
    STUB_FRAME = 0x100,  /* what the iret pops */
    TEB_LIMIT = 0xFFF,
    CODE_R0 = 0x9B, /* present, DPL 0, code, readable, accessed */
    DATA_R0 = 0x93,
    CODE_R3 = 0xFB,
    DATA_R3 = 0xF3,
    FLAGS_FLAT = 0xC, /* 4 KB granularity, 32 bits */
    FLAGS_BYTES = 0x4,
};

static uint64_t descriptor(uint32_t base, uint32_t limit, unsigned access, unsigned flags)
{
    return (limit & 0xFFFF) | (uint64_t)(base & 0xFFFFFF) << 16 | (uint64_t)access << 40 |
           (uint64_t)(limit >> 16 & 0xF) << 48 | (uint64_t)flags << 52 | (uint64_t)(base >> 24) << 56;
}

static void put_descriptor(struct mm *mm, pfn_t frame, unsigned selector, uint64_t value)
{
    memcpy(mm_frame_write(mm, frame) + (selector & ~7u), &value, sizeof value);
}

/* FS's descriptor, in the GDT that the guest may reload it from. */
static bool point_teb(struct cpu *cpu, va_t teb)
{
    pfn_t frame;
    if (!mm_system_frame(cpu->config.mm, CPU_GDT, &frame))
        return false;
    put_descriptor(cpu->config.mm, frame, SELECTOR_TEB, descriptor((uint32_t)teb, TEB_LIMIT, DATA_R3, FLAGS_BYTES));
    cpu->teb = teb;
    return true;
}

static bool make_tables(struct cpu *cpu)
{
    static const uint8_t code[] = {
        0xB8, SELECTOR_KERNEL_DATA,
        0,    0,
        0,    0x8E,
        0xD0, /* mov eax, 10; mov ss, ax: a 32-bit stack */
        0xB8, SELECTOR_USER_DATA,
        0,    0,
        0,    0x8E,
        0xD8,       /* mov eax, 23; mov ds, ax */
        0x8E, 0xC0, /* mov es, ax */
        0xB8, SELECTOR_TEB,
        0,    0,
        0,    0x8E,
        0xE0, /* mov eax, 3B; mov fs, ax */
        0x31, 0xC0,
        0x8E, 0xE8, /* xor eax, eax; mov gs, ax */
        0xCF,       /* iretd */
    };
    const uint32_t frame[] = {CPU_STUB + STUB_LANDING, SELECTOR_USER_CODE, EFLAGS_FIXED | EFLAGS_IF, 0,
                              SELECTOR_USER_DATA};
    struct mm *mm = cpu->config.mm;
    pfn_t gdt, stub;

    if (mm_system_allocate(mm, CPU_GDT, MMU_PAGE_SIZE, MM_READWRITE) != STATUS_SUCCESS ||
        mm_system_allocate(mm, CPU_STUB, MMU_PAGE_SIZE, MM_EXECUTE_READWRITE) != STATUS_SUCCESS ||
        !mm_system_frame(mm, CPU_GDT, &gdt) || !mm_system_frame(mm, CPU_STUB, &stub))
        return false;
    put_descriptor(mm, gdt, SELECTOR_KERNEL_CODE, descriptor(0, 0xFFFFF, CODE_R0, FLAGS_FLAT));
    put_descriptor(mm, gdt, SELECTOR_KERNEL_DATA, descriptor(0, 0xFFFFF, DATA_R0, FLAGS_FLAT));
    put_descriptor(mm, gdt, SELECTOR_USER_CODE, descriptor(0, 0xFFFFF, CODE_R3, FLAGS_FLAT));
    put_descriptor(mm, gdt, SELECTOR_USER_DATA, descriptor(0, 0xFFFFF, DATA_R3, FLAGS_FLAT));
    memcpy(mm_frame_write(mm, stub), code, sizeof code);
    memcpy(mm_frame_write(mm, stub) + STUB_FRAME, frame, sizeof frame);
    return true;
}

/* Ring 0, as the stub finds it. */
static void make_boot_state(struct cpu *cpu)
{
    const uc_x86_mmr gdt = {.base = CPU_GDT, .limit = GDT_ENTRIES * 8 - 1}, none = {0};
    const uint64_t cr0 = 0x10033; /* PE, MP, ET, NE, WP */
    const uint16_t control = 0x27F, tags = 0xFFFF;
    const uint32_t mxcsr = 0x1F80, esp = CPU_STUB + STUB_FRAME;

    uc_reg_write(cpu->uc, UC_X86_REG_GDTR, &gdt);
    uc_reg_write(cpu->uc, UC_X86_REG_LDTR, &none);
    uc_reg_write(cpu->uc, UC_X86_REG_TR, &none);
    uc_reg_write(cpu->uc, UC_X86_REG_IDTR, &none);
    uc_reg_write(cpu->uc, UC_X86_REG_CR0, &cr0);
    uc_reg_write(cpu->uc, UC_X86_REG_FPCW, &control);
    uc_reg_write(cpu->uc, UC_X86_REG_FPTAG, &tags);
    uc_reg_write(cpu->uc, UC_X86_REG_MXCSR, &mxcsr);
    uc_reg_write(cpu->uc, UC_X86_REG_ESP, &esp);
    uc_context_save(cpu->uc, cpu->boot);
}

/* Run the stub.  => Unicorn is at ring 3. */
static bool run_stub(struct cpu *cpu)
{
    const uint64_t landing = CPU_STUB + STUB_LANDING;
    uc_ctl_set_exits(cpu->uc, &landing, 1);
    uc_err error = uc_emu_start(cpu->uc, CPU_STUB, 0, 0, 0);
    uc_ctl_set_exits(cpu->uc, &landing, 0);
    return error == UC_ERR_OK && cpu_ip(cpu) == landing && cpu_selector(cpu, UC_X86_REG_CS) == SELECTOR_USER_CODE &&
           cpu_selector(cpu, UC_X86_REG_SS) == SELECTOR_USER_DATA;
}

static bool first_entry(struct cpu *cpu, va_t teb)
{
    if (!make_tables(cpu) || !point_teb(cpu, teb))
        return false;
    make_boot_state(cpu);
    if (!run_stub(cpu))
        return false;
    uc_context_save(cpu->uc, cpu->user);
    cpu->entered = true;
    return true;
}

/* Another TEB: the clean state with FS loaded anew. */
static bool later_entry(struct cpu *cpu, va_t teb)
{
    const uint16_t selector = SELECTOR_TEB;
    struct mmu_result gdt;
    if (!point_teb(cpu, teb) || !cpu_make_valid(cpu, CPU_GDT, MMU_READ, MMU_KERNEL, &gdt))
        return false;
    uc_context_restore(cpu->uc, cpu->user);
    if (uc_reg_write(cpu->uc, UC_X86_REG_FS, &selector) != UC_ERR_OK)
        return false;
    uc_context_save(cpu->uc, cpu->user);
    return true;
}

bool cpu_enter_user(struct cpu *cpu, va_t teb)
{
    struct cpu_registers registers;
    struct cpu_float_state floats;

    if (cpu_is_64(cpu) || !cpu->attached) /* 64-bit guests: not modelled yet */
        return false;
    cpu_settle(cpu);
    cpu->phase = CPU_ENTERING;
    cpu->mode = MMU_KERNEL;
    cpu->next = CPU_GO_ON;
    bool ok;
    if (!cpu->entered) {
        ok = first_entry(cpu, teb);
    } else {
        cpu_read_registers(cpu, &registers);
        cpu_get_float_state(cpu, &floats);
        ok = later_entry(cpu, teb);
        cpu_write_registers(cpu, &registers);
        cpu_set_float_state(cpu, &floats);
        cpu->poisoned = false;
    }
    cpu->phase = CPU_IDLE;
    cpu->mode = MMU_USER;
    cpu->flush_wanted = true;
    return ok;
}

void cpu_cleanse(struct cpu *cpu)
{
    struct cpu_registers registers;
    struct cpu_float_state floats;
    cpu_read_registers(cpu, &registers);
    cpu_get_float_state(cpu, &floats);
    uc_context_restore(cpu->uc, cpu->user);
    cpu_write_registers(cpu, &registers);
    cpu_set_float_state(cpu, &floats);
    cpu->poisoned = false;
}
