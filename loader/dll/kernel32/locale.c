/* SPDX-License-Identifier: GPL-2.0-or-later */
/* locale.c - the one locale: English (United States), 0409, as a fresh installation has it. */
#include "k32.h"

enum { ENGLISH_US = 0x0409 };

bool k32_is_locale(LCID locale)
{
    switch (locale) {
    case LOCALE_NEUTRAL:
    case LOCALE_USER_DEFAULT:
    case LOCALE_SYSTEM_DEFAULT:
    case 0x0009: /* English, of no place */
    case ENGLISH_US:
    case LOCALE_INVARIANT: return true;
    default: return false;
    }
}

LCID WINAPI GetUserDefaultLCID(void)
{
    return ENGLISH_US;
}

LCID WINAPI GetSystemDefaultLCID(void)
{
    return ENGLISH_US;
}

LCID WINAPI GetThreadLocale(void)
{
    return ENGLISH_US;
}

/* => only the locale that there is. */
BOOL WINAPI SetThreadLocale(LCID locale)
{
    return k32_is_locale(locale) && locale != LOCALE_INVARIANT ? TRUE : k32_fail_with(ERROR_INVALID_PARAMETER);
}

LANGID WINAPI GetUserDefaultLangID(void)
{
    return ENGLISH_US;
}

LANGID WINAPI GetSystemDefaultLangID(void)
{
    return ENGLISH_US;
}

LANGID WINAPI GetUserDefaultUILanguage(void)
{
    return ENGLISH_US;
}

LANGID WINAPI GetSystemDefaultUILanguage(void)
{
    return ENGLISH_US;
}

LCID WINAPI ConvertDefaultLocale(LCID locale)
{
    return k32_is_locale(locale) && locale != LOCALE_INVARIANT ? ENGLISH_US : locale;
}

BOOL WINAPI IsValidLocale(LCID locale, DWORD flags)
{
    if (flags & ~(DWORD)(LCID_INSTALLED | LCID_SUPPORTED))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    return locale == ENGLISH_US || locale == 0x0009 || locale == LOCALE_INVARIANT;
}

BOOL WINAPI EnumSystemLocalesW(LOCALE_ENUMPROCW each, DWORD flags)
{
    WCHAR name[] = L"00000409";

    if (each == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(LCID_INSTALLED | LCID_SUPPORTED | LCID_ALTERNATE_SORTS))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    each(name);
    return TRUE;
}

BOOL WINAPI EnumSystemLocalesA(LOCALE_ENUMPROCA each, DWORD flags)
{
    char name[] = "00000409";

    if (each == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(LCID_INSTALLED | LCID_SUPPORTED | LCID_ALTERNATE_SORTS))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    each(name);
    return TRUE;
}

/* Sorted as winnls.h numbers them. */
static const struct {
    LCTYPE type;
    const WCHAR *text;
} facts[] = {
    {LOCALE_ILANGUAGE, L"0409"},
    {LOCALE_SLANGUAGE, L"English (United States)"},
    {LOCALE_SENGLANGUAGE, L"English"},
    {LOCALE_SABBREVLANGNAME, L"ENU"},
    {LOCALE_SNATIVELANGNAME, L"English"},
    {LOCALE_ICOUNTRY, L"1"},
    {LOCALE_SCOUNTRY, L"United States"},
    {LOCALE_SENGCOUNTRY, L"United States"},
    {LOCALE_SABBREVCTRYNAME, L"USA"},
    {LOCALE_SNATIVECTRYNAME, L"United States"},
    {LOCALE_IDEFAULTLANGUAGE, L"0409"},
    {LOCALE_IDEFAULTCOUNTRY, L"1"},
    {LOCALE_IDEFAULTCODEPAGE, L"437"},
    {LOCALE_IDEFAULTANSICODEPAGE, L"1252"},
    {LOCALE_IDEFAULTMACCODEPAGE, L"10000"},
    {LOCALE_SLIST, L","},
    {LOCALE_IMEASURE, L"1"},
    {LOCALE_SDECIMAL, L"."},
    {LOCALE_STHOUSAND, L","},
    {LOCALE_SGROUPING, L"3;0"},
    {LOCALE_IDIGITS, L"2"},
    {LOCALE_ILZERO, L"1"},
    {LOCALE_INEGNUMBER, L"1"},
    {LOCALE_SNATIVEDIGITS, L"0123456789"},
    {LOCALE_SCURRENCY, L"$"},
    {LOCALE_SINTLSYMBOL, L"USD"},
    {LOCALE_SMONDECIMALSEP, L"."},
    {LOCALE_SMONTHOUSANDSEP, L","},
    {LOCALE_SMONGROUPING, L"3;0"},
    {LOCALE_ICURRDIGITS, L"2"},
    {LOCALE_IINTLCURRDIGITS, L"2"},
    {LOCALE_ICURRENCY, L"0"},
    {LOCALE_INEGCURR, L"0"},
    {LOCALE_SDATE, L"/"},
    {LOCALE_STIME, L":"},
    {LOCALE_SSHORTDATE, L"M/d/yyyy"},
    {LOCALE_SLONGDATE, L"dddd, MMMM dd, yyyy"},
    {LOCALE_STIMEFORMAT, L"h:mm:ss tt"},
    {LOCALE_SYEARMONTH, L"MMMM, yyyy"},
    {LOCALE_IDATE, L"0"},
    {LOCALE_ILDATE, L"0"},
    {LOCALE_ITIME, L"0"},
    {LOCALE_ITIMEMARKPOSN, L"0"},
    {LOCALE_ICENTURY, L"1"},
    {LOCALE_ITLZERO, L"0"},
    {LOCALE_IDAYLZERO, L"0"},
    {LOCALE_IMONLZERO, L"0"},
    {LOCALE_S1159, L"AM"},
    {LOCALE_S2359, L"PM"},
    {LOCALE_ICALENDARTYPE, L"1"},
    {LOCALE_IOPTIONALCALENDAR, L"0"},
    {LOCALE_IFIRSTDAYOFWEEK, L"6"},
    {LOCALE_IFIRSTWEEKOFYEAR, L"0"},
    {LOCALE_SPOSITIVESIGN, L""},
    {LOCALE_SNEGATIVESIGN, L"-"},
    {LOCALE_IPOSSIGNPOSN, L"3"},
    {LOCALE_INEGSIGNPOSN, L"0"},
    {LOCALE_IPOSSYMPRECEDES, L"1"},
    {LOCALE_IPOSSEPBYSPACE, L"0"},
    {LOCALE_INEGSYMPRECEDES, L"1"},
    {LOCALE_INEGSEPBYSPACE, L"0"},
    {LOCALE_SISO639LANGNAME, L"en"},
    {LOCALE_SISO3166CTRYNAME, L"US"},
    {LOCALE_IDEFAULTEBCDICCODEPAGE, L"037"},
    {LOCALE_IPAPERSIZE, L"1"},
    {LOCALE_SENGCURRNAME, L"US Dollar"},
    {LOCALE_SNATIVECURRNAME, L"US Dollar"},
    {LOCALE_SSORTNAME, L"Default"},
    {0, NULL},
};

