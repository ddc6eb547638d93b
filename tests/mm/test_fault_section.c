/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fault_section.c - faults through prototype PTEs: from the file, from zero, shared, from transition; copies;
 * own protections; reads that fail or have to wait. */
#include "tests/mm/support.h"

struct fixture {
    struct world w;
    mm_process p, q;
    mm_section section;
};

static void open_fixture(struct fixture *x, int format)
{
    world_open(&x->w, format, WORLD_FRAMES);
    world_read_alone(&x->w);
    x->p = new_process(&x->w, PTE_NX_ON);
    x->q = new_process(&x->w, PTE_NX_ON);
    x->section = make_section(&x->w);
    map_section(&x->w, x->p, x->section);
    map_section(&x->w, x->q, x->section);
    ck_assert_uint_eq(x->w.page_ins, 0);
}

static void close_fixture(struct fixture *x)
{
    check_laws(&x->w);
    end_process(&x->w, x->p);
    end_process(&x->w, x->q);
    mm_section_close(x->w.mm, x->section);
    check_laws(&x->w);
    world_close(&x->w);
}

/* --- The first access to each page ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned page;
    enum mmu_access access;
    enum mm_fault_type type; /* of the last fault; the first where it differs is below */
    unsigned reads;
    uint64_t flags;
    bool no_execute;
    int first; /* file_byte at the page's start: -1 zero */
} cases[] = {
    {"header, read", IMAGE_HEADER, MMU_READ, MM_FAULT_TYPE_HARD_FAULT, 1, 0x025, true, 0},
    {"text, execute", IMAGE_TEXT, MMU_EXECUTE, MM_FAULT_TYPE_HARD_FAULT, 1, 0x025, false, 0},
    {"text, read", IMAGE_TEXT + 2, MMU_READ, MM_FAULT_TYPE_HARD_FAULT, 1, 0x025, false, 0},
    {"data, read", IMAGE_DATA, MMU_READ, MM_FAULT_TYPE_HARD_FAULT, 1, 0x225, true, 0},
    {"data, write", IMAGE_DATA, MMU_WRITE, MM_FAULT_TYPE_COPY_ON_WRITE, 1, 0x867, true, 0},
    {"data, partly in the file", IMAGE_DATA + 2, MMU_READ, MM_FAULT_TYPE_HARD_FAULT, 1, 0x225, true, 0},
    {"data of zeroes, read", IMAGE_DATA + 3, MMU_READ, MM_FAULT_TYPE_PROTOTYPE, 0, 0x225, true, -1},
    {"data of zeroes, write", IMAGE_DATA + 3, MMU_WRITE, MM_FAULT_TYPE_DEMAND_ZERO, 0, 0x867, true, -1},
    {"shared, read", IMAGE_SHARED, MMU_READ, MM_FAULT_TYPE_HARD_FAULT, 1, 0x825, true, 0},
    {"shared, write", IMAGE_SHARED, MMU_WRITE, MM_FAULT_TYPE_HARD_FAULT, 1, 0x867, true, 0},
    {"shared of zeroes, write", IMAGE_SHARED + 1, MMU_WRITE, MM_FAULT_TYPE_PROTOTYPE, 0, 0x867, true, -1},
};

START_TEST(first_access)
{
    struct fixture x;
    struct mm_fault f;
    int row = _i / PAGING_FORMAT_COUNT;
    unsigned page = cases[row].page;
    open_fixture(&x, _i % PAGING_FORMAT_COUNT);

    ck_assert_msg(touch(&x.w, x.p, image_va(page) + 0x10, cases[row].access, &f) == MM_FAULT_RESOLVED, "%s",
                  cases[row].name);
    ck_assert_msg(f.type == cases[row].type, "%s: %s", cases[row].name, mm_fault_type_name(f.type));
    ck_assert_msg(x.w.page_ins == cases[row].reads, "%s: %u reads", cases[row].name, x.w.page_ins);
    uint64_t word = pte_word(&x.w, x.p, image_va(page));
    uint64_t want = valid_word(&x.w, f.frame.index, cases[row].flags, cases[row].no_execute ? PTE_NX_ON : PTE_NX_OFF);
    ck_assert_msg(word == want, "%s: %#" PRIx64 " and should be %#" PRIx64, cases[row].name, word, want);
    uint8_t byte = cases[row].first < 0 ? 0 : file_byte(IMAGE_FILE, page, 0);
    ck_assert_uint_eq(mm_frame_read(x.w.mm, f.frame)[0], byte);
    ck_assert_str_eq(f.vad, "image");
    close_fixture(&x);
}
END_TEST

