/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wset.c - working-set lists in hyperspace: an entry for each valid page of a process (nt-reference 7.1).
 *
 * MMWSL and its entries live in guest RAM, at NT's address in hyperspace and with the offsets of Server 2003 SP1:
 *
 *   +0 FirstFree  +4 FirstDynamic  +8 LastEntry  +C NextSlot  +10 Wsle  then LastInitialized, NonDirectCount
 *   entry: Valid 0, LockedInWs 1, LockedInMemory 2, Protection 3-7, Hashed 8, Direct 9, Age 10-11, VPN 12-
 *
 * A free entry has Valid=0 and the index of the next free one in its upper bits.  "Direct" means that the frame's PFN
 * record knows the index; another process's entry for a shared frame is found by a scan (NT: a hash table).
 * Nothing is trimmed yet: entries are only recorded. */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

enum {
    WSL_FIRST_FREE = 0,
    WSL_FIRST_DYNAMIC = 4,
    WSL_LAST_ENTRY = 8,
    WSL_NEXT_SLOT = 0xc,
    WSL_WSLE = 0x10,
    WSL_LAST_INITIALIZED = PTE_FORMAT == 2 ? 0x18 : 0x14,
    WSL_NON_DIRECT_COUNT = PTE_FORMAT == 2 ? 0x1c : 0x18,
    WSL_HEADER = 0x698, /* where entries begin: LastInitialized 0x259 in the reference's sample of one page */
    WSLE_SIZE = sizeof(wsle_word),
    WSLE_VALID = 1,
    WSLE_DIRECT = 0x200,
    WSLE_SHIFT = 12,
};

#define WSLE_NONE 0xFFFFFu /* end of the free list */

/* The list's bytes: a page table in the process's own hyperspace, so always resident. */
static inline struct mi_slot wsl_page(const struct mm *mm, struct mmprocess *process, uint32_t offset)
{
    uint32_t page = offset >> MMU_PAGE_SHIFT;

    if (page == 0)
        return (struct mi_slot){process->working_set_page, offset};
    if (page != process->ws_last_page) {
        struct mi_slot slot;
        bool there = mi_peek_slot(mm, process->root, MI_WSL_BASE + offset, 1, &slot);
        assert(there);
        (void)there;
        process->ws_last_page = page;
        process->ws_last_frame = pte_pfn(mi_read_pte(mm, slot));
    }
    return (struct mi_slot){process->ws_last_frame, offset & MMU_PAGE_MASK};
}

static uint32_t read_field(const struct mm *mm, const struct mmprocess *process, unsigned field)
{
    uint32_t value;
    memcpy(&value, mi_frame_read(mm, process->working_set_page) + field, sizeof value);
    return value;
}

static void write_field(struct mm *mm, struct mmprocess *process, unsigned field, uint32_t value)
{
    memcpy(mi_frame_write(mm, process->working_set_page) + field, &value, sizeof value);
}

static uint32_t entry_offset(uint32_t index)
{
    return WSL_HEADER + index * WSLE_SIZE;
}

wsle_word mi_wsle(const struct mm *mm, struct mmprocess *process, uint32_t index)
{
    wsle_word entry;
    struct mi_slot at = wsl_page(mm, process, entry_offset(index));
    memcpy(&entry, mi_frame_read(mm, at.table) + at.offset, sizeof entry);
    return entry;
}

/* => returns what was there. */
static wsle_word exchange_entry(struct mm *mm, struct mmprocess *process, uint32_t index, wsle_word entry)
{
    wsle_word before;
    struct mi_slot at = wsl_page(mm, process, entry_offset(index));
    uint8_t *bytes = mi_frame_write(mm, at.table) + at.offset;
    memcpy(&before, bytes, sizeof before);
    memcpy(bytes, &entry, sizeof entry);
    return before;
}

uint32_t mi_ws_last_initialized(const struct mm *mm, struct mmprocess *process)
{
    return read_field(mm, process, WSL_LAST_INITIALIZED);
}

/* Entries [first, last] become free, lowest first. */
static void free_entries(struct mm *mm, struct mmprocess *process, uint32_t first, uint32_t last)
{
    wsle_word next = read_field(mm, process, WSL_FIRST_FREE);

    for (uint32_t i = last + 1; i-- > first;) {
        exchange_entry(mm, process, i, next << WSLE_SHIFT);
        next = i;
    }
    write_field(mm, process, WSL_FIRST_FREE, first);
    write_field(mm, process, WSL_LAST_INITIALIZED, last);
    process->ws_free += last - first + 1;
}

void mi_ws_init(struct mm *mm, struct mmprocess *process)
{
    va_t entries = MI_WSL_BASE + WSL_HEADER;
    struct mi_slot at = wsl_page(mm, process, WSL_WSLE);

    memcpy(mm_frame_write(mm, at.table) + at.offset, &entries, WSLE_SIZE);
    write_field(mm, process, WSL_FIRST_FREE, WSLE_NONE);
    free_entries(mm, process, 0, (MMU_PAGE_SIZE - WSL_HEADER) / WSLE_SIZE - 1);
}

