/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_internal.h - what the views share: struct trace, totals, and names that are safe to print.
 *
 * A view is a table of functions.  Names (modules, symbols, files) come from the guest and may hold anything: views
 * print them through trace_clean() only. */
#ifndef SOFTFAULT_EMU_TRACE_TRACE_INTERNAL_H
#define SOFTFAULT_EMU_TRACE_TRACE_INTERNAL_H

#include "emu/trace/trace.h"

enum { TRACE_NAME_MAX = 128, TRACE_SCHEMA = 1 };

/* How a fault ended, in the words of the resource kit's monitor. */
enum trace_outcome {
    TRACE_SOFT,   /* resolved from memory */
    TRACE_HARD,   /* resolved by reading a file */
    TRACE_RAISED, /* not resolved: an exception for the program, or a bug check */
    TRACE_OUTCOME_COUNT
};

struct trace_module_total {
    char name[TRACE_NAME_MAX]; /* "": no module */
    uint64_t faults[TRACE_OUTCOME_COUNT];
};

struct trace_totals {
    uint64_t by_type[MM_FAULT_TYPE_COUNT][TRACE_OUTCOME_COUNT];
    struct trace_module_total *modules; /* in order of their first fault */
    unsigned module_count, module_room;
    uint64_t unplaced; /* faults whose module found no room: out of host memory */
};

struct trace_view {
    void (*begin)(struct trace *trace);
    void (*event)(struct trace *trace, const struct trace_event *event);
    void (*totals)(struct trace *trace);
};

struct trace {
    struct trace_head head; /* first: trace_wants() */
    const struct trace_view *view;
    FILE *out;
    enum paging_format paging;
    uint64_t number; /* lines so far */
    uint64_t time;   /* of the last event */
    struct trace_totals totals;
};

extern const struct trace_view trace_view_text, trace_view_jsonl;

enum trace_outcome trace_outcome_of(const struct mm_fault *fault);
const char *trace_kind_name(enum trace_kind kind);
const char *trace_access_name(enum mmu_access access);
const char *trace_paging_name(enum paging_format paging);

/* Copy text as printable UTF-8: control characters and broken sequences become '?', the rest is cut to fit. */
const char *trace_clean(const char *text, char buffer[TRACE_NAME_MAX]);

/* totals.c */
void trace_count(struct trace_totals *totals, const struct trace_event *event);
uint64_t trace_sum(const struct trace_totals *totals, enum trace_outcome outcome);
void trace_totals_free(struct trace_totals *totals);

#endif
