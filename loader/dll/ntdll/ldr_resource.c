// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_resource.c - the resources of an image: three levels of directories (type, name, language), then data.
 *
 * A module is an image that is mapped, or a file in memory as it lies on disk: then bit 0 of its handle is set. Nothing
 * that the image says is believed: directories are looked for within the memory that the module really has, and the
 * depth of the walk is the number of keys, so that a circle ends. */
#include "ldr.h"

struct resources {
    PUCHAR base;      /* of the module */
    SIZE_T size;      /* of the memory there */
    bool flat;        /* a file as it lies on disk */
    PUCHAR directory; /* the root */
    ULONG room;       /* bytes from the root to the end of the memory */
    PIMAGE_NT_HEADERS nt;
};

/* Bytes of the allocation from its base on that can be read. */
static SIZE_T memory_size(PUCHAR base)
{
    MEMORY_BASIC_INFORMATION info;
    PUCHAR end = base;

    while (
        NT_SUCCESS(NtQueryVirtualMemory(NtCurrentProcess(), end, MemoryBasicInformation, &info, sizeof info, NULL)) &&
        info.AllocationBase == base && info.State == MEM_COMMIT && !(info.Protect & (PAGE_NOACCESS | PAGE_GUARD)))
        end = (PUCHAR)info.BaseAddress + info.RegionSize;
    return (SIZE_T)(end - base);
}

/* => the optional header's directory entry, of either width; zero where there is none. */
static IMAGE_DATA_DIRECTORY resource_entry(const struct resources *r)
{
    static const IMAGE_DATA_DIRECTORY none = {0, 0};
    bool wide = r->nt->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    const IMAGE_OPTIONAL_HEADER32 *o32 = (const IMAGE_OPTIONAL_HEADER32 *)&r->nt->OptionalHeader;
    const IMAGE_OPTIONAL_HEADER64 *o64 = (const IMAGE_OPTIONAL_HEADER64 *)&r->nt->OptionalHeader;

    if (!wide && r->nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC)
        return none;
    ULONG count = wide ? o64->NumberOfRvaAndSizes : o32->NumberOfRvaAndSizes;
    if (count <= IMAGE_DIRECTORY_ENTRY_RESOURCE)
        return none;
    return wide ? o64->DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE]
                : o32->DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE];
}

/* Where an RVA is in memory. => NULL: not there, with that many bytes. */
static PUCHAR place_of(const struct resources *r, ULONG rva, ULONG size)
{
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(r->nt);
    SIZE_T at = rva;

    for (ULONG i = 0; r->flat && i < r->nt->FileHeader.NumberOfSections; i++, section++) {
        if ((SIZE_T)((PUCHAR)(section + 1) - r->base) > r->size)
            return NULL;
        if (rva >= section->VirtualAddress && rva - section->VirtualAddress < section->SizeOfRawData) {
            at = (SIZE_T)(rva - section->VirtualAddress) + section->PointerToRawData;
            break;
        }
    }
    return at < r->size && size <= r->size - at ? r->base + at : NULL;
}

static NTSTATUS open_resources(PVOID module, struct resources *ret)
{
    struct resources r = {.base = (PUCHAR)((ULONG_PTR)module & ~(ULONG_PTR)3), .flat = ((ULONG_PTR)module & 1) != 0};

    if (r.base == NULL)
        r.base = NtCurrentPeb()->ImageBaseAddress;
    r.size = memory_size(r.base);
    PIMAGE_DOS_HEADER dos = (PIMAGE_DOS_HEADER)r.base;
    if (r.size < sizeof *dos || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0 ||
        (SIZE_T)dos->e_lfanew > r.size || r.size - (SIZE_T)dos->e_lfanew < sizeof(IMAGE_NT_HEADERS64))
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    r.nt = (PIMAGE_NT_HEADERS)(r.base + dos->e_lfanew);
    if (r.nt->Signature != IMAGE_NT_SIGNATURE)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    IMAGE_DATA_DIRECTORY entry = resource_entry(&r);
    r.directory =
        entry.VirtualAddress != 0 ? place_of(&r, entry.VirtualAddress, sizeof(IMAGE_RESOURCE_DIRECTORY)) : NULL;
    if (r.directory == NULL)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    SIZE_T room = r.size - (SIZE_T)(r.directory - r.base);
    r.room = room < 0x7FFFFFFF ? (ULONG)room : 0x7FFFFFFF;
    *ret = r;
    return STATUS_SUCCESS;
}

