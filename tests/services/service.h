/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service.h - what the programs of the service transcripts share: the services themselves, statuses by name, and pages
 * of every state to point at.
 *
 * A program prints "case: STATUS ..." for each of its cases; no line holds an address as such, so that the transcript
 * is the same in both widths. */
#ifndef TESTS_SERVICES_SERVICE_H
#define TESTS_SERVICES_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) ((LONG)(status) >= 0)
#endif
typedef LONG NTSTATUS;

#define THIS_PROCESS ((HANDLE)(LONG_PTR)-1)

/* The architecture's own limits (nt-reference 4.1, 4.2). */
#ifdef _WIN64
#define USER_END 0x7FFFFFF0000ull /* one past the highest user address */
#define SYSTEM_ADDRESS ((void *)0xFFFFF80000000000ull)
#else
#define USER_END 0x7FFF0000u
#define SYSTEM_ADDRESS ((void *)0x80000000u)
#endif

enum { PAGE = 4096, UNIT = 64 << 10 };

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, void **base, ULONG_PTR zero_bits, SIZE_T *size, ULONG type, ULONG);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, void **base, SIZE_T *size, ULONG type);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, void **base, SIZE_T *size, ULONG protect, ULONG *old);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE, const void *, ULONG class, void *, SIZE_T length, SIZE_T *returned);
NTSTATUS NTAPI NtLockVirtualMemory(HANDLE, void **base, SIZE_T *size, ULONG map);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE, void **base, SIZE_T *size, ULONG map);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE, void **base, SIZE_T *size, void *io);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE, const void *there, void *here, SIZE_T size, SIZE_T *done);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE, void *there, const void *here, SIZE_T size, SIZE_T *done);
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE, const void *base, SIZE_T size);
NTSTATUS NTAPI NtGetWriteWatch(HANDLE, ULONG flags, void *base, SIZE_T size, void **, ULONG_PTR *count, ULONG *);
NTSTATUS NTAPI NtResetWriteWatch(HANDLE, void *base, SIZE_T size);
NTSTATUS NTAPI NtAreMappedFilesTheSame(const void *, const void *);
NTSTATUS NTAPI NtAllocateUserPhysicalPages(HANDLE, ULONG_PTR *count, ULONG_PTR *frames);
NTSTATUS NTAPI NtFreeUserPhysicalPages(HANDLE, ULONG_PTR *count, ULONG_PTR *frames);
NTSTATUS NTAPI NtMapUserPhysicalPages(void *, ULONG_PTR count, ULONG_PTR *frames);
NTSTATUS NTAPI NtMapUserPhysicalPagesScatter(void **, ULONG_PTR count, ULONG_PTR *frames);
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE, ULONG class, void *, ULONG length, ULONG *returned);
NTSTATUS NTAPI NtSetInformationProcess(HANDLE, ULONG class, const void *, ULONG length);
NTSTATUS NTAPI NtQuerySystemInformation(ULONG class, void *, ULONG length, ULONG *returned);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ULONG access, HANDLE *token);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE token, BOOLEAN disable_all, void *news, ULONG, void *before, ULONG *);
NTSTATUS NTAPI NtCreateEvent(HANDLE *, ULONG access, void *attributes, ULONG type, BOOLEAN state);

/* "SUCCESS", "INVALID_PARAMETER_5", ... without STATUS_. */
const char *status_name(NTSTATUS status);

/* The same, but "an invalid parameter" for all of that kind: where the reference tells ERROR_INVALID_PARAMETER and
 * leaves open which of its statuses it is. */
const char *parameter_name(NTSTATUS status);

/* "case: STATUS" and a new line. */
void say(const char *name, NTSTATUS status);

/* Private pages, as many as wanted, alone in their allocation; ends the program where there are none. */
void *reserve(SIZE_T size);
void *commit(SIZE_T size, ULONG protect);

/* A place for a result, by what it is. */
enum place {
    PLACE_GOOD,
    PLACE_NULL,
    PLACE_SYSTEM,
    PLACE_READONLY,
    PLACE_NOACCESS,
    PLACE_RESERVED,
    PLACE_GUARD,
    PLACES
};
extern const char *const place_names[PLACES];
/* A new page of its kind, filled with size bytes of value where it can be; at its end where at_end. */
void *make_place(enum place place, const void *value, SIZE_T size);

/* Switch a privilege of this process. */
enum privilege_state { PRIVILEGE_OFF = 0, PRIVILEGE_ON = 2 };
NTSTATUS set_privilege(ULONG privilege, enum privilege_state state);

/* An event: a handle that is no process. */
HANDLE make_event(void);

/* MEMORY_BASIC_INFORMATION.State and Protect of a page, as text: "COMMIT 4", "RESERVE", "FREE". */
const char *page_state(const void *page);

/* Run body; what exception it raised, 0: none.  touch() reads a byte, poke() writes one. */
DWORD touch(const void *address);
DWORD poke(void *address);
/* Call the code at address. */
DWORD call(const void *address);
/* Information 0 of the last exception: 0 read, 1 write, 8 execution. */
ULONG_PTR fault_kind(void);

#endif
