/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.c - the part of guard.h that C can say. */
#include "guard.h"

EXCEPTION_DISPOSITION guard_dispatch(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher);
void guard_resume(void *frame, ULONG_PTR value) __attribute__((noreturn));

/* Where guard_call (guard.S) keeps the handler and the user pointer, in words from the frame. */
#ifdef _WIN64
enum { HANDLER_AT = 5, USER_AT = 6 };
#else
enum { HANDLER_AT = 2, USER_AT = 3 };
#endif

EXCEPTION_DISPOSITION guard_dispatch(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    void **words = frame;
    (void)dispatcher;
    return ((guard_handler)words[HANDLER_AT])(record, frame, context, words[USER_AT]);
}

void guard_leave(EXCEPTION_RECORD *record, void *frame, ULONG_PTR value)
{
#ifdef _WIN64
    CONTEXT context;
    RtlUnwindEx(frame, (void *)guard_resume, record, (void *)value, &context, NULL);
    ExitProcess(99);
#else
    RtlUnwind(frame, NULL, record, NULL);
    guard_resume(frame, value);
#endif
}

EXCEPTION_DISPOSITION guard_take_all(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)context;
    (void)user;
    if (record->ExceptionFlags & UNWIND_FLAGS)
        return ExceptionContinueSearch;
    guard_leave(record, frame, record->ExceptionCode);
}

const char *guard_flags(const EXCEPTION_RECORD *record)
{
    static const struct {
        DWORD flag;
        const char *name;
    } flags[] = {{EXCEPTION_NONCONTINUABLE, "NONCONTINUABLE "},  {EXCEPTION_UNWINDING, "UNWINDING "},
                 {EXCEPTION_EXIT_UNWIND, "EXIT_UNWIND "},        {EXCEPTION_STACK_INVALID, "STACK_INVALID "},
                 {EXCEPTION_NESTED_CALL, "NESTED_CALL "},        {EXCEPTION_TARGET_UNWIND, "TARGET_UNWIND "},
                 {EXCEPTION_COLLIDED_UNWIND, "COLLIDED_UNWIND "}};
    static char text[160];
    size_t length = 0;
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (record->ExceptionFlags & flags[i].flag)
            for (const char *p = flags[i].name; *p != 0;)
                text[length++] = *p++;
    if (length == 0)
        return "-";
    text[length - 1] = 0;
    return text;
}
