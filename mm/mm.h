/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm.h - the memory manager: what the machine may ask of it; of sections and files: section.h.
 *
 * Knows mmu/, and the world outside only through struct mm_env.  All state lives in one region that the caller
 * provides; there is no malloc and no file-level state.  Any call that may have to wait for a page answers
 * STATUS_MM_WAIT (or MM_FAULT_WAIT): nothing was changed, block the thread on mm_wait_key() and repeat.
 *
 * Sources: design.md "mm/"; nt-reference.md sections 1 to 8 and 13.1. */
#ifndef SOFTFAULT_MM_MM_H
#define SOFTFAULT_MM_MM_H

#include <stddef.h>

#include "mm/arena.h"
#include "mm/nt.h"
#include "mmu/walk.h"

struct mm;

typedef arena_ref mm_process; /* an address space; 0: none */

/* --- Set-up ------------------------------------------------------------------------------------------------ */

/* What the page_in callback is asked for: one 4 KB page of a file-backed section. */
struct mm_page_in {
    uint32_t file;        /* the caller's name for the file (struct mm_image.file, in section.h) */
    uint32_t subsection;  /* index in struct mm_image.subsections */
    uint64_t file_offset; /* where the page begins in the file */
    uint32_t valid_bytes; /* that come from the file, 1..4096; the rest is zero */
    uint32_t image_page;  /* image sections: page number from the image's first page */
    va_t image_base;      /* image sections: where the image lives: relocate the page for it */
    va_t preferred_base;  /* and where it was linked to live */
};

/* One transfer between frames and their backing store, of neighbouring pages. */
enum mm_io_kind { MM_IO_FILE_READ, MM_IO_PAGEFILE_READ, MM_IO_PAGEFILE_WRITE, MM_IO_FILE_WRITE };
enum { MM_IO_PAGES = 16 }; /* 64 KB: the largest (nt-reference 7.6, 7.7) */
struct mm_io {
    uint32_t id; /* for mm_io_done() and mm_wait_key(); never 0 */
    enum mm_io_kind kind;
    uint32_t file;   /* of an image or a data section, or the page file's number 0..15 */
    uint64_t offset; /* bytes, in the file */
    uint32_t pages;  /* 1..MM_IO_PAGES */
    uint32_t thread; /* that asked for it; 0: a system thread */
};

/* A thread's user stack, as its TEB says (nt-reference 6.3). */
struct mm_user_stack {
    va_t base;          /* StackBase: one past the highest byte */
    va_t limit;         /* StackLimit: lowest committed byte */
    va_t deallocation;  /* DeallocationStack: start of the reserve */
    uint32_t guarantee; /* GuaranteedStackBytes: what STATUS_STACK_OVERFLOW leaves to handle it on; a page at least */
    va_t missing;       /* where the TEB says it, which is not resident: the rest is unknown; 0: all is known */
};

/* What happens to a frame. */
enum mm_event_kind {
    MM_EVENT_PFN,        /* it goes from one state to another */
    MM_EVENT_TRIM,       /* a page leaves a working set */
    MM_EVENT_PAGE_WRITE, /* a cluster goes to its page file, or to its file */
    MM_EVENT_PAGE_READ,  /* a cluster comes from its file or page file */
    MM_EVENT_LOST_WRITE, /* a file does not take its modified pages: io and status of the write that failed.  They are
                          * kept and tried again; said once until a write of that file goes well */
    MM_EVENT_SECTION,    /* the life of a control area, what sections and views of the same pages share */
};
struct mm_event {
    enum mm_event_kind kind;
    pfn_t frame;           /* PFN, TRIM; the first of a cluster */
    const char *from, *to; /* PFN: names of states ("Standby"); TRIM: to = the list it went to */
    mm_process process;    /* TRIM: whose working set */
    va_t va;               /* TRIM: the page; PFN: the address of the PTE that owns the frame */
    const char *why;       /* TRIM: "replaced", "trimmed", "emptied", "outswap", "injected"; "stack": a kernel stack's,
                            * process 0 */
    struct mm_io io;       /* PAGE_WRITE, PAGE_READ */
    ntstatus_t status;     /* PAGE_WRITE, PAGE_READ: how it ended */
    const char *what;      /* SECTION: "created"; "unused": no section or view of it is left, its pages stay; "reused";
                            * "deleted" */
    const char *of;        /* SECTION: "image", "file", "pagefile" */
    uint32_t file;         /* SECTION: the file; 0: none */
    uint64_t pages;        /* SECTION: its size */
};

