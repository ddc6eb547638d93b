/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nt.h - the native interface as the guest DLLs see it (NT 5.2, build 3790).
 *
 * Include this instead of <windows.h> and <winternl.h>: mingw's <winternl.h> hides most members behind "Reserved", so
 * it is not used.  Spelling is NT's throughout, because every name here is guest ABI.  Offsets that the kernel half
 * relies on are asserted at the end for x86.
 *
 * The DLL that implements a group of functions defines the usual switch before including this file (meson does it):
 * _NTSYSTEM_ in ntdll, _KERNEL32_ in kernel32.  Everyone else sees the declarations as imports. */
#ifndef SOFTFAULT_GUEST_NT_H
#define SOFTFAULT_GUEST_NT_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0502
#endif
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <stddef.h>

typedef LONG NTSTATUS;
typedef LONG KPRIORITY;
#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define NtCurrentThread() ((HANDLE)(LONG_PTR)-2)
#define NtCurrentPeb() (NtCurrentTeb()->ProcessEnvironmentBlock)

/* ---- strings, objects, I/O ---- */

typedef struct _UNICODE_STRING {
    USHORT Length;        /* bytes, without a terminator */
    USHORT MaximumLength; /* bytes */
    WCHAR *Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    char *Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING;
typedef const STRING *PCANSI_STRING;
typedef const char *PCSZ;

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define OBJ_INHERIT 0x02
#define OBJ_PERMANENT 0x10
#define OBJ_EXCLUSIVE 0x20
#define OBJ_CASE_INSENSITIVE 0x40
#define OBJ_OPENIF 0x80
#define InitializeObjectAttributes(oa, name, attributes, root, sd)                                                     \
    ((oa)->Length = sizeof(OBJECT_ATTRIBUTES), (oa)->RootDirectory = (root), (oa)->ObjectName = (name),                \
     (oa)->Attributes = (attributes), (oa)->SecurityDescriptor = (sd), (oa)->SecurityQualityOfService = NULL)

typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID(NTAPI *PIO_APC_ROUTINE)(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved);

typedef struct _CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

/* ---- process parameters, loader data, PEB, TEB ---- */

typedef struct _CURDIR {
    UNICODE_STRING DosPath; /* always ends in a backslash */
    HANDLE Handle;
} CURDIR;

typedef struct _RTL_DRIVE_LETTER_CURDIR {
    USHORT Flags;
    USHORT Length;
    ULONG TimeStamp;
    STRING DosPath;
} RTL_DRIVE_LETTER_CURDIR;

typedef struct _RTL_USER_PROCESS_PARAMETERS {
    ULONG MaximumLength;
    ULONG Length;
    ULONG Flags;
    ULONG DebugFlags;
    HANDLE ConsoleHandle;
    ULONG ConsoleFlags;
    HANDLE StandardInput;
    HANDLE StandardOutput;
    HANDLE StandardError;
    CURDIR CurrentDirectory;
    UNICODE_STRING DllPath;
    UNICODE_STRING ImagePathName;
    UNICODE_STRING CommandLine;
    WCHAR *Environment;
    ULONG StartingX;
    ULONG StartingY;
    ULONG CountX;
    ULONG CountY;
    ULONG CountCharsX;
    ULONG CountCharsY;
    ULONG FillAttribute;
    ULONG WindowFlags;
    ULONG ShowWindowFlags;
    UNICODE_STRING WindowTitle;
    UNICODE_STRING DesktopInfo;
    UNICODE_STRING ShellInfo;
    UNICODE_STRING RuntimeData;
    RTL_DRIVE_LETTER_CURDIR CurrentDirectores[32]; /* NT's own spelling */
} RTL_USER_PROCESS_PARAMETERS, *PRTL_USER_PROCESS_PARAMETERS;

typedef struct _PEB_LDR_DATA {
    ULONG Length;
    BOOLEAN Initialized;
    HANDLE SsHandle;
    LIST_ENTRY InLoadOrderModuleList;
    LIST_ENTRY InMemoryOrderModuleList;
    LIST_ENTRY InInitializationOrderModuleList;
    PVOID EntryInProgress;
} PEB_LDR_DATA, *PPEB_LDR_DATA;

typedef struct _LDR_DATA_TABLE_ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    LIST_ENTRY InMemoryOrderLinks;
    LIST_ENTRY InInitializationOrderLinks;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount; /* 0xFFFF: never unloaded */
    USHORT TlsIndex;
    LIST_ENTRY HashLinks;
    ULONG TimeDateStamp;
    PVOID EntryPointActivationContext;
    PVOID PatchInformation;
} LDR_DATA_TABLE_ENTRY, *PLDR_DATA_TABLE_ENTRY;

