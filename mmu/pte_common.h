/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte_common.h - the part of a PTE that is the same in every format: bits 0 to 11, and the kinds.
 *
 * Included by the format headers, over their constants (explained in pte_x86.h); never included alone.
 * Functions here read and update words; pte_make.h makes them, pte_address.h finds where they are. */
#ifndef SOFTFAULT_MMU_PTE_COMMON_H
#define SOFTFAULT_MMU_PTE_COMMON_H

#ifndef PTE_LEVELS
#error "include mmu/pte_format.h, or one of mmu/pte_x86.h, mmu/pte_pae.h and mmu/pte_x64.h"
#endif

#include <assert.h>
#include <string.h>

#include "mmu/pte.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest RAM is read as the host's words");

/* Hardware words (VALID); bits 1 to 4 also in TRANSITION. */
#define PTE_VALID UINT64_C(0x001)
#define PTE_WRITABLE UINT64_C(0x002)
#define PTE_OWNER UINT64_C(0x004)
#define PTE_WRITE_THROUGH UINT64_C(0x008)
#define PTE_CACHE_DISABLE UINT64_C(0x010)
#define PTE_ACCESSED UINT64_C(0x020)
#define PTE_DIRTY UINT64_C(0x040)
#define PTE_LARGE UINT64_C(0x080)
#define PTE_GLOBAL UINT64_C(0x100)
#define PTE_COPY_ON_WRITE UINT64_C(0x200)
#define PTE_WRITE UINT64_C(0x800)
#define PTE_LARGE_PAT UINT64_C(0x1000)
#define PTE_LARGE_MASK (PTE_PFN_MASK & ~(LARGE_PAGE_SIZE - 1))

/* Software words. */
#define PTE_LIST_ONE_ENTRY UINT64_C(0x002)
#define PTE_PAGEFILE_LOW_MASK UINT64_C(0x01E)
#define PTE_PAGEFILE_LOW_SHIFT 1
#define PTE_PAGEFILE_HIGH_MASK (PTE_PAGEFILE_OFFSET_MAX << PTE_PAGEFILE_SHIFT)
#define PTE_PROTECTION_MASK UINT64_C(0x3E0)
#define PTE_PROTECTION_SHIFT 5
#define PTE_PROTO_READ_ONLY UINT64_C(0x100)
#define PTE_PROTO_PROTECTION_SHIFT 11
#define PTE_PROTOTYPE UINT64_C(0x400)
#define PTE_TRANSITION UINT64_C(0x800)
#define PTE_USED_ENTRIES_SHIFT 12

/* What a word is, in the decision order of nt-reference 1.4.  Every word is of exactly one kind. */
static inline enum pte_kind pte_kind(mmpte_t pte, enum pte_home home)
{
    if (pte.raw == 0)
        return PTE_KIND_EMPTY;
    if (pte.raw & PTE_VALID)
        return PTE_KIND_VALID;
    if ((pte.raw & PTE_PROTOTYPE) && home == PTE_OF_SEGMENT)
        return PTE_KIND_SUBSECTION;
    if (pte.raw & PTE_PROTOTYPE)
        return (pte.raw & PTE_PAGEFILE_HIGH_MASK) == PTE_PAGEFILE_HIGH_MASK ? PTE_KIND_LOOKUP : PTE_KIND_PROTOTYPE;
    if (pte.raw & PTE_TRANSITION)
        return PTE_KIND_TRANSITION;
    if (pte.raw & (PTE_PAGEFILE_HIGH_MASK | PTE_PAGEFILE_LOW_MASK))
        return PTE_KIND_PAGED_OUT;
    if (pte.raw == (uint64_t)MM_DECOMMIT << PTE_PROTECTION_SHIFT)
        return PTE_KIND_DECOMMITTED;
    return PTE_KIND_DEMAND_ZERO;
}

/* Does the word name a frame?  VALID and TRANSITION do, wherever they stand. */
static inline bool pte_has_frame(mmpte_t pte)
{
    return (pte.raw & PTE_VALID) || (pte.raw & (PTE_PROTOTYPE | PTE_TRANSITION)) == PTE_TRANSITION;
}

/* Hardware words.
 * => the word is VALID, unless stated otherwise. */
static inline bool pte_is_valid(mmpte_t pte)
{
    return pte.raw & PTE_VALID;
}

