/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section.h - what the machine may ask of the memory manager about sections: of data files, of the page file, of
 * images; their views, and the files behind them.
 *
 * Everything that mm.h says of its calls is true of these.  Sources: nt-reference sections 2, 5.7, 5.8, 9.1. */
#ifndef SOFTFAULT_MM_SECTION_H
#define SOFTFAULT_MM_SECTION_H

#include "mm/mm.h"

/* --- Sections and views ------------------------------------------------------------------------------------- */

typedef arena_ref mm_section; /* a section object; 0: none */

/* One more reference, for mm_section_close() to give back.  With the last one the section object goes; its pages stay
 * as long as views need them, and those of a file as long as memory allows. */
void mm_section_reference(struct mm *mm, mm_section section);
void mm_section_close(struct mm *mm, mm_section section);

struct mm_section_info {
    uint64_t size;       /* bytes; of page-file sections and images: whole pages */
    uint32_t attributes; /* SEC_*; SEC_FILE with a file, SEC_IMAGE for images */
    uint32_t file;       /* 0: none */
    unsigned protection; /* MM_*; images: MM_EXECUTE_WRITECOPY */
    va_t based_address;  /* SEC_BASED, else 0 */
    uint64_t references; /* of this section object */
    uint64_t views;      /* of everything that shares its pages, system views too */
    uint64_t resident;   /* pages in memory */
};
void mm_section_query(const struct mm *mm, mm_section section, struct mm_section_info *ret_info);

/* NtMapViewOfSection, of all kinds of sections; out: base, and for data offset and view_size as they were rounded.
 * => STATUS_SUCCESS, STATUS_IMAGE_NOT_AT_BASE;
 *    STATUS_INVALID_PARAMETER_8 (inherit), _9 (allocation_type), STATUS_INVALID_PAGE_PROTECTION,
 *    STATUS_INVALID_PARAMETER_3 (base), _4 (zero_bits), STATUS_MAPPED_ALIGNMENT, STATUS_INVALID_PARAMETER_5
 * (commit_size), STATUS_INVALID_VIEW_SIZE, STATUS_SECTION_PROTECTION, STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY,
 *    STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES, STATUS_PROCESS_IS_TERMINATING, STATUS_MM_WAIT: in this
 * order (nt-reference 5.8).  Handles and their access rights were checked by the caller: with a handle that does not
 * grant what `protect` needs it says STATUS_ACCESS_DENIED itself. */
enum mm_inherit { MM_VIEW_SHARE = 1, MM_VIEW_UNMAP = 2 };
struct mm_map_request {
    va_t base;          /* in: wanted, 0: anywhere; SEC_BASED sections: ignored */
    uint64_t zero_bits; /* as for mm_allocate() */
    uint64_t commit_size;
    uint64_t offset;          /* 64 KB multiple (MEM_DOS_LIM: a page) */
    uint64_t view_size;       /* 0: to the section's end */
    unsigned inherit;         /* enum mm_inherit; kept, for a fork to come */
    uint32_t allocation_type; /* MEM_TOP_DOWN, MEM_RESERVE, MEM_DOS_LIM, SEC_NO_CHANGE, MEM_COMMIT */
    uint32_t protect;         /* PAGE_*; images have their own */
};
ntstatus_t mm_map_view(struct mm *mm, mm_process process, mm_section section, struct mm_map_request *request);

/* NtUnmapViewOfSection: any address inside.  => STATUS_NOT_MAPPED_VIEW. */
ntstatus_t mm_unmap_view(struct mm *mm, mm_process process, va_t va);

/* NtFlushVirtualMemory: size 0 = to the end of the view; both come back as whole pages.  *ret_io: STATUS_SUCCESS, or
 * the status of the first write that failed; *base and *size are as with success where that is what it answers. After
 * STATUS_MM_WAIT, repeat the same call: it goes on (the same thread; until mm_thread_moved()).
 * => STATUS_INVALID_PARAMETER_2, STATUS_NOT_MAPPED_VIEW, STATUS_NOT_MAPPED_DATA (no data file behind it), or *ret_io.
 */
