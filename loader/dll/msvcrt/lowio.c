/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lowio.c - file numbers over Win32 handles, with the translation of text files.
 *
 * In text mode CR LF reads as LF, Ctrl-Z ends the file, and LF is written as CR LF.  A CR at the end of what was read
 * needs the byte after it: that byte is kept in `ahead` when it is not a LF. */
#include "crt.h"

enum {
    OPEN = 0x01,
    AT_EOF = 0x02,
    SAW_CRLF = 0x04,
    PIPE = 0x08,
    NO_INHERIT = 0x10,
    APPENDS = 0x20,
    DEVICE = 0x40,
    TEXT = 0x80
};
enum { N_FILES = 512, NOTHING_AHEAD = -1, CTRL_Z = 26 };
enum { TYPE_CHAR = 2, TYPE_PIPE = 3 };
enum { ERROR_INVALID_HANDLE = 6, ERROR_BROKEN_PIPE = 109 };

struct file {
    HANDLE handle;
    unsigned flags;
    int ahead;
};

static struct file files[N_FILES];

/* => NULL, with errno set, when fd is not open. */
static struct file *file_of(int fd)
{
    if (fd >= 0 && fd < N_FILES && (files[fd].flags & OPEN))
        return &files[fd];
    crt_thread()->dos_error = 0;
    crt_set_errno(EBADF);
    return NULL;
}

static unsigned kind_flags(HANDLE handle)
{
    uint32_t type = GetFileType(handle) & 0x7FFF;

    return type == TYPE_CHAR ? DEVICE : type == TYPE_PIPE ? PIPE : 0;
}

bool crt_lowio_init(void)
{
    for (int fd = 0; fd < 3; fd++) {
        HANDLE handle = GetStdHandle((uint32_t)(-10 - fd));
        files[fd] = (struct file){.handle = handle, .flags = OPEN | TEXT | DEVICE, .ahead = NOTHING_AHEAD};
        if (handle != NULL && handle != INVALID_HANDLE_VALUE)
            files[fd].flags = OPEN | TEXT | kind_flags(handle);
    }
    return true;
}

/* => the number, or -1 with errno set. */
static int new_file(HANDLE handle, unsigned flags)
{
    int fd = 0;

    crt_lock(LOCK_HANDLES);
    while (fd < N_FILES && (files[fd].flags & OPEN))
        fd++;
    if (fd < N_FILES)
        files[fd] = (struct file){.handle = handle, .flags = OPEN | flags, .ahead = NOTHING_AHEAD};
    crt_unlock(LOCK_HANDLES);
    if (fd < N_FILES)
        return fd;
    crt_set_errno(EMFILE);
    return -1;
}

static bool flags_are_text(int flags)
{
    if (flags & O_BINARY)
        return false;
    return (flags & O_TEXT) || _fmode != O_BINARY;
}

struct opening {
    uint32_t access, disposition, attributes;
};

static bool plan_opening(int flags, int mode, struct opening *o)
{
    enum { READ = 0x80000000, WRITE = 0x40000000, CREATE_NEW = 1, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE };
    enum { ATTRIBUTE_READONLY = 1, ATTRIBUTE_NORMAL = 0x80, S_WRITE = 0x80, DELETE_ON_CLOSE = 0x04000000 };
    static const uint32_t access[] = {(uint32_t)READ, WRITE, (uint32_t)READ | WRITE};

    if ((flags & 3) == 3)
        return false;
    o->access = access[flags & 3];
    if (flags & O_CREAT)
        o->disposition = flags & O_EXCL ? CREATE_NEW : flags & O_TRUNC ? CREATE_ALWAYS : OPEN_ALWAYS;
    else
        o->disposition = flags & O_TRUNC ? TRUNCATE : OPEN_EXISTING;
    o->attributes = (flags & O_CREAT) && !(mode & S_WRITE) ? ATTRIBUTE_READONLY : ATTRIBUTE_NORMAL;
    if (flags & O_TEMPORARY)
        o->attributes |= DELETE_ON_CLOSE;
    return true;
}

static int adopt(HANDLE handle, int flags)
{
    if (handle == INVALID_HANDLE_VALUE)
        return crt_fail(GetLastError());
    unsigned own = kind_flags(handle) | (flags_are_text(flags) ? TEXT : 0) | (flags & O_APPEND ? APPENDS : 0);
    int fd = new_file(handle, own | (flags & O_NOINHERIT ? NO_INHERIT : 0));
    if (fd < 0)
        CloseHandle(handle);
    return fd;
}

