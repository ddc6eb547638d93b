/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_path.c - the name that the kernel has for an open file: \Device\HarddiskVolume1\work\a.dll.
 *
 * The host says where the file is; the folder that leads there says what the guest calls it.  Only the part below that
 * folder is taken over, so that nothing of the host's own paths is seen. */
#include "emu/host_file.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
