/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow.h - what the random tests believe: two processes as plain arrays of pages, no page table anywhere.
 *
 * Each process has a window of private memory, which crosses page-table boundaries of every format, and at most one
 * view of the test image. A page's contents are one byte, repeated at both of its ends. */
#ifndef SOFTFAULT_TESTS_MM_SHADOW_H
#define SOFTFAULT_TESTS_MM_SHADOW_H

#include "tests/mm/support.h"

enum { WINDOW = 320, PROCESSES = 2, HOLDS = 4 };
#define WINDOW_BASE UINT64_C(0x10370000) /* 0x10400000 is inside */

struct shadow_page {
    uint32_t region; /* 0: free */
    uint32_t allocation_protect;
    bool committed, private_copy; /* the latter: image pages */
    uint32_t protect;
    uint8_t value;
};

struct shadow {
    mm_process process;
    enum pte_nx_policy nx;
    struct shadow_page page[WINDOW];
    bool mapped;
    struct shadow_page image[IMAGE_PAGES];
};

struct shadow_world {
    struct world w;
    uint64_t random;
    uint32_t regions; /* the last number given */
    struct shadow shadow[PROCESSES];
    mm_section section;
    uint8_t shared[IMAGE_PAGES]; /* contents that all views see */
    struct mm_hold hold[HOLDS];
    bool may_fail; /* calls may say that memory is short: then nothing has changed */
    uint64_t shortages;
};

void shadow_open(struct shadow_world *s, enum paging_format format, uint32_t frames, uint64_t seed);
void shadow_close(struct shadow_world *s);

/* One random operation, compared with what the shadow says. */
void shadow_step(struct shadow_world *s);

/* Every page that is resident has the contents that it should have; every region reads as it should. */
void shadow_compare(struct shadow_world *s);

#endif
