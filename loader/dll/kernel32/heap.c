/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heap.c - heaps over ntdll's, and the old Local and Global calls as blocks of the process heap.
 *
 * HeapAlloc, HeapReAlloc, HeapFree and HeapSize are forwards (kernel32.def).  A LMEM_MOVEABLE block is a handle: the
 * address, plus 4, of a small record that holds the block and its lock count; fixed blocks are their own handles.  The
 * block of a movable handle carries the handle as its user value, and a user flag by which HeapWalk knows it. */
#include "k32.h"

HANDLE WINAPI GetProcessHeap(void)
{
    return RtlProcessHeap();
}

DWORD WINAPI GetProcessHeaps(DWORD count, HANDLE *heaps)
{
    return RtlGetProcessHeaps(count, heaps);
}

HANDLE WINAPI HeapCreate(DWORD options, SIZE_T initial, SIZE_T maximum)
{
    enum { PAGE = 4096, ALLOWED = HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE | HEAP_CREATE_ENABLE_EXECUTE };
    ULONG flags = options & ALLOWED;

    if (maximum == 0)
        flags |= HEAP_GROWABLE;
    else if (maximum > ~(SIZE_T)(PAGE - 1) || initial > maximum)
        maximum = initial;
    HANDLE heap = RtlCreateHeap(flags, NULL, maximum, initial, NULL, NULL);
    if (heap == NULL)
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    return heap;
}

BOOL WINAPI HeapDestroy(HANDLE heap)
{
    return RtlDestroyHeap(heap) == NULL ? TRUE : k32_fail_with(ERROR_INVALID_HANDLE);
}

BOOL WINAPI HeapValidate(HANDLE heap, DWORD flags, const void *block)
{
    return RtlValidateHeap(heap, flags, block) != 0;
}

SIZE_T WINAPI HeapCompact(HANDLE heap, DWORD flags)
{
    return RtlCompactHeap(heap, flags);
}

BOOL WINAPI HeapLock(HANDLE heap)
{
    return RtlLockHeap(heap) != 0;
}

BOOL WINAPI HeapUnlock(HANDLE heap)
{
    return RtlUnlockHeap(heap) != 0;
}

BOOL WINAPI HeapSetInformation(HANDLE heap, HEAP_INFORMATION_CLASS info_class, void *buffer, SIZE_T length)
{
    NTSTATUS status = (NTSTATUS)RtlSetHeapInformation(heap, info_class, buffer, length);
    return NT_SUCCESS(status) ? TRUE : k32_fail(status);
}

BOOL WINAPI HeapQueryInformation(HANDLE heap, HEAP_INFORMATION_CLASS info_class, void *buffer, SIZE_T length,
                                 SIZE_T *ret_length)
{
    NTSTATUS status = (NTSTATUS)RtlQueryHeapInformation(heap, info_class, buffer, length, ret_length);
    return NT_SUCCESS(status) ? TRUE : k32_fail(status);
}

/* The user flag of blocks that belong to movable handles. */
enum { MOVABLE_FLAG = HEAP_SETTABLE_USER_FLAG1 };

/* What the walk says of an entry and PROCESS_HEAP_ENTRY says too. */
static const struct {
    WORD native, win32;
} walk_flags[] = {{RTL_HEAP_SEGMENT, PROCESS_HEAP_REGION},
                  {RTL_HEAP_UNCOMMITTED_RANGE, PROCESS_HEAP_UNCOMMITTED_RANGE},
                  {RTL_HEAP_BUSY, PROCESS_HEAP_ENTRY_BUSY},
                  {MOVABLE_FLAG, PROCESS_HEAP_ENTRY_MOVEABLE}};

