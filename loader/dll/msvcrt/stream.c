/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stream.c - streams: their table and buffers, and the bytes through them.
 *
 * The layout of FILE and the meaning of its members are the binary interface: programs built with old headers read and
 * advance `ptr` and `cnt` themselves and call _filbuf and _flsbuf at the ends.
 *
 * Of a stream that both reads and writes (IORW), IOREAD or IOWRT tells what the buffer holds now; neither: nothing yet.
 * stdout and stderr on a console have no buffer; a call that writes more than a byte borrows one (crt_borrow_buffer),
 * so that it is one write. */
#include "crt.h"

FILE _iob[CRT_STREAMS];

/* A stream of the heap, and its lock; those of _iob have theirs apart. */
struct locked_stream {
    FILE file;
    struct crt_section lock;
};

enum { N_MORE = 512 - CRT_STREAMS };
static struct locked_stream *more[N_MORE];
static struct crt_section iob_locks[CRT_STREAMS];

static struct crt_section *lock_of(FILE *stream)
{
    if (stream >= _iob && stream < _iob + CRT_STREAMS)
        return &iob_locks[stream - _iob];
    return &((struct locked_stream *)stream)->lock;
}

/* A stream that a program made for itself has no lock. */
FILE *crt_lock_stream(FILE *stream)
{
    if (stream == NULL || (stream->flag & IOSTRG && stream->file < 0))
        return NULL;
    EnterCriticalSection(lock_of(stream));
    return stream;
}

void crt_unlock_stream(FILE **stream)
{
    if (*stream != NULL)
        LeaveCriticalSection(lock_of(*stream));
}

CRT_API(void, _lock_file, FILE *stream)
{
    crt_lock_stream(stream);
}

CRT_API(void, _unlock_file, FILE *stream)
{
    crt_unlock_stream(&stream);
}

/* => number i of all streams, NULL: not there. */
static FILE *stream_at(int i)
{
    if (i < CRT_STREAMS)
        return &_iob[i];
    return more[i - CRT_STREAMS] != NULL ? &more[i - CRT_STREAMS]->file : NULL;
}

void crt_stdio_init(void)
{
    for (int i = 0; i < CRT_STREAMS; i++)
        InitializeCriticalSection(&iob_locks[i]);
    for (int i = 0; i < 3; i++)
        _iob[i].file = i;
    for (int i = 3; i < CRT_STREAMS; i++)
        _iob[i].file = -1;
    crt_stdin->flag = IOREAD;
    crt_stdout->flag = IOWRT;
    crt_stderr->flag = IOWRT;
}

static bool is_open(const FILE *stream)
{
    return stream->flag & (IOREAD | IOWRT | IORW);
}

/* => NULL when the table is full; else a stream that is in use by its flag. */
FILE *crt_stream_new(void)
{
    FILE *found = NULL;

    crt_lock(LOCK_STREAMS);
    for (int i = 0; i < CRT_STREAMS && found == NULL; i++) {
        if (!is_open(&_iob[i]))
            found = &_iob[i];
    }
    for (int i = 0; i < N_MORE && found == NULL; i++) {
        if (more[i] == NULL) {
            more[i] = calloc(1, sizeof *more[i]);
            if (more[i] == NULL)
                break;
            InitializeCriticalSection(&more[i]->lock);
        }
        if (!is_open(&more[i]->file))
            found = &more[i]->file;
    }
    if (found != NULL)
        *found = (FILE){.flag = IORW, .file = -1};
    crt_unlock(LOCK_STREAMS);
    if (found == NULL)
        crt_set_errno(EMFILE);
    return found;
}

FILE *crt_stream_open(FILE *stream, int fd, int flags)
{
    *stream = (FILE){.flag = flags, .file = fd};
    return stream;
}

static bool has_buffer(const FILE *stream)
{
    return stream->flag & (IOMYBUF | IONBF | IOYOURBUF);
}

/* Give the stream a buffer of the library's, or make it unbuffered when there is no memory. */
void crt_stream_buffer(FILE *stream)
{
    stream->base = malloc(CRT_BUFSIZ);
    if (stream->base != NULL) {
        stream->flag |= IOMYBUF;
        stream->bufsiz = CRT_BUFSIZ;
    } else {
        stream->flag |= IONBF;
        stream->base = (char *)&stream->charbuf;
        stream->bufsiz = 2;
    }
    stream->ptr = stream->base;
    stream->cnt = 0;
}

int _filbuf(FILE *stream)
{
    CRT_LOCKED(stream);
    if (stream == NULL || !is_open(stream) || (stream->flag & IOSTRG))
        return EOF;
    if (stream->flag & IOWRT) {
        stream->flag |= IOERR;
        return EOF;
    }
    stream->flag |= IOREAD;
    if (!has_buffer(stream))
        crt_stream_buffer(stream);
    stream->ptr = stream->base;
    int n = _read(stream->file, stream->base, (unsigned)stream->bufsiz);
    if (n <= 0) {
        stream->flag |= n < 0 ? IOERR : IOEOF;
        stream->cnt = 0;
        return EOF;
    }
    stream->cnt = n - 1;
    return (unsigned char)*stream->ptr++;
}

static bool write_all(FILE *stream, const char *bytes, int n)
{
    if (n <= 0 || _write(stream->file, bytes, (unsigned)n) == n)
        return true;
    stream->flag |= IOERR;
    return false;
}

