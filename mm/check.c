/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - mm_check(): the whole model walked, and the first law that does not hold.
 *
 * Laws, in the order in which they are looked at:
 *   pfn       every frame in one state, lists and counts agree              (pfn_db_check)
 *   vad       trees ordered, balanced, summarized                           (vad_check)
 *   valid     a valid PTE maps an ACTIVE frame that knows this PTE (or a valid prototype PTE with the same frame)
 *   transition  a transition PTE's frame is on the list that its modified bit says, and knows this PTE
 *   prototype   the same for prototype PTEs; views are the VADs that map the control area; a page of them counts those
 *             in use, and names no frame while it is out of memory
 *   pool      a page of paged pool that is in use is in memory, in transition or in a page file, and no other is
 *   wset      a working-set entry names a valid PTE, and the other way round, in the system's set those of the file
 *             cache, paged pool and the list itself; locked ones are counted
 *   table     used_entries of a page table is the number of its entries that are not empty
 *   share     a frame's share count is the number of valid PTEs that map it, and for tables of entries that count
 *   io        transfers in flight and kept are on their lists; a frame that is being read names its transfer
 *   reference a frame's reference count is 1 while shared, plus its holds and transfers
 *   pagefile  a place in a page file is taken where one word names it: a PTE, a prototype PTE, a frame's original PTE
 *   watch     a watching VAD's bitmap covers it; the process counts such VADs
 *   dirty     where the PTE of a shared page is dirty, its frame is modified: no store is lost
 *   section   sections, views, and those of users, as their control area counts them; modified pages of files
 *   stack     kernel stacks: valid while resident, else marked; the pages below them empty   (mi_check_stacks)
 *   charge    commit charge re-derived: fixed pages, page tables, VADs; system pages, in RAM or not
 *
 * Counts are gathered in mm->tally, one word for each frame, which nothing else uses. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mm/check.h"
#include "mm/mi.h"
#include "mm/written.h"

struct check {
    struct mm *mm;
    struct mmprocess *process;
    bool is_system;
    uint64_t user_tables, out_tables, list_pages, other_pages, valid; /* valid: that have a working-set entry */
    uint64_t pool;                                                    /* pages of it, in memory or not */
};

