// SPDX-License-Identifier: GPL-2.0-or-later
/* heap.c - the Rtl heap: blocks inside segments.
 *
 * A heap starts with one segment (its header lives there) and grows by segments, each twice as large as the one before.
 * A segment is reserved whole and committed from the bottom up.
 *
 *     base            first                                   committed            end
 *     | header        | block | block | ... | last block      | reserved           |
 *
 * Laws:
 *   - the blocks of a segment tile [first, committed); previous_size agrees with the block before; LAST marks the end;
 *   - a free block is on exactly one list, the bin of its size; two free neighbours exist only where their sum would
 *     not fit the header;
 *   - bins below 128 hold one size each, the others an eighth of a power of two; bin_map tells which are not empty.
 * Requests above the limit become virtual blocks of their own (heap_virtual). */
#include "heap.h"

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
    entry->flags &= HEAP_ENTRY_LAST;
    list_insert_head(&heap->bins[bin], &((struct heap_free_entry *)entry)->links);
    heap->bin_map[bin / 32] |= 1u << (bin % 32);
    heap->total_free += entry->size;
}

static void bin_remove(struct heap *heap, struct heap_entry *entry)
{
    ULONG bin = bin_of(entry->size);
    list_remove(&((struct heap_free_entry *)entry)->links);
    if (list_is_empty(&heap->bins[bin]))
        heap->bin_map[bin / 32] &= ~(1u << (bin % 32));
    heap->total_free -= entry->size;
}

/* A free block of at least so many units, or NULL. */
static struct heap_entry *bin_find(struct heap *heap, ULONG units)
{
    ULONG bin = bin_of(units);
    if (units >= HEAP_EXACT_BINS) { /* this bin may hold smaller ones: look at a few */
        ULONG tries = 8;
        for (LIST_ENTRY *at = heap->bins[bin].Flink; at != &heap->bins[bin] && tries-- > 0; at = at->Flink) {
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

/* Put a block that is on no list back, joined with its free neighbours. => the block that it became. */
static struct heap_entry *release_block(struct heap *heap, struct heap_entry *entry)
{
    struct heap_entry *next = heap_next(entry);
    if (next != NULL && !(next->flags & HEAP_ENTRY_BUSY) && entry->size + next->size <= HEAP_UNITS_MAX) {
        bin_remove(heap, next);
        entry->flags = next->flags & HEAP_ENTRY_LAST;
        entry->size += next->size;
    }
    if (entry->previous_size != 0) {
        struct heap_entry *previous = entry - entry->previous_size;
        if (!(previous->flags & HEAP_ENTRY_BUSY) && previous->size + entry->size <= HEAP_UNITS_MAX) {
            bin_remove(heap, previous);
            previous->flags = entry->flags & HEAP_ENTRY_LAST;
            previous->size += entry->size;
            entry = previous;
        }
    }
    entry->flags &= HEAP_ENTRY_LAST;
    link_next(heap, entry);
    bin_insert(heap, entry);
    return entry;
}

/* Cut a block down to so many units; what is left over becomes free, unless it is too small to stand alone. */
static void split_block(struct heap *heap, struct heap_entry *entry, ULONG units)
{
    ULONG rest = entry->size - units;
    if (rest < HEAP_UNITS_MIN)
        return;
    struct heap_entry *tail = entry + units;
    tail->size = (USHORT)rest;
    tail->previous_size = (USHORT)units;
    tail->tag = 0;
    tail->flags = entry->flags & HEAP_ENTRY_LAST;
    tail->unused = 0;
    tail->segment = entry->segment;
    entry->size = (USHORT)units;
    entry->flags &= ~HEAP_ENTRY_LAST;
    link_next(heap, tail);
    release_block(heap, tail);
}

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
        memset(fresh, 0, sizeof(*fresh));
        fresh->size = (USHORT)size;
        fresh->previous_size = last != NULL ? last->size : 0;
        fresh->segment = (UCHAR)index;
        fresh->flags = HEAP_ENTRY_LAST;
        if (last != NULL)
            last->flags &= ~HEAP_ENTRY_LAST;
        want -= size * HEAP_UNIT;
        last = release_block(heap, fresh);
        fresh += size;
    }
    return true;
}

static void segment_init(struct heap *heap, struct heap_segment *segment, PVOID base, SIZE_T committed, SIZE_T reserved,
                         SIZE_T header)
{
    segment->signature = HEAP_SEGMENT_SIGNATURE;
    segment->heap = heap;
    segment->base = base;
    segment->committed = segment->base + committed;
    segment->end = segment->base + reserved;
    segment->first = (struct heap_entry *)(segment->base + ((header + HEAP_UNIT - 1) & ~(HEAP_UNIT - 1)));
    segment->last = NULL;
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
    segment_init(heap, base, base, commit, reserve, header);
    if (heap->segment_reserve < 0x1000000)
        heap->segment_reserve *= 2;
    return true;
}

/* Give back the pages of a large free block at the end of a segment. */
static void segment_trim(struct heap *heap, struct heap_entry *entry)
{
    if (!(entry->flags & HEAP_ENTRY_LAST) || entry->size * HEAP_UNIT < heap->decommit_block ||
        heap->total_free * HEAP_UNIT < heap->decommit_total)
        return;
    struct heap_segment *segment = heap->segments[entry->segment];
    PUCHAR keep = (PUCHAR)(((ULONG_PTR)(entry + HEAP_UNITS_MIN) + 0xFFF) & ~(ULONG_PTR)0xFFF);
    if (keep >= segment->committed)
        return;
    SIZE_T size = segment->committed - keep;
    PVOID at = keep;
    bin_remove(heap, entry);
    if (NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &at, &size, MEM_DECOMMIT))) {
        segment->committed = keep;
        entry->size = (USHORT)((keep - (PUCHAR)entry) / HEAP_UNIT);
    }
    bin_insert(heap, entry);
}