/* The world outside, all called with context. */
struct mm_env {
    void *context;
    /* PTEs lost rights or changed frames: translations must go before the guest runs on.  Called once for a batch. */
    void (*flush_tlb)(void *context);
    /* The bytes of a frame change from the host: translated code of it must go. */
    void (*drop_code)(void *context, pfn_t frame);
    /* A transfer begins.  STATUS_SUCCESS: it takes no time, and is done before the call that needs it returns;
     * STATUS_PENDING: mm_io_done() comes later, and whoever needs the page waits.  NULL: always the former.
     * No byte moves yet: the three calls below do that, when the transfer is over. */
    ntstatus_t (*io_begin)(void *context, const struct mm_io *io);
    /* May a process (0: the system) be charged so many pages of commit, where the limit allows it and the charge may
     * fail?  NULL: always. */
    bool (*may_commit)(void *context, mm_process process, uint64_t pages);
    /* Fill page (4096 zeroed bytes) from a file.  STATUS_SUCCESS, or the I/O error that becomes the third parameter of
     * STATUS_IN_PAGE_ERROR. */
    ntstatus_t (*page_in)(void *context, const struct mm_page_in *request, uint8_t *page);
    /* Data files: length bytes, 1..4096, at offset; never beyond the file's size as mm was told.  The same statuses.
     * A read may also end early (bytes is zeroed before).  NULL: there are no data files. */
    ntstatus_t (*file_read)(void *context, uint32_t file, uint64_t offset, uint8_t *bytes, uint32_t length);
    ntstatus_t (*file_write)(void *context, uint32_t file, uint64_t offset, const uint8_t *bytes, uint32_t length);
    /* mm knows a data file no more: no page of it is in memory.  The caller may close it.  May be NULL. */
    void (*file_forgotten)(void *context, uint32_t file);
    /* One page of a page file, offset in pages (1 and up).  The same statuses. */
    ntstatus_t (*pagefile_read)(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page);
    ntstatus_t (*pagefile_write)(void *context, uint32_t pagefile, uint64_t offset, const uint8_t *page);
    /* The same bytes as pagefile_read(), for a look at a page table that stays where it is; NULL: pagefile_read(). */
    ntstatus_t (*pagefile_look)(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page);
    /* The page file is to hold so many pages (0: it goes).  STATUS_DISK_FULL and the like: it stays as it was. */
    ntstatus_t (*pagefile_resize)(void *context, uint32_t pagefile, uint64_t pages);
    /* What happens to frames, for traces; NULL: nobody listens, and it costs one test. */
    void (*event)(void *context, const struct mm_event *event);
    /* The running thread's stack, for guard pages of process that grow it.  false: it has none there. */
    bool (*user_stack)(void *context, mm_process process, struct mm_user_stack *ret_stack);
    /* The stack grew: StackLimit := limit. */
    void (*set_stack_limit)(void *context, va_t limit);
};

enum mm_replacement { MM_REPLACE_AGED, MM_REPLACE_FIFO }; /* nt-reference 7.3 */

/* Who does the work of the six system threads: the machine's threads (mm_daemon_step), or each call that finds no
 * frame. */
enum mm_daemons { MM_DAEMONS_INLINE, MM_DAEMONS_ARE_THREADS };

enum mm_read_ahead { MM_READ_NEIGHBOURS, MM_READ_ALONE }; /* what a hard fault brings (nt-reference 7.7) */

struct mm_config {
    enum paging_format format;
    enum mm_daemons daemons;
    enum mm_replacement replacement;
    enum mm_read_ahead read_ahead;
    struct mmu_ram ram;        /* base mapped and zeroed; stamp zeroed; epoch >= 1 */
    const struct mm_env *env;  /* outlives the mm */
    va_t highest_user_address; /* 0: the format's default (7FFEFFFF; x64: 7FFFFFEFFFF) */
};

/* Bytes of zeroed, page-aligned memory that an mm for frame_count frames needs (mostly untouched). */
size_t mm_state_size(uint32_t frame_count);

