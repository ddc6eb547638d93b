/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pfn.c - the PFN database: lists, order, the table of moves, and its checker. */
#include "tests/mm/support.h"

enum { FRAMES = 200 };

static void open_db(struct pfn_db *db)
{
    pfn_db_init(db, calloc(FRAMES, sizeof(struct mmpfn)), FRAMES);
}

static void lawful(const struct pfn_db *db)
{
    const char *broken = pfn_db_check(db);
    ck_assert_msg(broken == NULL, "%s", broken);
}

/* Take the first frame of a state to another. */
static uint32_t move_first(struct pfn_db *db, enum pfn_state from, enum pfn_state to)
{
    uint32_t index = pfn_first(db, from);
    pfn_move(db, (pfn_t){index}, to);
    return index;
}

START_TEST(new_frames_come_in_order_without_a_list)
{
    struct pfn_db db;
    open_db(&db);
    ck_assert_uint_eq(db.in_state[PFN_ZEROED], FRAMES);
    for (uint32_t i = 0; i < FRAMES; i++)
        ck_assert_uint_eq(move_first(&db, PFN_ZEROED, PFN_ACTIVE), i);
    ck_assert_uint_eq(pfn_first(&db, PFN_ZEROED), PFN_NONE);
    ck_assert_uint_eq(db.in_state[PFN_ACTIVE], FRAMES);
    lawful(&db);
    free(db.record);
}
END_TEST

/* A frame that was never used can go where it is: those before it are still the next to be taken. */
START_TEST(a_new_frame_out_of_turn)
{
    struct pfn_db db;
    open_db(&db);
    ck_assert_uint_eq(move_first(&db, PFN_ZEROED, PFN_ACTIVE), 0);
    pfn_move(&db, (pfn_t){5}, PFN_BAD);
    lawful(&db);
    pfn_move(&db, (pfn_t){FRAMES - 1}, PFN_BAD);
    lawful(&db);
    for (uint32_t i = 6; i < FRAMES - 1; i++)
        ck_assert_uint_eq(move_first(&db, PFN_ZEROED, PFN_ACTIVE), i);
    for (uint32_t i = 1; i < 5; i++)
        ck_assert_uint_eq(move_first(&db, PFN_ZEROED, PFN_ACTIVE), i);
    ck_assert_uint_eq(db.in_state[PFN_ZEROED], 0);
    lawful(&db);
    free(db.record);
}
END_TEST

START_TEST(lists_are_first_in_first_out_but_the_zeroed_one)
{
    struct pfn_db db;
    open_db(&db);
    for (unsigned i = 0; i < 3; i++)
        pfn_move(&db, (pfn_t){move_first(&db, PFN_ZEROED, PFN_ACTIVE)}, PFN_STANDBY);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(move_first(&db, PFN_STANDBY, PFN_FREE), i);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(move_first(&db, PFN_FREE, PFN_ZEROED), i);
    ck_assert_uint_eq(move_first(&db, PFN_ZEROED, PFN_ACTIVE), 2);
    lawful(&db);
    free(db.record);
}
END_TEST

START_TEST(the_table_of_moves)
{
    for (unsigned from = 0; from < PFN_STATE_COUNT; from++)
        for (unsigned to = 0; to < PFN_STATE_COUNT; to++)
            ck_assert_msg(pfn_may_move(from, to) == legal_move(from, to), "%s to %s", pfn_state_name(from),
                          pfn_state_name(to));
}
END_TEST

/* The links' place is the counts' place: neither is ever taken for the other. */
START_TEST(a_frame_off_its_list_has_no_links_left)
{
    static const enum pfn_state off[] = {PFN_ACTIVE, PFN_TRANSITION};
    for (unsigned i = 0; i < N_ELEMENTS(off); i++) {
        struct pfn_db db;
        open_db(&db);
        for (unsigned n = 0; n < 3; n++)
            pfn_move(&db, (pfn_t){move_first(&db, PFN_ZEROED, PFN_ACTIVE)}, PFN_STANDBY);
        for (unsigned n = 0; n < 3; n++) {
            const struct mmpfn *pfn = &db.record[move_first(&db, PFN_STANDBY, off[i])];
            ck_assert_uint_eq(pfn->ws_index, 0);
            ck_assert_uint_eq(pfn->share_count, 0);
        }
        lawful(&db);
        free(db.record);
    }
}
END_TEST

