/* SPDX-License-Identifier: GPL-2.0-or-later */
/* named_objects.c - objects that are found by name. */
#include "win32.h"

static void wait_for(const char *what, HANDLE handle)
{
    printf("%s: %lu\n", what, (unsigned long)WaitForSingleObject(handle, 0));
}

static void names(void)
{
    HANDLE first = CreateEventA(NULL, FALSE, TRUE, "the event"), second;

    SetLastError(1);
    second = CreateEventW(NULL, TRUE, FALSE, L"Local\\the event");
    printf("created again: %s, error %lu\n", second != NULL ? "yes" : "no", (unsigned long)GetLastError());
    wait_for("it is the first", second);
    HANDLE third = OpenEventA(SYNCHRONIZE, FALSE, "Global\\the event");
    check("open", third != NULL);
    CloseHandle(third);
    TRY("open another name", OpenEventA(SYNCHRONIZE, FALSE, "another event"));
    TRY("names have case", OpenEventA(SYNCHRONIZE, FALSE, "The Event"));
    TRY("open as a mutex", OpenMutexA(SYNCHRONIZE, FALSE, "the event"));
    TRY("create a mutex of that name", CreateMutexA(NULL, FALSE, "the event"));
    TRY("a folder in the name", CreateMutexA(NULL, FALSE, "folder\\name"));
    TRY("open without a name", OpenEventA(SYNCHRONIZE, FALSE, NULL));
    HANDLE limited = OpenEventA(SYNCHRONIZE, FALSE, "the event");
    TRY("set with a handle to wait only", SetEvent(limited));
    CloseHandle(limited);
    CloseHandle(first);
    CloseHandle(second);
    TRY("open when all are closed", OpenEventA(SYNCHRONIZE, FALSE, "the event"));
}

static void timers(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, "the timer");
    HANDLE again = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "the timer");
    LARGE_INTEGER due = {.QuadPart = -10 * 10000};

    check("both", timer != NULL && again != NULL);
    TRY("set", SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    printf("due: %lu\n", (unsigned long)WaitForSingleObject(again, INFINITE));
}

int main(void)
{
    names();
    timers();
    return 0;
}
