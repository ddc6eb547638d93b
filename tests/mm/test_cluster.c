/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cluster.c - pages that a hard fault brings along (nt-reference 7.7): how many, of what, and when not.
 *
 * Code 3 or 8 pages, data of images 2 or 4, all else 5 or 8: the first up to 19 MB of RAM.  A neighbour follows the
 * page that is wanted, in its place and in memory's order; it is in transition, on the standby list, and a soft fault
 * away. */
#include "tests/mm/support.h"

enum {
    SMALL = 4 * 256, /* frames: 4 MB */
    LARGE = 20 * 256,
    FILE_PAGES = 12,
};

static struct scene {
    struct world w;
    mm_process p, q;
    va_t view; /* of data */
} s;

static const struct mm_image_subsection subsections[] = {
    {"header", 0, 1, 0, 0x400, MM_READONLY},
    {".text", 1, 20, 0x400, 20 * PAGE, MM_EXECUTE_READ},
    {".data", 21, 10, 0x20000, 6 * PAGE + 100, MM_WRITECOPY}, /* 7 pages in the file */
    {".shared", 31, 6, 0x30000, 6 * PAGE, MM_READWRITE},
};
static const struct mm_image image = {
    .file = IMAGE_FILE,
    .preferred_base = IMAGE_BASE,
    .page_count = 37,
    .relocatable = true,
    .subsection_count = N_ELEMENTS(subsections),
    .subsections = subsections,
};

static void open_scene(enum paging_format format, uint32_t frames)
{
    mm_section section;
    memset(&s, 0, sizeof s);
    world_open(&s.w, format, frames);
    s.p = new_process(&s.w, PTE_NX_ON);
    s.q = new_process(&s.w, PTE_NX_ON);
    ck_assert_uint_eq(mm_section_create_image(s.w.mm, &image, &section), STATUS_SUCCESS);
    map_section(&s.w, s.p, section);
    map_section(&s.w, s.q, section);
    mm_section_close(s.w.mm, section);
    make_file(&s.w, 0, FILE_PAGES * PAGE);
    section = make_data_section(&s.w, 0, MM_READWRITE);
    s.view = map_data(&s.w, s.p, section, 0, PAGE_READWRITE);
    mm_section_close(s.w.mm, section);
    read_byte(&s.w, s.p, image_va(0)); /* page tables */
    mm_thread_moved(s.w.mm, 1);
    check_laws(&s.w);
}

static void close_scene(void)
{
    mm_thread_moved(s.w.mm, 1);
    end_process(&s.w, s.p);
    end_process(&s.w, s.q);
    check_laws(&s.w);
    world_close(&s.w);
}

struct reads {
    uint64_t transfers, pages;
};

/* What it takes to read a byte, which must be right. */
static struct reads read_page(mm_process process, va_t va, uint8_t want, enum mm_fault_type type)
{
    struct mm_counters before, after;
    struct mm_fault f;

    mm_query_counters(s.w.mm, &before);
    ck_assert_int_eq(touch(&s.w, process, va, MMU_READ, &f), MM_FAULT_RESOLVED);
    ck_assert_msg(f.type == type, "%#" PRIx64 ": %s", va, mm_fault_type_name(f.type));
    ck_assert_uint_eq(mm_frame_read(s.w.mm, f.frame)[va & MMU_PAGE_MASK], want);
    mm_thread_moved(s.w.mm, 1);
    check_laws(&s.w);
    mm_query_counters(s.w.mm, &after);
    return (struct reads){after.page_reads - before.page_reads, after.pages_read - before.pages_read};
}

/* --- How many ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool of_file;
    unsigned page;         /* of the image, or the file */
    unsigned small, large; /* pages that come */
} sizes[] = {
    {"code", false, 1, 3, 8},
    {"code, in the middle", false, 7, 3, 8},
    {"code, at the end of its section", false, 19, 2, 2},
    {"code, the last page", false, 20, 1, 1},
    {"data of an image", false, 21, 2, 4},
    {"data, up to the last page of the file", false, 26, 2, 2},
    {"data, the last page of the file", false, 27, 1, 1},
    {"shared data of an image", false, 31, 3, 6},
    {"a data file", true, 0, 5, 8},
    {"a data file, up to its end", true, FILE_PAGES - 3, 3, 3},
};

