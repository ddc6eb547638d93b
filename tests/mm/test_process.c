/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_process.c - address spaces: the pages they start with, the self-map, and that everything comes back. */
#include "tests/mm/support.h"

/* nt-reference 1.10, 13.1. */
static const struct {
    unsigned pages; /* of a new process */
    va_t pte_base, pde_base, working_set_list;
    uint32_t first_dynamic; /* working-set entries of a new process */
} want[PAGING_FORMAT_COUNT] = {
    [PAGING_X86] = {3, 0xC0000000, 0xC0300000, 0xC0503000, 3},
    [PAGING_PAE] = {7, 0xC0000000, 0xC0600000, 0xC0903000, 6},
    [PAGING_X64] = {5, UINT64_C(0xFFFFF68000000000), UINT64_C(0xFFFFF6FB40000000), UINT64_C(0xFFFFF70001080000), 5},
};

static struct mm_counters counters(const struct world *w)
{
    struct mm_counters c;
    mm_query_counters(w->mm, &c);
    return c;
}

static uint64_t available(const struct world *w)
{
    struct mm_counters c = counters(w);
    return c.zeroed + c.free + c.standby;
}

START_TEST(a_new_process_has_its_pages_and_no_more)
{
    struct world w;
    world_open(&w, _i, WORLD_FRAMES);
    check_laws(&w);
    struct mm_counters before = counters(&w);
    mm_process p = new_process(&w, PTE_NX_ON);
    struct mm_counters after = counters(&w);
    struct mm_process_counters own;
    mm_process_query(w.mm, p, &own);

    ck_assert_uint_eq(after.active - before.active, want[_i].pages);
    ck_assert_uint_eq(after.committed - before.committed, want[_i].pages);
    ck_assert_uint_eq(own.commit_charge, want[_i].pages);
    ck_assert_uint_eq(own.working_set, want[_i].first_dynamic);
    ck_assert_uint_eq(own.page_tables, 0);
    ck_assert_uint_eq(own.virtual_size, 0);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* The frame that the process's tables give for a kernel read. */
static uint32_t frame_behind(struct world *w, mm_process p, va_t va)
{
    struct mmu_result walk = w->walk(&w->mm->config.ram, mm_process_root(w->mm, p), va, MMU_READ, MMU_KERNEL);
    ck_assert_msg(walk.outcome == MMU_OK, "%s: no translation of %#" PRIx64, format_name(w->format), va);
    return walk.frame.index;
}

START_TEST(page_tables_map_themselves)
{
    struct world w;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    va_t va = HERE + 5 * PAGE;
    uint64_t raw = 0;
    struct mm_fault f;

    allocate_at(&w, p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    write_byte(&w, p, va, 1);
    unsigned shift = entry_size(w.format) == 4 ? 10 : 9;
    va_t pte_va = want[_i].pte_base + (va >> shift & ~(va_t)(entry_size(w.format) - 1));
    memcpy(&raw, mm_frame_read(w.mm, (pfn_t){frame_behind(&w, p, pte_va)}) + (pte_va & MMU_PAGE_MASK),
           entry_size(w.format));
    ck_assert_uint_eq(raw, pte_word(&w, p, va));

    unsigned pde_shift = entry_size(w.format) == 4 ? 20 : 18;
    va_t pde_va = want[_i].pde_base + (va >> pde_shift & ~(va_t)(entry_size(w.format) - 1));
    raw = 0;
    memcpy(&raw, mm_frame_read(w.mm, (pfn_t){frame_behind(&w, p, pde_va)}) + (pde_va & MMU_PAGE_MASK),
           entry_size(w.format));
    ck_assert_uint_eq(raw, peek_entry(&w, p, va, 2));
    ck_assert_uint_eq((raw & UINT64_C(0xFFFFFFF000)) >> 12, frame_behind(&w, p, pte_va));

    /* Not for the user. */
    ck_assert_int_eq(touch(&w, p, pte_va, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(the_directory_is_in_its_own_entry)
{
    struct world w;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    switch (w.format) {
    case PAGING_X86: ck_assert_uint_eq(frame_behind(&w, p, 0xC0300C00), mm_process_root(w.mm, p).index); break;
    case PAGING_PAE:
        for (unsigned i = 0; i < 4; i++) {
            uint64_t pointer = peek_entry(&w, p, (va_t)i << 30, 3);
            ck_assert_uint_eq(pointer & 0xFFF, 1); /* P and the frame alone (nt-reference 1.2) */
            ck_assert_uint_eq(frame_behind(&w, p, 0xC0600000 + i * PAGE), pointer >> 12);
        }
        break;
    case PAGING_X64:
        ck_assert_uint_eq(frame_behind(&w, p, UINT64_C(0xFFFFF6FB7DBEDF68)), mm_process_root(w.mm, p).index);
        break;
    case PAGING_FORMAT_COUNT: break;
    }
    world_close(&w);
}
END_TEST

START_TEST(the_working_set_list_is_in_hyperspace)
{
    struct world w;
    uint32_t field[4];
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    const uint8_t *list = mm_frame_read(w.mm, (pfn_t){frame_behind(&w, p, want[_i].working_set_list)});
    memcpy(field, list, sizeof field);
    ck_assert_uint_eq(field[0], want[_i].first_dynamic);     /* FirstFree: the next after the first pages */
    ck_assert_uint_eq(field[2], want[_i].first_dynamic - 1); /* LastEntry */
    world_close(&w);
}
END_TEST

static const va_t places[] = {HERE, 0x20000000, 0x33330000, 0x70000000, 0x00010000};

static void live(struct world *w, mm_process p)
{
    mm_section section = make_section(w);
    map_section(w, p, section);
    for (int i = 0; i < N_ELEMENTS(places); i++) {
        allocate_at(w, p, places[i], 128 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (unsigned page = 0; page < 8; page++)
            write_byte(w, p, places[i] + page * PAGE, (uint8_t)page);
        ck_assert(trim(w, p, places[i]));
    }
    for (unsigned page = 0; page < 11; page++)
        read_byte(w, p, image_va(page));
    write_byte(w, p, image_va(IMAGE_DATA), 1);
    mm_section_close(w->mm, section);
}

START_TEST(everything_comes_back)
{
    struct world w;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process keeper = new_process(&w, PTE_NX_ON);
    for (unsigned round = 0; round < 5; round++) {
        struct mm_counters before = counters(&w);
        uint64_t free_before = available(&w);
        uint32_t arena_before = arena_bytes_in_use(w.mm->arena);
        mm_process p = new_process(&w, PTE_NX_ON);
        live(&w, p);
        check_laws(&w);
        mm_process_clean(w.mm, p);
        check_laws(&w);
        struct mm_process_counters own;
        mm_process_query(w.mm, p, &own);
        ck_assert_uint_eq(own.virtual_size, 0);
        ck_assert_uint_eq(own.private_pages, 0);
        ck_assert_uint_eq(own.page_tables, 0);
        ck_assert_uint_eq(own.commit_charge, want[_i].pages);
        mm_process_delete(w.mm, p);
        check_laws(&w);
        if (round == 0)
            continue; /* system page tables of the pool stay */
        ck_assert_uint_eq(available(&w), free_before);
        ck_assert_uint_eq(counters(&w).committed, before.committed);
        ck_assert_uint_eq(counters(&w).active, before.active);
        ck_assert_uint_eq(counters(&w).modified, before.modified);
        ck_assert_uint_eq(arena_bytes_in_use(w.mm->arena), arena_before);
    }
    end_process(&w, keeper);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(many_processes)
{
    struct world w;
    mm_process p[60];
    world_open(&w, _i, 4 * WORLD_FRAMES);
    uint64_t before = available(&w);
    for (unsigned i = 0; i < 60; i++) {
        p[i] = new_process(&w, PTE_NX_ON);
        allocate_at(&w, p[i], HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        write_byte(&w, p[i], HERE, (uint8_t)(i + 1));
    }
    check_laws(&w);
    for (unsigned i = 0; i < 60; i++)
        ck_assert_uint_eq(read_byte(&w, p[i], HERE), i + 1);
    for (unsigned i = 0; i < 60; i += 2)
        end_process(&w, p[i]);
    check_laws(&w);
    for (unsigned i = 1; i < 60; i += 2) {
        ck_assert_uint_eq(read_byte(&w, p[i], HERE), i + 1);
        end_process(&w, p[i]);
    }
    check_laws(&w);
    ck_assert_uint_eq(available(&w), before);
    world_close(&w);
}
END_TEST

/* Each is promised its minimum working set; who locks pages, what it needs beside them (nt-reference 8, 13.1). */
START_TEST(promised_frames_are_there)
{
    struct world w;
    mm_process p[64], other;
    unsigned count = 0;
    world_open(&w, _i, WORLD_FRAMES);
    while (count < 64 && mm_process_create(w.mm, PTE_NX_ON, &p[count]) == STATUS_SUCCESS)
        count++;
    ck_assert_uint_lt(count, WORLD_FRAMES / MI_WS_MINIMUM);
    ck_assert_uint_gt(count, WORLD_FRAMES / MI_WS_MINIMUM * 3 / 4);
    ck_assert_uint_eq(mm_process_create(w.mm, PTE_NX_ON, &other), STATUS_NO_MEMORY);
    check_laws(&w);
    for (unsigned i = 0; i < count; i++) { /* each makes use of it */
        struct mm_range range = {HERE, (MI_WS_MINIMUM - MI_WS_FLUID) * PAGE};
        struct mm_fault f = {.process = p[i]};
        allocate_at(&w, p[i], HERE, 64 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        ntstatus_t status = mm_lock(w.mm, &f, &range, MM_LOCK_PROCESS, NULL, NULL);
        ck_assert(status == STATUS_SUCCESS || status == STATUS_WORKING_SET_QUOTA);
        for (unsigned page = 0; page < 64; page++)
            write_byte(&w, p[i], HERE + page * PAGE, (uint8_t)(i + page));
        check_laws(&w);
    }
    for (unsigned i = 0; i < count; i++)
        for (unsigned page = 0; page < 64; page++)
            ck_assert_uint_eq(read_byte(&w, p[i], HERE + page * PAGE), (uint8_t)(i + page));
    end_process(&w, p[0]);
    ck_assert_uint_eq(mm_process_create(w.mm, PTE_NX_ON, &other), STATUS_SUCCESS);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(no_ram_for_a_process)
{
    struct world w;
    world_open(&w, _i, WORLD_FRAMES);
    struct mm_counters before = counters(&w);
    mm_process p = 99;
    for (unsigned n = 0; n < want[_i].pages; n++) {
        mm_fail_frames_after(w.mm, n);
        ck_assert_uint_eq(mm_process_create(w.mm, PTE_NX_ON, &p), STATUS_NO_MEMORY);
        mm_fail_frames_after(w.mm, UINT32_MAX);
        check_laws(&w);
        ck_assert_uint_eq(counters(&w).active, before.active);
        ck_assert_uint_eq(counters(&w).committed, before.committed);
    }
    mm_fail_objects_after(w.mm, 0);
    ck_assert_uint_eq(mm_process_create(w.mm, PTE_NX_ON, &p), STATUS_INSUFFICIENT_RESOURCES);
    mm_fail_objects_after(w.mm, UINT32_MAX);
    ck_assert_uint_eq(p, 99);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(two_processes_share_an_image)
{
    struct world w;
    struct mm_fault f;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process a = new_process(&w, PTE_NX_ON), b = new_process(&w, PTE_NX_ON);
    mm_section section = make_section(&w);
    ck_assert_uint_eq(map_section(&w, a, section), IMAGE_BASE);
    ck_assert_uint_eq(map_section(&w, b, section), IMAGE_BASE);
    ck_assert_uint_eq(w.page_ins, 0); /* nothing is read before its first fault */
    for (unsigned page = 0; page < 11; page++) {
        touch(&w, a, image_va(page), MMU_READ, &f);
        uint32_t frame = f.frame.index;
        unsigned reads = w.page_ins;
        ck_assert_int_eq(touch(&w, b, image_va(page), MMU_READ, &f), MM_FAULT_RESOLVED);
        ck_assert_uint_eq(f.frame.index, frame);
        ck_assert_uint_eq(w.page_ins, reads);
        ck_assert_uint_eq(w.types[w.type_count - 1], MM_FAULT_TYPE_PROTOTYPE);
        check_laws(&w);
    }
    ck_assert_uint_eq(w.page_ins, 9); /* all but the two pages of zeroes */

    /* Write-copy: private; shared data: for both. */
    uint8_t original = read_byte(&w, b, image_va(IMAGE_DATA));
    write_byte(&w, a, image_va(IMAGE_DATA), (uint8_t)(original + 1));
    ck_assert_uint_eq(w.types[0], MM_FAULT_TYPE_COPY_ON_WRITE);
    ck_assert_uint_eq(read_byte(&w, b, image_va(IMAGE_DATA)), original);
    ck_assert_uint_eq(read_byte(&w, a, image_va(IMAGE_DATA)), (uint8_t)(original + 1));
    write_byte(&w, a, image_va(IMAGE_SHARED), 0x5a);
    ck_assert_uint_eq(read_byte(&w, b, image_va(IMAGE_SHARED)), 0x5a);
    check_laws(&w);

    end_process(&w, a);
    check_laws(&w);
    ck_assert_uint_eq(read_byte(&w, b, image_va(IMAGE_DATA)), original);
    ck_assert_uint_eq(w.page_ins, 9);
    end_process(&w, b);
    mm_section_close(w.mm, section);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_large_working_set)
{
    struct world w;
    enum { PAGES = 2500 }; /* the list needs more pages than its first */
    world_open(&w, _i, 4096);
    mm_process keeper = new_process(&w, PTE_NX_ON), p = new_process(&w, PTE_NX_ON);
    uint64_t before = counters(&w).active;
    allocate_at(&w, p, HERE, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < PAGES; i++)
        write_byte(&w, p, HERE + i * PAGE, (uint8_t)i);
    check_laws(&w);
    for (unsigned i = 0; i < PAGES; i += 3)
        ck_assert(trim(&w, p, HERE + i * PAGE));
    check_laws(&w);
    for (unsigned i = 0; i < PAGES; i++)
        ck_assert_uint_eq(read_byte(&w, p, HERE + i * PAGE), (uint8_t)i);
    struct mm_process_counters own;
    mm_process_query(w.mm, p, &own);
    ck_assert_uint_eq(own.private_pages, PAGES);
    check_laws(&w);
    end_process(&w, p);
    check_laws(&w);
    ck_assert_uint_eq(counters(&w).active, before - want[_i].pages);
    end_process(&w, keeper);
    world_close(&w);
}
END_TEST

/* What a 64-bit process without large addresses gets: everything below 2 GB, its PEB where it always is. */
START_TEST(a_limited_process)
{
    static const struct {
        va_t base;
        uint32_t type;
        ntstatus_t status;
    } calls[] = {
        {0, MEM_RESERVE | MEM_TOP_DOWN, STATUS_SUCCESS},
        {0x7FFD0000, MEM_RESERVE, STATUS_SUCCESS},
        {0x7FFE0000, MEM_RESERVE, STATUS_INVALID_PARAMETER_2},
        {UINT64_C(0x100000000), MEM_RESERVE, STATUS_INVALID_PARAMETER_2},
    };
    struct world w;
    world_open(&w, PAGING_X64, WORLD_FRAMES);
    for (int i = 0; i < N_ELEMENTS(calls); i++) {
        mm_process p = new_process(&w, PTE_NX_ON);
        mm_process_limit(w.mm, p, 0x7FFEFFFF);
        ck_assert_uint_eq(mm_allocate_secured(w.mm, p, UINT64_C(0x7FFFFFDF000), PAGE), STATUS_SUCCESS);
        va_t base = calls[i].base;
        uint64_t size = PAGE;
        ck_assert_uint_eq(allocate(&w, p, &base, &size, calls[i].type, PAGE_READWRITE), calls[i].status);
        if (calls[i].status == STATUS_SUCCESS)
            ck_assert_uint_eq(base, 0x7FFD0000);
        end_process(&w, p);
    }
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/process");
    TCase *tc = tcase_create("process");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_new_process_has_its_pages_and_no_more, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, page_tables_map_themselves, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_directory_is_in_its_own_entry, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_working_set_list_is_in_hyperspace, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, everything_comes_back, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, many_processes, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, promised_frames_are_there, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, no_ram_for_a_process, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, two_processes_share_an_image, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_large_working_set, 0, PAGING_FORMAT_COUNT);
    tcase_add_test(tc, a_limited_process);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
