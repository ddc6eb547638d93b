/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_watch.c - write watch and MEM_RESET: what is remembered of writes (nt-reference 12.3, 5.3). */
#include "tests/mm/support.h"

enum { PAGES = 24, REGION = PAGES * PAGE, WATCHED = MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH };

static mm_process open_watched(struct world *w, int format)
{
    world_open(w, (enum paging_format)format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, HERE, REGION, WATCHED, PAGE_READWRITE);
    return p;
}

/* The pages reported, as bits. */
static uint32_t written(struct world *w, mm_process p, enum mm_watch_mode mode)
{
    va_t at[PAGES];
    size_t count;
    uint32_t bits = 0;
    ck_assert_uint_eq(mm_get_write_watch(w->mm, p, (struct mm_range){HERE, REGION}, mode, at, PAGES, &count),
                      STATUS_SUCCESS);
    for (size_t i = 0; i < count; i++) {
        ck_assert(i == 0 || at[i] > at[i - 1]);
        ck_assert_uint_eq(at[i] & MMU_PAGE_MASK, 0);
        bits |= 1u << (at[i] - HERE) / PAGE;
    }
    check_laws(w);
    return bits;
}

static void act_write(struct world *w, mm_process p)
{
    write_byte(w, p, HERE + 2 * PAGE + 5, 1);
}

static void act_read(struct world *w, mm_process p)
{
    read_byte(w, p, HERE + 2 * PAGE);
}

static void act_read_then_write(struct world *w, mm_process p)
{
    read_byte(w, p, HERE + 2 * PAGE);
    write_byte(w, p, HERE + 2 * PAGE, 1);
}

/* A service's output: the kernel writes. */
static void act_hold(struct world *w, mm_process p)
{
    struct mm_fault template = {.mode = MMU_USER, .process = p};
    struct mm_hold hold;
    ck_assert_uint_eq(mm_hold(w->mm, &template, HERE + 3 * PAGE - 1, 2, MMU_WRITE, NULL, NULL, &hold), STATUS_SUCCESS);
    mm_release(w->mm, &hold);
}

static void free_range(struct world *w, mm_process p, va_t base, uint64_t size, uint32_t type)
{
    ck_assert_uint_eq(mm_free(w->mm, p, &base, &size, type), STATUS_SUCCESS);
}

static void act_decommit(struct world *w, mm_process p)
{
    act_write(w, p);
    free_range(w, p, HERE + 2 * PAGE, PAGE, MEM_DECOMMIT);
}

static void act_decommit_all(struct world *w, mm_process p)
{
    act_write(w, p);
    free_range(w, p, HERE, REGION, MEM_DECOMMIT);
}

