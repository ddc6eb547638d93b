/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.h - what the programs of this folder stand on: no C library, whose start may not find the memory that it
 * wants, but windows.h alone; everything that may fail for no reason of its own (--inject) is tried again.
 *
 * An in-page error anywhere is handled by running the instruction again.  The stack is committed by the header of the
 * program and locked, since the system itself needs it to deliver an exception.  Both are seen to in a TLS callback,
 * before injection begins.  To find a handler ntdll takes locks, for ever where the taking itself was interrupted by
 * a read that failed, since the handler of that wants the same lock: so locks, and the code that takes them, are locked
 * in memory too, and from start() on the handler is one of frames. */
#ifndef TESTS_PRESSURE_MACHINE_H
#define TESTS_PRESSURE_MACHINE_H

#include <stdint.h>
#include <windows.h>

#define IN_PAGE_ERROR 0xC0000006u
#define DEVICE_ERROR 0xC0000185u

enum { TRIES = 200 };

/* What the handler saw. */
extern struct errors {
    volatile LONG in_page; /* exceptions that were as they should be: about a page that failed to be read */
    volatile LONG strange; /* others of that code */
    void (*look)(const EXCEPTION_RECORD *record); /* is shown them all */
} errors;

/* The program proper; its exit code. */
unsigned run(unsigned argc, const char *const *argv);

/* Entry point: arguments, run(), end. */
void start(void);

uint32_t number(const char *text);
int same(const char *a, const char *b);

/* Formats %s, %u and %x (8 digits) and prints.  Ends the program where that fails TRIES times. */
void say(const char *format, ...);

/* NULL: refused TRIES times. */
void *take(size_t bytes);

#endif
