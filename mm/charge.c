/* SPDX-License-Identifier: GPL-2.0-or-later */
/* charge.c - commit charge and limit, and what protections mean.
 *
 * Committed pages are promised a place: in RAM or in a page file.  mm_check() re-derives both counts
 * (nt-reference section 8, "Commit"). */
#include <assert.h>

#include "mm/mi.h"

static bool has_room(const struct mm *mm, uint64_t pages)
{
    uint64_t limit = pagefile_commit_limit(mm);
    if (pages == 0) /* even where tables and lists, which must be had, went beyond the limit */
        return true;
    return pages <= limit && mm->committed <= limit - pages;
}

static bool env_allows(const struct mm *mm, const struct mmprocess *process, uint64_t pages)
{
    const struct mm_env *env = mm->config.env;
    if (pages == 0 || !env->may_commit)
        return true;
    return env->may_commit(env->context, process ? arena_ref_of(mm->arena, process) : 0, pages);
}

bool mi_charge_commit(struct mm *mm, struct mmprocess *process, uint64_t pages, enum mi_charge how)
{
    if (how == MI_MAY_FAIL && !has_room(mm, pages)) {
        mm->commit_refused = pages;
        return false;
    }
    if (how == MI_MAY_FAIL && !env_allows(mm, process, pages))
        return false;
    mm->committed += pages;
    if (mm->committed > mm->peak_commit)
        mm->peak_commit = mm->committed;
    if (!process) {
        mm->system_commit += pages;
        return true;
    }
    process->commit += pages;
    if (process->commit > process->peak_commit)
        process->peak_commit = process->commit;
    return true;
}

void mi_return_commit(struct mm *mm, struct mmprocess *process, uint64_t pages)
{
    uint64_t *owner = process ? &process->commit : &mm->system_commit;
    assert(mm->committed >= pages && *owner >= pages);
    mm->committed -= pages;
    *owner -= pages;
}

void mi_charge_virtual(struct mmprocess *process, uint64_t pages)
{
    process->virtual_size += pages;
    if (process->virtual_size > process->peak_virtual_size)
        process->peak_virtual_size = process->virtual_size;
}

void mi_return_virtual(struct mmprocess *process, uint64_t pages)
{
    assert(process->virtual_size >= pages);
    process->virtual_size -= pages;
}

unsigned mi_private_protection(unsigned protection)
{
    unsigned modifier = protection & MM_PROTECT_MODIFIER_MASK;
    switch (protection & MM_PROTECT_ACCESS_MASK) {
    case MM_WRITECOPY: return modifier | MM_READWRITE;
    case MM_EXECUTE_WRITECOPY: return modifier | MM_EXECUTE_READWRITE;
    default: return protection;
    }
}

/* What a view may have of a section (nt-reference 5.8), as sets of MM_* access values. */
#define MAY(protection) (1u << (protection))
static const unsigned compatible[8] = {
    [MM_READONLY] = MAY(MM_READONLY) | MAY(MM_WRITECOPY),
    [MM_EXECUTE] = MAY(MM_EXECUTE),
    [MM_EXECUTE_READ] = MAY(MM_READONLY) | MAY(MM_WRITECOPY) | MAY(MM_EXECUTE) | MAY(MM_EXECUTE_READ),
    [MM_READWRITE] = MAY(MM_READONLY) | MAY(MM_WRITECOPY) | MAY(MM_READWRITE),
    [MM_WRITECOPY] = MAY(MM_READONLY) | MAY(MM_WRITECOPY),
    [MM_EXECUTE_READWRITE] = 0xFE,
    [MM_EXECUTE_WRITECOPY] = 0xFE & ~(MAY(MM_READWRITE) | MAY(MM_EXECUTE_READWRITE)),
};

bool mi_is_compatible(unsigned limit, unsigned protection)
{
    unsigned access = protection & MM_PROTECT_ACCESS_MASK;
    return access == MM_ZERO_ACCESS || (compatible[limit & MM_PROTECT_ACCESS_MASK] & MAY(access)) != 0;
}

/* One value of the low or of the high nibble, and modifiers that go together (nt-reference 1.6). */
bool mm_protection_from_page(uint32_t page, unsigned *ret_protection)
{
    static const struct {
        uint32_t page;
        unsigned protection;
    } map[] = {
        {PAGE_NOACCESS, MM_NOACCESS},
        {PAGE_READONLY, MM_READONLY},
        {PAGE_READWRITE, MM_READWRITE},
        {PAGE_WRITECOPY, MM_WRITECOPY},
        {PAGE_EXECUTE, MM_EXECUTE},
        {PAGE_EXECUTE_READ, MM_EXECUTE_READ},
        {PAGE_EXECUTE_READWRITE, MM_EXECUTE_READWRITE},
        {PAGE_EXECUTE_WRITECOPY, MM_EXECUTE_WRITECOPY},
    };
    uint32_t modifier = page & (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE);

    if (modifier & (modifier - 1)) /* no two of them */
        return false;
    for (unsigned i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (map[i].page != (page & ~modifier))
            continue;
        if (modifier && map[i].page == PAGE_NOACCESS)
            return false;
        *ret_protection = map[i].protection | (modifier == PAGE_GUARD          ? MM_GUARDPAGE
                                               : modifier == PAGE_NOCACHE      ? MM_NOCACHE
                                               : modifier == PAGE_WRITECOMBINE ? MM_WRITECOMBINE
                                                                               : 0u);
        return true;
    }
    return false;
}

uint32_t mm_page_from_protection(unsigned protection)
{
    static const uint32_t access[8] = {
        PAGE_NOACCESS,  PAGE_READONLY,  PAGE_EXECUTE,           PAGE_EXECUTE_READ,
        PAGE_READWRITE, PAGE_WRITECOPY, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY,
    };
    static const uint32_t modifier[4] = {0, PAGE_NOCACHE, PAGE_GUARD, PAGE_WRITECOMBINE};

    if ((protection & MM_PROTECT_ACCESS_MASK) == MM_ZERO_ACCESS)
        return PAGE_NOACCESS; /* MM_NOACCESS, MM_DECOMMIT, nothing */
    return access[protection & MM_PROTECT_ACCESS_MASK] | modifier[(protection & MM_PROTECT_MODIFIER_MASK) >> 3];
}
