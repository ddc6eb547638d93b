/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug.c - messages for a debugger. */
#include "k32.h"

void WINAPI OutputDebugStringA(const char *text)
{
    if (text != NULL)
        DbgPrint("%s", text);
}

void WINAPI OutputDebugStringW(const WCHAR *text)
{
    UNICODE_STRING wide;
    STRING narrow;

    RtlInitUnicodeString(&wide, text);
    if (text == NULL || !NT_SUCCESS(RtlUnicodeStringToAnsiString(&narrow, &wide, TRUE)))
        return;
    OutputDebugStringA(narrow.Buffer);
    RtlFreeAnsiString(&narrow);
}

void WINAPI DebugBreak(void)
{
    DbgBreakPoint();
}
