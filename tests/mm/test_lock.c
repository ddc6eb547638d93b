/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_lock.c - NtLockVirtualMemory and NtUnlockVirtualMemory: statuses, quota, what a lock survives and what ends it
 * (nt-reference 5.7). */
#include "tests/mm/support.h"

enum { FLUID = 8, DEFAULT_QUOTA = 50 - FLUID };

#define RESERVED UINT64_C(0x20000000)
#define NEIGHBOUR (HERE + 64 * K) /* a second allocation, right after the first */

/* HERE has 64 KB committed, and so the 64 KB after it; page 4 of the first is a guard page, 5 inaccessible, 6
 * decommitted; RESERVED has 64 KB reserved; an image is at IMAGE_BASE. */
static mm_process open_populated(struct world *w, int format)
{
    va_t hole = HERE + 6 * PAGE;
    uint64_t size = PAGE;
    world_open(w, format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    allocate_at(w, p, NEIGHBOUR, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    allocate_at(w, p, RESERVED, 64 * K, MEM_RESERVE, PAGE_READWRITE);
    protect_at(w, p, HERE + 4 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD);
    protect_at(w, p, HERE + 5 * PAGE, PAGE, PAGE_NOACCESS);
    ck_assert_uint_eq(mm_free(w->mm, p, &hole, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    mm_section section = make_section(w);
    map_section(w, p, section);
    mm_section_close(w->mm, section);
    return p;
}

static ntstatus_t lock(struct world *w, mm_process p, va_t base, uint64_t size, unsigned map)
{
    struct mm_range range = {base, size};
    struct mm_fault f = {.mode = MMU_KERNEL, .process = p, .thread = 1};
    ntstatus_t status = mm_lock(w->mm, &f, &range, map, NULL, NULL);
    ck_assert_uint_eq(range.base, nt_success(status) ? base & ~UINT64_C(0xFFF) : base);
    check_laws(w);
    return status;
}

static ntstatus_t unlock(struct world *w, mm_process p, va_t base, uint64_t size, unsigned map)
{
    struct mm_range range = {base, size};
    ntstatus_t status = mm_unlock(w->mm, p, &range, map);
    check_laws(w);
    return status;
}

static uint64_t locked_pages(struct world *w, mm_process p)
{
    struct mm_process_counters c;
    mm_process_query(w->mm, p, &c);
    return c.locked_pages;
}

static bool is_locked(struct world *w, mm_process p, va_t va)
{
    struct mm_ws_page page;
    return mm_ws_page_at(w->mm, p, va, &page) && page.locked;
}

/* --- Arguments --------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    va_t base;
    uint64_t size;
    unsigned map;
    ntstatus_t status;
    uint64_t locked;
} locks[] = {
    {"no map", HERE, PAGE, 0, STATUS_INVALID_PARAMETER, 0},
    {"unknown map", HERE, PAGE, 5, STATUS_INVALID_PARAMETER, 0},
    {"size 0", HERE, 0, MM_LOCK_PROCESS, STATUS_INVALID_PARAMETER, 0},
    {"base in the system", UINT64_MAX - 0xFFF, PAGE, MM_LOCK_PROCESS, STATUS_INVALID_PARAMETER, 0},
    {"too large", HERE, UINT64_MAX, MM_LOCK_PROCESS, STATUS_INVALID_PARAMETER, 0},
    {"nothing there", 0x50000000, PAGE, MM_LOCK_PROCESS, STATUS_ACCESS_VIOLATION, 0},
    {"past the end", RESERVED, 65 * K, MM_LOCK_PROCESS, STATUS_ACCESS_VIOLATION, 0},
    {"reserved", RESERVED, PAGE, MM_LOCK_PROCESS, STATUS_ACCESS_VIOLATION, 0},
    {"decommitted", HERE + 6 * PAGE, PAGE, MM_LOCK_PROCESS, STATUS_ACCESS_VIOLATION, 0},
    {"no access", HERE + 5 * PAGE, 1, MM_LOCK_PROCESS, STATUS_ACCESS_VIOLATION, 0},
    {"no access in an image", IMAGE_BASE + IMAGE_NOTHING *PAGE, 1, MM_LOCK_PROCESS, STATUS_ACCESS_VIOLATION, 0},
    {"guard", HERE + 4 * PAGE, 1, MM_LOCK_PROCESS, STATUS_GUARD_PAGE_VIOLATION, 0},
    {"guard behind good ones", HERE + 2 * PAGE, 3 * PAGE, MM_LOCK_PROCESS, STATUS_GUARD_PAGE_VIOLATION, 0},
    {"quota", NEIGHBOUR, 64 * K, MM_LOCK_PROCESS, STATUS_SUCCESS, 16},
    {"two bytes of two pages", HERE + 0xFFF, 2, MM_LOCK_PROCESS, STATUS_SUCCESS, 2},
    {"in memory", HERE, 2 * PAGE, MM_LOCK_SYSTEM, STATUS_SUCCESS, 2},
    {"both", HERE, 2 * PAGE, MM_LOCK_PROCESS | MM_LOCK_SYSTEM, STATUS_SUCCESS, 2},
    {"over two allocations", NEIGHBOUR - PAGE, 2 * PAGE, MM_LOCK_PROCESS, STATUS_SUCCESS, 2},
    {"an image", IMAGE_BASE, 11 * PAGE, MM_LOCK_PROCESS, STATUS_SUCCESS, 11},
};

START_TEST(lock_arguments)
{
    struct world w;
    int row = _i / PAGING_FORMAT_COUNT;
    mm_process p = open_populated(&w, _i % PAGING_FORMAT_COUNT);
    ntstatus_t status = lock(&w, p, locks[row].base, locks[row].size, locks[row].map);
    ck_assert_msg(status == locks[row].status, "%s: %#x", locks[row].name, status);
    ck_assert_msg(locked_pages(&w, p) == locks[row].locked, "%s: %" PRIu64 " locked", locks[row].name,
                  locked_pages(&w, p));
    if (status == STATUS_SUCCESS) {
        ck_assert_uint_eq(lock(&w, p, locks[row].base, locks[row].size, locks[row].map), STATUS_WAS_LOCKED);
        ck_assert_uint_eq(locked_pages(&w, p), locks[row].locked);
        ck_assert_uint_eq(unlock(&w, p, locks[row].base, locks[row].size, locks[row].map), STATUS_SUCCESS);
        ck_assert_uint_eq(locked_pages(&w, p), 0); /* there is no count */
    }
    end_process(&w, p);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(unlock_arguments)
{
    static const struct {
        const char *name;
        va_t base;
        uint64_t size;
        unsigned map;
        ntstatus_t status;
    } rows[] = {
        {"no map", HERE, PAGE, 0, STATUS_INVALID_PARAMETER},
        {"unknown map", HERE, PAGE, 4, STATUS_INVALID_PARAMETER},
        {"size 0", HERE, 0, 1, STATUS_INVALID_PARAMETER},
        {"base in the system", UINT64_MAX - 0xFFF, PAGE, 1, STATUS_INVALID_PARAMETER},
        {"nothing there", 0x50000000, PAGE, 1, STATUS_ACCESS_VIOLATION},
        {"not locked", HERE + PAGE, PAGE, 1, STATUS_NOT_LOCKED},
        {"reserved", RESERVED, PAGE, 1, STATUS_NOT_LOCKED},
        {"locked and not", HERE, 2 * PAGE, 1, STATUS_NOT_LOCKED},
        {"locked in another way", HERE, PAGE, 2, STATUS_NOT_LOCKED},
        {"locked in one of two ways", HERE, PAGE, 3, STATUS_NOT_LOCKED},
        {"locked", HERE, PAGE, 1, STATUS_SUCCESS},
    };
    struct world w;
    mm_process p = open_populated(&w, _i);
    ck_assert_uint_eq(lock(&w, p, HERE, PAGE, MM_LOCK_PROCESS), STATUS_SUCCESS);
    for (int i = 0; i < N_ELEMENTS(rows); i++) {
        ntstatus_t status = unlock(&w, p, rows[i].base, rows[i].size, rows[i].map);
        ck_assert_msg(status == rows[i].status, "%s: %#x", rows[i].name, status);
        ck_assert_uint_eq(locked_pages(&w, p), status != STATUS_SUCCESS);
    }
    world_close(&w);
}
END_TEST

/* --- Guard pages, quota ------------------------------------------------------------------------------------ */

START_TEST(a_guard_page_refuses_once)
{
    struct world w;
    struct mm_region region;
    mm_process p = open_populated(&w, _i);
    ck_assert_uint_eq(lock(&w, p, HERE, 5 * PAGE, MM_LOCK_PROCESS), STATUS_GUARD_PAGE_VIOLATION);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    ck_assert_uint_eq(mm_query(w.mm, p, HERE + 4 * PAGE, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.protect, PAGE_READWRITE);
    ck_assert_uint_eq(lock(&w, p, HERE, 5 * PAGE, MM_LOCK_PROCESS), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 5);
    world_close(&w);
}
END_TEST

START_TEST(the_quota_is_the_minimum_but_for_a_few)
{
    struct world w;
    struct mm_ws_limits limits = {.minimum = 60, .maximum = 345};
    struct mm_process_counters before, after;
    mm_process p = open_populated(&w, _i);
    va_t base = 0x30000000;
    allocate_at(&w, p, base, 256 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    mm_process_query(w.mm, p, &before);
    ck_assert_uint_eq(lock(&w, p, base, (DEFAULT_QUOTA + 1) * PAGE, 1), STATUS_WORKING_SET_QUOTA);
    mm_process_query(w.mm, p, &after);
    ck_assert_uint_eq(before.page_faults, after.page_faults); /* nothing was touched */
    ck_assert_uint_eq(lock(&w, p, base, DEFAULT_QUOTA * PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, HERE, PAGE, 1), STATUS_WORKING_SET_QUOTA);
    ck_assert_uint_eq(lock(&w, p, base, DEFAULT_QUOTA * PAGE, 2), STATUS_SUCCESS); /* the same pages */
    ck_assert_uint_eq(lock(&w, p, base, (DEFAULT_QUOTA + 1) * PAGE, 1), STATUS_WORKING_SET_QUOTA);
    ck_assert_uint_eq(lock(&w, p, base, 256 * K, 1), STATUS_WORKING_SET_QUOTA);
    ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &limits), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, base, (DEFAULT_QUOTA + 10) * PAGE, 1), STATUS_WAS_LOCKED);
    ck_assert_uint_eq(lock(&w, p, HERE, PAGE, 1), STATUS_WORKING_SET_QUOTA);
    limits.minimum--; /* what is locked stays within the minimum */
    ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &limits), STATUS_BAD_WORKING_SET_LIMIT);
    ck_assert_uint_eq(unlock(&w, p, base + 3 * PAGE, PAGE, 3), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &limits), STATUS_SUCCESS);
    world_close(&w);
}
END_TEST

