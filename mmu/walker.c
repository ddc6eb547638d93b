/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walker.c - the walk of a format that is known only at run time. */
#include <assert.h>
#include <stddef.h>

#include "mmu/walk.h"

mmu_walk_fn *mmu_walker(enum paging_format format)
{
    switch (format) {
    case PAGING_X86: return mmu_walk_x86;
    case PAGING_PAE: return mmu_walk_pae;
    case PAGING_X64: return mmu_walk_x64;
    case PAGING_FORMAT_COUNT: break;
    }
    assert(!"a paging format");
    return NULL;
}

mmu_walk_fn *mmu_looker(enum paging_format format)
{
    switch (format) {
    case PAGING_X86: return mmu_look_x86;
    case PAGING_PAE: return mmu_look_pae;
    case PAGING_X64: return mmu_look_x64;
    case PAGING_FORMAT_COUNT: break;
    }
    assert(!"a paging format");
    return NULL;
}

mmu_walk_end_fn *mmu_walk_ender(enum paging_format format)
{
    switch (format) {
    case PAGING_X86: return mmu_walk_end_x86;
    case PAGING_PAE: return mmu_walk_end_pae;
    case PAGING_X64: return mmu_walk_end_x64;
    case PAGING_FORMAT_COUNT: break;
    }
    assert(!"a paging format");
    return NULL;
}
