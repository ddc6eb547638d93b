/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_section_data.c - data sections: files and page-file memory through views, step by step. */
#include "tests/mm/support.h"

enum { FILE_PAGES = 8, TAIL = 100 };

struct fixture {
    struct world w;
    mm_process p, q;
    mm_section section;
    va_t at_p, at_q;
};

/* A file of 8 pages and 100 bytes, mapped read-write by two processes. */
static void open_fixture(struct fixture *x, int format)
{
    world_open(&x->w, format, WORLD_FRAMES);
    x->p = new_process(&x->w, PTE_NX_ON);
    x->q = new_process(&x->w, PTE_NX_ON);
    make_file(&x->w, 0, FILE_PAGES * PAGE + TAIL);
    x->section = make_data_section(&x->w, 0, MM_READWRITE);
    x->at_p = map_data(&x->w, x->p, x->section, 0, PAGE_READWRITE);
    x->at_q = map_data(&x->w, x->q, x->section, HERE, PAGE_READWRITE);
    ck_assert_uint_eq(x->w.file_reads, 0);
    check_laws(&x->w);
}

static void close_fixture(struct fixture *x)
{
    check_laws(&x->w);
    end_process(&x->w, x->p);
    end_process(&x->w, x->q);
    check_laws(&x->w);
    if (x->section)
        mm_section_close(x->w.mm, x->section);
    check_laws(&x->w);
    ck_assert_uint_eq(mm_file_flush_all(x->w.mm), 0);
    check_laws(&x->w);
    world_close(&x->w);
}

static uint64_t prototype(struct fixture *x, unsigned page)
{
    const struct control_area *area = mi_area(x->w.mm, section_area(&x->w, x->section));
    const struct subsection *chunk = arena_at(x->w.mm->arena, area->chunks);
    va_t at = chunk->prototypes + (va_t)page * entry_size(x->w.format);
    pfn_t frame;
    uint64_t raw = 0;
    ck_assert(mm_system_frame(x->w.mm, at, &frame));
    memcpy(&raw, mm_frame_read(x->w.mm, frame) + (at & MMU_PAGE_MASK), entry_size(x->w.format));
    return raw;
}

static const struct mmpfn *record(struct fixture *x, unsigned page)
{
    uint64_t raw = prototype(x, page);
    return mi_pfn(x->w.mm, (pfn_t){(uint32_t)((raw & UINT64_C(0xFFFFFFF000)) >> 12)});
}

static uint8_t on_disk(struct fixture *x, uint64_t offset)
{
    return x->w.file[0].bytes[offset];
}

/* --- Contents ------------------------------------------------------------------------------------------------- */

START_TEST(views_show_the_file_and_each_other)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    touch(&x.w, x.p, x.at_p + 5, MMU_READ, &f);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_HARD_FAULT);
    ck_assert_str_eq(f.vad, "mapped");
    ck_assert_uint_eq(mm_frame_read(x.w.mm, f.frame)[5], data_byte(5));
    ck_assert_uint_gt(x.w.file_reads, 1); /* its neighbours came along */
    touch(&x.w, x.q, x.at_q + PAGE, MMU_READ, &f);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_PROTOTYPE);
    check_laws(&x.w);
    write_byte(&x.w, x.p, x.at_p + 2 * PAGE + 9, 0xA5);
    ck_assert_uint_eq(read_byte(&x.w, x.q, x.at_q + 2 * PAGE + 9), 0xA5);
    ck_assert_uint_eq(on_disk(&x, 2 * PAGE + 9), data_byte(2 * PAGE + 9));
    close_fixture(&x);
    ck_assert_uint_eq(x.w.file[0].size, FILE_PAGES * PAGE + TAIL);
}
END_TEST

START_TEST(the_tail_is_zero_and_not_written_back)
{
    struct fixture x;
    ntstatus_t io = 1;
    open_fixture(&x, _i);
    va_t tail = x.at_p + FILE_PAGES * PAGE + TAIL;
    ck_assert_uint_eq(read_byte(&x.w, x.p, tail - 1), data_byte(FILE_PAGES * PAGE + TAIL - 1));
    ck_assert_uint_eq(read_byte(&x.w, x.p, tail), 0);
    write_byte(&x.w, x.p, tail, 7);
    write_byte(&x.w, x.p, tail - 1, 8);
    ck_assert_uint_eq(mm_file_flush(x.w.mm, DATA_FILE, 1, 0, 0, &io), STATUS_SUCCESS);
    ck_assert_uint_eq(io, STATUS_SUCCESS);
    ck_assert_uint_eq(on_disk(&x, FILE_PAGES * PAGE + TAIL - 1), 8);
    ck_assert_uint_eq(on_disk(&x, FILE_PAGES * PAGE + TAIL), data_byte(FILE_PAGES * PAGE + TAIL)); /* not ours */
    close_fixture(&x);
}
END_TEST

