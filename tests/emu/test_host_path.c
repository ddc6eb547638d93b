/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_path.c - the kernel's names of open files: below the folder that leads there, and nothing of the host's own
 * path. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/host_file.h"

static char top[] = "/tmp/softfault-path-XXXXXX";
static struct host_files files;

static const char *const folders[] = {"work", "work/inner", "data", "elsewhere"};
static const struct {
    const char *guest, *host;
} roots[] = {{"C:\\work", "work"}, {"D:", "data"}, {"C:\\deep\\er", "work/inner"}, {"E:", "work"}};

static const struct {
    const char *file, *name; /* below top; as the caller calls it */
    const char *path;
} cases[] = {
    {"work/a.exe", "a.exe", "\\Device\\HarddiskVolume1\\work\\a.exe"},           /* the first of two roots */
    {"work/inner/b.dll", "b.dll", "\\Device\\HarddiskVolume1\\deep\\er\\b.dll"}, /* the nearest */
    {"data/c.dll", "c.dll", "\\Device\\HarddiskVolume2\\c.dll"},
    {"elsewhere/d.dll", "d.dll", "\\Device\\HarddiskVolume1\\d.dll"}, /* in no folder */
};

static void in_top(const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", top, name);
}

static void set_up(void)
{
    char path[256];
    ck_assert(mkdtemp(top) != NULL);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        in_top(folders[i], path);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        in_top(roots[i].host, path);
        ck_assert_ptr_null(host_files_add(&files, roots[i].guest, path, HOST_READ_ONLY));
    }
}

static void tear_down(void)
{
    char path[256];
    host_files_close(&files);
    for (size_t i = sizeof folders / sizeof *folders; i-- > 0;) {
        in_top(folders[i], path);
        rmdir(path);
    }
    rmdir(top);
}

START_TEST(device_path)
{
    char path[256], name[128];
    in_top(cases[_i].file, path);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    host_files_device_path(&files, fd, cases[_i].name, name, sizeof name);
    close(fd);
    unlink(path);
    ck_assert_str_eq(name, cases[_i].path);
}
END_TEST

START_TEST(no_room)
{
    char path[256], name[32];
    in_top("work/inner/b.dll", path);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    host_files_device_path(&files, fd, "b.dll", name, sizeof name);
    close(fd);
    unlink(path);
    ck_assert_str_eq(name, "\\Device\\HarddiskVolume1\\b.dll");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host_path");
    TCase *test_case = tcase_create("host_path");
    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_loop_test(test_case, device_path, 0, sizeof cases / sizeof *cases);
    tcase_add_test(test_case, no_room);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
