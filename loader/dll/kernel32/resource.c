/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource.c - finding, loading and listing the resources of modules. */
#include "k32.h"

enum { NAME_MAX_LENGTH = 256 };

/* A type or name as ntdll takes it: an identifier; "#123" is one, too. */
static ULONG_PTR key_of(const WCHAR *name)
{
    UNICODE_STRING digits;
    ULONG number;

    if (IS_INTRESOURCE(name) || name[0] != L'#')
        return (ULONG_PTR)name;
    RtlInitUnicodeString(&digits, name + 1);
    if (!NT_SUCCESS(RtlUnicodeStringToInteger(&digits, 10, &number)) || number > 0xFFFF)
        return (ULONG_PTR)name;
    return number;
}

/* The same for a narrow name.
 * => *ret_wide: what the caller frees, or NULL.  false: no memory, and the last error says so. */
static bool widen(const char *name, const WCHAR **ret_name, WCHAR **ret_wide)
{
    *ret_wide = NULL;
    *ret_name = (const WCHAR *)name;
    if (IS_INTRESOURCE(name))
        return true;
    *ret_name = *ret_wide = k32_wide(name);
    return *ret_wide != NULL;
}

HRSRC WINAPI FindResourceExW(HMODULE module, const WCHAR *type, const WCHAR *name, WORD language)
{
    ULONG_PTR keys[3] = {key_of(type), key_of(name), language};
    IMAGE_RESOURCE_DATA_ENTRY *entry;
    NTSTATUS status = LdrFindResource_U(module, keys, 3, &entry);

    if (NT_SUCCESS(status))
        return (HRSRC)entry;
    k32_fail(status);
    return NULL;
}

HRSRC WINAPI FindResourceW(HMODULE module, const WCHAR *name, const WCHAR *type)
{
    return FindResourceExW(module, type, name, 0);
}

HRSRC WINAPI FindResourceExA(HMODULE module, const char *type, const char *name, WORD language)
{
    const WCHAR *wide_type, *wide_name;
    WCHAR *free_type, *free_name = NULL;
    HRSRC found = NULL;

    if (widen(type, &wide_type, &free_type) && widen(name, &wide_name, &free_name))
        found = FindResourceExW(module, wide_type, wide_name, language);
    k32_free(free_type);
    k32_free(free_name);
    return found;
}

HRSRC WINAPI FindResourceA(HMODULE module, const char *name, const char *type)
{
    return FindResourceExA(module, type, name, 0);
}

HGLOBAL WINAPI LoadResource(HMODULE module, HRSRC resource)
{
    void *data;

    if (resource == NULL)
        return NULL;
    NTSTATUS status = LdrAccessResource(module, (IMAGE_RESOURCE_DATA_ENTRY *)resource, &data, NULL);
    if (NT_SUCCESS(status))
        return data;
    k32_fail(status);
    return NULL;
}

void *WINAPI LockResource(HGLOBAL data)
{
    return data;
}

DWORD WINAPI SizeofResource(HMODULE module, HRSRC resource)
{
    ULONG size = 0;

    if (resource == NULL) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return 0;
    }
    NTSTATUS status = LdrAccessResource(module, (IMAGE_RESOURCE_DATA_ENTRY *)resource, NULL, &size);
    if (!NT_SUCCESS(status))
        k32_fail(status);
    return size;
}

/* => FALSE, as documented: since NT resources need not be freed. */
BOOL WINAPI FreeResource(HGLOBAL data)
{
    (void)data;
    return FALSE;
}

/* ---- listing ---- */

/* One step of a list for its program.  => FALSE: it has had enough. */
struct listing {
    HMODULE module;
    const WCHAR *type, *name; /* as the program gave them */
    const char *narrow_type, *narrow_name;
    LONG_PTR context;
    union {
        ENUMRESTYPEPROCW types;
        ENUMRESTYPEPROCA types_narrow;
        ENUMRESNAMEPROCW names;
        ENUMRESNAMEPROCA names_narrow;
        ENUMRESLANGPROCW languages;
        ENUMRESLANGPROCA languages_narrow;
    } each;
    bool narrow;
};

static BOOL tell_wide(const struct listing *l, ULONG level, WCHAR *key)
{
    switch (level) {
    case 0: return l->each.types(l->module, key, l->context);
    case 1: return l->each.names(l->module, l->type, key, l->context);
    default: return l->each.languages(l->module, l->type, l->name, (WORD)(ULONG_PTR)key, l->context);
    }
}

