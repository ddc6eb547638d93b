// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_check.c - blocks found by their address, and the laws of heap_block.c checked. */
#include "heap.h"

struct heap_segment *heap_segment_of(struct heap *heap, const VOID *address)
{
    struct heap_segment *segment = heap->segments[heap->recent];
    if ((PUCHAR)address >= (PUCHAR)segment->first && (PUCHAR)address < segment->committed)
        return segment;
    for (ULONG i = 0; i < heap->segment_count; i++) {
        segment = heap->segments[i];
        if ((PUCHAR)address >= (PUCHAR)segment->first && (PUCHAR)address < segment->committed) {
            heap->recent = i;
            return segment;
        }
    }
    return NULL;
}

bool heap_entry_is_sound(const struct heap_segment *segment, struct heap_entry *entry)
{
    struct heap_entry *end = (struct heap_entry *)segment->committed;
    if (entry->size < HEAP_UNITS_MIN || entry->size > end - entry)
        return false;
    if (((entry->flags & HEAP_ENTRY_LAST) != 0) != (entry + entry->size == end))
        return false;
    if ((entry->previous_size == 0) != (entry == segment->first))
        return false;
    if (entry->previous_size > entry - segment->first)
        return false;
    if (entry != segment->first && (entry - entry->previous_size)->size != entry->previous_size)
        return false;
    return (entry->flags & HEAP_ENTRY_LAST) || (entry + entry->size)->previous_size == entry->size;
}

static struct heap_entry *find_virtual(struct heap *heap, struct heap_entry *entry)
{
    for (LIST_ENTRY *at = heap->virtual_blocks.Flink; at != &heap->virtual_blocks; at = at->Flink)
        if (at == &heap_virtual_of(entry)->links)
            return entry;
    return NULL;
}

struct heap_entry *heap_find_block(struct heap *heap, const VOID *block)
{
    struct heap_entry *entry = heap_entry_of(block);
    if (((ULONG_PTR)block & (HEAP_UNIT - 1)) != 0)
        return NULL;
    struct heap_segment *segment = heap_segment_of(heap, entry);
    if (segment != NULL)
        return heap_is_busy(entry) && heap_entry_is_sound(segment, entry) ? entry : NULL;
    if (((ULONG_PTR)block & 0xFFFF) != sizeof(struct heap_virtual))
        return NULL;
    return find_virtual(heap, entry);
}

SIZE_T heap_block_size(const struct heap_entry *entry)
{
    if (entry->flags & HEAP_ENTRY_VIRTUAL)
        return heap_virtual_of((struct heap_entry *)entry)->commit_size - entry->size;
    return entry->size * HEAP_UNIT - entry->unused;
}

SIZE_T NTAPI RtlSizeHeap(PVOID handle, ULONG flags, const VOID *block)
{
    struct heap *heap = heap_from_handle(handle);
    SIZE_T size = (SIZE_T)-1;
    if (heap != NULL) {
        heap_enter(heap, flags | heap->flags);
        struct heap_entry *entry = heap_find_block(heap, block);
        if (entry != NULL)
            size = heap_block_size(entry);
        heap_leave(heap, flags | heap->flags);
    }
    if (size == (SIZE_T)-1)
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_PARAMETER);
    return size;
}

static struct heap_entry *user_block(PVOID handle, PVOID block)
{
    struct heap *heap = heap_from_handle(handle);
    struct heap_entry *entry = heap != NULL ? heap_find_block(heap, block) : NULL;
    if (entry == NULL)
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_PARAMETER);
    return entry;
}

BOOLEAN NTAPI RtlGetUserInfoHeap(PVOID handle, ULONG flags, PVOID block, PVOID *ret_value, PULONG ret_flags)
{
    struct heap_entry *entry = user_block(handle, block);
    (void)flags;
    if (entry == NULL)
        return FALSE;
    if (ret_value != NULL && heap_value_of(entry) != NULL)
        *ret_value = *heap_value_of(entry);
    if (ret_flags != NULL)
        *ret_flags = (ULONG)(entry->flags & HEAP_ENTRY_SETTABLE) << 4;
    return TRUE;
}

BOOLEAN NTAPI RtlSetUserValueHeap(PVOID handle, ULONG flags, PVOID block, PVOID value)
{
    struct heap_entry *entry = user_block(handle, block);
    (void)flags;
    if (entry == NULL || heap_value_of(entry) == NULL)
        return FALSE;
    *heap_value_of(entry) = value;
    return TRUE;
}

BOOLEAN NTAPI RtlSetUserFlagsHeap(PVOID handle, ULONG flags, PVOID block, ULONG reset, ULONG set)
{
    struct heap_entry *entry = user_block(handle, block);
    (void)flags;
    if (entry == NULL)
        return FALSE;
    entry->flags &= ~((reset & HEAP_SETTABLE_USER_FLAGS) >> 4);
    entry->flags |= (set & HEAP_SETTABLE_USER_FLAGS) >> 4;
    return TRUE;
}

