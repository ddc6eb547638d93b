/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk.h - the walk through page tables in guest RAM: what a CPU's page-miss handler does.
 *
 * Pure: knows page tables and RAM, no policy.  Sets Accessed on every entry it uses and Dirty on a write;
 * never changes anything else.  An access that the tables do not allow is described, not resolved. */
#ifndef SOFTFAULT_MMU_WALK_H
#define SOFTFAULT_MMU_WALK_H

#include "mmu/pte.h"

/* Guest RAM as the walk sees it.  A frame that is written gets stamp[frame] = epoch (snapshots copy the
 * frames stamped since the last one). */
struct mmu_ram {
    uint8_t *base;        /* host address of frame 0; the whole of RAM is one mapping */
    uint32_t frame_count; /* frames at or above this do not exist */
    uint32_t epoch;
    uint32_t *stamp; /* frame_count entries */
};

enum mmu_access {
    MMU_READ,
    MMU_WRITE,
    MMU_EXECUTE,
};

enum mmu_mode {
    MMU_KERNEL, /* ring 0 to 2 */
    MMU_USER,   /* ring 3 */
};

enum mmu_outcome {
    MMU_OK,
    MMU_NOT_PRESENT,     /* an entry with Valid=0 at .level */
    MMU_WRITE_PROTECTED, /* write, and Writable=0 at some level (CR0.WP is on: kernel too) */
    MMU_NO_EXECUTE,      /* fetch, and NX=1 at some level */
    MMU_SUPERVISOR,      /* user access, and Owner=0 at some level */
    MMU_NON_CANONICAL,   /* x64: bits 63..47 differ */
    MMU_BAD_FRAME,       /* an entry names a frame that does not exist (the CPU would raise RSVD) */
};

/* Rights that a TLB entry may be filled with: the least that the access needs (unicorn.md): a fetch gives
 * R+X, a read R, a write R+W. */
enum {
    MMU_RIGHT_READ = 1,
    MMU_RIGHT_WRITE = 2,
    MMU_RIGHT_EXECUTE = 4,
};

struct mmu_result {
    enum mmu_outcome outcome;
    unsigned level;  /* of .pte: 1 = page table, 2 = page directory, ... */
    unsigned rights; /* MMU_OK only: MMU_RIGHT_* to fill with */
    pfn_t frame;     /* MMU_OK only: the 4 KB frame (inside a large page too) */
    pfn_t table;     /* the frame that holds .pte */
    mmpte_t pte;     /* the last entry read, as it now is in RAM */
    uint64_t in_all; /* MMU_NOT_PRESENT at level 1: bits that every entry above has which has rights; */
    uint64_t in_any; /* and that some of them have */
};

/* Walk one access.
 * => root is the frame of the top-level table (x86: page directory, x64: PML4).  For PAE it is the frame that
 *    holds the page-directory-pointer table, at offset 0 of the frame.
 * => va may have any offset in its page.
 * => not present and bad frames are found on the way down; a whole translation is then judged in the order user,
 *    write, execute, with the leaf in .pte.
 * => a root that does not exist, or a non-canonical va: .level is the top, .pte is zero.
 * => the walk changes A/D bits only when the outcome is MMU_OK. */
typedef struct mmu_result mmu_walk_fn(const struct mmu_ram *ram, pfn_t root, va_t va, enum mmu_access access,
                                      enum mmu_mode mode);

/* The same walk by somebody who only looks: no bit changes, not even Accessed. */
mmu_walk_fn mmu_look_x86;
mmu_walk_fn mmu_look_pae;
mmu_walk_fn mmu_look_x64;

/* The end of a walk that ended at a page table (*result: MMU_NOT_PRESENT at level 1), once the entry has been written.
 * => nothing above it has changed since: *result becomes what the whole walk would say. */
typedef void mmu_walk_end_fn(const struct mmu_ram *ram, pfn_t root, va_t va, enum mmu_access access, enum mmu_mode mode,
                             struct mmu_result *result);

mmu_walk_fn mmu_walk_x86;
mmu_walk_fn mmu_walk_pae;
mmu_walk_fn mmu_walk_x64;

mmu_walk_end_fn mmu_walk_end_x86;
mmu_walk_end_fn mmu_walk_end_pae;
mmu_walk_end_fn mmu_walk_end_x64;

/* The same, by format; for callers that keep the pointer. */
mmu_walk_fn *mmu_walker(enum paging_format format);
mmu_walk_fn *mmu_looker(enum paging_format format);
mmu_walk_end_fn *mmu_walk_ender(enum paging_format format);

#endif
