/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pte.c - the accessors, makers, views and addresses of one paging format. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mmu/pte_format.h"
#include "mmu/view.h"
#include "tests/mmu/cases.h"
#include "tests/mmu/suite.h"

/* Set once by main, before the tests fork. */
static uint64_t seed;

START_TEST(word_decodes)
{
    const struct word_case *row = &word_cases[_i];
    struct pte_view want = row->view, got = PTE_NAME(pte_decode)((mmpte_t){row->raw}, row->view.home);

#define SAME(field)                                                                                                    \
    ck_assert_msg(got.field == want.field, "%s: %s is %" PRIx64 ", not %" PRIx64, row->name, #field,                   \
                  (uint64_t)got.field, (uint64_t)want.field)
    want.format = PTE_FORMAT_ID;
    SAME(format);
    SAME(home);
    SAME(kind);
    SAME(frame);
    SAME(protection);
    SAME(writable);
    SAME(owner_user);
    SAME(write_through);
    SAME(cache_disable);
    SAME(accessed);
    SAME(dirty);
    SAME(large_page);
    SAME(global);
    SAME(copy_on_write);
    SAME(prototype_bit);
    SAME(write);
    SAME(no_execute);
    SAME(pat);
    SAME(read_only);
    SAME(ws_index);
    SAME(address);
    SAME(pagefile);
    SAME(pagefile_offset);
    SAME(used_entries);
#undef SAME
}
END_TEST

START_TEST(word_encodes)
{
    const struct word_case *row = &word_cases[_i];
    mmpte_t got = PTE_NAME(pte_encode)(&row->view);
    ck_assert_msg(got.raw == row->raw, "%s: %" PRIx64 ", not %" PRIx64, row->name, got.raw, row->raw);
    ck_assert_msg(pte_kind(got, row->view.home) == row->view.kind, "%s", row->name);
}
END_TEST

/* The single-bit readers of a valid word, each of one bit and no other. */
static const struct {
    const char *name;
    bool (*reader)(mmpte_t);
    uint64_t bit;
} bit_cases[] = {
    {"valid", pte_is_valid, 1},
    {"writable", pte_is_writable, 1 << 1},
    {"user", pte_is_user, 1 << 2},
    {"write through", pte_is_write_through, 1 << 3},
    {"cache disabled", pte_is_cache_disabled, 1 << 4},
    {"accessed", pte_is_accessed, 1 << 5},
    {"dirty", pte_is_dirty, 1 << 6},
    {"large", pte_is_large, 1 << 7},
    {"global", pte_is_global, 1 << 8},
    {"copy-on-write", pte_is_copy_on_write, 1 << 9},
    {"write", pte_is_write, 1 << 11},
    {"no execute", pte_is_no_execute, PTE_SIZE == 4 ? 0 : UINT64_C(1) << 63},
};

START_TEST(bit_is_read)
{
    uint64_t all = PTE_SIZE == 4 ? UINT32_MAX : UINT64_MAX, bit = bit_cases[_i].bit;
    ck_assert_msg(bit_cases[_i].reader((mmpte_t){bit}) == (bit != 0), "%s", bit_cases[_i].name);
    ck_assert_msg(bit_cases[_i].reader((mmpte_t){all}) == (bit != 0), "%s among all", bit_cases[_i].name);
    ck_assert_msg(!bit_cases[_i].reader((mmpte_t){all & ~bit}), "%s among all others", bit_cases[_i].name);
}
END_TEST

/* Makers and updates that give the same word in every format; the others are in the cases of the format. */
static int made_case(int i, struct made_case *ret_row)
{
    const mmpte_t other = {PTE_PFN_MASK | PTE_NO_EXECUTE | PTE_WS_INDEX_MASK | 0xF9D};
    const struct made_case rows[] = {
        {"clean code", pte_make_valid((pfn_t){0x123}, MM_EXECUTE_READ, PTE_USER, PTE_NX_ON), 0x123025},
        {"clean, NX off", pte_make_valid((pfn_t){0x123}, MM_READWRITE, PTE_USER, PTE_NX_OFF), 0x123825},
        {"first write", pte_set_dirty((mmpte_t){0x123825}), 0x123867},
        {"cleaned", pte_clear_dirty((mmpte_t){0x123867}), 0x123825},
        {"dirty keeps the rest", pte_set_dirty(other), other.raw | 0x42},
        {"clean keeps the rest", pte_clear_dirty((mmpte_t){other.raw | 0x42}), other.raw},
        {"accessed keeps the rest", pte_set_accessed(other), other.raw | 0x20},
        {"not accessed keeps the rest", pte_clear_accessed((mmpte_t){other.raw | 0x20}), other.raw},
        {"user table", pte_make_table((pfn_t){0x123}, PTE_USER), 0x123867},
        {"kernel table", pte_make_table((pfn_t){0x123}, PTE_SUPERVISOR), 0x123863},
        {"demand zero", pte_make_demand_zero(MM_READWRITE), 0x80},
        {"demand zero, code", pte_make_demand_zero(MM_EXECUTE_READWRITE), 0xC0},
        {"demand zero, no access", pte_make_demand_zero(MM_NOACCESS), 0x300},
        {"demand zero, guard", pte_make_demand_zero(MM_GUARDPAGE | MM_READWRITE), 0x280},
        {"decommitted", pte_make_decommitted(), 0x200},
        {"guard removed", pte_set_protection((mmpte_t){0x280}, MM_READWRITE), 0x80},
        {"transition protected", pte_set_protection((mmpte_t){0x123BFE}, MM_READONLY), 0x12383E},
    };
    const int n_rows = (int)(sizeof rows / sizeof *rows);
    if (i >= n_rows)
        return n_rows + format_made_case(i - n_rows, ret_row);
    *ret_row = rows[i];
    return n_rows + format_made_case(0, &(struct made_case){0});
}

