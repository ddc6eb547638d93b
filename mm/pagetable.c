/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagetable.c - page tables in guest RAM: finding, making, writing and deleting them.
 *
 * A table's PFN record counts two things as its entries change, in one place (mi_write_pte):
 *   used_entries   entries that are not empty: at 0 the table may go;
 *   share_count    1 for itself, plus its valid and transition entries (nt-reference 3.3).
 * Entries of the system half in a process's top table are copies of the system's and are not counted there. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

pfn_t mi_root_of(const struct mm *mm, const struct mmprocess *process, va_t va)
{
    if (va < MI_SYSTEM_START || mi_is_process_owned(va))
        return process->root;
    return mi_process(mm, mm->system)->root;
}

void mi_write_pte(struct mm *mm, struct mi_slot slot, mmpte_t pte)
{
    uint8_t *at = mi_frame_write(mm, slot.table) + slot.offset;
    mmpte_t old = pte_load(at);
    struct mmpfn *table = mi_pfn(mm, slot.table);

    table->used_entries = (uint16_t)(table->used_entries + (pte.raw != 0) - (old.raw != 0));
    table->share_count += (uint32_t)pte_has_frame(pte) - (uint32_t)pte_has_frame(old);
    pte_store(at, pte);
}

static struct mi_slot slot_in(pfn_t table, va_t va, unsigned level)
{
    return (struct mi_slot){table, pte_index(va, level) * PTE_SIZE};
}

/* Does va's entry of that level lead to the table that the memory manager made for it? */
static inline bool is_table(const struct mm *mm, mmpte_t entry, va_t va, unsigned level)
{
    if (!pte_is_valid(entry) || (level == 2 && pte_is_large(entry)) || pte_pfn(entry).index >= mm->pfn.frame_count)
        return false;
    const struct mmpfn *table = mi_pfn(mm, pte_pfn(entry));
    return table->state == PFN_ACTIVE &&
           (level > PTE_RIGHTS_LEVELS || pfn_pte_address(table) == pte_address_at(va, level));
}

/* Go down from the root to va's entry at a level.
 * => MI_HELD: *ret_slot (not referenced yet). Else: *ret_level is where an entry is not valid. */
static inline enum mi_hold_result descend(const struct mm *mm, pfn_t root, va_t va, unsigned level,
                                          struct mi_slot *ret_slot, unsigned *ret_level)
{
    struct mi_slot slot = slot_in(root, va, PTE_LEVELS);

#pragma GCC unroll 4
    for (unsigned at = PTE_LEVELS; at > level; at--) {
        mmpte_t entry = mi_read_pte(mm, slot);
        *ret_level = at;
        *ret_slot = slot;
        if (entry.raw == 0)
            return MI_ABSENT;
        if (__builtin_expect(!is_table(mm, entry, va, at), 0))
            return mi_is_table_out(mm, entry, va, at) ? MI_OUT : MI_CORRUPT;
        slot = slot_in(pte_pfn(entry), va, at - 1);
    }
    *ret_slot = slot;
    return MI_HELD;
}

enum mi_hold_result mi_find_table(const struct mm *mm, const struct mmprocess *process, va_t va,
                                  struct mi_slot *ret_slot, unsigned *ret_level)
{
    enum mi_hold_result result = descend(mm, mi_root_of(mm, process, va), va, 1, ret_slot, ret_level);
    if (result == MI_HELD)
        *ret_level = 1;
    return result;
}

bool mi_peek_slot(const struct mm *mm, pfn_t root, va_t va, unsigned level, struct mi_slot *ret_slot)
{
    unsigned at;
    return descend(mm, root, va, level, ret_slot, &at) == MI_HELD;
}

/* Where the run of entries without a table ends that begins at slot (va's, at that level), as far as `last`. */
static va_t hole_end(const struct mm *mm, struct mi_slot slot, va_t va, unsigned level, va_t last)
{
    va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1)), end = (va | (span - 1)) + 1;

    for (slot.offset += PTE_SIZE; end <= last && slot.offset < MMU_PAGE_SIZE && mi_read_pte(mm, slot).raw == 0;
         slot.offset += PTE_SIZE)
        end += span;
    return end;
}

enum mi_hold_result mi_hold_page_table(struct mm *mm, struct mmprocess *process, va_t va, struct mi_slot *ret_slot)
{
    unsigned level;
    enum mi_hold_result result = descend(mm, mi_root_of(mm, process, va), va, 1, ret_slot, &level);

    if (result == MI_HELD)
        mi_pfn(mm, ret_slot->table)->reference_count++;
    return result;
}

/* Words below a table that is out, behind the entry of at->va at that level.
 * => true: they are in mm->look, and at->slot says where among them; false: at->va is where to go on. */
