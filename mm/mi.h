/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi.h - the inside of the memory manager: its state, and what its files offer each other.
 *
 * Everything that touches a PTE is compiled once for each paging format (instance.h gives it the format's names);
 * mm.c chooses the instance once, in mm_init(), and reaches it through struct mi_ops. */
#ifndef SOFTFAULT_MM_MI_H
#define SOFTFAULT_MM_MI_H

#include "mm/mm.h"
#include "mm/pagefile.h"
#include "mm/pfn.h"
#include "mm/vad.h"

enum {
    MI_HELD_SPARE = 4,
    MI_FAULT_ROUNDS = 12, /* bound of the retry loop */
    MI_POOL_PAGES = 8192, /* paged pool for prototype PTEs: 32 MB as at NT's boot (nt-reference 4.5) */
    MI_WS_SPARE = 6,      /* working-set entries that one fault may need: page, three tables, two list pages */
    MI_WS_MINIMUM = 50,   /* default quota limits (nt-reference 7.2), pages */
    MI_WS_MAXIMUM = 345,
    MI_WS_FLUID = 8, /* pages of the minimum that cannot be locked */
    MI_IO_SPARE = 4,
    MI_KEPT_READS = 8,   /* of a thread */
    MI_IO_REF_BITS = 24, /* of a transfer's id: its place in the arena; above them a number that changes */
    MI_IO_NUMBERS = 127, /* so that no id is MM_WAIT_FREE_PAGE */
    MI_KEPT_LISTS = 128,
    MI_MAPPED_FAILURES = 4, /* of a file, one after the other: no more writes until the next second */
    MI_STACKS_MAX = 4096,
    MI_IN_MEMORY = UINT32_MAX, /* of mmprocess.swap_limit */
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
    uint64_t virtual_size, peak_virtual_size; /* pages */
    uint32_t ws_size, ws_peak, ws_free;       /* entries in use and free in the list */
    uint32_t ws_entries;                      /* in the list, used or not */
    arena_ref ws_pages;                       /* frames of its pages after the first: uint32_t[ws_page_room] */
    uint32_t ws_page_count, ws_page_room;
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
    pfn_t table;                    /* data: the frame of that page, which stays */
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

/* How many pages should be available, and how long the modified list may be (nt-reference 7.6, 7.8). */
struct mi_tuning {
    uint32_t minimum, goal, plenty; /* available: below the first threads are woken, the last lets working sets grow */
    uint32_t modified_maximum, modified_goal;
    uint32_t cluster; /* pages of an in-page read */
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
    va_t cache_hand;           /* where mi_trim_cache() goes on */
    bool area_emptied;         /* a page of prototype PTEs may have no page in memory any more */
    bool no_waiting;           /* mm_file_flush_all(): transfers take no time */
    uint64_t unwritten;        /* pages that it could not write */
    arena_ref held;            /* a list */
    arena_ref held_spare;      /* a list: a full pool must not keep a program from ending */
    uint64_t committed, peak_commit, commit_limit;
    uint64_t system_commit; /* pages of committed that belong to no process */
    uint64_t pool_map[MI_POOL_PAGES / 64];
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
    bool exhausted;             /* nothing can be made available any more */
    bool commit_awaited;        /* a thread waits for page files to grow */
    bool cannot_extend;         /* they did not */
    uint64_t commit_refused;    /* pages, in this call */
    uint64_t extension_wanted;  /* pages */
    uint32_t manager_rested_at; /* fewer available pages are news to the working-set manager */
    uint64_t replaced;          /* pages, in this second, by processes at a soft maximum */
    uint64_t make_room;         /* pages that others are to give for that */
    uint32_t age_next;          /* the process, by its place in the list, that is aged next */
    uint32_t wait_key;
    uint32_t fail_frames_after;
    bool flush_wanted; /* env->flush_tlb() is owed before the guest runs on */
    uint64_t fault_count[MM_FAULT_TYPE_COUNT];
    uint64_t page_reads, pages_read, page_writes, pages_written; /* transfers, and pages in them */
    uint64_t trims[MI_TRIM_COUNT], frames_zeroed;
    arena_ref stacks; /* a list */
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

/* The entry points of one instance; each is named after the public function that it stands behind. */
struct mi_ops {
    ntstatus_t (*start)(struct mm *mm);
    ntstatus_t (*process_create)(struct mm *mm, enum pte_nx_policy nx, mm_process *ret_process);
    void (*process_clean)(struct mm *mm, struct mmprocess *process);
    void (*process_delete)(struct mm *mm, struct mmprocess *process);
    enum mm_fault_result (*access_fault)(struct mm *mm, struct mm_fault *fault);
    ntstatus_t (*hold)(struct mm *mm, struct mm_fault *template, va_t va, uint64_t length, enum mmu_access access,
                       void (*observe)(void *context, const struct mm_fault *fault), void *context,
                       struct mm_hold *ret_hold);
    void (*release)(struct mm *mm, struct mm_hold *hold);
    bool (*peek_pte)(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte);
    bool (*peek_frame)(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t *ret_frame);
    ntstatus_t (*allocate)(struct mm *mm, struct mmprocess *process, struct mm_allocation *request);
    ntstatus_t (*free)(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t type);
    ntstatus_t (*protect)(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t protect,
                          uint32_t *ret_old);
    ntstatus_t (*query)(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *ret_region);
    ntstatus_t (*allocate_secured)(struct mm *mm, struct mmprocess *process, va_t base, uint64_t size);
    void (*free_secured)(struct mm *mm, struct mmprocess *process, va_t base);
    ntstatus_t (*map_shared_page)(struct mm *mm, struct mmprocess *process, va_t user, va_t system);
    ntstatus_t (*system_allocate)(struct mm *mm, va_t base, uint64_t size, unsigned protection);
    bool (*system_frame)(const struct mm *mm, va_t va, pfn_t *ret_frame);
    ntstatus_t (*section_create_image)(struct mm *mm, const struct mm_image *image, mm_section *ret_section);
    ntstatus_t (*section_create)(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section);
    void (*section_close)(struct mm *mm, struct section *section);
    uint64_t (*area_resident)(const struct mm *mm, const struct control_area *area);
    ntstatus_t (*map_image)(struct mm *mm, struct mmprocess *process, struct control_area *area, struct mm_view *view);
    ntstatus_t (*map_view)(struct mm *mm, struct mmprocess *process, struct section *section,
                           struct mm_map_request *request);
    ntstatus_t (*map_system_view)(struct mm *mm, struct control_area *area, uint64_t offset, uint32_t size,
                                  va_t *ret_va);
    void (*unmap_system_view)(struct mm *mm, va_t va);
    ntstatus_t (*file_flush)(struct mm *mm, struct control_area *area, uint32_t thread, uint64_t first, uint64_t last);
    void (*file_size_changed)(struct mm *mm, struct control_area *area, uint64_t new_size);
    bool (*file_purge)(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);
    void (*file_allow_writes)(struct mm *mm, struct control_area *area);
    bool (*discard_area)(struct mm *mm, struct control_area *area);
    enum mm_step (*mapped_writer)(struct mm *mm);
    enum mm_step (*reclaim_areas)(struct mm *mm);
    ntstatus_t (*unmap_view)(struct mm *mm, struct mmprocess *process, va_t va);
    ntstatus_t (*lock)(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                       void (*observe)(void *context, const struct mm_fault *fault), void *context);
    ntstatus_t (*unlock)(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map);
    ntstatus_t (*get_write_watch)(struct mm *mm, struct mmprocess *process, struct mm_range range,
                                  enum mm_watch_mode mode, va_t *addresses, size_t room, size_t *ret_count);
    ntstatus_t (*reset_write_watch)(struct mm *mm, struct mmprocess *process, struct mm_range range);
    size_t (*ws_list)(struct mm *mm, struct mmprocess *process, struct mm_ws_page *pages, size_t room);
    bool (*ws_page_at)(struct mm *mm, struct mmprocess *process, va_t va, struct mm_ws_page *ret_page);
    void (*ws_empty)(struct mm *mm, struct mmprocess *process);
    void (*ws_shrink)(struct mm *mm, struct mmprocess *process);
    void (*mark_bad)(struct mm *mm, pfn_t frame);
    const char *(*check)(struct mm *mm);
    bool (*trim)(struct mm *mm, struct mmprocess *process, va_t va); /* tests */
    uint32_t (*ws_trim)(struct mm *mm, struct mmprocess *process, uint64_t entry, uint32_t pages);
    void (*io_done)(struct mm *mm, uint32_t id, ntstatus_t status);
    void (*thread_moved)(struct mm *mm, uint32_t thread);
    enum mm_step (*working_set_manager)(struct mm *mm, enum mm_wake wake);
    enum mm_step (*modified_writer)(struct mm *mm);
    enum mm_step (*zero_page)(struct mm *mm);
    ntstatus_t (*stack_create)(struct mm *mm, uint32_t thread, arena_ref *ret_stack);
    void (*stack_delete)(struct mm *mm, arena_ref stack);
    void (*stack_query)(const struct mm *mm, arena_ref stack, struct mm_stack_info *ret_info);
    void (*stack_outswap)(struct mm *mm, arena_ref stack);
    enum mm_fault_result (*stack_inswap)(struct mm *mm, arena_ref stack, struct mm_fault *fault);
    enum mm_step (*process_outswap)(struct mm *mm, struct mmprocess *process);
};
extern const struct mi_ops mi_ops_x86, mi_ops_pae, mi_ops_x64; /* mi_ops in ops.c */

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

unsigned mi_private_protection(unsigned protection); /* what WRITECOPY becomes in a private copy */
/* May a page of a section, or of a view, with that protection have this one? */
bool mi_is_compatible(unsigned limit, unsigned protection);

#ifdef PTE_FORMAT
#include "mm/instance.h"
#include "mmu/pte_format.h"

/* --- Where things are ---------------------------------------------------------------------------------------- */

#if PTE_FORMAT == 2
#define MI_SYSTEM_START UINT64_C(0xFFFF080000000000)
#define MI_HIGHEST_USER UINT64_C(0x000007FFFFFEFFFF)
#define MI_WSL_BASE UINT64_C(0xFFFFF70001080000)
#define MI_POOL_BASE UINT64_C(0xFFFFFA8000000000)
#define MI_SUBSECTION_BASE UINT64_C(0xFFFFFAC000000000)
#define MI_STACK_BASE UINT64_C(0xFFFFFAA000000000)
typedef uint64_t wsle_word;
#else
#define MI_SYSTEM_START UINT64_C(0x80000000)
#define MI_HIGHEST_USER UINT64_C(0x7FFEFFFF)
#define MI_WSL_BASE (HYPERSPACE_BASE + 0x103000) /* C0503000 without PAE (nt-reference 7.1) */
#define MI_POOL_BASE UINT64_C(0xE1000000)
#define MI_SUBSECTION_BASE UINT64_C(0x81000000)
#define MI_STACK_BASE UINT64_C(0xE8000000) /* system PTEs (nt-reference 4.3) */
typedef uint32_t wsle_word;
#endif

/* Is va in the part of the system range that belongs to each process: page tables and hyperspace? */
static inline bool mi_is_process_owned(va_t va)
{
    va_t hyperspace_size = PTE_FORMAT == 2 ? UINT64_C(1) << 39 : LARGE_PAGE_SIZE * (PTE_FORMAT == 1 ? 2 : 1);
    return va >= PTE_BASE && va < HYPERSPACE_BASE + hyperspace_size;
}

static inline uint64_t mi_vpn(va_t va)
{
    return va >> MMU_PAGE_SHIFT;
}

/* --- pagetable.c --------------------------------------------------------------------------------------------- */

struct mi_fault;

/* One PTE in guest RAM: in a resident table that is referenced while held. */
struct mi_slot {
    pfn_t table;
    uint32_t offset; /* bytes */
};

enum mi_hold_result {
    MI_HELD,
    MI_ABSENT,  /* there is no page table */
    MI_OUT,     /* it, or one above it, is in transition or in a page file (tablepage.c) */
    MI_CORRUPT, /* an upper entry is no table: somebody wrote over it (bug check 0x1A) */
};

/* The only way to a PTE, with mi_first_page().  => HELD: give it back with mi_release_page_table(). */
enum mi_hold_result mi_hold_page_table(struct mm *mm, struct mmprocess *process, va_t va, struct mi_slot *ret_slot);
void mi_release_page_table(struct mm *mm, struct mi_slot slot);

static inline mmpte_t mi_read_pte(const struct mm *mm, struct mi_slot slot)
{
    return pte_load(mi_frame_read(mm, slot.table) + slot.offset);
}

/* The pages of a range whose page table exists, in ascending order; the table of the current one is held:
 *     for (struct mi_pages at = mi_first_page(mm, process, first, last, what_for); at.held; mi_next_page(&at))
 * => leave the loop early only through mi_leave_pages(). */
enum mi_visit {
    MI_CHANGE,   /* tables that are out of memory come back */
    MI_DELETE,   /* the same; but one that has nothing beyond the range goes where it is */
    MI_LOOK,     /* they stay out: words can be read (mi_page_word), and there is no slot */
    MI_RESIDENT, /* they are left out: no page of theirs is in memory */
};
struct mi_pages {
    struct mm *mm;
    struct mmprocess *process;
    va_t first, va, last; /* first and last byte of the range, and the current page */
    struct mi_slot slot;
    enum mi_visit what_for;
    bool held;
    bool is_copy; /* the words are in mm->look, not at slot */
    bool deleted; /* DELETE: a table went */
};
void mi_seek_page(struct mi_pages *at); /* to at->va, or the first page after it */

static inline struct mi_pages mi_first_page(struct mm *mm, struct mmprocess *process, va_t first, va_t last,
                                            enum mi_visit what_for)
{
    struct mi_pages at = {
        .mm = mm, .process = process, .first = first, .va = first, .last = last, .what_for = what_for};
    mi_seek_page(&at);
    return at;
}

static inline void mi_leave_pages(struct mi_pages *at)
{
    if (!at->is_copy)
        mi_release_page_table(at->mm, at->slot);
    at->held = false;
}

static inline void mi_next_page(struct mi_pages *at)
{
    at->va += MMU_PAGE_SIZE;
    at->slot.offset += PTE_SIZE;
    if (at->slot.offset < MMU_PAGE_SIZE && at->va <= at->last)
        return;
    mi_leave_pages(at);
    mi_seek_page(at);
}

static inline mmpte_t mi_page_word(const struct mi_pages *at)
{
    if (__builtin_expect(at->is_copy, 0))
        return pte_load(at->mm->look + at->slot.offset);
    return mi_read_pte(at->mm, at->slot);
}

/* The one writer of accounted PTEs: keeps the table's used_entries and share_count. */
void mi_write_pte(struct mm *mm, struct mi_slot slot, mmpte_t pte);

/* Make the page table of va and what is above it.
 * => STATUS_NO_MEMORY; STATUS_UNSUCCESSFUL where somebody wrote over an upper entry. */
ntstatus_t mi_make_page_table(struct mm *mm, struct mmprocess *process, va_t va);

/* Page tables for a range, all or none.  => STATUS_NO_MEMORY. */
ntstatus_t mi_make_page_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last);

/* Page tables of [first, last] that have no entry left go. */
void mi_delete_empty_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last);

/* Read an entry without holding, at a level (1: PTE). false: the table is not there. */
bool mi_peek_slot(const struct mm *mm, pfn_t root, va_t va, unsigned level, struct mi_slot *ret_slot);

/* The entry that leads to the page table of va, or, where that is not to be had, the one that says why not, and its
 * level (2 and up; 1 and the PTE's own slot where it is). */
enum mi_hold_result mi_find_table(const struct mm *mm, const struct mmprocess *process, va_t va,
                                  struct mi_slot *ret_slot, unsigned *ret_level);

/* The root that translates va for a process: its own, or the system's. */
pfn_t mi_root_of(const struct mm *mm, const struct mmprocess *process, va_t va);

/* --- tablepage.c: page tables that leave memory and come back ------------------------------------------------- */

/* Is the entry, of va at that level, that of a table that is out? */
bool mi_is_table_out(const struct mm *mm, mmpte_t entry, va_t va, unsigned level);

/* The table page at that address (of PTE space) leaves the working set. => false: it cannot. */
bool mi_can_evict_table(const struct mm *mm, const struct mmprocess *process, va_t table);
bool mi_evict_table(struct mm *mm, struct mmprocess *process, va_t table, enum mi_trim_reason why);

/* The page table of the faulting address is out: RETRY, or WAIT for it. */
enum mm_fault_result mi_resolve_table(struct mi_fault *fault);

/* The page table of va, for a service, at once. => false: it cannot be read; the machine is to stop (mm->bugcheck). */
bool mi_bring_table(struct mm *mm, struct mmprocess *process, va_t va);

/* The words of a table that is out. => false: as above. */
bool mi_look_at_table(const struct mm *mm, mmpte_t entry, uint8_t words[MMU_PAGE_SIZE]);

/* The PTE's word of va, wherever its table is. => false: there is no table. */
bool mi_look_at_pte(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte);

/* A table that is out, behind the entry of va at that level, goes with all that its words name, if all of them are for
 * pages of [first, last]. */
bool mi_delete_table_out(struct mm *mm, struct mmprocess *process, struct mi_slot slot, unsigned level, va_t va,
                         va_t first, va_t last);

/* --- frame.c ------------------------------------------------------------------------------------------------- */

/* pfn_move() for a frame that may have a page of a data file: counts those on the modified list. */
void mi_move_frame(struct mm *mm, pfn_t frame, enum pfn_state to);

enum mi_contents { MI_ANY, MI_ZEROED };

/* A frame for use: still in its list's state, to be claimed at once by mi_claim_frame(). => false: RAM is full. */
bool mi_take_frame(struct mm *mm, enum mi_contents contents, pfn_t *ret_frame);

/* Give a taken frame its owner: ACTIVE, one share, one reference. */
void mi_claim_frame(struct mm *mm, pfn_t frame, va_t pte_address, pfn_t containing, mmpte_t original, unsigned flags);

/* One more or one less PTE maps the frame; the last one gone, it goes to a list (prototype PTE: transition). */
void mi_share_frame(struct mm *mm, pfn_t frame);
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

void mi_reference_frame(struct mm *mm, pfn_t frame);
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
    if (__builtin_expect(process->ws_free < count, 0) && process->ws_entries > 0 && /* the system process has no list */
        mi_ws_grow(mm, process) != STATUS_SUCCESS)
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

/* --- resolve.c, prototype.c, fault.c --------------------------------------------------------------------------- */

/* One fault while it is being resolved. */
struct mi_fault {
    struct mm *mm;
    struct mmprocess *process;
    struct mm_fault *f;
    const struct mmvad *vad; /* of the address, or NULL */
    struct mi_slot slot;     /* held */
    mmpte_t pte;
    unsigned ws_flags; /* MI_WSLE_LOCKS that a private copy inherits */
    bool seen;         /* f->pte_before is what it was before the fault */
};

enum mm_fault_result mi_resolve_empty(struct mi_fault *fault);
enum mm_fault_result mi_resolve_valid(struct mi_fault *fault);
enum mm_fault_result mi_resolve_transition(struct mi_fault *fault);
enum mm_fault_result mi_resolve_demand_zero(struct mi_fault *fault);
enum mm_fault_result mi_resolve_prototype(struct mi_fault *fault);
enum mm_fault_result mi_resolve_paged_out(struct mi_fault *fault);

/* The fault found the page in transition: what is said of it. */
void mi_report_transition(struct mi_fault *fault, struct mmpfn *pfn, enum mm_fault_type soft);

/* What mi_begin_read() said, as the fault's result: RETRY finds the page in transition. */
enum mm_fault_result mi_answer_read(struct mi_fault *fault, ntstatus_t status);
bool mi_take_failed_read(struct mi_fault *fault, va_t pte_address, enum mm_fault_result *ret_result);

enum mm_fault_result mi_raise_violation(struct mi_fault *fault);
enum mm_fault_result mi_raise_no_memory(struct mi_fault *fault);
enum mm_fault_result mi_raise_in_page_error(struct mi_fault *fault, ntstatus_t why);
enum mm_fault_result mi_corrupt(struct mi_fault *fault);

/* May the access go on under this protection?  RESOLVED: yes; else the answer (violation, guard, stack growth). */
enum mm_fault_result mi_check_protection(struct mi_fault *fault, unsigned protection);

/* A fresh private page for the faulting address. */
enum mm_fault_result mi_make_private_page(struct mi_fault *fault, unsigned protection, const uint8_t *copy_from,
                                          enum mm_fault_type type);

/* A valid PTE with the rights of protection for an active frame; dirty where the access is a write. */
mmpte_t mi_valid_pte(const struct mi_fault *fault, pfn_t frame, unsigned protection);

/* --- guard.c --------------------------------------------------------------------------------------------------- */

enum mm_fault_result mi_hit_guard(struct mi_fault *fault, unsigned protection);

/* --- sysva.c ----------------------------------------------------------------------------------------------------- */

/* Entries of the system's top table that a process's own lacks are copied; true: something was. */
bool mi_sync_system_tables(struct mm *mm, struct mmprocess *process, va_t va);
bool mi_pool_allocate(struct mm *mm, uint32_t pages, va_t *ret_va);
void mi_pool_free(struct mm *mm, va_t va, uint32_t pages);
bool mi_system_slot(const struct mm *mm, va_t va, pfn_t *ret_frame, struct mi_slot *ret_slot);

/* The slot of a prototype PTE. false: its page is not there (bug check). */
bool mi_prototype_slot(const struct mm *mm, va_t prototype, struct mi_slot *ret_slot);

/* --- pages.c: what stands behind an address ------------------------------------------------------------------ */

/* The state of one page as the services see it. */
struct mi_page {
    bool committed;
    unsigned protection; /* MM_*, of the page as it is now */
};
struct mi_page mi_page_state(const struct mm *mm, const struct mmprocess *process, const struct mmvad *vad, va_t va,
                             mmpte_t pte);

/* Committed pages of a part of a private VAD. */
uint64_t mi_count_committed(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last);

/* Does the page of an image view, with this word and protection, need commit charge?  A private copy does, and a page
 * that is to become one at its first write (nt-reference section 8). */
bool mi_is_charged_page(const struct mm *mm, mmpte_t pte, unsigned protection);

/* Does the system half, outside what each process owns, map the frame? */
bool mi_is_system_page(const struct mmpfn *pfn);

/* Does the frame of a VALID or TRANSITION word know the PTE of va, or is it a shared one?
 * false: the memory manager did not write this word; nothing may be undone for it. */
bool mi_frame_knows(const struct mm *mm, va_t va, mmpte_t pte);

/* The prototype PTE's address of a page in a view; 0: of data, and not made yet. */
va_t mi_prototype_of(const struct mm *mm, const struct mmvad *vad, uint64_t vpn);

/* The protection of the segment at this page of a view, and how far it goes. */
unsigned mi_segment_run(const struct mm *mm, const struct mmvad *vad, uint64_t vpn, uint64_t *ret_end_vpn);
unsigned mi_segment_protection(const struct mm *mm, const struct mmvad *vad, uint64_t vpn);

/* Take a page out of the address space: frame, working set, PTE := replacement. => the slot is held. */
void mi_remove_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va, mmpte_t replacement);

