/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack.c - kernel stacks: in the system PTEs' range, resident or swapped out (nt-reference 7.5, 10.5).
 *
 *     limit - 1 page      no-access page: an empty PTE, never anything else
 *     limit ... base      3 pages (x64: 6)
 *     base - 1 pointer    the signature, while the stack is out: the id of the thread
 *
 *   resident   every PTE valid; the frames ACTIVE, in no working set, taken for modified: their thread uses them
 *   out        every PTE in transition or in a page file, with the protection that marks an out-swapped stack.  The
 *              modified page writer writes them as any others
 *   coming     between the two: what has come is valid already and stays
 *
 * A stack is charged to the system's commit from its creation to its end.  Stacks have places of one size, so that none
 * is lost between others. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

enum {
    STACK_PAGES = PTE_FORMAT == 2 ? 6 : 3,
    GUARD_PAGES = 1,
    POINTER = PTE_FORMAT == 2 ? 8 : 4,
    KSTACK_OUTSWAPPED = 0x1F, /* MM_OUTSWAPPED_KSTACK (nt-reference 1.5) */
};

static struct mi_stack *stack_at(const struct mm *mm, arena_ref ref)
{
    return arena_at(mm->arena, ref);
}

static va_t limit_of(uint32_t place)
{
    return MI_STACK_BASE + ((va_t)place * (STACK_PAGES + GUARD_PAGES) + GUARD_PAGES) * MMU_PAGE_SIZE;
}

static va_t page_of(const struct mi_stack *stack, uint32_t page)
{
    return limit_of(stack->place) + (va_t)page * MMU_PAGE_SIZE;
}

/* Its page table is there from its creation on, and system page tables stay.  => false: somebody wrote over it. */
static bool find_slot(const struct mm *mm, va_t va, struct mi_slot *ret_slot)
{
    return mi_peek_slot(mm, mi_process(mm, mm->system)->root, va, 1, ret_slot);
}

/* --- Creation and end ---------------------------------------------------------------------------------------- */

/* => false: all are taken. */
static bool find_place(const struct mm *mm, uint32_t *ret_place)
{
    for (uint32_t place = 0; place < MI_STACKS_MAX; place++) {
        if (mm->stack_map[place / 64] >> place % 64 & 1)
            continue;
        *ret_place = place;
        return true;
    }
    return false;
}

ntstatus_t mi_stack_create(struct mm *mm, uint32_t thread, arena_ref *ret_stack)
{
    uint32_t place;

    if (!find_place(mm, &place))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (mi_resident_available(mm) < STACK_PAGES)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!mi_charge_commit(mm, NULL, STACK_PAGES, MI_MAY_FAIL))
        return STATUS_COMMITMENT_LIMIT;
    mi_return_commit(mm, NULL, STACK_PAGES); /* each page is charged as it comes */
    arena_ref ref = arena_alloc(mm->arena, sizeof(struct mi_stack));
    if (!ref)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = mi_system_allocate(mm, limit_of(place), (uint64_t)STACK_PAGES * MMU_PAGE_SIZE, MM_READWRITE);
    if (status != STATUS_SUCCESS) {
        arena_free(mm->arena, ref, sizeof(struct mi_stack));
        return status;
    }
    *stack_at(mm, ref) = (struct mi_stack){.next = mm->stacks, .place = place, .thread = thread, .resident = true};
    mm->stacks = ref;
    mm->stack_map[place / 64] |= UINT64_C(1) << place % 64;
    *ret_stack = ref;
    return STATUS_SUCCESS;
}

/* Wherever the page is: in RAM, under way, in a page file. */
static void delete_page(struct mm *mm, va_t va)
{
    struct mi_slot slot;
    struct mi_io *failed;

    mi_return_commit(mm, NULL, 1);
    if (!find_slot(mm, va, &slot))
        return;
    mmpte_t pte = mi_read_pte(mm, slot);
    enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);
    bool has_frame = (kind == PTE_KIND_VALID || kind == PTE_KIND_TRANSITION) && mi_frame_knows(mm, va, pte);
    while ((failed = mi_failed_read(mm, 0, pte_address(va))))
        mi_forget_read(mm, failed); /* whoever gets this place next has nothing to do with it */
    if (kind == PTE_KIND_PAGED_OUT)
        pagefile_give(mm, pte_pagefile_number(pte), pte_pagefile_offset(pte));
    mi_write_pte(mm, slot, (mmpte_t){0});
    if (has_frame)
        mi_delete_frame(mm, pte_pfn(pte));
}

