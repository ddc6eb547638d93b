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

/* A page file has no such page: nobody but the guest's kernel can have written such a word. */
START_TEST(a_place_that_is_not_taken_is_a_corrupt_pte)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_plain(&w, _i);
    read_byte(&w, p, HERE + PAGE);
    poke_entry(&w, p, HERE, 1, paged_out_word(&w));
    ck_assert_int_eq(touch(&w, p, HERE, MMU_WRITE, &f), MM_FAULT_BUGCHECK);
    ck_assert_uint_eq(f.bugcheck.code, BUGCHECK_MEMORY_MANAGEMENT);
    ck_assert_uint_eq(pte_word(&w, p, HERE), paged_out_word(&w));
    world_close(&w);
}
END_TEST
START_TEST(a_prototype_pte_with_such_a_place_too)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_plain(&w, _i);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    poke_prototype(&w, section, IMAGE_TEXT, paged_out_word(&w));
    ck_assert_int_eq(touch(&w, p, image_va(IMAGE_TEXT), MMU_READ, &f), MM_FAULT_BUGCHECK);
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

int main(void)
{
    Suite *suite = suite_create("mm/fault_bad");
    TCase *tc = tcase_create("bad");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, kernel_and_system, 0, N_ELEMENTS(cases) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, system_pages_are_met_by_every_process, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_place_that_is_not_taken_is_a_corrupt_pte, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_prototype_pte_with_such_a_place_too, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, an_impossible_word_is_bug_check_1a, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
