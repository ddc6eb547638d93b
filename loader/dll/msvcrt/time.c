/* SPDX-License-Identifier: GPL-2.0-or-later */
/* time.c - times and dates.  Local time is UTC: the machine has no time zone. */
#include "crt.h"

extern long _timezone;
extern int _daylight;
extern char *_tzname[2];

long _timezone;
int _daylight;
static char utc[] = "UTC", no_name[] = "";
char *_tzname[2] = {utc, no_name};

enum { SECONDS_PER_DAY = 86400 };

/* Days from 1 January 1970 to the first day of the month; months and years beyond their range carry over. */
static int64_t days_before(int64_t year, int month)
{
    int64_t y = year - (month < 2); /* a year that begins in March has its leap day at the end */
    int m = (month + 10) % 12;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (m * 153 + 2) / 5 - 719468;
}

static bool break_down(int64_t time, struct tm *tm)
{
    if (time < 0 || time > 32535215999) /* the year 3000 */
        return false;
    int64_t days = time / SECONDS_PER_DAY;
    int rest = (int)(time % SECONDS_PER_DAY), month = 0;
    int64_t year = 1970 + days / 366;
    while (days_before(year + 1, 0) <= days)
        year++;
    while (month < 11 && days_before(year, month + 1) <= days)
        month++;
    *tm = (struct tm){.tm_sec = rest % 60,
                      .tm_min = rest / 60 % 60,
                      .tm_hour = rest / 3600,
                      .tm_mday = (int)(days - days_before(year, month)) + 1,
                      .tm_mon = month,
                      .tm_year = (int)(year - 1900),
                      .tm_wday = (int)((days + 4) % 7),
                      .tm_yday = (int)(days - days_before(year, 0))};
    return true;
}

CRT_API(int64_t, _time64, int64_t *ret_time)
{
    uint64_t ticks;

    GetSystemTimeAsFileTime(&ticks);
    int64_t now = (int64_t)(ticks / 10000000) - 11644473600;
    if (ret_time != NULL)
        *ret_time = now;
    return now;
}

CRT_API(int32_t, time, int32_t *ret_time)
{
    int32_t now = (int32_t)_time64(NULL);

    if (ret_time != NULL)
        *ret_time = now;
    return now;
}

CRT_API(long, clock, void)
{
    static uint32_t volatile start;
    uint32_t now = GetTickCount();

    if (start == 0)
        start = now != 0 ? now : 1;
    return (long)(now - start);
}

CRT_API(double, difftime, int32_t a, int32_t b)
{
    return (double)a - (double)b;
}

CRT_API(double, _difftime64, int64_t a, int64_t b)
{
    return (double)(a - b);
}

CRT_API(struct tm *, _gmtime64, const int64_t *time)
{
    struct tm *tm = &crt_thread()->time;

    return time != NULL && break_down(*time, tm) ? tm : NULL;
}

CRT_API(struct tm *, _localtime64, const int64_t *time)
{
    return _gmtime64(time);
}

CRT_API(struct tm *, gmtime, const int32_t *time)
{
    struct tm *tm = &crt_thread()->time;

    return time != NULL && break_down(*time, tm) ? tm : NULL;
}

CRT_API(struct tm *, localtime, const int32_t *time)
{
    return gmtime(time);
}

