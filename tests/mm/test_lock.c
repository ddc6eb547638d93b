/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_lock.c - pages locked into the working set, and the working set emptied around them (nt-reference 5.7, 7.2). */
#include "tests/mm/support.h"

enum { REGION = 16 * PAGE }; /* at HERE: committed 0..7, of which 5 no access, 6 guard; reserved 8..15 */

static mm_process open_region(struct world *w, int format)
{
    world_open(w, (enum paging_format)format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, HERE, REGION, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(w, p, HERE, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    protect_at(w, p, HERE + 5 * PAGE, PAGE, PAGE_NOACCESS);
    protect_at(w, p, HERE + 6 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD);
    return p;
}

static ntstatus_t lock(struct world *w, mm_process p, va_t base, uint64_t size, unsigned map)
{
    struct mm_range range = {base, size};
    struct mm_fault template = {.mode = MMU_USER, .process = p, .thread = 8};
    ntstatus_t status = mm_lock(w->mm, &template, &range, map, NULL, NULL);
    check_laws(w);
    if (nt_success(status)) {
        ck_assert_uint_eq(range.base, base & ~(va_t)MMU_PAGE_MASK);
        ck_assert_uint_eq(range.size, ((base + size - 1) | MMU_PAGE_MASK) + 1 - range.base);
    }
    return status;
}

static ntstatus_t unlock(struct world *w, mm_process p, va_t base, uint64_t size, unsigned map)
{
    struct mm_range range = {base, size};
    ntstatus_t status = mm_unlock(w->mm, p, &range, map);
    check_laws(w);
    return status;
}

static uint64_t locked_pages(struct world *w, mm_process p)
{
    struct mm_process_counters counters;
    mm_process_query(w->mm, p, &counters);
    return counters.locked_pages;
}

static bool is_valid(struct world *w, mm_process p, va_t va)
{
    struct mm_ws_page page;
    return mm_ws_page_at(w->mm, p, va, &page);
}

static const struct {
    const char *name;
    va_t base;
    uint64_t size;
    unsigned map;
    ntstatus_t status;
    uint64_t locked; /* pages afterwards */
} locks[] = {
    {"one byte", HERE + 100, 1, 1, STATUS_SUCCESS, 1},
    {"two pages by two bytes", HERE + PAGE - 1, 2, 1, STATUS_SUCCESS, 2},
    {"in memory", HERE, 3 * PAGE, 2, STATUS_SUCCESS, 3},
    {"both ways", HERE, PAGE, 3, STATUS_SUCCESS, 1},
    {"no map", HERE, PAGE, 0, STATUS_INVALID_PARAMETER, 0},
    {"unknown map", HERE, PAGE, 4, STATUS_INVALID_PARAMETER, 0},
    {"size 0", HERE, 0, 1, STATUS_INVALID_PARAMETER, 0},
    {"beyond user space", UINT64_C(0xFFFFFFFFFFFF0000), PAGE, 1, STATUS_INVALID_PARAMETER, 0},
    {"wraps", HERE, UINT64_MAX, 1, STATUS_INVALID_PARAMETER, 0},
    {"free memory", HERE + REGION + 0x100000, PAGE, 1, STATUS_ACCESS_VIOLATION, 0},
    {"past the region", HERE + REGION - PAGE, 2 * PAGE, 1, STATUS_ACCESS_VIOLATION, 0},
    {"reserved", HERE + 8 * PAGE, PAGE, 1, STATUS_ACCESS_VIOLATION, 0},
    {"no access", HERE + 5 * PAGE, PAGE, 1, STATUS_ACCESS_VIOLATION, 0},
    {"committed up to no access", HERE, 6 * PAGE, 1, STATUS_ACCESS_VIOLATION, 0},
    {"guard", HERE + 6 * PAGE, PAGE, 1, STATUS_GUARD_PAGE_VIOLATION, 0},
};

START_TEST(lock_answers)
{
    struct world w;
    mm_process p = open_region(&w, _i % PAGING_FORMAT_COUNT);
    int row = _i / PAGING_FORMAT_COUNT;

    ck_assert_uint_eq(lock(&w, p, locks[row].base, locks[row].size, locks[row].map), locks[row].status);
    ck_assert_uint_eq(locked_pages(&w, p), locks[row].locked);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

START_TEST(a_guard_alarms_once)
{
    struct world w;
    mm_process p = open_region(&w, _i);
    ck_assert_uint_eq(lock(&w, p, HERE + 6 * PAGE, PAGE, 1), STATUS_GUARD_PAGE_VIOLATION);
    ck_assert_uint_eq(lock(&w, p, HERE + 6 * PAGE, PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 1);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

START_TEST(there_is_no_lock_count)
{
    struct world w;
    mm_process p = open_region(&w, _i);
    ck_assert_uint_eq(lock(&w, p, HERE, 2 * PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, HERE, 3 * PAGE, 1), STATUS_WAS_LOCKED);
    ck_assert_uint_eq(locked_pages(&w, p), 3);
    ck_assert_uint_eq(unlock(&w, p, HERE, 3 * PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    ck_assert(is_valid(&w, p, HERE));
    ck_assert_uint_eq(unlock(&w, p, HERE, PAGE, 1), STATUS_NOT_LOCKED);
    ck_assert(!is_valid(&w, p, HERE)); /* out of the working set (W32, VirtualUnlock) */
    end_process(&w, p);
    world_close(&w);
}
END_TEST

START_TEST(each_map_has_its_lock)
{
    struct world w;
    mm_process p = open_region(&w, _i);
    ck_assert_uint_eq(lock(&w, p, HERE, PAGE, MM_LOCK_PROCESS), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, HERE, PAGE, MM_LOCK_SYSTEM), STATUS_SUCCESS);
    ck_assert_uint_eq(unlock(&w, p, HERE, PAGE, MM_LOCK_PROCESS), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 1);
    ck_assert_uint_eq(unlock(&w, p, HERE, PAGE, MM_LOCK_PROCESS), STATUS_NOT_LOCKED);
    ck_assert(is_valid(&w, p, HERE)); /* still locked in memory: it stays */
    ck_assert_uint_eq(unlock(&w, p, HERE, PAGE, MM_LOCK_SYSTEM), STATUS_SUCCESS);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

START_TEST(unlocking_is_all_or_nothing)
{
    struct world w;
    mm_process p = open_region(&w, _i);
    write_byte(&w, p, HERE + PAGE, 7);
    ck_assert_uint_eq(lock(&w, p, HERE, PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(unlock(&w, p, HERE, 2 * PAGE, 1), STATUS_NOT_LOCKED);
    ck_assert_uint_eq(locked_pages(&w, p), 1);
    ck_assert(is_valid(&w, p, HERE) && !is_valid(&w, p, HERE + PAGE));
    ck_assert_uint_eq(read_byte(&w, p, HERE + PAGE), 7);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

/* Locks count against the minimum working set, less a fluid of 8 pages. */
START_TEST(quota)
{
    struct world w;
    mm_process p = open_region(&w, _i);
    va_t at = HERE + 0x1000000;
    struct mm_ws_limits limits = {100, 345, 0};

    allocate_at(&w, p, at, 100 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ck_assert_uint_eq(lock(&w, p, at, 43 * PAGE, 1), STATUS_WORKING_SET_QUOTA);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    ck_assert_uint_eq(lock(&w, p, at, 42 * PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, at, 42 * PAGE, 1), STATUS_WAS_LOCKED);
    ck_assert_uint_eq(lock(&w, p, at + 42 * PAGE, 1, 1), STATUS_WORKING_SET_QUOTA);
    ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &limits), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, at, 92 * PAGE, 1), STATUS_WAS_LOCKED);
    ck_assert_uint_eq(lock(&w, p, at, 93 * PAGE, 1), STATUS_WORKING_SET_QUOTA);
    limits.minimum = 99;
    ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &limits), STATUS_BAD_WORKING_SET_LIMIT);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

/* A lock goes with its page. */
static void decommit_page(struct world *w, mm_process p)
{
    va_t base = HERE;
    uint64_t size = PAGE;
    ck_assert_uint_eq(mm_free(w->mm, p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
}

static void release_front(struct world *w, mm_process p)
{
    va_t base = HERE;
    uint64_t size = PAGE;
    ck_assert_uint_eq(mm_free(w->mm, p, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
}

static void release_all(struct world *w, mm_process p)
{
    va_t base = HERE;
    uint64_t size = 0;
    ck_assert_uint_eq(mm_free(w->mm, p, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
}

static void make_unreachable(struct world *w, mm_process p)
{
    va_t base = HERE;
    uint64_t size = PAGE;
    uint32_t old;
    ck_assert_uint_eq(mm_protect(w->mm, p, &base, &size, PAGE_NOACCESS, &old), STATUS_WAS_UNLOCKED);
    ck_assert_uint_eq(old, PAGE_READWRITE);
    ck_assert_uint_eq(mm_protect(w->mm, p, &base, &size, PAGE_READWRITE, &old), STATUS_SUCCESS);
}

static void make_readonly(struct world *w, mm_process p)
{
    protect_at(w, p, HERE, PAGE, PAGE_READONLY);
}

static void reset(struct world *w, mm_process p)
{
    allocate_at(w, p, HERE, PAGE, MEM_RESET, PAGE_READWRITE);
}

static void empty(struct world *w, mm_process p)
{
    mm_ws_empty(w->mm, p);
}

static const struct {
    const char *name;
    void (*act)(struct world *w, mm_process p);
    uint64_t locked; /* of the two */
} fates[] = {
    {"decommit", decommit_page, 1},    {"release of the front", release_front, 1},
    {"release", release_all, 0},       {"no access", make_unreachable, 1},
    {"read-only", make_readonly, 2},   {"MEM_RESET", reset, 2},
    {"emptied working set", empty, 2},
};

START_TEST(what_becomes_of_a_lock)
{
    struct world w;
    mm_process p = open_region(&w, _i % PAGING_FORMAT_COUNT);
    int row = _i / PAGING_FORMAT_COUNT;

    write_byte(&w, p, HERE, 1);
    ck_assert_uint_eq(lock(&w, p, HERE, 2 * PAGE, 1), STATUS_SUCCESS);
    fates[row].act(&w, p);
    check_laws(&w);
    ck_assert_uint_eq(locked_pages(&w, p), fates[row].locked);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

/* A copy-on-write page that is locked stays locked when it becomes private, and when its protection changes. */
START_TEST(locked_view)
{
    struct world w;
    world_open(&w, (enum paging_format)_i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON), q = new_process(&w, PTE_NX_ON);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    map_section(&w, q, section);
    va_t data = image_va(IMAGE_DATA), text = image_va(IMAGE_TEXT);

    read_byte(&w, q, data); /* the frame knows q's entry: p's is found by scan */
    ck_assert_uint_eq(lock(&w, p, data, PAGE, 1), STATUS_SUCCESS);
    uint8_t before = read_byte(&w, p, data + 1);
    write_byte(&w, p, data, 0x77);
    check_laws(&w);
    ck_assert_uint_eq(locked_pages(&w, p), 1);
    ck_assert_uint_eq(read_byte(&w, p, data + 1), before);
    ck_assert_uint_ne(read_byte(&w, q, data), 0x77);
    ck_assert_uint_eq(lock(&w, p, text, PAGE, 1), STATUS_SUCCESS);
    protect_at(&w, p, text, PAGE, PAGE_READONLY);
    check_laws(&w);
    ck_assert_uint_eq(locked_pages(&w, p), 2);
    ck_assert(is_valid(&w, p, text));
    protect_at(&w, p, text, PAGE, PAGE_EXECUTE_READWRITE);
    write_byte(&w, p, text, 0x90);
    check_laws(&w);
    ck_assert_uint_eq(locked_pages(&w, p), 2);
    ck_assert_uint_eq(unlock(&w, p, text, PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_unmap_view(w.mm, p, text), STATUS_SUCCESS);
    check_laws(&w);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    end_process(&w, p);
    end_process(&w, q);
    mm_section_close(w.mm, section);
    world_close(&w);
}
END_TEST

/* RAM that runs out in the middle of a lock: nothing is locked, and it can be tried again. */
START_TEST(no_memory_for_a_lock)
{
    struct world w;
    mm_process p = open_region(&w, _i);
    for (uint32_t n = 0; n < 5; n++) {
        mm_fail_frames_after(w.mm, n);
        ntstatus_t status = lock(&w, p, HERE, 5 * PAGE, 1);
        mm_fail_frames_after(w.mm, UINT32_MAX);
        if (status == STATUS_SUCCESS)
            break;
        ck_assert_uint_eq(locked_pages(&w, p), 0);
    }
    ck_assert(nt_success(lock(&w, p, HERE, 5 * PAGE, 1)));
    ck_assert_uint_eq(locked_pages(&w, p), 5);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

START_TEST(the_list)
{
    struct world w;
    world_open(&w, (enum paging_format)_i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON), q = new_process(&w, PTE_NX_ON);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    map_section(&w, q, section);
    allocate_at(&w, p, HERE, REGION, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    write_byte(&w, p, HERE + 3 * PAGE, 1);
    write_byte(&w, p, HERE, 1);
    read_byte(&w, p, image_va(IMAGE_TEXT));
    read_byte(&w, q, image_va(IMAGE_TEXT));
    lock(&w, p, HERE, 1, 1);

    struct mm_ws_page pages[8];
    ck_assert_uint_eq(mm_ws_list(w.mm, p, pages, 8), 3);
    ck_assert_uint_eq(pages[0].va, image_va(IMAGE_TEXT));
    ck_assert(pages[0].shared && !pages[0].locked);
    ck_assert_uint_eq(pages[0].share_count, 2);
    ck_assert_uint_eq(pages[0].protection, MM_EXECUTE_READ);
    ck_assert_uint_eq(pages[1].va, HERE);
    ck_assert(!pages[1].shared && pages[1].locked);
    ck_assert_uint_eq(pages[1].share_count, 0);
    ck_assert_uint_eq(pages[1].protection, MM_READWRITE);
    ck_assert_uint_eq(pages[2].va, HERE + 3 * PAGE);
    memset(pages, 0xEE, sizeof pages);
    ck_assert_uint_eq(mm_ws_list(w.mm, p, pages, 1), 3); /* no more is stored than there is room for */
    ck_assert_uint_eq(pages[1].va, UINT64_C(0xEEEEEEEEEEEEEEEE));

    mm_ws_empty(w.mm, p);
    check_laws(&w);
    ck_assert_uint_eq(mm_ws_list(w.mm, p, pages, 8), 1);
    ck_assert_uint_eq(pages[0].va, HERE);
    ck_assert_uint_eq(read_byte(&w, p, HERE + 3 * PAGE), 1);
    ck_assert_int_eq(w.types[0], MM_FAULT_TYPE_TRANSITION);
    read_byte(&w, p, image_va(IMAGE_TEXT));
    ck_assert_int_eq(w.types[0], MM_FAULT_TYPE_PROTOTYPE);
    end_process(&w, p);
    end_process(&w, q);
    mm_section_close(w.mm, section);
    world_close(&w);
}
END_TEST

static const struct {
    const char *name;
    struct mm_ws_limits limits;
    ntstatus_t status;
    uint64_t minimum; /* afterwards */
} limits[] = {
    {"as they are", {50, 345, 0}, STATUS_SUCCESS, 50},
    {"the least", {1, 13, 0}, STATUS_SUCCESS, 20},
    {"hard", {60, 60, MM_WS_HARD_MIN | MM_WS_HARD_MAX}, STATUS_SUCCESS, 60},
    {"minimum above maximum", {100, 99, 0}, STATUS_BAD_WORKING_SET_LIMIT, 50},
    {"maximum too small", {1, 12, 0}, STATUS_BAD_WORKING_SET_LIMIT, 50},
    {"maximum beyond RAM", {50, WORLD_FRAMES, 0}, STATUS_BAD_WORKING_SET_LIMIT, 50},
    {"minimum beyond RAM", {WORLD_FRAMES + 50, WORLD_FRAMES + 50, 0}, STATUS_BAD_WORKING_SET_LIMIT, 50},
};

START_TEST(limits_are_checked)
{
    struct world w;
    mm_process p = open_region(&w, _i % PAGING_FORMAT_COUNT);
    int row = _i / PAGING_FORMAT_COUNT;
    struct mm_ws_limits now;

    ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &limits[row].limits), limits[row].status);
    mm_ws_get_limits(w.mm, p, &now);
    ck_assert_uint_eq(now.minimum, limits[row].minimum);
    ck_assert_uint_eq(now.hard, limits[row].status == STATUS_SUCCESS ? limits[row].limits.hard : 0);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lock");
    TCase *tc = tcase_create("lock");
    const int formats = PAGING_FORMAT_COUNT;
    tcase_add_loop_test(tc, lock_answers, 0, formats * N_ELEMENTS(locks));
    tcase_add_loop_test(tc, a_guard_alarms_once, 0, formats);
    tcase_add_loop_test(tc, there_is_no_lock_count, 0, formats);
    tcase_add_loop_test(tc, each_map_has_its_lock, 0, formats);
    tcase_add_loop_test(tc, unlocking_is_all_or_nothing, 0, formats);
    tcase_add_loop_test(tc, quota, 0, formats);
    tcase_add_loop_test(tc, what_becomes_of_a_lock, 0, formats * N_ELEMENTS(fates));
    tcase_add_loop_test(tc, locked_view, 0, formats);
    tcase_add_loop_test(tc, no_memory_for_a_lock, 0, formats);
    tcase_add_loop_test(tc, the_list, 0, formats);
    tcase_add_loop_test(tc, limits_are_checked, 0, formats * N_ELEMENTS(limits));
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
