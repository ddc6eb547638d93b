/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolve.c - the resolvers of private pages: empty, demand-zero, transition, valid, paged-out.
 *
 * => the slot of the faulting address is held, fault->pte is its word;
 * => RETRY: the word changed, dispatch again. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

static enum mm_fault_result rewrite(struct mi_fault *fault, mmpte_t pte)
{
    mi_write_pte(fault->mm, fault->slot, pte);
    return MM_FAULT_RETRY;
}

/* The shared user data page: one system frame, read-only in every process. */
static enum mm_fault_result resolve_shared(struct mi_fault *fault, const struct mmvad *vad)
{
    struct mm *mm = fault->mm;
    struct mi_slot slot;
    pfn_t frame;

    if (mi_vpn(fault->f->va) != vad->start_vpn || !mi_system_slot(mm, vad->first_prototype, &frame, &slot))
        return mi_raise_violation(fault);
    enum mm_fault_result result = mi_check_protection(fault, MM_READONLY);
    if (result != MM_FAULT_RESOLVED)
        return result;
    if (mi_ws_reserve(mm, fault->process, MI_WS_SPARE) != STATUS_SUCCESS)
        return mi_raise_no_memory(fault);
    mi_share_frame(mm, frame);
    mi_write_pte(mm, fault->slot, mi_valid_pte(fault, frame, MM_READONLY));
    mi_ws_insert(mm, fault->process, fault->f->va, frame, 0);
    fault->f->type = MM_FAULT_TYPE_TRANSITION;
    fault->f->status = STATUS_PAGE_FAULT_TRANSITION;
    fault->f->frame = frame;
    return MM_FAULT_RESOLVED;
}

/* EMPTY: the VAD knows. */
enum mm_fault_result mi_resolve_empty(struct mi_fault *fault)
{
    uint64_t vpn = mi_vpn(fault->f->va);
    const struct mmvad *vad = fault->vad;

    if (!vad)
        return mi_raise_violation(fault);
    switch ((enum vad_kind)vad->kind) {
    case VAD_PRIVATE:
        if (!vad->mem_commit)
            return mi_raise_violation(fault);
        fault->pte = pte_make_demand_zero(vad->protection);
        return mi_resolve_demand_zero(fault);
    case VAD_IMAGE: return rewrite(fault, pte_make_prototype(mi_prototype_of(fault->mm, vad, vpn), false));
    case VAD_MAPPED: return mi_resolve_prototype(fault);
    case VAD_SHARED: return resolve_shared(fault, vad);
    case VAD_KIND_COUNT: break;
    }
    return mi_corrupt(fault);
}

enum mm_fault_result mi_make_private_page(struct mi_fault *fault, unsigned protection, const uint8_t *copy_from,
                                          enum mm_fault_type type)
{
    struct mm *mm = fault->mm;
    pfn_t frame;

    if (mi_ws_reserve(mm, fault->process, MI_WS_SPARE) != STATUS_SUCCESS ||
        !mi_take_frame(mm, copy_from ? MI_ANY : MI_ZEROED, &frame))
        return mi_raise_no_memory(fault);
    if (copy_from)
        memcpy(mm_frame_write(mm, frame), copy_from, MMU_PAGE_SIZE);
    mi_claim_frame(mm, frame, pte_address(fault->f->va), fault->slot.table, pte_make_demand_zero(protection),
                   PFN_MODIFIED_BIT);
    mmpte_t pte = mi_valid_pte(fault, frame, protection);
    mi_write_pte(mm, fault->slot, pte);
    mi_ws_insert(mm, fault->process, fault->f->va, frame, fault->ws_flags);
    fault->process->private_pages++;
    fault->f->type = type;
    fault->f->frame = frame;
    fault->f->status =
        type == MM_FAULT_TYPE_COPY_ON_WRITE ? STATUS_PAGE_FAULT_COPY_ON_WRITE : STATUS_PAGE_FAULT_DEMAND_ZERO;
    return MM_FAULT_RESOLVED;
}

enum mm_fault_result mi_resolve_demand_zero(struct mi_fault *fault)
{
    unsigned protection = pte_protection(fault->pte);
    enum mm_fault_result result = mi_check_protection(fault, protection);

    if (result != MM_FAULT_RESOLVED || fault->f->type != MM_FAULT_TYPE_NONE) /* a guard page grew the stack */
        return result;
    return mi_make_private_page(fault, protection, NULL, MM_FAULT_TYPE_DEMAND_ZERO);
}

/* A working-set entry for the faulting page.  Making room may take another page away, and growing the list may take a
 * frame from the standby list: RETRY where that changed the word. */
