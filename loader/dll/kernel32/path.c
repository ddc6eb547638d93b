/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path.c - names of files and folders. */
#include "k32.h"

bool k32_nt_path(const WCHAR *path, UNICODE_STRING *ret_path)
{
    if (path != NULL && *path != L'\0' && RtlDosPathNameToNtPathName_U(path, ret_path, NULL, NULL))
        return true;
    k32_fail_with(ERROR_PATH_NOT_FOUND);
    return false;
}

DWORD k32_give_wide(const WCHAR *wide, DWORD length, WCHAR *buffer, DWORD size)
{
    if (buffer == NULL || size <= length)
        return length + 1;
    k32_memcpy(buffer, wide, length * sizeof(WCHAR));
    buffer[length] = L'\0';
    return length;
}

DWORD k32_give_narrow(const WCHAR *wide, DWORD length, char *buffer, DWORD size)
{
    if (buffer == NULL || size <= length)
        return length + 1;
    for (DWORD i = 0; i < length; i++) {
        if (!k32_ansi_char(wide[i], &buffer[i]))
            buffer[i] = '?';
    }
    buffer[length] = '\0';
    return length;
}

DWORD WINAPI GetFullPathNameW(const WCHAR *name, DWORD size, WCHAR *buffer, WCHAR **part)
{
    ULONG bytes = RtlGetFullPathName_U(name, size * sizeof(WCHAR), buffer, part);

    return bytes / sizeof(WCHAR);
}

DWORD WINAPI GetFullPathNameA(const char *name, DWORD size, char *buffer, char **part)
{
    WCHAR full[MAX_PATH], *wide_part = NULL, *wide = k32_file_wide(name);

    if (wide == NULL)
        return 0;
    DWORD length = GetFullPathNameW(wide, MAX_PATH, full, &wide_part);
    k32_free(wide);
    if (length == 0)
        return 0;
    if (length >= MAX_PATH) {
        k32_fail_with(ERROR_FILENAME_EXCED_RANGE);
        return 0;
    }
    DWORD result = k32_give_file_narrow(full, length, buffer, size);
    if (part != NULL)
        *part = result == length && wide_part != NULL ? buffer + (wide_part - full) : NULL;
    return result;
}

DWORD WINAPI GetCurrentDirectoryW(DWORD size, WCHAR *buffer)
{
    return RtlGetCurrentDirectory_U(size * sizeof(WCHAR), buffer) / sizeof(WCHAR);
}

DWORD WINAPI GetCurrentDirectoryA(DWORD size, char *buffer)
{
    WCHAR wide[MAX_PATH + 1];
    DWORD length = GetCurrentDirectoryW(MAX_PATH + 1, wide);

    return length <= MAX_PATH ? k32_give_file_narrow(wide, length, buffer, size) : 0;
}

BOOL WINAPI SetCurrentDirectoryW(const WCHAR *path)
{
    UNICODE_STRING text;

    RtlInitUnicodeString(&text, path);
    NTSTATUS status = RtlSetCurrentDirectory_U(&text);
    return k32_done(status);
}

BOOL WINAPI SetCurrentDirectoryA(const char *path)
{
    WCHAR *wide = k32_file_wide(path);
    BOOL done = wide != NULL && SetCurrentDirectoryW(wide);

    k32_free(wide);
    return done;
}

/* The system's folder, with a folder inside it.
 * => returns the length. */
static DWORD system_folder(WCHAR folder[MAX_PATH], const WCHAR *inside)
{
    DWORD n = 0;

    while (n < MAX_PATH / 2 && SharedUserData->NtSystemRoot[n] != L'\0') {
        folder[n] = SharedUserData->NtSystemRoot[n];
        n++;
    }
    while (*inside != L'\0')
        folder[n++] = *inside++;
    folder[n] = L'\0';
    return n;
}

UINT WINAPI GetSystemDirectoryW(WCHAR *buffer, UINT size)
{
    WCHAR folder[MAX_PATH];
    DWORD length = system_folder(folder, L"\\system32");

    return k32_give_wide(folder, length, buffer, size);
}

UINT WINAPI GetSystemDirectoryA(char *buffer, UINT size)
{
    WCHAR folder[MAX_PATH];
    DWORD length = system_folder(folder, L"\\system32");

    return k32_give_file_narrow(folder, length, buffer, size);
}

UINT WINAPI GetWindowsDirectoryW(WCHAR *buffer, UINT size)
{
    WCHAR folder[MAX_PATH];
    DWORD length = system_folder(folder, L"");

    return k32_give_wide(folder, length, buffer, size);
}

UINT WINAPI GetWindowsDirectoryA(char *buffer, UINT size)
{
    WCHAR folder[MAX_PATH];
    DWORD length = system_folder(folder, L"");

    return k32_give_file_narrow(folder, length, buffer, size);
}

/* The folder that %TMP% or %TEMP% names, else the system's; always with a backslash at the end.
 * => returns the length. */
static DWORD temp_folder(WCHAR folder[MAX_PATH + 2])
{
    DWORD n = GetEnvironmentVariableW(L"TMP", folder, MAX_PATH);

    if (n == 0 || n >= MAX_PATH)
        n = GetEnvironmentVariableW(L"TEMP", folder, MAX_PATH);
    if (n == 0 || n >= MAX_PATH)
        n = system_folder(folder, L"");
    if (folder[n - 1] != L'\\')
        folder[n++] = L'\\';
    folder[n] = L'\0';
    return n;
}

DWORD WINAPI GetTempPathW(DWORD size, WCHAR *buffer)
{
    WCHAR folder[MAX_PATH + 2];
    DWORD length = temp_folder(folder);

    return k32_give_wide(folder, length, buffer, size);
}

DWORD WINAPI GetTempPathA(DWORD size, char *buffer)
{
    WCHAR folder[MAX_PATH + 2];
    DWORD length = temp_folder(folder);

    return k32_give_file_narrow(folder, length, buffer, size);
}
