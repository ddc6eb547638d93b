/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_status.c - how much memory there is: of the system, of a process; and the processor.  softfault's own machine:
 * 64 MB of RAM, 128 MB of page file. */
#include "win32.h"
#include <psapi.h>

static void system_info(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    printf("architecture %u, type %lu, pages of %lu, granularity %lu, %lu processor, mask %lu\n",
           info.wProcessorArchitecture, (unsigned long)info.dwProcessorType, (unsigned long)info.dwPageSize,
           (unsigned long)info.dwAllocationGranularity, (unsigned long)info.dwNumberOfProcessors,
           (unsigned long)info.dwActiveProcessorMask);
    printf("from %p to %p\n", info.lpMinimumApplicationAddress, info.lpMaximumApplicationAddress);
}

static void global_memory(void)
{
    MEMORYSTATUSEX before = {.dwLength = sizeof before}, after = before, bad = {.dwLength = 4};
    MEMORYSTATUS old;

    TRY("status", GlobalMemoryStatusEx(&before));
    printf("physical %lu MB\n", (unsigned long)(before.ullTotalPhys >> 20));
    check("commit limit above it", before.ullTotalPageFile > before.ullTotalPhys);
    check("load fits",
          before.dwMemoryLoad == (DWORD)((before.ullTotalPhys - before.ullAvailPhys) * 100 / before.ullTotalPhys));
    void *reserved = VirtualAlloc(NULL, 16 << 20, MEM_RESERVE, PAGE_READWRITE);
    GlobalMemoryStatusEx(&after);
    printf("reserved: %lu MB of address space, %lu MB of commit\n",
           (unsigned long)((before.ullAvailVirtual - after.ullAvailVirtual) >> 20),
           (unsigned long)((before.ullAvailPageFile - after.ullAvailPageFile) >> 20));
    VirtualAlloc(reserved, 16 << 20, MEM_COMMIT, PAGE_READWRITE);
    GlobalMemoryStatusEx(&after);
    printf("committed: %lu MB of commit\n", (unsigned long)((before.ullAvailPageFile - after.ullAvailPageFile) >> 20));
    VirtualFree(reserved, 0, MEM_RELEASE);
    TRY("wrong length", GlobalMemoryStatusEx(&bad));
    GlobalMemoryStatus(&old);
    check("old call", old.dwLength == sizeof old && old.dwTotalPhys == before.ullTotalPhys &&
                          old.dwTotalVirtual == before.ullTotalVirtual);
}

static void process_memory(void)
{
    enum { PAGES = 100 };
    PROCESS_MEMORY_COUNTERS_EX before, after;
    PROCESS_MEMORY_COUNTERS *plain = (PROCESS_MEMORY_COUNTERS *)&before;

    TRY("counters", GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof before));
    check("size", before.cb == sizeof before);
    char *pages = VirtualAlloc(NULL, PAGES * PAGE, MEM_COMMIT, PAGE_READWRITE);
    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE] = 1;
    GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&after, sizeof after);
    check("a fault for each page", after.PageFaultCount - before.PageFaultCount >= PAGES &&
                                       after.PageFaultCount - before.PageFaultCount < PAGES + 10);
    printf("page file: %lu pages more, private: %lu\n",
           (unsigned long)((after.PagefileUsage - before.PagefileUsage) / PAGE),
           (unsigned long)((after.PrivateUsage - before.PrivateUsage) / PAGE));
    check("working set grew", after.WorkingSetSize >= before.WorkingSetSize + PAGES * PAGE);
    check("peaks", after.PeakWorkingSetSize >= after.WorkingSetSize && after.PeakPagefileUsage >= after.PagefileUsage);
    VirtualFree(pages, 0, MEM_RELEASE);
    GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof before);
    check("given back", before.PagefileUsage == after.PagefileUsage - PAGES * PAGE);
    TRY("room for the old structure", GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof *plain));
    check("size", plain->cb == sizeof *plain);
    TRY("no room", GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof *plain - 1));
    TRY("bad handle", GetProcessMemoryInfo((HANDLE)0x7770, plain, sizeof before));
}

int main(void)
{
    system_info();
    global_memory();
    process_memory();
    printf("large pages: %lu KB\n", (unsigned long)(GetLargePageMinimum() >> 10));
    return 0;
}