const WCHAR *const k32_days[] = {L"Sunday", L"Monday", L"Tuesday", L"Wednesday", L"Thursday", L"Friday", L"Saturday"};
const WCHAR *const k32_months[] = {L"January", L"February", L"March",     L"April",   L"May",      L"June",
                                   L"July",    L"August",   L"September", L"October", L"November", L"December"};

/* The first characters of a name: its short form. */
static const WCHAR *cut(const WCHAR *name, WCHAR storage[4])
{
    k32_memcpy(storage, name, 3 * sizeof(WCHAR));
    storage[3] = L'\0';
    return storage;
}

/* => NULL: there is no such fact. */
static const WCHAR *find_fact(LCTYPE type, WCHAR storage[4])
{
    if (type >= LOCALE_SDAYNAME1 && type <= LOCALE_SDAYNAME7)
        return k32_days[(type - LOCALE_SDAYNAME1 + 1) % 7];
    if (type >= LOCALE_SABBREVDAYNAME1 && type <= LOCALE_SABBREVDAYNAME7)
        return cut(k32_days[(type - LOCALE_SABBREVDAYNAME1 + 1) % 7], storage);
    if (type >= LOCALE_SMONTHNAME1 && type <= LOCALE_SMONTHNAME12)
        return k32_months[type - LOCALE_SMONTHNAME1];
    if (type >= LOCALE_SABBREVMONTHNAME1 && type <= LOCALE_SABBREVMONTHNAME12)
        return cut(k32_months[type - LOCALE_SABBREVMONTHNAME1], storage);
    if (type == LOCALE_SMONTHNAME13 || type == LOCALE_SABBREVMONTHNAME13)
        return L"";
    for (unsigned i = 0; facts[i].text != NULL; i++) {
        if (facts[i].type == type)
            return facts[i].text;
    }
    return NULL;
}

/* The numbers among the facts are decimal, but for the language's. */
static bool fact_number(LCTYPE type, const WCHAR *text, DWORD *ret_number)
{
    unsigned base = type == LOCALE_ILANGUAGE || type == LOCALE_IDEFAULTLANGUAGE ? 16 : 10;
    UNICODE_STRING string;
    ULONG number;

    RtlInitUnicodeString(&string, text);
    if (text[0] < L'0' || text[0] > L'9' || !NT_SUCCESS(RtlUnicodeStringToInteger(&string, base, &number)))
        return false;
    *ret_number = number;
    return true;
}

enum { MODIFIERS = LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP | LOCALE_RETURN_NUMBER };

int WINAPI GetLocaleInfoW(LCID locale, LCTYPE type, WCHAR *buffer, int size)
{
    WCHAR storage[4];
    LCTYPE plain = type & ~(LCTYPE)MODIFIERS;
    const WCHAR *text = find_fact(plain, storage);
    DWORD number;

    if (size < 0 || (size != 0 && buffer == NULL) || !k32_is_locale(locale))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (text == NULL)
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (!(type & LOCALE_RETURN_NUMBER))
        return k32_give_text(text, buffer, size);
    if (!fact_number(plain, text, &number))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (size != 0 && (SIZE_T)size < sizeof number / sizeof(WCHAR))
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    if (size != 0)
        k32_memcpy(buffer, &number, sizeof number);
    return sizeof number / sizeof(WCHAR);
}

int WINAPI GetLocaleInfoA(LCID locale, LCTYPE type, char *buffer, int size)
{
    enum { LONGEST = 64 };
    WCHAR wide[LONGEST];

    if (size < 0 || (size != 0 && buffer == NULL))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (GetLocaleInfoW(locale, type, wide, LONGEST) == 0)
        return 0;
    if (!(type & LOCALE_RETURN_NUMBER))
        return k32_give_text_narrow(wide, buffer, size);
    if (size != 0 && size < (int)sizeof(DWORD))
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    if (size != 0)
        k32_memcpy(buffer, wide, sizeof(DWORD));
    return sizeof(DWORD);
}
