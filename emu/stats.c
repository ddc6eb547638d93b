/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.c - --stats: what a run did, in words. */
#include <inttypes.h>

#include "emu/machine_internal.h"

static void print_faults(const struct mm_counters *counters, FILE *out)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < MM_FAULT_TYPE_COUNT; i++)
        total += counters->faults[i];
    fprintf(out, "page faults        %" PRIu64 "\n", total);
    for (unsigned i = 0; i < MM_FAULT_TYPE_COUNT; i++)
        if (counters->faults[i])
            fprintf(out, "  %-16s %" PRIu64 "\n", mm_fault_type_name((enum mm_fault_type)i), counters->faults[i]);
}

void machine_print_stats(struct machine *machine, FILE *out)
{
    struct mm_counters counters;
    struct mm_process_counters process;
    if (!machine->mm)
        return;
    mm_query_counters(machine->mm, &counters);
    if (!machine->main_process)
        return;
    process = machine->main_process->last_counters;
    if (!machine->main_process->cleaned)
        mm_process_query(machine->mm, machine->main_process->space, &process);
    fprintf(out, "virtual time       %" PRIu64 ".%09" PRIu64 " s\n", machine->clock.now / 1000000000,
            machine->clock.now % 1000000000);
    fprintf(out, "system services    %" PRIu64 "\n", machine->service_count);
    fprintf(out, "exceptions         %" PRIu64 "\n", machine->exceptions);
    print_faults(&counters, out);
    fprintf(out, "pages read         %" PRIu64 "\n", counters.page_reads);
    fprintf(out, "working set        %" PRIu64 " pages, peak %" PRIu64 "\n", process.working_set,
            process.peak_working_set);
    fprintf(out, "private            %" PRIu64 " pages, page tables %" PRIu64 "\n", process.private_pages,
            process.page_tables);
    fprintf(out, "virtual size       %" PRIu64 " KB, peak %" PRIu64 " KB\n", process.virtual_size >> 10,
            process.peak_virtual_size >> 10);
    fprintf(out, "commit             %" PRIu64 " pages of %" PRIu64 ", peak %" PRIu64 "\n", counters.committed,
            counters.commit_limit, counters.peak_commit);
    fprintf(out,
            "frames             %" PRIu64 ": active %" PRIu64 ", zeroed %" PRIu64 ", free %" PRIu64 ", standby %" PRIu64
            ", modified %" PRIu64 ", transition %" PRIu64 "\n",
            counters.frames, counters.active, counters.zeroed, counters.free, counters.standby, counters.modified,
            counters.transition);
}
