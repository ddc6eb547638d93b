/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info.c - system information and time (nt-reference 14.5). */
#include <string.h>

#include "emu/machine_internal.h"

enum system_class {
    SYSTEM_BASIC = 0,
    SYSTEM_PERFORMANCE = 2,
    SYSTEM_TIME_OF_DAY = 3,
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

static ntstatus_t query_system(struct nt_call *call)
{
    switch (nt_ulong(call, 0)) {
    case SYSTEM_BASIC: return query_basic(call);
    case SYSTEM_PERFORMANCE: return query_performance(call);
    case SYSTEM_TIME_OF_DAY: return query_time_of_day(call);
    default: return nt_not_modelled(call, "this information class");
    }
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