static BOOL tell_narrow(const struct listing *l, ULONG level, char *key)
{
    switch (level) {
    case 0: return l->each.types_narrow(l->module, key, l->context);
    case 1: return l->each.names_narrow(l->module, l->narrow_type, key, l->context);
    default:
        return l->each.languages_narrow(l->module, l->narrow_type, l->narrow_name, (WORD)(ULONG_PTR)key, l->context);
    }
}

static BOOL tell(const struct listing *l, ULONG level, ULONG key, const WCHAR *name, ULONG length)
{
    WCHAR wide[NAME_MAX_LENGTH + 1];
    char narrow[NAME_MAX_LENGTH + 1];

    if (name == NULL)
        return l->narrow ? tell_narrow(l, level, (char *)(ULONG_PTR)(WORD)key)
                         : tell_wide(l, level, (WCHAR *)(ULONG_PTR)(WORD)key);
    if (length > NAME_MAX_LENGTH)
        length = NAME_MAX_LENGTH;
    k32_memcpy(wide, name, length * sizeof(WCHAR));
    wide[length] = L'\0';
    if (!l->narrow)
        return tell_wide(l, level, wide);
    k32_give_narrow(wide, length, narrow, sizeof narrow);
    return tell_narrow(l, level, narrow);
}

static BOOL list(const struct listing *l, ULONG levels)
{
    ULONG_PTR keys[2] = {levels > 0 ? key_of(l->type) : 0, levels > 1 ? key_of(l->name) : 0};

    for (ULONG i = 0;; i++) {
        const WCHAR *name = NULL;
        ULONG key = 0, length = 0;
        NTSTATUS status = RtlResourceEntry(l->module, keys, levels, i, &key, &name, &length);
        if (status == STATUS_NO_MORE_ENTRIES)
            return i != 0 ? TRUE : k32_fail_with(ERROR_RESOURCE_DATA_NOT_FOUND);
        if (!NT_SUCCESS(status))
            return k32_fail(status);
        if (!tell(l, levels, key, name, length))
            return k32_fail_with(ERROR_RESOURCE_ENUM_USER_STOP);
    }
}

BOOL WINAPI EnumResourceTypesW(HMODULE module, ENUMRESTYPEPROCW each, LONG_PTR context)
{
    return list(&(struct listing){.module = module, .context = context, .each.types = each}, 0);
}

BOOL WINAPI EnumResourceTypesA(HMODULE module, ENUMRESTYPEPROCA each, LONG_PTR context)
{
    return list(&(struct listing){.module = module, .context = context, .each.types_narrow = each, .narrow = true}, 0);
}

BOOL WINAPI EnumResourceNamesW(HMODULE module, const WCHAR *type, ENUMRESNAMEPROCW each, LONG_PTR context)
{
    return list(&(struct listing){.module = module, .type = type, .context = context, .each.names = each}, 1);
}

BOOL WINAPI EnumResourceLanguagesW(HMODULE module, const WCHAR *type, const WCHAR *name, ENUMRESLANGPROCW each,
                                   LONG_PTR context)
{
    return list(
        &(struct listing){.module = module, .type = type, .name = name, .context = context, .each.languages = each}, 2);
}

static BOOL list_narrow(struct listing *l, ULONG levels)
{
    WCHAR *free_type = NULL, *free_name = NULL;
    BOOL done = FALSE;

    l->narrow = true;
    if (widen(l->narrow_type, &l->type, &free_type) && widen(l->narrow_name, &l->name, &free_name))
        done = list(l, levels);
    k32_free(free_type);
    k32_free(free_name);
    return done;
}

BOOL WINAPI EnumResourceNamesA(HMODULE module, const char *type, ENUMRESNAMEPROCA each, LONG_PTR context)
{
    struct listing l = {.module = module, .narrow_type = type, .context = context, .each.names_narrow = each};

    return list_narrow(&l, 1);
}

BOOL WINAPI EnumResourceLanguagesA(HMODULE module, const char *type, const char *name, ENUMRESLANGPROCA each,
                                   LONG_PTR context)
{
    struct listing l = {.module = module, .narrow_type = type, .narrow_name = name, .context = context};

    l.each.languages_narrow = each;
    return list_narrow(&l, 2);
}
