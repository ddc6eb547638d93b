/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - the file services by name; those with little to do. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

#define STATUS_NOT_A_REPARSE_POINT 0xC0000275u

/* fsync(); what has no disk is as safe as it can be. */
static ntstatus_t synchronize(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL || errno == EROFS ? STATUS_SUCCESS : host_status(errno);
}

/* The folder that holds the name. */
static ntstatus_t save_name(const struct host_place *place)
{
    const char *name;
    int folder = host_open_parent(place, &name);
    if (folder < 0)
        return host_status(errno);
    ntstatus_t status = synchronize(folder);
    close(folder);
    return status;
}

/* From the file up: each folder on the way that is new has a name to be saved, too. */
static ntstatus_t save_names(struct machine *machine, struct file_node *node, struct host_place place)
{
    ntstatus_t status = STATUS_SUCCESS;
    struct host_info info;
    while (node && node->name_unsaved && *place.path) {
        if ((status = save_name(&place)) != STATUS_SUCCESS)
            return status;
        node->name_unsaved = false;
        char *slash = strrchr(place.path, '/');
        place.path[slash ? slash - place.path : 0] = 0;
        if ((status = host_look(&place, &info)) != STATUS_SUCCESS)
            return status;
        node = file_node_find(machine, file_key(&place, &info));
    }
    return status;
}

ntstatus_t file_flush(struct machine *machine, const struct object *object)
{
    const struct file_place *place = object->file.place;
    if (object->file.fd < 0 || (place && (!place->host.root || place->host.root->mode != HOST_WRITABLE)))
        return STATUS_SUCCESS;
    ntstatus_t status = synchronize(object->file.fd);
    return status == STATUS_SUCCESS && place ? save_names(machine, object->file.node, place->host) : status;
}

/* Arguments: 0 file 1 iosb. */
ntstatus_t nt_flush_buffers_file(struct nt_call *call)
{
    struct object *object;
    uint32_t access;
    unsigned io_output;
    ntstatus_t status;
    if ((status = nt_output_io(call, call->arguments[1], &io_output)) != STATUS_SUCCESS ||
        (status = file_of_handle(call, 0, &object, &access)) != STATUS_SUCCESS ||
        (status = file_take_turn(call, object)) != STATUS_SUCCESS)
        return status;
    if (object->type == OBJECT_FILE && !(access & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return STATUS_ACCESS_DENIED;
    if (object->type == OBJECT_FILE && ((status = cache_flush(call->machine, object, 0, 0)) != STATUS_SUCCESS ||
                                        (status = file_flush(call->machine, object)) != STATUS_SUCCESS))
        return status;
    return file_answer_nothing(call, io_output);
}

/* No device of the machine has controls.  Arguments: 0 file 1 event 2 apc 3 its context 4 iosb 5 code ... */
ntstatus_t nt_device_io_control_file(struct nt_call *call)
{
    struct object *object;
    uint32_t access;
    ntstatus_t status = file_of_handle(call, 0, &object, &access);
    return status == STATUS_SUCCESS ? STATUS_INVALID_DEVICE_REQUEST : status;
}

ntstatus_t nt_fs_control_file(struct nt_call *call)
{
    enum { FSCTL_GET_REPARSE_POINT = 0x900A8 };
    struct object *object;
    uint32_t access;
    ntstatus_t status = file_of_handle(call, 0, &object, &access);
    if (status != STATUS_SUCCESS)
        return status;
    return object->type == OBJECT_FILE && nt_ulong(call, 5) == FSCTL_GET_REPARSE_POINT ? STATUS_NOT_A_REPARSE_POINT
                                                                                       : STATUS_INVALID_DEVICE_REQUEST;
}

const struct nt_service nt_services_file[] = {
    {"NtOpenFile", 6, nt_open_file},
    {"NtCreateFile", 11, nt_create_file},
    {"NtReadFile", 9, nt_read_file},
    {"NtWriteFile", 9, nt_write_file},
    {"NtQueryAttributesFile", 2, nt_query_attributes_file},
    {"NtQueryFullAttributesFile", 2, nt_query_full_attributes_file},
    {"NtQueryInformationFile", 5, nt_query_information_file},
    {"NtSetInformationFile", 5, nt_set_information_file},
    {"NtQueryDirectoryFile", 11, nt_query_directory_file},
    {"NtQueryVolumeInformationFile", 5, nt_query_volume_information_file},
    {"NtDeleteFile", 1, nt_delete_file},
    {"NtFlushBuffersFile", 2, nt_flush_buffers_file},
    {"NtLockFile", 10, nt_lock_file},
    {"NtUnlockFile", 5, nt_unlock_file},
    {"NtDeviceIoControlFile", 10, nt_device_io_control_file},
    {"NtFsControlFile", 10, nt_fs_control_file},
    {0},
};
