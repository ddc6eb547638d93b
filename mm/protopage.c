/* SPDX-License-Identifier: GPL-2.0-or-later */
/* protopage.c - pages of prototype PTEs leave memory and come back (nt-reference 2.1, 3.3, 9.2).
 *
 * Prototype PTEs live in paged pool, whose pages are in the system's working set.  Such a page counts in its share
 * count, as a page table does (tablepage.c), the prototype PTEs in it that have a frame: it stays while there are any,
 * valid or in transition, since those frames lead back to it.  Where there are none it can be trimmed:
 *
 *   in memory    its PTE, of system space, is valid: the only state in which there is a slot (mi_prototype_slot)
 *   out          the PTE is in transition, or names a place in a page file; the words in it say demand zero, in the
 *                file, or in a page file
 *
 * A fault on a page of a section first waits for the page of its prototype PTE.  A service that changes prototype PTEs
 * has it at once; one that only looks reads the word where it is, and what is deleted is not brought back for it. */
#include <string.h>

#include "mm/mi.h"

static va_t page_of(va_t va)
{
    return va & ~(va_t)MMU_PAGE_MASK;
}

static bool is_out(const struct mm *mm, va_t va, mmpte_t entry)
{
    switch (pte_kind(entry, PTE_OF_PROCESS)) {
    case PTE_KIND_PAGED_OUT: return pagefile_is_taken(mm, pte_pagefile_number(entry), pte_pagefile_offset(entry));
    case PTE_KIND_TRANSITION: return mi_frame_knows(mm, page_of(va), entry);
    default: return false;
    }
}

/* => false: it is in memory, or there is none. */
static bool find_out(const struct mm *mm, va_t va, struct mi_out_page *ret_page)
{
    struct mi_slot slot;

    if (!mi_pool_slot(mm, va, &slot) || !is_out(mm, va, mi_read_pte(mm, slot)))
        return false;
    *ret_page = (struct mi_out_page){.process = mi_process(mm, mm->system),
                                     .what = MI_OUT_PROTOTYPES,
                                     .slot = slot,
                                     .entry_address = pte_address(page_of(va)),
                                     .va = page_of(va)};
    return true;
}

/* --- Out ----------------------------------------------------------------------------------------------------- */

/* The entry of a page of pool that may be trimmed. */
static bool find_idle(const struct mm *mm, va_t va, struct mi_slot *ret_slot)
{
    if (!mi_pool_slot(mm, va, ret_slot))
        return false;
    mmpte_t entry = mi_read_pte(mm, *ret_slot);
    if (!pte_is_valid(entry) || !mi_frame_knows(mm, va, entry))
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(entry));
    return pfn_shares(pfn) == 1 && pfn->reference_count == 1 && pfn->used_entries > 0;
}

bool mi_can_evict_prototypes(const struct mm *mm, va_t va)
{
    struct mi_slot slot;
    return find_idle(mm, va, &slot);
}

bool mi_evict_prototypes(struct mm *mm, va_t va, enum mi_trim_reason why)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    struct mi_slot slot;

    if (!find_idle(mm, va, &slot))
        return false;
    pfn_t frame = pte_pfn(mi_read_pte(mm, slot));
    mi_ws_remove(mm, system, va, frame);
    mi_write_pte(mm, slot, pte_make_transition(frame, MM_READWRITE));
    mi_unshare_frame(mm, frame);
    mi_note_trim(mm, system, va, frame, why);
    return true;
}

/* --- Back ---------------------------------------------------------------------------------------------------- */

bool mi_is_prototype_out(const struct mm *mm, va_t prototype)
{
    struct mi_out_page page;
    return find_out(mm, prototype, &page);
}

enum mm_fault_result mi_resolve_prototypes(struct mi_fault *fault, va_t prototype, struct mi_slot *ret_slot)
{
    struct mm *mm = fault->mm;
    struct mi_out_page page;
    struct mi_slot slot;

