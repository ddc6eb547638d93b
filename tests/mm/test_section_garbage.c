/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_section_garbage.c - a kernel-mode guest that writes over the prototype PTEs of data sections, and over the PTEs
 * of their views: the laws are broken then, the host must not be. */
#include "tests/mm/support.h"

enum { PAGES = 24, ROUNDS = 120, STEPS = 80 };

static struct scene {
    struct world w;
    uint64_t random;
    mm_process p;
    mm_section section[2]; /* a file's, the page file's */
    va_t view[2], cache;
} s;

static unsigned below(unsigned n)
{
    return (unsigned)random_below(&s.random, n);
}

static uint64_t random_word_for_a_pte(void)
{
    uint64_t word = random_word(&s.random);
    switch (below(6)) {
    case 0: break;
    case 1: word = (uint64_t)below(WORLD_FRAMES + 8) << 12 | (word & 0xfff); break;
    case 2: word = (uint64_t)below(60) << 12 | (word & 0xffe) | 1; break;     /* frames in use */
    case 3: word = (uint64_t)below(60) << 12 | (word & 0x3fe) | 0x800; break; /* transition */
    case 4: word &= 0x3e0; break;                                             /* demand zero of some protection */
    case 5: word = 0; break;
    }
    return s.w.format == PAGING_X86 ? (uint32_t)word : word;
}

/* The word of one of them, or another's. */
static void scribble_on_a_prototype(void)
{
    const struct control_area *area = mi_area(s.w.mm, section_area(&s.w, s.section[below(2)]));
    unsigned size = entry_size(s.w.format);
    pfn_t frame;

    if (!area->chunks)
        return;
    const struct subsection *chunk = arena_at(s.w.mm->arena, area->chunks);
    va_t at = chunk->prototypes + below(PAGES) * size, other = chunk->prototypes + below(PAGES) * size;
    uint64_t word = random_word_for_a_pte();
    if (!mm_system_frame(s.w.mm, at, &frame))
        return;
    uint8_t *bytes = (uint8_t *)s.w.ram + (size_t)frame.index * PAGE;
    if (below(3) == 0)
        memcpy(&word, bytes + (other & MMU_PAGE_MASK), size);
    memcpy(bytes + (at & MMU_PAGE_MASK), &word, size);
}

static void scribble(void)
{
    va_t va = s.view[below(2)] + below(PAGES) * PAGE;
    if (below(3))
        scribble_on_a_prototype();
    else if (has_entry(&s.w, s.p, va, 1))
        poke_entry(&s.w, s.p, va, 1, random_word_for_a_pte());
}

static void touch_something(void)
{
    struct mm_fault f;
    bool cache = below(4) == 0;
    va_t va = (cache ? s.cache : s.view[below(2)]) + below(PAGES) * PAGE;
    enum mm_fault_result result = fault_once(&s.w, s.p, va, below(3), cache ? MMU_KERNEL : MMU_USER, 0, &f);
    ck_assert(result == MM_FAULT_RESOLVED || result == MM_FAULT_RAISE || result == MM_FAULT_BUGCHECK);
}

static void use_services(void)
{
    va_t va = s.view[below(2)] + below(PAGES) * PAGE, base = va;
    uint64_t size = (1 + below(4)) * PAGE;
    struct mm_region region;
    uint32_t old;
    ntstatus_t io;

    switch (below(6)) {
    case 0: mm_protect(s.w.mm, s.p, &base, &size, 1u << below(4), &old); break;
    case 1: mm_query(s.w.mm, s.p, va, &region); break;
    case 2: mm_flush_virtual(s.w.mm, s.p, 1, &base, &size, &io); break;
    case 3: mm_file_flush(s.w.mm, DATA_FILE, 1, 0, 0, &io); break;
    case 4: trim(&s.w, s.p, va); break;
    case 5: allocate(&s.w, s.p, &base, &size, MEM_COMMIT, PAGE_READWRITE); break;
    }
}

static void act(void)
{
    unsigned kind = below(16);
    if (kind < 9) {
        touch_something();
    } else if (kind < 13) {
        use_services();
    } else if (kind == 13) {
        static const enum mm_daemon daemons[] = {MM_MAPPED_WRITER, MM_MODIFIED_WRITER, MM_WORKING_SET_MANAGER,
                                                 MM_DEREFERENCE_SEGMENT};
        mm_daemon_step(s.w.mm, daemons[below(4)], below(2) ? MM_WAKE_TIMER : MM_WAKE_SIGNAL);
    } else if (kind == 14) {
        mm_file_purge(s.w.mm, DATA_FILE, below(PAGES) * PAGE, 0);
    } else if (below(4) == 0) {
        mm_ws_empty(s.w.mm, s.p);
    }
}

static void play(int format, uint64_t seed)
{
    memset(&s, 0, sizeof s);
    s.random = seed;
    world_open(&s.w, format, WORLD_FRAMES);
    s.p = new_process(&s.w, PTE_NX_ON);
    make_file(&s.w, 0, PAGES * PAGE);
    s.section[0] = make_data_section(&s.w, 0, MM_READWRITE);
    s.section[1] = make_pagefile_section(&s.w, PAGES * PAGE, below(2) ? SEC_COMMIT : SEC_RESERVE);
    for (unsigned i = 0; i < 2; i++)
        s.view[i] = map_data(&s.w, s.p, s.section[i], 0, below(2) ? PAGE_READWRITE : PAGE_WRITECOPY);
    ck_assert_uint_eq(mm_map_system_view(s.w.mm, s.section[0], 0, PAGES * PAGE, &s.cache), STATUS_SUCCESS);
    for (unsigned i = 0; i < 60; i++)
        act();
    for (unsigned step = 0; step < STEPS; step++) {
        if (step % 4 == 0)
            scribble();
        act();
        if (step % 8 == 0)
            mm_check(s.w.mm); /* says something, or nothing */
    }
    if (below(2))
        mm_unmap_view(s.w.mm, s.p, s.view[0]);
    mm_unmap_system_view(s.w.mm, s.cache);
    end_process(&s.w, s.p);
    mm_section_close(s.w.mm, s.section[0]);
    mm_section_close(s.w.mm, s.section[1]);
    mm_file_flush_all(s.w.mm);
    s.w.file[0].size = PAGE;
    mm_file_size_changed(s.w.mm, DATA_FILE, PAGE);
    run_daemon(&s.w, MM_DEREFERENCE_SEGMENT);
    mm_check(s.w.mm);
    world_close(&s.w);
}

START_TEST(garbage)
{
    uint64_t seed = seed_of("garbage in sections", 300);
    for (unsigned round = 0; round < ROUNDS; round++)
        play(_i, seed + round);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/section_garbage");
    TCase *tc = tcase_create("garbage");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, garbage, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
