/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context_x86.c - the 32-bit CONTEXT.
 *
 * The CPU keeps x87 state in FXSAVE form; a 32-bit CONTEXT holds it twice, as FNSAVE (FloatSave) and as FXSAVE
 * (ExtendedRegisters).  The two differ in the tag word: FXSAVE has one bit for each register, FNSAVE two, which follow
 * from the register's contents. */
#include <string.h>

#include "emu/context.h"
#include "emu/guest_layout.h"
#include "emu/x86_layout.h"

enum x87_tag { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

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

static void encode(const struct thread_context *context, uint8_t *record)
{
    const uint64_t *r = context->registers.general;
    struct x86_context out = {
        .ContextFlags = X86_CONTEXT_ALL,
        .SegFs = X86_SELECTOR_TEB,
        .SegEs = X86_SELECTOR_DATA,
        .SegDs = X86_SELECTOR_DATA,
        .SegCs = X86_SELECTOR_CODE,
        .SegSs = X86_SELECTOR_DATA,
        .Edi = (uint32_t)r[CPU_RDI],
        .Esi = (uint32_t)r[CPU_RSI],
        .Ebx = (uint32_t)r[CPU_RBX],
        .Edx = (uint32_t)r[CPU_RDX],
        .Ecx = (uint32_t)r[CPU_RCX],
        .Eax = (uint32_t)r[CPU_RAX],
        .Ebp = (uint32_t)r[CPU_RBP],
        .Esp = (uint32_t)r[CPU_RSP],
        .Eip = (uint32_t)context->registers.ip,
        .EFlags = (uint32_t)context->registers.flags,
    };
    for (unsigned i = 0; i < 6; i++)
        out.Dr[i] = (uint32_t)context->debug[i];
    float_to_context(context->floats.fxsave, &out.FloatSave);
    memcpy(out.ExtendedRegisters, context->floats.fxsave, sizeof out.ExtendedRegisters);
    memcpy(record, &out, sizeof out);
}

static void decode_floats(const struct x86_context *in, struct thread_context *context)
{
    uint8_t *fxsave = context->floats.fxsave;
    if ((in->ContextFlags & X86_CONTEXT_EXTENDED_REGISTERS) == X86_CONTEXT_EXTENDED_REGISTERS)
        memcpy(fxsave, in->ExtendedRegisters, sizeof context->floats.fxsave);
    else if ((in->ContextFlags & X86_CONTEXT_FLOATING_POINT) == X86_CONTEXT_FLOATING_POINT)
        float_from_context(&in->FloatSave, fxsave);
    put32(fxsave, FX_MXCSR, get32(fxsave, FX_MXCSR) & MXCSR_VALID);
}

static void decode(const uint8_t *record, struct thread_context *context)
{
    uint64_t *r = context->registers.general;
    struct x86_context in;
    memcpy(&in, record, sizeof in);
    if (context_has(&context_format_x86, record, X86_CONTEXT_CONTROL)) {
        r[CPU_RBP] = in.Ebp;
        r[CPU_RSP] = in.Esp;
        context->registers.ip = in.Eip;
        context->registers.flags = context_flags(in.EFlags);
    }
    if (context_has(&context_format_x86, record, X86_CONTEXT_INTEGER)) {
        r[CPU_RDI] = in.Edi;
        r[CPU_RSI] = in.Esi;
        r[CPU_RBX] = in.Ebx;
        r[CPU_RDX] = in.Edx;
        r[CPU_RCX] = in.Ecx;
        r[CPU_RAX] = in.Eax;
    }
    if (context_has(&context_format_x86, record, X86_CONTEXT_DEBUG_REGISTERS))
        for (unsigned i = 0; i < 6; i++)
            context->debug[i] = in.Dr[i];
    decode_floats(&in, context);
}

#define AT(field) offsetof(struct x86_context, field)

const struct context_format context_format_x86 = {
    .size = sizeof(struct x86_context),
    .flags_offset = 0,
    .short_size = AT(ExtendedRegisters),
    .extended = X86_CONTEXT_EXTENDED_REGISTERS,
    .all = X86_CONTEXT_ALL,
    .full = X86_CONTEXT_FULL,
    .control = X86_CONTEXT_CONTROL,
    .parts =
        {
            {X86_CONTEXT_CONTROL, AT(Ebp), AT(ExtendedRegisters)},
            {X86_CONTEXT_INTEGER, AT(Edi), AT(Ebp)},
            {X86_CONTEXT_SEGMENTS, AT(SegGs), AT(Edi)},
            {X86_CONTEXT_FLOATING_POINT, AT(FloatSave), AT(SegGs)},
            {X86_CONTEXT_DEBUG_REGISTERS, AT(Dr), AT(FloatSave)},
            {X86_CONTEXT_EXTENDED_REGISTERS, AT(ExtendedRegisters), sizeof(struct x86_context)},
        },
    .encode = encode,
    .decode = decode,
};