START_TEST(the_bits_are_in_guest_ram)
{
    struct world w;
    mm_process p = open_populated(&w, _i);
    static const unsigned map[] = {1, 2, 3};
    for (int i = 0; i < N_ELEMENTS(map); i++) {
        va_t va = HERE + (va_t)i * PAGE;
        ck_assert_uint_eq(lock(&w, p, va, PAGE, map[i]), STATUS_SUCCESS);
        uint32_t index = w.mm->pfn.record[pte_word(&w, p, va) >> 12 & 0xFFFFF].ws_index, word;
        uint32_t size = _i == PAGING_X64 ? 8 : 4;
        memcpy(&word, (uint8_t *)w.ram + mi_process(w.mm, p)->working_set_page.index * PAGE + 0x698 + index * size, 4);
        ck_assert_uint_eq(word & 0xFFFFF007, (uint32_t)va | map[i] << 1 | 1);
    }
    world_close(&w);
}
END_TEST

/* --- What a lock survives, and what ends it ---------------------------------------------------------------- */

START_TEST(a_lock_survives)
{
    struct world w;
    mm_process p = open_populated(&w, _i);
    va_t data = IMAGE_BASE + IMAGE_DATA * PAGE, text = IMAGE_BASE + IMAGE_TEXT * PAGE;
    ck_assert_uint_eq(lock(&w, p, HERE, 2 * PAGE, 3), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, data, PAGE, 2), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, text, PAGE, 1), STATUS_SUCCESS);
    write_byte(&w, p, HERE, 1);  /* first write */
    write_byte(&w, p, data, 17); /* copy-on-write */
    ck_assert(is_locked(&w, p, data));
    protect_at(&w, p, HERE, PAGE, PAGE_EXECUTE_READ);
    protect_at(&w, p, text, PAGE, PAGE_READONLY); /* a shared page: in place */
    ck_assert(is_locked(&w, p, text));
    allocate_at(&w, p, HERE + PAGE, PAGE, MEM_COMMIT, PAGE_READONLY);
    va_t base = HERE;
    uint64_t size = PAGE;
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESET, PAGE_READWRITE), STATUS_SUCCESS);
    mm_ws_empty(w.mm, p);
    ck_assert(!trim(&w, p, HERE) && !trim(&w, p, data) && !trim(&w, p, text));
    ck_assert(is_locked(&w, p, HERE) && is_locked(&w, p, HERE + PAGE));
    ck_assert_uint_eq(locked_pages(&w, p), 4);
    ck_assert_uint_eq(read_byte(&w, p, data), 17);
    ck_assert_uint_eq(unlock(&w, p, data, PAGE, 2), STATUS_SUCCESS);
    ck_assert(trim(&w, p, data));
    check_laws(&w);
    world_close(&w);
}
END_TEST

