// SPDX-License-Identifier: GPL-2.0-or-later
/* path.c - DOS paths, NT paths and the current directory. */
#include "ntdll.h"

#define SYSTEM_PATH_BYTES 0xFFFC /* the longest UNICODE_STRING with a terminator */

static bool is_slash(WCHAR c)
{
    return c == '\\' || c == '/';
}

ULONG NTAPI RtlDetermineDosPathNameType_U(PCWSTR path)
{
    if (is_slash(path[0])) {
        if (!is_slash(path[1]))
            return RtlPathTypeRooted;
        if (path[2] != '.' && path[2] != '?')
            return RtlPathTypeUncAbsolute;
        if (is_slash(path[3]))
            return RtlPathTypeLocalDevice;
        return path[3] == 0 ? RtlPathTypeRootLocalDevice : RtlPathTypeUncAbsolute;
    }
    if (path[0] == 0 || path[1] != ':')
        return RtlPathTypeRelative;
    return is_slash(path[2]) ? RtlPathTypeDriveAbsolute : RtlPathTypeDriveRelative;
}

/* => the device's name as (offset << 16 | length), both in bytes; 0: none. */
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR name)
{
    static const char devices[][4] = {"CON", "PRN", "AUX", "NUL", "COM", "LPT"};
    ULONG start = 0, type = RtlDetermineDosPathNameType_U(name);
    if (type == RtlPathTypeLocalDevice || type == RtlPathTypeRootLocalDevice || type == RtlPathTypeUncAbsolute)
        return 0;
    for (ULONG i = 0; name[i] != 0; i++)
        if (is_slash(name[i]) || (i == 1 && name[i] == ':'))
            start = i + 1;
    const WCHAR *s = name + start;
    for (ULONG i = 0; i < 6; i++) {
        ULONG k = 0;
        while (k < 3 && RtlUpcaseUnicodeChar(s[k]) == (WCHAR)devices[i][k])
            k++;
        if (k < 3)
            continue;
        if (i >= 4 && (s[k] < '1' || s[k++] > '9'))
            return 0;
        ULONG end = k;
        while (s[end] == ' ')
            end++;
        return s[end] == 0 || s[end] == '.' || s[end] == ':' ? start << 17 | k << 1 : 0;
    }
    return 0;
}

/* Length of the part that ".." cannot leave: "C:\", "\\server\share\", "\\.\". */
static ULONG root_length(const WCHAR *path)
{
    if (!is_slash(path[0]))
        return 3;
    ULONG i = 2, parts = path[2] == '.' || path[2] == '?' ? 1 : 2;
    for (; path[i] != 0 && parts > 0; i++)
        if (is_slash(path[i]))
            parts--;
    return i;
}

/* Resolve "." and "..", drop doubled slashes and the dots and spaces at the end of each name. */
static void normalise(WCHAR *path)
{
    ULONG root = root_length(path), to = root, from = root;
    for (ULONG i = 0; i < root; i++)
        if (path[i] == '/')
            path[i] = '\\';
    bool nothing = false; /* the last name was "." or "..": no backslash stays behind it */
    while (path[from] != 0) {
        ULONG end = from;
        while (path[end] != 0 && !is_slash(path[end]))
            end++;
        ULONG length = end - from, next = path[end] != 0 ? end + 1 : end;
        if (length == 2 && path[from] == '.' && path[from + 1] == '.') {
            if (to > root)
                to--;
            while (to > root && path[to - 1] != '\\')
                to--;
        } else {
            while (length > 0 && (path[from + length - 1] == '.' || (path[from + length - 1] == ' ' && next == end)))
                length--;
            memmove(path + to, path + from, length * sizeof(WCHAR));
            to += length;
            if (length > 0 && next != end)
                path[to++] = '\\';
        }
        nothing = next == end && (length == 0 || to == 0 || path[to - 1] == '\\');
        from = next;
    }
    if (nothing && to > root && path[to - 1] == '\\')
        to--;
    path[to] = 0;
}

static WCHAR *join(const WCHAR *first, ULONG first_length, const WCHAR *second)
{
    ULONG length = (ULONG)wcslen(second);
    WCHAR *path = heap_alloc((first_length + length + 2) * sizeof(WCHAR));
    if (path == NULL)
        return NULL;
    memcpy(path, first, first_length * sizeof(WCHAR));
    memcpy(path + first_length, second, (length + 1) * sizeof(WCHAR));
    return path;
}

