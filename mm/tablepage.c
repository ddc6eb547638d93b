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
 * it, the machine stops: KERNEL_DATA_INpage_ERROR. */
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

static mmpte_t valid_entry(const struct mi_out_page *page, pfn_t frame)
{
    switch (page->what) {
    case MI_OUT_TABLE: return pte_make_table(frame, PTE_USER);
    case MI_OUT_PROTOTYPES: break;
    }
    return pte_set_dirty(pte_make_valid(frame, MM_READWRITE, PTE_SUPERVISOR, PTE_NX_OFF));
}

/* => the entry is in transition, no read is under way, and the working set has room. */
static void activate(struct mm *mm, const struct mi_out_page *page)
{
    pfn_t frame = pte_pfn(mi_read_pte(mm, page->slot));
    struct mmpfn *pfn = mi_pfn(mm, frame);

    mi_activate_frame(mm, frame);
    pfn->flags &= (uint8_t)~PFN_HARD_BIT;
    mi_mark_modified(mm, pfn);
    count_entries(mm, frame);
    mi_write_pte(mm, page->slot, valid_entry(page, frame));
    page->process->page_tables += page->what == MI_OUT_TABLE;
    page->process->page_faults += page->what == MI_OUT_PROTOTYPES; /* nobody's own */
    mi_ws_insert(mm, page->process, page->va, frame, 0);
}

static struct mi_read read_of(const struct mi_out_page *page, mmpte_t entry, uint32_t thread)
{
    return (struct mi_read){
        .kind = MM_IO_PAGEFILE_READ,
        .file = pte_pagefile_number(entry),
        .offset = (uint64_t)pte_pagefile_offset(entry) * MMU_PAGE_SIZE,
        .thread = thread,
        .pages = 1,
        .page = {{page->slot, page->entry_address, entry}},
    };
}

enum mm_fault_result mi_resolve_out_page(struct mi_fault *fault, const struct mi_out_page *page)
{
    struct mm *mm = fault->mm;
    mmpte_t entry = mi_read_pte(mm, page->slot);
    enum mm_fault_result result;

    if (is_in_transition(entry) && (mi_pfn(mm, pte_pfn(entry))->flags & PFN_READ_BIT)) {
        mm->wait_key = mi_io_of_frame(mm, pte_pfn(entry));
        return mm->wait_key ? MM_FAULT_WAIT : mi_corrupt(fault);
    }
    if (mi_take_failed_read(fault, page->entry_address, &result))
        return result;
    if (mi_ws_reserve(mm, page->process, MI_WS_SPARE) != STATUS_SUCCESS)
        return mi_raise_no_memory(fault);
    if (mi_read_pte(mm, page->slot).raw != entry.raw) /* making room took it further */
        return MM_FAULT_RETRY;
    if (is_in_transition(entry)) {
        activate(mm, page);
        return MM_FAULT_RETRY;
    }
    struct mi_read read = read_of(page, entry, fault->f->thread);
    return mi_answer_read(fault, mi_begin_read(mm, &read));
}

static struct mi_out_page table_page(struct mmprocess *process, struct mi_slot slot, va_t va, unsigned level)
{
    return (struct mi_out_page){.process = process,
                                .what = MI_OUT_TABLE,
                                .slot = slot,
                                .entry_address = pte_address_at(va, level),
                                .va = table_address(va, level)};
}

enum mm_fault_result mi_resolve_table(struct mi_fault *fault)
{
    struct mi_slot slot;
    unsigned level;

    if (mi_find_table(fault->mm, fault->process, fault->f->va, &slot, &level) != MI_OUT)
        return MM_FAULT_RETRY;
    struct mi_out_page page = table_page(fault->process, slot, fault->f->va, level);
    mi_reference_frame(fault->mm, slot.table); /* making room must not take the table above */
    enum mm_fault_result result = mi_resolve_out_page(fault, &page);
    mi_release_page_table(fault->mm, slot);
    return result;
}

void mi_stop_for(struct mm *mm, const struct mi_out_page *page, ntstatus_t status)
{
    if (mm->bugcheck.code)
        return;
    uint32_t code = status == STATUS_NO_MEMORY ? BUGCHECK_NO_PAGES_AVAILABLE : BUGCHECK_KERNEL_DATA_INPAGE_ERROR;
    mm->bugcheck = (struct mm_bugcheck){code, {page->entry_address, status, mi_read_pte(mm, page->slot).raw, page->va}};
    mm->signals |= MM_SIGNAL_ATTENTION;
}

