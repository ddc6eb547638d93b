/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nt_rtl_text.h - run-time library: strings, environment, paths, bitmaps, memory, debug output.  Included by nt.h. */
#ifndef SOFTFAULT_GUEST_NT_RTL_TEXT_H
#define SOFTFAULT_GUEST_NT_RTL_TEXT_H

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

#endif
