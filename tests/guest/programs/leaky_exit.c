/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leaky_exit.c - a program that ends with everything open: threads that run, wait and hold locks, children, heaps. */
#include "win32.h"

static CRITICAL_SECTION section;

static DWORD WINAPI computes(void *argument)
{
    volatile unsigned *n = argument;

    for (;;)
        ++*n;
    return 0;
}

static DWORD WINAPI holds_a_lock(void *argument)
{
    EnterCriticalSection(&section);
    SetEvent(argument);
    Sleep(INFINITE);
    return 0;
}

static DWORD WINAPI allocates(void *argument)
{
    for (;;)
        HeapFree(argument, 0, HeapAlloc(argument, 0, 100));
    return 0;
}

int main(int argc, char **argv)
{
    static unsigned n;
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION information;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    char line[MAX_PATH + 16];

    if (argc > 1) {
        printf("child runs\n");
        return 0;
    }
    InitializeCriticalSection(&section);
    CreateThread(NULL, 0, computes, &n, 0, NULL);
    CreateThread(NULL, 0, allocates, HeapCreate(0, 0, 0), 0, NULL);
    snprintf(line, sizeof line, "\"%s\" child", argv[0]);
    CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &information);
    TerminateProcess(information.hProcess, 0);
    CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information);
    WaitForSingleObject(information.hProcess, INFINITE);
    CreateThread(NULL, 0, holds_a_lock, event, 0, NULL);
    WaitForSingleObject(event, INFINITE);
    printf("ends\n");
    ExitProcess(17);
}
