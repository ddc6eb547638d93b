// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_object.c - a heap as a whole: making and destroying, locking, measuring, checking, walking. */
#include "heap.h"

struct heap *heap_format(PVOID base, SIZE_T committed, SIZE_T reserved, ULONG flags, ULONG protect);

static RTL_CRITICAL_SECTION heaps_lock;

struct heap *heap_from_handle(PVOID handle)
{
    struct heap *heap = handle;
    if (heap == NULL || ((ULONG_PTR)heap & 7) != 0 || heap->signature != HEAP_SIGNATURE)
        return NULL;
    return heap;
}

void heap_enter(struct heap *heap, ULONG flags)
{
    if (!((flags | heap->flags) & HEAP_NO_SERIALIZE))
        RtlEnterCriticalSection(heap->lock);
}

void heap_leave(struct heap *heap, ULONG flags)
{
    if (!((flags | heap->flags) & HEAP_NO_SERIALIZE))
        RtlLeaveCriticalSection(heap->lock);
}

/* ---- the process's list of heaps: PEB.ProcessHeaps, which starts behind the PEB in its page ---- */

static bool heaps_add(struct heap *heap)
{
    PPEB peb = NtCurrentPeb();
    bool added = false;
    RtlEnterCriticalSection(&heaps_lock);
    if (peb->NumberOfHeaps == peb->MaximumNumberOfHeaps) {
        ULONG room = peb->MaximumNumberOfHeaps * 2;
        PVOID *more = heap_alloc(room * sizeof(PVOID));
        if (more == NULL)
            goto out;
        memcpy(more, peb->ProcessHeaps, peb->NumberOfHeaps * sizeof(PVOID));
        if (peb->ProcessHeaps != (PVOID *)(peb + 1))
            heap_free(peb->ProcessHeaps);
        peb->ProcessHeaps = more;
        peb->MaximumNumberOfHeaps = room;
    }
    peb->ProcessHeaps[peb->NumberOfHeaps++] = heap;
    added = true;
out:
    RtlLeaveCriticalSection(&heaps_lock);
    return added;
}

static void heaps_remove(struct heap *heap)
{
    PPEB peb = NtCurrentPeb();
    RtlEnterCriticalSection(&heaps_lock);
    for (ULONG i = 0; i < peb->NumberOfHeaps; i++) {
        if (peb->ProcessHeaps[i] != heap)
            continue;
        ULONG behind = --peb->NumberOfHeaps - i;
        memmove(&peb->ProcessHeaps[i], &peb->ProcessHeaps[i + 1], behind * sizeof(PVOID));
        break;
    }
    RtlLeaveCriticalSection(&heaps_lock);
}

ULONG NTAPI RtlGetProcessHeaps(ULONG count, PVOID *heaps)
{
    PPEB peb = NtCurrentPeb();
    RtlEnterCriticalSection(&heaps_lock);
    ULONG number = peb->NumberOfHeaps;
    for (ULONG i = 0; i < number && i < count; i++)
        heaps[i] = peb->ProcessHeaps[i];
    RtlLeaveCriticalSection(&heaps_lock);
    return number;
}

/* ---- making and destroying ---- */

static PVOID reserve_heap(SIZE_T *reserve, SIZE_T *commit, ULONG protect)
{
    PVOID base = NULL;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, reserve, MEM_RESERVE, protect)))
        return NULL;
    PVOID at = base;
    if (NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &at, 0, commit, MEM_COMMIT, protect)))
        return base;
    SIZE_T whole = 0;
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &whole, MEM_RELEASE);
    return NULL;
}

static void apply_parameters(struct heap *heap, const RTL_HEAP_PARAMETERS *parameters)
{
    if (parameters == NULL || parameters->Length < offsetof(RTL_HEAP_PARAMETERS, MaximumAllocationSize))
        return;
    if (parameters->SegmentReserve != 0)
        heap->segment_reserve = (parameters->SegmentReserve + 0xFFFF) & ~(SIZE_T)0xFFFF;
    if (parameters->SegmentCommit != 0)
        heap->segment_commit = (parameters->SegmentCommit + 0xFFF) & ~(SIZE_T)0xFFF;
    if (parameters->DeCommitFreeBlockThreshold != 0)
        heap->decommit_block = parameters->DeCommitFreeBlockThreshold;
    if (parameters->DeCommitTotalFreeThreshold != 0)
        heap->decommit_total = parameters->DeCommitTotalFreeThreshold;
}