CRT_API(int64_t, _mktime64, struct tm *tm)
{
    int64_t month, time;

    if (tm == NULL)
        return -1;
    month = (int64_t)tm->tm_year * 12 + tm->tm_mon;
    int64_t year = 1900 + (month >= 0 ? month / 12 : (month - 11) / 12);
    time = days_before(year, (int)(((month % 12) + 12) % 12)) + tm->tm_mday - 1;
    time = ((time * 24 + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec;
    return break_down(time, tm) ? time : -1;
}

CRT_API(int32_t, mktime, struct tm *tm)
{
    int64_t time = _mktime64(tm);

    return time > INT32_MAX ? -1 : (int32_t)time;
}

CRT_API(int64_t, _mkgmtime64, struct tm *tm)
{
    return _mktime64(tm);
}

CRT_API(void, _tzset, void)
{
}

int sprintf(char *text, const char *format, ...);

static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

static bool is_valid(const struct tm *tm)
{
    return tm != NULL && tm->tm_wday >= 0 && tm->tm_wday < 7 && tm->tm_mon >= 0 && tm->tm_mon < 12 &&
           tm->tm_mday >= 0 && tm->tm_mday <= 31 && tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 &&
           tm->tm_min < 60 && tm->tm_sec >= 0 && tm->tm_sec < 62 && tm->tm_yday >= 0 && tm->tm_yday < 366 &&
           tm->tm_year > -10000 && tm->tm_year < 100000;
}

CRT_API(char *, asctime, const struct tm *tm)
{
    char *text = crt_thread()->text;

    if (!is_valid(tm))
        return NULL;
    sprintf(text, "%.3s %.3s %02d %02d:%02d:%02d %d\n", days[tm->tm_wday], months[tm->tm_mon], tm->tm_mday, tm->tm_hour,
            tm->tm_min, tm->tm_sec, 1900 + tm->tm_year);
    return text;
}

CRT_API(char *, ctime, const int32_t *time)
{
    return asctime(localtime(time));
}

CRT_API(char *, _ctime64, const int64_t *time)
{
    return asctime(_localtime64(time));
}

/* => the text of one conversion, or NULL when it is not known. */
static const char *convert(char text[64], char conversion, bool alternate, const struct tm *tm)
{
    const char *number = alternate ? "%d" : "%02d";
    int hour12 = tm->tm_hour % 12 != 0 ? tm->tm_hour % 12 : 12;
    int year = 1900 + tm->tm_year;

    switch (conversion) {
    case 'a': sprintf(text, "%.3s", days[tm->tm_wday]); break;
    case 'A': return days[tm->tm_wday];
    case 'b': sprintf(text, "%.3s", months[tm->tm_mon]); break;
    case 'B': return months[tm->tm_mon];
    case 'c':
        sprintf(text, "%02d/%02d/%02d %02d:%02d:%02d", tm->tm_mon + 1, tm->tm_mday, year % 100, tm->tm_hour, tm->tm_min,
                tm->tm_sec);
        break;
    case 'd': sprintf(text, number, tm->tm_mday); break;
    case 'H': sprintf(text, number, tm->tm_hour); break;
    case 'I': sprintf(text, number, hour12); break;
    case 'j': sprintf(text, alternate ? "%d" : "%03d", tm->tm_yday + 1); break;
    case 'm': sprintf(text, number, tm->tm_mon + 1); break;
    case 'M': sprintf(text, number, tm->tm_min); break;
    case 'p': return tm->tm_hour < 12 ? "AM" : "PM";
    case 'S': sprintf(text, number, tm->tm_sec); break;
    case 'U': sprintf(text, number, (tm->tm_yday + 7 - tm->tm_wday) / 7); break;
    case 'w': sprintf(text, "%d", tm->tm_wday); break;
    case 'W': sprintf(text, number, (tm->tm_yday + 7 - (tm->tm_wday + 6) % 7) / 7); break;
    case 'x': sprintf(text, "%02d/%02d/%02d", tm->tm_mon + 1, tm->tm_mday, year % 100); break;
    case 'X': sprintf(text, "%02d:%02d:%02d", tm->tm_hour, tm->tm_min, tm->tm_sec); break;
    case 'y': sprintf(text, number, year % 100); break;
    case 'Y': sprintf(text, "%d", year); break;
    case 'z':
    case 'Z': return utc;
    case '%': return "%";
    default: return NULL;
    }
    return text;
}

/* Both widths: characters go out one by one. => 0 when the text does not fit. */
static size_t format_time(void *to, size_t size, struct crt_text format, const struct tm *tm)
{
    char buffer[64];
    size_t n = 0;
    unsigned c;

    if (to == NULL || size == 0 || format.start == NULL || !is_valid(tm)) {
        crt_set_errno(EINVAL);
        return 0;
    }
    for (size_t i = 0; (c = crt_char_at(format, i)) != 0; i++) {
        char one[2] = {(char)c, '\0'};
        const char *text = one;
        if (c == '%') {
            bool alternate = crt_char_at(format, i + 1) == '#';
            i += 1 + alternate;
            text = convert(buffer, (char)crt_char_at(format, i), alternate, tm);
            if (text == NULL)
                return 0;
        }
        for (; *text != '\0'; text++) {
            if (n + 1 >= size)
                return 0;
            if (format.wide)
                ((wchar_t *)to)[n++] = c == '%' ? (unsigned char)*text : (wchar_t)c;
            else
                ((char *)to)[n++] = *text;
        }
    }
    if (format.wide)
        ((wchar_t *)to)[n] = L'\0';
    else
        ((char *)to)[n] = '\0';
    return n;
}

CRT_API(size_t, strftime, char *to, size_t size, const char *format, const struct tm *tm)
{
    return format_time(to, size, (struct crt_text){format, false}, tm);
}

CRT_API(size_t, wcsftime, wchar_t *to, size_t size, const wchar_t *format, const struct tm *tm)
{
    return format_time(to, size, (struct crt_text){format, true}, tm);
}

CRT_API(void, _sleep, unsigned long milliseconds)
{
    Sleep(milliseconds);
}
