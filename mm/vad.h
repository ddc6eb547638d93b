/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vad.h - virtual address descriptors: the layout of an address space, in a balanced tree (nt-reference 4.7).
 *
 * VADs describe what was promised for a range, never what is mapped: that is in the page tables. */
#ifndef SOFTFAULT_MM_VAD_H
#define SOFTFAULT_MM_VAD_H

#include "mm/arena.h"
#include "mmu/pte.h"

/* One small table of operations stands behind each kind (vad_ops in mi.h). */
enum vad_kind {
    VAD_PRIVATE,
    VAD_IMAGE,
    VAD_SHARED, /* the shared user data page and the no-access pages after it */
    VAD_MAPPED, /* a view of a data section; in the system process's tree, of the file cache */
    VAD_KIND_COUNT
};

struct mmvad {
    arena_ref parent, left, right;
    uint32_t height;              /* AVL; a leaf has 1 */
    uint64_t start_vpn, end_vpn;  /* both inclusive */
    uint64_t first_vpn, last_vpn; /* of the subtree */
    uint64_t max_gap;             /* largest free run inside the subtree, pages, 64 KB-aligned start */
    uint8_t kind;                 /* enum vad_kind */
    uint8_t protection;           /* enum mm_protection */
    bool mem_commit;              /* private: committed as a whole; else page by page */
    bool no_change;               /* secured: cannot be freed or reprotected */
    bool reprotected;             /* view: a page may have a protection that is not its segment's, or the view's */
    uint8_t inherit;              /* mapped: enum mm_inherit */
    uint64_t commit_charge;       /* pages */
    uint64_t table_charge;        /* page tables that it will need, and which are charged already */
    arena_ref control_area;       /* image, mapped */
    arena_ref watch;              /* private: written pages (written.h), where writes are watched */
    va_t first_prototype;         /* image, shared: address of the first prototype (or system) PTE's page */
    uint64_t first_page;          /* mapped: of the section, at start_vpn */
};

struct vad_tree {
    arena_ref root;
    uint64_t count;
};

static inline struct mmvad *vad_at(const struct arena *arena, arena_ref ref)
{
    return ref ? arena_at(arena, ref) : NULL;
}

/* => no VAD overlaps [vad->start_vpn, vad->end_vpn]. */
void vad_insert(struct arena *arena, struct vad_tree *tree, struct mmvad *vad);
void vad_remove(struct arena *arena, struct vad_tree *tree, struct mmvad *vad);

/* The bounds of a VAD changed without passing a neighbour: the aggregates follow. */
void vad_resized(struct arena *arena, struct mmvad *vad);

/* The VAD that holds vpn, or NULL. */
struct mmvad *vad_find(const struct arena *arena, const struct vad_tree *tree, uint64_t vpn);

/* The first VAD that ends at or after vpn, or NULL. */
struct mmvad *vad_lower_bound(const struct arena *arena, const struct vad_tree *tree, uint64_t vpn);
struct mmvad *vad_next(const struct arena *arena, const struct mmvad *vad);

enum vad_direction {
    VAD_BOTTOM_UP,
    VAD_TOP_DOWN,
};

/* A free run of pages inside [low_vpn, high_vpn] that starts on a 64 KB boundary: the lowest or the highest.
 * => false: no room. */
bool vad_find_free(const struct arena *arena, const struct vad_tree *tree, uint64_t low_vpn, uint64_t high_vpn,
                   uint64_t pages, enum vad_direction direction, uint64_t *ret_start_vpn);

/* NULL, or the law that does not hold: order, balance, aggregates, count. */
const char *vad_check(const struct arena *arena, const struct vad_tree *tree);

#endif
