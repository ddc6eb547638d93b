/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_rename.c - NtSetInformationFile, class FileRenameInformation. */
#include <stdio.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

struct rename_request {
    struct object *file;
    struct host_place from, to;
    struct host_info info, target_info;
    struct file_node *target; /* that is replaced; NULL: nobody knows it */
    bool replace;             /* as the caller wants it */
};

/* --- Arguments ------------------------------------------------------------------------------------------------ */

/* A name without a folder stays in its folder. */
static ntstatus_t whole_path(struct nt_call *call, const struct object *file, uint64_t root, const char *name,
                             char path[HOST_PATH_MAX])
{
    char own[HOST_PATH_MAX];
    if (root || *name == '\\')
        return file_join_path(call, root, name, path);
    if (strchr(name, '\\') || !host_guest_path(&file->file.place->host, own, sizeof own))
        return STATUS_OBJECT_NAME_INVALID;
    char *slash = strrchr(own, '\\');
    if (!slash)
        return STATUS_ACCESS_DENIED;
    *slash = 0;
    return snprintf(path, HOST_PATH_MAX, "\\??\\%s\\%s", own, name) < HOST_PATH_MAX ? STATUS_SUCCESS
                                                                                    : STATUS_OBJECT_NAME_INVALID;
}

/* FILE_RENAME_INFORMATION. */
static ntstatus_t capture(struct nt_call *call, struct rename_request *request)
{
    const struct guest_layout *layout = call->machine->layout;
    const uint32_t length_at = 2 * layout->pointer, name_at = length_at + 4, length = nt_ulong(call, 3);
    uint8_t head[20];
    uint16_t units[HOST_PATH_MAX];
    char name[HOST_PATH_MAX], path[HOST_PATH_MAX];
    if (length < name_at + 2)
        return STATUS_INFO_LENGTH_MISMATCH;
    ntstatus_t status = guest_read(call->machine, call->arguments[2], head, name_at);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t bytes = get32(head, length_at);
    if (bytes == 0 || bytes % 2 || bytes > length - name_at)
        return STATUS_INVALID_PARAMETER;
    if (bytes > sizeof units)
        return STATUS_OBJECT_NAME_INVALID;
    if ((status = guest_read(call->machine, call->arguments[2] + name_at, units, bytes)) != STATUS_SUCCESS)
        return status;
    if (!utf8_from_utf16(units, bytes / 2, name, sizeof name))
        return STATUS_OBJECT_NAME_INVALID;
    request->replace = head[0];
    status = whole_path(call, request->file, get_pointer(layout, head, layout->pointer), name, path);
    return status == STATUS_SUCCESS ? host_locate(&call->machine->files, path, &request->to) : status;
}

/* --- Checks
 * ------------------------------------------------------------------------------------------------------------ */

static bool is_below(const struct host_place *place, const struct host_place *folder)
{
    size_t length = strlen(folder->path);
    return place->root == folder->root && strncmp(place->path, folder->path, length) == 0 && place->path[length] == '/';
}

/* Has somebody a file below the folder open? */
static bool holds_opens(const struct machine *machine, const struct host_place *folder)
{
    for (unsigned i = 0; i < FILE_BUCKETS; i++)
        for (const struct file_node *node = machine->file_table.buckets[i]; node; node = node->next)
            for (const struct object *open = node->opens; open; open = open->file.next_open)
                if (is_below(&open->file.place->host, folder))
                    return true;
    return false;
}