static ntstatus_t reprotect(struct world *w, mm_process p, va_t base, uint32_t protect)
{
    uint64_t size = 2 * PAGE;
    uint32_t old = 0;
    ntstatus_t status = mm_protect(w->mm, p, &base, &size, protect, &old);
    ck_assert_uint_eq(size, 2 * PAGE);
    ck_assert_uint_ne(old, 0);
    return status;
}

START_TEST(a_lock_ends)
{
    struct world w;
    mm_process p = open_populated(&w, _i);
    va_t base = HERE, text = IMAGE_BASE + IMAGE_TEXT * PAGE;
    uint64_t size = PAGE;

    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(lock(&w, p, HERE + i * PAGE, PAGE, 1 + i % 3), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, NEIGHBOUR, 4 * PAGE, 3), STATUS_SUCCESS);
    ck_assert_uint_eq(lock(&w, p, text, PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 8);
    ck_assert_uint_eq(reprotect(&w, p, HERE + PAGE, PAGE_NOACCESS), STATUS_WAS_UNLOCKED);
    ck_assert_uint_eq(reprotect(&w, p, HERE + PAGE, PAGE_NOACCESS), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 6);
    ck_assert_uint_eq(reprotect(&w, p, text, PAGE_EXECUTE_READ | PAGE_GUARD), STATUS_WAS_UNLOCKED);
    ck_assert_uint_eq(locked_pages(&w, p), 5);
    check_laws(&w);
    base = NEIGHBOUR;
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_SUCCESS); /* a part */
    ck_assert_uint_eq(locked_pages(&w, p), 4);
    base = NEIGHBOUR + PAGE;
    size = 0;
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 1);
    ck_assert_uint_eq(lock(&w, p, text + 2 * PAGE, PAGE, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_unmap_view(w.mm, p, text), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 1);
    mm_process_clean(w.mm, p);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    ck_assert_uint_eq(lock(&w, p, HERE, PAGE, 1), STATUS_PROCESS_IS_TERMINATING);
    ck_assert_uint_eq(unlock(&w, p, HERE, PAGE, 1), STATUS_PROCESS_IS_TERMINATING);
    mm_process_delete(w.mm, p);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(unlocking_what_is_not_locked_sends_it_away)
{
    struct world w;
    struct mm_fault f;
    struct mm_ws_page page;
    mm_process p = open_populated(&w, _i);
    for (unsigned i = 0; i < 4; i++)
        write_byte(&w, p, HERE + i * PAGE, (uint8_t)(i + 1));
    read_byte(&w, p, IMAGE_BASE);
    ck_assert_uint_eq(lock(&w, p, HERE + PAGE, PAGE, 2), STATUS_SUCCESS);
    ck_assert_uint_eq(unlock(&w, p, HERE, 4 * PAGE, 1), STATUS_NOT_LOCKED);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(mm_ws_page_at(w.mm, p, HERE + i * PAGE, &page), i == 1);
    ck_assert_int_eq(touch(&w, p, HERE + 3 * PAGE, MMU_READ, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(w.types[0], MM_FAULT_TYPE_TRANSITION);
    ck_assert_uint_eq(read_byte(&w, p, HERE + 3 * PAGE), 4);
    ck_assert_uint_eq(unlock(&w, p, IMAGE_BASE, PAGE, 1), STATUS_NOT_LOCKED);
    ck_assert(!mm_ws_page_at(w.mm, p, IMAGE_BASE, &page) && page.shared);
    ck_assert_int_eq(touch(&w, p, IMAGE_BASE, MMU_READ, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(w.types[0], MM_FAULT_TYPE_PROTOTYPE);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Faults while locking ---------------------------------------------------------------------------------- */

static void count_faults(void *context, const struct mm_fault *fault)
{
    ++*(unsigned *)context;
}

START_TEST(locking_waits_and_fails_with_nothing_locked)
{
    struct world w;
    struct mm_range range = {IMAGE_BASE, 3 * PAGE};
    unsigned faults = 0;
    mm_process p = open_populated(&w, _i);
    struct mm_fault f = {.mode = MMU_KERNEL, .process = p, .thread = 1};

    w.io_answer = STATUS_PENDING;
    ck_assert_uint_eq(mm_lock(w.mm, &f, &range, 1, count_faults, &faults), STATUS_MM_WAIT);
    ck_assert_uint_eq(range.size, 3 * PAGE);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    check_laws(&w);
    w.io_answer = STATUS_SUCCESS;
    w.page_in_answer = 0xC0000185; /* STATUS_IO_DEVICE_ERROR */
    mm_io_done(w.mm, mm_wait_key(w.mm));
    ck_assert_uint_eq(mm_lock(w.mm, &f, &range, 1, count_faults, &faults), STATUS_IN_PAGE_ERROR);
    ck_assert_uint_eq(f.information[2], 0xC0000185);
    ck_assert_uint_eq(f.va, IMAGE_BASE);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    w.page_in_answer = STATUS_SUCCESS;
    faults = 0;
    ck_assert_uint_eq(mm_lock(w.mm, &f, &range, 1, count_faults, &faults), STATUS_SUCCESS);
    ck_assert_uint_eq(faults, 3);
    ck_assert_uint_eq(locked_pages(&w, p), 3);
    check_laws(&w);
    world_close(&w);
}
END_TEST

START_TEST(locking_without_memory)
{
    struct world w;
    mm_process p = open_populated(&w, _i);
    ntstatus_t status;
    unsigned refused = 0;
    for (uint32_t n = 0;; n++) {
        mm_fail_frames_after(w.mm, n);
        status = lock(&w, p, NEIGHBOUR, 4 * PAGE, 1);
        mm_fail_frames_after(w.mm, UINT32_MAX);
        if (status == STATUS_SUCCESS)
            break;
        ck_assert_uint_eq(status, STATUS_IN_PAGE_ERROR);
        ck_assert_uint_eq(locked_pages(&w, p), 0);
        refused++;
        va_t base = NEIGHBOUR; /* back to where it began */
        uint64_t size = 4 * PAGE;
        ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
        allocate_at(&w, p, NEIGHBOUR, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    }
    ck_assert_uint_eq(refused, 4); /* a frame for each page */
    ck_assert_uint_eq(locked_pages(&w, p), 4);
    world_close(&w);
}
END_TEST

/* --- Working sets and RAM that have no room ---------------------------------------------------------------- */

enum { OTHERS = 60 };
#define OTHER UINT64_C(0x30000000) /* as many pages, that the process has used */
#define WANTED UINT64_C(0x40000000)

static void use_others(struct world *w, mm_process p)
{
    allocate_at(w, p, OTHER, OTHERS * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    allocate_at(w, p, WANTED, 64 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < OTHERS; i++)
        write_byte(w, p, OTHER + (va_t)i * PAGE, 1);
}

static const struct {
    const char *name;
    enum mm_replacement replacement;
    unsigned hard;
    bool scarce; /* memory is: who has more than its minimum replaces its own */
} rooms[] = {
    {"a hard maximum, by age", MM_REPLACE_AGED, MM_WS_HARD_MAX, false},
    {"a hard maximum, first in first out", MM_REPLACE_FIFO, MM_WS_HARD_MAX, false},
    {"no memory, by age", MM_REPLACE_AGED, 0, true},
    {"no memory, first in first out", MM_REPLACE_FIFO, 0, true},
};

/* No page of the range takes the place of another. */
START_TEST(all_pages_are_locked_or_none)
{
    struct world w;
    int row = _i / PAGING_FORMAT_COUNT;
    struct mm_ws_limits limits = {.minimum = 50, .maximum = 50, .hard = rooms[row].hard};
    for (unsigned pages = 1; pages <= DEFAULT_QUOTA; pages++) {
        world_open(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
        w.mm->config.replacement = rooms[row].replacement;
        mm_process p = new_process(&w, PTE_NX_ON);
        ck_assert_uint_eq(mm_ws_set_limits(w.mm, p, &limits), STATUS_SUCCESS);
        if (rooms[row].scarce)
            w.mm->tuning.minimum = WORLD_FRAMES;
        use_others(&w, p);
        ck_assert_uint_eq(lock(&w, p, WANTED, pages * PAGE, MM_LOCK_PROCESS), STATUS_SUCCESS);
        for (unsigned i = 0; i < pages; i++)
            ck_assert_msg(is_locked(&w, p, WANTED + (va_t)i * PAGE), "%s, %u pages: page %u is not locked",
                          rooms[row].name, pages, i);
        ck_assert_uint_eq(locked_pages(&w, p), pages);
        ck_assert_uint_eq(unlock(&w, p, WANTED, pages * PAGE, MM_LOCK_PROCESS), STATUS_SUCCESS);
        world_close(&w);
    }
}
END_TEST

/* The page file takes nothing more, and RAM is full of what would have to go there: frame after frame is given back
 * until there are enough. */
START_TEST(locking_in_ram_that_is_full)
{
    struct world w;
    struct mm_fault f;
    unsigned refused = 0;
    ntstatus_t status;
    world_open(&w, _i, 256);
    mm_process p = new_process(&w, PTE_NX_ON), greedy = new_process(&w, PTE_NX_ON);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    mm_section_close(w.mm, section);
    allocate_at(&w, greedy, HERE, 256 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    mm_pagefile_fill(w.mm);
    va_t end = HERE;
    while (end < HERE + 256 * PAGE && touch(&w, greedy, end, MMU_WRITE, &f) == MM_FAULT_RESOLVED)
        end += PAGE;
    while ((status = lock(&w, p, IMAGE_BASE, 11 * PAGE, MM_LOCK_PROCESS)) != STATUS_SUCCESS) {
        ck_assert_uint_eq(locked_pages(&w, p), 0);
        ck_assert_msg(status == STATUS_IN_PAGE_ERROR || status == STATUS_WORKING_SET_QUOTA, "%#x", status);
        uint64_t size = PAGE;
        end -= PAGE;
        ck_assert_uint_eq(mm_free(w.mm, greedy, &end, &size, MEM_DECOMMIT), STATUS_SUCCESS);
        refused++;
    }
    ck_assert_uint_eq(locked_pages(&w, p), 11);
    ck_assert_uint_gt(refused, 0);
    end_process(&w, greedy);
    end_process(&w, p);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* A call that waits has left no trace: what it brought may go again. */
START_TEST(a_wait_protects_nothing)
{
    struct world w;
    struct mm_range range = {WANTED, 40 * PAGE};
    mm_process p = open_populated(&w, _i);
    struct mm_fault f = {.mode = MMU_KERNEL, .process = p, .thread = 1};
    use_others(&w, p);
    write_byte(&w, p, WANTED + 30 * PAGE, 0x30);
    mm_ws_empty(w.mm, p);
    write_modified(&w);
    take_standby(&w);
    w.io_answer = STATUS_PENDING;
    ck_assert_uint_eq(mm_lock(w.mm, &f, &range, MM_LOCK_PROCESS, NULL, NULL), STATUS_MM_WAIT);
    uint32_t id = mm_wait_key(w.mm);
    ck_assert_uint_eq(locked_pages(&w, p), 0);
    ck_assert_uint_ge(mm_ws_trim(w.mm, p, 0, UINT32_MAX), 30);
    check_laws(&w);
    mm_io_done(w.mm, id);
    w.io_answer = STATUS_SUCCESS;
    ck_assert_uint_eq(mm_lock(w.mm, &f, &range, MM_LOCK_PROCESS, NULL, NULL), STATUS_SUCCESS);
    ck_assert_uint_eq(locked_pages(&w, p), 40);
    ck_assert_uint_eq(read_byte(&w, p, WANTED + 30 * PAGE), 0x30);
    check_laws(&w);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/lock");
    TCase *tc = tcase_create("lock");
    tcase_add_loop_test(tc, lock_arguments, 0, N_ELEMENTS(locks) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, unlock_arguments, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_guard_page_refuses_once, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_quota_is_the_minimum_but_for_a_few, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_bits_are_in_guest_ram, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_lock_survives, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_lock_ends, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, unlocking_what_is_not_locked_sends_it_away, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, locking_waits_and_fails_with_nothing_locked, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, locking_without_memory, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, all_pages_are_locked_or_none, 0, N_ELEMENTS(rooms) * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, locking_in_ram_that_is_full, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_wait_protects_nothing, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
