/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_garbage.c - a kernel-mode guest that writes over page tables, prototype PTEs and working-set lists: the laws are
 * broken then, the host must not be.
 *
 * SOFTFAULT_SEED=n repeats a run. */
#include "tests/mm/support.h"

#define WATCHED (MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH)

static void scribble(struct world *w, mm_process p, uint64_t *random)
{
    struct mmprocess *process = mi_process(w->mm, p);
    const uint32_t *more = process->ws_pages ? arena_at(w->mm->arena, process->ws_pages) : NULL;
    uint64_t page = random_below(random, process->ws_page_count + 1);
    uint8_t *bytes = (uint8_t *)w->ram + (size_t)(page ? more[page - 1] : process->working_set_page.index) * PAGE;
    uint32_t word = (uint32_t)random_word(random), offset = 4 * (uint32_t)random_below(random, PAGE / 4);

    if (page == 0 && random_below(random, 2))
        offset = 4 * (uint32_t)random_below(random, 8); /* the header */
    switch (random_below(random, 6)) {
    case 0: memset(bytes, (int)(word & 1 ? 0xFF : 0), PAGE); return;
    case 1: word &= 0xFFF; break;
    case 2: word = (uint32_t)(HERE + random_below(random, 300) * PAGE) | (word & 0xFFE) | 1; break;
    case 3: word = 0; break;
    default: break;
    }
    memcpy(bytes + offset, &word, sizeof word);
}

/* A word of any kind, with frames that exist more often than not. */
static uint64_t random_pte(struct world *w, uint64_t *random)
{
    uint64_t word = random_word(random);
    switch (random_below(random, 4)) {
    case 0: break;
    case 1: word = (uint64_t)random_below(random, WORLD_FRAMES + 8) << 12 | (word & 0xfff); break;
    case 2: word = (uint64_t)random_below(random, 40) << 12 | (word & 0xffe) | 1; break;     /* frames in use */
    case 3: word = (uint64_t)random_below(random, 40) << 12 | (word & 0x3fe) | 0x800; break; /* transition */
    }
    return w->format == PAGING_X86 ? (uint32_t)word : word;
}

/* Everything that a program could do next. */
static void act(struct world *w, mm_process p, uint64_t *random)
{
    struct mm_fault f;
    struct mm_region region;
    struct mm_hold hold = {0};
    struct mm_range range;
    static struct mm_ws_page list[64];
    va_t written[8];
    size_t count;
    unsigned map = 1 + (unsigned)random_below(random, 3);
    va_t va =
        random_below(random, 2) ? HERE + random_below(random, 64) * PAGE : image_va((unsigned)random_below(random, 12));
    va_t base = va;
    uint64_t size = PAGE * (1 + random_below(random, 4));
    uint32_t old;

    range = (struct mm_range){va, size};
    f = (struct mm_fault){.mode = MMU_USER, .process = p};
    switch (random_below(random, 24)) {
    case 0: trim(w, p, va); break;
    case 1: mm_protect(w->mm, p, &base, &size, 1u << random_below(random, 9), &old); break;
    case 2: mm_free(w->mm, p, &base, &size, random_below(random, 2) ? MEM_DECOMMIT : MEM_RELEASE); break;
    case 3: allocate(w, p, &base, &size, random_below(random, 2) ? MEM_COMMIT : WATCHED, PAGE_READWRITE); break;
    case 4: mm_query(w->mm, p, va, &region); break;
    case 5:
        if (mm_hold(w->mm, &f, va, size, MMU_WRITE, NULL, NULL, &hold) == STATUS_SUCCESS)
            mm_release(w->mm, &hold);
        break;
    case 6:
        if (random_below(random, 8) == 0)
            mm_unmap_view(w->mm, p, va);
        break;
    case 7: allocate(w, p, &base, &size, MEM_RESET, PAGE_READWRITE); break;
    case 8:
    case 9: mm_lock(w->mm, &f, &range, map, NULL, NULL); break;
    case 10: mm_unlock(w->mm, p, &range, map); break;
    case 11: mm_get_write_watch(w->mm, p, range, MM_WATCH_RESET, written, N_ELEMENTS(written), &count); break;
    case 12: mm_reset_write_watch(w->mm, p, range); break;
    case 13: mm_ws_list(w->mm, p, list, N_ELEMENTS(list)); break;
    case 14: mm_ws_page_at(w->mm, p, va, list); break;
    case 15:
        if (random_below(random, 4) == 0)
            mm_ws_empty(w->mm, p);
        break;
    default: {
        enum mmu_access access = random_below(random, 3);
        enum mm_fault_result result = fault_once(w, p, va + 9, access, random_below(random, 2), 0, &f);
        ck_assert_msg(result == MM_FAULT_RESOLVED || result == MM_FAULT_RAISE || result == MM_FAULT_BUGCHECK,
                      "result %d", result);
    }
    }
}