START_TEST(a_write_copy_view_has_its_own)
{
    struct fixture x;
    struct mm_fault f;
    struct mm_process_counters before, after;
    open_fixture(&x, _i);
    map_data(&x.w, x.p, x.section, HERE, PAGE_READONLY); /* the page tables that the rest needs, too */
    read_byte(&x.w, x.p, HERE);
    read_byte(&x.w, x.p, x.at_p);
    mm_process_query(x.w.mm, x.p, &before);
    va_t copy = map_data(&x.w, x.p, x.section, HERE + 16 * PAGE, PAGE_WRITECOPY);
    mm_process_query(x.w.mm, x.p, &after);
    ck_assert_uint_eq(after.commit_charge, before.commit_charge + FILE_PAGES + 1);
    ck_assert_uint_eq(read_byte(&x.w, x.p, copy + PAGE), data_byte(PAGE));
    write_byte(&x.w, x.p, x.at_p + PAGE, 1); /* seen until the copy is made */
    ck_assert_uint_eq(read_byte(&x.w, x.p, copy + PAGE), 1);
    touch(&x.w, x.p, copy + PAGE, MMU_WRITE, &f);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_COPY_ON_WRITE);
    write_byte(&x.w, x.p, copy + PAGE, 2);
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.at_p + PAGE), 1);
    write_byte(&x.w, x.p, x.at_p + PAGE, 3);
    ck_assert_uint_eq(read_byte(&x.w, x.p, copy + PAGE), 2);
    check_laws(&x.w);
    ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, copy + 2 * PAGE), STATUS_SUCCESS);
    mm_process_query(x.w.mm, x.p, &after);
    ck_assert_uint_eq(after.commit_charge, before.commit_charge);
    close_fixture(&x);
}
END_TEST

/* --- The six states of a prototype PTE (nt-reference 2.1) -------------------------------------------------------- */

START_TEST(six_states)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    world_read_alone(&x.w);
    read_byte(&x.w, x.p, x.at_p);
    ck_assert_uint_eq(prototype(&x, 0) & 1, 1); /* active/valid */
    ck_assert_int_eq(record(&x, 0)->state, PFN_ACTIVE);
    ck_assert_uint_eq(prototype(&x, 1) & 0x401, 0x400); /* mapped file: the subsection form */

    ck_assert(trim(&x.w, x.p, x.at_p));
    ck_assert_uint_eq(prototype(&x, 0) & 0xC01, 0x800); /* transition */
    ck_assert_int_eq(record(&x, 0)->state, PFN_STANDBY);
    touch(&x.w, x.q, x.at_q, MMU_WRITE, &f);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_PROTOTYPE);
    mm_file_set_modified_writes(x.w.mm, DATA_FILE, MM_WRITES_FORBIDDEN);
    ck_assert(trim(&x.w, x.q, x.at_q));
    ck_assert_uint_eq(prototype(&x, 0) & 0xC01, 0x800); /* modified-no-write: a transition word, and its list */
    ck_assert_int_eq(record(&x, 0)->state, PFN_MODIFIED_NO_WRITE);
    check_laws(&x.w);
    run_daemon(&x.w, MM_MAPPED_WRITER);
    ck_assert_uint_eq(x.w.file_writes, 0);
    touch(&x.w, x.q, x.at_q, MMU_READ, &f);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_PROTOTYPE);
    ck_assert(trim(&x.w, x.q, x.at_q));
    mm_file_set_modified_writes(x.w.mm, DATA_FILE, MM_WRITES_ALLOWED);
    ck_assert_int_eq(record(&x, 0)->state, PFN_MODIFIED);
    check_laws(&x.w);
    close_fixture(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/section_data");
    TCase *tc = tcase_create("data");
    tcase_add_loop_test(tc, views_show_the_file_and_each_other, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_tail_is_zero_and_not_written_back, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_write_copy_view_has_its_own, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, six_states, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
