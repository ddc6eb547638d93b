// SPDX-License-Identifier: GPL-2.0-or-later
/* time.c - NT time: 100 ns steps since 1 January 1601. */
#include "ntdll.h"

#define TICKS_PER_SECOND 10000000LL
#define SECONDS_PER_DAY 86400
#define SECONDS_1601_TO_1970 11644473600LL
#define SECONDS_1601_TO_1980 11960006400LL

static bool is_leap(LONG year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static LONG days_in_month(LONG year, LONG month)
{
    static const UCHAR days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month] + (month == 1 && is_leap(year));
}

/* Days from 1601-01-01 to the first day of the year. */
static LONG days_before_year(LONG year)
{
    LONG n = year - 1601;
    return n * 365 + n / 4 - n / 100 + n / 400;
}

VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER time, PTIME_FIELDS fields)
{
    LONG days = (LONG)(time->QuadPart / (TICKS_PER_SECOND * SECONDS_PER_DAY));
    ULONG ms = (ULONG)(time->QuadPart % (TICKS_PER_SECOND * SECONDS_PER_DAY) / 10000);
    LONG year = 1601 + days / 366, month = 0;
    while (days_before_year(year + 1) <= days)
        year++;
    fields->Weekday = (SHORT)((days + 1) % 7);
    days -= days_before_year(year);
    while (days >= days_in_month(year, month))
        days -= days_in_month(year, month++);
    fields->Year = (SHORT)year;
    fields->Month = (SHORT)(month + 1);
    fields->Day = (SHORT)(days + 1);
    fields->Hour = (SHORT)(ms / 3600000);
    fields->Minute = (SHORT)(ms / 60000 % 60);
    fields->Second = (SHORT)(ms / 1000 % 60);
    fields->Milliseconds = (SHORT)(ms % 1000);
}

BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS fields, PLARGE_INTEGER time)
{
    if (fields->Year < 1601 || fields->Year > 30827 || fields->Month < 1 || fields->Month > 12 || fields->Day < 1 ||
        fields->Day > days_in_month(fields->Year, fields->Month - 1) || fields->Hour < 0 || fields->Hour > 23 ||
        fields->Minute < 0 || fields->Minute > 59 || fields->Second < 0 || fields->Second > 59 ||
        fields->Milliseconds < 0 || fields->Milliseconds > 999)
        return FALSE;
    LONG days = days_before_year(fields->Year) + fields->Day - 1;
    for (LONG month = 0; month < fields->Month - 1; month++)
        days += days_in_month(fields->Year, month);
    LONGLONG seconds = (LONGLONG)days * SECONDS_PER_DAY + fields->Hour * 3600 + fields->Minute * 60 + fields->Second;
    time->QuadPart = seconds * TICKS_PER_SECOND + fields->Milliseconds * 10000LL;
    return TRUE;
}

static BOOLEAN seconds_since(LONGLONG origin, const LARGE_INTEGER *time, PULONG ret_seconds)
{
    LONGLONG seconds = time->QuadPart / TICKS_PER_SECOND - origin;
    if (seconds < 0 || seconds > 0xFFFFFFFF)
        return FALSE;
    *ret_seconds = (ULONG)seconds;
    return TRUE;
}

BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER time, PULONG seconds)
{
    return seconds_since(SECONDS_1601_TO_1970, time, seconds);
}

BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER time, PULONG seconds)
{
    return seconds_since(SECONDS_1601_TO_1980, time, seconds);
}

VOID NTAPI RtlSecondsSince1970ToTime(ULONG seconds, PLARGE_INTEGER time)
{
    time->QuadPart = (SECONDS_1601_TO_1970 + seconds) * TICKS_PER_SECOND;
}

VOID NTAPI RtlSecondsSince1980ToTime(ULONG seconds, PLARGE_INTEGER time)
{
    time->QuadPart = (SECONDS_1601_TO_1980 + seconds) * TICKS_PER_SECOND;
}

static LONGLONG time_zone_bias(void)
{
    const volatile KSYSTEM_TIME *bias = &SharedUserData->TimeZoneBias;
    LONG high;
    ULONG low;
    do {
        high = bias->High1Time;
        low = bias->LowPart;
    } while (high != bias->High2Time);
    return (LONGLONG)((ULONGLONG)(ULONG)high << 32 | low);
}

NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER system, PLARGE_INTEGER local)
{
    local->QuadPart = system->QuadPart - time_zone_bias();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER local, PLARGE_INTEGER system)
{
    system->QuadPart = local->QuadPart + time_zone_bias();
    return STATUS_SUCCESS;
}
