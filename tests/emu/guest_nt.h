/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_nt.h - native services for guest test programs without a C run-time: threads and processes made as kernel32
 * makes them, but by hand. */
#ifndef GUEST_NT_H
#define GUEST_NT_H

#include <stddef.h>
#include <stdint.h>
#include <windows.h>

typedef LONG NTSTATUS;

struct client_id {
    HANDLE process, thread;
};

struct initial_teb {
    void *old_base, *old_limit, *base, *limit, *allocation;
};

struct unicode_string {
    USHORT length, maximum;
    WCHAR *buffer;
};

struct object_attributes {
    ULONG length;
    HANDLE root;
    struct unicode_string *name;
    ULONG attributes;
    void *security, *quality;
};

struct process_basic {
    NTSTATUS exit_status;
    char *peb;
    ULONG_PTR affinity;
    LONG base_priority;
    ULONG_PTR id, parent;
};

struct thread_basic {
    NTSTATUS exit_status;
    void *teb;
    struct client_id id;
    ULONG_PTR affinity;
    LONG priority, base_priority;
};

#define NT(name, ...) NTSYSAPI NTSTATUS NTAPI Nt##name(__VA_ARGS__)
NT(AlertThread, HANDLE);
NT(AllocateVirtualMemory, HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
NT(CancelTimer, HANDLE, BOOLEAN *);
NT(Close, HANDLE);
NT(CreateEvent, HANDLE *, ACCESS_MASK, void *, ULONG, BOOLEAN);
NT(CreateKeyedEvent, HANDLE *, ACCESS_MASK, void *, ULONG);
NT(CreateMutant, HANDLE *, ACCESS_MASK, void *, BOOLEAN);
NT(CreateProcessEx, HANDLE *, ACCESS_MASK, void *, HANDLE, ULONG, HANDLE, HANDLE, HANDLE, ULONG);
NT(CreateSection, HANDLE *, ACCESS_MASK, void *, LARGE_INTEGER *, ULONG, ULONG, HANDLE);
NT(CreateSemaphore, HANDLE *, ACCESS_MASK, void *, LONG, LONG);
NT(CreateThread, HANDLE *, ACCESS_MASK, void *, HANDLE, struct client_id *, CONTEXT *, struct initial_teb *, BOOLEAN);
NT(CreateTimer, HANDLE *, ACCESS_MASK, void *, ULONG);
NT(DelayExecution, BOOLEAN, LARGE_INTEGER *);
NT(DuplicateObject, HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK, ULONG, ULONG);
NT(GetContextThread, HANDLE, CONTEXT *);
NT(OpenFile, HANDLE *, ACCESS_MASK, void *, void *, ULONG, ULONG);
NT(OpenProcess, HANDLE *, ACCESS_MASK, void *, struct client_id *);
NT(OpenThread, HANDLE *, ACCESS_MASK, void *, struct client_id *);
NT(PulseEvent, HANDLE, LONG *);
NT(QueryInformationProcess, HANDLE, ULONG, void *, ULONG, ULONG *);
NT(QueryInformationThread, HANDLE, ULONG, void *, ULONG, ULONG *);
NT(QueryMutant, HANDLE, ULONG, void *, ULONG, ULONG *);
NT(QueryObject, HANDLE, ULONG, void *, ULONG, ULONG *);
NT(QuerySemaphore, HANDLE, ULONG, void *, ULONG, ULONG *);
NT(QuerySystemTime, LARGE_INTEGER *);
NT(QueueApcThread, HANDLE, void *, void *, void *, void *);
NT(ReadVirtualMemory, HANDLE, const void *, void *, SIZE_T, SIZE_T *);
NT(ReleaseKeyedEvent, HANDLE, void *, BOOLEAN, LARGE_INTEGER *);
NT(ReleaseMutant, HANDLE, LONG *);
NT(ReleaseSemaphore, HANDLE, LONG, LONG *);
NT(ResetEvent, HANDLE, LONG *);
NT(ResumeProcess, HANDLE);
NT(ResumeThread, HANDLE, ULONG *);
NT(SetContextThread, HANDLE, CONTEXT *);
NT(SetEvent, HANDLE, LONG *);
NT(SetInformationObject, HANDLE, ULONG, void *, ULONG);
NT(SetInformationProcess, HANDLE, ULONG, void *, ULONG);
NT(SetInformationThread, HANDLE, ULONG, void *, ULONG);
NT(SetTimer, HANDLE, LARGE_INTEGER *, void *, void *, BOOLEAN, LONG, BOOLEAN *);
NT(SignalAndWaitForSingleObject, HANDLE, HANDLE, BOOLEAN, LARGE_INTEGER *);
NT(SuspendProcess, HANDLE);
NT(SuspendThread, HANDLE, ULONG *);
NT(TerminateProcess, HANDLE, NTSTATUS);
NT(TerminateThread, HANDLE, NTSTATUS);
NT(TestAlert, void);
NT(WaitForKeyedEvent, HANDLE, void *, BOOLEAN, LARGE_INTEGER *);
NT(WaitForMultipleObjects, ULONG, HANDLE *, ULONG, BOOLEAN, LARGE_INTEGER *);
NT(WaitForSingleObject, HANDLE, BOOLEAN, LARGE_INTEGER *);
NT(WriteVirtualMemory, HANDLE, void *, const void *, SIZE_T, SIZE_T *);
NT(YieldExecution, void);
#undef NT

#define THIS_PROCESS ((HANDLE)-1)
#define THIS_THREAD ((HANDLE)-2)
#define MS(n) (&(LARGE_INTEGER){.QuadPart = -10000ll * (n)})
#define WAIT(handle) NtWaitForSingleObject(handle, FALSE, NULL)

typedef DWORD WINAPI thread_fn(void *argument);

/* Output, put together and written at once. */
void say(const char *format, ...); /* %u %x %s, all of 32 bits but %s */

struct thread_options {
    HANDLE process; /* NULL: this one */
    BOOLEAN suspended;
    LONG priority; /* ThreadBasePriority */
};

/* => the handle, NULL where it failed; *ret_id may be NULL. */
HANDLE start_thread(thread_fn *routine, void *argument, const struct thread_options *options, struct client_id *ret_id);
DWORD end_of_thread(HANDLE thread); /* wait, exit status, close */

HANDLE new_event(ULONG type, BOOLEAN signalled);

/* Threads that end with the argument, and with what a wait for the handle that it is answers. */
thread_fn answer, wait_for_it;

/* Where a thread begins in ntdll. */
ULONG_PTR thread_start(void);

/* This program again, with another command line.  => the process; its first thread is suspended. */
HANDLE start_child(const char *arguments, BOOLEAN inherit, HANDLE *ret_thread);

const char *arguments_of_program(void); /* behind its own name */
/* The test program's own, which calls the case that the first letter names. */
void run(const char *arguments);
void run_case(void (*const *cases)(void), size_t count, const char *arguments);

#endif
