/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info.c - system information and time (nt-reference 14.5). */
#include <string.h>

#include <stdio.h>

#include "emu/machine_internal.h"
#include "emu/nt/vm.h"

enum system_class {
    SYSTEM_BASIC = 0,
    SYSTEM_PROCESSOR = 1,
    SYSTEM_PERFORMANCE = 2,
    SYSTEM_TIME_OF_DAY = 3,
    SYSTEM_PROCESSES = 5,
    SYSTEM_FLAGS = 9,
    SYSTEM_PAGE_FILE = 18,
    SYSTEM_FILE_CACHE = 21,
    SYSTEM_KERNEL_DEBUGGER = 35,
    SYSTEM_RANGE_START = 50,
    SYSTEM_CLASSES_END = 0x50, /* NT 5.2 knows none from here on */
};

enum { LOWEST_USER_ADDRESS = 0x10000, ALLOCATION_GRANULARITY = 0x10000 };

static ntstatus_t query_basic(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    const struct guest_layout *layout = call->machine->layout;
    uint32_t frames = call->machine->ram.frame_count;
    struct guest_record answer = record_begin(layout); /* SYSTEM_BASIC_INFORMATION */
    record_u32(&answer, 0);
    record_u32(&answer, CLOCK_TICK_NS / 100);
    record_u32(&answer, MMU_PAGE_SIZE);
    record_u32(&answer, frames);
    record_u32(&answer, 1);
    record_u32(&answer, frames - 1);
    record_u32(&answer, ALLOCATION_GRANULARITY);
    record_pointer(&answer, LOWEST_USER_ADDRESS);
    record_pointer(&answer, layout->probe_address - 1);
    record_pointer(&answer, 1); /* ActiveProcessorsAffinityMask */
    record_u8(&answer, 1);
    return nt_answer_record_exact(call, &answer,
                                  (struct nt_information){.buffer = a[1], .room = nt_ulong(call, 2), .returned = a[3]});
}

static ntstatus_t query_performance(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct mm_counters counters;
    uint8_t answer[0x138] = {0};
    uint64_t faults = 0;
    mm_query_counters(call->machine->mm, &counters);
    for (unsigned i = 0; i < MM_FAULT_TYPE_COUNT; i++)
        faults += counters.faults[i];
    put32(answer, 0x2C, (uint32_t)(counters.zeroed + counters.free + counters.standby));
    put32(answer, 0x30, (uint32_t)counters.committed);
    put32(answer, 0x34, (uint32_t)counters.commit_limit);
    put32(answer, 0x38, (uint32_t)counters.peak_commit);
    put32(answer, 0x3C, (uint32_t)faults);
    put32(answer, 0x40, (uint32_t)counters.faults[MM_FAULT_TYPE_COPY_ON_WRITE]);
    put32(answer, 0x44, (uint32_t)counters.faults[MM_FAULT_TYPE_TRANSITION]);
    put32(answer, 0x4C, (uint32_t)counters.faults[MM_FAULT_TYPE_DEMAND_ZERO]);
    put32(answer, 0x50, (uint32_t)counters.page_reads);
    put32(answer, 0x54, (uint32_t)counters.page_reads);
    put32(answer, 0x134, (uint32_t)call->machine->service_count); /* SystemCalls */
    return nt_answer(call, &(struct nt_information){answer, sizeof answer, a[1], nt_ulong(call, 2), a[3], 0});
}

static ntstatus_t query_time_of_day(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    uint64_t answer[6] = {CLOCK_BOOT_SYSTEM_TIME - CLOCK_BOOT_INTERRUPT_TIME, clock_system_time(&call->machine->clock)};
    uint32_t room = nt_ulong(call, 2);
    if (room > sizeof answer)
        return STATUS_INFO_LENGTH_MISMATCH;
    return nt_answer(call, &(struct nt_information){answer, room, a[1], room, a[3], 0});
}

/* The record as the whole answer. */
static ntstatus_t answer_record(struct nt_call *call, struct guest_record *record)
{
    const uint64_t *a = call->arguments;
    return nt_answer_record(call, record,
                            (struct nt_information){.buffer = a[1], .room = nt_ulong(call, 2), .returned = a[3]});
}

static ntstatus_t answer_record_exact(struct nt_call *call, struct guest_record *record)
{
    const uint64_t *a = call->arguments;
    return nt_answer_record_exact(call, record,
                                  (struct nt_information){.buffer = a[1], .room = nt_ulong(call, 2), .returned = a[3]});
}

/* SYSTEM_PROCESSOR_INFORMATION: what the emulated CPU has of what KUSER_SHARED_DATA tells of. */
static ntstatus_t query_processor(struct nt_call *call)
{
    enum { X86 = 0, AMD64 = 9, LEVEL = 6 };
    enum {
        KF_RDTSC = 0x2,
        KF_CMOV = 0x8,
        KF_CMPXCHG8B = 0x80,
        KF_MMX = 0x100,
        KF_FXSR = 0x800,
        KF_XMMI = 0x2000,
        KF_XMMI64 = 0x10000,
    };
    struct guest_record answer = record_begin(call->machine->layout);
    record_u16(&answer, call->machine->paging == PAGING_X64 ? AMD64 : X86);
    record_u16(&answer, LEVEL);
    record_u16(&answer, 0); /* revision */
    record_u16(&answer, 0);
    record_u32(&answer, KF_RDTSC | KF_CMOV | KF_CMPXCHG8B | KF_MMX | KF_FXSR | KF_XMMI | KF_XMMI64);
    const uint64_t *a = call->arguments;
    return nt_answer(call, &(struct nt_information){answer.bytes, answer.length, a[1], nt_ulong(call, 2), a[3], 0});
}

