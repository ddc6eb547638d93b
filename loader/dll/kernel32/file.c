/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - files: open, read, write, position, size, kind. */
#include "k32.h"

HANDLE k32_handle(HANDLE handle)
{
    const RTL_USER_PROCESS_PARAMETERS *p = NtCurrentPeb()->ProcessParameters;

    switch ((DWORD)(ULONG_PTR)handle) {
    case STD_INPUT_HANDLE: return p->StandardInput;
    case STD_OUTPUT_HANDLE: return p->StandardOutput;
    case STD_ERROR_HANDLE: return p->StandardError;
    default: return handle;
    }
}

HANDLE WINAPI GetStdHandle(DWORD which)
{
    HANDLE handle = k32_handle((HANDLE)(LONG_PTR)(LONG)which);

    if ((LONG)which > (LONG)STD_INPUT_HANDLE || (LONG)which < (LONG)STD_ERROR_HANDLE) {
        k32_fail_with(ERROR_INVALID_HANDLE);
        return INVALID_HANDLE_VALUE;
    }
    return handle;
}

BOOL WINAPI SetStdHandle(DWORD which, HANDLE handle)
{
    RTL_USER_PROCESS_PARAMETERS *p = NtCurrentPeb()->ProcessParameters;

    switch (which) {
    case STD_INPUT_HANDLE: p->StandardInput = handle; return TRUE;
    case STD_OUTPUT_HANDLE: p->StandardOutput = handle; return TRUE;
    case STD_ERROR_HANDLE: p->StandardError = handle; return TRUE;
    default: return k32_fail_with(ERROR_INVALID_HANDLE);
    }
}

enum { SETTABLE_ATTRIBUTES = 0x7FA7 }; /* of FILE_ATTRIBUTE_xxx: all but directory, device and the unused bits */

static ULONG create_options(DWORD flags)
{
    ULONG options = 0;

    if (!(flags & FILE_FLAG_OVERLAPPED))
        options |= FILE_SYNCHRONOUS_IO_NONALERT;
    if (flags & FILE_FLAG_WRITE_THROUGH)
        options |= FILE_WRITE_THROUGH;
    if (flags & FILE_FLAG_NO_BUFFERING)
        options |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (flags & FILE_FLAG_SEQUENTIAL_SCAN)
        options |= FILE_SEQUENTIAL_ONLY;
    if (flags & FILE_FLAG_RANDOM_ACCESS)
        options |= FILE_RANDOM_ACCESS;
    if (flags & FILE_FLAG_DELETE_ON_CLOSE)
        options |= FILE_DELETE_ON_CLOSE;
    if (flags & FILE_FLAG_OPEN_REPARSE_POINT)
        options |= FILE_OPEN_REPARSE_POINT;
    options |= flags & FILE_FLAG_BACKUP_SEMANTICS ? FILE_OPEN_FOR_BACKUP_INTENT : FILE_NON_DIRECTORY_FILE;
    return options;
}

