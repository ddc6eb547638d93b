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
    {"65535 sections", PE_AT + 6, 0xffff, 2, STATUS_INVALID_IMAGE_FORMAT, "65535 sections"},
    {"no section", PE_AT + 6, 0, 2, STATUS_SUCCESS, ""},
    {"sections cut", 0, OPT + N32 + 60, 0, STATUS_INVALID_IMAGE_FORMAT, "ends in its section table"},
    {"e_lfanew near 4 GB", 0x3c, 0xfffffff0, 4, STATUS_INVALID_IMAGE_PROTECT, "DOS program"},
    {"headers beyond their size", OPT + 60, 0x100, 4, STATUS_INVALID_IMAGE_FORMAT, "headers end at 0x218"},
    {"entry point outside", OPT + 16, 0xfffffff0, 4, STATUS_SUCCESS, ""},
    {"entry point in the headers", OPT + 16, 4, 4, STATUS_SUCCESS, ""},
    {"directory count huge", OPT + 92, 0xffffffff, 4, STATUS_SUCCESS, ""},
    {"export directory outside", OPT + 96, 0xfffffff0, 4, STATUS_SUCCESS, ""},
    {"export directory huge", OPT + 100, 0xffffffff, 4, STATUS_SUCCESS, ""},
    {"import directory outside", OPT + 104, 0x7ffffff0, 4, STATUS_SUCCESS, ""},
    {"tls directory outside", OPT + 96 + 9 * 8, 0xffffffff, 4, STATUS_SUCCESS, ""},
    {"symbol table outside", PE_AT + 12, 0xfffffff0, 4, STATUS_SUCCESS, ""},
    {"symbol count huge", PE_AT + 16, 0xffffffff, 4, STATUS_SUCCESS, ""},
    {"stack reserve huge", OPT + 72, 0xffffffff, 4, STATUS_SUCCESS, ""},
    {"image size 2 GB and a page", OPT + 56, 0x80001000, 4, STATUS_INVALID_IMAGE_FORMAT, "2 GB"},
    {"image too large for its base", OPT + 56, 0x80000000, 4, STATUS_SUCCESS, ""},
    {"sections beyond the file", PE_AT + 20, 0xffff, 2, STATUS_INVALID_IMAGE_FORMAT, "ends in its section table"},
    {"no optional header", PE_AT + 20, 0, 2, STATUS_INVALID_IMAGE_FORMAT, "optional header is missing"},
    {"optional header short", PE_AT + 20, 90, 2, STATUS_INVALID_IMAGE_FORMAT, "90 bytes"},
    {"magic", OPT, 0x107, 2, STATUS_INVALID_IMAGE_FORMAT, "neither PE32 nor PE32+"},
    {"image base odd", OPT + 28, 0x401000, 4, STATUS_INVALID_IMAGE_FORMAT, "64 KB"},
    {"image wraps", OPT + 28, 0xffff0000, 4, STATUS_SUCCESS, ""},
    {"image base and size wrap", OPT + 56, 0xffffffff, 4, STATUS_INVALID_IMAGE_FORMAT, "2 GB"},
    {"section alignment 0", OPT + 32, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "section alignment 0x0"},
    {"section alignment odd", OPT + 32, 0x1001, 4, STATUS_INVALID_IMAGE_FORMAT, "section alignment 0x1001"},
    {"section alignment small, not the file's", OPT + 32, 0x400, 4, STATUS_INVALID_IMAGE_FORMAT, "less than a page"},
    {"section alignment small, data elsewhere", OPT + 32, 0x200, 4, STATUS_INVALID_IMAGE_FORMAT, "it should follow at"},
    {"section alignment 2 GB", OPT + 32, 0x80000000, 4, STATUS_INVALID_IMAGE_FORMAT, "not aligned to 0x80000000"},
    {"file alignment 0", OPT + 36, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "file alignment 0x0"},
    {"file alignment 16", OPT + 36, 16, 4, STATUS_INVALID_IMAGE_FORMAT, "file alignment 0x10"},
    {"file above section alignment", OPT + 36, 0x2000, 4, STATUS_INVALID_IMAGE_FORMAT, "less than the file"},
    {"image size 0", OPT + 56, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "image size 0x0"},
    {"image size small", OPT + 56, 0x3000, 4, STATUS_INVALID_IMAGE_FORMAT, "beyond the image size"},
    {"header size 0", OPT + 60, 0, 4, STATUS_INVALID_IMAGE_FORMAT, "header size 0x0"},
    {"header size huge", OPT + 60, 0xfffffff0, 4, STATUS_INVALID_IMAGE_FORMAT, "header size"},
    {"header over the first section", OPT + 60, 0x1001, 4, STATUS_INVALID_IMAGE_FORMAT, ".text at 0x1000 overlaps"},
    {"section misaligned", OPT + N32 + 40 + 12, 0x3010, 4, STATUS_INVALID_IMAGE_FORMAT, ".data at 0x3010"},
    {"gap before a section", OPT + N32 + 2 * 40 + 12, 0x7000, 4, STATUS_INVALID_IMAGE_FORMAT,
     ".reloc at 0x7000 leaves"},
    {"gap after the headers", OPT + N32 + 12, 0x2000, 4, STATUS_INVALID_IMAGE_FORMAT, "it should follow at 0x1000"},
    {"section short of the next", OPT + N32 + 8, 0x800, 4, STATUS_INVALID_IMAGE_FORMAT, ".data at 0x3000 leaves"},
    {"sections overlap by a byte", OPT + N32 + 8, 0x2001, 4, STATUS_INVALID_IMAGE_FORMAT, ".data at 0x3000 overlaps"},
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

