/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.c - NtQueryVirtualMemory, classes 0, 2 and those that do not exist (nt-reference 5.6). */
#include "service.h"

enum { BASIC, WORKING_SET, NAME, BASIC_VLM, WORKING_SET_EX };

struct unicode_string {
    USHORT Length, MaximumLength;
    WCHAR *Buffer;
};

static NTSTATUS query(const void *place, ULONG class, void *buffer, SIZE_T length)
{
    return NtQueryVirtualMemory(THIS_PROCESS, place, class, buffer, length, NULL);
}

/* --- Arguments ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG class;
    SIZE_T length;
} lengths[] = {
    {"class 0, one byte short", BASIC, sizeof(MEMORY_BASIC_INFORMATION) - 1},
    {"class 0, nothing", BASIC, 0},
    {"class 0, more than needed", BASIC, sizeof(MEMORY_BASIC_INFORMATION) + 1},
    {"class 1, one byte short of a count", WORKING_SET, sizeof(ULONG_PTR) - 1},
    {"class 3", BASIC_VLM, 256},
    {"class 4, one byte short of an entry", WORKING_SET_EX, 2 * sizeof(ULONG_PTR) - 1},
    {"class 5", 5, 256},
    {"class all ones", (ULONG)-1, 256},
    {"class 5, nothing", 5, 0},
};

static const struct {
    const char *name;
    ULONG_PTR place;
} addresses[] = {
    {"the last user address", USER_END - 1},
    {"the end of user space", USER_END},
    {"system space", (ULONG_PTR)-1},
};

static void check_arguments(void)
{
    ULONG_PTR buffer[64];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        say(lengths[i].name, query(&lengths, lengths[i].class, buffer, lengths[i].length));
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        for (ULONG class = 0; class <= WORKING_SET_EX; class += 2) {
            NTSTATUS status = query((void *)addresses[i].place, class, buffer, 64);
            if (addresses[i].place >= USER_END || class == BASIC)
                printf("%s, class %lu: %s\n", addresses[i].name, (unsigned long)class, status_name(status));
        }
}

static void check_pointers(void)
{
    MEMORY_BASIC_INFORMATION none = {0}, info;
    SIZE_T returned = 0;
    for (enum place place = 0; place < PLACES; place++) {
        void *buffer = make_place(place, &none, sizeof none);
        SIZE_T *returned_at = make_place(place, &returned, sizeof returned);
        printf("buffer in a %s: %s\n", place_names[place], status_name(query(&none, BASIC, buffer, sizeof info)));
        printf("length in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtQueryVirtualMemory(THIS_PROCESS, &none, BASIC, &info, sizeof info, returned_at)));
    }
    char *page = commit(PAGE, PAGE_READWRITE);
    say("buffer misaligned", query(&none, BASIC, page + 2, sizeof info));
    say("buffer across the end of memory", query(&none, BASIC, page + PAGE - 16, sizeof info));
    say("buffer's unused end beyond memory", query(&none, BASIC, page + PAGE - 64, 128));
    NtQueryVirtualMemory(THIS_PROCESS, &none, BASIC, &info, sizeof info, &returned);
    printf("length returned: %s\n", returned == sizeof info ? "the structure's" : "another");
}

static void check_handles(void)
{
    MEMORY_BASIC_INFORMATION info;
    say("handle 0", NtQueryVirtualMemory(NULL, &info, BASIC, &info, sizeof info, NULL));
    say("handle of an event", NtQueryVirtualMemory(make_event(), &info, BASIC, &info, sizeof info, NULL));
    say("handle and length wrong", NtQueryVirtualMemory(NULL, &info, BASIC, &info, 1, NULL));
    say("handle and class wrong", NtQueryVirtualMemory(NULL, &info, 5, &info, sizeof info, NULL));
}

/* --- Regions ------------------------------------------------------------------------------------------------- */

