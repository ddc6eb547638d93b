/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x86_layout.h - 32-bit structures that kernel and guest share, with NT's names and offsets.
 *
 * Small ones are C structs, copied whole (the host is little-endian like the guest).  PEB, TEB and shared data are
 * written field by field at the offsets below.  Source: nt-reference.md section 14. */
#ifndef SOFTFAULT_EMU_X86_LAYOUT_H
#define SOFTFAULT_EMU_X86_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum x86_context_flags {
    CONTEXT_i386 = 0x10000,
    CONTEXT_CONTROL = 0x10001,
    CONTEXT_INTEGER = 0x10002,
    CONTEXT_SEGMENTS = 0x10004,
    CONTEXT_FLOATING_POINT = 0x10008,
    CONTEXT_DEBUG_REGISTERS = 0x10010,
    CONTEXT_EXTENDED_REGISTERS = 0x10020,
    CONTEXT_FULL = 0x10007,
    CONTEXT_ALL = 0x1003F,
};

struct x86_floating_save_area {
    uint32_t ControlWord, StatusWord, TagWord, ErrorOffset, ErrorSelector, DataOffset, DataSelector;
    uint8_t RegisterArea[80];
    uint32_t Cr0NpxState;
};

struct x86_context {
    uint32_t ContextFlags;
    uint32_t Dr[6]; /* Dr0 to Dr3, Dr6, Dr7 */
    struct x86_floating_save_area FloatSave;
    uint32_t SegGs, SegFs, SegEs, SegDs;
    uint32_t Edi, Esi, Ebx, Edx, Ecx, Eax;
    uint32_t Ebp, Eip, SegCs, EFlags, Esp, SegSs;
    uint8_t ExtendedRegisters[512];
};
static_assert(sizeof(struct x86_context) == 0x2CC, "CONTEXT");
static_assert(offsetof(struct x86_context, FloatSave) == 0x1C, "CONTEXT");
static_assert(offsetof(struct x86_context, SegGs) == 0x8C, "CONTEXT");
static_assert(offsetof(struct x86_context, Ebp) == 0xB4, "CONTEXT");
static_assert(offsetof(struct x86_context, ExtendedRegisters) == 0xCC, "CONTEXT");

enum { EXCEPTION_MAXIMUM_PARAMETERS = 15 };

struct x86_exception_record {
    uint32_t ExceptionCode, ExceptionFlags, ExceptionRecord, ExceptionAddress, NumberParameters;
    uint32_t ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
};
static_assert(sizeof(struct x86_exception_record) == 0x50, "EXCEPTION_RECORD");

struct x86_memory_basic_information {
    uint32_t BaseAddress, AllocationBase, AllocationProtect, RegionSize, State, Protect, Type;
};
static_assert(sizeof(struct x86_memory_basic_information) == 0x1C, "MEMORY_BASIC_INFORMATION");

struct x86_object_attributes {
    uint32_t Length, RootDirectory, ObjectName, Attributes, SecurityDescriptor, SecurityQualityOfService;
};

struct x86_io_status_block {
    uint32_t Status, Information;
};

enum x86_selector {
    SELECTOR_CODE = 0x1B,
    SELECTOR_DATA = 0x23,
    SELECTOR_TEB = 0x3B,
};

enum x86_eflags {
    EFLAGS_TF = 0x100,
    EFLAGS_IF = 0x200,
    EFLAGS_USER = 0x240DD5, /* what user mode may set: CF PF AF ZF SF TF DF OF AC ID */
};

enum x86_teb {
    TEB_ExceptionList = 0x00,
    TEB_StackBase = 0x04,
    TEB_StackLimit = 0x08,
    TEB_Version = 0x10,
    TEB_Self = 0x18,
    TEB_ClientId = 0x20,
    TEB_ProcessEnvironmentBlock = 0x30,
    TEB_CurrentLocale = 0xC4,
    TEB_RealClientId = 0x6B4,
    TEB_StaticUnicodeString = 0xBF8,
    TEB_StaticUnicodeBuffer = 0xC00,
    TEB_DeallocationStack = 0xE0C,
};

