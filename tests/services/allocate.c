/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allocate.c - NtAllocateVirtualMemory: each argument error, each boundary (nt-reference 5.3). */
#include "service.h"

enum { COMMIT = MEM_COMMIT, RESERVE = MEM_RESERVE, RW = PAGE_READWRITE };
enum { LARGE = MEM_LARGE_PAGES, WATCH = MEM_WRITE_WATCH, PHYSICAL = MEM_PHYSICAL, DOWN = MEM_TOP_DOWN };

static NTSTATUS allocate(void **base, SIZE_T *size, ULONG type, ULONG protect)
{
    return NtAllocateVirtualMemory(THIS_PROCESS, base, 0, size, type, protect);
}

/* --- What the arguments alone tell --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG_PTR zero_bits;
    ULONG type, protect;
} arguments[] = {
    {"zero bits 22", 22, RESERVE, RW},
    {"zero bits 32", 32, RESERVE, RW},
    {"zero bits 22 and no type", 22, 0, RW},
    {"no type", 0, 0, RW},
    {"top down alone", 0, DOWN, RW},
    {"unknown type 40", 0, RESERVE | 0x40, RW},
    {"type free", 0, RESERVE | MEM_FREE, RW},
    {"decommit", 0, MEM_DECOMMIT, RW},
    {"reset and commit", 0, MEM_RESET | COMMIT, RW},
    {"reset and reserve", 0, MEM_RESET | RESERVE, RW},
    {"reset and top down", 0, MEM_RESET | DOWN, RW},
    {"large pages alone", 0, LARGE, RW},
    {"large pages reserved", 0, LARGE | RESERVE, RW},
    {"large pages and physical", 0, LARGE | COMMIT | RESERVE | PHYSICAL, RW},
    {"large pages and write watch", 0, LARGE | COMMIT | RESERVE | WATCH, RW},
    {"large pages and reset", 0, LARGE | MEM_RESET, RW},
    {"write watch alone", 0, WATCH, RW},
    {"write watch committed only", 0, WATCH | COMMIT, RW},
    {"physical alone", 0, PHYSICAL, RW},
    {"physical committed", 0, PHYSICAL | RESERVE | COMMIT, RW},
    {"physical and write watch", 0, PHYSICAL | RESERVE | WATCH, RW},
    {"physical, read-only", 0, PHYSICAL | RESERVE, PAGE_READONLY},
    {"no type and protection 0", 0, 0, 0},
    {"protection 0", 0, RESERVE, 0},
    {"protection 0, reset", 0, MEM_RESET, 0},
    {"two protections", 0, RESERVE, PAGE_READONLY | PAGE_READWRITE},
    {"protection 800", 0, RESERVE, 0x800 | RW},
    {"guard alone", 0, RESERVE, PAGE_GUARD},
    {"guard, no access", 0, RESERVE, PAGE_NOACCESS | PAGE_GUARD},
    {"no cache, no access", 0, RESERVE, PAGE_NOACCESS | PAGE_NOCACHE},
    {"write combine, no access", 0, RESERVE, PAGE_NOACCESS | PAGE_WRITECOMBINE},
    {"guard and no cache", 0, RESERVE, RW | PAGE_GUARD | PAGE_NOCACHE},
    {"guard and write combine", 0, RESERVE, RW | PAGE_GUARD | PAGE_WRITECOMBINE},
    {"no cache and write combine", 0, RESERVE, RW | PAGE_NOCACHE | PAGE_WRITECOMBINE},
    {"write copy", 0, RESERVE, PAGE_WRITECOPY},
    {"execute write copy", 0, RESERVE | COMMIT, PAGE_EXECUTE_WRITECOPY},
    {"large pages", 0, LARGE | COMMIT | RESERVE, RW},
};

static void check_arguments(void)
{
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        void *base = NULL;
        SIZE_T size = PAGE;
        say(arguments[i].name, NtAllocateVirtualMemory(THIS_PROCESS, &base, arguments[i].zero_bits, &size,
                                                       arguments[i].type, arguments[i].protect));
    }
}

static const struct {
    const char *name;
    ULONG protect;
} protections[] = {
    {"no access", PAGE_NOACCESS},
    {"read-only", PAGE_READONLY},
    {"execute", PAGE_EXECUTE},
    {"execute, read", PAGE_EXECUTE_READ},
    {"execute, read, write", PAGE_EXECUTE_READWRITE},
    {"read-write, guard", PAGE_READWRITE | PAGE_GUARD},
    {"read-write, no cache", PAGE_READWRITE | PAGE_NOCACHE},
    {"read-only, write combine", PAGE_READONLY | PAGE_WRITECOMBINE},
};

static void check_protections(void)
{
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++) {
        void *base = NULL;
        SIZE_T size = 1;
        NTSTATUS status = allocate(&base, &size, COMMIT, protections[i].protect);
        printf("%s: %s, %s\n", protections[i].name, status_name(status), page_state(base));
    }
}

/* --- Pointers, range, handle --------------------------------------------------------------------------------- */

