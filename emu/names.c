/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.c - see names.h. */
#include "emu/names.h"

#include <string.h>
#include <strings.h>

#include "emu/machine_internal.h"

static bool is_same(const char *a, const char *b, enum name_case any_case)
{
    return any_case == NAME_ANY_CASE ? strcasecmp(a, b) == 0 : strcmp(a, b) == 0;
}

/* Without regard to case, so that both ways of looking find the same chain. */
static unsigned bucket_of(const struct object *directory, const char *leaf)
{
    uint32_t hash = (uint32_t)directory->directory.number * 2654435761u;
    for (; *leaf; leaf++) {
        unsigned char c = (unsigned char)*leaf;
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return (hash ^ hash >> 16) % NAME_BUCKETS;
}

struct object *names_find(const struct object_table *table, const struct name_place *place)
{
    struct object *object = table->named[bucket_of(place->directory, place->leaf)];
    while (object && !(object->parent == place->directory && is_same(object->name, place->leaf, place->any_case)))
        object = object->next_named;
    return object && object->type == OBJECT_LINK ? object->link : object;
}

void names_insert(struct object_table *table, struct object *object, const struct name_place *place)
{
    unsigned bucket = bucket_of(place->directory, place->leaf);
    memcpy(object->name, place->leaf, sizeof object->name);
    object->parent = object_keep(place->directory);
    object->next_named = table->named[bucket];
    table->named[bucket] = object;
}

void names_remove(struct object_table *table, struct object *object)
{
    struct object *parent = object->parent, **at;
    if (!parent)
        return;
    for (at = &table->named[bucket_of(parent, object->name)]; *at != object;)
        at = &(*at)->next_named;
    *at = object->next_named;
    object->parent = object->next_named = NULL;
    object->name[0] = 0;
    object_release(table, parent);
}

/* The next component of path into leaf.  => what follows it; NULL: it is empty or too long. */
static const char *next_component(const char *path, char leaf[OBJECT_NAME_MAX])
{
    size_t length = strcspn(path, "\\");
    if (length == 0 || length >= OBJECT_NAME_MAX)
        return NULL;
    memset(leaf, 0, OBJECT_NAME_MAX);
    memcpy(leaf, path, length);
    return path + length;
}

ntstatus_t names_resolve(struct machine *machine, struct object *root, const char *path, struct name_place *place)
{
    place->directory = root ? root : machine->root_directory;
    if (!root && *path != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    path += !root;
    for (;;) {
        path = next_component(path, place->leaf);
        if (!path)
            return STATUS_OBJECT_NAME_INVALID;
        if (!*path)
            return STATUS_SUCCESS;
        struct object *next = names_find(&machine->objects, place);
        if (!next)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        if (next->type != OBJECT_DIRECTORY)
            return STATUS_OBJECT_TYPE_MISMATCH;
        place->directory = next;
        path++;
    }
}

/* --- What is there from the start ---------------------------------------------------------------------------- */

void names_init_directory(struct object_table *table, struct object *directory)
{
    directory->directory.number = ++table->last_directory;
}

static struct object *new_permanent(struct machine *machine, struct object *parent, const char *name,
                                    enum object_type type)
{
    struct object *object = object_create(&machine->objects, type);
    struct name_place place = {.directory = parent};
    if (!object)
        return NULL;
    object->permanent = true;
    if (type == OBJECT_DIRECTORY)
        names_init_directory(&machine->objects, object);
    strcpy(place.leaf, name);
    if (parent)
        names_insert(&machine->objects, object, &place);
    return object;
}

bool names_open(struct machine *machine)
{
    static const char *const links[] = {"Global", "Local"};
    struct object *root = new_permanent(machine, NULL, "", OBJECT_DIRECTORY), *base, *kernel;
    if (!root || !(base = new_permanent(machine, root, "BaseNamedObjects", OBJECT_DIRECTORY)) ||
        !(kernel = new_permanent(machine, root, "KernelObjects", OBJECT_DIRECTORY)) ||
        !new_permanent(machine, kernel, "CritSecOutOfMemoryEvent", OBJECT_KEYED_EVENT))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        struct object *link = new_permanent(machine, base, links[i], OBJECT_LINK);
        if (!link)
            return false;
        link->link = object_keep(base);
    }
    machine->root_directory = root;
    return true;
}
