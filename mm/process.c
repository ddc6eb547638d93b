/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - address spaces (S0: MmCreateProcessAddressSpace and its family; nt-reference 13.1).
 *
 *   x86: 3 pages   page directory (self-map at 0x300), page table of hyperspace (0x301), working-set list
 *   PAE: 7         page-directory-pointer table, 4 page directories (self-map: PD 3, entries 0..3), and the last two
 *   x64: 5 more than x86's last two: PML4 (self-map at 0x1ED), and the chain for hyperspace
 *
 * The first working-set entries are these pages: locked, never trimmed (FirstDynamic). */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

enum {
    TOP_TABLES = PTE_FORMAT == 1 ? 5 : 1,
    GRANULARITY = 64 << 10,
};

static va_t self_address(unsigned directory)
{
    switch (PTE_FORMAT) {
    case 0: return pte_address_at(PTE_BASE, 2) /* the PDE that maps the directory: C0300C00 */;
    case 1: return pte_address(PDE_BASE + (va_t)directory * MMU_PAGE_SIZE);
    default: return pte_address_at(0, 4) | 0x1ED * PTE_SIZE;
    }
}

/* Frames of the top tables, the last one first: it holds the PTEs of the others. */
static bool claim_top(struct mm *mm, pfn_t frame[TOP_TABLES])
{
    mmpte_t original = pte_make_demand_zero(MM_READWRITE);

    for (unsigned i = TOP_TABLES; i-- > 0;) {
        if (!mi_take_frame(mm, MI_ZEROED, &frame[i])) {
            while (++i < TOP_TABLES)
                mi_delete_frame(mm, frame[i]);
            return false;
        }
        bool is_pointer_table = TOP_TABLES > 1 && i == 0; /* outside the self-map */
        mi_claim_frame(mm, frame[i], is_pointer_table ? 0 : self_address(TOP_TABLES > 1 ? i - 1 : 0),
                       frame[TOP_TABLES - 1], original, PFN_MODIFIED_BIT);
    }
    return true;
}

/* The top tables, mapping themselves. */
static ntstatus_t make_top(struct mm *mm, struct mmprocess *process)
{
    pfn_t frame[TOP_TABLES];

    if (!claim_top(mm, frame))
        return STATUS_NO_MEMORY;
    process->root = frame[0];
    for (unsigned i = TOP_TABLES > 1; i < TOP_TABLES; i++) {
        va_t self = self_address(TOP_TABLES > 1 ? i - 1 : 0);
        mi_write_pte(mm, (struct mi_slot){frame[TOP_TABLES - 1], (uint32_t)(self & MMU_PAGE_MASK)},
                     pte_make_table(frame[i], PTE_SUPERVISOR));
        if (TOP_TABLES > 1) { /* pointer-table entries have P and PFN alone */
            mmpte_t pointer = {(uint64_t)frame[i].index << MMU_PAGE_SHIFT | 1};
            pte_store(mm_frame_write(mm, frame[0]) + (i - 1) * PTE_SIZE, pointer);
        }
    }
    return STATUS_SUCCESS;
}

/* The frame that an entry names goes, if it is the one that was made for that place; else somebody wrote over the
 * entry, and the frame is lost. */
static void delete_table_page(struct mm *mm, mmpte_t entry, va_t entry_address)
{
    pfn_t frame = pte_pfn(entry);
    if (pte_is_valid(entry) && frame.index < mm->pfn.frame_count && mi_pfn(mm, frame)->state == PFN_ACTIVE &&
        pfn_pte_address(mi_pfn(mm, frame)) == entry_address)
        mi_delete_frame(mm, frame);
}

static void delete_top(struct mm *mm, struct mmprocess *process)
{
    pfn_t root = process->root;
    if (PTE_FORMAT == 1)
        for (unsigned i = 0; i + 1 < TOP_TABLES; i++)
            delete_table_page(mm, pte_load(mm_frame_read(mm, root) + i * PTE_SIZE), self_address(i));
    mi_delete_frame(mm, root);
}

