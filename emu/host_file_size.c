/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file_size.c - how long files are, and room for them on the host's disk.
 *
 * A file of NTFS has all its clusters from the moment that it is made longer, or the call fails with STATUS_DISK_FULL:
 * what is stored into it later, through the cache or a view, finds room.  The host gives the same: blocks that read as
 * zeroes and are not written (fallocate).  A huge growth is meant to be sparse more often than not, and would take the
 * user's disk away for nothing: of it the first HOST_RESERVED_MAX bytes are reserved, and what is written at once; more
 * may turn out to be too much when it is written.  A file system that cannot reserve is asked whether it has the room.
 */
#define _GNU_SOURCE /* fallocate() */
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
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

/* Does the host say that its disk has no room for so many bytes more? */
static bool is_full(int fd, uint64_t bytes)
{
    struct statvfs disk;
    return fstatvfs(fd, &disk) == 0 && disk.f_blocks && disk.f_frsize && bytes / disk.f_frsize >= disk.f_bavail;
}

enum reserved { RESERVED, NOT_SUPPORTED };

/* Room for [from, to).  The file ends there at least, unless the file system does not support it: then there was room
 * just now. */
static ntstatus_t reserve(int fd, uint64_t from, uint64_t to, enum reserved *ret_how)
{
    int result;
    do
        result = fallocate(fd, 0, (off_t)from, (off_t)(to - from));
    while (result != 0 && errno == EINTR);
    *ret_how = RESERVED;
    if (result == 0)
        return STATUS_SUCCESS;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return errno == EINVAL ? STATUS_DISK_FULL : host_status(errno);
    *ret_how = NOT_SUPPORTED;
    return is_full(fd, to - from) ? STATUS_DISK_FULL : STATUS_SUCCESS;
}

/* The same for all of the growth; *ret_how: of the last part. */
static ntstatus_t reserve_growth(int fd, const struct host_growth *growth, enum reserved *ret_how)
{
    bool huge = growth->to - growth->from > HOST_RESERVED_MAX;
    uint64_t end = huge ? growth->from + HOST_RESERVED_MAX : growth->to;
    uint64_t data = growth->data > end ? growth->data : end;
    ntstatus_t status = reserve(fd, growth->from, end, ret_how);
    if (status == STATUS_SUCCESS && data < growth->to)
        return reserve(fd, data, growth->to, ret_how);
    *ret_how = huge ? NOT_SUPPORTED : *ret_how;
    return status;
}

ntstatus_t host_grow(int fd, const struct host_growth *growth)
{
    struct host_info info;
    struct host_growth left = *growth;
    enum reserved how;
    ntstatus_t status = host_look_at(fd, &info);
    if (status != STATUS_SUCCESS || info.size >= growth->to)
        return status;
    left.from = info.size > growth->from ? info.size : growth->from;
    status = reserve_growth(fd, &left, &how);
    if (status == STATUS_SUCCESS && how == NOT_SUPPORTED)
        status = set_size(fd, growth->to);
    if (status != STATUS_SUCCESS)
        set_size(fd, info.size); /* a part of it may have been reserved */
    return status;
}
