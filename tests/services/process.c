/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - NtQueryInformationProcess and NtSetInformationProcess, the classes about memory: lengths, errors, and
 * counters that count (nt-reference 14.5, 7.2). */
#include "service.h"

enum { QUOTA = 1, COUNTERS = 3, POOLED = 14, WATCH = 15, HANDLES = 20, NAME = 27, EXECUTE = 0x22 };

struct vm_counters {
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage, QuotaPagedPoolUsage, QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage, PeakPagefileUsage, PrivateUsage;
};

struct quota_limits {
    SIZE_T PagedPoolLimit, NonPagedPoolLimit, Minimum, Maximum, PagefileLimit;
    LONG64 TimeLimit;
};

struct quota_limits_ex {
    struct quota_limits limits;
    SIZE_T reserved[4];
    ULONG flags, reserved_too;
};

/* --- Lengths ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG class, length, longer; /* longer: 0, or another length that is right */
} classes[] = {
    {"quota limits", QUOTA, sizeof(struct quota_limits), sizeof(struct quota_limits_ex)},
    {"counters", COUNTERS, offsetof(struct vm_counters, PrivateUsage), sizeof(struct vm_counters)},
    {"pooled usage", POOLED, 9 * sizeof(SIZE_T), 0},
    {"execute flags", EXECUTE, sizeof(ULONG), 0},
};

static NTSTATUS query(ULONG class, void *buffer, ULONG length)
{
    return NtQueryInformationProcess(THIS_PROCESS, class, buffer, length, NULL);
}

static void check_lengths(void)
{
    ULONG64 buffer[32];
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        ULONG returned = 0, length = classes[i].length;
        NTSTATUS status = NtQueryInformationProcess(THIS_PROCESS, classes[i].class, buffer, length, &returned);
        printf("%s: %s, %s\n", classes[i].name, status_name(status), returned == length ? "its length" : "another");
        printf("%s, one byte short: %s\n", classes[i].name, status_name(query(classes[i].class, buffer, length - 1)));
        printf("%s, one byte long: %s\n", classes[i].name, status_name(query(classes[i].class, buffer, length + 1)));
        printf("%s, nothing: %s\n", classes[i].name, status_name(query(classes[i].class, buffer, 0)));
        if (!classes[i].longer)
            continue;
        status = NtQueryInformationProcess(THIS_PROCESS, classes[i].class, buffer, classes[i].longer, &returned);
        printf("%s, extended: %s, %s\n", classes[i].name, status_name(status),
               returned == classes[i].longer ? "its length" : "another");
    }
}

static void check_errors(void)
{
    struct vm_counters none = {0}, counters;
    const ULONG length = offsetof(struct vm_counters, PrivateUsage);
    ULONG returned = 0;
    for (enum place place = 0; place < PLACES; place++) {
        void *buffer = make_place(place, &none, length);
        ULONG *returned_at = make_place(place, &returned, sizeof returned);
        printf("buffer in a %s: %s\n", place_names[place], status_name(query(COUNTERS, buffer, length)));
        printf("length in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtQueryInformationProcess(THIS_PROCESS, COUNTERS, &counters, length, returned_at)));
    }
    say("handle 0", NtQueryInformationProcess(NULL, COUNTERS, &counters, length, NULL));
    say("handle of an event", NtQueryInformationProcess(make_event(), COUNTERS, &counters, length, NULL));
}

/* --- Counters ------------------------------------------------------------------------------------------------ */

static struct vm_counters get(void)
{
    struct vm_counters counters;
    query(COUNTERS, &counters, sizeof counters);
    return counters;
}

static void say_change(const char *name, const struct vm_counters *before)
{
    struct vm_counters now = get();
    printf("%s: virtual %+ld KB, faults %+ld, working set %+ld, page file %+ld pages\n", name,
           (long)(now.VirtualSize - before->VirtualSize) / 1024, (long)(now.PageFaultCount - before->PageFaultCount),
           (long)(now.WorkingSetSize - before->WorkingSetSize) / PAGE,
           (long)(now.PagefileUsage - before->PagefileUsage) / PAGE);
}

static void check_counters(void)
{
    struct vm_counters before = get();
    say_change("warm", &before);
    before = get();
    char *place = reserve(UNIT);
    say_change("64 KB reserved", &before);
    /* A page table is charged too: the first page brings it. */
    void *base = place;
    SIZE_T size = PAGE;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    *place = 1;
    before = get();
    base = place + PAGE;
    size = 8 * PAGE;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    say_change("8 pages committed", &before);
    before = get();
    for (int i = 1; i < 5; i++)
        place[i * PAGE] = 1;
    say_change("4 of them written", &before);
    before = get();
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_DECOMMIT);
    say_change("decommitted", &before);
    struct vm_counters now = get();
    printf("peaks are above: %d %d %d\n", now.PeakVirtualSize >= now.VirtualSize,
           now.PeakWorkingSetSize > now.WorkingSetSize, now.PeakPagefileUsage > now.PagefileUsage);
    printf("private usage is the page file's: %d\n", now.PrivateUsage == now.PagefileUsage);
    SIZE_T usage[9];
    query(POOLED, usage, sizeof usage);
    printf("pooled usage says the same: %d %d, not limited: %d\n", usage[6] == now.PeakPagefileUsage,
           usage[7] == now.PagefileUsage, usage[8] == (SIZE_T)-1);
}

