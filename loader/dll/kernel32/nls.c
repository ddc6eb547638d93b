/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nls.c - code pages and UTF-16.
 *
 * The ANSI code page is 1252, the OEM code page 437.  UTF-8 follows NT 5: ill-formed bytes are dropped unless the
 * caller asks for an error.  What a page lacks becomes the default character; nothing is mapped to what looks like it.
 */
#include "k32.h"
#include "nls_pages.inc"

enum { CP_LATIN = 1252, CP_OEM = 437 };

/* => the upper half of a page that converts byte by byte; NULL: it is none. */
static const WCHAR *upper_half(UINT code_page)
{
    switch (code_page) {
    case CP_ACP:
    case CP_THREAD_ACP:
    case CP_MACCP:
    case CP_LATIN: return high_1252;
    case CP_OEMCP:
    case CP_OEM: return high_437;
    default: return NULL;
    }
}

static bool page_char(const WCHAR *high, WCHAR wide, CHAR *ret_c)
{
    if (wide < 0x80) {
        *ret_c = (CHAR)wide;
        return true;
    }
    for (int i = 0; i < 0x80; i++) {
        if (high[i] == wide) {
            *ret_c = (CHAR)(0x80 + i);
            return true;
        }
    }
    return false;
}

WCHAR k32_wide_char(UCHAR c)
{
    return c >= 0x80 ? high_1252[c - 0x80] : c;
}

bool k32_ansi_char(WCHAR wide, CHAR *ret_c)
{
    return page_char(high_1252, wide, ret_c);
}

SIZE_T k32_wcslen(const WCHAR *s)
{
    SIZE_T n = 0;

    while (s[n] != L'\0')
        n++;
    return n;
}

