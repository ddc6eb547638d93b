/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.h - kernel objects, and handle tables.
 *
 * All objects of a machine live in one table and are counted: a handle is one reference, whoever keeps an object holds
 * another.  Each process has a handle table of its own; handles are multiples of 4 starting at 4, the lowest free one
 * is given, and each carries the access that was granted when it was made.  Everything is bounded, so that a guest that
 * never closes anything gets STATUS_INSUFFICIENT_RESOURCES. */
#ifndef SOFTFAULT_EMU_OBJECT_H
#define SOFTFAULT_EMU_OBJECT_H

#include "emu/due.h"
#include "emu/pool.h"
#include "emu/token.h"
#include "mm/section.h"

struct cache_reader;
struct file_node;
struct file_place;
struct file_search;
struct process;
struct thread;
struct security;
struct wait_block;

enum object_type {
    OBJECT_NONE,
    OBJECT_CONSOLE, /* the host's stdin, stdout or stderr */
    OBJECT_NUL,     /* \Device\Null */
    OBJECT_FILE,
    OBJECT_SECTION,
    OBJECT_EVENT,
    OBJECT_MUTANT,
    OBJECT_SEMAPHORE,
    OBJECT_TIMER,
    OBJECT_KEYED_EVENT,
    OBJECT_PROCESS,
    OBJECT_THREAD,
    OBJECT_TOKEN,
    OBJECT_JOB,
    OBJECT_DIRECTORY, /* of names */
    OBJECT_LINK,      /* a name for another object */
    OBJECT_TYPE_COUNT
};

enum event_type {
    EVENT_NOTIFICATION,
    EVENT_SYNCHRONIZATION, /* one wait is satisfied, then it is reset */
};

enum { OBJECT_NAME_MAX = 784 }; /* 260 UTF-16 units, in UTF-8 */

/* What can be waited for (wait.h). */
struct dispatcher {
    int32_t signal; /* > 0: signalled; a mutant's is 1 - times owned */
    struct wait_block *first, *last;
};

struct timer {
    struct due due;
    bool synchronization;
    uint64_t period;               /* ns; 0: once */
    struct thread *thread;         /* its APC goes there; NULL: none */
    struct timer *next, *previous; /* of the thread's */
    va_t routine;
    uint64_t context;
};

struct object {
    enum object_type type;
    uint32_t references; /* handles included */
    uint32_t handles;
    struct dispatcher wait;
    struct object *parent;      /* the directory that it has a name in, with a reference; NULL: none */
    struct object *next_named;  /* names.c */
    bool permanent;             /* the name stays when the last handle goes */
    struct security *security;  /* who may open it; NULL: everybody */
    char name[OBJECT_NAME_MAX]; /* UTF-8; a file's: last component */
    union {
        struct {
            int fd; /* 0, 1 or 2 */
        } console;
        struct {
            int fd; /* -1: a folder that the host does not have */
            uint64_t position;
            bool directory;
            bool keeps_times;         /* writing through it does not change them */
            uint32_t access, share;   /* of the open: FILE_* */
            uint32_t options;         /* FILE_DELETE_ON_CLOSE, ... */
            struct file_node *node;   /* NULL: of no name */
            struct file_place *place; /* NULL: of no name */
            struct file_search *search;
            struct cache_reader *reader; /* NULL: none yet */
            struct object *next_open;    /* of the node's */
            struct thread *turn;         /* a synchronous open: whose service is under way; NULL: nobody's */
            struct dispatcher waiting;   /* for their turn */
        } file;
        struct {
            mm_section section;
            uint32_t image; /* index + 1 in the machine's image files */
        } section;
        struct {
            enum event_type type;
        } event;
        struct {
            struct thread *owner;           /* NULL: free */
            struct object *next, *previous; /* of the owner's */
            bool abandoned;
        } mutant;
        struct {
            int32_t limit;
        } semaphore;
        struct timer timer;
        struct process *process;
        struct thread *thread;
        struct token token;
        struct {
            uint32_t limits, active_limit;   /* JOB_LIMIT_* */
            uint32_t total, terminated;      /* processes, ever; by a limit */
            uint64_t kernel_time, user_time; /* ns, of processes that have ended */
            uint64_t page_faults;
        } job;
        struct {
            uint32_t number;
        } directory;
        struct object *link; /* with a reference */
    };
};

enum {
    OBJECTS_MAX = 64 << 10, /* in the machine */
    HANDLES_MAX = 64 << 10, /* in a process */
    NAME_BUCKETS = 1024,
    ALL_HANDLES_MAX = 256 << 10, /* in the machine */
};

struct handle_table;

struct object_table {
    struct pool pool;
    uint32_t handle_count; /* of all processes */
    uint32_t last_directory;
    bool job_closed; /* the last handle of a job has gone: job_kill_closed() */
    struct object *named[NAME_BUCKETS];
    /* The last reference has gone: what the object owns goes with it. */
    void (*destroy)(void *context, struct object *object);
    /* A handle of the table has gone, the object not yet.  NULL: nobody wants to know. */
    void (*closed)(void *context, const struct handle_table *handles, struct object *object);
    void *context;
};

/* => false: the host cannot. */
bool object_table_open(struct object_table *table);
void object_table_close(struct object_table *table);

/* A new object with one reference; NULL: the table is full. */
struct object *object_create(struct object_table *table, enum object_type type);
struct object *object_keep(struct object *object); /* another reference.  => object */
void object_release(struct object_table *table, struct object *object);

/* --- Handles ------------------------------------------------------------------------------------------------- */

enum handle_attribute {
    HANDLE_PROTECTED = 1, /* from closing */
    HANDLE_INHERIT = 2,   /* OBJ_INHERIT */
};

struct handle_entry {
    struct object *object; /* NULL: free */
    uint32_t access;       /* granted */
    uint32_t attributes;   /* HANDLE_* */
};

struct handle_table {
    struct handle_entry *entries;
    uint32_t room, count;
    uint32_t first_free; /* no free entry below this */
};

/* A handle that holds a reference of its own; 0: no room. */
uint32_t handle_insert(struct object_table *table, struct handle_table *handles, const struct handle_entry *entry);

/* Borrowed until the table changes; NULL: no such handle. */
struct handle_entry *handle_entry(const struct handle_table *handles, uint32_t handle);

/* The object behind a handle, borrowed; NULL: no such handle. */
struct object *object_of_handle(const struct handle_table *handles, uint32_t handle);

/* The same behind an entry (NULL: no such handle) for one type and the access needed.
 * => STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
struct object_want {
    enum object_type type;
    uint32_t access;
};
ntstatus_t object_of_entry(const struct handle_entry *entry, struct object_want want, struct object **ret_object);

/* => STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE. */
ntstatus_t handle_close(struct object_table *table, struct handle_table *handles, uint32_t handle);

/* All of them, protected ones too; the table's memory goes. */
void handle_close_all(struct object_table *table, struct handle_table *handles);

/* A new process gets what is inheritable, under the same numbers.  => false: no room; to is empty. */
bool handle_inherit(struct object_table *table, const struct handle_table *from, struct handle_table *to);

/* --- Access ---------------------------------------------------------------------------------------------------- */

/* DesiredAccess with the generic rights and MAXIMUM_ALLOWED turned into the type's own. */
uint32_t object_map_access(enum object_type type, uint32_t desired);

#endif
