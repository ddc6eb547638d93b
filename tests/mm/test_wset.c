/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_wset.c - working sets: what is listed, the limits, emptying, no-execute; how the list grows
 * (nt-reference 7.1, 7.2). */
#include "tests/mm/support.h"

#define COMMIT_ALL (MEM_RESERVE | MEM_COMMIT)
#define FAR_AWAY UINT64_C(0x60000000)

struct fixture {
    struct world w;
    mm_process p, q;
};

/* Two processes with a view of one image; in p: a page of HERE, one read-only page far away, image pages 0, 1 and 4,
 * of which 4 is private; in q: image pages 0 and 4. */
static void open_fixture(struct fixture *x, int format)
{
    world_open(&x->w, format, WORLD_FRAMES);
    x->p = new_process(&x->w, PTE_NX_ON);
    x->q = new_process(&x->w, PTE_NX_ON);
    mm_section section = make_section(&x->w);
    map_section(&x->w, x->p, section);
    map_section(&x->w, x->q, section);
    mm_section_close(x->w.mm, section);
    allocate_at(&x->w, x->p, HERE, 64 * K, COMMIT_ALL, PAGE_READWRITE);
    allocate_at(&x->w, x->p, FAR_AWAY, 64 * K, COMMIT_ALL, PAGE_READONLY);
    write_byte(&x->w, x->p, image_va(4), 0x41);
    read_byte(&x->w, x->p, FAR_AWAY);
    read_byte(&x->w, x->p, image_va(1));
    write_byte(&x->w, x->p, HERE + 3 * PAGE, 3);
    read_byte(&x->w, x->p, image_va(0));
    read_byte(&x->w, x->q, image_va(0));
    read_byte(&x->w, x->q, image_va(4));
    check_laws(&x->w);
}

static void close_fixture(struct fixture *x)
{
    check_laws(&x->w);
    end_process(&x->w, x->p);
    end_process(&x->w, x->q);
    check_laws(&x->w);
    world_close(&x->w);
}

/* --- The list ---------------------------------------------------------------------------------------------- */

START_TEST(the_list_is_in_order)
{
    struct fixture x;
    open_fixture(&x, _i);
    const struct mm_ws_page want[] = {
        {image_va(0), MM_READONLY, 2, true, false},   {image_va(1), MM_EXECUTE_READ, 1, true, false},
        {image_va(4), MM_READWRITE, 0, false, false}, {HERE + 3 * PAGE, MM_READWRITE, 0, false, true},
        {FAR_AWAY, MM_READONLY, 0, false, false},
    };
    struct mm_range range = {HERE + 3 * PAGE, PAGE};
    struct mm_fault f = {.process = x.p};
    struct mm_ws_page got[8];
    ck_assert_uint_eq(mm_lock(x.w.mm, &f, &range, MM_LOCK_PROCESS, NULL, NULL), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_ws_list(x.w.mm, x.p, NULL, 0), N_ELEMENTS(want));
    memset(got, 0x55, sizeof got);
    ck_assert_uint_eq(mm_ws_list(x.w.mm, x.p, got, 2), N_ELEMENTS(want));
    ck_assert_uint_eq(got[2].va, UINT64_C(0x5555555555555555)); /* no more than there is room for */
    ck_assert_uint_eq(mm_ws_list(x.w.mm, x.p, got, 8), N_ELEMENTS(want));
    for (int i = 0; i < N_ELEMENTS(want); i++)
        ck_assert_msg(got[i].va == want[i].va && got[i].protection == want[i].protection &&
                          got[i].share_count == want[i].share_count && got[i].shared == want[i].shared &&
                          got[i].locked == want[i].locked,
                      "entry %d: %#" PRIx64 " protection %u shares %u shared %d locked %d", i, got[i].va,
                      got[i].protection, got[i].share_count, got[i].shared, got[i].locked);
    close_fixture(&x);
}
END_TEST

START_TEST(one_page)
{
    static const struct {
        const char *name;
        va_t va;
        bool there, shared;
    } rows[] = {
        {"private", HERE + 3 * PAGE + 5, true, false},
        {"committed, untouched", HERE, false, false},
        {"free", 0x70000000, false, false},
        {"in the system", UINT64_MAX - 0xFFF, false, false},
        {"image", IMAGE_BASE, true, true},
        {"private copy", IMAGE_BASE + 4 * PAGE, true, false},
        {"image, trimmed", IMAGE_BASE + PAGE, false, true},
        {"image, reprotected", IMAGE_BASE + 2 * PAGE, false, true},
        {"image, untouched", IMAGE_BASE + 3 * PAGE, false, true},
    };
    struct fixture x;
    open_fixture(&x, _i);
    ck_assert(trim(&x.w, x.p, image_va(1)));
    protect_at(&x.w, x.p, image_va(2), PAGE, PAGE_READONLY);
    for (int i = 0; i < N_ELEMENTS(rows); i++) {
        struct mm_ws_page page = {.shared = !rows[i].shared};
        bool there = mm_ws_page_at(x.w.mm, x.p, rows[i].va, &page);
        ck_assert_msg(there == rows[i].there && page.shared == rows[i].shared, "%s: %d, shared %d", rows[i].name, there,
                      page.shared);
        ck_assert_uint_eq(page.va, rows[i].va & ~UINT64_C(0xFFF));
    }
    close_fixture(&x);
}
END_TEST

