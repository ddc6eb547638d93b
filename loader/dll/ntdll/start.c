// SPDX-License-Identifier: GPL-2.0-or-later
/* start.c - a thread's first and last function.
 *
 * RtlUserThreadStart stands where NT 5.2 has kernel32!BaseProcessStart and BaseThreadStart: it puts the outermost
 * exception frame on the stack, runs the routine and ends the thread with its result. */
#include "ntdll.h"

EXCEPTION_DISPOSITION __cdecl start_outermost_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                      PVOID dispatcher);

static RTL_UNHANDLED_EXCEPTION_FILTER unhandled_filter;

VOID NTAPI RtlSetUnhandledExceptionFilter(RTL_UNHANDLED_EXCEPTION_FILTER filter)
{
    unhandled_filter = filter;
}

LONG exception_ask_unhandled_filter(EXCEPTION_POINTERS *pointers)
{
    return unhandled_filter != NULL ? unhandled_filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
}

/* A service that does not return came back: nothing sensible can follow. */
VOID NTAPI start_failed(NTSTATUS status)
{
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), status);
}

/* => the other threads die where they are, but not in the middle of the process's parameters or heap. */
VOID NTAPI RtlExitUserProcess(NTSTATUS status)
{
    RtlAcquirePebLock();
    RtlLockHeap(RtlProcessHeap());
    NtTerminateProcess(NULL, status);
    RtlUnlockHeap(RtlProcessHeap());
    RtlReleasePebLock();
    LdrShutdownProcess();
    NtTerminateProcess(NtCurrentProcess(), status);
    start_failed(status);
}

/* => the last thread takes the process with it; a kernel that cannot tell has one thread only. */
VOID NTAPI RtlExitUserThread(NTSTATUS status)
{
    ULONG last = TRUE;
    NTSTATUS known = NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &last, sizeof(last), NULL);
    if (!NT_SUCCESS(known) || last)
        RtlExitUserProcess(status);
    LdrShutdownThread();
    start_leave_stack(NtCurrentTeb()->DeallocationStack, status);
}

/* The handler of a thread's outermost frame. */
EXCEPTION_DISPOSITION __cdecl start_outermost_handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                      PVOID dispatcher)
{
    EXCEPTION_POINTERS pointers = {record, context};
    (void)frame;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    switch (exception_ask_unhandled_filter(&pointers)) {
    case EXCEPTION_CONTINUE_EXECUTION: return ExceptionContinueExecution;
    case EXCEPTION_EXECUTE_HANDLER: start_failed(record->ExceptionCode);
    default: return ExceptionContinueSearch;
    }
}

/* => the frame around this is RtlUserThreadStart's; on x64 its unwind data names the handler. */
VOID NTAPI start_user_thread(LPTHREAD_START_ROUTINE routine, PVOID argument)
{
    RtlExitUserThread((NTSTATUS)routine(argument));
}
