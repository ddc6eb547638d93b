/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - write watch: which pages of a MEM_WRITE_WATCH allocation were written since the last reset
 * (nt-reference 12.3).
 *
 * A page that is valid says so itself: its PTE is dirty exactly if it was written, since the first write to a clean
 * page is a fault (MP form, nt-reference 1.7).  When a dirty PTE goes or loses its Dirty bit, the fact moves to the
 * VAD's bitmap: the fault path pays nothing.  A reset clears both, and the next write is a fault again. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

enum {
    CHUNK_BYTES = ARENA_LARGEST,
    CHUNK_PAGES = CHUNK_BYTES * 8,
};

/* The bitmap of one VAD, or of the one it was split from. */
struct watch {
    uint64_t first_vpn, pages;
    uint32_t chunk_count; /* all full but the last */
    arena_ref chunk[];
};

static uint32_t watch_size(uint64_t pages)
{
    return (uint32_t)(sizeof(struct watch) + (pages + CHUNK_PAGES - 1) / CHUNK_PAGES * sizeof(arena_ref));
}

static uint32_t chunk_size(const struct watch *watch, uint32_t chunk)
{
    uint64_t left = watch->pages - (uint64_t)chunk * CHUNK_PAGES;
    return left < CHUNK_PAGES ? (uint32_t)((left + 7) / 8) : CHUNK_BYTES;
}

void mi_watch_destroy(struct mm *mm, arena_ref ref)
{
    if (!ref)
        return;
    struct watch *watch = arena_at(mm->arena, ref);
    for (uint32_t i = 0; i < watch->chunk_count; i++)
        arena_free(mm->arena, watch->chunk[i], chunk_size(watch, i));
    arena_free(mm->arena, ref, watch_size(watch->pages));
}

arena_ref mi_watch_create(struct mm *mm, uint64_t first_vpn, uint64_t pages)
{
    if (pages / CHUNK_PAGES > (ARENA_LARGEST - sizeof(struct watch)) / sizeof(arena_ref) - 1)
        return 0;
    arena_ref ref = arena_alloc(mm->arena, watch_size(pages));
    if (!ref)
        return 0;
    struct watch *watch = arena_at(mm->arena, ref);
    watch->first_vpn = first_vpn;
    watch->pages = pages;
    for (uint64_t done = 0; done < pages; done += CHUNK_PAGES) {
        arena_ref chunk = arena_alloc(mm->arena, chunk_size(watch, watch->chunk_count));
        if (!chunk) {
            mi_watch_destroy(mm, ref);
            return 0;
        }
        watch->chunk[watch->chunk_count++] = chunk;
    }
    return ref;
}

/* The byte and bit of a page. */
static uint8_t *byte_of(const struct mm *mm, arena_ref ref, uint64_t vpn, uint8_t *ret_bit)
{
    const struct watch *watch = arena_at(mm->arena, ref);
    uint64_t page = vpn - watch->first_vpn;
    assert(page < watch->pages);
    *ret_bit = (uint8_t)(1u << page % 8);
    return (uint8_t *)arena_at(mm->arena, watch->chunk[page / CHUNK_PAGES]) + page % CHUNK_PAGES / 8;
}

static bool is_noted(const struct mm *mm, const struct mmvad *vad, uint64_t vpn)
{
    uint8_t bit, *byte = byte_of(mm, vad->watch, vpn, &bit);
    return *byte & bit;
}

static void set_noted(const struct mm *mm, arena_ref ref, uint64_t vpn, bool noted)
{
    uint8_t bit, *byte = byte_of(mm, ref, vpn, &bit);
    *byte = (uint8_t)(noted ? *byte | bit : *byte & ~bit);
}

void mi_watch_copy(struct mm *mm, const struct mmvad *from, struct mmvad *to)
{
    for (uint64_t vpn = to->start_vpn; vpn <= to->end_vpn; vpn++)
        if (is_noted(mm, from, vpn))
            set_noted(mm, to->watch, vpn, true);
}

void mi_watch_note(struct mm *mm, struct mmprocess *process, va_t va)
{
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    if (vad && vad->watch)
        set_noted(mm, vad->watch, mi_vpn(va), true);
}

