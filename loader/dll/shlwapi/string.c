/* SPDX-License-Identifier: GPL-2.0-or-later */
/* string.c - looking for strings and comparing them. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <shlwapi.h>

static WCHAR *find_wide(const WCHAR *text, const WCHAR *wanted, DWORD flags)
{
    if (text == NULL || wanted == NULL || *wanted == L'\0')
        return NULL;
    int length = lstrlenW(wanted), left = lstrlenW(text);
    for (; left >= length; text++, left--) {
        if (CompareStringW(LOCALE_USER_DEFAULT, flags | SORT_STRINGSORT, text, length, wanted, length) == CSTR_EQUAL)
            return (WCHAR *)text;
    }
    return NULL;
}

static char *find_narrow(const char *text, const char *wanted, DWORD flags)
{
    if (text == NULL || wanted == NULL || *wanted == '\0')
        return NULL;
    int length = lstrlenA(wanted), left = lstrlenA(text);
    for (; left >= length; text++, left--) {
        if (CompareStringA(LOCALE_USER_DEFAULT, flags | SORT_STRINGSORT, text, length, wanted, length) == CSTR_EQUAL)
            return (char *)text;
    }
    return NULL;
}

LPWSTR WINAPI StrStrW(LPCWSTR text, LPCWSTR wanted)
{
    return find_wide(text, wanted, 0);
}

LPSTR WINAPI StrStrA(LPCSTR text, LPCSTR wanted)
{
    return find_narrow(text, wanted, 0);
}

LPWSTR WINAPI StrStrIW(LPCWSTR text, LPCWSTR wanted)
{
    return find_wide(text, wanted, NORM_IGNORECASE);
}

LPSTR WINAPI StrStrIA(LPCSTR text, LPCSTR wanted)
{
    return find_narrow(text, wanted, NORM_IGNORECASE);
}

LPWSTR WINAPI StrChrW(LPCWSTR text, WCHAR c)
{
    for (; text != NULL && *text != L'\0'; text++) {
        if (*text == c)
            return (WCHAR *)text;
    }
    return NULL;
}

LPSTR WINAPI StrChrA(LPCSTR text, WORD c)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == (char)c)
            return (char *)text;
    }
    return NULL;
}

int WINAPI StrCmpW(LPCWSTR a, LPCWSTR b)
{
    return lstrcmpW(a, b);
}

int WINAPI StrCmpIW(LPCWSTR a, LPCWSTR b)
{
    return lstrcmpiW(a, b);
}

static int compare_some_wide(const WCHAR *a, const WCHAR *b, int count, DWORD flags)
{
    int x = 0, y = 0;

    while (x < count && a[x] != L'\0')
        x++;
    while (y < count && b[y] != L'\0')
        y++;
    return CompareStringW(LOCALE_USER_DEFAULT, flags, a, x, b, y) - CSTR_EQUAL;
}

int WINAPI StrCmpNW(LPCWSTR a, LPCWSTR b, int count)
{
    return compare_some_wide(a, b, count, 0);
}

int WINAPI StrCmpNIW(LPCWSTR a, LPCWSTR b, int count)
{
    return compare_some_wide(a, b, count, NORM_IGNORECASE);
}
