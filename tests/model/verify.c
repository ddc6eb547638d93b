// SPDX-License-Identifier: GPL-2.0-or-later
/* verify.c - the whole window against the model: regions by queries, contents by reading. */
#include "nt.h"
#include "run.h"

#include <string.h>

static const uint8_t zeros[PAGE];

bool readable(const struct run *r, va address, va size)
{
    for (va at = page_of(address); size > 0 && at <= last_of(address, size); at += PAGE) {
        if (model_page(&r->model, at) == NULL || model_fault(&r->model, at, ACCESS_READ) != ST_SUCCESS)
            return false;
    }
    return true;
}

bool writable(const struct run *r, va address, va size)
{
    for (va at = page_of(address); size > 0 && at <= last_of(address, size); at += PAGE) {
        if (model_page(&r->model, at) == NULL || model_fault(&r->model, at, ACCESS_WRITE) != ST_SUCCESS)
            return false;
    }
    return true;
}

void prepare_write(struct run *r, va address, va size)
{
    for (va at = page_of(address); size > 0 && at <= last_of(address, size); at += PAGE) {
        if (model_page(&r->model, at)->unsure)
            verify_contents(r, at);
    }
}

void verify_contents(struct run *r, va address)
{
    struct model *m = &r->model;
    struct page *page = model_page(m, address);
    const uint8_t *there = (const uint8_t *)page_of(address);
    const uint8_t *want = page->shadow == 0 ? zeros : m->shadow[page->shadow - 1];
    if (memcmp(there, want, PAGE) == 0)
        return;
    if (page->unsure && memcmp(there, zeros, PAGE) == 0) {
        memset(m->shadow[page->shadow - 1], 0, PAGE);
        return;
    }
    unsigned at = 0;
    while (at < PAGE - 1 && there[at] == want[at])
        at++;
    differ(r, "contents at the page", page_of(address), page_of(address));
    differ(r, "contents at the offset", at, at);
}

void verify_page(struct run *r, va address)
{
    MEMORY_BASIC_INFORMATION info;
    struct query_call c = {.address = address, .buffer = (va)&info, .length = sizeof(info)};
    expect_query(&r->model, &c);
    int got = NtQueryVirtualMemory(GetCurrentProcess(), (void *)address, 0, &info, sizeof(info), NULL);
    if (got != ST_SUCCESS)
        differ(r, "status of a query", ST_SUCCESS, (va)(unsigned)got);
    const char *difference = settle_query(&r->model, &c, got, &info);
    if (difference != NULL)
        differ_query(r, difference, &c.want, &info);
}

static void verify_one(struct run *r, va address)
{
    verify_page(r, address);
    const struct page *page = model_page(&r->model, address);
    if (page->state == PAGE_STATE_COMMITTED && readable(r, address, 1) &&
        (page->shadow != 0 || (address / PAGE + r->number) % 8 == 0))
        verify_contents(r, address);
}

void verify_all(struct run *r)
{
    for (unsigned i = 0; i < WINDOW_PAGES && !r->diverged; i++)
        verify_one(r, r->model.window + (va)i * PAGE);
    for (unsigned i = 0; i < r->model.others && !r->diverged; i++)
        for (unsigned k = 0; k < GRANULE_PAGES; k++)
            if (r->model.other[i].page[k].known)
                verify_one(r, r->model.other[i].base + (va)k * PAGE);
}

/* What a page holds, as far as it can be found out without touching it. */
static void learn_contents(struct run *r, va address)
{
    struct model *m = &r->model;
    struct page *page = model_page(m, address);
    SIZE_T done = 0;
    if (page->state != PAGE_STATE_COMMITTED || !model_can_store(m, PAGE))
        return;
    if (readable(r, address, 1)) {
        memcpy(r->copy, (void *)address, PAGE);
        done = PAGE;
    } else {
        NtReadVirtualMemory(GetCurrentProcess(), (void *)address, r->copy, PAGE, &done);
    }
    if (done == PAGE && (page->shadow != 0 || memcmp(r->copy, zeros, PAGE) != 0))
        model_store(m, address, r->copy, PAGE);
    page->written = MAYBE;
}

static void learn_page(struct run *r, va address, va *allocation_base)
{
    struct page *page = model_page(&r->model, address);
    MEMORY_BASIC_INFORMATION info;
    NtQueryVirtualMemory(GetCurrentProcess(), (void *)address, 0, &info, sizeof(info), NULL);
    if (info.State == MEM_FREE) {
        if (page->state != PAGE_STATE_FREE)
            model_decommit(&r->model, address, address + PAGE);
        memset(page, 0, sizeof(*page));
        page->known = true;
        *allocation_base = 0;
        return;
    }
    if ((va)info.AllocationBase != *allocation_base)
        r->model.last_allocation++;
    *allocation_base = (va)info.AllocationBase;
    page->allocation = r->model.last_allocation;
    page->allocation_protect = (uint16_t)info.AllocationProtect;
    if (info.State == MEM_RESERVE && page->state == PAGE_STATE_COMMITTED)
        model_decommit(&r->model, address, address + PAGE);
    if (info.State == MEM_COMMIT) {
        page->state = PAGE_STATE_COMMITTED;
        page->locked = page->locked == NO ? NO : MAYBE;
    } else {
        page->state = PAGE_STATE_RESERVED;
    }
    page->protect = (uint16_t)info.Protect;
    page->written = MAYBE;
    learn_contents(r, address);
}

void learn_window(struct run *r)
{
    va allocation_base = 0;
    for (unsigned i = 0; i < WINDOW_PAGES; i++)
        learn_page(r, r->model.window + (va)i * PAGE, &allocation_base);
    for (unsigned i = 0; i < r->model.others; i++)
        for (unsigned k = 0; k < GRANULE_PAGES; k++)
            if (r->model.other[i].page[k].known)
                learn_page(r, r->model.other[i].base + (va)k * PAGE, &allocation_base);
    r->diverged = false;
}
