/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_object.c - the handle table: numbers, reuse, bounds, what closing does. */
#include <check.h>
#include <stdlib.h>

#include "emu/object.h"
#include "emu/status.h"

static struct object_table table;
static struct handle_table handles;
static unsigned destroyed;

static void on_destroy(void *context, struct object *object)
{
    ck_assert_ptr_eq(context, &table);
    ck_assert_uint_eq(object->references, 0);
    ck_assert_uint_eq(object->handles, 0);
    destroyed++;
}

static void set_up(void)
{
    ck_assert(object_table_open(&table));
    table.destroy = on_destroy;
    table.context = &table;
}

static void tear_down(void)
{
    handle_close_all(&table, &handles);
    ck_assert_uint_eq(table.handle_count, 0);
    object_table_close(&table);
}

static uint32_t insert(struct object *object, uint32_t access, uint32_t attributes)
{
    return handle_insert(&table, &handles, &(struct handle_entry){object, access, attributes});
}

static uint32_t new_event(void)
{
    struct object *event = object_create(&table, OBJECT_EVENT);
    if (!event)
        return 0;
    uint32_t handle = insert(event, 3, 0);
    object_release(&table, event);
    return handle;
}

static ntstatus_t reference(uint32_t handle, enum object_type type, uint32_t access, struct object **ret_object)
{
    return object_of_entry(handle_entry(&handles, handle), (struct object_want){type, access}, ret_object);
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
    ck_assert_uint_eq(handle_close(&table, &handles, 16), STATUS_SUCCESS);
    ck_assert_uint_eq(handle_close(&table, &handles, 8), STATUS_SUCCESS);
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
    ck_assert_msg(!object_of_handle(&handles, handle), "%x", handle);
    ck_assert_msg(handle_close(&table, &handles, handle) == STATUS_INVALID_HANDLE, "%x", handle);
    ck_assert_msg(reference(handle, OBJECT_EVENT, 0, &object) == STATUS_INVALID_HANDLE, "%x", handle);
}
END_TEST

START_TEST(low_bits_are_ignored)
{
    ck_assert_uint_eq(new_event(), 4);
    ck_assert_ptr_eq(object_of_handle(&handles, 7), object_of_handle(&handles, 4));
}
END_TEST

