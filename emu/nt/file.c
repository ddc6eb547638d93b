/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - file services, by name: open, create, query.  Reading and writing is in transfer.c.
 *
 * All I/O is synchronous.  Names go to host_file.c, which sees only what --dir gives; the console and NUL are the only
 * devices. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "emu/machine_internal.h"

#define STATUS_NOT_A_DIRECTORY 0xC0000103u

enum {
    FILE_DIRECTORY_FILE = 0x1,
    FILE_NON_DIRECTORY_FILE = 0x40,
    FILE_DELETE_ON_CLOSE = 0x1000,
    FILE_ATTRIBUTE_DIRECTORY = 0x10,
    FILE_ATTRIBUTE_ARCHIVE = 0x20,
    FILE_DEVICE_DISK = 7,
    FILE_DEVICE_NULL = 0x15,
    FILE_DEVICE_CONSOLE = 0x50,
    FILE_OPENED = 1,
};

/* FILE_WRITE_DATA, APPEND_DATA, WRITE_EA, DELETE_CHILD, WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER,
 * GENERIC_ALL, GENERIC_WRITE. */
#define ACCESS_CHANGES (0x2u | 0x4u | 0x10u | 0x40u | 0x100u | 0x10000u | 0xC0000u | 0x10000000u | 0x40000000u)

struct open_request {
    struct host_open host;
    uint32_t options, attributes; /* FILE_*, OBJ_* */
    enum object_type device;      /* NONE: a file */
    int console;
};

/* --- Names ------------------------------------------------------------------------------------------------- */

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

/* OBJECT_ATTRIBUTES to a path in UTF-8. */
static ntstatus_t capture_path(struct nt_call *call, va_t attributes_at, char path[HOST_PATH_MAX])
{
    const struct guest_layout *layout = call->machine->layout;
    uint8_t attributes[0x30];
    ntstatus_t status = guest_read(call->machine, attributes_at, attributes, layout->object_attributes.size);
    if (status != STATUS_SUCCESS)
        return status;
    va_t name = get_pointer(layout, attributes, layout->object_attributes.ObjectName);
    if (get32(attributes, layout->object_attributes.Length) != layout->object_attributes.size)
        return STATUS_INVALID_PARAMETER;
    if (get_pointer(layout, attributes, layout->object_attributes.RootDirectory))
        return nt_not_modelled(call, "a name relative to a directory handle");
    if (!name)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    return guest_read_string(call->machine, name, path, HOST_PATH_MAX);
}

/* --- Open and create --------------------------------------------------------------------------------------- */

static ntstatus_t open_host(struct machine *machine, struct open_request *request)
{
    struct host_open *host = &request->host;
    ntstatus_t status = host_file_open(&machine->files, host);
    if (status != STATUS_SUCCESS)
        return status;
    bool wants_directory = request->options & FILE_DIRECTORY_FILE;
    if (host->directory && (request->options & FILE_NON_DIRECTORY_FILE))
        status = STATUS_FILE_IS_A_DIRECTORY;
    else if (!host->directory && wants_directory)
        status = STATUS_NOT_A_DIRECTORY;
    if (status != STATUS_SUCCESS)
        close(host->fd);
    return status;
}

static ntstatus_t fill_object(struct machine *machine, struct open_request *request, struct object *object)
{
    if (request->device == OBJECT_CONSOLE)
        object->console.fd = request->console;
    if (request->device != OBJECT_NONE)
        return STATUS_SUCCESS;
    object->file.fd = -1;
    ntstatus_t status = open_host(machine, request);
    if (status != STATUS_SUCCESS)
        return status;
    object->file.fd = request->host.fd;
    object->file.directory = request->host.directory;
    object->file.may_write = request->host.write;
    size_t length = strnlen(request->host.name, OBJECT_NAME_MAX - 1);
    memcpy(object->name, request->host.name, length);
    return STATUS_SUCCESS;
}

/* The plan is over: outputs are held, so that nothing fails after the host's file was touched. */
static ntstatus_t open_object(struct nt_call *call, struct open_request *request, unsigned handle_output,
                              unsigned io_output)
{
    const uint32_t attributes = request->attributes;
    struct object_table *table = &call->machine->objects;
    struct object *object = object_create(table, request->device == OBJECT_NONE ? OBJECT_FILE : request->device);
    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->host.did = FILE_OPENED;
    ntstatus_t status = fill_object(call->machine, request, object);
    uint32_t handle = status == STATUS_SUCCESS ? nt_new_handle(call, object, nt_ulong(call, 1), attributes) : 0;
    object_release(table, object);
    if (status == STATUS_SUCCESS && !handle)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (status == STATUS_SUCCESS) {
        nt_put_pointer(call, handle_output, handle);
        nt_put_io(call, io_output, STATUS_SUCCESS, request->host.did);
    }
    return status;
}

