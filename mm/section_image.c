/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_image.c - image sections: subsections, prototype PTEs, and their views (nt-reference 2.2).
 *
 *   control_area --> subsection[] (one for each run of pages with one protection)
 *        |
 *        '--> prototype PTEs in paged pool, one for each page:
 *             SUBSECTION while in the file, DEMAND_ZERO beyond it, VALID or TRANSITION while in RAM
 *
 * Prototype pages are relocated at page-in, so a control area lives at one base, fixed by its first view.  A process
 * where that base is taken gets another control area of the same file, at a base of its own: the two share nothing. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

static struct subsection *subsection_at(const struct mm *mm, const struct control_area *area, uint32_t i)
{
    return arena_at(mm->arena, area->subsections[i]);
}

static bool is_well_formed(const struct mm_image *image)
{
    uint32_t page = 0;
    if (image->subsection_count == 0 || image->subsection_count > 97)
        return false;
    for (uint32_t i = 0; i < image->subsection_count; i++) {
        const struct mm_image_subsection *run = &image->subsections[i];
        if (run->first_page != page || run->page_count == 0 || run->page_count > image->page_count - page ||
            run->file_bytes > (uint64_t)run->page_count * MMU_PAGE_SIZE || run->protection == MM_ZERO_ACCESS ||
            run->protection > MM_NOACCESS || run->protection == MM_DECOMMIT || mi_is_guard_protection(run->protection))
            return false;
        page += run->page_count;
    }
    return page == image->page_count;
}

/* The word of a page that is not in RAM. */
static mmpte_t template_of(const struct mm *mm, const struct control_area *area, uint32_t i, uint32_t page)
{
    const struct mm_image_subsection *run = &subsection_at(mm, area, i)->run;
    uint64_t offset = (uint64_t)(page - run->first_page) * MMU_PAGE_SIZE;
    if (offset >= run->file_bytes)
        return pte_make_demand_zero(run->protection);
    return pte_make_subsection(MI_SUBSECTION_BASE + (uint64_t)area->subsections[i] * ARENA_GRAIN, run->protection);
}

static void write_prototypes(struct mm *mm, const struct control_area *area)
{
    for (uint32_t i = 0; i < area->subsection_count; i++) {
        const struct mm_image_subsection *run = &subsection_at(mm, area, i)->run;
        for (uint32_t page = run->first_page; page < run->first_page + run->page_count; page++) {
            struct mi_slot slot;
            bool there = mi_prototype_slot(mm, area->prototypes + (va_t)page * PTE_SIZE, &slot);
            assert(there);
            (void)there;
            mi_write_pte(mm, slot, template_of(mm, area, i, page));
        }
    }
}

static ntstatus_t fill_area(struct mm *mm, struct control_area *area, const struct mm_image *image)
{
    arena_ref ref = arena_ref_of(mm->arena, area);
    uint32_t pages = (uint32_t)(((uint64_t)image->page_count * PTE_SIZE + MMU_PAGE_MASK) >> MMU_PAGE_SHIFT);

    area->preferred_base = image->preferred_base;
    area->relocatable = image->relocatable;
    for (uint32_t i = 0; i < image->subsection_count; i++) {
        area->subsections[i] = arena_alloc(mm->arena, sizeof(struct subsection));
        if (!area->subsections[i])
            return STATUS_INSUFFICIENT_RESOURCES;
        area->subsection_count++;
        *subsection_at(mm, area, i) =
            (struct subsection){.control_area = ref, .index = i, .run = image->subsections[i]};
    }
    va_t prototypes;
    if (!mi_pool_allocate(mm, pages, &prototypes))
        return STATUS_INSUFFICIENT_RESOURCES;
    area->prototypes = prototypes;
    area->pool_pages = pages;
    area->page_count = image->page_count;
    write_prototypes(mm, area);
    return STATUS_SUCCESS;
}

/* What is kept of other images goes where the pool is short. */
static ntstatus_t new_area(struct mm *mm, const struct mm_image *image, struct control_area **ret_area)
{
    do {
        struct control_area *area = mi_new_area(mm, AREA_IMAGE, image->file);
        if (!area)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (fill_area(mm, area, image) == STATUS_SUCCESS) {
            *ret_area = area;
            return STATUS_SUCCESS;
        }
        mi_delete_area(mm, area);
    } while (!mm->frames_refused && mi_reclaim_area(mm));
    return STATUS_INSUFFICIENT_RESOURCES;
}

