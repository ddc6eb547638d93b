/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_section_calls.c - what the calls on data sections answer (nt-reference 5.7, 5.8): tables of statuses, sizes,
 * protections, reserved and based sections. */
#include "tests/mm/support.h"

enum { FILE_SIZE = 20 * PAGE + 100 };

struct fixture {
    struct world w;
    mm_process p;
};

static void open_fixture(struct fixture *x, int format)
{
    world_open(&x->w, format, WORLD_FRAMES);
    x->p = new_process(&x->w, PTE_NX_ON);
    make_file(&x->w, 0, FILE_SIZE);
}

static void close_fixture(struct fixture *x)
{
    check_laws(&x->w);
    end_process(&x->w, x->p);
    check_laws(&x->w);
    world_close(&x->w);
}

/* --- Creating ------------------------------------------------------------------------------------------------- */

#define NONE 0u
static const struct {
    const char *name;
    uint32_t file;
    uint64_t file_size, size;
    unsigned protection;
    uint32_t attributes;
    ntstatus_t status;
    uint64_t got; /* size */
} creations[] = {
    {"page file", 0, 0, 5000, MM_READWRITE, SEC_COMMIT, STATUS_SUCCESS, 2 * PAGE},
    {"page file, reserved", 0, 0, 1, MM_READWRITE, SEC_RESERVE, STATUS_SUCCESS, PAGE},
    {"a file, its size", DATA_FILE, FILE_SIZE, 0, MM_READONLY, SEC_COMMIT, STATUS_SUCCESS, FILE_SIZE},
    {"a file, a part", DATA_FILE, FILE_SIZE, 7, MM_READWRITE, SEC_COMMIT, STATUS_SUCCESS, 7},
    {"a file, SEC_RESERVE is ignored", DATA_FILE, FILE_SIZE, 0, MM_READONLY, SEC_RESERVE, STATUS_SUCCESS, FILE_SIZE},
    {"a file, executable", DATA_FILE, FILE_SIZE, 0, MM_EXECUTE_READ, SEC_COMMIT, STATUS_SUCCESS, FILE_SIZE},
    {"no attribute", 0, 0, PAGE, MM_READWRITE, 0, STATUS_INVALID_PARAMETER_6, 0},
    {"neither", 0, 0, PAGE, MM_READWRITE, SEC_NOCACHE, STATUS_INVALID_PARAMETER_6, 0},
    {"both", 0, 0, PAGE, MM_READWRITE, SEC_COMMIT | SEC_RESERVE, STATUS_INVALID_PARAMETER_6, 0},
    {"unknown", 0, 0, PAGE, MM_READWRITE, SEC_COMMIT | 1, STATUS_INVALID_PARAMETER_6, 0},
    {"attributes before protection", 0, 0, 0, MM_NOACCESS, 0, STATUS_INVALID_PARAMETER_6, 0},
    {"no protection", 0, 0, PAGE, 0, SEC_COMMIT, STATUS_INVALID_PAGE_PROTECTION, 0},
    {"no access", 0, 0, PAGE, MM_NOACCESS, SEC_COMMIT, STATUS_INVALID_PAGE_PROTECTION, 0},
    {"guard", 0, 0, PAGE, MM_READWRITE | MM_GUARDPAGE, SEC_COMMIT, STATUS_INVALID_PAGE_PROTECTION, 0},
    {"protection before size", 0, 0, 0, MM_READWRITE | MM_NOCACHE, SEC_COMMIT, STATUS_INVALID_PAGE_PROTECTION, 0},
    {"page file without a size", 0, 0, 0, MM_READWRITE, SEC_COMMIT, STATUS_INVALID_PARAMETER_4, 0},
    {"page file, beyond what can be", 0, 0, UINT64_C(1) << 50, MM_READWRITE, SEC_COMMIT, STATUS_SECTION_TOO_BIG, 0},
    {"page file, beyond the limit", 0, 0, UINT64_C(1) << 40, MM_READWRITE, SEC_COMMIT, STATUS_COMMITMENT_LIMIT, 0},
    {"page file, reserved beyond it", 0, 0, UINT64_C(1) << 40, MM_READWRITE, SEC_RESERVE, STATUS_SUCCESS,
     UINT64_C(1) << 40},
    {"an empty file", DATA_FILE, 0, 0, MM_READWRITE, SEC_COMMIT, STATUS_MAPPED_FILE_SIZE_ZERO, 0},
    {"beyond a file", DATA_FILE, FILE_SIZE, FILE_SIZE + 1, MM_READONLY, SEC_COMMIT, STATUS_SECTION_TOO_BIG, 0},
};

