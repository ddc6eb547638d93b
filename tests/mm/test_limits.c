/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_limits.c - how large working sets are: growth, maxima and minima, hard and soft; what the working-set manager
 * takes from whom, and what is left alone (nt-reference 7.2 to 7.4). */
#include "tests/mm/support.h"

#define COMMIT_ALL (MEM_RESERVE | MEM_COMMIT)

enum {
    PAGES = 1200, /* committed at HERE in each process */
    FAR_TABLES = 40,
    LARGE_FRAMES = 4096,
};
#define FAR_AWAY UINT64_C(0x40000000) /* one page in each page table's range: FAR_TABLES tables */
#define FAR_STEP (UINT64_C(4) << 20)

static va_t page(unsigned i)
{
    return HERE + (va_t)i * PAGE;
}

static void open_world(struct world *w, enum paging_format format, uint32_t frames)
{
    world_open(w, format, frames);
    w->mm->config.daemons = MM_DAEMONS_ARE_THREADS;
}

static mm_process process_with_pages(struct world *w)
{
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, HERE, (uint64_t)PAGES * PAGE, COMMIT_ALL, PAGE_READWRITE);
    return p;
}

static void fill(struct world *w, mm_process p, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        write_byte(w, p, page(i), (uint8_t)(i + 1));
    check_laws(w);
}

static uint64_t size_of(struct world *w, mm_process p)
{
    struct mm_process_counters c;
    mm_process_query(w->mm, p, &c);
    return c.working_set;
}

static uint64_t available(struct world *w)
{
    struct mm_counters c;
    mm_query_counters(w->mm, &c);
    return c.zeroed + c.free + c.standby;
}

static void set_limits(struct world *w, mm_process p, uint64_t minimum, uint64_t maximum, unsigned hard)
{
    struct mm_ws_limits limits = {minimum, maximum, hard};
    ck_assert_uint_eq(mm_ws_set_limits(w->mm, p, &limits), STATUS_SUCCESS);
    check_laws(w);
}

/* The system takes frames until so many are left. */
static void leave_available(struct world *w, uint64_t left)
{
    va_t va = w->format == PAGING_X64 ? UINT64_C(0xFFFFF80000400000) : 0x80400000;
    for (; available(w) > left; va += PAGE)
        ck_assert_uint_eq(mm_system_allocate(w->mm, va, PAGE, MM_READWRITE), STATUS_SUCCESS);
    check_laws(w);
}

/* The working-set manager, and all that it has to do; look is called after each step. */
static void manage(struct world *w, enum mm_wake wake, void (*look)(struct world *w))
{
    enum mm_step step;
    do {
        step = mm_daemon_step(w->mm, MM_WORKING_SET_MANAGER, wake);
        wake = MM_WAKE_SIGNAL;
        check_laws(w);
        if (look)
            look(w);
    } while (step == MM_STEP_MORE);
}

static bool is_resident(struct world *w, mm_process p, va_t va)
{
    struct mm_ws_page ignored;
    return mm_ws_page_at(w->mm, p, va, &ignored);
}

/* --- Maxima ------------------------------------------------------------------------------------------------------ */

START_TEST(a_soft_maximum_gives_way_while_memory_is_plenty)
{
    struct world w;
    struct mm_counters c;
    open_world(&w, _i, LARGE_FRAMES);
    mm_process p = process_with_pages(&w);
    fill(&w, p, 0, PAGES); /* the default maximum is 345 */
    ck_assert_uint_eq(mm_ws_list(w.mm, p, NULL, 0), PAGES);
    mm_query_counters(w.mm, &c);
    ck_assert_uint_eq(c.trims_replaced, 0);
    world_close(&w);
}
END_TEST

START_TEST(a_soft_maximum_holds_when_it_is_not)
{
    struct world w;
    open_world(&w, _i, WORLD_FRAMES);
    mm_process p = process_with_pages(&w);
    set_limits(&w, p, 50, 200, 0);
    unsigned i = 0;
    for (; available(&w) > w.mm->tuning.plenty; i++)
        write_byte(&w, p, page(i), 1);
    uint64_t size = size_of(&w, p);
    ck_assert_uint_gt(size, 250);
    for (unsigned last = i + 100; i < last; i++) {
        write_byte(&w, p, page(i), 1);
        ck_assert_uint_le(size_of(&w, p), size);
        check_laws(&w);
    }
    world_close(&w);
}
END_TEST

