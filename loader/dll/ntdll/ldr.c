// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr.c - the loader's beginning: LdrInitializeThunk, the module lists, their locks.
 *
 * The kernel has mapped the program and ntdll.  The first thread makes the heap and the lists, loads what the program
 * imports, sets thread-local storage up and calls the entry points; later threads only announce themselves. */
#include "ldr.h"
#include "park.h"

VOID NTAPI LdrInitializeThunk(PCONTEXT context, PVOID ntdll_base, PVOID unused);

RTL_CRITICAL_SECTION ldr_lock;
UNICODE_STRING ldr_failed_dll;

static PEB_LDR_DATA ldr_data;
static RTL_BITMAP tls_bitmap;
static RTL_BITMAP tls_expansion_bitmap;

/* ---- the lists ---- */

struct ldr_module *ldr_from_entry(PLDR_DATA_TABLE_ENTRY entry)
{
    return CONTAINING_RECORD(entry, struct ldr_module, entry);
}

static struct ldr_module *from_load_link(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct ldr_module, entry.InLoadOrderLinks);
}

struct ldr_module *ldr_find_base(PVOID base)
{
    LIST_ENTRY *head = &ldr_data.InLoadOrderModuleList;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink)
        if (from_load_link(at)->entry.DllBase == base)
            return from_load_link(at);
    return NULL;
}

struct ldr_module *ldr_find_name(PCUNICODE_STRING base_name)
{
    LIST_ENTRY *head = &ldr_data.InLoadOrderModuleList;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink)
        if (RtlEqualUnicodeString(&from_load_link(at)->entry.BaseDllName, base_name, TRUE))
            return from_load_link(at);
    return NULL;
}

struct ldr_module *ldr_find_path(PCUNICODE_STRING full_name)
{
    LIST_ENTRY *head = &ldr_data.InLoadOrderModuleList;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink)
        if (RtlEqualUnicodeString(&from_load_link(at)->entry.FullDllName, full_name, TRUE))
            return from_load_link(at);
    return NULL;
}

static UNICODE_STRING base_name_of(PCUNICODE_STRING full_name)
{
    ULONG start = full_name->Length / 2;
    while (start > 0 && full_name->Buffer[start - 1] != '\\')
        start--;
    return (UNICODE_STRING){(USHORT)(full_name->Length - start * 2), (USHORT)(full_name->MaximumLength - start * 2),
                            full_name->Buffer + start};
}

/* => NULL: no memory.  LoadCount is 1. */
struct ldr_module *ldr_add_module(PVOID base, PCUNICODE_STRING full_name)
{
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(base);
    struct ldr_module *module = heap_zalloc(sizeof(*module));
    if (module == NULL || nt == NULL ||
        !NT_SUCCESS(RtlDuplicateUnicodeString(3, full_name, &module->entry.FullDllName))) {
        heap_free(module);
        return NULL;
    }
    PLDR_DATA_TABLE_ENTRY entry = &module->entry;
    entry->DllBase = base;
    entry->SizeOfImage = nt->OptionalHeader.SizeOfImage;
    entry->EntryPoint = ldr_at(module, nt->OptionalHeader.AddressOfEntryPoint, 1);
    entry->BaseDllName = base_name_of(&entry->FullDllName);
    entry->LoadCount = 1;
    entry->TimeDateStamp = nt->FileHeader.TimeDateStamp;
    entry->Flags = LDRP_ENTRY_INSERTED;
    if (nt->FileHeader.Characteristics & IMAGE_FILE_DLL)
        entry->Flags |= LDRP_IMAGE_DLL;
    list_init(&entry->InInitializationOrderLinks);
    list_init(&entry->HashLinks);
    list_insert_tail(&ldr_data.InLoadOrderModuleList, &entry->InLoadOrderLinks);
    list_insert_tail(&ldr_data.InMemoryOrderModuleList, &entry->InMemoryOrderLinks);
    return module;
}

void ldr_remove_module(struct ldr_module *module)
{
    list_remove(&module->entry.InLoadOrderLinks);
    list_remove(&module->entry.InMemoryOrderLinks);
    list_remove(&module->entry.InInitializationOrderLinks);
    heap_free(module->entry.FullDllName.Buffer);
    heap_free(module->uses);
    heap_free(module);
}

/* ---- the first thread ---- */

void ldr_fail_process(NTSTATUS status, PCUNICODE_STRING what)
{
    ULONG_PTR parameters[1] = {(ULONG_PTR)what};
    ULONG response, count = what != NULL && what->Buffer != NULL ? 1 : 0;
    NtRaiseHardError(status, count, count, parameters, 1, &response);
    start_failed(status);
}

static void init_peb(PPEB peb)
{
    RtlInitializeCriticalSection(&ldr_lock);
    peb_lock_init(peb);
    park_init();
    exception_init();
    fls_init(peb);
    peb->LoaderLock = &ldr_lock;
    RtlInitializeBitMap(&tls_bitmap, peb->TlsBitmapBits, 64);
    RtlInitializeBitMap(&tls_expansion_bitmap, peb->TlsExpansionBitmapBits, 1024);
    peb->TlsBitmap = &tls_bitmap;
    peb->TlsExpansionBitmap = &tls_expansion_bitmap;
    ldr_data.Length = sizeof(ldr_data);
    list_init(&ldr_data.InLoadOrderModuleList);
    list_init(&ldr_data.InMemoryOrderModuleList);
    list_init(&ldr_data.InInitializationOrderModuleList);
    heap_init_process(peb);
    if (peb->ProcessHeap == NULL)
        ldr_fail_process(STATUS_NO_MEMORY, NULL);
    peb->Ldr = &ldr_data;
}

