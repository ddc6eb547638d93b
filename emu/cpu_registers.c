/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_registers.c - registers between Unicorn and ours.
 *
 * While Unicorn runs (inside a callback) a new set of registers is kept aside, and cpu_run() writes it when Unicorn has
 * come back: changing EIP under a running translation is not for us.  The trap flag that stepping (fetch.c) sets is
 * never shown. */
#include <string.h>

#include "emu/cpu_internal.h"

enum { GENERAL_32 = 8, GENERAL_64 = 16, BATCH = GENERAL_64 + 2 };

static const int names_32[] = {UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,    UC_X86_REG_ESP,
                               UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI, UC_X86_REG_EFLAGS, UC_X86_REG_EIP};
static const int names_64[] = {UC_X86_REG_RAX, UC_X86_REG_RCX,    UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP,
                               UC_X86_REG_RBP, UC_X86_REG_RSI,    UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,
                               UC_X86_REG_R10, UC_X86_REG_R11,    UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14,
                               UC_X86_REG_R15, UC_X86_REG_RFLAGS, UC_X86_REG_RIP};

/* The registers in the order of the names above.  => returns how many. */
static int places(const struct cpu *cpu, struct cpu_registers *registers, void *ret_places[BATCH])
{
    int count = cpu_is_64(cpu) ? GENERAL_64 : GENERAL_32;
    for (int i = 0; i < count; i++)
        ret_places[i] = &registers->general[i];
    ret_places[count] = &registers->flags;
    ret_places[count + 1] = &registers->ip;
    return count + 2;
}

void cpu_read_registers(struct cpu *cpu, struct cpu_registers *ret_registers)
{
    void *place[BATCH];
    *ret_registers = (struct cpu_registers){0};
    int count = places(cpu, ret_registers, place);
    uc_reg_read_batch(cpu->uc, cpu_is_64(cpu) ? names_64 : names_32, place, count);
}

void cpu_write_registers(struct cpu *cpu, const struct cpu_registers *registers)
{
    struct cpu_registers copy = *registers;
    void *place[BATCH];
    copy.flags = (copy.flags & EFLAGS_USER) | EFLAGS_FIXED | EFLAGS_IF;
    int count = places(cpu, &copy, place);
    uc_reg_write_batch(cpu->uc, cpu_is_64(cpu) ? names_64 : names_32, place, count);
}

void cpu_get_registers(struct cpu *cpu, struct cpu_registers *ret_registers)
{
    if (cpu->pending) {
        *ret_registers = cpu->pending_registers;
        return;
    }
    cpu_read_registers(cpu, ret_registers);
    ret_registers->ip += cpu->ip_behind;
    if (cpu->stepping)
        ret_registers->flags &= ~EFLAGS_TF;
}

void cpu_set_registers(struct cpu *cpu, const struct cpu_registers *registers)
{
    if (cpu->in_callback) {
        cpu->pending = true;
        cpu->pending_registers = *registers;
    } else {
        cpu_write_registers(cpu, registers);
    }
}

void cpu_set_result(struct cpu *cpu, ntstatus_t status)
{
    uint64_t value = status;
    if (cpu->pending)
        cpu->pending_registers.general[CPU_RAX] = value;
    else
        uc_reg_write(cpu->uc, cpu_is_64(cpu) ? UC_X86_REG_RAX : UC_X86_REG_EAX, &value);
}

va_t cpu_ip(struct cpu *cpu)
{
    va_t ip = 0;
    uc_reg_read(cpu->uc, cpu_is_64(cpu) ? UC_X86_REG_RIP : UC_X86_REG_EIP, &ip);
    return ip;
}

uint64_t cpu_flags(struct cpu *cpu)
{
    uint64_t flags = 0;
    uc_reg_read(cpu->uc, cpu_is_64(cpu) ? UC_X86_REG_RFLAGS : UC_X86_REG_EFLAGS, &flags);
    return flags;
}

void cpu_write_flags(struct cpu *cpu, uint64_t flags)
{
    uc_reg_write(cpu->uc, cpu_is_64(cpu) ? UC_X86_REG_RFLAGS : UC_X86_REG_EFLAGS, &flags);
}

uint16_t cpu_selector(struct cpu *cpu, int unicorn_register)
{
    uint16_t selector = 0;
    uc_reg_read(cpu->uc, unicorn_register, &selector);
    return selector;
}

/* --- x87 and SSE: the FXSAVE layout ------------------------------------------------------------------------ */

