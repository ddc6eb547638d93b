/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console_control.c - control events: who is asked about them, and how they are sent.
 *
 * All processes of the machine share its console.  An event comes as a thread of its own in each process, which asks
 * the handlers, the newest first; when none takes it, the process ends.  kernel32 is where it is in all processes of a
 * width: so the routine of one is the routine of the others. */
#define PSAPI_VERSION 2
#include "k32.h"
#include <psapi.h>

enum { IGNORES_CTRL_C = 1 }; /* in ConsoleFlags, which children inherit */

struct handler {
    PHANDLER_ROUTINE routine;
    struct handler *next;
};

static struct handler *handlers; /* newest first */
static RTL_CRITICAL_SECTION lock;
static RTL_RUN_ONCE lock_made = RTL_RUN_ONCE_INIT;

static ULONG NTAPI make_lock(PRTL_RUN_ONCE once, void *parameter, void **context)
{
    (void)once, (void)parameter, (void)context;
    return NT_SUCCESS(RtlInitializeCriticalSection(&lock));
}

static bool take_lock(void)
{
    if (!NT_SUCCESS(RtlRunOnceExecuteOnce(&lock_made, make_lock, NULL, NULL)))
        return false;
    RtlEnterCriticalSection(&lock);
    return true;
}

static BOOL add(PHANDLER_ROUTINE routine)
{
    struct handler *new = RtlAllocateHeap(RtlProcessHeap(), 0, sizeof *new);

    if (new == NULL)
        return k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    *new = (struct handler){routine, handlers};
    handlers = new;
    return TRUE;
}

static BOOL drop(PHANDLER_ROUTINE routine)
{
    for (struct handler **at = &handlers; *at != NULL; at = &(*at)->next) {
        struct handler *old = *at;
        if (old->routine == routine) {
            *at = old->next;
            k32_free(old);
            return TRUE;
        }
    }
    return k32_fail_with(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE routine, BOOL adding)
{
    if (!take_lock())
        return k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    BOOL done = TRUE;
    ULONG *flags = &NtCurrentPeb()->ProcessParameters->ConsoleFlags;
    if (routine == NULL)
        *flags = adding ? *flags | IGNORES_CTRL_C : *flags & ~(ULONG)IGNORES_CTRL_C;
    else
        done = adding ? add(routine) : drop(routine);
    RtlLeaveCriticalSection(&lock);
    return done;
}

/* => the routine number i from the newest on; NULL: there are no more. */
static PHANDLER_ROUTINE routine_at(ULONG i)
{
    PHANDLER_ROUTINE routine = NULL;

    if (!take_lock())
        return NULL;
    const struct handler *at = handlers;
    while (at != NULL && i-- > 0)
        at = at->next;
    if (at != NULL)
        routine = at->routine;
    RtlLeaveCriticalSection(&lock);
    return routine;
}

/* The thread of an event. */
static DWORD WINAPI control_routine(void *argument)
{
    DWORD event = (DWORD)(ULONG_PTR)argument;
    PHANDLER_ROUTINE routine;

    if (event == CTRL_C_EVENT && (NtCurrentPeb()->ProcessParameters->ConsoleFlags & IGNORES_CTRL_C))
        return 0;
    for (ULONG i = 0; (routine = routine_at(i)) != NULL; i++) {
        if (routine(event))
            return 0;
    }
    ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
}

static NTSTATUS send(DWORD id, DWORD event)
{
    HANDLE process =
        id == GetCurrentProcessId()
            ? NtCurrentProcess()
            : OpenProcess(PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_QUERY_INFORMATION,
                          FALSE, id);
    HANDLE thread;

    if (process == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = RtlCreateUserThread(process, NULL, FALSE, 0, 0, 0, (PVOID)control_routine,
                                          (PVOID)(ULONG_PTR)event, &thread, NULL);
    if (NT_SUCCESS(status))
        NtClose(thread);
    if (process != NtCurrentProcess())
        NtClose(process);
    return status;
}

/* A process that is just ending gets no thread any more: that is no failure of the event. */
static BOOL send_to_all(DWORD event)
{
    enum { MOST = 1024 };
    DWORD *ids = RtlAllocateHeap(RtlProcessHeap(), 0, MOST * sizeof *ids), bytes = 0, own = GetCurrentProcessId();

    if (ids == NULL)
        return k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    BOOL done = K32EnumProcesses(ids, MOST * sizeof *ids, &bytes);
    for (DWORD i = 0; done && i < bytes / sizeof *ids; i++) {
        if (ids[i] > 4 && ids[i] != own) /* 0 and 4 are the system's */
            send(ids[i], event);
    }
    k32_free(ids);
    if (!done)
        return FALSE;
    NTSTATUS status = send(own, event);
    return k32_done(status);
}

/* A group is the process that it is named for: that its children belong to it is not kept.  Documented of CTRL+C: to a
 * group, it succeeds and nobody receives it. */
BOOL WINAPI GenerateConsoleCtrlEvent(DWORD event, DWORD group)
{
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (group == 0)
        return send_to_all(event);
    if (event == CTRL_C_EVENT)
        return TRUE;
    NTSTATUS status = send(group, event);
    return k32_done(status);
}
