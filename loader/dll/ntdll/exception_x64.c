// SPDX-License-Identifier: GPL-2.0-or-later
/* exception_x64.c - frame-based exception handling on x64: handlers are found by the unwind data, nothing is linked.
 *
 * Dispatching walks up with a copy of the context and asks the handler of each function.  Unwinding walks up again,
 * from where RtlUnwindEx was called, and asks each handler to clean up, until the target frame is reached; the context
 * of that frame is then made the thread's.
 *
 * Handlers run above a frame of ours (start_x64.S).  An exception in a handler meets that frame on its way up:
 *   in the search    its guard answers NESTED, with the frame that was being asked
 *   in an unwind     its guard answers COLLIDED, and hands over where the unwind was: the walk goes on from there, and
 *                    with the scope behind the one that was running, so that nothing is cleaned up twice */
#include "unwind_x64.h"

typedef EXCEPTION_DISPOSITION (*handler_call)(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                              PDISPATCHER_CONTEXT dispatcher);

/* start_x64.S */
EXCEPTION_DISPOSITION exception_call_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                             PDISPATCHER_CONTEXT dispatcher);
EXCEPTION_DISPOSITION exception_call_unwind_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                    PDISPATCHER_CONTEXT dispatcher);
void exception_guarded_recover(void);

EXCEPTION_DISPOSITION exception_dispatch_guard(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                               PDISPATCHER_CONTEXT dispatcher);
EXCEPTION_DISPOSITION exception_unwind_guard(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                             PDISPATCHER_CONTEXT dispatcher);
EXCEPTION_DISPOSITION exception_guarded_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                PDISPATCHER_CONTEXT dispatcher);

#define UNWIND_FLAGS (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND | EXCEPTION_TARGET_UNWIND | EXCEPTION_COLLIDED_UNWIND)

/* The dispatcher context that a frame of exception_call_*handler keeps. */
static PDISPATCHER_CONTEXT guarded_dispatcher(PVOID frame)
{
    return *(PDISPATCHER_CONTEXT *)((PUCHAR)frame + 0x20);
}

EXCEPTION_DISPOSITION exception_dispatch_guard(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                               PDISPATCHER_CONTEXT dispatcher)
{
    (void)context;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    dispatcher->EstablisherFrame = guarded_dispatcher(frame)->EstablisherFrame;
    return ExceptionNestedException;
}

EXCEPTION_DISPOSITION exception_unwind_guard(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                             PDISPATCHER_CONTEXT dispatcher)
{
    ULONG64 target_ip = dispatcher->TargetIp; /* of the unwind that is going on now */
    (void)record;
    (void)context;
    *dispatcher = *guarded_dispatcher(frame);
    dispatcher->TargetIp = target_ip;
    return ExceptionCollidedUnwind;
}

static void fill_dispatcher(PDISPATCHER_CONTEXT dispatcher, const struct unwind_step *step, PCONTEXT context)
{
    dispatcher->ControlPc = step->pc;
    dispatcher->ImageBase = step->image;
    dispatcher->FunctionEntry = step->function;
    dispatcher->EstablisherFrame = step->frame;
    dispatcher->ContextRecord = context;
    dispatcher->LanguageHandler = step->handler;
    dispatcher->HandlerData = step->handler_data;
    dispatcher->HistoryTable = NULL;
    dispatcher->ScopeIndex = 0;
    dispatcher->Fill0 = 0;
}

/* Take over the walk of an unwind that was cut short: the context is that of its frame, one step is still to be done.
 * => the handler in the dispatcher context is called again, from the scope that it had come to. */
static bool resume_walk(struct unwind_step *step, const DISPATCHER_CONTEXT *dispatcher)
{
    step->pc = dispatcher->ControlPc;
    step->image = dispatcher->ImageBase;
    step->function = dispatcher->FunctionEntry;
    bool sound = unwind_frame(step);
    step->frame = dispatcher->EstablisherFrame;
    return sound;
}

/* ---- the search ---- */

