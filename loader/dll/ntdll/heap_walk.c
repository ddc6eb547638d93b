// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_walk.c - RtlWalkHeap: for each segment itself, its blocks and its uncommitted rest; then the virtual blocks.
 *
 * A free block with a hole is told in up to three parts: what is in front of the hole, the hole, what is behind it. The
 * second and third part begin at a page, and so do few blocks: only there the block is searched for. */
#include "heap.h"

static void tell_segment(const struct heap_segment *segment, ULONG index, PRTL_HEAP_WALK_ENTRY walk)
{
    walk->DataAddress = segment->base;
    walk->DataSize = (PUCHAR)segment->first - segment->base;
    walk->OverheadBytes = 0;
    walk->SegmentIndex = (UCHAR)index;
    walk->Flags = RTL_HEAP_SEGMENT;
    walk->Segment.CommittedSize = (ULONG)(segment->committed - segment->base - segment->holes);
    walk->Segment.UnCommittedSize = (ULONG)(segment->end - segment->committed + segment->holes);
    walk->Segment.FirstEntry = segment->first;
    walk->Segment.LastEntry = segment->end;
}

static void tell_range(PUCHAR begin, PUCHAR end, WORD flags, PRTL_HEAP_WALK_ENTRY walk)
{
    walk->DataAddress = begin;
    walk->DataSize = end - begin;
    walk->OverheadBytes = 0;
    walk->Flags = flags;
}

static void tell_rest(const struct heap_segment *segment, PRTL_HEAP_WALK_ENTRY walk)
{
    tell_range(segment->committed, segment->end, RTL_HEAP_UNCOMMITTED_RANGE, walk);
}

static void tell_block(struct heap_entry *entry, PRTL_HEAP_WALK_ENTRY walk)
{
    bool busy = heap_is_busy(entry);
    walk->DataAddress = entry + 1;
    walk->DataSize = busy ? heap_block_size(entry) : (entry->size - 1) * HEAP_UNIT;
    if (!(entry->flags & HEAP_ENTRY_BUSY) && (entry->flags & HEAP_ENTRY_HOLE))
        walk->DataSize = ((struct heap_free_entry *)entry)->hole - (PUCHAR)(entry + 1);
    walk->OverheadBytes = busy && !(entry->flags & HEAP_ENTRY_VIRTUAL) ? entry->unused : HEAP_UNIT;
    if (entry->flags & HEAP_ENTRY_VIRTUAL)
        walk->OverheadBytes = sizeof(struct heap_virtual);
    walk->SegmentIndex = entry->flags & HEAP_ENTRY_VIRTUAL ? HEAP_SEGMENTS : entry->segment;
    walk->Flags = busy ? RTL_HEAP_BUSY | ((entry->flags & HEAP_ENTRY_SETTABLE) << 4) : 0;
    walk->Block.Settable = busy && heap_value_of(entry) != NULL ? (SIZE_T)*heap_value_of(entry) : 0;
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

/* The part of a block after the one that begins at this address. */
static NTSTATUS after_part(struct heap *heap, struct heap_entry *entry, PUCHAR at, PRTL_HEAP_WALK_ENTRY walk)
{
    struct heap_free_entry *block = (struct heap_free_entry *)entry;
    if ((entry->flags & (HEAP_ENTRY_BUSY | HEAP_ENTRY_HOLE)) == HEAP_ENTRY_HOLE) {
        PUCHAR end = (PUCHAR)(entry + entry->size);
        if (at == (PUCHAR)(entry + 1)) {
            tell_range(block->hole, block->hole_end, RTL_HEAP_UNCOMMITTED_RANGE, walk);
            return STATUS_SUCCESS;
        }
        if (at == block->hole && block->hole_end < end) {
            tell_range(block->hole_end, end, 0, walk);
            return STATUS_SUCCESS;
        }
    }
    return after_block(heap, entry, walk);
}

/* The block that this address lies in, behind its header; NULL: there is none. */
static struct heap_entry *search_block(struct heap_segment *segment, PUCHAR at)
{
    if (segment->last == NULL)
        return NULL;
    for (struct heap_entry *entry = segment->first; entry != NULL; entry = heap_next(entry)) {
        if (!heap_entry_is_sound(segment, entry))
            return NULL;
        if (at < (PUCHAR)(entry + entry->size))
            return at > (PUCHAR)entry ? entry : NULL;
    }
    return NULL;
}

static NTSTATUS after_virtual(struct heap *heap, struct heap_entry *entry, PRTL_HEAP_WALK_ENTRY walk)
{
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

static NTSTATUS walk_on(struct heap *heap, PRTL_HEAP_WALK_ENTRY walk)
{
    if (walk->DataAddress == NULL) {
        tell_segment(heap->segments[0], 0, walk);
        return STATUS_SUCCESS;
    }
    if (walk->SegmentIndex == HEAP_SEGMENTS)
        return after_virtual(heap, heap_entry_of(walk->DataAddress), walk);
    if (walk->SegmentIndex >= heap->segment_count)
        return STATUS_INVALID_PARAMETER;
    struct heap_segment *segment = heap->segments[walk->SegmentIndex];
    if ((walk->Flags & RTL_HEAP_UNCOMMITTED_RANGE) && (PUCHAR)walk->DataAddress >= segment->committed)
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
    struct heap_entry *entry = ((ULONG_PTR)at & 0xFFF) == 0 ? search_block(segment, at) : heap_entry_of(at);
    if (entry == NULL || entry->segment != walk->SegmentIndex || !heap_entry_is_sound(segment, entry))
        return STATUS_INVALID_PARAMETER;
    return after_part(heap, entry, at, walk);
}

NTSTATUS NTAPI RtlWalkHeap(PVOID handle, PRTL_HEAP_WALK_ENTRY walk)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return STATUS_INVALID_PARAMETER;
    heap_enter(heap, heap->flags);
    NTSTATUS status = walk_on(heap, walk);
    heap_leave(heap, heap->flags);
    return status;
}
