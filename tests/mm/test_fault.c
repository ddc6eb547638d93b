/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fault.c - faults on private pages: a table of situations and what each access gets, to the bit.
 *
 * Words are those of nt-reference 1.5 and 1.7; x86 ones are given, NX is added where the format and policy have it. */
#include "tests/mm/support.h"

/* --- What is at HERE, and one access to it ----------------------------------------------------------------- */

enum setting {
    NOTHING,
    RESERVED,
    COMMITTED,    /* with the VAD: the PTE is empty */
    PAGE_BY_PAGE, /* reserved first, then committed: the PTE is demand zero */
    DECOMMITTED,  /* a hole in a committed VAD */
    CLEAN,        /* read once */
    DIRTY,        /* written once */
    TRANSITION,   /* written, then trimmed */
};

static const struct {
    const char *name;
    enum setting setting;
    uint32_t protect;
    enum mmu_access access;
    enum mm_fault_type type; /* of the last fault */
    ntstatus_t status;
    uint32_t flags;  /* of the PTE afterwards: its low 12 bits if valid */
    bool no_execute; /* where NX is on */
} cases[] = {
    {"nothing, read", NOTHING, 0, MMU_READ, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION, 0, false},
    {"nothing, write", NOTHING, 0, MMU_WRITE, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION, 0, false},
    {"nothing, execute", NOTHING, 0, MMU_EXECUTE, MM_FAULT_TYPE_NO_EXECUTE, STATUS_ACCESS_VIOLATION, 0, false},
    {"reserved, read", RESERVED, PAGE_READWRITE, MMU_READ, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION, 0,
     false},
    {"reserved, write", RESERVED, PAGE_READWRITE, MMU_WRITE, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION, 0,
     false},
    {"decommitted, read", DECOMMITTED, PAGE_READWRITE, MMU_READ, MM_FAULT_TYPE_ACCESS_VIOLATION,
     STATUS_ACCESS_VIOLATION, 0x200, false},
    {"read-write, read", COMMITTED, PAGE_READWRITE, MMU_READ, MM_FAULT_TYPE_DEMAND_ZERO, STATUS_PAGE_FAULT_DEMAND_ZERO,
     0x825, true},
    {"read-write, write", COMMITTED, PAGE_READWRITE, MMU_WRITE, MM_FAULT_TYPE_DEMAND_ZERO,
     STATUS_PAGE_FAULT_DEMAND_ZERO, 0x867, true},
    {"read-write, execute", COMMITTED, PAGE_READWRITE, MMU_EXECUTE, MM_FAULT_TYPE_NO_EXECUTE, STATUS_ACCESS_VIOLATION,
     0x825, true},
    {"page by page, write", PAGE_BY_PAGE, PAGE_READWRITE, MMU_WRITE, MM_FAULT_TYPE_DEMAND_ZERO,
     STATUS_PAGE_FAULT_DEMAND_ZERO, 0x867, true},
    {"read-only, read", COMMITTED, PAGE_READONLY, MMU_READ, MM_FAULT_TYPE_DEMAND_ZERO, STATUS_PAGE_FAULT_DEMAND_ZERO,
     0x025, true},
    {"read-only, write", COMMITTED, PAGE_READONLY, MMU_WRITE, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION,
     0, false},
    {"execute, read", COMMITTED, PAGE_EXECUTE, MMU_READ, MM_FAULT_TYPE_DEMAND_ZERO, STATUS_PAGE_FAULT_DEMAND_ZERO,
     0x025, false},
    {"execute, execute", COMMITTED, PAGE_EXECUTE, MMU_EXECUTE, MM_FAULT_TYPE_DEMAND_ZERO, STATUS_PAGE_FAULT_DEMAND_ZERO,
     0x025, false},
    {"execute, write", COMMITTED, PAGE_EXECUTE, MMU_WRITE, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION, 0,
     false},
    {"execute-read-write, write", COMMITTED, PAGE_EXECUTE_READWRITE, MMU_WRITE, MM_FAULT_TYPE_DEMAND_ZERO,
     STATUS_PAGE_FAULT_DEMAND_ZERO, 0x867, false},
    {"no access, read", COMMITTED, PAGE_NOACCESS, MMU_READ, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION, 0,
     false},
    {"no access, write", PAGE_BY_PAGE, PAGE_NOACCESS, MMU_WRITE, MM_FAULT_TYPE_ACCESS_VIOLATION,
     STATUS_ACCESS_VIOLATION, 0x300, false},
    {"guard, read", COMMITTED, PAGE_READWRITE | PAGE_GUARD, MMU_READ, MM_FAULT_TYPE_GUARD_PAGE,
     STATUS_GUARD_PAGE_VIOLATION, 0x080, false},
    {"guard, write", PAGE_BY_PAGE, PAGE_READWRITE | PAGE_GUARD, MMU_WRITE, MM_FAULT_TYPE_GUARD_PAGE,
     STATUS_GUARD_PAGE_VIOLATION, 0x080, false},
    {"guard read-only, write", COMMITTED, PAGE_READONLY | PAGE_GUARD, MMU_WRITE, MM_FAULT_TYPE_GUARD_PAGE,
     STATUS_GUARD_PAGE_VIOLATION, 0x020, false},
    {"no-cache, write", COMMITTED, PAGE_READWRITE | PAGE_NOCACHE, MMU_WRITE, MM_FAULT_TYPE_DEMAND_ZERO,
     STATUS_PAGE_FAULT_DEMAND_ZERO, 0x877, true},
    {"write-combine, read", COMMITTED, PAGE_READWRITE | PAGE_WRITECOMBINE, MMU_READ, MM_FAULT_TYPE_DEMAND_ZERO,
     STATUS_PAGE_FAULT_DEMAND_ZERO, 0x83d, true},
    {"clean, write", CLEAN, PAGE_READWRITE, MMU_WRITE, MM_FAULT_TYPE_DIRTY, STATUS_SUCCESS, 0x867, true},
    {"clean, execute", CLEAN, PAGE_READWRITE, MMU_EXECUTE, MM_FAULT_TYPE_NO_EXECUTE, STATUS_ACCESS_VIOLATION, 0x825,
     true},
    {"clean read-only, write", CLEAN, PAGE_READONLY, MMU_WRITE, MM_FAULT_TYPE_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION,
     0x025, true},
    {"dirty, write", DIRTY, PAGE_READWRITE, MMU_WRITE, MM_FAULT_TYPE_NONE, STATUS_SUCCESS, 0x867, true},
    {"transition, read", TRANSITION, PAGE_READWRITE, MMU_READ, MM_FAULT_TYPE_TRANSITION, STATUS_PAGE_FAULT_TRANSITION,
     0x825, true},
    {"transition, write", TRANSITION, PAGE_READWRITE, MMU_WRITE, MM_FAULT_TYPE_TRANSITION, STATUS_PAGE_FAULT_TRANSITION,
     0x867, true},
};

