/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exhaust.c - threads, handles, processes and procedure calls until there are no more; then all are given back, and it
 * goes on as before. */
#include "win32.h"

enum { MANY = 70000 };

static HANDLE list[MANY];

static DWORD WINAPI nothing(void *argument)
{
    return (DWORD)(ULONG_PTR)argument;
}

static void CALLBACK call(ULONG_PTR argument)
{
    (void)argument;
}

/* Which error is a matter of what runs out first: ERROR_SWAPERROR is RAM, as long as nothing is paged out. */
static void tell(const char *what, int count, int least, DWORD error)
{
    printf("%s: %s, then %s\n", what, count >= least ? "enough" : "FEW",
           error == ERROR_NOT_ENOUGH_MEMORY || error == ERROR_NO_SYSTEM_RESOURCES || error == ERROR_COMMITMENT_LIMIT ||
                   error == ERROR_NOT_ENOUGH_QUOTA || error == ERROR_SWAPERROR
               ? "no more"
               : "ANOTHER ERROR");
}

static void threads(void)
{
    int count = 0;
    while (count < MANY && (list[count] = CreateThread(NULL, 0, nothing, NULL, CREATE_SUSPENDED, NULL)))
        count++;
    tell("threads that have not begun", count, 50, GetLastError());
    for (int i = 0; i < count; i++) {
        TerminateThread(list[i], 0);
        CloseHandle(list[i]);
    }
    HANDLE thread = CreateThread(NULL, 0, nothing, (void *)5, 0, NULL);
    DWORD code = 0;
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    printf("one more: %lu\n", (unsigned long)code);
    CloseHandle(thread);
}

static void handles(void)
{
    int count = 0;
    while (count < MANY && (list[count] = CreateEventA(NULL, FALSE, FALSE, NULL)))
        count++;
    tell("events", count, 10000, GetLastError());
    HANDLE thread = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
    check("a thread without a place for its handle", thread == NULL);
    for (int i = 0; i < count; i++)
        CloseHandle(list[i]);
    list[0] = CreateEventA(NULL, FALSE, TRUE, NULL);
    printf("one more: %lu\n", (unsigned long)WaitForSingleObject(list[0], 0));
    CloseHandle(list[0]);
}

static void calls(void)
{
    HANDLE thread = CreateThread(NULL, 0, nothing, NULL, CREATE_SUSPENDED, NULL);
    int count = 0;
    while (count < MANY && QueueUserAPC(call, thread, 0))
        count++;
    tell("calls", count, 1000, GetLastError());
    TerminateThread(thread, 0);
    check("one more", QueueUserAPC(call, GetCurrentThread(), 0) && SleepEx(0, TRUE) == WAIT_IO_COMPLETION);
    CloseHandle(thread);
}

static bool run(const char *program, DWORD flags, HANDLE *ret_process)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 16];

    snprintf(line, sizeof line, "\"%s\" child", program);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, &information))
        return false;
    CloseHandle(information.hThread);
    *ret_process = information.hProcess;
    return true;
}

static void processes(const char *program)
{
    int count = 0;
    DWORD code = 0, error;
    while (count < MANY && run(program, CREATE_SUSPENDED, &list[count]))
        count++;
    error = GetLastError();
    tell("processes", count, 5, error);
    for (int i = 0; i < count; i++) {
        TerminateProcess(list[i], 0);
        CloseHandle(list[i]);
    }
    check("one more", run(program, 0, &list[0]));
    WaitForSingleObject(list[0], INFINITE);
    GetExitCodeProcess(list[0], &code);
    printf("its code: %lu\n", (unsigned long)code);
    CloseHandle(list[0]);
}

static void stacks(void)
{
    static const SIZE_T sizes[] = {1, 0x1000, 0x10000000, 0x7FF00000, (SIZE_T)-1, (SIZE_T)-0x10000};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        HANDLE thread = CreateThread(NULL, sizes[i], nothing, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (thread)
            WaitForSingleObject(thread, INFINITE);
        printf("a stack of %lx: %s\n", (unsigned long)sizes[i], thread ? "runs" : "refused");
        if (thread)
            CloseHandle(thread);
    }
}

int main(int argc, char **argv)
{
    DWORD before = 0, after = 0;

    if (argc > 1)
        return 6;
    GetProcessHandleCount(GetCurrentProcess(), &before);
    stacks();
    threads();
    handles();
    calls();
    processes(argv[0]);
    GetProcessHandleCount(GetCurrentProcess(), &after);
    check("no handle is left", before == after);
    return 0;
}
