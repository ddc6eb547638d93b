/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_memory.c - the classes of NtQuery- and NtSetInformationProcess that are about memory
 * (nt-reference 7.2, 14.5).
 *
 * The order is: class, length, handle, then the buffer. */
#include "emu/machine_internal.h"
#include "emu/nt/vm.h"
#include "emu/token.h"

enum process_class {
    PROCESS_QUOTA_LIMITS = 1,
    PROCESS_VM_COUNTERS = 3,
    PROCESS_POOLED_USAGE_AND_LIMITS = 14,
    PROCESS_WORKING_SET_WATCH = 15,
    PROCESS_IMAGE_FILE_NAME = 27,
    PROCESS_EXECUTE_FLAGS = 0x22,
};

/* QUOTA_LIMITS_EX.Flags. */
enum {
    HARDWS_MIN_ENABLE = 1,
    HARDWS_MIN_DISABLE = 2,
    HARDWS_MAX_ENABLE = 4,
    HARDWS_MAX_DISABLE = 8,
};

/* Of the process that is asked about: its memory goes when its last thread ends. */
enum process_need { NEEDS_NOTHING, NEEDS_MEMORY };

static ntstatus_t find_process(struct nt_call *call, uint32_t access, enum process_need need,
                               struct process **ret_process)
{
    ntstatus_t status = nt_process(call, 0, access, ret_process);
    bool gone = status == STATUS_SUCCESS && need == NEEDS_MEMORY && (*ret_process)->cleaned;
    return gone ? STATUS_PROCESS_IS_TERMINATING : status;
}

struct query {
    struct nt_call *call;
    struct process *process;
    struct nt_information answer;
};

static uint64_t no_limit(const struct query *query)
{
    return query->call->machine->layout->pointer == 8 ? UINT64_MAX : UINT32_MAX;
}

static uint64_t bytes_of(uint64_t pages)
{
    return pages << MMU_PAGE_SHIFT;
}

/* --- Queries ----------------------------------------------------------------------------------------------- */

/* QUOTA_LIMITS, or QUOTA_LIMITS_EX where there is room for it.  Pools and page file are not limited. */
static ntstatus_t query_quota_limits(struct query *query)
{
    const struct machine *machine = query->call->machine;
    struct guest_record record = record_begin(machine->layout);
    struct mm_ws_limits limits;
    mm_ws_get_limits(machine->mm, query->process->space, &limits);
    record_pointer(&record, no_limit(query)); /* PagedPoolLimit */
    record_pointer(&record, no_limit(query)); /* NonPagedPoolLimit */
    record_pointer(&record, bytes_of(limits.minimum));
    record_pointer(&record, bytes_of(limits.maximum));
    record_pointer(&record, no_limit(query)); /* PagefileLimit */
    record_u64(&record, UINT64_MAX);          /* TimeLimit */
    if (query->answer.room > record.length) {
        for (unsigned i = 0; i < 4; i++)
            record_pointer(&record, 0);
        record_u32(&record, (limits.hard & MM_WS_HARD_MIN ? HARDWS_MIN_ENABLE : HARDWS_MIN_DISABLE) |
                                (limits.hard & MM_WS_HARD_MAX ? HARDWS_MAX_ENABLE : HARDWS_MAX_DISABLE));
        record_u32(&record, 0);
    }
    return nt_answer_record_exact(query->call, &record, query->answer);
}

struct mm_process_counters nt_process_counters(const struct machine *machine, const struct process *process)
{
    struct mm_process_counters counters = process->last_counters;
    if (!process->cleaned && process->space)
        mm_process_query(machine->mm, process->space, &counters);
    return counters;
}

