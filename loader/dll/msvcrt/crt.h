/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crt.h - what the sources of our msvcrt share.
 *
 * The C library's own headers are not used: they declare every function as imported from the DLL that is being built
 * here. So this header names the types whose layout programs see (FILE, struct tm, lconv), the few Win32 calls that we
 * stand on, and the internal functions that cross files.  Exported functions that only programs call are declared by
 * CRT_API at their definition. */
#ifndef SOFTFAULT_DLL_MSVCRT_CRT_H
#define SOFTFAULT_DLL_MSVCRT_CRT_H

#define _CRTIMP /* the compiler's own headers declare errno */
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "win32.h"

/* A function that programs import: declared where it is defined. */
#define CRT_API(type, name, ...)                                                                                       \
    type name(__VA_ARGS__);                                                                                            \
    type name(__VA_ARGS__)

/* ---- types of the DLL's binary interface ---- */
typedef unsigned short wint_t;
typedef int64_t fpos_t;
typedef void (*crt_handler)(int);

#define WEOF ((wint_t)0xFFFF)
#define EOF (-1)

typedef struct crt_file {
    char *ptr; /* next byte */
    int cnt;   /* bytes left to read, or room left to write; may be negative */
    char *base;
    int flag;
    int file;
    int charbuf; /* the buffer of an unbuffered stream */
    int bufsiz;
    char *tmpfname;
} FILE;

struct tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};

enum {
    EPERM = 1,
    ENOENT,
    ENOEXEC = 8,
    EBADF,
    ENOMEM = 12,
    EACCES,
    EEXIST = 17,
    EINVAL = 22,
    EMFILE = 24,
    ENOSPC = 28,
    EPIPE = 32,
    EDOM,
    ERANGE,
    ENOTEMPTY = 41,
    EILSEQ
};

enum { /* FILE.flag */
       IOREAD = 0x1,
       IOWRT = 0x2,
       IONBF = 0x4,
       IOMYBUF = 0x8,
       IOEOF = 0x10,
       IOERR = 0x20,
       IOLBF = 0x40,
       IOSTRG = 0x40,
       IORW = 0x80,
       IOYOURBUF = 0x100,
       IOSETVBUF = 0x400,
       IOFLRTN = 0x1000,
       IOCTRLZ = 0x2000,
       IOCOMMIT = 0x4000
};

enum { /* _open() */
       O_WRONLY = 0x1,
       O_RDWR = 0x2,
       O_APPEND = 0x8,
       O_TEMPORARY = 0x40,
       O_NOINHERIT = 0x80,
       O_CREAT = 0x100,
       O_TRUNC = 0x200,
       O_EXCL = 0x400,
       O_TEXT = 0x4000,
       O_BINARY = 0x8000
};

enum { CRT_STREAMS = 20, CRT_BUFSIZ = 4096 };

/* Classes of a character, as in the tables that _pctype names. */
enum {
    C_UPPER = 0x1,
    C_LOWER = 0x2,
    C_DIGIT = 0x4,
    C_SPACE = 0x8,
    C_PUNCT = 0x10,
    C_CONTROL = 0x20,
    C_BLANK = 0x40,
    C_HEX = 0x80,
    C_ALPHA = 0x100
};

/* ---- data that programs import ---- */
extern FILE _iob[CRT_STREAMS];
extern int _fmode, _commode;
extern char **_environ, *_acmdln;
extern wchar_t **_wenviron, *_wcmdln;

#define crt_stdin (&_iob[0])
#define crt_stdout (&_iob[1])
#define crt_stderr (&_iob[2])

/* ---- state of a thread ---- */
struct crt_thread {
    int error;
    uint32_t dos_error;
    uint32_t seed;
    char *strtok_next;
    wchar_t *wcstok_next;
    struct tm time;
    HANDLE own_handle;                 /* of _beginthread */
    void *handlers;                    /* of C++ exceptions, that run: struct cxx_active */
    const void *left_frame, *left_try; /* x64: of a handler that an unwind has just left */
    void *terminate, *unexpected;
    char text[64]; /* asctime(), strerror() */
    wchar_t wide_text[64];
};

/* => never NULL: without memory a thread shares the first thread's state. */
struct crt_thread *crt_thread(void);
void crt_set_errno(int error);

/* Set errno from a Win32 error.
 * => returns -1, for the caller to return. */
int crt_fail(uint32_t win32_error);

enum crt_lock { LOCK_EXIT, LOCK_STREAMS, LOCK_HANDLES, LOCK_ENVIRON, LOCK_SIGNAL, LOCK_COUNT };
void crt_lock(enum crt_lock lock);
void crt_unlock(enum crt_lock lock);

struct crt_section { /* CRITICAL_SECTION */
    void *words[6];
};

/* A stream is locked for the length of each call: CRT_LOCKED(stream) until the end of the block that it stands in.  A
 * thread may lock it again. */
