/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_swapper.c - a kernel stack that cannot be read, or comes back as another's, stops the machine with bug check
 * 0x77; sound ones do not, and all laws hold at the end. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"

enum { REPORT_MAX = 4096, PLACES = 4096 };

enum harm { HARM_NONE, HARM_FAILS, HARM_BYTES };

static const struct {
    const char *name;
    enum harm harm;
    int status;
    const char *report; /* the beginning of stderr */
} cases[] = {
    {"sound", HARM_NONE, 0, ""},
    {"a read fails", HARM_FAILS, MACHINE_EXIT_BUGCHECK,
     "softfault: bug check 0x77 KERNEL_STACK_INPAGE_ERROR (C0000185, C0000185, 0, "},
    {"another's bytes", HARM_BYTES, MACHINE_EXIT_BUGCHECK,
     "softfault: bug check 0x77 KERNEL_STACK_INPAGE_ERROR (1, ABABABAB"},
};
enum { CASES = sizeof cases / sizeof *cases };

/* The page file, between machine and memory manager. */
static struct {
    struct machine *machine;
    enum harm harm;
    bool of_stack[PLACES]; /* the page there is read for the swapper */
    unsigned reads;
} disk;

static ntstatus_t begin(void *context, const struct mm_io *io)
{
    if (io->kind == MM_IO_PAGEFILE_READ)
        for (uint32_t i = 0; i < io->pages; i++)
            disk.of_stack[(io->offset / MMU_PAGE_SIZE + i) % PLACES] = io->thread == 0;
    return paging_begin(context, io);
}

static ntstatus_t read_page(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page)
{
    ntstatus_t status = paging_read(context, pagefile, offset, page);
    if (!disk.of_stack[offset % PLACES])
        return status;
    disk.reads++;
    if (disk.harm == HARM_BYTES && status == STATUS_SUCCESS)
        memset(page, 0xAB, MMU_PAGE_SIZE);
    return disk.harm == HARM_FAILS ? STATUS_IO_DEVICE_ERROR : status;
}

static int run(int row, const char *program, char report[REPORT_MAX])
{
    char error[MACHINE_ERROR_SIZE] = "", megabytes[] = "5", seconds[] = "12";
    char *arguments[] = {megabytes, seconds};
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = program,
                                      .paging_auto = true,
                                      .ram_bytes = 4 << 20,
                                      .pagefiles = {{16 << 20, 16 << 20}},
                                      .pagefile_count = 1,
                                      .wall_limit_seconds = 200,
                                      .argc = 2,
                                      .argv = arguments};
    int null = open("/dev/null", O_RDWR), saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    FILE *file = tmpfile();
    struct machine *machine = machine_create(&options, error);
    ck_assert_msg(machine && machine_load(machine, error), "%s", error);
    memset(&disk, 0, sizeof disk);
    disk.harm = cases[row].harm;
    machine->mm_env.io_begin = begin;
    machine->mm_env.pagefile_read = read_page;
    dup2(null, STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    int status = machine_run(machine);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    const char *broken = mm_check(machine->mm);
    ck_assert_msg(!broken, "%s: %s", cases[row].name, broken);
    struct mm_counters counters;
    mm_query_counters(machine->mm, &counters);
    ck_assert_uint_ge(counters.stacks_out, 4);
    if (cases[row].harm == HARM_NONE)
        ck_assert_uint_eq(counters.stacks_in, counters.stacks_out);
    machine_destroy(machine);
    close(null);
    rewind(file);
    report[fread(report, 1, REPORT_MAX - 1, file)] = 0;
    fclose(file);
    return status;
}

START_TEST(stacks_come_back_or_stop_the_machine)
{
    static char report[REPORT_MAX];
    int row = _i / 2;
    int status = run(row, getenv(_i & 1 ? "SOFTFAULT_WAITERS64" : "SOFTFAULT_WAITERS"), report);
    ck_assert_msg(status == cases[row].status, "%s: exit status %d\n%s", cases[row].name, status, report);
    ck_assert_msg(strncmp(report, cases[row].report, strlen(cases[row].report)) == 0, "%s: %s", cases[row].name,
                  report);
    ck_assert_msg(*cases[row].report || !*report, "%s: %s", cases[row].name, report);
    ck_assert_uint_gt(disk.reads, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("swapper");
    TCase *tc = tcase_create("swapper");
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, stacks_come_back_or_stop_the_machine, 0, 2 * CASES);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
