/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi.h - the inside of the memory manager: its state, and what its files offer each other.
 *
 * Everything that touches a PTE is compiled once for each paging format (instance.h gives it the format's names);
 * mm.c chooses the instance once, in mm_init(), and reaches it through struct mi_ops. */
#ifndef SOFTFAULT_MM_MI_H
#define SOFTFAULT_MM_MI_H

#include "mm/mi_object.h"
#include "mm/mm.h"
#include "mm/pagefile.h"
#include "mm/pfn.h"
#include "mm/vad.h"

enum {
    MI_HELD_SPARE = 4,
    MI_FAULT_ROUNDS = 16,      /* bound of the retry loop */
    MI_POOL_PAGES = 8192,      /* paged pool for prototype PTEs: 32 MB as at NT's boot (nt-reference 4.5) */
    MI_POOL_TABLE_PAGES = 512, /* at least: a page table's (x86: half a table's) */
    MI_WS_SPARE = 6,           /* working-set entries that one fault may need: page, three tables, two list pages */
    MI_WS_MINIMUM = 50,        /* default quota limits (nt-reference 7.2), pages */
    MI_WS_MAXIMUM = 345,
    MI_WS_FLUID = 8, /* pages of the minimum that cannot be locked */
    MI_FLUID = 32,   /* frames that nothing can be promised (MM_FLUID_PHYSICAL_PAGES) */
    MI_IO_SPARE = 4,
    MI_KEPT_READS = 8,   /* of a thread */
    MI_IO_REF_BITS = 24, /* of a transfer's id: its place in the arena; above them a number that changes */
    MI_IO_NUMBERS = 127, /* so that no id is MM_WAIT_FREE_PAGE */
    MI_KEPT_LISTS = 128,
    MI_MAPPED_FAILURES = 4, /* of a file, one after the other: no more writes until the next second */
    MI_STACKS_MAX = 4096,
    MI_IN_MEMORY = UINT32_MAX, /* of mmprocess.swap_limit */
};

/* How many pages should be available, and how long the modified list may be (nt-reference 7.6, 7.8). */
struct mi_tuning {
    uint32_t minimum, goal, plenty; /* available: below the first threads are woken, the last lets working sets grow */
    uint32_t modified_maximum, modified_goal;
    uint32_t code_cluster, data_cluster, cluster; /* pages of an in-page read: of images, and of all else */
};

/* Why a page leaves a working set. */
enum mi_trim_reason {
    MI_TRIM_REPLACED, /* for another page of its process, at the limit */
    MI_TRIM_MANAGER,  /* memory is short */
    MI_TRIM_EMPTIED,  /* the process asked for it: emptied, unlocked, protected */
    MI_TRIM_OUTSWAP,  /* the process leaves memory */
    MI_TRIM_INJECTED, /* mm_ws_trim() */
    MI_TRIM_COUNT
};

/* Pages that mm_lock() is about to lock, and has brought into the working set. */
struct mi_locking {
    mm_process process; /* 0: none */
    va_t first, last;   /* bytes */
};

struct mi_ops;

struct mm {
    struct mm_config config;
    const struct mi_ops *ops;
    struct pfn_db pfn;
    struct arena *arena;
    mm_process system;         /* owns the system half of the page tables */
    arena_ref processes;       /* user processes, a list */
    arena_ref control_areas;   /* a list */
    arena_ref sections;        /* a list */
    arena_ref flushes;         /* a list */
    uint64_t area_clock;       /* control areas that fell out of use */
    uint64_t seconds;          /* timer ticks of the working-set manager */
    uint32_t mapped_modified;  /* pages of data files on the modified list */
    uint32_t mapped_in_flight; /* writes of the mapped page writer */
    bool area_emptied;         /* a page of prototype PTEs may have no page in memory any more */
    bool no_waiting;           /* mm_file_flush_all(): transfers take no time */
    uint64_t unwritten;        /* pages that it could not write */
    arena_ref held;            /* a list */
    arena_ref held_spare;      /* a list: a full pool must not keep a program from ending */
    uint64_t committed, peak_commit, commit_limit;
    uint64_t system_commit;   /* pages of committed that belong to no process */
    uint64_t stack_pages_out; /* of them: kernel stacks that are out */
    uint64_t pool_map[MI_POOL_PAGES / 64];
    pfn_t pool_table[MI_POOL_PAGES / MI_POOL_TABLE_PAGES]; /* its page tables, which stay; frame 0: not made yet */
    uint64_t ram_commit_limit;
    uint64_t pagefile_cap; /* pages that page files may hold in all: mm_pagefile_fill(); UINT64_MAX: as many as fit */
    struct pagefile pagefiles[MM_PAGEFILES_MAX];
    uint32_t pagefile_count;
    arena_ref ios, youngest_io, io_spare; /* transfers in flight, a list, the oldest first; where it ends; a list */
    arena_ref kept[MI_KEPT_LISTS];        /* reads that have ended (MI_IO_KEPT, _FAILED): lists, by thread */
    uint32_t kept_count;                  /* in all of them */
    uint32_t last_io, writes_in_flight, pages_in_flight; /* the latter two: of writes */
    struct mi_tuning tuning;
    unsigned signals;           /* MM_SIGNAL_* not asked for yet */
    uint32_t failed_writes;     /* since the last that went well, or the last second */
    bool writing;               /* the modified list was too long, and is still above its goal */
    bool frames_refused;        /* in this call */
    bool frames_awaited;        /* a thread waits for a frame */
    uint32_t frames_short;      /* then: as many available ones were not enough */
    bool exhausted;             /* nothing can be made available any more */
    bool commit_awaited;        /* a thread waits for page files to grow */
    bool cannot_extend;         /* they did not */
    uint64_t commit_refused;    /* pages, in this call */
    uint64_t extension_wanted;  /* pages */
    uint32_t manager_rested_at; /* fewer available pages are news to the working-set manager */
    uint64_t insertions;        /* into working sets, all there ever were */
    uint64_t fault_began;       /* of them: before the present fault, or the last */
    struct mi_locking locking;  /* in this call */
    uint64_t replaced;          /* pages, in this second, by processes at a soft maximum */
    uint64_t make_room;         /* pages that others are to give for that */
    uint32_t age_next;          /* the process, by its place in the list, that is aged next */
    uint32_t wait_key;
    uint32_t fail_frames_after;
    bool flush_wanted; /* env->flush_tlb() is owed before the guest runs on */
    uint64_t fault_count[MM_FAULT_TYPE_COUNT];
    uint64_t page_reads, pages_read, page_writes, pages_written; /* transfers, and pages in them */
    uint64_t trims[MI_TRIM_COUNT], frames_zeroed;
    uint64_t system_trims; /* of trims: pages of the system's working set */
    arena_ref stacks;      /* a list */
    uint64_t stack_map[MI_STACKS_MAX / 64];
    uint64_t stacks_out, stacks_in; /* moves */
    uint64_t processes_out;         /* moves */
    uint32_t swap_ticks;            /* of the working-set manager since the swapper looked */
    uint64_t swap_trims;            /* trims then */
    uint64_t places, place_sum;     /* mm_check(): of page files, as words name them */
    uint32_t *tally;                /* mm_check(): one word for each frame, outside the snapshot */
    uint8_t *look;                  /* the words of a page table that is out, for as long as somebody looks */
    bool synchronous;               /* transfers that begin now are done at once */
    uint32_t synchronous_pages;     /* that were, since mm_take_synchronous() */
    struct mm_bugcheck bugcheck;
    char law[256];
};

static inline struct control_area *mi_area(const struct mm *mm, arena_ref area)
{
    return arena_at(mm->arena, area);
}

static inline struct section *mi_section(const struct mm *mm, mm_section section)
{
    return arena_at(mm->arena, section);
}

static inline bool mi_is_view(const struct mmvad *vad)
{
    return vad->kind == VAD_IMAGE || vad->kind == VAD_MAPPED;
}

static inline struct mmprocess *mi_process(const struct mm *mm, mm_process process)
{
    return arena_at(mm->arena, process);
}

static inline bool mi_is_system(const struct mm *mm, const struct mmprocess *process)
{
    return process == mi_process(mm, mm->system);
}

/* Those that have a working set: the system, then each process.  NULL: the first; => NULL: no more. */
static inline struct mmprocess *mi_next_working_set(const struct mm *mm, const struct mmprocess *process)
{
    arena_ref next = !process ? mm->system : mi_is_system(mm, process) ? mm->processes : process->next;
    return next ? mi_process(mm, next) : NULL;
}

static inline struct mmpfn *mi_pfn(const struct mm *mm, pfn_t frame)
{
    return pfn_at(&mm->pfn, frame);
}

/* mm_frame_read() and mm_frame_write(), inlined where they are hot. */
static inline const uint8_t *mi_frame_read(const struct mm *mm, pfn_t frame)
{
    return mm->config.ram.base + (size_t)frame.index * MMU_PAGE_SIZE;
}

static inline uint8_t *mi_frame_write(struct mm *mm, pfn_t frame)
{
    if (__builtin_expect(mi_pfn(mm, frame)->flags & PFN_CODE_BIT, 0))
        return mm_frame_write(mm, frame);
    mm->config.ram.stamp[frame.index] = mm->config.ram.epoch;
    return mm->config.ram.base + (size_t)frame.index * MMU_PAGE_SIZE;
}

/* lists.c: how much memory there is, and who must be told. */
static inline uint32_t mi_available(const struct mm *mm)
{
    const uint32_t *in = mm->pfn.in_state;
    return in[PFN_ZEROED] + in[PFN_FREE] + in[PFN_STANDBY];
}

static inline bool mi_is_plentiful(const struct mm *mm)
{
    return mi_available(mm) > mm->tuning.plenty;
}

/* Pages that are read in the hope that they will be wanted must not make memory short. */
static inline bool mi_has_room(const struct mm *mm)
{
    return mi_available(mm) > mm->tuning.goal;
}

/* A list has changed: signals to those whose business it is. */
void mi_signal(struct mm *mm);
static inline bool mi_is_scarce(const struct mm *mm)
{
    return mi_available(mm) < mm->tuning.minimum || mm->pfn.in_state[PFN_MODIFIED] > mm->tuning.modified_maximum ||
           mm->frames_awaited;
}
static inline void mi_note_lists(struct mm *mm)
{
    if (__builtin_expect(mi_is_scarce(mm) || mm->pfn.in_state[PFN_FREE] >= 8, 0))
        mi_signal(mm);
}

/* The same where a frame is about to be taken: the zero page thread was told when the free list grew. */
static inline void mi_note_scarcity(struct mm *mm)
{
    if (__builtin_expect(mi_is_scarce(mm), 0))
        mi_signal(mm);
}

void mi_tune(struct mm *mm);
void mi_settle(struct mm *mm);                         /* mm.c: the TLB flush that the call owes */
bool mi_repeat_now(struct mm *mm, ntstatus_t *status); /* mm.c */
bool mi_relieve(struct mm *mm);            /* daemon.c: all that the daemons can do, now; false: still no frame */
bool mi_relieve_now(struct mm *mm);        /* the same in the middle of a call, with transfers that take no time */
uint32_t mi_first_io(const struct mm *mm); /* the oldest transfer in flight; 0: none */
bool mi_can_write(const struct mm *mm);    /* is there room in a page file for a modified page? */
bool mi_can_write_mapped(const struct mm *mm);
/* Modified pages that go to a page file. */
static inline uint32_t mi_modified_private(const struct mm *mm)
{
    return mm->pfn.in_state[PFN_MODIFIED] - mm->mapped_modified;
}
bool mi_can_relieve(const struct mm *mm); /* may a frame become available without anybody giving one back? */
enum mm_step mi_dereference_step(struct mm *mm);
void mi_swap_tick(struct mm *mm); /* lists.c: a second has passed */

/* wslimits.c: frames that are neither promised to a working set (its minimum) nor taken by system pages that stay
 * (MmResidentAvailablePages).  A kernel stack that needs more is refused. */
uint64_t mi_resident_available(const struct mm *mm);
/* Of the frames that a working set is promised with so many user pages locked: its minimum, or more. */
uint64_t mi_promised_pages(const struct mmprocess *process, uint64_t locked);
uint64_t mi_pool_pages(const struct mm *mm);               /* of paged pool, in use */
struct mm_ws_limits mi_system_limits(const struct mm *mm); /* of the system's working set, by the size of RAM */

/* charge.c: commit charge, counted for a process (NULL: the system) and for the machine. */
enum mi_charge { MI_MAY_FAIL, MI_MUST };
bool mi_charge_commit(struct mm *mm, struct mmprocess *process, uint64_t pages, enum mi_charge how);
void mi_return_commit(struct mm *mm, struct mmprocess *process, uint64_t pages);
void mi_charge_virtual(struct mmprocess *process, uint64_t pages);
void mi_return_virtual(struct mmprocess *process, uint64_t pages);

/* READWRITE forms, not write-copy. */
static inline bool mi_is_writable_protection(unsigned protection)
{
    unsigned access = protection & MM_PROTECT_ACCESS_MASK;
    return access == MM_READWRITE || access == MM_EXECUTE_READWRITE;
}

static inline bool mi_is_copy_protection(unsigned protection)
{
    unsigned access = protection & MM_PROTECT_ACCESS_MASK;
    return access == MM_WRITECOPY || access == MM_EXECUTE_WRITECOPY;
}

static inline bool mi_is_execute_protection(unsigned protection)
{
    return protection & 2; /* MM_EXECUTE, _READ, _READWRITE, _WRITECOPY: 2, 3, 6, 7 */
}

static inline bool mi_is_guard_protection(unsigned protection)
{
    return (protection & MM_PROTECT_MODIFIER_MASK) == MM_GUARDPAGE && (protection & MM_PROTECT_ACCESS_MASK);
}

struct control_area *mi_find_area(const struct mm *mm, enum area_kind kind, uint32_t file); /* file.c; NULL: none */

unsigned mi_private_protection(unsigned protection); /* what WRITECOPY becomes in a private copy */
/* May a page of a section, or of a view, with that protection have this one? */
bool mi_is_compatible(unsigned limit, unsigned protection);

#include "mm/mi_ops.h"
#ifdef PTE_FORMAT
#include "mm/mi_fault.h"
#include "mm/mi_frame.h"
#include "mm/mi_section.h"
#include "mm/mi_table.h"
#endif

#endif
