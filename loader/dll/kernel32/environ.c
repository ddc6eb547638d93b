/* SPDX-License-Identifier: GPL-2.0-or-later */
/* environ.c - environment variables: ntdll keeps the block, here are the two widths. */
#include "k32.h"

#undef GetEnvironmentStringsA /* <windows.h> gives it the name without the A, which is an alias in kernel32.def */
char *WINAPI GetEnvironmentStringsA(void);

DWORD WINAPI GetEnvironmentVariableW(const WCHAR *name, WCHAR *buffer, DWORD size)
{
    UNICODE_STRING key, value = {.Buffer = buffer};

    if (size > 0x7FFE)
        size = 0x7FFE;
    RtlInitUnicodeString(&key, name);
    if (size != 0)
        value.MaximumLength = (USHORT)((size - 1) * sizeof(WCHAR));
    NTSTATUS status = RtlQueryEnvironmentVariable_U(NULL, &key, &value);
    DWORD length = value.Length / sizeof(WCHAR);
    if (status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && size == 0))
        return length + 1;
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return 0;
    }
    buffer[length] = L'\0';
    return length;
}

DWORD WINAPI GetEnvironmentVariableA(const char *name, char *buffer, DWORD size)
{
    WCHAR *wide_name = k32_wide(name), *value = NULL;
    DWORD result = 0;

    if (wide_name == NULL)
        return 0;
    DWORD needed = GetEnvironmentVariableW(wide_name, NULL, 0);
    if (needed != 0)
        value = RtlAllocateHeap(RtlProcessHeap(), 0, needed * sizeof(WCHAR));
    if (value != NULL) {
        DWORD length = GetEnvironmentVariableW(wide_name, value, needed);
        result = k32_give_narrow(value, length, buffer, size);
    }
    k32_free(value);
    k32_free(wide_name);
    return result;
}

BOOL WINAPI SetEnvironmentVariableW(const WCHAR *name, const WCHAR *value)
{
    UNICODE_STRING key, text;

    if (name == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    RtlInitUnicodeString(&key, name);
    RtlInitUnicodeString(&text, value);
    NTSTATUS status = RtlSetEnvironmentVariable(NULL, &key, value != NULL ? &text : NULL);
    return k32_done(status);
}

BOOL WINAPI SetEnvironmentVariableA(const char *name, const char *value)
{
    WCHAR *wide_name = k32_wide(name), *wide_value = k32_wide(value);
    BOOL done = FALSE;

    if (name == NULL)
        k32_fail_with(ERROR_INVALID_PARAMETER);
    else if (wide_name != NULL && (value == NULL || wide_value != NULL))
        done = SetEnvironmentVariableW(wide_name, wide_value);
    k32_free(wide_name);
    k32_free(wide_value);
    return done;
}

/* => the characters of the block, with the empty string that ends it. */
static SIZE_T block_length(const WCHAR *block)
{
    SIZE_T n = 0;

    while (block[n] != L'\0')
        n += k32_wcslen(block + n) + 1;
    return n + 1;
}

WCHAR *WINAPI GetEnvironmentStringsW(void)
{
    RtlAcquirePebLock();
    const WCHAR *block = NtCurrentPeb()->ProcessParameters->Environment;
    SIZE_T bytes = block != NULL ? block_length(block) * sizeof(WCHAR) : 2 * sizeof(WCHAR);
    WCHAR *copy = RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, bytes);
    if (copy != NULL && block != NULL)
        k32_memcpy(copy, block, bytes);
    RtlReleasePebLock();
    return copy;
}

char *WINAPI GetEnvironmentStringsA(void)
{
    WCHAR *wide = GetEnvironmentStringsW();

    if (wide == NULL)
        return NULL;
    SIZE_T n = block_length(wide);
    char *narrow = RtlAllocateHeap(RtlProcessHeap(), 0, n);
    for (SIZE_T i = 0; narrow != NULL && i < n; i++) {
        if (!k32_ansi_char(wide[i], &narrow[i]))
            narrow[i] = '?';
    }
    k32_free(wide);
    return narrow;
}

BOOL WINAPI FreeEnvironmentStringsW(WCHAR *block)
{
    return RtlFreeHeap(RtlProcessHeap(), 0, block);
}

BOOL WINAPI FreeEnvironmentStringsA(char *block)
{
    return RtlFreeHeap(RtlProcessHeap(), 0, block);
}

DWORD WINAPI ExpandEnvironmentStringsW(const WCHAR *source, WCHAR *target, DWORD size)
{
    UNICODE_STRING from, to = {.Buffer = target};
    ULONG needed = 0;

    RtlInitUnicodeString(&from, source);
    to.MaximumLength = (USHORT)((size > 0x7FFF ? 0x7FFF : size) * sizeof(WCHAR));
    NTSTATUS status = RtlExpandEnvironmentStrings_U(NULL, &from, &to, &needed);
    if (!NT_SUCCESS(status) && status != STATUS_BUFFER_TOO_SMALL) {
        k32_fail(status);
        return 0;
    }
    return needed / sizeof(WCHAR);
}
