/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_system_set.c - the working set of the system: its limits, who gives pages first, and pages of prototype PTEs
 * that leave memory and come back. */
#include "mm/inspect.h"
#include "tests/mm/support.h"

enum {
    FRAMES = 512,
    PAGES = 40, /* of a section: in one page of prototype PTEs */

};

static struct mm_process_counters set_of(struct world *w, mm_process process)
{
    struct mm_process_counters counters;
    mm_process_query(w->mm, process, &counters);
    return counters;
}

static struct mm_process_counters system_set(struct world *w)
{
    return set_of(w, mm_system_process(w->mm));
}

/* --- A section whose prototype PTEs are out --------------------------------------------------------------------- */

enum backing { BACKING_PAGEFILE, BACKING_RESERVED, BACKING_FILE, BACKING_IMAGE, BACKING_COUNT };
static const char *const backing_name[] = {"page file", "reserved", "file", "image"};

enum way { WAY_MODIFIED, WAY_STANDBY, WAY_DISK, WAY_COUNT };

struct scene {
    struct world w;
    enum backing backing;
    mm_process p;
    mm_section section;
    va_t view, prototypes; /* the latter: their page */
    unsigned pages;
};

static uint8_t byte_of(const struct scene *s, unsigned page)
{
    if (s->backing == BACKING_IMAGE)
        return page < IMAGE_SHARED ? file_byte(IMAGE_FILE, page, 0) : (uint8_t)(page * 5 + 1);
    return s->backing == BACKING_FILE ? data_byte((uint64_t)page * PAGE) : (uint8_t)(page * 5 + 1);
}

/* Which pages the scene looks at: of the image, those with contents of their own. */
static bool is_used(const struct scene *s, unsigned page)
{
    return s->backing != BACKING_IMAGE || page < IMAGE_DATA || (page >= IMAGE_SHARED && page < IMAGE_RDATA);
}

static bool is_ours(const struct scene *s, unsigned page)
{
    return s->backing == BACKING_PAGEFILE || s->backing == BACKING_RESERVED ||
           (s->backing == BACKING_IMAGE && page >= IMAGE_SHARED);
}

static void make(struct scene *s)
{
    uint64_t size = (uint64_t)PAGES * PAGE;
    s->pages = PAGES;
    switch (s->backing) {
    case BACKING_PAGEFILE: s->section = make_pagefile_section(&s->w, size, SEC_COMMIT); break;
    case BACKING_RESERVED: s->section = make_pagefile_section(&s->w, 2 * size, SEC_RESERVE); break;
    case BACKING_FILE:
        make_file(&s->w, 0, size);
        s->section = make_data_section(&s->w, 0, MM_READWRITE);
        break;
    case BACKING_IMAGE:
        s->section = make_section(&s->w);
        s->view = map_section(&s->w, s->p, s->section);
        s->pages = IMAGE_PAGES;
        return;
    case BACKING_COUNT: break;
    }
    s->view = map_data(&s->w, s->p, s->section, HERE, PAGE_READWRITE);
    if (s->backing == BACKING_RESERVED)
        allocate_at(&s->w, s->p, s->view, size, MEM_COMMIT, PAGE_READWRITE);
}

static void open_scene(struct scene *s, enum paging_format format, enum backing backing)
{
    *s = (struct scene){.backing = backing};
    world_open(&s->w, format, FRAMES);
    s->w.mm->tuning.cluster = s->w.mm->tuning.code_cluster = s->w.mm->tuning.data_cluster = 1;
    s->p = new_process(&s->w, PTE_NX_ON);
    make(s);
    for (unsigned page = 0; page < s->pages; page++)
        if (is_used(s, page) && is_ours(s, page))
            write_byte(&s->w, s->p, s->view + page * PAGE, byte_of(s, page));
        else if (is_used(s, page))
            read_byte(&s->w, s->p, s->view + page * PAGE);
    const struct control_area *area = mi_area(s->w.mm, section_area(&s->w, s->section));
    const struct subsection *chunk = area->chunks ? arena_at(s->w.mm->arena, area->chunks) : NULL;
    s->prototypes = chunk ? chunk->prototypes : area->prototypes;
    check_laws(&s->w);
}

