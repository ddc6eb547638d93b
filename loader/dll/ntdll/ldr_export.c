// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_export.c - finding an export, through forwarders where need be. */
#include "ldr.h"
#include <stdlib.h>

struct export_table {
    const IMAGE_EXPORT_DIRECTORY *directory;
    ULONG rva; /* of the directory: an address inside it is a forwarder's text */
    ULONG size;
    const ULONG *functions;
    const ULONG *names;
    const USHORT *ordinals;
};

static bool open_exports(const struct ldr_module *module, struct export_table *table)
{
    const IMAGE_EXPORT_DIRECTORY *d =
        ldr_directory(module, IMAGE_DIRECTORY_ENTRY_EXPORT, sizeof(IMAGE_EXPORT_DIRECTORY), &table->size);
    if (d == NULL)
        return false;
    ULONG most = module->entry.SizeOfImage / sizeof(USHORT);
    if (d->NumberOfFunctions > most || d->NumberOfNames > most)
        return false;
    table->directory = d;
    table->rva = (ULONG)((PUCHAR)d - (PUCHAR)module->entry.DllBase);
    table->functions = ldr_at(module, d->AddressOfFunctions, d->NumberOfFunctions * sizeof(ULONG));
    table->names = ldr_at(module, d->AddressOfNames, d->NumberOfNames * sizeof(ULONG));
    table->ordinals = ldr_at(module, d->AddressOfNameOrdinals, d->NumberOfNames * sizeof(USHORT));
    return table->functions != NULL;
}

/* => the order of the wanted name relative to name number `index`; a name outside the image sorts after all. */
static int compare_name(const struct ldr_module *module, const struct export_table *table, const char *name,
                        ULONG index)
{
    ULONG rva = table->names[index];
    const UCHAR *a = (const UCHAR *)name, *b = ldr_at(module, rva, 1);
    if (b == NULL)
        return -1;
    for (ULONG room = module->entry.SizeOfImage - rva; room > 0; room--, a++, b++) {
        if (*a != *b)
            return *a < *b ? -1 : 1;
        if (*a == 0)
            return 0;
    }
    return -1;
}

/* => the index into functions, or -1. */
static LONG find_by_name(const struct ldr_module *module, const struct export_table *table, const char *name,
                         ULONG hint)
{
    if (table->names == NULL || table->ordinals == NULL)
        return -1;
    ULONG low = 0, high = table->directory->NumberOfNames;
    if (hint < high && compare_name(module, table, name, hint) == 0)
        return table->ordinals[hint];
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        int order = compare_name(module, table, name, middle);
        if (order == 0)
            return table->ordinals[middle];
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* "DLL.Name" or "DLL.#17". */
static NTSTATUS follow_forwarder(struct ldr_module *module, const char *text, ULONG depth, PVOID *ret_address)
{
    const char *dot = strrchr(text, '.');
    struct ldr_module *target;
    struct ldr_symbol symbol = {.hint = (ULONG)-1};
    if (dot == NULL || depth >= LDR_DEPTH_MAX)
        return STATUS_ENTRYPOINT_NOT_FOUND;
    NTSTATUS status = ldr_require(module, text, dot - text, depth + 1, &target);
    if (!NT_SUCCESS(status))
        return STATUS_ENTRYPOINT_NOT_FOUND;
    if (dot[1] == '#')
        symbol.ordinal = strtoul(dot + 2, NULL, 10);
    else
        symbol.name = dot + 1;
    return ldr_find_export(target, &symbol, depth + 1, ret_address);
}

NTSTATUS ldr_find_export(struct ldr_module *module, const struct ldr_symbol *symbol, ULONG depth, PVOID *ret_address)
{
    NTSTATUS missing = symbol->name != NULL ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    struct export_table table;
    if (!open_exports(module, &table))
        return missing;
    ULONG index = symbol->ordinal - table.directory->Base;
    if (symbol->name != NULL)
        index = (ULONG)find_by_name(module, &table, symbol->name, symbol->hint);
    if (index >= table.directory->NumberOfFunctions)
        return missing;
    ULONG rva = table.functions[index];
    PVOID address = ldr_at(module, rva, 1);
    if (address == NULL)
        return missing;
    if (rva - table.rva >= table.size) {
        *ret_address = address;
        return STATUS_SUCCESS;
    }
    const char *text = ldr_string(module, rva);
    return text != NULL ? follow_forwarder(module, text, depth, ret_address) : missing;
}

struct find_call {
    struct ldr_module *module;
    struct ldr_symbol symbol;
    PVOID address;
    NTSTATUS status;
};

static VOID NTAPI find_body(PVOID argument)
{
    struct find_call *call = argument;
    call->status = ldr_find_export(call->module, &call->symbol, 0, &call->address);
}

NTSTATUS NTAPI LdrGetProcedureAddress(PVOID base, PANSI_STRING name, ULONG ordinal, PVOID *ret_address)
{
    struct find_call call = {.symbol = {NULL, ordinal, (ULONG)-1}, .status = STATUS_DLL_NOT_FOUND};
    char *text = NULL;
    if (name != NULL && name->Length > 0) {
        text = heap_alloc(name->Length + 1u);
        if (text == NULL)
            return STATUS_NO_MEMORY;
        memcpy(text, name->Buffer, name->Length);
        text[name->Length] = 0;
        call.symbol.name = text;
    }
    RtlEnterCriticalSection(&ldr_lock);
    struct ldr_module *failed;
    call.module = ldr_find_base(base);
    NTSTATUS status = call.module != NULL ? RtlGuardedCall(find_body, &call) : STATUS_SUCCESS;
    if (status == STATUS_SUCCESS)
        status = call.status;
    if (NT_SUCCESS(status)) { /* a forwarder may have loaded something */
        ldr_seal_stubs();
        status = ldr_run_initialisers(NULL, &failed);
    }
    if (NT_SUCCESS(status))
        *ret_address = call.address;
    RtlLeaveCriticalSection(&ldr_lock);
    heap_free(text);
    return status;
}
