/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_real.c - images that mingw-w64 built: the runs cover them, sections, directories and entry point are what
 * mingw makes, and every page relocated is what its relocation directory says.
 *
 * arguments: IMAGE */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/image.h"

static struct image *image;

static const struct mm_image_subsection *run_named(const char *name)
{
    const struct mm_image *layout = image_layout(image);

    for (uint32_t i = 0; i < layout->subsection_count; i++) {
        if (strcmp(layout->subsections[i].name, name) == 0)
            return &layout->subsections[i];
    }
    ck_abort_msg("no run named %s", name);
}

START_TEST(runs_cover_the_image)
{
    const struct mm_image *layout = image_layout(image);
    uint32_t page = 0;

    for (uint32_t i = 0; i < layout->subsection_count; i++) {
        const struct mm_image_subsection *run = &layout->subsections[i];
        ck_assert_uint_eq(run->first_page, page);
        ck_assert_uint_ge(run->page_count, 1);
        ck_assert_uint_le(run->file_bytes, run->page_count * 4096ull);
        page += run->page_count;
    }
    ck_assert_uint_eq(page, layout->page_count);
}
END_TEST

START_TEST(protections_of_mingw_sections)
{
    ck_assert_uint_eq(run_named("header")->protection, MM_READONLY);
    ck_assert_uint_eq(run_named(".text")->protection, MM_EXECUTE_READ);
    ck_assert_uint_eq(run_named(".data")->protection, MM_WRITECOPY);
    ck_assert_uint_eq(run_named(".rdata")->protection, MM_READONLY);
    ck_assert_uint_eq(run_named(".bss")->protection, MM_WRITECOPY);
    ck_assert_uint_eq(run_named(".bss")->file_bytes, 0);
}
END_TEST

START_TEST(entry_point_has_a_symbol)
{
    uint32_t offset = 1;
    const char *name = image_symbol(image, image_info(image)->entry_point, &offset);

    ck_assert_ptr_nonnull(name);
    ck_assert_msg(strstr(name, "mainCRTStartup"), "%s", name);
    ck_assert_uint_eq(offset, 0);
}
END_TEST

static bool is_wide(void)
{
    return image_info(image)->machine == IMAGE_MACHINE_AMD64;
}

static uint32_t u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The whole image as linked. */
static uint8_t *read_all(void)
{
    uint32_t size = image_layout(image)->page_count * 4096;
    uint8_t *bytes = malloc(size);
    ck_assert_uint_eq(image_read(image, 0, bytes, size), size);
    return bytes;
}

START_TEST(directories_of_mingw)
{
    uint32_t rva, size;

    ck_assert(image_directory(image, IMAGE_DIRECTORY_IMPORT, &rva, &size));
    ck_assert_uint_eq(rva, run_named(".idata")->first_page * 4096);
    ck_assert(image_directory(image, IMAGE_DIRECTORY_TLS, &rva, &size));
    ck_assert_uint_eq(size, is_wide() ? 40 : 24);
    ck_assert(image_info(image)->large_address_aware == is_wide());
    ck_assert(image_directory(image, IMAGE_DIRECTORY_EXCEPTION, &rva, &size) == is_wide());
}
END_TEST

/* x64: functions in ascending order, inside .text, each with its unwind data in .xdata. */
START_TEST(function_table)
{
    uint32_t rva = 0, size = 0, end = 0;

    if (!is_wide())
        return;
    ck_assert(image_directory(image, IMAGE_DIRECTORY_EXCEPTION, &rva, &size));
    ck_assert(size >= 12 && size % 12 == 0);
    uint8_t *all = read_all();
    const struct mm_image_subsection *text = run_named(".text"), *xdata = run_named(".xdata");
    for (uint32_t at = rva; at < rva + size; at += 12) {
        ck_assert_uint_ge(u32(all + at), end);
        end = u32(all + at + 4);
        ck_assert_uint_lt(u32(all + at), end);
        ck_assert_uint_le(end, (text->first_page + text->page_count) * 4096);
        ck_assert_uint_ge(u32(all + at + 8) >> 12, xdata->first_page);
        ck_assert_uint_lt(u32(all + at + 8) >> 12, xdata->first_page + xdata->page_count);
    }
    free(all);
}
END_TEST

/* Add delta wherever the relocation directory says, over the image as linked. */
static unsigned relocate_all(uint8_t *all, uint64_t delta)
{
    uint32_t rva = 0, size = 0;
    unsigned count = 0;

    ck_assert(image_directory(image, IMAGE_DIRECTORY_RELOCATION, &rva, &size));
    for (uint32_t at = rva; at < rva + size; at += u32(all + at + 4)) {
        for (uint32_t entry = at + 8; entry < at + u32(all + at + 4); entry += 2) {
            unsigned type = all[entry + 1] >> 4;
            uint8_t *place = all + u32(all + at) + ((all[entry + 1] & 15u) << 8 | all[entry]);
            if (type == 0)
                continue;
            ck_assert_uint_eq(type, is_wide() ? 10 : 3);
            uint64_t value = u32(place) | (is_wide() ? (uint64_t)u32(place + 4) << 32 : 0);
            value += delta;
            memcpy(place, &value, is_wide() ? 8 : 4);
            count++;
        }
    }
    return count;
}

START_TEST(pages_elsewhere)
{
    const struct mm_image *layout = image_layout(image);
    uint64_t delta = is_wide() ? UINT64_C(0x12345670000) : 0x1230000;
    uint8_t page[4096], *all = read_all();

    ck_assert(layout->relocatable);
    ck_assert_uint_gt(relocate_all(all, delta), 10);
    for (uint32_t i = 0; i < layout->subsection_count; i++) {
        const struct mm_image_subsection *run = &layout->subsections[i];
        for (uint32_t offset = 0; offset < run->file_bytes; offset += 4096) {
            struct mm_page_in request = {
                .subsection = i,
                .file_offset = run->file_offset + offset,
                .valid_bytes = run->file_bytes - offset < 4096 ? run->file_bytes - offset : 4096,
                .image_page = run->first_page + offset / 4096,
                .image_base = layout->preferred_base + delta,
                .preferred_base = layout->preferred_base,
            };
            memset(page, 0, sizeof(page));
            ck_assert_uint_eq(image_page_in(image, &request, page), STATUS_SUCCESS);
            ck_assert_msg(memcmp(page, all + request.image_page * 4096, 4096) == 0, "%s page %u", run->name,
                          request.image_page);
        }
    }
    free(all);
}
END_TEST

int main(int argc, char **argv)
{
    struct image_error error = {.text = ""};
    Suite *suite = suite_create("real");
    TCase *cases = tcase_create("real");

    image = argc > 1 ? image_open(open(argv[1], O_RDONLY), &error) : NULL;
    if (!image) {
        printf("Bail out! %s: %s\n", argc > 1 ? argv[1] : "no image", error.text);
        return 1;
    }
    tcase_add_test(cases, runs_cover_the_image);
    tcase_add_test(cases, protections_of_mingw_sections);
    tcase_add_test(cases, entry_point_has_a_symbol);
    tcase_add_test(cases, directories_of_mingw);
    tcase_add_test(cases, function_table);
    tcase_add_test(cases, pages_elsewhere);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    image_close(image);
    return failed != 0;
}
