/* SPDX-License-Identifier: GPL-2.0-or-later */
/* growth.c - see growth.h. */
#include "emu/growth.h"

#include "emu/machine_internal.h"

ntstatus_t growth_make(struct machine *machine, int fd, const struct host_growth *growth)
{
    if (growth->to > INT64_MAX)
        return STATUS_DISK_FULL;
    ntstatus_t status = inject_grow(machine, growth->to - growth->from);
    if (status != STATUS_SUCCESS)
        return status;
    status = host_grow(fd, growth);
    if (status != STATUS_SUCCESS)
        inject_shrink(machine, growth->to - growth->from);
    return status;
}

void growth_undo(struct machine *machine, int fd, const struct host_growth *growth, uint64_t size)
{
    if (host_cut(fd, size) == STATUS_SUCCESS)
        inject_shrink(machine, growth->to - size);
}
