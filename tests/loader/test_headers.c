/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_headers.c - sound images are taken apart rightly; every malformation gets NT's status and a clear clause. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "tests/loader/pe_writer.h"

enum { OPT = PE_OPTIONAL_AT, N32 = 96 + 128 };

/* One field of a sound PE32 image overwritten. */
static const struct {
    const char *name;
    uint32_t offset, value;
    unsigned width; /* 2, 4 bytes; 0: cut the file at value */
    ntstatus_t status;
    const char *text; /* that the clause must hold */
} malformed[] = {
    {"no MZ", 0, 0x4d5a, 2, STATUS_INVALID_IMAGE_NOT_MZ, "not a PE file (no MZ"},
    {"one byte", 0, 1, 0, STATUS_INVALID_IMAGE_NOT_MZ, "not a PE file (no MZ"},
    {"MZ and nothing else", 0, 2, 0, STATUS_INVALID_IMAGE_PROTECT, "DOS program"},
    {"e_lfanew zero", 0x3c, 0, 4, STATUS_INVALID_IMAGE_PROTECT, "DOS program"},
    {"e_lfanew beyond the file", 0x3c, 0x7fffffff, 4, STATUS_INVALID_IMAGE_PROTECT, "DOS program"},
    {"e_lfanew all ones", 0x3c, 0xffffffff, 4, STATUS_INVALID_IMAGE_PROTECT, "DOS program"},
    {"no PE signature", PE_AT, 0x1234, 4, STATUS_INVALID_IMAGE_PROTECT, "no PE signature"},
    {"NE", PE_AT, 0x454e, 4, STATUS_INVALID_IMAGE_WIN_16, "16-bit"},
    {"LE", PE_AT, 0x454c, 4, 0xC000012Eu, "linear executable"},
    {"cut in the file header", 0, PE_AT + 10, 0, STATUS_INVALID_IMAGE_FORMAT, "ends in its PE header"},
    {"ARM64", PE_AT + 4, 0xaa64, 2, STATUS_INVALID_IMAGE_FORMAT, "ARM64"},
    {"machine unknown", PE_AT + 4, 0x7777, 2, STATUS_INVALID_IMAGE_FORMAT, "0x7777"},
    {"x64 machine with PE32 header", PE_AT + 4, 0x8664, 2, STATUS_INVALID_IMAGE_FORMAT, "does not go with"},
    {"not executable", PE_AT + 22, 0, 2, STATUS_INVALID_IMAGE_FORMAT, "not executable"},
    {"97 sections", PE_AT + 6, 97, 2, STATUS_INVALID_IMAGE_FORMAT, "97 sections"},
    {"sections beyond the file", PE_AT + 20, 0xffff, 2, STATUS_INVALID_IMAGE_FORMAT, "ends in its section table"},
    {"no optional header", PE_AT + 20, 0, 2, STATUS_INVALID_IMAGE_FORMAT, "optional header is missing"},
    {"optional header short", PE_AT + 20, 90, 2, STATUS_INVALID_IMAGE_FORMAT, "90 bytes"},
    {"magic", OPT, 0x107, 2, STATUS_INVALID_IMAGE_FORMAT, "neither PE32 nor PE32+"},
    {"image base odd", OPT + 28, 0x401000, 4, STATUS_INVALID_IMAGE_FORMAT, "64 KB"},
    {"image wraps", OPT + 28, 0xffff0000, 4, STATUS_SUCCESS, ""},
    {"image base and size wrap", OPT + 56, 0xffffffff, 4, STATUS_INVALID_IMAGE_FORMAT, "2 GB"},
    {"section alignment 0", OPT + 32, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "section alignment 0x0"},
    {"section alignment odd", OPT + 32, 0x1001, 4, STATUS_INVALID_IMAGE_FORMAT, "section alignment 0x1001"},
    {"section alignment small", OPT + 32, 0x200, 4, STATUS_INVALID_IMAGE_FORMAT, "less than a page"},
    {"file alignment 0", OPT + 36, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "file alignment 0x0"},
    {"file alignment 16", OPT + 36, 16, 4, STATUS_INVALID_IMAGE_FORMAT, "file alignment 0x10"},
    {"file above section alignment", OPT + 36, 0x2000, 4, STATUS_INVALID_IMAGE_FORMAT, "less than the file"},
    {"image size 0", OPT + 56, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "image size 0x0"},
    {"image size small", OPT + 56, 0x3000, 4, STATUS_INVALID_IMAGE_FORMAT, "beyond the image size"},
    {"header size 0", OPT + 60, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "header size 0x0"},
    {"header size huge", OPT + 60, 0xfffffff0, 4, STATUS_INVALID_IMAGE_FORMAT, "header size"},
    {"header over the first section", OPT + 60, 0x1001, 4, STATUS_INVALID_IMAGE_FORMAT, ".text at 0x1000 overlaps"},
    {"section misaligned", OPT + N32 + 40 + 12, 0x3010, 4, STATUS_INVALID_IMAGE_FORMAT, ".data at 0x3010"},
    {"sections overlap", OPT + N32 + 40 + 12, 0x2000, 4, STATUS_INVALID_IMAGE_FORMAT, ".data at 0x2000 overlaps"},
    {"section in the headers", OPT + N32 + 12, 0, 4, STATUS_INVALID_IMAGE_FORMAT, ".text at 0x0 overlaps"},
    {"section descends", OPT + N32 + 2 * 40 + 12, 0x1000, 4, STATUS_INVALID_IMAGE_FORMAT, ".reloc at 0x1000 overlaps"},
    {"section wraps", OPT + N32 + 3 * 40 + 8, 0xffffffff, 4, STATUS_INVALID_IMAGE_FORMAT, "beyond the image"},
    {"section at the top", OPT + N32 + 3 * 40 + 12, 0xfffff000, 4, STATUS_INVALID_IMAGE_FORMAT, "beyond the image"},
    {"raw data beyond the file", OPT + N32 + 16, 0x100000, 4, STATUS_INVALID_IMAGE_FORMAT, "truncated"},
    {"raw data wraps", OPT + N32 + 20, 0xfffffe00, 4, STATUS_INVALID_IMAGE_FORMAT, "truncated"},
    {"file cut in the data", 0, DATA_RAW + 8, 0, STATUS_INVALID_IMAGE_FORMAT, "truncated"},
};
enum { N_MALFORMED = sizeof(malformed) / sizeof(malformed[0]) };