/* Bytes of RAM that the machine may have: as far as frame numbers in page-table entries reach (x86: 20 bits), or as NT
 * 5.2 goes (PAE: 64 GB, x64: 1 TB). */
uint64_t mm_most_ram(enum paging_format format);

/* Make a memory manager in memory; NULL when RAM is too small to start (< 64 frames), or more than mm_most_ram(). */
struct mm *mm_init(void *memory, const struct mm_config *config);

/* --- Frames ------------------------------------------------------------------------------------------------ */

const uint8_t *mm_frame_read(const struct mm *mm, pfn_t frame);

/* The only source of a writable pointer to guest RAM: stamps the snapshot epoch, drops the frame's translated code. */
uint8_t *mm_frame_write(struct mm *mm, pfn_t frame);

/* The CPU fills a translation of frame with rights (MMU_RIGHT_*): remembered so that mm_frame_write() knows. */
void mm_frame_note_fetch(struct mm *mm, pfn_t frame);

/* Has the frame ever been filled for fetch since it was last dropped? */
bool mm_frame_has_code(const struct mm *mm, pfn_t frame);
void mm_frame_forget_code(struct mm *mm, pfn_t frame);

/* Frames of that number and above were never used: zeroed, and nothing is known of them. */
uint32_t mm_frames_untouched_from(const struct mm *mm);

/* MmMarkPhysicalMemoryAsBad: RAM that fails.  The frame is never used again; one in use goes to the bad list when its
 * page has left it, contents and all.  The commit limit is a page lower.
 * => STATUS_INVALID_PARAMETER_1: there is no such frame. */
ntstatus_t mm_mark_bad(struct mm *mm, pfn_t frame);

/* --- Processes --------------------------------------------------------------------------------------------- */

/* MmCreateProcessAddressSpace + MmInitializeProcessAddressSpace: three pages on x86 (nt-reference 13.1).
 * => STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES. */
ntstatus_t mm_process_create(struct mm *mm, enum pte_nx_policy nx, mm_process *ret_process);

/* The process places nothing above highest (the last byte of 64 KB, at least 128 KB) from now on, but for its PEB and
 * TEBs: a 64-bit program whose image is not large-address-aware has 2 GB (nt-reference 4.2). */
void mm_process_limit(struct mm *mm, mm_process process, va_t highest);

/* MmCleanProcessAddressSpace: all VADs, views, private pages and page tables go. */
void mm_process_clean(struct mm *mm, mm_process process);

/* MmDeleteProcessAddressSpace: the last pages go.  => cleaned. */
void mm_process_delete(struct mm *mm, mm_process process);

/* The frame that mmu_walk() starts from. */
pfn_t mm_process_root(const struct mm *mm, mm_process process);

struct mm_process_counters {
    uint64_t page_faults;
    uint64_t working_set, peak_working_set; /* pages */
    uint64_t private_pages;                 /* resident private pages */
    uint64_t commit_charge, peak_commit;    /* pages */
    uint64_t table_charge; /* of commit_charge: page tables that committed memory will need, and has not yet */
    uint64_t virtual_size, peak_virtual_size; /* bytes */
    uint64_t page_tables;                     /* resident page-table pages of user space */
    uint64_t locked_pages;                    /* locked into the working set or into memory by mm_lock() */
};
void mm_process_query(const struct mm *mm, mm_process process, struct mm_process_counters *ret_counters);

/* --- Faults ------------------------------------------------------------------------------------------------ */

enum mm_fault_result {
    MM_FAULT_RESOLVED, /* walk again */
    MM_FAULT_RETRY,    /* internal; never returned by mm_access_fault() */
    MM_FAULT_WAIT,     /* block on mm_wait_key(), then run the instruction again */
    MM_FAULT_RAISE,    /* deliver .status with .information to the thread */
    MM_FAULT_BUGCHECK, /* stop the machine with .bugcheck */
};

