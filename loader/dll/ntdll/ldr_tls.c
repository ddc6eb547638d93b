// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_tls.c - static thread-local storage and its callbacks.
 *
 * Indices are given out once, to the modules that are there when the process starts; as in NT 5.2 a DLL that is loaded
 * later gets none.  Each thread has a vector of blocks at TEB.ThreadLocalStoragePointer. */
#include "ldr.h"

static ULONG tls_count;

/* An address that a directory gives as a pointer, if `size` bytes of the image lie there. */
static PVOID inside(const struct ldr_module *module, ULONG_PTR va, SIZE_T size)
{
    ULONG_PTR rva = va - (ULONG_PTR)module->entry.DllBase;
    return va != 0 && rva < module->entry.SizeOfImage ? ldr_at(module, (ULONG)rva, size) : NULL;
}

static bool directory_is_sound(const struct ldr_module *module, const IMAGE_TLS_DIRECTORY *tls)
{
    SIZE_T raw = (SIZE_T)(tls->EndAddressOfRawData - tls->StartAddressOfRawData);
    if (inside(module, tls->AddressOfIndex, sizeof(ULONG)) == NULL || tls->SizeOfZeroFill > 0x7FFFFFFF)
        return false;
    return raw == 0 || inside(module, tls->StartAddressOfRawData, raw) != NULL;
}

static NTSTATUS number_modules(void)
{
    LIST_ENTRY *head = &NtCurrentPeb()->Ldr->InLoadOrderModuleList;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        struct ldr_module *module = CONTAINING_RECORD(at, struct ldr_module, entry.InLoadOrderLinks);
        PVOID tls;
        NTSTATUS status = ldr_needed_directory(module, IMAGE_DIRECTORY_ENTRY_TLS, sizeof(IMAGE_TLS_DIRECTORY), &tls);
        if (!NT_SUCCESS(status))
            return status;
        if (tls == NULL)
            continue;
        if (!directory_is_sound(module, tls))
            return STATUS_INVALID_IMAGE_FORMAT;
        module->tls = tls;
        module->tls_index = tls_count++;
        module->entry.TlsIndex = 0xFFFF;
        *(ULONG *)inside(module, module->tls->AddressOfIndex, sizeof(ULONG)) = module->tls_index;
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI init_body(PVOID argument)
{
    NTSTATUS *status = argument;
    *status = number_modules();
    if (NT_SUCCESS(*status))
        *status = ldr_tls_attach_thread();
}

/* => a directory that names memory which cannot be read or written fails with that exception. */
NTSTATUS ldr_tls_init(void)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    NTSTATUS raised = RtlGuardedCall(init_body, &status);
    return raised == 0 ? status : raised;
}

static PVOID make_block(const struct ldr_module *module)
{
    const IMAGE_TLS_DIRECTORY *tls = module->tls;
    SIZE_T raw = (SIZE_T)(tls->EndAddressOfRawData - tls->StartAddressOfRawData);
    if (!directory_is_sound(module, tls))
        return NULL;
    PVOID block = heap_zalloc(raw + tls->SizeOfZeroFill);
    if (block != NULL)
        memcpy(block, (PVOID)(ULONG_PTR)tls->StartAddressOfRawData, raw);
    return block;
}

NTSTATUS ldr_tls_attach_thread(void)
{
    if (tls_count == 0)
        return STATUS_SUCCESS;
    PVOID *vector = heap_zalloc(tls_count * sizeof(PVOID));
    if (vector == NULL)
        return STATUS_NO_MEMORY;
    NtCurrentTeb()->ThreadLocalStoragePointer = vector;
    LIST_ENTRY *head = &NtCurrentPeb()->Ldr->InLoadOrderModuleList;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        struct ldr_module *module = CONTAINING_RECORD(at, struct ldr_module, entry.InLoadOrderLinks);
        if (module->tls == NULL)
            continue;
        vector[module->tls_index] = make_block(module);
        if (vector[module->tls_index] == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

void ldr_tls_detach_thread(void)
{
    PVOID *vector = NtCurrentTeb()->ThreadLocalStoragePointer;
    if (vector == NULL)
        return;
    NtCurrentTeb()->ThreadLocalStoragePointer = NULL;
    for (ULONG i = 0; i < tls_count; i++)
        heap_free(vector[i]);
    heap_free(vector);
}

void ldr_tls_callbacks(struct ldr_module *module, ULONG reason, PVOID reserved)
{
    if (module->tls == NULL || module->tls->AddressOfCallBacks == 0)
        return;
    ULONG_PTR at = module->tls->AddressOfCallBacks;
    const PVOID *callback;
    while ((callback = inside(module, at, sizeof(PVOID))) != NULL && *callback != NULL) {
        start_call_entry(*callback, module->entry.DllBase, reason, reserved);
        at += sizeof(PVOID);
    }
}
