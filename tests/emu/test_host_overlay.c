/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_overlay.c - a folder that is changed beside the host's: it behaves as one that is written, and the host's
 * stays as it was. */
#define _GNU_SOURCE /* asprintf() */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/host_file.h"
#include "emu/status.h"

/* D: is written, E: is changed beside: two folders that hold the same in the beginning. */
static struct world {
    char folder[64];
    struct host_files files;
} world;

static void run(const char *format, const char *argument)
{
    char command[512];
    snprintf(command, sizeof command, format, argument);
    ck_assert_int_eq(system(command), 0);
}

static void set_up(void)
{
    memset(&world, 0, sizeof world);
    strcpy(world.folder, "/tmp/sf_overlay_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world.folder));
    ck_assert_int_eq(chdir(world.folder), 0);
    run("mkdir -p d/a/b d/c outside && echo one >d/f && echo two >d/a/g && echo three >d/a/b/h && ln -s a d/link%s",
        "");
    run("ln d/f d/hard && ln -s f d/soft && echo precious >outside/f && ln -s ../outside d/out && cp -a d e%s", "");
    run("touch -d '2001-01-01 UTC' e/f && chmod 444 e/a/g d/a/g && cp -a e before%s", "");
    ck_assert_ptr_null(host_files_add(&world.files, "D:", "d", HOST_WRITABLE));
    ck_assert_ptr_null(host_files_add(&world.files, "E:", "e", HOST_PRIVATE));
}

/* Whatever was done, the host's folder is as it was: names, kinds, modes, times, contents. */
static void tear_down(void)
{
    host_files_close(&world.files);
    run("for x in before e; do (cd $x && find . -mindepth 1 -printf '%%p %%y %%m %%s %%l\\n' | sort; "
        "find . -type f -printf '%%p %%T@\\n' | sort; find . -type f -exec cksum {} + | sort) >list.$x; done; "
        "cmp list.before list.e%s",
        "");
    ck_assert_int_eq(chdir("/"), 0);
    run("chmod -R u+w %s", world.folder);
    run("rm -r %s", world.folder);
}

/* --- One step, on either drive ------------------------------------------------------------------------------------ */

static ntstatus_t locate(char drive, const char *path, struct host_place *ret_place)
{
    char full[320];
    snprintf(full, sizeof full, "\\??\\%c:%s%s", drive, *path ? "\\" : "", path);
    return host_locate(&world.files, full, ret_place);
}

static ntstatus_t open_path(char drive, const char *path, enum host_disposition disposition, bool write, int *ret_fd)
{
    char full[320];
    snprintf(full, sizeof full, "\\??\\%c:\\%s", drive, path);
    struct host_open request = {.path = full, .disposition = disposition, .write = write};
    ntstatus_t status = host_file_open(&world.files, &request);
    *ret_fd = request.fd;
    return status;
}

static ntstatus_t put(char drive, const char *path, enum host_disposition disposition, const char *text)
{
    int fd;
    ntstatus_t status = open_path(drive, path, disposition, true, &fd);
    struct host_info info = {.directory = false};
    if (fd >= 0)
        host_look_at(fd, &info);
    if (fd >= 0 && !info.directory)
        ck_assert_int_eq(pwrite(fd, text, strlen(text), 0), (int)strlen(text));
    if (fd >= 0)
        close(fd);
    return status;
}

static ntstatus_t make_folder(char drive, const char *path)
{
    char full[320];
    snprintf(full, sizeof full, "\\??\\%c:\\%s", drive, path);
    struct host_open request = {.path = full, .disposition = FILE_CREATE, .make_directory = true};
    ntstatus_t status = host_file_open(&world.files, &request);
    if (request.fd >= 0)
        close(request.fd);
    return status;
}

static ntstatus_t take_away(char drive, const char *path)
{
    struct host_place place;
    struct host_info info;
    ntstatus_t status = locate(drive, path, &place);
    if (status == STATUS_SUCCESS)
        status = host_look(&place, &info);
    return status == STATUS_SUCCESS ? host_remove(&place, &info) : status;
}

static ntstatus_t move(char drive, const char *from, const char *to, bool replace)
{
    struct host_place source, target;
    ntstatus_t status = locate(drive, from, &source);
    if (status == STATUS_SUCCESS)
        status = locate(drive, to, &target);
    if (status != STATUS_SUCCESS)
        return status;
    if (source.presence == HOST_MISSING)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return host_rename(&source, &target, replace);
}

/* All below a folder, as text: names, sizes, contents. */
static void describe(char drive, const char *path, char **text)
{
    struct host_place place;
    struct host_list list;
    char below[256], bytes[64], *more;
    ck_assert_uint_eq(locate(drive, path, &place), STATUS_SUCCESS);
    ck_assert_uint_eq(host_list(&world.files, &place, &list), STATUS_SUCCESS);
    for (size_t i = 0; i < list.count; i++) {
        struct host_info info;
        snprintf(below, sizeof below, "%s%s%s", path, *path ? "\\" : "", list.names[i]);
        ck_assert_uint_eq(locate(drive, below, &place), STATUS_SUCCESS);
        ck_assert_uint_eq(host_look(&place, &info), STATUS_SUCCESS);
        int fd = info.directory ? -1 : host_open_at(&place, O_RDONLY, 0);
        ssize_t length = fd < 0 ? 0 : pread(fd, bytes, sizeof bytes - 1, 0);
        if (fd >= 0)
            close(fd);
        bytes[length < 0 ? 0 : length] = 0;
        ck_assert_int_ge(asprintf(&more, "%s%s %d %d [%s]\n", *text, below, info.directory, (int)info.size, bytes), 0);
        free(*text);
        *text = more;
        if (info.directory)
            describe(drive, below, text);
    }
    host_list_free(&list);
}

static void check_same(const char *what)
{
    char *d = calloc(1, 1), *e = calloc(1, 1);
    describe('D', "", &d);
    describe('E', "", &e);
    ck_assert_msg(strcmp(d, e) == 0, "%s:\nwritten:\n%s\nbeside:\n%s", what, d, e);
    free(d);
    free(e);
}

/* --- Tests -------------------------------------------------------------------------------------------------------- */

enum verb { PUT, CREATE, OVERWRITE, FOLDER, REMOVE, MOVE, REPLACE };

static const struct {
    const char *name;
    struct {
        enum verb verb;
        const char *path, *to;
    } steps[5];
} scripts[] = {
    {"write", {{PUT, "f", "uno"}}},
    {"write by another case", {{PUT, "A\\B\\H", "longer than it was"}}},
    {"write by a hard link", {{PUT, "hard", "both"}}},
    {"write by a link", {{PUT, "soft", "both"}}},
    {"write through a link to a folder", {{CREATE, "link\\new", "x"}, {PUT, "a\\new", "y"}}},
    {"overwrite", {{OVERWRITE, "a\\b\\h", ""}}},
    {"create", {{CREATE, "new", "new"}, {CREATE, "new", "again"}}},
    {"remove", {{REMOVE, "f", ""}, {REMOVE, "f", ""}}},
    {"remove and create", {{REMOVE, "f", ""}, {CREATE, "F", "other"}}},
    {"remove what was written", {{PUT, "f", "uno"}, {REMOVE, "f", ""}}},
    {"remove a folder that holds something", {{REMOVE, "a", ""}}},
    {"empty a folder and remove it", {{REMOVE, "a\\b\\h", ""}, {REMOVE, "a\\b", ""}, {FOLDER, "a\\b", ""}}},
    {"remove a link to a folder", {{REMOVE, "link", ""}, {FOLDER, "link", ""}}},
    {"a folder of one's own",
     {{FOLDER, "n", ""}, {FOLDER, "n\\m", ""}, {CREATE, "n\\m\\f", "in"}, {REMOVE, "n\\m", ""}}},
    {"move", {{MOVE, "f", "a\\f"}, {PUT, "a\\f", "moved"}}},
    {"move what was written", {{PUT, "f", "uno"}, {MOVE, "f", "c\\f"}, {CREATE, "f", "new"}}},
    {"move onto another", {{MOVE, "f", "a\\b\\h"}, {REPLACE, "f", "a\\b\\h"}}},
    {"move to another spelling", {{MOVE, "a\\b\\h", "a\\b\\H"}}},
    {"move a folder", {{MOVE, "a", "z"}, {PUT, "z\\b\\h", "far"}, {CREATE, "z\\i", "i"}}},
    {"move a folder and make it anew",
     {{CREATE, "a\\i", "i"}, {MOVE, "a", "z"}, {FOLDER, "a", ""}, {CREATE, "a\\g", "g"}}},
    {"move a folder twice", {{MOVE, "a", "c\\a"}, {MOVE, "c\\a\\b", "b"}, {MOVE, "c", "d"}, {REMOVE, "d\\a", ""}}},
    {"move a folder of one's own",
     {{FOLDER, "n", ""}, {CREATE, "n\\f", "f"}, {MOVE, "n", "c\\n"}, {PUT, "c\\n\\f", "g"}}},
    {"outside", {{PUT, "out\\f", "x"}, {CREATE, "out\\new", "x"}, {REMOVE, "out\\f", ""}, {MOVE, "f", "out\\g"}}},
};

/* Links lead where the host says, whatever was moved beside it. */
static void drop_links(void)
{
    run("rm d/link d/soft%s", "");
    ck_assert_uint_eq(take_away('E', "link") | take_away('E', "soft"), STATUS_SUCCESS);
}

static ntstatus_t perform(char drive, enum verb verb, const char *path, const char *to)
{
    switch (verb) {
    case PUT: return put(drive, path, FILE_OPEN, to);
    case CREATE: return put(drive, path, FILE_CREATE, to);
    case OVERWRITE: return put(drive, path, FILE_OVERWRITE, to);
    case FOLDER: return make_folder(drive, path);
    case REMOVE: return take_away(drive, path);
    case MOVE: return move(drive, path, to, false);
    case REPLACE: return move(drive, path, to, true);
    }
    return STATUS_NOT_IMPLEMENTED;
}

static void step_both(const char *what, enum verb verb, const char *path, const char *to)
{
    ntstatus_t written = perform('D', verb, path, to), beside = perform('E', verb, path, to);
    ck_assert_msg(written == beside, "%s: %s: %08x, beside %08x", what, path, written, beside);
}

START_TEST(scripts_agree)
{
    if (strncmp(scripts[_i].name, "move", 4) == 0 || strcmp(scripts[_i].name, "remove and create") == 0 ||
        strncmp(scripts[_i].name, "remove what", 11) == 0 || strcmp(scripts[_i].name, "remove") == 0)
        drop_links();
    for (size_t i = 0; i < 5 && scripts[_i].steps[i].path; i++) {
        step_both(scripts[_i].name, scripts[_i].steps[i].verb, scripts[_i].steps[i].path, scripts[_i].steps[i].to);
        check_same(scripts[_i].name);
    }
    ck_assert_int_eq(access("outside/new", F_OK), -1);
}
END_TEST

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* A path of one to three of few names. */
static void random_path(uint64_t *state, char path[64])
{
    static const char *const names[] = {"f", "a", "b", "G", "x", "Y"};
    path[0] = 0;
    for (uint32_t depth = 1 + next_random(state) % 3; depth; depth--) {
        strcat(path, names[next_random(state) % 6]);
        if (depth > 1)
            strcat(path, "\\");
    }
}

START_TEST(random_steps_agree)
{
    uint64_t seed = (uint64_t)_i + 1, state = seed;
    printf("# seed=%" PRIu64 " steps=600\n", seed);
    drop_links();
    for (unsigned i = 0; i < 600; i++) {
        char path[64], to[64], text[16], what[64];
        enum verb verb = next_random(&state) % (REPLACE + 1);
        random_path(&state, path);
        random_path(&state, to);
        snprintf(text, sizeof text, "%u", next_random(&state));
        snprintf(what, sizeof what, "seed %u, step %u, verb %u", (unsigned)seed, i, verb);
        step_both(what, verb, path, verb == MOVE || verb == REPLACE ? to : text);
        if (i % 20 == 0)
            check_same(what);
    }
    check_same("the end");
}
END_TEST

/* What is open for reading sees what another writes: the copy has the same identity for all who look. */
START_TEST(copy_keeps_time_and_mode)
{
    struct host_place place;
    struct host_info before, after;
    int fd;
    ck_assert_uint_eq(locate('E', "f", &place), STATUS_SUCCESS);
    ck_assert_uint_eq(host_look(&place, &before), STATUS_SUCCESS);
    ck_assert_uint_eq(open_path('E', "f", FILE_OPEN, true, &fd), STATUS_SUCCESS);
    ck_assert_uint_eq(host_look_at(fd, &after), STATUS_SUCCESS);
    ck_assert_uint_eq(before.when, after.when);
    ck_assert_uint_eq(before.size, after.size);
    ck_assert_uint_eq(after.links, 1);
    close(fd);
    ck_assert_uint_eq(host_look(&place, &before), STATUS_SUCCESS);
    ck_assert(before.device == after.device && before.inode == after.inode);
}
END_TEST

/* Reading opens nothing for writing, and a name with no end leaves nothing behind. */
START_TEST(read_only_is_refused)
{
    struct host_place place;
    struct host_info info;
    ck_assert_ptr_null(host_files_add(&world.files, "F:", "e", HOST_READ_ONLY));
    ck_assert_uint_eq(locate('F', "f", &place), STATUS_SUCCESS);
    int fd = host_open_at(&place, O_RDWR | O_TRUNC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    close(fd);
    ck_assert_uint_eq(host_look(&place, &info), STATUS_SUCCESS);
    ck_assert_uint_eq(host_remove(&place, &info), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(put('F', "f", FILE_OPEN, "x"), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(put('F', "new", FILE_CREATE, "x"), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(make_folder('F', "new"), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(move('F', "f", "new", false), STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host_overlay");
    TCase *tcase = tcase_create("host_overlay");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, scripts_agree, 0, (int)(sizeof scripts / sizeof *scripts));
    tcase_add_loop_test(tcase, random_steps_agree, 0, 5);
    tcase_add_test(tcase, copy_keeps_time_and_mode);
    tcase_add_test(tcase, read_only_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
