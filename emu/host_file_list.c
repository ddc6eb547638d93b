/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file_list.c - what a folder holds, in NT's order: by name without regard to case, then by bytes. */
#define _GNU_SOURCE /* O_PATH */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "emu/host_overlay.h"
#include "emu/host_path.h"

enum { LIST_GROWTH = 64 };

/* => false: the host has no memory. */
static bool add(struct host_list *list, const char *name, size_t length)
{
    if (list->count % LIST_GROWTH == 0) {
        char **names = realloc(list->names, (list->count + LIST_GROWTH) * sizeof *names);
        if (!names)
            return false;
        list->names = names;
    }
    list->names[list->count] = strndup(name, length);
    return list->names[list->count] && ++list->count;
}

void host_list_free(struct host_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct host_list){0};
}

static int by_name(const void *a, const void *b)
{
    const char *first = *(char *const *)a, *second = *(char *const *)b;
    int order = host_name_compare(first, second);
    return order ? order : strcmp(first, second);
}

/* Is it a file or a folder for the guest?  type: DT_*. */
static bool is_visible(const struct host_place *folder, const char *name, unsigned char type)
{
    struct host_info info;
    struct host_place place = {.root = folder->root};
    size_t length = strlen(folder->path), name_length = strlen(name);
    if (host_name_check(name, name_length) != STATUS_SUCCESS)
        return false;
    if (type == DT_REG || type == DT_DIR)
        return true;
    if (type != DT_LNK && type != DT_UNKNOWN)
        return false;
    if (length + name_length + 2 > sizeof place.path)
        return false;
    memcpy(place.path, folder->path, length);
    if (length)
        place.path[length++] = '/';
    memcpy(place.path + length, name, name_length + 1);
    return host_look(&place, &info) == STATUS_SUCCESS;
}

/* The host's folder, to be read.  => NULL: errno. */
static DIR *open_folder(const struct host_root *root, const struct overlay_at *at)
{
    int fd = open_beneath(root->fd, *at->path ? at->path : ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int error = errno;
    if (!dir && fd >= 0)
        close(fd);
    errno = error;
    return dir;
}

/* What the overlay has in the folder. */
static ntstatus_t list_changed(const struct host_place *place, const struct overlay_at *at, struct host_list *list)
{
    struct overlay_cursor cursor = {0};
    const char *name;
    while (overlay_next_name(place->root, at, &cursor, &name))
        if (is_visible(place, name, DT_UNKNOWN) && !add(list, name, strlen(name)))
            return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}

static ntstatus_t list_host(const struct host_place *place, struct host_list *list)
{
    struct overlay_at at;
    int error = overlay_find(place->root, place->path, &at);
    ntstatus_t status = error ? host_status(error) : list_changed(place, &at, list);
    if (status != STATUS_SUCCESS || at.kind == OVERLAY_FOLDER)
        return status;
    DIR *dir = open_folder(place->root, &at);
    if (!dir)
        return host_status(errno);
    for (const struct dirent *entry; status == STATUS_SUCCESS && (entry = readdir(dir));)
        if (overlay_shows_host(place->root, &at, entry->d_name) && is_visible(place, entry->d_name, entry->d_type) &&
            !add(list, entry->d_name, strlen(entry->d_name)))
            status = STATUS_INSUFFICIENT_RESOURCES;
    closedir(dir);
    return status;
}

static bool has(const struct host_list *list, const char *name, size_t length)
{
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->names[i]) == length && strncasecmp(list->names[i], name, length) == 0)
            return true;
    return false;
}

/* The next step from a folder above the roots to each of them. */
static ntstatus_t list_above(const struct host_files *files, const struct host_place *place, struct host_list *list)
{
    size_t length = strlen(place->path);
    for (unsigned i = 0; i < files->count; i++) {
        const char *guest = files->roots[i].guest;
        if (strncasecmp(guest, place->path, length) != 0 || guest[length] != '\\')
            continue;
        const char *name = guest + length + 1;
        size_t name_length = strcspn(name, "\\");
        if (!has(list, name, name_length) && !add(list, name, name_length))
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

ntstatus_t host_list(const struct host_files *files, const struct host_place *place, struct host_list *ret_list)
{
    *ret_list = (struct host_list){0};
    ntstatus_t status = place->root ? list_host(place, ret_list) : list_above(files, place, ret_list);
    if (status != STATUS_SUCCESS)
        host_list_free(ret_list);
    else if (ret_list->count)
        qsort(ret_list->names, ret_list->count, sizeof *ret_list->names, by_name);
    return status;
}

bool host_is_empty(const struct host_place *place)
{
    struct overlay_at at;
    struct overlay_cursor cursor = {0};
    const char *name;
    if (!place->root)
        return false;
    if (overlay_find(place->root, place->path, &at) != 0)
        return true; /* the host will say at the removal */
    if (overlay_next_name(place->root, &at, &cursor, &name))
        return false;
    DIR *dir = at.kind == OVERLAY_HOST ? open_folder(place->root, &at) : NULL;
    if (!dir)
        return true;
    unsigned entries = 0;
    for (const struct dirent *entry; entries <= 2 && (entry = readdir(dir));)
        entries += overlay_shows_host(place->root, &at, entry->d_name);
    closedir(dir);
    return entries <= 2;
}
