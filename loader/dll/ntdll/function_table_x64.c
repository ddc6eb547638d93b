// SPDX-License-Identifier: GPL-2.0-or-later
/* function_table_x64.c - from an address to the RUNTIME_FUNCTION that covers it.
 *
 * Images bring a sorted table (.pdata); programs that make code at run time register theirs, which need not be sorted,
 * or a callback.  A function without an entry is a leaf. */
#include "ldr.h"
#include "unwind_x64.h"

struct dynamic_table {
    LIST_ENTRY links;
    PRUNTIME_FUNCTION functions; /* NULL: ask the callback */
    ULONG count;
    ULONG_PTR base;
    ULONG_PTR low, high; /* what the callback answers for */
    ULONG_PTR id;
    PGET_RUNTIME_FUNCTION_CALLBACK callback;
    PVOID context;
};

static LIST_ENTRY tables = {&tables, &tables};

static PRUNTIME_FUNCTION search_sorted(PRUNTIME_FUNCTION table, ULONG count, ULONG rva)
{
    ULONG low = 0, high = count;
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        if (rva < table[middle].BeginAddress)
            high = middle;
        else if (rva >= table[middle].EndAddress)
            low = middle + 1;
        else
            return &table[middle];
    }
    return NULL;
}

static PRUNTIME_FUNCTION search_any(PRUNTIME_FUNCTION table, ULONG count, ULONG_PTR rva)
{
    for (ULONG i = 0; i < count; i++)
        if (rva >= table[i].BeginAddress && rva < table[i].EndAddress)
            return &table[i];
    return NULL;
}

/* An entry may stand for another one of the same image (bit 0 of its unwind address).
 * => NULL: its unwind data is not inside the image. */
static PRUNTIME_FUNCTION settle_entry(const struct ldr_module *module, PRUNTIME_FUNCTION function)
{
    if (function != NULL && (function->UnwindData & UNWIND_INDIRECT))
        function = ldr_at(module, function->UnwindData & ~UNWIND_INDIRECT, sizeof(*function));
    if (function == NULL)
        return NULL;
    const struct unwind_info *info = ldr_at(module, function->UnwindData, sizeof(*info));
    if (info == NULL || ldr_at(module, function->UnwindData, unwind_info_size(info)) == NULL)
        return NULL;
    return function;
}

static PRUNTIME_FUNCTION search_image(const struct ldr_module *module, ULONG_PTR pc)
{
    ULONG size;
    PRUNTIME_FUNCTION table = ldr_directory(module, IMAGE_DIRECTORY_ENTRY_EXCEPTION, sizeof(*table), &size);
    if (table == NULL)
        return NULL;
    ULONG rva = (ULONG)((PUCHAR)table - (PUCHAR)module->entry.DllBase), count = size / sizeof(*table);
    if (ldr_at(module, rva, (SIZE_T)count * sizeof(*table)) == NULL)
        return NULL;
    return settle_entry(module, search_sorted(table, count, (ULONG)(pc - (ULONG_PTR)module->entry.DllBase)));
}

/* => the peb lock is held. */
static PRUNTIME_FUNCTION search_dynamic(ULONG_PTR pc, PDWORD64 ret_base)
{
    for (LIST_ENTRY *at = tables.Flink; at != &tables; at = at->Flink) {
        const struct dynamic_table *t = CONTAINING_RECORD(at, struct dynamic_table, links);
        PRUNTIME_FUNCTION found = NULL;
        if (t->functions != NULL && pc >= t->base)
            found = search_any(t->functions, t->count, pc - t->base);
        else if (t->callback != NULL && pc >= t->low && pc < t->high)
            found = t->callback(pc, t->context);
        if (found == NULL)
            continue;
        *ret_base = t->base;
        return found;
    }
    return NULL;
}

PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(DWORD64 pc, PDWORD64 ret_base, PUNWIND_HISTORY_TABLE history)
{
    PLDR_DATA_TABLE_ENTRY entry;
    (void)history;
    *ret_base = 0;
    if (NT_SUCCESS(LdrFindEntryForAddress((PVOID)pc, &entry))) {
        *ret_base = (ULONG_PTR)entry->DllBase;
        return search_image(ldr_from_entry(entry), pc);
    }
    if (list_is_empty(&tables))
        return NULL;
    RtlAcquirePebLock();
    PRUNTIME_FUNCTION found = search_dynamic(pc, ret_base);
    RtlReleasePebLock();
    return found;
}

static BOOLEAN add_table(const struct dynamic_table *table)
{
    struct dynamic_table *node = heap_alloc(sizeof(*node));
    if (node == NULL)
        return FALSE;
    *node = *table;
    RtlAcquirePebLock();
    list_insert_tail(&tables, &node->links);
    RtlReleasePebLock();
    return TRUE;
}

BOOLEAN __cdecl RtlAddFunctionTable(PRUNTIME_FUNCTION functions, DWORD count, DWORD64 base)
{
    struct dynamic_table table = {.functions = functions, .count = count, .base = base, .id = (ULONG_PTR)functions};
    return functions != NULL && add_table(&table);
}

/* => the two low bits of the identifier are set, so that it is no table's address. */
BOOLEAN __cdecl RtlInstallFunctionTableCallback(DWORD64 id, DWORD64 base, DWORD length,
                                                PGET_RUNTIME_FUNCTION_CALLBACK callback, PVOID context, PCWSTR dll)
{
    struct dynamic_table table = {
        .id = id, .base = base, .low = base, .high = base + length, .callback = callback, .context = context};
    (void)dll; /* for debuggers */
    return (id & 3) == 3 && callback != NULL && add_table(&table);
}

BOOLEAN __cdecl RtlDeleteFunctionTable(PRUNTIME_FUNCTION functions)
{
    struct dynamic_table *found = NULL;
    RtlAcquirePebLock();
    for (LIST_ENTRY *at = tables.Flink; at != &tables && found == NULL; at = at->Flink)
        if (CONTAINING_RECORD(at, struct dynamic_table, links)->id == (ULONG_PTR)functions)
            found = CONTAINING_RECORD(at, struct dynamic_table, links);
    if (found != NULL)
        list_remove(&found->links);
    RtlReleasePebLock();
    heap_free(found);
    return found != NULL;
}
