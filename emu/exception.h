/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exception.h - an exception on its way to the thread. */
#ifndef SOFTFAULT_EMU_EXCEPTION_H
#define SOFTFAULT_EMU_EXCEPTION_H

#include "emu/context.h"
#include "emu/guest_layout.h"

struct thread;

enum { EXCEPTION_MAXIMUM_PARAMETERS = 15, EXCEPTION_RECORD_MAX = 0x98 };

/* EXCEPTION_RECORD, wide enough for both widths. */
struct exception_record {
    ntstatus_t code;
    uint32_t flags;
    va_t record; /* a chained one, in the guest */
    va_t address;
    uint32_t parameter_count; /* <= EXCEPTION_MAXIMUM_PARAMETERS */
    uint64_t information[EXCEPTION_MAXIMUM_PARAMETERS];
};

/* The exception, and the fault that it came from (type NONE: none). */
struct raise {
    struct exception_record record;
    struct mm_fault fault;
};

/* In the guest's form.  => the whole structure is written: layout->exception_record.size bytes. */
void exception_encode(const struct guest_layout *layout, const struct exception_record *record, uint8_t *bytes);
/* From it; parameter_count as the guest says, but at most EXCEPTION_MAXIMUM_PARAMETERS are taken. */
void exception_decode(const struct guest_layout *layout, const uint8_t *bytes, struct exception_record *ret_record);

/* The thread gets it before it runs on. */
void exception_raise(struct thread *thread, const struct raise *raise);
/* Build the frame of KiUserExceptionDispatcher for the running thread's exception and point the thread at it; it may
 * have to wait for the stack's pages, to be called again.  Ends the process where it cannot. */
void exception_deliver(struct machine *machine, struct thread *thread);
/* What the CPU stopped with, as an exception record. */
void exception_from_stop(const struct cpu_stop *stop, struct raise *ret_raise);
const char *exception_name(ntstatus_t code); /* "access violation"; NULL: no common one */

#endif
