/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_overlay.h - what a guest changes in a folder that it was given to read: seen by it alone, gone with the run.
 *
 * Changes are kept beside the host's folder, never in it:
 *   - names: for a folder (by identity, so that a link to it shows the same) a name is gone, or means something else: a
 *     file of the host that was moved, a private file, a private folder;
 *   - copies: a file of the host (by identity) that is opened for writing has a private copy from then on, whatever the
 *     name it is opened by.
 * Private files are files of the host without a name (O_TMPFILE in $TMPDIR or /tmp, else memory): however the run ends,
 * nothing of them stays.  A symbolic link of the host leads where the host says, whatever was moved meanwhile. */
#ifndef SOFTFAULT_EMU_HOST_OVERLAY_H
#define SOFTFAULT_EMU_HOST_OVERLAY_H

#include "emu/host_file.h"

enum { HOST_OVERLAY_NAMES_MAX = 64 << 10 };

struct host_overlay;

/* NULL: no memory. */
struct host_overlay *overlay_make(void);
void overlay_end(struct host_overlay *overlay); /* NULL: nothing */

/* What a path below a root leads to. */
enum overlay_kind {
    OVERLAY_HOST,   /* what the host has, or has not, at path below the root */
    OVERLAY_FILE,   /* a private file */
    OVERLAY_FOLDER, /* a private folder */
};
struct overlay_at {
    enum overlay_kind kind;
    char path[HOST_PATH_MAX]; /* HOST */
    int fd;                   /* FILE: borrowed */
    uint64_t number;          /* FOLDER */
};
/* path: as struct host_place's, in the spelling that host_locate() found; the overlay may be NULL.
 * => 0; ENOENT, ENOTDIR, ...: the host's error. */
int overlay_find(const struct host_root *root, const char *path, struct overlay_at *ret_at);

/* The private copy of the host's open file, borrowed; -1: it has none. */
int overlay_copy_of(const struct host_root *root, int fd);
/* The same, made where it is missing: contents, time and rights of fd, which is a regular file open for reading.
 * => -1: errno. */
int overlay_copy(const struct host_root *root, int fd);

/* A name that is missing becomes a file or a folder.  *ret_fd: to be closed by the caller; of a folder -1.
 * => STATUS_DISK_FULL: no more room; host_status(). */
ntstatus_t overlay_create(const struct host_place *place, bool directory, int *ret_fd);
ntstatus_t overlay_remove(const struct host_place *place);
/* to->path becomes what to->given says. */
ntstatus_t overlay_rename(const struct host_place *from, struct host_place *to);

/* Names of a folder that are not the host's, one after the other from *cursor == NULL on.  => false: no more. */
struct overlay_cursor {
    const void *next;
    bool begun;
    uint64_t device, inode;
};
bool overlay_next_name(const struct host_root *root, const struct overlay_at *folder, struct overlay_cursor *cursor,
                       const char **ret_name);
/* Does the host's own entry of that name count in the folder? */
bool overlay_shows_host(const struct host_root *root, const struct overlay_at *folder, const char *name);

/* Who a private folder is. */
void overlay_folder_info(uint64_t number, struct host_info *ret_info);

#endif