enum mm_fault_type { /* names of the kernel's own trace classes (nt-reference 15.1), and ours */
                     MM_FAULT_TYPE_NONE,
                     MM_FAULT_TYPE_TRANSITION,
                     MM_FAULT_TYPE_DEMAND_ZERO,
                     MM_FAULT_TYPE_COPY_ON_WRITE,
                     MM_FAULT_TYPE_GUARD_PAGE,
                     MM_FAULT_TYPE_HARD_FAULT, /* the page was read from a file */
                     MM_FAULT_TYPE_PROTOTYPE,  /* soft, through a prototype PTE: shared page or its demand zero */
                     MM_FAULT_TYPE_ACCESS_VIOLATION,
                     MM_FAULT_TYPE_NO_EXECUTE,
                     MM_FAULT_TYPE_STACK_GROWTH,
                     MM_FAULT_TYPE_IN_PAGE_ERROR,
                     MM_FAULT_TYPE_DIRTY, /* first write to a clean writable page (MP form, nt-reference 1.7) */
                     MM_FAULT_TYPE_COUNT
};
const char *mm_fault_type_name(enum mm_fault_type type); /* "DemandZero", ... */

/* Why the machine is to stop (nt-reference 10.7). */
struct mm_bugcheck {
    uint32_t code; /* 0: it is not */
    uint64_t parameter[4];
};

struct mm_fault {
    /* in */
    va_t va; /* exact where known, else the page */
    enum mmu_access access;
    enum mmu_mode mode;
    unsigned irql; /* 0..2; at 2 no fault can be resolved: bug check 0xA */
    mm_process process;
    uint32_t thread;     /* id, for events */
    uint32_t read_pages; /* of a data file, to be read together with the page; 0: as many as always (at most 16) */
    bool replaces; /* a write that stores into the whole of the page, before anybody else runs: a data file's page that
                    * is not in memory is not read, but zero.  Not for mm_hold() of more than that page. */
    /* out: information only with RAISE, bugcheck only with BUGCHECK */
    enum mm_fault_type type;
    mmpte_t pte_before, pte_after; /* of va; 0 where there is no page table */
    pfn_t frame;                   /* RESOLVED only */
    const char *vad;               /* "private", "image", "mapped", "cache", "shared", "system" or "none" */
    ntstatus_t status;             /* RESOLVED: STATUS_PAGE_FAULT_*; RAISE: the exception */
    unsigned parameter_count;      /* RAISE */
    uint64_t information[3];       /* RAISE */
    const char *not_modelled;      /* set where the machinery is missing: a clear line for the user */
    struct mm_bugcheck bugcheck;
};

/* Resolve one page fault (MmAccessFault).  A page that was present after all is RESOLVED with type NONE. */
enum mm_fault_result mm_access_fault(struct mm *mm, struct mm_fault *fault);

/* What the last STATUS_MM_WAIT or MM_FAULT_WAIT waits for: a transfer's id, or one of these.  0: nothing. */
#define MM_WAIT_FREE_PAGE UINT32_MAX /* any frame: mm_take_signals() says MM_SIGNAL_FREE_PAGE */
uint32_t mm_wait_key(const struct mm *mm);

/* A thread begins to wait for MM_WAIT_FREE_PAGE: the signal comes for it, too, if it has come since the call that said
 * so. */
void mm_await_free_page(struct mm *mm);

/* A transfer that io_begin() called STATUS_PENDING is over: its bytes move now, threads that wait for it run on. */
void mm_io_done(struct mm *mm, uint32_t id);
/* It is over and has failed with that status: no byte moves. */
void mm_io_failed(struct mm *mm, uint32_t id, ntstatus_t status);

/* Pages that calls since the last time have read or written without asking the machine for time: page tables that a
 * service needed. */
uint32_t mm_take_synchronous(struct mm *mm);

/* A call found that the machine must stop (a page table could not be read back: 0x7A).  false: none did. */
bool mm_take_bugcheck(struct mm *mm, struct mm_bugcheck *ret_bugcheck);

/* The thread has run an instruction since it last waited (or will never run again): pages that were read for it and
 * kept in memory are kept no more. */
void mm_thread_moved(struct mm *mm, uint32_t thread);

/* --- The six system threads (nt-reference 7.4) -------------------------------------------------------------- */

