/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nt_rtl.h - run-time library: processes, exceptions, errors, time, locks, heaps.  Included by nt.h. */
#ifndef SOFTFAULT_GUEST_NT_RTL_H
#define SOFTFAULT_GUEST_NT_RTL_H

/* ---- Rtl: process, thread, exceptions ---- */

typedef LONG(NTAPI *RTL_UNHANDLED_EXCEPTION_FILTER)(EXCEPTION_POINTERS *pointers);
/* softfault's own export: what the first frame of each thread asks when nobody handled an exception (kernel32). */
NTSYSAPI VOID NTAPI RtlSetUnhandledExceptionFilter(RTL_UNHANDLED_EXCEPTION_FILTER filter);
/* Run the DLLs' detach routines and end the process; the C library's exit() ends here through ExitProcess. */
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlExitUserProcess(NTSTATUS status);
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlExitUserThread(NTSTATUS status);
/* Where a thread's CONTEXT points: Eax = routine, Ebx = argument (x64: Rcx, Rdx). */
NTSYSAPI VOID __cdecl RtlUserThreadStart(VOID);
/* softfault's own export: a thread with its stack. */
struct user_thread {
    POBJECT_ATTRIBUTES attributes; /* of the thread object, or NULL */
    PVOID routine;
    PVOID argument;
    SIZE_T stack_reserve, stack_commit; /* 0: what the program's headers say */
    ULONG zero_bits;                    /* of the stack's address */
    BOOLEAN suspended;
};
/* => the failures of NtAllocateVirtualMemory and NtCreateThread; nothing stays behind. */
NTSYSAPI NTSTATUS NTAPI RtlMakeUserThread(HANDLE process, const struct user_thread *thread, PHANDLE ret_thread,
                                          PCLIENT_ID ret_id);
NTSYSAPI NTSTATUS NTAPI RtlCreateUserThread(HANDLE process, PSECURITY_DESCRIPTOR security, BOOLEAN suspended,
                                            ULONG zero_bits, SIZE_T stack_reserve, SIZE_T stack_commit, PVOID routine,
                                            PVOID argument, PHANDLE ret_thread, PCLIENT_ID ret_id);
NTSYSAPI VOID NTAPI RtlDispatchAPC(PAPCFUNC function, PVOID argument, PVOID unused);
NTSYSAPI NTSTATUS NTAPI RtlCreateProcessParameters(PRTL_USER_PROCESS_PARAMETERS *ret_parameters,
                                                   PUNICODE_STRING image_path, PUNICODE_STRING dll_path,
                                                   PUNICODE_STRING current_directory, PUNICODE_STRING command_line,
                                                   WCHAR *environment, PUNICODE_STRING title, PUNICODE_STRING desktop,
                                                   PUNICODE_STRING shell, PUNICODE_STRING runtime);
NTSYSAPI NTSTATUS NTAPI RtlDestroyProcessParameters(PRTL_USER_PROCESS_PARAMETERS parameters);
NTSYSAPI PRTL_USER_PROCESS_PARAMETERS NTAPI RtlNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS parameters);
NTSYSAPI PRTL_USER_PROCESS_PARAMETERS NTAPI RtlDeNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS parameters);
NTSYSAPI NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION callback, PULONG ret_slot);
NTSYSAPI NTSTATUS NTAPI RtlFlsFree(ULONG slot);
NTSYSAPI NTSTATUS NTAPI RtlFlsGetValue(ULONG slot, PVOID *ret_value);
NTSYSAPI NTSTATUS NTAPI RtlFlsSetValue(ULONG slot, PVOID value);
NTSYSAPI PPEB NTAPI RtlGetCurrentPeb(VOID);
NTSYSAPI VOID NTAPI RtlAcquirePebLock(VOID);
NTSYSAPI VOID NTAPI RtlReleasePebLock(VOID);
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD record);
NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS status);
NTSYSAPI PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler);
NTSYSAPI ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID handle);
NTSYSAPI PVOID NTAPI RtlAddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler);
NTSYSAPI ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID handle);
/* softfault's own export: run body with a frame that takes every exception. => 0, or the exception's code. */
NTSYSAPI NTSTATUS NTAPI RtlGuardedCall(VOID(NTAPI *body)(PVOID argument), PVOID argument);
NTSYSAPI USHORT NTAPI RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *frames, PULONG hash);
NTSYSAPI PVOID NTAPI RtlEncodePointer(PVOID pointer);
NTSYSAPI PVOID NTAPI RtlDecodePointer(PVOID pointer);

/* ---- Rtl: errors, version, images, time, random ---- */

NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status); /* also sets TEB.LastStatusValue */
NTSYSAPI ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS status);
NTSYSAPI VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS status);
NTSYSAPI ULONG NTAPI RtlGetLastWin32Error(VOID);
NTSYSAPI VOID NTAPI RtlSetLastWin32Error(ULONG error);
NTSYSAPI NTSTATUS NTAPI RtlGetLastNtStatus(VOID);
NTSYSAPI NTSTATUS NTAPI RtlGetVersion(POSVERSIONINFOW info);
NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base);
NTSYSAPI PVOID NTAPI RtlImageDirectoryEntryToData(PVOID base, BOOLEAN mapped, USHORT index, PULONG ret_size);
NTSYSAPI PIMAGE_SECTION_HEADER NTAPI RtlImageRvaToSection(PIMAGE_NT_HEADERS nt, PVOID base, ULONG rva);
NTSYSAPI PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS nt, PVOID base, ULONG rva, PIMAGE_SECTION_HEADER *section);
/* Resources: bit 0 of module says that it is a file as it lies on disk, bit 1 an image that is mapped but not loaded.
 */
NTSYSAPI NTSTATUS NTAPI LdrFindResource_U(PVOID module, const ULONG_PTR *keys, ULONG levels,
                                          PIMAGE_RESOURCE_DATA_ENTRY *ret_entry);
NTSYSAPI NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID module, const ULONG_PTR *keys, ULONG levels,
                                                   PIMAGE_RESOURCE_DIRECTORY *ret_directory);
NTSYSAPI NTSTATUS NTAPI LdrAccessResource(PVOID module, const IMAGE_RESOURCE_DATA_ENTRY *entry, PVOID *ret_data,
                                          PULONG ret_size);
/* softfault's own export: what a directory of them lists. */
NTSYSAPI NTSTATUS NTAPI RtlResourceEntry(PVOID module, const ULONG_PTR *keys, ULONG levels, ULONG index, ULONG *ret_key,
                                         const WCHAR **ret_name, ULONG *ret_length);
NTSYSAPI PVOID NTAPI RtlPcToFileHeader(PVOID pc, PVOID *ret_base);
NTSYSAPI ULONG NTAPI RtlRandom(PULONG seed);
NTSYSAPI ULONG NTAPI RtlRandomEx(PULONG seed);
NTSYSAPI ULONG NTAPI RtlUniform(PULONG seed);
NTSYSAPI ULONG NTAPI RtlComputeCrc32(ULONG crc, const UCHAR *data, ULONG size);
NTSYSAPI ULONG NTAPI NtGetTickCount(VOID);

typedef struct _TIME_FIELDS {
    SHORT Year;
    SHORT Month;
    SHORT Day;
    SHORT Hour;
    SHORT Minute;
    SHORT Second;
    SHORT Milliseconds;
    SHORT Weekday; /* 0 = Sunday */
} TIME_FIELDS, *PTIME_FIELDS;

NTSYSAPI VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER time, PTIME_FIELDS fields);
NTSYSAPI BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS fields, PLARGE_INTEGER time);
NTSYSAPI BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER time, PULONG seconds);
NTSYSAPI VOID NTAPI RtlSecondsSince1970ToTime(ULONG seconds, PLARGE_INTEGER time);
NTSYSAPI BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER time, PULONG seconds);
NTSYSAPI VOID NTAPI RtlSecondsSince1980ToTime(ULONG seconds, PLARGE_INTEGER time);
NTSYSAPI NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER system, PLARGE_INTEGER local);
NTSYSAPI NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER local, PLARGE_INTEGER system);

/* ---- Rtl: critical sections ---- */

NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin);
NTSYSAPI ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin);
NTSYSAPI NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI ULONG NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION section);

/* ---- Rtl: slim locks, condition variables, one-time initialisation (Vista's; programs of today import them) ---- */

NTSYSAPI VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK lock);
NTSYSAPI VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK lock);
NTSYSAPI VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK lock);
NTSYSAPI BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK lock);
NTSYSAPI BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK lock);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK lock);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK lock);
NTSYSAPI VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE variable);
NTSYSAPI NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE variable, PRTL_CRITICAL_SECTION section,
                                                    PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE variable, PRTL_SRWLOCK lock,
                                                     PLARGE_INTEGER timeout, ULONG flags);
NTSYSAPI VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE variable);
NTSYSAPI VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE variable);
NTSYSAPI VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE once);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE once, ULONG flags, PVOID *ret_context);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE once, ULONG flags, PVOID context);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE once, PRTL_RUN_ONCE_INIT_FN function, PVOID parameter,
                                              PVOID *ret_context);

