/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame.c - frames of guest RAM in use: taking, sharing, referencing and giving them back (nt-reference 3.3, 3.4).
 *
 *   share_count 1 -> 0   the PTE that knew the frame is gone or in transition; a prototype PTE becomes transition here
 *   reference 1 -> 0     the frame goes to a list: free if deleted, else modified or standby; where its removal is
 *                        requested, bad instead of free or standby */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

struct mi_slot mi_slot_of(const struct mmpfn *pfn)
{
    return (struct mi_slot){{pfn->pte_frame}, (uint32_t)(pfn_pte_address(pfn) & MMU_PAGE_MASK)};
}

static enum pte_home home_of(const struct mmpfn *pfn)
{
    return pfn->flags & PFN_PROTOTYPE_BIT ? PTE_OF_SEGMENT : PTE_OF_PROCESS;
}

/* The PTE that remembers a frame in transition gets the original back. */
static void leave_owner(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    mmpte_t pte = mi_read_pte(mm, mi_slot_of(pfn));
    if (pte_kind(pte, home_of(pfn)) == PTE_KIND_TRANSITION && pte_pfn(pte).index == frame.index)
        mi_write_pte(mm, mi_slot_of(pfn), pfn->original_pte);
}

/* Take the head of the standby list from its owner.  TO_READ: from there it goes straight to its read. */
static void repurpose(struct mm *mm, pfn_t frame, enum mi_contents contents)
{
    const struct mmpfn *pfn = mi_pfn(mm, frame);

    leave_owner(mm, frame);
    if ((pfn->flags & PFN_PROTOTYPE_BIT) && mi_pfn(mm, (pfn_t){pfn->pte_frame})->share_count == 1) {
        mm->area_emptied = true; /* perhaps the last page of something that is kept for its pages */
        mm->signals |= MM_SIGNAL(MM_DEREFERENCE_SEGMENT);
    }
    if (contents != MI_TO_READ)
        pfn_move(&mm->pfn, frame, PFN_FREE);
}

void mi_free_backing(struct mm *mm, struct mmpfn *pfn)
{
    mmpte_t original = pfn->original_pte;
    if (pte_kind(original, PTE_OF_SEGMENT) != PTE_KIND_PAGED_OUT)
        return;
    pagefile_give(mm, pte_pagefile_number(original), pte_pagefile_offset(original));
    pfn->original_pte = pte_make_demand_zero(pte_protection(original));
}

void mi_move_frame(struct mm *mm, pfn_t frame, enum pfn_state to)
{
    const struct mmpfn *pfn = mi_pfn(mm, frame);
    struct control_area *file = pfn->state == PFN_MODIFIED || to == PFN_MODIFIED ? mi_file_of_frame(mm, pfn) : NULL;

    if (file && pfn->state == PFN_MODIFIED) {
        mm->mapped_modified--;
        file->modified--;
    }
    pfn_move(&mm->pfn, frame, to);
    if (file && to == PFN_MODIFIED) {
        if (file->modified++ == 0)
            file->modified_since = mm->seconds;
        mm->mapped_modified++;
        file->write_soon |= file->section_references == 0 && file->views == 0;
        if (file->write_soon)
            mm->signals |= MM_SIGNAL(MM_MAPPED_WRITER);
    }
}

void mi_mark_modified(struct mm *mm, struct mmpfn *pfn)
{
    if (pfn->flags & (PFN_MODIFIED_BIT | PFN_DELETED_BIT))
        return;
    pfn->flags |= PFN_MODIFIED_BIT;
    if (pte_kind(pfn->original_pte, PTE_OF_SEGMENT) == PTE_KIND_SUBSECTION) {
        if (!mi_file_of_frame(mm, pfn)) /* of an image: never back to its file */
            pfn->original_pte = pte_make_demand_zero(pte_protection(pfn->original_pte));
    } else if (!(pfn->flags & PFN_WRITE_BIT)) /* else at its end */
        mi_free_backing(mm, pfn);
}

/* Zeroed frames and free ones, those first that are wanted; then the standby list (nt-reference 3.4). */
static inline enum pfn_state choose_list(const struct mm *mm, enum mi_contents contents)
{
    const uint32_t *in = mm->pfn.in_state;
    enum pfn_state first = contents == MI_ZEROED ? PFN_ZEROED : PFN_FREE,
                   second = contents == MI_ZEROED ? PFN_FREE : PFN_ZEROED;

    return in[first] ? first : in[second] ? second : PFN_STANDBY;
}

bool mi_take_frame(struct mm *mm, enum mi_contents contents, pfn_t *ret_frame)
{
    if (__builtin_expect(mm->fail_frames_after != UINT32_MAX && mm->fail_frames_after-- == 0, 0)) {
        mm->fail_frames_after = 0;
        return false;
    }
    mi_note_scarcity(mm);
    enum pfn_state from = choose_list(mm, contents);
    *ret_frame = (pfn_t){pfn_first(&mm->pfn, from)};
    if (ret_frame->index == PFN_NONE) {
        mm->frames_refused = true;
        return false;
    }
    if (from == PFN_STANDBY)
        repurpose(mm, *ret_frame, contents);
    if (contents == MI_ZEROED && from != PFN_ZEROED)
        memset(mi_frame_write(mm, *ret_frame), 0, MMU_PAGE_SIZE);
    return true;
}

