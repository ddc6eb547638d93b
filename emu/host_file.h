/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file.h - the folders of the host that a guest sees, and nothing else of the host.
 *
 * A root binds a guest folder to a host folder that was opened when the machine was made.  Every guest path is resolved
 * beneath its root's descriptor with openat2(RESOLVE_BENEATH), component by component, without regard to case.  Only
 * regular files and directories exist for the guest.  What is above a root (C:\ where C:\work is one) is a folder too,
 * that holds nothing but the way down, and is nobody's on the host.
 *
 * A root may be changed in the host's folder (WRITABLE), beside it (PRIVATE: host_overlay.h) or not at all. */
#ifndef SOFTFAULT_EMU_HOST_FILE_H
#define SOFTFAULT_EMU_HOST_FILE_H

#include <stddef.h>

#include "mm/nt.h"

enum {
    HOST_ROOTS_MAX = 40,
    HOST_PATH_MAX = 1024,       /* bytes of a guest path in UTF-8, with the terminator */
    HOST_COMPONENT_MAX = 256,   /* bytes of a component in UTF-8, with the terminator */
    HOST_COMPONENT_UNITS = 255, /* UTF-16 code units of it */
};

enum host_mode { HOST_READ_ONLY, HOST_PRIVATE, HOST_WRITABLE };

struct host_overlay;

struct host_root {
    char guest[HOST_PATH_MAX]; /* "C:\work": no trailing backslash */
    int fd;                    /* the host folder */
    enum host_mode mode;
    struct host_overlay *overlay; /* PRIVATE: what was changed */
};

struct host_files {
    struct host_root roots[HOST_ROOTS_MAX];
    unsigned count;
};

/* Later roots win over earlier ones for the same guest folder.  => NULL, or why not, in one clause. */
const char *host_files_add(struct host_files *files, const char *guest, const char *host, enum host_mode mode);
/* If file is there below the host folder of guest's first root, that root becomes the folder that file is in. */
void host_files_narrow(struct host_files *files, const char *guest, const char *file);
void host_files_close(struct host_files *files);

/* What a host's error is for the guest.  ENOENT is STATUS_OBJECT_NAME_NOT_FOUND; what is not known, and EXDEV of a name
 * that leads out of its root, STATUS_ACCESS_DENIED. */
ntstatus_t host_status(int error);

/* --- Names (host_file_name.c) -------------------------------------------------------------------------------- */

/* One component.  => STATUS_OBJECT_NAME_INVALID: no name of a file. */
ntstatus_t host_name_check(const char *name, size_t length);
/* The order of a folder's names: without regard to case.  => 0: the same name. */
int host_name_compare(const char *a, const char *b);
bool host_name_equal(const char *a, const char *b);
/* FsRtlIsNameInExpression, without regard to case: * ? and the DOS wildcards < > ". */
bool host_name_matches(const char *pattern, const char *name);

/* --- Places (host_path.c) -------------------------------------------------------------------------------------- */

enum host_presence {
    HOST_THERE,
    HOST_MISSING, /* the last component is not there; its folder is */
};

/* Where a guest path leads. */
struct host_place {
    const struct host_root *root; /* NULL: a folder above the roots */
    char path[HOST_PATH_MAX];     /* below root, with '/', as the host spells it; "": the root.  No root: guest path */
    char given[HOST_COMPONENT_MAX]; /* the last component as the guest spells it */
    enum host_presence presence;
    bool slash; /* the guest path ended in a backslash */
};

/* path: NT name in UTF-8: "\??\C:\work\a.txt".
 * => STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_PATH_NOT_FOUND,
 *    STATUS_OBJECT_NAME_NOT_FOUND (no such drive), STATUS_BAD_NETWORK_PATH (\??\UNC\...), STATUS_ACCESS_DENIED. */
ntstatus_t host_locate(const struct host_files *files, const char *path, struct host_place *ret_place);

/* May what is below the root be changed, for the guest to see?  NULL: a folder above the roots: no. */
bool host_may_change(const struct host_root *root);

/* What is there, opened beneath the place's root.  A root that is not WRITABLE is opened for reading alone, whatever
 * the flags say; a private file for both.  => a descriptor; -1: errno (EISDIR: a private folder, which has none). */
