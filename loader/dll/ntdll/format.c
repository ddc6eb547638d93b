// SPDX-License-Identifier: GPL-2.0-or-later
/* format.c - formatted text: %[-+ 0#][width][.precision][h|l|ll|w|I64|I32|z]{d i u x X o p c C s S Z %}. */
#include "ntdll.h"

struct spec {
    bool left, zero, alternate;
    char sign; /* 0, ' ' or '+' */
    int width, precision;
    enum { SIZE_INT, SIZE_SHORT, SIZE_LONG, SIZE_LONG_LONG, SIZE_WIDE } size;
};

struct output {
    char *buffer;
    size_t size;
    size_t length; /* what the text needs, whether or not it fits */
};

static void put(struct output *out, char c)
{
    if (out->length < out->size)
        out->buffer[out->length] = c;
    out->length++;
}

static void pad(struct output *out, char c, int count)
{
    while (count-- > 0)
        put(out, c);
}

static void put_narrow(struct output *out, const struct spec *spec, const char *s, size_t limit)
{
    if (s == NULL)
        s = "(null)";
    if (spec->precision >= 0 && (size_t)spec->precision < limit)
        limit = spec->precision;
    int length = (int)strnlen_in(s, limit);
    if (!spec->left)
        pad(out, ' ', spec->width - length);
    for (int i = 0; i < length; i++)
        put(out, s[i]);
    if (spec->left)
        pad(out, ' ', spec->width - length);
}

static void put_wide(struct output *out, const struct spec *spec, const WCHAR *s, size_t limit)
{
    int length = 0;
    if (s == NULL)
        s = L"(null)";
    if (spec->precision >= 0 && (size_t)spec->precision < limit)
        limit = spec->precision;
    while ((size_t)length < limit && s[length] != 0)
        length++;
    if (!spec->left)
        pad(out, ' ', spec->width - length);
    for (int i = 0; i < length; i++)
        put(out, (char)wide_to_ansi(s[i]));
    if (spec->left)
        pad(out, ' ', spec->width - length);
}

static void put_number(struct output *out, const struct spec *spec, uint64_t value, unsigned base, const char *prefix,
                       const char *digits)
{
    char text[24];
    int count = 0, prefix_length = (int)strlen(prefix);
    while (value != 0) {
        text[count++] = digits[value % base];
        value /= base;
    }
    int zeros = (spec->precision < 0 ? 1 : spec->precision) - count;
    if (zeros < 0)
        zeros = 0;
    int fill = spec->width - prefix_length - zeros - count;
    if (spec->zero && !spec->left && spec->precision < 0 && fill > 0) {
        zeros += fill;
        fill = 0;
    }
    if (!spec->left)
        pad(out, ' ', fill);
    while (*prefix != 0)
        put(out, *prefix++);
    pad(out, '0', zeros);
    while (count > 0)
        put(out, text[--count]);
    if (spec->left)
        pad(out, ' ', fill);
}

static uint64_t take_integer(const struct spec *spec, va_list *args, bool is_signed)
{
    if (spec->size == SIZE_LONG_LONG)
        return va_arg(*args, uint64_t);
    if (spec->size == SIZE_SHORT)
        return is_signed ? (uint64_t)(int64_t)(short)va_arg(*args, int) : (unsigned short)va_arg(*args, int);
    return is_signed ? (uint64_t)(int64_t)va_arg(*args, int) : va_arg(*args, unsigned);
}

static void put_integer(struct output *out, struct spec *spec, char kind, va_list *args)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    char sign[2] = {0, 0};
    if (kind == 'd' || kind == 'i') {
        int64_t value = (int64_t)take_integer(spec, args, true);
        sign[0] = value < 0 ? '-' : spec->sign;
        put_number(out, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, sign, lower);
    } else if (kind == 'p') {
        spec->precision = 2 * sizeof(void *);
        put_number(out, spec, (ULONG_PTR)va_arg(*args, void *), 16, "", upper);
    } else {
        uint64_t value = take_integer(spec, args, false);
        unsigned base = kind == 'u' ? 10 : kind == 'o' ? 8 : 16;
        const char *prefix = !spec->alternate || value == 0 ? "" : kind == 'x' ? "0x" : kind == 'X' ? "0X" : "";
        put_number(out, spec, value, base, prefix, kind == 'X' ? upper : lower);
    }
}

