/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_inspect.c - the memory manager looked at from outside: as it says itself, to the page; and over garbage.
 *
 * SOFTFAULT_SEED=n repeats a run. */
#include "mm/inspect.h"
#include "tests/mm/support.h"

struct scene {
    struct world w;
    mm_process p, q;
    mm_section section;
};

/* Pages of every kind, and an image in two processes. */
static void scene_open(struct scene *s, enum paging_format format)
{
    world_open(&s->w, format, WORLD_FRAMES);
    struct world *w = &s->w;
    s->p = new_process(w, PTE_NX_ON);
    s->q = new_process(w, PTE_NX_ON);
    s->section = make_section(w);
    map_section(w, s->p, s->section);
    map_section(w, s->q, s->section);
    allocate_at(w, s->p, HERE, 64 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    allocate_at(w, s->p, HERE + 0x100000, 0x4000 * PAGE, MEM_RESERVE, PAGE_READWRITE); /* over several page tables */
    allocate_at(w, s->p, HERE + 0x100000 + 0x2000 * PAGE, PAGE, MEM_COMMIT, PAGE_READONLY);
    allocate_at(w, s->p, HERE + 0x8000000, 4 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    protect_at(w, s->p, HERE + 8 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD);
    protect_at(w, s->p, HERE + 9 * PAGE, PAGE, PAGE_NOACCESS);
    va_t base = HERE + 10 * PAGE;
    uint64_t size = PAGE;
    ck_assert_uint_eq(mm_free(w->mm, s->p, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    for (unsigned i = 0; i < 6; i++)
        write_byte(w, s->p, HERE + i * PAGE, 1);
    for (unsigned i = 0; i < 11; i++) {
        read_byte(w, s->p, image_va(i));
        if (i % 2)
            read_byte(w, s->q, image_va(i));
    }
    write_byte(w, s->p, image_va(IMAGE_DATA), 1);
    protect_at(w, s->p, image_va(IMAGE_TEXT), PAGE, PAGE_EXECUTE_READWRITE);
    trim(w, s->p, HERE);
    trim(w, s->p, image_va(IMAGE_RDATA));
    check_laws(w);
}

static void scene_close(struct scene *s)
{
    end_process(&s->w, s->p);
    end_process(&s->w, s->q);
    mm_section_close(s->w.mm, s->section);
    world_close(&s->w);
}

START_TEST(regions_as_query_tells_them)
{
    struct scene s;
    scene_open(&s, _i);
    for (unsigned i = 0; i < 2; i++) {
        mm_process process = i ? s.q : s.p;
        struct mm_region seen, told;
        va_t va = 0;
        unsigned regions = 0;
        for (; mm_inspect_region(s.w.mm, process, va, &seen); va = seen.base + seen.size, regions++) {
            ck_assert_uint_eq(mm_query(s.w.mm, process, va, &told), STATUS_SUCCESS);
            ck_assert_uint_eq(seen.base, told.base);
            ck_assert_uint_eq(seen.size, told.size);
            ck_assert_uint_eq(seen.allocation_base, told.allocation_base);
            ck_assert_uint_eq(seen.allocation_protect, told.allocation_protect);
            ck_assert_uint_eq(seen.state, told.state);
            ck_assert_uint_eq(seen.protect, told.protect);
            ck_assert_uint_eq(seen.type, told.type);
        }
        ck_assert_uint_gt(regions, i ? 6 : 16);
        ck_assert_uint_eq(va, mm_inspect_highest_user(s.w.mm) + 1);
    }
    check_laws(&s.w);
    scene_close(&s);
}
END_TEST

/* Every frame is on the list that the counters count it on, and has an owner that owns it. */
START_TEST(frames_have_owners)
{
    struct scene s;
    struct mm_counters counters;
    struct mm_process_counters of_p;
    struct mm_inspect_frame frame;
    uint64_t lists[MM_LIST_COUNT] = {0}, uses[MM_USE_UNKNOWN + 1] = {0}, private_of_p = 0;
    scene_open(&s, _i);
    mm_query_counters(s.w.mm, &counters);
    mm_process_query(s.w.mm, s.p, &of_p);
    for (uint32_t i = 0; mm_inspect_frame(s.w.mm, i, &frame); i++) {
        struct mm_inspect_owner owner = mm_inspect_owner(s.w.mm, i);
        lists[frame.list]++;
        uses[owner.use]++;
        private_of_p += owner.use == MM_USE_PRIVATE && owner.process == s.p && frame.list == MM_LIST_ACTIVE;
        ck_assert_int_eq(owner.use == MM_USE_SECTION, owner.section == section_area(&s.w, s.section));
        ck_assert_int_eq(owner.use == MM_USE_SECTION, frame.prototype);
    }
    ck_assert_uint_eq(lists[MM_LIST_ACTIVE], counters.active);
    ck_assert_uint_eq(lists[MM_LIST_ZEROED], counters.zeroed);
    ck_assert_uint_eq(lists[MM_LIST_MODIFIED], counters.modified);
    ck_assert_uint_eq(lists[MM_LIST_STANDBY], counters.standby);
    ck_assert_uint_eq(uses[MM_USE_UNKNOWN], 0);
    ck_assert_uint_eq(uses[MM_USE_NOBODY], counters.zeroed + counters.free + counters.bad);
    ck_assert_uint_eq(private_of_p, of_p.private_pages);
    ck_assert_uint_eq(uses[MM_USE_WORKING_SET_LIST], 3); /* of two processes and the system */
    ck_assert(!mm_inspect_frame(s.w.mm, WORLD_FRAMES, &frame));
    ck_assert(!mm_inspect_frame(s.w.mm, UINT64_MAX, &frame));
    scene_close(&s);
}
END_TEST

/* The list names what is valid, no more and no less. */
START_TEST(entries_of_the_list)
{
    struct scene s;
    struct mm_inspect_wsl list;
    struct mm_process_counters counters;
    uint64_t valid = 0;
    scene_open(&s, _i);
    mm_process_query(s.w.mm, s.p, &counters);
    mm_inspect_wsl(s.w.mm, s.p, &list);
    for (uint32_t i = 0; i < list.entries; i++) {
        struct mm_inspect_wsle entry = mm_inspect_wsle(s.w.mm, s.p, i);
        if (!entry.valid)
            continue;
        struct mm_inspect_entry entries[MM_INSPECT_LEVELS];
        unsigned levels = mm_inspect_entries(s.w.mm, s.p, entry.va, entries);
        ck_assert_uint_eq(levels, s.w.format == PAGING_X64 ? 4 : 2);
        ck_assert(entries[levels - 1].is_table_or_page);
        ck_assert_uint_ge(entry.reference_count, 1);
        ck_assert_uint_le(i, list.last_entry);
        valid++;
    }
    ck_assert_uint_eq(valid, counters.working_set);
    scene_close(&s);
}
END_TEST

/* VADs in order, of a tree that is as deep as its levels say; control areas; totals. */
START_TEST(vads_and_areas)
{
    struct scene s;
    struct mm_inspect_vad vad;
    struct mm_inspect_area area = {0};
    struct mm_inspect_totals totals;
    unsigned roots = 0, count = 0, images = 0;
    scene_open(&s, _i);
    for (va_t from = 0; mm_inspect_vad(s.w.mm, s.p, from, &vad); from = vad.end + 1) {
        ck_assert(vad.start >= from && vad.end > vad.start);
        roots += vad.level == 0;
        images += vad.image && vad.mapped && vad.section == section_area(&s.w, s.section);
        count++;
        if (vad.start == HERE)
            ck_assert_uint_eq(vad.commit, 63);
        if (vad.start == HERE + 0x8000000)
            ck_assert(vad.write_watch && !vad.mapped);
    }
    ck_assert_uint_eq(roots, 1);
    ck_assert_uint_eq(images, 1);
    ck_assert_uint_ge(count, 4);
    ck_assert(mm_inspect_area(s.w.mm, 0, &area));
    ck_assert_uint_eq(area.section, section_area(&s.w, s.section));
    ck_assert_uint_eq(area.file, IMAGE_FILE);
    ck_assert_uint_eq(area.views, 2);
    ck_assert(!mm_inspect_area(s.w.mm, area.section, &area));
    mm_inspect_totals(s.w.mm, &totals);
    ck_assert(totals.pool >= 1 && totals.pool < totals.pool_maximum);
    scene_close(&s);
}
END_TEST

static void look_at_everything(struct scene *s)
{
    static const va_t places[] = {0, HERE, HERE + 10 * PAGE, IMAGE_BASE, 0x7FFE0000, 0xC0300C00, UINT32_MAX};
    struct mm_inspect_frame frame;
    struct mm_inspect_entry entries[MM_INSPECT_LEVELS];
    struct mm_region region;
    struct mm_inspect_wsl list;
    mmpte_t pte;

    for (uint32_t i = 0; mm_inspect_frame(s->w.mm, i, &frame); i++) {
        mm_inspect_owner(s->w.mm, i);
        mm_inspect_prototype(s->w.mm, frame.pte_address, &pte);
    }
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        mm_inspect_entries(s->w.mm, s->p, places[i], entries);
    for (va_t va = 0; mm_inspect_region(s->w.mm, s->p, va, &region); va = region.base + region.size)
        ck_assert_uint_gt(region.size, 0);
    mm_inspect_wsl(s->w.mm, s->p, &list);
    for (uint32_t i = 0; i < list.entries; i++)
        mm_inspect_wsle(s->w.mm, s->p, i);
}

/* A kernel-mode guest wrote over its tables: what is shown may be nonsense, and nothing else happens. */
START_TEST(garbage)
{
    struct scene s;
    uint64_t random = seed_of("inspected garbage", 7 + (uint64_t)_i);
    scene_open(&s, _i % PAGING_FORMAT_COUNT);
    for (unsigned step = 0; step < 300; step++) {
        unsigned level = 1 + (unsigned)random_below(&random, format_levels(s.w.format));
        va_t va = random_below(&random, 2) ? HERE + random_below(&random, 16) * PAGE
                                           : image_va((unsigned)random_below(&random, 12));
        uint64_t word = random_word(&random);
        if (random_below(&random, 2))
            word = random_below(&random, WORLD_FRAMES) << 12 | (word & 0xFFF);
        if (s.w.format == PAGING_X86)
            word = (uint32_t)word;
        struct mmprocess *process = mi_process(s.w.mm, s.p);
        uint8_t *bytes = (uint8_t *)s.w.ram + (size_t)process->working_set_page.index * PAGE;
        if (random_below(&random, 4) == 0)
            memcpy(bytes + 8 * random_below(&random, PAGE / 8), &word, sizeof word);
        else if (random_below(&random, 4) == 0)
            poke_prototype(&s.w, s.section, (uint32_t)random_below(&random, IMAGE_PAGES), word);
        else if (has_entry(&s.w, s.p, va, level))
            poke_entry(&s.w, s.p, va, level, word);
        if (step % 10 == 0)
            look_at_everything(&s);
    }
    world_close(&s.w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/inspect");
    TCase *tc = tcase_create("inspect");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, regions_as_query_tells_them, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, frames_have_owners, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, entries_of_the_list, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, vads_and_areas, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, garbage, 0, 8 * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
