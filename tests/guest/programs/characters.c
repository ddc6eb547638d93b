/* SPDX-License-Identifier: GPL-2.0-or-later */
/* characters.c - kinds of characters, strings mapped and compared, code pages, the locale, dates. */
#include "win32.h"

static void show_types(void)
{
    static const WCHAR text[] = {'A', 'z', '5', ' ', '\t', '.', 0xE9, 0x3A3, 0x4E2D, 0};
    WORD types[10];

    GetStringTypeW(CT_CTYPE1, text, -1, types);
    for (int i = 0; i < 10; i++)
        printf("U+%04X %03x\n", text[i], types[i]);
    TRY("no such types", GetStringTypeW(3, text, -1, types));
    TRY("nothing", GetStringTypeW(CT_CTYPE1, text, 0, types));
    GetStringTypeA(0x409, CT_CTYPE1, "\xC9", 1, types);
    printf("narrow C9 %03x\n", types[0]);
}

static void show_map(const char *what, DWORD flags, const WCHAR *text)
{
    WCHAR result[32];
    int n = LCMapStringW(0x409, flags, text, -1, result, 32);

    printf("%s: %d", what, n);
    for (int i = 0; i < n; i++)
        printf(" %04X", result[i]);
    printf("\n");
}

static void show_maps(void)
{
    static const WCHAR text[] = {'a', 'Z', '1', 0xE4, 0xFF, 0x3C3, 0x131, 0};
    WCHAR small[2];

    show_map("upper", LCMAP_UPPERCASE, text);
    show_map("lower", LCMAP_LOWERCASE, text);
    show_map("wide", LCMAP_FULLWIDTH, L"a 1");
    TRY("upper and lower", LCMapStringW(0x409, LCMAP_UPPERCASE | LCMAP_LOWERCASE, text, -1, small, 2));
    TRY("too small", LCMapStringW(0x409, LCMAP_UPPERCASE, text, -1, small, 2));
    printf("size: %d\n", LCMapStringW(0x409, LCMAP_UPPERCASE, text, -1, NULL, 0));
}

static const struct {
    const char *a, *b;
    DWORD flags;
} pairs[] = {
    {"apple", "banana", 0},
    {"Apple", "apple", 0},
    {"Apple", "apple", NORM_IGNORECASE},
    {"apple", "Banana", 0},
    {"a", "ab", 0},
    {"co-op", "coop", 0},
    {"co-op", "coop", SORT_STRINGSORT},
    {"co-op", "coopa", 0},
    {"1", "a", 0},
    {"_", "1", 0},
    {"\xE9t\xE9", "ete", 0},
    {"\xE9t\xE9", "ete", NORM_IGNORENONSPACE},
    {"\xE9t\xE9", "etf", 0},
    {"a.b", "ab", NORM_IGNORESYMBOLS},
};

static void show_order(void)
{
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        BYTE a[128], b[128];
        int order = CompareStringA(0x409, pairs[i].flags, pairs[i].a, -1, pairs[i].b, -1) - CSTR_EQUAL;
        LCMapStringA(0x409, LCMAP_SORTKEY | pairs[i].flags, pairs[i].a, -1, (char *)a, sizeof a);
        LCMapStringA(0x409, LCMAP_SORTKEY | pairs[i].flags, pairs[i].b, -1, (char *)b, sizeof b);
        int keys = strcmp((char *)a, (char *)b);
        printf("%u: %d, keys %s\n", i, order, (keys > 0) - (keys < 0) == order ? "agree" : "DIFFER");
    }
    TRY("flags", CompareStringA(0x409, 0x80, "a", 1, "b", 1));
    TRY("locale", CompareStringA(0x407, 0, "a", 1, "b", 1));
}

static void show_pages(void)
{
    static const WCHAR text[] = {0x20AC, 0x3B1, 0xE9, 0};
    char bytes[16];
    WCHAR wide[16];
    BOOL used;

    int n = WideCharToMultiByte(1252, 0, text, -1, bytes, 16, NULL, &used);
    printf("1252: %d %02x %02x %02x, default used %d\n", n, (BYTE)bytes[0], (BYTE)bytes[1], (BYTE)bytes[2], used);
    n = WideCharToMultiByte(437, 0, text, -1, bytes, 16, "#", &used);
    printf("437: %d %02x %02x %02x, default used %d\n", n, (BYTE)bytes[0], (BYTE)bytes[1], (BYTE)bytes[2], used);
    printf("UTF-8: %d\n", WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, 16, NULL, NULL));
    TRY("UTF-8 with a default", WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, 16, "?", NULL));
    MultiByteToWideChar(437, 0, "\x81\xE1", -1, wide, 16);
    printf("437: %04X %04X\n", wide[0], wide[1]);
    MultiByteToWideChar(1252, 0, "\x80\x9F", -1, wide, 16);
    printf("1252: %04X %04X\n", wide[0], wide[1]);
    TRY("ill-formed", MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xC3", 1, wide, 16));
    TRY("no such page", MultiByteToWideChar(12345, 0, "a", 1, wide, 16));
    TRY("too small", MultiByteToWideChar(1252, 0, "abc", 3, wide, 2));
    check("valid pages", IsValidCodePage(1252) && IsValidCodePage(437) && !IsValidCodePage(12345));
}

static void show_locale(void)
{
    SYSTEMTIME time = {.wYear = 2003, .wMonth = 3, .wDay = 7, .wHour = 15, .wMinute = 4, .wSecond = 5};
    char text[64];

    GetLocaleInfoA(0x409, LOCALE_SENGCOUNTRY, text, sizeof text);
    printf("%s", text);
    GetLocaleInfoA(LOCALE_USER_DEFAULT, LOCALE_SDAYNAME7, text, sizeof text);
    printf(", %s", text);
    GetLocaleInfoA(LOCALE_USER_DEFAULT, LOCALE_SABBREVMONTHNAME1, text, sizeof text);
    printf(", %s\n", text);
    TRY("no such fact", GetLocaleInfoA(0x409, 0xFFFF, text, sizeof text));
    TRY("too small", GetLocaleInfoA(0x409, LOCALE_SENGCOUNTRY, text, 3));
    check("locales", IsValidLocale(0x409, LCID_INSTALLED) && !IsValidLocale(0x407, LCID_INSTALLED) &&
                         GetUserDefaultLCID() == 0x409 && GetSystemDefaultLangID() == 0x409);
    GetDateFormatA(0x409, 0, &time, NULL, text, sizeof text);
    printf("%s\n", text);
    GetDateFormatA(0x409, DATE_LONGDATE, &time, NULL, text, sizeof text);
    printf("%s\n", text);
    GetDateFormatA(0x409, 0, &time, "ddd',' MMM dd yy", text, sizeof text);
    printf("%s\n", text);
    GetTimeFormatA(0x409, 0, &time, NULL, text, sizeof text);
    printf("%s\n", text);
    GetTimeFormatA(0x409, TIME_FORCE24HOURFORMAT | TIME_NOSECONDS, &time, NULL, text, sizeof text);
    printf("%s\n", text);
    GetTimeFormatA(0x409, 0, &time, "hh'h' mm t", text, sizeof text);
    printf("%s\n", text);
    time.wDay = 31, time.wMonth = 2;
    TRY("no such day", GetDateFormatA(0x409, 0, &time, NULL, text, sizeof text));
}

int main(void)
{
    show_types();
    show_maps();
    show_order();
    show_pages();
    show_locale();
    return 0;
}
