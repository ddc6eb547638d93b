/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk.c - drives and volumes. */
#include "k32.h"

/* The root that a path is on; NULL: that of the current folder.
 * => false with the last error set where it is no path of a drive. */
static bool root_of(const WCHAR *path, WCHAR root[4])
{
    WCHAR full[MAX_PATH];
    DWORD length = GetFullPathNameW(path != NULL && *path != L'\0' ? path : L".", MAX_PATH, full, NULL);

    if (length < 2 || length >= MAX_PATH || full[1] != L':')
        return k32_fail_with(ERROR_PATH_NOT_FOUND);
    root[0] = RtlUpcaseUnicodeChar(full[0]);
    root[1] = L':';
    root[2] = L'\\';
    root[3] = L'\0';
    return true;
}

/* A root path must be one: "C:\", or "C:" with a backslash to come; NULL: the current folder's.
 * => the open root, or INVALID_HANDLE_VALUE with the last error set. */
static HANDLE open_root(const WCHAR *path)
{
    WCHAR root[4];

    if (path != NULL) {
        SIZE_T length = k32_wcslen(path);
        if (length == 0 || (path[length - 1] != L'\\' && path[length - 1] != L'/')) {
            k32_fail_with(ERROR_INVALID_NAME);
            return INVALID_HANDLE_VALUE;
        }
    } else if (!root_of(NULL, root)) {
        return INVALID_HANDLE_VALUE;
    }
    return k32_open(path != NULL ? path : root, FILE_READ_ATTRIBUTES, FILE_DIRECTORY_FILE);
}

static NTSTATUS query(HANDLE root, void *info, ULONG size, ULONG class)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryVolumeInformationFile(root, &io, info, size, class);

    return status;
}

/* ---- space ---- */

static BOOL query_size(const WCHAR *path, FILE_FS_FULL_SIZE_INFORMATION *size, ULONG options)
{
    HANDLE root = options ? k32_open(path, FILE_LIST_DIRECTORY, options) : open_root(path);

    if (root == INVALID_HANDLE_VALUE)
        return FALSE;
    NTSTATUS status = query(root, size, sizeof *size, FileFsFullSizeInformation);
    NtClose(root);
    return k32_done(status);
}

static DWORD at_most(LONGLONG count)
{
    return count > 0xFFFFFFFF ? 0xFFFFFFFF : (DWORD)count;
}

