/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - the public calls on sections and data files: from names and addresses to control areas.
 *
 * What touches prototype PTEs is the instance's business (struct mi_ops). */
#include "mm/mi.h"

struct control_area *mi_find_area(const struct mm *mm, enum area_kind kind, uint32_t file)
{
    for (arena_ref ref = mm->control_areas; ref; ref = mi_area(mm, ref)->next)
        if (mi_area(mm, ref)->kind == kind && mi_area(mm, ref)->file == file)
            return mi_area(mm, ref);
    return NULL;
}

/* --- Section objects ------------------------------------------------------------------------------------------ */

void mm_section_reference(struct mm *mm, mm_section section)
{
    mi_section(mm, section)->references++;
}

void mm_section_close(struct mm *mm, mm_section section)
{
    mm->ops->section_close(mm, mi_section(mm, section));
    mi_settle(mm);
}

void mm_section_query(const struct mm *mm, mm_section section, struct mm_section_info *ret_info)
{
    const struct section *s = mi_section(mm, section);
    const struct control_area *area = mi_area(mm, s->area);
    *ret_info = (struct mm_section_info){
        .size = s->size,
        .attributes = s->attributes,
        .file = area->file,
        .protection = s->protection,
        .based_address = s->based_address,
        .references = s->references,
        .views = area->views,
        .resident = mm->ops->area_resident(mm, area),
    };
}

ntstatus_t mm_section_extend(struct mm *mm, mm_section section, uint64_t *size)
{
    struct section *s = mi_section(mm, section);
    struct control_area *area = mi_area(mm, s->area);

    if (area->kind != AREA_FILE)
        return STATUS_SECTION_NOT_EXTENDED;
    if (*size > INT64_MAX)
        return STATUS_SECTION_TOO_BIG;
    if (*size > area->bytes)
        mm->ops->file_size_changed(mm, area, *size);
    if (*size > s->size)
        s->size = *size;
    *size = s->size;
    return STATUS_SUCCESS;
}

void mm_section_zeroes_added(struct mm *mm, mm_section section, uint64_t size)
{
    struct control_area *area = mi_area(mm, mi_section(mm, section)->area);
    uint64_t valid = area->valid;

    if (size <= area->bytes)
        return;
    mm->ops->file_size_changed(mm, area, size);
    area->valid = valid;
}

/* --- Making and mapping -------------------------------------------------------------------------------------- */

