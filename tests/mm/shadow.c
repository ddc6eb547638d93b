/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow.c - random operations and the model that predicts them: contents, faults, views, holds. */
#include "tests/mm/shadow.h"

/* Is status a shortage of memory that this run allows? */
bool shadow_is_shortage(struct shadow_world *s, ntstatus_t status)
{
    bool shortage = s->may_fail && (status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES ||
                                    status == STATUS_COMMITMENT_LIMIT || status == STATUS_IN_PAGE_ERROR);
    s->shortages += shortage;
    return shortage;
}

/* --- What protections allow -------------------------------------------------------------------------------- */

bool shadow_allows(uint32_t protect, enum mmu_access access, enum pte_nx_policy nx)
{
    uint32_t value = protect & 0xFF;
    if (value == PAGE_NOACCESS)
        return false;
    if (access == MMU_WRITE)
        return value & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY);
    return access == MMU_READ || nx == PTE_NX_OFF || value >= PAGE_EXECUTE;
}

bool shadow_is_copy(uint32_t protect)
{
    return protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY);
}

/* WRITECOPY <-> READWRITE and the same for the executable ones. */
uint32_t shadow_without_copy(uint32_t protect)
{
    return shadow_is_copy(protect) ? (protect & ~0xFFu) | (protect & 0xFF) >> 1 : protect;
}

uint32_t shadow_with_copy(uint32_t protect)
{
    bool writable = protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
    return writable ? (protect & ~0xFFu) | (protect & 0xFF) << 1 : protect;
}

uint32_t shadow_random_protect(struct shadow_world *s)
{
    uint32_t protect = 1u << shadow_below(s, 8);
    if (shadow_below(s, 3))
        protect = shadow_below(s, 3) ? PAGE_READWRITE : PAGE_EXECUTE_READWRITE;
    if (shadow_below(s, 6) == 0)
        protect |= PAGE_GUARD;
    else if (shadow_below(s, 12) == 0)
        protect |= shadow_below(s, 2) ? PAGE_NOCACHE : PAGE_WRITECOMBINE;
    return protect;
}

/* --- Image pages ------------------------------------------------------------------------------------------- */

uint32_t shadow_segment_protect(unsigned page)
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
                                           .protect = shadow_segment_protect(i)};
    p->mapped = true;
}

/* --- The page of an address, in either area ---------------------------------------------------------------- */

struct spot shadow_random_spot(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[shadow_below(s, PROCESSES)];
    struct spot spot = {.p = p, .room = IMAGE_PAGES};
    if (p->mapped && shadow_below(s, 3) == 0) {
        spot.image = true;
        spot.index = (unsigned)shadow_below(s, IMAGE_PAGES);
        spot.page = &p->image[spot.index];
        spot.va = image_va(spot.index);
        spot.room -= spot.index;
        return spot;
    }
    return shadow_window_spot(s);
}

struct spot shadow_window_spot(struct shadow_world *s)
{
    struct spot spot = {.p = &s->shadow[shadow_below(s, PROCESSES)], .room = WINDOW};
    spot.index = (unsigned)shadow_below(s, WINDOW);
    for (unsigned tries = 0; tries < 3 && !spot.p->page[spot.index].committed; tries++) /* lean to what is there */
        spot.index = (unsigned)shadow_below(s, WINDOW);
    spot.page = &spot.p->page[spot.index];
    spot.va = shadow_window_va(spot.index);
    spot.room -= spot.index;
    return spot;
}

void shadow_look_again(struct shadow_world *s, const struct spot *spot, unsigned count)
{
    struct mm_ws_page page;
    for (unsigned i = 0; i < count && i < spot->room; i++)
        spot->page[i].resident = mm_ws_page_at(s->w.mm, spot->p->process, spot->va + i * PAGE, &page);
}

bool shadow_in_one_region(const struct shadow_page *page, unsigned count, unsigned room)
{
    for (unsigned i = 0; i < count; i++)
        if (i >= room || page[i].region == 0 || page[i].region != page[0].region)
            return false;
    return true;
}

ntstatus_t shadow_pass_over(struct shadow_page *page, unsigned count, enum mmu_access access)
{
    for (unsigned i = 0; i < count; i++) {
        if (page[i].committed && (page[i].protect & PAGE_GUARD)) {
            page[i].protect &= ~PAGE_GUARD;
            return STATUS_GUARD_PAGE_VIOLATION;
        }
        if (!page[i].committed || !shadow_allows(page[i].protect, access, PTE_NX_OFF))
            return STATUS_ACCESS_VIOLATION;
        page[i].resident = true;
        page[i].written |= access == MMU_WRITE && page[i].watched;
    }
    return STATUS_SUCCESS;
}

static uint8_t *value_of(struct shadow_world *s, const struct spot *spot)
{
    return spot->image && !spot->page->private_copy ? &s->shared[spot->index] : &spot->page->value;
}

