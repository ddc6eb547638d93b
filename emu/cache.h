/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache.h - the file cache: views of files in system cache space, which NtReadFile and NtWriteFile copy through
 * (nt-reference 9.1, 9.2).
 *
 *   file object --> reader (PRIVATE_CACHE_MAP): its last reads, what is read ahead for it
 *        |
 *   file node ---> map (SHARED_CACHE_MAP): one for all opens of the file, a data section of mm
 *                   |
 *                   '--> views (VACB): 256 KB of the file each, at an address in cache space
 *
 * A map is made at the first transfer of an open that is not FILE_NO_INTERMEDIATE_BUFFERING, and goes with the last
 * such open, or, where pages are still to be written, when the lazy writer has written them.  A view is mapped when a
 * byte of it is copied, and stays until its place is needed: the view that was used longest ago goes first.  Its pages
 * stay in memory as long as memory allows: on the standby or modified list, through the file's control area.
 *
 * Pages come in by mm_hold() on the view, through the fault handler that every access goes through, so that views of
 * processes and file calls see the same bytes.  A call that needs a page answers STATUS_MM_WAIT: repeat it.
 *
 * Laws (cache_check):
 *   - a map's count of dirty pages is the number of bits in its views, the cache's the sum of the maps';
 *   - the list of the least recently used has all views, each with a map and found by it and its offset;
 *   - the size is what mm was told.
 *
 * A view with dirty pages keeps its place until they are written: there are never more of them than the threshold, but
 * for those that somebody has mapped. */
#ifndef SOFTFAULT_EMU_CACHE_H
#define SOFTFAULT_EMU_CACHE_H

#include "emu/pool.h"
#include "mm/section.h"

struct file_node;
struct machine;
struct object;

enum {
    CACHE_VIEW_SIZE = MM_SYSTEM_VIEW_SIZE,
    CACHE_VIEW_PAGES = CACHE_VIEW_SIZE / MMU_PAGE_SIZE,
    CACHE_VIEWS_MAX = 2048, /* 512 MB (nt-reference 9.2) */
    CACHE_BUCKETS = 1024,
    CACHE_AHEAD = 64 << 10,             /* bytes read ahead */
    CACHE_AHEAD_SEQUENTIAL = 192 << 10, /* with FILE_SEQUENTIAL_ONLY */
};

struct cache_view {
    struct cache_map *map;
    struct cache_view *next;          /* of the map's */
    struct cache_view *collision;     /* in its bucket */
    struct cache_view *newer, *older; /* by use */
    va_t base;
    uint64_t offset; /* in the file */
    uint64_t dirty;  /* a bit for each page that was stored into by a file call and is not known to be written */
    uint32_t active; /* copies under way (ActiveCount) */
    bool used;       /* since it was last looked at for its place */
};

struct cache_map {
    struct cache_map *next, *previous; /* of all; the lazy writer begins with the first */
    struct file_node *node;            /* NULL: the file has no node any more */
    struct cache_view *views;
    uint32_t file; /* mm's name for it */
    mm_section section;
    uint64_t size; /* of the file, bytes */
    uint64_t dirty;
    uint32_t opens, view_count;
    bool write_failed; /* since the lazy writer's present pass began: it is not tried again before the next one */
    bool lost_told;    /* that its delayed writes fail; until one goes well */
};

enum cache_guess { CACHE_SEQUENTIAL_SCAN, CACHE_SEQUENTIAL, CACHE_STRIDED };

struct cache_reader {
    struct cache_map *map;
    struct cache_view *last; /* it copied from; may be another's by now */
    bool writes;             /* mm's descriptor of the file is for writing */
    bool missed;             /* the call under way had to wait for a page */
    bool ahead_enabled;      /* its reads missed since reading ahead last found all there */
    unsigned reads;          /* remembered: 0 to 2 */
    struct {
        uint64_t offset, end;
    } recent[2];        /* reads; 0: the last one */
    uint64_t ahead_end; /* so far was read ahead */
    struct {
        struct cache_reader *next; /* in the queue */
        bool queued, begun, read;  /* read: something had to be */
        enum cache_guess guess;
        uint64_t offset, end;
    } ahead;
};

struct cache_counts {
    uint64_t reads, read_misses, writes; /* services; a miss had to wait for the file */
    uint64_t unbuffered;
    uint64_t aheads, ahead_bytes, aheads_found; /* found: of which all was in memory */
    uint64_t lazy_writes, lazy_pages, throttled;
    uint64_t views_mapped, views_reused;
};

struct cache {
    struct pool views, maps, readers;
    struct cache_view *bucket[CACHE_BUCKETS];
    struct cache_view *newest, *oldest;
    struct cache_map *first, *last;
    uint32_t view_bound;      /* views at most */
    uint64_t dirty;           /* pages */
    uint64_t dirty_threshold; /* CcDirtyPageThreshold, pages */
    struct {
        struct cache_map *map; /* a run of it is being written; NULL: none */
        uint64_t offset;       /* of the view */
        uint64_t pages;        /* of it, bits */
        uint64_t left;         /* pages that this pass is still to write */
        bool pass, second;     /* a pass is under way; a second has passed since it began */
    } lazy;
    struct cache_reader *ahead_first, *ahead_last;
    struct cache_counts counts;
};

