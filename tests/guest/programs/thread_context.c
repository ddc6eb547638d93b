/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread_context.c - the registers of another thread, read and changed. */
#include "win32.h"

#ifdef _WIN64
#define COUNTER(c) ((c).Rip)
#define STACK(c) ((c).Rsp)
#define LOOP_REGISTER(c) ((c).Rbx)
#else
#define COUNTER(c) ((c).Eip)
#define STACK(c) ((c).Esp)
#define LOOP_REGISTER(c) ((c).Ebx)
#endif

/* Runs as long as its register (ebx, rbx) is 1; returns what the register then is. */
ULONG_PTR spin(void);
__asm__(".text\n"
#ifdef _WIN64
        ".globl spin, spin_end\n"
        "spin: pushq %rbx\n movl $1, %ebx\n"
        "1: cmpq $1, %rbx\n je 1b\n movq %rbx, %rax\n popq %rbx\n ret\n"
        "spin_end:\n"
#else
        ".globl _spin, _spin_end\n"
        "_spin: pushl %ebx\n movl $1, %ebx\n"
        "1: cmpl $1, %ebx\n je 1b\n movl %ebx, %eax\n popl %ebx\n ret\n"
        "_spin_end:\n"
#endif
);
extern char spin_end[];

static DWORD WINAPI spinner(void *argument)
{
    (void)argument;
    return (DWORD)spin();
}

static DWORD WINAPI elsewhere(void *argument)
{
    (void)argument;
    ExitThread(33);
}

int main(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, spinner, NULL, 0, NULL);

    printf("spins: %lu\n", (unsigned long)WaitForSingleObject(thread, 100));
    printf("suspend: %lu\n", (unsigned long)SuspendThread(thread));
    TRY("read", GetThreadContext(thread, &context));
    check("inside the loop", COUNTER(context) >= (ULONG_PTR)spin && COUNTER(context) < (ULONG_PTR)spin_end);
    check("its register", LOOP_REGISTER(context) == 1);
    check("its own stack", STACK(context) != 0 && (STACK(context) > (ULONG_PTR)&context + UNIT ||
                                                   STACK(context) < (ULONG_PTR)&context - UNIT));
    LOOP_REGISTER(context) = 44;
    TRY("write", SetThreadContext(thread, &context));
    printf("resume: %lu\n", (unsigned long)ResumeThread(thread));
    printf("it ends: %lu\n", (unsigned long)WaitForSingleObject(thread, 5000));
    GetExitCodeThread(thread, &code);
    printf("code %lu\n", (unsigned long)code);
    TRY("of a thread that has ended", GetThreadContext(thread, &context));

    thread = CreateThread(NULL, 0, spinner, NULL, 0, NULL);
    Sleep(50);
    SuspendThread(thread);
    context.ContextFlags = CONTEXT_CONTROL;
    GetThreadContext(thread, &context);
    COUNTER(context) = (ULONG_PTR)elsewhere;
    STACK(context) = (STACK(context) & ~(ULONG_PTR)15) - 8 - 64; /* as a call leaves it, with room to spare */
    SetThreadContext(thread, &context);
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    printf("sent elsewhere: code %lu\n", (unsigned long)code);
    return 0;
}
