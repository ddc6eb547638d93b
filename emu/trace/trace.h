/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.h - one event model, many views.
 *
 * The machine hands struct trace_event to the trace; each view prints it.  With no view an event costs one test.
 * Schema: docs/trace-format.md. */
#ifndef SOFTFAULT_EMU_TRACE_TRACE_H
#define SOFTFAULT_EMU_TRACE_TRACE_H

#include <stdio.h>

#include "mm/mm.h"

enum trace_kind {
    TRACE_FAULT,
    TRACE_IMAGE,     /* an image was mapped */
    TRACE_PROCESS,   /* start, exit */
    TRACE_THREAD,    /* start, exit */
    TRACE_EXCEPTION, /* delivered to the guest */
    TRACE_ALLOC,
    TRACE_FREE,
    TRACE_PROTECT,
    TRACE_MAP,
    TRACE_UNMAP,
    TRACE_BUGCHECK,
    TRACE_LOCK,
    TRACE_UNLOCK,
    TRACE_TRIM,      /* a working set was emptied by a service */
    TRACE_STATE,     /* a thread's state changed */
    TRACE_PFN,       /* a frame went from one state to another */
    TRACE_EVICT,     /* a page left a working set */
    TRACE_PAGEWRITE, /* pages went to a page file */
    TRACE_PAGEREAD,  /* pages came from a file or page file */
    TRACE_LOSTWRITE, /* a file does not take its modified pages */
    TRACE_SECTION,   /* the life of a control area */
    TRACE_READAHEAD, /* the read-ahead thread begins to read a piece of a file */
    TRACE_LAZYWRITE, /* the lazy writer begins to write a run of pages */
    TRACE_KIND_COUNT
};

/* Where an address is, as far as the machine knows: NULL strings are left out of the output. */
struct trace_place {
    va_t va;
    const char *module; /* "hello.exe" */
    uint64_t offset;    /* from the module's base */
    const char *symbol; /* "_main" */
    uint64_t symbol_offset;
};

struct trace_event {
    enum trace_kind kind;
    uint64_t time; /* virtual ns */
    uint32_t pid, tid;
    uint32_t target;                /* ALLOC to UNMAP, LOCK to TRIM: the process whose memory it is; 0: pid's own */
    struct trace_place pc, address; /* address: fault va, exception address, base of alloc/map/image... */
    const struct mm_fault *fault;   /* FAULT */
    const struct mm_event *memory;  /* PFN to PAGEREAD; name: of the file */
    const char *what;               /* PROCESS, THREAD: "start" or "exit"; STATE: "Ready"; READAHEAD, LAZYWRITE: why */
    const char *name;               /* IMAGE, PROCESS: file name; STATE: what it waits for */
    const char *file;               /* FAULT (hard), MAP: of a data view; NULL: of none; READAHEAD, LAZYWRITE */
    uint64_t file_offset;           /* of the page that was touched, of the view */
    unsigned priority;              /* STATE */
    uint64_t size;                  /* ALLOC to UNMAP, LOCK to TRIM, IMAGE, READAHEAD, LAZYWRITE: bytes */
    uint32_t type, protect, old_protect;
    ntstatus_t status; /* EXCEPTION, or result; PROCESS/THREAD exit: exit status */
    unsigned parameter_count;
    uint64_t information[4]; /* EXCEPTION, BUGCHECK (code in status) */
};

enum trace_format {
    TRACE_TEXT,
    TRACE_JSONL,
};

struct trace;

/* events: bit mask of 1 << enum trace_kind.  out is borrowed.  NULL: no host memory. */
struct trace *trace_create(enum trace_format format, unsigned events, FILE *out, enum paging_format paging);
void trace_destroy(struct trace *trace);

static inline bool trace_wants(const struct trace *trace, enum trace_kind kind);
void trace_emit(struct trace *trace, const struct trace_event *event);

/* Totals by type and by module (text view: a table; jsonl: one {"ev":"totals"} line). */
void trace_totals(struct trace *trace);

/* Parse "fault,exception" or "all"; false: *ret_bad is the first word that is no event. */
bool trace_parse_events(const char *list, unsigned *ret_events, const char **ret_bad);

/* First fields of struct trace, for trace_wants() alone. */
struct trace_head {
    unsigned events;
};
static inline bool trace_wants(const struct trace *trace, enum trace_kind kind)
{
    return trace && (((const struct trace_head *)(const void *)trace)->events >> kind & 1);
}

#endif
