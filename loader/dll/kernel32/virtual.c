/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual.c - the VirtualXxx calls: the Win32 checks, then the native services. */
#include "k32.h"

enum { GRANULARITY = 0x10000 };

void *WINAPI VirtualAllocEx(HANDLE process, void *address, SIZE_T size, DWORD type, DWORD protect)
{
    if (address != NULL && (ULONG_PTR)address < GRANULARITY) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS status = NtAllocateVirtualMemory(process, &address, 0, &size, type, protect);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    return address;
}

void *WINAPI VirtualAlloc(void *address, SIZE_T size, DWORD type, DWORD protect)
{
    return VirtualAllocEx(NtCurrentProcess(), address, size, type, protect);
}

BOOL WINAPI VirtualFreeEx(HANDLE process, void *address, SIZE_T size, DWORD type)
{
    if ((type & MEM_RELEASE) && size != 0)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    NTSTATUS status = NtFreeVirtualMemory(process, &address, &size, type);
    return k32_done(status);
}

BOOL WINAPI VirtualFree(void *address, SIZE_T size, DWORD type)
{
    return VirtualFreeEx(NtCurrentProcess(), address, size, type);
}

BOOL WINAPI VirtualProtectEx(HANDLE process, void *address, SIZE_T size, DWORD protect, DWORD *old)
{
    NTSTATUS status = NtProtectVirtualMemory(process, &address, &size, protect, old);
    return k32_done(status);
}

BOOL WINAPI VirtualProtect(void *address, SIZE_T size, DWORD protect, DWORD *old)
{
    return VirtualProtectEx(NtCurrentProcess(), address, size, protect, old);
}

SIZE_T WINAPI VirtualQueryEx(HANDLE process, const void *address, MEMORY_BASIC_INFORMATION *info, SIZE_T length)
{
    SIZE_T returned = 0;
    NTSTATUS status =
        NtQueryVirtualMemory(process, (void *)(ULONG_PTR)address, MemoryBasicInformation, info, length, &returned);

    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return 0;
    }
    return returned;
}

SIZE_T WINAPI VirtualQuery(const void *address, MEMORY_BASIC_INFORMATION *info, SIZE_T length)
{
    return VirtualQueryEx(NtCurrentProcess(), address, info, length);
}

enum { MAP_PROCESS = 1 };

BOOL WINAPI VirtualLock(void *address, SIZE_T size)
{
    NTSTATUS status = NtLockVirtualMemory(NtCurrentProcess(), &address, &size, MAP_PROCESS);
    return k32_done(status);
}

BOOL WINAPI VirtualUnlock(void *address, SIZE_T size)
{
    NTSTATUS status = NtUnlockVirtualMemory(NtCurrentProcess(), &address, &size, MAP_PROCESS);
    return k32_done(status);
}

enum { WRITE_WATCH_FAILED = ~0u };

UINT WINAPI GetWriteWatch(DWORD flags, void *base, SIZE_T size, void **addresses, ULONG_PTR *count, DWORD *granularity)
{
    NTSTATUS status = NtGetWriteWatch(NtCurrentProcess(), flags, base, size, addresses, count, granularity);

    if (NT_SUCCESS(status))
        return 0;
    k32_fail(status);
    return WRITE_WATCH_FAILED;
}

UINT WINAPI ResetWriteWatch(void *base, SIZE_T size)
{
    NTSTATUS status = NtResetWriteWatch(NtCurrentProcess(), base, size);

    if (NT_SUCCESS(status))
        return 0;
    k32_fail(status);
    return WRITE_WATCH_FAILED;
}
