/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi_frame.h - frames, transfers of their contents, and working sets. */
#ifndef SOFTFAULT_MM_MI_FRAME_H
#define SOFTFAULT_MM_MI_FRAME_H

#include <assert.h>

#include "mm/mi_table.h"

/* --- frame.c ------------------------------------------------------------------------------------------------- */

/* pfn_move() for a frame that may have a page of a data file: counts those on the modified list. */
void mi_move_frame(struct mm *mm, pfn_t frame, enum pfn_state to);

enum mi_contents { MI_ANY, MI_ZEROED, MI_TO_READ };

/* A frame for use: still in its list's state, to be claimed at once by mi_claim_frame(), or, TO_READ, by
 * mi_claim_for_read(). => false: RAM is full. */
bool mi_take_frame(struct mm *mm, enum mi_contents contents, pfn_t *ret_frame);

/* Give a taken frame its owner: ACTIVE, one share, one reference. */
void mi_claim_frame(struct mm *mm, pfn_t frame, va_t pte_address, pfn_t containing, mmpte_t original, unsigned flags);

/* One more or one less PTE maps the frame; the last one gone, it goes to a list (prototype PTE: transition). */
static inline void mi_share_frame(struct mm *mm, pfn_t frame)
{
    assert(mi_pfn(mm, frame)->state == PFN_ACTIVE);
    mi_pfn(mm, frame)->share_count++;
}
void mi_unshare_frame(struct mm *mm, pfn_t frame);

/* Its contents are wanted no more: off its list, or free as soon as nobody holds it. => the PTE is gone already. */
void mi_delete_frame(struct mm *mm, pfn_t frame);

/* A taken frame into which a page is read: TRANSITION, one reference. */
void mi_claim_for_read(struct mm *mm, pfn_t frame, va_t pte_address, pfn_t containing, mmpte_t original,
                       unsigned flags);

/* A listed frame gets its first reference: TRANSITION. */
void mi_hold_listed_frame(struct mm *mm, pfn_t frame);

/* The PTE, or prototype PTE, that owns a frame. */
struct mi_slot mi_slot_of(const struct mmpfn *pfn);

/* The contents of a frame are newer than its backing copy, whose place in a page file is given back. */
void mi_mark_modified(struct mm *mm, struct mmpfn *pfn);
void mi_free_backing(struct mm *mm, struct mmpfn *pfn);

static inline void mi_reference_frame(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    assert(pfn->reference_count > 0 && pfn->reference_count < UINT16_MAX);
    pfn->reference_count++;
}
void mi_dereference_frame(struct mm *mm, pfn_t frame);

/* A transition frame becomes active again, mapped once. */
void mi_activate_frame(struct mm *mm, pfn_t frame);

/* To the bad list, now or when its page has left it. */
void mi_mark_bad(struct mm *mm, pfn_t frame);

/* --- io.c ---------------------------------------------------------------------------------------------------- */

/* Pages to read: the first is the one that is wanted, neighbours follow it in the file. */
struct mi_read_page {
    struct mi_slot slot; /* of its PTE, or prototype PTE; not in RAM */
    va_t pte_address;
    mmpte_t original; /* its word: SUBSECTION or PAGED_OUT */
};
struct mi_read {
    enum mm_io_kind kind; /* FILE_READ, PAGEFILE_READ */
    uint32_t file;
    uint64_t offset;
    uint32_t thread;
    arena_ref area; /* FILE_READ */
    uint32_t subsection;
    unsigned flags; /* PFN_PROTOTYPE_BIT or 0 */
    uint32_t pages;
    struct mi_read_page page[MM_IO_PAGES];
};
/* => STATUS_SUCCESS: the first page is in transition; STATUS_PENDING: wait for mm->wait_key; STATUS_NO_MEMORY: no
 * frame; STATUS_INSUFFICIENT_RESOURCES; else what the read says. */
ntstatus_t mi_begin_read(struct mm *mm, const struct mi_read *read);

/* => frames are on the modified list, so many places of the page file are taken for them. */
ntstatus_t mi_begin_write(struct mm *mm, const pfn_t *frame, uint32_t pages, uint32_t pagefile, uint64_t place);

/* The same to a data file, whose neighbouring pages they are.  Frames are modified, on a list or in use: in that case
 * no PTE is dirty.  flush: 0 for the mapped page writer.  => false: the arena is full, nothing was done. */
bool mi_begin_file_write(struct mm *mm, struct control_area *area, const pfn_t *frame, uint32_t pages, uint64_t offset,
                         arena_ref flush);
ntstatus_t mi_finish_io(struct mm *mm, struct mi_io *io, ntstatus_t status);
void mi_forget_read(struct mm *mm, struct mi_io *io);

