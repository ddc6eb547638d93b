/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte_address.h - where a PTE is: its index in each table, and its address in the self-map (nt-reference 1.10).
 *
 *   x86            va 31..22 | 21..12 | offset         pte(va) = PTE_BASE + va >> 12 << 2
 *   PAE    va 31..30 | 29..21 | 20..12 | offset        pte(va) = PTE_BASE + va >> 12 << 3
 *   x64    va 47..39 | 38..30 | 29..21 | 20..12 | offset   the same
 *   level          4      3        2        1
 *
 * A page directory is a page table that maps the page tables, so the PDE of va is the PTE of va's PTE, and so on up.
 * Included by pte_common.h, in every format; never included alone. */
#ifndef SOFTFAULT_MMU_PTE_ADDRESS_H
#define SOFTFAULT_MMU_PTE_ADDRESS_H

#ifndef PTE_LEVELS
#error "include mmu/pte_format.h, or one of mmu/pte_x86.h, mmu/pte_pae.h and mmu/pte_x64.h"
#endif

#include <assert.h>

#include "mmu/pte.h"

#define PTE_VA_MASK ((UINT64_C(1) << PTE_VA_BITS) - 1)

/* Can the hardware translate this address?  x64: bits 63..47 are equal.  32-bit formats: always, the upper half is
 * ignored. */
static inline bool pte_is_canonical(va_t va)
{
    return PTE_VA_BITS == 32 || (va_t)((int64_t)(va << (64 - PTE_VA_BITS)) >> (64 - PTE_VA_BITS)) == va;
}

/* The index of va's entry in its table of that level (1 = page table, ... PTE_LEVELS). */
static inline unsigned pte_index(va_t va, unsigned level)
{
    assert(level >= 1 && level <= PTE_LEVELS);
    return (unsigned)((va & PTE_VA_MASK) >> (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1)) & (PTES_PER_TABLE - 1));
}

/* The address, in the self-map, of the PTE that maps va. */
static inline va_t pte_address(va_t va)
{
    return PTE_BASE + ((va & PTE_VA_MASK) >> MMU_PAGE_SHIFT) * PTE_SIZE;
}

/* The same for the entry of that level: 1 PTE, 2 PDE, 3 PPE, 4 PXE.
 * => PAE: level is 1 or 2; the page-directory-pointer table is not in the self-map. */
static inline va_t pte_address_at(va_t va, unsigned level)
{
    va_t first = PTE_BASE; /* entry of that level: a constant where level is */
    assert(level >= 1 && level <= PTE_RIGHTS_LEVELS);
    for (unsigned up = 1; up < level; up++)
        first = pte_address(first);
    return first + ((va & PTE_VA_MASK) >> (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1))) * PTE_SIZE;
}

/* The first address of the page that the PTE at this address maps: the inverse of pte_address.
 * => pte_address is in PTE_BASE..PTE_TOP. */
static inline va_t pte_va_mapped_by(va_t pte_va)
{
    assert(pte_va >= PTE_BASE && pte_va <= PTE_TOP);
    va_t va = (pte_va - PTE_BASE) / PTE_SIZE << MMU_PAGE_SHIFT;
    return PTE_VA_BITS == 32 ? va : (va_t)((int64_t)(va << (64 - PTE_VA_BITS)) >> (64 - PTE_VA_BITS));
}

#endif
