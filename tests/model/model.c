// SPDX-License-Identifier: GPL-2.0-or-later
/* model.c - pages, their contents, and what a query says of them. */
#include "model.h"

#include <assert.h>
#include <string.h>

void model_init(struct model *m, va window, va highest_user, bool no_execute)
{
    m->window = window;
    m->highest_user = highest_user;
    m->highest_vad = highest_user - GRANULE;
    m->no_execute = no_execute;
    m->shadows_free = SHADOW_PAGES;
    for (unsigned i = 0; i < SHADOW_PAGES; i++)
        m->shadow_free[i] = (uint16_t)(SHADOW_PAGES - i);
}

/* Index of the first granule outside the window at or above the base. */
static unsigned other_index(const struct model *m, va base)
{
    unsigned low = 0, high = m->others;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (m->other[middle].base < base)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct page *model_page(const struct model *m, va address)
{
    if (address - m->window < (va)WINDOW_PAGES * PAGE)
        return (struct page *)&m->page[(address - m->window) / PAGE];
    va base = address & ~(va)(GRANULE - 1);
    unsigned i = other_index(m, base);
    if (i >= m->others || m->other[i].base != base)
        return NULL;
    struct page *page = (struct page *)&m->other[i].page[(address - base) / PAGE];
    return page->known ? page : NULL;
}

enum page_state model_state(const struct model *m, va address)
{
    const struct page *page = model_page(m, address);
    return page == NULL ? PAGE_STATE_FREE : (enum page_state)page->state;
}

va model_allocation_begin(const struct model *m, va address)
{
    unsigned number = model_page(m, address)->allocation;
    address = page_of(address);
    for (const struct page *page; (page = model_page(m, address - PAGE)) != NULL && page->allocation == number;)
        address -= PAGE;
    return address;
}

va model_allocation_end(const struct model *m, va address)
{
    unsigned number = model_page(m, address)->allocation;
    address = page_of(address);
    for (const struct page *page; (page = model_page(m, address)) != NULL && page->allocation == number;)
        address += PAGE;
    return address;
}

bool model_one_allocation(const struct model *m, va start, va last)
{
    const struct page *first = model_page(m, start);
    if (first == NULL || first->state == PAGE_STATE_FREE || last < start)
        return false;
    for (va address = page_of(start); address <= last; address += PAGE) {
        const struct page *page = model_page(m, address);
        if (page == NULL || page->allocation != first->allocation)
            return false;
    }
    return true;
}

bool model_knows(const struct model *m, va start, va last)
{
    for (va address = page_of(start); address <= last; address += PAGE) {
        if (model_page(m, address) == NULL)
            return false;
    }
    return last >= start;
}

bool model_all_free(const struct model *m, va start, va last)
{
    for (va address = page_of(start); address <= last; address += PAGE) {
        const struct page *page = model_page(m, address);
        if (page != NULL && page->state != PAGE_STATE_FREE)
            return false;
    }
    return true;
}

/* 5.6: consecutive pages with the same state and protection, of the same allocation. */
static bool same_run(const struct page *a, const struct page *b)
{
    return a->allocation == b->allocation && a->state == b->state &&
           (a->state != PAGE_STATE_COMMITTED || a->protect == b->protect);
}

bool model_query(const struct model *m, va address, MEMORY_BASIC_INFORMATION *info)
{
    const struct page *first = model_page(m, address), *page = first;
    va end = page_of(address);
    do {
        end += PAGE;
        page = model_page(m, end);
    } while (page != NULL && same_run(first, page));
    memset(info, 0, sizeof(*info));
    info->BaseAddress = (void *)page_of(address);
    info->RegionSize = end - page_of(address);
    if (first->state == PAGE_STATE_FREE) {
        info->State = MEM_FREE;
        info->Protect = PAGE_NOACCESS;
        return page != NULL;
    }
    info->AllocationBase = (void *)model_allocation_begin(m, address);
    info->AllocationProtect = first->allocation_protect;
    info->State = first->state == PAGE_STATE_COMMITTED ? MEM_COMMIT : MEM_RESERVE;
    info->Protect = first->state == PAGE_STATE_COMMITTED ? first->protect : 0;
    info->Type = MEM_PRIVATE;
    return true;
}

/* 1.6: exactly one base value, at most one modifier, and none with NOACCESS. */
bool model_valid_protection(ULONG protect)
{
    ULONG base = protect & 0xFF, modifiers = protect & ~(ULONG)0xFF;
    if (base == 0 || (base & (base - 1)) != 0 || protect >= 0x800)
        return false;
    if (modifiers == 0)
        return true;
    return (modifiers & (modifiers - 1)) == 0 && base != PAGE_NOACCESS;
}

static bool protection_allows(ULONG protect, enum access access, bool no_execute)
{
    switch (protect & 0xFF) {
    case PAGE_READONLY: return access == ACCESS_READ || (access == ACCESS_EXECUTE && !no_execute);
    case PAGE_READWRITE: return access != ACCESS_EXECUTE || !no_execute;
    case PAGE_EXECUTE: /* x86 cannot deny reads */
    case PAGE_EXECUTE_READ: return access == ACCESS_READ || access == ACCESS_EXECUTE;
    case PAGE_EXECUTE_READWRITE: return true;
    default: return false;
    }
}

int model_fault(const struct model *m, va address, enum access access)
{
    if (address > m->highest_user || address < GRANULE)
        return ST_ACCESS_VIOLATION;
    const struct page *page = model_page(m, address);
    if (page == NULL)
        return ST_SUCCESS;
    if (page->state != PAGE_STATE_COMMITTED)
        return ST_ACCESS_VIOLATION;
    if (page->protect & PAGE_GUARD) /* before the protection below it takes over */
        return ST_GUARD;
    return protection_allows(page->protect, access, m->no_execute) ? ST_SUCCESS : ST_ACCESS_VIOLATION;
}

unsigned model_access_information(const struct model *m, enum access access)
{
    switch (access) {
    case ACCESS_READ: return 0;
    case ACCESS_WRITE:
    case ACCESS_MODIFY: return 1;
    case ACCESS_EXECUTE: return m->no_execute ? 8 : 0;
    }
    return 0;
}

void model_drop_guard(struct model *m, va guard)
{
    if (guard != 0)
        model_page(m, guard)->protect &= (uint16_t)~PAGE_GUARD;
}

uint8_t model_byte(const struct model *m, va address)
{
    const struct page *page = model_page(m, address);
    return page->shadow == 0 ? 0 : m->shadow[page->shadow - 1][address % PAGE];
}

bool model_can_store(const struct model *m, size_t bytes)
{
    return m->shadows_free >= bytes / PAGE + 2;
}

static void forget_contents(struct model *m, struct page *page)
{
    if (page->shadow != 0)
        m->shadow_free[m->shadows_free++] = page->shadow;
    page->shadow = 0;
    page->unsure = false;
}

void model_store(struct model *m, va address, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    while (count > 0) {
        struct page *page = model_page(m, address);
        size_t offset = address % PAGE, part = PAGE - offset < count ? PAGE - offset : count;
        if (page->shadow == 0) {
            assert(m->shadows_free > 0);
            page->shadow = m->shadow_free[--m->shadows_free];
            memset(m->shadow[page->shadow - 1], 0, PAGE);
        }
        memcpy(m->shadow[page->shadow - 1] + offset, from, part);
        page->written = YES;
        page->unsure = false;
        address += part;
        from += part;
        count -= part;
    }
}

void model_touch_maybe(struct model *m, va address, size_t count)
{
    size_t pages = count == 0 ? 0 : (address % PAGE + count + PAGE - 1) / PAGE;
    for (size_t i = 0; i < pages; i++) {
        struct page *page = model_page(m, address + i * PAGE);
        if (page != NULL && page->written == NO)
            page->written = MAYBE;
    }
}

/* Make a page outside the window known. */
static void know(struct model *m, va address)
{
    va base = address & ~(va)(GRANULE - 1);
    if (address - m->window < (va)WINDOW_PAGES * PAGE)
        return;
    unsigned i = other_index(m, base);
    if (i >= m->others || m->other[i].base != base) {
        assert(m->others < OTHER_GRANULES);
        memmove(&m->other[i + 1], &m->other[i], (m->others - i) * sizeof(m->other[0]));
        memset(&m->other[i], 0, sizeof(m->other[0]));
        m->other[i].base = base;
        m->others++;
    }
    m->other[i].page[(address - base) / PAGE].known = true;
}

/* Outside the window a granule that is free again is forgotten: somebody else may get it. */
static void forget_free_granules(struct model *m)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < m->others; i++) {
        unsigned used = 0;
        for (unsigned k = 0; k < GRANULE_PAGES; k++)
            used += m->other[i].page[k].state != PAGE_STATE_FREE;
        if (used > 0 && kept != i)
            m->other[kept] = m->other[i];
        kept += used > 0;
    }
    m->others = kept;
}

