/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_guarantee.c - how much stack is left to handle a stack overflow: a page, or what was asked for.  And stacks of
 * threads that have ended are given back. */
#include "win32.h"
#include <malloc.h>
#include <setjmp.h>

typedef BOOL(WINAPI *set_guarantee)(ULONG *size);
static set_guarantee guarantee;

static jmp_buf back;
static unsigned long left;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    MEMORY_BASIC_INFORMATION info;
    char here = 0;

    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_STACK_OVERFLOW)
        return EXCEPTION_CONTINUE_SEARCH;
    VirtualQuery(&here, &info, sizeof info);
    char *fault = (char *)pointers->ExceptionRecord->ExceptionInformation[1];
    left = (unsigned long)((fault - ((char *)info.AllocationBase + PAGE)) / PAGE); /* whole pages below it */
    memset(alloca(left * PAGE - 3000), 1, left * PAGE - 3000);                     /* use them */
    longjmp(back, 1);
}

static __attribute__((noinline)) unsigned descend(unsigned n)
{
    volatile char frame[200];

    frame[0] = (char)n;
    return n != 0 ? descend(n + 1) + (unsigned)frame[0] : 0;
}

static void overflow(const char *when)
{
    if (setjmp(back) == 0)
        descend(1);
    printf("%s: overflow, with %lu pages left\n", when, left);
    printf("guard page again: %d\n", _resetstkoflw());
}

static void ask(ULONG size)
{
    ULONG value = size;

    SetLastError(0);
    if (guarantee(&value))
        printf("asked for %lu: before %lu\n", (unsigned long)size, (unsigned long)value);
    else
        printf("asked for %lu: error %lu\n", (unsigned long)size, (unsigned long)GetLastError());
}

static DWORD WINAPI thread(void *argument)
{
    (void)argument;

    ask(0);
    overflow("as it is");
    ask(0x8001);
    ask(0x1000);
    ask(0x7FFF0000);
    ask(0);
    overflow("guaranteed");
    overflow("and again");
    return 0;
}

static DWORD WINAPI nothing(void *argument)
{
    (void)argument;
    return 0;
}

int main(void)
{
    guarantee = (set_guarantee)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "SetThreadStackGuarantee");
    if (guarantee == NULL || AddVectoredExceptionHandler(1, on_exception) == NULL)
        return 1;
    HANDLE other = CreateThread(NULL, 256 << 10, thread, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    WaitForSingleObject(other, INFINITE);

    unsigned made = 0;
    for (; made < 200; made++) { /* 16 MB each: together more than there is */
        HANDLE one = CreateThread(NULL, 16 << 20, nothing, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (one == NULL)
            break;
        WaitForSingleObject(one, INFINITE);
        CloseHandle(one);
    }
    printf("threads made: %u\n", made);
    return 0;
}
