/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.c - NtQueryVirtualMemory(MemoryBasicInformation): runs of pages alike (nt-reference 5.6).
 *
 * A run is followed through the page tables that exist; what has none is skipped a hole at a time (an image's hole, a
 * PE section at a time), so that a query costs what was touched, not what was reserved. */
#include "mm/mi.h"

static void describe_free(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *region)
{
    const struct mmvad *next = vad_lower_bound(mm->arena, &process->vads, mi_vpn(va));
    va_t end = next ? next->start_vpn << MMU_PAGE_SHIFT : mm->config.highest_user_address + 1;
    *region = (struct mm_region){.base = va, .size = end - va, .state = MEM_FREE, .protect = PAGE_NOACCESS};
}

static bool same(struct mi_page a, struct mi_page b)
{
    return a.committed == b.committed && (!a.committed || a.protection == b.protection);
}

/* A run of pages alike, and how far it is known to go. */
struct run {
    struct mm *mm;
    struct mmprocess *process;
    const struct mmvad *vad;
    va_t start, end; /* end: the first page not looked at yet */
    struct mi_page page;
};

/* Pages from run->end to `to` (exclusive) are as `page`. => false: the run ends before them. */
static bool extend(struct run *run, va_t to, struct mi_page page)
{
    if (run->end == run->start)
        run->page = page;
    else if (!same(run->page, page))
        return false;
    run->end = to;
    return true;
}

/* Pages of a data view whose PTEs are empty: all alike, but where commitment begins or ends. */
static uint64_t end_of_alike(const struct run *run, uint64_t vpn, uint64_t end)
{
    const struct control_area *area = mi_area(run->mm, run->vad->control_area);
    uint64_t page = run->vad->first_page + (vpn - run->vad->start_vpn);

    if (area->reserved) /* a chunk that was not made has nothing committed */
        return mi_find_chunk(run->mm, area, page) ? vpn + 1 : vpn + PTES_PER_TABLE - page % PTES_PER_TABLE;
    return page < area->page_count && area->page_count - page < end - vpn ? vpn + (area->page_count - page) : end;
}

/* Pages up to `to` (exclusive) have no page table. */
static bool extend_over_hole(struct run *run, va_t to)
{
    while (run->end < to) {
        uint64_t end = mi_vpn(to);
        struct mi_page page = mi_page_state(run->mm, run->process, run->vad, run->end, (mmpte_t){0});
        if (run->vad->kind == VAD_MAPPED)
            end = end_of_alike(run, mi_vpn(run->end), end);
        else if (run->vad->kind == VAD_IMAGE)
            mi_segment_run(run->mm, run->vad, mi_vpn(run->end), &end);
        else if (run->vad->kind == VAD_SHARED)
            end = mi_vpn(run->end) + 1;
        if (!extend(run, end < mi_vpn(to) ? end << MMU_PAGE_SHIFT : to, page))
            return false;
    }
    return true;
}

/* Most pages of most programs: private, valid. */
static struct mi_page state_of(const struct run *run, va_t va, mmpte_t pte)
{
    if (run->vad->kind == VAD_PRIVATE && pte_is_valid(pte) && pte_pfn(pte).index < run->mm->pfn.frame_count) {
        const struct mmpfn *pfn = mi_pfn(run->mm, pte_pfn(pte));
        if (pfn->state == PFN_ACTIVE && pfn_pte_address(pfn) == pte_address(va) && !(pfn->flags & PFN_PROTOTYPE_BIT))
            return (struct mi_page){true, pte_protection(pfn->original_pte)};
    }
    return mi_page_state(run->mm, run->process, run->vad, va, pte);
}

static void follow(struct run *run)
{
    va_t last = run->vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK;
    struct mi_pages at = mi_first_page(run->mm, run->process, run->start, last, MI_LOOK);

    for (; at.held; mi_next_page(&at))
        if (!extend_over_hole(run, at.va) ||
            !extend(run, at.va + MMU_PAGE_SIZE, state_of(run, at.va, mi_page_word(&at)))) {
            mi_leave_pages(&at);
            return;
        }
    extend_over_hole(run, last + 1);
}

static uint32_t allocation_protect(const struct mmvad *vad)
{
    return vad->kind == VAD_IMAGE ? PAGE_EXECUTE_WRITECOPY : mm_page_from_protection(vad->protection);
}

static uint32_t page_protect(const struct run *run)
{
    if (run->page.committed)
        return mm_page_from_protection(run->page.protection);
    return run->vad->kind == VAD_SHARED ? PAGE_NOACCESS : 0;
}

ntstatus_t mi_query(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *ret_region)
{
    static const uint32_t type[VAD_KIND_COUNT] = {MEM_PRIVATE, MEM_IMAGE, MEM_PRIVATE, MEM_MAPPED};

    if (va > mm->config.highest_user_address)
        return STATUS_INVALID_PARAMETER;
    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    va &= ~(va_t)MMU_PAGE_MASK;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (!vad) {
        describe_free(mm, process, va, ret_region);
        return STATUS_SUCCESS;
    }
    struct run run = {.mm = mm, .process = process, .vad = vad, .start = va, .end = va};
    follow(&run);
    *ret_region = (struct mm_region){
        .base = va,
        .size = run.end - va,
        .allocation_base = vad->start_vpn << MMU_PAGE_SHIFT,
        .allocation_protect = allocation_protect(vad),
        .state = run.page.committed ? MEM_COMMIT : MEM_RESERVE,
        .protect = page_protect(&run),
        .type = type[vad->kind],
    };
    return STATUS_SUCCESS;
}
