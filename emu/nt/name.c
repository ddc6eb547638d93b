/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name.c - making and opening objects, with names and without: what all Nt-Create and Nt-Open services of the object
 * manager have in common. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- OBJECT_ATTRIBUTES --------------------------------------------------------------------------------------- */

ntstatus_t nt_attributes(struct nt_call *call, va_t va, struct nt_attributes *ret_attributes)
{
    const struct guest_layout *layout = call->machine->layout;
    uint8_t bytes[0x30];
    *ret_attributes = (struct nt_attributes){0};
    if (!va)
        return STATUS_SUCCESS;
    ntstatus_t status = guest_read(call->machine, va, bytes, layout->object_attributes.size);
    if (status != STATUS_SUCCESS)
        return status;
    if (get32(bytes, layout->object_attributes.Length) != layout->object_attributes.size)
        return STATUS_INVALID_PARAMETER;
    ret_attributes->root = get_pointer(layout, bytes, layout->object_attributes.RootDirectory);
    ret_attributes->name = get_pointer(layout, bytes, layout->object_attributes.ObjectName);
    ret_attributes->flags = get32(bytes, layout->object_attributes.Attributes);
    ret_attributes->security = get_pointer(layout, bytes, layout->object_attributes.SecurityDescriptor);
    return STATUS_SUCCESS;
}

/* A UNICODE_STRING of no length is no name. */
static ntstatus_t capture_name(struct nt_call *call, const struct nt_attributes *attributes, struct name_place *place)
{
    struct machine *machine = call->machine;
    char path[2 * OBJECT_NAME_MAX];
    struct object *root = NULL;
    ntstatus_t status;
    *place = (struct name_place){.any_case = attributes->flags & OBJ_CASE_INSENSITIVE ? NAME_ANY_CASE : NAME_EXACT};
    if (!attributes->name)
        return STATUS_SUCCESS;
    status = guest_read_string(machine, attributes->name, path, sizeof path);
    if (status != STATUS_SUCCESS || !*path)
        return status;
    if (attributes->root) {
        const struct handle_entry *entry =
            attributes->root > UINT32_MAX
                ? NULL
                : repetition_find(machine, &machine_process(machine)->handles, (uint32_t)attributes->root);
        if (!entry)
            return STATUS_INVALID_HANDLE;
        if (entry->object->type != OBJECT_DIRECTORY)
            return STATUS_OBJECT_TYPE_MISMATCH;
        root = entry->object;
    }
    status = names_resolve(machine, root, path, place);
    if (status != STATUS_SUCCESS)
        place->directory = NULL;
    return status;
}

enum security_control { SE_DACL_PRESENT = 4, SE_SELF_RELATIVE = 0x8000 };

/* The DACL of a SECURITY_DESCRIPTOR; none leaves length 0. */
static ntstatus_t capture_security(struct nt_call *call, va_t va, struct security *security)
{
    struct machine *machine = call->machine;
    const unsigned pointer = machine->layout->pointer;
    uint8_t descriptor[0x28], header[8];
    ntstatus_t status = guest_read(machine, va, descriptor, 4 + 4 * 4);
    security->length = 0;
    if (status != STATUS_SUCCESS)
        return status;
    uint16_t control = get16(descriptor, 2);
    bool relative = control & SE_SELF_RELATIVE;
    if (descriptor[0] != 1)
        return STATUS_INVALID_SECURITY_DESCR;
    if (!relative && (status = guest_read(machine, va, descriptor, pointer + 4 * pointer)) != STATUS_SUCCESS)
        return status;
    va_t dacl = relative ? get32(descriptor, 0x10) : get_pointer(machine->layout, descriptor, pointer + 3 * pointer);
    if (!(control & SE_DACL_PRESENT) || !dacl)
        return STATUS_SUCCESS;
    dacl += relative ? va : 0;
    if ((status = guest_read(machine, dacl, header, sizeof header)) != STATUS_SUCCESS)
        return status;
    uint16_t length = get16(header, 2);
    if (length > ACL_MAX)
        return nt_not_modelled(call, "an access list of more than 1 KB");
    if ((status = guest_read(machine, dacl, security->acl, length)) != STATUS_SUCCESS)
        return status;
    security->length = length;
    return security_check_acl(security);
}

/* --- New objects --------------------------------------------------------------------------------------------- */

ntstatus_t nt_plan_new(struct nt_call *call, struct nt_new_object *ret_new)
{
    ntstatus_t status = nt_output_pointer(call, call->arguments[0], &ret_new->output);
    ret_new->desired = nt_ulong(call, 1);
    ret_new->security.length = 0;
    if (status != STATUS_SUCCESS ||
        (status = nt_attributes(call, call->arguments[2], &ret_new->attributes)) != STATUS_SUCCESS ||
        (status = capture_name(call, &ret_new->attributes, &ret_new->place)) != STATUS_SUCCESS)
        return status;
    return ret_new->attributes.security ? capture_security(call, ret_new->attributes.security, &ret_new->security)
                                        : STATUS_SUCCESS;
}

uint32_t nt_new_handle(struct nt_call *call, struct object *object, uint32_t desired, uint32_t attributes)
{
    struct handle_entry entry = {object, object_map_access(object->type, desired), attributes & HANDLE_INHERIT};
    return handle_insert(&call->machine->objects, &machine_process(call->machine)->handles, &entry);
}

