/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relocate.c - base relocations, applied to one page at a time as it is paged in.
 *
 * The directory is a list of blocks, each with a start address and 16-bit entries (type, 12-bit offset).  Blocks are
 * indexed once, sorted by address.  A fix-up may straddle two pages: both see it, each takes its own bytes from the sum
 * that is computed over the image as linked. */
#include <stdlib.h>
#include <string.h>

#include "loader/pe.h"

enum relocation_type {
    RELOCATION_ABSOLUTE = 0, /* padding */
    RELOCATION_HIGH = 1,
    RELOCATION_LOW = 2,
    RELOCATION_HIGHLOW = 3,
    RELOCATION_HIGHADJ = 4, /* the next entry is its low half */
    RELOCATION_DIR64 = 10,
};

enum { RELOCATION_REACH = 4095 + 8 }; /* bytes that one block can touch */

static uint32_t relocation_width(unsigned type)
{
    switch (type) {
    case RELOCATION_HIGH:
    case RELOCATION_LOW:
    case RELOCATION_HIGHADJ: return 2;
    case RELOCATION_HIGHLOW: return 4;
    case RELOCATION_DIR64: return 8;
    default: return 0;
    }
}

/* Are all the entries of a block of known types and inside the image? */
static bool block_is_sound(const struct image *image, uint32_t rva, const uint8_t *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        unsigned type = pe_u16(entries + 2 * i) >> 12;
        uint64_t place = (uint64_t)rva + (pe_u16(entries + 2 * i) & 0xfff);
        if (type == RELOCATION_ABSOLUTE)
            continue;
        if (relocation_width(type) == 0 || place + relocation_width(type) > image->info.size_of_image)
            return false;
        if (type == RELOCATION_HIGHADJ && ++i == count)
            return false;
    }
    return true;
}

static int compare_blocks(const void *left, const void *right)
{
    const struct pe_relocation_block *a = left, *b = right;

    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

/* Index the blocks of a directory of size bytes; with blocks NULL only counts them.  false: malformed. */
static bool walk_blocks(const struct image *image, uint32_t size, struct pe_relocation_block *blocks,
                        uint32_t *ret_count)
{
    const uint8_t *directory = image->relocations.directory;
    uint32_t found = 0;

    for (uint32_t at = 0; size - at >= PE_RELOCATION_BLOCK_SIZE;) {
        uint32_t rva = pe_u32(directory + at), length = pe_u32(directory + at + 4);
        if (length == 0)
            break; /* zero padding ends the list */
        if (length < PE_RELOCATION_BLOCK_SIZE || length > size - at)
            return false;
        uint32_t entries = at + PE_RELOCATION_BLOCK_SIZE, count = (length - PE_RELOCATION_BLOCK_SIZE) / 2;
        if (!block_is_sound(image, rva, directory + entries, count))
            return false;
        if (count && blocks)
            blocks[found] = (struct pe_relocation_block){.rva = rva, .first = entries, .count = count};
        found += count != 0;
        at += length;
    }
    *ret_count = found;
    return true;
}

bool pe_index_relocations(struct image *image)
{
    struct pe_relocation_table *table = &image->relocations;
    struct pe_directory where = image->headers.directories[IMAGE_DIRECTORY_RELOCATION];
    uint32_t size, count;

    if (!image->layout.relocatable)
        return false;
    if (where.size == 0)
        return true; /* nothing in it depends on its place */
    table->directory = pe_copy(image, where, &size);
    if (!table->directory || !walk_blocks(image, size, NULL, &count))
        return false;
    if (count == 0)
        return true;
    table->blocks = calloc(count, sizeof(*table->blocks));
    if (!table->blocks)
        return false;
    walk_blocks(image, size, table->blocks, &table->block_count);
    qsort(table->blocks, count, sizeof(*table->blocks), compare_blocks);
    return true;
}

void pe_free_relocations(struct pe_relocation_table *table)
{
    free(table->blocks);
    free(table->directory);
}

static uint64_t load(const uint8_t *bytes, uint32_t width)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static uint64_t fixed_up(uint64_t value, unsigned type, uint16_t low, uint64_t delta)
{
    switch (type) {
    case RELOCATION_HIGH: return value + (uint16_t)(delta >> 16);
    case RELOCATION_HIGHADJ: return ((value << 16) + (uint64_t)(int64_t)(int16_t)low + delta + 0x8000) >> 16;
    default: return value + delta;
    }
}

/* One fix-up at rva, as far as it touches the page. */
static void relocate_one(const struct image *image, uint32_t rva, unsigned type, uint16_t low, uint64_t delta,
                         uint32_t page_rva, uint8_t *page)
{
    uint32_t width = relocation_width(type);
    uint8_t linked[8];
    uint64_t value;

    if (width == 0 || (uint64_t)rva + width <= page_rva || rva >= (uint64_t)page_rva + MMU_PAGE_SIZE)
        return;
    if (rva >= page_rva && rva - page_rva + width <= MMU_PAGE_SIZE) {
        value = load(page + (rva - page_rva), width);
    } else {
        if (image_read(image, rva, linked, width) != width)
            return;
        value = load(linked, width);
    }
    value = fixed_up(value, type, low, delta);
    for (uint32_t i = 0; i < width; i++) {
        if (rva + i >= page_rva && rva + i - page_rva < MMU_PAGE_SIZE)
            page[rva + i - page_rva] = (uint8_t)(value >> (8 * i));
    }
}

static void relocate_block(const struct image *image, const struct pe_relocation_block *block, uint64_t delta,
                           uint32_t page_rva, uint8_t *page)
{
    const uint8_t *entries = image->relocations.directory + block->first;

    for (uint32_t i = 0; i < block->count; i++) {
        unsigned type = pe_u16(entries + 2 * i) >> 12;
        uint32_t rva = block->rva + (pe_u16(entries + 2 * i) & 0xfff);
        uint16_t low = 0;
        if (type == RELOCATION_HIGHADJ)
            low = pe_u16(entries + 2 * ++i);
        relocate_one(image, rva, type, low, delta, page_rva, page);
    }
}

void pe_relocate_page(const struct image *image, uint32_t page_rva, uint64_t delta, uint8_t *page)
{
    const struct pe_relocation_table *table = &image->relocations;
    uint32_t low = 0, high = table->block_count;

    while (low < high) { /* the first block that can reach the page */
        uint32_t middle = low + (high - low) / 2;
        if ((uint64_t)table->blocks[middle].rva + RELOCATION_REACH > page_rva)
            high = middle;
        else
            low = middle + 1;
    }
    for (; low < table->block_count && table->blocks[low].rva < (uint64_t)page_rva + MMU_PAGE_SIZE; low++)
        relocate_block(image, &table->blocks[low], delta, page_rva, page);
}