WCHAR *k32_wide(const char *ansi)
{
    SIZE_T n = 0;

    if (ansi == NULL)
        return NULL;
    while (ansi[n] != '\0')
        n++;
    WCHAR *wide = RtlAllocateHeap(RtlProcessHeap(), 0, (n + 1) * sizeof(WCHAR));
    if (wide == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    for (SIZE_T i = 0; i <= n; i++)
        wide[i] = k32_wide_char((UCHAR)ansi[i]);
    return wide;
}

WCHAR *k32_wide_counted(const char *ansi, int length)
{
    WCHAR *wide = RtlAllocateHeap(RtlProcessHeap(), 0, ((SIZE_T)length + 1) * sizeof(WCHAR));

    if (wide == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    for (int i = 0; i < length; i++)
        wide[i] = k32_wide_char((UCHAR)ansi[i]);
    wide[length] = L'\0';
    return wide;
}

int k32_give_text(const WCHAR *text, WCHAR *buffer, int size)
{
    int length = (int)k32_wcslen(text) + 1;

    if (size == 0)
        return length;
    if (size < length)
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    k32_memcpy(buffer, text, (SIZE_T)length * sizeof(WCHAR));
    return length;
}

int k32_give_text_narrow(const WCHAR *text, char *buffer, int size)
{
    int length = (int)k32_wcslen(text) + 1;

    if (size == 0)
        return length;
    if (size < length)
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    for (int i = 0; i < length; i++) {
        if (!k32_ansi_char(text[i], &buffer[i]))
            buffer[i] = '?';
    }
    return length;
}

void k32_free(void *block)
{
    if (block != NULL)
        RtlFreeHeap(RtlProcessHeap(), 0, block);
}

static bool is_single_byte(UINT code_page)
{
    return upper_half(code_page) != NULL;
}

BOOL WINAPI IsValidCodePage(UINT code_page)
{
    return code_page == CP_LATIN || code_page == CP_OEM || code_page == CP_UTF8;
}

UINT WINAPI GetACP(void)
{
    return CP_LATIN;
}

UINT WINAPI GetOEMCP(void)
{
    return CP_OEM;
}

BOOL WINAPI IsDBCSLeadByteEx(UINT code_page, BYTE c)
{
    (void)c;
    if (!is_single_byte(code_page) && code_page != CP_UTF8)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return FALSE;
}

BOOL WINAPI IsDBCSLeadByte(BYTE c)
{
    return IsDBCSLeadByteEx(CP_ACP, c);
}

BOOL WINAPI GetCPInfo(UINT code_page, CPINFO *info)
{
    if (info == NULL || (!is_single_byte(code_page) && code_page != CP_UTF8))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    *info = (CPINFO){.MaxCharSize = code_page == CP_UTF8 ? 4 : 1, .DefaultChar = {'?'}};
    return TRUE;
}

/* => 0: no such page. */
static UINT page_number(UINT code_page)
{
    const WCHAR *high = upper_half(code_page);

    return high == high_1252 ? CP_LATIN : high == high_437 ? CP_OEM : code_page == CP_UTF8 ? CP_UTF8 : 0;
}

BOOL WINAPI GetCPInfoExW(UINT code_page, DWORD flags, CPINFOEXW *info)
{
    static const WCHAR *const names[] = {L"1252  (ANSI - Latin I)", L"437   (OEM - United States)", L"65001 (UTF-8)"};
    UINT number = page_number(code_page);
    CPINFO basic = {0};

    if (flags != 0)
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (info == NULL || !GetCPInfo(code_page, &basic))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    *info = (CPINFOEXW){.MaxCharSize = basic.MaxCharSize, .DefaultChar = {'?'}, .CodePage = number};
    info->UnicodeDefaultChar = number == CP_UTF8 ? 0xFFFD : L'?';
    lstrcpyW(info->CodePageName, names[number == CP_LATIN ? 0 : number == CP_OEM ? 1 : 2]);
    return TRUE;
}

BOOL WINAPI GetCPInfoExA(UINT code_page, DWORD flags, CPINFOEXA *info)
{
    CPINFOEXW wide;

    if (!GetCPInfoExW(code_page, flags, info != NULL ? &wide : NULL))
        return FALSE;
    *info = (CPINFOEXA){.MaxCharSize = wide.MaxCharSize, .DefaultChar = {'?'}, .CodePage = wide.CodePage};
    info->UnicodeDefaultChar = wide.UnicodeDefaultChar;
    k32_give_narrow(wide.CodePageName, (DWORD)k32_wcslen(wide.CodePageName), info->CodePageName, MAX_PATH);
    return TRUE;
}

/* Take one character of UTF-8.
 * => returns its bytes; *ret_code is 0xFFFFFFFF when they are ill-formed. */
static int take_utf8(const UCHAR *s, int size, ULONG *ret_code)
{
    static const ULONG least[] = {0, 0, 0x80, 0x800, 0x10000};
    int n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;

    *ret_code = 0xFFFFFFFF;
    if (n == 0)
        return 1;
    if (n == 1) {
        *ret_code = s[0];
        return 1;
    }
    ULONG code = s[0] & (0x7F >> n);
    for (int i = 1; i < n; i++) {
        if (i >= size || (s[i] & 0xC0) != 0x80)
            return i;
        code = code << 6 | (s[i] & 0x3F);
    }
    if (code >= least[n] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF))
        *ret_code = code;
    return n;
}

/* A target that may be too small, or absent: then only the length counts. */
struct target {
    void *buffer;
    int size; /* 0: count only */
    int used;
    bool overflow;
};

static void give_wide(struct target *t, WCHAR c)
{
    if (t->size != 0 && t->used >= t->size)
        t->overflow = true;
    else if (t->size != 0)
        ((WCHAR *)t->buffer)[t->used] = c;
    t->used++;
}

static void give_byte(struct target *t, UCHAR c)
{
    if (t->size != 0 && t->used >= t->size)
        t->overflow = true;
    else if (t->size != 0)
        ((UCHAR *)t->buffer)[t->used] = c;
    t->used++;
}

static int end_conversion(const struct target *t)
{
    if (!t->overflow)
        return t->used;
    k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    return 0;
}

int WINAPI MultiByteToWideChar(UINT code_page, DWORD flags, const char *source, int length, WCHAR *buffer, int size)
{
    struct target t = {.buffer = buffer, .size = size};
    const UCHAR *s = (const UCHAR *)source;
    const WCHAR *high = upper_half(code_page);

    if (s == NULL || length == 0 || size < 0 || (size != 0 && (buffer == NULL || (void *)buffer == (void *)source)) ||
        (!is_single_byte(code_page) && code_page != CP_UTF8))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (length < 0)
        length = lstrlenA(source) + 1;
    for (int i = 0; i < length;) {
        ULONG code;
        if (code_page != CP_UTF8) {
            give_wide(&t, s[i] >= 0x80 ? high[s[i] - 0x80] : s[i]);
            i++;
            continue;
        }
        i += take_utf8(s + i, length - i, &code);
        if (code == 0xFFFFFFFF) {
            if (flags & MB_ERR_INVALID_CHARS)
                return k32_fail_with(ERROR_NO_UNICODE_TRANSLATION);
        } else if (code < 0x10000) {
            give_wide(&t, (WCHAR)code);
        } else {
            give_wide(&t, (WCHAR)(0xD800 + ((code - 0x10000) >> 10)));
            give_wide(&t, (WCHAR)(0xDC00 + (code & 0x3FF)));
        }
    }
    return end_conversion(&t);
}

static void give_utf8(struct target *t, ULONG code)
{
    if (code < 0x80) {
        give_byte(t, (UCHAR)code);
        return;
    }
    if (code < 0x800) {
        give_byte(t, (UCHAR)(0xC0 | code >> 6));
    } else if (code < 0x10000) {
        give_byte(t, (UCHAR)(0xE0 | code >> 12));
        give_byte(t, (UCHAR)(0x80 | (code >> 6 & 0x3F)));
    } else {
        give_byte(t, (UCHAR)(0xF0 | code >> 18));
        give_byte(t, (UCHAR)(0x80 | (code >> 12 & 0x3F)));
        give_byte(t, (UCHAR)(0x80 | (code >> 6 & 0x3F)));
    }
    give_byte(t, (UCHAR)(0x80 | (code & 0x3F)));
}

/* UTF-8 takes none of them, in NT 5. */
enum {
    TO_BYTES_FLAGS = WC_NO_BEST_FIT_CHARS | WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR,
};

int WINAPI WideCharToMultiByte(UINT code_page, DWORD flags, const WCHAR *source, int length, char *buffer, int size,
                               const char *default_char, BOOL *used_default)
{
    struct target t = {.buffer = buffer, .size = size};
    const WCHAR *high = upper_half(code_page);
    BOOL used = FALSE;

    if (source == NULL || length == 0 || size < 0 ||
        (size != 0 && (buffer == NULL || (void *)buffer == (void *)source)) ||
        (!is_single_byte(code_page) && code_page != CP_UTF8) ||
        (code_page == CP_UTF8 && (default_char != NULL || used_default != NULL)))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)TO_BYTES_FLAGS || (code_page == CP_UTF8 && flags != 0))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (length < 0)
        length = lstrlenW(source) + 1;
    for (int i = 0; i < length; i++) {
        ULONG code = source[i];
        if (code_page != CP_UTF8) {
            CHAR c = default_char != NULL ? *default_char : '?';
            used |= !page_char(high, (WCHAR)code, &c);
            give_byte(&t, (UCHAR)c);
            continue;
        }
        if (IS_HIGH_SURROGATE(code) && i + 1 < length && IS_LOW_SURROGATE(source[i + 1]))
            code = 0x10000 + ((code - 0xD800) << 10) + (source[++i] - 0xDC00);
        give_utf8(&t, code);
    }
    if (used_default != NULL)
        *used_default = used;
    return end_conversion(&t);
}