START_TEST(pages_leave_and_come_back)
{
    struct fixture x;
    struct mm_fault f;
    struct mm_counters before, after;
    struct mm_process_counters c;
    open_fixture(&x, _i);
    mm_query_counters(x.w.mm, &before);
    unsigned flushes = x.w.flushes;
    mm_ws_empty(x.w.mm, x.p);
    check_laws(&x.w);
    ck_assert_uint_eq(x.w.flushes, flushes + 1);
    ck_assert_uint_eq(mm_ws_list(x.w.mm, x.p, NULL, 0), 0);
    mm_query_counters(x.w.mm, &after);
    ck_assert_uint_eq(after.modified, before.modified + 3); /* three private pages: demand-zero counts as modified */
    ck_assert_uint_eq(after.standby, before.standby + 1);   /* image page 1; q has 0 */
    mm_process_query(x.w.mm, x.p, &c);
    ck_assert_uint_eq(c.private_pages, 0);
    ck_assert_uint_eq(pte_word(&x.w, x.p, HERE + 3 * PAGE) & 0xFFF, 0x880); /* transition, READWRITE */
    ck_assert_uint_eq(pte_word(&x.w, x.p, image_va(0)) & 0x401, 0x400);     /* prototype */
    static const struct {
        va_t va;
        enum mm_fault_type type;
        uint8_t byte;
    } back[] = {
        {HERE + 3 * PAGE, MM_FAULT_TYPE_TRANSITION, 3},  {IMAGE_BASE + 4 * PAGE, MM_FAULT_TYPE_TRANSITION, 0x41},
        {FAR_AWAY, MM_FAULT_TYPE_TRANSITION, 0},         {IMAGE_BASE, MM_FAULT_TYPE_PROTOTYPE, 0},
        {IMAGE_BASE + PAGE, MM_FAULT_TYPE_PROTOTYPE, 0},
    };
    unsigned page_ins = x.w.page_ins;
    for (int i = 0; i < N_ELEMENTS(back); i++) {
        ck_assert_int_eq(touch(&x.w, x.p, back[i].va, MMU_READ, &f), MM_FAULT_RESOLVED);
        ck_assert_int_eq(x.w.types[0], back[i].type);
        uint8_t want = back[i].type == MM_FAULT_TYPE_PROTOTYPE
                           ? file_byte(IMAGE_FILE, (uint32_t)((back[i].va - IMAGE_BASE) / PAGE), 0)
                           : back[i].byte;
        ck_assert_uint_eq(mm_frame_read(x.w.mm, f.frame)[0], want);
    }
    ck_assert_uint_eq(x.w.page_ins, page_ins); /* all soft */
    close_fixture(&x);
}
END_TEST

/* --- Limits ------------------------------------------------------------------------------------------------ */

START_TEST(limits)
{
    static const struct {
        const char *name;
        struct mm_ws_limits limits;
        ntstatus_t status;
        uint64_t minimum, maximum;
    } rows[] = {
        {"usual", {60, 400, 0}, STATUS_SUCCESS, 60, 400},
        {"hard", {60, 400, MM_WS_HARD_MAX | MM_WS_HARD_MIN}, STATUS_SUCCESS, 60, 400},
        {"unknown flag", {60, 400, 2}, STATUS_INVALID_PARAMETER, 60, 400},
        {"minimum above maximum", {61, 60, 0}, STATUS_BAD_WORKING_SET_LIMIT, 60, 400},
        {"maximum too small", {1, 12, 0}, STATUS_BAD_WORKING_SET_LIMIT, 60, 400},
        {"smallest", {1, 13, 0}, STATUS_SUCCESS, 20, 20},
        {"maximum as large as can be", {50, 512, 0}, STATUS_SUCCESS, 50, 512},
        {"maximum too large", {50, 513, 0}, STATUS_BAD_WORKING_SET_LIMIT, 50, 512},
        {"minimum of all there is", {512, 512, 0}, STATUS_INSUFFICIENT_RESOURCES, 50, 512},
        {"minimum of what the other has left", {462, 512, 0}, STATUS_SUCCESS, 462, 512},
        {"back", {50, 345, 0}, STATUS_SUCCESS, 50, 345},
    };
    struct world w;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON), q = new_process(&w, PTE_NX_ON);
    const struct mm_ws_limits other = {420, 512, 0};
    ck_assert_uint_eq(mm_ws_set_limits(w.mm, q, &other), STATUS_SUCCESS);
    for (int i = 0; i < N_ELEMENTS(rows); i++) {
        struct mm_ws_limits now;
        ntstatus_t status = mm_ws_set_limits(w.mm, p, &rows[i].limits);
        mm_ws_get_limits(w.mm, p, &now);
        ck_assert_msg(status == rows[i].status && now.minimum == rows[i].minimum && now.maximum == rows[i].maximum,
                      "%s: %#x, %" PRIu64 " to %" PRIu64, rows[i].name, status, now.minimum, now.maximum);
    }
    end_process(&w, p);
    end_process(&w, q);
    world_close(&w);
}
END_TEST

