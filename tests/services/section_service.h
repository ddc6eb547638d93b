/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_service.h - the section services, as the programs of their transcripts call them. */
#ifndef TESTS_SERVICES_SECTION_SERVICE_H
#define TESTS_SERVICES_SECTION_SERVICE_H

#include "file_service.h"

NTSTATUS NTAPI NtCreateSection(HANDLE *, ULONG access, OBJECT_ATTRIBUTES *, LARGE_INTEGER *size, ULONG protect,
                               ULONG attributes, HANDLE file);
NTSTATUS NTAPI NtOpenSection(HANDLE *, ULONG access, OBJECT_ATTRIBUTES *);
NTSTATUS NTAPI NtQuerySection(HANDLE, ULONG class, void *, SIZE_T length, SIZE_T *returned);
NTSTATUS NTAPI NtExtendSection(HANDLE, LARGE_INTEGER *size);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE process, void **base, ULONG_PTR zero_bits, SIZE_T commit,
                                  LARGE_INTEGER *offset, SIZE_T *size, ULONG inherit, ULONG type, ULONG protect);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, void *base);

#ifndef SEC_BASED
#define SEC_BASED 0x200000
#endif
#define SEC_KEEPS_PROTECTION 0x400000 /* SEC_NO_CHANGE */

enum { VIEW_SHARE = 1, VIEW_UNMAP = 2, SECTION_ALL = 0xF001F };

/* A section of so many bytes (0: NULL) with all rights; NULL: its status is printed. */
static inline HANDLE make_section(ULONGLONG size, ULONG protect, ULONG attributes, HANDLE file)
{
    HANDLE section = NULL;
    LARGE_INTEGER bytes = {.QuadPart = (LONGLONG)size};
    NTSTATUS status = NtCreateSection(&section, SECTION_ALL, NULL, size ? &bytes : NULL, protect, attributes, file);
    if (status != 0)
        say("a section", status);
    return section;
}

/* The whole of it, where there is room. */
static inline NTSTATUS map_whole(HANDLE section, ULONG protect, void **ret_base, SIZE_T *ret_size)
{
    *ret_base = NULL;
    *ret_size = 0;
    return NtMapViewOfSection(section, THIS_PROCESS, ret_base, 0, 0, NULL, ret_size, VIEW_SHARE, 0, protect);
}

#endif
