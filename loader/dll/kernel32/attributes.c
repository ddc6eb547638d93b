/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attributes.c - what a file is besides its bytes: attributes, times, identity. */
#include "k32.h"

void k32_give_time(LARGE_INTEGER time, FILETIME *ret_time)
{
    ret_time->dwLowDateTime = time.LowPart;
    ret_time->dwHighDateTime = (DWORD)time.HighPart;
}

LARGE_INTEGER k32_take_time(const FILETIME *time)
{
    LARGE_INTEGER taken = {.QuadPart = 0};

    if (time != NULL) {
        taken.LowPart = time->dwLowDateTime;
        taken.HighPart = (LONG)time->dwHighDateTime;
    }
    return taken;
}

HANDLE k32_open(const WCHAR *name, ACCESS_MASK access, ULONG options)
{
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK io;
    HANDLE file;

    if (!k32_nt_path(name, &path))
        return INVALID_HANDLE_VALUE;
    InitializeObjectAttributes(&oa, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status =
        NtOpenFile(&file, access | SYNCHRONIZE, &oa, &io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                   options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT);
    RtlFreeUnicodeString(&path);
    if (NT_SUCCESS(status))
        return file;
    k32_fail(status);
    return INVALID_HANDLE_VALUE;
}

/* ---- attributes ---- */

DWORD WINAPI GetFileAttributesW(const WCHAR *name)
{
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES oa;
    FILE_BASIC_INFORMATION info;

    if (!k32_nt_path(name, &path))
        return INVALID_FILE_ATTRIBUTES;
    InitializeObjectAttributes(&oa, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtQueryAttributesFile(&oa, &info);
    RtlFreeUnicodeString(&path);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return INVALID_FILE_ATTRIBUTES;
    }
    return info.FileAttributes;
}

DWORD WINAPI GetFileAttributesA(const char *name)
{
    WCHAR *wide = k32_file_wide(name);
    DWORD attributes = INVALID_FILE_ATTRIBUTES;

    if (name == NULL)
        k32_fail_with(ERROR_PATH_NOT_FOUND);
    else if (wide != NULL)
        attributes = GetFileAttributesW(wide);
    k32_free(wide);
    return attributes;
}

BOOL WINAPI GetFileAttributesExW(const WCHAR *name, GET_FILEEX_INFO_LEVELS level, void *buffer)
{
    WIN32_FILE_ATTRIBUTE_DATA *data = buffer;
    FILE_NETWORK_OPEN_INFORMATION info;
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES oa;

    if (level != GetFileExInfoStandard)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (!k32_nt_path(name, &path))
        return FALSE;
    InitializeObjectAttributes(&oa, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtQueryFullAttributesFile(&oa, &info);
    RtlFreeUnicodeString(&path);
    if (!NT_SUCCESS(status))
        return k32_fail(status);
    data->dwFileAttributes = info.FileAttributes;
    k32_give_time(info.CreationTime, &data->ftCreationTime);
    k32_give_time(info.LastAccessTime, &data->ftLastAccessTime);
    k32_give_time(info.LastWriteTime, &data->ftLastWriteTime);
    data->nFileSizeHigh = (DWORD)info.EndOfFile.HighPart;
    data->nFileSizeLow = info.EndOfFile.LowPart;
    return TRUE;
}

BOOL WINAPI GetFileAttributesExA(const char *name, GET_FILEEX_INFO_LEVELS level, void *buffer)
{
    WCHAR *wide = k32_file_wide(name);
    BOOL done =
        name == NULL ? k32_fail_with(ERROR_PATH_NOT_FOUND) : wide != NULL && GetFileAttributesExW(wide, level, buffer);

    k32_free(wide);
    return done;
}

/* Times of 0 stay what they are. */
static BOOL set_basic(HANDLE file, FILE_BASIC_INFORMATION *info)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtSetInformationFile(file, &io, info, sizeof *info, FileBasicInformation);

    return k32_done(status);
}

BOOL WINAPI SetFileAttributesW(const WCHAR *name, DWORD attributes)
{
    FILE_BASIC_INFORMATION info = {.FileAttributes = attributes & ~(DWORD)FILE_ATTRIBUTE_DIRECTORY};
    HANDLE file = k32_open(name, FILE_WRITE_ATTRIBUTES, 0);

    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    if (info.FileAttributes == 0)
        info.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    BOOL done = set_basic(file, &info);
    NtClose(file);
    return done;
}

BOOL WINAPI SetFileAttributesA(const char *name, DWORD attributes)
{
    WCHAR *wide = k32_file_wide(name);
    BOOL done =
        name == NULL ? k32_fail_with(ERROR_PATH_NOT_FOUND) : wide != NULL && SetFileAttributesW(wide, attributes);

    k32_free(wide);
    return done;
}

/* ---- open files ---- */

static BOOL query(HANDLE file, void *info, ULONG size, ULONG class)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryInformationFile(file, &io, info, size, class);

    return k32_done(status);
}

BOOL WINAPI GetFileInformationByHandle(HANDLE file, BY_HANDLE_FILE_INFORMATION *ret_info)
{
    FILE_BASIC_INFORMATION basic;
    FILE_STANDARD_INFORMATION standard;
    FILE_INTERNAL_INFORMATION internal;
    struct {
        FILE_FS_VOLUME_INFORMATION info;
        WCHAR label[32];
    } volume;
    IO_STATUS_BLOCK io;
    NTSTATUS status =
        NtQueryVolumeInformationFile(k32_handle(file), &io, &volume, sizeof volume, FileFsVolumeInformation);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    if (!query(file, &basic, sizeof basic, FileBasicInformation) ||
        !query(file, &standard, sizeof standard, FileStandardInformation) ||
        !query(file, &internal, sizeof internal, FileInternalInformation))
        return FALSE;
    ret_info->dwFileAttributes = basic.FileAttributes;
    k32_give_time(basic.CreationTime, &ret_info->ftCreationTime);
    k32_give_time(basic.LastAccessTime, &ret_info->ftLastAccessTime);
    k32_give_time(basic.LastWriteTime, &ret_info->ftLastWriteTime);
    ret_info->dwVolumeSerialNumber = volume.info.VolumeSerialNumber;
    ret_info->nFileSizeHigh = (DWORD)standard.EndOfFile.HighPart;
    ret_info->nFileSizeLow = standard.EndOfFile.LowPart;
    ret_info->nNumberOfLinks = standard.NumberOfLinks;
    ret_info->nFileIndexHigh = (DWORD)internal.IndexNumber.HighPart;
    ret_info->nFileIndexLow = internal.IndexNumber.LowPart;
    return TRUE;
}

BOOL WINAPI GetFileTime(HANDLE file, FILETIME *created, FILETIME *accessed, FILETIME *written)
{
    FILE_BASIC_INFORMATION basic;

    if (!query(k32_handle(file), &basic, sizeof basic, FileBasicInformation))
        return FALSE;
    if (created != NULL)
        k32_give_time(basic.CreationTime, created);
    if (accessed != NULL)
        k32_give_time(basic.LastAccessTime, accessed);
    if (written != NULL)
        k32_give_time(basic.LastWriteTime, written);
    return TRUE;
}

BOOL WINAPI SetFileTime(HANDLE file, const FILETIME *created, const FILETIME *accessed, const FILETIME *written)
{
    FILE_BASIC_INFORMATION basic = {.CreationTime = k32_take_time(created),
                                    .LastAccessTime = k32_take_time(accessed),
                                    .LastWriteTime = k32_take_time(written)};

    return set_basic(k32_handle(file), &basic);
}
