/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strings.c - strings from a module's string tables: 16 to a table, each with its length before it. */
#include "user.h"

/* => the string inside the module and *ret_length; NULL: there is none. */
static const WCHAR *find_string(HINSTANCE module, UINT id, UINT *ret_length)
{
    HRSRC found = FindResourceW(module, MAKEINTRESOURCEW((id & 0xFFFF) / 16 + 1), (const WCHAR *)RT_STRING);
    const WCHAR *at = found != NULL ? LockResource(LoadResource(module, found)) : NULL;
    DWORD left = found != NULL ? SizeofResource(module, found) / sizeof(WCHAR) : 0;

    for (UINT i = 0; at != NULL && left > 0; i++) {
        UINT length = *at++;
        left--;
        if (length > left)
            break;
        if (i == id % 16) {
            *ret_length = length;
            return at;
        }
        at += length;
        left -= length;
    }
    SetLastError(ERROR_RESOURCE_NAME_NOT_FOUND);
    return NULL;
}

/* size 0: *buffer becomes a pointer to the string in the module, which has no end mark. */
int WINAPI LoadStringW(HINSTANCE module, UINT id, WCHAR *buffer, int size)
{
    UINT length = 0;
    const WCHAR *text;

    if (buffer == NULL || size < 0)
        return 0;
    text = find_string(module, id, &length);
    if (size == 0) {
        *(const WCHAR **)buffer = text;
        return (int)length;
    }
    if (length > (UINT)size - 1)
        length = (UINT)size - 1;
    for (UINT i = 0; i < length; i++)
        buffer[i] = text[i];
    buffer[length] = L'\0';
    return (int)length;
}

int WINAPI LoadStringA(HINSTANCE module, UINT id, char *buffer, int size)
{
    UINT length = 0;
    const WCHAR *text;

    if (buffer == NULL || size <= 0)
        return size == 0 && buffer != NULL ? -1 : 0;
    text = find_string(module, id, &length);
    if (length > (UINT)size - 1)
        length = (UINT)size - 1;
    if (length != 0)
        WideCharToMultiByte(CP_ACP, 0, text, (int)length, buffer, size, NULL, NULL);
    buffer[length] = '\0';
    return (int)length;
}
