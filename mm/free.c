/* SPDX-License-Identifier: GPL-2.0-or-later */
/* free.c - NtFreeVirtualMemory, and taking address ranges apart (nt-reference 5.4). */
#include "mm/mi.h"

/* A count that came from PTEs, and what was charged: they differ only where somebody wrote over a PTE. */
static uint64_t at_most(uint64_t counted, uint64_t charged)
{
    return counted < charged ? counted : charged;
}

/* What decommit leaves behind, page by page. */
static uint64_t decommit_range(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last)
{
    uint64_t count = 0;
    for (va_t va = first, end; va <= last; va = end) {
        struct mi_slot slot;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
            continue; /* nothing is committed: where something may be, decommit() made the tables */
        end = va + MMU_PAGE_SIZE;
        mmpte_t pte = mi_read_pte(mm, slot);
        count += mi_page_state(mm, process, vad, va, pte).committed;
        mi_remove_page(mm, process, slot, va, vad->mem_commit ? pte_make_decommitted() : (mmpte_t){0});
        mi_release_page_table(mm, slot);
    }
    return count;
}

static ntstatus_t decommit(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last)
{
    va_t span = (va_t)PTES_PER_TABLE << MMU_PAGE_SHIFT;

    if (vad->mem_commit && mi_vpn(first) == vad->start_vpn && mi_vpn(last) == vad->end_vpn) {
        mi_delete_range(mm, process, first, last);
        mi_return_commit(mm, process, vad->commit_charge);
        vad->commit_charge = 0;
        vad->mem_commit = false;
        return STATUS_SUCCESS;
    }
    for (va_t va = first; vad->mem_commit && va <= last; va = (va | (span - 1)) + 1)
        if (mi_make_page_table(mm, process, va) != STATUS_SUCCESS) {
            mi_delete_empty_tables(mm, process, first, last);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    uint64_t count = at_most(decommit_range(mm, process, vad, first, last), vad->commit_charge);
    vad->commit_charge -= count;
    mi_return_commit(mm, process, count);
    mi_delete_empty_tables(mm, process, first, last);
    return STATUS_SUCCESS;
}

void mi_delete_range(struct mm *mm, struct mmprocess *process, va_t first, va_t last)
{
    for (va_t va = first, end; va <= last; va = end) {
        struct mi_slot slot;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
            continue;
        end = va + MMU_PAGE_SIZE;
        if (mi_read_pte(mm, slot).raw != 0)
            mi_remove_page(mm, process, slot, va, (mmpte_t){0});
        mi_release_page_table(mm, slot);
    }
    mi_delete_empty_tables(mm, process, first, last);
}

void mi_delete_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad)
{
    arena_ref area = vad->control_area;

    process->watched -= vad->watch != 0; /* nobody will ask for its pages again */
    mi_delete_range(mm, process, vad->start_vpn << MMU_PAGE_SHIFT, vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK);
    mi_return_commit(mm, process, vad->commit_charge);
    mi_return_virtual(process, vad->end_vpn - vad->start_vpn + 1);
    vad_remove(mm->arena, &process->vads, vad);
    mi_watch_destroy(mm, vad->watch);
    arena_free(mm->arena, arena_ref_of(mm->arena, vad), sizeof *vad);
    if (area)
        mi_release_view(mm, area);
}

/* Committed pages of a part of a private VAD. */
static uint64_t count_committed(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, va_t first,
                                va_t last)
{
    uint64_t count = 0;
    for (va_t va = first, end; va <= last; va = end) {
        struct mi_slot slot;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD) {
            va_t stop = end - 1 < last ? end - 1 : last;
            count += vad->mem_commit ? mi_vpn(stop) - mi_vpn(va) + 1 : 0;
            continue;
        }
        end = va + MMU_PAGE_SIZE;
        count += mi_page_state(mm, process, vad, va, mi_read_pte(mm, slot)).committed;
        mi_release_page_table(mm, slot);
    }
    return count;
}

/* The new tail of a watched VAD is watched too. */
static bool split_watch(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, struct mmvad *tail)
{
    tail->watch = mi_watch_create(mm, tail->start_vpn, tail->end_vpn - tail->start_vpn + 1);
    if (!tail->watch)
        return false;
    mi_watch_copy(mm, vad, tail);
    process->watched++;
    return true;
}

/* Front, back or middle of a VAD go; a middle leaves two. */
static ntstatus_t release_part(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last)
{
    uint64_t start = mi_vpn(first), end = mi_vpn(last);
    struct mmvad *tail = NULL;

    if (start > vad->start_vpn && end < vad->end_vpn) {
        tail = mi_new_vad(mm, end + 1, vad->end_vpn, vad->kind, vad->protection);
        if (!tail)
            return STATUS_INSUFFICIENT_RESOURCES;
        tail->mem_commit = vad->mem_commit;
        if (vad->watch && !split_watch(mm, process, vad, tail)) {
            arena_free(mm->arena, arena_ref_of(mm->arena, tail), sizeof *tail);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    uint64_t charge = at_most(count_committed(mm, process, vad, first, last), vad->commit_charge);
    mi_delete_range(mm, process, first, last);
    mi_return_commit(mm, process, charge);
    mi_return_virtual(process, end - start + 1);
    vad->commit_charge -= charge;
    if (tail) {
        tail->commit_charge = at_most(count_committed(mm, process, vad, (end + 1) << MMU_PAGE_SHIFT,
                                                      vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK),
                                      vad->commit_charge);
        vad->commit_charge -= tail->commit_charge;
    }
    if (start > vad->start_vpn)
        vad->end_vpn = start - 1;
    else
        vad->start_vpn = end + 1;
    vad_resized(mm->arena, vad);
    if (tail)
        vad_insert(mm->arena, &process->vads, tail);
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
    va_t first = *base & ~(va_t)MMU_PAGE_MASK;
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(first));
    if (!vad)
        return STATUS_MEMORY_NOT_ALLOCATED;
    va_t last = *size ? (*base + *size - 1) | MMU_PAGE_MASK : vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK;
    if (mi_vpn(last) > vad->end_vpn)
        return STATUS_UNABLE_TO_FREE_VM;
    if (vad->kind == VAD_IMAGE)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (vad->no_change)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (*size == 0 && mi_vpn(first) != vad->start_vpn)
        return STATUS_FREE_VM_NOT_AT_BASE;

    bool whole = mi_vpn(first) == vad->start_vpn && mi_vpn(last) == vad->end_vpn;
    ntstatus_t status = STATUS_SUCCESS;
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
