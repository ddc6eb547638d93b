/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefile.c - see pagefile.h.
 *
 * Bitmaps come in chunks that are made when their first page is taken, so that a large file costs what is used of it.
 * First fit from the hint; a cluster is the longest run not longer than what is wanted. */
#include "mm/pagefile.h"

#include <assert.h>
#include <string.h>

#include "mm/mi.h"

enum {
    PAGEFILE_CHUNK = 32768, /* pages: a bitmap of 4 KB */
    CHUNK_BYTES = PAGEFILE_CHUNK / 8,
    CHUNKS_MAX = ARENA_LARGEST / sizeof(arena_ref),
    PAGES_LEAST = 256,    /* 1 MB */
    EXTENSION_UNIT = 256, /* a file grows by so much at least */
};

#define X86_LARGEST ((UINT64_C(4095) << 20) >> MMU_PAGE_SHIFT) /* 20 bits of offset, 4095 MB */

static uint64_t *chunk_of(const struct mm *mm, const struct pagefile *file, uint64_t offset)
{
    const arena_ref *chunks = arena_at(mm->arena, file->chunks);
    arena_ref ref = chunks[offset / PAGEFILE_CHUNK];
    return ref ? arena_at(mm->arena, ref) : NULL;
}

bool pagefile_is_taken(const struct mm *mm, uint32_t number, uint64_t offset)
{
    const struct pagefile *file = &mm->pagefiles[number];
    if (number >= mm->pagefile_count || offset == 0 || offset >= file->size)
        return false;
    const uint64_t *bits = chunk_of(mm, file, offset);
    return bits && bits[offset % PAGEFILE_CHUNK / 64] >> offset % 64 & 1;
}

/* => false: the arena is full. */
static bool mark(struct mm *mm, struct pagefile *file, uint64_t offset)
{
    arena_ref *chunk = (arena_ref *)arena_at(mm->arena, file->chunks) + offset / PAGEFILE_CHUNK;
    if (!*chunk && !(*chunk = arena_alloc(mm->arena, CHUNK_BYTES)))
        return false;
    uint64_t *bits = arena_at(mm->arena, *chunk);
    assert(!(bits[offset % PAGEFILE_CHUNK / 64] >> offset % 64 & 1));
    bits[offset % PAGEFILE_CHUNK / 64] |= UINT64_C(1) << offset % 64;
    return true;
}

/* The first free page at or after offset; size: none. */
static uint64_t next_free(const struct mm *mm, const struct pagefile *file, uint64_t offset)
{
    while (offset < file->size) {
        const uint64_t *bits = chunk_of(mm, file, offset);
        if (!bits)
            return offset;
        uint64_t word = ~bits[offset % PAGEFILE_CHUNK / 64] >> offset % 64;
        if (word)
            return offset + (unsigned)__builtin_ctzll(word) < file->size ? offset + (unsigned)__builtin_ctzll(word)
                                                                         : file->size;
        offset = (offset | 63) + 1;
    }
    return file->size;
}

/* How many pages are free from offset on, as far as wanted. */
static uint32_t run_length(const struct mm *mm, uint32_t number, uint64_t offset, uint32_t wanted)
{
    uint32_t run = 1;
    while (run < wanted && offset + run < mm->pagefiles[number].size && !pagefile_is_taken(mm, number, offset + run))
        run++;
    return run;
}

static uint32_t find_run(const struct mm *mm, uint32_t number, uint32_t wanted, uint64_t *ret_offset)
{
    const struct pagefile *file = &mm->pagefiles[number];
    uint32_t best = 0;

    for (uint64_t at = next_free(mm, file, file->hint); at < file->size;) {
        uint32_t run = run_length(mm, number, at, wanted);
        if (run > best) {
            best = run;
            *ret_offset = at;
        }
        if (best == wanted)
            break;
        at = next_free(mm, file, at + run);
    }
    return best;
}

/* The file with the most space. => false: all are full. */
static bool choose_file(const struct mm *mm, uint32_t *ret_number)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < mm->pagefile_count; i++) {
        uint64_t space = mm->pagefiles[i].size - 1 - mm->pagefiles[i].used;
        if (space > most) {
            most = space;
            *ret_number = i;
        }
    }
    return most != 0;
}

