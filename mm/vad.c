/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vad.c - an AVL tree of VADs that knows its gaps.
 *
 * Each node carries, for its subtree, the first and last page described and the largest free run between them, so
 * that a place for a new allocation is found in logarithmic time however many reservations there are.
 *
 * Invariants (vad_check):
 *   1. in order, VADs do not overlap;
 *   2. the heights of two siblings differ by at most one;
 *   3. first_vpn, last_vpn, max_gap, parent and count are what the subtree says. */
#include "mm/vad.h"

#include <assert.h>
#include <stddef.h>

enum { GRANULARITY_PAGES = 16 }; /* 64 KB */

static uint64_t align_up(uint64_t vpn)
{
    return (vpn + GRANULARITY_PAGES - 1) & ~(uint64_t)(GRANULARITY_PAGES - 1);
}

/* Pages of a free run after page `last` and before page `first`, from the first 64 KB boundary. */
static uint64_t gap(uint64_t last, uint64_t first)
{
    uint64_t start = align_up(last + 1);
    return first > start ? first - start : 0;
}

static uint64_t max3(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t m = a > b ? a : b;
    return m > c ? m : c;
}

static uint32_t height(const struct mmvad *vad)
{
    return vad ? vad->height : 0;
}

static void aggregate(const struct arena *arena, struct mmvad *vad)
{
    const struct mmvad *left = vad_at(arena, vad->left), *right = vad_at(arena, vad->right);
    uint64_t hl = height(left), hr = height(right);

    vad->height = 1 + (uint32_t)(hl > hr ? hl : hr);
    vad->first_vpn = left ? left->first_vpn : vad->start_vpn;
    vad->last_vpn = right ? right->last_vpn : vad->end_vpn;
    vad->max_gap = 0;
    if (left)
        vad->max_gap = max3(0, left->max_gap, gap(left->last_vpn, vad->start_vpn));
    if (right)
        vad->max_gap = max3(vad->max_gap, right->max_gap, gap(vad->end_vpn, right->first_vpn));
}

static arena_ref *link_to(struct arena *arena, struct vad_tree *tree, const struct mmvad *vad)
{
    struct mmvad *parent = vad_at(arena, vad->parent);
    if (!parent)
        return &tree->root;
    return parent->left == arena_ref_of(arena, vad) ? &parent->left : &parent->right;
}

/* Lift the child that leans out over its parent. => returns the new top of the subtree. */
static struct mmvad *rotate(struct arena *arena, struct vad_tree *tree, struct mmvad *top, bool lift_left)
{
    arena_ref top_ref = arena_ref_of(arena, top);
    arena_ref *link = link_to(arena, tree, top);
    arena_ref *outer = lift_left ? &top->left : &top->right;
    struct mmvad *child = vad_at(arena, *outer);
    arena_ref *inner = lift_left ? &child->right : &child->left;

    *link = arena_ref_of(arena, child);
    child->parent = top->parent;
    *outer = *inner;
    if (*inner)
        vad_at(arena, *inner)->parent = top_ref;
    *inner = top_ref;
    top->parent = arena_ref_of(arena, child);
    aggregate(arena, top);
    aggregate(arena, child);
    return child;
}

static struct mmvad *balance(struct arena *arena, struct vad_tree *tree, struct mmvad *vad)
{
    struct mmvad *left = vad_at(arena, vad->left), *right = vad_at(arena, vad->right);

    aggregate(arena, vad);
    if (height(left) > height(right) + 1) {
        if (height(vad_at(arena, left->right)) > height(vad_at(arena, left->left)))
            rotate(arena, tree, left, false);
        return rotate(arena, tree, vad, true);
    }
    if (height(right) > height(left) + 1) {
        if (height(vad_at(arena, right->left)) > height(vad_at(arena, right->right)))
            rotate(arena, tree, right, true);
        return rotate(arena, tree, vad, false);
    }
    return vad;
}

static bool same_summary(const struct mmvad *a, const struct mmvad *b)
{
    return a->height == b->height && a->first_vpn == b->first_vpn && a->last_vpn == b->last_vpn &&
           a->max_gap == b->max_gap;
}

