// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_block.c - the blocks of a heap's segments: bins, joining and splitting, pages given back.
 *
 * A segment (heap_segment.c) is reserved whole and committed from the bottom up.
 *
 *     base            first                                   committed            end
 *     | header        | block | block | ... | last block      | reserved           |
 *
 * Laws (heap_check.c):
 *   - the blocks of a segment tile [first, committed); previous_size agrees with the block before; LAST marks the end;
 *   - a free block is on exactly one list, the bin of its size; two free neighbours exist only where their sum would
 *     not fit the header;
 *   - bins below 128 hold one size each, the others an eighth of a power of two; bin_map tells which are not empty;
 *   - a free block may have a hole: whole pages behind its links that are not committed.  Who takes such a block
 * commits what it needs; the hole stays with what is left over;
 *   - a small block that was freed is at first busy still, but QUICK: on the list of its size, for the next request of
 *     that size; all of them go to the bins when there are many and nothing else satisfies a request, when no block is
 *     in use any more, and in RtlCompactHeap.
 * Pages go back when a free block has at least decommit_block bytes and the heap decommit_total. */
#include "heap.h"

enum { SEARCH_FEW = 8, SEARCH_ALL = -1 };

static ULONG bin_of(ULONG units)
{
    if (units < HEAP_EXACT_BINS)
        return units;
    ULONG power = 31 - __builtin_clz(units);
    return HEAP_EXACT_BINS + (power - 7) * 8 + ((units >> (power - 3)) & 7);
}

static void bin_insert(struct heap *heap, struct heap_entry *entry)
{
    ULONG bin = bin_of(entry->size);
    entry->flags &= HEAP_ENTRY_LAST | HEAP_ENTRY_HOLE;
    list_insert_head(&heap->bins[bin], &((struct heap_free_entry *)entry)->links);
    heap->bin_map[bin / 32] |= 1u << (bin % 32);
    heap->total_free += entry->size - heap_hole_size(entry) / HEAP_UNIT;
    heap->segments[entry->segment]->holes += heap_hole_size(entry);
}

static void bin_remove(struct heap *heap, struct heap_entry *entry)
{
    ULONG bin = bin_of(entry->size);
    list_remove(&((struct heap_free_entry *)entry)->links);
    if (list_is_empty(&heap->bins[bin]))
        heap->bin_map[bin / 32] &= ~(1u << (bin % 32));
    heap->total_free -= entry->size - heap_hole_size(entry) / HEAP_UNIT;
    heap->segments[entry->segment]->holes -= heap_hole_size(entry);
}

/* A free block of at least so many units, or NULL.  In a bin of several sizes look at so many blocks. */
static struct heap_entry *bin_find(struct heap *heap, ULONG units, int tries)
{
    ULONG bin = bin_of(units);
    if (units >= HEAP_EXACT_BINS) { /* this bin may hold smaller ones */
        for (LIST_ENTRY *at = heap->bins[bin].Flink; at != &heap->bins[bin] && tries-- != 0; at = at->Flink) {
            struct heap_free_entry *entry = CONTAINING_RECORD(at, struct heap_free_entry, links);
            if (entry->entry.size >= units)
                return &entry->entry;
        }
        bin++;
    }
    if (bin >= HEAP_BINS)
        return NULL;
    ULONG word = bin / 32;
    ULONG bits = heap->bin_map[word] & (~0u << (bin % 32));
    while (bits == 0 && ++word < HEAP_BIN_WORDS)
        bits = heap->bin_map[word];
    if (bits == 0)
        return NULL;
    bin = word * 32 + __builtin_ctz(bits);
    return &CONTAINING_RECORD(heap->bins[bin].Flink, struct heap_free_entry, links)->entry;
}

static void link_next(struct heap *heap, struct heap_entry *entry)
{
    struct heap_entry *next = heap_next(entry);
    if (next != NULL)
        next->previous_size = entry->size;
    else
        heap->segments[entry->segment]->last = entry;
}

static PUCHAR page_up(const VOID *address)
{
    return (PUCHAR)(((ULONG_PTR)address + 0xFFF) & ~(ULONG_PTR)0xFFF);
}

static bool commit_pages(struct heap *heap, PUCHAR begin, PUCHAR end)
{
    PVOID at = begin;
    SIZE_T size = end - begin;
    return NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &at, 0, &size, MEM_COMMIT, heap->protect));
}

static bool decommit_pages(PUCHAR begin, PUCHAR end)
{
    PVOID at = begin;
    SIZE_T size = end - begin;
    return size == 0 || NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &at, &size, MEM_DECOMMIT));
}

static bool is_link(struct heap *heap, LIST_ENTRY *link)
{
    return (link >= heap->bins && link < heap->bins + HEAP_BINS) || heap_segment_of(heap, link) != NULL;
}

