// SPDX-License-Identifier: GPL-2.0-or-later
/* suspend_resume.c - a thread stopped in its tracks, looked at, changed and let go.
 *
 * In the trace (--events state): the suspended thread goes to Waiting (Suspended) however ready it is; one that waits
 * already stays in its wait and does not come out of it, though the event is set. */
#include <stdio.h>
#include <windows.h>

#ifdef _WIN64
#define ACCUMULATOR(context) ((context).Rax)
#define COUNTER(context) ((context).Rip)
#else
#define ACCUMULATOR(context) ((context).Eax)
#define COUNTER(context) ((context).Eip)
#endif

/* Runs until somebody else makes its register 0. */
static DWORD WINAPI spin(void *argument)
{
    unsigned rounds = 0;
    (void)argument;
    __asm__ volatile("movl $1, %%eax\n"
                     "1: incl %0\n"
                     "testl %%eax, %%eax\n"
                     "jnz 1b"
                     : "+r"(rounds)
                     :
                     : "eax", "cc");
    return rounds > 0 ? 7 : 8;
}

static DWORD WINAPI wait_for(void *event)
{
    WaitForSingleObject(event, INFINITE);
    return 9;
}

int main(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL}, later = {.ContextFlags = CONTEXT_FULL};
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread;
    DWORD code = 0;

    thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
    printf("suspended before it begins: count was %lu\n", ResumeThread(thread));
    Sleep(50);
    printf("twice: %lu", SuspendThread(thread));
    printf(", %lu\n", SuspendThread(thread));
    GetThreadContext(thread, &context);
    Sleep(50);
    GetThreadContext(thread, &later);
    printf("it stands still: %s\n", COUNTER(context) == COUNTER(later) ? "yes" : "no");
    printf("its register: %lu\n", (unsigned long)ACCUMULATOR(context));
    ACCUMULATOR(context) = 0;
    SetThreadContext(thread, &context);
    printf("resumed once: %lu, still there: %s\n", ResumeThread(thread),
           WaitForSingleObject(thread, 50) == WAIT_TIMEOUT ? "yes" : "no");
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    printf("it left its loop: code %lu\n", code);

    thread = CreateThread(NULL, 0, wait_for, event, 0, NULL);
    Sleep(10);
    SuspendThread(thread);
    SetEvent(event);
    printf("suspended in its wait, the event set: %s\n",
           WaitForSingleObject(thread, 50) == WAIT_TIMEOUT ? "stays" : "ended");
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    printf("resumed: code %lu\n", code);
    return 0;
}
