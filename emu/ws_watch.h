/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ws_watch.h - which faults brought pages into a process's working set, for NtQueryInformationProcess's class 15.
 *
 * A watch is a list of bounded length that starts empty, is filled by faults and emptied by the one who reads it.  What
 * comes while it is full is not recorded. */
#ifndef SOFTFAULT_EMU_WS_WATCH_H
#define SOFTFAULT_EMU_WS_WATCH_H

#include "mm/mm.h"

enum {
    WS_WATCHES_MAX = 16,         /* processes that are watched at once */
    WS_WATCH_ENTRIES_MAX = 1020, /* as on NT in 32 bits, whose list is two pages long */
};

struct ws_watch {
    mm_process process; /* 0: free */
    uint32_t count;
    struct ws_watch_entry {
        va_t pc;
        va_t va; /* bit 0: the fault was soft */
    } entries[WS_WATCH_ENTRIES_MAX];
};

struct ws_watches {
    unsigned used; /* so that a fault pays one test where nobody watches */
    struct ws_watch table[WS_WATCHES_MAX];
};

/* NULL: the process is not watched. */
struct ws_watch *ws_watch_of(struct ws_watches *watches, mm_process process);

/* => STATUS_SUCCESS, also where it was watched before; STATUS_INSUFFICIENT_RESOURCES. */
ntstatus_t ws_watch_start(struct ws_watches *watches, mm_process process);

/* The process goes. */
void ws_watch_end(struct ws_watches *watches, mm_process process);

/* A fault was taken for the process; those that were not resolved do not count. */
void ws_watch_note(struct ws_watches *watches, const struct mm_fault *fault, va_t pc);

#endif
