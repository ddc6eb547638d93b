// SPDX-License-Identifier: GPL-2.0-or-later
/* long_jump.c - longjmp over frames with handlers, and out of a vectored handler. */
#include "guard.h"
#include <setjmp.h>

static jmp_buf place;
static int *volatile nowhere;

static EXCEPTION_DISPOSITION cleans_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)frame;
    (void)context;
    if (record->ExceptionFlags & UNWIND_FLAGS)
        printf("  %s cleans up\n", (const char *)user);
    return ExceptionContinueSearch;
}

static void jump(void *value)
{
    longjmp(place, (int)(ULONG_PTR)value);
}

static void two_frames(void *value)
{
    guard_call(jump, value, cleans_up, "inner");
}

static LONG CALLBACK jumps(EXCEPTION_POINTERS *pointers)
{
    longjmp(place, (int)(pointers->ExceptionRecord->ExceptionCode & 0xFF));
}

static void plain(void)
{
    printf("plain:\n");
    int value = setjmp(place);
    if (value == 0)
        jump((void *)0);
    printf("  setjmp gave %d\n", value);
}

static void over_frames(void)
{
    volatile int kept = 5;
    printf("over two frames:\n");
    int value = setjmp(place);
    if (value == 0) {
        kept++;
        guard_call(two_frames, (void *)7, cleans_up, "outer");
    }
    printf("  setjmp gave %d, kept %d\n", value, kept);
}

static void read_nowhere(void *unused)
{
    (void)unused;
    printf("%d\n", *nowhere);
}

static void out_of_handler(void)
{
    printf("out of a vectored handler:\n");
    void *handle = AddVectoredExceptionHandler(1, jumps);
    int value = setjmp(place);
    if (value == 0)
        guard_call(read_nowhere, NULL, cleans_up, "frame");
    printf("  setjmp gave %d\n", value);
    RemoveVectoredExceptionHandler(handle);
}

int main(void)
{
    plain();
    over_frames();
    out_of_handler();
    out_of_handler();
    return 0;
}
