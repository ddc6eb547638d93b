/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_counts.c - one page followed from its first touch to the page file and back: each fault is counted once, soft or
 * hard; a place in a page file is held for as long as its contents are worth something (nt-reference 3.3, 5.3, 8). */
#include "tests/mm/support.h"

enum {
    FRAMES = 256,
    PAGES = 40, /* of a process */
};

static struct life {
    struct world w;
    mm_process p;
    struct mm_counters before;
    uint64_t faults_before;
} l;

static va_t page(unsigned i)
{
    return HERE + (va_t)i * PAGE;
}

static void open_life(enum paging_format format)
{
    memset(&l, 0, sizeof l);
    world_open(&l.w, format, FRAMES);
    l.w.mm->config.daemons = MM_DAEMONS_ARE_THREADS;
    world_read_alone(&l.w);
    l.p = new_process(&l.w, PTE_NX_ON);
    allocate_at(&l.w, l.p, HERE, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    write_byte(&l.w, l.p, page(PAGES - 1), 1); /* keeps the page table */
    check_laws(&l.w);
}

static void close_life(void)
{
    struct mm_pagefile_info info;
    mm_thread_moved(l.w.mm, 1);
    end_process(&l.w, l.p);
    check_laws(&l.w);
    ck_assert(mm_pagefile_query(l.w.mm, 0, &info));
    ck_assert_uint_eq(info.used, 0);
    world_close(&l.w);
}

static uint64_t places_used(void)
{
    struct mm_pagefile_info info;
    ck_assert(mm_pagefile_query(l.w.mm, 0, &info));
    return info.used;
}

static void start_counting(void)
{
    struct mm_process_counters c;
    mm_thread_moved(l.w.mm, 1);
    mm_query_counters(l.w.mm, &l.before);
    mm_process_query(l.w.mm, l.p, &c);
    l.faults_before = c.page_faults;
}

/* Since start_counting() there was one fault of that type, and so many pages were read in one transfer (0: none). */
static void expect(const char *what, enum mm_fault_type type, uint64_t read)
{
    struct mm_counters now;
    struct mm_process_counters c;

    check_laws(&l.w);
    mm_query_counters(l.w.mm, &now);
    mm_process_query(l.w.mm, l.p, &c);
    ck_assert_msg(c.page_faults == l.faults_before + 1, "%s: %" PRIu64 " faults", what,
                  c.page_faults - l.faults_before);
    for (enum mm_fault_type i = 0; i < MM_FAULT_TYPE_COUNT; i++)
        ck_assert_msg(now.faults[i] - l.before.faults[i] == (i == type), "%s: %s %+" PRId64, what,
                      mm_fault_type_name(i), (int64_t)(now.faults[i] - l.before.faults[i]));
    ck_assert_msg(now.page_reads - l.before.page_reads == (read > 0) && now.pages_read - l.before.pages_read == read,
                  "%s: %" PRIu64 " reads of %" PRIu64 " pages", what, now.page_reads - l.before.page_reads,
                  now.pages_read - l.before.pages_read);
}

static void trim_page(va_t va)
{
    ck_assert(trim(&l.w, l.p, va));
    check_laws(&l.w);
}

/* Some frames are free again. */
static void give_frames(unsigned first, unsigned count)
{
    va_t base = page(first);
    uint64_t size = count * PAGE;
    ck_assert_uint_eq(mm_free(l.w.mm, l.p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    check_laws(&l.w);
}

/* --- Soft and hard ---------------------------------------------------------------------------------------------- */

START_TEST(the_life_of_a_page)
{
    open_life(_i);
    for (unsigned i = 20; i < 30; i++)
        write_byte(&l.w, l.p, page(i), 1); /* frames for later */
    start_counting();
    write_byte(&l.w, l.p, page(3), 0x33);
    expect("first touch", MM_FAULT_TYPE_DEMAND_ZERO, 0);
    trim_page(page(3));
    start_counting();
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(3)), 0x33);
    expect("from the modified list", MM_FAULT_TYPE_TRANSITION, 0);
    trim_page(page(3));
    write_modified(&l.w);
    ck_assert_uint_eq(places_used(), 1);
    start_counting();
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(3)), 0x33);
    expect("from the standby list", MM_FAULT_TYPE_TRANSITION, 0);
    ck_assert_uint_eq(places_used(), 1); /* clean still */
    trim_page(page(3));
    take_standby(&l.w);
    give_frames(20, 10);
    start_counting();
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(3)), 0x33);
    expect("from the page file", MM_FAULT_TYPE_HARD_FAULT, 1);
    ck_assert_uint_eq(places_used(), 1); /* its copy there is good for as long as nobody writes */
    start_counting();
    write_byte(&l.w, l.p, page(3), 0x34);
    expect("first write", MM_FAULT_TYPE_DIRTY, 0);
    start_counting();
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(3)), 0x34);
    trim_page(page(3));
    ck_assert_uint_eq(places_used(), 0);
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(3)), 0x34);
    expect("from the modified list again", MM_FAULT_TYPE_TRANSITION, 0);
    close_life();
}
END_TEST

