/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf.c - the printf family: where the characters of format.c go. */
#include "crt.h"

wint_t fputwc(wint_t c, FILE *stream);

struct stream_out {
    struct crt_out out;
    FILE *stream;
};

static void put_to_stream(struct crt_out *out, unsigned c)
{
    FILE *stream = ((struct stream_out *)out)->stream;

    if (c > 0xFF) {
        crt_set_errno(EILSEQ);
        out->failed = true;
    } else if (fputc((int)c, stream) == EOF) {
        out->failed = true;
    } else {
        out->count++;
    }
}

static void put_wide_to_stream(struct crt_out *out, unsigned c)
{
    FILE *stream = ((struct stream_out *)out)->stream;

    if (fputwc((wint_t)c, stream) == WEOF)
        out->failed = true;
    else
        out->count++;
}

static int print_to(FILE *stream, struct crt_text format, va_list args)
{
    char buffer[CRT_BUFSIZ];
    struct stream_out to = {.out.put = format.wide ? put_wide_to_stream : put_to_stream, .stream = stream};

    if (stream == NULL || format.start == NULL) {
        crt_set_errno(EINVAL);
        return -1;
    }
    CRT_LOCKED(stream);
    enum crt_borrow borrowed = crt_borrow_buffer(stream, buffer, sizeof buffer);
    int count = crt_format(&to.out, format, args);
    crt_return_buffer(stream, borrowed);
    return count;
}

struct string_out {
    struct crt_out out;
    void *text;
    size_t size;
};

static void put_to_string(struct crt_out *out, unsigned c)
{
    struct string_out *to = (struct string_out *)out;

    if (c > 0xFF) {
        crt_set_errno(EILSEQ);
        out->failed = true;
        return;
    }
    if ((size_t)out->count < to->size)
        ((char *)to->text)[out->count] = (char)c;
    out->count++;
}

static void put_to_wide_string(struct crt_out *out, unsigned c)
{
    struct string_out *to = (struct string_out *)out;

    if ((size_t)out->count < to->size)
        ((wchar_t *)to->text)[out->count] = (wchar_t)c;
    out->count++;
}

/* The rule of _snprintf: -1 when the text does not fit, and no terminator when there is no room for it. */
static int print_into(void *text, size_t size, struct crt_text format, va_list args)
{
    struct string_out to = {
        .out.put = format.wide ? put_to_wide_string : put_to_string, .text = text, .size = text != NULL ? size : 0};

    int count = crt_format(&to.out, format, args);
    if (count >= 0 && (size_t)count < to.size) {
        if (format.wide)
            ((wchar_t *)text)[count] = L'\0';
        else
            ((char *)text)[count] = '\0';
    }
    return text != NULL && count >= 0 && (size_t)count > to.size ? -1 : count;
}

enum { ENDLESS = INT_MAX };
#define NARROW(format) ((struct crt_text){format, false})
#define WIDE(format) ((struct crt_text){format, true})

/* A function of the family with "..." from the one with a va_list. */
#define WITH_DOTS(call)                                                                                                \
    va_list args;                                                                                                      \
    va_start(args, format);                                                                                            \
    int count = call;                                                                                                  \
    va_end(args);                                                                                                      \
    return count

CRT_API(int, vfprintf, FILE *stream, const char *format, va_list args)
{
    return print_to(stream, NARROW(format), args);
}

CRT_API(int, fprintf, FILE *stream, const char *format, ...)
{
    WITH_DOTS(print_to(stream, NARROW(format), args));
}

CRT_API(int, vprintf, const char *format, va_list args)
{
    return print_to(crt_stdout, NARROW(format), args);
}

CRT_API(int, printf, const char *format, ...)
{
    WITH_DOTS(print_to(crt_stdout, NARROW(format), args));
}

CRT_API(int, vfwprintf, FILE *stream, const wchar_t *format, va_list args)
{
    return print_to(stream, WIDE(format), args);
}

CRT_API(int, fwprintf, FILE *stream, const wchar_t *format, ...)
{
    WITH_DOTS(print_to(stream, WIDE(format), args));
}

CRT_API(int, vwprintf, const wchar_t *format, va_list args)
{
    return print_to(crt_stdout, WIDE(format), args);
}

CRT_API(int, wprintf, const wchar_t *format, ...)
{
    WITH_DOTS(print_to(crt_stdout, WIDE(format), args));
}

CRT_API(int, _vsnprintf, char *text, size_t size, const char *format, va_list args)
{
    return print_into(text, size, NARROW(format), args);
}

CRT_API(int, _snprintf, char *text, size_t size, const char *format, ...)
{
    WITH_DOTS(print_into(text, size, NARROW(format), args));
}

CRT_API(int, vsprintf, char *text, const char *format, va_list args)
{
    return print_into(text, ENDLESS, NARROW(format), args);
}

CRT_API(int, sprintf, char *text, const char *format, ...)
{
    WITH_DOTS(print_into(text, ENDLESS, NARROW(format), args));
}

CRT_API(int, _vscprintf, const char *format, va_list args)
{
    return print_into(NULL, 0, NARROW(format), args);
}

CRT_API(int, _scprintf, const char *format, ...)
{
    WITH_DOTS(print_into(NULL, 0, NARROW(format), args));
}

CRT_API(int, _vsnwprintf, wchar_t *text, size_t size, const wchar_t *format, va_list args)
{
    return print_into(text, size, WIDE(format), args);
}

CRT_API(int, _snwprintf, wchar_t *text, size_t size, const wchar_t *format, ...)
{
    WITH_DOTS(print_into(text, size, WIDE(format), args));
}

/* This library's swprintf takes no size. */
CRT_API(int, vswprintf, wchar_t *text, const wchar_t *format, va_list args)
{
    return print_into(text, ENDLESS, WIDE(format), args);
}

CRT_API(int, swprintf, wchar_t *text, const wchar_t *format, ...)
{
    WITH_DOTS(print_into(text, ENDLESS, WIDE(format), args));
}

CRT_API(int, _vscwprintf, const wchar_t *format, va_list args)
{
    return print_into(NULL, 0, WIDE(format), args);
}

CRT_API(int, _scwprintf, const wchar_t *format, ...)
{
    WITH_DOTS(print_into(NULL, 0, WIDE(format), args));
}

CRT_API(int, vsprintf_s, char *text, size_t size, const char *format, va_list args)
{
    if (text == NULL || size == 0) {
        crt_set_errno(EINVAL);
        return -1;
    }
    int count = print_into(text, size, NARROW(format), args);
    if (count < 0 || (size_t)count >= size) {
        *text = '\0';
        crt_set_errno(ERANGE);
        return -1;
    }
    return count;
}

CRT_API(int, sprintf_s, char *text, size_t size, const char *format, ...)
{
    WITH_DOTS(vsprintf_s(text, size, format, args));
}