ntstatus_t mi_image_area(struct mm *mm, const struct mm_image *image, struct control_area **ret_area)
{
    struct control_area *area = mi_find_area(mm, AREA_IMAGE, image->file);

    if (area) {
        *ret_area = area;
        return STATUS_SUCCESS;
    }
    return is_well_formed(image) ? new_area(mm, image, ret_area) : STATUS_INVALID_IMAGE_FORMAT;
}

static bool is_free(struct mm *mm, struct mmprocess *process, va_t base, uint64_t pages)
{
    uint64_t start = mi_vpn(base), end = start + pages - 1;
    if (base == 0 || (base & 0xffff) || start < 16 || end > process->highest_vad_vpn || end < start)
        return false;
    const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, start);
    return !next || next->start_vpn > end;
}

/* A control area of the same image that lives, or may live, at base. */
static struct control_area *area_for_base(struct mm *mm, struct control_area *like, va_t base)
{
    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next) {
        struct control_area *area = mi_area(mm, ref);
        if (area->kind == AREA_IMAGE && area->file == like->file && (area->base == base || area->base == 0))
            return area;
    }
    struct mm_image_subsection run[97];
    for (uint32_t i = 0; i < like->subsection_count; i++)
        run[i] = subsection_at(mm, like, i)->run;
    struct mm_image image = {like->file,        like->preferred_base,   (uint32_t)like->page_count,
                             like->relocatable, like->subsection_count, run};
    struct control_area *area;
    return new_area(mm, &image, &area) == STATUS_SUCCESS ? area : NULL;
}

/* Where this process can have the image. */
static ntstatus_t choose_base(struct mm *mm, struct mmprocess *process, struct control_area *area, va_t wanted,
                              va_t *ret_base)
{
    uint64_t start;

    if (wanted) {
        if (!is_free(mm, process, wanted, area->page_count))
            return STATUS_CONFLICTING_ADDRESSES;
        if (wanted != area->preferred_base && !area->relocatable)
            return STATUS_CONFLICTING_ADDRESSES;
        *ret_base = wanted;
        return STATUS_SUCCESS;
    }
    if (is_free(mm, process, area->preferred_base, area->page_count)) {
        *ret_base = area->preferred_base;
        return STATUS_SUCCESS;
    }
    if (!area->relocatable)
        return STATUS_CONFLICTING_ADDRESSES;
    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next) /* share, if one fits */
        if (mi_area(mm, ref)->file == area->file && mi_area(mm, ref)->kind == AREA_IMAGE &&
            is_free(mm, process, mi_area(mm, ref)->base, area->page_count)) {
            *ret_base = mi_area(mm, ref)->base;
            return STATUS_SUCCESS;
        }
    if (!vad_find_free(mm->arena, &process->vads, 16, process->highest_vad_vpn, area->page_count, VAD_BOTTOM_UP,
                       &start))
        return STATUS_NO_MEMORY;
    *ret_base = start << MMU_PAGE_SHIFT;
    return STATUS_SUCCESS;
}

/* Write-copy pages are charged for the whole view when it is mapped (nt-reference section 8). */
static uint64_t view_charge(const struct mm *mm, const struct control_area *area)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; i < area->subsection_count; i++)
        if (mi_is_copy_protection(subsection_at(mm, area, i)->run.protection))
            pages += subsection_at(mm, area, i)->run.page_count;
    return pages;
}

ntstatus_t mi_map_image(struct mm *mm, struct mmprocess *process, struct control_area *area, struct mm_view *view)
{
    va_t base = 0;
    ntstatus_t status = choose_base(mm, process, area, view->base, &base);
    if (status != STATUS_SUCCESS)
        return status;
    area = area_for_base(mm, area, base);
    if (!area)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct mmvad *vad =
        mi_new_vad(mm, mi_vpn(base), mi_vpn(base) + area->page_count - 1, VAD_IMAGE, MM_EXECUTE_WRITECOPY);
    uint64_t charge = view_charge(mm, area);
    if (!vad || !mi_charge_commit(mm, process, charge, MI_MAY_FAIL)) {
        if (vad)
            arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
        mi_delete_area_if_unused(mm, area);
        return vad ? STATUS_COMMITMENT_LIMIT : STATUS_INSUFFICIENT_RESOURCES;
    }
    vad->commit_charge = charge;
    vad->control_area = arena_ref_of(mm->arena, area);
    vad->first_prototype = area->prototypes;
    area->base = base;
    mi_reference_view(mm, area, MM_OWNER_USER);
    mi_insert_vad(mm, process, vad);
    view->base = base;
    view->size = area->page_count * MMU_PAGE_SIZE;
    return base == area->preferred_base ? STATUS_SUCCESS : STATUS_IMAGE_NOT_AT_BASE;
}