/* => base not NULL: the caller's memory, of which `commit` bytes are committed and zero; it is not released later. */
PVOID NTAPI RtlCreateHeap(ULONG flags, PVOID base, SIZE_T reserve, SIZE_T commit, PVOID lock,
                          PRTL_HEAP_PARAMETERS parameters)
{
    ULONG protect = flags & HEAP_CREATE_ENABLE_EXECUTE ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    bool own = base == NULL;
    if (commit > 0x7FFF0000 || reserve > 0x7FFF0000)
        return NULL;
    commit = commit == 0 ? 0x1000 : (commit + 0xFFF) & ~(SIZE_T)0xFFF;
    if (reserve == 0)
        reserve = flags & HEAP_GROWABLE ? NtCurrentPeb()->HeapSegmentReserve : 0x40000;
    reserve = (reserve + 0xFFF) & ~(SIZE_T)0xFFF;
    if (reserve < commit)
        reserve = commit;
    if (own)
        base = reserve_heap(&reserve, &commit, protect);
    if (base == NULL)
        return NULL;
    struct heap *heap = heap_format(base, commit, reserve, flags, protect);
    heap->allocated = own;
    heap->lock = lock;
    if (lock == NULL) {
        heap->lock = &heap->own_lock;
        RtlInitializeCriticalSection(&heap->own_lock);
    }
    apply_parameters(heap, parameters);
    if (!heaps_add(heap)) {
        RtlDestroyHeap(heap);
        return NULL;
    }
    return heap;
}

PVOID NTAPI RtlDestroyHeap(PVOID handle)
{
    struct heap *heap = heap_from_handle(handle);
    SIZE_T whole;
    if (heap == NULL || heap == RtlProcessHeap())
        return handle;
    heaps_remove(heap);
    for (LIST_ENTRY *at = heap->virtual_blocks.Flink, *next; at != &heap->virtual_blocks; at = next) {
        next = at->Flink;
        PVOID base = CONTAINING_RECORD(at, struct heap_virtual, links);
        whole = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &whole, MEM_RELEASE);
    }
    if (heap->lock == &heap->own_lock)
        RtlDeleteCriticalSection(&heap->own_lock);
    for (ULONG i = 1; i < heap->segment_count; i++) {
        PVOID base = heap->segments[i]->base;
        whole = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &whole, MEM_RELEASE);
    }
    heap->signature = 0;
    if (heap->allocated) {
        PVOID base = heap;
        whole = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &whole, MEM_RELEASE);
    }
    return NULL;
}

void heap_init_process(PPEB peb)
{
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(peb->ImageBaseAddress);
    SIZE_T reserve = nt != NULL ? nt->OptionalHeader.SizeOfHeapReserve : 0;
    SIZE_T commit = nt != NULL ? nt->OptionalHeader.SizeOfHeapCommit : 0;
    RtlInitializeCriticalSection(&heaps_lock);
    if (peb->ProcessHeaps == NULL || peb->MaximumNumberOfHeaps == 0) {
        peb->ProcessHeaps = (PVOID *)(peb + 1);
        peb->MaximumNumberOfHeaps = (0x1000 - sizeof(PEB)) / sizeof(PVOID);
        peb->NumberOfHeaps = 0;
    }
    peb->ProcessHeap = RtlCreateHeap(HEAP_GROWABLE, NULL, reserve, commit, NULL, NULL);
    if (peb->ProcessHeap == NULL) /* a header that asks for too much is not a reason to fail */
        peb->ProcessHeap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
}

PVOID heap_alloc(SIZE_T size)
{
    return RtlAllocateHeap(RtlProcessHeap(), 0, size);
}

PVOID heap_zalloc(SIZE_T size)
{
    return RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, size);
}

void heap_free(PVOID block)
{
    RtlFreeHeap(RtlProcessHeap(), 0, block);
}

/* ---- blocks ---- */

static struct heap_segment *segment_of(struct heap *heap, const VOID *address)
{
    for (ULONG i = 0; i < heap->segment_count; i++) {
        struct heap_segment *segment = heap->segments[i];
        if ((PUCHAR)address >= (PUCHAR)segment->first && (PUCHAR)address < segment->committed)
            return segment;
    }
    return NULL;
}

static bool entry_is_sound(const struct heap_segment *segment, struct heap_entry *entry)
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

struct heap_entry *heap_find_block(struct heap *heap, const VOID *block)
{
    struct heap_entry *entry = heap_entry_of(block);
    if (((ULONG_PTR)block & (HEAP_UNIT - 1)) != 0)
        return NULL;
    struct heap_segment *segment = segment_of(heap, entry);
    if (segment != NULL)
        return (entry->flags & HEAP_ENTRY_BUSY) && entry_is_sound(segment, entry) ? entry : NULL;
    if (((ULONG_PTR)block & 0xFFFF) != sizeof(struct heap_virtual) || !(entry->flags & HEAP_ENTRY_VIRTUAL))
        return NULL;
    LIST_ENTRY *links = &heap_virtual_of(entry)->links;
    return links->Flink->Blink == links && links->Blink->Flink == links ? entry : NULL;
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
        heap_enter(heap, flags);
        struct heap_entry *entry = heap_find_block(heap, block);
        if (entry != NULL)
            size = heap_block_size(entry);
        heap_leave(heap, flags);
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
    if (ret_value != NULL && (entry->flags & HEAP_ENTRY_EXTRA))
        *ret_value = ((struct heap_extra *)(entry + entry->size) - 1)->value;
    if (ret_flags != NULL)
        *ret_flags = (ULONG)(entry->flags & HEAP_ENTRY_SETTABLE) << 4;
    return TRUE;
}