/* Something has the new name: the file itself, in another spelling, or one that may be replaced. */
static ntstatus_t check_target(struct machine *machine, struct rename_request *request)
{
    struct host_place *to = &request->to;
    ntstatus_t status = host_look(to, &request->target_info);
    if (status != STATUS_SUCCESS)
        return status;
    if (request->target_info.device == request->info.device && request->target_info.inode == request->info.inode &&
        strcmp(to->path, request->from.path) == 0) {
        char *name = strrchr(to->path, '/');
        name = name ? name + 1 : to->path;
        if (name + strlen(to->given) >= to->path + sizeof to->path)
            return STATUS_OBJECT_NAME_INVALID;
        strcpy(name, to->given);
        to->presence = HOST_MISSING;
        return STATUS_SUCCESS;
    }
    if (!request->replace)
        return STATUS_OBJECT_NAME_COLLISION;
    request->target = file_node_find(machine, file_key(to, &request->target_info));
    if (request->target_info.directory || request->info.directory ||
        (file_attributes(request->target, &request->target_info) & FILE_ATTRIBUTE_READONLY) ||
        (request->target && request->target->opens) || mapped_is_used(machine, request->target) ||
        file_is_mapped_image(machine, &request->target_info))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static ntstatus_t check(struct machine *machine, struct rename_request *request)
{
    ntstatus_t status = file_look(request->file, &request->info);
    if (status != STATUS_SUCCESS)
        return status;
    if (request->to.slash)
        return STATUS_OBJECT_NAME_INVALID;
    if (!host_may_change(request->from.root) || !*request->from.path || !*request->to.path)
        return STATUS_ACCESS_DENIED;
    if (request->to.root != request->from.root)
        return STATUS_NOT_SAME_DEVICE;
    if (request->info.directory && holds_opens(machine, &request->from))
        return STATUS_ACCESS_DENIED;
    if (request->info.directory && is_below(&request->to, &request->from))
        return STATUS_INVALID_PARAMETER;
    return request->to.presence == HOST_THERE ? check_target(machine, request) : STATUS_SUCCESS;
}

/* --- The move
 * ---------------------------------------------------------------------------------------------------------- */

static void move_opens(struct rename_request *request)
{
    const char *slash = strrchr(request->to.path, '/');
    const char *name = slash ? slash + 1 : request->to.path;
    struct file_node *node = request->file->file.node;
    request->to.presence = HOST_THERE;
    if (node->doomed && strcmp(node->doomed->host.path, request->from.path) == 0)
        node->doomed->host = request->to;
    for (struct object *open = node->opens; open; open = open->file.next_open) {
        if (open->file.place->host.root != request->from.root ||
            strcmp(open->file.place->host.path, request->from.path) != 0)
            continue;
        open->file.place->host = request->to;
        memset(open->name, 0, sizeof open->name);
        memcpy(open->name, name, strnlen(name, OBJECT_NAME_MAX - 1));
    }
}

static ntstatus_t apply(struct machine *machine, struct rename_request *request)
{
    struct file_node *node = request->file->file.node;
    struct file_node *from = file_folder_node(machine, &request->from), *to = file_folder_node(machine, &request->to);
    bool replaces = request->to.presence == HOST_THERE;
    if (strcmp(request->from.path, request->to.path) == 0)
        return STATUS_SUCCESS;
    ntstatus_t status = host_rename(&request->from, &request->to, replaces);
    if (status != STATUS_SUCCESS)
        return status;
    if (request->target && request->target_info.links == 1)
        file_node_forget(machine, request->target);
    file_freeze_times(node, &request->info);
    node->name_unsaved = true;
    node->times[TIME_CHANGE] = clock_system_time(&machine->clock);
    file_touch(machine, from);
    file_touch(machine, to);
    move_opens(request);
    return STATUS_SUCCESS;
}

/* Arguments: 0 file 1 iosb 2 buffer 3 length. */
ntstatus_t nt_rename_file(struct nt_call *call)
{
    struct rename_request request = {0};
    unsigned io_output;
    ntstatus_t status;
    if ((status = nt_output_io(call, call->arguments[1], &io_output)) != STATUS_SUCCESS ||
        (status = file_with_access(call, 0, FILE_DELETE, &request.file)) != STATUS_SUCCESS ||
        (status = file_take_turn(call, request.file)) != STATUS_SUCCESS)
        return status;
    if (!request.file->file.place)
        return STATUS_INVALID_DEVICE_REQUEST;
    request.from = request.file->file.place->host;
    if ((status = capture(call, &request)) != STATUS_SUCCESS ||
        (status = check(call->machine, &request)) != STATUS_SUCCESS)
        return status;
    machine_advance(call->machine, CLOCK_COST_FILE_IO);
    status = apply(call->machine, &request);
    return status == STATUS_SUCCESS ? file_answer_nothing(call, io_output) : status;
}