/* SeDebugPrivilege opens every process and thread. */
static bool is_open_to_debuggers(const struct nt_call *call, const struct object *object)
{
    return (object->type == OBJECT_PROCESS || object->type == OBJECT_THREAD) &&
           token_has(machine_process(call->machine), SE_DEBUG_PRIVILEGE);
}

ntstatus_t nt_open_object(struct nt_call *call, struct object *object, const struct nt_new_object *new)
{
    uint32_t granted = object_map_access(object->type, new->desired);
    ntstatus_t status =
        is_open_to_debuggers(call, object) ? STATUS_SUCCESS : security_grant(object, new->desired, &granted);
    uint32_t handle = status == STATUS_SUCCESS ? nt_new_handle(call, object, granted, new->attributes.flags) : 0;
    if (status == STATUS_SUCCESS && !handle)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (status == STATUS_SUCCESS)
        nt_put_pointer(call, new->output, handle);
    return status;
}

bool nt_open_existing(struct nt_call *call, enum object_type type, const struct nt_new_object *new,
                      ntstatus_t *ret_status)
{
    struct object *object = new->place.directory ? names_find(&call->machine->objects, &new->place) : NULL;
    if (!object)
        return false;
    if (!(new->attributes.flags &OBJ_OPENIF)) {
        *ret_status = STATUS_OBJECT_NAME_COLLISION;
    } else if (object->type != type) {
        *ret_status = STATUS_OBJECT_TYPE_MISMATCH;
    } else {
        *ret_status = nt_open_object(call, object, new);
        if (*ret_status == STATUS_SUCCESS)
            *ret_status = STATUS_OBJECT_NAME_EXISTS;
    }
    return true;
}

/* => false: no room. */
static bool protect(struct nt_call *call, struct object *object, const struct nt_new_object *new)
{
    if (!new->security.length)
        return true;
    object->security = pool_take(&call->machine->securities);
    if (object->security)
        *object->security = new->security;
    return object->security;
}

ntstatus_t nt_give_handle(struct nt_call *call, struct object *object, const struct nt_new_object *new)
{
    struct object_table *table = &call->machine->objects;
    uint32_t handle = 0;
    if (protect(call, object, new)) {
        if (new->place.directory)
            names_insert(table, object, &new->place);
        handle = nt_new_handle(call, object, new->desired, new->attributes.flags);
        if (!handle)
            names_remove(table, object);
    }
    object_release(table, object);
    if (!handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    nt_put_pointer(call, new->output, handle);
    return STATUS_SUCCESS;
}

ntstatus_t nt_create(struct nt_call *call, const struct nt_new_object *new, const struct nt_kind *kind, const void *how)
{
    ntstatus_t status;
    if (nt_open_existing(call, kind->type, new, &status))
        return status;
    struct object *object = object_create(&call->machine->objects, kind->type);
    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (kind->init)
        kind->init(object, how);
    return nt_give_handle(call, object, new);
}

/* --- Opening ------------------------------------------------------------------------------------------------- */

/* Arguments of all: 0 *handle 1 access 2 attributes. */
static ntstatus_t open_by_name(struct nt_call *call, enum object_type type)
{
    struct nt_new_object new;
    ntstatus_t status = nt_plan_new(call, &new);
    if (status != STATUS_SUCCESS)
        return status;
    if (!new.place.directory)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    struct object *object = names_find(&call->machine->objects, &new.place);
    if (!object)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return object->type == type ? nt_open_object(call, object, &new) : STATUS_OBJECT_TYPE_MISMATCH;
}

static ntstatus_t open_event(struct nt_call *call)
{
    return open_by_name(call, OBJECT_EVENT);
}

static ntstatus_t open_mutant(struct nt_call *call)
{
    return open_by_name(call, OBJECT_MUTANT);
}

static ntstatus_t open_semaphore(struct nt_call *call)
{
    return open_by_name(call, OBJECT_SEMAPHORE);
}

static ntstatus_t open_timer(struct nt_call *call)
{
    return open_by_name(call, OBJECT_TIMER);
}

static ntstatus_t open_section(struct nt_call *call)
{
    return open_by_name(call, OBJECT_SECTION);
}

static ntstatus_t open_keyed_event(struct nt_call *call)
{
    return open_by_name(call, OBJECT_KEYED_EVENT);
}

static ntstatus_t open_directory(struct nt_call *call)
{
    return open_by_name(call, OBJECT_DIRECTORY);
}

static ntstatus_t create_directory(struct nt_call *call)
{
    struct nt_new_object new;
    ntstatus_t status = nt_plan_new(call, &new);
    if (status != STATUS_SUCCESS || nt_open_existing(call, OBJECT_DIRECTORY, &new, &status))
        return status;
    struct object *directory = object_create(&call->machine->objects, OBJECT_DIRECTORY);
    if (!directory)
        return STATUS_INSUFFICIENT_RESOURCES;
    names_init_directory(&call->machine->objects, directory);
    return nt_give_handle(call, directory, &new);
}

const struct nt_service nt_services_name[] = {
    {"NtOpenEvent", 3, open_event},
    {"NtOpenMutant", 3, open_mutant},
    {"NtOpenSemaphore", 3, open_semaphore},
    {"NtOpenTimer", 3, open_timer},
    {"NtOpenSection", 3, open_section},
    {"NtOpenKeyedEvent", 3, open_keyed_event},
    {"NtOpenDirectoryObject", 3, open_directory},
    {"NtCreateDirectoryObject", 3, create_directory},
    {0},
};
