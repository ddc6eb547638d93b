/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image.h - PE images on the host: parsed, checked, and described to the memory manager as image sections.
 *
 * An image file is opened once and stays open; its pages are read and relocated at page-in, one at a time.  Nothing of
 * the file but headers, relocation directory, export directory and COFF symbols is ever read ahead of a fault, and
 * those through the host, not through the guest's pages.  Source: Microsoft's public PE/COFF specification. */
#ifndef SOFTFAULT_LOADER_IMAGE_H
#define SOFTFAULT_LOADER_IMAGE_H

#include "mm/section.h"

enum { IMAGE_MACHINE_I386 = 0x14c, IMAGE_MACHINE_AMD64 = 0x8664 };

struct image; /* one open image file, host side */

struct image_info {
    uint16_t machine;
    uint16_t characteristics, dll_characteristics, subsystem;
    uint16_t subsystem_major, subsystem_minor;
    va_t preferred_base;
    uint32_t size_of_image, entry_point; /* RVA; 0: none */
    uint64_t stack_reserve, stack_commit, heap_reserve, heap_commit;
    uint32_t checksum, timestamp;
    uint64_t file_size;
    bool is_dll, has_relocations, contains_code, large_address_aware;
};

/* The data directories of the optional header. */
enum image_directory {
    IMAGE_DIRECTORY_EXPORT,
    IMAGE_DIRECTORY_IMPORT,
    IMAGE_DIRECTORY_RESOURCE,
    IMAGE_DIRECTORY_EXCEPTION, /* x64: .pdata */
    IMAGE_DIRECTORY_SECURITY,  /* a file offset, not an RVA */
    IMAGE_DIRECTORY_RELOCATION,
    IMAGE_DIRECTORY_DEBUG,
    IMAGE_DIRECTORY_ARCHITECTURE,
    IMAGE_DIRECTORY_GLOBAL_POINTER,
    IMAGE_DIRECTORY_TLS,
    IMAGE_DIRECTORY_LOAD_CONFIG,
    IMAGE_DIRECTORY_BOUND_IMPORT,
    IMAGE_DIRECTORY_IAT,
    IMAGE_DIRECTORY_DELAY_IMPORT,
    IMAGE_DIRECTORY_CLR,
    IMAGE_DIRECTORY_RESERVED,
    IMAGE_DIRECTORY_COUNT
};

struct image_error {
    ntstatus_t status; /* what NtCreateSection(SEC_IMAGE) answers */
    char text[200];    /* one clear clause for the user: "not a PE file (no MZ signature)" */
};

/* Parse and check the image in the open file fd (taken over, closed by image_close(), also on failure).
 * => NULL: *ret_error says why.  Never crashes or hangs on malformed input.
 * => directories are not judged here.  With a malformed relocation directory the image stays usable at its own base:
 *    it is not relocatable, and mapping it where that base is taken fails (STATUS_CONFLICTING_ADDRESSES). */
struct image *image_open(int fd, struct image_error *ret_error);
void image_close(struct image *image);

const struct image_info *image_info(const struct image *image);

/* Where a data directory is; image_read() reads it.  false: there is none, or not inside the image.
 * => only export and relocation directories mean something to the host; the guest's loader judges the others. */
bool image_directory(const struct image *image, enum image_directory index, uint32_t *ret_rva, uint32_t *ret_size);

/* The description for mm_section_create_image(); .file is left for the caller.  Owned by the image. */
const struct mm_image *image_layout(const struct image *image);

/* mm_env.page_in for a page of this image: read, zero the rest, relocate.  Counts its reads. */
ntstatus_t image_page_in(struct image *image, const struct mm_page_in *request, uint8_t *page);
uint64_t image_pages_read(const struct image *image);

/* RVA of an export by name (0: none or a forwarder). */
uint32_t image_export(const struct image *image, const char *name);

/* Call visit for every named export that is no forwarder. */
void image_each_export(const struct image *image, void (*visit)(void *context, const char *name, uint32_t rva),
                       void *context);

/* Read bytes of the image as linked, at an RVA, from the file (zero where not backed); returns bytes read. */
uint32_t image_read(const struct image *image, uint32_t rva, void *buffer, uint32_t length);

/* The nearest symbol at or below rva: COFF symbol table first, then exports.  NULL: none in that section.
 * => ret_offset: rva - symbol. */
const char *image_symbol(struct image *image, uint32_t rva, uint32_t *ret_offset);

#endif
