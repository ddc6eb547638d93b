/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datafile.c - modules that are only looked into: LOAD_LIBRARY_AS_DATAFILE and its newer relatives.
 *
 * A data file is in private memory as it lies on disk, and bit 0 of its handle is set; as an image resource it is
 * mapped as an image that nobody runs, and bit 1 is set.  Neither is on the loader's lists. */
#include "k32.h"

enum { FLAT = 1, MAPPED = 2, AS_IMAGE_RESOURCE = 0x20, EXCLUSIVE = 0x40, LARGEST = 0x40000000 };

static NTSTATUS read_whole(HANDLE file, void *base, SIZE_T size)
{
    enum { CHUNK = 1 << 20 };
    IO_STATUS_BLOCK io;

    for (SIZE_T done = 0; done < size;) {
        ULONG n = size - done < CHUNK ? (ULONG)(size - done) : CHUNK;
        LARGE_INTEGER at = {.QuadPart = (LONGLONG)done};
        NTSTATUS status = NtReadFile(file, NULL, NULL, NULL, &io, (UCHAR *)base + done, n, &at, NULL);
        if (!NT_SUCCESS(status))
            return status;
        if (io.Information == 0)
            return STATUS_END_OF_FILE;
        done += io.Information;
    }
    return STATUS_SUCCESS;
}

/* => STATUS_INVALID_IMAGE_FORMAT: it is no program. */
static NTSTATUS map_flat(HANDLE file, void **ret_base)
{
    DWORD high = 0, size = GetFileSize(file, &high);
    void *base = NULL;
    SIZE_T room = size;

    if (high != 0 || size > LARGEST || size < sizeof(IMAGE_DOS_HEADER))
        return STATUS_INVALID_IMAGE_FORMAT;
    NTSTATUS status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &room, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    status = read_whole(file, base, size);
    const IMAGE_DOS_HEADER *dos = base;
    if (NT_SUCCESS(status) &&
        (dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0 || room < sizeof(IMAGE_NT_HEADERS) ||
         (SIZE_T)dos->e_lfanew > room - sizeof(IMAGE_NT_HEADERS) || RtlImageNtHeader(base) == NULL))
        status = STATUS_INVALID_IMAGE_FORMAT;
    ULONG old;
    if (NT_SUCCESS(status))
        status = NtProtectVirtualMemory(NtCurrentProcess(), &base, &room, PAGE_READONLY, &old);
    if (NT_SUCCESS(status)) {
        *ret_base = base;
        return status;
    }
    room = 0;
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &room, MEM_RELEASE);
    return status;
}

static NTSTATUS map_image(HANDLE file, void **ret_base)
{
    HANDLE section;
    void *base = NULL;
    SIZE_T size = 0;
    NTSTATUS status = NtCreateSection(&section, SECTION_MAP_READ, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file);

    if (!NT_SUCCESS(status))
        return status;
    status = NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READONLY);
    NtClose(section);
    if (NT_SUCCESS(status))
        *ret_base = base;
    return status;
}

/* A file that the program named; where it does not say, in the usual places, with ".dll". */
static HANDLE open_module(const WCHAR *name, DWORD flags)
{
    WCHAR path[MAX_PATH];
    DWORD length = SearchPathW(NULL, name, L".dll", MAX_PATH, path, NULL);
    DWORD share = FILE_SHARE_READ | FILE_SHARE_DELETE | (flags & EXCLUSIVE ? 0 : FILE_SHARE_WRITE);

    if (length == 0 || length >= MAX_PATH) {
        k32_fail_with(length == 0 ? ERROR_FILE_NOT_FOUND : ERROR_FILENAME_EXCED_RANGE);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL);
}

HMODULE k32_load_data_file(const WCHAR *name, DWORD flags)
{
    HANDLE file = open_module(name, flags);
    bool image = flags & AS_IMAGE_RESOURCE;
    void *base = NULL;

    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    NTSTATUS status = image ? map_image(file, &base) : map_flat(file, &base);
    NtClose(file);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    return (HMODULE)((ULONG_PTR)base | (image ? MAPPED : FLAT));
}

bool k32_is_data_file(HMODULE module)
{
    return ((ULONG_PTR)module & (FLAT | MAPPED)) != 0;
}

BOOL k32_free_data_file(HMODULE module)
{
    void *base = (void *)((ULONG_PTR)module & ~(ULONG_PTR)(FLAT | MAPPED));
    SIZE_T size = 0;
    NTSTATUS status = (ULONG_PTR)module & MAPPED ? NtUnmapViewOfSection(NtCurrentProcess(), base)
                                                 : NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);

    return NT_SUCCESS(status) ? TRUE : k32_fail_with(ERROR_INVALID_HANDLE);
}