void mi_claim_frame(struct mm *mm, pfn_t frame, va_t pte_address, pfn_t containing, mmpte_t original, unsigned flags)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);

    pfn_move(&mm->pfn, frame, PFN_ACTIVE);
    pfn_set_pte_address(pfn, pte_address);
    pfn->pte_frame = containing.index;
    pfn->original_pte = original;
    pfn->flags = (uint8_t)(flags | (pfn->flags & PFN_CODE_BIT));
    pfn->ws_index = 0;
    pfn->share_count = 1;
    pfn->reference_count = 1;
    pfn->used_entries = 0;
}

void mi_claim_for_read(struct mm *mm, pfn_t frame, va_t pte_address, pfn_t containing, mmpte_t original, unsigned flags)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);

    pfn_move(&mm->pfn, frame, PFN_TRANSITION);
    pfn_set_pte_address(pfn, pte_address);
    pfn->pte_frame = containing.index;
    pfn->original_pte = original;
    pfn->flags = (uint8_t)(flags | PFN_READ_BIT | (pfn->flags & PFN_CODE_BIT));
    pfn->ws_index = 0;
    pfn->share_count = 0;
    pfn->reference_count = 1;
    pfn->used_entries = 0;
}

/* Where a frame goes that nobody needs. */
static enum pfn_state unused_state(const struct mmpfn *pfn)
{
    return pfn->flags & PFN_REMOVAL_BIT ? PFN_BAD : PFN_FREE;
}

/* No share is left: off to a list, or wait in transition for the last reference. */
static void settle(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);

    if (pfn->reference_count > 0) {
        if (pfn->state != PFN_TRANSITION)
            pfn_move(&mm->pfn, frame, PFN_TRANSITION);
        return;
    }
    if (pfn->flags & PFN_DELETED_BIT) {
        mi_free_backing(mm, pfn);
        pfn_move(&mm->pfn, frame, unused_state(pfn));
    } else if (pfn->flags & PFN_MODIFIED_BIT) {
        const struct control_area *file = mi_file_of_frame(mm, pfn);
        mi_move_frame(mm, frame, file && file->no_modified_writes ? PFN_MODIFIED_NO_WRITE : PFN_MODIFIED);
    } else if (pfn->flags & PFN_REMOVAL_BIT) {
        leave_owner(mm, frame);
        pfn_move(&mm->pfn, frame, PFN_BAD);
    } else {
        mi_move_frame(mm, frame, PFN_STANDBY);
    }
    mi_note_lists(mm);
}

void mi_unshare_frame(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);

    assert(pfn->state == PFN_ACTIVE && pfn->share_count > 0 && pfn->reference_count > 0);
    if (--pfn->share_count > 0)
        return;
    if (pfn->flags & PFN_PROTOTYPE_BIT) {
        mmpte_t pte = mi_read_pte(mm, mi_slot_of(pfn));
        if (pte_is_valid(pte) && pte_pfn(pte).index == frame.index) /* else somebody wrote over it */
            mi_write_pte(mm, mi_slot_of(pfn), pte_make_transition(frame, pte_protection(pfn->original_pte)));
    }
    pfn->reference_count--;
    settle(mm, frame);
}

void mi_delete_frame(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);

    pfn->flags |= PFN_DELETED_BIT;
    if (pfn->state == PFN_ACTIVE) {
        pfn->share_count = 0;
        pfn->reference_count--;
        settle(mm, frame);
    } else if (pfn->state != PFN_TRANSITION) {
        mi_free_backing(mm, pfn);
        mi_move_frame(mm, frame, unused_state(pfn));
        mi_note_lists(mm);
    }
    if (pte_kind(pfn->original_pte, PTE_OF_SEGMENT) == PTE_KIND_SUBSECTION) /* which may go before the frame */
        pfn->original_pte = pte_make_demand_zero(pte_protection(pfn->original_pte));
}

void mi_mark_bad(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);

    pfn->flags |= PFN_REMOVAL_BIT;
    if (pfn->state == PFN_STANDBY)
        leave_owner(mm, frame);
    if (pfn->state == PFN_ZEROED || pfn->state == PFN_FREE || pfn->state == PFN_STANDBY)
        pfn_move(&mm->pfn, frame, PFN_BAD);
    mi_note_lists(mm);
}

void mi_hold_listed_frame(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    mi_move_frame(mm, frame, PFN_TRANSITION);
    pfn->reference_count = 1;
}

void mi_dereference_frame(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    assert(pfn->reference_count > 0);
    if (--pfn->reference_count == 0)
        settle(mm, frame);
}

void mi_activate_frame(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    mi_move_frame(mm, frame, PFN_ACTIVE);
    pfn->share_count = 1;
    pfn->reference_count++;
}
