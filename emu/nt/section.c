/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section.c - section services; only images in this delivery. */
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"

struct section_image_information {
    uint32_t TransferAddress, ZeroBits, MaximumStackSize, CommittedStackSize, SubSystemType;
    uint16_t SubSystemMinorVersion, SubSystemMajorVersion;
    uint32_t GpValue;
    uint16_t ImageCharacteristics, DllCharacteristics, Machine;
    uint8_t ImageContainsCode, Spare1;
    uint32_t LoaderFlags, ImageFileSize, Reserved;
};
static_assert(sizeof(struct section_image_information) == 0x30, "SECTION_IMAGE_INFORMATION");

/* Steps 1 to 5 of nt-reference 5.8. */
static ntstatus_t check_attributes(uint32_t attributes, uint32_t protect)
{
    const uint32_t known = SEC_FILE | SEC_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE | SEC_NO_CHANGE | 0x80200000u;
    unsigned protection;
    if ((attributes & ~known) || !(attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)))
        return STATUS_INVALID_PARAMETER_6;
    if ((attributes & SEC_IMAGE) && (attributes & (SEC_COMMIT | SEC_RESERVE | SEC_NOCACHE | SEC_NO_CHANGE)))
        return STATUS_INVALID_PARAMETER_6;
    if ((attributes & SEC_COMMIT) && (attributes & SEC_RESERVE))
        return STATUS_INVALID_PARAMETER_6;
    if ((protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE | PAGE_GUARD | PAGE_NOACCESS)) ||
        !mm_protection_from_page(protect, &protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

static ntstatus_t make_image_section(struct machine *machine, const struct object *file, struct object *section)
{
    struct image_error why;
    mm_section mapped;
    int fd = dup(file->file.fd);
    if (fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = module_open_file(machine, fd, file->name, &why, &section->section.image);
    if (status == STATUS_SUCCESS)
        status = module_create_section(machine, section->section.image, &mapped);
    if (status == STATUS_SUCCESS)
        section->section.section = mapped;
    return status;
}

static ntstatus_t create_section(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const uint32_t *a = call->arguments;
    struct object *file;
    unsigned output;
    ntstatus_t status;
    if ((status = check_attributes(a[5], a[4])) != STATUS_SUCCESS ||
        (status = nt_output(call, a[0], 4, &output)) != STATUS_SUCCESS)
        return status;
    if (!(a[5] & SEC_IMAGE))
        return nt_not_modelled(call, "a section that is no image");
    if (!a[6])
        return STATUS_INVALID_FILE_FOR_SECTION;
    if ((status = object_reference(&machine->objects, a[6], OBJECT_FILE, &file)) != STATUS_SUCCESS)
        return status;
    if (file->file.directory)
        return STATUS_INVALID_FILE_FOR_SECTION;
    struct object *section = object_create(&machine->objects, OBJECT_SECTION);
    if (!section)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = make_image_section(machine, file, section);
    uint32_t handle = status == STATUS_SUCCESS ? object_insert(&machine->objects, section) : 0;
    if (status == STATUS_SUCCESS && !handle)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (status == STATUS_SUCCESS)
        nt_put32(call, output, handle);
    object_release(&machine->objects, section);
    return status;
}

/* Arguments: 0 section 1 process 2 *base 3 zero bits 4 commit 5 *offset 6 *size 7 inherit 8 type 9 protect. */
static ntstatus_t map_view(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const uint32_t *a = call->arguments;
    struct object *section;
    unsigned base_output, size_output, protection;
    uint32_t base;
    ntstatus_t status;
    if (a[7] != 1 && a[7] != 2)
        return STATUS_INVALID_PARAMETER_8;
    if (a[8] & ~(MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES | MEM_DOS_LIM))
        return STATUS_INVALID_PARAMETER_9;
    if (!mm_protection_from_page(a[9], &protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((status = nt_output(call, a[2], 4, &base_output)) != STATUS_SUCCESS ||
        (status = nt_output(call, a[6], 4, &size_output)) != STATUS_SUCCESS ||
        (status = nt_check_process(call, a[1])) != STATUS_SUCCESS ||
        (status = object_reference(&machine->objects, a[0], OBJECT_SECTION, &section)) != STATUS_SUCCESS)
        return status;
    mm_hold_read(machine->mm, &call->outputs[base_output], 0, &base, 4);
    struct mm_view view = {.base = base};
    status = module_map(machine, section->section.section, section->section.image, &view);
    if (nt_success(status)) {
        nt_put32(call, base_output, (uint32_t)view.base);
        nt_put32(call, size_output, (uint32_t)view.size);
    }
    if (status != STATUS_MM_WAIT)
        event_region(machine,
                     &(struct event_region){
                         .kind = TRACE_MAP, .base = view.base, .size = view.size, .protect = a[9], .status = status});
    return status;
}

static ntstatus_t unmap_view(struct nt_call *call)
{
    struct machine *machine = call->machine;
    va_t va = call->arguments[1];
    ntstatus_t status = nt_check_process(call, call->arguments[0]);
    if (status != STATUS_SUCCESS)
        return status;
    const struct module *module = module_at(machine, va);
    struct event_region region = {.kind = TRACE_UNMAP, .base = va};
    if (module) {
        region.base = module->base;
        region.size = module->size;
    }
    region.status = mm_unmap_view(machine->mm, machine->process.space, va);
    if (region.status == STATUS_MM_WAIT)
        return region.status;
    event_region(machine, &region);
    if (nt_success(region.status))
        module_forget(machine, va);
    return region.status;
}

static ntstatus_t query_section(struct nt_call *call)
{
    enum { BASIC, IMAGE };
    const uint32_t *a = call->arguments;
    struct object *section;
    ntstatus_t status = object_reference(&call->machine->objects, a[0], OBJECT_SECTION, &section);
    if (status != STATUS_SUCCESS)
        return status;
    const struct image_info *info = image_info(call->machine->images[section->section.image - 1].image);
    if (a[1] == BASIC) {
        struct {
            uint32_t base, attributes;
            uint64_t size;
        } basic = {.attributes = SEC_IMAGE | SEC_FILE, .size = info->size_of_image};
        return nt_answer(call, &(struct nt_information){&basic, sizeof basic, a[2], a[3], a[4]});
    }
    if (a[1] != IMAGE)
        return STATUS_INVALID_INFO_CLASS;
    struct section_image_information image = {
        .TransferAddress = info->entry_point ? (uint32_t)info->preferred_base + info->entry_point : 0,
        .MaximumStackSize = (uint32_t)info->stack_reserve,
        .CommittedStackSize = (uint32_t)info->stack_commit,
        .SubSystemType = info->subsystem,
        .SubSystemMinorVersion = info->subsystem_minor,
        .SubSystemMajorVersion = info->subsystem_major,
        .ImageCharacteristics = info->characteristics,
        .DllCharacteristics = info->dll_characteristics,
        .Machine = info->machine,
        .ImageContainsCode = info->contains_code,
        .ImageFileSize = (uint32_t)info->file_size,
    };
    return nt_answer(call, &(struct nt_information){&image, sizeof image, a[2], a[3], a[4]});
}

const struct nt_service nt_services_section[] = {
    {"NtCreateSection", 7, create_section},
    {"NtMapViewOfSection", 10, map_view},
    {"NtUnmapViewOfSection", 2, unmap_view},
    {"NtQuerySection", 5, query_section},
    {0},
};
