/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pfn.c - the PFN database: lists and the one setter.
 *
 *      zeroed <---- free <----------------------.   (zero page thread; anything deleted)
 *        |            |                          |
 *        v            v                          |
 *      active ---> transition ---> modified --> standby
 *        ^---------------'------------'-----------'  (soft faults)
 *
 *      any of them ---> bad, for good: RemovalRequested, and what was in it is deleted or has a copy elsewhere
 *
 * Invariants (pfn_db_check):
 *   1. every frame is in exactly one state, and in_state[] counts them;
 *   2. a listed frame is linked once on its state's list, and its neighbours agree;
 *   3. frames at and above untouched_from are zeroed records on no list;
 *   4. a listed frame has no reference (and no share: its record has no place for one; mm_check() counts who maps it).
 */
#include "mm/pfn.h"

#include <assert.h>
#include <stddef.h>

#define TO(state) (1u << PFN_##state)

/* Who may move a frame where: nt-reference 3.4. */
static const unsigned next[PFN_STATE_COUNT] = {
    [PFN_ZEROED] = TO(ACTIVE) | TO(TRANSITION) | TO(BAD),
    [PFN_FREE] = TO(ZEROED) | TO(ACTIVE) | TO(TRANSITION) | TO(BAD),  /* the last but one: a read into it begins */
    [PFN_STANDBY] = TO(ACTIVE) | TO(FREE) | TO(TRANSITION) | TO(BAD), /* soft fault, repurpose, the same for a read */
    [PFN_MODIFIED] = TO(ACTIVE) | TO(STANDBY) | TO(TRANSITION) | TO(FREE) | TO(BAD),
    [PFN_MODIFIED_NO_WRITE] = TO(ACTIVE) | TO(MODIFIED) | TO(TRANSITION) | TO(FREE) | TO(BAD),
    [PFN_BAD] = 0,
    [PFN_ACTIVE] = TO(STANDBY) | TO(MODIFIED) | TO(MODIFIED_NO_WRITE) | TO(TRANSITION) | TO(FREE) | TO(BAD),
    [PFN_TRANSITION] = TO(ACTIVE) | TO(STANDBY) | TO(MODIFIED) | TO(MODIFIED_NO_WRITE) | TO(FREE) | TO(BAD),
};

static bool is_listed(unsigned state)
{
    return state < PFN_LISTED_COUNT;
}

const char *pfn_state_name(enum pfn_state state)
{
    static const char *const name[PFN_STATE_COUNT] = {"Zeroed",     "Free", "Standby", "Modified",
                                                      "ModNoWrite", "Bad",  "Active",  "Transition"};
    return name[state];
}

bool pfn_may_move(enum pfn_state from, enum pfn_state to)
{
    return next[from] >> to & 1;
}

void pfn_db_init(struct pfn_db *db, struct mmpfn *zeroed_records, uint32_t frame_count)
{
    *db = (struct pfn_db){.record = zeroed_records, .frame_count = frame_count};
    db->in_state[PFN_ZEROED] = frame_count;
    for (unsigned s = 0; s < PFN_LISTED_COUNT; s++)
        db->list[s] = (struct pfn_list){PFN_NONE, PFN_NONE};
}

uint32_t pfn_first(const struct pfn_db *db, enum pfn_state state)
{
    uint32_t head = db->list[state].head;
    if (head == PFN_NONE && state == PFN_ZEROED && db->untouched_from < db->frame_count)
        return db->untouched_from;
    return head;
}

static void link_frame(struct pfn_db *db, uint32_t index, enum pfn_state state);

/* A frame leaves those that were never used; those before it are on the list from now on, lowest first. */
static void take_untouched(struct pfn_db *db, uint32_t index)
{
    for (uint32_t i = index; i-- > db->untouched_from;)
        link_frame(db, i, PFN_ZEROED);
    db->untouched_from = index + 1;
}

