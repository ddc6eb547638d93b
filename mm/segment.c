/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segment.c - prototype PTEs of data sections, made when a page is touched (nt-reference 2.1, "on demand").
 *
 *   control area --> tree --> chunk (a subsection) --> a page of prototype PTEs in paged pool
 *
 * A chunk covers the pages of one page of prototype PTEs (PTES_PER_TABLE).  The tree's key is the chunk's number; a
 * node has 64 references; with no levels the area has at most its first chunk.  What is not made takes no memory,
 * however large the file: its pages are as the template says.
 *
 * The words of pages that are not in RAM:
 *   file       SUBSECTION, the chunk; the same also beyond the file's end, which the fault checks for itself
 *   page file  DEMAND_ZERO; PAGED_OUT once written
 *   reserved   EMPTY until committed */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

enum {
    NODE_BITS = 6,
    NODE_REFS = 1 << NODE_BITS,
};

struct node {
    arena_ref ref[NODE_REFS];
};

static bool key_fits(uint64_t key, uint32_t levels)
{
    return levels * NODE_BITS >= 64 || key >> levels * NODE_BITS == 0;
}

static arena_ref find(const struct mm *mm, const struct control_area *area, uint64_t key)
{
    arena_ref ref = area->tree;

    if (!key_fits(key, area->tree_levels))
        return 0;
    for (uint32_t level = area->tree_levels; level > 0 && ref; level--)
        ref = ((const struct node *)arena_at(mm->arena, ref))->ref[key >> (level - 1) * NODE_BITS & (NODE_REFS - 1)];
    return ref;
}

struct subsection *mi_find_chunk(const struct mm *mm, const struct control_area *area, uint64_t page)
{
    arena_ref ref = find(mm, area, page / PTES_PER_TABLE);
    return ref ? arena_at(mm->arena, ref) : NULL;
}

/* Where the tree has the chunk of that number. => NULL: the arena is full; nodes that were made stay for the next. */
static arena_ref *make_place(struct mm *mm, struct control_area *area, uint64_t key)
{
    while (!key_fits(key, area->tree_levels)) {
        arena_ref root = area->tree ? arena_alloc(mm->arena, sizeof(struct node)) : 0;
        if (area->tree && !root)
            return NULL;
        if (root)
            ((struct node *)arena_at(mm->arena, root))->ref[0] = area->tree;
        area->tree = root;
        area->tree_levels++;
    }
    arena_ref *at = &area->tree;
    for (uint32_t level = area->tree_levels; level > 0; level--) {
        if (!*at && !(*at = arena_alloc(mm->arena, sizeof(struct node))))
            return NULL;
        at = &((struct node *)arena_at(mm->arena, *at))->ref[key >> (level - 1) * NODE_BITS & (NODE_REFS - 1)];
    }
    return at;
}

mmpte_t mi_chunk_template(const struct mm *mm, const struct subsection *chunk)
{
    const struct control_area *area = mi_area(mm, chunk->control_area);

    if (area->kind == AREA_FILE)
        return pte_make_subsection(MI_SUBSECTION_BASE + (uint64_t)arena_ref_of(mm->arena, chunk) * ARENA_GRAIN,
                                   area->protection);
    return area->reserved ? (mmpte_t){0} : pte_make_demand_zero(area->protection);
}

static void fill(struct mm *mm, const struct subsection *chunk)
{
    mmpte_t template = mi_chunk_template(mm, chunk);
    struct mi_slot slot;
    bool there = mi_prototype_slot(mm, chunk->prototypes, &slot);

    assert(there);
    (void)there;
    if (template.raw == 0)
        return;
    for (unsigned i = 0; i < PTES_PER_TABLE; i++, slot.offset += PTE_SIZE)
        mi_write_pte(mm, slot, template);
}

static ntstatus_t try_chunk(struct mm *mm, struct control_area *area, uint64_t key)
{
    arena_ref *at = make_place(mm, area, key), ref = at ? arena_alloc(mm->arena, sizeof(struct subsection)) : 0;
    va_t prototypes;

    if (!ref)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!mi_pool_allocate(mm, 1, &prototypes)) {
        arena_free(mm->arena, ref, sizeof(struct subsection));
        return mm->frames_refused ? STATUS_NO_MEMORY : STATUS_INSUFFICIENT_RESOURCES;
    }
    struct subsection *chunk = arena_at(mm->arena, ref);
    *chunk = (struct subsection){.control_area = arena_ref_of(mm->arena, area),
                                 .next = area->chunks,
                                 .first_page = key * PTES_PER_TABLE,
                                 .prototypes = prototypes};
    area->chunks = ref;
    *at = ref;
    fill(mm, chunk);
    return STATUS_SUCCESS;
}