enum x86_peb {
    PEB_Mutant = 0x04,
    PEB_ImageBaseAddress = 0x08,
    PEB_ProcessParameters = 0x10,
    PEB_NumberOfProcessors = 0x64,
    PEB_NtGlobalFlag = 0x68,
    PEB_CriticalSectionTimeout = 0x70,
    PEB_HeapSegmentReserve = 0x78,
    PEB_HeapSegmentCommit = 0x7C,
    PEB_HeapDeCommitTotalFreeThreshold = 0x80,
    PEB_HeapDeCommitFreeBlockThreshold = 0x84,
    PEB_NumberOfHeaps = 0x88,
    PEB_MaximumNumberOfHeaps = 0x8C,
    PEB_ProcessHeaps = 0x90,
    PEB_OSMajorVersion = 0xA4,
    PEB_OSMinorVersion = 0xA8,
    PEB_OSBuildNumber = 0xAC,
    PEB_OSCSDVersion = 0xAE,
    PEB_OSPlatformId = 0xB0,
    PEB_ImageSubsystem = 0xB4,
    PEB_ImageSubsystemMajorVersion = 0xB8,
    PEB_ImageSubsystemMinorVersion = 0xBC,
    PEB_ImageProcessAffinityMask = 0xC0,
    PEB_MinimumStackCommit = 0x208,
    PEB_size = 0x230,
};

enum x86_process_parameters {
    PARAMETERS_MaximumLength = 0x00,
    PARAMETERS_Length = 0x04,
    PARAMETERS_Flags = 0x08,
    PARAMETERS_StandardInput = 0x18,
    PARAMETERS_CurrentDirectory = 0x24,
    PARAMETERS_DllPath = 0x30,
    PARAMETERS_ImagePathName = 0x38,
    PARAMETERS_CommandLine = 0x40,
    PARAMETERS_Environment = 0x48,
    PARAMETERS_WindowTitle = 0x70,
    PARAMETERS_DesktopInfo = 0x78,
    PARAMETERS_ShellInfo = 0x80,
    PARAMETERS_RuntimeData = 0x88,
    PARAMETERS_size = 0x290,
    PARAMETERS_NORMALIZED = 1,
};

enum x86_shared_data {
    SHARED_TickCountLow = 0x00,
    SHARED_TickCountMultiplier = 0x04,
    SHARED_InterruptTime = 0x08,
    SHARED_SystemTime = 0x14,
    SHARED_TimeZoneBias = 0x20,
    SHARED_ImageNumberLow = 0x2C,
    SHARED_ImageNumberHigh = 0x2E,
    SHARED_NtSystemRoot = 0x30,
    SHARED_LargePageMinimum = 0x244,
    SHARED_NtProductType = 0x264,
    SHARED_ProductTypeIsValid = 0x268,
    SHARED_NtMajorVersion = 0x26C,
    SHARED_NtMinorVersion = 0x270,
    SHARED_ProcessorFeatures = 0x274,
    SHARED_SuiteMask = 0x2D0,
    SHARED_NXSupportPolicy = 0x2D5,
    SHARED_NumberOfPhysicalPages = 0x2E8,
    SHARED_TickCount = 0x320,
    SHARED_Cookie = 0x330,
};

static inline void put16(uint8_t *bytes, unsigned offset, uint16_t value)
{
    __builtin_memcpy(bytes + offset, &value, sizeof value);
}

static inline void put32(uint8_t *bytes, unsigned offset, uint32_t value)
{
    __builtin_memcpy(bytes + offset, &value, sizeof value);
}

static inline void put64(uint8_t *bytes, unsigned offset, uint64_t value)
{
    __builtin_memcpy(bytes + offset, &value, sizeof value);
}

#endif