enum {
    FX_CONTROL = 0,
    FX_STATUS = 2,
    FX_TAGS = 4, /* abridged: a bit for each physical register that is not empty */
    FX_OPCODE = 6,
    FX_IP = 8,
    FX_CS = 12,
    FX_DATA = 16,
    FX_DS = 20,
    FX_MXCSR = 24,
    FX_MXCSR_MASK = 28,
    FX_ST = 32,
    FX_XMM = 160,
    FX_SLOT = 16,
    X87_REGISTERS = 8,
    FX_BATCH = 8 + X87_REGISTERS + 16,
    TAG_EMPTY = 3,
};
#define MXCSR_ALLOWED 0x0000FFBFu

/* Everything but the tags, with the places inside the image.  Status comes before the stack registers, whose numbers
 * depend on the top of stack that it holds. */
static int float_places(const struct cpu *cpu, uint8_t *image, int *names, void **place)
{
    static const struct {
        int name, offset;
    } control[] = {{UC_X86_REG_FPCW, FX_CONTROL}, {UC_X86_REG_FPSW, FX_STATUS}, {UC_X86_REG_FOP, FX_OPCODE},
                   {UC_X86_REG_FIP, FX_IP},       {UC_X86_REG_FDP, FX_DATA},    {UC_X86_REG_MXCSR, FX_MXCSR}};
    int count = 0;
    for (size_t i = 0; i < sizeof control / sizeof *control; i++, count++) {
        names[count] = control[i].name;
        place[count] = image + control[i].offset;
    }
    for (int i = 0; i < X87_REGISTERS; i++, count++) {
        names[count] = UC_X86_REG_ST0 + i;
        place[count] = image + FX_ST + i * FX_SLOT;
    }
    for (int i = 0; i < (cpu_is_64(cpu) ? 16 : 8); i++, count++) {
        names[count] = UC_X86_REG_XMM0 + i;
        place[count] = image + FX_XMM + i * FX_SLOT;
    }
    return count;
}

void cpu_get_float_state(struct cpu *cpu, struct cpu_float_state *ret_state)
{
    /* FIP and FDP may be read as 8 bytes: into a copy whose neighbours are filled in afterwards. */
    struct cpu_float_state image = {0};
    int names[FX_BATCH];
    void *place[FX_BATCH];
    uint16_t tags = 0;
    const uint32_t mask = MXCSR_ALLOWED;
    const uint16_t code = cpu->ring3->user_code, data = cpu->ring3->user_data;

    int count = float_places(cpu, image.fxsave, names, place);
    uc_reg_read_batch(cpu->uc, names, place, count);
    uc_reg_read(cpu->uc, UC_X86_REG_FPTAG, &tags);
    image.fxsave[FX_TAGS] = 0;
    for (int i = 0; i < X87_REGISTERS; i++)
        if ((tags >> 2 * i & 3) != TAG_EMPTY)
            image.fxsave[FX_TAGS] |= (uint8_t)(1 << i);
    image.fxsave[FX_TAGS + 1] = 0;
    if (!cpu_is_64(cpu)) {
        memset(image.fxsave + FX_CS, 0, 4);
        memset(image.fxsave + FX_DS, 0, 4);
        memcpy(image.fxsave + FX_CS, &code, sizeof code);
        memcpy(image.fxsave + FX_DS, &data, sizeof data);
    }
    uint32_t mxcsr = 0;
    uc_reg_read(cpu->uc, UC_X86_REG_MXCSR, &mxcsr);
    memcpy(image.fxsave + FX_MXCSR, &mxcsr, sizeof mxcsr);
    memcpy(image.fxsave + FX_MXCSR_MASK, &mask, sizeof mask);
    *ret_state = image;
}

void cpu_set_float_state(struct cpu *cpu, const struct cpu_float_state *state)
{
    struct cpu_float_state image = *state;
    int names[FX_BATCH];
    void *place[FX_BATCH];
    uint16_t tags = 0;
    uint32_t mxcsr;

    memcpy(&mxcsr, image.fxsave + FX_MXCSR, sizeof mxcsr);
    mxcsr &= MXCSR_ALLOWED;
    memcpy(image.fxsave + FX_MXCSR, &mxcsr, sizeof mxcsr);
    for (int i = 0; i < X87_REGISTERS; i++)
        if (!(image.fxsave[FX_TAGS] & 1 << i))
            tags |= (uint16_t)(TAG_EMPTY << 2 * i);
    int count = float_places(cpu, image.fxsave, names, place);
    if (!cpu_is_64(cpu)) { /* offsets are 32 bits wide: the selectors beside them are not part of them */
        memset(image.fxsave + FX_CS, 0, 4);
        memset(image.fxsave + FX_DS, 0, 4);
    }
    uc_reg_write_batch(cpu->uc, names, place, count);
    uc_reg_write(cpu->uc, UC_X86_REG_FPTAG, &tags);
}
