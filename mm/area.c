/* SPDX-License-Identifier: GPL-2.0-or-later */
/* area.c - control areas: what sections and views of the same pages share, and how long it lives (nt-reference 2.2).
 *
 *   section object --.
 *   section object ---+--> control area --> prototype PTEs (section_image.c, segment.c)
 *   view (VAD) ------'
 *
 * Once the last section and view are gone:
 *   page file     the pages go with it
 *   image         kept while a page of it is in memory, and used again when the file is; but not where processes have
 *                 written to pages that they share: the next run starts with those of the file
 *   file          kept while a page of it is in memory; modified pages are written first, by the mapped page writer
 *
 * What is kept goes when its last page is used for something else, or, the oldest first, when the pool or memory is
 * short (mi_reclaim_areas, the dereference segment thread's work). */
#include <assert.h>

#include "mm/mi.h"

struct control_area *mi_new_area(struct mm *mm, enum area_kind kind, uint32_t file)
{
    arena_ref ref;
    do
        ref = arena_alloc(mm->arena, sizeof(struct control_area));
    while (!ref && mi_reclaim_area(mm));
    if (!ref)
        return NULL;
    struct control_area *area = mi_area(mm, ref);
    area->kind = kind;
    area->file = file;
    area->next = mm->control_areas;
    mm->control_areas = ref;
    return area;
}

void mi_drop_area(struct mm *mm, struct control_area *area)
{
    arena_ref *link = &mm->control_areas, ref = arena_ref_of(mm->arena, area);

    while (*link != ref)
        link = &mi_area(mm, *link)->next;
    *link = area->next;
    uint32_t file = area->kind == AREA_FILE ? area->file : 0;
    arena_free(mm->arena, ref, sizeof *area);
    if (file && mm->config.env->file_forgotten)
        mm->config.env->file_forgotten(mm->config.env->context, file);
}

/* --- Its prototype PTEs ------------------------------------------------------------------------------------ */

bool mi_prototype_frame(const struct mm *mm, mmpte_t pte, va_t address, pfn_t *ret_frame)
{
    if (!pte_has_frame(pte) || pte_pfn(pte).index >= mm->pfn.frame_count)
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    *ret_frame = pte_pfn(pte);
    return (pfn->flags & PFN_PROTOTYPE_BIT) && pfn_pte_address(pfn) == address && pfn->state > PFN_FREE &&
           pfn->state != PFN_BAD;
}

void mi_clear_prototype(struct mm *mm, struct mi_slot slot, va_t address, mmpte_t replacement)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    enum pte_kind kind = pte_kind(pte, PTE_OF_SEGMENT);
    pfn_t frame;

    mi_write_pte(mm, slot, replacement);
    if (kind == PTE_KIND_PAGED_OUT)
        pagefile_give(mm, pte_pagefile_number(pte), pte_pagefile_offset(pte));
    if (kind == PTE_KIND_TRANSITION && mi_prototype_frame(mm, pte, address, &frame) &&
        mi_pfn(mm, frame)->state != PFN_ACTIVE)
        mi_delete_frame(mm, frame);
}

/* A page of prototype PTEs counts its entries that have a frame. */
static uint64_t resident_in(const struct mm *mm, va_t prototypes)
{
    struct mi_slot slot;
    return mi_prototype_slot(mm, prototypes, &slot) ? mi_pfn(mm, slot.table)->share_count - 1 : 0;
}

uint64_t mi_area_resident(const struct mm *mm, const struct control_area *area)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < area->pool_pages; i++)
        pages += resident_in(mm, area->prototypes + (va_t)i * MMU_PAGE_SIZE);
    for (arena_ref ref = area->chunks; ref;) {
        const struct subsection *chunk = arena_at(mm->arena, ref);
        pages += resident_in(mm, chunk->prototypes);
        ref = chunk->next;
    }
    return pages;
}

static void announce(struct mm *mm, const struct control_area *area, const char *what)
{
    static const char *const kinds[] = {[AREA_IMAGE] = "image", [AREA_FILE] = "file", [AREA_PAGEFILE] = "pagefile"};
    struct mm_event event = {
        .kind = MM_EVENT_SECTION, .what = what, .of = kinds[area->kind], .file = area->file, .pages = area->page_count};
    if (mm->config.env->event)
        mm->config.env->event(mm->config.env->context, &event);
}

void mi_announce_area(struct mm *mm, struct control_area *area)
{
    if (area->section_references > 0 || area->views > 0)
        return;
    announce(mm, area, area->announced ? "reused" : "created");
    area->announced = true;
}

