// SPDX-License-Identifier: GPL-2.0-or-later
/* nt.h - the system services that the generator calls (nt-reference 5.1). */
#ifndef TESTS_MODEL_NT_H
#define TESTS_MODEL_NT_H

#include <windows.h>

#define NT_SERVICE __declspec(dllimport) LONG NTAPI
NT_SERVICE NtAllocateVirtualMemory(HANDLE, PVOID *, ULONG_PTR, PSIZE_T, ULONG, ULONG);
NT_SERVICE NtFreeVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NT_SERVICE NtProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);
NT_SERVICE NtQueryVirtualMemory(HANDLE, PVOID, int, PVOID, SIZE_T, PSIZE_T);
NT_SERVICE NtLockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NT_SERVICE NtUnlockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NT_SERVICE NtFlushVirtualMemory(HANDLE, PVOID *, PSIZE_T, PVOID);
NT_SERVICE NtReadVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NT_SERVICE NtWriteVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NT_SERVICE NtGetWriteWatch(HANDLE, ULONG, PVOID, SIZE_T, PVOID *, PULONG_PTR, PULONG);
NT_SERVICE NtResetWriteWatch(HANDLE, PVOID, SIZE_T);

#endif
