/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.h - a page-table word taken apart, put together and shown: for printing, inspection and tests.
 *
 * One instance for each format, and functions that take the format at run time. */
#ifndef SOFTFAULT_MMU_VIEW_H
#define SOFTFAULT_MMU_VIEW_H

#include "mmu/pte.h"

enum {
    PTE_FLAGS_TEXT_SIZE = 16, /* room for pte_flags_text */
};

/* Everything in a word.
 * => fields that its kind does not have are zero; a large page is a VALID word with bit 7. */
typedef struct pte_view pte_decode_fn(mmpte_t pte, enum pte_home home);
pte_decode_fn pte_decode_x86, pte_decode_pae, pte_decode_x64;
struct pte_view pte_decode_format(enum paging_format format, mmpte_t pte, enum pte_home home);

/* The word of a view.  Only fields that the view's kind has are looked at.
 * => encode(decode(w)) is w without the bits that its kind leaves unused. */
typedef mmpte_t pte_encode_fn(const struct pte_view *view);
pte_encode_fn pte_encode_x86, pte_encode_pae, pte_encode_x64;
mmpte_t pte_encode_format(const struct pte_view *view);

/* The bits that the layout of a kind leaves unused or reserved.  VALID: of a 4 KB page or page table. */
typedef uint64_t pte_unused_bits_fn(enum pte_kind kind);
pte_unused_bits_fn pte_unused_bits_x86, pte_unused_bits_pae, pte_unused_bits_x64;
uint64_t pte_unused_bits_format(enum paging_format format, enum pte_kind kind);

/* The flags of a VALID word as the debugger's !pte shows them, a letter or '-' for each of CGLDANTUWEV: copy-on-write,
 * global, large, dirty, accessed, cache disabled (N), write through (T), user or kernel (U/K), writable by the
 * hardware or read-only (W/R), executable, valid.  Another word gives "not valid".
 * => returns buf. */
typedef char *pte_flags_text_fn(mmpte_t pte, char buf[static PTE_FLAGS_TEXT_SIZE]);
pte_flags_text_fn pte_flags_text_x86, pte_flags_text_pae, pte_flags_text_x64;
char *pte_flags_text_format(enum paging_format format, mmpte_t pte, char buf[static PTE_FLAGS_TEXT_SIZE]);

/* "transition", "demand zero", ... */
const char *pte_kind_name(enum pte_kind kind);

#endif