void mi_delete_area(struct mm *mm, struct control_area *area)
{
    if (area->announced)
        announce(mm, area, "deleted");
    assert(area->section_references == 0 && area->views == 0 && area->in_flight == 0);
    if (area->prototypes) {
        for (uint32_t i = 0; i < area->pool_pages; i++)
            mi_delete_prototypes(mm, area->prototypes + (va_t)i * MMU_PAGE_SIZE);
        mi_pool_free(mm, area->prototypes, area->pool_pages);
    }
    for (uint32_t i = 0; i < area->subsection_count; i++)
        arena_free(mm->arena, area->subsections[i], sizeof(struct subsection));
    mi_free_chunks(mm, area);
    mi_return_commit(mm, NULL, area->commit);
    mi_drop_area(mm, area);
}

/* --- Its life ----------------------------------------------------------------------------------------------- */

/* Pages that processes share for writing have contents that a later run must not see. */
static bool has_shared_data(const struct mm *mm, const struct control_area *area)
{
    for (uint32_t i = 0; i < area->subsection_count; i++) {
        const struct subsection *subsection = arena_at(mm->arena, area->subsections[i]);
        if (mi_is_writable_protection(subsection->run.protection))
            return true;
    }
    return false;
}

static bool is_unused(const struct control_area *area)
{
    return area->section_references == 0 && area->views == 0;
}

void mi_delete_area_if_unused(struct mm *mm, struct control_area *area)
{
    if (!is_unused(area))
        return;
    bool keep = area->kind == AREA_FILE || (area->kind == AREA_IMAGE && area->base && !has_shared_data(mm, area));
    if (!keep || (area->in_flight == 0 && mi_area_resident(mm, area) == 0)) {
        mi_delete_area(mm, area);
        return;
    }
    area->unused_at = ++mm->area_clock;
    announce(mm, area, "unused");
    if (area->modified && !area->no_modified_writes) {
        area->write_soon = true;
        mm->signals |= MM_SIGNAL(MM_MAPPED_WRITER);
    }
}

void mi_reference_view(struct mm *mm, struct control_area *area, enum mm_section_owner owner)
{
    area->views++;
    area->user_references += owner == MM_OWNER_USER;
}

void mi_release_view(struct mm *mm, arena_ref control_area, enum mm_section_owner owner)
{
    struct control_area *area = mi_area(mm, control_area);
    assert(area->views > 0);
    area->views--;
    area->user_references -= owner == MM_OWNER_USER;
    mi_delete_area_if_unused(mm, area);
}

/* Has a page of this run of prototype PTEs something that must not be lost, or is under way? */
static bool is_busy_run(const struct mm *mm, va_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct mi_slot slot;
        pfn_t frame;
        va_t address = first + i * PTE_SIZE;
        if (!mi_prototype_slot(mm, address, &slot) || !mi_prototype_frame(mm, mi_read_pte(mm, slot), address, &frame))
            continue;
        const struct mmpfn *pfn = mi_pfn(mm, frame);
        if (pfn->state != PFN_STANDBY)
            return true;
    }
    return false;
}

static bool is_busy(const struct mm *mm, const struct control_area *area)
{
    if (area->in_flight || area->modified)
        return true;
    if (area->kind == AREA_IMAGE)
        return is_busy_run(mm, area->prototypes, area->page_count);
    for (arena_ref ref = area->chunks; ref;) {
        const struct subsection *chunk = arena_at(mm->arena, ref);
        if (is_busy_run(mm, chunk->prototypes, PTES_PER_TABLE))
            return true;
        ref = chunk->next;
    }
    return false;
}

bool mi_discard_area(struct mm *mm, struct control_area *area)
{
    if (!is_unused(area) || is_busy(mm, area))
        return false;
    mi_delete_area(mm, area);
    return true;
}

bool mi_reclaim_area(struct mm *mm)
{
    struct control_area *oldest = NULL;

    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next) {
        struct control_area *area = mi_area(mm, ref);
        if (is_unused(area) && area->unused_at && (!oldest || area->unused_at < oldest->unused_at) &&
            !is_busy(mm, area))
            oldest = area;
    }
    if (oldest)
        mi_delete_area(mm, oldest);
    return oldest != NULL;
}

/* Those whose last page left memory. */
static void delete_empty_areas(struct mm *mm)
{
    for (arena_ref ref = mm->control_areas, next; ref; ref = next) {
        struct control_area *area = mi_area(mm, ref);
        next = area->next;
        if (is_unused(area) && area->unused_at && area->in_flight == 0 && mi_area_resident(mm, area) == 0)
            mi_delete_area(mm, area);
    }
}

enum mm_step mi_reclaim_areas(struct mm *mm)
{
    if (mm->area_emptied) {
        mm->area_emptied = false;
        delete_empty_areas(mm);
    }
    bool is_short = mi_available(mm) < mm->tuning.minimum;
    return is_short && mi_reclaim_area(mm) ? MM_STEP_MORE : MM_STEP_IDLE;
}
