/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jsonl.c - the view for programs: JSON Lines, docs/trace-format.md.
 *
 * Fields keep their order and are never renamed within a schema number; optional ones are left out, not null. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "emu/trace/trace_internal.h"

static void put_text(json_t *line, const char *key, const char *text)
{
    char clean[TRACE_NAME_MAX];

    if (text)
        json_object_set_new(line, key, json_string(trace_clean(text, clean)));
}

static void put_number(json_t *line, const char *key, uint64_t value)
{
    json_object_set_new(line, key, json_integer((json_int_t)value));
}

static json_t *hex(uint64_t value, int digits)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, value);
    return json_string(text);
}

static void put_hex(json_t *line, const char *key, uint64_t value, int digits)
{
    json_object_set_new(line, key, hex(value, digits));
}

static void put_va(const struct trace *trace, json_t *line, const char *key, va_t va)
{
    put_hex(line, key, va, trace->paging == PAGING_X64 ? 16 : 8);
}

static void put_pte(const struct trace *trace, json_t *line, const char *key, mmpte_t pte)
{
    put_hex(line, key, pte.raw, trace->paging == PAGING_X86 ? 8 : 16);
}

static void put_status(json_t *line, const char *key, uint32_t status)
{
    put_hex(line, key, status, 8);
}

/* Offsets are short hex: "0x1512". */
static void put_symbol(json_t *line, const char *key, const char *offset_key, const struct trace_place *place)
{
    if (!place->symbol)
        return;
    put_text(line, key, place->symbol);
    put_hex(line, offset_key, place->symbol_offset, 1);
}

static void put_module(json_t *line, const char *key, const char *offset_key, const struct trace_place *place)
{
    if (!place->module)
        return;
    put_text(line, key, place->module);
    put_hex(line, offset_key, place->offset, 1);
}

static void put_information(json_t *line, const uint64_t *information, unsigned count)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < count && i < 4; i++)
        json_array_append_new(list, hex(information[i], 8));
    json_object_set_new(line, "information", list);
}

/* What a view is of. */
static void put_file(json_t *line, const struct trace_event *event)
{
    if (!event->file)
        return;
    put_text(line, "file", event->file);
    put_number(line, "file_offset", event->file_offset);
}

static void put_fault(const struct trace *trace, json_t *line, const struct trace_event *event)
{
    const struct mm_fault *fault = event->fault;

    put_text(line, "type", mm_fault_type_name(fault->type));
    put_va(trace, line, "va", fault->va);
    put_text(line, "access", trace_access_name(fault->access));
    put_text(line, "mode", fault->mode == MMU_USER ? "user" : "kernel");
    put_number(line, "pid", event->pid);
    put_number(line, "tid", event->tid);
    put_va(trace, line, "pc", event->pc.va);
    put_module(line, "module", "offset", &event->pc);
    put_text(line, "vad", fault->vad);
    put_pte(trace, line, "pte_before", fault->pte_before);
    put_pte(trace, line, "pte_after", fault->pte_after);
    if (trace_outcome_of(fault) != TRACE_RAISED)
        put_number(line, "pfn", fault->frame.index);
    put_status(line, "status", fault->status);
    put_symbol(line, "symbol", "symbol_offset", &event->pc);
    put_module(line, "va_module", "va_offset", &event->address);
    put_symbol(line, "va_symbol", "va_symbol_offset", &event->address);
    put_file(line, event);
    put_text(line, "not_modelled", fault->not_modelled);
}

static void put_exception(const struct trace *trace, json_t *line, const struct trace_event *event)
{
    put_status(line, "status", event->status);
    put_va(trace, line, "pc", event->pc.va);
    put_module(line, "module", "offset", &event->pc);
    put_symbol(line, "symbol", "symbol_offset", &event->pc);
    put_information(line, event->information, event->parameter_count);
}

static void put_range(const struct trace *trace, json_t *line, const struct trace_event *event)
{
    static const struct range_fields {
        bool va, type, protect;
    } fields[TRACE_KIND_COUNT] = {
        [TRACE_ALLOC] = {true, true, true},    [TRACE_FREE] = {true, true, false},
        [TRACE_PROTECT] = {true, false, true}, [TRACE_MAP] = {true, true, true},
        [TRACE_UNMAP] = {true, false, false},  [TRACE_LOCK] = {true, true, false},
        [TRACE_UNLOCK] = {true, true, false},
    };
    const struct range_fields *has = &fields[event->kind];

    if (event->target && event->target != event->pid)
        put_number(line, "target", event->target);
    if (has->va)
        put_va(trace, line, "va", event->address.va);
    put_number(line, "size", event->size);
    if (has->type)
        put_hex(line, "type", event->type, 1);
    if (has->protect)
        put_hex(line, "protect", event->protect, 1);
    if (event->kind == TRACE_PROTECT)
        put_hex(line, "old_protect", event->old_protect, 1);
    put_file(line, event);
    put_status(line, "status", event->status);
    put_va(trace, line, "pc", event->pc.va);
    put_module(line, "module", "offset", &event->pc);
}

static void put_life(json_t *line, const struct trace_event *event)
{
    put_text(line, "what", event->what);
    put_text(line, "name", event->name);
    if (event->what && strcmp(event->what, "exit") == 0)
        put_status(line, "status", event->status);
}

static void put_state(json_t *line, const struct trace_event *event)
{
    put_text(line, "state", event->what);
    put_text(line, "reason", event->name);
    put_number(line, "priority", event->priority);
}