void mi_stack_delete(struct mm *mm, arena_ref ref)
{
    struct mi_stack *stack = stack_at(mm, ref);
    arena_ref *link = &mm->stacks;

    for (uint32_t page = 0; page < STACK_PAGES; page++)
        delete_page(mm, page_of(stack, page));
    if (!stack->resident)
        mm->stack_pages_out -= STACK_PAGES;
    while (*link != ref)
        link = &stack_at(mm, *link)->next;
    *link = stack->next;
    mm->stack_map[stack->place / 64] &= ~(UINT64_C(1) << stack->place % 64);
    arena_free(mm->arena, ref, sizeof *stack);
    mm->flush_wanted = true;
}

void mi_stack_query(const struct mm *mm, arena_ref ref, struct mm_stack_info *ret_info)
{
    const struct mi_stack *stack = stack_at(mm, ref);
    *ret_info = (struct mm_stack_info){.limit = page_of(stack, 0),
                                       .base = page_of(stack, STACK_PAGES),
                                       .signature = page_of(stack, STACK_PAGES) - POINTER,
                                       .thread = stack->thread,
                                       .resident = stack->resident};
}

/* --- Out ------------------------------------------------------------------------------------------------------ */

static void announce(struct mm *mm, va_t va, pfn_t frame)
{
    struct mm_event event = {.kind = MM_EVENT_TRIM,
                             .frame = frame,
                             .va = va,
                             .to = pfn_state_name(mi_pfn(mm, frame)->state),
                             .why = "stack"};
    mm->config.env->event(mm->config.env->context, &event);
}

static void send_page(struct mm *mm, va_t va)
{
    struct mi_slot slot;
    pfn_t frame;

    if (!mi_system_slot(mm, va, &frame, &slot) || !mi_frame_knows(mm, va, mi_read_pte(mm, slot)))
        return; /* somebody wrote over it: seen at the in-swap */
    struct mmpfn *pfn = mi_pfn(mm, frame);
    mi_mark_modified(mm, pfn);
    pfn->original_pte = pte_set_protection(pfn->original_pte, KSTACK_OUTSWAPPED);
    mi_write_pte(mm, slot, pte_make_transition(frame, KSTACK_OUTSWAPPED));
    mi_unshare_frame(mm, frame);
    if (mm->config.env->event)
        announce(mm, va, frame);
}

void mi_stack_outswap(struct mm *mm, arena_ref ref)
{
    struct mi_stack *stack = stack_at(mm, ref);
    va_t top = page_of(stack, STACK_PAGES - 1);
    uint64_t signature = stack->thread;
    pfn_t frame;
    struct mi_slot slot;

    assert(stack->resident);
    if (mi_system_slot(mm, top, &frame, &slot))
        memcpy(mm_frame_write(mm, frame) + MMU_PAGE_SIZE - POINTER, &signature, POINTER);
    for (uint32_t page = 0; page < STACK_PAGES; page++)
        send_page(mm, page_of(stack, page));
    stack->resident = stack->from_disk = false;
    mm->stack_pages_out += STACK_PAGES;
    mm->flush_wanted = true;
    mm->stacks_out++;
}

/* --- In ------------------------------------------------------------------------------------------------------- */

static enum mm_fault_result stop(struct mm_fault *fault, uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3,
                                 uint64_t p4)
{
    fault->bugcheck.code = code;
    fault->bugcheck.parameter[0] = p1;
    fault->bugcheck.parameter[1] = p2;
    fault->bugcheck.parameter[2] = p3;
    fault->bugcheck.parameter[3] = p4;
    return MM_FAULT_BUGCHECK;
}

static enum mm_fault_result corrupt(struct mm_fault *fault, va_t va, uint64_t word)
{
    return stop(fault, BUGCHECK_MEMORY_MANAGEMENT, 0x3451, pte_address(va), word, 0); /* PTEs of an out-swapped stack */
}