static const struct {
    unsigned page;
    enum mmu_access access;
    uint64_t information;
} denied[] = {
    {IMAGE_HEADER, MMU_WRITE, 1},  {IMAGE_HEADER, MMU_EXECUTE, 8},  {IMAGE_TEXT, MMU_WRITE, 1},
    {IMAGE_DATA, MMU_EXECUTE, 8},  {IMAGE_RDATA, MMU_WRITE, 1},     {IMAGE_NOTHING, MMU_READ, 0},
    {IMAGE_NOTHING, MMU_WRITE, 1}, {IMAGE_NOTHING, MMU_EXECUTE, 8},
};

START_TEST(denied_access_reads_nothing)
{
    struct fixture x;
    struct mm_fault f;
    int row = _i / PAGING_FORMAT_COUNT;
    bool runs = _i % PAGING_FORMAT_COUNT == PAGING_X86 && denied[row].information == 8;
    open_fixture(&x, _i % PAGING_FORMAT_COUNT);
    enum mm_fault_result result = touch(&x.w, x.p, image_va(denied[row].page), denied[row].access, &f);
    if (runs && denied[row].page != IMAGE_NOTHING) { /* no NX there */
        ck_assert_int_eq(result, MM_FAULT_RESOLVED);
    } else {
        ck_assert_int_eq(result, MM_FAULT_RAISE);
        ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
        ck_assert_uint_eq(f.information[0], runs ? 0 : denied[row].information);
        ck_assert_uint_eq(x.w.page_ins, 0);
    }
    close_fixture(&x);
}
END_TEST

START_TEST(what_page_in_is_asked)
{
    struct fixture x;
    open_fixture(&x, _i);
    read_byte(&x.w, x.p, image_va(IMAGE_DATA + 2));
    ck_assert_uint_eq(x.w.request.file, IMAGE_FILE);
    ck_assert_uint_eq(x.w.request.subsection, 2);
    ck_assert_uint_eq(x.w.request.file_offset, 0x3400 + 2 * PAGE);
    ck_assert_uint_eq(x.w.request.valid_bytes, 100);
    ck_assert_uint_eq(x.w.request.image_page, IMAGE_DATA + 2);
    ck_assert_uint_eq(x.w.request.image_base, IMAGE_BASE);
    ck_assert_uint_eq(x.w.request.preferred_base, IMAGE_BASE);
    ck_assert_uint_eq(read_byte(&x.w, x.p, image_va(IMAGE_DATA + 2) + 99), file_byte(IMAGE_FILE, IMAGE_DATA + 2, 99));
    ck_assert_uint_eq(read_byte(&x.w, x.p, image_va(IMAGE_DATA + 2) + 100), 0);
    close_fixture(&x);
}
END_TEST