/* A place in a page file, as a number whose sums tell two sets of places apart. */
static uint64_t place_hash(uint32_t file, uint64_t offset)
{
    uint64_t x = ((uint64_t)file << 40 | offset) * UINT64_C(0x9E3779B97F4A7C15);
    return (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}

/* A word names a place. */
const char *mi_count_place(struct mm *mm, mmpte_t word, va_t at)
{
    uint32_t file = pte_pagefile_number(word);
    uint64_t offset = pte_pagefile_offset(word);

    if (!pagefile_is_taken(mm, file, offset))
        return BROKEN(mm,
                      "pagefile: what belongs to %#" PRIx64 " is at page %" PRIu64 " of page file %u, which is free",
                      at, offset, file);
    mm->places++;
    mm->place_sum += place_hash(file, offset);
    return NULL;
}

static const char *check_places(struct mm *mm)
{
    const char *broken = pagefile_check(mm);

    if (broken)
        return BROKEN(mm, "pagefile: %s", broken);
    for (uint32_t i = 0; i < mm->pfn.untouched_from; i++) {
        const struct mmpfn *pfn = &mm->pfn.record[i];
        bool live = pfn->state != PFN_FREE && pfn->state != PFN_ZEROED && pfn->state != PFN_BAD;
        if (!live || pte_kind(pfn->original_pte, PTE_OF_SEGMENT) != PTE_KIND_PAGED_OUT)
            continue;
        if ((pfn->flags & PFN_MODIFIED_BIT) && !(pfn->flags & PFN_WRITE_BIT))
            return BROKEN(mm, "pagefile: frame %#x is modified and keeps its place", i);
        broken = mi_count_place(mm, pfn->original_pte, pfn_pte_address(pfn));
        if (broken)
            return broken;
    }
    for (uint32_t i = 0; i < mm->pagefile_count; i++) {
        mm->places -= mm->pagefiles[i].used;
        for (uint64_t at = 1; at < mm->pagefiles[i].size && mm->pagefiles[i].used; at++)
            mm->place_sum -= pagefile_is_taken(mm, i, at) ? place_hash(i, at) : 0;
    }
    if (mm->places || mm->place_sum)
        return BROKEN(mm, "pagefile: places that are taken are not those that words name (%+" PRId64 ")",
                      (int64_t)mm->places);
    return NULL;
}

static const char *check_valid_leaf(struct check *c, struct mi_slot slot, va_t va, mmpte_t pte)
{
    struct mm *mm = c->mm;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    struct mi_slot proto;

    if (pfn->state != PFN_ACTIVE)
        return BROKEN(mm, "valid: the PTE of %#" PRIx64 " maps frame %#x, which is %s", va, pte_pfn(pte).index,
                      pfn_state_name(pfn->state));
    if (pfn->flags & PFN_PROTOTYPE_BIT) {
        if (!mi_prototype_slot(mm, pfn_pte_address(pfn), &proto) || !pte_is_valid(mi_read_pte(mm, proto)) ||
            pte_pfn(mi_read_pte(mm, proto)).index != pte_pfn(pte).index)
            return BROKEN(mm, "valid: the PTE of %#" PRIx64 " maps a shared frame whose prototype PTE is another's",
                          va);
        return NULL;
    }
    bool is_shared_data = va < MI_SYSTEM_START && mi_is_system_page(pfn);
    if (!is_shared_data && (pfn_pte_address(pfn) != pte_address(va) || pfn->pte_frame != slot.table.index))
        return BROKEN(mm, "valid: frame %#x does not know that the PTE of %#" PRIx64 " maps it", pte_pfn(pte).index,
                      va);
    return NULL;
}

const char *mi_check_listed(struct mm *mm, const char *what, va_t va, pfn_t frame, va_t pte_at, pfn_t table)
{
    const struct mmpfn *pfn = mi_pfn(mm, frame);
    enum pfn_state want = pfn->flags & PFN_MODIFIED_BIT ? PFN_MODIFIED : PFN_STANDBY;

    if (pfn->state != want && pfn->state != PFN_TRANSITION && pfn->state != PFN_MODIFIED_NO_WRITE)
        return BROKEN(mm, "transition: the %s of %#" PRIx64 " has frame %#x, which is %s and should be %s", what, va,
                      frame.index, pfn_state_name(pfn->state), pfn_state_name(want));
    if (pfn_pte_address(pfn) != pte_at || pfn->pte_frame != table.index)
        return BROKEN(mm, "transition: frame %#x does not know the %s of %#" PRIx64, frame.index, what, va);
    return NULL;
}

/* A PTE of a process or of the system, at the lowest level. */
static const char *check_leaf(struct check *c, struct mi_slot slot, va_t va, mmpte_t pte)
{
    struct mm *mm = c->mm;
    enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);
    pfn_t frame = pte_pfn(pte);

    c->other_pages += c->is_system && (kind == PTE_KIND_PAGED_OUT || kind == PTE_KIND_TRANSITION);
    if (c->is_system && mi_is_pool_address(va)) {
        uint64_t page = mi_vpn(va - MI_POOL_BASE);
        if (!(mm->pool_map[page / 64] >> page % 64 & 1))
            return BROKEN(mm, "pool: the page %#" PRIx64 " is free and has a PTE", va);
        c->pool += kind == PTE_KIND_VALID || kind == PTE_KIND_PAGED_OUT || kind == PTE_KIND_TRANSITION;
    }
    if (kind == PTE_KIND_PAGED_OUT)
        return mi_count_place(mm, pte, va);
    if (kind != PTE_KIND_VALID && kind != PTE_KIND_TRANSITION)
        return NULL;
    if (frame.index >= mm->pfn.frame_count)
        return BROKEN(mm, "valid: the PTE of %#" PRIx64 " names frame %#x, which does not exist", va, frame.index);
    mm->tally[slot.table.index]++;
    if (kind == PTE_KIND_TRANSITION && pte_protection(pte) != pte_protection(mi_pfn(mm, frame)->original_pte))
        return BROKEN(mm, "transition: frame %#x would leave another protection in the PTE of %#" PRIx64, frame.index,
                      va);
    if (kind == PTE_KIND_TRANSITION)
        return mi_check_listed(mm, "PTE", va, frame, pte_address(va), slot.table);
    mm->tally[frame.index]++;
    bool in_set = !c->is_system || mi_is_in_system_set(va), shared = mi_pfn(mm, frame)->flags & PFN_PROTOTYPE_BIT;
    c->valid += in_set;
    if (va >= MI_SYSTEM_START && !(c->is_system && shared)) /* pages of files in the cache are not charged */
        *(c->is_system ? &c->other_pages : &c->list_pages) += 1;
    if (shared && pte_is_dirty(pte) && !(mi_pfn(mm, frame)->flags & (PFN_MODIFIED_BIT | PFN_DELETED_BIT)))
        return BROKEN(mm, "dirty: the page %#" PRIx64 " is, and its frame %#x does not know", va, frame.index);
    const char *broken = check_valid_leaf(c, slot, va, pte);
    if (!broken && in_set && !mi_ws_flags(mm, c->process, va, frame))
        broken = BROKEN(mm, "wset: the valid page %#" PRIx64 " has no working-set entry", va);
    return broken;
}

