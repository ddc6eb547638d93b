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
    return strnlen_in(s, room) < room ? s : NULL;
}

/* => NULL when the image has no such directory, or one that is shorter than `least` or not inside. */
PVOID ldr_directory(const struct ldr_module *module, ULONG index, SIZE_T least, PULONG ret_size)
{
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(module->entry.DllBase);
    if (nt == NULL || index >= nt->OptionalHeader.NumberOfRvaAndSizes || index >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES)
        return NULL;
    IMAGE_DATA_DIRECTORY entry = nt->OptionalHeader.DataDirectory[index];
    PVOID data = entry.VirtualAddress != 0 ? ldr_at(module, entry.VirtualAddress, least) : NULL;
    if (data != NULL && ret_size != NULL)
        *ret_size = entry.Size;
    return data;
}
