/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi_fault.h - the fault path, and what stands behind an address. */
#ifndef SOFTFAULT_MM_MI_FAULT_H
#define SOFTFAULT_MM_MI_FAULT_H

#include "mm/mi_frame.h"

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
/* Is the page of one word the next in the page file after that of another, which is PAGED_OUT?  Of a process's PTEs,
 * and of prototype PTEs. */
bool mi_follows_in_pagefile(const struct mm *mm, mmpte_t pte, mmpte_t before);
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

/* The slot of the PTE that maps a page of paged pool, in memory or not.  System page tables are never deleted, so where
 * the pool's are is known without a walk. => false: not of the pool, or no page near it was ever made. */
static inline bool mi_pool_slot(const struct mm *mm, va_t va, struct mi_slot *ret_slot)
{
    if (!mi_is_pool_address(va))
        return false;
    ret_slot->table = mm->pool_table[mi_vpn(va - MI_POOL_BASE) / MI_POOL_TABLE_PAGES];
    ret_slot->offset = pte_index(va, 1) * PTE_SIZE;
    return ret_slot->table.index != 0;
}

/* The slot of a prototype PTE. false: its page is not in memory.  The slot is good until a frame is taken or a working
 * set is made room in, unless its table is referenced, or a word in it has a frame. */
bool mi_prototype_slot(const struct mm *mm, va_t prototype, struct mi_slot *ret_slot);

/* --- protopage.c: pages of prototype PTEs that leave memory and come back ---------------------------------------- */

/* va: of such a page, in the system's working set. => false: it cannot go. */
bool mi_can_evict_prototypes(const struct mm *mm, va_t va);
bool mi_evict_prototypes(struct mm *mm, va_t va, enum mi_trim_reason why);

bool mi_is_prototype_out(const struct mm *mm, va_t prototype);

/* For a fault: RESOLVED and the slot where the prototype PTE's page is in memory; RETRY, WAIT, or how the fault ends.
 */
enum mm_fault_result mi_resolve_prototypes(struct mi_fault *fault, va_t prototype, struct mi_slot *ret_slot);

/* For a service, at once.  => STATUS_NO_MEMORY: there is no frame (MI_MUST: the machine is to stop for that, too); else
 * it cannot be read, and the machine is to stop (mm->bugcheck). */
ntstatus_t mi_bring_prototypes(struct mm *mm, va_t prototype, enum mi_charge how);

/* The words of a page that is out. => false: it is not, or cannot be read. */
bool mi_look_at_prototypes(const struct mm *mm, va_t va, uint8_t words[MMU_PAGE_SIZE]);

/* Its word, wherever the page is; empty where that cannot be read. */
mmpte_t mi_look_at_prototype(const struct mm *mm, va_t prototype);

/* All that the words of the page at va name goes. */
void mi_delete_prototypes(struct mm *mm, va_t va);
/* Then the page itself, wherever it is. */
void mi_delete_pool_page(struct mm *mm, va_t va);

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

#endif
