// SPDX-License-Identifier: GPL-2.0-or-later
/* procedure_calls.c - APCs: calls that a thread runs when it says that it is ready for them.
 *
 * In the trace (--events state): an alertable wait ends when a call is queued, Waiting, DeferredReady, Ready; a wait
 * that is not alertable goes on.  Each call begins in ntdll.dll!KiUserApcDispatcher, with a frame on the thread's own
 * stack. */
#include <stdio.h>
#include <windows.h>

static DWORD main_thread;

static void CALLBACK called(ULONG_PTR number)
{
    printf("  call %lu, in %s thread\n", (unsigned long)number,
           GetCurrentThreadId() == main_thread ? "the main" : "another");
}

static void CALLBACK chain(ULONG_PTR number)
{
    called(number);
    if (number < 12)
        QueueUserAPC(chain, GetCurrentThread(), number + 1);
}

static void CALLBACK waits_inside(ULONG_PTR number)
{
    called(number);
    printf("  a wait inside the call: %s\n", SleepEx(1, TRUE) == WAIT_IO_COMPLETION ? "one more came" : "nothing came");
}

static DWORD WINAPI sleeper(void *milliseconds)
{
    printf("thread: begins\n");
    DWORD result = SleepEx((DWORD)(ULONG_PTR)milliseconds, TRUE);
    printf("thread: %s\n", result == WAIT_IO_COMPLETION ? "woken by a call" : "slept to the end");
    return 0;
}

static const char *outcome(DWORD result)
{
    return result == WAIT_IO_COMPLETION ? "ended by calls" : result == WAIT_TIMEOUT ? "timed out" : "over";
}

int main(void)
{
    HANDLE me = GetCurrentThread(), event = CreateEventA(NULL, TRUE, FALSE, NULL), thread;
    main_thread = GetCurrentThreadId();

    for (ULONG_PTR i = 1; i <= 3; i++)
        QueueUserAPC(called, me, i);
    printf("a wait that is not alertable: %s\n", outcome(WaitForSingleObject(event, 10)));
    printf("an alertable one: %s\n", outcome(WaitForSingleObjectEx(event, 10, TRUE)));
    printf("the next: %s\n", outcome(WaitForSingleObjectEx(event, 10, TRUE)));
    QueueUserAPC(called, me, 4);
    SetEvent(event);
    printf("the event is set, and a call there: %s\n", outcome(WaitForSingleObjectEx(event, 10, TRUE)));
    SleepEx(0, TRUE);
    QueueUserAPC(chain, me, 10);
    printf("each queues the next: %s\n", outcome(SleepEx(INFINITE, TRUE)));
    QueueUserAPC(waits_inside, me, 20);
    QueueUserAPC(called, me, 21);
    printf("nested: %s\n", outcome(SleepEx(INFINITE, TRUE)));

    thread = CreateThread(NULL, 0, sleeper, (void *)(ULONG_PTR)INFINITE, 0, NULL);
    Sleep(10);
    QueueUserAPC(called, thread, 30);
    WaitForSingleObject(thread, INFINITE);
    thread = CreateThread(NULL, 0, sleeper, (void *)10, CREATE_SUSPENDED, NULL);
    QueueUserAPC(called, thread, 31);
    QueueUserAPC(called, thread, 32);
    printf("queued before the thread has begun\n");
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    printf("to a thread that has ended: %s\n", QueueUserAPC(called, thread, 33) ? "queued" : "refused");
    return 0;
}
