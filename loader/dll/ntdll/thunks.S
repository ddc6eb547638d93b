/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thunks.S - the way into the kernel: one thunk for each line of services.inc.
 *
 *     mov  eax, N            the kernel reads N here, so this comes first
 *     lea  edx, [esp+4]      the arguments
 *     int  0x2e
 *     ret  4*nargs
 */
#ifdef __i386__

    .text
    .altmacro
    .set service_number, 0

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

.macro SERVICE name, count
    THUNK \name, %(\count * 4), %service_number
    .set service_number, service_number + 1
.endm

#include "services.inc"

#endif
