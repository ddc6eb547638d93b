/* SPDX-License-Identifier: GPL-2.0-or-later */
/* convert.c - numbers from text and text from numbers.  Floating point is gdtoa's (libmingwex). */
#include "crt.h"

double __strtod(const char *s, char **end); /* gdtoa */

unsigned crt_char_at(struct crt_text text, size_t i)
{
    return text.wide ? ((const wchar_t *)text.start)[i] : ((const unsigned char *)text.start)[i];
}

static unsigned digit_value(unsigned c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return 99;
}

/* The limit of what fits, with errno set. */
static uint64_t out_of_range(bool negative, enum crt_sign sign, unsigned bits)
{
    uint64_t top = (uint64_t)1 << (bits - 1);

    crt_set_errno(ERANGE);
    if (sign == CONVERT_UNSIGNED)
        return top | (top - 1);
    return negative ? -top : top - 1;
}

/* => *ret_used is 0 when there is no number. */
uint64_t crt_to_integer(struct crt_text text, size_t *ret_used, int base, enum crt_sign sign, unsigned bits)
{
    size_t i = 0, digits = 0;
    bool negative = false, overflow = false;
    uint64_t value = 0;

    *ret_used = 0;
    if (base != 0 && (base < 2 || base > 36))
        return 0;
    while (crt_char_at(text, i) < 0x80 && isspace((int)crt_char_at(text, i)))
        i++;
    if (crt_char_at(text, i) == '+' || crt_char_at(text, i) == '-')
        negative = crt_char_at(text, i++) == '-';
    bool hex = crt_char_at(text, i) == '0' && (crt_char_at(text, i + 1) | 0x20) == 'x' &&
               digit_value(crt_char_at(text, i + 2)) < 16;
    if (base == 0)
        base = hex ? 16 : crt_char_at(text, i) == '0' ? 8 : 10;
    if (base == 16 && hex)
        i += 2;
    for (unsigned d; (d = digit_value(crt_char_at(text, i))) < (unsigned)base; i++, digits++) {
        overflow |= __builtin_mul_overflow(value, (uint64_t)base, &value);
        overflow |= __builtin_add_overflow(value, (uint64_t)d, &value);
    }
    if (digits == 0)
        return 0;
    *ret_used = i;
    uint64_t top = (uint64_t)1 << (bits - 1);
    uint64_t limit = sign == CONVERT_UNSIGNED ? top | (top - 1) : negative ? top : top - 1;
    if (overflow || value > limit)
        return out_of_range(negative, sign, bits);
    return negative ? -value : value;
}

#define TO_INTEGER(name, type, T, is_wide, sign, bits)                                                                 \
    type name(const T *s, T **end, int base);                                                                          \
    type name(const T *s, T **end, int base)                                                                           \
    {                                                                                                                  \
        size_t used;                                                                                                   \
        uint64_t value = crt_to_integer((struct crt_text){s, is_wide}, &used, base, sign, bits);                       \
        if (end != NULL)                                                                                               \
            *end = (T *)(uintptr_t)(s + used);                                                                         \
        return (type)value;                                                                                            \
    }

TO_INTEGER(strtol, long, char, false, CONVERT_SIGNED, 32)
TO_INTEGER(strtoul, unsigned long, char, false, CONVERT_UNSIGNED, 32)
TO_INTEGER(_strtoi64, int64_t, char, false, CONVERT_SIGNED, 64)
TO_INTEGER(_strtoui64, uint64_t, char, false, CONVERT_UNSIGNED, 64)
TO_INTEGER(wcstol, long, wchar_t, true, CONVERT_SIGNED, 32)
TO_INTEGER(wcstoul, unsigned long, wchar_t, true, CONVERT_UNSIGNED, 32)
TO_INTEGER(_wcstoi64, int64_t, wchar_t, true, CONVERT_SIGNED, 64)
TO_INTEGER(_wcstoui64, uint64_t, wchar_t, true, CONVERT_UNSIGNED, 64)

CRT_API(int, atoi, const char *s)
{
    return (int)strtol(s, NULL, 10);
}

