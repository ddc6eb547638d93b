/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm.h - the memory manager: everything that the machine may ask of it.
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

/* What a page-in callback is asked for: one 4 KB page of a file-backed section. */
struct mm_page_in {
    uint32_t file;        /* the caller's name for the file (struct mm_image.file) */
    uint32_t subsection;  /* index in struct mm_image.subsections */
    uint64_t file_offset; /* where the page begins in the file */
    uint32_t valid_bytes; /* that come from the file, 1..4096; the rest is zero */
    uint32_t image_page;  /* image sections: page number from the image's first page */
    va_t image_base;      /* image sections: where the image lives: relocate the page for it */
    va_t preferred_base;  /* and where it was linked to live */
};

/* A thread's user stack, as its TEB says (nt-reference 6.3). */
struct mm_user_stack {
    va_t base;          /* StackBase: one past the highest byte */
    va_t limit;         /* StackLimit: lowest committed byte */
    va_t deallocation;  /* DeallocationStack: start of the reserve */
    uint32_t guarantee; /* GuaranteedStackBytes: what STATUS_STACK_OVERFLOW leaves to handle it on; a page at least */
};

/* The world outside, all called with context. */
struct mm_env {
    void *context;
    /* PTEs lost rights or changed frames: translations must go before the guest runs on.  Called once for a batch. */
    void (*flush_tlb)(void *context);
    /* The bytes of a frame change from the host: translated code of it must go. */
    void (*drop_code)(void *context, pfn_t frame);
    /* Fill page (4096 zeroed bytes).  STATUS_SUCCESS; STATUS_PENDING: the read goes on, mm_page_in_done() comes later
     * and nothing was stored; or the I/O error that becomes the third parameter of STATUS_IN_PAGE_ERROR. */
    ntstatus_t (*page_in)(void *context, const struct mm_page_in *request, uint8_t *page);
    /* The running thread's stack, for guard pages of process that grow it.  false: it has none there. */
    bool (*user_stack)(void *context, mm_process process, struct mm_user_stack *ret_stack);
    /* The stack grew: StackLimit := limit. */
    void (*set_stack_limit)(void *context, va_t limit);
};

struct mm_config {
    enum paging_format format;
    struct mmu_ram ram;        /* base mapped and zeroed; stamp zeroed; epoch >= 1 */
    uint64_t pagefile_pages;   /* counted in the commit limit */
    const struct mm_env *env;  /* outlives the mm */
    va_t highest_user_address; /* 0: the format's default (7FFEFFFF; x64: 7FFFFFEFFFF) */
};

/* Bytes of zeroed, page-aligned memory that an mm for frame_count frames needs (mostly untouched). */
size_t mm_state_size(uint32_t frame_count);

/* Make a memory manager in memory; NULL when RAM is too small to start (< 64 frames). */
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
    uint64_t working_set, peak_working_set;   /* pages */
    uint64_t private_pages;                   /* resident private pages */
    uint64_t commit_charge, peak_commit;      /* pages */
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

struct mm_fault {
    /* in */
    va_t va; /* exact where known, else the page */
    enum mmu_access access;
    enum mmu_mode mode;
    unsigned irql; /* 0..2; at 2 no fault can be resolved: bug check 0xA */
    mm_process process;
    uint32_t thread; /* id, for events */
    /* out: information only with RAISE, bugcheck only with BUGCHECK */
    enum mm_fault_type type;
    mmpte_t pte_before, pte_after; /* of va; 0 where there is no page table */
    pfn_t frame;                   /* RESOLVED only */
    const char *vad;               /* "private", "image", "mapped", "shared", "system" or "none" */
    ntstatus_t status;             /* RESOLVED: STATUS_PAGE_FAULT_*; RAISE: the exception */
    unsigned parameter_count;      /* RAISE */
    uint64_t information[3];       /* RAISE */
    const char *not_modelled;      /* set where the machinery is missing: a clear line for the user */
    struct {
        uint32_t code;
        uint64_t parameter[4];
    } bugcheck;
};

/* Resolve one page fault (MmAccessFault).  A page that was present after all is RESOLVED with type NONE. */
enum mm_fault_result mm_access_fault(struct mm *mm, struct mm_fault *fault);

/* What the last STATUS_MM_WAIT waits for; complete with mm_page_in_done(). 0: nothing. */
uint32_t mm_wait_key(const struct mm *mm);

/* A read that page_in() called STATUS_PENDING is over: the next fault on the page asks page_in() again. */
void mm_page_in_done(struct mm *mm, uint32_t key);

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
    uint32_t protect; /* PAGE_* */
    bool committed;   /* MemCommit */
    arena_ref section;
    uint32_t file; /* behind the section (struct mm_image.file); 0: none */
};
bool mm_vad_at(const struct mm *mm, mm_process process, va_t va, struct mm_vad_info *ret_info);

