/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no_fallocate.c - loaded before the C library: a host whose file systems reserve nothing. */
#include <errno.h>
#include <sys/types.h>

int fallocate(int fd, int mode, off_t offset, off_t length);

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    (void)fd, (void)mode, (void)offset, (void)length;
    errno = EOPNOTSUPP;
    return -1;
}
