// SPDX-License-Identifier: GPL-2.0-or-later
/* exception.c - the parts of exception handling that do not depend on the processor: vectored handlers, raising.
 *
 * An exception goes to the vectored handlers, then to the frames of the stack; if one of them continues the execution,
 * the vectored continue handlers hear of it.  What nobody wants goes to the kernel, for its second chance.
 *
 * RtlGuardedCall(body, argument) runs body with a frame that takes every exception, and returns its code or 0; the
 * frame is the processor's business (start_*.S, exception_*.c).
 *
 * A vectored handler may remove itself or others, and may leave by longjmp.  So the lock is not held while one runs;
 * a node that is running carries a reference and leaves the list when the last reference goes. */
#include "ntdll.h"

struct vectored_handler {
    LIST_ENTRY links;
    PVECTORED_EXCEPTION_HANDLER routine;
    ULONG references;
};

static LIST_ENTRY exception_handlers = {&exception_handlers, &exception_handlers};
static LIST_ENTRY continue_handlers = {&continue_handlers, &continue_handlers};
static RTL_CRITICAL_SECTION handlers_lock;

void exception_init(void)
{
    RtlInitializeCriticalSection(&handlers_lock);
}

static PVOID add_handler(LIST_ENTRY *handlers, ULONG first, PVECTORED_EXCEPTION_HANDLER routine)
{
    struct vectored_handler *node = heap_alloc(sizeof(*node));
    if (node == NULL)
        return NULL;
    node->routine = routine;
    node->references = 1;
    RtlEnterCriticalSection(&handlers_lock);
    if (first)
        list_insert_head(handlers, &node->links);
    else
        list_insert_tail(handlers, &node->links);
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

static ULONG remove_handler(LIST_ENTRY *handlers, PVOID handle)
{
    ULONG removed = 0;
    RtlEnterCriticalSection(&handlers_lock);
    for (LIST_ENTRY *at = handlers->Flink; at != handlers; at = at->Flink) {
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

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER routine)
{
    return add_handler(&exception_handlers, first, routine);
}

PVOID NTAPI RtlAddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER routine)
{
    return add_handler(&continue_handlers, first, routine);
}

ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID handle)
{
    return remove_handler(&exception_handlers, handle);
}

ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID handle)
{
    return remove_handler(&continue_handlers, handle);
}

/* => true: one of them said EXCEPTION_CONTINUE_EXECUTION, and the rest was not asked. */
static bool call_handlers(LIST_ENTRY *handlers, PEXCEPTION_RECORD record, PCONTEXT context)
{
    EXCEPTION_POINTERS pointers = {record, context};
    bool handled = false;
    if (list_is_empty(handlers))
        return false;
    RtlEnterCriticalSection(&handlers_lock);
    LIST_ENTRY *at = handlers->Flink;
    while (at != handlers && !handled) {
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

/* => TRUE: continue with the context.  FALSE: nobody wanted it, second chance. */
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD record, PCONTEXT context)
{
    if (!call_handlers(&exception_handlers, record, context) && !exception_dispatch_to_frames(record, context))
        return FALSE;
    call_handlers(&continue_handlers, record, context);
    return TRUE;
}

VOID NTAPI exception_raise(PEXCEPTION_RECORD record, PCONTEXT context)
{
    NTSTATUS status;
    if (NtCurrentPeb()->BeingDebugged)
        status = NtRaiseException(record, context, TRUE);
    else if (RtlDispatchException(record, context))
        status = NtContinue(context, FALSE);
    else
        status = NtRaiseException(record, context, FALSE);
    start_failed(status);
}

void exception_raise_status(NTSTATUS status, PEXCEPTION_RECORD cause)
{
    EXCEPTION_RECORD record = {0};
    record.ExceptionCode = status;
    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    record.ExceptionRecord = cause;
    RtlRaiseException(&record);
    start_failed(status);
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
