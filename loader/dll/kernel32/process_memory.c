/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_memory.c - reading and writing another process's memory (nt-reference 5.7). */
#include "k32.h"

BOOL WINAPI ReadProcessMemory(HANDLE process, const void *base, void *buffer, SIZE_T size, SIZE_T *ret_done)
{
    SIZE_T done = 0;
    NTSTATUS status = NtReadVirtualMemory(process, (void *)(ULONG_PTR)base, buffer, size, &done);

    if (ret_done != NULL)
        *ret_done = done;
    return k32_done(status);
}

enum {
    WRITABLE = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY,
    REFUSED = PAGE_NOACCESS | PAGE_READONLY | PAGE_GUARD,
};

static NTSTATUS write_and_flush(HANDLE process, void *base, const void *buffer, SIZE_T size, SIZE_T *done)
{
    NTSTATUS status = NtWriteVirtualMemory(process, base, (void *)(ULONG_PTR)buffer, size, done);

    NtFlushInstructionCache(process, base, size);
    return status;
}

/* The pages are made writable to learn what they were: all of them must lie in one allocation and be committed.  Code
 * stays writable for the length of the call, as debuggers expect; data that is read only is refused. */
BOOL WINAPI WriteProcessMemory(HANDLE process, void *base, const void *buffer, SIZE_T size, SIZE_T *ret_done)
{
    SIZE_T done = 0, region = size;
    void *start = base;
    ULONG old, unused;
    NTSTATUS status = NtProtectVirtualMemory(process, &start, &region, PAGE_EXECUTE_READWRITE, &old);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    if (old & (WRITABLE | REFUSED))
        NtProtectVirtualMemory(process, &start, &region, old, &unused);
    if (old & REFUSED)
        return k32_fail(STATUS_ACCESS_VIOLATION);
    status = write_and_flush(process, base, buffer, size, &done);
    if (!(old & WRITABLE))
        NtProtectVirtualMemory(process, &start, &region, old, &unused);
    if (ret_done != NULL)
        *ret_done = done;
    return k32_done(status);
}

BOOL WINAPI FlushInstructionCache(HANDLE process, const void *base, SIZE_T size)
{
    NTSTATUS status = NtFlushInstructionCache(process, (void *)(ULONG_PTR)base, size);
    return k32_done(status);
}
