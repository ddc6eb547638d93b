/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tablepage.c - page tables leave memory and come back (nt-reference 3.3, 7.3).
 *
 * A page table of user space is a page of the working set like any other.  Its share count is 1 more than the number of
 * its entries that have a frame; where that is all that is left, 1, it can be trimmed:
 *
 *   in memory    the entry above is valid
 *   out          the entry above is in transition, or names a place in a page file; what the table's own words say has
 *                no frame: demand zero, page files, prototype PTEs
 *
 * A fault brings a table back as it would a page, and waits for the read (mi_resolve_table).  A service needs one at
 * once: the read is done before the service goes on, and the machine is told to let time pass (mm_take_synchronous).
 * Where a service only looks, or deletes, the table stays where it is and its words are read.
 *
 * A table that cannot be read for a fault is an in-page error for the thread; where the memory manager itself must have
 * it, the machine stops: KERNEL_DATA_INPAGE_ERROR. */
#include <string.h>

#include "mm/mi.h"

enum { BRING_ROUNDS = 16 };

static va_t page_of(va_t va)
{
    return va & ~(va_t)MMU_PAGE_MASK;
}

/* The address of the table below va's entry at that level. */
static va_t table_address(va_t va, unsigned level)
{
    return page_of(pte_address_at(va, level - 1));
}

static bool is_in_transition(mmpte_t entry)
{
    return pte_kind(entry, PTE_OF_PROCESS) == PTE_KIND_TRANSITION;
}

bool mi_is_table_out(const struct mm *mm, mmpte_t entry, va_t va, unsigned level)
{
    if (va >= MI_SYSTEM_START || level > PTE_RIGHTS_LEVELS)
        return false;
    switch (pte_kind(entry, PTE_OF_PROCESS)) {
    case PTE_KIND_PAGED_OUT: return pagefile_is_taken(mm, pte_pagefile_number(entry), pte_pagefile_offset(entry));
    case PTE_KIND_TRANSITION: {
        if (pte_pfn(entry).index >= mm->pfn.frame_count)
            return false;
        const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(entry));
        return pfn->state > PFN_FREE && pfn->state != PFN_ACTIVE && pfn->state != PFN_BAD &&
               !(pfn->flags & PFN_PROTOTYPE_BIT) && pfn_pte_address(pfn) == pte_address_at(va, level);
    }
    default: return false;
    }
}

/* --- Out ----------------------------------------------------------------------------------------------------- */

/* The entry of a table page, where it may be trimmed. */
static bool find_idle(const struct mm *mm, const struct mmprocess *process, va_t table, struct mi_slot *ret_slot)
{
    if (!mi_peek_slot(mm, process->root, table, 1, ret_slot))
        return false;
    mmpte_t entry = mi_read_pte(mm, *ret_slot);
    if (!pte_is_valid(entry) || pte_pfn(entry).index >= mm->pfn.frame_count)
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(entry));
    return pfn->state == PFN_ACTIVE && pfn_pte_address(pfn) == pte_address(table) && pfn_shares(pfn) == 1 &&
           pfn->reference_count == 1 && pfn->used_entries > 0;
}

bool mi_can_evict_table(const struct mm *mm, const struct mmprocess *process, va_t table)
{
    struct mi_slot slot;
    return find_idle(mm, process, table, &slot);
}

bool mi_evict_table(struct mm *mm, struct mmprocess *process, va_t table, enum mi_trim_reason why)
{
    struct mi_slot slot;

    if (!find_idle(mm, process, table, &slot))
        return false;
    pfn_t frame = pte_pfn(mi_read_pte(mm, slot));
    if (mi_ws_flags(mm, process, table, frame) & MI_WSLE_LOCKS)
        return false;
    mi_ws_remove(mm, process, table, frame);
    mi_write_pte(mm, slot, pte_make_transition(frame, MM_READWRITE));
    process->page_tables--;
    mi_unshare_frame(mm, frame);
    mi_note_trim(mm, process, table, frame, why);
    return true;
}

/* --- Back ---------------------------------------------------------------------------------------------------- */

/* What a table's PFN record counts, from its words. */
static void count_entries(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    const uint8_t *words = mi_frame_read(mm, frame);

    pfn->used_entries = 0;
    for (unsigned offset = 0; offset < MMU_PAGE_SIZE; offset += PTE_SIZE) {
        mmpte_t pte = pte_load(words + offset);
        pfn->used_entries = (uint16_t)(pfn->used_entries + (pte.raw != 0));
        pfn->share_count += pte_has_frame(pte); /* only where somebody wrote over it */
    }
}

