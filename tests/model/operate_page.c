// SPDX-License-Identifier: GPL-2.0-or-later
/* operate_page.c - query, copies, write watches, and accesses by real instructions. */
#include "nt.h"
#include "run.h"

#include <string.h>

static bool overlaps(va a, va a_size, va b, va b_size)
{
    return page_of(a) <= last_of(b, b_size) && page_of(b) <= last_of(a, a_size);
}

/* A buffer in the arena, perhaps across two pages; 0 if there is none that the model knows. */
static va arena_buffer(struct run *r, va size)
{
    va at = pick_committed(r) + (chance(r, 50) ? PAGE - sizeof(va) * (1 + pick(r, 4)) : 0);
    return model_knows(&r->model, at, at + size - 1) && model_can_store(&r->model, size) ? at : 0;
}

void operate_query(struct run *r)
{
    struct operation *operation = begin_operation(r, "NtQueryVirtualMemory", "handle,address,class,buffer,length");
    struct query_call c = {.length = sizeof(MEMORY_BASIC_INFORMATION), .buffer = (va)r->own};
    MEMORY_BASIC_INFORMATION info;
    SIZE_T length = 0;
    c.address = pick_in_allocation(r);
    switch (pick(r, 12)) { /* one mistake at most */
    case 0: c.class = 0x100 + (int)pick(r, 100); break;
    case 1: c.length = pick(r, sizeof(info)); break;
    case 2: c.address = r->model.highest_user + 1 + pick(r, 64) * PAGE; break;
    case 3: c.handle = pick_handle(r); break;
    case 4: c.buffer = chance(r, 50) ? r->model.highest_user + 1 + PAGE : 0; break;
    case 5:
    case 6:
    case 7: c.buffer = arena_buffer(r, c.length); break;
    default: break;
    }
    if (writable(r, c.buffer, c.length))
        prepare_write(r, c.buffer, c.length);
    va arguments[] = {c.handle, c.address, (va)c.class, c.buffer, c.length};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_query(&r->model, &c);
    int got =
        NtQueryVirtualMemory(handle_of(r, c.handle), (void *)c.address, c.class, (void *)c.buffer, c.length, &length);
    if (!judge_status(r, &c.expect, got))
        return;
    if (got == ST_SUCCESS) {
        memcpy(&info, (void *)c.buffer, sizeof(info));
        if (length != sizeof(info))
            differ(r, "the returned length", sizeof(info), length);
    }
    const char *difference = settle_query(&r->model, &c, got, &info);
    if (difference != NULL)
        differ_query(r, difference, &c.want, &info);
}

/* Bytes that tell places apart; each sixteenth is a return instruction, for accesses that execute. */
static void pattern(struct run *r, uint8_t *to, va size, va address)
{
    uint32_t tag = pick(r, 0xFFFFFFFF);
    for (va i = 0; i < size; i++)
        to[i] = (address + i) % 16 == 15 ? 0xC3 : (uint8_t)(tag * 31 + i * 7 + (tag >> (i % 4 * 8)));
}

/* What the source of a copy holds, as far as it can be read; expect_copy says how far. */
static void copy_source(struct run *r, const struct copy_call *c)
{
    for (va i = 0; i < c->want_done; i++)
        r->copy[i] =
            model_page(&r->model, c->from) == NULL ? ((uint8_t *)c->from)[i] : model_byte(&r->model, c->from + i);
}

static bool stopped(const struct run *r, va address, va size, enum access access)
{
    for (va at = page_of(address); at - page_of(address) < size + address % PAGE; at += PAGE) {
        if (model_fault(&r->model, at, access) != ST_SUCCESS)
            return true;
    }
    return false;
}

/* Pages after MEM_RESET: what they hold is settled before they are copied. */
static void settle_unsure(struct run *r, va address, va size)
{
    for (va at = page_of(address); address <= r->model.highest_user && at < address + size; at += PAGE) {
        if (model_page(&r->model, at) != NULL && readable(r, at, 1))
            verify_contents(r, at);
    }
}

static bool pick_copy(struct run *r, struct copy_call *c, bool write)
{
    const struct model *m = &r->model;
    va own = (va)r->own, arena = pick_committed(r) + (chance(r, 60) ? pick(r, PAGE) : 0);
    c->handle = HANDLE_GOOD;
    c->size = chance(r, 3) ? 0 : chance(r, 30) ? (1 + pick(r, 3)) * PAGE : 1 + pick(r, 3 * PAGE);
    va other = chance(r, 20) ? pick_committed(r) + (chance(r, 50) ? pick(r, PAGE) : 0) : own;
    if (!model_knows(m, arena, arena + c->size) || !model_can_store(m, c->size))
        return false;
    if (other != own && (!model_knows(m, other, other + c->size) || overlaps(arena, c->size + 1, other, c->size + 1)))
        other = own;
    if (chance(r, 3))
        arena = chance(r, 70) ? r->model.highest_user + 1 + pick(r, 8) * PAGE : ~(va)0 - pick(r, 2 * PAGE);
    else if (c->size > 0 && chance(r, 3))
        c->handle = chance(r, 50) ? HANDLE_BAD : HANDLE_OTHER_TYPE;
    c->from = write ? other : arena;
    c->to = write ? arena : other;
    if (c->from <= m->highest_user && c->to <= m->highest_user && stopped(r, c->from, c->size, ACCESS_READ) &&
        stopped(r, c->to, c->size, ACCESS_WRITE))
        return false;
    return true;
}

