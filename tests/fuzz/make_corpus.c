/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_corpus.c - small sound images of each form for the fuzzer to start from: a few KB, where linkers make 80.
 *
 * arguments: FOLDER */
#include <stdio.h>
#include <string.h>

#include "tests/loader/pe_writer.h"

static int save(const struct pe_file *file, const char *folder, const char *name)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    bool good = out && fwrite(file->bytes, 1, file->size, out) == file->size;
    if (out && fclose(out))
        good = false;
    if (!good)
        perror(path);
    return good ? 0 : 1;
}

/* Headers and one page of zeroes. */
static void make_tiny(struct pe_file *file, enum pe_form form)
{
    pe_make(file, form);
    put16(file, PE_AT + 6, 1);
    put32(file, PE_AT + 12, 0);
    put32(file, PE_AT + 16, 0);
    put32(file, pe_section_header(file, 0) + 8, 0x7000);
    put32(file, pe_section_header(file, 0) + 16, 0);
    memset(file->bytes + pe_directory_entry(file, 0), 0, 16 * 8);
    file->size = TEXT_RAW;
}

int main(int argc, char **argv)
{
    static struct pe_file file;
    int failed = argc != 2;

    for (unsigned form = PE_FORM_32; !failed && form <= PE_FORM_64; form++) {
        const char *bits = form == PE_FORM_32 ? "32" : "64";
        char name[32];
        pe_make(&file, form);
        snprintf(name, sizeof(name), "small%s", bits);
        failed |= save(&file, argv[1], name);
        file.size++; /* PE32: under x86 paging */
        snprintf(name, sizeof(name), "odd%s", bits);
        failed |= save(&file, argv[1], name);
        pe_make_flat(&file, form, 0x10);
        snprintf(name, sizeof(name), "flat%s", bits);
        failed |= save(&file, argv[1], name);
        make_tiny(&file, form);
        snprintf(name, sizeof(name), "tiny%s", bits);
        failed |= save(&file, argv[1], name);
    }
    return failed;
}
