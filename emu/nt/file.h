/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.h - open files: what the machine knows of them besides the host.
 *
 * A node stands for one file or folder of the host, whoever opened it by whatever name: who shares it how, its locks,
 * whether it goes when it is closed, and what the host cannot keep (attributes, times by the virtual clock).  A node
 * lives while the file is open, and to the end of the run where it holds anything that must not be forgotten.
 *
 * Each open has its own place, the name that it was opened by: a rename moves the places of all opens by that name. */
#ifndef SOFTFAULT_EMU_NT_FILE_H
#define SOFTFAULT_EMU_NT_FILE_H

#include "emu/host_file.h"
#include "emu/nt/service.h"

struct repetition;

enum {
    FILE_NODES_MAX = 256 << 10,
    FILE_PLACES_MAX = OBJECTS_MAX,
    FILE_LOCKS_MAX = 64 << 10,
    FILE_BUCKETS = 4096,
};

/* Rights on a file. */
enum file_access {
    FILE_READ_DATA = 0x1,
    FILE_WRITE_DATA = 0x2,
    FILE_APPEND_DATA = 0x4,
    FILE_WRITE_EA = 0x10,
    FILE_EXECUTE = 0x20,
    FILE_READ_ATTRIBUTES = 0x80,
    FILE_WRITE_ATTRIBUTES = 0x100,
    FILE_DELETE = 0x10000,
};

enum file_share { FILE_SHARE_READ = 1, FILE_SHARE_WRITE = 2, FILE_SHARE_DELETE = 4, FILE_SHARE_ALL = 7 };

enum file_option {
    FILE_DIRECTORY_FILE = 0x1,
    FILE_WRITE_THROUGH = 0x2,
    FILE_SEQUENTIAL_ONLY = 0x4,
    FILE_NO_INTERMEDIATE_BUFFERING = 0x8,
    FILE_SYNCHRONOUS_IO_ALERT = 0x10,
    FILE_SYNCHRONOUS_IO_NONALERT = 0x20,
    FILE_NON_DIRECTORY_FILE = 0x40,
    FILE_RANDOM_ACCESS = 0x800,
    FILE_DELETE_ON_CLOSE = 0x1000,
    FILE_OPEN_BY_FILE_ID = 0x2000,
    FILE_OPEN_FOR_BACKUP_INTENT = 0x4000,
    FILE_OPEN_REPARSE_POINT = 0x200000,
    FILE_OPTIONS_VALID = 0x00FFFFFF,
    /* What NtQueryInformationFile's mode tells. */
    FILE_MODE_OPTIONS = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING |
                        FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE,
};

enum file_attribute {
    FILE_ATTRIBUTE_READONLY = 0x1,
    FILE_ATTRIBUTE_HIDDEN = 0x2,
    FILE_ATTRIBUTE_SYSTEM = 0x4,
    FILE_ATTRIBUTE_DIRECTORY = 0x10,
    FILE_ATTRIBUTE_ARCHIVE = 0x20,
    FILE_ATTRIBUTE_NORMAL = 0x80,
    FILE_ATTRIBUTE_TEMPORARY = 0x100,
    FILE_ATTRIBUTE_OFFLINE = 0x1000,
    FILE_ATTRIBUTE_NOT_INDEXED = 0x2000,
    FILE_ATTRIBUTES_VALID = 0x7FB7,
    /* What can be set, and is kept; READONLY is kept by the host. */
    FILE_ATTRIBUTES_KEPT = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |
                           FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_INDEXED,
};

enum { FILE_CLUSTER = 4096, FILE_SECTOR = 512 };

struct file_place {
    uint32_t references;
    struct host_place host;
};

/* In the order of FILE_BASIC_INFORMATION; 100 ns. */
enum file_time { TIME_CREATION, TIME_ACCESS, TIME_WRITE, TIME_CHANGE, FILE_TIMES };

struct file_lock {
    struct file_lock *next; /* of the node */
    uint64_t first, last;   /* bytes; last < first: none at all */
    const struct object *owner;
    uint32_t process, key;
    bool exclusive;
    struct thread *waiter; /* not granted yet: that asked for it */
};

struct file_node {
    uint64_t device, inode;
    struct file_node *next; /* in its bucket */
    struct object *opens;   /* by file.next_open */
    struct file_lock *locks;
    struct file_lock *waiting;  /* not granted yet, in the order in which they were asked for */
    struct file_place *doomed;  /* the name goes at the last close; with a reference */
    uint64_t number;            /* FILE_INTERNAL_INFORMATION; 0: nobody has asked */
    uint32_t mapped;            /* mm's name for its data (mapped.h); 0: none */
    struct cache_map *cache;    /* NULL: it is not cached */
    uint32_t growths;           /* WriteFiles under way that have made it longer, and may be undone */
    uint64_t times[FILE_TIMES]; /* 0: the host's */
    uint32_t attributes;
    bool has_attributes;
    bool name_unsaved; /* made or moved since its folder was last synchronized */
    uint32_t open_count, readers, writers, deleters, shared_read, shared_write, shared_delete;
};

