/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_layout.h - where things are in the structures that kernel and guest share, for both widths.
 *
 * A machine chooses its layout once, by the width of its program; from then on one source serves both: fields are
 * written at layout->peb.Ldr and the like, pointers with put_pointer().  The tables below show a field's two offsets
 * side by side, with NT's names.  Source: nt-reference.md sections 4.1, 4.2 and 14. */
#ifndef SOFTFAULT_EMU_GUEST_LAYOUT_H
#define SOFTFAULT_EMU_GUEST_LAYOUT_H

#include "mm/mm.h"

/*          field, x86, x64 */
#define GUEST_TEB_FIELDS(F)                                                                                            \
    F(ExceptionList, 0x00, 0x00)                                                                                       \
    F(StackBase, 0x04, 0x08)                                                                                           \
    F(StackLimit, 0x08, 0x10)                                                                                          \
    F(Version, 0x10, 0x20)                                                                                             \
    F(Self, 0x18, 0x30)                                                                                                \
    F(ClientId, 0x20, 0x40)                                                                                            \
    F(ProcessEnvironmentBlock, 0x30, 0x60)                                                                             \
    F(CurrentLocale, 0xC4, 0x108)                                                                                      \
    F(RealClientId, 0x6B4, 0x7D8)                                                                                      \
    F(StaticUnicodeString, 0xBF8, 0x1258)                                                                              \
    F(StaticUnicodeBuffer, 0xC00, 0x1268)                                                                              \
    F(DeallocationStack, 0xE0C, 0x1478)                                                                                \
    F(GuaranteedStackBytes, 0xF78, 0x1748)                                                                             \
    F(size, 0xFBC, 0x17D8)

#define GUEST_PEB_FIELDS(F)                                                                                            \
    F(Mutant, 0x04, 0x08)                                                                                              \
    F(ImageBaseAddress, 0x08, 0x10)                                                                                    \
    F(ProcessParameters, 0x10, 0x20)                                                                                   \
    F(NumberOfProcessors, 0x64, 0xB8)                                                                                  \
    F(NtGlobalFlag, 0x68, 0xBC)                                                                                        \
    F(CriticalSectionTimeout, 0x70, 0xC0)                                                                              \
    F(HeapSegmentReserve, 0x78, 0xC8)                                                                                  \
    F(HeapSegmentCommit, 0x7C, 0xD0)                                                                                   \
    F(HeapDeCommitTotalFreeThreshold, 0x80, 0xD8)                                                                      \
    F(HeapDeCommitFreeBlockThreshold, 0x84, 0xE0)                                                                      \
    F(NumberOfHeaps, 0x88, 0xE8)                                                                                       \
    F(MaximumNumberOfHeaps, 0x8C, 0xEC)                                                                                \
    F(ProcessHeaps, 0x90, 0xF0)                                                                                        \
    F(OSMajorVersion, 0xA4, 0x118)                                                                                     \
    F(OSMinorVersion, 0xA8, 0x11C)                                                                                     \
    F(OSBuildNumber, 0xAC, 0x120)                                                                                      \
    F(OSCSDVersion, 0xAE, 0x122)                                                                                       \
    F(OSPlatformId, 0xB0, 0x124)                                                                                       \
    F(ImageSubsystem, 0xB4, 0x128)                                                                                     \
    F(ImageSubsystemMajorVersion, 0xB8, 0x12C)                                                                         \
    F(ImageSubsystemMinorVersion, 0xBC, 0x130)                                                                         \
    F(ImageProcessAffinityMask, 0xC0, 0x138)                                                                           \
    F(size, 0x230, 0x358)

#define GUEST_PARAMETERS_FIELDS(F)                                                                                     \
    F(MaximumLength, 0x00, 0x00)                                                                                       \
    F(Length, 0x04, 0x04)                                                                                              \
    F(Flags, 0x08, 0x08)                                                                                               \
    F(StandardInput, 0x18, 0x20)                                                                                       \
    F(CurrentDirectory, 0x24, 0x38)                                                                                    \
    F(DllPath, 0x30, 0x50)                                                                                             \
    F(ImagePathName, 0x38, 0x60)                                                                                       \
    F(CommandLine, 0x40, 0x70)                                                                                         \
    F(Environment, 0x48, 0x80)                                                                                         \
    F(WindowTitle, 0x70, 0xB0)                                                                                         \
    F(DesktopInfo, 0x78, 0xC0)                                                                                         \
    F(ShellInfo, 0x80, 0xD0)                                                                                           \
    F(RuntimeData, 0x88, 0xE0)                                                                                         \
    F(size, 0x290, 0x3F0)