static void check_pointers(void)
{
    for (enum place place = 0; place < PLACES; place++) {
        void *none = NULL, *base = NULL;
        SIZE_T one = 1, size = 1;
        void **base_at = make_place(place, &none, sizeof none);
        SIZE_T *size_at = make_place(place, &one, sizeof one);
        printf("base in a %s: ", place_names[place]);
        printf("%s\n", status_name(allocate(base_at, &size, RESERVE, RW)));
        printf("size in a %s: ", place_names[place]);
        printf("%s\n", status_name(allocate(&base, size_at, RESERVE, RW)));
        if (place == PLACE_GUARD)
            say("base in it again", allocate(base_at, &size, RESERVE, RW));
    }
    say("pointers and type wrong", allocate(NULL, NULL, 0, RW));
}

static const struct {
    const char *name;
    ULONG_PTR base;
    SIZE_T size;
} ranges[] = {
    {"base at the end of user space", USER_END, PAGE},
    {"base in the last 64 KB", USER_END - UNIT, PAGE},
    {"base in system space", (ULONG_PTR)-PAGE, PAGE},
    {"last page below the last 64 KB, one byte too many", USER_END - UNIT - PAGE, PAGE},
    {"size 0", 0, 0},
    {"size 0 at a base", 0x10000000, 0},
    {"size to the end of all", 0x10000000, (SIZE_T)-1},
    {"size of all user space", 0, USER_END - UNIT},
    {"nearly all user space", 0, USER_END - 3 * (SIZE_T)UNIT},
    {"base that rounds to 0", 0xF000, PAGE},
    {"base 1", 1, PAGE},
};

static void check_ranges(void)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        void *base = (void *)ranges[i].base;
        SIZE_T size = ranges[i].size;
        say(ranges[i].name, allocate(&base, &size, RESERVE, RW));
    }
}

static void check_handles(void)
{
    void *base = NULL, *bad = SYSTEM_ADDRESS;
    SIZE_T size = PAGE;
    say("handle 0", NtAllocateVirtualMemory(NULL, &base, 0, &size, RESERVE, RW));
    say("no such handle", NtAllocateVirtualMemory((HANDLE)0x7FF0, &base, 0, &size, RESERVE, RW));
    say("handle of an event", NtAllocateVirtualMemory(make_event(), &base, 0, &size, RESERVE, RW));
    say("handle and base wrong", NtAllocateVirtualMemory(NULL, &bad, 0, &size, RESERVE, RW));
    say("handle wrong, write copy", NtAllocateVirtualMemory(NULL, &base, 0, &size, RESERVE, PAGE_WRITECOPY));
    say("handle wrong, large pages", NtAllocateVirtualMemory(NULL, &base, 0, &size, LARGE | COMMIT, RW));
}

/* --- Reservations -------------------------------------------------------------------------------------------- */

static const struct {
    ULONG offset; /* in a free megabyte */
    SIZE_T size;
} roundings[] = {{0, 1}, {0x8000, 1}, {0x10, 0x1000}, {0xFFFF, 0x3000}, {0x1010, 0xC000}, {0, UNIT}, {0, UNIT + 1}};

