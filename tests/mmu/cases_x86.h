/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cases_x86.h - words and addresses of x86, computed by hand from nt-reference 1.1, 1.5, 1.6 and 1.10. */
#ifndef SOFTFAULT_TESTS_MMU_CASES_X86_H
#define SOFTFAULT_TESTS_MMU_CASES_X86_H

#include "mmu/pte_format.h"

static const struct word_case word_cases[] = {
    {"empty", 0, {KIND(EMPTY)}},
    {"empty in a segment", 0, {KIND(EMPTY), SEGMENT}},

    {"valid alone", 0x00000001, {KIND(VALID)}},
    {"valid, writable", 0x00000003, {KIND(VALID), .writable = true}},
    {"valid, user", 0x00000005, {KIND(VALID), .owner_user = true}},
    {"valid, write through", 0x00000009, {KIND(VALID), .write_through = true}},
    {"valid, cache disabled", 0x00000011, {KIND(VALID), .cache_disable = true}},
    {"valid, accessed", 0x00000021, {KIND(VALID), .accessed = true}},
    {"valid, dirty", 0x00000041, {KIND(VALID), .dirty = true}},
    {"valid, large", 0x00000081, {KIND(VALID), .large_page = true}},
    {"valid, global", 0x00000101, {KIND(VALID), .global = true}},
    {"valid, copy-on-write", 0x00000201, {KIND(VALID), .copy_on_write = true}},
    {"valid, prototype bit", 0x00000401, {KIND(VALID), .prototype_bit = true}},
    {"valid, write", 0x00000801, {KIND(VALID), .write = true}},
    {"valid, frame bit 0", 0x00001001, {KIND(VALID), .frame = 1}},
    {"valid, all frame bits", 0xFFFFF001, {KIND(VALID), .frame = 0xFFFFF}},
    {"valid in a segment", 0x00123021, {KIND(VALID), SEGMENT, .frame = 0x123, .accessed = true}},
    {"large with PAT", 0x00401081, {KIND(VALID), .large_page = true, .pat = true, .frame = 0x400}},
    {"large, all frame bits", 0xFFC00081, {KIND(VALID), .large_page = true, .frame = 0xFFC00}},
    {"MP clean", 0x0123E825, {KIND(VALID), .frame = 0x123E, .owner_user = true, .accessed = true, .write = true}},
    {"MP dirty",
     0x0123E867,
     {KIND(VALID), .frame = 0x123E, .owner_user = true, .accessed = true, .write = true, .dirty = true,
      .writable = true}},
    {"UP clean", 0x0123E027, {KIND(VALID), .frame = 0x123E, .owner_user = true, .accessed = true, .writable = true}},
    {"UP dirty",
     0x0123E067,
     {KIND(VALID), .frame = 0x123E, .owner_user = true, .accessed = true, .writable = true, .dirty = true}},
    {"shared code", 0x00042025, {KIND(VALID), .frame = 0x42, .owner_user = true, .accessed = true}},
    {"shared write-copy",
     0x00042225,
     {KIND(VALID), .frame = 0x42, .owner_user = true, .accessed = true, .copy_on_write = true}},

    {"demand zero read-write", 0x080, {KIND(DEMAND_ZERO), .protection = MM_READWRITE}},
    {"demand zero read-write in a segment", 0x080, {KIND(DEMAND_ZERO), SEGMENT, .protection = MM_READWRITE}},
    {"demand zero execute-read-write", 0x0C0, {KIND(DEMAND_ZERO), .protection = MM_EXECUTE_READWRITE}},
    {"demand zero execute-read", 0x060, {KIND(DEMAND_ZERO), .protection = MM_EXECUTE_READ}},
    {"no access committed", 0x300, {KIND(DEMAND_ZERO), .protection = MM_NOACCESS}},
    {"guard read-write committed", 0x280, {KIND(DEMAND_ZERO), .protection = MM_GUARDPAGE | MM_READWRITE}},
    {"decommitted", 0x200, {KIND(DECOMMITTED), .protection = MM_DECOMMIT}},
    {"decommitted protection with a page file",
     0x00001200,
     {KIND(PAGED_OUT), .protection = MM_DECOMMIT, .pagefile_offset = 1}},

    {"paged out, offset bit 0", 0x00001000, {KIND(PAGED_OUT), .pagefile_offset = 1}},
    {"paged out, all offset bits", 0xFFFFF000, {KIND(PAGED_OUT), .pagefile_offset = 0xFFFFF}},
    {"paged out, file 1, offset 0", 0x00000002, {KIND(PAGED_OUT), .pagefile = 1}},
    {"paged out, file 15", 0x0001201E, {KIND(PAGED_OUT), .pagefile = 15, .pagefile_offset = 0x12}},
    {"paged out, protection", 0x00345086, {KIND(PAGED_OUT), .pagefile = 3, .pagefile_offset = 0x345, .protection = 4}},
    {"out-swapped kernel stack", 0x000013E0, {KIND(PAGED_OUT), .pagefile_offset = 1, .protection = 0x1F}},

    {"transition alone", 0x00000800, {KIND(TRANSITION)}},
    {"transition, write", 0x00000802, {KIND(TRANSITION), .writable = true}},
    {"transition, user", 0x00000804, {KIND(TRANSITION), .owner_user = true}},
    {"transition, write through", 0x00000808, {KIND(TRANSITION), .write_through = true}},
    {"transition, cache disabled", 0x00000810, {KIND(TRANSITION), .cache_disable = true}},
    {"transition, protection", 0x00000BE0, {KIND(TRANSITION), .protection = 0x1F}},
    {"transition, all frame bits", 0xFFFFF880, {KIND(TRANSITION), .frame = 0xFFFFF, .protection = 4}},
    {"transition in a segment", 0x00123860, {KIND(TRANSITION), SEGMENT, .frame = 0x123, .protection = 3}},

    {"prototype, base", 0x00000400, {KIND(PROTOTYPE), .address = 0xE1000000}},
    {"prototype, address bit 2", 0x00000402, {KIND(PROTOTYPE), .address = 0xE1000004}},
    {"prototype, address bit 8", 0x00000480, {KIND(PROTOTYPE), .address = 0xE1000100}},
    {"prototype, address bit 9", 0x00000C00, {KIND(PROTOTYPE), .address = 0xE1000200}},
    {"prototype, address bit 28", 0x80000400, {KIND(PROTOTYPE), .address = 0x01000000}},
    {"prototype, read-only", 0x00000500, {KIND(PROTOTYPE), .address = 0xE1000000, .read_only = true}},
    {"prototype, !ca sample", 0x02DD14C0, {KIND(PROTOTYPE), .address = 0xE1B74580}},
    {"lookup", 0xFFFFF400, {KIND(LOOKUP)}},
    {"lookup, read-write", 0xFFFFF480, {KIND(LOOKUP), .protection = 4}},
    {"lookup, all protection bits", 0xFFFFF7E0, {KIND(LOOKUP), .protection = 0x1F}},

    {"subsection, base", 0x80000400, {KIND(SUBSECTION), SEGMENT, .address = 0x81000000}},
    {"subsection, address bit 3", 0x80000402, {KIND(SUBSECTION), SEGMENT, .address = 0x81000008}},
    {"subsection, address bit 6", 0x80000410, {KIND(SUBSECTION), SEGMENT, .address = 0x81000040}},
    {"subsection, address bit 7", 0x80000C00, {KIND(SUBSECTION), SEGMENT, .address = 0x81000080}},
    {"subsection, address bit 26", 0xC0000400, {KIND(SUBSECTION), SEGMENT, .address = 0x85000000}},
    {"subsection, protection", 0x800007E0, {KIND(SUBSECTION), SEGMENT, .address = 0x81000000, .protection = 0x1F}},
    {"subsection below the nonpaged pool's end",
     0x00000C64,
     {KIND(SUBSECTION), SEGMENT, .address = 0xFFBDFF70, .protection = 3}},
    {"subsection with all high bits", 0xFFFFF400, {KIND(SUBSECTION), SEGMENT, .address = 0x88FFFF00}},
};

