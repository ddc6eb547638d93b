/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout.c - the image as runs of pages: what the memory manager makes its subsections from.
 *
 *   page 0            first section         second          end of the last     SizeOfImage
 *   | header | gap... | .text     | gap ... | .data   | ... | gap ............. |
 *
 * Sections ascend and are adjacent, as the PE/COFF specification demands: each begins where the one before ends,
 * rounded up to the section alignment.  Pages in between (an alignment above a page) and behind the last section form
 * runs named "gap" without access: runs are in address order and leave nothing out.  Of a section only min(raw size,
 * virtual size up to its page) comes from the file, the rest is demand zero.
 *
 * Section alignment below a page: sections cannot have protections of their own, so the image is the file as it lies,
 * one run of EXECUTE_WRITECOPY; the specification then wants raw data at file offset = RVA. */
#include <string.h>

#include "loader/pe.h"

#define BAD(...) pe_fail(ret_error, STATUS_INVALID_IMAGE_FORMAT, __VA_ARGS__)

/* Index: execute 1, read 2, write 4, shared 8. */
static const unsigned char protections[16] = {
    MM_NOACCESS,  MM_EXECUTE,           MM_READONLY,  MM_EXECUTE_READ,
    MM_WRITECOPY, MM_EXECUTE_WRITECOPY, MM_WRITECOPY, MM_EXECUTE_WRITECOPY, /* private; shared: */
    MM_NOACCESS,  MM_EXECUTE,           MM_READONLY,  MM_EXECUTE_READ,
    MM_READWRITE, MM_EXECUTE_READWRITE, MM_READWRITE, MM_EXECUTE_READWRITE,
};

static unsigned section_protection(uint32_t characteristics)
{
    unsigned index = (characteristics & PE_SCN_MEM_EXECUTE ? 1 : 0) | (characteristics & PE_SCN_MEM_READ ? 2 : 0) |
                     (characteristics & PE_SCN_MEM_WRITE ? 4 : 0) | (characteristics & PE_SCN_MEM_SHARED ? 8 : 0);
    return protections[index];
}

/* Names reach messages and traces: keep them printable. */
static void copy_name(char target[9], const char *name)
{
    for (unsigned i = 0; i < 8; i++) {
        char c = name[i];
        target[i] = c == 0 || (c >= ' ' && c <= '~') ? c : '?';
        if (c == 0)
            break;
    }
}

/* A new last run; NULL: no room for more. */
static struct mm_image_subsection *add_run(struct image *image, const char *name, uint32_t first_page,
                                           uint32_t page_count)
{
    if (image->layout.subsection_count == PE_MAX_RUNS)
        return NULL;
    struct mm_image_subsection *run = &image->runs[image->layout.subsection_count++];
    copy_name(run->name, name);
    run->first_page = first_page;
    run->page_count = page_count;
    run->protection = MM_NOACCESS;
    return run;
}

static uint32_t next_page(const struct image *image)
{
    uint32_t count = image->layout.subsection_count;
    return count ? image->runs[count - 1].first_page + image->runs[count - 1].page_count : 0;
}

/* Cover the pages up to end with a run without access. */
static bool fill_gap(struct image *image, uint32_t end, struct image_error *ret_error)
{
    uint32_t first = next_page(image);

    if (first < end && !add_run(image, "gap", first, end - first))
        return BAD("its sections and the gaps between them form more than %u runs", PE_MAX_RUNS);
    return true;
}

/* What of a section comes from the file. */
static bool check_raw_data(const struct image *image, const struct pe_section *section, uint64_t virtual_size,
                           struct mm_image_subsection *run, struct image_error *ret_error)
{
    if (section->raw_size == 0 || section->raw_offset == 0)
        return true;
    if ((uint64_t)section->raw_offset + section->raw_size > image->info.file_size)
        return BAD("section %s ends at 0x%llx in the file, which has only 0x%llx bytes: truncated?", run->name,
                   (unsigned long long)section->raw_offset + section->raw_size,
                   (unsigned long long)image->info.file_size);
    uint64_t pages = pe_round_up(virtual_size, MMU_PAGE_SIZE);
    run->file_offset = section->raw_offset & ~(PE_SECTOR - 1u); /* NT counts sectors */
    run->file_bytes = section->raw_size < pages ? section->raw_size : (uint32_t)pages;
    return true;
}

/* Bytes of address space that a section takes. */
static uint64_t virtual_size(const struct pe_section *section)
{
    return section->virtual_size ? section->virtual_size : section->raw_size;
}

/* In its place, behind the section that ends at last_end?  Ends are RVAs.
 * => all sections share the alignment, below a page or not. */
static bool check_place(const struct image *image, const struct pe_section *section, uint64_t last_end,
                        struct image_error *ret_error)
{
    uint32_t alignment = image->headers.section_alignment;
    uint64_t end = section->rva + virtual_size(section);
    char name[9] = {0};

