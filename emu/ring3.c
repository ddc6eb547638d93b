/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ring3.c - the way to ring 3: a GDT and a stub in system space, an iret, and the state after it as the template that
 * every later run starts from (unicorn.md facts 8 and 9).
 *
 * The Accessed bits of the descriptors are set from the start, so that a segment load never asks to write the GDT.
 * There is no TSS, no LDT and no call gate: ring 3 has no way out but the interrupts and traps that cpu_trap.c sees. */
#include <string.h>

#include "emu/cpu_internal.h"

enum {
    STUB_LANDING = 0x80, /* where the iret goes: never executed */
    STUB_FRAME = 0x100,  /* what the iret pops */
    TEB_LIMIT = 0xFFF,
    CODE_R0 = 0x9B, /* present, DPL 0, code, readable, accessed */
    DATA_R0 = 0x93,
    CODE_R3 = 0xFB,
    DATA_R3 = 0xF3,
    FLAGS_FLAT = 0xC, /* 4 KB granularity, 32 bits */
    FLAGS_LONG = 0xA, /* 4 KB granularity, 64 bits */
    FLAGS_BYTES = 0x4,
};

const struct ring3 ring3_x86 = {
    .gdt = 0x8003F000,
    .stub = 0x80040000,
    .kernel_code = 0x08,
    .kernel_data = 0x10,
    .user_code = 0x1B,
    .user_data = 0x23,
    .teb = 0x3B,
    .code_flags = FLAGS_FLAT,
    .code =
        {
            0xB8, 0x10, 0,    0,    0, 0x8E, 0xD0, /* mov eax, 10; mov ss, ax: a 32-bit stack */
            0xB8, 0x23, 0,    0,    0, 0x8E, 0xD8, /* mov eax, 23; mov ds, ax */
            0x8E, 0xC0,                            /* mov es, ax */
            0xB8, 0x3B, 0,    0,    0, 0x8E, 0xE0, /* mov eax, 3B; mov fs, ax */
            0x31, 0xC0, 0x8E, 0xE8,                /* xor eax, eax; mov gs, ax */
            0xCF,                                  /* iretd */
        },
};

