/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_list.c - NtQuerySystemInformation, class 5: processes and threads, with what memory they have.
 *
 *     SYSTEM_PROCESS_INFORMATION, SYSTEM_THREAD_INFORMATION for each thread, the program's name; the next ...
 *
 * The processes are those of programs: the system's own (Idle, System) are not modelled. */
#include <stdlib.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/vm.h"

/* The list as it grows.  bytes NULL: only its length is wanted. */
struct list {
    const struct machine *machine;
    va_t va; /* where it will stand */
    uint8_t *bytes;
    uint64_t length;
};

static void append(struct list *list, const void *bytes, uint32_t length)
{
    if (list->bytes)
        memcpy(list->bytes + list->length, bytes, length);
    list->length += length;
}

static void append_record(struct list *list, const struct guest_record *record)
{
    append(list, record->bytes, record->length);
}

static uint32_t thread_size(const struct guest_layout *layout)
{
    return layout->pointer == 8 ? 0x50 : 0x40;
}

/* SYSTEM_THREAD_INFORMATION. */
static void append_thread(struct list *list, const struct thread *thread)
{
    struct guest_record record = record_begin(list->machine->layout);
    record_u64(&record, thread->kernel_time / 100);
    record_u64(&record, thread->user_time / 100);
    record_u64(&record, thread->create_time);
    record_u32(&record, 0); /* WaitTime */
    record_pointer(&record, thread->start_address);
    record_pointer(&record, thread->process->id);
    record_pointer(&record, thread->id);
    record_u32(&record, (uint32_t)thread->sched.priority);
    record_u32(&record, (uint32_t)thread->sched.base);
    record_u32(&record, (uint32_t)thread->sched.switches);
    record_u32(&record, thread->sched.state);
    record_u32(&record, thread->sched.state == THREAD_WAITING ? thread->wait.reason : 0);
    record.length = thread_size(list->machine->layout);
    append_record(list, &record);
}

/* UNICODE_STRING as a part of a record. */
static void record_string(struct guest_record *record, uint32_t length, va_t va)
{
    record_u16(record, (uint16_t)length);
    record_u16(record, (uint16_t)(length + 2));
    record_pointer(record, va);
}

/* SYSTEM_PROCESS_INFORMATION up to its counters; next: how far it is to the next one. */
static void append_head(struct list *list, const struct process *process, uint32_t next, uint32_t name_length,
                        va_t name)
{
    struct guest_record record = record_begin(list->machine->layout);
    uint64_t kernel = process->kernel_time, user = process->user_time;
    for (const struct thread *thread = process->first; thread; thread = thread->next) {
        kernel += thread->kernel_time;
        user += thread->user_time;
    }
    record_u32(&record, next);
    record_u32(&record, process->thread_count);
    for (unsigned i = 0; i < 3; i++)
        record_u64(&record, 0);
    record_u64(&record, process->create_time);
    record_u64(&record, user / 100);
    record_u64(&record, kernel / 100);
    record_string(&record, name_length, name);
    record_u32(&record, (uint32_t)process->base_priority);
    record_pointer(&record, process->id);
    record_pointer(&record, process->parent_id);
    record_u32(&record, process->handles.count);
    record_u32(&record, 0);     /* SessionId */
    record_pointer(&record, 0); /* PageDirectoryBase */
    append_record(list, &record);
}

static void append_counters(struct list *list, const struct process *process)
{
    struct mm_process_counters counters = nt_process_counters(list->machine, process);
    struct guest_record record = record_begin(list->machine->layout);
    nt_put_vm_counters(&record, &counters);
    record_pointer(&record, counters.commit_charge << MMU_PAGE_SHIFT); /* PrivatePageCount, in bytes */
    append_record(list, &record);
    record = record_begin(list->machine->layout);
    for (unsigned i = 0; i < 6; i++)
        record_u64(&record, 0); /* IO_COUNTERS */
    append_record(list, &record);
}

static void append_process(struct list *list, const struct process *process)
{
    const struct guest_layout *layout = list->machine->layout;
    uint16_t name[MODULE_NAME_MAX] = {0};
    uint32_t name_length = 2 * utf16_from_utf8(process->exe ? list->machine->images[process->exe - 1].name : "", name,
                                               MODULE_NAME_MAX - 1);
    uint32_t head = layout->pointer == 8 ? 0x100 : 0xB8;
    uint32_t before_name = head + process->thread_count * thread_size(layout);
    uint32_t whole = (before_name + name_length + 2 + 7) & ~7u;
    static const uint8_t padding[8];
    append_head(list, process, process->next ? whole : 0, name_length, list->va + list->length + before_name);
    append_counters(list, process);
    for (const struct thread *thread = process->first; thread; thread = thread->next)
        append_thread(list, thread);
    append(list, name, name_length + 2);
    append(list, padding, whole - before_name - name_length - 2);
}

static void append_all(struct list *list)
{
    for (const struct process *process = list->machine->first_process; process; process = process->next)
        append_process(list, process);
}

ntstatus_t nt_tell_length(struct nt_call *call, uint64_t length)
{
    unsigned output;
    if (!call->arguments[3])
        return STATUS_INFO_LENGTH_MISMATCH;
    ntstatus_t status = nt_output(call, call->arguments[3], sizeof(uint32_t), &output);
    if (status != STATUS_SUCCESS)
        return status;
    nt_put32(call, output, (uint32_t)length);
    return STATUS_INFO_LENGTH_MISMATCH;
}

/* Both outputs are held before the list is made: nothing of it changes by being told. */
static ntstatus_t answer(struct nt_call *call, struct list *list, uint64_t length)
{
    struct nt_long_output output;
    unsigned returned = 0;
    ntstatus_t status;
    if ((call->arguments[3] &&
         (status = nt_output(call, call->arguments[3], sizeof(uint32_t), &returned)) != STATUS_SUCCESS) ||
        (status = nt_hold_long(call, list->va, length, &output)) != STATUS_SUCCESS)
        return status;
    list->bytes = malloc(length);
    if (list->bytes) {
        append_all(list);
        nt_put_long(call, &output, 0, list->bytes, (uint32_t)length);
        if (call->arguments[3])
            nt_put32(call, returned, (uint32_t)length);
    }
    nt_release_long(call, &output);
    status = list->bytes ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    free(list->bytes);
    return status;
}

/* Arguments: 0 class 1 buffer 2 length 3 *returned. */
ntstatus_t nt_query_process_list(struct nt_call *call)
{
    struct list measure = {.machine = call->machine}, list = {call->machine, call->arguments[1], NULL, 0};
    append_all(&measure);
    return nt_ulong(call, 2) < measure.length ? nt_tell_length(call, measure.length)
                                              : answer(call, &list, measure.length);
}
