// SPDX-License-Identifier: GPL-2.0-or-later
/* priorities.c - who is ready with the highest priority runs, and the others wait.
 *
 * In the trace (--events thread): the low thread becomes ready and stays so while the high one computes; it runs only
 * when that waits, and is cut off the moment that it does not any more. */
#include <stdio.h>
#include <windows.h>

static volatile LONG low_count, low_when_high_ended;
static volatile unsigned work;
static HANDLE go;

static DWORD WINAPI low(void *argument)
{
    (void)argument;
    for (;;)
        low_count++;
    return 0;
}

static DWORD WINAPI high(void *argument)
{
    (void)argument;
    WaitForSingleObject(go, INFINITE);
    LONG before = low_count;
    for (unsigned i = 0; i < 1000000; i++)
        work += i;
    low_when_high_ended = low_count - before;
    return 0;
}

int main(void)
{
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
    HANDLE slow = CreateThread(NULL, 0, low, NULL, CREATE_SUSPENDED, NULL);
    HANDLE fast = CreateThread(NULL, 0, high, NULL, CREATE_SUSPENDED, NULL);
    SetThreadPriority(slow, THREAD_PRIORITY_LOWEST);
    SetThreadPriority(fast, THREAD_PRIORITY_HIGHEST);
    ResumeThread(slow);
    ResumeThread(fast);

    LONG before = low_count;
    for (unsigned i = 0; i < 100000; i++)
        work += i;
    printf("while main computes, the low thread counts: %s\n", low_count != before ? "yes" : "no");
    Sleep(50);
    printf("while main sleeps and the high thread waits: %s\n", low_count != 0 ? "yes" : "no");
    SetEvent(go);
    WaitForSingleObject(fast, INFINITE);
    printf("while the high thread computes: %s\n", low_when_high_ended != 0 ? "yes" : "no");
    return 0;
}
