// SPDX-License-Identifier: GPL-2.0-or-later
/* unwind_x64.c - one step up an x64 stack, by the unwind codes of the function or by the rest of its epilogue.
 *
 * Where in a function the program counter is decides what to undo:
 *   prologue   the codes of the instructions that have run; no handler applies
 *   body       all codes, then those of the entries that this one is chained to
 *   epilogue   what its instructions still have to do, read from the code; no handler applies
 * What is read from the stack is checked against the range that the caller gives, so that a corrupt stack ends a walk
 * rather than faulting in it. */
#include "unwind_x64.h"

#define CHAIN_MAX 32

enum unwind_op {
    PUSH_NONVOL,
    ALLOC_LARGE,
    ALLOC_SMALL,
    SET_FPREG,
    SAVE_NONVOL,
    SAVE_NONVOL_FAR,
    SAVE_XMM,     /* version 1: the low half; version 2: describes an epilogue */
    SAVE_XMM_FAR, /* version 1: the low half; version 2: spare */
    SAVE_XMM128,
    SAVE_XMM128_FAR,
    PUSH_MACHFRAME,
};

enum frame_end { END_RETURN_ADDRESS, END_MACHINE_FRAME };

static bool read_stack(const struct unwind_step *step, ULONG_PTR at, DWORD64 *to)
{
    const struct stack_range *stack = &step->stack;
    if (at < stack->low || at > stack->high || stack->high - at < sizeof(*to))
        return false;
    *to = *(const DWORD64 *)at;
    return true;
}

static DWORD64 *integer_register(PCONTEXT context, ULONG number)
{
    return &context->Rax + number; /* in the order of the instruction set */
}

static bool restore_integer(struct unwind_step *step, ULONG number, ULONG_PTR at)
{
    if (step->pointers != NULL)
        step->pointers->IntegerContext[number] = (PDWORD64)at;
    return read_stack(step, at, integer_register(step->context, number));
}

enum xmm_part { XMM_LOW, XMM_WHOLE };

static bool restore_xmm(struct unwind_step *step, ULONG number, ULONG_PTR at, enum xmm_part part)
{
    M128A *xmm = &step->context->FltSave.XmmRegisters[number];
    if (step->pointers != NULL)
        step->pointers->FloatingContext[number] = (PM128A)at;
    return read_stack(step, at, &xmm->Low) &&
           (part == XMM_LOW || read_stack(step, at + sizeof(xmm->Low), (DWORD64 *)&xmm->High));
}

static bool pop_return_address(struct unwind_step *step)
{
    PCONTEXT c = step->context;
    if (!read_stack(step, c->Rsp, &c->Rip))
        return false;
    c->Rsp += sizeof(c->Rip);
    return true;
}

static bool pop_machine_frame(struct unwind_step *step, ULONG has_error_code)
{
    ULONG_PTR at = step->context->Rsp + (has_error_code ? 8 : 0);
    return read_stack(step, at, &step->context->Rip) && read_stack(step, at + 0x18, &step->context->Rsp);
}

/* How many slots a code takes, 0 for what is no code. */
static ULONG slots_of(USHORT code)
{
    switch (code >> 8 & 0xF) {
    case PUSH_NONVOL:
    case ALLOC_SMALL:
    case SET_FPREG:
    case PUSH_MACHFRAME: return 1;
    case ALLOC_LARGE: return code >> 12 == 0 ? 2 : 3;
    case SAVE_NONVOL:
    case SAVE_XMM:
    case SAVE_XMM128: return 2;
    case SAVE_NONVOL_FAR:
    case SAVE_XMM_FAR:
    case SAVE_XMM128_FAR: return 3;
    default: return 0;
    }
}

