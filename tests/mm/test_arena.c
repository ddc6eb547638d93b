/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_arena.c - blocks are zeroed, aligned, apart from each other, and come back. */
#include "tests/mm/support.h"

enum { SIZE = 1 << 20, BLOCKS = 300 };

struct block {
    arena_ref ref;
    uint32_t size;
    uint8_t fill;
};

static struct arena *open_arena(void)
{
    void *memory = aligned_alloc(4096, SIZE);
    memset(memory, 0, SIZE);
    return arena_init(memory, SIZE);
}

static void verify(const struct arena *arena, const struct block *block)
{
    const uint8_t *bytes = arena_at(arena, block->ref);
    uint32_t same = 0;
    while (same < block->size && bytes[same] == block->fill)
        same++;
    ck_assert_msg(same == block->size, "byte %u of a block of %u was written over", same, block->size);
}

START_TEST(blocks_come_and_go)
{
    struct arena *arena = open_arena();
    struct block block[BLOCKS] = {0};
    uint64_t random = seed_of("arena", 1);

    for (unsigned step = 0; step < 20000; step++) {
        struct block *b = &block[random_below(&random, BLOCKS)];
        if (b->ref) {
            verify(arena, b);
            arena_free(arena, b->ref, b->size);
            b->ref = 0;
            continue;
        }
        b->size = 1 + (uint32_t)random_below(&random, random_below(&random, 8) ? 600 : 9000);
        b->ref = arena_alloc(arena, b->size);
        if (!b->ref)
            continue;
        ck_assert_uint_eq((uintptr_t)arena_at(arena, b->ref) % 8, 0);
        ck_assert_uint_eq(arena_ref_of(arena, arena_at(arena, b->ref)), b->ref);
        b->fill = 0;
        verify(arena, b);
        b->fill = (uint8_t)random_word(&random);
        memset(arena_at(arena, b->ref), b->fill, b->size);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        arena_free(arena, block[i].ref, block[i].size);
    ck_assert_uint_eq(arena_bytes_in_use(arena), 0);
    free(arena);
}
END_TEST

START_TEST(a_full_arena_says_so_and_recovers)
{
    struct arena *arena = open_arena();
    arena_ref ref[600];
    unsigned count = 0;
    while (count < 600 && (ref[count] = arena_alloc(arena, 4000)))
        count++;
    ck_assert_uint_gt(count, 200);
    ck_assert_uint_lt(count, 600);
    arena_free(arena, ref[0], 4000);
    ck_assert_uint_eq(arena_alloc(arena, 4000), ref[0]);
    ck_assert_uint_eq(arena_alloc(arena, 4000), 0);
    free(arena);
}
END_TEST

START_TEST(fault_injection)
{
    struct arena *arena = open_arena();
    arena_fail_after(arena, 2);
    ck_assert_uint_ne(arena_alloc(arena, 8), 0);
    ck_assert_uint_ne(arena_alloc(arena, 8), 0);
    ck_assert_uint_eq(arena_alloc(arena, 8), 0);
    ck_assert_uint_eq(arena_alloc(arena, 8), 0);
    arena_fail_after(arena, UINT32_MAX);
    ck_assert_uint_ne(arena_alloc(arena, 8), 0);
    arena_free(arena, 0, 8); /* ignored */
    free(arena);
}
END_TEST

START_TEST(largest_block)
{
    struct arena *arena = open_arena();
    arena_ref ref = arena_alloc(arena, ARENA_LARGEST);
    ck_assert_uint_ne(ref, 0);
    memset(arena_at(arena, ref), 0xee, ARENA_LARGEST);
    ck_assert_uint_ne(arena_alloc(arena, 1), 0);
    free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/arena");
    TCase *tc = tcase_create("arena");
    tcase_add_test(tc, blocks_come_and_go);
    tcase_add_test(tc, a_full_arena_says_so_and_recovers);
    tcase_add_test(tc, fault_injection);
    tcase_add_test(tc, largest_block);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
