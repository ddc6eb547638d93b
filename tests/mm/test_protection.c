/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_protection.c - PAGE_* to MM_* and back (nt-reference 1.6): the whole table, and every word that is in none. */
#include "tests/mm/support.h"

static const struct {
    const char *name;
    uint32_t page;
    unsigned protection;
} cases[] = {
    {"no access", 0x01, 0x18},
    {"read-only", 0x02, 1},
    {"read-write", 0x04, 4},
    {"write-copy", 0x08, 5},
    {"execute", 0x10, 2},
    {"execute-read", 0x20, 3},
    {"execute-read-write", 0x40, 6},
    {"execute-write-copy", 0x80, 7},
    {"guard read-only", 0x102, 0x11},
    {"guard read-write", 0x104, 0x14},
    {"guard write-copy", 0x108, 0x15},
    {"guard execute", 0x110, 0x12},
    {"guard execute-read", 0x120, 0x13},
    {"guard execute-read-write", 0x140, 0x16},
    {"guard execute-write-copy", 0x180, 0x17},
    {"no-cache read-only", 0x202, 0x09},
    {"no-cache read-write", 0x204, 0x0c},
    {"no-cache write-copy", 0x208, 0x0d},
    {"no-cache execute", 0x210, 0x0a},
    {"no-cache execute-read", 0x220, 0x0b},
    {"no-cache execute-read-write", 0x240, 0x0e},
    {"no-cache execute-write-copy", 0x280, 0x0f},
    {"write-combine read-only", 0x402, 0x19},
    {"write-combine read-write", 0x404, 0x1c},
    {"write-combine write-copy", 0x408, 0x1d},
    {"write-combine execute", 0x410, 0x1a},
    {"write-combine execute-read", 0x420, 0x1b},
    {"write-combine execute-read-write", 0x440, 0x1e},
    {"write-combine execute-write-copy", 0x480, 0x1f},
};

START_TEST(page_to_protection_and_back)
{
    unsigned protection = 99;
    ck_assert_msg(mm_protection_from_page(cases[_i].page, &protection), "%s", cases[_i].name);
    ck_assert_msg(protection == cases[_i].protection, "%s: %#x", cases[_i].name, protection);
    ck_assert_msg(mm_page_from_protection(protection) == cases[_i].page, "%s", cases[_i].name);
}
END_TEST

static bool is_case(uint32_t page)
{
    for (int i = 0; i < N_ELEMENTS(cases); i++)
        if (cases[i].page == page)
            return true;
    return false;
}

START_TEST(every_other_word_is_invalid)
{
    for (uint32_t page = 0; page < 0x2000; page++) {
        unsigned protection = 99;
        ck_assert_msg(mm_protection_from_page(page, &protection) == is_case(page), "%#x", page);
        ck_assert_msg(is_case(page) || protection == 99, "%#x wrote its output", page);
    }
    for (unsigned bit = 11; bit < 32; bit++) {
        unsigned protection;
        ck_assert_msg(!mm_protection_from_page(PAGE_READWRITE | UINT32_C(1) << bit, &protection), "bit %u", bit);
    }
}
END_TEST

START_TEST(words_without_access_read_as_noaccess)
{
    ck_assert_uint_eq(mm_page_from_protection(MM_ZERO_ACCESS), PAGE_NOACCESS);
    ck_assert_uint_eq(mm_page_from_protection(MM_DECOMMIT), PAGE_NOACCESS);
    ck_assert_uint_eq(mm_page_from_protection(MM_NOACCESS), PAGE_NOACCESS);
}
END_TEST

START_TEST(what_protections_mean)
{
    for (unsigned p = 0; p < 32; p++) {
        unsigned access = p & 7;
        ck_assert_int_eq(mi_is_writable_protection(p), access == 4 || access == 6);
        ck_assert_int_eq(mi_is_copy_protection(p), access == 5 || access == 7);
        ck_assert_int_eq(mi_is_execute_protection(p), access == 2 || access == 3 || access == 6 || access == 7);
        ck_assert_int_eq(mi_is_guard_protection(p), p > 0x10 && p < 0x18);
        ck_assert_uint_eq(mi_private_protection(p), access == 5 || access == 7 ? p - 1 : p);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/protection");
    TCase *tc = tcase_create("protection");
    tcase_add_loop_test(tc, page_to_protection_and_back, 0, N_ELEMENTS(cases));
    tcase_add_test(tc, every_other_word_is_invalid);
    tcase_add_test(tc, words_without_access_read_as_noaccess);
    tcase_add_test(tc, what_protections_mean);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
