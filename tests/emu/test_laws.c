/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_laws.c - --check: a sound machine runs as without it; one whose memory manager broke a law says so at the next
 * service or fault, and ends. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "mm/mi.h"

enum { TINY_EXIT_CODE = 3, REPORT_MAX = 1024 };

enum damage { DAMAGE_NONE, DAMAGE_COMMIT, DAMAGE_LIST };

static const struct {
    const char *name;
    enum damage damage;
    bool check;
    uint64_t moves; /* --check-every */
    int status;
    const char *report; /* in what is said on stderr; "": nothing is */
} cases[] = {
    {"sound", DAMAGE_NONE, true, 0, TINY_EXIT_CODE, ""},
    {"sound, not checked", DAMAGE_NONE, false, 0, TINY_EXIT_CODE, ""},
    {"commit", DAMAGE_COMMIT, true, 0, MACHINE_EXIT_CANNOT, "softfault: the memory manager broke a law: "},
    {"commit, not checked", DAMAGE_COMMIT, false, 0, TINY_EXIT_CODE, ""},
    {"sound, every move", DAMAGE_NONE, true, 1, TINY_EXIT_CODE, ""},
    {"commit, every move", DAMAGE_COMMIT, true, 1, MACHINE_EXIT_CANNOT, "softfault: the memory manager broke a law: "},
    {"commit, every ten", DAMAGE_COMMIT, true, 10, MACHINE_EXIT_CANNOT, "softfault: the memory manager broke a law: "},
    {"commit, too few moves", DAMAGE_COMMIT, true, UINT64_MAX, TINY_EXIT_CODE, ""},
    {"a list", DAMAGE_LIST, true, 0, MACHINE_EXIT_CANNOT, "softfault: the memory manager broke a law: "},
};
enum { CASES = sizeof cases / sizeof *cases };

static void do_damage(struct mm *mm, enum damage damage)
{
    switch (damage) {
    case DAMAGE_NONE: break;
    case DAMAGE_COMMIT: mm->committed++; break;
    case DAMAGE_LIST: mm->pfn.in_state[PFN_STANDBY]++; break;
    }
}

static void read_report(FILE *file, char report[REPORT_MAX])
{
    rewind(file);
    report[fread(report, 1, REPORT_MAX - 1, file)] = 0;
    fclose(file);
}

static void run(int row, const char *program)
{
    char error[MACHINE_ERROR_SIZE] = "", report[REPORT_MAX];
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = program,
                                      .paging_auto = true,
                                      .check = cases[row].check,
                                      .check_moves = cases[row].moves};
    int null = open("/dev/null", O_RDWR), saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    FILE *file = tmpfile();
    struct machine *machine = machine_create(&options, error);
    ck_assert_msg(machine && machine_load(machine, error), "%s", error);
    do_damage(machine_mm(machine), cases[row].damage);
    dup2(null, STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    int status = machine_run(machine);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    machine_destroy(machine);
    close(null);
    read_report(file, report);
    ck_assert_msg(status == cases[row].status, "%s: %d", cases[row].name, status);
    if (cases[row].report[0])
        ck_assert_msg(strncmp(report, cases[row].report, strlen(cases[row].report)) == 0 &&
                          strchr(report, '\n') == report + strlen(report) - 1,
                      "%s: %s", cases[row].name, report);
    else
        ck_assert_msg(!report[0], "%s: %s", cases[row].name, report);
}

START_TEST(laws_x86)
{
    run(_i, getenv("SOFTFAULT_TINY"));
}
END_TEST

START_TEST(laws_x64)
{
    run(_i, getenv("SOFTFAULT_TINY64"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("laws");
    TCase *test_case = tcase_create("laws");
    tcase_set_timeout(test_case, 60);
    tcase_add_loop_test(test_case, laws_x86, 0, CASES);
    tcase_add_loop_test(test_case, laws_x64, 0, CASES);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
