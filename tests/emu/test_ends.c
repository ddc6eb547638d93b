/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ends.c - how programs end that have no stack left, or no end: an orderly report, or a limit; in both widths, and
 * each time after the same virtual time. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"

enum { OUTPUT_MAX = 8192, WALL_LIMIT = 60, WIDE_ONLY = 1, RUNS = 2 };
#define MILLISECOND 1000000u

static const struct {
    const char *name, *how; /* how: guest_ends.c's argument */
    int status;
    uint32_t code;
    uint64_t limit; /* ns; 0: none */
    int flags;
    const char *report;
} ends[] = {
    {"push at address 0", "a", MACHINE_EXIT_EXCEPTION, STATUS_ACCESS_VIOLATION, 0, 0, "no room to tell the program"},
    {"no room below", "b", MACHINE_EXIT_EXCEPTION, STATUS_BREAKPOINT, 0, 0, "no room to tell the program"},
    {"stack in system space", "c", MACHINE_EXIT_EXCEPTION, STATUS_ACCESS_VIOLATION, 0, 0, "above user space"},
    {"stack in free memory", "d", MACHINE_EXIT_EXCEPTION, STATUS_ILLEGAL_INSTRUCTION, 0, WIDE_ONLY, "no room to tell"},
    {"stack at no address", "e", MACHINE_EXIT_EXCEPTION, STATUS_ILLEGAL_INSTRUCTION, 0, WIDE_ONLY, "no room to tell"},
    {"read-only stack", "f", MACHINE_EXIT_EXCEPTION, STATUS_BREAKPOINT, 0, 0, "no room to tell the program"},
    {"odd stack pointer", "g", MACHINE_EXIT_EXCEPTION, STATUS_BREAKPOINT, 0, 0, "breakpoint (80000003)"},
    {"stack overflow", "h", MACHINE_EXIT_EXCEPTION, STATUS_STACK_OVERFLOW, 0, 0, "stack overflow (C00000FD)"},
    {"second stack overflow", "i", MACHINE_EXIT_EXCEPTION, STATUS_ACCESS_VIOLATION, 0, 0,
     "no room to tell the program"},
    {"handlers that fault", "j", MACHINE_EXIT_EXCEPTION, STATUS_ACCESS_VIOLATION, 0, 0, "no room to tell the program"},
    {"a loop", "k", MACHINE_EXIT_LIMIT, 0, 100 * MILLISECOND, 0, "stopped after 0.1 virtual seconds"},
    {"an exception for ever", "l", MACHINE_EXIT_LIMIT, 0, 20 * MILLISECOND, 0, "stopped after 0.02 virtual seconds"},
    {"waiting for the tick count", "m", 7, 7, 0, 0, ""},
    {"the same, the page being known", "n", 7, 7, 0, 0, ""},
    {"a single step", "o", 1, 1, 0, 0, ""},
};
enum { ENDS = sizeof ends / sizeof *ends };

/* What one run leaves. */
struct outcome {
    int status;
    uint32_t code;
    uint64_t time;
    char report[OUTPUT_MAX];
};

static void run(int row, bool wide, struct outcome *ret_outcome)
{
    char error[MACHINE_ERROR_SIZE] = "", *arguments[] = {(char *)(uintptr_t)ends[row].how};
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = getenv(wide ? "SOFTFAULT_ENDS64" : "SOFTFAULT_ENDS"),
                                      .paging_auto = true,
                                      .time_limit_ns = ends[row].limit,
                                      .wall_limit_seconds = WALL_LIMIT,
                                      .argc = 1,
                                      .argv = arguments};
    FILE *report = tmpfile();
    ck_assert_ptr_nonnull(report);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(report), STDERR_FILENO);
    struct machine *machine = machine_create(&options, error);
    bool loaded = machine && machine_load(machine, error);
    ret_outcome->status = loaded ? machine_run(machine) : -1;
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ck_assert_msg(loaded, "%s: %s", ends[row].name, error);
    ret_outcome->code = machine_exit_code(machine);
    ret_outcome->time = machine->clock.now;
    const char *broken = mm_check(machine->mm);
    ck_assert_msg(!broken, "%s: %s", ends[row].name, broken);
    machine_destroy(machine);
    ssize_t length = pread(fileno(report), ret_outcome->report, OUTPUT_MAX - 1, 0);
    ret_outcome->report[length > 0 ? length : 0] = 0;
    fclose(report);
}

START_TEST(end_is_orderly)
{
    bool wide = _i & 1;
    int row = _i / 2;
    static struct outcome outcome[RUNS];
    if (!wide && (ends[row].flags & WIDE_ONLY))
        return;
    for (unsigned i = 0; i < RUNS; i++)
        run(row, wide, &outcome[i]);
    ck_assert_msg(outcome[0].status == ends[row].status, "%s: exit status %d\n%s", ends[row].name, outcome[0].status,
                  outcome[0].report);
    ck_assert_msg(outcome[0].code == ends[row].code, "%s: exit code %08x", ends[row].name, outcome[0].code);
    ck_assert_msg(strstr(outcome[0].report, ends[row].report) != NULL, "%s: the report does not say \"%s\":\n%s",
                  ends[row].name, ends[row].report, outcome[0].report);
    ck_assert_msg(outcome[0].time == outcome[1].time, "%s: another time", ends[row].name);
    ck_assert_str_eq(outcome[0].report, outcome[1].report);
    if (ends[row].limit) { /* soon after it: what is under way is done */
        ck_assert_uint_ge(outcome[0].time, ends[row].limit);
        ck_assert_uint_le(outcome[0].time, ends[row].limit + MILLISECOND / 10);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ends");
    TCase *tc = tcase_create("ends");
    tcase_set_timeout(tc, 2 * WALL_LIMIT);
    tcase_add_loop_test(tc, end_is_orderly, 0, 2 * ENDS);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
