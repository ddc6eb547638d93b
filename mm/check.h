/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - what the parts of mm_check() share: compiled for each paging format (mi.h with PTE_FORMAT). */
#ifndef SOFTFAULT_MM_CHECK_H
#define SOFTFAULT_MM_CHECK_H

#include "mm/mi.h"

/* The law that does not hold, as text. */
#define BROKEN(mm, ...) (snprintf((mm)->law, sizeof(mm)->law, __VA_ARGS__), (mm)->law)

#ifdef PTE_FORMAT
#define mi_count_place PTE_NAME(mi_count_place)
#define mi_check_listed PTE_NAME(mi_check_listed)
#define mi_check_sections PTE_NAME(mi_check_sections)

/* A word names a place in a page file. */
const char *mi_count_place(struct mm *mm, mmpte_t word, va_t at);

/* A transition word, of what is at va, has that frame. */
const char *mi_check_listed(struct mm *mm, const char *what, va_t va, pfn_t frame, va_t pte_at, pfn_t table);

/* Control areas, their prototype PTEs, and who refers to them. */
const char *mi_check_sections(struct mm *mm);
#endif

#endif