unsigned model_add(struct model *m, va start, va end, ULONG protect, bool write_watch)
{
    unsigned number = ++m->last_allocation;
    for (va address = start; address < end; address += PAGE) {
        know(m, address);
        struct page *page = model_page(m, address);
        memset(page, 0, sizeof(*page));
        page->known = true;
        page->allocation = number;
        page->state = PAGE_STATE_RESERVED;
        page->allocation_protect = (uint16_t)protect;
        page->write_watch = write_watch;
    }
    return number;
}

/* A locked page that loses all access may be unlocked by that (STATUS_WAS_UNLOCKED exists to say so); for guard pages
 * the documentation is silent. */
static void set_page_protection(struct page *page, ULONG protect)
{
    page->protect = (uint16_t)protect;
    if (page->locked == YES && (protect == PAGE_NOACCESS || (protect & PAGE_GUARD)))
        page->locked = MAYBE;
}

/* 5.3: what is committed already keeps its contents and gets the new protection. */
void model_commit(struct model *m, va start, va end, ULONG protect)
{
    for (va address = start; address < end; address += PAGE) {
        struct page *page = model_page(m, address);
        page->state = PAGE_STATE_COMMITTED;
        set_page_protection(page, protect);
    }
}

/* 12.3: pages written and then decommitted are still reported, so written stays. */
void model_decommit(struct model *m, va start, va end)
{
    for (va address = start; address < end; address += PAGE) {
        struct page *page = model_page(m, address);
        forget_contents(m, page);
        page->state = PAGE_STATE_RESERVED;
        page->protect = 0;
        page->locked = NO;
    }
}

/* What is left above a released part is an allocation of its own. */
void model_release(struct model *m, va start, va end)
{
    va allocation_end = model_allocation_end(m, start);
    unsigned rest = end < allocation_end ? ++m->last_allocation : 0;
    for (va address = end; address < allocation_end; address += PAGE)
        model_page(m, address)->allocation = rest;
    model_decommit(m, start, end);
    for (va address = start; address < end; address += PAGE) {
        struct page *page = model_page(m, address);
        memset(page, 0, sizeof(*page));
        page->known = true;
    }
    forget_free_granules(m);
}

void model_set_protection(struct model *m, va start, va end, ULONG protect)
{
    for (va address = start; address < end; address += PAGE)
        set_page_protection(model_page(m, address), protect);
}

void allow(struct expectation *e, int status)
{
    if (!allowed(e, status))
        e->status[e->count++] = status;
}

void only(struct expectation *e, int status)
{
    e->count = 0;
    allow(e, status);
}

bool allowed(const struct expectation *e, int status)
{
    for (unsigned i = 0; i < e->count; i++) {
        if (e->status[i] == status)
            return true;
    }
    return false;
}
