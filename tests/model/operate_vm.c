// SPDX-License-Identifier: GPL-2.0-or-later
/* operate_vm.c - the services with a base and a size that are passed in and out: allocate, free, protect, lock, unlock,
 * flush. */
#include "nt.h"
#include "run.h"

#include <string.h>

enum { WORDS = 3, OUTSIDE_PAGES = 64 };

static va own_words(struct run *r)
{
    return (va)r->own;
}

/* Where the words of a call lie: mostly our own memory, sometimes an arena page of any kind, seldom a bad pointer.  Not
 * in the allocation that the call is about: what it does to its own words is not documented. */
static va place_words(struct run *r, va base, va size, unsigned words)
{
    static const uint16_t offsets[] = {0, 0x100, PAGE - 3 * sizeof(va), PAGE - 2 * sizeof(va), PAGE - sizeof(va)};
    const struct model *m = &r->model;
    if (!chance(r, 12))
        return own_words(r);
    if (chance(r, 8))
        return chance(r, 50) ? 0 : m->highest_user + 1 + pick(r, 16) * PAGE;
    va at = pick_committed(r) + offsets[pick(r, 5)], last = at + words * sizeof(va) - 1;
    const struct page *subject = model_page(m, base);
    for (va page = page_of(at); page <= last; page += PAGE) {
        const struct page *holder = model_page(m, page);
        if (holder == NULL || (subject != NULL && subject->allocation == holder->allocation))
            return own_words(r);
    }
    bool apart = base > last || size == 0 || base + size - 1 < page_of(at);
    return apart && base + size >= base && model_can_store(m, PAGE) ? at : own_words(r);
}

/* => returns whether the words could be set; else the call must fail at its probe. */
static bool set_words(struct run *r, struct range_call *c, unsigned words)
{
    va value[WORDS] = {c->base, c->size, 0x55555555};
    c->base_at = place_words(r, c->base, c->size, words);
    c->size_at = c->base_at + sizeof(va);
    c->old_at = words == WORDS ? c->size_at + sizeof(va) : 0;
    if (c->base_at == own_words(r)) {
        memcpy((void *)c->base_at, value, sizeof(value));
        return true;
    }
    if (!writable(r, c->base_at, words * sizeof(va)))
        return false;
    prepare_write(r, c->base_at, words * sizeof(va));
    memcpy((void *)c->base_at, value, words * sizeof(va));
    model_store(&r->model, c->base_at, value, words * sizeof(va));
    return true;
}

static void get_words(struct range_call *c, bool set)
{
    c->got_base = set ? *(va *)c->base_at : c->base;
    c->got_size = set ? *(va *)c->size_at : c->size;
    if (set && c->old_at != 0)
        c->got_old = *(ULONG *)c->old_at;
}

/* Look at what the call was about, and at one page somewhere else. */
static void look_around(struct run *r, va base, va size)
{
    const struct model *m = &r->model;
    va edges[] = {base, base - PAGE, base + size - 1, base + size + PAGE, pick_address(r)};
    for (unsigned i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        if (edges[i] <= m->highest_user && model_page(m, edges[i]) != NULL)
            verify_page(r, edges[i]);
    }
}

typedef const char *(*settle_t)(struct model *, const struct range_call *, int);

/* Status, outputs, and the pages around. */
static void finish(struct run *r, struct range_call *c, bool set, int got, settle_t settle)
{
    struct operation *operation = &r->history[r->number % HISTORY];
    get_words(c, set);
    operation->base = c->got_base;
    operation->size = c->got_size;
    if (!judge_status(r, &c->expect, got)) {
        if (got >= 0 && settle == settle_allocate && c->base == 0)
            VirtualFree((void *)c->got_base, 0, MEM_RELEASE); /* the model would not find it */
        return;
    }
    const char *difference = settle(&r->model, c, got);
    if (difference != NULL)
        differ(r, difference, c->base, c->got_base);
    look_around(r, got >= 0 ? c->got_base : c->base, got >= 0 ? c->got_size : c->size);
}