/* The links lie in the heap and agree: what is unlinked writes nowhere else. */
bool heap_free_is_sound(struct heap *heap, struct heap_entry *entry)
{
    LIST_ENTRY *links = &((struct heap_free_entry *)entry)->links;
    struct heap_segment *segment = heap_segment_of(heap, entry);
    return segment != NULL && !(entry->flags & HEAP_ENTRY_BUSY) && heap->segments[entry->segment] == segment &&
           heap_entry_is_sound(segment, entry) && is_link(heap, links->Flink) && links->Flink->Blink == links &&
           is_link(heap, links->Blink) && links->Blink->Flink == links;
}

/* Join two blocks, side by side and on no list. => false: too large, they stay as they were. */
static bool join_blocks(struct heap_entry *entry, struct heap_entry *next)
{
    struct heap_free_entry *into = (struct heap_free_entry *)entry, *from = (struct heap_free_entry *)next;
    USHORT size = next->size;
    UCHAR flags = next->flags;
    if (entry->size + size > HEAP_UNITS_MAX)
        return false;
    if (flags & HEAP_ENTRY_HOLE) {
        PUCHAR hole = from->hole, end = from->hole_end;
        if (entry->flags & HEAP_ENTRY_HOLE) {
            if (!decommit_pages(into->hole_end, hole))
                return false;
            hole = into->hole;
        }
        into->hole = hole;
        into->hole_end = end;
    }
    entry->flags |= flags & (HEAP_ENTRY_LAST | HEAP_ENTRY_HOLE);
    entry->size += size;
    return true;
}

/* Put a block that is on no list into its bin, joined with its free neighbours. => the block that it became. */
static struct heap_entry *release_block(struct heap *heap, struct heap_entry *entry)
{
    struct heap_entry *next = heap_next(entry);
    entry->flags &= HEAP_ENTRY_LAST | HEAP_ENTRY_HOLE;
    if (next != NULL && heap_free_is_sound(heap, next)) {
        bin_remove(heap, next);
        if (!join_blocks(entry, next))
            bin_insert(heap, next);
    }
    struct heap_entry *previous = entry - entry->previous_size;
    if (previous != entry && heap_free_is_sound(heap, previous)) {
        bin_remove(heap, previous);
        if (join_blocks(previous, entry))
            entry = previous;
        else
            bin_insert(heap, previous);
    }
    link_next(heap, entry);
    bin_insert(heap, entry);
    return entry;
}

/* Make a block busy and cut it down to so many units; what is left over becomes free (and has the hole, if there is
 * one), unless it is too small to stand alone. */
static void split_block(struct heap *heap, struct heap_entry *entry, ULONG units)
{
    ULONG rest = entry->size - units;
    UCHAR hole = heap_is_busy(entry) ? 0 : entry->flags & HEAP_ENTRY_HOLE;
    PUCHAR from = hole ? ((struct heap_free_entry *)entry)->hole : NULL;
    PUCHAR to = hole ? ((struct heap_free_entry *)entry)->hole_end : NULL;
    entry->flags = (entry->flags & ~HEAP_ENTRY_HOLE) | HEAP_ENTRY_BUSY;
    if (rest < HEAP_UNITS_MIN)
        return;
    struct heap_entry *tail = entry + units;
    tail->size = (USHORT)rest;
    tail->previous_size = (USHORT)units;
    tail->tag = 0;
    tail->flags = (entry->flags & HEAP_ENTRY_LAST) | hole;
    tail->unused = 0;
    tail->segment = entry->segment;
    if (hole) {
        ((struct heap_free_entry *)tail)->hole = from;
        ((struct heap_free_entry *)tail)->hole_end = to;
    }
    entry->size = (USHORT)units;
    entry->flags &= ~HEAP_ENTRY_LAST;
    link_next(heap, tail);
    release_block(heap, tail);
}

/* Commit the first units of a free block that is on no list, and the head of what will remain. => false: no memory. */
static bool fill_hole(struct heap *heap, struct heap_entry *entry, ULONG units)
{
    struct heap_free_entry *block = (struct heap_free_entry *)entry;
    PUCHAR need = (PUCHAR)(entry + units);
    if (!(entry->flags & HEAP_ENTRY_HOLE))
        return true;
    if (entry->size - units >= HEAP_UNITS_MIN)
        need += sizeof(struct heap_free_entry);
    if (need <= block->hole)
        return true;
    need = page_up(need);
    if (need > block->hole_end)
        need = block->hole_end;
    if (!commit_pages(heap, block->hole, need))
        return false;
    block->hole = need;
    if (need == block->hole_end)
        entry->flags &= ~HEAP_ENTRY_HOLE;
    return true;
}

/* Give back the pages of a free block: at the end of a segment the segment becomes shorter, elsewhere a hole is made.
 */
