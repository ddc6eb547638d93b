/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - the object manager's tree of names: directories, and objects in them.
 *
 *     \                      BaseNamedObjects (with Global and Local, which lead back to it), KernelObjects
 *
 * A name goes with the last handle to its object, but for what the system itself has made.  Names compare byte for
 * byte, or with A to Z like a to z where OBJ_CASE_INSENSITIVE asks for it.  Files and devices are not in here
 * (host_file.h). */
#ifndef SOFTFAULT_EMU_NAMES_H
#define SOFTFAULT_EMU_NAMES_H

#include "emu/object.h"

struct machine;

enum name_case { NAME_EXACT, NAME_ANY_CASE };

/* Where a name is or would be. */
struct name_place {
    struct object *directory; /* borrowed; NULL: no name */
    enum name_case any_case;
    char leaf[OBJECT_NAME_MAX];
};

/* A new directory object. */
void names_init_directory(struct object_table *table, struct object *directory);

/* The directories that exist from the start.  => false: no room. */
bool names_open(struct machine *machine);

/* Follow path from root (NULL: it must begin with a backslash) to its last component.
 * => STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_INVALID,
 *    STATUS_OBJECT_TYPE_MISMATCH (an object on the way that is no directory). */
ntstatus_t names_resolve(struct machine *machine, struct object *root, const char *path, struct name_place *place);

/* The object there, borrowed, links followed; NULL: none. */
struct object *names_find(const struct object_table *table, const struct name_place *place);

/* => nothing is there yet. */
void names_insert(struct object_table *table, struct object *object, const struct name_place *place);

/* Nothing where it has none. */
void names_remove(struct object_table *table, struct object *object);

#endif