static ULONG pick_allocation_type(struct run *r)
{
    static const ULONG usual[] = {MEM_COMMIT,
                                  MEM_COMMIT,
                                  MEM_COMMIT,
                                  MEM_COMMIT,
                                  MEM_RESERVE,
                                  MEM_RESERVE,
                                  MEM_RESERVE | MEM_COMMIT,
                                  MEM_RESERVE | MEM_COMMIT,
                                  MEM_RESERVE | MEM_COMMIT,
                                  MEM_RESERVE | MEM_TOP_DOWN,
                                  MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN,
                                  MEM_RESERVE | MEM_WRITE_WATCH,
                                  MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                                  MEM_RESET};
    static const ULONG odd[] = {0,
                                MEM_TOP_DOWN,
                                MEM_WRITE_WATCH | MEM_COMMIT,
                                MEM_RESET | MEM_COMMIT,
                                MEM_RESET | MEM_TOP_DOWN,
                                MEM_LARGE_PAGES | MEM_RESERVE,
                                MEM_LARGE_PAGES | MEM_RESERVE | MEM_COMMIT,
                                MEM_LARGE_PAGES | MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                                MEM_PHYSICAL,
                                MEM_PHYSICAL | MEM_COMMIT,
                                MEM_PHYSICAL | MEM_RESERVE | MEM_COMMIT,
                                MEM_PHYSICAL | MEM_RESERVE | MEM_WRITE_WATCH,
                                MEM_RESERVE | MEM_DECOMMIT,
                                MEM_COMMIT | MEM_RELEASE,
                                MEM_COMMIT | 1};
    if (chance(r, 90))
        return usual[pick(r, sizeof(usual) / sizeof(usual[0]))];
    return chance(r, 70) ? odd[pick(r, sizeof(odd) / sizeof(odd[0]))] : 1u << pick(r, 32);
}

/* Keep out of what the model cannot follow: views of memory that it does not know. */
static void confine_allocation(struct run *r, struct range_call *c)
{
    const struct model *m = &r->model;
    bool possible = c->size != 0 && c->size <= m->highest_vad && c->base <= m->highest_vad - c->size;
    if ((c->type & ~(ULONG)MEM_TOP_DOWN) == (MEM_PHYSICAL | MEM_RESERVE))
        c->type |= MEM_COMMIT; /* address windowing is not of this model */
    if (c->base == 0 && c->type == MEM_RESET)
        c->base = pick_in_allocation(r); /* what it means is not documented */
    bool small = c->size <= OUTSIDE_PAGES * PAGE && m->others < OTHER_GRANULES - 2 * OUTSIDE_PAGES / GRANULE_PAGES;
    bool refused = (c->type & MEM_COMMIT) && c->size >= 0x10000000;
    if (c->base == 0 && possible && !small && !refused)
        c->base = pick_in_allocation(r);
    if (c->base == 0 || !(c->type & MEM_RESERVE) || !possible)
        return;
    va start = c->base & ~(va)(GRANULE - 1), last = last_of(c->base, c->size);
    if (start != 0 && model_all_free(m, start, last) && !model_knows(m, start, last))
        c->base = m->window + GRANULE, c->size = pick(r, 32 * PAGE) + 1;
}

void operate_allocate(struct run *r)
{
    struct operation *operation =
        begin_operation(r, "NtAllocateVirtualMemory", "handle,base,zero bits,size,type,protect,words at");
    struct range_call c = {.handle = pick_handle(r), .type = pick_allocation_type(r), .protect = pick_protection(r)};
    bool reserve = (c.type & MEM_RESERVE) != 0;
    c.base = reserve && chance(r, 25) ? 0 : pick_address(r);
    if (reserve && c.base != 0 && model_state(&r->model, c.base) != PAGE_STATE_FREE && chance(r, 70))
        c.base = pick_free(r);
    c.size = pick_size(r, c.base);
    c.zero_bits = !chance(r, 6) ? 0 : chance(r, 90) ? pick(r, 22) : sizeof(va) == 4 ? pick(r, 100) : 64 + pick(r, 100);
    confine_allocation(r, &c);
    bool set = set_words(r, &c, 2);
    va arguments[] = {c.handle, c.base, c.zero_bits, c.size, c.type, c.protect, c.base_at};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_allocate(&r->model, &c);
    int got = NtAllocateVirtualMemory(handle_of(r, c.handle), (PVOID *)c.base_at, c.zero_bits, (PSIZE_T)c.size_at,
                                      c.type, c.protect);
    finish(r, &c, set, got, settle_allocate);
}

void operate_free(struct run *r)
{
    struct operation *operation = begin_operation(r, "NtFreeVirtualMemory", "handle,base,size,type,words at");
    struct range_call c = {.handle = pick_handle(r)};
    c.base = pick_address(r);
    if (chance(r, 20) && model_state(&r->model, c.base) != PAGE_STATE_FREE)
        c.base = model_allocation_begin(&r->model, c.base);
    c.size = chance(r, 25) ? 0 : pick_size(r, c.base);
    c.type = chance(r, 55)   ? MEM_DECOMMIT
             : chance(r, 90) ? MEM_RELEASE
             : chance(r, 30) ? 0
                             : MEM_DECOMMIT | MEM_RELEASE;
    if (chance(r, 2))
        c.type = 1u << pick(r, 32);
    bool set = set_words(r, &c, 2);
    va arguments[] = {c.handle, c.base, c.size, c.type, c.base_at};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_free(&r->model, &c);
    int got = NtFreeVirtualMemory(handle_of(r, c.handle), (PVOID *)c.base_at, (PSIZE_T)c.size_at, c.type);
    finish(r, &c, set, got, settle_free);
}

