/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pages.c - page-in with relocations, reads, exports and symbols. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/loader/pe_writer.h"

enum { BASE = 0x400000 };

static struct pe_file *file;

static void make_file(void)
{
    file = malloc(sizeof(*file));
    pe_make(file, PE_FORM_32);
}

static void drop_file(void)
{
    free(file);
}

static struct image *open_file(void)
{
    struct image_error error;
    struct image *image = pe_open(file, &error);
    ck_assert_msg(image, "%s", error.text);
    return image;
}

static uint64_t get(const uint8_t *bytes, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

#define ENTRY(type, offset) ((uint16_t)((type) << 12 | (offset)))

/* A word of .text with one fix-up; where it straddles, both pages take part. */
static const struct {
    const char *name;
    uint64_t before, delta, after;
    uint16_t entries[3];
    unsigned entry_count, width, offset; /* offset of the word in .text */
} fix_ups[] = {
    {"HIGHLOW", 0x00401234, 0x10000000, 0x10401234, {ENTRY(3, 0x20)}, 1, 4, 0x20},
    {"HIGHLOW down", 0x00401234, 0xffffffffffd00000, 0x00101234, {ENTRY(3, 0x20)}, 1, 4, 0x20},
    {"HIGHLOW wraps", 0xfff00000, 0x00200000, 0x00100000, {ENTRY(3, 0x20)}, 1, 4, 0x20},
    {"HIGHLOW over the page end", 0x00ff1234, 0x01010000, 0x02001234, {ENTRY(3, 0xffd)}, 1, 4, 0xffd},
    {"HIGHLOW one byte over", 0x00ffff34, 0x01010000, 0x0200ff34, {ENTRY(3, 0xfff)}, 1, 4, 0xfff},
    {"DIR64", 0x0000000140001000, 0x7f0000000000, 0x00007f0140001000, {ENTRY(10, 0x20)}, 1, 8, 0x20},
    {"DIR64 over the page end", 0x00000001fffff000, 0x10000, 0x000000020000f000, {ENTRY(10, 0xffc)}, 1, 8, 0xffc},
    {"HIGH", 0x0040, 0x12340000, 0x1274, {ENTRY(1, 0x20)}, 1, 2, 0x20},
    {"LOW", 0x1234, 0x00010001, 0x1235, {ENTRY(2, 0x20)}, 1, 2, 0x20},
    {"HIGHADJ rounds up", 0x0041, 0x00010000, 0x0042, {ENTRY(4, 0x20), 0x8000}, 2, 2, 0x20},
    {"ABSOLUTE is padding", 0x00401234, 0x10000000, 0x00401234, {ENTRY(0, 0x20), ENTRY(0, 0)}, 2, 4, 0x20},
    {"after padding", 0x00401234, 0x10000000, 0x10401234, {ENTRY(0, 0), ENTRY(3, 0x20)}, 2, 4, 0x20},
};

START_TEST(fix_up)
{
    unsigned width = fix_ups[_i].width, offset = fix_ups[_i].offset;
    uint8_t pages[2 * 4096], linked[2 * 4096]; /* both pages of .text in a row */

    for (unsigned i = 0; i < width; i++)
        file->bytes[TEXT_RAW + offset + i] = (uint8_t)(fix_ups[_i].before >> (8 * i));
    pe_set_relocations(file, TEXT_RVA, fix_ups[_i].entries, fix_ups[_i].entry_count);
    struct image *image = open_file();
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(pe_page_in(image, 1 + i, BASE, linked + 4096 * i), STATUS_SUCCESS);
        ck_assert_uint_eq(pe_page_in(image, 1 + i, BASE + fix_ups[_i].delta, pages + 4096 * i), STATUS_SUCCESS);
    }
    ck_assert_msg(get(linked + offset, width) == fix_ups[_i].before, "%s: touched at its base", fix_ups[_i].name);
    ck_assert_msg(get(pages + offset, width) == fix_ups[_i].after, "%s: %llx", fix_ups[_i].name,
                  (unsigned long long)get(pages + offset, width));
    for (unsigned i = 0; i < width; i++) /* nothing else changed */
        pages[offset + i] = linked[offset + i];
    ck_assert_msg(memcmp(pages, linked, sizeof(pages)) == 0, "%s: more than the word changed", fix_ups[_i].name);
    ck_assert_uint_eq(image_pages_read(image), 4);
    image_close(image);
}
END_TEST

