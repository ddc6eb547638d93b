/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file_change.c - names that go and move, and what of a file the host keeps besides its bytes.
 *
 * A name is changed through the descriptor of its folder, which was opened beneath the root: the host's call sees one
 * component, never a path. */
#define _GNU_SOURCE /* renameat2() */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/host_overlay.h"
#include "emu/host_path.h"
#include "emu/status.h"

static ntstatus_t close_with(int fd, int result)
{
    ntstatus_t status = result == 0 ? STATUS_SUCCESS : host_status(errno);
    close(fd);
    return status;
}

ntstatus_t host_may_remove(const struct host_place *place)
{
    const char *name;
    if (!host_may_change(place->root) || !*place->path)
        return STATUS_ACCESS_DENIED;
    if (place->root->mode == HOST_PRIVATE)
        return STATUS_SUCCESS;
    int parent = host_open_parent(place, &name);
    return parent < 0 ? host_status(errno) : close_with(parent, faccessat(parent, ".", W_OK | X_OK, 0));
}

/* Is it the host's link to what it leads to? */
static bool is_link(const struct host_place *place)
{
    struct overlay_at at;
    struct stat info;
    if (overlay_find(place->root, place->path, &at) != 0 || at.kind != OVERLAY_HOST)
        return false;
    int fd = open_beneath(place->root->fd, at.path, O_PATH | O_NOFOLLOW, 0);
    bool link = fd >= 0 && fstat(fd, &info) == 0 && S_ISLNK(info.st_mode);
    if (fd >= 0)
        close(fd);
    return link;
}

ntstatus_t host_remove(const struct host_place *place, const struct host_info *info)
{
    const char *name;
    struct host_info now;
    ntstatus_t status = host_look(place, &now);
    if (status != STATUS_SUCCESS)
        return status;
    if (now.device != info->device || now.inode != info->inode || !*place->path)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* somebody on the host put another in its place */
    if (!host_may_change(place->root))
        return STATUS_ACCESS_DENIED;
    if (place->root->mode == HOST_PRIVATE)
        return info->directory && !is_link(place) && !host_is_empty(place) ? STATUS_DIRECTORY_NOT_EMPTY
                                                                           : overlay_remove(place);
    int parent = host_open_parent(place, &name);
    if (parent < 0)
        return host_status(errno);
    int result = unlinkat(parent, name, info->directory ? AT_REMOVEDIR : 0);
    if (result != 0 && errno == ENOTDIR)
        result = unlinkat(parent, name, 0); /* a link to a folder: the link goes */
    return close_with(parent, result);
}

/* One rename on the host, which does not replace where it must not. */
static int rename_once(int from, const char *name, int to, const char *new_name, bool replace)
{
    int result = renameat2(from, name, to, new_name, replace ? 0 : RENAME_NOREPLACE);
    if (result == 0 || replace || errno != EINVAL)
        return result;
    struct stat info; /* a file system without RENAME_NOREPLACE */
    if (fstatat(to, new_name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(from, name, to, new_name);
}

/* What the host refuses by itself elsewhere. */
static ntstatus_t check_replaced(const struct host_place *to, const struct host_info *from)
{
    struct host_info info;
    ntstatus_t status = host_look(to, &info);
    if (status != STATUS_SUCCESS)
        return status;
    if (info.device == from->device && info.inode == from->inode)
        return STATUS_SUCCESS;
    if (from->directory != info.directory)
        return from->directory ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_FILE_IS_A_DIRECTORY;
    return info.directory && !host_is_empty(to) ? STATUS_DIRECTORY_NOT_EMPTY : STATUS_SUCCESS;
}

/* => STATUS_INVALID_PARAMETER: the place is below the folder, by whatever name. */
static ntstatus_t check_not_below(const struct host_place *place, const struct host_info *folder)
{
    struct host_place above = *place;
    struct host_info info;
    for (char *slash; (slash = strrchr(above.path, '/'));) {
        *slash = 0;
        ntstatus_t status = host_look(&above, &info);
        if (status != STATUS_SUCCESS)
            return status;
        if (info.device == folder->device && info.inode == folder->inode)
            return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static ntstatus_t rename_private(const struct host_place *from, struct host_place *to, bool replace)
{
    struct host_info info, target;
    ntstatus_t status = host_look(from, &info);
    if (status == STATUS_SUCCESS && to->presence == HOST_THERE)
        status = host_look(to, &target);
    if (status == STATUS_SUCCESS && to->presence == HOST_THERE && !replace)
        status = STATUS_OBJECT_NAME_COLLISION;
    if (status == STATUS_SUCCESS && info.directory)
        status = check_not_below(to, &info);
    if (status == STATUS_SUCCESS && to->presence == HOST_THERE)
        status = check_replaced(to, &info);
    return status == STATUS_SUCCESS && strcmp(from->path, to->path) != 0 ? overlay_rename(from, to) : status;
}

ntstatus_t host_rename(const struct host_place *from, struct host_place *to, bool replace)
{
    const char *name, *new_name;
    if (from->root != to->root || !from->root)
        return STATUS_NOT_SAME_DEVICE;
    if (!host_may_change(from->root) || !*from->path || !*to->path)
        return STATUS_ACCESS_DENIED;
    if (from->root->mode == HOST_PRIVATE)
        return rename_private(from, to, replace);
    int source = host_open_parent(from, &name), target = source < 0 ? -1 : host_open_parent(to, &new_name);
    if (target < 0) {
        ntstatus_t status = host_status(errno);
        if (source >= 0)
            close(source);
        return status;
    }
    int result = rename_once(source, name, target, new_name, replace);
    int error = errno;
    bool respell = result == 0 && strcmp(new_name, to->given) != 0 && strlen(to->given) == strlen(new_name);
    if (respell && rename_once(target, new_name, target, to->given, false) == 0)
        memcpy(to->path + (new_name - to->path), to->given, strlen(to->given));
    close(source);
    close(target);
    if (result == 0)
        return STATUS_SUCCESS;
    return error == EXDEV ? STATUS_NOT_SAME_DEVICE : error == EINVAL ? STATUS_INVALID_PARAMETER : host_status(error);
}

ntstatus_t host_set_read_only(int fd, bool read_only)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return host_status(errno);
    mode_t mode = info.st_mode & 07777;
    mode_t wanted = read_only ? mode & ~(mode_t)0222 : mode & 0222 ? mode : mode | 0200;
    return wanted == mode || fchmod(fd, wanted) == 0 ? STATUS_SUCCESS : host_status(errno);
}

ntstatus_t host_set_time(int fd, uint64_t when)
{
    const int64_t epoch = 11644473600;
    struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = (time_t)((int64_t)(when / 10000000) - epoch), .tv_nsec = (long)(when % 10000000) * 100},
    };
    return futimens(fd, times) == 0 ? STATUS_SUCCESS : host_status(errno);
}