static void unlink_frame(struct pfn_db *db, uint32_t index)
{
    struct mmpfn *pfn = &db->record[index];
    struct pfn_list *list = &db->list[pfn->state];

    if (pfn->state == PFN_ZEROED && index >= db->untouched_from) {
        take_untouched(db, index);
        return;
    }
    *(pfn->blink == PFN_NONE ? &list->head : &db->record[pfn->blink].flink) = pfn->flink;
    *(pfn->flink == PFN_NONE ? &list->tail : &db->record[pfn->flink].blink) = pfn->blink;
}

/* Zeroed frames go in at the head (still in the host's caches), all others at the tail (nt-reference 3.2). */
static void link_frame(struct pfn_db *db, uint32_t index, enum pfn_state state)
{
    struct mmpfn *pfn = &db->record[index];
    struct pfn_list *list = &db->list[state];

    if (state == PFN_ZEROED) {
        pfn->blink = PFN_NONE;
        pfn->flink = list->head;
    } else {
        pfn->flink = PFN_NONE;
        pfn->blink = list->tail;
    }
    *(pfn->blink == PFN_NONE ? &list->head : &db->record[pfn->blink].flink) = index;
    *(pfn->flink == PFN_NONE ? &list->tail : &db->record[pfn->flink].blink) = index;
}

void pfn_move(struct pfn_db *db, pfn_t frame, enum pfn_state to)
{
    struct mmpfn *pfn = pfn_at(db, frame);
    enum pfn_state from = pfn->state;

    assert(frame.index < db->frame_count);
    assert(next[from] >> to & 1);
    assert(to == PFN_ACTIVE || pfn_shares(pfn) == 0);
    assert(!is_listed(to) || pfn->reference_count == 0);
    if (is_listed(from)) {
        unlink_frame(db, frame.index);
        pfn->ws_index = 0;
        pfn->share_count = 0;
    }
    db->in_state[from]--;
    db->in_state[to]++;
    db->moves++;
    pfn->state = to;
    if (is_listed(to))
        link_frame(db, frame.index, to);
    if (__builtin_expect(db->moved != NULL, 0))
        db->moved(db->context, frame.index, from, to);
}

static const char *check_list(const struct pfn_db *db, enum pfn_state state)
{
    uint32_t previous = PFN_NONE;
    uint64_t length = state == PFN_ZEROED ? db->frame_count - db->untouched_from : 0;

    for (uint32_t i = db->list[state].head; i != PFN_NONE; i = db->record[i].flink) {
        const struct mmpfn *pfn = i < db->frame_count ? &db->record[i] : NULL;
        if (!pfn)
            return "a PFN list links to a frame that does not exist";
        if (pfn->state != state)
            return "a frame is on the list of another state";
        if (pfn->blink != previous)
            return "a PFN list's backward link does not match";
        if (pfn->reference_count)
            return "a listed frame has a reference";
        if (++length > db->in_state[state])
            return "a PFN list is longer than its count";
        previous = i;
    }
    if (db->list[state].tail != previous)
        return "a PFN list's tail is not its last frame";
    return length == db->in_state[state] ? NULL : "a PFN list is shorter than its count";
}

const char *pfn_db_check(const struct pfn_db *db)
{
    uint32_t seen[PFN_STATE_COUNT] = {0};

    for (uint32_t i = 0; i < db->untouched_from; i++) {
        if (db->record[i].state >= PFN_STATE_COUNT)
            return "a frame is in no state";
        seen[db->record[i].state]++;
    }
    seen[PFN_ZEROED] += db->frame_count - db->untouched_from;
    for (unsigned s = 0; s < PFN_STATE_COUNT; s++)
        if (seen[s] != db->in_state[s])
            return "the count of a PFN state is not the number of frames in it";
    for (unsigned s = 0; s < PFN_LISTED_COUNT; s++) {
        const char *broken = check_list(db, s);
        if (broken)
            return broken;
    }
    return NULL;
}
