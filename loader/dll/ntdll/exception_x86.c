// SPDX-License-Identifier: GPL-2.0-or-later
/* exception_x86.c - frame-based exception handling on x86: the chain at FS:[0].
 *
 * A frame counts only if it is 4-aligned and lies inside the thread's stack, and if its handler is code that may be
 * one: in an image, what its table of safe handlers (if it has one) lists; elsewhere, executable memory that is not
 * stack. The chain must ascend, for frames that do not are a circle or another thread's.  What does not count ends the
 * search, with EXCEPTION_STACK_INVALID in the record, or the unwind, with STATUS_BAD_STACK. */
#include "ldr.h"

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
DECLSPEC_NORETURN VOID NTAPI exception_unwind(struct seh_frame *target, PEXCEPTION_RECORD record, ULONG_PTR result,
                                              PCONTEXT context);

static struct seh_frame *chain_head(void)
{
    return (struct seh_frame *)NtCurrentTeb()->NtTib.ExceptionList;
}

/* IMAGE_LOAD_CONFIG_DIRECTORY32, as far as the handlers. */
enum { LOAD_CONFIG_TABLE = 0x40, LOAD_CONFIG_COUNT = 0x44, LOAD_CONFIG_END = 0x48 };

/* A handler inside an image.
 * => the table holds sorted RVAs; an image without one accepts all of its code. */
static bool image_allows(PLDR_DATA_TABLE_ENTRY entry, ULONG rva)
{
    const struct ldr_module *module = ldr_from_entry(entry);
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(entry->DllBase);
    if (nt == NULL || (nt->OptionalHeader.DllCharacteristics & IMAGE_DLLCHARACTERISTICS_NO_SEH))
        return false;
    const ULONG *config = ldr_directory(module, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, LOAD_CONFIG_END, NULL);
    if (config == NULL || config[0] < LOAD_CONFIG_END || config[LOAD_CONFIG_TABLE / 4] == 0)
        return true;
    ULONG count = config[LOAD_CONFIG_COUNT / 4];
    if (count > entry->SizeOfImage / sizeof(ULONG))
        return false;
    const ULONG *safe = ldr_at(module, config[LOAD_CONFIG_TABLE / 4] - (ULONG)entry->DllBase, count * sizeof(ULONG));
    for (ULONG i = 0; safe != NULL && i < count; i++)
        if (safe[i] == rva)
            return true;
    return false;
}

static bool handler_is_valid(PVOID handler)
{
    PLDR_DATA_TABLE_ENTRY entry;
    MEMORY_BASIC_INFORMATION info;
    if (NT_SUCCESS(LdrFindEntryForAddress(handler, &entry)))
        return image_allows(entry, (ULONG)((PUCHAR)handler - (PUCHAR)entry->DllBase));
    if (!NT_SUCCESS(
            NtQueryVirtualMemory(NtCurrentProcess(), handler, MemoryBasicInformation, &info, sizeof(info), NULL)))
        return false;
    return info.State == MEM_COMMIT &&
           (info.Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY));
}

/* => below: the frame that named this one; NULL for the first. */
static bool frame_is_valid(const struct seh_frame *frame, const struct seh_frame *below)
{
    const NT_TIB *tib = &NtCurrentTeb()->NtTib;
    ULONG_PTR low = (ULONG_PTR)tib->StackLimit, high = (ULONG_PTR)tib->StackBase, at = (ULONG_PTR)frame;
    if ((at & 3) != 0 || at < low || at >= high || high - at < sizeof(*frame) || frame <= below)
        return false;
    ULONG_PTR handler = (ULONG_PTR)frame->handler;
    return (handler < low || handler >= high) && handler_is_valid(frame->handler);
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

bool exception_dispatch_to_frames(PEXCEPTION_RECORD record, PCONTEXT context)
{
    struct seh_frame *nested = NULL;
    const struct seh_frame *below = NULL;
    for (struct seh_frame *frame = chain_head(); frame != CHAIN_END; below = frame, frame = frame->next) {
        if (!frame_is_valid(frame, below)) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return false;
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
                exception_raise_status(STATUS_NONCONTINUABLE_EXCEPTION, record);
            return true;
        case ExceptionContinueSearch: break;
        case ExceptionNestedException:
            record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
            if (dispatcher > nested)
                nested = dispatcher;
            break;
        default: exception_raise_status(STATUS_INVALID_DISPOSITION, record);
        }
    }
    return false;
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

    const struct seh_frame *below = NULL;
    struct seh_frame *frame = chain_head();
    while (frame != CHAIN_END && frame != target) {
        if (target != NULL && frame > target)
            exception_raise_status(STATUS_INVALID_UNWIND_TARGET, record);
        if (!frame_is_valid(frame, below))
            exception_raise_status(STATUS_BAD_STACK, record);
        struct seh_frame *dispatcher = NULL;
        int answer = seh_call_handler(record, frame, context, &dispatcher, frame->handler, unwind_guard);
        if (answer == ExceptionCollidedUnwind)
            frame = dispatcher;
        else if (answer != ExceptionContinueSearch)
            exception_raise_status(STATUS_INVALID_DISPOSITION, record);
        if (answer == ExceptionContinueSearch || frame != target) { /* an unwind can collide in its target, too */
            below = frame;
            frame = frame->next;
        }
        NtCurrentTeb()->NtTib.ExceptionList = (EXCEPTION_REGISTRATION_RECORD *)frame;
    }
    start_failed(frame == target ? NtContinue(context, FALSE) : NtRaiseException(record, context, FALSE));
}

/* The frame of RtlGuardedCall (start_x86.S): whatever the exception, the call returns its code. */
DECLSPEC_NORETURN void exception_guarded_resume(struct seh_frame *frame, ULONG code);
int exception_guarded_handler(PEXCEPTION_RECORD record, struct seh_frame *frame, PCONTEXT context,
                              struct seh_frame **dispatcher);

int exception_guarded_handler(PEXCEPTION_RECORD record, struct seh_frame *frame, PCONTEXT context,
                              struct seh_frame **dispatcher)
{
    (void)context;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    ULONG code = record->ExceptionCode;
    RtlUnwind(frame, NULL, record, NULL);
    exception_guarded_resume(frame, code);
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
