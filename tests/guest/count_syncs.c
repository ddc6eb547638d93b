/* SPDX-License-Identifier: GPL-2.0-or-later */
/* count_syncs.c - for LD_PRELOAD: says on stdout which file or folder is synchronised with the disk. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int fd)
{
    char link[64], path[4096], line[4200];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    const char *name = strrchr(path, '/');
    int size = snprintf(line, sizeof line, "fsync %s\n", name ? name + 1 : path);
    if (write(STDOUT_FILENO, line, (size_t)size) != size)
        return -1;
    return (int)syscall(SYS_fsync, fd);
}
