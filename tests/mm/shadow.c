/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow.c - random operations and the model that predicts them. */
#include "tests/mm/shadow.h"

static uint64_t below(struct shadow_world *s, uint64_t n)
{
    return random_below(&s->random, n);
}

static va_t window_va(unsigned page)
{
    return WINDOW_BASE + (va_t)page * PAGE;
}

/* Is status a shortage of memory that this run allows? */
static bool is_shortage(struct shadow_world *s, ntstatus_t status)
{
    bool shortage = s->may_fail && (status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES ||
                                    status == STATUS_COMMITMENT_LIMIT || status == STATUS_IN_PAGE_ERROR);
    s->shortages += shortage;
    return shortage;
}

#define EXPECT(got, want, ...)                                                                                         \
    do {                                                                                                               \
        char what[160];                                                                                                \
        snprintf(what, sizeof what, __VA_ARGS__);                                                                      \
        ck_assert_msg((got) == (want), "%s: %s: %#" PRIx64 " and should be %#" PRIx64, format_name(s->w.format), what, \
                      (uint64_t)(got), (uint64_t)(want));                                                              \
    } while (0)

/* --- What protections allow -------------------------------------------------------------------------------- */

static bool allows(uint32_t protect, enum mmu_access access, enum pte_nx_policy nx)
{
    uint32_t value = protect & 0xFF;
    if (value == PAGE_NOACCESS)
        return false;
    if (access == MMU_WRITE)
        return value & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY);
    return access == MMU_READ || nx == PTE_NX_OFF || value >= PAGE_EXECUTE;
}

static bool is_copy(uint32_t protect)
{
    return protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY);
}

/* WRITECOPY <-> READWRITE and the same for the executable ones. */
static uint32_t without_copy(uint32_t protect)
{
    return is_copy(protect) ? (protect & ~0xFFu) | (protect & 0xFF) >> 1 : protect;
}

static uint32_t with_copy(uint32_t protect)
{
    bool writable = protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
    return writable ? (protect & ~0xFFu) | (protect & 0xFF) << 1 : protect;
}

static uint32_t random_protect(struct shadow_world *s)
{
    uint32_t protect = 1u << below(s, 8);
    if (below(s, 3))
        protect = below(s, 3) ? PAGE_READWRITE : PAGE_EXECUTE_READWRITE;
    if (below(s, 6) == 0)
        protect |= PAGE_GUARD;
    else if (below(s, 12) == 0)
        protect |= below(s, 2) ? PAGE_NOCACHE : PAGE_WRITECOMBINE;
    return protect;
}

/* --- Image pages ------------------------------------------------------------------------------------------- */

static uint32_t segment_protect(unsigned page)
{
    static const uint32_t protect[IMAGE_PAGES] = {2, 0x20, 0x20, 0x20, 8, 8, 8, 8, 4, 4, 2, 1};
    return protect[page];
}

static void reset_shared(struct shadow_world *s)
{
    for (unsigned i = 0; i < IMAGE_PAGES; i++)
        s->shared[i] = i == 7 || i == 9 ? 0 : file_byte(IMAGE_FILE, i, 0);
}

static void reset_view(struct shadow *p)
{
    for (unsigned i = 0; i < IMAGE_PAGES; i++)
        p->image[i] = (struct shadow_page){.region = 1,
                                           .allocation_protect = PAGE_EXECUTE_WRITECOPY,
                                           .committed = true,
                                           .protect = segment_protect(i)};
    p->mapped = true;
}

/* --- The page of an address, in either area ---------------------------------------------------------------- */

struct spot {
    struct shadow *p;
    struct shadow_page *page;
    va_t va;
    bool image;
    unsigned index;
};

static struct spot random_spot(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[below(s, PROCESSES)];
    struct spot spot = {.p = p};
    if (p->mapped && below(s, 3) == 0) {
        spot.image = true;
        spot.index = (unsigned)below(s, IMAGE_PAGES);
        spot.page = &p->image[spot.index];
        spot.va = image_va(spot.index);
    } else {
        spot.index = (unsigned)below(s, WINDOW);
        for (unsigned tries = 0; tries < 3 && !p->page[spot.index].committed; tries++) /* lean to what is there */
            spot.index = (unsigned)below(s, WINDOW);
        spot.page = &p->page[spot.index];
        spot.va = window_va(spot.index);
    }
    return spot;
}