/* Words written at a level of the process's tables (PROTOTYPES: prototype PTEs; LIST: its working-set list), then life
 * goes on; the world is lost then, but not the host. */
enum { PROTOTYPES = 0, LIST = 5, PLACES };

static void corrupt(int format, unsigned level, uint64_t seed)
{
    struct world w;
    uint64_t random = seed;
    world_open(&w, format, WORLD_FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON), q = new_process(&w, PTE_NX_ON);
    allocate_at(&w, p, HERE, 64 * PAGE, WATCHED, PAGE_READWRITE);
    mm_section section = make_section(&w);
    map_section(&w, p, section);
    map_section(&w, q, section);
    for (unsigned i = 0; i < 12; i++)
        write_byte(&w, p, HERE + i * PAGE, 1);
    for (unsigned i = 0; i < 11; i++) {
        read_byte(&w, p, image_va(i));
        if (i % 2)
            read_byte(&w, q, image_va(i));
    }
    for (unsigned i = 0; i < 3; i++) {
        trim(&w, p, HERE + i * PAGE);
        trim(&w, p, image_va(i));
    }
    for (unsigned step = 0; step < 60; step++) {
        if (step % 4 == 0) {
            va_t va = random_below(&random, 2) ? HERE + random_below(&random, 16) * PAGE
                                               : image_va((unsigned)random_below(&random, 12));
            if (level == LIST)
                scribble(&w, p, &random);
            else if (level == PROTOTYPES)
                poke_prototype(&w, section, (uint32_t)random_below(&random, 12), random_pte(&w, &random));
            else if (has_entry(&w, p, va, level))
                poke_entry(&w, p, va, level, random_pte(&w, &random));
        }
        act(&w, random_below(&random, 4) ? p : q, &random);
    }
    mm_check(w.mm); /* says something, or nothing */
    end_process(&w, p);
    end_process(&w, q);
    mm_section_close(w.mm, section);
    mm_process r = 0;
    mm_process_create(w.mm, PTE_NX_ON, &r);
    mm_check(w.mm);
    world_close(&w);
}

START_TEST(garbage)
{
    unsigned level = (unsigned)_i / PAGING_FORMAT_COUNT;
    int format = _i % PAGING_FORMAT_COUNT;
    if (level != LIST && level > format_levels(format))
        return;
    uint64_t seed = seed_of("garbage", 100);
    for (unsigned round = 0; round < 60; round++)
        corrupt(format, level, seed + round);
}
END_TEST

/* A list of several pages, and many steps after each scribble. */
START_TEST(a_crowded_list)
{
    struct world w;
    uint64_t random = seed_of("scribbling", 5 + (uint64_t)_i);
    world_open(&w, _i % PAGING_FORMAT_COUNT, 2048);
    mm_process p[2] = {new_process(&w, PTE_NX_ON), new_process(&w, PTE_NX_ON)};
    mm_section section = make_section(&w);
    for (unsigned i = 0; i < 2; i++) {
        map_section(&w, p[i], section);
        allocate_at(&w, p[i], HERE, 700 * PAGE, WATCHED, PAGE_READWRITE);
        for (unsigned page = 0; page < 700; page++)
            write_byte(&w, p[i], HERE + page * PAGE, 1);
    }
    for (unsigned step = 0; step < 3000; step++) {
        mm_process at = p[random_below(&random, 2)];
        if (random_below(&random, 40) == 0)
            scribble(&w, at, &random);
        act(&w, at, &random);
        if (step % 8 == 0)
            mm_check(w.mm);
    }
    end_process(&w, p[0]);
    end_process(&w, p[1]);
    mm_section_close(w.mm, section);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/garbage");
    TCase *tc = tcase_create("garbage");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, garbage, 0, PLACES * PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, a_crowded_list, 0, 4 * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
