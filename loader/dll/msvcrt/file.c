/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - opening streams, and where they stand. */
#include "crt.h"

struct mode {
    int open_flags;
    int stream_flags;
};

/* => false for a mode string that means nothing. */
static bool parse_mode(struct crt_text text, struct mode *mode)
{
    size_t i = 1;

    switch (crt_char_at(text, 0)) {
    case 'r': *mode = (struct mode){0, IOREAD}; break;
    case 'w': *mode = (struct mode){O_WRONLY | O_CREAT | O_TRUNC, IOWRT}; break;
    case 'a': *mode = (struct mode){O_WRONLY | O_CREAT | O_APPEND, IOWRT}; break;
    default: return false;
    }
    for (; crt_char_at(text, i) != 0; i++) {
        switch (crt_char_at(text, i)) {
        case '+':
            mode->open_flags = (mode->open_flags & ~O_WRONLY) | O_RDWR;
            mode->stream_flags = IORW;
            break;
        case 'b': mode->open_flags |= O_BINARY; break;
        case 't': mode->open_flags |= O_TEXT; break;
        case 'D': mode->open_flags |= O_TEMPORARY; break;
        case 'N': mode->open_flags |= O_NOINHERIT; break;
        case 'c': mode->stream_flags |= IOCOMMIT; break;
        case 'n':
        case 'S':
        case 'R':
        case 'T': break;
        default: return true; /* what follows is not looked at */
        }
    }
    return true;
}

enum { READ_AND_WRITE = 0x180 }; /* permissions of new files */

static FILE *open_on(FILE *stream, struct crt_text name, struct crt_text text)
{
    struct mode mode;

    if (stream == NULL)
        return NULL;
    stream->flag = 0;
    if (name.start == NULL || text.start == NULL || !parse_mode(text, &mode)) {
        crt_set_errno(EINVAL);
        return NULL;
    }
    int fd = name.wide ? _wopen(name.start, mode.open_flags, READ_AND_WRITE)
                       : _open(name.start, mode.open_flags, READ_AND_WRITE);
    return fd >= 0 ? crt_stream_open(stream, fd, mode.stream_flags) : NULL;
}

CRT_API(FILE *, fopen, const char *name, const char *mode)
{
    return open_on(crt_stream_new(), (struct crt_text){name, false}, (struct crt_text){mode, false});
}

CRT_API(FILE *, _fsopen, const char *name, const char *mode, int share)
{
    (void)share;
    return fopen(name, mode);
}

CRT_API(FILE *, _wfopen, const wchar_t *name, const wchar_t *mode)
{
    return open_on(crt_stream_new(), (struct crt_text){name, true}, (struct crt_text){mode, true});
}

CRT_API(int, fopen_s, FILE **ret_stream, const char *name, const char *mode)
{
    if (ret_stream == NULL) {
        crt_set_errno(EINVAL);
        return EINVAL;
    }
    *ret_stream = fopen(name, mode);
    return *ret_stream != NULL ? 0 : crt_thread()->error;
}

CRT_API(FILE *, freopen, const char *name, const char *mode, FILE *stream)
{
    if (stream == NULL) {
        crt_set_errno(EINVAL);
        return NULL;
    }
    CRT_LOCKED(stream);
    if (stream->flag & (IOREAD | IOWRT | IORW))
        fclose(stream);
    return open_on(stream, (struct crt_text){name, false}, (struct crt_text){mode, false});
}

static FILE *open_fd(int fd, struct crt_text text)
{
    struct mode mode;

    if (text.start == NULL || !parse_mode(text, &mode)) {
        crt_set_errno(EINVAL);
        return NULL;
    }
    FILE *stream = crt_stream_new();
    return stream != NULL ? crt_stream_open(stream, fd, mode.stream_flags) : NULL;
}

CRT_API(FILE *, _fdopen, int fd, const char *mode)
{
    return open_fd(fd, (struct crt_text){mode, false});
}

CRT_API(FILE *, _wfdopen, int fd, const wchar_t *mode)
{
    return open_fd(fd, (struct crt_text){mode, true});
}

CRT_API(int, _fileno, FILE *stream)
{
    if (stream != NULL)
        return stream->file;
    crt_set_errno(EINVAL);
    return -1;
}

