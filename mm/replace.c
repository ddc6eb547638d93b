/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replace.c - which pages of a working set go (nt-reference 7.2, 7.3).
 *
 *   FIFO   the hand of the clock takes the next page that is not locked: pages are replaced in the order in which they
 *          came, since a new one takes the place of the old
 *   aged   the hand looks at no more than a window of pages, and stops at one of the greatest age: a page that was
 *          accessed since the hand last passed gets age 0, another one more; the oldest of them goes, of equals the
 *          last: the new page takes its place, just behind the hand, which asks for it after a whole round
 *
 * docs/replacement.md has fault counts of both, against exact FIFO, LRU and OPT.
 *
 * Accessed bits are cleared here, so that a flush is owed; a page that is evicted owes one anyway. */
#include "mm/mi.h"

enum { WINDOW = 48 };

static va_t va_of(wsle_word entry)
{
    return (va_t)entry & ~(va_t)MMU_PAGE_MASK;
}

static bool is_being_locked(const struct mm *mm, const struct mmprocess *process, va_t va)
{
    return mm->locking.process && process == mi_process(mm, mm->locking.process) && va >= mm->locking.first &&
           va <= mm->locking.last;
}

/* A page of user space, or a page table of it that nothing keeps in memory; of the system, a page of the file cache, or
 * of prototype PTEs that nothing keeps. */
static bool is_candidate(const struct mm *mm, const struct mmprocess *process, wsle_word entry)
{
    va_t va = va_of(entry);

    if (!(entry & MI_WSLE_VALID) || (entry & MI_WSLE_LOCKS))
        return false;
    if (va < MI_SYSTEM_START)
        return !is_being_locked(mm, process, va);
    if (!mi_is_system(mm, process))
        return mi_can_evict_table(mm, process, va);
    return mi_is_cache_address(va) || mi_can_evict_prototypes(mm, va);
}

/* Who is spared when a page must go for another. */
enum spared {
    SPARE_NEWEST, /* the pages that came last */
    SPARE_FAULT,  /* those that came for the present fault: it needs all of them at once */
};

static bool is_spared(const struct mm *mm, const struct mmprocess *process, wsle_word entry, enum spared spared)
{
    for (unsigned i = 0; i < MI_NEWEST; i++)
        if (process->newest[i].vpn == mi_vpn(va_of(entry)) && process->newest[i].number &&
            (spared == SPARE_NEWEST || process->newest[i].number > mm->fault_began))
            return true;
    return false;
}

static bool may_be_replaced(const struct mm *mm, const struct mmprocess *process, wsle_word entry, enum spared spared)
{
    return is_candidate(mm, process, entry) && !is_spared(mm, process, entry, spared);
}

/* Was the page accessed since the last time?  It is asked anew from here on. */
static bool take_accessed(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mi_slot slot;

    if (!mi_peek_slot(mm, process->root, va, 1, &slot))
        return false;
    mmpte_t pte = mi_read_pte(mm, slot);
    if (!pte_is_valid(pte) || !pte_is_accessed(pte))
        return false;
    mi_write_pte(mm, slot, pte_clear_accessed(pte));
    mm->flush_wanted = true;
    return true;
}

/* => its age now. */
static unsigned grow_older(struct mm *mm, struct mmprocess *process, uint32_t index, wsle_word entry)
{
    unsigned age = (unsigned)(entry & MI_WSLE_AGE) >> MI_WSLE_AGE_SHIFT, before = age;

    if (take_accessed(mm, process, va_of(entry)))
        age = 0;
    else if (age < MI_AGES - 1)
        age++;
    if (age != before)
        mi_ws_set_age(mm, process, index, age);
    return age;
}

static bool has_hard_maximum(const struct mmprocess *process)
{
    return process->ws_limits.hard & MM_WS_HARD_MAX;
}

bool mi_ws_must_replace(const struct mm *mm, const struct mmprocess *process)
{
    if (process->ws_size >= process->ws_limits.maximum && (has_hard_maximum(process) || !mi_is_plentiful(mm)))
        return true;
    return mi_available(mm) < mm->tuning.minimum && process->ws_size > process->ws_limits.minimum;
}

/* => a page went. */
static bool replace_fifo(struct mm *mm, struct mmprocess *process, enum spared spared)
{
    uint32_t index = mi_ws_next_slot(mm, process);
    bool done = false;

    for (uint32_t looked = 0; looked < process->ws_entries && !done; looked++) {
        uint32_t at = index;
        wsle_word entry = mi_wsle(mm, process, at);
        index = index + 1 < process->ws_entries ? index + 1 : 0;
        done = may_be_replaced(mm, process, entry, spared) && mi_evict(mm, process, va_of(entry), MI_TRIM_REPLACED);
    }
    mi_ws_set_next_slot(mm, process, index);
    return done;
}

