/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_size.c - files that become longer: the size, the room that is taken, and what others on the host have put
 * at their end meanwhile. */
#define _GNU_SOURCE /* fallocate() */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emu/host_file.h"
#include "emu/status.h"

#define K UINT64_C(1024)
#define G (UINT64_C(1) << 30)

enum host_kind { RESERVES, RESERVES_NOT };

static const struct {
    const char *name;
    enum host_kind kind;
    uint64_t there;          /* bytes that the file has */
    uint64_t from, to, data; /* what is wanted */
    uint64_t limit;          /* RLIMIT_FSIZE; 0: none */
    ntstatus_t status;
    uint64_t size;        /* then */
    uint64_t least, most; /* bytes on the disk */
} cases[] = {
    {"an end", RESERVES, 100, 100, 64 * K, 64 * K, 0, STATUS_SUCCESS, 64 * K, 64 * K, 72 * K},
    {"data", RESERVES, 100, 100, 64 * K, 60 * K, 0, STATUS_SUCCESS, 64 * K, 64 * K, 72 * K},
    {"others were quicker", RESERVES, 1000, 100, 300, 300, 0, STATUS_SUCCESS, 1000, 0, 8 * K},
    {"by a part", RESERVES, 200, 100, 64 * K, 100, 0, STATUS_SUCCESS, 64 * K, 64 * K, 72 * K},
    {"too long", RESERVES, 1000, 100, 64 * K, 64 * K, 32 * K, STATUS_DISK_FULL, 1000, 0, 8 * K},
    {"1 GB", RESERVES, 0, 0, G, G, 0, STATUS_SUCCESS, G, G, G + 64 * K},
    {"3 GB", RESERVES, 0, 0, 3 * G, 3 * G, 0, STATUS_SUCCESS, 3 * G, G, G + 64 * K},
    {"3 GB, and data", RESERVES, 0, 0, 3 * G, 3 * G - 64 * K, 0, STATUS_SUCCESS, 3 * G, G + 64 * K, G + 128 * K},
    {"too long for its data", RESERVES, 10, 10, 3 * G, 3 * G - 64 * K, 2 * G, STATUS_DISK_FULL, 10, 0, 8 * K},
    {"not reserved", RESERVES_NOT, 100, 100, 64 * K, 64 * K, 0, STATUS_SUCCESS, 64 * K, 0, 8 * K},
    {"not reserved, others were quicker", RESERVES_NOT, 1000, 100, 300, 300, 0, STATUS_SUCCESS, 1000, 0, 8 * K},
    {"not reserved, too long", RESERVES_NOT, 1000, 100, 64 * K, 64 * K, 32 * K, STATUS_DISK_FULL, 1000, 0, 8 * K},
    {"not reserved, 64 GB", RESERVES_NOT, 0, 0, 64 * G, 64 * G, 0, STATUS_SUCCESS, 64 * G, 0, 8 * K},
};

/* A host whose file systems reserve nothing, from now on.  => false: the host does not let us play one. */
static bool forbid_fallocate(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Can the case be played on the disk that fd is on? */
static bool is_possible(int fd, unsigned which)
{
    struct statvfs disk;
    if (fstatvfs(fd, &disk) != 0 || disk.f_bavail < 4 * G / disk.f_frsize)
        return false;
    if (cases[which].kind == RESERVES_NOT)
        return forbid_fallocate();
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1) == 0 && ftruncate(fd, 0) == 0;
}

START_TEST(growth_answers)
{
    char name[] = "/tmp/sf_size_XXXXXX", bytes[1000], held[1000] = "";
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    unlink(name);
    signal(SIGXFSZ, SIG_IGN);
    if (!is_possible(fd, (unsigned)_i))
        return;
    memset(bytes, 'b', sizeof bytes);
    ck_assert_int_eq(pwrite(fd, bytes, cases[_i].there, 0), (int)cases[_i].there);
    struct rlimit limit = {cases[_i].limit, cases[_i].limit};
    ck_assert(!limit.rlim_cur || setrlimit(RLIMIT_FSIZE, &limit) == 0);
    const struct host_growth growth = {.from = cases[_i].from, .to = cases[_i].to, .data = cases[_i].data};
    ntstatus_t status = host_grow(fd, &growth);
    struct stat info;
    ck_assert_int_eq(fstat(fd, &info), 0);
    ck_assert_msg(status == cases[_i].status, "%s: %08x", cases[_i].name, status);
    ck_assert_msg((uint64_t)info.st_size == cases[_i].size, "%s: %lld bytes", cases[_i].name, (long long)info.st_size);
    uint64_t room = (uint64_t)info.st_blocks * 512;
    ck_assert_msg(room >= cases[_i].least && room <= cases[_i].most, "%s: %llu bytes of the disk", cases[_i].name,
                  (unsigned long long)room);
    ck_assert_int_eq(pread(fd, held, cases[_i].there, 0), (int)cases[_i].there);
    ck_assert_msg(memcmp(held, bytes, cases[_i].there) == 0, "%s: other bytes", cases[_i].name);
    close(fd);
}
END_TEST

START_TEST(cut_never_lengthens)
{
    char name[] = "/tmp/sf_size_XXXXXX";
    int fd = mkstemp(name);
    struct stat info;
    unlink(name);
    ck_assert_int_eq(ftruncate(fd, 100), 0);
    ck_assert_uint_eq(host_cut(fd, 200), STATUS_SUCCESS);
    ck_assert_int_eq(fstat(fd, &info), 0);
    ck_assert_int_eq((int)info.st_size, 100);
    ck_assert_uint_eq(host_cut(fd, 50), STATUS_SUCCESS);
    ck_assert_int_eq(fstat(fd, &info), 0);
    ck_assert_int_eq((int)info.st_size, 50);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host_size");
    TCase *tcase = tcase_create("host_size");
    tcase_add_loop_test(tcase, growth_answers, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, cut_never_lengthens);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
