/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unwind_x64.h - unwind data as the linker writes it, and one step up the stack. */
#ifndef SOFTFAULT_GUEST_UNWIND_X64_H
#define SOFTFAULT_GUEST_UNWIND_X64_H

#include "ntdll.h"

#define UNWIND_INDIRECT 1u

struct unwind_info {
    UCHAR version : 3;
    UCHAR flags : 5; /* UNW_FLAG_* */
    UCHAR prolog_size;
    UCHAR code_count;
    UCHAR frame_register : 4; /* 0: none */
    UCHAR frame_offset : 4;   /* in 16 bytes */
    USHORT codes[];           /* an even number of them; then the handler and its data, or the chained entry */
};

static inline const void *unwind_info_tail(const struct unwind_info *info)
{
    return &info->codes[(info->code_count + 1) & ~1];
}

/* With the handler's address or the chained entry. */
static inline SIZE_T unwind_info_size(const struct unwind_info *info)
{
    SIZE_T size = (SIZE_T)((const UCHAR *)unwind_info_tail(info) - (const UCHAR *)info);
    if (info->flags & UNW_FLAG_CHAININFO)
        return size + sizeof(RUNTIME_FUNCTION);
    return info->flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER) ? size + sizeof(ULONG) : size;
}

/* What may be read as stack. */
struct stack_range {
    ULONG_PTR low, high;
};

struct unwind_step {
    /* in */
    ULONG handler_type; /* UNW_FLAG_EHANDLER, UNW_FLAG_UHANDLER: which handler is asked for */
    struct stack_range stack;
    ULONG_PTR image;
    ULONG_PTR pc;
    PRUNTIME_FUNCTION function; /* NULL: a leaf */
    PKNONVOLATILE_CONTEXT_POINTERS pointers;
    /* in and out */
    PCONTEXT context;
    /* out */
    ULONG_PTR frame; /* the establisher frame */
    PEXCEPTION_ROUTINE handler;
    PVOID handler_data;
};

/* From the frame that step->context describes to its caller.
 * => false: malformed unwind data, or it leads out of the stack; the context is then not to be used. */
bool unwind_frame(struct unwind_step *step);

/* The same with the function looked up: what a stack walk does at each frame. */
bool unwind_next(struct unwind_step *step);
struct stack_range unwind_thread_stack(void);

#endif