static void put_memory(const struct trace *trace, json_t *line, const struct trace_event *event)
{
    const struct mm_event *memory = event->memory;

    if (memory->kind == MM_EVENT_SECTION) {
        put_text(line, "what", memory->what);
        put_text(line, "of", memory->of);
        put_text(line, "name", event->name);
        put_number(line, "pages", memory->pages);
        return;
    }
    put_number(line, "pfn", memory->frame.index);
    put_text(line, "from", memory->from);
    put_text(line, "to", memory->to);
    switch (memory->kind) {
    case MM_EVENT_PFN: put_va(trace, line, "pte", memory->va); return;
    case MM_EVENT_TRIM:
        put_va(trace, line, "va", memory->va);
        put_number(line, "target", event->target);
        put_text(line, "why", memory->why);
        return;
    case MM_EVENT_PAGE_WRITE:
    case MM_EVENT_PAGE_READ:
    case MM_EVENT_LOST_WRITE:
        put_text(line, "name", event->name);
        put_number(line, "offset", memory->io.offset);
        put_number(line, "pages", memory->io.pages);
        put_status(line, "status", memory->status);
        return;
    case MM_EVENT_SECTION: return;
    }
}

static void put_event(const struct trace *trace, json_t *line, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_FAULT: put_fault(trace, line, event); return;
    case TRACE_IMAGE:
        put_text(line, "name", event->name);
        put_va(trace, line, "va", event->address.va);
        put_number(line, "size", event->size);
        put_status(line, "status", event->status);
        return;
    case TRACE_PROCESS:
    case TRACE_THREAD: put_life(line, event); return;
    case TRACE_EXCEPTION: put_exception(trace, line, event); return;
    case TRACE_ALLOC:
    case TRACE_FREE:
    case TRACE_PROTECT:
    case TRACE_MAP:
    case TRACE_UNMAP:
    case TRACE_LOCK:
    case TRACE_UNLOCK:
    case TRACE_TRIM: put_range(trace, line, event); return;
    case TRACE_BUGCHECK:
        put_status(line, "code", event->status);
        put_information(line, event->information, 4);
        return;
    case TRACE_STATE: put_state(line, event); return;
    case TRACE_PFN:
    case TRACE_EVICT:
    case TRACE_PAGEWRITE:
    case TRACE_PAGEREAD:
    case TRACE_LOSTWRITE:
    case TRACE_SECTION: put_memory(trace, line, event); return;
    case TRACE_READAHEAD:
    case TRACE_LAZYWRITE:
        put_file(line, event);
        put_number(line, "size", event->size);
        put_text(line, "why", event->what);
        return;
    case TRACE_KIND_COUNT: return;
    }
}

static json_t *new_line(const struct trace *trace, const char *event)
{
    json_t *line = json_object();

    put_number(line, "n", trace->number);
    put_number(line, "t", trace->time);
    put_text(line, "ev", event);
    return line;
}

static void write_line(struct trace *trace, json_t *line)
{
    json_dumpf(line, trace->out, JSON_COMPACT | JSON_PRESERVE_ORDER);
    fputc('\n', trace->out);
    json_decref(line);
}

static void jsonl_begin(struct trace *trace)
{
    json_t *line = new_line(trace, "trace");

    put_number(line, "schema", TRACE_SCHEMA);
    put_text(line, "paging", trace_paging_name(trace->paging));
    write_line(trace, line);
}

static void jsonl_event(struct trace *trace, const struct trace_event *event)
{
    json_t *line = new_line(trace, trace_kind_name(event->kind));

    if (event->kind != TRACE_FAULT) { /* faults have them behind the access, as the kernel's classes do */
        put_number(line, "pid", event->pid);
        put_number(line, "tid", event->tid);
    }
    put_event(trace, line, event);
    write_line(trace, line);
}

static json_t *put_outcomes(json_t *object, const uint64_t faults[TRACE_OUTCOME_COUNT])
{
    put_number(object, "soft", faults[TRACE_SOFT]);
    put_number(object, "hard", faults[TRACE_HARD]);
    put_number(object, "raised", faults[TRACE_RAISED]);
    return object;
}

static void jsonl_totals(struct trace *trace)
{
    const struct trace_totals *totals = &trace->totals;
    uint64_t sums[TRACE_OUTCOME_COUNT];
    json_t *line = new_line(trace, "totals"), *types = json_object(), *modules = json_array();

    for (unsigned i = 0; i < TRACE_OUTCOME_COUNT; i++)
        sums[i] = trace_sum(totals, i);
    json_object_set_new(line, "faults", put_outcomes(json_object(), sums));
    for (unsigned type = 0; type < MM_FAULT_TYPE_COUNT; type++) {
        const uint64_t *faults = totals->by_type[type];
        if (faults[TRACE_SOFT] + faults[TRACE_HARD] + faults[TRACE_RAISED])
            json_object_set_new(types, mm_fault_type_name(type), put_outcomes(json_object(), faults));
    }
    json_object_set_new(line, "types", types);
    for (unsigned i = 0; i < totals->module_count; i++) {
        json_t *module = json_object();
        if (totals->modules[i].name[0])
            put_text(module, "module", totals->modules[i].name);
        json_array_append_new(modules, put_outcomes(module, totals->modules[i].faults));
    }
    json_object_set_new(line, "modules", modules);
    write_line(trace, line);
}

const struct trace_view trace_view_jsonl = {.begin = jsonl_begin, .event = jsonl_event, .totals = jsonl_totals};
