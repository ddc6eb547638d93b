/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exports.c - named exports, indexed once and sorted by name.
 *
 * The directory's arrays and names are taken from the directory's own range, where linkers put them; entries that point
 * elsewhere, have no end within PE_NAME_MAX, or lie outside of the image are left out.  Forwarders (an address inside
 * the directory) are for the guest's loader to follow. */
#include <stdlib.h>
#include <string.h>

#include "loader/pe.h"

/* The directory's bytes with its place. */
struct directory {
    const uint8_t *bytes;
    uint32_t rva, size;
};

static const uint8_t *at_rva(const struct directory *directory, uint64_t rva, uint64_t length)
{
    if (rva < directory->rva || rva - directory->rva + length > directory->size)
        return NULL;
    return directory->bytes + (rva - directory->rva);
}

static const char *name_at(const struct directory *directory, uint32_t rva)
{
    const uint8_t *name = at_rva(directory, rva, 1);
    uint32_t room = name ? directory->size - (rva - directory->rva) : 0;

    if (!name || !memchr(name, 0, room < PE_NAME_MAX ? room : PE_NAME_MAX))
        return NULL;
    return (const char *)name;
}

static int compare_exports(const void *left, const void *right)
{
    const struct pe_export *a = left, *b = right;
    int order = strcmp(a->name, b->name);

    return order ? order : a->rva < b->rva ? -1 : a->rva > b->rva;
}

/* Name number i and where it leads; false: not a name of this image's code or data. */
static bool take_export(const struct image *image, const struct directory *directory, uint32_t i,
                        struct pe_export *ret_export)
{
    uint32_t function_count = pe_u32(directory->bytes + 20);
    const uint8_t *name_rva = at_rva(directory, pe_u32(directory->bytes + 32) + 4ull * i, 4);
    const uint8_t *ordinal = at_rva(directory, pe_u32(directory->bytes + 36) + 2ull * i, 2);
    const char *name = name_rva ? name_at(directory, pe_u32(name_rva)) : NULL;

    if (!name || !ordinal || pe_u16(ordinal) >= function_count)
        return false;
    const uint8_t *function = at_rva(directory, pe_u32(directory->bytes + 28) + 4ull * pe_u16(ordinal), 4);
    uint32_t rva = function ? pe_u32(function) : 0;
    if (rva == 0 || rva >= image->info.size_of_image || at_rva(directory, rva, 1))
        return false;
    *ret_export = (struct pe_export){.name = name, .rva = rva};
    return true;
}

void pe_index_exports(struct image *image)
{
    struct pe_export_table *table = &image->exports;
    struct directory directory = {.rva = image->headers.directories[IMAGE_DIRECTORY_EXPORT].rva};
    uint8_t *bytes = pe_copy(image, image->headers.directories[IMAGE_DIRECTORY_EXPORT], &directory.size);

    directory.bytes = bytes;
    if (!bytes || directory.size < PE_EXPORT_DIRECTORY_SIZE) {
        free(bytes);
        return;
    }
    uint32_t count = pe_u32(bytes + 24), room = directory.size / 4;
    if (room > PE_EXPORTS_MAX)
        room = PE_EXPORTS_MAX;
    if (count > room)
        count = room;
    table->names = (char *)bytes;
    table->entries = calloc(count ? count : 1, sizeof(*table->entries));
    for (uint32_t i = 0; table->entries && i < count; i++)
        table->count += take_export(image, &directory, i, &table->entries[table->count]);
    if (table->count)
        qsort(table->entries, table->count, sizeof(*table->entries), compare_exports);
}

void pe_free_exports(struct pe_export_table *table)
{
    free(table->entries);
    free(table->names);
}

uint32_t image_export(const struct image *image, const char *name)
{
    const struct pe_export_table *table = &image->exports;
    uint32_t low = 0, high = table->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(table->entries[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->count && strcmp(table->entries[low].name, name) == 0 ? table->entries[low].rva : 0;
}

void image_each_export(const struct image *image, void (*visit)(void *context, const char *name, uint32_t rva),
                       void *context)
{
    for (uint32_t i = 0; i < image->exports.count; i++)
        visit(context, image->exports.entries[i].name, image->exports.entries[i].rva);
}
