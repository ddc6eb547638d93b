/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bstr.c - BSTR: characters with their length in bytes in the four bytes before them, and an end mark after them. */
#include <windows.h>

#include <oleauto.h>

enum { BEFORE = 2 * sizeof(void *) }; /* keeps the characters aligned as the heap does */

static UINT *length_of(BSTR string)
{
    return (UINT *)string - 1;
}

/* => NULL: no memory. */
static BSTR make(const void *text, SIZE_T bytes)
{
    BYTE *block = bytes <= 0x7FFFFFF0 ? HeapAlloc(GetProcessHeap(), 0, BEFORE + bytes + 2 * sizeof(WCHAR)) : NULL;

    if (block == NULL)
        return NULL;
    BYTE *at = block + BEFORE;
    for (SIZE_T i = 0; i < bytes; i++)
        at[i] = text != NULL ? ((const BYTE *)text)[i] : 0;
    for (SIZE_T i = 0; i < sizeof(WCHAR) + 1; i++) /* behind an odd length, too */
        at[bytes + i] = 0;
    *length_of((BSTR)at) = (UINT)bytes;
    return (BSTR)at;
}

BSTR WINAPI SysAllocString(const OLECHAR *text)
{
    return text != NULL ? make(text, (SIZE_T)lstrlenW(text) * sizeof(OLECHAR)) : NULL;
}

BSTR WINAPI SysAllocStringLen(const OLECHAR *text, UINT length)
{
    return make(text, (SIZE_T)length * sizeof(OLECHAR));
}

BSTR WINAPI SysAllocStringByteLen(const char *bytes, UINT length)
{
    return make(bytes, length);
}

void WINAPI SysFreeString(BSTR string)
{
    if (string != NULL)
        HeapFree(GetProcessHeap(), 0, (BYTE *)string - BEFORE);
}

INT WINAPI SysReAllocStringLen(BSTR *string, const OLECHAR *text, UINT length)
{
    BSTR made = SysAllocStringLen(text, length);

    if (made == NULL)
        return FALSE;
    SysFreeString(*string);
    *string = made;
    return TRUE;
}

INT WINAPI SysReAllocString(BSTR *string, const OLECHAR *text)
{
    return SysReAllocStringLen(string, text, text != NULL ? (UINT)lstrlenW(text) : 0);
}

UINT WINAPI SysStringByteLen(BSTR string)
{
    return string != NULL ? *length_of(string) : 0;
}

UINT WINAPI SysStringLen(BSTR string)
{
    return SysStringByteLen(string) / sizeof(OLECHAR);
}