/* The model charges pool to nobody: those four are 0. */
void nt_put_vm_counters(struct guest_record *record, const struct mm_process_counters *counters)
{
    record_pointer(record, counters->peak_virtual_size);
    record_pointer(record, counters->virtual_size);
    record_u32(record, (uint32_t)counters->page_faults);
    record_pointer(record, bytes_of(counters->peak_working_set));
    record_pointer(record, bytes_of(counters->working_set));
    for (unsigned i = 0; i < 4; i++)
        record_pointer(record, 0);
    record_pointer(record, bytes_of(counters->commit_charge));
    record_pointer(record, bytes_of(counters->peak_commit));
}

/* VM_COUNTERS, or VM_COUNTERS_EX. */
static ntstatus_t query_vm_counters(struct query *query)
{
    const struct machine *machine = query->call->machine;
    struct mm_process_counters counters = nt_process_counters(machine, query->process);
    struct guest_record record = record_begin(machine->layout);
    nt_put_vm_counters(&record, &counters);
    if (query->answer.room > record.length)
        record_pointer(&record, bytes_of(counters.commit_charge)); /* PrivateUsage */
    return nt_answer_record_exact(query->call, &record, query->answer);
}

/* POOLED_USAGE_AND_LIMITS: peak, usage and limit of paged pool, nonpaged pool and page file. */
static ntstatus_t query_pooled_usage(struct query *query)
{
    const struct machine *machine = query->call->machine;
    struct mm_process_counters counters = nt_process_counters(machine, query->process);
    struct guest_record record = record_begin(machine->layout);
    for (unsigned i = 0; i < 2; i++) {
        record_pointer(&record, 0);
        record_pointer(&record, 0);
        record_pointer(&record, no_limit(query));
    }
    record_pointer(&record, bytes_of(counters.peak_commit));
    record_pointer(&record, bytes_of(counters.commit_charge));
    record_pointer(&record, no_limit(query));
    return nt_answer_record_exact(query->call, &record, query->answer);
}

/* PROCESS_WS_WATCH_INFORMATION for each fault, oldest first, and one of zeroes.  The list is then empty. */
static ntstatus_t query_working_set_watch(struct query *query)
{
    struct machine *machine = query->call->machine;
    const struct guest_layout *layout = machine->layout;
    struct ws_watch *watch = ws_watch_of(&machine->ws_watches, query->process->space);
    uint8_t bytes[(WS_WATCH_ENTRIES_MAX + 1) * 2 * 8] = {0};
    if (!watch)
        return STATUS_UNSUCCESSFUL;
    if (watch->count == 0)
        return STATUS_NO_MORE_ENTRIES;
    uint32_t count = watch->count, entry = 2 * layout->pointer;
    for (uint32_t i = 0; i < count; i++) {
        put_pointer(layout, bytes, i * entry, watch->entries[i].pc);
        put_pointer(layout, bytes, i * entry + layout->pointer, watch->entries[i].va);
    }
    query->answer.bytes = bytes;
    query->answer.length = (count + 1) * entry;
    if (query->answer.room < query->answer.length)
        return STATUS_BUFFER_TOO_SMALL;
    ntstatus_t status = nt_answer(query->call, &query->answer);
    if (status == STATUS_SUCCESS)
        watch->count = 0; /* with what was recorded while the answer was stored */
    return status;
}

/* UNICODE_STRING and text.  => STATUS_INFO_LENGTH_MISMATCH: the length that is needed is stored. */
static ntstatus_t query_image_file_name(struct query *query)
{
    struct machine *machine = query->call->machine;
    uint8_t bytes[NT_NAME_BYTES] = {0};
    struct nt_information *answer = &query->answer;
    const char *path = machine->images[query->process->exe - 1].path;
    uint32_t length = nt_describe_name(machine->layout, path, answer->buffer, bytes);
    if (answer->room >= length) {
        answer->bytes = bytes;
        answer->length = length;
        return nt_answer(query->call, answer);
    }
    unsigned returned;
    if (answer->returned) {
        ntstatus_t status = nt_output(query->call, answer->returned, sizeof length, &returned);
        if (status != STATUS_SUCCESS)
            return status;
        nt_put32(query->call, returned, length);
    }
    return STATUS_INFO_LENGTH_MISMATCH;
}