/* One committed page gets another protection.
 * => the slot is held; write-copy means "private copy at first write";
 * => true: the page was locked, and is no more since it may not be valid. */
bool mi_protect_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad, va_t va,
                     unsigned protection);

/* A page that is not valid gets another protection; its word keeps its kind, and what its frame would leave behind when
 * it is taken has the same. => TRANSITION, PAGED_OUT, DEMAND_ZERO or LOOKUP; the slot is held. */
void mi_protect_invalid(struct mm *mm, struct mi_slot slot, unsigned protection);

/* A valid page leaves the working set: its PTE becomes transition, or a pointer to its prototype PTE. */
void mi_trim_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va, unsigned protection,
                  enum mi_trim_reason why);

/* The page is trimmed: counts, flush, event. => its frame is where it is to be. */
void mi_note_trim(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, enum mi_trim_reason why);

/* --- watch.c ---------------------------------------------------------------------------------------------------- */

/* The VAD of a new allocation watches writes. => false: the arena is full. */
bool mi_watch(struct mm *mm, struct mmprocess *process, struct mmvad *vad);
void mi_unwatch(struct mm *mm, struct mmprocess *process, struct mmvad *vad);

/* The tail of a split: a watch of its own, with what was written there. => false: the arena is full. */
bool mi_split_watch(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, struct mmvad *tail);

