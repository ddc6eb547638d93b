/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section.c - section services; only images in this delivery. */
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

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
    const uint64_t *a = call->arguments;
    struct nt_new_object new;
    struct object *file;
    ntstatus_t status;
    if ((status = check_attributes(nt_ulong(call, 5), nt_ulong(call, 4))) != STATUS_SUCCESS ||
        (status = nt_plan_new(call, &new)) != STATUS_SUCCESS)
        return status;
    if (!(a[5] & SEC_IMAGE))
        return nt_not_modelled(call, "a section that is no image");
    if (nt_open_existing(call, OBJECT_SECTION, &new, &status))
        return status;
    if (a[6] == 0)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if ((status = nt_object(call, 6, (struct object_want){OBJECT_FILE, 0}, &file)) != STATUS_SUCCESS)
        return status;
    if (file->file.directory)
        return STATUS_INVALID_FILE_FOR_SECTION;
    struct object *section = object_create(&machine->objects, OBJECT_SECTION);
    if (!section)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = make_image_section(machine, file, section);
    if (status == STATUS_SUCCESS)
        return nt_give_handle(call, section, &new);
    object_release(&machine->objects, section);
    return status;
}

/* Arguments: 0 section 1 process 2 *base 3 zero bits 4 commit 5 *offset 6 *size 7 inherit 8 type 9 protect. */
static ntstatus_t map_view(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const uint64_t *a = call->arguments;
    struct process *process;
    struct object *section;
    unsigned base_output, size_output, protection;
    uint32_t inherit = nt_ulong(call, 7), type = nt_ulong(call, 8), protect = nt_ulong(call, 9);
    ntstatus_t status;
    if (inherit != 1 && inherit != 2)
        return STATUS_INVALID_PARAMETER_8;
    if (type & ~(MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES | MEM_DOS_LIM))
        return STATUS_INVALID_PARAMETER_9;
    if (!mm_protection_from_page(protect, &protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((status = nt_output_pointer(call, a[2], &base_output)) != STATUS_SUCCESS ||
        (status = nt_output_pointer(call, a[6], &size_output)) != STATUS_SUCCESS ||
        (status = nt_process(call, 1, PROCESS_VM_OPERATION, &process)) != STATUS_SUCCESS ||
        (status = nt_object(call, 0, (struct object_want){OBJECT_SECTION, 0}, &section)) != STATUS_SUCCESS)
        return status;
    struct mm_view view = {.base = nt_get_pointer(call, base_output)};
    status = module_map(machine, process, section->section.section, section->section.image, &view);
    if (nt_success(status) &&
        image_info(machine->images[section->section.image - 1].image)->machine != machine->layout->machine)
        status = STATUS_IMAGE_MACHINE_TYPE_MISMATCH;
    if (nt_success(status)) {
        nt_put_pointer(call, base_output, view.base);
        nt_put_pointer(call, size_output, view.size);
    }
    if (status != STATUS_MM_WAIT)
        event_region(
            machine,
            &(struct event_region){
                .kind = TRACE_MAP, .base = view.base, .size = view.size, .protect = protect, .status = status});
    return status;
}

static ntstatus_t unmap_view(struct nt_call *call)
{
    struct machine *machine = call->machine;
    va_t va = call->arguments[1];
    struct process *process;
    ntstatus_t status = nt_process(call, 0, PROCESS_VM_OPERATION, &process);
    if (status != STATUS_SUCCESS)
        return status;
    const struct module *module = module_at(process, va);
    struct event_region region = {.kind = TRACE_UNMAP, .base = va};
    if (module) {
        region.base = module->base;
        region.size = module->size;
    }
    region.status = mm_unmap_view(machine->mm, process->space, va);
    if (region.status == STATUS_MM_WAIT)
        return region.status;
    event_region(machine, &region);
    if (nt_success(region.status))
        module_forget(process, va);
    return region.status;
}

/* SECTION_IMAGE_INFORMATION (nt-reference 2.3). */
static void describe_image(struct guest_record *record, const struct image_info *info)
{
    record_pointer(record, info->entry_point ? info->preferred_base + info->entry_point : 0);
    record_u32(record, 0); /* ZeroBits */
    record_pointer(record, info->stack_reserve);
    record_pointer(record, info->stack_commit);
    record_u32(record, info->subsystem);
    record_u16(record, info->subsystem_minor);
    record_u16(record, info->subsystem_major);
    record_u32(record, 0); /* GpValue */
    record_u16(record, info->characteristics);
    record_u16(record, info->dll_characteristics);
    record_u16(record, info->machine);
    record_u8(record, info->contains_code);
    record_u8(record, 0);
    record_u32(record, 0); /* LoaderFlags */
    record_u32(record, (uint32_t)info->file_size);
    record_u32(record, 0);
}

static ntstatus_t query_section(struct nt_call *call)
{
    enum { BASIC, IMAGE };
    const uint64_t *a = call->arguments;
    struct object *section;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_SECTION, 0}, &section);
    if (status != STATUS_SUCCESS)
        return status;
    const struct image_info *info = image_info(call->machine->images[section->section.image - 1].image);
    struct guest_record record = record_begin(call->machine->layout);
    switch (nt_ulong(call, 1)) {
    case BASIC:
        record_pointer(&record, 0);
        record_u32(&record, SEC_IMAGE | SEC_FILE);
        record_u64(&record, info->size_of_image);
        break;
    case IMAGE: describe_image(&record, info); break;
    default: return STATUS_INVALID_INFO_CLASS;
    }
    return nt_answer_record(
        call, &record,
        (struct nt_information){
            .buffer = a[2], .room = a[3], .returned = a[4], .returned_size = call->machine->layout->pointer});
}

const struct nt_service nt_services_section[] = {
    {"NtCreateSection", 7, create_section},
    {"NtMapViewOfSection", 10, map_view},
    {"NtUnmapViewOfSection", 2, unmap_view},
    {"NtQuerySection", 5, query_section},
    {0},
};
