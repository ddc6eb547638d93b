/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_paging.c - pages on their way to page files and back: random accesses to more pages than there are frames, with
 * transfers that take time and transfers that fail, against a plain array of bytes; and the single steps. */
#include "tests/mm/support.h"

enum {
    FRAMES = 160,
    PAGES = 400, /* of each process */
    STEPS = 6000,
    FLIGHTS = 32,
    PAGES_OF_TABLE = 7, /* where they are spread */
    TABLES = (PAGES + PAGES_OF_TABLE - 1) / PAGES_OF_TABLE,
    BAD_MAX = 12, /* frames that fail */
};

enum layout { ADJACENT, SPREAD };

static struct pressure {
    struct world w;
    mm_process process[2];
    uint8_t byte[2][PAGES];
    uint32_t flight[FLIGHTS]; /* transfers that have not ended */
    unsigned flights, errors, hard, waits, marked;
    uint64_t random;
    enum layout layout;
} p;

/* In 64 bits there are two page tables for each one of the next level: those go too. */
static uint64_t table_span(void)
{
    return p.w.format == PAGING_X64 ? UINT64_C(512) << 20 : UINT64_C(4) << 20;
}

static va_t address_of(unsigned page)
{
    if (p.layout == ADJACENT)
        return HERE + (va_t)page * PAGE;
    return HERE + page / PAGES_OF_TABLE * table_span() + (va_t)(page % PAGES_OF_TABLE) * PAGE;
}

static ntstatus_t begin(void *context, const struct mm_io *io)
{
    (void)context;
    if (p.flights == FLIGHTS || random_word(&p.random) % 4 == 0)
        return STATUS_SUCCESS;
    p.flight[p.flights++] = io->id;
    return STATUS_PENDING;
}

static void end_one(unsigned i)
{
    uint32_t id = p.flight[i];
    p.flight[i] = p.flight[--p.flights];
    p.w.pagefile_answer = random_word(&p.random) % 8 == 0 ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
    mm_io_done(p.w.mm, id);
    p.w.pagefile_answer = STATUS_SUCCESS;
}

/* What the thread waits for comes to pass. */
static void await(uint32_t key)
{
    p.waits++;
    for (unsigned i = 0; i < p.flights; i++)
        if (p.flight[i] == key) {
            end_one(i);
            return;
        }
    struct mm_counters c;
    mm_query_counters(p.w.mm, &c);
    ck_assert_msg(p.flights > 0,
                  "a thread waits for %#x, which is not on its way; zeroed %u free %u standby %u modified %u active %u "
                  "transition %u",
                  key, (unsigned)c.zeroed, (unsigned)c.free, (unsigned)c.standby, (unsigned)c.modified,
                  (unsigned)c.active, (unsigned)c.transition);
    end_one(0);
}

static struct mm_fault access_page(unsigned which, unsigned page, enum mmu_access access, unsigned thread)
{
    struct mm_fault f = {0};
    va_t va = address_of(page);

    for (unsigned round = 0; round < 200; round++) {
        struct mmu_result walk =
            p.w.walk(&p.w.mm->config.ram, mm_process_root(p.w.mm, p.process[which]), va, access, MMU_USER);
        f.frame = walk.frame;
        if (walk.outcome == MMU_OK)
            return f;
        f = (struct mm_fault){
            .va = va, .access = access, .mode = MMU_USER, .process = p.process[which], .thread = thread};
        enum mm_fault_result result = mm_access_fault(p.w.mm, &f);
        p.hard += f.type == MM_FAULT_TYPE_HARD_FAULT;
        if (result == MM_FAULT_WAIT) {
            await(mm_wait_key(p.w.mm));
        } else if (result == MM_FAULT_RAISE) { /* a read that failed, or RAM that is full of transfers: try again */
            ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
            ck_assert(f.information[2] == STATUS_IO_DEVICE_ERROR || f.information[2] == STATUS_NO_MEMORY);
            p.errors += f.information[2] == STATUS_IO_DEVICE_ERROR;
            if (f.information[2] == STATUS_NO_MEMORY)
                await(0);
        } else {
            ck_assert_int_eq(result, MM_FAULT_RESOLVED);
        }
    }
    ck_abort_msg("the access to %#" PRIx64 " never ends", va);
}

/* Where pages are spread, what is left may be page tables that pages in transition keep. */
static void check_hard_maximum(mm_process process)
{
    if (p.layout == SPREAD)
        return;
    struct mm_process_counters c;
    struct mm_ws_limits limits;
    mm_process_query(p.w.mm, process, &c);
    mm_ws_get_limits(p.w.mm, process, &limits);
    ck_assert_msg(!(limits.hard & MM_WS_HARD_MAX) || c.working_set <= limits.maximum,
                  "%u pages, and the hard maximum is %u", (unsigned)c.working_set, (unsigned)limits.maximum);
}

