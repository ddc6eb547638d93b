// SPDX-License-Identifier: GPL-2.0-or-later
/* verify.c - a whole heap against the table: HeapValidate, what HeapWalk tells, and what VirtualQuery says of it. */
#include "run.h"

/* What a walk adds up to. */
struct walk {
    unsigned busy, expected;
    SIZE_T committed, uncommitted; /* of the regions */
    SIZE_T ranges;                 /* uncommitted ones told */
};

static const struct block *block_at(const struct run *run, unsigned heap, const void *data)
{
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < SLOTS; i++) {
            const struct block *block = &run->worker[t].block[i];
            if (block->kind == BLOCK_HEAP && block->heap == heap && block->data == data)
                return block;
        }
    return NULL;
}

/* => bytes of this state in [begin, begin + size). */
static SIZE_T bytes_of(const uint8_t *begin, SIZE_T size, DWORD state)
{
    MEMORY_BASIC_INFORMATION info;
    SIZE_T sum = 0;
    for (const uint8_t *at = begin; at < begin + size; at = (const uint8_t *)info.BaseAddress + info.RegionSize) {
        if (VirtualQuery(at, &info, sizeof(info)) == 0)
            return ~(SIZE_T)0;
        const uint8_t *end = (const uint8_t *)info.BaseAddress + info.RegionSize;
        if (info.State == state)
            sum += (end < begin + size ? end : begin + size) - at;
    }
    return sum;
}

static void see_region(struct worker *w, const PROCESS_HEAP_ENTRY *entry, struct walk *walk)
{
    SIZE_T committed = entry->Region.dwCommittedSize, rest = entry->Region.dwUnCommittedSize;
    SIZE_T seen = bytes_of(entry->lpData, committed + rest, MEM_COMMIT);
    if (seen != committed)
        differ(w, "bytes committed in a region", committed, seen);
    walk->committed += committed;
    walk->uncommitted += rest;
}

static void see_block(struct worker *w, unsigned heap, const PROCESS_HEAP_ENTRY *entry, struct walk *walk)
{
    const struct block *block = block_at(w->run, heap, entry->lpData);
    if (block == NULL)
        differ(w, "a busy block that nobody has", 0, (uintptr_t)entry->lpData);
    if (entry->cbData != block->size)
        differ(w, "size of a block in the walk", block->size, entry->cbData);
    walk->busy++;
}

static void see_range(struct worker *w, const PROCESS_HEAP_ENTRY *entry, struct walk *walk)
{
    SIZE_T seen = bytes_of(entry->lpData, entry->cbData, MEM_RESERVE);
    if (seen != entry->cbData)
        differ(w, "an uncommitted range", entry->cbData, seen);
    walk->ranges += entry->cbData;
}

static struct walk walk_heap(struct worker *w, unsigned heap)
{
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    struct walk walk = {0};
    const uint8_t *end = NULL;
    unsigned region = ~0u;
    while (HeapWalk(w->run->heap[heap].handle, &entry)) {
        const uint8_t *data = entry.lpData;
        if (entry.wFlags & PROCESS_HEAP_REGION)
            see_region(w, &entry, &walk);
        else if (entry.wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE)
            see_range(w, &entry, &walk);
        else if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY)
            see_block(w, heap, &entry, &walk);
        if (region == entry.iRegionIndex && !(entry.wFlags & PROCESS_HEAP_REGION) && data < end &&
            bytes_of(data, 1, MEM_FREE) == 0 && entry.iRegionIndex < 64)
            differ(w, "entries of a region in order", (uintptr_t)end, (uintptr_t)data);
        region = entry.iRegionIndex;
        end = data + entry.cbData;
    }
    if (GetLastError() != ERROR_NO_MORE_ITEMS)
        differ(w, "end of the walk", ERROR_NO_MORE_ITEMS, GetLastError());
    if (walk.ranges != walk.uncommitted)
        differ(w, "uncommitted ranges", walk.uncommitted, walk.ranges);
    return walk;
}

void verify_heap(struct worker *w, unsigned heap)
{
    unsigned expected = 0;
    w->name = "HeapWalk and HeapValidate";
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < SLOTS; i++) {
            const struct block *block = &w->run->worker[t].block[i];
            if (block->kind == BLOCK_NONE || (block->kind == BLOCK_HEAP && block->heap != heap))
                continue;
            compare(w, block, block->size);
            expected += block->kind == BLOCK_HEAP;
        }
    if (!HeapValidate(w->run->heap[heap].handle, 0, NULL))
        differ(w, "HeapValidate", TRUE, FALSE);
    struct walk walk = walk_heap(w, heap);
    if (walk.busy != expected)
        differ(w, "busy blocks", expected, walk.busy);
}

SIZE_T largest_run(struct worker *w, HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    SIZE_T largest = 0, run = 0;
    (void)w;
    while (HeapWalk(heap, &entry)) {
        if (entry.wFlags & (PROCESS_HEAP_REGION | PROCESS_HEAP_ENTRY_BUSY))
            run = 0;
        else
            run += entry.cbData + entry.cbOverhead;
        if (run > largest)
            largest = run;
    }
    return largest;
}

/* Nothing is allocated any more: what may still be committed.
 * Of free memory 64 KB (the threshold of the whole heap), a quarter of that on look-aside lists; and at the ends of
 * each free block, of which a region has one for each 512 KB, two pages.  After HeapCompact the ends alone. */
void verify_empty(struct worker *w, unsigned heap)
{
    w->name = "empty heap";
    struct walk walk = walk_heap(w, heap);
    SIZE_T ends = ((walk.committed + walk.uncommitted) / 0x7F000 + 4) * 2 * PAGE;
    if (walk.busy != 0)
        differ(w, "busy blocks", 0, walk.busy);
    if (walk.committed > 0x14000 + ends)
        differ(w, "committed in an empty heap", 0x14000 + ends, walk.committed);
    (void)HeapCompact(w->run->heap[heap].handle, 0);
    walk = walk_heap(w, heap);
    if (walk.committed > ends)
        differ(w, "committed after HeapCompact", ends, walk.committed);
}
