/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trim.c - the working set as its owner sees it: what is in it, and making it smaller (nt-reference 5.6, 7.2). */
#include "mm/mi.h"

/* A valid page as the working-set queries describe it. */
static struct mm_ws_page describe(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t va,
                                  mmpte_t pte)
{
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    bool shared = (pfn->flags & PFN_PROTOTYPE_BIT) || vad->kind == VAD_SHARED;

    return (struct mm_ws_page){
        .va = va,
        .protection = mi_page_state(mm, process, vad, va, pte).protection,
        .share_count = shared ? pfn->share_count : 0,
        .shared = shared,
        .locked = mi_ws_locks(mm, process, va, pte_pfn(pte)) != 0,
    };
}

size_t mi_ws_list(struct mm *mm, struct mmprocess *process, struct mm_ws_page *pages, size_t room)
{
    size_t count = 0;

    for (const struct mmvad *vad = vad_lower_bound(mm->arena, &process->vads, 0); vad; vad = vad_next(mm->arena, vad)) {
        va_t last = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK, end;
        for (va_t va = vad->start_vpn << MMU_PAGE_SHIFT; va <= last; va = end) {
            struct mi_slot slot;
            if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
                continue;
            end = va + MMU_PAGE_SIZE;
            mmpte_t pte = mi_read_pte(mm, slot);
            if (pte_is_valid(pte) && mi_frame_knows(mm, va, pte)) {
                if (count < room)
                    pages[count] = describe(mm, process, vad, va, pte);
                count++;
            }
            mi_release_page_table(mm, slot);
        }
    }
    return count;
}

bool mi_ws_page_at(struct mm *mm, struct mmprocess *process, va_t va, struct mm_ws_page *ret_page)
{
    mmpte_t pte;

    va &= ~(va_t)MMU_PAGE_MASK;
    *ret_page = (struct mm_ws_page){.va = va};
    const struct mmvad *vad =
        va > mm->config.highest_user_address ? NULL : vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad)
        return false;
    ret_page->shared = vad->kind != VAD_PRIVATE;
    if (!mi_peek_pte(mm, process, va, &pte) || !pte_is_valid(pte) || !mi_frame_knows(mm, va, pte))
        return false;
    *ret_page = describe(mm, process, vad, va, pte);
    return true;
}

/* => the slot is held.  false: the page is not valid, or locked. */
static bool trim_slot(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, struct mi_slot slot, va_t va)
{
    mmpte_t pte = mi_read_pte(mm, slot);

    if (!pte_is_valid(pte) || !mi_frame_knows(mm, va, pte) || mi_ws_locks(mm, process, va, pte_pfn(pte)))
        return false;
    if (vad->kind == VAD_SHARED)
        mi_remove_page(mm, process, slot, va, (mmpte_t){0});
    else
        mi_trim_page(mm, process, slot, va, mi_page_state(mm, process, vad, va, pte).protection);
    return true;
}

bool mi_trim(struct mm *mm, struct mmprocess *process, va_t va)
{
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    struct mi_slot slot;
    va_t end;

    if (!vad || mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
        return false;
    bool done = trim_slot(mm, process, vad, slot, va & ~(va_t)MMU_PAGE_MASK);
    mi_release_page_table(mm, slot);
    return done;
}

void mi_ws_empty(struct mm *mm, struct mmprocess *process)
{
    for (const struct mmvad *vad = vad_lower_bound(mm->arena, &process->vads, 0); vad; vad = vad_next(mm->arena, vad)) {
        va_t last = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK, end;
        for (va_t va = vad->start_vpn << MMU_PAGE_SHIFT; va <= last; va = end) {
            struct mi_slot slot;
            if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
                continue;
            end = va + MMU_PAGE_SIZE;
            trim_slot(mm, process, vad, slot, va);
            mi_release_page_table(mm, slot);
        }
        mi_delete_empty_tables(mm, process, vad->start_vpn << MMU_PAGE_SHIFT, last);
    }
}

/* NtFlushVirtualMemory: no view of a data file exists yet. */
ntstatus_t mi_flush(struct mm *mm, struct mmprocess *process, struct mm_range *range)
{
    va_t highest = mm->config.highest_user_address;

    if (range->base > highest)
        return STATUS_INVALID_PARAMETER_2;
    if (highest - range->base < range->size)
        return STATUS_INVALID_PARAMETER_3;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(range->base));
    if (!vad || vad->kind != VAD_IMAGE)
        return STATUS_NOT_MAPPED_VIEW;
    if (range->size && mi_vpn(range->base + range->size - 1) > vad->end_vpn)
        return STATUS_NOT_MAPPED_VIEW;
    return STATUS_NOT_MAPPED_DATA;
}