#define GUEST_EXCEPTION_RECORD_FIELDS(F)                                                                               \
    F(ExceptionCode, 0x00, 0x00)                                                                                       \
    F(ExceptionFlags, 0x04, 0x04)                                                                                      \
    F(ExceptionRecord, 0x08, 0x08)                                                                                     \
    F(ExceptionAddress, 0x0C, 0x10)                                                                                    \
    F(NumberParameters, 0x10, 0x18)                                                                                    \
    F(ExceptionInformation, 0x14, 0x20)                                                                                \
    F(size, 0x50, 0x98)

#define GUEST_OBJECT_ATTRIBUTES_FIELDS(F)                                                                              \
    F(Length, 0x00, 0x00)                                                                                              \
    F(RootDirectory, 0x04, 0x08)                                                                                       \
    F(ObjectName, 0x08, 0x10)                                                                                          \
    F(Attributes, 0x0C, 0x18)                                                                                          \
    F(SecurityDescriptor, 0x10, 0x20)                                                                                  \
    F(size, 0x18, 0x30)

#define GUEST_UNICODE_STRING_FIELDS(F)                                                                                 \
    F(Length, 0x00, 0x00)                                                                                              \
    F(MaximumLength, 0x02, 0x02)                                                                                       \
    F(Buffer, 0x04, 0x08)                                                                                              \
    F(size, 0x08, 0x10)

#define GUEST_FIELD(name, x86, x64) uint16_t name;

enum { PARAMETERS_NORMALIZED = 1, GUEST_TEB_MAX = 0x17D8, GUEST_PEB_MAX = 0x358 };

/* KUSER_SHARED_DATA is the same in both. */
#define SHARED_DATA_USER 0x7FFE0000u
enum guest_shared_data {
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

struct context_format; /* context.h */

struct guest_layout {
    unsigned pointer; /* bytes: 4, 8 */
    int digits;       /* of an address in hexadecimal: 8, 16 */
    uint16_t machine; /* of images: IMAGE_MACHINE_* */
    const char *architecture;
    va_t probe_address; /* MmUserProbeAddress: user space ends here */
    va_t peb_address, teb_address, shared_data_system;
    uint32_t teb_region; /* bytes of whole pages */
    uint8_t thunk[3];    /* the instruction before mov eax, N in a system-call thunk */
    uint8_t thunk_length;
    const struct context_format *context;
    struct {
        GUEST_TEB_FIELDS(GUEST_FIELD)
    } teb;
    struct {
        GUEST_PEB_FIELDS(GUEST_FIELD)
    } peb;
    struct {
        GUEST_PARAMETERS_FIELDS(GUEST_FIELD)
    } parameters;
    struct {
        GUEST_EXCEPTION_RECORD_FIELDS(GUEST_FIELD)
    } exception_record;
    struct {
        GUEST_OBJECT_ATTRIBUTES_FIELDS(GUEST_FIELD)
    } object_attributes;
    struct {
        GUEST_UNICODE_STRING_FIELDS(GUEST_FIELD)
    } unicode_string;
};

extern const struct guest_layout guest_layout_x86, guest_layout_x64;

/* --- Fields; the host is little-endian like the guest -------------------------------------------------------- */

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

static inline uint16_t get16(const uint8_t *bytes, unsigned offset)
{
    uint16_t value;
    __builtin_memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static inline uint32_t get32(const uint8_t *bytes, unsigned offset)
{
    uint32_t value;
    __builtin_memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static inline uint64_t get64(const uint8_t *bytes, unsigned offset)
{
    uint64_t value;
    __builtin_memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static inline void put_pointer(const struct guest_layout *layout, uint8_t *bytes, unsigned offset, uint64_t value)
{
    __builtin_memcpy(bytes + offset, &value, layout->pointer);
}

static inline uint64_t get_pointer(const struct guest_layout *layout, const uint8_t *bytes, unsigned offset)
{
    uint64_t value = 0;
    __builtin_memcpy(&value, bytes + offset, layout->pointer);
    return value;
}

/* --- Records: information structures, field after field, each at its natural alignment ----------------------- */

enum { GUEST_RECORD_MAX = 0x80 };

struct guest_record {
    const struct guest_layout *layout;
    uint8_t bytes[GUEST_RECORD_MAX];
    uint32_t length;
};

struct guest_record record_begin(const struct guest_layout *layout);
void record_u8(struct guest_record *record, uint8_t value);
void record_u16(struct guest_record *record, uint16_t value);
void record_u32(struct guest_record *record, uint32_t value);
void record_u64(struct guest_record *record, uint64_t value);
void record_pointer(struct guest_record *record, uint64_t value);
/* Padding at the end: pointers stand aligned in an array of them. */
void record_end(struct guest_record *record);

#endif
