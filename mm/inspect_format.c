/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_format.c - the memory manager looked at from outside: what reads PTEs, compiled once for each format. */
#include <string.h>

#include "mm/inspect_ops.h"

/* --- Page-table entries -------------------------------------------------------------------------------------- */

static unsigned inspect_entries(const struct mm *mm, const struct mmprocess *process, va_t va,
                                struct mm_inspect_entry entries[MM_INSPECT_LEVELS])
{
    if (!pte_is_canonical(va) || (PTE_VA_BITS == 32 && va > UINT32_MAX))
        return 0;
    for (unsigned i = 0; i < PTE_RIGHTS_LEVELS; i++) {
        unsigned level = PTE_RIGHTS_LEVELS - i;
        struct mi_slot slot;
        struct mm_inspect_entry *entry = &entries[i];
        *entry = (struct mm_inspect_entry){.address = pte_address_at(va, level)};
        entry->there = mi_peek_slot(mm, mi_root_of(mm, process, va), va, level, &slot);
        if (!entry->there)
            continue;
        entry->pte = mi_read_pte(mm, slot);
        entry->is_table_or_page = pte_is_valid(entry->pte) && pte_pfn(entry->pte).index < mm->pfn.frame_count;
    }
    return PTE_RIGHTS_LEVELS;
}

static bool inspect_prototype(const struct mm *mm, va_t address, mmpte_t *ret_pte)
{
    struct mi_slot slot;
    *ret_pte = mi_look_at_prototype(mm, address);
    return mi_prototype_slot(mm, address, &slot) || mi_is_prototype_out(mm, address);
}

/* --- Frames -------------------------------------------------------------------------------------------------- */

/* The page directory that maps all others of an address space, and itself. */
static uint32_t top_of(const struct mm *mm, const struct mmprocess *process)
{
    if (PTE_FORMAT != 1)
        return process->root.index;
    return pte_pfn(pte_load(mi_frame_read(mm, process->root) + 3 * PTE_SIZE)).index;
}

/* The process whose page tables map the frame, found by the way up through "containing page"; 0: the system's, or
 * nobody's. => *ret_found: somebody's. */
static mm_process process_of(const struct mm *mm, uint32_t frame, bool *ret_found)
{
    for (unsigned step = 0; step <= PTE_LEVELS && mi_pfn(mm, (pfn_t){frame})->pte_frame != frame; step++) {
        frame = mi_pfn(mm, (pfn_t){frame})->pte_frame;
        if (frame >= mm->pfn.frame_count)
            break;
    }
    *ret_found = true;
    if (frame == top_of(mm, mi_process(mm, mm->system)))
        return 0;
    for (mm_process ref = mm->processes; ref; ref = mi_process(mm, ref)->next)
        if (frame == top_of(mm, mi_process(mm, ref)))
            return ref;
    *ret_found = false;
    return 0;
}

static struct mm_inspect_owner inspect_owner(const struct mm *mm, uint32_t frame)
{
    const struct mmpfn *pfn = mi_pfn(mm, (pfn_t){frame});
    bool found;
    struct mm_inspect_owner owner = {.process = process_of(mm, frame, &found)};
    va_t at = pfn_pte_address(pfn);

    if (!found) {
        owner.use = MM_USE_UNKNOWN;
    } else if (at < PTE_BASE || at > PTE_TOP) { /* PAE's page-directory-pointer table */
        owner.use = at ? MM_USE_UNKNOWN : MM_USE_PAGE_TABLE;
    } else {
        va_t va = pte_va_mapped_by(at);
        if (va >= PTE_BASE && va <= PTE_TOP)
            owner.use = MM_USE_PAGE_TABLE;
        else if (mi_is_process_owned(va) || (va >= MI_SYSTEM_WSL_BASE && va < MI_SYSTEM_WSL_END))
            owner.use = MM_USE_WORKING_SET_LIST;
        else if (va < MI_SYSTEM_START)
            owner.use = MM_USE_PRIVATE;
        else if (mi_is_pool_address(va))
            owner.use = MM_USE_POOL;
        else
            owner.use = MM_USE_SYSTEM;
    }
    return owner;
}

/* --- Regions --------------------------------------------------------------------------------------------------- */

/* The state of va's page, and the first address behind it of which nothing is known yet: the next page, or the end of
 * what a missing page table leaves alike. */
static struct mi_page page_at(const struct mm *mm, const struct mmprocess *process, const struct mmvad *vad, va_t va,
                              va_t *ret_next)
{
    struct mi_slot slot;
    uint64_t end;

    *ret_next = va + MMU_PAGE_SIZE;
    if (mi_peek_slot(mm, process->root, va, 1, &slot))
        return mi_page_state(mm, process, vad, va, mi_read_pte(mm, slot));
    for (unsigned level = 2; level <= PTE_RIGHTS_LEVELS && vad->kind != VAD_SHARED; level++) {
        if (!mi_peek_slot(mm, process->root, va, level, &slot))
            continue;
        *ret_next = (va | ((UINT64_C(1) << (MMU_PAGE_SHIFT + PTE_INDEX_BITS * (level - 1))) - 1)) + 1;
        break;
    }
    if (vad->kind == VAD_MAPPED && mi_page_in_view(vad, *ret_next - 1) >= mi_area(mm, vad->control_area)->page_count)
        *ret_next = va + MMU_PAGE_SIZE;
    if (vad->kind == VAD_MAPPED && mi_area(mm, vad->control_area)->reserved)
        *ret_next = va + MMU_PAGE_SIZE;
    if (vad->kind == VAD_IMAGE) {
        mi_segment_run(mm, vad, mi_vpn(va), &end);
        if (end < mi_vpn(*ret_next))
            *ret_next = end << MMU_PAGE_SHIFT;
    }
    return mi_page_state(mm, process, vad, va, (mmpte_t){0});
}

