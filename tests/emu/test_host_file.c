/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_file.c - what a guest can reach of the host: names, case, ".." and symbolic links, rights. */
#define _GNU_SOURCE /* RENAME_EXCHANGE */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/host_file.h"
#include "emu/status.h"

struct world {
    char folder[64];
    struct host_files files;
};

static struct world world;

static void make_file(const char *path, const char *text)
{
    int fd = openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, 0666);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
}

static void set_up(void)
{
    memset(&world, 0, sizeof world);
    strcpy(world.folder, "/tmp/sf_host_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world.folder));
    ck_assert_int_eq(chdir(world.folder), 0);
    ck_assert_int_eq(mkdir("ro", 0777) | mkdir("ro/Sub", 0777) | mkdir("rw", 0777) | mkdir("outside", 0777), 0);
    make_file("ro/Hello.txt", "hello");
    make_file("ro/Sub/inner.bin", "1234567");
    make_file("ro/twice", "lower");
    make_file("ro/TWICE", "upper");
    make_file("outside/secret", "secret");
    ck_assert_int_eq(symlink("../outside/secret", "ro/leak"), 0);
    ck_assert_int_eq(symlink("/etc/passwd", "ro/passwd"), 0);
    ck_assert_int_eq(symlink("Hello.txt", "ro/inside"), 0);
    ck_assert_int_eq(mkfifo("ro/fifo", 0666), 0);
    ck_assert_ptr_null(host_files_add(&world.files, "C:\\work", "ro", HOST_READ_ONLY));
    ck_assert_ptr_null(host_files_add(&world.files, "D:", "rw", HOST_WRITABLE));
}

static void tear_down(void)
{
    char command[128];
    host_files_close(&world.files);
    snprintf(command, sizeof command, "rm -r %s", world.folder);
    ck_assert_int_eq(system(command), 0);
}

static const struct {
    const char *name, *path;
    enum host_disposition disposition;
    bool write;
    ntstatus_t status;
    int size; /* -1: a directory */
} cases[] = {
    {"plain", "\\??\\C:\\work\\Hello.txt", FILE_OPEN, false, STATUS_SUCCESS, 5},
    {"other case", "\\??\\c:\\WORK\\hELLO.TXT", FILE_OPEN, false, STATUS_SUCCESS, 5},
    {"in a folder, other case", "\\??\\C:\\work\\sub\\INNER.bin", FILE_OPEN, false, STATUS_SUCCESS, 7},
    {"exact spelling wins", "\\??\\C:\\work\\twice", FILE_OPEN, false, STATUS_SUCCESS, 5},
    {"DosDevices", "\\DosDevices\\C:\\work\\Hello.txt", FILE_OPEN, false, STATUS_SUCCESS, 5},
    {"the root", "\\??\\C:\\work", FILE_OPEN, false, STATUS_SUCCESS, -1},
    {"the root with a backslash", "\\??\\C:\\work\\", FILE_OPEN, false, STATUS_SUCCESS, -1},
    {"a drive as root", "\\??\\D:\\", FILE_OPEN, false, STATUS_SUCCESS, -1},
    {"a folder", "\\??\\C:\\work\\Sub", FILE_OPEN, false, STATUS_SUCCESS, -1},
    {"a link that stays inside", "\\??\\C:\\work\\inside", FILE_OPEN, false, STATUS_SUCCESS, 5},
    {"a link that leaves", "\\??\\C:\\work\\leak", FILE_OPEN, false, STATUS_ACCESS_DENIED, 0},
    {"an absolute link", "\\??\\C:\\work\\passwd", FILE_OPEN, false, STATUS_ACCESS_DENIED, 0},
    {"a fifo", "\\??\\C:\\work\\fifo", FILE_OPEN, false, STATUS_ACCESS_DENIED, 0},
    {"dot dot", "\\??\\C:\\work\\..\\outside\\secret", FILE_OPEN, false, STATUS_OBJECT_NAME_INVALID, 0},
    {"dot", "\\??\\C:\\work\\.", FILE_OPEN, false, STATUS_OBJECT_NAME_INVALID, 0},
    {"slashes", "\\??\\C:\\work\\Sub/../../outside/secret", FILE_OPEN, false, STATUS_OBJECT_NAME_INVALID, 0},
    {"empty component", "\\??\\C:\\work\\\\Hello.txt", FILE_OPEN, false, STATUS_OBJECT_NAME_INVALID, 0},
    {"wild card", "\\??\\C:\\work\\*.txt", FILE_OPEN, false, STATUS_OBJECT_NAME_INVALID, 0},
    {"stream", "\\??\\C:\\work\\Hello.txt:x", FILE_OPEN, false, STATUS_OBJECT_NAME_INVALID, 0},
    {"missing", "\\??\\C:\\work\\none", FILE_OPEN, false, STATUS_OBJECT_NAME_NOT_FOUND, 0},
    {"missing folder", "\\??\\C:\\work\\none\\a", FILE_OPEN, false, STATUS_OBJECT_PATH_NOT_FOUND, 0},
    {"a file as folder", "\\??\\C:\\work\\Hello.txt\\a", FILE_OPEN, false, STATUS_OBJECT_PATH_NOT_FOUND, 0},
    {"longer than the root's name", "\\??\\C:\\workshop\\Hello.txt", FILE_OPEN, false, STATUS_OBJECT_PATH_NOT_FOUND, 0},
    {"no such drive", "\\??\\E:\\a", FILE_OPEN, false, STATUS_OBJECT_PATH_NOT_FOUND, 0},
    {"no drive", "\\??\\work\\a", FILE_OPEN, false, STATUS_OBJECT_NAME_NOT_FOUND, 0},
    {"a device", "\\Device\\Harddisk0\\a", FILE_OPEN, false, STATUS_OBJECT_PATH_NOT_FOUND, 0},
    {"relative", "Hello.txt", FILE_OPEN, false, STATUS_OBJECT_PATH_SYNTAX_BAD, 0},
    {"empty", "", FILE_OPEN, false, STATUS_OBJECT_PATH_SYNTAX_BAD, 0},
    {"write, read-only", "\\??\\C:\\work\\Hello.txt", FILE_OPEN, true, STATUS_ACCESS_DENIED, 0},
    {"create, read-only", "\\??\\C:\\work\\new", FILE_CREATE, false, STATUS_ACCESS_DENIED, 0},
    {"overwrite, read-only", "\\??\\C:\\work\\Hello.txt", FILE_OVERWRITE_IF, false, STATUS_ACCESS_DENIED, 0},
    {"create what is there", "\\??\\C:\\work\\Hello.txt", FILE_CREATE, false, STATUS_OBJECT_NAME_COLLISION, 0},
    {"open or create, there", "\\??\\C:\\work\\Hello.txt", FILE_OPEN_IF, false, STATUS_SUCCESS, 5},
    {"overwrite, missing", "\\??\\D:\\none", FILE_OVERWRITE, true, STATUS_OBJECT_NAME_NOT_FOUND, 0},
    {"create", "\\??\\D:\\new", FILE_CREATE, true, STATUS_SUCCESS, 0},
};

START_TEST(open_answers)
{
    struct host_open request = {.path = cases[_i].path, .disposition = cases[_i].disposition, .write = cases[_i].write};
    ntstatus_t status = host_file_open(&world.files, &request);
    ck_assert_msg(status == cases[_i].status, "%s: %08x, not %08x", cases[_i].name, status, cases[_i].status);
    if (status != STATUS_SUCCESS) {
        ck_assert_msg(request.fd < 0, "%s: a descriptor leaks", cases[_i].name);
        return;
    }
    ck_assert_msg(request.directory == (cases[_i].size < 0), "%s: directory", cases[_i].name);
    if (!request.directory)
        ck_assert_msg((int)request.size == cases[_i].size, "%s: size", cases[_i].name);
    ck_assert_msg(fcntl(request.fd, F_GETFD) & FD_CLOEXEC, "%s: inherited", cases[_i].name);
    close(request.fd);
}
END_TEST

static const struct {
    const char *pattern, *name;
    bool matches;
} patterns[] = {
    {"*", "anything", true},
    {"*", "", true},
    {"", "", true},
    {"", "a", false},
    {"a", "A", true},
    {"\u00E9t\u00E9", "\u00C9T\u00C9", true},
    {"\u0436*", "\u0416x", true},
    {"\u00F7", "\u00D7", false}, /* division and multiplication are no letters */
    {"?", "ab", false},
    {"??", "ab", true},
    {"a*b*c", "aXXbYYbc", true},
    {"a*b*c", "aXXbYYcb", false},
    {"*.txt", "a.txt.bak", false},
    {"<.txt", "a.b.txt", true},
    {"<", "a.b", false},
    {"a<", "ab", true},
    {"<.", "a.", true},
    {">>>", "ab", true},
    {">>>", "abcd", false},
    {">>>.c", "a.c", true},
    {"a\"", "a", true},
    {"a\"", "a.", true},
    {"a\"b", "a.b", true},
    {"a\"b", "ab", false},
    {"a\">", "a", true},
    {"*.*", "a", false},
    {"*\"*", "a", true},
    {"************************************b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};

START_TEST(patterns_match)
{
    ck_assert_msg(host_name_matches(patterns[_i].pattern, patterns[_i].name) == patterns[_i].matches, "'%s' and '%s'",
                  patterns[_i].pattern, patterns[_i].name);
}
END_TEST

static const struct {
    const char *name;
    ntstatus_t status;
} names[] = {
    {"a", STATUS_SUCCESS},
    {" a. ", STATUS_SUCCESS},
    {"...", STATUS_SUCCESS},
    {"\u00E9", STATUS_SUCCESS},
    {"", STATUS_OBJECT_NAME_INVALID},
    {".", STATUS_OBJECT_NAME_INVALID},
    {"..", STATUS_OBJECT_NAME_INVALID},
    {"a/b", STATUS_OBJECT_NAME_INVALID},
    {"a\\b", STATUS_OBJECT_NAME_INVALID},
    {"a:b", STATUS_OBJECT_NAME_INVALID},
    {"a\x7F", STATUS_SUCCESS},
    {"a\x1F", STATUS_OBJECT_NAME_INVALID},
    {"\xFF", STATUS_OBJECT_NAME_INVALID},
    {"\xC0\xAF", STATUS_OBJECT_NAME_INVALID},     /* an overlong slash */
    {"\xED\xA0\x80", STATUS_OBJECT_NAME_INVALID}, /* half a surrogate pair */
};

START_TEST(names_are_checked)
{
    ck_assert_msg(host_name_check(names[_i].name, strlen(names[_i].name)) == names[_i].status, "'%s'", names[_i].name);
}
END_TEST

static const struct {
    int error;
    ntstatus_t status;
} errors[] = {
    {ENOENT, STATUS_OBJECT_NAME_NOT_FOUND},
    {ENOTDIR, STATUS_OBJECT_PATH_NOT_FOUND},
    {EEXIST, STATUS_OBJECT_NAME_COLLISION},
    {EISDIR, STATUS_FILE_IS_A_DIRECTORY},
    {ENOTEMPTY, STATUS_DIRECTORY_NOT_EMPTY},
    {ENOSPC, STATUS_DISK_FULL},
    {EDQUOT, STATUS_DISK_FULL},
    {EIO, STATUS_IO_DEVICE_ERROR},
    {EROFS, STATUS_MEDIA_WRITE_PROTECTED},
    {EACCES, STATUS_ACCESS_DENIED},
    {EXDEV, STATUS_ACCESS_DENIED},
    {EMFILE, STATUS_INSUFFICIENT_RESOURCES},
    {12345, STATUS_ACCESS_DENIED},
};

START_TEST(errors_have_a_status)
{
    ck_assert_uint_eq(host_status(errors[_i].error), errors[_i].status);
}
END_TEST

/* The list is in order, and holds what a guest can have. */
START_TEST(folders_are_listed)
{
    static const char *const want[] = {"Hello.txt", "inside", "Sub", "TWICE", "twice"};
    struct host_place place;
    struct host_list list;
    make_file("ro/not:valid", "x");
    make_file("ro/\xFF", "x");
    ck_assert_uint_eq(host_locate(&world.files, "\\??\\C:\\work", &place), STATUS_SUCCESS);
    ck_assert_uint_eq(host_list(&world.files, &place, &list), STATUS_SUCCESS);
    ck_assert_uint_eq(list.count, sizeof want / sizeof *want);
    for (size_t i = 0; i < list.count; i++)
        ck_assert_str_eq(list.names[i], want[i]);
    host_list_free(&list);
    ck_assert_uint_eq(host_locate(&world.files, "\\??\\C:\\", &place), STATUS_SUCCESS);
    ck_assert_uint_eq(host_list(&world.files, &place, &list), STATUS_SUCCESS);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.names[0], "work");
    host_list_free(&list);
}
END_TEST

/* Somebody on the host puts another file in the place of the one that is to go. */
START_TEST(another_file_is_not_removed)
{
    struct host_place place;
    struct host_info info;
    make_file("rw/old", "x");
    ck_assert_uint_eq(host_locate(&world.files, "\\??\\D:\\old", &place), STATUS_SUCCESS);
    ck_assert_uint_eq(host_look(&place, &info), STATUS_SUCCESS);
    make_file("rw/new", "y");
    ck_assert_int_eq(rename("rw/new", "rw/old"), 0);
    ck_assert_uint_eq(host_remove(&place, &info), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_int_eq(access("rw/old", F_OK), 0);
}
END_TEST

/* Somebody on the host puts a link to the outside in a folder's place, and the folder back, all the time. */
static pid_t begin_swapping(void)
{
    ck_assert_int_eq(mkdir("rw/swap", 0777), 0);
    ck_assert_int_eq(symlink("../outside", "rw/other"), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    while (child == 0)
        syscall(SYS_renameat2, AT_FDCWD, "rw/swap", AT_FDCWD, "rw/other", RENAME_EXCHANGE);
    return child;
}

/* Open, make, move and remove what the link would lead to.  => how many opens found something. */
static unsigned try_swapped(void)
{
    struct host_place place, target;
    struct host_info info;
    unsigned found = 0;
    for (unsigned i = 0; i < 3000; i++) {
        struct host_open secret = {.path = "\\??\\D:\\swap\\secret", .disposition = FILE_OPEN, .write = i % 2};
        struct host_open made = {.path = "\\??\\D:\\swap\\made", .disposition = FILE_OVERWRITE_IF, .write = true};
        ntstatus_t status = host_file_open(&world.files, &secret);
        ck_assert_msg(status != STATUS_SUCCESS, "the secret was opened");
        if (host_file_open(&world.files, &made) == STATUS_SUCCESS) {
            found++;
            close(made.fd);
        }
        if (host_locate(&world.files, i % 3 ? made.path : secret.path, &place) == STATUS_SUCCESS &&
            host_look(&place, &info) == STATUS_SUCCESS)
            host_remove(&place, &info);
        if (host_locate(&world.files, secret.path, &place) == STATUS_SUCCESS &&
            host_locate(&world.files, "\\??\\D:\\stolen", &target) == STATUS_SUCCESS)
            host_rename(&place, &target, true);
    }
    return found;
}

START_TEST(a_race_leads_nowhere)
{
    char text[16] = "";
    pid_t child = begin_swapping();
    unsigned found = try_swapped();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_uint_gt(found, 0);
    ck_assert_int_ne(access("rw/stolen", F_OK), 0);
    ck_assert_int_ne(access("outside/made", F_OK), 0);
    int fd = open("outside/secret", O_RDONLY);
    ck_assert_int_eq((int)read(fd, text, sizeof text - 1), 6);
    close(fd);
    ck_assert_str_eq(text, "secret");
}
END_TEST

START_TEST(name_is_the_hosts)
{
    struct host_open request = {.path = "\\??\\C:\\work\\HELLO.TXT", .disposition = FILE_OPEN};
    ck_assert_uint_eq(host_file_open(&world.files, &request), STATUS_SUCCESS);
    ck_assert_str_eq(request.name, "Hello.txt");
    close(request.fd);
}
END_TEST

START_TEST(overwriting_empties)
{
    make_file("rw/old", "old text");
    struct host_open request = {.path = "\\??\\D:\\OLD", .disposition = FILE_OVERWRITE_IF, .write = true};
    ck_assert_uint_eq(host_file_open(&world.files, &request), STATUS_SUCCESS);
    ck_assert_uint_eq(request.did, 3);
    ck_assert_uint_eq(request.size, 0);
    close(request.fd);
}
END_TEST

START_TEST(later_root_wins)
{
    ck_assert_ptr_null(host_files_add(&world.files, "C:\\work\\", "rw", HOST_WRITABLE));
    make_file("rw/mine", "x");
    struct host_open request = {.path = "\\??\\C:\\work\\mine", .disposition = FILE_OPEN};
    ck_assert_uint_eq(host_file_open(&world.files, &request), STATUS_SUCCESS);
    close(request.fd);
}
END_TEST

static const struct {
    const char *name, *guest, *host;
} bad_roots[] = {
    {"no drive", "work", "ro"}, {"no colon", "C", "ro"},        {"relative to a drive", "C:work", "ro"},
    {"empty", "", "ro"},        {"host missing", "E:", "none"}, {"host is a file", "E:", "ro/Hello.txt"},
};

START_TEST(bad_root_is_refused)
{
    unsigned count = world.files.count;
    ck_assert_msg(host_files_add(&world.files, bad_roots[_i].guest, bad_roots[_i].host, HOST_READ_ONLY) != NULL, "%s",
                  bad_roots[_i].name);
    ck_assert_uint_eq(world.files.count, count);
}
END_TEST

/* As on an old kernel, from now on; the test runs in a process of its own. */
static bool forbid_openat2(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

START_TEST(old_kernel_is_named)
{
    struct host_files files = {0};
    if (!forbid_openat2())
        return; /* the host does not let us play one */
    const char *why = host_files_add(&files, "C:\\data", world.folder, HOST_READ_ONLY);
    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_nonnull(strstr(why, "openat2"));
    ck_assert_uint_eq(files.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host_file");
    TCase *tcase = tcase_create("host_file");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, patterns_match, 0, (int)(sizeof patterns / sizeof *patterns));
    tcase_add_loop_test(tcase, names_are_checked, 0, (int)(sizeof names / sizeof *names));
    tcase_add_loop_test(tcase, errors_have_a_status, 0, (int)(sizeof errors / sizeof *errors));
    tcase_add_test(tcase, folders_are_listed);
    tcase_add_test(tcase, another_file_is_not_removed);
    tcase_add_test(tcase, a_race_leads_nowhere);
    tcase_add_test(tcase, old_kernel_is_named);
    tcase_add_loop_test(tcase, open_answers, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(tcase, bad_root_is_refused, 0, (int)(sizeof bad_roots / sizeof bad_roots[0]));
    tcase_add_test(tcase, name_is_the_hosts);
    tcase_add_test(tcase, overwriting_empties);
    tcase_add_test(tcase, later_root_wins);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
