/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_modules.c - the modules of a process, read from its memory; names of what is mapped where.
 *
 * The other process may be changing its lists, or lie: each link is read anew and the walk is bounded. */
#define PSAPI_VERSION 2
#include "k32.h"
#include <psapi.h>

enum { MODULES_MAX = 4096 };

struct walk {
    HANDLE process;
    const LIST_ENTRY *head; /* in the other process, as what follows */
    const LIST_ENTRY *next;
    unsigned left;
};

static bool peek(HANDLE process, const void *address, void *buffer, SIZE_T size)
{
    return ReadProcessMemory(process, address, buffer, size, NULL);
}

static bool peb_of(HANDLE process, const PEB **ret_peb)
{
    PROCESS_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    *ret_peb = info.PebBaseAddress;
    return info.PebBaseAddress != NULL ? true : k32_fail_with(ERROR_INVALID_HANDLE);
}

/* => a process whose loader has not begun fails with ERROR_PARTIAL_COPY, as in NT: its list is read at address 0. */
static bool begin_walk(HANDLE process, struct walk *walk)
{
    const PEB *peb;
    PEB_LDR_DATA *ldr;

    if (!peb_of(process, &peb) || !peek(process, &peb->Ldr, &ldr, sizeof ldr))
        return false;
    *walk = (struct walk){process, &ldr->InMemoryOrderModuleList, NULL, MODULES_MAX};
    return peek(process, &walk->head->Flink, &walk->next, sizeof walk->next);
}

enum step { STEP_MODULE, STEP_END, STEP_FAILED };

static enum step next_module(struct walk *walk, LDR_DATA_TABLE_ENTRY *ret_entry)
{
    if (walk->next == walk->head)
        return STEP_END;
    if (walk->left-- == 0) {
        k32_fail_with(ERROR_INVALID_HANDLE);
        return STEP_FAILED;
    }
    if (!peek(walk->process, CONTAINING_RECORD(walk->next, LDR_DATA_TABLE_ENTRY, InMemoryOrderLinks), ret_entry,
              sizeof *ret_entry))
        return STEP_FAILED;
    walk->next = ret_entry->InMemoryOrderLinks.Flink;
    return STEP_MODULE;
}

/* => module NULL is the program itself. */
static bool find_module(HANDLE process, const void *module, LDR_DATA_TABLE_ENTRY *ret_entry)
{
    const PEB *peb;
    struct walk walk;
    enum step step;
    void *program;

    if (module == NULL) {
        if (!peb_of(process, &peb) || !peek(process, &peb->ImageBaseAddress, &program, sizeof program))
            return false;
        module = program;
    }
    if (!begin_walk(process, &walk))
        return false;
    while ((step = next_module(&walk, ret_entry)) == STEP_MODULE) {
        if (ret_entry->DllBase == module)
            return true;
    }
    return step == STEP_END ? k32_fail_with(ERROR_INVALID_HANDLE) : false;
}

BOOL WINAPI K32EnumProcessModules(HANDLE process, HMODULE *modules, DWORD size, DWORD *ret_needed)
{
    LDR_DATA_TABLE_ENTRY entry;
    struct walk walk;
    enum step step;
    DWORD count = 0;

    if (!begin_walk(process, &walk))
        return FALSE;
    while ((step = next_module(&walk, &entry)) == STEP_MODULE) {
        if (count < size / sizeof *modules)
            modules[count] = entry.DllBase;
        count++;
    }
    if (step == STEP_FAILED)
        return FALSE;
    *ret_needed = count * sizeof *modules;
    return TRUE;
}