/* From vad up, as far as anything changes: what is above depends on nothing else. */
static void balance_upwards(struct arena *arena, struct vad_tree *tree, struct mmvad *vad)
{
    while (vad) {
        struct mmvad before = *vad, *top = balance(arena, tree, vad);
        if (top == vad && same_summary(&before, vad))
            return;
        vad = vad_at(arena, top->parent);
    }
}

void vad_insert(struct arena *arena, struct vad_tree *tree, struct mmvad *vad)
{
    arena_ref *link = &tree->root, parent = 0;

    while (*link) {
        struct mmvad *at = vad_at(arena, *link);
        assert(vad->end_vpn < at->start_vpn || vad->start_vpn > at->end_vpn);
        parent = *link;
        link = vad->end_vpn < at->start_vpn ? &at->left : &at->right;
    }
    vad->parent = parent;
    vad->left = vad->right = 0;
    *link = arena_ref_of(arena, vad);
    tree->count++;
    aggregate(arena, vad);
    balance_upwards(arena, tree, vad_at(arena, parent));
}

void vad_remove(struct arena *arena, struct vad_tree *tree, struct mmvad *vad)
{
    struct mmvad *from; /* the lowest node whose subtree changed */
    tree->count--;

    if (vad->left && vad->right) { /* the successor takes its place */
        struct mmvad *heir = vad_at(arena, vad->right);
        while (heir->left)
            heir = vad_at(arena, heir->left);
        from = heir->parent == arena_ref_of(arena, vad) ? heir : vad_at(arena, heir->parent);
        *link_to(arena, tree, heir) = heir->right;
        if (heir->right)
            vad_at(arena, heir->right)->parent = heir->parent;
        *link_to(arena, tree, vad) = arena_ref_of(arena, heir);
        heir->parent = vad->parent;
        heir->left = vad->left;
        heir->right = vad->right;
        heir->height = vad->height; /* what its ancestors know; the nodes below it all have another first page now */
        heir->first_vpn = vad->first_vpn;
        heir->last_vpn = vad->last_vpn;
        heir->max_gap = vad->max_gap;
        if (heir->left)
            vad_at(arena, heir->left)->parent = arena_ref_of(arena, heir);
        if (heir->right)
            vad_at(arena, heir->right)->parent = arena_ref_of(arena, heir);
    } else {
        arena_ref child = vad->left ? vad->left : vad->right;
        from = vad_at(arena, vad->parent);
        *link_to(arena, tree, vad) = child;
        if (child)
            vad_at(arena, child)->parent = vad->parent;
    }
    balance_upwards(arena, tree, from);
}

void vad_resized(struct arena *arena, struct mmvad *vad)
{
    for (; vad; vad = vad_at(arena, vad->parent)) {
        struct mmvad before = *vad;
        aggregate(arena, vad);
        if (same_summary(&before, vad))
            return;
    }
}

struct mmvad *vad_lower_bound(const struct arena *arena, const struct vad_tree *tree, uint64_t vpn)
{
    struct mmvad *best = NULL, *at = vad_at(arena, tree->root);
    while (at) {
        if (at->end_vpn >= vpn) {
            best = at;
            at = vad_at(arena, at->left);
        } else {
            at = vad_at(arena, at->right);
        }
    }
    return best;
}

struct mmvad *vad_find(const struct arena *arena, const struct vad_tree *tree, uint64_t vpn)
{
    struct mmvad *at = vad_at(arena, tree->root);
    while (at && (vpn < at->start_vpn || vpn > at->end_vpn))
        at = vad_at(arena, vpn < at->start_vpn ? at->left : at->right);
    return at;
}

struct mmvad *vad_next(const struct arena *arena, const struct mmvad *vad)
{
    if (vad->right) {
        struct mmvad *at = vad_at(arena, vad->right);
        while (at->left)
            at = vad_at(arena, at->left);
        return at;
    }
    struct mmvad *parent = vad_at(arena, vad->parent);
    while (parent && parent->right == arena_ref_of(arena, vad)) {
        vad = parent;
        parent = vad_at(arena, vad->parent);
    }
    return parent;
}

/* What a search wants, and the run that has been found. */
struct search {
    const struct arena *arena;
    uint64_t low, high, pages; /* whole window, inclusive */
    enum vad_direction direction;
    uint64_t start;
};

