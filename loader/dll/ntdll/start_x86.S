/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start_x86.S - where the kernel enters user mode, and what C cannot say about registers. */
/* Offsets of CONTEXT (nt-reference 14.4). */
#define CTX_FLAGS 0x00
#define CTX_FLOAT 0x1C
#define CTX_GS 0x8C
#define CTX_FS 0x90
#define CTX_ES 0x94
#define CTX_DS 0x98
#define CTX_EDI 0x9C
#define CTX_ESI 0xA0
#define CTX_EBX 0xA4
#define CTX_EDX 0xA8
#define CTX_ECX 0xAC
#define CTX_EAX 0xB0
#define CTX_EBP 0xB4
#define CTX_EIP 0xB8
#define CTX_CS 0xBC
#define CTX_EFLAGS 0xC0
#define CTX_ESP 0xC4
#define CTX_SS 0xC8
#define CTX_SIZE 0x2CC
#define CTX_FULL 0x10007

#define RECORD_ADDRESS 0x0C

#define TEB_BUFFER_TOP 0xE00 /* StaticUnicodeBuffer, C00 to E0A */
#define MEM_RELEASE 0x8000

    .text

.macro FUNCTION name
    .globl \name
    .balign 16
\name:
.endm

/* [esp] = routine, +4 context argument, +8 and +C system arguments, +10 CONTEXT. */
FUNCTION _KiUserApcDispatcher
    leal 0x10(%esp), %edi
    popl %eax
    call *%eax
    pushl $1
    pushl %edi
    call _NtContinue@8
    pushl %eax
    call _start_failed@4

/* [esp] = &EXCEPTION_RECORD, +4 = &CONTEXT; both lie above. */
FUNCTION _KiUserExceptionDispatcher
    cld
    movl (%esp), %esi
    movl 4(%esp), %ebx
    pushl %ebx
    pushl %esi
    call _RtlDispatchException@8
    pushl $0
    pushl %ebx
    testb %al, %al
    jz 1f
    call _NtContinue@8
    jmp 2f
1:  pushl %esi
    call _NtRaiseException@12
2:  pushl %eax
    call _start_failed@4

/* [esp] = return address (unused), +4 index into PEB.KernelCallbackTable, +8 argument, +C its length. */
FUNCTION _KiUserCallbackDispatcher
    addl $4, %esp
    popl %edx
    movl %fs:0x30, %eax
    movl 0x2C(%eax), %eax
    pushl 4(%esp)
    pushl 4(%esp)
    call *(%eax,%edx,4)
    pushl %eax
    pushl $0
    pushl $0
    call _NtCallbackReturn@12
    pushl %eax
    call _start_failed@4

/* Raise TEB.ExceptionCode where the system call returned to. */
FUNCTION _KiRaiseUserExceptionDispatcher
    movl %fs:0x18, %eax
    pushl 0x1A4(%eax)
    call _RtlRaiseStatus@4
    ret

/* A thread begins: Eax = routine, Ebx = argument. */
FUNCTION _RtlUserThreadStart
    xorl %ebp, %ebp
    pushl $_start_outermost_handler
    pushl %fs:0
    movl %esp, %fs:0
    pushl %ebx
    pushl %eax
    pushl $0
    jmp _start_user_thread@8

/* VOID start_leave_stack(PVOID deallocation, NTSTATUS status) */
FUNCTION _start_leave_stack@8
    movl 4(%esp), %eax
    movl 8(%esp), %edi
    movl %fs:0x18, %edx
    leal TEB_BUFFER_TOP(%edx), %esp
    pushl $0
    movl %esp, %ecx
    pushl %eax
    movl %esp, %eax
    pushl $MEM_RELEASE
    pushl %ecx
    pushl %eax
    pushl $-1
    call _NtFreeVirtualMemory@16
    pushl %edi
    pushl $-2
    call _NtTerminateThread@8
    pushl %eax
    call _start_failed@4

/* BOOL start_call_entry(routine, base, reason, reserved), cdecl. */
FUNCTION _start_call_entry
    pushl %ebp
    movl %esp, %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl 20(%ebp)
    pushl 16(%ebp)
    pushl 12(%ebp)
    call *8(%ebp)
    leal -12(%ebp), %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* VOID RtlCaptureContext(CONTEXT *): the registers as the caller sees them after the return. */
