/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm.h - what the memory services and the queries about memory share. */
#ifndef SOFTFAULT_EMU_NT_VM_H
#define SOFTFAULT_EMU_NT_VM_H

#include "emu/nt/access.h"
#include "emu/nt/service.h"

enum {
    NT_OUTPUT_MAX = 64 << 10, /* bytes of one output */
    NT_NAME_MAX = 520,        /* characters of a file's name in an answer */
    NT_NAME_BYTES = 16 + 2 * NT_NAME_MAX + 2,
};

/* --- vm.c: PVOID *Base and PSIZE_T Size, both read and written back --- */

struct nt_range {
    uint64_t base, size; /* as given */
    va_t base_at, size_at;
    unsigned base_output, size_output;
};

/* The arguments with these indices.  => the failures of nt_output(). */
ntstatus_t nt_capture_range(struct nt_call *call, unsigned base, unsigned size, struct nt_range *ret_range);
/* ZeroBits: a count, or on x64 a mask of allowed bits.  => false: too many. */
bool nt_check_zero_bits(const struct nt_call *call, uint64_t bits);
void nt_put_range(struct nt_call *call, const struct nt_range *range, struct mm_range done);

/* --- answer.c --- */

/* Is all of the caller's range writable?  Every page of it is touched, as ProbeForWrite does; nothing stays held. */
ntstatus_t nt_probe_all(struct nt_call *call, va_t va, uint64_t length);
/* The same, but a range that one output can hold is left to nt_output(). */
ntstatus_t nt_probe_write(struct nt_call *call, va_t va, uint64_t length);

/* An output of any length, held whole.  Released by its owner. */
struct nt_long_output {
    struct mm_hold *holds; /* NT_OUTPUT_MAX bytes each */
    uint64_t count;
};
/* => the failures of nt_output(); STATUS_INSUFFICIENT_RESOURCES.  On failure nothing is held. */
ntstatus_t nt_hold_long(struct nt_call *call, va_t va, uint64_t length, struct nt_long_output *ret_output);
void nt_put_long(struct nt_call *call, const struct nt_long_output *output, uint64_t offset, const void *bytes,
                 uint32_t length);
void nt_release_long(struct nt_call *call, struct nt_long_output *output);

/* A UNICODE_STRING that is to stand at va, followed by its text and a NUL.
 * => bytes (NT_NAME_BYTES of room) filled; their number. */
uint32_t nt_describe_name(const struct guest_layout *layout, const char *name, va_t va, uint8_t *bytes);

/* --- vm_query.c, working_set.c: NtQueryVirtualMemory --- */

struct nt_query {
    struct process *process;
    va_t va;
    va_t buffer;
    uint64_t room; /* bytes of it */
    va_t returned; /* *ReturnLength; 0: none */
    unsigned buffer_output /* its first NT_OUTPUT_MAX bytes */, returned_output;
};
void nt_put_query_length(struct nt_call *call, const struct nt_query *query, uint64_t length);
ntstatus_t nt_answer_working_set(struct nt_call *call, const struct nt_query *query);
ntstatus_t nt_answer_working_set_ex(struct nt_call *call, const struct nt_query *query);

/* --- process_memory.c --- */

/* What a process has, or had at its end. */
struct mm_process_counters nt_process_counters(const struct machine *machine, const struct process *process);
/* VM_COUNTERS without PrivateUsage. */
void nt_put_vm_counters(struct guest_record *record, const struct mm_process_counters *counters);

/* --- process_list.c: NtQuerySystemInformation's class 5 --- */

ntstatus_t nt_query_process_list(struct nt_call *call);
/* The answer of a class whose length varies did not fit: length is stored.  => STATUS_INFO_LENGTH_MISMATCH. */
ntstatus_t nt_tell_length(struct nt_call *call, uint64_t length);

/* --- Handlers, for the table in vm.c --- */

ntstatus_t nt_query_virtual_memory(struct nt_call *call);
ntstatus_t nt_are_mapped_files_the_same(struct nt_call *call);
ntstatus_t nt_read_virtual_memory(struct nt_call *call);
ntstatus_t nt_write_virtual_memory(struct nt_call *call);
ntstatus_t nt_flush_instruction_cache(struct nt_call *call);
ntstatus_t nt_lock_virtual_memory(struct nt_call *call);
ntstatus_t nt_unlock_virtual_memory(struct nt_call *call);
ntstatus_t nt_flush_virtual_memory(struct nt_call *call);
ntstatus_t nt_get_write_watch(struct nt_call *call);
ntstatus_t nt_reset_write_watch(struct nt_call *call);
ntstatus_t nt_allocate_user_physical_pages(struct nt_call *call);
ntstatus_t nt_free_user_physical_pages(struct nt_call *call);
ntstatus_t nt_map_user_physical_pages(struct nt_call *call);
ntstatus_t nt_map_user_physical_pages_scatter(struct nt_call *call);

#endif
