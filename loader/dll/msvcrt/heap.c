/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heap.c - malloc and its family: blocks of the process heap. */
#include "crt.h"

enum { HEAP_ZERO_MEMORY = 0x8, HEAP_REALLOC_IN_PLACE_ONLY = 0x10 };

/* What _aligned_malloc writes just below the block it returns: the block that the heap gave. */
#define ALIGNED_BASE(block) (((void **)((uintptr_t)(block) & ~(sizeof(void *) - 1)))[-1])

static void *out_of_memory(void *block)
{
    if (block == NULL)
        crt_set_errno(ENOMEM);
    return block;
}

void *malloc(size_t size)
{
    return out_of_memory(HeapAlloc(GetProcessHeap(), 0, size != 0 ? size : 1));
}

void *calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return out_of_memory(NULL);
    size_t bytes = count * size;
    return out_of_memory(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, bytes != 0 ? bytes : 1));
}

void *realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    return out_of_memory(HeapReAlloc(GetProcessHeap(), 0, block, size));
}

void free(void *block)
{
    if (block != NULL)
        HeapFree(GetProcessHeap(), 0, block);
}

CRT_API(size_t, _msize, void *block)
{
    if (block == NULL) {
        crt_set_errno(EINVAL);
        return (size_t)-1;
    }
    return HeapSize(GetProcessHeap(), 0, block);
}

CRT_API(void *, _expand, void *block, size_t size)
{
    if (block == NULL) {
        crt_set_errno(EINVAL);
        return NULL;
    }
    return HeapReAlloc(GetProcessHeap(), HEAP_REALLOC_IN_PLACE_ONLY, block, size != 0 ? size : 1);
}

CRT_API(intptr_t, _get_heap_handle, void)
{
    return (intptr_t)GetProcessHeap();
}

void *_aligned_offset_malloc(size_t size, size_t alignment, size_t offset);
void *_aligned_offset_malloc(size_t size, size_t alignment, size_t offset)
{
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || (offset != 0 && offset >= size)) {
        crt_set_errno(EINVAL);
        return NULL;
    }
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    size_t slack = alignment - 1 + 2 * sizeof(void *);
    if (size > SIZE_MAX - slack)
        return out_of_memory(NULL);
    void *base = malloc(size + slack);
    if (base == NULL)
        return NULL;
    uintptr_t lowest = (uintptr_t)base + 2 * sizeof(void *);
    uintptr_t block = ((lowest + offset + alignment - 1) & ~(uintptr_t)(alignment - 1)) - offset;
    ALIGNED_BASE(block) = base;
    return (void *)block;
}

CRT_API(void *, _aligned_malloc, size_t size, size_t alignment)
{
    return _aligned_offset_malloc(size, alignment, 0);
}

CRT_API(void, _aligned_free, void *block)
{
    if (block != NULL)
        free(ALIGNED_BASE(block));
}

CRT_API(void *, _aligned_realloc, void *block, size_t size, size_t alignment)
{
    if (block == NULL)
        return _aligned_offset_malloc(size, alignment, 0);
    if (size == 0) {
        free(ALIGNED_BASE(block));
        return NULL;
    }
    void *base = ALIGNED_BASE(block);
    size_t room = HeapSize(GetProcessHeap(), 0, base) - ((uintptr_t)block - (uintptr_t)base);
    void *moved = _aligned_offset_malloc(size, alignment, 0);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, room < size ? room : size);
    free(base);
    return moved;
}

CRT_API(int, _callnewh, size_t size)
{
    (void)size;
    return 0; /* no handler is ever installed */
}
