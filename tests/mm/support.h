/* SPDX-License-Identifier: GPL-2.0-or-later */
/* support.h - a memory manager without a machine: RAM from the host, a page_in() that makes pages up, and the loop
 * of a CPU's page-miss handler.
 *
 * Tests are written once and run for each paging format: Check's loop index gives the format (and a table's row). */
#ifndef SOFTFAULT_TESTS_MM_SUPPORT_H
#define SOFTFAULT_TESTS_MM_SUPPORT_H

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/mi.h"

#define N_ELEMENTS(array) ((int)(sizeof(array) / sizeof *(array)))

enum {
    K = 1024,
    PAGE = MMU_PAGE_SIZE,
    WORLD_FRAMES = 1024,
    WORLD_PAGEFILE = 8192, /* pages */
    TOUCH_MAX = 16,        /* faults of one access */
    DATA_FILE = 100,
    DATA_FILES = 4,
    DATA_PAGES = 64,
};

/* Where tests put things; free in every format. */
#define HERE UINT64_C(0x10000000)
#define IMAGE_BASE UINT64_C(0x00400000)

struct world {
    struct mm *mm;
    enum paging_format format;
    mmu_walk_fn *walk;
    void *ram, *state;
    uint32_t *stamp;
    size_t state_size;
    struct mm_env env;

    /* What page_in() shall answer, and what it was asked. */
    ntstatus_t page_in_answer;
    unsigned page_ins, page_in_fails_from; /* the latter: for image pages from that on, if not 0, an I/O error */
    struct mm_page_in request;

    /* The page file; what its calls and io_begin() shall answer (0: STATUS_SUCCESS), and how often they were asked. */
    void *pagefile;
    ntstatus_t pagefile_answer, io_answer;
    unsigned pagefile_reads, pagefile_writes;
    struct mm_io io; /* the last that began */

    /* Data files, named DATA_FILE and up; what file_read() and file_write() shall answer, and how often they were
     * asked. */
    struct data_file {
        uint8_t *bytes; /* DATA_PAGES; beyond them a file reads as data_byte() and cannot be written */
        uint64_t size;
        unsigned forgotten;
    } file[DATA_FILES];
    ntstatus_t file_read_answer, file_write_answer;
    unsigned file_reads, file_writes, lost_writes;

    unsigned flushes, drops;
    uint64_t moves[PFN_STATE_COUNT][PFN_STATE_COUNT]; /* of frames, from and to; an illegal one fails the test */
    bool has_stack;
    struct mm_user_stack stack;

    /* What the last touch() met. */
    enum mm_fault_type types[TOUCH_MAX];
    unsigned type_count;
};

void world_open(struct world *w, enum paging_format format, uint32_t frames);

/* For benchmarks: moves of frames are not looked at any more. */
void world_stop_watching(struct world *w);
void world_close(struct world *w);

/* May a frame go from one state to another?  As nt-reference 3.4 has it, not as mm/pfn.c does. */
bool legal_move(enum pfn_state from, enum pfn_state to);

/* From now on a read brings no neighbours. */
void world_read_alone(struct world *w);

/* From now on nothing makes a frame available that is not: no page is replaced, none written. */
void world_stop_paging(struct world *w);

/* All laws hold, or the test fails with the one that does not. */
void check_laws(struct world *w);

mm_process new_process(struct world *w, enum pte_nx_policy nx);
void end_process(struct world *w, mm_process process);

/* One access as a CPU makes it: walk, fault, walk again.  *f: the last fault; f->frame where RESOLVED. */
enum mm_fault_result touch_as(struct world *w, mm_process process, va_t va, enum mmu_access access, enum mmu_mode mode,
                              struct mm_fault *f);
enum mm_fault_result touch(struct world *w, mm_process process, va_t va, enum mmu_access access, struct mm_fault *f);

/* One call of mm_access_fault(), whatever the walk says. */
enum mm_fault_result fault_once(struct world *w, mm_process process, va_t va, enum mmu_access access,
                                enum mmu_mode mode, unsigned irql, struct mm_fault *f);

