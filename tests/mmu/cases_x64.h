/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cases_x64.h - words and addresses of x64, computed by hand from nt-reference 1.3, 1.5, 1.6 and 1.10. */
#ifndef SOFTFAULT_TESTS_MMU_CASES_X64_H
#define SOFTFAULT_TESTS_MMU_CASES_X64_H

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
    {"valid, frame bit 27", W(0x80, 1), {KIND(VALID), .frame = 0x8000000}},
    {"valid, all frame bits", W(0xFF, 0xFFFFF001), {KIND(VALID), .frame = 0xFFFFFFF}},
    {"valid, working-set index bit 0", W(0x00100000, 1), {KIND(VALID), .ws_index = 1}},
    {"valid, working-set index", W(0x7FF00000, 1), {KIND(VALID), .ws_index = 0x7FF}},
    {"large with PAT", W(1, 0x00201081), {KIND(VALID), .large_page = true, .pat = true, .frame = 0x100200}},
    {"large, all frame bits", W(0xFF, 0xFFE00081), {KIND(VALID), .large_page = true, .frame = 0xFFFFE00}},
    {"MP clean, no execute",
     W(0x80000000, 0x0123E825),
     {KIND(VALID), .frame = 0x123E, .owner_user = true, .accessed = true, .write = true, .no_execute = true}},

    {"demand zero read-write", 0x080, {KIND(DEMAND_ZERO), .protection = MM_READWRITE}},
    {"demand zero execute-read-write", 0x0C0, {KIND(DEMAND_ZERO), SEGMENT, .protection = MM_EXECUTE_READWRITE}},
    {"demand zero, all protection bits", 0x3E0, {KIND(DEMAND_ZERO), .protection = 0x1F}},
    {"demand zero, used entries", 0x003FF080, {KIND(DEMAND_ZERO), .protection = 4, .used_entries = 0x3FF}},
    {"no access committed", 0x300, {KIND(DEMAND_ZERO), .protection = MM_NOACCESS}},
    {"guard read-write committed", 0x280, {KIND(DEMAND_ZERO), .protection = MM_GUARDPAGE | MM_READWRITE}},
    {"decommitted", 0x200, {KIND(DECOMMITTED), .protection = MM_DECOMMIT}},

    {"paged out, offset bit 0", W(1, 0), {KIND(PAGED_OUT), .pagefile_offset = 1}},
    {"paged out, all offset bits", W(0xFFFFFFFF, 0), {KIND(PAGED_OUT), .pagefile_offset = 0xFFFFFFFF}},
    {"paged out, file 1, offset 0", 0x002, {KIND(PAGED_OUT), .pagefile = 1}},
    {"paged out, used entries", W(7, 0x00001000), {KIND(PAGED_OUT), .pagefile_offset = 7, .used_entries = 1}},
    {"paged out, file 15, protection",
     W(0x345, 0x3FE),
     {KIND(PAGED_OUT), .pagefile = 15, .pagefile_offset = 0x345, .protection = 0x1F}},

    {"transition alone", 0x800, {KIND(TRANSITION)}},
    {"transition, write", 0x802, {KIND(TRANSITION), .writable = true}},
    {"transition, user", 0x804, {KIND(TRANSITION), .owner_user = true}},
    {"transition, write through", 0x808, {KIND(TRANSITION), .write_through = true}},
    {"transition, cache disabled", 0x810, {KIND(TRANSITION), .cache_disable = true}},
    {"transition, protection", 0xBE0, {KIND(TRANSITION), .protection = 0x1F}},
    {"transition, all frame bits", W(0xFF, 0xFFFFF800), {KIND(TRANSITION), .frame = 0xFFFFFFF}},
    {"transition in a segment", 0x00123860, {KIND(TRANSITION), SEGMENT, .frame = 0x123, .protection = 3}},

    {"prototype, address", W(0xF8A00012, 0x34580400), {KIND(PROTOTYPE), .address = UINT64_C(0xFFFFF8A000123458)}},
    {"prototype, positive address", W(0x7FFFFFFF, 0xFFF80400), {KIND(PROTOTYPE), .address = UINT64_C(0x7FFFFFFFFFF8)}},
    {"prototype, read-only", 0x00080500, {KIND(PROTOTYPE), .address = 8, .read_only = true}},
    {"prototype, protection", 0x0008FC00, {KIND(PROTOTYPE), .address = 8, .protection = 0x1F}},
    {"lookup", W(0xFFFFFFFF, 0x400), {KIND(LOOKUP)}},
    {"lookup, protection", W(0xFFFFFFFF, 0x7E0), {KIND(LOOKUP), .protection = 0x1F}},

    {"subsection, address",
     W(0xFA800012, 0x34580400),
     {KIND(SUBSECTION), SEGMENT, .address = UINT64_C(0xFFFFFA8000123458)}},
    {"subsection, all address bits", W(0xFFFFFFFF, 0xFFFF0400), {KIND(SUBSECTION), SEGMENT, .address = UINT64_MAX}},
    {"subsection, protection", 0x000807E0, {KIND(SUBSECTION), SEGMENT, .address = 8, .protection = 0x1F}},
};