/* Hyperspace and the first page of the working-set list. */
static ntstatus_t make_hyperspace(struct mm *mm, struct mmprocess *process)
{
    struct mi_slot slot;
    pfn_t list;

    for (unsigned level = PTE_RIGHTS_LEVELS; level > 1; level--) {
        pfn_t table;
        bool there = mi_peek_slot(mm, process->root, MI_WSL_BASE, level, &slot);
        assert(there);
        (void)there;
        if (!mi_take_frame(mm, MI_ZEROED, &table))
            return STATUS_NO_MEMORY;
        mi_claim_frame(mm, table, pte_address_at(MI_WSL_BASE, level), slot.table, pte_make_demand_zero(MM_READWRITE),
                       PFN_MODIFIED_BIT);
        mi_write_pte(mm, slot, pte_make_table(table, PTE_SUPERVISOR));
    }
    if (!mi_take_frame(mm, MI_ZEROED, &list) || !mi_peek_slot(mm, process->root, MI_WSL_BASE, 1, &slot))
        return STATUS_NO_MEMORY;
    mi_claim_frame(mm, list, pte_address(MI_WSL_BASE), slot.table, pte_make_demand_zero(MM_READWRITE),
                   PFN_MODIFIED_BIT);
    mi_write_pte(mm, slot, pte_set_dirty(pte_make_valid(list, MM_READWRITE, PTE_SUPERVISOR, PTE_NX_OFF)));
    process->working_set_page = list;
    return STATUS_SUCCESS;
}

/* Everything in hyperspace, from the leaves up. */
static void delete_hyperspace(struct mm *mm, pfn_t table, va_t va, unsigned level)
{
    va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1));

    for (unsigned i = 0; i < PTES_PER_TABLE; i++, va += span) {
        if (level > 1 && (va < HYPERSPACE_BASE || !mi_is_process_owned(va)))
            continue;
        struct mi_slot slot = {table, i * PTE_SIZE};
        mmpte_t pte = mi_read_pte(mm, slot);
        if (!pte_is_valid(pte) || pte_pfn(pte).index >= mm->pfn.frame_count)
            continue;
        if (level > 1)
            delete_hyperspace(mm, pte_pfn(pte), va, level - 1);
        mi_write_pte(mm, slot, (mmpte_t){0});
        delete_table_page(mm, pte, pte_address_at(va, level));
    }
}

static void delete_tables(struct mm *mm, struct mmprocess *process)
{
    struct mi_slot slot;
    unsigned top = PTE_RIGHTS_LEVELS;
    va_t span = UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * top); /* what one table of that level covers */

    if (mi_peek_slot(mm, process->root, HYPERSPACE_BASE, top, &slot)) {
        va_t first = PTE_FORMAT == 2 ? UINT64_C(0xFFFF000000000000) : HYPERSPACE_BASE & ~(span - 1);
        delete_hyperspace(mm, slot.table, first, top);
    }
    delete_top(mm, process);
}

/* The first entries of the working-set list name the pages that were made before it existed. */
static void record_first_pages(struct mm *mm, struct mmprocess *process)
{
    struct mi_slot slot;

    if (PTE_FORMAT == 1) {
        for (unsigned i = 0; i + 1 < TOP_TABLES; i++) {
            va_t va = PDE_BASE + (va_t)i * MMU_PAGE_SIZE;
            pfn_t directory = pte_pfn(pte_load(mm_frame_read(mm, process->root) + i * PTE_SIZE));
            mi_ws_insert(mm, process, va, directory, MI_WSLE_LOCKED);
        }
    } else {
        mi_ws_insert(mm, process, pte_address_at(0, PTE_LEVELS), process->root, MI_WSLE_LOCKED);
    }
    for (unsigned level = PTE_RIGHTS_LEVELS; level > 1; level--) {
        if (mi_peek_slot(mm, process->root, MI_WSL_BASE, level, &slot))
            mi_ws_insert(mm, process, pte_address_at(MI_WSL_BASE, level - 1) & ~(va_t)MMU_PAGE_MASK,
                         pte_pfn(mi_read_pte(mm, slot)), MI_WSLE_LOCKED);
    }
    mi_ws_insert(mm, process, MI_WSL_BASE, process->working_set_page, MI_WSLE_LOCKED);
}

