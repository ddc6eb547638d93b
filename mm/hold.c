/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold.c - user pages made resident and referenced, and looking without touching.
 *
 * A service captures and prepares everything it needs while it plans; what it holds cannot fault when it applies. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

/* Is the access allowed by the PTE as it is?  Marks it as a CPU would. */
static bool is_ready(struct mm *mm, struct mmprocess *process, va_t va, enum mmu_access access, enum mmu_mode mode,
                     pfn_t *ret_frame)
{
    struct mmu_result walk = PTE_NAME(mmu_walk)(&mm->config.ram, process->root, va, access, mode);
    *ret_frame = walk.frame;
    return walk.outcome == MMU_OK;
}

ntstatus_t mi_ready_page(struct mm *mm, struct mm_fault *template,
                         void (*observe)(void *context, const struct mm_fault *fault), void *context, pfn_t *ret_frame)
{
    struct mmprocess *process = mi_process(mm, template->process);

    for (unsigned round = 0; round < MI_FAULT_ROUNDS; round++) {
        if (is_ready(mm, process, template->va, template->access, template->mode, ret_frame))
            return mi_pfn(mm, *ret_frame)->reference_count ? STATUS_SUCCESS
                                                           : STATUS_ACCESS_VIOLATION; /* a PTE that nobody here wrote */
        enum mm_fault_result result = mi_access_fault(mm, template);
        if (result == MM_FAULT_WAIT)
            return STATUS_MM_WAIT;
        if (observe && template->type != MM_FAULT_TYPE_NONE)
            observe(context, template);
        if (result == MM_FAULT_RAISE)
            return template->status;
        if (result == MM_FAULT_BUGCHECK)
            return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_ACCESS_VIOLATION;
}

ntstatus_t mi_hold(struct mm *mm, struct mm_fault *template, va_t va, uint64_t length, enum mmu_access access,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context,
                   struct mm_hold *ret_hold)
{
    va_t page = va & ~(va_t)MMU_PAGE_MASK, end;

    *ret_hold = (struct mm_hold){.va = va};
    if (length == 0)
        return STATUS_SUCCESS;
    template->access = access;
    template->va = va;
    bool in_cache = template->mode == MMU_KERNEL && mi_is_cache_address(va) && mi_is_cache_address(va + length - 1);
    if (!in_cache && (va > mm->config.highest_user_address || mm->config.highest_user_address - va < length - 1)) {
        mi_raise_violation(&(struct mi_fault){.mm = mm, .process = mi_process(mm, template->process), .f = template});
        return STATUS_ACCESS_VIOLATION; /* the probe's answer; nothing is touched */
    }
    arena_ref ref = mm->held_spare;
    if (ref)
        mm->held_spare = ((struct mi_held *)arena_at(mm->arena, ref))->next;
    else if (!(ref = arena_alloc(mm->arena, sizeof(struct mi_held))))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct mi_held *held = arena_at(mm->arena, ref);
    held->count = 0;
    held->access = access;
    held->next = mm->held;
    mm->held = ref;
    ret_hold->ref = ref;
    end = va + (length - 1);
    for (; page <= end && held->count < MM_HOLD_PAGES; page += MMU_PAGE_SIZE) {
        pfn_t frame;
        template->va = page < va ? va : page;
        ntstatus_t status = mi_ready_page(mm, template, observe, context, &frame);
        if (status != STATUS_SUCCESS) {
            mi_release(mm, ret_hold);
            return status;
        }
        mi_reference_frame(mm, frame);
        held->frame[held->count++] = frame;
    }
    uint64_t ready = page - va;
    ret_hold->length = (uint32_t)(ready < length ? ready : length);
    return STATUS_SUCCESS;
}

void mi_release(struct mm *mm, struct mm_hold *hold)
{
    if (!hold->ref)
        return;
    arena_ref *link = &mm->held;
    while (*link != hold->ref)
        link = &((struct mi_held *)arena_at(mm->arena, *link))->next;
    struct mi_held *held = arena_at(mm->arena, hold->ref);
    *link = held->next;
    for (uint32_t i = 0; i < held->count; i++) {
        if (held->access == MMU_WRITE) /* its PTE may have become clean in the meantime */
            mi_mark_modified(mm, mi_pfn(mm, held->frame[i]));
        mi_dereference_frame(mm, held->frame[i]);
    }
    held->next = mm->held_spare;
    mm->held_spare = hold->ref;
    *hold = (struct mm_hold){0};
}

bool mi_peek_pte(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte)
{
    struct mi_slot slot;
    if (!pte_is_canonical(va) || !mi_peek_slot(mm, mi_root_of(mm, process, va), va, 1, &slot))
        return false;
    *ret_pte = mi_read_pte(mm, slot);
    return true;
}

bool mi_peek_frame(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t *ret_frame)
{
    mmpte_t pte;
    if (!mi_peek_pte(mm, process, va, &pte) || !pte_is_valid(pte) || pte_pfn(pte).index >= mm->pfn.frame_count)
        return false;
    *ret_frame = pte_pfn(pte);
    return true;
}
