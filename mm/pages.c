/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.c - what stands behind an address: its state as services see it, and taking it away. */
#include <assert.h>

#include "mm/mi.h"

va_t mi_prototype_of(const struct mm *mm, const struct mmvad *vad, uint64_t vpn)
{
    if (vad->kind == VAD_MAPPED) {
        uint64_t page = vad->first_page + (vpn - vad->start_vpn);
        const struct subsection *chunk = mi_find_chunk(mm, mi_area(mm, vad->control_area), page);
        return chunk ? mi_chunk_address(chunk, page) : 0;
    }
    return vad->first_prototype + (vpn - vad->start_vpn) * PTE_SIZE;
}

unsigned mi_segment_run(const struct mm *mm, const struct mmvad *vad, uint64_t vpn, uint64_t *ret_end_vpn)
{
    const struct control_area *area = arena_at(mm->arena, vad->control_area);
    uint32_t page = (uint32_t)(vpn - vad->start_vpn), low = 0, high = area->subsection_count;

    if (vad->kind == VAD_MAPPED) {
        *ret_end_vpn = vad->end_vpn + 1;
        return area->protection;
    }

    while (high - low > 1) { /* subsections are in page order */
        uint32_t middle = (low + high) / 2;
        const struct subsection *at = arena_at(mm->arena, area->subsections[middle]);
        if (at->run.first_page <= page)
            low = middle;
        else
            high = middle;
    }
    const struct mm_image_subsection *run = &((struct subsection *)arena_at(mm->arena, area->subsections[low]))->run;
    *ret_end_vpn = vad->start_vpn + run->first_page + run->page_count;
    return run->protection;
}

unsigned mi_segment_protection(const struct mm *mm, const struct mmvad *vad, uint64_t vpn)
{
    uint64_t end;
    return mi_segment_run(mm, vad, vpn, &end);
}

bool mi_is_system_page(const struct mmpfn *pfn)
{
    if ((pfn->flags & PFN_PROTOTYPE_BIT) || pfn_pte_address(pfn) < PTE_BASE || pfn_pte_address(pfn) > PTE_TOP)
        return false;
    va_t va = pte_va_mapped_by(pfn_pte_address(pfn));
    return va >= MI_SYSTEM_START && !mi_is_process_owned(va);
}

bool mi_frame_knows(const struct mm *mm, va_t va, mmpte_t pte)
{
    if (pte_pfn(pte).index >= mm->pfn.frame_count)
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    bool own = !(pfn->flags & PFN_PROTOTYPE_BIT) && pfn_pte_address(pfn) == pte_address(va);

    if (!pte_is_valid(pte))
        return own && pfn->state != PFN_ACTIVE && pfn_may_move(pfn->state, PFN_ACTIVE) && pfn->state > PFN_FREE;
    if (pfn->state != PFN_ACTIVE)
        return false;
    if (own || (pfn->flags & PFN_PROTOTYPE_BIT))
        return true;
    return va < MI_SYSTEM_START && mi_is_system_page(pfn); /* the shared user data page */
}

/* A private frame keeps its protection in original_pte.  A shared one has the segment's, unless the process asked for
 * another: then its working-set entry says which (nt-reference 7.1). */
static unsigned protection_of_valid(const struct mm *mm, const struct mmprocess *process, const struct mmvad *vad,
                                    va_t va, mmpte_t pte)
{
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));

    if (vad->kind == VAD_SHARED)
        return MM_READONLY;
    if (!(pfn->flags & PFN_PROTOTYPE_BIT) || !mi_is_view(vad))
        return pte_protection(pfn->original_pte);
    if (vad->kind == VAD_MAPPED && !vad->reprotected)
        return vad->protection;
    unsigned own = 0;
    if (vad->reprotected)
        own = (mi_ws_flags(mm, process, va, pte_pfn(pte)) & MI_WSLE_PROTECTION) >> MI_WSLE_PROTECTION_SHIFT;
    return own ? own : mi_segment_protection(mm, vad, mi_vpn(va));
}

struct mi_page mi_page_state(const struct mm *mm, const struct mmprocess *process, const struct mmvad *vad, va_t va,
                             mmpte_t pte)
{
    switch (pte_kind(pte, PTE_OF_PROCESS)) {
    case PTE_KIND_VALID:
        if (mi_frame_knows(mm, va, pte))
            return (struct mi_page){true, protection_of_valid(mm, process, vad, va, pte)};
        break;
    case PTE_KIND_EMPTY:
        if (vad->kind == VAD_PRIVATE)
            return (struct mi_page){vad->mem_commit, vad->protection};
        if (vad->kind == VAD_SHARED)
            return (struct mi_page){mi_vpn(va) == vad->start_vpn, MM_READONLY};
        if (vad->kind == VAD_MAPPED)
            return (struct mi_page){mi_is_committed(mm, mi_area(mm, vad->control_area), mi_page_in_view(vad, va)),
                                    vad->protection};
        return (struct mi_page){true, mi_segment_protection(mm, vad, mi_vpn(va))};
    case PTE_KIND_PROTOTYPE:
        if (mi_is_view(vad))
            return (struct mi_page){true, mi_segment_protection(mm, vad, mi_vpn(va))};
        break;
    case PTE_KIND_TRANSITION:
    case PTE_KIND_LOOKUP:
    case PTE_KIND_PAGED_OUT:
    case PTE_KIND_DEMAND_ZERO: return (struct mi_page){true, pte_protection(pte)};
    case PTE_KIND_DECOMMITTED: return (struct mi_page){false, vad->protection};
    case PTE_KIND_SUBSECTION:
    case PTE_KIND_COUNT: break;
    }
    return (struct mi_page){false, MM_NOACCESS};
}

