/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_section.c - the laws of sections (see check.c): prototype PTEs, references, modified pages of files. */
#include <inttypes.h>
#include <stdio.h>

#include "mm/check.h"

static uint32_t count_in(const struct mm *mm, const struct mmprocess *process, arena_ref area)
{
    uint32_t views = 0;
    for (const struct mmvad *vad = vad_lower_bound(mm->arena, &process->vads, 0); vad; vad = vad_next(mm->arena, vad))
        views += vad->control_area == area;
    return views;
}

static uint32_t count_views(const struct mm *mm, arena_ref area)
{
    uint32_t views = 0;
    for (arena_ref p = mm->processes; p; p = mi_process(mm, p)->next)
        views += count_in(mm, mi_process(mm, p), area);
    return views;
}

/* Who refers to an area. */
static const char *check_references(struct mm *mm, arena_ref ref)
{
    const struct control_area *area = mi_area(mm, ref);
    uint32_t user_views = count_views(mm, ref), views = user_views + count_in(mm, mi_process(mm, mm->system), ref);
    uint32_t sections = 0, users = user_views;

    for (arena_ref s = mm->sections; s; s = mi_section(mm, s)->next) {
        sections += mi_section(mm, s)->area == ref;
        users += mi_section(mm, s)->area == ref && mi_section(mm, s)->owner == MM_OWNER_USER;
    }
    if (area->views != views)
        return BROKEN(mm, "section: a control area counts %u views and has %u", area->views, views);
    if (area->section_references != sections)
        return BROKEN(mm, "section: a control area counts %u sections and has %u", area->section_references, sections);
    if (area->user_references != users)
        return BROKEN(mm, "section: a control area counts %u users and has %u", area->user_references, users);
    if (area->kind == AREA_PAGEFILE && views + sections == 0)
        return BROKEN(mm, "section: a control area of the page file is kept for nobody");
    return NULL;
}

/* Pages of files on the modified list, and transfers, as counted. */
static const char *check_modified(struct mm *mm)
{
    uint64_t listed = 0, counted = 0, writes = 0, in_flight = 0;

    for (uint32_t i = pfn_first(&mm->pfn, PFN_MODIFIED); i != PFN_NONE; i = mi_pfn(mm, (pfn_t){i})->flink)
        listed += mi_file_of_frame(mm, mi_pfn(mm, (pfn_t){i})) != NULL;
    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next) {
        counted += mi_area(mm, ref)->modified;
        in_flight += mi_area(mm, ref)->in_flight;
    }
    for (arena_ref ref = mm->ios; ref;) {
        const struct mi_io *io = arena_at(mm->arena, ref);
        writes += io->io.kind == MM_IO_FILE_WRITE;
        ref = io->next;
    }
    if (listed != counted || listed != mm->mapped_modified)
        return BROKEN(mm, "section: %" PRIu64 " pages of files are on the modified list, counted as %" PRIu64 " and %u",
                      listed, counted, mm->mapped_modified);
    if (writes != in_flight)
        return BROKEN(mm, "section: %" PRIu64 " writes to files, counted as %" PRIu64, writes, in_flight);
    return NULL;
}

static const char *check_prototype(struct mm *mm, struct mi_slot slot, va_t at)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    enum pte_kind kind = pte_kind(pte, PTE_OF_SEGMENT);

    if (kind == PTE_KIND_PAGED_OUT)
        return mi_count_place(mm, pte, at);
    if (kind != PTE_KIND_VALID && kind != PTE_KIND_TRANSITION)
        return NULL;
    if (pte_pfn(pte).index >= mm->pfn.frame_count)
        return BROKEN(mm, "prototype: the one at %#" PRIx64 " names a frame that does not exist", at);
    mm->tally[slot.table.index]++;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    if (!(pfn->flags & PFN_PROTOTYPE_BIT) || pfn_pte_address(pfn) != at)
        return BROKEN(mm, "prototype: frame %#x does not know the one at %#" PRIx64, pte_pfn(pte).index, at);
    if (kind == PTE_KIND_TRANSITION)
        return mi_check_listed(mm, "prototype PTE", at, pte_pfn(pte), at, slot.table);
    if (pfn->state != PFN_ACTIVE)
        return BROKEN(mm, "prototype: the valid one at %#" PRIx64 " has frame %#x, which is %s", at, pte_pfn(pte).index,
                      pfn_state_name(pfn->state));
    return NULL;
}

