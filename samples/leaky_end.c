// SPDX-License-Identifier: GPL-2.0-or-later
/* leaky_end.c - a program that gives nothing back: threads, handles, heaps, memory, a child that runs on.
 *
 * In the trace (--events thread,process): main returns, and with the process go its threads, wherever they are; the
 * child is not the parent's to end and runs on to its own end.  The exit status is the parent's. */
#include <stdio.h>
#include <windows.h>

static CRITICAL_SECTION section;

static DWORD WINAPI computes(void *argument)
{
    for (volatile unsigned *count = argument;;)
        ++*count;
    return 0;
}

static DWORD WINAPI waits(void *event)
{
    return WaitForSingleObject(event, INFINITE);
}

static DWORD WINAPI holds_a_lock(void *argument)
{
    (void)argument;
    EnterCriticalSection(&section);
    Sleep(INFINITE);
    return 0;
}

int main(int argc, char **argv)
{
    static unsigned count;
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 32];

    if (argc > 1) {
        Sleep(1000);
        printf("child: still here\n");
        return 99;
    }
    InitializeCriticalSection(&section);
    for (int i = 0; i < 8; i++) {
        CreateThread(NULL, 0, computes, &count, 0, NULL);
        CreateThread(NULL, 0, waits, CreateEventA(&inheritable, TRUE, FALSE, NULL), 0, NULL);
        HeapAlloc(HeapCreate(0, 0, 0), 0, 1000);
        VirtualAlloc(NULL, 1 << 16, MEM_COMMIT, PAGE_READWRITE);
    }
    CreateThread(NULL, 0, holds_a_lock, NULL, 0, NULL);
    Sleep(20);
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &information);
    CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &information);
    TerminateProcess(information.hProcess, 0);
    printf("parent: main returns\n");
    return 17;
}
