// SPDX-License-Identifier: GPL-2.0-or-later
/* image.c - looking into a PE image. */
#include "ntdll.h"

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base)
{
    PIMAGE_DOS_HEADER dos = base;
    if (base == NULL || base == (PVOID)-1 || dos->e_magic != IMAGE_DOS_SIGNATURE)
        return NULL;
    if (dos->e_lfanew < 0 || dos->e_lfanew >= 0x10000000)
        return NULL;
    PIMAGE_NT_HEADERS nt = (PIMAGE_NT_HEADERS)((PUCHAR)base + dos->e_lfanew);
    return nt->Signature == IMAGE_NT_SIGNATURE ? nt : NULL;
}

PIMAGE_SECTION_HEADER NTAPI RtlImageRvaToSection(PIMAGE_NT_HEADERS nt, PVOID base, ULONG rva)
{
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(nt);
    (void)base;
    for (ULONG i = 0; i < nt->FileHeader.NumberOfSections; i++, section++)
        if (rva >= section->VirtualAddress && rva - section->VirtualAddress < section->SizeOfRawData)
            return section;
    return NULL;
}

PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS nt, PVOID base, ULONG rva, PIMAGE_SECTION_HEADER *cached)
{
    PIMAGE_SECTION_HEADER section = cached != NULL ? *cached : NULL;
    if (section == NULL || rva < section->VirtualAddress || rva - section->VirtualAddress >= section->SizeOfRawData) {
        section = RtlImageRvaToSection(nt, base, rva);
        if (section == NULL)
            return NULL;
        if (cached != NULL)
            *cached = section;
    }
    return (PUCHAR)base + (rva - section->VirtualAddress) + section->PointerToRawData;
}

/* => a base with bit 0 set is a file mapped flat, as for NT. */
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID base, BOOLEAN mapped, USHORT index, PULONG ret_size)
{
    if ((ULONG_PTR)base & 1) {
        base = (PVOID)((ULONG_PTR)base & ~(ULONG_PTR)1);
        mapped = FALSE;
    }
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(base);
    *ret_size = 0;
    if (nt == NULL || nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR_MAGIC ||
        index >= nt->OptionalHeader.NumberOfRvaAndSizes || index >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES)
        return NULL;
    IMAGE_DATA_DIRECTORY entry = nt->OptionalHeader.DataDirectory[index];
    if (entry.VirtualAddress == 0)
        return NULL;
    *ret_size = entry.Size;
    if (mapped || entry.VirtualAddress < nt->OptionalHeader.SizeOfHeaders)
        return (PUCHAR)base + entry.VirtualAddress;
    return RtlImageRvaToVa(nt, base, entry.VirtualAddress, NULL);
}

PVOID NTAPI RtlPcToFileHeader(PVOID pc, PVOID *ret_base)
{
    PLDR_DATA_TABLE_ENTRY entry;
    *ret_base = NT_SUCCESS(LdrFindEntryForAddress(pc, &entry)) ? entry->DllBase : NULL;
    return *ret_base;
}

/* => the block after this one, or NULL for a kind of relocation that x86 does not have. */
PIMAGE_BASE_RELOCATION NTAPI LdrProcessRelocationBlock(ULONG_PTR va, ULONG count, PUSHORT offsets, LONG_PTR delta)
{
    for (; count > 0; count--, offsets++) {
        PVOID at = (PVOID)(va + (*offsets & 0xFFF));
        switch (*offsets >> 12) {
        case IMAGE_REL_BASED_ABSOLUTE: break;
        case IMAGE_REL_BASED_HIGH: *(PUSHORT)at += (USHORT)((ULONG_PTR)delta >> 16); break;
        case IMAGE_REL_BASED_LOW: *(PUSHORT)at += (USHORT)delta; break;
        case IMAGE_REL_BASED_HIGHLOW: *(PULONG)at += (ULONG)delta; break;
        case IMAGE_REL_BASED_DIR64: *(ULONGLONG *)at += (ULONGLONG)(LONGLONG)delta; break;
        default: return NULL;
        }
    }
    return (PIMAGE_BASE_RELOCATION)offsets;
}