/* --- Operations -------------------------------------------------------------------------------------------- */

void shadow_expect_byte(struct shadow_world *s, const struct spot *spot, uint8_t byte)
{
    if (spot->page->forgettable && byte == 0) {
        *value_of(s, spot) = 0;
        spot->page->forgettable = false; /* and stays so */
    }
    EXPECT(byte, *value_of(s, spot), "the byte at %#" PRIx64, spot->va);
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
    struct spot spot = shadow_random_spot(s);
    enum mmu_access access = shadow_below(s, 8) == 0 ? MMU_EXECUTE : shadow_below(s, 2) ? MMU_WRITE : MMU_READ;
    enum pte_nx_policy nx = s->w.format == PAGING_X86 ? PTE_NX_OFF : spot.p->nx;
    struct mm_fault f;
    enum mm_fault_result result = touch(&s->w, spot.p->process, spot.va, access, &f);

    if (result == MM_FAULT_RAISE && shadow_is_shortage(s, f.status)) {
        shadow_look_again(s, &spot, 1); /* shared, and not copied */
        return;
    }
    bool guard = spot.page->protect & PAGE_GUARD;
    bool works = spot.page->committed && !guard && shadow_allows(spot.page->protect, access, nx);
    EXPECT(result, works ? MM_FAULT_RESOLVED : MM_FAULT_RAISE, "access %d to %#" PRIx64 " protect %#x status %#x",
           access, spot.va, spot.page->protect, f.status);
    if (!works) {
        expect_violation(s, &spot, &f);
        return;
    }
    spot.page->resident = true;
    shadow_expect_byte(s, &spot, mm_frame_read(s->w.mm, f.frame)[0]);
    if (access != MMU_WRITE)
        return;
    spot.page->written = spot.page->watched;
    spot.page->forgettable = false;
    if (shadow_is_copy(spot.page->protect)) {
        spot.page->value = *value_of(s, &spot);
        spot.page->private_copy = true;
        spot.page->protect = shadow_without_copy(spot.page->protect);
    }
    *value_of(s, &spot) = (uint8_t)random_word(&s->random);
    mm_frame_write(s->w.mm, f.frame)[0] = *value_of(s, &spot);
}

static void do_trim(struct shadow_world *s)
{
    struct spot spot = shadow_random_spot(s);
    for (unsigned i = 0; i < 6 && i < spot.room; i++) {
        struct shadow_page *page = &spot.page[i];
        EXPECT(trim(&s->w, spot.p->process, spot.va + i * PAGE), page->resident && !page->locks, "trim of %#" PRIx64,
               spot.va + i * PAGE);
        page->resident = page->locks != 0;
    }
}

static void do_map(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[shadow_below(s, PROCESSES)];
    struct mm_view view = {0};

    if (p->mapped) {
        if (shadow_below(s, 2) == 0)
            return;
        ck_assert_uint_eq(mm_unmap_view(s->w.mm, p->process, image_va((unsigned)shadow_below(s, IMAGE_PAGES))),
                          STATUS_SUCCESS);
        p->mapped = false;
        return;
    }
    ck_assert_uint_eq(mm_unmap_view(s->w.mm, p->process, IMAGE_BASE), STATUS_NOT_MAPPED_VIEW);
    if (!s->section) {
        ntstatus_t status = mm_section_create_image(s->w.mm, &test_image, &s->section);
        if (shadow_is_shortage(s, status))
            return;
        ck_assert_uint_eq(status, STATUS_SUCCESS);
        if (!s->shadow[0].mapped && !s->shadow[1].mapped)
            reset_shared(s);
    }
    ntstatus_t status = mm_map_image(s->w.mm, p->process, s->section, &view);
    if (shadow_is_shortage(s, status))
        return;
    ck_assert_uint_eq(status, STATUS_SUCCESS);
    ck_assert_uint_eq(view.base, IMAGE_BASE);
    reset_view(p);
    if (shadow_below(s, 2)) { /* the views keep it alive */
        mm_section_close(s->w.mm, s->section);
        s->section = 0;
    }
}