static const char *type_name(DWORD type)
{
    switch (type) {
    case 0: return "no type";
    case MEM_PRIVATE: return "private";
    case MEM_MAPPED: return "mapped";
    case MEM_IMAGE: return "image";
    default: return "another";
    }
}

/* Base and allocation base from start. */
static void say_region(const char *name, const char *place, const char *start)
{
    MEMORY_BASIC_INFORMATION info;
    NTSTATUS status = query(place, BASIC, &info, sizeof info);
    printf("%s: ", name);
    if (!NT_SUCCESS(status)) {
        printf("%s\n", status_name(status));
        return;
    }
    printf("base +%lx, ", (unsigned long)((char *)info.BaseAddress - start));
    if (info.AllocationBase)
        printf("allocation +%lx, ", (unsigned long)((char *)info.AllocationBase - start));
    else
        printf("no allocation, ");
    printf("%lx, size %lx, state %lx, protection %lx, %s\n", (unsigned long)info.AllocationProtect,
           (unsigned long)info.RegionSize, (unsigned long)info.State, (unsigned long)info.Protect,
           type_name(info.Type));
}

static void set(char *place, ULONG page, ULONG pages, ULONG protect)
{
    void *base = place + page * PAGE;
    SIZE_T size = pages * PAGE;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, protect);
}

static void check_private(void)
{
    char *hole = reserve(4 * UNIT), *place = hole;
    void *base = hole;
    SIZE_T size = 0;
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_RELEASE);
    base = hole + 2 * UNIT;
    size = UNIT;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_RESERVE, PAGE_EXECUTE_READ);
    say_region("free", hole + 123, hole);
    place = hole + 2 * UNIT;
    say_region("reserved", place, place);
    set(place, 2, 3, PAGE_READWRITE);
    set(place, 5, 1, PAGE_READONLY);
    set(place, 6, 1, PAGE_READONLY | PAGE_GUARD);
    set(place, 7, 1, PAGE_READONLY);
    set(place, 9, 7, PAGE_NOACCESS);
    say_region("page 0", place, place);
    say_region("page 1, inside the run", place + 2 * PAGE - 1, place);
    say_region("page 2", place + 2 * PAGE, place);
    say_region("page 4, touched or not is the same", (place[3 * PAGE] = 1, place + 4 * PAGE + 5), place);
    say_region("page 3", place + 3 * PAGE, place);
    say_region("page 5", place + 5 * PAGE, place);
    say_region("page 6", place + 6 * PAGE, place);
    say_region("page 7", place + 7 * PAGE, place);
    say_region("page 8", place + 8 * PAGE, place);
    say_region("page 9", place + 9 * PAGE, place);
    base = place + UNIT;
    size = UNIT;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    say_region("page 9 beside an allocation of the same state", place + 9 * PAGE, place);
    base = place + 4 * PAGE;
    size = PAGE;
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_DECOMMIT);
    say_region("page 4, decommitted", place + 4 * PAGE, place);
    char *split = place + 3 * PAGE;
    base = split;
    size = 2 * PAGE;
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_RELEASE);
    say_region("pages 3 and 4, released", split, place);
    say_region("page 5, now an allocation of its own", split + 2 * PAGE, place);
}

/* 4 MB, the reach of one page table with x86 paging and two with the others, in and without page tables. */
static void check_long(void)
{
    char *place = commit(16 << 20, PAGE_READWRITE);
    say_region("16 MB committed", place, place);
    place[9 << 20] = 1;
    say_region("with a page touched", place + PAGE, place);
    ULONG old;
    void *base = place + (5 << 20);
    SIZE_T size = PAGE;
    NtProtectVirtualMemory(THIS_PROCESS, &base, &size, PAGE_READONLY, &old);
    say_region("with a read-only page in the midst", place, place);
    say_region("behind it", place + (5 << 20) + PAGE, place);
    place = reserve(16 << 20);
    say_region("16 MB reserved", place, place);
    set(place, 6 << 8, 1, PAGE_READWRITE);
    say_region("with a page committed", place, place);
    say_region("behind it", place + (6 << 20) + PAGE, place);
}

