/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_object.c - the handle table: numbers, reuse, bounds, what closing does. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/object.h"

static struct object_table table;

void mm_section_close(struct mm *mm, mm_section section)
{
    ck_abort_msg("no section was made");
}

static uint32_t new_event(void)
{
    struct object *event = object_create(&table, OBJECT_EVENT);
    if (!event)
        return 0;
    uint32_t handle = object_insert(&table, event);
    object_release(&table, event);
    return handle;
}

START_TEST(handles_are_multiples_of_four)
{
    ck_assert_uint_eq(new_event(), 4);
    ck_assert_uint_eq(new_event(), 8);
    ck_assert_uint_eq(new_event(), 12);
}
END_TEST

START_TEST(lowest_free_is_reused)
{
    for (unsigned i = 1; i <= 5; i++)
        ck_assert_uint_eq(new_event(), i * 4);
    ck_assert_uint_eq(object_close_handle(&table, 16), STATUS_SUCCESS);
    ck_assert_uint_eq(object_close_handle(&table, 8), STATUS_SUCCESS);
    ck_assert_uint_eq(new_event(), 8);
    ck_assert_uint_eq(new_event(), 16);
    ck_assert_uint_eq(new_event(), 24);
}
END_TEST

static const uint32_t bad_handles[] = {0, 1, 3, 8, 400, 0x4000, 0x4004, 0x80000000u, 0xFFFFFFFFu, 0xFFFFFFFEu};

START_TEST(bad_handle)
{
    struct object *object;
    ck_assert_uint_eq(new_event(), 4);
    uint32_t handle = bad_handles[_i];
    ck_assert_msg(!object_of_handle(&table, handle), "%x", handle);
    ck_assert_msg(object_close_handle(&table, handle) == STATUS_INVALID_HANDLE, "%x", handle);
    ck_assert_msg(object_reference(&table, handle, OBJECT_EVENT, &object) == STATUS_INVALID_HANDLE, "%x", handle);
}
END_TEST

START_TEST(low_bits_are_ignored)
{
    ck_assert_uint_eq(new_event(), 4);
    ck_assert_ptr_eq(object_of_handle(&table, 7), object_of_handle(&table, 4));
}
END_TEST

START_TEST(type_is_checked)
{
    struct object *object;
    uint32_t handle = new_event();
    ck_assert_uint_eq(object_reference(&table, handle, OBJECT_FILE, &object), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(object_reference(&table, handle, OBJECT_EVENT, &object), STATUS_SUCCESS);
}
END_TEST

START_TEST(table_is_bounded)
{
    uint32_t made = 0;
    while (made <= HANDLES_MAX && new_event())
        made++;
    ck_assert_uint_eq(made, OBJECTS_MAX);
    ck_assert_uint_eq(object_close_handle(&table, 40), STATUS_SUCCESS);
    ck_assert_uint_eq(new_event(), 40);
    object_close_all(&table);
    ck_assert_uint_eq(new_event(), 4);
}
END_TEST

START_TEST(last_handle_closes_the_file)
{
    struct object *file = object_create(&table, OBJECT_FILE);
    int fd = open("/dev/null", O_RDONLY);
    file->file.fd = fd;
    uint32_t first = object_insert(&table, file), second = object_insert(&table, file);
    object_release(&table, file);
    object_close_handle(&table, first);
    ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
    object_close_handle(&table, second);
    ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object");
    TCase *tcase = tcase_create("object");
    tcase_add_test(tcase, handles_are_multiples_of_four);
    tcase_add_test(tcase, lowest_free_is_reused);
    tcase_add_loop_test(tcase, bad_handle, 0, (int)(sizeof bad_handles / sizeof bad_handles[0]));
    tcase_add_test(tcase, low_bits_are_ignored);
    tcase_add_test(tcase, type_is_checked);
    tcase_add_test(tcase, table_is_bounded);
    tcase_add_test(tcase, last_handle_closes_the_file);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