/* PAGE_* <-> MM_* (nt-reference 1.6).  false: STATUS_INVALID_PAGE_PROTECTION. */
bool mm_protection_from_page(uint32_t page, unsigned *ret_protection);
uint32_t mm_page_from_protection(unsigned protection);

/* NtLockVirtualMemory, NtUnlockVirtualMemory (nt-reference 5.7).  base and size come back rounded to pages.
 * template and observe as for mm_hold(); the process is template->process.  The caller has checked the privilege that
 * MM_LOCK_SYSTEM needs.
 * lock:   => STATUS_SUCCESS, STATUS_WAS_LOCKED; STATUS_INVALID_PARAMETER, STATUS_ACCESS_VIOLATION (no VAD, reserved or
 *            PAGE_NOACCESS pages), STATUS_GUARD_PAGE_VIOLATION (the guard is consumed), STATUS_WORKING_SET_QUOTA,
 *            STATUS_MM_WAIT: repeat.  On failure nothing stays locked.
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

/* NtFlushVirtualMemory: size 0 = to the end of the view.  => STATUS_INVALID_PARAMETER_2, STATUS_NOT_MAPPED_VIEW,
 * STATUS_NOT_MAPPED_DATA (no data file behind it). */
ntstatus_t mm_flush(struct mm *mm, mm_process process, struct mm_range *range);

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

/* Quota limits (nt-reference 7.2), in pages; the defaults are 50 and 345, both soft.  Trimming obeys them from issue 6
 * on; mm_lock() counts against the minimum from the start. */
enum { MM_WS_HARD_MIN = 1, MM_WS_HARD_MAX = 4 };
struct mm_ws_limits {
    uint64_t minimum, maximum;
    unsigned hard; /* MM_WS_HARD_* */
};
void mm_ws_get_limits(const struct mm *mm, mm_process process, struct mm_ws_limits *ret_limits);
/* => STATUS_INVALID_PARAMETER (unknown flags); STATUS_BAD_WORKING_SET_LIMIT: minimum above maximum, maximum below 13 or
 * beyond RAM, minimum below what is locked; STATUS_INSUFFICIENT_RESOURCES. */
ntstatus_t mm_ws_set_limits(struct mm *mm, mm_process process, const struct mm_ws_limits *limits);

/* Every page that is not locked leaves the working set; its contents stay (transition, or its prototype PTE). */
void mm_ws_empty(struct mm *mm, mm_process process);

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

/* --- Image sections ---------------------------------------------------------------------------------------- */

/* One run of pages of an image with one protection; subsections are in address order without gaps. */
struct mm_image_subsection {
    char name[9];         /* PE section name, or "header" */
    uint32_t first_page;  /* from the image's start */
    uint32_t page_count;  /* >= 1 */
    uint64_t file_offset; /* of the first page; meaningless where file_bytes is 0 */
    uint32_t file_bytes;  /* backed by the file from the start of the run; beyond: demand zero */
    unsigned protection;  /* MM_READONLY, MM_EXECUTE_READ, MM_WRITECOPY, MM_EXECUTE_WRITECOPY, ... */
};

struct mm_image {
    uint32_t file; /* the caller's name: page_in() gets it back; equal names share pages */
    va_t preferred_base;
    uint32_t page_count;
    bool relocatable;
    uint32_t subsection_count; /* <= 97 */
    const struct mm_image_subsection *subsections;
};

typedef arena_ref mm_section; /* 0: none */

/* NtCreateSection(SEC_IMAGE): control area, subsections and prototype PTEs, no page read.  A second call for the same
 * file gives the same control area another reference.
 * => STATUS_INVALID_IMAGE_FORMAT, STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. */
ntstatus_t mm_section_create_image(struct mm *mm, const struct mm_image *image, mm_section *ret_section);
void mm_section_close(struct mm *mm, mm_section section);

struct mm_view {
    va_t base;     /* in: wanted (0: the image's own); out */
    uint64_t size; /* out: bytes */
};
/* Map an image: at its base if free, else relocated to the highest... lowest free place (if relocatable).
 * => STATUS_SUCCESS, STATUS_IMAGE_NOT_AT_BASE; STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY,
 *    STATUS_COMMITMENT_LIMIT. */
ntstatus_t mm_map_image(struct mm *mm, mm_process process, mm_section section, struct mm_view *view);

/* NtUnmapViewOfSection: any address inside.  => STATUS_NOT_MAPPED_VIEW. */
ntstatus_t mm_unmap_view(struct mm *mm, mm_process process, va_t va);

/* --- The whole --------------------------------------------------------------------------------------------- */

struct mm_counters {
    uint64_t faults[MM_FAULT_TYPE_COUNT];
    uint64_t page_reads; /* page_in() calls that succeeded */
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