static const char *check_table(struct check *c, pfn_t table, unsigned level, va_t va);

/* The table behind va's entry at that level is out: nothing below it has a frame. */
static const char *check_out(struct check *c, unsigned level, va_t va, mmpte_t entry)
{
    uint8_t words[MMU_PAGE_SIZE];
    va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 2));

    c->out_tables++;
    if (!mi_look_at_table(c->mm, entry, words))
        return BROKEN(c->mm, "table: the one of %#" PRIx64 " cannot be read", va);
    for (unsigned i = 0; i < PTES_PER_TABLE; i++, va += span) {
        mmpte_t pte = pte_load(words + i * PTE_SIZE);
        const char *broken = NULL;
        if (pte_has_frame(pte))
            return BROKEN(c->mm, "table: the one of %#" PRIx64 " is out of memory, and its page is not", va);
        if (pte_kind(pte, PTE_OF_PROCESS) == PTE_KIND_PAGED_OUT)
            broken = mi_count_place(c->mm, pte, va);
        if (!broken && level > 2 && pte.raw)
            broken = check_out(c, level - 1, va, pte);
        if (broken)
            return broken;
    }
    return NULL;
}

/* An entry above the lowest level: a page table, or the self-map. */
static const char *check_upper(struct check *c, struct mi_slot slot, unsigned level, va_t va, mmpte_t pte)
{
    struct mm *mm = c->mm;
    pfn_t frame = pte_pfn(pte);

    if (pte.raw == 0)
        return NULL;
    if (mi_is_table_out(mm, pte, va, level)) {
        const char *broken = NULL;
        mm->tally[slot.table.index] += pte_has_frame(pte);
        if (pte_has_frame(pte))
            broken = mi_check_listed(mm, "entry", va, frame, pte_address_at(va, level), slot.table);
        else
            broken = mi_count_place(mm, pte, va);
        return broken ? broken : check_out(c, level, va, pte);
    }
    if (!pte_is_valid(pte) || frame.index >= mm->pfn.frame_count)
        return BROKEN(mm, "valid: the level-%u entry of %#" PRIx64 " is no page table", level, va);
    if (va >= MI_SYSTEM_START && !mi_is_process_owned(va) && !c->is_system)
        return NULL; /* a copy of the system's */
    mm->tally[slot.table.index]++;
    mm->tally[frame.index]++;
    c->valid += !c->is_system; /* the system's page tables stay */
    const struct mmpfn *pfn = mi_pfn(mm, frame);
    if (pfn->state != PFN_ACTIVE)
        return BROKEN(mm, "valid: the page table of %#" PRIx64 " is frame %#x, which is %s", va, frame.index,
                      pfn_state_name(pfn->state));
    if (pfn_pte_address(pfn) != pte_address_at(va, level) || pfn->pte_frame != slot.table.index)
        return BROKEN(mm, "valid: frame %#x does not know that it is the page table of %#" PRIx64, frame.index, va);
    if (!c->is_system && !mi_ws_flags(mm, c->process, pte_address_at(va, level - 1) & ~(va_t)MMU_PAGE_MASK, frame))
        return BROKEN(mm, "wset: the page table of %#" PRIx64 " has no working-set entry", va);
    if (va >= PTE_BASE && va <= PTE_TOP)
        return NULL; /* the self-map leads back here */
    if (va < MI_SYSTEM_START)
        c->user_tables++;
    else
        *(c->is_system ? &c->other_pages : &c->list_pages) += 1;
    return check_table(c, frame, level - 1, va);
}

