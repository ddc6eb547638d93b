/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find.c - looking through a folder. */
#include "k32.h"

enum { FIND_BUFFER = 4096, FIND_SIGNATURE = 0x646E6946 };

/* What a find handle points to. */
struct find {
    ULONG signature;
    HANDLE folder;
    bool folders_only;
    bool more;  /* the buffer holds an entry that was not given yet, at next */
    ULONG next; /* in the buffer */
    RTL_CRITICAL_SECTION lock;
    LONGLONG buffer[FIND_BUFFER / sizeof(LONGLONG)];
};

/* ---- the pattern ---- */

enum { DOS_STAR = '<', DOS_QM = '>', DOS_DOT = '"' };

/* A pattern with MS-DOS's meaning, for the kernel: "*.*" is everything; ? takes no character at a dot or at the end;
 * the dot before * or ? need not be there; and "*." is what has no extension. */
static void translate(WCHAR *pattern)
{
    SIZE_T length = k32_wcslen(pattern);

    if (length == 3 && pattern[0] == L'*' && pattern[1] == L'.' && pattern[2] == L'*') {
        pattern[1] = L'\0';
        return;
    }
    for (SIZE_T i = 0; i < length; i++) {
        if (pattern[i] == L'?') {
            pattern[i] = DOS_QM;
        } else if (pattern[i] == L'.' && (pattern[i + 1] == L'?' || pattern[i + 1] == L'*')) {
            pattern[i] = DOS_DOT;
        } else if (pattern[i] == L'.' && i + 1 == length && i > 0 && pattern[i - 1] == L'*') {
            pattern[i - 1] = DOS_STAR;
            pattern[i] = L'\0';
        }
    }
}

/* The pattern as it was written, before the path was made whole, ends in a dot. */
static bool ends_in_dot(const WCHAR *name)
{
    SIZE_T length = k32_wcslen(name);

    return length > 1 && name[length - 1] == L'.' && name[length - 2] == L'*';
}

/* Split a name into its folder and its pattern.
 * => the caller frees both with k32_free(); false with the last error set. */
static bool split(const WCHAR *name, UNICODE_STRING *ret_folder, WCHAR **ret_pattern)
{
    UNICODE_STRING path;

    if (!k32_nt_path(name, &path))
        return false;
    SIZE_T length = path.Length / sizeof(WCHAR), start = length;
    while (start > 0 && path.Buffer[start - 1] != L'\\')
        start--;
    WCHAR *pattern = RtlAllocateHeap(RtlProcessHeap(), 0, (length - start + 2) * sizeof(WCHAR));
    if (pattern == NULL || start == length) {
        RtlFreeUnicodeString(&path);
        k32_free(pattern);
        k32_fail_with(pattern == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_FILE_NOT_FOUND);
        return false;
    }
    k32_memcpy(pattern, path.Buffer + start, (length - start) * sizeof(WCHAR));
    if (ends_in_dot(name) && pattern[length - start - 1] != L'.')
        pattern[length++ - start] = L'.'; /* which is dropped from a path */
    pattern[length - start] = L'\0';
    translate(pattern);
    path.Length = (USHORT)(start * sizeof(WCHAR));
    *ret_folder = path;
    *ret_pattern = pattern;
    return true;
}

/* ---- the search ---- */

static NTSTATUS fill(struct find *find, UNICODE_STRING *pattern)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryDirectoryFile(find->folder, NULL, NULL, NULL, &io, find->buffer, sizeof find->buffer,
                                           FileBothDirectoryInformation, FALSE, pattern, FALSE);

    find->more = NT_SUCCESS(status);
    find->next = 0;
    return status;
}

static void give(const FILE_BOTH_DIR_INFORMATION *entry, WIN32_FIND_DATAW *data)
{
    ULONG length = entry->FileNameLength / sizeof(WCHAR);

    if (length >= MAX_PATH)
        length = MAX_PATH - 1;
    data->dwFileAttributes = entry->FileAttributes;
    k32_give_time(entry->CreationTime, &data->ftCreationTime);
    k32_give_time(entry->LastAccessTime, &data->ftLastAccessTime);
    k32_give_time(entry->LastWriteTime, &data->ftLastWriteTime);
    data->nFileSizeHigh = (DWORD)entry->EndOfFile.HighPart;
    data->nFileSizeLow = entry->EndOfFile.LowPart;
    data->dwReserved0 = data->dwReserved1 = 0;
    k32_memcpy(data->cFileName, entry->FileName, length * sizeof(WCHAR));
    data->cFileName[length] = L'\0';
    data->cAlternateFileName[0] = L'\0'; /* the volume has no short names */
}

/* The next entry that is wanted.  => STATUS_NO_MORE_FILES. */
static NTSTATUS next(struct find *find, WIN32_FIND_DATAW *data)
{
    for (;;) {
        if (!find->more) {
            NTSTATUS status = fill(find, NULL);
            if (!NT_SUCCESS(status))
                return status;
        }
        const FILE_BOTH_DIR_INFORMATION *entry = (const void *)((const char *)find->buffer + find->next);
        find->more = entry->NextEntryOffset != 0;
        find->next += entry->NextEntryOffset;
        if (find->folders_only && !(entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY))
            continue;
        give(entry, data);
        return STATUS_SUCCESS;
    }
}