/* The absolute path of a name, on the heap; NULL when there is no memory. => the PEB lock is held. */
static WCHAR *compose(PCWSTR name)
{
    const UNICODE_STRING *current = &NtCurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG device = RtlIsDosDeviceName_U(name), current_length = current->Length / 2;
    WCHAR drive[3] = {name[0], ':', '\\'}, *path;
    if (device != 0) {
        path = join(L"\\\\.\\", 4, name + (device >> 17));
        if (path != NULL)
            path[4 + ((device & 0xFFFF) >> 1)] = 0;
        return path;
    }
    switch (RtlDetermineDosPathNameType_U(name)) {
    case RtlPathTypeDriveRelative:
        if (current_length > 2 && RtlUpcaseUnicodeChar(name[0]) == RtlUpcaseUnicodeChar(current->Buffer[0]))
            path = join(current->Buffer, current_length, name + 2);
        else
            path = join(drive, 3, name + 2);
        break;
    case RtlPathTypeRooted: path = join(current->Buffer, current_length < 2 ? current_length : 2, name); break;
    case RtlPathTypeRelative: path = join(current->Buffer, current_length, name); break;
    case RtlPathTypeRootLocalDevice: return join(L"\\\\.\\", 4, L"");
    default: path = join(name, 0, name); break;
    }
    if (path != NULL && path[0] != 0 && path[1] != 0 && path[2] != 0)
        normalise(path);
    return path;
}

static WCHAR *file_part(WCHAR *path)
{
    WCHAR *part = path;
    for (WCHAR *p = path; *p != 0; p++)
        if (*p == '\\')
            part = p + 1;
    return *part != 0 ? part : NULL;
}

/* => bytes written without the terminator; when it does not fit, bytes needed with it. */
ULONG NTAPI RtlGetFullPathName_U(PCWSTR name, ULONG bytes, WCHAR *buffer, WCHAR **ret_file_part)
{
    if (ret_file_part != NULL)
        *ret_file_part = NULL;
    if (name == NULL || name[0] == 0)
        return 0;
    RtlAcquirePebLock();
    WCHAR *path = compose(name);
    RtlReleasePebLock();
    if (path == NULL)
        return 0;
    ULONG length = (ULONG)wcslen(path) * 2;
    if (length + 2 > bytes) {
        length += 2;
    } else {
        memcpy(buffer, path, length + 2);
        if (ret_file_part != NULL && path[0] != 0 && !(path[0] == '\\' && path[2] == '.'))
            *ret_file_part = file_part(buffer);
    }
    heap_free(path);
    return length;
}

/* => nt_path is the caller's to free; relative_name, if given, says "none".  FALSE: the whole path has MAX_PATH
 * characters or more, with the one at its end, and does not begin with \\?\. */
BOOLEAN NTAPI RtlDosPathNameToNtPathName_U(PCWSTR path, PUNICODE_STRING nt_path, WCHAR **ret_file_part,
                                           PVOID relative_name)
{
    static const WCHAR prefix[] = L"\\??\\", unc[] = L"\\??\\UNC\\";
    if (path == NULL || path[0] == 0)
        return FALSE;
    bool verbatim = path[0] == '\\' && path[1] == '\\' && path[2] == '?' && path[3] == '\\';
    RtlAcquirePebLock();
    WCHAR *full = verbatim ? join(path, 0, path) : compose(path);
    RtlReleasePebLock();
    if (full != NULL && !verbatim && wcslen(full) >= MAX_PATH) {
        heap_free(full);
        return FALSE;
    }
    if (full == NULL)
        return FALSE;
    WCHAR *result;
    if (full[0] != '\\')
        result = join(prefix, 4, full);
    else if (full[2] == '.' || full[2] == '?')
        result = join(prefix, 4, full + 4);
    else
        result = join(unc, 8, full + 2);
    heap_free(full);
    if (result == NULL)
        return FALSE;
    if (wcslen(result) * 2 > SYSTEM_PATH_BYTES - 2) {
        heap_free(result);
        return FALSE;
    }
    RtlInitUnicodeString(nt_path, result);
    if (ret_file_part != NULL)
        *ret_file_part = file_part(result);
    if (relative_name != NULL)
        memset(relative_name, 0, sizeof(UNICODE_STRING) + sizeof(HANDLE));
    return TRUE;
}

