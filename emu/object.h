/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.h - kernel objects and the handle table of the process.
 *
 * Objects live in a table of fixed size and are counted: a handle is one reference, whoever works with an object holds
 * another.  Handles are multiples of 4 starting at 4; the lowest free one is given.  Both tables are bounded, so that a
 * guest that never closes anything gets STATUS_INSUFFICIENT_RESOURCES. */
#ifndef SOFTFAULT_EMU_OBJECT_H
#define SOFTFAULT_EMU_OBJECT_H

#include "mm/mm.h"

enum object_type {
    OBJECT_NONE,
    OBJECT_CONSOLE, /* the host's stdin, stdout or stderr */
    OBJECT_NUL,     /* \Device\Null */
    OBJECT_FILE,
    OBJECT_SECTION,
    OBJECT_EVENT,
};

enum event_type {
    EVENT_NOTIFICATION,
    EVENT_SYNCHRONIZATION, /* one wait is satisfied, then it is reset */
};

enum { OBJECT_NAME_MAX = 256 };

struct object {
    enum object_type type;
    uint32_t references;
    char name[OBJECT_NAME_MAX]; /* last component of the file's name, UTF-8 */
    union {
        struct {
            int fd; /* 0, 1 or 2 */
        } console;
        struct {
            int fd;
            uint64_t position;
            bool directory, may_write;
        } file;
        struct {
            mm_section section;
            uint32_t image; /* index + 1 in the machine's image files */
        } section;
        struct {
            enum event_type type;
            bool signalled;
        } event;
    };
};

enum { OBJECTS_MAX = 1024, HANDLES_MAX = 4096 };

struct object_table {
    struct object objects[OBJECTS_MAX];
    uint16_t handles[HANDLES_MAX]; /* object index + 1; 0: free */
    uint32_t first_free;           /* no free handle slot below this */
    struct mm *mm;                 /* sections are closed in it */
};

/* A new object with one reference; NULL: the table is full. */
struct object *object_create(struct object_table *table, enum object_type type);
void object_release(struct object_table *table, struct object *object);

/* A handle that holds a reference of its own; 0: the table is full. */
uint32_t object_insert(struct object_table *table, struct object *object);

/* Borrowed until the handle is closed; NULL: no such handle. */
struct object *object_of_handle(struct object_table *table, uint32_t handle);

/* The same for one type.  => STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. */
ntstatus_t object_reference(struct object_table *table, uint32_t handle, enum object_type type,
                            struct object **ret_object);

/* => STATUS_INVALID_HANDLE. */
ntstatus_t object_close_handle(struct object_table *table, uint32_t handle);

void object_close_all(struct object_table *table);

#endif
