/* SPDX-License-Identifier: GPL-2.0-or-later */
/* due.h - what is to happen at a moment of virtual time, in order; what is due at the same time in order of arrival. */
#ifndef SOFTFAULT_EMU_DUE_H
#define SOFTFAULT_EMU_DUE_H

#include <stdbool.h>
#include <stdint.h>

enum due_kind {
    DUE_WAIT,    /* a wait's timeout: in struct thread_wait */
    DUE_TIMER,   /* in struct timer */
    DUE_PAGE_IO, /* in struct page_io */
};

/* Part of what is due. */
struct due {
    uint64_t when; /* virtual ns */
    enum due_kind kind;
    bool queued;
    struct due *next, *previous;
};

struct due_queue {
    struct due *first, *last;
};

/* => it was not queued. */
void due_insert(struct due_queue *queue, struct due *due, uint64_t when);
/* Nothing where it is not queued. */
void due_remove(struct due_queue *queue, struct due *due);

#endif