/* The PTE of va is about to lose its Dirty bit. */
void mi_capture_write(struct mm *mm, struct mmprocess *process, va_t va);
static inline void mi_note_written(struct mm *mm, struct mmprocess *process, va_t va)
{
    if (__builtin_expect(process->watches != 0, 0))
        mi_capture_write(mm, process, va);
}

/* --- trim.c ----------------------------------------------------------------------------------------------------- */

/* A page that is valid and not locked leaves the working set. => the slot is held, vad is that of va. */
bool mi_evict_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad, va_t va,
                   enum mi_trim_reason why);
bool mi_evict(struct mm *mm, struct mmprocess *process, va_t va, enum mi_trim_reason why);

/* --- hold.c ----------------------------------------------------------------------------------------------------- */

/* Make one page ready for template's access, as the CPU's fill would.
 * => STATUS_SUCCESS and the frame, or what the fault says; template describes it. */
ntstatus_t mi_ready_page(struct mm *mm, struct mm_fault *template,
                         void (*observe)(void *context, const struct mm_fault *fault), void *context, pfn_t *ret_frame);

/* --- virtual.c, section.c ------------------------------------------------------------------------------------- */

/* Zero bits that must be known.  => false: out of range. */
bool mi_highest_by_zero_bits(uint64_t zero_bits, va_t *ret_highest);
struct mmvad *mi_new_vad(struct mm *mm, uint64_t start_vpn, uint64_t end_vpn, enum vad_kind kind, unsigned protection);
void mi_insert_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad);