/* SYSTEM_PAGEFILE_INFORMATION: a record for each page file, its name behind it. */
static ntstatus_t query_page_file(struct nt_call *call)
{
    enum { RECORD = 16 + NT_NAME_BYTES };
    const uint64_t *a = call->arguments;
    uint8_t answer[MM_PAGEFILES_MAX * (RECORD + 8)] = {0};
    uint32_t length = 0, last = 0, room = nt_ulong(call, 2);
    struct mm_pagefile_info info;
    for (uint32_t i = 0; mm_pagefile_query(call->machine->mm, i, &info); i++) {
        char name[4 + PAGEFILE_NAME_MAX];
        snprintf(name, sizeof name, "\\??\\%s", call->machine->paging_io.name[i]);
        if (i > 0)
            put32(answer + last, 0, length - last);
        last = length;
        put32(answer + last, 4, (uint32_t)info.size);
        put32(answer + last, 8, (uint32_t)info.used);
        put32(answer + last, 12, (uint32_t)info.peak);
        length += 16 + nt_describe_name(call->machine->layout, name, a[1] + last + 16, answer + last + 16);
        length = (length + 7) & ~7u;
    }
    if (room < length)
        return nt_tell_length(call, length);
    return nt_answer(call, &(struct nt_information){answer, length, a[1], room, a[3], 0});
}

/* SYSTEM_FILECACHE_INFORMATION: there is no file cache; what it would be part of are the pages on the lists. */
static ntstatus_t query_file_cache(struct nt_call *call)
{
    struct guest_record answer = record_begin(call->machine->layout);
    struct mm_counters counters;
    mm_query_counters(call->machine->mm, &counters);
    uint64_t on_lists = counters.standby + counters.modified;
    record_pointer(&answer, 0);
    record_pointer(&answer, 0);
    record_u32(&answer, 0);
    record_pointer(&answer, 0);
    record_pointer(&answer, 0);
    record_pointer(&answer, on_lists); /* CurrentSizeIncludingTransitionInPages */
    record_pointer(&answer, on_lists);
    record_u32(&answer, 0);
    record_u32(&answer, 0);
    return answer_record(call, &answer);
}

static ntstatus_t query_range_start(struct nt_call *call)
{
    bool wide = call->machine->layout->pointer == 8;
    struct guest_record answer = record_begin(call->machine->layout);
    record_pointer(&answer, wide ? 0xFFFF080000000000u : 0x80000000u);
    return answer_record_exact(call, &answer);
}

static ntstatus_t query_flags(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    uint32_t flags = 0; /* NtGlobalFlag */
    return nt_answer_exact(call, &(struct nt_information){&flags, sizeof flags, a[1], nt_ulong(call, 2), a[3], 0});
}

static ntstatus_t query_kernel_debugger(struct nt_call *call)
{
    static const uint8_t answer[2] = {0, 1}; /* not enabled, not present */
    const uint64_t *a = call->arguments;
    return nt_answer(call, &(struct nt_information){answer, sizeof answer, a[1], nt_ulong(call, 2), a[3], 0});
}

/* Arguments: 0 class 1 buffer 2 length 3 *returned. */
static ntstatus_t query_system(struct nt_call *call)
{
    static ntstatus_t (*const classes[SYSTEM_CLASSES_END])(struct nt_call * call) = {
        [SYSTEM_BASIC] = query_basic,
        [SYSTEM_PROCESSOR] = query_processor,
        [SYSTEM_PERFORMANCE] = query_performance,
        [SYSTEM_TIME_OF_DAY] = query_time_of_day,
        [SYSTEM_PROCESSES] = nt_query_process_list,
        [SYSTEM_FLAGS] = query_flags,
        [SYSTEM_PAGE_FILE] = query_page_file,
        [SYSTEM_FILE_CACHE] = query_file_cache,
        [SYSTEM_KERNEL_DEBUGGER] = query_kernel_debugger,
        [SYSTEM_RANGE_START] = query_range_start,
    };
    uint32_t class = nt_ulong(call, 0);
    if (class >= SYSTEM_CLASSES_END)
        return STATUS_INVALID_INFO_CLASS;
    return classes[class] ? classes[class](call) : nt_not_modelled(call, "this information class");
}

static ntstatus_t put_time(struct nt_call *call, va_t va, uint64_t value)
{
    unsigned output;
    ntstatus_t status = nt_output(call, va, sizeof value, &output);
    if (status == STATUS_SUCCESS)
        nt_put(call, output, 0, &value, sizeof value);
    return status;
}

static ntstatus_t query_system_time(struct nt_call *call)
{
    return put_time(call, call->arguments[0], clock_system_time(&call->machine->clock));
}

static ntstatus_t query_performance_counter(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    uint64_t frequency = CLOCK_FREQUENCY;
    unsigned output = 0;
    ntstatus_t status;
    if (a[1] && (status = nt_output(call, a[1], sizeof frequency, &output)) != STATUS_SUCCESS)
        return status;
    status = put_time(call, a[0], clock_performance_counter(&call->machine->clock));
    if (status == STATUS_SUCCESS && a[1])
        nt_put(call, output, 0, &frequency, sizeof frequency);
    return status;
}

const struct nt_service nt_services_info[] = {
    {"NtQuerySystemInformation", 4, query_system},
    {"NtQuerySystemTime", 1, query_system_time},
    {"NtQueryPerformanceCounter", 2, query_performance_counter},
    {0},
};
