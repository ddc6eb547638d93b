/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill_target.c - one process works on another one's memory and threads, and either is killed in the middle of it, at
 * one moment after another: the survivor is told, and lives on. */
#include "win32.h"

enum { STEPS = 40, PAGES = 6, CODE_KILLED = 78 };

static const volatile char cold[STEPS][PAGES * PAGE] = {{1}}; /* other pages for each step */
static volatile LONG counter;

typedef LONG WINAPI delay_execution(BOOLEAN alertable, LARGE_INTEGER *time);

static DWORD WINAPI count(void *argument)
{
    return (DWORD)InterlockedIncrement(&counter) + (DWORD)(ULONG_PTR)argument;
}

static bool start(const char *program, const char *how, DWORD number, PROCESS_INFORMATION *information)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[MAX_PATH + 64];

    snprintf(line, sizeof line, "\"%s\" %s %lu", program, how, (unsigned long)number);
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, information))
        return true;
    printf("no child: error %lu\n", (unsigned long)GetLastError());
    exit(1);
}

static int step_of(DWORD number)
{
    return (int)(number % STEPS);
}

/* => false: it failed, but not because the other one has ended. */
static bool allowed(const char *what, bool succeeded)
{
    DWORD error = GetLastError();
    if (succeeded || error == ERROR_ACCESS_DENIED || error == ERROR_PARTIAL_COPY || error == ERROR_GEN_FAILURE)
        return true;
    printf("%s: error %lu\n", what, (unsigned long)error);
    return false;
}

static bool stop_and_look(HANDLE thread)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    bool fine = allowed("suspend", SuspendThread(thread) != (DWORD)-1);
    fine &= allowed("context", GetThreadContext(thread, &context));
    return allowed("resume", ResumeThread(thread) != (DWORD)-1) && fine;
}

static bool visit(HANDLE process)
{
    HANDLE thread = CreateRemoteThread(process, NULL, 0, count, NULL, 0, NULL);
    if (!thread)
        return allowed("thread", false);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return true;
}

/* => false: something answered what it should not. */
static bool work_on(HANDLE process, HANDLE first_thread, int step)
{
    static char buffer[PAGES * PAGE];
    HANDLE self = GetCurrentProcess(), copy = NULL;
    SIZE_T done;
    DWORD old;
    bool fine =
        allowed("read", ReadProcessMemory(process, (const void *)(LONG_PTR)cold[step], buffer, sizeof buffer, &done));
    char *there = VirtualAllocEx(process, NULL, sizeof buffer, MEM_COMMIT, PAGE_READWRITE);
    fine &= allowed("allocate", there != NULL);
    if (there) {
        fine &= allowed("write", WriteProcessMemory(process, there, buffer, sizeof buffer, &done));
        fine &= allowed("protect", VirtualProtectEx(process, there, PAGE, PAGE_NOACCESS, &old));
    }
    if (first_thread)
        fine &= stop_and_look(first_thread);
    fine &= visit(process);
    fine &= allowed("duplicate", DuplicateHandle(self, self, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    if (there)
        fine &= allowed("free", VirtualFreeEx(process, there, 0, MEM_RELEASE));
    return fine;
}

struct job {
    PROCESS_INFORMATION target;
    int step;
    bool fine;
};

static DWORD WINAPI worker(void *argument)
{
    struct job *job = argument;
    job->fine = work_on(job->target.hProcess, job->target.hThread, job->step);
    return 0;
}

static void after(int step)
{
    delay_execution *delay =
        (delay_execution *)(void (*)(void))GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtDelayExecution");
    LARGE_INTEGER moment = {.QuadPart = -1000 * (LONGLONG)step - 1}; /* 100 us each */
    delay(FALSE, &moment);
}

static DWORD end(PROCESS_INFORMATION *information)
{
    DWORD code = 0;
    TerminateProcess(information->hProcess, CODE_KILLED);
    WaitForSingleObject(information->hProcess, INFINITE);
    GetExitCodeProcess(information->hProcess, &code);
    CloseHandle(information->hProcess);
    CloseHandle(information->hThread);
    return code;
}

static void kill_targets(const char *program)
{
    int killed = 0, fine = 0;
    for (int i = 0; i < STEPS; i++) {
        struct job job = {.step = i};
        start(program, "sleep", 0, &job.target);
        HANDLE thread = CreateThread(NULL, 0, worker, &job, 0, NULL);
        after(i);
        TerminateProcess(job.target.hProcess, CODE_KILLED);
        WaitForSingleObject(thread, INFINITE);
        killed += end(&job.target) == CODE_KILLED;
        fine += job.fine;
        CloseHandle(thread);
    }
    printf("targets killed: %s, workers fine: %s\n", killed == STEPS ? "all" : "NOT ALL",
           fine == STEPS ? "all" : "NOT ALL");
}

static void kill_workers(const char *program)
{
    PROCESS_INFORMATION target, information;
    int killed = 0;
    start(program, "sleep", 0, &target);
    for (int i = 0; i < STEPS; i++) {
        start(program, "work", target.dwProcessId * STEPS + (DWORD)i, &information);
        after(5 * i);
        killed += end(&information) == CODE_KILLED;
    }
    printf("workers killed: %s\n", killed > 0 ? "some" : "NONE");
    check("the target is there", WaitForSingleObject(target.hProcess, 0) == WAIT_TIMEOUT);
    check("and can be worked on", work_on(target.hProcess, NULL, 0));
    check("until it is killed, too", end(&target) == CODE_KILLED);
}

int main(int argc, char **argv)
{
    DWORD number = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    if (argc > 1 && argv[1][0] == 's') {
        for (;;)
            Sleep(1);
    }
    if (argc > 1) {
        HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, number / STEPS);
        return work_on(process, NULL, step_of(number)) ? 0 : 1;
    }
    kill_targets(argv[0]);
    kill_workers(argv[0]);
    return 0;
}
