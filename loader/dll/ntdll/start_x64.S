/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start_x64.S - where the kernel enters user mode on x64, and what C cannot say about registers.
 *
 * The kernel leaves rsp at a CONTEXT, whose first four words are the home area of what is called from there. */

/* Offsets of CONTEXT (nt-reference 14.4). */
#define CTX_P1 0x00
#define CTX_P2 0x08
#define CTX_P3 0x10
#define CTX_P4 0x18
#define CTX_FLAGS 0x30
#define CTX_MXCSR 0x34
#define CTX_CS 0x38
#define CTX_DS 0x3A
#define CTX_ES 0x3C
#define CTX_FS 0x3E
#define CTX_GS 0x40
#define CTX_SS 0x42
#define CTX_EFLAGS 0x44
#define CTX_RAX 0x78
#define CTX_RCX 0x80
#define CTX_RDX 0x88
#define CTX_RBX 0x90
#define CTX_RSP 0x98
#define CTX_RBP 0xA0
#define CTX_RSI 0xA8
#define CTX_RDI 0xB0
#define CTX_R8 0xB8
#define CTX_R9 0xC0
#define CTX_R10 0xC8
#define CTX_R11 0xD0
#define CTX_R12 0xD8
#define CTX_R13 0xE0
#define CTX_R14 0xE8
#define CTX_R15 0xF0
#define CTX_RIP 0xF8
#define CTX_FLOAT 0x100
#define CTX_XMM6 0x200
#define CTX_SIZE 0x4D0
#define CTX_FULL 0x10000F

/* From the CONTEXT of an exception to the machine frame: EXCEPTION_RECORD and padding lie between. */
#define RECORD CTX_SIZE
#define MACHINE_FRAME 0x570

#define TEB_BUFFER_TOP 0x1470 /* StaticUnicodeBuffer, 1268 to 1472 */
#define MEM_RELEASE 0x8000

/* DISPATCHER_CONTEXT */
#define DISPATCHER_HANDLER 0x30

    .text

.macro FUNCTION name
    .globl \name
    .balign 16
    .def \name; .scl 2; .type 32; .endef
    .seh_proc \name
\name:
.endm

/* Where a stack walk ends: a frame that returns to 0, and whose handler is the filter of last resort. */
.macro OUTERMOST
    .seh_handler start_outermost_handler, @except
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
.endm

/* rsp -> CONTEXT: P4Home(P1Home, P2Home, P3Home), then continue with it. */
FUNCTION KiUserApcDispatcher
    movq %rsp, %rbx
    pushq $0
    jmp apc_body
    .seh_endproc
FUNCTION apc_body
    OUTERMOST
    movq CTX_P1(%rbx), %rcx
    movq CTX_P2(%rbx), %rdx
    movq CTX_P3(%rbx), %r8
    call *CTX_P4(%rbx)
    movq %rbx, %rcx
    movl $1, %edx
    call NtContinue
    movl %eax, %ecx
    call start_failed
    int3
    .seh_endproc

/* rsp -> CONTEXT, EXCEPTION_RECORD, machine frame.  The unwind data leads to the code that raised the exception. */
FUNCTION KiUserExceptionDispatcher
    .seh_pushframe
    .seh_stackalloc MACHINE_FRAME
    .seh_savereg %rbx, CTX_RBX
    .seh_savereg %rbp, CTX_RBP
    .seh_savereg %rsi, CTX_RSI
    .seh_savereg %rdi, CTX_RDI
    .seh_savereg %r12, CTX_R12
    .seh_savereg %r13, CTX_R13
    .seh_savereg %r14, CTX_R14
    .seh_savereg %r15, CTX_R15
    .seh_savexmm %xmm6, CTX_XMM6
    .seh_savexmm %xmm7, CTX_XMM6 + 0x10
    .seh_savexmm %xmm8, CTX_XMM6 + 0x20
    .seh_savexmm %xmm9, CTX_XMM6 + 0x30
    .seh_savexmm %xmm10, CTX_XMM6 + 0x40
    .seh_savexmm %xmm11, CTX_XMM6 + 0x50
    .seh_savexmm %xmm12, CTX_XMM6 + 0x60
    .seh_savexmm %xmm13, CTX_XMM6 + 0x70
    .seh_savexmm %xmm14, CTX_XMM6 + 0x80
    .seh_savexmm %xmm15, CTX_XMM6 + 0x90
    .seh_endprologue
    cld
    leaq RECORD(%rsp), %rcx
    movq %rsp, %rdx
    call RtlDispatchException
    testb %al, %al
    jz 1f
    movq %rsp, %rcx
    xorl %edx, %edx
    call NtContinue
    jmp 2f
