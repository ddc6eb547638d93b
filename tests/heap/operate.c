// SPDX-License-Identifier: GPL-2.0-or-later
/* operate.c - one operation: arguments by chance, the call, and what the table says about its result. */
#include "run.h"

static struct heap_world *world_of(struct worker *w, const struct block *block)
{
    return &w->run->heap[block->heap];
}

static bool is_private(const struct heap_world *world)
{
    return !world->serialized;
}

static SIZE_T pick_size(struct worker *w)
{
    unsigned class = pick(w, 1000);
    if (class < 600)
        return pick(w, 300);
    if (class < 820)
        return pick(w, 4200);
    if (class < 940)
        return pick(w, 40000);
    if (class < 975)
        return pick(w, 300000);
    if (class < 990) /* around the limit between segments and virtual blocks, and around that of fixed heaps */
        return FIXED_LIMIT - 0x1800 + pick(w, 0x2000);
    return 0x80000 + pick(w, 0x100000);
}

/* Call with the exception that HEAP_GENERATE_EXCEPTIONS asks for caught. => NULL: failed or raised (w->caught). */
static __attribute__((noinline)) void *guarded(struct worker *w, HANDLE heap, DWORD flags, void *block, SIZE_T size)
{
    void *volatile result = NULL;
    w->caught = 0;
    w->catches = true;
    if (__builtin_setjmp(w->landing) == 0)
        result = block != NULL ? HeapReAlloc(heap, flags, block, size) : HeapAlloc(heap, flags, size);
    w->catches = false;
    return result;
}

static void check_failure(struct worker *w, const struct heap_world *world, DWORD flags)
{
    bool raises = world->raises || (flags & HEAP_GENERATE_EXCEPTIONS);
    if (raises != (w->caught != 0))
        differ(w, "raises", raises, w->caught);
    if (raises && w->caught != STATUS_NO_MEMORY)
        differ(w, "exception", STATUS_NO_MEMORY, w->caught);
}

static void check_apart(struct worker *w, const struct block *block)
{
    for (unsigned t = 0; t < THREADS; t++) {
        for (unsigned i = 0; i < SLOTS; i++) {
            const struct block *other = &w->run->worker[t].block[i];
            if (other->kind == BLOCK_NONE || other == block || other->data == NULL)
                continue;
            if (block->data < other->data + other->size && other->data < block->data + block->size)
                differ(w, "blocks apart", (uintptr_t)other->data, (uintptr_t)block->data);
        }
    }
}

/* A new block, or one with a new size: the table follows. */
static void settle(struct worker *w, struct block *block, uint8_t *data, SIZE_T size)
{
    w->live += size - block->size;
    block->data = data;
    block->size = size;
    if (((uintptr_t)data & (UNIT - 1)) != 0)
        differ(w, "alignment", 0, (uintptr_t)data);
    check_apart(w, block);
    block->pattern = pick(w, ~0u);
    fill(block, 0);
    if (w->run->lie != 0 && w->operation >= w->run->lie && size > 8) {
        w->run->lie = 0;
        block->size--;
    }
}

/* A request failed: it was too large, or no place was left (only then; the caller holds the heap). */
static void check_room(struct worker *w, const struct heap_world *world, SIZE_T size)
{
    if (!world->fixed)
        differ(w, "room in a heap that grows", size, 0);
    if (size < 0x40000 && largest_run(w, world->handle) >= size + 3 * PAGE)
        differ(w, "room in a fixed heap", size, largest_run(w, world->handle));
}

static DWORD pick_flags(struct worker *w, const struct heap_world *world)
{
    DWORD flags = chance(w, 30) ? HEAP_ZERO_MEMORY : 0;
    if (chance(w, 20))
        flags |= HEAP_GENERATE_EXCEPTIONS;
    if (is_private(world) && chance(w, 50))
        flags |= HEAP_NO_SERIALIZE;
    return flags;
}

static unsigned pick_heap(struct worker *w)
{
    unsigned heap = pick(w, SHARED_HEAPS + 1);
    return heap < SHARED_HEAPS ? heap : SHARED_HEAPS + w->index;
}

static void operate_allocate(struct worker *w, struct block *block)
{
    struct block fresh = {.kind = BLOCK_HEAP, .heap = pick_heap(w)};
    struct heap_world *world = world_of(w, &fresh);
    DWORD flags = pick_flags(w, world);
    SIZE_T size = pick_size(w);
    w->name = "HeapAlloc";
    if (chance(w, 1)) { /* more than any heap has */
        size = ~(SIZE_T)0 - pick(w, 2 * PAGE);
        if (guarded(w, world->handle, flags, NULL, size) != NULL)
            differ(w, "an impossible size", 0, size);
        check_failure(w, world, flags);
        return;
    }
    if (world->fixed && !HeapLock(world->handle))
        differ(w, "HeapLock", TRUE, FALSE);
    uint8_t *data = guarded(w, world->handle, flags, NULL, size);
    if (data != NULL && world->fixed && size >= FIXED_LIMIT)
        differ(w, "limit of a fixed heap", FIXED_LIMIT, size);
    if (data == NULL) {
        check_failure(w, world, flags);
        check_room(w, world, size);
    }
    if (world->fixed && !HeapUnlock(world->handle))
        differ(w, "HeapUnlock", TRUE, FALSE);
    if (data == NULL)
        return;
    if (flags & HEAP_ZERO_MEMORY)
        compare_zero(w, data, 0, size);
    *block = fresh;
    settle(w, block, data, size);
}