#define LDRP_STATIC_LINK 0x00000002
#define LDRP_IMAGE_DLL 0x00000004
#define LDRP_LOAD_IN_PROGRESS 0x00001000
#define LDRP_UNLOAD_IN_PROGRESS 0x00002000
#define LDRP_ENTRY_PROCESSED 0x00004000
#define LDRP_ENTRY_INSERTED 0x00008000
#define LDRP_DONT_CALL_FOR_THREADS 0x00040000
#define LDRP_PROCESS_ATTACH_CALLED 0x00080000
#define LDRP_IMAGE_NOT_AT_BASE 0x00200000

struct _RTL_BITMAP;

typedef struct _PEB {
    BOOLEAN InheritedAddressSpace;
    BOOLEAN ReadImageFileExecOptions;
    BOOLEAN BeingDebugged;
    UCHAR BitField;
    HANDLE Mutant;
    PVOID ImageBaseAddress;
    PPEB_LDR_DATA Ldr;
    PRTL_USER_PROCESS_PARAMETERS ProcessParameters;
    PVOID SubSystemData;
    PVOID ProcessHeap;
    PRTL_CRITICAL_SECTION FastPebLock;
    PVOID AtlThunkSListPtr;
    PVOID SparePtr2;
    ULONG EnvironmentUpdateCount;
    PVOID KernelCallbackTable;
    ULONG SystemReserved;
    ULONG SpareUlong;
    PVOID FreeList;
    ULONG TlsExpansionCounter;
    struct _RTL_BITMAP *TlsBitmap;
    ULONG TlsBitmapBits[2];
    PVOID ReadOnlySharedMemoryBase;
    PVOID ReadOnlySharedMemoryHeap;
    PVOID *ReadOnlyStaticServerData;
    PVOID AnsiCodePageData;
    PVOID OemCodePageData;
    PVOID UnicodeCaseTableData;
    ULONG NumberOfProcessors;
    ULONG NtGlobalFlag;
    LARGE_INTEGER CriticalSectionTimeout;
    SIZE_T HeapSegmentReserve;
    SIZE_T HeapSegmentCommit;
    SIZE_T HeapDeCommitTotalFreeThreshold;
    SIZE_T HeapDeCommitFreeBlockThreshold;
    ULONG NumberOfHeaps;
    ULONG MaximumNumberOfHeaps;
    PVOID *ProcessHeaps;
    PVOID GdiSharedHandleTable;
    PVOID ProcessStarterHelper;
    ULONG GdiDCAttributeList;
    PRTL_CRITICAL_SECTION LoaderLock;
    ULONG OSMajorVersion;
    ULONG OSMinorVersion;
    USHORT OSBuildNumber;
    USHORT OSCSDVersion;
    ULONG OSPlatformId;
    ULONG ImageSubsystem;
    ULONG ImageSubsystemMajorVersion;
    ULONG ImageSubsystemMinorVersion;
    ULONG_PTR ImageProcessAffinityMask;
#ifdef _WIN64
    ULONG GdiHandleBuffer[60];
#else
    ULONG GdiHandleBuffer[34];
#endif
    VOID(NTAPI *PostProcessInitRoutine)(VOID);
    struct _RTL_BITMAP *TlsExpansionBitmap;
    ULONG TlsExpansionBitmapBits[32];
    ULONG SessionId;
    ULONGLONG AppCompatFlags;
    ULONGLONG AppCompatFlagsUser;
    PVOID ShimData;
    PVOID AppCompatInfo;
    UNICODE_STRING CSDVersion;
    PVOID ActivationContextData;
    PVOID ProcessAssemblyStorageMap;
    PVOID SystemDefaultActivationContextData;
    PVOID SystemAssemblyStorageMap;
    SIZE_T MinimumStackCommit;
    PVOID *FlsCallback;
    LIST_ENTRY FlsListHead;
    struct _RTL_BITMAP *FlsBitmap;
    ULONG FlsBitmapBits[4];
    ULONG FlsHighIndex;
} PEB, *PPEB;

