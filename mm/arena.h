/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena.h - small modelled objects in one region that can be copied whole.
 *
 * Everything that softfault knows about its guest and that is not in guest RAM lives in an arena.  References
 * are 32-bit indices, never pointers, so that a copy of the region is a snapshot.  Its size is the modelled
 * pool: a guest that exhausts it gets STATUS_INSUFFICIENT_RESOURCES, the host never runs out.
 *
 * The arena keeps its own state at its beginning; blocks come from free lists by size class. */
#ifndef SOFTFAULT_MM_ARENA_H
#define SOFTFAULT_MM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object in an arena: its byte offset / 8.  0 is "none". */
typedef uint32_t arena_ref;

enum {
    ARENA_GRAIN = 8,            /* alignment and unit of references, in bytes */
    ARENA_LARGEST = 64 << 10,   /* one object, bytes */
    ARENA_SIZE_MAX = 128 << 20, /* x86 subsection PTEs reach 128 MB (nt-reference 1.1) */
};

struct arena;

/* Make an arena of size bytes at memory.
 * => memory is zeroed, 16-byte aligned, and outlives the arena; untouched parts stay untouched (lazy mappings
 *    cost nothing). 64 KB <= size <= ARENA_SIZE_MAX. */
struct arena *arena_init(void *memory, uint32_t size);

/* A zeroed block of size bytes (1..ARENA_LARGEST); 0 when the arena is full or, with arena_fail_after(), told so. */
arena_ref arena_alloc(struct arena *arena, uint32_t size);

/* Give a block back.  => size is what it was allocated with; ref 0 is ignored. */
void arena_free(struct arena *arena, arena_ref ref, uint32_t size);

/* => ref is a live block (not 0). */
static inline void *arena_at(const struct arena *arena, arena_ref ref)
{
    return (uint8_t *)(uintptr_t)arena + (size_t)ref * ARENA_GRAIN;
}

/* The reference of a pointer that arena_at() gave. */
static inline arena_ref arena_ref_of(const struct arena *arena, const void *object)
{
    return (arena_ref)(((const uint8_t *)object - (const uint8_t *)arena) / ARENA_GRAIN);
}

uint32_t arena_bytes_in_use(const struct arena *arena);

/* Fault injection: the next n allocations succeed, all later ones fail until told otherwise; UINT32_MAX: off. */
void arena_fail_after(struct arena *arena, uint32_t n);

#endif