/* => NULL: not inside. */
static PVOID inside(const struct resources *r, ULONG offset, ULONG size)
{
    return offset < r->room && size <= r->room - offset ? r->directory + offset : NULL;
}

/* Entries of a directory, named ones first.
 * => NULL with *ret_count 0 where the directory is not inside. */
static PIMAGE_RESOURCE_DIRECTORY_ENTRY entries_of(const struct resources *r, ULONG offset, ULONG *ret_count)
{
    PIMAGE_RESOURCE_DIRECTORY directory = inside(r, offset, sizeof *directory);

    *ret_count = 0;
    if (directory == NULL)
        return NULL;
    ULONG count = (ULONG)directory->NumberOfNamedEntries + directory->NumberOfIdEntries;
    if (inside(r, offset + sizeof *directory, count * sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY)) == NULL)
        return NULL;
    *ret_count = count;
    return (PIMAGE_RESOURCE_DIRECTORY_ENTRY)(directory + 1);
}

/* key: an identifier, or a name of which only the capitals are looked for. */
static bool entry_is(const struct resources *r, const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry, ULONG_PTR key)
{
    if (key <= 0xFFFF || !(entry->Name & IMAGE_RESOURCE_NAME_IS_STRING))
        return key <= 0xFFFF && entry->Name == key;
    const WCHAR *wanted = (const WCHAR *)key;
    ULONG offset = entry->Name & ~IMAGE_RESOURCE_NAME_IS_STRING;
    const USHORT *length = inside(r, offset, sizeof *length);
    if (length == NULL || inside(r, offset, sizeof *length + *length * sizeof(WCHAR)) == NULL)
        return false;
    const WCHAR *name = (const WCHAR *)(length + 1);
    for (ULONG i = 0; i < *length; i++)
        if (wanted[i] == 0 || RtlUpcaseUnicodeChar(wanted[i]) != RtlUpcaseUnicodeChar(name[i]))
            return false;
    return wanted[*length] == 0;
}

static const NTSTATUS absent[] = {STATUS_RESOURCE_TYPE_NOT_FOUND, STATUS_RESOURCE_NAME_NOT_FOUND,
                                  STATUS_RESOURCE_LANG_NOT_FOUND};

/* The languages that are looked for in turn. => how many */
static ULONG languages_for(ULONG wanted, ULONG languages[3])
{
    ULONG count = 0;

    languages[count++] = wanted;
    if (PRIMARYLANGID(wanted) != LANG_NEUTRAL || SUBLANGID(wanted) != SUBLANG_NEUTRAL)
        languages[count++] = MAKELANGID(PRIMARYLANGID(wanted), SUBLANG_NEUTRAL);
    else
        languages[count++] = 0x0409;
    languages[count++] = 0;
    return count;
}

static const IMAGE_RESOURCE_DIRECTORY_ENTRY *find_key(const struct resources *r, ULONG offset, ULONG_PTR key)
{
    ULONG count;
    PIMAGE_RESOURCE_DIRECTORY_ENTRY entries = entries_of(r, offset, &count);

    for (ULONG i = 0; i < count; i++)
        if (entry_is(r, &entries[i], key))
            return &entries[i];
    return NULL;
}

/* A language that is not there falls back: NT 5 takes a neutral request to be for whatever there is. */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *find_language(const struct resources *r, ULONG offset, ULONG wanted)
{
    ULONG languages[3], tries = languages_for(wanted, languages), count;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry = NULL;

    for (ULONG i = 0; i < tries && entry == NULL; i++)
        entry = find_key(r, offset, languages[i]);
    if (entry == NULL && wanted == 0) {
        entry = entries_of(r, offset, &count);
        if (count == 0)
            entry = NULL;
    }
    return entry;
}

/* Follow levels keys from the root. */
static NTSTATUS find(const struct resources *r, const ULONG_PTR *keys, ULONG levels, ULONG *ret_offset, bool *ret_leaf)
{
    ULONG offset = 0;
    bool leaf = false;

    for (ULONG level = 0; level < levels; level++) {
        if (leaf)
            return absent[level];
        const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry =
            level == 2 ? find_language(r, offset, (ULONG)keys[2]) : find_key(r, offset, keys[level]);
        if (entry == NULL)
            return absent[level];
        leaf = !(entry->OffsetToData & IMAGE_RESOURCE_DATA_IS_DIRECTORY);
        offset = entry->OffsetToData & ~IMAGE_RESOURCE_DATA_IS_DIRECTORY;
    }
    *ret_offset = offset;
    *ret_leaf = leaf;
    return STATUS_SUCCESS;
}