ntstatus_t mm_flush_virtual(struct mm *mm, mm_process process, uint32_t thread, va_t *base, uint64_t *size,
                            ntstatus_t *ret_io);

/* --- Data sections ------------------------------------------------------------------------------------------ */

/* Names of files are the caller's, never 0, and one space with struct mm_image.file: equal names mean one file.  A name
 * is in use until env->file_forgotten() says that it is not; until then the file must stay open for file_read() and
 * file_write(), whatever happens to handles. */
enum mm_section_owner { MM_OWNER_USER, MM_OWNER_CACHE }; /* the latter does not keep a file from being truncated */
struct mm_section_request {
    uint32_t file;       /* 0: backed by the page file; else data views of equal names are one control area */
    uint64_t file_size;  /* bytes now; 0 is for MM_OWNER_CACHE alone */
    uint64_t size;       /* wanted, bytes; 0: the file's.  Larger than the file: the caller makes it longer first */
    unsigned protection; /* of the section: MM_READONLY, MM_READWRITE, MM_EXECUTE_READ, ..., which limits its views */
    uint32_t attributes; /* SEC_COMMIT or SEC_RESERVE (of the page file), | SEC_NOCACHE, SEC_BASED, SEC_NO_CHANGE */
    enum mm_section_owner owner;
};
/* NtCreateSection of data: no page is read, no prototype PTE made.
 * => STATUS_INVALID_PARAMETER_6 (attributes), STATUS_INVALID_PAGE_PROTECTION, STATUS_INVALID_PARAMETER_4 (page file, no
 *    size), STATUS_MAPPED_FILE_SIZE_ZERO, STATUS_SECTION_TOO_BIG (beyond the file; beyond what can be),
 *    STATUS_COMMITMENT_LIMIT, STATUS_NO_MEMORY (SEC_BASED: no room), STATUS_INSUFFICIENT_RESOURCES, STATUS_MM_WAIT. */
ntstatus_t mm_section_create(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section);

/* NtExtendSection: *size, in: wanted; out: what it is.  The caller has made the file so long.
 * => STATUS_SECTION_NOT_EXTENDED: not of a data file. */
ntstatus_t mm_section_extend(struct mm *mm, mm_section section, uint64_t *size);

/* The file behind the section has become so long, by zeroes: they are not read from it until something was written
 * there.  (The valid data length stays.)  => of a data file. */
void mm_section_zeroes_added(struct mm *mm, mm_section section, uint64_t size);

/* --- Data files --------------------------------------------------------------------------------------------- */

struct mm_file_info {
    uint64_t size;            /* bytes, as mm was told last */
    uint64_t views;           /* of users and the system */
    uint64_t user_references; /* sections and views of MM_OWNER_USER */
    uint64_t resident;        /* pages in memory */
};
/* What mm knows of a file; false: nothing. */
bool mm_file_query(const struct mm *mm, uint32_t file, struct mm_file_info *ret_info);

/* Write the modified pages of [offset, offset+length) to the file; length 0: all.  Stores that were made before the
 * first call, through whatever view, are in the file when it succeeds.  After STATUS_MM_WAIT, repeat the same call for
 * the same thread (0: one of the system).
 * => STATUS_SUCCESS (nothing was modified, too), STATUS_MM_WAIT, or *ret_io: the status of the first write that failed.
 */
ntstatus_t mm_file_flush(struct mm *mm, uint32_t file, uint32_t thread, uint64_t offset, uint64_t length,
                         ntstatus_t *ret_io);

/* The same of every file, without waiting for transfers that run: for the machine's end.  Transfers take no time from
 * here on.  => how many pages could not be written (each file was told of once: MM_EVENT_LOST_WRITE). */
uint64_t mm_file_flush_all(struct mm *mm);

/* MmCanFileBeTruncated: false: STATUS_USER_MAPPED_FILE.  (A size that cuts off nothing of what is mapped is allowed.)
 */
bool mm_file_can_truncate(struct mm *mm, uint32_t file, uint64_t new_size);
/* MmFlushImageSection: no image of that name is in use; one that is merely kept goes.  false: STATUS_CANNOT_DELETE or
 * STATUS_SHARING_VIOLATION. */
