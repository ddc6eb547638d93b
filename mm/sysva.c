/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysva.c - the system half of the address space: ranges at NT's addresses, page by page, in real frames.
 *
 * The system process's page tables are the master.  A process starts with its system half empty; at the first fault
 * there, the entry of its top table is copied from the master (mi_sync_system_tables), as NT does for system PDEs.
 * Below, everything is shared, so that a copy never goes stale: system page tables are never deleted.
 *
 * Prototype-PTE arrays live in paged pool (nt-reference 4.3: E1000000), a bitmap of pages, which can leave memory
 * (protopage.c). */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

bool mi_sync_system_tables(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    unsigned level = PTE_LEVELS == 4 ? 4 : 2; /* PAE: the page directories are the process's own */
    struct mi_slot from, to;

    if (process == system || mi_is_process_owned(va) || !mi_peek_slot(mm, system->root, va, level, &from) ||
        !mi_peek_slot(mm, process->root, va, level, &to))
        return false;
    mmpte_t entry = mi_read_pte(mm, from);
    if (entry.raw == 0 || entry.raw == mi_read_pte(mm, to).raw)
        return false;
    pte_store(mm_frame_write(mm, to.table) + to.offset, entry); /* a copy: counted only in the master */
    return true;
}

/* One zeroed supervisor page at va; of paged pool, in the system's working set. */
static ntstatus_t back_page(struct mm *mm, va_t va, unsigned protection)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    bool paged = mi_is_pool_address(va);
    struct mi_slot slot;
    pfn_t frame;

    if (paged && mi_ws_reserve(mm, system, MI_WS_SPARE) != STATUS_SUCCESS)
        return STATUS_NO_MEMORY;
    if (mi_make_page_table(mm, system, va) != STATUS_SUCCESS || !mi_peek_slot(mm, system->root, va, 1, &slot))
        return STATUS_NO_MEMORY;
    if (paged)
        mm->pool_table[mi_vpn(va - MI_POOL_BASE) / MI_POOL_TABLE_PAGES] = slot.table;
    if (mi_read_pte(mm, slot).raw != 0)
        return STATUS_CONFLICTING_ADDRESSES;
    if (!mi_take_frame(mm, MI_ZEROED, &frame))
        return STATUS_NO_MEMORY;
    mi_charge_commit(mm, NULL, 1, MI_MUST);
    mi_claim_frame(mm, frame, pte_address(va), slot.table, pte_make_demand_zero(protection), PFN_MODIFIED_BIT);
    mmpte_t pte = pte_make_valid(frame, protection, PTE_SUPERVISOR, PTE_NX_OFF);
    mi_write_pte(mm, slot, mi_is_writable_protection(protection) ? pte_set_dirty(pte) : pte);
    if (paged)
        mi_ws_insert(mm, system, va, frame, 0);
    return STATUS_SUCCESS;
}

static void unback_page(struct mm *mm, va_t va)
{
    struct mi_slot slot;
    if (!mi_peek_slot(mm, mi_process(mm, mm->system)->root, va, 1, &slot))
        return;
    mmpte_t pte = mi_read_pte(mm, slot);
    if (!pte_is_valid(pte) || pte_pfn(pte).index >= mm->pfn.frame_count)
        return;
    if (mi_is_pool_address(va))
        mi_ws_remove(mm, mi_process(mm, mm->system), va, pte_pfn(pte));
    mi_write_pte(mm, slot, (mmpte_t){0});
    mi_delete_frame(mm, pte_pfn(pte));
    mi_return_commit(mm, NULL, 1);
    mm->flush_wanted = true;
}

ntstatus_t mi_system_allocate(struct mm *mm, va_t base, uint64_t size, unsigned protection)
{
    uint64_t pages = (size + MMU_PAGE_MASK) >> MMU_PAGE_SHIFT;

    if (base < MI_SYSTEM_START || mi_is_process_owned(base) || (base & MMU_PAGE_MASK) || pages == 0)
        return STATUS_INVALID_PARAMETER;
    for (uint64_t i = 0; i < pages; i++) {
        ntstatus_t status = back_page(mm, base + i * MMU_PAGE_SIZE, protection);
        if (status != STATUS_SUCCESS) {
            while (i-- > 0)
                unback_page(mm, base + i * MMU_PAGE_SIZE);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

bool mi_system_slot(const struct mm *mm, va_t va, pfn_t *ret_frame, struct mi_slot *ret_slot)
{
    if (!mi_peek_slot(mm, mi_process(mm, mm->system)->root, va, 1, ret_slot))
        return false;
    mmpte_t pte = mi_read_pte(mm, *ret_slot);
    if (!pte_is_valid(pte) || pte_pfn(pte).index >= mm->pfn.frame_count)
        return false;
    *ret_frame = pte_pfn(pte);
    return true;
}

bool mi_system_frame(const struct mm *mm, va_t va, pfn_t *ret_frame)
{
    struct mi_slot slot;
    return va >= MI_SYSTEM_START && !mi_is_process_owned(va) && mi_system_slot(mm, va, ret_frame, &slot);
}

static bool in_pool(const struct mm *mm, uint32_t page)
{
    return mm->pool_map[page / 64] >> page % 64 & 1;
}

static void mark_pool(struct mm *mm, uint32_t first, uint32_t pages)
{
    for (uint32_t i = first; i < first + pages; i++)
        mm->pool_map[i / 64] ^= UINT64_C(1) << i % 64;
}

/* First fit. => false: no run that long, or RAM is full. */
bool mi_pool_allocate(struct mm *mm, uint32_t pages, va_t *ret_va)
{
    uint32_t run = 0;

    for (uint32_t i = 0; i < MI_POOL_PAGES; i++) {
        run = in_pool(mm, i) ? 0 : run + 1;
        if (run < pages)
            continue;
        va_t va = MI_POOL_BASE + (uint64_t)(i + 1 - pages) * MMU_PAGE_SIZE;
        if (mi_system_allocate(mm, va, (uint64_t)pages * MMU_PAGE_SIZE, MM_READWRITE) != STATUS_SUCCESS)
            return false;
        mark_pool(mm, i + 1 - pages, pages);
        *ret_va = va;
        return true;
    }
    return false;
}

void mi_pool_free(struct mm *mm, va_t va, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        mi_delete_pool_page(mm, va + (uint64_t)i * MMU_PAGE_SIZE);
    mark_pool(mm, (uint32_t)((va - MI_POOL_BASE) >> MMU_PAGE_SHIFT), pages);
}

bool mi_prototype_slot(const struct mm *mm, va_t prototype, struct mi_slot *ret_slot)
{
    struct mi_slot entry;
    if (!mi_pool_slot(mm, prototype, &entry))
        return false;
    mmpte_t pte = mi_read_pte(mm, entry);
    *ret_slot = (struct mi_slot){pte_pfn(pte), (uint32_t)(prototype & MMU_PAGE_MASK)};
    return pte_is_valid(pte) && pte_pfn(pte).index < mm->pfn.frame_count;
}
