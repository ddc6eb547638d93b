// SPDX-License-Identifier: GPL-2.0-or-later
/* guest_exceptions.c - so many exceptions, of the kind that the first argument names: for bench_machine.c. */
#include "../guest/programs/guard.h"

#include <stdlib.h>

static volatile int *const nowhere = (int *)16;
static volatile LONG handled;

/* Reads address 16 with an instruction of two bytes. */
#define READ_NOWHERE() __asm__ volatile(".byte 0x8B, 0x00" : : "a"(nowhere) : "memory")

static LONG CALLBACK skip(EXCEPTION_POINTERS *pointers)
{
    handled++;
    if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION)
        PROGRAM_COUNTER(pointers->ContextRecord) += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void body(void *argument)
{
    READ_NOWHERE();
}

int main(int argc, char **argv)
{
    long count = argc > 2 ? atol(argv[2]) : 0;
    char kind = argc > 1 ? argv[1][0] : 0;
    if (kind != 'f')
        AddVectoredExceptionHandler(1, skip);
    for (long i = 0; i < count; i++) {
        if (kind == 'v')
            READ_NOWHERE();
        else if (kind == 'r')
            RaiseException(0xE0000001, 0, 0, NULL);
        else if (guard_call(body, NULL, guard_take_all, NULL) == EXCEPTION_ACCESS_VIOLATION)
            handled++;
    }
    return handled == count ? 0 : 1;
}
