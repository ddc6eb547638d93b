/* SPDX-License-Identifier: GPL-2.0-or-later */
/* physical.c - Address Windowing Extensions: physical pages that a program holds and maps into windows. */
#include "k32.h"

BOOL WINAPI AllocateUserPhysicalPages(HANDLE process, ULONG_PTR *count, ULONG_PTR *pages)
{
    NTSTATUS status = NtAllocateUserPhysicalPages(process, count, pages);
    return k32_done(status);
}

BOOL WINAPI FreeUserPhysicalPages(HANDLE process, ULONG_PTR *count, ULONG_PTR *pages)
{
    NTSTATUS status = NtFreeUserPhysicalPages(process, count, pages);
    return k32_done(status);
}

BOOL WINAPI MapUserPhysicalPages(void *address, ULONG_PTR count, ULONG_PTR *pages)
{
    NTSTATUS status = NtMapUserPhysicalPages(address, count, pages);
    return k32_done(status);
}

BOOL WINAPI MapUserPhysicalPagesScatter(void **addresses, ULONG_PTR count, ULONG_PTR *pages)
{
    NTSTATUS status = NtMapUserPhysicalPagesScatter(addresses, count, pages);
    return k32_done(status);
}