static const struct address_case address_cases[] = {
    {"0", 0, {0, 0xC0000000, 0xC0300000}},
    {"S1's example", 0xE4321000, {0, 0xC0390C84, 0xC0300E40}},
    {"!pte sample", 0x801544F4, {0, 0xC0200550, 0xC0300800}},
    {"the PTE area", 0xC0000000, {0, 0xC0300000, 0xC0300C00}},
    {"the page directory", 0xC0300000, {0, 0xC0300C00, 0xC0300C00}},
    {"hyperspace", 0xC0400000, {0, 0xC0301000, 0xC0300C04}},
    {"last byte", 0xFFFFFFFF, {0, 0xC03FFFFC, 0xC0300FFC}},
};

/* => copies row i; returns the number of rows. */
static inline int format_made_case(int i, struct made_case *ret_row)
{
    const struct made_case rows[] = {
        {"clean", pte_make_valid((pfn_t){0x123E}, MM_READWRITE, PTE_USER, PTE_NX_ON), 0x0123E825},
        {"last frame", pte_make_valid((pfn_t){0xFFFFF}, MM_READONLY, PTE_SUPERVISOR, PTE_NX_ON), 0xFFFFF021},
        {"large, user", pte_make_large((pfn_t){0x800}, MM_READWRITE, PTE_USER, PTE_NX_ON), 0x008008E7},
        {"large, kernel code", pte_make_large((pfn_t){0x400}, MM_EXECUTE_READ, PTE_SUPERVISOR, PTE_NX_ON), 0x004000A1},
        {"transition", pte_make_transition((pfn_t){0xFFFFF}, MM_READWRITE), 0xFFFFF880},
        {"prototype", pte_make_prototype(0xE1B74580, false), 0x02DD14C0},
        {"prototype, read-only", pte_make_prototype(0xE1000004, true), 0x00000502},
        {"prototype, last before 4 GB", pte_make_prototype(0xFFFFFFFC, false), 0x7BFFFCFE},
        {"lookup", pte_make_lookup(MM_READWRITE), 0xFFFFF480},
        {"subsection", pte_make_subsection(0x81000088, MM_READWRITE), 0x80000C82},
        {"subsection, last", pte_make_subsection(0x88FFFFF8, MM_READONLY), 0xFFFFFC3E},
        {"paged out", pte_make_paged_out(15, 0xFFFFF, MM_EXECUTE_WRITECOPY), 0xFFFFF0FE},
        {"list end", pte_make_list(PTE_LIST_END, true), 0xFFFFF002},
        {"list", pte_make_list(0x12345, false), 0x12345000},
        {"working-set index is not kept", pte_set_ws_index((mmpte_t){0x1025}, 0x7FF), 0x1025},
    };
    *ret_row = rows[i];
    return (int)(sizeof rows / sizeof *rows);
}

#endif
