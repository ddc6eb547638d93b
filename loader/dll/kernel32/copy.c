/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy.c - copies of files: bytes, attributes and the time of the last write. */
#include "k32.h"

enum { COPY_BUFFER = 64 << 10 };

struct copy {
    HANDLE source, target;
    void *buffer;
    LPPROGRESS_ROUTINE progress;
    void *data;
    BOOL *cancel;
    LARGE_INTEGER size, done;
};

/* => NO_ERROR: go on. */
static DWORD report(struct copy *copy, DWORD reason)
{
    if (copy->cancel != NULL && *copy->cancel)
        return ERROR_REQUEST_ABORTED;
    if (copy->progress == NULL)
        return NO_ERROR;
    switch (copy->progress(copy->size, copy->done, copy->size, copy->done, 1, reason, copy->source, copy->target,
                           copy->data)) {
    case PROGRESS_CONTINUE: return NO_ERROR;
    case PROGRESS_QUIET: copy->progress = NULL; return NO_ERROR;
    default: return ERROR_REQUEST_ABORTED;
    }
}

static BOOL copy_bytes(struct copy *copy)
{
    DWORD read, written, error = report(copy, CALLBACK_STREAM_SWITCH);

    while (error == NO_ERROR) {
        if (!ReadFile(copy->source, copy->buffer, COPY_BUFFER, &read, NULL))
            return FALSE;
        if (read == 0)
            return TRUE;
        if (!WriteFile(copy->target, copy->buffer, read, &written, NULL))
            return FALSE;
        copy->done.QuadPart += written;
        error = report(copy, CALLBACK_CHUNK_FINISHED);
    }
    return k32_fail_with(error);
}

static BOOL copy_time(struct copy *copy)
{
    FILETIME written;

    return GetFileTime(copy->source, NULL, NULL, &written) && SetFileTime(copy->target, NULL, NULL, &written);
}

/* What was begun is taken away again. */
static void undo(HANDLE target)
{
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    IO_STATUS_BLOCK io;

    NtSetInformationFile(target, &io, &disposition, sizeof disposition, FileDispositionInformation);
}

static BOOL copy_open(struct copy *copy, const WCHAR *target, DWORD flags, DWORD attributes)
{
    copy->target = CreateFileW(target, GENERIC_WRITE | DELETE, FILE_SHARE_READ, NULL,
                               flags & COPY_FILE_FAIL_IF_EXISTS ? CREATE_NEW : CREATE_ALWAYS, attributes, NULL);
    if (copy->target == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL done = copy_bytes(copy) && copy_time(copy);
    if (!done) {
        DWORD error = RtlGetLastWin32Error();
        undo(copy->target);
        RtlSetLastWin32Error(error);
    }
    DWORD error = RtlGetLastWin32Error();
    NtClose(copy->target);
    RtlSetLastWin32Error(done ? NO_ERROR : error);
    return done;
}

/* A file that somebody has open for writing, and shares, is copied as it is. */
static HANDLE open_source(const WCHAR *name)
{
    DWORD share = FILE_SHARE_READ | FILE_SHARE_DELETE;
    HANDLE file = CreateFileW(name, GENERIC_READ, share, NULL, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    if (file == INVALID_HANDLE_VALUE && RtlGetLastWin32Error() == ERROR_SHARING_VIOLATION)
        file = CreateFileW(name, GENERIC_READ, share | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN,
                           NULL);
    return file;
}

BOOL WINAPI CopyFileExW(const WCHAR *source, const WCHAR *target, LPPROGRESS_ROUTINE progress, void *data, BOOL *cancel,
                        DWORD flags)
{
    struct copy copy = {.progress = progress, .data = data, .cancel = cancel};
    FILE_BASIC_INFORMATION basic;
    IO_STATUS_BLOCK io;
    BOOL done = FALSE;

    if (target == NULL)
        return k32_fail_with(ERROR_PATH_NOT_FOUND);
    copy.source = open_source(source);
    if (copy.source == INVALID_HANDLE_VALUE)
        return FALSE;
    NTSTATUS status = NtQueryInformationFile(copy.source, &io, &basic, sizeof basic, FileBasicInformation);
    copy.buffer = RtlAllocateHeap(RtlProcessHeap(), 0, COPY_BUFFER);
    if (!NT_SUCCESS(status))
        k32_fail(status);
    else if (copy.buffer == NULL)
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    else if (GetFileSizeEx(copy.source, &copy.size))
        done = copy_open(&copy, target, flags, basic.FileAttributes);
    DWORD error = RtlGetLastWin32Error();
    k32_free(copy.buffer);
    NtClose(copy.source);
    RtlSetLastWin32Error(error);
    return done;
}

BOOL WINAPI CopyFileExA(const char *source, const char *target, LPPROGRESS_ROUTINE progress, void *data, BOOL *cancel,
                        DWORD flags)
{
    WCHAR *from = k32_file_wide(source), *to = k32_file_wide(target);
    BOOL done = FALSE;

    if (source == NULL || target == NULL)
        k32_fail_with(ERROR_PATH_NOT_FOUND);
    else if (from != NULL && to != NULL)
        done = CopyFileExW(from, to, progress, data, cancel, flags);
    k32_free(from);
    k32_free(to);
    return done;
}

BOOL WINAPI CopyFileW(const WCHAR *source, const WCHAR *target, BOOL fail_if_exists)
{
    return CopyFileExW(source, target, NULL, NULL, NULL, fail_if_exists ? COPY_FILE_FAIL_IF_EXISTS : 0);
}

BOOL WINAPI CopyFileA(const char *source, const char *target, BOOL fail_if_exists)
{
    return CopyFileExA(source, target, NULL, NULL, NULL, fail_if_exists ? COPY_FILE_FAIL_IF_EXISTS : 0);
}
