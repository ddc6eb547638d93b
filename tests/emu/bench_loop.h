/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_loop.h - guest loops over the pages of an area, timed, in both widths. */
#ifndef SOFTFAULT_TESTS_EMU_BENCH_LOOP_H
#define SOFTFAULT_TESTS_EMU_BENCH_LOOP_H

#include "tests/emu/cpu_world.h"

struct bench_width {
    const char *name;
    enum paging_format format;
};
enum { BENCH_WIDTHS = 2 };
extern const struct bench_width bench_widths[BENCH_WIDTHS];

/* Where the loops are in the world's code: one writes to each page, one reads it. */
enum bench_loop { BENCH_TOUCH = WORLD_CODE, BENCH_LOOK = WORLD_CODE + 0x100 };

/* The loop's bytes, the same in either width: edi: the first page, ecx: how many, eax: what is written. */
enum { BENCH_LOOP_SIZE = 14 };
extern const uint8_t bench_touch_code[BENCH_LOOP_SIZE];

/* Put them there, once: translated code stays, as in a running program. */
void bench_load_loops(struct world *world);

/* Each of so many pages at base once, all of them faults.  => ns. */
double bench_run_loop(struct world *world, enum bench_loop loop, va_t base, uint32_t pages);

#endif