START_TEST(random_moves_keep_the_laws)
{
    struct pfn_db db;
    uint64_t random = seed_of("pfn", 2);
    open_db(&db);
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t index = (uint32_t)random_below(&random, db.untouched_from + 1);
        enum pfn_state to = random_below(&random, PFN_STATE_COUNT);
        if (index == db.untouched_from && (index == FRAMES || pfn_first(&db, PFN_ZEROED) != index))
            continue;
        if (to == PFN_BAD && random_below(&random, 100))
            continue;
        if (pfn_may_move(db.record[index].state, to))
            pfn_move(&db, (pfn_t){index}, to);
        lawful(&db);
    }
    free(db.record);
}
END_TEST

/* Breaking each law of pfn_db_check by hand. */
static void lose_from_count(struct pfn_db *db)
{
    db->in_state[PFN_STANDBY]--;
}
static void invent_state(struct pfn_db *db)
{
    db->record[0].state = PFN_STATE_COUNT;
}
static void cross_lists(struct pfn_db *db)
{
    db->record[1].flink = 5; /* an active frame */
}
static void link_outside(struct pfn_db *db)
{
    db->record[2].flink = FRAMES;
}
static void break_blink(struct pfn_db *db)
{
    db->record[1].blink = 2;
}
static void reference_listed(struct pfn_db *db)
{
    db->record[1].reference_count = 1;
}
static void break_tail(struct pfn_db *db)
{
    db->list[PFN_STANDBY].tail = 0;
}
static void cut_list(struct pfn_db *db)
{
    db->record[1].flink = PFN_NONE;
    db->list[PFN_STANDBY].tail = 1;
}
static void make_ring(struct pfn_db *db)
{
    db->record[2].flink = 0;
    db->record[0].blink = 2;
}

static const struct {
    void (*sabotage)(struct pfn_db *db);
    const char *law;
} laws[] = {
    {lose_from_count, "the count of a PFN state is not the number of frames in it"},
    {invent_state, "a frame is in no state"},
    {cross_lists, "a frame is on the list of another state"},
    {link_outside, "a PFN list links to a frame that does not exist"},
    {break_blink, "a PFN list's backward link does not match"},
    {reference_listed, "a listed frame has a reference"},
    {break_tail, "a PFN list's tail is not its last frame"},
    {cut_list, "a PFN list is shorter than its count"},
    {make_ring, "a PFN list's backward link does not match"},
};

START_TEST(the_checker_sees)
{
    struct pfn_db db;
    open_db(&db);
    for (unsigned i = 0; i < 8; i++)
        move_first(&db, PFN_ZEROED, PFN_ACTIVE);
    for (uint32_t i = 0; i < 3; i++)
        pfn_move(&db, (pfn_t){i}, PFN_STANDBY);
    lawful(&db);
    laws[_i].sabotage(&db);
    const char *broken = pfn_db_check(&db);
    ck_assert_ptr_nonnull(broken);
    ck_assert_str_eq(broken, laws[_i].law);
    free(db.record);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/pfn");
    TCase *tc = tcase_create("pfn");
    tcase_add_test(tc, new_frames_come_in_order_without_a_list);
    tcase_add_test(tc, a_new_frame_out_of_turn);
    tcase_add_test(tc, lists_are_first_in_first_out_but_the_zeroed_one);
    tcase_add_test(tc, the_table_of_moves);
    tcase_add_test(tc, a_frame_off_its_list_has_no_links_left);
    tcase_add_test(tc, random_moves_keep_the_laws);
    tcase_add_loop_test(tc, the_checker_sees, 0, N_ELEMENTS(laws));
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