void operate_copy(struct run *r)
{
    bool write = chance(r, 60);
    struct operation *operation =
        begin_operation(r, write ? "NtWriteVirtualMemory" : "NtReadVirtualMemory", "handle,from,to,size");
    struct copy_call c = {0};
    SIZE_T done = 0x55;
    if (!pick_copy(r, &c, write))
        return;
    pattern(r, r->own, c.size, c.to);
    settle_unsure(r, c.from, c.size);
    settle_unsure(r, c.to, c.size);
    va arguments[] = {c.handle, c.from, c.to, c.size};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_copy(&r->model, &c);
    copy_source(r, &c);
    int got = write ? NtWriteVirtualMemory(handle_of(r, c.handle), (void *)c.to, (void *)c.from, c.size, &done)
                    : NtReadVirtualMemory(handle_of(r, c.handle), (void *)c.from, (void *)c.to, c.size, &done);
    operation->size = done;
    if (!judge_status(r, &c.expect, got))
        return;
    const char *difference = settle_copy(&r->model, &c, got, done, r->copy);
    if (difference != NULL)
        differ(r, difference, c.want_done, done);
    if (got == ST_SUCCESS && model_page(&r->model, c.to) == NULL && memcmp((void *)c.to, r->copy, c.size) != 0)
        differ(r, "the bytes read", c.from, c.to);
    for (va at = page_of(c.to); at < c.to + c.size && got >= 0; at += PAGE)
        if (model_page(&r->model, at) != NULL && readable(r, at, 1))
            verify_contents(r, at);
}

/* A write-watch allocation if there is one to be found. */
static va pick_watched(struct run *r)
{
    va address = 0;
    for (unsigned attempt = 0; attempt < 12; attempt++) {
        address = pick_in_allocation(r);
        if (model_state(&r->model, address) != PAGE_STATE_FREE && model_page(&r->model, address)->write_watch)
            break;
    }
    return address;
}

static void pick_watch(struct run *r, struct watch_call *c)
{
    c->base = pick_watched(r);
    c->size = pick_size(r, c->base);
    if (chance(r, 60) && model_state(&r->model, c->base) != PAGE_STATE_FREE)
        c->size = model_allocation_end(&r->model, c->base) - c->base;
    if (chance(r, 3))
        c->base = 0;
    else if (chance(r, 3))
        c->base = pick_address(r);
    else if (chance(r, 3) && c->size != 0)
        c->handle = pick_handle(r);
}

void operate_get_watch(struct run *r)
{
    struct operation *operation =
        begin_operation(r, "NtGetWriteWatch", "handle,flags,base,size,array,capacity,count at");
    struct watch_call c = {.flags = chance(r, 30) ? WRITE_WATCH_FLAG_RESET : 0};
    va *list = (va *)r->copy, words[2] = {0, 0};
    ULONG granularity = 0;
    pick_watch(r, &c);
    c.array = (va)list;
    c.count_at = (va)&words[0];
    c.granularity_at = (va)&granularity;
    c.capacity = chance(r, 30) ? 1 + pick(r, 6) : 2048;
    if (c.handle == HANDLE_GOOD && c.size != 0 && c.base != 0) { /* one mistake at most */
        switch (pick(r, 30)) {
        case 0: c.flags = 2 + pick(r, 100); break;
        case 1: c.array = 0; break;
        case 2: c.count_at = 0; break;
        case 3: c.granularity_at = 0; break;
        case 4: c.capacity = 0; break;
        default: break;
        }
    }
    words[0] = c.capacity;
    va arguments[] = {c.handle, c.flags, c.base, c.size, c.array, c.capacity, c.count_at};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_get_watch(&r->model, &c);
    int got = NtGetWriteWatch(handle_of(r, c.handle), c.flags, (void *)c.base, c.size, (PVOID *)c.array,
                              (PULONG_PTR)c.count_at, (PULONG)c.granularity_at);
    operation->size = words[0];
    if (!judge_status(r, &c.expect, got))
        return;
    const char *difference = settle_get_watch(&r->model, &c, got, list, words[0], granularity);
    if (difference != NULL)
        differ(r, difference, c.capacity, words[0]);
}

void operate_reset_watch(struct run *r)
{
    struct operation *operation = begin_operation(r, "NtResetWriteWatch", "handle,base,size");
    struct watch_call c = {0};
    pick_watch(r, &c);
    va arguments[] = {c.handle, c.base, c.size};
    memcpy(operation->argument, arguments, sizeof(arguments));
    expect_reset_watch(&r->model, &c);
    int got = NtResetWriteWatch(handle_of(r, c.handle), (void *)c.base, c.size);
    if (!judge_status(r, &c.expect, got))
        return;
    settle_reset_watch(&r->model, &c, got);
}

