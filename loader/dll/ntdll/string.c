// SPDX-License-Identifier: GPL-2.0-or-later
/* string.c - counted strings. */
#include "ntdll.h"

/* ---- making ---- */

VOID NTAPI RtlInitString(PSTRING target, PCSZ source)
{
    size_t length = source != NULL ? strlen(source) : 0;
    if (length > 0xFFFE)
        length = 0xFFFE;
    target->Length = (USHORT)length;
    target->MaximumLength = source != NULL ? (USHORT)(length + 1) : 0;
    target->Buffer = (char *)source;
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING target, PCSZ source)
{
    RtlInitString(target, source);
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING target, PCWSTR source)
{
    size_t bytes = source != NULL ? wcslen(source) * 2 : 0;
    if (bytes > 0xFFFC)
        bytes = 0xFFFC;
    target->Length = (USHORT)bytes;
    target->MaximumLength = source != NULL ? (USHORT)(bytes + 2) : 0;
    target->Buffer = (WCHAR *)source;
}

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING target, PCWSTR source)
{
    if (source != NULL && wcslen(source) * 2 > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(target, source);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING target, PCWSTR source)
{
    size_t bytes = wcslen(source) * 2 + 2;
    WCHAR *buffer = bytes <= 0xFFFE ? heap_alloc(bytes) : NULL;
    if (buffer == NULL)
        return FALSE;
    memcpy(buffer, source, bytes);
    target->Length = (USHORT)(bytes - 2);
    target->MaximumLength = (USHORT)bytes;
    target->Buffer = buffer;
    return TRUE;
}

BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING target, PCSZ source)
{
    ANSI_STRING ansi;
    RtlInitString(&ansi, source);
    return NT_SUCCESS(RtlAnsiStringToUnicodeString(target, &ansi, TRUE));
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING string)
{
    heap_free(string->Buffer);
    memset(string, 0, sizeof(*string));
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING string)
{
    heap_free(string->Buffer);
    memset(string, 0, sizeof(*string));
}

VOID NTAPI RtlFreeOemString(POEM_STRING string)
{
    heap_free(string->Buffer);
}

/* => flags: 1 terminate, 2 also make a buffer for an empty string. */
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG flags, PCUNICODE_STRING source, PUNICODE_STRING target)
{
    ULONG bytes = source->Length + (flags & 1 ? 2 : 0);
    WCHAR *buffer = NULL;
    if (flags > 3 || (flags & 3) == 2 || bytes > 0xFFFE)
        return STATUS_INVALID_PARAMETER;
    if (source->Length == 0 && !(flags & 2)) {
        bytes = 0;
    } else {
        buffer = heap_alloc(bytes);
        if (buffer == NULL)
            return STATUS_NO_MEMORY;
        memcpy(buffer, source->Buffer, source->Length);
        if (flags & 1)
            buffer[source->Length / 2] = 0;
    }
    target->Buffer = buffer;
    target->Length = source->Length;
    target->MaximumLength = (USHORT)bytes;
    return STATUS_SUCCESS;
}

/* ---- copying and appending ---- */

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING target, PCUNICODE_STRING source)
{
    target->Length = 0;
    if (source == NULL)
        return;
    USHORT bytes = source->Length < target->MaximumLength ? source->Length : target->MaximumLength;
    memcpy(target->Buffer, source->Buffer, bytes);
    target->Length = bytes;
    if (bytes + 2u <= target->MaximumLength)
        target->Buffer[bytes / 2] = 0;
}

