/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte_x64.h - PTEs of x64 (Server 2003): 4 levels, 8-byte entries, no-execute (nt-reference 1.3).
 *
 *               63 62   52 51  40 39      32 31  22 21..16 15..12 11 10 9 8 7 6 5 4 3 2 1 0
 *   VALID       |X |wsindex|0    | PFN                           |Wr|P |C|G|L|D|A|N|T|U|W|1|
 *   TRANSITION  |-               | PFN                           |1 |0 |protect. |N|T|U|W|0|
 *   PAGED_OUT   | offset                    |-     | used entries |0 |0 |protect. |file no|0|
 *   DEMAND_ZERO | 0                         |-     | used entries |0 |0 |protect. |0 0 0 0|0|
 *   PROTOTYPE   | address (48 bits, signed)               |protection|1 |-|R|-            |0|
 *   LOOKUP      | all ones                  |-                       |1 |protect. |- - - -|0|
 *   SUBSECTION  | address (48 bits, signed)               |-         |1 |protect. |- - - -|0|
 *   list        | next                      |0                    |0 |0 |0 0 0 0 0|0 0 0|1|0|
 *
 * Names are explained in pte_x86.h. */
#ifndef SOFTFAULT_MMU_PTE_X64_H
#define SOFTFAULT_MMU_PTE_X64_H

#include "mmu/pte.h"

#define PTE_FORMAT_ID PAGING_X64
#define PTE_LEVELS 4
#define PTE_RIGHTS_LEVELS 4
#define PTE_SIZE 8
#define PTE_INDEX_BITS 9
#define PTES_PER_TABLE (1u << PTE_INDEX_BITS)
#define PTE_VA_BITS 48
#define LARGE_PAGE_SIZE UINT64_C(0x200000)

#define PTE_BASE UINT64_C(0xFFFFF68000000000)
#define PTE_TOP UINT64_C(0xFFFFF6FFFFFFFFFF)
#define PDE_BASE UINT64_C(0xFFFFF6FB40000000)
#define PPE_BASE UINT64_C(0xFFFFF6FB7DA00000)
#define PXE_BASE UINT64_C(0xFFFFF6FB7DBED000)
#define PXE_SELF_INDEX 0x1EDu
#define HYPERSPACE_BASE UINT64_C(0xFFFFF70000000000)

#define PTE_PFN_MAX UINT64_C(0xFFFFFFF)
#define PTE_PFN_MASK UINT64_C(0x000000FFFFFFF000)
#define PTE_FRAME_MASK UINT64_C(0x000FFFFFFFFFF000)
#define PTE_NO_EXECUTE UINT64_C(0x8000000000000000)
#define PTE_WS_INDEX_MASK UINT64_C(0x7FF0000000000000)
#define PTE_WS_INDEX_SHIFT 52

#define PTE_PAGEFILE_SHIFT 32
#define PTE_PAGEFILE_OFFSET_MAX UINT64_C(0xFFFFFFFF)
#define PTE_USED_ENTRIES_MASK UINT64_C(0x3FF000)
#define PTE_PROTO_PROTECTION_MASK UINT64_C(0xF800)
#define PTE_LIST_END UINT32_C(0xFFFFFFFF)

#define PTE_UNUSED_VALID UINT64_C(0x000FFF0000000000)
#define PTE_UNUSED_LARGE UINT64_C(0x000FFF00001FE000)
#define PTE_UNUSED_TRANSITION UINT64_C(0xFFFFFF0000000000)
#define PTE_UNUSED_PROTOTYPE UINT64_C(0x2FE)
#define PTE_UNUSED_LOOKUP UINT64_C(0xFFFFF81E)
#define PTE_UNUSED_SUBSECTION UINT64_C(0xF81E)
#define PTE_UNUSED_PAGED_OUT UINT64_C(0xFFC00000)
#define PTE_UNUSED_DEMAND_ZERO UINT64_C(0xFFC00000)

/* The last 64 KB of the address space would read as a LOOKUP. */
static inline bool pte_prototype_reaches(va_t va)
{
    return (va_t)((int64_t)(va << 16) >> 16) == va && va < UINT64_C(0xFFFFFFFFFFFF0000) && va % PTE_SIZE == 0;
}

static inline bool pte_subsection_reaches(va_t va)
{
    return (va_t)((int64_t)(va << 16) >> 16) == va && va % 8 == 0;
}

static inline uint64_t pte_pack_prototype(va_t va)
{
    return va << 16;
}

static inline va_t pte_unpack_prototype(uint64_t raw)
{
    return (va_t)((int64_t)raw >> 16);
}

static inline uint64_t pte_pack_subsection(va_t va)
{
    return va << 16;
}

static inline va_t pte_unpack_subsection(uint64_t raw)
{
    return (va_t)((int64_t)raw >> 16);
}

#include "mmu/pte_common.h"

#endif