/* Does the free run after `last` and before `first` (exclusive bounds), clipped to the window, have room? */
static bool try_gap(struct search *search, uint64_t last_plus_one, uint64_t first)
{
    uint64_t from = align_up(last_plus_one > search->low ? last_plus_one : search->low);
    uint64_t to = first < search->high + 1 ? first : search->high + 1;

    if (to < from || to - from < search->pages)
        return false;
    search->start =
        search->direction == VAD_BOTTOM_UP ? from : (to - search->pages) & ~(uint64_t)(GRANULARITY_PAGES - 1);
    return true;
}

/* Search the gaps inside a subtree; a subtree without a big enough gap, or outside the window, is not entered.
 * Depth is that of the tree: at most 1.44 log2(n). */
static bool search_inside(struct search *search, const struct mmvad *vad)
{
    if (!vad || vad->max_gap < search->pages || vad->last_vpn < search->low || vad->first_vpn > search->high)
        return false;
    const struct mmvad *left = vad_at(search->arena, vad->left), *right = vad_at(search->arena, vad->right);
    bool up = search->direction == VAD_BOTTOM_UP;

    if (up && search_inside(search, left))
        return true;
    if (!up && search_inside(search, right))
        return true;
    if (up && left && try_gap(search, left->last_vpn + 1, vad->start_vpn))
        return true;
    if (right && try_gap(search, vad->end_vpn + 1, right->first_vpn))
        return true;
    if (!up && left && try_gap(search, left->last_vpn + 1, vad->start_vpn))
        return true;
    return search_inside(search, up ? right : left);
}

bool vad_find_free(const struct arena *arena, const struct vad_tree *tree, uint64_t low_vpn, uint64_t high_vpn,
                   uint64_t pages, enum vad_direction direction, uint64_t *ret_start_vpn)
{
    struct search search = {arena, low_vpn, high_vpn, pages, direction, 0};
    const struct mmvad *root = vad_at(arena, tree->root);
    bool found;

    if (pages == 0 || high_vpn < low_vpn || high_vpn - low_vpn + 1 < pages)
        return false;
    if (!root)
        found = try_gap(&search, 0, UINT64_MAX >> 1);
    else if (direction == VAD_BOTTOM_UP)
        found = try_gap(&search, 0, root->first_vpn) || search_inside(&search, root) ||
                try_gap(&search, root->last_vpn + 1, UINT64_MAX >> 1);
    else
        found = try_gap(&search, root->last_vpn + 1, UINT64_MAX >> 1) || search_inside(&search, root) ||
                try_gap(&search, 0, root->first_vpn);
    if (found)
        *ret_start_vpn = search.start;
    return found;
}

static const char *check_subtree(const struct arena *arena, const struct mmvad *vad, arena_ref parent, uint64_t *count)
{
    if (!vad)
        return NULL;
    const struct mmvad *left = vad_at(arena, vad->left), *right = vad_at(arena, vad->right);
    struct mmvad again = *vad;
    const char *broken = check_subtree(arena, left, arena_ref_of(arena, vad), count);

    ++*count;
    if (!broken)
        broken = check_subtree(arena, right, arena_ref_of(arena, vad), count);
    if (broken)
        return broken;
    if (vad->parent != parent)
        return "a VAD's parent link is wrong";
    if (vad->start_vpn > vad->end_vpn)
        return "a VAD ends before it starts";
    if ((left && left->last_vpn >= vad->start_vpn) || (right && right->first_vpn <= vad->end_vpn))
        return "VADs overlap or are out of order";
    if (height(left) > height(right) + 1 || height(right) > height(left) + 1)
        return "the VAD tree is out of balance";
    aggregate(arena, &again);
    if (again.height != vad->height || again.first_vpn != vad->first_vpn || again.last_vpn != vad->last_vpn ||
        again.max_gap != vad->max_gap)
        return "a VAD's subtree summary is wrong";
    return NULL;
}

const char *vad_check(const struct arena *arena, const struct vad_tree *tree)
{
    uint64_t count = 0;
    const char *broken = check_subtree(arena, vad_at(arena, tree->root), 0, &count);
    if (broken)
        return broken;
    return count == tree->count ? NULL : "the number of VADs is not that of the tree";
}
