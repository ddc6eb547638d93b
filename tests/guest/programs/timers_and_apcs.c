/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timers_and_apcs.c - waitable timers, and procedure calls that a thread gets while it waits. */
#include "win32.h"

static void WINAPI called(ULONG_PTR argument)
{
    printf("called with %lu\n", (unsigned long)argument);
}

static void WINAPI queue_more(ULONG_PTR argument)
{
    printf("queues %lu\n", (unsigned long)argument);
    QueueUserAPC(called, GetCurrentThread(), argument);
}

static DWORD WINAPI sleeper(void *argument)
{
    printf("thread begins\n");
    printf("sleep: %lu\n", (unsigned long)SleepEx((DWORD)(ULONG_PTR)argument, TRUE));
    return 0;
}

static void procedure_calls(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), thread;

    QueueUserAPC(called, GetCurrentThread(), 1);
    QueueUserAPC(called, GetCurrentThread(), 2);
    printf("sleep that is not alertable: %lu\n", (unsigned long)SleepEx(1, FALSE));
    printf("alertable: %lu\n", (unsigned long)SleepEx(1, TRUE));
    printf("nothing queued: %lu\n", (unsigned long)SleepEx(1, TRUE));
    QueueUserAPC(queue_more, GetCurrentThread(), 3);
    printf("wait: %lu\n", (unsigned long)WaitForSingleObjectEx(event, INFINITE, TRUE));
    QueueUserAPC(called, GetCurrentThread(), 4);
    printf("wait for any: %lu\n", (unsigned long)WaitForMultipleObjectsEx(1, &event, FALSE, INFINITE, TRUE));

    thread = CreateThread(NULL, 0, sleeper, (void *)10, CREATE_SUSPENDED, NULL);
    QueueUserAPC(called, thread, 5);
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    thread = CreateThread(NULL, 0, sleeper, (void *)(ULONG_PTR)INFINITE, 0, NULL);
    Sleep(20);
    QueueUserAPC(called, thread, 6);
    WaitForSingleObject(thread, INFINITE);
    TRY("one that has ended", QueueUserAPC(called, thread, 7));
}

static void WINAPI timer_called(void *argument, DWORD low, DWORD high)
{
    check("timer: time given", low != 0 && high != 0);
    printf("timer calls %s\n", (const char *)argument);
}

static void timers(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL), manual = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = {.QuadPart = -30 * 10000}, past = {.QuadPart = 1};
    DWORD start = GetTickCount();

    printf("not set: %lu\n", (unsigned long)WaitForSingleObject(timer, 0));
    TRY("set", SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    printf("early: %lu\n", (unsigned long)WaitForSingleObject(timer, 5));
    printf("due: %lu\n", (unsigned long)WaitForSingleObject(timer, INFINITE));
    check("it took 30 ms", GetTickCount() - start >= 15 && GetTickCount() - start < 100);
    printf("once: %lu\n", (unsigned long)WaitForSingleObject(timer, 50));
    TRY("at a time that has gone", SetWaitableTimer(manual, &past, 0, NULL, NULL, FALSE));
    printf("at once: %lu, and stays: %lu\n", (unsigned long)WaitForSingleObject(manual, 0),
           (unsigned long)WaitForSingleObject(manual, 0));

    start = GetTickCount();
    SetWaitableTimer(timer, &due, 20, NULL, NULL, FALSE);
    for (int i = 0; i < 5; i++)
        WaitForSingleObject(timer, INFINITE);
    check("five times: 30 + 4 * 20 ms", GetTickCount() - start >= 95 && GetTickCount() - start < 200);
    TRY("cancel", CancelWaitableTimer(timer));
    printf("cancelled: %lu\n", (unsigned long)WaitForSingleObject(timer, 100));

    SetWaitableTimer(timer, &due, 0, timer_called, (void *)(ULONG_PTR) "back", FALSE);
    printf("sleep: %lu\n", (unsigned long)SleepEx(1000, TRUE));
    TRY("no timer", CancelWaitableTimer(CreateEventA(NULL, FALSE, FALSE, NULL)));
    TRY("period below 0", SetWaitableTimer(timer, &due, -1, NULL, NULL, FALSE));
}

int main(void)
{
    procedure_calls();
    timers();
    return 0;
}