BOOL WINAPI GetDiskFreeSpaceW(const WCHAR *path, DWORD *sectors, DWORD *bytes, DWORD *free, DWORD *total)
{
    FILE_FS_FULL_SIZE_INFORMATION size;

    if (!query_size(path, &size, 0))
        return FALSE;
    if (sectors != NULL)
        *sectors = size.SectorsPerAllocationUnit;
    if (bytes != NULL)
        *bytes = size.BytesPerSector;
    if (free != NULL)
        *free = at_most(size.CallerAvailableAllocationUnits.QuadPart);
    if (total != NULL)
        *total = at_most(size.TotalAllocationUnits.QuadPart);
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceExW(const WCHAR *path, ULARGE_INTEGER *for_caller, ULARGE_INTEGER *total,
                                ULARGE_INTEGER *free)
{
    FILE_FS_FULL_SIZE_INFORMATION size;
    WCHAR root[4];

    if (path == NULL && !root_of(NULL, root))
        return FALSE;
    if (!query_size(path != NULL ? path : root, &size, FILE_DIRECTORY_FILE)) /* any folder will do */
        return FALSE;
    ULONGLONG unit = (ULONGLONG)size.SectorsPerAllocationUnit * size.BytesPerSector;
    if (for_caller != NULL)
        for_caller->QuadPart = (ULONGLONG)size.CallerAvailableAllocationUnits.QuadPart * unit;
    if (total != NULL)
        total->QuadPart = (ULONGLONG)size.TotalAllocationUnits.QuadPart * unit;
    if (free != NULL)
        free->QuadPart = (ULONGLONG)size.ActualAvailableAllocationUnits.QuadPart * unit;
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceA(const char *path, DWORD *sectors, DWORD *bytes, DWORD *free, DWORD *total)
{
    WCHAR *wide = k32_file_wide(path);
    BOOL done = (path == NULL || wide != NULL) && GetDiskFreeSpaceW(wide, sectors, bytes, free, total);

    k32_free(wide);
    return done;
}

BOOL WINAPI GetDiskFreeSpaceExA(const char *path, ULARGE_INTEGER *for_caller, ULARGE_INTEGER *total,
                                ULARGE_INTEGER *free)
{
    WCHAR *wide = k32_file_wide(path);
    BOOL done = (path == NULL || wide != NULL) && GetDiskFreeSpaceExW(wide, for_caller, total, free);

    k32_free(wide);
    return done;
}

/* ---- drives ---- */

UINT WINAPI GetDriveTypeW(const WCHAR *path)
{
    FILE_FS_DEVICE_INFORMATION device;
    WCHAR root[4];

    if (path == NULL) {
        if (!root_of(NULL, root))
            return DRIVE_NO_ROOT_DIR;
    } else {
        root[0] = path[0];
        root[1] = path[0] != L'\0' ? path[1] : L'\0';
        root[2] = L'\\';
        root[3] = L'\0';
        bool is_root = root[1] == L':' && (path[2] == L'\0' || ((path[2] == L'\\' || path[2] == L'/') && !path[3]));
        if (!is_root)
            return DRIVE_NO_ROOT_DIR;
    }
    HANDLE handle = open_root(root);
    if (handle == INVALID_HANDLE_VALUE)
        return DRIVE_NO_ROOT_DIR;
    NTSTATUS status = query(handle, &device, sizeof device, FileFsDeviceInformation);
    NtClose(handle);
    return NT_SUCCESS(status) ? DRIVE_FIXED : DRIVE_UNKNOWN;
}

UINT WINAPI GetDriveTypeA(const char *path)
{
    WCHAR *wide = k32_file_wide(path);
    UINT type = path != NULL && wide == NULL ? DRIVE_UNKNOWN : GetDriveTypeW(wide);

    k32_free(wide);
    return type;
}

DWORD WINAPI GetLogicalDrives(void)
{
    DWORD error = RtlGetLastWin32Error(), drives = 0;
    WCHAR root[] = L"A:\\";

    for (unsigned i = 0; i < 26; i++) {
        root[0] = (WCHAR)(L'A' + i);
        drives |= GetDriveTypeW(root) == DRIVE_NO_ROOT_DIR ? 0 : 1u << i;
    }
    RtlSetLastWin32Error(error);
    return drives;
}

/* "A:\", zero, ..., zero.  => characters but for the last zero. */
static DWORD drive_strings(WCHAR text[26 * 4 + 1])
{
    DWORD drives = GetLogicalDrives(), length = 0;

    for (unsigned i = 0; i < 26; i++) {
        if (!(drives >> i & 1))
            continue;
        text[length++] = (WCHAR)(L'A' + i);
        text[length++] = L':';
        text[length++] = L'\\';
        text[length++] = L'\0';
    }
    text[length] = L'\0';
    return length;
}

DWORD WINAPI GetLogicalDriveStringsW(DWORD size, WCHAR *buffer)
{
    WCHAR text[26 * 4 + 1];
    DWORD length = drive_strings(text);

    return k32_give_wide(text, length, buffer, size);
}

DWORD WINAPI GetLogicalDriveStringsA(DWORD size, char *buffer)
{
    WCHAR text[26 * 4 + 1];
    DWORD length = drive_strings(text);

    return k32_give_file_narrow(text, length, buffer, size);
}

/* ---- volumes ---- */

struct volume {
    struct {
        FILE_FS_VOLUME_INFORMATION info;
        WCHAR label[MAX_PATH];
    } volume;
    struct {
        FILE_FS_ATTRIBUTE_INFORMATION info;
        WCHAR name[MAX_PATH];
    } attribute;
};

static BOOL query_volume(const WCHAR *path, struct volume *volume)
{
    HANDLE root = open_root(path);

    if (root == INVALID_HANDLE_VALUE)
        return FALSE;
    NTSTATUS status = query(root, &volume->volume, sizeof volume->volume, FileFsVolumeInformation);
    if (NT_SUCCESS(status))
        status = query(root, &volume->attribute, sizeof volume->attribute, FileFsAttributeInformation);
    NtClose(root);
    return k32_done(status);
}

static void give_numbers(const struct volume *volume, DWORD *serial, DWORD *longest, DWORD *flags)
{
    if (serial != NULL)
        *serial = volume->volume.info.VolumeSerialNumber;
    if (longest != NULL)
        *longest = (DWORD)volume->attribute.info.MaximumComponentNameLength;
    if (flags != NULL)
        *flags = volume->attribute.info.FileSystemAttributes;
}

BOOL WINAPI GetVolumeInformationW(const WCHAR *path, WCHAR *label, DWORD label_size, DWORD *serial, DWORD *longest,
                                  DWORD *flags, WCHAR *name, DWORD name_size)
{
    struct volume v;

    if (!query_volume(path, &v))
        return FALSE;
    DWORD label_length = v.volume.info.VolumeLabelLength / sizeof(WCHAR);
    DWORD name_length = v.attribute.info.FileSystemNameLength / sizeof(WCHAR);
    if ((label != NULL && label_size <= label_length) || (name != NULL && name_size <= name_length))
        return k32_fail_with(ERROR_BAD_LENGTH);
    if (label != NULL)
        k32_give_wide(v.volume.info.VolumeLabel, label_length, label, label_size);
    if (name != NULL)
        k32_give_wide(v.attribute.info.FileSystemName, name_length, name, name_size);
    give_numbers(&v, serial, longest, flags);
    return TRUE;
}

BOOL WINAPI GetVolumeInformationA(const char *path, char *label, DWORD label_size, DWORD *serial, DWORD *longest,
                                  DWORD *flags, char *name, DWORD name_size)
{
    WCHAR wide_label[MAX_PATH], wide_name[MAX_PATH], *wide = k32_file_wide(path);
    BOOL done = (path == NULL || wide != NULL) &&
                GetVolumeInformationW(wide, wide_label, MAX_PATH, serial, longest, flags, wide_name, MAX_PATH);

    k32_free(wide);
    if (!done)
        return FALSE;
    DWORD label_length = (DWORD)k32_wcslen(wide_label), name_length = (DWORD)k32_wcslen(wide_name);
    if ((label != NULL && label_size <= label_length) || (name != NULL && name_size <= name_length))
        return k32_fail_with(ERROR_BAD_LENGTH);
    if (label != NULL)
        k32_give_file_narrow(wide_label, label_length, label, label_size);
    if (name != NULL)
        k32_give_file_narrow(wide_name, name_length, name, name_size);
    return TRUE;
}