static void arrange(struct world *w, mm_process p, enum setting setting, uint32_t protect)
{
    uint64_t size = PAGE;
    va_t base = HERE;

    switch (setting) {
    case NOTHING: return;
    case RESERVED: allocate_at(w, p, HERE, 64 * K, MEM_RESERVE, protect); return;
    case PAGE_BY_PAGE:
        allocate_at(w, p, HERE, 64 * K, MEM_RESERVE, PAGE_READONLY);
        allocate_at(w, p, HERE, PAGE, MEM_COMMIT, protect);
        return;
    case COMMITTED:
    case DECOMMITTED:
    case CLEAN:
    case DIRTY:
    case TRANSITION: break;
    }
    allocate_at(w, p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, protect);
    if (setting == DECOMMITTED)
        ck_assert_uint_eq(mm_free(w->mm, p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    if (setting == CLEAN)
        read_byte(w, p, HERE);
    if (setting == DIRTY || setting == TRANSITION)
        write_byte(w, p, HERE, 0x77);
    if (setting == TRANSITION)
        ck_assert(trim(w, p, HERE));
}

/* Execution where NX is off is as reading. */
static bool is_enforced(const struct world *w, enum pte_nx_policy nx)
{
    return nx == PTE_NX_ON && w->format != PAGING_X86;
}

START_TEST(private_page)
{
    struct world w;
    struct mm_fault f;
    int row = _i / (2 * PAGING_FORMAT_COUNT);
    enum pte_nx_policy nx = _i / PAGING_FORMAT_COUNT % 2 ? PTE_NX_ON : PTE_NX_OFF;
    va_t va = HERE + 0x123;

    world_open(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
    mm_process p = new_process(&w, nx);
    arrange(&w, p, cases[row].setting, cases[row].protect);
    enum mm_fault_result result = touch(&w, p, va, cases[row].access, &f);
    check_laws(&w);

    enum mm_fault_type type = cases[row].type;
    bool raised = !nt_success(cases[row].status), execution = type == MM_FAULT_TYPE_NO_EXECUTE;
    if (execution && !is_enforced(&w, nx)) {
        raised = cases[row].flags == 0;
        type = raised                        ? MM_FAULT_TYPE_ACCESS_VIOLATION
               : cases[row].setting == CLEAN ? MM_FAULT_TYPE_NONE
                                             : MM_FAULT_TYPE_DEMAND_ZERO;
    }
    ck_assert_msg(result == (raised ? MM_FAULT_RAISE : MM_FAULT_RESOLVED), "%s: result %d", cases[row].name, result);
    ck_assert_msg(f.type == type, "%s: %s", cases[row].name, mm_fault_type_name(f.type));
    if (raised) {
        static const uint64_t information[] = {[MMU_READ] = 0, [MMU_WRITE] = 1, [MMU_EXECUTE] = 8};
        bool plain = cases[row].access == MMU_EXECUTE && !is_enforced(&w, nx);
        ck_assert_msg(f.status == cases[row].status, "%s: status %#x", cases[row].name, f.status);
        ck_assert_uint_eq(f.parameter_count, 2);
        ck_assert_uint_eq(f.information[0], plain ? 0 : information[cases[row].access]);
        ck_assert_uint_eq(f.information[1], va);
    } else if (!execution) {
        ck_assert_msg(f.status == cases[row].status, "%s: status %#x", cases[row].name, f.status);
    }
    if (has_entry(&w, p, va, 1) && !(execution && cases[row].setting == COMMITTED && is_enforced(&w, nx))) {
        bool valid = cases[row].flags & 1;
        uint64_t word = peek_entry(&w, p, va, 1);
        uint64_t want = !valid ? cases[row].flags
                               : valid_word(&w, (uint32_t)((word & UINT64_C(0xFFFFFFF000)) >> 12), cases[row].flags,
                                            cases[row].no_execute ? nx : PTE_NX_OFF);
        ck_assert_msg(word == want, "%s: PTE %#" PRIx64 " and should be %#" PRIx64, cases[row].name, word, want);
    }
    world_close(&w);
}
END_TEST

/* --- What the table cannot say ----------------------------------------------------------------------------- */

static mm_process open_with_page(struct world *w, int format, uint32_t protect)
{
    world_open(w, format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, protect);
    return p;
}

START_TEST(a_new_page_is_zero_also_when_its_frame_was_used)
{
    struct world w;
    mm_process p = open_with_page(&w, _i, PAGE_READWRITE);
    for (unsigned round = 0; round < 3; round++) {
        for (va_t va = HERE; va < HERE + 64 * K; va += PAGE) {
            ck_assert_uint_eq(read_byte(&w, p, va + 7), 0);
            write_byte(&w, p, va + 7, 0xff);
        }
        va_t base = HERE;
        uint64_t size = 0;
        ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
        allocate_at(&w, p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    }
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_trimmed_page_keeps_its_contents_and_its_frame)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_with_page(&w, _i, PAGE_READWRITE);
    write_byte(&w, p, HERE, 0x42);
    mmpte_t before;
    ck_assert(mm_peek_pte(w.mm, p, HERE, &before));
    unsigned flushes = w.flushes;
    ck_assert(trim(&w, p, HERE));
    ck_assert_uint_eq(pte_word(&w, p, HERE),
                      (before.raw & UINT64_C(0xFFFFFFF000)) | 0x880); /* transition, protection 4 */
    struct mm_counters c;
    mm_query_counters(w.mm, &c);
    ck_assert_uint_eq(c.modified, 1);
    check_laws(&w);
    ck_assert_int_eq(touch(&w, p, HERE, MMU_READ, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_TRANSITION);
    ck_assert_uint_eq(f.frame.index, (before.raw & UINT64_C(0xFFFFFFF000)) >> 12);
    ck_assert_uint_eq(read_byte(&w, p, HERE), 0x42);
    ck_assert_uint_ge(w.flushes, flushes);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_guard_page_is_an_alarm_once)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_with_page(&w, _i, PAGE_READWRITE | PAGE_GUARD);
    for (va_t va = HERE + 5; va < HERE + 4 * PAGE; va += PAGE) {
        ck_assert_int_eq(touch(&w, p, va, MMU_WRITE, &f), MM_FAULT_RAISE);
        ck_assert_uint_eq(f.status, STATUS_GUARD_PAGE_VIOLATION);
        ck_assert_uint_eq(f.parameter_count, 2);
        ck_assert_uint_eq(f.information[0], 1);
        ck_assert_uint_eq(f.information[1], va);
        ck_assert_int_eq(touch(&w, p, va, MMU_WRITE, &f), MM_FAULT_RESOLVED);
    }
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* A stack as BaseCreateStack leaves it: 64 KB reserved, a page committed, a guard page below. */
static mm_process open_stack(struct world *w, int format)
{
    world_open(w, format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    va_t top = HERE + 64 * K;
    allocate_at(w, p, HERE, 64 * K, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(w, p, top - PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    allocate_at(w, p, top - 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    w->has_stack = true;
    w->stack = (struct mm_user_stack){.base = top, .limit = top - PAGE, .deallocation = HERE};
    return p;
}

START_TEST(a_stack_grows_page_by_page_and_overflows_once)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_stack(&w, _i);
    va_t va = HERE + 64 * K - 2 * PAGE;
    for (; va >= HERE + 3 * PAGE; va -= PAGE) {
        ck_assert_int_eq(touch(&w, p, va + 8, MMU_WRITE, &f), MM_FAULT_RESOLVED);
        ck_assert_int_eq(w.types[0], MM_FAULT_TYPE_STACK_GROWTH);
        ck_assert_int_eq(w.types[1], MM_FAULT_TYPE_DEMAND_ZERO);
        ck_assert_uint_eq(w.stack.limit, va);
        check_laws(&w);
    }
    /* The last guard page is two above the bottom: nothing can follow it. */
    ck_assert_int_eq(touch(&w, p, va, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_STACK_OVERFLOW);
    ck_assert_uint_eq(w.stack.limit, HERE + PAGE);
    check_laws(&w);
    write_byte(&w, p, va, 1);
    write_byte(&w, p, HERE + PAGE, 1); /* committed for the handler, no guard */
    ck_assert_int_eq(touch(&w, p, HERE, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_stack_keeps_what_was_asked_for)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_stack(&w, _i);
    w.stack.guarantee = 4 * PAGE + 1; /* five pages */
    va_t va = HERE + 64 * K - 2 * PAGE;
    for (; va > HERE + 6 * PAGE; va -= PAGE)
        ck_assert_int_eq(touch(&w, p, va, MMU_WRITE, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(touch(&w, p, va, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_STACK_OVERFLOW);
    ck_assert_uint_eq(w.stack.limit, HERE + PAGE);
    check_laws(&w);
    for (va_t at = HERE + PAGE; at <= va; at += PAGE)
        write_byte(&w, p, at, 1);
    ck_assert_int_eq(touch(&w, p, HERE, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_skipped_guard_page_is_no_growth)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_stack(&w, _i);
    ck_assert_int_eq(touch(&w, p, HERE + 64 * K - 3 * PAGE, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
    world_close(&w);
}
END_TEST

START_TEST(a_guard_page_outside_the_stack_is_raised)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_stack(&w, _i);
    allocate_at(&w, p, 0x20000000, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    ck_assert_int_eq(touch(&w, p, 0x20000000, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_GUARD_PAGE_VIOLATION);
    ck_assert_uint_eq(w.stack.limit, HERE + 64 * K - PAGE);
    world_close(&w);
}
END_TEST

START_TEST(a_stack_that_lies)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_stack(&w, _i);
    uint64_t random = seed_of("stack", 5);
    for (unsigned i = 0; i < 200; i++) { /* the TEB is the guest's: any three numbers */
        w.stack = (struct mm_user_stack){.base = random_word(&random) >> i % 40,
                                         .limit = random_word(&random) >> i % 33,
                                         .deallocation = i % 2 ? random_word(&random) >> i % 50 : HERE - i * PAGE,
                                         .guarantee = i % 3 ? (uint32_t)random_word(&random) : 0};
        protect_at(&w, p, HERE + 64 * K - PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD);
        ck_assert_int_le(touch(&w, p, HERE + 64 * K - PAGE, MMU_WRITE, &f), MM_FAULT_RAISE);
        check_laws(&w);
    }
    world_close(&w);
}
END_TEST

/* --- A stack that has no room in memory ---------------------------------------------------------------------- */

/* The guard page is the first in its page table's range: the page below needs another table. */
#define BORDER UINT64_C(0x20000000)

static mm_process open_stack_at_border(struct world *w, int format)
{
    world_open(w, format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, BORDER - 64 * K, 128 * K, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(w, p, BORDER + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    allocate_at(w, p, BORDER, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    write_byte(w, p, BORDER + PAGE, 1);
    w->has_stack = true;
    w->stack =
        (struct mm_user_stack){.base = BORDER + 2 * PAGE, .limit = BORDER + PAGE, .deallocation = BORDER - 64 * K};
    return p;
}

static void check_guard(struct world *w, mm_process p, va_t va, va_t limit)
{
    struct mm_region region;
    ck_assert_uint_eq(mm_query(w->mm, p, va, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.protect, PAGE_READWRITE | PAGE_GUARD);
    ck_assert_uint_eq(w->stack.limit, limit);
    check_laws(w);
}

static void must_grow(struct world *w, mm_process p)
{
    struct mm_fault f;
    ck_assert_int_eq(touch(w, p, BORDER + 8, MMU_WRITE, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(w->types[0], MM_FAULT_TYPE_STACK_GROWTH);
    check_guard(w, p, BORDER - PAGE, BORDER);
}

/* No frame for the page table is no overflow, and does not hide one. */
START_TEST(a_stack_without_a_frame_fails_as_any_page)
{
    struct world w;
    struct mm_fault f;
    bool is_last = _i / PAGING_FORMAT_COUNT; /* the page below is the last that there can be */
    unsigned refused = 0;
    mm_process p = open_stack_at_border(&w, _i % PAGING_FORMAT_COUNT);
    if (is_last)
        w.stack.deallocation = BORDER - 2 * PAGE;
    for (uint32_t frames = 0;; frames++) {
        mm_fail_frames_after(w.mm, frames);
        enum mm_fault_result result = fault_once(&w, p, BORDER + 8, MMU_WRITE, MMU_USER, 0, &f);
        mm_fail_frames_after(w.mm, UINT32_MAX);
        if (result == MM_FAULT_RESOLVED || f.status == STATUS_STACK_OVERFLOW)
            break;
        ck_assert_int_eq(result, MM_FAULT_RAISE);
        ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
        ck_assert_uint_eq(f.information[2], STATUS_NO_MEMORY);
        check_guard(&w, p, BORDER, BORDER + PAGE);
        refused++;
    }
    ck_assert_uint_ge(refused, 1); /* a table at least */
    ck_assert_uint_eq(f.status, is_last ? STATUS_STACK_OVERFLOW : STATUS_PAGE_FAULT_GUARD_PAGE);
    ck_assert_uint_eq(w.stack.limit, is_last ? BORDER - PAGE : BORDER);
    if (is_last)
        write_byte(&w, p, BORDER - PAGE, 1);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(a_stack_waits_for_a_frame)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_stack_at_border(&w, _i);
    va_t va = HERE;
    struct mi_tuning tuning = w.mm->tuning;
    w.mm->config.daemons = MM_DAEMONS_ARE_THREADS;
    allocate_at(&w, p, HERE, WORLD_FRAMES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    w.mm->tuning = (struct mi_tuning){.modified_maximum = UINT32_MAX, .cluster = 1}; /* nobody replaces its own */
    while (touch(&w, p, va, MMU_WRITE, &f) == MM_FAULT_RESOLVED)
        va += PAGE;
    for (unsigned i = 0; i < 3; i++) {
        struct mm_counters before, after;
        mm_query_counters(w.mm, &before);
        ck_assert_int_eq(fault_once(&w, p, BORDER + 8, MMU_WRITE, MMU_USER, 0, &f), MM_FAULT_WAIT);
        ck_assert_uint_eq(mm_wait_key(w.mm), MM_WAIT_FREE_PAGE);
        mm_query_counters(w.mm, &after);
        ck_assert_uint_eq(before.committed, after.committed);
        check_guard(&w, p, BORDER, BORDER + PAGE);
    }
    w.mm->tuning = tuning;
    run_daemon(&w, MM_WORKING_SET_MANAGER);
    run_daemon(&w, MM_MODIFIED_WRITER);
    must_grow(&w, p);
    world_close(&w);
}
END_TEST

/* A page and its page tables, or nothing. */
START_TEST(a_stack_overflows_where_commit_ends)
{
    struct world w;
    struct mm_fault f;
    struct mm_counters c;
    struct mm_region region;
    uint64_t needed = 2; /* all formats: the upper tables are there */
    for (uint64_t left = 0; left <= needed; left++) {
        mm_process p = open_stack_at_border(&w, _i);
        leave_commit(&w, left);
        enum mm_fault_result result = fault_once(&w, p, BORDER + 8, MMU_WRITE, MMU_USER, 0, &f);
        ck_assert_int_eq(result, left < needed ? MM_FAULT_RAISE : MM_FAULT_RESOLVED);
        ck_assert_uint_eq(f.status, left < needed ? STATUS_STACK_OVERFLOW : STATUS_PAGE_FAULT_GUARD_PAGE);
        mm_query_counters(w.mm, &c);
        ck_assert_uint_eq(c.commit_limit - c.committed, left < needed ? left : 0);
        check_laws(&w);
        ck_assert_uint_eq(mm_query(w.mm, p, BORDER, &region), STATUS_SUCCESS);
        ck_assert_uint_eq(region.protect, PAGE_READWRITE); /* once */
        ck_assert_uint_eq(w.stack.limit, left < needed ? BORDER + PAGE : BORDER);
        world_close(&w);
    }
}
END_TEST

START_TEST(a_stack_grows_with_the_page_file)
{
    struct world w;
    struct mm_pagefile_info info;
    mm_process p = open_stack_at_border(&w, _i);
    leave_commit(&w, 1);
    ck_assert_uint_eq(mm_pagefile_change(w.mm, 0, WORLD_PAGEFILE, 2 * WORLD_PAGEFILE), STATUS_SUCCESS);
    must_grow(&w, p);
    ck_assert(mm_pagefile_query(w.mm, 0, &info));
    ck_assert_uint_gt(info.size, WORLD_PAGEFILE);
    world_close(&w);
}
END_TEST

START_TEST(a_word_changed_in_guest_ram_changes_the_access)
{
    struct world w;
    struct mm_fault f;
    mm_process p = open_with_page(&w, _i, PAGE_READWRITE);
    write_byte(&w, p, HERE, 0x11);
    write_byte(&w, p, HERE + PAGE, 0x22);
    uint64_t first = pte_word(&w, p, HERE), second = pte_word(&w, p, HERE + PAGE);

    poke_entry(&w, p, HERE, 1, second); /* the page of the neighbour */
    ck_assert_uint_eq(read_byte(&w, p, HERE), 0x22);
    poke_entry(&w, p, HERE, 1, first & ~UINT64_C(0x802)); /* not writable any more */
    ck_assert_int_eq(touch(&w, p, HERE, MMU_WRITE, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
    poke_entry(&w, p, HERE, 1, first & ~UINT64_C(4)); /* the system's */
    ck_assert_int_eq(touch(&w, p, HERE, MMU_READ, &f), MM_FAULT_RAISE);
    poke_entry(&w, p, HERE, 1, 0x300); /* no access */
    ck_assert_int_eq(touch(&w, p, HERE, MMU_READ, &f), MM_FAULT_RAISE);
    poke_entry(&w, p, HERE, 1, first);
    ck_assert_uint_eq(read_byte(&w, p, HERE), 0x11);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(protection_follows_the_page_through_all_its_states)
{
    static const uint32_t change[] = {PAGE_READONLY, PAGE_NOACCESS, PAGE_EXECUTE_READ, PAGE_READWRITE};
    struct world w;
    struct mm_fault f;
    mm_process p = open_with_page(&w, _i, PAGE_READWRITE);
    write_byte(&w, p, HERE, 0x33);
    for (unsigned i = 0; i < 16; i++) {
        uint32_t protect = change[i % 4];
        if (i / 4 % 2)
            trim(&w, p, HERE);
        protect_at(&w, p, HERE, PAGE, protect);
        check_laws(&w);
        enum mm_fault_result want = protect == PAGE_READWRITE ? MM_FAULT_RESOLVED : MM_FAULT_RAISE;
        ck_assert_int_eq(touch(&w, p, HERE, MMU_WRITE, &f), want);
        if (protect != PAGE_NOACCESS)
            ck_assert_uint_eq(read_byte(&w, p, HERE), 0x33);
        check_laws(&w);
    }
    world_close(&w);
}
END_TEST

START_TEST(ram_is_full)
{
    struct world w;
    struct mm_fault f;
    world_open(&w, _i, 144);
    world_stop_paging(&w);
    mm_process p = new_process(&w, PTE_NX_ON);
    allocate_at(&w, p, HERE, 1024 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    va_t va = HERE;
    while (touch(&w, p, va, MMU_WRITE, &f) == MM_FAULT_RESOLVED)
        va += PAGE;
    ck_assert_uint_lt(va, HERE + 1024 * K);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    ck_assert_uint_eq(f.parameter_count, 3);
    ck_assert_uint_eq(f.information[2], STATUS_NO_MEMORY);
    ck_assert_ptr_nonnull(strstr(f.not_modelled, "--ram"));
    check_laws(&w);
    end_process(&w, p);
    check_laws(&w);
    world_close(&w);
}
END_TEST

static void add_for_formats(TCase *tc, const TTest *test)
{
    tcase_add_loop_test(tc, test, 0, PAGING_FORMAT_COUNT);
}

int main(void)
{
    Suite *suite = suite_create("mm/fault");
    TCase *tc = tcase_create("fault");
    tcase_add_loop_test(tc, private_page, 0, N_ELEMENTS(cases) * 2 * PAGING_FORMAT_COUNT);
    add_for_formats(tc, a_new_page_is_zero_also_when_its_frame_was_used);
    add_for_formats(tc, a_trimmed_page_keeps_its_contents_and_its_frame);
    add_for_formats(tc, a_guard_page_is_an_alarm_once);
    add_for_formats(tc, a_stack_grows_page_by_page_and_overflows_once);
    add_for_formats(tc, a_stack_keeps_what_was_asked_for);
    add_for_formats(tc, a_skipped_guard_page_is_no_growth);
    add_for_formats(tc, a_guard_page_outside_the_stack_is_raised);
    add_for_formats(tc, a_stack_that_lies);
    tcase_add_loop_test(tc, a_stack_without_a_frame_fails_as_any_page, 0, 2 * PAGING_FORMAT_COUNT);
    add_for_formats(tc, a_stack_waits_for_a_frame);
    add_for_formats(tc, a_stack_overflows_where_commit_ends);
    add_for_formats(tc, a_stack_grows_with_the_page_file);
    add_for_formats(tc, a_word_changed_in_guest_ram_changes_the_access);
    add_for_formats(tc, protection_follows_the_page_through_all_its_states);
    add_for_formats(tc, ram_is_full);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
