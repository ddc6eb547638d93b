// SPDX-License-Identifier: GPL-2.0-or-later
/* exception_in_handler.c - handlers that fault themselves, and catch it. */
#include "guard.h"

static int *volatile nowhere;
static int depth;

static void read_nowhere(void *unused)
{
    (void)unused;
    printf("  the value is %d\n", *nowhere);
}

/* A vectored handler is called for the exceptions of a vectored handler. */
static LONG CALLBACK vectored(EXCEPTION_POINTERS *pointers)
{
    printf("  vectored handler, depth %d, code %08lx\n", depth, pointers->ExceptionRecord->ExceptionCode);
    if (depth++ < 2) {
        ULONG_PTR code = guard_call(read_nowhere, NULL, guard_take_all, NULL);
        printf("  caught %08lx inside\n", (unsigned long)code);
    }
    depth--;
    return EXCEPTION_CONTINUE_SEARCH;
}

/* A frame handler that faults and catches it, then takes the exception that it was asked about. */
static EXCEPTION_DISPOSITION faults(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)context;
    (void)user;
    if (record->ExceptionFlags & UNWIND_FLAGS)
        return ExceptionContinueSearch;
    ULONG_PTR code = guard_call(read_nowhere, NULL, guard_take_all, NULL);
    printf("  the handler itself caught %08lx\n", (unsigned long)code);
    guard_leave(record, frame, 7);
}

static void raise(void *unused)
{
    (void)unused;
    RaiseException(0xE0000001, 0, 0, NULL);
}

int main(void)
{
    printf("in a vectored handler:\n");
    void *handle = AddVectoredExceptionHandler(1, vectored);
    ULONG_PTR code = guard_call(raise, NULL, guard_take_all, NULL);
    RemoveVectoredExceptionHandler(handle);
    printf("  outside: %08lx\n", (unsigned long)code);
    printf("in a frame handler:\n");
    printf("  outside: %lu\n", (unsigned long)guard_call(raise, NULL, faults, NULL));
    printf("a thousand times:\n");
    unsigned caught = 0;
    for (int i = 0; i < 1000; i++)
        caught += guard_call(raise, NULL, guard_take_all, NULL) == 0xE0000001;
    printf("  %u\n", caught);
    return 0;
}
