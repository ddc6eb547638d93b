/* SPDX-License-Identifier: GPL-2.0-or-later */
/* locale_date.c - dates and times as text: pictures such as "ddd, MMM dd yyyy" and "h:mm:ss tt". */
#include "k32.h"

extern const WCHAR *const k32_days[], *const k32_months[];

enum { TEXT_MAX = 256 };

struct text {
    WCHAR buffer[TEXT_MAX];
    int length;
    bool cut;
};

static void give(struct text *t, WCHAR c)
{
    if (t->length < TEXT_MAX - 1)
        t->buffer[t->length++] = c;
    else
        t->cut = true;
}

static void give_string(struct text *t, const WCHAR *s, int most)
{
    for (; *s != L'\0' && most > 0; s++, most--)
        give(t, *s);
}

static void give_number(struct text *t, DWORD number, int digits)
{
    WCHAR reversed[10];
    int n = 0;

    do {
        reversed[n++] = (WCHAR)(L'0' + number % 10);
        number /= 10;
    } while (number != 0 || n < digits);
    while (n > 0)
        give(t, reversed[--n]);
}

enum { ALL = TEXT_MAX };

static void give_date_field(struct text *t, WCHAR letter, int count, const SYSTEMTIME *time)
{
    switch (letter) {
    case L'd':
        if (count <= 2)
            give_number(t, time->wDay, count);
        else
            give_string(t, k32_days[time->wDayOfWeek], count == 3 ? 3 : ALL);
        break;
    case L'M':
        if (count <= 2)
            give_number(t, time->wMonth, count);
        else
            give_string(t, k32_months[time->wMonth - 1], count == 3 ? 3 : ALL);
        break;
    case L'y':
        if (count <= 2)
            give_number(t, time->wYear % 100, count);
        else
            give_number(t, time->wYear, 4);
        break;
    default: give_string(t, L"A.D.", ALL); break; /* g: the era */
    }
}

static void give_time_field(struct text *t, WCHAR letter, int count, const SYSTEMTIME *time)
{
    const WCHAR *half = time->wHour < 12 ? L"AM" : L"PM";

    switch (letter) {
    case L'h': give_number(t, time->wHour % 12 == 0 ? 12 : time->wHour % 12, count > 2 ? 2 : count); break;
    case L'H': give_number(t, time->wHour, count > 2 ? 2 : count); break;
    case L'm': give_number(t, time->wMinute, count > 2 ? 2 : count); break;
    case L's': give_number(t, time->wSecond, count > 2 ? 2 : count); break;
    default: give_string(t, half, count == 1 ? 1 : ALL); break; /* t */
    }
}

struct style {
    const WCHAR *letters;
    void (*give_field)(struct text *t, WCHAR letter, int count, const SYSTEMTIME *time);
};

static bool is_letter_of(const WCHAR *letters, WCHAR c)
{
    while (*letters != L'\0') {
        if (*letters++ == c)
            return true;
    }
    return false;
}

/* What stands in quotes, and other characters, stay as they are. */
static void give_picture(struct text *t, const WCHAR *picture, const SYSTEMTIME *time, const struct style *style)
{
    bool quoted = false;

    while (*picture != L'\0') {
        WCHAR c = *picture++;
        int count = 1;
        if (c == L'\'') {
            if (*picture == L'\'') /* two of them: one */
                give(t, *picture++);
            else
                quoted = !quoted;
        } else if (quoted || !is_letter_of(style->letters, c)) {
            give(t, c);
        } else {
            for (; *picture == c; picture++)
                count++;
            style->give_field(t, c, count, time);
        }
    }
}

/* A time with its day of the week made right.
 * => false: there is no such day. */
static bool complete(const SYSTEMTIME *given, SYSTEMTIME *ret_time)
{
    FILETIME file;

    if (given == NULL) {
        GetLocalTime(ret_time);
        return true;
    }
    return SystemTimeToFileTime(given, &file) && FileTimeToSystemTime(&file, ret_time);
}

static bool date_text(LCID locale, DWORD flags, const SYSTEMTIME *given, const WCHAR *picture, struct text *t)
{
    enum { KNOWN = DATE_SHORTDATE | DATE_LONGDATE | DATE_YEARMONTH | DATE_USE_ALT_CALENDAR | LOCALE_NOUSEROVERRIDE };
    static const struct style style = {L"dMyg", give_date_field};
    DWORD which = flags & (DATE_SHORTDATE | DATE_LONGDATE | DATE_YEARMONTH);
    SYSTEMTIME time;

    if (!k32_is_locale(locale))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if ((flags & ~(DWORD)(KNOWN | LOCALE_USE_CP_ACP)) || (which & (which - 1)) || (picture != NULL && which != 0))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (!complete(given, &time))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (picture == NULL)
        picture = which == DATE_LONGDATE    ? L"dddd, MMMM dd, yyyy"
                  : which == DATE_YEARMONTH ? L"MMMM, yyyy"
                                            : L"M/d/yyyy";
    give_picture(t, picture, &time, &style);
    t->buffer[t->length] = L'\0';
    return !t->cut || k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
}

