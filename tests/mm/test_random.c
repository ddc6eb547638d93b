/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_random.c - random operations against a plain model, all laws after every step (shadow.h).
 *
 * SOFTFAULT_SEED=n repeats a run. */
#include "tests/mm/shadow.h"

enum { STEPS = 3000 };

enum variant {
    PLAIN,
    SHORTAGE, /* frames and objects run out at random moments */
    TINY,     /* RAM is too small for what the operations want */
    VARIANTS
};

static void inject(struct shadow_world *s)
{
    mm_fail_frames_after(s->w.mm, UINT32_MAX);
    mm_fail_objects_after(s->w.mm, UINT32_MAX);
    if (random_below(&s->random, 3) == 0)
        mm_fail_frames_after(s->w.mm, (uint32_t)random_below(&s->random, 5));
    else if (random_below(&s->random, 3) == 0)
        mm_fail_objects_after(s->w.mm, (uint32_t)random_below(&s->random, 3));
}

static void run(enum paging_format format, enum variant variant)
{
    static const char *const name[VARIANTS] = {"random", "random, shortages", "random, tiny RAM"};
    static struct shadow_world s; /* too large for some stacks */
    uint64_t seed = seed_of(name[variant], 20 + (uint64_t)format);
    uint32_t frames = variant == TINY ? 160 + (uint32_t)(seed % 16) : WORLD_FRAMES;

    shadow_open(&s, format, frames, seed);
    s.may_fail = variant != PLAIN;
    if (variant == TINY)
        world_stop_paging(&s.w);
    for (unsigned step = 0; step < STEPS; step++) {
        if (variant == SHORTAGE)
            inject(&s);
        shadow_step(&s);
        const char *broken = mm_check(s.w.mm);
        ck_assert_msg(broken == NULL, "%s, seed %" PRIu64 ", step %u: %s", format_name(format), seed, step, broken);
        if (step % 16 == 0)
            shadow_compare(&s);
    }
    ck_assert_msg(variant != SHORTAGE || s.shortages > 0, "nothing ever ran short");
    shadow_close(&s);
}

START_TEST(plain)
{
    run(_i, PLAIN);
}
END_TEST

START_TEST(with_shortages)
{
    run(_i, SHORTAGE);
}
END_TEST

START_TEST(in_tiny_ram)
{
    run(_i, TINY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/random");
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, plain, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, with_shortages, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, in_tiny_ram, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
