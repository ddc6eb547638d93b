/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource_file.c - a PE file with other resources in it.
 *
 * The new directory goes where the old one was, if it fits below the section that follows, or if what follows is only
 * the relocations, which nothing else points to: then they move up.  Otherwise, and where there was none, a section is
 * added at the end.  In the file a stretch of bytes is replaced by another of another length: sections behind it move,
 * and with them the offsets that the headers hold (symbols, debug data, certificates). */
#include "resource_file.h"

enum {
    SECTIONS_MAX = 96,
    DIRECTORIES = 16,
    FILE_LARGEST = 0x7FFF0000,
    CHECKSUM_AT = 64, /* in an optional header of either width */
    DEBUG_ENTRY = 28,
    RESOURCE_SECTION = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ,
};

/* A file's headers, inside a copy of the file that may be changed. */
struct pe {
    BYTE *file;
    DWORD size, optional_at;
    IMAGE_FILE_HEADER *header;
    IMAGE_OPTIONAL_HEADER32 *optional; /* what both widths have in the same place: up to CheckSum */
    IMAGE_SECTION_HEADER *sections;
    DWORD count;
    IMAGE_DATA_DIRECTORY *directories;
    DWORD directory_count;
    DWORD section_alignment, file_alignment;
};

static ULONGLONG align(ULONGLONG value, DWORD to)
{
    return (value + to - 1) / to * to;
}

static bool is_power_of_two(DWORD value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool sections_are_sane(const struct pe *pe)
{
    ULONGLONG end = 0;

    for (DWORD i = 0; i < pe->count; i++) {
        const IMAGE_SECTION_HEADER *s = &pe->sections[i];
        ULONGLONG size = s->Misc.VirtualSize != 0 ? s->Misc.VirtualSize : s->SizeOfRawData;
        if (s->VirtualAddress < end || s->VirtualAddress % pe->section_alignment != 0)
            return false;
        if (s->SizeOfRawData != 0 && ((ULONGLONG)s->PointerToRawData + s->SizeOfRawData > pe->size ||
                                      s->PointerToRawData < (DWORD)((BYTE *)(pe->sections + pe->count) - pe->file)))
            return false; /* not inside, or over the headers */
        end = s->VirtualAddress + size;
    }
    return end < FILE_LARGEST;
}

static bool open_pe(BYTE *file, DWORD size, struct pe *ret)
{
    struct pe pe = {.file = file, .size = size};
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)file;

    if (size < sizeof *dos || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0 ||
        (ULONGLONG)dos->e_lfanew + sizeof(IMAGE_NT_HEADERS64) > size ||
        *(const DWORD *)(file + dos->e_lfanew) != IMAGE_NT_SIGNATURE)
        return false;
    pe.header = (IMAGE_FILE_HEADER *)(file + dos->e_lfanew + sizeof(DWORD));
    pe.optional = (IMAGE_OPTIONAL_HEADER32 *)(pe.header + 1);
    pe.optional_at = (DWORD)((BYTE *)pe.optional - file);
    bool wide = pe.optional->Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    if (!wide && pe.optional->Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC)
        return false;
    IMAGE_OPTIONAL_HEADER64 *optional64 = (IMAGE_OPTIONAL_HEADER64 *)pe.optional;
    pe.directories = wide ? optional64->DataDirectory : pe.optional->DataDirectory;
    pe.directory_count = wide ? optional64->NumberOfRvaAndSizes : pe.optional->NumberOfRvaAndSizes;
    pe.count = pe.header->NumberOfSections;
    pe.sections = (IMAGE_SECTION_HEADER *)((BYTE *)pe.optional + pe.header->SizeOfOptionalHeader);
    pe.section_alignment = pe.optional->SectionAlignment;
    pe.file_alignment = pe.optional->FileAlignment;
    if (pe.directory_count > DIRECTORIES)
        pe.directory_count = DIRECTORIES;
    if (pe.directory_count <= IMAGE_DIRECTORY_ENTRY_RESOURCE || pe.count == 0 || pe.count > SECTIONS_MAX ||
        (BYTE *)(pe.directories + pe.directory_count) > (BYTE *)pe.sections ||
        (ULONGLONG)((BYTE *)(pe.sections + pe.count) - file) > size || !is_power_of_two(pe.file_alignment) ||
        !is_power_of_two(pe.section_alignment) || pe.section_alignment < pe.file_alignment ||
        pe.section_alignment > 1u << 24 || !sections_are_sane(&pe))
        return false;
    *ret = pe;
    return true;
}

/* ---- the plan ---- */

struct plan {
    DWORD section;    /* the one that holds the resources; count: a new one */
    DWORD rva, bytes; /* of the resources */
    DWORD move_up;    /* the relocations behind them, by so much */
    DWORD from, to;   /* the stretch of the old file that goes */
    DWORD pad, raw;   /* what comes: so many zeros, and the resources with their padding */
};

