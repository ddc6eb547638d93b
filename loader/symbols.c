/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols.c - names for addresses: the COFF symbol table that mingw leaves in its images, else the exports.
 *
 * Read through the host at the first question.  Names stay as in the table (leading underscore and all).  Section and
 * file symbols are left out; of several names for one address the first of best rank wins, so that answers are the
 * same in every run.  Names are never compared: hostile tables hold millions of long ones. */
#include <stdlib.h>
#include <string.h>

#include "loader/pe.h"

enum { CLASS_EXTERNAL = 2, CLASS_STATIC = 3 };

enum { TYPE_FUNCTION = 0x20 };

enum { RANK_SHIFT = 28 }; /* pe_symbol.rank: rank, then the place in the table */

enum rank { RANK_PUBLIC_FUNCTION, RANK_PUBLIC, RANK_STATIC_FUNCTION, RANK_STATIC };

static int compare_symbols(const void *left, const void *right)
{
    const struct pe_symbol *a = left, *b = right;

    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Keep the best of each address, so that looking one up is a bisection whatever the table holds. */
static void sort_symbols(struct pe_symbol_table *table)
{
    uint32_t kept = 0;

    if (table->count)
        qsort(table->entries, table->count, sizeof(*table->entries), compare_symbols);
    for (uint32_t i = 0; i < table->count; i++) {
        if (kept == 0 || table->entries[kept - 1].rva != table->entries[i].rva)
            table->entries[kept++] = table->entries[i];
    }
    table->count = kept;
}

/* The COFF table as read: symbols, then strings (NUL-terminated by us). */
struct coff {
    uint8_t *symbols;
    uint32_t count;
    char *strings;
    uint32_t string_size;
};

static bool read_coff(const struct image *image, struct coff *coff)
{
    uint64_t size = (uint64_t)image->headers.symbol_count * PE_SYMBOL_SIZE;
    uint64_t end = image->headers.symbol_offset + size;
    uint8_t length[4];

    if (image->headers.symbol_offset == 0 || size == 0 || size > PE_COPY_MAX || end > image->info.file_size)
        return false;
    coff->count = image->headers.symbol_count;
    coff->symbols = malloc(size);
    if (!coff->symbols || pe_read_file(image, image->headers.symbol_offset, coff->symbols, size) != (int64_t)size)
        return false;
    if (pe_read_file(image, end, length, 4) == 4 && pe_u32(length) >= 4)
        coff->string_size = pe_u32(length);
    if (coff->string_size > image->info.file_size - end || coff->string_size > PE_COPY_MAX)
        coff->string_size = 0; /* short names alone */
    coff->strings = calloc((size_t)coff->string_size + 1, 1);
    return coff->strings && pe_read_file(image, end, coff->strings, coff->string_size) == (int64_t)coff->string_size;
}

/* The name of a symbol; short ones are copied to buffer. */
static const char *coff_name(const struct coff *coff, const uint8_t *symbol, char buffer[9])
{
    if (pe_u32(symbol) == 0) {
        uint32_t offset = pe_u32(symbol + 4);
        return offset >= 4 && offset < coff->string_size ? coff->strings + offset : "";
    }
    memcpy(buffer, symbol, 8);
    buffer[8] = 0;
    return buffer;
}

/* Is this symbol a place in the image that deserves its name? */
static bool classify(const struct image *image, const uint8_t *symbol, const char *name, struct pe_symbol *ret_symbol)
{
    unsigned section = pe_u16(symbol + 12), type = pe_u16(symbol + 14), class = symbol[16];

    if (section == 0 || section > image->headers.section_count || name[0] == 0)
        return false;
    if (class != CLASS_EXTERNAL && (class != CLASS_STATIC || name[0] == '.'))
        return false;
    uint64_t rva = (uint64_t)image->headers.sections[section - 1].rva + pe_u32(symbol + 8);
    if (rva >= image->info.size_of_image)
        return false;
    ret_symbol->rva = (uint32_t)rva;
    ret_symbol->rank =
        (class == CLASS_EXTERNAL ? RANK_PUBLIC_FUNCTION : RANK_STATIC_FUNCTION) + (type == TYPE_FUNCTION ? 0 : 1);
    return true;
}

/* Long names live in the string table, which the symbol table keeps; short ones in 9 bytes each behind it. */
static void take_coff(const struct image *image, struct coff *coff, struct pe_symbol_table *table)
{
    size_t short_names = coff->string_size + (size_t)1;
    char *names = realloc(coff->strings, short_names + (size_t)coff->count * 9);

    if (!names)
        return;
    coff->strings = names;
    table->entries = calloc(coff->count, sizeof(*table->entries));
    if (!table->entries)
        return;
    table->names = names;
    for (uint32_t i = 0; i < coff->count; i++) {
        const uint8_t *symbol = coff->symbols + (size_t)i * PE_SYMBOL_SIZE;
        struct pe_symbol *entry = &table->entries[table->count];
        entry->name = coff_name(coff, symbol, names + short_names + (size_t)table->count * 9);
        if (classify(image, symbol, entry->name, entry)) {
            entry->rank = entry->rank << RANK_SHIFT | i;
            table->count++;
        }
        i += symbol[17]; /* auxiliary records */
    }
    sort_symbols(table);
}

static void take_exports(const struct image *image, struct pe_symbol_table *table)
{
    table->entries = image->exports.count ? calloc(image->exports.count, sizeof(*table->entries)) : NULL;
    if (!table->entries)
        return;
    for (uint32_t i = 0; i < image->exports.count; i++) {
        const struct pe_export *export = &image->exports.entries[i];
        table->entries[table->count++] = (struct pe_symbol){.rva = export->rva, .rank = i, .name = export->name};
    }
    sort_symbols(table);
}

static void read_symbols(struct image *image)
{
    struct coff coff = {0};

    image->symbols_state = SYMBOLS_READ;
    if (read_coff(image, &coff))
        take_coff(image, &coff, &image->symbols);
    free(coff.symbols);
    if (!image->symbols.names)
        free(coff.strings);
    take_exports(image, &image->export_symbols);
}

void pe_free_symbols(struct pe_symbol_table *table)
{
    free(table->entries);
    free(table->names);
}

/* The best symbol at or below rva in its run of pages. */
static const char *nearest(const struct image *image, const struct pe_symbol_table *table, uint32_t rva,
                           uint32_t *ret_offset)
{
    uint32_t low = 0, high = table->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table->entries[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || pe_run_at(image, table->entries[low - 1].rva) != pe_run_at(image, rva))
        return NULL;
    *ret_offset = rva - table->entries[low - 1].rva;
    return table->entries[low - 1].name;
}

const char *image_symbol(struct image *image, uint32_t rva, uint32_t *ret_offset)
{
    if (!pe_run_at(image, rva))
        return NULL;
    if (image->symbols_state == SYMBOLS_UNREAD)
        read_symbols(image);
    const char *name = nearest(image, &image->symbols, rva, ret_offset);
    return name ? name : nearest(image, &image->export_symbols, rva, ret_offset);
}