/* ---- the laws ---- */

/* What the blocks of a heap add up to. */
struct sums {
    SIZE_T free_units, quick_units;
};

static bool segment_is_sound(struct heap_segment *segment, ULONG index, struct sums *sums)
{
    struct heap_entry *last = NULL;
    SIZE_T holes = 0;
    if (segment->signature != HEAP_SEGMENT_SIGNATURE)
        return false;
    for (struct heap_entry *entry = segment->last != NULL ? segment->first : NULL; entry != NULL;
         entry = heap_next(entry)) {
        if (!heap_entry_is_sound(segment, entry) || entry->segment != index)
            return false;
        if (!(entry->flags & HEAP_ENTRY_BUSY)) {
            sums->free_units += entry->size - heap_hole_size(entry) / HEAP_UNIT;
            holes += heap_hole_size(entry);
        } else if (entry->flags & HEAP_ENTRY_QUICK) {
            sums->quick_units += entry->size;
        }
        last = entry;
    }
    return last == segment->last && holes == segment->holes;
}

static bool bins_are_sound(struct heap *heap, SIZE_T free_units)
{
    SIZE_T listed = 0;
    for (ULONG i = 0; i < HEAP_BINS; i++) {
        for (LIST_ENTRY *at = heap->bins[i].Flink; at != &heap->bins[i]; at = at->Flink) {
            struct heap_entry *entry = &CONTAINING_RECORD(at, struct heap_free_entry, links)->entry;
            if (listed > free_units || !heap_free_is_sound(heap, entry))
                return false;
            listed += entry->size - heap_hole_size(entry) / HEAP_UNIT;
        }
    }
    return listed == free_units && listed == heap->total_free;
}

static bool quick_lists_are_sound(struct heap *heap, SIZE_T quick_units)
{
    SIZE_T listed = 0;
    for (ULONG i = 0; i < HEAP_QUICK_LISTS; i++) {
        for (struct heap_quick_entry *block = heap->quick[i]; block != NULL; block = block->next) {
            if (((ULONG_PTR)block & (HEAP_UNIT - 1)) != 0 || heap_segment_of(heap, block) == NULL)
                return false;
            if (!(block->entry.flags & HEAP_ENTRY_BUSY) || heap_is_busy(&block->entry) || block->entry.size != i)
                return false;
            listed += i;
            if (listed > quick_units)
                return false;
        }
    }
    return listed == quick_units && listed == heap->quick_units;
}

/* A virtual block's header may have been overwritten: it is read as one reads another process's memory. */
static bool virtual_blocks_are_sound(struct heap *heap)
{
    struct heap_virtual copy;
    SIZE_T done;
    LIST_ENTRY *back = &heap->virtual_blocks;
    for (LIST_ENTRY *at = back->Flink; at != &heap->virtual_blocks; at = copy.links.Flink) {
        if (((ULONG_PTR)at & 0xFFFF) != 0 ||
            !NT_SUCCESS(NtReadVirtualMemory(NtCurrentProcess(), at, &copy, sizeof(copy), &done)))
            return false;
        if (copy.links.Blink != back || !(copy.entry.flags & HEAP_ENTRY_VIRTUAL) || copy.entry.size > copy.commit_size)
            return false;
        back = at;
    }
    return heap->virtual_blocks.Blink == back;
}

static bool heap_is_sound(struct heap *heap)
{
    struct sums sums = {0};
    for (ULONG i = 0; i < heap->segment_count; i++)
        if (!segment_is_sound(heap->segments[i], i, &sums))
            return false;
    return bins_are_sound(heap, sums.free_units) && quick_lists_are_sound(heap, sums.quick_units) &&
           virtual_blocks_are_sound(heap);
}

/* Whether a block is one of the heap's, whatever the address: found by going through its segment. */
static bool block_is_sound(struct heap *heap, const VOID *block)
{
    struct heap_segment *segment = heap_segment_of(heap, heap_entry_of(block));
    if (segment == NULL)
        return virtual_blocks_are_sound(heap) && heap_find_block(heap, block) != NULL;
    for (struct heap_entry *entry = segment->first; entry != NULL && entry < (const struct heap_entry *)block;
         entry = heap_next(entry)) {
        if (!heap_entry_is_sound(segment, entry))
            return false;
        if (entry + 1 == block)
            return heap_is_busy(entry);
    }
    return false;
}

BOOLEAN NTAPI RtlValidateHeap(PVOID handle, ULONG flags, const VOID *block)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return FALSE;
    heap_enter(heap, flags | heap->flags);
    bool sound = block != NULL ? block_is_sound(heap, block) : heap_is_sound(heap);
    heap_leave(heap, flags | heap->flags);
    return sound;
}