static DWORD end_of_image(const struct pe *pe)
{
    const IMAGE_SECTION_HEADER *last = &pe->sections[pe->count - 1];
    DWORD size = last->Misc.VirtualSize != 0 ? last->Misc.VirtualSize : last->SizeOfRawData;

    return (DWORD)align((ULONGLONG)last->VirtualAddress + size, pe->section_alignment);
}

static DWORD end_of_raw(const struct pe *pe)
{
    DWORD end = (DWORD)((BYTE *)(pe->sections + pe->count) - pe->file);

    for (DWORD i = 0; i < pe->count; i++) {
        const IMAGE_SECTION_HEADER *s = &pe->sections[i];
        if (s->SizeOfRawData != 0 && s->PointerToRawData + s->SizeOfRawData > end)
            end = s->PointerToRawData + s->SizeOfRawData;
    }
    return end;
}

/* => the section that begins with the resource directory; count: none. */
static DWORD find_section(const struct pe *pe)
{
    DWORD rva = pe->directories[IMAGE_DIRECTORY_ENTRY_RESOURCE].VirtualAddress, i = 0;

    while (i < pe->count && (rva == 0 || pe->sections[i].VirtualAddress != rva || pe->sections[i].SizeOfRawData == 0))
        i++;
    return i;
}

static bool only_relocations_follow(const struct pe *pe, DWORD section)
{
    return section + 2 == pe->count && pe->directory_count > IMAGE_DIRECTORY_ENTRY_BASERELOC &&
           pe->directories[IMAGE_DIRECTORY_ENTRY_BASERELOC].VirtualAddress == pe->sections[section + 1].VirtualAddress;
}

/* => false: the headers have no room for another section. */
static bool plan_new_section(const struct pe *pe, struct plan *plan)
{
    const BYTE *place = (const BYTE *)(pe->sections + pe->count);
    DWORD end = (DWORD)(place - pe->file) + IMAGE_SIZEOF_SECTION_HEADER;

    if (pe->count == SECTIONS_MAX || end > pe->optional->SizeOfHeaders || end > pe->size)
        return false;
    for (DWORD i = 0; i < pe->count; i++) {
        if (pe->sections[i].SizeOfRawData != 0 && pe->sections[i].PointerToRawData < end)
            return false;
    }
    for (DWORD i = 0; i < IMAGE_SIZEOF_SECTION_HEADER; i++) {
        if (place[i] != 0)
            return false;
    }
    plan->section = pe->count;
    plan->rva = end_of_image(pe);
    plan->from = plan->to = end_of_raw(pe);
    plan->pad = (DWORD)align(plan->from, pe->file_alignment) - plan->from;
    return true;
}

static bool make_plan(const struct pe *pe, DWORD bytes, struct plan *plan)
{
    DWORD i = find_section(pe);

    *plan = (struct plan){.section = i, .bytes = bytes, .raw = (DWORD)align(bytes, pe->file_alignment)};
    if (i < pe->count) {
        const IMAGE_SECTION_HEADER *s = &pe->sections[i];
        plan->rva = s->VirtualAddress;
        plan->from = s->PointerToRawData;
        plan->to = s->PointerToRawData + s->SizeOfRawData;
        DWORD room = i + 1 < pe->count ? s[1].VirtualAddress - s->VirtualAddress : FILE_LARGEST;
        if (bytes <= room)
            return true;
        plan->move_up = (DWORD)align(bytes, pe->section_alignment) - room;
        if (only_relocations_follow(pe, i))
            return true;
        plan->move_up = 0;
    }
    return plan_new_section(pe, plan);
}

/* ---- carrying it out ---- */

/* An offset into the old file, in the new one. */
static DWORD moved(const struct plan *plan, DWORD offset)
{
    return offset >= plan->to && offset != 0 ? offset - plan->to + plan->from + plan->pad + plan->raw : offset;
}

static BYTE *at_rva(const struct pe *pe, DWORD rva, DWORD size)
{
    for (DWORD i = 0; i < pe->count; i++) {
        const IMAGE_SECTION_HEADER *s = &pe->sections[i];
        if (rva < s->VirtualAddress || rva - s->VirtualAddress >= s->SizeOfRawData)
            continue;
        ULONGLONG at = (ULONGLONG)s->PointerToRawData + (rva - s->VirtualAddress);
        return at + size <= pe->size ? pe->file + at : NULL;
    }
    return NULL;
}

static void move_debug_data(const struct pe *pe, const struct plan *plan)
{
    if (pe->directory_count <= IMAGE_DIRECTORY_ENTRY_DEBUG)
        return;
    IMAGE_DATA_DIRECTORY debug = pe->directories[IMAGE_DIRECTORY_ENTRY_DEBUG];
    for (DWORD done = 0; debug.Size - done >= DEBUG_ENTRY && done < debug.Size; done += DEBUG_ENTRY) {
        IMAGE_DEBUG_DIRECTORY *entry = (IMAGE_DEBUG_DIRECTORY *)at_rva(pe, debug.VirtualAddress + done, DEBUG_ENTRY);
        if (entry == NULL)
            return;
        entry->PointerToRawData = moved(plan, entry->PointerToRawData);
    }
}

