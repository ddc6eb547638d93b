/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk.c - the walk, compiled once for each paging format (pte_format.h).
 *
 * Down the tables first, noting what the entries have in common; then one check of the rights; then A and D.
 * The order of outcomes is the CPU's: an entry that is not present, or that names no frame, ends the walk where it is
 * met; rights are judged only when there is a whole translation.  They come from all levels together: user access
 * and writing need their bit in every entry, execution needs NX in none.
 *
 * Assumed of the CPU: CR0.WP, CR4.PSE and EFER.NXE are set; no 1 GB pages; CR4.SMEP and SMAP are clear.
 * PAE: the pointer table is read at every walk (a CPU reads it when CR3 is loaded), and of its entries only Valid and
 * the frame count.
 *
 * A table may be met at more than one level (the self-map); so A and D are set in what RAM holds then, not in what
 * was read on the way down. */
#include "mmu/walk.h"
#include "mmu/pte_format.h"

enum { LARGE_LEVEL = 2, LARGE_FRAMES = LARGE_PAGE_SIZE / MMU_PAGE_SIZE };

/* The way down, as far as it went. */
struct path {
    unsigned level;  /* of the last entry read */
    uint32_t table;  /* the frame that holds it */
    mmpte_t pte;     /* the last entry */
    uint64_t frame;  /* the page, if the way was whole */
    uint64_t in_all; /* bits that every entry with rights has */
    uint64_t in_any; /* bits that some entry with rights has */
};

static inline uint8_t *slot_of(const struct mmu_ram *ram, uint64_t table, va_t va, unsigned level)
{
    return ram->base + table * MMU_PAGE_SIZE + pte_index(va, level) * PTE_SIZE;
}

/* The frame that the hardware takes an entry to name: reserved bits count, so that they make it one that no RAM
 * has. */
static inline uint64_t entry_frame(mmpte_t pte)
{
    return (pte.raw & PTE_FRAME_MASK) >> MMU_PAGE_SHIFT;
}

/* The same for a large page, at va. */
static inline uint64_t large_frame(mmpte_t pte, va_t va)
{
    if (pte.raw & PTE_UNUSED_LARGE)
        return UINT64_MAX;
    return pte_large_pfn(pte).index + (va / MMU_PAGE_SIZE & (LARGE_FRAMES - 1));
}

/* Follow va from the root to its page.
 * => MMU_OK: the way is whole, rights not considered; otherwise the last step tells where it ends. */
static inline enum mmu_outcome descend(const struct mmu_ram *ram, pfn_t root, va_t va, struct path *path)
{
    uint64_t frame = root.index;
    *path = (struct path){.level = PTE_LEVELS, .in_all = UINT64_MAX};
    path->table = root.index;
    if (frame >= ram->frame_count)
        return MMU_BAD_FRAME;

#pragma GCC unroll 4
    for (unsigned level = PTE_LEVELS; level >= 1; level--) {
        mmpte_t pte = pte_load(slot_of(ram, frame, va, level));
        path->level = level;
        path->table = (uint32_t)frame;
        path->pte = pte;
        if (!pte_is_valid(pte))
            return MMU_NOT_PRESENT;
        if (level <= PTE_RIGHTS_LEVELS) {
            path->in_all &= pte.raw;
            path->in_any |= pte.raw;
            if (level > LARGE_LEVEL && pte_is_large(pte)) /* reserved there */
                return MMU_BAD_FRAME;
        }
        bool large = level == LARGE_LEVEL && pte_is_large(pte);
        path->frame = frame = large ? large_frame(pte, va) : entry_frame(pte);
        if (frame >= ram->frame_count)
            return MMU_BAD_FRAME;
        if (large)
            break;
    }
    return MMU_OK;
}

/* Do all levels together allow the access? */
static inline enum mmu_outcome check_rights(const struct path *path, enum mmu_access access, enum mmu_mode mode)
{
    if (mode == MMU_USER && !(path->in_all & PTE_OWNER))
        return MMU_SUPERVISOR;
    if (access == MMU_WRITE && !(path->in_all & PTE_WRITABLE))
        return MMU_WRITE_PROTECTED;
    if (access == MMU_EXECUTE && (path->in_any & PTE_NO_EXECUTE))
        return MMU_NO_EXECUTE;
    return MMU_OK;
}

