/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_memusage.c - !memusage: how many frames are on which list, and whose they are. */
#include <inttypes.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "mm/inspect.h"

enum { KB = MMU_PAGE_SIZE / 1024 };

struct usage {
    uint64_t valid, standby, dirty, shared, locked, tables; /* frames */
};

static void print_lists(const struct inspect *inspect)
{
    static const struct {
        const char *name;
        enum mm_inspect_list list;
    } rows[] = {{"Zeroed", MM_LIST_ZEROED},
                {"Free", MM_LIST_FREE},
                {"Standby", MM_LIST_STANDBY},
                {"Modified", MM_LIST_MODIFIED},
                {"ModifiedNoWrite", MM_LIST_MODIFIED_NO_WRITE},
                {"Active/Valid", MM_LIST_ACTIVE},
                {"Transition", MM_LIST_TRANSITION},
                {"Bad", MM_LIST_BAD}};
    uint64_t count[MM_LIST_COUNT] = {0}, known = 0;
    uint32_t total = mm_inspect_frames(inspect->mm);
    struct mm_inspect_frame frame;

    for (uint32_t i = 0; i < total && mm_inspect_frame(inspect->mm, i, &frame); i++)
        count[frame.list]++;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        known += count[rows[i].list];
        fprintf(inspect->out, "%19s: %5" PRIu64 " (%6" PRIu64 " kb)\n", rows[i].name, count[rows[i].list],
                count[rows[i].list] * KB);
    }
    fprintf(inspect->out, "%19s: %5" PRIu64 " (%6" PRIu64 " kb)\n", "Unknown", total - known, (total - known) * KB);
    fprintf(inspect->out, "%19s: %5" PRIu32 " (%6" PRIu64 " kb)\n", "TOTAL", total, (uint64_t)total * KB);
}

static void add(struct usage *usage, const struct mm_inspect_frame *frame, enum mm_inspect_use use)
{
    if (use == MM_USE_PAGE_TABLE) {
        usage->tables++;
        return;
    }
    usage->valid += frame->list == MM_LIST_ACTIVE;
    usage->standby += frame->list == MM_LIST_STANDBY;
    usage->dirty += frame->list == MM_LIST_MODIFIED || frame->list == MM_LIST_MODIFIED_NO_WRITE ||
                    frame->list == MM_LIST_TRANSITION;
    usage->shared += frame->list == MM_LIST_ACTIVE && frame->blink_or_share_count > 1;
    usage->locked += frame->list == MM_LIST_ACTIVE && frame->reference_count > 1;
}

static bool is_empty(const struct usage *usage)
{
    return !(usage->valid + usage->standby + usage->dirty + usage->tables);
}

/* The frames for which matches() holds. */
static struct usage collect(const struct inspect *inspect,
                            bool (*matches)(const struct mm_inspect_owner *owner, uint32_t key), uint32_t key)
{
    struct usage usage = {0};
    struct mm_inspect_frame frame;

    for (uint32_t i = 0; mm_inspect_frame(inspect->mm, i, &frame); i++) {
        if (frame.list == MM_LIST_ZEROED || frame.list == MM_LIST_FREE || frame.list == MM_LIST_BAD)
            continue;
        struct mm_inspect_owner owner = mm_inspect_owner(inspect->mm, i);
        if (matches(&owner, key))
            add(&usage, &frame, owner.use);
    }
    return usage;
}

static bool is_of_section(const struct mm_inspect_owner *owner, uint32_t section)
{
    return owner->use == MM_USE_SECTION && owner->section == section;
}

static bool is_of_process(const struct mm_inspect_owner *owner, uint32_t process)
{
    bool own = owner->use == MM_USE_PRIVATE || owner->use == MM_USE_PAGE_TABLE || owner->use == MM_USE_WORKING_SET_LIST;
    return own && owner->process == process;
}

static bool is_of_use(const struct mm_inspect_owner *owner, uint32_t use)
{
    return owner->use == (enum mm_inspect_use)use;
}

static void print_numbers(const struct inspect *inspect, const struct usage *usage)
{
    fprintf(inspect->out, " %6" PRIu64 " %7" PRIu64 " %5" PRIu64 " %6" PRIu64 " %6" PRIu64 " %10" PRIu64 "  ",
            usage->valid * KB, usage->standby * KB, usage->dirty * KB, usage->shared * KB, usage->locked * KB,
            usage->tables * KB);
}

static void print_sections(const struct inspect *inspect)
{
    struct mm_inspect_area area = {0};
    char text[128];

    while (mm_inspect_area(inspect->mm, area.section, &area)) {
        struct usage usage = collect(inspect, is_of_section, area.section);
        if (is_empty(&usage))
            continue;
        fprintf(inspect->out, "%0*" PRIx64, (int)inspect->digits, area.address);
        print_numbers(inspect, &usage);
        fprintf(inspect->out, "mapped_file( %s )\n", inspect_file_name(inspect, area.file, text));
    }
}

static void print_row(const struct inspect *inspect, const struct usage *usage, const char *kind, const char *name)
{
    if (is_empty(usage))
        return;
    fprintf(inspect->out, "%.*s", (int)inspect->digits, "----------------");
    print_numbers(inspect, usage);
    fprintf(inspect->out, name ? "%s ( %s )\n" : "%s\n", kind, name);
}

static void print_processes(const struct inspect *inspect)
{
    static const struct {
        enum mm_inspect_use use;
        const char *name;
    } system[] = {{MM_USE_POOL, "paged pool"}, {MM_USE_SYSTEM, "system pages"}, {MM_USE_UNKNOWN, "unknown"}};
    struct usage usage = collect(inspect, is_of_process, 0);
    char text[128];

    print_row(inspect, &usage, "process", "System");
    for (const struct process *process = inspect->machine->first_process; process; process = process->next) {
        if (!process->space)
            continue;
        usage = collect(inspect, is_of_process, process->space);
        print_row(inspect, &usage, "process", inspect_process_name(inspect, process, text));
    }
    for (unsigned i = 0; i < sizeof system / sizeof *system; i++) {
        usage = collect(inspect, is_of_use, system[i].use);
        print_row(inspect, &usage, system[i].name, NULL);
    }
}

bool inspect_memusage(const struct inspect *inspect, const struct inspect_call *call)
{
    print_lists(inspect);
    fprintf(inspect->out, "\n  Usage Summary in KiloBytes (Kb):\n%-*s %6s %7s %5s %6s %6s %s  name\n",
            (int)inspect->digits, "Control", "Valid", "Standby", "Dirty", "Shared", "Locked", "PageTables");
    print_sections(inspect);
    print_processes(inspect);
    return true;
}