/* => the entry is in transition, no read is under way, and the working set has room. */
static void activate(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va, unsigned level)
{
    pfn_t frame = pte_pfn(mi_read_pte(mm, slot));
    struct mmpfn *pfn = mi_pfn(mm, frame);

    mi_activate_frame(mm, frame);
    pfn->flags &= (uint8_t)~PFN_HARD_BIT;
    mi_mark_modified(mm, pfn);
    count_entries(mm, frame);
    mi_write_pte(mm, slot, pte_make_table(frame, PTE_USER));
    process->page_tables++;
    mi_ws_insert(mm, process, table_address(va, level), frame, 0);
}

static struct mi_read read_of(struct mi_slot slot, mmpte_t entry, va_t va, unsigned level, uint32_t thread)
{
    return (struct mi_read){
        .kind = MM_IO_PAGEFILE_READ,
        .file = pte_pagefile_number(entry),
        .offset = (uint64_t)pte_pagefile_offset(entry) * MMU_PAGE_SIZE,
        .thread = thread,
        .pages = 1,
        .page = {{slot, pte_address_at(va, level), entry}},
    };
}

static enum mm_fault_result resolve(struct mi_fault *fault, struct mi_slot slot, unsigned level)
{
    struct mm *mm = fault->mm;
    va_t va = fault->f->va;
    mmpte_t entry = mi_read_pte(mm, slot);
    enum mm_fault_result result;

    if (is_in_transition(entry) && (mi_pfn(mm, pte_pfn(entry))->flags & PFN_READ_BIT)) {
        mm->wait_key = mi_io_of_frame(mm, pte_pfn(entry));
        return mm->wait_key ? MM_FAULT_WAIT : mi_corrupt(fault);
    }
    if (mi_take_failed_read(fault, pte_address_at(va, level), &result))
        return result;
    if (mi_ws_reserve(mm, fault->process, MI_WS_SPARE) != STATUS_SUCCESS)
        return mi_raise_no_memory(fault);
    if (mi_read_pte(mm, slot).raw != entry.raw) /* making room took it further */
        return MM_FAULT_RETRY;
    if (is_in_transition(entry)) {
        activate(mm, fault->process, slot, va, level);
        return MM_FAULT_RETRY;
    }
    struct mi_read read = read_of(slot, entry, va, level, fault->f->thread);
    return mi_answer_read(fault, mi_begin_read(mm, &read));
}

enum mm_fault_result mi_resolve_table(struct mi_fault *fault)
{
    struct mi_slot slot;
    unsigned level;

    if (mi_find_table(fault->mm, fault->process, fault->f->va, &slot, &level) != MI_OUT)
        return MM_FAULT_RETRY;
    mi_reference_frame(fault->mm, slot.table); /* making room must not take the table above */
    enum mm_fault_result result = resolve(fault, slot, level);
    mi_release_page_table(fault->mm, slot);
    return result;
}

/* The table below an entry, which is at that address, cannot be read back. */
static void stop(struct mm *mm, mmpte_t entry, va_t entry_address, va_t table, ntstatus_t status)
{
    if (mm->bugcheck.code)
        return;
    mm->bugcheck = (struct mm_bugcheck){BUGCHECK_KERNEL_DATA_INPAGE_ERROR, {entry_address, status, entry.raw, table}};
    mm->signals |= MM_SIGNAL_ATTENTION;
}

