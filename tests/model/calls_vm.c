// SPDX-License-Identifier: GPL-2.0-or-later
/* calls_vm.c - allocate, free, protect, query: nt-reference 5.3 to 5.6, the checks in their order. */
#include "calls.h"

#include <string.h>

static int handle_status(enum handle_kind kind)
{
    switch (kind) {
    case HANDLE_GOOD: return ST_SUCCESS;
    case HANDLE_BAD: return ST_INVALID_HANDLE;
    case HANDLE_OTHER_TYPE: return ST_OBJECT_TYPE_MISMATCH;
    }
    return ST_INVALID_HANDLE;
}

static bool fits(const struct model *m, va highest, va base, va size)
{
    return base <= highest && highest - base >= size;
}

/* 5.3 row 8: pointers are probed for writing.  Adds what the probe of one may answer. */
static void probe(const struct model *m, struct expectation *e, va address, unsigned length)
{
    for (va at = address; at < address + length; at = page_of(at) + PAGE) {
        int status = model_fault(m, at, ACCESS_WRITE);
        if (status == ST_SUCCESS)
            continue;
        if (status == ST_GUARD && e->guard == 0)
            e->guard = page_of(at);
        allow(e, status);
        return;
    }
}

static bool probe_fails(const struct model *m, struct range_call *c, unsigned old_length)
{
    probe(m, &c->expect, c->base_at, sizeof(va));
    probe(m, &c->expect, c->size_at, sizeof(va));
    if (old_length > 0)
        probe(m, &c->expect, c->old_at, old_length);
    return c->expect.count > 0;
}

/* After the call the words hold what it returned; where they lie in the arena that is a write. */
static void settle_words(struct model *m, const struct range_call *c, int got, unsigned old_length)
{
    va words[2] = {c->got_base, c->got_size}, at[2] = {c->base_at, c->size_at};
    if (got == ST_GUARD)
        model_drop_guard(m, c->expect.guard);
    for (unsigned i = 0; i < 2; i++) {
        if (model_page(m, at[i]) == NULL)
            continue;
        if (got >= 0)
            model_store(m, at[i], &words[i], sizeof(words[i]));
        else
            model_touch_maybe(m, at[i], sizeof(words[i]));
    }
    if (old_length > 0 && model_page(m, c->old_at) != NULL) {
        if (got >= 0)
            model_store(m, c->old_at, &c->got_old, old_length);
        else
            model_touch_maybe(m, c->old_at, old_length);
    }
}

static const char *differs_from_range(const struct range_call *c, va start, va last)
{
    if (c->got_base != start)
        return "the returned base";
    return c->got_size == last + 1 - start ? NULL : "the returned size";
}

static const char *unchanged(const struct range_call *c)
{
    return c->got_base == c->base && c->got_size == c->size ? NULL : "a failed call changed its base or size";
}

/* 5.3 rows 1 to 7. */
static int allocate_arguments(const struct range_call *c)
{
    const ULONG known =
        MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES;
    ULONG t = c->type;
    if (c->zero_bits > 21)
        return ST_INVALID_PARAMETER_3;
    if ((t & ~known) != 0 || (t & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)) == 0)
        return ST_INVALID_PARAMETER_5;
    if ((t & MEM_RESET) && t != MEM_RESET)
        return ST_INVALID_PARAMETER_5;
    if ((t & MEM_LARGE_PAGES) && (!(t & MEM_COMMIT) || (t & (MEM_PHYSICAL | MEM_RESET | MEM_WRITE_WATCH))))
        return ST_INVALID_PARAMETER_5;
    if ((t & MEM_WRITE_WATCH) && !(t & MEM_RESERVE))
        return ST_INVALID_PARAMETER_5;
    if ((t & MEM_PHYSICAL) && (!(t & MEM_RESERVE) || (t & ~(ULONG)(MEM_PHYSICAL | MEM_RESERVE | MEM_TOP_DOWN))))
        return ST_INVALID_PARAMETER_5;
    if ((t & MEM_PHYSICAL) && c->protect != PAGE_READWRITE)
        return ST_INVALID_PARAMETER_6;
    return model_valid_protection(c->protect) ? ST_SUCCESS : ST_INVALID_PAGE_PROTECTION;
}