typedef struct _TEB {
    NT_TIB NtTib;
    PVOID EnvironmentPointer;
    CLIENT_ID ClientId;
    PVOID ActiveRpcHandle;
    PVOID *ThreadLocalStoragePointer;
    PPEB ProcessEnvironmentBlock;
    ULONG LastErrorValue;
    ULONG CountOfOwnedCriticalSections;
    PVOID CsrClientThread;
    PVOID Win32ThreadInfo;
    ULONG User32Reserved[26];
    ULONG UserReserved[5];
    PVOID WOW32Reserved;
    ULONG CurrentLocale;
    ULONG FpSoftwareStatusRegister;
    PVOID SystemReserved1[54];
    NTSTATUS ExceptionCode;
    PVOID ActivationContextStackPointer;
#ifdef _WIN64
    UCHAR SpareBytes1[28];
    UCHAR GdiTebBatch[0x4E8];
#else
    UCHAR SpareBytes1[40];
    UCHAR GdiTebBatch[0x4E0];
#endif
    CLIENT_ID RealClientId;
    HANDLE GdiCachedProcessHandle;
    ULONG GdiClientPID;
    ULONG GdiClientTID;
    PVOID GdiThreadLocalInfo;
    SIZE_T Win32ClientInfo[62];
    PVOID GlDispatchTable[233];
    SIZE_T GlReserved1[29];
    PVOID GlReserved2[6];
    NTSTATUS LastStatusValue;
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[261];
    PVOID DeallocationStack;
    PVOID TlsSlots[64];
    LIST_ENTRY TlsLinks;
    PVOID Vdm;
    PVOID ReservedForNtRpc;
    PVOID DbgSsReserved[2];
    ULONG HardErrorMode;
    PVOID Instrumentation[14];
    PVOID SubProcessTag;
    PVOID EtwTraceData;
    PVOID WinSockData;
    ULONG GdiBatchCount;
    UCHAR InDbgPrint;
    UCHAR FreeStackOnTermination;
    UCHAR HasFiberData;
    UCHAR IdealProcessor;
    ULONG GuaranteedStackBytes;
    PVOID ReservedForPerf;
    PVOID ReservedForOle;
    ULONG WaitingOnLoaderLock;
    PVOID SparePointer1;
    PVOID SoftPatchPtr1;
    PVOID SoftPatchPtr2;
    PVOID *TlsExpansionSlots;
#ifdef _WIN64
    PVOID DeallocationBStore;
    PVOID BStoreLimit;
#endif
    ULONG ImpersonationLocale;
    ULONG IsImpersonating;
    PVOID NlsCache;
    PVOID ShimData;
    ULONG HeapVirtualAffinity;
    HANDLE CurrentTransactionHandle;
    PVOID ActiveFrame;
    PVOID *FlsData;
    UCHAR SafeThunkCall;
    UCHAR BooleanSpare[3];
} TEB, *PTEB;

/* ---- the shared user page ---- */

typedef struct _KSYSTEM_TIME {
    ULONG LowPart;
    LONG High1Time;
    LONG High2Time;
} KSYSTEM_TIME;

