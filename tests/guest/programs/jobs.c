/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobs.c - job objects: membership, limits, the end of all.  With an argument it is a child, which waits for ever. */
#include "win32.h"

static HANDLE start(DWORD flags)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    char line[MAX_PATH + 16], own[MAX_PATH];

    GetModuleFileNameA(NULL, own, MAX_PATH);
    snprintf(line, sizeof line, "\"%s\" child", own);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, &process))
        return NULL;
    CloseHandle(process.hThread);
    return process.hProcess;
}

static void show_end(const char *what, HANDLE process)
{
    DWORD code = 0;

    if (WaitForSingleObject(process, 5000) == WAIT_OBJECT_0 && GetExitCodeProcess(process, &code))
        printf("%s: ended with %lu\n", what, (unsigned long)code);
    else
        printf("%s: runs on\n", what);
    CloseHandle(process);
}

static void show_accounting(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info;

    if (TRY("accounting",
            QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &info, sizeof info, NULL)))
        printf("processes %lu, active %lu, terminated %lu\n", (unsigned long)info.TotalProcesses,
               (unsigned long)info.ActiveProcesses, (unsigned long)info.TotalTerminatedProcesses);
}

static bool limit(HANDLE job, DWORD flags, DWORD active)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {0};

    info.BasicLimitInformation.LimitFlags = flags;
    info.BasicLimitInformation.ActiveProcessLimit = active;
    return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info);
}

static void terminate_all(void)
{
    HANDLE job = CreateJobObjectA(NULL, NULL), child = start(0), other = start(0);
    BOOL inside = FALSE;

    TRY("assign", AssignProcessToJobObject(job, child) && AssignProcessToJobObject(job, other));
    TRY("assign again", AssignProcessToJobObject(job, child));
    check("in the job", IsProcessInJob(child, job, &inside) && inside);
    check("not in the job", IsProcessInJob(GetCurrentProcess(), job, &inside) && !inside);
    show_accounting(job);
    TRY("terminate", TerminateJobObject(job, 77));
    show_end("child", child);
    show_end("other", other);
    show_accounting(job);
    TRY("close", CloseHandle(job));
}

static void kill_on_close(void)
{
    HANDLE job = CreateJobObjectA(NULL, "a job"), child = start(0), free_one = start(0);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info;

    TRY("kill on close", limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0));
    TRY("query", QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info, NULL));
    printf("limits %lx\n", (unsigned long)info.BasicLimitInformation.LimitFlags);
    TRY("assign", AssignProcessToJobObject(job, child));
    TRY("close", CloseHandle(job));
    show_end("child", child);
    printf("free one: %s\n", WaitForSingleObject(free_one, 100) == WAIT_TIMEOUT ? "runs on" : "ended");
    TerminateProcess(free_one, 0);
    CloseHandle(free_one);
}

static void limit_count(void)
{
    HANDLE job = CreateJobObjectW(NULL, NULL), child = start(0), other = start(0);

    TRY("a limit of time", limit(job, JOB_OBJECT_LIMIT_JOB_TIME, 0));
    TRY("no such limit", limit(job, 0x80000000, 0));
    TRY("one process", limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 1));
    TRY("assign", AssignProcessToJobObject(job, child));
    TRY("assign one too many", AssignProcessToJobObject(job, other));
    WaitForSingleObject(other, 5000);
    show_accounting(job);
    TerminateProcess(child, 3);
    show_end("child", child);
    CloseHandle(other);
    TRY("assign oneself", AssignProcessToJobObject(job, GetCurrentProcess()));
    TRY("start another", start(0));
    TRY("start one outside", start(CREATE_BREAKAWAY_FROM_JOB));
    printf("the last handle goes\n");
    fflush(stdout);
    CloseHandle(job);
    printf("not reached\n");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        Sleep(INFINITE);
    terminate_all();
    kill_on_close();
    limit_count();
    return 0;
}
