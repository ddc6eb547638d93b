// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_import.c - loading a DLL with all that it needs, and binding its imports.
 *
 * A module goes on the initialisation list when everything that it imports from is there: dependencies come first, and
 * of a circle that which was reached last. */
#include "ldr.h"

static bool add_use(struct ldr_module *importer, struct ldr_module *used)
{
    for (ULONG i = 0; i < importer->use_count; i++)
        if (importer->uses[i] == used)
            return true;
    ULONG bytes = (importer->use_count + 1) * sizeof(struct ldr_module *);
    struct ldr_module **more =
        importer->uses != NULL ? RtlReAllocateHeap(RtlProcessHeap(), 0, importer->uses, bytes) : heap_alloc(bytes);
    if (more == NULL)
        return false;
    importer->uses = more;
    importer->uses[importer->use_count++] = used;
    return true;
}

/* The module of that name, with one reference for the caller: loaded already, or now. => name is normalised. */
NTSTATUS ldr_load(PCWSTR search_path, PCUNICODE_STRING name, ULONG depth, struct ldr_module **ret_module)
{
    struct ldr_module *module = ldr_find_loaded(name);
    if (module != NULL && !(module->entry.Flags & LDRP_UNLOAD_IN_PROGRESS)) {
        if (module->entry.LoadCount != LDR_PINNED)
            module->entry.LoadCount++;
        *ret_module = module;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = ldr_map(search_path, name, &module);
    if (!NT_SUCCESS(status))
        return status;
    status = ldr_bind(module, depth);
    if (!NT_SUCCESS(status)) {
        module->entry.LoadCount = 0;
        ldr_sweep();
        return status;
    }
    *ret_module = module;
    return STATUS_SUCCESS;
}

/* The module that an import descriptor or a forwarder names; the importer keeps it loaded. */
NTSTATUS ldr_require(struct ldr_module *importer, const char *name, size_t length, ULONG depth,
                     struct ldr_module **ret_module)
{
    UNICODE_STRING wide, full;
    struct ldr_module *module;
    if (length == 0 || length > LDR_NAME_MAX || depth >= LDR_DEPTH_MAX)
        return STATUS_INVALID_IMAGE_FORMAT;
    ANSI_STRING ansi = {(USHORT)length, (USHORT)length, (char *)name};
    NTSTATUS status = RtlAnsiStringToUnicodeString(&wide, &ansi, TRUE);
    if (!NT_SUCCESS(status))
        return status;
    status = ldr_normalise_name(&wide, &full);
    RtlFreeUnicodeString(&wide);
    if (!NT_SUCCESS(status))
        return status;
    status = ldr_load(NULL, &full, depth, &module);
    if (!NT_SUCCESS(status) && ldr_failed_dll.Buffer == NULL)
        ldr_failed_dll = full;
    else
        RtlFreeUnicodeString(&full);
    if (!NT_SUCCESS(status))
        return status;
    bool added = add_use(importer, module);
    if (module->entry.LoadCount != LDR_PINNED)
        module->entry.LoadCount--; /* the use is what keeps it; no sweep, the importer may be new and without roots */
    if (!added)
        return STATUS_NO_MEMORY;
    *ret_module = module;
    return STATUS_SUCCESS;
}

/* Bind one slot: lookup is what the import is, *slot becomes its address. */
static NTSTATUS bind_slot(struct ldr_module *module, struct ldr_module *from, const char *dll, ULONG_PTR lookup,
                          ULONG depth, ULONG_PTR *slot)
{
    struct ldr_symbol symbol = {.hint = (ULONG)-1};
    PVOID address;
    if (IMAGE_SNAP_BY_ORDINAL(lookup)) {
        symbol.ordinal = IMAGE_ORDINAL(lookup);
    } else {
        const USHORT *hint = lookup <= 0xFFFFFFFF ? ldr_at(module, (ULONG)lookup, sizeof(USHORT) + 1) : NULL;
        symbol.name = hint != NULL ? ldr_string(module, (ULONG)lookup + sizeof(USHORT)) : NULL;
        if (symbol.name == NULL)
            return STATUS_INVALID_IMAGE_FORMAT;
        symbol.hint = *hint;
    }
    NTSTATUS status = ldr_find_export(from, &symbol, depth, &address);
    if (!NT_SUCCESS(status)) {
        address = ldr_make_stub(dll, &symbol);
        if (address == NULL)
            return STATUS_NO_MEMORY;
    }
    *slot = (ULONG_PTR)address;
    return STATUS_SUCCESS;
}

static ULONG protection_for_write(const struct ldr_module *module, ULONG rva)
{
    PIMAGE_SECTION_HEADER section =
        RtlImageRvaToSection(RtlImageNtHeader(module->entry.DllBase), module->entry.DllBase, rva);
    bool code = section != NULL && (section->Characteristics & IMAGE_SCN_MEM_EXECUTE);
    return code ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
}

/* => *budget: how many slots the image can hold; malformed tables that overlap run out of it. */
static NTSTATUS bind_descriptor(struct ldr_module *module, const IMAGE_IMPORT_DESCRIPTOR *descriptor, ULONG depth,
                                ULONG *budget)
{
    struct ldr_module *from;
    const char *dll = ldr_string(module, descriptor->Name);
    ULONG iat_rva = descriptor->FirstThunk, names_rva = descriptor->OriginalFirstThunk;
    ULONG_PTR *slots = ldr_at(module, iat_rva, sizeof(ULONG_PTR));
    const ULONG_PTR *lookups = names_rva != 0 ? ldr_at(module, names_rva, sizeof(ULONG_PTR)) : slots;
    if (dll == NULL || slots == NULL || lookups == NULL)
        return STATUS_INVALID_IMAGE_FORMAT;
    NTSTATUS status = ldr_require(module, dll, strlen(dll), depth + 1, &from);
    if (!NT_SUCCESS(status))
        return status;

    ULONG room = module->entry.SizeOfImage - (names_rva > iat_rva ? names_rva : iat_rva), count = 0;
    room /= sizeof(ULONG_PTR);
    while (count < room && count <= *budget && lookups[count] != 0)
        count++;
    if (count == room || count > *budget)
        return STATUS_INVALID_IMAGE_FORMAT;
    *budget -= count;
    if (count == 0)
        return STATUS_SUCCESS;

    PVOID base = slots;
    SIZE_T size = count * sizeof(ULONG_PTR);
    ULONG old;
    status = NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protection_for_write(module, iat_rva), &old);
    for (ULONG i = 0; NT_SUCCESS(status) && i < count; i++)
        status = bind_slot(module, from, dll, lookups[i], depth, &slots[i]);
    if (!NT_SUCCESS(status))
        return status;
    return NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, old, &old);
}