int host_open_at(const struct host_place *place, uint64_t flags, uint64_t mode);
/* The host's folder that the place is in; *ret_name: the last component, within place->path.  => -1: errno. */
int host_open_parent(const struct host_place *place, const char **ret_name);

/* "C:\work\a.txt": what the guest calls it.  => false: no room. */
bool host_guest_path(const struct host_place *place, char *path, size_t room);

/* The kernel's name for the open file fd, in UTF-8; name: what it is called where it lies in none of the folders, or
 * too deep for room. */
void host_files_device_path(const struct host_files *files, int fd, const char *name, char *path, size_t room);

/* --- Files ----------------------------------------------------------------------------------------------------- */

struct host_info {
    uint64_t device, inode; /* who it is */
    uint64_t size;          /* bytes; a folder's: 0 */
    uint64_t when;          /* last written: NT's 100 ns */
    uint32_t links;
    bool directory, read_only; /* read_only: nobody may write */
};

/* => STATUS_ACCESS_DENIED: neither a regular file nor a folder, or it leads out of the root. */
ntstatus_t host_look(const struct host_place *place, struct host_info *ret_info);
ntstatus_t host_look_at(int fd, struct host_info *ret_info);

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

/* IO_STATUS_BLOCK.Information of NtCreateFile. */
enum host_did { FILE_SUPERSEDED, FILE_OPENED, FILE_CREATED, FILE_OVERWRITTEN };

struct host_open {
    const char *path; /* in: for host_file_open() */
    enum host_disposition disposition;
    bool write;               /* in: any right that changes the file is wanted */
    bool write_attributes;    /* in: the right to change what is kept with it */
    bool make_directory;      /* in: what is missing is made a folder */
    bool keep_contents;       /* in: what is overwritten is emptied later, by the caller */
    int fd;                   /* out; -1: a folder above the roots, or a private one */
    bool directory;           /* out */
    uint64_t size;            /* out */
    enum host_did did;        /* out */
    char name[HOST_PATH_MAX]; /* out: last component as the host spells it */
};

/* => host_locate()'s failures, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_IS_A_DIRECTORY,
 *    host_status(). */
ntstatus_t host_file_open(const struct host_files *files, struct host_open *request);
/* The same where the place is known. */
ntstatus_t host_file_open_at(const struct host_place *place, struct host_open *request);

/* --- Changes (host_file_change.c) ------------------------------------------------------------------------------ */

/* Could the name be taken away? */
ntstatus_t host_may_remove(const struct host_place *place);
/* Take the name away if it is still that file's. */
ntstatus_t host_remove(const struct host_place *place, const struct host_info *info);
/* to: as given, not as an existing file is spelled.  => STATUS_NOT_SAME_DEVICE: another root. */
ntstatus_t host_rename(const struct host_place *from, struct host_place *to, bool replace);
ntstatus_t host_set_read_only(int fd, bool read_only);
ntstatus_t host_set_time(int fd, uint64_t when);

/* --- Sizes (host_file_size.c) ---------------------------------------------------------------------------------- */

/* The file ends at size, where it goes on behind that. */
ntstatus_t host_cut(int fd, uint64_t size);

#define HOST_RESERVED_MAX (UINT64_C(1) << 30) /* bytes of one growth */

struct host_growth {
    uint64_t from, to; /* bytes: the file's size, as far as is known; from < to <= INT64_MAX */
    uint64_t data;     /* [data, to) is going to be written at once; to: nothing is */
};

/* The file becomes longer, by zeroes, where others on the host have not made it so already, with room for them on the
 * host's disk: for all of them, or the first HOST_RESERVED_MAX and the data.  (For growth.h alone.)  =>
 * STATUS_DISK_FULL, host_status(): it is as it was. */
ntstatus_t host_grow(int fd, const struct host_growth *growth);

/* --- Folders (host_file_list.c) -------------------------------------------------------------------------------- */

struct host_list {
    char **names; /* in order; ".." and "." are not among them */
    size_t count;
};

/* What a folder holds that a guest can have: regular files, folders, links to such below the root; valid names.
 * => the caller frees with host_list_free(). */
ntstatus_t host_list(const struct host_files *files, const struct host_place *place, struct host_list *ret_list);
void host_list_free(struct host_list *list);
/* => false: the folder holds something, for the guest to see or not. */
bool host_is_empty(const struct host_place *place);

#endif