static void step(unsigned thread)
{
    unsigned which = random_word(&p.random) % 2, page = (unsigned)(random_word(&p.random) % PAGES);
    bool write = random_word(&p.random) % 2;
    struct mm_fault f = access_page(which, page, write ? MMU_WRITE : MMU_READ, thread);

    check_hard_maximum(p.process[which]);
    ck_assert_uint_eq(mm_frame_read(p.w.mm, f.frame)[5], p.byte[which][page]);
    if (write)
        mm_frame_write(p.w.mm, f.frame)[5] = p.byte[which][page] = (uint8_t)random_word(&p.random);
    if (random_word(&p.random) % 3 == 0)
        mm_thread_moved(p.w.mm, thread);
    if (p.flights && random_word(&p.random) % 3 == 0)
        end_one((unsigned)(random_word(&p.random) % p.flights));
}

/* Pages from this one on that are next to each other. */
static uint64_t run_from(unsigned page)
{
    if (p.layout == ADJACENT || page / PAGES_OF_TABLE == TABLES - 1)
        return PAGES - page;
    return PAGES_OF_TABLE - page % PAGES_OF_TABLE;
}

/* For as long as RAM is full of transfers, the call waits. */
static void commit(unsigned which, unsigned page)
{
    ntstatus_t status;
    do {
        va_t base = address_of(page);
        uint64_t size = PAGE;
        status = allocate(&p.w, p.process[which], &base, &size, MEM_COMMIT, PAGE_READWRITE);
        if (status == STATUS_MM_WAIT)
            await(mm_wait_key(p.w.mm));
    } while (status == STATUS_MM_WAIT);
    ck_assert_uint_eq(status, STATUS_SUCCESS);
}

