/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stack.c - kernel stacks: made, sent out, written, read back, checked; and processes that leave memory. */
#include "tests/mm/support.h"

enum {
    THREAD = 0x1234,
    FRAMES = 256,
};

static struct mm_stack_info info_of(struct world *w, mm_stack stack)
{
    struct mm_stack_info info;
    mm_stack_query(w->mm, stack, &info);
    return info;
}

static mm_stack make_stack(struct world *w, uint32_t thread)
{
    mm_stack stack = 0;
    ck_assert_uint_eq(mm_stack_create(w->mm, thread, &stack), STATUS_SUCCESS);
    check_laws(w);
    return stack;
}

static void end_stack(struct world *w, mm_stack stack)
{
    mm_stack_delete(w->mm, stack);
    check_laws(w);
}

static unsigned pages_of(enum paging_format format)
{
    return format == PAGING_X64 ? 6 : 3;
}

/* The word of a stack page, and its bytes where a frame has them. */
static mmpte_t word_at(struct world *w, va_t va)
{
    mmpte_t pte;
    ck_assert(mm_peek_pte(w->mm, w->mm->system, va, &pte));
    return pte;
}

static uint8_t *bytes_at(struct world *w, va_t va)
{
    mmpte_t pte = word_at(w, va);
    bool has_frame = (pte.raw & 1) || (pte.raw >> 11 & 1); /* valid, transition: the same bits in every format */
    ck_assert(has_frame);
    uint32_t frame = (uint32_t)((pte.raw & UINT64_C(0xFFFFFFFFF000)) >> MMU_PAGE_SHIFT);
    return mm_frame_write(w->mm, (pfn_t){frame}) + (va & MMU_PAGE_MASK);
}

static void fill(struct world *w, mm_stack stack)
{
    struct mm_stack_info info = info_of(w, stack);
    for (va_t va = info.limit; va < info.base; va += 64)
        *bytes_at(w, va) = (uint8_t)(va >> 6 ^ info.thread);
}

static void check_filled(struct world *w, mm_stack stack)
{
    struct mm_stack_info info = info_of(w, stack);
    for (va_t va = info.limit; va < info.base; va += 64)
        ck_assert_msg(*bytes_at(w, va) == (uint8_t)(va >> 6 ^ info.thread), "the byte at %#" PRIx64 " is another", va);
}

START_TEST(made_and_deleted)
{
    struct world w;
    struct mm_counters before, with, after;
    world_open(&w, _i, FRAMES);
    end_stack(&w, make_stack(&w, THREAD)); /* its page tables stay */
    mm_query_counters(w.mm, &before);
    mm_stack stack = make_stack(&w, THREAD);
    mm_query_counters(w.mm, &with);
    struct mm_stack_info info = info_of(&w, stack);
    unsigned pages = pages_of(_i);
    ck_assert_uint_eq(info.base - info.limit, (uint64_t)pages * PAGE);
    ck_assert_uint_eq(info.thread, THREAD);
    ck_assert(info.resident);
    ck_assert_uint_eq(with.active - before.active, pages);
    ck_assert_uint_eq(with.committed - before.committed, pages);
    mmpte_t guard = {0};
    mm_peek_pte(w.mm, w.mm->system, info.limit - 1, &guard);
    ck_assert_uint_eq(guard.raw, 0);
    mm_stack other = make_stack(&w, THREAD + 4);
    ck_assert_uint_ge(info_of(&w, other).limit, info.base + PAGE);
    end_stack(&w, stack);
    ck_assert_uint_eq(info_of(&w, make_stack(&w, THREAD + 8)).base, info.base); /* the place is free again */
    end_stack(&w, other);
    mm_query_counters(w.mm, &after);
    ck_assert_uint_eq(after.committed, before.committed + pages);
    world_close(&w);
}
END_TEST

