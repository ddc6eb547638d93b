/* SPDX-License-Identifier: GPL-2.0-or-later */
/* free.c - NtFreeVirtualMemory: each argument error, each boundary (nt-reference 5.4). */
#include "service.h"

static NTSTATUS release(void *place, SIZE_T bytes, ULONG type)
{
    return NtFreeVirtualMemory(THIS_PROCESS, &place, &bytes, type);
}

/* The same, and what came back of base and size, from start. */
static void say_range(const char *name, char *start, ULONG offset, SIZE_T bytes, ULONG type)
{
    void *base = start + offset;
    SIZE_T size = bytes;
    NTSTATUS status = NtFreeVirtualMemory(THIS_PROCESS, &base, &size, type);
    printf("%s: %s +%lx, %lx\n", name, status_name(status), (unsigned long)((char *)base - start), (unsigned long)size);
}

/* --- Arguments ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG type;
} types[] = {
    {"type 0", 0},
    {"both types", MEM_DECOMMIT | MEM_RELEASE},
    {"type commit", MEM_COMMIT},
    {"release and 1", MEM_RELEASE | 1},
    {"reset", MEM_RESET},
};

static const struct {
    const char *name;
    ULONG_PTR base;
    SIZE_T size;
} ranges[] = {
    {"base at the end of user space", USER_END, PAGE},
    {"base in system space", (ULONG_PTR)-PAGE, PAGE},
    {"end one byte beyond user space", USER_END - PAGE, PAGE + 1},
    {"size all ones", 0x10000000, (SIZE_T)-1},
    {"free memory", 0x10000000, PAGE},
    {"free memory, size 0", 0x10000000, 0},
};

static void check_arguments(void)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        say(types[i].name, release(reserve(PAGE), 0, types[i].type));
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        say(ranges[i].name, release((void *)ranges[i].base, ranges[i].size, MEM_RELEASE));
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        printf("decommit, ");
        say(ranges[i].name, release((void *)ranges[i].base, ranges[i].size, MEM_DECOMMIT));
    }
}

static void check_pointers(void)
{
    for (enum place place = 0; place < PLACES; place++) {
        void *pages[2] = {reserve(PAGE), reserve(PAGE)};
        SIZE_T none = 0, size = 0;
        void **base_at = make_place(place, &pages[0], sizeof pages[0]);
        SIZE_T *size_at = make_place(place, &none, sizeof none);
        printf("base in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtFreeVirtualMemory(THIS_PROCESS, base_at, &size, MEM_RELEASE)));
        printf("size in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtFreeVirtualMemory(THIS_PROCESS, &pages[1], size_at, MEM_RELEASE)));
    }
    say("pointers and type wrong", NtFreeVirtualMemory(THIS_PROCESS, NULL, NULL, 0));
}

static void check_handles(void)
{
    void *base = reserve(PAGE), *bad = SYSTEM_ADDRESS, *nowhere = (void *)0x10000000;
    SIZE_T size = 0;
    say("handle 0", NtFreeVirtualMemory(NULL, &base, &size, MEM_RELEASE));
    say("handle of an event", NtFreeVirtualMemory(make_event(), &base, &size, MEM_RELEASE));
    say("handle and base wrong", NtFreeVirtualMemory(NULL, &bad, &size, MEM_RELEASE));
    say("handle wrong, nothing there", NtFreeVirtualMemory(NULL, &nowhere, &size, MEM_RELEASE));
    say("still there", release(base, 0, MEM_RELEASE));
}

/* --- Kinds of memory ----------------------------------------------------------------------------------------- */

static void check_kinds(void)
{
    static const ULONG types[] = {MEM_DECOMMIT, MEM_RELEASE};
    static const char *const names[] = {"decommit", "release"};
    char *image = (char *)GetModuleHandle(NULL);
    void *peb = *(void **)((char *)NtCurrentTeb() + 12 * sizeof(void *));
    for (int i = 0; i < 2; i++) {
        char *place = reserve(2 * UNIT);
        printf("%s: ", names[i]);
        say("an image", release(image, 0, types[i]));
        printf("%s: ", names[i]);
        say("a page of an image", release(image + PAGE, PAGE, types[i]));
        printf("%s: ", names[i]);
        say("the PEB", release(peb, PAGE, types[i]));
        printf("%s: ", names[i]);
        say("the TEB", release(NtCurrentTeb(), PAGE, types[i]));
        printf("%s: ", names[i]);
        say("size 0 inside", release(place + PAGE, 0, types[i]));
        printf("%s: ", names[i]);
        say("one byte beyond the end", release(place, 2 * UNIT + 1, types[i]));
        printf("%s: ", names[i]);
        say("from the last page beyond the end", release(place + 2 * UNIT - PAGE, 2 * PAGE, types[i]));
    }
}