static const char *check_table(struct check *c, pfn_t table, unsigned level, va_t va)
{
    va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1));
    uint32_t used = 0;

    for (unsigned i = 0; i < PTES_PER_TABLE; i++, va += span) {
        struct mi_slot slot = {table, i * PTE_SIZE};
        if (PTE_FORMAT == 2 && level == 4 && i == PTES_PER_TABLE / 2)
            va |= UINT64_C(0xFFFF000000000000);
        mmpte_t pte = mi_read_pte(c->mm, slot);
        bool copy = level > 1 && va >= MI_SYSTEM_START && !mi_is_process_owned(va) && !c->is_system;
        used += pte.raw != 0 && !copy;
        if (pte.raw == 0)
            continue;
        const char *broken = level > 1 ? check_upper(c, slot, level, va, pte) : check_leaf(c, slot, va, pte);
        if (broken)
            return broken;
    }
    if (used != mi_pfn(c->mm, table)->used_entries)
        return BROKEN(c->mm, "table: frame %#x has %u entries in use and counts %u", table.index, used,
                      mi_pfn(c->mm, table)->used_entries);
    return NULL;
}

static const char *check_tables(struct check *c)
{
    const char *broken = NULL;

    if (PTE_FORMAT != 1)
        return check_table(c, c->process->root, PTE_LEVELS, 0);
    c->mm->tally[c->process->root.index]++; /* the pointer table is mapped by nothing */
    for (unsigned i = 0; i < 4 && !broken; i++) {
        mmpte_t pointer = pte_load(mm_frame_read(c->mm, c->process->root) + i * PTE_SIZE);
        if (!pte_is_valid(pointer) || pte_pfn(pointer).index >= c->mm->pfn.frame_count)
            return BROKEN(c->mm, "valid: page-directory pointer %u is not valid", i);
        broken = check_table(c, pte_pfn(pointer), 2, (va_t)i << 30);
    }
    return broken;
}

static const char *check_working_set(struct check *c)
{
    struct mm *mm = c->mm;
    const struct mmprocess *process = c->process;
    uint64_t entries = 0, locked = 0;

    for (uint32_t i = 0; i < process->ws_entries; i++) {
        wsle_word entry = mi_wsle(mm, process, i);
        mmpte_t pte;
        if (!(entry & MI_WSLE_VALID))
            continue;
        entries++;
        va_t va = (va_t)entry & ~(va_t)MMU_PAGE_MASK;
        locked += va < MI_SYSTEM_START && (entry & MI_WSLE_LOCKS);
        if ((c->is_system && !mi_is_in_system_set(va)) || !mi_peek_pte(mm, process, va, &pte) || !pte_is_valid(pte))
            return BROKEN(mm, "wset: entry %u names %#" PRIx64 ", whose PTE is not valid", i, va);
    }
    if (entries != process->ws_size || c->valid != process->ws_size)
        return BROKEN(mm, "wset: %" PRIu64 " entries, %" PRIu64 " valid pages, and a size of %u", entries, c->valid,
                      process->ws_size);
    if (process->ws_entries - entries != process->ws_free)
        return BROKEN(mm, "wset: %" PRIu64 " free entries, counted as %u", process->ws_entries - entries,
                      process->ws_free);
    if (locked != process->locked_pages)
        return BROKEN(mm, "wset: %" PRIu64 " locked pages, counted as %" PRIu64, locked, process->locked_pages);
    return NULL;
}

/* What is not in a page table is as the view. */
static uint64_t derive_mapped(struct check *c, const struct mmvad *vad, va_t first, va_t last)
{
    uint64_t seen = 0, pages = 0;

    for (struct mi_pages at = mi_first_page(c->mm, c->process, first, last, MI_LOOK); at.held; mi_next_page(&at)) {
        mmpte_t pte = mi_page_word(&at);
        seen++;
        pages += mi_is_charged_page(c->mm, pte, mi_page_state(c->mm, c->process, vad, at.va, pte).protection);
    }
    return mi_is_copy_protection(vad->protection) ? pages + mi_vpn(last) - mi_vpn(first) + 1 - seen : pages;
}

