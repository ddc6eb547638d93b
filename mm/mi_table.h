/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi_table.h - page tables: where things are, and the ways to a PTE. */
#ifndef SOFTFAULT_MM_MI_TABLE_H
#define SOFTFAULT_MM_MI_TABLE_H

#include "mm/instance.h"
#include "mm/mi.h"
#include "mmu/pte_format.h"

/* --- Where things are ---------------------------------------------------------------------------------------- */

#if PTE_FORMAT == 2
#define MI_SYSTEM_START UINT64_C(0xFFFF080000000000)
#define MI_HIGHEST_USER UINT64_C(0x000007FFFFFEFFFF)
#define MI_WSL_BASE UINT64_C(0xFFFFF70001080000)
#define MI_SYSTEM_WSL_BASE UINT64_C(0xFFFFF78000001000) /* of the system's own list (nt-reference 4.4) */
#define MI_SYSTEM_WSL_END UINT64_C(0xFFFFF78040000000)
#define MI_CACHE_BASE UINT64_C(0xFFFFF98000000000)
#define MI_CACHE_SIZE (UINT64_C(1) << 40)
#define MI_POOL_BASE UINT64_C(0xFFFFFA8000000000)
#define MI_SUBSECTION_BASE UINT64_C(0xFFFFFAC000000000)
#define MI_STACK_BASE UINT64_C(0xFFFFFAA000000000)
typedef uint64_t wsle_word;
#else
#define MI_SYSTEM_START UINT64_C(0x80000000)
#define MI_HIGHEST_USER UINT64_C(0x7FFEFFFF)
#define MI_WSL_BASE (HYPERSPACE_BASE + 0x103000) /* C0503000 without PAE (nt-reference 7.1) */
#define MI_SYSTEM_WSL_BASE UINT64_C(0xC0C00000)  /* of the system's own list (nt-reference 4.3) */
#define MI_SYSTEM_WSL_END UINT64_C(0xC1000000)
#define MI_CACHE_BASE UINT64_C(0xC1000000)
#define MI_CACHE_SIZE (UINT64_C(0xE1000000) - MI_CACHE_BASE)
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

static inline bool mi_is_cache_address(va_t va) /* in system cache space */
{
    return va >= MI_CACHE_BASE && va - MI_CACHE_BASE < MI_CACHE_SIZE;
}

static inline bool mi_is_pool_address(va_t va)
{
    return va >= MI_POOL_BASE && va - MI_POOL_BASE < (va_t)MI_POOL_PAGES * MMU_PAGE_SIZE;
}

/* Does a valid page of the system half have an entry in the system's working-set list? */
static inline bool mi_is_in_system_set(va_t va)
{
    return mi_is_cache_address(va) || mi_is_pool_address(va) || (va >= MI_SYSTEM_WSL_BASE && va < MI_SYSTEM_WSL_END);
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
static inline void mi_release_page_table(struct mm *mm, struct mi_slot slot)
{
    struct mmpfn *table = mi_pfn(mm, slot.table);
    assert(table->reference_count > 1 || table->share_count == 0);
    table->reference_count--;
}

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
    MI_PREPARE,  /* the same as CHANGE, where nothing is changed yet: it may fail (mi_pages.failed) */
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
    bool failed;  /* PREPARE: there is no frame for a table, or it cannot be read */
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

/* Page tables, of all levels, that pages of a user range would need and that do not exist. */
uint64_t mi_count_missing_tables(const struct mm *mm, const struct mmprocess *process, va_t first, va_t last);

/* Is there commit for the page tables of a range of the VAD, but for those that it is charged with already, and for so
 * many pages?  Nothing is charged: each is as it is made. */
bool mi_has_table_commit(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last,
                         uint64_t pages);

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

/* A page full of PTEs that is out. */
struct mi_out_page {
    struct mmprocess *process; /* in whose working set it is to be */
    enum mi_out_what { MI_OUT_TABLE, MI_OUT_PROTOTYPES } what;
    struct mi_slot slot;    /* of its entry: TRANSITION or PAGED_OUT; the table that it is in is referenced, or stays */
    va_t entry_address, va; /* of the entry, and of the page itself */
};
/* For a fault: RETRY once it is nearer, WAIT, or how the fault ends. */
enum mm_fault_result mi_resolve_out_page(struct mi_fault *fault, const struct mi_out_page *page);
/* For a service: one step nearer; round counts the steps so far.  => STATUS_NO_MEMORY: there is no frame for it; else
 * it cannot be read, and the machine is to stop (mm->bugcheck). */
ntstatus_t mi_bring_out_page(struct mm *mm, const struct mi_out_page *page, unsigned round);
/* The memory manager cannot do without it: mm->bugcheck, KERNEL_DATA_INPAGE_ERROR; NO_PAGES_AVAILABLE where the status
 * is STATUS_NO_MEMORY. */
void mi_stop_for(struct mm *mm, const struct mi_out_page *page, ntstatus_t status);

/* The page table of va, for a service, at once.  => the same. */
ntstatus_t mi_bring_table(struct mm *mm, struct mmprocess *process, va_t va);
/* The same in the middle of a change. => false: the machine is to stop. */
bool mi_must_bring_table(struct mm *mm, struct mmprocess *process, va_t va);
/* Before a service changes anything: where memory is short, each table of the range comes, one after the other, so that
 * it can come again.  => STATUS_NO_MEMORY. */
ntstatus_t mi_bring_tables(struct mm *mm, struct mmprocess *process, va_t first, va_t last);

/* The words of a table that is out. => false: as above. */
bool mi_look_at_table(const struct mm *mm, mmpte_t entry, uint8_t words[MMU_PAGE_SIZE]);

/* The PTE's word of va, wherever its table is. => false: there is no table. */
bool mi_look_at_pte(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte);

/* A table that is out, behind the entry of va at that level, goes with all that its words name, if all of them are for
 * pages of [first, last]. */
bool mi_delete_table_out(struct mm *mm, struct mmprocess *process, struct mi_slot slot, unsigned level, va_t va,
                         va_t first, va_t last);

#endif