    if (!mi_pool_slot(mm, prototype, &slot))
        return mi_corrupt(fault);
    mmpte_t entry = mi_read_pte(mm, slot);
    if (__builtin_expect(!pte_is_valid(entry), 0))
        return find_out(mm, prototype, &page) ? mi_resolve_out_page(fault, &page) : mi_corrupt(fault);
    if (pte_pfn(entry).index >= mm->pfn.frame_count)
        return mi_corrupt(fault);
    if (!pte_is_accessed(entry)) /* as the kernel's own access would; the working-set manager asks */
        mi_write_pte(mm, slot, pte_set_accessed(entry));
    *ret_slot = (struct mi_slot){pte_pfn(entry), (uint32_t)(prototype & MMU_PAGE_MASK)};
    return MM_FAULT_RESOLVED;
}

ntstatus_t mi_bring_prototypes(struct mm *mm, va_t prototype, enum mi_charge how)
{
    struct mi_out_page page;
    ntstatus_t status = STATUS_SUCCESS;

    for (unsigned round = 0; find_out(mm, prototype, &page); round++)
        if ((status = mi_bring_out_page(mm, &page, round)) != STATUS_SUCCESS)
            break;
    if (status == STATUS_NO_MEMORY && how == MI_MUST)
        mi_stop_for(mm, &page, status);
    return status;
}

/* --- A look at what is out ------------------------------------------------------------------------------------- */

bool mi_look_at_prototypes(const struct mm *mm, va_t va, uint8_t words[MMU_PAGE_SIZE])
{
    struct mi_out_page page;
    return find_out(mm, va, &page) && mi_look_at_table(mm, mi_read_pte(mm, page.slot), words);
}

mmpte_t mi_look_at_prototype(const struct mm *mm, va_t prototype)
{
    uint8_t words[MMU_PAGE_SIZE];
    struct mi_slot slot;

    if (mi_prototype_slot(mm, prototype, &slot))
        return mi_read_pte(mm, slot);
    return mi_look_at_prototypes(mm, prototype, words) ? pte_load(words + (prototype & MMU_PAGE_MASK)) : (mmpte_t){0};
}

/* --- Gone, without coming back ---------------------------------------------------------------------------------- */

void mi_delete_prototypes(struct mm *mm, va_t va)
{
    uint8_t words[MMU_PAGE_SIZE];
    struct mi_out_page page;
    struct mi_slot slot;

    if (mi_prototype_slot(mm, va, &slot)) {
        for (; slot.offset < MMU_PAGE_SIZE; slot.offset += PTE_SIZE)
            if (mi_read_pte(mm, slot).raw != 0)
                mi_clear_prototype(mm, slot, va + slot.offset, (mmpte_t){0});
        return;
    }
    if (!find_out(mm, va, &page))
        return;
    if (!mi_look_at_table(mm, mi_read_pte(mm, page.slot), words)) {
        mi_stop_for(mm, &page, STATUS_IO_DEVICE_ERROR);
        return;
    }
    for (unsigned offset = 0; offset < MMU_PAGE_SIZE; offset += PTE_SIZE) {
        mmpte_t word = pte_load(words + offset);
        if (pte_kind(word, PTE_OF_SEGMENT) == PTE_KIND_PAGED_OUT)
            pagefile_give(mm, pte_pagefile_number(word), pte_pagefile_offset(word));
    }
}

void mi_delete_pool_page(struct mm *mm, va_t va)
{
    struct mi_slot slot;

    if (!mi_pool_slot(mm, va, &slot))
        return;
    mmpte_t entry = mi_read_pte(mm, slot);
    bool out = is_out(mm, va, entry), has_frame = pte_has_frame(entry);
    if (!out && (!pte_is_valid(entry) || pte_pfn(entry).index >= mm->pfn.frame_count))
        return; /* somebody wrote over it */
    if (!out)
        mi_ws_remove(mm, mi_process(mm, mm->system), va, pte_pfn(entry));
    mi_write_pte(mm, slot, (mmpte_t){0});
    if (has_frame)
        mi_delete_frame(mm, pte_pfn(entry));
    else
        pagefile_give(mm, pte_pagefile_number(entry), pte_pagefile_offset(entry));
    mi_return_commit(mm, NULL, 1);
    mm->flush_wanted = true;
}
