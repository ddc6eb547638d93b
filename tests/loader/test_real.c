/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_real.c - images that mingw-w64 built: the runs cover them, sections and entry point are what mingw makes.
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
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    image_close(image);
    return failed != 0;
}