/* The kernel's own access to a stack page, and to the page below. */
START_TEST(the_page_below_is_no_access)
{
    struct world w;
    struct mm_fault f;
    world_open(&w, _i, FRAMES);
    mm_process process = new_process(&w, PTE_NX_ON);
    struct mm_stack_info info = info_of(&w, make_stack(&w, THREAD));
    ck_assert_int_eq(touch_as(&w, process, info.base - 8, MMU_WRITE, MMU_KERNEL, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(touch_as(&w, process, info.limit, MMU_WRITE, MMU_KERNEL, &f), MM_FAULT_RESOLVED);
    ck_assert_int_eq(touch(&w, process, info.limit, MMU_READ, &f), MM_FAULT_RAISE);
    ck_assert_int_eq(touch_as(&w, process, info.limit - 4, MMU_WRITE, MMU_KERNEL, &f), MM_FAULT_BUGCHECK);
    ck_assert_uint_eq(f.bugcheck.code, BUGCHECK_PAGE_FAULT_IN_NONPAGED_AREA);
    end_process(&w, process);
    check_laws(&w);
    world_close(&w);
}
END_TEST

enum way { WAY_MODIFIED, WAY_STANDBY, WAY_DISK, WAY_COUNT };

static void send(struct world *w, mm_stack stack, enum way way)
{
    mm_stack_outswap(w->mm, stack);
    check_laws(w);
    if (way >= WAY_STANDBY)
        write_modified(w);
    if (way >= WAY_DISK)
        take_standby(w);
}

START_TEST(goes_out_and_comes_back)
{
    struct world w;
    struct mm_counters before, out, in;
    struct mm_fault fault = {0};
    enum way way = (enum way)(_i / PAGING_FORMAT_COUNT);
    world_open(&w, _i % PAGING_FORMAT_COUNT, FRAMES);
    mm_stack stack = make_stack(&w, THREAD);
    fill(&w, stack);
    mm_query_counters(w.mm, &before);
    send(&w, stack, way);
    struct mm_stack_info info = info_of(&w, stack);
    mm_query_counters(w.mm, &out);
    ck_assert(!info.resident);
    ck_assert_uint_eq(out.committed, before.committed);
    ck_assert_uint_eq(word_at(&w, info.limit).raw >> 5 & 31, 0x1F); /* MM_OUTSWAPPED_KSTACK */
    if (way != WAY_DISK)
        ck_assert_uint_eq(*(uint32_t *)(void *)bytes_at(&w, info.signature), THREAD);
    ck_assert_uint_eq(before.active - out.active, pages_of(w.format));
    ck_assert_int_eq(mm_stack_inswap(w.mm, stack, &fault), MM_FAULT_RESOLVED);
    check_laws(&w);
    mm_query_counters(w.mm, &in);
    ck_assert(info_of(&w, stack).resident);
    ck_assert_uint_eq(in.active, before.active);
    ck_assert_int_eq(in.pages_read > out.pages_read, way == WAY_DISK);
    memset(bytes_at(&w, info.signature), (uint8_t)(info.signature >> 6 ^ THREAD), 8 - (w.format != PAGING_X64) * 4);
    check_filled(&w, stack);
    end_stack(&w, stack);
    struct mm_pagefile_info file;
    ck_assert(mm_pagefile_query(w.mm, 0, &file));
    ck_assert_uint_eq(file.used, 0);
    world_close(&w);
}
END_TEST

START_TEST(deleted_wherever_it_is)
{
    struct world w;
    struct mm_counters before, after;
    enum way way = (enum way)(_i / PAGING_FORMAT_COUNT);
    world_open(&w, _i % PAGING_FORMAT_COUNT, FRAMES);
    end_stack(&w, make_stack(&w, THREAD));
    mm_query_counters(w.mm, &before);
    mm_stack stack = make_stack(&w, THREAD);
    send(&w, stack, way);
    end_stack(&w, stack);
    mm_query_counters(w.mm, &after);
    ck_assert_uint_eq(after.committed, before.committed);
    ck_assert_uint_eq(after.active, before.active);
    ck_assert_uint_eq(after.modified + after.standby, 0);
    struct mm_pagefile_info file;
    ck_assert(mm_pagefile_query(w.mm, 0, &file));
    ck_assert_uint_eq(file.used, 0);
    world_close(&w);
}
END_TEST

START_TEST(damaged_signature_stops_the_machine)
{
    struct world w;
    struct mm_fault fault = {0};
    enum way way = (enum way)(_i / PAGING_FORMAT_COUNT);
    world_open(&w, _i % PAGING_FORMAT_COUNT, FRAMES);
    mm_stack stack = make_stack(&w, THREAD);
    mm_stack_outswap(w.mm, stack);
    struct mm_stack_info info = info_of(&w, stack);
    uint32_t *signature = (uint32_t *)(void *)bytes_at(&w, info.signature);
    *signature = 0x4321;
    if (way >= WAY_STANDBY)
        write_modified(&w);
    if (way >= WAY_DISK)
        take_standby(&w);
    ck_assert_int_eq(mm_stack_inswap(w.mm, stack, &fault), MM_FAULT_BUGCHECK);
    ck_assert_uint_eq(fault.bugcheck.code, 0x77);
    ck_assert_uint_eq(fault.bugcheck.parameter[0], way == WAY_DISK); /* 0: it was still in memory */
    ck_assert_uint_eq(fault.bugcheck.parameter[1], 0x4321);
    ck_assert_uint_eq(fault.bugcheck.parameter[2], 0);
    ck_assert_uint_eq(fault.bugcheck.parameter[3], info.signature);
    world_close(&w);
}
END_TEST

static ntstatus_t take_time(void *context, const struct mm_io *io)
{
    struct world *w = context;
    w->io = *io;
    return STATUS_PENDING;
}

/* At once, or after a while. */
START_TEST(failed_read_stops_the_machine)
{
    struct world w;
    struct mm_fault fault = {0};
    bool waits = _i >= PAGING_FORMAT_COUNT;
    world_open(&w, _i % PAGING_FORMAT_COUNT, FRAMES);
    mm_stack stack = make_stack(&w, THREAD);
    send(&w, stack, WAY_DISK);
    va_t first = info_of(&w, stack).limit;
    uint64_t word = word_at(&w, first).raw;
    uint64_t offset = (w.format == PAGING_X86 ? word >> 12 : word >> 32) * PAGE;
    w.pagefile_answer = STATUS_IO_DEVICE_ERROR;
    if (waits) {
        w.env.io_begin = take_time;
        ck_assert_int_eq(mm_stack_inswap(w.mm, stack, &fault), MM_FAULT_WAIT);
        check_laws(&w);
        ck_assert_uint_eq(mm_wait_key(w.mm), w.io.id);
        ck_assert_uint_eq(w.io.thread, 0);
        mm_io_done(w.mm, w.io.id);
        check_laws(&w);
    }
    ck_assert_int_eq(mm_stack_inswap(w.mm, stack, &fault), MM_FAULT_BUGCHECK);
    ck_assert_uint_eq(fault.bugcheck.code, 0x77);
    ck_assert_uint_eq(fault.bugcheck.parameter[0], STATUS_IO_DEVICE_ERROR);
    ck_assert_uint_eq(fault.bugcheck.parameter[1], STATUS_IO_DEVICE_ERROR);
    ck_assert_uint_eq(fault.bugcheck.parameter[2], 0);
    ck_assert_uint_eq(fault.bugcheck.parameter[3], offset);
    check_laws(&w);
    end_stack(&w, stack);
    world_close(&w);
}
END_TEST

/* Page by page with reads that take time; deleted in the middle of it, and what was on its way leaves nothing. */
START_TEST(reads_take_time)
{
    struct world w;
    struct mm_fault fault = {0};
    struct mm_counters before, after;
    bool ends = _i >= PAGING_FORMAT_COUNT;
    unsigned waits = 0;
    world_open(&w, _i % PAGING_FORMAT_COUNT, FRAMES);
    end_stack(&w, make_stack(&w, THREAD));
    mm_query_counters(w.mm, &before);
    mm_stack stack = make_stack(&w, THREAD);
    fill(&w, stack);
    send(&w, stack, WAY_DISK);
    w.env.io_begin = take_time;
    world_read_alone(&w);
    while (mm_stack_inswap(w.mm, stack, &fault) == MM_FAULT_WAIT) {
        check_laws(&w);
        ck_assert_int_eq(mm_stack_inswap(w.mm, stack, &fault), MM_FAULT_WAIT); /* it meets its own read */
        ck_assert_uint_eq(mm_wait_key(w.mm), w.io.id);
        if (ends && ++waits == 2)
            break;
        mm_io_done(w.mm, w.io.id);
        check_laws(&w);
        waits += !ends;
    }
    ck_assert_int_eq(info_of(&w, stack).resident, !ends);
    if (!ends)
        ck_assert_uint_eq(waits, pages_of(w.format));
    end_stack(&w, stack);
    if (ends)
        mm_io_done(w.mm, w.io.id);
    mm_thread_moved(w.mm, 0);
    check_laws(&w);
    mm_query_counters(w.mm, &after);
    ck_assert_uint_eq(after.active, before.active);
    ck_assert_uint_eq(after.transition, 0);
    ck_assert_uint_eq(after.committed, before.committed);
    world_close(&w);
}
END_TEST

/* Every frame and every object that may be missing. */
START_TEST(limits_are_statuses)
{
    struct world w;
    struct mm_counters before, after;
    world_open(&w, _i, FRAMES);
    mm_query_counters(w.mm, &before);
    unsigned failed = 0;
    for (uint32_t n = 0;; n++, failed++) {
        mm_stack stack;
        mm_fail_frames_after(w.mm, n);
        ntstatus_t status = mm_stack_create(w.mm, THREAD, &stack);
        mm_fail_frames_after(w.mm, UINT32_MAX);
        check_laws(&w);
        if (status == STATUS_SUCCESS) {
            end_stack(&w, stack);
            break;
        }
        ck_assert_uint_eq(status, STATUS_NO_MEMORY);
    }
    ck_assert_uint_ge(failed, pages_of(_i));
    mm_stack stack;
    mm_fail_objects_after(w.mm, 0);
    ck_assert_uint_eq(mm_stack_create(w.mm, THREAD, &stack), STATUS_INSUFFICIENT_RESOURCES);
    mm_fail_objects_after(w.mm, UINT32_MAX);
    mm_process process = new_process(&w, PTE_NX_ON);
    mm_query_counters(w.mm, &after);
    uint64_t room = after.commit_limit - after.committed;
    allocate_at(&w, process, HERE, room * PAGE, MEM_RESERVE, PAGE_READWRITE);
    for (va_t at = HERE; after.commit_limit - after.committed > pages_of(_i) - 1; at += PAGE) {
        allocate_at(&w, process, at, PAGE, MEM_COMMIT, PAGE_READWRITE);
        mm_query_counters(w.mm, &after);
    }
    ck_assert_uint_eq(mm_stack_create(w.mm, THREAD, &stack), STATUS_INSUFFICIENT_RESOURCES);
    check_laws(&w);
    end_process(&w, process);
    mm_query_counters(w.mm, &after);
    ck_assert_uint_eq(after.active, before.active + (_i == PAGING_X64 ? 3 : 1)); /* tables of the system */
    world_close(&w);
}
END_TEST

/* As many as RAM has, then some go out and others come: the places never run into each other. */
START_TEST(many_of_them)
{
    struct world w;
    mm_stack stacks[200];
    bool out[200] = {0};
    uint64_t seed = seed_of("stacks", 7 + (uint64_t)_i);
    struct mm_fault fault = {0};
    world_open(&w, _i, FRAMES);
    unsigned count = 0;
    for (unsigned i = 0; i < N_ELEMENTS(stacks); i++, count++) { /* more than there are frames: old ones go */
        stacks[i] = make_stack(&w, 100 + 4 * i);
        fill(&w, stacks[i]);
        mm_stack_outswap(w.mm, stacks[i]);
        out[i] = true;
    }
    check_laws(&w);
    for (unsigned step = 0; step < 600; step++) {
        unsigned i = (unsigned)random_below(&seed, count);
        if (out[i]) {
            ck_assert_int_eq(mm_stack_inswap(w.mm, stacks[i], &fault), MM_FAULT_RESOLVED);
            struct mm_stack_info info = info_of(&w, stacks[i]);
            ck_assert_uint_eq(*bytes_at(&w, info.limit + 64), (uint8_t)((info.limit + 64) >> 6 ^ info.thread));
        } else if (random_below(&seed, 4) == 0) {
            end_stack(&w, stacks[i]);
            stacks[i] = make_stack(&w, 5000 + 4 * step);
            fill(&w, stacks[i]);
            continue;
        }
        mm_stack_outswap(w.mm, stacks[i]);
        out[i] = true;
        if (step % 8 == 0)
            check_laws(&w);
    }
    for (unsigned i = 0; i < count; i++)
        mm_stack_delete(w.mm, stacks[i]);
    mm_thread_moved(w.mm, 0);
    check_laws(&w);
    struct mm_pagefile_info file;
    ck_assert(mm_pagefile_query(w.mm, 0, &file));
    ck_assert_uint_eq(file.used, 0);
    world_close(&w);
}
END_TEST

/* --- Processes ------------------------------------------------------------------------------------------------ */

START_TEST(process_leaves_step_by_step)
{
    enum { PAGES = 200, LOCKED = 3 };
    struct world w;
    struct mm_process_counters c;
    struct mm_counters all;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process process = new_process(&w, PTE_NX_ON);
    allocate_at(&w, process, HERE, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < PAGES; i++)
        write_byte(&w, process, HERE + i * PAGE, (uint8_t)(i * 7));
    struct mm_fault template = {.mode = MMU_USER, .process = process, .thread = 1};
    struct mm_range range = {HERE, LOCKED * PAGE};
    ck_assert_uint_eq(mm_lock(w.mm, &template, &range, MM_LOCK_PROCESS, NULL, NULL), STATUS_SUCCESS);
    mm_process_query(w.mm, process, &c);
    uint64_t before = c.working_set, last = before;
    unsigned steps = 1;
    for (; mm_process_outswap(w.mm, process) == MM_STEP_MORE; steps++) {
        mm_process_query(w.mm, process, &c);
        ck_assert_uint_lt(c.working_set, last);
        last = c.working_set;
        check_laws(&w);
    }
    ck_assert_uint_ge(steps, 3); /* not at once */
    mm_process_query(w.mm, process, &c);
    ck_assert_uint_eq(c.private_pages, LOCKED); /* what is locked stays */
    mm_query_counters(w.mm, &all);
    ck_assert_uint_eq(all.trims_outswapped, PAGES - LOCKED);
    ck_assert_uint_eq(all.processes_out, 1);
    mm_process_inswap(w.mm, process);
    for (unsigned i = 0; i < PAGES; i++)
        ck_assert_uint_eq(read_byte(&w, process, HERE + i * PAGE), (uint8_t)(i * 7));
    check_laws(&w);
    end_process(&w, process);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* The swapper is asked each fourth second, where memory is short. */
START_TEST(swapper_is_asked_where_memory_is_short)
{
    struct world w;
    world_open(&w, _i, FRAMES);
    w.mm->config.daemons = MM_DAEMONS_ARE_THREADS;
    for (int second = 1; second <= 8; second++) {
        enum mm_wake wake = MM_WAKE_TIMER;
        while (mm_daemon_step(w.mm, MM_WORKING_SET_MANAGER, wake) == MM_STEP_MORE)
            wake = MM_WAKE_SIGNAL;
        ck_assert_uint_eq(mm_take_signals(w.mm) & MM_SIGNAL(MM_SWAPPER), 0);
    }
    w.mm->tuning.plenty = FRAMES;
    unsigned asked = 0;
    for (int second = 1; second <= 8; second++) {
        enum mm_wake wake = MM_WAKE_TIMER;
        while (mm_daemon_step(w.mm, MM_WORKING_SET_MANAGER, wake) == MM_STEP_MORE)
            wake = MM_WAKE_SIGNAL;
        asked += (mm_take_signals(w.mm) & MM_SIGNAL(MM_SWAPPER)) != 0;
    }
    ck_assert_uint_eq(asked, 2);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stack");
    TCase *tc = tcase_create("stack");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, made_and_deleted, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, the_page_below_is_no_access, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, goes_out_and_comes_back, 0, WAY_COUNT * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, deleted_wherever_it_is, 0, WAY_COUNT * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, damaged_signature_stops_the_machine, 0, WAY_COUNT * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, failed_read_stops_the_machine, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, reads_take_time, 0, 2 * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, limits_are_statuses, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, many_of_them, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, process_leaves_step_by_step, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, swapper_is_asked_where_memory_is_short, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
