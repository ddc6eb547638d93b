/* SPDX-License-Identifier: GPL-2.0-or-later */
/* free.c - NtFreeVirtualMemory, and taking address ranges apart (nt-reference 5.4). */
#include "mm/mi.h"

/* A count that came from PTEs, and what was charged: they differ only where somebody wrote over a PTE. */
static uint64_t at_most(uint64_t counted, uint64_t charged)
{
    return counted < charged ? counted : charged;
}

/* What decommit leaves behind, page by page. => how many were committed. */
static uint64_t decommit_range(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first, va_t last)
{
    mmpte_t replacement = vad->mem_commit ? pte_make_decommitted() : (mmpte_t){0};
    uint64_t count = 0;

    /* Where there is no table nothing is committed: decommit() made the tables that it needs. */
    for (struct mi_pages at = mi_first_page(mm, process, first, last, MI_CHANGE); at.held; mi_next_page(&at)) {
        count += mi_page_state(mm, process, vad, at.va, mi_page_word(&at)).committed;
        mi_remove_page(mm, process, at.slot, at.va, replacement);
    }
    return count;
}

static ntstatus_t decommit(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last)
{
    if (vad->mem_commit && mi_vpn(first) == vad->start_vpn && mi_vpn(last) == vad->end_vpn) {
        mi_delete_range(mm, process, first, last);
        mi_return_commit(mm, process, vad->commit_charge + vad->table_charge);
        process->table_charge -= vad->table_charge;
        vad->commit_charge = vad->table_charge = 0;
        vad->mem_commit = false;
        return STATUS_SUCCESS;
    }
    if (vad->mem_commit && mi_make_page_tables(mm, process, first, last) != STATUS_SUCCESS)
        return STATUS_INSUFFICIENT_RESOURCES;
    uint64_t count = at_most(decommit_range(mm, process, vad, first, last), vad->commit_charge);
    vad->commit_charge -= count;
    mi_return_commit(mm, process, count);
    mi_delete_empty_tables(mm, process, first, last);
    return STATUS_SUCCESS;
}

ntstatus_t mi_bring_edges(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    ntstatus_t status = mi_bring_tables(mm, process, first, first);
    return status == STATUS_SUCCESS ? mi_bring_tables(mm, process, last, last) : status;
}

void mi_delete_range(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    struct mi_pages at = mi_first_page(mm, process, first, last, MI_DELETE);

    if (!at.held && !at.deleted)
        return;
    for (; at.held; mi_next_page(&at))
        if (mi_page_word(&at).raw != 0)
            mi_remove_page(mm, process, at.slot, at.va, (mmpte_t){0});
    mi_delete_empty_tables(mm, process, first, last);
}

void mi_delete_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad)
{
    arena_ref area = vad->control_area;

    mi_delete_range(mm, process, vad->start_vpn << MMU_PAGE_SHIFT, vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK);
    mi_return_commit(mm, process, vad->commit_charge + vad->table_charge);
    process->table_charge -= vad->table_charge;
    mi_return_virtual(process, vad->end_vpn - vad->start_vpn + 1);
    mi_unwatch(mm, process, vad);
    vad_remove(mm->arena, &process->vads, vad);
    arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
    if (area)
        mi_release_view(mm, area, MM_OWNER_USER);
}

/* The part of a VAD after `end`, as a VAD of its own; NULL: the arena is full. */
static struct mmvad *split_off(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, uint64_t end)
{
    struct mmvad *tail = mi_new_vad(mm, end + 1, vad->end_vpn, vad->kind, vad->protection);

    if (!tail)
        return NULL;
    tail->mem_commit = vad->mem_commit;
    if (mi_split_watch(mm, process, vad, tail))
        return tail;
    arena_free(mm->arena, arena_ref_of(mm->arena, tail), sizeof *tail);
    return NULL;
}

/* A part of the VAD went: page tables are promised for the rest alone. */
static void trim_promise(struct mm *mm, struct mmprocess *process, struct mmvad *vad)
{
    uint64_t need = vad->table_charge == 0 ? 0
                                           : mi_count_missing_tables(mm, process, vad->start_vpn << MMU_PAGE_SHIFT,
                                                                     vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK);
    uint64_t excess = vad->table_charge - at_most(need, vad->table_charge);
    vad->table_charge -= excess;
    process->table_charge -= excess;
    mi_return_commit(mm, process, excess);
}

/* Front, back or middle of a VAD go; a middle leaves two. */
static ntstatus_t release_part(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last)
{
    uint64_t start = mi_vpn(first), end = mi_vpn(last);
    struct mmvad *tail = NULL;

    if (start > vad->start_vpn && end < vad->end_vpn) {
        tail = split_off(mm, process, vad, end);
        if (!tail)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    uint64_t charge = at_most(mi_count_committed(mm, process, vad, first, last), vad->commit_charge);
    mi_delete_range(mm, process, first, last);
    mi_return_commit(mm, process, charge);
    mi_return_virtual(process, end - start + 1);
    vad->commit_charge -= charge;
    if (tail) {
        uint64_t committed = mi_count_committed(mm, process, vad, (end + 1) << MMU_PAGE_SHIFT,
                                                vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK);
        tail->commit_charge = at_most(committed, vad->commit_charge);
        vad->commit_charge -= tail->commit_charge;
    }
    if (start > vad->start_vpn)
        vad->end_vpn = start - 1;
    else
        vad->start_vpn = end + 1;
    vad_resized(mm->arena, vad);
    if (tail)
        vad_insert(mm->arena, &process->vads, tail);
    trim_promise(mm, process, vad);
    return STATUS_SUCCESS;
}

ntstatus_t mi_free(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t type)
{
    va_t highest = mm->config.highest_user_address;

    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    if (*base > highest)
        return STATUS_INVALID_PARAMETER_2;
    if (highest - *base < *size)
        return STATUS_INVALID_PARAMETER_3;
    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    va_t first = *base & ~(va_t)MMU_PAGE_MASK;
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(first));
    if (!vad)
        return STATUS_MEMORY_NOT_ALLOCATED;
    va_t last = *size ? (*base + *size - 1) | MMU_PAGE_MASK : vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK;
    if (mi_vpn(last) > vad->end_vpn)
        return STATUS_UNABLE_TO_FREE_VM;
    if (mi_is_view(vad))
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (vad->no_change)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (*size == 0 && mi_vpn(first) != vad->start_vpn)
        return STATUS_FREE_VM_NOT_AT_BASE;

    bool whole = mi_vpn(first) == vad->start_vpn && mi_vpn(last) == vad->end_vpn;
    ntstatus_t status = mi_bring_edges(mm, process, first, last);
    if (status == STATUS_SUCCESS && type == MEM_DECOMMIT && !whole)
        status = mi_bring_tables(mm, process, first, last);
    if (status != STATUS_SUCCESS)
        return status;
    if (type == MEM_DECOMMIT)
        status = decommit(mm, process, vad, first, last);
    else if (whole)
        mi_delete_vad(mm, process, vad);
    else
        status = release_part(mm, process, vad, first, last);
    if (status == STATUS_SUCCESS) {
        *base = first;
        *size = last - first + 1;
    }
    return status;
}

void mi_free_secured(struct mm *mm, struct mmprocess *process, va_t base)
{
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(base));
    if (vad && vad->no_change && vad->kind == VAD_PRIVATE && vad->start_vpn == mi_vpn(base))
        mi_delete_vad(mm, process, vad);
}
