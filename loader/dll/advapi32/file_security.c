/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_security.c - the security of files: the volumes keep none, as FAT does not. */
#include "advapi.h"

BOOL WINAPI GetFileSecurityW(const WCHAR *name, SECURITY_INFORMATION which, PSECURITY_DESCRIPTOR descriptor, DWORD size,
                             DWORD *ret_needed)
{
    (void)name, (void)which, (void)descriptor, (void)size, (void)ret_needed;
    return advapi_fail_with(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI GetFileSecurityA(const char *name, SECURITY_INFORMATION which, PSECURITY_DESCRIPTOR descriptor, DWORD size,
                             DWORD *ret_needed)
{
    (void)name, (void)which, (void)descriptor, (void)size, (void)ret_needed;
    return advapi_fail_with(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI SetFileSecurityW(const WCHAR *name, SECURITY_INFORMATION which, PSECURITY_DESCRIPTOR descriptor)
{
    (void)name, (void)which, (void)descriptor;
    return advapi_fail_with(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI SetFileSecurityA(const char *name, SECURITY_INFORMATION which, PSECURITY_DESCRIPTOR descriptor)
{
    (void)name, (void)which, (void)descriptor;
    return advapi_fail_with(ERROR_NOT_SUPPORTED);
}
