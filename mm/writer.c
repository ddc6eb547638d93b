/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer.c - the modified page writer and the zero page thread (nt-reference 7.4, 7.6).
 *
 * Pages of data files are on the modified list too: those are the mapped page writer's (mapped_writer.c).  Of the
 * others, the writer takes the page at the head of the modified list and, with it, its neighbours by address that are
 * on the list too: the same page table, or the same page of prototype PTEs, up to 16.  They go to neighbouring places
 * of a page file, so that a later read can bring them back together.  Pages that were written go to the end of the
 * standby list.
 *
 * It runs when the list is too long, until it is at its goal, and when memory is short, until enough is available. */
#include <string.h>

#include "mm/mi.h"

enum {
    WRITES_PER_FILE = 2, /* MMPAGING_FILE.Entry[2] */
    ZERO_BATCH = 16,
};

static bool is_writable_page(const struct mm *mm, struct mi_slot slot, pfn_t *ret_frame)
{
    mmpte_t pte = mi_read_pte(mm, slot);

    if (pte_is_valid(pte) || !pte_has_frame(pte) || pte_pfn(pte).index >= mm->pfn.frame_count)
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    struct mi_slot owner = mi_slot_of(pfn);
    *ret_frame = pte_pfn(pte);
    return pfn->state == PFN_MODIFIED && owner.table.index == slot.table.index && owner.offset == slot.offset;
}

uint32_t mi_find_cluster(const struct mm *mm, struct mi_slot slot, pfn_t frame[MM_IO_PAGES])
{
    uint32_t count = 0;
    pfn_t ignored;

    for (uint32_t back = 1; back < MM_IO_PAGES && slot.offset >= PTE_SIZE; back++) {
        struct mi_slot before = {slot.table, slot.offset - PTE_SIZE};
        if (!is_writable_page(mm, before, &ignored))
            break;
        slot = before;
    }
    while (count < MM_IO_PAGES && slot.offset < MMU_PAGE_SIZE && is_writable_page(mm, slot, &frame[count])) {
        count++;
        slot.offset += PTE_SIZE;
    }
    return count;
}

static void want_extension(struct mm *mm, uint32_t pages)
{
    if (!pagefile_can_extend(mm) || mm->cannot_extend)
        return;
    mm->extension_wanted += pages;
    mm->signals |= MM_SIGNAL(MM_DEREFERENCE_SEGMENT);
}

/* => there is one. */
static pfn_t first_private(const struct mm *mm)
{
    uint32_t index = pfn_first(&mm->pfn, PFN_MODIFIED);

    while (mm->mapped_modified && mi_file_of_frame(mm, mi_pfn(mm, (pfn_t){index})))
        index = mi_pfn(mm, (pfn_t){index})->flink;
    return (pfn_t){index};
}

/* => false: no page file has room. */
static bool write_cluster(struct mm *mm)
{
    pfn_t head = first_private(mm), frame[MM_IO_PAGES] = {head};
    uint32_t count = mi_find_cluster(mm, mi_slot_of(mi_pfn(mm, head)), frame), file;
    uint64_t place;

    if (count == 0) { /* somebody wrote over its PTE: it goes alone */
        frame[0] = head;
        count = 1;
    }
    uint32_t taken = pagefile_take(mm, count, &file, &place);
    if (taken == 0) {
        want_extension(mm, count);
        return false;
    }
    ntstatus_t status = mi_begin_write(mm, frame, taken, file, place);
    if (status != STATUS_INSUFFICIENT_RESOURCES)
        return true;
    for (uint32_t i = 0; i < taken; i++)
        pagefile_give(mm, file, place + i);
    return false;
}

static uint32_t oldest_write(const struct mm *mm)
{
    for (arena_ref ref = mm->ios; ref; ref = ((struct mi_io *)arena_at(mm->arena, ref))->next) {
        const struct mi_io *io = arena_at(mm->arena, ref);
        if (io->io.kind == MM_IO_PAGEFILE_WRITE)
            return io->io.id;
    }
    return 0;
}

enum mm_step mi_modified_writer(struct mm *mm)
{
    uint32_t modified = mi_modified_private(mm);

    if (mm->pfn.in_state[PFN_MODIFIED] <= mm->tuning.modified_goal)
        mm->writing = false;
    if (modified == 0 || !mi_can_write(mm) || (!mm->writing && mi_available(mm) >= mm->tuning.goal))
        return MM_STEP_IDLE;
    if (!mm->synchronous && mm->writes_in_flight && mm->writes_in_flight >= WRITES_PER_FILE * mm->pagefile_count) {
        mm->wait_key = oldest_write(mm);
        return MM_STEP_WAIT;
    }
    return write_cluster(mm) ? MM_STEP_MORE : MM_STEP_IDLE;
}

enum mm_step mi_zero_page(struct mm *mm)
{
    for (unsigned i = 0; i < ZERO_BATCH; i++) {
        uint32_t index = pfn_first(&mm->pfn, PFN_FREE);
        if (index == PFN_NONE)
            return MM_STEP_IDLE;
        memset(mm_frame_write(mm, (pfn_t){index}), 0, MMU_PAGE_SIZE);
        pfn_move(&mm->pfn, (pfn_t){index}, PFN_ZEROED);
        mm->frames_zeroed++;
    }
    return MM_STEP_MORE;
}
