/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_vm.c - !vm 1: memory, page files, pool and commit in numbers.
 *
 * Lines of !vm whose number the model does not have (free system PTEs, nonpaged pool, special pool, ...) are left out
 * rather than invented. */
#include <inttypes.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "mm/inspect.h"

enum { KB = MMU_PAGE_SIZE / 1024 };

static void line(const struct inspect *inspect, const char *name, uint64_t pages)
{
    fprintf(inspect->out, "\t%-19s%10" PRIu64 " (%10" PRIu64 " Kb)\n", name, pages, pages * KB);
}

static void print_pagefiles(const struct inspect *inspect)
{
    struct mm_pagefile_info info;

    for (uint32_t i = 0; i < MM_PAGEFILES_MAX; i++) {
        if (!mm_pagefile_query(inspect->mm, i, &info))
            continue;
        fprintf(inspect->out, "\tPage File: pagefile%" PRIu32 ".sys\n", i);
        fprintf(inspect->out, "\t   Current: %9" PRIu64 " Kb  Free Space: %9" PRIu64 " Kb\n", info.size * KB,
                (info.size - info.used) * KB);
        fprintf(inspect->out, "\t   Minimum: %9" PRIu64 " Kb  Maximum:    %9" PRIu64 " Kb\n", info.minimum * KB,
                info.maximum * KB);
    }
}

static void print_processes(const struct inspect *inspect)
{
    struct mm_process_counters counters;
    char text[128];
    uint64_t sum = 0;

    for (int print = 0; print < 2; print++) { /* the sum first */
        if (print)
            line(inspect, "Total Private:", sum);
        for (const struct process *process = inspect->machine->first_process; process; process = process->next) {
            if (!process->space)
                continue;
            mm_process_query(inspect->mm, process->space, &counters);
            sum += counters.commit_charge;
            if (print)
                fprintf(inspect->out, "\t%04x %-14s%10" PRIu64 " (%10" PRIu64 " Kb)\n", process->id,
                        inspect_process_name(inspect, process, text), counters.commit_charge,
                        counters.commit_charge * KB);
        }
    }
}

bool inspect_vm(const struct inspect *inspect, const struct inspect_call *call)
{
    struct mm_counters counters;
    struct mm_inspect_totals totals;

    mm_query_counters(inspect->mm, &counters);
    mm_inspect_totals(inspect->mm, &totals);
    fputs("*** Virtual Memory Usage ***\n", inspect->out);
    line(inspect, "Physical Memory:", counters.frames);
    print_pagefiles(inspect);
    line(inspect, "Available Pages:", counters.zeroed + counters.free + counters.standby);
    line(inspect, "ResAvail Pages:", totals.resident_available);
    line(inspect, "Locked IO Pages:", totals.io);
    line(inspect, "Modified Pages:", counters.modified);
    line(inspect, "PagedPool Usage:", totals.pool);
    line(inspect, "PagedPool Maximum:", totals.pool_maximum);
    line(inspect, "System Commit:", totals.system_commit);
    line(inspect, "Committed pages:", counters.committed);
    line(inspect, "Commit limit:", counters.commit_limit);
    fputc('\n', inspect->out);
    print_processes(inspect);
    return true;
}