START_TEST(creation)
{
    struct fixture x;
    struct mm_counters before, after;
    struct mm_section_info info;
    mm_section section = 77;
    int row = _i / PAGING_FORMAT_COUNT;
    open_fixture(&x, _i % PAGING_FORMAT_COUNT);
    mm_query_counters(x.w.mm, &before);
    struct mm_section_request request = {.file = creations[row].file,
                                         .file_size = creations[row].file_size,
                                         .size = creations[row].size,
                                         .protection = creations[row].protection,
                                         .attributes = creations[row].attributes};
    ntstatus_t status = mm_section_create(x.w.mm, &request, &section);
    ck_assert_msg(status == creations[row].status, "%s: %#x", creations[row].name, status);
    check_laws(&x.w);
    if (status == STATUS_SUCCESS) {
        mm_section_query(x.w.mm, section, &info);
        ck_assert_uint_eq(info.size, creations[row].got);
        ck_assert_uint_eq(info.file, creations[row].file);
        ck_assert_uint_eq(info.protection, creations[row].protection);
        ck_assert_uint_eq(info.references, 1);
        ck_assert_uint_eq(info.views, 0);
        bool is_file = creations[row].file;
        ck_assert_uint_eq(info.attributes, is_file ? SEC_COMMIT | SEC_FILE : creations[row].attributes);
        mm_section_reference(x.w.mm, section);
        mm_section_close(x.w.mm, section);
        check_laws(&x.w);
        mm_section_close(x.w.mm, section);
    } else {
        ck_assert_uint_eq(section, 77);
    }
    mm_query_counters(x.w.mm, &after);
    ck_assert_uint_eq(before.committed, after.committed);
    ck_assert_uint_eq(x.w.file_reads, 0);
    close_fixture(&x);
}
END_TEST

START_TEST(creation_without_room)
{
    struct fixture x;
    struct mm_section_request request = {
        .file = DATA_FILE, .file_size = FILE_SIZE, .protection = MM_READWRITE, .attributes = SEC_COMMIT};
    mm_section section;
    open_fixture(&x, _i % PAGING_FORMAT_COUNT);
    request.file = _i / PAGING_FORMAT_COUNT ? DATA_FILE : 0;
    request.size = PAGE;
    for (uint32_t n = 0; n < 2; n++) {
        mm_fail_objects_after(x.w.mm, n);
        ck_assert_uint_eq(mm_section_create(x.w.mm, &request, &section), STATUS_INSUFFICIENT_RESOURCES);
        mm_fail_objects_after(x.w.mm, UINT32_MAX);
        check_laws(&x.w);
    }
    ck_assert_uint_eq(mm_section_create(x.w.mm, &request, &section), STATUS_SUCCESS);
    struct mm_map_request map = {.inherit = MM_VIEW_SHARE, .protect = PAGE_READWRITE};
    mm_fail_objects_after(x.w.mm, 0);
    ck_assert_uint_eq(mm_map_view(x.w.mm, x.p, section, &map), STATUS_INSUFFICIENT_RESOURCES);
    mm_fail_objects_after(x.w.mm, UINT32_MAX);
    mm_section_close(x.w.mm, section);
    ck_assert_uint_eq(x.w.file[0].forgotten, request.file ? 1 : 0);
    close_fixture(&x);
}
END_TEST

/* --- Protections ------------------------------------------------------------------------------------------------- */

static const struct {
    unsigned section;
    const char *views; /* N R RW WC X XR XRW XWC */
} allowed[] = {
    {MM_READONLY, "11010000"},          {MM_EXECUTE, "10001000"},   {MM_EXECUTE_READ, "11011100"},
    {MM_READWRITE, "11110000"},         {MM_WRITECOPY, "11010000"}, {MM_EXECUTE_READWRITE, "11111111"},
    {MM_EXECUTE_WRITECOPY, "11011101"},
};
static const uint32_t view_protects[] = {
    PAGE_NOACCESS, PAGE_READONLY,     PAGE_READWRITE,         PAGE_WRITECOPY,
    PAGE_EXECUTE,  PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY,
};