static void operate_reallocate(struct worker *w, struct block *block)
{
    struct heap_world *world = world_of(w, block);
    DWORD flags = pick_flags(w, world) | (chance(w, 30) ? HEAP_REALLOC_IN_PLACE_ONLY : 0);
    SIZE_T old = block->size, size = pick_size(w);
    w->name = "HeapReAlloc";
    if (chance(w, 40))
        size = old + pick(w, 200) - (old < 100 ? old : 100);
    bool impossible = chance(w, 1);
    if (impossible)
        size = ~(SIZE_T)0 - pick(w, 2 * PAGE);
    uint8_t *place = block->data;
    block->data = NULL; /* within the call it moves, and another thread may get the old place */
    uint8_t *data = guarded(w, world->handle, flags, place, size);
    if (data == NULL) {
        block->data = place;
        check_failure(w, world, flags);
        if (!impossible && !world->fixed && !(flags & HEAP_REALLOC_IN_PLACE_ONLY))
            differ(w, "room in a heap that grows", size, 0);
        if (size <= old)
            differ(w, "a block made smaller", size, 0);
        compare(w, block, old);
        return;
    }
    if (impossible)
        differ(w, "an impossible size", 0, (uintptr_t)data);
    if ((flags & HEAP_REALLOC_IN_PLACE_ONLY) && data != place)
        differ(w, "in place", (uintptr_t)place, (uintptr_t)data);
    if (world->fixed && size >= FIXED_LIMIT)
        differ(w, "limit of a fixed heap", FIXED_LIMIT, size);
    block->data = data;
    compare(w, block, size < old ? size : old);
    if ((flags & HEAP_ZERO_MEMORY) && size > old)
        compare_zero(w, data, old, size);
    settle(w, block, data, size);
}

static void free_handle(struct worker *w, struct block *block)
{
    HANDLE left = block->kind == BLOCK_LOCAL ? LocalFree(block->handle) : GlobalFree(block->handle);
    if (left != NULL)
        differ(w, "LocalFree, GlobalFree", 0, (uintptr_t)left);
}

void free_block(struct worker *w, struct block *block)
{
    struct heap_world *world = world_of(w, block);
    DWORD flags = block->kind == BLOCK_HEAP && is_private(world) && chance(w, 50) ? HEAP_NO_SERIALIZE : 0;
    w->name = "HeapFree";
    compare(w, block, block->size);
    struct block gone = *block;
    w->live -= block->size;
    block->kind = BLOCK_NONE; /* from here on another thread may get it */
    block->size = 0;
    if (gone.kind != BLOCK_HEAP) {
        free_handle(w, &gone);
        return;
    }
    bool twice = chance(w, 3);
    if (twice)
        HeapLock(world->handle);
    if (!HeapFree(world->handle, flags, gone.data))
        differ(w, "HeapFree", TRUE, GetLastError());
    if (twice) {
        MEMORY_BASIC_INFORMATION info; /* pages that are gone are an access violation */
        VirtualQuery(gone.data - UNIT, &info, sizeof(info));
        if (info.State == MEM_COMMIT && HeapFree(world->handle, flags, gone.data))
            differ(w, "HeapFree of a free block", FALSE, TRUE);
        if (HeapValidate(world->handle, 0, gone.data))
            differ(w, "HeapValidate of a free block", FALSE, TRUE);
        HeapUnlock(world->handle);
    }
}

/* The old calls: fixed or movable, Local or Global, all on the process heap. */
static void operate_handle(struct worker *w, struct block *block)
{
    bool local = chance(w, 50);
    UINT flags = (chance(w, 50) ? LMEM_MOVEABLE : 0) | (chance(w, 30) ? LMEM_ZEROINIT : 0);
    SIZE_T size = pick_size(w) / 16 + 1;
    struct block fresh = {.kind = local ? BLOCK_LOCAL : BLOCK_GLOBAL};
    w->name = "LocalAlloc, GlobalAlloc";
    fresh.handle = local ? LocalAlloc(flags, size) : GlobalAlloc(flags, size);
    uint8_t *data = local ? LocalLock(fresh.handle) : GlobalLock(fresh.handle);
    if (fresh.handle == NULL || data == NULL || (flags == 0 && data != fresh.handle))
        differ(w, "handle", (uintptr_t)fresh.handle, (uintptr_t)data);
    if ((local ? LocalHandle(data) : GlobalHandle(data)) != fresh.handle)
        differ(w, "LocalHandle, GlobalHandle", (uintptr_t)fresh.handle, (uintptr_t)LocalHandle(data));
    if (flags & LMEM_ZEROINIT)
        compare_zero(w, data, 0, size);
    if (flags & LMEM_MOVEABLE && (local ? LocalFlags(fresh.handle) : GlobalFlags(fresh.handle)) != 1)
        differ(w, "lock count", 1, LocalFlags(fresh.handle));
    *block = fresh;
    settle(w, block, data, size);
}