/* Relocation directories that a sane linker never writes: the image stays usable at its own base. */
static const struct {
    const char *name;
    uint32_t offset, value; /* in the directory */
    uint32_t size;          /* of the directory; 0: as it was */
} unsound[] = {
    {"unknown type", 8, 0x7010, 0},
    {"block shorter than its head", 4, 7, 0},
    {"block longer than the directory", 4, 0x1000, 0},
    {"block length wraps", 4, 0xfffffff8, 0},
    {"place outside of the image", 0, IMAGE_SIZE, 0},
    {"place wraps", 0, 0xffffff00, 0},
    {"HIGHADJ without its half", 8, 0x4010, 0},
};

START_TEST(unsound_relocations)
{
    uint8_t page[4096];

    put32(file, RELOC_RAW + unsound[_i].offset, unsound[_i].value);
    struct image *image = open_file();
    ck_assert_msg(!image_layout(image)->relocatable, "%s", unsound[_i].name);
    ck_assert_msg(!image_info(image)->has_relocations, "%s", unsound[_i].name);
    ck_assert_uint_eq(pe_page_in(image, 1, BASE, page), STATUS_SUCCESS);
    image_close(image);
}
END_TEST

START_TEST(relocations_stripped)
{
    put16(file, PE_AT + 22, 0x0003);
    struct image *image = open_file();
    ck_assert(!image_layout(image)->relocatable);
    image_close(image);
}
END_TEST

START_TEST(directory_absent_still_moves)
{
    put32(file, pe_directory_entry(file, 5), 0);
    put32(file, pe_directory_entry(file, 5) + 4, 0);
    struct image *image = open_file();
    ck_assert(image_layout(image)->relocatable);
    ck_assert(!image_info(image)->has_relocations);
    image_close(image);
}
END_TEST

/* Two blocks out of order, the second for an earlier page. */
START_TEST(blocks_in_any_order)
{
    uint8_t page[4096];

    put32(file, RELOC_RAW, TEXT_RVA + 0x1000);
    put32(file, RELOC_RAW + 4, 12);
    put16(file, RELOC_RAW + 8, ENTRY(3, 0x10));
    put16(file, RELOC_RAW + 10, 0);
    put32(file, RELOC_RAW + 12, TEXT_RVA - 0x800); /* blocks need not start on a page */
    put32(file, RELOC_RAW + 16, 12);
    put16(file, RELOC_RAW + 20, ENTRY(3, 0x820));
    put16(file, RELOC_RAW + 22, 0);
    put32(file, pe_directory_entry(file, 5) + 4, 24);
    struct image *image = open_file();
    for (unsigned i = 0; i < 2; i++) {
        uint32_t at = i ? 0x10 : 0x20;
        uint64_t linked = get(file->bytes + TEXT_RAW + 0x1000 * i + at, 4);
        ck_assert_uint_eq(pe_page_in(image, 1 + i, BASE + 0x10000, page), STATUS_SUCCESS);
        ck_assert_uint_eq(get(page + at, 4), linked + 0x10000);
    }
    image_close(image);
}
END_TEST

START_TEST(tail_of_a_page_is_zero)
{
    uint8_t page[4096];

    memset(page, 0xee, sizeof(page));
    struct image *image = open_file();
    ck_assert_uint_eq(pe_page_in(image, 3, BASE, page), STATUS_SUCCESS);
    ck_assert_uint_eq(page[DATA_RAW_SIZE - 1], 0xda);
    for (unsigned i = DATA_RAW_SIZE; i < 4096; i++)
        ck_assert_uint_eq(page[i], 0);
    image_close(image);
}
END_TEST

START_TEST(request_beyond_the_file)
{
    uint8_t page[4096];
    struct image *image = open_file();
    struct mm_page_in request = {.file_offset = 0x7fffffffffff0000, .valid_bytes = 4096};

    ck_assert_uint_eq(image_page_in(image, &request, page), STATUS_END_OF_FILE);
    ck_assert_uint_eq(image_pages_read(image), 0);
    image_close(image);
}
END_TEST