static void act_recommit(struct world *w, mm_process p)
{
    act_decommit(w, p);
    allocate_at(w, p, HERE + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    read_byte(w, p, HERE + 2 * PAGE);
}

static void act_readonly(struct world *w, mm_process p)
{
    act_write(w, p);
    protect_at(w, p, HERE, REGION, PAGE_READONLY);
}

static void act_noaccess(struct world *w, mm_process p)
{
    act_write(w, p);
    protect_at(w, p, HERE, REGION, PAGE_NOACCESS);
}

static void act_execute(struct world *w, mm_process p)
{
    act_write(w, p);
    protect_at(w, p, HERE, REGION, PAGE_EXECUTE_READWRITE);
}

static void act_empty(struct world *w, mm_process p)
{
    act_write(w, p);
    mm_ws_empty(w->mm, p);
}

static void act_empty_and_read(struct world *w, mm_process p)
{
    act_empty(w, p);
    read_byte(w, p, HERE + 2 * PAGE);
}

static void act_memory_reset(struct world *w, mm_process p)
{
    act_write(w, p);
    allocate_at(w, p, HERE, REGION, MEM_RESET, PAGE_READWRITE);
}

static const struct {
    const char *name;
    void (*act)(struct world *w, mm_process p);
    uint32_t written; /* bits of pages */
} acts[] = {
    {"write", act_write, 1 << 2},
    {"read", act_read, 0},
    {"read, then write", act_read_then_write, 1 << 2},
    {"write by a service across pages", act_hold, 3 << 2},
    {"decommitted", act_decommit, 1 << 2},
    {"decommitted as a whole", act_decommit_all, 1 << 2},
    {"committed again", act_recommit, 1 << 2},
    {"made read-only", act_readonly, 1 << 2},
    {"made no-access", act_noaccess, 1 << 2},
    {"made executable", act_execute, 1 << 2},
    {"trimmed", act_empty, 1 << 2},
    {"trimmed and read", act_empty_and_read, 1 << 2},
    {"MEM_RESET", act_memory_reset, 1 << 2},
};

/* Seen once, not seen after a reset, seen again at the next write. */
START_TEST(writes_are_seen)
{
    struct world w;
    mm_process p = open_watched(&w, _i % PAGING_FORMAT_COUNT);
    int row = _i / PAGING_FORMAT_COUNT;

    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), 0);
    acts[row].act(&w, p);
    check_laws(&w);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), acts[row].written);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_RESET), acts[row].written);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), 0);
    allocate_at(&w, p, HERE, REGION, MEM_COMMIT, PAGE_READWRITE);
    write_byte(&w, p, HERE + 2 * PAGE, 9);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), 1 << 2);
    ck_assert_uint_eq(mm_reset_write_watch(w.mm, p, (struct mm_range){HERE + 2 * PAGE, 1}), STATUS_SUCCESS);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), 0);
    ck_assert_uint_eq(read_byte(&w, p, HERE + 2 * PAGE), 9);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

/* A reset page is clean: its next write is a fault of its own. */
START_TEST(a_reset_makes_pages_clean)
{
    struct world w;
    mm_process p = open_watched(&w, _i);
    unsigned flushes = (write_byte(&w, p, HERE, 1), w.flushes);

    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), 1);
    ck_assert_uint_eq(w.flushes, flushes);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_RESET), 1);
    ck_assert_uint_eq(w.flushes, flushes + 1);
    write_byte(&w, p, HERE, 2);
    ck_assert_uint_eq(w.type_count, 1);
    ck_assert_int_eq(w.types[0], MM_FAULT_TYPE_DIRTY);
    mm_ws_empty(w.mm, p); /* what was clean in between is still newer than any copy */
    check_laws(&w);
    ck_assert_uint_eq(read_byte(&w, p, HERE), 2);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

/* A short array: the lowest addresses; what is not returned is not reset. */
START_TEST(short_arrays)
{
    struct world w;
    mm_process p = open_watched(&w, _i);
    va_t at[2];
    size_t count;

    for (unsigned i = 1; i < PAGES; i += 5)
        write_byte(&w, p, HERE + i * PAGE, 1);
    ck_assert_uint_eq(mm_get_write_watch(w.mm, p, (struct mm_range){HERE, REGION}, MM_WATCH_RESET, at, 2, &count),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(at[0], HERE + PAGE);
    ck_assert_uint_eq(at[1], HERE + 6 * PAGE);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), 1u << 11 | 1u << 16 | 1u << 21);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

static const struct {
    const char *name;
    struct mm_range range;
    ntstatus_t status;
} ranges[] = {
    {"all", {HERE, REGION}, STATUS_SUCCESS},
    {"a byte", {HERE + 5, 1}, STATUS_SUCCESS},
    {"size 0", {HERE, 0}, STATUS_INVALID_PARAMETER_2},
    {"past the end", {HERE, REGION + 0x10000}, STATUS_INVALID_PARAMETER},
    {"not watched", {HERE + 0x1000000, PAGE}, STATUS_INVALID_PARAMETER_1},
    {"free", {HERE + 0x2000000, PAGE}, STATUS_INVALID_PARAMETER_1},
    {"kernel", {UINT64_C(0xFFFFFFFF80000000), PAGE}, STATUS_INVALID_PARAMETER_1},
    {"wraps", {HERE, UINT64_MAX}, STATUS_INVALID_PARAMETER_2},
};

