/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file_size.c - how long files are. */
#define _GNU_SOURCE /* fallocate() */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "emu/host_file.h"
#include "emu/status.h"

static ntstatus_t set_size(int fd, uint64_t size)
{
    int result;
    do
        result = ftruncate(fd, (off_t)size);
    while (result != 0 && errno == EINTR);
    return result == 0 ? STATUS_SUCCESS : errno == EINVAL ? STATUS_DISK_FULL : host_status(errno);
}

ntstatus_t host_cut(int fd, uint64_t size)
{
    struct host_info info;
    ntstatus_t status = host_look_at(fd, &info);
    return status == STATUS_SUCCESS && info.size > size ? set_size(fd, size) : status;
}

static ntstatus_t reserve(int fd, uint64_t offset, uint64_t length)
{
    int result;
    do
        result = fallocate(fd, 0, (off_t)offset, (off_t)length);
    while (result != 0 && errno == EINTR);
    if (result != 0 && (errno == EOPNOTSUPP || errno == ENOSYS))
        return set_size(fd, offset + length);
    return result == 0 ? STATUS_SUCCESS : errno == EINVAL ? STATUS_DISK_FULL : host_status(errno);
}

ntstatus_t host_grow(int fd, const struct host_growth *growth)
{
    return growth->data < growth->to ? reserve(fd, growth->data, growth->to - growth->data) : set_size(fd, growth->to);
}
