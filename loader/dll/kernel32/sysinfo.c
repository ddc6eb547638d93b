/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysinfo.c - what machine and which system this is, and how much memory it has. */
#include "k32.h"

void WINAPI GetSystemInfo(SYSTEM_INFO *info)
{
    SYSTEM_BASIC_INFORMATION basic;

    *info = (SYSTEM_INFO){.wProcessorArchitecture = PROCESSOR_ARCHITECTURE_INTEL};
    if (!NT_SUCCESS(NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof basic, NULL)))
        return;
    info->dwPageSize = basic.PageSize;
    info->lpMinimumApplicationAddress = (void *)basic.MinimumUserModeAddress;
    info->lpMaximumApplicationAddress = (void *)basic.MaximumUserModeAddress;
    info->dwActiveProcessorMask = basic.ActiveProcessorsAffinityMask;
    info->dwNumberOfProcessors = (DWORD)basic.NumberOfProcessors;
    info->dwProcessorType = PROCESSOR_INTEL_PENTIUM;
    info->dwAllocationGranularity = basic.AllocationGranularity;
    info->wProcessorLevel = 6;
    info->wProcessorRevision = 0;
}

void WINAPI GetNativeSystemInfo(SYSTEM_INFO *info)
{
    GetSystemInfo(info);
}

enum { PERFORMANCE_SIZE = 0x138, AVAILABLE_PAGES = 0x2C, COMMITTED_PAGES = 0x30, COMMIT_LIMIT = 0x34 };

/* Fails while the kernel does not answer class 2, rather than to invent numbers. */
BOOL WINAPI GlobalMemoryStatusEx(MEMORYSTATUSEX *status)
{
    SYSTEM_BASIC_INFORMATION basic;
    VM_COUNTERS counters;
    union {
        UCHAR bytes[PERFORMANCE_SIZE];
        ULONG words[PERFORMANCE_SIZE / sizeof(ULONG)];
    } p;
    ULONG length;

    if (status == NULL || status->dwLength != sizeof *status)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    NTSTATUS s = NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof basic, NULL);
    if (NT_SUCCESS(s))
        s = NtQuerySystemInformation(SystemPerformanceInformation, &p, sizeof p, &length);
    if (NT_SUCCESS(s))
        s = NtQueryInformationProcess(NtCurrentProcess(), ProcessVmCounters, &counters, sizeof counters, NULL);
    if (s == STATUS_NOT_IMPLEMENTED || s == STATUS_INVALID_INFO_CLASS)
        return k32_fail_with(ERROR_CALL_NOT_IMPLEMENTED);
    if (!NT_SUCCESS(s))
        return k32_fail(s);
    ULONGLONG page = basic.PageSize;
    ULONG available = p.words[AVAILABLE_PAGES / 4], committed = p.words[COMMITTED_PAGES / 4];
    status->ullTotalPhys = basic.NumberOfPhysicalPages * page;
    status->ullAvailPhys = available * page;
    status->ullTotalPageFile = p.words[COMMIT_LIMIT / 4] * page;
    status->ullAvailPageFile = status->ullTotalPageFile - committed * page;
    status->ullTotalVirtual = basic.MaximumUserModeAddress - basic.MinimumUserModeAddress + 1;
    status->ullAvailVirtual = status->ullTotalVirtual - counters.VirtualSize;
    status->ullAvailExtendedVirtual = 0;
    status->dwMemoryLoad =
        basic.NumberOfPhysicalPages != 0 && available <= basic.NumberOfPhysicalPages
            ? (DWORD)((basic.NumberOfPhysicalPages - available) * 100ull / basic.NumberOfPhysicalPages)
            : 0;
    return TRUE;
}

BOOL WINAPI IsProcessorFeaturePresent(DWORD feature)
{
    return feature < sizeof SharedUserData->ProcessorFeatures && SharedUserData->ProcessorFeatures[feature];
}

BOOL WINAPI IsDebuggerPresent(void)
{
    return NtCurrentPeb()->BeingDebugged;
}

DWORD WINAPI GetVersion(void)
{
    const PEB *peb = NtCurrentPeb();

    return (peb->OSMajorVersion & 0xFF) | (peb->OSMinorVersion & 0xFF) << 8 |
           ((DWORD)peb->OSBuildNumber | (peb->OSPlatformId ^ 2) << 14) << 16;
}

BOOL WINAPI GetVersionExW(OSVERSIONINFOW *info)
{
    bool extended = info->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXW);

    if (!extended && info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOW))
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    NTSTATUS status = RtlGetVersion(info);
    return k32_done(status);
}

BOOL WINAPI GetVersionExA(OSVERSIONINFOA *info)
{
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide};
    bool extended = info->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXA);

    if (!extended && info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOA))
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    if (!GetVersionExW((OSVERSIONINFOW *)&wide))
        return FALSE;
    info->dwMajorVersion = wide.dwMajorVersion;
    info->dwMinorVersion = wide.dwMinorVersion;
    info->dwBuildNumber = wide.dwBuildNumber;
    info->dwPlatformId = wide.dwPlatformId;
    for (int i = 0; i < 128; i++)
        info->szCSDVersion[i] = (char)wide.szCSDVersion[i];
    if (extended) {
        OSVERSIONINFOEXA *more = (OSVERSIONINFOEXA *)info;
        more->wServicePackMajor = wide.wServicePackMajor;
        more->wServicePackMinor = wide.wServicePackMinor;
        more->wSuiteMask = wide.wSuiteMask;
        more->wProductType = wide.wProductType;
        more->wReserved = 0;
    }
    return TRUE;
}

SIZE_T WINAPI GetLargePageMinimum(void)
{
    return SharedUserData->LargePageMinimum;
}
