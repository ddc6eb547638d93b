/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info.c - system information and time (nt-reference 14.5). */
#include <string.h>

#include "emu/machine_internal.h"

enum system_class {
    SYSTEM_BASIC = 0,
    SYSTEM_PERFORMANCE = 2,
    SYSTEM_TIME_OF_DAY = 3,
};

enum { LOWEST_USER_ADDRESS = 0x10000, HIGHEST_USER_ADDRESS = 0x7FFEFFFF, ALLOCATION_GRANULARITY = 0x10000 };

static ntstatus_t query_basic(struct nt_call *call)
{
    const uint32_t *a = call->arguments;
    uint32_t frames = call->machine->ram.frame_count;
    uint32_t answer[11] = {0,
                           CLOCK_TICK_NS / 100,
                           MMU_PAGE_SIZE,
                           frames,
                           1,
                           frames - 1,
                           ALLOCATION_GRANULARITY,
                           LOWEST_USER_ADDRESS,
                           HIGHEST_USER_ADDRESS,
                           1,
                           1};
    return nt_answer_exact(call, &(struct nt_information){answer, sizeof answer, a[1], a[2], a[3]});
}

static ntstatus_t query_performance(struct nt_call *call)
{
    const uint32_t *a = call->arguments;
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
    return nt_answer(call, &(struct nt_information){answer, sizeof answer, a[1], a[2], a[3]});
}

static ntstatus_t query_time_of_day(struct nt_call *call)
{
    const uint32_t *a = call->arguments;
    uint64_t answer[6] = {CLOCK_BOOT_SYSTEM_TIME - CLOCK_BOOT_INTERRUPT_TIME, clock_system_time(&call->machine->clock)};
    if (a[2] > sizeof answer)
        return STATUS_INFO_LENGTH_MISMATCH;
    return nt_answer(call, &(struct nt_information){answer, a[2], a[1], a[2], a[3]});
}

static ntstatus_t query_system(struct nt_call *call)
{
    switch (call->arguments[0]) {
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
    const uint32_t *a = call->arguments;
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