CRT_API(long, atol, const char *s)
{
    return strtol(s, NULL, 10);
}

CRT_API(int64_t, _atoi64, const char *s)
{
    return _strtoi64(s, NULL, 10);
}

CRT_API(int, _wtoi, const wchar_t *s)
{
    return (int)wcstol(s, NULL, 10);
}

CRT_API(long, _wtol, const wchar_t *s)
{
    return wcstol(s, NULL, 10);
}

CRT_API(int64_t, _wtoi64, const wchar_t *s)
{
    return _wcstoi64(s, NULL, 10);
}

/* gdtoa also knows "inf", "nan" and hexadecimal; this C library does not. */
double crt_strtod(const char *s, char **end)
{
    const char *p = s;

    while (isspace((unsigned char)*p))
        p++;
    const char *number = p;
    if (*p == '+' || *p == '-')
        p++;
    bool hex = p[0] == '0' && (p[1] | 0x20) == 'x';
    if (hex || !(isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1])))) {
        if (end != NULL)
            *end = (char *)(uintptr_t)(hex ? p + 1 : s);
        return hex && *number == '-' ? -0.0 : 0.0;
    }
    return __strtod(s, end);
}

CRT_API(double, strtod, const char *s, char **end)
{
    return crt_strtod(s, end);
}

CRT_API(double, atof, const char *s)
{
    return crt_strtod(s, NULL);
}

CRT_API(double, wcstod, const wchar_t *s, wchar_t **end)
{
    size_t n = 0, space = 0;

    while (s[space] < 0x80 && isspace(s[space]))
        space++;
    while (s[space + n] < 0x80 &&
           (isdigit(s[space + n]) || (s[space + n] != 0 && strchr("+-.eE", s[space + n]) != NULL)))
        n++;
    char *narrow = malloc(n + 1), *stop;
    if (narrow == NULL)
        return 0.0;
    for (size_t i = 0; i < n; i++)
        narrow[i] = (char)s[space + i];
    narrow[n] = '\0';
    double value = crt_strtod(narrow, &stop);
    if (end != NULL)
        *end = (wchar_t *)(uintptr_t)(stop == narrow ? s : s + space + (stop - narrow));
    free(narrow);
    return value;
}

/* The digits of value, backwards. */
static size_t digits_of(uint64_t value, unsigned base, char digits[64])
{
    size_t n = 0;

    do {
        digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % base];
        value /= base;
    } while (value != 0);
    return n;
}

#define TO_TEXT(name, type, T, wide_type)                                                                              \
    T *name(type value, T *text, int base);                                                                            \
    T *name(type value, T *text, int base)                                                                             \
    {                                                                                                                  \
        char digits[64];                                                                                               \
        bool negative = base == 10 && (type)-1 < (type)1 && value < (type)1 && value != 0;                             \
        if (base < 2 || base > 36) {                                                                                   \
            *text = 0;                                                                                                 \
            return text;                                                                                               \
        }                                                                                                              \
        size_t n = digits_of(negative ? -(uint64_t)value : (wide_type)value, (unsigned)base, digits), i = 0;           \
        if (negative)                                                                                                  \
            text[i++] = '-';                                                                                           \
        while (n != 0)                                                                                                 \
            text[i++] = (T)digits[--n];                                                                                \
        text[i] = 0;                                                                                                   \
        return text;                                                                                                   \
    }

TO_TEXT(_itoa, int, char, unsigned)
TO_TEXT(_ltoa, long, char, unsigned long)
TO_TEXT(_ultoa, unsigned long, char, unsigned long)
TO_TEXT(_i64toa, int64_t, char, uint64_t)
TO_TEXT(_ui64toa, uint64_t, char, uint64_t)
TO_TEXT(_itow, int, wchar_t, unsigned)
TO_TEXT(_ltow, long, wchar_t, unsigned long)
TO_TEXT(_ultow, unsigned long, wchar_t, unsigned long)
TO_TEXT(_i64tow, int64_t, wchar_t, uint64_t)
TO_TEXT(_ui64tow, uint64_t, wchar_t, uint64_t)
