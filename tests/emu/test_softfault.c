/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_softfault.c - the library: machines beside each other, faults as they are told, and running out of memory. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "emu/softfault.h"

enum { LOG_MAX = 4096 };

struct log {
    struct sf_fault faults[LOG_MAX];
    unsigned count;
};

static void note(void *context, const struct sf_event *event)
{
    struct log *log = context;
    if (log->count < LOG_MAX)
        log->faults[log->count] = *event->fault;
    log->count++;
}

/* Guest and report output go nowhere. */
static void set_up(void)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
}

static struct sf_options tiny_options(void)
{
    return (struct sf_options){
        .size = sizeof(struct sf_options), .program = getenv("SOFTFAULT_TINY"), .dll_path = getenv("SOFTFAULT_DLLS")};
}

static struct sf_machine *start(struct sf_options options, struct log *log)
{
    char error[SF_ERROR_SIZE] = "";
    struct sf_machine *machine = sf_machine_create(&options, error);
    ck_assert_msg(machine != NULL, "%s", error);
    if (log)
        sf_machine_on_event(machine, SF_EVENT_BIT(SF_EVENT_FAULT), note, log);
    ck_assert_msg(sf_machine_load(machine, error), "%s", error);
    return machine;
}

static void check_same(const struct log *a, const struct log *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++) {
        ck_assert_uint_eq(a->faults[i].va, b->faults[i].va);
        ck_assert_uint_eq(a->faults[i].pc, b->faults[i].pc);
        ck_assert_uint_eq(a->faults[i].time, b->faults[i].time);
        ck_assert_uint_eq(a->faults[i].pte_after, b->faults[i].pte_after);
        ck_assert_str_eq(a->faults[i].type, b->faults[i].type);
    }
}

START_TEST(two_machines_at_once)
{
    struct log *logs = calloc(2, sizeof *logs);
    struct sf_options options = tiny_options();
    options.paging = _i ? SF_PAGING_X86 : SF_PAGING_DEFAULT;
    struct sf_machine *first = start(options, &logs[0]), *second = start(options, &logs[1]);
    ck_assert_int_eq(sf_machine_run(first), 3);
    ck_assert_int_eq(sf_machine_run(second), 3);
    ck_assert_uint_eq(sf_machine_exit_code(first), 3);
    ck_assert_uint_gt(logs[0].count, 20);
    check_same(&logs[0], &logs[1]);
    ck_assert_ptr_null(sf_machine_check(first));
    ck_assert_ptr_null(sf_machine_check(second));
    sf_machine_destroy(second);
    sf_machine_destroy(first);
    free(logs);
}
END_TEST

/* Every fault of the run is told once: the counters say the same, but for those of bring-up. */
START_TEST(counters_agree)
{
    struct log *log = calloc(1, sizeof *log);
    struct sf_counters before = {.size = sizeof before}, after = before;
    struct sf_machine *machine = start(tiny_options(), log);
    sf_machine_query_counters(machine, &before);
    ck_assert_uint_eq(log->count, 0);
    ck_assert_int_eq(sf_machine_run(machine), 3);
    sf_machine_query_counters(machine, &after);
    ck_assert_uint_eq(after.faults - before.faults, log->count);
    ck_assert_uint_ge(after.pages_read, after.hard); /* neighbours come along, at most 15 with each */
    ck_assert_uint_le(after.pages_read, 16 * after.hard);
    sf_machine_destroy(machine);
    free(log);
}
END_TEST

START_TEST(peek_sees_the_image)
{
    uint8_t bytes[2] = {0};
    struct sf_machine *machine = start(tiny_options(), NULL);
    ck_assert_uint_eq(sf_machine_peek(machine, 0x400000, bytes, sizeof bytes), 0); /* not touched yet */
    sf_machine_run(machine);
    ck_assert_uint_eq(sf_machine_peek(machine, 0x400000, bytes, sizeof bytes), 2);
    ck_assert_int_eq(bytes[0], 'M');
    ck_assert_int_eq(bytes[1], 'Z');
    sf_machine_destroy(machine);
}
END_TEST

/* RAM runs out at some allocation: the program ends one way or another, the model stays whole. */
START_TEST(frames_run_out)
{
    struct sf_machine *machine = start(tiny_options(), NULL);
    mm_fail_frames_after(sf_mm(machine), (uint32_t)_i);
    int status = sf_machine_run(machine);
    ck_assert_msg(status == 3 || status == SF_EXIT_EXCEPTION || status == SF_EXIT_CANNOT, "%d: status %d", _i, status);
    const char *broken = sf_machine_check(machine);
    ck_assert_msg(!broken, "%d: %s", _i, broken);
    sf_machine_destroy(machine);
}
END_TEST

START_TEST(objects_run_out)
{
    struct sf_options options = tiny_options();
    options.time_limit_ns = 1000000000; /* a program may try for ever */
    struct sf_machine *machine = start(options, NULL);
    mm_fail_objects_after(sf_mm(machine), (uint32_t)_i);
    sf_machine_run(machine);
    const char *broken = sf_machine_check(machine);
    ck_assert_msg(!broken, "%d: %s", _i, broken);
    sf_machine_destroy(machine);
}
END_TEST

/* Too little RAM for bring-up is an answer, not an accident. */
START_TEST(little_ram)
{
    char error[SF_ERROR_SIZE] = "";
    struct sf_options options = tiny_options();
    options.ram_bytes = (uint64_t)(256 + _i) * 4096;
    struct sf_machine *machine = sf_machine_create(&options, error);
    ck_assert_msg(machine != NULL, "%s", error);
    if (sf_machine_load(machine, error)) {
        sf_machine_run(machine);
        ck_assert_ptr_null(sf_machine_check(machine));
    } else {
        ck_assert_int_ne(error[0], 0);
    }
    sf_machine_destroy(machine);
}
END_TEST

static const struct {
    const char *name, *program, *dlls;
    uint64_t ram;
} bad[] = {
    {"no such program", "/nonexistent/a.exe", NULL, 0},
    {"no program but a folder", "/tmp", NULL, 0},
    {"no DLLs there", NULL, "/tmp", 0},
    {"no such folder", NULL, "/nonexistent", 0},
    {"too little RAM", NULL, NULL, 4096},
    {"too much RAM", NULL, NULL, UINT64_MAX},
};

START_TEST(bad_options)
{
    char error[SF_ERROR_SIZE] = "";
    struct sf_options options = tiny_options();
    if (bad[_i].program)
        options.program = bad[_i].program;
    if (bad[_i].dlls)
        options.dll_path = bad[_i].dlls;
    options.ram_bytes = bad[_i].ram;
    struct sf_machine *machine = sf_machine_create(&options, error);
    ck_assert_msg(!machine || !sf_machine_load(machine, error), "%s", bad[_i].name);
    ck_assert_msg(error[0] && !strchr(error, '\n'), "%s: %s", bad[_i].name, error);
    sf_machine_destroy(machine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("softfault");
    TCase *tcase = tcase_create("softfault");
    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, two_machines_at_once, 0, 2);
    tcase_add_test(tcase, counters_agree);
    tcase_add_test(tcase, peek_sees_the_image);
    tcase_add_loop_test(tcase, frames_run_out, 0, 70);
    tcase_add_loop_test(tcase, objects_run_out, 0, 40);
    tcase_add_loop_test(tcase, little_ram, 0, 8);
    tcase_add_loop_test(tcase, bad_options, 0, (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