static void operate_handle_again(struct worker *w, struct block *block)
{
    bool local = block->kind == BLOCK_LOCAL, zero = chance(w, 30);
    SIZE_T old = block->size, size = pick_size(w) / 16 + 1;
    UINT flags = LMEM_MOVEABLE | (zero ? LMEM_ZEROINIT : 0);
    w->name = "LocalReAlloc, GlobalReAlloc";
    bool movable = block->handle != (HANDLE)block->data;
    block->data = NULL;
    HANDLE handle = local ? LocalReAlloc(block->handle, size, flags) : GlobalReAlloc(block->handle, size, flags);
    if (handle == NULL || (movable && handle != block->handle))
        differ(w, "handle", (uintptr_t)block->handle, (uintptr_t)handle);
    block->handle = handle;
    block->data = local ? LocalLock(handle) : GlobalLock(handle);
    if (movable) /* locked once already */
        (void)(local ? LocalUnlock(handle) : GlobalUnlock(handle));
    compare(w, block, size < old ? size : old);
    if (zero && size > old)
        compare_zero(w, block->data, old, size);
    if ((local ? LocalSize(handle) : GlobalSize(handle)) != size)
        differ(w, "LocalSize, GlobalSize", size, LocalSize(handle));
    settle(w, block, block->data, size);
}

static void operate_look(struct worker *w, struct block *block)
{
    HANDLE heap = world_of(w, block)->handle;
    w->name = "HeapSize, HeapValidate";
    if (HeapSize(heap, 0, block->data) != block->size)
        differ(w, "HeapSize", block->size, HeapSize(heap, 0, block->data));
    if (!HeapValidate(heap, 0, block->data))
        differ(w, "HeapValidate of a block", TRUE, FALSE);
    HANDLE other = w->run->heap[block->heap == 0].handle;
    if (HeapValidate(other, 0, block->data))
        differ(w, "HeapValidate of another heap's block", FALSE, TRUE);
    if (block->size > 2 * UNIT && HeapValidate(heap, 0, block->data + UNIT))
        differ(w, "HeapValidate within a block", FALSE, TRUE);
    SetLastError(0);
    if (HeapFree(heap, 0, block->data + 1) || GetLastError() != ERROR_INVALID_PARAMETER)
        differ(w, "HeapFree within a block", ERROR_INVALID_PARAMETER, GetLastError());
    if (HeapSize(heap, 0, block->data + 4) != (SIZE_T)-1)
        differ(w, "HeapSize within a block", ~(uintptr_t)0, HeapSize(heap, 0, block->data + 4));
    compare(w, block, block->size);
}

/* Hold a heap while the other thread runs; what it asks of this heap has to wait. */
static void operate_lock(struct worker *w)
{
    HANDLE heap = w->run->heap[pick(w, SHARED_HEAPS)].handle;
    unsigned nested = 1 + pick(w, 3);
    w->name = "HeapLock, HeapUnlock";
    for (unsigned i = 0; i < nested; i++)
        if (!HeapLock(heap))
            differ(w, "HeapLock", TRUE, FALSE);
    Sleep(0);
    SIZE_T first = largest_run(w, heap);
    Sleep(0);
    if (largest_run(w, heap) != first)
        differ(w, "a locked heap stays as it is", first, largest_run(w, heap));
    for (unsigned i = 0; i < nested; i++)
        if (!HeapUnlock(heap))
            differ(w, "HeapUnlock", TRUE, FALSE);
}

static void operate_compact(struct worker *w)
{
    w->name = "HeapCompact";
    (void)HeapCompact(w->run->heap[pick_heap(w)].handle, 0);
}

void operate(struct worker *w)
{
    struct block *block = &w->block[pick(w, SLOTS)];
    unsigned class = pick(w, 1000);
    w->operation++;
    if (class < 3)
        operate_compact(w);
    else if (class < 10)
        operate_lock(w);
    else if (class < 20)
        Sleep(0);
    else if (block->kind == BLOCK_NONE && w->live > LIVE_LIMIT)
        w->name = "nothing";
    else if (block->kind == BLOCK_NONE)
        class < 900 ? operate_allocate(w, block) : operate_handle(w, block);
    else if (class < 480 || w->live > LIVE_LIMIT)
        free_block(w, block);
    else if (block->kind != BLOCK_HEAP)
        operate_handle_again(w, block);
    else if (class < 700)
        operate_reallocate(w, block);
    else
        operate_look(w, block);
}