/* Commit charge of one VAD, from its pages. */
static uint64_t derive_charge(struct check *c, const struct mmvad *vad)
{
    va_t first = vad->start_vpn << MMU_PAGE_SHIFT, last = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK;
    uint64_t pages = 0;

    if (vad->kind == VAD_PRIVATE)
        return mi_count_committed(c->mm, c->process, vad, first, last);
    if (vad->kind == VAD_MAPPED)
        return derive_mapped(c, vad, first, last);
    for (va_t va = first; vad->kind == VAD_IMAGE && va <= last; va += MMU_PAGE_SIZE) {
        mmpte_t pte = {0};
        mi_look_at_pte(c->mm, c->process, va, &pte);
        pages += mi_is_charged_page(c->mm, pte, mi_page_state(c->mm, c->process, vad, va, pte).protection);
    }
    return pages;
}

static const char *check_watch(struct mm *mm, const struct mmvad *vad)
{
    if (vad->watch && !written_covers(mm->arena, vad->watch, vad->start_vpn, vad->end_vpn))
        return BROKEN(mm, "watch: the VAD at %#" PRIx64 " is larger than its bitmap", vad->start_vpn << MMU_PAGE_SHIFT);
    return NULL;
}

static const char *check_charge(struct check *c)
{
    struct mm *mm = c->mm;
    uint64_t pages = (PTE_FORMAT == 1 ? 5 : 1) + c->list_pages + c->user_tables + c->out_tables, virtual_size = 0,
             watches = 0, tables = 0;

    for (const struct mmvad *vad = vad_lower_bound(mm->arena, &c->process->vads, 0); vad;
         vad = vad_next(mm->arena, vad)) {
        uint64_t derived = derive_charge(c, vad);
        if (derived != vad->commit_charge)
            return BROKEN(mm, "charge: the VAD at %#" PRIx64 " is charged %" PRIu64 " pages and has %" PRIu64,
                          vad->start_vpn << MMU_PAGE_SHIFT, vad->commit_charge, derived);
        const char *broken = check_watch(mm, vad);
        if (broken)
            return broken;
        pages += vad->commit_charge + vad->table_charge;
        tables += vad->table_charge;
        virtual_size += vad->end_vpn - vad->start_vpn + 1;
        watches += vad->watch != 0;
    }
    if (watches != c->process->watches)
        return BROKEN(mm, "watch: a process counts %" PRIu64 " watching VADs and has %" PRIu64, c->process->watches,
                      watches);
    if (pages != c->process->commit)
        return BROKEN(mm, "charge: a process is charged %" PRIu64 " pages and has %" PRIu64, c->process->commit, pages);
    if (tables != c->process->table_charge)
        return BROKEN(mm, "charge: a process's promised page tables are miscounted");
    if (virtual_size != c->process->virtual_size || c->user_tables != c->process->page_tables)
        return BROKEN(mm, "charge: a process's virtual size or its page tables are miscounted");
    return NULL;
}

static const char *check_process(struct mm *mm, struct mmprocess *process)
{
    struct check c = {.mm = mm, .process = process};
    const char *broken = vad_check(mm->arena, &process->vads);

    if (broken)
        return BROKEN(mm, "vad: %s", broken);
    if (!broken)
        broken = check_tables(&c);
    if (!broken)
        broken = check_working_set(&c);
    return broken ? broken : check_charge(&c);
}