START_TEST(sizes_by_kind)
{
    enum paging_format format = _i % PAGING_FORMAT_COUNT;
    int row = _i / PAGING_FORMAT_COUNT % N_ELEMENTS(sizes);
    bool large = _i / PAGING_FORMAT_COUNT / N_ELEMENTS(sizes);
    unsigned want = large ? sizes[row].large : sizes[row].small, page = sizes[row].page;
    bool of_file = sizes[row].of_file;
    open_scene(format, large ? LARGE : SMALL);

    for (unsigned i = 0; i < want; i++) {
        va_t va = of_file ? s.view + (page + i) * PAGE + 5 : image_va(page + i) + 5;
        uint8_t byte = of_file ? data_byte((page + i) * PAGE + 5) : file_byte(IMAGE_FILE, page + i, 5);
        struct reads now = read_page(s.p, va, byte, i ? MM_FAULT_TYPE_PROTOTYPE : MM_FAULT_TYPE_HARD_FAULT);
        ck_assert_msg(now.transfers == (i == 0) && now.pages == (i ? 0 : want),
                      "%s, page %u: %" PRIu64 " reads of %" PRIu64 " pages, not %u", sizes[row].name, i, now.transfers,
                      now.pages, want);
    }
    ck_assert_uint_eq(of_file ? s.w.file_reads : s.w.page_ins - 1, want); /* the header */
    close_scene();
}
END_TEST

/* --- Of a page file: pages of an image that processes share --------------------------------------------------- */

START_TEST(shared_pages_come_back_together)
{
    struct mm_counters before, after;
    open_scene(_i, LARGE);
    for (unsigned i = 31; i < 37; i++)
        write_byte(&s.w, s.p, image_va(i), (uint8_t)(i + 100));
    mm_thread_moved(s.w.mm, 1);
    for (unsigned i = 31; i < 37; i++)
        ck_assert(trim(&s.w, s.p, image_va(i)));
    s.w.mm->writing = true; /* as if the modified list were too long */
    s.w.mm->tuning.modified_goal = 0;
    run_daemon(&s.w, MM_MODIFIED_WRITER);
    mm_query_counters(s.w.mm, &before);
    ck_assert_uint_eq(before.modified, 0);
    while (s.w.mm->pfn.in_state[PFN_STANDBY] > 0)
        mm_mark_bad(s.w.mm, (pfn_t){pfn_first(&s.w.mm->pfn, PFN_STANDBY)});
    check_laws(&s.w);
    unsigned reads = s.w.pagefile_reads;
    struct reads now = read_page(s.q, image_va(32), 132, MM_FAULT_TYPE_HARD_FAULT);
    ck_assert_uint_eq(now.transfers, 1);
    ck_assert_uint_eq(now.pages, 5); /* 32 to 36 */
    ck_assert_uint_eq(s.w.pagefile_reads, reads + 5);
    for (unsigned i = 33; i < 37; i++)
        ck_assert_uint_eq(read_page(s.q, image_va(i), (uint8_t)(i + 100), MM_FAULT_TYPE_PROTOTYPE).transfers, 0);
    mm_query_counters(s.w.mm, &after);
    ck_assert_uint_eq(after.page_reads, before.page_reads + 1);
    close_scene();
}
END_TEST

/* --- Of a page file: what a process has for itself, and what processes share
 * ------------------------------------------
 */

static const struct {
    const char *name;
    bool shared;
    uint32_t frames;
    unsigned pages; /* that come */
} kinds[] = {
    {"private memory, little RAM", false, SMALL, 5},
    {"private memory", false, LARGE, 8},
    {"shared memory, little RAM", true, SMALL, 5},
    {"shared memory", true, LARGE, 8},
};