/* Some tables' worth of pages from this one on are decommitted in one call, and committed one by one. */
static void clear_range(unsigned which, unsigned page)
{
    unsigned end = page + 3 * PAGES_OF_TABLE < PAGES ? page + 3 * PAGES_OF_TABLE : PAGES;
    va_t base = address_of(page);
    uint64_t size = address_of(end - 1) + PAGE - base;

    ck_assert_uint_eq(mm_free(p.w.mm, p.process[which], &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    check_laws(&p.w);
    for (; page < end; page++) {
        commit(which, page);
        p.byte[which][page] = 0;
    }
}

/* Other limits; those that are refused change nothing. */
static void limit(mm_process process)
{
    struct mm_ws_limits limits = {.minimum = 20 + random_below(&p.random, 30),
                                  .maximum = 25 + random_below(&p.random, 60)};
    limits.hard = (unsigned)random_word(&p.random) & (MM_WS_HARD_MIN | MM_WS_HARD_MAX);
    ntstatus_t status = mm_ws_set_limits(p.w.mm, process, &limits);
    ck_assert(status == STATUS_SUCCESS || status == STATUS_BAD_WORKING_SET_LIMIT ||
              status == STATUS_INSUFFICIENT_RESOURCES);
}

/* What else can happen to pages under way. */
static void disturb(void)
{
    unsigned which = random_word(&p.random) % 2, page = (unsigned)(random_word(&p.random) % PAGES);
    va_t base = address_of(page);
    uint64_t size = PAGE;
    uint32_t old;
    struct mm_region region;

    switch (random_word(&p.random) % 9) {
    case 0: mm_ws_empty(p.w.mm, p.process[which]); break;
    case 1: /* gone, and new */
        ck_assert_uint_eq(mm_free(p.w.mm, p.process[which], &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
        commit(which, page);
        p.byte[which][page] = 0;
        break;
    case 2:
        ck_assert_uint_eq(mm_protect(p.w.mm, p.process[which], &base, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
        ck_assert_uint_eq(mm_protect(p.w.mm, p.process[which], &base, &size, PAGE_READWRITE, &old), STATUS_SUCCESS);
        break;
    case 3: mm_daemon_step(p.w.mm, MM_WORKING_SET_MANAGER, MM_WAKE_TIMER); break;
    case 4: mm_daemon_step(p.w.mm, MM_ZERO_PAGE, MM_WAKE_SIGNAL); break;
    case 5: /* committed pages and holes, wherever their tables are */
        ck_assert_uint_eq(mm_query(p.w.mm, p.process[which], base, &region), STATUS_SUCCESS);
        ck_assert_uint_eq(region.state, MEM_COMMIT);
        ck_assert_uint_eq(region.protect, PAGE_READWRITE);
        ck_assert_uint_eq(region.size, run_from(page) * PAGE);
        break;
    case 6: clear_range(which, page); break;
    case 7: /* a frame fails: an empty one at once, one in use when its page has left it */
        if (p.marked < BAD_MAX && random_word(&p.random) % 4 == 0) {
            pfn_t frame = {(uint32_t)(random_word(&p.random) % FRAMES)};
            ck_assert_uint_eq(mm_mark_bad(p.w.mm, frame), STATUS_SUCCESS);
            p.marked++;
        }
        break;
    case 8: limit(p.process[which]); break;
    }
}

static void make_process(unsigned which)
{
    p.process[which] = new_process(&p.w, PTE_NX_ON);
    allocate_at(&p.w, p.process[which], HERE, p.layout == ADJACENT ? PAGES * PAGE : TABLES * table_span(), MEM_RESERVE,
                PAGE_READWRITE);
    for (unsigned page = 0; page < PAGES; page++)
        commit(which, page);
}

static unsigned page_tables(void)
{
    struct mm_process_counters c[2];
    for (unsigned i = 0; i < 2; i++)
        mm_process_query(p.w.mm, p.process[i], &c[i]);
    return (unsigned)(c[0].page_tables + c[1].page_tables);
}

static void run_random(int i, enum layout layout)
{
    uint64_t seed = seed_of(layout == SPREAD ? "tables" : "paging", 40 + (uint64_t)i);
    unsigned fewest = UINT32_MAX;
    memset(&p, 0, sizeof p);
    p.layout = layout;
    world_open(&p.w, i % PAGING_FORMAT_COUNT, FRAMES);
    p.w.mm->config.replacement = i >= PAGING_FORMAT_COUNT ? MM_REPLACE_FIFO : MM_REPLACE_AGED;
    p.w.env.io_begin = begin;
    p.random = seed;
    for (unsigned which = 0; which < 2; which++)
        make_process(which);
    for (unsigned at = 0; at < STEPS; at++) {
        step(1 + (unsigned)(random_word(&p.random) % 3));
        if (random_word(&p.random) % 16 == 0)
            disturb();
        if (at % (layout == SPREAD ? 16 : 4) == 0)
            check_laws(&p.w);
        if (at > STEPS / 2 && page_tables() < fewest)
            fewest = page_tables();
    }
    ck_assert_uint_gt(p.hard, 100);
    ck_assert_uint_gt(p.errors, 10);
    ck_assert_uint_gt(p.waits, 100);
    if (layout == SPREAD)
        ck_assert_uint_lt(fewest, TABLES * 3 / 2); /* of 2 * TABLES, and more in 64 bits */
    ck_assert_uint_gt(p.w.mm->pfn.in_state[PFN_BAD], 0);
    end_process(&p.w, p.process[0]); /* with transfers under way */
    check_laws(&p.w);
    while (p.flights)
        end_one(0);
    for (unsigned thread = 1; thread <= 3; thread++)
        mm_thread_moved(p.w.mm, thread);
    end_process(&p.w, p.process[1]);
    check_laws(&p.w);
    struct mm_pagefile_info info;
    ck_assert(mm_pagefile_query(p.w.mm, 0, &info));
    ck_assert_uint_eq(info.used, 0);
    struct mm_bugcheck bugcheck;
    ck_assert(!mm_take_bugcheck(p.w.mm, &bugcheck));
    world_close(&p.w);
}

START_TEST(random_accesses_under_pressure)
{
    run_random(_i, ADJACENT);
}
END_TEST

/* So few pages of each table that there are more tables than working sets have room for. */
START_TEST(page_tables_under_pressure)
{
    run_random(_i, SPREAD);
}
END_TEST

/* --- A page table that cannot be read back ---------------------------------------------------------------------- */

/* The page at HERE, and then its page table, go to the page file. => the word that names the latter. */
static uint64_t send_table(struct world *w, mm_process process)
{
    for (unsigned round = 0; round < 3 && (peek_entry(w, process, HERE, 2) & 1); round++) {
        mm_ws_empty(w->mm, process);
        mm_ws_trim(w->mm, process, 0, 100); /* page tables too */
        write_modified(w);
        take_standby(w);
    }
    uint64_t word = peek_entry(w, process, HERE, 2);
    ck_assert_uint_eq(word & 1, 0);
    ck_assert_uint_eq(word >> 11 & 1, 0); /* nor in transition */
    ck_assert_uint_ne(word, 0);
    return word;
}

static ntstatus_t commit_second(struct world *w, mm_process process)
{
    va_t base = HERE + PAGE;
    uint64_t size = PAGE;
    return allocate(w, process, &base, &size, MEM_COMMIT, PAGE_READWRITE);
}

static ntstatus_t protect_first(struct world *w, mm_process process)
{
    va_t base = HERE;
    uint64_t size = PAGE;
    uint32_t old;
    return mm_protect(w->mm, process, &base, &size, PAGE_READONLY, &old);
}

static const struct {
    const char *name;
    ntstatus_t (*call)(struct world *w, mm_process process);
} table_calls[] = {{"commit", commit_second}, {"protect", protect_first}};

/* An instruction is told; a service cannot do without. */
START_TEST(a_table_that_cannot_be_read_stops_a_service)
{
    struct world w;
    struct mm_fault f;
    struct mm_bugcheck bugcheck;
    int row = _i / PAGING_FORMAT_COUNT;
    world_open(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
    mm_process process = new_process(&w, PTE_NX_ON);
    allocate_at(&w, process, HERE, 2 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(&w, process, HERE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    write_byte(&w, process, HERE, 7);
    uint64_t word = send_table(&w, process);

    w.pagefile_answer = STATUS_IO_DEVICE_ERROR;
    ck_assert_int_eq(touch(&w, process, HERE, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    ck_assert_uint_eq(f.information[2], STATUS_IO_DEVICE_ERROR);
    ck_assert(!mm_take_bugcheck(w.mm, &bugcheck));
    check_laws(&w);

    table_calls[row].call(&w, process);
    ck_assert_msg(mm_take_signals(w.mm) & MM_SIGNAL_ATTENTION, "%s: no attention", table_calls[row].name);
    ck_assert_msg(mm_take_bugcheck(w.mm, &bugcheck), "%s: no bug check", table_calls[row].name);
    ck_assert_uint_eq(bugcheck.code, 0x7A); /* KERNEL_DATA_INPAGE_ERROR */
    ck_assert_uint_eq(bugcheck.parameter[1], STATUS_IO_DEVICE_ERROR);
    ck_assert_uint_eq(bugcheck.parameter[2], word);
    ck_assert_uint_eq(peek_entry(&w, process, HERE, 2), word);
    world_close(&w);
}
END_TEST

START_TEST(page_files_have_sizes)
{
    static const struct {
        const char *name;
        uint64_t minimum, maximum;
        ntstatus_t status;
    } cases[] = {
        {"smallest", 256, 256, STATUS_SUCCESS},
        {"too small", 255, 1024, STATUS_INVALID_PARAMETER_2},
        {"maximum below minimum", 1024, 1023, STATUS_INVALID_PARAMETER_MIX},
        {"too large for the PTE", 256, UINT64_C(1) << 40, STATUS_INVALID_PARAMETER_3},
    };
    struct world w;
    struct mm_counters before, after;
    uint32_t number;
    world_open(&w, _i, WORLD_FRAMES);
    for (int i = 0; i < N_ELEMENTS(cases); i++) {
        mm_query_counters(w.mm, &before);
        ntstatus_t status = mm_pagefile_create(w.mm, cases[i].minimum, cases[i].maximum, &number);
        mm_query_counters(w.mm, &after);
        ck_assert_msg(status == cases[i].status, "%s: %#x", cases[i].name, status);
        ck_assert_uint_eq(after.commit_limit - before.commit_limit, status == STATUS_SUCCESS ? cases[i].minimum : 0);
        check_laws(&w);
    }
    for (unsigned i = 2; i < MM_PAGEFILES_MAX; i++)
        ck_assert_uint_eq(mm_pagefile_create(w.mm, 256, 300, &number), STATUS_SUCCESS);
    ck_assert_uint_eq(mm_pagefile_create(w.mm, 256, 300, &number), STATUS_TOO_MANY_PAGING_FILES);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* Commit that is refused makes page files grow, as far as they may. */
START_TEST(commit_extends_page_files)
{
    struct world w;
    uint32_t number;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process process = new_process(&w, PTE_NX_ON);
    ck_assert_uint_eq(mm_pagefile_create(w.mm, 256, 2048, &number), STATUS_SUCCESS);
    struct mm_counters c;
    mm_query_counters(w.mm, &c);
    uint64_t room = c.commit_limit - c.committed;
    va_t base = HERE;
    uint64_t size = (room + 1000) * PAGE;
    ck_assert_uint_eq(allocate(&w, process, &base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    struct mm_pagefile_info info;
    ck_assert(mm_pagefile_query(w.mm, number, &info));
    ck_assert_uint_ge(info.size, 1256);
    base = 0;
    size = 4096 * PAGE;
    ck_assert_uint_eq(allocate(&w, process, &base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                      STATUS_COMMITMENT_LIMIT);
    check_laws(&w);
    end_process(&w, process);
    check_laws(&w);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("paging");
    TCase *tc = tcase_create("paging");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_accesses_under_pressure, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, page_files_have_sizes, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, commit_extends_page_files, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    tc = tcase_create("tables");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, page_tables_under_pressure, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_table_that_cannot_be_read_stops_a_service, 0,
                        N_ELEMENTS(table_calls) * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