START_TEST(word_is_made)
{
    struct made_case row;
    made_case(_i, &row);
    ck_assert_msg(row.made.raw == row.want, "%s: %" PRIx64 ", not %" PRIx64, row.name, row.made.raw, row.want);
}
END_TEST

/* The table of nt-reference 1.6: bits beside V and A, and whether NX goes with it. */
static const struct {
    const char *name;
    unsigned protection;
    uint64_t bits;
    bool no_execute;
} protection_cases[] = {
    {"READONLY", MM_READONLY, 0, true},
    {"EXECUTE", MM_EXECUTE, 0, false},
    {"EXECUTE_READ", MM_EXECUTE_READ, 0, false},
    {"READWRITE", MM_READWRITE, 0x800, true},
    {"WRITECOPY", MM_WRITECOPY, 0x200, true},
    {"EXECUTE_READWRITE", MM_EXECUTE_READWRITE, 0x800, false},
    {"EXECUTE_WRITECOPY", MM_EXECUTE_WRITECOPY, 0x200, false},
    {"READONLY no cache", MM_NOCACHE | MM_READONLY, 0x10, true},
    {"READWRITE no cache", MM_NOCACHE | MM_READWRITE, 0x810, true},
    {"READWRITE write combine", MM_WRITECOMBINE | MM_READWRITE, 0x818, true},
    {"EXECUTE_READ write combine", MM_WRITECOMBINE | MM_EXECUTE_READ, 0x18, false},
};

START_TEST(protection_becomes_hardware)
{
    for (unsigned user = 0; user < 2; user++) {
        for (unsigned nx = 0; nx < 2; nx++) {
            mmpte_t got = pte_make_valid((pfn_t){0xABCDE}, protection_cases[_i].protection,
                                         user ? PTE_USER : PTE_SUPERVISOR, nx ? PTE_NX_ON : PTE_NX_OFF);
            uint64_t want = 0xABCDE021 | protection_cases[_i].bits | (user ? 4 : 0);
            if (nx && protection_cases[_i].no_execute && PTE_SIZE == 8)
                want |= UINT64_C(1) << 63;
            ck_assert_msg(got.raw == want, "%s: %" PRIx64 ", not %" PRIx64, protection_cases[_i].name, got.raw, want);
        }
    }
}
END_TEST

