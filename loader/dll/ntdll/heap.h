/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heap.h - the shape of a heap; heap.c owns the laws. */
#ifndef SOFTFAULT_GUEST_HEAP_H
#define SOFTFAULT_GUEST_HEAP_H

#include "critsect.h"
#include "ntdll.h"

#define HEAP_UNIT sizeof(struct heap_entry)
#define HEAP_ENTRY_BUSY 0x01
#define HEAP_ENTRY_EXTRA 0x02 /* the last unit holds the user value */
#define HEAP_ENTRY_HOLE 0x04  /* of a free block: its inner pages are not committed (heap_free_entry) */
#define HEAP_ENTRY_QUICK                                                                                               \
    0x04 /* of a busy block: it is free, but lies on a quick list and keeps its neighbours apart                       \
          */
#define HEAP_ENTRY_VIRTUAL 0x08
#define HEAP_ENTRY_LAST 0x10
#define HEAP_ENTRY_SETTABLE 0xE0 /* HEAP_SETTABLE_USER_FLAGS >> 4 */

#define HEAP_SIGNATURE 0xEEFFEEFF
#define HEAP_SEGMENT_SIGNATURE 0xFFEEFFEE
#define HEAP_SEGMENTS 64
#define HEAP_UNITS_MAX 0xFFFF          /* that the header can say */
#define HEAP_UNITS_GROWABLE_MAX 0xFE00 /* more than this is a virtual block */
#define HEAP_UNITS_MIN 2               /* a free block holds its links */

#define HEAP_SIZE_MAX (((SIZE_T)-1 >> (sizeof(PVOID) == 8 ? 21 : 1)) & ~(SIZE_T)0xFFFF) /* of a request */

#define HEAP_QUICK_LISTS 64 /* of blocks below so many units */

#define HEAP_EXACT_BINS 128
#define HEAP_BINS (HEAP_EXACT_BINS + 9 * 8)
#define HEAP_BIN_WORDS ((HEAP_BINS + 31) / 32)

/* In front of each block; sizes are in units and include the header.  In a virtual block size is the number of bytes
 * that the request left over. */
struct heap_entry {
#ifdef _WIN64
    PVOID reserved; /* blocks are 16-aligned */
#endif
    USHORT size;
    USHORT previous_size; /* of the block before; 0 for the first of a segment */
    UCHAR tag;
    UCHAR flags;
    UCHAR unused; /* bytes of the block that the caller did not ask for */
    UCHAR segment;
};

struct heap_free_entry {
    struct heap_entry entry;
    LIST_ENTRY links;
    PUCHAR hole, hole_end; /* with HOLE: [hole, hole_end) is reserved only; whole pages */
};

struct heap_quick_entry {
    struct heap_entry entry;
    struct heap_quick_entry *next;
};

struct heap_extra {
    ULONG reserved;
    PVOID value;
};

struct heap_segment {
    ULONG signature;
    struct heap *heap;
    PUCHAR base;
    PUCHAR committed; /* [base, committed) is there, [committed, end) is reserved */
    PUCHAR end;
    struct heap_entry *first;
    struct heap_entry *last; /* the block that ends at committed; NULL: none yet */
    SIZE_T holes;            /* bytes below committed that are not */
};

struct heap_virtual {
    LIST_ENTRY links;
    SIZE_T commit_size;
    PVOID value; /* with EXTRA */
    SIZE_T padding[2];
    struct heap_entry entry;
};

struct heap {
    struct heap_entry entry;
    ULONG signature;
    ULONG flags;
    SIZE_T segment_reserve; /* of the next segment */
    SIZE_T segment_commit;
    SIZE_T decommit_block;
    SIZE_T decommit_total;
    SIZE_T total_free;  /* units in bins, without holes */
    SIZE_T quick_units; /* on the quick lists; at most quick_limit */
    SIZE_T quick_limit;
    SIZE_T in_use; /* blocks */
    ULONG recent;  /* the segment that a block was last found in */
    ULONG protect;
    bool corrupt;   /* the free lists were found to be */
    bool allocated; /* the first segment's memory is ours to release */
    PRTL_CRITICAL_SECTION lock;
    RTL_CRITICAL_SECTION own_lock;
    LIST_ENTRY virtual_blocks;
    struct heap_quick_entry *quick[HEAP_QUICK_LISTS];
    ULONG bin_map[HEAP_BIN_WORDS];
    LIST_ENTRY bins[HEAP_BINS];
    ULONG segment_count;
    struct heap_segment *segments[HEAP_SEGMENTS];
    struct heap_segment first_segment;
};

