/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image.c - an open image file: open, close, read.
 *
 * The file is only ever read with pread(): a file that shrinks under us gives short reads, never a signal. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/pe.h"

bool pe_fail(struct image_error *error, ntstatus_t status, const char *format, ...)
{
    va_list arguments;

    error->status = status;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return false;
}

int64_t pe_read_file(const struct image *image, uint64_t offset, void *buffer, size_t length)
{
    size_t done = 0;

    while (done < length && offset + done < image->info.file_size) {
        ssize_t got = pread(image->fd, (uint8_t *)buffer + done, length - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

static bool examine_file(struct image *image, struct image_error *ret_error)
{
    struct stat file;

    if (fstat(image->fd, &file) < 0)
        return pe_fail(ret_error, STATUS_INVALID_FILE_FOR_SECTION, "%s", strerror(errno));
    if (S_ISDIR(file.st_mode))
        return pe_fail(ret_error, STATUS_FILE_IS_A_DIRECTORY, "this is a directory, not a program");
    if (!S_ISREG(file.st_mode))
        return pe_fail(ret_error, STATUS_INVALID_FILE_FOR_SECTION, "not a regular file");
    if (file.st_size == 0)
        return pe_fail(ret_error, STATUS_INVALID_FILE_FOR_SECTION, "the file is empty");
    image->info.file_size = (uint64_t)file.st_size;
    return true;
}

struct image *image_open(int fd, struct image_error *ret_error)
{
    struct image *image = calloc(1, sizeof(*image));

    if (!image) {
        close(fd);
        pe_fail(ret_error, STATUS_NO_MEMORY, "out of memory");
        return NULL;
    }
    image->fd = fd;
    if (!examine_file(image, ret_error) || !pe_parse_headers(image, ret_error) || !pe_lay_out(image, ret_error)) {
        image_close(image);
        return NULL;
    }
    if (!pe_index_relocations(image))
        image->layout.relocatable = image->info.has_relocations = false;
    pe_index_exports(image);
    return image;
}

void image_close(struct image *image)
{
    if (!image)
        return;
    close(image->fd);
    pe_free_relocations(&image->relocations);
    pe_free_exports(&image->exports);
    pe_free_symbols(&image->symbols);
    pe_free_symbols(&image->export_symbols);
    free(image);
}

const struct image_info *image_info(const struct image *image)
{
    return &image->info;
}

bool image_directory(const struct image *image, enum image_directory index, uint32_t *ret_rva, uint32_t *ret_size)
{
    if ((unsigned)index >= IMAGE_DIRECTORY_COUNT)
        return false;
    const struct pe_directory *directory = &image->headers.directories[index];
    uint64_t limit = index == IMAGE_DIRECTORY_SECURITY ? image->info.file_size : image->info.size_of_image;
    if (directory->rva == 0 || directory->size == 0 || (uint64_t)directory->rva + directory->size > limit)
        return false;
    *ret_rva = directory->rva;
    *ret_size = directory->size;
    return true;
}

const struct mm_image *image_layout(const struct image *image)
{
    return &image->layout;
}

uint64_t image_pages_read(const struct image *image)
{
    return image->pages_read;
}

ntstatus_t image_page_in(struct image *image, const struct mm_page_in *request, uint8_t *page)
{
    uint32_t wanted = request->valid_bytes < MMU_PAGE_SIZE ? request->valid_bytes : (uint32_t)MMU_PAGE_SIZE;
    int64_t got = pe_read_file(image, request->file_offset, page, wanted);

    if (got < 0)
        return STATUS_IO_DEVICE_ERROR;
    if (got < wanted)
        return STATUS_END_OF_FILE; /* the file shrank since it was opened */
    memset(page + wanted, 0, MMU_PAGE_SIZE - wanted);
    image->pages_read++;
    if (request->image_base != request->preferred_base)
        pe_relocate_page(image, request->image_page << MMU_PAGE_SHIFT, request->image_base - request->preferred_base,
                         page);
    return STATUS_SUCCESS;
}

/* The part of [rva, rva+length) that lies in run, zero where the file has nothing. */
static uint32_t read_run(const struct image *image, const struct mm_image_subsection *run, uint32_t rva, void *buffer,
                         uint32_t length)
{
    uint64_t offset = rva - ((uint64_t)run->first_page << MMU_PAGE_SHIFT);
    uint64_t room = ((uint64_t)run->page_count << MMU_PAGE_SHIFT) - offset;
    uint32_t take = length < room ? length : (uint32_t)room;
    uint32_t backed = 0;

    if (offset < run->file_bytes) {
        uint64_t left = run->file_bytes - offset;
        int64_t got = pe_read_file(image, run->file_offset + offset, buffer, take < left ? take : (size_t)left);
        backed = got > 0 ? (uint32_t)got : 0;
    }
    memset((uint8_t *)buffer + backed, 0, take - backed);
    return take;
}

uint32_t image_read(const struct image *image, uint32_t rva, void *buffer, uint32_t length)
{
    uint32_t done = 0;
    const struct mm_image_subsection *run;

    while (done < length && (uint64_t)rva + done <= UINT32_MAX && (run = pe_run_at(image, rva + done)))
        done += read_run(image, run, rva + done, (uint8_t *)buffer + done, length - done);
    return done;
}

uint8_t *pe_copy(const struct image *image, struct pe_directory where, uint32_t *ret_size)
{
    const struct mm_image_subsection *run = where.size ? pe_run_at(image, where.rva) : NULL;
    uint64_t offset = run ? where.rva - ((uint64_t)run->first_page << MMU_PAGE_SHIFT) : 0;

    if (!run || offset >= run->file_bytes)
        return NULL;
    uint64_t left = run->file_bytes - offset;
    uint32_t size = where.size < left ? where.size : (uint32_t)left;
    uint8_t *bytes = size <= PE_COPY_MAX ? malloc(size) : NULL;
    if (bytes && pe_read_file(image, run->file_offset + offset, bytes, size) != (int64_t)size) {
        free(bytes);
        bytes = NULL;
    }
    if (bytes)
        *ret_size = size;
    return bytes;
}
