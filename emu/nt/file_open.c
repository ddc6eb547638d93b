/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_open.c - NtCreateFile and NtOpenFile.
 *
 * The plan finds the place, what is there and who has it open, and refuses; only then the host's file is opened or
 * made, given a handle, and emptied where it is overwritten.  What fails after a file was made takes it away again. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* WRITE_DATA, APPEND_DATA, WRITE_EA, DELETE_CHILD, WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER. */
#define ACCESS_CHANGES (0x2u | 0x4u | 0x10u | 0x40u | 0x100u | 0x10000u | 0xC0000u)
#define ACCESS_WRITES (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define ACCESS_READ_ONLY 0x1200A9u /* FILE_GENERIC_READ | FILE_GENERIC_EXECUTE */

struct open_request {
    struct host_open host;
    struct host_place place;
    struct host_info info;    /* of what is there */
    struct file_node *node;   /* of what is there; NULL: nobody knows it */
    struct file_node *folder; /* that it is made in */
    uint32_t access, share, attributes, options;
    uint32_t object_attributes; /* OBJ_* */
    enum object_type device;    /* NONE: a file */
    int console;
};

static bool is_device(struct open_request *request, const char *path)
{
    static const struct {
        const char *name;
        enum object_type type;
        int console;
    } devices[] = {
        {"\\??\\CONIN$", OBJECT_CONSOLE, STDIN_FILENO},
        {"\\??\\CONOUT$", OBJECT_CONSOLE, STDOUT_FILENO},
        {"\\??\\CON", OBJECT_CONSOLE, STDOUT_FILENO},
        {"\\??\\NUL", OBJECT_NUL, 0},
        {"\\Device\\Null", OBJECT_NUL, 0},
    };
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (strcasecmp(path, devices[i].name) != 0)
            continue;
        request->device = devices[i].type;
        request->console = devices[i].console;
        return true;
    }
    return false;
}

/* --- Arguments --------------------------------------------------------------------------------------------------- */

