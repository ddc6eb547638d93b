/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte_make.h - making words of each kind, and reading back what was put into them.
 *
 * Included by pte_common.h, in every format; never included alone.
 * A maker asserts that its arguments fit: they come from the memory manager, not from the guest.
 * A reader is for words of the kind that its name or comment says; others give garbage, never an assert. */
#ifndef SOFTFAULT_MMU_PTE_MAKE_H
#define SOFTFAULT_MMU_PTE_MAKE_H

#ifndef PTE_LEVELS
#error "include mmu/pte_format.h, or one of mmu/pte_x86.h, mmu/pte_pae.h and mmu/pte_x64.h"
#endif

#include <assert.h>

#include "mmu/pte.h"
#include "mmu/pte_common.h"

static inline uint64_t pte_pfn_field(pfn_t pfn)
{
    assert(pfn.index <= PTE_PFN_MAX);
    return (uint64_t)pfn.index << MMU_PAGE_SHIFT;
}

static inline uint64_t pte_protection_field(unsigned protection)
{
    assert(protection <= MM_PROTECTION_MASK);
    return (uint64_t)protection << PTE_PROTECTION_SHIFT;
}

static inline uint64_t pte_pagefile_offset_field(uint32_t offset)
{
    uint64_t field = (uint64_t)offset << PTE_PAGEFILE_SHIFT;
    assert((field & ~PTE_PAGEFILE_HIGH_MASK) == 0);
    return field;
}

/* Everything of a clean valid word but its frame: see pte_make_valid. */
static inline uint64_t pte_valid_bits(unsigned protection, enum pte_owner owner, enum pte_nx_policy nx)
{
    unsigned access = protection & MM_PROTECT_ACCESS_MASK;
    unsigned modifier = protection & MM_PROTECT_MODIFIER_MASK;
    assert(protection <= MM_PROTECTION_MASK && access != MM_ZERO_ACCESS && modifier != MM_GUARDPAGE);

    uint64_t bits = PTE_VALID | PTE_ACCESSED;
    if (owner == PTE_USER)
        bits |= PTE_OWNER;
    if (access == MM_READWRITE || access == MM_EXECUTE_READWRITE)
        bits |= PTE_WRITE;
    if (access == MM_WRITECOPY || access == MM_EXECUTE_WRITECOPY)
        bits |= PTE_COPY_ON_WRITE;
    if (nx == PTE_NX_ON && (access == MM_READONLY || access == MM_READWRITE || access == MM_WRITECOPY))
        bits |= PTE_NO_EXECUTE;
    if (modifier == MM_NOCACHE)
        bits |= PTE_CACHE_DISABLE;
    if (modifier == MM_WRITECOMBINE)
        bits |= PTE_CACHE_DISABLE | PTE_WRITE_THROUGH;
    return bits;
}

/* A clean 4 KB page that is about to be used: Accessed, not Dirty (nt-reference 1.6, 1.7).
 * => read-write gives Write without Writable: the first write faults and sets Dirty (pte_set_dirty).
 * => write-copy gives CopyOnWrite without Write.
 * => no-cache gives CacheDisable; write-combine gives CacheDisable and WriteThrough: uncached, since the CPU
 *    model has no PAT entry for it.
 * => NX where the policy is on and the protection has no execute (never in x86).
 * => protection allows some access and is not a guard page: such pages are never valid. */
static inline mmpte_t pte_make_valid(pfn_t pfn, unsigned protection, enum pte_owner owner, enum pte_nx_policy nx)
{
    return (mmpte_t){pte_pfn_field(pfn) | pte_valid_bits(protection, owner, nx)};
}

/* A large page.  It is never paged out, so that nobody needs to see its first write: read-write is Writable and
 * Dirty from the start.
 * => pfn is a multiple of LARGE_PAGE_SIZE; protection as for pte_make_valid, and not write-copy. */
static inline mmpte_t pte_make_large(pfn_t pfn, unsigned protection, enum pte_owner owner, enum pte_nx_policy nx)
{
    mmpte_t pte = {pte_pfn_field(pfn) | pte_valid_bits(protection, owner, nx) | PTE_LARGE};
    assert(pte_large_pfn(pte).index == pfn.index && !pte_is_copy_on_write(pte));
    return pte_is_write(pte) ? pte_set_dirty(pte) : pte;
}

/* An upper-level entry for a page table: allows everything (but user access unless for the user), because the
 * leaf decides. */
static inline mmpte_t pte_make_table(pfn_t pfn, enum pte_owner owner)
{
    return pte_set_dirty(pte_make_valid(pfn, MM_EXECUTE_READWRITE, owner, PTE_NX_OFF));
}

/* Committed, never touched.
 * => protection is neither MM_ZERO_ACCESS (the word would be EMPTY) nor MM_DECOMMIT. */
static inline mmpte_t pte_make_demand_zero(unsigned protection)
{
    assert(protection != MM_ZERO_ACCESS && protection != MM_DECOMMIT);
    return (mmpte_t){pte_protection_field(protection)};
}

static inline mmpte_t pte_make_decommitted(void)
{
    return (mmpte_t){pte_protection_field(MM_DECOMMIT)};
}

