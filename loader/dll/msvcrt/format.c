/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format.c - the engine of the printf family, for both widths.
 *
 * The rules are this C library's, not C99's: %I64d and %I32d, %S and %C for the other width, "h" and "w" on strings, %p
 * as bare capital digits.  Of the newer lengths "ll", "z", "t", "j" are taken as well ("hh" is taken as "h"), because
 * programs for later systems use them. */
#include "crt.h"

enum { SIZE_NONE, SIZE_SHORT, SIZE_LONG, SIZE_64 };

void crt_put_many(struct crt_out *out, unsigned c, int n)
{
    while (n-- > 0)
        out->put(out, c);
}

static void put_nowhere(struct crt_out *out, unsigned c)
{
    (void)c;
    out->count++;
}

/* Write prefix and body, padded to the width.  The body runs twice: first only to be counted. */
void crt_put_body(struct crt_out *out, const struct crt_spec *spec, const char *prefix,
                  void (*body)(struct crt_out *out, const void *what), const void *what)
{
    struct crt_out counter = {.put = put_nowhere};

    body(&counter, what);
    int pad = spec->width - (int)strlen(prefix) - counter.count;
    if (!spec->left && !spec->zero)
        crt_put_many(out, ' ', pad);
    for (; *prefix != '\0'; prefix++)
        out->put(out, (unsigned char)*prefix);
    if (!spec->left && spec->zero)
        crt_put_many(out, '0', pad);
    body(out, what);
    if (spec->left)
        crt_put_many(out, ' ', pad);
}

struct string {
    struct crt_text text;
    int length;
};

/* In the "C" locale a wide character beyond a byte cannot be written to bytes: the sink decides. */
static void string_body(struct crt_out *out, const void *what)
{
    const struct string *s = what;

    for (int i = 0; i < s->length; i++)
        out->put(out, crt_char_at(s->text, (size_t)i));
}

static void put_string(struct crt_out *out, const struct crt_spec *spec, struct crt_text text)
{
    struct string s = {.text = text};

    while ((spec->precision < 0 || s.length < spec->precision) && s.length < INT_MAX &&
           crt_char_at(text, (size_t)s.length) != 0)
        s.length++;
    crt_put_body(out, spec, "", string_body, &s);
}

struct integer {
    char digits[32]; /* backwards */
    int n_digits;
    int zeros;
};

static void integer_body(struct crt_out *out, const void *what)
{
    const struct integer *integer = what;

    crt_put_many(out, '0', integer->zeros);
    for (int i = integer->n_digits; i > 0; i--)
        out->put(out, (unsigned char)integer->digits[i - 1]);
}

