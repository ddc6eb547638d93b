// SPDX-License-Identifier: GPL-2.0-or-later
/* stack_growth.c - a stack is reserved whole and committed as it is used.
 *
 * In the trace: each new page of the stack is a StackGrowth fault, 0x1000 below the one before.  It is the guard page:
 * the memory manager makes it an ordinary page and the next one the guard, and the program never notices. */
#include <stdio.h>
#include <windows.h>

#define PAGE 4096
#define PAGES 32

static char *stack_limit(void)
{
    return ((NT_TIB *)NtCurrentTeb())->StackLimit;
}

static const char *kind_of(char *address)
{
    MEMORY_BASIC_INFORMATION info = {0};
    VirtualQuery(address, &info, sizeof(info));
    if (info.State == MEM_RESERVE)
        return "reserved";
    if (info.State != MEM_COMMIT)
        return "free";
    return info.Protect == PAGE_READWRITE                  ? "committed"
           : info.Protect == (PAGE_READWRITE | PAGE_GUARD) ? "guard page"
                                                           : "something else";
}

static void show(const char *when)
{
    char *limit = stack_limit();
    printf("%s: at the limit %s, below it %s, below that %s\n", when, kind_of(limit), kind_of(limit - PAGE),
           kind_of(limit - 2 * PAGE));
}

/* A frame of about a page for each level: the compiler's stack probe touches it from above. */
static __attribute__((noinline)) unsigned touch(unsigned pages)
{
    volatile char frame[PAGE];
    frame[0] = 1;
    return pages > 1 ? frame[0] + touch(pages - 1) : (unsigned)frame[0];
}

int main(void)
{
    show("before");
    char *before = stack_limit();
    unsigned touched = touch(PAGES);
    char *after = stack_limit();
    printf("touched %u frames of a page\n", touched);
    printf("the limit moved down by at least %u pages: %s\n", PAGES - 2,
           before - after >= (PAGES - 2) * PAGE ? "yes" : "no");
    show("after");
    touch(PAGES);
    printf("a second time: %s\n", stack_limit() == after ? "no growth" : "grown again");
    return 0;
}
