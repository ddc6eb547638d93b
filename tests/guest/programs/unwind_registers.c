// SPDX-License-Identifier: GPL-2.0-or-later
/* unwind_registers.c - an exception far down the stack, taken far up: every nonvolatile register comes back, whichever
 * way the frames between have saved it.
 *
 * Four kinds of frame take turns: pushes; moves to a small frame; a frame pointer with a stack that has moved on; and
 * moves to a frame of more than 512 KB, the far forms. */
#include "guard.h"
#include <string.h>

/* rbx, rbp, rsi, rdi, r12 to r15, xmm6 to xmm15 */
struct nonvolatile {
    ULONG64 integers[8];
    ULONG64 vectors[10][2];
};

enum { KINDS = 4, DEPTH = 40 };

void by_push(void *argument);
void by_move(void *argument);
void by_frame_pointer(void *argument);
void by_far_move(void *argument);
void next_level(void *argument) __asm__("next_level");
/* Load the registers from `in`, call body(argument), store them to `out`. */
void with_registers(const struct nonvolatile *in, struct nonvolatile *out, void (*body)(void *), void *argument);

__asm__(".macro FUNCTION name\n"
        "  .globl \\name\n"
        "  .balign 16\n"
        "  .seh_proc \\name\n"
        "\\name:\n"
        ".endm\n"
        ".macro PUSH_ALL\n"
        "  .irp r, rbx, rbp, rsi, rdi, r12, r13, r14, r15\n"
        "    pushq %\\r\n"
        "    .seh_pushreg %\\r\n"
        "  .endr\n"
        ".endm\n"
        ".macro POP_ALL\n"
        "  .irp r, r15, r14, r13, r12, rdi, rsi, rbp, rbx\n"
        "    popq %\\r\n"
        "  .endr\n"
        ".endm\n"
        ".macro ALLOCATE size\n"
        "  subq $\\size, %rsp\n"
        "  .seh_stackalloc \\size\n"
        ".endm\n"
        ".macro SAVE_VECTORS at\n"
        "  .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    movaps %xmm\\n, \\at + (\\n - 6) * 16(%rsp)\n"
        "    .seh_savexmm %xmm\\n, \\at + (\\n - 6) * 16\n"
        "  .endr\n"
        ".endm\n"
        ".macro LOAD_VECTORS at, base\n"
        "  .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    movaps \\at + (\\n - 6) * 16(%\\base), %xmm\\n\n"
        "  .endr\n"
        ".endm\n"
        ".macro SAVE_INTEGERS at\n"
        "  .set place, \\at\n"
        "  .irp r, rbx, rsi, rdi, r12, r13, r14, r15\n"
        "    movq %\\r, place(%rsp)\n"
        "    .seh_savereg %\\r, place\n"
        "    .set place, place + 8\n"
        "  .endr\n"
        ".endm\n"
        ".macro LOAD_INTEGERS at, base\n"
        "  .set place, \\at\n"
        "  .irp r, rbx, rsi, rdi, r12, r13, r14, r15\n"
        "    movq place(%\\base), %\\r\n"
        "    .set place, place + 8\n"
        "  .endr\n"
        ".endm\n"
        ".macro SPOIL\n" /* all but rbp */
        "  .irp r, rbx, rsi, rdi, r12, r13, r14, r15\n"
        "    movq %rsp, %\\r\n"
        "  .endr\n"
        "  .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    movq %rsp, %xmm\\n\n"
        "  .endr\n"
        ".endm\n"
        ".text\n"
        "FUNCTION by_push\n"
        "  PUSH_ALL\n"
        "  ALLOCATE 0xC8\n"
        "  SAVE_VECTORS 0x20\n"
        "  .seh_endprologue\n"
        "  SPOIL\n"
        "  movq %rsp, %rbp\n"
        "  call next_level\n"
        "  LOAD_VECTORS 0x20, rsp\n"
        "  addq $0xC8, %rsp\n"
        "  POP_ALL\n"
        "  ret\n"
        "  .seh_endproc\n"
        "FUNCTION by_move\n"
        "  ALLOCATE 0x108\n"
        "  SAVE_INTEGERS 0x20\n"
        "  movq %rbp, 0x58(%rsp)\n"
        "  .seh_savereg %rbp, 0x58\n"
        "  SAVE_VECTORS 0x60\n"
        "  .seh_endprologue\n"
        "  SPOIL\n"
        "  movq %rsp, %rbp\n"
        "  call next_level\n"
        "  LOAD_VECTORS 0x60, rsp\n"
        "  LOAD_INTEGERS 0x20, rsp\n"
        "  movq 0x58(%rsp), %rbp\n"
        "  addq $0x108, %rsp\n"
        "  ret\n"
        "  .seh_endproc\n"
        "FUNCTION by_frame_pointer\n"
        "  pushq %rbp\n"
        "  .seh_pushreg %rbp\n"
        "  ALLOCATE 0x100\n"
        "  leaq 0x80(%rsp), %rbp\n"
        "  .seh_setframe %rbp, 0x80\n"
        "  SAVE_INTEGERS 0x20\n"
        "  SAVE_VECTORS 0x60\n"
        "  .seh_endprologue\n"
        "  SPOIL\n"
        "  subq $0x340, %rsp\n"
        "  call next_level\n"
        "  LOAD_VECTORS -0x20, rbp\n"
        "  LOAD_INTEGERS -0x60, rbp\n"
        "  leaq 0x80(%rbp), %rsp\n"
        "  popq %rbp\n"
        "  ret\n"
        "  .seh_endproc\n"
        "FUNCTION by_far_move\n"
        "  pushq %rbp\n"
        "  .seh_pushreg %rbp\n"
        "  movl $0x110000, %eax\n"
        "  call ___chkstk_ms\n"
        "  ALLOCATE 0x110000\n"
        "  SAVE_INTEGERS 0x90000\n"
        "  SAVE_VECTORS 0x100040\n"
        "  .seh_endprologue\n"
        "  SPOIL\n"
        "  movq %rsp, %rbp\n"
        "  call next_level\n"
        "  LOAD_VECTORS 0x100040, rsp\n"
        "  LOAD_INTEGERS 0x90000, rsp\n"
        "  addq $0x110000, %rsp\n"
        "  popq %rbp\n"
        "  ret\n"
        "  .seh_endproc\n"
        "FUNCTION with_registers\n"
        "  PUSH_ALL\n"
        "  ALLOCATE 0xD8\n"
        "  SAVE_VECTORS 0x20\n"
        "  .seh_endprologue\n"
        "  movq %rdx, 0xC0(%rsp)\n"
        "  movq 0x00(%rcx), %rbx\n"
        "  movq 0x08(%rcx), %rbp\n"
        "  movq 0x10(%rcx), %rsi\n"
        "  movq 0x18(%rcx), %rdi\n"
        "  movq 0x20(%rcx), %r12\n"
        "  movq 0x28(%rcx), %r13\n"
        "  movq 0x30(%rcx), %r14\n"
        "  movq 0x38(%rcx), %r15\n"
        "  LOAD_VECTORS 0x40, rcx\n"
        "  movq %r9, %rcx\n"
        "  call *%r8\n"
        "  movq 0xC0(%rsp), %rax\n"
        "  movq %rbx, 0x00(%rax)\n"
        "  movq %rbp, 0x08(%rax)\n"
        "  movq %rsi, 0x10(%rax)\n"
        "  movq %rdi, 0x18(%rax)\n"
        "  movq %r12, 0x20(%rax)\n"
        "  movq %r13, 0x28(%rax)\n"
        "  movq %r14, 0x30(%rax)\n"
        "  movq %r15, 0x38(%rax)\n"
        "  .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    movaps %xmm\\n, 0x40 + (\\n - 6) * 16(%rax)\n"
        "  .endr\n"
        "  LOAD_VECTORS 0x20, rsp\n"
        "  addq $0xD8, %rsp\n"
        "  POP_ALL\n"
        "  ret\n"
        "  .seh_endproc\n");

