// SPDX-License-Identifier: GPL-2.0-or-later
/* bitmap.c - RTL_BITMAP: bit n is bit n % 32 of word n / 32. */
#include "ntdll.h"

#define NOT_FOUND 0xFFFFFFFF

static bool bit_is_set(PRTL_BITMAP map, ULONG bit)
{
    return map->Buffer[bit / 32] >> (bit % 32) & 1;
}

VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP map, PULONG buffer, ULONG bits)
{
    map->SizeOfBitMap = bits;
    map->Buffer = buffer;
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP map)
{
    memset(map->Buffer, 0, (map->SizeOfBitMap + 31) / 32 * 4);
}

VOID NTAPI RtlSetAllBits(PRTL_BITMAP map)
{
    memset(map->Buffer, 0xFF, (map->SizeOfBitMap + 31) / 32 * 4);
}

VOID NTAPI RtlClearBits(PRTL_BITMAP map, ULONG start, ULONG count)
{
    for (; count > 0 && start < map->SizeOfBitMap; count--, start++)
        map->Buffer[start / 32] &= ~(1u << (start % 32));
}

VOID NTAPI RtlSetBits(PRTL_BITMAP map, ULONG start, ULONG count)
{
    for (; count > 0 && start < map->SizeOfBitMap; count--, start++)
        map->Buffer[start / 32] |= 1u << (start % 32);
}

/* => the first bit of the run that is not as wanted, or `count` when all are. */
static ULONG run_length(PRTL_BITMAP map, ULONG start, ULONG count, bool want)
{
    ULONG length = 0;
    while (length < count && bit_is_set(map, start + length) == want)
        length++;
    return length;
}

static BOOLEAN range_is(PRTL_BITMAP map, ULONG start, ULONG count, bool want)
{
    if (count == 0 || start >= map->SizeOfBitMap || count > map->SizeOfBitMap - start)
        return FALSE;
    return run_length(map, start, count, want) == count;
}

BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP map, ULONG start, ULONG count)
{
    return range_is(map, start, count, false);
}

BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP map, ULONG start, ULONG count)
{
    return range_is(map, start, count, true);
}

static ULONG find_between(PRTL_BITMAP map, ULONG from, ULONG to, ULONG count, bool want)
{
    while (from < to && count <= map->SizeOfBitMap - from) {
        ULONG length = run_length(map, from, count, want);
        if (length == count)
            return from;
        from += length + 1;
    }
    return NOT_FOUND;
}

static ULONG find_run(PRTL_BITMAP map, ULONG count, ULONG hint, bool want)
{
    if (hint >= map->SizeOfBitMap)
        hint = 0;
    if (count == 0)
        return hint & ~7u;
    if (count > map->SizeOfBitMap)
        return NOT_FOUND;
    ULONG found = find_between(map, hint, map->SizeOfBitMap, count, want);
    return found != NOT_FOUND ? found : find_between(map, 0, hint, count, want);
}

ULONG NTAPI RtlFindClearBits(PRTL_BITMAP map, ULONG count, ULONG hint)
{
    return find_run(map, count, hint, false);
}

ULONG NTAPI RtlFindSetBits(PRTL_BITMAP map, ULONG count, ULONG hint)
{
    return find_run(map, count, hint, true);
}

ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP map, ULONG count, ULONG hint)
{
    ULONG found = find_run(map, count, hint, false);
    if (found != NOT_FOUND)
        RtlSetBits(map, found, count);
    return found;
}

ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP map, ULONG count, ULONG hint)
{
    ULONG found = find_run(map, count, hint, true);
    if (found != NOT_FOUND)
        RtlClearBits(map, found, count);
    return found;
}

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP map)
{
    ULONG number = 0;
    for (ULONG bit = 0; bit < map->SizeOfBitMap; bit++)
        number += bit_is_set(map, bit);
    return number;
}

ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP map)
{
    return map->SizeOfBitMap - RtlNumberOfSetBits(map);
}