1:  leaq RECORD(%rsp), %rcx
    movq %rsp, %rdx
    xorl %r8d, %r8d
    call NtRaiseException
2:  movl %eax, %ecx
    call start_failed
    int3
    .seh_endproc

/* rsp -> home area, +20 argument, +28 its length, +2C index into PEB.KernelCallbackTable. */
FUNCTION KiUserCallbackDispatcher
    .seh_endprologue
    movq 0x20(%rsp), %rcx
    movl 0x28(%rsp), %edx
    movl 0x2C(%rsp), %r8d
    movq %gs:0x60, %rax
    movq 0x58(%rax), %rax
    call *(%rax,%r8,8)
    xorl %ecx, %ecx
    xorl %edx, %edx
    movl %eax, %r8d
    call NtCallbackReturn
    movl %eax, %ecx
    call start_failed
    int3
    .seh_endproc

/* Raise TEB.ExceptionCode where the system call returned to. */
FUNCTION KiRaiseUserExceptionDispatcher
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    movq %gs:0x30, %rax
    movl 0x2C0(%rax), %ecx
    call RtlRaiseStatus
    nop
    addq $0x28, %rsp
    ret
    .seh_endproc

/* A thread begins: rcx = routine, rdx = argument; the stack holds 0 where a return address would be. */
FUNCTION RtlUserThreadStart
    OUTERMOST
    call start_user_thread
    int3
    .seh_endproc

/* VOID start_leave_stack(PVOID deallocation, NTSTATUS status) */
FUNCTION start_leave_stack
    .seh_endprologue
    movl %edx, %esi
    movq %gs:0x30, %rax
    leaq TEB_BUFFER_TOP - 0x30(%rax), %rsp
    movq %rcx, 0x20(%rsp)
    movq $0, 0x28(%rsp)
    movq $-1, %rcx
    leaq 0x20(%rsp), %rdx
    leaq 0x28(%rsp), %r8
    movl $MEM_RELEASE, %r9d
    call NtFreeVirtualMemory
    movq $-2, %rcx
    movl %esi, %edx
    call NtTerminateThread
    movl %eax, %ecx
    call start_failed
    int3
    .seh_endproc

/* BOOL start_call_entry(routine, base, reason, reserved) */
FUNCTION start_call_entry
    .seh_endprologue
    movq %rcx, %rax
    movq %rdx, %rcx
    movl %r8d, %edx
    movq %r9, %r8
    rex.W jmp *%rax
    .seh_endproc

/* NTSTATUS RtlGuardedCall(body, argument): see exception.c. */
FUNCTION RtlGuardedCall
    .seh_handler exception_guarded_handler, @except
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    movq %rcx, %rax
    movq %rdx, %rcx
    call *%rax
    xorl %eax, %eax
    .globl exception_guarded_recover
exception_guarded_recover:
    addq $0x28, %rsp
    ret
    .seh_endproc

