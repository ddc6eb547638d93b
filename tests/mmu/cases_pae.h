/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cases_pae.h - words and addresses of PAE, computed by hand from nt-reference 1.2, 1.5, 1.6 and 1.10. */
#ifndef SOFTFAULT_TESTS_MMU_CASES_PAE_H
#define SOFTFAULT_TESTS_MMU_CASES_PAE_H

#include "mmu/pte_format.h"

#define W(high, low) (UINT64_C(high) << 32 | UINT64_C(low))

static const struct word_case word_cases[] = {
    {"empty", 0, {KIND(EMPTY)}},
    {"empty in a segment", 0, {KIND(EMPTY), SEGMENT}},

    {"valid alone", 0x001, {KIND(VALID)}},
    {"valid, writable", 0x003, {KIND(VALID), .writable = true}},
    {"valid, user", 0x005, {KIND(VALID), .owner_user = true}},
    {"valid, write through", 0x009, {KIND(VALID), .write_through = true}},
    {"valid, cache disabled", 0x011, {KIND(VALID), .cache_disable = true}},
    {"valid, accessed", 0x021, {KIND(VALID), .accessed = true}},
    {"valid, dirty", 0x041, {KIND(VALID), .dirty = true}},
    {"valid, large", 0x081, {KIND(VALID), .large_page = true}},
    {"valid, global", 0x101, {KIND(VALID), .global = true}},
    {"valid, copy-on-write", 0x201, {KIND(VALID), .copy_on_write = true}},
    {"valid, prototype bit", 0x401, {KIND(VALID), .prototype_bit = true}},
    {"valid, write", 0x801, {KIND(VALID), .write = true}},
    {"valid, no execute", W(0x80000000, 1), {KIND(VALID), .no_execute = true}},
    {"valid, frame bit 0", 0x1001, {KIND(VALID), .frame = 1}},
    {"valid, frame bit 25", W(0x20, 1), {KIND(VALID), .frame = 0x2000000}},
    {"valid, all frame bits", W(0x3F, 0xFFFFF001), {KIND(VALID), .frame = 0x3FFFFFF}},
    {"large with PAT", W(1, 0x00201081), {KIND(VALID), .large_page = true, .pat = true, .frame = 0x100200}},
    {"large, all frame bits", W(0x3F, 0xFFE00081), {KIND(VALID), .large_page = true, .frame = 0x3FFFE00}},
    {"MP clean, no execute",
     W(0x80000000, 0x0123E825),
     {KIND(VALID), .frame = 0x123E, .owner_user = true, .accessed = true, .write = true, .no_execute = true}},

    {"demand zero read-write", 0x080, {KIND(DEMAND_ZERO), .protection = MM_READWRITE}},
    {"demand zero execute-read-write", 0x0C0, {KIND(DEMAND_ZERO), SEGMENT, .protection = MM_EXECUTE_READWRITE}},
    {"demand zero, all protection bits", 0x3E0, {KIND(DEMAND_ZERO), .protection = 0x1F}},
    {"no access committed", 0x300, {KIND(DEMAND_ZERO), .protection = MM_NOACCESS}},
    {"guard read-write committed", 0x280, {KIND(DEMAND_ZERO), .protection = MM_GUARDPAGE | MM_READWRITE}},
    {"decommitted", 0x200, {KIND(DECOMMITTED), .protection = MM_DECOMMIT}},

    {"paged out, offset bit 0", W(1, 0), {KIND(PAGED_OUT), .pagefile_offset = 1}},
    {"paged out, all offset bits", W(0xFFFFFFFF, 0), {KIND(PAGED_OUT), .pagefile_offset = 0xFFFFFFFF}},
    {"paged out, file 1, offset 0", 0x002, {KIND(PAGED_OUT), .pagefile = 1}},
    {"paged out, file 15, protection",
     W(0x345, 0x3FE),
     {KIND(PAGED_OUT), .pagefile = 15, .pagefile_offset = 0x345, .protection = 0x1F}},

    {"transition alone", 0x800, {KIND(TRANSITION)}},
    {"transition, write", 0x802, {KIND(TRANSITION), .writable = true}},
    {"transition, user", 0x804, {KIND(TRANSITION), .owner_user = true}},
    {"transition, write through", 0x808, {KIND(TRANSITION), .write_through = true}},
    {"transition, cache disabled", 0x810, {KIND(TRANSITION), .cache_disable = true}},
    {"transition, protection", 0xBE0, {KIND(TRANSITION), .protection = 0x1F}},
    {"transition, all frame bits", W(0x3F, 0xFFFFF800), {KIND(TRANSITION), .frame = 0x3FFFFFF}},
    {"transition in a segment", 0x00123860, {KIND(TRANSITION), SEGMENT, .frame = 0x123, .protection = 3}},

    {"prototype, address", W(0xE1000008, 0x400), {KIND(PROTOTYPE), .address = 0xE1000008}},
    {"prototype, address bits 1 to 31", W(0xFFFFFFFE, 0x400), {KIND(PROTOTYPE), .address = 0xFFFFFFFE}},
    {"prototype, read-only", W(0xE1000008, 0x500), {KIND(PROTOTYPE), .address = 0xE1000008, .read_only = true}},
    {"prototype, protection", W(0xE1000008, 0xFC00), {KIND(PROTOTYPE), .address = 0xE1000008, .protection = 0x1F}},
    {"lookup", W(0xFFFFFFFF, 0x400), {KIND(LOOKUP)}},
    {"lookup, protection", W(0xFFFFFFFF, 0x7E0), {KIND(LOOKUP), .protection = 0x1F}},

    {"subsection, address", W(0x812345F8, 0x400), {KIND(SUBSECTION), SEGMENT, .address = 0x812345F8}},
    {"subsection, all address bits", W(0xFFFFFFFF, 0x400), {KIND(SUBSECTION), SEGMENT, .address = 0xFFFFFFFF}},
    {"subsection, protection",
     W(0x81000000, 0x7E0),
     {KIND(SUBSECTION), SEGMENT, .address = 0x81000000, .protection = 0x1F}},
};