/* One step nearer: the read, or the return to the working set. */
static ntstatus_t bring(struct mm *mm, const struct mi_out_page *page)
{
    struct mmprocess *process = page->process;
    mmpte_t entry = mi_read_pte(mm, page->slot);

    if (is_in_transition(entry) && (mi_pfn(mm, pte_pfn(entry))->flags & PFN_READ_BIT)) {
        mi_abandon_read(mm, pte_pfn(entry)); /* somebody's, who waits for it: this one is first */
        return STATUS_SUCCESS;
    }
    if (mi_ws_reserve(mm, process, 1) != STATUS_SUCCESS) {
        mi_ws_replace(mm, process);
        return process->ws_free || mi_relieve_now(mm) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (mi_read_pte(mm, page->slot).raw != entry.raw)
        return STATUS_SUCCESS;
    if (is_in_transition(entry)) {
        activate(mm, page);
        return STATUS_SUCCESS;
    }
    struct mi_read read = read_of(page, entry, 0);
    mm->synchronous = true;
    ntstatus_t status = mi_begin_read(mm, &read);
    mm->synchronous = false;
    if (status == STATUS_NO_MEMORY && mi_relieve_now(mm))
        return STATUS_SUCCESS;
    return status;
}

ntstatus_t mi_bring_out_page(struct mm *mm, const struct mi_out_page *page, unsigned round)
{
    if (mm->bugcheck.code)
        return STATUS_UNSUCCESSFUL;
    ntstatus_t status = STATUS_NO_MEMORY;
    if (round < BRING_ROUNDS) {
        mi_reference_frame(mm, page->slot.table);
        status = bring(mm, page);
        mi_release_page_table(mm, page->slot);
    }
    if (status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES) {
        mm->frames_refused = true;
        return STATUS_NO_MEMORY;
    }
    if (status != STATUS_SUCCESS)
        mi_stop_for(mm, page, status);
    return status;
}

ntstatus_t mi_bring_table(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mi_slot slot;
    unsigned level;

    for (unsigned round = 0; mi_find_table(mm, process, va, &slot, &level) == MI_OUT; round++) {
        struct mi_out_page page = table_page(process, slot, va, level);
        ntstatus_t status = mi_bring_out_page(mm, &page, round);
        if (status != STATUS_SUCCESS)
            return status;
    }
    return mm->bugcheck.code ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

bool mi_must_bring_table(struct mm *mm, struct mmprocess *process, va_t va)
{
    ntstatus_t status = mi_bring_table(mm, process, va);
    struct mi_slot slot;
    unsigned level;

    if (status == STATUS_NO_MEMORY && mi_find_table(mm, process, va, &slot, &level) == MI_OUT) {
        struct mi_out_page page = table_page(process, slot, va, level);
        mi_stop_for(mm, &page, status);
    }
    return status == STATUS_SUCCESS;
}

ntstatus_t mi_bring_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    struct mi_pages at;

    if (process->deleted || mi_available(mm) >= mm->tuning.minimum || last > mm->config.highest_user_address)
        return STATUS_SUCCESS;
    for (at = mi_first_page(mm, process, first, last, MI_PREPARE); at.held;) {
        at.va |= ((va_t)PTES_PER_TABLE << MMU_PAGE_SHIFT) - 1;
        at.slot.offset = MMU_PAGE_SIZE - PTE_SIZE;
        at.va -= MMU_PAGE_MASK;
        mi_next_page(&at);
    }
    return at.failed ? STATUS_NO_MEMORY : STATUS_SUCCESS;
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
static void delete_named(struct mm *mm, struct mmprocess *process, const struct mi_out_page *page, mmpte_t word,
                         unsigned level)
{
    uint8_t words[MMU_PAGE_SIZE];

    if (pte_kind(word, PTE_OF_PROCESS) != PTE_KIND_PAGED_OUT)
        return;
    if (level > 1) {
        if (!mi_look_at_table(mm, word, words)) {
            mi_stop_for(mm, page, STATUS_IO_DEVICE_ERROR);
            return;
        }
        for (unsigned offset = 0; offset < MMU_PAGE_SIZE; offset += PTE_SIZE)
            delete_named(mm, process, page, pte_load(words + offset), level - 1);
        mi_return_commit(mm, process, 1);
    }
    pagefile_give(mm, pte_pagefile_number(word), pte_pagefile_offset(word));
}

bool mi_delete_table_out(struct mm *mm, struct mmprocess *process, struct mi_slot slot, unsigned level, va_t va,
                         va_t first, va_t last)
{
    uint8_t words[MMU_PAGE_SIZE];
    mmpte_t entry = mi_read_pte(mm, slot);
    struct mi_out_page page = table_page(process, slot, va, level);

    if (!mi_look_at_table(mm, entry, words)) {
        mi_stop_for(mm, &page, STATUS_IO_DEVICE_ERROR);
        return false;
    }
    if (!is_within(words, level, va, first, last))
        return false;
    for (unsigned offset = 0; offset < MMU_PAGE_SIZE; offset += PTE_SIZE)
        delete_named(mm, process, &page, pte_load(words + offset), level - 1);
    mi_write_pte(mm, slot, (mmpte_t){0});
    if (is_in_transition(entry))
        mi_delete_frame(mm, pte_pfn(entry));
    else
        pagefile_give(mm, pte_pagefile_number(entry), pte_pagefile_offset(entry));
    mi_return_commit(mm, process, 1);
    return true;
}