/* Transfers in flight and reads that are kept. => *held counts the references that they have. */
static const char *check_transfers(struct mm *mm, uint64_t *held)
{
    uint32_t reading = 0, kept = 0;
    arena_ref previous = 0;

    for (arena_ref ref = mm->ios; ref; previous = ref, ref = ((struct mi_io *)arena_at(mm->arena, ref))->next) {
        const struct mi_io *io = arena_at(mm->arena, ref);
        if (io->previous != previous || io->state != MI_IO_IN_FLIGHT)
            return BROKEN(mm, "io: transfer %#x is not in its place of the list", io->io.id);
        *held += io->io.pages;
        bool read = io->io.kind == MM_IO_FILE_READ || io->io.kind == MM_IO_PAGEFILE_READ;
        for (uint32_t i = 0; read && i < io->io.pages; i++, reading++)
            if (!(mi_pfn(mm, io->frame[i])->flags & PFN_READ_BIT) || mi_pfn(mm, io->frame[i])->io != ref)
                return BROKEN(mm, "io: frame %#x does not know that transfer %#x reads it", io->frame[i].index,
                              io->io.id);
    }
    if (previous != mm->youngest_io)
        return BROKEN(mm, "io: the youngest transfer is not the last of the list");
    for (uint32_t i = 0; i < MI_KEPT_LISTS; i++)
        for (arena_ref ref = mm->kept[i]; ref; ref = ((struct mi_io *)arena_at(mm->arena, ref))->next, kept++)
            *held += ((struct mi_io *)arena_at(mm->arena, ref))->state == MI_IO_KEPT;
    if (kept != mm->kept_count)
        return BROKEN(mm, "io: %u reads are kept, counted as %u", kept, mm->kept_count);
    for (uint32_t i = 0; i < mm->pfn.untouched_from; i++)
        reading -= (mi_pfn(mm, (pfn_t){i})->flags & PFN_READ_BIT) != 0;
    return reading ? BROKEN(mm, "io: frames that are being read are not those of the transfers in flight") : NULL;
}

static const char *check_counts(struct mm *mm)
{
    uint64_t extra = 0, held = 0;

    for (uint32_t i = 0; i < mm->pfn.untouched_from; i++) {
        const struct mmpfn *pfn = &mm->pfn.record[i];
        uint32_t shares = pfn_shares(pfn);
        if (shares != mm->tally[i])
            return BROKEN(mm, "share: frame %#x (%s) is mapped %u times and counts %u", i, pfn_state_name(pfn->state),
                          mm->tally[i], shares);
        if (pfn->reference_count < (shares > 0))
            return BROKEN(mm, "reference: frame %#x is shared without a reference", i);
        extra += pfn->reference_count - (shares > 0);
    }
    for (arena_ref ref = mm->held; ref;) {
        const struct mi_held *h = arena_at(mm->arena, ref);
        held += h->count;
        ref = h->next;
    }
    const char *broken = check_transfers(mm, &held);
    if (broken)
        return broken;
    if (extra != held)
        return BROKEN(mm,
                      "reference: frames have %" PRIu64 " references beyond their shares, and %" PRIu64
                      " holds and transfers",
                      extra, held);
    return NULL;
}

const char *mi_check(struct mm *mm)
{
    const char *broken = pfn_db_check(&mm->pfn);
    uint64_t committed;

    if (broken)
        return BROKEN(mm, "pfn: %s", broken);
    broken = mi_check_stacks(mm);
    if (broken)
        return BROKEN(mm, "%s", broken);
    mm->places = mm->place_sum = 0;
    memset(mm->tally, 0, (size_t)mm->pfn.untouched_from * sizeof *mm->tally);
    struct check system = {.mm = mm, .process = mi_process(mm, mm->system), .is_system = true};
    broken = check_tables(&system);
    committed = system.other_pages + (PTE_FORMAT == 1 ? 5 : 1);
    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next)
        committed += mi_area(mm, ref)->commit;
    if (!broken)
        broken = check_working_set(&system);
    if (!broken && system.pool != mi_pool_pages(mm))
        return BROKEN(mm, "pool: %" PRIu64 " pages are in use, and %" PRIu64 " are somewhere", mi_pool_pages(mm),
                      system.pool);
    if (!broken && committed != mm->system_commit)
        return BROKEN(mm, "charge: the system is charged %" PRIu64 " pages and has %" PRIu64, mm->system_commit,
                      committed);
    for (arena_ref p = mm->processes; p && !broken; p = mi_process(mm, p)->next) {
        broken = check_process(mm, mi_process(mm, p));
        committed += mi_process(mm, p)->commit;
    }
    if (!broken)
        broken = mi_check_sections(mm);
    if (!broken)
        broken = check_counts(mm);
    if (!broken)
        broken = check_places(mm);
    if (!broken && committed != mm->committed)
        return BROKEN(mm, "charge: %" PRIu64 " pages are charged in all, and the parts are %" PRIu64, mm->committed,
                      committed);
    return broken;
}
