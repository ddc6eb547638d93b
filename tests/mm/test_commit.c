/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_commit.c - commit charge to the page, its limit, and calls that fail half-way: nothing may have happened
 * (nt-reference 5.3 to 5.5, section 8). */
#include "tests/mm/support.h"

#define COMMIT_ALL (MEM_RESERVE | MEM_COMMIT)
/* 64 KB before a boundary of every format's page tables */
#define EDGE UINT64_C(0x103F0000)

static uint64_t tables_of(struct world *w, mm_process p)
{
    struct mm_process_counters c;
    mm_process_query(w->mm, p, &c);
    return c.page_tables;
}

/* Without page tables, made or to be made. */
static uint64_t pages_charged(struct world *w, mm_process p)
{
    struct mm_process_counters c;
    mm_process_query(w->mm, p, &c);
    return c.commit_charge - c.page_tables - c.table_charge;
}

static ntstatus_t release(struct world *w, mm_process p, va_t base, uint64_t size, uint32_t type)
{
    ntstatus_t status = mm_free(w->mm, p, &base, &size, type);
    check_laws(w);
    return status;
}

static ntstatus_t protect(struct world *w, mm_process p, va_t base, uint64_t size, uint32_t to, uint32_t *ret_old)
{
    ntstatus_t status = mm_protect(w->mm, p, &base, &size, to, ret_old);
    check_laws(w);
    return status;
}

static uint32_t protection_at(struct world *w, mm_process p, va_t va)
{
    struct mm_region region;
    ck_assert_uint_eq(mm_query(w->mm, p, va, &region), STATUS_SUCCESS);
    return region.protect;
}

/* --- Charges ----------------------------------------------------------------------------------------------- */

/* Pages 0 and 1 committed and written, 2 committed, 3 committed and decommitted, the rest as the VAD was made; over a
 * boundary of page tables. */
