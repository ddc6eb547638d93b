/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nls_map.c - LCMapString: case, width and kana; sort keys. */
#include "k32.h"

enum {
    CASES = LCMAP_LOWERCASE | LCMAP_UPPERCASE,
    WIDTHS = LCMAP_HALFWIDTH | LCMAP_FULLWIDTH,
    KANA = LCMAP_HIRAGANA | LCMAP_KATAKANA,
    KEY_FLAGS = LCMAP_SORTKEY | LCMAP_BYTEREV | NORM_IGNORECASE | NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS |
                NORM_IGNOREKANATYPE | NORM_IGNOREWIDTH | SORT_STRINGSORT | LOCALE_USE_CP_ACP,
    MAP_FLAGS = CASES | WIDTHS | KANA | LCMAP_BYTEREV | LCMAP_LINGUISTIC_CASING | LOCALE_USE_CP_ACP |
                NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS,
};

static bool flags_are_valid(DWORD flags)
{
    if (flags & LCMAP_SORTKEY)
        return !(flags & ~(DWORD)KEY_FLAGS);
    if ((flags & ~(DWORD)MAP_FLAGS) || (flags & CASES) == CASES || (flags & WIDTHS) == WIDTHS || (flags & KANA) == KANA)
        return false;
    if ((flags & LCMAP_LINGUISTIC_CASING) && !(flags & CASES))
        return false;
    /* What ignores characters maps nothing else. */
    return (flags & ~(DWORD)LOCALE_USE_CP_ACP) != 0;
}

static WCHAR map_char(WCHAR c, DWORD flags)
{
    if (flags & LCMAP_UPPERCASE)
        c = RtlUpcaseUnicodeChar(c);
    if (flags & LCMAP_LOWERCASE)
        c = RtlDowncaseUnicodeChar(c);
    if ((flags & LCMAP_FULLWIDTH) && c >= 0x20 && c <= 0x7E)
        c = c == L' ' ? 0x3000 : (WCHAR)(c + 0xFEE0);
    if ((flags & LCMAP_HALFWIDTH) && ((c >= 0xFF01 && c <= 0xFF5E) || c == 0x3000))
        c = c == 0x3000 ? L' ' : (WCHAR)(c - 0xFEE0);
    if ((flags & LCMAP_KATAKANA) && c >= 0x3041 && c <= 0x3096)
        c += 0x60;
    if ((flags & LCMAP_HIRAGANA) && c >= 0x30A1 && c <= 0x30F6)
        c -= 0x60;
    return flags & LCMAP_BYTEREV ? (WCHAR)(c << 8 | c >> 8) : c;
}

static bool is_dropped(WCHAR c, DWORD flags)
{
    return ((flags & NORM_IGNORENONSPACE) && (k32_char_type(c, CT_CTYPE3) & C3_NONSPACING)) ||
           ((flags & NORM_IGNORESYMBOLS) && (k32_char_type(c, CT_CTYPE1) & C1_PUNCT));
}

static int sort_key(DWORD flags, const WCHAR *text, int length, BYTE *buffer, int size)
{
    int used = k32_sort_key(flags, text, length, buffer, size);

    if (size != 0 && used > size)
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    for (int i = 0; size != 0 && (flags & LCMAP_BYTEREV) && i + 1 < used; i += 2) {
        BYTE first = buffer[i];
        buffer[i] = buffer[i + 1];
        buffer[i + 1] = first;
    }
    return used;
}

int WINAPI LCMapStringW(LCID locale, DWORD flags, const WCHAR *text, int length, WCHAR *buffer, int size)
{
    int used = 0;

    if (text == NULL || length == 0 || size < 0 || (size != 0 && buffer == NULL) || !k32_is_locale(locale))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (!flags_are_valid(flags))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (buffer == text && size != 0 && (flags & (DWORD) ~(CASES | LCMAP_LINGUISTIC_CASING | LOCALE_USE_CP_ACP)))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (flags & LCMAP_SORTKEY) /* without a terminator's weight; size is in bytes */
        return sort_key(flags, text, length < 0 ? (int)k32_wcslen(text) : length, (BYTE *)buffer, size);
    if (length < 0)
        length = (int)k32_wcslen(text) + 1;
    for (int i = 0; i < length; i++) {
        if (is_dropped(text[i], flags))
            continue;
        if (size != 0 && used >= size)
            return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
        if (size != 0)
            buffer[used] = map_char(text[i], flags);
        used++;
    }
    return used;
}

int WINAPI LCMapStringA(LCID locale, DWORD flags, const char *text, int length, char *buffer, int size)
{
    int result = 0;

    if (text == NULL || length == 0 || size < 0 || (size != 0 && buffer == NULL))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (length < 0)
        length = lstrlenA(text) + (flags & LCMAP_SORTKEY ? 0 : 1);
    WCHAR *wide = k32_wide_counted(text, length), *mapped = NULL;
    if (wide == NULL)
        return 0;
    if (flags & LCMAP_SORTKEY) {
        result = length != 0 ? LCMapStringW(locale, flags, wide, length, (WCHAR *)buffer, size) : 0;
    } else if ((mapped = RtlAllocateHeap(RtlProcessHeap(), 0, (SIZE_T)length * sizeof(WCHAR))) == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        result = LCMapStringW(locale, flags, wide, length, mapped, length);
        if (result != 0)
            result = WideCharToMultiByte(CP_ACP, 0, mapped, result, buffer, size, NULL, NULL);
    }
    k32_free(mapped);
    k32_free(wide);
    return result;
}
