/* SPDX-License-Identifier: GPL-2.0-or-later */
/* play_references.c - plays a reference string through the memory manager and says which references faulted.
 *
 *   play_references FORMAT fifo|aged FRAMES TICK < STRING
 *
 * STRING is text: the number of pages, then the pages that are referenced, one after the other; a negative number -n-1
 * is a write to page n.  FRAMES is how many of them may be resident at a time (a hard maximum of the working set; what
 * else is in it, page tables and the list's own pages, comes on top).  TICK: the working-set manager's timer fires
 * after every so many references; 0: never.
 *
 * Output: a line for each fault, the index of the reference, from 0; at the end "checked N": mm_check() held N times.
 * Accessed and Dirty bits are set by the walk, as the MMU sets them (tests/mm/support.c, touch()). */
#include "tests/mm/support.h"

enum {
    PLAY_FRAMES = 4096, /* of RAM: no memory pressure */
    CHECK_EVERY = 256,  /* references */
    MINIMUM = 64,
};
#define ANCHOR(table) (HERE + ((va_t)(table) + 1) * PLAY_TABLE - PAGE)
#define PLAY_TABLE (UINT64_C(2) << 20) /* at most what a page table maps, less one page at its end */

struct play {
    struct world w;
    mm_process process;
    uint64_t pages, tables, frames;
    unsigned checked;
};

static va_t address_of(uint64_t page)
{
    const uint64_t of_table = PLAY_TABLE / PAGE - 1;
    return HERE + page / of_table * PLAY_TABLE + page % of_table * PAGE;
}

/* User pages that the working set has for the string. */
static uint64_t resident(const struct play *play)
{
    struct mm_process_counters c;
    mm_process_query(play->w.mm, play->process, &c);
    return c.private_pages - c.locked_pages;
}

/* The maximum is so many pages of the string, whatever else the working set holds. */
static void set_maximum(struct play *play)
{
    struct mm_process_counters c;
    mm_process_query(play->w.mm, play->process, &c);
    struct mm_ws_limits limits = {
        .minimum = MINIMUM, .maximum = play->frames + c.working_set - resident(play), .hard = MM_WS_HARD_MAX};
    if (limits.minimum > limits.maximum)
        limits.minimum = limits.maximum;
    ck_assert_uint_eq(mm_ws_set_limits(play->w.mm, play->process, &limits), STATUS_SUCCESS);
}

/* A locked page in each page table's range keeps the table where it is. */
static void open_play(struct play *play, enum paging_format format, enum mm_replacement policy)
{
    struct mm_fault f;
    world_open(&play->w, format, PLAY_FRAMES);
    play->w.mm->config.replacement = policy;
    play->process = new_process(&play->w, PTE_NX_ON);
    play->tables = play->pages / (PLAY_TABLE / PAGE - 1) + 1;
    allocate_at(&play->w, play->process, HERE, play->tables * PLAY_TABLE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (uint64_t table = 0; table < play->tables; table++) {
        struct mm_range range = {ANCHOR(table), PAGE};
        f = (struct mm_fault){.process = play->process};
        ck_assert_uint_eq(mm_lock(play->w.mm, &f, &range, MM_LOCK_PROCESS, NULL, NULL), STATUS_SUCCESS);
    }
    set_maximum(play);
}

static void reference(struct play *play, uint64_t index, int64_t what)
{
    uint64_t page = what < 0 ? (uint64_t) - (what + 1) : (uint64_t)what;
    struct mm_fault f;

    ck_assert_uint_lt(page, play->pages);
    ck_assert_int_eq(touch(&play->w, play->process, address_of(page), what < 0 ? MMU_WRITE : MMU_READ, &f),
                     MM_FAULT_RESOLVED);
    if (play->w.type_count > 1 || (play->w.type_count == 1 && play->w.types[0] != MM_FAULT_TYPE_DIRTY))
        printf("%" PRIu64 "\n", index);
    ck_assert_uint_le(resident(play), play->frames);
    set_maximum(play);
    if (index % CHECK_EVERY == 0) {
        check_laws(&play->w);
        play->checked++;
    }
}

static void tick(struct play *play)
{
    enum mm_wake wake = MM_WAKE_TIMER;
    while (mm_daemon_step(play->w.mm, MM_WORKING_SET_MANAGER, wake) == MM_STEP_MORE)
        wake = MM_WAKE_SIGNAL;
}

static enum paging_format format_of(const char *name)
{
    enum paging_format format = 0;
    while (format < PAGING_FORMAT_COUNT && strcmp(name, format_name(format)) != 0)
        format++;
    return format;
}

static char **arguments;

START_TEST(play_string)
{
    struct play play = {.frames = strtoull(arguments[3], NULL, 10)};
    uint64_t every = strtoull(arguments[4], NULL, 10);
    int64_t what;

    ck_assert_int_eq(scanf("%" SCNu64, &play.pages), 1);
    open_play(&play, format_of(arguments[1]), strcmp(arguments[2], "fifo") == 0 ? MM_REPLACE_FIFO : MM_REPLACE_AGED);
    for (uint64_t index = 0; scanf("%" SCNd64, &what) == 1; index++) {
        if (every && index && index % every == 0)
            tick(&play);
        reference(&play, index, what);
    }
    check_laws(&play.w);
    printf("checked %u\n", play.checked + 1);
    end_process(&play.w, play.process);
    check_laws(&play.w);
    world_close(&play.w);
}
END_TEST

/* Check's assertions work in a test only. */
int main(int argc, char **argv)
{
    if (argc != 5 || format_of(argv[1]) == PAGING_FORMAT_COUNT) {
        fprintf(stderr, "usage: play_references x86|pae|x64 fifo|aged FRAMES TICK < STRING\n");
        return 2;
    }
    arguments = argv;
    TCase *tc = tcase_create("play");
    tcase_add_test(tc, play_string);
    Suite *suite = suite_create("play");
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    TestResult **failures = srunner_failures(runner);
    for (int i = 0; i < failed; i++)
        fprintf(stderr, "%s:%d: %s\n", tr_lfile(failures[i]), tr_lno(failures[i]), tr_msg(failures[i]));
    free(failures);
    srunner_free(runner);
    return failed ? 1 : 0;
}
