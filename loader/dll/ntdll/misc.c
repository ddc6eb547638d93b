// SPDX-License-Identifier: GPL-2.0-or-later
/* misc.c - small services that need no file of their own: version, PEB, random numbers, checksum. */
#include "ntdll.h"

static RTL_CRITICAL_SECTION peb_lock;

void peb_lock_init(PPEB peb)
{
    RtlInitializeCriticalSection(&peb_lock);
    peb->FastPebLock = &peb_lock;
}

PPEB NTAPI RtlGetCurrentPeb(VOID)
{
    return NtCurrentPeb();
}

VOID NTAPI RtlAcquirePebLock(VOID)
{
    RtlEnterCriticalSection(&peb_lock);
}

VOID NTAPI RtlReleasePebLock(VOID)
{
    RtlLeaveCriticalSection(&peb_lock);
}

ULONG NTAPI RtlGetNtGlobalFlags(VOID)
{
    return NtCurrentPeb()->NtGlobalFlag;
}

NTSTATUS NTAPI RtlGetVersion(POSVERSIONINFOW info)
{
    PPEB peb = NtCurrentPeb();
    info->dwMajorVersion = peb->OSMajorVersion;
    info->dwMinorVersion = peb->OSMinorVersion;
    info->dwBuildNumber = peb->OSBuildNumber;
    info->dwPlatformId = peb->OSPlatformId;
    memset(info->szCSDVersion, 0, sizeof(info->szCSDVersion));
    if (peb->CSDVersion.Buffer != NULL && peb->CSDVersion.Length < sizeof(info->szCSDVersion))
        memcpy(info->szCSDVersion, peb->CSDVersion.Buffer, peb->CSDVersion.Length);
    if (info->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXW)) {
        OSVERSIONINFOEXW *more = (OSVERSIONINFOEXW *)info;
        more->wServicePackMajor = peb->OSCSDVersion >> 8;
        more->wServicePackMinor = peb->OSCSDVersion & 0xFF;
        more->wSuiteMask = (WORD)SharedUserData->SuiteMask;
        more->wProductType = (BYTE)SharedUserData->NtProductType;
        more->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetNativeSystemInformation(ULONG info_class, PVOID buffer, ULONG length, PULONG ret_length)
{
    return NtQuerySystemInformation(info_class, buffer, length, ret_length);
}

/* The documented generator: x' = (x * 0x7FFFFFED + 0x7FFFFFC3) mod (2^31 - 1). */
ULONG NTAPI RtlUniform(PULONG seed)
{
    *seed = (ULONG)(((ULONGLONG)*seed * 0x7FFFFFED + 0x7FFFFFC3) % 0x7FFFFFFF);
    return *seed;
}

/* Two draws, the first of which picks which of 128 earlier ones to give out. */
ULONG NTAPI RtlRandom(PULONG seed)
{
    static ULONG pool[128];
    static bool filled;
    if (!filled) {
        ULONG start = 0x3E7B2C91;
        for (int i = 0; i < 128; i++)
            pool[i] = RtlUniform(&start);
        filled = true;
    }
    ULONG fresh = RtlUniform(seed), index = RtlUniform(seed) & 127;
    ULONG result = pool[index];
    pool[index] = fresh;
    return result;
}

ULONG NTAPI RtlRandomEx(PULONG seed)
{
    return RtlRandom(seed);
}

ULONG NTAPI RtlComputeCrc32(ULONG crc, const UCHAR *data, ULONG size)
{
    crc = ~crc;
    for (; size > 0; size--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK granted, ACCESS_MASK desired)
{
    return (desired & ~granted) == 0;
}

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK granted, ACCESS_MASK desired)
{
    return (desired & granted) != 0;
}