struct walk {
    int depth;
    int far_left;
};

void next_level(void *argument)
{
    struct walk *walk = argument;
    int kind = walk->depth++ % KINDS;
    if (walk->depth == DEPTH)
        RaiseException(0xE0000001, 0, 0, NULL);
    if (kind == 3 && walk->far_left-- <= 0)
        kind = 0;
    static void (*const kinds[KINDS])(void *) = {by_push, by_move, by_frame_pointer, by_far_move};
    kinds[kind](argument);
}

static ULONG_PTR caught;

static void guarded_walk(void *argument)
{
    caught = guard_call(next_level, argument, guard_take_all, NULL);
}

int main(void)
{
    static struct nonvolatile in __attribute__((aligned(16))), out __attribute__((aligned(16)));
    struct walk walk = {0, 1};
    for (int i = 0; i < 8; i++)
        in.integers[i] = 0x1111111111111111 * (ULONG64)(i + 1);
    for (int i = 0; i < 10; i++)
        in.vectors[i][0] = 100 + i, in.vectors[i][1] = 200 + i;
    with_registers(&in, &out, guarded_walk, &walk);
    printf("caught %08lx at depth %d\n", (unsigned long)caught, walk.depth);
    printf("integer registers %s\n", memcmp(in.integers, out.integers, sizeof(in.integers)) == 0 ? "kept" : "lost");
    printf("vector registers %s\n", memcmp(in.vectors, out.vectors, sizeof(in.vectors)) == 0 ? "kept" : "lost");
    return 0;
}