ntstatus_t mi_process_create(struct mm *mm, enum pte_nx_policy nx, mm_process *ret_process)
{
    arena_ref ref = arena_alloc(mm->arena, sizeof(struct mmprocess));
    if (!ref)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct mmprocess *process = mi_process(mm, ref);
    uint64_t pages = TOP_TABLES + (PTE_RIGHTS_LEVELS - 1) + 1;

    process->nx = PTE_FORMAT == 0 ? PTE_NX_OFF : nx;
    process->highest_vad_vpn = mi_vpn(mm->config.highest_user_address - GRANULARITY);
    process->swap_limit = MI_IN_MEMORY;
    process->ws_limits = (struct mm_ws_limits){.minimum = MI_WS_MINIMUM, .maximum = MI_WS_MAXIMUM};
    if (mi_resident_available(mm) < process->ws_limits.minimum) {
        arena_free(mm->arena, ref, sizeof *process);
        return STATUS_NO_MEMORY;
    }
    if (!mi_charge_commit(mm, process, pages, MI_MAY_FAIL)) {
        arena_free(mm->arena, ref, sizeof *process);
        return STATUS_COMMITMENT_LIMIT;
    }
    ntstatus_t status = make_top(mm, process);
    if (status == STATUS_SUCCESS) {
        status = make_hyperspace(mm, process);
        if (status != STATUS_SUCCESS)
            delete_tables(mm, process);
    }
    if (status != STATUS_SUCCESS) {
        mi_return_commit(mm, process, pages);
        arena_free(mm->arena, ref, sizeof *process);
        return status;
    }
    mi_ws_init(mm, process);
    record_first_pages(mm, process);
    mi_ws_fix_first(mm, process);
    process->next = mm->processes;
    mm->processes = ref;
    *ret_process = ref;
    return STATUS_SUCCESS;
}

void mi_process_clean(struct mm *mm, struct mmprocess *process)
{
    struct mmvad *vad;
    mi_delete_range(mm, process, 0, mm->config.highest_user_address); /* all at once: no table comes back for it */
    while ((vad = vad_lower_bound(mm->arena, &process->vads, 0)))
        mi_delete_vad(mm, process, vad);
    process->deleted = true;
    mm->flush_wanted = true;
}

void mi_process_delete(struct mm *mm, struct mmprocess *process)
{
    arena_ref *link = &mm->processes, ref = arena_ref_of(mm->arena, process);

    assert(process->vads.count == 0); /* page tables may be left where somebody wrote over a directory entry: lost */
    while (*link != ref)
        link = &mi_process(mm, *link)->next;
    *link = process->next;
    delete_tables(mm, process);
    mi_ws_end(mm, process);
    mi_return_commit(mm, process, process->commit);
    arena_free(mm->arena, ref, sizeof *process);
    mm->flush_wanted = true;
}

/* The system process: top tables and the first page of its working-set list. PAE and x86 get their directories for the
 * system half with them. */
ntstatus_t mi_start(struct mm *mm)
{
    struct mi_slot slot;
    arena_ref ref = arena_alloc(mm->arena, sizeof(struct mmprocess));
    if (!ref)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct mmprocess *system = mi_process(mm, ref);
    mm->system = ref;
    system->swap_limit = MI_IN_MEMORY;
    system->ws_limits = mi_system_limits(mm);
    mi_charge_commit(mm, NULL, TOP_TABLES, MI_MUST);
    ntstatus_t status = make_top(mm, system);
    if (status == STATUS_SUCCESS)
        status = mi_system_allocate(mm, MI_SYSTEM_WSL_BASE, MMU_PAGE_SIZE, MM_READWRITE);
    if (status != STATUS_SUCCESS || !mi_system_slot(mm, MI_SYSTEM_WSL_BASE, &system->working_set_page, &slot))
        return STATUS_NO_MEMORY;
    mi_ws_init(mm, system);
    mi_ws_insert(mm, system, MI_SYSTEM_WSL_BASE, system->working_set_page, MI_WSLE_LOCKED);
    mi_ws_fix_first(mm, system);
    return STATUS_SUCCESS;
}
