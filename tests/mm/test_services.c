/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_services.c - allocate, free, protect, query: arguments and statuses as nt-reference 5.3 to 5.6 gives them. */
#include "tests/mm/support.h"

#define COMMIT_ALL (MEM_RESERVE | MEM_COMMIT)

/* --- Allocate: arguments ----------------------------------------------------------------------------------- */

/* HERE has 64 KB committed, 20000000 has 64 KB reserved, an image is at IMAGE_BASE. */
static mm_process open_populated(struct world *w, int format)
{
    world_open(w, format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, HERE, 64 * K, COMMIT_ALL, PAGE_READWRITE);
    allocate_at(w, p, 0x20000000, 64 * K, MEM_RESERVE, PAGE_READWRITE);
    mm_section section = make_section(w);
    map_section(w, p, section);
    mm_section_close(w->mm, section);
    ck_assert_uint_eq(mm_allocate_secured(w->mm, p, 0x7FFDF000, PAGE), STATUS_SUCCESS);
    return p;
}

static const struct {
    const char *name;
    va_t base;
    uint64_t size;
    unsigned zero_bits;
    uint32_t type, protect;
    ntstatus_t status;
    va_t base_out;
    uint64_t size_out;
} allocations[] = {
    /* the samples of 5.3 */
    {"sample 1", 0x50000000, 1, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x50000000, 0x1000},
    {"sample 2", 0x50008000, 1, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x50000000, 0x9000},
    {"sample 3", 0x50000010, 0x1000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x50000000, 0x2000},
    {"sample 4", 0x5000FFFF, 0x3000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x50000000, 0x13000},
    {"sample 5", 0x50001010, 0xC000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x50000000, 0xE000},
    {"rounded to 0", 0xF000, 0x1000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_2, 0, 0},
    {"busy", 0x20000000, 0x1000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_CONFLICTING_ADDRESSES, 0, 0},
    {"busy by rounding", 0x20018000, 0x1000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x20010000, 0x9000},
    {"busy at its end", 0x1FFF0000, 0x10001, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_CONFLICTING_ADDRESSES, 0, 0},
    {"up to its start", 0x1FFF0000, 0x10000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x1FFF0000, 0x10000},
    {"reserve over an image", IMAGE_BASE + 0x3000, 0x1000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_CONFLICTING_ADDRESSES,
     0, 0},
    /* types */
    {"no type", 0, 0x1000, 0, 0, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, 0, 0},
    {"top-down alone", 0, 0x1000, 0, MEM_TOP_DOWN, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, 0, 0},
    {"unknown type", 0, 0x1000, 0, MEM_RESERVE | 1, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, 0, 0},
    {"release as a type", 0, 0x1000, 0, MEM_RESERVE | MEM_RELEASE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, 0, 0},
    {"reset with another", HERE, 0x1000, 0, MEM_RESET | MEM_COMMIT, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, 0, 0},
    {"large without commit", 0, 0x400000, 0, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5,
     0, 0},
    {"large with write watch", 0, 0x400000, 0, COMMIT_ALL | MEM_LARGE_PAGES | MEM_WRITE_WATCH, PAGE_READWRITE,
     STATUS_INVALID_PARAMETER_5, 0, 0},
    {"large", 0, 0x400000, 0, COMMIT_ALL | MEM_LARGE_PAGES, PAGE_READWRITE, STATUS_PRIVILEGE_NOT_HELD, 0, 0},
    {"write watch without reserve", HERE, 0x1000, 0, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE,
     STATUS_INVALID_PARAMETER_5, 0, 0},
    {"physical without reserve", HERE, 0x1000, 0, MEM_COMMIT | MEM_PHYSICAL, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5,
     0, 0},
    {"physical with commit", 0, 0x1000, 0, COMMIT_ALL | MEM_PHYSICAL, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5, 0, 0},
    {"physical read-only", 0, 0x1000, 0, MEM_RESERVE | MEM_PHYSICAL, PAGE_READONLY, STATUS_INVALID_PARAMETER_6, 0, 0},
    {"physical", 0, 0x1000, 0, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE, STATUS_MM_NOT_MODELLED, 0, 0},
    /* protections */
    {"no protection", 0, 0x1000, 0, MEM_RESERVE, 0, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"two protections", 0, 0x1000, 0, MEM_RESERVE, PAGE_READONLY | PAGE_READWRITE, STATUS_INVALID_PAGE_PROTECTION, 0,
     0},
    {"guard of no access", 0, 0x1000, 0, COMMIT_ALL, PAGE_NOACCESS | PAGE_GUARD, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"reset with a bad one", HERE, 0x1000, 0, MEM_RESET, 0x1000, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"write-copy reserve", 0, 0x1000, 0, MEM_RESERVE, PAGE_WRITECOPY, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"write-copy commit", HERE, 0x1000, 0, MEM_COMMIT, PAGE_EXECUTE_WRITECOPY, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"read-only write-combine", 0x50000000, 0x1000, 0, COMMIT_ALL, PAGE_READONLY | PAGE_WRITECOMBINE, STATUS_SUCCESS,
     0x50000000, 0x1000},
    /* range */
    {"size 0", 0x50000000, 0, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_4, 0, 0},
    {"larger than all", 0x50000000, UINT64_MAX, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_4, 0, 0},
    {"base in the system", UINT64_MAX - 0xFFF, 1, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_2, 0, 0},
    {"zero bits 99", 0, 0x1000, 99, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_3, 0, 0},
    {"zero bits against base", 0x50000000, 0x1000, 4, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_3, 0, 0},
    {"zero bits with no room", 0, 0x1000000, 8, MEM_RESERVE, PAGE_READWRITE, STATUS_NO_MEMORY, 0, 0},
    /* commit */
    {"commit what is free", 0x50000000, 0x1000, 0, MEM_COMMIT, PAGE_READWRITE, STATUS_CONFLICTING_ADDRESSES, 0, 0},
    {"commit past the end", 0x2000F000, 0x1001, 0, MEM_COMMIT, PAGE_READWRITE, STATUS_CONFLICTING_ADDRESSES, 0, 0},
    {"commit two bytes of two pages", 0x20000FFF, 2, 0, MEM_COMMIT, PAGE_READWRITE, STATUS_SUCCESS, 0x20000000, 0x2000},
    {"commit again", HERE + 0x1234, 1, 0, MEM_COMMIT, PAGE_READONLY, STATUS_SUCCESS, HERE + 0x1000, 0x1000},
    {"commit in an image", IMAGE_BASE, 0x1000, 0, MEM_COMMIT, PAGE_READWRITE, STATUS_ALREADY_COMMITTED, 0, 0},
    {"commit beyond the limit", 0x50000000, 0x20000000, 0, COMMIT_ALL, PAGE_READWRITE, STATUS_COMMITMENT_LIMIT, 0, 0},
    {"reserve as much", 0x50000000, 0x20000000, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS, 0x50000000, 0x20000000},
    {"reset", HERE + 1, 0x1000, 0, MEM_RESET, PAGE_NOACCESS, STATUS_SUCCESS, HERE, 0x2000},
    {"reset past the end", HERE, 0x10001, 0, MEM_RESET, PAGE_READWRITE, STATUS_CONFLICTING_ADDRESSES, 0, 0},
};