/* Every page of the range is in one write-watch allocation. */
static ntstatus_t find_watch(struct mm *mm, struct mmprocess *process, struct mm_range range,
                             const struct mmvad **ret_vad)
{
    va_t highest = mm->config.highest_user_address;

    if (range.base > highest)
        return STATUS_INVALID_PARAMETER_1;
    if (range.size == 0 || highest - range.base < range.size - 1)
        return STATUS_INVALID_PARAMETER_2;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(range.base));
    if (!vad || !vad->watch)
        return STATUS_INVALID_PARAMETER_1;
    if (mi_vpn(range.base + range.size - 1) > vad->end_vpn)
        return STATUS_INVALID_PARAMETER;
    *ret_vad = vad;
    return STATUS_SUCCESS;
}

/* The held PTE of a watched page is clean from now on: the next write is a fault. */
static void clean(struct mm *mm, struct mi_slot slot, mmpte_t pte)
{
    mi_pfn(mm, pte_pfn(pte))->flags |= PFN_MODIFIED_BIT;
    mi_write_pte(mm, slot, pte_clear_dirty(pte));
    mm->flush_wanted = true;
}

/* What a walk over a range does with the pages that were written. */
struct take {
    enum mm_watch_mode mode;
    va_t *addresses; /* NULL: not wanted */
    size_t room, count;
};

static bool is_full(const struct take *take)
{
    return take->addresses && take->count == take->room;
}

static void take_written(struct mm *mm, const struct mmvad *vad, va_t va, struct take *take)
{
    if (take->mode == MM_WATCH_RESET)
        set_noted(mm, vad->watch, mi_vpn(va), false);
    if (take->addresses)
        take->addresses[take->count++] = va;
}

/* Pages [va, end) have no page table: only the bitmap knows of them. */
static void take_hole(struct mm *mm, const struct mmvad *vad, va_t va, va_t end, struct take *take)
{
    while (va < end && !is_full(take)) {
        uint8_t bit, byte = *byte_of(mm, vad->watch, mi_vpn(va), &bit);
        if (bit == 1 && byte == 0 && end - va >= 8 * MMU_PAGE_SIZE) {
            va += 8 * MMU_PAGE_SIZE;
            continue;
        }
        if (byte & bit)
            take_written(mm, vad, va, take);
        va += MMU_PAGE_SIZE;
    }
}

/* => the page's slot is held. */
static void take_page(struct mm *mm, const struct mmvad *vad, struct mi_slot slot, va_t va, struct take *take)
{
    mmpte_t pte = mi_read_pte(mm, slot);
    bool dirty = pte_is_valid(pte) && pte_is_dirty(pte) && mi_frame_knows(mm, va, pte);

    if (dirty && take->mode == MM_WATCH_RESET)
        clean(mm, slot, pte);
    if (dirty || is_noted(mm, vad, mi_vpn(va)))
        take_written(mm, vad, va, take);
}

static ntstatus_t take_range(struct mm *mm, struct mmprocess *process, struct mm_range range, struct take *take)
{
    const struct mmvad *vad;
    ntstatus_t status = find_watch(mm, process, range, &vad);

    if (status != STATUS_SUCCESS)
        return status;
    va_t last = (range.base + range.size - 1) | MMU_PAGE_MASK, end;
    for (va_t va = range.base & ~(va_t)MMU_PAGE_MASK; va <= last && !is_full(take); va = end) {
        struct mi_slot slot;
        if (mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD) {
            end = end - 1 < last ? end : last + 1;
            take_hole(mm, vad, va, end, take);
            continue;
        }
        end = va + MMU_PAGE_SIZE;
        take_page(mm, vad, slot, va, take);
        mi_release_page_table(mm, slot);
    }
    return STATUS_SUCCESS;
}

ntstatus_t mi_get_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range, enum mm_watch_mode mode,
                              va_t *addresses, size_t room, size_t *ret_count)
{
    struct take take = {.mode = mode, .addresses = addresses, .room = room};
    ntstatus_t status = take_range(mm, process, range, &take);
    *ret_count = take.count;
    return status;
}

ntstatus_t mi_reset_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range)
{
    struct take take = {.mode = MM_WATCH_RESET};
    return take_range(mm, process, range, &take);
}
