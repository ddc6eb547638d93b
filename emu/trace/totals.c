/* SPDX-License-Identifier: GPL-2.0-or-later */
/* totals.c - faults counted by type and by the module that touched the page. */
#include <stdlib.h>
#include <string.h>

#include "emu/trace/trace_internal.h"

/* The total of a module, made at its first fault; NULL: no host memory. */
static struct trace_module_total *module_total(struct trace_totals *totals, const char *module)
{
    char name[TRACE_NAME_MAX];

    trace_clean(module ? module : "", name);
    for (unsigned i = 0; i < totals->module_count; i++) {
        if (strcmp(totals->modules[i].name, name) == 0)
            return &totals->modules[i];
    }
    if (totals->module_count == totals->module_room) {
        unsigned room = totals->module_room ? totals->module_room * 2 : 16;
        void *modules = realloc(totals->modules, room * sizeof(*totals->modules));
        if (!modules)
            return NULL;
        totals->modules = modules;
        totals->module_room = room;
    }
    struct trace_module_total *total = &totals->modules[totals->module_count++];
    memset(total, 0, sizeof(*total));
    memcpy(total->name, name, sizeof(name));
    return total;
}

void trace_count(struct trace_totals *totals, const struct trace_event *event)
{
    enum trace_outcome outcome = trace_outcome_of(event->fault);
    struct trace_module_total *total = module_total(totals, event->pc.module);

    totals->by_type[event->fault->type][outcome]++;
    if (total)
        total->faults[outcome]++;
    else
        totals->unplaced++;
}

uint64_t trace_sum(const struct trace_totals *totals, enum trace_outcome outcome)
{
    uint64_t sum = 0;

    for (unsigned type = 0; type < MM_FAULT_TYPE_COUNT; type++)
        sum += totals->by_type[type][outcome];
    return sum;
}

void trace_totals_free(struct trace_totals *totals)
{
    free(totals->modules);
}