/* VOID RtlCaptureContext(CONTEXT *): the registers as the caller sees them after the return. */
FUNCTION RtlCaptureContext
    pushfq
    .seh_stackalloc 8
    .seh_endprologue
    movl $CTX_FULL, CTX_FLAGS(%rcx)
    movw %cs, CTX_CS(%rcx)
    movw %ds, CTX_DS(%rcx)
    movw %es, CTX_ES(%rcx)
    movw %fs, CTX_FS(%rcx)
    movw %gs, CTX_GS(%rcx)
    movw %ss, CTX_SS(%rcx)
    movq %rax, CTX_RAX(%rcx)
    movq %rcx, CTX_RCX(%rcx)
    movq %rdx, CTX_RDX(%rcx)
    movq %rbx, CTX_RBX(%rcx)
    movq %rbp, CTX_RBP(%rcx)
    movq %rsi, CTX_RSI(%rcx)
    movq %rdi, CTX_RDI(%rcx)
    movq %r8, CTX_R8(%rcx)
    movq %r9, CTX_R9(%rcx)
    movq %r10, CTX_R10(%rcx)
    movq %r11, CTX_R11(%rcx)
    movq %r12, CTX_R12(%rcx)
    movq %r13, CTX_R13(%rcx)
    movq %r14, CTX_R14(%rcx)
    movq %r15, CTX_R15(%rcx)
    leaq 0x10(%rsp), %rax
    movq %rax, CTX_RSP(%rcx)
    movq 8(%rsp), %rax
    movq %rax, CTX_RIP(%rcx)
    movl (%rsp), %eax
    movl %eax, CTX_EFLAGS(%rcx)
    fxsave CTX_FLOAT(%rcx)
    stmxcsr CTX_MXCSR(%rcx)
    movq CTX_RAX(%rcx), %rax
    addq $8, %rsp
    ret
    .seh_endproc

/* Call dispatcher->LanguageHandler(record, frame, context, dispatcher) with a frame of our own below it, so that an
 * exception in the handler is recognised: as nested while handlers are searched, as a collided unwind while they are
 * unwound.  The frame keeps the dispatcher context at +20. */
.macro CALL_HANDLER name, guard, when:vararg
FUNCTION \name
    .seh_handler \guard, \when
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    movq %r9, 0x20(%rsp)
    call *DISPATCHER_HANDLER(%r9)
    nop
    addq $0x28, %rsp
    ret
    .seh_endproc
.endm
CALL_HANDLER exception_call_handler, exception_dispatch_guard, @except
CALL_HANDLER exception_call_unwind_handler, exception_unwind_guard, @unwind, @except

/* ULONG NtGetTickCount(VOID): no system call; must not begin as a thunk does. */
FUNCTION NtGetTickCount
    .seh_endprologue
    movl 0x7FFE0320, %eax
    movl 0x7FFE0004, %ecx
    imulq %rcx, %rax
    shrq $24, %rax
    ret
    .seh_endproc

FUNCTION DbgBreakPoint
    .seh_endprologue
    int3
    ret
    .seh_endproc

FUNCTION DbgUserBreakPoint
    .seh_endprologue
    int3
    ret
    .seh_endproc

/* Touch each page between rsp and rsp - rax; the caller then moves rsp itself.  Changes nothing but r10, r11. */
FUNCTION __chkstk
    .seh_endprologue
    leaq 8(%rsp), %r10
    movq %rax, %r11
1:  cmpq $0x1000, %r11
    jb 2f
    subq $0x1000, %r10
    orb $0, (%r10)
    subq $0x1000, %r11
    jmp 1b
2:  subq %r11, %r10
    orb $0, (%r10)
    ret
    .seh_endproc

/* The frame of exception_consolidated: home area, registers from 20, xmm6 to xmm15 from 60, and a machine frame. */
#define CONSOLIDATED_FRAME 0x100 /* RIP, CS, EFLAGS, RSP, SS */
#define CONSOLIDATED_SIZE 0x130
#define RECORD_ROUTINE 0x20 /* ExceptionInformation[0] */

/* rcx: CONTEXT, rdx: EXCEPTION_RECORD.  Call the record's routine with the record, from below a machine frame and saved
 * registers that are the context's: who walks up from there meets the context's function next. */