VOID NTAPI RtlCopyString(PSTRING target, const STRING *source)
{
    target->Length = 0;
    if (source == NULL)
        return;
    target->Length = source->Length < target->MaximumLength ? source->Length : target->MaximumLength;
    memcpy(target->Buffer, source->Buffer, target->Length);
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING target, PCUNICODE_STRING source)
{
    if ((ULONG)target->Length + source->Length > target->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(target->Buffer + target->Length / 2, source->Buffer, source->Length);
    target->Length += source->Length;
    if (target->Length + 2u <= target->MaximumLength)
        target->Buffer[target->Length / 2] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING target, PCWSTR source)
{
    UNICODE_STRING more;
    if (source == NULL)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(RtlInitUnicodeStringEx(&more, source)))
        return STATUS_BUFFER_TOO_SMALL;
    return RtlAppendUnicodeStringToString(target, &more);
}

/* ---- comparing ---- */

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case)
{
    ULONG shorter = (a->Length < b->Length ? a->Length : b->Length) / 2;
    for (ULONG i = 0; i < shorter; i++) {
        WCHAR x = a->Buffer[i], y = b->Buffer[i];
        if (ignore_case && x != y) {
            x = RtlUpcaseUnicodeChar(x);
            y = RtlUpcaseUnicodeChar(y);
        }
        if (x != y)
            return (LONG)x - (LONG)y;
    }
    return (LONG)a->Length - (LONG)b->Length;
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case)
{
    return a->Length == b->Length && RtlCompareUnicodeString(a, b, ignore_case) == 0;
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING prefix, PCUNICODE_STRING string, BOOLEAN ignore_case)
{
    UNICODE_STRING start = *string;
    if (string->Length < prefix->Length)
        return FALSE;
    start.Length = prefix->Length;
    return RtlCompareUnicodeString(prefix, &start, ignore_case) == 0;
}

LONG NTAPI RtlCompareString(const STRING *a, const STRING *b, BOOLEAN ignore_case)
{
    ULONG shorter = a->Length < b->Length ? a->Length : b->Length;
    for (ULONG i = 0; i < shorter; i++) {
        UCHAR x = (UCHAR)a->Buffer[i], y = (UCHAR)b->Buffer[i];
        if (ignore_case) {
            x = (UCHAR)RtlUpperChar((CHAR)x);
            y = (UCHAR)RtlUpperChar((CHAR)y);
        }
        if (x != y)
            return (LONG)x - (LONG)y;
    }
    return (LONG)a->Length - (LONG)b->Length;
}

BOOLEAN NTAPI RtlEqualString(const STRING *a, const STRING *b, BOOLEAN ignore_case)
{
    return a->Length == b->Length && RtlCompareString(a, b, ignore_case) == 0;
}

/* ---- converting ---- */

static NTSTATUS wide_target(PUNICODE_STRING target, ULONG bytes, BOOLEAN allocate)
{
    if (bytes + 2 > 0xFFFE)
        return STATUS_INVALID_PARAMETER_2;
    if (allocate) {
        WCHAR *buffer = heap_alloc(bytes + 2);
        if (buffer == NULL)
            return STATUS_NO_MEMORY;
        target->Buffer = buffer;
        target->MaximumLength = (USHORT)(bytes + 2);
    } else if (bytes > target->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    target->Length = (USHORT)bytes;
    if (bytes + 2 <= target->MaximumLength)
        target->Buffer[bytes / 2] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING target, PCUNICODE_STRING source, BOOLEAN allocate)
{
    USHORT length = source->Length;
    const WCHAR *from = source->Buffer;
    NTSTATUS status = wide_target(target, length, allocate);
    for (ULONG i = 0; NT_SUCCESS(status) && i < length / 2u; i++)
        target->Buffer[i] = RtlUpcaseUnicodeChar(from[i]);
    return status;
}

NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING target, PCUNICODE_STRING source, BOOLEAN allocate)
{
    USHORT length = source->Length;
    const WCHAR *from = source->Buffer;
    NTSTATUS status = wide_target(target, length, allocate);
    for (ULONG i = 0; NT_SUCCESS(status) && i < length / 2u; i++)
        target->Buffer[i] = RtlDowncaseUnicodeChar(from[i]);
    return status;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING target, PCANSI_STRING source, BOOLEAN allocate)
{
    NTSTATUS status = wide_target(target, source->Length * 2u, allocate);
    for (ULONG i = 0; NT_SUCCESS(status) && i < source->Length; i++)
        target->Buffer[i] = ansi_to_wide((UCHAR)source->Buffer[i]);
    return status;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING target, PCUNICODE_STRING source, BOOLEAN allocate)
{
    ULONG count = source->Length / 2;
    NTSTATUS status = STATUS_SUCCESS;
    if (allocate) {
        target->Buffer = heap_alloc(count + 1);
        if (target->Buffer == NULL)
            return STATUS_NO_MEMORY;
        target->MaximumLength = (USHORT)(count + 1);
    } else if (count >= target->MaximumLength) {
        if (target->MaximumLength == 0)
            return STATUS_BUFFER_OVERFLOW;
        count = target->MaximumLength - 1u;
        status = STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG i = 0; i < count; i++)
        target->Buffer[i] = (char)wide_to_ansi(source->Buffer[i]);
    target->Buffer[count] = 0;
    target->Length = (USHORT)count;
    return status;
}

NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING target, PCANSI_STRING source, BOOLEAN allocate)
{
    return RtlAnsiStringToUnicodeString(target, source, allocate);
}

NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING target, PCUNICODE_STRING source, BOOLEAN allocate)
{
    return RtlUnicodeStringToAnsiString(target, source, allocate);
}

ULONG NTAPI RtlAnsiStringToUnicodeSize(PCANSI_STRING string)
{
    return string->Length * 2 + 2;
}

ULONG NTAPI RtlUnicodeStringToAnsiSize(PCUNICODE_STRING string)
{
    return string->Length / 2 + 1;
}

/* ---- numbers ---- */

static NTSTATUS parse_integer(const WCHAR *s, ULONG length, ULONG base, PULONG ret_value)
{
    ULONG i = 0, value = 0;
    bool negative = false;
    if (base != 0 && base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    while (i < length && s[i] <= ' ')
        i++;
    if (i < length && (s[i] == '-' || s[i] == '+'))
        negative = s[i++] == '-';
    if (base == 0) {
        WCHAR kind = i + 1 < length && s[i] == '0' ? s[i + 1] : 0;
        base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
        if (base != 10)
            i += 2;
    }
    for (; i < length; i++) {
        WCHAR c = RtlUpcaseUnicodeChar(s[i]);
        ULONG digit = c >= '0' && c <= '9' ? c - (ULONG)'0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10u : 99;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    *ret_value = negative ? 0 - value : value;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING string, ULONG base, PULONG value)
{
    return parse_integer(string->Buffer, string->Length / 2, base, value);
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ string, ULONG base, PULONG value)
{
    WCHAR wide[64];
    ULONG length = 0;
    while (*string != 0 && *string <= ' ')
        string++;
    for (; length < 64 && string[length] != 0; length++)
        wide[length] = (UCHAR)string[length];
    return parse_integer(wide, length, base, value);
}

/* => length: room in characters; a terminator is written only where there is room for it. */
NTSTATUS NTAPI RtlIntegerToChar(ULONG value, ULONG base, ULONG length, PSTR string)
{
    char digits[32];
    ULONG count = 0;
    if (base == 0)
        base = 10;
    if (base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    do {
        digits[count++] = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value != 0);
    if (count > length)
        return STATUS_BUFFER_OVERFLOW;
    for (ULONG i = 0; i < count; i++)
        string[i] = digits[count - 1 - i];
    if (count < length)
        string[count] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG value, ULONG base, PUNICODE_STRING string)
{
    char digits[33];
    ANSI_STRING ansi;
    NTSTATUS status = RtlIntegerToChar(value, base, sizeof(digits), digits);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitString(&ansi, digits);
    return RtlAnsiStringToUnicodeString(string, &ansi, FALSE);
}
