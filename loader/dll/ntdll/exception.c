// SPDX-License-Identifier: GPL-2.0-or-later
/* exception.c - the parts of exception handling that do not depend on the processor: vectored handlers, raising.
 *
 * A vectored handler may remove itself or others, and may leave by longjmp.  So the lock is not held while one runs;
 * a node that is running carries a reference and leaves the list when the last reference goes. */
#include "ntdll.h"

struct vectored_handler {
    LIST_ENTRY links;
    PVECTORED_EXCEPTION_HANDLER routine;
    ULONG references;
};

static LIST_ENTRY handlers = {&handlers, &handlers};
static RTL_CRITICAL_SECTION handlers_lock;

void exception_init(void)
{
    RtlInitializeCriticalSection(&handlers_lock);
}

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER routine)
{
    struct vectored_handler *node = heap_alloc(sizeof(*node));
    if (node == NULL)
        return NULL;
    node->routine = routine;
    node->references = 1;
    RtlEnterCriticalSection(&handlers_lock);
    if (first)
        list_insert_head(&handlers, &node->links);
    else
        list_insert_tail(&handlers, &node->links);
    RtlLeaveCriticalSection(&handlers_lock);
    return node;
}

/* => the lock is held. */
static void release_handler(struct vectored_handler *node)
{
    if (--node->references > 0)
        return;
    list_remove(&node->links);
    heap_free(node);
}

ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID handle)
{
    ULONG removed = 0;
    RtlEnterCriticalSection(&handlers_lock);
    for (LIST_ENTRY *at = handlers.Flink; at != &handlers; at = at->Flink) {
        struct vectored_handler *node = CONTAINING_RECORD(at, struct vectored_handler, links);
        if (node != handle || node->routine == NULL)
            continue;
        node->routine = NULL; /* removed, though it may still be running */
        release_handler(node);
        removed = 1;
        break;
    }
    RtlLeaveCriticalSection(&handlers_lock);
    return removed;
}

bool exception_call_vectored(PEXCEPTION_RECORD record, PCONTEXT context)
{
    EXCEPTION_POINTERS pointers = {record, context};
    bool handled = false;
    if (list_is_empty(&handlers))
        return false;
    RtlEnterCriticalSection(&handlers_lock);
    LIST_ENTRY *at = handlers.Flink;
    while (at != &handlers && !handled) {
        struct vectored_handler *node = CONTAINING_RECORD(at, struct vectored_handler, links);
        PVECTORED_EXCEPTION_HANDLER routine = node->routine;
        if (routine == NULL) {
            at = at->Flink;
            continue;
        }
        node->references++;
        RtlLeaveCriticalSection(&handlers_lock);
        handled = routine(&pointers) == EXCEPTION_CONTINUE_EXECUTION;
        RtlEnterCriticalSection(&handlers_lock);
        at = at->Flink;
        release_handler(node);
    }
    RtlLeaveCriticalSection(&handlers_lock);
    return handled;
}

VOID NTAPI RtlRaiseStatus(NTSTATUS status)
{
    EXCEPTION_RECORD record = {0};
    record.ExceptionCode = status;
    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    RtlRaiseException(&record);
}

/* Pointers are kept as they are: nothing here needs hiding from the person who traces it. */
PVOID NTAPI RtlEncodePointer(PVOID pointer)
{
    return pointer;
}

PVOID NTAPI RtlDecodePointer(PVOID pointer)
{
    return pointer;
}
