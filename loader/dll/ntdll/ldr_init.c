// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_init.c - calling entry points: when modules come, when threads come and go, when modules leave. */
#include "ldr.h"

static LIST_ENTRY *init_order(void)
{
    return &NtCurrentPeb()->Ldr->InInitializationOrderModuleList;
}

static struct ldr_module *from_init_link(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct ldr_module, entry.InInitializationOrderLinks);
}

static bool call_entry(struct ldr_module *module, ULONG reason, PVOID reserved)
{
    ldr_tls_callbacks(module, reason, reserved);
    if (module->entry.EntryPoint == NULL)
        return true;
    return start_call_entry(module->entry.EntryPoint, module->entry.DllBase, reason, reserved) & 0xFF;
}

static struct ldr_module *next_to_initialise(void)
{
    for (LIST_ENTRY *at = init_order()->Flink; at != init_order(); at = at->Flink)
        if (!(from_init_link(at)->entry.Flags & LDRP_ENTRY_PROCESSED))
            return from_init_link(at);
    return NULL;
}

/* Tell each new module that it is in the process.  An entry point may load more: so look again after each.
 * => reserved as DllMain sees it: not NULL for modules that the program imports.
 * => on failure *ret_failed is the module that refused. */
NTSTATUS ldr_run_initialisers(PVOID reserved, struct ldr_module **ret_failed)
{
    struct ldr_module *module;
    while ((module = next_to_initialise()) != NULL) {
        module->entry.Flags |= LDRP_ENTRY_PROCESSED;
        if (!(module->entry.Flags & LDRP_IMAGE_DLL))
            continue;
        module->entry.Flags |= LDRP_PROCESS_ATTACH_CALLED;
        if (!call_entry(module, DLL_PROCESS_ATTACH, reserved)) {
            *ret_failed = module;
            return STATUS_DLL_INIT_FAILED;
        }
    }
    return STATUS_SUCCESS;
}

static void notify(struct ldr_module *module, ULONG reason)
{
    if ((module->entry.Flags & LDRP_PROCESS_ATTACH_CALLED) && !(module->entry.Flags & LDRP_DONT_CALL_FOR_THREADS))
        call_entry(module, reason, NULL);
}

/* => DLL_THREAD_ATTACH in the order of initialisation, DLL_THREAD_DETACH backwards. */
void ldr_notify_thread(ULONG reason)
{
    if (reason == DLL_THREAD_ATTACH) {
        for (LIST_ENTRY *at = init_order()->Flink; at != init_order(); at = at->Flink)
            notify(from_init_link(at), reason);
    } else {
        for (LIST_ENTRY *at = init_order()->Blink; at != init_order(); at = at->Blink)
            notify(from_init_link(at), reason);
    }
    ldr_tls_callbacks(ldr_find_base(NtCurrentPeb()->ImageBaseAddress), reason, NULL);
}

/* ---- leaving ---- */

static bool is_root(const struct ldr_module *module)
{
    return module->entry.LoadCount > 0 || (module->entry.Flags & LDRP_UNLOAD_IN_PROGRESS);
}

/* Mark what the roots reach through what they use. */
static void mark_needed(LIST_ENTRY *head)
{
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        struct ldr_module *module = CONTAINING_RECORD(at, struct ldr_module, entry.InLoadOrderLinks);
        module->needed = is_root(module);
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
            struct ldr_module *module = CONTAINING_RECORD(at, struct ldr_module, entry.InLoadOrderLinks);
            for (ULONG i = 0; module->needed && i < module->use_count; i++) {
                changed |= !module->uses[i]->needed;
                module->uses[i]->needed = true;
            }
        }
    }
}

/* The youngest initialised module that is to leave and has not been told. */
static struct ldr_module *next_to_detach(void)
{
    for (LIST_ENTRY *at = init_order()->Blink; at != init_order(); at = at->Blink) {
        struct ldr_module *module = from_init_link(at);
        if (module->leaving && (module->entry.Flags & LDRP_PROCESS_ATTACH_CALLED))
            return module;
    }
    return NULL;
}

/* Unload what nobody needs any more, circles included.
 * => a DllMain that is told may free more: that sweep takes those that leave here for roots and lets them be. */
void ldr_sweep(void)
{
    LIST_ENTRY *head = &NtCurrentPeb()->Ldr->InLoadOrderModuleList;
    static ULONG depth;
    struct ldr_module *module;
    mark_needed(head);
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        module = CONTAINING_RECORD(at, struct ldr_module, entry.InLoadOrderLinks);
        if (!module->needed) {
            module->leaving = true;
            module->entry.Flags |= LDRP_UNLOAD_IN_PROGRESS;
        }
    }
    depth++;
    while ((module = next_to_detach()) != NULL) {
        module->entry.Flags &= ~LDRP_PROCESS_ATTACH_CALLED;
        call_entry(module, DLL_PROCESS_DETACH, NULL);
    }
    if (--depth > 0) /* the outermost sweep removes them all */
        return;
    for (LIST_ENTRY *at = head->Blink, *next; at != head; at = next) {
        module = CONTAINING_RECORD(at, struct ldr_module, entry.InLoadOrderLinks);
        next = at->Blink;
        if (!module->leaving)
            continue;
        PVOID base = module->entry.DllBase;
        ldr_remove_module(module);
        NtUnmapViewOfSection(NtCurrentProcess(), base);
    }
}

/* Give back a reference that a program holds. */
void ldr_release(struct ldr_module *module)
{
    if (module->entry.LoadCount == LDR_PINNED || module->entry.LoadCount == 0)
        return;
    if (--module->entry.LoadCount == 0)
        ldr_sweep();
}

NTSTATUS NTAPI LdrShutdownThread(VOID)
{
    PTEB teb = NtCurrentTeb();
    fls_detach_thread();
    RtlEnterCriticalSection(&ldr_lock);
    ldr_notify_thread(DLL_THREAD_DETACH);
    ldr_tls_detach_thread();
    RtlLeaveCriticalSection(&ldr_lock);
    heap_free(teb->TlsExpansionSlots);
    teb->TlsExpansionSlots = NULL;
    return STATUS_SUCCESS;
}

static HANDLE shutdown_thread;

bool ldr_is_shutting_down(void)
{
    return shutdown_thread != NULL && shutdown_thread == NtCurrentTeb()->ClientId.UniqueThread;
}

/* => runs once; other threads are gone, and one may have died with any lock. */
NTSTATUS NTAPI LdrShutdownProcess(VOID)
{
    if (shutdown_thread != NULL || NtCurrentPeb()->Ldr == NULL)
        return STATUS_SUCCESS;
    shutdown_thread = NtCurrentTeb()->ClientId.UniqueThread;
    fls_detach_thread();
    RtlEnterCriticalSection(&ldr_lock);
    for (LIST_ENTRY *at = init_order()->Blink, *next; at != init_order(); at = next) {
        struct ldr_module *module = from_init_link(at);
        next = at->Blink;
        if (!(module->entry.Flags & LDRP_PROCESS_ATTACH_CALLED))
            continue;
        module->entry.Flags &= ~LDRP_PROCESS_ATTACH_CALLED;
        call_entry(module, DLL_PROCESS_DETACH, (PVOID)1);
    }
    struct ldr_module *program = ldr_find_base(NtCurrentPeb()->ImageBaseAddress);
    if (program != NULL)
        ldr_tls_callbacks(program, DLL_PROCESS_DETACH, (PVOID)1);
    RtlLeaveCriticalSection(&ldr_lock);
    return STATUS_SUCCESS;
}