static struct heap_entry *take_block(struct heap *heap, ULONG units)
{
    struct heap_entry *entry = bin_find(heap, units);
    for (ULONG i = heap->segment_count; entry == NULL && i-- > 0;)
        if (segment_extend(heap, i, units))
            entry = bin_find(heap, units);
    if (entry == NULL && segment_add(heap, units) && segment_extend(heap, heap->segment_count - 1, units))
        entry = bin_find(heap, units);
    if (entry == NULL)
        return NULL;
    bin_remove(heap, entry);
    entry->flags |= HEAP_ENTRY_BUSY;
    split_block(heap, entry, units);
    return entry;
}

static PVOID virtual_allocate(struct heap *heap, SIZE_T size, UCHAR flags)
{
    PVOID base = NULL;
    SIZE_T commit = size + sizeof(struct heap_virtual);
    if (commit < size || !(heap->flags & HEAP_GROWABLE))
        return NULL;
    if (!NT_SUCCESS(
            NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &commit, MEM_RESERVE | MEM_COMMIT, heap->protect)))
        return NULL;
    struct heap_virtual *block = base;
    block->commit_size = commit;
    block->entry.size = (USHORT)(commit - size);
    block->entry.flags = flags | HEAP_ENTRY_BUSY | HEAP_ENTRY_VIRTUAL;
    list_insert_tail(&heap->virtual_blocks, &block->links);
    return &block->entry + 1;
}

static void virtual_release(struct heap_entry *entry)
{
    PVOID base = heap_virtual_of(entry);
    SIZE_T whole = 0;
    list_remove(&heap_virtual_of(entry)->links);
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &whole, MEM_RELEASE);
}

static SIZE_T units_for(SIZE_T bytes)
{
    SIZE_T units = (bytes + HEAP_UNIT - 1) / HEAP_UNIT + 1;
    return units < HEAP_UNITS_MIN ? HEAP_UNITS_MIN : units;
}

