/* SPDX-License-Identifier: GPL-2.0-or-later */
/* written.c - see written.h. */
#include "mm/written.h"

#include <assert.h>

enum {
    CHUNK_BYTES = 4096,
    CHUNK_PAGES = CHUNK_BYTES * 8,
    CHUNK_WORDS = CHUNK_PAGES / 64,
};
_Static_assert(WRITTEN_PAGES_MAX / CHUNK_PAGES * sizeof(arena_ref) + 32 <= ARENA_LARGEST, "the directory is one block");

struct written {
    uint64_t first_vpn, pages;
    uint32_t chunks;
    arena_ref chunk[];
};

static uint32_t written_size(uint32_t chunks)
{
    return (uint32_t)(sizeof(struct written) + chunks * sizeof(arena_ref));
}

arena_ref written_create(struct arena *arena, uint64_t first_vpn, uint64_t pages)
{
    if (pages > WRITTEN_PAGES_MAX)
        return 0;
    uint32_t chunks = (uint32_t)((pages + CHUNK_PAGES - 1) / CHUNK_PAGES);
    arena_ref ref = arena_alloc(arena, written_size(chunks));
    if (!ref)
        return 0;
    struct written *written = arena_at(arena, ref);
    *written = (struct written){first_vpn, pages, chunks};
    for (uint32_t i = 0; i < chunks; i++) {
        written->chunk[i] = arena_alloc(arena, CHUNK_BYTES);
        if (!written->chunk[i]) {
            written_delete(arena, ref);
            return 0;
        }
    }
    return ref;
}

void written_delete(struct arena *arena, arena_ref ref)
{
    if (!ref)
        return;
    struct written *written = arena_at(arena, ref);
    for (uint32_t i = 0; i < written->chunks; i++)
        arena_free(arena, written->chunk[i], CHUNK_BYTES); /* 0 where creation stopped */
    arena_free(arena, ref, written_size(written->chunks));
}

static uint64_t *word_of(const struct arena *arena, const struct written *written, uint64_t bit)
{
    assert(bit < written->pages);
    uint64_t *words = arena_at(arena, written->chunk[bit / CHUNK_PAGES]);
    return &words[bit / 64 % CHUNK_WORDS];
}

void written_mark(struct arena *arena, arena_ref ref, uint64_t vpn)
{
    const struct written *written = arena_at(arena, ref);
    uint64_t bit = vpn - written->first_vpn;
    *word_of(arena, written, bit) |= UINT64_C(1) << bit % 64;
}

void written_clear(struct arena *arena, arena_ref ref, uint64_t vpn)
{
    const struct written *written = arena_at(arena, ref);
    uint64_t bit = vpn - written->first_vpn;
    *word_of(arena, written, bit) &= ~(UINT64_C(1) << bit % 64);
}

uint64_t written_next(const struct arena *arena, arena_ref ref, uint64_t vpn, uint64_t end)
{
    const struct written *written = arena_at(arena, ref);

    while (vpn < end) {
        uint64_t bit = vpn - written->first_vpn, word = *word_of(arena, written, bit) >> bit % 64;
        if (word) {
            vpn += (unsigned)__builtin_ctzll(word);
            return vpn < end ? vpn : end;
        }
        vpn += 64 - bit % 64;
    }
    return end;
}

bool written_covers(const struct arena *arena, arena_ref ref, uint64_t first_vpn, uint64_t last_vpn)
{
    const struct written *written = arena_at(arena, ref);
    return first_vpn >= written->first_vpn && last_vpn - written->first_vpn < written->pages;
}
