// SPDX-License-Identifier: GPL-2.0-or-later
/* scope_table_x64.c - __C_specific_handler: __try, __except and __finally as compilers describe them on x64.
 *
 * A scope covers [Begin, End) of its function.  With a jump target it is a __try/__except: the handler is the filter
 * (or 1, always).  Without one it is a __try/__finally: the handler is the block.  Inner scopes stand before outer
 * ones. ScopeIndex says where to begin: it is moved past a __finally before that runs, so that a collided unwind goes
 * on behind it. */
#include "unwind_x64.h"

typedef LONG (*scope_filter)(EXCEPTION_POINTERS *pointers, PVOID frame);
typedef VOID (*scope_termination)(BOOLEAN abnormal, PVOID frame);

#define FILTER_ALWAYS 1

struct scope {
    ULONG begin, end, handler, target;
};

struct scope_table {
    ULONG count;
    struct scope scopes[];
};

/* ntdll exports it; <excpt.h> declares it as an import from the C library. */
EXCEPTION_DISPOSITION __C_specific_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                           PDISPATCHER_CONTEXT dispatcher);

static bool covers(const struct scope *scope, ULONG_PTR rva)
{
    return rva >= scope->begin && rva < scope->end;
}

static EXCEPTION_DISPOSITION search_scopes(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                           PDISPATCHER_CONTEXT dispatcher)
{
    const struct scope_table *table = dispatcher->HandlerData;
    ULONG_PTR base = dispatcher->ImageBase, rva = dispatcher->ControlPc - base;
    EXCEPTION_POINTERS pointers = {record, context};
    for (ULONG i = dispatcher->ScopeIndex; i < table->count; i++) {
        const struct scope *scope = &table->scopes[i];
        if (!covers(scope, rva) || scope->target == 0)
            continue;
        LONG answer = EXCEPTION_EXECUTE_HANDLER;
        if (scope->handler != FILTER_ALWAYS)
            answer = ((scope_filter)(base + scope->handler))(&pointers, frame);
        if (answer < 0)
            return ExceptionContinueExecution;
        if (answer > 0)
            RtlUnwindEx(frame, (PVOID)(base + scope->target), record, (PVOID)(ULONG_PTR)record->ExceptionCode,
                        dispatcher->ContextRecord, dispatcher->HistoryTable);
    }
    return ExceptionContinueSearch;
}

/* => an unwind to a place inside the same scope does not leave it: that scope and those around it stay. */
static EXCEPTION_DISPOSITION unwind_scopes(PEXCEPTION_RECORD record, PVOID frame, PDISPATCHER_CONTEXT dispatcher)
{
    const struct scope_table *table = dispatcher->HandlerData;
    ULONG_PTR base = dispatcher->ImageBase, rva = dispatcher->ControlPc - base, target = dispatcher->TargetIp - base;
    bool at_target = record->ExceptionFlags & EXCEPTION_TARGET_UNWIND;
    for (ULONG i = dispatcher->ScopeIndex; i < table->count; i++) {
        const struct scope *scope = &table->scopes[i];
        if (!covers(scope, rva))
            continue;
        if (at_target && (covers(scope, target) || (scope->target != 0 && scope->target == target)))
            break;
        if (scope->target != 0)
            continue;
        dispatcher->ScopeIndex = i + 1;
        ((scope_termination)(base + scope->handler))(TRUE, frame);
    }
    return ExceptionContinueSearch;
}

EXCEPTION_DISPOSITION __C_specific_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                           PDISPATCHER_CONTEXT dispatcher)
{
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return unwind_scopes(record, frame, dispatcher);
    return search_scopes(record, frame, context, dispatcher);
}

/* goto out of a __finally's __try: unwind to a place in a frame that stays. */
VOID _local_unwind(PVOID frame, PVOID target);
VOID _local_unwind(PVOID frame, PVOID target)
{
    RtlUnwind(frame, target, NULL, NULL);
}
