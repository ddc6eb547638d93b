// SPDX-License-Identifier: GPL-2.0-or-later
/* native_raise.c - NtRaiseException and NtContinue, called directly: the first chance goes to the handlers, the second
 * one ends the program. */
#include "guard.h"

typedef LONG(NTAPI *raise_routine)(EXCEPTION_RECORD *record, CONTEXT *context, BOOLEAN first_chance);
typedef LONG(NTAPI *continue_routine)(CONTEXT *context, BOOLEAN test_alert);

static raise_routine nt_raise;
static continue_routine nt_continue;
static CONTEXT context __attribute__((aligned(16)));
static volatile int passes;

static LONG CALLBACK vectored(EXCEPTION_POINTERS *pointers)
{
    printf("  handler: %08lx, flags %s\n", pointers->ExceptionRecord->ExceptionCode,
           guard_flags(pointers->ExceptionRecord));
    return passes < 2 ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static void raise_native(BOOLEAN first_chance)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xE0000001};
    passes = 0;
    RtlCaptureContext(&context); /* continued: comes back here */
    if (passes++ == 0) {
        record.ExceptionAddress = (void *)(ULONG_PTR)PROGRAM_COUNTER(&context);
        LONG status = nt_raise(&record, &context, first_chance);
        printf("  NtRaiseException returned %08lx\n", status);
    }
}

int main(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    nt_raise = (raise_routine)(void *)GetProcAddress(ntdll, "NtRaiseException");
    nt_continue = (continue_routine)(void *)GetProcAddress(ntdll, "NtContinue");
    AddVectoredExceptionHandler(1, vectored);

    printf("NtContinue:\n");
    passes = 0;
    RtlCaptureContext(&context);
    if (passes++ < 3)
        nt_continue(&context, FALSE);
    printf("  passes: %d\n", passes);

    printf("first chance:\n");
    raise_native(TRUE);
    printf("  passes: %d\n", passes);

    printf("second chance:\n");
    fflush(stdout);
    raise_native(FALSE);
    printf("  not reached\n");
    return 0;
}