static bool apply_code(struct unwind_step *step, const struct unwind_info *info, const USHORT *code,
                       enum frame_end *ret_end)
{
    PCONTEXT c = step->context;
    ULONG op = code[0] >> 8 & 0xF, number = code[0] >> 12;
    ULONG near_slot = slots_of(*code) == 2 ? code[1] : 0;
    ULONG far_offset = slots_of(*code) == 3 ? code[1] | (ULONG)code[2] << 16 : 0;
    switch (op) {
    case PUSH_NONVOL:
        if (!restore_integer(step, number, c->Rsp))
            return false;
        c->Rsp += 8;
        return true;
    case ALLOC_LARGE: c->Rsp += number == 0 ? near_slot * 8 : far_offset; return true;
    case ALLOC_SMALL: c->Rsp += number * 8 + 8; return true;
    case SET_FPREG: c->Rsp = *integer_register(c, info->frame_register) - info->frame_offset * 16; return true;
    case SAVE_NONVOL: return restore_integer(step, number, step->frame + near_slot * 8);
    case SAVE_NONVOL_FAR: return restore_integer(step, number, step->frame + far_offset);
    case SAVE_XMM: return info->version != 1 || restore_xmm(step, number, step->frame + near_slot * 8, XMM_LOW);
    case SAVE_XMM_FAR: return info->version != 1 || restore_xmm(step, number, step->frame + far_offset, XMM_LOW);
    case SAVE_XMM128: return restore_xmm(step, number, step->frame + near_slot * 16, XMM_WHOLE);
    case SAVE_XMM128_FAR: return restore_xmm(step, number, step->frame + far_offset, XMM_WHOLE);
    case PUSH_MACHFRAME: *ret_end = END_MACHINE_FRAME; return pop_machine_frame(step, number);
    default: return false;
    }
}

/* Undo the codes of the instructions that end at or before this offset in the function. */
static bool apply_codes(struct unwind_step *step, const struct unwind_info *info, ULONG_PTR offset,
                        enum frame_end *ret_end)
{
    for (ULONG i = 0, slots; i < info->code_count; i += slots) {
        slots = slots_of(info->codes[i]);
        if (slots == 0 || slots > info->code_count - i)
            return false;
        if ((info->codes[i] & 0xFF) <= offset && !apply_code(step, info, &info->codes[i], ret_end))
            return false;
    }
    return true;
}

/* => the frame pointer is what says where the frame is, once it has been set. */
static bool frame_pointer_is_set(const struct unwind_info *info, ULONG_PTR offset)
{
    if (info->frame_register == 0)
        return false;
    if (offset >= info->prolog_size || (info->flags & UNW_FLAG_CHAININFO))
        return true;
    for (ULONG i = 0, slots; i < info->code_count; i += slots) {
        slots = slots_of(info->codes[i]);
        if ((info->codes[i] >> 8 & 0xF) == SET_FPREG)
            return (info->codes[i] & 0xFF) <= offset;
        if (slots == 0)
            return false;
    }
    return false;
}

/* ---- epilogues ---- */

static const struct unwind_info *info_of(ULONG_PTR image, const RUNTIME_FUNCTION *function)
{
    return (const struct unwind_info *)(image + function->UnwindData);
}

/* The entry at the head of a chain. => NULL: the chain is a circle. */
static const RUNTIME_FUNCTION *primary_of(ULONG_PTR image, const RUNTIME_FUNCTION *function)
{
    for (ULONG i = 0; i < CHAIN_MAX; i++) {
        const struct unwind_info *info = info_of(image, function);
        if (!(info->flags & UNW_FLAG_CHAININFO))
            return function;
        function = unwind_info_tail(info);
    }
    return NULL;
}

/* A jump ends the function if it leads to the start of one, or out of this one and all that is chained to it. */
static bool jump_leaves(const struct unwind_step *step, ULONG_PTR target)
{
    const RUNTIME_FUNCTION *own = primary_of(step->image, step->function);
    if (own == NULL)
        return false;
    ULONG_PTR rva = target - step->image;
    if (rva == own->BeginAddress)
        return true;
    if (rva >= step->function->BeginAddress && rva < step->function->EndAddress)
        return false;
    DWORD64 image;
    const RUNTIME_FUNCTION *other = RtlLookupFunctionEntry(target, &image, NULL);
    return other == NULL || image != step->image || primary_of(image, other) != own;
}