/* One more page of entries.  It has an entry of its own, locked, among the new ones. */
ntstatus_t mi_ws_grow(struct mm *mm, struct mmprocess *process)
{
    uint32_t first = read_field(mm, process, WSL_LAST_INITIALIZED) + 1;
    va_t va = MI_WSL_BASE + entry_offset(first);
    struct mi_slot slot;
    pfn_t frame;

    assert((va & MMU_PAGE_MASK) == 0);
    if (mi_make_page_table(mm, process, va) != STATUS_SUCCESS || !mi_peek_slot(mm, process->root, va, 1, &slot))
        return STATUS_NO_MEMORY;
    if (!mi_take_frame(mm, MI_ZEROED, &frame))
        return STATUS_NO_MEMORY;
    mi_charge_commit(mm, process, 1, MI_MUST);
    mi_claim_frame(mm, frame, pte_address(va), slot.table, pte_make_demand_zero(MM_READWRITE), PFN_MODIFIED_BIT);
    mi_write_pte(mm, slot, pte_set_dirty(pte_make_valid(frame, MM_READWRITE, PTE_SUPERVISOR, PTE_NX_OFF)));
    free_entries(mm, process, first, first + MMU_PAGE_SIZE / WSLE_SIZE - 1);
    mi_ws_insert(mm, process, va, frame, MI_WSLE_LOCKED);
    return STATUS_SUCCESS;
}

void mi_ws_insert(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, unsigned flags)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    uint32_t index = read_field(mm, process, WSL_FIRST_FREE);
    bool direct = pfn->ws_index == 0;
    wsle_word entry = (wsle_word)(mi_vpn(va) << WSLE_SHIFT) | (direct ? WSLE_DIRECT : 0u) | flags | WSLE_VALID;

    assert(process->ws_free > 0 && index != WSLE_NONE);
    wsle_word before = exchange_entry(mm, process, index, entry);
    write_field(mm, process, WSL_FIRST_FREE, (uint32_t)(before >> WSLE_SHIFT));
    if (direct)
        pfn->ws_index = index;
    else
        write_field(mm, process, WSL_NON_DIRECT_COUNT, read_field(mm, process, WSL_NON_DIRECT_COUNT) + 1);
    if (index > read_field(mm, process, WSL_LAST_ENTRY))
        write_field(mm, process, WSL_LAST_ENTRY, index);
    process->ws_free--;
    if (++process->ws_size > process->ws_peak)
        process->ws_peak = process->ws_size;
}

static bool names(const struct mm *mm, struct mmprocess *process, uint32_t index, va_t va)
{
    wsle_word entry = mi_wsle(mm, process, index);
    return (entry & WSLE_VALID) && entry >> WSLE_SHIFT == (wsle_word)(mi_vpn(va) << WSLE_SHIFT) >> WSLE_SHIFT;
}

/* The entry of a valid page.  Direct in all but a shared frame that another process met first. */
static uint32_t find_entry(const struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame)
{
    uint32_t last = read_field(mm, process, WSL_LAST_ENTRY);
    uint32_t direct = mi_pfn(mm, frame)->ws_index;

    if (direct <= last && names(mm, process, direct, va))
        return direct;
    for (uint32_t i = 0; i <= last; i++)
        if (names(mm, process, i, va))
            return i;
    return WSLE_NONE;
}

/* Does the entry count as a locked page?  The process's own pages are locked without being counted. */
static bool is_counted_lock(wsle_word entry)
{
    return (entry & MI_WSLE_LOCKS) && ((va_t)entry & ~(va_t)MMU_PAGE_MASK) < MI_SYSTEM_START;
}

void mi_ws_remove(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame)
{
    uint32_t index = find_entry(mm, process, va, frame);
    if (index == WSLE_NONE) /* only where somebody wrote over the list in guest RAM: mm_check() will say so */
        return;
    if (is_counted_lock(mi_wsle(mm, process, index)) && process->locked_pages > 0)
        process->locked_pages--;
    if (mi_wsle(mm, process, index) & WSLE_DIRECT)
        mi_pfn(mm, frame)->ws_index = 0;
    else
        write_field(mm, process, WSL_NON_DIRECT_COUNT, read_field(mm, process, WSL_NON_DIRECT_COUNT) - 1);
    exchange_entry(mm, process, index, (wsle_word)read_field(mm, process, WSL_FIRST_FREE) << WSLE_SHIFT);
    write_field(mm, process, WSL_FIRST_FREE, index);
    process->ws_free++;
    process->ws_size--;
}

bool mi_ws_finds(const struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame)
{
    return find_entry(mm, process, va, frame) != WSLE_NONE;
}

unsigned mi_ws_protection(const struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame)
{
    uint32_t index = find_entry(mm, process, va, frame);
    return index == WSLE_NONE ? 0 : (unsigned)(mi_wsle(mm, process, index) >> MI_WSLE_PROTECTION_SHIFT) & 31;
}

unsigned mi_ws_locks(const struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame)
{
    uint32_t index = find_entry(mm, process, va, frame);
    return index == WSLE_NONE ? 0 : (unsigned)mi_wsle(mm, process, index) & MI_WSLE_LOCKS;
}

/* The entry's flags in mask become flags. */
static void change_entry(struct mm *mm, struct mmprocess *process, uint32_t index, wsle_word mask, wsle_word flags)
{
    wsle_word entry = mi_wsle(mm, process, index), changed = (entry & ~mask) | flags;
    process->locked_pages += is_counted_lock(changed);
    process->locked_pages -= is_counted_lock(entry) && process->locked_pages > 0;
    exchange_entry(mm, process, index, changed);
}

void mi_ws_set_locks(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, unsigned locks)
{
    uint32_t index = find_entry(mm, process, va, frame);
    if (index != WSLE_NONE)
        change_entry(mm, process, index, MI_WSLE_LOCKS, locks);
}

void mi_ws_set_protection(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, unsigned protection)
{
    uint32_t index = find_entry(mm, process, va, frame);
    if (index != WSLE_NONE)
        change_entry(mm, process, index, (wsle_word)31 << MI_WSLE_PROTECTION_SHIFT,
                     (wsle_word)protection << MI_WSLE_PROTECTION_SHIFT);
}