START_TEST(read_crosses_runs_and_stops_at_the_end)
{
    uint8_t bytes[0x3000];
    struct image *image = open_file();

    ck_assert_uint_eq(image_read(image, DATA_RVA - 4, bytes, 8), 8);
    ck_assert_uint_eq(get(bytes, 4), 0);
    ck_assert_uint_eq(get(bytes + 4, 4), 0xdadadada);
    ck_assert_uint_eq(image_read(image, IMAGE_SIZE - 16, bytes, 32), 16);
    ck_assert_uint_eq(image_read(image, IMAGE_SIZE, bytes, 32), 0);
    ck_assert_uint_eq(image_read(image, 0xfffffff0, bytes, 32), 0);
    ck_assert_uint_eq(image_read(image, DATA_RVA, bytes, sizeof(bytes)), sizeof(bytes));
    ck_assert_uint_eq(bytes[0x1ff], 0xda);
    ck_assert_uint_eq(bytes[0x200], 0);
    ck_assert_uint_eq(image_pages_read(image), 0);
    image_close(image);
}
END_TEST

static void count_export(void *context, const char *name, uint32_t rva)
{
    unsigned *count = context;
    ck_assert_str_eq(name, *count ? "beta" : "alpha");
    ck_assert_uint_eq(rva, *count ? TEXT_RVA + 0x40 : TEXT_RVA + 0x10);
    ++*count;
}

START_TEST(exports)
{
    unsigned count = 0;
    struct image *image = open_file();

    ck_assert_uint_eq(image_export(image, "alpha"), TEXT_RVA + 0x10);
    ck_assert_uint_eq(image_export(image, "beta"), TEXT_RVA + 0x40);
    ck_assert_uint_eq(image_export(image, "forward"), 0);
    ck_assert_uint_eq(image_export(image, "outside"), 0);
    ck_assert_uint_eq(image_export(image, ""), 0);
    image_each_export(image, count_export, &count);
    ck_assert_uint_eq(count, 2);
    image_close(image);
}
END_TEST

static const struct {
    const char *name;
    uint32_t offset, value; /* in the export directory */
} bad_exports[] = {
    {"names outside", 32, 0xfffffff0}, {"ordinals outside", 36, 0xfffffff0}, {"functions outside", 28, 0},
    {"a name outside", 0x50, 0x10},    {"countless names", 24, 0xffffffff},  {"no functions", 20, 0},
};

START_TEST(malformed_exports)
{
    put32(file, EXPORT_RAW + bad_exports[_i].offset, bad_exports[_i].value);
    struct image *image = open_file();
    ck_assert_uint_eq(image_export(image, "gamma"), 0);
    image_close(image);
}
END_TEST

static const struct {
    uint32_t rva;
    const char *symbol; /* NULL: none */
    uint32_t offset;
} symbols[] = {
    {TEXT_RVA, NULL, 0},            /* below the first: the section symbol is no name */
    {TEXT_RVA + 0x10, "_start", 0}, /* before the export alpha */
    {TEXT_RVA + 0x1f, "_start", 0xf},
    {TEXT_RVA + 0x20, "_helper", 0}, /* a function before its data alias */
    {TEXT_RVA + 0x30, "a_name_longer_than_eight", 0},
    {TEXT_RVA + 0x1fff, "a_name_longer_than_eight", 0x1fcf},
    {DATA_RVA + 7, NULL, 0}, /* not a symbol of another section */
    {DATA_RVA + 8, "_counter", 0},
    {DATA_RVA + 0x2000, "_counter", 0x1ff8},
    {RELOC_RVA, NULL, 0},
    {IMAGE_SIZE, NULL, 0},
    {0xffffffff, NULL, 0},
};

START_TEST(symbol_of_address)
{
    uint32_t offset = 0xeeee;
    struct image *image = open_file();
    const char *name = image_symbol(image, symbols[_i].rva, &offset);

    if (!symbols[_i].symbol) {
        ck_assert_msg(!name, "%x: %s", symbols[_i].rva, name);
    } else {
        ck_assert_ptr_nonnull(name);
        ck_assert_str_eq(name, symbols[_i].symbol);
        ck_assert_uint_eq(offset, symbols[_i].offset);
    }
    image_close(image);
}
END_TEST

START_TEST(exports_name_what_has_no_symbols)
{
    uint32_t offset;

    put32(file, PE_AT + 16, 0);
    struct image *image = open_file();
    const char *name = image_symbol(image, TEXT_RVA + 0x12, &offset);
    ck_assert_ptr_nonnull(name);
    ck_assert_str_eq(name, "alpha");
    ck_assert_uint_eq(offset, 2);
    image_close(image);
}
END_TEST

