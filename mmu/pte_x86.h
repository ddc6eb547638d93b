/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte_x86.h - PTEs of x86 without PAE: 2 levels, 4-byte entries, no no-execute (nt-reference 1.1).
 *
 *               31           12 11 10 9 8 7 6 5 4 3 2 1 0
 *   VALID       | PFN          |Wr|P |C|G|L|D|A|N|T|U|W|1|   Wr: writable by protection; C: copy-on-write;
 *   TRANSITION  | PFN          |1 |0 |protect. |N|T|U|W|0|   N, T: cache disable, write through; L: large
 *   PAGED_OUT   | offset       |0 |0 |protect. |file no|0|
 *   DEMAND_ZERO | 0            |0 |0 |protect. |0 0 0 0|0|
 *   PROTOTYPE   | address 29..9   |1 |-|R|addr. 8..2   |0|   address relative to PTE_PROTO_POOL_BASE; R: read-only
 *   LOOKUP      | all ones     |- |1 |protect. |- - - -|0|
 *   SUBSECTION  |B| addr. 26..7   |1 |protect. |a. 6..3|0|   B=1: PTE_SUBSECTION_POOL_BASE + address,
 *   list        | next         |0 |0 |0 0 0 0 0|0 0 0|1|0|   B=0: PTE_NONPAGED_POOL_END - address
 *
 * The format headers (this, pte_pae.h, pte_x64.h) define the same names.  What differs is here: constants, and
 * how the addresses in PROTOTYPE and SUBSECTION words are packed.  Everything else is written once, with its
 * contract, in pte_common.h, pte_make.h and pte_address.h over the constants that are documented below.
 * A source file can include only one format: see pte_format.h. */
#ifndef SOFTFAULT_MMU_PTE_X86_H
#define SOFTFAULT_MMU_PTE_X86_H

#include "mmu/pte.h"

/* Macros, so that they are exact in #if and wide enough for 64-bit addresses. */
#define PTE_FORMAT_ID PAGING_X86
#define PTE_LEVELS 2        /* levels that a walk reads */
#define PTE_RIGHTS_LEVELS 2 /* the lowest of these have W, U, NX and A (all but PAE's pointer table) */
#define PTE_SIZE 4          /* bytes of an entry in guest RAM */
#define PTE_INDEX_BITS 10
#define PTES_PER_TABLE (1u << PTE_INDEX_BITS)
#define PTE_VA_BITS 32
#define LARGE_PAGE_SIZE UINT64_C(0x400000)

/* The self-map: PTE_TOP is the last address of the PTE area. */
#define PTE_BASE UINT64_C(0xC0000000)
#define PTE_TOP UINT64_C(0xC03FFFFF)
#define PDE_BASE UINT64_C(0xC0300000)
#define HYPERSPACE_BASE UINT64_C(0xC0400000)

/* Fields of VALID and TRANSITION.  PTE_FRAME_MASK is what the hardware takes for an address: PTE_PFN_MASK and the
 * reserved bits above it, which must be zero. */
#define PTE_PFN_MAX UINT64_C(0xFFFFF)
#define PTE_PFN_MASK UINT64_C(0xFFFFF000)
#define PTE_FRAME_MASK UINT64_C(0xFFFFF000)
#define PTE_NO_EXECUTE UINT64_C(0)
#define PTE_WS_INDEX_MASK UINT64_C(0)
#define PTE_WS_INDEX_SHIFT 0

/* Fields of software words. */
#define PTE_PAGEFILE_SHIFT 12
#define PTE_PAGEFILE_OFFSET_MAX UINT64_C(0xFFFFF)
#define PTE_USED_ENTRIES_MASK UINT64_C(0)
#define PTE_PROTO_PROTECTION_MASK UINT64_C(0)
#define PTE_LIST_END UINT32_C(0xFFFFF) /* a list word's next: none */

/* Bits that a kind does not use. */
#define PTE_UNUSED_VALID UINT64_C(0)
#define PTE_UNUSED_LARGE UINT64_C(0x003FE000)
#define PTE_UNUSED_TRANSITION UINT64_C(0)
#define PTE_UNUSED_PROTOTYPE UINT64_C(0x200) /* WhichPool: prototype PTEs are in one pool */
#define PTE_UNUSED_LOOKUP UINT64_C(0x81E)
#define PTE_UNUSED_SUBSECTION UINT64_C(0)
#define PTE_UNUSED_PAGED_OUT UINT64_C(0)
#define PTE_UNUSED_DEMAND_ZERO UINT64_C(0)

/* x86 only: where prototype PTEs and subsections must live, because 32 bits cannot hold their addresses. */
#define PTE_PROTO_POOL_BASE UINT32_C(0xE1000000)
#define PTE_PROTO_POOL_REACH UINT32_C(0x40000000)
#define PTE_SUBSECTION_POOL_BASE UINT32_C(0x81000000)
#define PTE_SUBSECTION_REACH UINT32_C(0x08000000)
#define PTE_NONPAGED_POOL_END UINT32_C(0xFFBE0000)

/* Can a PROTOTYPE word hold this address?  (The last KB of the reach would read as a LOOKUP.) */
static inline bool pte_prototype_reaches(va_t va)
{
    return va >= PTE_PROTO_POOL_BASE && va - PTE_PROTO_POOL_BASE < PTE_PROTO_POOL_REACH - 0x400 && va <= UINT32_MAX &&
           va % PTE_SIZE == 0;
}

/* Can a SUBSECTION word hold this address? */
static inline bool pte_subsection_reaches(va_t va)
{
    return va >= PTE_SUBSECTION_POOL_BASE && va - PTE_SUBSECTION_POOL_BASE < PTE_SUBSECTION_REACH && va % 8 == 0;
}

/* The address fields of PROTOTYPE and SUBSECTION words, packed and unpacked; other bits zero or ignored.
 * => pack(unpack(w)) is w's address field, for every w. */
static inline uint64_t pte_pack_prototype(va_t va)
{
    uint32_t offset = (uint32_t)va - PTE_PROTO_POOL_BASE;
    return (offset & 0x1FC) >> 1 | (uint64_t)(offset >> 9 & 0x1FFFFF) << 11;
}

static inline va_t pte_unpack_prototype(uint64_t raw)
{
    uint32_t offset = (uint32_t)((raw & 0xFE) << 1 | (raw >> 11 & 0x1FFFFF) << 9);
    return (uint32_t)(PTE_PROTO_POOL_BASE + offset);
}

static inline uint64_t pte_pack_subsection(va_t va)
{
    uint32_t offset = (uint32_t)va - PTE_SUBSECTION_POOL_BASE;
    uint64_t which_pool = UINT64_C(1) << 31;
    if (offset >= PTE_SUBSECTION_REACH) {
        offset = PTE_NONPAGED_POOL_END - (uint32_t)va;
        which_pool = 0;
    }
    return which_pool | (offset & 0x78) >> 2 | (uint64_t)(offset >> 7 & 0xFFFFF) << 11;
}

static inline va_t pte_unpack_subsection(uint64_t raw)
{
    uint32_t offset = (uint32_t)((raw & 0x1E) << 2 | (raw >> 11 & 0xFFFFF) << 7);
    return raw >> 31 & 1 ? PTE_SUBSECTION_POOL_BASE + offset : PTE_NONPAGED_POOL_END - offset;
}

#include "mmu/pte_common.h"

#endif
