/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_data.c - data sections: not yet. */
#include "mm/mi.h"

void mm_section_reference(struct mm *mm, mm_section section)
{
    ((struct control_area *)arena_at(mm->arena, section))->section_references++;
}

void mm_section_query(const struct mm *mm, mm_section section, struct mm_section_info *ret_info)
{
    const struct control_area *area = arena_at(mm->arena, section);
    *ret_info = (struct mm_section_info){.size = (uint64_t)area->page_count * MMU_PAGE_SIZE,
                                         .attributes = SEC_IMAGE | SEC_FILE,
                                         .file = area->file,
                                         .protection = MM_EXECUTE_WRITECOPY,
                                         .references = area->section_references,
                                         .views = area->views};
}

ntstatus_t mm_map_view(struct mm *mm, mm_process process, mm_section section, struct mm_map_request *request)
{
    struct mm_view view = {.base = request->base};
    ntstatus_t status = mm_map_image(mm, process, section, &view);
    if (nt_success(status)) {
        request->base = view.base;
        request->view_size = view.size;
    }
    return status;
}

ntstatus_t mm_flush_virtual(struct mm *mm, mm_process process, va_t *base, uint64_t *size, ntstatus_t *ret_io)
{
    va_t highest = mm->config.highest_user_address;

    *ret_io = STATUS_SUCCESS;
    if (*base > highest || highest - *base < *size)
        return STATUS_INVALID_PARAMETER_2;
    const struct mmvad *vad = vad_find(mm->arena, &mi_process(mm, process)->vads, *base >> MMU_PAGE_SHIFT);
    va_t last = *base + (*size ? *size - 1 : 0);
    if (!vad || vad->kind != VAD_IMAGE || last >> MMU_PAGE_SHIFT > vad->end_vpn)
        return STATUS_NOT_MAPPED_VIEW;
    return STATUS_NOT_MAPPED_DATA;
}

ntstatus_t mm_are_mapped_same(const struct mm *mm, mm_process process, va_t one, va_t other)
{
    return STATUS_MM_NOT_MODELLED;
}

ntstatus_t mm_section_create(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section)
{
    return STATUS_MM_NOT_MODELLED;
}

bool mm_protection_is_compatible(unsigned section_protection, uint32_t view_protect)
{
    return false;
}

ntstatus_t mm_section_extend(struct mm *mm, mm_section section, uint64_t *size)
{
    return STATUS_SECTION_NOT_EXTENDED;
}

bool mm_file_query(const struct mm *mm, uint32_t file, struct mm_file_info *ret_info)
{
    return false;
}

ntstatus_t mm_file_flush(struct mm *mm, uint32_t file, uint64_t offset, uint64_t length, ntstatus_t *ret_io)
{
    return *ret_io = STATUS_SUCCESS;
}

uint64_t mm_file_flush_all(struct mm *mm)
{
    return 0;
}

bool mm_file_can_truncate(struct mm *mm, uint32_t file, uint64_t new_size)
{
    return true;
}

bool mm_file_can_delete(struct mm *mm, uint32_t file)
{
    return true;
}

void mm_file_size_changed(struct mm *mm, uint32_t file, uint64_t new_size)
{
}

bool mm_file_purge(struct mm *mm, uint32_t file, uint64_t offset, uint64_t length)
{
    return true;
}

void mm_file_set_modified_writes(struct mm *mm, uint32_t file, enum mm_modified_writes writes)
{
}

ntstatus_t mm_map_system_view(struct mm *mm, mm_section section, uint64_t offset, uint32_t size, va_t *ret_va)
{
    return STATUS_MM_NOT_MODELLED;
}

void mm_unmap_system_view(struct mm *mm, va_t va)
{
}
