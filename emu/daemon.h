/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon.h - the system threads: thread objects of the System process whose work is steps of the host, scheduled like
 * other threads.  Six are the memory manager's (mm_daemon_step; nt-reference 7.4), two the file cache's (9.2):
 *
 *   balance set manager 16 (each second, and when memory is short), process/stack swapper 23, modified page writer 17,
 *   mapped page writer 17, dereference segment thread 18, zero page thread 0; lazy writer 13, read-ahead thread 13 */
#ifndef SOFTFAULT_EMU_DAEMON_H
#define SOFTFAULT_EMU_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/mm.h"

struct machine;
struct process;
struct thread;

enum { /* enum mm_daemon, and */
       DAEMON_LAZY_WRITER = MM_DAEMON_COUNT,
       DAEMON_READ_AHEAD,
       DAEMON_COUNT
};

struct daemons {
    struct process *system;              /* with a reference */
    struct thread *thread[DAEMON_COUNT]; /* each with a reference */
    uint32_t io[DAEMON_COUNT];           /* it waits for that transfer; 0: none */
    bool by_timer;                       /* the balance set manager was woken by its timer */
    uint64_t runs[DAEMON_COUNT];         /* from when there was work until there was none, or it had to wait */
};

/* => false: no room for them. */
bool daemon_start(struct machine *machine);

/* mm has been called: who has work becomes ready. */
void daemon_poll(struct machine *machine);

/* A second has passed. */
void daemon_second(struct machine *machine);

/* One step of the running thread, which is one of them. */
void daemon_step(struct machine *machine, struct thread *thread);

void daemon_io_done(struct machine *machine, uint32_t id);

/* One of them has work. */
void daemon_wake(struct machine *machine, unsigned which);
const char *daemon_name(unsigned which); /* "ModifiedPageWriter" */

/* All that they can do, at once: where no thread can be switched to. */
void daemon_run_all(struct machine *machine);

#endif
