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
    bool forgettable;      /* reset: the value may also be 0 */
    bool resident;         /* in the working set */
    unsigned locks;        /* MM_LOCK_* */
    bool watched, written; /* write watch: of the region, since the last reset */
};

struct shadow {
    mm_process process;
    enum pte_nx_policy nx;
    uint64_t fixed_commit; /* pages that an empty process is charged */
    uint64_t ws_minimum;
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

/* Every page that is resident has the contents that it should have; the working sets and charges are as they should. */
void shadow_compare(struct shadow_world *s);

/* --- For the shadow's own files ------------------------------------------------------------------------------ */

/* A page in either area. */
struct spot {
    struct shadow *p;
    struct shadow_page *page;
    va_t va;
    bool image;
    unsigned index;
    unsigned room; /* pages from here to the end of the area */
};
struct spot shadow_random_spot(struct shadow_world *s);
struct spot shadow_window_spot(struct shadow_world *s);

/* Is status a shortage of memory that this run allows? */
bool shadow_is_shortage(struct shadow_world *s, ntstatus_t status);

/* After a shortage half-way: which of these pages came to be resident? */
void shadow_look_again(struct shadow_world *s, const struct spot *spot, unsigned count);

bool shadow_allows(uint32_t protect, enum mmu_access access, enum pte_nx_policy nx);
bool shadow_is_copy(uint32_t protect);
uint32_t shadow_without_copy(uint32_t protect); /* WRITECOPY -> READWRITE, the executable ones too */
uint32_t shadow_with_copy(uint32_t protect);    /* and back */
uint32_t shadow_random_protect(struct shadow_world *s);
uint32_t shadow_segment_protect(unsigned page); /* of an image page, as mapped */
void shadow_expect_byte(struct shadow_world *s, const struct spot *spot, uint8_t byte);
bool shadow_in_one_region(const struct shadow_page *page, unsigned count, unsigned room);

/* What kernel code that reads or writes pages in order finds first: STATUS_SUCCESS, or the page that refuses.
 * Pages before it are resident afterwards, and written; a guard page is one no more. */
ntstatus_t shadow_pass_over(struct shadow_page *page, unsigned count, enum mmu_access access);

static inline uint64_t shadow_below(struct shadow_world *s, uint64_t n)
{
    return random_below(&s->random, n);
}

static inline va_t shadow_window_va(unsigned page)
{
    return WINDOW_BASE + (va_t)page * PAGE;
}

#define EXPECT(got, want, ...)                                                                                         \
    do {                                                                                                               \
        char what[160];                                                                                                \
        snprintf(what, sizeof what, __VA_ARGS__);                                                                      \
        ck_assert_msg((got) == (want), "%s: %s: %#" PRIx64 " and should be %#" PRIx64, format_name(s->w.format), what, \
                      (uint64_t)(got), (uint64_t)(want));                                                              \
    } while (0)

/* Operations of the other files. */
void shadow_allocate(struct shadow_world *s);
void shadow_free(struct shadow_world *s);
void shadow_protect(struct shadow_world *s);
void shadow_query(struct shadow_world *s);
void shadow_reset(struct shadow_world *s);
void shadow_lock(struct shadow_world *s);
void shadow_unlock(struct shadow_world *s);
void shadow_write_watch(struct shadow_world *s);
void shadow_empty(struct shadow_world *s);
void shadow_limits(struct shadow_world *s);
void shadow_compare_sets(struct shadow_world *s, struct shadow *p);

#endif