static bool alike(struct mi_page a, struct mi_page b)
{
    return a.committed == b.committed && (!a.committed || a.protection == b.protection);
}

static void inspect_region(const struct mm *mm, const struct mmprocess *process, const struct mmvad *vad, va_t va,
                           struct mm_region *ret_region)
{
    static const uint32_t type[VAD_KIND_COUNT] = {
        [VAD_PRIVATE] = MEM_PRIVATE, [VAD_IMAGE] = MEM_IMAGE, [VAD_SHARED] = MEM_PRIVATE, [VAD_MAPPED] = MEM_MAPPED};
    va_t last = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK, next, after;
    struct mi_page page = page_at(mm, process, vad, va, &next);

    while (next <= last && alike(page, page_at(mm, process, vad, next, &after)))
        next = after;
    *ret_region = (struct mm_region){
        .base = va,
        .size = (next <= last ? next : last + 1) - va,
        .allocation_base = vad->start_vpn << MMU_PAGE_SHIFT,
        .allocation_protect =
            vad->kind == VAD_IMAGE ? PAGE_EXECUTE_WRITECOPY : mm_page_from_protection(vad->protection),
        .state = page.committed ? MEM_COMMIT : MEM_RESERVE,
        .protect = page.committed            ? mm_page_from_protection(page.protection)
                   : vad->kind == VAD_SHARED ? PAGE_NOACCESS
                                             : 0,
        .type = type[vad->kind],
    };
}

/* --- Working-set lists ------------------------------------------------------------------------------------------- */

/* MMWSL (nt-reference 7.1). */
enum {
    WSL_FIRST_FREE = 0,
    WSL_FIRST_DYNAMIC = 4,
    WSL_LAST_ENTRY = 8,
    WSL_NEXT_SLOT = 0xc,
    WSL_LAST_INITIALIZED = PTE_FORMAT == 2 ? 0x18 : 0x14,
    WSL_NON_DIRECT_COUNT = PTE_FORMAT == 2 ? 0x1c : 0x18,
};

static uint32_t field(const struct mm *mm, const struct mmprocess *process, unsigned offset)
{
    uint32_t value;
    memcpy(&value, mi_frame_read(mm, process->working_set_page) + offset, sizeof value);
    return value;
}

static void inspect_wsl(const struct mm *mm, const struct mmprocess *process, struct mm_inspect_wsl *ret_list)
{
    *ret_list = (struct mm_inspect_wsl){
        .address = mi_is_system(mm, process) ? MI_SYSTEM_WSL_BASE : MI_WSL_BASE,
        .first_free = field(mm, process, WSL_FIRST_FREE),
        .first_dynamic = field(mm, process, WSL_FIRST_DYNAMIC),
        .last_entry = field(mm, process, WSL_LAST_ENTRY),
        .next_slot = field(mm, process, WSL_NEXT_SLOT),
        .last_initialized = field(mm, process, WSL_LAST_INITIALIZED),
        .non_direct = field(mm, process, WSL_NON_DIRECT_COUNT),
        .entries = process->ws_entries,
    };
}

static struct mm_inspect_wsle inspect_wsle(const struct mm *mm, const struct mmprocess *process, uint32_t index)
{
    wsle_word word = mi_wsle(mm, process, index);
    struct mm_inspect_wsle entry = {
        .word = word,
        .valid = word & MI_WSLE_VALID,
        .locked = word & MI_WSLE_LOCKS,
        .age = (unsigned)(word & MI_WSLE_AGE) >> MI_WSLE_AGE_SHIFT,
        .va = word & ~(va_t)MMU_PAGE_MASK,
    };
    struct mi_slot slot;
    if (entry.valid && mi_peek_slot(mm, mi_root_of(mm, process, entry.va), entry.va, 1, &slot)) {
        mmpte_t pte = mi_read_pte(mm, slot);
        if (pte_is_valid(pte) && pte_pfn(pte).index < mm->pfn.frame_count)
            entry.reference_count = mi_pfn(mm, pte_pfn(pte))->reference_count;
    }
    return entry;
}

const struct mi_inspect_ops PTE_NAME(mi_inspect_ops) = {
    .object_base = MI_SUBSECTION_BASE,
    .pfn_size = PTE_FORMAT == 0   ? 0x18
                : PTE_FORMAT == 1 ? 0x1c
                                  : 0x30,
    .pte_size = PTE_SIZE,
    .entries = inspect_entries,
    .prototype = inspect_prototype,
    .owner = inspect_owner,
    .region = inspect_region,
    .wsl = inspect_wsl,
    .wsle = inspect_wsle,
};
