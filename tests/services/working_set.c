/* SPDX-License-Identifier: GPL-2.0-or-later */
/* working_set.c - which pages are in the working set (NtQueryVirtualMemory, classes 1 and 4), its limits, emptying it
 * (nt-reference 7.2, 14.5; QueryWorkingSet(Ex), SetProcessWorkingSetSizeEx). */
#include "service.h"

enum { LIST = 1, EX = 4, QUOTA = 1, ENTRIES = 4096 };

static ULONG_PTR list[ENTRIES + 1]; /* count, then entries */

static NTSTATUS get_list(SIZE_T length)
{
    return NtQueryVirtualMemory(THIS_PROCESS, NULL, LIST, list, length, NULL);
}

/* The entry of a page; 0: it has none. */
static ULONG_PTR entry_of(const void *page)
{
    for (ULONG_PTR i = 1; i <= list[0]; i++)
        if ((list[i] & ~(ULONG_PTR)(PAGE - 1)) == (ULONG_PTR)page)
            return list[i];
    return 0;
}

static void say_entry(const char *name, const void *page)
{
    get_list(sizeof list);
    ULONG_PTR entry = entry_of(page);
    if (entry)
        printf("%s: protection %lu, share count %lu, shared %lu\n", name, (unsigned long)(entry & 31),
               (unsigned long)(entry >> 5 & 7), (unsigned long)(entry >> 8 & 1));
    else
        printf("%s: not in the list\n", name);
}

static void say_block(const char *name, const void *page)
{
    ULONG_PTR entry[2] = {(ULONG_PTR)page, ~(ULONG_PTR)0};
    SIZE_T returned = 0;
    NTSTATUS status = NtQueryVirtualMemory(THIS_PROCESS, NULL, EX, entry, sizeof entry, &returned);
    ULONG_PTR block = entry[1];
    printf("%s: %s, ", name, returned == sizeof entry ? status_name(status) : "another length");
    if (block & 1)
        printf("share count %lu, protection %lx, shared %lu, locked %lu\n", (unsigned long)(block >> 1 & 7),
               (unsigned long)(block >> 4 & 0x7FF), (unsigned long)(block >> 15 & 1), (unsigned long)(block >> 22 & 1));
    else
        printf("not there, shared %lu\n", (unsigned long)(block >> 15 & 1));
}

__attribute__((section(".data$z"), aligned(4096))) static volatile char data[4 * PAGE] = {1};

/* --- Lists --------------------------------------------------------------------------------------------------- */

static void check_list(void)
{
    memset(list, 0, sizeof list);
    say("list", get_list(sizeof list));
    ULONG_PTR count = list[0];
    bool ascending = true;
    for (ULONG_PTR i = 2; i <= count; i++)
        ascending = ascending && list[i] > list[i - 1];
    printf("ascending: %d, as many as the process is told: ", ascending);
    SIZE_T counters[11];
    NtQueryInformationProcess(THIS_PROCESS, 3, counters, sizeof counters, NULL);
    printf("%d\n", counters[4] / PAGE >= count && counters[4] / PAGE < count + 32);
    /* Nothing may be touched between two calls that are compared: a line that is printed is. */
    NTSTATUS alone = get_list(sizeof *list), full;
    count = list[0];
    full = get_list(sizeof list);
    printf("room for the count alone: %s, %s, it is told: %d\n", status_name(alone), status_name(full),
           count == list[0]);
    get_list(sizeof list);
    count = list[0];
    list[0] = 0;
    NTSTATUS shorter = get_list(count * sizeof *list);
    bool told = list[0] == count;
    full = get_list((count + 1) * sizeof *list);
    printf("one entry short: %s, told: %d\n", status_name(shorter), told);
    say("just enough", full);
    SIZE_T returned = 0;
    NtQueryVirtualMemory(THIS_PROCESS, NULL, LIST, list, sizeof list, &returned);
    printf("length returned: %s\n", returned == (list[0] + 1) * sizeof *list ? "count and entries" : "another");
    say("null", NtQueryVirtualMemory(THIS_PROCESS, NULL, LIST, NULL, 4096, NULL));
    say("misaligned", NtQueryVirtualMemory(THIS_PROCESS, NULL, LIST, (char *)list + 2, 4096, NULL));
    say("handle 0", NtQueryVirtualMemory(NULL, NULL, LIST, list, sizeof list, NULL));
}

static void check_pages(void)
{
    static const struct {
        const char *name;
        ULONG protect;
    } kinds[] = {
        {"read-only", PAGE_READONLY},
        {"read-write", PAGE_READWRITE},
        {"execute", PAGE_EXECUTE},
        {"execute, read", PAGE_EXECUTE_READ},
        {"execute, read, write", PAGE_EXECUTE_READWRITE},
        {"read-write, no cache", PAGE_READWRITE | PAGE_NOCACHE},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char *page = commit(PAGE, kinds[i].protect);
        touch(page);
        say_entry(kinds[i].name, page);
        say_block(kinds[i].name, page);
    }
    char *page = commit(PAGE, PAGE_READWRITE);
    say_entry("not touched", page);
    say_block("not touched", page);
    say_block("its last byte", page + PAGE - 1);
    *page = 1;
    say_block("its last byte, touched", page + PAGE - 1);
    say_block("free memory", (void *)0x10000000);
    say_block("system space", SYSTEM_ADDRESS);
    (void)data[2 * PAGE];
    say_entry("data of an image", (char *)data + 2 * PAGE);
    say_block("data of an image", (char *)data + 2 * PAGE);
    data[2 * PAGE] = 1;
    say_entry("data of an image, written", (char *)data + 2 * PAGE);
    say_block("data of an image, written", (char *)data + 2 * PAGE);
    say_block("data of an image, not touched", (char *)data + 3 * PAGE);
}

