// SPDX-License-Identifier: GPL-2.0-or-later
/* guest_ends.c - a program that ends as its argument says: with a stack that is no stack, in a loop, in handlers that
 * fault.  No C run-time.  See test_ends.c. */
#include <windows.h>

#ifdef _WIN64
#define SET_STACK "mov %0, %%rsp\n\t"
#define PUSH "push %%rax\n\t"
#define STEP "pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\tnop"
#else
#define SET_STACK "mov %0, %%esp\n\t"
#define PUSH "push %%eax\n\t"
#define STEP "pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tnop\n\tnop\n\tnop"
#endif
#define ON_STACK(address, code) __asm__ volatile(SET_STACK code : : "r"((ULONG_PTR)(address)) : "memory")

static volatile ULONG count;

static ULONG_PTR stack_page(void)
{
    MEMORY_BASIC_INFORMATION info;
    char here;
    VirtualQuery(&here, &info, sizeof info);
    return (ULONG_PTR)info.BaseAddress;
}

static LONG CALLBACK go_on(EXCEPTION_POINTERS *pointers)
{
    count++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG CALLBACK faults_too(EXCEPTION_POINTERS *pointers)
{
    *(volatile int *)8 = 1;
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Each single step: count it, and go on without. */
static LONG CALLBACK count_step(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_SINGLE_STEP)
        count++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Past what the optimiser sees through. */
static __attribute__((noinline)) ULONG descend(ULONG level)
{
    volatile ULONG frame[64];
    frame[0] = level;
    return level ? descend(level + 1) + frame[0] : 0;
}

/* Turn the first stack overflow into ever deeper calls: nothing has made a new guard page. */
static LONG CALLBACK descend_again(EXCEPTION_POINTERS *pointers)
{
    return (LONG)descend(1);
}

static DWORD milliseconds_of_shared_page(void)
{
    volatile DWORD *shared = (volatile DWORD *)0x7FFE0000;
    (void)shared[0x26C / 4]; /* NtMajorVersion: the page is known now */
    return (DWORD)(((ULONGLONG)shared[0x320 / 4] * shared[1]) >> 24);
}

static void poll(DWORD (*clock)(void))
{
    DWORD begin = clock();
    while (clock() - begin < 50)
        count++;
    ExitProcess(count > 100 ? 7 : 1);
}

static DWORD tick_count(void)
{
    return GetTickCount();
}

static void end(char how)
{
    DWORD old;
    switch (how) {
    case 'a': ON_STACK(0, PUSH); break;
    case 'b': ON_STACK(0x10, "int3"); break;
    case 'c': ON_STACK((LONG_PTR)(LONG)0x80001000, PUSH); break; /* system space, in either width */
    case 'd': ON_STACK(0x600000000, "ud2"); break;               /* x64: nothing there */
    case 'e': ON_STACK(0x1000000000000, "ud2"); break;           /* x64: not canonical */
    case 'f':
        VirtualProtect((void *)stack_page(), 0x1000, PAGE_READONLY, &old);
        __asm__ volatile("int3");
        break;
    case 'g': ON_STACK(stack_page() + 0x803, "int3"); break; /* not aligned: room and rights are what counts */
    case 'h': descend(1); break;
    case 'i':
        AddVectoredExceptionHandler(1, descend_again);
        descend(1);
        break;
    case 'j':
        AddVectoredExceptionHandler(1, faults_too);
        *(volatile int *)4 = 1;
        break;
    case 'k':
        for (;;)
            __asm__ volatile("");
    case 'l':
        AddVectoredExceptionHandler(1, go_on);
        __asm__ volatile("ud2");
        break;
    case 'm': poll(tick_count); break;
    case 'n': poll(milliseconds_of_shared_page); break;
    case 'o':
        AddVectoredExceptionHandler(1, count_step);
        __asm__ volatile(STEP : : : "memory");
        ExitProcess(count);
    }
    ExitProcess(99);
}

void start(void)
{
    const char *line = GetCommandLineA();
    while (line[1])
        line++;
    end(*line);
}
