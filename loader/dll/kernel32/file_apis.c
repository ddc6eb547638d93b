/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_apis.c - the code page of narrow file names: ANSI, or OEM where the program wants it. */
#include "k32.h"

static LONG is_oem;

void WINAPI SetFileApisToOEM(void)
{
    is_oem = TRUE;
}

void WINAPI SetFileApisToANSI(void)
{
    is_oem = FALSE;
}

BOOL WINAPI AreFileApisANSI(void)
{
    return !is_oem;
}

WCHAR *k32_file_wide_any(const char *name)
{
    if (name == NULL || !is_oem)
        return k32_wide(name);
    int length = MultiByteToWideChar(CP_OEMCP, 0, name, -1, NULL, 0);
    WCHAR *wide = length > 0 ? RtlAllocateHeap(RtlProcessHeap(), 0, (SIZE_T)length * sizeof(WCHAR)) : NULL;
    if (wide == NULL)
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    else
        MultiByteToWideChar(CP_OEMCP, 0, name, -1, wide, length);
    return wide;
}

WCHAR *k32_file_wide(const char *name)
{
    WCHAR *wide = k32_file_wide_any(name);

    if (wide == NULL || k32_wcslen(wide) <= MAX_PATH)
        return wide;
    k32_free(wide);
    k32_fail_with(ERROR_FILENAME_EXCED_RANGE);
    return NULL;
}

DWORD k32_give_file_narrow(const WCHAR *wide, DWORD length, char *buffer, DWORD size)
{
    if (!is_oem || buffer == NULL || size <= length)
        return k32_give_narrow(wide, length, buffer, size);
    if (length > 0)
        WideCharToMultiByte(CP_OEMCP, 0, wide, (int)length, buffer, (int)size, NULL, NULL);
    buffer[length] = '\0';
    return length;
}
