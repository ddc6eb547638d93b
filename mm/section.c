/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section.c - section objects (nt-reference 2.2, 5.8): size, protection and attributes of what was asked for, over a
 * control area that may be others' too. */
#include <assert.h>

#include "mm/mi.h"

enum { GRANULARITY = 64 << 10 };
#define BASED_GAP (UINT64_C(8) << 20) /* MmHighSectionBase: below the highest user address (nt-reference 5.8) */

/* => NULL: the arena is full. */
static struct section *new_section(struct mm *mm)
{
    arena_ref ref;
    do
        ref = arena_alloc(mm->arena, sizeof(struct section));
    while (!ref && mi_reclaim_area(mm));
    return ref ? mi_section(mm, ref) : NULL;
}

static mm_section publish(struct mm *mm, struct section *section, struct control_area *area)
{
    mm_section ref = arena_ref_of(mm->arena, section);

    section->references = 1;
    section->area = arena_ref_of(mm->arena, area);
    section->next = mm->sections;
    mm->sections = ref;
    mi_announce_area(mm, area);
    area->section_references++;
    area->user_references += section->owner == MM_OWNER_USER;
    return ref;
}

ntstatus_t mi_section_create_image(struct mm *mm, const struct mm_image *image, mm_section *ret_section)
{
    struct section *section = new_section(mm);
    struct control_area *area;

    if (!section)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = mi_image_area(mm, image, &area);
    if (status != STATUS_SUCCESS) {
        arena_free(mm->arena, arena_ref_of(mm->arena, section), sizeof *section);
        return status;
    }
    section->attributes = SEC_IMAGE | SEC_FILE;
    section->protection = MM_EXECUTE_WRITECOPY;
    section->size = area->page_count * MMU_PAGE_SIZE;
    *ret_section = publish(mm, section, area);
    return STATUS_SUCCESS;
}

void mi_section_close(struct mm *mm, struct section *section)
{
    arena_ref *link = &mm->sections, ref = arena_ref_of(mm->arena, section);
    struct control_area *area = mi_area(mm, section->area);

    assert(section->references > 0 && area->section_references > 0);
    if (--section->references > 0)
        return;
    while (*link != ref)
        link = &mi_section(mm, *link)->next;
    *link = section->next;
    area->section_references--;
    area->user_references -= section->owner == MM_OWNER_USER;
    arena_free(mm->arena, ref, sizeof *section);
    mi_delete_area_if_unused(mm, area);
}

/* --- Data --------------------------------------------------------------------------------------------------- */

static ntstatus_t check_attributes(const struct mm_section_request *request)
{
    const uint32_t known = SEC_COMMIT | SEC_RESERVE | SEC_NOCACHE | SEC_BASED | SEC_NO_CHANGE | SEC_FILE | SEC_GLOBAL;
    uint32_t how = request->attributes & (SEC_COMMIT | SEC_RESERVE);

    if ((request->attributes & ~known) || how == 0 || how == (SEC_COMMIT | SEC_RESERVE))
        return STATUS_INVALID_PARAMETER_6;
    if (request->protection == MM_ZERO_ACCESS || request->protection > MM_EXECUTE_WRITECOPY)
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

static ntstatus_t check_size(const struct mm_section_request *request, uint64_t *ret_size)
{
    if (request->file == 0) {
        if (request->size == 0)
            return STATUS_INVALID_PARAMETER_4;
        if (request->size > (uint64_t)UINT32_MAX << MMU_PAGE_SHIFT)
            return STATUS_SECTION_TOO_BIG;
        *ret_size = (request->size + MMU_PAGE_MASK) & ~(uint64_t)MMU_PAGE_MASK;
        return STATUS_SUCCESS;
    }
    if (request->size == 0 && request->file_size == 0 && request->owner != MM_OWNER_CACHE)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (request->size > request->file_size || request->file_size > INT64_MAX)
        return STATUS_SECTION_TOO_BIG;
    *ret_size = request->size ? request->size : request->file_size;
    return STATUS_SUCCESS;
}

/* Where no based section is, as high as can be. */
static bool choose_based_address(const struct mm *mm, uint64_t size, va_t *ret_base)
{
    va_t limit = (mm->config.highest_user_address + 1 - BASED_GAP) & ~(va_t)(GRANULARITY - 1);
    uint64_t need = (size + GRANULARITY - 1) & ~(uint64_t)(GRANULARITY - 1);

    for (;;) { /* each turn passes one section at least */
        if (need > limit - GRANULARITY || limit <= GRANULARITY)
            return false;
        va_t base = limit - need;
        va_t lowest = limit;
        for (arena_ref ref = mm->sections; ref; ref = mi_section(mm, ref)->next) {
            const struct section *other = mi_section(mm, ref);
            if (other->based_address && other->based_address < limit && other->based_address + other->size > base &&
                other->based_address < lowest)
                lowest = other->based_address;
        }
        if (lowest == limit) {
            *ret_base = base;
            return true;
        }
        limit = lowest;
    }
}

static ntstatus_t file_area(struct mm *mm, const struct mm_section_request *request, struct control_area **ret_area)
{
    struct control_area *area = mi_find_area(mm, AREA_FILE, request->file);

    if (!area) {
        area = mi_new_area(mm, AREA_FILE, request->file);
        if (!area)
            return STATUS_INSUFFICIENT_RESOURCES;
        area->protection = MM_EXECUTE_READWRITE; /* each view has its own */
    }
    if (request->file_size > area->bytes) {
        area->bytes = area->valid = request->file_size;
        area->page_count = mi_vpn(request->file_size + MMU_PAGE_MASK);
    }
    area->unused_at = 0;
    *ret_area = area;
    return STATUS_SUCCESS;
}

static ntstatus_t pagefile_area(struct mm *mm, const struct mm_section_request *request, uint64_t size,
                                struct control_area **ret_area)
{
    uint64_t pages = mi_vpn(size), charge = request->attributes & SEC_RESERVE ? 0 : pages;

    if (!mi_charge_commit(mm, NULL, charge, MI_MAY_FAIL))
        return STATUS_COMMITMENT_LIMIT;
    struct control_area *area = mi_new_area(mm, AREA_PAGEFILE, 0);
    if (!area) {
        mi_return_commit(mm, NULL, charge);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    area->protection = request->protection;
    area->reserved = request->attributes & SEC_RESERVE;
    area->page_count = pages;
    area->commit = charge;
    *ret_area = area;
    return STATUS_SUCCESS;
}

ntstatus_t mi_section_create(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section)
{
    uint64_t size = 0;
    va_t based = 0;
    struct control_area *area;
    ntstatus_t status = check_attributes(request);

    if (status == STATUS_SUCCESS)
        status = check_size(request, &size);
    if (status != STATUS_SUCCESS)
        return status;
    if ((request->attributes & SEC_BASED) && !choose_based_address(mm, size, &based))
        return STATUS_NO_MEMORY;
    struct section *section = new_section(mm);
    if (!section)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = request->file ? file_area(mm, request, &area) : pagefile_area(mm, request, size, &area);
    if (status != STATUS_SUCCESS) {
        arena_free(mm->arena, arena_ref_of(mm->arena, section), sizeof *section);
        return status;
    }
    section->attributes = request->attributes | (request->file ? SEC_FILE : 0);
    if (request->file) /* ignored for a file: always committed */
        section->attributes = (section->attributes & ~SEC_RESERVE) | SEC_COMMIT;
    section->protection = request->protection;
    section->owner = request->owner;
    section->size = size;
    section->based_address = based;
    *ret_section = publish(mm, section, area);
    return STATUS_SUCCESS;
}
