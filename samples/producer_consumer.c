// SPDX-License-Identifier: GPL-2.0-or-later
/* producer_consumer.c - two threads and a ring of pages between them.
 *
 * In the trace: each page of the ring is demand-zero once, for whichever thread touches it first; its later owners find
 * it where it is, for threads share one address space.  Each thread grows a stack of its own. */
#include <stdio.h>
#include <windows.h>

#define PAGE 4096
#define SLOTS 4
#define ITEMS 20

static struct {
    HANDLE empty, full; /* how many slots are; semaphores */
    unsigned *slot[SLOTS];
} ring;

static DWORD WINAPI produce(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ITEMS; i++) {
        WaitForSingleObject(ring.empty, INFINITE);
        ring.slot[i % SLOTS][0] = i * i;
        ReleaseSemaphore(ring.full, 1, NULL);
    }
    return ITEMS;
}

static DWORD WINAPI consume(void *argument)
{
    unsigned *sum = argument;
    for (unsigned i = 0; i < ITEMS; i++) {
        WaitForSingleObject(ring.full, INFINITE);
        *sum += ring.slot[i % SLOTS][0];
        ReleaseSemaphore(ring.empty, 1, NULL);
    }
    return ITEMS;
}

int main(void)
{
    char *pages = VirtualAlloc(NULL, SLOTS * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    unsigned sum = 0;
    DWORD produced = 0, consumed = 0;

    ring.empty = CreateSemaphoreA(NULL, SLOTS, SLOTS, NULL);
    ring.full = CreateSemaphoreA(NULL, 0, SLOTS, NULL);
    for (int i = 0; i < SLOTS; i++)
        ring.slot[i] = (unsigned *)(pages + i * PAGE);
    HANDLE threads[2] = {CreateThread(NULL, 0, produce, NULL, 0, NULL), CreateThread(NULL, 0, consume, &sum, 0, NULL)};
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    GetExitCodeThread(threads[0], &produced);
    GetExitCodeThread(threads[1], &consumed);
    printf("%lu produced, %lu consumed, sum %u\n", produced, consumed, sum);
    return 0;
}
