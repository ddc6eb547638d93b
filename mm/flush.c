/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flush.c - data files: modified pages written on demand, pages discarded, another size (nt-reference 5.7, 9.1).
 *
 * A flush goes through its pages once, in order, and begins a write of each run of modified ones: listed or in use. The
 * dirty bits of all views go to the frames first, at each call, so that from then on a store faults and marks its frame
 * again.  It is over when it has passed the last page and its transfers have ended.  What it has done is remembered
 * (struct mi_flush) under what it flushes, so that a call that waited is simply repeated. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

enum {
    WRITES = 8,  /* of a flush, at a time */
    FLUSHES = 64 /* remembered; the oldest without transfers is forgotten: its caller begins anew */
};

/* --- Dirty bits ---------------------------------------------------------------------------------------------- */

static void capture_view(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, uint64_t first,
                         uint64_t last)
{
    uint64_t end = vad->first_page + (vad->end_vpn - vad->start_vpn);

    if (last < vad->first_page || first > end)
        return;
    uint64_t skip = first > vad->first_page ? first - vad->first_page : 0, stop = last < end ? last : end;
    va_t from = (vad->start_vpn + skip) << MMU_PAGE_SHIFT;
    va_t to = (vad->start_vpn + (stop - vad->first_page)) << MMU_PAGE_SHIFT | MMU_PAGE_MASK;
    for (struct mi_pages at = mi_first_page(mm, process, from, to, MI_RESIDENT); at.held; mi_next_page(&at)) {
        mmpte_t pte = mi_page_word(&at);
        if (!pte_is_valid(pte) || !pte_is_dirty(pte) || !mi_frame_knows(mm, at.va, pte) ||
            !(mi_pfn(mm, pte_pfn(pte))->flags & PFN_PROTOTYPE_BIT))
            continue;
        mi_mark_modified(mm, mi_pfn(mm, pte_pfn(pte)));
        mi_write_pte(mm, at.slot, pte_clear_dirty(pte));
        mm->flush_wanted = true;
    }
}

static void capture_process(struct mm *mm, struct mmprocess *process, arena_ref area, uint64_t first, uint64_t last)
{
    for (const struct mmvad *vad = vad_lower_bound(mm->arena, &process->vads, 0); vad; vad = vad_next(mm->arena, vad))
        if (vad->control_area == area)
            capture_view(mm, process, vad, first, last);
}

void mi_capture_dirty(struct mm *mm, const struct control_area *area, uint64_t first, uint64_t last)
{
    arena_ref ref = arena_ref_of(mm->arena, area);

    if (area->views == 0)
        return;
    capture_process(mm, mi_process(mm, mm->system), ref, first, last);
    for (arena_ref p = mm->processes; p; p = mi_process(mm, p)->next)
        capture_process(mm, mi_process(mm, p), ref, first, last);
}

/* --- Flushing ------------------------------------------------------------------------------------------------- */

static struct mi_flush *flush_at(const struct mm *mm, arena_ref ref)
{
    return arena_at(mm->arena, ref);
}

void mi_forget_flush(struct mm *mm, struct mi_flush *flush)
{
    arena_ref *link = &mm->flushes, ref = arena_ref_of(mm->arena, flush);

    for (arena_ref at = mm->ios; at && flush->in_flight > 0;) {
        struct mi_io *io = arena_at(mm->arena, at);
        if (io->flush == ref) { /* as if the mapped page writer had begun it */
            io->flush = 0;
            flush->in_flight--;
            mm->mapped_in_flight++;
        }
        at = io->next;
    }
    while (*link != ref)
        link = &flush_at(mm, *link)->next;
    *link = flush->next;
    arena_free(mm->arena, ref, sizeof *flush);
}

/* Callers that never came back leave theirs behind. */
static void limit_flushes(struct mm *mm)
{
    struct mi_flush *oldest = NULL;
    uint32_t count = 0;

    for (arena_ref ref = mm->flushes; ref; ref = flush_at(mm, ref)->next, count++)
        if (flush_at(mm, ref)->in_flight == 0)
            oldest = flush_at(mm, ref);
    if (count >= FLUSHES && oldest)
        mi_forget_flush(mm, oldest);
}

/* => NULL: the arena is full. */
static struct mi_flush *find_flush(struct mm *mm, uint32_t file, uint32_t thread, uint64_t first, uint64_t last)
{
    for (arena_ref ref = mm->flushes; ref; ref = flush_at(mm, ref)->next) {
        struct mi_flush *flush = flush_at(mm, ref);
        if (flush->file == file && flush->thread == thread && flush->first == first && flush->last == last)
            return flush;
    }
    limit_flushes(mm);
    arena_ref ref = arena_alloc(mm->arena, sizeof(struct mi_flush));
    if (!ref)
        return NULL;
    struct mi_flush *flush = flush_at(mm, ref);
    *flush = (struct mi_flush){
        .next = mm->flushes, .file = file, .thread = thread, .first = first, .last = last, .at = first};
    mm->flushes = ref;
    return flush;
}

