/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_lock.c - locked ranges of files, and controls of devices. */
#include "k32.h"

static LARGE_INTEGER join(DWORD low, DWORD high)
{
    LARGE_INTEGER whole = {.LowPart = low, .HighPart = (LONG)high};

    return whole;
}

BOOL WINAPI LockFile(HANDLE file, DWORD low, DWORD high, DWORD size_low, DWORD size_high)
{
    LARGE_INTEGER offset = join(low, high), size = join(size_low, size_high);
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtLockFile(k32_handle(file), NULL, NULL, NULL, &io, &offset, &size, 0, TRUE, TRUE);

    return k32_done(status);
}

BOOL WINAPI UnlockFile(HANDLE file, DWORD low, DWORD high, DWORD size_low, DWORD size_high)
{
    LARGE_INTEGER offset = join(low, high), size = join(size_low, size_high);
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtUnlockFile(k32_handle(file), &io, &offset, &size, 0);

    return k32_done(status);
}

BOOL WINAPI LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD size_low, DWORD size_high,
                       OVERLAPPED *overlapped)
{
    LARGE_INTEGER offset, size = join(size_low, size_high);

    if (reserved != 0 || (flags & ~(DWORD)(LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK)))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    offset = join(overlapped->Offset, overlapped->OffsetHigh);
    NTSTATUS status =
        NtLockFile(k32_handle(file), overlapped->hEvent, NULL, NULL, (IO_STATUS_BLOCK *)overlapped, &offset, &size, 0,
                   (flags & LOCKFILE_FAIL_IMMEDIATELY) != 0, (flags & LOCKFILE_EXCLUSIVE_LOCK) != 0);
    return k32_done(status);
}

BOOL WINAPI UnlockFileEx(HANDLE file, DWORD reserved, DWORD size_low, DWORD size_high, OVERLAPPED *overlapped)
{
    if (reserved != 0)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return UnlockFile(file, overlapped->Offset, overlapped->OffsetHigh, size_low, size_high);
}

enum { FILE_DEVICE_FILE_SYSTEM_CODE = 9 };

BOOL WINAPI DeviceIoControl(HANDLE device, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
                            DWORD *ret_done, OVERLAPPED *overlapped)
{
    IO_STATUS_BLOCK own = {.Status = 0}, *io = overlapped != NULL ? (IO_STATUS_BLOCK *)overlapped : &own;
    HANDLE event = overlapped != NULL ? overlapped->hEvent : NULL;
    NTSTATUS status;

    if (ret_done != NULL)
        *ret_done = 0;
    if (code >> 16 == FILE_DEVICE_FILE_SYSTEM_CODE)
        status = NtFsControlFile(k32_handle(device), event, NULL, NULL, io, code, in, in_size, out, out_size);
    else
        status = NtDeviceIoControlFile(k32_handle(device), event, NULL, NULL, io, code, in, in_size, out, out_size);
    if (NT_SUCCESS(status) && ret_done != NULL)
        *ret_done = (DWORD)io->Information;
    return k32_done(status);
}
