// SPDX-License-Identifier: GPL-2.0-or-later
/* run_once.c - one-time initialisation: one word, 0 before, the context with bit 1 set after.
 *
 *     0 --begin--> RUNNING (RUNNING_ASYNC) --complete--> context | DONE
 *                     ^------------- failed --> 0 */
#include "park.h"

enum { RUNNING = 1, DONE = 2, RUNNING_ASYNC = 3, STATE = 3 };

VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE once)
{
    once->Ptr = NULL;
}

/* Wait until who runs has ended, either way. */
static void wait_for_runner(park_word *word)
{
    struct park_waiter waiter;
    park_enter();
    bool waits = (park_read(word) & STATE) == RUNNING;
    if (waits)
        park_add(&waiter, word, 0);
    park_leave();
    if (waits)
        park_wait(&waiter, NULL);
}

static void end_run(park_word *word, LONG_PTR value)
{
    LIST_ENTRY woken;
    struct park_waiter *waiter;
    list_init(&woken);
    park_enter();
    *word = (PVOID)value;
    while ((waiter = park_first(word)) != NULL) {
        park_take(waiter);
        list_insert_tail(&woken, &waiter->link);
    }
    park_leave();
    while (!list_is_empty(&woken)) {
        waiter = CONTAINING_RECORD(woken.Flink, struct park_waiter, link);
        list_remove(&waiter->link);
        park_wake(waiter);
    }
}

/* => STATUS_SUCCESS: it was done, and *ret_context is the result; STATUS_PENDING: the caller is to do it;
 *    STATUS_UNSUCCESSFUL: only asked (RTL_RUN_ONCE_CHECK_ONLY), and not done. */
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE once, ULONG flags, PVOID *ret_context)
{
    park_word *word = &once->Ptr;
    bool async = flags & RTL_RUN_ONCE_ASYNC, check = flags & RTL_RUN_ONCE_CHECK_ONLY;
    if (flags & ~(ULONG)(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY) || (async && check))
        return STATUS_INVALID_PARAMETER_2;
    for (;;) {
        LONG_PTR now = park_read(word);
        switch (now & STATE) {
        case DONE:
            if (ret_context != NULL)
                *ret_context = (PVOID)(now & ~(LONG_PTR)STATE);
            return STATUS_SUCCESS;
        case 0:
            if (check)
                return STATUS_UNSUCCESSFUL;
            if (park_replace(word, now, async ? RUNNING_ASYNC : RUNNING))
                return STATUS_PENDING;
            break;
        case RUNNING_ASYNC:
            if (check)
                return STATUS_UNSUCCESSFUL;
            return async ? STATUS_PENDING : STATUS_INVALID_PARAMETER_2;
        default:
            if (check)
                return STATUS_UNSUCCESSFUL;
            if (async)
                return STATUS_INVALID_PARAMETER_2;
            wait_for_runner(word);
        }
    }
}

/* => STATUS_OBJECT_NAME_COLLISION: another asynchronous run was quicker. */
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE once, ULONG flags, PVOID context)
{
    park_word *word = &once->Ptr;
    bool async = flags & RTL_RUN_ONCE_ASYNC, failed = flags & RTL_RUN_ONCE_INIT_FAILED;
    if (flags & ~(ULONG)(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED) || (async && failed))
        return STATUS_INVALID_PARAMETER_2;
    if ((ULONG_PTR)context & STATE || (failed && context != NULL))
        return STATUS_INVALID_PARAMETER_3;
    switch (park_read(word) & STATE) {
    case RUNNING:
        if (async)
            return STATUS_INVALID_PARAMETER_2;
        end_run(word, failed ? 0 : (LONG_PTR)context | DONE);
        return STATUS_SUCCESS;
    case RUNNING_ASYNC:
        if (!async)
            return STATUS_INVALID_PARAMETER_2;
        return park_replace(word, RUNNING_ASYNC, (LONG_PTR)context | DONE) ? STATUS_SUCCESS
                                                                           : STATUS_OBJECT_NAME_COLLISION;
    case DONE: return async ? STATUS_OBJECT_NAME_COLLISION : STATUS_UNSUCCESSFUL;
    default: return STATUS_UNSUCCESSFUL;
    }
}

NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE once, PRTL_RUN_ONCE_INIT_FN function, PVOID parameter,
                                     PVOID *ret_context)
{
    PVOID context = NULL;
    NTSTATUS status = RtlRunOnceBeginInitialize(once, 0, ret_context);
    if (status != STATUS_PENDING)
        return status;
    if (!function(once, parameter, &context)) {
        RtlRunOnceComplete(once, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    status = RtlRunOnceComplete(once, 0, context);
    if (NT_SUCCESS(status) && ret_context != NULL)
        *ret_context = context;
    return status;
}
