/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nt_services.h - the system services and the loader calls.  Included by nt.h. */
#ifndef SOFTFAULT_GUEST_NT_SERVICES_H
#define SOFTFAULT_GUEST_NT_SERVICES_H

/* ---- system services ---- */

NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE process, PVOID *base, ULONG_PTR zero_bits, PSIZE_T size,
                                                ULONG type, ULONG protect);
NTSYSAPI NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG type);
NTSYSAPI NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG protect, PULONG old);
NTSYSAPI NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE process, PVOID address, ULONG info_class, PVOID buffer,
                                             SIZE_T length, PSIZE_T ret_length);
NTSYSAPI NTSTATUS NTAPI NtReadVirtualMemory(HANDLE process, PVOID address, PVOID buffer, SIZE_T size, PSIZE_T done);
NTSYSAPI NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE process, PVOID address, PVOID buffer, SIZE_T size, PSIZE_T done);
NTSYSAPI NTSTATUS NTAPI NtLockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG map_type);
NTSYSAPI NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG map_type);
NTSYSAPI NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, PIO_STATUS_BLOCK io);
NTSYSAPI NTSTATUS NTAPI NtFlushInstructionCache(HANDLE process, PVOID base, SIZE_T size);
NTSYSAPI NTSTATUS NTAPI NtGetWriteWatch(HANDLE process, ULONG flags, PVOID base, SIZE_T size, PVOID *addresses,
                                        PULONG_PTR count, PULONG granularity);
NTSYSAPI NTSTATUS NTAPI NtResetWriteWatch(HANDLE process, PVOID base, SIZE_T size);
NTSYSAPI NTSTATUS NTAPI NtCreateSection(PHANDLE section, ACCESS_MASK access, POBJECT_ATTRIBUTES oa,
                                        PLARGE_INTEGER max_size, ULONG protect, ULONG attributes, HANDLE file);
NTSYSAPI NTSTATUS NTAPI NtOpenSection(PHANDLE section, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSYSAPI NTSTATUS NTAPI NtQuerySection(HANDLE section, ULONG info_class, PVOID buffer, SIZE_T length,
                                       PSIZE_T ret_length);
NTSYSAPI NTSTATUS NTAPI NtExtendSection(HANDLE section, PLARGE_INTEGER size);
NTSYSAPI NTSTATUS NTAPI NtMapViewOfSection(HANDLE section, HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                           SIZE_T commit, PLARGE_INTEGER offset, PSIZE_T view_size, ULONG inherit,
                                           ULONG type, ULONG protect);
NTSYSAPI NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID base);
NTSYSAPI NTSTATUS NTAPI NtAreMappedFilesTheSame(PVOID first, PVOID second);
NTSYSAPI NTSTATUS NTAPI NtAllocateUserPhysicalPages(HANDLE process, PULONG_PTR count, PULONG_PTR pfns);
NTSYSAPI NTSTATUS NTAPI NtFreeUserPhysicalPages(HANDLE process, PULONG_PTR count, PULONG_PTR pfns);
NTSYSAPI NTSTATUS NTAPI NtMapUserPhysicalPages(PVOID address, ULONG_PTR count, PULONG_PTR pfns);
NTSYSAPI NTSTATUS NTAPI NtMapUserPhysicalPagesScatter(PVOID *addresses, ULONG_PTR count, PULONG_PTR pfns);

NTSYSAPI NTSTATUS NTAPI NtClose(HANDLE handle);
NTSYSAPI NTSTATUS NTAPI NtDuplicateObject(HANDLE source_process, HANDLE source, HANDLE target_process, PHANDLE target,
                                          ACCESS_MASK access, ULONG attributes, ULONG options);
NTSYSAPI NTSTATUS NTAPI NtQueryObject(HANDLE handle, ULONG info_class, PVOID buffer, ULONG length, PULONG ret_length);
NTSYSAPI NTSTATUS NTAPI NtSetInformationObject(HANDLE handle, ULONG info_class, PVOID buffer, ULONG length);

NTSYSAPI NTSTATUS NTAPI NtCreateFile(PHANDLE file, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK io,
                                     PLARGE_INTEGER allocation, ULONG attributes, ULONG share, ULONG disposition,
                                     ULONG options, PVOID ea, ULONG ea_length);
NTSYSAPI NTSTATUS NTAPI NtOpenFile(PHANDLE file, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK io,
                                   ULONG share, ULONG options);
NTSYSAPI NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                   PIO_STATUS_BLOCK io, PVOID buffer, ULONG length, PLARGE_INTEGER offset, PULONG key);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                    PIO_STATUS_BLOCK io, const VOID *buffer, ULONG length, PLARGE_INTEGER offset,
                                    PULONG key);
NTSYSAPI NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                              PIO_STATUS_BLOCK io, ULONG code, PVOID in, ULONG in_length, PVOID out,
                                              ULONG out_length);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationFile(HANDLE file, PIO_STATUS_BLOCK io, PVOID buffer, ULONG length,
                                               ULONG info_class);