static void decommit_block(struct heap *heap, struct heap_entry *entry)
{
    struct heap_free_entry *block = (struct heap_free_entry *)entry;
    struct heap_segment *segment = heap->segments[entry->segment];
    PUCHAR begin = page_up((PUCHAR)entry + sizeof(struct heap_free_entry)), end = (PUCHAR)(entry + entry->size);
    if (!(entry->flags & HEAP_ENTRY_LAST))
        end = (PUCHAR)((ULONG_PTR)end & ~(ULONG_PTR)0xFFF);
    if (begin >= end || ((entry->flags & HEAP_ENTRY_HOLE) && block->hole == begin && block->hole_end == end &&
                         !(entry->flags & HEAP_ENTRY_LAST)))
        return;
    if (!decommit_pages(begin, end))
        return;
    bin_remove(heap, entry);
    if (entry->flags & HEAP_ENTRY_LAST) {
        segment->committed = begin;
        entry->size = (USHORT)((begin - (PUCHAR)entry) / HEAP_UNIT);
        entry->flags &= ~HEAP_ENTRY_HOLE;
    } else {
        block->hole = begin;
        block->hole_end = end;
        entry->flags |= HEAP_ENTRY_HOLE;
    }
    bin_insert(heap, entry);
}

void heap_decommit_free(struct heap *heap)
{
    for (ULONG i = 0; i < heap->segment_count; i++) {
        struct heap_entry *entry = heap->segments[i]->last != NULL ? heap->segments[i]->first : NULL;
        for (; entry != NULL; entry = heap_next(entry))
            if (!(entry->flags & HEAP_ENTRY_BUSY))
                decommit_block(heap, entry);
    }
}

void heap_give_block(struct heap *heap, struct heap_entry *entry)
{
    entry->flags &= HEAP_ENTRY_LAST;
    entry->unused = 0;
    entry = release_block(heap, entry);
    if (entry->size * HEAP_UNIT - heap_hole_size(entry) >= heap->decommit_block &&
        heap->total_free * HEAP_UNIT >= heap->decommit_total)
        decommit_block(heap, entry);
}

void heap_flush_quick(struct heap *heap)
{
    for (ULONG i = 0; heap->quick_units != 0 && i < HEAP_QUICK_LISTS; i++) {
        for (struct heap_quick_entry *block = heap->quick[i], *next; block != NULL; block = next) {
            next = block->next;
            heap->quick[i] = next;
            heap->quick_units -= i;
            heap_give_block(heap, &block->entry);
        }
    }
}

struct heap_entry *heap_take_block(struct heap *heap, ULONG units)
{
    struct heap_entry *entry = bin_find(heap, units, SEARCH_FEW);
    if (entry == NULL && heap->quick_units <= heap->quick_limit / 2 && heap_grow(heap, units))
        entry = bin_find(heap, units, SEARCH_FEW);
    if (entry == NULL && heap->quick_units != 0) {
        heap_flush_quick(heap);
        entry = bin_find(heap, units, SEARCH_FEW);
    }
    if (entry == NULL) {
        heap_grow(heap, units);
        entry = bin_find(heap, units, SEARCH_ALL);
    }
    if (entry == NULL)
        return NULL;
    if (!heap_free_is_sound(heap, entry)) {
        heap->corrupt = true;
        return NULL;
    }
    bin_remove(heap, entry);
    if (!fill_hole(heap, entry, units)) {
        bin_insert(heap, entry);
        return NULL;
    }
    split_block(heap, entry, units);
    return entry;
}

bool heap_resize_block(struct heap *heap, struct heap_entry *entry, ULONG units)
{
    if (units <= entry->size) {
        split_block(heap, entry, units);
        return true;
    }
    struct heap_entry *next = heap_next(entry);
    if (next == NULL || !heap_free_is_sound(heap, next) || entry->size + next->size < units || units > HEAP_UNITS_MAX)
        return false;
    ULONG more = units - entry->size;
    if (next->size - more < HEAP_UNITS_MIN && entry->size + next->size > HEAP_UNITS_MAX)
        return false;
    bin_remove(heap, next);
    if (!fill_hole(heap, next, more)) {
        bin_insert(heap, next);
        return false;
    }
    split_block(heap, next, more);
    entry->flags |= next->flags & HEAP_ENTRY_LAST;
    entry->size += next->size;
    link_next(heap, entry);
    return true;
}

/* A block behind the last one of a segment, just committed: part of the segment from now on. */
struct heap_entry *heap_append_block(struct heap *heap, ULONG index, struct heap_entry *fresh, ULONG units)
{
    struct heap_entry *last = heap->segments[index]->last;
    memset(fresh, 0, sizeof(*fresh));
    fresh->size = (USHORT)units;
    fresh->previous_size = last != NULL ? last->size : 0;
    fresh->segment = (UCHAR)index;
    fresh->flags = HEAP_ENTRY_LAST;
    if (last != NULL)
        last->flags &= ~HEAP_ENTRY_LAST;
    return release_block(heap, fresh);
}
