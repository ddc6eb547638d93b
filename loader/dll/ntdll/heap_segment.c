// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_segment.c - the segments of a heap: reserved whole, each twice as large as the one before, committed from the
 * bottom up as blocks are needed. */
#include "heap.h"

/* Commit more of the segment so that a block of so many units fits. => false: no room or no memory. */
static bool segment_extend(struct heap *heap, ULONG index, ULONG units)
{
    struct heap_segment *segment = heap->segments[index];
    struct heap_entry *last = segment->last;
    SIZE_T room = segment->end - segment->committed;
    SIZE_T have = last != NULL && !(last->flags & HEAP_ENTRY_BUSY) ? last->size * HEAP_UNIT : 0;
    SIZE_T want = units * HEAP_UNIT;
    if (last == NULL)
        have = segment->committed - (PUCHAR)segment->first;
    want = want > have ? want - have : 0;
    if (units > HEAP_UNITS_GROWABLE_MAX)
        want += 0x1000; /* so that what is beyond the largest block is a block, too */
    if (have != 0 && last != NULL && (have + ((want + 0xFFF) & ~(SIZE_T)0xFFF)) / HEAP_UNIT > HEAP_UNITS_MAX)
        want = units * HEAP_UNIT + 0x1000; /* could not be joined: bring a whole block */
    if (want < heap->segment_commit && heap->segment_commit <= room)
        want = heap->segment_commit;
    want = (want + 0xFFF) & ~(SIZE_T)0xFFF;
    if (want > room)
        return false;
    PVOID at = segment->committed;
    if (want != 0 && !NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &at, 0, &want, MEM_COMMIT, heap->protect)))
        return false;
    struct heap_entry *fresh = (struct heap_entry *)segment->committed;
    segment->committed += want;
    if (last == NULL) {
        fresh = segment->first;
        want = segment->committed - (PUCHAR)fresh;
    }
    while (want >= HEAP_UNITS_MIN * HEAP_UNIT) { /* more than one block only for a large first commit */
        SIZE_T size = want / HEAP_UNIT;
        if (size > HEAP_UNITS_MAX)
            size = size - HEAP_UNITS_MAX >= HEAP_UNITS_MIN ? HEAP_UNITS_MAX : HEAP_UNITS_MAX - HEAP_UNITS_MIN;
        want -= size * HEAP_UNIT;
        heap_append_block(heap, index, fresh, (ULONG)size);
        fresh += size;
    }
    return true;
}

void heap_add_segment(struct heap *heap, struct heap_segment *segment, PVOID base, SIZE_T committed, SIZE_T reserved,
                      SIZE_T header)
{
    segment->signature = HEAP_SEGMENT_SIGNATURE;
    segment->heap = heap;
    segment->base = base;
    segment->committed = segment->base + committed;
    segment->end = segment->base + reserved;
    segment->first = (struct heap_entry *)(segment->base + ((header + HEAP_UNIT - 1) & ~(HEAP_UNIT - 1)));
    segment->last = NULL;
    segment->holes = 0;
    heap->segments[heap->segment_count++] = segment;
}

static bool segment_add(struct heap *heap, ULONG units)
{
    SIZE_T header = sizeof(struct heap_segment), commit = 0x1000;
    SIZE_T need = (units * HEAP_UNIT + header + 0xFFFF) & ~(SIZE_T)0xFFFF;
    SIZE_T reserve = heap->segment_reserve > need ? heap->segment_reserve : need;
    PVOID base = NULL;
    if (!(heap->flags & HEAP_GROWABLE) || heap->segment_count == HEAP_SEGMENTS)
        return false;
    while (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &reserve, MEM_RESERVE, heap->protect))) {
        if (reserve <= need)
            return false;
        reserve = reserve / 2 > need ? (reserve / 2) & ~(SIZE_T)0xFFFF : need;
        base = NULL;
    }
    PVOID at = base;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &at, 0, &commit, MEM_COMMIT, heap->protect))) {
        SIZE_T whole = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &whole, MEM_RELEASE);
        return false;
    }
    heap_add_segment(heap, base, base, commit, reserve, header);
    if (heap->segment_reserve < 0x1000000)
        heap->segment_reserve *= 2;
    return true;
}

bool heap_grow(struct heap *heap, ULONG units)
{
    for (ULONG i = heap->segment_count; i-- > 0;)
        if (segment_extend(heap, i, units))
            return true;
    return segment_add(heap, units) && segment_extend(heap, heap->segment_count - 1, units);
}