static void judge_touch(struct run *r, const struct touch *t, const struct fault *fault)
{
    struct expectation expect = {0};
    only(&expect, t->raised.code);
    allow(&expect, t->other.code);
    if (!judge_exception(r, &expect, fault->code) || fault->code == ST_SUCCESS)
        return;
    if (fault->information != t->raised.information)
        differ(r, "ExceptionInformation[0]", t->raised.information, fault->information);
    if ((fault->address != t->raised.address || fault->code != t->raised.code) &&
        (fault->address != t->other.address || fault->code != t->other.code))
        differ(r, "ExceptionInformation[1]", t->raised.address, fault->address);
    if (t->access == ACCESS_EXECUTE && model_canonical(t->address) && fault->pc != t->address)
        differ(r, "ExceptionAddress", t->address, fault->pc);
}

/* The model after an access; for reads, whether the value is what the model holds. */
static void settle_touch(struct run *r, const struct touch *t, uint64_t before, uint64_t after,
                         const struct fault *fault)
{
    struct model *m = &r->model;
    uint8_t bytes[8], old[8] = {0};
    if (fault->code == ST_GUARD)
        model_drop_guard(m, page_of(fault->address));
    if (fault->code != ST_SUCCESS) {
        if (t->access == ACCESS_WRITE || t->access == ACCESS_MODIFY)
            model_touch_maybe(m, t->address, t->width);
        return;
    }
    for (unsigned i = 0; i < t->width && t->access != ACCESS_EXECUTE; i++)
        old[i] = model_byte(m, t->address + i);
    if (t->access == ACCESS_READ && memcmp(old, &after, t->width) != 0)
        differ(r, "the value read", *(uint32_t *)old, (va)after);
    memcpy(bytes, &before, sizeof(bytes));
    for (unsigned i = 0; i < t->width && t->access == ACCESS_MODIFY; i++)
        bytes[i] ^= old[i];
    if (t->access == ACCESS_WRITE || t->access == ACCESS_MODIFY)
        model_store(m, t->address, bytes, t->width);
}

static void pick_touch(struct run *r, struct touch *t)
{
    t->access = (enum access)pick(r, 4);
    t->width = t->access == ACCESS_EXECUTE ? 1 : 1u << pick(r, sizeof(va) == 8 ? 4 : 3);
    t->address = chance(r, 85) ? pick_committed(r) : pick_in_allocation(r);
    t->address +=
        chance(r, 25) ? PAGE - pick(r, 8) - 1 : pick(r, PAGE / 16) * 16 + (t->access == ACCESS_EXECUTE ? 15 : 0);
    if (chance(r, 2) && !(r->coarse && sizeof(va) == 4)) /* 32-bit Wine: the host's own memory lies there */
        t->address = pick_odd_address(r);
    if (t->address + t->width < t->address)
        t->address -= t->width;
    if (sizeof(va) == 8 && page_of(t->address) == ~(va)0 - PAGE + 1 && t->access == ACCESS_MODIFY)
        t->access = ACCESS_WRITE; /* the emulated processor tells a modification of the last page as a read */
}

void operate_touch(struct run *r)
{
    static const char *const names[] = {"read", "write", "execute", "modify"};
    struct touch t;
    struct fault fault;
    pick_touch(r, &t);
    struct operation *operation = begin_operation(r, names[t.access], "address,width,value");
    uint64_t before = pick(r, 0xFFFFFFFF) * (uint64_t)0x100000001, after;
    if (chance(r, 25))
        before = 0xC3;
    bool user = t.address <= r->model.highest_user && t.address >= GRANULE;
    if (user && (!model_knows(&r->model, t.address, t.address + t.width - 1) || !model_can_store(&r->model, PAGE)))
        return;
    if (user)
        settle_unsure(r, t.address, t.width);
    expect_touch(&r->model, &t);
    if (t.access == ACCESS_EXECUTE && t.raised.code == ST_SUCCESS && model_byte(&r->model, t.address) != 0xC3)
        return;
    va arguments[] = {t.address, t.width, (va)before};
    memcpy(operation->argument, arguments, sizeof(arguments));
    after = before;
    touch_run(t.access, t.width, t.address, &after, &fault);
    operation->base = fault.address;
    operation->size = fault.information;
    judge_touch(r, &t, &fault);
    if (fault.code == t.raised.code || fault.code == t.other.code)
        settle_touch(r, &t, before, after, &fault);
}

/* Whole pages written by ordinary instructions. */
void operate_fill(struct run *r)
{
    struct operation *operation = begin_operation(r, "fill", "address,size");
    va address = pick_committed(r), size = chance(r, 50) ? PAGE : 16 * (1 + pick(r, 300));
    if (!model_knows(&r->model, address, address + size - 1) || !writable(r, address, size) ||
        !model_can_store(&r->model, size))
        return;
    prepare_write(r, address, size);
    operation->argument[0] = address;
    operation->argument[1] = size;
    pattern(r, r->copy, size, address);
    memcpy((void *)address, r->copy, size);
    model_store(&r->model, address, r->copy, size);
}