void operate_protect(struct run *r)
{
    struct operation *operation = begin_operation(r, "NtProtectVirtualMemory", "handle,base,size,protect,words at");
    struct range_call c = {.handle = pick_handle(r), .protect = pick_protection(r)};
    c.base = chance(r, 60) ? pick_committed(r) : pick_address(r);
    c.size = pick_size(r, c.base);
    bool set = set_words(r, &c, 3);
    va arguments[] = {c.handle, c.base, c.size, c.protect, c.base_at};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_protect(&r->model, &c);
    int got = NtProtectVirtualMemory(handle_of(r, c.handle), (PVOID *)c.base_at, (PSIZE_T)c.size_at, c.protect,
                                     (PULONG)c.old_at);
    finish(r, &c, set, got, settle_protect);
}

/* Lock and unlock: their words always lie in our own memory, and one argument at most is wrong. */
static void pick_lock(struct run *r, struct range_call *c)
{
    c->handle = HANDLE_GOOD;
    c->type = 1;
    c->base = pick_committed(r) + (chance(r, 20) ? pick(r, PAGE) : 0);
    c->size = chance(r, 80) ? (1 + pick(r, 5)) * PAGE - (chance(r, 30) ? pick(r, PAGE) : 0) : pick_size(r, c->base);
    if (chance(r, 10))
        c->base = pick_address(r);
    if (chance(r, 2))
        c->size = 60 * PAGE;
    bool valid = c->size != 0 && c->base <= r->model.highest_user && r->model.highest_user - c->base >= c->size;
    if (valid && chance(r, 4))
        c->handle = pick_handle(r);
    else if (valid && chance(r, 5))
        c->type = pick(r, 5);
    if (valid && c->base < GRANULE)
        c->base += GRANULE, c->size = 0;
    if (valid && !model_knows(&r->model, c->base, last_of(c->base, c->size)))
        c->size = 0; /* who knows what lies there */
    c->base_at = own_words(r);
    c->size_at = c->base_at + sizeof(va);
    *(va *)c->base_at = c->base;
    *(va *)c->size_at = c->size;
}

void operate_lock(struct run *r)
{
    struct operation *operation = begin_operation(r, "NtLockVirtualMemory", "handle,base,size,map type");
    struct range_call c = {0};
    pick_lock(r, &c);
    va arguments[] = {c.handle, c.base, c.size, c.type};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_lock(&r->model, &c);
    int got = NtLockVirtualMemory(handle_of(r, c.handle), (PVOID *)c.base_at, (PSIZE_T)c.size_at, c.type);
    finish(r, &c, true, got, settle_lock);
}

void operate_unlock(struct run *r)
{
    struct operation *operation = begin_operation(r, "NtUnlockVirtualMemory", "handle,base,size,map type");
    struct range_call c = {0};
    pick_lock(r, &c);
    va locked = pick_locked(r);
    if (locked != 0 && chance(r, 60))
        *(va *)c.base_at = c.base = locked, *(va *)c.size_at = c.size = PAGE;
    va arguments[] = {c.handle, c.base, c.size, c.type};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_unlock(&r->model, &c);
    int got = NtUnlockVirtualMemory(handle_of(r, c.handle), (PVOID *)c.base_at, (PSIZE_T)c.size_at, c.type);
    finish(r, &c, true, got, settle_unlock);
}

void operate_flush(struct run *r)
{
    struct operation *operation = begin_operation(r, "NtFlushVirtualMemory", "handle,base,size");
    struct range_call c = {.handle = HANDLE_GOOD, .base = pick_in_allocation(r)};
    ULONG_PTR io_status[2];
    if (chance(r, 20))
        c.base = r->model.highest_user + 1 + pick(r, 16) * PAGE;
    else if (chance(r, 10))
        c.handle = HANDLE_BAD;
    c.size = chance(r, 50) ? 0 : PAGE;
    c.base_at = own_words(r);
    c.size_at = c.base_at + sizeof(va);
    *(va *)c.base_at = c.base;
    *(va *)c.size_at = c.size;
    va arguments[] = {c.handle, c.base, c.size};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_flush(&r->model, &c);
    int got = NtFlushVirtualMemory(handle_of(r, c.handle), (PVOID *)c.base_at, (PSIZE_T)c.size_at, io_status);
    finish(r, &c, true, got, settle_flush);
}