/* Delete [first, last] of a VAD's pages and page tables; not the VAD. */
void mi_delete_range(struct mm *mm, struct mmprocess *process, va_t first, va_t last);

/* The whole VAD: pages, charges, the view's reference, the VAD. */
void mi_delete_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad);

/* --- area.c: control areas ------------------------------------------------------------------------------------- */

/* A new one, in the list; NULL: the arena is full, whatever was kept. */
struct control_area *mi_new_area(struct mm *mm, enum area_kind kind, uint32_t file);
/* Off the list, and the object. => it owns nothing any more. */
void mi_drop_area(struct mm *mm, struct control_area *area);
/* Pages and prototype PTEs go with it, in whatever state. */
void mi_delete_area(struct mm *mm, struct control_area *area);
struct control_area *mi_find_area(const struct mm *mm, enum area_kind kind, uint32_t file);
uint64_t mi_area_resident(const struct mm *mm, const struct control_area *area);
void mi_reference_view(struct mm *mm, struct control_area *area, enum mm_section_owner owner);
void mi_release_view(struct mm *mm, arena_ref control_area, enum mm_section_owner owner);
void mi_delete_area_if_unused(struct mm *mm, struct control_area *area);

/* An unused control area goes, the oldest first, if that loses nothing: there is need of the pool.  => false: none. */
bool mi_reclaim_area(struct mm *mm);

