// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_limit.c - a heap of a fixed size meets its limits; one that grows does not.
 *
 * A fixed heap has two: the size of a block, below 0x7FFF8 bytes (in 64 bits, where the unit is 16 bytes, below
 * 0xFFFF0), and the memory that was reserved for it.
 *
 * In the trace: the heap reserves its memory at once; it is committed and touched (DemandZero) as blocks are taken, and
 * what is committed goes back when they are freed. */
#include <stdio.h>
#include <windows.h>

#define HEAP_SIZE (4u << 20)
#define BLOCK 4000
#define BLOCK_LIMIT (0xFFFF * 2 * sizeof(void *))

static LONG CALLBACK tell(EXCEPTION_POINTERS *exception)
{
    if (exception->ExceptionRecord->ExceptionCode != STATUS_NO_MEMORY)
        return EXCEPTION_CONTINUE_SEARCH;
    printf("  raised c0000017\n");
    return EXCEPTION_CONTINUE_EXECUTION; /* HeapAlloc goes on and returns NULL */
}

static const char *try_size(HANDLE heap, DWORD flags, SIZE_T size)
{
    void *block = HeapAlloc(heap, flags, size);
    if (block != NULL)
        HeapFree(heap, 0, block);
    return block != NULL ? "served" : "refused";
}

static unsigned committed_percent(HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    SIZE_T committed = 0;
    while (HeapWalk(heap, &entry))
        if (entry.wFlags & PROCESS_HEAP_REGION)
            committed += entry.Region.dwCommittedSize;
    return (unsigned)(committed * 100 / HEAP_SIZE);
}

static void fill_and_clear(HANDLE heap)
{
    static void *block[HEAP_SIZE / BLOCK + 1];
    unsigned count = 0;
    while ((block[count] = HeapAlloc(heap, 0, BLOCK)) != NULL)
        count++;
    printf("full: %u percent are blocks, %u percent committed\n", count * BLOCK / (HEAP_SIZE / 100),
           committed_percent(heap));
    printf("one more: %s\n", try_size(heap, 0, BLOCK));
    printf("one more, with exceptions:\n");
    printf("  %s\n", try_size(heap, HEAP_GENERATE_EXCEPTIONS, BLOCK));
    HeapFree(heap, 0, block[--count]);
    printf("one freed, one more: %s\n", try_size(heap, 0, BLOCK));
    while (count > 0)
        HeapFree(heap, 0, block[--count]);
    printf("all freed: %u percent committed, the heap is %s\n", committed_percent(heap),
           HeapValidate(heap, 0, NULL) ? "sound" : "corrupt");
}

int main(void)
{
    HANDLE fixed = HeapCreate(0, 0, HEAP_SIZE), growable = HeapCreate(0, 0, 0);
    if (fixed == NULL || growable == NULL || AddVectoredExceptionHandler(1, tell) == NULL)
        return 1;
    printf("a block below the limit: fixed %s, growable %s\n", try_size(fixed, 0, BLOCK_LIMIT - 2 * sizeof(void *)),
           try_size(growable, 0, BLOCK_LIMIT - 2 * sizeof(void *)));
    printf("a block of the limit: fixed %s, growable %s\n", try_size(fixed, 0, BLOCK_LIMIT),
           try_size(growable, 0, BLOCK_LIMIT));
    printf("a block of 8 MB: fixed %s, growable %s\n", try_size(fixed, 0, 2 * HEAP_SIZE),
           try_size(growable, 0, 2 * HEAP_SIZE));
    fill_and_clear(fixed);
    return HeapDestroy(fixed) && HeapDestroy(growable) ? 0 : 1;
}