/* Ask one frame. => false: the search is over, with *ret_handled. */
static bool ask_frame(PEXCEPTION_RECORD record, PCONTEXT context, struct unwind_step *step, ULONG_PTR *nested,
                      bool *ret_handled)
{
    DISPATCHER_CONTEXT dispatcher;
    fill_dispatcher(&dispatcher, step, step->context);
    for (;;) {
        EXCEPTION_DISPOSITION answer = exception_call_handler(record, (PVOID)step->frame, context, &dispatcher);
        if (*nested == step->frame) {
            record->ExceptionFlags &= ~EXCEPTION_NESTED_CALL;
            *nested = 0;
        }
        switch (answer) {
        case ExceptionContinueExecution:
            if (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
                exception_raise_status(STATUS_NONCONTINUABLE_EXCEPTION, record);
            *ret_handled = true;
            return false;
        case ExceptionContinueSearch: return true;
        case ExceptionNestedException:
            record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
            if (dispatcher.EstablisherFrame > *nested)
                *nested = dispatcher.EstablisherFrame;
            return true;
        case ExceptionCollidedUnwind:
            *step->context = *dispatcher.ContextRecord;
            if (!resume_walk(step, &dispatcher)) {
                record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
                *ret_handled = false;
                return false;
            }
            dispatcher.ContextRecord = step->context;
            continue;
        default: exception_raise_status(STATUS_INVALID_DISPOSITION, record);
        }
    }
}

bool exception_dispatch_to_frames(PEXCEPTION_RECORD record, PCONTEXT context)
{
    CONTEXT walk = *context;
    struct unwind_step step = {.handler_type = UNW_FLAG_EHANDLER, .stack = unwind_thread_stack(), .context = &walk};
    ULONG_PTR nested = 0;
    bool handled;
    do {
        if (!unwind_next(&step)) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return false;
        }
        if (step.handler != NULL && !ask_frame(record, context, &step, &nested, &handled))
            return handled;
    } while (walk.Rip != 0); /* the outermost frame returns to 0 */
    return false;
}

/* ---- raising ---- */

/* Make a context that was captured in the function that calls this describe that function's caller. */
static void to_caller(PCONTEXT context)
{
    struct unwind_step step = {.stack = {0, (ULONG_PTR)-1}, .context = context};
    unwind_next(&step);
}

VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD record)
{
    CONTEXT context;
    RtlCaptureContext(&context);
    to_caller(&context);
    record->ExceptionAddress = (PVOID)context.Rip;
    exception_raise(record, &context);
}

/* ---- unwinding ---- */

struct unwind {
    ULONG_PTR target; /* 0: exit unwind */
    ULONG_PTR target_ip;
    PVOID result;
    PEXCEPTION_RECORD record;
    ULONG flags;
    PCONTEXT current; /* of the frame that is being unwound */
    PCONTEXT above;   /* of its caller */
};

/* Make two contexts of one walk equal again: they differ in nothing else, and this is done at each frame. */
static void copy_walk(PCONTEXT to, const CONTEXT *from)
{
    const DWORD64 *in = &from->Rbx;
    for (DWORD64 *out = &to->Rbx; out <= &to->Rip;)
        *out++ = *in++;
    for (ULONG i = 6; i < 16; i++)
        to->FltSave.XmmRegisters[i] = from->FltSave.XmmRegisters[i];
}

/* Let the handler of a frame clean up.
 * => a collided unwind moves the walk to another frame. */
static void clean_up_frame(struct unwind *u, struct unwind_step *step)
{
    DISPATCHER_CONTEXT dispatcher;
    fill_dispatcher(&dispatcher, step, u->current);
    dispatcher.TargetIp = u->target_ip;
    for (;;) {
        if (step->frame == u->target)
            u->flags |= EXCEPTION_TARGET_UNWIND;
        u->record->ExceptionFlags = (u->record->ExceptionFlags & ~UNWIND_FLAGS) | u->flags;
        u->current->Rax = (ULONG_PTR)u->result;
        EXCEPTION_DISPOSITION answer =
            exception_call_unwind_handler(u->record, (PVOID)step->frame, u->current, &dispatcher);
        u->flags &= ~(EXCEPTION_COLLIDED_UNWIND | EXCEPTION_TARGET_UNWIND);
        if (answer == ExceptionContinueSearch)
            return;
        if (answer != ExceptionCollidedUnwind)
            exception_raise_status(STATUS_INVALID_DISPOSITION, u->record);
        *u->current = *dispatcher.ContextRecord;
        *u->above = *u->current;
        step->context = u->above;
        if (!resume_walk(step, &dispatcher))
            exception_raise_status(STATUS_BAD_STACK, u->record);
        dispatcher.ContextRecord = u->current;
        dispatcher.TargetIp = u->target_ip;
        u->flags |= EXCEPTION_COLLIDED_UNWIND;
    }
}