enum mm_daemon {
    MM_WORKING_SET_MANAGER, /* priority 16; each second, and when signalled */
    MM_SWAPPER,             /* 23 */
    MM_MODIFIED_WRITER,     /* 17 */
    MM_MAPPED_WRITER,       /* 17 */
    MM_DEREFERENCE_SEGMENT, /* 18 */
    MM_ZERO_PAGE,           /* 0 */
    MM_DAEMON_COUNT
};
#define MM_SIGNAL(daemon) (1u << (daemon))
#define MM_SIGNAL_ATTENTION (1u << 30) /* mm_take_synchronous() or mm_take_bugcheck() has something to say */
#define MM_SIGNAL_FREE_PAGE (1u << 31) /* frames are available again: threads that wait for one run on */

/* Which of them have work that they did not have before; asking clears it.  Worth asking after any call. */
unsigned mm_take_signals(struct mm *mm);

/* A bounded piece of a daemon's work.  by_timer: the second has passed (else it was signalled, or goes on).
 * => MORE: call again; IDLE: it waits for its signal or the timer; WAIT: for mm_wait_key(). */
enum mm_step { MM_STEP_IDLE, MM_STEP_MORE, MM_STEP_WAIT };
enum mm_wake { MM_WAKE_SIGNAL, MM_WAKE_TIMER };
enum mm_step mm_daemon_step(struct mm *mm, enum mm_daemon daemon, enum mm_wake wake);
const char *mm_daemon_name(enum mm_daemon daemon); /* "ModifiedPageWriter" */
/* Why it has been signalled, by what is so now: "memory low". */
const char *mm_daemon_reason(const struct mm *mm, enum mm_daemon daemon);

/* --- Kernel stacks and processes that leave memory (nt-reference 7.5, 10.5) ----------------------------------- */

typedef arena_ref mm_stack; /* a thread's kernel stack; 0: none */

/* MmCreateKernelStack: 12 KB (x64: 24 KB) of system space with a no-access page below, resident, zeroed.  thread: its
 * id, the signature.
 * => STATUS_INSUFFICIENT_RESOURCES (no place, no commit, no object), STATUS_NO_MEMORY (no frame), STATUS_MM_WAIT. */
ntstatus_t mm_stack_create(struct mm *mm, uint32_t thread, mm_stack *ret_stack);

/* MmDeleteKernelStack, wherever its pages are. */
void mm_stack_delete(struct mm *mm, mm_stack stack);

struct mm_stack_info {
    va_t limit, base; /* lowest byte; one past the highest */
    va_t signature;   /* where it is written: below base */
    uint32_t thread;
    bool resident;
};
void mm_stack_query(const struct mm *mm, mm_stack stack, struct mm_stack_info *ret_info);

/* MmOutPageKernelStack: the signature is written, the pages go to the modified list.  => resident. */
void mm_stack_outswap(struct mm *mm, mm_stack stack);

/* While a stack is out its pages may be promised to others: are there as many that are not? */
bool mm_stack_has_room(const struct mm *mm, mm_stack stack);

/* MmInPageKernelStack: the pages come back and the signature is checked.  => not resident.
 * => RESOLVED: resident; WAIT: repeat, nothing is lost; RAISE: no frame can be had, try again later;
 *    BUGCHECK: fault->bugcheck says why (0x77: not read, or not the signature; 0x1A: a PTE is corrupt).
 * The system's reads, "thread 0", are kept until it is resident, or mm_thread_moved(mm, 0). */
enum mm_fault_result mm_stack_inswap(struct mm *mm, mm_stack stack, struct mm_fault *fault);

/* MmOutSwapProcess, a step: its working-set limit is lowered, pages above it go ("outswap").
 * => MORE: call again; IDLE: it is out, but for what is locked, cannot be written, or is never paged. */
enum mm_step mm_process_outswap(struct mm *mm, mm_process process);

/* MmInSwapProcess, also of one that is still leaving. */
void mm_process_inswap(struct mm *mm, mm_process process);

/* --- Page files (nt-reference 8) ------------------------------------------------------------------------------ */

enum { MM_PAGEFILES_MAX = 16 };
/* Sizes in pages, the first one too: it is never used.  env->pagefile_resize() makes it.
 * => STATUS_TOO_MANY_PAGING_FILES, STATUS_INVALID_PARAMETER_MIX (maximum below minimum), STATUS_INVALID_PARAMETER_2 and
 *    _3 (too small, or too large for the format's PTEs), STATUS_INSUFFICIENT_RESOURCES, what pagefile_resize() says. */
