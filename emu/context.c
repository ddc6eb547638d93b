/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context.c - the thread's registers as a CONTEXT record, and back.
 *
 * The CPU keeps x87 state in FXSAVE form; a CONTEXT holds it twice, as FNSAVE (FloatSave) and as FXSAVE
 * (ExtendedRegisters).  The two differ in the tag word: FXSAVE has one bit for each register, FNSAVE two, which follow
 * from the register's contents.  Segment selectors are fixed in this flat model; DrN are kept but not armed. */
#include <string.h>

#include "emu/machine_internal.h"

enum fxsave_offset {
    FX_FCW = 0,
    FX_FSW = 2,
    FX_FTW = 4,
    FX_FOP = 6,
    FX_FIP = 8,
    FX_FCS = 12,
    FX_FDP = 16,
    FX_FDS = 20,
    FX_MXCSR = 24,
    FX_ST = 32, /* eight of 16 bytes, 10 used, ST(0) first */
};

enum { MXCSR_VALID = 0xFFBF };

enum x87_tag { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static uint16_t get16(const uint8_t *bytes, unsigned offset)
{
    uint16_t value;
    memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static uint32_t get32(const uint8_t *bytes, unsigned offset)
{
    uint32_t value;
    memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static enum x87_tag classify(const uint8_t st[10])
{
    uint64_t mantissa;
    memcpy(&mantissa, st, sizeof mantissa);
    unsigned exponent = get16(st, 8) & 0x7FFF;
    if (exponent == 0)
        return mantissa == 0 ? TAG_ZERO : TAG_SPECIAL;
    if (exponent == 0x7FFF || !(mantissa >> 63))
        return TAG_SPECIAL;
    return TAG_VALID;
}

/* FXSAVE's tags and registers to FNSAVE's tag word; physical register i is ST((i - top) mod 8). */
static uint16_t full_tags(const uint8_t *fx)
{
    unsigned top = get16(fx, FX_FSW) >> 11 & 7;
    uint16_t tags = 0;
    for (unsigned i = 0; i < 8; i++) {
        enum x87_tag tag = TAG_EMPTY;
        if (fx[FX_FTW] >> i & 1)
            tag = classify(fx + FX_ST + 16 * ((i - top) & 7));
        tags |= (uint16_t)(tag << (2 * i));
    }
    return tags;
}

static uint8_t short_tags(uint16_t tags)
{
    uint8_t result = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((tags >> (2 * i) & 3) != TAG_EMPTY)
            result |= (uint8_t)(1u << i);
    return result;
}

static void float_to_context(const uint8_t *fx, struct x86_floating_save_area *save)
{
    save->ControlWord = 0xFFFF0000u | get16(fx, FX_FCW);
    save->StatusWord = 0xFFFF0000u | get16(fx, FX_FSW);
    save->TagWord = 0xFFFF0000u | full_tags(fx);
    save->ErrorOffset = get32(fx, FX_FIP);
    save->ErrorSelector = get16(fx, FX_FCS) | (uint32_t)get16(fx, FX_FOP) << 16;
    save->DataOffset = get32(fx, FX_FDP);
    save->DataSelector = 0xFFFF0000u | get16(fx, FX_FDS);
    for (unsigned i = 0; i < 8; i++)
        memcpy(save->RegisterArea + 10 * i, fx + FX_ST + 16 * i, 10);
}

/* FNSAVE form over an FXSAVE image, whose SSE part stays. */
static void float_from_context(const struct x86_floating_save_area *save, uint8_t *fx)
{
    put16(fx, FX_FCW, (uint16_t)save->ControlWord);
    put16(fx, FX_FSW, (uint16_t)save->StatusWord);
    put16(fx, FX_FTW, short_tags((uint16_t)save->TagWord));
    put16(fx, FX_FOP, (uint16_t)(save->ErrorSelector >> 16) & 0x7FF);
    put32(fx, FX_FIP, save->ErrorOffset);
    put16(fx, FX_FCS, (uint16_t)save->ErrorSelector);
    put32(fx, FX_FDP, save->DataOffset);
    put16(fx, FX_FDS, (uint16_t)save->DataSelector);
    for (unsigned i = 0; i < 8; i++)
        memcpy(fx + FX_ST + 16 * i, save->RegisterArea + 10 * i, 10);
}

void context_capture(struct machine *machine, struct x86_context *ret_context)
{
    struct cpu_registers registers;
    struct cpu_float_state floats;
    struct x86_context *context = ret_context;
    cpu_get_registers(machine->cpu, &registers);
    cpu_get_float_state(machine->cpu, &floats);
    *context = (struct x86_context){
        .ContextFlags = CONTEXT_ALL,
        .SegFs = SELECTOR_TEB,
        .SegEs = SELECTOR_DATA,
        .SegDs = SELECTOR_DATA,
        .SegCs = SELECTOR_CODE,
        .SegSs = SELECTOR_DATA,
        .Edi = (uint32_t)registers.general[CPU_RDI],
        .Esi = (uint32_t)registers.general[CPU_RSI],
        .Ebx = (uint32_t)registers.general[CPU_RBX],
        .Edx = (uint32_t)registers.general[CPU_RDX],
        .Ecx = (uint32_t)registers.general[CPU_RCX],
        .Eax = (uint32_t)registers.general[CPU_RAX],
        .Ebp = (uint32_t)registers.general[CPU_RBP],
        .Esp = (uint32_t)registers.general[CPU_RSP],
        .Eip = (uint32_t)registers.ip,
        .EFlags = (uint32_t)registers.flags,
    };
    memcpy(context->Dr, machine->thread.debug_registers, sizeof context->Dr);
    float_to_context(floats.fxsave, &context->FloatSave);
    memcpy(context->ExtendedRegisters, floats.fxsave, sizeof context->ExtendedRegisters);
}

static bool has(const struct x86_context *context, enum x86_context_flags part)
{
    return (context->ContextFlags & (uint32_t)part) == (uint32_t)part;
}

static void apply_floats(struct machine *machine, const struct x86_context *context)
{
    struct cpu_float_state floats;
    cpu_get_float_state(machine->cpu, &floats);
    if (has(context, CONTEXT_EXTENDED_REGISTERS))
        memcpy(floats.fxsave, context->ExtendedRegisters, sizeof floats.fxsave);
    else if (has(context, CONTEXT_FLOATING_POINT))
        float_from_context(&context->FloatSave, floats.fxsave);
    else
        return;
    put32(floats.fxsave, FX_MXCSR, get32(floats.fxsave, FX_MXCSR) & MXCSR_VALID);
    cpu_set_float_state(machine->cpu, &floats);
}

void context_apply(struct machine *machine, const struct x86_context *context)
{
    struct cpu_registers registers;
    cpu_get_registers(machine->cpu, &registers);
    if (has(context, CONTEXT_CONTROL)) {
        registers.general[CPU_RBP] = context->Ebp;
        registers.general[CPU_RSP] = context->Esp;
        registers.ip = context->Eip;
        registers.flags = (context->EFlags & EFLAGS_USER) | EFLAGS_IF | 2;
    }
    if (has(context, CONTEXT_INTEGER)) {
        registers.general[CPU_RDI] = context->Edi;
        registers.general[CPU_RSI] = context->Esi;
        registers.general[CPU_RBX] = context->Ebx;
        registers.general[CPU_RDX] = context->Edx;
        registers.general[CPU_RCX] = context->Ecx;
        registers.general[CPU_RAX] = context->Eax;
    }
    if (has(context, CONTEXT_DEBUG_REGISTERS))
        memcpy(machine->thread.debug_registers, context->Dr, sizeof context->Dr);
    apply_floats(machine, context);
    cpu_set_registers(machine->cpu, &registers);
}