static inline struct heap_entry *heap_entry_of(const VOID *block)
{
    return (struct heap_entry *)block - 1;
}

static inline struct heap_entry *heap_next(struct heap_entry *entry)
{
    return entry->flags & HEAP_ENTRY_LAST ? NULL : entry + entry->size;
}

static inline struct heap_virtual *heap_virtual_of(struct heap_entry *entry)
{
    return CONTAINING_RECORD(entry, struct heap_virtual, entry);
}

_Static_assert(sizeof(struct heap_entry) == 2 * sizeof(PVOID), "blocks are aligned as NT aligns them");
_Static_assert(sizeof(struct heap_virtual) % HEAP_UNIT == 0 && sizeof(struct heap_extra) == HEAP_UNIT, "whole units");

static inline ULONG heap_limit(const struct heap *heap) /* units of the largest block in a segment */
{
    return heap->flags & HEAP_GROWABLE ? HEAP_UNITS_GROWABLE_MAX : HEAP_UNITS_MAX;
}

static inline SIZE_T heap_hole_size(const struct heap_entry *entry) /* of a free block, in bytes */
{
    const struct heap_free_entry *block = (const struct heap_free_entry *)entry;
    return entry->flags & HEAP_ENTRY_HOLE ? block->hole_end - block->hole : 0;
}

static inline bool heap_is_busy(const struct heap_entry *entry)
{
    return (entry->flags & (HEAP_ENTRY_BUSY | HEAP_ENTRY_QUICK)) == HEAP_ENTRY_BUSY;
}

/* Where a busy block keeps its user value; NULL: it has none. */
static inline PVOID *heap_value_of(struct heap_entry *entry)
{
    if (!(entry->flags & HEAP_ENTRY_EXTRA))
        return NULL;
    if (entry->flags & HEAP_ENTRY_VIRTUAL)
        return &heap_virtual_of(entry)->value;
    return &((struct heap_extra *)(entry + entry->size) - 1)->value;
}

static inline struct heap *heap_from_handle(PVOID handle) /* NULL when it is none */
{
    struct heap *heap = handle;
    if (heap == NULL || ((ULONG_PTR)heap & 7) != 0 || heap->signature != HEAP_SIGNATURE)
        return NULL;
    return heap;
}

/* flags: of the call together with those of the heap. */
static inline void heap_enter(struct heap *heap, ULONG flags)
{
    if (!(flags & HEAP_NO_SERIALIZE))
        critsect_enter(heap->lock);
}

static inline void heap_leave(struct heap *heap, ULONG flags)
{
    if (!(flags & HEAP_NO_SERIALIZE))
        critsect_leave(heap->lock);
}

/* heap_block.c */
struct heap_entry *heap_take_block(struct heap *heap, ULONG units); /* NULL: no room, or the free lists are corrupt */
void heap_give_block(struct heap *heap, struct heap_entry *entry);
bool heap_resize_block(struct heap *heap, struct heap_entry *entry, ULONG units); /* false: it stayed as it was */
void heap_flush_quick(struct heap *heap);                                         /* to the bins */
void heap_decommit_free(struct heap *heap);                                       /* whatever pages are free */
struct heap_entry *heap_append_block(struct heap *heap, ULONG index, struct heap_entry *fresh, ULONG units);
bool heap_free_is_sound(struct heap *heap, struct heap_entry *entry); /* a block in a bin, its links too */

/* heap_segment.c */
void heap_add_segment(struct heap *heap, struct heap_segment *segment, PVOID base, SIZE_T committed, SIZE_T reserved,
                      SIZE_T header);
bool heap_grow(struct heap *heap, ULONG units); /* so that a block of so many units can be taken; false: no room */

/* heap_check.c */
struct heap_segment *heap_segment_of(struct heap *heap, const VOID *address);
bool heap_entry_is_sound(const struct heap_segment *segment, struct heap_entry *entry);
struct heap_entry *heap_find_block(struct heap *heap, const VOID *block); /* NULL: not a busy block of this heap */
SIZE_T heap_block_size(const struct heap_entry *entry);                   /* bytes the caller asked for */

#endif