/* --- Release ------------------------------------------------------------------------------------------------- */

static void check_release(void)
{
    char *place = reserve(8 * PAGE);
    say_range("release the front", place, 0, PAGE, MEM_RELEASE);
    say_range("release the back, one byte", place, 8 * PAGE - 1, 1, MEM_RELEASE);
    say_range("release a byte on each of two pages in the middle", place, 4 * PAGE - 1, 2, MEM_RELEASE);
    for (int i = 0; i < 8; i++)
        printf("%s%s", page_state(place + i * PAGE), i < 7 ? ", " : "\n");
    say("size 0 at the old base", release(place, 0, MEM_RELEASE));
    say_range("size 0 at the second half", place, 5 * PAGE, 0, MEM_RELEASE);
    say("the first half and the hole", release(place + PAGE, 4 * PAGE, MEM_RELEASE));
    say_range("size 0 one byte into the first page of a half", place, PAGE + 1, 0, MEM_RELEASE);
    say("once more", release(place + PAGE, 0, MEM_RELEASE));
}

static void check_adjacent(void)
{
    char *place = reserve(2 * UNIT);
    void *second = place + UNIT;
    SIZE_T size = UNIT;
    NtFreeVirtualMemory(THIS_PROCESS, &second, &size, MEM_RELEASE);
    NtAllocateVirtualMemory(THIS_PROCESS, &second, 0, &size, MEM_RESERVE, PAGE_READWRITE);
    say("two adjacent allocations at once", release(place, 2 * UNIT, MEM_RELEASE));
    say("the first", release(place, 0, MEM_RELEASE));
    say("the second", release(second, 0, MEM_RELEASE));
}

/* --- Decommit ------------------------------------------------------------------------------------------------ */

static void check_decommit(void)
{
    char *place = commit(4 * PAGE, PAGE_READWRITE);
    memset(place, 7, 4 * PAGE);
    say_range("decommit two bytes on two pages", place, 2 * PAGE - 1, 2, MEM_DECOMMIT);
    for (int i = 0; i < 4; i++)
        printf("%s%s", page_state(place + i * PAGE), i < 3 ? ", " : "\n");
    printf("a read of one: %08lX\n", (unsigned long)touch(place + PAGE));
    say_range("decommit them again", place, PAGE, 2 * PAGE, MEM_DECOMMIT);
    void *base = place;
    SIZE_T size = 4 * PAGE;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    printf("committed again: %d, %d, %d, %d\n", place[0], place[PAGE], place[2 * PAGE], place[3 * PAGE]);
    say_range("decommit all, size 0", place, 0, 0, MEM_DECOMMIT);
    printf("%s, %s\n", page_state(place), page_state(place + 3 * PAGE));
    say_range("decommit what never was", reserve(2 * PAGE), 0, 0, MEM_DECOMMIT);
    say_range("release mixed states", place, 0, 0, MEM_RELEASE);
    printf("%s\n", page_state(place));
}

/* The memory goes, and with it the place for the results. */
static void check_write_back(void)
{
    void **page = commit(PAGE, PAGE_READWRITE);
    SIZE_T size = 0;
    page[0] = page;
    say("free the page of Base", NtFreeVirtualMemory(THIS_PROCESS, &page[0], &size, MEM_RELEASE));
    printf("%s, size %lx\n", page_state(page), (unsigned long)size);
}

/* What was decommitted counts no more. */
static void check_charge(void)
{
    const SIZE_T most = 100 << 20;
    void *place = reserve(most), *base = place;
    SIZE_T size = most;
    int count = 0;
    while (count < 20 &&
           NT_SUCCESS(NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE)) &&
           NT_SUCCESS(release(place, 0, MEM_DECOMMIT)))
        count++;
    printf("100 MB committed and decommitted: %d times\n", count);
}

int main(void)
{
    check_arguments();
    check_pointers();
    check_handles();
    check_kinds();
    check_release();
    check_adjacent();
    check_decommit();
    check_write_back();
    check_charge();
    return 0;
}