__attribute__((section(".data$z"), aligned(4096))) static volatile char data[3 * PAGE] = {1};

static void check_image(void)
{
    char *image = (char *)GetModuleHandle(NULL);
    MEMORY_BASIC_INFORMATION info;
    say_region("header of an image", image, image);
    query((char *)data + PAGE, BASIC, &info, sizeof info);
    printf("data, not written: %lx, %s, allocation %lx %s\n", (unsigned long)info.Protect, type_name(info.Type),
           (unsigned long)info.AllocationProtect, info.AllocationBase == image ? "at the image" : "elsewhere");
    data[PAGE] = 1;
    query((char *)data + PAGE, BASIC, &info, sizeof info);
    printf("data, written: %lx, %s, allocation %lx, size %lx\n", (unsigned long)info.Protect, type_name(info.Type),
           (unsigned long)info.AllocationProtect, (unsigned long)info.RegionSize);
    query((void *)check_image, BASIC, &info, sizeof info);
    printf("code: %lx, %s\n", (unsigned long)info.Protect, type_name(info.Type));
}

static void check_places(void)
{
    char *shared = (char *)0x7FFE0000;
    MEMORY_BASIC_INFORMATION info;
    query((void *)1, BASIC, &info, sizeof info);
    printf("address 1: base is null: %d, size at least 64 KB: %d, state %lx, protection %lx\n",
           info.BaseAddress == NULL, info.RegionSize >= UNIT, (unsigned long)info.State, (unsigned long)info.Protect);
    say_region("the page shared with the system", shared, shared);
    say_region("behind it", shared + PAGE, shared);
    say_region("its last page", shared + 0xF000, shared);
}

/* --- Mapped file names --------------------------------------------------------------------------------------- */

static void check_name(const char *what, const void *place)
{
    struct {
        struct unicode_string name;
        WCHAR text[260];
    } buffer = {0};
    SIZE_T needed = 0;
    NTSTATUS status = NtQueryVirtualMemory(THIS_PROCESS, place, NAME, &buffer, sizeof buffer, &needed);
    printf("name of %s: %s", what, status_name(status));
    if (!NT_SUCCESS(status)) {
        printf("\n");
        return;
    }
    printf(" %ls\n", buffer.name.Buffer);
    bool sound = buffer.name.Buffer == buffer.text && buffer.name.MaximumLength == buffer.name.Length + 2 &&
                 wcslen(buffer.text) * 2 == buffer.name.Length &&
                 needed == sizeof buffer.name + buffer.name.MaximumLength;
    printf("string, text and length fit together: %d\n", sound);
    const SIZE_T rooms[] = {0, sizeof buffer.name - 1, sizeof buffer.name, needed - 1, needed};
    static const char *const names[] = {"no room", "one byte short of a string", "a string", "one byte short",
                                        "enough"};
    for (int i = 0; i < 5; i++) {
        SIZE_T told = 0;
        status = NtQueryVirtualMemory(THIS_PROCESS, place, NAME, &buffer, rooms[i], &told);
        printf("room for %s: %s, %s\n", names[i], status_name(status), told == needed ? "needed is told" : "not told");
    }
}

static void check_names(void)
{
    char *image = (char *)GetModuleHandle(NULL);
    check_name("the program", image + PAGE + 5);
    check_name("ntdll", GetModuleHandleA("ntdll.dll"));
    check_name("private memory", commit(PAGE, PAGE_READWRITE));
    check_name("free memory", (void *)0x10000000);
    check_name("the page shared with the system", (void *)0x7FFE0000);
}

int main(void)
{
    check_arguments();
    check_pointers();
    check_handles();
    check_private();
    check_long();
    check_image();
    check_places();
    check_names();
    return 0;
}
