// SPDX-License-Identifier: GPL-2.0-or-later
/* starvation.c - a thread that never gets the CPU gets it after four seconds, for two quanta.
 *
 * In the trace (--events state): the low thread is Ready at priority 6 while the busy one runs; after four seconds the
 * balance set manager raises it to 15, it runs, and at the end of its turn it is at 6 again and waits for the next. */
#include <stdio.h>
#include <windows.h>

#define TICK 16 /* ms: the timer interrupt comes every 15.6 */

struct basic_information { /* THREAD_BASIC_INFORMATION */
    LONG status;
    void *teb;
    ULONG_PTR process, thread, affinity;
    LONG priority, base_priority;
};

typedef LONG WINAPI query_thread(HANDLE thread, int what, void *buffer, ULONG size, ULONG *done);

static volatile LONG stop, turns;
static volatile LONG priority_of_turn, length_of_turn; /* the first one's */

/* What takes time without much work. */
static void pass_time(HANDLE nul)
{
    static char page[4096];
    DWORD done;
    WriteFile(nul, page, sizeof(page), &done, NULL);
}

static DWORD WINAPI busy(void *nul)
{
    while (!stop)
        pass_time(nul);
    return 0;
}

/* It cannot see that others run, but that the clock has jumped. */
static DWORD WINAPI low(void *nul)
{
    query_thread *query =
        (query_thread *)(void (*)(void))GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationThread");
    struct basic_information basic = {0};
    DWORD begin = GetTickCount(), last = begin;
    query(GetCurrentThread(), 0, &basic, sizeof(basic), NULL);
    priority_of_turn = basic.priority;
    turns = 1;
    while (!stop) {
        pass_time(nul);
        DWORD now = GetTickCount();
        if (now - last > 10 * TICK) {
            if (turns++ == 1)
                length_of_turn = (LONG)(last - begin);
            begin = now;
        }
        last = now;
    }
    return 0;
}

int main(void)
{
    HANDLE nul = CreateFileA("NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), threads[2];

    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
    threads[0] = CreateThread(NULL, 0, busy, nul, 0, NULL);
    Sleep(100); /* while it waits for pages the other could run */
    threads[1] = CreateThread(NULL, 0, low, nul, CREATE_SUSPENDED, NULL);
    SetThreadPriority(threads[1], THREAD_PRIORITY_LOWEST);
    ResumeThread(threads[1]);

    Sleep(3000);
    printf("after three seconds: %ld turns\n", turns);
    Sleep(3000);
    printf("after six: %ld turn, at priority %ld\n", turns, priority_of_turn);
    Sleep(6000);
    printf("the first turn took two quanta of two timer interrupts: %s\n",
           length_of_turn >= 2 * TICK && length_of_turn <= 5 * TICK ? "yes" : "no");
    printf("it goes on like that: %s\n", turns == 2 || turns == 3 ? "yes" : "no");
    stop = 1;
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    return 0;
}
