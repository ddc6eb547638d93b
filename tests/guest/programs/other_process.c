/* SPDX-License-Identifier: GPL-2.0-or-later */
/* other_process.c - another process's memory, threads and modules. */
#include "win32.h"
#include <psapi.h>

static volatile LONG mark = 1;

static DWORD WINAPI remote(void *argument)
{
    return *(DWORD *)argument + 1;
}

static PROCESS_INFORMATION information;
static HANDLE child;

static void start(const char *program)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[MAX_PATH + 16];

    snprintf(line, sizeof line, "\"%s\" wait", program);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &information))
        exit(1);
    child = information.hProcess;
}

static void memory(void)
{
    MEMORY_BASIC_INFORMATION info;
    char buffer[16] = "";
    SIZE_T done;
    DWORD old;
    char *page = VirtualAllocEx(child, (void *)0x50000000, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    check("allocated there", page == (char *)0x50000000);
    check("not here", VirtualQuery(page, &info, sizeof info) == sizeof info && info.State == MEM_FREE);
    TRY("write", WriteProcessMemory(child, page, "from outside", 13, &done));
    TRY("read", ReadProcessMemory(child, page, buffer, 13, &done));
    printf("%s\n", buffer);
    TRY("protect", VirtualProtectEx(child, page, PAGE, PAGE_READONLY, &old));
    VirtualQueryEx(child, page, &info, sizeof info);
    printf("protection %lx, %lu pages\n", (unsigned long)info.Protect, (unsigned long)(info.RegionSize / PAGE));
    TRY("write to data that is read only", WriteProcessMemory(child, page, "a", 1, &done));
    TRY("free", VirtualFreeEx(child, page, 0, MEM_RELEASE));
    TRY("read what was freed", ReadProcessMemory(child, page, buffer, 1, &done));

    LONG theirs = 0;
    WriteProcessMemory(child, (void *)(LONG_PTR)&mark, &(LONG){42}, sizeof mark, &done);
    ReadProcessMemory(child, (void *)(LONG_PTR)&mark, &theirs, sizeof theirs, &done);
    printf("their variable: %ld, ours: %ld\n", (long)theirs, (long)mark);
    TRY("write to their code", WriteProcessMemory(child, (void *)(LONG_PTR)remote, (void *)(LONG_PTR)remote, 8, &done));
}

static void rights(void)
{
    HANDLE asks = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, information.dwProcessId);
    HANDLE reads = OpenProcess(PROCESS_VM_READ, FALSE, information.dwProcessId);
    MEMORY_BASIC_INFORMATION info;
    LONG value;

    TRY("allocate without the right", VirtualAllocEx(asks, NULL, PAGE, MEM_COMMIT, PAGE_READWRITE));
    TRY("read without the right", ReadProcessMemory(asks, (void *)(LONG_PTR)&mark, &value, sizeof value, NULL));
    TRY("read with it", ReadProcessMemory(reads, (void *)(LONG_PTR)&mark, &value, sizeof value, NULL));
    TRY("query without the right", VirtualQueryEx(reads, (void *)(LONG_PTR)&mark, &info, sizeof info));
    TRY("query with it", VirtualQueryEx(asks, (void *)(LONG_PTR)&mark, &info, sizeof info));
    TRY("thread without the right", CreateRemoteThread(asks, NULL, 0, remote, NULL, 0, NULL));
    CloseHandle(asks);
    CloseHandle(reads);
}

static void threads(void)
{
    DWORD *argument = VirtualAllocEx(child, NULL, PAGE, MEM_COMMIT, PAGE_READWRITE), value = 41, code = 0;

    WriteProcessMemory(child, argument, &value, sizeof value, NULL);
    HANDLE thread = CreateRemoteThread(child, NULL, 0, remote, argument, 0, NULL);
    check("thread", thread != NULL);
    printf("it ends: %lu\n", (unsigned long)WaitForSingleObject(thread, INFINITE));
    GetExitCodeThread(thread, &code);
    printf("its code: %lu\n", (unsigned long)code);
    check("it is theirs", GetProcessIdOfThread(thread) == information.dwProcessId);
    CloseHandle(thread);
}

static void modules(const char *when)
{
    HMODULE list[64];
    DWORD needed;
    char name[MAX_PATH];

    SetLastError(0);
    if (!EnumProcessModules(child, list, sizeof list, &needed)) {
        printf("modules %s: error %lu\n", when, (unsigned long)GetLastError());
        return;
    }
    GetModuleBaseNameA(child, list[1], name, sizeof name);
    printf("modules %s: %s, the second is %s\n", when, needed >= 3 * sizeof list[0] ? "some" : "few", name);
}

static void list(void)
{
    DWORD ids[64], size = 0, found = 0;
    PERFORMANCE_INFORMATION info = {0};
    PROCESS_MEMORY_COUNTERS counters;

    TRY("processes", EnumProcesses(ids, sizeof ids, &size));
    for (DWORD i = 0; i < size / sizeof ids[0]; i++)
        found += ids[i] == GetCurrentProcessId() || ids[i] == information.dwProcessId;
    printf("of us: %lu\n", (unsigned long)found);
    TRY("performance", GetPerformanceInfo(&info, sizeof info));
    check("of two processes", info.ProcessCount >= 2 && info.ThreadCount >= 2 && info.HandleCount >= 6);
    check("of memory", info.PhysicalTotal == 16384 && info.CommitLimit > info.CommitTotal &&
                           info.CommitPeak >= info.CommitTotal && info.PageSize == PAGE);
    TRY("short", GetPerformanceInfo(&info, sizeof info - 1));
    TRY("their memory", GetProcessMemoryInfo(child, &counters, sizeof counters));
    check("they have some", counters.WorkingSetSize > 0 && counters.PagefileUsage > 0);
}

int main(int argc, char **argv)
{
    DWORD code = 0;

    if (argc > 1) {
        while (mark != 0)
            Sleep(10);
        return 3;
    }
    start(argv[0]);
    modules("before it began");
    memory();
    rights();
    threads();
    modules("when a thread has run");
    list();
    ResumeThread(information.hThread);
    WriteProcessMemory(child, (void *)(LONG_PTR)&mark, &(LONG){0}, sizeof mark, NULL);
    printf("it ends: %lu\n", (unsigned long)WaitForSingleObject(child, INFINITE));
    GetExitCodeProcess(child, &code);
    printf("its code: %lu\n", (unsigned long)code);
    TRY("allocate in a process that has ended", VirtualAllocEx(child, NULL, PAGE, MEM_COMMIT, PAGE_READWRITE));
    modules("when it has ended");
    return 0;
}
