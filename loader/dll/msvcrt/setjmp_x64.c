/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setjmp_x64.c - setjmp and longjmp on x64.
 *
 * jmp_buf: frame 0, rbx 8, rsp 10, rbp 18, rsi 20, rdi 28, r12 to r15 30, rip 50, mxcsr 58, fpu control 5C,
 * xmm6 to xmm15 60.  The compiler passes the frame of the function that calls setjmp: longjmp unwinds to it, so that
 * the handlers of the frames between clean up.  Without a frame (0) it just goes there. */
#include "crt.h"

enum { STATUS_LONGJUMP = 0x80000026 };

struct jump_buffer {
    uint64_t frame, rbx, rsp, rbp, rsi, rdi, r12, r13, r14, r15, rip;
    uint32_t mxcsr;
    uint16_t fpu_control, spare;
    uint64_t xmm6[10][2];
};

struct exception_record {
    uint32_t code, flags;
    struct exception_record *record;
    void *address;
    uint32_t n_parameters;
    uint64_t parameters[15];
};

struct context {
    _Alignas(16) uint8_t bytes[0x4D0];
};

K32 void WINAPI RtlUnwindEx(void *frame, void *ip, struct exception_record *record, void *result,
                            struct context *context, void *history);
__attribute__((noreturn)) void crt_jump(const struct jump_buffer *buffer, int value);

__asm__(".text\n"
        ".globl _setjmp, _setjmpex\n"
        ".seh_proc _setjmp\n"
        "_setjmp:\n"
        "_setjmpex:\n"
        "    .seh_endprologue\n"
        "    movq    %rdx, (%rcx)\n"
        "    movq    %rbx, 0x08(%rcx)\n"
        "    leaq    8(%rsp), %rax\n"
        "    movq    %rax, 0x10(%rcx)\n"
        "    movq    %rbp, 0x18(%rcx)\n"
        "    movq    %rsi, 0x20(%rcx)\n"
        "    movq    %rdi, 0x28(%rcx)\n"
        "    movq    %r12, 0x30(%rcx)\n"
        "    movq    %r13, 0x38(%rcx)\n"
        "    movq    %r14, 0x40(%rcx)\n"
        "    movq    %r15, 0x48(%rcx)\n"
        "    movq    (%rsp), %rax\n"
        "    movq    %rax, 0x50(%rcx)\n"
        "    stmxcsr 0x58(%rcx)\n"
        "    fnstcw  0x5C(%rcx)\n"
        "    movaps  %xmm6, 0x60(%rcx)\n"
        "    movaps  %xmm7, 0x70(%rcx)\n"
        "    movaps  %xmm8, 0x80(%rcx)\n"
        "    movaps  %xmm9, 0x90(%rcx)\n"
        "    movaps  %xmm10, 0xA0(%rcx)\n"
        "    movaps  %xmm11, 0xB0(%rcx)\n"
        "    movaps  %xmm12, 0xC0(%rcx)\n"
        "    movaps  %xmm13, 0xD0(%rcx)\n"
        "    movaps  %xmm14, 0xE0(%rcx)\n"
        "    movaps  %xmm15, 0xF0(%rcx)\n"
        "    xorl    %eax, %eax\n"
        "    ret\n"
        ".seh_endproc\n"
        ".globl crt_jump\n"
        ".seh_proc crt_jump\n"
        "crt_jump:\n"
        "    .seh_endprologue\n"
        "    movl    %edx, %eax\n"
        "    movq    0x08(%rcx), %rbx\n"
        "    movq    0x18(%rcx), %rbp\n"
        "    movq    0x20(%rcx), %rsi\n"
        "    movq    0x28(%rcx), %rdi\n"
        "    movq    0x30(%rcx), %r12\n"
        "    movq    0x38(%rcx), %r13\n"
        "    movq    0x40(%rcx), %r14\n"
        "    movq    0x48(%rcx), %r15\n"
        "    ldmxcsr 0x58(%rcx)\n"
        "    fnclex\n"
        "    fldcw   0x5C(%rcx)\n"
        "    movaps  0x60(%rcx), %xmm6\n"
        "    movaps  0x70(%rcx), %xmm7\n"
        "    movaps  0x80(%rcx), %xmm8\n"
        "    movaps  0x90(%rcx), %xmm9\n"
        "    movaps  0xA0(%rcx), %xmm10\n"
        "    movaps  0xB0(%rcx), %xmm11\n"
        "    movaps  0xC0(%rcx), %xmm12\n"
        "    movaps  0xD0(%rcx), %xmm13\n"
        "    movaps  0xE0(%rcx), %xmm14\n"
        "    movaps  0xF0(%rcx), %xmm15\n"
        "    movq    0x10(%rcx), %rsp\n"
        "    jmp     *0x50(%rcx)\n"
        ".seh_endproc\n");

CRT_API(void, longjmp, struct jump_buffer *buffer, int value)
{
    struct exception_record record = {.code = STATUS_LONGJUMP, .n_parameters = 1};
    struct context context;

    if (value == 0)
        value = 1;
    if (buffer->frame == 0)
        crt_jump(buffer, value);
    record.parameters[0] = (uintptr_t)buffer;
    RtlUnwindEx((void *)(uintptr_t)buffer->frame, (void *)(uintptr_t)buffer->rip, &record, (void *)(intptr_t)value,
                &context, NULL);
}