BOOL WINAPI HeapWalk(HANDLE heap, PROCESS_HEAP_ENTRY *entry)
{
    RTL_HEAP_WALK_ENTRY native = {
        .DataAddress = entry->lpData, .DataSize = entry->cbData, .SegmentIndex = entry->iRegionIndex};

    for (unsigned i = 0; i < ARRAYSIZE(walk_flags); i++)
        native.Flags |= entry->wFlags & walk_flags[i].win32 ? walk_flags[i].native : 0;
    NTSTATUS status = RtlWalkHeap(heap, &native);
    if (!NT_SUCCESS(status))
        return status == STATUS_NO_MORE_ENTRIES ? k32_fail_with(ERROR_NO_MORE_ITEMS) : k32_fail(status);
    entry->lpData = native.DataAddress;
    entry->cbData = (DWORD)native.DataSize;
    entry->cbOverhead = native.OverheadBytes;
    entry->iRegionIndex = native.SegmentIndex;
    entry->wFlags = 0;
    for (unsigned i = 0; i < ARRAYSIZE(walk_flags); i++)
        entry->wFlags |= native.Flags & walk_flags[i].native ? walk_flags[i].win32 : 0;
    if (native.Flags & RTL_HEAP_SEGMENT) {
        entry->Region.dwCommittedSize = native.Segment.CommittedSize;
        entry->Region.dwUnCommittedSize = native.Segment.UnCommittedSize;
        entry->Region.lpFirstBlock = native.Segment.FirstEntry;
        entry->Region.lpLastBlock = native.Segment.LastEntry;
    } else if (native.Flags & MOVABLE_FLAG) {
        entry->Block.hMem = (HANDLE)native.Block.Settable;
    }
    return TRUE;
}

struct movable {
    void *block; /* NULL: discarded, or of size 0 */
    ULONG locks;
    ULONG magic;
};
enum { MOVABLE_MAGIC = 0x4D4F5645, MOVABLE_TAG = 4 };

/* Heap blocks lie at multiples of 8, so a handle with the tag is never a fixed block. */
static struct movable *movable_of(HLOCAL handle)
{
    if (((ULONG_PTR)handle & 7) != MOVABLE_TAG)
        return NULL;
    struct movable *m = (struct movable *)((ULONG_PTR)handle - MOVABLE_TAG);
    if (IsBadReadPtr(m, sizeof *m) || m->magic != MOVABLE_MAGIC)
        return NULL;
    return m;
}

static HLOCAL handle_of(struct movable *m)
{
    return (HLOCAL)((ULONG_PTR)m + MOVABLE_TAG);
}

static void *allocate_block(struct movable *m, ULONG heap_flags, SIZE_T size)
{
    enum { KIND = HEAP_SETTABLE_USER_VALUE | MOVABLE_FLAG };
    void *block = RtlAllocateHeap(RtlProcessHeap(), heap_flags | KIND, size);

    if (block != NULL)
        RtlSetUserValueHeap(RtlProcessHeap(), 0, block, handle_of(m));
    return block;
}

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size)
{
    ULONG heap_flags = flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;

    if (!(flags & LMEM_MOVEABLE)) {
        void *block = RtlAllocateHeap(RtlProcessHeap(), heap_flags, size);
        if (block == NULL)
            k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return block;
    }
    struct movable *m = RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, sizeof *m);
    if (m != NULL && size != 0) {
        m->block = allocate_block(m, heap_flags, size);
        if (m->block == NULL) {
            RtlFreeHeap(RtlProcessHeap(), 0, m);
            m = NULL;
        }
    }
    if (m == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    m->magic = MOVABLE_MAGIC;
    return handle_of(m);
}

HLOCAL WINAPI LocalFree(HLOCAL handle)
{
    if (handle == NULL)
        return NULL;
    struct movable *m = movable_of(handle);
    if (m == NULL) {
        if (RtlFreeHeap(RtlProcessHeap(), 0, handle))
            return NULL;
        k32_fail_with(ERROR_INVALID_HANDLE);
        return handle;
    }
    if (m->block != NULL)
        RtlFreeHeap(RtlProcessHeap(), 0, m->block);
    m->magic = 0;
    RtlFreeHeap(RtlProcessHeap(), 0, m);
    return NULL;
}