START_TEST(software_fields_read_back)
{
    for (unsigned protection = 1; protection <= MM_PROTECTION_MASK; protection++) {
        const mmpte_t software[] = {
            pte_make_transition((pfn_t){0x77}, protection),
            pte_make_paged_out(5, 0x77, protection),
            pte_make_lookup(protection),
            pte_make_subsection(0x81000040, protection),
            protection == MM_DECOMMIT ? pte_make_decommitted() : pte_make_demand_zero(protection),
        };
        for (int i = 0; i < N_ELEMENTS(software); i++) {
            ck_assert_uint_eq(pte_protection(software[i]), protection);
            ck_assert_uint_eq(pte_set_protection(pte_set_protection(software[i], 0), protection).raw, software[i].raw);
        }
    }
    ck_assert_uint_eq(pte_prototype_va(pte_make_prototype(0xE1234568, true)), 0xE1234568);
    ck_assert(pte_prototype_is_read_only(pte_make_prototype(0xE1234568, true)));
    ck_assert(!pte_prototype_is_read_only(pte_make_prototype(0xE1234568, false)));
    ck_assert_uint_eq(pte_prototype_protection(pte_make_prototype(0xE1234568, true)), 0);
    ck_assert_uint_eq(pte_protection_at(pte_make_prototype(0xE12345F8, true), PTE_OF_PROCESS), 0);
    ck_assert_uint_eq(pte_protection_at(pte_make_subsection(0x81000040, 7), PTE_OF_SEGMENT), 7);
    ck_assert_uint_eq(pte_protection_at(pte_make_table((pfn_t){1}, PTE_USER), PTE_OF_PROCESS), 0);
    ck_assert_uint_eq(pte_subsection_va(pte_make_subsection(0x812345F8, 7)), 0x812345F8);
    ck_assert_uint_eq(pte_pagefile_number(pte_make_paged_out(5, 0x77, 4)), 5);
    ck_assert_uint_eq(pte_pagefile_offset(pte_make_paged_out(5, 0x77, 4)), 0x77);
    ck_assert_uint_eq(pte_list_next(pte_make_list(PTE_LIST_END, true)), PTE_LIST_END);
    ck_assert(pte_list_is_one_entry(pte_make_list(1, true)));
    ck_assert(!pte_list_is_one_entry(pte_make_list(1, false)));
    ck_assert_uint_eq(pte_pfn(pte_make_transition((pfn_t){PTE_PFN_MAX}, 4)).index, PTE_PFN_MAX);
    ck_assert_uint_eq(pte_pfn(pte_make_table((pfn_t){PTE_PFN_MAX}, PTE_USER)).index, PTE_PFN_MAX);
}
END_TEST

/* What to force upon a random word so that it is of a kind (nt-reference 1.4). */
static const struct {
    enum pte_kind kind;
    enum pte_home home;
    uint64_t clear, set;
} random_cases[] = {
    {PTE_KIND_VALID, PTE_OF_PROCESS, 0x80, 1},
    {PTE_KIND_VALID, PTE_OF_PROCESS, 0, 0x81}, /* large */
    {PTE_KIND_VALID, PTE_OF_SEGMENT, 0x80, 1},
    {PTE_KIND_TRANSITION, PTE_OF_PROCESS, 0x401, 0x800},
    {PTE_KIND_TRANSITION, PTE_OF_SEGMENT, 0x401, 0x800},
    {PTE_KIND_PROTOTYPE, PTE_OF_PROCESS, UINT64_C(8) << PTE_PAGEFILE_SHIFT | 1, 0x400},
    {PTE_KIND_LOOKUP, PTE_OF_PROCESS, 1, PTE_PAGEFILE_OFFSET_MAX << PTE_PAGEFILE_SHIFT | 0x400},
    {PTE_KIND_SUBSECTION, PTE_OF_SEGMENT, 1, 0x400},
    {PTE_KIND_PAGED_OUT, PTE_OF_PROCESS, 0xC01, UINT64_C(1) << PTE_PAGEFILE_SHIFT},
    {PTE_KIND_PAGED_OUT, PTE_OF_SEGMENT, 0xC01, 2},
    {PTE_KIND_DEMAND_ZERO, PTE_OF_PROCESS, PTE_PAGEFILE_OFFSET_MAX << PTE_PAGEFILE_SHIFT | 0xC1F, 0x20},
    {PTE_KIND_DEMAND_ZERO, PTE_OF_SEGMENT, PTE_PAGEFILE_OFFSET_MAX << PTE_PAGEFILE_SHIFT | 0xC1F, 0x20},
};

START_TEST(random_words_round_trip)
{
    enum { WORDS = 100000 };
    uint64_t state = seed + (unsigned)_i;
    uint64_t all = PTE_SIZE == 4 ? UINT32_MAX : UINT64_MAX;
    bool large = random_cases[_i].set & 0x80;
    uint64_t unused = large ? PTE_UNUSED_LARGE : PTE_NAME(pte_unused_bits)(random_cases[_i].kind);

    /* Not ck_assert: a hundred thousand of them are slow. */
    for (unsigned n = 0; n < WORDS; n++) {
        mmpte_t word = {((random_word(&state) & ~random_cases[_i].clear) | random_cases[_i].set) & all};
        struct pte_view view = PTE_NAME(pte_decode)(word, random_cases[_i].home);
        if (view.kind != random_cases[_i].kind)
            ck_abort_msg("%" PRIx64 " is %s", word.raw, pte_kind_name(view.kind));
        uint64_t got = PTE_NAME(pte_encode)(&view).raw;
        if (got != (word.raw & ~unused))
            ck_abort_msg("%s: %" PRIx64 " became %" PRIx64, pte_kind_name(view.kind), word.raw, got);
    }
}
END_TEST

