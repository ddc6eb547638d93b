/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mapping.c - mapped files, and memory that processes share. */
#include "k32.h"

/* The page protection of a mapping, and its SEC_* flags: what CreateFileMapping takes together. */
enum { PROTECTIONS = 0xFF, MAP_EXECUTE = 0x20 };

HANDLE WINAPI CreateFileMappingW(HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low,
                                 const WCHAR *name)
{
    struct k32_object o;
    LARGE_INTEGER size = {.LowPart = low, .HighPart = (LONG)high};
    DWORD flags = protect & ~(DWORD)PROTECTIONS;
    ULONG access = STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_READ;
    HANDLE section = NULL;

    protect &= PROTECTIONS;
    if (protect == PAGE_READWRITE || protect == PAGE_EXECUTE_READWRITE)
        access |= SECTION_MAP_WRITE;
    if (protect >= PAGE_EXECUTE)
        access |= SECTION_MAP_EXECUTE;
    if (!k32_object(security, name, OBJ_OPENIF, &o))
        return NULL;
    if (file == INVALID_HANDLE_VALUE && size.QuadPart == 0) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS status = NtCreateSection(&section, access, &o.attributes, size.QuadPart != 0 ? &size : NULL, protect,
                                      flags != 0 ? flags : SEC_COMMIT, file == INVALID_HANDLE_VALUE ? NULL : file);
    return k32_created(status, section);
}

HANDLE WINAPI CreateFileMappingA(HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low,
                                 const char *name)
{
    WCHAR *wide = k32_wide(name);
    HANDLE section = NULL;

    if (name == NULL || wide != NULL)
        section = CreateFileMappingW(file, security, protect, high, low, wide);
    k32_free(wide);
    return section;
}

/* Access of a view as rights on the section: to copy is to read; FILE_MAP_EXECUTE is a bit of its own. */
static ACCESS_MASK section_access(DWORD access)
{
    ACCESS_MASK wanted = access & ~(DWORD)MAP_EXECUTE;

    if (wanted == FILE_MAP_COPY)
        wanted = SECTION_MAP_READ;
    return access & MAP_EXECUTE ? wanted | SECTION_MAP_EXECUTE : wanted;
}

static HANDLE open_mapping(DWORD access, struct k32_object *object)
{
    HANDLE section = NULL;
    NTSTATUS status = NtOpenSection(&section, section_access(access), &object->attributes);

    return k32_opened(status, section);
}

HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL inherit, const WCHAR *name)
{
    struct k32_object object;

    return k32_object_to_open(name, inherit, &object) ? open_mapping(access, &object) : NULL;
}

HANDLE WINAPI OpenFileMappingA(DWORD access, BOOL inherit, const char *name)
{
    struct k32_object object;

    return k32_object_to_open_narrow(name, inherit, &object) ? open_mapping(access, &object) : NULL;
}

/* FILE_MAP_COPY alone; writing counts before reading. */
static ULONG view_protection(DWORD access)
{
    bool execute = access & MAP_EXECUTE;

    access &= ~(DWORD)MAP_EXECUTE;
    if (access == FILE_MAP_COPY)
        return execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (access & FILE_MAP_WRITE)
        return execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (access & FILE_MAP_READ)
        return execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return PAGE_NOACCESS;
}

void *WINAPI MapViewOfFileEx(HANDLE section, DWORD access, DWORD high, DWORD low, SIZE_T size, void *address)
{
    LARGE_INTEGER offset = {.LowPart = low, .HighPart = (LONG)high};
    NTSTATUS status = NtMapViewOfSection(section, NtCurrentProcess(), &address, 0, 0, &offset, &size, ViewShare, 0,
                                         view_protection(access));

    if (NT_SUCCESS(status))
        return address;
    k32_fail(status);
    return NULL;
}

void *WINAPI MapViewOfFile(HANDLE section, DWORD access, DWORD high, DWORD low, SIZE_T size)
{
    return MapViewOfFileEx(section, access, high, low, size, NULL);
}

BOOL WINAPI UnmapViewOfFile(const void *address)
{
    NTSTATUS status = NtUnmapViewOfSection(NtCurrentProcess(), (void *)(ULONG_PTR)address);
    return k32_done(status);
}

/* What is stored in the view is in the file then; its length and times may follow later (FlushFileBuffers).  A view of
 * the page file has nothing to be written. */
BOOL WINAPI FlushViewOfFile(const void *address, SIZE_T size)
{
    PVOID base = (PVOID)(ULONG_PTR)address;
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtFlushVirtualMemory(NtCurrentProcess(), &base, &size, &io);

    return status == STATUS_NOT_MAPPED_DATA ? TRUE : k32_done(status);
}