static ntstatus_t query_execute_flags(struct query *query)
{
    query->answer.bytes = &query->process->execute_options;
    query->answer.length = sizeof query->process->execute_options;
    return nt_answer_exact(query->call, &query->answer);
}

/* Arguments: 0 process 1 class 2 buffer 3 length 4 *returned. */
bool nt_query_process_memory(struct nt_call *call, ntstatus_t *ret_status)
{
    static const struct {
        uint32_t class;
        enum process_need need;
        ntstatus_t (*handler)(struct query *query);
    } classes[] = {
        {PROCESS_QUOTA_LIMITS, NEEDS_MEMORY, query_quota_limits},
        {PROCESS_VM_COUNTERS, NEEDS_NOTHING, query_vm_counters},
        {PROCESS_POOLED_USAGE_AND_LIMITS, NEEDS_NOTHING, query_pooled_usage},
        {PROCESS_WORKING_SET_WATCH, NEEDS_MEMORY, query_working_set_watch},
        {PROCESS_IMAGE_FILE_NAME, NEEDS_NOTHING, query_image_file_name},
        {PROCESS_EXECUTE_FLAGS, NEEDS_NOTHING, query_execute_flags},
    };
    const uint64_t *a = call->arguments;
    struct query query = {.call = call, .answer = {.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]}};
    for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (classes[i].class != nt_ulong(call, 1))
            continue;
        *ret_status = find_process(call, PROCESS_QUERY_INFORMATION, classes[i].need, &query.process);
        if (*ret_status == STATUS_SUCCESS)
            *ret_status = classes[i].handler(&query);
        return true;
    }
    return false;
}

/* --- Changes ----------------------------------------------------------------------------------------------- */

/* QUOTA_LIMITS(_EX) as far as it is about the working set. */
struct quota_request {
    uint64_t minimum, maximum; /* bytes; all ones: see set_quota_limits() */
    uint32_t flags;
};

static ntstatus_t capture_quota_limits(struct nt_call *call, struct quota_request *ret_request)
{
    const struct guest_layout *layout = call->machine->layout;
    const bool wide = layout->pointer == 8;
    const uint32_t plain = wide ? 0x30 : 0x20, extended = wide ? 0x58 : 0x38, flags_at = wide ? 0x50 : 0x30;
    uint32_t length = nt_ulong(call, 3);
    uint8_t bytes[0x58];
    if (length != plain && length != extended)
        return STATUS_INFO_LENGTH_MISMATCH;
    ntstatus_t status = guest_read(call->machine, call->arguments[2], bytes, length);
    if (status != STATUS_SUCCESS)
        return status;
    ret_request->minimum = get_pointer(layout, bytes, 2 * layout->pointer);
    ret_request->maximum = get_pointer(layout, bytes, 3 * layout->pointer);
    ret_request->flags = length == extended ? get32(bytes, flags_at) : 0;
    return STATUS_SUCCESS;
}

/* One pair of flags.  => false: both are set. */
static bool take_flags(uint32_t flags, uint32_t enable, uint32_t disable, unsigned bit, unsigned *hard)
{
    if (flags & enable)
        *hard |= bit;
    if (flags & disable)
        *hard &= ~bit;
    return !((flags & enable) && (flags & disable));
}

static void empty_working_set(struct machine *machine, const struct process *process)
{
    struct mm_process_counters before, after;
    mm_process_query(machine->mm, process->space, &before);
    mm_ws_empty(machine->mm, process->space);
    mm_process_query(machine->mm, process->space, &after);
    event_region(machine, &(struct event_region){.kind = TRACE_TRIM,
                                                 .process = process,
                                                 .size = bytes_of(before.working_set - after.working_set)});
}