/* An alignment above a page leaves pages that nobody may touch; so does an image size beyond the last section. */
START_TEST(layout_with_gaps)
{
    static const struct mm_image_subsection gaps[] = {
        {"header", 0, 1, 0, 0x400, MM_READONLY},
        {"gap", 1, 1, 0, 0, MM_NOACCESS},
        {".text", 2, 1, TEXT_RAW, 0x1000, MM_EXECUTE_READ},
        {"gap", 3, 1, 0, 0, MM_NOACCESS},
        {".data", 4, 1, DATA_RAW, 0x200, MM_WRITECOPY},
        {"gap", 5, 1, 0, 0, MM_NOACCESS},
        {".reloc", 6, 1, RELOC_RAW, 0x200, MM_READONLY},
        {"gap", 7, 1, 0, 0, MM_NOACCESS},
        {".edata", 8, 1, EXPORT_RAW, 0x200, MM_READONLY},
        {"gap", 9, 2, 0, 0, MM_NOACCESS},
    };
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error;

    pe_make(file, PE_FORM_32);
    put32(file, PE_OPTIONAL_AT + 32, 0x2000);
    for (unsigned i = 0; i < 4; i++)
        put32(file, pe_section_header(file, i) + 12, 0x2000 * (i + 1));
    put32(file, pe_section_header(file, 0) + 8, 0x800); /* raw data beyond its page is ignored */
    put32(file, pe_section_header(file, 1) + 8, 0);     /* no virtual size: the raw one */
    put32(file, PE_OPTIONAL_AT + 56, 0xa001);
    struct image *image = pe_open(file, &error);
    ck_assert_msg(image, "%s", error.text);
    check_runs(image, gaps, 10);
    image_close(image);
    free(file);
}
END_TEST

/* As many sections as may be, each a page of zeroes behind two pages of headers. */
static const struct {
    const char *name;
    unsigned count;
    uint32_t extra_size; /* of the image, behind the last section */
    ntstatus_t status;
    const char *text;
} crowds[] = {
    {"96 sections", 96, 0, STATUS_SUCCESS, ""},
    {"95 sections and a gap", 95, 0x1000, STATUS_SUCCESS, ""},
    {"96 sections and a gap", 96, 0x1000, STATUS_INVALID_IMAGE_FORMAT, "form more than 97 runs"},
    {"97 sections", 97, 0, STATUS_INVALID_IMAGE_FORMAT, "97 sections are more"},
};