static HLOCAL realloc_movable(struct movable *m, HLOCAL handle, SIZE_T size, ULONG heap_flags)
{
    if (size == 0) {
        if (m->locks != 0) {
            k32_fail_with(ERROR_INVALID_HANDLE);
            return NULL;
        }
        if (m->block != NULL)
            RtlFreeHeap(RtlProcessHeap(), 0, m->block);
        m->block = NULL;
        return handle;
    }
    void *block = m->block == NULL ? allocate_block(m, heap_flags, size)
                                   : RtlReAllocateHeap(RtlProcessHeap(), heap_flags, m->block, size);
    if (block == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    m->block = block;
    return handle;
}

HLOCAL WINAPI LocalReAlloc(HLOCAL handle, SIZE_T size, UINT flags)
{
    struct movable *m = movable_of(handle);
    ULONG heap_flags = flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;

    if (handle == NULL) {
        k32_fail_with(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if (flags & LMEM_MODIFY) /* changes attributes that have no effect here */
        return handle;
    if (m != NULL)
        return realloc_movable(m, handle, size, heap_flags);
    if (!(flags & LMEM_MOVEABLE))
        heap_flags |= HEAP_REALLOC_IN_PLACE_ONLY;
    void *block = RtlReAllocateHeap(RtlProcessHeap(), heap_flags, handle, size);
    if (block == NULL)
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    return block;
}

void *WINAPI LocalLock(HLOCAL handle)
{
    struct movable *m = movable_of(handle);

    if (m == NULL)
        return handle;
    if (m->block == NULL) {
        k32_fail_with(ERROR_DISCARDED);
        return NULL;
    }
    m->locks++;
    return m->block;
}

BOOL WINAPI LocalUnlock(HLOCAL handle)
{
    struct movable *m = movable_of(handle);

    if (m == NULL || m->locks == 0)
        return k32_fail_with(ERROR_NOT_LOCKED);
    if (--m->locks != 0)
        return TRUE;
    return k32_fail_with(NO_ERROR);
}

SIZE_T WINAPI LocalSize(HLOCAL handle)
{
    struct movable *m = movable_of(handle);

    if (m != NULL)
        handle = m->block;
    if (handle == NULL)
        return 0;
    SIZE_T size = RtlSizeHeap(RtlProcessHeap(), 0, handle);
    if (size == (SIZE_T)-1) {
        k32_fail_with(ERROR_INVALID_HANDLE);
        return 0;
    }
    return size;
}

/* => the handle of a block that LocalLock returned; a fixed block is its own. */
HLOCAL WINAPI LocalHandle(const void *block)
{
    void *value = NULL;
    ULONG flags = 0;

    if (!RtlGetUserInfoHeap(RtlProcessHeap(), 0, (void *)(ULONG_PTR)block, &value, &flags)) {
        k32_fail_with(ERROR_INVALID_HANDLE);
        return NULL;
    }
    return flags & MOVABLE_FLAG ? value : (HLOCAL)(ULONG_PTR)block;
}

UINT WINAPI LocalFlags(HLOCAL handle)
{
    struct movable *m = movable_of(handle);

    if (m == NULL)
        return 0;
    return (m->locks & LMEM_LOCKCOUNT) | (m->block == NULL ? LMEM_DISCARDED : 0);
}

HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size)
{
    return LocalAlloc(flags & (GMEM_MOVEABLE | GMEM_ZEROINIT), size);
}

HGLOBAL WINAPI GlobalHandle(const void *block)
{
    return LocalHandle(block);
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL handle, SIZE_T size, UINT flags)
{
    return LocalReAlloc(handle, size, flags);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL handle)
{
    return LocalFree(handle);
}

void *WINAPI GlobalLock(HGLOBAL handle)
{
    return LocalLock(handle);
}

BOOL WINAPI GlobalUnlock(HGLOBAL handle)
{
    return movable_of(handle) == NULL ? TRUE : LocalUnlock(handle);
}

SIZE_T WINAPI GlobalSize(HGLOBAL handle)
{
    return LocalSize(handle);
}

UINT WINAPI GlobalFlags(HGLOBAL handle)
{
    return LocalFlags(handle);
}
