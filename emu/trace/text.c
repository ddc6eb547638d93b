/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - the view for people, after the page-fault monitor of the resource kit.
 *
 * One line for each fault: SOFT (resolved from memory), HARD (read from a file) or RAISE (the program gets an
 * exception), then who touched what.  Other events stand between them, indented.  Columns line up for 32-bit programs;
 * a long name pushes its line to the right rather than be cut. */
#include <inttypes.h>
#include <string.h>

#include "emu/trace/trace_internal.h"

enum { PLACE_MAX = 2 * TRACE_NAME_MAX + 40, PLACE_WIDTH = 34 };

static const char *const outcome_names[TRACE_OUTCOME_COUNT] = {
    [TRACE_SOFT] = "SOFT", [TRACE_HARD] = "HARD", [TRACE_RAISED] = "RAISE"};

static int va_digits(const struct trace *trace)
{
    return trace->paging == PAGING_X64 ? 16 : 8;
}

/* "module!symbol+1a", "module+1a2b", or otherwise. */
static const char *place_name(const struct trace_place *place, const char *otherwise, char text[PLACE_MAX])
{
    char module[TRACE_NAME_MAX], symbol[TRACE_NAME_MAX];

    if (!place->module)
        return otherwise;
    trace_clean(place->module, module);
    if (!place->symbol)
        snprintf(text, PLACE_MAX, "%s+%" PRIx64, module, place->offset);
    else if (place->symbol_offset == 0)
        snprintf(text, PLACE_MAX, "%s!%s", module, trace_clean(place->symbol, symbol));
    else
        snprintf(text, PLACE_MAX, "%s!%s+%" PRIx64, module, trace_clean(place->symbol, symbol), place->symbol_offset);
    return text;
}

static void print_start(struct trace *trace, const struct trace_event *event)
{
    fprintf(trace->out, "%8" PRIu64 ".%03u %4" PRIu32 "  ", event->time / 1000, (unsigned)(event->time % 1000),
            event->tid);
}

static void print_fault(struct trace *trace, const struct trace_event *event)
{
    const struct mm_fault *fault = event->fault;
    enum trace_outcome outcome = trace_outcome_of(fault);
    char pc[PLACE_MAX], address[PLACE_MAX], vad[TRACE_NAME_MAX];

    snprintf(vad, sizeof(vad), "[%s]", fault->vad ? fault->vad : "none");
    fprintf(trace->out, "%-5s %-15s %-7s %0*" PRIx64 " %-*s %0*" PRIx64 " %-*s ", outcome_names[outcome],
            mm_fault_type_name(fault->type), trace_access_name(fault->access), va_digits(trace), event->pc.va,
            PLACE_WIDTH, place_name(&event->pc, "-", pc), va_digits(trace), fault->va, PLACE_WIDTH,
            place_name(&event->address, vad, address));
    if (outcome == TRACE_RAISED)
        fprintf(trace->out, "%08" PRIx32 "\n", fault->status);
    else
        fprintf(trace->out, "%8" PRIu32 "\n", fault->frame.index);
    if (event->file)
        fprintf(trace->out, "%19s from %s at %" PRIx64 "\n", "", trace_clean(event->file, address), event->file_offset);
    if (fault->not_modelled)
        fprintf(trace->out, "%19s not modelled: %s\n", "", fault->not_modelled);
}

static void print_range(struct trace *trace, const struct trace_event *event)
{
    fprintf(trace->out, "%s ", trace_kind_name(event->kind));
    if (event->kind != TRACE_TRIM)
        fprintf(trace->out, "%0*" PRIx64 ", ", va_digits(trace), event->address.va);
    fprintf(trace->out, "%" PRIu64 " bytes", event->size);
    if (event->target && event->target != event->pid)
        fprintf(trace->out, " of process %" PRIu32, event->target);
    if (event->type)
        fprintf(trace->out, ", type %" PRIx32, event->type);
    if (event->protect)
        fprintf(trace->out, ", protection %" PRIx32, event->protect);
    if (event->old_protect)
        fprintf(trace->out, " (was %" PRIx32 ")", event->old_protect);
    fprintf(trace->out, "%s\n", nt_success(event->status) ? "" : ": refused");
}

static void print_exception(struct trace *trace, const struct trace_event *event)
{
    char pc[PLACE_MAX];

    fprintf(trace->out, "exception %08" PRIx32 " at %0*" PRIx64 " %s", event->status, va_digits(trace), event->pc.va,
            place_name(&event->pc, "", pc));
    for (unsigned i = 0; i < event->parameter_count && i < 4; i++)
        fprintf(trace->out, "%s%" PRIx64, i ? ", " : " information ", event->information[i]);
    fputc('\n', trace->out);
}

static void print_life(struct trace *trace, const struct trace_event *event)
{
    char name[TRACE_NAME_MAX];

    fprintf(trace->out, "%s %s %" PRIu32, trace_kind_name(event->kind), event->what ? event->what : "",
            event->kind == TRACE_PROCESS ? event->pid : event->tid);
    if (event->name)
        fprintf(trace->out, " %s", trace_clean(event->name, name));
    if (event->what && strcmp(event->what, "exit") == 0)
        fprintf(trace->out, " with %08" PRIx32, event->status);
    fputc('\n', trace->out);
}

static void print_bugcheck(struct trace *trace, const struct trace_event *event)
{
    fprintf(trace->out, "bugcheck %08" PRIx32 " (%" PRIx64 ", %" PRIx64 ", %" PRIx64 ", %" PRIx64 ")\n", event->status,
            event->information[0], event->information[1], event->information[2], event->information[3]);
}

