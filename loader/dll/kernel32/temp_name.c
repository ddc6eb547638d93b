/* SPDX-License-Identifier: GPL-2.0-or-later */
/* temp_name.c - names that are made or spelled otherwise: temporary files, long and short names. */
#include "k32.h"

/* ---- temporary files ---- */

/* Hexadecimal, without leading zeroes.  => digits. */
static DWORD put_hex(WCHAR *to, UINT number)
{
    DWORD digits = 1;

    while (digits < 8 && number >> (4 * digits) != 0)
        digits++;
    for (DWORD i = 0; i < digits; i++)
        to[i] = L"0123456789ABCDEF"[number >> (4 * (digits - 1 - i)) & 0xF];
    return digits;
}

/* "folder\prenumber.TMP". */
static void compose(WCHAR *buffer, DWORD length, const WCHAR *prefix, UINT number)
{
    for (DWORD i = 0; i < 3 && prefix != NULL && prefix[i] != L'\0'; i++)
        buffer[length++] = prefix[i];
    length += put_hex(buffer + length, number);
    k32_memcpy(buffer + length, L".TMP", 5 * sizeof(WCHAR));
}

static bool is_folder(const WCHAR *path)
{
    DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

UINT WINAPI GetTempFileNameW(const WCHAR *folder, const WCHAR *prefix, UINT unique, WCHAR *buffer)
{
    SIZE_T length = folder != NULL ? k32_wcslen(folder) : 0;
    UINT number = unique & 0xFFFF;

    if (length > MAX_PATH - 14)
        return (UINT)k32_fail_with(ERROR_BUFFER_OVERFLOW);
    if (length == 0 || !is_folder(folder))
        return (UINT)k32_fail_with(ERROR_DIRECTORY);
    k32_memcpy(buffer, folder, length * sizeof(WCHAR));
    if (buffer[length - 1] != L'\\' && buffer[length - 1] != L'/')
        buffer[length++] = L'\\';
    if (number != 0) { /* the caller's own number: the file is not made */
        compose(buffer, (DWORD)length, prefix, number);
        return number;
    }
    UINT first = GetTickCount() & 0xFFFF;
    for (UINT i = 0; i <= 0xFFFF; i++) {
        number = ((first + i) & 0xFFFF) != 0 ? (first + i) & 0xFFFF : 0xFFFF;
        compose(buffer, (DWORD)length, prefix, number);
        HANDLE file = CreateFileW(buffer, GENERIC_READ, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file != INVALID_HANDLE_VALUE) {
            NtClose(file);
            return number;
        }
        if (RtlGetLastWin32Error() != ERROR_FILE_EXISTS && RtlGetLastWin32Error() != ERROR_ALREADY_EXISTS)
            return 0;
    }
    return 0;
}

UINT WINAPI GetTempFileNameA(const char *folder, const char *prefix, UINT unique, char *buffer)
{
    WCHAR path[MAX_PATH], *wide_folder = k32_file_wide(folder), *wide_prefix = k32_file_wide(prefix);
    UINT number = GetTempFileNameW(wide_folder, wide_prefix, unique, path);

    k32_free(wide_folder);
    k32_free(wide_prefix);
    if (number != 0)
        k32_give_file_narrow(path, (DWORD)k32_wcslen(path), buffer, MAX_PATH);
    return number;
}

/* ---- short and long names: volumes have no short names, so each is its own ---- */

/* => characters, or 0 with the last error set where the file is not there. */
static DWORD existing_name(const WCHAR *name, WCHAR *buffer, DWORD size)
{
    if (name == NULL) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES)
        return 0;
    return k32_give_wide(name, (DWORD)k32_wcslen(name), buffer, size);
}

DWORD WINAPI GetShortPathNameW(const WCHAR *name, WCHAR *buffer, DWORD size)
{
    return existing_name(name, buffer, size);
}

DWORD WINAPI GetLongPathNameW(const WCHAR *name, WCHAR *buffer, DWORD size)
{
    return existing_name(name, buffer, size);
}

static DWORD existing_narrow(const char *name, char *buffer, DWORD size)
{
    WCHAR *wide = k32_file_wide(name);
    DWORD length = 0;

    if (name == NULL)
        k32_fail_with(ERROR_INVALID_PARAMETER);
    else if (wide != NULL && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES)
        length = k32_give_file_narrow(wide, (DWORD)k32_wcslen(wide), buffer, size);
    k32_free(wide);
    return length;
}

DWORD WINAPI GetShortPathNameA(const char *name, char *buffer, DWORD size)
{
    return existing_narrow(name, buffer, size);
}

DWORD WINAPI GetLongPathNameA(const char *name, char *buffer, DWORD size)
{
    return existing_narrow(name, buffer, size);
}
