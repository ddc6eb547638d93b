/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scanf.c - the scanf family: where the characters of scan.c come from. */
#include "crt.h"

wint_t fgetwc(FILE *stream);
wint_t ungetwc(wint_t c, FILE *stream);

struct stream_in {
    struct crt_in in;
    FILE *stream;
};

static int get_from_stream(struct crt_in *in)
{
    return fgetc(((struct stream_in *)in)->stream);
}

static void unget_to_stream(struct crt_in *in, int c)
{
    ungetc(c, ((struct stream_in *)in)->stream);
}

static int get_wide_from_stream(struct crt_in *in)
{
    wint_t c = fgetwc(((struct stream_in *)in)->stream);

    return c == WEOF ? -1 : c;
}

static void unget_wide_to_stream(struct crt_in *in, int c)
{
    ungetwc((wint_t)c, ((struct stream_in *)in)->stream);
}

struct string_in {
    struct crt_in in;
    struct crt_text text;
    size_t at;
};

static int get_from_string(struct crt_in *in)
{
    struct string_in *from = (struct string_in *)in;
    unsigned c = crt_char_at(from->text, from->at);

    if (c == 0)
        return -1;
    from->at++;
    return (int)c;
}

static void unget_to_string(struct crt_in *in, int c)
{
    (void)c;
    ((struct string_in *)in)->at--;
}

static int scan_stream(FILE *stream, struct crt_text format, va_list args)
{
    struct stream_in from = {.in = {.get = get_from_stream, .unget = unget_to_stream}, .stream = stream};

    if (stream == NULL) {
        crt_set_errno(EINVAL);
        return EOF;
    }
    CRT_LOCKED(stream);
    if (format.wide)
        from.in = (struct crt_in){.get = get_wide_from_stream, .unget = unget_wide_to_stream};
    return crt_scan(&from.in, format, SCAN_PLAIN, args);
}

static int scan_string(struct crt_text text, struct crt_text format, enum crt_secure secure, va_list args)
{
    struct string_in from = {.in = {.get = get_from_string, .unget = unget_to_string}, .text = text};

    if (text.start == NULL) {
        crt_set_errno(EINVAL);
        return EOF;
    }
    return crt_scan(&from.in, format, secure, args);
}

#define NARROW(s) ((struct crt_text){s, false})
#define WIDE(s) ((struct crt_text){s, true})
#define WITH_DOTS(call)                                                                                                \
    va_list args;                                                                                                      \
    va_start(args, format);                                                                                            \
    int count = call;                                                                                                  \
    va_end(args);                                                                                                      \
    return count

CRT_API(int, fscanf, FILE *stream, const char *format, ...)
{
    WITH_DOTS(scan_stream(stream, NARROW(format), args));
}

CRT_API(int, scanf, const char *format, ...)
{
    WITH_DOTS(scan_stream(crt_stdin, NARROW(format), args));
}

CRT_API(int, fwscanf, FILE *stream, const wchar_t *format, ...)
{
    WITH_DOTS(scan_stream(stream, WIDE(format), args));
}

CRT_API(int, wscanf, const wchar_t *format, ...)
{
    WITH_DOTS(scan_stream(crt_stdin, WIDE(format), args));
}

CRT_API(int, sscanf, const char *text, const char *format, ...)
{
    WITH_DOTS(scan_string(NARROW(text), NARROW(format), SCAN_PLAIN, args));
}

CRT_API(int, swscanf, const wchar_t *text, const wchar_t *format, ...)
{
    WITH_DOTS(scan_string(WIDE(text), WIDE(format), SCAN_PLAIN, args));
}

CRT_API(int, sscanf_s, const char *text, const char *format, ...)
{
    WITH_DOTS(scan_string(NARROW(text), NARROW(format), SCAN_SECURE, args));
}

CRT_API(int, swscanf_s, const wchar_t *text, const wchar_t *format, ...)
{
    WITH_DOTS(scan_string(WIDE(text), WIDE(format), SCAN_SECURE, args));
}
