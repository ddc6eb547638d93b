/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_section_cache.c - views of the file cache, faults on data sections that fail, and huge files. */
#include <time.h>

#include "tests/mm/file_view.h"

/* --- Views of the cache ------------------------------------------------------------------------------------------- */

static uint8_t cache_byte(struct fixture *x, va_t va, const uint8_t *write)
{
    struct mm_fault f = {.process = x->p, .mode = MMU_KERNEL, .thread = 1};
    struct mm_hold hold;
    uint8_t byte = 0;
    ck_assert_uint_eq(mm_hold(x->w.mm, &f, va, 1, write ? MMU_WRITE : MMU_READ, NULL, NULL, &hold), STATUS_SUCCESS);
    if (write)
        mm_hold_write(x->w.mm, &hold, 0, write, 1);
    mm_hold_read(x->w.mm, &hold, 0, &byte, 1);
    mm_release(x->w.mm, &hold);
    return byte;
}

START_TEST(views_of_the_cache)
{
    struct fixture x;
    struct mm_fault f;
    va_t a, b, c;
    const uint8_t byte = 0x3C;
    open_fixture(&x, _i);
    ck_assert_uint_eq(mm_map_system_view(x.w.mm, x.section, 0, MM_SYSTEM_VIEW_SIZE, &a), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_map_system_view(x.w.mm, x.section, MM_SYSTEM_VIEW_SIZE, MM_SYSTEM_VIEW_SIZE, &b),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(a, x.w.format == PAGING_X64 ? UINT64_C(0xFFFFF98000000000) : UINT64_C(0xC1000000));
    ck_assert_uint_eq(b, a + MM_SYSTEM_VIEW_SIZE);
    check_laws(&x.w);
    ck_assert_uint_eq(cache_byte(&x, a + 5, NULL), data_byte(5));
    cache_byte(&x, a + PAGE, &byte);
    check_laws(&x.w);
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + PAGE), 0x3C);
    write_byte(&x.w, x.p, x.view + PAGE, 0x3D);
    ck_assert_uint_eq(cache_byte(&x, a + PAGE, NULL), 0x3D);
    ck_assert_int_eq(touch(&x.w, x.p, a, MMU_READ, &f), MM_FAULT_RAISE); /* not for users */
    f = (struct mm_fault){.process = x.p, .mode = MMU_KERNEL, .thread = 1};
    struct mm_hold hold;
    ck_assert_uint_eq(mm_hold(x.w.mm, &f, b, 1, MMU_READ, NULL, NULL, &hold),
                      STATUS_ACCESS_VIOLATION); /* no file there */
    ck_assert(mm_file_can_truncate(x.w.mm, DATA_FILE, FILE_SIZE));
    let_go(&x);
    ck_assert(mm_file_can_truncate(x.w.mm, DATA_FILE, PAGE)); /* the cache does not hinder */
    x.w.file[0].size = PAGE;
    mm_file_size_changed(x.w.mm, DATA_FILE, PAGE);
    check_laws(&x.w);
    ck_assert_uint_eq(resident(&x), 1);
    ck_assert_uint_eq(cache_byte(&x, a, NULL), data_byte(0));
    mm_unmap_system_view(x.w.mm, b);
    ck_assert_uint_eq(mm_map_system_view(x.w.mm, make_section(&x.w), 0, PAGE, &c), STATUS_INVALID_FILE_FOR_SECTION);
    mm_unmap_system_view(x.w.mm, a);
    check_laws(&x.w);
    close_fixture(&x);
}
END_TEST

/* Pages in the system's working set. */
static uint64_t system_size(struct fixture *x)
{
    struct mm_process_counters counters;
    mm_process_query(x->w.mm, mm_system_process(x->w.mm), &counters);
    return counters.working_set;
}

START_TEST(the_cache_gives_pages_back)
{
    struct fixture x;
    va_t view;
    struct mm_counters c;
    open_fixture(&x, _i);
    read_byte(&x.w, x.p, x.view); /* makes the prototype PTEs */
    uint64_t without = system_size(&x);
    ck_assert_uint_eq(mm_map_system_view(x.w.mm, x.section, 0, MM_SYSTEM_VIEW_SIZE, &view), STATUS_SUCCESS);
    for (unsigned page = 0; page < 21; page++)
        cache_byte(&x, view + page * PAGE, NULL);
    ck_assert_uint_eq(system_size(&x), without + 21);
    x.w.mm->tuning.goal = x.w.mm->pfn.frame_count;
    run_daemon(&x.w, MM_WORKING_SET_MANAGER);
    check_laws(&x.w);
    ck_assert_uint_eq(system_size(&x), without + 21); /* less than its minimum */
    mi_process(x.w.mm, x.w.mm->system)->ws_limits.minimum = without;
    run_daemon(&x.w, MM_WORKING_SET_MANAGER);
    check_laws(&x.w);
    ck_assert_uint_eq(system_size(&x), without);
    mm_query_counters(x.w.mm, &c);
    ck_assert_uint_ge(c.standby, 20); /* one is the process's too */
    unsigned reads = x.w.file_reads;
    ck_assert_uint_eq(cache_byte(&x, view + 7, NULL), data_byte(7));
    ck_assert_uint_eq(x.w.file_reads, reads);
    mm_unmap_system_view(x.w.mm, view);
    close_fixture(&x);
}
END_TEST

