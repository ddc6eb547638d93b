/* SPDX-License-Identifier: GPL-2.0-or-later */
/* headers.c - PE headers: read, checked, taken apart.
 *
 * Statuses are NT's: no MZ is INVALID_IMAGE_NOT_MZ, an MZ file that is no PE is INVALID_IMAGE_PROTECT (a DOS program),
 * INVALID_IMAGE_WIN_16 or INVALID_IMAGE_LE_FORMAT, all else INVALID_IMAGE_FORMAT (nt-reference 5.8). */
#include <string.h>

#include "loader/pe.h"

/* Offsets in the optional header that differ between PE32 and PE32+. */
struct optional_form {
    uint32_t fixed_size; /* up to the data directories */
    uint32_t stack_reserve, word;
};
static const struct optional_form form_32 = {96, 72, 4}, form_64 = {112, 72, 8};

#define BAD(...) pe_fail(ret_error, STATUS_INVALID_IMAGE_FORMAT, __VA_ARGS__)

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool read_whole(const struct image *image, uint64_t offset, void *buffer, size_t length)
{
    return pe_read_file(image, offset, buffer, length) == (int64_t)length;
}

/* Where the PE signature is. */
static bool find_pe(const struct image *image, uint32_t *ret_offset, struct image_error *ret_error)
{
    uint8_t dos[PE_DOS_HEADER_SIZE] = {0}, signature[4] = {0};
    int64_t got = pe_read_file(image, 0, dos, sizeof(dos));

    if (got < 2 || dos[0] != 'M' || dos[1] != 'Z')
        return pe_fail(ret_error, STATUS_INVALID_IMAGE_NOT_MZ, "not a PE file (no MZ signature)");
    uint32_t offset = pe_u32(dos + PE_DOS_LFANEW);
    if (got < PE_DOS_HEADER_SIZE || offset == 0 || pe_read_file(image, offset, signature, 4) < 2)
        return pe_fail(ret_error, STATUS_INVALID_IMAGE_PROTECT, "a DOS program, not a PE file (no PE header)");
    if (memcmp(signature, "PE\0\0", 4) == 0) {
        *ret_offset = offset;
        return true;
    }
    if (memcmp(signature, "NE", 2) == 0)
        return pe_fail(ret_error, STATUS_INVALID_IMAGE_WIN_16, "a 16-bit Windows program (NE), not a PE file");
    if (memcmp(signature, "LE", 2) == 0 || memcmp(signature, "LX", 2) == 0)
        return pe_fail(ret_error, STATUS_INVALID_IMAGE_LE_FORMAT, "a linear executable (LE), not a PE file");
    return pe_fail(ret_error, STATUS_INVALID_IMAGE_PROTECT, "a DOS program, not a PE file (no PE signature)");
}

static const char *machine_name(uint16_t machine)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {
        {0x0200, "Itanium"}, {0x01c0, "ARM"},     {0x01c4, "ARM Thumb-2"},   {0xaa64, "ARM64"},  {0x0166, "MIPS"},
        {0x0184, "Alpha"},   {0x01f0, "PowerPC"}, {0x0ebc, "EFI byte code"}, {0x5064, "RISC-V"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].machine == machine)
            return names[i].name;
    }
    return "an unknown processor";
}

static bool check_file_header(const uint8_t *header, struct image_info *info, struct image_error *ret_error)
{
    info->machine = pe_u16(header + 4);
    info->timestamp = pe_u32(header + 8);
    info->characteristics = pe_u16(header + 22);
    info->is_dll = info->characteristics & PE_FILE_DLL;
    info->large_address_aware = info->characteristics & PE_FILE_LARGE_ADDRESS_AWARE;

    if (info->machine != IMAGE_MACHINE_I386 && info->machine != IMAGE_MACHINE_AMD64)
        return BAD("made for %s (machine type 0x%x), only x86 and x64 programs run", machine_name(info->machine),
                   info->machine);
    if (!(info->characteristics & PE_FILE_EXECUTABLE_IMAGE))
        return BAD("not executable: the linker left errors or undefined symbols in it");
    return true;
}

static void take_sizes(const uint8_t *optional, const struct optional_form *form, struct image_info *info)
{
    uint64_t *fields[] = {&info->stack_reserve, &info->stack_commit, &info->heap_reserve, &info->heap_commit};

    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *field = optional + form->stack_reserve + i * form->word;
        *fields[i] = form->word == 8 ? pe_u64(field) : pe_u32(field);
    }
}

static void take_optional_header(const uint8_t *optional, const struct optional_form *form, struct image *image)
{
    struct image_info *info = &image->info;
    struct pe_headers *headers = &image->headers;

    info->entry_point = pe_u32(optional + 16);
    info->preferred_base = form == &form_64 ? pe_u64(optional + 24) : pe_u32(optional + 28);
    headers->section_alignment = pe_u32(optional + 32);
    headers->file_alignment = pe_u32(optional + 36);
    info->subsystem_major = pe_u16(optional + 48);
    info->subsystem_minor = pe_u16(optional + 50);
    info->size_of_image = pe_u32(optional + 56);
    headers->size_of_headers = pe_u32(optional + 60);
    info->checksum = pe_u32(optional + 64);
    info->subsystem = pe_u16(optional + 68);
    info->dll_characteristics = pe_u16(optional + 70);
    take_sizes(optional, form, info);
}

