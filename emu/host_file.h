/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file.h - the folders of the host that a guest sees, and nothing else of the host.
 *
 * A root binds a guest folder to a host folder that was opened when the machine was made.  Every guest path is resolved
 * beneath its root's descriptor with openat2(RESOLVE_BENEATH), component by component, without regard to case.  Only
 * regular files and directories exist for the guest. */
#ifndef SOFTFAULT_EMU_HOST_FILE_H
#define SOFTFAULT_EMU_HOST_FILE_H

#include <stddef.h>

#include "mm/nt.h"

enum {
    HOST_ROOTS_MAX = 40,
    HOST_PATH_MAX = 1024, /* bytes of a guest path in UTF-8, with the terminator */
};

struct host_root {
    char guest[HOST_PATH_MAX]; /* "C:\work": no trailing backslash */
    int fd;                    /* the host folder */
    bool writable;
};

struct host_files {
    struct host_root roots[HOST_ROOTS_MAX];
    unsigned count;
};

/* Later roots win over earlier ones for the same guest folder.  => NULL, or why not, in one clause. */
const char *host_files_add(struct host_files *files, const char *guest, const char *host, bool writable);
/* If file is there below the host folder of guest's first root, that root becomes the folder that file is in. */
void host_files_narrow(struct host_files *files, const char *guest, const char *file);
void host_files_close(struct host_files *files);

/* NtCreateFile's CreateDisposition. */
enum host_disposition {
    FILE_SUPERSEDE,
    FILE_OPEN,
    FILE_CREATE,
    FILE_OPEN_IF,
    FILE_OVERWRITE,
    FILE_OVERWRITE_IF,
    FILE_DISPOSITION_COUNT
};

struct host_open {
    const char *path; /* in: NT name in UTF-8: "\??\C:\work\a.txt" */
    enum host_disposition disposition;
    bool write;               /* in: any right that changes the file is wanted */
    bool look_only;           /* in: no descriptor wanted: only what it is */
    int fd;                   /* out */
    bool directory;           /* out */
    uint64_t size;            /* out */
    uint32_t did;             /* out: IO_STATUS_BLOCK.Information: 0 superseded 1 opened 2 created 3 overwritten */
    char name[HOST_PATH_MAX]; /* out: last component as the host spells it */
};

/* => STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_PATH_NOT_FOUND,
 *    STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_COLLISION, STATUS_ACCESS_DENIED,
 *    STATUS_INSUFFICIENT_RESOURCES (the host has no descriptors left). */
ntstatus_t host_file_open(const struct host_files *files, struct host_open *request);

/* The kernel's name for the open file fd, in UTF-8; name: what it is called where it lies in none of the folders, or
 * too deep for room. */
void host_files_device_path(const struct host_files *files, int fd, const char *name, char *path, size_t room);

#endif