FILE *crt_lock_stream(FILE *stream); /* => stream; NULL is none */
void crt_unlock_stream(FILE **stream);
#define CRT_LOCKED(stream)                                                                                             \
    FILE *crt_locked __attribute__((cleanup(crt_unlock_stream), unused)) = crt_lock_stream(stream)

/* ---- start and end of a process ---- */
bool crt_lowio_init(void);
void crt_stdio_init(void);
void crt_ctype_init(void);
bool crt_environ_init(void);
void crt_flush_all(void);
char **crt_narrow_vector(wchar_t **vector);
void crt_message(const char *text);
void exit(int status) __attribute__((noreturn));
void _exit(int status) __attribute__((noreturn));
void abort(void) __attribute__((noreturn));
void crt_terminate(void) __attribute__((noreturn)); /* terminate(): by the thread's own routine */

/* ---- library functions that other files use ---- */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
void *memchr(const void *s, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t wcslen(const wchar_t *s);
char *strcpy(char *to, const char *from);
wchar_t *wcscpy(wchar_t *to, const wchar_t *from);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int _strnicmp(const char *a, const char *b, size_t n);
int _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t n);
char *strchr(const char *s, int c);
char *strerror(int error);
int isspace(int c);
int isdigit(int c);
int tolower(int c);
int toupper(int c);
wint_t towlower(wint_t c);
int raise(int number);
char *getenv(const char *name);
int _isatty(int fd);
int atexit(void (*function)(void));

/* ---- lowio.c: file numbers ---- */
int _open(const char *name, int flags, ...);
int _wopen(const wchar_t *name, int flags, ...);
int _read(int fd, void *buffer, unsigned size);
int _write(int fd, const void *buffer, unsigned size);
int _close(int fd);
int64_t _lseeki64(int fd, int64_t offset, int whence);
int _commit(int fd);
bool crt_fd_appends(int fd);
bool crt_fd_is_text(int fd);
bool crt_fd_saw_crlf(int fd); /* in its last _read */

/* ---- stream.c: streams ---- */
FILE *crt_stream_new(void);
FILE *crt_stream_open(FILE *stream, int fd, int flags);
void crt_stream_buffer(FILE *stream);
int _filbuf(FILE *stream);
int _flsbuf(int c, FILE *stream);
int fflush(FILE *stream);
int fclose(FILE *stream);
int fputc(int c, FILE *stream);
int fgetc(FILE *stream);
int ungetc(int c, FILE *stream);

enum crt_borrow { BORROW_NONE, BORROWED };
/* Give an unbuffered console stream a buffer for the length of one call, so that its output is one write. */
enum crt_borrow crt_borrow_buffer(FILE *stream, char *buffer, int size);
void crt_return_buffer(FILE *stream, enum crt_borrow borrowed);

/* ---- format.c: the engine of the printf family ---- */
struct crt_out {
    void (*put)(struct crt_out *out, unsigned c);
    int count; /* what was produced, written or not */
    bool failed;
};

struct crt_text { /* a format in either width */
    const void *start;
    bool wide;
};

/* => returns the count of characters, or -1. */
int crt_format(struct crt_out *out, struct crt_text format, va_list args);

struct crt_spec {
    bool left, plus, space, alternate, zero, upper;
    int width, precision; /* precision -1: not given */
    int size;             /* enum in format.c */
    unsigned conversion;
};
void crt_put_many(struct crt_out *out, unsigned c, int n);
void crt_put_body(struct crt_out *out, const struct crt_spec *spec, const char *prefix,
                  void (*body)(struct crt_out *out, const void *what), const void *what);
void crt_format_float(struct crt_out *out, const struct crt_spec *spec, double value);

/* ---- scan.c: the engine of the scanf family ---- */
struct crt_in {
    int (*get)(struct crt_in *in); /* -1 at the end */
    void (*unget)(struct crt_in *in, int c);
    int taken;
};
enum crt_secure { SCAN_PLAIN, SCAN_SECURE };
int crt_scan(struct crt_in *in, struct crt_text format, enum crt_secure secure, va_list args);

/* ---- fpu_*.c: the processor's floating-point environment ---- */
struct crt_fpu_control {
    unsigned masks;     /* invalid, denormal, division by zero, overflow, underflow, inexact */
    unsigned rounding;  /* nearest, down, up, chop */
    unsigned precision; /* 64, 53, 24 bits; 0 where there is no choice */
};
struct crt_fpu_control crt_fpu_get(void);
void crt_fpu_set(struct crt_fpu_control control);
unsigned crt_fpu_status(void); /* in the order of the masks */
void crt_fpu_clear(void);
void crt_fpu_reset(void);

/* ---- convert.c ---- */
enum crt_sign { CONVERT_SIGNED, CONVERT_UNSIGNED };
uint64_t crt_to_integer(struct crt_text text, size_t *ret_used, int base, enum crt_sign sign, unsigned bits);
double crt_strtod(const char *s, char **end);
unsigned crt_char_at(struct crt_text text, size_t i);

#endif
