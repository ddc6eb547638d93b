/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.c - words as struct pte_view and as text, compiled once for each paging format (pte_format.h).
 *
 * encode packs fields without the makers of pte_make.h, because a view may come from a word that no maker would
 * make. */
#include <string.h>

#include "mmu/pte_format.h"
#include "mmu/view.h"

/* Bits 1 to 4, alike in VALID and TRANSITION. */
static void decode_hardware_low(struct pte_view *view, mmpte_t pte)
{
    view->writable = pte_is_writable(pte);
    view->owner_user = pte_is_user(pte);
    view->write_through = pte_is_write_through(pte);
    view->cache_disable = pte_is_cache_disabled(pte);
}

static void decode_valid(struct pte_view *view, mmpte_t pte)
{
    decode_hardware_low(view, pte);
    view->accessed = pte_is_accessed(pte);
    view->dirty = pte_is_dirty(pte);
    view->large_page = pte_is_large(pte);
    view->global = pte_is_global(pte);
    view->copy_on_write = pte_is_copy_on_write(pte);
    view->prototype_bit = pte.raw & PTE_PROTOTYPE;
    view->write = pte_is_write(pte);
    view->no_execute = pte_is_no_execute(pte);
    view->ws_index = pte_ws_index(pte);
    view->pat = view->large_page && (pte.raw & PTE_LARGE_PAT);
    view->frame = view->large_page ? pte_large_pfn(pte).index : pte_pfn(pte).index;
}

struct pte_view PTE_NAME(pte_decode)(mmpte_t pte, enum pte_home home)
{
    struct pte_view view = {.format = PTE_FORMAT_ID, .home = home, .kind = pte_kind(pte, home)};
    view.protection = pte_protection_at(pte, home);

    switch (view.kind) {
    case PTE_KIND_VALID: decode_valid(&view, pte); break;
    case PTE_KIND_TRANSITION:
        decode_hardware_low(&view, pte);
        view.frame = pte_pfn(pte).index;
        break;
    case PTE_KIND_PROTOTYPE:
        view.address = pte_prototype_va(pte);
        view.read_only = pte_prototype_is_read_only(pte);
        view.protection = pte_prototype_protection(pte);
        break;
    case PTE_KIND_SUBSECTION: view.address = pte_subsection_va(pte); break;
    case PTE_KIND_PAGED_OUT:
        view.pagefile = pte_pagefile_number(pte);
        view.pagefile_offset = pte_pagefile_offset(pte);
        view.used_entries = pte_used_entries(pte);
        break;
    case PTE_KIND_DEMAND_ZERO: view.used_entries = pte_used_entries(pte); break;
    case PTE_KIND_EMPTY:
    case PTE_KIND_LOOKUP:
    case PTE_KIND_DECOMMITTED:
    case PTE_KIND_COUNT: break;
    }
    return view;
}

static uint64_t encode_hardware_low(const struct pte_view *view)
{
    return (view->writable ? PTE_WRITABLE : 0) | (view->owner_user ? PTE_OWNER : 0) |
           (view->write_through ? PTE_WRITE_THROUGH : 0) | (view->cache_disable ? PTE_CACHE_DISABLE : 0);
}

static uint64_t encode_frame(const struct pte_view *view)
{
    return view->frame << MMU_PAGE_SHIFT & (view->large_page ? PTE_LARGE_MASK : PTE_PFN_MASK);
}

static uint64_t encode_valid(const struct pte_view *view)
{
    uint64_t raw = PTE_VALID | encode_hardware_low(view) | encode_frame(view);
    raw |= view->accessed ? PTE_ACCESSED : 0;
    raw |= view->dirty ? PTE_DIRTY : 0;
    raw |= view->large_page ? PTE_LARGE : 0;
    raw |= view->large_page && view->pat ? PTE_LARGE_PAT : 0;
    raw |= view->global ? PTE_GLOBAL : 0;
    raw |= view->copy_on_write ? PTE_COPY_ON_WRITE : 0;
    raw |= view->prototype_bit ? PTE_PROTOTYPE : 0;
    raw |= view->write ? PTE_WRITE : 0;
    raw |= view->no_execute ? PTE_NO_EXECUTE : 0;
    return pte_set_ws_index((mmpte_t){raw}, view->ws_index).raw;
}

