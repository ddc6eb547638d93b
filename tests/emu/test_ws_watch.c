/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ws_watch.c - the lists of faults: what is recorded, bounds, several processes. */
#include <check.h>
#include <stdlib.h>

#include "emu/ws_watch.h"

static struct ws_watches *watches;

static void set_up(void)
{
    watches = calloc(1, sizeof *watches);
    ck_assert(watches != NULL);
}

static void tear_down(void)
{
    free(watches);
}

static const struct {
    const char *name;
    ntstatus_t status;
    enum mm_fault_type type;
    unsigned recorded;
    va_t va; /* of 0x12346 */
} faults[] = {
    {"demand zero", STATUS_PAGE_FAULT_DEMAND_ZERO, MM_FAULT_TYPE_DEMAND_ZERO, 1, 0x12347},
    {"transition", STATUS_PAGE_FAULT_TRANSITION, MM_FAULT_TYPE_TRANSITION, 1, 0x12347},
    {"dirty", STATUS_SUCCESS, MM_FAULT_TYPE_DIRTY, 1, 0x12347},
    {"copy on write", STATUS_PAGE_FAULT_COPY_ON_WRITE, MM_FAULT_TYPE_COPY_ON_WRITE, 1, 0x12346},
    {"read", STATUS_PAGE_FAULT_PAGING_FILE, MM_FAULT_TYPE_HARD_FAULT, 1, 0x12346},
    {"read, of another status", STATUS_SUCCESS, MM_FAULT_TYPE_HARD_FAULT, 1, 0x12346},
    {"violation", STATUS_ACCESS_VIOLATION, MM_FAULT_TYPE_ACCESS_VIOLATION, 0, 0},
    {"guard", STATUS_GUARD_PAGE_VIOLATION, MM_FAULT_TYPE_GUARD_PAGE, 0, 0},
};

START_TEST(recorded)
{
    struct mm_fault fault = {.va = 0x12346, .process = 8, .status = faults[_i].status, .type = faults[_i].type};
    ck_assert_uint_eq(ws_watch_start(watches, 8), STATUS_SUCCESS);
    ws_watch_note(watches, &fault, 0x401000);
    const struct ws_watch *watch = ws_watch_of(watches, 8);
    ck_assert_msg(watch->count == faults[_i].recorded, "%s", faults[_i].name);
    if (watch->count == 0)
        return;
    ck_assert_uint_eq(watch->entries[0].pc, 0x401000);
    ck_assert_msg(watch->entries[0].va == faults[_i].va, "%s", faults[_i].name);
}
END_TEST

START_TEST(bounded)
{
    struct mm_fault fault = {.va = 0x1000, .process = 8};
    ck_assert_uint_eq(ws_watch_start(watches, 8), STATUS_SUCCESS);
    for (unsigned i = 0; i < 2 * WS_WATCH_ENTRIES_MAX; i++)
        ws_watch_note(watches, &fault, i + 1);
    const struct ws_watch *watch = ws_watch_of(watches, 8);
    ck_assert_uint_eq(watch->count, WS_WATCH_ENTRIES_MAX);
    ck_assert_uint_eq(watch->entries[WS_WATCH_ENTRIES_MAX - 1].pc, WS_WATCH_ENTRIES_MAX);
}
END_TEST

START_TEST(processes)
{
    struct mm_fault fault = {.va = 0x1000, .process = 16};
    ck_assert_ptr_null(ws_watch_of(watches, 16));
    ws_watch_note(watches, &fault, 1);
    for (mm_process i = 1; i <= WS_WATCHES_MAX; i++)
        ck_assert_uint_eq(ws_watch_start(watches, 8 * i), STATUS_SUCCESS);
    ck_assert_uint_eq(ws_watch_start(watches, 16), STATUS_SUCCESS);
    ck_assert_uint_eq(ws_watch_start(watches, 8 * (WS_WATCHES_MAX + 1)), STATUS_INSUFFICIENT_RESOURCES);
    ws_watch_note(watches, &fault, 2);
    ck_assert_uint_eq(ws_watch_of(watches, 16)->count, 1);
    ck_assert_uint_eq(ws_watch_of(watches, 8)->count, 0);
    ws_watch_end(watches, 16);
    ws_watch_end(watches, 16);
    ck_assert_ptr_null(ws_watch_of(watches, 16));
    ck_assert_uint_eq(ws_watch_start(watches, 8 * (WS_WATCHES_MAX + 1)), STATUS_SUCCESS);
    ck_assert_uint_eq(ws_watch_of(watches, 8 * (WS_WATCHES_MAX + 1))->count, 0);
    ck_assert_uint_eq(watches->used, WS_WATCHES_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ws_watch");
    TCase *test_case = tcase_create("ws_watch");
    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_loop_test(test_case, recorded, 0, sizeof faults / sizeof *faults);
    tcase_add_test(test_case, bounded);
    tcase_add_test(test_case, processes);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
