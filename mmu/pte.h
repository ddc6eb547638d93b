/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pte.h - page-table entries as values: types, kinds and protections shared by all paging formats.
 *
 * A PTE is one typed word.  Which bit means what belongs to exactly one header for each format
 * (pte_x86.h, pte_pae.h, pte_x64.h); a source file that handles PTEs is compiled once for each format
 * and includes pte_format.h.  Nobody else shifts or masks a PTE.
 *
 * Source: nt-reference.md section 1 (S0, S1, public symbols). */
#ifndef SOFTFAULT_MMU_PTE_H
#define SOFTFAULT_MMU_PTE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MMU_PAGE_SHIFT = 12,
    MMU_PAGE_SIZE = 1 << MMU_PAGE_SHIFT,
    MMU_PAGE_MASK = MMU_PAGE_SIZE - 1,
};

/* A guest virtual address; 32-bit formats use the low half and never sign-extend. */
typedef uint64_t va_t;

/* One page-table word of any format, zero-extended. */
typedef struct {
    uint64_t raw;
} mmpte_t;

/* The number of a frame of guest RAM. */
typedef struct {
    uint32_t index;
} pfn_t;

enum paging_format {
    PAGING_X86, /* 2 levels, 4-byte entries, no NX */
    PAGING_PAE, /* 3 levels, 8-byte entries, NX */
    PAGING_X64, /* 4 levels, 8-byte entries, NX */
    PAGING_FORMAT_COUNT
};

/* Where a word stands: bit 10 means "prototype PTE pointer" in a process PTE and "subsection" in a
 * prototype PTE (nt-reference 1.4). */
enum pte_home {
    PTE_OF_PROCESS,
    PTE_OF_SEGMENT,
};

/* What a word is.  Switch on it without default: -Wswitch shows who forgot a kind. */
enum pte_kind {
    PTE_KIND_EMPTY,       /* all zero: ask the VAD */
    PTE_KIND_VALID,       /* maps a frame (or a page table; or, with the large bit, a large page) */
    PTE_KIND_TRANSITION,  /* frame still holds the page: standby, modified, or in motion */
    PTE_KIND_PROTOTYPE,   /* process PTE only: points to a prototype PTE */
    PTE_KIND_LOOKUP,      /* process PTE only: prototype PTE found through the VAD, own protection */
    PTE_KIND_SUBSECTION,  /* prototype PTE only: in the file that the subsection describes */
    PTE_KIND_PAGED_OUT,   /* in page file number, at page offset */
    PTE_KIND_DEMAND_ZERO, /* committed, never touched */
    PTE_KIND_DECOMMITTED, /* reserved page inside a committed VAD (MM_DECOMMIT alone) */
    PTE_KIND_COUNT
};

/* The 5-bit protection of software PTEs (nt-reference 1.6).  Low three bits: access; upper two: modifier. */
enum mm_protection {
    MM_ZERO_ACCESS = 0,
    MM_READONLY = 1,
    MM_EXECUTE = 2,
    MM_EXECUTE_READ = 3,
    MM_READWRITE = 4,
    MM_WRITECOPY = 5,
    MM_EXECUTE_READWRITE = 6,
    MM_EXECUTE_WRITECOPY = 7,
    MM_PROTECT_ACCESS_MASK = 7,
    MM_NOCACHE = 0x08,      /* modifier */
    MM_GUARDPAGE = 0x10,    /* modifier */
    MM_WRITECOMBINE = 0x18, /* modifier */
    MM_PROTECT_MODIFIER_MASK = 0x18,
    MM_DECOMMIT = 0x10,          /* alone: guard of nothing */
    MM_NOACCESS = 0x18,          /* alone */
    MM_OUTSWAPPED_KSTACK = 0x1f, /* in the PTEs of an out-swapped kernel stack */
    MM_PROTECTION_MASK = 0x1f,
};

enum pte_owner {
    PTE_SUPERVISOR,
    PTE_USER,
};

/* Does a valid PTE that is being made enforce no-execute?  (process options, nt-reference 6.4) */
enum pte_nx_policy {
    PTE_NX_OFF,
    PTE_NX_ON,
};

/* Everything in a word, decoded.  For printing and tests; hot code uses the accessors.
 * Fields that a kind does not have are zero. */
struct pte_view {
    enum paging_format format;
    enum pte_home home;
    enum pte_kind kind;
    uint64_t frame;           /* VALID, TRANSITION: page frame number (large: first frame) */
    unsigned protection;      /* software forms: enum mm_protection bits */
    bool writable;            /* bit 1 of VALID and TRANSITION: the hardware's write permission */
    bool owner_user;          /* bit 2 of VALID and TRANSITION */
    bool write_through;       /* bit 3 */
    bool cache_disable;       /* bit 4 */
    bool accessed;            /* bit 5 of VALID */
    bool dirty;               /* bit 6 of VALID */
    bool large_page;          /* bit 7 of VALID (page directories only) */
    bool global;              /* bit 8 of VALID */
    bool copy_on_write;       /* bit 9 of VALID (software) */
    bool prototype_bit;       /* bit 10 of VALID (software; normally 0) */
    bool write;               /* bit 11 of VALID: writable by protection (MP form, nt-reference 1.7) */
    bool no_execute;          /* bit 63 of VALID; never set in x86 */
    bool pat;                 /* bit 12 of a large page */
    bool read_only;           /* PROTOTYPE: bit 8 */
    unsigned ws_index;        /* VALID, x64: low 11 bits of the working-set index */
    va_t address;             /* PROTOTYPE: of the prototype PTE; SUBSECTION: of the subsection */
    unsigned pagefile;        /* PAGED_OUT: 0..15 */
    uint32_t pagefile_offset; /* PAGED_OUT: in pages */
    unsigned used_entries;    /* PAGED_OUT, DEMAND_ZERO, x64: UsedPageTableEntries */
};

#endif