START_TEST(malformed_image)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error = {.status = STATUS_SUCCESS};

    pe_make(file, PE_FORM_32);
    if (malformed[_i].width == 0)
        file->size = malformed[_i].value;
    else if (malformed[_i].width == 2)
        put16(file, malformed[_i].offset, (uint16_t)malformed[_i].value);
    else
        put32(file, malformed[_i].offset, malformed[_i].value);
    struct image *image = pe_open(file, &error);
    ck_assert_msg((image != NULL) == (malformed[_i].status == STATUS_SUCCESS), "%s: %s", malformed[_i].name,
                  error.text);
    ck_assert_msg(error.status == malformed[_i].status, "%s: status %08x", malformed[_i].name, error.status);
    if (!image)
        ck_assert_msg(strstr(error.text, malformed[_i].text), "%s: \"%s\"", malformed[_i].name, error.text);
    image_close(image);
    free(file);
}
END_TEST

START_TEST(section_of_no_size)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error = {0};

    pe_make(file, PE_FORM_32);
    put32(file, pe_section_header(file, 1) + 8, 0);
    put32(file, pe_section_header(file, 1) + 16, 0);
    ck_assert_ptr_null(pe_open(file, &error));
    ck_assert_uint_eq(error.status, STATUS_INVALID_IMAGE_FORMAT);
    ck_assert_str_eq(error.text, "section .data is empty");
    free(file);
}
END_TEST

static const struct {
    const char *path;
    ntstatus_t status;
    const char *text;
} no_files[] = {
    {"/tmp", STATUS_FILE_IS_A_DIRECTORY, "this is a directory, not a program"},
    {"/dev/zero", STATUS_INVALID_FILE_FOR_SECTION, "not a regular file"},
};