static bool replace_aged(struct mm *mm, struct mmprocess *process, enum spared spared)
{
    uint32_t index = mi_ws_next_slot(mm, process), seen = 0;
    int oldest = -1;
    va_t victim = 0;

    for (uint32_t looked = 0; looked < process->ws_entries && seen < WINDOW && oldest < MI_AGES - 1; looked++) {
        wsle_word entry = mi_wsle(mm, process, index);
        if (may_be_replaced(mm, process, entry, spared)) {
            int age = (int)grow_older(mm, process, index, entry);
            seen++;
            if (age >= oldest) {
                oldest = age;
                victim = va_of(entry);
            }
        }
        index = index + 1 < process->ws_entries ? index + 1 : 0;
    }
    mi_ws_set_next_slot(mm, process, index);
    return oldest >= 0 && mi_evict(mm, process, victim, MI_TRIM_REPLACED);
}

/* Where only the newest are left they stay, unless the maximum is hard: the working set is larger for a while, and who
 * finds no frame waits for one. */
static bool replace_one(struct mm *mm, struct mmprocess *process)
{
    bool (*replace)(struct mm *, struct mmprocess *, enum spared) =
        mm->config.replacement == MM_REPLACE_FIFO ? replace_fifo : replace_aged;
    if (replace(mm, process, SPARE_NEWEST))
        return true;
    return has_hard_maximum(process) && replace(mm, process, SPARE_FAULT);
}

void mi_ws_replace(struct mm *mm, struct mmprocess *process)
{
    bool done = replace_one(mm, process);
    if (done && !has_hard_maximum(process)) {
        process->replaced = true;
        mm->replaced++;
    }
    while (done && has_hard_maximum(process) && process->ws_size >= process->ws_limits.maximum)
        done = replace_one(mm, process);
}

void mi_ws_shrink(struct mm *mm, struct mmprocess *process)
{
    bool done = true;
    mm->fault_began = mm->insertions; /* there is none */
    while (done && has_hard_maximum(process) && process->ws_size > process->ws_limits.maximum)
        done = replace_one(mm, process);
}

void mi_ws_age(struct mm *mm, struct mmprocess *process)
{
    for (uint32_t i = 0; i < process->ws_entries; i++) {
        wsle_word entry = mi_wsle(mm, process, i);
        if (is_candidate(mm, process, entry))
            grow_older(mm, process, i, entry);
    }
}

/* May this page go?  Not where it was accessed, unless any age will do; not where it would have to be written, and no
 * page file has room, or its own file fails. */
static bool may_go(const struct mm *mm, const struct mmprocess *process, wsle_word entry, unsigned age, bool can_write)
{
    struct mi_slot slot;

    if ((entry & MI_WSLE_AGE) >> MI_WSLE_AGE_SHIFT < age || !mi_peek_slot(mm, process->root, va_of(entry), 1, &slot))
        return false;
    mmpte_t pte = mi_read_pte(mm, slot);
    if (!pte_is_valid(pte) || pte_pfn(pte).index >= mm->pfn.frame_count || (age > 0 && pte_is_accessed(pte)))
        return false;
    const struct mmpfn *pfn = mi_pfn(mm, pte_pfn(pte));
    if (!pte_is_dirty(pte) && !(pfn->flags & PFN_MODIFIED_BIT))
        return true;
    const struct control_area *file = mi_file_of_frame(mm, pfn);
    return file ? file->failed_writes < MI_MAPPED_FAILURES : can_write;
}

uint32_t mi_ws_trim(struct mm *mm, struct mmprocess *process, uint32_t count, unsigned age, enum mi_trim_reason why)
{
    uint32_t index = mi_ws_next_slot(mm, process), done = 0;
    bool can_write = mi_can_write(mm);

    for (uint32_t looked = 0; looked < process->ws_entries && done < count; looked++) {
        wsle_word entry = mi_wsle(mm, process, index);
        if (is_candidate(mm, process, entry) && may_go(mm, process, entry, age, can_write))
            done += mi_evict(mm, process, va_of(entry), why);
        index = index + 1 < process->ws_entries ? index + 1 : 0;
    }
    mi_ws_set_next_slot(mm, process, index);
    return done;
}

uint32_t mi_ws_trim_from(struct mm *mm, struct mmprocess *process, uint64_t first, uint32_t count)
{
    uint32_t done = 0;

    for (uint32_t looked = 0; looked < process->ws_entries && done < count; looked++) {
        wsle_word entry = mi_wsle(mm, process, (uint32_t)((first + looked) % process->ws_entries));
        if (is_candidate(mm, process, entry))
            done += mi_evict(mm, process, va_of(entry), MI_TRIM_INJECTED);
    }
    return done;
}
