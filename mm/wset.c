/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wset.c - working-set lists: an entry for each valid page of a process, in its hyperspace; and for each page of the
 * system that can leave memory, in system space (nt-reference 7.1).
 *
 * MMWSL and its entries live in guest RAM, at NT's address in hyperspace and with the offsets of Server 2003 SP1:
 *
 *   +0 FirstFree  +4 FirstDynamic  +8 LastEntry  +C NextSlot  +10 Wsle  then LastInitialized, NonDirectCount
 *   entry: Valid 0, LockedInWs 1, LockedInMemory 2, Protection 3-7, Hashed 8, Direct 9, Age 10-11, VPN 12-
 *
 * A free entry has Valid=0 and the index of the next free one in its upper bits.  "Direct" means that the frame's PFN
 * record knows the index; another process's entry for a shared frame is found by a hint, which may be
 * wrong, else by a scan (NT: a hash table).
 *
 * A kernel-mode guest can write here.  What must hold for the host is therefore not read back: how many entries there
 * are, and where the list's pages are (struct mmprocess).  Indices from guest RAM are checked before they are used; a
 * free list that leads astray is made anew from the entries' Valid bits, and where none is free the page goes
 * unrecorded: mm_check() will say so, and nothing else suffers. */
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
    WSL_PAGES_FIRST = 8, /* remembered in an array that doubles */
    WSL_PAGES_MAX = ARENA_LARGEST / sizeof(uint32_t),
    WS_HINTS_FIRST = 256,
    WS_HINTS_MAX = ARENA_LARGEST / sizeof(uint32_t),
};

/* End of the free list; room_for_page() keeps indices below it. */
#define WSLE_NONE (PTE_FORMAT == 2 ? UINT32_MAX : 0xFFFFFu)

/* Where the list's bytes are.  => the entry exists, or the offset is in the header. */
static inline struct mi_slot wsl_page(const struct mm *mm, const struct mmprocess *process, uint32_t offset)
{
    uint32_t page = offset >> MMU_PAGE_SHIFT;

    if (page == 0)
        return (struct mi_slot){process->working_set_page, offset};
    const uint32_t *frame = arena_at(mm->arena, process->ws_pages);
    return (struct mi_slot){{frame[page - 1]}, offset & MMU_PAGE_MASK};
}

static inline uint32_t get(const uint8_t *header, unsigned field)
{
    uint32_t value;
    memcpy(&value, header + field, sizeof value);
    return value;
}

static inline void put(uint8_t *header, unsigned field, uint32_t value)
{
    memcpy(header + field, &value, sizeof value);
}

static uint32_t read_field(const struct mm *mm, const struct mmprocess *process, unsigned field)
{
    return get(mi_frame_read(mm, process->working_set_page), field);
}

static void write_field(struct mm *mm, struct mmprocess *process, unsigned field, uint32_t value)
{
    put(mi_frame_write(mm, process->working_set_page), field, value);
}

static inline uint32_t entry_offset(uint32_t index)
{
    return WSL_HEADER + index * WSLE_SIZE;
}

wsle_word mi_wsle(const struct mm *mm, const struct mmprocess *process, uint32_t index)
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

/* Entries [first, first+count) are new: free, lowest first. */
static void add_entries(struct mm *mm, struct mmprocess *process, uint32_t first, uint32_t count)
{
    wsle_word next = read_field(mm, process, WSL_FIRST_FREE);

    process->ws_entries = first + count;
    process->ws_free += count;
    for (uint32_t i = first + count; i-- > first;) {
        exchange_entry(mm, process, i, next << WSLE_SHIFT);
        next = i;
    }
    write_field(mm, process, WSL_FIRST_FREE, first);
    write_field(mm, process, WSL_LAST_INITIALIZED, first + count - 1);
}

static va_t list_base(const struct mm *mm, const struct mmprocess *process)
{
    return mi_is_system(mm, process) ? MI_SYSTEM_WSL_BASE : MI_WSL_BASE;
}