enum { SHARE_READ_WRITE = 3 };

int _open(const char *name, int flags, ...)
{
    struct opening o;
    va_list args;

    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    if (name == NULL || !plan_opening(flags, mode, &o)) {
        crt_set_errno(EINVAL);
        return -1;
    }
    return adopt(CreateFileA(name, o.access, SHARE_READ_WRITE, NULL, o.disposition, o.attributes, NULL), flags);
}

int _wopen(const wchar_t *name, int flags, ...)
{
    struct opening o;
    va_list args;

    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    if (name == NULL || !plan_opening(flags, mode, &o)) {
        crt_set_errno(EINVAL);
        return -1;
    }
    return adopt(CreateFileW(name, o.access, SHARE_READ_WRITE, NULL, o.disposition, o.attributes, NULL), flags);
}

CRT_API(int, _creat, const char *name, int mode)
{
    return _open(name, O_CREAT | O_TRUNC | O_RDWR, mode);
}

CRT_API(int, _open_osfhandle, intptr_t handle, int flags)
{
    return new_file((HANDLE)handle,
                    kind_flags((HANDLE)handle) | (flags_are_text(flags) ? TEXT : 0) | (flags & O_APPEND ? APPENDS : 0));
}

CRT_API(intptr_t, _get_osfhandle, int fd)
{
    struct file *file = file_of(fd);

    return file != NULL ? (intptr_t)file->handle : -1;
}

CRT_API(int, _setmode, int fd, int mode)
{
    struct file *file = file_of(fd);

    if (file == NULL)
        return -1;
    int old = file->flags & TEXT ? O_TEXT : O_BINARY;
    if (mode != O_TEXT && mode != O_BINARY) {
        crt_set_errno(EINVAL);
        return -1;
    }
    file->flags = mode == O_TEXT ? file->flags | TEXT : file->flags & ~(unsigned)TEXT;
    return old;
}

int _close(int fd)
{
    struct file *file = file_of(fd);

    if (file == NULL)
        return -1;
    HANDLE handle = file->handle;
    file->flags = 0;
    /* stdout and stderr may be one handle: the second close of the two would fail. */
    if ((fd == 1 && (files[2].flags & OPEN) && files[2].handle == handle) ||
        (fd == 2 && (files[1].flags & OPEN) && files[1].handle == handle))
        return 0;
    return CloseHandle(handle) ? 0 : crt_fail(GetLastError());
}

int _isatty(int fd)
{
    struct file *file = file_of(fd);

    return file != NULL ? (int)(file->flags & DEVICE) : 0;
}

bool crt_fd_appends(int fd)
{
    struct file *file = file_of(fd);

    return file != NULL && (file->flags & APPENDS);
}

bool crt_fd_is_text(int fd)
{
    return fd >= 0 && fd < N_FILES && (files[fd].flags & TEXT);
}

bool crt_fd_saw_crlf(int fd)
{
    return fd >= 0 && fd < N_FILES && (files[fd].flags & SAW_CRLF);
}

static int read_raw(struct file *file, void *buffer, unsigned size)
{
    uint32_t done;

    if (ReadFile(file->handle, buffer, size, &done, NULL))
        return (int)done;
    uint32_t error = GetLastError();
    if (error == ERROR_BROKEN_PIPE)
        return 0;
    crt_fail(error);
    return -1;
}

/* => the bytes that remain of the n in the buffer. */
static int translate(struct file *file, char *buffer, int n)
{
    int to = 0;

    for (int from = 0; from < n; from++) {
        char c = buffer[from], next;
        if (c == CTRL_Z) {
            file->flags |= file->flags & DEVICE ? 0 : AT_EOF;
            break;
        }
        if (c != '\r') {
            buffer[to++] = c;
        } else if (from + 1 < n) {
            bool crlf = buffer[from + 1] == '\n';
            file->flags |= crlf ? SAW_CRLF : 0;
            if (!crlf)
                buffer[to++] = c;
        } else if (read_raw(file, &next, 1) == 1) { /* to == n - 1 at most: there is room for one */
            file->flags |= next == '\n' ? SAW_CRLF : 0;
            buffer[to++] = next == '\n' ? '\n' : '\r';
            if (next != '\n')
                file->ahead = (unsigned char)next;
        } else {
            buffer[to++] = c;
        }
    }
    return to;
}