static PVOID allocate_locked(struct heap *heap, ULONG flags, SIZE_T size)
{
    ULONG limit = heap->flags & HEAP_GROWABLE ? HEAP_UNITS_GROWABLE_MAX : HEAP_UNITS_MAX;
    UCHAR entry_flags = (flags & HEAP_SETTABLE_USER_FLAGS) >> 4;
    SIZE_T extra = flags & HEAP_SETTABLE_USER_VALUE ? sizeof(struct heap_extra) : 0;
    if (size + extra < size || size > HEAP_SIZE_MAX)
        return NULL;
    SIZE_T units = units_for(size + extra);
    if (units > limit)
        return virtual_allocate(heap, size, entry_flags);
    struct heap_entry *entry = take_block(heap, (ULONG)units);
    if (entry == NULL)
        return NULL;
    entry->flags |= entry_flags | (extra ? HEAP_ENTRY_EXTRA : 0);
    entry->unused = (UCHAR)(entry->size * HEAP_UNIT - size);
    entry->tag = 0;
    if (extra)
        ((struct heap_extra *)(entry + entry->size) - 1)->value = NULL;
    return entry + 1;
}

static DECLSPEC_NOINLINE void raise_no_memory(SIZE_T size)
{
    EXCEPTION_RECORD record = {0};
    record.ExceptionCode = STATUS_NO_MEMORY;
    record.NumberParameters = 1;
    record.ExceptionInformation[0] = size;
    RtlRaiseException(&record);
}

PVOID NTAPI RtlAllocateHeap(PVOID handle, ULONG flags, SIZE_T size)
{
    struct heap *heap = heap_from_handle(handle);
    PVOID block = NULL;
    if (heap != NULL) {
        flags |= heap->flags & (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_ZERO_MEMORY);
        heap_enter(heap, flags);
        block = allocate_locked(heap, flags, size);
        heap_leave(heap, flags);
    }
    if (block == NULL) {
        NtCurrentTeb()->LastStatusValue = STATUS_NO_MEMORY;
        if (flags & HEAP_GENERATE_EXCEPTIONS)
            raise_no_memory(size);
        return NULL;
    }
    if ((flags & HEAP_ZERO_MEMORY) && !(heap_entry_of(block)->flags & HEAP_ENTRY_VIRTUAL))
        memset(block, 0, size);
    return block;
}

static void free_locked(struct heap *heap, struct heap_entry *entry)
{
    if (entry->flags & HEAP_ENTRY_VIRTUAL) {
        virtual_release(entry);
        return;
    }
    entry->flags &= HEAP_ENTRY_LAST;
    entry->unused = 0;
    segment_trim(heap, release_block(heap, entry));
}

BOOLEAN NTAPI RtlFreeHeap(PVOID handle, ULONG flags, PVOID block)
{
    if (block == NULL)
        return TRUE;
    struct heap *heap = heap_from_handle(handle);
    struct heap_entry *entry = NULL;
    if (heap != NULL) {
        heap_enter(heap, flags);
        entry = heap_find_block(heap, block);
        if (entry != NULL)
            free_locked(heap, entry);
        heap_leave(heap, flags);
    }
    if (entry == NULL)
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_PARAMETER);
    return entry != NULL;
}

/* Make the block so many units large where it is. => false: it stayed as it was. */
static bool resize_in_place(struct heap *heap, struct heap_entry *entry, ULONG units)
{
    if (units > entry->size) {
        struct heap_entry *next = heap_next(entry);
        if (next == NULL || (next->flags & HEAP_ENTRY_BUSY) || entry->size + next->size < units ||
            entry->size + next->size > HEAP_UNITS_MAX)
            return false;
        bin_remove(heap, next);
        entry->flags |= next->flags & HEAP_ENTRY_LAST;
        entry->size += next->size;
        link_next(heap, entry);
    }
    split_block(heap, entry, units);
    return true;
}

