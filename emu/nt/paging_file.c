/* SPDX-License-Identifier: GPL-2.0-or-later */
/* paging_file.c - NtCreatePagingFile (nt-reference 5.1, 8).
 *
 * The name says which page file is meant, and must be one that a file could have; the file itself is the machine's own
 * and private (paging.c): the folders that the guest sees never hold it.  All page files that programs make share the
 * 4 GB that a drive has free, at their largest. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"
#include "emu/nt/service.h"

#define ROOM_BYTES (UINT64_C(4) << 30)

/* The page file of that name. => MM_PAGEFILES_MAX: none. */
static uint32_t find(const struct machine *machine, const char *path)
{
    for (uint32_t i = 0; i < MM_PAGEFILES_MAX; i++)
        if (machine->paging_io.name[i][0] && host_name_equal(machine->paging_io.name[i], path))
            return i;
    return MM_PAGEFILES_MAX;
}

/* \??\C:\pagefile2.sys: a file that is not there, in a folder that is. => *ret_path: "C:\pagefile2.sys". */
static ntstatus_t read_name(struct nt_call *call, va_t va, char path[PAGEFILE_NAME_MAX])
{
    char name[HOST_PATH_MAX];
    struct host_place place;
    ntstatus_t status = guest_read_string(call->machine, va, name, sizeof name);
    if (status != STATUS_SUCCESS)
        return status;
    if (!name[0])
        return STATUS_OBJECT_NAME_INVALID;
    status = host_locate(&call->machine->files, name, &place);
    if (status != STATUS_SUCCESS)
        return status;
    if (place.slash || !host_guest_path(&place, path, PAGEFILE_NAME_MAX))
        return STATUS_OBJECT_NAME_INVALID;
    return place.presence == HOST_MISSING ? STATUS_SUCCESS : STATUS_OBJECT_NAME_COLLISION;
}

/* Pages that programs have added to what page file number may have, where that is maximum. */
static uint64_t added(const struct machine *machine, uint32_t number, uint64_t maximum)
{
    const struct machine_options *options = &machine->options;
    uint64_t given = number < options->pagefile_count ? options->pagefiles[number].most >> MMU_PAGE_SHIFT : 0;
    return maximum > given ? maximum - given : 0;
}

/* May the page file number, or a new one, have maximum pages, beside those that programs have added already? */
static bool has_room(const struct machine *machine, uint32_t number, uint64_t maximum)
{
    struct mm_pagefile_info info;
    uint64_t pages = added(machine, number, maximum);
    for (uint32_t i = 0; mm_pagefile_query(machine->mm, i, &info); i++)
        pages += i == number ? 0 : added(machine, i, info.maximum);
    return pages <= ROOM_BYTES >> MMU_PAGE_SHIFT;
}

/* Arguments: 0 name 1 *minimum 2 *maximum 3 priority (nothing depends on it). */
static ntstatus_t create_paging_file(struct nt_call *call)
{
    struct machine *machine = call->machine;
    char path[PAGEFILE_NAME_MAX];
    uint64_t sizes[2];
    ntstatus_t status = STATUS_SUCCESS;
    if (!token_has(machine_process(machine), SE_CREATE_PAGEFILE_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    for (unsigned i = 0; i < 2 && status == STATUS_SUCCESS; i++)
        status = guest_read(machine, call->arguments[1 + i], &sizes[i], sizeof sizes[i]);
    if (status != STATUS_SUCCESS || (status = read_name(call, call->arguments[0], path)) != STATUS_SUCCESS)
        return status;
    uint32_t number = find(machine, path);
    sizes[0] >>= MMU_PAGE_SHIFT;
    sizes[1] >>= MMU_PAGE_SHIFT;
    if ((status = mm_pagefile_check_sizes(machine->mm, sizes[0], sizes[1])) != STATUS_SUCCESS)
        return status;
    if (!has_room(machine, number, sizes[1]))
        return STATUS_DISK_FULL;
    if (number < MM_PAGEFILES_MAX)
        return mm_pagefile_change(machine->mm, number, sizes[0], sizes[1]);
    status = mm_pagefile_create(machine->mm, sizes[0], sizes[1], &number);
    if (status == STATUS_SUCCESS)
        strcpy(machine->paging_io.name[number], path);
    return status;
}

const struct nt_service nt_services_paging_file[] = {
    {"NtCreatePagingFile", 4, create_paging_file},
    {NULL, 0, NULL},
};