ntstatus_t mm_section_create_image(struct mm *mm, const struct mm_image *image, mm_section *ret_section)
{
    ntstatus_t status;
    do
        status = mm->ops->section_create_image(mm, image, ret_section);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

ntstatus_t mm_section_create(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section)
{
    ntstatus_t status;
    do
        status = mm->ops->section_create(mm, request, ret_section);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

ntstatus_t mm_map_view(struct mm *mm, mm_process process, mm_section section, struct mm_map_request *request)
{
    struct mm_map_request work; /* untouched on failure */
    ntstatus_t status;
    do {
        work = *request;
        status = mm->ops->map_view(mm, mi_process(mm, process), mi_section(mm, section), &work);
    } while (mi_repeat_now(mm, &status));
    if (nt_success(status))
        *request = work;
    mi_settle(mm);
    return status;
}

ntstatus_t mm_map_system_view(struct mm *mm, mm_section section, uint64_t offset, uint32_t size, va_t *ret_va)
{
    struct control_area *area = mi_area(mm, mi_section(mm, section)->area);
    ntstatus_t status;
    do
        status = mm->ops->map_system_view(mm, area, offset, size, ret_va);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

ntstatus_t mm_map_image(struct mm *mm, mm_process process, mm_section section, struct mm_view *view)
{
    ntstatus_t status;
    do
        status = mm->ops->map_image(mm, mi_process(mm, process), mi_area(mm, mi_section(mm, section)->area), view);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

ntstatus_t mm_unmap_view(struct mm *mm, mm_process process, va_t va)
{
    ntstatus_t status;
    do
        status = mm->ops->unmap_view(mm, mi_process(mm, process), va);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

/* --- Views ---------------------------------------------------------------------------------------------------- */

static const struct mmvad *view_at(const struct mm *mm, mm_process process, va_t va)
{
    const struct mmvad *vad = NULL;
    if (va <= mm->config.highest_user_address)
        vad = vad_find(mm->arena, &mi_process(mm, process)->vads, va >> MMU_PAGE_SHIFT);
    return vad;
}

static ntstatus_t flush_pages(struct mm *mm, struct control_area *area, uint32_t thread, uint64_t first, uint64_t last,
                              ntstatus_t *ret_io)
{
    mm->wait_key = 0;
    ntstatus_t status = mm->ops->file_flush(mm, area, thread, first, last);
    mi_settle(mm);
    if (status != STATUS_MM_WAIT)
        *ret_io = status;
    return status;
}

ntstatus_t mm_flush_virtual(struct mm *mm, mm_process process, uint32_t thread, va_t *base, uint64_t *size,
                            ntstatus_t *ret_io)
{
    va_t highest = mm->config.highest_user_address;

    if (*base > highest || highest - *base < *size)
        return STATUS_INVALID_PARAMETER_2;
    const struct mmvad *vad = view_at(mm, process, *base);
    uint64_t first = *base >> MMU_PAGE_SHIFT;
    uint64_t last = (*base + (*size ? *size - 1 : 0)) >> MMU_PAGE_SHIFT;
    if (!vad || !mi_is_view(vad) || last > vad->end_vpn)
        return STATUS_NOT_MAPPED_VIEW;
    struct control_area *area = mi_area(mm, vad->control_area);
    if (area->kind != AREA_FILE)
        return STATUS_NOT_MAPPED_DATA;
    if (*size == 0)
        last = vad->end_vpn;
    uint64_t page = vad->first_page - vad->start_vpn;
    ntstatus_t status = flush_pages(mm, area, thread, page + first, page + last, ret_io);
    if (nt_success(status)) {
        *base = first << MMU_PAGE_SHIFT;
        *size = (last - first + 1) << MMU_PAGE_SHIFT;
    }
    return status;
}

/* --- Data files ------------------------------------------------------------------------------------------------ */

bool mm_file_query(const struct mm *mm, uint32_t file, struct mm_file_info *ret_info)
{
    const struct control_area *area = mi_find_area(mm, AREA_FILE, file);
    if (area)
        *ret_info = (struct mm_file_info){.size = area->bytes,
                                          .views = area->views,
                                          .user_references = area->user_references,
                                          .resident = mm->ops->area_resident(mm, area)};
    return area != NULL;
}

/* The last page of a range; length 0: of all. */
static uint64_t last_page(uint64_t offset, uint64_t length)
{
    return length == 0 || offset + length - 1 < offset ? UINT64_MAX >> MMU_PAGE_SHIFT
                                                       : (offset + length - 1) >> MMU_PAGE_SHIFT;
}

ntstatus_t mm_file_flush(struct mm *mm, uint32_t file, uint32_t thread, uint64_t offset, uint64_t length,
                         ntstatus_t *ret_io)
{
    struct control_area *area = mi_find_area(mm, AREA_FILE, file);
    if (!area)
        return *ret_io = STATUS_SUCCESS;
    return flush_pages(mm, area, thread, offset >> MMU_PAGE_SHIFT, last_page(offset, length), ret_io);
}

/* Transfers that run end now: nobody will say so any more. */
static void end_transfers(struct mm *mm)
{
    for (uint32_t id; (id = mi_first_io(mm)) != 0;)
        mm->ops->io_done(mm, id, STATUS_SUCCESS);
}

uint64_t mm_file_flush_all(struct mm *mm)
{
    uint64_t before = mm->unwritten;

    end_transfers(mm);
    mm->no_waiting = true;
    for (arena_ref ref = mm->control_areas, next; ref; ref = next) {
        struct control_area *area = mi_area(mm, ref);
        ntstatus_t ignored;
        next = area->next;
        if (area->kind != AREA_FILE)
            continue;
        flush_pages(mm, area, 0, 0, last_page(0, 0), &ignored);
    }
    return mm->unwritten - before;
}

bool mm_file_can_truncate(struct mm *mm, uint32_t file, uint64_t new_size)
{
    struct control_area *image = mi_find_area(mm, AREA_IMAGE, file);
    const struct control_area *area = mi_find_area(mm, AREA_FILE, file);

    if (image && !mm_file_can_delete(mm, file))
        return false;
    return !area || area->user_references == 0 || new_size >= area->bytes;
}

bool mm_file_can_delete(struct mm *mm, uint32_t file)
{
    struct control_area *area;

    while ((area = mi_find_area(mm, AREA_IMAGE, file)))
        if (!mm->ops->discard_area(mm, area))
            return false;
    mi_settle(mm);
    return true;
}

void mm_file_size_changed(struct mm *mm, uint32_t file, uint64_t new_size)
{
    struct control_area *area = mi_find_area(mm, AREA_FILE, file);
    if (area)
        mm->ops->file_size_changed(mm, area, new_size);
    mi_settle(mm);
}

void mm_file_written(struct mm *mm, uint32_t file, uint64_t end)
{
    struct control_area *area = mi_find_area(mm, AREA_FILE, file);
    if (!area)
        return;
    end = end < area->bytes ? end : area->bytes;
    if (end > area->valid)
        area->valid = end;
}

bool mm_file_purge(struct mm *mm, uint32_t file, uint64_t offset, uint64_t length)
{
    struct control_area *area = mi_find_area(mm, AREA_FILE, file);
    uint64_t first = (offset + MMU_PAGE_MASK) >> MMU_PAGE_SHIFT;

    return !area || mm->ops->file_purge(mm, area, first, last_page(offset, length));
}

void mm_file_set_modified_writes(struct mm *mm, uint32_t file, enum mm_modified_writes writes)
{
    struct control_area *area = mi_find_area(mm, AREA_FILE, file);

    if (!area || area->no_modified_writes == (writes == MM_WRITES_FORBIDDEN))
        return;
    area->no_modified_writes = writes == MM_WRITES_FORBIDDEN;
    if (writes == MM_WRITES_ALLOWED)
        mm->ops->file_allow_writes(mm, area);
}

void mm_unmap_system_view(struct mm *mm, va_t va)
{
    mm->ops->unmap_system_view(mm, va);
    mi_settle(mm);
}