int _flsbuf(int c, FILE *stream)
{
    char byte = (char)c;
    bool written;
    CRT_LOCKED(stream);

    if (stream == NULL || !is_open(stream) || (stream->flag & IOSTRG))
        return EOF;
    if ((stream->flag & IOREAD) && !(stream->flag & IORW)) {
        crt_set_errno(EBADF);
        stream->flag |= IOERR;
        return EOF;
    }
    if (stream->flag & IOREAD) { /* reading may turn to writing at the end of the file */
        stream->cnt = 0;
        if (!(stream->flag & IOEOF)) {
            stream->flag |= IOERR;
            return EOF;
        }
        stream->ptr = stream->base;
        stream->flag &= ~IOREAD;
    }
    stream->flag = (stream->flag | IOWRT) & ~IOEOF;
    stream->cnt = 0;
    if (!has_buffer(stream) && !((stream == crt_stdout || stream == crt_stderr) && _isatty(stream->file)))
        crt_stream_buffer(stream);
    if (stream->flag & (IOMYBUF | IOYOURBUF)) {
        written = write_all(stream, stream->base, (int)(stream->ptr - stream->base));
        stream->ptr = stream->base + 1;
        stream->cnt = stream->bufsiz - 1;
        *stream->base = byte;
    } else {
        written = write_all(stream, &byte, 1);
    }
    return written ? (unsigned char)byte : EOF;
}

enum crt_borrow crt_borrow_buffer(FILE *stream, char *buffer, int size)
{
    if ((stream != crt_stdout && stream != crt_stderr) || has_buffer(stream) || !_isatty(stream->file))
        return BORROW_NONE;
    stream->base = stream->ptr = buffer;
    stream->cnt = stream->bufsiz = size;
    stream->flag |= IOWRT | IOYOURBUF;
    return BORROWED;
}

void crt_return_buffer(FILE *stream, enum crt_borrow borrowed)
{
    if (borrowed != BORROWED)
        return;
    write_all(stream, stream->base, (int)(stream->ptr - stream->base));
    stream->flag &= ~IOYOURBUF;
    stream->base = stream->ptr = NULL;
    stream->cnt = stream->bufsiz = 0;
}

static int flush_stream(FILE *stream)
{
    bool written = true;

    if ((stream->flag & (IOREAD | IOWRT)) == IOWRT && (stream->flag & (IOMYBUF | IOYOURBUF))) {
        written = write_all(stream, stream->base, (int)(stream->ptr - stream->base));
        if (written && (stream->flag & IORW))
            stream->flag &= ~IOWRT;
    }
    if (!(stream->flag & IOREAD)) {
        stream->ptr = stream->base;
        stream->cnt = 0;
    }
    return written ? 0 : EOF;
}

enum which { WRITTEN_ONLY, ALL_OPEN };

static int flush_streams(enum which which, int *ret_open)
{
    int result = 0, n_open = 0;

    crt_lock(LOCK_STREAMS);
    for (int i = 0; i < CRT_STREAMS + N_MORE; i++) {
        FILE *stream = stream_at(i);
        if (stream == NULL || !is_open(stream))
            continue;
        n_open++;
        if (which == WRITTEN_ONLY && !(stream->flag & IOWRT))
            continue; /* a thread may be waiting for input inside its lock */
        CRT_LOCKED(stream);
        if (flush_stream(stream) != 0)
            result = EOF;
    }
    crt_unlock(LOCK_STREAMS);
    *ret_open = n_open;
    return result;
}

void crt_flush_all(void)
{
    int n_open;

    flush_streams(WRITTEN_ONLY, &n_open);
}

CRT_API(int, _flushall, void)
{
    int n_open;

    flush_streams(ALL_OPEN, &n_open);
    return n_open;
}

int fflush(FILE *stream)
{
    int n_open;
    CRT_LOCKED(stream);

    return stream != NULL ? flush_stream(stream) : flush_streams(WRITTEN_ONLY, &n_open);
}

int fclose(FILE *stream)
{
    CRT_LOCKED(stream);
    if (stream == NULL) {
        crt_set_errno(EINVAL);
        return EOF;
    }
    if ((stream->flag & IOSTRG) || !is_open(stream)) {
        stream->flag = 0;
        return EOF;
    }
    int result = flush_stream(stream);
    if (stream->flag & IOMYBUF)
        free(stream->base);
    if (_close(stream->file) < 0)
        result = EOF;
    *stream = (FILE){.file = -1};
    return result;
}

CRT_API(int, _fcloseall, void)
{
    int closed = 0;

    for (int i = 3; i < CRT_STREAMS + N_MORE; i++) {
        FILE *stream = stream_at(i);
        if (stream != NULL && is_open(stream) && fclose(stream) == 0)
            closed++;
    }
    return closed;
}

int fputc(int c, FILE *stream)
{
    CRT_LOCKED(stream);
    if (stream == NULL)
        return EOF;
    if (--stream->cnt >= 0)
        return (unsigned char)(*stream->ptr++ = (char)c);
    return _flsbuf(c, stream);
}

int fgetc(FILE *stream)
{
    CRT_LOCKED(stream);
    if (stream == NULL)
        return EOF;
    if (--stream->cnt >= 0)
        return (unsigned char)*stream->ptr++;
    return _filbuf(stream);
}

int ungetc(int c, FILE *stream)
{
    CRT_LOCKED(stream);
    if (c == EOF || stream == NULL || !((stream->flag & IOREAD) || ((stream->flag & IORW) && !(stream->flag & IOWRT))))
        return EOF;
    if (stream->base == NULL)
        crt_stream_buffer(stream);
    if (stream->ptr == stream->base) {
        if (stream->cnt > 0)
            return EOF;
        stream->ptr++;
    }
    *--stream->ptr = (char)c;
    if (stream->cnt < 0)
        stream->cnt = 0;
    stream->cnt++;
    stream->flag = (stream->flag & ~IOEOF) | IOREAD;
    return (unsigned char)c;
}
