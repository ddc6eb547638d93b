/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context_x64.c - the 64-bit CONTEXT.
 *
 * FltSave is an FXSAVE image as NT's kernel stores it, with 32-bit offsets and selectors of the last x87 instruction;
 * the CPU keeps 64-bit offsets in their place.  MxCsr stands twice; the field outside FltSave counts. */
#include <string.h>

#include "emu/context.h"
#include "emu/guest_layout.h"
#include "emu/x64_layout.h"

static void encode(const struct thread_context *context, uint8_t *record)
{
    const uint8_t *fxsave = context->floats.fxsave;
    struct x64_context out = {
        .ContextFlags = X64_CONTEXT_ALL,
        .MxCsr = get32(fxsave, FX_MXCSR),
        .SegCs = X64_SELECTOR_CODE,
        .SegDs = X64_SELECTOR_DATA,
        .SegEs = X64_SELECTOR_DATA,
        .SegFs = X64_SELECTOR_FS,
        .SegGs = X64_SELECTOR_DATA,
        .SegSs = X64_SELECTOR_DATA,
        .EFlags = (uint32_t)context->registers.flags,
        .Rip = context->registers.ip,
    };
    memcpy(out.Dr, context->debug, sizeof out.Dr);
    memcpy(out.General, context->registers.general, sizeof out.General);
    memcpy(out.FltSave, fxsave, sizeof out.FltSave);
    put32(out.FltSave, FX_FCS, X64_SELECTOR_CODE);
    put32(out.FltSave, FX_FDS, X64_SELECTOR_DATA);
    memcpy(record, &out, sizeof out);
}

/* A 32-bit offset over a 64-bit one: where the low halves agree nobody has changed it. */
static void put_offset(uint8_t *fxsave, unsigned at, uint32_t offset)
{
    uint64_t whole = get64(fxsave, at);
    put64(fxsave, at, (uint32_t)whole == offset ? whole : offset);
}

static void decode_floats(const struct x64_context *in, struct thread_context *context)
{
    uint8_t *fxsave = context->floats.fxsave;
    uint64_t ip = get64(fxsave, FX_FIP), data = get64(fxsave, FX_FDP);
    memcpy(fxsave, in->FltSave, sizeof context->floats.fxsave);
    put64(fxsave, FX_FIP, ip);
    put64(fxsave, FX_FDP, data);
    put_offset(fxsave, FX_FIP, get32(in->FltSave, FX_FIP));
    put_offset(fxsave, FX_FDP, get32(in->FltSave, FX_FDP));
    put32(fxsave, FX_MXCSR, in->MxCsr & MXCSR_VALID);
}

static void decode(const uint8_t *record, struct thread_context *context)
{
    struct x64_context in;
    uint64_t rsp = context->registers.general[CPU_RSP];
    memcpy(&in, record, sizeof in);
    if (context_has(&context_format_x64, record, X64_CONTEXT_INTEGER)) {
        memcpy(context->registers.general, in.General, sizeof in.General);
        context->registers.general[CPU_RSP] = rsp;
    }
    if (context_has(&context_format_x64, record, X64_CONTEXT_CONTROL)) {
        context->registers.general[CPU_RSP] = in.General[CPU_RSP];
        context->registers.ip = in.Rip;
        context->registers.flags = context_flags(in.EFlags);
    }
    if (context_has(&context_format_x64, record, X64_CONTEXT_DEBUG_REGISTERS))
        memcpy(context->debug, in.Dr, sizeof in.Dr);
    if (context_has(&context_format_x64, record, X64_CONTEXT_FLOATING_POINT))
        decode_floats(&in, context);
}

#define AT(field) offsetof(struct x64_context, field)

const struct context_format context_format_x64 = {
    .size = sizeof(struct x64_context),
    .flags_offset = AT(ContextFlags),
    .short_size = sizeof(struct x64_context),
    .all = X64_CONTEXT_ALL,
    .full = X64_CONTEXT_FULL,
    .control = X64_CONTEXT_CONTROL,
    .parts =
        {
            {X64_CONTEXT_CONTROL, AT(SegCs), AT(SegDs)},
            {X64_CONTEXT_CONTROL, AT(SegSs), AT(Dr)},
            {X64_CONTEXT_CONTROL, AT(General[CPU_RSP]), AT(General[CPU_RBP])},
            {X64_CONTEXT_CONTROL, AT(Rip), AT(FltSave)},
            {X64_CONTEXT_INTEGER, AT(General), AT(General[CPU_RSP])},
            {X64_CONTEXT_INTEGER, AT(General[CPU_RBP]), AT(Rip)},
            {X64_CONTEXT_SEGMENTS, AT(SegDs), AT(SegSs)},
            {X64_CONTEXT_FLOATING_POINT, AT(MxCsr), AT(SegCs)},
            {X64_CONTEXT_FLOATING_POINT, AT(FltSave), AT(VectorRegister)},
            {X64_CONTEXT_DEBUG_REGISTERS, AT(Dr), AT(General)},
        },
    .encode = encode,
    .decode = decode,
};