START_TEST(allocate_arguments)
{
    struct world w;
    int row = _i / PAGING_FORMAT_COUNT;
    mm_process p = open_populated(&w, _i % PAGING_FORMAT_COUNT);
    struct mm_allocation request = {allocations[row].base, allocations[row].size, allocations[row].zero_bits,
                                    allocations[row].type, allocations[row].protect};
    ntstatus_t status = mm_allocate(w.mm, p, &request);
    ck_assert_msg(status == allocations[row].status, "%s: %#x", allocations[row].name, status);
    if (status == STATUS_SUCCESS) {
        ck_assert_msg(request.base == allocations[row].base_out && request.size == allocations[row].size_out,
                      "%s: %#" PRIx64 ", %#" PRIx64, allocations[row].name, request.base, request.size);
    } else {
        ck_assert_uint_eq(request.base, allocations[row].base);
        ck_assert_uint_eq(request.size, allocations[row].size);
    }
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(places)
{
    struct world w;
    va_t low = 0, high = 0, next = 0;
    uint64_t size = PAGE;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    ck_assert_uint_eq(allocate(&w, p, &low, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS); /* implies reserve */
    ck_assert_uint_eq(low, 0x10000);
    ck_assert_uint_eq(allocate(&w, p, &next, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    ck_assert_uint_eq(next, 0x20000);
    ck_assert_uint_eq(allocate(&w, p, &high, &size, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE), STATUS_SUCCESS);
    ck_assert_uint_eq(high, _i == PAGING_X64 ? UINT64_C(0x7FFFFFD0000) : 0x7FFD0000);
    struct mm_allocation request = {
        .size = PAGE, .zero_bits = 8, .type = MEM_RESERVE | MEM_TOP_DOWN, .protect = PAGE_READWRITE};
    ck_assert_uint_eq(mm_allocate(w.mm, p, &request), STATUS_SUCCESS);
    ck_assert_uint_eq(request.base, 0x00FF0000);
    /* Boundaries: the last place of all, and one page more. */
    va_t last = w.mm->config.highest_user_address - 64 * K + 1;
    va_t base = last - 2 * PAGE;
    size = PAGE;
    ntstatus_t status = allocate(&w, p, &base, &size, MEM_RESERVE, PAGE_READWRITE);
    ck_assert_uint_eq(status, STATUS_CONFLICTING_ADDRESSES); /* rounds down into the top-down one */
    base = last;
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Free -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    va_t base;
    uint64_t size;
    uint32_t type;
    ntstatus_t status;
    va_t base_out;
    uint64_t size_out;
} frees[] = {
    {"both types", HERE, 0, MEM_DECOMMIT | MEM_RELEASE, STATUS_INVALID_PARAMETER_4, 0, 0},
    {"no type", HERE, 0, 0, STATUS_INVALID_PARAMETER_4, 0, 0},
    {"base in the system", UINT64_MAX - 0xFFF, 0, MEM_RELEASE, STATUS_INVALID_PARAMETER_2, 0, 0},
    {"too large", HERE, UINT64_MAX, MEM_RELEASE, STATUS_INVALID_PARAMETER_3, 0, 0},
    {"nothing there", 0x50000000, 0, MEM_RELEASE, STATUS_MEMORY_NOT_ALLOCATED, 0, 0},
    {"past the end", HERE, 0x10001, MEM_RELEASE, STATUS_UNABLE_TO_FREE_VM, 0, 0},
    {"an image", IMAGE_BASE, 0, MEM_RELEASE, STATUS_UNABLE_TO_DELETE_SECTION, 0, 0},
    {"secured", 0x7FFDF000, 0, MEM_RELEASE, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"secured, decommit", 0x7FFDF000, PAGE, MEM_DECOMMIT, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"release not at base", HERE + PAGE, 0, MEM_RELEASE, STATUS_FREE_VM_NOT_AT_BASE, 0, 0},
    {"decommit not at base", HERE + PAGE, 0, MEM_DECOMMIT, STATUS_FREE_VM_NOT_AT_BASE, 0, 0},
    {"release all", HERE, 0, MEM_RELEASE, STATUS_SUCCESS, HERE, 0x10000},
    {"release all, in the first page", HERE + 5, 0, MEM_RELEASE, STATUS_SUCCESS, HERE, 0x10000},
    {"decommit all", HERE, 0, MEM_DECOMMIT, STATUS_SUCCESS, HERE, 0x10000},
    {"decommit what is not committed", 0x20000000, 0, MEM_DECOMMIT, STATUS_SUCCESS, 0x20000000, 0x10000},
    {"release two bytes of two pages", HERE + 0xFFF, 2, MEM_RELEASE, STATUS_SUCCESS, HERE, 0x2000},
    {"decommit one byte", HERE + 0x3456, 1, MEM_DECOMMIT, STATUS_SUCCESS, HERE + 0x3000, 0x1000},
};

START_TEST(free_arguments)
{
    struct world w;
    int row = _i / PAGING_FORMAT_COUNT;
    mm_process p = open_populated(&w, _i % PAGING_FORMAT_COUNT);
    va_t base = frees[row].base;
    uint64_t size = frees[row].size;
    ntstatus_t status = mm_free(w.mm, p, &base, &size, frees[row].type);
    bool good = status == STATUS_SUCCESS;
    ck_assert_msg(status == frees[row].status, "%s: %#x", frees[row].name, status);
    ck_assert_uint_eq(base, good ? frees[row].base_out : frees[row].base);
    ck_assert_uint_eq(size, good ? frees[row].size_out : frees[row].size);
    check_laws(&w);
    world_close(&w);
}
END_TEST

static void expect_region(struct world *w, mm_process p, va_t va, struct mm_region want)
{
    struct mm_region got;
    ck_assert_uint_eq(mm_query(w->mm, p, va, &got), STATUS_SUCCESS);
    ck_assert_msg(
        got.base == want.base && got.size == want.size && got.allocation_base == want.allocation_base &&
            got.allocation_protect == want.allocation_protect && got.state == want.state &&
            got.protect == want.protect && got.type == want.type,
        "%#" PRIx64 ": base %#" PRIx64 " size %#" PRIx64 " from %#" PRIx64 " (%#x), state %#x protect %#x type %#x", va,
        got.base, got.size, got.allocation_base, got.allocation_protect, got.state, got.protect, got.type);
}

static struct mm_region committed(va_t base, uint64_t pages, va_t allocation, uint32_t protect)
{
    return (struct mm_region){base, allocation, PAGE_READWRITE, MEM_COMMIT, protect, MEM_PRIVATE, pages * PAGE};
}

START_TEST(a_released_middle_leaves_two)
{
    struct world w;
    mm_process p = open_populated(&w, _i);
    va_t base = HERE + 4 * PAGE;
    uint64_t size = 3 * PAGE;
    for (unsigned i = 0; i < 16; i++)
        write_byte(&w, p, HERE + i * PAGE, (uint8_t)i);
    mm_fail_objects_after(w.mm, 0);
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_INSUFFICIENT_RESOURCES);
    mm_fail_objects_after(w.mm, UINT32_MAX);
    ck_assert_uint_eq(read_byte(&w, p, HERE + 5 * PAGE), 5);
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
    check_laws(&w);
    expect_region(&w, p, HERE, committed(HERE, 4, HERE, PAGE_READWRITE));
    expect_region(
        &w, p, HERE + 4 * PAGE,
        (struct mm_region){.base = HERE + 4 * PAGE, .size = 3 * PAGE, .state = MEM_FREE, .protect = PAGE_NOACCESS});
    expect_region(&w, p, HERE + 7 * PAGE, committed(HERE + 7 * PAGE, 9, HERE + 7 * PAGE, PAGE_READWRITE));
    for (unsigned i = 0; i < 16; i++)
        if (i < 4 || i > 6)
            ck_assert_uint_eq(read_byte(&w, p, HERE + i * PAGE), i);
    size = 0;
    base = HERE + 7 * PAGE;
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_decommitted_page_comes_back_zeroed)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_populated(&w, _i);
    va_t base = HERE + PAGE;
    uint64_t size = PAGE;
    struct mm_process_counters before, after;
    write_byte(&w, p, HERE + PAGE, 9);
    mm_process_query(w.mm, p, &before);
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    mm_process_query(w.mm, p, &after);
    ck_assert_uint_eq(after.commit_charge, before.commit_charge - 1);
    ck_assert_uint_eq(pte_word(&w, p, HERE + PAGE), 0x200); /* MM_DECOMMIT */
    ck_assert_int_eq(touch(&w, p, HERE + PAGE, MMU_READ, &f), MM_FAULT_RAISE);
    expect_region(&w, p, HERE, committed(HERE, 1, HERE, PAGE_READWRITE));
    expect_region(&w, p, HERE + PAGE,
                  (struct mm_region){HERE + PAGE, HERE, PAGE_READWRITE, MEM_RESERVE, 0, MEM_PRIVATE, PAGE});
    expect_region(&w, p, HERE + 2 * PAGE, committed(HERE + 2 * PAGE, 14, HERE, PAGE_READWRITE));
    allocate_at(&w, p, HERE + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    ck_assert_uint_eq(read_byte(&w, p, HERE + PAGE), 0);
    expect_region(&w, p, HERE, committed(HERE, 16, HERE, PAGE_READWRITE)); /* one run again */
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Protect ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    va_t base;
    uint64_t size;
    uint32_t protect;
    ntstatus_t status;
    uint32_t old, now;
} protections[] = {
    {"bad protection first", UINT64_MAX - 0xFFF, 1, 0, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"base in the system", UINT64_MAX - 0xFFF, 1, PAGE_READONLY, STATUS_INVALID_PARAMETER_2, 0, 0},
    {"size 0", HERE, 0, PAGE_READONLY, STATUS_INVALID_PARAMETER_3, 0, 0},
    {"too large", HERE, UINT64_MAX, PAGE_READONLY, STATUS_INVALID_PARAMETER_3, 0, 0},
    {"nothing there", 0x50000000, PAGE, PAGE_READONLY, STATUS_CONFLICTING_ADDRESSES, 0, 0},
    {"past the end", HERE, 0x10001, PAGE_READONLY, STATUS_CONFLICTING_ADDRESSES, 0, 0},
    {"secured", 0x7FFDF000, PAGE, PAGE_READONLY, STATUS_INVALID_PAGE_PROTECTION, 0, 0},
    {"private write-copy", HERE, PAGE, PAGE_WRITECOPY, STATUS_INVALID_PARAMETER_4, 0, 0},
    {"reserved", 0x20000000, PAGE, PAGE_READONLY, STATUS_NOT_COMMITTED, 0, 0},
    {"image no-cache", IMAGE_BASE, PAGE, PAGE_READONLY | PAGE_NOCACHE, STATUS_INVALID_PARAMETER_4, 0, 0},
    {"read-only", HERE, PAGE, PAGE_READONLY, STATUS_SUCCESS, PAGE_READWRITE, PAGE_READONLY},
    {"one byte", HERE + 0xFFF, 1, PAGE_NOACCESS, STATUS_SUCCESS, PAGE_READWRITE, PAGE_NOACCESS},
    {"guard", HERE, 0x10000, PAGE_READWRITE | PAGE_GUARD, STATUS_SUCCESS, PAGE_READWRITE, PAGE_READWRITE | PAGE_GUARD},
    {"no-cache", HERE, PAGE, PAGE_READWRITE | PAGE_NOCACHE, STATUS_SUCCESS, PAGE_READWRITE,
     PAGE_READWRITE | PAGE_NOCACHE},
    {"image text writable", IMAGE_BASE + PAGE, PAGE, PAGE_EXECUTE_READWRITE, STATUS_SUCCESS, PAGE_EXECUTE_READ,
     PAGE_EXECUTE_WRITECOPY},
    {"image data", IMAGE_BASE + 4 * PAGE, PAGE, PAGE_READWRITE, STATUS_SUCCESS, PAGE_WRITECOPY, PAGE_WRITECOPY},
    {"image shared data", IMAGE_BASE + 8 * PAGE, PAGE, PAGE_READWRITE, STATUS_SUCCESS, PAGE_READWRITE, PAGE_READWRITE},
};

START_TEST(protect_arguments)
{
    struct world w;
    int row = _i / PAGING_FORMAT_COUNT;
    mm_process p = open_populated(&w, _i % PAGING_FORMAT_COUNT);
    va_t base = protections[row].base;
    uint64_t size = protections[row].size;
    uint32_t old = 0x5555;
    struct mm_region region;
    ntstatus_t status = mm_protect(w.mm, p, &base, &size, protections[row].protect, &old);
    ck_assert_msg(status == protections[row].status, "%s: %#x", protections[row].name, status);
    if (status == STATUS_SUCCESS) {
        ck_assert_uint_eq(old, protections[row].old);
        ck_assert_uint_eq(base & 0xFFF, 0);
        ck_assert_uint_eq(size & 0xFFF, 0);
        ck_assert_uint_eq(mm_query(w.mm, p, base, &region), STATUS_SUCCESS);
        ck_assert_msg(region.protect == protections[row].now, "%s: %#x", protections[row].name, region.protect);
        ck_assert_uint_eq(region.allocation_protect, base < HERE ? PAGE_EXECUTE_WRITECOPY : PAGE_READWRITE);
    } else {
        ck_assert_uint_eq(old, 0x5555);
        ck_assert_uint_eq(base, protections[row].base);
        ck_assert_uint_eq(size, protections[row].size);
    }
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_hole_stops_protect_before_anything_changes)
{
    struct world w;
    mm_process p = open_populated(&w, _i);
    va_t base = HERE + 3 * PAGE;
    uint64_t size = PAGE;
    uint32_t old;
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    base = HERE;
    size = 64 * K;
    ck_assert_uint_eq(mm_protect(w.mm, p, &base, &size, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
    expect_region(&w, p, HERE, committed(HERE, 3, HERE, PAGE_READWRITE));
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(commit_again_changes_the_protection)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_populated(&w, _i);
    write_byte(&w, p, HERE, 0x31);
    allocate_at(&w, p, HERE, PAGE, MEM_COMMIT, PAGE_READONLY);
    expect_region(&w, p, HERE, committed(HERE, 1, HERE, PAGE_READONLY));
    ck_assert_int_eq(touch(&w, p, HERE, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(read_byte(&w, p, HERE), 0x31);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Query ------------------------------------------------------------------------------------------------- */

START_TEST(regions)
{
    struct world w;
    struct mm_region region;
    mm_process p = open_populated(&w, _i);
    va_t highest = w.mm->config.highest_user_address;
    expect_region(&w, p, 0x123,
                  (struct mm_region){.base = 0, .size = IMAGE_BASE, .state = MEM_FREE, .protect = PAGE_NOACCESS});
    expect_region(&w, p, IMAGE_BASE,
                  (struct mm_region){IMAGE_BASE, IMAGE_BASE, 0x80, MEM_COMMIT, PAGE_READONLY, MEM_IMAGE, PAGE});
    expect_region(
        &w, p, IMAGE_BASE + PAGE,
        (struct mm_region){IMAGE_BASE + PAGE, IMAGE_BASE, 0x80, MEM_COMMIT, PAGE_EXECUTE_READ, MEM_IMAGE, 3 * PAGE});
    expect_region(&w, p, IMAGE_BASE + 2 * PAGE + 5,
                  (struct mm_region){IMAGE_BASE + 2 * PAGE, IMAGE_BASE, 0x80, MEM_COMMIT, PAGE_EXECUTE_READ, MEM_IMAGE,
                                     2 * PAGE});
    expect_region(&w, p, HERE, committed(HERE, 16, HERE, PAGE_READWRITE));
    expect_region(
        &w, p, HERE + 64 * K,
        (struct mm_region){
            .base = HERE + 64 * K, .size = 0x20000000 - HERE - 64 * K, .state = MEM_FREE, .protect = PAGE_NOACCESS});
    expect_region(&w, p, 0x20001000,
                  (struct mm_region){0x20001000, 0x20000000, PAGE_READWRITE, MEM_RESERVE, 0, MEM_PRIVATE, 15 * PAGE});
    expect_region(&w, p, 0x7FFDF000, committed(0x7FFDF000, 1, 0x7FFDF000, PAGE_READWRITE));
    expect_region(
        &w, p, 0x7FFE0000,
        (struct mm_region){
            .base = 0x7FFE0000, .size = highest + 1 - 0x7FFE0000, .state = MEM_FREE, .protect = PAGE_NOACCESS});
    ck_assert_uint_eq(mm_query(w.mm, p, highest, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_query(w.mm, p, highest + 1, &region), STATUS_INVALID_PARAMETER);
    /* Neighbours that are two allocations are two regions. */
    allocate_at(&w, p, HERE + 64 * K, 64 * K, COMMIT_ALL, PAGE_READWRITE);
    expect_region(&w, p, HERE, committed(HERE, 16, HERE, PAGE_READWRITE));
    va_t base = HERE;
    uint64_t size = 128 * K;
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM);
    world_close(&w);
}
END_TEST

START_TEST(the_shared_user_data_page)
{
    struct world w;
    struct mm_fault f;
    pfn_t frame;
    mm_process p = open_populated(&w, _i), q = new_process(&w, PTE_NX_OFF);
    va_t system = _i == PAGING_X64 ? UINT64_C(0xFFFFF78000000000) : 0xFFDF0000;
    mm_process both[] = {p, q};

    ck_assert_uint_eq(mm_system_allocate(w.mm, system, PAGE, MM_READWRITE), STATUS_SUCCESS);
    ck_assert(mm_system_frame(w.mm, system, &frame));
    mm_frame_write(w.mm, frame)[4] = 0x44;
    for (unsigned i = 0; i < 2; i++) {
        mm_process at = both[i];
        ck_assert_uint_eq(mm_map_shared_page(w.mm, at, 0x7FFE0000, system), STATUS_SUCCESS);
        ck_assert_uint_eq(read_byte(&w, at, 0x7FFE0004), 0x44);
        check_laws(&w);
        ck_assert_int_eq(touch(&w, at, 0x7FFE0004, MMU_WRITE, &f), MM_FAULT_RAISE);
        ck_assert_uint_eq(f.information[0], 1);
        ck_assert_int_eq(touch(&w, at, 0x7FFE1000, MMU_READ, &f), MM_FAULT_RAISE);
        expect_region(&w, at, 0x7FFE0000,
                      (struct mm_region){0x7FFE0000, 0x7FFE0000, 2, MEM_COMMIT, 2, MEM_PRIVATE, PAGE});
        expect_region(&w, at, 0x7FFE1000,
                      (struct mm_region){0x7FFE1000, 0x7FFE0000, 2, MEM_RESERVE, 1, MEM_PRIVATE, 15 * PAGE});
    }
    va_t base = 0x7FFE0000;
    uint64_t size = 0;
    uint32_t old;
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_INVALID_PAGE_PROTECTION);
    size = PAGE;
    ck_assert_uint_eq(mm_protect(w.mm, p, &base, &size, PAGE_READWRITE, &old), STATUS_INVALID_PAGE_PROTECTION);
    ck_assert(trim(&w, p, 0x7FFE0000));
    check_laws(&w);
    ck_assert_uint_eq(read_byte(&w, p, 0x7FFE0004), 0x44);
    end_process(&w, p);
    check_laws(&w);
    ck_assert_uint_eq(read_byte(&w, q, 0x7FFE0004), 0x44);
    end_process(&w, q);
    check_laws(&w);
    ck_assert(mm_system_frame(w.mm, system, &frame));
    world_close(&w);
}
END_TEST

/* --- Images ------------------------------------------------------------------------------------------------ */

START_TEST(malformed_images)
{
    struct mm_image_subsection run[98];
    struct world w;
    mm_section section = 77;
    world_open(&w, _i, WORLD_FRAMES);
    for (unsigned i = 0; i < 98; i++)
        run[i] = (struct mm_image_subsection){"s", i, 1, 0, 0, MM_READONLY};
    struct mm_image_subsection gap = {"gap", 2, 1, 0, 0, MM_READONLY},
                               long_file = {"long", 0, 2, 0, 2 * PAGE + 1, MM_READONLY},
                               bad = {"bad", 0, 2, 0, 0, MM_GUARDPAGE | MM_READONLY}, none = {"none", 0, 2, 0, 0, 0},
                               huge = {"huge", 0, UINT32_MAX, 0, 0, MM_READONLY}, odd = {"odd", 0, 2, 0, 0, 0x40};
    const struct mm_image image[] = {
        {1, IMAGE_BASE, 98, true, 98, run},      {2, IMAGE_BASE, 2, true, 0, run},  {3, IMAGE_BASE, 2, true, 1, &gap},
        {4, IMAGE_BASE, 2, true, 1, &long_file}, {5, IMAGE_BASE, 2, true, 1, &bad}, {6, IMAGE_BASE, 2, true, 1, &none},
        {7, IMAGE_BASE, 2, true, 1, &huge},      {8, IMAGE_BASE, 2, true, 1, &odd}, {9, IMAGE_BASE, 3, true, 2, run},
    };
    for (int i = 0; i < N_ELEMENTS(image); i++)
        ck_assert_msg(mm_section_create_image(w.mm, &image[i], &section) == STATUS_INVALID_IMAGE_FORMAT, "image %d",
                      i + 1);
    const struct mm_image enormous = {10, IMAGE_BASE, UINT32_MAX, true, 1, &huge};
    ck_assert_uint_eq(mm_section_create_image(w.mm, &enormous, &section), STATUS_INSUFFICIENT_RESOURCES);
    ck_assert_uint_eq(section, 77);
    check_laws(&w);
    const struct mm_image most = {11, IMAGE_BASE, 97, true, 97, run};
    ck_assert_uint_eq(mm_section_create_image(w.mm, &most, &section), STATUS_SUCCESS);
    mm_section_close(w.mm, section);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_fixed_image_has_one_place)
{
    struct world w;
    struct mm_view view = {0}, elsewhere = {.base = HERE};
    mm_section section;
    struct mm_image image = test_image;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    image.relocatable = false;
    ck_assert_uint_eq(mm_section_create_image(w.mm, &image, &section), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_map_image(w.mm, p, section, &elsewhere), STATUS_CONFLICTING_ADDRESSES);
    ck_assert_uint_eq(mm_map_image(w.mm, p, section, &view), STATUS_SUCCESS);
    ck_assert_uint_eq(view.size, IMAGE_PAGES * PAGE);
    view.base = 0;
    ck_assert_uint_eq(mm_map_image(w.mm, p, section, &view), STATUS_CONFLICTING_ADDRESSES);
    check_laws(&w);
    world_close(&w);
}
END_TEST

static void add_for_formats(TCase *tc, const TTest *test, int rows)
{
    tcase_add_loop_test(tc, test, 0, rows * PAGING_FORMAT_COUNT);
}

int main(void)
{
    Suite *suite = suite_create("mm/services");
    TCase *tc = tcase_create("services");
    add_for_formats(tc, allocate_arguments, N_ELEMENTS(allocations));
    add_for_formats(tc, places, 1);
    add_for_formats(tc, free_arguments, N_ELEMENTS(frees));
    add_for_formats(tc, a_released_middle_leaves_two, 1);
    add_for_formats(tc, a_decommitted_page_comes_back_zeroed, 1);
    add_for_formats(tc, protect_arguments, N_ELEMENTS(protections));
    add_for_formats(tc, a_hole_stops_protect_before_anything_changes, 1);
    add_for_formats(tc, commit_again_changes_the_protection, 1);
    add_for_formats(tc, regions, 1);
    add_for_formats(tc, the_shared_user_data_page, 1);
    add_for_formats(tc, malformed_images, 1);
    add_for_formats(tc, a_fixed_image_has_one_place, 1);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