enum search_phase { SEARCH_DOT, SEARCH_DOT_DOT, SEARCH_NAMES };

/* Where NtQueryDirectoryFile stands: after the name given last. */
struct file_search {
    char pattern[HOST_COMPONENT_MAX * 3], last[HOST_COMPONENT_MAX];
    enum search_phase phase;
    bool found; /* something, some time */
};

struct file_table {
    struct pool nodes, places, locks, searches;
    struct file_node *buckets[FILE_BUCKETS];
    uint64_t last_number;
};

/* => false: the host cannot. */
bool file_table_open(struct file_table *table);
void file_table_close(struct file_table *table);

/* --- file_node.c ----------------------------------------------------------------------------------------------- */

struct file_key {
    uint64_t device, inode;
};
struct file_key file_key(const struct host_place *place, const struct host_info *info);

/* NULL: nothing is known of it. */
struct file_node *file_node_find(const struct machine *machine, struct file_key key);
/* The same, made where it is missing.  => NULL: no room. */
struct file_node *file_node_get(struct machine *machine, struct file_key key);
/* The file has a private copy from now on, which fd is: the node and its opens are the copy's.  Equal keys: nothing. */
void file_node_move(struct machine *machine, struct file_key from, struct file_key to, int fd);
/* Nobody needs it any more?  Then it goes. */
void file_node_let_go(struct machine *machine, struct file_node *node);

/* FILE_ATTRIBUTE_*, with DIRECTORY and READONLY, never 0; node: NULL where nothing is known. */
uint32_t file_attributes(const struct file_node *node, const struct host_info *info);
void file_times(const struct file_node *node, const struct host_info *info, uint64_t times[FILE_TIMES]);
uint64_t file_allocation(uint64_t size);
/* The same number for the same file, as long as the run lasts. */
uint64_t file_number(struct machine *machine, struct file_node *node);

/* It may be written from now on, which the host would put its own clock's time on: the times are the node's. */
void file_freeze_times(struct file_node *node, const struct host_info *info);
/* It was written: at this time by the virtual clock.  node: NULL: nothing is done. */
void file_touch(struct machine *machine, struct file_node *node);
/* A name in the folder of the place will come or go: its node, times frozen, for file_touch() then.  => NULL: no room.
 */
struct file_node *file_folder_node(struct machine *machine, const struct host_place *place);

/* => STATUS_SHARING_VIOLATION. */
ntstatus_t file_check_share(const struct file_node *node, uint32_t access, uint32_t share);
/* The object is an open of the node.  => false: no room for its place. */
bool file_attach(struct machine *machine, struct object *object, struct file_node *node,
                 const struct host_place *place);
/* It goes with its last close, by that name; or not. */
void file_doom(struct file_node *node, struct file_place *place);
void file_spare(struct machine *machine, struct file_node *node);
/* The file is no more: what is remembered of it.  => nobody has it open. */
void file_node_forget(struct machine *machine, struct file_node *node);
/* object_table.destroy for a file. */
void file_destroy(struct machine *machine, struct object *object);

/* Does a process run or use code of the file? */
bool file_is_mapped_image(const struct machine *machine, const struct host_info *info);
/* It is going to be written: the next section of it is a new image. */
void file_forget_image(struct machine *machine, const struct host_info *info);

/* --- file.c ---------------------------------------------------------------------------------------------------- */

/* All that was written is on the host's disk, and so are the names that lead to it; a private file has no disk.
 * => host_status(). */
ntstatus_t file_flush(struct machine *machine, const struct object *object);

/* --- file_name.c ------------------------------------------------------------------------------------------------ */

/* OBJECT_ATTRIBUTES to an NT path in UTF-8; relative names are put behind their folder's. */
ntstatus_t file_capture_path(struct nt_call *call, va_t attributes, char path[HOST_PATH_MAX]);
/* A path by its parts: what root (a handle argument's value, 0: none) and name say. */
ntstatus_t file_join_path(struct nt_call *call, uint64_t root, const char *name, char path[HOST_PATH_MAX]);

/* --- file_query.c ------------------------------------------------------------------------------------------------- */

/* The file of a handle argument, consoles and NUL included, with the access of its handle.
 * => STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. */
