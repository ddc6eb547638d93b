/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nls_type.c - what kind of character, and strings mapped to others: GetStringType, FoldString. */
#include "k32.h"
#include "nls_types.inc"

/* which: CT_CTYPE1, 2 or 3. */
static WORD type_of(WCHAR c, DWORD which)
{
    const USHORT *record = type_records[type_blocks[type_index[c >> 8]][c & 0xFF]];

    return record[which == CT_CTYPE1 ? 0 : which == CT_CTYPE2 ? 1 : 2];
}

WORD k32_char_type(WCHAR c, DWORD which)
{
    return type_of(c, which);
}

BOOL WINAPI GetStringTypeW(DWORD which, const WCHAR *text, int length, WORD *types)
{
    if (text == NULL || types == NULL || length == 0 || (const void *)text == (const void *)types)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (which != CT_CTYPE1 && which != CT_CTYPE2 && which != CT_CTYPE3)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (length < 0)
        length = (int)k32_wcslen(text) + 1;
    for (int i = 0; i < length; i++)
        types[i] = type_of(text[i], which);
    return TRUE;
}

BOOL WINAPI GetStringTypeExW(LCID locale, DWORD which, const WCHAR *text, int length, WORD *types)
{
    if (!k32_is_locale(locale))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return GetStringTypeW(which, text, length, types);
}

BOOL WINAPI GetStringTypeA(LCID locale, DWORD which, const char *text, int length, WORD *types)
{
    BOOL done = FALSE;

    if (text == NULL || length == 0 || !k32_is_locale(locale))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (length < 0)
        length = lstrlenA(text) + 1;
    WCHAR *wide = k32_wide_counted(text, length);
    if (wide != NULL)
        done = GetStringTypeW(which, wide, length, types);
    k32_free(wide);
    return done;
}

BOOL WINAPI GetStringTypeExA(LCID locale, DWORD which, const char *text, int length, WORD *types)
{
    return GetStringTypeA(locale, which, text, length, types);
}

/* The flags of FoldString that need more than one character for one: composed forms.  Not done here. */
enum { FOLD_DONE = MAP_FOLDDIGITS | MAP_FOLDCZONE };

static WCHAR fold(WCHAR c, DWORD flags)
{
    if ((flags & MAP_FOLDDIGITS) && (type_of(c, CT_CTYPE1) & C1_DIGIT)) {
        WCHAR zero = c; /* digits lie in runs of ten */
        while ((type_of(zero - 1, CT_CTYPE1) & C1_DIGIT) && c - zero < 9)
            zero--;
        return c < 0x80 || c - zero > 9 ? c : (WCHAR)(L'0' + (c - zero));
    }
    if ((flags & MAP_FOLDCZONE) && c >= 0xFF01 && c <= 0xFF5E)
        return (WCHAR)(c - 0xFEE0);
    return c;
}

int WINAPI FoldStringW(DWORD flags, const WCHAR *text, int length, WCHAR *buffer, int size)
{
    if (text == NULL || length == 0 || size < 0 || (size != 0 && (buffer == NULL || buffer == text)))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags == 0 || (flags & ~(DWORD)FOLD_DONE))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (length < 0)
        length = (int)k32_wcslen(text) + 1;
    if (size == 0)
        return length;
    if (size < length)
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    for (int i = 0; i < length; i++)
        buffer[i] = fold(text[i], flags);
    return length;
}