typedef struct _KUSER_SHARED_DATA {
    ULONG TickCountLowDeprecated;
    ULONG TickCountMultiplier;
    volatile KSYSTEM_TIME InterruptTime;
    volatile KSYSTEM_TIME SystemTime;
    volatile KSYSTEM_TIME TimeZoneBias;
    USHORT ImageNumberLow;
    USHORT ImageNumberHigh;
    WCHAR NtSystemRoot[260];
    ULONG MaxStackTraceDepth;
    ULONG CryptoExponent;
    ULONG TimeZoneId;
    ULONG LargePageMinimum;
    ULONG Reserved2[7];
    ULONG NtProductType;
    BOOLEAN ProductTypeIsValid;
    ULONG NtMajorVersion;
    ULONG NtMinorVersion;
    BOOLEAN ProcessorFeatures[64];
    ULONG Reserved1;
    ULONG Reserved3;
    volatile ULONG TimeSlip;
    ULONG AlternativeArchitecture;
    LARGE_INTEGER SystemExpirationDate;
    ULONG SuiteMask;
    BOOLEAN KdDebuggerEnabled;
    UCHAR NXSupportPolicy;
    volatile ULONG ActiveConsoleId;
    volatile ULONG DismountCount;
    ULONG ComPlusPackage;
    ULONG LastSystemRITEventTickCount;
    ULONG NumberOfPhysicalPages;
    BOOLEAN SafeBootMode;
    ULONG TraceLogging;
    ULONGLONG TestRetInstruction;
    ULONG SystemCall;
    ULONG SystemCallReturn;
    ULONGLONG SystemCallPad[3];
    volatile KSYSTEM_TIME TickCount;
    ULONG TickCountPad;
    ULONG Cookie;
} KUSER_SHARED_DATA;

#define SharedUserData ((const KUSER_SHARED_DATA *)(ULONG_PTR)0x7FFE0000)

/* ---- information classes and their structures ---- */

enum { MemoryBasicInformation, MemoryWorkingSetInformation, MemorySectionName };
enum { SectionBasicInformation, SectionImageInformation };
enum { ProcessBasicInformation = 0, ProcessVmCounters = 3, ProcessDebugPort = 7, ProcessExecuteFlags = 0x22 };
enum { ThreadBasicInformation = 0, ThreadQuerySetWin32StartAddress = 9, ThreadAmILastThread = 12 };
enum { SystemBasicInformation = 0, SystemPerformanceInformation = 2, SystemTimeOfDayInformation = 3 };
enum {
    FileBasicInformation = 4,
    FileStandardInformation = 5,
    FilePositionInformation = 14,
    FileEndOfFileInformation = 20
};
enum { FileFsDeviceInformation = 4 };
enum { ViewShare = 1, ViewUnmap = 2 };
enum { NotificationEvent = 0, SynchronizationEvent = 1 };

typedef struct _SECTION_BASIC_INFORMATION {
    PVOID BaseAddress;
    ULONG Attributes;
    LARGE_INTEGER Size;
} SECTION_BASIC_INFORMATION;

typedef struct _SECTION_IMAGE_INFORMATION {
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize;
    SIZE_T CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion;
    USHORT SubSystemMajorVersion;
    ULONG GpValue;
    USHORT ImageCharacteristics;
    USHORT DllCharacteristics;
    USHORT Machine;
    BOOLEAN ImageContainsCode;
    BOOLEAN Spare1;
    ULONG LoaderFlags;
    ULONG ImageFileSize;
    ULONG Reserved[1];
} SECTION_IMAGE_INFORMATION;

typedef struct _PROCESS_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    PPEB PebBaseAddress;
    ULONG_PTR AffinityMask;
    KPRIORITY BasePriority;
    ULONG_PTR UniqueProcessId;
    ULONG_PTR InheritedFromUniqueProcessId;
} PROCESS_BASIC_INFORMATION;

