/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.h - random heap operations against a table of the blocks that there should be: heap_model.c.
 *
 * Two threads work on two heaps that they share and on one more each that is not serialized.  A thread frees only what
 * it allocated itself; at the end of each round both stand still and everything is compared (verify.c). */
#ifndef TESTS_HEAP_RUN_H
#define TESTS_HEAP_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

enum { THREADS = 2, SLOTS = 160, SHARED_HEAPS = 2, HEAPS = SHARED_HEAPS + THREADS, PAGE = 4096 };
enum { UNIT = 2 * sizeof(void *), LIVE_LIMIT = 8 << 20, FIXED_SIZE = 1 << 20 };
#define FIXED_LIMIT (0xFFFFu * UNIT) /* 0x7FFF8 in 32 bits: a request of a heap that cannot grow is below */

enum block_kind { BLOCK_NONE, BLOCK_HEAP, BLOCK_LOCAL, BLOCK_GLOBAL };

struct block {
    enum block_kind kind;
    unsigned heap; /* of run.heap, for BLOCK_HEAP */
    uint8_t *data; /* NULL: a movable block of size 0 */
    HANDLE handle; /* for the others */
    SIZE_T size;
    uint32_t pattern;
};

struct heap_world {
    HANDLE handle;
    bool fixed, raises, serialized;
};

struct worker {
    struct run *run;
    unsigned index;
    uint32_t random;
    HANDLE thread, start, done;
    DWORD id;
    unsigned long operations, operation; /* of this round; done so far */
    const char *name;                    /* of the operation under way */
    struct block block[SLOTS];
    SIZE_T live;
    void *landing[5]; /* __builtin_setjmp's */
    bool catches;
    DWORD caught;
};

struct run {
    uint32_t seed;
    unsigned long lie; /* the operation in which the table is made wrong, to see the report; 0: none */
    struct heap_world heap[HEAPS];
    struct worker worker[THREADS];
    bool ends;
};

uint32_t pick(struct worker *w, uint32_t below);
bool chance(struct worker *w, unsigned percent);

/* Report a difference and end the program with status 1. */
void differ(struct worker *w, const char *what, uintptr_t wanted, uintptr_t got) __attribute__((noreturn));

/* contents.c */
void fill(struct block *block, SIZE_T from);
void compare(struct worker *w, const struct block *block, SIZE_T size); /* the first bytes */
void compare_zero(struct worker *w, const uint8_t *data, SIZE_T from, SIZE_T to);

/* operate.c */
void operate(struct worker *w);
void free_block(struct worker *w, struct block *block);

/* verify.c; while no other thread uses the heap */
void verify_heap(struct worker *w, unsigned heap);
SIZE_T largest_run(struct worker *w, HANDLE heap); /* bytes side by side that are free or not committed */
void verify_empty(struct worker *w, unsigned heap);

#endif