static NTSTATUS query_attributes(PCWSTR path, FILE_BASIC_INFORMATION *info)
{
    UNICODE_STRING nt_path;
    OBJECT_ATTRIBUTES oa;
    if (!RtlDosPathNameToNtPathName_U(path, &nt_path, NULL, NULL))
        return STATUS_OBJECT_NAME_INVALID;
    InitializeObjectAttributes(&oa, &nt_path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtQueryAttributesFile(&oa, info);
    RtlFreeUnicodeString(&nt_path);
    return status;
}

BOOLEAN NTAPI RtlDoesFileExists_U(PCWSTR path)
{
    FILE_BASIC_INFORMATION info;
    return NT_SUCCESS(query_attributes(path, &info));
}

/* => as RtlGetFullPathName_U; 0: no directory of the list has the file. */
ULONG NTAPI RtlDosSearchPath_U(PCWSTR search_path, PCWSTR name, PCWSTR extension, ULONG bytes, WCHAR *buffer,
                               WCHAR **ret_file_part)
{
    const WCHAR *dot = wcsrchr(name, '.');
    ULONG type = RtlDetermineDosPathNameType_U(name), name_length = (ULONG)wcslen(name), result = 0;
    WCHAR *file = join(name, name_length, dot == NULL && extension != NULL ? extension : L"");
    if (file == NULL)
        return 0;
    if (type != RtlPathTypeRelative)
        search_path = L""; /* the name says where */
    for (bool more = true; more && result == 0;) {
        ULONG length = 0;
        while (search_path[length] != 0 && search_path[length] != ';')
            length++;
        ULONG slash = length > 0 && !is_slash(search_path[length - 1]);
        WCHAR *full = heap_alloc((length + slash + wcslen(file) + 1) * sizeof(WCHAR));
        if (full == NULL)
            break;
        memcpy(full, search_path, length * sizeof(WCHAR));
        if (slash)
            full[length] = '\\';
        wcscpy(full + length + slash, file);
        if (RtlDoesFileExists_U(full))
            result = RtlGetFullPathName_U(full, bytes, buffer, ret_file_part);
        heap_free(full);
        more = search_path[length] == ';';
        search_path += length + more;
    }
    heap_free(file);
    return result;
}

/* => as RtlGetFullPathName_U; the backslash at the end only after a drive. */
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG bytes, WCHAR *buffer)
{
    RtlAcquirePebLock();
    const UNICODE_STRING *current = &NtCurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG length = current->Length;
    if (length > 6 && current->Buffer[length / 2 - 1] == '\\')
        length -= 2;
    if (length + 2 > bytes) {
        length += 2;
    } else {
        memcpy(buffer, current->Buffer, length);
        buffer[length / 2] = 0;
    }
    RtlReleasePebLock();
    return length;
}

/* The absolute path of a folder, with a backslash at its end.  => STATUS_NAME_TOO_LONG: MAX_PATH characters or more. */
static NTSTATUS compose_folder(PCWSTR name, WCHAR **ret_full)
{
    FILE_BASIC_INFORMATION info;
    WCHAR *full = compose(name);
    if (full == NULL)
        return STATUS_NO_MEMORY;
    size_t length = wcslen(full);
    if (length > 0 && full[length - 1] != '\\') { /* join() left room */
        full[length++] = '\\';
        full[length] = 0;
    }
    NTSTATUS status = length < MAX_PATH ? query_attributes(name, &info) : STATUS_NAME_TOO_LONG;
    if (NT_SUCCESS(status) && !(info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY))
        status = STATUS_NOT_A_DIRECTORY;
    if (NT_SUCCESS(status))
        *ret_full = full;
    else
        heap_free(full);
    return status;
}

NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING path)
{
    static WCHAR *own;
    WCHAR *name = heap_alloc(path->Length + sizeof(WCHAR)), *full = NULL;
    if (name == NULL)
        return STATUS_NO_MEMORY;
    memcpy(name, path->Buffer, path->Length);
    name[path->Length / 2] = 0;
    RtlAcquirePebLock();
    NTSTATUS status = name[0] != 0 ? compose_folder(name, &full) : STATUS_OBJECT_NAME_INVALID;
    if (full != NULL) {
        RtlInitUnicodeString(&NtCurrentPeb()->ProcessParameters->CurrentDirectory.DosPath, full);
        heap_free(own);
        own = full;
    }
    RtlReleasePebLock();
    heap_free(name);
    return status;
}
