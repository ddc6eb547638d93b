/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_vad.c - the VAD tree against a map of pages: every page of a small address space, marked by hand. */
#include "tests/mm/support.h"

enum { SPACE = 4096, ARENA = 1 << 20 }; /* pages */

struct model {
    struct arena *arena;
    struct vad_tree tree;
    struct mmvad *owner[SPACE]; /* naive: who has each page */
    uint64_t random;
};

static void open_model(struct model *m)
{
    void *memory = aligned_alloc(4096, ARENA);
    memset(memory, 0, ARENA);
    *m = (struct model){.arena = arena_init(memory, ARENA)};
}

static bool is_free(const struct model *m, uint64_t start, uint64_t end)
{
    for (uint64_t i = start; i <= end; i++)
        if (i >= SPACE || m->owner[i])
            return false;
    return true;
}

static void mark(struct model *m, uint64_t start, uint64_t end, struct mmvad *owner)
{
    for (uint64_t i = start; i <= end; i++)
        m->owner[i] = owner;
}

static void insert(struct model *m, uint64_t start, uint64_t end)
{
    struct mmvad *vad = arena_at(m->arena, arena_alloc(m->arena, sizeof *vad));
    vad->start_vpn = start;
    vad->end_vpn = end;
    vad_insert(m->arena, &m->tree, vad);
    mark(m, start, end, vad);
}

static void drop(struct model *m, struct mmvad *vad)
{
    mark(m, vad->start_vpn, vad->end_vpn, NULL);
    vad_remove(m->arena, &m->tree, vad);
    arena_free(m->arena, arena_ref_of(m->arena, vad), sizeof *vad);
}

static bool naive_find_free(const struct model *m, uint64_t low, uint64_t high, uint64_t pages,
                            enum vad_direction direction, uint64_t *ret_start)
{
    bool found = false;
    for (uint64_t start = (low + 15) & ~UINT64_C(15); start + pages <= high + 1; start += 16) {
        if (!is_free(m, start, start + pages - 1))
            continue;
        *ret_start = start;
        found = true;
        if (direction == VAD_BOTTOM_UP)
            break;
    }
    return found;
}

static void compare(struct model *m)
{
    const char *broken = vad_check(m->arena, &m->tree);
    ck_assert_msg(broken == NULL, "%s", broken);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t vpn = random_below(&m->random, SPACE);
        ck_assert_ptr_eq(vad_find(m->arena, &m->tree, vpn), m->owner[vpn]);
        uint64_t next = vpn;
        while (next < SPACE && !m->owner[next])
            next++;
        ck_assert_ptr_eq(vad_lower_bound(m->arena, &m->tree, vpn), next < SPACE ? m->owner[next] : NULL);
    }
    for (unsigned i = 0; i < 4; i++) {
        uint64_t low = random_below(&m->random, SPACE), high = random_below(&m->random, SPACE);
        uint64_t pages = 1 + random_below(&m->random, 200), want = 0, got = 0;
        enum vad_direction direction = random_below(&m->random, 2) ? VAD_TOP_DOWN : VAD_BOTTOM_UP;
        bool there = naive_find_free(m, low, high, pages, direction, &want);
        bool found = vad_find_free(m->arena, &m->tree, low, high, pages, direction, &got);
        ck_assert_msg(there == found && want == got,
                      "%" PRIu64 " pages in %" PRIu64 "..%" PRIu64 " direction %d: %d at %" PRIu64
                      ", found %d at %" PRIu64,
                      pages, low, high, direction, there, want, found, got);
    }
}

static void resize(struct model *m, struct mmvad *vad)
{
    uint64_t pages = vad->end_vpn - vad->start_vpn + 1;
    if (pages == 1)
        return;
    mark(m, vad->start_vpn, vad->end_vpn, NULL);
    if (random_below(&m->random, 2))
        vad->start_vpn += random_below(&m->random, pages);
    else
        vad->end_vpn -= random_below(&m->random, pages);
    mark(m, vad->start_vpn, vad->end_vpn, vad);
    vad_resized(m->arena, vad);
}