static void end(struct find *find)
{
    find->signature = 0;
    if (find->folder != NULL)
        NtClose(find->folder);
    RtlDeleteCriticalSection(&find->lock);
    k32_free(find);
}

/* A folder that is none, or that has no such name. */
static NTSTATUS open_folder(UNICODE_STRING *path, HANDLE *ret_folder)
{
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK io;

    InitializeObjectAttributes(&oa, path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtOpenFile(ret_folder, FILE_LIST_DIRECTORY | SYNCHRONIZE, &oa, &io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                 FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : status;
}

static NTSTATUS begin(struct find *find, const UNICODE_STRING *path, WCHAR *pattern_text, WIN32_FIND_DATAW *data)
{
    UNICODE_STRING folder = *path, pattern;

    RtlInitUnicodeString(&pattern, pattern_text);
    NTSTATUS status = open_folder(&folder, &find->folder);
    if (!NT_SUCCESS(status)) {
        find->folder = NULL;
        return status;
    }
    status = fill(find, &pattern);
    if (!NT_SUCCESS(status))
        return status;
    status = next(find, data);
    return status == STATUS_NO_MORE_FILES ? STATUS_NO_SUCH_FILE : status;
}

HANDLE WINAPI FindFirstFileExW(const WCHAR *name, FINDEX_INFO_LEVELS level, void *data, FINDEX_SEARCH_OPS operation,
                               void *filter, DWORD flags)
{
    UNICODE_STRING path;
    WCHAR *pattern = NULL;

    if (level != FindExInfoStandard || filter != NULL || (flags & ~(DWORD)FIND_FIRST_EX_CASE_SENSITIVE) ||
        (operation != FindExSearchNameMatch && operation != FindExSearchLimitToDirectories)) {
        k32_fail_with(operation == FindExSearchLimitToDevices ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!split(name, &path, &pattern))
        return INVALID_HANDLE_VALUE;
    struct find *find = RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, sizeof *find);
    NTSTATUS status = STATUS_NO_MEMORY;
    if (find != NULL) {
        find->signature = FIND_SIGNATURE;
        find->folders_only = operation == FindExSearchLimitToDirectories;
        RtlInitializeCriticalSection(&find->lock);
        status = begin(find, &path, pattern, data);
    }
    RtlFreeUnicodeString(&path);
    k32_free(pattern);
    if (NT_SUCCESS(status))
        return find;
    if (find != NULL)
        end(find);
    k32_fail(status);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI FindFirstFileW(const WCHAR *name, WIN32_FIND_DATAW *data)
{
    return FindFirstFileExW(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}

static struct find *find_of(HANDLE handle)
{
    struct find *find = handle;

    if (handle != INVALID_HANDLE_VALUE && handle != NULL && !((ULONG_PTR)handle & 7) &&
        find->signature == FIND_SIGNATURE)
        return find;
    k32_fail_with(ERROR_INVALID_HANDLE);
    return NULL;
}

BOOL WINAPI FindNextFileW(HANDLE handle, WIN32_FIND_DATAW *data)
{
    struct find *find = find_of(handle);

    if (find == NULL)
        return FALSE;
    RtlEnterCriticalSection(&find->lock);
    NTSTATUS status = next(find, data);
    RtlLeaveCriticalSection(&find->lock);
    return k32_done(status);
}

BOOL WINAPI FindClose(HANDLE handle)
{
    struct find *find = find_of(handle);

    if (find == NULL)
        return FALSE;
    end(find);
    return TRUE;
}

/* ---- narrow ---- */

static void give_narrow(const WIN32_FIND_DATAW *wide, WIN32_FIND_DATAA *data)
{
    k32_memcpy(data, wide, offsetof(WIN32_FIND_DATAA, cFileName)); /* the same up to there */
    k32_give_file_narrow(wide->cFileName, (DWORD)k32_wcslen(wide->cFileName), data->cFileName, sizeof data->cFileName);
    data->cAlternateFileName[0] = '\0';
}

HANDLE WINAPI FindFirstFileExA(const char *name, FINDEX_INFO_LEVELS level, void *data, FINDEX_SEARCH_OPS operation,
                               void *filter, DWORD flags)
{
    WIN32_FIND_DATAW found;
    HANDLE find = INVALID_HANDLE_VALUE;
    WCHAR *wide = k32_file_wide(name);

    if (name == NULL)
        k32_fail_with(ERROR_PATH_NOT_FOUND);
    else if (wide != NULL)
        find = FindFirstFileExW(wide, level, &found, operation, filter, flags);
    k32_free(wide);
    if (find != INVALID_HANDLE_VALUE)
        give_narrow(&found, data);
    return find;
}

HANDLE WINAPI FindFirstFileA(const char *name, WIN32_FIND_DATAA *data)
{
    return FindFirstFileExA(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}

BOOL WINAPI FindNextFileA(HANDLE handle, WIN32_FIND_DATAA *data)
{
    WIN32_FIND_DATAW found;

    if (!FindNextFileW(handle, &found))
        return FALSE;
    give_narrow(&found, data);
    return TRUE;
}
