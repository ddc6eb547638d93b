// SPDX-License-Identifier: GPL-2.0-or-later
/* random.c - arguments of all classes, the interesting ones often. */
#include "run.h"

/* xorshift, 32 bits. */
static uint32_t next(struct run *r)
{
    uint32_t x = r->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return r->random = x;
}

uint32_t pick(struct run *r, uint32_t below)
{
    return (uint32_t)(((uint64_t)next(r) * below) >> 32);
}

bool chance(struct run *r, unsigned percent)
{
    return pick(r, 100) < percent;
}

/* A page of the window, not of the fences at its ends; near the middle, where tables meet, often. */
static va pick_window_page(struct run *r)
{
    va page =
        chance(r, 40) ? WINDOW_PAGES / 2 - 40 + pick(r, 80) : GRANULE_PAGES + pick(r, WINDOW_PAGES - 2 * GRANULE_PAGES);
    return r->model.window + page * PAGE;
}

static va pick_outside_page(struct run *r)
{
    const struct granule *granule = &r->model.other[pick(r, r->model.others)];
    unsigned index = pick(r, GRANULE_PAGES);
    while (!granule->page[index].known)
        index = (index + 1) % GRANULE_PAGES;
    return granule->base + index * PAGE;
}

static va pick_page(struct run *r, enum page_state at_least)
{
    va address = 0;
    for (unsigned attempt = 0; attempt < 24; attempt++) {
        address = r->model.others > 0 && chance(r, 12) ? pick_outside_page(r) : pick_window_page(r);
        if (model_state(&r->model, address) >= at_least)
            break;
    }
    return address;
}

static va pick_offset(struct run *r)
{
    static const uint16_t edges[] = {1, 8, 0x10, 0x7FF, 0x800, 0xFF8, 0xFFF};
    return chance(r, 60) ? 0 : chance(r, 50) ? edges[pick(r, 7)] : pick(r, PAGE);
}

va pick_odd_address(struct run *r)
{
    const va top = r->model.highest_user;
    switch (pick(r, 12)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return PAGE;
    case 3: return GRANULE - PAGE;
    case 4: return GRANULE - 1;
    case 5: return top + 1;
    case 6: return top + 1 + GRANULE;
    case 7: return ~(va)0;
    case 8: return ~(va)0 << (sizeof(va) * 8 - 1); /* the middle: system space in 32 bits, no address in 64 */
    case 9: return ~(va)0 - PAGE + 1;
    case 10: return top + 1 + PAGE * pick(r, 64);
    default: return ~(va)0xFFFFF - pick(r, 0x10000000);
    }
}

va pick_in_allocation(struct run *r)
{
    va address = pick_page(r, PAGE_STATE_RESERVED);
    if (model_state(&r->model, address) == PAGE_STATE_FREE)
        return address;
    if (chance(r, 30))
        address = model_allocation_begin(&r->model, address);
    else if (chance(r, 15))
        address = model_allocation_end(&r->model, address) - PAGE;
    return address + pick_offset(r);
}

va pick_committed(struct run *r)
{
    return pick_page(r, PAGE_STATE_COMMITTED);
}

va pick_free(struct run *r)
{
    va address = 0;
    for (unsigned attempt = 0; attempt < 24; attempt++) {
        address = pick_window_page(r);
        if (model_state(&r->model, address) == PAGE_STATE_FREE)
            break;
    }
    return address + (chance(r, 30) ? pick_offset(r) : 0);
}

va pick_locked(struct run *r)
{
    unsigned start = pick(r, WINDOW_PAGES);
    for (unsigned i = 0; i < WINDOW_PAGES; i++) {
        unsigned index = (start + i) % WINDOW_PAGES;
        if (r->model.page[index].locked != NO)
            return r->model.window + (va)index * PAGE;
    }
    return 0;
}

va pick_address(struct run *r)
{
    unsigned class = pick(r, 100);
    if (class < 70)
        return pick_in_allocation(r);
    if (class < 92)
        return pick_window_page(r) + pick_offset(r);
    return pick_odd_address(r);
}

static va pick_odd_size(struct run *r)
{
    switch (pick(r, 9)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return ~(va)0;
    case 3: return ~(va)0 - PAGE + 1;
    case 4: return r->model.highest_user;
    case 5: return r->model.highest_vad;
    case 6: return (va)0x7FFFFFFF;
    case 7: return (va)WINDOW_PAGES * PAGE;
    default: return pick(r, 64) * PAGE + 1 + pick(r, PAGE - 1);
    }
}

va pick_size(struct run *r, va address)
{
    unsigned class = pick(r, 100);
    if (class < 6)
        return pick_odd_size(r);
    if (class < 45 && model_state(&r->model, address) != PAGE_STATE_FREE) {
        va rest = model_allocation_end(&r->model, address) - address;
        if (class < 10)
            return 0;
        if (class < 20)
            return rest;
        if (class < 24)
            return rest + 1;
        if (class < 27)
            return rest > 1 ? rest - 1 : 1;
        return 1 + pick(r, (uint32_t)rest);
    }
    va pages = class < 90 ? 1 + pick(r, 6) : class < 98 ? 1 + pick(r, 48) : 1 + pick(r, 600);
    return chance(r, 75) ? pages * PAGE : pages * PAGE - pick(r, PAGE);
}

ULONG pick_valid_protection(struct run *r)
{
    static const ULONG base[] = {PAGE_READWRITE,         PAGE_READWRITE,         PAGE_READWRITE,
                                 PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READ,
                                 PAGE_READONLY,          PAGE_EXECUTE,           PAGE_NOACCESS};
    ULONG protect = base[pick(r, 9)];
    if (protect != PAGE_NOACCESS && chance(r, 25))
        protect |= chance(r, 60) ? PAGE_GUARD : chance(r, 50) ? PAGE_NOCACHE : PAGE_WRITECOMBINE;
    return protect;
}

ULONG pick_protection(struct run *r)
{
    if (chance(r, 90))
        return pick_valid_protection(r);
    switch (pick(r, 5)) {
    case 0: return PAGE_WRITECOPY;
    case 1: return PAGE_EXECUTE_WRITECOPY | (chance(r, 30) ? PAGE_GUARD : 0);
    case 2: return 1u << pick(r, 32);
    case 3: return pick(r, 0x1000);
    default: return pick_valid_protection(r) | 1u << pick(r, 12);
    }
}

enum handle_kind pick_handle(struct run *r)
{
    return chance(r, 97) ? HANDLE_GOOD : chance(r, 50) ? HANDLE_BAD : HANDLE_OTHER_TYPE;
}

HANDLE handle_of(const struct run *r, enum handle_kind kind)
{
    switch (kind) {
    case HANDLE_GOOD: return GetCurrentProcess();
    case HANDLE_BAD: return (HANDLE)(va)0x7F0C;
    case HANDLE_OTHER_TYPE: return r->real_handles || r->number % 2 ? r->event : GetCurrentThread();
    }
    return NULL;
}
