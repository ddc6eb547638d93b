/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pe_writer.c - see pe_writer.h */
#include "tests/loader/pe_writer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void put16(struct pe_file *file, uint32_t offset, uint16_t value)
{
    file->bytes[offset] = (uint8_t)value;
    file->bytes[offset + 1] = (uint8_t)(value >> 8);
}

void put32(struct pe_file *file, uint32_t offset, uint32_t value)
{
    put16(file, offset, (uint16_t)value);
    put16(file, offset + 2, (uint16_t)(value >> 16));
}

void put64(struct pe_file *file, uint32_t offset, uint64_t value)
{
    put32(file, offset, (uint32_t)value);
    put32(file, offset + 4, (uint32_t)(value >> 32));
}

static uint32_t optional_size(const struct pe_file *file)
{
    return (file->form == PE_FORM_64 ? 112 : 96) + 16 * 8;
}

uint32_t pe_section_header(const struct pe_file *file, unsigned index)
{
    return PE_OPTIONAL_AT + optional_size(file) + 40 * index;
}

uint32_t pe_directory_entry(const struct pe_file *file, unsigned index)
{
    return PE_OPTIONAL_AT + optional_size(file) - 16 * 8 + 8 * index;
}

static void put_section(struct pe_file *file, unsigned index, const char *name, const uint32_t field[5])
{
    uint32_t at = pe_section_header(file, index);

    memcpy(file->bytes + at, name, strlen(name));
    put32(file, at + 8, field[0]);  /* virtual size */
    put32(file, at + 12, field[1]); /* rva */
    put32(file, at + 16, field[2]); /* raw size */
    put32(file, at + 20, field[3]); /* raw offset */
    put32(file, at + 36, field[4]);
}

static void put_directory(struct pe_file *file, unsigned index, uint32_t rva, uint32_t size)
{
    put32(file, pe_directory_entry(file, index), rva);
    put32(file, pe_directory_entry(file, index) + 4, size);
}

static void put_headers(struct pe_file *file)
{
    bool wide = file->form == PE_FORM_64;
    uint32_t at = PE_OPTIONAL_AT;

    memcpy(file->bytes, "MZ", 2);
    put32(file, 0x3c, PE_AT);
    memcpy(file->bytes + PE_AT, "PE\0\0", 4);
    put16(file, PE_AT + 4, wide ? IMAGE_MACHINE_AMD64 : IMAGE_MACHINE_I386);
    put16(file, PE_AT + 6, 4); /* sections */
    put32(file, PE_AT + 8, 0x12345678);
    put32(file, PE_AT + 12, SYMBOLS_RAW);
    put16(file, PE_AT + 20, (uint16_t)optional_size(file));
    put16(file, PE_AT + 22, 0x0022);

    put16(file, at, wide ? 0x20b : 0x10b);
    put32(file, at + 16, TEXT_RVA + 0x10);
    if (wide)
        put64(file, at + 24, 0x140000000);
    else
        put32(file, at + 28, 0x400000);
    put32(file, at + 32, 0x1000);
    put32(file, at + 36, 0x200);
    put16(file, at + 48, 4);
    put32(file, at + 56, IMAGE_SIZE);
    put32(file, at + 60, 0x400);
    put16(file, at + 68, 3);
    put32(file, at + 72, 0x200000);
    put32(file, at + (wide ? 80 : 76), 0x1000);
    put32(file, at + (wide ? 108 : 92), 16);
}

/* Two exports, alpha and beta, a forwarder, and one that leads out of the image. */
static void put_exports(struct pe_file *file)
{
    static const char *const names[] = {"alpha", "beta", "forward", "outside"};
    const uint32_t functions[] = {TEXT_RVA + 0x10, TEXT_RVA + 0x40, EXPORT_RVA + 0x40, IMAGE_SIZE + 4};
    uint32_t raw = EXPORT_RAW, text = 0x80;

    put32(file, raw + 20, 4);
    put32(file, raw + 24, 4);
    put32(file, raw + 28, EXPORT_RVA + 0x28);
    put32(file, raw + 32, EXPORT_RVA + 0x50);
    put32(file, raw + 36, EXPORT_RVA + 0x60);
    for (unsigned i = 0; i < 4; i++) {
        put32(file, raw + 0x28 + 4 * i, functions[i]);
        put32(file, raw + 0x50 + 4 * i, EXPORT_RVA + text);
        put16(file, raw + 0x60 + 2 * i, (uint16_t)i);
        memcpy(file->bytes + raw + text, names[i], strlen(names[i]) + 1);
        text += (uint32_t)strlen(names[i]) + 1;
    }
}