/* A cluster is one transfer and one hard fault; the neighbours it brought are soft faults. */
START_TEST(neighbours_come_along)
{
    open_life(_i);
    l.w.mm->tuning.cluster = 4;
    for (unsigned i = 0; i < 30; i++)
        write_byte(&l.w, l.p, page(i), (uint8_t)(i + 1));
    for (unsigned i = 0; i < 8; i++)
        trim_page(page(i));
    write_modified(&l.w);
    l.w.mm->tuning.goal = 4; /* more frames than that make a neighbour worth its read */
    ck_assert_uint_eq(places_used(), 8);
    take_standby(&l.w);
    give_frames(20, 10);
    start_counting();
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(2)), 3);
    struct mm_counters now;
    mm_query_counters(l.w.mm, &now);
    uint64_t read = now.pages_read - l.before.pages_read;
    ck_assert_uint_ge(read, 2);
    ck_assert_uint_le(read, 4);
    expect("one of a cluster", MM_FAULT_TYPE_HARD_FAULT, read);
    unsigned soft = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (i == 2 || (pte_word(&l.w, l.p, page(i)) & 0xC01) != 0x800)
            continue;
        start_counting();
        ck_assert_uint_eq(read_byte(&l.w, l.p, page(i)), (uint8_t)(i + 1));
        expect("its neighbour", MM_FAULT_TYPE_TRANSITION, 0);
        soft++;
    }
    ck_assert_uint_eq(soft, read - 1);
    close_life();
}
END_TEST

/* Image pages: the first reader's fault is hard, later ones are soft, a write makes a copy. */
START_TEST(shared_pages)
{
    open_life(_i);
    mm_section section = make_section(&l.w);
    map_section(&l.w, l.p, section);
    mm_section_close(l.w.mm, section);
    read_byte(&l.w, l.p, image_va(0)); /* makes the page table */
    start_counting();
    read_byte(&l.w, l.p, image_va(4));
    expect("from the file", MM_FAULT_TYPE_HARD_FAULT, 1);
    trim_page(image_va(4));
    start_counting();
    read_byte(&l.w, l.p, image_va(4));
    expect("from the standby list", MM_FAULT_TYPE_PROTOTYPE, 0);
    start_counting();
    write_byte(&l.w, l.p, image_va(4), 1);
    expect("copied", MM_FAULT_TYPE_COPY_ON_WRITE, 0);
    close_life();
}
END_TEST

/* --- MEM_RESET ------------------------------------------------------------------------------------------------- */

static void reset_pages(unsigned first, unsigned count)
{
    struct mm_allocation request = {page(first), count * PAGE, 0, MEM_RESET, PAGE_READWRITE};
    ck_assert_uint_eq(mm_allocate(l.w.mm, l.p, &request), STATUS_SUCCESS);
    check_laws(&l.w);
}

static void be_valid(void)
{
    read_byte(&l.w, l.p, page(3)); /* back from standby: clean, with its place */
}
static void be_standby(void)
{
}
static void be_paged_out(void)
{
    take_standby(&l.w);
}

static const struct {
    const char *name;
    void (*prepare)(void);
    bool zero; /* its contents are gone for certain */
} resets[] = {
    {"valid", be_valid, false},
    {"on the standby list", be_standby, false},
    {"in the page file alone", be_paged_out, true},
};

START_TEST(reset_gives_page_file_space_back)
{
    int row = _i / PAGING_FORMAT_COUNT;
    open_life(_i % PAGING_FORMAT_COUNT);
    for (unsigned i = 0; i < 30; i++)
        write_byte(&l.w, l.p, page(i), (uint8_t)(i + 1));
    for (unsigned i = 0; i < 6; i++)
        trim_page(page(i));
    write_modified(&l.w);
    ck_assert_uint_eq(places_used(), 6);
    resets[row].prepare();
    reset_pages(3, 1);
    ck_assert_msg(places_used() == 5, "%s: %" PRIu64 " places", resets[row].name, places_used());
    give_frames(20, 10);
    unsigned reads = l.w.pagefile_reads;
    uint8_t value = read_byte(&l.w, l.p, page(3));
    ck_assert_msg(value == 0 || (!resets[row].zero && value == 4), "%s: %u", resets[row].name, value);
    ck_assert_uint_eq(l.w.pagefile_reads, reads); /* nothing is read that nobody wants */
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(2)), 3);
    check_laws(&l.w);
    close_life();
}
END_TEST

/* Nothing is written either: after MEM_RESET a page that was dirty leaves RAM without a write, until it is written to
 * again. */
START_TEST(reset_pages_are_not_written)
{
    open_life(_i);
    for (unsigned i = 0; i < 30; i++)
        write_byte(&l.w, l.p, page(i), (uint8_t)(i + 1));
    trim_page(page(3)); /* modified list */
    reset_pages(0, 8);
    write_byte(&l.w, l.p, page(5), 0x55);
    for (unsigned i = 0; i < 8; i++)
        if (i != 3)
            trim_page(page(i));
    unsigned writes = l.w.pagefile_writes;
    write_modified(&l.w);
    ck_assert_uint_eq(l.w.pagefile_writes, writes + 1);
    ck_assert_uint_eq(places_used(), 1);
    take_standby(&l.w);
    give_frames(20, 10);
    ck_assert_uint_eq(read_byte(&l.w, l.p, page(5)), 0x55);
    for (unsigned i = 0; i < 8; i++)
        if (i != 5)
            ck_assert_uint_eq(read_byte(&l.w, l.p, page(i)), 0);
    check_laws(&l.w);
    close_life();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/counts");
    TCase *tc = tcase_create("counts");
    tcase_add_loop_test(tc, the_life_of_a_page, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, neighbours_come_along, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, shared_pages, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, reset_gives_page_file_space_back, 0, N_ELEMENTS(resets) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, reset_pages_are_not_written, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