/* Whatever memory there is; page tables and the list's own pages count. */
START_TEST(a_hard_maximum_holds)
{
    struct world w;
    enum paging_format format = _i % PAGING_FORMAT_COUNT;
    open_world(&w, format, LARGE_FRAMES);
    w.mm->config.replacement = _i < PAGING_FORMAT_COUNT ? MM_REPLACE_AGED : MM_REPLACE_FIFO;
    mm_process p = process_with_pages(&w);
    set_limits(&w, p, 50, 120, MM_WS_HARD_MAX);
    for (unsigned i = 0; i < PAGES; i++) {
        write_byte(&w, p, page(i), (uint8_t)i);
        ck_assert_uint_le(size_of(&w, p), 120);
        if (i % 50 == 0)
            check_laws(&w);
    }
    allocate_at(&w, p, FAR_AWAY, FAR_TABLES * FAR_STEP, MEM_RESERVE, PAGE_READWRITE);
    for (unsigned i = 0; i < FAR_TABLES; i++) {
        allocate_at(&w, p, FAR_AWAY + i * FAR_STEP, PAGE, MEM_COMMIT, PAGE_READWRITE);
        write_byte(&w, p, FAR_AWAY + i * FAR_STEP, 1);
        ck_assert_uint_le(size_of(&w, p), 120);
        check_laws(&w);
    }
    for (unsigned i = 0; i < PAGES; i++)
        ck_assert_uint_eq(read_byte(&w, p, page(i)), (uint8_t)i);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* Maxima around the numbers of entries at which the list gets another page, which is in the working set too. */
START_TEST(a_hard_maximum_holds_while_the_list_grows)
{
    struct world w;
    unsigned entries = _i == PAGING_X64 ? 301 : 602; /* of the first page */
    for (unsigned maximum = entries - 10; maximum < entries + 5; maximum++) {
        open_world(&w, _i, LARGE_FRAMES);
        mm_process p = process_with_pages(&w);
        set_limits(&w, p, 50, maximum, MM_WS_HARD_MAX);
        for (unsigned i = 0; i < maximum + 20; i++) {
            write_byte(&w, p, page(i), (uint8_t)i);
            ck_assert_msg(size_of(&w, p) <= maximum, "%u pages, and the maximum is %u", (unsigned)size_of(&w, p),
                          maximum);
        }
        ck_assert_uint_ge(size_of(&w, p), maximum - 1);
        check_laws(&w);
        world_close(&w);
    }
}
END_TEST

START_TEST(a_hard_maximum_below_the_size_takes_effect_at_once)
{
    struct world w;
    open_world(&w, _i, LARGE_FRAMES);
    mm_process p = process_with_pages(&w);
    fill(&w, p, 0, 600);
    set_limits(&w, p, 50, 300, 0);
    ck_assert_uint_gt(size_of(&w, p), 600); /* soft, and memory is plenty */
    unsigned flushes = w.flushes;
    set_limits(&w, p, 50, 300, MM_WS_HARD_MAX);
    ck_assert_uint_eq(size_of(&w, p), 300);
    ck_assert_uint_eq(w.flushes, flushes + 1);
    for (unsigned i = 0; i < 600; i++) {
        ck_assert_uint_eq(read_byte(&w, p, page(i)), (uint8_t)(i + 1));
        ck_assert_uint_le(size_of(&w, p), 300);
    }
    check_laws(&w);
    set_limits(&w, p, 50, 300, 0); /* soft again */
    fill(&w, p, 0, 600);
    ck_assert_uint_gt(size_of(&w, p), 600);
    world_close(&w);
}
END_TEST

/* --- What a fault needs at once
 * ---------------------------------------------------------------------------------------
 */

enum { STACK_PAGES = 16 };
#define STACK UINT64_C(0x20000000)
#define TEB UINT64_C(0x30000000) /* two pages: a word of the bounds on each */

static mm_process stack_owner;

static bool two_page_teb(void *context, mm_process process, struct mm_user_stack *ret_stack)
{
    const struct world *w = context;
    uint8_t byte;
    *ret_stack = (struct mm_user_stack){
        .base = STACK + STACK_PAGES * PAGE, .limit = STACK + (STACK_PAGES - 1) * PAGE, .deallocation = STACK};
    for (va_t va = TEB; va < TEB + 2 * PAGE && !ret_stack->missing; va += PAGE)
        if (mm_peek(w->mm, process, va, &byte, 1) != 1)
            *ret_stack = (struct mm_user_stack){.missing = va};
    return process == stack_owner;
}

/* Nothing is left to replace but a few pages, and both pages of the TEB are among them. */
START_TEST(a_fault_keeps_what_it_brought)
{
    static const enum mm_replacement replacement[] = {MM_REPLACE_AGED, MM_REPLACE_FIFO};
    struct world w;
    struct mm_fault f, lock;
    open_world(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
    w.mm->config.replacement = replacement[_i / PAGING_FORMAT_COUNT];
    w.env.user_stack = two_page_teb;
    mm_process p = stack_owner = process_with_pages(&w);
    allocate_at(&w, p, TEB, 2 * PAGE, COMMIT_ALL, PAGE_READWRITE);
    allocate_at(&w, p, STACK, STACK_PAGES * PAGE, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(&w, p, STACK + (STACK_PAGES - 1) * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    allocate_at(&w, p, STACK + (STACK_PAGES - 2) * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    struct mm_range range = {HERE, 42 * PAGE};
    lock = (struct mm_fault){.process = p};
    ck_assert_uint_eq(mm_lock(w.mm, &lock, &range, MM_LOCK_PROCESS, NULL, NULL), STATUS_SUCCESS);
    for (va_t va = TEB; va < TEB + 2 * PAGE; va += PAGE)
        write_byte(&w, p, va, 1);
    for (uint64_t room = 4; room <= 12; room++) {
        set_limits(&w, p, 50, size_of(&w, p) < 50 ? 50 : size_of(&w, p), MM_WS_HARD_MAX);
        va_t guard = STACK + (va_t)(STACK_PAGES + 2 - room) * PAGE;
        for (va_t va = TEB; va < TEB + 2 * PAGE; va += PAGE)
            trim(&w, p, va);
        for (unsigned i = 0; i < room; i++)
            write_byte(&w, p, page(50 + i), 1);
        ck_assert_int_eq(fault_once(&w, p, guard, MMU_WRITE, MMU_USER, 0, &f), MM_FAULT_RESOLVED);
        ck_assert_int_eq(f.type, MM_FAULT_TYPE_STACK_GROWTH);
        check_laws(&w);
    }
    world_close(&w);
}
END_TEST

/* --- What stays ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned map;
} locks[] = {{"in the working set", MM_LOCK_PROCESS}, {"in memory", MM_LOCK_SYSTEM}};

START_TEST(locked_pages_stay)
{
    struct world w;
    enum paging_format format = _i % PAGING_FORMAT_COUNT;
    unsigned map = locks[_i / PAGING_FORMAT_COUNT % 2].map;
    open_world(&w, format, WORLD_FRAMES);
    w.mm->config.replacement = _i / PAGING_FORMAT_COUNT / 2 ? MM_REPLACE_FIFO : MM_REPLACE_AGED;
    mm_process p = process_with_pages(&w);
    struct mm_range range = {page(10), 20 * PAGE};
    struct mm_fault f = {.process = p};
    ck_assert_uint_eq(mm_lock(w.mm, &f, &range, map, NULL, NULL), STATUS_SUCCESS);
    fill(&w, p, 0, 60);
    uint32_t frame = (uint32_t)(pte_word(&w, p, page(15)) >> 12);
    set_limits(&w, p, 50, 70, MM_WS_HARD_MAX);
    fill(&w, p, 60, 300); /* replacement */
    leave_available(&w, 5);
    manage(&w, MM_WAKE_TIMER, NULL); /* the manager */
    mm_ws_empty(w.mm, p);
    check_laws(&w);
    ck_assert_uint_eq(mm_ws_list(w.mm, p, NULL, 0), 20);
    for (unsigned i = 10; i < 30; i++)
        ck_assert(is_resident(&w, p, page(i)));
    ck_assert_uint_eq(pte_word(&w, p, page(15)) >> 12 & 0xFFFFFFF, frame);
    ck_assert_uint_eq(mm_unlock(w.mm, p, &range, map), STATUS_SUCCESS);
    mm_ws_empty(w.mm, p);
    check_laws(&w);
    ck_assert_uint_eq(mm_ws_list(w.mm, p, NULL, 0), 0);
    world_close(&w);
}
END_TEST

START_TEST(emptying_asks_for_no_minimum)
{
    struct world w;
    open_world(&w, _i, WORLD_FRAMES);
    mm_process p = process_with_pages(&w);
    set_limits(&w, p, 100, 200, MM_WS_HARD_MIN);
    fill(&w, p, 0, 150);
    mm_ws_empty(w.mm, p);
    check_laws(&w);
    ck_assert_uint_eq(mm_ws_list(w.mm, p, NULL, 0), 0);
    fill(&w, p, 0, 150);
    ck_assert_uint_eq(read_byte(&w, p, page(149)), 150);
    world_close(&w);
}
END_TEST

/* --- The working-set manager ---------------------------------------------------------------------------------- */

START_TEST(a_second_ages_and_takes_nothing_while_memory_is_plenty)
{
    struct world w;
    struct mm_counters c;
    open_world(&w, _i, WORLD_FRAMES);
    mm_process p = process_with_pages(&w);
    fill(&w, p, 0, 200);
    for (unsigned second = 0; second < 5; second++) {
        ck_assert_uint_eq(pte_word(&w, p, page(3)) & 0x20, second == 0 ? 0x20 : 0);
        manage(&w, MM_WAKE_TIMER, NULL);
        ck_assert_uint_eq(pte_word(&w, p, page(3)) & 0x20, 0); /* Accessed is asked for anew */
    }
    manage(&w, MM_WAKE_SIGNAL, NULL);
    ck_assert_uint_eq(mm_ws_list(w.mm, p, NULL, 0), 200);
    mm_query_counters(w.mm, &c);
    ck_assert_uint_eq(c.trims_manager, 0);
    world_close(&w);
}
END_TEST

/* Pages of the greatest age, and no more than are needed. */
START_TEST(the_oldest_pages_go_first)
{
    struct world w;
    struct mm_counters before, after;
    open_world(&w, _i, WORLD_FRAMES);
    mm_process p = process_with_pages(&w);
    fill(&w, p, 0, 300);
    for (unsigned second = 0; second < 4; second++) {
        for (unsigned i = 0; i < 300; i += 2)
            read_byte(&w, p, page(i)); /* the even ones are in use */
        manage(&w, MM_WAKE_TIMER, NULL);
    }
    leave_available(&w, 20);
    mm_query_counters(w.mm, &before);
    manage(&w, MM_WAKE_SIGNAL, NULL);
    mm_query_counters(w.mm, &after);
    uint64_t gone = after.trims_manager - before.trims_manager;
    ck_assert_uint_ge(gone, w.mm->tuning.goal - 20);
    ck_assert_uint_le(gone, w.mm->tuning.goal - 20 + 64); /* a batch is 64 */
    for (unsigned i = 0; i < 300; i += 2)
        ck_assert_msg(is_resident(&w, p, page(i)), "page %u is in use", i);
    world_close(&w);
}
END_TEST

static struct {
    mm_process idle, busy;
    uint64_t idle_minimum, busy_size;
    bool busy_gave;
} pair;

static void idle_first(struct world *w)
{
    if (size_of(w, pair.busy) < pair.busy_size) {
        ck_assert_uint_eq(size_of(w, pair.idle), pair.idle_minimum);
        pair.busy_gave = true;
    }
    ck_assert_uint_ge(size_of(w, pair.idle), pair.idle_minimum);
    ck_assert_uint_ge(size_of(w, pair.busy), 50);
}

/* The process of the lower fault rate gives first, down to its minimum; then the other does. */
START_TEST(the_lowest_fault_rate_gives_first)
{
    struct world w;
    bool swapped = _i >= PAGING_FORMAT_COUNT; /* the order in which the processes were made does not matter */
    open_world(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
    mm_process a = process_with_pages(&w), b = process_with_pages(&w);
    pair.idle = swapped ? b : a;
    pair.busy = swapped ? a : b;
    pair.idle_minimum = 60;
    pair.busy_gave = false;
    set_limits(&w, pair.idle, pair.idle_minimum, 345, 0);
    fill(&w, pair.idle, 0, 90);
    manage(&w, MM_WAKE_TIMER, NULL);
    fill(&w, pair.busy, 0, 200);
    manage(&w, MM_WAKE_TIMER, NULL);
    pair.busy_size = size_of(&w, pair.busy);
    leave_available(&w, 2);
    manage(&w, MM_WAKE_SIGNAL, idle_first);
    ck_assert_uint_eq(size_of(&w, pair.idle), pair.idle_minimum);
    ck_assert(pair.busy_gave);
    world_close(&w);
}
END_TEST

/* The manager's second has not passed since the young one was born: what it did until then counts. */
START_TEST(a_young_process_is_not_idle)
{
    struct world w;
    open_world(&w, _i, WORLD_FRAMES);
    mm_process old = process_with_pages(&w);
    fill(&w, old, 0, 300);
    manage(&w, MM_WAKE_TIMER, NULL);
    mm_process young = process_with_pages(&w);
    fill(&w, old, 300, 20); /* it does little, but something */
    manage(&w, MM_WAKE_TIMER, NULL);
    mm_process younger = process_with_pages(&w);
    fill(&w, young, 0, 100);
    fill(&w, younger, 0, 100);
    uint64_t size = size_of(&w, young), same = size_of(&w, younger);
    leave_available(&w, 10);
    manage(&w, MM_WAKE_SIGNAL, NULL);
    ck_assert_uint_eq(size_of(&w, young), size);
    ck_assert_uint_eq(size_of(&w, younger), same);
    ck_assert_uint_lt(size_of(&w, old), 320);
    world_close(&w);
}
END_TEST

/* Enough of the idle one: the busy one keeps all. */
START_TEST(no_more_than_is_needed_is_taken)
{
    struct world w;
    open_world(&w, _i, WORLD_FRAMES);
    mm_process idle = process_with_pages(&w), busy = process_with_pages(&w);
    fill(&w, idle, 0, 300);
    manage(&w, MM_WAKE_TIMER, NULL);
    fill(&w, busy, 0, 200);
    manage(&w, MM_WAKE_TIMER, NULL);
    uint64_t size = size_of(&w, busy);
    leave_available(&w, 10);
    manage(&w, MM_WAKE_SIGNAL, NULL);
    ck_assert_uint_eq(size_of(&w, busy), size);
    ck_assert_uint_lt(size_of(&w, idle), 300);
    ck_assert_uint_ge(size_of(&w, idle), 50);
    world_close(&w);
}
END_TEST

/* A process at its maximum replaces its own pages although there are others that nobody uses: once a second those are
 * taken from whom they are idle, down to the minimum; pages in use stay, and a hard maximum is no reason. */
START_TEST(room_is_made_for_who_replaces)
{
    struct world w;
    struct mm_counters c;
    bool hard = _i / PAGING_FORMAT_COUNT;
    open_world(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
    mm_process idle = process_with_pages(&w), busy = process_with_pages(&w);
    fill(&w, idle, 0, 300);
    manage(&w, MM_WAKE_TIMER, NULL);
    set_limits(&w, busy, 50, 200, hard ? MM_WS_HARD_MAX : 0);
    leave_available(&w, 450);
    for (unsigned i = 0; i < 500; i++) { /* more than 200, but not as many as these */
        write_byte(&w, busy, page(i), 1);
        while (mm_daemon_step(w.mm, MM_MODIFIED_WRITER, MM_WAKE_SIGNAL) == MM_STEP_MORE)
            check_laws(&w);
    }
    for (unsigned i = 0; i < 40; i++)
        read_byte(&w, idle, page(i));
    mm_query_counters(w.mm, &c);
    ck_assert_uint_gt(c.trims_replaced, 100);
    ck_assert_uint_eq(c.trims_manager, 0);
    uint64_t size = size_of(&w, busy);
    manage(&w, MM_WAKE_TIMER, NULL);
    mm_query_counters(w.mm, &c);
    ck_assert_uint_eq(size_of(&w, busy), size);
    ck_assert_uint_ge(size_of(&w, idle), 50);
    for (unsigned i = 0; i < 40; i++)
        ck_assert(is_resident(&w, idle, page(i)));
    if (hard)
        ck_assert_uint_eq(c.trims_manager, 0);
    else
        ck_assert_uint_gt(c.trims_manager, 100);
    uint64_t trimmed = c.trims_manager;
    manage(&w, MM_WAKE_TIMER, NULL); /* nobody has replaced since */
    mm_query_counters(w.mm, &c);
    ck_assert_uint_eq(c.trims_manager, trimmed);
    world_close(&w);
}
END_TEST

/* A program that needs more than there is takes from others down to their minimum, and lives on its own pages then. */
START_TEST(others_keep_their_minimum)
{
    struct world w;
    unsigned hard = _i / PAGING_FORMAT_COUNT ? MM_WS_HARD_MIN : 0;
    world_open(&w, _i % PAGING_FORMAT_COUNT, 256);
    mm_process quiet = process_with_pages(&w), hungry = process_with_pages(&w);
    set_limits(&w, quiet, 70, 100, hard);
    fill(&w, quiet, 0, 90);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 500; i++) {
            write_byte(&w, hungry, page(i), (uint8_t)i);
            ck_assert_uint_ge(size_of(&w, quiet), 70);
            if (i % 20 == 0)
                check_laws(&w);
            if (i % 100 == 0)
                manage(&w, MM_WAKE_TIMER, NULL);
        }
    ck_assert_uint_lt(size_of(&w, quiet), 90);
    for (unsigned i = 0; i < 500; i++)
        ck_assert_uint_eq(read_byte(&w, hungry, page(i)), (uint8_t)i);
    for (unsigned i = 0; i < 90; i++)
        ck_assert_uint_eq(read_byte(&w, quiet, page(i)), (uint8_t)(i + 1));
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* A thread waits for a frame, and nobody has more than its minimum: one that is soft is not kept, a hard one is. */
START_TEST(a_minimum_in_distress)
{
    struct world w;
    struct mm_fault f;
    bool hard = _i / PAGING_FORMAT_COUNT;
    open_world(&w, _i % PAGING_FORMAT_COUNT, 256);
    mm_process quiet = process_with_pages(&w), other = process_with_pages(&w);
    set_limits(&w, quiet, 60, 120, hard ? MM_WS_HARD_MIN : 0);
    set_limits(&w, other, 50, 120, MM_WS_HARD_MIN);
    for (unsigned i = 0; size_of(&w, quiet) < 60; i++)
        write_byte(&w, quiet, page(i), 1);
    fill(&w, other, 0, 1);
    leave_available(&w, 0);
    ck_assert_int_eq(touch(&w, other, page(1), MMU_WRITE, &f), MM_FAULT_WAIT);
    ck_assert_uint_eq(mm_wait_key(w.mm), MM_WAIT_FREE_PAGE);
    manage(&w, MM_WAKE_SIGNAL, NULL);
    while (mm_daemon_step(w.mm, MM_MODIFIED_WRITER, MM_WAKE_SIGNAL) == MM_STEP_MORE)
        check_laws(&w);
    ck_assert(mm_take_signals(w.mm) & MM_SIGNAL_FREE_PAGE);
    enum mm_fault_result result = touch(&w, other, page(1), MMU_WRITE, &f);
    check_laws(&w);
    if (hard) {
        ck_assert_uint_eq(size_of(&w, quiet), 60);
        ck_assert_int_eq(result, MM_FAULT_RAISE);
        ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
        ck_assert_uint_eq(f.information[2], STATUS_NO_MEMORY);
    } else {
        ck_assert_uint_lt(size_of(&w, quiet), 60);
        ck_assert_int_eq(result, MM_FAULT_RESOLVED);
    }
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/limits");
    TCase *tc = tcase_create("limits");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_soft_maximum_gives_way_while_memory_is_plenty, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_soft_maximum_holds_when_it_is_not, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_hard_maximum_holds, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_hard_maximum_holds_while_the_list_grows, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_hard_maximum_below_the_size_takes_effect_at_once, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_fault_keeps_what_it_brought, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, locked_pages_stay, 0, 4 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, emptying_asks_for_no_minimum, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_second_ages_and_takes_nothing_while_memory_is_plenty, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_oldest_pages_go_first, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_lowest_fault_rate_gives_first, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_young_process_is_not_idle, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, no_more_than_is_needed_is_taken, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, room_is_made_for_who_replaces, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, others_keep_their_minimum, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_minimum_in_distress, 0, 2 * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
