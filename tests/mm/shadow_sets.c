/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow_sets.c - locks, write watch and working sets, predicted page by page. */
#include "tests/mm/shadow.h"

enum { FLUID = 8 };

static unsigned count_locked(const struct shadow *p)
{
    unsigned locked = 0;
    for (unsigned i = 0; i < WINDOW; i++)
        locked += p->page[i].locks != 0;
    for (unsigned i = 0; p->mapped && i < IMAGE_PAGES; i++)
        locked += p->image[i].locks != 0;
    return locked;
}

static struct spot random_run(struct shadow_world *s, unsigned *ret_count)
{
    struct spot spot = shadow_random_spot(s);
    *ret_count = 1 + (unsigned)shadow_below(s, shadow_below(s, 3) ? 6 : 60);
    if (*ret_count > spot.room)
        *ret_count = spot.room;
    return spot;
}

/* What a working set with so many locked pages is promised. */
static uint64_t promise(const struct shadow *p, unsigned locked)
{
    uint64_t needed = locked ? locked + 32 : 0;
    return needed > p->ws_minimum ? needed : p->ws_minimum;
}

/* => the pages that are passed over are resident then; available: what could be promised before. */
static ntstatus_t predict_lock(const struct spot *spot, unsigned count, unsigned map, uint64_t available)
{
    unsigned more = 0, before = 0;

    for (unsigned i = 0; i < count; i++) {
        if (!spot->page[i].region)
            return STATUS_ACCESS_VIOLATION;
        more += !spot->page[i].locks;
        before += (spot->page[i].locks & map) != 0;
    }
    if (count_locked(spot->p) + more + FLUID > spot->p->ws_minimum)
        return STATUS_WORKING_SET_QUOTA;
    unsigned locked = count_locked(spot->p);
    if (promise(spot->p, locked + more) - promise(spot->p, locked) > available)
        return STATUS_WORKING_SET_QUOTA;
    ntstatus_t status = shadow_pass_over(spot->page, count, MMU_READ);
    if (status != STATUS_SUCCESS)
        return status;
    for (unsigned i = 0; i < count; i++)
        spot->page[i].locks |= map;
    return before ? STATUS_WAS_LOCKED : STATUS_SUCCESS;
}

void shadow_lock(struct shadow_world *s)
{
    unsigned count, map = 1 + (unsigned)shadow_below(s, 3);
    struct spot spot = random_run(s, &count);
    struct mm_range range = {spot.va, (uint64_t)count * PAGE};
    struct mm_fault f = {.mode = MMU_KERNEL, .process = spot.p->process, .thread = 1};
    uint64_t available = mi_resident_available(s->w.mm);
    ntstatus_t got = mm_lock(s->w.mm, &f, &range, map, NULL, NULL);

    if (shadow_is_shortage(s, got)) {
        shadow_look_again(s, &spot, count);
        return;
    }
    EXPECT(got, predict_lock(&spot, count, map, available), "lock %u of %u pages at %#" PRIx64, map, count, spot.va);
}

void shadow_unlock(struct shadow_world *s)
{
    unsigned count, map = 1 + (unsigned)shadow_below(s, 3), locked = 0, covered = 0;
    struct spot spot = random_run(s, &count);
    for (unsigned i = 0; i < 8 && !spot.page->locks; i++) /* lean to what is locked */
        spot = random_run(s, &count);
    if (shadow_below(s, 2))
        count = 1;
    struct mm_range range = {spot.va, (uint64_t)count * PAGE};
    ntstatus_t got = mm_unlock(s->w.mm, spot.p->process, &range, map);

    for (unsigned i = 0; i < count; i++) {
        locked += (spot.page[i].locks & map) == map;
        covered += spot.page[i].region != 0;
    }
    if (covered < count) {
        EXPECT(got, STATUS_ACCESS_VIOLATION, "unlock of free memory at %#" PRIx64, spot.va);
        return;
    }
    EXPECT(got, locked == count ? STATUS_SUCCESS : STATUS_NOT_LOCKED, "unlock %u of %u pages at %#" PRIx64, map, count,
           spot.va);
    for (unsigned i = 0; i < count; i++) {
        if (locked == count)
            spot.page[i].locks &= ~map;
        else if (!spot.page[i].locks)
            spot.page[i].resident = false;
    }
}

void shadow_write_watch(struct shadow_world *s)
{
    struct spot spot = shadow_window_spot(s);
    for (unsigned i = 0; i < 8 && !spot.page->watched; i++) /* lean to what is watched */
        spot = shadow_window_spot(s);
    unsigned count = 1 + (unsigned)shadow_below(s, 40), found = 0;
    count = count < spot.room ? count : spot.room;
    enum mm_watch_mode mode = shadow_below(s, 2) ? MM_WATCH_RESET : MM_WATCH_READ;
    struct mm_range range = {spot.va, (uint64_t)count * PAGE};
    va_t address[WINDOW];
    size_t room = 1 + shadow_below(s, 20), got_count = 0;
    bool good = spot.page->watched && shadow_in_one_region(spot.page, count, spot.room);
    ntstatus_t want = good                 ? STATUS_SUCCESS
                      : spot.page->watched ? STATUS_INVALID_PARAMETER
                                           : STATUS_INVALID_PARAMETER_1;

    if (shadow_below(s, 6) == 0) {
        EXPECT(mm_reset_write_watch(s->w.mm, spot.p->process, range), want, "reset of the watch at %#" PRIx64, spot.va);
        for (unsigned i = 0; good && i < count; i++)
            spot.page[i].written = false;
        return;
    }
    EXPECT(mm_get_write_watch(s->w.mm, spot.p->process, range, mode, address, room, &got_count), want,
           "watch of %u pages at %#" PRIx64, count, spot.va);
    for (unsigned i = 0; good && i < count && found < room; i++) {
        if (!spot.page[i].written)
            continue;
        ck_assert_uint_lt(found, got_count);
        EXPECT(address[found], spot.va + i * PAGE, "page %u written", found);
        found++;
        spot.page[i].written = mode == MM_WATCH_READ;
    }
    ck_assert_uint_eq(found, got_count);
}

