// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_walk.c - RtlWalkHeap: for each segment itself, its blocks and its uncommitted rest; then the virtual blocks. */
#include "heap.h"

static void tell_segment(const struct heap_segment *segment, ULONG index, PRTL_HEAP_WALK_ENTRY walk)
{
    walk->DataAddress = segment->base;
    walk->DataSize = (PUCHAR)segment->first - segment->base;
    walk->OverheadBytes = 0;
    walk->SegmentIndex = (UCHAR)index;
    walk->Flags = RTL_HEAP_SEGMENT;
    walk->Segment.CommittedSize = (ULONG)(segment->committed - segment->base);
    walk->Segment.UnCommittedSize = (ULONG)(segment->end - segment->committed);
    walk->Segment.FirstEntry = segment->first;
    walk->Segment.LastEntry = segment->end;
}

static void tell_rest(const struct heap_segment *segment, PRTL_HEAP_WALK_ENTRY walk)
{
    walk->DataAddress = segment->committed;
    walk->DataSize = segment->end - segment->committed;
    walk->OverheadBytes = 0;
    walk->Flags = RTL_HEAP_UNCOMMITTED_RANGE;
}

static void tell_block(struct heap_entry *entry, PRTL_HEAP_WALK_ENTRY walk)
{
    bool busy = entry->flags & HEAP_ENTRY_BUSY;
    walk->DataAddress = entry + 1;
    walk->DataSize = busy ? heap_block_size(entry) : (entry->size - 1) * HEAP_UNIT;
    walk->OverheadBytes = busy && !(entry->flags & HEAP_ENTRY_VIRTUAL) ? entry->unused : HEAP_UNIT;
    if (entry->flags & HEAP_ENTRY_VIRTUAL)
        walk->OverheadBytes = sizeof(struct heap_virtual);
    walk->SegmentIndex = entry->flags & HEAP_ENTRY_VIRTUAL ? HEAP_SEGMENTS : entry->segment;
    walk->Flags = busy ? RTL_HEAP_BUSY : 0;
    walk->Block.Settable = 0;
    if (busy && (entry->flags & HEAP_ENTRY_EXTRA))
        walk->Block.Settable = (SIZE_T)((struct heap_extra *)(entry + entry->size) - 1)->value;
    walk->Block.TagIndex = 0;
}

static NTSTATUS after_segment(struct heap *heap, ULONG index, PRTL_HEAP_WALK_ENTRY walk)
{
    if (index + 1 < heap->segment_count) {
        tell_segment(heap->segments[index + 1], index + 1, walk);
        return STATUS_SUCCESS;
    }
    if (list_is_empty(&heap->virtual_blocks))
        return STATUS_NO_MORE_ENTRIES;
    tell_block(&CONTAINING_RECORD(heap->virtual_blocks.Flink, struct heap_virtual, links)->entry, walk);
    return STATUS_SUCCESS;
}

static NTSTATUS after_block(struct heap *heap, struct heap_entry *entry, PRTL_HEAP_WALK_ENTRY walk)
{
    struct heap_segment *segment = heap->segments[entry->segment];
    struct heap_entry *next = heap_next(entry);
    if (next != NULL)
        tell_block(next, walk);
    else if (segment->committed < segment->end)
        tell_rest(segment, walk);
    else
        return after_segment(heap, entry->segment, walk);
    return STATUS_SUCCESS;
}

static NTSTATUS walk_on(struct heap *heap, PRTL_HEAP_WALK_ENTRY walk)
{
    if (walk->DataAddress == NULL) {
        tell_segment(heap->segments[0], 0, walk);
        return STATUS_SUCCESS;
    }
    if (walk->SegmentIndex == HEAP_SEGMENTS) {
        struct heap_entry *entry = heap_entry_of(walk->DataAddress);
        for (LIST_ENTRY *at = heap->virtual_blocks.Flink; at != &heap->virtual_blocks; at = at->Flink) {
            if (at != &heap_virtual_of(entry)->links)
                continue;
            if (at->Flink == &heap->virtual_blocks)
                return STATUS_NO_MORE_ENTRIES;
            tell_block(&CONTAINING_RECORD(at->Flink, struct heap_virtual, links)->entry, walk);
            return STATUS_SUCCESS;
        }
        return STATUS_INVALID_PARAMETER;
    }
    if (walk->SegmentIndex >= heap->segment_count)
        return STATUS_INVALID_PARAMETER;
    struct heap_segment *segment = heap->segments[walk->SegmentIndex];
    if (walk->Flags & RTL_HEAP_UNCOMMITTED_RANGE)
        return after_segment(heap, walk->SegmentIndex, walk);
    if (walk->Flags & RTL_HEAP_SEGMENT) {
        if (segment->last != NULL)
            tell_block(segment->first, walk);
        else
            tell_rest(segment, walk);
        return STATUS_SUCCESS;
    }
    PUCHAR at = walk->DataAddress;
    if (at <= (PUCHAR)segment->first || at >= segment->committed || ((ULONG_PTR)at & (HEAP_UNIT - 1)) != 0)
        return STATUS_INVALID_PARAMETER;
    struct heap_entry *entry = heap_entry_of(at);
    if (entry->segment != walk->SegmentIndex || entry->size == 0 || (PUCHAR)(entry + entry->size) > segment->committed)
        return STATUS_INVALID_PARAMETER;
    return after_block(heap, entry, walk);
}

NTSTATUS NTAPI RtlWalkHeap(PVOID handle, PRTL_HEAP_WALK_ENTRY walk)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return STATUS_INVALID_PARAMETER;
    heap_enter(heap, 0);
    NTSTATUS status = walk_on(heap, walk);
    heap_leave(heap, 0);
    return status;
}