static bool check_optional_header(const struct image *image, struct image_error *ret_error)
{
    const struct image_info *info = &image->info;
    const struct pe_headers *headers = &image->headers;
    uint32_t section = headers->section_alignment, file = headers->file_alignment;
    uint64_t top = image->headers.magic == PE_MAGIC_32 ? 1ull << 32 : 1ull << 47;

    if (!is_power_of_two(file) || (file < PE_SECTOR && file != section))
        return BAD("file alignment 0x%x is no power of two from 512 up", file);
    if (!is_power_of_two(section) || section < file)
        return BAD("section alignment 0x%x is no power of two or less than the file alignment 0x%x", section, file);
    if (section < MMU_PAGE_SIZE && section != file)
        return BAD("section alignment 0x%x is less than a page and not the file alignment 0x%x", section, file);
    if (info->size_of_image == 0 || info->size_of_image > 0x80000000u)
        return BAD("image size 0x%x is zero or more than 2 GB", info->size_of_image);
    if (headers->size_of_headers == 0 || headers->size_of_headers > info->size_of_image)
        return BAD("header size 0x%x is zero or more than the image size 0x%x", headers->size_of_headers,
                   info->size_of_image);
    if (info->preferred_base & 0xffff)
        return BAD("image base 0x%llx is no multiple of 64 KB", (unsigned long long)info->preferred_base);
    if (info->preferred_base >= top || info->preferred_base + info->size_of_image > top)
        return BAD("image base 0x%llx and size 0x%x do not fit the address space",
                   (unsigned long long)info->preferred_base, info->size_of_image);
    return true;
}

static bool parse_optional_header(struct image *image, uint64_t offset, uint32_t size, struct image_error *ret_error)
{
    uint8_t optional[112 + 8 * IMAGE_DIRECTORY_COUNT] = {0};
    struct pe_headers *headers = &image->headers;

    if (size < 2 || !read_whole(image, offset, optional, size < sizeof(optional) ? size : sizeof(optional)))
        return BAD("the optional header is missing or cut short");
    const struct optional_form *form = pe_u16(optional) == PE_MAGIC_64 ? &form_64 : &form_32;
    if (pe_u16(optional) != PE_MAGIC_32 && pe_u16(optional) != PE_MAGIC_64)
        return BAD("optional header magic 0x%x is neither PE32 nor PE32+", pe_u16(optional));
    headers->magic = pe_u16(optional) == PE_MAGIC_64 ? PE_MAGIC_64 : PE_MAGIC_32;
    if ((headers->magic == PE_MAGIC_64) != (image->info.machine == IMAGE_MACHINE_AMD64))
        return BAD("machine type 0x%x does not go with a %s header", image->info.machine,
                   form == &form_64 ? "PE32+" : "PE32");
    if (size < form->fixed_size)
        return BAD("the optional header has %u bytes, at least %u are needed", size, form->fixed_size);
    take_optional_header(optional, form, image);

    uint32_t directories = pe_u32(optional + form->fixed_size - 4);
    uint32_t room = (size - form->fixed_size) / 8;
    for (uint32_t i = 0; i < IMAGE_DIRECTORY_COUNT && i < directories && i < room; i++) {
        headers->directories[i].rva = pe_u32(optional + form->fixed_size + 8 * i);
        headers->directories[i].size = pe_u32(optional + form->fixed_size + 8 * i + 4);
    }
    return check_optional_header(image, ret_error);
}

static bool parse_sections(struct image *image, uint64_t offset, uint32_t count, struct image_error *ret_error)
{
    struct pe_headers *headers = &image->headers;
    uint8_t bytes[PE_SECTION_HEADER_SIZE];

    if (count > PE_MAX_SECTIONS)
        return BAD("%u sections are more than the %u allowed", count, PE_MAX_SECTIONS);
    for (uint32_t i = 0; i < count; i++) {
        struct pe_section *section = &headers->sections[i];
        if (!read_whole(image, offset + i * PE_SECTION_HEADER_SIZE, bytes, sizeof(bytes)))
            return BAD("the file ends in its section table");
        memcpy(section->name, bytes, 8);
        section->virtual_size = pe_u32(bytes + 8);
        section->rva = pe_u32(bytes + 12);
        section->raw_size = pe_u32(bytes + 16);
        section->raw_offset = pe_u32(bytes + 20);
        section->characteristics = pe_u32(bytes + 36);
        if (section->characteristics & (PE_SCN_CNT_CODE | PE_SCN_MEM_EXECUTE))
            image->info.contains_code = true;
    }
    headers->section_count = count;
    return true;
}

bool pe_parse_headers(struct image *image, struct image_error *ret_error)
{
    uint8_t header[PE_FILE_HEADER_SIZE];
    uint32_t pe = 0;

    if (!find_pe(image, &pe, ret_error))
        return false;
    if (!read_whole(image, pe, header, sizeof(header)))
        return BAD("the file ends in its PE header");
    if (!check_file_header(header, &image->info, ret_error))
        return false;
    image->headers.symbol_offset = pe_u32(header + 12);
    image->headers.symbol_count = pe_u32(header + 16);

    uint64_t optional = (uint64_t)pe + PE_FILE_HEADER_SIZE;
    uint64_t sections = optional + pe_u16(header + 20);
    uint32_t count = pe_u16(header + 6);
    if (!parse_optional_header(image, optional, pe_u16(header + 20), ret_error) ||
        !parse_sections(image, sections, count, ret_error))
        return false;
    if (sections + (uint64_t)count * PE_SECTION_HEADER_SIZE > image->headers.size_of_headers)
        return BAD("its headers end at 0x%llx, beyond the header size 0x%x: the program could not see them",
                   (unsigned long long)sections + (uint64_t)count * PE_SECTION_HEADER_SIZE,
                   image->headers.size_of_headers);
    return true;
}
