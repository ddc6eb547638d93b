/* SPDX-License-Identifier: GPL-2.0-or-later */
/* threads.c - threads: begin, end, suspend, resume, kill; what can be asked of them. */
#include "win32.h"

static volatile LONG counter;

static DWORD WINAPI add(void *argument)
{
    InterlockedExchangeAdd(&counter, (LONG)(LONG_PTR)argument);
    return 100 + (DWORD)(LONG_PTR)argument;
}

static DWORD WINAPI leave_early(void *argument)
{
    (void)argument;
    ExitThread(7);
}

static DWORD WINAPI sleep_for_ever(void *argument)
{
    (void)argument;
    Sleep(INFINITE);
    return 0;
}

static DWORD exit_code(HANDLE thread)
{
    DWORD code = 0;

    GetExitCodeThread(thread, &code);
    return code;
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, int argument, DWORD flags)
{
    return CreateThread(NULL, 0, routine, (void *)(LONG_PTR)argument, flags, NULL);
}

static void begin_and_end(void)
{
    HANDLE threads[3], other;
    DWORD id;

    for (int i = 0; i < 3; i++)
        threads[i] = start(add, i + 1, 0);
    printf("all three: %lu\n", (unsigned long)WaitForMultipleObjects(3, threads, TRUE, 5000));
    printf("sum %ld, codes %lu %lu %lu\n", (long)counter, (unsigned long)exit_code(threads[0]),
           (unsigned long)exit_code(threads[1]), (unsigned long)exit_code(threads[2]));
    other = start(leave_early, 0, 0);
    WaitForSingleObject(other, 5000);
    printf("ExitThread: %lu\n", (unsigned long)exit_code(other));
    TRY("suspend one that has ended", SuspendThread(other) != (DWORD)-1);
    TRY("kill one that has ended", TerminateThread(other, 1));
    other = CreateThread(NULL, 0, add, NULL, 0, &id);
    check("its number", id == GetThreadId(other) && id != GetCurrentThreadId());
    WaitForSingleObject(other, 5000);
    TRY("stack too large", CreateThread(NULL, (SIZE_T)-1 / 2, add, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
    TRY("null handle", GetExitCodeThread(NULL, &id));
    TRY("kill null", TerminateThread(NULL, 0));
}

static void suspend(void)
{
    HANDLE thread = start(add, 10, CREATE_SUSPENDED);

    counter = 0;
    Sleep(20);
    printf("suspended from birth: sum %ld, code %lu, wait %lu\n", (long)counter, (unsigned long)exit_code(thread),
           (unsigned long)WaitForSingleObject(thread, 0));
    printf("suspend again: %lu\n", (unsigned long)SuspendThread(thread));
    printf("resume: %lu\n", (unsigned long)ResumeThread(thread));
    printf("still: %lu\n", (unsigned long)WaitForSingleObject(thread, 20));
    printf("resume: %lu\n", (unsigned long)ResumeThread(thread));
    printf("done: %lu\n", (unsigned long)WaitForSingleObject(thread, 5000));
    printf("sum %ld\n", (long)counter);
    CloseHandle(thread);
}

static void kill(void)
{
    HANDLE thread = start(sleep_for_ever, 0, 0);

    printf("runs: %lu\n", (unsigned long)WaitForSingleObject(thread, 20));
    TRY("kill", TerminateThread(thread, 55));
    printf("dead: %lu, code %lu\n", (unsigned long)WaitForSingleObject(thread, 5000), (unsigned long)exit_code(thread));
    HANDLE opened = OpenThread(SYNCHRONIZE, FALSE, GetThreadId(thread));
    CloseHandle(thread);
    check("open", opened != NULL);
    TRY("kill with a handle to wait only", TerminateThread(opened, 0));
    TRY("open nobody", OpenThread(SYNCHRONIZE, FALSE, 0x7770));
}

static void priority(void)
{
    static const int values[] = {THREAD_PRIORITY_IDLE,         THREAD_PRIORITY_LOWEST,  THREAD_PRIORITY_BELOW_NORMAL,
                                 THREAD_PRIORITY_ABOVE_NORMAL, THREAD_PRIORITY_HIGHEST, THREAD_PRIORITY_TIME_CRITICAL,
                                 THREAD_PRIORITY_NORMAL};
    HANDLE self = GetCurrentThread();
    BOOL disabled = TRUE;

    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        bool set = SetThreadPriority(self, values[i]);
        printf("priority %d: %d %d\n", values[i], set, GetThreadPriority(self));
    }
    TRY("priority 20", SetThreadPriority(self, 20));
    TRY("boost", GetThreadPriorityBoost(self, &disabled) && !disabled);
    TRY("no boost", SetThreadPriorityBoost(self, TRUE) && GetThreadPriorityBoost(self, &disabled) && disabled);
    printf("class %lx\n", (unsigned long)GetPriorityClass(GetCurrentProcess()));
    TRY("class high", SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS));
    printf("class %lx\n", (unsigned long)GetPriorityClass(GetCurrentProcess()));
    TRY("two classes", SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS | IDLE_PRIORITY_CLASS));
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
    printf("affinity %lx\n", (unsigned long)SetThreadAffinityMask(self, 1));
    TRY("another processor", SetThreadAffinityMask(self, 2));
}

static DWORD WINAPI show_stack(void *argument)
{
    NT_TIB *tib = (NT_TIB *)NtCurrentTeb();
    MEMORY_BASIC_INFORMATION info;
    char here = 0;

    VirtualQuery(&here, &info, sizeof info);
    printf("%s: reserved %lu KB, committed %lu KB\n", (const char *)argument,
           (unsigned long)(((char *)tib->StackBase - (char *)info.AllocationBase) >> 10),
           (unsigned long)(((char *)tib->StackBase - (char *)tib->StackLimit) >> 10));
    return 0;
}

static void stack(const char *name, SIZE_T size, DWORD flags)
{
    HANDLE thread = CreateThread(NULL, size, show_stack, (void *)(LONG_PTR)name, flags, NULL);

    WaitForSingleObject(thread, 5000);
    CloseHandle(thread);
}

int main(void)
{
    begin_and_end();
    suspend();
    kill();
    priority();
    stack("stack, 256 KB committed", 256 << 10, 0);
    stack("stack, 256 KB reserved", 256 << 10, STACK_SIZE_PARAM_IS_A_RESERVATION);
    stack("stack, 3 MB committed", 3 << 20, 0);
    return 0;
}