ntstatus_t mm_pagefile_create(struct mm *mm, uint64_t minimum, uint64_t maximum, uint32_t *ret_pagefile);
/* The sizes alone.  => STATUS_SUCCESS, STATUS_INVALID_PARAMETER_MIX, _2 and _3. */
ntstatus_t mm_pagefile_check_sizes(const struct mm *mm, uint64_t minimum, uint64_t maximum);
/* Other sizes for one that exists: it grows at once to a larger minimum; a maximum below what it has is refused. */
ntstatus_t mm_pagefile_change(struct mm *mm, uint32_t pagefile, uint64_t minimum, uint64_t maximum);

/* As if others had filled them: from now on they take no more pages than they hold, do not grow, and the commit limit
 * counts no more of them. */
void mm_pagefile_fill(struct mm *mm);

struct mm_pagefile_info { /* pages */
    uint64_t size, minimum, maximum, used, peak;
};
/* => false: there is none of that number. */
bool mm_pagefile_query(const struct mm *mm, uint32_t pagefile, struct mm_pagefile_info *ret_info);

/* --- Pages held for a service ------------------------------------------------------------------------------ */

enum { MM_HOLD_PAGES = 17 }; /* 64 KB at any alignment */

/* User pages made resident (and writable) and referenced, so that a service's apply phase cannot fault. */
struct mm_hold {
    arena_ref ref;   /* 0: holds nothing */
    va_t va;         /* first byte */
    uint32_t length; /* bytes held from va: less than asked where MM_HOLD_PAGES ends them */
};

/* Hold [va, va+length), as far as MM_HOLD_PAGES pages go.
 * => faults pages in with the thread's rights; on failure nothing is held and status is STATUS_ACCESS_VIOLATION,
 *    STATUS_GUARD_PAGE_VIOLATION (the guard is consumed), STATUS_IN_PAGE_ERROR, STATUS_MM_WAIT, ...
 * => template gives mode, irql, process, thread; on failure its out fields describe the fault.
 * => observe, where not NULL, is called for every fault taken (trace). */
ntstatus_t mm_hold(struct mm *mm, struct mm_fault *template, va_t va, uint64_t length, enum mmu_access access,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context,
                   struct mm_hold *ret_hold);
void mm_hold_read(const struct mm *mm, const struct mm_hold *hold, uint32_t offset, void *buffer, uint32_t length);
void mm_hold_write(struct mm *mm, const struct mm_hold *hold, uint32_t offset, const void *bytes, uint32_t length);
/* From one hold to another, frame to frame. */
void mm_hold_copy(struct mm *mm, const struct mm_hold *to, uint32_t to_offset, const struct mm_hold *from,
                  uint32_t from_offset, uint32_t length);
void mm_release(struct mm *mm, struct mm_hold *hold);

/* Read what is resident, changing nothing (no fault, no Accessed bit): for reports and debuggers.
 * => returns the bytes read before the first page that is not valid. */
size_t mm_peek(const struct mm *mm, mm_process process, va_t va, void *buffer, size_t length);

/* The PTE of va as it stands, and whether its page table exists. */
bool mm_peek_pte(const struct mm *mm, mm_process process, va_t va, mmpte_t *ret_pte);

/* --- Virtual memory services (nt-reference 5.3 to 5.6); addresses and sizes as the guest gave them --------- */

struct mm_allocation {
    va_t base;          /* in: 0 = anywhere; out: rounded */
    uint64_t size;      /* in: bytes; out: rounded */
    uint64_t zero_bits; /* 0..21; x64: 32 and more is a mask of the bits that may be set */
    uint32_t type;      /* MEM_* */
    uint32_t protect;   /* PAGE_* */
};
ntstatus_t mm_allocate(struct mm *mm, mm_process process, struct mm_allocation *request);

ntstatus_t mm_free(struct mm *mm, mm_process process, va_t *base, uint64_t *size, uint32_t type);

ntstatus_t mm_protect(struct mm *mm, mm_process process, va_t *base, uint64_t *size, uint32_t protect,
                      uint32_t *ret_old);

