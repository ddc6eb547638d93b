/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysinfo.c - what machine and which system this is. */
#include "k32.h"

/* => dwProcessorType, which only knows the first processors of a family. */
static DWORD processor_type(const SYSTEM_PROCESSOR_INFORMATION *processor)
{
    if (processor->ProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64)
        return PROCESSOR_AMD_X8664;
    switch (processor->ProcessorLevel) {
    case 3: return PROCESSOR_INTEL_386;
    case 4: return PROCESSOR_INTEL_486;
    default: return PROCESSOR_INTEL_PENTIUM;
    }
}

void WINAPI GetSystemInfo(SYSTEM_INFO *info)
{
    SYSTEM_BASIC_INFORMATION basic;
    SYSTEM_PROCESSOR_INFORMATION processor = {.Reserved = 0};

    *info = (SYSTEM_INFO){.wReserved = 0};
    if (!NT_SUCCESS(NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof basic, NULL)))
        return;
    NtQuerySystemInformation(SystemProcessorInformation, &processor, sizeof processor, NULL);
    info->wProcessorArchitecture = processor.ProcessorArchitecture;
    info->dwPageSize = basic.PageSize;
    info->lpMinimumApplicationAddress = (void *)basic.MinimumUserModeAddress;
    info->lpMaximumApplicationAddress = (void *)basic.MaximumUserModeAddress;
    info->dwActiveProcessorMask = basic.ActiveProcessorsAffinityMask;
    info->dwNumberOfProcessors = (DWORD)basic.NumberOfProcessors;
    info->dwProcessorType = processor_type(&processor);
    info->dwAllocationGranularity = basic.AllocationGranularity;
    info->wProcessorLevel = processor.ProcessorLevel;
    info->wProcessorRevision = processor.ProcessorRevision;
}

/* There is no WOW64 here: what a program sees is what there is. */
void WINAPI GetNativeSystemInfo(SYSTEM_INFO *info)
{
    GetSystemInfo(info);
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
