/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_view.c - NtMapViewOfSection and NtUnmapViewOfSection: what is refused, which views a section allows, and what
 * views of memory, files and copies show (nt-reference 5.8). */
#include "section_service.h"

static HANDLE file, of_file, of_memory, of_image, of_event;

/* One call that differs from a good one in what is set. */
struct mapping {
    const char *name;
    HANDLE section, process;
    void *base;
    ULONG_PTR zero_bits;
    SIZE_T commit, size;
    LONGLONG offset;
    ULONG inherit, type, protect;
};

static NTSTATUS map_by(struct mapping *mapping)
{
    LARGE_INTEGER offset = {.QuadPart = mapping->offset};
    NTSTATUS status = NtMapViewOfSection(mapping->section, mapping->process ? mapping->process : THIS_PROCESS,
                                         &mapping->base, mapping->zero_bits, mapping->commit, &offset, &mapping->size,
                                         mapping->inherit ? mapping->inherit : VIEW_SHARE, mapping->type,
                                         mapping->protect ? mapping->protect : PAGE_READONLY);
    mapping->offset = offset.QuadPart;
    return status;
}

static void check_arguments(void)
{
    char *used = commit(UNIT, PAGE_READWRITE);
    struct mapping cases[] = {
        {.name = "good", .section = of_memory},
        {.name = "inherit 3", .section = of_memory, .inherit = 3},
        {.name = "inherit 3, type bad", .section = of_memory, .inherit = 3, .type = 1},
        {.name = "type 1", .section = of_memory, .type = 1},
        {.name = "type MEM_RESET", .section = of_memory, .type = 0x80000},
        {.name = "type bad, protection bad", .section = of_memory, .type = 1, .protect = 3},
        {.name = "type MEM_COMMIT", .section = of_memory, .type = MEM_COMMIT},
        {.name = "protection 3", .section = of_memory, .protect = 3},
        {.name = "protection bad, base bad", .section = of_memory, .protect = 3, .base = SYSTEM_ADDRESS},
        {.name = "base in system space", .section = of_memory, .base = SYSTEM_ADDRESS},
        {.name = "base at the end", .section = of_memory, .base = (void *)(ULONG_PTR)(USER_END - UNIT)},
        {.name = "a view that wraps", .section = of_memory, .base = (void *)0x10000000, .size = (SIZE_T)-PAGE},
        {.name = "22 zero bits", .section = of_memory, .zero_bits = 22},
        {.name = "zero bits bad, handle bad", .section = NULL, .zero_bits = 22},
        {.name = "8 zero bits", .section = of_memory, .zero_bits = 8},
        {.name = "handle 0", .section = NULL},
        {.name = "handle of a file", .section = file},
        {.name = "process handle of an event", .section = of_memory, .process = of_event},
        {.name = "both handles bad", .section = file, .process = (HANDLE)0x7FF0},
        {.name = "handle bad, base not aligned", .section = NULL, .base = (void *)0x10001000},
        {.name = "base not aligned", .section = of_memory, .base = (void *)0x10001000},
        {.name = "offset not aligned", .section = of_memory, .offset = PAGE},
        {.name = "offset not aligned, size 0", .section = of_memory, .offset = 1},
        {.name = "commit more than the view", .section = of_memory, .commit = 2 * UNIT, .size = UNIT},
        {.name = "view more than the section", .section = of_memory, .size = 5 * UNIT},
        {.name = "offset at the end", .section = of_memory, .offset = 4 * UNIT},
        {.name = "offset beyond the end", .section = of_memory, .offset = 8 * UNIT},
        {.name = "offset and view beyond", .section = of_memory, .offset = 3 * UNIT, .size = 2 * UNIT},
        {.name = "the last part", .section = of_memory, .offset = 3 * UNIT},
        {.name = "part of a page", .section = of_memory, .size = 10},
        {.name = "view more than the file", .section = of_file, .size = 2 * UNIT},
        {.name = "view to the end of the file's page", .section = of_file, .size = 2 * PAGE},
        {.name = "protection not allowed", .section = of_file, .protect = PAGE_EXECUTE_READ},
        {.name = "size bad, protection not allowed",
         .section = of_file,
         .size = 2 * UNIT,
         .protect = PAGE_EXECUTE_READ},
        {.name = "MEM_RESERVE on memory", .section = of_memory, .type = MEM_RESERVE},
        {.name = "an address in use", .section = of_memory, .base = used},
        {.name = "MEM_TOP_DOWN", .section = of_memory, .type = MEM_TOP_DOWN},
        {.name = "MEM_DOS_LIM, page-aligned", .section = of_memory, .type = 0x40000000, .base = (void *)0x10001000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        NTSTATUS status = map_by(&cases[i]);
        printf("%s: %s", cases[i].name, status_name(status));
        if (NT_SUCCESS(status)) {
            printf(", %lx bytes, offset %lx", (ULONG)cases[i].size, (ULONG)cases[i].offset);
            printf(", unmapped: %s", status_name(NtUnmapViewOfSection(THIS_PROCESS, cases[i].base)));
        }
        printf("\n");
    }
}

static void check_places(void)
{
    void *null = NULL;
    SIZE_T size = 0;
    LARGE_INTEGER offset = {.QuadPart = 0};
    for (enum place place = PLACE_NULL; place < PLACES; place++) {
        void **base_at = make_place(place, &null, sizeof null);
        SIZE_T *size_at = make_place(place, &size, sizeof size);
        LARGE_INTEGER *offset_at = make_place(place, &offset, sizeof offset);
        void *base = NULL;
        size = 0;
        printf("base in a %s: %s", place_names[place],
               status_name(NtMapViewOfSection(of_memory, THIS_PROCESS, base_at, 0, 0, &offset, &size, VIEW_SHARE, 0,
                                              PAGE_READONLY)));
        size = 0;
        printf(", size: %s", status_name(NtMapViewOfSection(of_memory, THIS_PROCESS, &base, 0, 0, &offset, size_at,
                                                            VIEW_SHARE, 0, PAGE_READONLY)));
        size = 0;
        base = NULL;
        NTSTATUS status =
            NtMapViewOfSection(of_memory, THIS_PROCESS, &base, 0, 0, offset_at, &size, VIEW_SHARE, 0, PAGE_READONLY);
        printf(", offset: %s\n", status_name(status));
        if (NT_SUCCESS(status))
            NtUnmapViewOfSection(THIS_PROCESS, base);
    }
}

static const ULONG protections[] = {PAGE_NOACCESS, PAGE_READONLY,     PAGE_READWRITE,         PAGE_WRITECOPY,
                                    PAGE_EXECUTE,  PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY};
enum { PROTECTIONS = sizeof protections / sizeof *protections };

/* Which views a section of each protection allows, and which rights of the handle each needs. */
static void check_matrix(void)
{
    for (size_t i = 1; i < PROTECTIONS; i++) {
        HANDLE section = make_section(PAGE, protections[i], SEC_COMMIT, NULL);
        printf("a section of %lx allows", protections[i]);
        for (size_t v = 0; v < PROTECTIONS; v++) {
            void *base;
            SIZE_T size;
            NTSTATUS status = map_whole(section, protections[v], &base, &size);
            if (status == 0)
                NtUnmapViewOfSection(THIS_PROCESS, base);
            if (status == 0)
                printf(" %lx", protections[v]);
            else if (strcmp(status_name(status), "SECTION_PROTECTION") != 0)
                printf(" %lx: %s", protections[v], status_name(status));
        }
        printf("\n");
        NtClose(section);
    }
    HANDLE all = make_section(PAGE, PAGE_EXECUTE_READWRITE, SEC_COMMIT, NULL);
    for (ULONG access = 0; access < 16; access += 2) {
        HANDLE section = NULL;
        DuplicateHandle(THIS_PROCESS, all, THIS_PROCESS, &section, access | SECTION_QUERY, FALSE, 0);
        printf("a handle with %lx maps", access);
        for (size_t v = 0; v < PROTECTIONS; v++) {
            void *base;
            SIZE_T size;
            NTSTATUS status = map_whole(section, protections[v], &base, &size);
            if (status == 0)
                NtUnmapViewOfSection(THIS_PROCESS, base);
            if (status == 0)
                printf(" %lx", protections[v]);
            else if (strcmp(status_name(status), "ACCESS_DENIED") != 0)
                printf(" %lx: %s", protections[v], status_name(status));
        }
        printf("\n");
        NtClose(section);
    }
    NtClose(all);
}

static void check_unmap(void)
{
    void *base, *image;
    SIZE_T size;
    say("map", map_whole(of_memory, PAGE_READWRITE, &base, &size));
    say("unmap in system space", NtUnmapViewOfSection(THIS_PROCESS, SYSTEM_ADDRESS));
    say("unmap nothing", NtUnmapViewOfSection(THIS_PROCESS, (void *)0x10000000));
    say("unmap private memory", NtUnmapViewOfSection(THIS_PROCESS, commit(PAGE, PAGE_READWRITE)));
    say("unmap, handle of an event", NtUnmapViewOfSection(of_event, base));
    say("unmap from inside", NtUnmapViewOfSection(THIS_PROCESS, (char *)base + UNIT + 5));
    say("unmap again", NtUnmapViewOfSection(THIS_PROCESS, base));
    NTSTATUS status = map_whole(of_image, PAGE_READONLY, &image, &size);
    printf("another view of the program: %s\n", status_name(status));
    say("unmap it", NtUnmapViewOfSection(THIS_PROCESS, image));
}

/* A page that is stored into through one view, and what the others show. */
static void check_views(void)
{
    char *one, *two, *copy, *other;
    SIZE_T size;
    map_whole(of_file, PAGE_READWRITE, (void **)&one, &size);
    map_whole(of_file, PAGE_READONLY, (void **)&two, &size);
    map_whole(of_file, PAGE_WRITECOPY, (void **)&copy, &size);
    map_whole(of_file, PAGE_WRITECOPY, (void **)&other, &size);
    printf("the file begins with %.5s in all views: %d\n", two,
           memcmp(one, copy, 10) == 0 && memcmp(two, other, 10) == 0);
    one[0] = 'A';
    printf("stored through one: %c%c%c%c\n", one[0], two[0], copy[0], other[0]);
    copy[1] = 'B';
    printf("stored through a copy: %c%c%c%c\n", one[1], two[1], copy[1], other[1]);
    one[2] = 'C';
    printf("then through one: %c%c%c%c\n", one[2], two[2], copy[2], other[2]);
    printf("stored through the read-only view: %lx\n", poke(two));
    printf("the copy's page: %s\n", page_state(copy));
    printf("the other's: %s\n", page_state(other));
    printf("beyond the end of the file: %d, beyond its last page: %lx\n", one[size - 1], touch(one + size));
    ULONG old;
    void *base = two;
    SIZE_T length = PAGE;
    say("protect the read-only view to write",
        NtProtectVirtualMemory(THIS_PROCESS, &base, &length, PAGE_READWRITE, &old));
    base = one, length = PAGE;
    say("protect the written view to be a copy",
        NtProtectVirtualMemory(THIS_PROCESS, &base, &length, PAGE_WRITECOPY, &old));
    one[3] = 'D';
    printf("stored then: %c%c\n", one[3], two[3]);
    char *all[] = {one, two, copy, other};
    for (size_t i = 0; i < 4; i++)
        NtUnmapViewOfSection(THIS_PROCESS, all[i]);
}

/* SEC_RESERVE: pages come by NtAllocateVirtualMemory, for all views. */
static void check_reserved(void)
{
    HANDLE section = make_section(4 * UNIT, PAGE_READWRITE, SEC_RESERVE, NULL);
    char *one, *two;
    SIZE_T size;
    map_whole(section, PAGE_READWRITE, (void **)&one, &size);
    map_whole(section, PAGE_READWRITE, (void **)&two, &size);
    printf("reserved: %s, touched: %lx\n", page_state(one), touch(one));
    void *base = one + UNIT;
    size = 2 * PAGE;
    say("commit two pages", NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE));
    one[UNIT + PAGE] = 7;
    printf("it is %s\n", page_state(one + UNIT));
    printf("in the other view: %s, %d\n", page_state(two + UNIT), two[UNIT + PAGE]);
    printf("before it: %s\n", page_state(two + UNIT - PAGE));
    printf("after it: %s\n", page_state(two + UNIT + 2 * PAGE));
    base = one + UNIT, size = PAGE;
    say("decommit", NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_DECOMMIT));
    base = one, size = 0;
    say("release", NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_RELEASE));
    base = NULL, size = 0;
    LARGE_INTEGER offset = {.QuadPart = 0};
    say("a view that commits a page",
        NtMapViewOfSection(section, THIS_PROCESS, &base, 0, PAGE, &offset, &size, VIEW_SHARE, 0, PAGE_READWRITE));
    printf("its first page: %s\n", page_state(base));
    printf("its second: %s\n", page_state((char *)base + PAGE));
    printf("in the first view: %s\n", page_state(one));
    NtUnmapViewOfSection(THIS_PROCESS, base);
    NtUnmapViewOfSection(THIS_PROCESS, one);
    NtUnmapViewOfSection(THIS_PROCESS, two);
    NtClose(section);
}