static void commit_over_mixed_states(int format, uint32_t type)
{
    struct world w;
    world_open(&w, format, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    bool all = type & MEM_COMMIT;
    uint64_t empty = pages_charged(&w, p);
    allocate_at(&w, p, EDGE, 32 * PAGE, type, PAGE_READWRITE);
    va_t at = EDGE + 14 * PAGE;
    for (unsigned i = 0; i < 4; i++)
        allocate_at(&w, p, at + i * PAGE, PAGE, MEM_COMMIT, i == 2 ? PAGE_READONLY : PAGE_READWRITE);
    write_byte(&w, p, at, 1);
    write_byte(&w, p, at + PAGE, 2);
    ck_assert_uint_eq(release(&w, p, at + 3 * PAGE, PAGE, MEM_DECOMMIT), STATUS_SUCCESS);
    ck_assert_uint_eq(pages_charged(&w, p) - empty, all ? 31 : 3);
    allocate_at(&w, p, EDGE + 10 * PAGE, 12 * PAGE, MEM_COMMIT, PAGE_EXECUTE_READ);
    check_laws(&w);
    ck_assert_uint_eq(pages_charged(&w, p) - empty, all ? 32 : 12);
    for (unsigned i = 0; i < 32; i++) {
        uint32_t want = i >= 10 && i < 22 ? PAGE_EXECUTE_READ : all ? PAGE_READWRITE : 0;
        ck_assert_uint_eq(protection_at(&w, p, EDGE + i * PAGE), want);
    }
    ck_assert_uint_eq(read_byte(&w, p, at), 1);
    ck_assert_uint_eq(read_byte(&w, p, at + PAGE), 2);
    ck_assert_uint_eq(read_byte(&w, p, at + 3 * PAGE), 0);
    ck_assert_uint_eq(release(&w, p, EDGE, 0, MEM_DECOMMIT), STATUS_SUCCESS);
    ck_assert_uint_eq(pages_charged(&w, p), empty);
    ck_assert_uint_eq(tables_of(&w, p), 0);
    ck_assert_uint_eq(release(&w, p, EDGE, 0, MEM_RELEASE), STATUS_SUCCESS);
    world_close(&w);
}

START_TEST(commit_in_a_reservation)
{
    commit_over_mixed_states(_i, MEM_RESERVE);
}
END_TEST

START_TEST(commit_in_a_commitment)
{
    commit_over_mixed_states(_i, COMMIT_ALL);
}
END_TEST

START_TEST(released_parts_take_their_charge)
{
    static const struct part {
        const char *name;
        unsigned first, count;
    } parts[] = {{"front", 0, 5}, {"back", 27, 5}, {"middle", 13, 6}, {"middle, small", 16, 1}};
    struct world w;
    world_open(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    const struct part *part = &parts[_i / PAGING_FORMAT_COUNT];
    uint64_t empty = pages_charged(&w, p);
    allocate_at(&w, p, EDGE, 32 * PAGE, COMMIT_ALL, PAGE_READWRITE);
    for (unsigned i = 0; i < 32; i++)
        write_byte(&w, p, EDGE + i * PAGE, (uint8_t)(i + 1));
    ck_assert_uint_eq(release(&w, p, EDGE + 15 * PAGE, 2 * PAGE, MEM_DECOMMIT), STATUS_SUCCESS);
    unsigned decommitted = 0;
    for (unsigned i = part->first; i < part->first + part->count; i++)
        decommitted += i == 15 || i == 16;
    ck_assert_uint_eq(release(&w, p, EDGE + part->first * PAGE, part->count * PAGE, MEM_RELEASE), STATUS_SUCCESS);
    ck_assert_uint_eq(pages_charged(&w, p) - empty, 30 - part->count + decommitted);
    for (unsigned i = 0; i < 32; i++) {
        bool gone = i - part->first < part->count;
        struct mm_region region;
        ck_assert_uint_eq(mm_query(w.mm, p, EDGE + i * PAGE, &region), STATUS_SUCCESS);
        ck_assert_msg((region.state == MEM_FREE) == gone, "%s: page %u", part->name, i);
        if (!gone && i != 15 && i != 16)
            ck_assert_uint_eq(read_byte(&w, p, EDGE + i * PAGE), i + 1);
        va_t allocation = i > part->first && !gone && part->first > 0 ? EDGE + (part->first + part->count) * PAGE
                          : part->first == 0                          ? EDGE + part->count * PAGE
                                                                      : EDGE;
        if (!gone)
            ck_assert_uint_eq(region.allocation_base, allocation);
    }
    end_process(&w, p);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Views: what is to be copied is charged ---------------------------------------------------------------- */

START_TEST(view_pages_that_will_be_copied_are_charged)
{
    static const struct {
        const char *name;
        unsigned page, count;
        uint32_t protect;
        bool write; /* then */
        int more;   /* pages charged, compared with the step before */
    } steps[] = {
        {"text writable", IMAGE_TEXT, 2, PAGE_EXECUTE_READWRITE, false, 2},
        {"again", IMAGE_TEXT, 2, PAGE_READWRITE, false, 0},
        {"one of them copied", IMAGE_TEXT, 1, PAGE_READWRITE, true, 0},
        {"back: the copy stays charged", IMAGE_TEXT, 2, PAGE_EXECUTE_READ, false, -1},
        {"data read-only", IMAGE_DATA, 4, PAGE_READONLY, false, -4},
        {"data no-access", IMAGE_DATA, 4, PAGE_NOACCESS, false, 0},
        {"data write-copy", IMAGE_DATA, 2, PAGE_WRITECOPY, false, 2},
        {"data a guard", IMAGE_DATA, 2, PAGE_READWRITE | PAGE_GUARD, false, 0},
        {"all", IMAGE_HEADER, IMAGE_PAGES, PAGE_READWRITE, false, 7}, /* not shared data, not what is */
        {"shared data write-copy", IMAGE_SHARED, 2, PAGE_WRITECOPY, true, 2},
        {"all read-only", IMAGE_HEADER, IMAGE_PAGES, PAGE_READONLY, false, -10}, /* two are copies */
    };
    struct world w;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    mm_section section = make_section(&w);
    uint64_t before = pages_charged(&w, p);
    map_section(&w, p, section);
    mm_section_close(w.mm, section);
    ck_assert_uint_eq(pages_charged(&w, p), before + 4);
    for (int i = 0; i < N_ELEMENTS(steps); i++) {
        uint32_t old;
        uint64_t was = pages_charged(&w, p);
        ck_assert_uint_eq(protect(&w, p, image_va(steps[i].page), steps[i].count * PAGE, steps[i].protect, &old),
                          STATUS_SUCCESS);
        if (steps[i].write)
            write_byte(&w, p, image_va(steps[i].page), 1);
        check_laws(&w);
        ck_assert_msg(pages_charged(&w, p) == was + (uint64_t)(int64_t)steps[i].more, "%s: %d", steps[i].name,
                      (int)(pages_charged(&w, p) - was));
    }
    ck_assert_uint_eq(mm_unmap_view(w.mm, p, IMAGE_BASE), STATUS_SUCCESS);
    ck_assert_uint_eq(pages_charged(&w, p), before);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- The limit --------------------------------------------------------------------------------------------- */

static uint64_t room_left(struct world *w)
{
    struct mm_counters c;
    mm_query_counters(w->mm, &c);
    ck_assert_uint_le(c.committed, c.commit_limit);
    return c.commit_limit - c.committed;
}

/* Commit what is left but for `room` pages. */
static void fill(struct world *w, mm_process p, va_t base, uint64_t room)
{
    struct mm_counters c;
    mm_query_counters(w->mm, &c);
    va_t at = base, top_up;
    uint64_t size = (c.commit_limit - c.committed - room) * PAGE, left = 0;
    while (allocate(w, p, &at, &size, COMMIT_ALL, PAGE_READWRITE) != STATUS_SUCCESS || room_left(w) < room) {
        if (room_left(w) < room) /* page tables are charged as well */
            ck_assert_uint_eq(release(w, p, at, 0, MEM_RELEASE), STATUS_SUCCESS);
        size -= PAGE;
    }
    top_up = at + ((size + 64 * K - 1) & ~(uint64_t)(64 * K - 1));
    left = room_left(w) - room;
    if (left > 0)
        allocate_at(w, p, top_up, left * PAGE, COMMIT_ALL, PAGE_READWRITE);
    ck_assert_uint_eq(room_left(w), room);
}

/* A page in each of as many page tables as can be: each allocation is charged with the tables that it needs, so that
 * all of it can be touched; and what needs no commit is done, full or not. */
START_TEST(page_tables_are_charged_with_the_pages)
{
    struct world w;
    struct mm_region region;
    uint32_t old;
    uint64_t count = 0;
    world_open(&w, _i, 256);
    mm_process p = new_process(&w, PTE_NX_ON);
    const va_t span = 4 << 20; /* of a page table, or of two */
    struct mm_process_counters before, after;
    fill(&w, p, 0x08000000, 400);
    mm_process_query(w.mm, p, &before);
    ntstatus_t status;
    for (;; count++) {
        va_t at = HERE + count * span;
        uint64_t size = PAGE, had = room_left(&w);
        status = allocate(&w, p, &at, &size, COMMIT_ALL, PAGE_READWRITE);
        if (status != STATUS_SUCCESS)
            break;
        ck_assert_uint_ge(had - room_left(&w), 2);
    }
    ck_assert_uint_eq(status, STATUS_COMMITMENT_LIMIT);
    ck_assert_uint_lt(room_left(&w), 4);
    ck_assert_uint_gt(count, 64);
    ck_assert_uint_eq(protect(&w, p, HERE, PAGE, PAGE_READONLY, &old), STATUS_SUCCESS);
    ck_assert_uint_eq(protect(&w, p, HERE, PAGE, PAGE_READWRITE, &old), STATUS_SUCCESS);
    allocate_at(&w, p, HERE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    for (uint64_t i = 0; i < count; i++) {
        write_byte(&w, p, HERE + i * span, (uint8_t)i);
        room_left(&w);
        if (i % 16 == 0)
            check_laws(&w);
    }
    for (uint64_t i = 0; i < count; i++)
        ck_assert_uint_eq(read_byte(&w, p, HERE + i * span), (uint8_t)i);
    ck_assert_uint_eq(mm_query(w.mm, p, HERE, &region), STATUS_SUCCESS);
    for (uint64_t i = 0; i < count; i++)
        ck_assert_uint_eq(release(&w, p, HERE + i * span, 0, i % 2 ? MEM_DECOMMIT : MEM_RELEASE), STATUS_SUCCESS);
    mm_process_query(w.mm, p, &after);
    ck_assert_uint_eq(after.table_charge, before.table_charge);
    ck_assert_uint_eq(after.commit_charge, before.commit_charge);
    world_close(&w);
}
END_TEST

/* Services that make page tables for a view, which has none yet. */
static ntstatus_t protect_in_view(struct world *w, mm_process p)
{
    uint32_t old;
    return protect(w, p, HERE + PAGE, PAGE, PAGE_READONLY, &old);
}
static ntstatus_t commit_in_view(struct world *w, mm_process p)
{
    va_t base = HERE + PAGE;
    uint64_t size = PAGE;
    return allocate(w, p, &base, &size, MEM_COMMIT, PAGE_READONLY);
}

static const struct {
    const char *name;
    uint32_t section;
    ntstatus_t (*act)(struct world *w, mm_process p);
    uint64_t pages; /* of commit, with the page table */
} in_views[] = {
    {"protect", SEC_COMMIT, protect_in_view, 1},
    {"commit", SEC_RESERVE, commit_in_view, 2},
};

START_TEST(page_tables_of_views_are_charged_with_the_call)
{
    int row = _i / PAGING_FORMAT_COUNT;
    struct world w;
    struct mm_counters c;
    for (uint64_t left = 0; left <= in_views[row].pages; left++) {
        bool enough = left == in_views[row].pages;
        world_open(&w, _i % PAGING_FORMAT_COUNT, WORLD_FRAMES);
        mm_process p = new_process(&w, PTE_NX_ON), other = new_process(&w, PTE_NX_ON);
        mm_section section = make_pagefile_section(&w, 4 * PAGE, in_views[row].section);
        map_data(&w, other, section, HERE, PAGE_READWRITE);
        allocate_at(&w, p, HERE + (64 << 20), PAGE, COMMIT_ALL, PAGE_READWRITE);
        write_byte(&w, p, HERE + (64 << 20), 1); /* upper page tables */
        map_data(&w, p, section, HERE, PAGE_READWRITE);
        if (in_views[row].section == SEC_RESERVE)
            allocate_at(&w, other, HERE, PAGE, MEM_COMMIT, PAGE_READWRITE);
        write_byte(&w, other, HERE, 1); /* prototype PTEs */
        leave_commit(&w, left);
        ntstatus_t status = in_views[row].act(&w, p);
        ck_assert_msg(status == (enough ? STATUS_SUCCESS : STATUS_COMMITMENT_LIMIT), "%s with %u left: %#x",
                      in_views[row].name, (unsigned)left, status);
        check_laws(&w);
        mm_query_counters(w.mm, &c);
        ck_assert_uint_eq(c.commit_limit - c.committed, enough ? 0 : left);
        ck_assert_int_eq(has_entry(&w, p, HERE, 1), enough);
        world_close(&w);
    }
}
END_TEST

START_TEST(beyond_the_limit)
{
    struct world w;
    struct mm_counters c;
    uint32_t old = 0x1234;
    va_t base = 0;
    uint64_t size = 2 * PAGE;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    allocate_at(&w, p, HERE, 64 * K, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(&w, p, HERE, PAGE, MEM_COMMIT, PAGE_READWRITE); /* with its page table */
    read_byte(&w, p, image_va(IMAGE_DATA));
    ck_assert_uint_eq(protect(&w, p, image_va(IMAGE_DATA), PAGE, PAGE_READONLY, &old), STATUS_SUCCESS);
    fill(&w, p, 0x40000000, 1);
    ck_assert_uint_eq(allocate(&w, p, &base, &size, COMMIT_ALL, PAGE_READWRITE), STATUS_COMMITMENT_LIMIT);
    ck_assert_uint_eq(allocate(&w, p, &base, &size, COMMIT_ALL | MEM_WRITE_WATCH, PAGE_READWRITE),
                      STATUS_COMMITMENT_LIMIT);
    base = HERE;
    size = 3 * PAGE; /* one of which is committed */
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_COMMIT, PAGE_READONLY), STATUS_COMMITMENT_LIMIT);
    ck_assert_uint_eq(protection_at(&w, p, HERE), PAGE_READWRITE);
    ck_assert_uint_eq(protect(&w, p, image_va(IMAGE_TEXT), 2 * PAGE, PAGE_EXECUTE_READWRITE, &old),
                      STATUS_COMMITMENT_LIMIT);
    ck_assert_uint_eq(protection_at(&w, p, image_va(IMAGE_TEXT)), PAGE_EXECUTE_READ);
    check_laws(&w);
    mm_query_counters(w.mm, &c);
    ck_assert_uint_eq(c.commit_limit - c.committed, 1);
    ck_assert_uint_eq(protect(&w, p, image_va(IMAGE_DATA), PAGE, PAGE_READWRITE, &old), STATUS_SUCCESS);
    ck_assert_uint_eq(old, PAGE_READONLY);
    size = PAGE;
    base = HERE + PAGE;
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_COMMITMENT_LIMIT);
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESET, PAGE_READWRITE), STATUS_SUCCESS);
    base = HERE;
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_COMMIT, PAGE_READONLY),
                      STATUS_SUCCESS); /* no more than it was */
    ck_assert_uint_eq(mm_unmap_view(w.mm, p, IMAGE_BASE), STATUS_SUCCESS);
    struct mm_view view = {0};
    fill(&w, p, 0x60000000, 0);
    ck_assert_uint_eq(mm_map_image(w.mm, p, section, &view), STATUS_COMMITMENT_LIMIT);
    check_laws(&w);
    ck_assert_uint_eq(release(&w, p, 0x40000000, 7 * PAGE, MEM_DECOMMIT), STATUS_SUCCESS); /* 4, and page tables */
    ck_assert_uint_eq(mm_map_image(w.mm, p, section, &view), STATUS_SUCCESS);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* --- Failures half-way ------------------------------------------------------------------------------------- */