static uint64_t encode_prototype(const struct pte_view *view)
{
    uint64_t protection = (uint64_t)view->protection << PTE_PROTO_PROTECTION_SHIFT & PTE_PROTO_PROTECTION_MASK;
    return PTE_PROTOTYPE | pte_pack_prototype(view->address) | (view->read_only ? PTE_PROTO_READ_ONLY : 0) | protection;
}

mmpte_t PTE_NAME(pte_encode)(const struct pte_view *view)
{
    uint64_t protection = (uint64_t)view->protection << PTE_PROTECTION_SHIFT & PTE_PROTECTION_MASK;
    uint64_t used = (uint64_t)view->used_entries << PTE_USED_ENTRIES_SHIFT & PTE_USED_ENTRIES_MASK;
    uint64_t file = (uint64_t)view->pagefile << PTE_PAGEFILE_LOW_SHIFT & PTE_PAGEFILE_LOW_MASK;
    uint64_t offset = (uint64_t)view->pagefile_offset << PTE_PAGEFILE_SHIFT & PTE_PAGEFILE_HIGH_MASK;

    switch (view->kind) {
    case PTE_KIND_VALID: return (mmpte_t){encode_valid(view)};
    case PTE_KIND_TRANSITION:
        return (mmpte_t){PTE_TRANSITION | protection | encode_hardware_low(view) | encode_frame(view)};
    case PTE_KIND_PROTOTYPE: return (mmpte_t){encode_prototype(view)};
    case PTE_KIND_LOOKUP: return (mmpte_t){PTE_PAGEFILE_HIGH_MASK | PTE_PROTOTYPE | protection};
    case PTE_KIND_SUBSECTION: return (mmpte_t){pte_pack_subsection(view->address) | PTE_PROTOTYPE | protection};
    case PTE_KIND_PAGED_OUT: return (mmpte_t){offset | used | protection | file};
    case PTE_KIND_DEMAND_ZERO: return (mmpte_t){used | protection};
    case PTE_KIND_DECOMMITTED: return pte_make_decommitted();
    case PTE_KIND_EMPTY:
    case PTE_KIND_COUNT: break;
    }
    return (mmpte_t){0};
}

uint64_t PTE_NAME(pte_unused_bits)(enum pte_kind kind)
{
    switch (kind) {
    case PTE_KIND_VALID: return PTE_UNUSED_VALID;
    case PTE_KIND_TRANSITION: return PTE_UNUSED_TRANSITION;
    case PTE_KIND_PROTOTYPE: return PTE_UNUSED_PROTOTYPE;
    case PTE_KIND_LOOKUP: return PTE_UNUSED_LOOKUP;
    case PTE_KIND_SUBSECTION: return PTE_UNUSED_SUBSECTION;
    case PTE_KIND_PAGED_OUT: return PTE_UNUSED_PAGED_OUT;
    case PTE_KIND_DEMAND_ZERO: return PTE_UNUSED_DEMAND_ZERO;
    case PTE_KIND_EMPTY:
    case PTE_KIND_DECOMMITTED:
    case PTE_KIND_COUNT: break;
    }
    return 0;
}

char *PTE_NAME(pte_flags_text)(mmpte_t pte, char buf[static PTE_FLAGS_TEXT_SIZE])
{
    static const struct {
        uint64_t bit;
        char set, clear;
    } letters[] = {
        {PTE_COPY_ON_WRITE, 'C', '-'}, {PTE_GLOBAL, 'G', '-'},   {PTE_LARGE, 'L', '-'},
        {PTE_DIRTY, 'D', '-'},         {PTE_ACCESSED, 'A', '-'}, {PTE_CACHE_DISABLE, 'N', '-'},
        {PTE_WRITE_THROUGH, 'T', '-'}, {PTE_OWNER, 'U', 'K'},    {PTE_WRITABLE, 'W', 'R'},
        {PTE_NO_EXECUTE, '-', 'E'},    {PTE_VALID, 'V', '-'},
    };
    enum { N_LETTERS = sizeof letters / sizeof *letters };

    if (!pte_is_valid(pte)) {
        memcpy(buf, "not valid", sizeof "not valid");
        return buf;
    }
    for (unsigned i = 0; i < N_LETTERS; i++)
        buf[i] = pte.raw & letters[i].bit ? letters[i].set : letters[i].clear;
    buf[N_LETTERS] = '\0';
    return buf;
}