ntstatus_t file_of_handle(struct nt_call *call, unsigned index, struct object **ret_object, uint32_t *ret_access);
/* The same for a file of the host with all of access.  => STATUS_INVALID_DEVICE_REQUEST: a device. */
ntstatus_t file_with_access(struct nt_call *call, unsigned index, uint32_t access, struct object **ret_object);
/* What the host says of an open file. */
ntstatus_t file_look(const struct object *object, struct host_info *ret_info);
/* Information to *buffer (arguments 1 iosb, 2 buffer, 3 length): as much as there is room for.
 * => STATUS_BUFFER_OVERFLOW where that is not all; STATUS_INFO_LENGTH_MISMATCH where it is less than least. */
ntstatus_t file_answer(struct nt_call *call, const void *bytes, uint32_t length, uint32_t least);
/* Nothing but a status: arguments 1 iosb. */
ntstatus_t file_answer_nothing(struct nt_call *call, unsigned io_output);

/* --- file_lock.c ---------------------------------------------------------------------------------------------- */

enum file_transfer { FILE_TRANSFER_READ, FILE_TRANSFER_WRITE };

/* => STATUS_FILE_LOCK_CONFLICT. */
ntstatus_t file_check_locks(const struct machine *machine, const struct object *object, enum file_transfer transfer,
                            uint64_t offset, uint64_t length, uint32_t key);
/* All locks of an open, with those that it waits for, whose services fail; process 0: of whatever process.  What can be
 * granted then is. */
void file_drop_locks(struct machine *machine, struct object *object, uint32_t process);
/* object_table.closed: the locks of a process go with its last handle to the open. */
void file_handle_closed(void *context, const struct handle_table *handles, struct object *object);

/* The thread's NtLockFile is queued for a lock: it waits, and is called again.  => false: it is not. */
bool file_wait_for_lock(struct machine *machine, struct thread *thread);
/* The thread ends: it waits for no lock any more. */
void file_leave_lock(struct machine *machine, struct thread *thread);
enum { LOCK_TEXT_MAX = 256 };
/* "NtLockFile: bytes 0 to 9 of a.txt are locked ...".  => it waits for a lock. */
void file_describe_wait(const struct machine *machine, const struct thread *thread, char text[LOCK_TEXT_MAX]);
/* NULL, or the law that a thread that waits for a lock breaks. */
const char *file_check_waiter(const struct thread *thread);

/* --- file_turn.c ---------------------------------------------------------------------------------------------- */

/* A service on the open, which is looked up: where it is synchronous, one after another.
 * => STATUS_MM_WAIT: another thread's is under way. */
ntstatus_t file_take_turn(struct nt_call *call, struct object *file);
/* The thread's service was told so: it waits.  => false: it was not. */
bool file_wait_for_turn(struct machine *machine, struct thread *thread);
/* The service is over: who waited first is next. */
void file_pass_turn(struct machine *machine, struct object *file);
/* NULL, or the law that is broken. */
const char *file_check_turn(const struct thread *thread);

/* --- transfer.c ----------------------------------------------------------------------------------------------- */

/* A write is over or given up: what it made the file longer by and has not written goes again, but for what others have
 * written there; and not where somebody has made the file longer still, or maps that. */
void file_cut_unwritten(struct machine *machine, struct repetition *repetition);
/* The running thread has use for the file as far as `end`: writes of others that are undone leave that. */
void file_note_extent(const struct machine *machine, const struct file_node *node, uint64_t end);

/* The event of an I/O service, where argument 1 names one. */
void file_signal_event(struct nt_call *call);

/* --- Services of the other files ------------------------------------------------------------------------------ */

ntstatus_t nt_create_file(struct nt_call *call);
ntstatus_t nt_open_file(struct nt_call *call);
ntstatus_t nt_query_information_file(struct nt_call *call);
ntstatus_t nt_query_attributes_file(struct nt_call *call);
ntstatus_t nt_query_full_attributes_file(struct nt_call *call);
ntstatus_t nt_set_information_file(struct nt_call *call);
ntstatus_t nt_rename_file(struct nt_call *call);
ntstatus_t nt_delete_file(struct nt_call *call);
ntstatus_t nt_query_directory_file(struct nt_call *call);
ntstatus_t nt_query_volume_information_file(struct nt_call *call);
ntstatus_t nt_flush_buffers_file(struct nt_call *call);
ntstatus_t nt_lock_file(struct nt_call *call);
ntstatus_t nt_unlock_file(struct nt_call *call);
ntstatus_t nt_device_io_control_file(struct nt_call *call);
ntstatus_t nt_fs_control_file(struct nt_call *call);

#endif