ntstatus_t mi_make_chunk(struct mm *mm, struct control_area *area, uint64_t page)
{
    ntstatus_t status;

    if (mi_find_chunk(mm, area, page))
        return STATUS_SUCCESS;
    do
        status = try_chunk(mm, area, page / PTES_PER_TABLE);
    while (status == STATUS_INSUFFICIENT_RESOURCES && mi_reclaim_area(mm));
    return status;
}

ntstatus_t mi_make_chunks(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last)
{
    ntstatus_t status = STATUS_SUCCESS;

    for (uint64_t page = first; page <= last && status == STATUS_SUCCESS; page = (page | (PTES_PER_TABLE - 1)) + 1) {
        status = mi_make_chunk(mm, area, page);
        if (status == STATUS_SUCCESS && area->reserved) /* it will be written to */
            status = mi_bring_prototypes(mm, mi_find_chunk(mm, area, page)->prototypes, MI_MAY_FAIL);
    }
    return status;
}

static void free_chunk(struct mm *mm, struct subsection *chunk)
{
    mi_delete_prototypes(mm, chunk->prototypes);
    mi_pool_free(mm, chunk->prototypes, 1);
    arena_free(mm->arena, arena_ref_of(mm->arena, chunk), sizeof *chunk);
}

static void free_nodes(struct mm *mm, arena_ref ref, uint32_t level)
{
    if (!ref || level == 0)
        return;
    for (unsigned i = 0; i < NODE_REFS; i++)
        free_nodes(mm, ((const struct node *)arena_at(mm->arena, ref))->ref[i], level - 1);
    arena_free(mm->arena, ref, sizeof(struct node));
}

void mi_free_chunks(struct mm *mm, struct control_area *area)
{
    free_nodes(mm, area->tree, area->tree_levels);
    while (area->chunks) {
        struct subsection *chunk = arena_at(mm->arena, area->chunks);
        area->chunks = chunk->next;
        free_chunk(mm, chunk);
    }
    area->tree = 0;
    area->tree_levels = 0;
}

/* --- Commitment --------------------------------------------------------------------------------------------- */

bool mi_is_committed(const struct mm *mm, const struct control_area *area, uint64_t page)
{
    if (page >= area->page_count)
        return false;
    if (!area->reserved)
        return true;
    const struct subsection *chunk = mi_find_chunk(mm, area, page);
    return chunk && mi_look_at_prototype(mm, mi_chunk_address(chunk, page)).raw != 0;
}

uint64_t mi_count_uncommitted(struct mm *mm, const struct control_area *area, uint64_t first, uint64_t last)
{
    uint64_t count = 0;

    if (!area->reserved)
        return 0;
    for (uint64_t page = first; page <= last; page++) {
        uint64_t end = page | (PTES_PER_TABLE - 1);
        const struct subsection *chunk = mi_find_chunk(mm, area, page);
        if (chunk) {
            if (page == first || page == chunk->first_page)
                mi_bring_prototypes(mm, chunk->prototypes, MI_MAY_FAIL); /* else its words are read where they are */
            count += !mi_is_committed(mm, area, page);
            continue;
        }
        end = end < last ? end : last;
        count += end - page + 1;
        page = end;
    }
    return count;
}

void mi_commit_prototypes(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last)
{
    for (uint64_t page = first; page <= last; page++) {
        const struct subsection *chunk = mi_find_chunk(mm, area, page);
        struct mi_slot slot;
        assert(chunk);
        if (mi_bring_prototypes(mm, chunk->prototypes, MI_MUST) != STATUS_SUCCESS ||
            !mi_prototype_slot(mm, mi_chunk_address(chunk, page), &slot))
            return; /* the machine stops */
        if (mi_read_pte(mm, slot).raw == 0)
            mi_write_pte(mm, slot, pte_make_demand_zero(area->protection));
    }
}

/* --- From a frame back ---------------------------------------------------------------------------------------- */

static struct subsection *subsection_of_frame(const struct mm *mm, const struct mmpfn *pfn)
{
    if (!(pfn->flags & PFN_PROTOTYPE_BIT) || pte_kind(pfn->original_pte, PTE_OF_SEGMENT) != PTE_KIND_SUBSECTION)
        return NULL;
    va_t at = pte_subsection_va(pfn->original_pte);
    return arena_at(mm->arena, (arena_ref)((at - MI_SUBSECTION_BASE) / ARENA_GRAIN));
}

struct control_area *mi_file_of_frame(const struct mm *mm, const struct mmpfn *pfn)
{
    const struct subsection *subsection = subsection_of_frame(mm, pfn);

    if (!subsection || mi_area(mm, subsection->control_area)->kind != AREA_FILE)
        return NULL;
    return mi_area(mm, subsection->control_area);
}

uint64_t mi_page_of_frame(const struct mm *mm, const struct mmpfn *pfn)
{
    const struct subsection *chunk = subsection_of_frame(mm, pfn);
    return chunk->first_page + (pfn_pte_address(pfn) - chunk->prototypes) / PTE_SIZE;
}
