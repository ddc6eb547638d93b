/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_moves.c - a frame's way from state to state (nt-reference 3.4): every legal move has a case that makes it, in
 * the whole memory manager, and is reached; an illegal one ends the program at once.
 *
 * That no illegal move is made is asserted for each move of each test of tests/mm (support.c, on_event()).  At its end
 * this program prints how often each move was made; a legal one that nobody made is a failure. */
#include <signal.h>
#include <sys/mman.h>

#include "tests/mm/support.h"

enum {
    FRAMES = 160,
    MANY = 60, /* pages: more than the modified list of so small a RAM may have */
};

#define FILE_VIEW UINT64_C(0x20000000)

static struct scene {
    struct world w;
    mm_process p;
    mm_section section;
} s;

static uint64_t (*total)[PFN_STATE_COUNT]; /* shared by the processes that Check forks */

/* --- What the cases do ----------------------------------------------------------------------------------------- */

static uint32_t frame_at(va_t va)
{
    return (uint32_t)((pte_word(&s.w, s.p, va) & UINT64_C(0xFFFFFFF000)) >> 12);
}

static enum pfn_state state_at(uint32_t frame)
{
    return s.w.mm->pfn.record[frame].state;
}

static va_t page(unsigned i)
{
    return HERE + (va_t)i * PAGE;
}

/* A page of that number with that byte. => its frame. */
static uint32_t dirty_page(unsigned i, uint8_t value)
{
    write_byte(&s.w, s.p, page(i), value);
    return frame_at(page(i));
}

static uint32_t trimmed_page(unsigned i, uint8_t value)
{
    uint32_t frame = dirty_page(i, value);
    ck_assert(trim(&s.w, s.p, page(i)));
    check_laws(&s.w);
    return frame;
}

/* A page of the image's code, trimmed. => its frame, on the standby list. */
static uint32_t standby_page(void)
{
    struct mm_fault f;
    ck_assert_int_eq(touch(&s.w, s.p, image_va(1), MMU_READ, &f), MM_FAULT_RESOLVED);
    mm_thread_moved(s.w.mm, 1);
    ck_assert(trim(&s.w, s.p, image_va(1)));
    ck_assert_int_eq(state_at(f.frame.index), PFN_STANDBY);
    check_laws(&s.w);
    return f.frame.index;
}

