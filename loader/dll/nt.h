/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nt.h - the native interface as the guest DLLs see it (NT 5.2, build 3790).
 *
 * Include this instead of <windows.h> and <winternl.h>: mingw's <winternl.h> hides most members behind "Reserved", so
 * it is not used.  Spelling is NT's throughout, because every name here is guest ABI.  Offsets that the kernel half
 * relies on are asserted below.
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

/* In this order: each stands on those before it. */
// clang-format off
#include "nt_types.h"
#include "nt_process.h"
#include "nt_info.h"
#include "nt_services.h"
#include "nt_rtl.h"
#include "nt_rtl_text.h"
// clang-format on

#define NT_OFFSET(type, member, at)                                                                                    \
    _Static_assert(offsetof(type, member) == (at), #type "." #member " is where the kernel puts it")
#ifndef _WIN64
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
_Static_assert(sizeof(SYSTEM_PROCESS_INFORMATION) == 0x58, "up to the counters that we do not read");
#else
NT_OFFSET(PEB, ProcessHeap, 0x30);
NT_OFFSET(PEB, TlsBitmap, 0x78);
NT_OFFSET(PEB, NtGlobalFlag, 0xBC);
NT_OFFSET(PEB, CriticalSectionTimeout, 0xC0);
NT_OFFSET(PEB, ProcessHeaps, 0xF0);
NT_OFFSET(PEB, LoaderLock, 0x110);
NT_OFFSET(PEB, OSMajorVersion, 0x118);
NT_OFFSET(PEB, ImageProcessAffinityMask, 0x138);
NT_OFFSET(PEB, PostProcessInitRoutine, 0x230);
NT_OFFSET(PEB, SessionId, 0x2C0);
NT_OFFSET(PEB, CSDVersion, 0x2E8);
NT_OFFSET(PEB, MinimumStackCommit, 0x318);
_Static_assert(sizeof(PEB) == 0x358, "PEB of NT 5.2");
NT_OFFSET(TEB, LastErrorValue, 0x68);
NT_OFFSET(TEB, CurrentLocale, 0x108);
NT_OFFSET(TEB, ExceptionCode, 0x2C0);
NT_OFFSET(TEB, RealClientId, 0x7D8);
NT_OFFSET(TEB, LastStatusValue, 0x1250);
NT_OFFSET(TEB, DeallocationStack, 0x1478);
NT_OFFSET(TEB, TlsLinks, 0x1680);
NT_OFFSET(TEB, GuaranteedStackBytes, 0x1748);
NT_OFFSET(TEB, TlsExpansionSlots, 0x1780);
_Static_assert(sizeof(TEB) == 0x17D8, "TEB of NT 5.2");
NT_OFFSET(RTL_USER_PROCESS_PARAMETERS, ImagePathName, 0x60);
NT_OFFSET(RTL_USER_PROCESS_PARAMETERS, Environment, 0x80);
NT_OFFSET(RTL_USER_PROCESS_PARAMETERS, CurrentDirectores, 0xF0);
NT_OFFSET(LDR_DATA_TABLE_ENTRY, BaseDllName, 0x58);
NT_OFFSET(LDR_DATA_TABLE_ENTRY, LoadCount, 0x6C);
_Static_assert(sizeof(LDR_DATA_TABLE_ENTRY) == 0x98, "LDR_DATA_TABLE_ENTRY of NT 5.2");
NT_OFFSET(KUSER_SHARED_DATA, TickCount, 0x320);
_Static_assert(sizeof(SECTION_IMAGE_INFORMATION) == 0x40, "nt-reference 2.3");
_Static_assert(sizeof(SYSTEM_BASIC_INFORMATION) == 0x40, "nt-reference 14.5");
_Static_assert(sizeof(VM_COUNTERS) == 0x58, "nt-reference 14.5");
NT_OFFSET(SYSTEM_PROCESS_INFORMATION, UniqueProcessId, 0x50);
NT_OFFSET(CONTEXT, FltSave, 0x100);
_Static_assert(sizeof(CONTEXT) == 0x4D0, "nt-reference 14.4");
#endif
NT_OFFSET(SYSTEM_PERFORMANCE_INFORMATION, AvailablePages, 0x2C);
NT_OFFSET(SYSTEM_PERFORMANCE_INFORMATION, PagedPoolPages, 0x70);
_Static_assert(sizeof(SYSTEM_PERFORMANCE_INFORMATION) == 0x138, "nt-reference 14.5");
#undef NT_OFFSET

#endif
