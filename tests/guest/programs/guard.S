/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.S - the frame of guard_call. */
    .text
#ifdef __i386__
/* ebp-28: next frame, guard_dispatch, handler, user; edi, esi, ebx; ebp: the caller's. */
    .globl _guard_call
_guard_call:
    pushl %ebp
    movl %esp, %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl 20(%ebp)
    pushl 16(%ebp)
    pushl $_guard_dispatch
    pushl %fs:0
    movl %esp, %fs:0
    pushl 12(%ebp)
    call *8(%ebp)
    xorl %eax, %eax
    leal -28(%ebp), %esp
1:  popl %fs:0
    addl $12, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* guard_resume(frame, value) */
    .globl _guard_resume
_guard_resume:
    movl 8(%esp), %eax
    movl 4(%esp), %esp
    leal 28(%esp), %ebp
    jmp 1b
#else
    .globl guard_call
    .def guard_call; .scl 2; .type 32; .endef
    .seh_proc guard_call
guard_call:
    .seh_handler guard_dispatch, @unwind, @except
    subq $0x38, %rsp
    .seh_stackalloc 0x38
    .seh_endprologue
    movq %r8, 0x28(%rsp)
    movq %r9, 0x30(%rsp)
    movq %rcx, %rax
    movq %rdx, %rcx
    call *%rax
    xorl %eax, %eax
    .globl guard_resume
guard_resume: /* RtlUnwindEx comes here, with the value in rax */
    addq $0x38, %rsp
    ret
    .seh_endproc
#endif