/* Touch that must work, and the byte there. */
uint8_t read_byte(struct world *w, mm_process process, va_t va);
void write_byte(struct world *w, mm_process process, va_t va, uint8_t value);

/* What page_in() puts at offset of an image page. */
uint8_t file_byte(uint32_t file, uint32_t image_page, uint32_t offset);

/* The word of va's entry at a level (1: PTE) behind mm's back. => the tables above it are there. */
uint64_t peek_entry(struct world *w, mm_process process, va_t va, unsigned level);
void poke_entry(struct world *w, mm_process process, va_t va, unsigned level, uint64_t raw);
bool has_entry(struct world *w, mm_process process, va_t va, unsigned level);
uint64_t pte_word(struct world *w, mm_process process, va_t va);

/* Data file number i (0..) is so long, with data_byte() everywhere. */
void make_file(struct world *w, unsigned i, uint64_t size);
uint8_t data_byte(uint64_t offset);
mm_section make_data_section(struct world *w, unsigned i, unsigned protection);
mm_section make_pagefile_section(struct world *w, uint64_t size, uint32_t attributes);
/* A view at base (0: anywhere) that must come to be. => its base */
va_t map_data(struct world *w, mm_process process, mm_section section, va_t base, uint32_t protect);
ntstatus_t map_part(struct world *w, mm_process process, mm_section section, va_t *base, uint64_t offset, uint64_t size,
                    uint32_t type, uint32_t protect);

/* Every step of a daemon, until it rests. */
void run_daemon(struct world *w, enum mm_daemon daemon);

/* From now on so many pages of commit are left. */
void leave_commit(struct world *w, uint64_t pages);

/* All that is on the modified list and belongs in a page file goes there. */
void write_modified(struct world *w);

/* Another process takes what is on the standby list: the contents are nowhere in memory any more. */
void take_standby(struct world *w);

/* The control area behind a section. */
arena_ref section_area(struct world *w, mm_section section);

/* The prototype PTE of an image page, for the section's first control area. */
uint64_t peek_prototype(struct world *w, mm_section section, uint32_t page);
void poke_prototype(struct world *w, mm_section section, uint32_t page, uint64_t raw);

unsigned format_levels(enum paging_format format);
unsigned entry_size(enum paging_format format);

/* A valid word: flags in the low 12 bits, NX where the format has it. */
uint64_t valid_word(const struct world *w, uint32_t frame, uint64_t flags, enum pte_nx_policy nx);

ntstatus_t allocate(struct world *w, mm_process process, va_t *base, uint64_t *size, uint32_t type, uint32_t protect);

/* Allocation that must work, at a fixed place. */
void allocate_at(struct world *w, mm_process process, va_t base, uint64_t size, uint32_t type, uint32_t protect);
void protect_at(struct world *w, mm_process process, va_t base, uint64_t size, uint32_t protect);
bool trim(struct world *w, mm_process process, va_t va);

/* The image that most tests use: a page of each kind. */
enum {
    IMAGE_HEADER = 0,   /* 1 page, read-only */
    IMAGE_TEXT = 1,     /* 3 pages, execute-read */
    IMAGE_DATA = 4,     /* 4 pages, write-copy: 2 and 100 bytes in the file */
    IMAGE_SHARED = 8,   /* 2 pages, read-write, shared: 1 in the file */
    IMAGE_RDATA = 10,   /* 1 page, read-only */
    IMAGE_NOTHING = 11, /* 1 page, no access */
    IMAGE_PAGES = 12,
    IMAGE_FILE = 7,
};
extern const struct mm_image test_image;
mm_section make_section(struct world *w);
va_t map_section(struct world *w, mm_process process, mm_section section);
static inline va_t image_va(unsigned page)
{
    return IMAGE_BASE + (va_t)page * MMU_PAGE_SIZE;
}

/* splitmix64. */
uint64_t random_word(uint64_t *state);
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
    return random_word(state) % n;
}

/* SOFTFAULT_SEED, or the default; printed. */
uint64_t seed_of(const char *what, uint64_t fallback);

int suite_main(Suite *suite);
int figures_main(Suite *suite); /* of a benchmark: in one process */

/* The name of a format, for messages. */
const char *format_name(enum paging_format format);

#endif