static bool look_below(struct mi_pages *at, mmpte_t entry, unsigned level)
{
    uint8_t *words = at->mm->look;

    while (mi_look_at_table(at->mm, entry, words)) {
        va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (--level - 1)), va = at->va;
        uint32_t offset = pte_index(va, level) * PTE_SIZE;
        at->slot.offset = offset;
        if (level == 1)
            return true;
        for (; offset < MMU_PAGE_SIZE && pte_load(words + offset).raw == 0; offset += PTE_SIZE)
            va = (va | (span - 1)) + 1;
        at->va = va;
        if (offset == MMU_PAGE_SIZE || va > at->last)
            return false;
        entry = pte_load(words + offset);
    }
    at->va = at->last + 1;
    return false;
}

/* The table of at->va is out. => true: at stands on a page of it; else the search goes on. */
static bool seek_out(struct mi_pages *at, unsigned level)
{
    struct mm *mm = at->mm;
    mmpte_t entry = mi_read_pte(mm, at->slot);

    switch (at->what_for) {
    case MI_DELETE:
        if (mi_delete_table_out(mm, at->process, at->slot, level, at->va, at->first, at->last)) {
            at->deleted = true;
            return false;
        }
        if (mm->bugcheck.code)
            break;
        /* fall through */
    case MI_CHANGE:
        if (mi_must_bring_table(mm, at->process, at->va))
            return false;
        break;
    case MI_PREPARE:
        if (mi_bring_table(mm, at->process, at->va) == STATUS_SUCCESS)
            return false;
        at->failed = true;
        break;
    case MI_LOOK: at->is_copy = look_below(at, entry, level); return at->is_copy;
    case MI_RESIDENT: at->va = hole_end(mm, at->slot, at->va, level, at->last); return false;
    }
    at->va = at->last + 1; /* the machine stops */
    return false;
}

void mi_seek_page(struct mi_pages *at)
{
    pfn_t root = mi_root_of(at->mm, at->process, at->va);

    at->is_copy = false;
    for (at->held = false; at->va <= at->last;) {
        unsigned level = 1;
        enum mi_hold_result result = descend(at->mm, root, at->va, 1, &at->slot, &level);
        if (result == MI_HELD) {
            mi_pfn(at->mm, at->slot.table)->reference_count++;
            at->held = true;
            return;
        }
        if (result != MI_OUT)
            at->va = hole_end(at->mm, at->slot, at->va, level, at->last);
        else if (seek_out(at, level)) {
            at->held = true;
            return;
        }
    }
}

uint64_t mi_count_missing_tables(const struct mm *mm, const struct mmprocess *process, va_t first, va_t last)
{
    unsigned top = PTE_LEVELS == 4 ? 4 : 2; /* the root and PAE's directories are there */
    uint64_t count = 0;

    for (unsigned level = 2; level <= top; level++) {
        va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1));
        for (va_t va = first & ~(span - 1); va <= last; va += span) {
            struct mi_slot slot;
            count += !mi_peek_slot(mm, process->root, va, level, &slot) || mi_read_pte(mm, slot).raw == 0;
        }
    }
    return count;
}

bool mi_has_table_commit(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last,
                         uint64_t pages)
{
    uint64_t tables = (mi_vpn(last) - mi_vpn(first)) / PTES_PER_TABLE; /* at least, where there is none */

    if (tables < pagefile_commit_limit(mm)) /* else nobody asks further */
        tables = mi_count_missing_tables(mm, process, first, last);
    pages += tables > vad->table_charge ? tables - vad->table_charge : 0;
    if (!mi_charge_commit(mm, process, pages, MI_MAY_FAIL))
        return false;
    mi_return_commit(mm, process, pages);
    return true;
}

/* A page table is made: it may have been charged with the allocation that needs it. */
static void take_promise(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad || vad->table_charge == 0)
        return;
    vad->table_charge--;
    process->table_charge--;
    mi_return_commit(mm, process, 1);
}

/* An empty page table goes from where committed memory will need it again. */
static void give_promise(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad || !vad->mem_commit)
        return;
    vad->table_charge++;
    process->table_charge++;
    mi_charge_commit(mm, process, 1, MI_MUST);
}

