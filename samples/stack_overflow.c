// SPDX-License-Identifier: GPL-2.0-or-later
/* stack_overflow.c - the end of the stack, survived twice.
 *
 * In the trace: StackGrowth faults down to the end of the reservation; at the last but one page the guard page is hit
 * with no room for another, and STATUS_STACK_OVERFLOW is raised.  The page below is committed, so that the handler has
 * a stack to run on.  The vectored handler jumps back to main; _resetstkoflw then makes a new guard page, and the
 * second descent ends like the first one.  (Without it the second one would end in an access violation.) */
#include <malloc.h>
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>

#define PAGE 4096

static jmp_buf back;
static volatile unsigned depth;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_STACK_OVERFLOW)
        return EXCEPTION_CONTINUE_SEARCH;
    longjmp(back, 1);
}

static __attribute__((noinline)) unsigned descend(unsigned level)
{
    volatile char frame[200];
    frame[0] = (char)level;
    depth = level;
    return level != 0 ? descend(level + 1) + (unsigned)frame[0] : 0;
}

/* => how deep it went. */
static unsigned overflow(void)
{
    if (setjmp(back) == 0)
        return descend(1);
    return depth;
}

static const char *page_at(char *address)
{
    MEMORY_BASIC_INFORMATION info = {0};
    VirtualQuery(address, &info, sizeof(info));
    return info.State == MEM_RESERVE                       ? "reserved"
           : info.Protect == PAGE_READWRITE                ? "committed"
           : info.Protect == (PAGE_READWRITE | PAGE_GUARD) ? "guard page"
                                                           : "something else";
}

static void show_end(const char *when)
{
    MEMORY_BASIC_INFORMATION info;
    char here = 0;
    VirtualQuery(&here, &info, sizeof(info));
    char *end = info.AllocationBase;
    printf("%s: pages from the end: %s, %s, %s\n", when, page_at(end), page_at(end + PAGE), page_at(end + 2 * PAGE));
}

int main(void)
{
    if (AddVectoredExceptionHandler(1, on_exception) == NULL)
        return 1;
    show_end("before");
    unsigned first = overflow();
    printf("STATUS_STACK_OVERFLOW, %s calls deep\n", first > 1000 ? "thousands of" : "only a few");
    show_end("overflown");
    printf("_resetstkoflw: %d\n", _resetstkoflw());
    show_end("reset");
    unsigned second = overflow();
    printf("STATUS_STACK_OVERFLOW again, %s\n", first == second ? "as deep" : "not as deep");
    printf("_resetstkoflw: %d\n", _resetstkoflw());
    return 0;
}
