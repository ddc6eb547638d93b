/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pe_writer.h - small PE images made in memory for tests, and put into files without a name.
 *
 * pe_make() writes a sound image; a test then spoils what it is about and opens it. */
#ifndef SOFTFAULT_TESTS_LOADER_PE_WRITER_H
#define SOFTFAULT_TESTS_LOADER_PE_WRITER_H

#include <stdint.h>

#include "loader/image.h"

enum pe_form { PE_FORM_32, PE_FORM_64 };

enum {
    PE_FILE_CAPACITY = 0x10000,
    /* Where pe_make() puts things in the file. */
    PE_AT = 0x80, /* "PE\0\0" */
    PE_OPTIONAL_AT = PE_AT + 24,
    /* The sections of pe_make(): RVA, raw offset. */
    TEXT_RVA = 0x1000,
    TEXT_RAW = 0x400,
    TEXT_RAW_SIZE = 0x1200, /* on two pages */
    DATA_RVA = 0x3000,
    DATA_RAW = 0x1600,
    DATA_RAW_SIZE = 0x200,
    DATA_VIRTUAL_SIZE = 0x2800, /* three pages, the last two demand zero */
    RELOC_RVA = 0x6000,
    RELOC_RAW = 0x1800,
    EXPORT_RVA = 0x7000,
    EXPORT_RAW = 0x1a00,
    SYMBOLS_RAW = 0x1c00,
    IMAGE_SIZE = 0x8000,
};

struct pe_file {
    enum pe_form form;
    uint32_t size;
    uint8_t bytes[PE_FILE_CAPACITY];
};

void put16(struct pe_file *file, uint32_t offset, uint16_t value);
void put32(struct pe_file *file, uint32_t offset, uint32_t value);
void put64(struct pe_file *file, uint32_t offset, uint64_t value);

/* Headers, .text (execute, read), .data (read, write), .reloc, .edata, a COFF symbol table. */
void pe_make(struct pe_file *file, enum pe_form form);

/* The same with a section alignment below a page: the file as it lies is the image. No exports. */
void pe_make_flat(struct pe_file *file, enum pe_form form, uint32_t alignment);

/* Offsets of header fields, whichever form. */
uint32_t pe_section_header(const struct pe_file *file, unsigned index);
uint32_t pe_directory_entry(const struct pe_file *file, unsigned index);

/* Replace the relocation directory by one block at rva with these entries. */
void pe_set_relocations(struct pe_file *file, uint32_t rva, const uint16_t *entries, unsigned count);

/* Open it through an unlinked file. */
struct image *pe_open(const struct pe_file *file, struct image_error *ret_error);

/* Page in page number page of the image at base, as the memory manager would ask. */
ntstatus_t pe_page_in(struct image *image, uint32_t page, va_t base, uint8_t bytes[4096]);

#endif
