/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view_format.c - views of a format that is known only at run time. */
#include <assert.h>

#include "mmu/view.h"

struct view_functions {
    pte_decode_fn *decode;
    pte_encode_fn *encode;
    pte_unused_bits_fn *unused_bits;
    pte_flags_text_fn *flags_text;
};

static const struct view_functions *functions_of(enum paging_format format)
{
    static const struct view_functions functions[PAGING_FORMAT_COUNT] = {
        [PAGING_X86] = {pte_decode_x86, pte_encode_x86, pte_unused_bits_x86, pte_flags_text_x86},
        [PAGING_PAE] = {pte_decode_pae, pte_encode_pae, pte_unused_bits_pae, pte_flags_text_pae},
        [PAGING_X64] = {pte_decode_x64, pte_encode_x64, pte_unused_bits_x64, pte_flags_text_x64},
    };
    assert(format < PAGING_FORMAT_COUNT);
    return &functions[format];
}

struct pte_view pte_decode_format(enum paging_format format, mmpte_t pte, enum pte_home home)
{
    return functions_of(format)->decode(pte, home);
}

mmpte_t pte_encode_format(const struct pte_view *view)
{
    return functions_of(view->format)->encode(view);
}

uint64_t pte_unused_bits_format(enum paging_format format, enum pte_kind kind)
{
    return functions_of(format)->unused_bits(kind);
}

char *pte_flags_text_format(enum paging_format format, mmpte_t pte, char buf[static PTE_FLAGS_TEXT_SIZE])
{
    return functions_of(format)->flags_text(pte, buf);
}

const char *pte_kind_name(enum pte_kind kind)
{
    switch (kind) {
    case PTE_KIND_EMPTY: return "empty";
    case PTE_KIND_VALID: return "valid";
    case PTE_KIND_TRANSITION: return "transition";
    case PTE_KIND_PROTOTYPE: return "prototype";
    case PTE_KIND_LOOKUP: return "lookup";
    case PTE_KIND_SUBSECTION: return "subsection";
    case PTE_KIND_PAGED_OUT: return "paged out";
    case PTE_KIND_DEMAND_ZERO: return "demand zero";
    case PTE_KIND_DECOMMITTED: return "decommitted";
    case PTE_KIND_COUNT: break;
    }
    return "?";
}