int _read(int fd, void *buffer, unsigned size)
{
    struct file *file = file_of(fd);
    char *bytes = buffer;
    int n = 0;

    if (file == NULL)
        return -1;
    file->flags &= ~(unsigned)SAW_CRLF;
    if (size == 0 || (file->flags & AT_EOF))
        return 0;
    if (size > INT_MAX || buffer == NULL) {
        crt_set_errno(EINVAL);
        return -1;
    }
    if (file->ahead != NOTHING_AHEAD) {
        bytes[n++] = (char)file->ahead;
        file->ahead = NOTHING_AHEAD;
    }
    if (n == 0 || (size > 1 && !(file->flags & (DEVICE | PIPE)))) {
        int more = read_raw(file, bytes + n, size - (unsigned)n);
        if (more < 0)
            return -1;
        n += more;
    }
    return file->flags & TEXT ? translate(file, bytes, n) : n;
}

/* => the bytes of the buffer that were written, or -1. */
static int write_text(struct file *file, const char *buffer, unsigned size)
{
    char chunk[1024];
    unsigned done = 0;

    while (done < size) {
        unsigned from = done;
        uint32_t n = 0, written;
        for (; from < size && n < sizeof chunk - 1; from++) {
            if (buffer[from] == '\n')
                chunk[n++] = '\r';
            chunk[n++] = buffer[from];
        }
        if (!WriteFile(file->handle, chunk, n, &written, NULL))
            return done != 0 ? (int)done : crt_fail(GetLastError());
        if (written < n)
            break;
        done = from;
    }
    return (int)done;
}

int _write(int fd, const void *buffer, unsigned size)
{
    struct file *file = file_of(fd);
    uint32_t written;

    if (file == NULL)
        return -1;
    if (size == 0)
        return 0;
    if (size > INT_MAX || buffer == NULL) {
        crt_set_errno(EINVAL);
        return -1;
    }
    if (file->flags & APPENDS)
        _lseeki64(fd, 0, 2);
    if (file->flags & TEXT)
        return write_text(file, buffer, size);
    return WriteFile(file->handle, buffer, size, &written, NULL) ? (int)written : crt_fail(GetLastError());
}

int64_t _lseeki64(int fd, int64_t offset, int whence)
{
    struct file *file = file_of(fd);
    int64_t position;

    if (file == NULL)
        return -1;
    if (whence == 1 && file->ahead != NOTHING_AHEAD)
        offset--;
    file->ahead = NOTHING_AHEAD;
    if (!SetFilePointerEx(file->handle, offset, &position, (uint32_t)whence))
        return crt_fail(GetLastError());
    file->flags &= ~(unsigned)AT_EOF;
    return position;
}

CRT_API(long, _lseek, int fd, long offset, int whence)
{
    return (long)_lseeki64(fd, offset, whence);
}

CRT_API(int64_t, _telli64, int fd)
{
    return _lseeki64(fd, 0, 1);
}

CRT_API(long, _tell, int fd)
{
    return (long)_lseeki64(fd, 0, 1);
}

CRT_API(int64_t, _filelengthi64, int fd)
{
    struct file *file = file_of(fd);
    int64_t size;

    if (file == NULL)
        return -1;
    return GetFileSizeEx(file->handle, &size) ? size : crt_fail(GetLastError());
}

CRT_API(long, _filelength, int fd)
{
    return (long)_filelengthi64(fd);
}

CRT_API(int, _eof, int fd)
{
    int64_t end = _filelengthi64(fd), at = _lseeki64(fd, 0, 1);

    return end < 0 || at < 0 ? -1 : at >= end;
}

int _commit(int fd)
{
    struct file *file = file_of(fd);

    if (file == NULL)
        return -1;
    return FlushFileBuffers(file->handle) ? 0 : crt_fail(GetLastError());
}

CRT_API(int, _access, const char *name, int mode)
{
    enum { INVALID_ATTRIBUTES = 0xFFFFFFFF, READONLY = 1, DIRECTORY = 0x10, WANT_WRITE = 2, ERROR_ACCESS_DENIED = 5 };
    uint32_t attributes = GetFileAttributesA(name);

    if (attributes == (uint32_t)INVALID_ATTRIBUTES)
        return crt_fail(GetLastError());
    if ((mode & WANT_WRITE) && (attributes & READONLY) && !(attributes & DIRECTORY))
        return crt_fail(ERROR_ACCESS_DENIED);
    return 0;
}

CRT_API(int, _getpid, void)
{
    return (int)GetCurrentProcessId();
}