/* The frame behind a page of the file, where it is in memory. */
static bool frame_of(const struct mm *mm, const struct subsection *chunk, uint64_t page, pfn_t *ret_frame)
{
    struct mi_slot slot;
    va_t address = mi_chunk_address(chunk, page);

    return mi_prototype_slot(mm, address, &slot) && mi_prototype_frame(mm, mi_read_pte(mm, slot), address, ret_frame) &&
           mi_file_of_frame(mm, mi_pfn(mm, *ret_frame)) != NULL;
}

/* The first page at or after `page` that has a chunk. => false: none up to last. */
static bool next_chunk(const struct mm *mm, const struct control_area *area, uint64_t *page, uint64_t last,
                       const struct subsection **ret_chunk)
{
    const struct subsection *best = mi_find_chunk(mm, area, *page);

    if (!best) {
        for (arena_ref ref = area->chunks; ref;) {
            const struct subsection *chunk = arena_at(mm->arena, ref);
            if (chunk->first_page > *page && chunk->first_page <= last &&
                (!best || chunk->first_page < best->first_page))
                best = chunk;
            ref = chunk->next;
        }
        if (!best)
            return false;
        *page = best->first_page;
    }
    *ret_chunk = best;
    return true;
}

enum need { CLEAN, MODIFIED, UNDER_WAY };

static enum need need_of(const struct mm *mm, pfn_t frame)
{
    const struct mmpfn *pfn = mi_pfn(mm, frame);

    if (pfn->flags & PFN_WRITE_BIT)
        return UNDER_WAY;
    return pfn->flags & PFN_MODIFIED_BIT ? MODIFIED : CLEAN;
}

/* The run of modified pages from `page` on. */
static uint32_t gather(const struct mm *mm, const struct subsection *chunk, uint64_t page, uint64_t last, pfn_t *frame)
{
    uint32_t count = 0;
    uint64_t end = chunk->first_page + PTES_PER_TABLE;

    while (count < MM_IO_PAGES && page + count <= last && page + count < end &&
           frame_of(mm, chunk, page + count, &frame[count]) && need_of(mm, frame[count]) == MODIFIED)
        count++;
    return count;
}

/* A transfer of the flush; 0: none. */
static uint32_t transfer_of(const struct mm *mm, const struct mi_flush *flush)
{
    arena_ref of = arena_ref_of(mm->arena, flush);

    for (arena_ref ref = mm->ios; ref;) {
        const struct mi_io *io = arena_at(mm->arena, ref);
        if (io->flush == of)
            return io->io.id;
        ref = io->next;
    }
    return 0;
}

/* The transfer that writes a frame. */
static uint32_t write_of(const struct mm *mm, pfn_t frame)
{
    for (arena_ref ref = mm->ios; ref;) {
        const struct mi_io *io = arena_at(mm->arena, ref);
        for (uint32_t i = 0; io->io.kind == MM_IO_FILE_WRITE && i < io->io.pages; i++)
            if (io->frame[i].index == frame.index)
                return io->io.id;
        ref = io->next;
    }
    return 0;
}

/* What there is to do at flush->at.  => STATUS_SUCCESS: go on; STATUS_MM_WAIT; STATUS_INSUFFICIENT_RESOURCES. */
static ntstatus_t flush_some(struct mm *mm, struct control_area *area, struct mi_flush *flush,
                             const struct subsection *chunk)
{
    pfn_t frame[MM_IO_PAGES];

    if (!frame_of(mm, chunk, flush->at, &frame[0]) || need_of(mm, frame[0]) == CLEAN) {
        flush->at++;
        return STATUS_SUCCESS;
    }
    if (need_of(mm, frame[0]) == UNDER_WAY) { /* and it may fail */
        mm->wait_key = write_of(mm, frame[0]);
        return STATUS_MM_WAIT;
    }
    if (flush->in_flight >= WRITES) {
        mm->wait_key = transfer_of(mm, flush);
        return STATUS_MM_WAIT;
    }
    uint32_t count = gather(mm, chunk, flush->at, flush->last, frame);
    if (!mi_begin_file_write(mm, area, frame, count, flush->at << MMU_PAGE_SHIFT, arena_ref_of(mm->arena, flush)))
        return STATUS_INSUFFICIENT_RESOURCES;
    flush->at += count;
    return STATUS_SUCCESS;
}

ntstatus_t mi_file_flush(struct mm *mm, struct control_area *area, uint32_t thread, uint64_t first, uint64_t last)
{
    struct mi_flush *flush = find_flush(mm, area->file, thread, first, last);
    const struct subsection *chunk;
    ntstatus_t status = STATUS_SUCCESS;

    if (!flush)
        return STATUS_INSUFFICIENT_RESOURCES;
    mi_capture_dirty(mm, area, flush->at, last);
    while (flush->at <= last && status == STATUS_SUCCESS) {
        if (!next_chunk(mm, area, &flush->at, last, &chunk))
            flush->at = last + 1;
        else
            status = flush_some(mm, area, flush, chunk);
    }
    if (status == STATUS_INSUFFICIENT_RESOURCES && flush->in_flight == 0) {
        mi_forget_flush(mm, flush);
        return status;
    }
    if (flush->in_flight > 0) {
        if (status != STATUS_MM_WAIT)
            mm->wait_key = transfer_of(mm, flush);
        return STATUS_MM_WAIT;
    }
    if (status == STATUS_MM_WAIT)
        return status;
    status = flush->status;
    mi_forget_flush(mm, flush);
    return status;
}