static const struct {
    const char *name;
    uint32_t offset, value;
} bad_symbols[] = {
    {"countless", PE_AT + 16, 0xffffffff},
    {"outside", PE_AT + 12, 0xfffffff0},
    {"string table huge", SYMBOLS_RAW + 9 * 18, 0xffffffff},
    {"long name outside", SYMBOLS_RAW + 6 * 18 + 4, 0xffff},
};

START_TEST(malformed_symbols)
{
    uint32_t offset;

    put32(file, bad_symbols[_i].offset, bad_symbols[_i].value);
    struct image *image = open_file();
    for (uint32_t rva = 0; rva < IMAGE_SIZE; rva += 16)
        image_symbol(image, rva, &offset);
    const char *name = image_symbol(image, TEXT_RVA + 0x10, &offset);
    ck_assert_str_eq(name, _i < 2 ? "alpha" : "_start");
    image_close(image);
}
END_TEST

/* An export name of so many bytes: known up to 4095. */
static const struct {
    uint32_t length;
    bool known;
} long_names[] = {{4095, true}, {4096, false}};

START_TEST(export_with_a_long_name)
{
    uint32_t length = long_names[_i].length;
    char *name = calloc(length + 1, 1);

    memset(name, 'x', length);
    put32(file, PE_AT + 12, 0); /* the name goes over the symbol table */
    put32(file, pe_section_header(file, 3) + 8, 0x2000);
    put32(file, pe_section_header(file, 3) + 16, 0x2000);
    put32(file, PE_OPTIONAL_AT + 56, IMAGE_SIZE + 0x1000);
    put32(file, pe_directory_entry(file, 0) + 4, 0x2000);
    put32(file, EXPORT_RAW + 0x50, EXPORT_RVA + 0x200); /* alpha's name */
    memcpy(file->bytes + EXPORT_RAW + 0x200, name, length + 1);
    file->size = EXPORT_RAW + 0x2000;
    struct image *image = open_file();
    ck_assert_uint_eq(image_export(image, name), long_names[_i].known ? TEXT_RVA + 0x10 : 0);
    ck_assert_uint_eq(image_export(image, "beta"), TEXT_RVA + 0x40);
    image_close(image);
    free(name);
}
END_TEST

/* Of equals at one address the first in the table is the name. */
START_TEST(symbols_at_one_address)
{
    uint32_t offset, record = SYMBOLS_RAW + 18 * 4; /* _helper, then alias */

    put16(file, record + 18 + 14, 0x20); /* alias becomes a function too */
    memcpy(file->bytes + record, "zz_first", 8);
    struct image *image = open_file();
    ck_assert_str_eq(image_symbol(image, TEXT_RVA + 0x20, &offset), "zz_first");
    ck_assert_str_eq(image_symbol(image, TEXT_RVA + 0x21, &offset), "zz_first");
    ck_assert_uint_eq(offset, 1);
    image_close(image);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pages");
    TCase *cases = tcase_create("pages");

    tcase_add_checked_fixture(cases, make_file, drop_file);
    tcase_add_loop_test(cases, fix_up, 0, sizeof(fix_ups) / sizeof(fix_ups[0]));
    tcase_add_loop_test(cases, unsound_relocations, 0, sizeof(unsound) / sizeof(unsound[0]));
    tcase_add_test(cases, relocations_stripped);
    tcase_add_test(cases, directory_absent_still_moves);
    tcase_add_test(cases, blocks_in_any_order);
    tcase_add_test(cases, tail_of_a_page_is_zero);
    tcase_add_test(cases, request_beyond_the_file);
    tcase_add_test(cases, read_crosses_runs_and_stops_at_the_end);
    tcase_add_test(cases, exports);
    tcase_add_loop_test(cases, malformed_exports, 0, sizeof(bad_exports) / sizeof(bad_exports[0]));
    tcase_add_loop_test(cases, symbol_of_address, 0, sizeof(symbols) / sizeof(symbols[0]));
    tcase_add_test(cases, exports_name_what_has_no_symbols);
    tcase_add_loop_test(cases, malformed_symbols, 0, sizeof(bad_symbols) / sizeof(bad_symbols[0]));
    tcase_add_loop_test(cases, export_with_a_long_name, 0, 2);
    tcase_add_test(cases, symbols_at_one_address);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
