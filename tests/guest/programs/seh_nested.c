// SPDX-License-Identifier: GPL-2.0-or-later
/* seh_nested.c - frames inside of frames: search from the inside out, unwind, and an exception in a handler. */
#include "guard.h"

enum { FIRST = 0xE0000001, SECOND = 0xE0000002 };

static const char *code_name(const EXCEPTION_RECORD *record)
{
    return record->ExceptionCode == FIRST ? "first" : record->ExceptionCode == SECOND ? "second" : "other";
}

static void tell(const char *who, const EXCEPTION_RECORD *record)
{
    printf("  %s: %s, %s\n", who, code_name(record), guard_flags(record));
}

static EXCEPTION_DISPOSITION passes_on(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)frame;
    (void)context;
    tell(user, record);
    return ExceptionContinueSearch;
}

/* In the search for the first exception, raise a second one. */
static EXCEPTION_DISPOSITION raises(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)frame;
    (void)context;
    tell(user, record);
    if (record->ExceptionCode == FIRST && !(record->ExceptionFlags & UNWIND_FLAGS))
        RaiseException(SECOND, 0, 0, NULL);
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION takes(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    tell(user, record);
    return guard_take_all(record, frame, context, user);
}

static void raise_first(void *unused)
{
    (void)unused;
    RaiseException(FIRST, 0, 0, NULL);
    printf("  not reached\n");
}

static void two_frames(void *handler)
{
    guard_call(raise_first, NULL, (guard_handler)handler, "inner");
    printf("  not reached\n");
}

static void middle(void *handler)
{
    guard_call(two_frames, handler, passes_on, "middle");
    printf("  not reached\n");
}

int main(void)
{
    printf("search and unwind:\n");
    ULONG_PTR code = guard_call(middle, (void *)passes_on, takes, "outer");
    printf("  caught %08lx\n", (unsigned long)code);
    printf("an exception in the inner handler:\n");
    code = guard_call(middle, (void *)raises, takes, "outer");
    printf("  caught %08lx\n", (unsigned long)code);
    printf("and again, as if nothing had been:\n");
    code = guard_call(middle, (void *)passes_on, takes, "outer");
    printf("  caught %08lx\n", (unsigned long)code);
    return 0;
}
