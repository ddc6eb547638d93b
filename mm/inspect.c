/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.c - the memory manager looked at from outside: what is the same in every paging format. */
#include <string.h>

#include "mm/inspect_ops.h"

static const struct mi_inspect_ops *ops_of(const struct mm *mm)
{
    switch (mm->config.format) {
    case PAGING_X86: return &mi_inspect_ops_x86;
    case PAGING_PAE: return &mi_inspect_ops_pae;
    case PAGING_X64:
    case PAGING_FORMAT_COUNT: break;
    }
    return &mi_inspect_ops_x64;
}

static va_t object_address(const struct mm *mm, arena_ref ref)
{
    return ops_of(mm)->object_base + (va_t)ref * ARENA_GRAIN;
}

enum paging_format mm_inspect_format(const struct mm *mm)
{
    return mm->config.format;
}

uint32_t mm_inspect_frames(const struct mm *mm)
{
    return mm->pfn.frame_count;
}

va_t mm_inspect_highest_user(const struct mm *mm)
{
    return mm->config.highest_user_address;
}

/* --- Page-table entries -------------------------------------------------------------------------------------- */

unsigned mm_inspect_entries(const struct mm *mm, mm_process process, va_t va,
                            struct mm_inspect_entry entries[MM_INSPECT_LEVELS])
{
    return ops_of(mm)->entries(mm, mi_process(mm, process), va, entries);
}

bool mm_inspect_prototype(const struct mm *mm, va_t address, mmpte_t *ret_pte)
{
    return ops_of(mm)->prototype(mm, address, ret_pte);
}

/* --- Frames -------------------------------------------------------------------------------------------------- */

static enum mm_inspect_list list_of(const struct mmpfn *pfn)
{
    switch ((enum pfn_state)pfn->state) {
    case PFN_ZEROED: return MM_LIST_ZEROED;
    case PFN_FREE: return MM_LIST_FREE;
    case PFN_STANDBY: return MM_LIST_STANDBY;
    case PFN_MODIFIED: return MM_LIST_MODIFIED;
    case PFN_MODIFIED_NO_WRITE: return MM_LIST_MODIFIED_NO_WRITE;
    case PFN_BAD: return MM_LIST_BAD;
    case PFN_ACTIVE: return MM_LIST_ACTIVE;
    case PFN_TRANSITION:
    case PFN_STATE_COUNT: break;
    }
    return MM_LIST_TRANSITION;
}

bool mm_inspect_frame(const struct mm *mm, uint64_t frame, struct mm_inspect_frame *ret_frame)
{
    if (frame >= mm->pfn.frame_count)
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, (pfn_t){(uint32_t)frame});
    bool listed = pfn->state < PFN_LISTED_COUNT, linked = listed && frame < mm->pfn.untouched_from;
    va_t records = object_address(mm, ARENA_SIZE_MAX / ARENA_GRAIN);

    *ret_frame = (struct mm_inspect_frame){
        .record = records + frame * ops_of(mm)->pfn_size,
        .list = list_of(pfn),
        .flink = linked                     ? pfn->flink
                 : pfn->state == PFN_ACTIVE ? pfn->ws_index
                 : listed                   ? PFN_NONE
                                            : 0,
        .blink_or_share_count = linked   ? pfn->blink
                                : listed ? PFN_NONE
                                         : pfn->share_count,
        .pte_address = pfn_pte_address(pfn),
        .original_pte = pfn->original_pte,
        .containing = pfn->pte_frame,
        .reference_count = pfn->reference_count,
        .modified = pfn->flags & PFN_MODIFIED_BIT,
        .prototype = pfn->flags & PFN_PROTOTYPE_BIT,
        .read_in_progress = pfn->flags & PFN_READ_BIT,
        .write_in_progress = pfn->flags & PFN_WRITE_BIT,
    };
    return true;
}