/* --- Errors, and what is large -------------------------------------------------------------------------------- */

START_TEST(a_read_that_fails)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    x.w.file_read_answer = STATUS_IO_DEVICE_ERROR;
    ck_assert_int_eq(touch(&x.w, x.p, x.view + 9, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    ck_assert_uint_eq(f.parameter_count, 3);
    ck_assert_uint_eq(f.information[0], EXCEPTION_WRITE_FAULT);
    ck_assert_uint_eq(f.information[1], x.view + 9);
    ck_assert_uint_eq(f.information[2], STATUS_IO_DEVICE_ERROR);
    check_laws(&x.w);
    x.w.file_read_answer = STATUS_SUCCESS;
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 9), data_byte(9));
    close_fixture(&x);
}
END_TEST

START_TEST(a_fault_without_a_frame_or_object)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    world_stop_paging(&x.w);
    for (uint32_t n = 0; n < 12; n++) {
        mm_fail_frames_after(x.w.mm, n);
        enum mm_fault_result result = touch(&x.w, x.p, x.view, MMU_WRITE, &f);
        mm_fail_frames_after(x.w.mm, UINT32_MAX);
        check_laws(&x.w);
        if (result == MM_FAULT_RESOLVED)
            break;
        ck_assert_int_eq(result, MM_FAULT_RAISE);
        ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
        ck_assert_uint_lt(n, 11);
    }
    va_t far = x.view + 8 * PAGE;
    for (uint32_t n = 0; n < 4; n++) {
        mm_fail_objects_after(x.w.mm, n);
        touch(&x.w, x.p, far, MMU_READ, &f);
        mm_fail_objects_after(x.w.mm, UINT32_MAX);
        check_laws(&x.w);
    }
    ck_assert_uint_eq(read_byte(&x.w, x.p, far), data_byte(8 * PAGE));
    close_fixture(&x);
}
END_TEST

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

START_TEST(a_huge_file_takes_what_is_touched)
{
    static const uint64_t places[] = {0, UINT64_C(1) << 39, (UINT64_C(1) << 40) - PAGE, UINT64_C(7) << 30};
    struct world w;
    struct mm_counters before, after;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    make_file(&w, 0, UINT64_C(1) << 40);
    world_read_alone(&w);
    mm_query_counters(w.mm, &before);
    uint32_t bytes = arena_bytes_in_use(w.mm->arena);
    mm_section section = make_data_section(&w, 0, MM_READWRITE);
    va_t base = HERE;
    double start = microseconds();
    enum { TURNS = 2000 };
    for (unsigned i = 0; i < TURNS; i++) {
        ck_assert_uint_eq(map_part(&w, p, section, &base, UINT64_C(3) << 30, UINT64_C(1) << 30, 0, PAGE_READWRITE),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(mm_unmap_view(w.mm, p, base), STATUS_SUCCESS);
    }
    double each = (microseconds() - start) / TURNS;
    printf("# %s: a 1 GB view is mapped and unmapped in %.2f us\n", format_name(w.format), each);
    mm_query_counters(w.mm, &after);
    ck_assert_uint_eq(before.active, after.active); /* nothing was touched, nothing made */
    ck_assert_uint_lt(arena_bytes_in_use(w.mm->arena), bytes + 2048);
    for (int i = 0; i < N_ELEMENTS(places); i++) {
        base = HERE;
        ck_assert_uint_eq(map_part(&w, p, section, &base, places[i] & ~UINT64_C(0xffff), 0x10000, 0, PAGE_READONLY),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(read_byte(&w, p, base + (places[i] & 0xffff) + 5), data_byte(places[i] + 5));
        ck_assert_uint_eq(mm_unmap_view(w.mm, p, base), STATUS_SUCCESS);
        check_laws(&w);
    }
    mm_query_counters(w.mm, &after);
    ck_assert_uint_le(after.active, before.active + 2 * N_ELEMENTS(places) + 2); /* prototype PTEs, and their tables */
    ck_assert_uint_lt(arena_bytes_in_use(w.mm->arena), bytes + 16384);
    end_process(&w, p);
    mm_section_close(w.mm, section);
    check_laws(&w);
    world_close(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        views_of_the_cache,
        the_cache_gives_pages_back,
        a_read_that_fails,
        a_fault_without_a_frame_or_object,
        a_huge_file_takes_what_is_touched,
    };
    Suite *suite = suite_create("mm/section_cache");
    TCase *tc = tcase_create("cache");
    for (int i = 0; i < N_ELEMENTS(tests); i++)
        tcase_add_loop_test(tc, tests[i], 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