struct code {
    const UCHAR *at;
    const UCHAR *end;
};

static ULONG left(const struct code *code)
{
    return (ULONG)(code->end - code->at);
}

static LONG displacement(const UCHAR *at, ULONG size)
{
    LONG value;
    if (size == 1)
        return (signed char)*at;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* add rsp, n or lea rsp, [frame pointer + n], if that is what comes first. */
static void skip_release(const struct unwind_info *info, struct code *code, PCONTEXT c)
{
    const UCHAR *p = code->at;
    if (left(code) >= 4 && p[0] == 0x48 && p[1] == 0x83 && p[2] == 0xC4) {
        c->Rsp += (LONG_PTR)displacement(p + 3, 1);
        code->at += 4;
    } else if (left(code) >= 7 && p[0] == 0x48 && p[1] == 0x81 && p[2] == 0xC4) {
        c->Rsp += (LONG_PTR)displacement(p + 3, 4);
        code->at += 7;
    } else if (left(code) >= 4 && info->frame_register != 0 && (p[0] & 0xFE) == 0x48 && p[1] == 0x8D &&
               (p[2] & 0x38) == 0x20 && ((p[0] & 1) << 3 | (p[2] & 7)) == info->frame_register) {
        ULONG size = p[2] >> 6 == 1 ? 1 : p[2] >> 6 == 2 ? 4 : 0;
        if (size == 0 || left(code) < 3 + size)
            return;
        c->Rsp = *integer_register(c, info->frame_register) + (LONG_PTR)displacement(p + 3, size);
        code->at += 3 + size;
    }
}

/* The instruction that ends an epilogue: ret in three forms, or a jump out of the function. */
static bool is_way_out(const struct unwind_step *step, const struct code *code)
{
    const UCHAR *p = code->at;
    ULONG size = left(code);
    if (size >= 1 && (p[0] == 0xC3 || p[0] == 0xC2))
        return true;
    if (size >= 2 && p[0] == 0xF3 && p[1] == 0xC3)
        return true;
    if (size >= 2 && p[0] == 0xEB)
        return jump_leaves(step, (ULONG_PTR)p + 2 + (LONG_PTR)displacement(p + 1, 1));
    if (size >= 5 && p[0] == 0xE9)
        return jump_leaves(step, (ULONG_PTR)p + 5 + (LONG_PTR)displacement(p + 1, 4));
    if (size >= 2 && p[0] == 0xFF && p[1] == 0x25)
        return true;
    /* rex.w jmp: compilers mark tail calls so; a jump through a table has no prefix */
    return size >= 3 && (p[0] & 0xF8) == 0x48 && p[1] == 0xFF && (p[2] & 0x38) == 0x20 &&
           (p[2] >> 6 == 0 || p[2] >> 6 == 3);
}

enum epilogue { NOT_IN_EPILOGUE, EPILOGUE_FINISHED, EPILOGUE_BROKEN };

/* Follow the epilogue that the program counter is in.
 * => NOT_IN_EPILOGUE: nothing changed. */
static enum epilogue finish_epilogue(struct unwind_step *step, const struct unwind_info *info)
{
    struct code code = {(const UCHAR *)step->pc, (const UCHAR *)step->image + step->function->EndAddress};
    PCONTEXT c = step->context;
    const UCHAR *start;
    ULONG_PTR rsp = c->Rsp;
    ULONG pops = 0;
    skip_release(info, &code, c);
    ULONG_PTR released = c->Rsp;
    c->Rsp = rsp;
    for (start = code.at; left(&code) >= 2; pops++) {
        if ((code.at[0] & 0xF8) == 0x58)
            code.at += 1;
        else if ((code.at[0] & 0xFE) == 0x40 && (code.at[1] & 0xF8) == 0x58)
            code.at += 2;
        else
            break;
    }
    if (!is_way_out(step, &code))
        return NOT_IN_EPILOGUE;
    c->Rsp = released;
    for (const UCHAR *p = start; pops > 0; pops--, c->Rsp += 8) {
        ULONG extended = (*p & 0xF0) == 0x40 ? (*p++ & 1) << 3 : 0;
        if (!restore_integer(step, extended | (*p++ & 7), c->Rsp))
            return EPILOGUE_BROKEN;
    }
    return pop_return_address(step) ? EPILOGUE_FINISHED : EPILOGUE_BROKEN;
}

/* ---- one frame ---- */

bool unwind_frame(struct unwind_step *step)
{
    PCONTEXT c = step->context;
    const RUNTIME_FUNCTION *function = step->function;
    enum frame_end end = END_RETURN_ADDRESS;
    step->frame = c->Rsp;
    step->handler = NULL;
    if (function == NULL)
        return pop_return_address(step);

    const struct unwind_info *info = info_of(step->image, function);
    ULONG_PTR offset = step->pc - step->image - function->BeginAddress;
    if (frame_pointer_is_set(info, offset))
        step->frame = *integer_register(c, info->frame_register) - info->frame_offset * 16;
    enum epilogue epilogue = offset >= info->prolog_size ? finish_epilogue(step, info) : NOT_IN_EPILOGUE;
    if (epilogue != NOT_IN_EPILOGUE)
        return epilogue == EPILOGUE_FINISHED;
    for (ULONG depth = 0;; depth++) {
        if (info->version < 1 || info->version > 2 || depth == CHAIN_MAX || !apply_codes(step, info, offset, &end))
            return false;
        if (!(info->flags & UNW_FLAG_CHAININFO))
            break;
        function = unwind_info_tail(info);
        info = info_of(step->image, function);
        offset = (ULONG_PTR)-1; /* all of it has run */
    }
    bool in_body = step->pc - step->image - function->BeginAddress >= info->prolog_size;
    if (in_body && (info->flags & step->handler_type & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER))) {
        const ULONG *handler = unwind_info_tail(info);
        step->handler = (PEXCEPTION_ROUTINE)(step->image + *handler);
        step->handler_data = (PVOID)(handler + 1);
    }
    return end == END_MACHINE_FRAME || pop_return_address(step);
}