static ntstatus_t commit_far(struct world *w, mm_process p)
{
    va_t base = EDGE + 14 * PAGE;
    uint64_t size = 5 * PAGE;
    return allocate(w, p, &base, &size, MEM_COMMIT, PAGE_READONLY);
}
static ntstatus_t protect_far(struct world *w, mm_process p)
{
    va_t base = HERE;
    uint64_t size = 0x500000;
    uint32_t old;
    return mm_protect(w->mm, p, &base, &size, PAGE_READONLY, &old);
}
static ntstatus_t decommit_far(struct world *w, mm_process p)
{
    va_t base = HERE + PAGE;
    uint64_t size = 0x500000 - PAGE;
    return mm_free(w->mm, p, &base, &size, MEM_DECOMMIT);
}
static ntstatus_t protect_view(struct world *w, mm_process p)
{
    va_t base = IMAGE_BASE;
    uint64_t size = 3 * PAGE;
    uint32_t old;
    return mm_protect(w->mm, p, &base, &size, PAGE_READWRITE, &old);
}
static ntstatus_t release_middle(struct world *w, mm_process p)
{
    va_t base = 0x30001000;
    uint64_t size = PAGE;
    return mm_free(w->mm, p, &base, &size, MEM_RELEASE);
}
static ntstatus_t reserve_watched(struct world *w, mm_process p)
{
    va_t base = 0x50000000;
    uint64_t size = 0x20000000;
    return allocate(w, p, &base, &size, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE);
}
static ntstatus_t make_secured(struct world *w, mm_process p)
{
    return mm_allocate_secured(w->mm, p, 0x7FFDF000, PAGE);
}
static ntstatus_t make_process(struct world *w, mm_process p)
{
    mm_process other;
    return mm_process_create(w->mm, PTE_NX_ON, &other);
}

