// SPDX-License-Identifier: GPL-2.0-or-later
/* seh_collided.c - an exception in a handler that is cleaning up: the unwind that was going on is given up. */
#include "guard.h"

enum { FIRST = 0xE0000001, SECOND = 0xE0000002 };

static void tell(const char *who, const EXCEPTION_RECORD *record)
{
    printf("  %s: %s, %s\n", who, record->ExceptionCode == FIRST ? "first" : "second", guard_flags(record));
}

/* While it cleans up after the first exception, raise a second one: once. */
static EXCEPTION_DISPOSITION raises_in_unwind(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    static int raised;
    (void)frame;
    (void)context;
    tell(user, record);
    if ((record->ExceptionFlags & EXCEPTION_UNWINDING) && raised++ == 0) {
        RaiseException(SECOND, 0, 0, NULL);
        printf("  not reached\n");
    }
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION takes_one(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)context;
    tell(user, record);
    DWORD wanted = *(const char *)user == 'm' ? FIRST : SECOND;
    if (!(record->ExceptionFlags & UNWIND_FLAGS) && record->ExceptionCode == wanted)
        guard_leave(record, frame, record->ExceptionCode);
    return ExceptionContinueSearch;
}

static void raise_first(void *unused)
{
    (void)unused;
    RaiseException(FIRST, 0, 0, NULL);
}

static void inner(void *unused)
{
    guard_call(raise_first, unused, raises_in_unwind, "inner");
    printf("  not reached\n");
}

static void middle(void *unused)
{
    guard_call(inner, unused, takes_one, "middle");
    printf("  not reached: the second exception took the first one's place\n");
}

int main(void)
{
    ULONG_PTR code = guard_call(middle, NULL, takes_one, "outer");
    printf("caught %08lx\n", (unsigned long)code);
    return 0;
}
