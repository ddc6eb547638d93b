// SPDX-License-Identifier: GPL-2.0-or-later
/* heap.c - the Rtl heap: RtlAllocateHeap, RtlReAllocateHeap, RtlFreeHeap.
 *
 * A request is one of three: small, and the quick list of its size has a block: a few instructions; a block of a
 * segment (heap_block.c); or above the limit, and then, in a heap that grows, a virtual block of its own. */
#include "heap.h"

/* Flags of a heap that hold for each call; flags that make a block of another kind. */
enum {
    HEAP_FLAGS_OF_CALLS = HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_ZERO_MEMORY,
    HEAP_FLAGS_OF_BLOCKS = HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAGS
};

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
    heap->in_use++;
    return &block->entry + 1;
}

static void virtual_release(struct heap_entry *entry)
{
    PVOID base = heap_virtual_of(entry);
    SIZE_T whole = 0;
    list_remove(&heap_virtual_of(entry)->links);
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &whole, MEM_RELEASE);
}

static inline SIZE_T units_for(SIZE_T bytes)
{
    SIZE_T units = (bytes + HEAP_UNIT - 1) / HEAP_UNIT + 1;
    return units < HEAP_UNITS_MIN ? HEAP_UNITS_MIN : units;
}

/* A block was freed.  When none is left in use, nothing is held back. */
static inline void heap_one_less(struct heap *heap)
{
    if (--heap->in_use == 0 &&
        (heap->quick_units > heap->quick_limit / 4 || heap->total_free * HEAP_UNIT >= heap->decommit_total))
        heap_flush_quick(heap);
}

static DECLSPEC_NOINLINE PVOID allocate_locked(struct heap *heap, ULONG flags, SIZE_T size)
{
    UCHAR entry_flags = (flags & HEAP_SETTABLE_USER_FLAGS) >> 4;
    SIZE_T extra = flags & HEAP_SETTABLE_USER_VALUE ? sizeof(struct heap_extra) : 0;
    if (size + extra < size || size > HEAP_SIZE_MAX)
        return NULL;
    SIZE_T units = units_for(size + extra);
    entry_flags |= extra ? HEAP_ENTRY_EXTRA : 0;
    if (units > heap_limit(heap))
        return virtual_allocate(heap, size, entry_flags);
    struct heap_entry *entry = heap_take_block(heap, (ULONG)units);
    if (entry == NULL)
        return NULL;
    heap->in_use++;
    entry->flags |= entry_flags;
    entry->unused = (UCHAR)(entry->size * HEAP_UNIT - size);
    entry->tag = 0;
    if (extra)
        *heap_value_of(entry) = NULL;
    return entry + 1;
}

static DECLSPEC_NOINLINE void raise_status(NTSTATUS status, SIZE_T size)
{
    EXCEPTION_RECORD record = {0};
    record.ExceptionCode = status;
    record.NumberParameters = 1;
    record.ExceptionInformation[0] = size;
    RtlRaiseException(&record);
}

/* => NULL, or an exception. */
static DECLSPEC_NOINLINE PVOID allocation_failed(struct heap *heap, ULONG flags, SIZE_T size)
{
    bool broken = heap == NULL || heap->corrupt;
    NtCurrentTeb()->LastStatusValue = STATUS_NO_MEMORY;
    if (flags & HEAP_GENERATE_EXCEPTIONS)
        raise_status(broken ? STATUS_ACCESS_VIOLATION : STATUS_NO_MEMORY, size);
    return NULL;
}

static DECLSPEC_NOINLINE PVOID allocate_slowly(struct heap *heap, ULONG flags, SIZE_T size)
{
    heap_enter(heap, flags);
    PVOID block = allocate_locked(heap, flags, size);
    heap_leave(heap, flags);
    if (block == NULL)
        return allocation_failed(heap, flags, size);
    if ((flags & HEAP_ZERO_MEMORY) && !(heap_entry_of(block)->flags & HEAP_ENTRY_VIRTUAL))
        memset(block, 0, size);
    return block;
}

PVOID NTAPI RtlAllocateHeap(PVOID handle, ULONG flags, SIZE_T size)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return allocation_failed(NULL, flags, size);
    flags |= heap->flags & HEAP_FLAGS_OF_CALLS;
    if (size >= HEAP_QUICK_LISTS * HEAP_UNIT - 2 * HEAP_UNIT || (flags & HEAP_FLAGS_OF_BLOCKS))
        return allocate_slowly(heap, flags, size);
    SIZE_T units = units_for(size);
    heap_enter(heap, flags);
    struct heap_quick_entry *block = heap->quick[units];
    if (block == NULL) {
        heap_leave(heap, flags);
        return allocate_slowly(heap, flags, size);
    }
    heap->quick[units] = block->next;
    heap->quick_units -= units;
    heap->in_use++;
    block->entry.flags = HEAP_ENTRY_BUSY;
    block->entry.unused = (UCHAR)(units * HEAP_UNIT - size);
    heap_leave(heap, flags);
    if (flags & HEAP_ZERO_MEMORY)
        memset(&block->entry + 1, 0, size);
    return &block->entry + 1;
}

static void free_locked(struct heap *heap, struct heap_entry *entry)
{
    if (entry->flags & HEAP_ENTRY_VIRTUAL)
        virtual_release(entry);
    else
        heap_give_block(heap, entry);
    heap_one_less(heap);
}