/* Both sizes all ones: the working set is emptied.  One of them 0: the quotas of the pools are meant. */
static ntstatus_t set_quota_limits(struct nt_call *call, struct process *process)
{
    struct mm *mm = call->machine->mm;
    uint64_t empty = call->machine->layout->pointer == 8 ? UINT64_MAX : UINT32_MAX;
    struct quota_request request;
    struct mm_ws_limits limits;
    ntstatus_t status = capture_quota_limits(call, &request);
    if (status != STATUS_SUCCESS)
        return status;
    if (request.flags & ~(uint32_t)(HARDWS_MIN_ENABLE | HARDWS_MIN_DISABLE | HARDWS_MAX_ENABLE | HARDWS_MAX_DISABLE))
        return STATUS_INVALID_PARAMETER;
    mm_ws_get_limits(mm, process->space, &limits);
    if (!take_flags(request.flags, HARDWS_MIN_ENABLE, HARDWS_MIN_DISABLE, MM_WS_HARD_MIN, &limits.hard) ||
        !take_flags(request.flags, HARDWS_MAX_ENABLE, HARDWS_MAX_DISABLE, MM_WS_HARD_MAX, &limits.hard))
        return STATUS_INVALID_PARAMETER;
    if (request.minimum == empty && request.maximum == empty) {
        empty_working_set(call->machine, process);
        return STATUS_SUCCESS;
    }
    const struct process *caller = machine_process(call->machine);
    if (request.minimum == 0 || request.maximum == 0)
        return token_has(caller, SE_INCREASE_QUOTA_PRIVILEGE) ? nt_not_modelled(call, "quotas of the pools")
                                                              : STATUS_PRIVILEGE_NOT_HELD;
    limits.minimum = request.minimum >> MMU_PAGE_SHIFT;
    limits.maximum = request.maximum >> MMU_PAGE_SHIFT;
    return mm_ws_set_limits(mm, process->space, &limits);
}

static ntstatus_t set_working_set_watch(struct nt_call *call, struct process *process)
{
    cpu_want_exact_faults(call->machine->cpu);
    return ws_watch_start(&call->machine->ws_watches, process->space);
}

/* A process decides for itself alone, and only where the system leaves it the choice. */
static ntstatus_t set_execute_flags(struct nt_call *call, struct process *process)
{
    uint32_t options;
    ntstatus_t status;
    if (nt_ulong(call, 3) != sizeof options)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = guest_read(call->machine, call->arguments[2], &options, sizeof options)) != STATUS_SUCCESS)
        return status;
    bool disable = options & EXECUTE_DISABLE, enable = options & EXECUTE_ENABLE;
    if ((options & ~(uint32_t)EXECUTE_OPTIONS) || (disable && enable) || process != machine_process(call->machine))
        return STATUS_INVALID_PARAMETER;
    if (process->execute_options & EXECUTE_PERMANENT)
        return STATUS_ACCESS_DENIED;
    process->execute_options = options;
    process->nx = enable ? PTE_NX_OFF : PTE_NX_ON;
    mm_process_set_nx(call->machine->mm, process->space, process->nx);
    return STATUS_SUCCESS;
}

/* Arguments: 0 process 1 class 2 buffer 3 length. */
bool nt_set_process_memory(struct nt_call *call, ntstatus_t *ret_status)
{
    static const struct {
        uint32_t class, access;
        ntstatus_t (*handler)(struct nt_call *call, struct process *process);
    } classes[] = {
        {PROCESS_QUOTA_LIMITS, PROCESS_SET_QUOTA, set_quota_limits},
        {PROCESS_WORKING_SET_WATCH, PROCESS_SET_INFORMATION, set_working_set_watch},
        {PROCESS_EXECUTE_FLAGS, PROCESS_SET_INFORMATION, set_execute_flags},
    };
    for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++) {
        struct process *process;
        if (classes[i].class != nt_ulong(call, 1))
            continue;
        *ret_status = find_process(call, classes[i].access, NEEDS_MEMORY, &process);
        if (*ret_status == STATUS_SUCCESS)
            *ret_status = classes[i].handler(call, process);
        return true;
    }
    return false;
}
