/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wsprintf.c - wsprintf: at most 1024 characters, no floating point. */
#include "user.h"

enum { OUTPUT_MAX = 1024 };

struct output {
    void *buffer;
    bool wide;
    int used;
};

static void give(struct output *o, WCHAR c)
{
    if (o->used >= OUTPUT_MAX - 1)
        return;
    if (o->wide)
        ((WCHAR *)o->buffer)[o->used++] = c;
    else
        ((char *)o->buffer)[o->used++] = (char)c;
}

struct field {
    bool left, zero, alternate;
    int width, precision; /* precision -1: none */
    enum { SIZE_NONE, SIZE_SHORT, SIZE_LONG, SIZE_64, SIZE_POINTER } size;
};

/* A character of either kind of text; between the kinds it is converted. */
static WCHAR char_at(const void *text, bool wide, int i, bool wanted_wide)
{
    WCHAR c = wide ? ((const WCHAR *)text)[i] : (BYTE)((const char *)text)[i];

    if (wide == wanted_wide)
        return c;
    if (wide) {
        char narrow = 0;
        WideCharToMultiByte(CP_ACP, 0, &c, 1, &narrow, 1, NULL, NULL);
        return (BYTE)narrow;
    }
    char narrow = (char)c;
    MultiByteToWideChar(CP_ACP, 0, &narrow, 1, &c, 1);
    return c;
}

static void give_text(struct output *o, const struct field *f, const void *text, bool wide)
{
    static const WCHAR null[] = L"(null)";
    int length = 0;

    if (text == NULL) {
        text = null;
        wide = true;
    }
    while ((f->precision < 0 || length < f->precision) && char_at(text, wide, length, wide) != 0)
        length++;
    for (int i = length; !f->left && i < f->width; i++)
        give(o, L' ');
    for (int i = 0; i < length; i++)
        give(o, char_at(text, wide, i, o->wide));
    for (int i = length; f->left && i < f->width; i++)
        give(o, L' ');
}

static void give_number(struct output *o, const struct field *f, ULONGLONG value, WCHAR kind)
{
    char digits[24];
    int n = 0, sign = 0, prefix = 0;
    unsigned base = kind == 'd' || kind == 'i' || kind == 'u' ? 10 : 16;

    if (base == 10 && kind != 'u' && (LONGLONG)value < 0) {
        value = 0 - value;
        sign = 1;
    }
    if (f->alternate && base == 16)
        prefix = 2;
    do {
        unsigned digit = (unsigned)(value % base);
        digits[n++] = (char)(digit < 10 ? '0' + digit : (kind == 'X' ? 'A' : 'a') + digit - 10);
        value /= base;
    } while (value != 0);
    int zeros = f->precision > n ? f->precision - n : 0;
    if (f->zero && !f->left && f->precision < 0 && f->width > n + sign + prefix)
        zeros = f->width - n - sign - prefix;
    for (int i = n + zeros + sign + prefix; !f->left && i < f->width; i++)
        give(o, L' ');
    if (sign)
        give(o, L'-');
    if (prefix) {
        give(o, L'0');
        give(o, kind == 'X' ? L'X' : L'x');
    }
    for (int i = zeros; i > 0; i--)
        give(o, L'0');
    for (int i = n; i > 0; i--)
        give(o, (WCHAR)digits[i - 1]);
    for (int i = n + zeros + sign + prefix; f->left && i < f->width; i++)
        give(o, L' ');
}

static int take_int(const void *format, bool wide, int *at)
{
    int value = 0;

    for (WCHAR c; (c = char_at(format, wide, *at, wide)) >= '0' && c <= '9'; ++*at)
        value = value < OUTPUT_MAX ? value * 10 + c - '0' : value;
    return value;
}

static struct field take_field(const void *format, bool wide, int *at)
{
    struct field f = {.precision = -1};
    WCHAR c;