NTSYSAPI NTSTATUS NTAPI NtSetInformationFile(HANDLE file, PIO_STATUS_BLOCK io, PVOID buffer, ULONG length,
                                             ULONG info_class);
NTSYSAPI NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE file, PIO_STATUS_BLOCK io, PVOID buffer, ULONG length,
                                                     ULONG info_class);
NTSYSAPI NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK io);
NTSYSAPI NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES oa, PFILE_BASIC_INFORMATION info);
NTSYSAPI NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES oa, PFILE_NETWORK_OPEN_INFORMATION info);
NTSYSAPI NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES oa);
NTSYSAPI NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                             PIO_STATUS_BLOCK io, PVOID buffer, ULONG length, ULONG info_class,
                                             BOOLEAN single, PUNICODE_STRING pattern, BOOLEAN restart);
NTSYSAPI NTSTATUS NTAPI NtLockFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                   PIO_STATUS_BLOCK io, PLARGE_INTEGER offset, PLARGE_INTEGER length, ULONG key,
                                   BOOLEAN fail_at_once, BOOLEAN exclusive);
NTSYSAPI NTSTATUS NTAPI NtUnlockFile(HANDLE file, PIO_STATUS_BLOCK io, PLARGE_INTEGER offset, PLARGE_INTEGER length,
                                     ULONG key);
NTSYSAPI NTSTATUS NTAPI NtFsControlFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                        PIO_STATUS_BLOCK io, ULONG code, PVOID in, ULONG in_length, PVOID out,
                                        ULONG out_length);

NTSYSAPI NTSTATUS NTAPI NtTerminateProcess(HANDLE process, NTSTATUS status);
NTSYSAPI NTSTATUS NTAPI NtTerminateThread(HANDLE thread, NTSTATUS status);
NTSYSAPI NTSTATUS NTAPI NtContinue(PCONTEXT context, BOOLEAN test_alert);
NTSYSAPI NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD record, PCONTEXT context, BOOLEAN first_chance);
NTSYSAPI NTSTATUS NTAPI NtRaiseHardError(NTSTATUS status, ULONG count, ULONG unicode_mask, PULONG_PTR parameters,
                                         ULONG response_option, PULONG response);
NTSYSAPI NTSTATUS NTAPI NtCallbackReturn(PVOID result, ULONG length, NTSTATUS status);
NTSYSAPI NTSTATUS NTAPI NtTestAlert(VOID);
NTSYSAPI NTSTATUS NTAPI NtYieldExecution(VOID);
NTSYSAPI NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, PLARGE_INTEGER interval);
NTSYSAPI NTSTATUS NTAPI NtGetContextThread(HANDLE thread, PCONTEXT context);
NTSYSAPI NTSTATUS NTAPI NtSetContextThread(HANDLE thread, PCONTEXT context);
NTSYSAPI NTSTATUS NTAPI NtCreateThread(PHANDLE thread, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, HANDLE process,
                                       PCLIENT_ID client_id, PCONTEXT context, PINITIAL_TEB stack, BOOLEAN suspended);
NTSYSAPI NTSTATUS NTAPI NtCreateProcessEx(PHANDLE process, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, HANDLE parent,
                                          ULONG flags, HANDLE section, HANDLE debug_port, HANDLE exception_port,
                                          ULONG job_level);
NTSYSAPI NTSTATUS NTAPI NtOpenProcess(PHANDLE process, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PCLIENT_ID id);
NTSYSAPI NTSTATUS NTAPI NtOpenThread(PHANDLE thread, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PCLIENT_ID id);
NTSYSAPI NTSTATUS NTAPI NtSuspendThread(HANDLE thread, PULONG previous);
NTSYSAPI NTSTATUS NTAPI NtResumeThread(HANDLE thread, PULONG previous);
NTSYSAPI NTSTATUS NTAPI NtQueueApcThread(HANDLE thread, PVOID routine, PVOID context, PVOID arg1, PVOID arg2);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationProcess(HANDLE process, ULONG info_class, PVOID buffer, ULONG length,
                                                  PULONG ret_length);
NTSYSAPI NTSTATUS NTAPI NtSetInformationProcess(HANDLE process, ULONG info_class, PVOID buffer, ULONG length);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationThread(HANDLE thread, ULONG info_class, PVOID buffer, ULONG length,
                                                 PULONG ret_length);
NTSYSAPI NTSTATUS NTAPI NtSetInformationThread(HANDLE thread, ULONG info_class, PVOID buffer, ULONG length);
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(ULONG info_class, PVOID buffer, ULONG length, PULONG ret_length);
NTSYSAPI NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER time);
NTSYSAPI NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter, PLARGE_INTEGER frequency);

NTSYSAPI NTSTATUS NTAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable, PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, PHANDLE handles, ULONG wait_type, BOOLEAN alertable,
                                                 PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtCreateEvent(PHANDLE event, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, ULONG type,
                                      BOOLEAN signalled);