/* The word of one prototype PTE goes: off its frame, or its place in the page file. => address is the slot's. */
void mi_clear_prototype(struct mm *mm, struct mi_slot slot, va_t address, mmpte_t replacement);

/* The frame in transition that a prototype PTE names, where it is its own. */
bool mi_prototype_frame(const struct mm *mm, mmpte_t pte, va_t address, pfn_t *ret_frame);

/* --- segment.c: prototype PTEs of data ---------------------------------------------------------------------------- */

/* The chunk of prototype PTEs around a page; NULL: not made yet. */
struct subsection *mi_find_chunk(const struct mm *mm, const struct control_area *area, uint64_t page);
/* => STATUS_NO_MEMORY: no frame; STATUS_INSUFFICIENT_RESOURCES. */
ntstatus_t mi_make_chunk(struct mm *mm, struct control_area *area, uint64_t page);
ntstatus_t mi_make_chunks(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);
void mi_free_chunks(struct mm *mm, struct control_area *area);
/* Of a page that is not in RAM and never was. */
mmpte_t mi_chunk_template(const struct mm *mm, const struct subsection *chunk);
static inline va_t mi_chunk_address(const struct subsection *chunk, uint64_t page)
{
    return chunk->prototypes + (va_t)(page - chunk->first_page) * PTE_SIZE;
}
static inline struct mi_slot mi_chunk_slot(const struct subsection *chunk, uint64_t page)
{
    return (struct mi_slot){chunk->table, (uint32_t)(page - chunk->first_page) * PTE_SIZE};
}
/* Is the page there, and committed? */
bool mi_is_committed(const struct mm *mm, const struct control_area *area, uint64_t page);
/* Pages of [first, last] that are not committed. */
uint64_t mi_count_uncommitted(const struct mm *mm, const struct control_area *area, uint64_t first, uint64_t last);
/* => there are chunks for all of them. */
void mi_commit_prototypes(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);