/* --- Faults, watched ----------------------------------------------------------------------------------------- */

struct watch_entry {
    ULONG_PTR pc, va;
};

static NTSTATUS start_watch(HANDLE process)
{
    return NtSetInformationProcess(process, WATCH, NULL, 0);
}

static void check_watch(void)
{
    static struct watch_entry entries[1100];
    char *place = commit(4 * PAGE, PAGE_READWRITE);
    memset(entries, 1, sizeof entries); /* all its pages are there before the watch */
    say("not started", query(WATCH, entries, sizeof entries));
    say("start: handle 0", start_watch(NULL));
    say("start", start_watch(THIS_PROCESS));
    say("start again", start_watch(THIS_PROCESS));
    query(WATCH, entries, sizeof entries);
    say("nothing happened", query(WATCH, entries, sizeof entries));
    poke(place + 5);
    *(volatile char *)(place + PAGE + 7);
    say("no room", query(WATCH, entries, sizeof(struct watch_entry)));
    ULONG returned = 0, found = 0, count = 0;
    NTSTATUS status = NtQueryInformationProcess(THIS_PROCESS, WATCH, entries, sizeof entries, &returned);
    for (; entries[count].pc; count++) {
        found += entries[count].va == ((ULONG_PTR)(place + 5) | 1);
        found += entries[count].va == ((ULONG_PTR)(place + PAGE + 7) | 1);
    }
    printf("two pages: %s, found %lu, ends with a zero entry: %d\n", status_name(status), (unsigned long)found,
           returned == (count + 1) * sizeof *entries);
    say("emptied", query(WATCH, entries, sizeof entries));
    char *many = commit(1100 * PAGE, PAGE_READWRITE);
    for (int i = 0; i < 1100; i++)
        many[i * PAGE] = 1;
    status = query(WATCH, entries, sizeof entries);
    for (count = 0; entries[count].pc; count++)
        ;
    printf("1100 pages: %s, recorded %lu\n", status_name(status), (unsigned long)count);
}

/* --- The program's name, and changes that are refused --------------------------------------------------------- */

static void check_name(void)
{
    struct {
        USHORT Length, MaximumLength;
        WCHAR *Buffer;
        WCHAR text[260];
    } buffer = {0};
    ULONG needed = 0, told = 0;
    NTSTATUS status = NtQueryInformationProcess(THIS_PROCESS, NAME, &buffer, sizeof buffer, &needed);
    printf("name: %s %ls\n", status_name(status), buffer.Buffer);
    printf("text follows: %d\n", buffer.Buffer == buffer.text && wcslen(buffer.text) * 2 == buffer.Length);
    status = NtQueryInformationProcess(THIS_PROCESS, NAME, &buffer, needed - 1, &told);
    printf("name, one byte short: %s, %s\n", status_name(status), told == needed ? "needed is told" : "not told");
}

static void check_set(void)
{
    ULONG options = 2;
    say("set execute flags, short", NtSetInformationProcess(THIS_PROCESS, EXECUTE, &options, 3));
    say("set execute flags, handle 0", NtSetInformationProcess(NULL, EXECUTE, &options, sizeof options));
    say("set execute flags, null", NtSetInformationProcess(THIS_PROCESS, EXECUTE, NULL, sizeof options));
}

static void check_handles(void)
{
    ULONG before = 0, after = 0, returned = 0;
    query(HANDLES, &before, sizeof before);
    make_event();
    make_event();
    NTSTATUS status = NtQueryInformationProcess(THIS_PROCESS, HANDLES, &after, sizeof after, &returned);
    printf("handles: %s, %+ld, length %lu\n", status_name(status), (long)(after - before), (unsigned long)returned);
    say("handles, short", query(HANDLES, &after, 3));
}

int main(void)
{
    check_lengths();
    check_errors();
    check_counters();
    check_watch();
    check_name();
    check_handles();
    check_set();
    return 0;
}