static enum mm_fault_result reserve_entry(struct mi_fault *fault)
{
    if (mi_ws_reserve(fault->mm, fault->process, MI_WS_SPARE) != STATUS_SUCCESS)
        return mi_raise_no_memory(fault);
    return mi_read_pte(fault->mm, fault->slot).raw == fault->pte.raw ? MM_FAULT_RESOLVED : MM_FAULT_RETRY;
}

/* Another thread's read, or one that this thread began, is under way. */
static enum mm_fault_result wait_for_read(struct mi_fault *fault, pfn_t frame)
{
    fault->mm->wait_key = mi_io_of_frame(fault->mm, frame);
    return fault->mm->wait_key ? MM_FAULT_WAIT : mi_corrupt(fault);
}

/* How a fault ends that found its page in transition: soft, or the end of a hard one. */
void mi_report_transition(struct mi_fault *fault, struct mmpfn *pfn, enum mm_fault_type soft)
{
    bool hard = pfn->flags & PFN_HARD_BIT;

    pfn->flags &= (uint8_t)~PFN_HARD_BIT;
    fault->f->type = hard ? MM_FAULT_TYPE_HARD_FAULT : soft;
    fault->f->status = hard ? STATUS_PAGE_FAULT_PAGING_FILE : STATUS_PAGE_FAULT_TRANSITION;
    if (hard && !(pfn->flags & PFN_PROTOTYPE_BIT))
        fault->f->pte_before = pfn->original_pte; /* what it was when the fault began */
}

/* The frame still holds the page: from the standby or modified list, or just read, back to work. */
enum mm_fault_result mi_resolve_transition(struct mi_fault *fault)
{
    struct mm *mm = fault->mm;
    pfn_t frame = pte_pfn(fault->pte);
    unsigned protection = pte_protection(fault->pte);
    enum mm_fault_result result = mi_check_protection(fault, protection);

    if (result != MM_FAULT_RESOLVED || fault->f->type != MM_FAULT_TYPE_NONE)
        return result;
    if (!mi_frame_knows(mm, fault->f->va, fault->pte) || mi_pfn(mm, frame)->pte_frame != fault->slot.table.index)
        return mi_corrupt(fault);
    if (mi_pfn(mm, frame)->flags & PFN_READ_BIT)
        return wait_for_read(fault, frame);
    result = reserve_entry(fault);
    if (result != MM_FAULT_RESOLVED)
        return result;
    struct mmpfn *pfn = mi_pfn(mm, frame);
    mi_activate_frame(mm, frame);
    pfn->original_pte = pte_set_protection(pfn->original_pte, protection);
    mi_write_pte(mm, fault->slot, mi_valid_pte(fault, frame, protection));
    mi_ws_insert(mm, fault->process, fault->f->va, frame, 0);
    fault->process->private_pages++;
    mi_report_transition(fault, pfn, MM_FAULT_TYPE_TRANSITION);
    fault->f->frame = frame;
    return MM_FAULT_RESOLVED;
}

enum mm_fault_result mi_answer_read(struct mi_fault *fault, ntstatus_t status)
{
    switch (status) {
    case STATUS_SUCCESS: return MM_FAULT_RETRY;
    case STATUS_PENDING: return MM_FAULT_WAIT;
    case STATUS_NO_MEMORY: return mi_raise_no_memory(fault);
    default: return mi_raise_in_page_error(fault, status);
    }
}

/* The thread's own read of this page has failed. => false: none has. */
bool mi_take_failed_read(struct mi_fault *fault, va_t pte_address, enum mm_fault_result *ret_result)
{
    struct mi_io *io = mi_failed_read(fault->mm, fault->f->thread, pte_address);
    if (!io)
        return false;
    ntstatus_t status = io->status;
    mi_forget_read(fault->mm, io);
    *ret_result = mi_raise_in_page_error(fault, status);
    return true;
}

bool mi_follows_in_pagefile(const struct mm *mm, mmpte_t pte, mmpte_t before)
{
    return pte_kind(pte, PTE_OF_PROCESS) == PTE_KIND_PAGED_OUT &&
           pte_pagefile_number(pte) == pte_pagefile_number(before) &&
           pte_pagefile_offset(pte) == pte_pagefile_offset(before) + 1 &&
           pagefile_is_taken(mm, pte_pagefile_number(pte), pte_pagefile_offset(pte));
}

/* The pages after the faulting one that follow it in the page file as well. */
static void add_neighbours(const struct mi_fault *fault, struct mi_read *read)
{
    struct mm *mm = fault->mm;
    struct mi_slot slot = fault->slot;
    mmpte_t before = fault->pte;
    va_t pte_at = pte_address(fault->f->va);

    while (read->pages < mm->tuning.cluster && slot.offset + PTE_SIZE < MMU_PAGE_SIZE) {
        slot.offset += PTE_SIZE;
        pte_at += PTE_SIZE;
        mmpte_t pte = mi_read_pte(mm, slot);
        if (!mi_follows_in_pagefile(mm, pte, before))
            break;
        read->page[read->pages++] = (struct mi_read_page){slot, pte_at, pte};
        before = pte;
    }
}

