/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource_file.h - the resources of a file that are going to be written, and the file with them. */
#ifndef SOFTFAULT_DLL_KERNEL32_RESOURCE_FILE_H
#define SOFTFAULT_DLL_KERNEL32_RESOURCE_FILE_H

#include "k32.h"

/* A type or a name: characters, or where there are none a number. */
struct resource_key {
    WCHAR *text; /* of the process heap; NULL: a number */
    WORD length; /* characters */
    WORD id;
};

struct resource {
    struct resource_key type, name;
    WORD language;
    DWORD code_page;
    DWORD size;
    const BYTE *data;
    bool owned; /* data is of the process heap; else inside the file */
};

/* => how they are sorted in a directory: names before numbers, languages ascending.  < 0, 0, > 0 */
int k32_compare_keys(const struct resource_key *a, const struct resource_key *b);
int k32_compare_resources(const struct resource *a, const struct resource *b);

/* The bytes of a resource directory with all of its data, and the same written at an address in the image.
 * => 0: more than an image can have.  resources are sorted. */
DWORD k32_resources_size(const struct resource *resources, DWORD count);
void k32_write_resources(const struct resource *resources, DWORD count, DWORD rva, BYTE *to);

/* A PE file with other resources: of the process heap, *ret_size bytes.  Nothing of the old file is lost but the old
 * resources; what lies behind them moves, and what the headers say of it with it.
 * => NULL with the last error set: ERROR_BAD_EXE_FORMAT: the headers make no sense, or have no room for a section. */
BYTE *k32_rebuild_file(const BYTE *file, DWORD size, const struct resource *resources, DWORD count, DWORD *ret_size);

#endif
