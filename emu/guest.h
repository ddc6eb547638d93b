/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.h - guest memory as services and the kernel's own user-mode frames see it: probe, then copy.
 *
 * Every address is checked against MmUserProbeAddress and faulted in with the thread's rights.  A service captures its
 * inputs and prepares its outputs first; after that nothing can fail and it writes its results. */
#ifndef SOFTFAULT_EMU_GUEST_H
#define SOFTFAULT_EMU_GUEST_H

#include "mm/mm.h"

struct machine;
struct process;

bool guest_is_user_range(const struct machine *machine, va_t va, uint64_t length);

/* Hold as much of [va, va+length) as a hold can.  => the failures of mm_hold(); STATUS_ACCESS_VIOLATION beyond user
 * space.  length 0 holds nothing and succeeds. */
ntstatus_t guest_hold(struct machine *machine, va_t va, uint64_t length, enum mmu_access access,
                      struct mm_hold *ret_hold);

/* The same in another process, to which the thread attaches: a guard page there is nobody's stack. */
ntstatus_t guest_hold_in(struct machine *machine, const struct process *process, va_t va, uint64_t length,
                         enum mmu_access access, struct mm_hold *ret_hold);

/* What mm calls that fault pages in for a service take: the template, and the observer with machine as its context.
 * machine_after_fault() comes after. */
struct mm_fault guest_fault(const struct machine *machine, const struct process *process);
void guest_observe(void *machine, const struct mm_fault *fault);

/* Copy in.  length <= 64 KB. */
ntstatus_t guest_read(struct machine *machine, va_t va, void *buffer, uint32_t length);

/* The kernel's own frame on the running thread's stack: all of it or nothing.  length <= 64 KB.
 * => STATUS_MM_WAIT: repeat. */
ntstatus_t guest_put_frame(struct machine *machine, va_t va, const void *bytes, uint32_t length);

/* Copy out at once, for what the kernel makes in a new process or thread; waits for pages itself, nobody else running
 * meanwhile.  Any length. */
ntstatus_t guest_write_to(struct machine *machine, const struct process *process, va_t va, const void *bytes,
                          uint64_t length);
ntstatus_t guest_write_now(struct machine *machine, va_t va, const void *bytes, uint64_t length);

/* A UNICODE_STRING at va, as UTF-8 in buffer of room bytes; what is no valid UTF-16 becomes '?'.
 * => STATUS_OBJECT_NAME_INVALID: it does not fit, or is malformed. */
ntstatus_t guest_read_string(struct machine *machine, va_t va, char *buffer, uint32_t room);

/* UTF-16 code units to UTF-8.  => false: no room. */
bool utf8_from_utf16(const uint16_t *units, uint32_t count, char *buffer, uint32_t room);

/* UTF-8 to UTF-16; malformed bytes become '?'.  => code units stored, at most room. */
uint32_t utf16_from_utf8(const char *text, uint16_t *units, uint32_t room);

#endif