static mmpte_t entry_of(struct scene *s)
{
    mmpte_t pte;
    ck_assert(mm_peek_pte(s->w.mm, mm_system_process(s->w.mm), s->prototypes, &pte));
    return pte;
}

static bool is_valid(struct scene *s)
{
    return entry_of(s).raw & 1;
}

static bool is_transition(struct scene *s)
{
    return !is_valid(s) && (entry_of(s).raw >> 11 & 1);
}

static void send(struct scene *s, enum way way)
{
    mm_ws_empty(s->w.mm, s->p);
    ck_assert_uint_eq(mm_ws_trim(s->w.mm, mm_system_process(s->w.mm), 0, 100), 0); /* their pages are on lists */
    check_laws(&s->w);
    ck_assert(is_valid(s));
    write_modified(&s->w);
    take_standby(&s->w);
    mm_ws_trim(s->w.mm, mm_system_process(s->w.mm), 0, 100);
    check_laws(&s->w);
    ck_assert_msg(!is_valid(s), "%s: they stay", backing_name[s->backing]);
    if (way >= WAY_STANDBY)
        write_modified(&s->w);
    if (way >= WAY_DISK)
        take_standby(&s->w);
    ck_assert_int_eq(is_transition(s), way != WAY_DISK);
}

static void close_scene(struct scene *s)
{
    struct mm_pagefile_info file;
    end_process(&s->w, s->p);
    check_laws(&s->w);
    if (s->section)
        mm_section_close(s->w.mm, s->section);
    check_laws(&s->w);
    ck_assert(mm_pagefile_query(s->w.mm, 0, &file));
    if (s->backing != BACKING_FILE) /* which is kept for its pages */
        ck_assert_uint_eq(file.used, 0);
    world_close(&s->w);
}

/* A row: format, backing, way. */
enum { ROWS = PAGING_FORMAT_COUNT * BACKING_COUNT * WAY_COUNT };
static enum way open_row(struct scene *s, int row)
{
    open_scene(s, row % PAGING_FORMAT_COUNT, row / PAGING_FORMAT_COUNT % BACKING_COUNT);
    return (enum way)(row / PAGING_FORMAT_COUNT / BACKING_COUNT);
}

static void check_contents(struct scene *s)
{
    for (unsigned page = 0; page < s->pages; page++) {
        if (!is_used(s, page))
            continue;
        ck_assert_uint_eq(read_byte(&s->w, s->p, s->view + page * PAGE), byte_of(s, page));
        check_laws(&s->w);
    }
}

START_TEST(prototypes_leave_and_come_back)
{
    struct scene s;
    struct mm_counters out;
    enum way way = open_row(&s, _i);
    uint64_t before = mi_resident_available(s.w.mm), committed = s.w.mm->system_commit;
    send(&s, way);
    ck_assert_uint_eq(s.w.mm->system_commit, committed);
    ck_assert_uint_eq(mi_resident_available(s.w.mm), before); /* in memory or not: nobody counts on it */
    mm_query_counters(s.w.mm, &out);
    ck_assert_uint_ge(out.trims_system, 1);
    uint64_t faults = system_set(&s.w).page_faults;
    check_contents(&s);
    ck_assert(is_valid(&s));
    ck_assert_uint_eq(system_set(&s.w).page_faults, faults + 1);
    close_scene(&s);
}
END_TEST

START_TEST(deleted_wherever_they_are)
{
    struct scene s;
    enum way way = open_row(&s, _i);
    send(&s, way);
    unsigned reads = s.w.pagefile_reads;
    ck_assert_uint_eq(mm_unmap_view(s.w.mm, s.p, s.view), STATUS_SUCCESS);
    mm_section_close(s.w.mm, s.section);
    s.section = 0;
    check_laws(&s.w);
    ck_assert_uint_eq(s.w.pagefile_reads, reads); /* not for that */
    ck_assert_uint_eq(mi_pool_pages(s.w.mm), 0);
    close_scene(&s);
}
END_TEST

static ntstatus_t take_time(void *context, const struct mm_io *io)
{
    ((struct world *)context)->io = *io;
    return STATUS_PENDING;
}