/* The frame of a 4 KB page or of a page table; also of a TRANSITION word.
 * => not for a large page: bit 12 is PAT there (pte_large_pfn). */
static inline pfn_t pte_pfn(mmpte_t pte)
{
    return (pfn_t){(uint32_t)((pte.raw & PTE_PFN_MASK) >> MMU_PAGE_SHIFT)};
}

/* The first frame of a large page. */
static inline pfn_t pte_large_pfn(mmpte_t pte)
{
    return (pfn_t){(uint32_t)((pte.raw & PTE_LARGE_MASK) >> MMU_PAGE_SHIFT)};
}

/* Bit 1, what the hardware allows; pte_is_write is what the protection allows (MP form, nt-reference 1.7). */
static inline bool pte_is_writable(mmpte_t pte)
{
    return pte.raw & PTE_WRITABLE;
}

static inline bool pte_is_write(mmpte_t pte)
{
    return pte.raw & PTE_WRITE;
}

static inline bool pte_is_user(mmpte_t pte)
{
    return pte.raw & PTE_OWNER;
}

static inline bool pte_is_write_through(mmpte_t pte)
{
    return pte.raw & PTE_WRITE_THROUGH;
}

static inline bool pte_is_cache_disabled(mmpte_t pte)
{
    return pte.raw & PTE_CACHE_DISABLE;
}

static inline bool pte_is_accessed(mmpte_t pte)
{
    return pte.raw & PTE_ACCESSED;
}

static inline bool pte_is_dirty(mmpte_t pte)
{
    return pte.raw & PTE_DIRTY;
}

/* => the word is in a page directory; the bit means nothing elsewhere. */
static inline bool pte_is_large(mmpte_t pte)
{
    return pte.raw & PTE_LARGE;
}

static inline bool pte_is_global(mmpte_t pte)
{
    return pte.raw & PTE_GLOBAL;
}

static inline bool pte_is_copy_on_write(mmpte_t pte)
{
    return pte.raw & PTE_COPY_ON_WRITE;
}

/* Always false in x86, which has no such bit. */
static inline bool pte_is_no_execute(mmpte_t pte)
{
    return pte.raw & PTE_NO_EXECUTE;
}

/* The low 11 bits of the working-set index; 0 except in x64. */
static inline unsigned pte_ws_index(mmpte_t pte)
{
    return (unsigned)((pte.raw & PTE_WS_INDEX_MASK) >> PTE_WS_INDEX_SHIFT);
}

/* Updates of a VALID word; the result is to be stored. */
static inline mmpte_t pte_set_accessed(mmpte_t pte)
{
    return (mmpte_t){pte.raw | PTE_ACCESSED};
}

static inline mmpte_t pte_clear_accessed(mmpte_t pte)
{
    return (mmpte_t){pte.raw & ~PTE_ACCESSED};
}

/* The first write to a clean page: Dirty, and the hardware lets further writes pass. */
static inline mmpte_t pte_set_dirty(mmpte_t pte)
{
    return (mmpte_t){pte.raw | PTE_DIRTY | PTE_WRITABLE};
}

/* Clean again: the next write faults.  The protection (pte_is_write) stays. */
static inline mmpte_t pte_clear_dirty(mmpte_t pte)
{
    return (mmpte_t){pte.raw & ~(PTE_DIRTY | PTE_WRITABLE)};
}

/* Keeps the low 11 bits of the index in x64; changes nothing in other formats. */
static inline mmpte_t pte_set_ws_index(mmpte_t pte, uint32_t ws_index)
{
    uint64_t field = (uint64_t)ws_index << PTE_WS_INDEX_SHIFT & PTE_WS_INDEX_MASK;
    return (mmpte_t){(pte.raw & ~PTE_WS_INDEX_MASK) | field};
}

/* A slot of a page table in guest RAM: PTE_SIZE bytes, any alignment. */
static inline mmpte_t pte_load(const void *slot)
{
    mmpte_t pte = {0};
    memcpy(&pte.raw, slot, PTE_SIZE);
    return pte;
}

static inline void pte_store(void *slot, mmpte_t pte)
{
    assert(PTE_SIZE == 8 || pte.raw <= UINT32_MAX);
    memcpy(slot, &pte.raw, PTE_SIZE);
}

#include "mmu/pte_address.h"
#include "mmu/pte_make.h"

#endif
