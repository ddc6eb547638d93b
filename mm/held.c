/* SPDX-License-Identifier: GPL-2.0-or-later */
/* held.c - the bytes of pages that a service holds (mm_hold). */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

/* The frame and the run inside it of held byte `offset`. */
static pfn_t held_run(const struct mm *mm, const struct mm_hold *hold, uint32_t offset, uint32_t *ret_at,
                      uint32_t *length)
{
    const struct mi_held *held = arena_at(mm->arena, hold->ref);
    uint64_t position = (hold->va & MMU_PAGE_MASK) + offset;

    assert(hold->ref && offset + *length <= hold->length);
    *ret_at = position & MMU_PAGE_MASK;
    if (*length > MMU_PAGE_SIZE - *ret_at)
        *length = MMU_PAGE_SIZE - *ret_at;
    return held->frame[position >> MMU_PAGE_SHIFT];
}

void mm_hold_read(const struct mm *mm, const struct mm_hold *hold, uint32_t offset, void *buffer, uint32_t length)
{
    for (uint8_t *to = buffer; length > 0;) {
        uint32_t at, run = length;
        pfn_t frame = held_run(mm, hold, offset, &at, &run);
        memcpy(to, mm_frame_read(mm, frame) + at, run);
        to += run;
        offset += run;
        length -= run;
    }
}

void mm_hold_write(struct mm *mm, const struct mm_hold *hold, uint32_t offset, const void *bytes, uint32_t length)
{
    for (const uint8_t *from = bytes; length > 0;) {
        uint32_t at, run = length;
        pfn_t frame = held_run(mm, hold, offset, &at, &run);
        memcpy(mm_frame_write(mm, frame) + at, from, run);
        from += run;
        offset += run;
        length -= run;
    }
}

void mm_hold_copy(struct mm *mm, const struct mm_hold *to, uint32_t to_offset, const struct mm_hold *from,
                  uint32_t from_offset, uint32_t length)
{
    while (length > 0) {
        uint32_t to_at, from_at, run = length;
        pfn_t source = held_run(mm, from, from_offset, &from_at, &run);
        pfn_t target = held_run(mm, to, to_offset, &to_at, &run);
        memmove(mm_frame_write(mm, target) + to_at, mm_frame_read(mm, source) + from_at, run);
        to_offset += run;
        from_offset += run;
        length -= run;
    }
}