void mi_ws_init(struct mm *mm, struct mmprocess *process)
{
    va_t entries = list_base(mm, process) + WSL_HEADER;
    struct mi_slot at = wsl_page(mm, process, WSL_WSLE);

    memcpy(mm_frame_write(mm, at.table) + at.offset, &entries, WSLE_SIZE);
    write_field(mm, process, WSL_FIRST_FREE, WSLE_NONE);
    add_entries(mm, process, 0, (MMU_PAGE_SIZE - WSL_HEADER) / WSLE_SIZE);
}

void mi_ws_fix_first(struct mm *mm, struct mmprocess *process)
{
    write_field(mm, process, WSL_FIRST_DYNAMIC, process->ws_size);
    write_field(mm, process, WSL_NEXT_SLOT, process->ws_size);
}

static void free_pages(struct mm *mm, struct mmprocess *process)
{
    if (process->ws_pages)
        arena_free(mm->arena, process->ws_pages, process->ws_page_room * (uint32_t)sizeof(uint32_t));
    process->ws_pages = 0;
}

/* Room to remember one more page of the list. => false: the arena is full, or the list as long as it can be. */
static bool room_for_page(struct mm *mm, struct mmprocess *process)
{
    uint32_t room = process->ws_page_room ? 2 * process->ws_page_room : WSL_PAGES_FIRST;

    if (process->ws_page_count < process->ws_page_room)
        return true;
    if (room > WSL_PAGES_MAX)
        return false;
    arena_ref pages = arena_alloc(mm->arena, room * (uint32_t)sizeof(uint32_t));
    if (!pages)
        return false;
    if (process->ws_pages)
        memcpy(arena_at(mm->arena, pages), arena_at(mm->arena, process->ws_pages),
               process->ws_page_count * sizeof(uint32_t));
    free_pages(mm, process);
    process->ws_pages = pages;
    process->ws_page_room = room;
    return true;
}

/* One more page of entries.  It has an entry of its own, locked, among the new ones. */
ntstatus_t mi_ws_grow(struct mm *mm, struct mmprocess *process)
{
    va_t va = list_base(mm, process) + (va_t)(process->ws_page_count + 1) * MMU_PAGE_SIZE;
    bool system = mi_is_system(mm, process);
    struct mi_slot slot;
    pfn_t frame;

    if (!(system ? va < MI_SYSTEM_WSL_END : mi_is_process_owned(va)) || !room_for_page(mm, process) ||
        mi_make_page_table(mm, process, va) != STATUS_SUCCESS || !mi_peek_slot(mm, process->root, va, 1, &slot) ||
        !mi_take_frame(mm, MI_ZEROED, &frame))
        return STATUS_NO_MEMORY;
    mi_charge_commit(mm, system ? NULL : process, 1, MI_MUST);
    mi_claim_frame(mm, frame, pte_address(va), slot.table, pte_make_demand_zero(MM_READWRITE), PFN_MODIFIED_BIT);
    mi_write_pte(mm, slot, pte_set_dirty(pte_make_valid(frame, MM_READWRITE, PTE_SUPERVISOR, PTE_NX_OFF)));
    ((uint32_t *)arena_at(mm->arena, process->ws_pages))[process->ws_page_count++] = frame.index;
    add_entries(mm, process, process->ws_entries, MMU_PAGE_SIZE / WSLE_SIZE);
    mi_ws_insert(mm, process, va, frame, MI_WSLE_LOCKED);
    return STATUS_SUCCESS;
}

/* The free list, from the Valid bits; the counts with it. */
static void relink(struct mm *mm, struct mmprocess *process)
{
    wsle_word next = WSLE_NONE;

    process->ws_free = 0;
    for (uint32_t i = process->ws_entries; i-- > 0;) {
        if (mi_wsle(mm, process, i) & WSLE_VALID)
            continue;
        exchange_entry(mm, process, i, next << WSLE_SHIFT);
        next = i;
        process->ws_free++;
    }
    process->ws_size = process->ws_entries - process->ws_free;
    write_field(mm, process, WSL_FIRST_FREE, (uint32_t)next);
}