static uint8_t *value_of(struct shadow_world *s, const struct spot *spot)
{
    return spot->image && !spot->page->private_copy ? &s->shared[spot->index] : &spot->page->value;
}

/* --- Operations -------------------------------------------------------------------------------------------- */

static void compare_bytes(struct shadow_world *s, const struct spot *spot, pfn_t frame)
{
    const uint8_t *bytes = mm_frame_read(s->w.mm, frame);
    EXPECT(bytes[0], *value_of(s, spot), "the first byte at %#" PRIx64, spot->va);
}

static void expect_violation(struct shadow_world *s, const struct spot *spot, const struct mm_fault *f)
{
    enum pte_nx_policy nx = s->w.format == PAGING_X86 ? PTE_NX_OFF : spot->p->nx;
    bool guard = spot->page->committed && (spot->page->protect & PAGE_GUARD);
    EXPECT(f->status, guard ? STATUS_GUARD_PAGE_VIOLATION : STATUS_ACCESS_VIOLATION, "access %d to %#" PRIx64,
           f->access, f->va);
    EXPECT(f->information[0],
           f->access == MMU_WRITE                        ? 1
           : f->access == MMU_EXECUTE && nx == PTE_NX_ON ? 8
                                                         : 0,
           "information of access %d to %#" PRIx64, f->access, f->va);
    EXPECT(f->information[1], f->va, "address");
    if (guard)
        spot->page->protect &= ~PAGE_GUARD;
}

static void do_touch(struct shadow_world *s)
{
    struct spot spot = random_spot(s);
    enum mmu_access access = below(s, 8) == 0 ? MMU_EXECUTE : below(s, 2) ? MMU_WRITE : MMU_READ;
    enum pte_nx_policy nx = s->w.format == PAGING_X86 ? PTE_NX_OFF : spot.p->nx;
    struct mm_fault f;
    enum mm_fault_result result = touch(&s->w, spot.p->process, spot.va, access, &f);

    if (result == MM_FAULT_RAISE && is_shortage(s, f.status))
        return;
    bool guard = spot.page->protect & PAGE_GUARD;
    bool works = spot.page->committed && !guard && allows(spot.page->protect, access, nx);
    EXPECT(result, works ? MM_FAULT_RESOLVED : MM_FAULT_RAISE, "access %d to %#" PRIx64 " protect %#x status %#x",
           access, spot.va, spot.page->protect, f.status);
    if (!works) {
        expect_violation(s, &spot, &f);
        return;
    }
    compare_bytes(s, &spot, f.frame);
    if (access != MMU_WRITE)
        return;
    if (is_copy(spot.page->protect)) {
        spot.page->value = *value_of(s, &spot);
        spot.page->private_copy = true;
        spot.page->protect = without_copy(spot.page->protect);
    }
    *value_of(s, &spot) = (uint8_t)random_word(&s->random);
    mm_frame_write(s->w.mm, f.frame)[0] = *value_of(s, &spot);
}

static bool all_in_region(const struct shadow *p, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        if (i >= WINDOW || p->page[i].region == 0 || p->page[i].region != p->page[first].region)
            return false;
    return true;
}

static bool all_free(const struct shadow *p, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        if (p->page[i].region)
            return false;
    return true;
}

