// SPDX-License-Identifier: GPL-2.0-or-later
/* heap_model.c - heap_model.exe: random heap operations by two threads, compared with a table of blocks (run.h).
 *
 *   heap_model SEED OPERATIONS [EVERY [lie=N]]
 *
 * EVERY (500): operations of both threads between two comparisons of everything.  lie=N: make the table wrong in the
 * first thread's operation N, to see the report.  Ends with status 1 at the first difference. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct run run;

/* xorshift, 32 bits. */
uint32_t pick(struct worker *w, uint32_t below)
{
    uint32_t x = w->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    w->random = x;
    return (uint32_t)(((uint64_t)x * below) >> 32);
}

bool chance(struct worker *w, unsigned percent)
{
    return pick(w, 100) < percent;
}

void differ(struct worker *w, const char *what, uintptr_t wanted, uintptr_t got)
{
    printf("seed %u, thread %u, operation %lu (%s): %s: expected %#llx, got %#llx\n", (unsigned)w->run->seed, w->index,
           w->operation, w->name, what, (unsigned long long)wanted, (unsigned long long)got);
    fflush(stdout);
    ExitProcess(1);
}

static struct worker *this_worker(void)
{
    DWORD id = GetCurrentThreadId();
    for (unsigned i = 0; i < THREADS; i++)
        if (run.worker[i].id == id && run.worker[i].catches)
            return &run.worker[i];
    return NULL;
}

static __attribute__((noreturn)) void land(void)
{
    __builtin_longjmp(this_worker()->landing, 1);
}

/* An exception of a call that may raise: go on at land(), on the same stack. */
static LONG CALLBACK catch (EXCEPTION_POINTERS *exception)
{
    struct worker *w = this_worker();
    if (w == NULL || exception->ExceptionRecord->ExceptionCode != STATUS_NO_MEMORY)
        return EXCEPTION_CONTINUE_SEARCH;
    w->caught = exception->ExceptionRecord->ExceptionCode;
#ifdef _WIN64
    exception->ContextRecord->Rsp = ((exception->ContextRecord->Rsp - 256) & ~(DWORD64)15) - 8;
    exception->ContextRecord->Rip = (DWORD64)(uintptr_t)land;
#else
    exception->ContextRecord->Esp = ((exception->ContextRecord->Esp - 256) & ~(DWORD)15) - 4;
    exception->ContextRecord->Eip = (DWORD)(uintptr_t)land;
#endif
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI work(void *argument)
{
    struct worker *w = argument;
    for (;;) {
        WaitForSingleObject(w->start, INFINITE);
        if (run.ends)
            return 0;
        for (unsigned long i = 0; i < w->operations; i++)
            operate(w);
        SetEvent(w->done);
    }
}

static bool prepare(void)
{
    static const DWORD options[HEAPS] = {0, 0, HEAP_NO_SERIALIZE, HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS};
    AddVectoredExceptionHandler(1, catch);
    for (unsigned i = 0; i < HEAPS; i++) {
        struct heap_world *world = &run.heap[i];
        world->fixed = i == 1 || (i == 2 && run.seed % 2);
        world->raises = options[i] & HEAP_GENERATE_EXCEPTIONS;
        world->serialized = !(options[i] & HEAP_NO_SERIALIZE);
        world->handle = HeapCreate(options[i], world->fixed ? 3 * PAGE : i * 0x8000, world->fixed ? FIXED_SIZE : 0);
        if (world->handle == NULL)
            return false;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        struct worker *w = &run.worker[i];
        w->run = &run;
        w->index = i;
        w->name = "";
        w->random = run.seed * 2654435761u + i * 40503 + 1;
        w->start = CreateEventA(NULL, FALSE, FALSE, NULL);
        w->done = CreateEventA(NULL, FALSE, FALSE, NULL);
        w->thread = CreateThread(NULL, 0, work, w, 0, &w->id);
        if (w->thread == NULL)
            return false;
    }
    return true;
}

static void let_work(unsigned long operations)
{
    HANDLE done[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        run.worker[i].operations = operations / THREADS;
        done[i] = run.worker[i].done;
        SetEvent(run.worker[i].start);
    }
    WaitForMultipleObjects(THREADS, done, TRUE, INFINITE);
    for (unsigned i = 0; i < HEAPS; i++)
        verify_heap(&run.worker[0], i);
    if (!HeapValidate(GetProcessHeap(), 0, NULL))
        differ(&run.worker[0], "HeapValidate of the process heap", TRUE, FALSE);
}

/* Everything is freed, in an order by chance, and the heaps go. */
static void clear_away(void)
{
    for (unsigned t = 0; t < THREADS; t++) {
        struct worker *w = &run.worker[t];
        for (unsigned i = 0, slot = pick(w, SLOTS); i < SLOTS; i++, slot = (slot + 37) % SLOTS)
            if (w->block[slot].kind != BLOCK_NONE)
                free_block(w, &w->block[slot]);
        if (w->live != 0)
            differ(w, "bytes left", 0, w->live);
    }
    for (unsigned i = 0; i < HEAPS; i++) {
        MEMORY_BASIC_INFORMATION info;
        verify_empty(&run.worker[0], i);
        if (!HeapDestroy(run.heap[i].handle))
            differ(&run.worker[0], "HeapDestroy", TRUE, FALSE);
        VirtualQuery(run.heap[i].handle, &info, sizeof(info));
        if (info.State != MEM_FREE)
            differ(&run.worker[0], "memory of a heap that is gone", MEM_FREE, info.State);
    }
    if (GetProcessHeaps(0, NULL) > 2)
        differ(&run.worker[0], "heaps", 2, GetProcessHeaps(0, NULL));
}

int main(int argc, char **argv)
{
    unsigned long operations = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned long every = argc > 3 ? strtoul(argv[3], NULL, 10) : 500;
    run.seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (argc > 4 && strncmp(argv[4], "lie=", 4) == 0)
        run.lie = strtoul(argv[4] + 4, NULL, 10);
    if (operations == 0 || every < THREADS || !prepare()) {
        printf("usage: heap_model SEED OPERATIONS [EVERY [lie=N]]\n");
        return 2;
    }
    for (unsigned long done = 0; done < operations; done += every)
        let_work(operations - done < every ? operations - done : every);
    run.ends = true;
    for (unsigned i = 0; i < THREADS; i++)
        SetEvent(run.worker[i].start);
    clear_away();
    printf("seed %u: %lu operations agree\n", (unsigned)run.seed, operations);
    return 0;
}
