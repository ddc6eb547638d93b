// SPDX-License-Identifier: GPL-2.0-or-later
/* thread.c - making a thread: its stack, its first registers (nt-reference 6.3, 14.7).
 *
 *     StackBase          +------------+
 *                        | committed  |
 *     StackLimit         +------------+
 *                        | guard page |  unless all of it is committed
 *                        +------------+
 *                        | reserved   |
 *     DeallocationStack  +------------+ */
#include "ntdll.h"

enum { PAGE = 0x1000, GRANULARITY = 0x10000, MEGABYTE = 0x100000 };

static SIZE_T round_up(SIZE_T size, SIZE_T unit)
{
    return (size + unit - 1) & ~(unit - 1);
}

/* What is not given comes from the program's headers. => false: they make no sense. */
static bool choose_sizes(SIZE_T *reserve, SIZE_T *commit)
{
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(NtCurrentPeb()->ImageBaseAddress);
    if (nt == NULL)
        return false;
    if (*reserve == 0)
        *reserve = nt->OptionalHeader.SizeOfStackReserve;
    if (*commit == 0)
        *commit = nt->OptionalHeader.SizeOfStackCommit;
    if (*commit < NtCurrentPeb()->MinimumStackCommit)
        *commit = NtCurrentPeb()->MinimumStackCommit;
    if (*commit == 0)
        *commit = PAGE;
    if (*reserve > (SIZE_T)-1 - MEGABYTE || *commit > (SIZE_T)-1 - MEGABYTE)
        return false;
    *commit = round_up(*commit, PAGE);
    if (*commit >= *reserve)
        *reserve = round_up(*commit, MEGABYTE);
    *reserve = round_up(*reserve, GRANULARITY);
    return true;
}

static NTSTATUS commit_stack(HANDLE process, PINITIAL_TEB stack, SIZE_T reserve, SIZE_T commit)
{
    ULONG_PTR top = (ULONG_PTR)stack->StackBase;
    PVOID guard = (PVOID)(top - commit - PAGE), at = stack->StackLimit;
    SIZE_T size = commit, guard_size = PAGE;
    NTSTATUS status = NtAllocateVirtualMemory(process, &at, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    if (!NT_SUCCESS(status) || reserve < commit + PAGE)
        return status;
    return NtAllocateVirtualMemory(process, &guard, 0, &guard_size, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
}

static void free_stack(HANDLE process, PINITIAL_TEB stack)
{
    PVOID base = stack->AllocatedStackBase;
    SIZE_T size = 0;
    NtFreeVirtualMemory(process, &base, &size, MEM_RELEASE);
}

static NTSTATUS make_stack(HANDLE process, const struct user_thread *thread, PINITIAL_TEB ret_stack)
{
    SIZE_T reserve = thread->stack_reserve, commit = thread->stack_commit;
    PVOID base = NULL;
    if (!choose_sizes(&reserve, &commit))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = NtAllocateVirtualMemory(process, &base, thread->zero_bits, &reserve, MEM_RESERVE, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    ULONG_PTR top = (ULONG_PTR)base + reserve;
    *ret_stack = (INITIAL_TEB){NULL, NULL, (PVOID)top, (PVOID)(top - commit), base};
    status = commit_stack(process, ret_stack, reserve, commit);
    if (!NT_SUCCESS(status))
        free_stack(process, ret_stack);
    return status;
}

static void make_context(const struct user_thread *thread, const INITIAL_TEB *stack, PCONTEXT context)
{
    memset(context, 0, sizeof(*context));
    context->ContextFlags = CONTEXT_FULL;
    context->EFlags = 0x200;
#ifdef _WIN64
    context->SegCs = 0x33;
    context->SegDs = context->SegEs = context->SegSs = context->SegGs = 0x2B;
    context->SegFs = 0x53;
    context->MxCsr = 0x1F80;
    context->FltSave.ControlWord = 0x27F;
    context->FltSave.MxCsr = 0x1F80;
    context->Rip = (ULONG_PTR)RtlUserThreadStart;
    context->Rcx = (ULONG_PTR)thread->routine;
    context->Rdx = (ULONG_PTR)thread->argument;
    context->Rsp = (ULONG_PTR)stack->StackBase - 0x28;
#else
    context->SegCs = 0x1B;
    context->SegDs = context->SegEs = context->SegSs = 0x23;
    context->SegFs = 0x3B;
    context->Eip = (ULONG_PTR)RtlUserThreadStart;
    context->Eax = (ULONG_PTR)thread->routine;
    context->Ebx = (ULONG_PTR)thread->argument;
    context->Esp = (ULONG_PTR)stack->StackBase - 4;
#endif
}

NTSTATUS NTAPI RtlMakeUserThread(HANDLE process, const struct user_thread *thread, PHANDLE ret_thread,
                                 PCLIENT_ID ret_id)
{
    INITIAL_TEB stack;
    CONTEXT context;
    NTSTATUS status = make_stack(process, thread, &stack);
    if (!NT_SUCCESS(status))
        return status;
    make_context(thread, &stack, &context);
    status = NtCreateThread(ret_thread, THREAD_ALL_ACCESS, thread->attributes, process, ret_id, &context, &stack,
                            thread->suspended);
    if (!NT_SUCCESS(status))
        free_stack(process, &stack);
    return status;
}

NTSTATUS NTAPI RtlCreateUserThread(HANDLE process, PSECURITY_DESCRIPTOR security, BOOLEAN suspended, ULONG zero_bits,
                                   SIZE_T stack_reserve, SIZE_T stack_commit, PVOID routine, PVOID argument,
                                   PHANDLE ret_thread, PCLIENT_ID ret_id)
{
    OBJECT_ATTRIBUTES oa;
    HANDLE handle;
    CLIENT_ID id;
    InitializeObjectAttributes(&oa, NULL, 0, NULL, security);
    const struct user_thread thread = {&oa, routine, argument, stack_reserve, stack_commit, zero_bits, suspended};
    NTSTATUS status = RtlMakeUserThread(process, &thread, &handle, &id);
    if (!NT_SUCCESS(status))
        return status;
    if (ret_id != NULL)
        *ret_id = id;
    if (ret_thread != NULL)
        *ret_thread = handle;
    else
        NtClose(handle);
    return status;
}

/* What NtQueueApcThread is given for a Win32 APC, which takes one argument. */
VOID NTAPI RtlDispatchAPC(PAPCFUNC function, PVOID argument, PVOID unused)
{
    (void)unused;
    function((ULONG_PTR)argument);
}