static const struct {
    const char *name;
    ntstatus_t (*act)(struct world *w, mm_process p);
    ntstatus_t frames, objects; /* what it says where they are short; 0: it needs none */
} failures[] = {
    {"commit", commit_far, STATUS_NO_MEMORY, 0},
    {"protect", protect_far, STATUS_NO_MEMORY, 0},
    {"decommit", decommit_far, STATUS_INSUFFICIENT_RESOURCES, 0},
    {"protect a view", protect_view, STATUS_NO_MEMORY, 0},
    {"release the middle", release_middle, 0, STATUS_INSUFFICIENT_RESOURCES},
    {"reserve with write watch", reserve_watched, 0, STATUS_INSUFFICIENT_RESOURCES},
    {"secured", make_secured, 0, STATUS_INSUFFICIENT_RESOURCES},
    {"process", make_process, STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES},
};

/* EDGE: reserved; HERE: 5 MB committed, untouched; 30000000: watched, all written; an image, untouched. */
static mm_process open_for_failures(struct world *w, int format)
{
    world_open(w, format, WORLD_FRAMES);
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, EDGE, 32 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    allocate_at(w, p, 0x30000000, 3 * PAGE, COMMIT_ALL | MEM_WRITE_WATCH, PAGE_READWRITE);
    for (unsigned i = 0; i < 3; i++)
        write_byte(w, p, 0x30000000 + i * PAGE, 1);
    mm_section section = make_section(w);
    map_section(w, p, section);
    mm_section_close(w->mm, section);
    return p;
}

