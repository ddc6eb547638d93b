/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_volume.c - NtQueryVolumeInformationFile: every drive is a volume of the same fixed size, whatever the host's. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* 8 GB, of which 4 GB are free, in clusters of 4 KB. */
enum { VOLUME_CLUSTERS = 2 << 20, VOLUME_FREE = 1 << 20, VOLUME_SERIAL = 0x5F460000 };

enum volume_class {
    FS_VOLUME = 1,
    FS_SIZE = 3,
    FS_DEVICE = 4,
    FS_ATTRIBUTE = 5,
    FS_FULL_SIZE = 7,
    FS_CLASS_COUNT = 10,
};

enum {
    FILE_DEVICE_DISK = 7,
    FILE_DEVICE_NULL = 0x15,
    FILE_DEVICE_CONSOLE = 0x50,
    FILE_CASE_PRESERVED_NAMES = 2,
    FILE_UNICODE_ON_DISK = 4,
};

static uint32_t device_of(const struct object *object)
{
    switch (object->type) {
    case OBJECT_CONSOLE: return FILE_DEVICE_CONSOLE;
    case OBJECT_NUL: return FILE_DEVICE_NULL;
    default: return FILE_DEVICE_DISK;
    }
}

/* 'C' for what is in C:\work. */
static uint32_t letter_of(const struct object *object)
{
    char path[HOST_PATH_MAX];
    if (!object->file.place || !host_guest_path(&object->file.place->host, path, sizeof path))
        return 'C';
    return (uint32_t)(path[0] & ~0x20);
}

static ntstatus_t answer_volume(struct nt_call *call, const struct object *object)
{
    struct {
        uint64_t created;
        uint32_t serial, label_length;
        uint8_t supports_objects, reserved;
        uint16_t label[3];
    } volume = {CLOCK_BOOT_SYSTEM_TIME, VOLUME_SERIAL | letter_of(object), 0, 0, 0, {0}};
    return file_answer(call, &volume, 18, 18);
}

static ntstatus_t answer_attribute(struct nt_call *call)
{
    static const struct {
        uint32_t attributes, longest, name_length;
        uint16_t name[4];
    } attribute = {FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK, HOST_COMPONENT_UNITS, 8, {'N', 'T', 'F', 'S'}};
    return file_answer(call, &attribute, sizeof attribute, 16);
}

/* Arguments: 0 file 1 iosb 2 buffer 3 length 4 class. */
ntstatus_t nt_query_volume_information_file(struct nt_call *call)
{
    struct {
        uint64_t total, free;
        uint32_t sectors, sector;
    } size = {VOLUME_CLUSTERS, VOLUME_FREE, FILE_CLUSTER / FILE_SECTOR, FILE_SECTOR};
    struct {
        uint64_t total, caller_free, free;
        uint32_t sectors, sector;
    } full = {VOLUME_CLUSTERS, VOLUME_FREE, VOLUME_FREE, FILE_CLUSTER / FILE_SECTOR, FILE_SECTOR};
    struct object *object;
    uint32_t class = nt_ulong(call, 4), access, device[2] = {0, 0};
    if (class == 0 || class >= FS_CLASS_COUNT)
        return STATUS_INVALID_INFO_CLASS;
    ntstatus_t status = file_of_handle(call, 0, &object, &access);
    if (status != STATUS_SUCCESS || (status = file_take_turn(call, object)) != STATUS_SUCCESS)
        return status;
    device[0] = device_of(object);
    if (class != FS_DEVICE && device[0] != FILE_DEVICE_DISK)
        return STATUS_INVALID_DEVICE_REQUEST;
    switch (class) {
    case FS_VOLUME: return answer_volume(call, object);
    case FS_SIZE: return file_answer(call, &size, sizeof size, sizeof size);
    case FS_DEVICE: return file_answer(call, device, sizeof device, sizeof device);
    case FS_ATTRIBUTE: return answer_attribute(call);
    case FS_FULL_SIZE: return file_answer(call, &full, sizeof full, sizeof full);
    default: return nt_not_modelled(call, "this information class");
    }
}
