/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system.c - NtQuerySystemInformation (nt-reference 14.5). */
#include "service.h"

enum { BASIC, PROCESSOR, PERFORMANCE, TIME, FLAGS = 9, PAGE_FILE = 18, FILE_CACHE = 21, DEBUGGER = 35, START = 50 };

struct basic {
    ULONG Reserved, TimerResolution, PageSize, NumberOfPhysicalPages, Lowest, Highest, AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress, MaximumUserModeAddress, ActiveProcessorsAffinityMask;
    CHAR NumberOfProcessors;
};

struct performance {
    ULONG before[11];
    ULONG AvailablePages, CommittedPages, CommitLimit, PeakCommitment, PageFaultCount, CopyOnWriteCount;
    ULONG TransitionCount, CacheTransitionCount, DemandZeroCount, PageReadCount, PageReadIoCount;
    ULONG after[56];
};

static NTSTATUS query(ULONG class, void *buffer, ULONG length)
{
    return NtQuerySystemInformation(class, buffer, length, NULL);
}

/* --- Lengths ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG class, length;
    bool exact;
} classes[] = {
    {"basic", BASIC, sizeof(struct basic), true},
    {"processor", PROCESSOR, 12, false},
    {"performance", PERFORMANCE, sizeof(struct performance), false},
    {"flags", FLAGS, sizeof(ULONG), true},
    {"file cache", FILE_CACHE, 7 * sizeof(SIZE_T) + 8, false},
    {"debugger", DEBUGGER, 2, false},
    {"range start", START, sizeof(ULONG_PTR), true},
};

static void check_lengths(void)
{
    ULONG64 buffer[64];
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        ULONG returned = 0, length = classes[i].length;
        NTSTATUS status = NtQuerySystemInformation(classes[i].class, buffer, length, &returned);
        printf("%s: %s, %s\n", classes[i].name, status_name(status), returned == length ? "its length" : "another");
        printf("%s, one byte short: %s\n", classes[i].name, status_name(query(classes[i].class, buffer, length - 1)));
        if (classes[i].exact)
            printf("%s, one byte long: %s\n", classes[i].name,
                   status_name(query(classes[i].class, buffer, length + 1)));
    }
    say("class 8", query(8, buffer, sizeof buffer));
    say("class 1000", query(1000, buffer, sizeof buffer));
    say("class all ones", query((ULONG)-1, buffer, sizeof buffer));
}

static void check_errors(void)
{
    struct basic none = {0};
    for (enum place place = 0; place < PLACES; place++) {
        void *buffer = make_place(place, &none, sizeof none);
        ULONG *returned = make_place(place, &none, sizeof *returned);
        struct basic basic;
        printf("buffer in a %s: %s\n", place_names[place], status_name(query(BASIC, buffer, sizeof none)));
        printf("length in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtQuerySystemInformation(BASIC, &basic, sizeof basic, returned)));
    }
}

/* --- Contents ------------------------------------------------------------------------------------------------ */

static void check_basic(void)
{
    struct basic basic;
    query(BASIC, &basic, sizeof basic);
    printf("timer %lu, page %lu, pages %lu, granularity %lu, processors %d\n", (unsigned long)basic.TimerResolution,
           (unsigned long)basic.PageSize, (unsigned long)basic.NumberOfPhysicalPages,
           (unsigned long)basic.AllocationGranularity, basic.NumberOfProcessors);
    printf("lowest address %lx, highest is the last of user space: %d\n", (unsigned long)basic.MinimumUserModeAddress,
           basic.MaximumUserModeAddress == USER_END - 1);
    ULONG_PTR start;
    query(START, &start, sizeof start);
#ifdef _WIN64
    printf("system space: %llx\n", (ULONG64)start);
#else
    printf("system space: %lx\n", (unsigned long)start);
#endif
    USHORT processor[6];
    query(PROCESSOR, processor, sizeof processor);
    printf("architecture %u, level %u\n", processor[0], processor[1]);
}

static struct performance get(void)
{
    struct performance performance;
    query(PERFORMANCE, &performance, sizeof performance);
    return performance;
}

static void say_change(const char *name, const struct performance *before)
{
    struct performance now = get();
    printf("%s: available %+ld, committed %+ld, faults %+ld, demand zero %+ld, copies %+ld\n", name,
           (long)now.AvailablePages - (long)before->AvailablePages,
           (long)now.CommittedPages - (long)before->CommittedPages,
           (long)now.PageFaultCount - (long)before->PageFaultCount,
           (long)now.DemandZeroCount - (long)before->DemandZeroCount,
           (long)now.CopyOnWriteCount - (long)before->CopyOnWriteCount);
}

__attribute__((section(".data$z"), aligned(4096))) static volatile char data[4 * PAGE] = {1};

static void check_performance(void)
{
    struct performance before = get();
    char *place = commit(UNIT, PAGE_READWRITE);
    say_change("warm", &before);
    *place = 1; /* with its page table */
    (void)data[PAGE];
    (void)data[2 * PAGE];
    before = get();
    for (int i = 1; i < 5; i++)
        place[i * PAGE] = 1;
    say_change("4 pages of zeroes", &before);
    before = get();
    data[PAGE] = 1;
    data[2 * PAGE] = 1;
    say_change("2 pages copied", &before);
    before = get();
    commit(8 * UNIT, PAGE_READWRITE);
    say_change("128 pages committed", &before);
    printf("limit above peak above committed: %d %d\n", before.CommitLimit >= before.PeakCommitment,
           before.PeakCommitment >= before.CommittedPages);
}

static void check_page_file(void)
{
    struct {
        ULONG next, total, in_use, peak;
        struct {
            USHORT Length, MaximumLength;
            WCHAR *Buffer;
        } name;
        WCHAR text[64];
    } file = {0};
    ULONG needed = 0, told = 0;
    NTSTATUS status = NtQuerySystemInformation(PAGE_FILE, &file, sizeof file, &needed);
    printf("page file: %s, %lu pages, %ls\n", status_name(status), (unsigned long)file.total, file.name.Buffer);
    status = NtQuerySystemInformation(PAGE_FILE, &file, needed - 1, &told);
    printf("page file, one byte short: %s, %s\n", status_name(status), told == needed ? "needed is told" : "not told");
}

int main(void)
{
    check_lengths();
    check_errors();
    check_basic();
    check_performance();
    check_page_file();
    return 0;
}
