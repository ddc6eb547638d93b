/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cases.h - the tables of the format that test_pte.c is being compiled for. */
#ifndef SOFTFAULT_TESTS_MMU_CASES_H
#define SOFTFAULT_TESTS_MMU_CASES_H

#include "mmu/pte.h"

/* A word and everything in it (.format is filled in by the test).  Bits that its kind leaves unused are zero. */
struct word_case {
    const char *name;
    uint64_t raw;
    struct pte_view view;
};

/* A word made or updated, and what it has to be. */
struct made_case {
    const char *name;
    mmpte_t made;
    uint64_t want;
};

/* Where the entries for va are in the self-map; at[level]. */
struct address_case {
    const char *name;
    va_t va;
    va_t at[5];
};

#define SEGMENT .home = PTE_OF_SEGMENT
#define KIND(name) .kind = PTE_KIND_##name

#if PTE_FORMAT == 0
#include "tests/mmu/cases_x86.h"
#elif PTE_FORMAT == 1
#include "tests/mmu/cases_pae.h"
#else
#include "tests/mmu/cases_x64.h"
#endif

#endif
