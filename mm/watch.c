/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - write watch: which pages of an allocation were written (nt-reference 12.3).
 *
 * A page was written if its PTE is Dirty or its bit is set (written.h).  The first write to a clean page faults anyway,
 * and sets Dirty: watching costs the fault path nothing.  Whoever takes Dirty from a PTE, or the PTE itself, sets the
 * bit (mi_note_written): so a page that was written and then trimmed or decommitted still counts.  A reset clears both,
 * and the next write faults again. */
#include "mm/mi.h"
#include "mm/written.h"

bool mi_watch(struct mm *mm, struct mmprocess *process, struct mmvad *vad)
{
    vad->watch = written_create(mm->arena, vad->start_vpn, vad->end_vpn - vad->start_vpn + 1);
    process->watches += vad->watch != 0;
    return vad->watch != 0;
}

void mi_unwatch(struct mm *mm, struct mmprocess *process, struct mmvad *vad)
{
    written_delete(mm->arena, vad->watch);
    process->watches -= vad->watch != 0;
    vad->watch = 0;
}

bool mi_split_watch(struct mm *mm, struct mmprocess *process, const struct mmvad *vad, struct mmvad *tail)
{
    uint64_t end = tail->end_vpn + 1;

    if (!vad->watch)
        return true;
    if (!mi_watch(mm, process, tail))
        return false;
    for (uint64_t vpn = written_next(mm->arena, vad->watch, tail->start_vpn, end); vpn < end;
         vpn = written_next(mm->arena, vad->watch, vpn + 1, end))
        written_mark(mm->arena, tail->watch, vpn);
    return true;
}

void mi_capture_write(struct mm *mm, struct mmprocess *process, va_t va)
{
    const struct mmvad *vad = va < MI_SYSTEM_START ? vad_find(mm->arena, &process->vads, mi_vpn(va)) : NULL;
    if (vad && vad->watch)
        written_mark(mm->arena, vad->watch, mi_vpn(va));
}

/* The watched pages of a range. */
struct watched {
    const struct mmvad *vad;
    va_t first, last; /* last: the last byte */
};

static ntstatus_t find_watched(const struct mm *mm, const struct mmprocess *process, struct mm_range range,
                               struct watched *ret_watched)
{
    va_t highest = mm->config.highest_user_address;

    if (range.base > highest)
        return STATUS_INVALID_PARAMETER_1;
    if (range.size == 0 || highest - range.base < range.size)
        return STATUS_INVALID_PARAMETER_2;
    if (process->deleted)
        return STATUS_PROCESS_IS_TERMINATING;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(range.base));
    if (!vad || !vad->watch)
        return STATUS_INVALID_PARAMETER_1;
    if (mi_vpn(range.base + range.size - 1) > vad->end_vpn)
        return STATUS_INVALID_PARAMETER;
    *ret_watched =
        (struct watched){vad, range.base & ~(va_t)MMU_PAGE_MASK, (range.base + range.size - 1) | MMU_PAGE_MASK};
    return STATUS_SUCCESS;
}

static bool is_dirty(const struct mi_pages *at)
{
    mmpte_t pte = mi_page_word(at);
    return pte_is_valid(pte) && pte_is_dirty(pte) && mi_frame_knows(at->mm, at->va, pte);
}

static void skip_clean(struct mi_pages *at)
{
    while (at->held && !is_dirty(at))
        mi_next_page(at);
}

/* The next write to the page faults. => it is dirty. */
static void clean(const struct mi_pages *at)
{
    mmpte_t pte = mi_page_word(at);
    mi_mark_modified(at->mm, mi_pfn(at->mm, pte_pfn(pte))); /* the contents are still wanted */
    mi_write_pte(at->mm, at->slot, pte_clear_dirty(pte));
    at->mm->flush_wanted = true;
}

ntstatus_t mi_get_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range, enum mm_watch_mode mode,
                              va_t *addresses, size_t room, size_t *ret_count)
{
    struct watched w;
    ntstatus_t status = find_watched(mm, process, range, &w);
    size_t count = 0;

    *ret_count = 0;
    if (status != STATUS_SUCCESS)
        return status;
    uint64_t end = mi_vpn(w.last) + 1, bit = written_next(mm->arena, w.vad->watch, mi_vpn(w.first), end);
    struct mi_pages at = mi_first_page(mm, process, w.first, w.last, MI_RESIDENT);
    for (skip_clean(&at); count < room; skip_clean(&at)) { /* two ascending sources, merged */
        uint64_t dirty = at.held ? mi_vpn(at.va) : end, vpn = bit < dirty ? bit : dirty;
        if (vpn == end)
            break;
        addresses[count++] = vpn << MMU_PAGE_SHIFT;
        if (vpn == bit) {
            if (mode == MM_WATCH_RESET)
                written_clear(mm->arena, w.vad->watch, vpn);
            bit = written_next(mm->arena, w.vad->watch, vpn + 1, end);
        }
        if (vpn == dirty) {
            if (mode == MM_WATCH_RESET)
                clean(&at);
            mi_next_page(&at);
        }
    }
    if (at.held)
        mi_leave_pages(&at);
    *ret_count = count;
    return STATUS_SUCCESS;
}

ntstatus_t mi_reset_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range)
{
    struct watched w;
    ntstatus_t status = find_watched(mm, process, range, &w);

    if (status != STATUS_SUCCESS)
        return status;
    uint64_t end = mi_vpn(w.last) + 1;
    for (uint64_t vpn = mi_vpn(w.first); (vpn = written_next(mm->arena, w.vad->watch, vpn, end)) < end; vpn++)
        written_clear(mm->arena, w.vad->watch, vpn);
    for (struct mi_pages at = mi_first_page(mm, process, w.first, w.last, MI_RESIDENT); at.held; mi_next_page(&at))
        if (is_dirty(&at))
            clean(&at);
    return STATUS_SUCCESS;
}