bool unwind_next(struct unwind_step *step)
{
    DWORD64 image;
    step->pc = step->context->Rip;
    step->function = RtlLookupFunctionEntry(step->pc, &image, NULL);
    step->image = image;
    return (step->context->Rsp & 7) == 0 && unwind_frame(step) && (step->frame & 7) == 0 &&
           step->frame >= step->stack.low && step->frame < step->stack.high;
}

struct stack_range unwind_thread_stack(void)
{
    const NT_TIB *tib = &NtCurrentTeb()->NtTib;
    return (struct stack_range){(ULONG_PTR)tib->StackLimit, (ULONG_PTR)tib->StackBase};
}

/* => reads whatever the context points to, as documented: the stack may be another thread's. */
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(DWORD handler_type, DWORD64 image, DWORD64 pc, PRUNTIME_FUNCTION function,
                                          PCONTEXT context, PVOID *ret_data, PDWORD64 ret_frame,
                                          PKNONVOLATILE_CONTEXT_POINTERS pointers)
{
    struct unwind_step step = {.handler_type = handler_type,
                               .stack = {0, (ULONG_PTR)-1},
                               .image = image,
                               .pc = pc,
                               .function = function,
                               .pointers = pointers,
                               .context = context};
    unwind_frame(&step);
    *ret_data = step.handler_data;
    *ret_frame = step.frame;
    return step.handler;
}

USHORT NTAPI RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *frames, PULONG hash)
{
    CONTEXT context;
    struct unwind_step step = {.stack = unwind_thread_stack(), .context = &context};
    ULONG sum = 0;
    USHORT found = 0;
    RtlCaptureContext(&context);
    while (found < count && found < 0xFFFF && unwind_next(&step) && context.Rip != 0) {
        if (skip > 0) {
            skip--;
            continue;
        }
        frames[found++] = (PVOID)context.Rip;
        sum += (ULONG)context.Rip;
    }
    if (hash != NULL)
        *hash = sum;
    return found;
}