static void do_hold(struct shadow_world *s)
{
    struct mm_hold *hold = &s->hold[shadow_below(s, HOLDS)];
    struct spot spot = shadow_window_spot(s);
    unsigned count = 1 + (unsigned)shadow_below(s, 20);
    if (hold->ref) {
        mm_release(s->w.mm, hold);
        return;
    }
    count = count < spot.room ? count : spot.room;
    enum mmu_access access = shadow_below(s, 2) ? MMU_WRITE : MMU_READ;
    struct mm_fault f = {.mode = shadow_below(s, 2) ? MMU_USER : MMU_KERNEL, .process = spot.p->process, .thread = 1};
    ntstatus_t got = mm_hold(s->w.mm, &f, spot.va, (uint64_t)count * PAGE, access, NULL, NULL, hold);
    count = count < MM_HOLD_PAGES ? count : MM_HOLD_PAGES;
    if (got != STATUS_SUCCESS)
        ck_assert_uint_eq(hold->ref, 0);
    if (shadow_is_shortage(s, got)) { /* at the first page that is not resident now */
        shadow_look_again(s, &spot, count);
        for (unsigned i = 0; access == MMU_WRITE && i < count && spot.page[i].resident; i++)
            spot.page[i].written = spot.page[i].watched;
        return;
    }
    EXPECT(got, shadow_pass_over(spot.page, count, access), "hold of %u pages at %#" PRIx64, count, spot.va);
    for (unsigned i = 0; got == STATUS_SUCCESS && i < count; i++) {
        struct spot at = {spot.p, &spot.page[i], spot.va + i * PAGE, false, spot.index + i, 1};
        uint8_t byte;
        mm_hold_read(s->w.mm, hold, i * PAGE, &byte, 1);
        shadow_expect_byte(s, &at, byte);
        if (access != MMU_WRITE)
            continue;
        spot.page[i].value = (uint8_t)random_word(&s->random);
        spot.page[i].forgettable = false;
        mm_hold_write(s->w.mm, hold, i * PAGE, &spot.page[i].value, 1);
    }
}

/* The process is new. */
static void met(struct shadow_world *s, struct shadow *p)
{
    struct mm_process_counters c;
    struct mm_ws_limits limits;
    mm_process_query(s->w.mm, p->process, &c);
    mm_ws_get_limits(s->w.mm, p->process, &limits);
    p->fixed_commit = c.commit_charge;
    p->ws_minimum = limits.minimum;
    ck_assert_uint_eq(limits.minimum, 50);
    ck_assert_uint_eq(limits.maximum, 345);
}

static void do_process(struct shadow_world *s)
{
    struct shadow *p = &s->shadow[shadow_below(s, PROCESSES)];
    if (shadow_below(s, 20))
        return;
    end_process(&s->w, p->process);
    *p = (struct shadow){.nx = shadow_below(s, 2) ? PTE_NX_ON : PTE_NX_OFF};
    check_laws(&s->w);
    mm_fail_frames_after(s->w.mm, UINT32_MAX);
    mm_fail_objects_after(s->w.mm, UINT32_MAX);
    ntstatus_t status = mm_process_create(s->w.mm, p->nx, &p->process);
    if (shadow_is_shortage(s, status)) { /* the other one has it all */
        struct shadow *other = &s->shadow[p == s->shadow];
        end_process(&s->w, other->process);
        *other = (struct shadow){.nx = PTE_NX_ON, .process = new_process(&s->w, PTE_NX_ON)};
        met(s, other);
        p->process = new_process(&s->w, p->nx);
        status = STATUS_SUCCESS;
    }
    ck_assert_uint_eq(status, STATUS_SUCCESS);
    met(s, p);
}

/* --- The whole --------------------------------------------------------------------------------------------- */

void shadow_step(struct shadow_world *s)
{
    static void (*const operation[])(struct shadow_world *) = {
        do_touch,        do_touch,    do_touch,       do_touch,       do_touch,           do_touch,
        do_touch,        do_trim,     do_map,         do_hold,        do_process,         shadow_allocate,
        shadow_allocate, shadow_free, shadow_protect, shadow_protect, shadow_query,       shadow_reset,
        shadow_lock,     shadow_lock, shadow_unlock,  shadow_limits,  shadow_write_watch, shadow_write_watch,
        shadow_empty,
    };
    operation[shadow_below(s, N_ELEMENTS(operation))](s);
}

static void compare_area(struct shadow_world *s, struct shadow *p, struct shadow_page *page, unsigned count, bool image)
{
    for (unsigned i = 0; i < count; i++) {
        struct spot spot = {p, &page[i], image ? image_va(i) : shadow_window_va(i), image, i, 1};
        uint8_t byte;
        EXPECT(mm_peek(s->w.mm, p->process, spot.va, &byte, 1), page[i].resident, "is %#" PRIx64 " resident", spot.va);
        if (!page[i].resident)
            continue;
        ck_assert(page[i].committed);
        shadow_expect_byte(s, &spot, byte);
    }
}

void shadow_compare(struct shadow_world *s)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        struct shadow *p = &s->shadow[i];
        compare_area(s, p, p->page, WINDOW, false);
        if (p->mapped)
            compare_area(s, p, p->image, IMAGE_PAGES, true);
        shadow_compare_sets(s, p);
    }
}

void shadow_open(struct shadow_world *s, enum paging_format format, uint32_t frames, uint64_t seed)
{
    *s = (struct shadow_world){.random = seed, .regions = 1};
    world_open(&s->w, format, frames);
    for (unsigned i = 0; i < PROCESSES; i++) {
        s->shadow[i].nx = i == 0 ? PTE_NX_ON : PTE_NX_OFF;
        s->shadow[i].process = new_process(&s->w, s->shadow[i].nx);
        met(s, &s->shadow[i]);
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
