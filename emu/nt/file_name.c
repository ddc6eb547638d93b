/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_name.c - names of files as services get them. */
#include <stdio.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/file.h"

ntstatus_t file_join_path(struct nt_call *call, uint64_t root, const char *name, char path[HOST_PATH_MAX])
{
    struct nt_call one = *call; /* the handle as if it were the argument */
    struct object *folder;
    char below[HOST_PATH_MAX];
    if (!root) {
        snprintf(path, HOST_PATH_MAX, "%s", name);
        return *name ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    one.arguments[0] = root;
    ntstatus_t status = nt_object(&one, 0, (struct object_want){OBJECT_FILE, 0}, &folder);
    if (status != STATUS_SUCCESS)
        return status;
    if (!folder->file.directory || !folder->file.place)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (*name == '\\')
        return STATUS_OBJECT_NAME_INVALID;
    if (!host_guest_path(&folder->file.place->host, below, sizeof below))
        return STATUS_OBJECT_NAME_INVALID;
    int length = snprintf(path, HOST_PATH_MAX, "\\??\\%s%s%s", below, *name ? "\\" : "", name);
    return length < HOST_PATH_MAX ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

ntstatus_t file_capture_path(struct nt_call *call, va_t attributes_at, char path[HOST_PATH_MAX])
{
    char name[HOST_PATH_MAX] = "";
    struct nt_attributes attributes;
    if (!attributes_at)
        return STATUS_INVALID_PARAMETER;
    ntstatus_t status = nt_attributes(call, attributes_at, &attributes);
    if (status == STATUS_SUCCESS && attributes.name)
        status = guest_read_string(call->machine, attributes.name, name, sizeof name);
    return status == STATUS_SUCCESS ? file_join_path(call, attributes.root, name, path) : status;
}
