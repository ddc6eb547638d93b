/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service.h - what a system service is.
 *
 * A handler first plans: it captures inputs (guest_read), checks, and prepares outputs (nt_output).  Any of these may
 * answer STATUS_MM_WAIT, which the handler hands on with nothing done; it is then called again from its start.  After
 * the plan it applies, which cannot fail, and writes its results (nt_put).  Outputs are released by the dispatcher. */
#ifndef SOFTFAULT_EMU_NT_SERVICE_H
#define SOFTFAULT_EMU_NT_SERVICE_H

#include "emu/cpu.h"
#include "emu/guest_layout.h"
#include "emu/names.h"
#include "emu/security.h"

struct machine;

enum {
    NT_ARGUMENTS_MAX = 17,
    NT_OUTPUTS_MAX = 6,
    NT_HANDLES_MAX = 6, /* that a service looks up before it may have to wait */
};

struct nt_call {
    struct machine *machine;
    const struct nt_service *service;
    uint64_t arguments[NT_ARGUMENTS_MAX]; /* as passed: the upper half of a ULONG is anything on x64 */
    struct mm_hold outputs[NT_OUTPUTS_MAX];
    unsigned output_count;
    bool keeps_registers; /* the handler has set the thread's registers: no result goes into EAX */
};

struct nt_service {
    const char *name; /* NULL ends a table */
    uint8_t argument_count;
    ntstatus_t (*handler)(struct nt_call *call);
};

extern const struct nt_service nt_services_vm[];
extern const struct nt_service nt_services_section[];
extern const struct nt_service nt_services_file[];
extern const struct nt_service nt_services_process[];
extern const struct nt_service nt_services_thread[];
extern const struct nt_service nt_services_event[];
extern const struct nt_service nt_services_info[];
extern const struct nt_service nt_services_context[];
extern const struct nt_service nt_services_creation[];
extern const struct nt_service nt_services_job[];
extern const struct nt_service nt_services_name[];
extern const struct nt_service nt_services_object[];
extern const struct nt_service nt_services_paging_file[];
extern const struct nt_service nt_services_sync[];
extern const struct nt_service nt_services_timer[];
extern const struct nt_service nt_services_token[];
extern const struct nt_service nt_services_wait[];

/* Read the numbers from the thunks of the ntdll that is loaded. */
void nt_read_numbers(struct machine *machine);

/* cpu_env.system_call. */
enum cpu_action nt_dispatch(void *context, const struct cpu_system_call *request);

/* An argument of 32 bits; a HANDLE.  => nt_handle(): 0, never a handle, where it is none of 32 bits. */
uint32_t nt_ulong(const struct nt_call *call, unsigned index);
uint32_t nt_handle(const struct nt_call *call, unsigned index);

/* An output of the call: length bytes (<= 64 KB) at va, writable from now on.  => *ret_output for nt_put(). */
ntstatus_t nt_output(struct nt_call *call, va_t va, uint32_t length, unsigned *ret_output);
void nt_put(struct nt_call *call, unsigned output, uint32_t offset, const void *bytes, uint32_t length);
void nt_put32(struct nt_call *call, unsigned output, uint32_t value);

/* The same for a pointer, HANDLE or SIZE_T; nt_get_pointer() reads what is there before. */
ntstatus_t nt_output_pointer(struct nt_call *call, va_t va, unsigned *ret_output);
void nt_put_pointer(struct nt_call *call, unsigned output, uint64_t value);
uint64_t nt_get_pointer(struct nt_call *call, unsigned output);

/* IO_STATUS_BLOCK. */
ntstatus_t nt_output_io(struct nt_call *call, va_t va, unsigned *ret_output);
void nt_put_io(struct nt_call *call, unsigned output, ntstatus_t status, uint64_t information);

/* The process that a handle argument names, -1 being the caller's own; access is PROCESS_*.  Borrowed for the call.
 * => STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_PROCESS_IS_TERMINATING. */
ntstatus_t nt_process(struct nt_call *call, unsigned index, uint32_t access, struct process **ret_process);

/* process_memory.c: the classes of NtQueryInformationProcess and NtSetInformationProcess that are about memory.
 * => false: the class is not one of them. */
bool nt_query_process_memory(struct nt_call *call, ntstatus_t *ret_status);
bool nt_set_process_memory(struct nt_call *call, ntstatus_t *ret_status);
/* The same for a thread, -2 being the caller's own, ended ones included; access is THREAD_*. */
ntstatus_t nt_thread(struct nt_call *call, unsigned index, uint32_t access, struct thread **ret_thread);

