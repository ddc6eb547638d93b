/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte_format.h - the one paging format that this source file is being compiled for.
 *
 * The build compiles such a file three times, with PTE_FORMAT set to PAGING_X86 (0), PAGING_PAE (1) or
 * PAGING_X64 (2), and gives every external name the format's suffix: PTE_NAME(mmu_walk) is mmu_walk_pae.
 * Every format header defines the same accessors over its own constants; pte_x86.h says where their contracts are. */
#ifndef SOFTFAULT_MMU_PTE_FORMAT_H
#define SOFTFAULT_MMU_PTE_FORMAT_H

#include "mmu/pte.h"

#if !defined(PTE_FORMAT)
#error "compile with -DPTE_FORMAT=0, 1 or 2"
#elif PTE_FORMAT == 0
#include "mmu/pte_x86.h"
#define PTE_NAME(name) name##_x86
#elif PTE_FORMAT == 1
#include "mmu/pte_pae.h"
#define PTE_NAME(name) name##_pae
#elif PTE_FORMAT == 2
#include "mmu/pte_x64.h"
#define PTE_NAME(name) name##_x64
#else
#error "no such PTE_FORMAT"
#endif

#endif
