/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handle.c - handles: closing, duplicating, their two flags. */
#include "k32.h"

BOOL WINAPI CloseHandle(HANDLE handle)
{
    NTSTATUS status = NtClose(k32_handle(handle));
    return k32_done(status);
}

BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process, HANDLE *ret_target,
                            DWORD access, BOOL inherit, DWORD options)
{
    NTSTATUS status = NtDuplicateObject(source_process, k32_handle(source), target_process, ret_target, access,
                                        inherit ? OBJ_INHERIT : 0, options);
    return k32_done(status);
}

BOOL WINAPI GetHandleInformation(HANDLE handle, DWORD *ret_flags)
{
    OBJECT_HANDLE_FLAG_INFORMATION info;
    NTSTATUS status = NtQueryObject(k32_handle(handle), ObjectHandleFlagInformation, &info, sizeof info, NULL);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *ret_flags =
        (info.Inherit ? HANDLE_FLAG_INHERIT : 0) | (info.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return TRUE;
}

BOOL WINAPI SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags)
{
    OBJECT_HANDLE_FLAG_INFORMATION info;

    handle = k32_handle(handle);
    NTSTATUS status = NtQueryObject(handle, ObjectHandleFlagInformation, &info, sizeof info, NULL);
    if (!NT_SUCCESS(status))
        return k32_fail(status);
    if (mask & HANDLE_FLAG_INHERIT)
        info.Inherit = (flags & HANDLE_FLAG_INHERIT) != 0;
    if (mask & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        info.ProtectFromClose = (flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    status = NtSetInformationObject(handle, ObjectHandleFlagInformation, &info, sizeof info);
    return k32_done(status);
}

UINT WINAPI SetHandleCount(UINT count)
{
    return count; /* there has been no limit since NT */
}