/* The object of a handle argument, borrowed for the call.
 * => STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
ntstatus_t nt_object(struct nt_call *call, unsigned index, struct object_want want, struct object **ret_object);
/* Of any type, -1 and -2 included, with the access that the handle has.  => STATUS_INVALID_HANDLE. */
ntstatus_t nt_any_object(struct nt_call *call, unsigned index, struct handle_entry *ret_entry);

/* OBJECT_ATTRIBUTES; va 0: none, all zero.  => STATUS_INVALID_PARAMETER: wrong length. */
struct nt_attributes {
    uint64_t root; /* a handle */
    va_t name;     /* UNICODE_STRING */
    va_t security; /* SECURITY_DESCRIPTOR */
    uint32_t flags;
};
ntstatus_t nt_attributes(struct nt_call *call, va_t va, struct nt_attributes *ret_attributes);

/* A service that makes an object: arguments 0 *handle, 1 desired access, 2 attributes. */
struct nt_new_object {
    unsigned output;
    uint32_t desired;
    struct nt_attributes attributes;
    struct name_place place; /* its name */
    struct security security;
};
ntstatus_t nt_plan_new(struct nt_call *call, struct nt_new_object *ret_new);
/* An object has the name already: it is opened where OBJ_OPENIF says so (STATUS_OBJECT_NAME_EXISTS), else refused.
 * => false: there is none. */
bool nt_open_existing(struct nt_call *call, enum object_type type, const struct nt_new_object *new,
                      ntstatus_t *ret_status);
/* Another handle to an object that there is, as its access list allows. */
ntstatus_t nt_open_object(struct nt_call *call, struct object *object, const struct nt_new_object *new);
/* Its end: the caller's reference becomes the handle's.  => STATUS_INSUFFICIENT_RESOURCES: the object is let go. */
ntstatus_t nt_give_handle(struct nt_call *call, struct object *object, const struct nt_new_object *new);
/* The whole of it: an object of a type, made ready by init. */
struct nt_kind {
    enum object_type type;
    void (*init)(struct object *object, const void *how);
};
ntstatus_t nt_create(struct nt_call *call, const struct nt_new_object *new, const struct nt_kind *kind,
                     const void *how);
/* A handle in the running process; 0: no room.  attributes: OBJ_*. */
uint32_t nt_new_handle(struct nt_call *call, struct object *object, uint32_t desired, uint32_t attributes);

/* The outputs are let go before the end of the call: by those that end the caller's process. */
void nt_release_outputs(struct nt_call *call);

/* Say once that a part of a service is not modelled.  => STATUS_NOT_IMPLEMENTED. */
ntstatus_t nt_not_modelled(struct nt_call *call, const char *what);

/* Progress of a transfer in chunks: bytes done by earlier attempts of this very call. */
uint64_t nt_resume(const struct nt_call *call);
/* The call must wait after done bytes.  => STATUS_MM_WAIT. */
ntstatus_t nt_suspend(struct nt_call *call, uint64_t done);

/* LARGE_INTEGER *timeout of a wait (100 ns; negative: from now); va 0: none.
 * => *ret_when: UINT64_MAX: it never ends. */
ntstatus_t nt_timeout(struct nt_call *call, va_t va, uint64_t *ret_when);
uint64_t nt_time_of(const struct machine *machine, int64_t timeout);

/* transfer.c */
ntstatus_t nt_read_file(struct nt_call *call);
ntstatus_t nt_write_file(struct nt_call *call);

/* context.c: a CONTEXT in guest memory, of which only the parts named need to be there.
 * record: CONTEXT_RECORD_MAX bytes. */
ntstatus_t nt_read_context(struct machine *machine, va_t va, uint8_t *record);

/* Information classes: prepare *ReturnLength where given, and the buffer; then store. */
struct nt_information {
    const void *bytes;
    uint32_t length;        /* of the information */
    va_t buffer;            /* guest */
    uint64_t room;          /* its length */
    va_t returned;          /* guest, 0: none */
    unsigned returned_size; /* of ReturnLength; 0: a ULONG */
};
/* => STATUS_INFO_LENGTH_MISMATCH where room differs from length. */
ntstatus_t nt_answer_exact(struct nt_call *call, const struct nt_information *information);
/* => the same where room is too small. */
ntstatus_t nt_answer(struct nt_call *call, const struct nt_information *information);
/* The same for a record: it is ended, and is the information. */
ntstatus_t nt_answer_record(struct nt_call *call, struct guest_record *record, struct nt_information information);
ntstatus_t nt_answer_record_exact(struct nt_call *call, struct guest_record *record, struct nt_information information);
/* The same for a record that may be a ULONG or less, which has no padding. */
ntstatus_t nt_answer_fields(struct nt_call *call, const struct guest_record *record, struct nt_information information);

#endif