static bool is_write_copy(ULONG protect)
{
    return (protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
}

static va reserve_start(const struct range_call *c)
{
    return c->base & ~(va)(GRANULE - 1);
}

/* 5.3 rows 13 to 17 and 24. */
static void expect_reserve(const struct model *m, struct range_call *c)
{
    va start = reserve_start(c), last = last_of(c->base, c->size);
    if (is_write_copy(c->protect)) {
        only(&c->expect, ST_INVALID_PAGE_PROTECTION);
    } else if (c->base != 0 && start == 0) {
        only(&c->expect, ST_INVALID_PARAMETER_2); /* observed: a base below 64 KB */
    } else if (c->base == 0) {
        if (c->size < (va)0x40000000)
            allow(&c->expect, ST_SUCCESS);
        /* Whether there is room is beyond the model where little is left to choose from, or much is asked for. */
        if (c->zero_bits >= 7 || c->size >= (va)0x40000000)
            allow(&c->expect, ST_NO_MEMORY);
        if (c->zero_bits >= 15) /* nothing can fit: which of the two is said is not documented */
            allow(&c->expect, ST_INVALID_PARAMETER_3);
        if ((c->type & MEM_COMMIT) && c->size >= (va)0x10000000)
            only(&c->expect, ST_COMMITMENT_LIMIT), allow(&c->expect, ST_NO_MEMORY);
    } else if (sizeof(va) == 4 && c->zero_bits != 0 && last > (va)0xFFFFFFFF >> c->zero_bits) {
        only(&c->expect, ST_INVALID_PARAMETER_3);
    } else {
        only(&c->expect, model_all_free(m, start, last) ? ST_SUCCESS : ST_CONFLICTING_ADDRESSES);
        if (sizeof(va) == 8 && c->zero_bits != 0) /* 64 bits: from which bit they count is not documented */
            allow(&c->expect, ST_INVALID_PARAMETER_3);
    }
}

/* STATUS_WAS_UNLOCKED, by its public text: the protection of a locked page was changed to no access, and the page was
 * unlocked.  For a guard page nothing is said. */
static bool takes_access(ULONG protect)
{
    return protect == PAGE_NOACCESS || (protect & PAGE_GUARD);
}

static void unlocked_by_protection(struct model *m, const struct range_call *c, int got)
{
    for (va at = page_of(c->base); got == ST_WAS_UNLOCKED && at < last_of(c->base, c->size); at += PAGE)
        model_page(m, at)->locked = NO;
}

void expect_allocate(const struct model *m, struct range_call *c)
{
    int status = allocate_arguments(c);
    if (status != ST_SUCCESS)
        return only(&c->expect, status);
    if (probe_fails(m, c, 0))
        return;
    if (c->base > m->highest_vad)
        return only(&c->expect, ST_INVALID_PARAMETER_2);
    if (!fits(m, m->highest_vad, c->base, c->size) || c->size == 0)
        return only(&c->expect, ST_INVALID_PARAMETER_4);
    if ((status = handle_status(c->handle)) != ST_SUCCESS)
        return only(&c->expect, status);
    if (c->type & MEM_LARGE_PAGES)
        return only(&c->expect, ST_PRIVILEGE_NOT_HELD);
    if (c->base == 0 || (c->type & MEM_RESERVE))
        return expect_reserve(m, c);
    if (!model_one_allocation(m, c->base, last_of(c->base, c->size)))
        return only(&c->expect, ST_CONFLICTING_ADDRESSES);
    if (is_write_copy(c->protect) && c->type != MEM_RESET)
        return only(&c->expect, ST_INVALID_PAGE_PROTECTION);
    only(&c->expect, ST_SUCCESS);
    for (va at = page_of(c->base); c->type != MEM_RESET && at < last_of(c->base, c->size); at += PAGE) {
        if (model_page(m, at)->locked != NO && takes_access(c->protect))
            allow(&c->expect, ST_WAS_UNLOCKED);
    }
}

/* A new allocation came to lie where the call put it. */
static const char *settle_reserve(struct model *m, const struct range_call *c)
{
    va start = reserve_start(c), last = last_of(c->base, c->size);
    if (c->base == 0) {
        start = c->got_base;
        last = last_of(start, c->size);
        if (start % GRANULE != 0)
            return "the new base is not aligned to 64 KB";
        if (start == 0 || !fits(m, m->highest_vad, start, c->size) || !model_all_free(m, start, last))
            return "the new base is not in free user space";
        if (c->zero_bits != 0 && last > ((sizeof(va) == 4 ? (va)0xFFFFFFFF : ~(va)0) >> c->zero_bits))
            return "the new base has too few zero bits";
    }
    const char *difference = differs_from_range(c, start, last);
    if (difference != NULL)
        return difference;
    model_add(m, start, last + 1, c->protect, (c->type & MEM_WRITE_WATCH) != 0);
    if (c->type & MEM_COMMIT)
        model_commit(m, start, last + 1, c->protect);
    return NULL;
}

/* 5.3: contents are old or zero from now on.  Whether a part of a page counts is not documented; nor is the rounding of
 * the returned range then. */
static const char *settle_reset(struct model *m, const struct range_call *c)
{
    va start = page_of(c->base), last = last_of(c->base, c->size);
    for (va at = start; at < last; at += PAGE) {
        struct page *page = model_page(m, at);
        if (page->state == PAGE_STATE_COMMITTED && page->shadow != 0)
            page->unsure = true;
    }
    if (c->base % PAGE != 0 || c->size % PAGE != 0)
        return NULL;
    return differs_from_range(c, start, last);
}

const char *settle_allocate(struct model *m, const struct range_call *c, int got)
{
    const char *difference;
    if (got < 0)
        difference = got == ST_ACCESS_VIOLATION || got == ST_GUARD ? NULL : unchanged(c);
    else if (c->base == 0 || (c->type & MEM_RESERVE))
        difference = settle_reserve(m, c);
    else if (c->type == MEM_RESET)
        difference = settle_reset(m, c);
    else {
        difference = differs_from_range(c, page_of(c->base), last_of(c->base, c->size));
        model_commit(m, page_of(c->base), last_of(c->base, c->size) + 1, c->protect);
        unlocked_by_protection(m, c, got);
    }
    settle_words(m, c, got, 0);
    return difference;
}

/* The range that a free means: size 0 is the whole allocation. */
static void free_range(const struct model *m, const struct range_call *c, va *start, va *last)
{
    *start = page_of(c->base);
    *last = c->size == 0 ? model_allocation_end(m, c->base) - 1 : last_of(c->base, c->size);
}

/* 5.4. */
void expect_free(const struct model *m, struct range_call *c)
{
    int status;
    if (c->type != MEM_DECOMMIT && c->type != MEM_RELEASE)
        return only(&c->expect, ST_INVALID_PARAMETER_4);
    if (probe_fails(m, c, 0))
        return;
    if (c->base > m->highest_user)
        return only(&c->expect, ST_INVALID_PARAMETER_2);
    if (!fits(m, m->highest_user, c->base, c->size))
        return only(&c->expect, ST_INVALID_PARAMETER_3);
    if ((status = handle_status(c->handle)) != ST_SUCCESS)
        return only(&c->expect, status);
    if (model_state(m, c->base) == PAGE_STATE_FREE)
        return only(&c->expect, ST_MEMORY_NOT_ALLOCATED);
    if (c->size == 0 && page_of(c->base) != model_allocation_begin(m, c->base))
        return only(&c->expect, ST_FREE_VM_NOT_AT_BASE);
    if (c->size != 0 && last_of(c->base, c->size) >= model_allocation_end(m, c->base))
        return only(&c->expect, ST_UNABLE_TO_FREE_VM);
    only(&c->expect, ST_SUCCESS);
    if (c->size == 0 && c->base % PAGE != 0) /* inside the first page: at the base or not? */
        allow(&c->expect, ST_FREE_VM_NOT_AT_BASE);
}

const char *settle_free(struct model *m, const struct range_call *c, int got)
{
    const char *difference = NULL;
    if (got >= 0) {
        va start, last;
        free_range(m, c, &start, &last);
        difference = differs_from_range(c, start, last);
        if (c->type == MEM_RELEASE)
            model_release(m, start, last + 1);
        else
            model_decommit(m, start, last + 1);
    } else if (got != ST_ACCESS_VIOLATION && got != ST_GUARD) {
        difference = unchanged(c);
    }
    settle_words(m, c, got, 0);
    return difference;
}

/* 5.5. */
void expect_protect(const struct model *m, struct range_call *c)
{
    int status;
    if (!model_valid_protection(c->protect))
        return only(&c->expect, ST_INVALID_PAGE_PROTECTION);
    if (probe_fails(m, c, sizeof(ULONG)))
        return;
    if (c->base > m->highest_user)
        return only(&c->expect, ST_INVALID_PARAMETER_2);
    if (!fits(m, m->highest_user, c->base, c->size) || c->size == 0)
        return only(&c->expect, ST_INVALID_PARAMETER_3);
    if ((status = handle_status(c->handle)) != ST_SUCCESS)
        return only(&c->expect, status);
    va last = last_of(c->base, c->size);
    if (!model_one_allocation(m, c->base, last))
        return only(&c->expect, ST_CONFLICTING_ADDRESSES);
    if (is_write_copy(c->protect))
        return only(&c->expect, ST_INVALID_PARAMETER_4);
    only(&c->expect, ST_SUCCESS);
    for (va at = page_of(c->base); at < last; at += PAGE) {
        const struct page *page = model_page(m, at);
        if (page->state != PAGE_STATE_COMMITTED)
            return only(&c->expect, ST_NOT_COMMITTED);
        if (page->locked != NO && takes_access(c->protect))
            allow(&c->expect, ST_WAS_UNLOCKED);
    }
}

const char *settle_protect(struct model *m, const struct range_call *c, int got)
{
    const char *difference = NULL;
    if (got >= 0) {
        va start = page_of(c->base), last = last_of(c->base, c->size);
        difference = differs_from_range(c, start, last);
        if (c->got_old != model_page(m, start)->protect)
            difference = "the old protection";
        model_set_protection(m, start, last + 1, c->protect);
        unlocked_by_protection(m, c, got);
    } else if (got != ST_ACCESS_VIOLATION && got != ST_GUARD) {
        difference = unchanged(c);
    }
    settle_words(m, c, got, sizeof(ULONG));
    return difference;
}

/* 5.6; one mistake at a time, for the order of the checks is not documented. */
void expect_query(const struct model *m, struct query_call *c)
{
    if (c->class != 0)
        return only(&c->expect, ST_INVALID_INFO_CLASS);
    if (c->length < sizeof(MEMORY_BASIC_INFORMATION))
        return only(&c->expect, ST_INFO_LENGTH_MISMATCH);
    if (c->address > m->highest_user)
        return only(&c->expect, ST_INVALID_PARAMETER);
    probe(m, &c->expect, c->buffer, (unsigned)c->length);
    if (c->expect.count > 0)
        return;
    int status = handle_status(c->handle);
    only(&c->expect, status);
    if (status == ST_SUCCESS)
        c->exact_size = model_query(m, c->address, &c->want);
}

static const char *compare_information(const struct query_call *c, const MEMORY_BASIC_INFORMATION *info)
{
    const MEMORY_BASIC_INFORMATION *want = &c->want;
    if (info->BaseAddress != want->BaseAddress)
        return "BaseAddress";
    if (info->State != want->State)
        return "State";
    if (info->AllocationBase != want->AllocationBase)
        return "AllocationBase";
    if (info->AllocationProtect != want->AllocationProtect)
        return "AllocationProtect";
    if (info->Protect != want->Protect)
        return "Protect";
    if (info->Type != want->Type)
        return "Type";
    if (c->exact_size ? info->RegionSize != want->RegionSize : info->RegionSize < want->RegionSize)
        return "RegionSize";
    return NULL;
}

const char *settle_query(struct model *m, const struct query_call *c, int got, const MEMORY_BASIC_INFORMATION *info)
{
    const char *difference = NULL;
    if (got == ST_GUARD)
        model_drop_guard(m, c->expect.guard);
    if (got == ST_SUCCESS)
        difference = compare_information(c, info);
    if (model_page(m, c->buffer) != NULL) {
        if (got == ST_SUCCESS)
            model_store(m, c->buffer, info, sizeof(*info));
        else
            model_touch_maybe(m, c->buffer, c->length);
    }
    return difference;
}
