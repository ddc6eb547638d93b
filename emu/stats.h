/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.h - --stats: what a run did, and the lengths of the page lists over its time. */
#ifndef SOFTFAULT_EMU_STATS_H
#define SOFTFAULT_EMU_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

enum stats_list {
    STATS_ZEROED,
    STATS_FREE,
    STATS_STANDBY,
    STATS_MODIFIED,
    STATS_MODIFIED_NO_WRITE,
    STATS_BAD,
    STATS_ACTIVE, /* no lists, but the rest of the frames */
    STATS_TRANSITION,
    STATS_LIST_COUNT
};

struct stats {
    bool begun;
    uint64_t since, until; /* virtual ns: of the first and the last look */
    struct {
        uint64_t now, minimum, maximum;
        uint64_t sum; /* pages times microseconds */
    } list[STATS_LIST_COUNT];
};

/* The memory manager is at rest, as after each fault, service, transfer and step of a system thread: a look, where
 * --stats wants it. */
void stats_note(struct machine *machine);

#endif
