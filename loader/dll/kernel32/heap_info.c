/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heap_info.c - what a heap is told and asked; and a number from before NT. */
#include "k32.h"

BOOL WINAPI HeapSetInformation(HANDLE heap, HEAP_INFORMATION_CLASS info_class, void *buffer, SIZE_T size)
{
    NTSTATUS status = (NTSTATUS)RtlSetHeapInformation(heap, info_class, buffer, size);
    return k32_done(status);
}

BOOL WINAPI HeapQueryInformation(HANDLE heap, HEAP_INFORMATION_CLASS info_class, void *buffer, SIZE_T size,
                                 SIZE_T *ret_size)
{
    NTSTATUS status = (NTSTATUS)RtlQueryHeapInformation(heap, info_class, buffer, size, ret_size);
    return k32_done(status);
}

UINT WINAPI SetHandleCount(UINT count)
{
    return count; /* there has been no limit since NT */
}