/* Vista's: all modules of a process here are of its own width. */
BOOL WINAPI K32EnumProcessModulesEx(HANDLE process, HMODULE *modules, DWORD size, DWORD *ret_needed, DWORD filter)
{
    if (filter > LIST_MODULES_ALL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    return K32EnumProcessModules(process, modules, size, ret_needed);
}

BOOL WINAPI K32GetModuleInformation(HANDLE process, HMODULE module, MODULEINFO *info, DWORD size)
{
    LDR_DATA_TABLE_ENTRY entry;

    if (size < sizeof *info)
        return k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    if (!find_module(process, module, &entry))
        return FALSE;
    *info = (MODULEINFO){entry.DllBase, entry.SizeOfImage, entry.EntryPoint};
    return TRUE;
}

/* ---- names ---- */

/* A name that does not fit is cut, ends in a zero all the same, and sets ERROR_INSUFFICIENT_BUFFER. */
static DWORD give_name_wide(const WCHAR *name, DWORD length, WCHAR *buffer, DWORD size)
{
    DWORD fits = length < size ? length : size - 1;

    if (length >= size)
        k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    if (size == 0)
        return 0;
    k32_memcpy(buffer, name, fits * sizeof(WCHAR));
    buffer[fits] = L'\0';
    return length < size ? length : size;
}

static DWORD give_name_narrow(const WCHAR *name, DWORD length, char *buffer, DWORD size)
{
    DWORD fits = length < size ? length : size - 1;

    if (length >= size)
        k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    if (size == 0)
        return 0;
    for (DWORD i = 0; i < fits; i++) {
        if (!k32_ansi_char(name[i], &buffer[i]))
            buffer[i] = '?';
    }
    buffer[fits] = '\0';
    return length < size ? length : size;
}

enum { NAME_MAX = 1024 };

struct name {
    WCHAR text[NAME_MAX];
    DWORD length;
};

static bool read_string(HANDLE process, const UNICODE_STRING *string, struct name *ret_name)
{
    DWORD bytes = string->Length < sizeof ret_name->text ? string->Length : sizeof ret_name->text;

    ret_name->length = bytes / sizeof(WCHAR);
    return peek(process, string->Buffer, ret_name->text, ret_name->length * sizeof(WCHAR));
}

enum which_name { BASE_NAME, FULL_NAME };

static bool module_name(HANDLE process, HMODULE module, enum which_name which, struct name *ret_name)
{
    LDR_DATA_TABLE_ENTRY entry;

    return find_module(process, module, &entry) &&
           read_string(process, which == BASE_NAME ? &entry.BaseDllName : &entry.FullDllName, ret_name);
}

DWORD WINAPI K32GetModuleBaseNameW(HANDLE process, HMODULE module, WCHAR *buffer, DWORD size)
{
    struct name name;

    return module_name(process, module, BASE_NAME, &name) ? give_name_wide(name.text, name.length, buffer, size) : 0;
}

DWORD WINAPI K32GetModuleBaseNameA(HANDLE process, HMODULE module, char *buffer, DWORD size)
{
    struct name name;

    return module_name(process, module, BASE_NAME, &name) ? give_name_narrow(name.text, name.length, buffer, size) : 0;
}

DWORD WINAPI K32GetModuleFileNameExW(HANDLE process, HMODULE module, WCHAR *buffer, DWORD size)
{
    struct name name;

    return module_name(process, module, FULL_NAME, &name) ? give_name_wide(name.text, name.length, buffer, size) : 0;
}

DWORD WINAPI K32GetModuleFileNameExA(HANDLE process, HMODULE module, char *buffer, DWORD size)
{
    struct name name;

    return module_name(process, module, FULL_NAME, &name) ? give_name_narrow(name.text, name.length, buffer, size) : 0;
}

/* What NtQueryVirtualMemory and NtQueryInformationProcess answer with: the string, and its text behind it. */
struct native_name {
    UNICODE_STRING string;
    WCHAR text[NAME_MAX];
};

static bool mapped_name(HANDLE process, void *address, struct native_name *name)
{
    SIZE_T returned;
    NTSTATUS status = NtQueryVirtualMemory(process, address, MemorySectionName, name, sizeof *name, &returned);

    return NT_SUCCESS(status) ? true : k32_fail(status);
}

DWORD WINAPI K32GetMappedFileNameW(HANDLE process, void *address, WCHAR *buffer, DWORD size)
{
    struct native_name name;

    return mapped_name(process, address, &name)
               ? give_name_wide(name.string.Buffer, name.string.Length / sizeof(WCHAR), buffer, size)
               : 0;
}

DWORD WINAPI K32GetMappedFileNameA(HANDLE process, void *address, char *buffer, DWORD size)
{
    struct native_name name;

    return mapped_name(process, address, &name)
               ? give_name_narrow(name.string.Buffer, name.string.Length / sizeof(WCHAR), buffer, size)
               : 0;
}

static bool image_name(HANDLE process, struct native_name *name)
{
    NTSTATUS status = NtQueryInformationProcess(process, ProcessImageFileName, name, sizeof *name, NULL);

    return NT_SUCCESS(status) ? true : k32_fail(status);
}

DWORD WINAPI K32GetProcessImageFileNameW(HANDLE process, WCHAR *buffer, DWORD size)
{
    struct native_name name;

    return image_name(process, &name)
               ? give_name_wide(name.string.Buffer, name.string.Length / sizeof(WCHAR), buffer, size)
               : 0;
}

DWORD WINAPI K32GetProcessImageFileNameA(HANDLE process, char *buffer, DWORD size)
{
    struct native_name name;

    return image_name(process, &name)
               ? give_name_narrow(name.string.Buffer, name.string.Length / sizeof(WCHAR), buffer, size)
               : 0;
}
