/* SPDX-License-Identifier: GPL-2.0-or-later */
/* named.c - names of events, mutexes and the like: all lie in one folder of the kernel's, \BaseNamedObjects. */
#include "k32.h"

static const WCHAR folder[] = L"\\BaseNamedObjects\\";
enum { FOLDER_LENGTH = sizeof folder / sizeof folder[0] - 1 };

/* There is one session: what is global and what is local to it is in the same folder. */
static const WCHAR *without_prefix(const WCHAR *name)
{
    static const WCHAR *const prefixes[] = {L"Global\\", L"Local\\", L"Session\\0\\"};

    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        UNICODE_STRING prefix, text;
        RtlInitUnicodeString(&prefix, prefixes[i]);
        RtlInitUnicodeString(&text, name);
        if (RtlPrefixUnicodeString(&prefix, &text, FALSE))
            return name + prefix.Length / sizeof(WCHAR);
    }
    return name;
}

bool k32_object(SECURITY_ATTRIBUTES *security, const WCHAR *name, ULONG attributes, struct k32_object *ret_object)
{
    if (security != NULL && security->bInheritHandle)
        attributes |= OBJ_INHERIT;
    InitializeObjectAttributes(&ret_object->attributes, NULL, attributes, NULL,
                               security != NULL ? security->lpSecurityDescriptor : NULL);
    if (name == NULL || *name == L'\0')
        return true;
    name = without_prefix(name);
    SIZE_T length = k32_wcslen(name);
    if (length > MAX_PATH)
        return k32_fail_with(ERROR_FILENAME_EXCED_RANGE);
    k32_memcpy(ret_object->text, folder, FOLDER_LENGTH * sizeof(WCHAR));
    k32_memcpy(ret_object->text + FOLDER_LENGTH, name, (length + 1) * sizeof(WCHAR));
    _Static_assert(FOLDER_LENGTH + MAX_PATH + 1 <= sizeof ret_object->text / sizeof(WCHAR), "there is room for both");
    RtlInitUnicodeString(&ret_object->name, ret_object->text);
    ret_object->attributes.ObjectName = &ret_object->name;
    return true;
}

bool k32_object_narrow(SECURITY_ATTRIBUTES *security, const char *name, ULONG attributes, struct k32_object *ret_object)
{
    WCHAR *wide = k32_wide(name);

    if (name != NULL && wide == NULL)
        return false;
    bool made = k32_object(security, wide, attributes, ret_object);
    k32_free(wide);
    return made;
}

bool k32_object_to_open(const WCHAR *name, BOOL inherit, struct k32_object *ret_object)
{
    if (name == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return k32_object(NULL, name, inherit ? OBJ_INHERIT : 0, ret_object);
}

bool k32_object_to_open_narrow(const char *name, BOOL inherit, struct k32_object *ret_object)
{
    if (name == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return k32_object_narrow(NULL, name, inherit ? OBJ_INHERIT : 0, ret_object);
}

HANDLE k32_created(NTSTATUS status, HANDLE handle)
{
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    RtlSetLastWin32Error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return handle;
}

HANDLE k32_opened(NTSTATUS status, HANDLE handle)
{
    if (NT_SUCCESS(status))
        return handle;
    k32_fail(status);
    return NULL;
}
