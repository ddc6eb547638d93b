/* SPDX-License-Identifier: GPL-2.0-or-later */
/* time.c - clocks, dates and sleeping. */
#include "k32.h"

/* Read a clock that the kernel updates: High2 is written first, then Low, then High1. */
static LONGLONG read_clock(const volatile KSYSTEM_TIME *clock)
{
    for (;;) {
        LONG high = clock->High1Time;
        ULONG low = clock->LowPart;
        if (high == clock->High2Time)
            return (LONGLONG)high << 32 | low;
    }
}

DWORD WINAPI GetTickCount(void)
{
    ULONGLONG ticks = (ULONGLONG)read_clock(&SharedUserData->TickCount);

    return (DWORD)((ticks * SharedUserData->TickCountMultiplier) >> 24);
}

void WINAPI GetSystemTimeAsFileTime(FILETIME *time)
{
    LONGLONG now = read_clock(&SharedUserData->SystemTime);

    time->dwLowDateTime = (DWORD)now;
    time->dwHighDateTime = (DWORD)(now >> 32);
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *counter)
{
    NTSTATUS status = NtQueryPerformanceCounter(counter, NULL);
    return k32_done(status);
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
    LARGE_INTEGER counter;
    NTSTATUS status = NtQueryPerformanceCounter(&counter, frequency);
    return k32_done(status);
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *time, SYSTEMTIME *system)
{
    LARGE_INTEGER ticks = {.LowPart = time->dwLowDateTime, .HighPart = (LONG)time->dwHighDateTime};
    TIME_FIELDS f;

    if (ticks.QuadPart < 0)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    RtlTimeToTimeFields(&ticks, &f);
    *system = (SYSTEMTIME){.wYear = (WORD)f.Year,
                           .wMonth = (WORD)f.Month,
                           .wDayOfWeek = (WORD)f.Weekday,
                           .wDay = (WORD)f.Day,
                           .wHour = (WORD)f.Hour,
                           .wMinute = (WORD)f.Minute,
                           .wSecond = (WORD)f.Second,
                           .wMilliseconds = (WORD)f.Milliseconds};
    return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *system, FILETIME *time)
{
    TIME_FIELDS f = {.Year = (SHORT)system->wYear,
                     .Month = (SHORT)system->wMonth,
                     .Day = (SHORT)system->wDay,
                     .Hour = (SHORT)system->wHour,
                     .Minute = (SHORT)system->wMinute,
                     .Second = (SHORT)system->wSecond,
                     .Milliseconds = (SHORT)system->wMilliseconds};
    LARGE_INTEGER ticks;

    if (!RtlTimeFieldsToTime(&f, &ticks))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    time->dwLowDateTime = ticks.LowPart;
    time->dwHighDateTime = (DWORD)ticks.HighPart;
    return TRUE;
}

static BOOL shift_time(const FILETIME *from, FILETIME *to, LONGLONG by)
{
    LONGLONG time = (LONGLONG)((ULONGLONG)from->dwHighDateTime << 32 | from->dwLowDateTime);

    if (__builtin_add_overflow(time, by, &time))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    to->dwLowDateTime = (DWORD)time;
    to->dwHighDateTime = (DWORD)(time >> 32);
    return TRUE;
}

BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *time, FILETIME *local)
{
    return shift_time(time, local, -read_clock(&SharedUserData->TimeZoneBias));
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *local, FILETIME *time)
{
    return shift_time(local, time, read_clock(&SharedUserData->TimeZoneBias));
}

LONG WINAPI CompareFileTime(const FILETIME *a, const FILETIME *b)
{
    if (a->dwHighDateTime != b->dwHighDateTime)
        return a->dwHighDateTime < b->dwHighDateTime ? -1 : 1;
    return a->dwLowDateTime == b->dwLowDateTime ? 0 : a->dwLowDateTime < b->dwLowDateTime ? -1 : 1;
}

void WINAPI GetSystemTime(SYSTEMTIME *system)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    FileTimeToSystemTime(&now, system);
}

void WINAPI GetLocalTime(SYSTEMTIME *local)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    FileTimeToLocalFileTime(&now, &now);
    FileTimeToSystemTime(&now, local);
}

LARGE_INTEGER *k32_timeout(DWORD milliseconds, LARGE_INTEGER *storage)
{
    if (milliseconds == INFINITE)
        return NULL;
    storage->QuadPart = -(LONGLONG)milliseconds * 10000;
    return storage;
}

DWORD WINAPI SleepEx(DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER interval = {.QuadPart = (LONGLONG)1 << 63}; /* for ever */
    NTSTATUS status;

    k32_timeout(milliseconds, &interval);
    do {
        status = NtDelayExecution(alertable != 0, &interval);
    } while (alertable && status == STATUS_ALERTED);
    return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

void WINAPI Sleep(DWORD milliseconds)
{
    SleepEx(milliseconds, FALSE);
}
