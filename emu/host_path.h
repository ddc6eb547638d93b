/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_path.h - the one way from a root to what lies beneath it. */
#ifndef SOFTFAULT_EMU_HOST_PATH_H
#define SOFTFAULT_EMU_HOST_PATH_H

#include <stdint.h>

/* openat2() beneath root, never through a magic link, never blocking.  => -1: errno. */
int open_beneath(int root, const char *path, uint64_t flags, uint64_t mode);

#endif