static ntstatus_t check_options(uint32_t access, uint32_t options, uint32_t disposition)
{
    const uint32_t synchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    const uint32_t of_directories = FILE_DIRECTORY_FILE | synchronous | FILE_WRITE_THROUGH | FILE_DELETE_ON_CLOSE |
                                    FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_BY_FILE_ID | FILE_OPEN_REPARSE_POINT;
    if ((options & ~(uint32_t)FILE_OPTIONS_VALID) || (options & synchronous) == synchronous)
        return STATUS_INVALID_PARAMETER;
    if ((options & synchronous) && !(access & SYNCHRONIZE))
        return STATUS_INVALID_PARAMETER;
    if ((options & FILE_DELETE_ON_CLOSE) && !(access & FILE_DELETE))
        return STATUS_INVALID_PARAMETER;
    if ((options & FILE_NO_INTERMEDIATE_BUFFERING) && (access & FILE_APPEND_DATA) && !(access & FILE_WRITE_DATA))
        return STATUS_INVALID_PARAMETER;
    if (!(options & FILE_DIRECTORY_FILE))
        return STATUS_SUCCESS;
    if ((options & ~of_directories) ||
        (disposition != FILE_CREATE && disposition != FILE_OPEN && disposition != FILE_OPEN_IF))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static ntstatus_t check_arguments(struct nt_call *call, const struct open_request *request, uint32_t disposition)
{
    uint32_t access = object_map_access(OBJECT_FILE, request->access);
    if (disposition >= FILE_DISPOSITION_COUNT || (request->attributes & ~(uint32_t)FILE_ATTRIBUTES_VALID) ||
        (request->share & ~(uint32_t)FILE_SHARE_ALL))
        return STATUS_INVALID_PARAMETER;
    ntstatus_t status = check_options(access, request->options, disposition);
    if (status == STATUS_SUCCESS && (request->options & FILE_OPEN_BY_FILE_ID))
        return nt_not_modelled(call, "FILE_OPEN_BY_FILE_ID");
    return status;
}

/* --- What is there ----------------------------------------------------------------------------------------------- */

static bool replaces(const struct open_request *request)
{
    return request->host.disposition == FILE_SUPERSEDE || request->host.disposition == FILE_OVERWRITE ||
           request->host.disposition == FILE_OVERWRITE_IF;
}

/* The type that the caller wants, and the one that there is. */
static ntstatus_t check_type(const struct open_request *request)
{
    if (request->host.disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (request->info.directory && (request->options & FILE_NON_DIRECTORY_FILE))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (request->info.directory && replaces(request))
        return STATUS_OBJECT_NAME_COLLISION;
    if (request->info.directory)
        return STATUS_SUCCESS;
    if (request->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    return request->place.slash ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
}

/* What the attributes of the file forbid. */
static ntstatus_t check_attributes(const struct open_request *request)
{
    const uint32_t guarded = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
    uint32_t attributes = file_attributes(request->node, &request->info);
    if (attributes & FILE_ATTRIBUTE_READONLY) {
        if (replaces(request) || (request->access & ACCESS_WRITES))
            return STATUS_ACCESS_DENIED;
        if (request->options & FILE_DELETE_ON_CLOSE)
            return STATUS_CANNOT_DELETE;
    }
    return replaces(request) && (attributes & guarded & ~request->attributes) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* Code that runs is neither written nor deleted; data that is mapped is not deleted. */
static ntstatus_t check_image(const struct machine *machine, const struct open_request *request)
{
    bool writes = replaces(request) || (request->access & ACCESS_WRITES);
    if (!writes && (request->options & FILE_DELETE_ON_CLOSE) && mapped_is_used(machine, request->node))
        return STATUS_CANNOT_DELETE;
    if (!(writes || (request->options & FILE_DELETE_ON_CLOSE)) || !file_is_mapped_image(machine, &request->info))
        return STATUS_SUCCESS;
    return writes ? STATUS_SHARING_VIOLATION : STATUS_CANNOT_DELETE;
}

/* Overwriting asks for the right to write, superseding for that to delete, whatever DesiredAccess is. */
static uint32_t share_access(const struct open_request *request)
{
    if (!replaces(request))
        return request->access;
    return request->access | (request->host.disposition == FILE_SUPERSEDE ? FILE_DELETE : FILE_WRITE_DATA);
}

static ntstatus_t plan_existing(struct machine *machine, struct open_request *request)
{
    ntstatus_t status = host_look(&request->place, &request->info);
    if (status != STATUS_SUCCESS)
        return status;
    request->node = file_node_find(machine, file_key(&request->place, &request->info));
    if (request->node && request->node->doomed)
        return STATUS_DELETE_PENDING;
    if ((status = check_type(request)) != STATUS_SUCCESS || (status = check_attributes(request)) != STATUS_SUCCESS)
        return status;
    if (!host_may_change(request->place.root) && (replaces(request) || (request->access & ACCESS_CHANGES)))
        return STATUS_ACCESS_DENIED;
    if ((status = check_image(machine, request)) != STATUS_SUCCESS ||
        (replaces(request) && (status = mapped_check_size(machine, request->node, 0)) != STATUS_SUCCESS))
        return status;
    if (request->options & FILE_DELETE_ON_CLOSE) {
        if (!request->place.root || !*request->place.path)
            return STATUS_CANNOT_DELETE; /* what --dir gave stays */
        if ((status = host_may_remove(&request->place)) != STATUS_SUCCESS)
            return status;
    }
    return request->node ? file_check_share(request->node, share_access(request), request->share) : STATUS_SUCCESS;
}

static ntstatus_t plan_missing(struct machine *machine, struct open_request *request)
{
    bool directory = request->options & FILE_DIRECTORY_FILE;
    if (request->host.disposition == FILE_OPEN || request->host.disposition == FILE_OVERWRITE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!host_may_change(request->place.root))
        return STATUS_ACCESS_DENIED;
    if (request->place.slash && !directory)
        return STATUS_OBJECT_NAME_INVALID;
    if ((request->options & FILE_DELETE_ON_CLOSE) && (request->attributes & FILE_ATTRIBUTE_READONLY) && !directory)
        return STATUS_CANNOT_DELETE;
    request->folder = file_folder_node(machine, &request->place);
    if (!request->folder)
        return STATUS_INSUFFICIENT_RESOURCES;
    return request->folder->doomed ? STATUS_DELETE_PENDING : STATUS_SUCCESS;
}

/* MAXIMUM_ALLOWED is what the folder and the file allow. */
static void grant(struct open_request *request)
{
    bool reads_only = !host_may_change(request->place.root) || request->info.read_only;
    uint32_t access = request->access;
    if ((access & MAXIMUM_ALLOWED) && reads_only)
        access = (access & ~MAXIMUM_ALLOWED) | ACCESS_READ_ONLY;
    request->access = object_map_access(OBJECT_FILE, access);
}

static ntstatus_t plan(struct machine *machine, struct open_request *request)
{
    ntstatus_t status = host_locate(&machine->files, request->host.path, &request->place);
    if (status != STATUS_SUCCESS)
        return status;
    if (request->place.presence == HOST_THERE)
        host_look(&request->place, &request->info); /* a failure is plan_existing()'s to tell */
    grant(request);
    status = request->place.presence == HOST_THERE ? plan_existing(machine, request) : plan_missing(machine, request);
    request->host.write = request->access & ACCESS_WRITES;
    request->host.write_attributes = request->access & FILE_WRITE_ATTRIBUTES;
    request->host.make_directory = request->options & FILE_DIRECTORY_FILE;
    request->host.keep_contents = true;
    return status;
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

/* The file is new: its times and attributes are the machine's. */
static void remember_new(struct machine *machine, const struct open_request *request, struct object *object)
{
    struct file_node *node = object->file.node;
    uint64_t now = clock_system_time(&machine->clock);
    for (unsigned i = 0; i < FILE_TIMES; i++)
        node->times[i] = now;
    node->has_attributes = node->name_unsaved = true;
    node->attributes = request->attributes & FILE_ATTRIBUTES_KEPT;
    if (!object->file.directory)
        node->attributes |= FILE_ATTRIBUTE_ARCHIVE;
    if (!object->file.directory && (request->attributes & FILE_ATTRIBUTE_READONLY))
        host_set_read_only(object->file.fd, true);
    file_touch(machine, request->folder);
}

/* The host's file, opened, as an object of its node.  What was made here goes again where that fails. */
static ntstatus_t open_host(struct machine *machine, struct open_request *request, struct object *object)
{
    object->file.fd = -1;
    ntstatus_t status = host_file_open_at(&request->place, &request->host);
    if (status != STATUS_SUCCESS)
        return status;
    object->file.fd = request->host.fd;
    object->file.directory = request->host.directory;
    object->file.access = request->access;
    object->file.share = request->share;
    struct file_key before = file_key(&request->place, &request->info);
    request->place.presence = HOST_THERE;
    if (request->host.fd >= 0)
        status = host_look_at(request->host.fd, &request->info);
    else if (request->place.root)
        status = host_look(&request->place, &request->info);
    struct file_node *node = NULL;
    if (status == STATUS_SUCCESS && request->host.did != FILE_CREATED)
        file_node_move(machine, before, file_key(&request->place, &request->info), object->file.fd);
    if (status == STATUS_SUCCESS)
        node = file_node_get(machine, file_key(&request->place, &request->info));
    if (!node || !file_attach(machine, object, node, &request->place)) {
        if (request->host.did == FILE_CREATED)
            host_remove(&request->place, &request->info);
        return status == STATUS_SUCCESS ? STATUS_INSUFFICIENT_RESOURCES : status;
    }
    if (request->host.did == FILE_CREATED)
        remember_new(machine, request, object);
    else if ((request->access & ACCESS_WRITES) || request->host.did != FILE_OPENED)
        file_freeze_times(node, &request->info);
    size_t length = strnlen(request->host.name, OBJECT_NAME_MAX - 1);
    memcpy(object->name, request->host.name, length);
    return STATUS_SUCCESS;
}

/* The last step: it has a handle.  => host_status(): nothing was changed. */
static ntstatus_t finish_open(struct machine *machine, const struct open_request *request, struct object *object)
{
    struct file_node *node = object->file.node;
    if (request->access & ACCESS_WRITES || request->host.did != FILE_OPENED)
        file_forget_image(machine, &request->info);
    if (request->host.did == FILE_OVERWRITTEN || request->host.did == FILE_SUPERSEDED) {
        ntstatus_t status = host_cut(object->file.fd, 0);
        if (status != STATUS_SUCCESS)
            return status;
        mapped_set_size(machine, node, 0);
        node->has_attributes = true;
        node->attributes = (request->attributes & FILE_ATTRIBUTES_KEPT) | FILE_ATTRIBUTE_ARCHIVE;
        if (request->attributes & FILE_ATTRIBUTE_READONLY)
            host_set_read_only(object->file.fd, true);
        file_touch(machine, node);
    }
    object->file.options = request->options;
    return STATUS_SUCCESS;
}

static ntstatus_t fill_object(struct machine *machine, struct open_request *request, struct object *object)
{
    if (request->device == OBJECT_CONSOLE)
        object->console.fd = request->console;
    request->host.did = FILE_OPENED;
    return request->device == OBJECT_NONE ? open_host(machine, request, object) : STATUS_SUCCESS;
}

/* The plan is over: outputs are held, so that nothing of the guest's fails after the host's file was touched. */
static ntstatus_t open_object(struct nt_call *call, struct open_request *request, unsigned handle_output,
                              unsigned io_output)
{
    struct machine *machine = call->machine;
    struct object *object =
        object_create(&machine->objects, request->device == OBJECT_NONE ? OBJECT_FILE : request->device);
    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = fill_object(machine, request, object);
    uint32_t handle =
        status == STATUS_SUCCESS ? nt_new_handle(call, object, request->access, request->object_attributes) : 0;
    if (status == STATUS_SUCCESS && !handle) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        if (object->type == OBJECT_FILE && request->host.did == FILE_CREATED)
            object->file.options = FILE_DELETE_ON_CLOSE;
    }
    if (status == STATUS_SUCCESS && object->type == OBJECT_FILE) {
        status = finish_open(machine, request, object);
        if (status != STATUS_SUCCESS)
            handle_close(&machine->objects, &machine_process(machine)->handles, handle);
    }
    object_release(&machine->objects, object);
    if (status == STATUS_SUCCESS) {
        nt_put_pointer(call, handle_output, handle);
        nt_put_io(call, io_output, STATUS_SUCCESS, request->host.did);
    }
    return status;
}

/* Arguments of both: 0 *handle 1 access 2 attributes 3 iosb. */
static ntstatus_t open_or_create(struct nt_call *call, struct open_request *request, uint32_t disposition)
{
    const uint64_t *a = call->arguments;
    char path[HOST_PATH_MAX];
    unsigned handle_output, io_output;
    struct nt_attributes attributes;
    ntstatus_t status;
    request->access = nt_ulong(call, 1);
    if ((status = check_arguments(call, request, disposition)) != STATUS_SUCCESS ||
        (status = nt_output_pointer(call, a[0], &handle_output)) != STATUS_SUCCESS ||
        (status = nt_output_io(call, a[3], &io_output)) != STATUS_SUCCESS ||
        (status = file_capture_path(call, a[2], path)) != STATUS_SUCCESS ||
        (status = nt_attributes(call, a[2], &attributes)) != STATUS_SUCCESS)
        return status;
    request->object_attributes = attributes.flags;
    request->host.path = path;
    request->host.disposition = (enum host_disposition)disposition;
    if (!is_device(request, path) && (status = plan(call->machine, request)) != STATUS_SUCCESS)
        return status;
    machine_advance(call->machine, CLOCK_COST_FILE_IO);
    return open_object(call, request, handle_output, io_output);
}

/* Further arguments: 4 *allocation 5 attributes 6 share 7 disposition 8 options 9 EA buffer 10 its length. */
ntstatus_t nt_create_file(struct nt_call *call)
{
    struct open_request request = {
        .attributes = nt_ulong(call, 5), .share = nt_ulong(call, 6), .options = nt_ulong(call, 8)};
    int64_t allocation = 0;
    ntstatus_t status;
    if (call->arguments[4] &&
        (status = guest_read(call->machine, call->arguments[4], &allocation, sizeof allocation)) != STATUS_SUCCESS)
        return status;
    if (allocation < 0)
        return STATUS_INVALID_PARAMETER;
    if (call->arguments[9] && nt_ulong(call, 10))
        return STATUS_EAS_NOT_SUPPORTED;
    return open_or_create(call, &request, nt_ulong(call, 7));
}

/* Further arguments: 4 share 5 options. */
ntstatus_t nt_open_file(struct nt_call *call)
{
    struct open_request request = {.share = nt_ulong(call, 4), .options = nt_ulong(call, 5)};
    return open_or_create(call, &request, FILE_OPEN);
}