/* The first free entry, and where it is. => NULL: none is free.  The list is made anew where somebody wrote over it. */
static inline uint8_t *first_free(struct mm *mm, struct mmprocess *process, uint32_t *ret_index, wsle_word *ret_entry)
{
    for (unsigned round = 0; round < 2; round++) {
        uint32_t index = read_field(mm, process, WSL_FIRST_FREE);
        if (__builtin_expect(index < process->ws_entries, 1)) {
            struct mi_slot at = wsl_page(mm, process, entry_offset(index));
            uint8_t *place = mi_frame_write(mm, at.table) + at.offset;
            memcpy(ret_entry, place, sizeof *ret_entry);
            *ret_index = index;
            if (__builtin_expect(!(*ret_entry & WSLE_VALID), 1))
                return place;
        }
        relink(mm, process);
    }
    return NULL;
}

static uint32_t *hint_of(const struct mm *mm, const struct mmprocess *process, va_t va)
{
    return (uint32_t *)arena_at(mm->arena, process->ws_hints) + (mi_vpn(va) & (process->ws_hint_room - 1));
}

static void free_hints(struct mm *mm, struct mmprocess *process)
{
    if (process->ws_hints)
        arena_free(mm->arena, process->ws_hints, process->ws_hint_room * (uint32_t)sizeof(uint32_t));
    process->ws_hints = 0;
    process->ws_hint_room = 0;
}

/* As many hints as the list has entries, or as can be; with the entries that are there.  In a full arena there are none
 * more: pages are found without, slowly. */
static void make_hints(struct mm *mm, struct mmprocess *process)
{
    uint32_t room = WS_HINTS_FIRST;

    while (room < process->ws_entries && room < WS_HINTS_MAX)
        room *= 2;
    if (room <= process->ws_hint_room)
        return;
    arena_ref hints = arena_alloc(mm->arena, room * (uint32_t)sizeof(uint32_t));
    if (!hints)
        return;
    free_hints(mm, process);
    process->ws_hints = hints;
    process->ws_hint_room = room;
    for (uint32_t i = 0; i < process->ws_entries; i++) {
        wsle_word entry = mi_wsle(mm, process, i);
        if ((entry & WSLE_VALID) && !(entry & WSLE_DIRECT))
            *hint_of(mm, process, (va_t)(entry >> WSLE_SHIFT) << MMU_PAGE_SHIFT) = i;
    }
}

/* An entry whose frame knows another one: a hint says where it is (NT: its hash table). */
static inline void insert_shared(struct mm *mm, struct mmprocess *process, uint8_t *header, va_t va, uint32_t index)
{
    put(header, WSL_NON_DIRECT_COUNT, get(header, WSL_NON_DIRECT_COUNT) + 1);
    if (__builtin_expect(process->ws_hint_room < process->ws_entries && process->ws_hint_room < WS_HINTS_MAX, 0))
        make_hints(mm, process);
    if (process->ws_hints)
        *hint_of(mm, process, va) = index;
}

void mi_ws_end(struct mm *mm, struct mmprocess *process)
{
    free_pages(mm, process);
    free_hints(mm, process);
}

static inline bool is_counted_lock(va_t va, wsle_word flags)
{
    return (flags & (MI_WSLE_LOCKED | MI_WSLE_LOCKED_MEMORY)) && va < MI_SYSTEM_START;
}

void mi_ws_insert(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, unsigned flags)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    bool direct = pfn->ws_index == 0;
    wsle_word entry = (wsle_word)(mi_vpn(va) << WSLE_SHIFT) | (direct ? WSLE_DIRECT : 0u) | flags | WSLE_VALID, before;
    uint32_t index;
    uint8_t *place = first_free(mm, process, &index, &before);
    uint8_t *header = mi_frame_write(mm, process->working_set_page);

    if (!place)
        return;
    memcpy(place, &entry, sizeof entry);
    put(header, WSL_FIRST_FREE, (uint32_t)(before >> WSLE_SHIFT));
    if (direct)
        pfn->ws_index = index;
    else
        insert_shared(mm, process, header, va, index);
    if (index > get(header, WSL_LAST_ENTRY))
        put(header, WSL_LAST_ENTRY, index);
    process->newest[process->newest_at++ % MI_NEWEST] = (struct mi_newest){mi_vpn(va), ++mm->insertions};
    process->locked_pages += is_counted_lock(va, flags);
    process->ws_free--;
    if (++process->ws_size > process->ws_peak)
        process->ws_peak = process->ws_size;
}