static ntstatus_t open_or_create(struct nt_call *call, uint32_t disposition, uint32_t options)
{
    const uint64_t *a = call->arguments;
    char path[HOST_PATH_MAX];
    struct open_request request = {.options = options};
    unsigned handle_output, io_output;
    ntstatus_t status;
    if (disposition >= FILE_DISPOSITION_COUNT ||
        ((options & FILE_DIRECTORY_FILE) && (options & FILE_NON_DIRECTORY_FILE)))
        return STATUS_INVALID_PARAMETER;
    struct nt_attributes attributes;
    if ((status = nt_output_pointer(call, a[0], &handle_output)) != STATUS_SUCCESS ||
        (status = nt_output_io(call, a[3], &io_output)) != STATUS_SUCCESS ||
        (status = capture_path(call, a[2], path)) != STATUS_SUCCESS ||
        (status = nt_attributes(call, a[2], &attributes)) != STATUS_SUCCESS)
        return status;
    request.attributes = attributes.flags;
    if (options & FILE_DELETE_ON_CLOSE)
        return nt_not_modelled(call, "FILE_DELETE_ON_CLOSE");
    if ((options & FILE_DIRECTORY_FILE) && disposition != FILE_OPEN && disposition != FILE_OPEN_IF)
        return nt_not_modelled(call, "making a directory");
    request.host.path = path;
    request.host.disposition = (enum host_disposition)disposition;
    request.host.write = nt_ulong(call, 1) & ACCESS_CHANGES;
    is_device(&request, path);
    machine_advance(call->machine, CLOCK_COST_FILE_IO);
    return open_object(call, &request, handle_output, io_output);
}

static ntstatus_t create_file(struct nt_call *call)
{
    return open_or_create(call, nt_ulong(call, 7), nt_ulong(call, 8));
}

static ntstatus_t open_file(struct nt_call *call)
{
    return open_or_create(call, FILE_OPEN, nt_ulong(call, 5));
}

/* --- Queries ----------------------------------------------------------------------------------------------- */

struct file_basic_information {
    uint64_t CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    uint32_t FileAttributes, reserved;
};

/* The host's times would make runs differ: every file is as old as the system. */
static struct file_basic_information basic_information(bool directory)
{
    const uint64_t when = CLOCK_BOOT_SYSTEM_TIME;
    return (struct file_basic_information){
        when, when, when, when, directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE, 0};
}

static ntstatus_t query_attributes(struct nt_call *call)
{
    char path[HOST_PATH_MAX];
    struct host_open request = {.path = path, .disposition = FILE_OPEN, .look_only = true};
    unsigned output;
    ntstatus_t status;
    if ((status = capture_path(call, call->arguments[0], path)) != STATUS_SUCCESS ||
        (status = nt_output(call, call->arguments[1], sizeof(struct file_basic_information), &output)) !=
            STATUS_SUCCESS ||
        (status = host_file_open(&call->machine->files, &request)) != STATUS_SUCCESS)
        return status;
    struct file_basic_information basic = basic_information(request.directory);
    nt_put(call, output, 0, &basic, sizeof basic);
    return STATUS_SUCCESS;
}

static uint64_t file_size(const struct object *object)
{
    off_t end = object->type == OBJECT_FILE && !object->file.directory ? lseek(object->file.fd, 0, SEEK_END) : 0;
    return end < 0 ? 0 : (uint64_t)end;
}

/* Information goes to buffer, and IO_STATUS_BLOCK says how much. */
static ntstatus_t answer_io(struct nt_call *call, const void *bytes, uint32_t length)
{
    const uint64_t *a = call->arguments; /* 0 file 1 iosb 2 buffer 3 length */
    unsigned io_output, buffer;
    ntstatus_t status;
    if (nt_ulong(call, 3) < length)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = nt_output_io(call, a[1], &io_output)) != STATUS_SUCCESS ||
        (status = nt_output(call, a[2], length, &buffer)) != STATUS_SUCCESS)
        return status;
    nt_put(call, buffer, 0, bytes, length);
    nt_put_io(call, io_output, STATUS_SUCCESS, length);
    return STATUS_SUCCESS;
}