struct state {
    uint64_t charge, tables, virtual_size, committed, active;
    uint32_t arena;
    uint32_t protect[4];
};

static struct state state_of(struct world *w, mm_process p)
{
    struct mm_process_counters c;
    struct mm_counters all;
    mm_process_query(w->mm, p, &c);
    mm_query_counters(w->mm, &all);
    struct state state = {c.commit_charge,
                          c.page_tables,
                          c.virtual_size,
                          all.committed,
                          all.active,
                          arena_bytes_in_use(w->mm->arena),
                          {0}};
    static const va_t at[4] = {EDGE + 14 * PAGE, HERE, 0x30001000, IMAGE_BASE};
    for (unsigned i = 0; i < 4; i++)
        state.protect[i] = protection_at(w, p, at[i]);
    return state;
}

static unsigned fail_with(struct world *w, mm_process p, int row, void (*shorten)(struct mm *mm, uint32_t n),
                          ntstatus_t want)
{
    struct state before = state_of(w, p);
    for (uint32_t n = 0; n < 64; n++) {
        shorten(w->mm, n);
        ntstatus_t status = failures[row].act(w, p);
        shorten(w->mm, UINT32_MAX);
        check_laws(w);
        if (status == STATUS_SUCCESS)
            return n;
        struct state after = state_of(w, p);
        ck_assert_msg(status == want, "%s: %#x after %u", failures[row].name, status, n);
        ck_assert_msg(memcmp(&before, &after, sizeof before) == 0, "%s: something happened (%u)", failures[row].name,
                      n);
    }
    ck_abort_msg("%s: it never works", failures[row].name);
}

