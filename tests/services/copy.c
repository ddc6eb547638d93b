/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy.c - NtReadVirtualMemory and NtWriteVirtualMemory, NtFlushInstructionCache: errors and boundaries in the own
 * process (nt-reference 5.7); another process in remote.c. */
#include "service.h"

static void say_count(const char *name, NTSTATUS status, SIZE_T done)
{
    printf("%s: %s, %lx\n", name, status_name(status), (unsigned long)done);
}

static void say_read(const char *name, const void *there, void *here, SIZE_T size)
{
    SIZE_T done = 0x999;
    NTSTATUS status = NtReadVirtualMemory(THIS_PROCESS, there, here, size, &done);
    say_count(name, status, done);
}

static void say_write(const char *name, void *there, const void *here, SIZE_T size)
{
    SIZE_T done = 0x999;
    NTSTATUS status = NtWriteVirtualMemory(THIS_PROCESS, there, here, size, &done);
    say_count(name, status, done);
}

/* --- Ranges and sizes ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG_PTR place;
    SIZE_T size;
} ranges[] = {
    {"system space", (ULONG_PTR)-PAGE, 16},
    {"to the end of all", (ULONG_PTR)-16, 16},
    {"that wraps", (ULONG_PTR)-16, 32},
    {"across the end of user space", USER_END - 8, 16},
    {"of all ones", PAGE, (SIZE_T)-1},
    {"that is free", 0x10000000, 16},
    {"at null", 0, 16},
    {"of no size, free", 0x10000000, 0},
    {"of no size, at null", 0, 0},
    {"of no size, in system space", (ULONG_PTR)-PAGE, 0},
};

static void check_ranges(void)
{
    char buffer[64] = {0};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        char name[64];
        void *place = (void *)ranges[i].place;
        SIZE_T size = ranges[i].size;
        snprintf(name, sizeof name, "read from a range %s", ranges[i].name);
        say_read(name, place, buffer, size);
        snprintf(name, sizeof name, "read into a range %s", ranges[i].name);
        say_read(name, buffer, place, size);
        snprintf(name, sizeof name, "write to a range %s", ranges[i].name);
        say_write(name, place, buffer, size);
        snprintf(name, sizeof name, "write from a range %s", ranges[i].name);
        say_write(name, buffer, place, size);
    }
}

static void check_count(void)
{
    char from[16] = "fifteen letters", to[16];
    SIZE_T none = 0;
    for (enum place place = 0; place < PLACES; place++) {
        memset(to, 0, sizeof to);
        SIZE_T *done = make_place(place, &none, sizeof none);
        NTSTATUS status = NtReadVirtualMemory(THIS_PROCESS, from, to, sizeof to, done);
        printf("count in a %s: %s, %s\n", place_names[place], status_name(status), to[0] ? "copied" : "not copied");
    }
    say("no count, nothing there", NtReadVirtualMemory(THIS_PROCESS, NULL, to, sizeof to, NULL));
}

static void check_handles(void)
{
    char from[16] = "", to[16];
    SIZE_T done;
    say("read: handle 0", NtReadVirtualMemory(NULL, from, to, sizeof to, &done));
    say("read: handle of an event", NtReadVirtualMemory(make_event(), from, to, sizeof to, &done));
    say("read: handle 0, no size", NtReadVirtualMemory(NULL, from, to, 0, &done));
    say("read: handle and range wrong", NtReadVirtualMemory(NULL, SYSTEM_ADDRESS, to, sizeof to, &done));
    say("read: handle wrong, nothing there", NtReadVirtualMemory(NULL, NULL, to, sizeof to, &done));
    say("write: handle 0", NtWriteVirtualMemory(NULL, to, from, sizeof to, &done));
    say("write: handle of an event", NtWriteVirtualMemory(make_event(), to, from, sizeof to, &done));
    say("write: handle 0, no size", NtWriteVirtualMemory(NULL, to, from, 0, &done));
    say("flush code: handle 0", NtFlushInstructionCache(NULL, from, sizeof from));
    say("flush code: handle of an event", NtFlushInstructionCache(make_event(), from, sizeof from));
    say("flush code: everything", NtFlushInstructionCache(THIS_PROCESS, NULL, 0));
    say("flush code: a page", NtFlushInstructionCache(THIS_PROCESS, from, sizeof from));
    say("flush code: system space", NtFlushInstructionCache(THIS_PROCESS, SYSTEM_ADDRESS, PAGE));
}

/* --- Where a transfer stops ---------------------------------------------------------------------------------- */

