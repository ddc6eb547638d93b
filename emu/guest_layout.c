/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_layout.c - the two layouts, and records in either. */
#include "emu/guest_layout.h"

#include <assert.h>
#include <string.h>

#include "emu/context.h"
#include "loader/image.h"

#define X86(name, x86, x64) .name = x86,
#define X64(name, x86, x64) .name = x64,

const struct guest_layout guest_layout_x86 = {
    .pointer = 4,
    .digits = 8,
    .machine = IMAGE_MACHINE_I386,
    .architecture = "x86",
    .probe_address = 0x7FFF0000,
    .peb_address = 0x7FFDF000,
    .teb_address = 0x7FFDE000,
    .teb_region = 0x1000,
    .shared_data_system = 0xFFDF0000,
    .context = &context_format_x86,
    .teb = {GUEST_TEB_FIELDS(X86)},
    .peb = {GUEST_PEB_FIELDS(X86)},
    .parameters = {GUEST_PARAMETERS_FIELDS(X86)},
    .exception_record = {GUEST_EXCEPTION_RECORD_FIELDS(X86)},
    .object_attributes = {GUEST_OBJECT_ATTRIBUTES_FIELDS(X86)},
    .unicode_string = {GUEST_UNICODE_STRING_FIELDS(X86)},
};

const struct guest_layout guest_layout_x64 = {
    .pointer = 8,
    .digits = 16,
    .machine = IMAGE_MACHINE_AMD64,
    .architecture = "AMD64",
    .probe_address = 0x7FFFFFF0000,
    .peb_address = 0x7FFFFFDF000,
    .teb_address = 0x7FFFFFDD000,
    .teb_region = 0x2000,
    .shared_data_system = 0xFFFFF78000000000,
    .thunk = {0x4C, 0x8B, 0xD1}, /* mov r10, rcx */
    .thunk_length = 3,
    .context = &context_format_x64,
    .teb = {GUEST_TEB_FIELDS(X64)},
    .peb = {GUEST_PEB_FIELDS(X64)},
    .parameters = {GUEST_PARAMETERS_FIELDS(X64)},
    .exception_record = {GUEST_EXCEPTION_RECORD_FIELDS(X64)},
    .object_attributes = {GUEST_OBJECT_ATTRIBUTES_FIELDS(X64)},
    .unicode_string = {GUEST_UNICODE_STRING_FIELDS(X64)},
};

/* --- Records ----------------------------------------------------------------------------------------------- */

struct guest_record record_begin(const struct guest_layout *layout)
{
    return (struct guest_record){.layout = layout};
}

static void align(struct guest_record *record, unsigned unit)
{
    record->length = (record->length + unit - 1) & ~(unit - 1);
}

static void append(struct guest_record *record, uint64_t value, unsigned size)
{
    align(record, size);
    assert(record->length + size <= sizeof record->bytes);
    memcpy(record->bytes + record->length, &value, size);
    record->length += size;
}

void record_u8(struct guest_record *record, uint8_t value)
{
    append(record, value, 1);
}

void record_u16(struct guest_record *record, uint16_t value)
{
    append(record, value, 2);
}

void record_u32(struct guest_record *record, uint32_t value)
{
    append(record, value, 4);
}

void record_u64(struct guest_record *record, uint64_t value)
{
    append(record, value, 8);
}

void record_pointer(struct guest_record *record, uint64_t value)
{
    append(record, value, record->layout->pointer);
}

void record_end(struct guest_record *record)
{
    align(record, record->layout->pointer);
}