static const struct address_case address_cases[] = {
    {"0", 0, {0, 0xC0000000, 0xC0600000}},
    {"S1's example", 0xE4321000, {0, 0xC0721908, 0xC0603908}},
    {"the PTE area", 0xC0000000, {0, 0xC0600000, 0xC0603000}},
    {"the page directories", 0xC0600000, {0, 0xC0603000, 0xC0603018}},
    {"hyperspace", 0xC0800000, {0, 0xC0604000, 0xC0603020}},
    {"last byte", 0xFFFFFFFF, {0, 0xC07FFFF8, 0xC0603FF8}},
};

/* => copies row i; returns the number of rows. */
static inline int format_made_case(int i, struct made_case *ret_row)
{
    const struct made_case rows[] = {
        {"clean", pte_make_valid((pfn_t){0x123E}, MM_READWRITE, PTE_USER, PTE_NX_ON), W(0x80000000, 0x0123E825)},
        {"last frame", pte_make_valid((pfn_t){0x3FFFFFF}, MM_EXECUTE_READ, PTE_USER, PTE_NX_ON), W(0x3F, 0xFFFFF025)},
        {"large", pte_make_large((pfn_t){0x200}, MM_READWRITE, PTE_USER, PTE_NX_ON), W(0x80000000, 0x002008E7)},
        {"transition", pte_make_transition((pfn_t){0x3FFFFFF}, MM_READWRITE), W(0x3F, 0xFFFFF880)},
        {"prototype", pte_make_prototype(0xE1B74580, false), W(0xE1B74580, 0x400)},
        {"prototype, read-only", pte_make_prototype(0xE1B74580, true), W(0xE1B74580, 0x500)},
        {"lookup", pte_make_lookup(MM_READWRITE), W(0xFFFFFFFF, 0x480)},
        {"subsection", pte_make_subsection(0x81000088, MM_READWRITE), W(0x81000088, 0x480)},
        {"paged out", pte_make_paged_out(15, 0xFFFFFFFF, MM_EXECUTE_WRITECOPY), W(0xFFFFFFFF, 0x0FE)},
        {"list end", pte_make_list(PTE_LIST_END, true), W(0xFFFFFFFF, 2)},
        {"list", pte_make_list(0x12345, false), W(0x12345, 0)},
        {"working-set index is not kept", pte_set_ws_index((mmpte_t){0x1025}, 0x7FF), 0x1025},
    };
    *ret_row = rows[i];
    return (int)(sizeof rows / sizeof *rows);
}

#endif