START_TEST(type_is_checked)
{
    struct object *object;
    uint32_t handle = new_event();
    ck_assert_uint_eq(reference(handle, OBJECT_FILE, 0, &object), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(reference(handle, OBJECT_EVENT, 0, &object), STATUS_SUCCESS);
}
END_TEST

START_TEST(access_is_checked)
{
    struct object *object;
    uint32_t handle = new_event();
    ck_assert_uint_eq(reference(handle, OBJECT_EVENT, 2, &object), STATUS_SUCCESS);
    ck_assert_uint_eq(reference(handle, OBJECT_EVENT, 4, &object), STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(handles_are_bounded)
{
    uint32_t made = 0;
    while (made <= HANDLES_MAX && new_event())
        made++;
    ck_assert_uint_eq(made, HANDLES_MAX);
    ck_assert_uint_eq(handle_close(&table, &handles, 40), STATUS_SUCCESS);
    ck_assert_uint_eq(new_event(), 40);
    handle_close_all(&table, &handles);
    ck_assert_uint_eq(destroyed, HANDLES_MAX + 1);
    ck_assert_uint_eq(new_event(), 4);
}
END_TEST

START_TEST(objects_are_bounded)
{
    struct object *last = NULL, *object;
    uint32_t made = 0;
    while ((object = object_create(&table, OBJECT_SEMAPHORE)) != NULL) {
        last = object;
        made++;
    }
    ck_assert_uint_eq(made, OBJECTS_MAX);
    object_release(&table, last);
    ck_assert_ptr_eq(object_create(&table, OBJECT_EVENT), last);
    ck_assert_int_eq(last->type, OBJECT_EVENT);
    ck_assert_int_eq(last->wait.signal, 0);
}
END_TEST

START_TEST(last_reference_destroys)
{
    struct object *file = object_create(&table, OBJECT_FILE);
    uint32_t first = insert(file, 0, 0), second = insert(file, 0, 0);
    object_release(&table, file);
    ck_assert_uint_eq(file->handles, 2);
    handle_close(&table, &handles, first);
    ck_assert_uint_eq(destroyed, 0);
    handle_close(&table, &handles, second);
    ck_assert_uint_eq(destroyed, 1);
}
END_TEST

START_TEST(protected_handles_stay)
{
    struct object *event = object_create(&table, OBJECT_EVENT);
    uint32_t handle = insert(event, 0, HANDLE_PROTECTED);
    object_release(&table, event);
    ck_assert_uint_eq(handle_close(&table, &handles, handle), STATUS_HANDLE_NOT_CLOSABLE);
    ck_assert_ptr_eq(object_of_handle(&handles, handle), event);
    handle_entry(&handles, handle)->attributes = 0;
    ck_assert_uint_eq(handle_close(&table, &handles, handle), STATUS_SUCCESS);
}
END_TEST

/* A child gets the inheritable ones under the same numbers, and nothing else. */
START_TEST(inheritance)
{
    struct handle_table child = {0};
    struct object *event = object_create(&table, OBJECT_EVENT);
    for (unsigned i = 0; i < 300; i++)
        insert(event, i, i % 3 == 1 ? HANDLE_INHERIT : 0);
    object_release(&table, event);
    ck_assert(handle_inherit(&table, &handles, &child));
    ck_assert_uint_eq(child.count, 100);
    for (unsigned i = 0; i < 300; i++) {
        const struct handle_entry *entry = handle_entry(&child, (i + 1) * 4);
        ck_assert_msg((entry != NULL) == (i % 3 == 1), "%u", i);
        ck_assert_msg(!entry || (entry->object == event && entry->access == i), "%u", i);
    }
    ck_assert_uint_eq(event->handles, 400);
    ck_assert_uint_eq(handle_insert(&table, &child, &(struct handle_entry){event, 0, 0}), 4);
    handle_close_all(&table, &child);
    ck_assert_uint_eq(event->handles, 300);
}
END_TEST

static const struct {
    const char *name;
    enum object_type type;
    uint32_t desired, granted;
} accesses[] = {
    {"specific", OBJECT_EVENT, 0x100002, 0x100002},
    {"generic read", OBJECT_EVENT, 0x80000000, 0x20001},
    {"generic write", OBJECT_SEMAPHORE, 0x40000000, 0x20002},
    {"generic execute", OBJECT_MUTANT, 0x20000000, 0x120000},
    {"generic all", OBJECT_PROCESS, 0x10000000, 0x1F0FFF},
    {"maximum allowed", OBJECT_THREAD, 0x02000000, 0x1F03FF},
    {"nothing", OBJECT_TIMER, 0, 0},
    {"mixed", OBJECT_SECTION, 0x80000010, 0x20015},
};

START_TEST(access_is_mapped)
{
    uint32_t granted = object_map_access(accesses[_i].type, accesses[_i].desired);
    ck_assert_msg(granted == accesses[_i].granted, "%s: %x", accesses[_i].name, granted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object");
    TCase *tcase = tcase_create("object");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, handles_are_multiples_of_four);
    tcase_add_test(tcase, lowest_free_is_reused);
    tcase_add_loop_test(tcase, bad_handle, 0, (int)(sizeof bad_handles / sizeof bad_handles[0]));
    tcase_add_test(tcase, low_bits_are_ignored);
    tcase_add_test(tcase, type_is_checked);
    tcase_add_test(tcase, access_is_checked);
    tcase_add_test(tcase, handles_are_bounded);
    tcase_add_test(tcase, objects_are_bounded);
    tcase_add_test(tcase, last_reference_destroys);
    tcase_add_test(tcase, protected_handles_stay);
    tcase_add_test(tcase, inheritance);
    tcase_add_loop_test(tcase, access_is_mapped, 0, (int)(sizeof accesses / sizeof accesses[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
