/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_set.c - what a file becomes: NtSetInformationFile but for names, which are in file_rename.c; NtDeleteFile. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "emu/growth.h"
#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- Times and attributes ----------------------------------------------------------------------------------------- */

struct basic {
    int64_t times[FILE_TIMES]; /* 0: as it is; -1: and is to stay so */
    uint32_t attributes, reserved;
};

static ntstatus_t check_basic(const struct object *file, const struct basic *basic)
{
    for (unsigned i = 0; i < FILE_TIMES; i++)
        if (basic->times[i] < -1)
            return STATUS_INVALID_PARAMETER;
    if (basic->attributes & ~(uint32_t)FILE_ATTRIBUTES_VALID)
        return STATUS_INVALID_PARAMETER;
    if (!file->file.directory && (basic->attributes & FILE_ATTRIBUTE_DIRECTORY))
        return STATUS_INVALID_PARAMETER;
    if (file->file.directory && (basic->attributes & FILE_ATTRIBUTE_TEMPORARY))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* What is written to the host's file later would change the time that it is given now.  => STATUS_MM_WAIT: repeat. */
static ntstatus_t write_before_time(struct machine *machine, const struct object *file, const struct basic *basic)
{
    bool kept = !file->file.directory && file->file.place && file->file.place->host.root &&
                file->file.place->host.root->mode == HOST_WRITABLE;
    ntstatus_t status = kept && basic->times[TIME_WRITE] > 0 ? cache_flush(machine, file, 0, 0) : STATUS_SUCCESS;
    return status == STATUS_MM_WAIT ? status : STATUS_SUCCESS; /* what cannot be written now is the lazy writer's */
}

/* What the host keeps of it: when it was written, and that a file is read-only. */
static ntstatus_t set_basic_of_host(const struct object *file, const struct basic *basic)
{
    ntstatus_t status = STATUS_SUCCESS;
    if (!(file->file.access & FILE_WRITE_ATTRIBUTES))
        return STATUS_ACCESS_DENIED; /* a handle has more than the open: the host's file may not be the guest's to
                                        change */
    if (file->file.directory && file->file.place->host.root->mode == HOST_PRIVATE)
        return STATUS_SUCCESS; /* the node has it */
    if (basic->times[TIME_WRITE] > 0)
        status = host_set_time(file->file.fd, (uint64_t)basic->times[TIME_WRITE]);
    if (status == STATUS_SUCCESS && basic->attributes && !file->file.directory)
        status = host_set_read_only(file->file.fd, basic->attributes & FILE_ATTRIBUTE_READONLY);
    return status;
}

static ntstatus_t set_basic(struct nt_call *call, struct object *file, const void *bytes)
{
    struct basic basic;
    struct host_info info;
    struct file_node *node = file->file.node;
    memcpy(&basic, bytes, sizeof basic);
    ntstatus_t status = check_basic(file, &basic);
    if (status == STATUS_SUCCESS)
        status = file_look(file, &info);
    if (status == STATUS_SUCCESS)
        status = write_before_time(call->machine, file, &basic);
    if (status == STATUS_SUCCESS)
        status = set_basic_of_host(file, &basic);
    if (status != STATUS_SUCCESS)
        return status;
    file_freeze_times(node, &info);
    node->times[TIME_CHANGE] = clock_system_time(&call->machine->clock);
    for (unsigned i = 0; i < FILE_TIMES; i++)
        if (basic.times[i] > 0)
            node->times[i] = (uint64_t)basic.times[i];
    if (basic.times[TIME_WRITE])
        file->file.keeps_times = true;
    if (basic.attributes) {
        node->has_attributes = true;
        node->attributes = basic.attributes & FILE_ATTRIBUTES_KEPT;
        if (file->file.directory)
            node->attributes |= basic.attributes & FILE_ATTRIBUTE_READONLY;
    }
    return STATUS_SUCCESS;
}

/* --- Sizes ---------------------------------------------------------------------------------------------------- */

static ntstatus_t set_size(struct nt_call *call, struct object *file, uint64_t size)
{
    struct host_info info;
    if (size > INT64_MAX || file->file.directory)
        return STATUS_INVALID_PARAMETER;
    ntstatus_t status = file_look(file, &info);
    if (status == STATUS_SUCCESS && file->file.node)
        file_note_extent(call->machine, file->file.node, size);
    if (status != STATUS_SUCCESS || info.size == size)
        return status;
    if (file_is_mapped_image(call->machine, &info))
        return STATUS_USER_MAPPED_FILE;
    status = size < info.size ? mapped_check_size(call->machine, file->file.node, size) : STATUS_SUCCESS;
    if (status != STATUS_SUCCESS)
        return status;
    const struct host_growth growth = {.from = info.size, .to = size, .data = size};
    status = size > info.size ? growth_make(call->machine, file->file.fd, &growth) : host_cut(file->file.fd, size);
    if (status != STATUS_SUCCESS)
        return status;
    mapped_set_size(call->machine, file->file.node, size);
    file_forget_image(call->machine, &info);
    if (!file->file.keeps_times)
        file_touch(call->machine, file->file.node);
    return STATUS_SUCCESS;
}

static ntstatus_t set_end_of_file(struct nt_call *call, struct object *file, const void *bytes)
{
    uint64_t size;
    memcpy(&size, bytes, sizeof size);
    return set_size(call, file, size);
}

/* Space is not reserved on the host; less of it than there are bytes cuts the file. */
static ntstatus_t set_allocation(struct nt_call *call, struct object *file, const void *bytes)
{
    uint64_t size;
    struct host_info info;
    memcpy(&size, bytes, sizeof size);
    ntstatus_t status = file_look(file, &info);
    if (status == STATUS_SUCCESS && (size > INT64_MAX || file->file.directory))
        status = STATUS_INVALID_PARAMETER;
    return status == STATUS_SUCCESS && size < info.size ? set_size(call, file, size) : status;
}

static ntstatus_t set_position(struct nt_call *call, struct object *file, const void *bytes)
{
    uint64_t position;
    (void)call;
    memcpy(&position, bytes, sizeof position);
    if (position > INT64_MAX)
        return STATUS_INVALID_PARAMETER;
    file->file.position = position;
    return STATUS_SUCCESS;
}

static ntstatus_t set_mode(struct nt_call *call, struct object *file, const void *bytes)
{
    const uint32_t settable =
        FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    const uint32_t synchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    uint32_t mode;
    (void)call;
    memcpy(&mode, bytes, sizeof mode);
    if ((mode & ~settable) || (mode & synchronous) == synchronous ||
        !(mode & synchronous) != !(file->file.options & synchronous))
        return STATUS_INVALID_PARAMETER;
    file->file.options = (file->file.options & ~settable) | mode;
    return STATUS_SUCCESS;
}

/* --- Deleting ------------------------------------------------------------------------------------------------- */

/* May the file go? */
static ntstatus_t check_delete(struct machine *machine, const struct file_node *node, const struct host_place *place,
                               const struct host_info *info)
{
    if (file_attributes(node, info) & FILE_ATTRIBUTE_READONLY)
        return STATUS_CANNOT_DELETE;
    if (file_is_mapped_image(machine, info) || mapped_is_used(machine, node))
        return STATUS_CANNOT_DELETE;
    return host_may_remove(place);
}

static ntstatus_t set_disposition(struct nt_call *call, struct object *file, const void *bytes)
{
    struct machine *machine = call->machine;
    struct file_node *node = file->file.node;
    struct host_info info;
    bool delete = *(const uint8_t *)bytes;
    if (!delete) {
        file_spare(machine, node);
        return STATUS_SUCCESS;
    }
    ntstatus_t status = file_look(file, &info);
    if (status == STATUS_SUCCESS)
        status = check_delete(machine, node, &file->file.place->host, &info);
    if (status == STATUS_SUCCESS && info.directory && !host_is_empty(&file->file.place->host))
        status = STATUS_DIRECTORY_NOT_EMPTY;
    if (status == STATUS_SUCCESS)
        file_doom(node, file->file.place);
    return status;
}

/* An open for deleting alone, and its close.  => STATUS_INSUFFICIENT_RESOURCES. */
static ntstatus_t open_and_delete(struct machine *machine, const struct host_place *place, struct file_key key)
{
    struct file_node *node = file_node_get(machine, key);
    struct object *object = node ? object_create(&machine->objects, OBJECT_FILE) : NULL;
    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    object->file.fd = -1;
    object->file.access = FILE_DELETE;
    object->file.share = FILE_SHARE_ALL;
    object->file.options = FILE_DELETE_ON_CLOSE;
    bool attached = file_attach(machine, object, node, place);
    object_release(&machine->objects, object);
    return attached ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Arguments: 0 attributes. */
ntstatus_t nt_delete_file(struct nt_call *call)
{
    struct machine *machine = call->machine;
    char path[HOST_PATH_MAX];
    struct host_place place;
    struct host_info info;
    ntstatus_t status;
    if ((status = file_capture_path(call, call->arguments[0], path)) != STATUS_SUCCESS ||
        (status = host_locate(&machine->files, path, &place)) != STATUS_SUCCESS)
        return status;
    if (place.presence == HOST_MISSING)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((status = host_look(&place, &info)) != STATUS_SUCCESS)
        return status;
    struct file_node *node = file_node_find(machine, file_key(&place, &info));
    if (node && node->doomed)
        return STATUS_DELETE_PENDING;
    if ((status = check_delete(machine, node, &place, &info)) != STATUS_SUCCESS ||
        (node && (status = file_check_share(node, FILE_DELETE, FILE_SHARE_ALL)) != STATUS_SUCCESS))
        return status;
    if (info.directory && !host_is_empty(&place))
        return STATUS_DIRECTORY_NOT_EMPTY;
    machine_advance(machine, CLOCK_COST_FILE_IO);
    return open_and_delete(machine, &place, file_key(&place, &info));
}

/* --- The service
 * ------------------------------------------------------------------------------------------------------- */

enum { INFORMATION_MAX = 40 };

static const struct setter {
    uint32_t class, least; /* bytes */
    uint32_t access;
    ntstatus_t (*set)(struct nt_call *call, struct object *file, const void *bytes);
} setters[] = {
    {4, 40, FILE_WRITE_ATTRIBUTES, set_basic},
    {13, 1, FILE_DELETE, set_disposition},
    {14, 8, 0, set_position},
    {16, 4, 0, set_mode},
    {19, 8, FILE_WRITE_DATA, set_allocation},
    {20, 8, FILE_WRITE_DATA, set_end_of_file},
};

static ntstatus_t set_by(struct nt_call *call, const struct setter *setter)
{
    const uint64_t *a = call->arguments;
    uint8_t bytes[INFORMATION_MAX];
    struct object *file;
    unsigned io_output;
    ntstatus_t status;
    if (nt_ulong(call, 3) < setter->least)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = nt_output_io(call, a[1], &io_output)) != STATUS_SUCCESS ||
        (status = guest_read(call->machine, a[2], bytes, setter->least)) != STATUS_SUCCESS)
        return status;
    status = file_with_access(call, 0, setter->access, &file);
    if (status == STATUS_INVALID_DEVICE_REQUEST && setter->set == set_position)
        return file_answer_nothing(call, io_output); /* a device has no position: any will do */
    if (status == STATUS_SUCCESS && !file->file.node)
        status = STATUS_INVALID_DEVICE_REQUEST;
    if (status == STATUS_SUCCESS)
        status = file_take_turn(call, file);
    if (status == STATUS_SUCCESS)
        status = setter->set(call, file, bytes);
    return status == STATUS_SUCCESS ? file_answer_nothing(call, io_output) : status;
}

/* Arguments: 0 file 1 iosb 2 buffer 3 length 4 class. */
ntstatus_t nt_set_information_file(struct nt_call *call)
{
    enum { FILE_RENAME = 10, FILE_CLASS_COUNT = 41 };
    uint32_t class = nt_ulong(call, 4);
    if (class == 0 || class >= FILE_CLASS_COUNT)
        return STATUS_INVALID_INFO_CLASS;
    if (class == FILE_RENAME)
        return nt_rename_file(call);
    for (size_t i = 0; i < sizeof setters / sizeof setters[0]; i++)
        if (setters[i].class == class)
            return set_by(call, &setters[i]);
    return nt_not_modelled(call, "this information class");
}
