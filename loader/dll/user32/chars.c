/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chars.c - characters: case, the next and the previous one, kinds.  The ANSI code page has single bytes only. */
#include "user.h"

enum { SINGLE = 0xFFFF }; /* a pointer below it is a character */

static WCHAR one_wide(WCHAR c, DWORD map)
{
    WCHAR mapped = c;

    LCMapStringW(LOCALE_USER_DEFAULT, map, &c, 1, &mapped, 1);
    return mapped;
}

static char one_narrow(char c, DWORD map)
{
    char mapped = c;

    LCMapStringA(LOCALE_USER_DEFAULT, map, &c, 1, &mapped, 1);
    return mapped;
}

static DWORD map_wide(WCHAR *text, DWORD length, DWORD map)
{
    for (DWORD i = 0; i < length; i++)
        text[i] = one_wide(text[i], map);
    return length;
}

static DWORD map_narrow(char *text, DWORD length, DWORD map)
{
    for (DWORD i = 0; i < length; i++)
        text[i] = one_narrow(text[i], map);
    return length;
}

static WCHAR *text_or_char_wide(WCHAR *text, DWORD map)
{
    if ((ULONG_PTR)text <= SINGLE)
        return (WCHAR *)(ULONG_PTR)one_wide((WCHAR)(ULONG_PTR)text, map);
    map_wide(text, (DWORD)lstrlenW(text), map);
    return text;
}

static char *text_or_char_narrow(char *text, DWORD map)
{
    if ((ULONG_PTR)text <= SINGLE)
        return (char *)(ULONG_PTR)(BYTE)one_narrow((char)(ULONG_PTR)text, map);
    map_narrow(text, (DWORD)lstrlenA(text), map);
    return text;
}

WCHAR *WINAPI CharUpperW(WCHAR *text)
{
    return text_or_char_wide(text, LCMAP_UPPERCASE);
}

char *WINAPI CharUpperA(char *text)
{
    return text_or_char_narrow(text, LCMAP_UPPERCASE);
}

WCHAR *WINAPI CharLowerW(WCHAR *text)
{
    return text_or_char_wide(text, LCMAP_LOWERCASE);
}

char *WINAPI CharLowerA(char *text)
{
    return text_or_char_narrow(text, LCMAP_LOWERCASE);
}

DWORD WINAPI CharUpperBuffW(WCHAR *text, DWORD length)
{
    return text != NULL ? map_wide(text, length, LCMAP_UPPERCASE) : 0;
}

DWORD WINAPI CharUpperBuffA(char *text, DWORD length)
{
    return text != NULL ? map_narrow(text, length, LCMAP_UPPERCASE) : 0;
}

DWORD WINAPI CharLowerBuffW(WCHAR *text, DWORD length)
{
    return text != NULL ? map_wide(text, length, LCMAP_LOWERCASE) : 0;
}

DWORD WINAPI CharLowerBuffA(char *text, DWORD length)
{
    return text != NULL ? map_narrow(text, length, LCMAP_LOWERCASE) : 0;
}

WCHAR *WINAPI CharNextW(const WCHAR *text)
{
    return (WCHAR *)(*text != L'\0' ? text + 1 : text);
}

char *WINAPI CharNextA(const char *text)
{
    return (char *)(*text != '\0' ? text + 1 : text);
}

WCHAR *WINAPI CharPrevW(const WCHAR *start, const WCHAR *text)
{
    return (WCHAR *)(text > start ? text - 1 : start);
}

char *WINAPI CharPrevA(const char *start, const char *text)
{
    return (char *)(text > start ? text - 1 : start);
}

/* The code pages that there are have one byte for a character; in UTF-8 a character begins at no 10xxxxxx. */
char *WINAPI CharNextExA(WORD code_page, const char *text, DWORD flags)
{
    (void)flags;
    if (*text != '\0')
        text++;
    while (code_page == 65001 && ((BYTE)*text & 0xC0) == 0x80)
        text++;
    return (char *)text;
}

char *WINAPI CharPrevExA(WORD code_page, const char *start, const char *text, DWORD flags)
{
    (void)flags;
    if (text > start)
        text--;
    while (code_page == 65001 && text > start && ((BYTE)*text & 0xC0) == 0x80)
        text--;
    return (char *)text;
}

/* ---- kinds ---- */

static bool is_kind(WCHAR c, WORD kinds)
{
    WORD type = 0;

    return GetStringTypeW(CT_CTYPE1, &c, 1, &type) && (type & kinds) != 0;
}

static WCHAR widen(char c)
{
    WCHAR wide = 0;

    MultiByteToWideChar(CP_ACP, 0, &c, 1, &wide, 1);
    return wide;
}

BOOL WINAPI IsCharAlphaW(WCHAR c)
{
    return is_kind(c, C1_ALPHA);
}

BOOL WINAPI IsCharAlphaA(char c)
{
    return is_kind(widen(c), C1_ALPHA);
}

BOOL WINAPI IsCharAlphaNumericW(WCHAR c)
{
    return is_kind(c, C1_ALPHA | C1_DIGIT);
}

BOOL WINAPI IsCharAlphaNumericA(char c)
{
    return is_kind(widen(c), C1_ALPHA | C1_DIGIT);
}

BOOL WINAPI IsCharUpperW(WCHAR c)
{
    return is_kind(c, C1_UPPER);
}

BOOL WINAPI IsCharUpperA(char c)
{
    return is_kind(widen(c), C1_UPPER);
}

BOOL WINAPI IsCharLowerW(WCHAR c)
{
    return is_kind(c, C1_LOWER);
}

BOOL WINAPI IsCharLowerA(char c)
{
    return is_kind(widen(c), C1_LOWER);
}

/* ---- between the OEM and the ANSI code page ---- */

static BOOL convert(UINT from, UINT to, const char *text, char *buffer, DWORD length)
{
    if (text == NULL || buffer == NULL)
        return FALSE;
    for (DWORD i = 0; i < length; i++) {
        WCHAR wide = 0;
        MultiByteToWideChar(from, 0, &text[i], 1, &wide, 1);
        WideCharToMultiByte(to, 0, &wide, 1, &buffer[i], 1, NULL, NULL);
    }
    return TRUE;
}

BOOL WINAPI CharToOemBuffA(const char *text, char *buffer, DWORD length)
{
    return convert(CP_ACP, CP_OEMCP, text, buffer, length);
}

BOOL WINAPI OemToCharBuffA(const char *text, char *buffer, DWORD length)
{
    return convert(CP_OEMCP, CP_ACP, text, buffer, length);
}

BOOL WINAPI CharToOemA(const char *text, char *buffer)
{
    return text != NULL && convert(CP_ACP, CP_OEMCP, text, buffer, (DWORD)lstrlenA(text) + 1);
}

BOOL WINAPI OemToCharA(const char *text, char *buffer)
{
    return text != NULL && convert(CP_OEMCP, CP_ACP, text, buffer, (DWORD)lstrlenA(text) + 1);
}

BOOL WINAPI CharToOemW(const WCHAR *text, char *buffer)
{
    return text != NULL && buffer != NULL &&
           WideCharToMultiByte(CP_OEMCP, 0, text, -1, buffer, lstrlenW(text) + 1, NULL, NULL) != 0;
}

BOOL WINAPI OemToCharW(const char *text, WCHAR *buffer)
{
    return text != NULL && buffer != NULL &&
           MultiByteToWideChar(CP_OEMCP, 0, text, -1, buffer, lstrlenA(text) + 1) != 0;
}
