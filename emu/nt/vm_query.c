/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_query.c - NtQueryVirtualMemory, and whether two views show one file (nt-reference 5.6, 5.9).
 *
 * The order is: class, least length, the probe of the buffer, the address, the handle; then the class's own answer. */
#include "emu/machine_internal.h"
#include "emu/nt/vm.h"

enum memory_class {
    MEMORY_BASIC,
    MEMORY_WORKING_SET_LIST,
    MEMORY_SECTION_NAME,
    MEMORY_BASIC_VLM, /* of systems with very large memory, which NT 5.2 on x86 and x64 is not */
    MEMORY_WORKING_SET_EX,
};

/* => STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH. */
static ntstatus_t check_class(const struct guest_layout *layout, uint32_t class, uint64_t room)
{
    uint32_t least;
    switch (class) {
    case MEMORY_BASIC: least = layout->pointer == 8 ? 0x30 : 0x1C; break;
    case MEMORY_WORKING_SET_LIST: least = layout->pointer; break;
    case MEMORY_SECTION_NAME: least = 0; break; /* told by the name */
    case MEMORY_WORKING_SET_EX: least = 2 * layout->pointer; break;
    case MEMORY_BASIC_VLM:
    default: return STATUS_INVALID_INFO_CLASS;
    }
    return room < least ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

static ntstatus_t answer_basic(struct nt_call *call, const struct nt_query *query)
{
    struct machine *machine = call->machine;
    struct mm_region region;
    ntstatus_t status = mm_query(machine->mm, query->process->space, query->va, &region);
    if (status != STATUS_SUCCESS)
        return status;
    struct guest_record answer = record_begin(machine->layout); /* MEMORY_BASIC_INFORMATION */
    record_pointer(&answer, region.base);
    record_pointer(&answer, region.allocation_base);
    record_u32(&answer, region.allocation_protect);
    record_pointer(&answer, region.size);
    record_u32(&answer, region.state);
    record_u32(&answer, region.protect);
    record_u32(&answer, region.type);
    record_end(&answer);
    nt_put(call, query->buffer_output, 0, answer.bytes, answer.length);
    nt_put_query_length(call, query, answer.length);
    return STATUS_SUCCESS;
}

/* The file behind the view at va, as index + 1 of an image file. */
static ntstatus_t find_file(const struct machine *machine, const struct process *process, va_t va, uint32_t *ret_file)
{
    struct mm_vad_info vad;
    if (!mm_vad_at(machine->mm, process->space, va, &vad))
        return STATUS_INVALID_ADDRESS;
    if (!vad.section)
        return STATUS_INVALID_ADDRESS; /* private */
    if (!machine_file_path(machine, vad.file))
        return STATUS_FILE_INVALID; /* a view of the page file */
    *ret_file = vad.file;
    return STATUS_SUCCESS;
}

/* UNICODE_STRING, then its text.  => STATUS_INFO_LENGTH_MISMATCH: no room for the string itself;
 * STATUS_BUFFER_OVERFLOW: none for the text.  Both store the length that is needed. */
static ntstatus_t answer_name(struct nt_call *call, const struct nt_query *query)
{
    const struct machine *machine = call->machine;
    uint8_t bytes[NT_NAME_BYTES] = {0};
    uint32_t file;
    ntstatus_t status = find_file(machine, query->process, query->va, &file);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t length = nt_describe_name(machine->layout, machine_file_path(machine, file), query->buffer, bytes);
    nt_put_query_length(call, query, length);
    if (query->room < machine->layout->unicode_string.size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (query->room < length)
        return STATUS_BUFFER_OVERFLOW;
    nt_put(call, query->buffer_output, 0, bytes, length);
    return STATUS_SUCCESS;
}

/* The whole buffer must be writable, however much of it the answer takes; its beginning is held. */
static ntstatus_t probe(struct nt_call *call, struct nt_query *query)
{
    uint32_t pointer = call->machine->layout->pointer;
    ntstatus_t status;
    if (query->room && (query->buffer & (pointer - 1)))
        return STATUS_DATATYPE_MISALIGNMENT;
    if ((status = nt_probe_write(call, query->buffer, query->room)) != STATUS_SUCCESS)
        return status;
    uint32_t held = query->room < NT_OUTPUT_MAX ? (uint32_t)query->room : NT_OUTPUT_MAX;
    if ((status = nt_output(call, query->buffer, held, &query->buffer_output)) != STATUS_SUCCESS)
        return status;
    return query->returned ? nt_output_pointer(call, query->returned, &query->returned_output) : STATUS_SUCCESS;
}

void nt_put_query_length(struct nt_call *call, const struct nt_query *query, uint64_t length)
{
    if (query->returned)
        nt_put_pointer(call, query->returned_output, length);
}

/* Arguments: 0 process 1 address 2 class 3 buffer 4 length 5 *returned. */
ntstatus_t nt_query_virtual_memory(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    const struct guest_layout *layout = call->machine->layout;
    struct nt_query query = {.va = a[1], .buffer = a[3], .room = a[4], .returned = a[5]};
    uint32_t class = nt_ulong(call, 2);
    ntstatus_t status;
    if ((status = check_class(layout, class, query.room)) != STATUS_SUCCESS ||
        (status = probe(call, &query)) != STATUS_SUCCESS)
        return status;
    if (query.va >= layout->probe_address)
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_process(call, 0, PROCESS_QUERY_INFORMATION, &query.process)) != STATUS_SUCCESS)
        return status;
    if (query.process->cleaned)
        return STATUS_PROCESS_IS_TERMINATING;
    switch (class) {
    case MEMORY_WORKING_SET_LIST: return nt_answer_working_set(call, &query);
    case MEMORY_SECTION_NAME: return answer_name(call, &query);
    case MEMORY_WORKING_SET_EX: return nt_answer_working_set_ex(call, &query);
    default: return answer_basic(call, &query);
    }
}

/* Views of one file by two names: its data, and its code. */
static bool same_file(const struct machine *machine, uint32_t one, uint32_t other)
{
    uint64_t device[2], inode[2];
    return one == other || (machine_file_identity(machine, one, &device[0], &inode[0]) &&
                            machine_file_identity(machine, other, &device[1], &inode[1]) && device[0] == device[1] &&
                            inode[0] == inode[1]);
}

/* Arguments: two addresses in the caller's space. */
ntstatus_t nt_are_mapped_files_the_same(struct nt_call *call)
{
    const struct machine *machine = call->machine;
    const struct process *process = machine_process(call->machine);
    struct mm_vad_info vads[2];
    for (unsigned i = 0; i < 2; i++)
        if (!mm_vad_at(machine->mm, process->space, call->arguments[i], &vads[i]))
            return STATUS_INVALID_ADDRESS;
    if (!vads[0].file || !vads[1].file)
        return STATUS_CONFLICTING_ADDRESSES;
    return same_file(machine, vads[0].file, vads[1].file) ? STATUS_SUCCESS : STATUS_NOT_SAME_DEVICE;
}