static void print_state(struct trace *trace, const struct trace_event *event)
{
    fprintf(trace->out, "state %s%s%s%s, priority %u\n", event->what, event->name ? " (" : "",
            event->name ? event->name : "", event->name ? ")" : "", event->priority);
}

static void print_memory(struct trace *trace, const struct trace_event *event)
{
    const struct mm_event *memory = event->memory;
    char name[TRACE_NAME_MAX];

    if (memory->kind == MM_EVENT_SECTION) {
        fprintf(trace->out, "section of %s%s%s, %" PRIu64 " pages: %s\n", memory->of, event->name ? " " : "",
                event->name ? trace_clean(event->name, name) : "", memory->pages, memory->what);
        return;
    }
    fprintf(trace->out, "%s %" PRIu32, trace_kind_name(event->kind), memory->frame.index);
    switch (memory->kind) {
    case MM_EVENT_PFN:
        fprintf(trace->out, " %s -> %s, PTE at %0*" PRIx64 "\n", memory->from, memory->to, va_digits(trace),
                memory->va);
        return;
    case MM_EVENT_TRIM:
        fprintf(trace->out, " %0*" PRIx64 " of process %" PRIu32 ", %s: %s\n", va_digits(trace), memory->va,
                event->target, memory->why, memory->to);
        return;
    case MM_EVENT_PAGE_WRITE:
    case MM_EVENT_PAGE_READ:
    case MM_EVENT_LOST_WRITE:
        fprintf(trace->out, " %" PRIu32 " pages, %s at %" PRIx64 "%s\n", memory->io.pages,
                trace_clean(event->name ? event->name : "?", name), memory->io.offset,
                nt_success(memory->status) ? "" : ": failed");
        return;
    case MM_EVENT_SECTION: return;
    }
}

static void text_event(struct trace *trace, const struct trace_event *event)
{
    char name[TRACE_NAME_MAX];

    print_start(trace, event);
    switch (event->kind) {
    case TRACE_FAULT: print_fault(trace, event); return;
    case TRACE_IMAGE:
        fprintf(trace->out, "image %s at %0*" PRIx64 ", %" PRIu64 " bytes\n",
                trace_clean(event->name ? event->name : "?", name), va_digits(trace), event->address.va, event->size);
        return;
    case TRACE_PROCESS:
    case TRACE_THREAD: print_life(trace, event); return;
    case TRACE_EXCEPTION: print_exception(trace, event); return;
    case TRACE_ALLOC:
    case TRACE_FREE:
    case TRACE_PROTECT:
    case TRACE_MAP:
    case TRACE_UNMAP:
    case TRACE_LOCK:
    case TRACE_UNLOCK:
    case TRACE_TRIM: print_range(trace, event); return;
    case TRACE_BUGCHECK: print_bugcheck(trace, event); return;
    case TRACE_STATE: print_state(trace, event); return;
    case TRACE_PFN:
    case TRACE_EVICT:
    case TRACE_PAGEWRITE:
    case TRACE_PAGEREAD:
    case TRACE_LOSTWRITE:
    case TRACE_SECTION: print_memory(trace, event); return;
    case TRACE_READAHEAD:
    case TRACE_LAZYWRITE:
        fprintf(trace->out, "%s %s, %" PRIu64 " bytes at %" PRIx64 " (%s)\n", trace_kind_name(event->kind),
                trace_clean(event->file ? event->file : "?", name), event->size, event->file_offset, event->what);
        return;
    case TRACE_KIND_COUNT: return;
    }
}

static void text_begin(struct trace *trace)
{
    int width = va_digits(trace) + 1 + PLACE_WIDTH;

    fprintf(trace->out, "%12s %4s  %-5s %-15s %-7s %-*s %-*s %8s\n", "microseconds", "tid", "how", "fault", "access",
            width, "program counter", width, "address", "frame");
}

static void print_total(struct trace *trace, const char *name, const uint64_t faults[TRACE_OUTCOME_COUNT])
{
    fprintf(trace->out, "  %-24s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n", name, faults[TRACE_SOFT],
            faults[TRACE_HARD], faults[TRACE_RAISED]);
}

static void text_totals(struct trace *trace)
{
    const struct trace_totals *totals = &trace->totals;
    uint64_t sums[TRACE_OUTCOME_COUNT];

    fprintf(trace->out, "\n%-26s %8s %8s %8s\n", "Page faults by type", "SOFT", "HARD", "RAISE");
    for (unsigned type = 0; type < MM_FAULT_TYPE_COUNT; type++) {
        const uint64_t *faults = totals->by_type[type];
        if (faults[TRACE_SOFT] + faults[TRACE_HARD] + faults[TRACE_RAISED])
            print_total(trace, mm_fault_type_name(type), faults);
    }
    fprintf(trace->out, "Page faults by module\n");
    for (unsigned i = 0; i < totals->module_count; i++)
        print_total(trace, totals->modules[i].name[0] ? totals->modules[i].name : "(no module)",
                    totals->modules[i].faults);
    for (unsigned i = 0; i < TRACE_OUTCOME_COUNT; i++)
        sums[i] = trace_sum(totals, i);
    print_total(trace, "all", sums);
}

const struct trace_view trace_view_text = {.begin = text_begin, .event = text_event, .totals = text_totals};
