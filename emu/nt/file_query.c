/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_query.c - what a file is: NtQueryInformationFile, NtQueryAttributesFile, NtQueryFullAttributesFile. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- Handles ----------------------------------------------------------------------------------------------------- */

ntstatus_t file_of_handle(struct nt_call *call, unsigned index, struct object **ret_object, uint32_t *ret_access)
{
    const struct handle_table *handles = &machine_process(call->machine)->handles;
    const struct handle_entry *entry = repetition_find(call->machine, handles, nt_handle(call, index));
    if (!entry)
        return STATUS_INVALID_HANDLE;
    enum object_type type = entry->object->type;
    if (type != OBJECT_FILE && type != OBJECT_CONSOLE && type != OBJECT_NUL)
        return STATUS_OBJECT_TYPE_MISMATCH;
    *ret_object = entry->object;
    *ret_access = entry->access;
    return STATUS_SUCCESS;
}

ntstatus_t file_with_access(struct nt_call *call, unsigned index, uint32_t access, struct object **ret_object)
{
    uint32_t granted;
    ntstatus_t status = file_of_handle(call, index, ret_object, &granted);
    if (status != STATUS_SUCCESS)
        return status;
    if ((granted & access) != access)
        return STATUS_ACCESS_DENIED;
    return (*ret_object)->type == OBJECT_FILE ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

ntstatus_t file_look(const struct object *object, struct host_info *ret_info)
{
    *ret_info = (struct host_info){.links = 1, .directory = object->type == OBJECT_FILE && object->file.directory};
    if (object->type != OBJECT_FILE)
        return STATUS_SUCCESS;
    if (object->file.fd >= 0)
        return host_look_at(object->file.fd, ret_info);
    return object->file.directory && object->file.place ? host_look(&object->file.place->host, ret_info)
                                                        : STATUS_SUCCESS;
}

/* --- Answers ----------------------------------------------------------------------------------------------------- */

ntstatus_t file_answer(struct nt_call *call, const void *bytes, uint32_t length, uint32_t least)
{
    const uint64_t *a = call->arguments; /* 0 file 1 iosb 2 buffer 3 length */
    uint32_t room = nt_ulong(call, 3), given = room < length ? room : length;
    unsigned io_output, buffer;
    ntstatus_t status;
    if (room < least)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = nt_output_io(call, a[1], &io_output)) != STATUS_SUCCESS ||
        (status = nt_output(call, a[2], given, &buffer)) != STATUS_SUCCESS)
        return status;
    status = given < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    nt_put(call, buffer, 0, bytes, given);
    nt_put_io(call, io_output, status, given);
    return status;
}

