// SPDX-License-Identifier: GPL-2.0-or-later
/* memory.c - RtlMoveMemory and its relatives. */
#include "ntdll.h"

#undef RtlMoveMemory
#undef RtlFillMemory
#undef RtlZeroMemory

VOID NTAPI RtlMoveMemory(PVOID to, const VOID *from, SIZE_T size)
{
    memmove(to, from, size);
}

VOID NTAPI RtlFillMemory(PVOID to, SIZE_T size, UCHAR value)
{
    memset(to, value, size);
}

VOID NTAPI RtlZeroMemory(PVOID to, SIZE_T size)
{
    memset(to, 0, size);
}

VOID NTAPI RtlFillMemoryUlong(PULONG to, SIZE_T size, ULONG pattern)
{
    for (size /= 4; size > 0; size--)
        *to++ = pattern;
}

SIZE_T NTAPI RtlCompareMemory(const VOID *a, const VOID *b, SIZE_T size)
{
    const UCHAR *p = a, *q = b;
    SIZE_T same = 0;
    while (same < size && p[same] == q[same])
        same++;
    return same;
}

SIZE_T NTAPI RtlCompareMemoryUlong(PVOID memory, SIZE_T size, ULONG pattern)
{
    const ULONG *p = memory;
    SIZE_T words = 0;
    if (((ULONG_PTR)memory & 3) != 0)
        return 0;
    while (words < size / 4 && p[words] == pattern)
        words++;
    return words * 4;
}
