/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.c - see stats.h.
 *
 * First what --stats has always said, in columns; then the page summary, one figure a line, "name: number", each line
 * always there, for scripts. */
#include "emu/stats.h"

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

/* --- List lengths -------------------------------------------------------------------------------------------- */

void stats_note(struct machine *machine)
{
    struct stats *stats = &machine->stats;
    struct mm_counters c;
    if (!machine->options.show_stats || !machine->started)
        return;
    mm_query_counters(machine->mm, &c);
    const uint64_t lengths[STATS_LIST_COUNT] = {c.zeroed, c.free,   c.standby,   c.modified, c.modified_no_write,
                                                c.bad,    c.active, c.transition};
    uint64_t now = machine->clock.now, microseconds = stats->begun ? now / 1000 - stats->until / 1000 : 0;
    for (unsigned i = 0; i < STATS_LIST_COUNT; i++) {
        bool first = !stats->begun;
        stats->list[i].sum += stats->list[i].now * microseconds;
        stats->list[i].now = lengths[i];
        if (first || lengths[i] < stats->list[i].minimum)
            stats->list[i].minimum = lengths[i];
        if (first || lengths[i] > stats->list[i].maximum)
            stats->list[i].maximum = lengths[i];
    }
    stats->since = stats->begun ? stats->since : now;
    stats->until = now;
    stats->begun = true;
}

static void print_lists(const struct stats *stats, FILE *out)
{
    static const char *const names[STATS_LIST_COUNT] = {
        "zeroed list", "free list",    "standby list",    "modified list", "modified-no-write list",
        "bad list",    "active pages", "transition pages"};
    uint64_t microseconds = stats->until / 1000 - stats->since / 1000;
    for (unsigned i = 0; i < STATS_LIST_COUNT; i++) {
        uint64_t average = microseconds ? stats->list[i].sum / microseconds : stats->list[i].now;
        fprintf(out, "%s: %" PRIu64 "\n%s minimum: %" PRIu64 "\n%s maximum: %" PRIu64 "\n%s average: %" PRIu64 "\n",
                names[i], stats->list[i].now, names[i], stats->list[i].minimum, names[i], stats->list[i].maximum,
                names[i], average);
    }
}

/* --- The summary --------------------------------------------------------------------------------------------- */

static void figure(FILE *out, const char *name, uint64_t value)
{
    fprintf(out, "%s: %" PRIu64 "\n", name, value);
}

static void print_fault_figures(const struct mm_counters *counters, FILE *out)
{
    static const struct {
        enum mm_fault_type type;
        enum { HARD, SOFT, RAISED } how;
        const char *name;
    } kinds[] = {
        {MM_FAULT_TYPE_HARD_FAULT, HARD, NULL},
        {MM_FAULT_TYPE_TRANSITION, SOFT, "transition faults"},
        {MM_FAULT_TYPE_DEMAND_ZERO, SOFT, "demand-zero faults"},
        {MM_FAULT_TYPE_COPY_ON_WRITE, SOFT, "copy-on-write faults"},
        {MM_FAULT_TYPE_PROTOTYPE, SOFT, "prototype faults"},
        {MM_FAULT_TYPE_STACK_GROWTH, SOFT, "stack-growth faults"},
        {MM_FAULT_TYPE_DIRTY, SOFT, "first-write faults"},
        {MM_FAULT_TYPE_GUARD_PAGE, RAISED, "guard-page faults"},
        {MM_FAULT_TYPE_ACCESS_VIOLATION, RAISED, "access violations"},
        {MM_FAULT_TYPE_NO_EXECUTE, RAISED, "no-execute faults"},
        {MM_FAULT_TYPE_IN_PAGE_ERROR, RAISED, "in-page errors"},
    };
    uint64_t sum[3] = {0};
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        sum[kinds[i].how] += counters->faults[kinds[i].type];
    figure(out, "hard faults", sum[HARD]);
    figure(out, "soft faults", sum[SOFT]);
    figure(out, "raised faults", sum[RAISED]);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].name)
            figure(out, kinds[i].name, counters->faults[kinds[i].type]);
}