/* keys: type, name, language: identifiers, or names; levels 0 to 3. */
NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID module, const ULONG_PTR *keys, ULONG levels,
                                          PIMAGE_RESOURCE_DIRECTORY *ret_directory)
{
    struct resources r;
    ULONG offset;
    bool leaf;

    if (levels > 3)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = open_resources(module, &r);
    if (NT_SUCCESS(status))
        status = find(&r, keys, levels, &offset, &leaf);
    if (!NT_SUCCESS(status))
        return status;
    *ret_directory = leaf ? NULL : inside(&r, offset, sizeof **ret_directory);
    return *ret_directory != NULL ? STATUS_SUCCESS : STATUS_RESOURCE_DATA_NOT_FOUND;
}

NTSTATUS NTAPI LdrFindResource_U(PVOID module, const ULONG_PTR *keys, ULONG levels,
                                 PIMAGE_RESOURCE_DATA_ENTRY *ret_entry)
{
    struct resources r;
    ULONG offset;
    bool leaf;

    if (levels != 3)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = open_resources(module, &r);
    if (NT_SUCCESS(status))
        status = find(&r, keys, levels, &offset, &leaf);
    if (!NT_SUCCESS(status))
        return status;
    *ret_entry = leaf ? inside(&r, offset, sizeof **ret_entry) : NULL;
    return *ret_entry != NULL ? STATUS_SUCCESS : STATUS_RESOURCE_DATA_NOT_FOUND;
}

/* => STATUS_RESOURCE_DATA_NOT_FOUND where the entry or its data is not inside the module. */
NTSTATUS NTAPI LdrAccessResource(PVOID module, const IMAGE_RESOURCE_DATA_ENTRY *entry, PVOID *ret_data, PULONG ret_size)
{
    struct resources r;
    NTSTATUS status = open_resources(module, &r);

    if (!NT_SUCCESS(status))
        return status;
    PUCHAR at = (PUCHAR)entry;
    if (at < r.base || at > r.base + r.size || (SIZE_T)(r.base + r.size - at) < sizeof *entry)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    PUCHAR data = place_of(&r, entry->OffsetToData, entry->Size);
    if (data == NULL)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    if (ret_data != NULL)
        *ret_data = data;
    if (ret_size != NULL)
        *ret_size = entry->Size;
    return STATUS_SUCCESS;
}

/* One entry of the directory that keys lead to.
 * => STATUS_NO_MORE_ENTRIES after the last; *ret_key is an identifier, or where *ret_name is not NULL a name of
 *    *ret_length characters. */
NTSTATUS NTAPI RtlResourceEntry(PVOID module, const ULONG_PTR *keys, ULONG levels, ULONG index, ULONG *ret_key,
                                const WCHAR **ret_name, ULONG *ret_length)
{
    struct resources r;
    ULONG offset, count;
    bool leaf;
    NTSTATUS status = open_resources(module, &r);

    if (NT_SUCCESS(status))
        status = find(&r, keys, levels, &offset, &leaf);
    if (!NT_SUCCESS(status))
        return status;
    PIMAGE_RESOURCE_DIRECTORY_ENTRY entries = leaf ? NULL : entries_of(&r, offset, &count);
    if (entries == NULL)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    if (index >= count)
        return STATUS_NO_MORE_ENTRIES;
    *ret_name = NULL;
    *ret_key = entries[index].Name;
    if (!(entries[index].Name & IMAGE_RESOURCE_NAME_IS_STRING))
        return STATUS_SUCCESS;
    offset = entries[index].Name & ~IMAGE_RESOURCE_NAME_IS_STRING;
    const USHORT *length = inside(&r, offset, sizeof *length);
    if (length == NULL || inside(&r, offset, sizeof *length + *length * sizeof(WCHAR)) == NULL)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    *ret_name = (const WCHAR *)(length + 1);
    *ret_length = *length;
    return STATUS_SUCCESS;
}
