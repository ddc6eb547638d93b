// SPDX-License-Identifier: GPL-2.0-or-later
/* charset.c - characters: code page 1252 (ANSI and OEM alike), UTF-8, upper and lower case. */
#include "ntdll.h"

#include "nls_case.inc"

/* 0x80 to 0x9F of code page 1252; the five undefined ones map to themselves, as Windows does. */
static const WCHAR cp1252_high[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                      0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                      0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

WCHAR ansi_to_wide(UCHAR c)
{
    return c >= 0x80 && c < 0xA0 ? cp1252_high[c - 0x80] : c;
}

UCHAR wide_to_ansi(WCHAR c)
{
    if (c < 0x80 || (c >= 0xA0 && c <= 0xFF))
        return (UCHAR)c;
    for (int i = 0; i < 32; i++)
        if (cp1252_high[i] == c)
            return (UCHAR)(0x80 + i);
    return '?';
}

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR c)
{
    return (WCHAR)(c + upper_blocks[upper_index[c >> 8]][c & 0xFF]);
}

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR c)
{
    return (WCHAR)(c + lower_blocks[lower_index[c >> 8]][c & 0xFF]);
}

CHAR NTAPI RtlUpperChar(CHAR c)
{
    return (CHAR)wide_to_ansi(RtlUpcaseUnicodeChar(ansi_to_wide((UCHAR)c)));
}

/* ---- runs of characters; a target that is too small gets what fits ---- */

NTSTATUS NTAPI RtlMultiByteToUnicodeN(WCHAR *target, ULONG target_bytes, PULONG ret_bytes, const CHAR *source,
                                      ULONG source_bytes)
{
    ULONG count = source_bytes < target_bytes / 2 ? source_bytes : target_bytes / 2;
    for (ULONG i = 0; i < count; i++)
        target[i] = ansi_to_wide((UCHAR)source[i]);
    if (ret_bytes != NULL)
        *ret_bytes = count * 2;
    return count < source_bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteN(CHAR *target, ULONG target_bytes, PULONG ret_bytes, const WCHAR *source,
                                      ULONG source_bytes)
{
    ULONG length = source_bytes / 2;
    ULONG count = length < target_bytes ? length : target_bytes;
    for (ULONG i = 0; i < count; i++)
        target[i] = (CHAR)wide_to_ansi(source[i]);
    if (ret_bytes != NULL)
        *ret_bytes = count;
    return count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(CHAR *target, ULONG target_bytes, PULONG ret_bytes, const WCHAR *source,
                                            ULONG source_bytes)
{
    ULONG length = source_bytes / 2;
    ULONG count = length < target_bytes ? length : target_bytes;
    for (ULONG i = 0; i < count; i++)
        target[i] = (CHAR)wide_to_ansi(RtlUpcaseUnicodeChar(source[i]));
    if (ret_bytes != NULL)
        *ret_bytes = count;
    return count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG ret_bytes, const CHAR *source, ULONG source_bytes)
{
    (void)source;
    *ret_bytes = source_bytes * 2;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG ret_bytes, const WCHAR *source, ULONG source_bytes)
{
    (void)source;
    *ret_bytes = source_bytes / 2;
    return STATUS_SUCCESS;
}

/* ---- UTF-8 ---- */

/* => the code point at *at, which moves on; 0xFFFD for each byte that cannot be part of one. */
static ULONG utf8_decode(const UCHAR **at, const UCHAR *end)
{
    const UCHAR *s = *at;
    ULONG c = *s++, more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    *at = s;
    if (c < 0x80)
        return c;
    if (c < 0xC2 || c > 0xF4 || (ULONG)(end - s) < more)
        return 0xFFFD;
    c &= 0x3F >> more;
    for (ULONG i = 0; i < more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | (s[i] & 0x3F);
    }
    if ((more == 2 && (c < 0x800 || (c >= 0xD800 && c < 0xE000))) || (more == 3 && (c < 0x10000 || c > 0x10FFFF)))
        return 0xFFFD;
    *at = s + more;
    return c;
}

/* => target NULL: only the size is told. */
NTSTATUS NTAPI RtlUTF8ToUnicodeN(WCHAR *target, ULONG target_bytes, PULONG ret_bytes, const CHAR *source,
                                 ULONG source_bytes)
{
    const UCHAR *at = (const UCHAR *)source, *end = at + source_bytes;
    ULONG room = target != NULL ? target_bytes / 2 : 0xFFFFFFFF, count = 0;
    NTSTATUS status = STATUS_SUCCESS;
    while (at < end) {
        ULONG c = utf8_decode(&at, end), units = c >= 0x10000 ? 2 : 1;
        if (c == 0xFFFD)
            status = STATUS_SOME_NOT_MAPPED;
        if (room - count < units) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        if (target != NULL && units == 2) {
            target[count] = (WCHAR)(0xD800 + ((c - 0x10000) >> 10));
            target[count + 1] = (WCHAR)(0xDC00 + (c & 0x3FF));
        } else if (target != NULL) {
            target[count] = (WCHAR)c;
        }
        count += units;
    }
    *ret_bytes = count * 2;
    return status;
}

static ULONG utf8_encode(ULONG c, UCHAR out[4])
{
    if (c < 0x80) {
        out[0] = (UCHAR)c;
        return 1;
    }
    ULONG more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    for (ULONG i = more; i > 0; i--, c >>= 6)
        out[i] = 0x80 | (c & 0x3F);
    out[0] = (UCHAR)((0xFF00 >> (more + 1)) | c);
    return more + 1;
}

/* => target NULL: only the size is told. */
NTSTATUS NTAPI RtlUnicodeToUTF8N(CHAR *target, ULONG target_bytes, PULONG ret_bytes, const WCHAR *source,
                                 ULONG source_bytes)
{
    ULONG length = source_bytes / 2, room = target != NULL ? target_bytes : 0xFFFFFFFF, count = 0;
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG i = 0; i < length; i++) {
        ULONG c = source[i];
        UCHAR bytes[4];
        if (c >= 0xD800 && c < 0xDC00 && i + 1 < length && source[i + 1] >= 0xDC00 && source[i + 1] < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (source[++i] - 0xDC00);
        } else if (c >= 0xD800 && c < 0xE000) {
            c = 0xFFFD;
            status = STATUS_SOME_NOT_MAPPED;
        }
        ULONG size = utf8_encode(c, bytes);
        if (room - count < size) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        if (target != NULL)
            memcpy(target + count, bytes, size);
        count += size;
    }
    *ret_bytes = count;
    return status;
}
