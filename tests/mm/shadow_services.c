/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow_services.c - allocate, free, protect, query and reset, predicted page by page. */
#include "tests/mm/shadow.h"

static bool all_free(const struct shadow *p, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        if (p->page[i].region)
            return false;
    return true;
}

/* => does the page lose locks? */
static bool reprotect(struct shadow_page *page, uint32_t protect)
{
    bool unlocked = false;
    page->protect = protect;
    if (protect & (PAGE_GUARD | PAGE_NOACCESS)) {
        unlocked = page->locks;
        page->locks = 0;
        page->resident = false;
    }
    return unlocked;
}

void shadow_allocate(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[shadow_below(s, PROCESSES)];
    unsigned first = (unsigned)shadow_below(s, WINDOW),
             count = 1 + (unsigned)shadow_below(s, shadow_below(s, 4) ? 12 : 100);
    if (first + count > WINDOW)
        count = WINDOW - first;
    uint32_t protect = shadow_random_protect(s), kind = (uint32_t)shadow_below(s, 3);
    uint32_t type = kind == 0 ? MEM_RESERVE : kind == 1 ? MEM_RESERVE | MEM_COMMIT : MEM_COMMIT;
    if ((type & MEM_RESERVE) && shadow_below(s, 2) == 0)
        type |= MEM_WRITE_WATCH;
    va_t base = shadow_window_va(first);
    uint64_t size = (uint64_t)count * PAGE;
    unsigned last = first + count - 1, unused;
    ntstatus_t want = STATUS_SUCCESS, got = allocate(&s->w, p->process, &base, &size, type, protect);

    if (shadow_is_shortage(s, got))
        return;
    bool reserve = type & MEM_RESERVE;
    unsigned start = reserve ? first & ~15u : first;
    if (!mm_protection_from_page(protect, &unused))
        want = STATUS_INVALID_PAGE_PROTECTION;
    else if (reserve && shadow_is_copy(protect))
        want = STATUS_INVALID_PAGE_PROTECTION;
    else if (reserve ? !all_free(p, start, last)
                     : !shadow_in_one_region(&p->page[first], last - first + 1, WINDOW - first))
        want = STATUS_CONFLICTING_ADDRESSES;
    else if (shadow_is_copy(protect))
        want = STATUS_INVALID_PAGE_PROTECTION;
    EXPECT(got, want, "allocate %#x at %#" PRIx64 ", %u pages, protect %#x", type, shadow_window_va(first), count,
           protect);
    if (got != STATUS_SUCCESS)
        return;
    s->regions += reserve;
    for (unsigned i = start; i <= last; i++) {
        struct shadow_page *page = &p->page[i];
        if (reserve)
            *page = (struct shadow_page){
                .region = s->regions, .allocation_protect = protect, .watched = type & MEM_WRITE_WATCH};
        if (type & MEM_COMMIT) {
            page->committed = true;
            reprotect(page, protect);
        }
    }
}

static void release(struct shadow_world *s, struct shadow *p, unsigned first, unsigned last)
{
    uint32_t region = p->page[first].region, tail = ++s->regions;
    for (unsigned i = first; i <= last; i++)
        p->page[i] = (struct shadow_page){0};
    for (unsigned i = last + 1; i < WINDOW && p->page[i].region == region; i++)
        p->page[i].region = tail;
}

void shadow_free(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[shadow_below(s, PROCESSES)];
    unsigned first = (unsigned)shadow_below(s, WINDOW),
             count = (unsigned)shadow_below(s, shadow_below(s, 4) ? 12 : 100);
    if (shadow_below(s, 4) == 0) { /* a region's start */
        while (first > 0 && p->page[first].region && p->page[first - 1].region == p->page[first].region)
            first--;
        count = 0;
    }
    if (first + count > WINDOW)
        count = WINDOW - first;
    uint32_t type = shadow_below(s, 2) ? MEM_RELEASE : MEM_DECOMMIT, region = p->page[first].region;
    va_t base = shadow_window_va(first);
    uint64_t size = (uint64_t)count * PAGE;
    ntstatus_t want = STATUS_SUCCESS, got = mm_free(s->w.mm, p->process, &base, &size, type);

    if (shadow_is_shortage(s, got))
        return;
    unsigned last = first + count - 1;
    bool at_start = first == 0 || p->page[first - 1].region != region;
    if (!region)
        want = STATUS_MEMORY_NOT_ALLOCATED;
    else if (count && !shadow_in_one_region(&p->page[first], last - first + 1, WINDOW - first))
        want = STATUS_UNABLE_TO_FREE_VM;
    else if (!count && !at_start)
        want = STATUS_FREE_VM_NOT_AT_BASE;
    EXPECT(got, want, "free %#x at %#" PRIx64 ", %u pages", type, shadow_window_va(first), count);
    if (got != STATUS_SUCCESS)
        return;
    if (!count)
        for (last = first; last + 1 < WINDOW && p->page[last + 1].region == region;)
            last++;
    EXPECT(size, (uint64_t)(last - first + 1) * PAGE, "size freed");
    if (type == MEM_RELEASE) {
        release(s, p, first, last);
        return;
    }
    for (unsigned i = first; i <= last; i++) {
        struct shadow_page *page = &p->page[i];
        *page = (struct shadow_page){.region = page->region,
                                     .allocation_protect = page->allocation_protect,
                                     .watched = page->watched,
                                     .written = page->written};
    }
}

