/* SPDX-License-Identifier: GPL-2.0-or-later */
/* growth.h - files of the host that a guest makes longer.
 *
 * Every growth goes through growth_make(): of WriteFile in the cache and around it, SetEndOfFile, CreateFileMapping,
 * NtExtendSection.  It is here that a disk is full, the host's or that of --inject disk-full, and nothing has changed
 * then.  The other calls that set a size (host_cut()) cannot make a file longer.  Bytes that are written to a file
 * later lie within its size. */
#ifndef SOFTFAULT_EMU_GROWTH_H
#define SOFTFAULT_EMU_GROWTH_H

#include "emu/host_file.h"

struct machine;

/* The file is as long as growth->to.  => STATUS_DISK_FULL, host_status(): it is as it was. */
ntstatus_t growth_make(struct machine *machine, int fd, const struct host_growth *growth);

/* Not all of it was needed: the file ends at size, from growth->from to growth->to. */
void growth_undo(struct machine *machine, int fd, const struct host_growth *growth, uint64_t size);

#endif