/* One step nearer: the read, or the return to the working set. => the table above is referenced. */
static ntstatus_t bring(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va, unsigned level)
{
    mmpte_t entry = mi_read_pte(mm, slot);

    if (is_in_transition(entry) && (mi_pfn(mm, pte_pfn(entry))->flags & PFN_READ_BIT)) {
        mi_abandon_read(mm, pte_pfn(entry)); /* somebody's, who waits for it: this one is first */
        return STATUS_SUCCESS;
    }
    if (mi_ws_reserve(mm, process, 1) != STATUS_SUCCESS) {
        mi_ws_replace(mm, process);
        return process->ws_free || mi_relieve_now(mm) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (mi_read_pte(mm, slot).raw != entry.raw)
        return STATUS_SUCCESS;
    if (is_in_transition(entry)) {
        activate(mm, process, slot, va, level);
        return STATUS_SUCCESS;
    }
    struct mi_read read = read_of(slot, entry, va, level, 0);
    mm->synchronous = true;
    ntstatus_t status = mi_begin_read(mm, &read);
    mm->synchronous = false;
    if (status == STATUS_NO_MEMORY && mi_relieve_now(mm))
        return STATUS_SUCCESS;
    return status;
}

bool mi_bring_table(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mi_slot slot;
    unsigned level;

    for (unsigned round = 0; round < BRING_ROUNDS; round++) {
        if (mm->bugcheck.code)
            return false;
        if (mi_find_table(mm, process, va, &slot, &level) != MI_OUT)
            return true;
        mi_reference_frame(mm, slot.table);
        ntstatus_t status = bring(mm, process, slot, va, level);
        mi_release_page_table(mm, slot);
        if (status != STATUS_SUCCESS)
            stop(mm, mi_read_pte(mm, slot), pte_address_at(va, level), table_address(va, level), status);
    }
    stop(mm, mi_read_pte(mm, slot), pte_address_at(va, level), table_address(va, level), STATUS_NO_MEMORY);
    return false;
}

/* --- A look at what is out ------------------------------------------------------------------------------------- */

static ntstatus_t look_in_file(const struct mm *mm, mmpte_t place, uint8_t *words)
{
    const struct mm_env *env = mm->config.env;
    ntstatus_t (*look)(void *, uint32_t, uint64_t, uint8_t *) =
        env->pagefile_look ? env->pagefile_look : env->pagefile_read;
    return look(env->context, pte_pagefile_number(place), pte_pagefile_offset(place), words);
}

bool mi_look_at_table(const struct mm *mm, mmpte_t entry, uint8_t words[MMU_PAGE_SIZE])
{
    mmpte_t place = entry;

    switch (pte_kind(entry, PTE_OF_PROCESS)) {
    case PTE_KIND_TRANSITION:
        if (pte_pfn(entry).index >= mm->pfn.frame_count)
            return false;
        place = mi_pfn(mm, pte_pfn(entry))->original_pte;
        if (mi_pfn(mm, pte_pfn(entry))->flags & PFN_READ_BIT) /* not there yet */
            break;
        memcpy(words, mi_frame_read(mm, pte_pfn(entry)), MMU_PAGE_SIZE);
        return true;
    case PTE_KIND_PAGED_OUT: break;
    default: return false;
    }
    return look_in_file(mm, place, words) == STATUS_SUCCESS;
}

bool mi_look_at_pte(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte)
{
    struct mi_slot slot;
    unsigned level;
    enum mi_hold_result result = mi_find_table(mm, process, va, &slot, &level);

    if (result != MI_HELD && result != MI_OUT)
        return false;
    *ret_pte = mi_read_pte(mm, slot);
    for (; level > 1; level--) {
        if (!mi_look_at_table(mm, *ret_pte, mm->look))
            return false;
        *ret_pte = pte_load(mm->look + pte_index(va, level - 1) * PTE_SIZE);
    }
    return true;
}

/* --- Gone, without coming back ---------------------------------------------------------------------------------- */

/* Do all words of the table below va's entry at that level stand for pages of [first, last]? */
static bool is_within(const uint8_t *words, unsigned level, va_t va, va_t first, va_t last)
{
    unsigned shift = MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 2);
    va_t base = va >> (shift + PTE_INDEX_BITS) << (shift + PTE_INDEX_BITS);

    for (unsigned i = 0; i < PTES_PER_TABLE; i++, base += UINT64_C(1) << shift)
        if (pte_load(words + i * PTE_SIZE).raw && (base < first || base + (UINT64_C(1) << shift) - 1 > last))
            return false;
    return true;
}

/* The page that a word of a table that is out names: of the table below it, if that is one. */
static void delete_named(struct mm *mm, struct mmprocess *process, mmpte_t word, unsigned level)
{
    uint8_t words[MMU_PAGE_SIZE];

    if (pte_kind(word, PTE_OF_PROCESS) != PTE_KIND_PAGED_OUT)
        return;
    if (level > 1) {
        if (!mi_look_at_table(mm, word, words)) {
            stop(mm, word, 0, 0, STATUS_IO_DEVICE_ERROR);
            return;
        }
        for (unsigned offset = 0; offset < MMU_PAGE_SIZE; offset += PTE_SIZE)
            delete_named(mm, process, pte_load(words + offset), level - 1);
        mi_return_commit(mm, process, 1);
    }
    pagefile_give(mm, pte_pagefile_number(word), pte_pagefile_offset(word));
}

bool mi_delete_table_out(struct mm *mm, struct mmprocess *process, struct mi_slot slot, unsigned level, va_t va,
                         va_t first, va_t last)
{
    uint8_t words[MMU_PAGE_SIZE];
    mmpte_t entry = mi_read_pte(mm, slot);

    if (!mi_look_at_table(mm, entry, words)) {
        stop(mm, entry, pte_address_at(va, level), table_address(va, level), STATUS_IO_DEVICE_ERROR);
        return false;
    }
    if (!is_within(words, level, va, first, last))
        return false;
    for (unsigned offset = 0; offset < MMU_PAGE_SIZE; offset += PTE_SIZE)
        delete_named(mm, process, pte_load(words + offset), level - 1);
    mi_write_pte(mm, slot, (mmpte_t){0});
    if (is_in_transition(entry))
        mi_delete_frame(mm, pte_pfn(entry));
    else
        pagefile_give(mm, pte_pagefile_number(entry), pte_pagefile_offset(entry));
    mi_return_commit(mm, process, 1);
    return true;
}
