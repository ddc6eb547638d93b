/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privilege.c - privileges by name.  The numbers are NT's own, the same on every system. */
#define UNICODE /* for the SE_XXX_NAME texts */
#include "advapi.h"

enum { FIRST_PRIVILEGE = 2 };

static const WCHAR *const names[] = {
    SE_CREATE_TOKEN_NAME,
    SE_ASSIGNPRIMARYTOKEN_NAME,
    SE_LOCK_MEMORY_NAME,
    SE_INCREASE_QUOTA_NAME,
    SE_MACHINE_ACCOUNT_NAME,
    SE_TCB_NAME,
    SE_SECURITY_NAME,
    SE_TAKE_OWNERSHIP_NAME,
    SE_LOAD_DRIVER_NAME,
    SE_SYSTEM_PROFILE_NAME,
    SE_SYSTEMTIME_NAME,
    SE_PROF_SINGLE_PROCESS_NAME,
    SE_INC_BASE_PRIORITY_NAME,
    SE_CREATE_PAGEFILE_NAME,
    SE_CREATE_PERMANENT_NAME,
    SE_BACKUP_NAME,
    SE_RESTORE_NAME,
    SE_SHUTDOWN_NAME,
    SE_DEBUG_NAME,
    SE_AUDIT_NAME,
    SE_SYSTEM_ENVIRONMENT_NAME,
    SE_CHANGE_NOTIFY_NAME,
    SE_REMOTE_SHUTDOWN_NAME,
    SE_UNDOCK_NAME,
    SE_SYNC_AGENT_NAME,
    SE_ENABLE_DELEGATION_NAME,
    SE_MANAGE_VOLUME_NAME,
    SE_IMPERSONATE_NAME,
    SE_CREATE_GLOBAL_NAME,
};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

/* No other computer can be asked. */
static bool is_local(const WCHAR *system)
{
    return system == NULL || *system == L'\0';
}

BOOL WINAPI LookupPrivilegeValueW(const WCHAR *system, const WCHAR *name, LUID *ret_luid)
{
    UNICODE_STRING wanted, known;

    if (!is_local(system))
        return advapi_fail_with(RPC_S_SERVER_UNAVAILABLE);
    if (name == NULL)
        return advapi_fail_with(ERROR_INVALID_PARAMETER);
    RtlInitUnicodeString(&wanted, name);
    for (DWORD i = 0; i < NAME_COUNT; i++) {
        RtlInitUnicodeString(&known, names[i]);
        if (!RtlEqualUnicodeString(&wanted, &known, TRUE))
            continue;
        *ret_luid = (LUID){.LowPart = i + FIRST_PRIVILEGE, .HighPart = 0};
        return TRUE;
    }
    return advapi_fail_with(ERROR_NO_SUCH_PRIVILEGE);
}

BOOL WINAPI LookupPrivilegeValueA(const char *system, const char *name, LUID *ret_luid)
{
    UNICODE_STRING wide;
    STRING narrow;

    if (system != NULL && *system != '\0')
        return advapi_fail_with(RPC_S_SERVER_UNAVAILABLE);
    if (name == NULL)
        return advapi_fail_with(ERROR_INVALID_PARAMETER);
    RtlInitAnsiString(&narrow, name);
    NTSTATUS status = RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE);
    if (!NT_SUCCESS(status))
        return advapi_fail(status);
    BOOL found = LookupPrivilegeValueW(NULL, wide.Buffer, ret_luid);
    RtlFreeUnicodeString(&wide);
    return found;
}

/* => the name, or NULL with the last error set. */
static const WCHAR *name_of(const LUID *luid)
{
    if (luid->HighPart == 0 && luid->LowPart - FIRST_PRIVILEGE < NAME_COUNT)
        return names[luid->LowPart - FIRST_PRIVILEGE];
    advapi_fail_with(ERROR_NO_SUCH_PRIVILEGE);
    return NULL;
}

/* The size that a name needs, or that it has room for.
 * => false, with the last error set: *size is what it needs, the end included. */
static bool has_room(DWORD length, DWORD *size)
{
    if (*size > length) {
        *size = length;
        return true;
    }
    *size = length + 1;
    return advapi_fail_with(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI LookupPrivilegeNameW(const WCHAR *system, LUID *luid, WCHAR *buffer, DWORD *size)
{
    UNICODE_STRING text;

    if (!is_local(system))
        return advapi_fail_with(RPC_S_SERVER_UNAVAILABLE);
    const WCHAR *name = name_of(luid);
    if (name == NULL)
        return FALSE;
    RtlInitUnicodeString(&text, name);
    if (!has_room(text.Length / sizeof(WCHAR), size))
        return FALSE;
    for (DWORD i = 0; i <= *size; i++)
        buffer[i] = name[i];
    return TRUE;
}

BOOL WINAPI LookupPrivilegeNameA(const char *system, LUID *luid, char *buffer, DWORD *size)
{
    UNICODE_STRING text;

    if (system != NULL && *system != '\0')
        return advapi_fail_with(RPC_S_SERVER_UNAVAILABLE);
    const WCHAR *name = name_of(luid);
    if (name == NULL)
        return FALSE;
    RtlInitUnicodeString(&text, name);
    if (!has_room(text.Length / sizeof(WCHAR), size))
        return FALSE;
    for (DWORD i = 0; i <= *size; i++)
        buffer[i] = (char)name[i];
    return TRUE;
}