/* nt-reference 10.7: status, I/O status, page file, offset in it. */
static enum mm_fault_result read_failed(struct mm_fault *fault, mmpte_t pte, ntstatus_t status)
{
    return stop(fault, BUGCHECK_KERNEL_STACK_INPAGE_ERROR, status, status, pte_pagefile_number(pte),
                (uint64_t)pte_pagefile_offset(pte) * MMU_PAGE_SIZE);
}

/* The pages above that follow it in the page file as well. */
static void add_neighbours(const struct mm *mm, const struct mi_stack *stack, uint32_t page, struct mi_read *read)
{
    uint32_t offset = pte_pagefile_offset(read->page[0].original);

    while (++page < STACK_PAGES && read->pages < mm->tuning.cluster) {
        struct mi_slot slot;
        if (!find_slot(mm, page_of(stack, page), &slot))
            break;
        mmpte_t pte = mi_read_pte(mm, slot);
        if (pte_kind(pte, PTE_OF_PROCESS) != PTE_KIND_PAGED_OUT || pte_pagefile_number(pte) != read->file ||
            pte_pagefile_offset(pte) != ++offset)
            break;
        read->page[read->pages++] = (struct mi_read_page){slot, pte_address(page_of(stack, page)), pte};
    }
}

static enum mm_fault_result read_page(struct mm *mm, struct mi_stack *stack, uint32_t page, struct mi_slot slot,
                                      struct mm_fault *fault)
{
    va_t va = page_of(stack, page);
    mmpte_t pte = mi_read_pte(mm, slot);
    struct mi_io *failed = mi_failed_read(mm, 0, pte_address(va));

    if (failed) {
        ntstatus_t status = failed->status;
        mi_forget_read(mm, failed);
        return read_failed(fault, pte, status);
    }
    struct mi_read read = {.kind = MM_IO_PAGEFILE_READ,
                           .file = pte_pagefile_number(pte),
                           .offset = (uint64_t)pte_pagefile_offset(pte) * MMU_PAGE_SIZE,
                           .pages = 1,
                           .page = {{slot, pte_address(va), pte}}};
    add_neighbours(mm, stack, page, &read);
    stack->from_disk = true;
    ntstatus_t status = mi_begin_read(mm, &read);
    switch (status) {
    case STATUS_SUCCESS: return MM_FAULT_RETRY;
    case STATUS_PENDING: return MM_FAULT_WAIT;
    case STATUS_NO_MEMORY:
    case STATUS_INSUFFICIENT_RESOURCES: fault->status = STATUS_NO_MEMORY; return MM_FAULT_RAISE;
    default: return read_failed(fault, pte, status);
    }
}

/* The frame still holds the page, or does again. */
static enum mm_fault_result take_page(struct mm *mm, va_t va, struct mi_slot slot, struct mm_fault *fault)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    pfn_t frame = pte_pfn(pte);
    struct mmpfn *pfn = mi_pfn(mm, frame);

    if (pfn->flags & PFN_READ_BIT) {
        mm->wait_key = mi_io_of_frame(mm, frame);
        return mm->wait_key ? MM_FAULT_WAIT : corrupt(fault, va, pte.raw);
    }
    mi_activate_frame(mm, frame);
    pfn->flags &= (uint8_t)~PFN_HARD_BIT;
    pfn->original_pte = pte_set_protection(pfn->original_pte, MM_READWRITE);
    mi_mark_modified(mm, pfn);
    mi_write_pte(mm, slot, pte_set_dirty(pte_make_valid(frame, MM_READWRITE, PTE_SUPERVISOR, PTE_NX_OFF)));
    return MM_FAULT_RESOLVED;
}

static enum mm_fault_result bring_page(struct mm *mm, struct mi_stack *stack, uint32_t page, struct mm_fault *fault)
{
    va_t va = page_of(stack, page);
    struct mi_slot slot;

    if (!find_slot(mm, va, &slot))
        return corrupt(fault, va, 0);
    mmpte_t pte = mi_read_pte(mm, slot);
    switch (pte_kind(pte, PTE_OF_PROCESS)) {
    case PTE_KIND_VALID:
        if (mi_frame_knows(mm, va, pte))
            return MM_FAULT_RESOLVED;
        break;
    case PTE_KIND_TRANSITION:
        if (mi_frame_knows(mm, va, pte))
            return take_page(mm, va, slot, fault);
        break;
    case PTE_KIND_PAGED_OUT:
        if (pagefile_is_taken(mm, pte_pagefile_number(pte), pte_pagefile_offset(pte)))
            return read_page(mm, stack, page, slot, fault);
        break;
    case PTE_KIND_EMPTY:
    case PTE_KIND_PROTOTYPE:
    case PTE_KIND_LOOKUP:
    case PTE_KIND_DEMAND_ZERO:
    case PTE_KIND_DECOMMITTED:
    case PTE_KIND_SUBSECTION:
    case PTE_KIND_COUNT: break;
    }
    return corrupt(fault, va, pte.raw);
}

