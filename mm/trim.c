/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trim.c - the user pages of a working set: listed, described, and sent away. */
#include "mm/mi.h"

bool mi_trim(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mi_slot slot;
    va_t end;
    bool done = false;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));

    if (!vad || mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
        return false;
    mmpte_t pte = mi_read_pte(mm, slot);
    if (pte_is_valid(pte) && vad->kind != VAD_SHARED && mi_frame_knows(mm, va, pte)) {
        mi_trim_page(mm, process, slot, va, mi_page_state(mm, process, vad, va, pte).protection);
        done = true;
    }
    mi_release_page_table(mm, slot);
    return done;
}

bool mi_ws_page_at(struct mm *mm, struct mmprocess *process, va_t va, struct mm_ws_page *ret_page)
{
    const struct mmvad *vad = NULL;
    mmpte_t pte;

    *ret_page = (struct mm_ws_page){.va = va & ~(va_t)MMU_PAGE_MASK};
    if (va <= mm->config.highest_user_address)
        vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad || !mi_peek_pte(mm, process, va, &pte))
        return false;
    enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);
    ret_page->shared = kind == PTE_KIND_PROTOTYPE || kind == PTE_KIND_LOOKUP;
    if (kind != PTE_KIND_VALID || !mi_frame_knows(mm, va, pte))
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    ret_page->shared = pfn->flags & PFN_PROTOTYPE_BIT;
    ret_page->share_count = ret_page->shared ? pfn->share_count : 0;
    ret_page->protection = mi_page_state(mm, process, vad, va, pte).protection;
    return true;
}

size_t mi_ws_list(struct mm *mm, struct mmprocess *process, struct mm_ws_page *pages, size_t room)
{
    size_t count = 0;
    struct mi_slot slot;

    for (va_t va = 0, end; va <= mm->config.highest_user_address; va = end) {
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
            continue;
        end = va + MMU_PAGE_SIZE;
        mi_release_page_table(mm, slot);
        struct mm_ws_page page;
        if (!mi_ws_page_at(mm, process, va, &page))
            continue;
        if (count < room)
            pages[count] = page;
        count++;
    }
    return count;
}

void mi_ws_empty(struct mm *mm, struct mmprocess *process)
{
    struct mi_slot slot;

    for (va_t va = 0, end; va <= mm->config.highest_user_address; va = end) {
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
            continue;
        end = va + MMU_PAGE_SIZE;
        mi_release_page_table(mm, slot);
        mi_trim(mm, process, va);
    }
}
