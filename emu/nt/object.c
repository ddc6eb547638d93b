/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.c - services on objects of any type: closing, duplicating, what a handle is. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* The last handle to a file waits for the service that is under way on it. */
static ntstatus_t close_handle(struct nt_call *call)
{
    struct machine *machine = call->machine;
    const struct handle_table *handles = &machine_process(machine)->handles;
    const struct handle_entry *entry = handle_entry(handles, nt_handle(call, 0));
    const struct handle_entry *found = repetition_find(machine, handles, nt_handle(call, 0));
    if (!entry || entry->object != found->object)
        return STATUS_INVALID_HANDLE; /* meanwhile, maybe */
    if (entry->object->type == OBJECT_FILE && entry->object->handles == 1) {
        ntstatus_t status = file_take_turn(call, entry->object);
        if (status != STATUS_SUCCESS)
            return status;
    }
    return handle_close(&machine->objects, &machine_process(machine)->handles, nt_handle(call, 0));
}

/* --- Duplication --------------------------------------------------------------------------------------------- */

enum duplicate_options {
    DUPLICATE_CLOSE_SOURCE = 1,
    DUPLICATE_SAME_ACCESS = 2,
    DUPLICATE_SAME_ATTRIBUTES = 4,
};

struct duplication {
    struct process *source, *target;
    struct handle_entry from; /* with a reference */
    uint32_t handle;          /* in the source */
    uint32_t access, attributes, options;
    bool wants_handle; /* else the source is only closed */
};

/* The source handle, with -1 and -2 meaning the caller's process and thread. */
static ntstatus_t find_source(struct nt_call *call, struct duplication *d)
{
    d->handle = nt_handle(call, 1);
    if (d->handle == (uint32_t)-1 || d->handle == (uint32_t)-2)
        return nt_any_object(call, 1, &d->from);
    const struct handle_entry *entry = repetition_find(call->machine, &d->source->handles, d->handle);
    if (!entry)
        return STATUS_INVALID_HANDLE;
    d->from = *entry;
    return STATUS_SUCCESS;
}

/* Their security is the file system's or the device's, which is asked when they are opened, not again. */
static bool has_security_of_its_own(enum object_type type)
{
    return type == OBJECT_FILE || type == OBJECT_CONSOLE || type == OBJECT_NUL;
}

/* More than the source has is asked of the object, where the object can say. */
static ntstatus_t choose_access(struct duplication *d, uint32_t desired)
{
    if (d->options & DUPLICATE_SAME_ACCESS) {
        d->access = d->from.access;
        return STATUS_SUCCESS;
    }
    d->access = object_map_access(d->from.object->type, desired);
    if (!(d->access & ~d->from.access))
        return STATUS_SUCCESS;
    return has_security_of_its_own(d->from.object->type) ? STATUS_ACCESS_DENIED
                                                         : security_grant(d->from.object, desired, &d->access);
}

static ntstatus_t duplicate(struct nt_call *call, struct duplication *d, unsigned output)
{
    struct machine *machine = call->machine;
    struct handle_entry entry = {d->from.object, d->access, d->attributes};
    uint32_t handle = d->wants_handle ? handle_insert(&machine->objects, &d->target->handles, &entry) : 0;
    if (d->wants_handle && !handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (d->options & DUPLICATE_CLOSE_SOURCE)
        handle_close(&machine->objects, &d->source->handles, d->handle);
    if (d->wants_handle && call->arguments[3])
        nt_put_pointer(call, output, handle);
    return STATUS_SUCCESS;
}

/* Arguments: 0 source process 1 source 2 target process 3 *target 4 access 5 attributes 6 options. */
static ntstatus_t duplicate_object(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct duplication d = {.options = nt_ulong(call, 6), .wants_handle = nt_handle(call, 2) != 0};
    unsigned output = 0;
    ntstatus_t status;
    if ((a[3] && (status = nt_output_pointer(call, a[3], &output)) != STATUS_SUCCESS) ||
        (status = nt_process(call, 0, PROCESS_DUP_HANDLE, &d.source)) != STATUS_SUCCESS ||
        (d.wants_handle && (status = nt_process(call, 2, PROCESS_DUP_HANDLE, &d.target)) != STATUS_SUCCESS) ||
        (status = find_source(call, &d)) != STATUS_SUCCESS ||
        (status = choose_access(&d, nt_ulong(call, 4))) != STATUS_SUCCESS)
        return status;
    if (d.wants_handle && d.target->life == PROCESS_OVER)
        return STATUS_PROCESS_IS_TERMINATING;
    d.attributes = nt_ulong(call, 5) & HANDLE_INHERIT;
    if (d.options & DUPLICATE_SAME_ATTRIBUTES)
        d.attributes = d.from.attributes;
    object_keep(d.from.object);
    status = duplicate(call, &d, output);
    object_release(&call->machine->objects, d.from.object);
    return status;
}

/* --- Information --------------------------------------------------------------------------------------------- */

enum object_class { OBJECT_BASIC = 0, OBJECT_HANDLE_FLAGS = 4 };

static ntstatus_t query_basic(struct nt_call *call, const struct handle_entry *entry, struct nt_information answer)
{
    uint8_t bytes[0x38] = {0}; /* OBJECT_BASIC_INFORMATION: the same in both widths */
    put32(bytes, 0, entry->attributes);
    put32(bytes, 4, entry->access);
    put32(bytes, 8, entry->object->handles);
    put32(bytes, 12, entry->object->references);
    answer.bytes = bytes;
    answer.length = sizeof bytes;
    return nt_answer_exact(call, &answer);
}

/* Arguments: 0 handle 1 class 2 buffer 3 length 4 *returned length. */
static ntstatus_t query_object(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct nt_information answer = {.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]};
    struct handle_entry entry;
    ntstatus_t status = nt_any_object(call, 0, &entry);
    if (status != STATUS_SUCCESS)
        return status;
    switch (nt_ulong(call, 1)) {
    case OBJECT_BASIC: return query_basic(call, &entry, answer);
    case OBJECT_HANDLE_FLAGS: {
        uint8_t flags[2] = {(entry.attributes & HANDLE_INHERIT) != 0, (entry.attributes & HANDLE_PROTECTED) != 0};
        answer.bytes = flags;
        answer.length = sizeof flags;
        return nt_answer_exact(call, &answer);
    }
    default: return nt_not_modelled(call, "this information class");
    }
}

/* OBJECT_HANDLE_FLAG_INFORMATION: inherit, protect from close. */
static ntstatus_t set_object(struct nt_call *call)
{
    uint8_t flags[2];
    if (nt_ulong(call, 1) != OBJECT_HANDLE_FLAGS)
        return STATUS_INVALID_INFO_CLASS;
    if (nt_ulong(call, 3) != sizeof flags)
        return STATUS_INFO_LENGTH_MISMATCH;
    ntstatus_t status = guest_read(call->machine, call->arguments[2], flags, sizeof flags);
    struct handle_entry *entry = handle_entry(&machine_process(call->machine)->handles, nt_handle(call, 0));
    if (status != STATUS_SUCCESS)
        return status;
    if (!entry)
        return STATUS_INVALID_HANDLE;
    entry->attributes = (flags[0] ? HANDLE_INHERIT : 0) | (flags[1] ? HANDLE_PROTECTED : 0);
    return STATUS_SUCCESS;
}

const struct nt_service nt_services_object[] = {
    {"NtClose", 1, close_handle},
    {"NtDuplicateObject", 7, duplicate_object},
    {"NtQueryObject", 5, query_object},
    {"NtSetInformationObject", 4, set_object},
    {0},
};
