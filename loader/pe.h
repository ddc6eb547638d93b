/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pe.h - inside the loader: the PE file format as offsets, and struct image.
 *
 * A file is read as bytes at offsets, never overlaid with structs: no alignment, no host byte order, and every
 * access goes through a check in 64-bit arithmetic.  Source: Microsoft's public PE/COFF specification. */
#ifndef SOFTFAULT_LOADER_PE_H
#define SOFTFAULT_LOADER_PE_H

#include "loader/image.h"

enum {
    PE_DOS_HEADER_SIZE = 64,
    PE_DOS_LFANEW = 0x3c,
    PE_FILE_HEADER_SIZE = 24, /* with the signature */
    PE_SECTION_HEADER_SIZE = 40,
    PE_MAX_SECTIONS = 96,
    PE_MAX_RUNS = PE_MAX_SECTIONS + 1, /* and the headers */
    PE_SECTOR = 512,
    PE_SYMBOL_SIZE = 18,
    PE_EXPORT_DIRECTORY_SIZE = 40,
    PE_RELOCATION_BLOCK_SIZE = 8,
    PE_COPY_MAX = 64 << 20,   /* of a directory or symbol table on the host: a sparse file can claim gigabytes */
    PE_EXPORTS_MAX = 1 << 16, /* an ordinal has 16 bits */
    PE_NAME_MAX = 4096,       /* of an export: longer than any linker's, short enough to compare a million times */
};

enum pe_magic { PE_MAGIC_32 = 0x10b, PE_MAGIC_64 = 0x20b };

enum { /* IMAGE_FILE_HEADER.Characteristics */
       PE_FILE_RELOCS_STRIPPED = 0x0001,
       PE_FILE_EXECUTABLE_IMAGE = 0x0002,
       PE_FILE_LARGE_ADDRESS_AWARE = 0x0020,
       PE_FILE_DLL = 0x2000,
};

#define PE_SCN_CNT_CODE 0x00000020u
#define PE_SCN_MEM_SHARED 0x10000000u
#define PE_SCN_MEM_EXECUTE 0x20000000u
#define PE_SCN_MEM_READ 0x40000000u
#define PE_SCN_MEM_WRITE 0x80000000u

#define STATUS_INVALID_IMAGE_LE_FORMAT 0xC000012Eu
#define STATUS_IO_DEVICE_ERROR 0xC0000185u

struct pe_directory {
    uint32_t rva, size;
};

struct pe_section {
    char name[9];
    uint32_t rva, virtual_size, raw_offset, raw_size, characteristics;
};

/* What the headers say, checked. */
struct pe_headers {
    enum pe_magic magic;
    uint32_t section_alignment, file_alignment, size_of_headers;
    uint32_t symbol_offset, symbol_count; /* unchecked: symbols.c */
    uint32_t section_count;
    struct pe_section sections[PE_MAX_SECTIONS];
    struct pe_directory directories[IMAGE_DIRECTORY_COUNT]; /* unchecked: those who read them */
};

struct pe_symbol {
    uint32_t rva;
    uint32_t rank; /* of several at one place the lowest wins: symbols.c */
    const char *name;
};

struct pe_symbol_table { /* sorted by rva, rank, name */
    struct pe_symbol *entries;
    uint32_t count;
    char *names; /* backs the names */
};

struct pe_export {
    const char *name;
    uint32_t rva;
};

struct pe_export_table { /* sorted by name */
    struct pe_export *entries;
    uint32_t count;
    char *names;
};

/* One block of the relocation directory with at least one entry. */
struct pe_relocation_block {
    uint32_t rva;
    uint32_t first, count; /* 16-bit entries in pe_relocation_table.entries */
};

struct pe_relocation_table { /* blocks sorted by rva */
    struct pe_relocation_block *blocks;
    uint32_t block_count;
    uint8_t *directory; /* as in the file */
};

struct image {
    int fd;
    struct image_info info;
    struct pe_headers headers;
    struct mm_image layout;
    struct mm_image_subsection runs[PE_MAX_RUNS];
    struct pe_relocation_table relocations;
    struct pe_export_table exports;
    struct pe_symbol_table symbols, export_symbols;
    enum { SYMBOLS_UNREAD, SYMBOLS_READ } symbols_state;
    uint64_t pages_read;
};

static inline uint16_t pe_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t pe_u32(const uint8_t *bytes)
{
    return (uint32_t)pe_u16(bytes) | (uint32_t)pe_u16(bytes + 2) << 16;
}

static inline uint64_t pe_u64(const uint8_t *bytes)
{
    return (uint64_t)pe_u32(bytes) | (uint64_t)pe_u32(bytes + 4) << 32;
}

static inline uint64_t pe_round_up(uint64_t value, uint64_t power_of_two)
{
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

/* Read length bytes of the file at offset.  => the bytes read: fewer at the end of the file; -1: errno. */
int64_t pe_read_file(const struct image *image, uint64_t offset, void *buffer, size_t length);

/* Fail image_open(): fills *error and returns false. */
bool pe_fail(struct image_error *error, ntstatus_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* headers.c: fills info and headers, or says why not. */
bool pe_parse_headers(struct image *image, struct image_error *ret_error);

/* layout.c: fills layout and runs.  => headers parsed. */
bool pe_lay_out(struct image *image, struct image_error *ret_error);

/* The run around rva; NULL: outside of the image. */
const struct mm_image_subsection *pe_run_at(const struct image *image, uint32_t rva);

/* A copy of [rva, rva+size), as much of it as the file backs within one run.
 * => NULL: nothing, more than PE_COPY_MAX, or no memory. */
uint8_t *pe_copy(const struct image *image, struct pe_directory where, uint32_t *ret_size);

/* relocate.c: index the relocation directory.  false: malformed, the image cannot move. */
bool pe_index_relocations(struct image *image);
void pe_relocate_page(const struct image *image, uint32_t page_rva, uint64_t delta, uint8_t *page);
void pe_free_relocations(struct pe_relocation_table *table);

/* exports.c: index the export directory; what is malformed of it is left out. */
void pe_index_exports(struct image *image);
void pe_free_exports(struct pe_export_table *table);

/* symbols.c */
void pe_free_symbols(struct pe_symbol_table *table);

#endif