/* The control area whose prototype PTEs hold that address; 0: none. */
static arena_ref area_of_prototype(const struct mm *mm, va_t address)
{
    for (arena_ref ref = mm->control_areas; ref;) {
        const struct control_area *area = arena_at(mm->arena, ref);
        for (arena_ref at = area->chunks; at;) {
            const struct subsection *chunk = arena_at(mm->arena, at);
            if (address >= chunk->prototypes && address - chunk->prototypes < MMU_PAGE_SIZE)
                return ref;
            at = chunk->next;
        }
        va_t size = (va_t)area->page_count * ops_of(mm)->pte_size;
        if (area->kind == AREA_IMAGE && address >= area->prototypes && address - area->prototypes < size)
            return ref;
        ref = area->next;
    }
    return 0;
}

struct mm_inspect_owner mm_inspect_owner(const struct mm *mm, uint32_t frame)
{
    const struct mmpfn *pfn = mi_pfn(mm, (pfn_t){frame});

    if (pfn->state == PFN_ZEROED || pfn->state == PFN_FREE || pfn->state == PFN_BAD)
        return (struct mm_inspect_owner){.use = MM_USE_NOBODY};
    if (pfn->flags & PFN_PROTOTYPE_BIT) {
        arena_ref area = area_of_prototype(mm, pfn_pte_address(pfn));
        return (struct mm_inspect_owner){.use = area ? MM_USE_SECTION : MM_USE_UNKNOWN, .section = area};
    }
    return ops_of(mm)->owner(mm, frame);
}

/* --- Address spaces ------------------------------------------------------------------------------------------ */

static unsigned level_of(const struct mm *mm, const struct mmvad *vad)
{
    unsigned level = 0;
    while ((vad = vad_at(mm->arena, vad->parent)))
        level++;
    return level;
}

bool mm_inspect_vad(const struct mm *mm, mm_process process, va_t from, struct mm_inspect_vad *ret_vad)
{
    const struct mmvad *vad = vad_lower_bound(mm->arena, &mi_process(mm, process)->vads, from >> MMU_PAGE_SHIFT);
    if (!vad)
        return false;
    *ret_vad = (struct mm_inspect_vad){
        .address = object_address(mm, arena_ref_of(mm->arena, vad)),
        .start = vad->start_vpn << MMU_PAGE_SHIFT,
        .end = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK,
        .level = level_of(mm, vad),
        .commit = vad->commit_charge,
        .mapped = vad->kind != VAD_PRIVATE,
        .image = vad->kind == VAD_IMAGE,
        .no_change = vad->no_change,
        .write_watch = vad->watch != 0,
        .protection = vad->kind == VAD_IMAGE ? MM_EXECUTE_WRITECOPY : vad->protection,
        .section = vad->control_area,
    };
    return true;
}

bool mm_inspect_region(const struct mm *mm, mm_process ref, va_t va, struct mm_region *ret_region)
{
    const struct mmprocess *process = mi_process(mm, ref);

    if (va > mm->config.highest_user_address)
        return false;
    va &= ~(va_t)MMU_PAGE_MASK;
    const struct mmvad *vad = vad_lower_bound(mm->arena, &process->vads, va >> MMU_PAGE_SHIFT);
    if (vad && vad->start_vpn <= va >> MMU_PAGE_SHIFT) {
        ops_of(mm)->region(mm, process, vad, va, ret_region);
        return true;
    }
    va_t end = vad ? vad->start_vpn << MMU_PAGE_SHIFT : mm->config.highest_user_address + 1;
    *ret_region = (struct mm_region){.base = va, .size = end - va, .state = MEM_FREE, .protect = PAGE_NOACCESS};
    return true;
}

/* --- Working-set lists ----------------------------------------------------------------------------------------- */

void mm_inspect_wsl(const struct mm *mm, mm_process process, struct mm_inspect_wsl *ret_list)
{
    ops_of(mm)->wsl(mm, mi_process(mm, process), ret_list);
}

struct mm_inspect_wsle mm_inspect_wsle(const struct mm *mm, mm_process process, uint32_t index)
{
    return ops_of(mm)->wsle(mm, mi_process(mm, process), index);
}

