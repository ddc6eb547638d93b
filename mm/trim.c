/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trim.c - the pages of a working set: listed, described, and sent away. */
#include "mm/mi.h"

/* The shared user data page has no transition: its PTE is made again from the VAD. */
static void evict(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad, va_t va,
                  mmpte_t pte, enum mi_trim_reason why)
{
    if (vad->kind == VAD_SHARED)
        mi_remove_page(mm, process, slot, va, (mmpte_t){0});
    else
        mi_trim_page(mm, process, slot, va, mi_page_state(mm, process, vad, va, pte).protection, why);
}

bool mi_evict_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, const struct mmvad *vad, va_t va,
                   enum mi_trim_reason why)
{
    mmpte_t pte = mi_read_pte(mm, slot);

    if (!pte_is_valid(pte) || !mi_frame_knows(mm, va, pte) ||
        (mi_ws_flags(mm, process, va, pte_pfn(pte)) & MI_WSLE_LOCKS))
        return false;
    evict(mm, process, slot, vad, va, pte, why);
    return true;
}

bool mi_evict(struct mm *mm, struct mmprocess *process, va_t va, enum mi_trim_reason why)
{
    struct mi_slot slot;
    if (va >= MI_SYSTEM_START && !mi_is_system(mm, process))
        return mi_evict_table(mm, process, va, why);
    if (mi_is_pool_address(va))
        return mi_evict_prototypes(mm, va, why);
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad || mi_hold_page_table(mm, process, va, &slot) != MI_HELD)
        return false;
    bool done = mi_evict_page(mm, process, slot, vad, va, why);
    mi_release_page_table(mm, slot);
    return done;
}

bool mi_trim(struct mm *mm, struct mmprocess *process, va_t va)
{
    return mi_evict(mm, process, va, MI_TRIM_EMPTIED);
}

/* What the working set says of a page. => false: it is not there. */
static bool describe(const struct mm *mm, const struct mmprocess *process, const struct mmvad *vad, va_t va,
                     mmpte_t pte, struct mm_ws_page *ret_page)
{
    enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);

    *ret_page = (struct mm_ws_page){
        .va = va,
        .shared = vad->kind != VAD_PRIVATE &&
                  (kind == PTE_KIND_EMPTY || kind == PTE_KIND_PROTOTYPE || kind == PTE_KIND_LOOKUP)};
    if (kind != PTE_KIND_VALID || !mi_frame_knows(mm, va, pte))
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    ret_page->shared = pfn->flags & PFN_PROTOTYPE_BIT;
    ret_page->share_count = ret_page->shared ? pfn->share_count : 0;
    ret_page->protection = mi_page_state(mm, process, vad, va, pte).protection;
    ret_page->locked = mi_ws_flags(mm, process, va, pte_pfn(pte)) & MI_WSLE_LOCKS;
    return true;
}

bool mi_ws_page_at(struct mm *mm, struct mmprocess *process, va_t va, struct mm_ws_page *ret_page)
{
    const struct mmvad *vad = NULL;
    mmpte_t pte;

    va &= ~(va_t)MMU_PAGE_MASK;
    *ret_page = (struct mm_ws_page){.va = va};
    if (va <= mm->config.highest_user_address)
        vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    return vad && mi_peek_pte(mm, process, va, &pte) && describe(mm, process, vad, va, pte, ret_page);
}

/* From the page tables, which are in order; every valid page is in the working set (mm_check). */
size_t mi_ws_list(struct mm *mm, struct mmprocess *process, struct mm_ws_page *pages, size_t room)
{
    const struct mmvad *vad = NULL;
    size_t count = 0;

    for (struct mi_pages at = mi_first_page(mm, process, 0, mm->config.highest_user_address, MI_RESIDENT); at.held;
         mi_next_page(&at)) {
        struct mm_ws_page page;
        mmpte_t pte = mi_page_word(&at);
        if (!pte_is_valid(pte))
            continue;
        if (!vad || mi_vpn(at.va) > vad->end_vpn)
            vad = vad_find(mm->arena, &process->vads, mi_vpn(at.va));
        if (!vad || !describe(mm, process, vad, at.va, pte, &page))
            continue;
        if (count < room)
            pages[count] = page;
        count++;
    }
    return count;
}

void mi_ws_empty(struct mm *mm, struct mmprocess *process)
{
    const struct mmvad *vad = NULL;

    for (struct mi_pages at = mi_first_page(mm, process, 0, mm->config.highest_user_address, MI_RESIDENT); at.held;
         mi_next_page(&at)) {
        if (!pte_is_valid(mi_page_word(&at)))
            continue;
        if (!vad || mi_vpn(at.va) > vad->end_vpn)
            vad = vad_find(mm->arena, &process->vads, mi_vpn(at.va));
        if (vad)
            mi_evict_page(mm, process, at.slot, vad, at.va, MI_TRIM_EMPTIED);
    }
}
