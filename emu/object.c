/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.c - see object.h. */
#include "emu/object.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

struct object *object_create(struct object_table *table, enum object_type type)
{
    for (unsigned i = 0; i < OBJECTS_MAX; i++) {
        struct object *object = &table->objects[i];
        if (object->type != OBJECT_NONE)
            continue;
        memset(object, 0, sizeof *object);
        object->type = type;
        object->references = 1;
        return object;
    }
    return NULL;
}

static void destroy(struct object_table *table, struct object *object)
{
    switch (object->type) {
    case OBJECT_FILE:
        if (object->file.fd >= 0)
            close(object->file.fd);
        break;
    case OBJECT_SECTION:
        if (object->section.section)
            mm_section_close(table->mm, object->section.section);
        break;
    case OBJECT_NONE:
    case OBJECT_CONSOLE:
    case OBJECT_NUL:
    case OBJECT_EVENT: break;
    }
    object->type = OBJECT_NONE;
}

void object_release(struct object_table *table, struct object *object)
{
    assert(object->references > 0);
    if (--object->references == 0)
        destroy(table, object);
}

uint32_t object_insert(struct object_table *table, struct object *object)
{
    for (uint32_t i = table->first_free; i < HANDLES_MAX; i++) {
        if (table->handles[i])
            continue;
        table->handles[i] = (uint16_t)(object - table->objects + 1);
        table->first_free = i + 1;
        object->references++;
        return (i + 1) * 4;
    }
    return 0;
}

/* The slot of a handle; NT ignores the low two bits. */
static uint16_t *slot_of(struct object_table *table, uint32_t handle)
{
    uint32_t index = handle / 4;
    if (index == 0 || index > HANDLES_MAX || !table->handles[index - 1])
        return NULL;
    return &table->handles[index - 1];
}

struct object *object_of_handle(struct object_table *table, uint32_t handle)
{
    const uint16_t *slot = slot_of(table, handle);
    return slot ? &table->objects[*slot - 1] : NULL;
}

ntstatus_t object_reference(struct object_table *table, uint32_t handle, enum object_type type,
                            struct object **ret_object)
{
    struct object *object = object_of_handle(table, handle);
    if (!object)
        return STATUS_INVALID_HANDLE;
    if (object->type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    *ret_object = object;
    return STATUS_SUCCESS;
}

ntstatus_t object_close_handle(struct object_table *table, uint32_t handle)
{
    uint16_t *slot = slot_of(table, handle);
    if (!slot)
        return STATUS_INVALID_HANDLE;
    struct object *object = &table->objects[*slot - 1];
    *slot = 0;
    uint32_t index = (uint32_t)(slot - table->handles);
    if (index < table->first_free)
        table->first_free = index;
    object_release(table, object);
    return STATUS_SUCCESS;
}

void object_close_all(struct object_table *table)
{
    for (uint32_t i = 0; i < HANDLES_MAX; i++)
        object_close_handle(table, (i + 1) * 4);
}
