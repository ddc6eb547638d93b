/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fault_bad.c - faults that nobody can resolve, kernel-mode faults, and words that somebody else wrote.
 *
 * Guest RAM is the guest's: whatever stands in a PTE, the host neither asserts nor reads outside RAM. */
#include "tests/mm/support.h"

#define SYSTEM_VA(w) ((w)->format == PAGING_X64 ? UINT64_C(0xFFFFF80000000000) : UINT64_C(0x80000000))

static mm_process open_plain(struct world *w, int format)
{
    world_open(w, format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ck_assert_uint_eq(mm_system_allocate(w->mm, SYSTEM_VA(w), 2 * PAGE, MM_READWRITE), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_system_allocate(w->mm, SYSTEM_VA(w) + 2 * PAGE, PAGE, MM_EXECUTE_READ), STATUS_SUCCESS);
    return p;
}

/* --- Kernel mode and the system range ---------------------------------------------------------------------- */

enum place { USER_FREE, USER_COMMITTED, BETWEEN, SYSTEM_NOTHING, SYSTEM_DATA, SYSTEM_CODE };

static const struct {
    const char *name;
    enum place place;
    enum mmu_mode mode;
    enum mmu_access access;
    unsigned irql;
    enum mm_fault_result result;
    uint32_t code; /* bug check, or status */
} cases[] = {
    {"kernel reads free user memory", USER_FREE, MMU_KERNEL, MMU_READ, 0, MM_FAULT_RAISE, STATUS_ACCESS_VIOLATION},
    {"kernel writes user memory", USER_COMMITTED, MMU_KERNEL, MMU_WRITE, 1, MM_FAULT_RESOLVED,
     STATUS_PAGE_FAULT_DEMAND_ZERO},
    {"kernel reads user memory at DISPATCH_LEVEL", USER_COMMITTED, MMU_KERNEL, MMU_READ, 2, MM_FAULT_BUGCHECK, 0x0A},
    {"kernel writes free user memory at DISPATCH_LEVEL", USER_FREE, MMU_KERNEL, MMU_WRITE, 2, MM_FAULT_BUGCHECK, 0x0A},
    {"user reads the last 64 KB", BETWEEN, MMU_USER, MMU_READ, 0, MM_FAULT_RAISE, STATUS_ACCESS_VIOLATION},
    {"user reads the system range", SYSTEM_NOTHING, MMU_USER, MMU_READ, 0, MM_FAULT_RAISE, STATUS_ACCESS_VIOLATION},
    {"user writes system data", SYSTEM_DATA, MMU_USER, MMU_WRITE, 0, MM_FAULT_RAISE, STATUS_ACCESS_VIOLATION},
    {"user runs system code", SYSTEM_CODE, MMU_USER, MMU_EXECUTE, 0, MM_FAULT_RAISE, STATUS_ACCESS_VIOLATION},
    {"kernel reads nothing", SYSTEM_NOTHING, MMU_KERNEL, MMU_READ, 0, MM_FAULT_BUGCHECK, 0x50},
    {"kernel writes nothing", SYSTEM_NOTHING, MMU_KERNEL, MMU_WRITE, 1, MM_FAULT_BUGCHECK, 0x50},
    {"kernel reads nothing at DISPATCH_LEVEL", SYSTEM_NOTHING, MMU_KERNEL, MMU_READ, 2, MM_FAULT_BUGCHECK, 0x0A},
    {"kernel writes system data", SYSTEM_DATA, MMU_KERNEL, MMU_WRITE, 0, MM_FAULT_RESOLVED, 0},
    {"kernel writes system code", SYSTEM_CODE, MMU_KERNEL, MMU_WRITE, 0, MM_FAULT_BUGCHECK, 0xBE},
};

static va_t va_of(const struct world *w, enum place place)
{
    switch (place) {
    case USER_FREE: return 0x20000123;
    case USER_COMMITTED: return HERE + 0x123;
    case BETWEEN: return w->mm->config.highest_user_address + 0x124;
    case SYSTEM_NOTHING: return SYSTEM_VA(w) + 0x1000123;
    case SYSTEM_DATA: return SYSTEM_VA(w) + 0x123;
    case SYSTEM_CODE: return SYSTEM_VA(w) + 2 * PAGE + 0x123;
    }
    return 0;
}

START_TEST(kernel_and_system)
{
    struct world w;
    struct mm_fault f;
    int row = _i / PAGING_FORMAT_COUNT;
    mm_process p = open_plain(&w, _i % PAGING_FORMAT_COUNT);
    va_t va = va_of(&w, cases[row].place);
    enum mm_fault_result result;

    if (cases[row].place >= SYSTEM_NOTHING && cases[row].mode == MMU_KERNEL) /* the tables are met first */
        touch_as(&w, p, SYSTEM_VA(&w), MMU_READ, MMU_KERNEL, &f);
    result = fault_once(&w, p, va, cases[row].access, cases[row].mode, cases[row].irql, &f);
    if (cases[row].place == SYSTEM_DATA && cases[row].mode == MMU_KERNEL)
        result = touch_as(&w, p, va, cases[row].access, cases[row].mode, &f);
    ck_assert_msg(result == cases[row].result, "%s: result %d", cases[row].name, result);
    if (result == MM_FAULT_BUGCHECK) {
        ck_assert_msg(f.bugcheck.code == cases[row].code, "%s: %#x", cases[row].name, f.bugcheck.code);
        ck_assert_uint_eq(f.bugcheck.parameter[0], va);
        if (cases[row].code == 0x0A) {
            ck_assert_uint_eq(f.bugcheck.parameter[1], 2);
            ck_assert_uint_eq(f.bugcheck.parameter[2], cases[row].access == MMU_WRITE);
        }
    } else if (result == MM_FAULT_RAISE) {
        ck_assert_uint_eq(f.status, cases[row].code);
        ck_assert_uint_eq(f.information[1], va);
    }
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(system_pages_are_met_by_every_process)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_plain(&w, _i), q = new_process(&w, PTE_NX_OFF);
    pfn_t frame;
    ck_assert(mm_system_frame(w.mm, SYSTEM_VA(&w), &frame));
    mm_frame_write(w.mm, frame)[5] = 0x55;
    mm_process both[] = {p, q};
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(touch_as(&w, both[i], SYSTEM_VA(&w) + 5, MMU_WRITE, MMU_KERNEL, &f), MM_FAULT_RESOLVED);
        ck_assert_uint_eq(f.frame.index, frame.index);
        ck_assert_uint_eq(mm_frame_read(w.mm, f.frame)[5], 0x55);
    }
    /* A page that comes later, under tables that are known already. */
    ck_assert_uint_eq(mm_system_allocate(w.mm, SYSTEM_VA(&w) + 0x10000, PAGE, MM_READWRITE), STATUS_SUCCESS);
    ck_assert_int_eq(touch_as(&w, q, SYSTEM_VA(&w) + 0x10000, MMU_WRITE, MMU_KERNEL, &f), MM_FAULT_RESOLVED);
    ck_assert_uint_eq(mm_system_allocate(w.mm, SYSTEM_VA(&w), PAGE, MM_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    ck_assert_uint_eq(mm_system_allocate(w.mm, HERE, PAGE, MM_READWRITE), STATUS_INVALID_PARAMETER);
    check_laws(&w);
    end_process(&w, p);
    ck_assert_int_eq(touch_as(&w, q, SYSTEM_VA(&w) + 5, MMU_WRITE, MMU_KERNEL, &f), MM_FAULT_RESOLVED);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Words that are not modelled, or make no sense --------------------------------------------------------- */

/* Page file 3, page 0x123, read-write (nt-reference 1.1 to 1.3). */
static uint64_t paged_out_word(const struct world *w)
{
    return (uint64_t)0x123 << (w->format == PAGING_X86 ? 12 : 32) | 4 << 5 | 3 << 1;
}

START_TEST(a_paged_out_page_is_not_modelled_and_says_so)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_plain(&w, _i);
    read_byte(&w, p, HERE + PAGE);
    poke_entry(&w, p, HERE, 1, paged_out_word(&w));
    ck_assert_int_eq(touch(&w, p, HERE, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    ck_assert_uint_eq(f.information[2], STATUS_NOT_IMPLEMENTED);
    ck_assert_ptr_nonnull(f.not_modelled);
    ck_assert_ptr_nonnull(strstr(f.not_modelled, "page file"));
    ck_assert_uint_eq(pte_word(&w, p, HERE), paged_out_word(&w));
    world_close(&w);
}
END_TEST

START_TEST(a_paged_out_prototype_too)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_plain(&w, _i);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    poke_prototype(&w, section, IMAGE_TEXT, paged_out_word(&w));
    ck_assert_int_eq(touch(&w, p, image_va(IMAGE_TEXT), MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    ck_assert_ptr_nonnull(f.not_modelled);
    world_close(&w);
}
END_TEST

START_TEST(an_impossible_word_is_bug_check_1a)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_plain(&w, _i);
    read_byte(&w, p, HERE + PAGE);
    static const uint64_t flags[] = {0x867, 0x880}; /* valid and transition, of a frame that does not exist */
    for (unsigned i = 0; i < 2; i++) {
        uint64_t word = valid_word(&w, WORLD_FRAMES + 5, flags[i], PTE_NX_OFF);
        poke_entry(&w, p, HERE, 1, word);
        ck_assert_int_eq(touch(&w, p, HERE, MMU_READ, &f), MM_FAULT_BUGCHECK);
        ck_assert_uint_eq(f.bugcheck.code, 0x1A);
        ck_assert_uint_eq(f.bugcheck.parameter[0], 0x41792);
        ck_assert_uint_eq(f.bugcheck.parameter[2], word);
    }
    world_close(&w);
}
END_TEST

/* A word of any kind, with frames that exist more often than not. */
static uint64_t garbage(struct world *w, uint64_t *random)
{
    uint64_t word = random_word(random);
    switch (random_below(random, 4)) {
    case 0: break;
    case 1: word = (uint64_t)random_below(random, WORLD_FRAMES + 8) << 12 | (word & 0xfff); break;
    case 2: word = (uint64_t)random_below(random, 40) << 12 | (word & 0xffe) | 1; break;     /* frames in use */
    case 3: word = (uint64_t)random_below(random, 40) << 12 | (word & 0x3fe) | 0x800; break; /* transition */
    }
    return w->format == PAGING_X86 ? (uint32_t)word : word;
}

/* Everything that a program could do next. */
static void act(struct world *w, mm_process p, uint64_t *random)
{
    struct mm_fault f;
    struct mm_region region;
    struct mm_hold hold = {0};
    va_t va =
        random_below(random, 2) ? HERE + random_below(random, 64) * PAGE : image_va((unsigned)random_below(random, 12));
    va_t base = va;
    uint64_t size = PAGE * (1 + random_below(random, 4));
    uint32_t old;

    switch (random_below(random, 12)) {
    case 0: trim(w, p, va); break;
    case 1: mm_protect(w->mm, p, &base, &size, 1u << random_below(random, 9), &old); break;
    case 2: mm_free(w->mm, p, &base, &size, random_below(random, 2) ? MEM_DECOMMIT : MEM_RELEASE); break;
    case 3:
        allocate(w, p, &base, &size, random_below(random, 2) ? MEM_COMMIT : MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        break;
    case 4: mm_query(w->mm, p, va, &region); break;
    case 5:
        f = (struct mm_fault){.mode = MMU_USER, .process = p};
        if (mm_hold(w->mm, &f, va, size, MMU_WRITE, NULL, NULL, &hold) == STATUS_SUCCESS)
            mm_release(w->mm, &hold);
        break;
    case 6: mm_unmap_view(w->mm, p, va); break;
    default: {
        enum mmu_access access = random_below(random, 3);
        enum mm_fault_result result = fault_once(w, p, va + 9, access, random_below(random, 2), 0, &f);
        ck_assert_msg(result == MM_FAULT_RESOLVED || result == MM_FAULT_RAISE || result == MM_FAULT_BUGCHECK,
                      "result %d", result);
    }
    }
}

/* Words written at a level of the process's tables (0: prototype PTEs), then life goes on; the world is lost then, but
 * not the host. */
static void corrupt(int format, unsigned level, uint64_t seed)
{
    struct world w;
    uint64_t random = seed;
    mm_process p = open_plain(&w, format), q = new_process(&w, PTE_NX_ON);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    map_section(&w, q, section);
    for (unsigned i = 0; i < 12; i++)
        write_byte(&w, p, HERE + i * PAGE, 1);
    for (unsigned i = 0; i < 11; i++) {
        read_byte(&w, p, image_va(i));
        if (i % 2)
            read_byte(&w, q, image_va(i));
    }
    for (unsigned i = 0; i < 3; i++) {
        trim(&w, p, HERE + i * PAGE);
        trim(&w, p, image_va(i));
    }
    for (unsigned step = 0; step < 60; step++) {
        if (step % 4 == 0) {
            va_t va = random_below(&random, 2) ? HERE + random_below(&random, 16) * PAGE
                                               : image_va((unsigned)random_below(&random, 12));
            if (level == 0)
                poke_prototype(&w, section, (uint32_t)random_below(&random, 12), garbage(&w, &random));
            else if (has_entry(&w, p, va, level))
                poke_entry(&w, p, va, level, garbage(&w, &random));
        }
        act(&w, random_below(&random, 4) ? p : q, &random);
    }
    mm_check(w.mm); /* says something, or nothing */
    end_process(&w, p);
    end_process(&w, q);
    mm_section_close(w.mm, section);
    mm_process r = 0;
    mm_process_create(w.mm, PTE_NX_ON, &r);
    mm_check(w.mm);
    world_close(&w);
}

START_TEST(garbage_in_page_tables)
{
    unsigned level = (unsigned)_i / PAGING_FORMAT_COUNT;
    int format = _i % PAGING_FORMAT_COUNT;
    if (level > format_levels(format))
        return;
    uint64_t seed = seed_of("garbage", 100);
    for (unsigned round = 0; round < 60; round++)
        corrupt(format, level, seed + round);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/fault_bad");
    TCase *tc = tcase_create("bad");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, kernel_and_system, 0, N_ELEMENTS(cases) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, system_pages_are_met_by_every_process, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_paged_out_page_is_not_modelled_and_says_so, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_paged_out_prototype_too, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, an_impossible_word_is_bug_check_1a, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, garbage_in_page_tables, 0, 5 * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