/* nt-reference 10.7: where it came from, the value found, 0, the address of the signature. */
static enum mm_fault_result check_signature(struct mm *mm, const struct mi_stack *stack, struct mm_fault *fault)
{
    va_t top = page_of(stack, STACK_PAGES - 1);
    uint64_t found = 0;
    pfn_t frame = {0};
    struct mi_slot slot;

    if (mi_system_slot(mm, top, &frame, &slot))
        memcpy(&found, mi_frame_read(mm, frame) + MMU_PAGE_SIZE - POINTER, POINTER);
    if (found == stack->thread)
        return MM_FAULT_RESOLVED;
    return stop(fault, BUGCHECK_KERNEL_STACK_INPAGE_ERROR, stack->from_disk, found, 0, top + MMU_PAGE_SIZE - POINTER);
}

enum mm_fault_result mi_stack_inswap(struct mm *mm, arena_ref ref, struct mm_fault *fault)
{
    struct mi_stack *stack = stack_at(mm, ref);

    assert(!stack->resident);
    for (uint32_t page = 0; page < STACK_PAGES;) {
        enum mm_fault_result result = bring_page(mm, stack, page, fault);
        if (result == MM_FAULT_RETRY)
            continue; /* it has been read: in transition now */
        if (result != MM_FAULT_RESOLVED)
            return result;
        page++;
    }
    enum mm_fault_result result = check_signature(mm, stack, fault);
    if (result != MM_FAULT_RESOLVED)
        return result;
    stack->resident = true;
    mm->stack_pages_out -= STACK_PAGES;
    mi_thread_moved(mm, 0); /* what was read for the swapper is in use now */
    mm->stacks_in++;
    return MM_FAULT_RESOLVED;
}

/* --- Laws ----------------------------------------------------------------------------------------------------- */

static const char *check_stack(struct mm *mm, const struct mi_stack *stack)
{
    va_t guard = page_of(stack, 0) - MMU_PAGE_SIZE;
    struct mi_slot slot;

    if (find_slot(mm, guard, &slot) && mi_read_pte(mm, slot).raw != 0)
        return "stack: the page below a kernel stack is not empty";
    for (uint32_t page = 0; page < STACK_PAGES; page++) {
        if (!find_slot(mm, page_of(stack, page), &slot))
            return "stack: a kernel stack has no page table";
        mmpte_t pte = mi_read_pte(mm, slot);
        enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);
        if (kind == PTE_KIND_VALID)
            continue;
        if (stack->resident)
            return "stack: a page of a kernel stack that is resident is not valid";
        if (kind != PTE_KIND_TRANSITION && kind != PTE_KIND_PAGED_OUT)
            return "stack: a page of a kernel stack is nowhere";
        if (pte_protection(pte) != KSTACK_OUTSWAPPED)
            return "stack: a page of a kernel stack that is out does not say so";
    }
    return NULL;
}

const char *mi_check_stacks(struct mm *mm)
{
    uint32_t count = 0, marked = 0, out = 0;

    for (arena_ref ref = mm->stacks; ref; ref = stack_at(mm, ref)->next, count++) {
        const struct mi_stack *stack = stack_at(mm, ref);
        if (!(mm->stack_map[stack->place / 64] >> stack->place % 64 & 1))
            return "stack: the place of a kernel stack is free";
        out += stack->resident ? 0 : STACK_PAGES;
        const char *broken = check_stack(mm, stack);
        if (broken)
            return broken;
    }
    for (unsigned i = 0; i < MI_STACKS_MAX / 64; i++)
        marked += (uint32_t)__builtin_popcountll(mm->stack_map[i]);
    if (out != mm->stack_pages_out)
        return "stack: the pages of kernel stacks that are out are miscounted";
    return marked == count ? NULL : "stack: a place of a kernel stack is taken by none";
}