START_TEST(random_operations)
{
    struct model m;
    open_model(&m);
    m.random = seed_of("vad", 3) + (uint64_t)_i;
    for (unsigned step = 0; step < 3000; step++) {
        uint64_t at = random_below(&m.random, SPACE), end = at + random_below(&m.random, _i ? 20 : 100);
        if (m.owner[at] && random_below(&m.random, 4) == 0)
            resize(&m, m.owner[at]);
        else if (m.owner[at])
            drop(&m, m.owner[at]);
        else if (is_free(&m, at, end))
            insert(&m, at, end);
        compare(&m);
    }
    uint64_t count = 0, last = 0;
    for (const struct mmvad *v = vad_lower_bound(m.arena, &m.tree, 0); v; v = vad_next(m.arena, v), count++) {
        ck_assert(count == 0 || v->start_vpn > last);
        last = v->end_vpn;
    }
    ck_assert_uint_eq(count, m.tree.count);
    free(m.arena);
}
END_TEST

START_TEST(in_order_insertion_stays_flat)
{
    struct model m;
    open_model(&m);
    for (uint64_t i = 0; i < 1024; i++)
        insert(&m, i * 4, i * 4 + 1);
    ck_assert_ptr_null(vad_check(m.arena, &m.tree));
    ck_assert_uint_le(vad_at(m.arena, m.tree.root)->height, 15); /* 1.44 log2(1024) */
    for (uint64_t i = 0; i < 1024; i++)
        drop(&m, m.owner[i * 4]);
    ck_assert_uint_eq(m.tree.root, 0);
    ck_assert_uint_eq(m.tree.count, 0);
    free(m.arena);
}
END_TEST

/* What vad_check must see. */
static void spoil_parent(struct model *m)
{
    m->owner[100]->parent = m->tree.root + 1;
}
static void spoil_bounds(struct model *m)
{
    m->owner[100]->end_vpn = 50;
}
static void spoil_order(struct model *m)
{
    vad_at(m->arena, m->tree.root)->start_vpn -= 200; /* into its left neighbour */
}
static void spoil_height(struct model *m)
{
    vad_at(m->arena, m->tree.root)->height++;
}
static void spoil_gap(struct model *m)
{
    vad_at(m->arena, m->tree.root)->max_gap--;
}
static void spoil_count(struct model *m)
{
    m->tree.count++;
}
static void spoil_balance(struct model *m)
{
    vad_at(m->arena, m->tree.root)->left = 0; /* the right half alone */
}

static const struct {
    void (*spoil)(struct model *m);
    const char *law;
} laws[] = {
    {spoil_parent, "a VAD's parent link is wrong"},    {spoil_bounds, "a VAD ends before it starts"},
    {spoil_order, "VADs overlap or are out of order"}, {spoil_height, "a VAD's subtree summary is wrong"},
    {spoil_gap, "a VAD's subtree summary is wrong"},   {spoil_count, "the number of VADs is not that of the tree"},
    {spoil_balance, "the VAD tree is out of balance"},
};

START_TEST(the_checker_sees)
{
    struct model m;
    open_model(&m);
    for (uint64_t i = 0; i < 15; i++)
        insert(&m, 100 + i * 200, 120 + i * 200);
    ck_assert_ptr_null(vad_check(m.arena, &m.tree));
    laws[_i].spoil(&m);
    const char *broken = vad_check(m.arena, &m.tree);
    ck_assert_ptr_nonnull(broken);
    ck_assert_str_eq(broken, laws[_i].law);
    free(m.arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/vad");
    TCase *tc = tcase_create("vad");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, random_operations, 0, 2);
    tcase_add_test(tc, in_order_insertion_stays_flat);
    tcase_add_loop_test(tc, the_checker_sees, 0, N_ELEMENTS(laws));
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