START_TEST(ranges_are_checked)
{
    struct world w;
    mm_process p = open_watched(&w, _i % PAGING_FORMAT_COUNT);
    int row = _i / PAGING_FORMAT_COUNT;
    va_t at[1];
    size_t count;

    allocate_at(&w, p, HERE + 0x1000000, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ck_assert_uint_eq(mm_get_write_watch(w.mm, p, ranges[row].range, MM_WATCH_READ, at, 1, &count), ranges[row].status);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(mm_reset_write_watch(w.mm, p, ranges[row].range), ranges[row].status);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

/* The middle of an allocation goes: two are left, each remembers. */
START_TEST(split)
{
    struct world w;
    mm_process p = open_watched(&w, _i);
    struct mm_range tail = {HERE + 16 * PAGE, 8 * PAGE}, head = {HERE, 8 * PAGE};
    va_t at[PAGES];
    size_t count;

    write_byte(&w, p, HERE + 3 * PAGE, 1);
    write_byte(&w, p, HERE + 9 * PAGE, 1);
    write_byte(&w, p, HERE + 17 * PAGE, 1);
    mm_ws_empty(w.mm, p);                   /* one of the tail is in the bitmap, */
    write_byte(&w, p, HERE + 20 * PAGE, 1); /* one in its PTE */
    mm_fail_objects_after(w.mm, 1);
    va_t base = HERE + 8 * PAGE;
    uint64_t size = 8 * PAGE;
    ck_assert_uint_eq(mm_free(w.mm, p, &base, &size, MEM_RELEASE), STATUS_INSUFFICIENT_RESOURCES);
    mm_fail_objects_after(w.mm, UINT32_MAX);
    ck_assert_uint_eq(written(&w, p, MM_WATCH_READ), 1u << 3 | 1u << 9 | 1u << 17 | 1u << 20);
    free_range(&w, p, HERE + 8 * PAGE, 8 * PAGE, MEM_RELEASE);
    check_laws(&w);
    ck_assert_uint_eq(mm_get_write_watch(w.mm, p, tail, MM_WATCH_RESET, at, PAGES, &count), STATUS_SUCCESS);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(at[0], HERE + 17 * PAGE);
    ck_assert_uint_eq(at[1], HERE + 20 * PAGE);
    ck_assert_uint_eq(mm_get_write_watch(w.mm, p, head, MM_WATCH_READ, at, PAGES, &count), STATUS_SUCCESS);
    ck_assert_uint_eq(count, 1);
    free_range(&w, p, HERE, PAGE, MEM_RELEASE); /* the front: the bitmap began there */
    head.base += PAGE;
    head.size -= PAGE;
    ck_assert_uint_eq(mm_get_write_watch(w.mm, p, head, MM_WATCH_READ, at, PAGES, &count), STATUS_SUCCESS);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(at[0], HERE + 3 * PAGE);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

START_TEST(no_room_for_the_bitmap)
{
    struct world w;
    world_open(&w, (enum paging_format)_i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    va_t base = HERE;
    uint64_t size = REGION;

    for (uint32_t n = 0; n < 3; n++) {
        mm_fail_objects_after(w.mm, n);
        ck_assert_uint_eq(allocate(&w, p, &base, &size, WATCHED, PAGE_READWRITE), STATUS_INSUFFICIENT_RESOURCES);
        check_laws(&w);
    }
    mm_fail_objects_after(w.mm, UINT32_MAX);
    if (_i == PAGING_X64) { /* as large as user space: the pool cannot hold its bits */
        base = 0;
        size = UINT64_C(0x70000000000);
        ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE),
                          STATUS_INSUFFICIENT_RESOURCES);
    } else {
        base = 0;
        size = 0x60000000;
        ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE), STATUS_SUCCESS);
    }
    check_laws(&w);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

/* MEM_RESET: a page that was reset is not worth writing: trimmed, it is on the standby list, and its frame is the next
 * to be taken. */
START_TEST(reset_pages_are_standby)
{
    struct world w;
    world_open(&w, (enum paging_format)_i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    struct mm_counters before, after;

    allocate_at(&w, p, HERE, REGION, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    write_byte(&w, p, HERE, 1);        /* reset while valid */
    write_byte(&w, p, HERE + PAGE, 2); /* reset while on the modified list */
    write_byte(&w, p, HERE + 2 * PAGE, 3);
    trim(&w, p, HERE + PAGE);
    allocate_at(&w, p, HERE, 2 * PAGE, MEM_RESET, PAGE_NOACCESS);
    check_laws(&w);
    mm_query_counters(w.mm, &before);
    ck_assert_uint_eq(before.standby, 1);
    mm_ws_empty(w.mm, p);
    check_laws(&w);
    mm_query_counters(w.mm, &after);
    ck_assert_uint_eq(after.standby, 2);
    ck_assert_uint_eq(after.modified, before.modified + 1);
    ck_assert_uint_eq(read_byte(&w, p, HERE), 1); /* nobody took it */
    write_byte(&w, p, HERE, 4);                   /* and now it is wanted again */
    mm_ws_empty(w.mm, p);
    mm_query_counters(w.mm, &after);
    ck_assert_uint_eq(after.standby, 1);
    ck_assert_uint_eq(read_byte(&w, p, HERE + 2 * PAGE), 3);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

static const struct {
    const char *name;
    uint32_t from, bytes, reset; /* reset: a bit for each page that loses what was written */
} parts[] = {
    {"whole pages", 0, 2 * PAGE, 3},
    {"all but the first byte", 1, 4 * PAGE - 1, 0xE},
    {"all but the last byte", 0, 4 * PAGE - 1, 7},
    {"from a page's last byte to the next but one's first", PAGE - 1, PAGE + 2, 2},
    {"part of a page", PAGE + 100, PAGE - 200, 0},
    {"parts of two pages", PAGE + 100, PAGE, 0},
    {"a page and a byte", 2 * PAGE, PAGE + 1, 4},
};

/* MEM_RESET: what is only partly in the range is still of interest. */
START_TEST(only_whole_pages_are_reset)
{
    struct world w;
    int row = _i / PAGING_FORMAT_COUNT;
    struct mm_counters counters;
    world_open(&w, (enum paging_format)(_i % PAGING_FORMAT_COUNT), WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    uint32_t reset = 0;

    allocate_at(&w, p, HERE, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < 4; i++)
        write_byte(&w, p, HERE + i * PAGE, (uint8_t)(i + 1));
    va_t base = HERE + parts[row].from;
    uint64_t size = parts[row].bytes;
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESET, PAGE_READWRITE), STATUS_SUCCESS);
    check_laws(&w);
    for (unsigned i = 0; i < 4; i++) { /* what need not be written goes to the standby list */
        mm_query_counters(w.mm, &counters);
        uint64_t standby = counters.standby;
        ck_assert(trim(&w, p, HERE + i * PAGE));
        mm_query_counters(w.mm, &counters);
        reset |= (uint32_t)(counters.standby - standby) << i;
    }
    ck_assert_msg(reset == parts[row].reset, "%s: %x", parts[row].name, reset);
    end_process(&w, p);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *tc = tcase_create("watch");
    const int formats = PAGING_FORMAT_COUNT;
    tcase_add_loop_test(tc, writes_are_seen, 0, formats * N_ELEMENTS(acts));
    tcase_add_loop_test(tc, a_reset_makes_pages_clean, 0, formats);
    tcase_add_loop_test(tc, short_arrays, 0, formats);
    tcase_add_loop_test(tc, ranges_are_checked, 0, formats * N_ELEMENTS(ranges));
    tcase_add_loop_test(tc, split, 0, formats);
    tcase_add_loop_test(tc, no_room_for_the_bitmap, 0, formats);
    tcase_add_loop_test(tc, reset_pages_are_standby, 0, formats);
    tcase_add_loop_test(tc, only_whole_pages_are_reset, 0, formats * N_ELEMENTS(parts));
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