/* A fault waits for the page, then for its own; two faults for the same. */
START_TEST(a_fault_waits_for_them)
{
    struct scene s;
    struct mm_fault f;
    open_scene(&s, _i, BACKING_PAGEFILE);
    send(&s, WAY_DISK);
    s.w.env.io_begin = take_time;
    for (unsigned turn = 0; turn < 2; turn++) {
        ck_assert_int_eq(touch(&s.w, s.p, s.view, MMU_READ, &f), MM_FAULT_WAIT);
        uint32_t id = s.w.io.id;
        ck_assert_uint_eq(mm_wait_key(s.w.mm), id);
        check_laws(&s.w);
        ck_assert_int_eq(touch(&s.w, s.p, s.view + PAGE, MMU_READ, &f), MM_FAULT_WAIT);
        if (turn == 0)
            ck_assert_uint_eq(mm_wait_key(s.w.mm), id); /* the same transfer */
        mm_io_done(s.w.mm, id);
        check_laws(&s.w);
    }
    s.w.env.io_begin = NULL;
    ck_assert_uint_eq(read_byte(&s.w, s.p, s.view), byte_of(&s, 0));
    mm_io_done(s.w.mm, s.w.io.id);
    mm_thread_moved(s.w.mm, 1);
    check_contents(&s);
    close_scene(&s);
}
END_TEST