ntstatus_t file_answer_nothing(struct nt_call *call, unsigned io_output)
{
    nt_put_io(call, io_output, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

/* --- Information classes ------------------------------------------------------------------------------------------ */

enum information_class {
    FILE_BASIC = 4,
    FILE_STANDARD = 5,
    FILE_INTERNAL = 6,
    FILE_EA = 7,
    FILE_ACCESS = 8,
    FILE_NAME = 9,
    FILE_POSITION = 14,
    FILE_MODE = 16,
    FILE_ALIGNMENT = 17,
    FILE_ALL = 18,
    FILE_STREAM = 22,
    FILE_NETWORK_OPEN = 34,
    FILE_ATTRIBUTE_TAG = 35,
    FILE_CLASS_COUNT = 41,
};

struct basic {
    uint64_t times[FILE_TIMES];
    uint32_t attributes, reserved;
};

struct standard {
    uint64_t allocation, end;
    uint32_t links;
    uint8_t delete_pending, directory;
    uint16_t reserved;
};

struct network_open {
    uint64_t times[FILE_TIMES], allocation, end;
    uint32_t attributes, reserved;
};

/* FILE_ALL_INFORMATION up to the name's length. */
struct all {
    struct basic basic;
    struct standard standard;
    uint64_t number;
    uint32_t ea_size, access;
    uint64_t position;
    uint32_t mode, alignment, name_length;
};

enum { NAME_AT_ALL = 100, NAME_ROOM = 2 * HOST_PATH_MAX };
_Static_assert(offsetof(struct all, name_length) == NAME_AT_ALL - 4, "FILE_ALL_INFORMATION");

/* What a query is about. */
struct query {
    const struct object *object;
    struct file_node *node; /* NULL: a device */
    struct host_info info;
    uint32_t access;
};

static struct basic basic_of(const struct file_node *node, const struct host_info *info)
{
    struct basic basic = {.attributes = file_attributes(node, info)};
    file_times(node, info, basic.times);
    return basic;
}

static struct network_open network_open_of(const struct file_node *node, const struct host_info *info)
{
    struct network_open network_open = {
        .allocation = file_allocation(info->size), .end = info->size, .attributes = file_attributes(node, info)};
    file_times(node, info, network_open.times);
    return network_open;
}

static struct standard standard_of(const struct query *query)
{
    bool pending = query->node && query->node->doomed;
    return (struct standard){file_allocation(query->info.size),
                             query->info.size,
                             query->info.links - (pending ? 1 : 0),
                             pending,
                             query->info.directory,
                             0};
}

static uint32_t mode_of(const struct object *object)
{
    return object->type == OBJECT_FILE ? object->file.options & FILE_MODE_OPTIONS : FILE_SYNCHRONOUS_IO_NONALERT;
}

static uint64_t position_of(const struct object *object)
{
    return object->type == OBJECT_FILE ? object->file.position : 0;
}

/* The name from the volume's root on: "\work\a.txt".  => bytes of UTF-16. */
static uint32_t name_of(const struct query *query, uint16_t name[NAME_ROOM / 2])
{
    char path[HOST_PATH_MAX];
    const struct object *object = query->object;
    if (object->type != OBJECT_FILE || !object->file.place ||
        !host_guest_path(&object->file.place->host, path, sizeof path))
        return 0;
    return 2 * utf16_from_utf8(path[2] ? path + 2 : "\\", name, NAME_ROOM / 2);
}

static ntstatus_t answer_name(struct nt_call *call, const struct query *query)
{
    struct {
        uint32_t length;
        uint16_t name[NAME_ROOM / 2];
    } information;
    information.length = name_of(query, information.name);
    return file_answer(call, &information, 4 + information.length, 8);
}

static ntstatus_t answer_all(struct nt_call *call, const struct query *query)
{
    uint8_t bytes[NAME_AT_ALL + NAME_ROOM];
    uint16_t name[NAME_ROOM / 2];
    struct all all = {.basic = basic_of(query->node, &query->info),
                      .standard = standard_of(query),
                      .number = query->node ? file_number(call->machine, query->node) : 0,
                      .access = query->access,
                      .position = position_of(query->object),
                      .mode = mode_of(query->object),
                      .name_length = name_of(query, name)};
    memcpy(bytes, &all, NAME_AT_ALL);
    memcpy(bytes + NAME_AT_ALL, name, all.name_length);
    return file_answer(call, bytes, NAME_AT_ALL + all.name_length, NAME_AT_ALL + 4);
}

/* The data are the only stream; a folder has none. */
static ntstatus_t answer_stream(struct nt_call *call, const struct query *query)
{
    static const char name[] = "::$DATA";
    struct {
        uint32_t next, name_length;
        uint64_t size, allocation;
        uint16_t name[sizeof name - 1];
    } stream = {0, 2 * (sizeof name - 1), query->info.size, file_allocation(query->info.size), {0}};
    for (size_t i = 0; i < sizeof name - 1; i++)
        stream.name[i] = (uint16_t)name[i];
    return query->info.directory ? file_answer(call, NULL, 0, 0)
                                 : file_answer(call, &stream, 24 + sizeof stream.name, 32);
}

static ntstatus_t answer_class(struct nt_call *call, const struct query *query)
{
    struct basic basic = basic_of(query->node, &query->info);
    struct standard standard = standard_of(query);
    struct network_open network_open = network_open_of(query->node, &query->info);
    uint64_t wide[2] = {0};
    uint32_t narrow[2] = {0};
    switch (nt_ulong(call, 4)) {
    case FILE_BASIC: return file_answer(call, &basic, sizeof basic, sizeof basic);
    case FILE_STANDARD: return file_answer(call, &standard, sizeof standard, sizeof standard);
    case FILE_INTERNAL:
        wide[0] = query->node ? file_number(call->machine, query->node) : 0;
        return file_answer(call, wide, 8, 8);
    case FILE_POSITION: wide[0] = position_of(query->object); return file_answer(call, wide, 8, 8);
    case FILE_ACCESS: narrow[0] = query->access; return file_answer(call, narrow, 4, 4);
    case FILE_MODE: narrow[0] = mode_of(query->object); return file_answer(call, narrow, 4, 4);
    case FILE_EA: /* there are none */
    case FILE_ALIGNMENT: /* FILE_BYTE_ALIGNMENT */ return file_answer(call, narrow, 4, 4);
    case FILE_NAME: return answer_name(call, query);
    case FILE_ALL: return answer_all(call, query);
    case FILE_STREAM: return answer_stream(call, query);
    case FILE_NETWORK_OPEN: return file_answer(call, &network_open, sizeof network_open, sizeof network_open);
    case FILE_ATTRIBUTE_TAG: narrow[0] = basic.attributes; return file_answer(call, narrow, 8, 8);
    default: return nt_not_modelled(call, "this information class");
    }
}

/* Arguments: 0 file 1 iosb 2 buffer 3 length 4 class. */
ntstatus_t nt_query_information_file(struct nt_call *call)
{
    struct object *object;
    struct query query;
    uint32_t class = nt_ulong(call, 4);
    if (class == 0 || class >= FILE_CLASS_COUNT)
        return STATUS_INVALID_INFO_CLASS;
    ntstatus_t status = file_of_handle(call, 0, &object, &query.access);
    if (status != STATUS_SUCCESS)
        return status;
    bool needs_right =
        class == FILE_BASIC || class == FILE_ALL || class == FILE_NETWORK_OPEN || class == FILE_ATTRIBUTE_TAG;
    if (needs_right && !(query.access & FILE_READ_ATTRIBUTES))
        return STATUS_ACCESS_DENIED;
    if ((status = file_take_turn(call, object)) != STATUS_SUCCESS)
        return status;
    query.object = object;
    query.node = object->type == OBJECT_FILE ? object->file.node : NULL;
    status = file_look(object, &query.info);
    return status == STATUS_SUCCESS ? answer_class(call, &query) : status;
}

/* --- By name -------------------------------------------------------------------------------------------------- */

/* What a name is for.  => the failures of opening it. */
static ntstatus_t look_at_name(struct nt_call *call, struct host_info *ret_info, struct file_node **ret_node)
{
    char path[HOST_PATH_MAX];
    struct host_place place;
    ntstatus_t status;
    if ((status = file_capture_path(call, call->arguments[0], path)) != STATUS_SUCCESS ||
        (status = host_locate(&call->machine->files, path, &place)) != STATUS_SUCCESS)
        return status;
    if (place.presence == HOST_MISSING)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((status = host_look(&place, ret_info)) != STATUS_SUCCESS)
        return status;
    *ret_node = file_node_find(call->machine, file_key(&place, ret_info));
    if (*ret_node && (*ret_node)->doomed)
        return STATUS_DELETE_PENDING;
    return place.slash && !ret_info->directory ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
}

static ntstatus_t answer_by_name(struct nt_call *call, const void *bytes, uint32_t length)
{
    unsigned output;
    ntstatus_t status = nt_output(call, call->arguments[1], length, &output);
    if (status != STATUS_SUCCESS)
        return status;
    nt_put(call, output, 0, bytes, length);
    machine_advance(call->machine, CLOCK_COST_FILE_IO);
    return STATUS_SUCCESS;
}

/* Arguments: 0 attributes 1 *information. */
ntstatus_t nt_query_attributes_file(struct nt_call *call)
{
    struct host_info info;
    struct file_node *node;
    ntstatus_t status = look_at_name(call, &info, &node);
    if (status != STATUS_SUCCESS)
        return status;
    struct basic basic = basic_of(node, &info);
    return answer_by_name(call, &basic, sizeof basic);
}

ntstatus_t nt_query_full_attributes_file(struct nt_call *call)
{
    struct host_info info;
    struct file_node *node;
    ntstatus_t status = look_at_name(call, &info, &node);
    if (status != STATUS_SUCCESS)
        return status;
    struct network_open network_open = network_open_of(node, &info);
    return answer_by_name(call, &network_open, sizeof network_open);
}