static inline mmpte_t pte_make_transition(pfn_t pfn, unsigned protection)
{
    return (mmpte_t){pte_pfn_field(pfn) | pte_protection_field(protection) | PTE_TRANSITION};
}

/* A process PTE that points to a prototype PTE.
 * => pte_prototype_reaches(proto_pte).
 * => PAE, x64: the protection beside the address is 0 (pte_prototype_protection). */
static inline mmpte_t pte_make_prototype(va_t proto_pte, bool read_only)
{
    assert(pte_prototype_reaches(proto_pte));
    return (mmpte_t){pte_pack_prototype(proto_pte) | PTE_PROTOTYPE | (read_only ? PTE_PROTO_READ_ONLY : 0)};
}

/* A process PTE whose prototype PTE the VAD knows. */
static inline mmpte_t pte_make_lookup(unsigned protection)
{
    return (mmpte_t){PTE_PAGEFILE_HIGH_MASK | PTE_PROTOTYPE | pte_protection_field(protection)};
}

/* A prototype PTE whose page is in the file.
 * => pte_subsection_reaches(subsection). */
static inline mmpte_t pte_make_subsection(va_t subsection, unsigned protection)
{
    assert(pte_subsection_reaches(subsection));
    return (mmpte_t){pte_pack_subsection(subsection) | PTE_PROTOTYPE | pte_protection_field(protection)};
}

/* => pagefile is 0 to 15; offset, in pages, is 1 to PTE_PAGEFILE_OFFSET_MAX: 0 would be demand zero. */
static inline mmpte_t pte_make_paged_out(unsigned pagefile, uint32_t offset, unsigned protection)
{
    assert(pagefile <= 15 && offset != 0);
    return (mmpte_t){pte_pagefile_offset_field(offset) | pte_protection_field(protection) |
                     (uint64_t)pagefile << PTE_PAGEFILE_LOW_SHIFT};
}

/* A free system PTE; not a word that pte_kind knows.
 * => next is the index of another, or PTE_LIST_END. */
static inline mmpte_t pte_make_list(uint32_t next, bool one_entry)
{
    return (mmpte_t){pte_pagefile_offset_field(next) | (one_entry ? PTE_LIST_ONE_ENTRY : 0)};
}

/* The protection of TRANSITION, PAGED_OUT, DEMAND_ZERO, DECOMMITTED, LOOKUP and SUBSECTION words.
 * => PROTOTYPE has none of its own, and only its home tells it from SUBSECTION: see pte_protection_at. */
static inline unsigned pte_protection(mmpte_t pte)
{
    return (unsigned)((pte.raw & PTE_PROTECTION_MASK) >> PTE_PROTECTION_SHIFT);
}

/* The same for every word: 0 where the kind has no protection (VALID, PROTOTYPE, EMPTY). */
static inline unsigned pte_protection_at(mmpte_t pte, enum pte_home home)
{
    enum pte_kind kind = pte_kind(pte, home);
    return kind == PTE_KIND_VALID || kind == PTE_KIND_PROTOTYPE ? 0 : pte_protection(pte);
}

/* => a kind that pte_protection can read; the other fields stay. */
static inline mmpte_t pte_set_protection(mmpte_t pte, unsigned protection)
{
    assert(!pte_is_valid(pte));
    return (mmpte_t){(pte.raw & ~PTE_PROTECTION_MASK) | pte_protection_field(protection)};
}

/* PROTOTYPE words. */
static inline va_t pte_prototype_va(mmpte_t pte)
{
    return pte_unpack_prototype(pte.raw);
}

static inline bool pte_prototype_is_read_only(mmpte_t pte)
{
    return pte.raw & PTE_PROTO_READ_ONLY;
}

/* The protection beside the address; x86 has no room for one and gives 0. */
static inline unsigned pte_prototype_protection(mmpte_t pte)
{
    return (unsigned)((pte.raw & PTE_PROTO_PROTECTION_MASK) >> PTE_PROTO_PROTECTION_SHIFT);
}

/* SUBSECTION words. */
static inline va_t pte_subsection_va(mmpte_t pte)
{
    return pte_unpack_subsection(pte.raw);
}

/* PAGED_OUT words: which file, which page of it. */
static inline unsigned pte_pagefile_number(mmpte_t pte)
{
    return (unsigned)((pte.raw & PTE_PAGEFILE_LOW_MASK) >> PTE_PAGEFILE_LOW_SHIFT);
}

static inline uint32_t pte_pagefile_offset(mmpte_t pte)
{
    return (uint32_t)((pte.raw & PTE_PAGEFILE_HIGH_MASK) >> PTE_PAGEFILE_SHIFT);
}

/* PAGED_OUT and DEMAND_ZERO words for a page table: how many of its entries are in use; 0 except in x64. */
static inline unsigned pte_used_entries(mmpte_t pte)
{
    return (unsigned)((pte.raw & PTE_USED_ENTRIES_MASK) >> PTE_USED_ENTRIES_SHIFT);
}

/* Words of pte_make_list. */
static inline uint32_t pte_list_next(mmpte_t pte)
{
    return pte_pagefile_offset(pte);
}

static inline bool pte_list_is_one_entry(mmpte_t pte)
{
    return pte.raw & PTE_LIST_ONE_ENTRY;
}

#endif
