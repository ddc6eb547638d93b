/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thunks.S - the way into the kernel: one thunk for each line of services.inc.  The kernel reads N here, so the code of
 * a thunk is fixed:
 *
 *     x86   mov  eax, N            x64   mov  r10, rcx      syscall overwrites rcx
 *           lea  edx, [esp+4]            mov  eax, N
 *           int  0x2e                    syscall
 *           ret  4*nargs                 ret
 */
    .text
    .altmacro
    .set service_number, 0

#ifdef __i386__
.macro THUNK name, bytes, number
    .globl _Nt\name\()@\bytes
    .globl _Zw\name\()@\bytes
    .balign 16
_Nt\name\()@\bytes:
_Zw\name\()@\bytes:
    movl $\number, %eax
    leal 4(%esp), %edx
    int $0x2e
    ret $\bytes
.endm
#else
.macro THUNK name, bytes, number
    .globl Nt\name
    .globl Zw\name
    .balign 16
Nt\name:
Zw\name:
    .byte 0x4C, 0x8B, 0xD1 /* the form of mov r10, rcx that the kernel looks for */
    movl $\number, %eax
    syscall
    ret
.endm
#endif

.macro SERVICE name, count
    THUNK \name, %(\count * 4), %service_number
    .set service_number, service_number + 1
.endm

#include "services.inc"
