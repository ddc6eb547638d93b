// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_api.c - the loader's calls for running programs. */
#include "ldr.h"

/* => *flags & IMAGE_FILE_EXECUTABLE_IMAGE: map only; no imports, no entry points (DONT_RESOLVE_DLL_REFERENCES). */
NTSTATUS NTAPI LdrLoadDll(PWSTR search_path, PULONG flags, PUNICODE_STRING name, PVOID *ret_base)
{
    UNICODE_STRING full;
    struct ldr_module *module = NULL, *failed = NULL;
    bool map_only = flags != NULL && (*flags & IMAGE_FILE_EXECUTABLE_IMAGE);
    NTSTATUS status = ldr_normalise_name(name, &full);
    if (!NT_SUCCESS(status))
        return status;
    RtlEnterCriticalSection(&ldr_lock);
    if (map_only && ldr_find_loaded(&full) == NULL) {
        status = ldr_map(search_path, &full, &module);
    } else {
        status = ldr_load(search_path, &full, 0, &module);
        ldr_seal_stubs();
        if (NT_SUCCESS(status))
            status = ldr_run_initialisers(NULL, &failed);
        if (failed != NULL)
            ldr_release(module);
    }
    RtlFreeUnicodeString(&ldr_failed_dll);
    if (NT_SUCCESS(status))
        *ret_base = module->entry.DllBase;
    RtlLeaveCriticalSection(&ldr_lock);
    RtlFreeUnicodeString(&full);
    return status;
}

NTSTATUS NTAPI LdrUnloadDll(PVOID base)
{
    RtlEnterCriticalSection(&ldr_lock);
    struct ldr_module *module = ldr_find_base(base);
    if (module != NULL && !(module->entry.Flags & LDRP_UNLOAD_IN_PROGRESS))
        ldr_release(module);
    RtlLeaveCriticalSection(&ldr_lock);
    return module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrGetDllHandle(PWSTR search_path, PULONG flags, PUNICODE_STRING name, PVOID *ret_base)
{
    UNICODE_STRING full;
    (void)search_path;
    (void)flags;
    NTSTATUS status = ldr_normalise_name(name, &full);
    if (!NT_SUCCESS(status))
        return status;
    RtlEnterCriticalSection(&ldr_lock);
    struct ldr_module *module = ldr_find_loaded(&full);
    if (module != NULL)
        *ret_base = module->entry.DllBase;
    RtlLeaveCriticalSection(&ldr_lock);
    RtlFreeUnicodeString(&full);
    return module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

/* => flags 1: it is never unloaded. */
NTSTATUS NTAPI LdrAddRefDll(ULONG flags, PVOID base)
{
    if (flags & ~1u)
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&ldr_lock);
    struct ldr_module *module = ldr_find_base(base);
    if (module != NULL && (flags & 1))
        module->entry.LoadCount = LDR_PINNED;
    else if (module != NULL && module->entry.LoadCount != LDR_PINNED)
        module->entry.LoadCount++;
    RtlLeaveCriticalSection(&ldr_lock);
    return module != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI LdrFindEntryForAddress(PVOID address, PLDR_DATA_TABLE_ENTRY *ret_entry)
{
    NTSTATUS status = STATUS_NO_MORE_ENTRIES;
    PPEB_LDR_DATA ldr = NtCurrentPeb()->Ldr;
    if (ldr == NULL)
        return status;
    RtlEnterCriticalSection(&ldr_lock);
    LIST_ENTRY *head = &ldr->InLoadOrderModuleList;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        PLDR_DATA_TABLE_ENTRY entry = CONTAINING_RECORD(at, LDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        if ((ULONG_PTR)address - (ULONG_PTR)entry->DllBase >= entry->SizeOfImage)
            continue;
        *ret_entry = entry;
        status = STATUS_SUCCESS;
        break;
    }
    RtlLeaveCriticalSection(&ldr_lock);
    return status;
}

NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID base)
{
    RtlEnterCriticalSection(&ldr_lock);
    struct ldr_module *module = ldr_find_base(base);
    NTSTATUS status = module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
    if (module != NULL && module->tls != NULL)
        status = STATUS_DLL_NOT_FOUND; /* it needs them */
    else if (module != NULL)
        module->entry.Flags |= LDRP_DONT_CALL_FOR_THREADS;
    RtlLeaveCriticalSection(&ldr_lock);
    return status;
}

/* => flags: 1 raise on error, 2 do not wait (*disposition: 1 taken, 2 not). */
NTSTATUS NTAPI LdrLockLoaderLock(ULONG flags, PULONG disposition, PULONG_PTR cookie)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (flags & ~3u)
        status = STATUS_INVALID_PARAMETER_1;
    else if (cookie == NULL)
        status = STATUS_INVALID_PARAMETER_3;
    else if ((flags & 2) && disposition == NULL)
        status = STATUS_INVALID_PARAMETER_2;
    if (!NT_SUCCESS(status)) {
        if (flags & 1)
            RtlRaiseStatus(status);
        return status;
    }
    *cookie = 0;
    if (disposition != NULL)
        *disposition = 0;
    if (!(flags & 2)) {
        RtlEnterCriticalSection(&ldr_lock);
    } else if (!RtlTryEnterCriticalSection(&ldr_lock)) {
        *disposition = 2;
        return STATUS_SUCCESS;
    }
    if (disposition != NULL)
        *disposition = 1;
    *cookie = (ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread << 8 | 1;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (flags & ~1u)
        status = STATUS_INVALID_PARAMETER_1;
    else if (cookie != 0 && cookie != ((ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread << 8 | 1))
        status = STATUS_INVALID_PARAMETER_2;
    if (NT_SUCCESS(status) && cookie != 0)
        RtlLeaveCriticalSection(&ldr_lock);
    else if (!NT_SUCCESS(status) && (flags & 1))
        RtlRaiseStatus(status);
    return status;
}
