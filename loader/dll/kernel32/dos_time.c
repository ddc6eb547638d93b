/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dos_time.c - the dates and times of MS-DOS: two words, steps of two seconds, from 1980 to 2107. */
#include "k32.h"

enum { FIRST_YEAR = 1980, LAST_YEAR = 2107 };

BOOL WINAPI FileTimeToDosDateTime(const FILETIME *time, WORD *ret_date, WORD *ret_time)
{
    LARGE_INTEGER ticks = k32_take_time(time);
    TIME_FIELDS f;

    if (ticks.QuadPart < 0)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    RtlTimeToTimeFields(&ticks, &f);
    if (f.Year < FIRST_YEAR || f.Year > LAST_YEAR)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    *ret_date = (WORD)((f.Year - FIRST_YEAR) << 9 | f.Month << 5 | f.Day);
    *ret_time = (WORD)(f.Hour << 11 | f.Minute << 5 | f.Second / 2);
    return TRUE;
}

BOOL WINAPI DosDateTimeToFileTime(WORD date, WORD time, FILETIME *ret_time)
{
    TIME_FIELDS f = {.Year = (SHORT)(FIRST_YEAR + (date >> 9)),
                     .Month = (SHORT)(date >> 5 & 0xF),
                     .Day = (SHORT)(date & 0x1F),
                     .Hour = (SHORT)(time >> 11),
                     .Minute = (SHORT)(time >> 5 & 0x3F),
                     .Second = (SHORT)((time & 0x1F) * 2)};
    LARGE_INTEGER ticks;

    if (!RtlTimeFieldsToTime(&f, &ticks))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    k32_give_time(ticks, ret_time);
    return TRUE;
}