static void print_traffic(const struct machine *machine, const struct mm_counters *counters, FILE *out)
{
    struct mm_process_counters system;
    mm_process_query(machine->mm, mm_system_process(machine->mm), &system);

    figure(out, "pages read", counters->pages_read);
    figure(out, "page read I/Os", counters->page_reads);
    figure(out, "pages written", counters->pages_written);
    figure(out, "page write I/Os", counters->page_writes);
    figure(out, "trims at the limit", counters->trims_replaced);
    figure(out, "trims by the manager", counters->trims_manager);
    figure(out, "trims on request", counters->trims_emptied);
    figure(out, "trims injected", counters->trims_injected);
    figure(out, "trims at out-swap", counters->trims_outswapped);
    figure(out, "trims of the system", counters->trims_system);
    figure(out, "system working set", system.working_set);
    figure(out, "system working set peak", system.peak_working_set);
    figure(out, "processes out-swapped", counters->processes_out);
    figure(out, "stacks paged out", counters->stacks_out);
    figure(out, "stacks paged in", counters->stacks_in);
    figure(out, "read errors injected", machine->inject.done[INJECT_PAGEIN_ERROR]);
    figure(out, "write errors injected", machine->inject.done[INJECT_WRITE_ERROR]);
    figure(out, "commit refusals injected", machine->inject.done[INJECT_COMMIT_FAIL]);
    figure(out, "list moves", counters->moves);
    figure(out, "commit", counters->committed);
    figure(out, "commit peak", counters->peak_commit);
    figure(out, "commit limit", counters->commit_limit);
}

static void print_pagefiles(const struct mm *mm, FILE *out)
{
    struct mm_pagefile_info info;
    uint32_t count = 0;
    while (mm_pagefile_query(mm, count, &info))
        count++;
    figure(out, "page files", count);
    for (uint32_t i = 0; mm_pagefile_query(mm, i, &info); i++)
        fprintf(out, "page file %u size: %" PRIu64 "\npage file %u used: %" PRIu64 "\npage file %u peak: %" PRIu64 "\n",
                i, info.size, i, info.used, i, info.peak);
}

static void print_cache(const struct cache *cache, FILE *out)
{
    const struct cache_counts *counts = &cache->counts;
    figure(out, "cache reads", counts->reads);
    figure(out, "cache read misses", counts->read_misses);
    figure(out, "cache writes", counts->writes);
    figure(out, "uncached transfers", counts->unbuffered);
    figure(out, "read-aheads", counts->aheads);
    figure(out, "read-ahead bytes", counts->ahead_bytes);
    figure(out, "lazy writes", counts->lazy_writes);
    figure(out, "lazy write pages", counts->lazy_pages);
    figure(out, "writers throttled", counts->throttled);
    figure(out, "cache views mapped", counts->views_mapped);
    figure(out, "cache views reused", counts->views_reused);
    figure(out, "cache dirty pages", cache->dirty);
}

static void print_summary(struct machine *machine, const struct mm_counters *counters, FILE *out)
{
    print_fault_figures(counters, out);
    print_traffic(machine, counters, out);
    print_pagefiles(machine->mm, out);
    print_cache(&machine->cache, out);
    print_lists(&machine->stats, out);
    for (unsigned i = 0; i < DAEMON_COUNT; i++)
        fprintf(out, "%s runs: %" PRIu64 "\n", daemon_name(i), machine->daemons.runs[i]);
}

/* --- In words ------------------------------------------------------------------------------------------------ */

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
    fprintf(out, "page read I/Os     %" PRIu64 "\n", counters.page_reads);
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
    stats_note(machine);
    print_summary(machine, &counters, out);
}
