// SPDX-License-Identifier: GPL-2.0-or-later
/* exception_x86.c - frame-based exception handling on x86: the chain at FS:[0].
 *
 * A frame counts only if it is 4-aligned, lies inside the thread's stack and its handler does not.  A chain that visits
 * more frames than the stack can hold is a circle, and as invalid as a frame outside. */
#include "ntdll.h"

#ifdef __i386__

#define CHAIN_END ((struct seh_frame *)-1)

struct seh_frame {
    struct seh_frame *next;
    PVOID handler;
};

/* What seh_call_handler puts on the chain around a handler. */
struct seh_guard_frame {
    struct seh_frame frame;
    struct seh_frame *guarded;
};

typedef int (*seh_handler)(PEXCEPTION_RECORD record, struct seh_frame *frame, PCONTEXT context,
                           struct seh_frame **dispatcher);

int seh_call_handler(PEXCEPTION_RECORD record, struct seh_frame *frame, PCONTEXT context, struct seh_frame **dispatcher,
                     PVOID handler, seh_handler guard);
DECLSPEC_NORETURN VOID NTAPI exception_raise(PEXCEPTION_RECORD record, PCONTEXT context);
DECLSPEC_NORETURN VOID NTAPI exception_unwind(struct seh_frame *target, PEXCEPTION_RECORD record, ULONG_PTR result,
                                              PCONTEXT context);

static struct seh_frame *chain_head(void)
{
    return (struct seh_frame *)NtCurrentTeb()->NtTib.ExceptionList;
}

static bool frame_is_valid(const struct seh_frame *frame)
{
    const NT_TIB *tib = &NtCurrentTeb()->NtTib;
    ULONG_PTR low = (ULONG_PTR)tib->StackLimit, high = (ULONG_PTR)tib->StackBase, at = (ULONG_PTR)frame;
    if ((at & 3) != 0 || at < low || at >= high || high - at < sizeof(*frame))
        return false;
    ULONG_PTR handler = (ULONG_PTR)frame->handler;
    return handler < low || handler >= high;
}

static ULONG frames_at_most(void)
{
    const NT_TIB *tib = &NtCurrentTeb()->NtTib;
    return (ULONG)(((ULONG_PTR)tib->StackBase - (ULONG_PTR)tib->StackLimit) / sizeof(struct seh_frame));
}

static DECLSPEC_NORETURN void raise_noncontinuable(NTSTATUS status, PEXCEPTION_RECORD cause)
{
    EXCEPTION_RECORD record = {0};
    record.ExceptionCode = status;
    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    record.ExceptionRecord = cause;
    RtlRaiseException(&record);
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), status);
}

static int dispatch_guard(PEXCEPTION_RECORD record, struct seh_frame *frame, PCONTEXT context,
                          struct seh_frame **dispatcher)
{
    (void)context;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    *dispatcher = CONTAINING_RECORD(frame, struct seh_guard_frame, frame)->guarded;
    return ExceptionNestedException;
}

static int unwind_guard(PEXCEPTION_RECORD record, struct seh_frame *frame, PCONTEXT context,
                        struct seh_frame **dispatcher)
{
    (void)context;
    if (!(record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)))
        return ExceptionContinueSearch;
    *dispatcher = CONTAINING_RECORD(frame, struct seh_guard_frame, frame)->guarded;
    return ExceptionCollidedUnwind;
}

static BOOLEAN dispatch_to_frames(PEXCEPTION_RECORD record, PCONTEXT context)
{
    struct seh_frame *nested = NULL;
    ULONG left = frames_at_most();
    for (struct seh_frame *frame = chain_head(); frame != CHAIN_END; frame = frame->next) {
        if (!frame_is_valid(frame) || left-- == 0) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return FALSE;
        }
        struct seh_frame *dispatcher = NULL;
        int answer = seh_call_handler(record, frame, context, &dispatcher, frame->handler, dispatch_guard);
        if (nested == frame) {
            record->ExceptionFlags &= ~EXCEPTION_NESTED_CALL;
            nested = NULL;
        }
        switch (answer) {
        case ExceptionContinueExecution:
            if (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
                raise_noncontinuable(STATUS_NONCONTINUABLE_EXCEPTION, record);
            return TRUE;
        case ExceptionContinueSearch: break;
        case ExceptionNestedException:
            record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
            if (dispatcher > nested)
                nested = dispatcher;
            break;
        default: raise_noncontinuable(STATUS_INVALID_DISPOSITION, record);
        }
    }
    return FALSE;
}

/* => TRUE: continue with the context.  FALSE: nobody wanted it, second chance. */
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD record, PCONTEXT context)
{
    return exception_call_vectored(record, context) || dispatch_to_frames(record, context);
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
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), status);
}

/* Call the handlers below the target, taking each off the chain, then return to the caller with the result.
 * => target NULL: exit unwind, the whole chain. */
VOID NTAPI exception_unwind(struct seh_frame *target, PEXCEPTION_RECORD record, ULONG_PTR result, PCONTEXT context)
{
    EXCEPTION_RECORD own = {0};
    if (record == NULL) {
        own.ExceptionCode = STATUS_UNWIND;
        own.ExceptionAddress = (PVOID)(ULONG_PTR)context->Eip;
        record = &own;
    }
    record->ExceptionFlags |= EXCEPTION_UNWINDING;
    if (target == NULL)
        record->ExceptionFlags |= EXCEPTION_EXIT_UNWIND;
    context->Eax = (ULONG)result;

    ULONG left = frames_at_most();
    struct seh_frame *frame = chain_head();
    while (frame != CHAIN_END && frame != target) {
        if (target != NULL && frame > target)
            raise_noncontinuable(STATUS_INVALID_UNWIND_TARGET, record);
        if (!frame_is_valid(frame) || left-- == 0)
            raise_noncontinuable(STATUS_BAD_STACK, record);
        struct seh_frame *dispatcher = NULL;
        int answer = seh_call_handler(record, frame, context, &dispatcher, frame->handler, unwind_guard);
        if (answer == ExceptionCollidedUnwind)
            frame = dispatcher;
        else if (answer != ExceptionContinueSearch)
            raise_noncontinuable(STATUS_INVALID_DISPOSITION, record);
        frame = frame->next;
        NtCurrentTeb()->NtTib.ExceptionList = (EXCEPTION_REGISTRATION_RECORD *)frame;
    }
    NTSTATUS status = frame == target ? NtContinue(context, FALSE) : NtRaiseException(record, context, FALSE);
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), status);
}

USHORT NTAPI RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *frames, PULONG hash)
{
    const NT_TIB *tib = &NtCurrentTeb()->NtTib;
    ULONG_PTR low = (ULONG_PTR)__builtin_frame_address(0), high = (ULONG_PTR)tib->StackBase;
    ULONG_PTR at = low;
    ULONG sum = 0;
    USHORT found = 0;
    while (found < count && found < 0xFFFF && at >= low && high - at >= 2 * sizeof(ULONG_PTR) && at < high &&
           (at & 3) == 0) {
        const ULONG_PTR *frame = (const ULONG_PTR *)at;
        if (frame[1] == 0)
            break;
        if (skip > 0) {
            skip--;
        } else {
            frames[found++] = (PVOID)frame[1];
            sum += (ULONG)frame[1];
        }
        low = at + 1; /* frames only ascend */
        at = frame[0];
    }
    if (hash != NULL)
        *hash = sum;
    return found;
}

#endif