HANDLE WINAPI CreateFileW(const WCHAR *name, DWORD access, DWORD share, SECURITY_ATTRIBUTES *security,
                          DWORD disposition, DWORD flags, HANDLE pattern)
{
    static const UCHAR native[] = {
        [CREATE_NEW] = FILE_CREATE,   [CREATE_ALWAYS] = FILE_OVERWRITE_IF,  [OPEN_EXISTING] = FILE_OPEN,
        [OPEN_ALWAYS] = FILE_OPEN_IF, [TRUNCATE_EXISTING] = FILE_OVERWRITE,
    };
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK io;
    HANDLE file;
    (void)pattern; /* extended attributes: none here */

    if (disposition < CREATE_NEW || disposition > TRUNCATE_EXISTING ||
        (disposition == TRUNCATE_EXISTING && !(access & (GENERIC_WRITE | FILE_WRITE_DATA)))) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!k32_nt_path(name, &path))
        return INVALID_HANDLE_VALUE;
    ULONG attributes = OBJ_CASE_INSENSITIVE | (security != NULL && security->bInheritHandle ? OBJ_INHERIT : 0);
    InitializeObjectAttributes(&oa, &path, attributes, NULL, security != NULL ? security->lpSecurityDescriptor : NULL);
    if (flags & FILE_FLAG_DELETE_ON_CLOSE)
        access |= DELETE;
    NTSTATUS status =
        NtCreateFile(&file, access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &oa, &io, NULL, flags & SETTABLE_ATTRIBUTES,
                     share, native[disposition], create_options(flags), NULL, 0);
    bool slash = path.Buffer[path.Length / sizeof(WCHAR) - 1] == L'\\';
    RtlFreeUnicodeString(&path);
    if (!NT_SUCCESS(status)) {
        if (status == STATUS_OBJECT_NAME_COLLISION)
            k32_fail_with(ERROR_FILE_EXISTS);
        else if (status == STATUS_FILE_IS_A_DIRECTORY && slash)
            k32_fail_with(ERROR_PATH_NOT_FOUND);
        else
            k32_fail(status);
        return INVALID_HANDLE_VALUE;
    }
    bool existed = (disposition == CREATE_ALWAYS && io.Information == 3 /* FILE_OVERWRITTEN */) ||
                   (disposition == OPEN_ALWAYS && io.Information == 1 /* FILE_OPENED */);
    RtlSetLastWin32Error(existed ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return file;
}

HANDLE WINAPI CreateFileA(const char *name, DWORD access, DWORD share, SECURITY_ATTRIBUTES *security, DWORD disposition,
                          DWORD flags, HANDLE pattern)
{
    WCHAR *wide = k32_file_wide(name);
    HANDLE file = INVALID_HANDLE_VALUE;

    if (name == NULL)
        k32_fail_with(ERROR_PATH_NOT_FOUND);
    else if (wide != NULL)
        file = CreateFileW(wide, access, share, security, disposition, flags, pattern);
    k32_free(wide);
    return file;
}

enum direction { READING, WRITING };

static NTSTATUS transfer(HANDLE file, void *buffer, DWORD size, OVERLAPPED *overlapped, IO_STATUS_BLOCK *io,
                         LARGE_INTEGER *offset, enum direction direction)
{
    HANDLE event = overlapped != NULL ? overlapped->hEvent : NULL;

    return direction == READING ? NtReadFile(file, event, NULL, NULL, io, buffer, size, offset, NULL)
                                : NtWriteFile(file, event, NULL, NULL, io, buffer, size, offset, NULL);
}

static BOOL read_or_write(HANDLE file, void *buffer, DWORD size, DWORD *ret_done, OVERLAPPED *overlapped,
                          enum direction direction)
{
    IO_STATUS_BLOCK own = {.Status = 0}, *io = &own;
    LARGE_INTEGER offset, *where = NULL;

    file = k32_handle(file);
    if (ret_done != NULL)
        *ret_done = 0;
    if (overlapped != NULL) {
        offset.LowPart = overlapped->Offset;
        offset.HighPart = (LONG)overlapped->OffsetHigh;
        where = &offset;
        io = (IO_STATUS_BLOCK *)overlapped; /* Internal and InternalHigh */
        io->Status = STATUS_PENDING;
    }
    NTSTATUS status = transfer(file, buffer, size, overlapped, io, where, direction);
    if (status == STATUS_PENDING && overlapped == NULL) {
        status = NtWaitForSingleObject(file, FALSE, NULL);
        if (NT_SUCCESS(status))
            status = io->Status;
    } else if (status == STATUS_PENDING) {
        return k32_fail_with(ERROR_IO_PENDING);
    }
    if (status == STATUS_END_OF_FILE && overlapped == NULL)
        return TRUE; /* a read of 0 bytes */
    if (NT_SUCCESS(status) && ret_done != NULL)
        *ret_done = (DWORD)io->Information;
    return k32_done(status);
}

BOOL WINAPI ReadFile(HANDLE file, void *buffer, DWORD size, DWORD *ret_done, OVERLAPPED *overlapped)
{
    return read_or_write(file, buffer, size, ret_done, overlapped, READING);
}