START_TEST(crowd_of_sections)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error = {.status = STATUS_SUCCESS};

    pe_make(file, PE_FORM_32);
    put16(file, PE_AT + 6, (uint16_t)crowds[_i].count);
    put32(file, PE_OPTIONAL_AT + 56, 0x2000 + 0x1000 * crowds[_i].count + crowds[_i].extra_size);
    put32(file, PE_OPTIONAL_AT + 60, 0x1200);
    for (unsigned i = 0; i < crowds[_i].count; i++) {
        uint32_t at = pe_section_header(file, i);
        memset(file->bytes + at, 0, 40);
        put32(file, at + 8, 0x1000);
        put32(file, at + 12, 0x2000 + 0x1000 * i);
    }
    struct image *image = pe_open(file, &error);
    ck_assert_msg((image != NULL) == (crowds[_i].status == STATUS_SUCCESS), "%s: %s", crowds[_i].name, error.text);
    ck_assert_uint_eq(error.status, crowds[_i].status);
    if (image)
        ck_assert_uint_eq(image_layout(image)->subsection_count, 97);
    else
        ck_assert_msg(strstr(error.text, crowds[_i].text), "%s: \"%s\"", crowds[_i].name, error.text);
    image_close(image);
    free(file);
}
END_TEST

/* A section alignment below a page. */
static const struct {
    const char *name;
    uint32_t alignment;
    int field; /* offset to spoil with value; negative: in the header of section 1 */
    uint32_t value;
    ntstatus_t status;
    const char *text;
} flats[] = {
    {"a sector", 0x200, 2, 0, STATUS_SUCCESS, ""},
    {"16 bytes", 0x10, 2, 0, STATUS_SUCCESS, ""},
    {"1 byte", 1, 2, 0, STATUS_SUCCESS, ""},
    {"image larger than the file", 0x200, OPT + 56, 0x5000, STATUS_SUCCESS, ""},
    {"image ends in a section", 0x200, OPT + 56, 0x1000, STATUS_INVALID_IMAGE_FORMAT, "beyond the image size"},
    {"alignments differ", 0x200, OPT + 36, 0x20, STATUS_INVALID_IMAGE_FORMAT, "file alignment 0x20"},
    {"data elsewhere", 0x200, -20, DATA_RAW + 0x200, STATUS_INVALID_IMAGE_FORMAT, ".data is not at its RVA"},
    {"no data", 0x200, -16, 0, STATUS_INVALID_IMAGE_FORMAT, ".data is not at its RVA"},
    {"overlap", 0x200, -12, TEXT_RAW + 0x200, STATUS_INVALID_IMAGE_FORMAT, ".data at 0x600 overlaps"},
    {"larger than its data", 0x10, -8, DATA_RAW_SIZE + 1, STATUS_INVALID_IMAGE_FORMAT, "larger than its data"},
    {"data beyond the file", 0x200, -16, 0x10000, STATUS_INVALID_IMAGE_FORMAT, "truncated"},
};