/* ---- Rtl: heaps ---- */

typedef struct _RTL_HEAP_PARAMETERS {
    ULONG Length;
    SIZE_T SegmentReserve;
    SIZE_T SegmentCommit;
    SIZE_T DeCommitFreeBlockThreshold;
    SIZE_T DeCommitTotalFreeThreshold;
    SIZE_T MaximumAllocationSize;
    SIZE_T VirtualMemoryThreshold;
    SIZE_T InitialCommit;
    SIZE_T InitialReserve;
    NTSTATUS(NTAPI *CommitRoutine)(PVOID base, PVOID *address, PSIZE_T size);
    SIZE_T Reserved[2];
} RTL_HEAP_PARAMETERS, *PRTL_HEAP_PARAMETERS;

#define HEAP_SETTABLE_USER_VALUE 0x00000100
#define HEAP_SETTABLE_USER_FLAG1 0x00000200
#define HEAP_SETTABLE_USER_FLAG2 0x00000400
#define HEAP_SETTABLE_USER_FLAG3 0x00000800
#define HEAP_SETTABLE_USER_FLAGS 0x00000E00

/* What RtlWalkHeap fills; DataAddress NULL starts a walk.  The flags are not those of PROCESS_HEAP_ENTRY. */
#define RTL_HEAP_BUSY 0x0001
#define RTL_HEAP_SEGMENT 0x0002
#define RTL_HEAP_UNCOMMITTED_RANGE 0x0100

typedef struct _RTL_HEAP_WALK_ENTRY {
    PVOID DataAddress;
    SIZE_T DataSize;
    UCHAR OverheadBytes;
    UCHAR SegmentIndex;
    USHORT Flags;
    union {
        struct {
            SIZE_T Settable;
            USHORT TagIndex;
            USHORT AllocatorBackTraceIndex;
            ULONG Reserved[2];
        } Block;
        struct {
            ULONG CommittedSize;
            ULONG UnCommittedSize;
            PVOID FirstEntry;
            PVOID LastEntry;
        } Segment;
    };
} RTL_HEAP_WALK_ENTRY, *PRTL_HEAP_WALK_ENTRY;

#define RtlProcessHeap() (NtCurrentPeb()->ProcessHeap)

NTSYSAPI PVOID NTAPI RtlCreateHeap(ULONG flags, PVOID base, SIZE_T reserve, SIZE_T commit, PVOID lock,
                                   PRTL_HEAP_PARAMETERS parameters);
NTSYSAPI PVOID NTAPI RtlDestroyHeap(PVOID heap); /* NULL on success, as NT */
NTSYSAPI PVOID NTAPI RtlAllocateHeap(PVOID heap, ULONG flags, SIZE_T size);
NTSYSAPI PVOID NTAPI RtlReAllocateHeap(PVOID heap, ULONG flags, PVOID block, SIZE_T size);
NTSYSAPI ULONG NTAPI RtlFreeHeap(PVOID heap, ULONG flags,
                                 PVOID block); /* BOOLEAN; kernel32's HeapFree forwards to it */
NTSYSAPI SIZE_T NTAPI RtlSizeHeap(PVOID heap, ULONG flags, const VOID *block);
NTSYSAPI BOOLEAN NTAPI RtlValidateHeap(PVOID heap, ULONG flags, const VOID *block);
NTSYSAPI BOOLEAN NTAPI RtlValidateProcessHeaps(VOID);
NTSYSAPI SIZE_T NTAPI RtlCompactHeap(PVOID heap, ULONG flags);
NTSYSAPI BOOLEAN NTAPI RtlLockHeap(PVOID heap);
NTSYSAPI BOOLEAN NTAPI RtlUnlockHeap(PVOID heap);
NTSYSAPI NTSTATUS NTAPI RtlWalkHeap(PVOID heap, PRTL_HEAP_WALK_ENTRY entry);
NTSYSAPI ULONG NTAPI RtlGetProcessHeaps(ULONG count, PVOID *heaps);
NTSYSAPI BOOLEAN NTAPI RtlGetUserInfoHeap(PVOID heap, ULONG flags, PVOID block, PVOID *ret_value, PULONG ret_flags);
NTSYSAPI BOOLEAN NTAPI RtlSetUserValueHeap(PVOID heap, ULONG flags, PVOID block, PVOID value);
NTSYSAPI BOOLEAN NTAPI RtlSetUserFlagsHeap(PVOID heap, ULONG flags, PVOID block, ULONG reset, ULONG set);
/* RtlQueryHeapInformation, RtlSetHeapInformation, RtlUnwind, RtlCaptureContext: declared by <windows.h>. */

#endif
