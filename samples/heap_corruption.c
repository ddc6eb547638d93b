// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_corruption.c - three mistakes with the blocks of a heap, and what finds them.
 *
 * A write behind the end of a block reaches the header of the next one; a write into a block that was freed reaches the
 * links of the free list; a block freed twice is free already.  HeapValidate finds the first two, HeapFree refuses the
 * third, and an allocation that meets a broken list fails with the exception that the heap was made with. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define SMALL 40
#define LARGE 4000

/* ENTER puts the function that it stands in under the handler, LEAVE takes it out (structured_handler.c). */
#ifdef _WIN64
#define ENTER(handler) __asm__ volatile(".seh_handler " #handler ", @except")
#define LEAVE() ((void)0)
#else
struct registration {
    struct registration *next;
    void *handler;
};
#define ENTER(routine)                                                                                                 \
    volatile struct registration frame = {.handler = (void *)(routine)};                                               \
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame.next));                                                            \
    __asm__ volatile("movl %0, %%fs:0" : : "r"(&frame) : "memory")
#define LEAVE() __asm__ volatile("movl %0, %%fs:0" : : "r"(frame.next) : "memory")
#endif

EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher);

static jmp_buf out;

EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)frame;
    (void)context;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    printf("  HeapAlloc raised %08lx\n", (unsigned long)record->ExceptionCode);
    longjmp(out, 1);
}

static const char *soundness(HANDLE heap, const void *block)
{
    return HeapValidate(heap, 0, block) ? "sound" : "corrupt";
}

static void write_behind_the_end(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *first = HeapAlloc(heap, 0, SMALL), *second = HeapAlloc(heap, 0, SMALL);
    printf("before: heap %s, blocks %s and %s\n", soundness(heap, NULL), soundness(heap, first),
           soundness(heap, second));
    char *low = first < second ? first : second, *high = first < second ? second : first;
    memset(low, 'x', high - low);
    printf("a write behind the end: heap %s, the block behind %s\n", soundness(heap, NULL), soundness(heap, high));
    printf("  HeapFree of that block: %s\n", HeapFree(heap, 0, high) ? "done" : "refused");
    HeapDestroy(heap);
}

static void free_twice(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *block = HeapAlloc(heap, 0, SMALL);
    HeapFree(heap, 0, block);
    SetLastError(0);
    BOOL again = HeapFree(heap, 0, block);
    printf("a block freed twice: %s, error %lu, heap %s\n", again ? "done" : "refused", (unsigned long)GetLastError(),
           soundness(heap, NULL));
    HeapDestroy(heap);
}

static __attribute__((noinline)) void allocate(HANDLE heap)
{
    ENTER(give_up);
    printf("  HeapAlloc: %s\n", HeapAlloc(heap, 0, LARGE) != NULL ? "done" : "failed");
    LEAVE();
}

static void write_after_free(void)
{
    HANDLE heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0);
    char *block = HeapAlloc(heap, 0, LARGE);
    HeapAlloc(heap, 0, LARGE); /* keeps the first one from joining what lies behind */
    HeapFree(heap, 0, block);
    printf("a block freed: heap %s\n", soundness(heap, NULL));
    memset(block, 'x', 2 * sizeof(void *));
    printf("a write into it: heap %s\n", soundness(heap, NULL));
    if (setjmp(out) == 0)
        allocate(heap);
    HeapDestroy(heap);
}

int main(void)
{
    write_behind_the_end();
    free_twice();
    write_after_free();
    return 0;
}