typedef struct _THREAD_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    PTEB TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    KPRIORITY Priority;
    KPRIORITY BasePriority;
} THREAD_BASIC_INFORMATION;

typedef struct _VM_COUNTERS {
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
} VM_COUNTERS;

typedef struct _SYSTEM_BASIC_INFORMATION {
    ULONG Reserved;
    ULONG TimerResolution;
    ULONG PageSize;
    ULONG NumberOfPhysicalPages;
    ULONG LowestPhysicalPageNumber;
    ULONG HighestPhysicalPageNumber;
    ULONG AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress;
    ULONG_PTR MaximumUserModeAddress;
    ULONG_PTR ActiveProcessorsAffinityMask;
    CCHAR NumberOfProcessors;
} SYSTEM_BASIC_INFORMATION;

typedef struct _SYSTEM_TIMEOFDAY_INFORMATION {
    LARGE_INTEGER BootTime;
    LARGE_INTEGER CurrentTime;
    LARGE_INTEGER TimeZoneBias;
    ULONG TimeZoneId;
    ULONG Reserved;
} SYSTEM_TIMEOFDAY_INFORMATION;

typedef struct _FILE_BASIC_INFORMATION {
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    ULONG FileAttributes;
} FILE_BASIC_INFORMATION, *PFILE_BASIC_INFORMATION;

typedef struct _FILE_STANDARD_INFORMATION {
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER EndOfFile;
    ULONG NumberOfLinks;
    BOOLEAN DeletePending;
    BOOLEAN Directory;
} FILE_STANDARD_INFORMATION;

typedef struct _FILE_POSITION_INFORMATION {
    LARGE_INTEGER CurrentByteOffset;
} FILE_POSITION_INFORMATION;

typedef struct _FILE_END_OF_FILE_INFORMATION {
    LARGE_INTEGER EndOfFile;
} FILE_END_OF_FILE_INFORMATION;

typedef struct _FILE_FS_DEVICE_INFORMATION {
    ULONG DeviceType; /* 0x50: console, 7: disk, 0x11: named pipe */
    ULONG Characteristics;
} FILE_FS_DEVICE_INFORMATION;

#define FILE_DIRECTORY_FILE 0x00000001
#define FILE_WRITE_THROUGH 0x00000002
#define FILE_SEQUENTIAL_ONLY 0x00000004
#define FILE_NO_INTERMEDIATE_BUFFERING 0x00000008
#define FILE_SYNCHRONOUS_IO_ALERT 0x00000010
#define FILE_SYNCHRONOUS_IO_NONALERT 0x00000020
#define FILE_NON_DIRECTORY_FILE 0x00000040
#define FILE_RANDOM_ACCESS 0x00000800
#define FILE_DELETE_ON_CLOSE 0x00001000
#define FILE_OPEN_FOR_BACKUP_INTENT 0x00004000

typedef struct _INITIAL_TEB {
    PVOID PreviousStackBase;
    PVOID PreviousStackLimit;
    PVOID StackBase;
    PVOID StackLimit;
    PVOID AllocatedStackBase;
} INITIAL_TEB, *PINITIAL_TEB;

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
NTSYSAPI NTSTATUS NTAPI NtCreateMutant(PHANDLE mutant, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, BOOLEAN owned);
NTSYSAPI NTSTATUS NTAPI NtReleaseMutant(HANDLE mutant, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtCreateSemaphore(PHANDLE semaphore, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, LONG initial,
                                          LONG maximum);
NTSYSAPI NTSTATUS NTAPI NtReleaseSemaphore(HANDLE semaphore, LONG count, PLONG previous);

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

/* ---- Rtl: process, thread, exceptions ---- */

typedef LONG(NTAPI *RTL_UNHANDLED_EXCEPTION_FILTER)(EXCEPTION_POINTERS *pointers);
/* softfault's own export: what the first frame of each thread asks when nobody handled an exception (kernel32). */
NTSYSAPI VOID NTAPI RtlSetUnhandledExceptionFilter(RTL_UNHANDLED_EXCEPTION_FILTER filter);
/* Run the DLLs' detach routines and end the process; the C library's exit() ends here through ExitProcess. */
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlExitUserProcess(NTSTATUS status);
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlExitUserThread(NTSTATUS status);
/* Where a thread's CONTEXT points: Eax = routine, Ebx = argument (x86). */
NTSYSAPI VOID NTAPI RtlUserThreadStart(VOID);
NTSYSAPI PPEB NTAPI RtlGetCurrentPeb(VOID);
NTSYSAPI VOID NTAPI RtlAcquirePebLock(VOID);
NTSYSAPI VOID NTAPI RtlReleasePebLock(VOID);
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD record);
NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS status);
NTSYSAPI PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler);
NTSYSAPI ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID handle);
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
NTSYSAPI BOOLEAN NTAPI RtlFreeHeap(PVOID heap, ULONG flags, PVOID block);
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

