// SPDX-License-Identifier: GPL-2.0-or-later
/* calls_page.c - touches, copies, locks, write watches: nt-reference 5.7, 6.1, 6.3, 7.2, 12.3. */
#include "calls.h"

static int handle_status(enum handle_kind kind)
{
    switch (kind) {
    case HANDLE_GOOD: return ST_SUCCESS;
    case HANDLE_BAD: return ST_INVALID_HANDLE;
    case HANDLE_OTHER_TYPE: return ST_OBJECT_TYPE_MISMATCH;
    }
    return ST_INVALID_HANDLE;
}

/* 64 bits: an address whose upper bits do not repeat bit 47 is none; the processor raises a general protection fault,
 * which knows neither address nor kind. */
bool model_canonical(va address)
{
    return sizeof(va) == 4 || (int64_t)((uint64_t)address << 16) >> 16 == (int64_t)address;
}

/* An access that crosses pages is checked from its first byte on; the address told is the first byte that fails. */
static struct raised first_fault(const struct model *m, const struct touch *t, enum access access)
{
    for (va at = t->address; at < t->address + t->width; at = page_of(at) + PAGE) {
        int code = model_fault(m, at, access);
        if (!model_canonical(at))
            return (struct raised){ST_ACCESS_VIOLATION, 0, ~(va)0};
        if (code != ST_SUCCESS)
            return (struct raised){code, model_access_information(m, t->access), at};
    }
    return (struct raised){0};
}

/* An instruction that reads and writes counts as a write.  Where it crosses from a page that may only be read to one
 * that may not even be read, nothing says whether the processor tells of the second page's read before the first one's
 * write. */
void expect_touch(const struct model *m, struct touch *t)
{
    t->raised = t->other = first_fault(m, t, t->access);
    if (t->access == ACCESS_MODIFY && t->raised.code != 0 && first_fault(m, t, ACCESS_READ).code != 0)
        t->other = first_fault(m, t, ACCESS_READ);
}

/* Bytes from the address on that the access may have before it fails. */
static va good_bytes(const struct model *m, va address, va size, enum access access, int *status)
{
    *status = ST_SUCCESS;
    for (va at = address; at - address < size; at = page_of(at) + PAGE) {
        *status = model_fault(m, at, access);
        if (*status != ST_SUCCESS)
            return at - address;
    }
    return size;
}

static bool in_user_space(const struct model *m, va address, va size)
{
    return address <= m->highest_user && size <= m->highest_user + 1 - address;
}

/* 5.7. => not both sides stop the copy; they share no page. */
void expect_copy(const struct model *m, struct copy_call *c)
{
    int from_status, to_status;
    if (!in_user_space(m, c->from, c->size) || !in_user_space(m, c->to, c->size)) {
        only(&c->expect, ST_ACCESS_VIOLATION);
        if (c->size == 0) /* which of the two rules comes first is not documented */
            allow(&c->expect, ST_SUCCESS);
        return;
    }
    if (c->size == 0)
        return only(&c->expect, ST_SUCCESS);
    if (c->handle != HANDLE_GOOD)
        return only(&c->expect, handle_status(c->handle));
    va from = good_bytes(m, c->from, c->size, ACCESS_READ, &from_status);
    va to = good_bytes(m, c->to, c->size, ACCESS_WRITE, &to_status);
    c->want_done = from < to ? from : to;
    if (from_status == ST_SUCCESS && to_status == ST_SUCCESS)
        return only(&c->expect, ST_SUCCESS);
    only(&c->expect, ST_PARTIAL_COPY);
    if (from_status == ST_GUARD || to_status == ST_GUARD) {
        c->expect.guard = from < to ? c->from + from : c->to + to;
        allow(&c->expect, ST_GUARD); /* 6.3: usually */
    }
}

const char *settle_copy(struct model *m, const struct copy_call *c, int got, va done, const uint8_t *bytes)
{
    if (got == ST_PARTIAL_COPY || got == ST_GUARD)
        model_drop_guard(m, c->expect.guard);
    if (got == ST_SUCCESS || got == ST_PARTIAL_COPY) {
        if (done != c->want_done)
            return "the count of bytes copied";
        if (done > 0 && model_page(m, c->to) != NULL)
            model_store(m, c->to, bytes, done);
    }
    if (got != ST_SUCCESS && c->want_done < c->size)
        model_touch_maybe(m, c->to, c->size);
    return NULL;
}

