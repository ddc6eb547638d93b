/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mapped.h - files of the host behind data sections: what mm's names for them mean.
 *
 * A file gets a name when its first data section is made, and keeps it, open, until mm says that it knows it no more
 * (mm_env.file_forgotten): handles may be closed long before, the last modified page is written after that.  It is the
 * file's node that has the name, so that all opens of a file share one control area.  Images have names of their own,
 * 1 to IMAGE_FILES_MAX; those of data follow.
 */
#ifndef SOFTFAULT_EMU_MAPPED_H
#define SOFTFAULT_EMU_MAPPED_H

#include "emu/pool.h"
#include "mm/mm.h"

struct file_node;
struct machine;
struct object;

enum { MAPPED_FILES_MAX = 64 << 10, MAPPED_NAME_MAX = 64, MAPPED_PATH_MAX = 512 };

struct mapped_file {
    uint64_t device, inode; /* of the host */
    struct file_node *node; /* NULL: the file has no name any more */
    int fd;
    bool in_use, writable;
    bool sectioned;                                    /* processes have had sections of it */
    char name[MAPPED_NAME_MAX], path[MAPPED_PATH_MAX]; /* last component; \Device\HarddiskVolume1\... */
};

struct mapped_files {
    struct pool pool;
};

bool mapped_open(struct machine *machine);
void mapped_close(struct machine *machine);

/* mm's name for an open file of the host, which has a node; writable: it will be written to, as the open may be.
 * => STATUS_INSUFFICIENT_RESOURCES; STATUS_ACCESS_DENIED: the host's file was not opened for writing. */
enum mapped_access { MAPPED_READS, MAPPED_WRITES };
ntstatus_t mapped_take(struct machine *machine, const struct object *file, enum mapped_access access,
                       uint32_t *ret_file);
/* What mapped_take() gave was not needed: the name goes, unless mm knows it. */
void mapped_drop(struct machine *machine, uint32_t file);

/* NULL: no name of a data file. */
const struct mapped_file *mapped_of(const struct machine *machine, uint32_t file);
/* The node is not the file's any more. */
void mapped_lose_node(struct machine *machine, uint32_t file);
/* Another descriptor is the file's from now on: that of its private copy. */
void mapped_move(struct machine *machine, uint32_t file, int fd);

/* The law of names: NULL, or how it is broken. */
const char *mapped_check(const struct machine *machine);

/* mm_env: file_read, file_write, file_forgotten. */
ntstatus_t mapped_read(void *context, uint32_t file, uint64_t offset, uint8_t *bytes, uint32_t length);
ntstatus_t mapped_write(void *context, uint32_t file, uint64_t offset, const uint8_t *bytes, uint32_t length);
void mapped_forgotten(void *context, uint32_t file);

/* May the file be cut to size?  => STATUS_USER_MAPPED_FILE. */
ntstatus_t mapped_check_size(struct machine *machine, const struct file_node *node, uint64_t size);
/* It has been cut, or made longer by zeroes. */
void mapped_set_size(struct machine *machine, const struct file_node *node, uint64_t size);
/* It is found to have another size: what is new may be anything. */
void mapped_note_size(struct machine *machine, const struct file_node *node, uint64_t size);
/* The file is gone: what is in memory of it is not wanted any more. */
void mapped_discard(struct machine *machine, const struct file_node *node);
/* A process makes a section of the file. */
void mapped_note_section(struct machine *machine, uint32_t file);
/* Does a process have a view or a section of its data? */
bool mapped_is_used(const struct machine *machine, const struct file_node *node);

#endif
