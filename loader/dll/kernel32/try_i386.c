/* SPDX-License-Identifier: GPL-2.0-or-later */
/* try_i386.c - a guarded call on x86: gcc has no __try for 32-bit frames, so the frame is laid by hand.
 *
 * Stack while the body runs, from FS:[0] up: next frame, handler, edi, esi, ebx, ebp, return address.  The handler
 * resumes at the recovery point with esp at the frame, from where the saved registers are popped; nothing else lies
 * between, because the bodies install no frames of their own. */
#include "k32.h"

void k32_try_recover(void) __asm__("_k32_try_recover");
EXCEPTION_DISPOSITION __cdecl k32_try_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                              void *dispatcher) __asm__("_k32_try_handler");

__asm__(".text\n"
        ".globl _k32_try\n"
        "_k32_try:\n"
        "    pushl %ebp\n"
        "    movl  %esp, %ebp\n"
        "    pushl %ebx\n"
        "    pushl %esi\n"
        "    pushl %edi\n"
        "    pushl $_k32_try_handler\n"
        "    pushl %fs:0\n"
        "    movl  %esp, %fs:0\n"
        "    pushl 12(%ebp)\n"
        "    call  *8(%ebp)\n"
        "    addl  $4, %esp\n"
        "    xorl  %eax, %eax\n"
        ".globl _k32_try_recover\n"
        "_k32_try_recover:\n"
        "    popl  %fs:0\n"
        "    addl  $4, %esp\n"
        "    popl  %edi\n"
        "    popl  %esi\n"
        "    popl  %ebx\n"
        "    popl  %ebp\n"
        "    ret\n");

__attribute__((used))
EXCEPTION_DISPOSITION __cdecl k32_try_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    context->Esp = (DWORD)frame;
    context->Eip = (DWORD)(ULONG_PTR)k32_try_recover;
    context->Eax = record->ExceptionCode != 0 ? record->ExceptionCode : (DWORD)STATUS_UNSUCCESSFUL;
    return ExceptionContinueExecution;
}