START_TEST(address_is_in_self_map)
{
    const struct address_case *row = &address_cases[_i];
    ck_assert_msg(pte_address(row->va) == row->at[1], "%s: %" PRIx64, row->name, pte_address(row->va));
    for (unsigned level = 1; level <= PTE_RIGHTS_LEVELS; level++) {
        va_t got = pte_address_at(row->va, level);
        ck_assert_msg(got == row->at[level], "%s, level %u: %" PRIx64, row->name, level, got);
    }
    ck_assert_msg(pte_va_mapped_by(row->at[1]) == (row->va & ~(va_t)MMU_PAGE_MASK), "%s", row->name);
}
END_TEST

/* Any canonical address from a random word. */
static va_t make_canonical(uint64_t word)
{
    return PTE_VA_BITS == 48 ? (va_t)((int64_t)(word << 16) >> 16) : (uint32_t)word;
}

START_TEST(random_addresses)
{
    uint64_t state = seed;
    for (unsigned n = 0; n < 100000; n++) {
        va_t va = make_canonical(random_word(&state)), rebuilt = 0, pte = pte_address(va);
        for (unsigned level = PTE_LEVELS; level >= 1; level--)
            rebuilt = rebuilt << PTE_INDEX_BITS | pte_index(va, level);
        rebuilt = make_canonical(rebuilt << MMU_PAGE_SHIFT | (va & MMU_PAGE_MASK));

        /* Not ck_assert: a hundred thousand of them are slow. */
        if (!pte_is_canonical(va) || rebuilt != va)
            ck_abort_msg("the indices of %" PRIx64 " give %" PRIx64, va, rebuilt);
        if (pte < PTE_BASE || pte > PTE_TOP || pte % PTE_SIZE != 0 || pte_address_at(va, 2) != pte_address(pte))
            ck_abort_msg("%" PRIx64 " has its PTE at %" PRIx64, va, pte);
        if (pte_va_mapped_by(pte) != (va & ~(va_t)MMU_PAGE_MASK))
            ck_abort_msg("%" PRIx64 " is not mapped by its PTE", va);
    }
}
END_TEST

START_TEST(area_is_consistent)
{
    ck_assert_uint_eq(pte_address(0), PTE_BASE);
    ck_assert_uint_eq(pte_address(UINT64_MAX) + PTE_SIZE - 1, PTE_TOP);
    ck_assert_uint_eq(pte_address(PTE_BASE), PDE_BASE);
    ck_assert_uint_eq(PTE_TOP + 1, HYPERSPACE_BASE);
    ck_assert_uint_eq(PTES_PER_TABLE * PTE_SIZE, MMU_PAGE_SIZE);
    ck_assert_uint_eq((uint64_t)PTES_PER_TABLE * MMU_PAGE_SIZE, LARGE_PAGE_SIZE);
}
END_TEST

START_TEST(slot_is_loaded_and_stored)
{
    uint8_t slots[24], want[24];
    uint64_t word = PTE_SIZE == 4 ? UINT64_C(0x89ABCDEF) : UINT64_C(0x0123456789ABCDEF);
    memset(slots, 0xEE, sizeof slots);
    memset(want, 0xEE, sizeof want);
    for (unsigned i = 0; i < PTE_SIZE; i++)
        want[8 + i] = (uint8_t)(word >> 8 * i);

    pte_store(slots + 8, (mmpte_t){word});
    ck_assert_mem_eq(slots, want, sizeof slots);
    ck_assert_uint_eq(pte_load(slots + 8).raw, word);
}
END_TEST

int main(void)
{
    const char *given = getenv("SOFTFAULT_SEED");
    seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("# seed=%" PRIu64 "\n", seed);
    fflush(stdout);

    Suite *suite = suite_create("pte");
    TCase *words = tcase_create("words");
    tcase_add_loop_test(words, word_decodes, 0, N_ELEMENTS(word_cases));
    tcase_add_loop_test(words, word_encodes, 0, N_ELEMENTS(word_cases));
    tcase_add_loop_test(words, bit_is_read, 0, N_ELEMENTS(bit_cases));
    tcase_add_loop_test(words, word_is_made, 0, made_case(0, &(struct made_case){0}));
    tcase_add_loop_test(words, protection_becomes_hardware, 0, N_ELEMENTS(protection_cases));
    tcase_add_test(words, software_fields_read_back);
    tcase_add_loop_test(words, random_words_round_trip, 0, N_ELEMENTS(random_cases));
    tcase_add_test(words, slot_is_loaded_and_stored);
    suite_add_tcase(suite, words);

    TCase *addresses = tcase_create("addresses");
    tcase_add_loop_test(addresses, address_is_in_self_map, 0, N_ELEMENTS(address_cases));
    tcase_add_test(addresses, random_addresses);
    tcase_add_test(addresses, area_is_consistent);
    suite_add_tcase(suite, addresses);
    return suite_main(suite);
}
