/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefile.h - page files: which of their pages are taken (nt-reference section 8).
 *
 * Page 0 of a file is never given: a software PTE of file 0 and offset 0 means demand zero. */
#ifndef SOFTFAULT_MM_PAGEFILE_H
#define SOFTFAULT_MM_PAGEFILE_H

#include "mm/mm.h"

/* MMPAGING_FILE.  Sizes in pages. */
struct pagefile {
    uint64_t size, minimum, maximum;
    uint64_t used, peak; /* page 0 is not counted */
    uint64_t hint;       /* every page below it is taken */
    arena_ref chunks;    /* arena_ref[chunk_room]: bitmaps of PAGEFILE_CHUNK pages; 0: none of them is taken */
    uint32_t chunk_room;
};

/* So many neighbouring pages of the file with the most space, or as many as there are in one place: at least one.
 * => the number, 0: every page is taken (or the arena is full); *ret_file and *ret_offset: the first. */
uint32_t pagefile_take(struct mm *mm, uint32_t wanted, uint32_t *ret_file, uint64_t *ret_offset);
void pagefile_give(struct mm *mm, uint32_t file, uint64_t offset);
bool pagefile_is_taken(const struct mm *mm, uint32_t file, uint64_t offset);

/* Free pages of all files. */
uint64_t pagefile_space(const struct mm *mm);

/* The files grow by so many pages in all, or as far as they may.  => the pages gained. */
uint64_t pagefile_extend(struct mm *mm, uint64_t pages);
bool pagefile_can_extend(const struct mm *mm);

/* What RAM and page files can hold. */
uint64_t pagefile_commit_limit(const struct mm *mm);

/* NULL, or the law that does not hold: bitmaps against counts. */
const char *pagefile_check(const struct mm *mm);

#endif
