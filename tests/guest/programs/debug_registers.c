// SPDX-License-Identifier: GPL-2.0-or-later
/* debug_registers.c - hardware breakpoints are not modelled: a context that asks for them is accepted, and
 * nothing breaks.  (docs/limitations.md; on Windows the write below would raise
 * STATUS_SINGLE_STEP.) */
#include "guard.h"

static volatile int watched;
static int steps;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    CONTEXT *context = pointers->ContextRecord;
    if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_SINGLE_STEP) {
        steps++;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    context->ContextFlags |= CONTEXT_DEBUG_REGISTERS;
    context->Dr0 = (ULONG_PTR)&watched;
    context->Dr7 = 0xD0001; /* break on writes of 4 bytes */
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void)
{
    AddVectoredExceptionHandler(1, on_exception);
    RaiseException(0xE0000001, 0, 0, NULL);
    watched = 1;
    printf("breaks: %d\n", steps);
    return 0;
}
