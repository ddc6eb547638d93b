// SPDX-License-Identifier: GPL-2.0-or-later
/* unhandled_filter.c - the filter of last resort: it sees what no handler took, may repair it, and may end the process
 * quietly with the exception's code. */
#include "guard.h"

static char *page;

static EXCEPTION_DISPOSITION passes_on(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)record;
    (void)frame;
    (void)context;
    (void)user;
    printf("  frame handler\n");
    return ExceptionContinueSearch;
}

static LONG CALLBACK filter(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    printf("  filter: %08lx\n", record->ExceptionCode);
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION) {
        fflush(stdout);
        return EXCEPTION_EXECUTE_HANDLER;
    }
    VirtualAlloc(page, 1, MEM_COMMIT, PAGE_READWRITE);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void write_page(void *unused)
{
    (void)unused;
    page[0] = 7;
    printf("  value %d\n", page[0]);
}

static void raise(void *unused)
{
    (void)unused;
    RaiseException(0xE0000021, 0, 0, NULL);
    printf("  not reached\n");
}

int main(void)
{
    page = VirtualAlloc(NULL, 4096, MEM_RESERVE, PAGE_READWRITE);
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(filter);
    LPTOP_LEVEL_EXCEPTION_FILTER mine = SetUnhandledExceptionFilter(filter);
    printf("SetUnhandledExceptionFilter gives the one before: %s\n", mine == filter && before != mine ? "yes" : "no");
    printf("repaired:\n");
    guard_call(write_page, NULL, passes_on, NULL);
    printf("ended:\n");
    guard_call(raise, NULL, passes_on, NULL);
    return 0;
}
