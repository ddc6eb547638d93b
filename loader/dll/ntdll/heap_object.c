// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_object.c - a heap as a whole: making, destroying, locking, compacting, and the process's list. */
#include "heap.h"

static RTL_CRITICAL_SECTION heaps_lock;

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

/* => base points at `committed` bytes of a reservation of `reserved`; the header fits in the committed part. */
static struct heap *heap_format(PVOID base, SIZE_T committed, SIZE_T reserved, ULONG flags, ULONG protect)
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
    heap->quick_limit = heap->decommit_total / 2 / HEAP_UNIT;
    list_init(&heap->virtual_blocks);
    for (ULONG i = 0; i < HEAP_BINS; i++)
        list_init(&heap->bins[i]);
    heap_add_segment(heap, &heap->first_segment, base, committed, reserved, sizeof(struct heap));
    return heap;
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
    commit = (commit + 0xFFF) & ~(SIZE_T)0xFFF;
    if (own && commit < sizeof(struct heap))
        commit = (sizeof(struct heap) + 0xFFF) & ~(SIZE_T)0xFFF;
    if (commit < sizeof(struct heap))
        return NULL;
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

/* Free blocks are joined and their pages given back.  => what is committed of the largest. */
SIZE_T NTAPI RtlCompactHeap(PVOID handle, ULONG flags)
{
    struct heap *heap = heap_from_handle(handle);
    SIZE_T largest = 0;
    if (heap == NULL)
        return 0;
    heap_enter(heap, flags | heap->flags);
    heap_flush_quick(heap);
    heap_decommit_free(heap);
    for (ULONG i = 0; i < HEAP_BINS; i++) {
        for (LIST_ENTRY *at = heap->bins[i].Flink; at != &heap->bins[i]; at = at->Flink) {
            struct heap_entry *entry = &CONTAINING_RECORD(at, struct heap_free_entry, links)->entry;
            SIZE_T size = entry->size * HEAP_UNIT - heap_hole_size(entry);
            if (size > largest)
                largest = size;
        }
    }
    heap_leave(heap, flags | heap->flags);
    return largest;
}

BOOLEAN NTAPI RtlLockHeap(PVOID handle)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return FALSE;
    heap_enter(heap, heap->flags);
    return TRUE;
}

BOOLEAN NTAPI RtlUnlockHeap(PVOID handle)
{
    struct heap *heap = heap_from_handle(handle);
    if (heap == NULL)
        return FALSE;
    if (!(heap->flags & HEAP_NO_SERIALIZE) && heap->lock->OwningThread != NtCurrentTeb()->ClientId.UniqueThread) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_NOT_LOCKED);
        return FALSE;
    }
    heap_leave(heap, heap->flags);
    return TRUE;
}

/* There is the look-aside front end and no other; the choice between it and none has no effect. */
DWORD NTAPI RtlSetHeapInformation(PVOID handle, HEAP_INFORMATION_CLASS info_class, PVOID buffer, SIZE_T length)
{
    (void)handle;
    if (info_class != HeapCompatibilityInformation)
        return STATUS_SUCCESS;
    if (length < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    return *(ULONG *)buffer <= 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

DWORD NTAPI RtlQueryHeapInformation(PVOID handle, HEAP_INFORMATION_CLASS info_class, PVOID buffer, SIZE_T length,
                                    PSIZE_T ret_length)
{
    (void)handle;
    if (info_class != HeapCompatibilityInformation)
        return STATUS_UNSUCCESSFUL;
    if (ret_length != NULL)
        *ret_length = sizeof(ULONG);
    if (length < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG *)buffer = 1; /* look-aside lists */
    return STATUS_SUCCESS;
}
