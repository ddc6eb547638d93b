/* SPDX-License-Identifier: GPL-2.0-or-later */
/* errno.c - error numbers, their texts, and how Win32 errors map to them. */
#include "crt.h"

static const char *const texts[] = {
    [0] = "No error",
    [1] = "Operation not permitted",
    [2] = "No such file or directory",
    [3] = "No such process",
    [4] = "Interrupted function call",
    [5] = "Input/output error",
    [6] = "No such device or address",
    [7] = "Arg list too long",
    [8] = "Exec format error",
    [9] = "Bad file descriptor",
    [10] = "No child processes",
    [11] = "Resource temporarily unavailable",
    [12] = "Not enough space",
    [13] = "Permission denied",
    [14] = "Bad address",
    [16] = "Resource device",
    [17] = "File exists",
    [18] = "Improper link",
    [19] = "No such device",
    [20] = "Not a directory",
    [21] = "Is a directory",
    [22] = "Invalid argument",
    [23] = "Too many open files in system",
    [24] = "Too many open files",
    [25] = "Inappropriate I/O control operation",
    [27] = "File too large",
    [28] = "No space left on device",
    [29] = "Invalid seek",
    [30] = "Read-only file system",
    [31] = "Too many links",
    [32] = "Broken pipe",
    [33] = "Domain error",
    [34] = "Result too large",
    [36] = "Resource deadlock avoided",
    [38] = "Filename too long",
    [39] = "No locks available",
    [40] = "Function not implemented",
    [41] = "Directory not empty",
    [42] = "Illegal byte sequence",
};

static const struct {
    uint16_t win32;
    uint16_t error;
} map[] = {
    {1, EINVAL},   {2, ENOENT},    {3, ENOENT},      {4, EMFILE},   {5, EACCES},   {6, EBADF},    {7, ENOMEM},
    {8, ENOMEM},   {9, ENOMEM},    {11, ENOEXEC},    {12, EINVAL},  {13, EINVAL},  {15, ENOENT},  {16, EACCES},
    {18, ENOENT},  {33, EACCES},   {53, ENOENT},     {65, EACCES},  {67, ENOENT},  {80, EEXIST},  {82, EACCES},
    {83, EACCES},  {87, EINVAL},   {108, EACCES},    {109, EPIPE},  {112, ENOSPC}, {114, EBADF},  {123, ENOENT},
    {130, EBADF},  {132, EACCES},  {145, ENOTEMPTY}, {158, EACCES}, {161, ENOENT}, {167, EACCES}, {183, EEXIST},
    {206, ENOENT}, {1816, ENOMEM},
};

CRT_API(int *, _errno, void)
{
    return &crt_thread()->error;
}

CRT_API(uint32_t *, __doserrno, void)
{
    return &crt_thread()->dos_error;
}

CRT_API(int, _set_errno, int value)
{
    crt_thread()->error = value;
    return 0;
}

CRT_API(int, _get_errno, int *value)
{
    if (value == NULL)
        return EINVAL;
    *value = crt_thread()->error;
    return 0;
}

void crt_set_errno(int error)
{
    crt_thread()->error = error;
}

static int errno_of(uint32_t win32_error)
{
    for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
        if (map[i].win32 == win32_error)
            return map[i].error;
    }
    if (win32_error >= 19 && win32_error <= 36) /* write protect ... sharing buffer exceeded */
        return EACCES;
    if (win32_error >= 188 && win32_error <= 202) /* kinds of bad executables */
        return ENOEXEC;
    return EINVAL;
}

int crt_fail(uint32_t win32_error)
{
    struct crt_thread *thread = crt_thread();

    thread->dos_error = win32_error;
    thread->error = errno_of(win32_error);
    return -1;
}

static const char *text_of(int error)
{
    if (error < 0 || error >= (int)(sizeof texts / sizeof *texts) || texts[error] == NULL)
        return "Unknown error";
    return texts[error];
}

char *strerror(int error)
{
    return strcpy(crt_thread()->text, text_of(error));
}

CRT_API(wchar_t *, _wcserror, int error)
{
    wchar_t *to = crt_thread()->wide_text;
    const char *from = text_of(error);
    size_t i = 0;

    do {
        to[i] = (unsigned char)from[i];
    } while (from[i++] != '\0');
    return to;
}

CRT_API(void, perror, const char *what)
{
    int error = crt_thread()->error;

    if (what != NULL && *what != '\0') {
        _write(2, what, (unsigned)strlen(what));
        _write(2, ": ", 2);
    }
    const char *text = text_of(error);
    _write(2, text, (unsigned)strlen(text));
    _write(2, "\n", 1);
}
