/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena.c - size-class allocator over one region.
 *
 * A block of a class goes back to that class's list and is never split or merged: the modelled objects (VADs, control
 * areas, holds) have few sizes and come and go in equal numbers, so that fragmentation is bounded by the peak of each.
 * The first grain-sized words of a free block hold the reference of the next. */
#include "mm/arena.h"

#include <assert.h>
#include <string.h>

enum {
    CLASS_STEP = 16,  /* bytes, for sizes up to SMALL_MAX */
    SMALL_MAX = 1024, /* beyond: powers of two */
    SMALL_CLASSES = SMALL_MAX / CLASS_STEP,
    LARGE_CLASSES = 6, /* 2, 4, 8, 16, 32, 64 KB */
    CLASS_COUNT = SMALL_CLASSES + LARGE_CLASSES,
};

struct arena {
    uint32_t size, used; /* bytes; everything at and above used is untouched */
    uint32_t in_use;     /* bytes handed out */
    uint32_t fail_after; /* UINT32_MAX: off */
    arena_ref free[CLASS_COUNT];
};

static unsigned class_of(uint32_t size, uint32_t *ret_bytes)
{
    assert(size > 0 && size <= ARENA_LARGEST);
    if (size <= SMALL_MAX) {
        unsigned c = (size + CLASS_STEP - 1) / CLASS_STEP;
        *ret_bytes = c * CLASS_STEP;
        return c - 1;
    }
    unsigned c = SMALL_CLASSES;
    uint32_t bytes = 2 * SMALL_MAX;
    for (; bytes < size; bytes *= 2)
        c++;
    *ret_bytes = bytes;
    return c;
}

struct arena *arena_init(void *memory, uint32_t size)
{
    struct arena *arena = memory;
    assert(size >= 64 << 10 && size <= ARENA_SIZE_MAX);
    arena->size = size;
    arena->used = (sizeof *arena + CLASS_STEP - 1) / CLASS_STEP * CLASS_STEP;
    arena->fail_after = UINT32_MAX;
    return arena;
}

static bool told_to_fail(struct arena *arena)
{
    if (arena->fail_after == UINT32_MAX)
        return false;
    if (arena->fail_after == 0)
        return true;
    arena->fail_after--;
    return false;
}

arena_ref arena_alloc(struct arena *arena, uint32_t size)
{
    uint32_t bytes;
    unsigned c = class_of(size, &bytes);
    arena_ref ref = arena->free[c];

    if (told_to_fail(arena))
        return 0;
    if (ref) {
        memcpy(&arena->free[c], arena_at(arena, ref), sizeof(arena_ref));
        memset(arena_at(arena, ref), 0, bytes);
    } else {
        if (arena->size - arena->used < bytes)
            return 0;
        ref = arena->used / ARENA_GRAIN;
        arena->used += bytes;
    }
    arena->in_use += bytes;
    return ref;
}

void arena_free(struct arena *arena, arena_ref ref, uint32_t size)
{
    uint32_t bytes;
    unsigned c = class_of(size, &bytes);
    if (!ref)
        return;
    memset(arena_at(arena, ref), 0xdd, bytes);
    memcpy(arena_at(arena, ref), &arena->free[c], sizeof(arena_ref));
    arena->free[c] = ref;
    arena->in_use -= bytes;
}

uint32_t arena_bytes_in_use(const struct arena *arena)
{
    return arena->in_use;
}

void arena_fail_after(struct arena *arena, uint32_t n)
{
    arena->fail_after = n;
}