BOOLEAN NTAPI RtlSetUserValueHeap(PVOID handle, ULONG flags, PVOID block, PVOID value)
{
    struct heap_entry *entry = user_block(handle, block);
    (void)flags;
    if (entry == NULL || !(entry->flags & HEAP_ENTRY_EXTRA))
        return FALSE;
    ((struct heap_extra *)(entry + entry->size) - 1)->value = value;
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

/* ---- checking, compacting, walking ---- */

static bool segment_is_sound(struct heap_segment *segment, SIZE_T *free_units)
{
    struct heap_entry *last = NULL;
    if (segment->signature != HEAP_SEGMENT_SIGNATURE)
        return false;
    for (struct heap_entry *entry = segment->last != NULL ? segment->first : NULL; entry != NULL;
         entry = heap_next(entry)) {
        if (!entry_is_sound(segment, entry))
            return false;
        if (!(entry->flags & HEAP_ENTRY_BUSY))
            *free_units += entry->size;
        last = entry;
    }
    return last == segment->last;
}

static bool heap_is_sound(struct heap *heap)
{
    SIZE_T free_units = 0, listed = 0;
    for (ULONG i = 0; i < heap->segment_count; i++)
        if (!segment_is_sound(heap->segments[i], &free_units))
            return false;
    for (ULONG i = 0; i < HEAP_BINS; i++) {
        for (LIST_ENTRY *at = heap->bins[i].Flink; at != &heap->bins[i]; at = at->Flink) {
            struct heap_entry *entry = &CONTAINING_RECORD(at, struct heap_free_entry, links)->entry;
            if (segment_of(heap, entry) == NULL || (entry->flags & HEAP_ENTRY_BUSY) || listed > free_units)
                return false;
            listed += entry->size;
        }
    }
    return listed == free_units && listed == heap->total_free;
}

BOOLEAN NTAPI RtlValidateHeap(PVOID handle, ULONG flags, const VOID *block)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return FALSE;
    heap_enter(heap, flags);
    bool sound = block != NULL ? heap_find_block(heap, block) != NULL : heap_is_sound(heap);
    heap_leave(heap, flags);
    return sound;
}

BOOLEAN NTAPI RtlValidateProcessHeaps(VOID)
{
    PPEB peb = NtCurrentPeb();
    BOOLEAN sound = TRUE;
    RtlEnterCriticalSection(&heaps_lock);
    for (ULONG i = 0; i < peb->NumberOfHeaps; i++)
        sound &= RtlValidateHeap(peb->ProcessHeaps[i], 0, NULL);
    RtlLeaveCriticalSection(&heaps_lock);
    return sound;
}

/* Free blocks are always joined: what is left to tell is the largest. */
SIZE_T NTAPI RtlCompactHeap(PVOID handle, ULONG flags)
{
    struct heap *heap = heap_from_handle(handle);
    SIZE_T largest = 0;
    if (heap == NULL)
        return 0;
    heap_enter(heap, flags);
    for (ULONG i = 0; i < HEAP_BINS; i++) {
        for (LIST_ENTRY *at = heap->bins[i].Flink; at != &heap->bins[i]; at = at->Flink) {
            SIZE_T size = CONTAINING_RECORD(at, struct heap_free_entry, links)->entry.size * HEAP_UNIT;
            if (size > largest)
                largest = size;
        }
    }
    heap_leave(heap, flags);
    return largest;
}

BOOLEAN NTAPI RtlLockHeap(PVOID handle)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return FALSE;
    heap_enter(heap, 0);
    return TRUE;
}

BOOLEAN NTAPI RtlUnlockHeap(PVOID handle)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return FALSE;
    heap_leave(heap, 0);
    return TRUE;
}

DWORD NTAPI RtlSetHeapInformation(PVOID heap, HEAP_INFORMATION_CLASS info_class, PVOID buffer, SIZE_T length)
{
    (void)heap;
    if (info_class != HeapCompatibilityInformation)
        return STATUS_SUCCESS;
    if (length < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    return *(ULONG *)buffer <= 2 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

DWORD NTAPI RtlQueryHeapInformation(PVOID heap, HEAP_INFORMATION_CLASS info_class, PVOID buffer, SIZE_T length,
                                    PSIZE_T ret_length)
{
    (void)heap;
    if (info_class != HeapCompatibilityInformation)
        return STATUS_UNSUCCESSFUL;
    if (ret_length != NULL)
        *ret_length = sizeof(ULONG);
    if (length < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG *)buffer = 0; /* no front end */
    return STATUS_SUCCESS;
}