/* The data file whose page is in a frame; NULL: none. */
struct control_area *mi_file_of_frame(const struct mm *mm, const struct mmpfn *pfn);
/* The number of that page in its file. => it is a file's */
uint64_t mi_page_of_frame(const struct mm *mm, const struct mmpfn *pfn);

ntstatus_t mi_image_area(struct mm *mm, const struct mm_image *image, struct control_area **ret_area);
bool mi_is_cache_address(va_t va); /* in system cache space */
/* So many pages leave the views of the file cache, those first that were not accessed lately. => how many did. */
uint32_t mi_trim_cache(struct mm *mm, uint32_t count);

/* --- view.c, flush.c, system_view.c, mapped_writer.c ------------------------------------------------------------- */

/* Commit [first, last] (pages of the view's section) of a SEC_RESERVE section through a view. */
ntstatus_t mi_commit_view(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last,
                          unsigned protection);

static inline uint64_t mi_page_in_view(const struct mmvad *vad, va_t va)
{
    return vad->first_page + (mi_vpn(va) - vad->start_vpn);
}

/* Dirty bits of the PTEs of all views of [first, last] go to their frames. */
void mi_capture_dirty(struct mm *mm, const struct control_area *area, uint64_t first, uint64_t last);

/* The run of modified pages around the one at slot. => its length, at least 1; its frames. */
uint32_t mi_find_cluster(const struct mm *mm, struct mi_slot slot, pfn_t frame[MM_IO_PAGES]);