/* Threads' references to what was read for them go, where memory has run out: each may hold a page and wait for the
 * next.
 * => false: there were none. */
bool mi_forget_kept(struct mm *mm);

/* The read of that page that failed for the thread; NULL: none. */
struct mi_io *mi_failed_read(struct mm *mm, uint32_t thread, va_t pte_address);

/* References to the frame by reads that are kept for their threads. */
uint32_t mi_kept_reads(const struct mm *mm, pfn_t frame);

/* The page does not come, or is not waited for: its PTE says again where it is, and the frame is freed in the end. */
void mi_abandon_read(struct mm *mm, pfn_t frame);

static inline bool mi_has_io(const struct mm *mm) /* in flight */
{
    return mm->ios != 0;
}

/* The transfer that reads the frame, which has PFN_READ_BIT. */
uint32_t mi_io_of_frame(const struct mm *mm, pfn_t frame);

/* --- wset.c -------------------------------------------------------------------------------------------------- */

void mi_ws_init(struct mm *mm, struct mmprocess *process);
void mi_ws_end(struct mm *mm, struct mmprocess *process); /* what is not in guest RAM goes */

/* The entries there are stay where they are: FirstDynamic is behind them. */
void mi_ws_fix_first(struct mm *mm, struct mmprocess *process);

/* At least count free entries, by growing the list.  => STATUS_NO_MEMORY. */
ntstatus_t mi_ws_grow(struct mm *mm, struct mmprocess *process);

/* Replace a page where the process may have no more (nt-reference 7.2); pages, where its maximum is hard. */
bool mi_ws_must_replace(const struct mm *mm, const struct mmprocess *process);
void mi_ws_replace(struct mm *mm, struct mmprocess *process);

/* Down to a hard maximum that is new. */
void mi_ws_shrink(struct mm *mm, struct mmprocess *process);

/* One more page can be inserted.  Others may have left the working set for it, with their PTEs changed. */
static inline ntstatus_t mi_ws_reserve(struct mm *mm, struct mmprocess *process, uint32_t count)
{
    if (__builtin_expect(process->ws_free < count, 0) && mi_ws_grow(mm, process) != STATUS_SUCCESS)
        return STATUS_NO_MEMORY;
    if (__builtin_expect(process->ws_size >= process->ws_limits.minimum && mi_ws_must_replace(mm, process), 0))
        mi_ws_replace(mm, process);
    return STATUS_SUCCESS;
}

/* => reserved. va is the page that became valid. */
void mi_ws_insert(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, unsigned flags);
enum {
    MI_WSLE_VALID = 1,
    MI_WSLE_LOCKED = 2,        /* LockedInWs: by mi_lock(); and the list's own pages, the tables above them */
    MI_WSLE_LOCKED_MEMORY = 4, /* LockedInMemory: by mi_lock() */
    MI_WSLE_LOCKS = MI_WSLE_LOCKED | MI_WSLE_LOCKED_MEMORY,
    MI_WSLE_PROTECTION_SHIFT = 3,
    MI_WSLE_PROTECTION = 31 << MI_WSLE_PROTECTION_SHIFT, /* 0: that of the segment */
    MI_WSLE_AGE_SHIFT = 10,
    MI_WSLE_AGE = 3 << MI_WSLE_AGE_SHIFT,
    MI_AGES = 4,
};

/* The page at va is valid no more (or maps another frame: then insert again). */
void mi_ws_remove(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame);

/* MI_WSLE_* of a valid page; 0 where the list has no entry for it: somebody wrote over the list. */
unsigned mi_ws_flags(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t frame);
void mi_ws_set_flags(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, unsigned mask, unsigned flags);

/* The hand of the clock. */
uint32_t mi_ws_next_slot(const struct mm *mm, const struct mmprocess *process);
void mi_ws_set_next_slot(struct mm *mm, struct mmprocess *process, uint32_t index);
void mi_ws_set_age(struct mm *mm, struct mmprocess *process, uint32_t index, unsigned age);

/* --- replace.c ----------------------------------------------------------------------------------------------- */

/* The oldest pages go first: as many as that, of at least that age (0..3). => how many went. */
uint32_t mi_ws_trim(struct mm *mm, struct mmprocess *process, uint32_t count, unsigned age, enum mi_trim_reason why);

/* Every entry's age: 0 where the page was accessed since the last time, else one more. */
void mi_ws_age(struct mm *mm, struct mmprocess *process);

/* => index < process->ws_entries. */
wsle_word mi_wsle(const struct mm *mm, const struct mmprocess *process, uint32_t index);

#endif