START_TEST(a_page_file_gives_a_cluster)
{
    int row = _i / PAGING_FORMAT_COUNT;
    unsigned want = kinds[row].pages;
    va_t base = HERE;
    open_scene(_i % PAGING_FORMAT_COUNT, kinds[row].frames);
    if (kinds[row].shared) {
        mm_section section = make_pagefile_section(&s.w, FILE_PAGES * PAGE, SEC_COMMIT);
        base = map_data(&s.w, s.p, section, 0, PAGE_READWRITE);
        mm_section_close(s.w.mm, section);
    } else {
        allocate_at(&s.w, s.p, base, FILE_PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    }
    for (unsigned i = 0; i < FILE_PAGES; i++)
        write_byte(&s.w, s.p, base + i * PAGE, (uint8_t)(i + 100));
    mm_thread_moved(s.w.mm, 1);
    for (unsigned i = 0; i < FILE_PAGES; i++)
        ck_assert(trim(&s.w, s.p, base + i * PAGE));
    write_modified(&s.w);
    take_standby(&s.w);

    enum mm_fault_type soft = kinds[row].shared ? MM_FAULT_TYPE_PROTOTYPE : MM_FAULT_TYPE_TRANSITION;
    for (unsigned i = 0; i < want; i++) {
        struct reads now = read_page(s.p, base + i * PAGE, (uint8_t)(i + 100), i ? soft : MM_FAULT_TYPE_HARD_FAULT);
        ck_assert_msg(now.transfers == (i == 0) && now.pages == (i ? 0 : want),
                      "%s, page %u: %" PRIu64 " reads of %" PRIu64 " pages, not %u", kinds[row].name, i, now.transfers,
                      now.pages, want);
    }
    ck_assert_uint_eq(read_page(s.p, base + want * PAGE, (uint8_t)(want + 100), MM_FAULT_TYPE_HARD_FAULT).transfers, 1);
    close_scene();
}
END_TEST

/* --- When not ---------------------------------------------------------------------------------------------------- */

/* Only what is in the file and nowhere else: the run ends at a page that is in memory. */
START_TEST(a_run_ends_at_what_is_in_memory)
{
    open_scene(_i, LARGE);
    s.w.mm->tuning.code_cluster = 1;
    read_page(s.p, image_va(4), file_byte(IMAGE_FILE, 4, 0), MM_FAULT_TYPE_HARD_FAULT);
    s.w.mm->tuning.code_cluster = 8;
    ck_assert_uint_eq(read_page(s.p, image_va(1), file_byte(IMAGE_FILE, 1, 0), MM_FAULT_TYPE_HARD_FAULT).pages, 3);
    ck_assert_uint_eq(read_page(s.p, image_va(5), file_byte(IMAGE_FILE, 5, 0), MM_FAULT_TYPE_HARD_FAULT).pages, 8);
    close_scene();
}
END_TEST

/* Where as many pages are available as there should be, and no more, neighbours stay away. */
START_TEST(not_where_memory_is_short)
{
    open_scene(_i, LARGE);
    s.w.mm->tuning.goal = mi_available(s.w.mm) - 3;
    ck_assert_uint_eq(read_page(s.p, image_va(1), file_byte(IMAGE_FILE, 1, 0), MM_FAULT_TYPE_HARD_FAULT).pages, 3);
    s.w.mm->tuning.goal = mi_available(s.w.mm);
    ck_assert_uint_eq(read_page(s.p, image_va(9), file_byte(IMAGE_FILE, 9, 0), MM_FAULT_TYPE_HARD_FAULT).pages, 1);
    close_scene();
}
END_TEST

/* A neighbour that cannot be read is not there, and nobody hears of it; asked for, it is an error. */
START_TEST(a_neighbour_that_fails)
{
    struct mm_fault f;
    open_scene(_i, LARGE);
    s.w.page_in_fails_from = 3;
    ck_assert_uint_eq(read_page(s.p, image_va(1), file_byte(IMAGE_FILE, 1, 0), MM_FAULT_TYPE_HARD_FAULT).transfers, 1);
    ck_assert_uint_eq(read_page(s.p, image_va(2), file_byte(IMAGE_FILE, 2, 0), MM_FAULT_TYPE_PROTOTYPE).transfers, 0);
    ck_assert_int_eq(touch(&s.w, s.p, image_va(3), MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    ck_assert_uint_eq(f.information[2], STATUS_IO_DEVICE_ERROR);
    check_laws(&s.w);
    s.w.page_in_fails_from = 0;
    ck_assert_uint_eq(read_page(s.p, image_va(3), file_byte(IMAGE_FILE, 3, 0), MM_FAULT_TYPE_HARD_FAULT).transfers, 1);
    close_scene();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/cluster");
    TCase *tc = tcase_create("cluster");
    tcase_add_loop_test(tc, sizes_by_kind, 0, 2 * N_ELEMENTS(sizes) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, shared_pages_come_back_together, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_page_file_gives_a_cluster, 0, N_ELEMENTS(kinds) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_run_ends_at_what_is_in_memory, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, not_where_memory_is_short, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_neighbour_that_fails, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
