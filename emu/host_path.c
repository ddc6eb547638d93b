/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_path.c - from a guest's path to a place on the host, and back.
 *
 * A resolution keeps one path, relative to its root, that grows by the host's spelling of each component.  A name with
 * the exact spelling wins; otherwise the first in byte order among those that differ in case only, so that the answer
 * does not depend on the order in which the host lists a folder. */
#define _GNU_SOURCE /* O_PATH */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "emu/host_overlay.h"
#include "emu/host_path.h"
#include "emu/status.h"

/* --- Names ---------------------------------------------------------------------------------------------------- */

/* The root with the longest guest folder that path is in or is; *ret_rest is what follows it. */
static const struct host_root *find_root(const struct host_files *files, const char *path, const char **ret_rest)
{
    const struct host_root *best = NULL;
    size_t best_length = 0;
    for (unsigned i = 0; i < files->count; i++) {
        const struct host_root *root = &files->roots[i];
        size_t length = strlen(root->guest);
        if (length < best_length || strncasecmp(root->guest, path, length) != 0)
            continue;
        if (path[length] != 0 && path[length] != '\\')
            continue;
        best = root;
        best_length = length;
        *ret_rest = path + length;
    }
    return best;
}

/* Is path[0..length) a folder on the way to a root? */
static bool is_above_root(const struct host_files *files, const char *path, size_t length)
{
    for (unsigned i = 0; i < files->count; i++) {
        const char *guest = files->roots[i].guest;
        if (strlen(guest) > length && guest[length] == '\\' && strncasecmp(guest, path, length) == 0)
            return true;
    }
    return false;
}

/* Is path the name of something below a root?  => false: errno is ENOENT or ENOTDIR. */
static bool exists_beneath(const struct host_root *root, const char *path)
{
    struct overlay_at at;
    errno = overlay_find(root, path, &at);
    if (errno)
        return errno != ENOENT && errno != ENOTDIR;
    if (at.kind != OVERLAY_HOST)
        return true;
    int fd = open_beneath(root->fd, at.path, O_PATH, 0);
    if (fd < 0)
        return errno != ENOENT && errno != ENOTDIR;
    close(fd);
    return true;
}

/* The better one of the spellings found so far and another. */
static void consider(const char *other, const char *name, char *found)
{
    if (!host_name_equal(other, name) || strlen(other) >= HOST_COMPONENT_MAX ||
        host_name_check(other, strlen(other)) != STATUS_SUCCESS)
        return;
    if (!*found || strcmp(other, found) < 0)
        strcpy(found, other);
}

/* In a folder find name without regard to case; the host's spelling is stored at found. */
static bool find_spelling(const struct host_root *root, const char *folder, const char *name,
                          char found[HOST_COMPONENT_MAX])
{
    struct overlay_at at;
    struct overlay_cursor cursor = {0};
    const char *changed;
    *found = 0;
    if (overlay_find(root, folder, &at) != 0)
        return false;
    while (overlay_next_name(root, &at, &cursor, &changed))
        consider(changed, name, found);
    int fd = at.kind == OVERLAY_HOST ? open_beneath(root->fd, *at.path ? at.path : ".", O_RDONLY | O_DIRECTORY, 0) : -1;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir && fd >= 0)
        close(fd);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        if (host_name_equal(entry->d_name, name) && overlay_shows_host(root, &at, entry->d_name))
            consider(entry->d_name, name, found);
    if (dir)
        closedir(dir);
    return *found;
}