static unsigned locked_pages(const struct model *m, enum belief least)
{
    unsigned count = 0;
    for (unsigned i = 0; i < WINDOW_PAGES; i++)
        count += m->page[i].locked != NO && m->page[i].locked <= least;
    for (unsigned i = 0; i < m->others; i++)
        for (unsigned k = 0; k < GRANULE_PAGES; k++)
            count += m->other[i].page[k].locked != NO && m->other[i].page[k].locked <= least;
    return count;
}

/* MapType, range, handle, privilege.  One mistake at a time: the order is not documented. */
static int lock_arguments(const struct model *m, struct range_call *c)
{
    if (c->type == 0 || c->type > 3)
        return ST_INVALID_PARAMETER;
    if (c->size == 0 || c->base > m->highest_user || m->highest_user - c->base < c->size)
        return ST_INVALID_PARAMETER;
    if (c->handle != HANDLE_GOOD)
        return handle_status(c->handle);
    return c->type & 2 ? ST_PRIVILEGE_NOT_HELD : ST_SUCCESS;
}

/* 5.7; 7.2: the minimum working set is 50 pages, and a few of them cannot be locked. */
void expect_lock(const struct model *m, struct range_call *c)
{
    int status = lock_arguments(m, c);
    if (status != ST_SUCCESS)
        return only(&c->expect, status);
    va last = last_of(c->base, c->size);
    unsigned new_pages = 0;
    bool was_locked = false, maybe_locked = false, gap = false;
    for (va at = page_of(c->base); at < last; at += PAGE) {
        const struct page *page = model_page(m, at);
        gap = gap || page == NULL || page->state == PAGE_STATE_FREE;
        status = model_fault(m, at, ACCESS_READ);
        if (status != ST_SUCCESS && c->expect.count == 0) {
            allow(&c->expect, status);
            if (status == ST_GUARD)
                c->expect.guard = at;
        }
        new_pages += page != NULL && page->locked == NO;
        was_locked = was_locked || (page != NULL && page->locked == YES);
        maybe_locked = maybe_locked || (page != NULL && page->locked == MAYBE);
    }
    if (gap) /* whether that is found before the first page is touched is not documented */
        allow(&c->expect, ST_ACCESS_VIOLATION);
    unsigned failing = c->expect.count;
    if (failing == 0) {
        allow(&c->expect, was_locked ? ST_WAS_LOCKED : ST_SUCCESS);
        if (maybe_locked)
            allow(&c->expect, ST_WAS_LOCKED);
    }
    if (locked_pages(m, YES) + new_pages > 50 && failing == 0) {
        only(&c->expect, ST_WORKING_SET_QUOTA);
    } else if (locked_pages(m, MAYBE) + new_pages > 30) { /* with a bad page too: which is told is not documented */
        allow(&c->expect, ST_WORKING_SET_QUOTA);
    }
}

static const char *settle_range(const struct range_call *c, int got)
{
    if (got < 0)
        return c->got_base == c->base && c->got_size == c->size ? NULL : "a failed call changed its base or size";
    if (c->got_base != page_of(c->base))
        return "the returned base";
    return c->got_size == last_of(c->base, c->size) + 1 - page_of(c->base) ? NULL : "the returned size";
}

const char *settle_lock(struct model *m, const struct range_call *c, int got)
{
    if (got == ST_GUARD)
        model_drop_guard(m, c->expect.guard);
    for (va at = page_of(c->base); got >= 0 && at < last_of(c->base, c->size); at += PAGE)
        model_page(m, at)->locked = YES;
    return settle_range(c, got);
}