uint32_t pagefile_take(struct mm *mm, uint32_t wanted, uint32_t *ret_file, uint64_t *ret_offset)
{
    uint32_t number = 0, taken = 0;
    uint64_t offset = 0;

    uint64_t space = pagefile_space(mm);
    wanted = wanted < space ? wanted : (uint32_t)space;
    if (wanted == 0 || !choose_file(mm, &number))
        return 0;
    struct pagefile *file = &mm->pagefiles[number];
    uint32_t run = find_run(mm, number, wanted, &offset);
    while (taken < run && mark(mm, file, offset + taken))
        taken++;
    file->used += taken;
    if (file->used > file->peak)
        file->peak = file->used;
    if (taken && offset <= file->hint)
        file->hint = offset + taken;
    *ret_file = number;
    *ret_offset = offset;
    return taken;
}

void pagefile_give(struct mm *mm, uint32_t number, uint64_t offset)
{
    struct pagefile *file = &mm->pagefiles[number];

    if (!pagefile_is_taken(mm, number, offset)) /* somebody wrote over the PTE that names it */
        return;
    chunk_of(mm, file, offset)[offset % PAGEFILE_CHUNK / 64] &= ~(UINT64_C(1) << offset % 64);
    file->used--;
    if (offset < file->hint)
        file->hint = offset;
}

uint64_t pagefile_space(const struct mm *mm)
{
    uint64_t space = 0, used = 0;
    for (uint32_t i = 0; i < mm->pagefile_count; i++) {
        space += mm->pagefiles[i].size - 1 - mm->pagefiles[i].used;
        used += mm->pagefiles[i].used;
    }
    uint64_t left = mm->pagefile_cap - used;
    return space < left ? space : left;
}

uint64_t pagefile_commit_limit(const struct mm *mm)
{
    uint64_t sizes = mm->commit_limit - mm->ram_commit_limit;
    return mm->ram_commit_limit + (sizes < mm->pagefile_cap ? sizes : mm->pagefile_cap);
}

void mm_pagefile_fill(struct mm *mm)
{
    uint64_t used = 0;
    for (uint32_t i = 0; i < mm->pagefile_count; i++)
        used += mm->pagefiles[i].used;
    mm->pagefile_cap = used;
}

/* --- Sizes ------------------------------------------------------------------------------------------------- */

static ntstatus_t resize(struct mm *mm, uint32_t number, uint64_t pages)
{
    const struct mm_env *env = mm->config.env;
    struct pagefile *file = &mm->pagefiles[number];
    ntstatus_t status = env->pagefile_resize ? env->pagefile_resize(env->context, number, pages) : STATUS_SUCCESS;

    if (status != STATUS_SUCCESS)
        return status;
    mm->commit_limit += pages - file->size;
    file->size = pages;
    mm->cannot_extend = mm->exhausted = false;
    mm->signals |= MM_SIGNAL_FREE_PAGE; /* for those who wait for commit; the others look again too */
    if (mm->pfn.in_state[PFN_MODIFIED])
        mm->signals |= MM_SIGNAL(MM_MODIFIED_WRITER);
    return STATUS_SUCCESS;
}

bool pagefile_can_extend(const struct mm *mm)
{
    if (mm->pagefile_cap != UINT64_MAX)
        return false;
    for (uint32_t i = 0; i < mm->pagefile_count; i++)
        if (mm->pagefiles[i].size < mm->pagefiles[i].maximum)
            return true;
    return false;
}

uint64_t pagefile_extend(struct mm *mm, uint64_t pages)
{
    uint64_t gained = 0;

    for (uint32_t i = 0; pagefile_can_extend(mm) && i < mm->pagefile_count && gained < pages; i++) {
        const struct pagefile *file = &mm->pagefiles[i];
        uint64_t more = pages - gained, room = file->maximum - file->size;
        more = more < EXTENSION_UNIT ? EXTENSION_UNIT : more;
        more = more < room ? more : room;
        if (more && resize(mm, i, file->size + more) == STATUS_SUCCESS)
            gained += more;
    }
    return gained;
}

ntstatus_t mm_pagefile_check_sizes(const struct mm *mm, uint64_t minimum, uint64_t maximum)
{
    uint64_t largest = mm->config.format == PAGING_X86 ? X86_LARGEST : (uint64_t)CHUNKS_MAX * PAGEFILE_CHUNK;

    if (minimum < PAGES_LEAST || minimum > largest)
        return STATUS_INVALID_PARAMETER_2;
    if (maximum > largest)
        return STATUS_INVALID_PARAMETER_3;
    return minimum > maximum ? STATUS_INVALID_PARAMETER_MIX : STATUS_SUCCESS;
}