/* The page is in a page file. */
enum mm_fault_result mi_resolve_paged_out(struct mi_fault *fault)
{
    va_t pte_at = pte_address(fault->f->va);
    enum mm_fault_result result = mi_check_protection(fault, pte_protection(fault->pte));

    if (result != MM_FAULT_RESOLVED || fault->f->type != MM_FAULT_TYPE_NONE)
        return result;
    if (mi_take_failed_read(fault, pte_at, &result))
        return result;
    if (!pagefile_is_taken(fault->mm, pte_pagefile_number(fault->pte), pte_pagefile_offset(fault->pte)))
        return mi_corrupt(fault);
    result = reserve_entry(fault);
    if (result != MM_FAULT_RESOLVED)
        return result;
    struct mi_read read = {
        .kind = MM_IO_PAGEFILE_READ,
        .file = pte_pagefile_number(fault->pte),
        .offset = (uint64_t)pte_pagefile_offset(fault->pte) * MMU_PAGE_SIZE,
        .thread = fault->f->thread,
        .pages = 1,
        .page = {{fault->slot, pte_at, fault->pte}},
    };
    add_neighbours(fault, &read);
    return mi_answer_read(fault, mi_begin_read(fault->mm, &read));
}

/* The writer gets a page of its own; the shared one stays as it is. */
static enum mm_fault_result copy_on_write(struct mi_fault *fault)
{
    struct mm *mm = fault->mm;
    pfn_t shared = pte_pfn(fault->pte);
    unsigned protection = pte_is_no_execute(fault->pte) ? MM_READWRITE : MM_EXECUTE_READWRITE;
    const struct mmvad *vad = fault->vad;

    if (vad && mi_is_view(vad)) {
        struct mi_page page = mi_page_state(mm, fault->process, vad, fault->f->va, fault->pte);
        if (mi_is_copy_protection(page.protection) && !mi_is_guard_protection(page.protection))
            protection = mi_private_protection(page.protection); /* else somebody wrote over the entry */
    }
    enum mm_fault_result result = reserve_entry(fault);
    if (result != MM_FAULT_RESOLVED)
        return result;
    mi_reference_frame(mm, shared); /* the copy must not take it */
    unsigned flags = mi_ws_flags(mm, fault->process, fault->f->va, shared);
    mi_ws_remove(mm, fault->process, fault->f->va, shared);
    fault->ws_flags = flags & MI_WSLE_LOCKS;
    result = mi_make_private_page(fault, protection, mm_frame_read(mm, shared), MM_FAULT_TYPE_COPY_ON_WRITE);
    if (result == MM_FAULT_RESOLVED) {
        mi_unshare_frame(mm, shared);
        mm->flush_wanted = true;
    } else {
        mi_ws_insert(mm, fault->process, fault->f->va, shared, flags & (MI_WSLE_LOCKS | MI_WSLE_PROTECTION));
    }
    mi_dereference_frame(mm, shared);
    return result;
}

static enum mm_fault_result first_write(struct mi_fault *fault)
{
    mi_write_pte(fault->mm, fault->slot, pte_set_dirty(pte_set_accessed(fault->pte)));
    mi_mark_modified(fault->mm, mi_pfn(fault->mm, pte_pfn(fault->pte)));
    fault->f->type = MM_FAULT_TYPE_DIRTY;
    fault->f->frame = pte_pfn(fault->pte);
    return MM_FAULT_RESOLVED;
}

/* VALID: not a missing page (nt-reference 1.8). */
enum mm_fault_result mi_resolve_valid(struct mi_fault *fault)
{
    mmpte_t pte = fault->pte;

    if (!mi_frame_knows(fault->mm, fault->f->va, pte))
        return mi_corrupt(fault);
    if (fault->f->mode == MMU_USER && !pte_is_user(pte))
        return mi_raise_violation(fault);
    switch (fault->f->access) {
    case MMU_WRITE:
        if (pte_is_copy_on_write(pte))
            return mi_pfn(fault->mm, pte_pfn(pte))->flags & PFN_PROTOTYPE_BIT ? copy_on_write(fault)
                                                                              : mi_corrupt(fault);
        if (!pte_is_write(pte))
            return mi_raise_violation(fault);
        if (!pte_is_writable(pte))
            return first_write(fault);
        break;
    case MMU_EXECUTE:
        if (pte_is_no_execute(pte))
            return mi_raise_violation(fault);
        break;
    case MMU_READ: break;
    }
    fault->mm->flush_wanted = true; /* spurious: the translation was older than the PTE */
    fault->f->frame = pte_pfn(pte);
    return MM_FAULT_RESOLVED;
}