static void decommit(unsigned i)
{
    va_t base = page(i);
    uint64_t size = PAGE;
    ck_assert_uint_eq(mm_free(s.w.mm, s.p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    check_laws(&s.w);
}

/* No zeroed frame is left; none is made available but by decommit(). */
static void use_zeroed(void)
{
    world_stop_paging(&s.w);
    for (unsigned i = MANY; s.w.mm->pfn.in_state[PFN_ZEROED] > 0; i++)
        dirty_page(i, 1);
    check_laws(&s.w);
}

/* Pages 0 to MANY-1 are modified and on their way to the page file. => the frame of page 3. */
static uint32_t pages_being_written(void)
{
    uint32_t frame = 0;
    for (unsigned i = 0; i < MANY; i++)
        dirty_page(i, (uint8_t)(i + 1));
    for (unsigned i = 0; i < MANY; i++) {
        frame = i == 3 ? frame_at(page(3)) : frame;
        ck_assert(trim(&s.w, s.p, page(i)));
    }
    s.w.io_answer = STATUS_PENDING;
    ck_assert_int_eq(mm_daemon_step(s.w.mm, MM_MODIFIED_WRITER, MM_WAKE_SIGNAL), MM_STEP_MORE);
    ck_assert_int_eq(state_at(frame), PFN_TRANSITION);
    check_laws(&s.w);
    return frame;
}

static void writing_ends(ntstatus_t answer)
{
    s.w.pagefile_answer = answer;
    mm_io_done(s.w.mm, s.w.io.id);
    s.w.pagefile_answer = s.w.io_answer = STATUS_SUCCESS;
    check_laws(&s.w);
}

static void mark_bad(uint32_t frame)
{
    ck_assert_uint_eq(mm_mark_bad(s.w.mm, (pfn_t){frame}), STATUS_SUCCESS);
    check_laws(&s.w);
}

static struct mm_hold hold_page(unsigned i)
{
    struct mm_hold hold;
    struct mm_fault f = {.mode = MMU_USER, .process = s.p, .thread = 1};
    ck_assert_uint_eq(mm_hold(s.w.mm, &f, page(i), PAGE, MMU_WRITE, NULL, NULL, &hold), STATUS_SUCCESS);
    check_laws(&s.w);
    return hold;
}

/* --- The cases -------------------------------------------------------------------------------------------------- */

static void demand_zero(void)
{
    dirty_page(0, 1);
}
static void demand_zero_of_free(void)
{
    dirty_page(0, 1);
    use_zeroed();
    decommit(0);
    dirty_page(1, 1);
}
static void read_into_zeroed(void)
{
    read_byte(&s.w, s.p, image_va(1));
}
static void read_into_free(void)
{
    dirty_page(0, 1);
    decommit(0);
    read_byte(&s.w, s.p, image_va(1));
}
static void zero_page_thread(void)
{
    for (unsigned i = 0; i < 8; i++)
        dirty_page(i, 1);
    for (unsigned i = 0; i < 8; i++)
        decommit(i);
    ck_assert(mm_take_signals(s.w.mm) & MM_SIGNAL(MM_ZERO_PAGE));
    while (mm_daemon_step(s.w.mm, MM_ZERO_PAGE, MM_WAKE_SIGNAL) == MM_STEP_MORE)
        ;
    ck_assert_uint_eq(s.w.mm->pfn.in_state[PFN_FREE], 0);
}
static void bad_zeroed(void)
{
    struct mm_counters c;
    uint64_t limit;
    mm_query_counters(s.w.mm, &c);
    limit = c.commit_limit;
    mark_bad(FRAMES - 1);
    mark_bad(FRAMES - 1);
    mm_query_counters(s.w.mm, &c);
    ck_assert_uint_eq(c.bad, 1);
    ck_assert_uint_eq(c.commit_limit, limit - 1);
    ck_assert_uint_eq(mm_mark_bad(s.w.mm, (pfn_t){FRAMES}), STATUS_INVALID_PARAMETER_1);
    use_zeroed();
    ck_assert_int_eq(state_at(FRAMES - 1), PFN_BAD);
}
static void bad_free(void)
{
    uint32_t frame = dirty_page(0, 1);
    decommit(0);
    mark_bad(frame);
}
static void bad_standby(void)
{
    mark_bad(standby_page());
    unsigned before = s.w.page_ins;
    ck_assert_uint_eq(read_byte(&s.w, s.p, image_va(1) + 9), file_byte(IMAGE_FILE, 1, 9));
    ck_assert_uint_eq(s.w.page_ins, before + 1);
}
static void bad_modified(void)
{
    mark_bad(trimmed_page(0, 1));
    decommit(0);
}
static void bad_active(void)
{
    mark_bad(dirty_page(0, 5));
    ck_assert_uint_eq(read_byte(&s.w, s.p, page(0)), 5);
    decommit(0);
}
static void bad_active_clean(void)
{
    struct mm_fault f;
    ck_assert_int_eq(touch(&s.w, s.p, image_va(1), MMU_READ, &f), MM_FAULT_RESOLVED);
    mm_thread_moved(s.w.mm, 1);
    mark_bad(f.frame.index);
    ck_assert(trim(&s.w, s.p, image_va(1)));
    ck_assert_int_eq(state_at(f.frame.index), PFN_BAD);
    check_laws(&s.w);
    ck_assert_uint_eq(read_byte(&s.w, s.p, image_va(1)), file_byte(IMAGE_FILE, 1, 0));
}
static void bad_when_written(void)
{
    uint32_t frame = pages_being_written();
    mark_bad(frame);
    writing_ends(STATUS_SUCCESS);
    ck_assert_int_eq(state_at(frame), PFN_BAD);
    ck_assert_uint_eq(read_byte(&s.w, s.p, page(3)), 4);
    ck_assert_uint_ne(frame_at(page(3)), frame);
}
static void reset_page(unsigned i)
{
    struct mm_allocation request = {page(i), PAGE, 0, MEM_RESET, PAGE_READWRITE};
    ck_assert_uint_eq(mm_allocate(s.w.mm, s.p, &request), STATUS_SUCCESS);
    check_laws(&s.w);
}
static void bad_when_reset(void)
{
    uint32_t frame = trimmed_page(0, 1);
    mark_bad(frame);
    reset_page(0);
    ck_assert_int_eq(state_at(frame), PFN_BAD);
    ck_assert_uint_eq(read_byte(&s.w, s.p, page(0)), 0);
}
static void soft_from_standby(void)
{
    struct mm_fault f;
    uint32_t frame = standby_page();
    ck_assert_int_eq(touch(&s.w, s.p, image_va(1), MMU_READ, &f), MM_FAULT_RESOLVED);
    ck_assert_uint_eq(f.frame.index, frame);
}
static void repurposed(void)
{
    standby_page();
    use_zeroed();
    for (unsigned i = 0; s.w.mm->pfn.in_state[PFN_STANDBY] > 0; i++)
        dirty_page(i, 1);
    check_laws(&s.w);
}
static void repurposed_for_read(void)
{
    uint32_t frame = standby_page();
    use_zeroed();
    ck_assert_uint_eq(s.w.mm->pfn.in_state[PFN_FREE], 0);
    ck_assert_uint_eq(read_byte(&s.w, s.p, image_va(2)), file_byte(IMAGE_FILE, 2, 0));
    ck_assert_uint_eq(frame_at(image_va(2)), frame);
    check_laws(&s.w);
    unsigned before = s.w.page_ins;
    mm_thread_moved(s.w.mm, 1);
    decommit(2 * FRAMES - 1);
    ck_assert_uint_eq(read_byte(&s.w, s.p, image_va(1)), file_byte(IMAGE_FILE, 1, 0)); /* in its file alone again */
    ck_assert_uint_eq(s.w.page_ins, before + 1);
}
static void soft_from_modified(void)
{
    uint32_t frame = trimmed_page(0, 9);
    ck_assert_uint_eq(read_byte(&s.w, s.p, page(0)), 9);
    ck_assert_uint_eq(frame_at(page(0)), frame);
}
static void reset(void)
{
    uint32_t frame = trimmed_page(0, 9);
    reset_page(0);
    ck_assert_int_eq(state_at(frame), PFN_STANDBY);
}
static void writing_begins(void)
{
    pages_being_written();
    writing_ends(STATUS_SUCCESS);
}
static void writing_fails(void)
{
    uint32_t frame = pages_being_written();
    writing_ends(STATUS_IO_DEVICE_ERROR);
    ck_assert_int_eq(state_at(frame), PFN_MODIFIED);
    ck_assert_uint_eq(read_byte(&s.w, s.p, page(3)), 4);
}
static void soft_while_written(void)
{
    uint32_t frame = pages_being_written();
    ck_assert_uint_eq(read_byte(&s.w, s.p, page(3)), 4);
    ck_assert_uint_eq(frame_at(page(3)), frame);
    writing_ends(STATUS_SUCCESS);
    ck_assert_int_eq(state_at(frame), PFN_ACTIVE);
}
static void deleted_while_written(void)
{
    uint32_t frame = pages_being_written();
    decommit(3);
    ck_assert_int_eq(state_at(frame), PFN_TRANSITION);
    writing_ends(STATUS_SUCCESS);
    ck_assert_int_eq(state_at(frame), PFN_FREE);
}
static void deleted_modified(void)
{
    trimmed_page(0, 1);
    decommit(0);
}
static void deleted_active(void)
{
    dirty_page(0, 1);
    decommit(0);
}
static void deleted_standby(void)
{
    standby_page();
    end_process(&s.w, s.p);
    check_laws(&s.w);
    s.p = new_process(&s.w, PTE_NX_ON);
}
static void deleted_while_held(void)
{
    struct mm_hold hold = hold_page(0);
    uint32_t frame = frame_at(page(0));
    decommit(0);
    ck_assert_int_eq(state_at(frame), PFN_TRANSITION);
    mm_release(s.w.mm, &hold);
    ck_assert_int_eq(state_at(frame), PFN_FREE);
}
static void trimmed_clean(void)
{
    standby_page();
}
static void trimmed_dirty(void)
{
    ck_assert_int_eq(state_at(trimmed_page(0, 1)), PFN_MODIFIED);
}
static void trimmed_while_held(void)
{
    struct mm_hold hold = hold_page(0);
    uint32_t frame = frame_at(page(0));
    ck_assert(trim(&s.w, s.p, page(0)));
    ck_assert_int_eq(state_at(frame), PFN_TRANSITION);
    mm_release(s.w.mm, &hold);
    ck_assert_int_eq(state_at(frame), PFN_MODIFIED);
}

/* --- Pages of a data file that must not be written ---------------------------------------------------------------- */

/* The file's first page is modified, and nobody maps it. => its frame. */
static uint32_t no_write_page(void)
{
    make_file(&s.w, 0, 4 * PAGE);
    mm_section section = make_data_section(&s.w, 0, MM_READWRITE);
    map_data(&s.w, s.p, section, FILE_VIEW, PAGE_READWRITE);
    mm_section_close(s.w.mm, section);
    mm_file_set_modified_writes(s.w.mm, DATA_FILE, MM_WRITES_FORBIDDEN);
    write_byte(&s.w, s.p, FILE_VIEW, 0x77);
    mm_thread_moved(s.w.mm, 1);
    uint32_t frame = frame_at(FILE_VIEW);
    ck_assert(trim(&s.w, s.p, FILE_VIEW));
    ck_assert_int_eq(state_at(frame), PFN_MODIFIED_NO_WRITE);
    check_laws(&s.w);
    return frame;
}
static ntstatus_t flush_file(void)
{
    ntstatus_t io = STATUS_SUCCESS;
    ntstatus_t status = mm_file_flush(s.w.mm, DATA_FILE, 1, 0, 0, &io);
    check_laws(&s.w);
    return status;
}
/* => unmapped: who maps a page keeps the file from being cut off. */
static void truncate_file(void)
{
    ck_assert_uint_eq(mm_unmap_view(s.w.mm, s.p, FILE_VIEW), STATUS_SUCCESS);
    ck_assert(mm_file_can_truncate(s.w.mm, DATA_FILE, 0));
    s.w.file[0].size = 0;
    mm_file_size_changed(s.w.mm, DATA_FILE, 0);
    check_laws(&s.w);
    ck_assert_uint_eq(s.w.file_writes, 0);
}
static void trimmed_no_write(void)
{
    no_write_page();
    run_daemon(&s.w, MM_MAPPED_WRITER);
    ck_assert_uint_eq(s.w.file_writes, 0);
}
static void soft_from_no_write(void)
{
    uint32_t frame = no_write_page();
    ck_assert_uint_eq(read_byte(&s.w, s.p, FILE_VIEW), 0x77);
    ck_assert_uint_eq(frame_at(FILE_VIEW), frame);
}
static void writes_allowed(void)
{
    uint32_t frame = no_write_page();
    mm_file_set_modified_writes(s.w.mm, DATA_FILE, MM_WRITES_ALLOWED);
    ck_assert_int_eq(state_at(frame), PFN_MODIFIED);
}
static void no_write_flushed(void)
{
    uint32_t frame = no_write_page();
    ck_assert_uint_eq(flush_file(), STATUS_SUCCESS);
    ck_assert_int_eq(state_at(frame), PFN_STANDBY);
    ck_assert_uint_eq(s.w.file[0].bytes[0], 0x77);
}
static void no_write_flush_fails(void)
{
    uint32_t frame = no_write_page();
    s.w.file_write_answer = STATUS_DISK_FULL;
    ck_assert_uint_eq(flush_file(), STATUS_DISK_FULL);
    ck_assert_int_eq(state_at(frame), PFN_MODIFIED_NO_WRITE);
    ck_assert_uint_eq(read_byte(&s.w, s.p, FILE_VIEW), 0x77);
}
static void no_write_truncated(void)
{
    uint32_t frame = no_write_page();
    truncate_file();
    ck_assert_int_eq(state_at(frame), PFN_FREE);
}
static void bad_no_write(void)
{
    uint32_t frame = no_write_page();
    mark_bad(frame);
    ck_assert_int_eq(state_at(frame), PFN_MODIFIED_NO_WRITE);
    truncate_file();
    ck_assert_int_eq(state_at(frame), PFN_BAD);
}

static const struct {
    const char *name;
    void (*run)(void);
    enum pfn_state from, to;
} cases[] = {
    {"demand zero", demand_zero, PFN_ZEROED, PFN_ACTIVE},
    {"demand zero, no zeroed frame", demand_zero_of_free, PFN_FREE, PFN_ACTIVE},
    {"a page is read", read_into_free, PFN_FREE, PFN_TRANSITION},
    {"a page is read, no free frame", read_into_zeroed, PFN_ZEROED, PFN_TRANSITION},
    {"the read ends", read_into_zeroed, PFN_TRANSITION, PFN_STANDBY},
    {"zero page thread", zero_page_thread, PFN_FREE, PFN_ZEROED},
    {"clean page trimmed", trimmed_clean, PFN_ACTIVE, PFN_STANDBY},
    {"dirty page trimmed", trimmed_dirty, PFN_ACTIVE, PFN_MODIFIED},
    {"trimmed while a service holds it", trimmed_while_held, PFN_ACTIVE, PFN_TRANSITION},
    {"the service lets go", trimmed_while_held, PFN_TRANSITION, PFN_MODIFIED},
    {"soft fault, standby", soft_from_standby, PFN_STANDBY, PFN_ACTIVE},
    {"soft fault, modified", soft_from_modified, PFN_MODIFIED, PFN_ACTIVE},
    {"soft fault while it is written", soft_while_written, PFN_TRANSITION, PFN_ACTIVE},
    {"repurposed", repurposed, PFN_STANDBY, PFN_FREE},
    {"repurposed for a page that is read", repurposed_for_read, PFN_STANDBY, PFN_TRANSITION},
    {"its section is deleted", deleted_standby, PFN_STANDBY, PFN_FREE},
    {"MEM_RESET", reset, PFN_MODIFIED, PFN_STANDBY},
    {"written: begins", writing_begins, PFN_MODIFIED, PFN_TRANSITION},
    {"written: ends", writing_begins, PFN_TRANSITION, PFN_STANDBY},
    {"written: fails", writing_fails, PFN_TRANSITION, PFN_MODIFIED},
    {"decommitted", deleted_active, PFN_ACTIVE, PFN_FREE},
    {"decommitted, modified", deleted_modified, PFN_MODIFIED, PFN_FREE},
    {"decommitted while it is written", deleted_while_written, PFN_TRANSITION, PFN_FREE},
    {"decommitted while a service holds it", deleted_while_held, PFN_ACTIVE, PFN_TRANSITION},
    {"bad, zeroed", bad_zeroed, PFN_ZEROED, PFN_BAD},
    {"bad, free", bad_free, PFN_FREE, PFN_BAD},
    {"bad, standby", bad_standby, PFN_STANDBY, PFN_BAD},
    {"bad, modified, decommitted", bad_modified, PFN_MODIFIED, PFN_BAD},
    {"bad, active, decommitted", bad_active, PFN_ACTIVE, PFN_BAD},
    {"bad, clean, trimmed", bad_active_clean, PFN_ACTIVE, PFN_BAD},
    {"bad, modified, written", bad_when_written, PFN_TRANSITION, PFN_BAD},
    {"bad, modified, reset", bad_when_reset, PFN_STANDBY, PFN_BAD},
    {"dirty page trimmed, no writes", trimmed_no_write, PFN_ACTIVE, PFN_MODIFIED_NO_WRITE},
    {"soft fault, modified-no-write", soft_from_no_write, PFN_MODIFIED_NO_WRITE, PFN_ACTIVE},
    {"writes are allowed again", writes_allowed, PFN_MODIFIED_NO_WRITE, PFN_MODIFIED},
    {"no writes: flushed", no_write_flushed, PFN_MODIFIED_NO_WRITE, PFN_TRANSITION},
    {"no writes: the flush fails", no_write_flush_fails, PFN_TRANSITION, PFN_MODIFIED_NO_WRITE},
    {"no writes: the file is truncated", no_write_truncated, PFN_MODIFIED_NO_WRITE, PFN_FREE},
    {"bad, no writes, truncated", bad_no_write, PFN_MODIFIED_NO_WRITE, PFN_BAD},
};

START_TEST(each_move_has_a_case)
{
    enum paging_format format = _i % PAGING_FORMAT_COUNT;
    int row = _i / PAGING_FORMAT_COUNT;

    memset(&s, 0, sizeof s);
    world_open(&s.w, format, FRAMES);
    s.w.mm->config.daemons = MM_DAEMONS_ARE_THREADS;
    world_read_alone(&s.w);
    s.p = new_process(&s.w, PTE_NX_ON);
    s.section = make_section(&s.w);
    map_section(&s.w, s.p, s.section);
    mm_section_close(s.w.mm, s.section);
    allocate_at(&s.w, s.p, HERE, 2 * FRAMES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    dirty_page(2 * FRAMES - 1, 1); /* keeps the page table */
    check_laws(&s.w);
    uint64_t before = s.w.moves[cases[row].from][cases[row].to];
    cases[row].run();
    check_laws(&s.w);
    ck_assert_msg(s.w.moves[cases[row].from][cases[row].to] > before, "%s (%s): no frame goes from %s to %s",
                  cases[row].name, format_name(format), pfn_state_name(cases[row].from), pfn_state_name(cases[row].to));
    mm_thread_moved(s.w.mm, 1);
    end_process(&s.w, s.p);
    check_laws(&s.w);
    for (unsigned from = 0; from < PFN_STATE_COUNT; from++)
        for (unsigned to = 0; to < PFN_STATE_COUNT; to++)
            total[from][to] += s.w.moves[from][to];
    world_close(&s.w);
}
END_TEST

/* --- Illegal moves ----------------------------------------------------------------------------------------------- */

/* A frame in any state, by the shortest legal way. */
static void bring_to(struct pfn_db *db, enum pfn_state state)
{
    const pfn_t frame = {0};
    if (state == PFN_ZEROED)
        return;
    pfn_move(db, frame, PFN_ACTIVE);
    if (state != PFN_ACTIVE)
        pfn_move(db, frame, state);
}

static int illegal[PFN_STATE_COUNT * PFN_STATE_COUNT], illegal_count;

START_TEST(an_illegal_move_ends_the_program)
{
    struct pfn_db db;
    enum pfn_state from = illegal[_i] / PFN_STATE_COUNT, to = illegal[_i] % PFN_STATE_COUNT;
    pfn_db_init(&db, calloc(8, sizeof(struct mmpfn)), 8);
    bring_to(&db, from);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* what the assertion says */
    pfn_move(&db, (pfn_t){0}, to);
    printf("# %s to %s passes\n", pfn_state_name(from), pfn_state_name(to));
}
END_TEST

/* --- The table ---------------------------------------------------------------------------------------------------- */

static void print_table(void)
{
    printf("# %-12s", "from \\ to");
    for (unsigned to = 0; to < PFN_STATE_COUNT; to++)
        printf(" %10s", pfn_state_name(to));
    for (unsigned from = 0; from < PFN_STATE_COUNT; from++) {
        printf("\n# %-12s", pfn_state_name(from));
        for (unsigned to = 0; to < PFN_STATE_COUNT; to++)
            if (!legal_move(from, to))
                printf(" %10s", ".");
            else
                printf(" %10" PRIu64, total[from][to]);
    }
    printf("\n# .: illegal\n");
    fflush(stdout);
}

START_TEST(every_legal_move_was_reached)
{
    print_table();
    for (unsigned from = 0; from < PFN_STATE_COUNT; from++)
        for (unsigned to = 0; to < PFN_STATE_COUNT; to++)
            ck_assert_msg(!legal_move(from, to) || total[from][to] > 0, "no test takes a frame from %s to %s",
                          pfn_state_name(from), pfn_state_name(to));
}
END_TEST

int main(void)
{
    total = mmap(NULL, PFN_STATE_COUNT * sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (total == MAP_FAILED)
        return EXIT_FAILURE;
    for (int i = 0; i < PFN_STATE_COUNT * PFN_STATE_COUNT; i++)
        if (!legal_move(i / PFN_STATE_COUNT, i % PFN_STATE_COUNT))
            illegal[illegal_count++] = i;
    Suite *suite = suite_create("mm/moves");
    TCase *tc = tcase_create("illegal");
    tcase_add_loop_test_raise_signal(tc, an_illegal_move_ends_the_program, SIGABRT, 0, illegal_count);
    suite_add_tcase(suite, tc);
    tc = tcase_create("moves");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, each_move_has_a_case, 0, N_ELEMENTS(cases) * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    tc = tcase_create("table"); /* the last */
    tcase_add_test(tc, every_legal_move_was_reached);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