/* Three good pages with something in them, then one of its kind. */
static char *four_pages(enum place place)
{
    char *pages = reserve(4 * PAGE);
    void *base = pages;
    SIZE_T size = place == PLACE_RESERVED ? 3 * PAGE : 4 * PAGE;
    ULONG old;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    memset(pages, 'a', 3 * PAGE);
    if (place == PLACE_READONLY)
        VirtualProtect(pages + 3 * PAGE, PAGE, PAGE_READONLY, &old);
    if (place == PLACE_NOACCESS)
        VirtualProtect(pages + 3 * PAGE, PAGE, PAGE_NOACCESS, &old);
    if (place == PLACE_GUARD)
        VirtualProtect(pages + 3 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
    return pages;
}

static void check_stops(void)
{
    static const enum place kinds[] = {PLACE_GOOD, PLACE_READONLY, PLACE_NOACCESS, PLACE_RESERVED, PLACE_GUARD};
    char *good = commit(4 * PAGE, PAGE_READWRITE);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char name[64];
        snprintf(name, sizeof name, "read from a %s at last", place_names[kinds[i]]);
        say_read(name, four_pages(kinds[i]) + 100, good + 50, 4 * PAGE - 100);
        snprintf(name, sizeof name, "read into a %s at last", place_names[kinds[i]]);
        say_read(name, good + 50, four_pages(kinds[i]) + 100, 4 * PAGE - 100);
        snprintf(name, sizeof name, "write to a %s at last", place_names[kinds[i]]);
        say_write(name, four_pages(kinds[i]) + 100, good + 50, 4 * PAGE - 100);
        snprintf(name, sizeof name, "write from a %s at last", place_names[kinds[i]]);
        say_write(name, good + 50, four_pages(kinds[i]) + 100, 4 * PAGE - 100);
    }
    char *guarded = four_pages(PLACE_GUARD) + 3 * PAGE;
    say_read("a guard page at first", guarded, good, 16);
    say_read("again: the guard is gone", guarded, good, 16);
}

static void check_long(void)
{
    const SIZE_T size = (1 << 20) + 0x123;
    unsigned char *from = commit(2 << 20, PAGE_READWRITE), *to = commit(2 << 20, PAGE_READWRITE);
    SIZE_T done = 0;
    for (SIZE_T i = 0; i < size; i++)
        from[i + 7] = (unsigned char)(i * 7 + (i >> 8));
    NTSTATUS status = NtWriteVirtualMemory(THIS_PROCESS, to + 0x345, from + 7, size, &done);
    printf("a megabyte: %s, %s, %s\n", status_name(status), done == size ? "all" : "not all",
           memcmp(to + 0x345, from + 7, size) == 0 && to[0x345 + size] == 0 ? "the same" : "different");
    status = NtReadVirtualMemory(THIS_PROCESS, to + 0x345, to + 0x345, size, &done);
    printf("onto itself: %s, %s, %s\n", status_name(status), done == size ? "all" : "not all",
           memcmp(to + 0x345, from + 7, size) == 0 ? "the same" : "different");
}

/* Code that a service writes is the code that runs. */
static void check_code(void)
{
    static const unsigned char ret[] = {0xC3}, stop[] = {0x0F, 0x0B}; /* ud2 */
    unsigned char *code = commit(PAGE, PAGE_EXECUTE_READWRITE);
    SIZE_T done;
    NtWriteVirtualMemory(THIS_PROCESS, code, ret, sizeof ret, &done);
    printf("code written: %08lX, ", (unsigned long)call(code));
    NtWriteVirtualMemory(THIS_PROCESS, code, stop, sizeof stop, &done);
    printf("other code: %08lX\n", (unsigned long)call(code));
    printf("read-only memory is not opened: ");
    code = commit(PAGE, PAGE_EXECUTE_READ);
    printf("%s\n", status_name(NtWriteVirtualMemory(THIS_PROCESS, code, ret, sizeof ret, &done)));
}

int main(void)
{
    check_ranges();
    check_count();
    check_handles();
    check_stops();
    check_long();
    check_code();
    return 0;
}