static NTSTATUS bind_imports(struct ldr_module *module, ULONG depth)
{
    ULONG budget = module->entry.SizeOfImage / sizeof(ULONG_PTR), left = module->entry.SizeOfImage / 20 + 1;
    PVOID directory;
    NTSTATUS status =
        ldr_needed_directory(module, IMAGE_DIRECTORY_ENTRY_IMPORT, sizeof(IMAGE_IMPORT_DESCRIPTOR), &directory);
    const IMAGE_IMPORT_DESCRIPTOR *descriptor = directory;
    for (; descriptor != NULL && NT_SUCCESS(status); descriptor++) {
        ULONG rva = (ULONG)((PUCHAR)descriptor - (PUCHAR)module->entry.DllBase);
        if (ldr_at(module, rva, sizeof(*descriptor)) == NULL || left-- == 0)
            return STATUS_INVALID_IMAGE_FORMAT;
        if (descriptor->Name == 0 || descriptor->FirstThunk == 0)
            break;
        status = bind_descriptor(module, descriptor, depth, &budget);
    }
    if (!NT_SUCCESS(status))
        return status;
    if (module->entry.DllBase != NtCurrentPeb()->ImageBaseAddress)
        list_insert_tail(&NtCurrentPeb()->Ldr->InInitializationOrderModuleList,
                         &module->entry.InInitializationOrderLinks);
    return STATUS_SUCCESS;
}

struct bind_call {
    struct ldr_module *module;
    ULONG depth;
    NTSTATUS status;
};

static VOID NTAPI bind_body(PVOID argument)
{
    struct bind_call *call = argument;
    call->status = bind_imports(call->module, call->depth);
}

/* => a table that lies in memory which cannot be read or written fails the module, not the process. */
NTSTATUS ldr_bind(struct ldr_module *module, ULONG depth)
{
    struct bind_call call = {module, depth, STATUS_UNSUCCESSFUL};
    NTSTATUS raised = RtlGuardedCall(bind_body, &call);
    if (raised == 0)
        return call.status;
    return NT_SUCCESS(raised) ? STATUS_INVALID_IMAGE_FORMAT : raised;
}