static void check_rounding(void)
{
    char *free_place = reserve(1 << 20);
    SIZE_T none = 0;
    void *start = free_place;
    NtFreeVirtualMemory(THIS_PROCESS, &start, &none, MEM_RELEASE);
    for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++) {
        void *base = free_place + roundings[i].offset;
        SIZE_T size = roundings[i].size;
        NTSTATUS status = allocate(&base, &size, RESERVE, RW);
        printf("reserve +%lx, %lx: %s +%lx, %lx\n", (unsigned long)roundings[i].offset,
               (unsigned long)roundings[i].size, status_name(status), (unsigned long)((char *)base - free_place),
               (unsigned long)size);
        none = 0;
        NtFreeVirtualMemory(THIS_PROCESS, &base, &none, MEM_RELEASE);
    }
}

static NTSTATUS reserve_at(char *place, SIZE_T bytes)
{
    void *base = place;
    SIZE_T size = bytes;
    return allocate(&base, &size, RESERVE, RW);
}

static void check_conflicts(void)
{
    char *place = reserve(3 * UNIT), *first = place;
    SIZE_T size = UNIT;
    void *base = place + UNIT;
    say("reserve reserved memory", reserve_at(place, PAGE));
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_RELEASE);
    say("reserve the hole and one byte", reserve_at(place + UNIT, UNIT + 1));
    say("reserve from the 64 KB before the hole", reserve_at(place + UNIT - 1, PAGE));
    say("reserve the hole", reserve_at(place + UNIT, UNIT));
    say("commit across two allocations", (base = first, size = 2 * UNIT, allocate(&base, &size, COMMIT, RW)));
}

static void check_placing(void)
{
    void *low = NULL, *high = NULL, *limited = NULL, *fixed = (void *)0x10000000;
    SIZE_T size = PAGE;
    allocate(&low, &size, RESERVE, RW);
    NTSTATUS status = allocate(&high, &size, RESERVE | DOWN, RW);
    printf("top down: %s, %s\n", status_name(status),
           (ULONG_PTR)high > USER_END - (64 << 20) ? "near the top" : "elsewhere");
    printf("without: %s\n", (ULONG_PTR)low < (64 << 20) ? "near the bottom" : "elsewhere");
    status = NtAllocateVirtualMemory(THIS_PROCESS, &limited, 6, &size, RESERVE | DOWN, RW);
    printf("6 zero bits, top down: %s, %s\n", status_name(status),
           (ULONG_PTR)limited < (1 << 26) && (ULONG_PTR)limited > (1 << 25) ? "below 64 MB" : "elsewhere");
#ifdef _WIN64
    static const ULONG_PTR masks[] = {0x21, 0x7FF, 0x7FFFFFF, 0xFFFFFFFF, 0x3FFFFFFFFFF, ~(ULONG_PTR)0};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        limited = NULL;
        status = NtAllocateVirtualMemory(THIS_PROCESS, &limited, masks[i], &size, RESERVE | DOWN, RW);
        bool below = (ULONG_PTR)limited < masks[i] && (ULONG_PTR)limited + (64 << 20) > masks[i];
        printf("mask %llx: %s%s\n", (ULONG64)masks[i], status_name(status), limited && below ? ", right below" : "");
    }
#endif
    limited = NULL;
    status = NtAllocateVirtualMemory(THIS_PROCESS, &limited, 21, &size, RESERVE, RW);
    say("21 zero bits", status);
    say("base above what zero bits allow", NtAllocateVirtualMemory(THIS_PROCESS, &fixed, 6, &size, RESERVE, RW));
}

/* --- Commits ------------------------------------------------------------------------------------------------- */

static NTSTATUS commit_at(void *place, SIZE_T bytes, ULONG protect)
{
    void *base = place;
    SIZE_T size = bytes;
    return allocate(&base, &size, COMMIT, protect);
}

