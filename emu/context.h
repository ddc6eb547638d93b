/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context.h - a thread's state, and the CONTEXT record in which a guest sees it. */
#ifndef SOFTFAULT_EMU_CONTEXT_H
#define SOFTFAULT_EMU_CONTEXT_H

#include "emu/cpu.h"

struct machine;
struct thread;

/* All of a thread's registers. */
struct thread_context {
    struct cpu_registers registers;
    struct cpu_float_state floats;
    uint64_t debug[6]; /* Dr0 to Dr3, Dr6, Dr7: kept, not armed */
};
enum { DEBUG_DR6 = 4, DEBUG_DR7 = 5, DR7_ENABLE_MASK = 0xFF /* L0 G0 ... L3 G3 */ };

/* What user mode may set of EFLAGS: CF PF AF ZF SF TF DF OF AC ID. */
enum { CONTEXT_USER_FLAGS = 0x240DD5, CONTEXT_TRAP_FLAG = 0x100, CONTEXT_INTERRUPT_FLAG = 0x200 };

enum { CONTEXT_RECORD_MAX = 0x4D0, CONTEXT_PARTS_MAX = 12 };

/* A CONTEXT's bytes that belong to one part; the parts of a flag may lie apart. */
struct context_part {
    uint32_t flag; /* all of its bits in ContextFlags: the part is there; 0 ends the list */
    uint16_t begin, end;
};

struct context_format {
    uint16_t size;
    uint16_t flags_offset; /* of ContextFlags */
    uint16_t short_size;   /* what is there whatever ContextFlags says */
    uint32_t extended;     /* the flag for what is beyond; 0: nothing */
    uint32_t all, full;    /* CONTEXT_ALL, CONTEXT_FULL */
    uint32_t control;      /* CONTEXT_CONTROL: the part with the instruction pointer */
    struct context_part parts[CONTEXT_PARTS_MAX];
    /* All parts, ContextFlags included. */
    void (*encode)(const struct thread_context *context, uint8_t *record);
    /* The parts that ContextFlags names; user-mode bits only. */
    void (*decode)(const uint8_t *record, struct thread_context *context);
};

extern const struct context_format context_format_x86, context_format_x64;

/* Does ContextFlags of record name the part? */
bool context_has(const struct context_format *format, const uint8_t *record, uint32_t part);

/* Bytes that a record with these ContextFlags has. */
uint32_t context_size(const struct context_format *format, uint32_t flags);

/* Copy the parts that flags name from one record to another. */
void context_merge(const struct context_format *format, uint8_t *to, const uint8_t *from, uint32_t flags);

/* EFLAGS as user mode may have them. */
uint64_t context_flags(uint64_t flags);

/* A thread's state, in the CPU or not. */
void context_capture(struct machine *machine, const struct thread *thread, struct thread_context *ret_context);
/* Say once that breakpoints are not modelled, where the new state wants them. */
void context_load(struct machine *machine, struct thread *thread, const struct thread_context *context);

/* Offsets in an FXSAVE image. */
enum fxsave_offset {
    FX_FCW = 0,
    FX_FSW = 2,
    FX_FTW = 4,
    FX_FOP = 6,
    FX_FIP = 8,
    FX_FCS = 12,
    FX_FDP = 16,
    FX_FDS = 20,
    FX_MXCSR = 24,
    FX_ST = 32, /* eight of 16 bytes, 10 used, ST(0) first */
};
enum { MXCSR_VALID = 0xFFBF };

#endif