START_TEST(nothing_half_done)
{
    int row = _i / PAGING_FORMAT_COUNT, format = _i % PAGING_FORMAT_COUNT;
    struct world w;
    mm_process p = open_for_failures(&w, format);
    if (failures[row].act == protect_far || failures[row].act == decommit_far) {
        ck_assert_uint_eq(release(&w, p, EDGE, 0, MEM_RELEASE), STATUS_SUCCESS);
        allocate_at(&w, p, HERE, 0x500000, COMMIT_ALL, PAGE_READWRITE);
    }
    unsigned frames = fail_with(&w, p, row, mm_fail_frames_after, failures[row].frames);
    ck_assert_int_eq(frames > 0, failures[row].frames != 0);
    world_close(&w);
    p = open_for_failures(&w, format);
    if (failures[row].act == protect_far || failures[row].act == decommit_far) {
        ck_assert_uint_eq(release(&w, p, EDGE, 0, MEM_RELEASE), STATUS_SUCCESS);
        allocate_at(&w, p, HERE, 0x500000, COMMIT_ALL, PAGE_READWRITE);
    }
    unsigned objects = fail_with(&w, p, row, mm_fail_objects_after, failures[row].objects);
    ck_assert_int_eq(objects > 0, failures[row].objects != 0);
    world_close(&w);
}
END_TEST

/* --- Contents that are wanted, and contents that are not --------------------------------------------------- */