struct mm_region { /* MEMORY_BASIC_INFORMATION */
    va_t base, allocation_base;
    uint32_t allocation_protect, state, protect, type;
    uint64_t size;
};
ntstatus_t mm_query(struct mm *mm, mm_process process, va_t va, struct mm_region *ret_region);

/* The kind and extent of the VAD around va, for reports; false: none. */
struct mm_vad_info {
    va_t start, end; /* end: last byte */
    const char *kind;
    uint32_t protect;  /* PAGE_* */
    bool committed;    /* MemCommit */
    arena_ref section; /* its control area */
    uint32_t file;     /* behind the section; 0: none */
    uint64_t offset;   /* of the view, bytes; images: 0 */
};
/* (Of an address in system space: of the view of the file cache there, whatever the process.) */
bool mm_vad_at(const struct mm *mm, mm_process process, va_t va, struct mm_vad_info *ret_info);

/* PAGE_* <-> MM_* (nt-reference 1.6).  false: STATUS_INVALID_PAGE_PROTECTION. */
bool mm_protection_from_page(uint32_t page, unsigned *ret_protection);
uint32_t mm_page_from_protection(unsigned protection);

/* NtLockVirtualMemory, NtUnlockVirtualMemory (nt-reference 5.7).  base and size come back rounded to pages.
 * template and observe as for mm_hold(); the process is template->process.  The caller has checked the privilege that
 * MM_LOCK_SYSTEM needs.
 * lock:   => STATUS_SUCCESS, STATUS_WAS_LOCKED; STATUS_INVALID_PARAMETER, STATUS_ACCESS_VIOLATION (no VAD, reserved or
 *            PAGE_NOACCESS pages), STATUS_GUARD_PAGE_VIOLATION (the guard is consumed), STATUS_WORKING_SET_QUOTA,
 *            STATUS_MM_WAIT: repeat.  Success: every page of the range is in the working set, and locked.  Else
 *            nothing is locked that was not before.
 * unlock: => STATUS_NOT_LOCKED where a page is not: nothing is unlocked, but those pages leave the working set. */
enum mm_lock_map {
    MM_LOCK_PROCESS = 1, /* MAP_PROCESS: in the working set */
    MM_LOCK_SYSTEM = 2,  /* MAP_SYSTEM: in memory */
};
struct mm_range {
    va_t base;
    uint64_t size;
};
ntstatus_t mm_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context);
ntstatus_t mm_unlock(struct mm *mm, mm_process process, struct mm_range *range, unsigned map);

/* Addresses of the pages of [base, base+size) written since the last reset, ascending; where reset, exactly those that
 * are returned are reset.  The range lies in one MEM_WRITE_WATCH allocation (nt-reference 12.3).
 * => STATUS_INVALID_PARAMETER_1 (base), _2 (size), STATUS_INVALID_PARAMETER: it does not. */
enum mm_watch_mode { MM_WATCH_READ, MM_WATCH_RESET };
ntstatus_t mm_get_write_watch(struct mm *mm, mm_process process, struct mm_range range, enum mm_watch_mode mode,
                              va_t *addresses, size_t room, size_t *ret_count);
ntstatus_t mm_reset_write_watch(struct mm *mm, mm_process process, struct mm_range range);

/* --- Working sets ------------------------------------------------------------------------------------------ */

struct mm_ws_page {
    va_t va;
    unsigned protection;  /* MM_*, as a fault would take it now */
    uint32_t share_count; /* processes that map it, not capped; 0: private */
    bool shared;          /* through a prototype PTE */
    bool locked;
};

/* The user pages in the working set, in ascending order of address, as far as room goes.  => how many there are. */
size_t mm_ws_list(struct mm *mm, mm_process process, struct mm_ws_page *pages, size_t room);

/* One page.  => false: not in the working set (*ret_page has va, and shared where it can be told). */
bool mm_ws_page_at(struct mm *mm, mm_process process, va_t va, struct mm_ws_page *ret_page);

/* The system: pages of the file cache and of paged pool are its working set, which the calls below take as well. */
mm_process mm_system_process(const struct mm *mm);

/* Quota limits (nt-reference 7.2), in pages; the defaults are 50 and 345, both soft.  Trimming obeys them from issue 6
 * on; mm_lock() counts against the minimum from the start. */