static void change_headers(struct pe *pe, const struct plan *plan)
{
    IMAGE_SECTION_HEADER *own = &pe->sections[plan->section];
    DWORD old_raw = plan->to - plan->from;

    for (DWORD i = 0; i < pe->count; i++) {
        if (i != plan->section && pe->sections[i].SizeOfRawData != 0)
            pe->sections[i].PointerToRawData = moved(plan, pe->sections[i].PointerToRawData);
    }
    pe->header->PointerToSymbolTable = moved(plan, pe->header->PointerToSymbolTable);
    if (pe->directory_count > IMAGE_DIRECTORY_ENTRY_SECURITY)
        pe->directories[IMAGE_DIRECTORY_ENTRY_SECURITY].VirtualAddress =
            moved(plan, pe->directories[IMAGE_DIRECTORY_ENTRY_SECURITY].VirtualAddress);
    if (plan->section == pe->count) {
        *own = (IMAGE_SECTION_HEADER){.Name = ".rsrc", .VirtualAddress = plan->rva};
        own->Characteristics = RESOURCE_SECTION;
        pe->count = ++pe->header->NumberOfSections;
    }
    own->PointerToRawData = plan->from + plan->pad;
    own->SizeOfRawData = plan->raw;
    own->Misc.VirtualSize = plan->bytes;
    if (plan->move_up != 0) {
        own[1].VirtualAddress += plan->move_up;
        pe->directories[IMAGE_DIRECTORY_ENTRY_BASERELOC].VirtualAddress += plan->move_up;
    }
    pe->directories[IMAGE_DIRECTORY_ENTRY_RESOURCE] = (IMAGE_DATA_DIRECTORY){plan->rva, plan->bytes};
    pe->optional->SizeOfInitializedData += plan->raw - old_raw;
    pe->optional->SizeOfImage = end_of_image(pe);
}

/* The same headers in the copy: they lie before the stretch that changed. */
static void rebase(struct pe *pe, BYTE *made, DWORD size)
{
    ptrdiff_t by = made - pe->file;

    pe->header = (IMAGE_FILE_HEADER *)((BYTE *)pe->header + by);
    pe->optional = (IMAGE_OPTIONAL_HEADER32 *)((BYTE *)pe->optional + by);
    pe->sections = (IMAGE_SECTION_HEADER *)((BYTE *)pe->sections + by);
    pe->directories = (IMAGE_DATA_DIRECTORY *)((BYTE *)pe->directories + by);
    pe->file = made;
    pe->size = size;
}

/* The sum of 16-bit words with the carry brought round, and the length: what the loader of drivers checks. */
static DWORD checksum(const BYTE *file, DWORD size, DWORD at)
{
    DWORD sum = 0;

    for (DWORD i = 0; i < size; i += 2) {
        DWORD word = i + 1 < size ? file[i] | (DWORD)file[i + 1] << 8 : file[i];
        if (i == at || i == at + 2)
            word = 0;
        sum += word;
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return ((sum & 0xFFFF) + (sum >> 16)) + size;
}

BYTE *k32_rebuild_file(const BYTE *file, DWORD size, const struct resource *resources, DWORD count, DWORD *ret_size)
{
    struct pe pe;
    struct plan plan;
    DWORD bytes = k32_resources_size(resources, count);

    /* The headers are looked at where they are; they are changed only in the copy. */
    if (bytes == 0 || !open_pe((BYTE *)(ULONG_PTR)file, size, &pe) || !make_plan(&pe, bytes, &plan)) {
        k32_fail_with(ERROR_BAD_EXE_FORMAT);
        return NULL;
    }
    ULONGLONG new_size = (ULONGLONG)size - (plan.to - plan.from) + plan.pad + plan.raw;
    BYTE *made = new_size < FILE_LARGEST ? RtlAllocateHeap(RtlProcessHeap(), 0, (SIZE_T)new_size) : NULL;
    if (made == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    k32_memcpy(made, file, plan.from);
    RtlZeroMemory(made + plan.from, plan.pad + plan.raw);
    k32_memcpy(made + plan.from + plan.pad + plan.raw, file + plan.to, size - plan.to);
    k32_write_resources(resources, count, plan.rva, made + plan.from + plan.pad);
    rebase(&pe, made, (DWORD)new_size);
    change_headers(&pe, &plan);
    move_debug_data(&pe, &plan);
    DWORD at = pe.optional_at + CHECKSUM_AT;
    DWORD sum = checksum(made, pe.size, at);
    k32_memcpy(made + at, &sum, sizeof sum);
    *ret_size = pe.size;
    return made;
}
