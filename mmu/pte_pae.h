/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte_pae.h - PTEs of x86 with PAE: 3 levels, 8-byte entries, no-execute (nt-reference 1.2).
 *
 *               63 62     38 37       32 31       16 15..12 11 10 9 8 7 6 5 4 3 2 1 0
 *   VALID       |X |0       | PFN                          |Wr|P |C|G|L|D|A|N|T|U|W|1|   X: no execute
 *   TRANSITION  |-          | PFN                          |1 |0 |protect. |N|T|U|W|0|
 *   PAGED_OUT   | offset                |-                 |0 |0 |protect. |file no|0|
 *   DEMAND_ZERO | 0                     |-                 |0 |0 |protect. |0 0 0 0|0|
 *   PROTOTYPE   | address               |-          |protection|1 |-|R|-            |0|
 *   LOOKUP      | all ones              |-                    |1 |protect. |- - - -|0|
 *   SUBSECTION  | address               |-                    |1 |protect. |- - - -|0|
 *   list        | next                  |0                 |0 |0 |0 0 0 0 0|0 0 0|1|0|
 *
 * The page-directory-pointer table has 4 entries, of which only Valid and the frame count; the four page
 * directories map themselves through the last one's first four entries.
 * Names are explained in pte_x86.h. */
#ifndef SOFTFAULT_MMU_PTE_PAE_H
#define SOFTFAULT_MMU_PTE_PAE_H

#include "mmu/pte.h"

#define PTE_FORMAT_ID PAGING_PAE
#define PTE_LEVELS 3
#define PTE_RIGHTS_LEVELS 2
#define PTE_SIZE 8
#define PTE_INDEX_BITS 9
#define PTES_PER_TABLE (1u << PTE_INDEX_BITS)
#define PTE_PDPT_ENTRIES 4
#define PTE_VA_BITS 32
#define LARGE_PAGE_SIZE UINT64_C(0x200000)

#define PTE_BASE UINT64_C(0xC0000000)
#define PTE_TOP UINT64_C(0xC07FFFFF)
#define PDE_BASE UINT64_C(0xC0600000)
#define HYPERSPACE_BASE UINT64_C(0xC0800000)

#define PTE_PFN_MAX UINT64_C(0x3FFFFFF)
#define PTE_PFN_MASK UINT64_C(0x0000003FFFFFF000)
#define PTE_FRAME_MASK UINT64_C(0x7FFFFFFFFFFFF000)
#define PTE_NO_EXECUTE UINT64_C(0x8000000000000000)
#define PTE_WS_INDEX_MASK UINT64_C(0)
#define PTE_WS_INDEX_SHIFT 0

#define PTE_PAGEFILE_SHIFT 32
#define PTE_PAGEFILE_OFFSET_MAX UINT64_C(0xFFFFFFFF)
#define PTE_USED_ENTRIES_MASK UINT64_C(0)
#define PTE_PROTO_PROTECTION_MASK UINT64_C(0xF800)
#define PTE_LIST_END UINT32_C(0xFFFFFFFF)

#define PTE_UNUSED_VALID UINT64_C(0x7FFFFFC000000000)
#define PTE_UNUSED_LARGE UINT64_C(0x7FFFFFC0001FE000)
#define PTE_UNUSED_TRANSITION UINT64_C(0xFFFFFFC000000000)
#define PTE_UNUSED_PROTOTYPE UINT64_C(0xFFFF02FE)
#define PTE_UNUSED_LOOKUP UINT64_C(0xFFFFF81E)
#define PTE_UNUSED_SUBSECTION UINT64_C(0xFFFFF81E)
#define PTE_UNUSED_PAGED_OUT UINT64_C(0xFFFFF000)
#define PTE_UNUSED_DEMAND_ZERO UINT64_C(0xFFFFF000)

static inline bool pte_prototype_reaches(va_t va)
{
    return va < UINT32_MAX && va % PTE_SIZE == 0;
}

static inline bool pte_subsection_reaches(va_t va)
{
    return va <= UINT32_MAX && va % 8 == 0;
}

static inline uint64_t pte_pack_prototype(va_t va)
{
    return va << 32;
}

static inline va_t pte_unpack_prototype(uint64_t raw)
{
    return raw >> 32;
}

static inline uint64_t pte_pack_subsection(va_t va)
{
    return va << 32;
}

static inline va_t pte_unpack_subsection(uint64_t raw)
{
    return raw >> 32;
}

#include "mmu/pte_common.h"

#endif