enum { MM_WS_HARD_MIN = 1, MM_WS_HARD_MAX = 4 };
struct mm_ws_limits {
    uint64_t minimum, maximum;
    unsigned hard; /* MM_WS_HARD_* */
};
void mm_ws_get_limits(const struct mm *mm, mm_process process, struct mm_ws_limits *ret_limits);
/* A hard maximum below the present size takes effect at once; only what cannot be replaced may be beyond it: locked
 * pages, and page tables that pages in transition need.
 * => STATUS_INVALID_PARAMETER (unknown flags); STATUS_BAD_WORKING_SET_LIMIT: minimum above maximum, maximum below 13 or
 * beyond RAM, minimum below what is locked; STATUS_INSUFFICIENT_RESOURCES. */
ntstatus_t mm_ws_set_limits(struct mm *mm, mm_process process, const struct mm_ws_limits *limits);

/* Every page that is not locked leaves the working set; its contents stay (transition, or its prototype PTE). */
void mm_ws_empty(struct mm *mm, mm_process process);

/* So many pages that are not locked leave the working set, or as many as there are, beginning with the entry of that
 * number (any number: it wraps around); their contents stay.  => pages that left it. */
uint32_t mm_ws_trim(struct mm *mm, mm_process process, uint64_t entry, uint32_t pages);

/* The no-execute rule for PTEs that are built from now on (NtSetInformationProcess, class 22 hex). */
void mm_process_set_nx(struct mm *mm, mm_process process, enum pte_nx_policy nx);

/* --- PEB, TEB, shared user data ---------------------------------------------------------------------------- */

/* Commit private READWRITE pages at a fixed place that the process can neither free nor reprotect. */
ntstatus_t mm_allocate_secured(struct mm *mm, mm_process process, va_t base, uint64_t size);

/* Give such pages back: a TEB's.  => base is where they begin. */
void mm_free_secured(struct mm *mm, mm_process process, va_t base);

/* Map one frame of system space read-only at a user address (7FFE0000); counted once for the system. */
ntstatus_t mm_map_shared_page(struct mm *mm, mm_process process, va_t user, va_t system);

/* --- System space ------------------------------------------------------------------------------------------ */

/* Back size bytes of system space at base with zeroed supervisor frames; for the boot-time GDT, stubs, shared user
 * data.  protection: MM_READWRITE, MM_EXECUTE_READ, ... => STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY. */
ntstatus_t mm_system_allocate(struct mm *mm, va_t base, uint64_t size, unsigned protection);

/* The frame behind a system address; false: none resident. */
bool mm_system_frame(const struct mm *mm, va_t va, pfn_t *ret_frame);

/* --- The whole --------------------------------------------------------------------------------------------- */

struct mm_counters {
    uint64_t faults[MM_FAULT_TYPE_COUNT];
    uint64_t page_reads, pages_read; /* transfers that succeeded, and pages in them */
    uint64_t page_writes, pages_written;
    uint64_t trims_replaced, trims_manager, trims_emptied; /* pages that left a working set: at its limit, because
                                                            * memory was short, because the process wanted it */
    uint64_t trims_injected;                               /* by mm_ws_trim() */
    uint64_t moves;                                        /* of frames from one state to another */
    uint64_t frames_zeroed;                                /* by the zero page thread */
    uint64_t stacks_out, stacks_in, processes_out;         /* by the swapper; pages that it trimmed: */
    uint64_t trims_outswapped;
    uint64_t trims_system; /* of all these: pages of the system's working set */
    uint64_t frames, zeroed, free, standby, modified, modified_no_write, bad, active, transition;
    uint64_t committed, commit_limit, peak_commit; /* pages */
};
void mm_query_counters(const struct mm *mm, struct mm_counters *ret_counters);

/* Walk the whole model: NULL, or the first law that does not hold, as text with the place.  The text lives in the
 * mm until the next call. */
const char *mm_check(struct mm *mm);

/* Fault injection for tests: the next n frame allocations succeed, later ones fail; UINT32_MAX: off. */
void mm_fail_frames_after(struct mm *mm, uint32_t n);
/* The same for the arena's small objects. */
void mm_fail_objects_after(struct mm *mm, uint32_t n);

#endif