static void do_allocate(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[below(s, PROCESSES)];
    unsigned first = (unsigned)below(s, WINDOW), count = 1 + (unsigned)below(s, below(s, 4) ? 12 : 100);
    if (first + count > WINDOW)
        count = WINDOW - first;
    uint32_t protect = random_protect(s), kind = (uint32_t)below(s, 3);
    uint32_t type = kind == 0 ? MEM_RESERVE : kind == 1 ? MEM_RESERVE | MEM_COMMIT : MEM_COMMIT;
    va_t base = window_va(first);
    uint64_t size = (uint64_t)count * PAGE;
    unsigned last = first + count - 1, unused;
    ntstatus_t want = STATUS_SUCCESS, got = allocate(&s->w, p->process, &base, &size, type, protect);

    if (is_shortage(s, got))
        return;
    bool reserve = type & MEM_RESERVE;
    unsigned start = reserve ? first & ~15u : first;
    if (!mm_protection_from_page(protect, &unused))
        want = STATUS_INVALID_PAGE_PROTECTION;
    else if (reserve && is_copy(protect))
        want = STATUS_INVALID_PAGE_PROTECTION;
    else if (reserve ? !all_free(p, start, last) : !all_in_region(p, first, last))
        want = STATUS_CONFLICTING_ADDRESSES;
    else if (is_copy(protect))
        want = STATUS_INVALID_PAGE_PROTECTION;
    EXPECT(got, want, "allocate %#x at %#" PRIx64 ", %u pages, protect %#x", type, window_va(first), count, protect);
    if (got != STATUS_SUCCESS)
        return;
    s->regions += reserve;
    for (unsigned i = start; i <= last; i++) {
        struct shadow_page *page = &p->page[i];
        if (reserve)
            *page = (struct shadow_page){.region = s->regions, .allocation_protect = protect};
        if (type & MEM_COMMIT) {
            page->committed = true;
            page->protect = protect;
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

static void do_free(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[below(s, PROCESSES)];
    unsigned first = (unsigned)below(s, WINDOW), count = (unsigned)below(s, below(s, 4) ? 12 : 100);
    if (below(s, 4) == 0) { /* a region's start */
        while (first > 0 && p->page[first].region && p->page[first - 1].region == p->page[first].region)
            first--;
        count = 0;
    }
    if (first + count > WINDOW)
        count = WINDOW - first;
    uint32_t type = below(s, 2) ? MEM_RELEASE : MEM_DECOMMIT, region = p->page[first].region;
    va_t base = window_va(first);
    uint64_t size = (uint64_t)count * PAGE;
    ntstatus_t want = STATUS_SUCCESS, got = mm_free(s->w.mm, p->process, &base, &size, type);

    if (is_shortage(s, got))
        return;
    unsigned last = first + count - 1;
    bool at_start = first == 0 || p->page[first - 1].region != region;
    if (!region)
        want = STATUS_MEMORY_NOT_ALLOCATED;
    else if (count && !all_in_region(p, first, last))
        want = STATUS_UNABLE_TO_FREE_VM;
    else if (!count && !at_start)
        want = STATUS_FREE_VM_NOT_AT_BASE;
    EXPECT(got, want, "free %#x at %#" PRIx64 ", %u pages", type, window_va(first), count);
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
        p->page[i].committed = false;
        p->page[i].protect = 0;
        p->page[i].value = 0;
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
    if (image ? (protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE)) != 0 : is_copy(protect))
        return STATUS_INVALID_PARAMETER_4;
    for (unsigned i = 0; i < count; i++)
        if (!page[i].committed)
            return STATUS_NOT_COMMITTED;
    return STATUS_SUCCESS;
}

static void do_protect(struct shadow_world *s)
{
    struct spot spot = random_spot(s);
    unsigned count = 1 + (unsigned)below(s, 10), room = (spot.image ? IMAGE_PAGES : WINDOW) - spot.index;
    if (count > room)
        count = room;
    uint32_t protect = random_protect(s), old = 0, old_want = spot.page->protect;
    va_t base = spot.va;
    uint64_t size = (uint64_t)count * PAGE;
    ntstatus_t got = mm_protect(s->w.mm, spot.p->process, &base, &size, protect, &old);

    if (is_shortage(s, got))
        return;
    EXPECT(got, predict_protect(spot.page, count, protect, spot.image), "protect %#x at %#" PRIx64 ", %u pages",
           protect, spot.va, count);
    if (got != STATUS_SUCCESS)
        return;
    EXPECT(old, old_want, "old protection at %#" PRIx64, spot.va);
    for (unsigned i = 0; i < count; i++) {
        struct shadow_page *page = &spot.page[i];
        bool shared = segment_protect(spot.index + i < IMAGE_PAGES ? spot.index + i : 0) == PAGE_READWRITE;
        page->protect = !spot.image          ? protect
                        : page->private_copy ? without_copy(protect)
                        : shared             ? protect
                                             : with_copy(protect);
    }
}

static void do_query(struct shadow_world *s)
{
    struct spot spot = random_spot(s);
    struct mm_region region;
    const struct shadow_page *page = spot.page;
    unsigned end = spot.image ? IMAGE_PAGES - spot.index : WINDOW - spot.index, run = 1;

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

static void do_trim(struct shadow_world *s)
{
    struct spot spot = random_spot(s);
    for (unsigned i = 0; i < 6; i++)
        trim(&s->w, spot.p->process, spot.va + i * PAGE);
}

static void do_map(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[below(s, PROCESSES)];
    struct mm_view view = {0};

    if (p->mapped) {
        if (below(s, 2) == 0)
            return;
        ck_assert_uint_eq(mm_unmap_view(s->w.mm, p->process, image_va((unsigned)below(s, IMAGE_PAGES))),
                          STATUS_SUCCESS);
        p->mapped = false;
        return;
    }
    ck_assert_uint_eq(mm_unmap_view(s->w.mm, p->process, IMAGE_BASE), STATUS_NOT_MAPPED_VIEW);
    if (!s->section) {
        ntstatus_t status = mm_section_create_image(s->w.mm, &test_image, &s->section);
        if (is_shortage(s, status))
            return;
        ck_assert_uint_eq(status, STATUS_SUCCESS);
        if (!s->shadow[0].mapped && !s->shadow[1].mapped)
            reset_shared(s);
    }
    ntstatus_t status = mm_map_image(s->w.mm, p->process, s->section, &view);
    if (is_shortage(s, status))
        return;
    ck_assert_uint_eq(status, STATUS_SUCCESS);
    ck_assert_uint_eq(view.base, IMAGE_BASE);
    reset_view(p);
    if (below(s, 2)) { /* the views keep it alive */
        mm_section_close(s->w.mm, s->section);
        s->section = 0;
    }
}

static void do_hold(struct shadow_world *s)
{
    struct mm_hold *hold = &s->hold[below(s, HOLDS)];
    struct spot spot = random_spot(s);
    if (hold->ref) {
        mm_release(s->w.mm, hold);
        return;
    }
    if (spot.image)
        return;
    unsigned count = 1 + (unsigned)below(s, 20), room = WINDOW - spot.index;
    count = count < room ? count : room;
    enum mmu_access access = below(s, 2) ? MMU_WRITE : MMU_READ;
    struct mm_fault f = {.mode = below(s, 2) ? MMU_USER : MMU_KERNEL, .process = spot.p->process, .thread = 1};
    ntstatus_t got = mm_hold(s->w.mm, &f, spot.va, (uint64_t)count * PAGE, access, NULL, NULL, hold);
    if (got != STATUS_SUCCESS)
        ck_assert_uint_eq(hold->ref, 0);
    if (is_shortage(s, got))
        return;
    count = count < MM_HOLD_PAGES ? count : MM_HOLD_PAGES;
    for (unsigned i = 0; i < count; i++) {
        struct shadow_page *page = &spot.page[i];
        ntstatus_t want = STATUS_SUCCESS;
        if (page->committed && (page->protect & PAGE_GUARD))
            want = STATUS_GUARD_PAGE_VIOLATION;
        else if (!page->committed || !allows(page->protect, access, PTE_NX_OFF))
            want = STATUS_ACCESS_VIOLATION;
        if (want == STATUS_SUCCESS)
            continue;
        EXPECT(got, want, "hold of %#" PRIx64, spot.va + i * PAGE);
        page->protect &= ~PAGE_GUARD;
        return;
    }
    EXPECT(got, STATUS_SUCCESS, "hold of %#" PRIx64, spot.va);
    EXPECT(hold->length, count * PAGE, "length held");
    for (unsigned i = 0; i < count; i++) {
        uint8_t byte;
        mm_hold_read(s->w.mm, hold, i * PAGE, &byte, 1);
        EXPECT(byte, spot.page[i].value, "byte held at %#" PRIx64, spot.va + i * PAGE);
        if (access != MMU_WRITE)
            continue;
        spot.page[i].value = (uint8_t)random_word(&s->random);
        mm_hold_write(s->w.mm, hold, i * PAGE, &spot.page[i].value, 1);
    }
}

static void do_process(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[below(s, PROCESSES)];
    if (below(s, 20))
        return;
    end_process(&s->w, p->process);
    *p = (struct shadow){.nx = below(s, 2) ? PTE_NX_ON : PTE_NX_OFF};
    check_laws(&s->w);
    mm_fail_frames_after(s->w.mm, UINT32_MAX);
    mm_fail_objects_after(s->w.mm, UINT32_MAX);
    ntstatus_t status = mm_process_create(s->w.mm, p->nx, &p->process);
    if (is_shortage(s, status)) { /* the other one has it all */
        struct shadow *other = &s->shadow[p == s->shadow];
        end_process(&s->w, other->process);
        *other = (struct shadow){.nx = PTE_NX_ON, .process = new_process(&s->w, PTE_NX_ON)};
        p->process = new_process(&s->w, p->nx);
        return;
    }
    ck_assert_uint_eq(status, STATUS_SUCCESS);
}

/* --- The whole --------------------------------------------------------------------------------------------- */

void shadow_step(struct shadow_world *s)
{
    static void (*const operation[])(struct shadow_world *) = {
        do_touch, do_touch,   do_touch,   do_touch, do_touch, do_touch, do_allocate, do_allocate,
        do_free,  do_protect, do_protect, do_query, do_trim,  do_map,   do_hold,     do_process,
    };
    operation[below(s, N_ELEMENTS(operation))](s);
}

static void compare_area(struct shadow_world *s, struct shadow *p, struct shadow_page *page, unsigned count, bool image)
{
    for (unsigned i = 0; i < count; i++) {
        struct spot spot = {p, &page[i], image ? image_va(i) : window_va(i), image, i};
        uint8_t byte;
        if (mm_peek(s->w.mm, p->process, spot.va, &byte, 1) != 1)
            continue;
        ck_assert(page[i].committed);
        EXPECT(byte, *value_of(s, &spot), "the byte at %#" PRIx64, spot.va);
    }
}

void shadow_compare(struct shadow_world *s)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        struct shadow *p = &s->shadow[i];
        compare_area(s, p, p->page, WINDOW, false);
        if (p->mapped)
            compare_area(s, p, p->image, IMAGE_PAGES, true);
    }
}

void shadow_open(struct shadow_world *s, enum paging_format format, uint32_t frames, uint64_t seed)
{
    *s = (struct shadow_world){.random = seed, .regions = 1};
    world_open(&s->w, format, frames);
    for (unsigned i = 0; i < PROCESSES; i++) {
        s->shadow[i].nx = i == 0 ? PTE_NX_ON : PTE_NX_OFF;
        s->shadow[i].process = new_process(&s->w, s->shadow[i].nx);
    }
    reset_shared(s);
}

void shadow_close(struct shadow_world *s)
{
    struct mm_counters c;

    for (unsigned i = 0; i < PROCESSES; i++)
        end_process(&s->w, s->shadow[i].process);
    for (unsigned i = 0; i < HOLDS; i++)
        mm_release(s->w.mm, &s->hold[i]);
    if (s->section)
        mm_section_close(s->w.mm, s->section);
    check_laws(&s->w);
    mm_query_counters(s->w.mm, &c);
    ck_assert_uint_eq(c.modified + c.standby + c.transition, 0); /* nobody is left to want them */
    ck_assert_uint_eq(c.active, c.committed);
    world_close(&s->w);
}