FUNCTION _RtlCaptureContext@4
    pushfl
    pushl %eax
    movl 12(%esp), %eax
    movl $CTX_FULL, CTX_FLAGS(%eax)
    movl %edi, CTX_EDI(%eax)
    movl %esi, CTX_ESI(%eax)
    movl %ebx, CTX_EBX(%eax)
    movl %edx, CTX_EDX(%eax)
    movl %ecx, CTX_ECX(%eax)
    movl %ebp, CTX_EBP(%eax)
    popl %ecx
    movl %ecx, CTX_EAX(%eax)
    popl %ecx
    movl %ecx, CTX_EFLAGS(%eax)
    movl (%esp), %ecx
    movl %ecx, CTX_EIP(%eax)
    leal 8(%esp), %ecx
    movl %ecx, CTX_ESP(%eax)
    movl $0, CTX_GS(%eax)
    movl $0, CTX_FS(%eax)
    movl $0, CTX_ES(%eax)
    movl $0, CTX_DS(%eax)
    movl $0, CTX_CS(%eax)
    movl $0, CTX_SS(%eax)
    movw %gs, CTX_GS(%eax)
    movw %fs, CTX_FS(%eax)
    movw %es, CTX_ES(%eax)
    movw %ds, CTX_DS(%eax)
    movw %cs, CTX_CS(%eax)
    movw %ss, CTX_SS(%eax)
    movl CTX_ECX(%eax), %ecx
    movl CTX_EAX(%eax), %eax
    ret $4

/* On return esp points at a CONTEXT that describes the caller of the function whose frame ebp is; bytes is what that
 * function pops. */
.macro CAPTURE_CALLER bytes
    pushl %ebp
    movl %esp, %ebp
    leal -CTX_SIZE(%esp), %esp
    pushl %esp
    call _RtlCaptureContext@4
    movl (%ebp), %eax
    movl %eax, CTX_EBP(%esp)
    movl 4(%ebp), %eax
    movl %eax, CTX_EIP(%esp)
    leal 8+\bytes(%ebp), %eax
    movl %eax, CTX_ESP(%esp)
.endm

/* VOID RtlRaiseException(EXCEPTION_RECORD *) */
FUNCTION _RtlRaiseException@4
    CAPTURE_CALLER 4
    movl %esp, %edx
    movl 8(%ebp), %ecx
    movl 4(%ebp), %eax
    movl %eax, RECORD_ADDRESS(%ecx)
    pushl %edx
    pushl %ecx
    call _exception_raise@8
    int3

/* VOID RtlUnwind(target frame, target ip, record, return value): x86 ignores the target ip. */
FUNCTION _RtlUnwind@16
    CAPTURE_CALLER 16
    movl %esp, %edx
    pushl %edx
    pushl 20(%ebp)
    pushl 16(%ebp)
    pushl 8(%ebp)
    call _exception_unwind@16
    int3

/* int seh_call_handler(record, frame, context, dispatcher, handler, guard), cdecl: call the handler with a frame of our
 * own on the chain, so that a fault inside it is recognised as nested (or a collided unwind). */
FUNCTION _seh_call_handler
    pushl %ebp
    movl %esp, %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl 12(%ebp)
    pushl 28(%ebp)
    pushl %fs:0
    movl %esp, %fs:0
    pushl 20(%ebp)
    pushl 16(%ebp)
    pushl 12(%ebp)
    pushl 8(%ebp)
    call *24(%ebp)
    leal -24(%ebp), %esp
    popl %fs:0
    leal -12(%ebp), %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* NTSTATUS RtlGuardedCall(body, argument): see exception.c.  The frame lies below the saved registers. */
FUNCTION _RtlGuardedCall@8
    pushl %ebp
    movl %esp, %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl $_exception_guarded_handler
    pushl %fs:0
    movl %esp, %fs:0
    pushl 12(%ebp)
    call *8(%ebp)
    xorl %eax, %eax
1:  popl %fs:0
    addl $4, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret $8

/* exception_guarded_resume(frame, code), cdecl */
FUNCTION _exception_guarded_resume
    movl 8(%esp), %eax
    movl 4(%esp), %esp
    jmp 1b

/* ULONG NtGetTickCount(VOID): no system call; must not begin as a thunk does. */
FUNCTION _NtGetTickCount@0
    movl 0x7FFE0320, %eax
    mull 0x7FFE0004
    shrdl $24, %edx, %eax
    ret

FUNCTION _DbgBreakPoint@0
    int3
    ret

FUNCTION _DbgUserBreakPoint@0
    int3
    ret

/* Touch each page between esp and esp - eax, then move esp there (the compiler calls it for large frames). */
FUNCTION __chkstk
FUNCTION __alloca_probe
    pushl %ecx
    leal 8(%esp), %ecx
1:  cmpl $0x1000, %eax
    jb 2f
    subl $0x1000, %ecx
    orl $0, (%ecx)
    subl $0x1000, %eax
    jmp 1b
2:  subl %eax, %ecx
    orl $0, (%ecx)
    movl %esp, %eax
    movl %ecx, %esp
    movl (%eax), %ecx
    movl 4(%eax), %eax
    jmp *%eax
