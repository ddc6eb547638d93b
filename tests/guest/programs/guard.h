/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.h - a call with an exception handler around it, the same in both widths; gcc has no __try.
 *
 * On x86 guard_call links a registration record at FS:[0]; on x64 its unwind data names the handler.  Either way the
 * handler is called as the system calls handlers, for the search and for the unwind. */
#ifndef SOFTFAULT_TESTS_GUARD_H
#define SOFTFAULT_TESTS_GUARD_H

#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0502
#include <stdio.h>
#include <windows.h>

#define UNWIND_FLAGS (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)

typedef EXCEPTION_DISPOSITION (*guard_handler)(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user);

/* Run body(argument) inside of the handler's frame.
 * => 0, or the value that guard_leave was called with. */
ULONG_PTR guard_call(void (*body)(void *), void *argument, guard_handler handler, void *user);

/* From a handler: unwind to its frame and return from its guard_call. */
void guard_leave(EXCEPTION_RECORD *record, void *frame, ULONG_PTR value) __attribute__((noreturn));

/* A handler that leaves with the exception's code. */
EXCEPTION_DISPOSITION guard_take_all(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user);

/* Where the exception is to be continued. */
#ifdef _WIN64
#define PROGRAM_COUNTER(context) ((context)->Rip)
#define RESULT(context) ((context)->Rax)
#else
#define PROGRAM_COUNTER(context) ((context)->Eip)
#define RESULT(context) ((context)->Eax)
#endif

/* The names of a record's flags, "-" for none; the text stays until the next call. */
const char *guard_flags(const EXCEPTION_RECORD *record);

#endif
