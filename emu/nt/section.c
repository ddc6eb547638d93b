/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section.c - NtCreateSection: images, data files, memory of the page file (nt-reference 5.8). */
#include <string.h>
#include <unistd.h>

#include "emu/growth.h"
#include "emu/machine_internal.h"
#include "emu/nt/section.h"

/* --- Rights ------------------------------------------------------------------------------------------------------- */

/* The protection without its modifiers, as an index of the tables below. */
static unsigned kind_of(uint32_t protect)
{
    switch (protect & 0xFF) {
    case PAGE_READONLY: return 1;
    case PAGE_EXECUTE: return 2;
    case PAGE_EXECUTE_READ: return 3;
    case PAGE_READWRITE: return 4;
    case PAGE_WRITECOPY: return 5;
    case PAGE_EXECUTE_READWRITE: return 6;
    case PAGE_EXECUTE_WRITECOPY: return 7;
    default: return 0; /* PAGE_NOACCESS */
    }
}

uint32_t section_access_for(uint32_t protect)
{
    static const uint32_t access[] = {
        SECTION_MAP_READ,
        SECTION_MAP_READ,
        SECTION_MAP_EXECUTE,
        SECTION_MAP_EXECUTE | SECTION_MAP_READ,
        SECTION_MAP_WRITE,
        SECTION_MAP_READ,
        SECTION_MAP_EXECUTE | SECTION_MAP_WRITE,
        SECTION_MAP_EXECUTE | SECTION_MAP_READ,
    };
    return access[kind_of(protect)];
}

uint32_t section_file_access_for(uint32_t protect)
{
    static const uint32_t access[] = {
        FILE_READ_DATA,
        FILE_READ_DATA,
        FILE_EXECUTE,
        FILE_EXECUTE | FILE_READ_DATA,
        FILE_WRITE_DATA | FILE_READ_DATA,
        FILE_READ_DATA,
        FILE_EXECUTE | FILE_WRITE_DATA | FILE_READ_DATA,
        FILE_EXECUTE | FILE_READ_DATA,
    };
    return access[kind_of(protect)];
}

static bool is_writable(uint32_t protect)
{
    return (protect & 0xFF) == PAGE_READWRITE || (protect & 0xFF) == PAGE_EXECUTE_READWRITE;
}

/* --- Arguments ---------------------------------------------------------------------------------------------------- */

