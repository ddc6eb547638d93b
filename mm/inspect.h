/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.h - the memory manager looked at from outside, for debugger views (nt-reference 15.2).
 *
 * Everything is read from what the manager itself goes by: PTEs and working-set lists in guest RAM, PFN records, VADs.
 * Nothing changes, nothing is held, and words that a guest wrote over are shown as they stand; so it may be asked at
 * any moment, also in the middle of an operation.
 *
 * PFN records, VADs and control areas are not in guest RAM.  Their addresses here are those that subsection PTEs use
 * for such objects, and for PFN records an array behind them: names for people, nothing is mapped there. */
#ifndef SOFTFAULT_MM_INSPECT_H
#define SOFTFAULT_MM_INSPECT_H

#include "mm/mm.h"

enum { MM_INSPECT_LEVELS = 4 };

enum paging_format mm_inspect_format(const struct mm *mm);
uint32_t mm_inspect_frames(const struct mm *mm);

/* --- Page-table entries -------------------------------------------------------------------------------------- */

/* One entry on the way to a page. */
struct mm_inspect_entry {
    va_t address;          /* in the self-map */
    bool there;            /* the table that would hold it is */
    mmpte_t pte;           /* where it is there */
    bool is_table_or_page; /* valid, with a frame that exists */
};

/* The entries of va from the top: PDE and PTE, or PXE, PPE, PDE and PTE.
 * => how many; 0: va is no address of this format. */
unsigned mm_inspect_entries(const struct mm *mm, mm_process process, va_t va,
                            struct mm_inspect_entry entries[MM_INSPECT_LEVELS]);

/* The prototype PTE at an address.  => false: there is none. */
bool mm_inspect_prototype(const struct mm *mm, va_t address, mmpte_t *ret_pte);

/* --- Frames -------------------------------------------------------------------------------------------------- */

enum mm_inspect_list { /* MMLISTS, nt-reference 3.2 */
                       MM_LIST_ZEROED,
                       MM_LIST_FREE,
                       MM_LIST_STANDBY,
                       MM_LIST_MODIFIED,
                       MM_LIST_MODIFIED_NO_WRITE,
                       MM_LIST_BAD,
                       MM_LIST_ACTIVE,
                       MM_LIST_TRANSITION,
                       MM_LIST_COUNT
};

/* Whose contents a frame holds. */
enum mm_inspect_use {
    MM_USE_NOBODY,     /* zeroed, free, bad */
    MM_USE_PRIVATE,    /* .process: a private page */
    MM_USE_PAGE_TABLE, /* .process: 0 is the system */
    MM_USE_WORKING_SET_LIST,
    MM_USE_SECTION, /* .section */
    MM_USE_POOL,
    MM_USE_SYSTEM, /* other pages of system space */
    MM_USE_UNKNOWN
};

struct mm_inspect_frame {
    va_t record; /* its address */
    enum mm_inspect_list list;
    uint32_t flink;                /* listed: the next frame (UINT32_MAX: none); ACTIVE: working-set index */
    uint32_t blink_or_share_count; /* listed: the one before; else PTEs that map it */
    va_t pte_address;
    mmpte_t original_pte;
    uint32_t containing, reference_count;
    bool modified, prototype, read_in_progress, write_in_progress;
};
/* => false: there is no such frame. */
bool mm_inspect_frame(const struct mm *mm, uint64_t frame, struct mm_inspect_frame *ret_frame);

struct mm_inspect_owner {
    enum mm_inspect_use use;
    mm_process process;
    arena_ref section; /* the control area */
};
/* => the frame exists. */
struct mm_inspect_owner mm_inspect_owner(const struct mm *mm, uint32_t frame);

/* --- Address spaces ------------------------------------------------------------------------------------------ */

struct mm_inspect_vad {
    va_t address;    /* of the VAD */
    va_t start, end; /* end: last byte */
    unsigned level;  /* 0: the root of the tree */
    uint64_t commit; /* pages charged to it */
    bool mapped, image, no_change, write_watch;
    unsigned protection; /* MM_* */
    arena_ref section;   /* its control area; 0: none */
};
/* The first VAD that ends at or behind from.  => false: none. */
bool mm_inspect_vad(const struct mm *mm, mm_process process, va_t from, struct mm_inspect_vad *ret_vad);

/* A run of pages alike, as mm_query() tells it.  => false: va is no user address. */
bool mm_inspect_region(const struct mm *mm, mm_process process, va_t va, struct mm_region *ret_region);
va_t mm_inspect_highest_user(const struct mm *mm);

/* --- Working-set lists ----------------------------------------------------------------------------------------- */

struct mm_inspect_wsl { /* MMWSL's fields as they stand in guest RAM */
    va_t address;
    uint32_t first_free, first_dynamic, last_entry, next_slot, last_initialized, non_direct;
    uint32_t entries; /* in the list, used or not */
};
void mm_inspect_wsl(const struct mm *mm, mm_process process, struct mm_inspect_wsl *ret_list);

struct mm_inspect_wsle {
    uint64_t word; /* MMWSLE */
    bool valid, locked;
    unsigned age;
    va_t va;
    uint32_t reference_count; /* of the page's frame; 0: the page is not valid */
};
/* => index < .entries. */
struct mm_inspect_wsle mm_inspect_wsle(const struct mm *mm, mm_process process, uint32_t index);

/* --- Control areas --------------------------------------------------------------------------------------------- */

enum mm_inspect_kind { MM_AREA_IMAGE, MM_AREA_FILE, MM_AREA_PAGEFILE };
struct mm_inspect_area {
    arena_ref section; /* the control area */
    enum mm_inspect_kind kind;
    va_t address;
    uint32_t file; /* as the caller named it; 0: none */
    uint64_t page_count;
    uint32_t views, section_references, user_references;
    va_t base, prototypes; /* images; data has prototypes in chunks */
    uint64_t bytes, valid; /* of a data file: its size, and how much of it was ever written */
    bool no_modified_writes;
    uint64_t resident;  /* pages in memory */
    uint32_t modified;  /* of a data file, on the modified list */
    uint32_t in_flight; /* writes to a data file */
    uint64_t commit;    /* pages of a page-file section that are charged */
};
/* The one that follows after (0: the first).  => false: there is none. */
bool mm_inspect_area(const struct mm *mm, arena_ref after, struct mm_inspect_area *ret_area);

/* The subsections of a control area: an image's runs of pages, or data's pages of prototype PTEs that were made. */
struct mm_inspect_subsection {
    va_t address;
    char name[9];        /* of an image's; else "" */
    uint64_t first_page; /* in the section */
    uint64_t pages;
    uint64_t file_offset, file_bytes; /* 0 bytes: of no file */
    va_t prototypes;                  /* the first one */
    unsigned protection;              /* MM_* */
};
/* index: from 0, in order of pages for an image, else those first that were made last.  => false: there are not so
 * many. */
bool mm_inspect_subsection(const struct mm *mm, arena_ref section, uint32_t index,
                           struct mm_inspect_subsection *ret_subsection);

/* --- Totals that mm_query_counters() does not have ------------------------------------------------------------- */

struct mm_inspect_totals { /* pages */
    uint64_t pool, pool_maximum;
    uint64_t resident_available; /* MmResidentAvailablePages: not promised to anybody */
    uint64_t system_commit;
    uint64_t io; /* in transfers to page files */
};
void mm_inspect_totals(const struct mm *mm, struct mm_inspect_totals *ret_totals);

#endif
