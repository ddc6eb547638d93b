/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sparse.c - what the prototype PTEs of a huge file cost: memory that grows with the pages that are touched, not
 * with the file.  A page of paged pool, a subsection and at most a path of tree nodes for each touched stretch of as
 * many pages as a page of prototype PTEs has (2 MB; x86: 4 MB). */
#include "tests/mm/support.h"

enum {
    FRAMES = 8192,
    TOUCHED = 96,
    WINDOW = 64 * K, /* of the file, mapped for a touch: 64 GB are more than 32 bits can see */
    NODE_BYTES = 64 * sizeof(uint32_t),
};
#define SMALL_FILE (UINT64_C(4) << 20)
#define HUGE_FILE (UINT64_C(64) << 30)

struct use {
    uint32_t arena; /* bytes */
    uint32_t pool;  /* pages */
};

static struct use use_of(const struct world *w)
{
    struct use use = {.arena = arena_bytes_in_use(w->mm->arena)};
    for (unsigned i = 0; i < MI_POOL_PAGES / 64; i++)
        use.pool += (uint32_t)__builtin_popcountll(w->mm->pool_map[i]);
    return use;
}

/* Stretches of a file of that size, at most: a path of nodes for each, and what is above them all. */
static uint32_t arena_limit(const struct world *w, uint64_t bytes, unsigned stretches)
{
    uint64_t keys = bytes / ((uint64_t)PAGE / entry_size(w->format) * PAGE);
    unsigned levels = 0;
    for (; keys > 1; keys /= 64)
        levels++;
    return stretches * (uint32_t)(sizeof(struct subsection) + 16 + levels * NODE_BYTES);
}

static void touch_file(struct world *w, mm_process p, mm_section section, uint64_t offset)
{
    va_t base = 0;
    ck_assert_uint_eq(map_part(w, p, section, &base, offset & ~(uint64_t)(WINDOW - 1), WINDOW, 0, PAGE_READONLY),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(read_byte(w, p, base + (offset & (WINDOW - 1))), data_byte(offset));
    ck_assert_uint_eq(mm_unmap_view(w->mm, p, base), STATUS_SUCCESS);
    mm_thread_moved(w->mm, 1);
}

static const struct {
    const char *name;
    uint64_t size, stride; /* of the file, between touched pages */
    bool apart;            /* each touch in a stretch of its own */
} cases[] = {
    {"a small file, page by page", SMALL_FILE, PAGE, false},
    {"a huge file, page by page", HUGE_FILE, PAGE, false},
    {"a huge file, pages 512 MB apart", HUGE_FILE, (UINT64_C(512) << 20) + PAGE, true},
};

START_TEST(grows_with_what_is_touched)
{
    struct world w;
    struct use before, mapped, touched, after;
    int row = _i / PAGING_FORMAT_COUNT;
    uint64_t stretch = (uint64_t)PAGE / entry_size(_i % PAGING_FORMAT_COUNT) * PAGE;
    world_open(&w, _i % PAGING_FORMAT_COUNT, FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    make_file(&w, 0, cases[row].size);
    before = use_of(&w);

    mm_section section = make_data_section(&w, 0, MM_READONLY);
    mapped = use_of(&w);
    ck_assert_uint_eq(mapped.pool, before.pool);
    ck_assert_uint_le(mapped.arena - before.arena, sizeof(struct control_area) + sizeof(struct section) + 64);
    for (unsigned i = 0; i < TOUCHED; i++)
        touch_file(&w, p, section, i * cases[row].stride);
    check_laws(&w);
    touched = use_of(&w);
    unsigned stretches = cases[row].apart ? TOUCHED : (unsigned)((TOUCHED * PAGE + stretch - 1) / stretch);
    printf("# %s: %s: %u pages touched, %u pages of pool, %u bytes of arena\n", format_name(w.format), cases[row].name,
           TOUCHED, touched.pool - mapped.pool, touched.arena - mapped.arena);
    ck_assert_uint_eq(touched.pool - mapped.pool, stretches);
    ck_assert_uint_le(touched.arena - mapped.arena, arena_limit(&w, cases[row].size, stretches) + 1024);

    mm_section_close(w.mm, section);
    ck_assert(mm_file_purge(w.mm, DATA_FILE, 0, 0));
    after = use_of(&w);
    ck_assert_uint_eq(after.pool, before.pool);
    ck_assert_uint_le(after.arena, before.arena + 1024); /* spare records of transfers */
    ck_assert_uint_eq(w.file[0].forgotten, 1);
    end_process(&w, p);
    check_laws(&w);
    world_close(&w);
}
END_TEST

/* x64 sees it all at once. */
START_TEST(a_view_of_all_of_it)
{
    struct world w;
    world_open(&w, PAGING_X64, FRAMES);
    mm_process p = new_process(&w, PTE_NX_ON);
    make_file(&w, 0, HUGE_FILE);
    mm_section section = make_data_section(&w, 0, MM_READONLY);
    struct use before = use_of(&w), mapped, touched;
    struct mm_counters first, second;
    mm_query_counters(w.mm, &first);
    va_t base = map_data(&w, p, section, 0, PAGE_READONLY);
    mapped = use_of(&w);
    mm_query_counters(w.mm, &second);
    ck_assert_uint_eq(mapped.pool, before.pool);
    ck_assert_uint_eq(second.active, first.active); /* no page table either */
    for (unsigned i = 0; i < TOUCHED; i++)
        ck_assert_uint_eq(read_byte(&w, p, base + i * (HUGE_FILE / TOUCHED & ~(uint64_t)MMU_PAGE_MASK)),
                          data_byte(i * (HUGE_FILE / TOUCHED & ~(uint64_t)MMU_PAGE_MASK)));
    touched = use_of(&w);
    ck_assert_uint_eq(touched.pool - mapped.pool, TOUCHED);
    ck_assert_uint_le(touched.arena - mapped.arena, arena_limit(&w, HUGE_FILE, TOUCHED) + 1024);
    mm_section_close(w.mm, section);
    end_process(&w, p);
    check_laws(&w);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/sparse");
    TCase *tc = tcase_create("sparse");
    tcase_add_loop_test(tc, grows_with_what_is_touched, 0, N_ELEMENTS(cases) * PAGING_FORMAT_COUNT);
    tcase_add_test(tc, a_view_of_all_of_it);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
