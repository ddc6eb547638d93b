/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_query.c - NtQuerySection, NtExtendSection (nt-reference 2.3, 5.8). */
#include "emu/growth.h"
#include "emu/machine_internal.h"
#include "emu/nt/section.h"

enum section_class { SECTION_BASIC_CLASS, SECTION_IMAGE_CLASS };

static void describe_basic(struct guest_record *record, const struct mm_section_info *info)
{
    record_pointer(record, info->based_address);
    record_u32(record, info->attributes);
    record_u64(record, info->size);
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

/* Arguments: 0 section 1 class 2 buffer 3 length 4 *returned. */
ntstatus_t nt_query_section(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    const struct guest_layout *layout = call->machine->layout;
    const uint32_t class = nt_ulong(call, 1), wide = layout->pointer == 8;
    const uint64_t room = wide ? a[3] : (uint32_t)a[3];
    struct object *section;
    if (class > SECTION_IMAGE_CLASS)
        return STATUS_INVALID_INFO_CLASS;
    if (room < (class == SECTION_BASIC_CLASS ? (wide ? 0x18u : 0x10u) : (wide ? 0x40u : 0x30u)))
        return STATUS_INFO_LENGTH_MISMATCH;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_SECTION, SECTION_QUERY}, &section);
    if (status != STATUS_SUCCESS)
        return status;
    struct guest_record record = record_begin(layout);
    struct mm_section_info info;
    if (class == SECTION_IMAGE_CLASS && !section->section.image)
        return STATUS_SECTION_NOT_IMAGE;
    if (class == SECTION_IMAGE_CLASS) {
        describe_image(&record, image_info(call->machine->images[section->section.image - 1].image));
    } else {
        mm_section_query(call->machine->mm, section->section.section, &info);
        describe_basic(&record, &info);
    }
    return nt_answer_record(
        call, &record,
        (struct nt_information){.buffer = a[2], .room = room, .returned = a[4], .returned_size = layout->pointer});
}

/* The file behind the section is as long as wanted.  => STATUS_SECTION_NOT_EXTENDED: it is of no data file, or would
 * become longer and is not the section's to write. */
static ntstatus_t grow_file(struct machine *machine, const struct mm_section_info *section, uint64_t size)
{
    const struct mapped_file *mapped = mapped_of(machine, section->file);
    unsigned access = section->protection & MM_PROTECT_ACCESS_MASK;
    struct host_info info;
    if (!mapped)
        return STATUS_SECTION_NOT_EXTENDED;
    ntstatus_t status = host_look_at(mapped->fd, &info);
    if (status == STATUS_SUCCESS && size <= info.size)
        mapped_note_size(machine, mapped->node, info.size);
    if (status != STATUS_SUCCESS || size <= info.size)
        return status;
    if (access != MM_READWRITE && access != MM_EXECUTE_READWRITE)
        return STATUS_SECTION_NOT_EXTENDED; /* whoever else may write the file */
    if (size > INT64_MAX)
        return STATUS_SECTION_TOO_BIG;
    const struct host_growth growth = {.from = info.size, .to = size, .data = size};
    if ((status = growth_make(machine, mapped->fd, &growth)) != STATUS_SUCCESS)
        return status;
    mapped_set_size(machine, mapped->node, size);
    if (!mapped->node)
        mm_file_size_changed(machine->mm, section->file, size);
    file_touch(machine, mapped->node);
    return STATUS_SUCCESS;
}

/* Arguments: 0 section 1 *size. */
ntstatus_t nt_extend_section(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct object *section;
    struct mm_section_info info;
    unsigned output;
    uint64_t size;
    ntstatus_t status;
    if ((status = nt_output(call, call->arguments[1], sizeof size, &output)) != STATUS_SUCCESS ||
        (status = nt_object(call, 0, (struct object_want){OBJECT_SECTION, SECTION_EXTEND_SIZE}, &section)) !=
            STATUS_SUCCESS)
        return status;
    mm_hold_read(machine->mm, &call->outputs[output], 0, &size, sizeof size);
    mm_section_query(machine->mm, section->section.section, &info);
    if (section->section.image || !info.file)
        return STATUS_SECTION_NOT_EXTENDED;
    if (size > info.size && (status = grow_file(machine, &info, size)) != STATUS_SUCCESS)
        return status;
    status = mm_section_extend(machine->mm, section->section.section, &size);
    if (nt_success(status))
        nt_put(call, output, 0, &size, sizeof size);
    return status;
}