START_TEST(a_read_that_fails_is_the_threads)
{
    struct scene s;
    struct mm_fault f;
    open_scene(&s, _i % PAGING_FORMAT_COUNT, (enum backing)(_i / PAGING_FORMAT_COUNT));
    send(&s, WAY_DISK);
    s.w.pagefile_answer = STATUS_IO_DEVICE_ERROR;
    ck_assert_int_eq(touch(&s.w, s.p, s.view, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_IN_PAGE_ERROR);
    ck_assert_uint_eq(f.information[1], s.view);
    ck_assert_uint_eq(f.information[2], STATUS_IO_DEVICE_ERROR);
    check_laws(&s.w);
    ck_assert_uint_eq(s.w.mm->bugcheck.code, 0);
    s.w.pagefile_answer = STATUS_SUCCESS;
    mm_thread_moved(s.w.mm, 1);
    check_contents(&s);
    close_scene(&s);
}
END_TEST

/* Committing needs them at once, and takes a read from another who waits for it. */
START_TEST(a_service_has_them_at_once)
{
    struct scene s;
    struct mm_fault f;
    bool waiter = _i >= PAGING_FORMAT_COUNT;
    open_scene(&s, _i % PAGING_FORMAT_COUNT, BACKING_RESERVED);
    send(&s, WAY_DISK);
    s.w.env.io_begin = take_time;
    if (waiter)
        ck_assert_int_eq(touch(&s.w, s.p, s.view, MMU_READ, &f), MM_FAULT_WAIT);
    mm_take_synchronous(s.w.mm);
    allocate_at(&s.w, s.p, s.view + PAGES * PAGE, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    check_laws(&s.w);
    ck_assert(is_valid(&s));
    ck_assert_uint_eq(mm_take_synchronous(s.w.mm), 1);
    ck_assert_uint_eq(s.w.mm->bugcheck.code, 0);
    s.w.env.io_begin = NULL;
    if (waiter)
        mm_io_done(s.w.mm, s.w.io.id);
    mm_thread_moved(s.w.mm, 1);
    check_laws(&s.w);
    write_byte(&s.w, s.p, s.view + (PAGES + 2) * PAGE, 77);
    check_contents(&s);
    close_scene(&s);
}
END_TEST

START_TEST(a_service_that_cannot_have_them_stops)
{
    struct scene s;
    struct mm_bugcheck bugcheck;
    va_t base;
    uint64_t size = PAGE;
    open_scene(&s, _i, BACKING_RESERVED);
    send(&s, WAY_DISK);
    uint64_t word = entry_of(&s).raw;
    s.w.pagefile_answer = STATUS_IO_DEVICE_ERROR;
    base = s.view + PAGES * PAGE;
    allocate(&s.w, s.p, &base, &size, MEM_COMMIT, PAGE_READWRITE);
    ck_assert_uint_ne(mm_take_signals(s.w.mm) & MM_SIGNAL_ATTENTION, 0);
    ck_assert(mm_take_bugcheck(s.w.mm, &bugcheck));
    ck_assert_uint_eq(bugcheck.code, 0x7A); /* KERNEL_DATA_INPAGE_ERROR */
    ck_assert_uint_eq(bugcheck.parameter[1], STATUS_IO_DEVICE_ERROR);
    ck_assert_uint_eq(bugcheck.parameter[2], word);
    ck_assert_uint_eq(bugcheck.parameter[3], s.prototypes);
    world_close(&s.w);
}
END_TEST

/* Looking brings nothing. */
START_TEST(a_look_leaves_them_out)
{
    struct scene s;
    struct mm_region region;
    mmpte_t word;
    open_scene(&s, _i % PAGING_FORMAT_COUNT, BACKING_RESERVED);
    send(&s, (enum way)(_i / PAGING_FORMAT_COUNT));
    mmpte_t before = entry_of(&s);
    ck_assert_uint_eq(mm_query(s.w.mm, s.p, s.view, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.size, (uint64_t)PAGES * PAGE);
    ck_assert_uint_eq(region.state, MEM_COMMIT);
    ck_assert_uint_eq(mm_query(s.w.mm, s.p, s.view + PAGES * PAGE, &region), STATUS_SUCCESS);
    ck_assert_uint_eq(region.size, (uint64_t)PAGES * PAGE);
    ck_assert_uint_eq(region.state, MEM_RESERVE);
    ck_assert(mm_inspect_prototype(s.w.mm, s.prototypes, &word));
    ck_assert_uint_ne(word.raw, 0);
    ck_assert_uint_eq(entry_of(&s).raw, before.raw);
    check_laws(&s.w);
    check_contents(&s);
    close_scene(&s);
}
END_TEST

/* Kernel-mode code that touches the page. */
START_TEST(the_kernel_meets_them)
{
    struct scene s;
    struct mm_fault f;
    enum way way = open_row(&s, _i);
    send(&s, way);
    fault_once(&s.w, s.p, s.prototypes, MMU_READ, MMU_KERNEL, 2, &f); /* the process meets the system's tables */
    ck_assert_int_eq(fault_once(&s.w, s.p, s.prototypes, MMU_READ, MMU_KERNEL, 2, &f), MM_FAULT_BUGCHECK);
    ck_assert_uint_eq(f.bugcheck.code, BUGCHECK_IRQL_NOT_LESS_OR_EQUAL);
    ck_assert_int_eq(touch(&s.w, s.p, s.prototypes, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_int_eq(touch_as(&s.w, s.p, s.prototypes, MMU_READ, MMU_KERNEL, &f), MM_FAULT_RESOLVED);
    ck_assert(is_valid(&s));
    mm_thread_moved(s.w.mm, 1);
    check_laws(&s.w);
    check_contents(&s);
    close_scene(&s);
}
END_TEST

/* --- Limits, and who gives first --------------------------------------------------------------------------------- */

struct cache {
    struct world w;
    mm_process p;
    mm_section section;
    va_t view;
};

static void open_cache(struct cache *c, enum paging_format format, uint32_t frames)
{
    world_open(&c->w, format, frames);
    c->p = new_process(&c->w, PTE_NX_ON);
    make_file(&c->w, 0, (uint64_t)1024 * PAGE);
    c->section = make_data_section(&c->w, 0, MM_READWRITE);
    ck_assert_uint_eq(mm_map_system_view(c->w.mm, c->section, 0, 1024 * PAGE, &c->view), STATUS_SUCCESS);
    c->w.mm->tuning.cluster = 1;
}

static void read_cache(struct cache *c, unsigned first, unsigned pages)
{
    for (unsigned page = first; page < first + pages; page++) {
        struct mm_fault f = {.process = c->p, .mode = MMU_KERNEL, .thread = 1};
        struct mm_hold hold;
        uint8_t byte;
        ck_assert_uint_eq(mm_hold(c->w.mm, &f, c->view + page * PAGE, 1, MMU_READ, NULL, NULL, &hold), STATUS_SUCCESS);
        mm_hold_read(c->w.mm, &hold, 0, &byte, 1);
        ck_assert_uint_eq(byte, data_byte((uint64_t)page * PAGE));
        mm_release(c->w.mm, &hold);
    }
    mm_thread_moved(c->w.mm, 1);
    check_laws(&c->w);
}

static void close_cache(struct cache *c)
{
    mm_unmap_system_view(c->w.mm, c->view);
    check_laws(&c->w);
    end_process(&c->w, c->p);
    mm_section_close(c->w.mm, c->section);
    check_laws(&c->w);
    world_close(&c->w);
}

/* The list is where NT has it, and grows by pages of its own. */
START_TEST(the_list_grows)
{
    static const va_t base[] = {0xC0C00000, 0xC0C00000, UINT64_C(0xFFFFF78000001000)};
    struct cache c;
    struct mm_inspect_wsl list;
    unsigned cached = 0, valid = 0, locked = 0;
    open_cache(&c, _i, 4096);
    mm_process system = mm_system_process(c.w.mm);
    mm_inspect_wsl(c.w.mm, system, &list);
    uint32_t before = list.entries;
    ck_assert_uint_eq(list.address, base[_i]);
    ck_assert_uint_eq(list.first_dynamic, 1);
    read_cache(&c, 0, 1000);
    mm_inspect_wsl(c.w.mm, system, &list);
    ck_assert_uint_gt(list.entries, before);
    for (uint32_t i = 0; i < list.entries; i++) {
        struct mm_inspect_wsle entry = mm_inspect_wsle(c.w.mm, system, i);
        valid += entry.valid;
        locked += entry.valid && entry.locked;
        cached += entry.valid && entry.va >= c.view && entry.va < c.view + 1000 * PAGE;
        ck_assert(!entry.valid || entry.reference_count >= 1);
    }
    ck_assert_uint_eq(cached, 1000);
    ck_assert_uint_eq(valid, system_set(&c.w).working_set);
    ck_assert_uint_ge(locked, 2);
    close_cache(&c);
}
END_TEST

START_TEST(limits_hold)
{
    struct cache c;
    const struct mm_ws_limits hard = {40, 100, MM_WS_HARD_MAX}, soft = {40, 100, 0};
    struct mm_ws_limits now;
    struct mm_counters counters;
    open_cache(&c, _i, 2048);
    mm_process system = mm_system_process(c.w.mm);
    mm_ws_get_limits(c.w.mm, system, &now);
    ck_assert_uint_eq(now.minimum, 128); /* 1/16 of RAM */
    ck_assert_uint_eq(now.maximum, 256);
    uint64_t available = mi_resident_available(c.w.mm);
    ck_assert_uint_eq(mm_ws_set_limits(c.w.mm, system, &hard), STATUS_SUCCESS);
    ck_assert_uint_eq(mi_resident_available(c.w.mm), available + 88);
    read_cache(&c, 0, 300);
    ck_assert_uint_le(system_set(&c.w).working_set, 101);
    mm_query_counters(c.w.mm, &counters);
    ck_assert_uint_ge(counters.trims_system, 200);
    ck_assert_uint_eq(counters.trims_system, counters.trims_replaced);
    ck_assert_uint_eq(mm_ws_set_limits(c.w.mm, system, &soft), STATUS_SUCCESS);
    read_cache(&c, 0, 300); /* memory is plenty */
    ck_assert_uint_ge(system_set(&c.w).working_set, 300);
    c.w.mm->tuning.plenty = UINT32_MAX; /* and now it is not */
    uint64_t size = system_set(&c.w).working_set;
    read_cache(&c, 300, 50);
    ck_assert_uint_le(system_set(&c.w).working_set, size + 1);
    ck_assert_uint_eq(mm_ws_set_limits(c.w.mm, system, &hard), STATUS_SUCCESS);
    ck_assert_uint_le(system_set(&c.w).working_set, 100);
    check_laws(&c.w);
    close_cache(&c);
}
END_TEST

/* Of the one that faults less, first; none below its minimum. */
START_TEST(trimmed_in_the_order_of_fault_rates)
{
    static const struct {
        const char *name;
        bool system_faults, process_faults;
    } rows[] = {{"the process is busy", false, true}, {"the system is busy", true, false}};
    struct cache c;
    int row = _i / PAGING_FORMAT_COUNT;
    open_cache(&c, _i % PAGING_FORMAT_COUNT, 2048);
    mm_process system = mm_system_process(c.w.mm);
    allocate_at(&c.w, c.p, HERE, 400 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    read_cache(&c, 0, 300);
    for (unsigned i = 0; i < 200; i++)
        write_byte(&c.w, c.p, HERE + i * PAGE, 1);
    for (unsigned second = 0; second < 2; second++) {
        enum mm_wake wake = MM_WAKE_TIMER;
        if (second == 1 && rows[row].system_faults)
            read_cache(&c, 300, 60);
        for (unsigned i = 200; second == 1 && rows[row].process_faults && i < 260; i++)
            write_byte(&c.w, c.p, HERE + i * PAGE, 1);
        while (mm_daemon_step(c.w.mm, MM_WORKING_SET_MANAGER, wake) == MM_STEP_MORE)
            wake = MM_WAKE_SIGNAL;
    }
    uint64_t of_system = system_set(&c.w).working_set, of_process = set_of(&c.w, c.p).working_set;
    c.w.mm->tuning.goal = mi_available(c.w.mm) + 60;
    run_daemon(&c.w, MM_WORKING_SET_MANAGER);
    check_laws(&c.w);
    uint64_t left_system = system_set(&c.w).working_set, left_process = set_of(&c.w, c.p).working_set;
    ck_assert_msg(rows[row].system_faults ? left_process < of_process && left_system == of_system
                                          : left_system < of_system && left_process == of_process,
                  "%s: system %" PRIu64 " of %" PRIu64 ", process %" PRIu64 " of %" PRIu64, rows[row].name, left_system,
                  of_system, left_process, of_process);
    c.w.mm->tuning.goal = c.w.mm->pfn.frame_count;
    run_daemon(&c.w, MM_WORKING_SET_MANAGER);
    check_laws(&c.w);
    ck_assert_uint_ge(set_of(&c.w, c.p).working_set, MI_WS_MINIMUM);
    ck_assert_uint_ge(system_set(&c.w).working_set, mi_system_limits(c.w.mm).minimum);
    ck_assert_uint_lt(system_set(&c.w).working_set, of_system);
    ck_assert_uint_eq(mm_ws_trim(c.w.mm, system, 0, 0), 0);
    close_cache(&c);
}
END_TEST

/* Pages that were accessed lately stay. */
START_TEST(old_pages_go_first)
{
    struct cache c;
    open_cache(&c, _i, 2048);
    read_cache(&c, 0, 300);
    for (unsigned second = 0; second < 3; second++) {
        enum mm_wake wake = MM_WAKE_TIMER;
        read_cache(&c, 0, 40); /* 40 are in use */
        while (mm_daemon_step(c.w.mm, MM_WORKING_SET_MANAGER, wake) == MM_STEP_MORE)
            wake = MM_WAKE_SIGNAL;
    }
    read_cache(&c, 0, 40);
    c.w.mm->tuning.goal = mi_available(c.w.mm) + 100;
    run_daemon(&c.w, MM_WORKING_SET_MANAGER);
    check_laws(&c.w);
    unsigned faults = (unsigned)system_set(&c.w).page_faults;
    read_cache(&c, 0, 40);
    ck_assert_uint_eq(system_set(&c.w).page_faults, faults);
    ck_assert_uint_lt(system_set(&c.w).working_set, 300);
    close_cache(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/system_set");
    TCase *tc = tcase_create("system_set");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, prototypes_leave_and_come_back, 0, ROWS);
    tcase_add_loop_test(tc, deleted_wherever_they_are, 0, ROWS);
    tcase_add_loop_test(tc, a_fault_waits_for_them, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_read_that_fails_is_the_threads, 0, BACKING_COUNT * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_service_has_them_at_once, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_service_that_cannot_have_them_stops, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_look_leaves_them_out, 0, WAY_COUNT * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_kernel_meets_them, 0, ROWS);
    tcase_add_loop_test(tc, the_list_grows, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, limits_hold, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, trimmed_in_the_order_of_fault_rates, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, old_pages_go_first, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
