/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - virtual time: nanoseconds since the machine started, advanced by what the machine does.
 *
 * The costs are fixed figures, of the order of the machines that NT 5.2 ran on; they are no measurement.  Nothing reads
 * the host's clock, so the same program, options and seed give the same times. */
#ifndef SOFTFAULT_EMU_CLOCK_H
#define SOFTFAULT_EMU_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What things cost, in nanoseconds. */
enum clock_cost {
    CLOCK_COST_BLOCK = 10,          /* a block of code, while they are counted */
    CLOCK_COST_FAULT = 1000,        /* a page fault, resolved or raised */
    CLOCK_COST_SERVICE = 500,       /* a system service */
    CLOCK_COST_EXCEPTION = 2000,    /* delivery of an exception */
    CLOCK_COST_PAGE_READ = 200000,  /* a page from a file or page file, until it is there */
    CLOCK_COST_PAGE_WRITE = 200000, /* a page to a page file */
    CLOCK_COST_FILE_IO = 20000,     /* a cached read or write of a file or the console */
    CLOCK_COST_IO_KB = 1000,        /* and for each KB of it */
    CLOCK_COST_TIME_STAMP = 20,     /* rdtsc */
};

enum {
    CLOCK_TICK_NS = 15625000,   /* the timer interrupt: KUSER_SHARED_DATA changes only then */
    CLOCK_FREQUENCY = 10000000, /* of NtQueryPerformanceCounter */
};

/* InterruptTime when the machine starts (it has booted before), and SystemTime: 2005-01-01 00:00 UTC; in 100 ns. */
#define CLOCK_BOOT_INTERRUPT_TIME (60ull * 10000000)
#define CLOCK_BOOT_SYSTEM_TIME 127490112000000000ull
#define CLOCK_END (UINT64_MAX / 4) /* the clock stands still here, some 146 years on */

struct clock {
    uint64_t now;
    uint64_t limit; /* 0: none */
};

/* => how often the timer interrupt came meanwhile. */
uint64_t clock_advance(struct clock *clock, uint64_t nanoseconds);

bool clock_limit_reached(const struct clock *clock);

/* Nanoseconds to the next timer interrupt or the limit, whichever comes first. */
uint64_t clock_until_event(const struct clock *clock);

/* NT's times, in 100 ns; they move in steps of the timer interrupt. */
uint64_t clock_interrupt_time(const struct clock *clock);
uint64_t clock_system_time(const struct clock *clock);
uint64_t clock_tick_count(const struct clock *clock); /* timer interrupts since boot */

/* NtQueryPerformanceCounter: fine-grained. */
uint64_t clock_performance_counter(const struct clock *clock);

/* rdtsc: the cycles of a processor of 1 GHz since boot. */
uint64_t clock_time_stamp(const struct clock *clock);

#endif
