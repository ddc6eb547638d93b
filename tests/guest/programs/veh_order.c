// SPDX-License-Identifier: GPL-2.0-or-later
/* veh_order.c - vectored handlers in their order, before frames; continue handlers after. */
#include "guard.h"

#define CODE 0xE0000001

static const char *who_continues = "";
static EXCEPTION_DISPOSITION frame_answer = ExceptionContinueSearch;

static LONG called(const char *name)
{
    printf(" %s", name);
    return who_continues[0] == name[0] ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK a(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return called("a");
}

static LONG CALLBACK b(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return called("b");
}

static LONG CALLBACK c(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return called("c");
}

static LONG CALLBACK x(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return called("x");
}

static LONG CALLBACK y(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return called("y");
}

static EXCEPTION_DISPOSITION frame_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)frame;
    (void)context;
    (void)user;
    printf(" frame");
    if (record->ExceptionCode != CODE)
        return ExceptionContinueSearch;
    return frame_answer;
}

static void raise_one(void *text)
{
    printf("%s:", (const char *)text);
    RaiseException(CODE, 0, 0, NULL);
    printf("; continued\n");
}

int main(void)
{
    void *first_a = AddVectoredExceptionHandler(0, a);
    AddVectoredExceptionHandler(1, b);
    void *first_c = AddVectoredExceptionHandler(0, c);
    AddVectoredContinueHandler(1, x);
    void *first_y = AddVectoredContinueHandler(1, y);

    frame_answer = ExceptionContinueExecution;
    guard_call(raise_one, "frame continues", frame_handler, NULL);
    who_continues = "c";
    guard_call(raise_one, "c continues", frame_handler, NULL);
    who_continues = "b";
    guard_call(raise_one, "b continues", frame_handler, NULL);
    printf("c removed: %lu", RemoveVectoredExceptionHandler(first_c));
    printf(", again: %lu\n", RemoveVectoredExceptionHandler(first_c));
    printf("y removed as exception handler: %lu", RemoveVectoredExceptionHandler(first_y));
    printf(", as continue handler: %lu\n", RemoveVectoredContinueHandler(first_y));
    who_continues = "a";
    guard_call(raise_one, "a continues", frame_handler, NULL);
    printf("a removed: %lu\n", RemoveVectoredExceptionHandler(first_a));
    who_continues = "";
    guard_call(raise_one, "frame continues", frame_handler, NULL);
    return 0;
}
