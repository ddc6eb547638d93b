/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi_object.h - the objects that the memory manager keeps in its arena. */
#ifndef SOFTFAULT_MM_MI_OBJECT_H
#define SOFTFAULT_MM_MI_OBJECT_H

#include "mm/section.h"
#include "mm/vad.h"

enum {
    MI_NEWEST = 8, /* pages that one fault may need at once: TEB, stack and code, with tables of theirs; a power of 2 */
};

/* A process's address space (the mm part of EPROCESS). */
struct mmprocess {
    arena_ref next;
    pfn_t root;
    pfn_t working_set_page; /* the first page of the working-set list, MMWSL at its beginning */
    enum pte_nx_policy nx;
    struct vad_tree vads;
    uint64_t page_faults, private_pages, page_tables;
    uint64_t commit, peak_commit;             /* pages */
    uint64_t table_charge;                    /* of commit: page tables that VADs will need */
    uint64_t virtual_size, peak_virtual_size; /* pages */
    uint32_t ws_size, ws_peak, ws_free;       /* entries in use and free in the list */
    uint32_t ws_entries;                      /* in the list, used or not */
    struct mi_newest {
        uint64_t vpn;
        uint64_t number; /* of the insertion, mm->insertions then; 0: none */
    } newest[MI_NEWEST]; /* the pages that came last, a ring */
    uint32_t newest_at;  /* where the next goes, modulo its size */
    arena_ref ws_pages;  /* frames of its pages after the first: uint32_t[ws_page_room] */
    uint32_t ws_page_count, ws_page_room;
    arena_ref ws_hints; /* where entries of shared pages are, by page number: uint32_t[ws_hint_room]; 0: none */
    uint32_t ws_hint_room;
    struct mm_ws_limits ws_limits;
    uint64_t highest_vad_vpn; /* MM_HIGHEST_VAD_ADDRESS, or lower for a process that is limited */
    uint64_t locked_pages;    /* user pages locked by mi_lock() */
    uint64_t watches;         /* VADs that watch writes */
    uint64_t faults_before;   /* page_faults when the working-set manager last looked */
    uint64_t fault_rate;      /* faults between its last two looks */
    bool trim_tried;          /* in its present round */
    bool replaced;            /* its own pages, since the manager's last second: it could do with more memory */
    unsigned trim_age;        /* pages of at least that age go */
    uint32_t swap_limit;      /* of the working set, while the process is out or leaves; MI_IN_MEMORY */
    bool deleted;             /* cleaned: STATUS_PROCESS_IS_TERMINATING to every service */
};

/* SECTION_OBJECT. */
struct section {
    arena_ref next; /* mm->sections, a list */
    arena_ref area;
    uint32_t references;
    uint32_t attributes; /* SEC_* */
    unsigned protection;
    enum mm_section_owner owner;
    uint64_t size;      /* bytes */
    va_t based_address; /* SEC_BASED */
};

enum area_kind {
    AREA_IMAGE,    /* of a file, at one base */
    AREA_FILE,     /* data of a file */
    AREA_PAGEFILE, /* data of no file: one section's own */
};

/* CONTROL_AREA and SEGMENT (nt-reference 2.2); see area.c for its life. */
struct control_area {
    arena_ref next; /* mm->control_areas, a list */
    enum area_kind kind;
    uint32_t file;
    uint32_t section_references, views; /* views: system views too */
    uint32_t user_references;           /* sections and views of users */
    uint64_t page_count;
    bool announced;     /* MM_EVENT_SECTION said that it was created */
    uint64_t unused_at; /* without sections and views: mm->area_clock when it lost the last */
    /* images */
    va_t base, preferred_base; /* base 0: not mapped yet, wherever it goes */
    bool relocatable;
    uint32_t subsection_count;
    va_t prototypes;     /* address of the first prototype PTE */
    uint32_t pool_pages; /* of the prototype array */
    arena_ref subsections[97];
    /* data: see segment.c */
    uint64_t bytes;      /* AREA_FILE: the file's size */
    uint64_t valid;      /* of that: what is beyond was never written to the file and is zero (ValidDataLength) */
    unsigned protection; /* of its prototype PTEs */
    bool reserved;       /* SEC_RESERVE: pages are committed one by one */
    uint64_t commit;     /* AREA_PAGEFILE: pages charged */
    arena_ref tree, chunks;
    uint32_t tree_levels;
    /* AREA_FILE: its modified pages */
    bool no_modified_writes;
    bool write_soon;         /* nobody uses it any more, or its pages have waited for too long */
    bool lost_told;          /* MM_EVENT_LOST_WRITE was */
    uint32_t failed_writes;  /* since the last that went well, or the last second */
    uint32_t in_flight;      /* transfers */
    uint32_t modified;       /* pages of it on the modified list */
    uint64_t modified_since; /* mm->seconds, where modified != 0 */
};

struct subsection {
    arena_ref control_area;
    uint32_t index;                 /* image */
    struct mm_image_subsection run; /* image */
    arena_ref next;                 /* data: the area's next chunk */
    uint64_t first_page;            /* data */
    va_t prototypes;                /* data: a page of them */
};

/* NtFlushVirtualMemory and its like under way: found again by what it flushes. */
struct mi_flush {
    arena_ref next; /* mm->flushes, a list */
    uint32_t file, thread;
    uint64_t first, last; /* pages */
    uint64_t at;          /* where it goes on */
    uint32_t in_flight;   /* its transfers */
    ntstatus_t status;    /* of the first that failed */
};

/* Pages that a service holds (mm_hold). */
struct mi_held {
    arena_ref next;
    uint32_t count;
    enum mmu_access access;
    pfn_t frame[MM_HOLD_PAGES];
};

/* A transfer, from its beginning until nobody needs to know of it (MMINPAGE_SUPPORT, MMMOD_WRITER_MDL_ENTRY). */
enum mi_io_state {
    MI_IO_IN_FLIGHT,
    MI_IO_KEPT,   /* a read whose page, the first, stays referenced for its thread */
    MI_IO_FAILED, /* a read: its thread is to be told */
};
struct mi_io {
    arena_ref next, previous;
    enum mi_io_state state;
    struct mm_io io;
    arena_ref area;  /* FILE_READ, FILE_WRITE: the control area, and which of an image's subsections */
    arena_ref flush; /* FILE_WRITE: that asked for it; 0: the mapped page writer */
    uint32_t subsection;
    va_t pte_address;  /* of the first page, once it has ended */
    ntstatus_t status; /* then */
    pfn_t frame[MM_IO_PAGES];
};

/* A thread's kernel stack. */
struct mi_stack {
    arena_ref next;
    uint32_t place, thread;
    bool resident;
    bool from_disk; /* since it went out a page was read */
};

#endif