START_TEST(protections_of_views)
{
    struct fixture x;
    int row = _i / PAGING_FORMAT_COUNT;
    open_fixture(&x, _i % PAGING_FORMAT_COUNT);
    mm_section section = make_data_section(&x.w, 0, allowed[row].section);
    for (int i = 0; i < N_ELEMENTS(view_protects); i++) {
        va_t base = 0;
        bool may = allowed[row].views[i] == '1';
        ntstatus_t status = map_part(&x.w, x.p, section, &base, 0, 0, 0, view_protects[i]);
        ck_assert_msg(status == (may ? STATUS_SUCCESS : STATUS_SECTION_PROTECTION), "section %u, view %#x: %#x",
                      allowed[row].section, view_protects[i], status);
        check_laws(&x.w);
        if (may)
            ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, base), STATUS_SUCCESS);
    }
    mm_section_close(x.w.mm, section);
    close_fixture(&x);
}
END_TEST

START_TEST(protecting_pages_of_a_view)
{
    static const struct {
        uint32_t view, wanted;
        ntstatus_t status;
        uint32_t got;
    } rows[] = {
        {PAGE_READWRITE, PAGE_READONLY, STATUS_SUCCESS, PAGE_READONLY},
        {PAGE_READWRITE, PAGE_NOACCESS, STATUS_SUCCESS, PAGE_NOACCESS},
        {PAGE_READWRITE, PAGE_WRITECOPY, STATUS_SUCCESS, PAGE_WRITECOPY},
        {PAGE_READWRITE, PAGE_EXECUTE_READ, STATUS_SECTION_PROTECTION, 0},
        {PAGE_READWRITE, PAGE_READWRITE | PAGE_NOCACHE, STATUS_INVALID_PARAMETER_4, 0},
        {PAGE_READONLY, PAGE_READWRITE, STATUS_SECTION_PROTECTION, 0},
        {PAGE_READONLY, PAGE_WRITECOPY, STATUS_SUCCESS, PAGE_WRITECOPY},
        {PAGE_WRITECOPY, PAGE_READWRITE, STATUS_SUCCESS, PAGE_WRITECOPY},
        {PAGE_WRITECOPY, PAGE_READONLY, STATUS_SUCCESS, PAGE_READONLY},
    };
    struct fixture x;
    open_fixture(&x, _i);
    mm_section section = make_data_section(&x.w, 0, MM_READWRITE);
    for (int i = 0; i < N_ELEMENTS(rows); i++)
        for (unsigned touched = 0; touched < 2; touched++) {
            struct mm_region region;
            uint32_t old = 0;
            uint64_t size = 2 * PAGE;
            va_t view = map_data(&x.w, x.p, section, 0, rows[i].view), base = view + PAGE + 1;
            if (touched)
                read_byte(&x.w, x.p, view + 2 * PAGE);
            ntstatus_t status = mm_protect(x.w.mm, x.p, &base, &size, rows[i].wanted, &old);
            ck_assert_msg(status == rows[i].status, "%#x as %#x: %#x", rows[i].view, rows[i].wanted, status);
            check_laws(&x.w);
            if (status == STATUS_SUCCESS) {
                ck_assert_uint_eq(old, rows[i].view);
                ck_assert_uint_eq(mm_query(x.w.mm, x.p, view + PAGE, &region), STATUS_SUCCESS);
                ck_assert_uint_eq(region.protect, rows[i].got);
                ck_assert_uint_eq(region.size, rows[i].got == rows[i].view ? 20 * PAGE : 3 * PAGE);
                ck_assert_uint_eq(region.type, MEM_MAPPED);
                ck_assert_uint_eq(region.allocation_protect, rows[i].view);
            }
            ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, view), STATUS_SUCCESS);
            check_laws(&x.w);
        }
    mm_section_close(x.w.mm, section);
    close_fixture(&x);
}
END_TEST