CRT_API(int, feof, FILE *stream)
{
    return stream != NULL ? stream->flag & IOEOF : 0;
}

CRT_API(int, ferror, FILE *stream)
{
    return stream != NULL ? stream->flag & IOERR : 0;
}

CRT_API(void, clearerr, FILE *stream)
{
    if (stream != NULL)
        stream->flag &= ~(IOERR | IOEOF);
}

CRT_API(int, setvbuf, FILE *stream, char *buffer, int mode, size_t size)
{
    if (stream == NULL || (mode != IONBF && mode != 0 && mode != IOLBF) ||
        (mode != IONBF && (size < 2 || size > INT_MAX)))
        return -1;
    CRT_LOCKED(stream);
    fflush(stream);
    if (stream->flag & IOMYBUF)
        free(stream->base);
    stream->flag &= ~(IOMYBUF | IOYOURBUF | IONBF | IOSETVBUF);
    if (mode == IONBF) {
        stream->flag |= IONBF;
        buffer = (char *)&stream->charbuf;
        size = 2;
    } else if (buffer == NULL) {
        buffer = malloc(size);
        if (buffer == NULL)
            return -1;
        stream->flag |= IOMYBUF | IOSETVBUF;
    } else {
        stream->flag |= IOYOURBUF | IOSETVBUF;
    }
    stream->base = stream->ptr = buffer;
    stream->bufsiz = (int)size;
    stream->cnt = 0;
    return 0;
}

CRT_API(void, setbuf, FILE *stream, char *buffer)
{
    enum { BUFSIZ = 512 };

    setvbuf(stream, buffer, buffer != NULL ? 0 : IONBF, BUFSIZ);
}

static int64_t newlines(const char *from, const char *to)
{
    int64_t n = 0;

    for (; from < to; from++)
        n += *from == '\n';
    return n;
}

CRT_API(int64_t, _ftelli64, FILE *stream)
{
    CRT_LOCKED(stream);
    if (stream == NULL) {
        crt_set_errno(EINVAL);
        return -1;
    }
    int64_t at = _lseeki64(stream->file, 0, 1);
    if (at < 0 || stream->base == NULL)
        return at;
    if (stream->flag & IOWRT) {
        if (stream->flag & (IOMYBUF | IOYOURBUF))
            at += stream->ptr - stream->base;
        if (crt_fd_is_text(stream->file))
            at += newlines(stream->base, stream->ptr);
    } else if ((stream->flag & IOREAD) && stream->cnt > 0) {
        at -= stream->cnt;
        if (crt_fd_saw_crlf(stream->file))
            at -= newlines(stream->ptr, stream->ptr + stream->cnt);
    }
    return at;
}

CRT_API(long, ftell, FILE *stream)
{
    return (long)_ftelli64(stream);
}

CRT_API(int, _fseeki64, FILE *stream, int64_t offset, int whence)
{
    CRT_LOCKED(stream);
    if (stream == NULL || whence < 0 || whence > 2) {
        crt_set_errno(EINVAL);
        return -1;
    }
    stream->flag &= ~IOEOF;
    if (whence == 1) {
        int64_t at = _ftelli64(stream);
        if (at < 0)
            return -1;
        offset += at;
        whence = 0;
    }
    fflush(stream);
    stream->ptr = stream->base;
    stream->cnt = 0;
    if (stream->flag & IORW)
        stream->flag &= ~(IOREAD | IOWRT);
    return _lseeki64(stream->file, offset, whence) < 0 ? -1 : 0;
}

CRT_API(int, fseek, FILE *stream, long offset, int whence)
{
    return _fseeki64(stream, offset, whence);
}

CRT_API(void, rewind, FILE *stream)
{
    CRT_LOCKED(stream);
    _fseeki64(stream, 0, 0);
    clearerr(stream);
}

CRT_API(int, fgetpos, FILE *stream, fpos_t *position)
{
    if (position == NULL)
        return -1;
    *position = _ftelli64(stream);
    return *position < 0 ? -1 : 0;
}

CRT_API(int, fsetpos, FILE *stream, const fpos_t *position)
{
    return position != NULL ? _fseeki64(stream, *position, 0) : -1;
}