START_TEST(no_file)
{
    struct image_error error = {0};
    ck_assert_ptr_null(image_open(open(no_files[_i].path, O_RDONLY), &error));
    ck_assert_uint_eq(error.status, no_files[_i].status);
    ck_assert_str_eq(error.text, no_files[_i].text);
}
END_TEST

START_TEST(empty_file)
{
    struct pe_file *file = calloc(1, sizeof(*file));
    struct image_error error = {0};
    ck_assert_ptr_null(pe_open(file, &error));
    ck_assert_uint_eq(error.status, STATUS_INVALID_FILE_FOR_SECTION);
    free(file);
}
END_TEST

START_TEST(info_is_what_the_headers_say)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error;

    pe_make(file, _i ? PE_FORM_64 : PE_FORM_32);
    struct image *image = pe_open(file, &error);
    ck_assert_msg(image, "%s", error.text);
    const struct image_info *info = image_info(image);
    ck_assert_uint_eq(info->machine, _i ? IMAGE_MACHINE_AMD64 : IMAGE_MACHINE_I386);
    ck_assert_uint_eq(info->preferred_base, _i ? 0x140000000 : 0x400000);
    ck_assert_uint_eq(info->size_of_image, IMAGE_SIZE);
    ck_assert_uint_eq(info->entry_point, TEXT_RVA + 0x10);
    ck_assert_uint_eq(info->stack_reserve, 0x200000);
    ck_assert_uint_eq(info->stack_commit, 0x1000);
    ck_assert_uint_eq(info->timestamp, 0x12345678);
    ck_assert_uint_eq(info->subsystem, 3);
    ck_assert_uint_eq(info->subsystem_major, 4);
    ck_assert_uint_eq(info->file_size, file->size);
    ck_assert(!info->is_dll && info->has_relocations && info->contains_code);
    ck_assert_uint_eq(image_pages_read(image), 0);
    image_close(image);
    free(file);
}
END_TEST

static const struct mm_image_subsection layout[] = {
    {"header", 0, 1, 0, 0x400, MM_READONLY},
    {".text", 1, 2, TEXT_RAW, TEXT_RAW_SIZE, MM_EXECUTE_READ},
    {".data", 3, 3, DATA_RAW, DATA_RAW_SIZE, MM_WRITECOPY},
    {".reloc", 6, 1, RELOC_RAW, 0x200, MM_READONLY},
    {".edata", 7, 1, EXPORT_RAW, 0x200, MM_READONLY},
};

static void check_runs(const struct image *image, const struct mm_image_subsection *want, unsigned count)
{
    const struct mm_image *got = image_layout(image);

    ck_assert_uint_eq(got->subsection_count, count);
    for (unsigned i = 0; i < count; i++) {
        const struct mm_image_subsection *run = &got->subsections[i];
        ck_assert_str_eq(run->name, want[i].name);
        ck_assert_uint_eq(run->first_page, want[i].first_page);
        ck_assert_uint_eq(run->page_count, want[i].page_count);
        ck_assert_uint_eq(run->file_bytes, want[i].file_bytes);
        ck_assert_uint_eq(run->protection, want[i].protection);
        if (run->file_bytes)
            ck_assert_uint_eq(run->file_offset, want[i].file_offset);
    }
}

START_TEST(layout_of_sections)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error;

    pe_make(file, PE_FORM_32);
    struct image *image = pe_open(file, &error);
    ck_assert_msg(image, "%s", error.text);
    ck_assert_uint_eq(image_layout(image)->page_count, IMAGE_SIZE / 4096);
    ck_assert(image_layout(image)->relocatable);
    check_runs(image, layout, 5);
    image_close(image);
    free(file);
}
END_TEST

