/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sync_objects.c - events, mutexes and semaphores, and waiting for them. */
#include "win32.h"

static void wait_for(const char *what, HANDLE handle)
{
    printf("%s: %lu\n", what, (unsigned long)WaitForSingleObject(handle, 0));
}

static void events(void)
{
    HANDLE manual = CreateEventA(NULL, TRUE, FALSE, NULL), automatic = CreateEventA(NULL, FALSE, TRUE, NULL);

    wait_for("manual, not set", manual);
    SetEvent(manual);
    wait_for("set", manual);
    wait_for("again", manual);
    ResetEvent(manual);
    wait_for("reset", manual);
    wait_for("automatic, set at birth", automatic);
    wait_for("again", automatic);
    PulseEvent(automatic);
    wait_for("pulsed when nobody waits", automatic);
    TRY("set a closed one", (CloseHandle(manual), SetEvent(manual)));
    printf("wait for it: %lu", (unsigned long)WaitForSingleObject(manual, 0));
    printf(", error %lu\n", (unsigned long)GetLastError());
}

static DWORD WINAPI take_and_die(void *mutex)
{
    WaitForSingleObject(mutex, INFINITE);
    return 0;
}

static DWORD WINAPI try_to_take(void *mutex)
{
    return WaitForSingleObject(mutex, 0);
}

static DWORD run(LPTHREAD_START_ROUTINE routine, void *argument)
{
    HANDLE thread = CreateThread(NULL, 0, routine, argument, 0, NULL);
    DWORD code = 0;

    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void mutexes(void)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);

    wait_for("mutex, owned", mutex);
    printf("another thread: %lu\n", (unsigned long)run(try_to_take, mutex));
    TRY("release", ReleaseMutex(mutex));
    TRY("release", ReleaseMutex(mutex));
    TRY("release once too often", ReleaseMutex(mutex));
    run(take_and_die, mutex);
    wait_for("its owner died", mutex);
    wait_for("again", mutex);
    ReleaseMutex(mutex);
    ReleaseMutex(mutex);
}

static void semaphores(void)
{
    HANDLE semaphore = CreateSemaphoreA(NULL, 2, 3, NULL);
    LONG before = -1;

    wait_for("semaphore", semaphore);
    wait_for("semaphore", semaphore);
    wait_for("semaphore", semaphore);
    TRY("release two", ReleaseSemaphore(semaphore, 2, &before));
    printf("before: %ld\n", (long)before);
    TRY("release two more", ReleaseSemaphore(semaphore, 2, &before));
    TRY("release none", ReleaseSemaphore(semaphore, 0, NULL));
    TRY("more than its maximum", CreateSemaphoreA(NULL, 4, 3, NULL));
    TRY("maximum 0", CreateSemaphoreA(NULL, 0, 0, NULL));
}

static DWORD WINAPI set_later(void *event)
{
    Sleep(50);
    SetEvent(event);
    return 0;
}

static void several(void)
{
    HANDLE events[3];
    DWORD start = GetTickCount();

    for (int i = 0; i < 3; i++)
        events[i] = CreateEventA(NULL, FALSE, i == 1, NULL);
    printf("any: %lu\n", (unsigned long)WaitForMultipleObjects(3, events, FALSE, 0));
    printf("any: %lu\n", (unsigned long)WaitForMultipleObjects(3, events, FALSE, 10));
    SetEvent(events[0]);
    SetEvent(events[1]);
    printf("all: %lu\n", (unsigned long)WaitForMultipleObjects(3, events, TRUE, 10));
    wait_for("the first is still set", events[0]);
    SetEvent(events[0]);
    HANDLE thread = CreateThread(NULL, 0, set_later, events[2], 0, NULL);
    printf("all: %lu\n", (unsigned long)WaitForMultipleObjects(3, events, TRUE, INFINITE));
    check("it took a while", GetTickCount() - start >= 50 && GetTickCount() - start < 500);
    WaitForSingleObject(thread, INFINITE);
    TRY_NOT("none", WAIT_FAILED, WaitForMultipleObjects(0, events, FALSE, 0));
    TRY_NOT("too many", WAIT_FAILED, WaitForMultipleObjects(65, events, FALSE, 0));
    events[1] = events[0];
    TRY_NOT("one twice", WAIT_FAILED, WaitForMultipleObjects(2, events, TRUE, 0));
    events[1] = NULL;
    TRY_NOT("a bad one", WAIT_FAILED, WaitForMultipleObjects(2, events, FALSE, 0));
    SetEvent(events[2]);
    printf("set one, wait for another: %lu\n", (unsigned long)SignalObjectAndWait(events[0], events[2], 0, FALSE));
    wait_for("it was set", events[0]);
}

int main(void)
{
    events();
    mutexes();
    semaphores();
    several();
    return 0;
}
