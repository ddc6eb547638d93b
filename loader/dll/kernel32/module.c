/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module.c - DLLs: load, find, name, look up. */
#include "k32.h"

enum { LDR_DONT_RESOLVE = 2 }; /* IMAGE_FILE_EXECUTABLE_IMAGE in LdrLoadDll's flags */

/* Flags at which a handle is not a loaded module. */
enum { LOAD_AS_DATA = LOAD_LIBRARY_AS_DATAFILE | 0x20 | 0x40 };

HMODULE WINAPI LoadLibraryExW(const WCHAR *name, HANDLE file, DWORD flags)
{
    UNICODE_STRING text;
    void *base = NULL;
    ULONG ldr_flags = flags & DONT_RESOLVE_DLL_REFERENCES ? LDR_DONT_RESOLVE : 0;

    if (name == NULL || file != NULL) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (flags & LOAD_AS_DATA)
        return k32_load_data_file(name, flags);
    RtlInitUnicodeString(&text, name);
    NTSTATUS status = LdrLoadDll(NULL, &ldr_flags, &text, &base);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    return base;
}

HMODULE WINAPI LoadLibraryExA(const char *name, HANDLE file, DWORD flags)
{
    WCHAR *wide = k32_wide(name);
    HMODULE module = NULL;

    if (name == NULL)
        k32_fail_with(ERROR_INVALID_PARAMETER);
    else if (wide != NULL)
        module = LoadLibraryExW(wide, file, flags);
    k32_free(wide);
    return module;
}

HMODULE WINAPI LoadLibraryW(const WCHAR *name)
{
    return LoadLibraryExW(name, NULL, 0);
}

HMODULE WINAPI LoadLibraryA(const char *name)
{
    return LoadLibraryExA(name, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE module)
{
    if (k32_is_data_file(module))
        return k32_free_data_file(module);
    NTSTATUS status = LdrUnloadDll(module);
    return k32_done(status);
}

void WINAPI FreeLibraryAndExitThread(HMODULE module, DWORD code)
{
    LdrUnloadDll(module);
    ExitThread(code);
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE module)
{
    NTSTATUS status = LdrDisableThreadCalloutsForDll(module);
    return k32_done(status);
}

HMODULE WINAPI GetModuleHandleW(const WCHAR *name)
{
    UNICODE_STRING text;
    void *base = NULL;

    if (name == NULL)
        return NtCurrentPeb()->ImageBaseAddress;
    RtlInitUnicodeString(&text, name);
    NTSTATUS status = LdrGetDllHandle(NULL, NULL, &text, &base);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    return base;
}

HMODULE WINAPI GetModuleHandleA(const char *name)
{
    WCHAR *wide = k32_wide(name);
    HMODULE module = NULL;

    if (name == NULL || wide != NULL)
        module = GetModuleHandleW(wide);
    k32_free(wide);
    return module;
}

/* The part of GetModuleHandleEx that follows the lookup: count the reference, unless the caller does not want one. */
static BOOL take_reference(DWORD flags, HMODULE module, HMODULE *ret_module)
{
    if (module == NULL)
        return FALSE;
    if (!(flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)) {
        NTSTATUS status = LdrAddRefDll(flags & GET_MODULE_HANDLE_EX_FLAG_PIN ? 1 : 0, module);
        if (!NT_SUCCESS(status))
            return k32_fail(status);
    }
    *ret_module = module;
    return TRUE;
}

static HMODULE module_at(const void *address)
{
    LDR_DATA_TABLE_ENTRY *entry;

    if (!NT_SUCCESS(LdrFindEntryForAddress((void *)(ULONG_PTR)address, &entry))) {
        k32_fail_with(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    return entry->DllBase;
}

static bool module_flags_are_valid(DWORD flags)
{
    enum { PIN = GET_MODULE_HANDLE_EX_FLAG_PIN, UNCHANGED = GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT };

    return !(flags & ~(DWORD)(PIN | UNCHANGED | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)) &&
           (flags & (PIN | UNCHANGED)) != (PIN | UNCHANGED);
}

BOOL WINAPI GetModuleHandleExW(DWORD flags, const WCHAR *name, HMODULE *ret_module)
{
    bool from_address = flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;

    if (ret_module == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    *ret_module = NULL;
    if (!module_flags_are_valid(flags) || (from_address && name == NULL))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return take_reference(flags, from_address ? module_at(name) : GetModuleHandleW(name), ret_module);
}

BOOL WINAPI GetModuleHandleExA(DWORD flags, const char *name, HMODULE *ret_module)
{
    bool from_address = flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;

    if (ret_module == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    *ret_module = NULL;
    if (!module_flags_are_valid(flags) || (from_address && name == NULL))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return take_reference(flags, from_address ? module_at(name) : GetModuleHandleA(name), ret_module);
}

FARPROC WINAPI GetProcAddress(HMODULE module, const char *name)
{
    void *address = NULL;
    STRING text;
    NTSTATUS status;

    if (module == NULL)
        module = NtCurrentPeb()->ImageBaseAddress;
    if ((ULONG_PTR)name > 0xFFFF) {
        RtlInitAnsiString(&text, name);
        status = LdrGetProcedureAddress(module, &text, 0, &address);
    } else {
        status = LdrGetProcedureAddress(module, NULL, (ULONG)(ULONG_PTR)name, &address);
    }
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    return (FARPROC)address;
}

/* => the module's full name, or NULL with the last error set; it stays while the module is loaded. */
static const UNICODE_STRING *module_name(HMODULE module)
{
    LDR_DATA_TABLE_ENTRY *entry;

    if (module == NULL)
        module = NtCurrentPeb()->ImageBaseAddress;
    if (!NT_SUCCESS(LdrFindEntryForAddress(module, &entry)) || entry->DllBase != (void *)module) {
        k32_fail_with(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    return &entry->FullDllName;
}

/* A name that does not fit is cut and, as in NT 5, not terminated. */
DWORD WINAPI GetModuleFileNameW(HMODULE module, WCHAR *buffer, DWORD size)
{
    const UNICODE_STRING *name = module_name(module);

    if (name == NULL)
        return 0;
    DWORD length = name->Length / sizeof(WCHAR);
    if (length >= size) {
        k32_memcpy(buffer, name->Buffer, size * sizeof(WCHAR));
        return size;
    }
    k32_memcpy(buffer, name->Buffer, length * sizeof(WCHAR));
    buffer[length] = L'\0';
    return length;
}

DWORD WINAPI GetModuleFileNameA(HMODULE module, char *buffer, DWORD size)
{
    const UNICODE_STRING *name = module_name(module);

    if (name == NULL)
        return 0;
    DWORD length = name->Length / sizeof(WCHAR);
    for (DWORD i = 0; i < size && i < length; i++) {
        if (!k32_ansi_char(name->Buffer[i], &buffer[i]))
            buffer[i] = '?';
    }
    if (length >= size)
        return size;
    buffer[length] = '\0';
    return length;
}