/* --- Discarding ----------------------------------------------------------------------------------------------- */

/* Views of the file cache lose their pages of [first, last]. */
static void unmap_from_cache(struct mm *mm, const struct control_area *area, uint64_t first, uint64_t last)
{
    struct mmprocess *system = mi_process(mm, mm->system);
    arena_ref ref = arena_ref_of(mm->arena, area);

    for (const struct mmvad *vad = vad_lower_bound(mm->arena, &system->vads, 0); vad; vad = vad_next(mm->arena, vad)) {
        if (vad->control_area != ref)
            continue;
        for (uint64_t vpn = vad->start_vpn; vpn <= vad->end_vpn; vpn++) {
            uint64_t page = vad->first_page + (vpn - vad->start_vpn);
            struct mi_slot slot;
            if (page < first || page > last || mi_hold_page_table(mm, system, vpn << MMU_PAGE_SHIFT, &slot) != MI_HELD)
                continue;
            if (mi_read_pte(mm, slot).raw != 0)
                mi_remove_page(mm, system, slot, vpn << MMU_PAGE_SHIFT, (mmpte_t){0});
            mi_release_page_table(mm, slot);
        }
    }
}

enum discard { DISCARD_CLEAN, DISCARD_ALL };

/* => false: it stays. */
static bool discard_page(struct mm *mm, const struct subsection *chunk, uint64_t page, enum discard how)
{
    struct mi_slot slot;
    pfn_t frame;
    va_t address = mi_chunk_address(chunk, page);

    if (!mi_prototype_slot(mm, address, &slot) || !mi_prototype_frame(mm, mi_read_pte(mm, slot), address, &frame))
        return true;
    enum pfn_state state = mi_pfn(mm, frame)->state;
    if (state == PFN_ACTIVE || (how == DISCARD_CLEAN && state != PFN_STANDBY))
        return false;
    mi_clear_prototype(mm, slot, address, mi_chunk_template(mm, chunk));
    return true;
}

static bool discard(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last, enum discard how)
{
    const struct subsection *chunk;
    bool all = true;

    for (uint64_t page = first; page <= last && next_chunk(mm, area, &page, last, &chunk); page++)
        all &= discard_page(mm, chunk, page, how);
    return all;
}

bool mi_file_purge(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last)
{
    unmap_from_cache(mm, area, first, last);
    bool all = discard(mm, area, first, last, DISCARD_CLEAN);
    mi_delete_area_if_unused(mm, area);
    return all;
}

/* What is beyond the end in the last page is zero. */
static void zero_tail(struct mm *mm, struct control_area *area)
{
    uint64_t page = area->bytes >> MMU_PAGE_SHIFT;
    uint32_t from = area->bytes & MMU_PAGE_MASK;
    const struct subsection *chunk = mi_find_chunk(mm, area, page);
    pfn_t frame;

    if (from && chunk && frame_of(mm, chunk, page, &frame) && !(mi_pfn(mm, frame)->flags & PFN_READ_BIT))
        memset(mm_frame_write(mm, frame) + from, 0, MMU_PAGE_SIZE - from);
}

void mi_file_size_changed(struct mm *mm, struct control_area *area, uint64_t new_size)
{
    uint64_t pages = mi_vpn(new_size + MMU_PAGE_MASK), before = area->page_count;
    bool shorter = new_size < area->bytes;

    if (new_size > area->bytes)
        zero_tail(mm, area); /* what a view stored beyond the old end was never the file's */
    if (new_size > area->bytes || new_size < area->valid)
        area->valid = new_size;
    area->bytes = new_size;
    area->page_count = pages;
    if (!shorter)
        return;
    if (pages < before) {
        unmap_from_cache(mm, area, pages, before - 1);
        discard(mm, area, pages, before - 1, DISCARD_ALL);
    }
    zero_tail(mm, area);
    mi_delete_area_if_unused(mm, area);
}

void mi_file_allow_writes(struct mm *mm, struct control_area *area)
{
    uint32_t next;

    for (uint32_t i = pfn_first(&mm->pfn, PFN_MODIFIED_NO_WRITE); i != PFN_NONE; i = next) {
        next = mi_pfn(mm, (pfn_t){i})->flink;
        if (mi_file_of_frame(mm, mi_pfn(mm, (pfn_t){i})) == area)
            mi_move_frame(mm, (pfn_t){i}, PFN_MODIFIED);
    }
    mi_note_lists(mm);
}