START_TEST(what_is_reset_may_be_forgotten)
{
    struct world w;
    struct mm_hold hold;
    world_open(&w, _i, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    struct mm_fault f = {.mode = MMU_USER, .process = p};
    struct mm_range watched = {HERE, 8 * PAGE};
    allocate_at(&w, p, HERE, 8 * PAGE, COMMIT_ALL | MEM_WRITE_WATCH, PAGE_READWRITE);
    for (unsigned i = 0; i < 8; i++)
        write_byte(&w, p, HERE + i * PAGE, (uint8_t)(i + 1));
    va_t base = HERE;
    uint64_t size = 6 * PAGE;
    ck_assert_uint_eq(mm_hold(w.mm, &f, HERE, PAGE, MMU_WRITE, NULL, NULL, &hold), STATUS_SUCCESS);
    ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESET, PAGE_NOACCESS), STATUS_SUCCESS);
    ck_assert_uint_eq(pte_word(&w, p, HERE + PAGE) & 0x42, 0); /* clean: neither Dirty nor Writable */
    ck_assert_uint_eq(pte_word(&w, p, HERE + 6 * PAGE) & 0x42, 0x42);
    mm_hold_write(w.mm, &hold, 0, "\x21", 1); /* page 0 is written by a service, */
    mm_release(w.mm, &hold);
    write_byte(&w, p, HERE + 2 * PAGE, 0x23); /* 2 by the program, */
    trim(&w, p, HERE + 3 * PAGE);
    write_byte(&w, p, HERE + 3 * PAGE, 0x24); /* 3 while it comes back, */
    trim(&w, p, HERE + 4 * PAGE);
    protect_at(&w, p, HERE + 4 * PAGE, PAGE, PAGE_READONLY);                   /* 4 keeps its protection, */
    ck_assert_uint_eq(read_byte(&w, p, HERE + 5 * PAGE), 6);                   /* and 5 is only read */
    ck_assert_uint_eq(mm_reset_write_watch(w.mm, p, watched), STATUS_SUCCESS); /* clean, but wanted */
    mm_ws_empty(w.mm, p);
    check_laws(&w);
    world_stop_paging(&w);
    take_standby(&w);
    static const uint8_t want[8] = {0x21, 0, 0x23, 0x24, 0, 0, 7, 8};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_msg(read_byte(&w, p, HERE + i * PAGE) == want[i], "page %u", i);
    ck_assert_uint_eq(protection_at(&w, p, HERE + 4 * PAGE), PAGE_READONLY);
    ck_assert_int_eq(touch(&w, p, HERE + 4 * PAGE, MMU_WRITE, &f), MM_FAULT_RAISE);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* Bytes around the range stay: only pages that are wholly inside are reset. */
START_TEST(reset_of_parts_of_pages)
{
    static const struct {
        uint32_t offset, size;
        uint8_t lost; /* bit i: page i */
    } rows[] = {{0, 1, 0},        {1, 3 * PAGE, 6},     {PAGE - 1, 2, 0},     {100, PAGE, 0},   {0, PAGE, 1},
                {0, PAGE + 1, 1}, {1, 2 * PAGE - 1, 2}, {PAGE, 3 * PAGE, 14}, {0, 4 * PAGE, 15}};
    struct world w;
    for (int row = 0; row < N_ELEMENTS(rows); row++) {
        world_open(&w, _i, WORLD_FRAMES);
        mm_process p = new_process(&w, PTE_NX_ON);
        allocate_at(&w, p, HERE, 4 * PAGE, COMMIT_ALL, PAGE_READWRITE);
        for (unsigned i = 0; i < 4; i++)
            write_byte(&w, p, HERE + i * PAGE, (uint8_t)(i + 1));
        va_t base = HERE + rows[row].offset;
        uint64_t size = rows[row].size;
        ck_assert_uint_eq(allocate(&w, p, &base, &size, MEM_RESET, PAGE_READWRITE), STATUS_SUCCESS);
        mm_ws_empty(w.mm, p);
        check_laws(&w);
        world_stop_paging(&w);
        take_standby(&w);
        for (unsigned i = 0; i < 4; i++)
            ck_assert_msg(read_byte(&w, p, HERE + i * PAGE) == (rows[row].lost >> i & 1 ? 0 : i + 1), "row %d, page %u",
                          row, i);
        check_laws(&w);
        world_close(&w);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/commit");
    TCase *tc = tcase_create("commit");
    const int formats = PAGING_FORMAT_COUNT;
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, commit_in_a_reservation, 0, formats);
    tcase_add_loop_test(tc, commit_in_a_commitment, 0, formats);
    tcase_add_loop_test(tc, released_parts_take_their_charge, 0, 4 * formats);
    tcase_add_loop_test(tc, view_pages_that_will_be_copied_are_charged, 0, formats);
    tcase_add_loop_test(tc, beyond_the_limit, 0, formats);
    tcase_add_loop_test(tc, page_tables_are_charged_with_the_pages, 0, formats);
    tcase_add_loop_test(tc, page_tables_of_views_are_charged_with_the_call, 0, N_ELEMENTS(in_views) * formats);
    tcase_add_loop_test(tc, reset_of_parts_of_pages, 0, formats);
    tcase_add_loop_test(tc, nothing_half_done, 0, N_ELEMENTS(failures) * formats);
    tcase_add_loop_test(tc, what_is_reset_may_be_forgotten, 0, formats);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