/* Append one component to place->path in the host's spelling; where it is missing, as given. */
static ntstatus_t append_component(struct host_place *place, const char *name, size_t length)
{
    char spelled[HOST_COMPONENT_MAX], folder[HOST_PATH_MAX], *path = place->path;
    ntstatus_t status = host_name_check(name, length);
    if (status != STATUS_SUCCESS)
        return status;
    memcpy(place->given, name, length);
    place->given[length] = 0;
    size_t end = strlen(path);
    memcpy(folder, path, end + 1);
    if (end + length + 2 > HOST_PATH_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    if (end)
        path[end++] = '/';
    strcpy(path + end, place->given);
    if (exists_beneath(place->root, path))
        return STATUS_SUCCESS;
    if (errno == ENOTDIR)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (!find_spelling(place->root, folder, place->given, spelled)) {
        place->presence = HOST_MISSING;
        return STATUS_SUCCESS;
    }
    if (end + strlen(spelled) + 1 > HOST_PATH_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    strcpy(path + end, spelled);
    return STATUS_SUCCESS;
}

/* Walk rest ("\a\b") beneath the root. */
static ntstatus_t walk(const char *rest, struct host_place *place)
{
    while (*rest == '\\' && rest[1]) {
        if (place->presence == HOST_MISSING)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        size_t length = strcspn(++rest, "\\");
        ntstatus_t status = append_component(place, rest, length);
        if (status != STATUS_SUCCESS)
            return status;
        rest += length;
    }
    return STATUS_SUCCESS;
}

/* A path that no root has. */
static ntstatus_t locate_above(const struct host_files *files, const char *path, struct host_place *place)
{
    size_t length = strlen(path) - place->slash;
    size_t parent = length;
    while (parent && path[parent - 1] != '\\')
        parent--;
    memcpy(place->path, path, length);
    place->path[length] = 0;
    if (is_above_root(files, path, length))
        return STATUS_SUCCESS;
    if (parent < 2 || !is_above_root(files, path, parent - 1))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    place->presence = HOST_MISSING;
    return host_name_check(path + parent, length - parent);
}

static bool is_drive_path(const char *path)
{
    char letter = path[0] & ~0x20;
    return letter >= 'A' && letter <= 'Z' && path[1] == ':' && (path[2] == 0 || path[2] == '\\');
}

ntstatus_t host_locate(const struct host_files *files, const char *path, struct host_place *ret_place)
{
    const char *rest;
    if (strncmp(path, "\\??\\", 4) == 0)
        path += 4;
    else if (strncasecmp(path, "\\DosDevices\\", 12) == 0)
        path += 12;
    else
        return *path == '\\' ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (strncasecmp(path, "UNC\\", 4) == 0)
        return STATUS_BAD_NETWORK_PATH; /* no redirector knows the server: there is no network */
    if (!is_drive_path(path))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    size_t length = strlen(path);
    *ret_place = (struct host_place){.slash = path[length - 1] == '\\'};
    ret_place->root = find_root(files, path, &rest);
    return ret_place->root ? walk(rest, ret_place) : locate_above(files, path, ret_place);
}

/* --- Descriptors ---------------------------------------------------------------------------------------------- */

bool host_may_change(const struct host_root *root)
{
    return root && root->mode != HOST_READ_ONLY;
}

/* The descriptor of a host's file, or another one of its private copy. */
static int copy_instead(const struct host_root *root, int fd)
{
    int copy = fd < 0 ? -1 : overlay_copy_of(root, fd);
    if (copy < 0)
        return fd;
    close(fd);
    return fcntl(copy, F_DUPFD_CLOEXEC, 0);
}

int host_open_at(const struct host_place *place, uint64_t flags, uint64_t mode)
{
    const struct host_root *root = place->root;
    const uint64_t changes = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC;
    struct overlay_at at;
    errno = overlay_find(root, place->path, &at);
    if (errno)
        return -1;
    if (root->mode != HOST_WRITABLE)
        flags &= ~changes;
    switch (at.kind) {
    case OVERLAY_HOST: return copy_instead(root, open_beneath(root->fd, *at.path ? at.path : ".", flags, mode));
    case OVERLAY_FILE: return fcntl(at.fd, F_DUPFD_CLOEXEC, 0);
    case OVERLAY_FOLDER: break;
    }
    errno = EISDIR;
    return -1;
}

int host_open_parent(const struct host_place *place, const char **ret_name)
{
    char folder[HOST_PATH_MAX];
    const char *slash = strrchr(place->path, '/');
    size_t length = slash ? (size_t)(slash - place->path) : 0;
    memcpy(folder, place->path, length);
    folder[length] = 0;
    *ret_name = slash ? slash + 1 : place->path;
    return open_beneath(place->root->fd, length ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
}

/* --- What the guest calls it ------------------------------------------------------------------------------------ */

bool host_guest_path(const struct host_place *place, char *path, size_t room)
{
    const char *root = place->root ? place->root->guest : "";
    int length = snprintf(path, room, "%s%s%s", root, *root && *place->path ? "\\" : "", place->path);
    for (char *at = path; length > 0 && *at; at++)
        if (*at == '/')
            *at = '\\';
    return length > 0 && (size_t)length < room;
}

enum { HOST_PLACE_MAX = 4096 };

/* Where the host has an open file; "": it does not say. */
static void place_of(int fd, char place[HOST_PLACE_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, place, HOST_PLACE_MAX - 1);
    place[length > 0 ? length : 0] = 0;
}

/* The part of file below folder, beginning with a slash; NULL: it is not below. */
static const char *part_below(const char *file, const char *folder)
{
    size_t length = strlen(folder);
    while (length && folder[length - 1] == '/')
        length--;
    return *folder && strncmp(file, folder, length) == 0 && file[length] == '/' ? file + length : NULL;
}

/* The root whose folder is nearest to the file, and the first of equals. */
static const struct host_root *nearest_root(const struct host_files *files, const char *place, const char **ret_rest)
{
    const struct host_root *nearest = NULL;
    for (unsigned i = 0; i < files->count; i++) {
        char folder[HOST_PLACE_MAX];
        place_of(files->roots[i].fd, folder);
        const char *rest = part_below(place, folder);
        if (rest && (!nearest || rest > *ret_rest)) {
            nearest = &files->roots[i];
            *ret_rest = rest;
        }
    }
    return nearest;
}

/* C: is the first volume. */
static unsigned volume_of(char letter)
{
    int index = toupper((unsigned char)letter) - 'C';
    return (unsigned)(index < 0 ? index + 26 : index) + 1;
}

void host_files_device_path(const struct host_files *files, int fd, const char *name, char *path, size_t room)
{
    char place[HOST_PLACE_MAX];
    const char *rest = NULL;
    place_of(fd, place);
    const struct host_root *root = nearest_root(files, place, &rest);
    int length =
        root ? snprintf(path, room, "\\Device\\HarddiskVolume%u%s%s", volume_of(root->guest[0]), root->guest + 2, rest)
             : 0;
    if (length <= 0 || (size_t)length >= room)
        snprintf(path, room, "\\Device\\HarddiskVolume1\\%s", name);
    for (char *at = path; *at; at++)
        if (*at == '/')
            *at = '\\';
}
