/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread.c - threads. */
#include "k32.h"

HANDLE WINAPI GetCurrentThread(void)
{
    return NtCurrentThread();
}

DWORD WINAPI GetCurrentThreadId(void)
{
    return (DWORD)(ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread;
}

DWORD WINAPI GetCurrentProcessorNumber(void)
{
    return 0; /* one virtual CPU */
}

/* => the size is what to commit, or with STACK_SIZE_PARAM_IS_A_RESERVATION what to reserve; 0: as the program says. */
HANDLE WINAPI CreateRemoteThread(HANDLE process, SECURITY_ATTRIBUTES *security, SIZE_T stack_size,
                                 LPTHREAD_START_ROUTINE routine, void *argument, DWORD flags, DWORD *ret_id)
{
    bool reserve = flags & STACK_SIZE_PARAM_IS_A_RESERVATION;
    struct k32_object object;
    HANDLE thread;
    CLIENT_ID id;

    k32_object(security, NULL, 0, &object);
    const struct user_thread request = {.attributes = &object.attributes,
                                        .routine = (void *)routine,
                                        .argument = argument,
                                        .stack_reserve = reserve ? stack_size : 0,
                                        .stack_commit = reserve ? 0 : stack_size,
                                        .suspended = (flags & CREATE_SUSPENDED) != 0};
    NTSTATUS status = RtlMakeUserThread(process, &request, &thread, &id);
    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return NULL;
    }
    if (ret_id != NULL)
        *ret_id = (DWORD)(ULONG_PTR)id.UniqueThread;
    return thread;
}

HANDLE WINAPI CreateThread(SECURITY_ATTRIBUTES *security, SIZE_T stack_size, LPTHREAD_START_ROUTINE routine,
                           void *argument, DWORD flags, DWORD *ret_id)
{
    return CreateRemoteThread(NtCurrentProcess(), security, stack_size, routine, argument, flags, ret_id);
}

HANDLE WINAPI OpenThread(DWORD access, BOOL inherit, DWORD id)
{
    CLIENT_ID client = {NULL, (HANDLE)(ULONG_PTR)id};
    OBJECT_ATTRIBUTES oa;
    HANDLE thread = NULL;

    InitializeObjectAttributes(&oa, NULL, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    NTSTATUS status = NtOpenThread(&thread, access, &oa, &client);
    return k32_opened(status, thread);
}

void WINAPI ExitThread(DWORD code)
{
    RtlExitUserThread((NTSTATUS)code);
}

BOOL WINAPI TerminateThread(HANDLE thread, DWORD code)
{
    if (thread == NULL)
        return k32_fail_with(ERROR_INVALID_HANDLE);
    NTSTATUS status = NtTerminateThread(thread, (NTSTATUS)code);
    return k32_done(status);
}

static bool query_thread(HANDLE thread, THREAD_BASIC_INFORMATION *info)
{
    NTSTATUS status = NtQueryInformationThread(thread, ThreadBasicInformation, info, sizeof *info, NULL);

    return NT_SUCCESS(status) ? true : k32_fail(status);
}

DWORD WINAPI GetThreadId(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info;

    return query_thread(thread, &info) ? (DWORD)(ULONG_PTR)info.ClientId.UniqueThread : 0;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info;

    return query_thread(thread, &info) ? (DWORD)(ULONG_PTR)info.ClientId.UniqueProcess : 0;
}

BOOL WINAPI GetExitCodeThread(HANDLE thread, DWORD *code)
{
    THREAD_BASIC_INFORMATION info;

    if (!query_thread(thread, &info))
        return FALSE;
    *code = (DWORD)info.ExitStatus;
    return TRUE;
}

enum { COUNT_FAILED = ~0u };

DWORD WINAPI SuspendThread(HANDLE thread)
{
    ULONG previous;
    NTSTATUS status = NtSuspendThread(thread, &previous);

    if (NT_SUCCESS(status))
        return previous;
    k32_fail(status);
    return COUNT_FAILED;
}

DWORD WINAPI ResumeThread(HANDLE thread)
{
    ULONG previous;
    NTSTATUS status = NtResumeThread(thread, &previous);

    if (NT_SUCCESS(status))
        return previous;
    k32_fail(status);
    return COUNT_FAILED;
}

BOOL WINAPI GetThreadContext(HANDLE thread, CONTEXT *context)
{
    NTSTATUS status = NtGetContextThread(thread, context);
    return k32_done(status);
}

BOOL WINAPI SetThreadContext(HANDLE thread, const CONTEXT *context)
{
    NTSTATUS status = NtSetContextThread(thread, (CONTEXT *)(ULONG_PTR)context);
    return k32_done(status);
}

DWORD WINAPI QueueUserAPC(PAPCFUNC function, HANDLE thread, ULONG_PTR argument)
{
    NTSTATUS status = NtQueueApcThread(thread, (void *)RtlDispatchAPC, (void *)function, (void *)argument, NULL);
    return (DWORD)k32_done(status);
}

BOOL WINAPI SwitchToThread(void)
{
    return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED;
}

BOOL WINAPI GetThreadTimes(HANDLE thread, FILETIME *created, FILETIME *exited, FILETIME *kernel, FILETIME *user)
{
    KERNEL_USER_TIMES times;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadTimes, &times, sizeof times, NULL);

    if (NT_SUCCESS(status))
        k32_give_times(&times, created, exited, kernel, user);
    return k32_done(status);
}

BOOL WINAPI GetThreadIOPendingFlag(HANDLE thread, BOOL *ret_pending)
{
    ULONG pending;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadIsIoPending, &pending, sizeof pending, NULL);

    if (NT_SUCCESS(status))
        *ret_pending = pending != 0;
    return k32_done(status);
}