/* The program and ntdll: they are there, and they stay. */
static struct ldr_module *add_first_modules(PPEB peb, PVOID ntdll_base)
{
    static WCHAR path[300];
    UNICODE_STRING ntdll_path;
    wcsncpy(path, (const WCHAR *)SharedUserData->NtSystemRoot, 259);
    wcscat(path, L"\\system32\\ntdll.dll");
    RtlInitUnicodeString(&ntdll_path, path);
    struct ldr_module *program = ldr_add_module(peb->ImageBaseAddress, &peb->ProcessParameters->ImagePathName);
    struct ldr_module *ntdll = ldr_add_module(ntdll_base, &ntdll_path);
    if (program == NULL || ntdll == NULL)
        ldr_fail_process(STATUS_NO_MEMORY, NULL);
    program->entry.LoadCount = ntdll->entry.LoadCount = LDR_PINNED;
    program->entry.Flags |= LDRP_ENTRY_PROCESSED;
    ntdll->entry.Flags |= LDRP_ENTRY_PROCESSED;
    list_insert_tail(&ldr_data.InInitializationOrderModuleList, &ntdll->entry.InInitializationOrderLinks);
    return program;
}

/* A Win32 program has kernel32 even when it imports nothing. */
static NTSTATUS load_kernel32(PPEB peb)
{
    UNICODE_STRING name;
    struct ldr_module *module;
    if (peb->ImageSubsystem == IMAGE_SUBSYSTEM_NATIVE)
        return STATUS_SUCCESS;
    RtlInitUnicodeString(&name, L"kernel32.dll");
    NTSTATUS status = ldr_load(NULL, &name, 0, &module);
    if (!NT_SUCCESS(status) && ldr_failed_dll.Buffer == NULL)
        RtlCreateUnicodeString(&ldr_failed_dll, L"kernel32.dll");
    return status;
}

static void init_process(PPEB peb, PCONTEXT context, PVOID ntdll_base)
{
    struct ldr_module *failed = NULL;
    RtlNormalizeProcessParams(peb->ProcessParameters);
    init_peb(peb);
    RtlEnterCriticalSection(&ldr_lock);
    struct ldr_module *program = add_first_modules(peb, ntdll_base);
    NTSTATUS status = load_kernel32(peb);
    if (NT_SUCCESS(status))
        status = ldr_bind(program, 0);
    if (!NT_SUCCESS(status))
        ldr_fail_process(status, ldr_failed_dll.Buffer != NULL ? &ldr_failed_dll : &program->entry.BaseDllName);
    ldr_seal_stubs();
    for (LIST_ENTRY *at = ldr_data.InLoadOrderModuleList.Flink; at != &ldr_data.InLoadOrderModuleList; at = at->Flink) {
        from_load_link(at)->entry.LoadCount = LDR_PINNED;
        from_load_link(at)->entry.Flags |= LDRP_STATIC_LINK;
    }
    status = ldr_tls_init();
    if (status != STATUS_SUCCESS)
        ldr_fail_process(status, &program->entry.BaseDllName);
    status = ldr_run_initialisers(context, &failed);
    if (!NT_SUCCESS(status))
        ldr_fail_process(status, &failed->entry.BaseDllName);
    ldr_tls_callbacks(program, DLL_PROCESS_ATTACH, context);
    ldr_data.Initialized = TRUE;
    RtlLeaveCriticalSection(&ldr_lock);
    if (peb->PostProcessInitRoutine != NULL)
        peb->PostProcessInitRoutine();
}

enum { PROCESS_NEW, PROCESS_LOADING, PROCESS_LOADED };
static volatile LONG process_state;

/* A thread of a process that is still loading: nothing can be waited for yet. */
static void wait_until_loaded(void)
{
    LARGE_INTEGER interval = {.QuadPart = -300000}; /* 30 ms */
    while (process_state != PROCESS_LOADED)
        NtDelayExecution(FALSE, &interval);
}

/* => the thread that comes first loads, whichever that is. */
VOID NTAPI LdrInitializeThunk(PCONTEXT context, PVOID ntdll_base, PVOID unused)
{
    (void)unused;
    if (InterlockedCompareExchange(&process_state, PROCESS_LOADING, PROCESS_NEW) == PROCESS_NEW) {
        init_process(NtCurrentPeb(), context, ntdll_base);
        process_state = PROCESS_LOADED;
        return;
    }
    wait_until_loaded();
    RtlEnterCriticalSection(&ldr_lock);
    NTSTATUS status = ldr_tls_attach_thread();
    if (!NT_SUCCESS(status))
        NtTerminateThread(NtCurrentThread(), status);
    ldr_notify_thread(DLL_THREAD_ATTACH);
    RtlLeaveCriticalSection(&ldr_lock);
}