uint64_t mi_count_committed(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last)
{
    uint64_t seen = 0, count = 0;

    for (struct mi_pages at = mi_first_page(mm, process, first, last, MI_LOOK); at.held; mi_next_page(&at)) {
        seen++;
        count += mi_page_state(mm, process, vad, at.va, mi_page_word(&at)).committed;
    }
    return vad->mem_commit ? count + mi_vpn(last) - mi_vpn(first) + 1 - seen : count;
}

bool mi_is_charged_page(const struct mm *mm, mmpte_t pte, unsigned protection)
{
    switch (pte_kind(pte, PTE_OF_PROCESS)) {
    case PTE_KIND_TRANSITION:
    case PTE_KIND_PAGED_OUT:
    case PTE_KIND_DEMAND_ZERO: return true;
    case PTE_KIND_VALID:
        if (pte_pfn(pte).index < mm->pfn.frame_count && !(mi_pfn(mm, pte_pfn(pte))->flags & PFN_PROTOTYPE_BIT))
            return true;
        break;
    case PTE_KIND_EMPTY:
    case PTE_KIND_PROTOTYPE:
    case PTE_KIND_LOOKUP:
    case PTE_KIND_DECOMMITTED:
    case PTE_KIND_SUBSECTION:
    case PTE_KIND_COUNT: break;
    }
    return mi_is_copy_protection(protection);
}

void mi_remove_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va, mmpte_t replacement)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    pfn_t frame = pte_pfn(pte);
    enum pte_kind kind = pte_kind(pte, PTE_OF_PROCESS);
    bool has_frame = (kind == PTE_KIND_VALID || kind == PTE_KIND_TRANSITION) && mi_frame_knows(mm, va, pte);

    if (kind == PTE_KIND_PAGED_OUT)
        pagefile_give(mm, pte_pagefile_number(pte), pte_pagefile_offset(pte));
    mi_write_pte(mm, slot, replacement);
    if (!has_frame)
        return;
    bool shared = (mi_pfn(mm, frame)->flags & PFN_PROTOTYPE_BIT) || mi_pfn(mm, frame)->pte_frame != slot.table.index;
    if (kind == PTE_KIND_VALID) {
        if (pte_is_dirty(pte))
            mi_note_written(mm, process, va);
        mi_ws_remove(mm, process, va, frame);
        mm->flush_wanted = true;
        if (!shared)
            process->private_pages--;
    }
    if (shared && kind == PTE_KIND_VALID && pte_is_dirty(pte))
        mi_mark_modified(mm, mi_pfn(mm, frame));
    if (shared)
        mi_unshare_frame(mm, frame);
    else
        mi_delete_frame(mm, frame);
}

void mi_note_trim(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, enum mi_trim_reason why)
{
    static const char *const reason[MI_TRIM_COUNT] = {"replaced", "trimmed", "emptied", "outswap", "injected"};
    struct mm_event event = {.kind = MM_EVENT_TRIM,
                             .frame = frame,
                             .process = arena_ref_of(mm->arena, process),
                             .va = va,
                             .to = pfn_state_name(mi_pfn(mm, frame)->state),
                             .why = reason[why]};

    mm->flush_wanted = true;
    mm->trims[why]++;
    mm->system_trims += mi_is_system(mm, process);
    if (mm->config.env->event)
        mm->config.env->event(mm->config.env->context, &event);
}

void mi_trim_page(struct mm *mm, struct mmprocess *process, struct mi_slot slot, va_t va, unsigned protection,
                  enum mi_trim_reason why)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    pfn_t frame = pte_pfn(pte);
    struct mmpfn *pfn = mi_pfn(mm, frame);

    assert(pte_is_valid(pte));
    mi_ws_remove(mm, process, va, frame);
    if (pte_is_dirty(pte)) {
        mi_mark_modified(mm, pfn);
        mi_note_written(mm, process, va);
    }
    if (pfn->flags & PFN_PROTOTYPE_BIT) {
        bool own = protection != pte_protection(pfn->original_pte);
        mi_write_pte(mm, slot, own ? pte_make_lookup(protection) : pte_make_prototype(pfn_pte_address(pfn), false));
    } else {
        mi_write_pte(mm, slot, pte_make_transition(frame, protection));
        pfn->original_pte = pte_set_protection(pfn->original_pte, protection);
        process->private_pages--;
    }
    mi_unshare_frame(mm, frame);
    mi_note_trim(mm, process, va, frame, why);
}

void mi_protect_invalid(struct mm *mm, struct mi_slot slot, unsigned protection)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));

    if (pte_kind(pte, PTE_OF_PROCESS) == PTE_KIND_TRANSITION && pte_pfn(pte).index < mm->pfn.frame_count &&
        pfn->pte_frame == slot.table.index && !(pfn->flags & PFN_PROTOTYPE_BIT))
        pfn->original_pte = pte_set_protection(pfn->original_pte, protection);
    mi_write_pte(mm, slot, pte_set_protection(pte, protection));
}