#define A(low48) (UINT64_C(0xFFFF000000000000) | UINT64_C(low48))

static const struct address_case address_cases[] = {
    {"0", 0, {0, A(0xF68000000000), A(0xF6FB40000000), A(0xF6FB7DA00000), A(0xF6FB7DBED000)}},
    {"one of each index",
     UINT64_C(0x0000008040201000),
     {0, A(0xF68040201008), A(0xF6FB40201008), A(0xF6FB7DA01008), A(0xF6FB7DBED008)}},
    {"last of user space",
     UINT64_C(0x00007FFFFFFFFFFF),
     {0, A(0xF6BFFFFFFFF8), A(0xF6FB5FFFFFF8), A(0xF6FB7DAFFFF8), A(0xF6FB7DBED7F8)}},
    {"first of system space",
     A(0x800000000000),
     {0, A(0xF6C000000000), A(0xF6FB60000000), A(0xF6FB7DB00000), A(0xF6FB7DBED800)}},
    {"the PTE area", PTE_BASE, {0, A(0xF6FB40000000), A(0xF6FB7DA00000), A(0xF6FB7DBED000), A(0xF6FB7DBEDF68)}},
    {"the self entry",
     A(0xF6FB7DBEDF68),
     {0, A(0xF6FB7DBEDF68), A(0xF6FB7DBEDF68), A(0xF6FB7DBEDF68), A(0xF6FB7DBEDF68)}},
    {"last byte", UINT64_MAX, {0, A(0xF6FFFFFFFFF8), A(0xF6FB7FFFFFF8), A(0xF6FB7DBFFFF8), A(0xF6FB7DBEDFF8)}},
};

/* => copies row i; returns the number of rows. */
static inline int format_made_case(int i, struct made_case *ret_row)
{
    const struct made_case rows[] = {
        {"clean", pte_make_valid((pfn_t){0x123E}, MM_READWRITE, PTE_USER, PTE_NX_ON), W(0x80000000, 0x0123E825)},
        {"last frame", pte_make_valid((pfn_t){0xFFFFFFF}, MM_EXECUTE_READ, PTE_USER, PTE_NX_ON), W(0xFF, 0xFFFFF025)},
        {"large", pte_make_large((pfn_t){0x200}, MM_READWRITE, PTE_USER, PTE_NX_ON), W(0x80000000, 0x002008E7)},
        {"transition", pte_make_transition((pfn_t){0xFFFFFFF}, MM_READWRITE), W(0xFF, 0xFFFFF880)},
        {"prototype", pte_make_prototype(A(0xF8A000123458), false), W(0xF8A00012, 0x34580400)},
        {"prototype, read-only", pte_make_prototype(A(0xF8A000123458), true), W(0xF8A00012, 0x34580500)},
        {"lookup", pte_make_lookup(MM_READWRITE), W(0xFFFFFFFF, 0x480)},
        {"subsection", pte_make_subsection(A(0xFA8000123458), MM_READWRITE), W(0xFA800012, 0x34580480)},
        {"paged out", pte_make_paged_out(15, 0xFFFFFFFF, MM_EXECUTE_WRITECOPY), W(0xFFFFFFFF, 0x0FE)},
        {"list end", pte_make_list(PTE_LIST_END, true), W(0xFFFFFFFF, 2)},
        {"list", pte_make_list(0x12345, false), W(0x12345, 0)},
        {"working-set index", pte_set_ws_index((mmpte_t){0x1025}, 0x7FF), W(0x7FF00000, 0x1025)},
        {"working-set index, low 11 bits", pte_set_ws_index((mmpte_t){0x1025}, 0x1802), W(0x00200000, 0x1025)},
        {"working-set index replaced", pte_set_ws_index((mmpte_t){W(0xFFF00000, 1)}, 1), W(0x80100000, 1)},
    };
    *ret_row = rows[i];
    return (int)(sizeof rows / sizeof *rows);
}

#endif