NTSYSAPI NTSTATUS NTAPI NtOpenEvent(PHANDLE event, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSYSAPI NTSTATUS NTAPI NtSetEvent(HANDLE event, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtResetEvent(HANDLE event, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtClearEvent(HANDLE event);
NTSYSAPI NTSTATUS NTAPI NtPulseEvent(HANDLE event, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait, BOOLEAN alertable,
                                                       PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE event, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, ULONG flags);
NTSYSAPI NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE event, PVOID key, BOOLEAN alertable, PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE event, PVOID key, BOOLEAN alertable, PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtOpenMutant(PHANDLE mutant, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSYSAPI NTSTATUS NTAPI NtOpenSemaphore(PHANDLE semaphore, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSYSAPI NTSTATUS NTAPI NtCreateTimer(PHANDLE timer, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, ULONG type);
NTSYSAPI NTSTATUS NTAPI NtOpenTimer(PHANDLE timer, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSYSAPI NTSTATUS NTAPI NtSetTimer(HANDLE timer, PLARGE_INTEGER due, PTIMERAPCROUTINE apc, PVOID context,
                                   BOOLEAN resume, LONG period, PBOOLEAN previous);
NTSYSAPI NTSTATUS NTAPI NtCancelTimer(HANDLE timer, PBOOLEAN previous);
NTSYSAPI NTSTATUS NTAPI NtCreateMutant(PHANDLE mutant, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, BOOLEAN owned);
NTSYSAPI NTSTATUS NTAPI NtReleaseMutant(HANDLE mutant, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtCreateSemaphore(PHANDLE semaphore, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, LONG initial,
                                          LONG maximum);
NTSYSAPI NTSTATUS NTAPI NtReleaseSemaphore(HANDLE semaphore, LONG count, PLONG previous);

NTSYSAPI NTSTATUS NTAPI NtCreateJobObject(PHANDLE job, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSYSAPI NTSTATUS NTAPI NtAssignProcessToJobObject(HANDLE job, HANDLE process);
NTSYSAPI NTSTATUS NTAPI NtTerminateJobObject(HANDLE job, NTSTATUS status);
NTSYSAPI NTSTATUS NTAPI NtIsProcessInJob(HANDLE process, HANDLE job);
NTSYSAPI NTSTATUS NTAPI NtSetInformationJobObject(HANDLE job, ULONG info_class, PVOID buffer, ULONG length);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationJobObject(HANDLE job, ULONG info_class, PVOID buffer, ULONG length,
                                                    PULONG ret_length);

NTSYSAPI NTSTATUS NTAPI NtOpenProcessToken(HANDLE process, ACCESS_MASK access, PHANDLE token);
NTSYSAPI NTSTATUS NTAPI NtOpenThreadToken(HANDLE thread, ACCESS_MASK access, BOOLEAN as_self, PHANDLE token);
NTSYSAPI NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE token, BOOLEAN disable_all, PTOKEN_PRIVILEGES state,
                                                ULONG length, PTOKEN_PRIVILEGES previous, PULONG ret_length);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationToken(HANDLE token, ULONG info_class, PVOID buffer, ULONG length,
                                                PULONG ret_length);
NTSYSAPI NTSTATUS NTAPI NtSetInformationToken(HANDLE token, ULONG info_class, PVOID buffer, ULONG length);
NTSYSAPI NTSTATUS NTAPI NtDuplicateToken(HANDLE token, ACCESS_MASK access, POBJECT_ATTRIBUTES oa,
                                         BOOLEAN effective_only, TOKEN_TYPE type, PHANDLE ret_token);
NTSYSAPI NTSTATUS NTAPI NtPrivilegeCheck(HANDLE token, PPRIVILEGE_SET required, PBOOLEAN ret_result);

/* ---- loader ---- */

NTSYSAPI NTSTATUS NTAPI LdrLoadDll(PWSTR search_path, PULONG flags, PUNICODE_STRING name, PVOID *ret_base);
NTSYSAPI NTSTATUS NTAPI LdrUnloadDll(PVOID base);
NTSYSAPI NTSTATUS NTAPI LdrGetDllHandle(PWSTR search_path, PULONG flags, PUNICODE_STRING name, PVOID *ret_base);
NTSYSAPI NTSTATUS NTAPI LdrGetProcedureAddress(PVOID base, PANSI_STRING name, ULONG ordinal, PVOID *ret_address);
NTSYSAPI NTSTATUS NTAPI LdrFindEntryForAddress(PVOID address, PLDR_DATA_TABLE_ENTRY *ret_entry);
NTSYSAPI NTSTATUS NTAPI LdrAddRefDll(ULONG flags, PVOID base); /* flags 1: pin */
NTSYSAPI NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID base);
NTSYSAPI NTSTATUS NTAPI LdrLockLoaderLock(ULONG flags, PULONG disposition, PULONG_PTR cookie);
NTSYSAPI NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie);
NTSYSAPI NTSTATUS NTAPI LdrShutdownProcess(VOID);
NTSYSAPI NTSTATUS NTAPI LdrShutdownThread(VOID);
NTSYSAPI PIMAGE_BASE_RELOCATION NTAPI LdrProcessRelocationBlock(ULONG_PTR va, ULONG count, PUSHORT offsets,
                                                                LONG_PTR delta);

#endif
