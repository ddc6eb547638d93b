// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_map.c - from a DLL's name to its mapped image.
 *
 * ntdll, kernel32, msvcrt, advapi32, user32, oleaut32 and shlwapi come from system32 whatever the program's folder
 * holds (NT's KnownDLLs).  Others: the program's folder, system32, the current directory; or the directories of the
 * search path that the caller gives. The kernel relocates: what is mapped reads as if it had been linked for where it
 * is. */
#include "ldr.h"

static const WCHAR *const known_dlls[] = {L"ntdll.dll",  L"kernel32.dll", L"msvcrt.dll", L"advapi32.dll",
                                          L"user32.dll", L"oleaut32.dll", L"shlwapi.dll"};

static bool has_path(PCUNICODE_STRING name)
{
    for (ULONG i = 0; i < name->Length / 2u; i++)
        if (name->Buffer[i] == '\\' || name->Buffer[i] == '/' || name->Buffer[i] == ':')
            return true;
    return false;
}

/* "foo" is foo.dll, "foo." is foo. */
NTSTATUS ldr_normalise_name(PCUNICODE_STRING name, PUNICODE_STRING ret_name)
{
    ULONG length = name->Length / 2;
    bool dot = false;
    if (length == 0 || length > LDR_NAME_MAX)
        return length == 0 ? STATUS_DLL_NOT_FOUND : STATUS_NAME_TOO_LONG;
    for (ULONG i = length; i-- > 0 && name->Buffer[i] != '\\' && name->Buffer[i] != '/';)
        dot |= name->Buffer[i] == '.';
    WCHAR *buffer = heap_alloc((length + 5) * sizeof(WCHAR));
    if (buffer == NULL)
        return STATUS_NO_MEMORY;
    memcpy(buffer, name->Buffer, length * sizeof(WCHAR));
    buffer[length] = 0;
    if (!dot)
        wcscpy(buffer + length, L".dll");
    else if (buffer[length - 1] == '.')
        buffer[length - 1] = 0;
    RtlInitUnicodeString(ret_name, buffer);
    return STATUS_SUCCESS;
}

static bool is_known(PCUNICODE_STRING name)
{
    for (ULONG i = 0; i < sizeof(known_dlls) / sizeof(known_dlls[0]); i++) {
        UNICODE_STRING known;
        RtlInitUnicodeString(&known, known_dlls[i]);
        if (RtlEqualUnicodeString(name, &known, TRUE))
            return true;
    }
    return false;
}

static NTSTATUS map_file(WCHAR *path, PVOID *ret_base)
{
    UNICODE_STRING nt_path;
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK io;
    HANDLE file, section;
    if (!RtlDosPathNameToNtPathName_U(path, &nt_path, NULL, NULL))
        return STATUS_DLL_NOT_FOUND;
    InitializeObjectAttributes(&oa, &nt_path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtOpenFile(&file, FILE_EXECUTE | SYNCHRONIZE, &oa, &io, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                 FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    RtlFreeUnicodeString(&nt_path);
    if (!NT_SUCCESS(status))
        return status;
    status = NtCreateSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE, NULL, NULL,
                             PAGE_EXECUTE, SEC_IMAGE, file);
    NtClose(file);
    if (!NT_SUCCESS(status))
        return status;
    PVOID base = NULL;
    SIZE_T size = 0;
    status = NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE);
    NtClose(section);
    if (status == STATUS_IMAGE_MACHINE_TYPE_MISMATCH) { /* 32-bit code in a 64-bit process, or the other way round */
        NtUnmapViewOfSection(NtCurrentProcess(), base);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    if (NT_SUCCESS(status))
        *ret_base = base;
    return status;
}

static bool is_absent(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND ||
           status == STATUS_OBJECT_NAME_INVALID || status == STATUS_NO_SUCH_FILE || status == STATUS_DLL_NOT_FOUND ||
           status == STATUS_NOT_A_DIRECTORY || status == STATUS_BAD_NETWORK_PATH ||
           status == STATUS_OBJECT_PATH_SYNTAX_BAD;
}

/* Map directory\name; the directory may lack its backslash. => a module that is on the lists. */
static NTSTATUS try_directory(const WCHAR *directory, ULONG length, PCUNICODE_STRING name,
                              struct ldr_module **ret_module)
{
    ULONG slash = length > 0 && directory[length - 1] != '\\';
    WCHAR *path = heap_alloc((length + slash) * sizeof(WCHAR) + name->Length + sizeof(WCHAR)), *full = NULL;
    NTSTATUS status = STATUS_NO_MEMORY;
    PVOID base = NULL;
    if (path == NULL)
        goto out;
    memcpy(path, directory, length * sizeof(WCHAR));
    if (slash)
        path[length] = '\\';
    memcpy(path + length + slash, name->Buffer, name->Length);
    path[length + slash + name->Length / 2] = 0;
    ULONG bytes = RtlGetFullPathName_U(path, 0, NULL, NULL);
    full = bytes != 0 ? heap_alloc(bytes) : NULL;
    if (full == NULL || RtlGetFullPathName_U(path, bytes, full, NULL) == 0)
        goto out;
    status = map_file(full, &base);
    if (!NT_SUCCESS(status))
        goto out;
    UNICODE_STRING full_name;
    RtlInitUnicodeString(&full_name, full);
    struct ldr_module *module = ldr_add_module(base, &full_name);
    if (module == NULL) {
        NtUnmapViewOfSection(NtCurrentProcess(), base);
        status = STATUS_NO_MEMORY;
        goto out;
    }
    if (status == STATUS_IMAGE_NOT_AT_BASE)
        module->entry.Flags |= LDRP_IMAGE_NOT_AT_BASE;
    *ret_module = module;
    status = STATUS_SUCCESS;
out:
    heap_free(full);
    heap_free(path);
    return status;
}

static NTSTATUS try_system32(PCUNICODE_STRING name, struct ldr_module **ret_module)
{
    WCHAR directory[300];
    wcsncpy(directory, (const WCHAR *)SharedUserData->NtSystemRoot, 259);
    directory[259] = 0;
    wcscat(directory, L"\\system32\\");
    return try_directory(directory, (ULONG)wcslen(directory), name, ret_module);
}

static NTSTATUS try_search_path(PCWSTR list, PCUNICODE_STRING name, struct ldr_module **ret_module)
{
    for (;;) {
        ULONG length = 0;
        while (list[length] != 0 && list[length] != ';')
            length++;
        NTSTATUS status = length > 0 ? try_directory(list, length, name, ret_module) : STATUS_DLL_NOT_FOUND;
        if (!is_absent(status) || list[length] == 0)
            return status;
        list += length + 1;
    }
}

static NTSTATUS try_usual_places(PCUNICODE_STRING name, struct ldr_module **ret_module)
{
    const PRTL_USER_PROCESS_PARAMETERS parameters = NtCurrentPeb()->ProcessParameters;
    const UNICODE_STRING *image = &parameters->ImagePathName, *current = &parameters->CurrentDirectory.DosPath;
    ULONG folder = image->Length / 2;
    while (folder > 0 && image->Buffer[folder - 1] != '\\')
        folder--;
    NTSTATUS status = try_directory(image->Buffer, folder, name, ret_module);
    if (is_absent(status))
        status = try_system32(name, ret_module);
    if (is_absent(status))
        status = try_directory(current->Buffer, current->Length / 2, name, ret_module);
    return status;
}

/* => name is normalised. */
struct ldr_module *ldr_find_loaded(PCUNICODE_STRING name)
{
    if (!has_path(name))
        return ldr_find_name(name);
    ULONG bytes = RtlGetFullPathName_U(name->Buffer, 0, NULL, NULL);
    WCHAR *full = bytes != 0 ? heap_alloc(bytes) : NULL;
    struct ldr_module *module = NULL;
    if (full != NULL && RtlGetFullPathName_U(name->Buffer, bytes, full, NULL) != 0) {
        UNICODE_STRING full_name;
        RtlInitUnicodeString(&full_name, full);
        module = ldr_find_path(&full_name);
    }
    heap_free(full);
    return module;
}

/* => name is normalised and not loaded yet; the new module has LoadCount 1. */
NTSTATUS ldr_map(PCWSTR search_path, PCUNICODE_STRING name, struct ldr_module **ret_module)
{
    NTSTATUS status;
    if (has_path(name))
        status = try_directory(L"", 0, name, ret_module);
    else if (is_known(name))
        status = try_system32(name, ret_module);
    else if (search_path != NULL)
        status = try_search_path(search_path, name, ret_module);
    else
        status = try_usual_places(name, ret_module);
    return is_absent(status) ? STATUS_DLL_NOT_FOUND : status;
}