BOOL WINAPI WriteFile(HANDLE file, const void *buffer, DWORD size, DWORD *ret_done, OVERLAPPED *overlapped)
{
    return read_or_write(file, (void *)(ULONG_PTR)buffer, size, ret_done, overlapped, WRITING);
}

BOOL WINAPI GetFileSizeEx(HANDLE file, LARGE_INTEGER *size)
{
    FILE_STANDARD_INFORMATION info;
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryInformationFile(k32_handle(file), &io, &info, sizeof info, FileStandardInformation);

    if (NT_SUCCESS(status))
        *size = info.EndOfFile;
    return k32_done(status);
}

DWORD WINAPI GetFileSize(HANDLE file, DWORD *high)
{
    LARGE_INTEGER size = {.QuadPart = 0};

    if (!GetFileSizeEx(file, &size))
        return INVALID_FILE_SIZE;
    if (high != NULL)
        *high = (DWORD)size.HighPart;
    if (size.LowPart == INVALID_FILE_SIZE)
        RtlSetLastWin32Error(NO_ERROR);
    return size.LowPart;
}

BOOL WINAPI SetFilePointerEx(HANDLE file, LARGE_INTEGER distance, LARGE_INTEGER *position, DWORD method)
{
    FILE_POSITION_INFORMATION info = {.CurrentByteOffset.QuadPart = 0};
    IO_STATUS_BLOCK io;
    LARGE_INTEGER size;

    file = k32_handle(file);
    if (method == FILE_CURRENT) {
        NTSTATUS status = NtQueryInformationFile(file, &io, &info, sizeof info, FilePositionInformation);
        if (!NT_SUCCESS(status))
            return k32_fail(status);
    } else if (method == FILE_END) {
        if (!GetFileSizeEx(file, &size))
            return FALSE;
        info.CurrentByteOffset = size;
    } else if (method != FILE_BEGIN) {
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    }
    if (__builtin_add_overflow(info.CurrentByteOffset.QuadPart, distance.QuadPart, &info.CurrentByteOffset.QuadPart))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (info.CurrentByteOffset.QuadPart < 0)
        return k32_fail_with(ERROR_NEGATIVE_SEEK);
    NTSTATUS status = NtSetInformationFile(file, &io, &info, sizeof info, FilePositionInformation);
    if (NT_SUCCESS(status) && position != NULL)
        *position = info.CurrentByteOffset;
    return k32_done(status);
}

DWORD WINAPI SetFilePointer(HANDLE file, LONG low, LONG *high, DWORD method)
{
    LARGE_INTEGER distance = {.QuadPart = low}, position;

    if (high != NULL) {
        distance.LowPart = (DWORD)low;
        distance.HighPart = *high;
    }
    if (!SetFilePointerEx(file, distance, &position, method))
        return INVALID_SET_FILE_POINTER;
    if (high != NULL)
        *high = position.HighPart;
    if (high == NULL && position.HighPart != 0) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return INVALID_SET_FILE_POINTER;
    }
    if (position.LowPart == INVALID_SET_FILE_POINTER)
        RtlSetLastWin32Error(NO_ERROR);
    return position.LowPart;
}

BOOL WINAPI SetEndOfFile(HANDLE file)
{
    FILE_POSITION_INFORMATION at;
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryInformationFile(file, &io, &at, sizeof at, FilePositionInformation);

    if (NT_SUCCESS(status)) {
        FILE_END_OF_FILE_INFORMATION end = {.EndOfFile = at.CurrentByteOffset};
        FILE_ALLOCATION_INFORMATION allocation = {.AllocationSize = at.CurrentByteOffset};
        status = NtSetInformationFile(file, &io, &end, sizeof end, FileEndOfFileInformation);
        if (NT_SUCCESS(status)) /* the space behind it is given back */
            status = NtSetInformationFile(file, &io, &allocation, sizeof allocation, FileAllocationInformation);
    }
    return k32_done(status);
}