static void put_integer(struct crt_out *out, struct crt_spec *spec, uint64_t value, bool negative)
{
    unsigned base = spec->conversion == 'o' ? 8 : spec->conversion == 'x' || spec->conversion == 'p' ? 16 : 10;
    struct integer integer = {.n_digits = 0};
    const char *prefix = negative ? "-" : "";

    if (spec->conversion == 'd' && !negative)
        prefix = spec->plus ? "+" : spec->space ? " " : "";
    if (spec->alternate && base == 16 && value != 0)
        prefix = spec->upper ? "0X" : "0x";
    for (; value != 0; value /= base)
        integer.digits[integer.n_digits++] = (spec->upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    int least = spec->precision >= 0 ? spec->precision : 1;
    if (spec->alternate && base == 8 && least <= integer.n_digits)
        least = integer.n_digits + 1;
    if (least > integer.n_digits)
        integer.zeros = least - integer.n_digits;
    if (spec->precision >= 0)
        spec->zero = false;
    crt_put_body(out, spec, prefix, integer_body, &integer);
}

/* ---- reading a format ---- */
struct reader {
    struct crt_text format;
    size_t at;
};

static unsigned peek(const struct reader *r, size_t ahead)
{
    return crt_char_at(r->format, r->at + ahead);
}

static int read_number(struct reader *r)
{
    int n = 0;

    while (peek(r, 0) >= '0' && peek(r, 0) <= '9') {
        unsigned digit = peek(r, 0) - '0';
        n = n > (INT_MAX - 9) / 10 ? INT_MAX / 2 : n * 10 + (int)digit;
        r->at++;
    }
    return n;
}

static void read_flags(struct reader *r, struct crt_spec *spec)
{
    for (;; r->at++) {
        switch (peek(r, 0)) {
        case '-': spec->left = true; break;
        case '+': spec->plus = true; break;
        case ' ': spec->space = true; break;
        case '#': spec->alternate = true; break;
        case '0': spec->zero = true; break;
        default: return;
        }
    }
}

static void read_size(struct reader *r, struct crt_spec *spec)
{
    for (;; r->at++) {
        switch (peek(r, 0)) {
        case 'h': spec->size = SIZE_SHORT; break;
        case 'l': spec->size = spec->size == SIZE_LONG ? SIZE_64 : SIZE_LONG; break;
        case 'w': spec->size = SIZE_LONG; break;
        case 'j': spec->size = SIZE_64; break;
        case 'q': spec->size = SIZE_64; break;
        case 'L': break;
        case 'z':
        case 't': spec->size = sizeof(size_t) == 8 ? SIZE_64 : SIZE_NONE; break;
        case 'I':
            if (peek(r, 1) == '6' && peek(r, 2) == '4') {
                spec->size = SIZE_64;
                r->at += 2;
            } else if (peek(r, 1) == '3' && peek(r, 2) == '2') {
                spec->size = SIZE_NONE;
                r->at += 2;
            } else {
                spec->size = sizeof(size_t) == 8 ? SIZE_64 : SIZE_NONE;
            }
            break;
        default: return;
        }
    }
}

static void read_spec(struct reader *r, struct crt_spec *spec, va_list *args)
{
    read_flags(r, spec);
    if (peek(r, 0) == '*') {
        r->at++;
        spec->width = va_arg(*args, int);
        if (spec->width < 0) {
            spec->left = true;
            spec->width = spec->width == INT_MIN ? 0 : -spec->width;
        }
    } else {
        spec->width = read_number(r);
    }
    if (peek(r, 0) == '.') {
        r->at++;
        if (peek(r, 0) == '*') {
            r->at++;
            spec->precision = va_arg(*args, int);
            if (spec->precision < 0)
                spec->precision = -1;
        } else {
            spec->precision = read_number(r);
        }
    }
    read_size(r, spec);
    spec->conversion = peek(r, 0);
    if (spec->conversion != 0)
        r->at++;
}

static uint64_t unsigned_argument(const struct crt_spec *spec, va_list *args)
{
    if (spec->size == SIZE_64)
        return va_arg(*args, uint64_t);
    if (spec->size == SIZE_SHORT)
        return (unsigned short)va_arg(*args, unsigned);
    return va_arg(*args, unsigned);
}

static int64_t signed_argument(const struct crt_spec *spec, va_list *args)
{
    if (spec->size == SIZE_64)
        return va_arg(*args, int64_t);
    if (spec->size == SIZE_SHORT)
        return (short)va_arg(*args, int);
    return va_arg(*args, int);
}

/* %s has the width of the function, %S the other; "l" and "h" say it outright. */
static bool is_wide(const struct crt_spec *spec, bool function_is_wide)
{
    if (spec->size == SIZE_LONG)
        return true;
    if (spec->size == SIZE_SHORT)
        return false;
    bool other = spec->conversion == 'S' || spec->conversion == 'C';
    return function_is_wide != other;
}

static void put_character(struct crt_out *out, const struct crt_spec *spec, bool wide, unsigned c)
{
    wchar_t wide_text = (wchar_t)c;
    char narrow_text = (char)c;
    struct string s = {.text = {wide ? (const void *)&wide_text : &narrow_text, wide}, .length = 1};

    crt_put_body(out, spec, "", string_body, &s);
}

/* => false when the conversion is not known: its character is printed as itself. */
static bool convert(struct crt_out *out, struct crt_spec *spec, bool function_is_wide, va_list *args)
{
    int64_t value;
    const void *text;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        spec->conversion = 'd';
        value = signed_argument(spec, args);
        put_integer(out, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
        return true;
    case 'X': spec->upper = true; spec->conversion = 'x'; /* fall through */
    case 'u':
    case 'o':
    case 'x': put_integer(out, spec, unsigned_argument(spec, args), false); return true;
    case 'p':
        spec->upper = true;
        spec->precision = 2 * sizeof(void *);
        put_integer(out, spec, (uintptr_t)va_arg(*args, void *), false);
        return true;
    case 'c':
    case 'C': put_character(out, spec, is_wide(spec, function_is_wide), (unsigned)va_arg(*args, int)); return true;
    case 's':
    case 'S':
        text = va_arg(*args, const void *);
        if (text == NULL)
            put_string(out, spec, (struct crt_text){"(null)", false});
        else
            put_string(out, spec, (struct crt_text){text, is_wide(spec, function_is_wide)});
        return true;
    case 'E':
    case 'G':
    case 'A':
    case 'F': spec->upper = true; spec->conversion |= 0x20; /* fall through */
    case 'e':
    case 'f':
    case 'g':
    case 'a': crt_format_float(out, spec, va_arg(*args, double)); return true;
    case 'n':
        text = va_arg(*args, void *);
        if (text != NULL && spec->size == SIZE_SHORT)
            *(short *)(uintptr_t)text = (short)out->count;
        else if (text != NULL)
            *(int *)(uintptr_t)text = out->count;
        return true;
    default: return false;
    }
}

int crt_format(struct crt_out *out, struct crt_text format, va_list args)
{
    struct reader r = {.format = format};
    va_list rest;
    unsigned c;

    if (format.start == NULL) {
        crt_set_errno(EINVAL);
        return -1;
    }
    va_copy(rest, args);
    while ((c = peek(&r, 0)) != 0 && !out->failed) {
        struct crt_spec spec = {.precision = -1};
        r.at++;
        if (c != '%') {
            out->put(out, c);
            continue;
        }
        read_spec(&r, &spec, &rest);
        if (!convert(out, &spec, format.wide, &rest) && spec.conversion != 0)
            out->put(out, spec.conversion);
    }
    va_end(rest);
    return out->failed ? -1 : out->count;
}
