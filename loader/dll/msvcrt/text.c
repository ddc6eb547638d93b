/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - characters, lines and blocks through streams, in both widths.
 *
 * A wide character goes to a text stream as one byte (the "C" locale has no more) and to a binary stream as two. */
#include "crt.h"

CRT_API(int, putc, int c, FILE *stream)
{
    return fputc(c, stream);
}

CRT_API(int, putchar, int c)
{
    return fputc(c, crt_stdout);
}

CRT_API(int, _fputchar, int c)
{
    return fputc(c, crt_stdout);
}

CRT_API(int, getc, FILE *stream)
{
    return fgetc(stream);
}

CRT_API(int, getchar, void)
{
    return fgetc(crt_stdin);
}

CRT_API(int, _fgetchar, void)
{
    return fgetc(crt_stdin);
}

/* => the bytes written. */
static size_t put_block(const char *bytes, size_t n, FILE *stream)
{
    char buffer[CRT_BUFSIZ];
    size_t done = 0;
    CRT_LOCKED(stream);
    enum crt_borrow borrowed = crt_borrow_buffer(stream, buffer, sizeof buffer);

    while (done < n) {
        if (stream->cnt > 0) {
            size_t run = n - done < (size_t)stream->cnt ? n - done : (size_t)stream->cnt;
            memcpy(stream->ptr, bytes + done, run);
            stream->ptr += run;
            stream->cnt -= (int)run;
            done += run;
        } else if (fputc((unsigned char)bytes[done], stream) == EOF) {
            break;
        } else {
            done++;
        }
    }
    crt_return_buffer(stream, borrowed);
    return stream->flag & IOERR && borrowed == BORROWED ? 0 : done;
}

CRT_API(size_t, fwrite, const void *block, size_t size, size_t count, FILE *stream)
{
    if (size == 0 || count == 0 || block == NULL || stream == NULL || count > SIZE_MAX / size)
        return 0;
    return put_block(block, size * count, stream) / size;
}

CRT_API(size_t, fread, void *block, size_t size, size_t count, FILE *stream)
{
    char *to = block;
    CRT_LOCKED(stream);

    if (size == 0 || count == 0 || block == NULL || stream == NULL || count > SIZE_MAX / size)
        return 0;
    size_t n = size * count, done = 0;
    while (done < n) {
        if (stream->cnt > 0 && (stream->flag & IOREAD)) {
            size_t run = n - done < (size_t)stream->cnt ? n - done : (size_t)stream->cnt;
            memcpy(to + done, stream->ptr, run);
            stream->ptr += run;
            stream->cnt -= (int)run;
            done += run;
            continue;
        }
        int c = fgetc(stream);
        if (c == EOF)
            break;
        to[done++] = (char)c;
    }
    return done / size;
}

CRT_API(int, fputs, const char *s, FILE *stream)
{
    if (s == NULL || stream == NULL) {
        crt_set_errno(EINVAL);
        return EOF;
    }
    size_t n = strlen(s);
    return put_block(s, n, stream) == n ? 0 : EOF;
}

CRT_API(int, puts, const char *s)
{
    char buffer[CRT_BUFSIZ];

    if (s == NULL) {
        crt_set_errno(EINVAL);
        return EOF;
    }
    CRT_LOCKED(crt_stdout);
    enum crt_borrow borrowed = crt_borrow_buffer(crt_stdout, buffer, sizeof buffer);
    size_t n = strlen(s);
    bool done = put_block(s, n, crt_stdout) == n && fputc('\n', crt_stdout) != EOF;
    crt_return_buffer(crt_stdout, borrowed);
    return done ? 0 : EOF;
}

CRT_API(char *, fgets, char *line, int size, FILE *stream)
{
    int n = 0, c = 0;
    CRT_LOCKED(stream);

    if (line == NULL || size <= 0 || stream == NULL)
        return NULL;
    while (n < size - 1 && c != '\n' && (c = fgetc(stream)) != EOF)
        line[n++] = (char)c;
    if (n == 0 && c == EOF && size > 1)
        return NULL;
    line[n] = '\0';
    return line;
}

CRT_API(char *, gets, char *line)
{
    int n = 0, c;

    if (line == NULL)
        return NULL;
    CRT_LOCKED(crt_stdin);
    while ((c = fgetc(crt_stdin)) != EOF && c != '\n')
        line[n++] = (char)c;
    if (n == 0 && c == EOF)
        return NULL;
    line[n] = '\0';
    return line;
}

static bool is_wide_stream(const FILE *stream)
{
    return !(stream->flag & IOSTRG) && !crt_fd_is_text(stream->file);
}

CRT_API(wint_t, fputwc, wint_t c, FILE *stream)
{
    if (stream == NULL)
        return WEOF;
    CRT_LOCKED(stream);
    if (is_wide_stream(stream))
        return fputc(c & 0xFF, stream) == EOF || fputc(c >> 8, stream) == EOF ? WEOF : c;
    if (c > 0xFF) {
        crt_set_errno(EILSEQ);
        return WEOF;
    }
    return fputc(c, stream) == EOF ? WEOF : c;
}

CRT_API(wint_t, putwc, wint_t c, FILE *stream)
{
    return fputwc(c, stream);
}

CRT_API(wint_t, putwchar, wint_t c)
{
    return fputwc(c, crt_stdout);
}

CRT_API(wint_t, _fputwchar, wint_t c)
{
    return fputwc(c, crt_stdout);
}

CRT_API(wint_t, fgetwc, FILE *stream)
{
    CRT_LOCKED(stream);
    int low = fgetc(stream);

    if (low == EOF)
        return WEOF;
    if (!is_wide_stream(stream))
        return (wint_t)low;
    int high = fgetc(stream);
    return high == EOF ? WEOF : (wint_t)(low | high << 8);
}

CRT_API(wint_t, getwc, FILE *stream)
{
    return fgetwc(stream);
}

CRT_API(wint_t, getwchar, void)
{
    return fgetwc(crt_stdin);
}

CRT_API(wint_t, ungetwc, wint_t c, FILE *stream)
{
    if (c == WEOF || stream == NULL)
        return WEOF;
    CRT_LOCKED(stream);
    if (is_wide_stream(stream) && ungetc(c >> 8, stream) == EOF)
        return WEOF;
    return ungetc(c & 0xFF, stream) == EOF ? WEOF : c;
}

CRT_API(int, fputws, const wchar_t *s, FILE *stream)
{
    char buffer[CRT_BUFSIZ];
    int result = 0;

    if (s == NULL || stream == NULL)
        return EOF;
    CRT_LOCKED(stream);
    enum crt_borrow borrowed = crt_borrow_buffer(stream, buffer, sizeof buffer);
    for (; *s != L'\0' && result == 0; s++)
        result = fputwc(*s, stream) == WEOF ? EOF : 0;
    crt_return_buffer(stream, borrowed);
    return result;
}

CRT_API(int, _putws, const wchar_t *s)
{
    CRT_LOCKED(crt_stdout);
    return fputws(s, crt_stdout) == 0 && fputwc(L'\n', crt_stdout) != WEOF ? 0 : EOF;
}

CRT_API(wchar_t *, fgetws, wchar_t *line, int size, FILE *stream)
{
    int n = 0;
    wint_t c = 0;
    CRT_LOCKED(stream);

    if (line == NULL || size <= 0 || stream == NULL)
        return NULL;
    while (n < size - 1 && c != L'\n' && (c = fgetwc(stream)) != WEOF)
        line[n++] = c;
    if (n == 0 && c == WEOF && size > 1)
        return NULL;
    line[n] = L'\0';
    return line;
}