/* A page of them that is out of memory: nothing leads back to it. */
static const char *check_out(struct mm *mm, va_t page)
{
    uint8_t words[MMU_PAGE_SIZE];

    if (!mi_look_at_prototypes(mm, page, words))
        return BROKEN(mm, "prototype: the page at %#" PRIx64 " is nowhere", page);
    for (va_t at = page; at < page + MMU_PAGE_SIZE; at += PTE_SIZE) {
        mmpte_t word = pte_load(words + (at - page));
        if (pte_has_frame(word))
            return BROKEN(mm, "prototype: the one at %#" PRIx64 " is out of memory, and its page is not", at);
        const char *broken = pte_kind(word, PTE_OF_SEGMENT) == PTE_KIND_PAGED_OUT ? mi_count_place(mm, word, at) : NULL;
        if (broken)
            return broken;
    }
    return NULL;
}

/* A whole page of them. */
static const char *check_page(struct mm *mm, va_t page)
{
    struct mi_slot slot;
    uint32_t used = 0;

    if (!mi_prototype_slot(mm, page, &slot))
        return check_out(mm, page);
    for (; slot.offset < MMU_PAGE_SIZE; slot.offset += PTE_SIZE) {
        const char *broken = check_prototype(mm, slot, page + slot.offset);
        if (broken)
            return broken;
        used += mi_read_pte(mm, slot).raw != 0;
    }
    if (used != mi_pfn(mm, slot.table)->used_entries)
        return BROKEN(mm, "prototype: the page at %#" PRIx64 " has %u entries in use and counts %u", page, used,
                      mi_pfn(mm, slot.table)->used_entries);
    return NULL;
}

static const char *check_array(struct mm *mm, va_t first, uint32_t pages)
{
    const char *broken = NULL;
    for (uint32_t i = 0; i < pages && !broken; i++)
        broken = check_page(mm, first + (va_t)i * MMU_PAGE_SIZE);
    return broken;
}

/* *committed: pages of page-file sections that are. */
static const char *check_chunks(struct mm *mm, const struct control_area *area, uint64_t *committed)
{
    const char *broken = NULL;

    *committed = area->kind == AREA_PAGEFILE && !area->reserved ? area->page_count : 0;
    for (arena_ref ref = area->chunks; ref && !broken;) {
        const struct subsection *chunk = arena_at(mm->arena, ref);
        if (mi_find_chunk(mm, area, chunk->first_page) != chunk || chunk->first_page % PTES_PER_TABLE)
            return BROKEN(mm, "prototype: the chunk of page %" PRIu64 " is not in the tree", chunk->first_page);
        broken = check_page(mm, chunk->prototypes);
        for (uint64_t i = 0; area->reserved && i < PTES_PER_TABLE; i++)
            *committed += mi_is_committed(mm, area, chunk->first_page + i);
        ref = chunk->next;
    }
    return broken;
}

const char *mi_check_sections(struct mm *mm)
{
    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next) {
        const struct control_area *area = mi_area(mm, ref);
        uint64_t committed = 0;
        const char *broken = area->kind == AREA_IMAGE ? check_array(mm, area->prototypes, area->pool_pages)
                                                      : check_chunks(mm, area, &committed);
        if (!broken)
            broken = check_references(mm, ref);
        if (broken)
            return broken;
        if (area->commit != committed)
            return BROKEN(mm, "charge: a section is charged %" PRIu64 " pages and has %" PRIu64, area->commit,
                          committed);
    }
    return check_modified(mm);
}