bool mm_file_can_delete(struct mm *mm, uint32_t file);

/* The file has another size now.  Shorter: pages beyond are discarded, and the rest of the last page is zeroed; longer:
 * new pages can be faulted in.  Sections keep their sizes.  => mm_file_can_truncate() where it became shorter. */
void mm_file_size_changed(struct mm *mm, uint32_t file, uint64_t new_size);

/* The file's own bytes go as far as `end` at least (its valid data length): pages up to there are read from it. */
void mm_file_written(struct mm *mm, uint32_t file, uint64_t end);

/* Pages of [offset, offset+length) that nobody but the file cache maps and that are not modified leave memory; length
 * 0: to the end.
 * A file that nobody uses and that has no page left is forgotten.
 * => false: some page stays, since it is mapped, modified or under way.  (Flush first.) */
bool mm_file_purge(struct mm *mm, uint32_t file, uint64_t offset, uint64_t length);

/* MmDisableModifiedWriteOfSection: modified pages wait on the modified-no-write list until somebody flushes them, or
 * writing is allowed again. */
enum mm_modified_writes { MM_WRITES_ALLOWED, MM_WRITES_FORBIDDEN };
void mm_file_set_modified_writes(struct mm *mm, uint32_t file, enum mm_modified_writes writes);

/* A view in system cache space (C1000000; x64: FFFFF980'00000000), supervisor, read-write: pages come in through
 * mm_access_fault() and mm_hold() in kernel mode, in any process, and are written with the file's others.
 * => offset, size: whole pages; pages beyond the file's end fault as an access violation.
 * => STATUS_NO_MEMORY: no room in cache space; STATUS_INSUFFICIENT_RESOURCES; STATUS_SECTION_NOT_IMAGE never: an image
 * has no system view (STATUS_INVALID_FILE_FOR_SECTION). */
enum { MM_SYSTEM_VIEW_SIZE = 256 << 10 };
ntstatus_t mm_map_system_view(struct mm *mm, mm_section section, uint64_t offset, uint32_t size, va_t *ret_va);
void mm_unmap_system_view(struct mm *mm, va_t va);

/* --- Image sections ---------------------------------------------------------------------------------------- */

/* One run of pages of an image with one protection; subsections are in address order without gaps. */
struct mm_image_subsection {
    char name[9];         /* PE section name, or "header" */
    uint32_t first_page;  /* from the image's start */
    uint32_t page_count;  /* >= 1 */
    uint64_t file_offset; /* of the first page; meaningless where file_bytes is 0 */
    uint32_t file_bytes;  /* backed by the file from the start of the run; beyond: demand zero */
    unsigned protection;  /* MM_READONLY, MM_EXECUTE_READ, MM_WRITECOPY, MM_EXECUTE_WRITECOPY, ... */
};

struct mm_image {
    uint32_t file; /* the caller's name: page_in() gets it back; equal names share pages */
    va_t preferred_base;
    uint32_t page_count;
    bool relocatable;
    uint32_t subsection_count; /* <= 97 */
    const struct mm_image_subsection *subsections;
};

/* NtCreateSection(SEC_IMAGE): control area, subsections and prototype PTEs, no page read.  A control area of the same
 * file that is there, or is kept for its pages, is used again.
 * => STATUS_INVALID_IMAGE_FORMAT, STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. */
ntstatus_t mm_section_create_image(struct mm *mm, const struct mm_image *image, mm_section *ret_section);

struct mm_view {
    va_t base;     /* in: wanted (0: the image's own); out */
    uint64_t size; /* out: bytes */
};
/* Map an image: at its base if free, else relocated to the lowest free place (if relocatable); mm_map_view() does the
 * same after its checks.
 * => STATUS_SUCCESS, STATUS_IMAGE_NOT_AT_BASE; STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY,
 *    STATUS_COMMITMENT_LIMIT. */
ntstatus_t mm_map_image(struct mm *mm, mm_process process, mm_section section, struct mm_view *view);

#endif