static ntstatus_t predict_protect(const struct shadow_page *page, unsigned count, uint32_t protect, bool image)
{
    unsigned unused;
    if (!mm_protection_from_page(protect, &unused))
        return STATUS_INVALID_PAGE_PROTECTION;
    for (unsigned i = 0; i < count; i++)
        if (!page[i].region || page[i].region != page[0].region)
            return STATUS_CONFLICTING_ADDRESSES;
    if (image ? (protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE)) != 0 : shadow_is_copy(protect))
        return STATUS_INVALID_PARAMETER_4;
    for (unsigned i = 0; i < count; i++)
        if (!page[i].committed)
            return STATUS_NOT_COMMITTED;
    return STATUS_SUCCESS;
}

void shadow_protect(struct shadow_world *s)
{
    struct spot spot = shadow_random_spot(s);
    unsigned count = 1 + (unsigned)shadow_below(s, 10);
    if (count > spot.room)
        count = spot.room;
    uint32_t protect = shadow_random_protect(s), old = 0, old_want = spot.page->protect;
    va_t base = spot.va;
    uint64_t size = (uint64_t)count * PAGE;
    ntstatus_t got = mm_protect(s->w.mm, spot.p->process, &base, &size, protect, &old);

    if (shadow_is_shortage(s, got))
        return;
    ntstatus_t want = predict_protect(spot.page, count, protect, spot.image);
    bool unlocked = false;
    for (unsigned i = 0; want == STATUS_SUCCESS && i < count; i++) {
        struct shadow_page *page = &spot.page[i];
        bool shared = spot.image && shadow_segment_protect(spot.index + i) == PAGE_READWRITE;
        unlocked |= reprotect(page, !spot.image          ? protect
                                    : page->private_copy ? shadow_without_copy(protect)
                                    : shared             ? protect
                                                         : shadow_with_copy(protect));
    }
    EXPECT(got, unlocked ? STATUS_WAS_UNLOCKED : want, "protect %#x at %#" PRIx64 ", %u pages", protect, spot.va,
           count);
    if (want == STATUS_SUCCESS)
        EXPECT(old, old_want, "old protection at %#" PRIx64, spot.va);
}

void shadow_query(struct shadow_world *s)
{
    struct spot spot = shadow_random_spot(s);
    struct mm_region region;
    const struct shadow_page *page = spot.page;
    unsigned end = spot.room, run = 1;

    ck_assert_uint_eq(mm_query(s->w.mm, spot.p->process, spot.va, &region), STATUS_SUCCESS);
    EXPECT(region.base, spot.va, "base");
    EXPECT(region.state,
           page->committed ? MEM_COMMIT
           : page->region  ? MEM_RESERVE
                           : MEM_FREE,
           "state of %#" PRIx64, spot.va);
    EXPECT(region.protect,
           page->committed ? page->protect
           : page->region  ? 0
                           : PAGE_NOACCESS,
           "protect of %#" PRIx64, spot.va);
    EXPECT(region.allocation_protect, page->allocation_protect, "allocation protect of %#" PRIx64, spot.va);
    EXPECT(region.type, spot.image ? MEM_IMAGE : page->region ? MEM_PRIVATE : 0, "type of %#" PRIx64, spot.va);
    while (run < end && page[run].region == page->region && page[run].committed == page->committed &&
           page[run].protect == page->protect)
        run++;
    if (page->region || run < end)
        EXPECT(region.size, (uint64_t)run * PAGE, "size of the region at %#" PRIx64, spot.va);
}

void shadow_reset(struct shadow_world *s)
{
    struct spot spot = shadow_random_spot(s);
    unsigned count = 1 + (unsigned)shadow_below(s, 12);
    count = count < spot.room ? count : spot.room;
    uint64_t size = (uint64_t)count * PAGE;
    ntstatus_t want = STATUS_SUCCESS, got = allocate(&s->w, spot.p->process, &spot.va, &size, MEM_RESET, PAGE_READONLY);

    if (!shadow_in_one_region(spot.page, count, spot.room))
        want = STATUS_CONFLICTING_ADDRESSES;
    else if (spot.image)
        want = STATUS_USER_MAPPED_FILE;
    EXPECT(got, want, "reset at %#" PRIx64 ", %u pages", spot.va, count);
    for (unsigned i = 0; want == STATUS_SUCCESS && i < count; i++)
        spot.page[i].forgettable = spot.page[i].committed;
}