/* Name (short, or a string-table offset), value, section, type, class; an auxiliary record follows ".text". */
static void put_symbols(struct pe_file *file)
{
    static const struct {
        const char *name;
        uint32_t value;
        uint16_t section, type;
        uint8_t class, aux;
    } symbols[] = {
        {".file", 0, 0xfffe, 0, 103, 0},
        {".text", 0, 1, 0, 3, 1},
        {"", 0, 0, 0, 0, 0}, /* the auxiliary record of .text: never a symbol */
        {"_start", 0x10, 1, 0x20, 2, 0},
        {"_helper", 0x20, 1, 0x20, 3, 0},
        {"alias", 0x20, 1, 0, 3, 0},
        {"a_name_longer_than_eight", 0x30, 1, 0x20, 2, 0},
        {"_counter", 8, 2, 0, 2, 0},
        {"far", 0x7fffffff, 1, 0, 2, 0},
    };
    uint32_t count = sizeof(symbols) / sizeof(symbols[0]), strings = SYMBOLS_RAW + count * 18, text = 4;

    put32(file, PE_AT + 16, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = SYMBOLS_RAW + 18 * i;
        size_t length = strlen(symbols[i].name);
        if (length <= 8) {
            memcpy(file->bytes + at, symbols[i].name, length);
        } else {
            put32(file, at + 4, text);
            memcpy(file->bytes + strings + text, symbols[i].name, length + 1);
            text += (uint32_t)length + 1;
        }
        put32(file, at + 8, symbols[i].value);
        put16(file, at + 12, symbols[i].section);
        put16(file, at + 14, symbols[i].type);
        file->bytes[at + 16] = symbols[i].class;
        file->bytes[at + 17] = symbols[i].aux;
    }
    put32(file, strings, text);
    file->size = strings + text;
}

void pe_set_relocations(struct pe_file *file, uint32_t rva, const uint16_t *entries, unsigned count)
{
    uint32_t size = 8 + 2 * count;

    memset(file->bytes + RELOC_RAW, 0, 0x200);
    put32(file, RELOC_RAW, rva);
    put32(file, RELOC_RAW + 4, size);
    for (unsigned i = 0; i < count; i++)
        put16(file, RELOC_RAW + 8 + 2 * i, entries[i]);
    put_directory(file, 5, RELOC_RVA, size);
}

void pe_make(struct pe_file *file, enum pe_form form)
{
    static const uint32_t text[5] = {TEXT_RAW_SIZE, TEXT_RVA, TEXT_RAW_SIZE, TEXT_RAW, 0x60000020};
    static const uint32_t data[5] = {DATA_VIRTUAL_SIZE, DATA_RVA, DATA_RAW_SIZE, DATA_RAW, 0xc0000040};
    static const uint32_t reloc[5] = {0x200, RELOC_RVA, 0x200, RELOC_RAW, 0x42000040};
    static const uint32_t edata[5] = {0x200, EXPORT_RVA, 0x200, EXPORT_RAW, 0x40000040};
    const uint16_t fix_up = (uint16_t)((form == PE_FORM_64 ? 10u : 3u) << 12 | 0x10);

    memset(file, 0, sizeof(*file));
    file->form = form;
    put_headers(file);
    put_section(file, 0, ".text", text);
    put_section(file, 1, ".data", data);
    put_section(file, 2, ".reloc", reloc);
    put_section(file, 3, ".edata", edata);
    for (uint32_t i = 0; i < TEXT_RAW_SIZE; i++)
        file->bytes[TEXT_RAW + i] = (uint8_t)(0x40 + i % 191);
    memset(file->bytes + DATA_RAW, 0xda, DATA_RAW_SIZE);
    pe_set_relocations(file, TEXT_RVA, &fix_up, 1);
    put_directory(file, 0, EXPORT_RVA, 0x200);
    put_exports(file);
    put_symbols(file);
}

void pe_make_flat(struct pe_file *file, enum pe_form form, uint32_t alignment)
{
    static const uint32_t raw[4][2] = {
        {TEXT_RAW, TEXT_RAW_SIZE}, {DATA_RAW, DATA_RAW_SIZE}, {RELOC_RAW, 0x200}, {EXPORT_RAW, 0x200}};

    pe_make(file, form);
    put32(file, PE_OPTIONAL_AT + 32, alignment);
    put32(file, PE_OPTIONAL_AT + 36, alignment);
    put32(file, PE_OPTIONAL_AT + 56, SYMBOLS_RAW);
    for (unsigned i = 0; i < 4; i++) {
        put32(file, pe_section_header(file, i) + 8, raw[i][1]);
        put32(file, pe_section_header(file, i) + 12, raw[i][0]);
    }
    put32(file, TEXT_RAW + 0x10, 0x401000); /* what the fix-up adds to */
    put32(file, RELOC_RAW, TEXT_RAW);
    put_directory(file, 5, RELOC_RAW, 10);
}

struct image *pe_open(const struct pe_file *file, struct image_error *ret_error)
{
    char path[] = "/tmp/softfault-test-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    unlink(path);
    ck_assert_int_eq(write(fd, file->bytes, file->size), file->size);
    return image_open(fd, ret_error);
}

ntstatus_t pe_page_in(struct image *image, uint32_t page, va_t base, uint8_t bytes[4096])
{
    const struct mm_image *layout = image_layout(image);

    for (uint32_t i = 0; i < layout->subsection_count; i++) {
        const struct mm_image_subsection *run = &layout->subsections[i];
        uint32_t offset = (page - run->first_page) * 4096;
        if (page < run->first_page || page >= run->first_page + run->page_count)
            continue;
        memset(bytes, 0, 4096);
        if (offset >= run->file_bytes)
            return STATUS_SUCCESS;
        struct mm_page_in request = {
            .subsection = i,
            .file_offset = run->file_offset + offset,
            .valid_bytes = run->file_bytes - offset < 4096 ? run->file_bytes - offset : 4096,
            .image_page = page,
            .image_base = base,
            .preferred_base = layout->preferred_base,
        };
        return image_page_in(image, &request, bytes);
    }
    return STATUS_UNSUCCESSFUL;
}
