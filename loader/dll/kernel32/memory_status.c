/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_status.c - how much memory there is, and how much is in use: by the system, by a process. */
#define PSAPI_VERSION 2
#include "k32.h"
#include <psapi.h>

struct memory {
    SYSTEM_BASIC_INFORMATION basic;
    SYSTEM_PERFORMANCE_INFORMATION performance;
};

static NTSTATUS query_memory(struct memory *memory)
{
    NTSTATUS status = NtQuerySystemInformation(SystemBasicInformation, &memory->basic, sizeof memory->basic, NULL);

    if (!NT_SUCCESS(status))
        return status;
    return NtQuerySystemInformation(SystemPerformanceInformation, &memory->performance, sizeof memory->performance,
                                    NULL);
}

static DWORD memory_load(const struct memory *memory)
{
    ULONG total = memory->basic.NumberOfPhysicalPages, available = memory->performance.AvailablePages;

    return total != 0 && available <= total ? (DWORD)((ULONGLONG)(total - available) * 100 / total) : 0;
}

BOOL WINAPI GlobalMemoryStatusEx(MEMORYSTATUSEX *status)
{
    struct memory memory;
    VM_COUNTERS counters;

    if (status == NULL || status->dwLength != sizeof *status)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    NTSTATUS s = query_memory(&memory);
    if (NT_SUCCESS(s))
        s = NtQueryInformationProcess(NtCurrentProcess(), ProcessVmCounters, &counters, sizeof counters, NULL);
    if (!NT_SUCCESS(s))
        return k32_fail(s);
    ULONGLONG page = memory.basic.PageSize;
    ULONG limit = memory.performance.CommitLimit, committed = memory.performance.CommittedPages;
    status->dwMemoryLoad = memory_load(&memory);
    status->ullTotalPhys = memory.basic.NumberOfPhysicalPages * page;
    status->ullAvailPhys = memory.performance.AvailablePages * page;
    status->ullTotalPageFile = limit * page;
    status->ullAvailPageFile = (limit > committed ? limit - committed : 0) * page;
    status->ullTotalVirtual = memory.basic.MaximumUserModeAddress - memory.basic.MinimumUserModeAddress + 1;
    status->ullAvailVirtual = status->ullTotalVirtual - counters.VirtualSize;
    status->ullAvailExtendedVirtual = 0;
    return TRUE;
}

/* What the old call can say of an amount: a 32-bit program that does not know of large addresses hears of 2 GB at
 * most. */
static SIZE_T capped(ULONGLONG amount)
{
#ifdef _WIN64
    return amount;
#else
    const IMAGE_NT_HEADERS *nt = RtlImageNtHeader(NtCurrentPeb()->ImageBaseAddress);
    bool aware = nt != NULL && (nt->FileHeader.Characteristics & IMAGE_FILE_LARGE_ADDRESS_AWARE);
    SIZE_T most = aware ? 0xFFFFFFFF : 0x7FFFFFFF;

    return amount < most ? (SIZE_T)amount : most;
#endif
}

void WINAPI GlobalMemoryStatus(MEMORYSTATUS *status)
{
    MEMORYSTATUSEX whole = {.dwLength = sizeof whole};

    *status = (MEMORYSTATUS){.dwLength = sizeof *status};
    if (!GlobalMemoryStatusEx(&whole))
        return;
    status->dwMemoryLoad = whole.dwMemoryLoad;
    status->dwTotalPhys = capped(whole.ullTotalPhys);
    status->dwAvailPhys = capped(whole.ullAvailPhys);
    status->dwTotalPageFile = capped(whole.ullTotalPageFile);
    status->dwAvailPageFile = capped(whole.ullAvailPageFile);
    status->dwTotalVirtual = capped(whole.ullTotalVirtual);
    status->dwAvailVirtual = capped(whole.ullAvailVirtual);
}

BOOL WINAPI K32GetProcessMemoryInfo(HANDLE process, PROCESS_MEMORY_COUNTERS *counters, DWORD size)
{
    VM_COUNTERS_EX vm;
    const VM_COUNTERS *c = &vm.Counters;
    bool extended = size >= sizeof(PROCESS_MEMORY_COUNTERS_EX);

    if (size < sizeof *counters)
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    NTSTATUS status = NtQueryInformationProcess(process, ProcessVmCounters, &vm, sizeof vm, NULL);
    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *counters = (PROCESS_MEMORY_COUNTERS){.cb = extended ? sizeof(PROCESS_MEMORY_COUNTERS_EX) : sizeof *counters,
                                          .PageFaultCount = c->PageFaultCount,
                                          .PeakWorkingSetSize = c->PeakWorkingSetSize,
                                          .WorkingSetSize = c->WorkingSetSize,
                                          .QuotaPeakPagedPoolUsage = c->QuotaPeakPagedPoolUsage,
                                          .QuotaPagedPoolUsage = c->QuotaPagedPoolUsage,
                                          .QuotaPeakNonPagedPoolUsage = c->QuotaPeakNonPagedPoolUsage,
                                          .QuotaNonPagedPoolUsage = c->QuotaNonPagedPoolUsage,
                                          .PagefileUsage = c->PagefileUsage,
                                          .PeakPagefileUsage = c->PeakPagefileUsage};
    if (extended)
        ((PROCESS_MEMORY_COUNTERS_EX *)counters)->PrivateUsage = vm.PrivateUsage;
    return TRUE;
}

BOOL WINAPI K32GetPerformanceInfo(PERFORMANCE_INFORMATION *info, DWORD size)
{
    struct memory memory;
    SYSTEM_FILECACHE_INFORMATION cache;
    struct k32_process_totals totals;

    if (size < sizeof *info)
        return k32_fail_with(ERROR_BAD_LENGTH);
    NTSTATUS status = query_memory(&memory);
    if (NT_SUCCESS(status))
        status = NtQuerySystemInformation(SystemFileCacheInformation, &cache, sizeof cache, NULL);
    if (NT_SUCCESS(status))
        status = k32_count_processes(&totals);
    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *info = (PERFORMANCE_INFORMATION){.cb = sizeof *info,
                                      .CommitTotal = memory.performance.CommittedPages,
                                      .CommitLimit = memory.performance.CommitLimit,
                                      .CommitPeak = memory.performance.PeakCommitment,
                                      .PhysicalTotal = memory.basic.NumberOfPhysicalPages,
                                      .PhysicalAvailable = memory.performance.AvailablePages,
                                      .SystemCache = cache.CurrentSizeIncludingTransitionInPages,
                                      .KernelTotal =
                                          memory.performance.PagedPoolPages + memory.performance.NonPagedPoolPages,
                                      .KernelPaged = memory.performance.PagedPoolPages,
                                      .KernelNonpaged = memory.performance.NonPagedPoolPages,
                                      .PageSize = memory.basic.PageSize,
                                      .HandleCount = totals.handles,
                                      .ProcessCount = totals.processes,
                                      .ThreadCount = totals.threads};
    return TRUE;
}