/* ---- Rtl: strings (the ANSI and OEM code pages are both 1252) ---- */

NTSYSAPI VOID NTAPI RtlInitString(PSTRING target, PCSZ source);
NTSYSAPI VOID NTAPI RtlInitAnsiString(PANSI_STRING target, PCSZ source);
NTSYSAPI VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING target, PCWSTR source);
NTSYSAPI NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING target, PCWSTR source);
NTSYSAPI BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING target, PCWSTR source);
NTSYSAPI BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING target, PCSZ source);
NTSYSAPI VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING string);
NTSYSAPI VOID NTAPI RtlFreeAnsiString(PANSI_STRING string);
NTSYSAPI VOID NTAPI RtlFreeOemString(POEM_STRING string);
NTSYSAPI NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG flags, PCUNICODE_STRING source, PUNICODE_STRING target);
NTSYSAPI VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING target, PCUNICODE_STRING source);
NTSYSAPI VOID NTAPI RtlCopyString(PSTRING target, const STRING *source);
NTSYSAPI NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING target, PCWSTR source);
NTSYSAPI NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING target, PCUNICODE_STRING source);
NTSYSAPI LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case);
NTSYSAPI BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case);
NTSYSAPI BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING prefix, PCUNICODE_STRING string, BOOLEAN ignore_case);
NTSYSAPI LONG NTAPI RtlCompareString(const STRING *a, const STRING *b, BOOLEAN ignore_case);
NTSYSAPI BOOLEAN NTAPI RtlEqualString(const STRING *a, const STRING *b, BOOLEAN ignore_case);
NTSYSAPI WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR c);
NTSYSAPI WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR c);
NTSYSAPI CHAR NTAPI RtlUpperChar(CHAR c);
NTSYSAPI NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING target, PCUNICODE_STRING source, BOOLEAN allocate);
NTSYSAPI NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING target, PCUNICODE_STRING source, BOOLEAN allocate);
NTSYSAPI NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING target, PCANSI_STRING source, BOOLEAN allocate);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING target, PCUNICODE_STRING source, BOOLEAN allocate);
NTSYSAPI NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING target, PCANSI_STRING source, BOOLEAN allocate);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING target, PCUNICODE_STRING source, BOOLEAN allocate);
NTSYSAPI ULONG NTAPI RtlAnsiStringToUnicodeSize(PCANSI_STRING string);
NTSYSAPI ULONG NTAPI RtlUnicodeStringToAnsiSize(PCUNICODE_STRING string);
NTSYSAPI NTSTATUS NTAPI RtlMultiByteToUnicodeN(WCHAR *target, ULONG target_bytes, PULONG ret_bytes, const CHAR *source,
                                               ULONG source_bytes);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeToMultiByteN(CHAR *target, ULONG target_bytes, PULONG ret_bytes, const WCHAR *source,
                                               ULONG source_bytes);