void expect_unlock(const struct model *m, struct range_call *c)
{
    int status = lock_arguments(m, c);
    if (status != ST_SUCCESS)
        return only(&c->expect, status);
    allow(&c->expect, ST_SUCCESS);
    for (va at = page_of(c->base); at < last_of(c->base, c->size); at += PAGE) {
        const struct page *page = model_page(m, at);
        if (page == NULL || page->state == PAGE_STATE_FREE) { /* not locked, and not even there */
            only(&c->expect, ST_NOT_LOCKED);
            return allow(&c->expect, ST_ACCESS_VIOLATION);
        }
        if (page->locked == NO && allowed(&c->expect, ST_SUCCESS))
            only(&c->expect, ST_NOT_LOCKED);
        else if (page->locked == MAYBE)
            allow(&c->expect, ST_NOT_LOCKED);
    }
}

const char *settle_unlock(struct model *m, const struct range_call *c, int got)
{
    for (va at = page_of(c->base); got >= 0 && at < last_of(c->base, c->size); at += PAGE)
        model_page(m, at)->locked = NO;
    return settle_range(c, got);
}

/* Nothing here is a view of a section. */
void expect_flush(const struct model *m, struct range_call *c)
{
    only(&c->expect, c->base > m->highest_user  ? ST_INVALID_PARAMETER_2
                     : c->handle != HANDLE_GOOD ? handle_status(c->handle)
                                                : ST_NOT_MAPPED_VIEW);
}

const char *settle_flush(struct model *m, const struct range_call *c, int got)
{
    return NULL;
}

/* All statuses that Win32 shows as ERROR_INVALID_PARAMETER (5.10): which of them is not documented. */
static void allow_invalid_parameter(struct expectation *e)
{
    allow(e, ST_INVALID_PARAMETER);
    for (int status = ST_INVALID_PARAMETER_1; status <= ST_INVALID_PARAMETER_6; status++)
        allow(e, status);
}

static bool watched(const struct model *m, va base, va size)
{
    return size != 0 && base <= m->highest_user && m->highest_user - base >= size &&
           model_one_allocation(m, base, last_of(base, size)) && model_page(m, base)->write_watch;
}

/* 12.3. */
void expect_get_watch(const struct model *m, struct watch_call *c)
{
    if (c->array == 0 || c->count_at == 0 || c->granularity_at == 0) {
        only(&c->expect, ST_ACCESS_VIOLATION);
        if (!watched(m, c->base, c->size)) /* two mistakes: which is told is not documented */
            allow_invalid_parameter(&c->expect);
        return;
    }
    if (c->capacity == 0 || c->flags > 1 || c->base == 0 || c->size == 0)
        return allow_invalid_parameter(&c->expect);
    if (c->handle != HANDLE_GOOD)
        return only(&c->expect, handle_status(c->handle));
    if (!watched(m, c->base, c->size))
        return allow_invalid_parameter(&c->expect);
    only(&c->expect, ST_SUCCESS);
}

const char *settle_get_watch(struct model *m, const struct watch_call *c, int got, const va *list, va count,
                             ULONG granularity)
{
    if (got != ST_SUCCESS)
        return NULL;
    if (granularity != PAGE)
        return "the granularity";
    if (count > c->capacity)
        return "the count is above the capacity";
    va taken = 0;
    for (va at = page_of(c->base); at <= last_of(c->base, c->size); at += PAGE) {
        struct page *page = model_page(m, at);
        bool listed = taken < count && list[taken] == at;
        if (taken == c->capacity)
            break;
        if (listed && page->written == NO)
            return "a page that was not written";
        if (!listed && page->written == YES)
            return "a written page is missing";
        taken += listed;
        page->written = listed && !(c->flags & WRITE_WATCH_FLAG_RESET) ? YES : NO;
    }
    return taken == count ? NULL : "an address that is no page of the range, or out of order";
}

void expect_reset_watch(const struct model *m, struct watch_call *c)
{
    if (c->base == 0 || c->size == 0)
        return allow_invalid_parameter(&c->expect);
    if (c->handle != HANDLE_GOOD)
        return only(&c->expect, handle_status(c->handle));
    if (!watched(m, c->base, c->size))
        return allow_invalid_parameter(&c->expect);
    only(&c->expect, ST_SUCCESS);
}

const char *settle_reset_watch(struct model *m, const struct watch_call *c, int got)
{
    for (va at = page_of(c->base); got == ST_SUCCESS && at < last_of(c->base, c->size); at += PAGE)
        model_page(m, at)->written = NO;
    return NULL;
}