static PVOID reallocate_locked(struct heap *heap, ULONG flags, struct heap_entry *entry, SIZE_T old, SIZE_T size)
{
    bool virtual = entry->flags & HEAP_ENTRY_VIRTUAL;
    SIZE_T extra = entry->flags & HEAP_ENTRY_EXTRA ? sizeof(struct heap_extra) : 0;
    if (virtual && size <= old && heap_virtual_of(entry)->commit_size - sizeof(struct heap_virtual) - size < 0x8000) {
        entry->size = (USHORT)(heap_virtual_of(entry)->commit_size - size);
        return entry + 1;
    }
    if (!virtual && size < HEAP_UNITS_GROWABLE_MAX * HEAP_UNIT - 0x100) {
        PVOID value = extra ? ((struct heap_extra *)(entry + entry->size) - 1)->value : NULL;
        if (resize_in_place(heap, entry, (ULONG)units_for(size + extra))) {
            if (extra)
                ((struct heap_extra *)(entry + entry->size) - 1)->value = value;
            entry->unused = (UCHAR)(entry->size * HEAP_UNIT - size);
            return entry + 1;
        }
    }
    if (flags & HEAP_REALLOC_IN_PLACE_ONLY)
        return NULL;
    ULONG keep = (ULONG)(entry->flags & HEAP_ENTRY_SETTABLE) << 4 | (extra ? HEAP_SETTABLE_USER_VALUE : 0);
    PVOID moved = allocate_locked(heap, keep, size);
    if (moved == NULL)
        return NULL;
    if (extra && (heap_entry_of(moved)->flags & HEAP_ENTRY_EXTRA)) {
        struct heap_entry *to = heap_entry_of(moved);
        ((struct heap_extra *)(to + to->size) - 1)->value = ((struct heap_extra *)(entry + entry->size) - 1)->value;
    }
    memcpy(moved, entry + 1, old < size ? old : size);
    free_locked(heap, entry);
    return moved;
}

PVOID NTAPI RtlReAllocateHeap(PVOID handle, ULONG flags, PVOID block, SIZE_T size)
{
    struct heap *heap = heap_from_handle(handle);
    PVOID result = NULL;
    SIZE_T old = 0;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (block == NULL)
        return NULL;
    if (heap != NULL) {
        flags |= heap->flags & (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_ZERO_MEMORY);
        heap_enter(heap, flags);
        struct heap_entry *entry = heap_find_block(heap, block);
        if (entry != NULL) {
            status = STATUS_NO_MEMORY;
            old = heap_block_size(entry);
            result = reallocate_locked(heap, flags, entry, old, size);
        }
        heap_leave(heap, flags);
    }
    if (result == NULL) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
        if ((flags & HEAP_GENERATE_EXCEPTIONS) && status == STATUS_NO_MEMORY)
            raise_no_memory(size);
        return NULL;
    }
    if ((flags & HEAP_ZERO_MEMORY) && size > old)
        memset((PUCHAR)result + old, 0, size - old);
    return result;
}

/* => base points at `committed` bytes of a reservation of `reserved`; the header fits in the committed part. */
struct heap *heap_format(PVOID base, SIZE_T committed, SIZE_T reserved, ULONG flags, ULONG protect)
{
    PPEB peb = NtCurrentPeb();
    struct heap *heap = base;
    heap->signature = HEAP_SIGNATURE;
    heap->flags = flags;
    heap->protect = protect;
    heap->segment_reserve = peb->HeapSegmentReserve ? peb->HeapSegmentReserve : 0x100000;
    heap->segment_commit = peb->HeapSegmentCommit ? peb->HeapSegmentCommit : 0x2000;
    heap->decommit_block = peb->HeapDeCommitFreeBlockThreshold ? peb->HeapDeCommitFreeBlockThreshold : 0x1000;
    heap->decommit_total = peb->HeapDeCommitTotalFreeThreshold ? peb->HeapDeCommitTotalFreeThreshold : 0x10000;
    list_init(&heap->virtual_blocks);
    for (ULONG i = 0; i < HEAP_BINS; i++)
        list_init(&heap->bins[i]);
    segment_init(heap, &heap->first_segment, base, committed, reserved, sizeof(struct heap));
    return heap;
}
