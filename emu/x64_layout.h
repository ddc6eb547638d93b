/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x64_layout.h - the 64-bit CONTEXT record and exception frame, with NT's names and offsets (nt-reference.md 14.4,
 * 14.6). */
#ifndef SOFTFAULT_EMU_X64_LAYOUT_H
#define SOFTFAULT_EMU_X64_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum x64_context_flags {
    X64_CONTEXT_AMD64 = 0x100000,
    X64_CONTEXT_CONTROL = 0x100001,
    X64_CONTEXT_INTEGER = 0x100002,
    X64_CONTEXT_SEGMENTS = 0x100004,
    X64_CONTEXT_FLOATING_POINT = 0x100008,
    X64_CONTEXT_DEBUG_REGISTERS = 0x100010,
    X64_CONTEXT_FULL = 0x10000B,
    X64_CONTEXT_ALL = 0x10001F,
};

struct x64_context {
    uint64_t Home[6]; /* P1Home to P6Home */
    uint32_t ContextFlags, MxCsr;
    uint16_t SegCs, SegDs, SegEs, SegFs, SegGs, SegSs;
    uint32_t EFlags;
    uint64_t Dr[6];       /* Dr0 to Dr3, Dr6, Dr7 */
    uint64_t General[16]; /* Rax Rcx Rdx Rbx Rsp Rbp Rsi Rdi R8 to R15 */
    uint64_t Rip;
    uint8_t FltSave[512]; /* FXSAVE with 32-bit FIP and FDP */
    uint8_t VectorRegister[26][16];
    uint64_t VectorControl, DebugControl;
    uint64_t LastBranchToRip, LastBranchFromRip, LastExceptionToRip, LastExceptionFromRip;
};
static_assert(sizeof(struct x64_context) == 0x4D0, "CONTEXT");
static_assert(offsetof(struct x64_context, ContextFlags) == 0x30, "CONTEXT");
static_assert(offsetof(struct x64_context, EFlags) == 0x44, "CONTEXT");
static_assert(offsetof(struct x64_context, Dr) == 0x48, "CONTEXT");
static_assert(offsetof(struct x64_context, General) == 0x78, "CONTEXT");
static_assert(offsetof(struct x64_context, Rip) == 0xF8, "CONTEXT");
static_assert(offsetof(struct x64_context, FltSave) == 0x100, "CONTEXT");
static_assert(offsetof(struct x64_context, VectorRegister) == 0x300, "CONTEXT");
static_assert(offsetof(struct x64_context, LastBranchToRip) == 0x4B0, "CONTEXT");

/* What KiUserExceptionDispatcher finds at RSP. */
struct x64_exception_frame {
    struct x64_context Context;
    uint8_t ExceptionRecord[0x98];
    uint64_t padding;
    struct {
        uint64_t Rip, Cs, EFlags, Rsp, Ss;
    } MachineFrame;
};
static_assert(offsetof(struct x64_exception_frame, ExceptionRecord) == 0x4D0, "frame");
static_assert(offsetof(struct x64_exception_frame, MachineFrame) == 0x570, "frame");

enum x64_selector {
    X64_SELECTOR_CODE = 0x33,
    X64_SELECTOR_DATA = 0x2B,
    X64_SELECTOR_FS = 0x53,
};

#endif