ntstatus_t mm_pagefile_create(struct mm *mm, uint64_t minimum, uint64_t maximum, uint32_t *ret_pagefile)
{
    ntstatus_t status = mm_pagefile_check_sizes(mm, minimum, maximum);

    if (status != STATUS_SUCCESS)
        return status;
    if (mm->pagefile_cap != UINT64_MAX)
        return STATUS_DISK_FULL;
    if (mm->pagefile_count == MM_PAGEFILES_MAX)
        return STATUS_TOO_MANY_PAGING_FILES;
    uint32_t room = (uint32_t)((maximum + PAGEFILE_CHUNK - 1) / PAGEFILE_CHUNK), number = mm->pagefile_count;
    arena_ref chunks = arena_alloc(mm->arena, room * (uint32_t)sizeof(arena_ref));
    if (!chunks)
        return STATUS_INSUFFICIENT_RESOURCES;
    mm->pagefiles[number] =
        (struct pagefile){.minimum = minimum, .maximum = maximum, .hint = 1, .chunks = chunks, .chunk_room = room};
    status = resize(mm, number, minimum);
    if (status != STATUS_SUCCESS) {
        arena_free(mm->arena, chunks, room * (uint32_t)sizeof(arena_ref));
        return status;
    }
    mm->pagefile_count++;
    *ret_pagefile = number;
    return STATUS_SUCCESS;
}

/* Room in the table of chunks for a larger maximum. => false: the arena is full. */
static bool make_room(struct mm *mm, struct pagefile *file, uint64_t maximum)
{
    uint32_t room = (uint32_t)((maximum + PAGEFILE_CHUNK - 1) / PAGEFILE_CHUNK);

    if (room <= file->chunk_room)
        return true;
    arena_ref chunks = arena_alloc(mm->arena, room * (uint32_t)sizeof(arena_ref));
    if (!chunks)
        return false;
    memcpy(arena_at(mm->arena, chunks), arena_at(mm->arena, file->chunks), file->chunk_room * sizeof(arena_ref));
    arena_free(mm->arena, file->chunks, file->chunk_room * (uint32_t)sizeof(arena_ref));
    file->chunks = chunks;
    file->chunk_room = room;
    return true;
}

ntstatus_t mm_pagefile_change(struct mm *mm, uint32_t pagefile, uint64_t minimum, uint64_t maximum)
{
    ntstatus_t status = mm_pagefile_check_sizes(mm, minimum, maximum);

    if (status != STATUS_SUCCESS)
        return status;
    if (pagefile >= mm->pagefile_count)
        return STATUS_INVALID_PARAMETER_1;
    struct pagefile *file = &mm->pagefiles[pagefile];
    if (maximum < file->size)
        return STATUS_INVALID_PARAMETER_3;
    if (minimum > file->size && mm->pagefile_cap != UINT64_MAX)
        return STATUS_DISK_FULL;
    if (!make_room(mm, file, maximum))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (minimum > file->size) {
        status = resize(mm, pagefile, minimum);
        if (status != STATUS_SUCCESS)
            return status;
    }
    file->minimum = minimum;
    file->maximum = maximum;
    return STATUS_SUCCESS;
}

bool mm_pagefile_query(const struct mm *mm, uint32_t pagefile, struct mm_pagefile_info *ret_info)
{
    if (pagefile >= mm->pagefile_count)
        return false;
    const struct pagefile *file = &mm->pagefiles[pagefile];
    *ret_info = (struct mm_pagefile_info){file->size, file->minimum, file->maximum, file->used, file->peak};
    return true;
}

const char *pagefile_check(const struct mm *mm)
{
    uint64_t limit = mm->ram_commit_limit;

    for (uint32_t i = 0; i < mm->pagefile_count; i++) {
        const struct pagefile *file = &mm->pagefiles[i];
        uint64_t taken = 0;
        for (uint32_t chunk = 0; chunk < file->chunk_room; chunk++) {
            const uint64_t *bits = chunk_of(mm, file, (uint64_t)chunk * PAGEFILE_CHUNK);
            for (unsigned word = 0; bits && word < CHUNK_BYTES / sizeof *bits; word++)
                taken += (unsigned)__builtin_popcountll(bits[word]);
        }
        if (taken != file->used)
            return "a page file's count of taken pages is not what its bitmap has";
        if (file->size < file->minimum || file->size > file->maximum || file->used >= file->size)
            return "a page file's size is not within its limits";
        limit += file->size;
    }
    if (mm->pagefile_cap != UINT64_MAX && pagefile_space(mm) > mm->pagefile_cap)
        return "page files that are full took a page more";
    return limit == mm->commit_limit ? NULL : "the commit limit is not RAM and page files";
}
