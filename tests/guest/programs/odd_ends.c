/* SPDX-License-Identifier: GPL-2.0-or-later */
/* odd_ends.c - processes that end themselves where nobody expects it; each in a child, for its exit code. */
#include "win32.h"

static int way = -1; /* of ending; -1: the parent */
enum {
    WAY_ATTACH,
    WAY_DETACH,
    WAY_THREAD_ATTACH,
    WAY_LOADER_LOCK,
    WAY_CALL,
    WAY_HANDLER,
    WAY_FIRST_THREAD_KILLED,
    WAY_KILL_SELF,
    WAY_KILL_BY_HANDLE,
    WAY_SUSPEND_SELF,
    WAY_TWO_AT_ONCE,
    WAY_WHILE_THREADS_BEGIN,
    WAYS
};

static const char *const names[WAYS] = {
    [WAY_ATTACH] = "ExitProcess in the process-attach callback",
    [WAY_DETACH] = "ExitProcess in the process-detach callback",
    [WAY_THREAD_ATTACH] = "ExitProcess in a thread-attach callback",
    [WAY_LOADER_LOCK] = "the holder of the loader lock killed, then main returns",
    [WAY_CALL] = "ExitProcess in a procedure call",
    [WAY_HANDLER] = "TerminateProcess in an exception handler",
    [WAY_FIRST_THREAD_KILLED] = "the first thread kills itself, the second ends",
    [WAY_KILL_SELF] = "TerminateProcess",
    [WAY_KILL_BY_HANDLE] = "TerminateThread of the only thread",
    [WAY_SUSPEND_SELF] = "the only thread suspends itself and is killed",
    [WAY_TWO_AT_ONCE] = "two threads call ExitProcess",
    [WAY_WHILE_THREADS_BEGIN] = "ExitProcess while ten threads begin",
};

static HANDLE in_callback;

static int way_of_command_line(void)
{
    const char *line = GetCommandLineA(), *last = strrchr(line, ' ');
    return last && last[1] >= '0' && last[1] <= '9' ? atoi(last + 1) : -1;
}

static void NTAPI callback(void *module, DWORD reason, void *reserved)
{
    (void)module;
    (void)reserved;
    int wanted = way_of_command_line();
    if (wanted == WAY_ATTACH && reason == DLL_PROCESS_ATTACH)
        ExitProcess(50 + WAY_ATTACH);
    if (wanted == WAY_DETACH && reason == DLL_PROCESS_DETACH)
        ExitProcess(50 + WAY_DETACH);
    if (wanted == WAY_THREAD_ATTACH && reason == DLL_THREAD_ATTACH)
        ExitProcess(50 + WAY_THREAD_ATTACH);
    if (wanted == WAY_LOADER_LOCK && reason == DLL_THREAD_ATTACH) {
        SetEvent(in_callback);
        Sleep(INFINITE);
    }
}

PIMAGE_TLS_CALLBACK odd_callback __attribute__((section(".CRT$XLB"), used)) = callback;

static DWORD WINAPI nothing(void *argument)
{
    (void)argument;
    return 0;
}

static DWORD WINAPI ends_later(void *argument)
{
    Sleep(20);
    return (DWORD)(ULONG_PTR)argument;
}

static DWORD WINAPI exits(void *argument)
{
    ExitProcess((UINT)(ULONG_PTR)argument);
}

static void CALLBACK exits_in_call(ULONG_PTR code)
{
    ExitProcess((UINT)code);
}

static LONG CALLBACK ends_in_handler(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    TerminateProcess(GetCurrentProcess(), 50 + WAY_HANDLER);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static int child(void)
{
    HANDLE thread, self;
    int code = 50 + way;

    switch (way) {
    case WAY_THREAD_ATTACH:
        WaitForSingleObject(CreateThread(NULL, 0, nothing, NULL, 0, NULL), INFINITE);
        Sleep(1000);
        return 1;
    case WAY_LOADER_LOCK:
        in_callback = CreateEventA(NULL, FALSE, FALSE, NULL);
        thread = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
        WaitForSingleObject(in_callback, INFINITE);
        TerminateThread(thread, 0);
        return code;
    case WAY_CALL:
        QueueUserAPC(exits_in_call, GetCurrentThread(), (ULONG_PTR)code);
        SleepEx(INFINITE, TRUE);
        return 1;
    case WAY_HANDLER:
        AddVectoredExceptionHandler(1, ends_in_handler);
        *(volatile char *)16 = 1;
        return 1;
    case WAY_FIRST_THREAD_KILLED:
        CreateThread(NULL, 0, ends_later, (void *)(INT_PTR)code, 0, NULL);
        TerminateThread(GetCurrentThread(), 2);
        return 1;
    case WAY_KILL_SELF: TerminateProcess(GetCurrentProcess(), (UINT)code); return 1;
    case WAY_KILL_BY_HANDLE:
        DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE,
                        DUPLICATE_SAME_ACCESS);
        TerminateThread(self, (DWORD)code);
        return 1;
    case WAY_SUSPEND_SELF: SuspendThread(GetCurrentThread()); return 1;
    case WAY_TWO_AT_ONCE:
        CreateThread(NULL, 0, exits, (void *)(INT_PTR)code, 0, NULL);
        SwitchToThread();
        ExitProcess((UINT)code);
    case WAY_WHILE_THREADS_BEGIN:
        for (int i = 0; i < 10; i++)
            CreateThread(NULL, 0, nothing, NULL, 0, NULL);
        ExitProcess((UINT)code);
    default: return code;
    }
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof startup};

    if (argc > 1) {
        way = atoi(argv[1]);
        return child();
    }
    for (int i = 0; i < WAYS; i++) {
        PROCESS_INFORMATION information;
        char line[MAX_PATH + 16];
        DWORD code = 0;
        snprintf(line, sizeof line, "\"%s\" %d", argv[0], i);
        CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information);
        if (WaitForSingleObject(information.hProcess, 2000) == WAIT_TIMEOUT)
            TerminateProcess(information.hProcess, (UINT)(i == WAY_SUSPEND_SELF ? 50 + i : 99));
        WaitForSingleObject(information.hProcess, INFINITE);
        GetExitCodeProcess(information.hProcess, &code);
        printf("%s: %s\n", names[i], code == (DWORD)(50 + i) ? "its code" : code == 99 ? "HANGS" : "ANOTHER CODE");
    }
    return 0;
}
