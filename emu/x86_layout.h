/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x86_layout.h - the 32-bit CONTEXT record, with NT's names and offsets (nt-reference.md 14.4). */
#ifndef SOFTFAULT_EMU_X86_LAYOUT_H
#define SOFTFAULT_EMU_X86_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum x86_context_flags {
    X86_CONTEXT_i386 = 0x10000,
    X86_CONTEXT_CONTROL = 0x10001,
    X86_CONTEXT_INTEGER = 0x10002,
    X86_CONTEXT_SEGMENTS = 0x10004,
    X86_CONTEXT_FLOATING_POINT = 0x10008,
    X86_CONTEXT_DEBUG_REGISTERS = 0x10010,
    X86_CONTEXT_EXTENDED_REGISTERS = 0x10020,
    X86_CONTEXT_FULL = 0x10007,
    X86_CONTEXT_ALL = 0x1003F,
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

enum x86_selector {
    X86_SELECTOR_CODE = 0x1B,
    X86_SELECTOR_DATA = 0x23,
    X86_SELECTOR_TEB = 0x3B,
};

#endif
