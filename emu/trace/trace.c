/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.c - hands each event to the view and keeps the totals. */
#include "emu/trace/trace_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_names[TRACE_KIND_COUNT] = {
    [TRACE_FAULT] = "fault",
    [TRACE_IMAGE] = "image",
    [TRACE_PROCESS] = "process",
    [TRACE_THREAD] = "thread",
    [TRACE_EXCEPTION] = "exception",
    [TRACE_ALLOC] = "alloc",
    [TRACE_FREE] = "free",
    [TRACE_PROTECT] = "protect",
    [TRACE_MAP] = "map",
    [TRACE_UNMAP] = "unmap",
    [TRACE_LOCK] = "lock",
    [TRACE_UNLOCK] = "unlock",
    [TRACE_TRIM] = "trim",
    [TRACE_BUGCHECK] = "bugcheck",
    [TRACE_STATE] = "state",
    [TRACE_PFN] = "pfn",
    [TRACE_EVICT] = "evict",
    [TRACE_PAGEWRITE] = "pagewrite",
    [TRACE_PAGEREAD] = "pageread",
    [TRACE_LOSTWRITE] = "lostwrite",
    [TRACE_SECTION] = "section",
    [TRACE_READAHEAD] = "readahead",
    [TRACE_LAZYWRITE] = "lazywrite",
};

const char *trace_kind_name(enum trace_kind kind)
{
    return kind_names[kind];
}

const char *trace_access_name(enum mmu_access access)
{
    switch (access) {
    case MMU_READ: return "read";
    case MMU_WRITE: return "write";
    case MMU_EXECUTE: return "execute";
    }
    return "?";
}

const char *trace_paging_name(enum paging_format paging)
{
    switch (paging) {
    case PAGING_X86: return "x86";
    case PAGING_PAE: return "pae";
    case PAGING_X64: return "x64";
    case PAGING_FORMAT_COUNT: break;
    }
    return "?";
}

enum trace_outcome trace_outcome_of(const struct mm_fault *fault)
{
    if (fault->status >= 0x80000000u)
        return TRACE_RAISED;
    return fault->type == MM_FAULT_TYPE_HARD_FAULT ? TRACE_HARD : TRACE_SOFT;
}

/* Length of a well-formed UTF-8 sequence at text; 0: none. */
static unsigned sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead, length, least; /* least: of the second byte, against overlong forms */
    } forms[] = {{0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x80}, {0xf8, 0xf0, 4, 0x80}};

    for (unsigned i = 0; i < 3; i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead)
            continue;
        for (unsigned j = 1; j < forms[i].length; j++) {
            if ((text[j] & 0xc0) != 0x80)
                return 0;
        }
        bool overlong = text[0] < 0xc2 || (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
        bool no_character = text[0] > 0xf4 || (text[0] == 0xed && text[1] > 0x9f) ||
                            (text[0] == 0xf4 && text[1] > 0x8f) || (text[0] == 0xc2 && text[1] < 0xa0);
        return overlong || no_character ? 0 : forms[i].length;
    }
    return 0;
}

const char *trace_clean(const char *text, char buffer[TRACE_NAME_MAX])
{
    const unsigned char *from = (const unsigned char *)text;
    unsigned used = 0;

    while (*from && used < TRACE_NAME_MAX - 5) {
        unsigned length = *from >= 0x20 && *from < 0x7f ? 1 : sequence_length(from);
        if (length == 0) {
            buffer[used++] = '?';
            from++;
            continue;
        }
        memcpy(buffer + used, from, length);
        used += length;
        from += length;
    }
    buffer[used] = 0;
    return buffer;
}

struct trace *trace_create(enum trace_format format, unsigned events, FILE *out, enum paging_format paging)
{
    struct trace *trace = calloc(1, sizeof(*trace));

    if (!trace)
        return NULL;
    trace->head.events = events;
    trace->view = format == TRACE_JSONL ? &trace_view_jsonl : &trace_view_text;
    trace->out = out;
    trace->paging = paging;
    trace->view->begin(trace);
    return trace;
}

void trace_destroy(struct trace *trace)
{
    if (!trace)
        return;
    trace_totals_free(&trace->totals);
    free(trace);
}

void trace_emit(struct trace *trace, const struct trace_event *event)
{
    if (!trace_wants(trace, event->kind) || (event->kind == TRACE_FAULT && !event->fault))
        return;
    trace->time = event->time;
    trace->number++;
    if (event->kind == TRACE_FAULT)
        trace_count(&trace->totals, event);
    trace->view->event(trace, event);
}

void trace_totals(struct trace *trace)
{
    if (!trace)
        return;
    trace->number++;
    trace->view->totals(trace);
}

static bool find_kind(const char *word, size_t length, unsigned *ret_kind)
{
    for (unsigned i = 0; i < TRACE_KIND_COUNT; i++) {
        if (strlen(kind_names[i]) == length && memcmp(word, kind_names[i], length) == 0) {
            *ret_kind = i;
            return true;
        }
    }
    return false;
}

bool trace_parse_events(const char *list, unsigned *ret_events, const char **ret_bad)
{
    unsigned events = 0, kind;

    for (const char *word = list;; word++) {
        size_t length = strcspn(word, ",");
        if (length == 3 && memcmp(word, "all", 3) == 0) {
            events = (1u << TRACE_KIND_COUNT) - 1;
        } else if (find_kind(word, length, &kind)) {
            events |= 1u << kind;
        } else {
            *ret_bad = word;
            return false;
        }
        word += length;
        if (*word == 0)
            break;
    }
    *ret_events = events;
    return true;
}
