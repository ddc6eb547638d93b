/* SPDX-License-Identifier: GPL-2.0-or-later */
/* registry.c - a registry in which nothing is and nothing can be written: the predefined keys exist and are empty. */
#include "advapi.h"

static bool is_predefined(HKEY key)
{
    LONG_PTR first = (LONG_PTR)HKEY_CLASSES_ROOT, last = (LONG_PTR)HKEY_DYN_DATA;

    return (LONG_PTR)key >= first && (LONG_PTR)key <= last;
}

/* What a call on a key answers: nothing is there. */
static LSTATUS absent(HKEY key, LSTATUS error)
{
    return is_predefined(key) ? error : ERROR_INVALID_HANDLE;
}

/* => the key itself where no name is given. */
static LSTATUS open_key(HKEY key, bool named, HKEY *ret_key)
{
    if (ret_key == NULL)
        return ERROR_INVALID_PARAMETER;
    if (named || !is_predefined(key)) {
        *ret_key = NULL;
        return absent(key, ERROR_FILE_NOT_FOUND);
    }
    *ret_key = key;
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegOpenKeyExW(HKEY key, const WCHAR *name, DWORD options, REGSAM access, HKEY *ret_key)
{
    (void)options;
    (void)access;
    return open_key(key, name != NULL && *name != L'\0', ret_key);
}

LSTATUS WINAPI RegOpenKeyExA(HKEY key, const char *name, DWORD options, REGSAM access, HKEY *ret_key)
{
    (void)options;
    (void)access;
    return open_key(key, name != NULL && *name != '\0', ret_key);
}

LSTATUS WINAPI RegOpenKeyW(HKEY key, const WCHAR *name, HKEY *ret_key)
{
    return open_key(key, name != NULL && *name != L'\0', ret_key);
}

LSTATUS WINAPI RegOpenKeyA(HKEY key, const char *name, HKEY *ret_key)
{
    return open_key(key, name != NULL && *name != '\0', ret_key);
}

LSTATUS WINAPI RegCreateKeyExW(HKEY key, const WCHAR *name, DWORD reserved, WCHAR *class, DWORD options, REGSAM access,
                               SECURITY_ATTRIBUTES *security, HKEY *ret_key, DWORD *disposition)
{
    (void)name, (void)reserved, (void)class, (void)options, (void)access, (void)security, (void)ret_key;
    (void)disposition;
    return absent(key, ERROR_ACCESS_DENIED);
}

LSTATUS WINAPI RegCreateKeyExA(HKEY key, const char *name, DWORD reserved, char *class, DWORD options, REGSAM access,
                               SECURITY_ATTRIBUTES *security, HKEY *ret_key, DWORD *disposition)
{
    (void)name, (void)reserved, (void)class, (void)options, (void)access, (void)security, (void)ret_key;
    (void)disposition;
    return absent(key, ERROR_ACCESS_DENIED);
}

LSTATUS WINAPI RegCloseKey(HKEY key)
{
    return absent(key, ERROR_SUCCESS);
}

LSTATUS WINAPI RegQueryValueExW(HKEY key, const WCHAR *name, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size)
{
    (void)name, (void)reserved, (void)type, (void)data, (void)size;
    return absent(key, ERROR_FILE_NOT_FOUND);
}

LSTATUS WINAPI RegQueryValueExA(HKEY key, const char *name, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size)
{
    (void)name, (void)reserved, (void)type, (void)data, (void)size;
    return absent(key, ERROR_FILE_NOT_FOUND);
}

LSTATUS WINAPI RegSetValueExW(HKEY key, const WCHAR *name, DWORD reserved, DWORD type, const BYTE *data, DWORD size)
{
    (void)name, (void)reserved, (void)type, (void)data, (void)size;
    return absent(key, ERROR_ACCESS_DENIED);
}

LSTATUS WINAPI RegSetValueExA(HKEY key, const char *name, DWORD reserved, DWORD type, const BYTE *data, DWORD size)
{
    (void)name, (void)reserved, (void)type, (void)data, (void)size;
    return absent(key, ERROR_ACCESS_DENIED);
}

LSTATUS WINAPI RegDeleteKeyW(HKEY key, const WCHAR *name)
{
    (void)name;
    return absent(key, ERROR_FILE_NOT_FOUND);
}

LSTATUS WINAPI RegDeleteKeyA(HKEY key, const char *name)
{
    (void)name;
    return absent(key, ERROR_FILE_NOT_FOUND);
}

LSTATUS WINAPI RegDeleteValueW(HKEY key, const WCHAR *name)
{
    (void)name;
    return absent(key, ERROR_FILE_NOT_FOUND);
}

LSTATUS WINAPI RegDeleteValueA(HKEY key, const char *name)
{
    (void)name;
    return absent(key, ERROR_FILE_NOT_FOUND);
}

LSTATUS WINAPI RegEnumKeyExW(HKEY key, DWORD index, WCHAR *name, DWORD *size, DWORD *reserved, WCHAR *class,
                             DWORD *class_size, FILETIME *written)
{
    (void)index, (void)name, (void)size, (void)reserved, (void)class, (void)class_size, (void)written;
    return absent(key, ERROR_NO_MORE_ITEMS);
}

LSTATUS WINAPI RegEnumKeyExA(HKEY key, DWORD index, char *name, DWORD *size, DWORD *reserved, char *class,
                             DWORD *class_size, FILETIME *written)
{
    (void)index, (void)name, (void)size, (void)reserved, (void)class, (void)class_size, (void)written;
    return absent(key, ERROR_NO_MORE_ITEMS);
}

LSTATUS WINAPI RegEnumValueW(HKEY key, DWORD index, WCHAR *name, DWORD *size, DWORD *reserved, DWORD *type, BYTE *data,
                             DWORD *data_size)
{
    (void)index, (void)name, (void)size, (void)reserved, (void)type, (void)data, (void)data_size;
    return absent(key, ERROR_NO_MORE_ITEMS);
}

LSTATUS WINAPI RegEnumValueA(HKEY key, DWORD index, char *name, DWORD *size, DWORD *reserved, DWORD *type, BYTE *data,
                             DWORD *data_size)
{
    (void)index, (void)name, (void)size, (void)reserved, (void)type, (void)data, (void)data_size;
    return absent(key, ERROR_NO_MORE_ITEMS);
}
