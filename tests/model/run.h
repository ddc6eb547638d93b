// SPDX-License-Identifier: GPL-2.0-or-later
/* run.h - one run of the generator: the random numbers, the operation under way, the last ones, the report. */
#ifndef TESTS_MODEL_RUN_H
#define TESTS_MODEL_RUN_H

#include "calls.h"

enum { ARGUMENTS = 8, HISTORY = 10, OWN_BYTES = 5 * PAGE, KNOWN_DIFFERENCES = 256, TALLIES = 128 };

/* An operation, for the report: its name, the names of its arguments ("base,size,type"), and what came. */
struct operation {
    const char *name, *names;
    unsigned long number;
    va argument[ARGUMENTS];
    int status;
    va base, size;
};

/* A difference that was seen, when the run collects them instead of stopping at the first. */
struct difference {
    const char *name, *what;
    int wanted, got;
    unsigned long first, count;
};

/* How often an operation ended with a status. */
struct tally {
    const char *name;
    int status;
    unsigned long count;
};

enum at_difference { STOP_AT_DIFFERENCE, COLLECT_DIFFERENCES };

struct run {
    struct model model;
    uint32_t random;
    uint32_t seed;
    unsigned long operations, number;
    unsigned long every;    /* operations between two comparisons of everything */
    bool verbose;           /* print each operation */
    bool unmodelled_passes; /* STATUS_NOT_IMPLEMENTED is no difference, but counted */
    unsigned long unmodelled;
    unsigned long lie; /* the operation in which the model is made to lie, to see the report; 0 = none */
    enum at_difference policy;
    bool coarse;   /* a failed service is a failed service, whatever its status */
    bool diverged; /* COLLECT: the model must learn the window anew */
    struct operation history[HISTORY];
    struct difference difference[KNOWN_DIFFERENCES];
    unsigned differences;
    bool tell_tallies; /* tell the tallies at the end */
    struct tally tally[TALLIES];
    unsigned tallies;
    bool real_handles;
    HANDLE event; /* a handle of another type */
    /* The program's own memory: buffers and words outside the arena. */
    uint8_t own[OWN_BYTES + 64] __attribute__((aligned(16)));
    uint8_t copy[OWN_BYTES] __attribute__((aligned(16)));
};

/* random.c: all from the seed alone. */
uint32_t pick(struct run *r, uint32_t below);
bool chance(struct run *r, unsigned percent);
va pick_address(struct run *r);          /* of any class */
va pick_odd_address(struct run *r);      /* never in an allocation of ours */
va pick_in_allocation(struct run *r);    /* mostly inside one, if there is any */
va pick_committed(struct run *r);        /* likewise a committed page */
va pick_size(struct run *r, va address); /* of any class, most of them near the allocation's */
va pick_free(struct run *r);             /* a free page of the window, if there is one to be found */
va pick_locked(struct run *r);           /* a page that may be locked, 0 if there is none */
ULONG pick_protection(struct run *r);    /* of any class */
ULONG pick_valid_protection(struct run *r);
enum handle_kind pick_handle(struct run *r);
HANDLE handle_of(const struct run *r, enum handle_kind kind);

/* report.c */
struct operation *begin_operation(struct run *r, const char *name, const char *names);
void differ(struct run *r, const char *what, va wanted, va got);
void differ_query(struct run *r, const char *what, const MEMORY_BASIC_INFORMATION *wanted,
                  const MEMORY_BASIC_INFORMATION *got);
/* Returns whether the status is one that the model can go on with. */
bool judge_status(struct run *r, const struct expectation *expect, int got);
bool judge_exception(struct run *r, const struct expectation *expect, int got); /* of a touch: always exact */
void print_operation(const struct operation *operation);
void summary(struct run *r);

/* The operations: each picks arguments, asks the model, calls, compares. */
void operate_allocate(struct run *r);
void operate_free(struct run *r);
void operate_protect(struct run *r);
void operate_query(struct run *r);
void operate_lock(struct run *r);
void operate_unlock(struct run *r);
void operate_flush(struct run *r);
void operate_copy(struct run *r);
void operate_get_watch(struct run *r);
void operate_reset_watch(struct run *r);
void operate_touch(struct run *r);
void operate_fill(struct run *r);

/* verify.c */
void verify_page(struct run *r, va address);     /* one query against the model */
void verify_contents(struct run *r, va address); /* of a readable page; settles what MEM_RESET left unsure */
void verify_all(struct run *r);                  /* every page of the window and of what lies outside it */
void learn_window(struct run *r);                /* after a known difference: believe what the queries say */

/* What reading a page of the arena or writing to it from the program itself needs. */
bool readable(const struct run *r, va address, va size);
bool writable(const struct run *r, va address, va size);
void prepare_write(struct run *r, va address, va size); /* settles unsure contents before they are written */

/* touch.c: one access; returns the exception code (0 = none). */
struct fault {
    int code;
    unsigned information;
    va address, pc;
};
void touch_install(void);
void touch_run(enum access access, unsigned width, va address, uint64_t *value, struct fault *fault);

#endif