void shadow_empty(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[shadow_below(s, PROCESSES)];
    if (shadow_below(s, 8))
        return;
    mm_ws_empty(s->w.mm, p->process);
    for (unsigned i = 0; i < WINDOW; i++)
        p->page[i].resident = p->page[i].locks;
    for (unsigned i = 0; i < IMAGE_PAGES; i++)
        p->image[i].resident = p->image[i].locks;
}

void shadow_limits(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[shadow_below(s, PROCESSES)];
    struct mm_ws_limits limits = {.minimum = shadow_below(s, 80), .maximum = 60 + shadow_below(s, 40)}, now;
    ntstatus_t got = mm_ws_set_limits(s->w.mm, p->process, &limits), want = STATUS_SUCCESS;

    if (shadow_is_shortage(s, got))
        return;
    uint64_t minimum = limits.minimum < 20 ? 20 : limits.minimum;
    if (limits.minimum > limits.maximum || minimum < count_locked(p) + FLUID ||
        s->w.mm->pfn.frame_count < 2 * limits.maximum)
        want = STATUS_BAD_WORKING_SET_LIMIT; /* half of a tiny RAM is the most */
    EXPECT(got, want, "limits %u, %u", (unsigned)limits.minimum, (unsigned)limits.maximum);
    if (got == STATUS_SUCCESS)
        p->ws_minimum = limits.minimum < 20 ? 20 : limits.minimum;
    mm_ws_get_limits(s->w.mm, p->process, &now);
    ck_assert_uint_eq(now.minimum, p->ws_minimum);
}

/* --- Comparing ----------------------------------------------------------------------------------------------- */

static unsigned shares(struct shadow_world *s, unsigned image_page)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PROCESSES; i++) {
        const struct shadow_page *page = &s->shadow[i].image[image_page];
        count += s->shadow[i].mapped && page->resident && !page->private_copy;
    }
    return count;
}

static void compare_entry(struct shadow_world *s, const struct shadow_page *page, bool shared, unsigned share_count,
                          const struct mm_ws_page *got)
{
    ck_assert_msg(page->resident, "%#" PRIx64 " is in the working set", got->va);
    EXPECT(mm_page_from_protection(got->protection), page->protect, "protection of %#" PRIx64, got->va);
    EXPECT(got->shared, shared, "is %#" PRIx64 " shared", got->va);
    EXPECT(got->share_count, share_count, "share count of %#" PRIx64, got->va);
    EXPECT(got->locked, page->locks != 0, "is %#" PRIx64 " locked", got->va);
}

static void compare_working_set(struct shadow_world *s, struct shadow *p)
{
    struct mm_ws_page page[WINDOW + IMAGE_PAGES];
    size_t resident = 0, count = mm_ws_list(s->w.mm, p->process, page, N_ELEMENTS(page));

    for (unsigned i = 0; i < WINDOW; i++)
        resident += p->page[i].resident;
    for (unsigned i = 0; p->mapped && i < IMAGE_PAGES; i++)
        resident += p->image[i].resident;
    EXPECT(count, resident, "pages in the working set");
    for (size_t i = 0; i < count; i++) {
        ck_assert(i == 0 || page[i].va > page[i - 1].va);
        if (page[i].va >= WINDOW_BASE) {
            compare_entry(s, &p->page[(page[i].va - WINDOW_BASE) / PAGE], false, 0, &page[i]);
            continue;
        }
        unsigned index = (unsigned)((page[i].va - IMAGE_BASE) / PAGE);
        bool shared = !p->image[index].private_copy;
        compare_entry(s, &p->image[index], shared, shared ? shares(s, index) : 0, &page[i]);
    }
}

void shadow_compare_sets(struct shadow_world *s, struct shadow *p)
{
    struct mm_process_counters c;
    uint64_t committed = 0, private_pages = 0;

    compare_working_set(s, p);
    mm_process_query(s->w.mm, p->process, &c);
    for (unsigned i = 0; i < WINDOW; i++) {
        committed += p->page[i].committed;
        private_pages += p->page[i].resident;
    }
    for (unsigned i = 0; p->mapped && i < IMAGE_PAGES; i++) {
        committed += p->image[i].private_copy || shadow_is_copy(p->image[i].protect);
        private_pages += p->image[i].private_copy && p->image[i].resident;
    }
    EXPECT(c.locked_pages, count_locked(p), "locked pages");
    EXPECT(c.private_pages, private_pages, "private pages");
    EXPECT(c.commit_charge,
           p->fixed_commit + c.page_tables + c.table_charge + mi_process(s->w.mm, p->process)->ws_page_count +
               committed,
           "commit charge");
}