/* A block that was freed may have lost its pages.  Who uses its address gets the access violation before he has the
 * lock, so that others can go on. */
static inline void touch_header(const struct heap_segment *segment, PVOID block)
{
    const struct heap_entry *entry = heap_entry_of(block);
    if (entry >= segment->first && (PUCHAR)entry < segment->committed)
        (void)*(const volatile UCHAR *)&entry->flags;
}

static DECLSPEC_NOINLINE BOOL free_slowly(struct heap *heap, ULONG flags, PVOID block)
{
    struct heap_entry *entry = NULL;
    if (block == NULL)
        return TRUE;
    if (heap != NULL) {
        for (ULONG i = 0; i < heap->segment_count; i++)
            touch_header(heap->segments[i], block);
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

/* => a block that may go to a quick list; NULL: look closer. */
static inline struct heap_quick_entry *find_quick_block(const struct heap *heap, PVOID block)
{
    struct heap_segment *segment = heap->segments[heap->recent];
    struct heap_entry *entry = heap_entry_of(block);
    if (((ULONG_PTR)block & (HEAP_UNIT - 1)) != 0 || entry < segment->first || (PUCHAR)entry >= segment->committed)
        return NULL;
    if (entry->flags != HEAP_ENTRY_BUSY || (ULONG)entry->size - HEAP_UNITS_MIN >= HEAP_QUICK_LISTS - HEAP_UNITS_MIN)
        return NULL;
    struct heap_entry *next = entry + entry->size;
    if ((PUCHAR)next >= segment->committed || next->previous_size != entry->size)
        return NULL;
    return (struct heap_quick_entry *)entry;
}

ULONG NTAPI RtlFreeHeap(PVOID handle, ULONG flags, PVOID block)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return free_slowly(NULL, flags, block);
    flags |= heap->flags;
    touch_header(heap->segments[heap->recent], block);
    heap_enter(heap, flags);
    struct heap_quick_entry *entry = find_quick_block(heap, block);
    if (entry == NULL || heap->quick_units > heap->quick_limit) {
        heap_leave(heap, flags);
        return free_slowly(heap, flags, block);
    }
    ULONG units = entry->entry.size;
    entry->entry.flags = HEAP_ENTRY_BUSY | HEAP_ENTRY_QUICK;
    entry->next = heap->quick[units];
    heap->quick[units] = entry;
    heap->quick_units += units;
    heap_one_less(heap);
    heap_leave(heap, flags);
    return TRUE;
}

/* A virtual block keeps its place when it shrinks: the pages behind go. => false: it would have to grow. */
static bool resize_virtual(struct heap_entry *entry, SIZE_T size)
{
    struct heap_virtual *block = heap_virtual_of(entry);
    SIZE_T want = (size + sizeof(*block) + 0xFFF) & ~(SIZE_T)0xFFF;
    if (want > block->commit_size)
        return false;
    PVOID at = (PUCHAR)block + want;
    SIZE_T rest = block->commit_size - want;
    if (rest != 0 && !NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &at, &rest, MEM_DECOMMIT)))
        return false;
    block->commit_size = want;
    entry->size = (USHORT)(want - size);
    return true;
}

static bool resize_in_place(struct heap *heap, struct heap_entry *entry, SIZE_T size)
{
    if (entry->flags & HEAP_ENTRY_VIRTUAL)
        return resize_virtual(entry, size);
    PVOID *value = heap_value_of(entry), kept = value != NULL ? *value : NULL;
    SIZE_T units = units_for(size + (value != NULL ? sizeof(struct heap_extra) : 0));
    if (units > heap_limit(heap) || !heap_resize_block(heap, entry, (ULONG)units))
        return false;
    if (value != NULL)
        *heap_value_of(entry) = kept;
    entry->unused = (UCHAR)(entry->size * HEAP_UNIT - size);
    return true;
}

static PVOID reallocate_locked(struct heap *heap, ULONG flags, struct heap_entry *entry, SIZE_T old, SIZE_T size)
{
    bool in_place = flags & HEAP_REALLOC_IN_PLACE_ONLY;
    bool leaves = (entry->flags & HEAP_ENTRY_VIRTUAL) && size < heap_limit(heap) * HEAP_UNIT / 2; /* for a segment */
    PVOID *value = heap_value_of(entry), moved = NULL;
    if (size > HEAP_SIZE_MAX)
        return NULL;
    if ((!leaves || in_place) && resize_in_place(heap, entry, size))
        return entry + 1;
    if (in_place)
        return NULL;
    ULONG keep = (ULONG)(entry->flags & HEAP_ENTRY_SETTABLE) << 4 | (value != NULL ? HEAP_SETTABLE_USER_VALUE : 0);
    moved = allocate_locked(heap, keep, size);
    if (moved == NULL)
        return resize_in_place(heap, entry, size) ? entry + 1 : NULL;
    if (value != NULL)
        *heap_value_of(heap_entry_of(moved)) = *value;
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
        flags |= heap->flags & (HEAP_FLAGS_OF_CALLS);
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
        if (flags & HEAP_GENERATE_EXCEPTIONS)
            raise_status(status == STATUS_NO_MEMORY && !heap->corrupt ? status : STATUS_ACCESS_VIOLATION, size);
        return NULL;
    }
    if ((flags & HEAP_ZERO_MEMORY) && size > old)
        memset((PUCHAR)result + old, 0, size - old);
    return result;
}