/* The picture of the locale without what the flags do not want. */
static const WCHAR *default_time_picture(DWORD flags)
{
    bool marker = !(flags & TIME_NOTIMEMARKER);

    if (flags & TIME_NOMINUTESORSECONDS)
        return flags & TIME_FORCE24HOURFORMAT ? L"H" : marker ? L"h tt" : L"h";
    if (flags & TIME_NOSECONDS)
        return flags & TIME_FORCE24HOURFORMAT ? L"H:mm" : marker ? L"h:mm tt" : L"h:mm";
    return flags & TIME_FORCE24HOURFORMAT ? L"H:mm:ss" : marker ? L"h:mm:ss tt" : L"h:mm:ss";
}

/* The date is not looked at: only the time has to be one. */
static bool time_text(LCID locale, DWORD flags, const SYSTEMTIME *given, const WCHAR *picture, struct text *t)
{
    enum {
        KNOWN = TIME_NOMINUTESORSECONDS | TIME_NOSECONDS | TIME_NOTIMEMARKER | TIME_FORCE24HOURFORMAT,
        ANY = LOCALE_USE_CP_ACP | LOCALE_NOUSEROVERRIDE,
    };
    static const struct style style = {L"hHmst", give_time_field};
    SYSTEMTIME time;

    if (!k32_is_locale(locale))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(KNOWN | ANY))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (picture != NULL && (flags & KNOWN))
        return k32_fail_with(ERROR_INVALID_FLAGS); /* which of the two would win? */
    if (given != NULL)
        time = *given;
    else
        GetLocalTime(&time);
    if (time.wHour > 23 || time.wMinute > 59 || time.wSecond > 59 || time.wMilliseconds > 999)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    give_picture(t, picture != NULL ? picture : default_time_picture(flags), &time, &style);
    t->buffer[t->length] = L'\0';
    return !t->cut || k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
}

typedef bool (*text_maker)(LCID locale, DWORD flags, const SYSTEMTIME *time, const WCHAR *picture, struct text *t);

static int make_narrow(text_maker make, LCID locale, DWORD flags, const SYSTEMTIME *time, const char *picture,
                       char *buffer, int size)
{
    struct text t = {.length = 0};
    WCHAR *wide = k32_wide(picture);

    if (size < 0 || (size != 0 && buffer == NULL) || (picture != NULL && wide == NULL)) {
        k32_free(wide);
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    }
    bool made = make(locale, flags, time, wide, &t);
    k32_free(wide);
    return made ? k32_give_text_narrow(t.buffer, buffer, size) : 0;
}

static int make_wide(text_maker make, LCID locale, DWORD flags, const SYSTEMTIME *time, const WCHAR *picture,
                     WCHAR *buffer, int size)
{
    struct text t = {.length = 0};

    if (size < 0 || (size != 0 && buffer == NULL))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return make(locale, flags, time, picture, &t) ? k32_give_text(t.buffer, buffer, size) : 0;
}

int WINAPI GetDateFormatW(LCID locale, DWORD flags, const SYSTEMTIME *time, const WCHAR *picture, WCHAR *buffer,
                          int size)
{
    return make_wide(date_text, locale, flags, time, picture, buffer, size);
}

int WINAPI GetDateFormatA(LCID locale, DWORD flags, const SYSTEMTIME *time, const char *picture, char *buffer, int size)
{
    return make_narrow(date_text, locale, flags, time, picture, buffer, size);
}

int WINAPI GetTimeFormatW(LCID locale, DWORD flags, const SYSTEMTIME *time, const WCHAR *picture, WCHAR *buffer,
                          int size)
{
    return make_wide(time_text, locale, flags, time, picture, buffer, size);
}

int WINAPI GetTimeFormatA(LCID locale, DWORD flags, const SYSTEMTIME *time, const char *picture, char *buffer, int size)
{
    return make_narrow(time_text, locale, flags, time, picture, buffer, size);
}

/* The machine's clock is UTC, and local time is the same. */
DWORD WINAPI GetTimeZoneInformation(TIME_ZONE_INFORMATION *info)
{
    static const WCHAR name[] = L"Coordinated Universal Time";

    *info = (TIME_ZONE_INFORMATION){.Bias = 0};
    k32_memcpy(info->StandardName, name, sizeof name);
    k32_memcpy(info->DaylightName, name, sizeof name);
    return TIME_ZONE_ID_UNKNOWN;
}
