/* SPDX-License-Identifier: GPL-2.0-or-later */
/* except_i386.c - _except_handler3: __try, __except and __finally as Microsoft's compiler lays them on an x86 stack.
 *
 *     ebp-18   esp of the body
 *     ebp-14   EXCEPTION_POINTERS *, for the filters
 *     ebp-10   the registration: next frame, handler, scope table, try level
 *     ebp
 *
 * Filters and handlers are parts of the function: they are called with its ebp.  A scope without a filter is a
 * __finally; the try level is moved out before that runs, so that it never runs twice. */
#include "crt.h"

enum { LEVEL_NONE = -1, UNWINDING = 2, EXIT_UNWIND = 4 };
enum { CONTINUE_EXECUTION, CONTINUE_SEARCH };

struct scope {
    int outer;
    void *filter;
    void *handler;
};

struct frame {
    struct frame *next;
    void *handler;
    const struct scope *scopes;
    int level;
    uint32_t ebp[1]; /* what the function's ebp points to */
};

struct exception_pointers {
    uint32_t *record; /* code, flags, ... */
    void *context;
};

K32 void WINAPI RtlUnwind(void *frame, void *ip, void *record, void *result);

/* Call a part of a function; it may change every register. */
int crt_call_part(void *part, void *ebp);
__attribute__((noreturn)) void crt_jump_part(void *part, void *ebp);

__asm__(".text\n"
        ".globl _crt_call_part\n"
        "_crt_call_part:\n"
        "    pushl %ebp\n"
        "    pushl %ebx\n"
        "    pushl %esi\n"
        "    pushl %edi\n"
        "    movl  20(%esp), %eax\n"
        "    movl  24(%esp), %ebp\n"
        "    call  *%eax\n"
        "    popl  %edi\n"
        "    popl  %esi\n"
        "    popl  %ebx\n"
        "    popl  %ebp\n"
        "    ret\n"
        ".globl _crt_jump_part\n"
        "_crt_jump_part:\n"
        "    movl  4(%esp), %eax\n"
        "    movl  8(%esp), %ebp\n"
        "    jmp   *%eax\n");

CRT_API(void, _global_unwind2, void *frame)
{
    RtlUnwind(frame, NULL, NULL, NULL);
}

/* Run the __finally blocks from the frame's level out to the given one. */
CRT_API(void, _local_unwind2, struct frame *frame, int stop)
{
    while (frame->level != LEVEL_NONE && frame->level != stop) {
        const struct scope *scope = &frame->scopes[frame->level];
        frame->level = scope->outer;
        if (scope->filter == NULL)
            crt_call_part(scope->handler, frame->ebp);
    }
}

CRT_API(int, _except_handler3, uint32_t *record, struct frame *frame, void *context, void *dispatcher)
{
    struct exception_pointers pointers = {record, context};
    (void)dispatcher;

    if (record[1] & (UNWINDING | EXIT_UNWIND)) {
        _local_unwind2(frame, LEVEL_NONE);
        return CONTINUE_SEARCH;
    }
    ((uintptr_t *)frame)[-1] = (uintptr_t)&pointers; /* the filters run below this frame */
    for (int level = frame->level; level != LEVEL_NONE; level = frame->scopes[level].outer) {
        const struct scope *scope = &frame->scopes[level];
        if (scope->filter == NULL)
            continue;
        int answer = crt_call_part(scope->filter, frame->ebp);
        if (answer < 0)
            return CONTINUE_EXECUTION;
        if (answer == 0)
            continue;
        _global_unwind2(frame);
        _local_unwind2(frame, level);
        frame->level = scope->outer;
        crt_jump_part(scope->handler, frame->ebp);
    }
    return CONTINUE_SEARCH;
}