/* The thread will not repeat its flush. */
void mi_forget_flush(struct mm *mm, struct mi_flush *flush);

/* A write of an area's pages has ended. */
void mi_file_write_done(struct mm *mm, const struct mi_io *io, ntstatus_t status);

/* --- stack.c ---------------------------------------------------------------------------------------------------- */

/* The law that a kernel stack breaks, or NULL. */
const char *mi_check_stacks(struct mm *mm);

/* --- Entry points (struct mi_ops) ------------------------------------------------------------------------------ */

ntstatus_t mi_start(struct mm *mm);
ntstatus_t mi_process_create(struct mm *mm, enum pte_nx_policy nx, mm_process *ret_process);
void mi_process_clean(struct mm *mm, struct mmprocess *process);
void mi_process_delete(struct mm *mm, struct mmprocess *process);
enum mm_fault_result mi_access_fault(struct mm *mm, struct mm_fault *fault);
ntstatus_t mi_hold(struct mm *mm, struct mm_fault *template, va_t va, uint64_t length, enum mmu_access access,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context,
                   struct mm_hold *ret_hold);
void mi_release(struct mm *mm, struct mm_hold *hold);
bool mi_peek_pte(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte);
bool mi_peek_frame(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t *ret_frame);
ntstatus_t mi_allocate(struct mm *mm, struct mmprocess *process, struct mm_allocation *request);
ntstatus_t mi_free(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t type);
ntstatus_t mi_protect(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t protect,
                      uint32_t *ret_old);
