/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.c - see object.h. */
#include "emu/object.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "emu/names.h"
#include "emu/status.h"

bool object_table_open(struct object_table *table)
{
    return pool_open(&table->pool, sizeof(struct object), OBJECTS_MAX);
}

void object_table_close(struct object_table *table)
{
    pool_close(&table->pool);
}

struct object *object_create(struct object_table *table, enum object_type type)
{
    struct object *object = pool_take(&table->pool);
    if (object) {
        object->type = type;
        object->references = 1;
    }
    return object;
}

struct object *object_keep(struct object *object)
{
    object->references++;
    return object;
}

void object_release(struct object_table *table, struct object *object)
{
    assert(object->references > 0);
    if (--object->references > 0)
        return;
    if (table->destroy)
        table->destroy(table->context, object);
    pool_give(&table->pool, object);
}

/* --- Handles ------------------------------------------------------------------------------------------------- */

static bool grow(struct handle_table *handles)
{
    uint32_t room = handles->room ? handles->room * 2 : 64;
    if (room > HANDLES_MAX)
        return false;
    struct handle_entry *entries = realloc(handles->entries, room * sizeof *entries);
    if (!entries)
        return false;
    memset(entries + handles->room, 0, (room - handles->room) * sizeof *entries);
    handles->entries = entries;
    handles->room = room;
    return true;
}

static uint32_t put_entry(struct object_table *table, struct handle_table *handles, uint32_t index,
                          const struct handle_entry *entry)
{
    handles->entries[index] = *entry;
    handles->count++;
    table->handle_count++;
    entry->object->handles++;
    object_keep(entry->object);
    return (index + 1) * 4;
}

uint32_t handle_insert(struct object_table *table, struct handle_table *handles, const struct handle_entry *entry)
{
    if (table->handle_count == ALL_HANDLES_MAX || (handles->count == handles->room && !grow(handles)))
        return 0;
    uint32_t index = handles->first_free;
    while (handles->entries[index].object)
        index++;
    handles->first_free = index + 1;
    return put_entry(table, handles, index, entry);
}

/* NT ignores the low two bits. */
struct handle_entry *handle_entry(const struct handle_table *handles, uint32_t handle)
{
    uint32_t index = handle / 4;
    if (index == 0 || index > handles->room || !handles->entries[index - 1].object)
        return NULL;
    return &handles->entries[index - 1];
}

struct object *object_of_handle(const struct handle_table *handles, uint32_t handle)
{
    const struct handle_entry *entry = handle_entry(handles, handle);
    return entry ? entry->object : NULL;
}

ntstatus_t object_of_entry(const struct handle_entry *entry, struct object_want want, struct object **ret_object)
{
    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (entry->object->type != want.type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (want.access & ~entry->access)
        return STATUS_ACCESS_DENIED;
    *ret_object = entry->object;
    return STATUS_SUCCESS;
}

static void drop_entry(struct object_table *table, struct handle_table *handles, struct handle_entry *entry)
{
    struct object *object = entry->object;
    uint32_t index = (uint32_t)(entry - handles->entries);
    *entry = (struct handle_entry){0};
    handles->count--;
    table->handle_count--;
    if (--object->handles == 0 && !object->permanent)
        names_remove(table, object);
    if (object->handles == 0 && object->type == OBJECT_JOB)
        table->job_closed = true;
    if (index < handles->first_free)
        handles->first_free = index;
    if (table->closed)
        table->closed(table->context, handles, object);
    object_release(table, object);
}

ntstatus_t handle_close(struct object_table *table, struct handle_table *handles, uint32_t handle)
{
    struct handle_entry *entry = handle_entry(handles, handle);
    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (entry->attributes & HANDLE_PROTECTED)
        return STATUS_HANDLE_NOT_CLOSABLE;
    drop_entry(table, handles, entry);
    return STATUS_SUCCESS;
}

void handle_close_all(struct object_table *table, struct handle_table *handles)
{
    for (uint32_t i = 0; handles->count > 0 && i < handles->room; i++)
        if (handles->entries[i].object)
            drop_entry(table, handles, &handles->entries[i]);
    free(handles->entries);
    *handles = (struct handle_table){0};
}

bool handle_inherit(struct object_table *table, const struct handle_table *from, struct handle_table *to)
{
    for (uint32_t i = 0; i < from->room; i++) {
        const struct handle_entry *entry = &from->entries[i];
        if (!entry->object || !(entry->attributes & HANDLE_INHERIT))
            continue;
        bool room = table->handle_count < ALL_HANDLES_MAX;
        while (room && to->room <= i)
            room = grow(to);
        if (!room) {
            handle_close_all(table, to);
            return false;
        }
        put_entry(table, to, i, entry);
    }
    to->first_free = 0;
    return true;
}

/* --- Access ---------------------------------------------------------------------------------------------------- */

enum access_mask {
    ACCESS_SPECIFIC = 0xFFFF,
    ACCESS_STANDARD = 0x1F0000,
    ACCESS_MAXIMUM_ALLOWED = 0x02000000,
    GENERIC_READ_BIT = 31,
    GENERIC_WRITE_BIT = 30,
    GENERIC_EXECUTE_BIT = 29,
    GENERIC_ALL_BIT = 28,
};

/* GENERIC_READ, WRITE, EXECUTE, ALL of each type. */
static const struct {
    uint32_t read, write, execute, all;
} generic[OBJECT_TYPE_COUNT] = {
    [OBJECT_CONSOLE] = {0x120089, 0x120116, 0x1200A0, 0x1F01FF},
    [OBJECT_NUL] = {0x120089, 0x120116, 0x1200A0, 0x1F01FF},
    [OBJECT_FILE] = {0x120089, 0x120116, 0x1200A0, 0x1F01FF},
    [OBJECT_SECTION] = {0x20005, 0x20002, 0x20008, 0xF001F},
    [OBJECT_EVENT] = {0x20001, 0x20002, 0x120000, 0x1F0003},
    [OBJECT_MUTANT] = {0x20001, 0x20000, 0x120000, 0x1F0001},
    [OBJECT_SEMAPHORE] = {0x20001, 0x20002, 0x120000, 0x1F0003},
    [OBJECT_TIMER] = {0x20001, 0x20002, 0x120000, 0x1F0003},
    [OBJECT_KEYED_EVENT] = {0x20001, 0x20002, 0x20000, 0xF0003},
    [OBJECT_PROCESS] = {0x20410, 0x20BEB, 0x120000, 0x1F0FFF},
    [OBJECT_THREAD] = {0x20048, 0x20037, 0x120000, 0x1F03FF},
    [OBJECT_JOB] = {0x20004, 0x2000B, 0x120000, 0x1F001F},
    [OBJECT_TOKEN] = {0x20008, 0x200E0, 0x20000, 0xF01FF},
    [OBJECT_DIRECTORY] = {0x20003, 0x2000C, 0x20003, 0xF000F},
    [OBJECT_LINK] = {0x20001, 0x20000, 0x20001, 0xF0001},
};

uint32_t object_map_access(enum object_type type, uint32_t desired)
{
    uint32_t access = desired & (ACCESS_STANDARD | ACCESS_SPECIFIC);
    if (desired >> GENERIC_READ_BIT & 1)
        access |= generic[type].read;
    if (desired >> GENERIC_WRITE_BIT & 1)
        access |= generic[type].write;
    if (desired >> GENERIC_EXECUTE_BIT & 1)
        access |= generic[type].execute;
    if ((desired >> GENERIC_ALL_BIT & 1) || (desired & ACCESS_MAXIMUM_ALLOWED))
        access |= generic[type].all;
    return access;
}
