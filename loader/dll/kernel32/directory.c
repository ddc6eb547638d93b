/* SPDX-License-Identifier: GPL-2.0-or-later */
/* directory.c - names that come, go and move: folders made and removed, files deleted and renamed. */
#include "k32.h"

/* A folder's whole path leaves room for a name of 8.3 characters in it, unless it begins with \\?\. */
static bool is_too_long(const WCHAR *name)
{
    enum { SHORT_NAME = 12 };
    const WCHAR verbatim[] = L"\\\\?\\";
    SIZE_T same = 0;

    while (name != NULL && verbatim[same] != L'\0' && name[same] == verbatim[same])
        same++;
    return verbatim[same] != L'\0' &&
           RtlGetFullPathName_U(name, 0, NULL, NULL) > (MAX_PATH - SHORT_NAME) * sizeof(WCHAR);
}

BOOL WINAPI CreateDirectoryW(const WCHAR *name, SECURITY_ATTRIBUTES *security)
{
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK io;
    HANDLE folder;

    if (is_too_long(name))
        return k32_fail_with(ERROR_FILENAME_EXCED_RANGE);
    if (!k32_nt_path(name, &path))
        return FALSE;
    InitializeObjectAttributes(&oa, &path, OBJ_CASE_INSENSITIVE, NULL,
                               security != NULL ? security->lpSecurityDescriptor : NULL);
    NTSTATUS status =
        NtCreateFile(&folder, FILE_LIST_DIRECTORY | SYNCHRONIZE, &oa, &io, NULL, FILE_ATTRIBUTE_NORMAL,
                     FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
                     FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0);
    RtlFreeUnicodeString(&path);
    if (NT_SUCCESS(status))
        NtClose(folder);
    else if (status == STATUS_NOT_A_DIRECTORY || status == STATUS_FILE_IS_A_DIRECTORY)
        status = STATUS_OBJECT_NAME_COLLISION;
    return k32_done(status);
}

BOOL WINAPI CreateDirectoryA(const char *name, SECURITY_ATTRIBUTES *security)
{
    WCHAR *wide = k32_file_wide(name);
    BOOL done = name == NULL ? k32_fail_with(ERROR_PATH_NOT_FOUND) : wide != NULL && CreateDirectoryW(wide, security);

    k32_free(wide);
    return done;
}

/* What a template has that a new folder takes over: its attributes. */
BOOL WINAPI CreateDirectoryExW(const WCHAR *pattern, const WCHAR *name, SECURITY_ATTRIBUTES *security)
{
    DWORD attributes = GetFileAttributesW(pattern);

    if (attributes == INVALID_FILE_ATTRIBUTES)
        return FALSE;
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return k32_fail_with(ERROR_DIRECTORY);
    return CreateDirectoryW(name, security) && SetFileAttributesW(name, attributes);
}

BOOL WINAPI CreateDirectoryExA(const char *pattern, const char *name, SECURITY_ATTRIBUTES *security)
{
    WCHAR *wide_pattern = k32_file_wide(pattern), *wide = k32_file_wide(name);
    BOOL done = name == NULL || pattern == NULL
                    ? k32_fail_with(ERROR_PATH_NOT_FOUND)
                    : wide_pattern != NULL && wide != NULL && CreateDirectoryExW(wide_pattern, wide, security);

    k32_free(wide_pattern);
    k32_free(wide);
    return done;
}

/* Open for deletion and say so; it goes when the last handle does. */
static BOOL delete (const WCHAR *name, ULONG options)
{
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    IO_STATUS_BLOCK io;
    HANDLE file = k32_open(name, DELETE, options | FILE_OPEN_REPARSE_POINT);

    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    NTSTATUS status = NtSetInformationFile(file, &io, &disposition, sizeof disposition, FileDispositionInformation);
    NtClose(file);
    return k32_done(status);
}

BOOL WINAPI RemoveDirectoryW(const WCHAR *name)
{
    return delete (name, FILE_DIRECTORY_FILE);
}

BOOL WINAPI DeleteFileW(const WCHAR *name)
{
    return delete (name, FILE_NON_DIRECTORY_FILE);
}

static BOOL delete_narrow(const char *name, BOOL(WINAPI *call)(const WCHAR *))
{
    WCHAR *wide = k32_file_wide(name);
    BOOL done = name == NULL ? k32_fail_with(ERROR_PATH_NOT_FOUND) : wide != NULL && call(wide);

    k32_free(wide);
    return done;
}

BOOL WINAPI RemoveDirectoryA(const char *name)
{
    return delete_narrow(name, RemoveDirectoryW);
}

BOOL WINAPI DeleteFileA(const char *name)
{
    return delete_narrow(name, DeleteFileW);
}

/* ---- renaming ---- */

static NTSTATUS rename(HANDLE file, const WCHAR *target, DWORD flags)
{
    UNICODE_STRING path;
    IO_STATUS_BLOCK io;

    if (!k32_nt_path(target, &path))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    ULONG size = (ULONG)offsetof(FILE_RENAME_INFORMATION, FileName) + path.Length + sizeof(WCHAR);
    FILE_RENAME_INFORMATION *info = RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, size + 8);
    NTSTATUS status = STATUS_NO_MEMORY;
    if (info != NULL) {
        info->ReplaceIfExists = (flags & MOVEFILE_REPLACE_EXISTING) != 0;
        info->FileNameLength = path.Length;
        k32_memcpy(info->FileName, path.Buffer, path.Length);
        status = NtSetInformationFile(file, &io, info, size, FileRenameInformation);
    }
    k32_free(info);
    RtlFreeUnicodeString(&path);
    return status;
}

BOOL WINAPI MoveFileExW(const WCHAR *source, const WCHAR *target, DWORD flags)
{
    if (flags & MOVEFILE_DELAY_UNTIL_REBOOT) /* there is no next start */
        return k32_fail_with(flags & MOVEFILE_COPY_ALLOWED ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
    if (target == NULL)
        return k32_fail_with(ERROR_PATH_NOT_FOUND);
    HANDLE file = k32_open(source, DELETE, FILE_OPEN_REPARSE_POINT);
    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    NTSTATUS status = rename(file, target, flags);
    NtClose(file);
    if (status != STATUS_NOT_SAME_DEVICE || !(flags & MOVEFILE_COPY_ALLOWED))
        return k32_done(status);
    return CopyFileW(source, target, !(flags & MOVEFILE_REPLACE_EXISTING)) && DeleteFileW(source);
}

BOOL WINAPI MoveFileExA(const char *source, const char *target, DWORD flags)
{
    WCHAR *from = k32_file_wide(source), *to = k32_file_wide(target);
    BOOL done = FALSE;

    if (source == NULL)
        k32_fail_with(ERROR_PATH_NOT_FOUND);
    else if (from != NULL && (to != NULL || target == NULL))
        done = MoveFileExW(from, to, flags);
    k32_free(from);
    k32_free(to);
    return done;
}

BOOL WINAPI MoveFileW(const WCHAR *source, const WCHAR *target)
{
    return MoveFileExW(source, target, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileA(const char *source, const char *target)
{
    return MoveFileExA(source, target, MOVEFILE_COPY_ALLOWED);
}
