/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.c - NtQueryVirtualMemory(MemoryBasicInformation): runs of pages alike (nt-reference 5.6). */
#include "mm/mi.h"

static void describe_free(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *region)
{
    const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, mi_vpn(va));
    va_t end = next ? next->start_vpn << MMU_PAGE_SHIFT : mm->config.highest_user_address + 1;
    *region = (struct mm_region){.base = va, .size = end - va, .state = MEM_FREE, .protect = PAGE_NOACCESS};
}

static struct mi_page state_at(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t va,
                               va_t *ret_end)
{
    struct mi_slot slot;
    mmpte_t pte = {0};

    if (mi_hold_page_table(mm, process, va, &slot, ret_end) == MI_HELD) {
        pte = mi_read_pte(mm, slot);
        mi_release_page_table(mm, slot);
        *ret_end = va + MMU_PAGE_SIZE;
    } else if (vad->kind != VAD_PRIVATE) {
        *ret_end = va + MMU_PAGE_SIZE;
    }
    return mi_page_state(mm, process, vad, va, pte);
}

static bool same(struct mi_page a, struct mi_page b)
{
    return a.committed == b.committed && (!a.committed || a.protection == b.protection);
}

static uint32_t allocation_protect(const struct mmvad *vad)
{
    return vad->kind == VAD_IMAGE ? PAGE_EXECUTE_WRITECOPY : mm_page_from_protection(vad->protection);
}

ntstatus_t mi_query(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *ret_region)
{
    static const uint32_t type[VAD_KIND_COUNT] = {MEM_PRIVATE, MEM_IMAGE, MEM_PRIVATE};

    if (va > mm->config.highest_user_address)
        return STATUS_INVALID_PARAMETER;
    va &= ~(va_t)MMU_PAGE_MASK;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad) {
        describe_free(mm, process, va, ret_region);
        return STATUS_SUCCESS;
    }
    va_t last = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK, end;
    struct mi_page page = state_at(mm, process, vad, va, &end);
    while (end <= last) {
        va_t next;
        if (!same(page, state_at(mm, process, vad, end, &next)))
            break;
        end = next;
    }
    if (end > last)
        end = last + 1;
    *ret_region = (struct mm_region){
        .base = va,
        .size = end - va,
        .allocation_base = vad->start_vpn << MMU_PAGE_SHIFT,
        .allocation_protect = allocation_protect(vad),
        .state = page.committed ? MEM_COMMIT : MEM_RESERVE,
        .protect = page.committed            ? mm_page_from_protection(page.protection)
                   : vad->kind == VAD_SHARED ? PAGE_NOACCESS
                                             : 0,
        .type = type[vad->kind],
    };
    return STATUS_SUCCESS;
}