/* --- Mapping ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    struct mm_map_request request;
    ntstatus_t status;
    uint64_t size;
} mappings[] = {
    {"all", {.inherit = 2, .protect = PAGE_READWRITE}, STATUS_SUCCESS, 21 * PAGE},
    {"from an offset", {.inherit = 1, .protect = PAGE_READONLY, .offset = 0x10000}, STATUS_SUCCESS, 5 * PAGE},
    {"a part", {.inherit = 1, .protect = PAGE_READONLY, .view_size = 5000}, STATUS_SUCCESS, 2 * PAGE},
    {"high", {.inherit = 1, .protect = PAGE_READONLY, .allocation_type = MEM_TOP_DOWN}, STATUS_SUCCESS, 21 * PAGE},
    {"there", {.inherit = 1, .protect = PAGE_READONLY, .base = HERE}, STATUS_SUCCESS, 21 * PAGE},
    {"at a page",
     {.inherit = 1, .protect = PAGE_READONLY, .base = HERE + PAGE, .allocation_type = MEM_DOS_LIM},
     STATUS_SUCCESS,
     21 * PAGE},
    {"inherit 0", {.inherit = 0, .protect = 0, .allocation_type = 1}, STATUS_INVALID_PARAMETER_8, 0},
    {"inherit 3", {.inherit = 3, .protect = PAGE_READONLY}, STATUS_INVALID_PARAMETER_8, 0},
    {"type", {.inherit = 1, .protect = 0, .allocation_type = MEM_RESET}, STATUS_INVALID_PARAMETER_9, 0},
    {"protection", {.inherit = 1, .protect = 3, .base = UINT64_MAX}, STATUS_INVALID_PAGE_PROTECTION, 0},
    {"base", {.inherit = 1, .protect = PAGE_READONLY, .base = UINT64_MAX - 0xffff}, STATUS_INVALID_PARAMETER_3, 0},
    {"view wraps",
     {.inherit = 1, .protect = PAGE_READONLY, .base = HERE, .view_size = UINT64_MAX - PAGE},
     STATUS_INVALID_PARAMETER_3,
     0},
    {"zero bits", {.inherit = 1, .protect = PAGE_READONLY, .zero_bits = 22}, STATUS_INVALID_PARAMETER_4, 0},
    {"zero bits and base",
     {.inherit = 1, .protect = PAGE_READONLY, .zero_bits = 8, .base = HERE, .offset = 1},
     STATUS_INVALID_PARAMETER_4,
     0},
    {"base's alignment",
     {.inherit = 1, .protect = PAGE_READONLY, .base = HERE + PAGE, .commit_size = 1u << 30},
     STATUS_MAPPED_ALIGNMENT,
     0},
    {"offset's alignment", {.inherit = 1, .protect = PAGE_READONLY, .offset = PAGE}, STATUS_MAPPED_ALIGNMENT, 0},
    {"commit size",
     {.inherit = 1, .protect = PAGE_READONLY, .commit_size = PAGE + 1, .view_size = PAGE},
     STATUS_INVALID_PARAMETER_5,
     0},
    {"beyond the end",
     {.inherit = 1, .protect = PAGE_EXECUTE_READWRITE, .view_size = FILE_SIZE + 1},
     STATUS_INVALID_VIEW_SIZE,
     0},
    {"offset beyond the end", {.inherit = 1, .protect = PAGE_READONLY, .offset = 0x20000}, STATUS_INVALID_VIEW_SIZE, 0},
    {"not compatible", {.inherit = 1, .protect = PAGE_EXECUTE_READ, .base = IMAGE_BASE}, STATUS_SECTION_PROTECTION, 0},
    {"taken", {.inherit = 1, .protect = PAGE_READONLY, .base = IMAGE_BASE}, STATUS_CONFLICTING_ADDRESSES, 0},
    {"first 64 KB",
     {.inherit = 1, .protect = PAGE_READONLY, .base = PAGE, .allocation_type = MEM_DOS_LIM},
     STATUS_CONFLICTING_ADDRESSES,
     0},
    {"no room below", {.inherit = 1, .protect = PAGE_READONLY, .zero_bits = 15}, STATUS_NO_MEMORY, 0},
};

START_TEST(mapping)
{
    struct fixture x;
    int row = _i / PAGING_FORMAT_COUNT;
    open_fixture(&x, _i % PAGING_FORMAT_COUNT);
    allocate_at(&x.w, x.p, IMAGE_BASE + 0x10000, PAGE, MEM_RESERVE, PAGE_READWRITE);
    mm_section section = make_data_section(&x.w, 0, MM_READWRITE);
    struct mm_map_request request = mappings[row].request;
    ntstatus_t status = mm_map_view(x.w.mm, x.p, section, &request);
    ck_assert_msg(status == mappings[row].status, "%s: %#x", mappings[row].name, status);
    check_laws(&x.w);
    if (status == STATUS_SUCCESS) {
        ck_assert_uint_eq(request.view_size, mappings[row].size);
        if (mappings[row].request.base)
            ck_assert_uint_eq(request.base, mappings[row].request.base);
        struct mm_vad_info info;
        ck_assert(mm_vad_at(x.w.mm, x.p, request.base, &info));
        ck_assert_str_eq(info.kind, "mapped");
        ck_assert_uint_eq(info.file, DATA_FILE);
        ck_assert_uint_eq(info.offset, mappings[row].request.offset);
        ck_assert_uint_eq(read_byte(&x.w, x.p, request.base + 3), data_byte(request.offset + 3));
    } else {
        ck_assert_int_eq(memcmp(&request, &mappings[row].request, sizeof request), 0);
    }
    ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, IMAGE_BASE + 0x10000), STATUS_NOT_MAPPED_VIEW);
    mm_section_close(x.w.mm, section);
    close_fixture(&x);
}
END_TEST

START_TEST(mapping_with_reserve)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    mm_section file = make_data_section(&x.w, 0, MM_READWRITE), read_only = make_data_section(&x.w, 0, MM_READONLY);
    mm_section memory = make_pagefile_section(&x.w, PAGE, SEC_COMMIT);
    va_t base = 0;
    ck_assert_uint_eq(map_part(&x.w, x.p, memory, &base, 0, PAGE, MEM_RESERVE, PAGE_READWRITE),
                      STATUS_INVALID_PARAMETER_9);
    ck_assert_uint_eq(map_part(&x.w, x.p, read_only, &base, 0, 64 * PAGE, MEM_RESERVE, PAGE_READONLY),
                      STATUS_SECTION_PROTECTION);
    ck_assert_uint_eq(map_part(&x.w, x.p, file, &base, 0, 64 * PAGE, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    ck_assert_uint_eq(read_byte(&x.w, x.p, base + 20 * PAGE), data_byte(20 * PAGE));
    ck_assert_int_eq(touch(&x.w, x.p, base + 21 * PAGE, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
    struct mm_region region;
    ck_assert_uint_eq(mm_query(x.w.mm, x.p, base, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.size, 21 * PAGE);
    ck_assert_uint_eq(mm_query(x.w.mm, x.p, base + 30 * PAGE, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.state, MEM_RESERVE);
    ck_assert_uint_eq(region.size, 34 * PAGE);
    uint64_t size = x.w.file[0].size = 40 * PAGE; /* longer: such a view grows */
    ck_assert_uint_eq(mm_section_extend(x.w.mm, file, &size), STATUS_SUCCESS);
    ck_assert_uint_eq(read_byte(&x.w, x.p, base + 39 * PAGE), data_byte(39 * PAGE));
    ck_assert_int_eq(touch(&x.w, x.p, base + 40 * PAGE, MMU_WRITE, &f), MM_FAULT_RAISE);
    mm_section_close(x.w.mm, file);
    mm_section_close(x.w.mm, read_only);
    mm_section_close(x.w.mm, memory);
    close_fixture(&x);
}
END_TEST