static void check_commit(void)
{
    char *place = reserve(4 * UNIT);
    void *base = place + PAGE - 1;
    SIZE_T size = 2;
    NTSTATUS status = allocate(&base, &size, COMMIT, RW);
    printf("commit two bytes on two pages: %s +%lx, %lx\n", status_name(status), (unsigned long)((char *)base - place),
           (unsigned long)size);
    printf("the page after: %s\n", page_state(place + 2 * PAGE));
    printf("zeroed: %d\n", place[0] | place[2 * PAGE - 1]);
    place[5] = 55;
    status = commit_at(place, PAGE, PAGE_READONLY);
    printf("commit again, read-only: %s, %s, holds %d\n", status_name(status), page_state(place), place[5]);
    printf("then a write: %08lX\n", (unsigned long)poke(place));
    status = commit_at(place, 4 * PAGE, RW);
    printf("commit over both kinds: %s, %s, holds %d\n", status_name(status), page_state(place + 3 * PAGE), place[5]);
    say("commit up to the last byte", commit_at(place + 4 * UNIT - 1, 1, RW));
    say("commit beyond the end", commit_at(place + 4 * UNIT - 1, 2, RW));
    say("commit free memory", commit_at((void *)0x20000000, PAGE, RW));
    say("commit write copy", commit_at(place, PAGE, PAGE_WRITECOPY));
    say("commit in an image", commit_at(GetModuleHandle(NULL), PAGE, RW));
    base = NULL;
    size = 1;
    status = allocate(&base, &size, COMMIT, RW);
    printf("commit without a base: %s, %lx, %s\n", status_name(status), (unsigned long)size, page_state(base));
}

/* The page that holds Base becomes read-only: it was committed, but its new place cannot be told. */
static void check_write_back(void)
{
    void **page = commit(PAGE, RW);
    SIZE_T size = 1;
    page[0] = (char *)page + 8;
    say("commit the page of Base read-only", allocate(&page[0], &size, COMMIT, PAGE_READONLY));
    printf("it is: %s, Base is %s\n", page_state(page), page[0] == (char *)page + 8 ? "as given" : "rounded");
}

/* --- Reset --------------------------------------------------------------------------------------------------- */

static NTSTATUS reset(void *place, SIZE_T bytes, void **ret_base, SIZE_T *ret_size)
{
    *ret_base = place;
    *ret_size = bytes;
    return allocate(ret_base, ret_size, MEM_RESET, RW);
}

static void check_reset(void)
{
    char *place = reserve(2 * UNIT);
    void *base;
    SIZE_T size;
    commit_at(place, PAGE, RW);
    place[7] = 77;
    NTSTATUS status = reset(place + 1, PAGE, &base, &size);
    printf("reset: %s +%lx, %lx, %s\n", status_name(status), (unsigned long)((char *)base - place), (unsigned long)size,
           place[7] == 77 || place[7] == 0 ? "old or zero" : "neither");
    printf("page after it: %s\n", page_state(place + PAGE));
    say("reset reserved pages", reset(place + UNIT, PAGE, &base, &size));
    say("reset beyond the end", reset(place + UNIT, UNIT + 1, &base, &size));
    say("reset free memory", reset((void *)0x20000000, PAGE, &base, &size));
    printf("reset in an image: %s\n",
           NT_SUCCESS(reset(GetModuleHandle(NULL), PAGE, &base, &size)) ? "accepted" : "refused");
}

/* --- Commit limit -------------------------------------------------------------------------------------------- */

static void check_limit(void)
{
    const SIZE_T most = 512 << 20; /* the machine has 64 + 128 MB */
    char *place = reserve(most);
    void *base = NULL;
    SIZE_T size = most;
    NTSTATUS status = commit_at(place, most, RW);
    printf("commit 512 MB: %s, %s\n", status_name(status), page_state(place));
    say("reserve and commit 512 MB", allocate(&base, &size, RESERVE | COMMIT, RW));
    say("then a page", commit_at(place, PAGE, RW));
}

int main(void)
{
    check_arguments();
    check_protections();
    check_pointers();
    check_ranges();
    check_handles();
    check_rounding();
    check_conflicts();
    check_placing();
    check_commit();
    check_write_back();
    check_reset();
    check_limit();
    return 0;
}
