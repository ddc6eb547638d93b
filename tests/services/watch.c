/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - NtGetWriteWatch and NtResetWriteWatch: errors, boundaries, which pages count as written
 * (nt-reference 12.3). */
#include "service.h"

enum { RESET = 1 };

static char *watched(SIZE_T bytes)
{
    void *base = NULL;
    SIZE_T size = bytes;
    NTSTATUS status = NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                                              PAGE_READWRITE);
    if (NT_SUCCESS(status))
        return base;
    say("MEM_WRITE_WATCH", status);
    ExitProcess(99);
}

/* --- Arguments ----------------------------------------------------------------------------------------------- */

static void check_arguments(void)
{
    char *place = watched(4 * PAGE), *plain = commit(4 * PAGE, PAGE_READWRITE);
    void *found[8];
    ULONG granularity;
    const struct {
        const char *name;
        ULONG flags;
        void *base;
        SIZE_T size;
        ULONG_PTR count;
    } cases[] = {
        {"good", 0, place, 4 * PAGE, 8},
        {"flag 2", 2, place, 4 * PAGE, 8},
        {"flags all ones", ~0u, place, 4 * PAGE, 8},
        {"base in system space", 0, SYSTEM_ADDRESS, PAGE, 8},
        {"base at null", 0, NULL, PAGE, 8},
        {"size 0", 0, place, 0, 8},
        {"size all ones", 0, place, (SIZE_T)-1, 8},
        {"count 0", 0, place, 4 * PAGE, 0},
        {"count all ones", 0, place, 4 * PAGE, (ULONG_PTR)-1},
        {"not watched", 0, plain, 4 * PAGE, 8},
        {"free memory", 0, (void *)0x10000000, PAGE, 8},
        {"an image", 0, GetModuleHandle(NULL), PAGE, 8},
        {"one byte beyond the end", 0, place, 4 * PAGE + 1, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ULONG_PTR count = cases[i].count;
        NTSTATUS status =
            NtGetWriteWatch(THIS_PROCESS, cases[i].flags, cases[i].base, cases[i].size, found, &count, &granularity);
        printf("%s: %s\n", cases[i].name, parameter_name(status));
    }
}

static void check_reset_arguments(void)
{
    char *place = watched(4 * PAGE);
    const struct {
        const char *name;
        void *base;
        SIZE_T size;
    } cases[] = {
        {"good", place, 4 * PAGE},
        {"base in system space", SYSTEM_ADDRESS, PAGE},
        {"size 0", place, 0},
        {"size all ones", place, (SIZE_T)-1},
        {"not watched", commit(PAGE, PAGE_READWRITE), PAGE},
        {"free memory", (void *)0x10000000, PAGE},
        {"one byte beyond the end", place, 4 * PAGE + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        printf("reset, %s: %s\n", cases[i].name,
               parameter_name(NtResetWriteWatch(THIS_PROCESS, cases[i].base, cases[i].size)));
    say("reset, handle 0", NtResetWriteWatch(NULL, place, PAGE));
    say("reset, handle of an event", NtResetWriteWatch(make_event(), place, PAGE));
}

static void check_pointers(void)
{
    char *place = watched(PAGE);
    void *found[2] = {0};
    ULONG_PTR two = 2, count = 2;
    ULONG granularity = 0;
    for (enum place kind = 0; kind < PLACES; kind++) {
        void **found_at = make_place(kind, found, sizeof found);
        ULONG_PTR *count_at = make_place(kind, &two, sizeof two);
        ULONG *granularity_at = make_place(kind, &granularity, sizeof granularity);
        count = 2;
        printf("addresses in a %s: ", place_names[kind]);
        printf("%s\n", status_name(NtGetWriteWatch(THIS_PROCESS, 0, place, PAGE, found_at, &count, &granularity)));
        printf("count in a %s: ", place_names[kind]);
        printf("%s\n", status_name(NtGetWriteWatch(THIS_PROCESS, 0, place, PAGE, found, count_at, &granularity)));
        count = 2;
        printf("granularity in a %s: ", place_names[kind]);
        printf("%s\n", status_name(NtGetWriteWatch(THIS_PROCESS, 0, place, PAGE, found, &count, granularity_at)));
    }
    count = 2;
    say("addresses misaligned",
        NtGetWriteWatch(THIS_PROCESS, 0, place, PAGE, (void *)((char *)found + 2), &count, &granularity));
    say("handle 0", NtGetWriteWatch(NULL, 0, place, PAGE, found, &count, &granularity));
    say("handle of an event", NtGetWriteWatch(make_event(), 0, place, PAGE, found, &count, &granularity));
}

/* --- Written pages ------------------------------------------------------------------------------------------- */

static void say_written(const char *name, char *place, SIZE_T size, ULONG flags, ULONG_PTR room)
{
    static void *found[64];
    ULONG_PTR count = room;
    ULONG granularity = 0;
    NTSTATUS status = NtGetWriteWatch(THIS_PROCESS, flags, place, size, found, &count, &granularity);
    printf("%s: %s", name, parameter_name(status));
    if (NT_SUCCESS(status)) {
        printf(", %lu of %lx:", (unsigned long)count, (unsigned long)granularity);
        for (ULONG_PTR i = 0; i < count; i++)
            printf(" %lx", (unsigned long)((char *)found[i] - place));
    }
    printf("\n");
}

static void check_written(void)
{
    char *place = watched(16 * PAGE);
    say_written("nothing written", place, 16 * PAGE, 0, 64);
    (void)*(volatile char *)(place + PAGE);
    say_written("one read", place, 16 * PAGE, 0, 64);
    place[9 * PAGE] = place[PAGE] = place[4 * PAGE + 5] = 1;
    place[4 * PAGE + 6] = 1;
    say_written("three written", place, 16 * PAGE, 0, 64);
    say_written("again: nothing was reset", place, 16 * PAGE, 0, 64);
    say_written("the middle, unaligned", place + PAGE + 5, 8 * PAGE, 0, 64);
    say_written("room for two", place, 16 * PAGE, 0, 2);
    say_written("room for two, reset", place, 16 * PAGE, RESET, 2);
    say_written("the rest", place, 16 * PAGE, 0, 64);
    say_written("the rest, reset", place, 16 * PAGE, RESET, 64);
    say_written("nothing left", place, 16 * PAGE, 0, 64);
    place[4 * PAGE] = 2;
    say_written("written after a reset", place, 16 * PAGE, 0, 64);
    place[6 * PAGE] = 2;
    NTSTATUS status = NtResetWriteWatch(THIS_PROCESS, place, 5 * PAGE);
    printf("reset of the first five: %s\n", status_name(status));
    say_written("then", place, 16 * PAGE, 0, 64);
    place[4 * PAGE] = 3;
    say_written("the first written once more", place, 16 * PAGE, 0, 64);
}

static void check_ways(void)
{
    char *place = watched(16 * PAGE), buffer[16] = "written";
    SIZE_T done, size = PAGE;
    void *base = place + 2 * PAGE;
    NtWriteVirtualMemory(THIS_PROCESS, place + PAGE, buffer, sizeof buffer, &done);
    say_written("by a service", place, 16 * PAGE, RESET, 64);
    place[2 * PAGE] = 1;
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_DECOMMIT);
    say_written("written, then decommitted", place, 16 * PAGE, RESET, 64);
    ULONG old;
    place[3 * PAGE] = 1;
    VirtualProtect(place + 3 * PAGE, PAGE, PAGE_READONLY, &old);
    say_written("written, then read-only", place, 16 * PAGE, RESET, 64);
    VirtualProtect(place + 3 * PAGE, PAGE, PAGE_READWRITE, &old);
    say_written("protection changed", place, 16 * PAGE, RESET, 64);
    place[5 * PAGE] = 1;
    base = place + 5 * PAGE;
    size = PAGE;
    NtUnlockVirtualMemory(THIS_PROCESS, &base, &size, 1);
    say_written("written, then out of the working set", place, 16 * PAGE, 0, 64);
    (void)*(volatile char *)(place + 5 * PAGE);
    say_written("and read again", place, 16 * PAGE, RESET, 64);
    say_written("after the reset", place, 16 * PAGE, RESET, 64);
    place[8 * PAGE] = place[12 * PAGE] = 1;
    base = place + 9 * PAGE;
    size = PAGE;
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_RELEASE);
    say_written("a page released: all at once", place, 16 * PAGE, 0, 64);
    say_written("before it", place, 9 * PAGE, 0, 64);
    say_written("behind it", place + 10 * PAGE, 6 * PAGE, 0, 64);
}

int main(void)
{
    check_arguments();
    check_reset_arguments();
    check_pointers();
    check_written();
    check_ways();
    return 0;
}
