// SPDX-License-Identifier: GPL-2.0-or-later
/* tour.c - the kinds of page fault, one after the other.
 *
 * Run `softfault trace tour.exe`: each step prints its line just before the fault (or faults) that it is about.
 *   1 DemandZero    a new private page
 *   2 HardFault     a page of this image, read from the file
 *   3 CopyOnWrite   the same page, written
 *   4 Prototype     an uninitialised page of this image (.bss), read: a zero page that the section shares;
 *     CopyOnWrite   then written
 *   5 GuardPage     an alarm, handled; then DemandZero, and the page is an ordinary one
 *   6 DemandZero    a page that was given back (decommitted) and committed again is zero */
#include <stdio.h>
#include <windows.h>

#define PAGE 4096

static volatile char shared[2][PAGE] __attribute__((section(".tour"), aligned(PAGE))) = {"image data"};
static volatile char blank[4 * PAGE] __attribute__((aligned(PAGE)));
static unsigned alarms;

static void step(int number, const char *text)
{
    printf("%d. %s\n", number, text);
    fflush(stdout);
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != 0x80000001) /* STATUS_GUARD_PAGE_VIOLATION */
        return EXCEPTION_CONTINUE_SEARCH;
    alarms++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void)
{
    volatile char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;
    if (memory == NULL || AddVectoredExceptionHandler(1, on_exception) == NULL)
        return 1;

    step(1, "a new private page is written");
    memory[0] = 1;
    printf("   value %d, its neighbour in the page %d\n", memory[0], memory[1]);

    step(2, "a page of the image is read");
    char first = shared[0][0];
    printf("   value '%c'\n", first);

    step(3, "the same page is written");
    shared[0][0] = 'I';
    printf("   value '%c'\n", shared[0][0]);

    step(4, "a page of .bss is read, then written");
    int zero = blank[2 * PAGE];
    blank[2 * PAGE] = 4;
    printf("   values %d, %d\n", zero, blank[2 * PAGE]);

    step(5, "a guard page is written");
    VirtualProtect((void *)(memory + PAGE), PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
    memory[PAGE] = 5;
    memory[PAGE + 1] = 6;
    printf("   alarms %u, values %d %d\n", alarms, memory[PAGE], memory[PAGE + 1]);

    step(6, "a page is given back and taken again");
    VirtualFree((void *)memory, PAGE, MEM_DECOMMIT);
    VirtualAlloc((void *)memory, PAGE, MEM_COMMIT, PAGE_READWRITE);
    printf("   value %d\n", memory[0]);

    printf("done\n");
    return 0;
}