static bool is_file(const struct object *object)
{
    return object && (object->type == OBJECT_FILE || object->type == OBJECT_CONSOLE || object->type == OBJECT_NUL);
}

/* The object of a file handle, console and NUL included. */
static ntstatus_t reference_file(struct nt_call *call, struct object **ret_object)
{
    struct object *object = object_of_handle(&machine_process(call->machine)->handles, nt_handle(call, 0));
    if (!object)
        return STATUS_INVALID_HANDLE;
    *ret_object = object;
    return is_file(object) ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

enum { FILE_BASIC = 4, FILE_STANDARD = 5, FILE_POSITION = 14 };

static ntstatus_t query_information(struct nt_call *call)
{
    struct object *object;
    ntstatus_t status = reference_file(call, &object);
    if (status != STATUS_SUCCESS)
        return status;
    bool directory = object->type == OBJECT_FILE && object->file.directory;
    uint32_t class = nt_ulong(call, 4);
    if (class == FILE_BASIC) {
        struct file_basic_information basic = basic_information(directory);
        return answer_io(call, &basic, sizeof basic);
    }
    if (class == FILE_STANDARD) {
        uint64_t size = file_size(object);
        struct {
            uint64_t AllocationSize, EndOfFile;
            uint32_t NumberOfLinks;
            uint8_t DeletePending, Directory;
            uint16_t padding;
        } standard = {(size + MMU_PAGE_MASK) & ~(uint64_t)MMU_PAGE_MASK, size, 1, 0, directory, 0};
        return answer_io(call, &standard, sizeof standard);
    }
    if (class == FILE_POSITION) {
        uint64_t position = object->type == OBJECT_FILE ? object->file.position : 0;
        return answer_io(call, &position, sizeof position);
    }
    return nt_not_modelled(call, "this information class");
}

static ntstatus_t set_information(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct object *object;
    uint64_t position;
    unsigned io_output;
    ntstatus_t status;
    if (nt_ulong(call, 4) != FILE_POSITION)
        return nt_not_modelled(call, "this information class");
    if (nt_ulong(call, 3) < sizeof position)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = nt_output_io(call, a[1], &io_output)) != STATUS_SUCCESS ||
        (status = guest_read(call->machine, a[2], &position, sizeof position)) != STATUS_SUCCESS ||
        (status = reference_file(call, &object)) != STATUS_SUCCESS)
        return status;
    if (position > INT64_MAX)
        return STATUS_INVALID_PARAMETER;
    if (object->type == OBJECT_FILE)
        object->file.position = position;
    nt_put_io(call, io_output, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

static ntstatus_t query_volume(struct nt_call *call)
{
    enum { FS_DEVICE = 4 };
    struct object *object;
    ntstatus_t status = reference_file(call, &object);
    if (status != STATUS_SUCCESS)
        return status;
    if (nt_ulong(call, 4) != FS_DEVICE)
        return nt_not_modelled(call, "this information class");
    uint32_t device[2] = {FILE_DEVICE_DISK, 0};
    if (object->type == OBJECT_CONSOLE)
        device[0] = FILE_DEVICE_CONSOLE;
    else if (object->type == OBJECT_NUL)
        device[0] = FILE_DEVICE_NULL;
    return answer_io(call, device, sizeof device);
}

/* Nothing is cached on this side. */
static ntstatus_t flush_buffers(struct nt_call *call)
{
    struct object *object;
    unsigned io_output;
    ntstatus_t status;
    if ((status = nt_output_io(call, call->arguments[1], &io_output)) != STATUS_SUCCESS ||
        (status = reference_file(call, &object)) != STATUS_SUCCESS)
        return status;
    nt_put_io(call, io_output, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

const struct nt_service nt_services_file[] = {
    {"NtOpenFile", 6, open_file},
    {"NtCreateFile", 11, create_file},
    {"NtReadFile", 9, nt_read_file},
    {"NtWriteFile", 9, nt_write_file},
    {"NtQueryAttributesFile", 2, query_attributes},
    {"NtQueryInformationFile", 5, query_information},
    {"NtSetInformationFile", 5, set_information},
    {"NtQueryVolumeInformationFile", 5, query_volume},
    {"NtFlushBuffersFile", 2, flush_buffers},
    {0},
};