/* --- Control areas, totals ------------------------------------------------------------------------------------- */

bool mm_inspect_area(const struct mm *mm, arena_ref after, struct mm_inspect_area *ret_area)
{
    arena_ref ref = after ? ((const struct control_area *)arena_at(mm->arena, after))->next : mm->control_areas;
    if (!ref)
        return false;
    const struct control_area *area = arena_at(mm->arena, ref);
    *ret_area = (struct mm_inspect_area){
        .section = ref,
        .address = object_address(mm, ref),
        .kind = (enum mm_inspect_kind)area->kind,
        .file = area->file,
        .user_references = area->user_references,
        .bytes = area->bytes,
        .valid = area->valid,
        .no_modified_writes = area->no_modified_writes,
        .resident = mm->ops->area_resident(mm, area),
        .modified = area->modified,
        .in_flight = area->in_flight,
        .commit = area->commit,
        .page_count = area->page_count,
        .views = area->views,
        .section_references = area->section_references,
        .base = area->base,
        .prototypes = area->prototypes,
    };
    return true;
}

static void describe_image_run(const struct control_area *area, const struct subsection *run,
                               struct mm_inspect_subsection *ret_subsection)
{
    memcpy(ret_subsection->name, run->run.name, sizeof ret_subsection->name);
    ret_subsection->first_page = run->run.first_page;
    ret_subsection->pages = run->run.page_count;
    ret_subsection->file_offset = run->run.file_offset;
    ret_subsection->file_bytes = run->run.file_bytes;
    ret_subsection->protection = run->run.protection;
    ret_subsection->prototypes = area->prototypes;
}

static void describe_chunk(const struct mm *mm, const struct control_area *area, const struct subsection *chunk,
                           struct mm_inspect_subsection *ret_subsection)
{
    uint64_t most = MMU_PAGE_SIZE / (mm->config.format == PAGING_X86 ? 4 : 8);
    uint64_t left = chunk->first_page < area->page_count ? area->page_count - chunk->first_page : 0;
    uint64_t offset = chunk->first_page << MMU_PAGE_SHIFT;

    ret_subsection->first_page = chunk->first_page;
    ret_subsection->pages = left < most ? left : most;
    ret_subsection->prototypes = chunk->prototypes;
    ret_subsection->protection = area->protection;
    if (area->kind != AREA_FILE || offset >= area->bytes)
        return;
    ret_subsection->file_offset = offset;
    ret_subsection->file_bytes = ret_subsection->pages << MMU_PAGE_SHIFT;
    if (ret_subsection->file_bytes > area->bytes - offset)
        ret_subsection->file_bytes = area->bytes - offset;
}

bool mm_inspect_subsection(const struct mm *mm, arena_ref section, uint32_t index,
                           struct mm_inspect_subsection *ret_subsection)
{
    const struct control_area *area = arena_at(mm->arena, section);
    arena_ref ref = area->chunks;

    *ret_subsection = (struct mm_inspect_subsection){0};
    if (area->kind == AREA_IMAGE) {
        if (index >= area->subsection_count)
            return false;
        ref = area->subsections[index];
        describe_image_run(area, arena_at(mm->arena, ref), ret_subsection);
    } else {
        while (ref && index-- > 0)
            ref = ((const struct subsection *)arena_at(mm->arena, ref))->next;
        if (!ref)
            return false;
        describe_chunk(mm, area, arena_at(mm->arena, ref), ret_subsection);
    }
    ret_subsection->address = object_address(mm, ref);
    return true;
}

void mm_inspect_totals(const struct mm *mm, struct mm_inspect_totals *ret_totals)
{
    *ret_totals = (struct mm_inspect_totals){
        .pool = mi_pool_pages(mm),
        .resident_available = mi_resident_available(mm),
        .pool_maximum = MI_POOL_PAGES,
        .system_commit = mm->system_commit,
        .io = mm->pages_in_flight,
    };
}