ntstatus_t mi_query(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *ret_region);
ntstatus_t mi_allocate_secured(struct mm *mm, struct mmprocess *process, va_t base, uint64_t size);
void mi_free_secured(struct mm *mm, struct mmprocess *process, va_t base);
ntstatus_t mi_map_shared_page(struct mm *mm, struct mmprocess *process, va_t user, va_t system);
ntstatus_t mi_system_allocate(struct mm *mm, va_t base, uint64_t size, unsigned protection);
bool mi_system_frame(const struct mm *mm, va_t va, pfn_t *ret_frame);
ntstatus_t mi_section_create_image(struct mm *mm, const struct mm_image *image, mm_section *ret_section);
ntstatus_t mi_section_create(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section);
void mi_section_close(struct mm *mm, struct section *section);
ntstatus_t mi_map_view(struct mm *mm, struct mmprocess *process, struct section *section,
                       struct mm_map_request *request);
ntstatus_t mi_map_system_view(struct mm *mm, struct control_area *area, uint64_t offset, uint32_t size, va_t *ret_va);
void mi_unmap_system_view(struct mm *mm, va_t va);
ntstatus_t mi_file_flush(struct mm *mm, struct control_area *area, uint32_t thread, uint64_t first, uint64_t last);
void mi_file_size_changed(struct mm *mm, struct control_area *area, uint64_t new_size);
bool mi_file_purge(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);
void mi_file_allow_writes(struct mm *mm, struct control_area *area);
bool mi_discard_area(struct mm *mm, struct control_area *area);
enum mm_step mi_mapped_writer(struct mm *mm);
enum mm_step mi_reclaim_areas(struct mm *mm);
ntstatus_t mi_map_image(struct mm *mm, struct mmprocess *process, struct control_area *area, struct mm_view *view);
ntstatus_t mi_unmap_view(struct mm *mm, struct mmprocess *process, va_t va);
ntstatus_t mi_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context);
ntstatus_t mi_unlock(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map);
ntstatus_t mi_get_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range, enum mm_watch_mode mode,
                              va_t *addresses, size_t room, size_t *ret_count);
ntstatus_t mi_reset_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range);
size_t mi_ws_list(struct mm *mm, struct mmprocess *process, struct mm_ws_page *pages, size_t room);
bool mi_ws_page_at(struct mm *mm, struct mmprocess *process, va_t va, struct mm_ws_page *ret_page);
void mi_ws_empty(struct mm *mm, struct mmprocess *process);
bool mi_trim(struct mm *mm, struct mmprocess *process, va_t va);
void mi_io_done(struct mm *mm, uint32_t id, ntstatus_t status);
uint32_t mi_ws_trim_from(struct mm *mm, struct mmprocess *process, uint64_t first, uint32_t count);
void mi_thread_moved(struct mm *mm, uint32_t thread);
enum mm_step mi_working_set_manager(struct mm *mm, enum mm_wake wake);
enum mm_step mi_modified_writer(struct mm *mm);
enum mm_step mi_zero_page(struct mm *mm);
ntstatus_t mi_stack_create(struct mm *mm, uint32_t thread, arena_ref *ret_stack);
void mi_stack_delete(struct mm *mm, arena_ref stack);
void mi_stack_query(const struct mm *mm, arena_ref stack, struct mm_stack_info *ret_info);
void mi_stack_outswap(struct mm *mm, arena_ref stack);
enum mm_fault_result mi_stack_inswap(struct mm *mm, arena_ref stack, struct mm_fault *fault);
enum mm_step mi_process_outswap(struct mm *mm, struct mmprocess *process);
const char *mi_check(struct mm *mm);
#endif

#endif