    for (;; ++*at) {
        c = char_at(format, wide, *at, wide);
        if (c == '-')
            f.left = true;
        else if (c == '0')
            f.zero = true;
        else if (c == '#')
            f.alternate = true;
        else
            break;
    }
    f.width = take_int(format, wide, at);
    if (char_at(format, wide, *at, wide) == '.') {
        ++*at;
        f.precision = take_int(format, wide, at);
    }
    c = char_at(format, wide, *at, wide);
    if (c == 'I' && char_at(format, wide, *at + 1, wide) == '6' && char_at(format, wide, *at + 2, wide) == '4') {
        f.size = SIZE_64;
        *at += 3;
    } else if (c == 'h' || c == 'l' || c == 'w' || c == 'I') {
        f.size = c == 'h' ? SIZE_SHORT : c == 'I' ? SIZE_POINTER : SIZE_LONG;
        ++*at;
        if (c == 'l' && char_at(format, wide, *at, wide) == 'l') {
            f.size = SIZE_64;
            ++*at;
        }
    }
    return f;
}

/* Arguments are read here, in one place: their types are the format's. */
static void give_field(struct output *o, struct field f, WCHAR kind, va_list *arguments)
{
    WCHAR one[2] = {0};
    bool wide = f.size == SIZE_LONG || (o->wide && f.size != SIZE_SHORT);

    switch (kind) {
    case 'S':
    case 'C': wide = f.size == SIZE_LONG || (!o->wide && f.size != SIZE_SHORT); /* fall through */
    case 's':
    case 'c':
        if (kind == 's' || kind == 'S') {
            give_text(o, &f, va_arg(*arguments, const void *), wide);
            return;
        }
        one[0] = (WCHAR)va_arg(*arguments, int);
        if (!wide) {
            char narrow[2] = {(char)one[0], '\0'};
            give_text(o, &f, narrow, false);
        } else {
            give_text(o, &f, one, true);
        }
        return;
    case 'd':
    case 'i':
        give_number(o, &f,
                    f.size == SIZE_64        ? (ULONGLONG)va_arg(*arguments, LONGLONG)
                    : f.size == SIZE_POINTER ? (ULONGLONG)va_arg(*arguments, LONG_PTR)
                                             : (ULONGLONG)(LONGLONG)va_arg(*arguments, int),
                    kind);
        return;
    case 'u':
    case 'x':
    case 'X':
        give_number(o, &f,
                    f.size == SIZE_64        ? va_arg(*arguments, ULONGLONG)
                    : f.size == SIZE_POINTER ? va_arg(*arguments, ULONG_PTR)
                                             : va_arg(*arguments, unsigned),
                    kind);
        return;
    case 'p':
        f.precision = sizeof(void *) * 2;
        give_number(o, &f, va_arg(*arguments, ULONG_PTR), L'X');
        return;
    default: give(o, kind); return; /* %% and what is no kind */
    }
}

static int format_all(struct output *o, const void *format, va_list *arguments)
{
    for (int at = 0;;) {
        WCHAR c = char_at(format, o->wide, at++, o->wide);
        if (c == 0)
            break;
        if (c != '%') {
            give(o, c);
            continue;
        }
        struct field f = take_field(format, o->wide, &at);
        c = char_at(format, o->wide, at, o->wide);
        if (c == 0)
            break;
        at++;
        give_field(o, f, c, arguments);
    }
    if (o->wide)
        ((WCHAR *)o->buffer)[o->used] = 0;
    else
        ((char *)o->buffer)[o->used] = 0;
    return o->used;
}

int WINAPI wvsprintfW(WCHAR *buffer, const WCHAR *format, va_list arguments)
{
    struct output o = {buffer, true, 0};
    va_list copy;

    va_copy(copy, arguments);
    int length = format_all(&o, format, &copy);
    va_end(copy);
    return length;
}

int WINAPI wvsprintfA(char *buffer, const char *format, va_list arguments)
{
    struct output o = {buffer, false, 0};
    va_list copy;

    va_copy(copy, arguments);
    int length = format_all(&o, format, &copy);
    va_end(copy);
    return length;
}

int WINAPIV wsprintfW(WCHAR *buffer, const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = wvsprintfW(buffer, format, arguments);
    va_end(arguments);
    return length;
}

int WINAPIV wsprintfA(char *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = wvsprintfA(buffer, format, arguments);
    va_end(arguments);
    return length;
}
