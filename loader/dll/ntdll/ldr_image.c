// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_image.c - addresses inside an image, checked. */
#include "ldr.h"

PVOID ldr_at(const struct ldr_module *module, ULONG rva, SIZE_T size)
{
    ULONG limit = module->entry.SizeOfImage;
    if (rva == 0 || rva >= limit || size > limit - rva)
        return NULL;
    return (PUCHAR)module->entry.DllBase + rva;
}

const char *ldr_string(const struct ldr_module *module, ULONG rva)
{
    const char *s = ldr_at(module, rva, 1);
    if (s == NULL)
        return NULL;
    size_t room = module->entry.SizeOfImage - rva;
    if (room > LDR_STRING_MAX)
        room = LDR_STRING_MAX;
    return strnlen_in(s, room) < room ? s : NULL;
}

static IMAGE_DATA_DIRECTORY directory_entry(const struct ldr_module *module, ULONG index)
{
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(module->entry.DllBase);
    if (nt == NULL || index >= nt->OptionalHeader.NumberOfRvaAndSizes || index >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES)
        return (IMAGE_DATA_DIRECTORY){0, 0};
    return nt->OptionalHeader.DataDirectory[index];
}

/* => NULL when the image has no such directory, or one that is shorter than `least` or not inside. */
PVOID ldr_directory(const struct ldr_module *module, ULONG index, SIZE_T least, PULONG ret_size)
{
    IMAGE_DATA_DIRECTORY entry = directory_entry(module, index);
    PVOID data = entry.VirtualAddress != 0 ? ldr_at(module, entry.VirtualAddress, least) : NULL;
    if (data != NULL && ret_size != NULL)
        *ret_size = entry.Size;
    return data;
}

NTSTATUS ldr_needed_directory(const struct ldr_module *module, ULONG index, SIZE_T least, PVOID *ret_data)
{
    *ret_data = ldr_directory(module, index, least, NULL);
    if (*ret_data == NULL && directory_entry(module, index).VirtualAddress != 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    return STATUS_SUCCESS;
}