FUNCTION exception_call_consolidated
    pushq %r12
    .seh_pushreg %r12
    .seh_endprologue
    movq %rsp, %r12
    subq $CONSOLIDATED_SIZE, %rsp
    andq $-16, %rsp
    movq CTX_RBX(%rcx), %rax
    movq %rax, 0x20(%rsp)
    movq CTX_RBP(%rcx), %rax
    movq %rax, 0x28(%rsp)
    movq CTX_RSI(%rcx), %rax
    movq %rax, 0x30(%rsp)
    movq CTX_RDI(%rcx), %rax
    movq %rax, 0x38(%rsp)
    movq CTX_R12(%rcx), %rax
    movq %rax, 0x40(%rsp)
    movq CTX_R13(%rcx), %rax
    movq %rax, 0x48(%rsp)
    movq CTX_R14(%rcx), %rax
    movq %rax, 0x50(%rsp)
    movq CTX_R15(%rcx), %rax
    movq %rax, 0x58(%rsp)
    movaps CTX_XMM6+0x0(%rcx), %xmm0
    movaps %xmm0, 0x60(%rsp)
    movaps CTX_XMM6+0x10(%rcx), %xmm0
    movaps %xmm0, 0x70(%rsp)
    movaps CTX_XMM6+0x20(%rcx), %xmm0
    movaps %xmm0, 0x80(%rsp)
    movaps CTX_XMM6+0x30(%rcx), %xmm0
    movaps %xmm0, 0x90(%rsp)
    movaps CTX_XMM6+0x40(%rcx), %xmm0
    movaps %xmm0, 0xa0(%rsp)
    movaps CTX_XMM6+0x50(%rcx), %xmm0
    movaps %xmm0, 0xb0(%rsp)
    movaps CTX_XMM6+0x60(%rcx), %xmm0
    movaps %xmm0, 0xc0(%rsp)
    movaps CTX_XMM6+0x70(%rcx), %xmm0
    movaps %xmm0, 0xd0(%rsp)
    movaps CTX_XMM6+0x80(%rcx), %xmm0
    movaps %xmm0, 0xe0(%rsp)
    movaps CTX_XMM6+0x90(%rcx), %xmm0
    movaps %xmm0, 0xf0(%rsp)
    movq CTX_RIP(%rcx), %rax
    movq %rax, CONSOLIDATED_FRAME(%rsp)
    movq CTX_RSP(%rcx), %rax
    movq %rax, CONSOLIDATED_FRAME + 0x18(%rsp)
    movq %rdx, %rcx
    movq RECORD_ROUTINE(%rdx), %rax
    jmp exception_consolidated
    .seh_endproc
/* Nobody comes in by its first instruction: its prologue is what was just laid out. */
FUNCTION exception_consolidated
    .seh_pushframe
    .seh_stackalloc CONSOLIDATED_FRAME
    .seh_savereg %rbx, 0x20
    .seh_savereg %rbp, 0x28
    .seh_savereg %rsi, 0x30
    .seh_savereg %rdi, 0x38
    .seh_savereg %r12, 0x40
    .seh_savereg %r13, 0x48
    .seh_savereg %r14, 0x50
    .seh_savereg %r15, 0x58
    .seh_savexmm %xmm6, 0x60
    .seh_savexmm %xmm7, 0x70
    .seh_savexmm %xmm8, 0x80
    .seh_savexmm %xmm9, 0x90
    .seh_savexmm %xmm10, 0xa0
    .seh_savexmm %xmm11, 0xb0
    .seh_savexmm %xmm12, 0xc0
    .seh_savexmm %xmm13, 0xd0
    .seh_savexmm %xmm14, 0xe0
    .seh_savexmm %xmm15, 0xf0
    .seh_endprologue
    callq *%rax
    movq %r12, %rsp
    popq %r12
    ret
    .seh_endproc