START_TEST(a_trimmed_shared_page_comes_back_without_a_read)
{
    struct fixture x;
    struct mm_fault f;
    struct mm_counters c;
    open_fixture(&x, _i);
    touch(&x.w, x.p, image_va(IMAGE_TEXT), MMU_READ, &f);
    uint32_t frame = f.frame.index;
    read_byte(&x.w, x.q, image_va(IMAGE_TEXT));
    ck_assert(trim(&x.w, x.p, image_va(IMAGE_TEXT)));
    check_laws(&x.w);
    ck_assert_uint_eq(peek_prototype(&x.w, x.section, IMAGE_TEXT) & 1, 1); /* q has it still */
    ck_assert(trim(&x.w, x.q, image_va(IMAGE_TEXT)));
    check_laws(&x.w);
    ck_assert_uint_eq(peek_prototype(&x.w, x.section, IMAGE_TEXT) & 0xfff, 0x860); /* transition, protection 3 */
    mm_query_counters(x.w.mm, &c);
    ck_assert_uint_eq(c.standby, 1);
    ck_assert_int_eq(touch(&x.w, x.q, image_va(IMAGE_TEXT), MMU_EXECUTE, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_PROTOTYPE);
    ck_assert_uint_eq(f.frame.index, frame);
    ck_assert_uint_eq(x.w.page_ins, 1);
    close_fixture(&x);
}
END_TEST

START_TEST(a_dirty_shared_page_goes_to_the_modified_list)
{
    struct fixture x;
    struct mm_counters c;
    open_fixture(&x, _i);
    read_byte(&x.w, x.p, image_va(IMAGE_SHARED));
    write_byte(&x.w, x.p, image_va(IMAGE_SHARED), 0x99);
    ck_assert_int_eq(x.w.types[0], MM_FAULT_TYPE_DIRTY);
    ck_assert(trim(&x.w, x.p, image_va(IMAGE_SHARED)));
    mm_query_counters(x.w.mm, &c);
    ck_assert_uint_eq(c.modified, 1);
    ck_assert_uint_eq(read_byte(&x.w, x.q, image_va(IMAGE_SHARED)), 0x99);
    close_fixture(&x);
}
END_TEST

START_TEST(a_copy_is_private_and_the_original_stays)
{
    struct fixture x;
    struct mm_fault f;
    struct mm_region region;
    open_fixture(&x, _i);
    va_t va = image_va(IMAGE_DATA);
    touch(&x.w, x.q, va, MMU_READ, &f);
    uint32_t shared = f.frame.index;
    read_byte(&x.w, x.p, va);
    unsigned flushes = x.w.flushes;
    ck_assert_int_eq(touch(&x.w, x.p, va, MMU_WRITE, &f), MM_FAULT_RESOLVED);
    ck_assert_uint_ne(f.frame.index, shared);
    ck_assert_uint_eq(f.status, STATUS_PAGE_FAULT_COPY_ON_WRITE);
    ck_assert_uint_gt(x.w.flushes, flushes); /* the old translation must go */
    ck_assert_int_eq(memcmp(mm_frame_read(x.w.mm, f.frame), mm_frame_read(x.w.mm, (pfn_t){shared}), PAGE), 0);
    ck_assert_uint_eq(mm_query(x.w.mm, x.p, va, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.protect, PAGE_READWRITE);
    ck_assert_uint_eq(region.size, PAGE);
    ck_assert_uint_eq(region.allocation_protect, PAGE_EXECUTE_WRITECOPY);
    ck_assert_uint_eq(mm_query(x.w.mm, x.q, va, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.protect, PAGE_WRITECOPY);
    write_byte(&x.w, x.p, va, 0x12);
    ck_assert(trim(&x.w, x.p, va)); /* the copy is a private page: to transition, not to the prototype */
    ck_assert_uint_eq(read_byte(&x.w, x.p, va), 0x12);
    ck_assert_int_eq(x.w.types[0], MM_FAULT_TYPE_TRANSITION);
    ck_assert_uint_eq(read_byte(&x.w, x.q, va), file_byte(IMAGE_FILE, IMAGE_DATA, 0));
    close_fixture(&x);
}
END_TEST

START_TEST(a_private_copy_as_guard_page_is_still_private)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    va_t va = image_va(IMAGE_DATA);
    write_byte(&x.w, x.p, va, 0x44);
    protect_at(&x.w, x.p, va, PAGE, PAGE_READWRITE | PAGE_GUARD);
    check_laws(&x.w);
    ck_assert_int_eq(touch(&x.w, x.p, va, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_GUARD_PAGE_VIOLATION);
    ck_assert_int_eq(touch(&x.w, x.p, va, MMU_WRITE, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_TRANSITION);
    ck_assert_uint_eq(read_byte(&x.w, x.p, va), 0x44);
    close_fixture(&x);
}
END_TEST

START_TEST(a_view_with_its_own_protection)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    va_t va = image_va(IMAGE_TEXT);
    protect_at(&x.w, x.p, va, PAGE, PAGE_READONLY);
    ck_assert_uint_eq(pte_word(&x.w, x.p, va) & 0xfe0, 0x420 | (pte_word(&x.w, x.p, va) & 0x800)); /* LOOKUP, 1 */
    read_byte(&x.w, x.p, va);
    read_byte(&x.w, x.q, va);
    check_laws(&x.w);
    if (_i != PAGING_X86) {
        ck_assert_int_eq(touch(&x.w, x.p, va, MMU_EXECUTE, &f), MM_FAULT_RAISE);
        ck_assert_uint_eq(f.information[0], 8);
    }
    ck_assert_int_eq(touch(&x.w, x.q, va, MMU_EXECUTE, &f), MM_FAULT_RESOLVED);
    ck_assert(trim(&x.w, x.p, va)); /* the protection outlives the page's stay in RAM */
    struct mm_region region;
    ck_assert_uint_eq(mm_query(x.w.mm, x.p, va, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.protect, PAGE_READONLY);
    check_laws(&x.w);

    protect_at(&x.w, x.p, va, PAGE, PAGE_EXECUTE_READWRITE); /* for the writer alone */
    write_byte(&x.w, x.p, va, 0xcc);
    ck_assert_uint_eq(read_byte(&x.w, x.q, va), file_byte(IMAGE_FILE, IMAGE_TEXT, 0));
    ck_assert_int_eq(touch(&x.w, x.p, va, MMU_EXECUTE, &f), MM_FAULT_RESOLVED);
    close_fixture(&x);
}
END_TEST

START_TEST(a_page_without_access_can_be_given_some)
{
    struct fixture x;
    open_fixture(&x, _i);
    protect_at(&x.w, x.p, image_va(IMAGE_NOTHING), PAGE, PAGE_READONLY);
    ck_assert_uint_eq(read_byte(&x.w, x.p, image_va(IMAGE_NOTHING)), file_byte(IMAGE_FILE, IMAGE_NOTHING, 0));
    close_fixture(&x);
}
END_TEST

START_TEST(writable_over_several_sections_is_decided_page_by_page)
{
    struct fixture x;
    open_fixture(&x, _i);
    protect_at(&x.w, x.p, image_va(IMAGE_SHARED), 3 * PAGE, PAGE_READWRITE); /* .shared and .rdata */
    write_byte(&x.w, x.p, image_va(IMAGE_SHARED), 1);
    write_byte(&x.w, x.p, image_va(IMAGE_RDATA), 2);
    ck_assert_uint_eq(read_byte(&x.w, x.q, image_va(IMAGE_SHARED)), 1);
    ck_assert_uint_eq(read_byte(&x.w, x.q, image_va(IMAGE_RDATA)), file_byte(IMAGE_FILE, IMAGE_RDATA, 0));
    close_fixture(&x);
}
END_TEST

START_TEST(a_failed_read_is_an_in_page_error)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    va_t va = image_va(IMAGE_TEXT) + 0x777;
    x.w.page_in_answer = STATUS_END_OF_FILE;
    for (unsigned i = 1; i <= 2; i++) {
        ck_assert_int_eq(touch(&x.w, x.p, va, MMU_READ, &f), MM_FAULT_RAISE);
        ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
        ck_assert_int_eq(f.type, MM_FAULT_TYPE_IN_PAGE_ERROR);
        ck_assert_uint_eq(f.parameter_count, 3);
        ck_assert_uint_eq(f.information[0], 0);
        ck_assert_uint_eq(f.information[1], va);
        ck_assert_uint_eq(f.information[2], STATUS_END_OF_FILE);
        ck_assert_ptr_null(f.not_modelled);
        ck_assert_uint_eq(x.w.page_ins, i);
        check_laws(&x.w);
    }
    x.w.page_in_answer = STATUS_SUCCESS;
    ck_assert_uint_eq(read_byte(&x.w, x.p, va), file_byte(IMAGE_FILE, IMAGE_TEXT, 0x777));
    allocate_at(&x.w, x.p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < PAGE; i += 64) /* the bytes that failed are in no zeroed frame */
        ck_assert_uint_eq(read_byte(&x.w, x.p, HERE + i), 0);
    close_fixture(&x);
}
END_TEST

START_TEST(a_read_in_flight_is_met_by_all_and_ends_once)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    va_t va = image_va(IMAGE_TEXT);
    read_byte(&x.w, x.p, image_va(IMAGE_RDATA)); /* the page table is there */
    unsigned page_ins = x.w.page_ins;
    x.w.io_answer = STATUS_PENDING;
    uint32_t id = 0;
    for (unsigned i = 0; i < 3; i++) { /* collided faults */
        ck_assert_int_eq(touch(&x.w, x.p, va, MMU_WRITE == i ? MMU_READ : MMU_EXECUTE, &f), MM_FAULT_WAIT);
        ck_assert_uint_ne(mm_wait_key(x.w.mm), 0);
        ck_assert(id == 0 || id == mm_wait_key(x.w.mm));
        id = mm_wait_key(x.w.mm);
        ck_assert_uint_eq(x.w.io.id, id);
        ck_assert_uint_eq(x.w.page_ins, page_ins);
        check_laws(&x.w);
    }
    struct mm_hold hold = {0};
    struct mm_fault template = {.mode = MMU_USER, .process = x.p};
    ck_assert_uint_eq(mm_hold(x.w.mm, &template, va, 10, MMU_READ, NULL, NULL, &hold), STATUS_MM_WAIT);
    ck_assert_uint_eq(hold.ref, 0);
    check_laws(&x.w);
    mm_io_done(x.w.mm, id);
    check_laws(&x.w);
    ck_assert_uint_eq(x.w.page_ins, page_ins + 1);
    x.w.io_answer = STATUS_SUCCESS;
    ck_assert_uint_eq(read_byte(&x.w, x.p, va), file_byte(IMAGE_FILE, IMAGE_TEXT, 0));
    ck_assert_int_eq(x.w.types[0], MM_FAULT_TYPE_HARD_FAULT);
    ck_assert_uint_eq(x.w.page_ins, page_ins + 1);
    check_laws(&x.w);
    mm_thread_moved(x.w.mm, 1);
    check_laws(&x.w);
    close_fixture(&x);
}
END_TEST

START_TEST(images_elsewhere_are_relocated_and_shared_there)
{
    struct fixture x;
    struct mm_view a = {0}, b = {0}, fixed = {.base = HERE};
    open_fixture(&x, _i);
    mm_process r = new_process(&x.w, PTE_NX_ON), s = new_process(&x.w, PTE_NX_ON);
    allocate_at(&x.w, r, IMAGE_BASE, PAGE, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(&x.w, s, IMAGE_BASE, PAGE, MEM_RESERVE, PAGE_READWRITE);
    ck_assert_uint_eq(mm_map_image(x.w.mm, r, x.section, &a), STATUS_IMAGE_NOT_AT_BASE);
    ck_assert_uint_eq(mm_map_image(x.w.mm, s, x.section, &b), STATUS_IMAGE_NOT_AT_BASE);
    ck_assert_uint_eq(a.base, b.base);
    read_byte(&x.w, r, a.base + IMAGE_TEXT * PAGE);
    ck_assert_uint_eq(x.w.request.image_base, a.base);
    ck_assert_uint_eq(x.w.request.preferred_base, IMAGE_BASE);
    read_byte(&x.w, s, a.base + IMAGE_TEXT * PAGE);
    ck_assert_uint_eq(x.w.page_ins, 1);
    check_laws(&x.w);
    ck_assert_uint_eq(mm_map_image(x.w.mm, x.p, x.section, &fixed), STATUS_IMAGE_NOT_AT_BASE);
    ck_assert_uint_eq(fixed.base, HERE);
    ck_assert_uint_eq(mm_map_image(x.w.mm, x.p, x.section, &fixed), STATUS_CONFLICTING_ADDRESSES);
    check_laws(&x.w);
    end_process(&x.w, r);
    end_process(&x.w, s);
    close_fixture(&x);
}
END_TEST

START_TEST(a_held_page_survives_its_view)
{
    struct fixture x;
    struct mm_hold hold = {0};
    struct mm_fault f = {.mode = MMU_USER};
    uint8_t byte;
    open_fixture(&x, _i);
    f.process = x.p;
    va_t va = image_va(IMAGE_TEXT) + 3;
    ck_assert_uint_eq(mm_hold(x.w.mm, &f, va, 8, MMU_READ, NULL, NULL, &hold), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, IMAGE_BASE), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.q, IMAGE_BASE), STATUS_SUCCESS);
    check_laws(&x.w);
    mm_section_close(x.w.mm, x.section);
    check_laws(&x.w);
    mm_hold_read(x.w.mm, &hold, 0, &byte, 1);
    ck_assert_uint_eq(byte, file_byte(IMAGE_FILE, IMAGE_TEXT, 3));
    mm_release(x.w.mm, &hold);
    check_laws(&x.w);
    x.section = make_section(&x.w);
    close_fixture(&x);
}
END_TEST

/* The last frame of all is the standby frame of the page that is wanted, and the working-set list takes it first. */
START_TEST(the_list_takes_the_frame_that_the_page_was_in)
{
    struct fixture x;
    struct mm_fault f;
    struct mm_counters c;
    open_fixture(&x, _i);
    world_stop_paging(&x.w);
    allocate_at(&x.w, x.q, HERE, 4096 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    allocate_at(&x.w, x.p, HERE, 4096 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    read_byte(&x.w, x.q, image_va(IMAGE_RDATA)); /* its page table is there */
    read_byte(&x.w, x.p, image_va(IMAGE_TEXT));
    ck_assert(trim(&x.w, x.p, image_va(IMAGE_TEXT)));
    va_t va = HERE;
    for (; mi_process(x.w.mm, x.q)->ws_free >= MI_WS_SPARE; va += PAGE)
        write_byte(&x.w, x.q, va, 1);
    for (va = HERE;; va += PAGE) { /* all but standby */
        mm_query_counters(x.w.mm, &c);
        if (c.zeroed + c.free == 0)
            break;
        write_byte(&x.w, x.p, va, 1);
    }
    ck_assert_uint_eq(c.standby, 1);
    ck_assert_int_eq(touch(&x.w, x.q, image_va(IMAGE_TEXT), MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    close_fixture(&x);
}
END_TEST

static void add_for_formats(TCase *tc, const TTest *test)
{
    tcase_add_loop_test(tc, test, 0, PAGING_FORMAT_COUNT);
}

int main(void)
{
    Suite *suite = suite_create("mm/fault_section");
    TCase *tc = tcase_create("section");
    tcase_add_loop_test(tc, first_access, 0, N_ELEMENTS(cases) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, denied_access_reads_nothing, 0, N_ELEMENTS(denied) * PAGING_FORMAT_COUNT);
    add_for_formats(tc, what_page_in_is_asked);
    add_for_formats(tc, a_trimmed_shared_page_comes_back_without_a_read);
    add_for_formats(tc, a_dirty_shared_page_goes_to_the_modified_list);
    add_for_formats(tc, a_copy_is_private_and_the_original_stays);
    add_for_formats(tc, a_private_copy_as_guard_page_is_still_private);
    add_for_formats(tc, a_view_with_its_own_protection);
    add_for_formats(tc, a_page_without_access_can_be_given_some);
    add_for_formats(tc, writable_over_several_sections_is_decided_page_by_page);
    add_for_formats(tc, a_failed_read_is_an_in_page_error);
    add_for_formats(tc, a_read_in_flight_is_met_by_all_and_ends_once);
    add_for_formats(tc, images_elsewhere_are_relocated_and_shared_there);
    add_for_formats(tc, a_held_page_survives_its_view);
    add_for_formats(tc, the_list_takes_the_frame_that_the_page_was_in);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