START_TEST(flat_image)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error = {.status = STATUS_SUCCESS};
    int field = flats[_i].field;

    pe_make_flat(file, PE_FORM_32, flats[_i].alignment);
    put32(file, field < 0 ? pe_section_header(file, 1) + (uint32_t)-field : (uint32_t)field, flats[_i].value);
    struct image *image = pe_open(file, &error);
    ck_assert_msg((image != NULL) == (flats[_i].status == STATUS_SUCCESS), "%s: %s", flats[_i].name, error.text);
    ck_assert_uint_eq(error.status, flats[_i].status);
    if (!image) {
        ck_assert_msg(strstr(error.text, flats[_i].text), "%s: \"%s\"", flats[_i].name, error.text);
    } else {
        uint8_t page[4096];
        uint32_t size = image_info(image)->size_of_image, pages = (size + 4095) / 4096;
        const struct mm_image_subsection whole = {
            "image", 0, pages, 0, size < file->size ? size : file->size, MM_EXECUTE_WRITECOPY};
        check_runs(image, &whole, 1);
        ck_assert(image_layout(image)->relocatable);
        ck_assert_uint_eq(pe_page_in(image, 0, 0x10000000, page), STATUS_SUCCESS);
        ck_assert_mem_eq(page, file->bytes, TEXT_RAW + 0x10);
        ck_assert_uint_eq(page[TEXT_RAW + 0x11], 0x10); /* the fix-up: 401000 became 10001000 */
        ck_assert_uint_eq(page[TEXT_RAW + 0x13], 0x10);
    }
    image_close(image);
    free(file);
}
END_TEST

START_TEST(large_address_aware)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error;

    pe_make(file, PE_FORM_32);
    put16(file, PE_AT + 22, _i ? 0x0022 : 0x0002);
    struct image *image = pe_open(file, &error);
    ck_assert_msg(image, "%s", error.text);
    ck_assert_int_eq(image_info(image)->large_address_aware, _i);
    image_close(image);
    free(file);
}
END_TEST

/* A data directory that is asked for. */
static const struct {
    const char *name;
    unsigned index;
    uint32_t rva, size, count;
    bool found;
} directories[] = {
    {"exception", IMAGE_DIRECTORY_EXCEPTION, 0x3000, 24, 16, true},
    {"to the end", IMAGE_DIRECTORY_TLS, IMAGE_SIZE - 24, 24, 16, true},
    {"beyond the end", IMAGE_DIRECTORY_TLS, IMAGE_SIZE - 24, 25, 16, false},
    {"wraps", IMAGE_DIRECTORY_TLS, 0xfffffff0, 0x20, 16, false},
    {"no size", IMAGE_DIRECTORY_TLS, 0x3000, 0, 16, false},
    {"no place", IMAGE_DIRECTORY_TLS, 0, 24, 16, false},
    {"not counted", IMAGE_DIRECTORY_TLS, 0x3000, 24, 9, false},
    {"counted beyond all", IMAGE_DIRECTORY_TLS, 0x3000, 24, 0xffffffff, true},
};

START_TEST(directory_lookup)
{
    struct pe_file *file = malloc(sizeof(*file));
    struct image_error error;
    uint32_t rva = 0, size = 0;

    for (unsigned form = PE_FORM_32; form <= PE_FORM_64; form++) {
        pe_make(file, form);
        put32(file, pe_directory_entry(file, directories[_i].index), directories[_i].rva);
        put32(file, pe_directory_entry(file, directories[_i].index) + 4, directories[_i].size);
        put32(file, pe_directory_entry(file, 0) - 4, directories[_i].count);
        struct image *image = pe_open(file, &error);
        ck_assert_msg(image, "%s", error.text);
        ck_assert_msg(image_directory(image, directories[_i].index, &rva, &size) == directories[_i].found, "%s",
                      directories[_i].name);
        if (directories[_i].found)
            ck_assert(rva == directories[_i].rva && size == directories[_i].size);
        ck_assert(!image_directory(image, IMAGE_DIRECTORY_COUNT, &rva, &size));
        image_close(image);
    }
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
    tcase_add_loop_test(cases, crowd_of_sections, 0, sizeof(crowds) / sizeof(crowds[0]));
    tcase_add_loop_test(cases, flat_image, 0, sizeof(flats) / sizeof(flats[0]));
    tcase_add_loop_test(cases, large_address_aware, 0, 2);
    tcase_add_loop_test(cases, directory_lookup, 0, sizeof(directories) / sizeof(directories[0]));
    tcase_add_loop_test(cases, protection_of_characteristics, 0, sizeof(protections) / sizeof(protections[0]));
    tcase_add_loop_test(cases, random_damage, 0, 4);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
