/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_view.c - what takes the paging format at run time. */
#include <inttypes.h>
#include <string.h>

#include "mmu/view.h"
#include "mmu/walk.h"
#include "tests/mmu/suite.h"

static const uint64_t NO_EXECUTE = UINT64_C(1) << 63;

static const struct {
    const char *name;
    enum paging_format format;
    uint64_t raw;
    const char *text;
} flags_cases[] = {
    {"!pte sample, PDE", PAGING_X86, 0x0003B163, "-G-DA--KWEV"},
    {"!pte sample, PTE", PAGING_X86, 0x00154121, "-G--A--KREV"},
    {"clean user page", PAGING_X86, 0x0123E825, "----A--UREV"},
    {"dirty user page", PAGING_X86, 0x0123E867, "---DA--UWEV"},
    {"copy-on-write", PAGING_X86, 0x00042225, "C---A--UREV"},
    {"all", PAGING_X86, 0xFFFFFFFF, "CGLDANTUWEV"},
    {"all", PAGING_PAE, UINT64_MAX, "CGLDANTUW-V"},
    {"all but NX", PAGING_X64, INT64_MAX, "CGLDANTUWEV"},
    {"no execute", PAGING_PAE, (UINT64_C(1) << 63) + 0x0123E867, "---DA--UW-V"},
    {"no execute", PAGING_X64, (UINT64_C(1) << 63) + 0x0123E867, "---DA--UW-V"},
    {"not cached", PAGING_X64, 0x0123E019, "-----NTKREV"},
    {"demand zero", PAGING_X86, 0x80, "not valid"},
    {"empty", PAGING_X64, 0, "not valid"},
};

START_TEST(flags_are_printed)
{
    char text[PTE_FLAGS_TEXT_SIZE];
    ck_assert_ptr_eq(pte_flags_text_format(flags_cases[_i].format, (mmpte_t){flags_cases[_i].raw}, text), text);
    ck_assert_msg(strcmp(text, flags_cases[_i].text) == 0, "%s: %s", flags_cases[_i].name, text);
}
END_TEST

START_TEST(functions_are_of_the_format)
{
    enum paging_format format = (enum paging_format)_i;
    struct pte_view view = pte_decode_format(format, (mmpte_t){NO_EXECUTE | 0x0123E025}, PTE_OF_SEGMENT);
    ck_assert_int_eq(view.format, format);
    ck_assert_int_eq(view.home, PTE_OF_SEGMENT);
    ck_assert_uint_eq(view.frame, 0x123E);
    ck_assert_int_eq(view.no_execute, format != PAGING_X86);
    ck_assert_uint_eq(pte_encode_format(&view).raw, (format == PAGING_X86 ? 0 : NO_EXECUTE) | 0x0123E025);

    view = (struct pte_view){.format = format, .kind = PTE_KIND_PAGED_OUT, .pagefile_offset = 1};
    ck_assert_uint_eq(pte_encode_format(&view).raw, format == PAGING_X86 ? UINT64_C(1) << 12 : UINT64_C(1) << 32);
}
END_TEST

START_TEST(unused_bits_are_of_the_format)
{
    static const uint64_t want[PAGING_FORMAT_COUNT] = {
        [PAGING_X86] = 0,
        [PAGING_PAE] = UINT64_C(0x7FFFFFC000000000),
        [PAGING_X64] = UINT64_C(0x000FFF0000000000),
    };
    enum paging_format format = (enum paging_format)_i;
    ck_assert_uint_eq(pte_unused_bits_format(format, PTE_KIND_VALID), want[format]);
    ck_assert_uint_eq(pte_unused_bits_format(format, PTE_KIND_EMPTY), 0);
    ck_assert_uint_eq(pte_unused_bits_format(format, PTE_KIND_DECOMMITTED), 0);
}
END_TEST

START_TEST(walkers_are_of_the_format)
{
    ck_assert(mmu_walker(PAGING_X86) == mmu_walk_x86);
    ck_assert(mmu_walker(PAGING_PAE) == mmu_walk_pae);
    ck_assert(mmu_walker(PAGING_X64) == mmu_walk_x64);
    ck_assert(mmu_looker(PAGING_X86) == mmu_look_x86);
    ck_assert(mmu_looker(PAGING_PAE) == mmu_look_pae);
    ck_assert(mmu_looker(PAGING_X64) == mmu_look_x64);
}
END_TEST

START_TEST(kinds_have_names)
{
    for (int kind = 0; kind < PTE_KIND_COUNT; kind++) {
        ck_assert_str_ne(pte_kind_name((enum pte_kind)kind), "?");
        for (int other = 0; other < kind; other++)
            ck_assert_str_ne(pte_kind_name((enum pte_kind)kind), pte_kind_name((enum pte_kind)other));
    }
    ck_assert_str_eq(pte_kind_name(PTE_KIND_DEMAND_ZERO), "demand zero");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *formats = tcase_create("formats");
    tcase_add_loop_test(formats, flags_are_printed, 0, N_ELEMENTS(flags_cases));
    tcase_add_loop_test(formats, functions_are_of_the_format, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(formats, unused_bits_are_of_the_format, 0, PAGING_FORMAT_COUNT);
    tcase_add_test(formats, walkers_are_of_the_format);
    tcase_add_test(formats, kinds_have_names);
    suite_add_tcase(suite, formats);
    return suite_main(suite);
}