/* SEC_BASED: one address for all; SEC_NO_CHANGE: one protection for ever. */
static void check_kinds(void)
{
    HANDLE based = make_section(UNIT, PAGE_READWRITE, SEC_COMMIT | SEC_BASED, NULL);
    HANDLE fixed = make_section(UNIT, PAGE_READWRITE, SEC_COMMIT | SEC_KEEPS_PROTECTION, NULL);
    struct {
        void *base;
        ULONG attributes;
        LARGE_INTEGER size;
    } basic;
    void *base, *again;
    SIZE_T size;
    ULONG old;
    NtQuerySection(based, 0, &basic, sizeof basic, NULL);
    NTSTATUS status = map_whole(based, PAGE_READWRITE, &base, &size);
    printf("a based section: %s at %s\n", status_name(status), base == basic.base ? "its base" : "another address");
    say("another view of it", map_whole(based, PAGE_READWRITE, &again, &size));
    NtUnmapViewOfSection(THIS_PROCESS, base);
    status = map_whole(based, PAGE_READWRITE, &again, &size);
    printf("after unmapping: %s at %s\n", status_name(status), again == basic.base ? "its base" : "another address");
    NtUnmapViewOfSection(THIS_PROCESS, again);
    base = NULL, size = 0;
    say("a fixed section", map_whole(fixed, PAGE_READWRITE, &base, &size));
    void *page = base;
    size = PAGE;
    say("protect it", NtProtectVirtualMemory(THIS_PROCESS, &page, &size, PAGE_READONLY, &old));
    NtUnmapViewOfSection(THIS_PROCESS, base);
    NtClose(based);
    NtClose(fixed);
}

int main(void)
{
    make_file(L"D:\\file", "0123456789");
    file = open_file(L"D:\\file");
    of_file = make_section(5000, PAGE_READWRITE, SEC_COMMIT, file);
    of_memory = make_section(4 * UNIT, PAGE_READWRITE, SEC_COMMIT, NULL);
    of_event = make_event();
    HANDLE program = CreateFileA("C:\\work\\program.exe", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    of_image = make_section(0, PAGE_READONLY, SEC_IMAGE, program);
    check_arguments();
    check_places();
    check_matrix();
    check_unmap();
    check_views();
    check_reserved();
    check_kinds();
    return 0;
}