NTSYSAPI NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG ret_bytes, const CHAR *source, ULONG source_bytes);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG ret_bytes, const WCHAR *source, ULONG source_bytes);
NTSYSAPI NTSTATUS NTAPI RtlUTF8ToUnicodeN(WCHAR *target, ULONG target_bytes, PULONG ret_bytes, const CHAR *source,
                                          ULONG source_bytes);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeToUTF8N(CHAR *target, ULONG target_bytes, PULONG ret_bytes, const WCHAR *source,
                                          ULONG source_bytes);
NTSYSAPI NTSTATUS NTAPI RtlCharToInteger(PCSZ string, ULONG base, PULONG value);
NTSYSAPI NTSTATUS NTAPI RtlIntegerToChar(ULONG value, ULONG base, ULONG length, PSTR string);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING string, ULONG base, PULONG value);
NTSYSAPI NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG value, ULONG base, PUNICODE_STRING string);

/* ---- Rtl: environment and paths ---- */

NTSYSAPI NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(WCHAR *environment, PUNICODE_STRING name, PUNICODE_STRING value);
NTSYSAPI NTSTATUS NTAPI RtlSetEnvironmentVariable(WCHAR **environment, PUNICODE_STRING name, PUNICODE_STRING value);
NTSYSAPI NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN clone, WCHAR **ret_environment);
NTSYSAPI NTSTATUS NTAPI RtlDestroyEnvironment(WCHAR *environment);
NTSYSAPI NTSTATUS NTAPI RtlSetCurrentEnvironment(WCHAR *environment, WCHAR **ret_old);
NTSYSAPI NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(WCHAR *environment, PUNICODE_STRING source,
                                                      PUNICODE_STRING target, PULONG ret_length);

enum {
    RtlPathTypeUnknown,
    RtlPathTypeUncAbsolute,
    RtlPathTypeDriveAbsolute,
    RtlPathTypeDriveRelative,
    RtlPathTypeRooted,
    RtlPathTypeRelative,
    RtlPathTypeLocalDevice,
    RtlPathTypeRootLocalDevice
};

NTSYSAPI ULONG NTAPI RtlDetermineDosPathNameType_U(PCWSTR path);
NTSYSAPI ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR name);
NTSYSAPI ULONG NTAPI RtlGetFullPathName_U(PCWSTR name, ULONG bytes, WCHAR *buffer, WCHAR **ret_file_part);
NTSYSAPI BOOLEAN NTAPI RtlDosPathNameToNtPathName_U(PCWSTR path, PUNICODE_STRING nt_path, WCHAR **ret_file_part,
                                                    PVOID relative_name);
NTSYSAPI ULONG NTAPI RtlDosSearchPath_U(PCWSTR search_path, PCWSTR name, PCWSTR extension, ULONG bytes, WCHAR *buffer,
                                        WCHAR **ret_file_part);
NTSYSAPI BOOLEAN NTAPI RtlDoesFileExists_U(PCWSTR path);
NTSYSAPI ULONG NTAPI RtlGetCurrentDirectory_U(ULONG bytes, WCHAR *buffer);
NTSYSAPI NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING path);

/* ---- Rtl: bitmaps, memory, debug output ---- */

typedef struct _RTL_BITMAP {
    ULONG SizeOfBitMap;
    PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;

NTSYSAPI VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP map, PULONG buffer, ULONG bits);
NTSYSAPI VOID NTAPI RtlClearAllBits(PRTL_BITMAP map);
NTSYSAPI VOID NTAPI RtlSetAllBits(PRTL_BITMAP map);
NTSYSAPI VOID NTAPI RtlClearBits(PRTL_BITMAP map, ULONG start, ULONG count);
NTSYSAPI VOID NTAPI RtlSetBits(PRTL_BITMAP map, ULONG start, ULONG count);
NTSYSAPI BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP map, ULONG start, ULONG count);
NTSYSAPI BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP map, ULONG start, ULONG count);
NTSYSAPI ULONG NTAPI RtlFindClearBits(PRTL_BITMAP map, ULONG count, ULONG hint);
NTSYSAPI ULONG NTAPI RtlFindSetBits(PRTL_BITMAP map, ULONG count, ULONG hint);
NTSYSAPI ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP map, ULONG count, ULONG hint);
NTSYSAPI ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP map, ULONG count, ULONG hint);
NTSYSAPI ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP map);
NTSYSAPI ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP map);

