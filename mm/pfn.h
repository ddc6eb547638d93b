/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pfn.h - the PFN database: one record for each frame of guest RAM (nt-reference section 3).
 *
 * An all-zero record means "zeroed, never used", so that a huge RAM costs nothing until touched. */
#ifndef SOFTFAULT_MM_PFN_H
#define SOFTFAULT_MM_PFN_H

#include "mmu/pte.h"

/* MMLISTS (nt-reference 3.2): the listed states, then the two without a list. */
enum pfn_state {
    PFN_ZEROED,
    PFN_FREE,
    PFN_STANDBY,
    PFN_MODIFIED,
    PFN_MODIFIED_NO_WRITE,
    PFN_BAD,
    PFN_LISTED_COUNT,
    PFN_ACTIVE = PFN_LISTED_COUNT, /* share_count > 0: mapped by a PTE, or in system use */
    PFN_TRANSITION,                /* reference_count > 0 but share_count 0: I/O, or held by a service */
    PFN_STATE_COUNT
};

enum {
    PFN_MODIFIED_BIT = 1,  /* contents newer than any backing copy */
    PFN_PROTOTYPE_BIT = 2, /* pte_address is that of a prototype PTE */
    PFN_READ_BIT = 4,      /* in-page read in progress */
    PFN_WRITE_BIT = 8,     /* write to backing store in progress */
    PFN_DELETED_BIT = 16,  /* free it when the last reference goes (bit 0 of PteAddress in NT) */
    PFN_CODE_BIT = 32,     /* the CPU may have translated code of it */
    PFN_HARD_BIT = 64,     /* read by a hard fault that is not over yet */
    PFN_REMOVAL_BIT = 128, /* RemovalRequested: to the bad list as soon as nothing is lost by it */
};

#define PFN_NONE UINT32_MAX

/* MMPFN (nt-reference 3.1): 32 bytes, two to a cache line of the host.  As in NT, what only a listed frame needs shares
 * its place with what only the others need; pfn_move() alone changes from one to the other, and leaves 0 in both when a
 * frame comes off its list. */
struct mmpfn {
    uint32_t pte_low;     /* pfn_pte_address(): of the PTE or prototype PTE that maps it */
    int16_t pte_high;     /* not a bit-field beside the next two: to load the whole after a byte was stored is slow */
    uint8_t state;        /* enum pfn_state; written by pfn_move() alone */
    uint8_t flags;        /* PFN_*_BIT */
    mmpte_t original_pte; /* what its PTE becomes when the frame is reused */
    union {
        uint32_t flink;    /* listed states: next, or PFN_NONE */
        uint32_t ws_index; /* others: entry in the working-set list of the (first) process that maps it; 0: none */
        uint32_t io;       /* PFN_READ_BIT: the transfer that reads it (arena_ref), as NT's Event */
    };
    union {
        uint32_t blink;       /* listed states: previous, or PFN_NONE */
        uint32_t share_count; /* others: PTEs that map it; a page table: 1 + valid and transition PTEs in it */
    };
    uint32_t pte_frame;       /* the frame that holds the PTE ("containing page") */
    uint16_t reference_count; /* 1 while share_count > 0, plus 1 for each hold and I/O */
    uint16_t used_entries;    /* page tables: entries that are not empty */
};
_Static_assert(sizeof(struct mmpfn) == 32, "a PFN record");

/* Addresses of PTEs are canonical: 48 bits say them all. */
static inline va_t pfn_pte_address(const struct mmpfn *pfn)
{
    return (va_t)(int64_t)pfn->pte_high << 32 | pfn->pte_low;
}

static inline void pfn_set_pte_address(struct mmpfn *pfn, va_t pte_address)
{
    pfn->pte_low = (uint32_t)pte_address;
    pfn->pte_high = (int16_t)(pte_address >> 32);
}

static inline bool pfn_is_listed(const struct mmpfn *pfn)
{
    return pfn->state < PFN_LISTED_COUNT;
}

/* PTEs that map the frame: none where it is listed. */
static inline uint32_t pfn_shares(const struct mmpfn *pfn)
{
    return pfn_is_listed(pfn) ? 0 : pfn->share_count;
}

struct pfn_list {
    uint32_t head, tail; /* PFN_NONE when empty */
};

struct pfn_db {
    void (*moved)(void *context, uint32_t frame, enum pfn_state from, enum pfn_state to); /* NULL: nobody listens */
    void *context;
    struct mmpfn *record;
    uint32_t frame_count;
    uint32_t untouched_from;            /* frames at and above were never used: zeroed, on no list */
    uint32_t in_state[PFN_STATE_COUNT]; /* sums to frame_count */
    uint64_t moves;                     /* from one state to another, so far */
    struct pfn_list list[PFN_LISTED_COUNT];
};

void pfn_db_init(struct pfn_db *db, struct mmpfn *zeroed_records, uint32_t frame_count);

static inline struct mmpfn *pfn_at(const struct pfn_db *db, pfn_t frame)
{
    return &db->record[frame.index];
}

/* May a frame go from one state to another?  (nt-reference 3.4) */
bool pfn_may_move(enum pfn_state from, enum pfn_state to);

/* The one setter of a frame's state: unlinks, links at the list's proper end, counts.
 * => the move is legal; to TRANSITION or a list: share_count is 0; to a list: reference_count is 0. */
void pfn_move(struct pfn_db *db, pfn_t frame, enum pfn_state to);

/* The frame that a listed state would give next: head of the list, or the next untouched one for PFN_ZEROED.
 * => PFN_NONE when there is none. */
uint32_t pfn_first(const struct pfn_db *db, enum pfn_state state);

const char *pfn_state_name(enum pfn_state state);

/* NULL, or the law that does not hold: states, links and counts of the database alone. */
const char *pfn_db_check(const struct pfn_db *db);

#endif