static void put_counted(struct output *out, const struct spec *spec, va_list *args)
{
    if (spec->size == SIZE_WIDE || spec->size == SIZE_LONG) {
        const UNICODE_STRING *string = va_arg(*args, const UNICODE_STRING *);
        put_wide(out, spec, string != NULL ? string->Buffer : NULL, string != NULL ? string->Length / 2u : 6);
    } else {
        const STRING *string = va_arg(*args, const STRING *);
        put_narrow(out, spec, string != NULL ? string->Buffer : NULL, string != NULL ? string->Length : 6u);
    }
}

static const char *parse_spec(const char *f, struct spec *spec, va_list *args)
{
    *spec = (struct spec){.precision = -1};
    for (;; f++) {
        if (*f == '-')
            spec->left = true;
        else if (*f == '0')
            spec->zero = true;
        else if (*f == '#')
            spec->alternate = true;
        else if (*f == '+' || (*f == ' ' && spec->sign == 0))
            spec->sign = *f;
        else if (*f != ' ')
            break;
    }
    if (*f == '*') {
        spec->width = va_arg(*args, int);
        f++;
    }
    for (; *f >= '0' && *f <= '9' && spec->width < 100000; f++)
        spec->width = spec->width * 10 + (*f - '0');
    if (spec->width < 0) {
        spec->left = true;
        spec->width = spec->width > -100000 ? -spec->width : 0;
    }
    if (*f == '.') {
        spec->precision = 0;
        if (*++f == '*') {
            spec->precision = va_arg(*args, int);
            f++;
        }
        for (; *f >= '0' && *f <= '9' && spec->precision < 100000; f++)
            spec->precision = spec->precision * 10 + (*f - '0');
    }
    for (;; f++) {
        if (*f == 'h')
            spec->size = SIZE_SHORT;
        else if (*f == 'l')
            spec->size = spec->size == SIZE_LONG ? SIZE_LONG_LONG : SIZE_LONG;
        else if (*f == 'w')
            spec->size = SIZE_WIDE;
        else if (*f == 'I' && f[1] == '6' && f[2] == '4')
            spec->size = SIZE_LONG_LONG, f += 2;
        else if (*f == 'I' && f[1] == '3' && f[2] == '2')
            f += 2;
        else if (*f != 'z' && *f != 'I')
            return f;
    }
}

/* => the length of the whole text; at most size bytes are written, a terminator only where it fits. */
int format_string(char *buffer, size_t size, const char *format, va_list original)
{
    struct output out = {buffer, size, 0};
    struct spec spec;
    va_list args;
    va_copy(args, original);
    for (const char *f = format; *f != 0; f++) {
        if (*f != '%') {
            put(&out, *f);
            continue;
        }
        f = parse_spec(f + 1, &spec, &args);
        bool wide = spec.size == SIZE_WIDE || spec.size == SIZE_LONG;
        switch (*f) {
        case 'S': wide = spec.size != SIZE_SHORT; /* fall through */
        case 's':
            if (wide)
                put_wide(&out, &spec, va_arg(args, const WCHAR *), (size_t)-1);
            else
                put_narrow(&out, &spec, va_arg(args, const char *), (size_t)-1);
            break;
        case 'C':
        case 'c': {
            WCHAR c = (WCHAR)va_arg(args, int);
            pad(&out, ' ', spec.left ? 0 : spec.width - 1);
            put(&out, wide || *f == 'C' ? (char)wide_to_ansi(c) : (char)c);
            pad(&out, ' ', spec.left ? spec.width - 1 : 0);
            break;
        }
        case 'Z': put_counted(&out, &spec, &args); break;
        case 'd':
        case 'i':
        case 'u':
        case 'o':
        case 'x':
        case 'X':
        case 'p': put_integer(&out, &spec, *f, &args); break;
        case 0: f--; break;
        default: put(&out, *f); break;
        }
    }
    va_end(args);
    if (out.length < size)
        buffer[out.length] = 0;
    return (int)out.length;
}

/* ---- the C library's names ---- */

int __cdecl _vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    int length = format_string(buffer, size, format, args);
    return (size_t)length > size ? -1 : length;
}

int __cdecl _snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = _vsnprintf(buffer, size, format, args);
    va_end(args);
    return length;
}

int __cdecl vsprintf(char *buffer, const char *format, va_list args)
{
    return format_string(buffer, 0x7FFFFFFF, format, args);
}

int __cdecl sprintf(char *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = format_string(buffer, 0x7FFFFFFF, format, args);
    va_end(args);
    return length;
}