/* As NT has them, but for selector 23: 32-bit code in a 64-bit process is not modelled. */
const struct ring3 ring3_x64 = {
    .gdt = 0xFFFFF80000100000,
    .stub = 0xFFFFF80000101000,
    .kernel_code = 0x10,
    .kernel_data = 0x18,
    .user_code = 0x33,
    .user_data = 0x2B,
    .teb = 0x53,
    .code_flags = FLAGS_LONG,
    .code =
        {
            0xB8, 0x18, 0,    0,    0, 0x8E, 0xD0, /* mov eax, 18; mov ss, ax */
            0xB8, 0x2B, 0,    0,    0, 0x8E, 0xD8, /* mov eax, 2B; mov ds, ax */
            0x8E, 0xC0, 0x8E, 0xE8,                /* mov es, ax; mov gs, ax */
            0xB8, 0x53, 0,    0,    0, 0x8E, 0xE0, /* mov eax, 53; mov fs, ax */
            0x48, 0xCF,                            /* iretq */
        },
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

/* The TEB's descriptor, in the GDT that the guest may reload FS from.  On x64 FS is of use to 32-bit code alone. */
static bool point_teb(struct cpu *cpu, va_t teb)
{
    pfn_t frame;
    uint32_t base = cpu_is_64(cpu) ? 0 : (uint32_t)teb;
    if (!mm_system_frame(cpu->config.mm, cpu->ring3->gdt, &frame))
        return false;
    put_descriptor(cpu->config.mm, frame, cpu->ring3->teb, descriptor(base, TEB_LIMIT, DATA_R3, FLAGS_BYTES));
    cpu->teb = teb;
    return true;
}

/* What the iret pops. */
static void put_frame(const struct cpu *cpu, uint8_t *page)
{
    const struct ring3 *ring3 = cpu->ring3;
    const uint64_t words[] = {ring3->stub + STUB_LANDING, ring3->user_code, EFLAGS_FIXED | EFLAGS_IF, 0,
                              ring3->user_data};
    unsigned size = cpu_is_64(cpu) ? 8 : 4;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        memcpy(page + STUB_FRAME + i * size, &words[i], size);
}

static bool make_tables(struct cpu *cpu)
{
    const struct ring3 *ring3 = cpu->ring3;
    struct mm *mm = cpu->config.mm;
    pfn_t gdt, stub;

    if (mm_system_allocate(mm, ring3->gdt, MMU_PAGE_SIZE, MM_READWRITE) != STATUS_SUCCESS ||
        mm_system_allocate(mm, ring3->stub, MMU_PAGE_SIZE, MM_EXECUTE_READWRITE) != STATUS_SUCCESS ||
        !mm_system_frame(mm, ring3->gdt, &gdt) || !mm_system_frame(mm, ring3->stub, &stub))
        return false;
    put_descriptor(mm, gdt, ring3->kernel_code, descriptor(0, 0xFFFFF, CODE_R0, ring3->code_flags));
    put_descriptor(mm, gdt, ring3->kernel_data, descriptor(0, 0xFFFFF, DATA_R0, FLAGS_FLAT));
    put_descriptor(mm, gdt, ring3->user_code, descriptor(0, 0xFFFFF, CODE_R3, ring3->code_flags));
    put_descriptor(mm, gdt, ring3->user_data, descriptor(0, 0xFFFFF, DATA_R3, FLAGS_FLAT));
    memcpy(mm_frame_write(mm, stub), ring3->code, sizeof ring3->code);
    put_frame(cpu, mm_frame_write(mm, stub));
    return true;
}

/* Ring 0, as the stub finds it. */
static void make_boot_state(struct cpu *cpu)
{
    const struct ring3 *ring3 = cpu->ring3;
    const uc_x86_mmr gdt = {.base = ring3->gdt, .limit = (ring3->teb | 7u)}, none = {0};
    const uint64_t cr0 = cpu_is_64(cpu) ? 0x80010033 : 0x10033; /* PE, MP, ET, NE, WP; PG as long mode needs it */
    const uint64_t rsp = ring3->stub + STUB_FRAME;
    const uint16_t control = 0x27F, tags = 0xFFFF;
    const uint32_t mxcsr = 0x1F80;

    uc_reg_write(cpu->uc, UC_X86_REG_GDTR, &gdt);
    uc_reg_write(cpu->uc, UC_X86_REG_LDTR, &none);
    uc_reg_write(cpu->uc, UC_X86_REG_TR, &none);
    uc_reg_write(cpu->uc, UC_X86_REG_IDTR, &none);
    uc_reg_write(cpu->uc, UC_X86_REG_CR0, &cr0);
    uc_reg_write(cpu->uc, UC_X86_REG_FPCW, &control);
    uc_reg_write(cpu->uc, UC_X86_REG_FPTAG, &tags);
    uc_reg_write(cpu->uc, UC_X86_REG_MXCSR, &mxcsr);
    uc_reg_write(cpu->uc, cpu_is_64(cpu) ? UC_X86_REG_RSP : UC_X86_REG_ESP, &rsp);
    uc_context_save(cpu->uc, cpu->boot);
}

/* Run the stub.  => Unicorn is at ring 3. */
static bool run_stub(struct cpu *cpu)
{
    const uint64_t landing = cpu->ring3->stub + STUB_LANDING;
    uc_ctl_set_exits(cpu->uc, &landing, 1);
    uc_err error = uc_emu_start(cpu->uc, cpu->ring3->stub, 0, 0, 0);
    uc_ctl_set_exits(cpu->uc, &landing, 0);
    return error == UC_ERR_OK && cpu_ip(cpu) == landing && cpu_selector(cpu, UC_X86_REG_CS) == cpu->ring3->user_code &&
           cpu_selector(cpu, UC_X86_REG_SS) == cpu->ring3->user_data;
}

/* FS, or the base of GS, leads to the TEB from now on, and in the clean state. */
static bool load_teb(struct cpu *cpu, va_t teb)
{
    const uint16_t selector = cpu->ring3->teb;
    uc_err error = cpu_is_64(cpu) ? uc_reg_write(cpu->uc, UC_X86_REG_GS_BASE, &teb)
                                  : uc_reg_write(cpu->uc, UC_X86_REG_FS, &selector);
    uc_context_save(cpu->uc, cpu->user);
    return error == UC_ERR_OK;
}

static bool first_entry(struct cpu *cpu, va_t teb)
{
    if (!make_tables(cpu) || !point_teb(cpu, teb))
        return false;
    make_boot_state(cpu);
    if (!run_stub(cpu) || !load_teb(cpu, teb))
        return false;
    cpu->entered = true;
    return true;
}

/* Another TEB: the clean state, with FS or GS loaded anew. */
static bool later_entry(struct cpu *cpu, va_t teb)
{
    struct mmu_result gdt;
    if (!point_teb(cpu, teb) || !cpu_make_valid(cpu, cpu->ring3->gdt, MMU_READ, MMU_KERNEL, &gdt))
        return false;
    uc_context_restore(cpu->uc, cpu->user);
    return load_teb(cpu, teb);
}

/* Ring 0 for a moment. */
static bool enter(struct cpu *cpu, va_t teb, bool (*how)(struct cpu *cpu, va_t teb))
{
    if (!cpu->attached)
        return false;
    cpu_settle(cpu);
    cpu->phase = CPU_ENTERING;
    cpu->mode = MMU_KERNEL;
    cpu->next = CPU_GO_ON;
    bool ok = how(cpu, teb);
    cpu->phase = CPU_IDLE;
    cpu->mode = MMU_USER;
    return ok;
}

bool cpu_enter_user(struct cpu *cpu, va_t teb)
{
    struct cpu_registers registers;
    struct cpu_float_state floats;

    if (!cpu->entered) {
        bool ok = enter(cpu, teb, first_entry);
        cpu->flush_wanted = true;
        return ok;
    }
    cpu_read_registers(cpu, &registers);
    cpu_get_float_state(cpu, &floats);
    return cpu_switch(cpu, teb, &registers, &floats);
}

bool cpu_switch(struct cpu *cpu, va_t teb, const struct cpu_registers *registers, const struct cpu_float_state *floats)
{
    bool ok = cpu->entered && enter(cpu, teb, later_entry);
    cpu_write_registers(cpu, registers);
    cpu_set_float_state(cpu, floats);
    cpu->poisoned = false;
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