START_TEST(layout_with_gaps)
{
    static const struct mm_image_subsection gaps[] = {
        {"header", 0, 1, 0, 0x400, MM_READONLY},
        {"gap", 1, 1, 0, 0, MM_NOACCESS},
        {".text", 2, 1, TEXT_RAW, 0x1000, MM_EXECUTE_READ},
        {".data", 3, 1, DATA_RAW, 0x200, MM_WRITECOPY},
        {"gap", 4, 2, 0, 0, MM_NOACCESS},
        {".reloc", 6, 1, RELOC_RAW, 0x200, MM_READONLY},
        {".edata", 7, 1, EXPORT_RAW, 0x200, MM_READONLY},
        {"gap", 8, 2, 0, 0, MM_NOACCESS},
    };
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error;

    pe_make(file, PE_FORM_32);
    put32(file, pe_section_header(file, 0) + 12, 0x2000);
    put32(file, pe_section_header(file, 0) + 8, 0x800); /* raw data beyond its page is ignored */
    put32(file, pe_section_header(file, 1) + 8, 0);     /* no virtual size: the raw one */
    put32(file, PE_OPTIONAL_AT + 56, IMAGE_SIZE + 0x1001);
    struct image *image = pe_open(file, &error);
    ck_assert_msg(image, "%s", error.text);
    check_runs(image, gaps, 8);
    image_close(image);
    free(file);
}
END_TEST

static const struct {
    const char *name;
    uint32_t characteristics;
    unsigned protection;
} protections[] = {
    {"none", 0, MM_NOACCESS},
    {"x", 0x20000000, MM_EXECUTE},
    {"r", 0x40000000, MM_READONLY},
    {"rx", 0x60000000, MM_EXECUTE_READ},
    {"w", 0x80000000, MM_WRITECOPY},
    {"wx", 0xa0000000, MM_EXECUTE_WRITECOPY},
    {"rw", 0xc0000000, MM_WRITECOPY},
    {"rwx", 0xe0000000, MM_EXECUTE_WRITECOPY},
    {"shared r", 0x50000000, MM_READONLY},
    {"shared rx", 0x70000000, MM_EXECUTE_READ},
    {"shared rw", 0xd0000000, MM_READWRITE},
    {"shared rwx", 0xf0000000, MM_EXECUTE_READWRITE},
};

START_TEST(protection_of_characteristics)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error;

    pe_make(file, PE_FORM_32);
    put32(file, pe_section_header(file, 1) + 36, protections[_i].characteristics);
    struct image *image = pe_open(file, &error);
    ck_assert_msg(image, "%s", error.text);
    ck_assert_msg(image_layout(image)->subsections[2].protection == protections[_i].protection, "%s: %x",
                  protections[_i].name, image_layout(image)->subsections[2].protection);
    image_close(image);
    free(file);
}
END_TEST

/* Whatever bytes: no crash, no hang (ASan and Check's timeout watch). */
START_TEST(random_damage)
{
    uint64_t state = 0x9e3779b97f4a7c15ull * (uint64_t)(_i + 1);
    struct pe_file *file = malloc(sizeof(*file));
    uint8_t page[4096];

    for (unsigned round = 0; round < 400; round++) {
        struct image_error error;
        uint32_t offset;
        pe_make(file, round & 1 ? PE_FORM_64 : PE_FORM_32);
        for (unsigned i = 0; i < 1 + round % 6; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            uint32_t span = state & 0x100 ? 0x400 : file->size - RELOC_RAW;
            uint32_t at = (state & 0x100 ? 0 : RELOC_RAW) + (uint32_t)(state >> 32) % span;
            file->bytes[at] = (state & 0x600) ? (uint8_t)state : 0xff;
        }
        struct image *image = pe_open(file, &error);
        if (!image)
            continue;
        for (uint32_t p = 0; p < image_layout(image)->page_count && p < 16; p++)
            pe_page_in(image, p, 0x10000000, page);
        for (uint32_t rva = 0; rva < 0x9000; rva += 0x123)
            image_symbol(image, rva, &offset);
        image_export(image, "alpha");
        image_close(image);
    }
    free(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("headers");
    TCase *cases = tcase_create("headers");

    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, malformed_image, 0, N_MALFORMED);
    tcase_add_test(cases, section_of_no_size);
    tcase_add_loop_test(cases, no_file, 0, 2);
    tcase_add_test(cases, empty_file);
    tcase_add_loop_test(cases, info_is_what_the_headers_say, 0, 2);
    tcase_add_test(cases, layout_of_sections);
    tcase_add_test(cases, layout_with_gaps);
    tcase_add_loop_test(cases, protection_of_characteristics, 0, sizeof(protections) / sizeof(protections[0]));
    tcase_add_loop_test(cases, random_damage, 0, 4);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