/* => returns when the target is reached (true) or there are no more frames (false). */
static bool unwind_to_target(struct unwind *u)
{
    struct unwind_step step = {.handler_type = UNW_FLAG_UHANDLER, .stack = unwind_thread_stack()};
    *u->above = *u->current;
    for (;;) {
        copy_walk(u->above, u->current);
        step.context = u->above;
        if (!unwind_next(&step))
            exception_raise_status(STATUS_BAD_STACK, u->record);
        if (u->target != 0 && step.frame > u->target)
            exception_raise_status(STATUS_INVALID_UNWIND_TARGET, u->record);
        if (step.handler != NULL)
            clean_up_frame(u, &step);
        if (step.frame == u->target && step.function != NULL)
            return true;
        PCONTEXT done = u->current;
        u->current = u->above;
        u->above = done;
        if (u->current->Rip == 0)
            return false;
    }
}

VOID NTAPI RtlUnwindEx(PVOID target, PVOID target_ip, PEXCEPTION_RECORD record, PVOID result, PCONTEXT context,
                       PUNWIND_HISTORY_TABLE history)
{
    CONTEXT other;
    EXCEPTION_RECORD own;
    (void)history;
    RtlCaptureContext(context);
    to_caller(context);
    if (record == NULL) {
        memset(&own, 0, sizeof(own));
        own.ExceptionCode = STATUS_UNWIND;
        own.ExceptionAddress = (PVOID)context->Rip;
        record = &own;
    }
    struct unwind u = {.target = (ULONG_PTR)target,
                       .target_ip = (ULONG_PTR)target_ip,
                       .result = result,
                       .record = record,
                       .flags = EXCEPTION_UNWINDING | (target == NULL ? EXCEPTION_EXIT_UNWIND : 0),
                       .current = context,
                       .above = &other};
    bool reached = unwind_to_target(&u);
    if (!reached)
        start_failed(NtRaiseException(record, u.current, FALSE));
    u.current->Rax = (ULONG_PTR)result;
    if (record->ExceptionCode != (DWORD)STATUS_UNWIND_CONSOLIDATE)
        u.current->Rip = (ULONG_PTR)target_ip;
    RtlRestoreContext(u.current, record);
}

VOID NTAPI RtlUnwind(PVOID target, PVOID target_ip, PEXCEPTION_RECORD record, PVOID result)
{
    CONTEXT context;
    RtlUnwindEx(target, target_ip, record, result, &context, NULL);
}

/* ---- continuing elsewhere ---- */

/* What the C library's setjmp has saved. */
struct jump_buffer {
    ULONG64 frame, rbx, rsp, rbp, rsi, rdi, r12, r13, r14, r15, rip;
    ULONG mxcsr;
    USHORT fpu_control, spare;
    M128A xmm6[10];
};

static void load_jump_buffer(PCONTEXT context, const struct jump_buffer *b)
{
    context->Rbx = b->rbx;
    context->Rsp = b->rsp;
    context->Rbp = b->rbp;
    context->Rsi = b->rsi;
    context->Rdi = b->rdi;
    context->R12 = b->r12;
    context->R13 = b->r13;
    context->R14 = b->r14;
    context->R15 = b->r15;
    context->Rip = b->rip;
    context->MxCsr = b->mxcsr;
    context->FltSave.MxCsr = b->mxcsr;
    context->FltSave.ControlWord = b->fpu_control;
    memcpy(&context->FltSave.XmmRegisters[6], b->xmm6, sizeof(b->xmm6));
}

/* start_x64.S: call the routine of a consolidating unwind from a frame that leads straight to the context's. */
PVOID exception_call_consolidated(PCONTEXT context, PEXCEPTION_RECORD record);

/* => two records say more than where to go: a longjmp names the buffer, a consolidation the routine that knows. */
VOID __cdecl RtlRestoreContext(PCONTEXT context, PEXCEPTION_RECORD record)
{
    if (record != NULL && record->NumberParameters >= 1) {
        if (record->ExceptionCode == (DWORD)STATUS_LONGJUMP)
            load_jump_buffer(context, (const struct jump_buffer *)record->ExceptionInformation[0]);
        else if (record->ExceptionCode == (DWORD)STATUS_UNWIND_CONSOLIDATE)
            context->Rip = (ULONG_PTR)exception_call_consolidated(context, record);
    }
    start_failed(NtContinue(context, FALSE));
}

/* RtlGuardedCall's frame (start_x64.S): whatever the exception, the call returns its code. */
EXCEPTION_DISPOSITION exception_guarded_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                PDISPATCHER_CONTEXT dispatcher)
{
    ULONG_PTR code = record->ExceptionCode;
    (void)context;
    RtlUnwindEx(frame, (PVOID)exception_guarded_recover, record, (PVOID)code, dispatcher->ContextRecord, NULL);
    return ExceptionContinueSearch;
}
