// SPDX-License-Identifier: GPL-2.0-or-later
/* continue_context.c - a handler changes the registers, and the program goes on with them. */
#include "guard.h"

#ifdef _WIN64
#else
#endif

enum { READ_LENGTH = 2, CARRY = 1 }; /* movl (%ecx), %eax is 8B 01 in both widths */

static LONG CALLBACK on_read(EXCEPTION_POINTERS *pointers)
{
    CONTEXT *context = pointers->ContextRecord;
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    printf("access violation, kind %lu, address %lx\n",
           (unsigned long)pointers->ExceptionRecord->ExceptionInformation[0],
           (unsigned long)pointers->ExceptionRecord->ExceptionInformation[1]);
    PROGRAM_COUNTER(context) += READ_LENGTH;
    RESULT(context) = 42;
    context->EFlags |= CARRY;
#ifdef _WIN64
    context->Xmm5.Low = 0x1122334455667788;
    context->R12 = 12;
#else
    *(ULONGLONG *)(context->ExtendedRegisters + 160 + 5 * 16) = 0x1122334455667788;
    context->ContextFlags |= CONTEXT_EXTENDED_REGISTERS;
    context->Esi = 12;
#endif
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void)
{
    ULONG_PTR value, other = 0;
    unsigned char carry;
    ULONGLONG vector;
    AddVectoredExceptionHandler(1, on_read);
#ifdef _WIN64
    __asm__ volatile("xorl %%r12d, %%r12d; clc; movl (%%rcx), %%eax; setc %1; movq %%xmm5, %2; movq %%r12, %3"
                     : "=&a"(value), "=m"(carry), "=m"(vector), "=m"(other)
                     : "c"(0x10)
                     : "r12", "xmm5", "cc", "memory");
#else
    __asm__ volatile("xorl %%esi, %%esi; clc; movl (%%ecx), %%eax; setc %1; movq %%xmm5, %2; movl %%esi, %3"
                     : "=&a"(value), "=m"(carry), "=m"(vector), "=m"(other)
                     : "c"(0x10)
                     : "esi", "cc", "memory");
#endif
    printf("value %lu, carry %u, vector %08lx%08lx, other %lu\n", (unsigned long)value, carry,
           (unsigned long)(vector >> 32), (unsigned long)vector, (unsigned long)other);
    return 0;
}