/* Many pages, some not there; the last entry is cut. */
static void check_many(void)
{
    enum { COUNT = 5000 };
    ULONG_PTR(*entries)[2] = commit((COUNT + 1) * sizeof *entries, PAGE_READWRITE);
    char *pages = commit(COUNT * PAGE, PAGE_READWRITE);
    unsigned found = 0;
    for (int i = 0; i < COUNT; i++) {
        entries[i][0] = (ULONG_PTR)(pages + i * PAGE);
        if (i % 3 == 0)
            pages[i * PAGE] = 1;
    }
    entries[COUNT][1] = 99;
    SIZE_T length = (COUNT + 1) * sizeof *entries - 1;
    NTSTATUS status = NtQueryVirtualMemory(THIS_PROCESS, NULL, EX, entries, length, NULL);
    for (int i = 0; i < COUNT; i++)
        found += (entries[i][1] & 1) == (i % 3 == 0);
    printf("5000 pages: %s, right %u, the cut entry: %lu\n", status_name(status), found,
           (unsigned long)entries[COUNT][1]);
}

/* --- Limits -------------------------------------------------------------------------------------------------- */

struct limits {
    SIZE_T PagedPoolLimit, NonPagedPoolLimit, Minimum, Maximum, PagefileLimit;
    LONG64 TimeLimit;
    SIZE_T reserved[4];
    ULONG flags, reserved_too;
};

static const ULONG plain = offsetof(struct limits, reserved);

static void say_limits(void)
{
    struct limits limits = {0};
    NtQueryInformationProcess(THIS_PROCESS, QUOTA, &limits, sizeof limits, NULL);
    printf("  %lu to %lu pages, flags %lx\n", (unsigned long)(limits.Minimum / PAGE),
           (unsigned long)(limits.Maximum / PAGE), (unsigned long)limits.flags);
}

static void set_limits(const char *name, SIZE_T minimum, SIZE_T maximum, ULONG flags)
{
    struct limits limits = {.Minimum = minimum * PAGE, .Maximum = maximum * PAGE, .flags = flags};
    say(name, NtSetInformationProcess(THIS_PROCESS, QUOTA, &limits, flags ? (ULONG)sizeof limits : plain));
    say_limits();
}

static void check_limits(void)
{
    struct limits limits = {.Minimum = 60 * PAGE, .Maximum = 400 * PAGE};
    printf("at first\n");
    say_limits();
    set_limits("60 to 400", 60, 400, 0);
    set_limits("5 to 400: the least is 20", 5, 400, 0);
    set_limits("maximum below minimum", 60, 59, 0);
    set_limits("maximum below 13", 5, 12, 0);
    set_limits("all of RAM", 60, 1 << 18, 0);
    set_limits("both hard", 60, 400, 1 | 4);
    set_limits("minimum soft again", 60, 400, 2);
    set_limits("no flags: they stay", 60, 300, 0);
    set_limits("hard and soft at once", 60, 400, 1 | 2);
    set_limits("unknown flag", 60, 400, 0x10);
    set_limits("minimum 0", 0, 400, 0);
    say("length", NtSetInformationProcess(THIS_PROCESS, QUOTA, &limits, plain - 1));
    say("null", NtSetInformationProcess(THIS_PROCESS, QUOTA, NULL, plain));
    say("handle 0", NtSetInformationProcess(NULL, QUOTA, &limits, plain));
    say("handle of an event", NtSetInformationProcess(make_event(), QUOTA, &limits, plain));
}

/* --- Emptying ------------------------------------------------------------------------------------------------ */

static SIZE_T working_set(void)
{
    SIZE_T counters[11];
    NtQueryInformationProcess(THIS_PROCESS, 3, counters, sizeof counters, NULL);
    return counters[4] / PAGE;
}

static void check_empty(void)
{
    struct limits limits = {.Minimum = (SIZE_T)-1, .Maximum = (SIZE_T)-1};
    char *place = commit(64 * PAGE, PAGE_READWRITE);
    int wrong = 0;
    for (int i = 0; i < 64; i++)
        place[i * PAGE] = (char)(i + 1);
    SIZE_T before = working_set();
    say("empty", NtSetInformationProcess(THIS_PROCESS, QUOTA, &limits, plain));
    printf("fewer by 64 or more: %d\n", working_set() + 64 <= before);
    say_block("one of the pages", place + 5 * PAGE);
    for (int i = 0; i < 64; i++)
        wrong += place[i * PAGE] != (char)(i + 1);
    printf("contents lost: %d\n", wrong);
    say_block("the page again", place + 5 * PAGE);
    printf("the limits stay\n");
    say_limits();
}

int main(void)
{
    check_list();
    check_pages();
    check_many();
    check_limits();
    check_empty();
    return 0;
}
