/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exception.c - raising exceptions, and the filter of last resort. */
#include "k32.h"

static LPTOP_LEVEL_EXCEPTION_FILTER top_filter;

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter)
{
    return InterlockedExchangePointer((void *volatile *)&top_filter, (void *)filter);
}

/* => without a filter the search goes on: the kernel then reports the exception and ends the program. */
LONG WINAPI UnhandledExceptionFilter(EXCEPTION_POINTERS *pointers)
{
    return top_filter != NULL ? top_filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
}

void WINAPI RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments)
{
    EXCEPTION_RECORD record = {.ExceptionCode = code & ~0x10000000u,
                               .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = (void *)RaiseException};

    if (arguments != NULL) {
        if (count > EXCEPTION_MAXIMUM_PARAMETERS)
            count = EXCEPTION_MAXIMUM_PARAMETERS;
        record.NumberParameters = count;
        for (DWORD i = 0; i < count; i++)
            record.ExceptionInformation[i] = arguments[i];
    }
    RtlRaiseException(&record);
}