/* Fill the empty entry at slot, which is at `level` above the new table. */
static ntstatus_t make_table(struct mm *mm, struct mmprocess *process, struct mi_slot slot, unsigned level, va_t va)
{
    bool user = va < MI_SYSTEM_START;
    bool owned = (user || mi_is_process_owned(va)) && process != mi_process(mm, mm->system);
    pfn_t frame;

    if (user && mi_ws_reserve(mm, process, MI_WS_SPARE) != STATUS_SUCCESS)
        return STATUS_NO_MEMORY;
    if (!mi_take_frame(mm, MI_ZEROED, &frame))
        return STATUS_NO_MEMORY;
    if (user)
        take_promise(mm, process, va);
    mi_charge_commit(mm, owned ? process : NULL, 1, MI_MUST);
    va_t entry_va = pte_address_at(va, level);
    mi_claim_frame(mm, frame, entry_va, slot.table, pte_make_demand_zero(MM_READWRITE), PFN_MODIFIED_BIT);
    mi_write_pte(mm, slot, pte_make_table(frame, user ? PTE_USER : PTE_SUPERVISOR));
    if (user)
        process->page_tables++;
    if (owned)
        mi_ws_insert(mm, process, pte_address_at(va, level - 1) & ~(va_t)MMU_PAGE_MASK, frame,
                     user ? 0 : MI_WSLE_LOCKED);
    return STATUS_SUCCESS;
}

/* By somebody who has its slot; not by a write that is under way, or a read that is kept for its thread. */
static bool is_held(const struct mm *mm, pfn_t table)
{
    const struct mmpfn *pfn = mi_pfn(mm, table);
    uint32_t by_write = (pfn->flags & PFN_WRITE_BIT) != 0;
    return pfn->reference_count > 1 && pfn->reference_count > 1 + by_write + mi_kept_reads(mm, table);
}

/* Delete the table of va below `level`, if it is empty.  true: it went. */
static bool delete_table(struct mm *mm, struct mmprocess *process, va_t va, unsigned level)
{
    struct mi_slot slot;

    if (!mi_peek_slot(mm, process->root, va, level, &slot))
        return false;
    mmpte_t entry = mi_read_pte(mm, slot);
    if (!is_table(mm, entry, va, level))
        return false;
    pfn_t table = pte_pfn(entry);
    if (mi_pfn(mm, table)->used_entries != 0 || is_held(mm, table))
        return false;
    mi_write_pte(mm, slot, (mmpte_t){0});
    mi_ws_remove(mm, process, pte_address_at(va, level - 1) & ~(va_t)MMU_PAGE_MASK, table);
    mi_delete_frame(mm, table);
    mi_return_commit(mm, process, 1);
    give_promise(mm, process, va);
    process->page_tables--;
    mm->flush_wanted = true;
    return true;
}

void mi_delete_empty_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    unsigned top = PTE_LEVELS == 4 ? 4 : 2; /* the root and PAE's directories stay */

    for (unsigned level = 2; level <= top; level++) {
        va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1)), next;
        for (va_t va = first & ~(span - 1); va <= last; va = next) {
            struct mi_slot slot;
            unsigned at = level;
            bool there = descend(mm, process->root, va, level, &slot, &at) == MI_HELD;
            next = va + span;
            if (!there || mi_read_pte(mm, slot).raw == 0)
                next = hole_end(mm, slot, va, there ? level : at, last);
            else
                delete_table(mm, process, va < first ? first : va, level);
        }
    }
}

ntstatus_t mi_make_page_table(struct mm *mm, struct mmprocess *process, va_t va)
{
    for (;;) {
        struct mi_slot slot;
        unsigned level;
        enum mi_hold_result result = descend(mm, mi_root_of(mm, process, va), va, 1, &slot, &level);
        if (result == MI_HELD)
            return STATUS_SUCCESS;
        if (result == MI_OUT) {
            ntstatus_t status = mi_bring_table(mm, process, va);
            if (status != STATUS_SUCCESS)
                return status == STATUS_NO_MEMORY ? status : STATUS_UNSUCCESSFUL;
            continue;
        }
        if (result != MI_ABSENT || level > PTE_RIGHTS_LEVELS)
            return STATUS_UNSUCCESSFUL;
        mi_pfn(mm, slot.table)->reference_count++; /* making room must not take the table above */
        ntstatus_t status = make_table(mm, process, slot, level, va);
        mi_release_page_table(mm, slot);
        if (status != STATUS_SUCCESS) {
            if (va < MI_SYSTEM_START)
                mi_delete_empty_tables(mm, process, va, va); /* upper ones, made for nothing */
            return status;
        }
    }
}

ntstatus_t mi_make_page_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    va_t span = (va_t)PTES_PER_TABLE << MMU_PAGE_SHIFT;
    for (va_t va = first; va <= last; va = (va | (span - 1)) + 1)
        if (mi_make_page_table(mm, process, va) != STATUS_SUCCESS) {
            mi_delete_empty_tables(mm, process, first, last);
            return STATUS_NO_MEMORY;
        }
    return STATUS_SUCCESS;
}
