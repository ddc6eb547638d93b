/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared_page.c - one page of system space in every process: the shared user data (nt-reference 5.6, 14.3). */
#include "mm/mi.h"

ntstatus_t mi_map_shared_page(struct mm *mm, struct mmprocess *process, va_t user, va_t system)
{
    uint64_t start = mi_vpn(user), end = start | 15; /* and the no-access pages after it (nt-reference 5.6) */
    const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, start);

    if ((user & MMU_PAGE_MASK) || end > mi_vpn(mm->config.highest_user_address))
        return STATUS_INVALID_PARAMETER;
    if (next && next->start_vpn <= end)
        return STATUS_CONFLICTING_ADDRESSES;
    struct mmvad *vad = mi_new_vad(mm, start, end, VAD_SHARED, MM_READONLY);
    if (!vad)
        return STATUS_INSUFFICIENT_RESOURCES;
    vad->no_change = true;
    vad->first_prototype = system;
    mi_insert_vad(mm, process, vad);
    return STATUS_SUCCESS;
}
