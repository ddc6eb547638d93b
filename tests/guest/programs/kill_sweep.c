/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill_sweep.c - a child killed at one moment after another of its short life, from before its first instruction to
 * after its end: it has the killer's exit code or its own, and the machine is none the worse for it. */
#include "win32.h"
#include <psapi.h>

enum { STEPS = 120, PAGES = 12, CODE_OWN = 41, CODE_KILLED = 78 };

static const volatile char cold[2 * PAGES * PAGE] = {1};

typedef LONG WINAPI delay_execution(BOOLEAN alertable, LARGE_INTEGER *time);

static DWORD WINAPI touch(void *argument)
{
    char *fresh = VirtualAlloc(NULL, PAGES * PAGE, MEM_COMMIT, PAGE_READWRITE);
    DWORD sum = 0;
    for (int i = 0; i < PAGES; i++) {
        fresh[i * PAGE] = cold[i * PAGE];
        sum += (DWORD)fresh[i * PAGE];
    }
    VirtualFree(fresh, 0, MEM_RELEASE);
    SetEvent(argument);
    return sum;
}

static int child(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), thread = CreateThread(NULL, 0, touch, event, 0, NULL), copy;
    WaitForSingleObject(event, INFINITE);
    DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &copy, 0, TRUE, DUPLICATE_SAME_ACCESS);
    HeapDestroy(HeapCreate(0, 0, 0));
    WaitForSingleObject(copy, INFINITE);
    return CODE_OWN;
}

static HANDLE start(const char *program)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 16];

    snprintf(line, sizeof line, "\"%s\" child", program);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &information))
        exit(1);
    ResumeThread(information.hThread);
    CloseHandle(information.hThread);
    return information.hProcess;
}

static LONGLONG now(void)
{
    LARGE_INTEGER counter, frequency;
    QueryPerformanceCounter(&counter);
    QueryPerformanceFrequency(&frequency);
    return (LONGLONG)((double)counter.QuadPart * 1e7 / (double)frequency.QuadPart);
}

/* In units of 100 ns, once the pages are in memory. */
static LONGLONG length_of_life(const char *program)
{
    LONGLONG life = 0;
    for (int i = 0; i < 2; i++) {
        HANDLE process = start(program);
        LONGLONG begin = now();
        WaitForSingleObject(process, INFINITE);
        life = now() - begin;
        CloseHandle(process);
    }
    return life;
}

int main(int argc, char **argv)
{
    delay_execution *delay =
        (delay_execution *)(void (*)(void))GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtDelayExecution");
    int killed = 0, ended = 0, others = 0;
    DWORD before, after;
    PERFORMANCE_INFORMATION early, late;

    if (argc > 1)
        return child();
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST); /* when the moment comes, at once */
    LONGLONG life = length_of_life(argv[0]);
    GetProcessHandleCount(GetCurrentProcess(), &before);
    for (int i = 0; i < STEPS; i++) {
        LARGE_INTEGER moment = {.QuadPart = -(life * i * 11 / 10 / STEPS)};
        DWORD code = 0;
        HANDLE process = start(argv[0]);
        if (i > 0)
            delay(FALSE, &moment);
        TerminateProcess(process, CODE_KILLED);
        WaitForSingleObject(process, INFINITE);
        GetExitCodeProcess(process, &code);
        CloseHandle(process);
        if (i <= STEPS / 4) /* more than once: the call itself needs pages */
            GetPerformanceInfo(&early, sizeof early);
        killed += code == CODE_KILLED;
        ended += code == CODE_OWN;
        others += code != CODE_KILLED && code != CODE_OWN;
    }
    GetPerformanceInfo(&late, sizeof late);
    GetProcessHandleCount(GetCurrentProcess(), &after);
    check("most were killed", killed > STEPS * 3 / 4);
    check("some had ended", ended > 0);
    printf("others: %d\n", others);
    check("no handle is left", before == after);
    check("no memory either",
          early.CommitTotal == late.CommitTotal && early.PhysicalAvailable == late.PhysicalAvailable);
    check("nor processes and threads", late.ProcessCount == 1 && late.ThreadCount == 1);
    HANDLE last = start(argv[0]);
    DWORD code = 0;
    WaitForSingleObject(last, INFINITE);
    GetExitCodeProcess(last, &code);
    printf("the last one: %lu\n", (unsigned long)code);
    return 0;
}
