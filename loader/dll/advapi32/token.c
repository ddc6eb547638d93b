/* SPDX-License-Identifier: GPL-2.0-or-later */
/* token.c - access tokens: who a process is and what it may do. */
#include "advapi.h"

BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, HANDLE *ret_token)
{
    NTSTATUS status = NtOpenProcessToken(process, access, ret_token);
    return advapi_done(status);
}

BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, HANDLE *ret_token)
{
    NTSTATUS status = NtOpenThreadToken(thread, access, as_self != 0, ret_token);
    return advapi_done(status);
}

/* => the last error is ERROR_NOT_ALL_ASSIGNED where the token lacks some of them; the others are set then. */
BOOL WINAPI AdjustTokenPrivileges(HANDLE token, BOOL disable_all, TOKEN_PRIVILEGES *state, DWORD size,
                                  TOKEN_PRIVILEGES *previous, DWORD *ret_size)
{
    NTSTATUS status = NtAdjustPrivilegesToken(token, disable_all != 0, state, size, previous, ret_size);

    if (!NT_SUCCESS(status))
        return advapi_fail(status);
    RtlSetLastWin32Error(status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
    return TRUE;
}

BOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS info_class, void *buffer, DWORD size,
                                DWORD *ret_size)
{
    NTSTATUS status = NtQueryInformationToken(token, info_class, buffer, size, ret_size);
    return advapi_done(status);
}

BOOL WINAPI SetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS info_class, void *buffer, DWORD size)
{
    NTSTATUS status = NtSetInformationToken(token, info_class, buffer, size);
    return advapi_done(status);
}

BOOL WINAPI DuplicateTokenEx(HANDLE token, DWORD access, SECURITY_ATTRIBUTES *security,
                             SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type, HANDLE *ret_token)
{
    SECURITY_QUALITY_OF_SERVICE quality = {sizeof quality, level, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES oa;

    InitializeObjectAttributes(&oa, NULL, security != NULL && security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               security != NULL ? security->lpSecurityDescriptor : NULL);
    oa.SecurityQualityOfService = &quality;
    NTSTATUS status = NtDuplicateToken(token, access, &oa, FALSE, type, ret_token);
    return advapi_done(status);
}

BOOL WINAPI DuplicateToken(HANDLE token, SECURITY_IMPERSONATION_LEVEL level, HANDLE *ret_token)
{
    return DuplicateTokenEx(token, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, level, TokenImpersonation, ret_token);
}

BOOL WINAPI PrivilegeCheck(HANDLE token, PRIVILEGE_SET *required, BOOL *ret_result)
{
    BOOLEAN held = FALSE;
    NTSTATUS status = NtPrivilegeCheck(token, required, &held);

    if (NT_SUCCESS(status))
        *ret_result = held;
    return advapi_done(status);
}