/* --- No-execute -------------------------------------------------------------------------------------------- */

START_TEST(no_execute_from_now_on)
{
    struct world w;
    struct mm_fault f;
    bool can = _i != PAGING_X86;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    allocate_at(&w, p, HERE, 64 * K, COMMIT_ALL, PAGE_READWRITE);
    read_byte(&w, p, HERE);
    ck_assert_int_eq(touch(&w, p, HERE, MMU_EXECUTE, &f), can ? MM_FAULT_RAISE : MM_FAULT_RESOLVED);
    mm_process_set_nx(w.mm, p, PTE_NX_OFF);
    ck_assert_int_eq(touch(&w, p, HERE + PAGE, MMU_EXECUTE, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(touch(&w, p, HERE, MMU_EXECUTE, &f), can ? MM_FAULT_RAISE : MM_FAULT_RESOLVED); /* an old PTE */
    if (can)
        ck_assert_uint_eq(f.information[0], EXCEPTION_EXECUTE_FAULT);
    ck_assert(trim(&w, p, HERE));
    ck_assert_int_eq(touch(&w, p, HERE, MMU_EXECUTE, &f), MM_FAULT_RESOLVED); /* a new one */
    mm_process_set_nx(w.mm, p, PTE_NX_ON);
    ck_assert_int_eq(touch(&w, p, HERE + 2 * PAGE, MMU_EXECUTE, &f), can ? MM_FAULT_RAISE : MM_FAULT_RESOLVED);
    ck_assert_int_eq(touch(&w, p, HERE, MMU_EXECUTE, &f), MM_FAULT_RESOLVED);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- The list in guest RAM --------------------------------------------------------------------------------- */

enum { MANY = 2600, MANY_FRAMES = 4096 }; /* more entries than three pages of them hold */

START_TEST(the_list_grows)
{
    struct world w;
    struct mm_process_counters c;
    world_open(&w, _i, MANY_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    allocate_at(&w, p, HERE, MANY * PAGE, COMMIT_ALL, PAGE_READWRITE);
    for (unsigned i = 0; i < MANY; i++) {
        write_byte(&w, p, HERE + (va_t)i * PAGE, (uint8_t)i);
        if (i % 100 == 0)
            check_laws(&w);
    }
    ck_assert_uint_gt(mi_process(w.mm, p)->ws_page_count, 1);
    ck_assert_uint_eq(mm_ws_list(w.mm, p, NULL, 0), MANY);
    for (unsigned i = 0; i < MANY; i += 7)
        ck_assert(trim(&w, p, HERE + (va_t)i * PAGE));
    check_laws(&w);
    for (unsigned i = 0; i < MANY; i++)
        ck_assert_uint_eq(read_byte(&w, p, HERE + (va_t)i * PAGE), (uint8_t)i);
    end_process(&w, p);
    check_laws(&w);
    mm_process q = new_process(&w, PTE_NX_ON);
    mm_process_query(w.mm, q, &c);
    ck_assert_uint_eq(c.locked_pages, 0);
    world_close(&w);
}
END_TEST

START_TEST(a_list_that_cannot_grow)
{
    struct world w;
    struct mm_fault f;
    unsigned refused = 0;
    world_open(&w, _i, MANY_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    allocate_at(&w, p, HERE, MANY * PAGE, COMMIT_ALL, PAGE_READWRITE);
    mm_fail_objects_after(w.mm, 0); /* where its pages are is remembered in the pool */
    for (unsigned i = 0; i < MANY; i++) {
        enum mm_fault_result result = touch(&w, p, HERE + (va_t)i * PAGE, MMU_WRITE, &f);
        if (result == MM_FAULT_RESOLVED)
            continue;
        ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
        ck_assert_uint_eq(f.information[2], STATUS_NO_MEMORY);
        refused++;
    }
    ck_assert_uint_gt(refused, 0);
    check_laws(&w);
    mm_fail_objects_after(w.mm, UINT32_MAX);
    write_byte(&w, p, HERE + (MANY - 1) * PAGE, 1);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Entries of pages that another process met first
 * ------------------------------------------------------------------ */

/* They are found at once: where they come and go in any order, in a list that has grown, with the arena full. */
START_TEST(shared_pages)
{
    enum { SHARED = 2500, STEPS = 8000 };
    struct world w;
    uint64_t random = seed_of("shared pages", 7);
    bool resident[SHARED] = {false}, full = _i >= PAGING_FORMAT_COUNT;
    world_open(&w, _i % PAGING_FORMAT_COUNT, 2 * SHARED);
    mm_process p = new_process(&w, PTE_NX_ON), q = new_process(&w, PTE_NX_ON);
    uint32_t before = arena_bytes_in_use(w.mm->arena);
    mm_section section = make_pagefile_section(&w, (uint64_t)SHARED * PAGE, SEC_COMMIT);
    map_data(&w, p, section, HERE, PAGE_READWRITE);
    map_data(&w, q, section, HERE, PAGE_READWRITE);
    mm_section_close(w.mm, section);
    for (unsigned i = 0; i < SHARED; i++)
        write_byte(&w, p, HERE + (va_t)i * PAGE, (uint8_t)i);
    for (unsigned i = 0; i < SHARED; i += 3) /* room for entries */
        resident[i] = read_byte(&w, q, HERE + (va_t)i * PAGE) == (uint8_t)i;
    if (full)
        mm_fail_objects_after(w.mm, 0);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)random_below(&random, SHARED);
        va_t va = HERE + (va_t)i * PAGE;
        if (resident[i])
            ck_assert(trim(&w, q, va));
        else
            ck_assert_uint_eq(read_byte(&w, q, va), (uint8_t)i);
        resident[i] = !resident[i];
        if (step % 1000 == 0)
            check_laws(&w);
    }
    mm_fail_objects_after(w.mm, UINT32_MAX);
    check_laws(&w);
    end_process(&w, q);
    check_laws(&w);
    end_process(&w, p);
    check_laws(&w);
    ck_assert_uint_lt(arena_bytes_in_use(w.mm->arena), before);
    world_close(&w);
}
END_TEST

/* --- Replacement ----------------------------------------------------------------------------------------------- */

enum { SET = 60, ROUNDS = 150 };

/* A page came just before another one needs room: wherever it stands in the list, and however old the others are, it
 * is not the one that goes. */
START_TEST(the_newest_page_stays)
{
    struct world w;
    struct mm_process_counters c;
    struct mm_ws_page ignored;
    world_open(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
    w.mm->config.replacement = _i / PAGING_FORMAT_COUNT ? MM_REPLACE_FIFO : MM_REPLACE_AGED;
    mm_process p = new_process(&w, PTE_NX_ON);
    unsigned pages = SET + 2 * ROUNDS, left = 0;
    allocate_at(&w, p, HERE, pages * PAGE, COMMIT_ALL, PAGE_READWRITE);
    for (unsigned i = 0; i < SET; i++)
        write_byte(&w, p, HERE + i * PAGE, 1);
    mm_process_query(w.mm, p, &c);
    struct mm_ws_limits bounds = {50, c.working_set, MM_WS_HARD_MAX};
    ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &bounds), STATUS_SUCCESS);
    for (unsigned next = SET; next < pages; next += 2) {
        for (unsigned i = 0; i < next; i++) /* all are equally young */
            if (mm_ws_page_at(w.mm, p, HERE + i * PAGE, &ignored))
                read_byte(&w, p, HERE + i * PAGE);
        while (!trim(&w, p, HERE + left * PAGE)) /* now here, now there is a free entry in the list */
            left = (left + 1) % next;
        write_byte(&w, p, HERE + next * PAGE, 1);
        write_byte(&w, p, HERE + (next + 1) * PAGE, 1);
        ck_assert_msg(mm_ws_page_at(w.mm, p, HERE + next * PAGE, &ignored), "page %u made way for the next", next);
        check_laws(&w);
        left = (left + 17) % next;
    }
    end_process(&w, p);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/wset");
    TCase *tc = tcase_create("wset");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_list_is_in_order, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, one_page, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, pages_leave_and_come_back, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, limits, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, no_execute_from_now_on, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_list_grows, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_list_that_cannot_grow, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, shared_pages, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_newest_page_stays, 0, 2 * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