/* The kernel's APC becomes Win32's. */
static void NTAPI complete(PVOID routine, PIO_STATUS_BLOCK io, ULONG reserved)
{
    DWORD error = NT_SUCCESS(io->Status) ? NO_ERROR : RtlNtStatusToDosErrorNoTeb(io->Status);

    (void)reserved;
    ((LPOVERLAPPED_COMPLETION_ROUTINE)(ULONG_PTR)routine)(error, (DWORD)io->Information, (OVERLAPPED *)io);
}

static BOOL begin(HANDLE file, void *buffer, DWORD size, OVERLAPPED *overlapped,
                  LPOVERLAPPED_COMPLETION_ROUTINE routine, enum direction direction)
{
    LARGE_INTEGER offset = {.LowPart = overlapped->Offset, .HighPart = (LONG)overlapped->OffsetHigh};
    IO_STATUS_BLOCK *io = (IO_STATUS_BLOCK *)overlapped;
    PVOID context = (PVOID)(ULONG_PTR)routine;

    io->Status = STATUS_PENDING;
    NTSTATUS status = direction == READING
                          ? NtReadFile(k32_handle(file), NULL, complete, context, io, buffer, size, &offset, NULL)
                          : NtWriteFile(k32_handle(file), NULL, complete, context, io, buffer, size, &offset, NULL);
    return k32_done(status);
}

BOOL WINAPI ReadFileEx(HANDLE file, void *buffer, DWORD size, OVERLAPPED *overlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return begin(file, buffer, size, overlapped, routine, READING);
}

BOOL WINAPI WriteFileEx(HANDLE file, const void *buffer, DWORD size, OVERLAPPED *overlapped,
                        LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return begin(file, (void *)(ULONG_PTR)buffer, size, overlapped, routine, WRITING);
}

BOOL WINAPI GetOverlappedResult(HANDLE file, OVERLAPPED *overlapped, DWORD *ret_done, BOOL wait)
{
    if (overlapped->Internal == (ULONG_PTR)STATUS_PENDING) {
        if (!wait)
            return k32_fail_with(ERROR_IO_INCOMPLETE);
        NTSTATUS status =
            NtWaitForSingleObject(overlapped->hEvent != NULL ? overlapped->hEvent : k32_handle(file), FALSE, NULL);
        if (!NT_SUCCESS(status))
            return k32_fail(status);
    }
    *ret_done = (DWORD)overlapped->InternalHigh;
    return k32_done((NTSTATUS)overlapped->Internal);
}

BOOL WINAPI FlushFileBuffers(HANDLE file)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtFlushBuffersFile(k32_handle(file), &io);
    return k32_done(status);
}

ULONG k32_device(HANDLE handle)
{
    FILE_FS_DEVICE_INFORMATION info;
    IO_STATUS_BLOCK io;
    NTSTATUS status =
        NtQueryVolumeInformationFile(k32_handle(handle), &io, &info, sizeof info, FileFsDeviceInformation);

    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return 0;
    }
    RtlSetLastWin32Error(NO_ERROR);
    return info.DeviceType;
}

DWORD WINAPI GetFileType(HANDLE file)
{
    enum {
        CD_ROM = 2,
        CONTROLLER = 5,
        DISK = 7,
        FILE_SYSTEM = 8,
        NAMED_PIPE = 0x11,
        NULL_DEVICE = 0x15,
        KEYBOARD = 0xB,
        SCREEN = 0x1C,
        PARALLEL = 0x16,
        SERIAL = 0x1B,
        MODEM = 0x2B,
        VIRTUAL_DISK = 0x24,
        MAILSLOT = 0xC
    };

    switch (k32_device(file)) {
    case CD_ROM:
    case CONTROLLER:
    case DISK:
    case FILE_SYSTEM:
    case VIRTUAL_DISK: return FILE_TYPE_DISK;
    case NAMED_PIPE:
    case MAILSLOT: return FILE_TYPE_PIPE;
    case NULL_DEVICE:
    case KEYBOARD:
    case SCREEN:
    case PARALLEL:
    case SERIAL:
    case MODEM:
    case K32_DEVICE_CONSOLE: return FILE_TYPE_CHAR;
    default: return FILE_TYPE_UNKNOWN;
    }
}