START_TEST(extension)
{
    struct fixture x;
    struct mm_section_info info;
    open_fixture(&x, _i);
    mm_section file = make_data_section(&x.w, 0, MM_READWRITE), memory = make_pagefile_section(&x.w, PAGE, SEC_COMMIT);
    mm_section image = make_section(&x.w);
    uint64_t size = 10;
    ck_assert_uint_eq(mm_section_extend(x.w.mm, memory, &size), STATUS_SECTION_NOT_EXTENDED);
    ck_assert_uint_eq(mm_section_extend(x.w.mm, image, &size), STATUS_SECTION_NOT_EXTENDED);
    ck_assert_uint_eq(mm_section_extend(x.w.mm, file, &size), STATUS_SUCCESS);
    ck_assert_uint_eq(size, FILE_SIZE); /* a smaller one asks what it is */
    va_t view = map_data(&x.w, x.p, file, 0, PAGE_READWRITE);
    x.w.file[0].size = size = FILE_SIZE + PAGE;
    ck_assert_uint_eq(mm_section_extend(x.w.mm, file, &size), STATUS_SUCCESS);
    mm_section_query(x.w.mm, file, &info);
    ck_assert_uint_eq(info.size, FILE_SIZE + PAGE);
    struct mm_region region;
    ck_assert_uint_eq(mm_query(x.w.mm, x.p, view, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.size, 21 * PAGE); /* views do not grow */
    va_t other = map_data(&x.w, x.p, file, 0, PAGE_READWRITE);
    ck_assert_uint_eq(read_byte(&x.w, x.p, other + FILE_SIZE + PAGE - 1), data_byte(FILE_SIZE + PAGE - 1));
    mm_section_close(x.w.mm, file);
    mm_section_close(x.w.mm, memory);
    mm_section_close(x.w.mm, image);
    close_fixture(&x);
}
END_TEST

START_TEST(based_sections)
{
    struct fixture x;
    struct mm_section_info a, b, c;
    open_fixture(&x, _i);
    mm_section one = make_pagefile_section(&x.w, 3 * PAGE, SEC_COMMIT | SEC_BASED);
    mm_section two = make_pagefile_section(&x.w, 0x20000, SEC_COMMIT | SEC_BASED);
    mm_section_query(x.w.mm, one, &a);
    mm_section_query(x.w.mm, two, &b);
    va_t limit = (x.w.mm->config.highest_user_address + 1 - (8 << 20)) & ~UINT64_C(0xffff);
    ck_assert_uint_eq(a.based_address, limit - 0x10000);
    ck_assert_uint_eq(b.based_address, limit - 0x30000);
    ck_assert_uint_eq(map_data(&x.w, x.p, two, 0, PAGE_READWRITE), b.based_address);
    va_t again = HERE;
    ck_assert_uint_eq(map_part(&x.w, x.p, two, &again, 0, 0, 0, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    mm_section_close(x.w.mm, one);
    mm_section three = make_pagefile_section(&x.w, PAGE, SEC_COMMIT | SEC_BASED); /* the place is free again */
    mm_section_query(x.w.mm, three, &c);
    ck_assert_uint_eq(c.based_address, a.based_address);
    mm_section_close(x.w.mm, two);
    mm_section_close(x.w.mm, three);
    close_fixture(&x);
}
END_TEST

/* --- Attributes ----------------------------------------------------------------------------------------------- */

START_TEST(reserved_pages_are_committed_through_a_view)
{
    struct fixture x;
    struct mm_fault f;
    struct mm_region region;
    struct mm_counters before, after;
    open_fixture(&x, _i);
    mm_process q = new_process(&x.w, PTE_NX_ON);
    mm_section section = make_pagefile_section(&x.w, UINT64_C(1) << 30, SEC_RESERVE);
    va_t mine = map_data(&x.w, x.p, section, 0, PAGE_READWRITE), theirs = map_data(&x.w, q, section, 0, PAGE_READWRITE);
    mm_query_counters(x.w.mm, &before);
    ck_assert_int_eq(touch(&x.w, x.p, mine, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(mm_query(x.w.mm, x.p, mine, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.state, MEM_RESERVE);
    ck_assert_uint_eq(region.size, UINT64_C(1) << 30);
    va_t base = mine + 600 * PAGE;
    uint64_t size = 3 * PAGE;
    uint32_t old;
    ck_assert_uint_eq(mm_protect(x.w.mm, x.p, &base, &size, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
    ck_assert_uint_eq(allocate(&x.w, x.p, &base, &size, MEM_COMMIT, PAGE_EXECUTE_READWRITE), STATUS_SECTION_PROTECTION);
    ck_assert_uint_eq(allocate(&x.w, x.p, &base, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    check_laws(&x.w);
    mm_query_counters(x.w.mm, &after);
    ck_assert_uint_eq(mi_area(x.w.mm, section_area(&x.w, section))->commit, 3);
    write_byte(&x.w, x.p, base + 5, 9);
    ck_assert_uint_eq(read_byte(&x.w, q, theirs + 600 * PAGE + 5), 9); /* in all views */
    ck_assert_int_eq(touch(&x.w, q, theirs + 603 * PAGE, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(mm_query(x.w.mm, q, theirs + 600 * PAGE, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.state, MEM_COMMIT);
    ck_assert_uint_eq(region.size, 3 * PAGE);
    ck_assert_uint_eq(mm_query(x.w.mm, q, theirs + 603 * PAGE, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.state, MEM_RESERVE);
    ck_assert_uint_eq(region.size, (UINT64_C(1) << 30) - 603 * PAGE);
    ck_assert_uint_eq(mm_free(x.w.mm, x.p, &base, &size, MEM_DECOMMIT), STATUS_UNABLE_TO_DELETE_SECTION);
    base = mine + 601 * PAGE;
    size = 4 * PAGE;
    ck_assert_uint_eq(allocate(&x.w, x.p, &base, &size, MEM_COMMIT, PAGE_READONLY), STATUS_SUCCESS); /* overlaps */
    check_laws(&x.w);
    ck_assert_uint_eq(mi_area(x.w.mm, section_area(&x.w, section))->commit, 5);
    ck_assert_int_eq(touch(&x.w, x.p, base, MMU_WRITE, &f), MM_FAULT_RAISE); /* the protection is the view's own */
    write_byte(&x.w, q, theirs + 601 * PAGE, 1);
    struct mm_map_request part = {.inherit = 1, .protect = PAGE_READWRITE, .view_size = 0x20000, .commit_size = 5000};
    ck_assert_uint_eq(mm_map_view(x.w.mm, q, section, &part), STATUS_SUCCESS);
    ck_assert_uint_eq(mi_area(x.w.mm, section_area(&x.w, section))->commit, 7);
    write_byte(&x.w, q, part.base + PAGE, 1);
    check_laws(&x.w);
    end_process(&x.w, q);
    ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, mine), STATUS_SUCCESS);
    mm_section_close(x.w.mm, section);
    mm_query_counters(x.w.mm, &after);
    ck_assert_uint_le(after.committed, before.committed);
    close_fixture(&x);
}
END_TEST

START_TEST(committed_sections_and_files_are_committed)
{
    struct fixture x;
    open_fixture(&x, _i);
    mm_section file = make_data_section(&x.w, 0, MM_READWRITE), memory = make_pagefile_section(&x.w, PAGE, SEC_COMMIT);
    va_t at[2] = {map_data(&x.w, x.p, file, 0, PAGE_READWRITE), map_data(&x.w, x.p, memory, 0, PAGE_READWRITE)};
    for (unsigned i = 0; i < 2; i++) {
        va_t base = at[i];
        uint64_t size = PAGE;
        ck_assert_uint_eq(allocate(&x.w, x.p, &base, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_ALREADY_COMMITTED);
        ck_assert_uint_eq(allocate(&x.w, x.p, &base, &size, MEM_RESET, PAGE_READWRITE),
                          i ? STATUS_SUCCESS : STATUS_USER_MAPPED_FILE);
        ck_assert_uint_eq(mm_free(x.w.mm, x.p, &base, &size, MEM_DECOMMIT), STATUS_UNABLE_TO_DELETE_SECTION);
        size = 0;
        ck_assert_uint_eq(mm_free(x.w.mm, x.p, &base, &size, MEM_RELEASE), STATUS_UNABLE_TO_DELETE_SECTION);
    }
    mm_section_close(x.w.mm, file);
    mm_section_close(x.w.mm, memory);
    close_fixture(&x);
}
END_TEST

START_TEST(no_cache_and_no_change)
{
    struct fixture x;
    struct mm_region region;
    open_fixture(&x, _i);
    mm_section section = make_pagefile_section(&x.w, PAGE, SEC_COMMIT | SEC_NOCACHE | SEC_NO_CHANGE);
    va_t view = map_data(&x.w, x.p, section, 0, PAGE_READWRITE), base = view;
    ck_assert_uint_eq(mm_query(x.w.mm, x.p, view, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.protect, PAGE_READWRITE | PAGE_NOCACHE);
    write_byte(&x.w, x.p, view, 1);
    ck_assert_uint_eq(pte_word(&x.w, x.p, view) & 0x10, 0x10); /* CD */
    uint64_t size = PAGE;
    uint32_t old;
    ck_assert_uint_eq(mm_protect(x.w.mm, x.p, &base, &size, PAGE_READONLY, &old), STATUS_INVALID_PAGE_PROTECTION);
    ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, view), STATUS_SUCCESS);
    mm_section_close(x.w.mm, section);
    close_fixture(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/section_calls");
    TCase *tc = tcase_create("calls");
    tcase_add_loop_test(tc, creation, 0, N_ELEMENTS(creations) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, creation_without_room, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, protections_of_views, 0, N_ELEMENTS(allowed) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, protecting_pages_of_a_view, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, mapping, 0, N_ELEMENTS(mappings) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, mapping_with_reserve, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, extension, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, based_sections, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, reserved_pages_are_committed_through_a_view, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, committed_sections_and_files_are_committed, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, no_cache_and_no_change, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