/* => false: the host cannot. */
bool cache_open(struct machine *machine);
void cache_close(struct machine *machine);

/* --- cache_copy.c ------------------------------------------------------------------------------------------------ */

/* A piece of a transfer, between the file and what is held of the caller's buffer. */
struct cache_piece {
    struct object *file;
    uint64_t offset; /* in the file */
    uint32_t length; /* 1 and up */
    const struct mm_hold *buffer;
    uint64_t end;               /* writing: of all that the call writes; the file is made so long before a byte is */
    struct host_growth *growth; /* writing: what that was, over all pieces of the call; to 0: nothing yet */
};

/* CcCopyRead.  => STATUS_SUCCESS with *ret_done >= 1; or none: STATUS_MM_WAIT, STATUS_END_OF_FILE, what the host says
 * of a page that could not be read, STATUS_INSUFFICIENT_RESOURCES and STATUS_NO_MEMORY: no view can be had. */
ntstatus_t cache_read(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done);
/* CcCopyWrite; the file grows first where it must, which is where a full disk is met.  What it has grown by and is not
 * written in the end is the caller's to cut off.  The same statuses; STATUS_NO_MEMORY also where too many pages are
 * dirty that cannot be written. */
ntstatus_t cache_write(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done);

/* Transfers of an open that is FILE_NO_INTERMEDIATE_BUFFERING, or of which nothing can be cached: to and from the
 * host's file, with what is in memory written first and discarded.  Where it is in use, through the cache. */
ntstatus_t cache_read_around(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done);
ntstatus_t cache_write_around(struct machine *machine, const struct cache_piece *piece, uint32_t *ret_done);

/* --- cache.c -------------------------------------------------------------------------------------------------- */

/* The open's reader, made with map where there is none yet.  => STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. */
enum cache_purpose { CACHE_READS, CACHE_WRITES };
ntstatus_t cache_attach(struct machine *machine, struct object *file, enum cache_purpose purpose,
                        struct cache_reader **ret_reader);
/* The open is over. */
void cache_detach(struct machine *machine, struct object *file);
/* The file's map goes, whatever is dirty in it; mm has the pages. */
void cache_drop(struct machine *machine, struct cache_map *map);
/* Maps that no open needs go, as far as all is written. */
void cache_let_go(struct machine *machine);
/* The file has another size.  mm is told by the caller. */
void cache_size_changed(struct machine *machine, struct cache_map *map, uint64_t size);
/* NULL, or the law that is broken. */
const char *cache_check(const struct machine *machine);

/* --- cache_view.c --------------------------------------------------------------------------------------------- */

/* The view of 256 KB around offset, mapped.  => STATUS_MM_WAIT: another must be written first; STATUS_NO_MEMORY,
 * STATUS_INSUFFICIENT_RESOURCES. */
ntstatus_t cache_view_get(struct machine *machine, struct cache_map *map, uint64_t offset,
                          struct cache_view **ret_view);
/* NULL: it is not mapped.  offset: of the view. */
struct cache_view *cache_view_find(const struct machine *machine, const struct cache_map *map, uint64_t offset);
void cache_view_unmap(struct machine *machine, struct cache_view *view);
void cache_view_unmap_all(struct machine *machine, struct cache_map *map);

/* --- cache_write.c -------------------------------------------------------------------------------------------- */

/* Pages [first, first+count) of the view were stored into, or are written. */
void cache_mark_dirty(struct machine *machine, struct cache_view *view, unsigned first, unsigned count);
void cache_mark_clean(struct machine *machine, struct cache_view *view, uint64_t pages);

/* Modified pages of the file, stored through whatever view, go to the host's; length 0: all.  => STATUS_MM_WAIT:
 * repeat; or what the host says. */
ntstatus_t cache_flush(struct machine *machine, const struct object *file, uint64_t offset, uint64_t length);
/* All dirty pages of a view.  The same statuses. */
ntstatus_t cache_flush_view(struct machine *machine, struct cache_view *view);
/* CcCanIWrite: [offset, offset+length) of the file is going to be dirty.  => STATUS_MM_WAIT: others must be written
 * first; STATUS_NO_MEMORY: they cannot be, and the cache takes no more. */
ntstatus_t cache_throttle(struct machine *machine, struct cache_map *map, uint64_t offset, uint64_t length);
/* Pages of the view are being written by the lazy writer, and dirty again if that fails. */
bool cache_is_written(const struct machine *machine, const struct cache_view *view);
/* All that is dirty is written now, virtual time passing: the machine may be about to stand still. */
void cache_write_all(struct machine *machine);

/* Is anything the lazy writer's business? */
bool cache_has_work(const struct machine *machine);
/* A second has passed. */
void cache_second(struct machine *machine);
/* A step of the lazy writer. */
enum mm_step cache_lazy_step(struct machine *machine);

/* --- cache_ahead.c -------------------------------------------------------------------------------------------- */

/* A read of the open is over: [offset, offset+length) was read. */
void cache_note_read(struct machine *machine, struct object *file, uint64_t offset, uint64_t length);
/* The reader goes. */
void cache_forget_ahead(struct machine *machine, struct cache_reader *reader);
/* A step of the read-ahead thread. */
enum mm_step cache_ahead_step(struct machine *machine);
const char *cache_guess_name(enum cache_guess guess); /* "sequential", ... */

#endif
