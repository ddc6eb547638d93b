/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapper.h - the process/stack swapper: who leaves memory and who comes back (nt-reference 7.5, 13).
 *
 *   - a thread that has waited in user mode for SWAP_WAIT (SWAP_WAIT_SMALL where RAM is below 12 MB) may lose its
 *     kernel stack; looked for each four seconds, and only where memory is short (mm's signal);
 *   - a process whose threads have all lost theirs leaves, step by step;
 *   - a thread without a stack, or of a process that has left, that becomes ready is in TRANSITION: the swapper brings
 *     back the process, then the stack, then it is READY.  First come, first served.  Where the pages of its stack are
 *     promised to others by now it waits until some are not, and others' stacks may leave for it; after PATIENCE it
 *     comes in any case, one in each second. */
#ifndef SOFTFAULT_EMU_SWAPPER_H
#define SOFTFAULT_EMU_SWAPPER_H

#include <stdbool.h>

#include "mm/mm.h"

struct machine;
struct process;
struct thread;

/* KPROCESS.State. */
enum process_residence {
    PROCESS_IN_MEMORY,
    PROCESS_LEAVES, /* ProcessOutSwap */
    PROCESS_OUT_OF_MEMORY,
};

/* A thread's kernel stack. */
struct kernel_stack {
    mm_stack stack; /* 0: none (yet, or any more) */
    bool out;
    struct thread *next; /* in TRANSITION: behind it */
};

struct swapper {
    struct thread *first, *last; /* in TRANSITION, in the order in which they became so */
    struct thread *coming;       /* whose stack is being read */
    bool looks;                  /* for threads that may lose their stacks */
    uint64_t held_since;         /* the first in the queue has had to wait for room; 0: it has not */
};

/* => the thread cannot be made READY yet. */
bool swapper_must_bring(const struct thread *thread);

/* It would be READY: TRANSITION. */
void swapper_want(struct machine *machine, struct thread *thread);

/* The thread runs no more: it is waited for by nobody, and its stack goes. */
void swapper_forget(struct machine *machine, struct thread *thread);

/* mm says that it is time to look. */
void swapper_look(struct machine *machine);

/* Somebody is still in TRANSITION. */
bool swapper_has_work(const struct machine *machine);

/* One step of its thread. */
enum mm_step swapper_step(struct machine *machine);

#endif