static inline bool names(const struct mm *mm, const struct mmprocess *process, uint32_t index, va_t va)
{
    wsle_word entry = mi_wsle(mm, process, index);
    return (entry & WSLE_VALID) && entry >> WSLE_SHIFT == (wsle_word)(mi_vpn(va) << WSLE_SHIFT) >> WSLE_SHIFT;
}

/* The entry of a valid page.  Direct in all but a shared frame that another process met first.
 * => WSLE_NONE only where somebody wrote over the list. */
static uint32_t find_entry(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t frame)
{
    uint32_t direct = mi_pfn(mm, frame)->ws_index;

    if (direct < process->ws_entries && names(mm, process, direct, va))
        return direct;
    if (process->ws_hints) {
        uint32_t hint = *hint_of(mm, process, va);
        if (hint < process->ws_entries && names(mm, process, hint, va))
            return hint;
    }
    uint32_t last = read_field(mm, process, WSL_LAST_ENTRY);
    for (uint32_t i = 0; i <= last && i < process->ws_entries; i++)
        if (names(mm, process, i, va))
            return i;
    return WSLE_NONE;
}

void mi_ws_remove(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame)
{
    uint32_t index = find_entry(mm, process, va, frame);
    if (index == WSLE_NONE)
        return;
    wsle_word entry =
        exchange_entry(mm, process, index, (wsle_word)read_field(mm, process, WSL_FIRST_FREE) << WSLE_SHIFT);
    if (!(entry & WSLE_DIRECT))
        write_field(mm, process, WSL_NON_DIRECT_COUNT, read_field(mm, process, WSL_NON_DIRECT_COUNT) - 1);
    else if (!pfn_is_listed(mi_pfn(mm, frame))) /* where it is, somebody wrote over its PTE */
        mi_pfn(mm, frame)->ws_index = 0;
    write_field(mm, process, WSL_FIRST_FREE, index);
    process->locked_pages -= process->locked_pages && is_counted_lock(va, entry);
    process->ws_free++;
    process->ws_size -= process->ws_size > 0;
}

unsigned mi_ws_flags(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t frame)
{
    uint32_t index = find_entry(mm, process, va, frame);
    return index == WSLE_NONE ? 0 : (unsigned)mi_wsle(mm, process, index) & MMU_PAGE_MASK;
}

void mi_ws_set_flags(struct mm *mm, struct mmprocess *process, va_t va, pfn_t frame, unsigned mask, unsigned flags)
{
    uint32_t index = find_entry(mm, process, va, frame);
    if (index == WSLE_NONE)
        return;
    wsle_word before = mi_wsle(mm, process, index), after = (before & ~(wsle_word)mask) | flags;
    exchange_entry(mm, process, index, after);
    process->locked_pages -= process->locked_pages && is_counted_lock(va, before);
    process->locked_pages += is_counted_lock(va, after);
}

uint32_t mi_ws_next_slot(const struct mm *mm, const struct mmprocess *process)
{
    uint32_t slot = read_field(mm, process, WSL_NEXT_SLOT);
    return slot < process->ws_entries ? slot : 0;
}

void mi_ws_set_next_slot(struct mm *mm, struct mmprocess *process, uint32_t index)
{
    write_field(mm, process, WSL_NEXT_SLOT, index < process->ws_entries ? index : 0);
}

void mi_ws_set_age(struct mm *mm, struct mmprocess *process, uint32_t index, unsigned age)
{
    wsle_word entry = mi_wsle(mm, process, index);
    exchange_entry(mm, process, index, (entry & ~(wsle_word)MI_WSLE_AGE) | age << MI_WSLE_AGE_SHIFT);
}