/* Steps 1 to 5 of nt-reference 5.8. */
static ntstatus_t check_attributes(uint32_t attributes, uint32_t protect)
{
    const uint32_t known =
        SEC_BASED | SEC_FILE | SEC_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE | SEC_NO_CHANGE | SEC_LARGE_PAGES;
    const uint32_t not_of_images = SEC_COMMIT | SEC_RESERVE | SEC_NOCACHE | SEC_NO_CHANGE | SEC_LARGE_PAGES;
    unsigned protection;
    if ((attributes & ~known) || !(attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)))
        return STATUS_INVALID_PARAMETER_6;
    if ((attributes & SEC_IMAGE) && (attributes & not_of_images))
        return STATUS_INVALID_PARAMETER_6;
    if ((attributes & SEC_COMMIT) && (attributes & SEC_RESERVE))
        return STATUS_INVALID_PARAMETER_6;
    if ((protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE | PAGE_GUARD | PAGE_NOACCESS)) ||
        !mm_protection_from_page(protect, &protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

struct section_request {
    struct nt_new_object new;
    struct object *file; /* NULL: none */
    uint64_t size;       /* 0: none given */
    uint32_t protect, attributes;
};

/* Arguments: 0 *handle 1 access 2 attributes 3 *size 4 protection 5 SEC_* 6 file. */
static ntstatus_t plan(struct nt_call *call, struct section_request *request)
{
    const uint64_t *a = call->arguments;
    uint32_t granted;
    ntstatus_t status;
    if ((status = check_attributes(request->attributes, request->protect)) != STATUS_SUCCESS ||
        (status = nt_plan_new(call, &request->new)) != STATUS_SUCCESS ||
        (a[3] && (status = guest_read(call->machine, a[3], &request->size, sizeof request->size)) != STATUS_SUCCESS))
        return status;
    if (!a[6])
        return request->attributes & SEC_IMAGE ? STATUS_INVALID_FILE_FOR_SECTION : STATUS_SUCCESS;
    if ((status = file_of_handle(call, 6, &request->file, &granted)) != STATUS_SUCCESS)
        return status;
    if (section_file_access_for(request->protect) & ~granted)
        return STATUS_ACCESS_DENIED;
    bool has_data = request->file->type == OBJECT_FILE && !request->file->file.directory && request->file->file.node;
    return has_data ? STATUS_SUCCESS : STATUS_INVALID_FILE_FOR_SECTION;
}

/* --- Kinds of sections -------------------------------------------------------------------------------------------- */

static ntstatus_t make_image_section(struct machine *machine, const struct object *file, struct object *section)
{
    struct image_error why;
    mm_section mapped;
    ntstatus_t status = cache_flush(machine, file, 0, 0); /* what was stored into views of it is code, too */
    if (status != STATUS_SUCCESS)
        return status;
    int fd = dup(file->file.fd);
    if (fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = module_open_file(machine, fd, file->name, &why, &section->section.image);
    if (status == STATUS_SUCCESS)
        status = module_create_section(machine, section->section.image, &mapped);
    if (status == STATUS_SUCCESS)
        section->section.section = mapped;
    return status;
}

/* The file is made as long as the section wants it.  *ret_size: as it was. */
static ntstatus_t fit_file(struct machine *machine, const struct section_request *request, uint64_t *ret_size)
{
    struct host_info info;
    ntstatus_t status = file_look(request->file, &info);
    if (status != STATUS_SUCCESS)
        return status;
    *ret_size = info.size;
    if (info.size == 0 && request->size == 0)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (request->size <= info.size)
        return STATUS_SUCCESS;
    if (!is_writable(request->protect) || request->size > INT64_MAX)
        return STATUS_SECTION_TOO_BIG;
    const struct host_growth growth = {.from = info.size, .to = request->size, .data = request->size};
    if ((status = growth_make(machine, request->file->file.fd, &growth)) != STATUS_SUCCESS)
        return status;
    mapped_set_size(machine, request->file->file.node, request->size);
    file_touch(machine, request->file->file.node);
    return STATUS_SUCCESS;
}

/* Nothing came of it: the file is as long as it was. */
static void unfit_file(struct machine *machine, const struct section_request *request, uint64_t size)
{
    if (request->size <= size)
        return;
    const struct host_growth growth = {.from = size, .to = request->size, .data = request->size};
    growth_undo(machine, request->file->file.fd, &growth, size);
    mapped_set_size(machine, request->file->file.node, size);
}

static ntstatus_t make_data_section(struct machine *machine, const struct section_request *request,
                                    struct object *section)
{
    uint64_t before;
    ntstatus_t status = fit_file(machine, request, &before);
    if (status != STATUS_SUCCESS)
        return status;
    struct mm_section_request wanted = {
        .file_size = request->size > before ? request->size : before,
        .size = request->size,
        .attributes =
            (request->attributes & ~(uint32_t)(SEC_RESERVE | SEC_FILE)) | SEC_COMMIT, /* never reserved only */
    };
    mm_protection_from_page(request->protect, &wanted.protection);
    status =
        mapped_take(machine, request->file, is_writable(request->protect) ? MAPPED_WRITES : MAPPED_READS, &wanted.file);
    if (status == STATUS_SUCCESS) {
        const struct file_node *node = request->file->file.node;
        if (node->cache && wanted.file_size > node->cache->size) /* somebody on the host has made it longer */
            mapped_note_size(machine, node, wanted.file_size);
        mapped_note_section(machine, wanted.file);
        status = mm_section_create(machine->mm, &wanted, &section->section.section);
        mapped_drop(machine, wanted.file);
    }
    if (status != STATUS_SUCCESS) {
        section->section.section = 0;
        unfit_file(machine, request, before);
    }
    return status;
}

static ntstatus_t make_memory_section(struct machine *machine, const struct section_request *request,
                                      struct object *section)
{
    struct mm_section_request wanted = {.size = request->size, .attributes = request->attributes & ~(uint32_t)SEC_FILE};
    mm_protection_from_page(request->protect, &wanted.protection);
    if (request->size > INT64_MAX)
        return STATUS_SECTION_TOO_BIG;
    return mm_section_create(machine->mm, &wanted, &section->section.section);
}

/* --- The service -------------------------------------------------------------------------------------------------- */

static ntstatus_t make_section(struct nt_call *call, const struct section_request *request, struct object *section)
{
    if (request->attributes & SEC_LARGE_PAGES)
        return nt_not_modelled(call, "SEC_LARGE_PAGES");
    if (request->attributes & SEC_IMAGE)
        return make_image_section(call->machine, request->file, section);
    return request->file ? make_data_section(call->machine, request, section)
                         : make_memory_section(call->machine, request, section);
}

/* A name that is taken is met after all else, as on NT, where the object is inserted last. */
static ntstatus_t create_section(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct section_request request = {.protect = nt_ulong(call, 4), .attributes = nt_ulong(call, 5)};
    ntstatus_t status = plan(call, &request), existing;
    if (status != STATUS_SUCCESS)
        return status;
    struct object *section = object_create(&machine->objects, OBJECT_SECTION);
    if (!section)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = make_section(call, &request, section);
    if (status == STATUS_SUCCESS && !nt_open_existing(call, OBJECT_SECTION, &request.new, &existing))
        return nt_give_handle(call, section, &request.new);
    object_release(&machine->objects, section);
    return status == STATUS_SUCCESS ? existing : status;
}

const struct nt_service nt_services_section[] = {
    {"NtCreateSection", 7, create_section},
    {"NtMapViewOfSection", 10, nt_map_view_of_section},
    {"NtUnmapViewOfSection", 2, nt_unmap_view_of_section},
    {"NtQuerySection", 5, nt_query_section},
    {"NtExtendSection", 2, nt_extend_section},
    {0},
};