    copy_name(name, section->name);
    if (virtual_size(section) == 0)
        return BAD("section %s is empty", name);
    if (section->rva & (alignment - 1))
        return BAD("section %s at 0x%x is not aligned to 0x%x", name, section->rva, alignment);
    if (end > pe_round_up(image->info.size_of_image, MMU_PAGE_SIZE))
        return BAD("section %s ends at 0x%llx, beyond the image size 0x%x", name, (unsigned long long)end,
                   image->info.size_of_image);
    if (section->rva < last_end)
        return BAD("section %s at 0x%x overlaps what comes before it", name, section->rva);
    if (section->rva != pe_round_up(last_end, alignment))
        return BAD("section %s at 0x%x leaves a gap: it should follow at 0x%llx", name, section->rva,
                   (unsigned long long)pe_round_up(last_end, alignment));
    return true;
}

static bool add_section(struct image *image, const struct pe_section *section, struct image_error *ret_error)
{
    uint32_t first = section->rva >> MMU_PAGE_SHIFT;
    uint32_t pages = (uint32_t)(pe_round_up(virtual_size(section), MMU_PAGE_SIZE) >> MMU_PAGE_SHIFT);

    if (!fill_gap(image, first, ret_error))
        return false;
    struct mm_image_subsection *run = add_run(image, section->name, first, pages);
    if (!run)
        return BAD("its sections and the gaps between them form more than %u runs", PE_MAX_RUNS);
    run->protection = section_protection(section->characteristics);
    return check_raw_data(image, section, virtual_size(section), run, ret_error);
}

/* A run for the headers, one for each section, gaps. */
static bool lay_out_pages(struct image *image, struct image_error *ret_error)
{
    const struct pe_headers *headers = &image->headers;
    uint32_t header_pages = (uint32_t)(pe_round_up(headers->size_of_headers, MMU_PAGE_SIZE) >> MMU_PAGE_SHIFT);
    struct mm_image_subsection *header = add_run(image, "header", 0, header_pages);
    uint64_t end = headers->size_of_headers;

    header->protection = MM_READONLY;
    header->file_bytes =
        headers->size_of_headers < image->info.file_size ? headers->size_of_headers : (uint32_t)image->info.file_size;
    for (uint32_t i = 0; i < headers->section_count; i++) {
        const struct pe_section *section = &headers->sections[i];
        if (!check_place(image, section, end, ret_error) || !add_section(image, section, ret_error))
            return false;
        end = section->rva + virtual_size(section);
    }
    return fill_gap(image, image->layout.page_count, ret_error);
}

/* Does a section of a flat image lie in the file where it lies in memory? */
static bool check_flat_data(const struct image *image, const struct pe_section *section, struct image_error *ret_error)
{
    char name[9] = {0};

    copy_name(name, section->name);
    if (section->raw_size == 0 || section->raw_offset != section->rva)
        return BAD("section alignment 0x%x is less than a page, but section %s is not at its RVA 0x%x in the file",
                   image->headers.section_alignment, name, section->rva);
    if (section->virtual_size > section->raw_size)
        return BAD("section alignment 0x%x is less than a page, but section %s is larger than its data",
                   image->headers.section_alignment, name);
    if ((uint64_t)section->raw_offset + section->raw_size > image->info.file_size)
        return BAD("section %s ends at 0x%llx in the file, which has only 0x%llx bytes: truncated?", name,
                   (unsigned long long)section->raw_offset + section->raw_size,
                   (unsigned long long)image->info.file_size);
    return true;
}

/* One run: the file as it lies, to the end of the image; zero where the file is shorter. */
static bool lay_out_flat(struct image *image, struct image_error *ret_error)
{
    const struct pe_headers *headers = &image->headers;
    struct mm_image_subsection *run = add_run(image, "image", 0, image->layout.page_count);
    uint64_t end = headers->size_of_headers;

    run->protection = MM_EXECUTE_WRITECOPY;
    run->file_bytes =
        image->info.size_of_image < image->info.file_size ? image->info.size_of_image : (uint32_t)image->info.file_size;
    for (uint32_t i = 0; i < headers->section_count; i++) {
        const struct pe_section *section = &headers->sections[i];
        if (!check_place(image, section, end, ret_error) || !check_flat_data(image, section, ret_error))
            return false;
        end = section->rva + virtual_size(section);
    }
    return true;
}

bool pe_lay_out(struct image *image, struct image_error *ret_error)
{
    const struct pe_headers *headers = &image->headers;
    struct mm_image *layout = &image->layout;

    layout->preferred_base = image->info.preferred_base;
    layout->page_count = (uint32_t)(pe_round_up(image->info.size_of_image, MMU_PAGE_SIZE) >> MMU_PAGE_SHIFT);
    layout->relocatable = !(image->info.characteristics & PE_FILE_RELOCS_STRIPPED);
    layout->subsections = image->runs;
    image->info.has_relocations = layout->relocatable && headers->directories[IMAGE_DIRECTORY_RELOCATION].size != 0;
    return headers->section_alignment < MMU_PAGE_SIZE ? lay_out_flat(image, ret_error)
                                                      : lay_out_pages(image, ret_error);
}

const struct mm_image_subsection *pe_run_at(const struct image *image, uint32_t rva)
{
    uint32_t page = rva >> MMU_PAGE_SHIFT, low = 0, high = image->layout.subsection_count;

    if (page >= image->layout.page_count)
        return NULL;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (image->runs[middle].first_page <= page)
            low = middle;
        else
            high = middle;
    }
    return &image->runs[low];
}
