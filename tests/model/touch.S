// SPDX-License-Identifier: GPL-2.0-or-later
/* touch.S - accesses at known places.  An access that faults is left through touch_failed: see touch.c. */
#ifdef __x86_64__
#define NAME(x) x
#else
#define NAME(x) _##x
#endif
        .text
        .globl NAME(touch_begin), NAME(touch_failed), NAME(touch_saved_stack)

/* int touch_begin(routine, address, value *): runs the routine with the address in (e/r)cx and the value in
 * (e/r)ax; returns 1, or 0 by way of touch_failed. */
#ifdef __x86_64__
touch_begin:
        pushq %rbx
        movq %rsp, touch_saved_stack(%rip)
        movq %r8, %rbx
        movq %rcx, %r9
        movq %rdx, %rcx
        movq (%rbx), %rax
        call *%r9
        movq %rax, (%rbx)
        movl $1, %eax
        popq %rbx
        ret
touch_failed:
        movq touch_saved_stack(%rip), %rsp
        xorl %eax, %eax
        popq %rbx
        ret
#define CX %rcx
#else
_touch_begin:
        pushl %ebx
        movl %esp, _touch_saved_stack
        movl 16(%esp), %ebx
        movl 12(%esp), %ecx
        movl (%ebx), %eax
        movl 4(%ebx), %edx
        call *8(%esp)
        movl %eax, (%ebx)
        movl $1, %eax
        popl %ebx
        ret
_touch_failed:
        movl _touch_saved_stack, %esp
        xorl %eax, %eax
        popl %ebx
        ret
#define CX %ecx
#endif

        .globl NAME(touch_read_1), NAME(touch_read_2), NAME(touch_read_4), NAME(touch_write_1), NAME(touch_write_2)
        .globl NAME(touch_write_4), NAME(touch_modify_1), NAME(touch_modify_2), NAME(touch_modify_4), NAME(touch_execute)
NAME(touch_read_1):
        movzbl (CX), %eax
        ret
NAME(touch_read_2):
        movzwl (CX), %eax
        ret
NAME(touch_read_4):
        movl (CX), %eax
        ret
NAME(touch_write_1):
        movb %al, (CX)
        ret
NAME(touch_write_2):
        movw %ax, (CX)
        ret
NAME(touch_write_4):
        movl %eax, (CX)
        ret
NAME(touch_modify_1):
        xorb %al, (CX)
        ret
NAME(touch_modify_2):
        xorw %ax, (CX)
        ret
NAME(touch_modify_4):
        lock xorl %eax, (CX)
        ret
NAME(touch_execute):
        jmp *CX
#ifdef __x86_64__
        .globl touch_read_8, touch_write_8, touch_modify_8
touch_read_8:
        movq (%rcx), %rax
        ret
touch_write_8:
        movq %rax, (%rcx)
        ret
touch_modify_8:
        xorq %rax, (%rcx)
        ret
#endif
        .bss
        .balign 8
NAME(touch_saved_stack):
        .skip 8