/* Set bits in an entry on the way, in RAM, if they are not set yet; returns the entry. */
static inline mmpte_t set_bits(const struct mmu_ram *ram, va_t va, uint32_t table, unsigned level, uint64_t bits)
{
    uint8_t *slot = slot_of(ram, table, va, level);
    mmpte_t pte = pte_load(slot);
    if ((pte.raw & bits) != bits) {
        pte.raw |= bits;
        pte_store(slot, pte);
        ram->stamp[table] = ram->epoch;
    }
    return pte;
}

/* The walk succeeded at leaf_level, and some bit is not set yet: down again, setting them; returns the leaf.
 * Out of line, by value: the usual walk, which has nothing to set, stays in registers. */
static __attribute__((noinline)) mmpte_t set_used(const struct mmu_ram *ram, pfn_t root, va_t va, uint64_t leaf_bits,
                                                  unsigned leaf_level)
{
    uint64_t frame = root.index;
    mmpte_t pte = {0};
    for (unsigned level = PTE_LEVELS; level >= leaf_level; level--) {
        uint64_t bits = level == leaf_level ? leaf_bits : level <= PTE_RIGHTS_LEVELS ? PTE_ACCESSED : 0;
        pte = set_bits(ram, va, (uint32_t)frame, level, bits);
        frame = entry_frame(pte);
    }
    return pte;
}

/* Accessed in every entry used, Dirty in the leaf of a write. */
static inline void mark_used(const struct mmu_ram *ram, pfn_t root, va_t va, enum mmu_access access, struct path *path)
{
    uint64_t leaf_bits = access == MMU_WRITE ? PTE_ACCESSED | PTE_DIRTY : PTE_ACCESSED;
    if (!(path->in_all & PTE_ACCESSED) || (path->pte.raw & leaf_bits) != leaf_bits)
        path->pte = set_used(ram, root, va, leaf_bits, path->level);
}

static const unsigned rights_for[] = {
    [MMU_READ] = MMU_RIGHT_READ,
    [MMU_WRITE] = MMU_RIGHT_READ | MMU_RIGHT_WRITE,
    [MMU_EXECUTE] = MMU_RIGHT_READ | MMU_RIGHT_EXECUTE,
};

enum marks {
    MARKS_USED, /* Accessed and Dirty are set: the CPU uses the entries */
    MARKS_NOTHING,
};

static inline struct mmu_result walk(const struct mmu_ram *ram, pfn_t root, va_t va, enum mmu_access access,
                                     enum mmu_mode mode, enum marks marks)
{
    struct mmu_result result = {.outcome = MMU_NON_CANONICAL, .level = PTE_LEVELS, .table = root};
    struct path path;

    if (!pte_is_canonical(va))
        return result;
    result.outcome = descend(ram, root, va, &path);
    if (result.outcome == MMU_OK)
        result.outcome = check_rights(&path, access, mode);
    if (result.outcome == MMU_OK) {
        if (marks == MARKS_USED)
            mark_used(ram, root, va, access, &path);
        result.rights = rights_for[access];
        result.frame.index = (uint32_t)path.frame;
    }
    result.level = path.level;
    result.table.index = path.table;
    result.pte = path.pte;
    result.in_all = path.in_all;
    result.in_any = path.in_any;
    return result;
}

struct mmu_result PTE_NAME(mmu_walk)(const struct mmu_ram *ram, pfn_t root, va_t va, enum mmu_access access,
                                     enum mmu_mode mode)
{
    return walk(ram, root, va, access, mode, MARKS_USED);
}

struct mmu_result PTE_NAME(mmu_look)(const struct mmu_ram *ram, pfn_t root, va_t va, enum mmu_access access,
                                     enum mmu_mode mode)
{
    return walk(ram, root, va, access, mode, MARKS_NOTHING);
}

void PTE_NAME(mmu_walk_end)(const struct mmu_ram *ram, pfn_t root, va_t va, enum mmu_access access, enum mmu_mode mode,
                            struct mmu_result *result)
{
    struct path path = {
        .level = 1, .table = result->table.index, .pte = pte_load(slot_of(ram, result->table.index, va, 1))};

    result->pte = path.pte;
    if (!pte_is_valid(path.pte))
        return;
    path.in_all = result->in_all & path.pte.raw;
    path.in_any = result->in_any | path.pte.raw;
    path.frame = entry_frame(path.pte);
    result->outcome = path.frame < ram->frame_count ? check_rights(&path, access, mode) : MMU_BAD_FRAME;
    if (result->outcome != MMU_OK)
        return;
    mark_used(ram, root, va, access, &path);
    result->pte = path.pte;
    result->rights = rights_for[access];
    result->frame.index = (uint32_t)path.frame;
}