NTSYSAPI SIZE_T NTAPI RtlCompareMemory(const VOID *a, const VOID *b, SIZE_T size);
NTSYSAPI SIZE_T NTAPI RtlCompareMemoryUlong(PVOID memory, SIZE_T size, ULONG pattern);

NTSYSAPI ULONG __cdecl DbgPrint(PCSZ format, ...);
NTSYSAPI ULONG __cdecl DbgPrintEx(ULONG component, ULONG level, PCSZ format, ...);
NTSYSAPI VOID NTAPI DbgBreakPoint(VOID);

#ifndef _WIN64
#define NT_OFFSET(type, member, at)                                                                                    \
    _Static_assert(offsetof(type, member) == (at), #type "." #member " is where the kernel puts it")
NT_OFFSET(PEB, ProcessHeap, 0x18);
NT_OFFSET(PEB, TlsBitmap, 0x40);
NT_OFFSET(PEB, CriticalSectionTimeout, 0x70);
NT_OFFSET(PEB, LoaderLock, 0xA0);
NT_OFFSET(PEB, PostProcessInitRoutine, 0x14C);
NT_OFFSET(PEB, SessionId, 0x1D4);
NT_OFFSET(PEB, CSDVersion, 0x1F0);
NT_OFFSET(PEB, MinimumStackCommit, 0x208);
_Static_assert(sizeof(PEB) == 0x230, "PEB of NT 5.2");
NT_OFFSET(TEB, LastErrorValue, 0x34);
NT_OFFSET(TEB, ExceptionCode, 0x1A4);
NT_OFFSET(TEB, RealClientId, 0x6B4);
NT_OFFSET(TEB, LastStatusValue, 0xBF4);
NT_OFFSET(TEB, DeallocationStack, 0xE0C);
NT_OFFSET(TEB, TlsLinks, 0xF10);
NT_OFFSET(TEB, GuaranteedStackBytes, 0xF78);
NT_OFFSET(TEB, TlsExpansionSlots, 0xF94);
_Static_assert(sizeof(TEB) == 0xFBC, "TEB of NT 5.2");
NT_OFFSET(RTL_USER_PROCESS_PARAMETERS, ImagePathName, 0x38);
NT_OFFSET(RTL_USER_PROCESS_PARAMETERS, Environment, 0x48);
NT_OFFSET(RTL_USER_PROCESS_PARAMETERS, CurrentDirectores, 0x90);
NT_OFFSET(LDR_DATA_TABLE_ENTRY, BaseDllName, 0x2C);
_Static_assert(sizeof(LDR_DATA_TABLE_ENTRY) == 0x50, "LDR_DATA_TABLE_ENTRY of NT 5.2");
NT_OFFSET(KUSER_SHARED_DATA, NtProductType, 0x264);
NT_OFFSET(KUSER_SHARED_DATA, KdDebuggerEnabled, 0x2D4);
NT_OFFSET(KUSER_SHARED_DATA, TickCount, 0x320);
NT_OFFSET(KUSER_SHARED_DATA, Cookie, 0x330);
_Static_assert(sizeof(SECTION_IMAGE_INFORMATION) == 0x30, "nt-reference 2.3");
_Static_assert(sizeof(SYSTEM_BASIC_INFORMATION) == 0x2C, "nt-reference 14.5");
_Static_assert(sizeof(VM_COUNTERS) == 0x2C, "nt-reference 14.5");
#undef NT_OFFSET
#endif

#endif
